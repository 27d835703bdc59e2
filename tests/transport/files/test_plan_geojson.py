"""plan.geojson: RFC 7946, with the personal-data note on its face."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.builders import line_travel, make_passenger, make_plan, make_scenario, route_of
from transport.calendar import Leg
from transport.files.plan_geojson import plan_features, write_geojson
from transport.files.plan_json import PERSONAL_DATA

SCENARIO = make_scenario([make_passenger("P1", 7)])
PLAN = make_plan(route_of(SCENARIO, line_travel(), "R1", ["P1"], ["P1"]))
LINE = np.array([[52.5, -1.9], [52.5000004, -1.8], [52.6, -1.7]])


def written(tmp_path: Path) -> dict[str, object]:
    features = plan_features(PLAN, SCENARIO, {("R1", Leg.AM): (LINE,)}, {"R1": 12_345})
    write_geojson(features, tmp_path / "plan.geojson", approximate=True, source="line world")
    data: dict[str, object] = json.loads((tmp_path / "plan.geojson").read_text(encoding="utf-8"))
    return data


def test_longitude_comes_first_and_lines_are_kept(tmp_path: Path) -> None:
    """RFC 7946: [longitude, latitude], six decimals."""
    features = written(tmp_path)["features"]
    assert isinstance(features, list)
    assert features[0]["geometry"] == {
        "type": "MultiLineString",
        "coordinates": [[[-1.9, 52.5], [-1.8, 52.5], [-1.7, 52.6]]],
    }
    assert features[0]["properties"]["week_pence"] == 12_345


def test_every_stop_and_depot_is_a_point(tmp_path: Path) -> None:
    """Two legs of two stops and one depot; only the AM has a line."""
    features = written(tmp_path)["features"]
    assert isinstance(features, list)
    kinds = [feature["properties"]["feature"] for feature in features]
    assert kinds == ["route", "stop", "school stop", "school stop", "stop", "depot"]
    assert features[1]["geometry"]["coordinates"] == [-1.9, 52.5]
    assert features[1]["properties"]["start_at"] == "08:31:00"


def test_the_face_says_personal_data_and_approximate(tmp_path: Path) -> None:
    """Whoever opens the file in an editor reads it first."""
    data = written(tmp_path)
    assert data["note"] == PERSONAL_DATA
    assert data["approximate"] is True
    assert next(iter(data)) == "note"
