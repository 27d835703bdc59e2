"""Lines for maps: what each route drives, and the main streets behind it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from transport.calendar import LEGS, Leg
from transport.plan import Plan, Run
from transport.scenario import Scenario

if TYPE_CHECKING:
    from api.planning_job import Roads
    from api.report.outcome import Line
    from routing.network.graph import RoadNetwork

MAP_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")


def run_paths(
    scenario: Scenario, plan: Plan, roads: Roads, cache_dir: Path | None
) -> dict[tuple[str, Leg], tuple[Line, ...]]:
    """Lines driven by each route on each leg, on the day type with most days."""
    trips = {
        (route.route_id, leg): (route.class_id, [stop.place_id for stop in run.stops])
        for route in plan.routes
        for leg in LEGS
        if (run := _usual_run([r for r in route.runs if r.leg is leg])) is not None
    }
    if roads.network is None or roads.speeds is None:
        return {key: _straight(scenario, place_ids) for key, (_, place_ids) in trips.items()}
    from routing.network.paths import PathFinder

    finder = PathFinder(
        roads.network,
        scenario.places,
        scenario.vehicle_classes,
        scenario.street_rules,
        roads.speeds,
        max_snap_gap_m=scenario.policy.max_snap_gap_m,
        cache_dir=cache_dir,
    )
    return {
        (route_id, leg): tuple(finder.lines(list(pairwise(ids)), leg, class_id=class_id, tolerance_m=15))
        for (route_id, leg), (class_id, ids) in trips.items()
    }


def _usual_run(runs: list[Run]) -> Run | None:
    return max(runs, key=lambda run: (len(run.days), len(run.passenger_ids)), default=None)


def _straight(scenario: Scenario, place_ids: list[str]) -> tuple[Line, ...]:
    import numpy as np

    points = [(scenario.place_by_id[pid].lat, scenario.place_by_id[pid].lon) for pid in place_ids]
    return (np.array(points, float),)


def map_streets(network: RoadNetwork | None) -> tuple[Line, ...]:
    """Main streets as a faint background; empty on an approximate network, whose links are no streets."""
    if network is None or network.approximate:
        return ()
    import numpy as np

    from routing.network.graph import STREET_CLASSES

    codes = [code for code, name in enumerate(STREET_CLASSES) if name.removesuffix("_link") in MAP_CLASSES]
    offsets = network.geometry_offset
    return tuple(
        np.column_stack([network.geometry_lat[a:b], network.geometry_lon[a:b]])
        for segment in np.flatnonzero(np.isin(network.segment_class, codes))
        for a, b in ((offsets[segment], offsets[segment + 1]),)
    )
