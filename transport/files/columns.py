"""The tables of a scenario, their columns, and the documentation made from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from transport.files.cells import Cell, ChoiceCell, DateCell, IdCell, TextCell, YesNoCell
from transport.files.rows import (
    CalendarRow,
    GateRow,
    Row,
    SchoolRow,
    SchoolTimeRow,
    SettingRow,
    StreetRuleRow,
)
from transport.files.rows_people import (
    KeepTogetherRow,
    LaterArrivalRow,
    NeverTogetherRow,
    NewPassengerRow,
    PassengerDayRow,
    PassengerRow,
    PickupPointRow,
)
from transport.files.rows_supply import (
    AssistantRow,
    ContractRow,
    CurrentRouteRow,
    DepotRow,
    FleetVehicleRow,
    OperatorRow,
    OperatorVehicleRow,
    VehicleClassRow,
)
from transport.policy import SettingSpec, setting_specs


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name and what its cells hold."""

    name: str
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A CSV file of a scenario folder, or a sheet of its workbook.

    Attributes
    ----------
    name : file name without `.csv`, sheet name.
    row : model of a row.
    required : whether a scenario must have it.
    key : columns that together name a row and stand once; empty where rows have no name.
    """

    name: str
    row: type[Row]
    meaning: str
    required: bool = False
    key: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns in order."""
        return _columns_of(self.row)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in order."""
        return tuple(column.name for column in self.columns)


@cache
def _columns_of(model: type[Row]) -> tuple[Column, ...]:
    columns = []
    for name, field in model.model_fields.items():
        columns += [Column(name=name, cell=cell) for cell in field.metadata if isinstance(cell, Cell)]
    return tuple(columns)


SCENARIO_SETTINGS: dict[str, Cell] = {
    "name": TextCell(meaning="What the plan is called", required=True, example="Sandwell, autumn 2026"),
    "starts_on": DateCell(meaning="First day of the plan", required=True, example="2026-09-01"),
    "invented": YesNoCell(meaning="The passengers are invented; every page says so", example="no"),
    "first_week": ChoiceCell(
        meaning="Week that holds the first term's first day",
        options=("A", "B"), blank="A", default="A", example="A",
    ),
}  # fmt: skip
"""Settings of scenario.csv."""

TABLES = (
    Table(
        name="scenario", row=SettingRow, required=True, key=("setting",),
        meaning="What is planned, a setting a row",
    ),
    Table(
        name="policy", row=SettingRow, key=("setting",),
        meaning="The council's rules and prices, a setting a row; what is not named stands at its default",
    ),
    Table(
        name="calendar", row=CalendarRow,
        meaning="Term dates and closures; without terms, 38 of each weekday, 190 days a year",
    ),
    Table(name="schools", row=SchoolRow, required=True, key=("school_id",), meaning="Schools, a row each"),
    Table(
        name="gates", row=GateRow, key=("school_id", "gate_id"),
        meaning="Where vehicles stop at schools with several gates or sites. A school without rows has one "
        "gate `main` at its own place; with rows, these are its gates and the first is the usual one",
    ),
    Table(
        name="school_times", row=SchoolTimeRow,
        meaning="Days on which a school has other times or is shut, every week or fortnight; each once",
    ),
    Table(
        name="passengers", row=PassengerRow, required=True, key=("passenger_id",),
        meaning="People assessed for travel assistance, a row each",
    ),
    Table(
        name="passenger_days", row=PassengerDayRow,
        meaning="Days on which a passenger differs from their row in passengers: another place, other times, "
        "travels although their row says no, or does not travel; a passenger's day and leg stands once",
    ),
    Table(
        name="pickup_points", row=PickupPointRow, key=("passenger_id", "place_id"),
        meaning="Other places where a passenger may board (AM) or alight (PM) instead of at their place in passengers; "
        "the plan chooses one place for each leg, for all days on which they are at that place. Where the point lies "
        "stands on its first row, and is the same or empty on the others",
    ),
    Table(
        name="never_together", row=NeverTogetherRow, key=("passenger_id_1", "passenger_id_2"),
        meaning="Two passengers who are never on the same run",
    ),
    Table(
        name="keep_together", row=KeepTogetherRow, key=("passenger_id",),
        meaning="Passengers who share one route on both legs, a row for each member",
    ),
    Table(
        name="vehicle_classes", row=VehicleClassRow, required=True, key=("class_id",),
        meaning="Kinds of vehicles with their usual price; without a price a class is not bought",
    ),
    Table(name="depots", row=DepotRow, key=("depot_id",), meaning="Where the council's vehicles stand"),
    Table(
        name="fleet_vehicles", row=FleetVehicleRow, key=("vehicle_id",),
        meaning="The council's vehicles, a row each",
    ),
    Table(
        name="operators", row=OperatorRow, key=("operator_id",),
        meaning="Companies admitted to supply; the place is the base of their vehicles and may be left empty",
    ),
    Table(
        name="operator_vehicles", row=OperatorVehicleRow, key=("operator_id", "class_id"),
        meaning="Vehicle classes an operator is admitted for, with its vehicles and its own prices, if any",
    ),
    Table(name="contracts", row=ContractRow, key=("lot_id",), meaning="Lots held by operators"),
    Table(
        name="current_routes", row=CurrentRouteRow,
        meaning="Today's routes, a row for each passenger. Cells about the route stand on its first row, and "
        "are the same or empty on the others",
    ),
    Table(
        name="assistants", row=AssistantRow, key=("pa_id",),
        meaning="All the PAs that the council has for its own vehicles, by id; with a place they are fetched from home",
    ),
    Table(
        name="street_rules", row=StreetRuleRow, key=("rule_id",),
        meaning="The council's own rules for streets",
    ),
    Table(
        name="later_arrivals", row=LaterArrivalRow, key=("passenger_id",),
        meaning="Passengers who come later in the year; kept beside the scenario, not read into the plan",
    ),
)  # fmt: skip
"""Every table in the order of the documentation and the template."""

NEW_PASSENGERS = Table(
    name="new_passengers", row=NewPassengerRow, required=True, key=("passenger_id",),
    meaning="New passengers for `schoolrun quote` and `schoolrun add`, a row each: a file of its own, with any name, "
    "and the columns of passengers",
)  # fmt: skip
"""The one table that is no part of a scenario."""

TABLE_BY_NAME = {table.name: table for table in TABLES}

_INTRODUCTION = """\
# Data format

<!-- Written by transport.files.columns.data_format_markdown: change the columns there, not this page. -->

A scenario is a folder of CSV files, or one Excel workbook (`.xlsx`) with sheets of the same names without
`.csv`. `schoolrun template OUT.xlsx` writes an empty workbook with notes and drop-downs.

- **Header** in row 1, data from row 2. Capitals, spaces and hyphens in headers and file names do not matter:
  `Passenger ID` is `passenger_id`. Columns that may be empty may be left out. Empty rows are skipped.
- **Encoding** UTF-8, with or without byte order mark; Windows-1252 is understood. Commas between cells.
- **Numbers** in digits, without thousands separators, currency signs or units. Money in whole pence.
- **Times** `HH:MM`. **Dates** `YYYY-MM-DD` or `DD/MM/YYYY`. **Yes or no**: `yes`, `no`.
- **Lists** inside a cell are separated by spaces, commas or `;`.
- **Ids** are letters, digits and `. _ - /`, at most 64, without spaces; capitals matter, leading zeros stay.
- **Places**: exactly one of `postcode`, `easting` and `northing`, or `lat` and `lon`. A postcode stands for
  its centre, some 50 m off in a town and several hundred in the country; give coordinates where that matters.
- **Text** that begins with `=`, `+`, `-` or `@` is written with `'` before it, so that no spreadsheet runs
  it; one such `'` is taken off again.
- **Week A and B**: the fortnight has ten days, `mon` to `fri` of week A, then of week B.

Every fault in every file is told at once, with file, row, column, value and what is allowed; then nothing is
planned.

Never give names, addresses, e-mail addresses, telephone numbers, NHS numbers or UPNs: such columns are
refused. A date of birth becomes the phase of education and is not kept. Home points and needs are personal
data even so.
"""


def data_format_markdown() -> str:
    """The text of docs/data-format.md."""
    parts = [_INTRODUCTION, "\n## Tables\n\n| table | required | rows |\n|---|---|---|\n"]
    parts += [f"| [{t.name}](#{t.name}) | {'yes' if t.required else 'no'} | {t.meaning} |\n" for t in TABLES]
    parts += [_table_markdown(table) for table in (*TABLES, NEW_PASSENGERS)]
    return "".join(parts)


def _table_markdown(table: Table) -> str:
    lines = [f"\n## {table.name}\n\n{table.meaning}.\n"]
    if table.key:
        lines.append(f"\nStands once: {' with '.join(f'`{name}`' for name in table.key)}.\n")
    if table.name == "scenario":
        return "".join([*lines, _settings_markdown(SCENARIO_SETTINGS)])
    if table.name == "policy":
        return "".join([*lines, _policy_markdown(setting_specs())])
    lines.append(_head("column", "meaning", "unit", "allowed", "required, or default", "example"))
    lines += [
        f"| `{c.name}` | {_meaning_of(c.cell)} | {c.cell.unit} | {c.cell.allowed} | {_default_of(c.cell)} "
        f"| `{c.cell.example}` |\n"
        for c in table.columns
    ]
    return "".join(lines)


def _head(*titles: str) -> str:
    return f"\n| {' | '.join(titles)} |\n{'|---' * len(titles)}|\n"


def _settings_markdown(settings: dict[str, Cell]) -> str:
    head = _head("setting", "meaning", "allowed", "required, or default", "example")
    rows = (
        f"| `{name}` | {cell.meaning} | {cell.allowed} | {_default_of(cell)} | `{cell.example}` |\n"
        for name, cell in settings.items()
    )
    return f"\nColumns `setting` and `value`.\n{head}{''.join(rows)}"


def _policy_markdown(specs: tuple[SettingSpec, ...]) -> str:
    head = _head("setting", "meaning", "unit", "allowed", "default", "source")
    rows = (
        f"| `{s.name}` | {s.meaning} ({s.kind.value}) | {s.unit} | {s.allowed} | `{setting_text(s.default)}` "
        f"| {s.source} |\n"
        for s in specs
    )
    return f"\nColumns `setting` and `value`.\n{head}{''.join(rows)}"


def setting_text(value: int | bool | str) -> str:
    """A setting's value as it is written in a file."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _meaning_of(cell: Cell) -> str:
    if isinstance(cell, IdCell) and cell.refers_to:
        return f"{cell.meaning}; one of [{cell.refers_to}](#{cell.refers_to})"
    return cell.meaning


def _default_of(cell: Cell) -> str:
    return "required" if cell.required else (cell.default or "empty")
