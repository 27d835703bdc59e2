"""A folder that `schoolrun plan` wrote, read back for checking and for buying."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.planning_job import SCENARIO_COPY, PlanRequest, load_roads, with_settings
from transport.files.plan_json import read_plan
from transport.files.read import read_scenario
from transport.files.travel_pairs import read_travel_pairs
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import Travel, TravelPairs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanFolder:
    """Plan, the lists it was made from (with its own settings), and the drives it rests on."""

    plan: Plan
    scenario: Scenario
    travel: TravelPairs


def read_plan_folder(folder: Path) -> PlanFolder:
    """Read a plan with its scenario and travel.

    Raises
    ------
    FileNotFoundError, ValueError
        A file is missing or cannot be read.
    """
    from api.report.outputs import PLAN_FILE, TRAVEL_FILE

    copy = folder / SCENARIO_COPY
    lists = copy if copy.is_dir() else folder / f"{SCENARIO_COPY}.xlsx"
    missing = [path.name for path in (folder / PLAN_FILE, folder / TRAVEL_FILE, lists) if not path.exists()]
    if missing:
        raise FileNotFoundError(f"{folder}: lacks {', '.join(missing)}; must be a folder that `schoolrun plan` wrote")
    plan = read_plan(folder / PLAN_FILE)
    travel = read_travel_pairs(folder / TRAVEL_FILE)
    return PlanFolder(plan=plan, scenario=with_settings(read_scenario(lists), _own_settings(plan)), travel=travel)


def full_travel(given: PlanFolder, *, roads: Path | None, own: Path | None, cache_dir: Path) -> Travel:
    """Travel between all places, from the roads that the plan was made on.

    Parameters
    ----------
    roads : road file. own : the council's own matrices. Neither: the approximate roads.

    Raises
    ------
    ValueError
        When these are other roads than the plan's.
    """
    from contextlib import nullcontext

    from routing.solve import Stop

    request = PlanRequest(
        scenario_path=Path(),
        out=Path(),
        stop=Stop(iterations=0),
        roads_path=roads,
        travel_path=own,
        cache_dir=cache_dir,
    )
    travel = load_roads(given.scenario, request, lambda phase: nullcontext()).travel
    if travel.digest != given.travel.digest:
        raise ValueError("these are not the roads that the plan was made on; name the same --roads or --travel")
    return travel


def _own_settings(plan: Plan) -> dict[str, int]:
    """Settings that the plan was made with in place of its policy's."""
    names = ("disturbed_pence_per_week", "max_disturbed")
    return {name: value for name in names if isinstance(value := plan.made_with.get(name), int)}
