"""Today's routes: rows of passengers folded into routes, with what contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from transport.calendar import LEGS, Leg
from transport.contracts import Contract
from transport.files.read_book import Book
from transport.files.read_rows import read_rows
from transport.files.read_supply import whole
from transport.files.rows_supply import CurrentRouteRow
from transport.passengers import Passenger
from transport.plan import RouteKind
from transport.policy import Policy
from transport.scenario import CurrentRoute
from transport.vehicles import FleetVehicle

_TABLE = "current_routes"
_OF_ROUTE = (
    "kind", "class_id", "vehicle_id", "operator_id", "lot_id", "day_rate_pence", "pa_day_rate_pence", "n_pas",
    "keep", "known_am_min", "known_pm_min",
)  # fmt: skip
_BOUGHT_ONLY = ("operator_id", "lot_id", "day_rate_pence", "pa_day_rate_pence")


def read_current_routes(
    book: Book,
    passengers: Mapping[str, Passenger],
    vehicles: Mapping[str, FleetVehicle],
    contracts: Mapping[str, Contract],
    policy: Policy,
    starts_on: date | None,
) -> tuple[CurrentRoute, ...]:
    """Read current_routes.csv, every fault noted.

    Parameters
    ----------
    starts_on : first day of the plan; None where it could not be read.
    """
    rows = read_rows(book, _TABLE, CurrentRouteRow)
    _check_passengers(book, rows, passengers, policy)
    by_route: dict[str, list[CurrentRouteRow]] = {}
    for row in rows:
        by_route.setdefault(row.route_id, []).append(row)
    unknown = book.bad_ids(_TABLE, "route_id")
    routes = []
    for route_id, own in by_route.items():
        if route_id in unknown:
            continue  # A row of it could not be read: what is missing from the route would be guessed.
        _check_repeats(book, own)
        if _check_route(book, own, vehicles, contracts):
            _check_term(book, own[0], contracts, starts_on)
            routes.append(_route(own, vehicles, contracts, starts_on))
    _check_lots(book, by_route)
    return tuple(routes)


def _check_repeats(book: Book, rows: list[CurrentRouteRow]) -> None:
    """Cells about the route stand on its first row; later ones are empty or the same."""
    first = rows[0]
    for row in rows[1:]:
        for name in _OF_ROUTE:
            value, said = getattr(row, name), getattr(first, name)
            if value is None or value == said:
                continue
            if said is None:
                message = f"must stand on the route's first row, {first.row}, where it is empty"
            else:
                written = book.text(_TABLE, first.row, name)
                message = f"differs from the route's first row, {first.row}, which says {written}"
            book.fault(_TABLE, row.row, name, message)


def _check_route(
    book: Book,
    rows: list[CurrentRouteRow],
    vehicles: Mapping[str, FleetVehicle],
    contracts: Mapping[str, Contract],
) -> bool:
    """Note what is wrong with a route; False where none can be made of it."""
    first = rows[0]
    for leg in LEGS:
        orders = [_order(row, leg) for row in rows]
        if getattr(first, f"known_{leg.lower()}_min") is not None and not any(orders):
            book.fault(_TABLE, first.row, f"known_{leg.lower()}_min", f"nobody has an {leg.lower()}_order")
    if first.kind is None:
        book.fault(_TABLE, first.row, "kind", "must not be empty on a route's first row; must be fleet or bought")
        return False
    if first.kind is RouteKind.FLEET:
        return _check_fleet(book, first, vehicles)
    return _check_bought(book, first, contracts)


def _check_fleet(book: Book, first: CurrentRouteRow, vehicles: Mapping[str, FleetVehicle]) -> bool:
    for name in _BOUGHT_ONLY:
        if getattr(first, name) is not None:
            book.fault(_TABLE, first.row, name, "must be empty for a fleet route")
    if first.vehicle_id is None:
        book.fault(_TABLE, first.row, "vehicle_id", "must not be empty for a fleet route")
        return False
    vehicle = vehicles.get(first.vehicle_id)
    if vehicle is not None and first.class_id not in (None, vehicle.class_id):
        book.fault(_TABLE, first.row, "class_id", f"vehicle {vehicle.vehicle_id} is of class {vehicle.class_id}")
    return vehicle is not None


def _check_bought(book: Book, first: CurrentRouteRow, contracts: Mapping[str, Contract]) -> bool:
    if first.vehicle_id is not None:
        book.fault(_TABLE, first.row, "vehicle_id", "must be empty for a bought route")
    if first.class_id is None:
        book.fault(_TABLE, first.row, "class_id", "must not be empty for a bought route")
    if first.operator_id is None and first.lot_id not in contracts:
        book.fault(_TABLE, first.row, "operator_id", "must not be empty where the lot has no contract")
    lot_is_given = first.lot_id is not None and first.lot_id in book.ids("contracts", "lot_id")
    if first.lot_id is not None and not lot_is_given and first.keep:
        book.fault(_TABLE, first.row, "lot_id", "is not in contracts, so the route cannot be kept under it")
    elif not lot_is_given and first.day_rate_pence is None:
        book.fault(_TABLE, first.row, "day_rate_pence", "must not be empty where the lot has no contract")
    contract = contracts.get(first.lot_id or "")
    if contract is not None and first.operator_id not in (None, contract.operator_id):
        book.fault(_TABLE, first.row, "operator_id", f"lot {contract.lot_id} is held by {contract.operator_id}")
    return first.class_id is not None


def _check_term(book: Book, first: CurrentRouteRow, contracts: Mapping[str, Contract], starts_on: date | None) -> None:
    """A lot whose contract is over is kept only where the operator has named a price to go on."""
    contract = contracts.get(first.lot_id or "")
    if first.keep and contract is not None and starts_on is not None and not contract.can_hold(starts_on):
        message = f"lot {contract.lot_id} ended on {contract.ends_on.isoformat()} and has no extension_day_rate_pence"
        book.fault(_TABLE, first.row, "keep", message)


def _check_lots(book: Book, by_route: Mapping[str, list[CurrentRouteRow]]) -> None:
    """Routes of one lot have one operator and one class, and are kept or not kept together."""
    first_of_lot: dict[str, CurrentRouteRow] = {}
    for rows in by_route.values():
        row = rows[0]
        if row.lot_id is None:
            continue
        other = first_of_lot.setdefault(row.lot_id, row)
        for name in ("operator_id", "class_id"):
            said = getattr(other, name)
            if None not in (said, getattr(row, name)) and getattr(row, name) != said:
                book.fault(_TABLE, row.row, name, f"lot {row.lot_id} has {said} in row {other.row}")
        if row.keep is not other.keep:
            said = {True: "yes", False: "no", None: "an empty cell"}[other.keep]
            book.fault(_TABLE, row.row, "keep", f"lot {row.lot_id} has {said} in row {other.row}")


def _check_passengers(
    book: Book, rows: Iterable[CurrentRouteRow], passengers: Mapping[str, Passenger], policy: Policy
) -> None:
    on_leg: dict[tuple[Leg, str], CurrentRouteRow] = {}
    orders: dict[tuple[Leg, str, int], CurrentRouteRow] = {}
    first_row: dict[str, CurrentRouteRow] = {}
    for row in rows:
        other = first_row.setdefault(row.passenger_id, row)
        if row.am_order is None and row.pm_order is None:
            book.fault(_TABLE, row.row, "am_order", "am_order and pm_order are both empty; the passenger needs one")
        if other.route_id != row.route_id and policy.same_route_both_legs:
            book.fault(_TABLE, row.row, "passenger_id", f"is already on route {other.route_id} in row {other.row}")
            continue
        for leg in LEGS:
            _check_order(book, row, leg, on_leg, orders, passengers.get(row.passenger_id))


def _check_order(
    book: Book,
    row: CurrentRouteRow,
    leg: Leg,
    on_leg: dict[tuple[Leg, str], CurrentRouteRow],
    orders: dict[tuple[Leg, str, int], CurrentRouteRow],
    passenger: Passenger | None,
) -> None:
    order, column = _order(row, leg), f"{leg.lower()}_order"
    if order is None:
        return
    other = on_leg.setdefault((leg, row.passenger_id), row)
    if other is not row:
        book.fault(_TABLE, row.row, "passenger_id", f"is already on an {leg} run in row {other.row}")
    other = orders.setdefault((leg, row.route_id, order), row)
    if other is not row:
        book.fault(_TABLE, row.row, column, f"is already the order of row {other.row} on this route")
    if passenger is not None and not any(passenger.place_id_on(leg, day) for day in range(10)):
        book.fault(_TABLE, row.row, column, f"the passenger travels {leg} on no day")


def _order(row: CurrentRouteRow, leg: Leg) -> int | None:
    return row.am_order if leg is Leg.AM else row.pm_order


def _route(
    rows: list[CurrentRouteRow],
    vehicles: Mapping[str, FleetVehicle],
    contracts: Mapping[str, Contract],
    starts_on: date | None,
) -> CurrentRoute:
    first = rows[0]
    contract = contracts.get(first.lot_id or "")
    is_fleet = first.kind is RouteKind.FLEET
    runs_on = contract is not None and starts_on is not None and not contract.is_over(starts_on)
    left_open = first.keep is None and contract is not None
    return CurrentRoute(
        route_id=first.route_id,
        kind=RouteKind.FLEET if is_fleet else RouteKind.BOUGHT,
        class_id=vehicles[first.vehicle_id or ""].class_id if is_fleet else first.class_id or "",
        am_passenger_ids=_in_order(rows, Leg.AM), pm_passenger_ids=_in_order(rows, Leg.PM),
        n_pas=first.n_pas or 0, vehicle_id=first.vehicle_id, lot_id=first.lot_id,
        operator_id=first.operator_id or (None if contract is None else contract.operator_id),
        day_rate_pence=first.day_rate_pence or 0, pa_day_rate_pence=first.pa_day_rate_pence or 0,
        known_am_s=_seconds(first.known_am_min), known_pm_s=_seconds(first.known_pm_min),
        kept=bool(first.keep) or (left_open and runs_on),
        extendable=left_open and not runs_on and contract is not None and contract.extension_day_rate_pence is not None,
    )  # fmt: skip


def _in_order(rows: list[CurrentRouteRow], leg: Leg) -> tuple[str, ...]:
    ordered = [(order, row.passenger_id) for row in rows if (order := _order(row, leg)) is not None]
    return tuple(passenger_id for _, passenger_id in sorted(ordered))


def _seconds(minutes: Decimal | None) -> int | None:
    return None if minutes is None else whole(minutes * 60)
