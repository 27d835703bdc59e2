"""Vehicle classes, depots, fleet vehicles, operators, contracts, PAs and street rules."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from transport.assistants import PassengerAssistant
from transport.contracts import Contract, VariationBand, VariationClause
from transport.files.read_book import Book
from transport.files.read_places import Places
from transport.files.read_rows import read_rows
from transport.files.rows import StreetRuleRow
from transport.files.rows_supply import (
    AssistantRow,
    ContractRow,
    DepotRow,
    FleetVehicleRow,
    OperatorRow,
    OperatorVehicleRow,
    VehicleClassRow,
)
from transport.operators import Operator
from transport.policy import Policy
from transport.rate_cards import DeadRule, RateCard
from transport.vehicles import (
    Depot,
    FleetVehicle,
    Shift,
    StreetRule,
    StreetRuleKind,
    VehicleClass,
    VehicleSize,
)

_METRES_PER_MILE = Decimal("1609.344")
_RATES = ("base_pence", "mile_rate_pence", "pa_day_rate_pence")
_MEETING = ("meeting_postcode", "meeting_easting", "meeting_northing", "meeting_lat", "meeting_lon")


def whole(number: Decimal) -> int:
    """A number rounded half up."""
    return int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def read_vehicle_classes(book: Book, policy: Policy) -> dict[str, VehicleClass]:
    """Read vehicle_classes.csv; classes by id, every fault noted."""
    return {
        row.class_id: VehicleClass(
            class_id=row.class_id, layouts=row.layouts, rate_card=_card(book, "vehicle_classes", row, policy),
            tags=row.tags, size=_size(row), licence_class=row.licence_class, max_routes=row.max_routes,
        )
        for row in read_rows(book, "vehicle_classes", VehicleClassRow)
    }  # fmt: skip


def _size(row: VehicleClassRow) -> VehicleSize:
    def of(number: Decimal | None, n_per_unit: int) -> int | None:
        return None if number is None else whole(number * n_per_unit)

    return VehicleSize(
        height_cm=of(row.height_m, 100), width_cm=of(row.width_m, 100),
        length_cm=of(row.length_m, 100), weight_kg=of(row.weight_t, 1000),
    )  # fmt: skip


def _card(book: Book, table: str, row: VehicleClassRow | OperatorVehicleRow, policy: Policy) -> RateCard | None:
    """The rate card of a row, or None where it has none or half of one."""
    if row.base_pence is None or row.mile_rate_pence is None or row.pa_day_rate_pence is None:
        _check_no_card(book, table, row)
        return None
    return RateCard(
        base_pence=row.base_pence, mile_rate_pence=row.mile_rate_pence,
        pa_day_rate_pence=row.pa_day_rate_pence,
        free_m=whole((row.free_miles or Decimal(0)) * _METRES_PER_MILE),
        dead_rule=row.dead_rule or DeadRule(policy.dead_rule),
        one_leg_share_pct=policy.one_leg_share_pct, long_leg_pct=policy.long_leg_pct,
        long_leg_after_s=policy.long_leg_after_s,
    )  # fmt: skip


def _check_no_card(book: Book, table: str, row: VehicleClassRow | OperatorVehicleRow) -> None:
    missing = [name for name in _RATES if getattr(row, name) is None]
    if len(missing) < len(_RATES):
        book.fault(
            table, row.row, missing[0],
            f"is empty; {', '.join(_RATES)} must be given together, or all three left empty",
        )  # fmt: skip
        return
    for name in ("free_miles", "dead_rule"):
        if getattr(row, name) is not None:
            book.fault(table, row.row, name, f"must be empty where there is no price; give {', '.join(_RATES)}")


def read_depots(book: Book, places: Places) -> dict[str, Depot]:
    """Read depots.csv; depots by id, every fault noted."""
    depots = {}
    for row in read_rows(book, "depots", DepotRow):
        place_id = places.add(f"depot:{row.depot_id}", places.read("depots", row))
        if place_id is not None:
            depots[row.depot_id] = Depot(depot_id=row.depot_id, place_id=place_id)
    return depots


def read_fleet_vehicles(book: Book, policy: Policy) -> dict[str, FleetVehicle]:
    """Read fleet_vehicles.csv; vehicles by id, every fault noted."""
    vehicles = {}
    for row in read_rows(book, "fleet_vehicles", FleetVehicleRow):
        am_shift = _shift(book, row, "am")
        pm_shift = _shift(book, row, "pm")
        if am_shift is not None and pm_shift is not None:
            vehicles[row.vehicle_id] = _fleet_vehicle(row, am_shift, pm_shift, policy)
    return vehicles


def _shift(book: Book, row: FleetVehicleRow, leg: str) -> Shift | None:
    start_s: int = getattr(row, f"{leg}_from")
    end_s: int = getattr(row, f"{leg}_to")
    if end_s <= start_s:
        book.fault("fleet_vehicles", row.row, f"{leg}_to", f"must be after {leg}_from")
        return None
    return Shift(start_s=start_s, end_s=end_s)


def _fleet_vehicle(row: FleetVehicleRow, am_shift: Shift, pm_shift: Shift, policy: Policy) -> FleetVehicle:
    return FleetVehicle(
        vehicle_id=row.vehicle_id, class_id=row.class_id, depot_id=row.depot_id,
        am_shift=am_shift, pm_shift=pm_shift,
        fixed_pence_per_day=_price(row.fixed_pence_per_day, policy.fleet_fixed_pence_per_day),
        mile_rate_pence=_price(row.mile_rate_pence, policy.fleet_mile_rate_pence),
        driver_pence_per_hour=_price(row.driver_pence_per_hour, policy.driver_pence_per_hour),
        driver_min_paid_s=_seconds_of_hours(row.driver_min_paid_hours, policy.driver_min_paid_s),
        can_be_given_up=row.can_be_given_up, max_runs_per_shift=row.max_runs_per_shift, tags=row.tags,
    )  # fmt: skip


def _price(own: int | None, usual: int) -> int:
    return usual if own is None else own


def _seconds_of_hours(hours: Decimal | None, usual_s: int) -> int:
    return usual_s if hours is None else whole(hours * 3600)


def read_operators(book: Book, places: Places, policy: Policy) -> dict[str, Operator]:
    """Read operators.csv and operator_vehicles.csv; operators by id, every fault noted."""
    rows = read_rows(book, "operators", OperatorRow)
    vehicles: dict[str, list[OperatorVehicleRow]] = {}
    for vehicle in read_rows(book, "operator_vehicles", OperatorVehicleRow):
        vehicles.setdefault(vehicle.operator_id, []).append(vehicle)
    operators = {}
    for row in rows:
        base = places.read("operators", row, required=False)
        own = vehicles.get(row.operator_id, [])
        cards = {v.class_id: _card(book, "operator_vehicles", v, policy) for v in own}
        for v in own:
            if v.dead_rule is DeadRule.FROM_BASE and base is None:
                book.fault("operator_vehicles", v.row, "dead_rule", "the operator's base has no place in operators")
        operators[row.operator_id] = Operator(
            operator_id=row.operator_id, name=row.name, is_sme=row.sme, n_pas=row.n_pas,
            categories=frozenset(cards), n_vehicles_by_class={v.class_id: v.n_vehicles for v in own},
            rate_cards={class_id: card for class_id, card in cards.items() if card is not None},
            base_place_id=places.add(f"base:{row.operator_id}", base),
        )  # fmt: skip
    return operators


def read_contracts(book: Book) -> dict[str, Contract]:
    """Read contracts.csv; contracts by lot, every fault noted."""
    contracts = {}
    for row in read_rows(book, "contracts", ContractRow):
        if row.ends_on < row.starts_on:
            book.fault("contracts", row.row, "ends_on", f"is before it starts, {row.starts_on.isoformat()}")
            continue
        faults = _clause_faults(row)
        for column, message in faults:
            book.fault("contracts", row.row, column, message)
        if faults:
            continue
        contracts[row.lot_id] = Contract(
            lot_id=row.lot_id, operator_id=row.operator_id, day_rate_pence=row.day_rate_pence,
            pa_day_rate_pence=row.pa_day_rate_pence,
            variation=VariationClause(
                mile_rate_pence=row.variation_mile_rate_pence,
                free_band_m=whole((row.variation_free_miles or Decimal(0)) * _METRES_PER_MILE),
                bands=tuple(
                    VariationBand(up_to_m=whole(miles * _METRES_PER_MILE), mile_rate_pence=pence)
                    for miles, pence in row.variation_bands
                ),
                day_share_pct=row.variation_share_pct, max_change_pct=row.variation_max_pct,
                pa_absent_pct=row.pa_absent_pct,
            ),
            starts_on=row.starts_on, ends_on=row.ends_on,
            extension_day_rate_pence=row.extension_day_rate_pence,
            award_m=row.award_m, award_n_pas=row.award_n_pas,
        )  # fmt: skip
    return contracts


def _clause_faults(row: ContractRow) -> list[tuple[str, str]]:
    """What contradicts in a variation clause: (column, message)."""
    faults = []
    if row.variation_bands and row.variation_share_pct is not None:
        faults.append(("variation_share_pct", "must be empty where variation_bands are given"))
    if row.variation_bands and row.variation_bands[0][0] <= (row.variation_free_miles or 0):
        faults.append(("variation_bands", "the first band must end at more miles than variation_free_miles"))
    if row.award_m is None:
        needing = {"variation_share_pct": row.variation_share_pct, "variation_max_pct": row.variation_max_pct}
        faults += [(name, "needs award_m") for name, value in needing.items() if value is not None]
    return faults


def read_assistants(book: Book, places: Places, policy: Policy) -> tuple[PassengerAssistant, ...]:
    """Read assistants.csv, every fault noted."""
    return tuple(
        PassengerAssistant(
            pa_id=row.pa_id,
            pence_per_hour=_price(row.pence_per_hour, policy.council_pa_pence_per_hour),
            min_paid_s=_seconds_of_hours(row.min_paid_hours, policy.council_pa_min_paid_s),
            home_place_id=places.add(f"pa:{row.pa_id}", places.read("assistants", row, required=False)),
            training_tags=row.training_tags,
        )
        for row in read_rows(book, "assistants", AssistantRow)
    )  # fmt: skip


def read_street_rules(book: Book, places: Places) -> tuple[StreetRule, ...]:
    """Read street_rules.csv, every fault noted."""
    rules = []
    for row in read_rows(book, "street_rules", StreetRuleRow):
        point = places.read("street_rules", row, required=row.way_id is None)
        if point is not None and row.way_id is not None:
            book.fault("street_rules", row.row, "way_id", "must be empty where a place names the street")
        rules.append(StreetRule(
            rule_id=row.rule_id, kind=row.kind, way_id=row.way_id,
            lat=None if point is None else point.lat, lon=None if point is None else point.lon,
            class_ids=row.class_ids, meeting_place_id=_meeting_place_id(book, places, row),
            reason=row.reason, owner=row.owner, review_on=row.review_on,
        ))  # fmt: skip
    return tuple(rules)


def _meeting_place_id(book: Book, places: Places, row: StreetRuleRow) -> str | None:
    if row.kind is StreetRuleKind.MEETING_PLACE:
        return places.add(f"meet:{row.rule_id}", places.read("street_rules", row, prefix="meeting_"))
    for name in _MEETING:
        if getattr(row, name) is not None:
            book.fault("street_rules", row.row, name, "must be empty unless kind is meeting_place")
    return None
