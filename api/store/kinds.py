"""Kinds of records: each is a bundle of rows of the data format about one thing.

The columns, and what may stand in them, are those of docs/data-format.md: one definition for files, store and API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from transport.files.columns import TABLE_BY_NAME
from transport.files.faults import Fault, InputFaults
from transport.files.read_book import plain_text
from transport.files.tables import cell_text

Body = dict[str, Any]
"""`row`: cells of the main table by column; and for each side table its rows. Cells are text; empty ones left out."""

_RECORD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MOST_ROWS = 500
_CELL_TYPES = "must be text, a number, true or false, or a list of texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record.

    Attributes
    ----------
    name : singular, as in the log.
    path : as in the API's addresses.
    table : table whose row the record is; None where it has side tables only.
    id_column : column of every table that holds the record's id; None where rows do not name it.
    side_tables : tables with further rows about it.
    sealed : whether its contents are personal data and so encrypted.
    only_id : the one id that it may have, for what there is only one of.
    """

    name: str
    path: str
    table: str | None = None
    id_column: str | None = None
    side_tables: tuple[str, ...] = ()
    sealed: bool = False
    only_id: str | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that its rows belong to, the main one first."""
        return (*((self.table,) if self.table else ()), *self.side_tables)


KINDS = (
    Kind(name="council", path="council", side_tables=("scenario", "policy", "calendar"), only_id="council"),
    Kind(
        name="school", path="schools", table="schools", id_column="school_id", side_tables=("gates", "school_times")
    ),
    Kind(
        name="passenger", path="passengers", table="passengers", id_column="passenger_id",
        side_tables=("passenger_days", "pickup_points"), sealed=True,
    ),
    Kind(name="never_together", path="never-together", table="never_together", sealed=True),
    Kind(
        name="keep_together", path="keep-together", id_column="group_id", side_tables=("keep_together",), sealed=True
    ),
    Kind(name="vehicle_class", path="vehicle-classes", table="vehicle_classes", id_column="class_id"),
    Kind(name="depot", path="depots", table="depots", id_column="depot_id"),
    Kind(name="fleet_vehicle", path="fleet-vehicles", table="fleet_vehicles", id_column="vehicle_id"),
    Kind(
        name="operator", path="operators", table="operators", id_column="operator_id",
        side_tables=("operator_vehicles",),
    ),
    Kind(name="contract", path="contracts", table="contracts", id_column="lot_id"),
    Kind(name="assistant", path="assistants", table="assistants", id_column="pa_id", sealed=True),
    Kind(name="street_rule", path="street-rules", table="street_rules", id_column="rule_id"),
)  # fmt: skip
"""Every kind. Today's routes are not one of them: they are the published plan."""

KIND_BY_NAME = {kind.name: kind for kind in KINDS}


def require_record_id(kind: Kind, record_id: str) -> None:
    """Refuse an id that cannot stand in files and addresses.

    Raises
    ------
    InputFaults
        Saying what is allowed.
    """
    if kind.only_id is not None and record_id != kind.only_id:
        _raise_one(kind, "id", record_id, f"must be {kind.only_id}")
    if not _RECORD_ID.fullmatch(record_id):
        _raise_one(kind, "id", record_id, "must be letters, digits and . _ - after the first, at most 64, no spaces")


def _raise_one(kind: Kind, column: str, value: str, message: str) -> None:
    raise InputFaults([Fault(file=kind.name, row=None, column=column, value=value, message=message)])


def body_of(kind: Kind, record_id: str, given: Mapping[str, Any]) -> Body:
    """Contents of a record in their stored form: every cell read once, to see that it can be, and kept as text.

    Parameters
    ----------
    given : `row` and side tables; cells as text, numbers, yes or no as bool, lists; the id's column may be left out.

    Raises
    ------
    InputFaults
        With every fault of every row. Rows are counted from 1 within each table.
    """
    require_record_id(kind, record_id)
    faults: list[Fault] = []
    known = {*(("row",) if kind.table else ()), *kind.side_tables}
    faults += [
        _fault(kind.name, None, name, "no such part of this kind of record") for name in given if name not in known
    ]
    body: Body = {}
    if kind.table:
        rows = _rows_of(kind, kind.table, record_id, [given.get("row", {})], faults)
        body["row"] = rows[0] if rows else {}
    for table in kind.side_tables:
        rows = _rows_of(kind, table, record_id, given.get(table, []), faults)
        if rows:
            body[table] = rows
    if faults:
        raise InputFaults(faults)
    return body


def rows_of(kind: Kind, record_id: str, body: Body) -> Iterator[tuple[str, dict[str, str]]]:
    """Table and cells of every row of a record, the id's column filled in."""
    own_id = {kind.id_column: record_id} if kind.id_column else {}
    if kind.table:
        yield kind.table, {**own_id, **body["row"]}
    for table in kind.side_tables:
        yield from ((table, {**own_id, **row}) for row in body.get(table, ()))


def term_of(starts_on: date | None, ends_on: date | None) -> tuple[date | None, date | None]:
    """First and last day in force, both inclusive; None: open.

    Raises
    ------
    InputFaults
        When it ends before it starts.
    """
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        message = f"must not be before starts_on {starts_on.isoformat()}"
        raise InputFaults([_fault("record", None, "ends_on", message, value=ends_on.isoformat())])
    return starts_on, ends_on


def _rows_of(kind: Kind, table: str, record_id: str, given: Any, faults: list[Fault]) -> list[dict[str, str]]:
    if not isinstance(given, list) or not all(isinstance(row, Mapping) for row in given):
        faults.append(_fault(table, None, "", "must be a list of rows, each with cells by column"))
        return []
    if len(given) > _MOST_ROWS:
        faults.append(_fault(table, None, "", f"has {len(given)} rows; must have at most {_MOST_ROWS}"))
        return []
    rows = [_row_of(kind, table, record_id, number, row, faults) for number, row in enumerate(given, start=1)]
    _check_keys(kind, table, rows, faults)
    return rows


def _row_of(
    kind: Kind, table: str, record_id: str, number: int, given: Mapping[str, Any], faults: list[Fault]
) -> dict[str, str]:
    names = TABLE_BY_NAME[table].column_names
    faults += [_fault(table, number, str(name), "no such column") for name in given if name not in names]
    texts = {name: _text_of(given[name]) for name in names if name in given and _is_cell(given[name])}
    wrong = [name for name in names if name in given and not _is_cell(given[name])]
    faults += [_fault(table, number, name, _CELL_TYPES) for name in wrong]
    if kind.id_column and texts.setdefault(kind.id_column, record_id) != record_id:
        faults.append(_fault(table, number, kind.id_column, f"must be {record_id}, or left out"))
    try:
        TABLE_BY_NAME[table].row.model_validate({**dict.fromkeys(names, ""), **texts, "row": number})
    except ValidationError as errors:
        for error in errors.errors(include_url=False, include_input=False):
            column = str(error["loc"][0])
            if column in wrong:
                continue
            value = "" if column == "birth_date" else texts.get(column, "")
            faults.append(_fault(table, number, column, str(error["ctx"]["error"]), value=value))
    return {name: text for name, text in texts.items() if text and name != kind.id_column}


def _is_cell(value: object) -> bool:
    if isinstance(value, list | tuple | frozenset):
        return all(isinstance(one, str | int) for one in value)
    return value is None or isinstance(value, str | int | float | date)


def _text_of(value: object) -> str:
    # The mark against formulas belongs to spreadsheets; here it comes off, and the writer puts it on again.
    return plain_text(cell_text(value))


def _check_keys(kind: Kind, table: str, rows: list[dict[str, str]], faults: list[Fault]) -> None:
    key = [column for column in TABLE_BY_NAME[table].key if column != kind.id_column]
    if not key:
        return
    first: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(rows, start=1):
        values = tuple(row.get(column, "") for column in key)
        if values in first:
            faults.append(_fault(table, number, key[-1], f"is already given in row {first[values]}"))
        first.setdefault(values, number)


def _fault(file: str, row: int | None, column: str, message: str, *, value: str = "") -> Fault:
    return Fault(file=file, row=row, column=column, value=value, message=message)
