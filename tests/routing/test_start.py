"""Today's routes: warm start, kept routes, pins, groups; and the baseline beside the plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.baseline import baseline_plan, start_of_plan, start_routes, travel_time_bias_pct
from routing.encode import encode
from routing.solve import StartRoute
from tests.builders import (
    at,
    line_travel,
    make_card,
    make_class,
    make_operator,
    make_passenger,
    make_plan,
    make_scenario,
    make_school,
    make_vehicle,
)
from tests.routing.planning import Planned, fortnight_pence, plan_for
from tests.routing.worlds import FEATURES, make_world
from transport.calendar import Leg
from transport.check import Rule, check_plan
from transport.cost import cost_of
from transport.passengers import KeepTogether, PaNeed, Passenger
from transport.plan import RouteKind
from transport.policy import Policy
from transport.scenario import CurrentRoute, Scenario
from transport.travel import TravelMatrix

TRAVEL = line_travel()


def today(route_id: str, *passenger_ids: str, **changes: Any) -> CurrentRoute:
    """A bought CAR that fetches them in this order and brings them home in the reverse one."""
    values: dict[str, Any] = {
        "kind": RouteKind.BOUGHT, "class_id": "CAR", "am_passenger_ids": passenger_ids,
        "pm_passenger_ids": passenger_ids[::-1], "day_rate_pence": 9900,
    }  # fmt: skip
    return CurrentRoute(route_id=route_id, **values | changes)


def six(**changes: Any) -> list[Passenger]:
    return [make_passenger(f"P{k}", 2 * k, **changes) for k in range(6)]


def test_a_start_is_where_the_search_begins() -> None:
    """With no iteration the plan is today's routes."""
    scenario = make_scenario(six(), current_routes=(today("T1", "P0", "P2", "P4"), today("T2", "P1", "P3", "P5")))
    planned = plan_for(scenario, TRAVEL, iterations=1, should_stop=lambda: True)
    assert planned.groups == {frozenset({"P0", "P2", "P4"}), frozenset({"P1", "P3", "P5"})}
    assert planned.hard == []


@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_never_dearer_than_its_start(seed: int) -> None:
    """A long search gives a start for a short one of another seed."""
    scenario, travel = make_world(("schools", "wheelchairs", "pas", "part_week"), 16, seed)
    good = plan_for(scenario, travel, iterations=1000, seed=1)
    s = good.result.solution
    start = [StartRoute(order=order, hubs=hubs) for order, hubs in zip(s.orders, s.hubs, strict=True)]
    again = plan_for(scenario, travel, iterations=50, seed=2, start=start)
    assert sum(again.result.solution.cost) <= sum(s.cost)
    assert again.unserved_ids == good.unserved_ids
    assert again.hard == []


def test_a_start_route_that_breaks_a_rule_is_taken_apart() -> None:
    """Five in a car of four: all five are placed anew; the other route stays."""
    scenario = make_scenario(six(), current_routes=(today("T1", "P0", "P1", "P2", "P3", "P4"), today("T2", "P5")))
    planned = plan_for(scenario, TRAVEL, iterations=1, should_stop=lambda: True)
    assert planned.unserved_ids == set()
    assert planned.hard == []
    baseline = baseline_plan(scenario, TRAVEL)
    assert baseline is not None
    assert Rule.OVER_CAPACITY in {v.rule for v in check_plan(baseline, scenario, TRAVEL)}


def test_a_start_route_that_splits_a_group_is_taken_apart() -> None:
    """P0 and P5 must travel together; today they do not."""
    scenario = make_scenario(
        six(), keep_together=(KeepTogether(group_id="G", passenger_ids=("P0", "P5")),),
        current_routes=(today("T1", "P0", "P1"), today("T2", "P4", "P5"), today("T3", "P2", "P3")),
    )  # fmt: skip
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    assert planned.route_of("P0") is planned.route_of("P5")


def test_someone_on_two_start_routes_is_carried_once() -> None:
    """A slip in today's list does not carry over."""
    scenario = make_scenario(six(), current_routes=(today("T1", "P0", "P1"), today("T2", "P1", "P2")))
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    assert planned.result.assignment.cost == planned.fortnight_pence


# ---- kept routes ----


def test_a_kept_route_stays_as_it_is() -> None:
    """T1 keeps its odd order; the others are planned around it, and nobody joins it."""
    scenario = make_scenario(six(), current_routes=(today("T1", "P5", "P0", kept=True), today("T2", "P1", "P2")))
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    kept = planned.route_of("P0")
    assert kept.route_id == "T1"
    assert kept.am is not None
    assert kept.am.passenger_ids == ("P5", "P0")
    assert kept.passenger_ids == ("P5", "P0")
    assert planned.result.assignment.cost + _fortnight_of(planned, "T1") == planned.fortnight_pence


def _fortnight_of(planned: Planned, route_id: str) -> int:
    items = cost_of(planned.plan, planned.scenario, planned.travel).items
    return sum(item.pence * len(item.days) for item in items if item.route_ids == (route_id,))


def test_a_kept_routes_vehicle_is_not_used_twice() -> None:
    """V1 drives a kept route; although it would be free of charge, no new route gets it."""
    free = make_vehicle("V1", mile_rate_pence=0, driver_pence_per_hour=0)
    kept = today("T1", "P0", kept=True, kind=RouteKind.FLEET, vehicle_id="V1")
    scenario = make_scenario(six(), fleet_vehicles=(free,), current_routes=(kept,))
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    assert [r.route_id for r in planned.plan.routes if r.vehicle_id == "V1"] == ["T1"]
    released = plan_for(replace(scenario, current_routes=(replace(kept, kept=False),)), TRAVEL)
    assert [len(r.passenger_ids) for r in released.plan.routes if r.vehicle_id == "V1"] == [4]


def cheap_operator(**changes: Any) -> Any:
    return make_operator(rate_cards={"CAR": make_card(100, 0, pa_day_rate_pence=100)}, **changes)


def test_a_kept_routes_operator_has_one_vehicle_less() -> None:
    """O1 has two cars, one on a kept route: of the two new routes it gets one."""
    scenario = make_scenario(
        six(solo=True)[:3], operators=(cheap_operator(n_vehicles={"CAR": 2}),),
        current_routes=(today("T1", "P0", kept=True, operator_id="O1"),),
    )  # fmt: skip
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    assert sum(route.operator_id == "O1" for route in planned.plan.routes) == 2


@pytest.mark.parametrize("n_pas", [1, 0], ids=["stated", "left empty"])
def test_a_kept_routes_pa_is_not_used_twice(n_pas: int) -> None:
    """O1 has one PA, needed on its kept route whether today's list says so or not: the new route goes to another."""
    people = [make_passenger(f"P{k}", 0, pa_need=PaNeed.SHARED) for k in range(2)]
    scenario = make_scenario(
        people, operators=(cheap_operator(n_pas=1),),
        current_routes=(today("T1", "P0", kept=True, operator_id="O1", n_pas=n_pas),),
    )  # fmt: skip
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    assert planned.route_of("P1").operator_id is None


def test_a_kept_route_counts_in_its_classs_limit() -> None:
    """At most two CAR routes, one of them kept: one new CAR, the other in the dearer class."""
    classes = (make_class(max_routes=2), make_class("BUS", rate_card=make_card(9000)))
    scenario = make_scenario(
        six(solo=True)[:3], vehicle_classes=classes, current_routes=(today("T1", "P0", kept=True),)
    )
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    assert sorted(route.class_id for route in planned.plan.routes) == ["BUS", "CAR", "CAR"]


def test_new_routes_do_not_take_a_kept_routes_id() -> None:
    """A kept route named R001."""
    scenario = make_scenario(six(), current_routes=(today("R001", "P0", kept=True),))
    planned = plan_for(scenario, TRAVEL)
    ids = [route.route_id for route in planned.plan.routes]
    assert len(ids) == len(set(ids))
    assert planned.hard == []


# ---- pins and groups ----


def test_a_pinned_passenger_stays_on_their_route() -> None:
    """P0 and P5 are pinned to two routes of today's three; the routes keep their ids, the others move freely."""
    people = six()
    people[0], people[5] = replace(people[0], pinned_route_id="T1"), replace(people[5], pinned_route_id="T2")
    scenario = make_scenario(
        people, current_routes=(today("T1", "P0", "P1"), today("T2", "P4", "P5"), today("T3", "P2", "P3"))
    )
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    assert planned.route_of("P0").route_id == "T1"
    assert planned.route_of("P5").route_id == "T2"
    assert len(planned.plan.routes) == 2


def test_pins_hold_where_todays_route_breaks_a_rule() -> None:
    """T1 carries five in a car of four, P0 and P1 pinned to it; T2 has P5 pinned. Each ends on their own."""
    people = six()
    for k, route_id in ((0, "T1"), (1, "T1"), (5, "T2")):
        people[k] = replace(people[k], pinned_route_id=route_id)
    scenario = make_scenario(people, current_routes=(today("T1", "P0", "P1", "P2", "P3", "P4"), today("T2", "P5")))
    for seed in range(1, 4):
        planned = plan_for(scenario, TRAVEL, iterations=50, seed=seed)
        assert planned.hard == []
        assert [planned.route_of(pid).route_id for pid in ("P0", "P1", "P5")] == ["T1", "T1", "T2"]


@pytest.mark.parametrize("free_legs", [False, True])
def test_groups_travel_together(free_legs: bool) -> None:
    """P0 with P5, and P5 with P1 by another group: three on one route though P0 lives elsewhere."""
    people = [make_passenger("P0", 60), *six()[1:]]
    groups = (
        KeepTogether(group_id="G1", passenger_ids=("P0", "P5")),
        KeepTogether(group_id="G2", passenger_ids=("P5", "P1")),
    )
    scenario = make_scenario(
        people, keep_together=groups,
        policy=Policy(same_route_both_legs=not free_legs, ride_cap_primary_s=7200),
    )  # fmt: skip
    planned = plan_for(scenario, TRAVEL)
    assert planned.hard == []
    assert planned.unserved_ids == set()
    for pid in ("P5", "P1"):
        for leg in Leg:
            assert _route_on(planned.plan.routes, leg, pid) == _route_on(planned.plan.routes, leg, "P0")


def test_a_group_of_one_who_rides_out_and_one_who_rides_home_shares_a_route() -> None:
    """P0 rides in the mornings only, P1 in the afternoons only: never on board together, and yet on one route."""
    people = [make_passenger("P0", 0, legs=(Leg.AM,)), make_passenger("P1", 60, legs=(Leg.PM,)), *six()[2:]]
    groups = (KeepTogether(group_id="G", passenger_ids=("P0", "P1")),)
    planned = plan_for(make_scenario(people, keep_together=groups), TRAVEL)
    assert planned.hard == []
    assert planned.route_of("P0") is planned.route_of("P1")


def _route_on(routes: Any, leg: Leg, passenger_id: str) -> str:
    (route_id,) = {
        route.route_id for route in routes for run in route.runs if run.leg is leg and passenger_id in run.passenger_ids
    }
    return str(route_id)


# ---- the baseline ----


def test_no_current_routes_is_no_baseline() -> None:
    """None, so that no saving is claimed."""
    assert baseline_plan(make_scenario(six()), TRAVEL) is None


def test_the_baseline_is_todays_routes_on_the_planned_passengers() -> None:
    """P1 is not ready yet and left out of T1; P2 is on no route of today and listed as unserved."""
    people = six()[:3]
    people[1] = replace(people[1], ready_from=make_scenario().starts_on.replace(year=2027))
    scenario = make_scenario(people, current_routes=(today("T1", "P0", "P1"),))
    baseline = baseline_plan(scenario, TRAVEL)
    assert baseline is not None
    (route,) = baseline.routes
    assert route.passenger_ids == ("P0",)
    assert [u.passenger_id for u in baseline.unserved] == ["P2"]
    assert [v for v in check_plan(baseline, scenario, TRAVEL) if v.hard] == []


def test_gates_of_today_are_visited_in_order_of_their_bells() -> None:
    """Nobody writes the gates down: S2's bell is earlier in the morning and later in the afternoon."""
    late = make_school("S1", 31, start_s=33_000, finish_s=54_000)
    early = make_school("S2", 30, start_s=32_000, finish_s=54_600)
    people = [make_passenger("P0", 0, "S1"), make_passenger("P1", 0, "S2")]
    scenario = make_scenario(people, schools=(late, early), current_routes=(today("T1", "P0", "P1"),))
    _, index = encode(scenario, TRAVEL)
    (start,) = start_routes(scenario, index)
    assert [[index.hubs[h].gate_place_id for h in leg] for leg in start.hubs] == [[at(30), at(31)], [at(31), at(30)]]


def test_known_run_times_give_the_bias() -> None:
    """Run of 30 minutes and two of service known to take 40: 125 %."""
    scenario = make_scenario([make_passenger("P0", 0)], current_routes=(today("T1", "P0", known_am_s=2400),))
    baseline = baseline_plan(scenario, TRAVEL)
    assert baseline is not None
    assert travel_time_bias_pct(scenario, baseline) == 125
    unknown: Scenario = replace(scenario, current_routes=(today("T1", "P0"),))
    assert travel_time_bias_pct(unknown, baseline) is None


# ---- any routes of today ----

SOME = tuple(f for f in FEATURES if f not in {"free_legs", "keep_together"})


def drawn_routes(scenario: Scenario, travel: TravelMatrix, rng: Random) -> tuple[CurrentRoute, ...]:
    """Everybody on some route of today, in any order; every second route that breaks no rule is kept."""
    ids = [p.passenger_id for p in scenario.passengers]
    rng.shuffle(ids)
    routes: list[CurrentRoute] = []
    while ids:
        size = rng.randint(1, 4)
        group, ids = ids[:size], ids[size:]
        vehicle = rng.choice([*scenario.fleet_vehicles, None, None])
        if vehicle is not None and any(r.vehicle_id == vehicle.vehicle_id for r in routes):
            vehicle = None
        operators = [o.operator_id for o in scenario.operators if o.n_vehicles_by_class["CAR"] > 0]
        route = CurrentRoute(
            route_id=f"R00{len(routes)}", kind=RouteKind.BOUGHT if vehicle is None else RouteKind.FLEET,
            class_id="CAR" if vehicle is None else vehicle.class_id,
            vehicle_id=None if vehicle is None else vehicle.vehicle_id, am_passenger_ids=tuple(group),
            pm_passenger_ids=tuple(group[::-1]), day_rate_pence=5000,
            operator_id=rng.choice([*operators, None]) if vehicle is None else None,
        )  # fmt: skip
        kept = replace(route, kept=True)
        if rng.random() < 0.5 and _keepable(scenario, travel, [*(r for r in routes if r.kept), kept]):
            route = kept
        routes.append(route)
    return tuple(routes)


def _keepable(scenario: Scenario, travel: TravelMatrix, kept: list[CurrentRoute]) -> bool:
    told = replace(scenario, current_routes=tuple(kept))
    baseline = baseline_plan(told, travel)
    assert baseline is not None
    return not any(v.hard for v in check_plan(baseline, told, travel))


@settings(max_examples=60)
@given(st.sets(st.sampled_from(SOME), max_size=12), st.integers(2, 14), st.integers(0, 10_000))
def test_any_routes_of_today_are_a_sound_start(features: set[str], n: int, seed: int) -> None:
    """Kept ones stay, released ones good or bad: the plan passes the checker and costs what search and kept cost."""
    scenario, travel = make_world(sorted(features), n, seed)
    rng = Random(seed)
    scenario = replace(scenario, current_routes=drawn_routes(scenario, travel, rng))
    planned = plan_for(scenario, travel, iterations=30, seed=seed + 1)
    assert [v.sentence for v in planned.hard] == []
    kept = {r.route_id for r in scenario.current_routes if r.kept}
    rest = make_plan(*(r for r in planned.plan.routes if r.route_id not in kept))
    assert planned.result.assignment.cost == fortnight_pence(rest, scenario, travel)


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_begins_where_it_stands(seed: int) -> None:
    """Its own plan with its vehicles, pairs on one vehicle included, and no iterations: nothing is lost."""
    scenario, travel = make_world(["fleet", "tiers", "operators", "schools", "class_limit"], 8, seed)
    planned = plan_for(scenario, travel, iterations=150)
    n_routes = Counter(route.vehicle_id for route in planned.plan.routes if route.vehicle_id)
    again = plan_for(scenario, travel, iterations=0, start=start_of_plan(planned.index, planned.plan))
    assert again.unserved_ids == planned.unserved_ids
    if max(n_routes.values(), default=0) <= 2:
        assert again.fortnight_pence <= planned.fortnight_pence
        assert again.groups == planned.groups
