"""The workbook to fill in."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from transport.files.columns import SCENARIO_SETTINGS, TABLES
from transport.files.faults import InputFaults
from transport.files.read import read_scenario
from transport.files.template import write_template, write_workbook
from transport.policy import setting_specs


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """An empty template."""
    write_template(tmp_path / "template.xlsx")
    return tmp_path / "template.xlsx"


def test_template_has_a_sheet_for_each_table_with_its_columns(template: Path) -> None:
    """The read-me comes first; headers are the columns in order."""
    book = CalamineWorkbook.from_path(template)
    assert book.sheet_names == ["read_me", *(table.name for table in TABLES)]
    for table in TABLES:
        assert tuple(book.get_sheet_by_name(table.name).to_python()[0]) == table.column_names


def test_template_lists_every_setting_without_a_value(template: Path) -> None:
    """An empty value is the default."""
    book = CalamineWorkbook.from_path(template)
    policy = book.get_sheet_by_name("policy").to_python()[1:]
    scenario = book.get_sheet_by_name("scenario").to_python()[1:]
    assert [row[0] for row in policy] == [spec.name for spec in setting_specs()]
    assert [row[0] for row in scenario] == list(SCENARIO_SETTINGS)
    assert not any(row[1] for row in policy)


def test_examples_are_no_data(template: Path) -> None:
    """An empty template has no passenger; its examples stand on the read-me only."""
    with pytest.raises(InputFaults) as caught:
        read_scenario(template)
    sheets = [(fault.file.removeprefix("template.xlsx sheet "), fault.row) for fault in caught.value.faults]
    assert sheets == [
        ("scenario", 2), ("scenario", 3), ("schools", None), ("passengers", None), ("vehicle_classes", None),
    ]  # fmt: skip
    examples = CalamineWorkbook.from_path(template).get_sheet_by_name("read_me").to_python()
    assert sum(row[0] == "example, invented" for row in examples) == len(TABLES)


def test_every_header_has_a_note_and_choices_have_a_list(template: Path) -> None:
    """Notes say what may be written; the mobility column offers its three values."""
    with zipfile.ZipFile(template) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}
    notes = "".join(text for name, text in parts.items() if "comments" in name)
    assert notes.count("<comment ref=") == (
        sum(len(t.columns) for t in TABLES) + len(SCENARIO_SETTINGS) + len(setting_specs())
    )
    assert "Must be a whole number between 1 and 180." in notes
    lists = re.findall(r"<formula1>\"([^\"]*)\"</formula1>", "".join(parts.values()))
    assert "walks_on,transfers,in_wheelchair" in lists


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    """No cell of a written workbook is a formula."""
    write_workbook(tmp_path / "x.xlsx", {"operators": [{"operator_id": "O1", "name": "=1+1"}]})
    with zipfile.ZipFile(tmp_path / "x.xlsx") as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets" in name)


def test_unknown_column_is_an_error(tmp_path: Path) -> None:
    """A misspelt column is not written."""
    with pytest.raises(ValueError, match=r"table operators has no column nam; did you mean name\?"):
        write_workbook(tmp_path / "x.xlsx", {"operators": [{"operator_id": "O1", "nam": "x"}]})
