"""From "no one moves" to "free hand": what a plan could cost for each number of families disturbed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from routing.encode import encode
from routing.rounds import Found, Rounds
from routing.solve import Progress, Stop
from routing.stability import LAST_PENCE
from transport.check import check_plan
from transport.check.disturbed import disturbed_of
from transport.cost import cost_of, soft_week_pence
from transport.plan import Plan
from transport.policy import NO_CAP
from transport.scenario import Scenario
from transport.travel import TravelByRow

PRICES = (LAST_PENCE, 20_000, 8_000, 4_000, 2_000, 1_000, 500, 0)
"""Pence a week for each family disturbed, one search each; the first forbids it, the last is the free hand."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrontierPoint:
    """One plan.

    Attributes
    ----------
    price_pence : a week for each family disturbed that it was searched at; None: the plan in force, as it is.
    n_disturbed : families told of another vehicle, PA or time. soft_pence : a week, of wishes not met.
    """

    plan: Plan
    price_pence: int | None
    n_disturbed: int
    week_pence: int
    year_pence: int
    judged_pence: int
    soft_pence: int
    n_routes: int
    n_unserved: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frontier:
    """The plans found, fewest families first, each once; `best` are those that no other beats in both.

    Attributes
    ----------
    plan_id : the plan in force that families know.
    """

    plan_id: str
    points: tuple[FrontierPoint, ...]

    @property
    def best(self) -> tuple[FrontierPoint, ...]:
        """Fewest families first, each cheaper than all before it."""
        kept: list[FrontierPoint] = []
        for point in self.points:
            if not kept or (point.n_unserved, point.judged_pence) < (kept[-1].n_unserved, kept[-1].judged_pence):
                kept.append(point)
        return tuple(kept)


def frontier_of(
    plan: Plan,
    scenario: Scenario,
    travel: TravelByRow,
    stop: Stop,
    *,
    seed: int = 1,
    processes: int = 1,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Frontier:
    """Search at falling prices of a disturbed family, each search from the plan that is best so far at its price.

    Parameters
    ----------
    plan : in force, which families know; it is the first point where it breaks no hard rule. stop : of all searches
        together.
    """
    watched = _at_price(scenario, LAST_PENCE)
    encoded = encode(watched, travel, plan)
    rounds = Rounds(
        scenario=watched, travel=travel, stop=stop, reference=plan, seed=seed,
        processes=processes, on_progress=on_progress, should_stop=should_stop,
    )  # fmt: skip
    points = [_point(plan, None, plan, scenario, travel)] if _is_sound(plan, scenario, travel) else []
    for price in PRICES:
        if should_stop():
            break
        start = (
            min(points, key=lambda p: (p.n_unserved, p.judged_pence + price * p.n_disturbed)).plan if points else plan
        )
        found = rounds.search_once(watched, 1 / len(PRICES), start=start, encoded=encoded, price_pence=price)
        point = _point(_reported(found, scenario), price, plan, scenario, travel)
        if not any(_are_alike(point, other) for other in points):
            points.append(point)
    points.sort(key=lambda p: (p.n_disturbed, p.n_unserved, p.judged_pence))
    return Frontier(plan_id=plan.plan_id, points=tuple(points))


def _are_alike(a: FrontierPoint, b: FrontierPoint) -> bool:
    """Whether two plans come to the same in everything that a point says."""
    return (a.n_disturbed, a.n_unserved, a.judged_pence, a.year_pence) == (
        b.n_disturbed, b.n_unserved, b.judged_pence, b.year_pence,
    )  # fmt: skip


def _at_price(scenario: Scenario, price_pence: int) -> Scenario:
    """The scenario with that price and no cap, so that the arrays hold what families know."""
    policy = replace(scenario.policy, disturbed_pence_per_week=price_pence, max_disturbed=NO_CAP)
    return replace(scenario, policy=policy)


def _reported(found: Found, scenario: Scenario) -> Plan:
    return replace(found.plan, not_planned=scenario.not_planned())


def _is_sound(plan: Plan, scenario: Scenario, travel: TravelByRow) -> bool:
    return not any(v.hard for v in check_plan(plan, scenario, travel))


def _point(plan: Plan, price_pence: int | None, known: Plan, scenario: Scenario, travel: TravelByRow) -> FrontierPoint:
    cost = cost_of(plan, scenario, travel)
    soft_pence = soft_week_pence(plan, scenario, travel)
    term = scenario.policy.horizon == "term"
    return FrontierPoint(
        plan=plan,
        price_pence=price_pence,
        n_disturbed=len(disturbed_of(plan, known, scenario)),
        week_pence=cost.week_pence,
        year_pence=cost.year_pence,
        judged_pence=soft_pence + (cost.avoidable_week_pence if term else cost.week_pence),
        soft_pence=soft_pence,
        n_routes=len(plan.routes),
        n_unserved=len(plan.unserved),
    )
