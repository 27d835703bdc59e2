"""Kernel and domain on families disturbed: random boroughs, random plans that families know."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.assign import as_arrays
from routing.clock import gates_by_bell, runs_of, shifted
from routing.continuity import continued
from routing.disturbance import whole_cost
from routing.encode import encode
from routing.evaluate import INFEASIBLE, cost_on_supply
from routing.instance import MAX_HUBS
from tests.properties.test_kernel import as_route, plan_of_one, random_route
from tests.routing.planning import plan_for
from tests.routing.worlds import FEATURES, make_world
from transport.calendar import ALL_DAYS, LEGS
from transport.check.disturbed import disturbed_of
from transport.plan import Pattern, Plan, Route, RouteKind
from transport.scenario import Scenario
from transport.travel import TravelMatrix

PRICE = 1234
ONE_ROUTE = tuple(f for f in FEATURES if f != "free_legs")
"""Where legs are planned apart each bears half the price, so that one route alone does not tell."""


def known_plan(scenario: Scenario, travel: TravelMatrix, rng: Random) -> Plan:
    """A plan that families know, rules or no rules: most passengers, on random routes, some at odd times."""
    ids = [p.passenger_id for p in scenario.planned_passengers() if rng.random() < 0.9]
    rng.shuffle(ids)
    routes = []
    while ids:
        some, ids = ids[:3], ids[3:]
        vehicle = rng.choice([None, *scenario.fleet_vehicles])
        operator = rng.choice([None, *scenario.operators]) if vehicle is None else None
        class_id = vehicle.class_id if vehicle else rng.choice(scenario.vehicle_classes).class_id
        runs, patterns = [], {}
        for leg in LEGS:
            mine = [p for p in some if any(scenario.travels(scenario.passenger_by_id[p], leg, d) for d in ALL_DAYS)]
            if mine:
                patterns[leg] = Pattern(passenger_ids=tuple(mine), gates=gates_by_bell(scenario, leg, mine))
                made = runs_of(scenario, travel, leg, patterns[leg], scenario.class_by_id[class_id])
                runs += [shifted(run, rng.choice([0, 0, 300, -900])) for run in made]
        if runs:
            routes.append(
                Route(
                    route_id=f"T{len(routes)}", kind=RouteKind.FLEET if vehicle else RouteKind.BOUGHT,
                    class_id=class_id, am=patterns.get(LEGS[0]), pm=patterns.get(LEGS[1]), runs=tuple(runs),
                    vehicle_id=vehicle.vehicle_id if vehicle else None,
                    operator_id=operator.operator_id if operator else None,
                )
            )  # fmt: skip
    return Plan(plan_id="known", routes=tuple(routes))


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_routes_that_both_plans_hold_are_looked_past_without_loss(seed: int) -> None:
    """As if every route were new: who is disturbed, why and in which words; also where somebody rides twice."""
    rng = Random(seed)
    world, travel = make_world(rng.sample(FEATURES, rng.randrange(len(FEATURES))), rng.randint(2, 9), seed)
    scenario = watched(world, rng)
    reference, other = known_plan(scenario, travel, rng), known_plan(scenario, travel, rng)
    kept = [route if rng.random() < 0.6 else rng.choice(other.routes) for route in reference.routes if other.routes]
    if rng.random() < 0.3:
        rng.shuffle(kept)
    plan = replace(reference, routes=tuple(kept))
    anew = replace(plan, routes=tuple(replace(route) for route in kept))
    assert disturbed_of(plan, reference, scenario) == disturbed_of(anew, reference, scenario)


def watched(scenario: Scenario, rng: Random) -> Scenario:
    """The same borough with a price for a disturbed family and some tolerance."""
    policy = replace(
        scenario.policy, disturbed_pence_per_week=PRICE, disturbed_tolerance_s=rng.choice([0, 120, 600, 3600])
    )
    return replace(scenario, policy=policy)


def count_on_one_route(scenario: Scenario, travel: TravelMatrix, rng: Random) -> int:
    """Draw a route, ask both for the families disturbed on it; -1 where it cannot be driven."""
    reference = known_plan(scenario, travel, rng)
    instance, index = encode(scenario, travel, reference)
    orders, hubs = random_route(rng, instance, index)
    k = rng.randrange(len(index.supplies))
    order, n = as_arrays(orders, max(MAX_HUBS, *map(len, orders)) + 1)
    hub, n_hubs = as_arrays(hubs, MAX_HUBS)
    counts = np.concatenate([n, n_hubs])
    data = instance.data()
    money = int(cost_on_supply(data, k, order, hub, counts))
    pence = int(whole_cost(data, k, order, hub, counts))
    if money == INFEASIBLE:
        assert pence == INFEASIBLE
        return -1
    groups = [supply.vehicle_ids for supply in index.supplies if supply.vehicle_ids]
    route = as_route(scenario, travel, index, index.supplies[k], orders, hubs)
    (route,) = continued(scenario, [route], reference, groups, taken_ids=frozenset())
    disturbed = disturbed_of(plan_of_one(scenario, route), reference, scenario)
    exact = 2 * PRICE * len(disturbed)
    assert pence - money >= exact, [item.sentence for item in disturbed]
    if parts_nobody(route, reference, {rider.passenger.passenger_id for rider in index.riders}):
        assert pence - money == exact
    return len(disturbed)


def parts_nobody(route: Route, reference: Plan, riders: set[str]) -> bool:
    """Whether each old route's riders are all on the route, or none of them."""
    here = set(route.passenger_ids)
    old = [set(known.passenger_ids) & riders for known in reference.routes]
    return all(some <= here or not some & here for some in old)


@settings(max_examples=150)
@given(
    st.sets(st.sampled_from(ONE_ROUTE), max_size=len(ONE_ROUTE)), st.integers(1, 9), st.integers(0, 10_000),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_kernel_and_domain_count_the_same_families_on_one_route(
    features: set[str], n: int, seed: int, random: Random
) -> None:
    """Any rules, any known plan, any route on any supply: the same families, or more where old routes are parted."""
    scenario, travel = make_world(sorted(features), n, seed)
    if scenario.planned_passengers():
        for more in range(4):
            rng = Random(random.randrange(1 << 20) + more)
            count_on_one_route(watched(scenario, rng), travel, rng)


def test_both_kinds_of_families_are_common() -> None:
    """Random routes disturb some families and not others, so that both sides are tested."""
    counts = []
    for seed in range(400):
        rng = Random(seed)
        scenario, travel = make_world([f for f in rng.sample(FEATURES, 6) if f != "free_legs"], 4, seed)
        counts.append(count_on_one_route(watched(scenario, rng), travel, rng))
    assert sum(n == 0 for n in counts) > 5
    assert sum(n > 0 for n in counts) > 30


NO_TIERS = tuple(f for f in ONE_ROUTE if f not in {"fleet", "tiers"})


@settings(max_examples=60)
@given(st.sets(st.sampled_from(NO_TIERS), max_size=8), st.integers(2, 12), st.integers(0, 10_000))
def test_a_plan_disturbs_no_more_families_than_the_search_counts(features: set[str], n: int, seed: int) -> None:
    """The search reckons with the worst where old routes are parted; the plan then gives each id to most riders."""
    rng = Random(seed)
    scenario, travel = make_world(sorted(features), n, seed)
    scenario = watched(scenario, rng)
    reference = known_plan(scenario, travel, rng)
    planned = plan_for(scenario, travel, iterations=40, seed=seed + 1, reference=reference)
    assert planned.hard == []
    n_disturbed = len(disturbed_of(planned.plan, reference, scenario))
    assert planned.result.assignment.cost - planned.fortnight_pence >= 2 * PRICE * n_disturbed
