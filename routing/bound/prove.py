"""A certificate for a plan: the looser problem set up, its bound raised within a time, and all of it said in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from math import floor
from pathlib import Path

from routing.baseline import start_of_plan
from routing.bound.fields import MAX_GATES
from routing.bound.from_plan import columns_of
from routing.bound.ladder import Ladder
from routing.bound.looser import rule_prices
from routing.bound.master import Lot
from routing.bound.problem import BoundProblem, bound_problem
from routing.bound.todays import held_pence, kept_pence, lots_of_today, todays_offers
from routing.bound.words import relaxations_of, shadow_prices
from routing.encode import Index, encode
from routing.start import StartRoute
from transport.calendar import LEGS
from transport.certificate import Certificate
from transport.cost import objective_of
from transport.plan import Plan, Route, RouteKind
from transport.scenario import Scenario
from transport.travel import TravelByRow, TravelMatrix


def prove(
    scenario: Scenario,
    travel: TravelByRow,
    plan: Plan,
    *,
    seconds: float,
    reference: Plan | None = None,
    rule_seconds: float = 0.0,
    state_path: Path | None = None,
    on_progress: Callable[[float, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Certificate:
    """Prove a lower bound on the objective of every plan that `check_plan` accepts.

    Parameters
    ----------
    plan : a checked plan of this scenario; its routes are where column generation begins.
    seconds : of wall time, on two threads. rule_seconds : as much again for the prices of rules made looser, see
        `routing.bound.looser`. reference : plan that families know already, for the plan's own objective.
    state_path : file in which everything proven so far is kept after every round; a run with it goes on from there.
    on_progress : called with seconds and the bound, pence a week, whenever it has risen.
    should_stop : asked between goes of pricing.
    """
    began, began_cpu = time.monotonic(), time.process_time()
    instance, index = encode(scenario, travel, with_busy=True)
    today = todays_offers(scenario, index)
    problem = bound_problem(instance, today)
    kept = floor(kept_pence(scenario, travel) / 2)
    trace: list[tuple[float, int]] = []

    def note(fortnight_pence: float) -> None:
        # Half a penny for the halving of the fortnight, and a penny for the program's tolerance.
        bound_pence = kept + max(0, floor(fortnight_pence / 2 - 1.5))
        if not trace or bound_pence > trace[-1][1]:
            trace.append((time.monotonic() - began, bound_pence))
            if on_progress is not None:
                on_progress(*trace[-1])

    alights_last = not scenario.policy.board_after_first_alight
    ladder = Ladder(
        problem=problem, seconds=seconds, began=began, on_bound=note, runs=columns_of(problem, _routes(index, plan)),
        lots=tuple(_lots(scenario, travel, index, problem)), state_path=state_path, should_stop=should_stop,
        has_runs=alights_last and problem.most_gates <= MAX_GATES and isinstance(travel, TravelMatrix),
        refills=1 if alights_last else max(1, problem.most_gates),
    )  # fmt: skip
    ladder.climb()
    prices = shadow_prices(scenario, index, problem, ladder.best_prices) if ladder.best_prices else ()
    return Certificate(
        objective_pence=objective_of(plan, scenario, travel, reference=reference).total,
        bound_pence=trace[-1][1] if trace else kept,
        method="runs" if ladder.by_runs else "packing",
        relaxations=relaxations_of(scenario, problem, by_runs=ladder.by_runs),
        trace=tuple(trace),
        cpu_s=time.process_time() - began_cpu,
        wall_s=time.monotonic() - began,
        prices=(*prices, *rule_prices(ladder, index, today, rule_seconds)),
        is_over=ladder.is_over,
    )


def _routes(index: Index, plan: Plan) -> Iterator[StartRoute]:
    """The plan's routes by index, with what drives them."""
    operators = {lot.lot_id: lot.operator_id for lot in plan.lots}
    placed = [route for route in plan.routes if not route.kept]
    for route, start in zip(placed, (start_of_plan(index, Plan(plan_id="", routes=(r,))) for r in placed), strict=True):
        for one in start:
            supply = _supply(index, route, operators.get(route.lot_id or ""))
            yield StartRoute(order=one.order, hubs=one.hubs, supply=supply)


def _supply(index: Index, route: Route, operator_id: str | None) -> int:
    for k, supply in enumerate(index.supplies):
        if route.kind is RouteKind.FLEET:
            if route.vehicle_id in supply.vehicle_ids:
                return k
        elif supply.kind is RouteKind.BOUGHT and (supply.class_id, supply.operator_id) == (route.class_id, operator_id):
            return k
    return -1


def _lots(scenario: Scenario, travel: TravelByRow, index: Index, problem: BoundProblem) -> Iterator[Lot]:
    """Lots that a plan may hold as they are: their least price, and all demands of their passengers."""
    people = [rider.passenger.passenger_id for rider in index.riders]
    for lot_id, routes in lots_of_today(scenario).items():
        carried = {pid for route in routes for leg in LEGS for pid in route.passenger_ids(leg)}
        demands = tuple(d for d, person in enumerate(problem.person.tolist()) if people[person] in carried)
        yield Lot(lot_id=lot_id, pence=held_pence(scenario, travel, routes), demands=demands)
