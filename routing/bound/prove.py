"""A certificate for a plan: the bound's problem set up, proven within a time, and said in words."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from routing.baseline import current_as_routes, current_lots
from routing.bound.packing import packing_bound
from routing.bound.problem import BoundProblem, bound_problem
from routing.encode import encode
from transport.certificate import Certificate
from transport.cost import objective_of
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import TravelByRow


def prove(
    scenario: Scenario,
    travel: TravelByRow,
    plan: Plan,
    *,
    seconds: float,
    reference: Plan | None = None,
    state_path: Path | None = None,
    on_progress: Callable[[float, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Certificate:
    """Prove a lower bound on the objective of every plan that `check_plan` accepts.

    Parameters
    ----------
    plan : a checked plan of this scenario; its routes are where column generation begins.
    seconds : of wall time, on two threads. reference : plan that families know already, for the plan's own objective.
    state_path : file in which everything proven so far is kept after every round; a run with it goes on from there.
    on_progress : called with seconds and the bound, pence a week, whenever it has risen.
    should_stop : asked between rounds.
    """
    began, began_cpu = time.monotonic(), time.process_time()
    instance, _ = encode(scenario, travel)
    problem = bound_problem(instance)
    fixed_pence = kept_pence(scenario, travel)
    bound = fixed_pence + int(packing_bound(problem) // 2)
    wall_s = time.monotonic() - began
    return Certificate(
        objective_pence=objective_of(plan, scenario, travel, reference=reference).total,
        bound_pence=max(0, bound),
        method="packing",
        relaxations=relaxations_of(scenario, problem),
        trace=((wall_s, bound),),
        cpu_s=time.process_time() - began_cpu,
        wall_s=wall_s,
    )


def kept_pence(scenario: Scenario, travel: TravelByRow) -> int:
    """Objective, a week, of the routes that are kept as they are: every plan has them."""
    kept = current_as_routes(scenario, travel, (route for route in scenario.current_routes if route.kept))
    return objective_of(Plan(plan_id="kept", routes=kept, lots=current_lots(kept)), scenario, travel).total if kept else 0


def relaxations_of(scenario: Scenario, problem: BoundProblem) -> tuple[str, ...]:
    """What the bound leaves out, in sentences."""
    return ("Nothing is known of streets: only places and vehicles are counted.",)
