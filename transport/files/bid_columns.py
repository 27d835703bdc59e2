"""The four tables of a price schedule: what an operator fills in, and what may be written in each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from transport.files.cells import Cell, DateCell, IdCell, IdsCell, TagsCell, WholeCell, YesNoCell, decimal_of

MOST_POUNDS = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PoundsCell(Cell):
    """Money in pounds and pennies, read as whole pence."""

    unit: str = "£"
    lowest: int = 1
    """Pence; 0 where nothing may be charged."""
    is_text: ClassVar[bool] = False

    @property
    def allowed(self) -> str:
        """What may be written."""
        least = "of 0 or more" if self.lowest == 0 else "above 0"
        return f"pounds {least} and at most {MOST_POUNDS}, with at most two decimals"

    def parse(self, text: str) -> int:
        """Pence."""
        if text.startswith("£"):
            raise ValueError("must be pounds without the currency sign")
        pounds = decimal_of(text, "pounds")
        pence = pounds * Decimal(100)
        if not self.lowest <= pence <= 100 * MOST_POUNDS or pence != pence.to_integral_value():
            raise ValueError(f"must be {self.allowed}")
        return int(pence)


@dataclass(frozen=True, slots=True, kw_only=True)
class BidTable:
    """One table of the schedule.

    Attributes
    ----------
    columns : cell kind by column name, in order. known : columns that the council has filled in, with what they say;
        what stands there is not read, so that a schedule may say what its lots are.
    """

    name: str
    meaning: str
    columns: Mapping[str, Cell]
    known: Mapping[str, str] = field(default_factory=dict)


_CLASS = "Vehicle class, as the pack names it"
BID_TABLES = (
    BidTable(
        name="operator",
        meaning="One row about you",
        columns={
            "operator_id": IdCell(meaning="Your id in the council's register", required=True, example="OP001"),
            "pack_id": IdCell(meaning="Which tender; filled in", required=True, example="T1"),
            "pack_version": WholeCell(meaning="Which version of the pack; filled in", required=True, highest=999),
            "n_pas": WholeCell(
                meaning="Passenger assistants you can send out at once", default="as many as needed", highest=9999
            ),
            "max_lots": WholeCell(
                meaning="Most lots that you want to win, whatever you bid for", default="no limit", lowest=1,
                highest=9999,
            ),
            "max_year_price": PoundsCell(meaning="Most that you want to win a year", default="no limit"),
            "sme": YesNoCell(meaning="Whether you are a small or medium enterprise"),
            "licence_classes": TagsCell(meaning="Licences you hold, such as phv or psv_minibus"),
            "licence_ends_on": DateCell(meaning="Last day of the licence that ends first"),
            "insurance_ends_on": DateCell(meaning="Last day that you are insured for, or undertake to renew it to"),
            "clearances_end_on": DateCell(meaning="Day on which the first driver's or assistant's clearance ends"),
        },
    ),
    BidTable(
        name="vehicles",
        meaning="One row for each vehicle class you can send out",
        columns={
            "class_id": IdCell(meaning=_CLASS, required=True, example="MPV8"),
            "n_vehicles": WholeCell(
                meaning="Vehicles you can send out at once", default="none of this class", blank=0, highest=9999
            ),
        },
    ),
    BidTable(
        name="prices",
        meaning="One row for each lot; leave day_rate empty for lots you do not want",
        columns={
            "lot_id": IdCell(meaning="Lot, as the pack names it", required=True, example="LOT01"),
            "alternative": IdCell(
                meaning="A name for a second price for the same lot, for instance with another vehicle",
                default="your one price", blank="", example="B",
            ),
            "day_rate": PoundsCell(
                meaning="For each vehicle and day, morning and afternoon together, without assistants", example="85.50"
            ),
            "pa_day_rate": PoundsCell(meaning="For each passenger assistant and day", lowest=0, example="45"),
            "mile_rate": PoundsCell(
                meaning="For each mile a day more or less, if the route changes", lowest=0, example="1.60"
            ),
            "class_offered": IdCell(meaning=f"{_CLASS}, if not the one asked for", default="the class asked for"),
            "keeps_crew": YesNoCell(meaning="Whether today's driver and assistant stay"),
            "year_total": PoundsCell(
                meaning="Day rate x days + assistant rate x days: worked out for you, and checked",
                default="not checked",
            ),
        },
        known={
            "class_id": "Vehicle class asked for; what it holds stands in the sheet read_me",
            "vehicles": "Vehicles out at once",
            "days_a_year": "Vehicle days that a day rate is paid for, a year",
            "assistant_days_a_year": "Assistant days that an assistant rate is paid for, a year; 0: none needed",
            "miles_a_day": "With passengers on board, on the longest day; the way to the first and from the last stop "
            "is not in it: put it into your rate",
            "times": "First boarding to last alighting, each run",
            "passengers": "How many; more about them in pack.pdf",
            "places": "Seats and wheelchair places that the runs use",
            "schools": "Where the runs go",
            "areas": "Where passengers come from, as far as enough of them share an area to be shown",
            "estimate_a_year": "The council's estimate in pounds; the award rules refer to it",
        },
    ),
    BidTable(
        name="packages",
        meaning="One row for each package: several lots at one price a year, all or nothing",
        columns={
            "package_id": IdCell(meaning="Your name for the package", required=True, example="P1"),
            "lot_ids": IdsCell(meaning="Lots in it, two or more", required=True, example="LOT01 LOT02"),
            "year_price": PoundsCell(
                meaning="One price a year for all of them, assistants included", required=True, example="31350"
            ),
            "mile_rate": PoundsCell(meaning="For each mile a day more or less, if a route changes", lowest=0),
            "keeps_crew": YesNoCell(meaning="Whether today's drivers and assistants stay"),
        },
    ),
)  # fmt: skip
BID_TABLE_BY_NAME = {table.name: table for table in BID_TABLES}
