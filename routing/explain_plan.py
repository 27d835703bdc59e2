"""Why a plan is as it is: other ways for each passenger, what binds each route, and the price of single rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from routing.baseline import start_of_plan
from routing.binding import binding_of
from routing.decode import decode
from routing.encode import Index, encode
from routing.insert import NOBODY, best_insertions, removed
from routing.instance import Instance
from routing.neighbourhood import routes_near, scenario_of_routes
from routing.solve import Stop, solve
from routing.standing import StandingPlan, standing_of_plan
from transport.calendar import LEGS
from transport.cost import cost_of
from transport.explanation import (
    Alternative,
    Alternatives,
    Binding,
    Explanation,
    PricedRule,
    RulePrice,
)
from transport.money import half_up
from transport.passengers import PaNeed, Passenger
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import TravelByRow

N_ALTERNATIVES = 2
N_NEAR_ROUTES = 8
"""Routes planned again to price one rule, the passenger's own among them."""
ITERATIONS = 1500
"""Of each of the two searches that price a rule."""

METHOD = (
    "The routes nearest to the passenger are planned again twice from the plan as it stands, with the rule and without "
    "it, by the same number of iterations and the same seed; the price is the difference of what these routes cost a "
    "year, never below 0. Routes farther away stay as they are, so a whole new plan may find another price"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCase:
    """A rule that may be dropped, and the scenario without it."""

    rule: PricedRule
    passenger_ids: tuple[str, ...]
    drop: Callable[[Scenario], Scenario]


def explain_plan(
    plan: Plan,
    scenario: Scenario,
    travel: TravelByRow,
    instance: Instance,
    index: Index,
    *,
    n_rules: int,
    iterations: int = ITERATIONS,
    seed: int = 1,
    should_stop: Callable[[], bool] = lambda: False,
) -> Explanation | None:
    """Explain a plan of this instance; None where one of its routes breaks a rule of the search.

    Parameters
    ----------
    n_rules : most rules to price; those of the passengers whose places cost most go first.
    iterations : of each of the two searches for a rule.
    should_stop : asked before every rule; what has been priced until then is kept.
    """
    try:
        standing, route_ids = standing_of_plan(plan, instance, index)
    except ValueError:
        return None
    alternatives = tuple(
        _alternatives(standing, index, route_ids, p)
        for p in scenario.planned_passengers()
        if any((p.passenger_id, leg) in index.rider_idx_by_leg for leg in LEGS)
        and p.passenger_id not in {u.passenger_id for u in plan.unserved}
    )
    cases = _in_order(rule_cases(scenario, {a.passenger_id for a in alternatives}), alternatives)
    prices = []
    for case in cases[:n_rules]:
        if should_stop():
            break
        near = _routes_of_case(standing, index, route_ids, case)
        prices.append(price_rule(plan, scenario, travel, case, near, iterations=iterations, seed=seed))
    return Explanation(
        alternatives=alternatives,
        bindings=tuple(_bindings(plan, scenario, travel)),
        rule_prices=tuple(prices),
        n_rules=len(cases),
        iterations=iterations,
        method=METHOD,
    )


def _alternatives(standing: StandingPlan, index: Index, route_ids: Sequence[str], p: Passenger) -> Alternatives:
    am, pm = (index.rider_idx_by_leg.get((p.passenger_id, leg), NOBODY) for leg in LEGS)
    riders = [i for i in dict.fromkeys((am, pm)) if i != NOBODY]
    routes = {standing.route_of_person[i] for i in riders}
    r = min(routes)

    def none(sentence: str) -> Alternatives:
        return Alternatives(
            passenger_id=p.passenger_id,
            route_id=route_ids[r],
            saved_pence_per_week=None,
            others=(),
            sentence=sentence,
        )

    if len(routes) > 1:
        return none("Morning and afternoon are on different routes")
    try:
        removal = removed(standing, riders)
    except ValueError:
        return none("The other runs of the vehicle would not fit without them")
    was_alone = removal.standing.is_empty(r)
    found = best_insertions(removal.standing, (am, pm), N_ALTERNATIVES + 1)
    others = [i for i in found if i.route != r and not (was_alone and i.route is None)]
    saved = removal.saved_pence_per_fortnight
    return Alternatives(
        passenger_id=p.passenger_id,
        route_id=route_ids[r],
        saved_pence_per_week=half_up(saved, 2),
        others=tuple(
            Alternative(
                route_id=None if i.route is None else route_ids[i.route],
                class_id=index.supplies[i.supply].class_id,
                extra_pence_per_week=half_up(i.extra_pence_per_fortnight - saved, 2),
            )
            for i in others[:N_ALTERNATIVES]
        ),
        sentence="" if len(others) >= N_ALTERNATIVES else "No other route can take them within the rules",
    )


def _bindings(plan: Plan, scenario: Scenario, travel: TravelByRow) -> Iterator[Binding]:
    return (binding_of(route, scenario, travel) for route in plan.routes)


def rule_cases(scenario: Scenario, passenger_ids: set[str]) -> list[RuleCase]:
    """Every solo, own PA, own ride cap and never_together of these passengers, and how to drop it."""
    cases = [case for p in scenario.passengers if p.passenger_id in passenger_ids for case in _cases_of(p)]
    for pair in scenario.never_together:
        if passenger_ids.issuperset(pair.passenger_ids):
            cases.append(
                RuleCase(
                    rule=PricedRule.NEVER_TOGETHER,
                    passenger_ids=pair.passenger_ids,
                    drop=lambda s, ids=frozenset(pair.passenger_ids): replace(  # type: ignore[misc]
                        s, never_together=tuple(x for x in s.never_together if frozenset(x.passenger_ids) != ids)
                    ),
                )
            )
    return cases


def _cases_of(p: Passenger) -> Iterator[RuleCase]:
    if p.solo:
        yield _case(p, PricedRule.SOLO, solo=False)
    if p.pa_need in (PaNeed.ONE_TO_ONE, PaNeed.TWO_TO_ONE):
        yield _case(p, PricedRule.OWN_PA, pa_need=PaNeed.SHARED)
    if p.ride_cap_s is not None:
        yield _case(p, PricedRule.OWN_RIDE_CAP, ride_cap_s=None)


def _case(p: Passenger, rule: PricedRule, **freed: object) -> RuleCase:
    pid = p.passenger_id

    def drop(s: Scenario) -> Scenario:
        return replace(s, passengers=tuple(replace(x, **freed) if x.passenger_id == pid else x for x in s.passengers))  # type: ignore[arg-type]

    return RuleCase(rule=rule, passenger_ids=(pid,), drop=drop)


def _in_order(cases: Sequence[RuleCase], alternatives: Sequence[Alternatives]) -> list[RuleCase]:
    """Those first whose place in the plan costs most."""
    saved = {a.passenger_id: a.saved_pence_per_week or 0 for a in alternatives}
    return sorted(cases, key=lambda case: (-max(saved[pid] for pid in case.passenger_ids), case.passenger_ids))


def _routes_of_case(standing: StandingPlan, index: Index, route_ids: Sequence[str], case: RuleCase) -> list[str]:
    riders = [
        i for pid in case.passenger_ids for leg in LEGS if (i := index.rider_idx_by_leg.get((pid, leg))) is not None
    ]
    return [route_ids[r] for r in routes_near(standing, dict.fromkeys(riders), N_NEAR_ROUTES)]


def price_rule(
    plan: Plan,
    scenario: Scenario,
    travel: TravelByRow,
    case: RuleCase,
    route_ids: Sequence[str],
    *,
    iterations: int,
    seed: int,
) -> RulePrice:
    """Plan some routes again with a rule and without it, from the plan as it stands."""
    near = scenario_of_routes(scenario, plan, route_ids)
    chosen = frozenset(route_ids)
    start = replace(plan, routes=tuple(route for route in plan.routes if route.route_id in chosen))
    held, free = (_year_pence(s, travel, start, iterations, seed) for s in (near, case.drop(near)))
    return RulePrice(
        rule=case.rule,
        passenger_ids=case.passenger_ids,
        year_pence=None if held is None or free is None else max(0, held - free),
        n_routes=len(start.routes),
        n_passengers=len(near.passengers),
    )


def _year_pence(scenario: Scenario, travel: TravelByRow, start: Plan, iterations: int, seed: int) -> int | None:
    """What the horizon counts of a year after a search from a plan; None where somebody is left out."""
    instance, index = encode(scenario, travel)
    result = solve(instance, Stop(iterations=iterations), seed=seed, start=start_of_plan(index, start))
    if result.solution.unserved:
        return None
    decoded = decode(scenario, travel, index, result.solution, result.assignment)
    plan = Plan(plan_id="near", routes=decoded.routes, lots=decoded.lots, not_planned=scenario.not_planned())
    cost = cost_of(plan, scenario, travel)
    return cost.avoidable_year_pence if scenario.policy.horizon == "term" else cost.year_pence
