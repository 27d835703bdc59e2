"""Row models of the tables about passengers: ids and needs; no name, address or date of birth is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from transport.files.cells import (
    ChoiceCell,
    DateCell,
    IdCell,
    IdsCell,
    TagsCell,
    TextCell,
    TimeCell,
    WholeCell,
    YesNoCell,
)
from transport.files.rows import (
    EastingColumn,
    LatColumn,
    LonColumn,
    NorthingColumn,
    OwnerColumn,
    PassengerRefColumn,
    PostcodeColumn,
    ReasonColumn,
    ReviewColumn,
    Row,
    SchoolRefColumn,
    WeekdaysColumn,
    WeeksColumn,
)
from transport.passengers import Mobility, PaNeed, Phase, Status

_LEGS = ("both", "AM", "PM")
LegsColumn = Annotated[str, ChoiceCell(meaning="Journeys", options=_LEGS, blank="both", default="both", example="AM")]


def _seconds(meaning: str, setting: str) -> WholeCell:
    return WholeCell(
        meaning=meaning, unit="s", highest=3600, example="180",
        default=f"policy {setting}_walk_s if they walk on, else {setting}_wheelchair_s",
    )  # fmt: skip


class PassengerRow(Row):
    """passengers.csv."""

    passenger_id: Annotated[
        str,
        IdCell(
            meaning="Random pseudonym, given once; never a UPN, an NHS number or a name",
            required=True, example="P0001",
        ),
    ]  # fmt: skip
    school_id: SchoolRefColumn
    gate_id: Annotated[
        str | None,
        IdCell(
            meaning="Gate of their school",
            refers_to="gates",
            default="the school's first gate",
            example="north",
        ),
    ]
    phase: Annotated[
        Phase | None,
        ChoiceCell(
            meaning="Phase of education; exactly one of phase and birth_date",
            options=Phase,
            example="primary",
        ),
    ]
    birth_date: Annotated[
        date | None,
        DateCell(
            meaning="Becomes the phase at the plan's start by school year, and is not kept",
            example="2015-04-23",
        ),
    ]
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn
    legs: LegsColumn
    days: WeekdaysColumn
    weeks: WeeksColumn
    mobility: Annotated[
        Mobility,
        ChoiceCell(
            meaning="Walks on, transfers from a wheelchair to a seat, or travels in the wheelchair",
            options=Mobility, blank=Mobility.WALKS_ON, default="walks_on", example="in_wheelchair",
        ),
    ]  # fmt: skip
    pa_need: Annotated[
        PaNeed,
        ChoiceCell(
            meaning="Passenger assistant needed",
            options=PaNeed, blank=PaNeed.NONE, default="none", example="shared",
        ),
    ]  # fmt: skip
    solo: Annotated[bool, YesNoCell(meaning="Nobody else may be on board with them", example="no")]
    ride_cap_min: Annotated[
        int | None,
        WholeCell(
            meaning="Their own longest ride, never relaxed",
            unit="min", lowest=1, highest=180, default="the policy's cap for their phase", example="45",
        ),
    ]  # fmt: skip
    start_time: Annotated[
        int | None,
        TimeCell(meaning="Their own session starts, all days", default="the school's", example="09:30"),
    ]
    finish_time: Annotated[
        int | None,
        TimeCell(meaning="Their own session ends, all days", default="the school's", example="14:00"),
    ]
    board_s: Annotated[int | None, _seconds("Boarding at the home side (AM)", "board")]
    alight_s: Annotated[int | None, _seconds("Alighting at the home side (PM)", "alight")]
    school_board_s: Annotated[int | None, _seconds("Boarding at the gate (PM)", "school_board")]
    school_alight_s: Annotated[int | None, _seconds("Alighting at the gate (AM)", "school_alight")]
    vehicle_tags: Annotated[
        frozenset[str],
        TagsCell(
            meaning="What the vehicle must offer; matched with the tags of classes and fleet vehicles",
            example="tail_lift",
        ),
    ]
    pa_training_tags: Annotated[
        frozenset[str],
        TagsCell(meaning="Training their PA must have", example="epilepsy"),
    ]
    restraint_type: Annotated[str, TextCell(meaning="Harness or seat, for the run sheet", example="five-point harness")]
    walk_m: Annotated[
        int | None,
        WholeCell(
            meaning="Walk between home and the place of boarding, where the place given is not the home; "
            "together with walk_min",
            unit="m", highest=8047, default="0", example="400",
        ),
    ]  # fmt: skip
    walk_min: Annotated[
        int | None,
        WholeCell(
            meaning="Time of that walk; part of the total journey",
            unit="min", highest=180, default="0", example="6",
        ),
    ]  # fmt: skip
    boards_at_home: Annotated[
        bool,
        YesNoCell(
            meaning="Whether a vehicle may also come to their own place; no only where pickup_points has rows for them",
            blank=True, default="yes", example="yes",
        ),
    ]  # fmt: skip
    ready_from: Annotated[
        date | None,
        DateCell(
            meaning="Risk assessment done by then; not carried before",
            default="ready", example="2026-09-14",
        ),
    ]  # fmt: skip
    status: Annotated[
        Status,
        ChoiceCell(
            meaning="Where the eligibility decision stands",
            options=Status, blank=Status.CONFIRMED, default="confirmed", example="provisional",
        ),
    ]  # fmt: skip
    pinned_route_id: Annotated[
        str | None,
        IdCell(
            meaning="Today's route that they must stay on; they must be on it",
            refers_to="current_routes", default="free", example="R014",
        ),
    ]  # fmt: skip


class LaterArrivalRow(PassengerRow):
    """later_arrivals.csv."""

    starts_on: Annotated[date, DateCell(meaning="First day they travel", required=True, example="2027-01-05")]


class NewPassengerRow(PassengerRow):
    """The list of new passengers that quotes and in-year changes take."""

    starts_on: Annotated[
        date | None,
        DateCell(meaning="First day they are to travel", default="as soon as the notice allows", example="2026-11-02"),
    ]
    candidate_school_ids: Annotated[
        frozenset[str],
        IdsCell(
            meaning="Schools that are considered besides school_id; for quotes only",
            refers_to="schools", default="none", example="S02; S07",
        ),
    ]  # fmt: skip


class PassengerDayRow(Row):
    """passenger_days.csv."""

    passenger_id: PassengerRefColumn
    leg: LegsColumn
    week: WeeksColumn
    weekday: WeekdaysColumn
    travels: Annotated[
        bool,
        YesNoCell(meaning="Whether they travel then", blank=True, default="yes", example="yes"),
    ]
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn
    kind: Annotated[
        str,
        TextCell(
            meaning="What the place is, for whoever keeps the list; not read into the plan",
            example="second home",
        ),
    ]
    start_time: Annotated[int | None, TimeCell(meaning="Own session starts then", default="unchanged", example="09:30")]
    finish_time: Annotated[int | None, TimeCell(meaning="Own session ends then", default="unchanged", example="12:00")]


class PickupPointRow(Row):
    """pickup_points.csv."""

    passenger_id: PassengerRefColumn
    place_id: Annotated[
        str,
        IdCell(meaning="Id of the point, the same for all who may board there", required=True, example="bus-stop-12"),
    ]
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn
    walk_m: Annotated[
        int,
        WholeCell(
            meaning="Walk between the passenger's place in passengers and the point",
            unit="m", highest=8047, required=True, example="400",
        ),
    ]  # fmt: skip
    walk_s: Annotated[
        int | None,
        WholeCell(
            meaning="Time of that walk; part of the total journey",
            unit="s", highest=10_800, default="walk_m at policy walk_m_per_min", example="360",
        ),
    ]  # fmt: skip


class NeverTogetherRow(Row):
    """never_together.csv."""

    passenger_id_1: PassengerRefColumn
    passenger_id_2: PassengerRefColumn
    reason: ReasonColumn
    owner: OwnerColumn
    review_on: ReviewColumn


class KeepTogetherRow(Row):
    """keep_together.csv."""

    group_id: Annotated[
        str, IdCell(meaning="Id of the group, the same on each member's row", required=True, example="G01")
    ]
    passenger_id: PassengerRefColumn
    reason: Annotated[
        str,
        TextCell(
            meaning="Why, in words that name nobody; on the group's first row, the same or empty after",
            example="siblings",
        ),
    ]
