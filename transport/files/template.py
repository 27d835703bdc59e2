"""The workbook to fill in: one sheet per table, notes on every column, drop-downs for choices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from transport.files.cells import Cell, SomeOfCell
from transport.files.columns import SCENARIO_SETTINGS, TABLE_BY_NAME, TABLES, Table, setting_text
from transport.files.read_sheets import README_SHEET
from transport.files.tables import cells_of
from transport.policy import setting_specs

_N_FORMATTED_ROWS = 6000
_WIDEST, _NARROWEST = 40, 12
_REQUIRED_TAB = "#16324F"
_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")

_HOW_TO = (
    "One sheet for each table. Point at a heading to see what the column means and what may be written.",
    "Sheets with a blue tab must have rows; leave the others empty where they do not apply.",
    "Bold headings must be filled in on every row. Columns that may be empty may be taken out.",
    "A place is exactly one of: postcode; easting and northing; lat and lon.",
    "On the sheet policy an empty value leaves the default, which the note on the setting tells.",
    "Never enter names, addresses, e-mail, telephone numbers, NHS numbers or UPNs: they are refused.",
    "This sheet is not read. The rows below are invented examples; copy nothing you do not mean.",
)


def write_template(path: Path) -> None:
    """Write an empty workbook to fill in, with notes, drop-downs and an invented example row per table.

    The examples stand on the first sheet, which is never read, so none can be taken for data.
    """
    write_workbook(path, {})


def write_workbook(path: Path, rows_by_table: Mapping[str, Iterable[Mapping[str, object]]]) -> None:
    """Write a scenario's tables as the template's workbook.

    Parameters
    ----------
    rows_by_table : rows as for `transport.files.tables.write_table`, by table; the other tables stay empty,
        but for the names of the settings in `scenario` and `policy`.

    Raises
    ------
    KeyError
        When a table is not one of a scenario's.
    ValueError
        When a row names a column that its table does not have.
    """
    import xlsxwriter

    rows = {TABLE_BY_NAME[name].name: [cells_of(name, row) for row in own] for name, own in rows_by_table.items()}
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        _write_read_me(workbook)
        for table in TABLES:
            _write_sheet(workbook, table, rows.get(table.name, _setting_rows(table.name)))


def _setting_rows(name: str) -> list[list[str]]:
    """Names of the settings, for an empty sheet: an empty value is the default."""
    if name == "scenario":
        return [[setting, ""] for setting in SCENARIO_SETTINGS]
    return [[spec.name, ""] for spec in setting_specs()] if name == "policy" else []


def _write_read_me(workbook: Any) -> None:
    sheet = workbook.add_worksheet(README_SHEET)
    bold = workbook.add_format({"bold": True})
    sheet.set_column(0, 0, 22)
    sheet.write_string(0, 0, "schoolrun: a scenario to fill in", bold)
    for i, line in enumerate(_HOW_TO, start=2):
        sheet.write_string(i, 0, line)
    at = len(_HOW_TO) + 3
    for table in TABLES:
        word = "required" if table.required else "optional"
        sheet.write_string(at, 0, table.name, bold)
        sheet.write_string(at, 1, f"{table.meaning} ({word})")
        for i, column in enumerate(table.columns):
            sheet.write_string(at + 1, i + 1, column.name)
            sheet.write_string(at + 2, i + 1, column.cell.example)
        sheet.write_string(at + 2, 0, "example, invented")
        at += 4


def _write_sheet(workbook: Any, table: Table, rows: list[list[str]]) -> None:
    sheet = workbook.add_worksheet(table.name)
    if table.required:
        sheet.set_tab_color(_REQUIRED_TAB)
    sheet.freeze_panes(1, 1)
    text = workbook.add_format({"num_format": "@"})
    bold = workbook.add_format({"bold": True, "bottom": 1})
    plain = workbook.add_format({"bottom": 1})
    for i, column in enumerate(table.columns):
        width = min(_WIDEST, max(_NARROWEST, len(column.name) + 2))
        sheet.set_column(i, i, width, text if column.cell.is_text else None)
        sheet.write_string(0, i, column.name, bold if column.cell.required else plain)
        sheet.write_comment(0, i, _note(column.cell), {"x_scale": 2, "y_scale": 1.5})
        _add_choices(sheet, i, column.cell)
    for number, cells in enumerate(rows, start=1):
        for i, cell in enumerate(cells):
            if cell:
                _write_cell(sheet, number, i, cell, table.columns[i].cell, text)
    if table.name in ("scenario", "policy"):
        _note_settings(sheet, table.name, rows)


def _write_cell(sheet: Any, row: int, i: int, written: str, cell: Cell, text: Any) -> None:
    if not cell.is_text and _NUMBER.fullmatch(written):
        sheet.write_number(row, i, float(written))
    else:
        sheet.write_string(row, i, written, text)


def _note(cell: Cell) -> str:
    lines = [f"{cell.meaning}.", f"Unit: {cell.unit}." if cell.unit else "", f"Must be {cell.allowed}."]
    lines.append("Must be filled in." if cell.required else f"Empty: {cell.default or 'nothing'}.")
    return "\n".join(line for line in lines if line)


def _add_choices(sheet: Any, i: int, cell: Cell) -> None:
    """Offer a closed list; a list cell may hold several, so its choices are a note only."""
    if cell.choices and not isinstance(cell, SomeOfCell):
        sheet.data_validation(
            1, i, _N_FORMATTED_ROWS, i,
            {
                "validate": "list", "source": list(cell.choices), "ignore_blank": True,
                "error_title": "Not one of the choices", "error_message": f"Must be {cell.allowed}"[:255],
            },
        )  # fmt: skip


def _note_settings(sheet: Any, name: str, rows: list[list[str]]) -> None:
    if name == "scenario":
        notes = {setting: _note(cell) for setting, cell in SCENARIO_SETTINGS.items()}
    else:
        notes = {
            spec.name: f"{spec.meaning}.\nUnit: {spec.unit or 'none'}.\nMust be {spec.allowed}.\n"
            f"Empty: {setting_text(spec.default)} ({spec.source})."
            for spec in setting_specs()
        }
    for number, cells in enumerate(rows, start=1):
        if cells[0] in notes:
            sheet.write_comment(number, 0, notes[cells[0]], {"x_scale": 2, "y_scale": 1.5})
