"""What holds for every plan: names and order do not matter, items sum, no damage makes the checker raise."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import (
    at,
    line_travel,
    make_card,
    make_class,
    make_passenger,
    make_plan,
    make_scenario,
    make_vehicle,
    route_of,
)
from tests.transport.planted import PLANTED, Borough, make_borough
from transport.calendar import ALL_DAYS, N_DAYS, Leg
from transport.check import check_plan, rides_of
from transport.cost import CostKind, cost_of, objective_of
from transport.money import half_up
from transport.passengers import PaNeed
from transport.plan import Plan, Route, Run, Stop
from transport.scenario import Scenario
from transport.vehicles import Layout

TRAVEL = line_travel()
BOROUGH = make_borough()

days_of_week = st.sets(st.sampled_from(ALL_DAYS), min_size=1).map(lambda days: tuple(sorted(days)))


@st.composite
def line_plans(draw: st.DrawFn) -> tuple[Plan, Scenario]:
    """Up to seven part-week passengers of one school on up to three routes, bought or of the fleet."""
    n = draw(st.integers(1, 7))
    people = [
        make_passenger(
            f"P{i}",
            draw(st.integers(0, 60)),
            days=draw(days_of_week),
            walk_s=draw(st.integers(0, 900)),
            pa_need=draw(st.sampled_from([PaNeed.NONE, PaNeed.SHARED, PaNeed.ONE_TO_ONE])),
        )
        for i in range(n)
    ]
    card = make_card(
        draw(st.integers(0, 9999)), draw(st.integers(0, 300)), draw(st.integers(0, 7000)),
        free_m=draw(st.integers(0, 60_000)), one_leg_share_pct=draw(st.integers(0, 100)),
    )  # fmt: skip
    scenario = make_scenario(
        people,
        vehicle_classes=(make_class(layouts=((9, 0),), rate_card=card),),
        fleet_vehicles=(make_vehicle("V1", driver_min_paid_s=draw(st.integers(0, 14_400))),),
    )
    route_idx = [draw(st.integers(0, 2)) for _ in people]
    routes = []
    for k in range(3):
        ids = tuple(p.passenger_id for p, idx in zip(people, route_idx, strict=True) if idx == k)
        if ids:
            changes: dict[str, Any] = {"vehicle_id": "V1"} if k == 0 else {}
            pm = draw(st.permutations(ids))
            n_pas = draw(st.integers(0, 2))
            routes.append(route_of(scenario, TRAVEL, f"R{k}", ids, pm, n_pas=n_pas, **changes))
    return make_plan(*routes), scenario


@given(line_plans())
def test_items_sum_to_every_total(case: tuple[Plan, Scenario]) -> None:
    """Days to weeks, kinds to weeks, routes to weeks and years, avoidable and committed to both."""
    plan, scenario = case
    cost = cost_of(plan, scenario, TRAVEL)
    days = [cost.pence_of_day(day) for day in ALL_DAYS]
    assert sum(days) == sum(item.pence * len(item.days) for item in cost.items)
    assert cost.week_pence == half_up(sum(days), 2)
    assert cost.avoidable_week_pence + cost.committed_week_pence == cost.week_pence
    assert sum(cost.week_pence_by_route.values()) == cost.week_pence
    assert sum(cost.week_pence_by_kind.values()) == cost.week_pence
    assert sum(cost.year_pence_by_route.values()) == cost.year_pence
    assert cost.year_pence == 19 * sum(days)
    assert all(pence >= 0 for pence in cost.week_pence_by_route.values())


@given(line_plans(), st.randoms(use_true_random=False))
def test_the_order_of_routes_changes_no_total(case: tuple[Plan, Scenario], random: Any) -> None:
    """Routes, their runs and lots in any order: the same money, the same objective, the same violations."""
    plan, scenario = case
    routes = [replace(route, runs=tuple(random.sample(route.runs, len(route.runs)))) for route in plan.routes]
    random.shuffle(routes)
    other = replace(plan, routes=tuple(routes), lots=plan.lots[::-1])
    one, two = cost_of(plan, scenario, TRAVEL), cost_of(other, scenario, TRAVEL)
    assert one.week_pence == two.week_pence
    assert one.year_pence == two.year_pence
    assert [one.pence_of_day(day) for day in ALL_DAYS] == [two.pence_of_day(day) for day in ALL_DAYS]
    assert objective_of(plan, scenario, TRAVEL) == objective_of(other, scenario, TRAVEL)
    assert sorted(map(str, check_plan(plan, scenario, TRAVEL))) == sorted(map(str, check_plan(other, scenario, TRAVEL)))


@given(line_plans())
def test_rides_cover_every_boarding_and_no_ride_beats_the_direct_drive(case: tuple[Plan, Scenario]) -> None:
    """On the line nobody travels faster than straight."""
    plan, scenario = case
    rides = rides_of(plan, scenario, TRAVEL)
    assert len(rides) == sum(len(run.passenger_ids) for route in plan.routes for run in route.runs)
    assert all(ride.ride_s >= ride.direct_s for ride in rides)


@given(line_plans(), st.integers(2, 7))
def test_a_rate_card_with_every_price_times_k_costs_k_times_as_much(case: tuple[Plan, Scenario], k: int) -> None:
    """Up to the rounding of each item: half a penny of the dearer, k halves of the cheaper."""
    plan, scenario = case
    (vehicle_class,) = scenario.vehicle_classes
    card = vehicle_class.rate_card
    assert card is not None
    dearer = replace(
        card, base_pence=k * card.base_pence, mile_rate_pence=k * card.mile_rate_pence,
        pa_day_rate_pence=k * card.pa_day_rate_pence,
    )  # fmt: skip
    other = replace(scenario, vehicle_classes=(replace(vehicle_class, rate_card=dearer),))
    bought = {CostKind.BASE, CostKind.MILES, CostKind.LONG_LEG, CostKind.OPERATOR_PA}
    one = [i for i in cost_of(plan, scenario, TRAVEL).items if i.kind in bought]
    two = [i for i in cost_of(plan, other, TRAVEL).items if i.kind in bought]
    n_items = sum(len(i.days) for i in two)
    cheap, dear = (sum(i.pence * len(i.days) for i in items) for items in (one, two))
    assert 2 * abs(dear - k * cheap) <= (k + 1) * n_items


@given(line_plans())
def test_a_plan_on_week_a_alone_costs_half_of_the_same_on_both_weeks(case: tuple[Plan, Scenario]) -> None:
    """Where week B repeats week A, the fortnight is twice week A; a year, too."""
    plan, scenario = case
    doubled, single = [], []
    for p in scenario.passengers:
        five = p.am_place_ids[:5] if any(p.am_place_ids[:5]) else p.am_place_ids[5:]
        doubled.append(replace(p, am_place_ids=five * 2, pm_place_ids=five * 2))
        single.append(replace(p, am_place_ids=five + (None,) * 5, pm_place_ids=five + (None,) * 5))
    totals = []
    for people in (single, doubled):
        weekly = replace(scenario, passengers=tuple(people))
        routes = [_again(route, weekly) for route in plan.routes]
        cost = cost_of(make_plan(*routes), weekly, TRAVEL)
        totals.append((sum(cost.pence_of_day(day) for day in ALL_DAYS), cost.year_pence))
    assert totals[1] == (2 * totals[0][0], 2 * totals[0][1])


def _again(route: Route, scenario: Scenario) -> Route:
    """The same route for changed days."""
    assert route.am is not None
    assert route.pm is not None
    return route_of(
        scenario, TRAVEL, route.route_id, route.am.passenger_ids, route.pm.passenger_ids,
        n_pas=route.runs[0].n_pas, vehicle_id=route.vehicle_id,
    )  # fmt: skip


def _renamed(thing: Any, prefix: str) -> Any:
    """A domain object with every id of passengers, routes, lots, vehicles, operators and PAs prefixed."""
    text = re.compile(r"\b(?=(?:P\d|F\d|B\d|K\d|V\d|O\d|A\d|L-|G\d))")
    if isinstance(thing, str):
        return text.sub(prefix, thing, count=1) if type(thing) is str else thing
    if isinstance(thing, dict):
        return {_renamed(key, prefix): _renamed(value, prefix) for key, value in thing.items()}
    if isinstance(thing, tuple | frozenset):
        return type(thing)(_renamed(part, prefix) for part in thing)
    if hasattr(thing, "__dataclass_fields__"):
        fields = [f.name for f in thing.__dataclass_fields__.values() if f.init]
        return replace(thing, **{name: _renamed(getattr(thing, name), prefix) for name in fields})
    return thing


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.rule.value)
def test_renaming_ids_changes_neither_cost_nor_violations(planted: Any) -> None:
    """Every planted damage, with all ids of the borough renamed: the same rules, amounts and money."""
    damaged = planted.damage(BOROUGH)
    scenario, plan = _renamed(damaged.scenario, "z"), _renamed(damaged.plan, "z")
    assert set(scenario.passenger_by_id).isdisjoint(damaged.scenario.passenger_by_id)
    one = check_plan(damaged.plan, damaged.scenario, damaged.travel)
    two = check_plan(plan, scenario, damaged.travel)
    assert [(v.rule, v.amount, v.days) for v in one] == [(v.rule, v.amount, v.days) for v in two]
    if planted.rule.value not in {"not_buyable"}:
        before, after = (
            cost_of(damaged.plan, damaged.scenario, damaged.travel),
            cost_of(plan, scenario, damaged.travel),
        )
        assert list(before.week_pence_by_route.values()) == list(after.week_pence_by_route.values())
        assert before.year_pence == after.year_pence
        assert objective_of(damaged.plan, damaged.scenario, damaged.travel) == objective_of(
            plan, scenario, damaged.travel
        )


names = st.sampled_from(["P1", "P6", "P8", "P13", "P99", "S1", "S9", "A1", "A9", at(5), at(30), "y1"])
id_lists = st.lists(names, max_size=3).map(tuple)
clocks = st.integers(-100_000, 200_000)
stops = st.builds(
    Stop, place_id=names, arrive_at_s=clocks, start_at_s=clocks, depart_at_s=clocks, boarding=id_lists,
    alighting=id_lists, pas_boarding=id_lists, pas_alighting=id_lists, school_id=st.none() | names,
)  # fmt: skip
runs = st.builds(
    Run, leg=st.sampled_from([Leg.AM, Leg.PM]), days=st.lists(st.integers(-1, N_DAYS), max_size=4).map(tuple),
    stops=st.lists(stops, max_size=4).map(tuple), n_pas=st.integers(-2, 5),
    layout=st.just(Layout(seats=4, wheelchairs=0)),
)  # fmt: skip


@settings(max_examples=150)
@given(st.data())
def test_the_checker_never_raises_on_a_bad_plan(data: st.DataObject) -> None:
    """Routes of the borough with random runs, patterns, classes, lots and PAs: violations, not exceptions."""
    routes = [
        replace(
            route,
            runs=tuple(data.draw(st.lists(runs, max_size=3))) + data.draw(st.sampled_from([(), route.runs])),
            class_id=data.draw(st.sampled_from(["CAR", "BUS", "TRAM"])),
            lot_id=data.draw(st.sampled_from([route.lot_id, None, "L-B2", "L-X"])),
            operator_id=data.draw(st.sampled_from([route.operator_id, "O1", "O9"])),
            pa_ids=data.draw(id_lists),
            am=data.draw(st.sampled_from([route.am, None])),
        )
        for route in BOROUGH.plan.routes[: data.draw(st.integers(1, 7))]
    ]
    borough: Borough = BOROUGH.with_plan(replace(BOROUGH.plan, routes=tuple(routes)))
    found = check_plan(borough.plan, borough.scenario, borough.travel)
    assert all(violation.amount > 0 and violation.sentence for violation in found)
    assert found
    with suppress(ValueError):
        assert cost_of(borough.plan, borough.scenario, borough.travel).week_pence >= 0
