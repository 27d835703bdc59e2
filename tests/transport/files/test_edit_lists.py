"""Lists changed for an in-year change: who leaves is nowhere named, what is said of a group stays with it."""

from __future__ import annotations

from pathlib import Path

from tests.transport.files.scenario_folder import Tables, little_council, write_folder
from transport.files.edit_lists import Lists, lists_of, with_passengers, without_passengers, write_lists
from transport.files.read import read_scenario
from transport.files.read_sheets import open_book


def lists(folder: Path, tables: Tables | None = None) -> Lists:
    """The text of Little Council's tables."""
    return lists_of(open_book(write_folder(folder, tables or little_council())))


def test_lists_written_again_read_the_same(tmp_path: Path) -> None:
    """Text in, text out: every table, and text that a spreadsheet would run."""
    tables = little_council()
    tables["never_together"][0]["reason"] = "=agreed"
    write_lists(lists(tmp_path / "one", tables), tmp_path / "two")
    assert read_scenario(tmp_path / "one") == read_scenario(tmp_path / "two")


def test_a_leaver_is_named_nowhere(tmp_path: Path) -> None:
    """P1 leads both R1 and the siblings' group: R1's cells move to P2's row, the group of one is gone."""
    after = without_passengers(lists(tmp_path / "one"), ["P1"])
    assert "P1" not in {value for rows in after.values() for row in rows for value in row.values()}
    assert after["current_routes"][0]["lot_id"] == "L1"
    assert after["current_routes"][0]["passenger_id"] == "P2"
    assert "keep_together" not in after
    write_lists(after, tmp_path / "two")
    scenario = read_scenario(tmp_path / "two")
    assert scenario.current_route_by_id["R1"].operator_id == "O1"
    assert [p.passenger_id for p in scenario.passengers] == ["P2", "P3"]


def test_a_route_without_passengers_is_gone(tmp_path: Path) -> None:
    """P3 was alone on R2."""
    after = without_passengers(lists(tmp_path), ["P3"])
    assert {row["route_id"] for row in after["current_routes"]} == {"R1"}


def test_a_changed_passenger_keeps_their_company(tmp_path: Path) -> None:
    """Only where they travel from and when is taken out; P1 is still P2's sibling."""
    after = without_passengers(lists(tmp_path), ["P1"], only_their_days=True)
    assert [row["passenger_id"] for row in after["passenger_days"]] == ["P3"]
    assert [row["passenger_id"] for row in after["keep_together"]] == ["P1", "P2"]


def test_a_newcomer_is_no_later_arrival_any_more(tmp_path: Path) -> None:
    """Their row moves from one table to the other."""
    tables = little_council()
    later = {"passenger_id": "P9", "school_id": "S1", "phase": "primary", "lat": "52.5", "lon": "-1.98"}
    tables["later_arrivals"] = [{**later, "starts_on": "2026-11-02"}]
    after = with_passengers(lists(tmp_path, tables), [later])
    assert after["passengers"][-1]["passenger_id"] == "P9"
    assert "later_arrivals" not in after
