"""Small boroughs with a plan in force, some of its routes under a contract, and one passenger who comes later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from random import Random

from routing.clock import gates_by_bell, runs_of
from routing.desk import with_routes
from routing.quote import Option
from tests.routing.planning import fortnight_pence, plan_for
from tests.routing.worlds import make_world
from transport.calendar import ALL_DAYS, LEGS
from transport.check import check_plan
from transport.contracts import Contract, VariationBand, VariationClause
from transport.operators import Operator
from transport.plan import Pattern, Plan, Route, RouteKind
from transport.scenario import CurrentRoute, Scenario
from transport.travel import TravelMatrix

CLAUSES = (
    VariationClause(mile_rate_pence=150),
    VariationClause(mile_rate_pence=150, free_band_m=3000),
    VariationClause(mile_rate_pence=220, bands=(VariationBand(up_to_m=2000, mile_rate_pence=80),)),
    VariationClause(mile_rate_pence=0, day_share_pct=50),
    VariationClause(mile_rate_pence=150, max_change_pct=30),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InForce:
    """A plan, its scenario, the same with the newcomer in, and who that is."""

    plan: Plan
    scenario: Scenario
    with_newcomer: Scenario
    newcomer_id: str
    travel: TravelMatrix


def in_force(features: Iterable[str], n: int, seed: int, *, contracts: bool = True) -> InForce:
    """n passengers in a plan; one more to come. Every other bought route is under a contract."""
    whole, travel = make_world(features, n + 1, seed)
    rng = Random(seed)
    newcomer_id = whole.passengers[rng.randrange(n + 1)].passenger_id
    before = without(whole, newcomer_id)
    plan = plan_for(before, travel, iterations=30).plan
    if contracts:
        whole = _contracted(whole, plan, rng)
        before = without(whole, newcomer_id)
        plan = plan_for(before, travel, iterations=30).plan
    return InForce(plan=plan, scenario=before, with_newcomer=whole, newcomer_id=newcomer_id, travel=travel)


def without(scenario: Scenario, passenger_id: str) -> Scenario:
    """The scenario before somebody came."""
    return replace(
        scenario,
        passengers=tuple(p for p in scenario.passengers if p.passenger_id != passenger_id),
        never_together=tuple(x for x in scenario.never_together if passenger_id not in x.passenger_ids),
        keep_together=tuple(x for x in scenario.keep_together if passenger_id not in x.passenger_ids),
    )


def _contracted(scenario: Scenario, plan: Plan, rng: Random) -> Scenario:
    """Every other bought route held by operator C1, two routes of a class in one lot now and then."""
    bought = [r for r in plan.routes if r.kind is RouteKind.BOUGHT][:: rng.choice([1, 2])]
    routes, lots = [], {}
    for k, route in enumerate(bought):
        lot_id = f"C{k}" if rng.random() < 0.7 or route.class_id not in lots else lots[route.class_id]
        lots[route.class_id] = lot_id
        routes.append(
            CurrentRoute(
                route_id=route.route_id,
                kind=RouteKind.BOUGHT,
                class_id=route.class_id,
                operator_id="C1",
                am_passenger_ids=route.am.passenger_ids if route.am else (),
                pm_passenger_ids=route.pm.passenger_ids if route.pm else (),
                lot_id=lot_id,
                kept=True,
            )
        )
    classes = {c.class_id: 9 for c in scenario.vehicle_classes}
    operator = Operator(
        operator_id="C1", name="C1", categories=frozenset(classes), n_vehicles_by_class=classes,
        n_pas=rng.choice([None, None, 2]),
    )  # fmt: skip
    contracts = tuple(
        Contract(
            lot_id=lot_id, operator_id="C1", day_rate_pence=9000, pa_day_rate_pence=5000,
            variation=_clause(rng), starts_on=date(2025, 9, 1), ends_on=date(2028, 7, 31),
        )
        for lot_id in dict.fromkeys(r.lot_id or "" for r in routes)
    )  # fmt: skip
    return replace(
        scenario, operators=(*scenario.operators, operator), contracts=contracts, current_routes=tuple(routes)
    )


def _clause(rng: Random) -> VariationClause:
    return rng.choice(CLAUSES)


def judged_pence(
    plan: Plan, scenario: Scenario, travel: TravelMatrix, routes: Iterable[Route], gone: Iterable[str]
) -> int | None:
    """Pence a fortnight of the plan with some routes in place of others; None where a hard rule breaks."""
    after = with_routes(plan, gone, tuple(routes), scenario)
    scenario = read_again(scenario, after)
    if any(v.hard for v in check_plan(after, scenario, travel)):
        return None
    return fortnight_pence(after, scenario, travel)


def read_again(scenario: Scenario, plan: Plan) -> Scenario:
    """The scenario with contracted routes as the plan has them."""
    by_id = {route.route_id: route for route in plan.routes}
    return replace(
        scenario,
        current_routes=tuple(
            replace(
                r,
                am_passenger_ids=now.am.passenger_ids if now.am else (),
                pm_passenger_ids=now.pm.passenger_ids if now.pm else (),
            )
            if (now := by_id.get(r.route_id)) is not None and r.kept
            else r
            for r in scenario.current_routes
        ),
    )


def held_brute_force(world: InForce, scenario: Scenario) -> dict[str, int]:
    """Least extra pence of each contracted route, every pair of places tried in the domain."""
    before = fortnight_pence(world.plan, scenario, world.travel)
    best: dict[str, int] = {}
    for route in world.plan.routes:
        if not route.kept:
            continue
        for tried in _ways(world, scenario, route):
            pence = judged_pence(world.plan, scenario, world.travel, [tried], [route.route_id])
            if pence is not None:
                best[route.route_id] = min(best.get(route.route_id, pence - before), pence - before)
    return best


def _ways(world: InForce, scenario: Scenario, route: Route) -> Iterator[Route]:
    pid, p = world.newcomer_id, scenario.passenger_by_id[world.newcomer_id]
    by_leg: list[list[tuple[str, ...]]] = []
    for leg, pattern in zip(LEGS, (route.am, route.pm), strict=True):
        ids = pattern.passenger_ids if pattern else ()
        travels = any(scenario.travels(p, leg, day) for day in ALL_DAYS)
        by_leg.append([(*ids[:i], pid, *ids[i:]) for i in range(len(ids) + 1)] if travels else [ids])
    vehicle_class = scenario.class_by_id[route.class_id]
    for orders in product(*by_leg):
        patterns = {
            leg: Pattern(passenger_ids=ids, gates=gates_by_bell(scenario, leg, ids))
            for leg, ids in zip(LEGS, orders, strict=True)
            if ids
        }
        runs = [
            run
            for leg, pattern in patterns.items()
            for run in runs_of(scenario, world.travel, leg, pattern, vehicle_class)
        ]
        yield replace(route, am=patterns.get(LEGS[0]), pm=patterns.get(LEGS[1]), runs=tuple(runs))


def after_option(world: InForce, scenario: Scenario, option: Option) -> int | None:
    """Pence a fortnight of the plan after an option is taken."""
    gone = [route.route_id for route in option.before]
    return judged_pence(world.plan, scenario, world.travel, option.after, gone)
