"""Rows as models: types, repeated keys and references, each fault with its row and column."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from pydantic import ValidationError

from transport.files.cells import IdCell
from transport.files.columns import TABLE_BY_NAME, TABLES, Table
from transport.files.faults import did_you_mean
from transport.files.read_book import Book
from transport.files.rows import Row

R = TypeVar("R", bound=Row)

_ID_COLUMN = {t.name: t.key[0] for t in TABLES if len(t.key) == 1} | {"current_routes": "route_id"}
"""Column that other tables refer to."""

_CHECKED_LATER = frozenset({"gates", "contracts"})
"""A gate is one of a school's; a lot may have no contract."""


def read_rows(book: Book, name: str, model: type[R]) -> list[R]:
    """Rows of a table that could be read, in order; faults of the others are noted.

    Parameters
    ----------
    name : table; one that was not given has no rows.
    """
    if not book.can_read(name):
        return []
    sheet = book.sheets[name]
    rows: list[R] = []
    blanks = dict.fromkeys(sheet.table.column_names, "")
    for number, texts in sheet.texts.items():
        if number in sheet.bad_rows:
            continue
        try:
            rows.append(model.model_validate({**blanks, **texts, "row": number}))
        except ValidationError as errors:
            sheet.bad_rows.add(number)
            for error in errors.errors(include_url=False, include_input=False):
                book.fault(name, number, str(error["loc"][0]), str(error["ctx"]["error"]))
    _check_keys(book, sheet.table, rows)
    _check_references(book, sheet.table)
    return rows


def _check_keys(book: Book, table: Table, rows: list[R]) -> None:
    first: dict[tuple[object, ...], int] = {}
    for row in rows:
        if not table.key:
            return
        key = tuple(getattr(row, column) for column in table.key)
        if key in first:
            book.fault(table.name, row.row, table.key[-1], f"is already given in row {first[key]}")
        first.setdefault(key, row.row)


def _check_references(book: Book, table: Table) -> None:
    for column in table.columns:
        cell = column.cell
        if not isinstance(cell, IdCell) or not cell.refers_to or cell.refers_to in _CHECKED_LATER:
            continue
        known = book.ids(cell.refers_to, _ID_COLUMN[cell.refers_to])
        if not known and TABLE_BY_NAME[cell.refers_to].required:
            continue  # The table is missing or empty, which is said once.
        message = _Unknown(cell.refers_to, known)
        for number, texts in book.sheets[table.name].texts.items():
            for word in _ids_of(cell, texts.get(column.name, "")):
                if word not in known:
                    book.fault(table.name, number, column.name, message(word))


def _ids_of(cell: IdCell, text: str) -> list[str]:
    try:
        ids = cell.parse(text) if text else ()
    except ValueError:
        return []  # Not an id at all, which is said already.
    return [ids] if isinstance(ids, str) else sorted(ids)


class _Unknown:
    """Sentences about ids that are not there; the nearest one is looked for once per id."""

    def __init__(self, table: str, known: dict[str, int]) -> None:
        self._table = table
        self._nearest = cache(lambda word: did_you_mean(word, known))

    def __call__(self, word: str) -> str:
        return f"{word} is not in {self._table}{self._nearest(word)}"
