"""Write tables of a scenario: CSV with the right columns in order, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from transport.files.columns import TABLE_BY_NAME
from transport.files.faults import did_you_mean

_FORMULA = re.compile(r"'*[=+\-@]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def write_table(folder: Path, table: str, rows: Iterable[Mapping[str, object]]) -> Path:
    """Write a table as `<table>.csv` into a folder; columns that a row does not name stay empty.

    Parameters
    ----------
    rows : values by column name: text, whole numbers, numbers, dates, yes or no as bool, None for empty, and
        tuples, lists or frozensets of ids and tags.

    Returns
    -------
    The file written: UTF-8 with byte order mark, so that spreadsheets read it right.

    Raises
    ------
    KeyError
        When the table is not one of a scenario's.
    ValueError
        When a row names a column that the table does not have.
    """
    names = TABLE_BY_NAME[table].column_names
    path = folder / f"{table}.csv"
    return write_csv_text(path, csv_text(names, (cells_of(table, row) for row in rows)))


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """CSV as spreadsheets take it: head and cells, as they are written."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def write_csv_text(path: Path, text: str) -> Path:
    """Write CSV with a byte order mark, so that spreadsheets read it right."""
    path.write_text(text, encoding="utf-8-sig", newline="")
    return path


def cells_of(table: str, row: Mapping[str, object]) -> list[str]:
    """Cells of a row in the order of its table's columns.

    Raises
    ------
    ValueError
        When the row names a column that the table does not have.
    """
    names = TABLE_BY_NAME[table].column_names
    unknown = sorted(set(row) - set(names))
    if unknown:
        hint = did_you_mean(unknown[0], names)
        raise ValueError(f"table {table} has no column {', '.join(unknown)}{hint}")
    return [cell_text(row.get(name)) for name in names]


def cell_text(value: object) -> str:
    """A value as written in a cell, with `'` before text that a spreadsheet would take for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.7f}".rstrip("0").rstrip(".")
    if isinstance(value, frozenset | set):
        return " ".join(sorted(str(item) for item in value))
    if isinstance(value, tuple | list):
        return " ".join(str(item) for item in value)
    text = " ".join(str(value).split())
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
