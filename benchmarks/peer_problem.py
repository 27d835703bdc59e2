"""The problems that peers are compared on: the peer problem (AM only) and the full one, with travel and arrays.

The peer problem keeps of a scenario what the peers can state, and what a common repair can mend: the AM leg, all ten
days alike, default rate cards, the fleet one run a shift. docs/peers.md lists what is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from api.planning_job import PlanRequest, load_roads
from routing.assign import Assignment
from routing.decode import decode
from routing.encode import Index, encode
from routing.explain import explain_unserved
from routing.instance import Instance, Solution
from routing.solve import Stop
from transport.calendar import N_DAYS
from transport.check import Violation, check_plan
from transport.cost import Objective, objective_of
from transport.files.read import read_scenario
from transport.passengers import Passenger
from transport.plan import Plan, RouteKind
from transport.scenario import Scenario
from transport.schools import School
from transport.travel import TravelMatrix

AM_ONLY, FULL = "am", "full"
EXTRA_SNAP_GAP_M = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """A scenario with its travel, and both as arrays."""

    name: str
    scenario: Scenario
    travel: TravelMatrix
    instance: Instance
    index: Index


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """A plan as checker and cost see it."""

    plan: Plan
    objective: Objective
    broken: tuple[Violation, ...]

    @property
    def feasible(self) -> bool:
        """Every hard rule holds and everybody is carried."""
        return not self.broken and not self.plan.unserved

    @property
    def n_vehicles(self) -> int:
        """Bought routes and fleet vehicles in use."""
        fleet = {route.vehicle_id for route in self.plan.routes if route.kind is RouteKind.FLEET}
        return len(fleet) + sum(route.kind is RouteKind.BOUGHT for route in self.plan.routes)


def read_problem(lists: Path, *, problem: str, roads_path: Path | None, cache_dir: Path) -> Problem:
    """The problem `am` or `full` of a scenario folder, on real streets where an extract is named."""
    scenario = read_scenario(lists)
    if roads_path is not None:
        # Areas draw homes within 200 m of a drawn street; the street that may be driven can be a few metres farther.
        gap_m = scenario.policy.max_snap_gap_m + EXTRA_SNAP_GAP_M
        scenario = replace(scenario, policy=replace(scenario.policy, max_snap_gap_m=gap_m))
    request = PlanRequest(
        scenario_path=lists, out=cache_dir, stop=Stop(iterations=1), roads_path=roads_path, cache_dir=cache_dir
    )
    travel = load_roads(scenario, request, lambda phase: nullcontext()).travel
    return problem_of(am_only(scenario) if problem == AM_ONLY else scenario, travel, name=problem)


def problem_of(scenario: Scenario, travel: TravelMatrix, *, name: str) -> Problem:
    """A scenario and its travel, encoded."""
    instance, index = encode(scenario, travel)
    return Problem(name=name, scenario=scenario, travel=travel, instance=instance, index=index)


def am_only(scenario: Scenario) -> Scenario:
    """The peer problem of a scenario."""
    return replace(
        scenario,
        name=f"{scenario.name}, AM only",
        schools=tuple(map(_every_day, scenario.schools)),
        passengers=tuple(map(_every_morning, scenario.passengers)),
        fleet_vehicles=tuple(replace(v, max_runs_per_shift=1) for v in scenario.fleet_vehicles),
        operators=(),
        assistants=(),
        contracts=(),
        current_routes=(),
    )


def one_school_a_run(problem: Problem) -> Problem:
    """The same problem where our own search may not mix schools either; its plans are judged by the real rules."""
    narrow = replace(problem.scenario, policy=replace(problem.scenario.policy, max_schools_per_run=1))
    return problem_of(narrow, problem.travel, name=problem.name)


def judge(problem: Problem, solution: Solution, assignment: Assignment) -> Judged:
    """A solution as a plan, through the same checker and cost as every plan."""
    scenario, travel = problem.scenario, problem.travel
    decoded = decode(scenario, travel, problem.index, solution, assignment)
    plan = Plan(
        plan_id="peer",
        routes=decoded.routes,
        lots=decoded.lots,
        unserved=explain_unserved(scenario, travel, decoded.unserved_ids),
        not_planned=scenario.not_planned(),
    )
    broken = tuple(v for v in check_plan(plan, scenario, travel) if v.hard)
    return Judged(plan=plan, objective=objective_of(plan, scenario, travel), broken=broken)


def _every_day(school: School) -> School:
    session = next((s for s in school.sessions if s is not None), None)
    return replace(school, sessions=(session,) * N_DAYS)


def _every_morning(p: Passenger) -> Passenger:
    """From the usual AM place, or the PM one of somebody who only rides home, on all ten mornings."""
    home = _usual(p.am_place_ids) or _usual(p.pm_place_ids)
    own = next((s for s in p.own_sessions or () if s is not None), None)
    return replace(
        p,
        am_place_ids=(home,) * N_DAYS,
        pm_place_ids=(None,) * N_DAYS,
        own_sessions=None if own is None else (own,) * N_DAYS,
        pa_training_tags=frozenset(),
        pinned_route_id=None,
    )


def _usual(place_ids: Iterable[str | None]) -> str | None:
    counts = Counter(place_id for place_id in place_ids if place_id is not None)
    return counts.most_common(1)[0][0] if counts else None
