"""A plan's folder as other jobs open it: plan, lists, and the same times and distances as it was made on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from api.planning_job import (
    NETWORK_POINTS_FILE,
    SCENARIO_COPY,
    PlanRequest,
    Watcher,
    load_roads,
    network_points_of,
    roads_on,
    with_settings,
)
from transport.calendar import Leg
from transport.digest import digest_of
from transport.files.plan_json import read_plan
from transport.files.read import read_scenario
from transport.files.read_book import Book
from transport.files.read_sheets import open_book
from transport.files.travel_pairs import read_travel_pairs
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import TravelByRow, TravelPairs

if TYPE_CHECKING:
    from api.planning_job import Roads
    from routing.network.graph import RoadNetwork


FOLDERS_KEPT = 3
"""Opened plans of which what was worked out once is kept in memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanFolder:
    """What `schoolrun plan` wrote.

    Attributes
    ----------
    lists_path : the copy of the lists beside the plan; book : their text.
    network_points : places that its approximate network was made of.
    """

    path: Path
    lists_path: Path
    plan: Plan
    scenario: Scenario
    book: Book
    pairs: TravelPairs
    network_points: tuple[tuple[float, float], ...]


def require_lists(folder: Path) -> Path:
    """Where the lists beside a plan are.

    Raises
    ------
    FileNotFoundError
        When a file that a plan's folder must hold is missing.
    """
    from api.report.outputs import PLAN_FILE, TRAVEL_FILE

    copy = folder / SCENARIO_COPY
    lists = copy if copy.is_dir() else folder / f"{SCENARIO_COPY}.xlsx"
    missing = [path.name for path in (folder / PLAN_FILE, folder / TRAVEL_FILE, lists) if not path.exists()]
    if missing:
        raise FileNotFoundError(f"{folder}: lacks {', '.join(missing)}; must be a folder that `schoolrun plan` wrote")
    return lists


def open_plan_folder(path: Path) -> PlanFolder:
    """Read a plan's folder.

    Raises
    ------
    FileNotFoundError, ValueError
        When a file is missing or cannot be read, or the lists are not those that the plan was made from.
    """
    from api.report.outputs import PLAN_FILE, TRAVEL_FILE

    lists_path = require_lists(path)
    plan, scenario = read_plan(path / PLAN_FILE), read_scenario(lists_path)
    if plan.digests.get("scenario") not in {digest_of(with_own_settings(scenario, plan)), digest_of(scenario)}:
        raise ValueError(f"{lists_path}: not the lists that plan {plan.plan_id} was made from; plan them anew")
    points_path = path / NETWORK_POINTS_FILE
    points = (
        tuple((float(lat), float(lon)) for lat, lon in json.loads(points_path.read_text(encoding="utf-8")))
        if points_path.exists()
        else network_points_of(scenario)
    )
    return PlanFolder(
        path=path,
        lists_path=lists_path,
        plan=plan,
        scenario=scenario,
        book=open_book(lists_path),
        pairs=read_travel_pairs(path / TRAVEL_FILE),
        network_points=points,
    )


def with_own_settings(scenario: Scenario, plan: Plan) -> Scenario:
    """The scenario with the settings that the plan was made with in place of its policy's."""
    names = ("disturbed_pence_per_week", "max_disturbed")
    given = {name: value for name in names if isinstance(value := plan.made_with.get(name), int)}
    return with_settings(scenario, given)


def roads_for(
    folder: PlanFolder,
    scenario: Scenario,
    watcher: Watcher,
    *,
    roads_path: Path | None,
    travel_path: Path | None,
    cache_dir: Path | None,
    network: RoadNetwork | None = None,
) -> Roads:
    """Travel between all places of a scenario, on the roads of the plan.

    Parameters
    ----------
    network : the plan's, where it is loaded already; the paths then say nothing.

    Raises
    ------
    ValueError
        When a drive of the plan is not what it was: these are other roads.
    """
    if network is not None and _same_roads(folder.scenario, scenario):
        return _own_roads(folder, network)
    from routing.solve import Stop

    request = PlanRequest(
        scenario_path=folder.lists_path, out=folder.path, stop=Stop(iterations=0), roads_path=roads_path,
        travel_path=travel_path, cache_dir=cache_dir, network_points=folder.network_points,
    )  # fmt: skip
    with watcher.phase("roads"):
        roads = load_roads(scenario, request, watcher.phase) if network is None else roads_on(network, scenario, None)
    before, now = folder.scenario.place_by_id, scenario.place_by_id
    _refuse_other_roads(folder, roads.travel, {name for name in before if now.get(name) == before[name]})
    return roads


def _same_roads(a: Scenario, b: Scenario) -> bool:
    """Whether travel between the places of two scenarios is the same."""
    return all(getattr(a, name) == getattr(b, name) for name in ("places", "vehicle_classes", "street_rules")) and (
        a.policy.travel_time_factor_pct,
        a.policy.max_snap_gap_m,
    ) == (
        b.policy.travel_time_factor_pct,
        b.policy.max_snap_gap_m,
    )


@lru_cache(maxsize=FOLDERS_KEPT)
def _own_roads(folder: PlanFolder, network: RoadNetwork) -> Roads:
    """Travel between a plan's own places, worked out and compared once for as long as the plan stays open."""
    roads = roads_on(network, folder.scenario, None)
    _refuse_other_roads(folder, roads.travel, set(folder.scenario.place_by_id))
    return roads


def _refuse_other_roads(folder: PlanFolder, travel: TravelByRow, known: set[str]) -> None:
    """Compare every drive of the plan between places that are where they were."""
    differing: list[tuple[Leg, str, str, int]] = []
    asked = [pair for pair in folder.pairs.values if pair[1] in known and pair[2] in known]
    for leg, a, b, profile in asked:
        now = tuple(f(leg, a, b, profile=profile) for f in (travel.seconds_between, travel.metres_between))
        if now != folder.pairs.values[leg, a, b, profile]:
            differing.append((leg, a, b, profile))
    if not differing:
        return
    leg, a, b, profile = differing[0]
    was_s, now_s = folder.pairs.values[differing[0]][0], travel.seconds_between(leg, a, b, profile=profile)
    raise ValueError(
        f"{len(differing):,} of {len(asked):,} drives of plan {folder.plan.plan_id} are not what they were "
        f"({leg.value} {a} to {b}: {now_s} s, not {was_s} s); give the roads that the plan was made with, as --roads "
        "or --travel"
    )
