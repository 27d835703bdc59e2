"""Open a scenario folder or workbook: which tables were given, and their text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from transport.files.columns import TABLE_BY_NAME, TABLES, Table
from transport.files.faults import did_you_mean
from transport.files.read_book import Book, Sheet, plain_name
from transport.files.read_header import fill_sheet
from transport.files.read_workbook import WorkbookUnreadable, read_grids

README_SHEET = "read_me"
"""The template's first sheet; not a table."""

_NOT_CSV = (".xlsx", ".xlsm", ".xls", ".ods", ".tsv")


def open_book(path: Path) -> Book:
    """Read a folder of CSV files, or one workbook, into text."""
    book = Book(name=path.name)
    if path.is_dir():
        _open_folder(path, book)
    elif not path.exists():
        book.file_fault(path.name, "does not exist; must be a folder of CSV files, or an .xlsx workbook")
    elif path.suffix.lower() in (".xlsx", ".xlsm"):
        _open_workbook(path, book)
    else:
        book.file_fault(path.name, "must be a folder of CSV files, or an .xlsx workbook")
    return book


def book_of_rows(name: str, rows: Iterable[tuple[str, Mapping[str, str]]]) -> Book:
    """Take rows that are no file: table and cells of each; faults name the table, and count from row 2 as a file's.

    Raises
    ------
    KeyError
        When a table is none of a scenario's.
    """
    book = Book(name=name)
    for table, cells in rows:
        sheet = book.sheets.setdefault(table, Sheet(table=TABLE_BY_NAME[table], file=table))
        sheet.texts[len(sheet.texts) + 2] = dict(cells)
    _require_tables(book, lambda table: table)
    return book


def _open_folder(folder: Path, book: Book) -> None:
    files = [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith((".", "~$"))]
    for path in files:
        if path.suffix.lower() in _NOT_CSV:
            book.file_fault(path.name, "is not CSV; a scenario is a folder of CSV files, or one .xlsx workbook")
    tables = [path for path in files if path.suffix.lower() == ".csv"]
    if not tables:
        names = ", ".join(f"{table.name}.csv" for table in TABLES if table.required)
        book.file_fault(folder.name, f"holds no CSV file; a scenario needs {names}")
        return
    for path in tables:
        table = _table_of(book, path.name, plain_name(path.stem), ".csv")
        if table is not None:
            sheet = book.sheets[table.name] = Sheet(table=table, file=path.name)
            fill_sheet(book, sheet, _csv_lines(path, book, sheet))
    _require_tables(book, lambda name: f"{name}.csv")


def _open_workbook(path: Path, book: Book) -> None:
    try:
        grids = read_grids(path)
    except WorkbookUnreadable:
        book.file_fault(path.name, "cannot be opened as an .xlsx workbook; it may be damaged or locked by a password")
        return
    for name, cells in grids:
        if plain_name(name) == README_SHEET or not any(map(any, cells)):
            continue
        file = f"{path.name} sheet {name}"
        table = _table_of(book, file, plain_name(name), "")
        if table is not None:
            sheet = book.sheets[table.name] = Sheet(table=table, file=file)
            fill_sheet(book, sheet, enumerate(cells, start=1))
    _require_tables(book, lambda name: f"{path.name} sheet {name}")


def _table_of(book: Book, file: str, name: str, ending: str) -> Table | None:
    if name not in TABLE_BY_NAME:
        hint = did_you_mean(name, TABLE_BY_NAME).removesuffix("?")
        book.file_fault(file, f"no such table{f'{hint}{ending}?' if hint else ''}")
        return None
    if name in book.sheets:
        book.file_fault(file, f"is given twice; the other is {book.sheets[name].file}")
        return None
    return TABLE_BY_NAME[name]


def open_table(path: Path, table: Table, book: Book) -> None:
    """Read one CSV file of its own into a book, as a sheet of a table."""
    if not path.is_file():
        book.file_fault(str(path), "there is no such file; must be a CSV file")
        book.unreadable.add(table.name)
        return
    sheet = book.sheets[table.name] = Sheet(table=table, file=path.name)
    fill_sheet(book, sheet, _csv_lines(path, book, sheet))


def _require_tables(book: Book, file_of: Callable[[str], str]) -> None:
    for table in TABLES:
        if table.required and table.name not in book.sheets:
            book.file_fault(file_of(table.name), "is missing; a scenario must have it")


def _csv_lines(path: Path, book: Book, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(path.read_bytes(), book, sheet)
    if text is None:
        return
    number = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), strict=True):
            number += 1
            yield number, cells
    except csv.Error as error:
        book.unreadable.add(sheet.table.name)
        book.fault(sheet.table.name, number + 1, "", f"is not CSV ({error}); every quote must be closed")


def _decoded(raw: bytes, book: Book, sheet: Sheet) -> str | None:
    """Text of a file in UTF-8 or else Windows-1252, or None with a fault noted."""
    try:
        text, is_utf8 = csv_text_of(raw)
    except CsvUnreadable as error:
        book.unreadable.add(sheet.table.name)
        book.fault(sheet.table.name, error.row, "", str(error))
        return None
    if not is_utf8:
        book.remarks.append(f"{sheet.file} is not UTF-8; it was read as Windows-1252")
    return text


class CsvUnreadable(ValueError):
    """The bytes are no text that we read; the message says what to do.

    Attributes
    ----------
    row : where, 1-based; None: everywhere.
    """

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


def csv_text_of(raw: bytes) -> tuple[str, bool]:
    """Text of a CSV file's bytes, and whether it was UTF-8 (else Windows-1252).

    Raises
    ------
    CsvUnreadable
        When it is neither, or not text at all.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CsvUnreadable("is UTF-16; save it as CSV UTF-8")
    if b"\x00" in raw:
        row = raw[: raw.index(b"\x00")].count(b"\n") + 1
        raise CsvUnreadable("holds a NUL byte, so it is not a text file; save it as CSV UTF-8", row)
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding), encoding == "utf-8-sig"
        except UnicodeDecodeError:
            continue
    raise CsvUnreadable("is neither UTF-8 nor Windows-1252; save it as CSV UTF-8")
