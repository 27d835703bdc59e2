"""Headers and rows of one table: what stands in row 1, and which cells belong to which column."""

from __future__ import annotations

import re
from collections.abc import Iterable

from transport.files.columns import Table
from transport.files.faults import did_you_mean
from transport.files.read_book import Book, Sheet, plain_name, plain_text

_ABOUT_PEOPLE = frozenset(
    {
        "passengers", "passenger_days", "never_together", "keep_together", "current_routes", "assistants",
        "later_arrivals", "new_passengers",
    }
)  # fmt: skip
_PERSONAL_PARTS = (
    "name", "address", "email", "phone", "mobile", "nhs", "upn", "uln", "parent", "guardian", "carer",
)  # fmt: skip
_PERSONAL_WORDS = frozenset({"tel", "mail", "street", "house", "flat", "initials", "contact", "gp"})
_BIRTH = frozenset({"dob", "d_o_b", "date_of_birth", "birthdate", "birthday", "birth", "born"})


def fill_sheet(book: Book, sheet: Sheet, lines: Iterable[tuple[int, list[str]]]) -> None:
    """Take header and rows of one table into its sheet, noting what is wrong with either.

    Parameters
    ----------
    lines : (row number, cells), the header first.
    """
    iterator = iter(lines)
    first = next(iterator, None)
    if first is None:
        if book.can_read(sheet.table.name):
            book.fault(sheet.table.name, None, "", f"is empty; row 1 must hold the columns {_columns(sheet)}")
        book.unreadable.add(sheet.table.name)
        return
    header = [plain_name(cell) for cell in first[1]]
    good = _check_header(book, sheet, first[1], header)
    for number, cells in iterator:
        texts = [plain_text(cell) for cell in cells]
        if any(texts):
            _take_row(book, sheet, number, header, texts)
    if not good:
        book.unreadable.add(sheet.table.name)
    if sheet.table.required and not sheet.texts and book.can_read(sheet.table.name):
        book.fault(sheet.table.name, None, "", "has no rows; a scenario needs at least one")


def _columns(sheet: Sheet) -> str:
    return ", ".join(sheet.table.column_names)


def _check_header(book: Book, sheet: Sheet, written: list[str], header: list[str]) -> bool:
    """Note what is wrong with a header; False where the rows below cannot be read."""
    table = sheet.table
    if len(written) == 1 and re.search(r"[;\t|]", written[0]):
        book.fault(table.name, 1, "", "has one column only; columns must be separated by commas")
        return False
    known = set(table.column_names)
    if not known & set(header) and not any(_personal(table, name) for name in header):
        book.fault(table.name, 1, "", f"must hold the column names: {_columns(sheet)}")
        return False
    for i, name in enumerate(header):
        if name in known and name in header[:i]:
            book.fault(table.name, 1, name, f"stands twice, in cells {header.index(name) + 1} and {i + 1}")
        elif name and name not in known:
            book.fault(table.name, 1, name, _unknown_column(table, name))
    missing = [c.name for c in table.columns if c.cell.required and c.name not in header]
    for name in missing:
        book.fault(table.name, 1, name, "is missing; the table must have this column")
    return not missing


def _personal(table: Table, name: str) -> bool:
    if table.name not in _ABOUT_PEOPLE or name in table.column_names:
        return False
    squashed = name.replace("_", "")
    return any(part in squashed for part in _PERSONAL_PARTS) or bool(_PERSONAL_WORDS & set(name.split("_")))


def _unknown_column(table: Table, name: str) -> str:
    if name in _BIRTH and "birth_date" in table.column_names:
        return "no such column; a date of birth goes in birth_date, becomes the phase and is not kept"
    if _personal(table, name):
        return (
            "looks like personal data (a name, an address, a telephone number, an NHS number or a UPN), "
            "which is never taken; remove the column"
        )
    return f"no such column{did_you_mean(name, table.column_names)}"


def _take_row(book: Book, sheet: Sheet, number: int, header: list[str], texts: list[str]) -> None:
    n = len(header)
    if len(texts) < n or any(texts[n:]):
        book.fault(sheet.table.name, number, "", f"has {len(texts)} cells; the header has {n}")
        sheet.bad_rows.add(number)
        texts += [""] * (n - len(texts))
    for i, text in enumerate(texts[:n]):
        if text and not header[i]:
            book.fault(sheet.table.name, number, "", f"cell {i + 1} is filled in, but the header has no name for it")
    known = sheet.table.column_names
    sheet.texts[number] = {name: text for name, text in zip(header, texts, strict=False) if name in known}
