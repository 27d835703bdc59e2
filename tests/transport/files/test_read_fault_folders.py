"""Faults of whole folders: what follows from several tables, and that reading changes nothing."""

from __future__ import annotations

from pathlib import Path

from tests.transport.files.scenario_folder import little_council, write_folder
from tests.transport.files.test_read_faults import faults_of


def test_nobody_could_ride(tmp_path: Path) -> None:
    """Without a price and without a fleet vehicle there is one fault, not one for each passenger."""
    tables = little_council()
    for row in tables["vehicle_classes"]:
        row |= dict.fromkeys(("base_pence", "mile_rate_pence", "pa_day_rate_pence", "free_miles", "dead_rule"), "")
    for name in ("fleet_vehicles", "operator_vehicles", "current_routes"):
        del tables[name]
    (fault,) = faults_of(write_folder(tmp_path / "little", tables))
    assert str(fault) == ("vehicle_classes.csv: no class has a price, and there is no fleet vehicle: nobody could ride")


def test_nothing_is_written(tmp_path: Path) -> None:
    """Reading a faulty folder leaves it as it was."""
    tables = little_council()
    tables["passengers"][0]["solo"] = "perhaps"
    folder = write_folder(tmp_path / "little", tables)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    faults_of(folder)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_passenger_may_change_routes_where_the_policy_lets_them(tmp_path: Path) -> None:
    """AM on one route and PM on another is no fault once same_route_both_legs is no; twice on a leg is."""
    tables = little_council()
    tables["policy"].append({"setting": "same_route_both_legs", "value": "no"})
    tables["current_routes"][1] |= {"passenger_id": "P1", "pm_order": "", "am_order": "2"}
    tables["current_routes"].append({"route_id": "R2", "passenger_id": "P1", "pm_order": "2"})
    tables["current_routes"][0]["pm_order"] = ""
    tables["current_routes"][0]["known_pm_min"] = ""
    found = faults_of(write_folder(tmp_path / "little", tables))
    assert [(f.row, f.column, f.message) for f in found] == [(3, "passenger_id", "is already on an AM run in row 2")]
