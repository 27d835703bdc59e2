"""Row models of the tables about vehicles, operators, contracts, today's routes and PAs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from transport.files.cells import (
    BandsCell,
    ChoiceCell,
    DateCell,
    IdCell,
    LayoutsCell,
    NumberCell,
    TagsCell,
    TenDaysCell,
    TextCell,
    TimeCell,
    WholeCell,
    YesNoCell,
)
from transport.files.rows import (
    ClassRefColumn,
    EastingColumn,
    LatColumn,
    LonColumn,
    NorthingColumn,
    PassengerRefColumn,
    PostcodeColumn,
    Row,
)
from transport.plan import RouteKind
from transport.rate_cards import DeadRule
from transport.vehicles import Layout

_MOST_PENCE = 10_000_000


def _pence(meaning: str, *, required: bool = False, default: str = "", example: str) -> WholeCell:
    return WholeCell(
        meaning=meaning,
        unit="pence",
        highest=_MOST_PENCE,
        required=required,
        default=default,
        example=example,
    )


def _hours(meaning: str, default: str) -> NumberCell:
    return NumberCell(meaning=meaning, unit="h", highest=24, default=default, example="4")


def _tonnes_or_metres(meaning: str, unit: str, highest: int, example: str) -> NumberCell:
    return NumberCell(meaning=meaning, unit=unit, highest=highest, default="no limit applies", example=example)


def _minutes(meaning: str) -> NumberCell:
    return NumberCell(meaning=meaning, unit="min", lowest=1, highest=300, default="not known", example="48")


_NO_CARD = "no price; the three rates are given together or not at all"
BaseRateColumn = Annotated[int | None, _pence("Rate card: base price of a day", default=_NO_CARD, example="9000")]
MileRateColumn = Annotated[int | None, _pence("Rate card: price of a billed mile", default=_NO_CARD, example="180")]
PaRateColumn = Annotated[int | None, _pence("Rate card: price of a PA a day", default=_NO_CARD, example="6000")]
FreeMilesColumn = Annotated[
    Decimal | None,
    NumberCell(
        meaning="Rate card: miles a day that the base covers",
        unit="miles", highest=500, default="0", example="10",
    ),
]  # fmt: skip
DeadRuleColumn = Annotated[
    DeadRule | None,
    ChoiceCell(
        meaning="Rate card: empty miles billed; none, back from the last stop to the first, or from and to "
        "the operator's base",
        options=DeadRule, default="policy dead_rule", example="return",
    ),
]  # fmt: skip
OperatorRefColumn = Annotated[str, IdCell(meaning="Operator", required=True, refers_to="operators", example="O07")]
VehicleTagsColumn = Annotated[frozenset[str], TagsCell(meaning="What it offers", example="tail_lift low_floor")]


class VehicleClassRow(Row):
    """vehicle_classes.csv."""

    class_id: Annotated[str, IdCell(meaning="Id of the vehicle class, given once", required=True, example="minibus")]
    layouts: Annotated[
        tuple[Layout, ...],
        LayoutsCell(
            meaning="Seats and wheelchair places, in alternatives; a run uses one, and PAs take seats",
            required=True, example="16+0; 14+1; 12+2",
        ),
    ]  # fmt: skip
    base_pence: BaseRateColumn
    mile_rate_pence: MileRateColumn
    pa_day_rate_pence: PaRateColumn
    free_miles: FreeMilesColumn
    dead_rule: DeadRuleColumn
    tags: VehicleTagsColumn
    licence_class: Annotated[
        str, TextCell(meaning="Licence its operation needs", blank="PHV", default="PHV", example="PSV")
    ]
    height_m: Annotated[Decimal | None, _tonnes_or_metres("Height, for roads with limits", "m", 6, "2.9")]
    width_m: Annotated[Decimal | None, _tonnes_or_metres("Width, for roads with limits", "m", 4, "2.1")]
    length_m: Annotated[Decimal | None, _tonnes_or_metres("Length, for roads with limits", "m", 20, "7.4")]
    weight_t: Annotated[Decimal | None, _tonnes_or_metres("Weight, for roads with limits", "t", 40, "5")]
    max_routes: Annotated[
        int | None,
        WholeCell(
            meaning="Most bought routes of this class at once",
            unit="routes", highest=10_000, default="no limit", example="40",
        ),
    ]  # fmt: skip


class DepotRow(Row):
    """depots.csv."""

    depot_id: Annotated[str, IdCell(meaning="Id of the depot, given once", required=True, example="D1")]
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn


class FleetVehicleRow(Row):
    """fleet_vehicles.csv."""

    vehicle_id: Annotated[str, IdCell(meaning="Id of the council's vehicle, given once", required=True, example="V01")]
    class_id: ClassRefColumn
    depot_id: Annotated[
        str, IdCell(meaning="Where it starts and ends", required=True, refers_to="depots", example="D1")
    ]
    am_from: Annotated[
        int, TimeCell(meaning="AM shift: leaves the depot at the earliest", required=True, example="06:30")
    ]
    am_to: Annotated[int, TimeCell(meaning="AM shift: back at the depot at the latest", required=True, example="10:00")]
    pm_from: Annotated[
        int, TimeCell(meaning="PM shift: leaves the depot at the earliest", required=True, example="13:30")
    ]
    pm_to: Annotated[int, TimeCell(meaning="PM shift: back at the depot at the latest", required=True, example="17:30")]
    fixed_pence_per_day: Annotated[
        int | None,
        _pence(
            "Lease, depot, insurance on a day it is used",
            default="policy fleet_fixed_pence_per_day", example="9500",
        ),
    ]  # fmt: skip
    mile_rate_pence: Annotated[
        int | None,
        _pence("Running cost of a mile", default="policy fleet_mile_rate_pence", example="50"),
    ]
    driver_pence_per_hour: Annotated[
        int | None,
        _pence("Driver's pay an hour", default="policy driver_pence_per_hour", example="1700"),
    ]
    driver_min_paid_hours: Annotated[
        Decimal | None,
        _hours("Least paid time a day, both shifts together", "policy driver_min_paid_s"),
    ]
    can_be_given_up: Annotated[
        bool, YesNoCell(meaning="Whether its fixed cost is saved when it is not used", example="no")
    ]
    max_runs_per_shift: Annotated[
        int,
        WholeCell(
            meaning="Most runs in one shift; 1: it goes out once",
            unit="runs", lowest=1, highest=10, blank=3, default="3", example="2",
        ),
    ]  # fmt: skip
    tags: VehicleTagsColumn


class OperatorRow(Row):
    """operators.csv."""

    operator_id: Annotated[str, IdCell(meaning="Id of the operator, given once", required=True, example="O07")]
    name: Annotated[str, TextCell(meaning="Name of the company", required=True, example="Anyborough Cars Ltd")]
    sme: Annotated[bool, YesNoCell(meaning="Small or medium enterprise", example="yes")]
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn
    n_pas: Annotated[
        int | None,
        WholeCell(meaning="PAs it has at the same time", highest=10_000, default="no limit stated", example="12"),
    ]


class OperatorVehicleRow(Row):
    """operator_vehicles.csv."""

    operator_id: OperatorRefColumn
    class_id: ClassRefColumn
    n_vehicles: Annotated[
        int,
        WholeCell(meaning="Vehicles of the class at the same time", required=True, highest=10_000, example="6"),
    ]
    base_pence: BaseRateColumn
    mile_rate_pence: MileRateColumn
    pa_day_rate_pence: PaRateColumn
    free_miles: FreeMilesColumn
    dead_rule: DeadRuleColumn


class ContractRow(Row):
    """contracts.csv."""

    lot_id: Annotated[str, IdCell(meaning="Id of the lot, given once", required=True, example="L014")]
    operator_id: OperatorRefColumn
    day_rate_pence: Annotated[int, _pence("Price of a day it runs, without PA", required=True, example="14500")]
    pa_day_rate_pence: Annotated[int, _pence("Price of a PA a day", required=True, example="6000")]
    variation_mile_rate_pence: Annotated[
        int,
        _pence("Price of a mile a day more or less than at award", required=True, example="150"),
    ]
    variation_free_miles: Annotated[
        Decimal | None,
        NumberCell(
            meaning="Change in miles a day that is not priced",
            unit="miles", highest=500, default="0", example="2",
        ),
    ]  # fmt: skip
    variation_bands: Annotated[
        tuple[tuple[Decimal, int], ...],
        BandsCell(
            meaning="Other prices of the first miles of a change: up to so many miles a day, so many pence a mile; "
            "beyond the last band variation_mile_rate_pence",
            blank=(), default="one price for all", example="5:90; 15:120",
        ),
    ]  # fmt: skip
    variation_share_pct: Annotated[
        int | None,
        WholeCell(
            meaning="A mile costs this share of the day rate divided by the miles at award, instead of "
            "variation_mile_rate_pence and bands; needs award_m",
            unit="%", highest=200, default="the mile rate", example="50",
        ),
    ]  # fmt: skip
    variation_max_pct: Annotated[
        int | None,
        WholeCell(
            meaning="Largest change of the miles at award that the clause prices; more must be negotiated",
            unit="%", highest=1000, default="any change", example="15",
        ),
    ]  # fmt: skip
    pa_absent_pct: Annotated[
        int,
        WholeCell(
            meaning="Share of a PA's price that comes off for each PA fewer than at award",
            unit="%", highest=100, blank=100, default="100", example="50",
        ),
    ]  # fmt: skip
    award_m: Annotated[
        tuple[int, ...] | None,
        TenDaysCell(
            meaning="Metres a day at award, first stop to last on both legs of all routes of the lot; in-year changes "
            "write them down where they are not given",
            unit="m", highest=1_000_000, default="as it is driven", example="41200",
        ),
    ]  # fmt: skip
    award_n_pas: Annotated[
        int | None,
        WholeCell(meaning="PAs at award", highest=20, default="as many as are on board", example="1"),
    ]
    starts_on: Annotated[date, DateCell(meaning="First day", required=True, example="2025-09-01")]
    ends_on: Annotated[date, DateCell(meaning="Last day", required=True, example="2027-07-31")]
    extension_day_rate_pence: Annotated[
        int | None,
        _pence("Operator's price of a day after ends_on", default="none offered", example="14900"),
    ]


class CurrentRouteRow(Row):
    """current_routes.csv."""

    route_id: Annotated[
        str,
        IdCell(meaning="Id of the route, the same on each passenger's row", required=True, example="R014"),
    ]
    kind: Annotated[
        RouteKind | None,
        ChoiceCell(meaning="The council's own vehicle, or bought", options=RouteKind, example="bought"),
    ]
    class_id: Annotated[
        str | None,
        IdCell(
            meaning="Vehicle class", refers_to="vehicle_classes",
            default="a fleet route has its vehicle's class", example="minibus",
        ),
    ]  # fmt: skip
    vehicle_id: Annotated[
        str | None,
        IdCell(meaning="Fleet vehicle; kind fleet only", refers_to="fleet_vehicles", example="V01"),
    ]
    operator_id: Annotated[
        str | None,
        IdCell(
            meaning="Operator; kind bought only",
            refers_to="operators",
            default="the operator of the lot's contract",
            example="O07",
        ),
    ]
    lot_id: Annotated[
        str | None,
        IdCell(
            meaning="Lot it is bought under; kind bought only", refers_to="contracts",
            default="no contract", example="L014",
        ),
    ]  # fmt: skip
    day_rate_pence: Annotated[
        int | None,
        _pence("Paid a day, where the lot has no contract; kind bought only", example="14500"),
    ]
    pa_day_rate_pence: Annotated[
        int | None,
        _pence(
            "Paid for a PA a day, where the lot has no contract; kind bought only",
            default="0",
            example="6000",
        ),
    ]
    n_pas: Annotated[int | None, WholeCell(meaning="PAs on board", highest=20, default="0", example="1")]
    keep: Annotated[
        bool | None,
        YesNoCell(
            meaning="Yes: taken over as it is, at the extension price where its contract is over; no: released",
            blank=None,
            default="while the lot's contract runs, yes; once it is over, whichever costs less where there is an "
            "extension price; else no",
            example="no",
        ),
    ]
    known_am_min: Annotated[Decimal | None, _minutes("Known length of the AM run, first boarding to last alighting")]
    known_pm_min: Annotated[Decimal | None, _minutes("Known length of the PM run, first boarding to last alighting")]
    passenger_id: PassengerRefColumn
    am_order: Annotated[
        int | None,
        WholeCell(meaning="Order of boarding, AM", lowest=1, highest=999, default="not on the AM run", example="1"),
    ]
    pm_order: Annotated[
        int | None,
        WholeCell(meaning="Order of alighting, PM", lowest=1, highest=999, default="not on the PM run", example="3"),
    ]


class AssistantRow(Row):
    """assistants.csv."""

    pa_id: Annotated[str, IdCell(meaning="Pseudonym of the council's PA, given once", required=True, example="PA1")]
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn
    pence_per_hour: Annotated[
        int | None, _pence("Pay an hour", default="policy council_pa_pence_per_hour", example="1350")
    ]
    min_paid_hours: Annotated[
        Decimal | None, _hours("Least paid time a day, AM and PM together", "policy council_pa_min_paid_s")
    ]
    training_tags: Annotated[frozenset[str], TagsCell(meaning="What they are trained for", example="epilepsy")]
