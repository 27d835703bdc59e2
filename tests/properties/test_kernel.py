"""The kernel and the domain hold the same rules and prices: random boroughs, random routes, short searches.

Where the kernel says that a route can be driven, the checker finds nothing and the money agrees to the penny; where it
says no, the checker names a hard rule. The search's own plans pass the checker and cost what the search says.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.assign import all_figures, as_arrays
from routing.clock import runs_of
from routing.encode import Index, Supply, encode
from routing.evaluate import INFEASIBLE, cost_on_supply
from routing.fleet_sets import set_pence
from routing.instance import MAX_HUBS, P_VARIANTS, S_PROFILE, Instance, Solution
from tests.routing.planning import Planned, fortnight_pence, plan_for
from tests.routing.worlds import FEATURES, make_world
from transport.calendar import LEGS
from transport.check import Rule, Violation, check_plan
from transport.lots import Lot, LotState
from transport.plan import Pattern, Plan, Route, RouteKind, Unserved
from transport.rate_cards import DeadRule
from transport.scenario import Scenario
from transport.travel import UNREACHABLE, TravelMatrix

NOT_OF_ONE_ROUTE = {
    Rule.PASSENGER_MISSING,
    Rule.LEG_NOT_SERVED,
    Rule.KEEP_TOGETHER_SPLIT,
    Rule.OPERATOR_VEHICLES_OVER,
    Rule.OPERATOR_PAS_OVER,
    Rule.CLASS_LIMIT,
}
"""Rules on a whole plan, which one route cannot keep or break."""

worlds = st.builds(
    make_world,
    st.sets(st.sampled_from(FEATURES), max_size=len(FEATURES)).map(sorted),
    st.integers(1, 9),
    st.integers(0, 10_000),
)


def random_route(
    rng: Random, instance: Instance, index: Index
) -> tuple[tuple[list[int], list[int]], tuple[list[int], list[int]]]:
    """Orders and gates of both legs for a few riders drawn at random, in any order."""
    persons = instance.persons.tolist()
    some = rng.sample(persons, rng.randint(1, min(5, len(persons))))
    orders: list[list[int]] = []
    hubs: list[list[int]] = []
    for leg in LEGS:
        order = [i + rng.randrange(instance.riders[i, P_VARIANTS]) for i in some if leg in index.riders[i].legs]
        rng.shuffle(order)
        gates = list(dict.fromkeys(index.hub_idx_by_rider[i] for i in order))
        rng.shuffle(gates)
        orders.append(order)
        hubs.append(gates)
    return (orders[0], orders[1]), (hubs[0], hubs[1])


def as_route(
    scenario: Scenario,
    travel: TravelMatrix,
    index: Index,
    supply: Supply,
    orders: Sequence[list[int]],
    hubs: Sequence[list[int]],
) -> Route:
    """The same route in the domain's words."""
    patterns = {
        leg: Pattern(
            passenger_ids=tuple(index.riders[i].passenger.passenger_id for i in order),
            gates=tuple((index.hubs[h].school_id, index.hubs[h].gate_place_id) for h in gates),
        )
        for leg, order, gates in zip(LEGS, orders, hubs, strict=True)
        if order
    }
    choices = [{index.riders[i].passenger.passenger_id: index.riders[i].choice for i in order} for order in orders]
    vehicle_class = scenario.class_by_id[supply.class_id]
    fleet = supply.kind is RouteKind.FLEET
    return Route(
        route_id="R1",
        kind=supply.kind,
        class_id=supply.class_id,
        am=patterns.get(LEGS[0]),
        pm=patterns.get(LEGS[1]),
        runs=tuple(
            run
            for leg, p in patterns.items()
            for run in runs_of(scenario, travel, leg, p, vehicle_class, choices[LEGS.index(leg)])
        ),
        vehicle_id=supply.vehicle_ids[0] if fleet else None,
        operator_id=supply.operator_id,
        lot_id=None if fleet else "L1",
    )


def plan_of_one(scenario: Scenario, route: Route) -> Plan:
    """A plan of one route; everybody else is listed as unserved."""
    others = [p for p in scenario.planned_passengers() if p.passenger_id not in route.passenger_ids]
    lots: tuple[Lot, ...] = ()
    if route.lot_id is not None:
        state = LotState.CARD if route.operator_id else LotState.TENDER
        lots = (
            Lot(lot_id="L1", state=state, class_id=route.class_id, route_ids=("R1",), operator_id=route.operator_id),
        )
    return Plan(
        plan_id="one",
        routes=(route,),
        lots=lots,
        unserved=tuple(Unserved(passenger_id=p.passenger_id, cause="", sentence="") for p in others),
        not_planned=scenario.not_planned(),
    )


def kernel_pence(
    instance: Instance, k: int, orders: tuple[list[int], list[int]], hubs: tuple[list[int], list[int]]
) -> int:
    """What the kernel says of a route on a supply."""
    order, n = as_arrays(orders, max(MAX_HUBS, *map(len, orders)) + 1)
    hub, n_hubs = as_arrays(hubs, MAX_HUBS)
    return int(cost_on_supply(instance.data(), k, order, hub, np.concatenate([n, n_hubs])))


def broken_by(plan: Plan, scenario: Scenario, travel: TravelMatrix) -> list[Violation]:
    """Hard rules that the one route breaks."""
    return [v for v in check_plan(plan, scenario, travel) if v.hard and v.rule not in NOT_OF_ONE_ROUTE]


def kernel_may_be_stricter(route: Route, scenario: Scenario, travel: TravelMatrix) -> str:
    """Why the kernel may refuse a route that the checker lets pass; an empty string where it may not.

    - The empty drive that a bought route's card bills must exist: else the price has no meaning.

    Windows of passengers at one gate that do not meet, and a run that starts before midnight, need no place here: the
    clock that is made for them breaks a window or the day, and the checker says so.
    """
    if route.kind is RouteKind.FLEET:
        return ""
    operator = scenario.operator_by_id.get(route.operator_id or "")
    card = operator.rate_cards[route.class_id] if operator else scenario.class_by_id[route.class_id].rate_card
    assert card is not None
    profile = travel.profile_by_class_id[route.class_id]
    base = operator.base_place_id if operator else None
    for run in route.runs:
        first, last = run.stops[0].place_id, run.stops[-1].place_id
        drives = [(last, first)]
        if card.dead_rule is DeadRule.FROM_BASE and base is not None:
            drives = [(base, first), (last, base)]
        if card.dead_rule is not DeadRule.NONE and any(
            travel.metres_between(run.leg, a, b, profile=profile) >= UNREACHABLE for a, b in drives
        ):
            return "no road for the empty drive that is billed"
    return ""


def judge(scenario: Scenario, travel: TravelMatrix, rng: Random) -> tuple[bool, bool]:
    """Draw one route and supply, ask both; returns (kernel says yes, it is stricter than the checker)."""
    instance, index = encode(scenario, travel)
    orders, hubs = random_route(rng, instance, index)
    k = rng.randrange(len(index.supplies))
    pence = kernel_pence(instance, k, orders, hubs)
    route = as_route(scenario, travel, index, index.supplies[k], orders, hubs)
    plan = plan_of_one(scenario, route)
    broken = broken_by(plan, scenario, travel)
    if pence == INFEASIBLE:
        assert broken or kernel_may_be_stricter(route, scenario, travel), f"kernel refuses, checker passes {route}"
        return False, not broken
    assert [v.sentence for v in broken] == []
    assert pence == fortnight_pence(plan, scenario, travel)
    return True, False


@settings(max_examples=250)
@given(worlds, st.randoms(use_true_random=False))
def test_kernel_and_domain_agree_on_random_routes(world: tuple[Scenario, TravelMatrix], random: Random) -> None:
    """Any rules, any orders of homes and gates, any supply: the same yes or no, the same pence."""
    scenario, travel = world
    if scenario.planned_passengers():
        for seed in range(4):
            judge(scenario, travel, Random(random.randrange(1 << 20) + seed))


@pytest.mark.parametrize("feature", FEATURES)
def test_kernel_and_domain_agree_with_each_rule_alone_and_with_all(feature: str) -> None:
    """Each rule by itself, and all rules but it: thirty random routes of each."""
    for others in ((), tuple(f for f in FEATURES if f != feature)):
        for seed in range(30):
            scenario, travel = make_world((*others, *(() if others else (feature,))), 4, seed)
            judge(scenario, travel, Random(seed))


def test_both_answers_are_common() -> None:
    """The random routes are neither all feasible nor all infeasible, so that both sides are tested."""
    answers = []
    for seed in range(200):
        some = Random(seed).sample(FEATURES, 8)
        answers.append(judge(*make_world(some, 4, seed), Random(seed))[0])
    assert 40 <= sum(answers) <= 160


def route_costs(planned: Planned) -> list[int]:
    """Kernel price of the search's own routes on their own supplies, made afresh; pairs on one vehicle as one."""
    s: Solution = planned.result.solution
    instance = planned.instance
    costs = []
    for r, (k, mate) in enumerate(zip(s.supply, s.mates, strict=True)):
        if mate < 0:
            costs.append(kernel_pence(instance, k, s.orders[r], s.hubs[r]))
        elif r < mate:
            assert (s.supply[mate], s.mates[mate]) == (k, r)
            p = instance.supplies[k, S_PROFILE]
            figures, _, _, soft = all_figures(instance, s)
            team = np.zeros((0, 3), np.int64)
            money = set_pence(instance.data(), k, np.array([r, mate]), 2, figures[p], team)
            costs.append(money + int(soft[[r, mate], k].sum()))
    return costs


def search_costs(s: Solution) -> list[int]:
    """What the search says of the same."""
    return [
        cost + (s.cost[mate] if mate >= 0 else 0)
        for r, (cost, mate) in enumerate(zip(s.cost, s.mates, strict=True))
        if mate < 0 or r < mate
    ]


def assert_sound(planned: Planned) -> None:
    """Nothing broken, nobody dropped, every penny the same on both sides."""
    scenario = planned.scenario
    assert [v.sentence for v in planned.hard] == []
    carried = {pid for route in planned.plan.routes for pid in route.passenger_ids}
    everybody = {p.passenger_id for p in scenario.planned_passengers()}
    assert carried | planned.unserved_ids == everybody
    assert not carried & planned.unserved_ids
    assert search_costs(planned.result.solution) == route_costs(planned)
    assert planned.result.assignment.cost <= sum(planned.result.solution.cost)
    s, riders = planned.result.solution, planned.index.riders
    placed = {riders[i].passenger.passenger_id for orders in s.orders for order in orders for i in order}
    left = {riders[i].passenger.passenger_id for i in s.unserved}
    if placed & left:  # Placed on one leg only: the plan leaves them out, and costs less for it.
        assert planned.result.assignment.cost >= planned.fortnight_pence
    else:
        assert planned.result.assignment.cost == planned.fortnight_pence


ONE_ROUTE = tuple(f for f in FEATURES if f != "free_legs")
NO_FLEET = tuple(f for f in FEATURES if f not in {"fleet", "tiers", "free_legs"})


@settings(max_examples=120)
@given(st.sets(st.sampled_from(ONE_ROUTE), max_size=len(ONE_ROUTE)), st.integers(2, 14), st.integers(0, 10_000))
def test_every_plan_passes_the_checker_and_costs_what_the_search_says(features: set[str], n: int, seed: int) -> None:
    """Sixty iterations on any borough, decoded, checked and priced by the domain."""
    assert_sound(plan_for(*make_world(sorted(features), n, seed), iterations=60, seed=seed + 1))


@settings(max_examples=40)
@given(st.sets(st.sampled_from(NO_FLEET), max_size=8), st.integers(2, 10), st.integers(0, 10_000))
def test_plans_whose_legs_may_differ_in_route_are_sound(features: set[str], n: int, seed: int) -> None:
    """The same where mornings and afternoons are planned apart; nobody is carried one way and left the other."""
    world = make_world(sorted({*features, "free_legs", "own_caps", "two_homes"}), n, seed)
    assert_sound(plan_for(*world, iterations=60, seed=seed + 1))


@settings(max_examples=60)
@given(st.sets(st.sampled_from(FEATURES), max_size=6), st.integers(4, 14), st.integers(0, 10_000))
def test_tiered_plans_cost_what_the_search_says(features: set[str], n: int, seed: int) -> None:
    """Several schools and fleet vehicles that may do up to three runs a shift."""
    scenario, travel = make_world(sorted(features | {"schools", "tiers", "max_schools"}), n, seed)
    assert_sound(plan_for(scenario, travel, iterations=60, seed=seed + 1))
