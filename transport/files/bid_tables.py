"""Open a filled price schedule (workbook, folder of CSV files, JSON) into cells that could be read, and faults."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transport.files.bid_columns import BID_TABLE_BY_NAME, BID_TABLES, BidTable
from transport.files.faults import Fault, did_you_mean
from transport.files.read_book import plain_name, plain_text
from transport.files.read_sheets import README_SHEET, CsvUnreadable, csv_text_of
from transport.files.read_workbook import WorkbookUnreadable, read_grids, text_of

Lines = Iterable[tuple[int, Sequence[str]]]
"""(row number, cells), the header first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidRow:
    """A row whose cells could all be read, empty ones as their defaults."""

    row: int
    texts: Mapping[str, str]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BidBook:
    """A schedule as given, and everything wrong with it so far.

    Attributes
    ----------
    files : by table, as the person knows it. rows : those that could be read, by table.
    """

    name: str
    files: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[BidRow]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, table: str, row: int | None, column: str, message: str, value: str = "") -> None:
        """Note something wrong in a table."""
        file = self.files.get(table, self.name)
        self.faults.append(Fault(file=file, row=row, column=column, value=value, message=message))

    def row_fault(self, table: str, row: BidRow, column: str, message: str) -> None:
        """Note something wrong in a cell that could be read."""
        self.fault(table, row.row, column, message, row.texts.get(column, ""))


def open_bid(path: Path) -> BidBook:
    """Read a workbook, a folder of CSV files or a JSON file."""
    book = BidBook(name=path.name)
    if path.is_dir():
        _open_folder(path, book)
    elif not path.exists():
        book.fault("", None, "", "does not exist")
    elif path.suffix.lower() in (".xlsx", ".xlsm"):
        _open_workbook(path, book)
    elif path.suffix.lower() == ".json":
        _open_json(path, book)
    else:
        book.fault("", None, "", "must be an .xlsx workbook, a .json file or a folder of CSV files")
    for table in ("operator", "vehicles"):
        if table not in book.files and not book.faults:
            book.fault("", None, "", f"lacks the table {table}; a schedule must have it")
    return book


def _open_workbook(path: Path, book: BidBook) -> None:
    try:
        grids = read_grids(path)
    except WorkbookUnreadable:
        book.fault("", None, "", "cannot be opened as an .xlsx workbook; it may be damaged or locked by a password")
        return
    for name, cells in grids:
        if plain_name(name) != README_SHEET and any(map(any, cells)):
            _take_table(book, f"{path.name} sheet {name}", plain_name(name), enumerate(cells, start=1))


def _open_folder(path: Path, book: BidBook) -> None:
    for file in sorted(path.iterdir()):
        if file.is_file() and not file.name.startswith((".", "~$")):
            if file.suffix.lower() != ".csv":
                book.faults.append(Fault(file=file.name, row=None, column="", value="", message="is not a CSV file"))
                continue
            _take_table(book, file.name, plain_name(file.stem), _csv_lines(file, book))


def _csv_lines(file: Path, book: BidBook) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        text, _ = csv_text_of(file.read_bytes())
        for cells in csv.reader(io.StringIO(text, newline=""), strict=True):
            number += 1
            yield number, cells
    except CsvUnreadable as error:
        book.faults.append(Fault(file=file.name, row=error.row, column="", value="", message=str(error)))
    except csv.Error as error:
        message = f"is not CSV ({error}); every quote must be closed"
        book.faults.append(Fault(file=file.name, row=number + 1, column="", value="", message=message))


class _NotPlainJson(ValueError):
    pass


def _open_json(path: Path, book: BidBook) -> None:
    try:
        given = json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=_object_of, parse_float=str)
        if not isinstance(given, dict):
            raise _NotPlainJson("must be an object with the tables operator, vehicles, prices and packages")
        for name, rows in given.items():
            rows = [rows] if isinstance(rows, dict) else rows
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise _NotPlainJson(f"{name} must be a list of objects")
            if rows:
                _take_table(book, f"{path.name} list {name}", plain_name(name), _json_lines(rows))
    except _NotPlainJson as error:
        book.fault("", None, "", str(error))
    except ValueError as error:
        book.fault("", None, "", f"is not JSON in UTF-8 ({error})")


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _NotPlainJson(f"{max(keys, key=keys.count)} stands twice in one object")
    return found


def _json_lines(rows: list[dict[str, Any]]) -> Iterator[tuple[int, list[str]]]:
    """Objects as rows: the header is row 1, so the first object is row 2, as in a spreadsheet."""
    header = list(dict.fromkeys(key for row in rows for key in row))
    yield 1, header
    for number, row in enumerate(rows, start=2):
        yield number, [_json_text(key, row.get(key)) for key in header]


def _json_text(key: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    if isinstance(value, dict | list):
        raise _NotPlainJson(f"{key} must be a text, a number, yes or no, or a list of texts")
    return value if isinstance(value, str) else text_of(value)


def _take_table(book: BidBook, file: str, name: str, lines: Lines) -> None:
    table = BID_TABLE_BY_NAME.get(name)
    if table is None:
        known = ", ".join(t.name for t in BID_TABLES)
        message = f"no such table; must be one of {known}{did_you_mean(name, BID_TABLE_BY_NAME)}"
        book.faults.append(Fault(file=file, row=None, column="", value="", message=message))
        return
    if name in book.files:
        book.faults.append(
            Fault(file=file, row=None, column="", value="", message=f"is given twice; the other is {book.files[name]}")
        )
        return
    book.files[name] = file
    book.rows[name] = []
    iterator = iter(lines)
    _, first = next(iterator, (1, ()))
    header = [plain_name(cell) for cell in first]
    if _header_is_good(book, table, header):
        for number, cells in iterator:
            _take_row(book, table, header, number, [plain_text(cell) for cell in cells])


def _header_is_good(book: BidBook, table: BidTable, header: Sequence[str]) -> bool:
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        book.fault(table.name, 1, "", "has one column only; columns must be separated by commas")
        return False
    for name in dict.fromkeys(header):
        if name and name not in table.columns and name not in table.known:
            book.fault(table.name, 1, name, f"no such column{did_you_mean(name, table.columns)}")
        if name and header.count(name) > 1:
            book.fault(table.name, 1, name, "stands twice")
    missing = [name for name, cell in table.columns.items() if cell.required and name not in header]
    for name in missing:
        book.fault(table.name, 1, name, "is missing; the table must have this column")
    return not missing


def _take_row(book: BidBook, table: BidTable, header: Sequence[str], number: int, cells: Sequence[str]) -> None:
    if not any(cells):
        return
    if len(cells) < len(header) or any(cells[len(header) :]):
        book.fault(table.name, number, "", f"has {len(cells)} cells; the header has {len(header)}")
        return
    given = dict(zip(header, cells, strict=False))
    texts = {name: given.get(name, "") for name in table.columns}
    values = {}
    for name, cell in table.columns.items():
        try:
            values[name] = cell.read(texts[name])
        except ValueError as error:
            book.fault(table.name, number, name, str(error), texts[name])
    if len(values) == len(table.columns):
        book.rows[table.name].append(BidRow(row=number, texts=texts, values=values))
