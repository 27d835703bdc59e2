"""Columns shared by several tables, and row models of settings, calendar, schools and streets.

A row model's fields are the columns of its table in order; each annotation is the column's definition.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from transport.files.cells import (
    WEEKDAYS,
    WEEKS,
    Cell,
    ChoiceCell,
    DateCell,
    IdCell,
    IdsCell,
    NumberCell,
    SomeOfCell,
    TextCell,
    TimeCell,
    WholeCell,
    YesNoCell,
)
from transport.files.postcodes import normalise_postcode
from transport.vehicles import StreetRuleKind


class Row(BaseModel):
    """One row of a table; `row` is its number as a spreadsheet shows it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    row: int


class PostcodeCell(Cell):
    """A postcode of Great Britain."""

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "a UK postcode, such as B16 0NA"

    def parse(self, text: str) -> str:
        """The postcode in its one written form."""
        try:
            return normalise_postcode(text)
        except ValueError:
            raise ValueError(f"must be {self.allowed}") from None


_ONE_OF = "A place is a postcode, or easting and northing, or lat and lon: exactly one of the three"
PostcodeColumn = Annotated[
    str | None,
    PostcodeCell(meaning=f"Postcode; its centre stands for the place. {_ONE_OF}", example="B66 3NX"),
]
EastingColumn = Annotated[
    Decimal | None,
    NumberCell(
        meaning="Easting on the British National Grid (EPSG:27700)",
        unit="m", highest=700_000, example="401520",
    ),
]  # fmt: skip
NorthingColumn = Annotated[
    Decimal | None,
    NumberCell(
        meaning="Northing on the British National Grid (EPSG:27700)",
        unit="m", highest=1_300_000, example="289410",
    ),
]  # fmt: skip
LatColumn = Annotated[
    Decimal | None,
    NumberCell(meaning="Latitude, WGS84", unit="degrees", lowest=-90, highest=90, example="52.5021"),
]
LonColumn = Annotated[
    Decimal | None,
    NumberCell(meaning="Longitude, WGS84", unit="degrees", lowest=-180, highest=180, example="-1.9790"),
]

SchoolRefColumn = Annotated[str, IdCell(meaning="School", required=True, refers_to="schools", example="S01")]
PassengerRefColumn = Annotated[str, IdCell(meaning="Passenger", required=True, refers_to="passengers", example="P0001")]
ClassRefColumn = Annotated[
    str, IdCell(meaning="Vehicle class", required=True, refers_to="vehicle_classes", example="minibus")
]
ReasonColumn = Annotated[str, TextCell(meaning="Why, in words that name nobody", example="agreed 12 May")]
OwnerColumn = Annotated[str, TextCell(meaning="Post that answers for it, not a person", example="SEN transport")]
ReviewColumn = Annotated[date | None, DateCell(meaning="When it is looked at again", example="2027-03-01")]
WeeksColumn = Annotated[
    tuple[int, ...],
    SomeOfCell(
        meaning="Weeks of the fortnight",
        options=WEEKS, everything="both", blank=(0, 1), default="both weeks", example="A",
    ),
]  # fmt: skip
WeekdaysColumn = Annotated[
    tuple[int, ...],
    SomeOfCell(
        meaning="Weekdays",
        options=WEEKDAYS, blank=(0, 1, 2, 3, 4), default="all five", example="mon wed",
    ),
]  # fmt: skip


class SettingRow(Row):
    """scenario.csv and policy.csv."""

    setting: Annotated[str, TextCell(meaning="Name of the setting", required=True, example="name")]
    value: Annotated[
        str, TextCell(meaning="Its value", default="the setting's default", example="Sandwell, autumn 2026")
    ]


class CalendarRow(Row):
    """calendar.csv."""

    kind: Annotated[
        str,
        ChoiceCell(
            meaning="A term, or days on which schools are shut (bank holiday, INSET day, half term)",
            options=("term", "closure"), required=True, example="closure",
        ),
    ]  # fmt: skip
    first_day: Annotated[date, DateCell(meaning="First day", required=True, example="2026-10-26")]
    last_day: Annotated[
        date | None,
        DateCell(
            meaning="Last day, included; a term must have one",
            default="a closure of one day", example="2026-10-30",
        ),
    ]  # fmt: skip
    school_id: Annotated[
        str | None,
        IdCell(
            meaning="The one school that is shut; closures only",
            refers_to="schools", default="all schools", example="S01",
        ),
    ]  # fmt: skip
    reason: ReasonColumn


class SchoolRow(Row):
    """schools.csv."""

    school_id: Annotated[str, IdCell(meaning="Id of the school, given once", required=True, example="S01")]
    name: Annotated[str, TextCell(meaning="Name for people", required=True, example="The Meadows School")]
    urn: Annotated[
        int | None,
        WholeCell(meaning="Unique reference number", lowest=1, highest=9_999_999, example="104030"),
    ]
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn
    start_time: Annotated[int, TimeCell(meaning="Session starts", required=True, example="08:50")]
    finish_time: Annotated[int, TimeCell(meaning="Session ends", required=True, example="15:15")]
    arrive_earliest_min: Annotated[
        int | None,
        WholeCell(
            meaning="AM: how long before the start a vehicle may unload at the earliest",
            unit="min", highest=120, default="policy arrive_earliest_before_s", example="15",
        ),
    ]  # fmt: skip
    arrive_latest_min: Annotated[
        int | None,
        WholeCell(
            meaning="AM: how long before the start a vehicle must unload at the latest",
            unit="min", highest=120, default="policy arrive_latest_before_s", example="5",
        ),
    ]  # fmt: skip
    leave_latest_min: Annotated[
        int | None,
        WholeCell(
            meaning="PM: how long after the end a vehicle must have loaded",
            unit="min", highest=120, default="policy leave_latest_after_s", example="20",
        ),
    ]  # fmt: skip


class GateRow(Row):
    """gates.csv."""

    school_id: SchoolRefColumn
    gate_id: Annotated[str, IdCell(meaning="Id of the gate, given once in its school", required=True, example="north")]
    site: Annotated[str, TextCell(meaning="Site of the school", example="Lower school")]
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn


class SchoolTimeRow(Row):
    """school_times.csv."""

    school_id: SchoolRefColumn
    week: WeeksColumn
    weekday: Annotated[
        tuple[int, ...],
        SomeOfCell(meaning="Weekdays", options=WEEKDAYS, required=True, example="fri"),
    ]
    start_time: Annotated[int | None, TimeCell(meaning="Session starts", default="the school's", example="08:50")]
    finish_time: Annotated[int | None, TimeCell(meaning="Session ends", default="the school's", example="13:30")]
    shut: Annotated[bool, YesNoCell(meaning="Shut on these days every week; no times then", example="no")]


class StreetRuleRow(Row):
    """street_rules.csv."""

    rule_id: Annotated[str, IdCell(meaning="Id of the rule, given once", required=True, example="SR1")]
    kind: Annotated[
        StreetRuleKind,
        ChoiceCell(meaning="What it forbids or asks", options=StreetRuleKind, required=True, example="no_entry"),
    ]
    way_id: Annotated[
        int | None,
        WholeCell(
            meaning="OpenStreetMap way; or give a place, and the street nearest to it is meant",
            lowest=1, highest=10**12, example="23456789",
        ),
    ]  # fmt: skip
    postcode: PostcodeColumn
    easting: EastingColumn
    northing: NorthingColumn
    lat: LatColumn
    lon: LonColumn
    class_ids: Annotated[
        frozenset[str],
        IdsCell(
            meaning="Vehicle classes it binds",
            refers_to="vehicle_classes",
            default="all",
            example="minibus coach",
        ),
    ]
    meeting_postcode: PostcodeColumn
    meeting_easting: EastingColumn
    meeting_northing: NorthingColumn
    meeting_lat: LatColumn
    meeting_lon: LonColumn
    reason: ReasonColumn
    owner: OwnerColumn
    review_on: ReviewColumn
