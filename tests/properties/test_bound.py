"""No plan that the checker accepts costs less than the bound: every plan of tiny boroughs, searched and odd plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.bound.fields import (
    MAX_GATES,
    Q_OFFSETS,
    V_CAP,
    V_GATE,
    V_PLACE,
    V_ROW,
    V_SERVICE,
)
from routing.bound.from_plan import columns_of
from routing.bound.master import Columns
from routing.bound.problem import BoundProblem, bound_problem
from routing.bound.prove import prove
from routing.instance import S_PROFILE
from routing.start import StartRoute
from tests.builders import line_travel, make_card, make_class, make_passenger, make_plan, make_scenario, route_of
from tests.properties.accepted import PLANS, REFUSED, Accepted
from tests.properties.every_plan import least_objective
from tests.routing.planning import plan_for
from tests.routing.worlds import FEATURES, make_world
from transport.calendar import ALL_DAYS
from transport.certificate import Certificate
from transport.check import check_plan
from transport.check.rules import Rule
from transport.cost import objective_of
from transport.plan import Plan, RouteKind
from transport.rate_cards import DeadRule
from transport.scenario import CurrentRoute, Scenario
from transport.travel import TravelMatrix

SECONDS = 0.5
MANY_WAYS = {"pickups", "one_leg", "free_legs"}
"""Left out where every plan is tried: too many places to board, or people without the leg that is looked at."""
TRIED = tuple(f for f in FEATURES if f not in MANY_WAYS)
few_rules = st.sets(st.sampled_from(TRIED), max_size=9).map(sorted)
any_rules = st.one_of(few_rules, st.sets(st.sampled_from(TRIED)).map(sorted), st.just(sorted(TRIED)))
"""A few, any number, or every one."""


def proven(scenario: Scenario, travel: TravelMatrix, plan: Plan) -> Certificate:
    return prove(scenario, travel, plan, seconds=SECONDS)


def on_one_leg(scenario: Scenario, leg: int) -> Scenario:
    """The same people on one leg only, so that five to eight of them can be tried in every order."""
    other = "am_place_ids" if leg else "pm_place_ids"
    return replace(
        scenario,
        passengers=tuple(replace(p, **{other: (None,) * len(ALL_DAYS)}) for p in scenario.passengers),
    )


def assert_below_every_plan(scenario: Scenario, travel: TravelMatrix) -> None:
    """The bound against the best of all plans with one run a vehicle, and against a search that may use more."""
    plan = plan_for(scenario, travel, iterations=100).plan
    objectives = [objective_of(plan, scenario, travel).total, least_objective(scenario, travel)]
    assert not [v for v in check_plan(plan, scenario, travel) if v.hard]
    certificate = proven(scenario, travel, plan)
    assert certificate.bound_pence <= min(pence for pence in objectives if pence is not None)


@settings(max_examples=15)
@given(any_rules, st.sampled_from([0, 1]), st.integers(0, 100_000))
def test_no_plan_of_five_on_one_leg_is_below_the_bound(features: list[str], leg: int, seed: int) -> None:
    """Every company, order, order of gates and supply; mornings or afternoons."""
    scenario, travel = make_world(features, 5, seed)
    assert_below_every_plan(on_one_leg(scenario, leg), travel)


@pytest.mark.slow
@settings(max_examples=80)
@given(any_rules, st.sampled_from([0, 1]), st.integers(0, 100_000))
def test_no_plan_of_six_on_one_leg_is_below_the_bound(features: list[str], leg: int, seed: int) -> None:
    """The same with one more."""
    scenario, travel = make_world(features, 6, seed)
    assert_below_every_plan(on_one_leg(scenario, leg), travel)


@pytest.mark.slow
@settings(max_examples=50)
@given(few_rules, st.sampled_from([0, 1]), st.integers(0, 100_000))
def test_no_plan_of_seven_on_one_leg_is_below_the_bound(features: list[str], leg: int, seed: int) -> None:
    """The same with two more: 14,000 orders and as many again of each order of gates."""
    scenario, travel = make_world(features, 7, seed)
    assert_below_every_plan(on_one_leg(scenario, leg), travel)


@pytest.mark.slow
@settings(max_examples=20)
@given(few_rules, st.sampled_from([0, 1]), st.integers(0, 100_000))
def test_no_plan_of_eight_on_one_leg_is_below_the_bound(features: list[str], leg: int, seed: int) -> None:
    """The same with three more: 110,000 orders."""
    scenario, travel = make_world(features, 8, seed)
    assert_below_every_plan(on_one_leg(scenario, leg), travel)


@settings(max_examples=15)
@given(any_rules, st.integers(0, 100_000))
def test_no_plan_of_four_on_both_legs_is_below_the_bound(features: list[str], seed: int) -> None:
    """Mornings with afternoons, each in every order."""
    assert_below_every_plan(*make_world(features, 4, seed))


@pytest.mark.slow
@settings(max_examples=50)
@given(few_rules, st.integers(0, 100_000))
def test_no_plan_of_five_on_both_legs_is_below_the_bound(features: list[str], seed: int) -> None:
    """The same with one more."""
    assert_below_every_plan(*make_world(features, 5, seed))


@settings(max_examples=10)
@given(st.sets(st.sampled_from(TRIED), max_size=5), st.integers(0, 100_000))
def test_no_plan_with_points_to_board_is_below_the_bound(features: set[str], seed: int) -> None:
    """Three passengers with up to four places each, on both legs or one."""
    assert_below_every_plan(*make_world(sorted({*features, "pickups", "one_leg"}), 3, seed))


@settings(max_examples=10)
@given(few_rules, st.integers(0, 100_000), st.sampled_from([1, 400, 2500, 9000]))
def test_leaving_people_at_a_price_is_a_plan_too(features: list[str], seed: int, price: int) -> None:
    """Unserved for little money: the bound knows that nobody need be carried."""
    scenario, travel = make_world(features, 4, seed)
    policy = replace(scenario.policy, unserved_pence_per_day=price)
    assert_below_every_plan(replace(scenario, policy=policy), travel)


def assert_below_searched(scenario: Scenario, travel: TravelMatrix, *, iterations: int = 150) -> None:
    planned = plan_for(scenario, travel, iterations=iterations)
    assert planned.hard == []
    objective = objective_of(planned.plan, scenario, travel).total
    certificate = proven(scenario, travel, planned.plan)
    assert certificate.objective_pence == objective
    assert certificate.bound_pence <= objective


@pytest.mark.slow  # ten seconds; with each rule alone it runs always
@settings(max_examples=37)
@given(st.sets(st.sampled_from(FEATURES), max_size=len(FEATURES)), st.integers(5, 12), st.integers(0, 100_000))
def test_no_searched_plan_is_below_the_bound(features: set[str], n: int, seed: int) -> None:
    """Any rules, both legs, vehicles with several runs: the search's own plans."""
    assert_below_searched(*make_world(sorted(features), n, seed))


@pytest.mark.parametrize("feature", FEATURES)
def test_no_searched_plan_is_below_the_bound_with_each_rule_alone(feature: str) -> None:
    """Each rule by itself, three boroughs of seven each."""
    for seed in range(3):
        assert_below_searched(*make_world((feature,), 7, seed))


@settings(max_examples=10)
@given(st.sets(st.sampled_from(FEATURES), max_size=4), st.integers(0, 100_000))
def test_no_plan_of_vehicles_with_several_runs_is_below_the_bound(features: set[str], seed: int) -> None:
    """Bells an hour apart, and a fleet that goes out two or three times."""
    scenario, travel = make_world(sorted(features | {"tiers", "schools"}), 7, seed)
    apart = tuple(
        replace(
            school,
            sessions=tuple(
                s and replace(s, start_s=s.start_s + 3600 * (k % 2), finish_s=s.finish_s + 3600 * (k % 2))
                for s in school.sessions
            ),
        )
        for k, school in enumerate(scenario.schools)
    )
    assert_below_searched(replace(scenario, schools=apart), travel)


@settings(max_examples=7)
@given(st.sets(st.sampled_from(TRIED), max_size=6), st.integers(0, 100_000))
def test_no_plan_beside_kept_routes_is_below_the_bound(features: set[str], seed: int) -> None:
    """Half of a plan's bought routes are kept as they are; the rest is planned anew."""
    scenario, travel = make_world(sorted(features - {"fleet", "tiers", "operators", "keep_together"}), 8, seed)
    routes = [r for r in plan_for(scenario, travel, iterations=20).plan.routes if r.kind is RouteKind.BOUGHT]
    kept = tuple(
        CurrentRoute(
            route_id=f"T{k}", kind=RouteKind.BOUGHT, class_id=route.class_id, kept=True,
            am_passenger_ids=route.am.passenger_ids if route.am else (),
            pm_passenger_ids=route.pm.passenger_ids if route.pm else (), day_rate_pence=0,
        )
        for k, route in enumerate(routes[::2])
    )  # fmt: skip
    again = replace(scenario, current_routes=kept)
    planned = plan_for(again, travel, iterations=100)
    assert proven(again, travel, planned.plan).bound_pence <= objective_of(planned.plan, again, travel).total


@pytest.mark.parametrize("make", PLANS, ids=lambda make: make.__name__)
def test_plans_that_nobody_looks_for_are_not_below_the_bound(make: Callable[[], Accepted]) -> None:
    """The checker accepts each of them, whatever the search would do."""
    case = make()
    objective = objective_of(case.plan, case.scenario, case.travel).total
    assert proven(case.scenario, case.travel, case.plan).bound_pence <= objective


@pytest.mark.parametrize("make", PLANS, ids=lambda make: make.__name__)
def test_the_checker_accepts_the_plans_that_nobody_looks_for(make: Callable[[], Accepted]) -> None:
    """Else they would say nothing about the bound."""
    case = make()
    assert [v.sentence for v in check_plan(case.plan, case.scenario, case.travel) if v.hard] == []


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_the_checker_refuses_a_held_lot_that_is_not_as_it_is_today(make: Callable[[], Accepted]) -> None:
    """Its price covers today's passengers; a kept route goes on under its contract."""
    case = make()
    broken = [v for v in check_plan(case.plan, case.scenario, case.travel) if v.hard]
    assert [(v.rule, v.route_id) for v in broken] == [(Rule.KEPT_ROUTE_CHANGED, "T1")]


def test_the_bound_of_one_passenger_is_their_price_but_for_two_pence_a_day() -> None:
    """x20 to x30, empty miles free: £50 and 20 km at £1 a mile, 1,243p; two pence a day are left to rounding."""
    car = make_class(layouts=((1, 0),), rate_card=make_card(dead_rule=DeadRule.NONE))
    scenario, travel = make_scenario([make_passenger("P1", 20)], vehicle_classes=(car,)), line_travel()
    plan = make_plan(route_of(scenario, travel, "R1", ["P1"], ["P1"]))
    certificate = proven(scenario, travel, plan)
    assert certificate.objective_pence == 5 * (5000 + 1243)
    assert 5 * (5000 + 1242 - 2) <= certificate.bound_pence <= 5 * (5000 + 1243)
    assert certificate.gap == pytest.approx(certificate.objective_pence / certificate.bound_pence - 1)
    assert certificate.gap < 0.001


def test_a_certificate_names_what_it_leaves_out_and_how_it_rose() -> None:
    """Relaxations in sentences; the trace never falls and ends at the bound."""
    scenario, travel = make_world(("schools", "wheelchairs", "pas"), 8, 3)
    certificate = proven(scenario, travel, plan_for(scenario, travel, iterations=50).plan)
    bounds = [pence for _, pence in certificate.trace]
    assert bounds == sorted(bounds)
    assert bounds[-1] == certificate.bound_pence > 0
    assert certificate.relaxations
    assert all(sentence.endswith(".") for sentence in certificate.relaxations)
    assert certificate.method in ("packing", "runs")


def test_without_anybody_the_bound_is_nothing() -> None:
    """No passengers, no cost; the gap to a bound of nothing is said to be infinite."""
    certificate = proven(make_scenario(), line_travel(), make_plan())
    assert (certificate.objective_pence, certificate.bound_pence, certificate.gap) == (0, 0, inf)


# ---- the looser problem is looser ----

SAME_EVERY_DAY = tuple(
    f for f in FEATURES
    if f not in {"part_week", "two_homes", "early_friday", "own_sessions", "one_leg", "free_legs", "keep_together"}
)  # fmt: skip
"""Rules under which all ten days are alike, so that a run of the looser problem is a run of every day."""


@settings(max_examples=20)
@given(st.sets(st.sampled_from(SAME_EVERY_DAY), max_size=10), st.integers(2, 9), st.integers(0, 100_000))
def test_a_run_of_the_looser_problem_costs_no_more_than_the_real_one(features: set[str], n: int, seed: int) -> None:
    """The routes of searched plans, taken over as columns: all are there, may be driven, and cost no more."""
    planned = plan_for(*make_world(sorted(features), n, seed), iterations=Random(seed).choice([1, 20, 80]))
    problem = bound_problem(planned.instance)
    known = {k for kind in problem.kinds for k in kind.supplies}
    s = planned.result.solution
    for r, k in enumerate(s.supply):
        if k in known and not (s.mates and s.mates[r] >= 0) and max(map(len, s.hubs[r])) <= MAX_GATES:
            columns = columns_of(problem, [StartRoute(order=s.orders[r], hubs=s.hubs[r], supply=k)])
            columns = [column for column in columns if not problem.kinds[column.kind].is_inner]
            assert len(columns) == sum(1 for order in s.orders[r] if order)
            for column in columns:
                assert_may_be_driven(problem, column)
            assert looser_pence(problem, columns, k) <= s.cost[r]


def looser_pence(problem: BoundProblem, columns: list[Columns], supply: int) -> float:
    """A fortnight of a vehicle with these runs, as the looser problem prices it."""
    kind = problem.kinds[columns[0].kind]
    day = kind.offers[kind.supplies.index(supply)].pence
    day += kind.pa_pence * max(c.pa + int(c.own[0]) for c in columns)
    for c in columns:
        day += kind.run_pence + float(c.pence[0])
        day += kind.long_pence * max(0, int(c.seconds[0] + c.more_s[0]) - kind.long_after_s)
    return problem.n_days * day


def assert_may_be_driven(problem: BoundProblem, column: Columns) -> None:
    """Every ride of the column is within its cap, by the looser clock."""
    table = problem.legs[column.leg]
    sequence = table.sequences[column.sequence[0]]
    out_s = table.out_s[int(problem.instance.supplies[problem.kinds[column.kind].supply, S_PROFILE])]
    offsets = {int(gate): int(sequence[Q_OFFSETS + k]) for k, gate in enumerate(sequence[:Q_OFFSETS]) if gate >= 0}
    row, place, leave_s, t = int(problem.instance.hubs[int(sequence[0]), 0]), -1, 0, 0
    for v in column.nodes[0][column.nodes[0] >= 0]:
        node = table.nodes[v]
        if node[V_PLACE] != place:
            t += leave_s + int(out_s[row, node[V_ROW]])
        row, place, leave_s = int(node[V_ROW]), int(node[V_PLACE]), int(node[V_SERVICE])
        assert t + offsets[int(node[V_GATE])] <= node[V_CAP]
