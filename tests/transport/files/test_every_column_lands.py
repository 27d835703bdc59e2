"""No column is read and forgotten: changing any one changes the scenario, or leaves a reference that leads nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transport.files.scenario_folder import Tables, little_council, write_folder
from transport.digest import digest_of
from transport.files.columns import SCENARIO_SETTINGS, TABLES
from transport.files.faults import InputFaults
from transport.files.read import read_scenario
from transport.policy import setting_specs

Change = tuple[int, dict[str, object]]
"""Row of the file, and what its cells become."""

_GRID = {"lat": "", "lon": "", "easting": "402000", "northing": "288500"}
_OTHER_GRID = {"lat": "", "lon": "", "easting": "402000", "northing": "288600"}


def _place(row: int, prefix: str = "", **more: object) -> dict[str, Change]:
    """Changes of the five place columns of a row given by degrees."""
    empty = {f"{prefix}{name}": "" for name in ("postcode", "easting", "northing", "lat", "lon")}
    cells = {
        "postcode": {"postcode": "B16 0PB"},
        "easting": {"easting": "402111", "northing": "288500"},
        "northing": {"easting": "402111", "northing": "288999"},
        "lat": {"lat": "52.5123", "lon": "-1.99"},
        "lon": {"lat": "52.51", "lon": "-1.9456"},
    }
    return {
        name: (row, {**empty, **{f"{prefix}{key}": value for key, value in own.items()}, **more})
        for name, own in cells.items()
    }


def _prefixed(changes: dict[str, Change], prefix: str) -> dict[str, Change]:
    return {f"{prefix}{name}": change for name, change in changes.items()}


CHANGES: dict[str, dict[str, Change]] = {
    "calendar": {
        "kind": (4, {"kind": "term", "first_day": "2026-12-21", "last_day": "2026-12-22", "school_id": ""}),
        "first_day": (2, {"first_day": "2026-09-03"}),
        "last_day": (2, {"last_day": "2026-10-22"}),
        "school_id": (4, {"school_id": "S2"}),
        "reason": (4, {"reason": "snow"}),
    },
    "schools": {
        "school_id": (2, {"school_id": "S9"}),
        "name": (2, {"name": "Moor School"}),
        "urn": (2, {"urn": "104031"}),
        **_place(2),
        "start_time": (2, {"start_time": "08:45"}),
        "finish_time": (2, {"finish_time": "15:10"}),
        "arrive_earliest_min": (2, {"arrive_earliest_min": "25"}),
        "arrive_latest_min": (2, {"arrive_latest_min": "2"}),
        "leave_latest_min": (2, {"leave_latest_min": "25"}),
    },
    "gates": {
        "school_id": (2, {"school_id": "S1"}),
        "gate_id": (2, {"gate_id": "west"}),
        "site": (2, {"site": "Annexe"}),
        **_place(2),
    },
    "school_times": {
        "school_id": (2, {"school_id": "S2"}),
        "week": (2, {"week": "A"}),
        "weekday": (2, {"weekday": "thu"}),
        "start_time": (2, {"start_time": "09:10"}),
        "finish_time": (2, {"finish_time": "13:40"}),
        "shut": (2, {"finish_time": "", "shut": "yes"}),
    },
    "passengers": {
        "passenger_id": (2, {"passenger_id": "P9"}),
        "school_id": (2, {"school_id": "S2"}),
        "gate_id": (4, {"gate_id": "north"}),
        "phase": (2, {"phase": "secondary"}),
        "birth_date": (3, {"birth_date": "2016-01-01"}),
        **_place(2),
        "legs": (3, {"legs": "both"}),
        "days": (3, {"days": "mon"}),
        "weeks": (3, {"weeks": "B"}),
        "mobility": (2, {"mobility": "transfers"}),
        "pa_need": (2, {"pa_need": "two_to_one"}),
        "solo": (4, {"solo": "yes"}),
        "ride_cap_min": (2, {"ride_cap_min": "33"}),
        "start_time": (2, {"start_time": "09:30"}),
        "finish_time": (2, {"finish_time": "12:30"}),
        "board_s": (2, {"board_s": "7"}),
        "alight_s": (2, {"alight_s": "7"}),
        "school_board_s": (2, {"school_board_s": "7"}),
        "school_alight_s": (2, {"school_alight_s": "7"}),
        "vehicle_tags": (2, {"vehicle_tags": "tail_lift"}),
        "pa_training_tags": (2, {"pa_training_tags": "epilepsy", "pa_need": "shared"}),
        "restraint_type": (2, {"restraint_type": "harness"}),
        "walk_m": (2, {"walk_m": "300", "walk_min": "0"}),
        "walk_min": (2, {"walk_m": "0", "walk_min": "5"}),
        "boards_at_home": (2, {"boards_at_home": "no"}),
        "ready_from": (2, {"ready_from": "2026-10-01"}),
        "status": (2, {"status": "provisional"}),
        "pinned_route_id": (2, {"pinned_route_id": "R1"}),
    },
    "passenger_days": {
        "passenger_id": (2, {"passenger_id": "P2"}),
        "leg": (2, {"leg": "both", "week": "A"}),
        "week": (2, {"week": "B"}),
        "weekday": (2, {"weekday": "wed"}),
        "travels": (2, {"travels": "no", "lat": "", "lon": ""}),
        **_place(2),
        "start_time": (4, {"start_time": "10:10"}),
        "finish_time": (4, {"finish_time": "14:00"}),
    },
    "pickup_points": {
        "passenger_id": (3, {"passenger_id": "P3"}),
        "place_id": (3, {"place_id": "stop-9"}),
        **_place(2),
        "walk_m": (2, {"walk_m": "311"}),
        "walk_s": (2, {"walk_s": "265"}),
    },
    "never_together": {
        "passenger_id_1": (2, {"passenger_id_1": "P2"}),
        "passenger_id_2": (2, {"passenger_id_1": "P3", "passenger_id_2": "P2"}),
        "reason": (2, {"reason": "other"}),
        "owner": (2, {"owner": "SEN transport"}),
        "review_on": (2, {"review_on": "2027-02-01"}),
    },
    "keep_together": {
        "group_id": (2, {"group_id": "G2"}),
        "passenger_id": (3, {"passenger_id": "P4"}),
        "reason": (2, {"reason": "cousins"}),
    },
    "vehicle_classes": {
        "class_id": (2, {"class_id": "cab"}),
        "layouts": (2, {"layouts": "5+0"}),
        "base_pence": (2, {"base_pence": "4001"}),
        "mile_rate_pence": (2, {"mile_rate_pence": "201"}),
        "pa_day_rate_pence": (2, {"pa_day_rate_pence": "5001"}),
        "free_miles": (2, {"free_miles": "0.1"}),
        "dead_rule": (2, {"dead_rule": "from_base"}),
        "tags": (2, {"tags": "low_floor"}),
        "licence_class": (2, {"licence_class": "PSV"}),
        "height_m": (2, {"height_m": "2.1"}),
        "width_m": (2, {"width_m": "2.1"}),
        "length_m": (2, {"length_m": "5.1"}),
        "weight_t": (2, {"weight_t": "2.1"}),
        "max_routes": (2, {"max_routes": "30"}),
    },
    "depots": {"depot_id": (2, {"depot_id": "D8"}), **_place(2)},
    "fleet_vehicles": {
        "vehicle_id": (2, {"vehicle_id": "V8"}),
        "class_id": (2, {"class_id": "taxi"}),
        "depot_id": (2, {"depot_id": "D9"}),
        "am_from": (2, {"am_from": "06:31"}),
        "am_to": (2, {"am_to": "10:01"}),
        "pm_from": (2, {"pm_from": "13:31"}),
        "pm_to": (2, {"pm_to": "17:31"}),
        "fixed_pence_per_day": (2, {"fixed_pence_per_day": "9501"}),
        "mile_rate_pence": (2, {"mile_rate_pence": "51"}),
        "driver_pence_per_hour": (2, {"driver_pence_per_hour": "1701"}),
        "driver_min_paid_hours": (2, {"driver_min_paid_hours": "5"}),
        "can_be_given_up": (2, {"can_be_given_up": "no"}),
        "max_runs_per_shift": (2, {"max_runs_per_shift": "2"}),
        "tags": (2, {"tags": "low_floor"}),
    },
    "operators": {
        "operator_id": (2, {"operator_id": "O8"}),
        "name": (2, {"name": "Others"}),
        "sme": (2, {"sme": "no"}),
        **_place(2),
        "n_pas": (2, {"n_pas": "4"}),
    },
    "operator_vehicles": {
        "operator_id": (2, {"operator_id": "O9"}),
        "class_id": (2, {"class_id": "minibus"}),
        "n_vehicles": (2, {"n_vehicles": "6"}),
        "base_pence": (2, {"base_pence": "3901"}),
        "mile_rate_pence": (2, {"mile_rate_pence": "191"}),
        "pa_day_rate_pence": (2, {"pa_day_rate_pence": "4901"}),
        "free_miles": (2, {"free_miles": "1"}),
        "dead_rule": (2, {"dead_rule": "none"}),
    },
    "contracts": {
        "lot_id": (2, {"lot_id": "L2"}),
        "operator_id": (2, {"operator_id": "O9"}),
        "day_rate_pence": (2, {"day_rate_pence": "8001"}),
        "pa_day_rate_pence": (2, {"pa_day_rate_pence": "5001"}),
        "variation_mile_rate_pence": (2, {"variation_mile_rate_pence": "151"}),
        "variation_free_miles": (2, {"variation_free_miles": "3"}),
        "variation_bands": (2, {"variation_bands": "5:90; 15:120"}),
        "variation_share_pct": (2, {"variation_share_pct": "50", "award_m": "41200"}),
        "variation_max_pct": (2, {"variation_max_pct": "15", "award_m": "41200"}),
        "pa_absent_pct": (2, {"pa_absent_pct": "50"}),
        "award_m": (2, {"award_m": "41200"}),
        "award_n_pas": (2, {"award_n_pas": "1"}),
        "starts_on": (2, {"starts_on": "2025-09-02"}),
        "ends_on": (2, {"ends_on": "2027-07-30"}),
        "extension_day_rate_pence": (2, {"extension_day_rate_pence": "8200"}),
    },
    "current_routes": {
        "route_id": (4, {"route_id": "R3"}),
        "kind": (4, {"kind": "bought", "vehicle_id": "", "class_id": "minibus", "operator_id": "O1",
                     "day_rate_pence": "1"}),
        "class_id": (2, {"class_id": "minibus"}),
        "vehicle_id": (4, {"vehicle_id": "V9"}),
        "operator_id": (2, {"lot_id": "", "day_rate_pence": "8000", "operator_id": "O9"}),
        "lot_id": (2, {"lot_id": "", "day_rate_pence": "0"}),
        "day_rate_pence": (2, {"day_rate_pence": "7"}),
        "pa_day_rate_pence": (2, {"pa_day_rate_pence": "7"}),
        "n_pas": (2, {"n_pas": "2"}),
        "keep": (2, {"keep": "no"}),
        "known_am_min": (2, {"known_am_min": "20"}),
        "known_pm_min": (2, {"known_pm_min": "26"}),
        "passenger_id": (4, {"passenger_id": "P4"}),
        "am_order": (4, {"am_order": ""}),
        "pm_order": (3, {"pm_order": "3"}),
    },
    "assistants": {
        "pa_id": (2, {"pa_id": "PA9"}),
        **_place(2),
        "pence_per_hour": (2, {"pence_per_hour": "1400"}),
        "min_paid_hours": (2, {"min_paid_hours": "3"}),
        "training_tags": (2, {"training_tags": "lifting"}),
    },
    "street_rules": {
        "rule_id": (2, {"rule_id": "SR9"}),
        "kind": (2, {"kind": "kerb_side"}),
        "way_id": (2, {"way_id": "12346"}),
        **_place(3),
        "class_ids": (2, {"class_ids": "taxi minibus"}),
        **_prefixed(_place(3, "meeting_"), "meeting_"),
        "reason": (2, {"reason": "school street"}),
        "owner": (2, {"owner": "Police"}),
        "review_on": (2, {"review_on": "2027-02-01"}),
    },
}  # fmt: skip
"""For each column, a change of Little Council that changes what the column says."""

NOT_READ = {("passenger_days", "kind")}
"""Words for whoever keeps the list; its documentation says so. Later arrivals are read when they come."""

LEFT_BEHIND = {
    "schools.school_id": "S1 is not in schools",
    "passengers.passenger_id": "P1 is not in passengers",
    "vehicle_classes.class_id": "taxi is not in vehicle_classes",
    "depots.depot_id": "D1 is not in depots",
    "fleet_vehicles.vehicle_id": "V1 is not in fleet_vehicles",
    "operators.operator_id": "O1 is not in operators",
    "contracts.lot_id": "is not in contracts",
    "contracts.operator_id": "lot L1 is held by O9",
}
"""Ids whose change leaves another row naming what is no longer there."""

SETTINGS_CHANGED = {
    "name": "Other", "starts_on": "2026-09-03", "invented": "yes", "first_week": "A",
}  # fmt: skip

ALL_CHANGES = [(table, column, *change) for table, own in CHANGES.items() for column, change in own.items()]


def _wider_council() -> Tables:
    """Little Council with spare ids that a changed reference can lead to."""
    tables = little_council()
    tables["schools"].append({
        "school_id": "S9", "name": "Spare School", "postcode": "B16 0PF", "start_time": "09:00",
        "finish_time": "15:00",
    })  # fmt: skip
    spare = {"school_id": "S2", "phase": "post16", "postcode": "B16 0PF"}
    tables["passengers"] += [{"passenger_id": f"P{i}", **spare} for i in range(4, 8)]
    tables["keep_together"] += [
        {"group_id": "G1", "passenger_id": "P5"}, {"group_id": "G2", "passenger_id": "P6"},
        {"group_id": "G2", "passenger_id": "P7"},
    ]  # fmt: skip
    tables["depots"].append({"depot_id": "D9", "postcode": "B16 0PF"})
    vehicle = {**tables["fleet_vehicles"][0], "vehicle_id": "V9"}
    tables["fleet_vehicles"].append(vehicle)
    tables["operators"].append({"operator_id": "O9", "name": "Spare Cars"})
    tables["assistants"] = [{"pa_id": "PA1", "lat": "52.50", "lon": "-1.98"}]
    return tables


def test_every_column_is_changed_here() -> None:
    """A new column needs a new change; nothing else is left out than what is named."""
    expected = {
        (table.name, column)
        for table in TABLES
        if table.name not in ("scenario", "policy", "later_arrivals")
        for column in table.column_names
    }
    assert {(table, column) for table, column, _, _ in ALL_CHANGES} == expected - NOT_READ


@pytest.mark.parametrize(
    ("table", "column", "row", "cells"), ALL_CHANGES, ids=[f"{t}.{c}" for t, c, _, _ in ALL_CHANGES]
)
def test_every_column_lands(tmp_path: Path, table: str, column: str, row: int, cells: dict[str, object]) -> None:
    """The scenario differs, or what is left behind is named."""
    assert column.removeprefix("meeting_") in " ".join(cells)
    tables = _wider_council()
    before = read_scenario(write_folder(tmp_path / "before", tables))
    rows = tables.setdefault(table, [])
    if row - 2 == len(rows):
        rows.append({})
    rows[row - 2].update(cells)
    folder = write_folder(tmp_path / "after", tables)
    if f"{table}.{column}" in LEFT_BEHIND:
        with pytest.raises(InputFaults, match=LEFT_BEHIND[f"{table}.{column}"]):
            read_scenario(folder)
    else:
        assert digest_of(read_scenario(folder)) != digest_of(before)


@pytest.mark.parametrize("setting", SCENARIO_SETTINGS)
def test_every_scenario_setting_lands(tmp_path: Path, setting: str) -> None:
    """Each of the four settings changes the scenario."""
    tables = little_council()
    before = read_scenario(write_folder(tmp_path / "before", tables))
    row = next(row for row in tables["scenario"] if row["setting"] == setting)
    row["value"] = SETTINGS_CHANGED[setting]
    assert digest_of(read_scenario(write_folder(tmp_path / "after", tables))) != digest_of(before)


@pytest.mark.parametrize("spec", setting_specs(), ids=lambda spec: spec.name)
def test_every_policy_setting_lands(tmp_path: Path, spec: object) -> None:
    """Each setting of the policy can be written, and stands."""
    name, default = spec.name, spec.default  # type: ignore[attr-defined]
    if spec.choices:  # type: ignore[attr-defined]
        other: int | bool | str = next(c for c in spec.choices if c != default)  # type: ignore[attr-defined]
    elif isinstance(default, bool):
        other = not default
    else:
        other = default + 1 if default < spec.highest else default - 1  # type: ignore[attr-defined]
    tables = little_council()
    tables["policy"] = [{"setting": name, "value": other}]
    policy = read_scenario(write_folder(tmp_path / "little", tables)).policy
    assert getattr(policy, name) == other
    assert type(getattr(policy, name)) is type(default)
