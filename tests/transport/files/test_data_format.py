"""docs/data-format.md says what the columns say, and its examples can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from transport.files.columns import SCENARIO_SETTINGS, TABLES, Column, data_format_markdown
from transport.policy import setting_specs

PAGE = Path(__file__).parents[3] / "docs" / "data-format.md"
COLUMNS = [(table.name, column) for table in TABLES for column in table.columns]


def test_page_is_up_to_date() -> None:
    """The page is made from the definitions that the reader uses."""
    assert PAGE.read_text(encoding="utf-8") == data_format_markdown()


def test_page_names_every_column_and_setting() -> None:
    """Nothing that may be written goes undescribed."""
    page = PAGE.read_text(encoding="utf-8")
    for name, column in COLUMNS:
        if name not in ("scenario", "policy"):
            assert f"| `{column.name}` | {column.cell.meaning}" in page
    for setting in [*SCENARIO_SETTINGS, *(spec.name for spec in setting_specs())]:
        assert f"| `{setting}` |" in page


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{t}.{c.name}" for t, c in COLUMNS])
def test_every_column_is_described_and_its_example_can_be_read(table: str, column: Column) -> None:
    """A meaning without a full stop, and an example that its own cell accepts."""
    assert column.cell.meaning
    assert not column.cell.meaning.endswith(".")
    assert column.cell.read(column.cell.example) is not None
