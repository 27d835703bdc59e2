"""`plan.geojson`: route lines and stops for a map program (RFC 7946: WGS84, longitude first)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transport.calendar import LEGS, Leg, days_words
from transport.files.plan_json import PERSONAL_DATA
from transport.files.plan_tables import layout_words
from transport.files.plan_trips import days_of, school_ids_of
from transport.files.plan_words import clock_exact
from transport.plan import Plan, Route, Run, Stop
from transport.scenario import Scenario

DIGITS = 6
"""Decimals of a degree: about 0.1 m."""

Lines = Mapping[tuple[str, Leg], Sequence[NDArray[np.float64]]]
"""(k, 2) latitude and longitude by (route id, leg)."""


def plan_features(
    plan: Plan, scenario: Scenario, run_paths: Lines, week_pence_by_route: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Features of a plan: a MultiLineString for each route and leg, a Point for each stop, gate and depot."""
    features = [
        feature
        for route in plan.routes
        for leg in LEGS
        if (feature := _route_feature(route, leg, run_paths.get((route.route_id, leg), ()), week_pence_by_route))
    ]
    features += [
        _stop_feature(route, run, stop_no, stop, scenario)
        for route in plan.routes
        for run in route.runs
        for stop_no, stop in enumerate(run.stops, start=1)
    ]
    return features + depot_features(scenario)


def depot_features(scenario: Scenario) -> list[dict[str, Any]]:
    """A Point for each depot."""
    return [
        {
            "type": "Feature",
            "geometry": point_of(scenario.place_by_id[depot.place_id].lat, scenario.place_by_id[depot.place_id].lon),
            "properties": {"feature": "depot", "depot_id": depot.depot_id},
        }
        for depot in scenario.depots
    ]


def point_of(lat: float, lon: float) -> dict[str, Any]:
    """A GeoJSON point, longitude first."""
    return {"type": "Point", "coordinates": [round(lon, DIGITS), round(lat, DIGITS)]}


def multi_line_of(lines: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    """A GeoJSON MultiLineString of lines of latitude and longitude."""
    parts = [np.round(line[:, ::-1], DIGITS).tolist() for line in lines if len(line) > 1]
    return {"type": "MultiLineString", "coordinates": parts}


def write_geojson(
    features: Sequence[Mapping[str, Any]], path: Path, *, note: str = PERSONAL_DATA, **members: str | bool
) -> None:
    """Write features, one a line, under a note on the file's face.

    Parameters
    ----------
    members : further members of the collection (`approximate`, `source` ...).
    """
    head = json.dumps({"note": note, "type": "FeatureCollection", **members}, ensure_ascii=False)
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":"), allow_nan=False) for f in features)
    path.write_text(f'{head[:-1]}, "features": [\n{lines}\n]}}\n', encoding="utf-8")


def _route_feature(
    route: Route, leg: Leg, lines: Sequence[NDArray[np.float64]], week_pence_by_route: Mapping[str, int]
) -> dict[str, Any] | None:
    geometry = multi_line_of(lines)
    if not geometry["coordinates"]:
        return None
    properties = {
        "feature": "route",
        "route_id": route.route_id,
        "leg": leg.value,
        "kind": route.kind.value,
        "class_id": route.class_id,
        "vehicle_id": route.vehicle_id,
        "operator_id": route.operator_id,
        "lot_id": route.lot_id,
        "school_ids": " ".join(school_ids_of(route)),
        "days": days_words(days_of(route)),
        "n_passengers": len(route.passenger_ids),
        "week_pence": week_pence_by_route.get(route.route_id, 0),
    }
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _stop_feature(route: Route, run: Run, stop_no: int, stop: Stop, scenario: Scenario) -> dict[str, Any]:
    place = scenario.place_by_id[stop.place_id]
    properties = {
        "feature": "school stop" if stop.school_id else "stop",
        "route_id": route.route_id,
        "leg": run.leg.value,
        "days": days_words(run.days),
        "stop_no": stop_no,
        "place_id": stop.place_id,
        "school_id": stop.school_id,
        "arrive_at": clock_exact(stop.arrive_at_s),
        "start_at": clock_exact(stop.start_at_s),
        "depart_at": clock_exact(stop.depart_at_s),
        "boarding": " ".join(stop.boarding),
        "alighting": " ".join(stop.alighting),
        "layout": layout_words(run),
        "place_quality": place.quality.value,
    }
    return {"type": "Feature", "geometry": point_of(place.lat, place.lon), "properties": properties}
