"""The insertion kernel against brute force: every place tried in the domain, checked and priced there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.assign import Assignment
from routing.clock import n_pas_needed
from routing.decode import decode
from routing.encode import Index
from routing.insert import best_insertions, change_by, inserted, removed
from routing.instance import (
    FLEET,
    MAX_HUBS,
    P_HUB,
    P_REF_AM,
    P_VARIANTS,
    S_CLASS,
    S_KIND,
    S_LIMIT,
    S_OPERATOR,
    Instance,
    Solution,
)
from routing.standing import StandingPlan, as_changed, stand
from tests.builders import (
    hm,
    line_travel,
    make_card,
    make_class,
    make_passenger,
    make_scenario,
    make_school,
    make_vehicle,
)
from tests.routing.planning import Planned, fortnight_pence, plan_for
from tests.routing.worlds import FEATURES, make_world
from transport.calendar import ALL_DAYS, LEGS
from transport.check import check_plan
from transport.passengers import Mobility, PaNeed
from transport.plan import Plan, Unserved
from transport.policy import Policy
from transport.scenario import Scenario
from transport.schools import Session
from transport.travel import TravelMatrix

ONE_ROUTE = tuple(f for f in FEATURES if f != "free_legs")
Legs = tuple[list[int], list[int]]
Who = tuple[int, int]
"""The passenger's rider on each leg, -1: not on that leg."""


def domain_pence(
    scenario: Scenario, travel: TravelMatrix, index: Index, solution: Solution, assignment: Assignment
) -> int | None:
    """Pence a fortnight of a plan, everything asked of the domain; None where the checker finds a hard rule broken."""
    decoded = decode(scenario, travel, index, solution, assignment)
    plan = Plan(
        plan_id="tried",
        routes=decoded.routes,
        lots=decoded.lots,
        unserved=tuple(Unserved(passenger_id=pid, cause="", sentence="") for pid in decoded.unserved_ids),
        not_planned=scenario.not_planned(),
    )
    if any(v.hard for v in check_plan(plan, scenario, travel)):
        return None
    return fortnight_pence(plan, scenario, travel)


def ways_into(instance: Instance, solution: Solution, r: int, who: Who) -> Iterator[tuple[Legs, Legs]]:
    """Every way of the rider into route r (a new one past the last), the order of the others kept."""
    empty: Legs = ([], [])
    order = solution.orders[r] if r < len(solution.orders) else empty
    hubs = solution.hubs[r] if r < len(solution.hubs) else empty
    by_leg: list[list[tuple[list[int], list[int]]]] = []
    for leg, rider in enumerate(who):
        hub = int(instance.riders[rider, P_HUB])
        if rider < 0 or instance.riders[rider, P_REF_AM + leg] < 0:
            by_leg.append([(order[leg], hubs[leg])])
            continue
        rows = range(rider, rider + int(instance.riders[rider, P_VARIANTS]))
        homes = [[*order[leg][:i], row, *order[leg][i:]] for row in rows for i in range(len(order[leg]) + 1)]
        gates = [hubs[leg]]
        if hub not in hubs[leg]:
            gates = [[*hubs[leg][:i], hub, *hubs[leg][i:]] for i in range(len(hubs[leg]) + 1)]
        by_leg.append([(h, g) for h in homes for g in gates if len(g) <= MAX_HUBS])
    for (am, am_gates), (pm, pm_gates) in product(*by_leg):
        yield (am, pm), (am_gates, pm_gates)


def crews(instance: Instance, assignment: Assignment, r: int) -> Iterator[Assignment]:
    """Every vehicle that the changed route may have: the one it shares, any supply; a new one also as one more run."""
    others = [(k, tuple(m for m in routes if m != r)) for k, routes in assignment.vehicles]
    left = [(k, routes) for k, routes in others if routes]
    is_new = r == len(assignment.supply)
    for k in range(len(instance.supplies)):
        supply = (*assignment.supply[:r], k, *assignment.supply[r + 1 :])
        alone = [(k, (r,))] if instance.supplies[k, S_KIND] == FLEET else []
        yield Assignment(supply=supply, vehicles=(*left, *alone), cost=0)
    for v, (k, routes) in enumerate(left):
        shares = any(r in old and len(old) > 1 and set(routes) <= set(old) for _, old in assignment.vehicles)
        if shares or (is_new and len(routes) < 3):
            supply = (*assignment.supply[:r], k, *assignment.supply[r + 1 :])
            yield Assignment(supply=supply, vehicles=(*left[:v], (k, (*routes, r)), *left[v + 1 :]), cost=0)


def within_limits(planned: Planned, solution: Solution, assignment: Assignment) -> bool:
    """Whether limits hold as the search counts them: over the whole week, which is stricter than the checker."""
    instance = planned.instance
    fleet = [k for k, _ in assignment.vehicles]
    supplies = instance.supplies[list(assignment.supply)]
    bought = [int(k) for k, s in zip(assignment.supply, supplies, strict=True) if s[S_KIND] != FLEET]
    classes = [int(instance.supplies[k, S_CLASS]) for k in bought]
    pas: Counter[int] = Counter()
    for r, s in enumerate(supplies):
        if s[S_KIND] != FLEET and s[S_OPERATOR] >= 0:
            pas[int(s[S_OPERATOR])] += most_pas(planned, solution.orders[r])
    return (
        all(n <= instance.supplies[k, S_LIMIT] for k, n in Counter(fleet + bought).items())
        and all(n <= instance.class_limit[c] for c, n in Counter(classes).items())
        and all(n <= instance.operator_pa_limit[o] for o, n in pas.items())
    )


def most_pas(planned: Planned, orders: Legs) -> int:
    """Most PAs that a route needs on any leg of any day."""
    scenario = planned.scenario
    return max(
        n_pas_needed(
            [p for i in order if scenario.travels(p := planned.index.riders[i].passenger, leg, day)],
            passengers_per_shared_pa=scenario.policy.passengers_per_shared_pa,
        )
        for leg, order in zip(LEGS, orders, strict=True)
        for day in ALL_DAYS
    )


def brute_force(planned: Planned, standing: StandingPlan, who: Who) -> dict[int | None, int]:
    """Least extra pence by route, None for a new one."""
    solution, assignment = standing.as_solution()
    args = (planned.scenario, planned.travel, planned.index)
    before = domain_pence(*args, solution, assignment)
    assert before == standing.fortnight_pence
    best: dict[int | None, int] = {}
    n = len(solution.orders)
    for r in range(n + 1):
        for orders, hubs in ways_into(planned.instance, solution, r, who):
            tried = solution._replace(
                orders=[*solution.orders[:r], orders, *solution.orders[r + 1 :]],
                hubs=[*solution.hubs[:r], hubs, *solution.hubs[r + 1 :]],
                unserved=[i for i in solution.unserved if i not in who],
            )
            for crew in crews(planned.instance, assignment, r):
                if not within_limits(planned, tried, crew):
                    continue
                pence = domain_pence(*args, tried, crew)
                route = None if r == n else r
                if pence is not None and pence - before < best.get(route, 1 << 60):
                    best[route] = pence - before
    return best


def stand_without(planned: Planned, who: Who) -> StandingPlan:
    """The plan without one passenger, renumbered so that no route is empty."""
    standing = stand(planned.instance, planned.result.solution, planned.result.assignment)
    for rider in set(who) & set(standing.route_of_person):
        try:
            standing = removed(standing, [rider]).standing
        except ValueError:  # The runs left do not fit without them.
            pytest.skip("runs no longer fit")
    return stand(planned.instance, *standing.as_solution())


def compare(features: list[str], n: int, seed: int) -> int:
    """One world, one passenger taken out: the kernel's answers are those of brute force. Returns how many."""
    planned = plan_for(*make_world(features, n, seed), iterations=30, seed=1)
    if planned.instance.n_riders == 0:
        return 0
    pid = planned.index.riders[Random(seed).randrange(planned.instance.n_riders)].passenger.passenger_id
    am, pm = (planned.index.rider_idx_by_leg.get((pid, leg), -1) for leg in LEGS)
    return compare_one(planned, stand_without(planned, (am, pm)), (am, pm))


def compare_one(planned: Planned, standing: StandingPlan, who: Who) -> int:
    """The same for one passenger and plan."""
    found = best_insertions(standing, who, n=100)
    assert {i.route: i.extra_pence_per_fortnight for i in found} == brute_force(planned, standing, who)
    for insertion in found:
        after = inserted(standing, insertion)
        assert after.fortnight_pence == standing.fortnight_pence + insertion.extra_pence_per_fortnight
        change = change_by(standing, insertion)
        assert astuple(change) == astuple(as_changed(after, change.number))
        pence = domain_pence(planned.scenario, planned.travel, planned.index, *after.as_solution())
        assert pence == after.fortnight_pence
    assert best_insertions(standing, who, n=2) == found[:2]
    return len(found)


@settings(max_examples=25)
@given(st.sets(st.sampled_from(ONE_ROUTE), max_size=8).map(sorted), st.integers(2, 5), st.integers(0, 10_000))
def test_insertions_are_those_of_brute_force(features: list[str], n: int, seed: int) -> None:
    """Any rules: the same routes, the same pence, the plan after it checked and priced by the domain."""
    compare(features, n, seed)


@pytest.mark.parametrize("rider", range(5))
@pytest.mark.parametrize(("max_runs", "n_vehicles"), [(2, 2), (3, 1)])
def test_insertions_into_tiered_fleets(rider: int, max_runs: int, n_vehicles: int) -> None:
    """Fleet vehicles with several runs: a route stays on its vehicle, leaves it, or a new one is one more run."""
    people = [
        make_passenger("P0", 20, "S1"),
        make_passenger("P1", 36, "S2", pa_need=PaNeed.SHARED),
        make_passenger("P2", 24, "S1", days=(0, 1, 5, 6)),
        make_passenger("P3", 44, "S3"),
        make_passenger("P4", 28, "S2", mobility=Mobility.IN_WHEELCHAIR),
    ]
    early, late = Session(start_s=hm(7, 45), finish_s=hm(13, 45)), Session(start_s=hm(10, 15), finish_s=hm(16, 15))
    scenario = make_scenario(
        people,
        schools=(
            make_school("S1", 30, sessions=(early,) * 10),
            make_school("S2", 32),
            make_school("S3", 34, sessions=(late,) * 10),
        ),
        vehicle_classes=(make_class("CAR", ((2, 0), (1, 1)), rate_card=make_card(20_000)),),
        fleet_vehicles=tuple(make_vehicle(f"V{k}", max_runs_per_shift=max_runs) for k in range(n_vehicles)),
        policy=Policy(layout_change_s=300),
    )
    planned = plan_for(scenario, line_travel(), iterations=60)
    assert max(len(routes) for _, routes in planned.result.assignment.vehicles) == max_runs
    compare_one(planned, stand_without(planned, (rider, rider)), (rider, rider))


@pytest.mark.parametrize("seed", range(5))
def test_insertions_where_legs_may_differ_in_route(seed: int) -> None:
    """A passenger of two riders still goes on one route."""
    compare(["free_legs", "own_caps", "schools", "one_leg"], 4, seed)


@pytest.mark.parametrize("feature", ONE_ROUTE)
def test_insertions_with_each_rule_alone(feature: str) -> None:
    """Each rule by itself in a small borough."""
    compare([feature], 4, 7)
