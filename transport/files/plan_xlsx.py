"""The workbook of a plan: its tables in pounds, miles, minutes and clock times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transport.files.plan_tables import Cell, Column, Table, Unit
from transport.files.plan_words import METRES_PER_MILE

_FORMATS: Mapping[Unit, str] = {
    Unit.COUNT: "#,##0",
    Unit.DECIMAL: "0.0#####",
    Unit.MONEY: "£#,##0.00;[Red]-£#,##0.00",
    Unit.DISTANCE: "#,##0.0",
    Unit.DURATION: "0",
    Unit.CLOCK: "hh:mm",
}
_MOST_WIDE = 48


def write_workbook(tables: Sequence[Table], path: Path, *, notes: Sequence[str] = (), title: str = "") -> None:
    """Write one sheet a table, with a first sheet of notes.

    No text becomes a formula or a link; heads are frozen and can be filtered; nothing is hidden.

    Parameters
    ----------
    notes : lines of the first sheet (personal data, approximate, invented ...).
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": title, "author": "schoolrun"})
        _write_notes(book, title, notes, tables)
        for table in tables:
            _write_sheet(book, table)


def _write_notes(book: Any, title: str, notes: Sequence[str], tables: Sequence[Table]) -> None:
    sheet = book.add_worksheet("Read me")
    head, wrap = (
        book.add_format({"bold": True, "font_size": 14}),
        book.add_format({"text_wrap": True, "valign": "top"}),
    )
    bold = book.add_format({"bold": True, "valign": "top"})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, title, head)
    for row, note in enumerate(notes, start=2):
        name, _, rest = note.partition(": ")
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, rest, wrap)
    for row, table in enumerate(tables, start=len(notes) + 3):
        sheet.write_url(row, 0, f"internal:'{table.title}'!A1", string=table.title)
        sheet.write_string(row, 1, f"{len(table.rows):,} rows")


def _write_sheet(book: Any, table: Table) -> None:
    sheet = book.add_worksheet(table.title)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E3E8ED", "bottom": 1})
    formats = {unit: book.add_format({"num_format": pattern, "valign": "top"}) for unit, pattern in _FORMATS.items()}
    text = book.add_format({"text_wrap": True, "valign": "top"})
    for j, column in enumerate(table.columns):
        sheet.write_string(0, j, column.title, head)
        sheet.write_comment(0, j, column.meaning.replace("`", ""), {"x_scale": 2})
        sheet.set_column(j, j, _width(table, j))
    for i, row in enumerate(table.rows, start=1):
        for j, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            _write_cell(sheet, i, j, cell, column, formats.get(column.unit, text))
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)
    # Ids of digits only are text on purpose; Excel would flag each of them.
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{len(table.rows) + 1}"})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write_cell(sheet: Any, i: int, j: int, cell: Cell, column: Column, cell_format: Any) -> None:
    value = shown_value(cell, column)
    if value is None:
        sheet.write_blank(i, j, None, cell_format)
    elif isinstance(value, str):
        sheet.write_string(i, j, value, cell_format)
    else:
        sheet.write_number(i, j, value, cell_format)


def shown_value(cell: Cell, column: Column) -> str | float | None:
    """A cell in the workbook's unit: pounds, miles, minutes, fractions of a day (Excel's clock)."""
    if cell is None or isinstance(cell, str):
        return cell
    if column.unit is Unit.YES_NO:
        return "yes" if cell else "no"
    scale = {Unit.MONEY: 100, Unit.DISTANCE: METRES_PER_MILE, Unit.DURATION: 60, Unit.CLOCK: 86_400}
    return float(cell) / scale.get(column.unit, 1)


def _width(table: Table, j: int) -> float:
    longest_word = max(len(word) for word in table.columns[j].title.split())
    if table.columns[j].unit is not Unit.TEXT:
        return max(longest_word + 3, 11)
    cells = [len(str(row[j])) for row in table.rows if row[j] is not None]
    return min(_MOST_WIDE, max([longest_word + 3, *(n + 2 for n in cells)]))
