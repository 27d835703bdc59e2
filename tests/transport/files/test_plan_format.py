"""docs/plan-format.md describes every field and column, and no other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from api.documents.letters import LETTER_COLUMNS
from api.report.changes import DISTURBED_COLUMNS, LOT_CHOICE_COLUMNS
from transport.certificate import Certificate, ShadowPrice
from transport.explanation import Alternative, Alternatives, Binding, Explanation, RulePrice
from transport.files.plan_tables import (
    LOT_COLUMNS,
    PASSENGER_COLUMNS,
    ROUTE_COLUMNS,
    STOP_COLUMNS,
    Column,
    Unit,
)
from transport.files.share import SHARED_LOT_COLUMNS, SHARED_PASSENGER_COLUMNS, SHARED_ROUTE_COLUMNS
from transport.lots import Lot
from transport.plan import NotPlanned, Pattern, Plan, Route, Run, Stop, Unserved
from transport.vehicles import Layout

DOC = Path(__file__).parents[3] / "docs" / "plan-format.md"
COLUMNS: dict[str, tuple[Column, ...]] = {
    "routes.csv": ROUTE_COLUMNS,
    "stops.csv": STOP_COLUMNS,
    "passengers.csv": PASSENGER_COLUMNS,
    "lots.csv": LOT_COLUMNS,
    "disturbed.csv": DISTURBED_COLUMNS,
    "held_lots.csv": LOT_CHOICE_COLUMNS,
    "letters.csv": LETTER_COLUMNS,
    "routes.csv, shared": SHARED_ROUTE_COLUMNS,
    "passengers.csv, shared": SHARED_PASSENGER_COLUMNS,
    "lots.csv, shared": SHARED_LOT_COLUMNS,
}


def table_under(head: str) -> list[list[str]]:
    """Rows of the first table below a heading."""
    text = DOC.read_text(encoding="utf-8")
    section = re.split(r"^#+ ", text.split(f"# {head}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


NOUNS = (
    *(Plan, Route, Pattern, Run, Layout, Stop, Lot, Unserved, NotPlanned),
    *(Explanation, Alternatives, Alternative, Binding, RulePrice, Certificate, ShadowPrice),
)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_field_of_plan_json_is_described(noun: type) -> None:
    """The fields under each heading are those of the noun, in its order."""
    described = [row[0].strip("`") for row in table_under(noun.__name__)]
    assert described == [field.name for field in fields(noun)]


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_is_described(name: str) -> None:
    """Name, kind and meaning of each column, in the order of the file."""
    kinds = {Unit.CLOCK: "clock time HH:MM:SS"}
    expected = [[f"`{c.name}`", kinds.get(c.unit, c.unit.value), c.meaning] for c in COLUMNS[name]]
    assert table_under(name) == expected
