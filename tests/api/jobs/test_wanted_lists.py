"""The lists of a day as a job wants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.jobs.wanted_lists import narrow_lists
from tests.transport.files.scenario_folder import little_council, write_folder
from transport.files.read import read_scenario


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """Little Council: P1 and P2 to S1, P3 to S2."""
    write_folder(tmp_path / "lists", little_council())
    return tmp_path / "lists"


def test_nothing_wanted_changes_nothing(lists: Path) -> None:
    """File for file the same, byte for byte."""
    before = {path.name: path.read_bytes() for path in lists.iterdir()}
    narrow_lists(lists, {"school_ids": [], "policy": {}, "without_vehicle_ids": []})
    assert {path.name: path.read_bytes() for path in lists.iterdir()} == before


def test_passengers_of_other_schools_are_left_out_wherever_they_are_named(lists: Path) -> None:
    """S2 alone: P3 is left, and what is left can be read."""
    narrow_lists(lists, {"school_ids": ["S2"]})
    assert [p.passenger_id for p in read_scenario(lists).passengers] == ["P3"]


def test_a_setting_stands_in_place_of_the_lists(lists: Path) -> None:
    """One that the lists set, and one that they do not; the others stay."""
    before = read_scenario(lists).policy
    narrow_lists(lists, {"policy": {"ride_target_primary_s": "3000", "max_schools_per_run": "2"}})
    after = read_scenario(lists).policy
    assert (after.ride_target_primary_s, after.max_schools_per_run) == (3000, 2)
    assert after.ride_cap_secondary_s == before.ride_cap_secondary_s


def test_a_vehicle_left_out_drives_nobody(lists: Path) -> None:
    """Neither in the fleet nor on today's routes; its passengers are planned as anybody else."""
    vehicle_ids = [v.vehicle_id for v in read_scenario(lists).fleet_vehicles]
    n_passengers = len(read_scenario(lists).passengers)
    narrow_lists(lists, {"without_vehicle_ids": vehicle_ids})
    after = read_scenario(lists)
    assert vehicle_ids
    assert after.fleet_vehicles == ()
    assert not any(route.vehicle_id for route in after.current_routes)
    assert len(after.passengers) == n_passengers
