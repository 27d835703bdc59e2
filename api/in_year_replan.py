"""Re-planning during the year: near a plan in force, and what nearness costs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.plan_folder import open_plan_folder, roads_for
from api.planning_job import PlanRequest, Watcher, plan_term

if TYPE_CHECKING:
    from api.report.outcome import Outcome
    from routing.frontier import Frontier
    from routing.solve import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanRequest:
    """A plan to improve, and how near to stay.

    Attributes
    ----------
    max_disturbed, disturbed_pence_per_week : most families disturbed, and the price of each; None: the policy's.
    """

    plan_path: Path
    out: Path
    stop: Stop
    max_disturbed: int | None = None
    disturbed_pence_per_week: int | None = None
    seed: int = 1
    processes: int = 1
    roads_path: Path | None = None
    travel_path: Path | None = None
    cache_dir: Path | None = None


def replan(request: ReplanRequest, watcher: Watcher | None = None) -> Outcome:
    """Plan the lists of a folder again, from its plan and near it.

    Raises
    ------
    FileNotFoundError, ValueError
        What was given cannot be used; nothing has been written.
    """
    folder = open_plan_folder(request.plan_path)
    if request.out.resolve() == folder.path.resolve():
        raise ValueError(f"{request.out}: is the plan in force; give another folder for the new one")
    approximate = request.roads_path is None and request.travel_path is None
    request_of_plan = PlanRequest(
        scenario_path=folder.lists_path, out=request.out, stop=request.stop, roads_path=request.roads_path,
        travel_path=request.travel_path, seed=request.seed, processes=request.processes, cache_dir=request.cache_dir,
        reference_path=folder.path, max_disturbed=request.max_disturbed,
        disturbed_pence_per_week=request.disturbed_pence_per_week,
        network_points=folder.network_points if approximate else None,
    )  # fmt: skip
    return plan_term(request_of_plan, watcher)


def frontier(request: ReplanRequest, watcher: Watcher | None = None) -> Frontier:
    """Search plans from "no one moves" to "free hand" and write picture, table and figures.

    Raises
    ------
    FileNotFoundError, ValueError
        What was given cannot be used; nothing has been written.
    """
    from api.report.frontier_page import write_frontier
    from routing.desk import settled
    from routing.frontier import frontier_of

    watcher = watcher or Watcher()
    with watcher.phase("read"):
        folder = open_plan_folder(request.plan_path)
        scenario = settled(folder.scenario, folder.plan)
    roads = roads_for(
        folder, scenario, watcher,
        roads_path=request.roads_path, travel_path=request.travel_path, cache_dir=request.cache_dir,
    )  # fmt: skip
    with watcher.phase("search"):
        found = frontier_of(
            folder.plan, scenario, roads.travel, request.stop, seed=request.seed, processes=request.processes,
            on_progress=watcher.on_progress, should_stop=watcher.should_stop,
        )  # fmt: skip
    with watcher.phase("write"):
        write_frontier(found, scenario, request.out, approximate=roads.travel.approximate)
    return found
