"""Families disturbed, on the line world: who counts, for what, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import line_travel, make_assistant, make_passenger, make_plan, make_scenario, route_of
from transport.calendar import ALL_DAYS
from transport.check import Rule, check_plan
from transport.check.disturbed import Why, disturbed_of
from transport.cost import objective_of
from transport.passengers import PaNeed
from transport.plan import Plan, Unserved
from transport.policy import Policy
from transport.scenario import Scenario

TRAVEL = line_travel()
WHEN = "on Mon–Fri"


def two(**policy: Any) -> Scenario:
    """P1 at x10 and P2 at x20, who go to S1 at x30."""
    return make_scenario([make_passenger("P1", 10), make_passenger("P2", 20)], policy=Policy(**policy))


def plan_of_two(scenario: Scenario, route_id: str = "R1", **route: Any) -> Plan:
    return make_plan(route_of(scenario, TRAVEL, route_id, ("P1", "P2"), ("P2", "P1"), **route))


def disturbed(plan: Plan, reference: Plan, scenario: Scenario) -> dict[str, tuple[Why, ...]]:
    return {item.passenger_id: item.reasons for item in disturbed_of(plan, reference, scenario)}


def test_the_same_plan_disturbs_nobody() -> None:
    """Another order of the list of routes is no difference."""
    scenario = two()
    plan = plan_of_two(scenario)
    assert disturbed(plan, plan, scenario) == {}


@pytest.mark.parametrize(("later_s", "is_disturbed"), [(600, False), (601, True), (-600, False), (-601, True)])
def test_a_time_may_move_by_the_tolerance_and_no_second_more(later_s: int, is_disturbed: bool) -> None:
    """Ten minutes unless the policy says otherwise, earlier or later."""
    scenario = two()
    reference, plan = plan_of_two(scenario), plan_of_two(scenario, later_s=later_s)
    expected = {"P1": (Why.TIME,), "P2": (Why.TIME,)} if is_disturbed else {}
    assert disturbed(plan, reference, scenario) == expected


def test_the_sentence_says_what_moves_and_when() -> None:
    """Pick-up and drop-off, by how much and on which days."""
    scenario = two(disturbed_tolerance_s=60)
    found = disturbed_of(plan_of_two(scenario, later_s=90), plan_of_two(scenario), scenario)
    assert found[0].sentence == (f"Passenger P1: picked up 1 min 30 s later {WHEN}; set down 1 min 30 s later {WHEN}")
    assert found[0].moved_s == 90


@pytest.mark.parametrize(
    ("before", "now", "is_disturbed"),
    [
        ({}, {"route_id": "R2"}, True),
        ({"vehicle_id": "V1"}, {"vehicle_id": "V1"}, False),
        ({"vehicle_id": "V1"}, {"vehicle_id": "V2"}, True),
        ({"vehicle_id": "V1"}, {}, True),
        ({"operator_id": "O1"}, {"operator_id": "O1"}, False),
        ({"operator_id": "O1"}, {"operator_id": "O2"}, True),
        ({"operator_id": "O1"}, {}, False),
        ({}, {"operator_id": "O2"}, False),
    ],
)
def test_another_vehicle_disturbs(before: dict[str, Any], now: dict[str, Any], is_disturbed: bool) -> None:
    """Same id and the same fleet vehicle, or no other operator; who wins a tender is open."""
    scenario = two()
    found = disturbed(plan_of_two(scenario, **now), plan_of_two(scenario, **before), scenario)
    assert found == ({"P1": (Why.VEHICLE,), "P2": (Why.VEHICLE,)} if is_disturbed else {})


def test_another_class_of_vehicle_disturbs() -> None:
    """A bus instead of a car."""
    scenario = two()
    reference = plan_of_two(scenario)
    plan = replace(reference, routes=(replace(reference.routes[0], class_id="BUS"),))
    found = disturbed_of(plan, reference, scenario)
    assert found[0].sentence == "Passenger P1: route R1 (BUS, to be tendered) instead of route R1 (CAR, to be tendered)"


def test_another_pa_disturbs_those_who_need_one() -> None:
    """A1 is replaced by A2; P2 needs no PA and sees no difference that counts."""
    people = [make_passenger("P1", 10, pa_need=PaNeed.SHARED), make_passenger("P2", 20)]
    scenario = make_scenario(people, assistants=(make_assistant("A1"), make_assistant("A2")))
    before = plan_of_two(scenario, vehicle_id="V1", n_pas=1, pa_ids=("A1",))
    now = plan_of_two(scenario, vehicle_id="V1", n_pas=1, pa_ids=("A2",))
    assert disturbed(now, before, scenario) == {"P1": (Why.PA,)}
    assert disturbed_of(now, before, scenario)[0].sentence == "Passenger P1: PA A2 instead of A1"
    unlisted = plan_of_two(scenario, vehicle_id="V1", n_pas=1)
    assert disturbed(unlisted, before, scenario) == {}


def test_who_is_new_or_unserved_or_travels_on_other_days_is_not_disturbed() -> None:
    """There is nothing to compare with."""
    scenario = two()
    everybody = plan_of_two(scenario)
    only_p1 = make_plan(
        route_of(scenario, TRAVEL, "R9", ("P1",), ("P1",)),
        unserved=(Unserved(passenger_id="P2", cause="ride_over_cap", sentence="too far"),),
    )
    assert disturbed(only_p1, everybody, scenario) == {"P1": (Why.VEHICLE,)}
    assert disturbed(everybody, only_p1, scenario) == {"P1": (Why.VEHICLE,)}
    route = everybody.routes[0]
    mondays = replace(route, route_id="R9", runs=tuple(replace(run, days=(0, 5)) for run in route.runs))
    rest = replace(route, runs=tuple(replace(run, days=tuple(set(ALL_DAYS) - {0, 5})) for run in route.runs))
    assert disturbed(replace(everybody, routes=(rest,)), replace(everybody, routes=(mondays,)), scenario) == {}


def test_each_family_is_priced_once_a_week() -> None:
    """Two passengers with another vehicle and other times: twice £7.31 beside the money."""
    scenario = two(disturbed_pence_per_week=731)
    reference, plan = plan_of_two(scenario), plan_of_two(scenario, "R2", later_s=900)
    alone = objective_of(plan, scenario, TRAVEL)
    watched = objective_of(plan, scenario, TRAVEL, reference=reference)
    assert disturbed(plan, reference, scenario) == dict.fromkeys(("P1", "P2"), (Why.VEHICLE, Why.TIME))
    assert (watched.money_pence, watched.soft_pence) == (alone.money_pence, alone.soft_pence + 2 * 731)


@pytest.mark.parametrize(("cap", "over"), [(0, 2), (1, 1), (2, 0), (1_000_000, 0)])
def test_the_cap_counts_families(cap: int, over: int) -> None:
    """Two are disturbed; the amount is how many too many."""
    scenario = two(max_disturbed=cap)
    plan, reference = plan_of_two(scenario, "R2"), plan_of_two(scenario)
    found = [v for v in check_plan(plan, scenario, TRAVEL, reference) if v.rule is Rule.TOO_MANY_DISTURBED]
    assert [(v.amount, v.passenger_ids) for v in found] == ([(over, ("P1", "P2"))] if over else [])
    assert [v for v in check_plan(plan, scenario, TRAVEL) if v.rule is Rule.TOO_MANY_DISTURBED] == []
