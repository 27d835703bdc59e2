"""Tables of pages and exports as a workbook. No text in it becomes a formula or a link."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from transport.files.plan_tables import Column, Table, Unit
from transport.files.plan_xlsx import write_workbook

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_TITLE = 31
"""Characters of a sheet's name that Excel takes; some signs it does not."""


def as_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table as a page shows it: numbers stay numbers, a link leaves its words."""
    plain = [tuple(_plain(cell) for cell in row) for row in rows]
    columns = tuple(
        Column(name=head, title=head, meaning=head, unit=_unit_of([row[j] for row in plain]))
        for j, head in enumerate(heads)
    )
    name = "".join(" " if sign in "[]:*?/\\'" else sign for sign in title)[:_MOST_TITLE].strip()
    return Table(name=name, title=name, columns=columns, rows=tuple(plain))


def workbook_of(*tables: Table, title: str, notes: Sequence[str] = ()) -> bytes:
    """The bytes of a workbook, each table on a sheet.

    Parameters
    ----------
    notes : lines of its first sheet, as `Head: sentence`: what it is of, for whom.
    """
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as folder:
        path = Path(folder) / "table.xlsx"
        write_workbook(tables, path, notes=notes, title=title)
        return path.read_bytes()


def _plain(cell: object) -> str | int | float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    return str(cell[0]) if isinstance(cell, tuple) else str(cell)


def _unit_of(cells: Sequence[object]) -> Unit:
    if cells and all(isinstance(cell, int) for cell in cells):
        return Unit.COUNT
    return Unit.DECIMAL if cells and all(isinstance(cell, int | float) for cell in cells) else Unit.TEXT
