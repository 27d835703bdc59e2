"""Who must and must not ride together, and whether vehicles exist for everybody's needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transport.files.read_book import Book
from transport.files.read_rows import read_rows
from transport.files.rows_people import KeepTogetherRow, NeverTogetherRow
from transport.operators import Operator
from transport.passengers import KeepTogether, NeverTogether, Passenger
from transport.scenario import CurrentRoute
from transport.vehicles import FleetVehicle, VehicleClass

_NEVER, _KEEP = "never_together", "keep_together"


def read_never_together(book: Book) -> tuple[NeverTogether, ...]:
    """Read never_together.csv, every fault noted."""
    pairs = []
    first_row: dict[frozenset[str], int] = {}
    for row in read_rows(book, _NEVER, NeverTogetherRow):
        ids = (row.passenger_id_1, row.passenger_id_2)
        other = first_row.setdefault(frozenset(ids), row.row)
        if ids[0] == ids[1]:
            book.fault(_NEVER, row.row, "passenger_id_2", "must be another passenger than passenger_id_1")
            continue
        if other != row.row and book.text(_NEVER, other, "passenger_id_1") != ids[0]:
            book.fault(_NEVER, row.row, "passenger_id_2", f"the pair is already given in row {other}")
        pairs.append(NeverTogether(passenger_ids=ids, reason=row.reason, owner=row.owner, review_on=row.review_on))
    return tuple(pairs)


def read_keep_together(
    book: Book, passengers: Mapping[str, Passenger], never: Iterable[NeverTogether]
) -> tuple[KeepTogether, ...]:
    """Read keep_together.csv, every fault noted."""
    groups: dict[str, list[KeepTogetherRow]] = {}
    for row in read_rows(book, _KEEP, KeepTogetherRow):
        groups.setdefault(row.group_id, []).append(row)
    unknown = book.bad_ids(_KEEP, "group_id")
    kept = []
    for group_id, rows in groups.items():
        _check_reason(book, rows)
        _check_members(book, rows, passengers, never)
        ids = tuple(dict.fromkeys(row.passenger_id for row in rows))
        if len(ids) >= 2:
            kept.append(KeepTogether(group_id=group_id, passenger_ids=ids, reason=rows[0].reason))
        elif group_id not in unknown:
            book.fault(_KEEP, rows[0].row, "group_id", "has one member only; must have two or more")
    return tuple(kept)


def _check_reason(book: Book, rows: list[KeepTogetherRow]) -> None:
    for row in rows[1:]:
        if row.reason not in ("", rows[0].reason):
            book.fault(_KEEP, row.row, "reason", f"differs from the group's first row, {rows[0].row}")


def _check_members(
    book: Book,
    rows: list[KeepTogetherRow],
    passengers: Mapping[str, Passenger],
    never: Iterable[NeverTogether],
) -> None:
    row_of = {row.passenger_id: row.row for row in rows}
    for pair in never:
        if all(passenger_id in row_of for passenger_id in pair.passenger_ids):
            one, other = sorted(pair.passenger_ids, key=row_of.__getitem__)
            book.fault(_KEEP, row_of[other], "passenger_id", f"is never together with {one}, says never_together")
    first_pinned: Passenger | None = None
    for passenger_id, row in row_of.items():
        passenger = passengers.get(passenger_id)
        if passenger is None:
            continue
        if passenger.solo and len(row_of) > 1:
            book.fault(_KEEP, row, "passenger_id", "travels solo, says passengers; nobody can share their route")
        if passenger.pinned_route_id is not None:
            first_pinned = first_pinned or passenger
            if passenger.pinned_route_id != first_pinned.pinned_route_id:
                message = f"is pinned to another route than {first_pinned.passenger_id}"
                book.fault(_KEEP, row, "passenger_id", message)


def check_pins(book: Book, passengers: Mapping[str, Passenger], routes: Iterable[CurrentRoute]) -> None:
    """Note passengers pinned to a route of today that they are not on."""
    members = {r.route_id: {*r.am_passenger_ids, *r.pm_passenger_ids} for r in routes}
    row_by_id = book.ids("passengers", "passenger_id")
    for passenger in passengers.values():
        route_id = passenger.pinned_route_id
        if route_id in members and passenger.passenger_id not in members[route_id]:
            row = row_by_id[passenger.passenger_id]
            book.fault("passengers", row, "pinned_route_id", "the passenger is not on this route in current_routes")


def check_vehicles_for_needs(
    book: Book,
    passengers: Mapping[str, Passenger],
    classes: Mapping[str, VehicleClass],
    vehicles: Mapping[str, FleetVehicle],
    operators: Mapping[str, Operator],
) -> None:
    """Note passengers whose tags or wheelchair no class that is bought, and no fleet vehicle, can take."""
    if any(book.sheets[t].bad_rows for t in ("vehicle_classes", "fleet_vehicles") if t in book.sheets):
        return  # The vehicle that is needed may stand in a row that could not be read.
    offers = {(c.tags, _has_wheelchair_place(c)) for c in classes.values() if _can_be_bought(c, operators)}
    offers |= {
        (v.tags | classes[v.class_id].tags, _has_wheelchair_place(classes[v.class_id]))
        for v in vehicles.values()
        if v.class_id in classes
    }
    if not offers:
        _fault_no_vehicle(book, classes)
        return
    row_by_id = book.ids("passengers", "passenger_id")
    for p in passengers.values():
        able = [wheelchair for tags, wheelchair in offers if p.vehicle_tags <= tags]
        row = row_by_id[p.passenger_id]
        if not able:
            book.fault("passengers", row, "vehicle_tags", "no vehicle class or fleet vehicle offers this")
        elif p.uses_wheelchair_place and not any(able):
            book.fault(
                "passengers",
                row,
                "mobility",
                "no vehicle class or fleet vehicle for them has a wheelchair place",
            )


def _fault_no_vehicle(book: Book, classes: Mapping[str, VehicleClass]) -> None:
    if classes:
        book.fault(
            "vehicle_classes", None, "",
            "no class has a price, and there is no fleet vehicle: nobody could ride",
        )  # fmt: skip


def _has_wheelchair_place(vehicle_class: VehicleClass) -> bool:
    return any(layout.wheelchairs for layout in vehicle_class.layouts)


def _can_be_bought(vehicle_class: VehicleClass, operators: Mapping[str, Operator]) -> bool:
    return vehicle_class.rate_card is not None or any(
        vehicle_class.class_id in operator.rate_cards for operator in operators.values()
    )
