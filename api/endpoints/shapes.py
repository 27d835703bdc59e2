"""Bodies of requests and answers, and their description with examples, made from the columns of the data format.

Cells are read by the store, with the rules of files, so that every fault is told at once and in one way.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from api.store.details import FIELDS
from api.store.kinds import Kind
from api.store.records import Stored
from transport.files.cells import (
    Cell,
    ChoiceCell,
    DateCell,
    IdsCell,
    NumberCell,
    SomeOfCell,
    TagsCell,
    WholeCell,
    YesNoCell,
)
from transport.files.columns import TABLE_BY_NAME, Column

ExternalIds = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")], Annotated[str, Field(max_length=200)]],
    Field(
        max_length=20,
        description="What other systems call it, by system. Systems not named stay; an empty id is taken away",
        examples=[{"mosaic": "4477"}],
    ),
]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
PageLimit = Annotated[int, Field(ge=1, le=500, description="Most records of the page")]
After = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.-]{0,64}$", description="`next` of the page before; empty: the first page")
]
RecordIdPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="Id")]


class Shape(BaseModel):
    """A body without unknown parts."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def details_shape() -> type[Shape]:
    """Personal details, each optional."""
    fields: dict[str, Any] = {
        field.name: (
            str | None,
            Field(default=None, description=f"{field.meaning}; empty: take it away", examples=[field.example]),
        )
        for field in FIELDS
    }
    return create_model("PersonalDetails", __base__=Shape, **fields)


def parts_fields(kind: Kind) -> dict[str, Any]:
    """Fields of a record's body: its row and its side tables."""
    fields: dict[str, Any] = {}
    if kind.table:
        fields["row"] = (
            Annotated[dict[str, Any], WithJsonSchema(_row_schema(kind.table, kind.id_column))],
            Field(description=TABLE_BY_NAME[kind.table].meaning),
        )
    for table in kind.side_tables:
        items = {"type": "array", "maxItems": 500, "items": _row_schema(table, kind.id_column)}
        fields[table] = (
            Annotated[list[dict[str, Any]], WithJsonSchema(items)],
            Field(default=[], description=TABLE_BY_NAME[table].meaning),
        )
    return fields


def record_shape(kind: Kind) -> type[Shape]:
    """Body of a record that is to be saved."""
    fields = {
        **parts_fields(kind),
        "starts_on": (date | None, Field(default=None, description="First day in force", examples=["2026-09-01"])),
        "ends_on": (date | None, Field(default=None, description="Last day in force", examples=["2027-07-20"])),
        "external_ids": (ExternalIds, Field(default={})),
    }
    return create_model(_class_name(kind), __base__=Shape, **fields)


def moment_text(at: datetime) -> str:
    """A moment in UTC as the API writes it."""
    return at.isoformat().replace("+00:00", "Z")


def record_answer(stored: Stored) -> dict[str, Any]:
    """A record as the API gives it: cells as text, as they stand in files."""
    return {
        "id": stored.record_id,
        "version": stored.version,
        "starts_on": None if stored.starts_on is None else stored.starts_on.isoformat(),
        "ends_on": None if stored.ends_on is None else stored.ends_on.isoformat(),
        "changed_at": moment_text(stored.changed_at),
        "external_ids": dict(stored.external_ids),
        "is_forgotten": stored.body is None,
        **({} if stored.body is None else stored.body),
    }


def example_row(table: str, *, without: str | None) -> dict[str, Any]:
    """A row with the examples of the columns that must be filled in."""
    return {
        column.name: _example_of(column.cell)
        for column in TABLE_BY_NAME[table].columns
        if column.cell.required and column.name != without
    }


class RecordOut(BaseModel):
    """A record. Beside these fields stand its `row` and its side tables, cells as text."""

    model_config = ConfigDict(extra="allow")

    id: str
    version: int
    starts_on: date | None
    ends_on: date | None
    changed_at: datetime
    external_ids: dict[str, str]
    is_forgotten: bool = Field(description="Its personal data has been removed; there is no row")


class Page(BaseModel):
    """A page of records by id; `next` empty: the last one."""

    records: list[RecordOut]
    next: str


class FaultOut(BaseModel):
    """One thing wrong."""

    file: str
    row: int | None
    column: str
    value: str
    message: str


class ProblemOut(BaseModel):
    """What is wrong (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    what_to_do: str
    request_id: str


def _class_name(kind: Kind) -> str:
    return "".join(word.capitalize() for word in kind.name.split("_"))


def _row_schema(table: str, without: str | None) -> dict[str, Any]:
    columns = [column for column in TABLE_BY_NAME[table].columns if column.name != without]
    return {
        "type": "object",
        "properties": {column.name: _schema_of(column) for column in columns},
        "required": [column.name for column in columns if column.cell.required],
        "additionalProperties": False,
        "examples": [example_row(table, without=without)],
    }


def _schema_of(column: Column) -> dict[str, Any]:
    cell = column.cell
    parts = [cell.meaning, f"Allowed: {cell.allowed}", f"Default: {cell.default}" if cell.default else ""]
    return {**_type_of(cell), "description": ". ".join(filter(None, parts)), "examples": [_example_of(cell)]}


def _type_of(cell: Cell) -> dict[str, Any]:
    if isinstance(cell, YesNoCell):
        return {"type": ["boolean", "null"]}
    if isinstance(cell, WholeCell):
        return {"type": ["integer", "null"], "minimum": cell.lowest, "maximum": cell.highest}
    if isinstance(cell, NumberCell):
        return {"type": ["number", "null"], "minimum": cell.lowest, "maximum": cell.highest}
    if isinstance(cell, SomeOfCell):
        return {"type": ["array", "null"], "items": {"type": "string", "enum": list(cell.choices)}, "uniqueItems": True}
    if isinstance(cell, IdsCell | TagsCell):
        return {"type": ["array", "null"], "items": {"type": "string"}, "uniqueItems": True}
    if isinstance(cell, ChoiceCell):
        return {"type": ["string", "null"], "enum": [*cell.choices, None]}
    if isinstance(cell, DateCell):
        return {"type": ["string", "null"], "format": "date"}
    return {"type": ["string", "null"], "maxLength": 500}


def _example_of(cell: Cell) -> Any:
    if isinstance(cell, YesNoCell):
        return cell.example == "yes"
    if isinstance(cell, WholeCell):
        return int(cell.example)
    if isinstance(cell, NumberCell):
        return float(cell.example)
    if isinstance(cell, SomeOfCell | IdsCell | TagsCell):
        return cell.example.split()
    return cell.example
