"""One vehicle, several runs: the exact assignment and the plan made of it agree with checker and cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from routing.encode import encode
from routing.solve import StartRoute
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
from tests.routing.planning import Planned, plan_for
from transport.calendar import Leg
from transport.passengers import Mobility, PaNeed
from transport.plan import RouteKind
from transport.policy import Policy
from transport.scenario import Scenario
from transport.schools import School, Session
from transport.travel import TravelMatrix
from transport.vehicles import Layout, Shift

TRAVEL = line_travel()
ONE_SCHOOL = Policy(max_schools_per_run=1)
DEAR = make_card(50_000, 0)


def as_today(scenario: Scenario, travel: TravelMatrix, *groups: str) -> list[StartRoute]:
    """Start routes by the first letter of their passengers, in the order given."""
    _, index = encode(scenario, travel)
    starts = []
    for letter in groups:
        riders = [i for i, r in enumerate(index.riders) if r.passenger.passenger_id.startswith(letter)]
        legs = [[i for i in riders if leg in index.riders[i].legs] for leg in Leg]
        hubs = [list(dict.fromkeys(index.hub_idx_by_rider[i] for i in leg)) for leg in legs]
        starts.append(StartRoute(order=(legs[0], legs[1]), hubs=(hubs[0], hubs[1])))
    return starts


def assigned(scenario: Scenario, travel: TravelMatrix, *groups: str) -> Planned:
    """The assignment of fixed routes: no iteration runs."""
    return plan_for(scenario, travel, iterations=1, start=as_today(scenario, travel, *groups), should_stop=lambda: True)


def assert_agrees(planned: Planned) -> None:
    assert [v.sentence for v in planned.hard] == []
    assert planned.result.assignment.cost == planned.fortnight_pence


def school_at(name: str, gate: int, minute: int, **changes: Any) -> School:
    """Bells at 8:00 and 14:00 and some minutes."""
    return make_school(name, gate, start_s=hm(8, minute), finish_s=hm(14, minute), **changes)


def test_two_runs_of_one_vehicle_are_paid_as_one_driver() -> None:
    """S1 at x10 from x0 at 8:15, S2 at x20 from x12 at 9:00: four paid hours and 100 km on V1."""
    schools = (school_at("S1", 10, 15), make_school("S2", 20, start_s=hm(9, 0), finish_s=hm(15, 0)))
    people = [make_passenger("A", 0, "S1"), make_passenger("B", 12, "S2")]
    scenario = make_scenario(people, schools=schools, fleet_vehicles=(make_vehicle(),), policy=ONE_SCHOOL)
    planned = assigned(scenario, TRAVEL, "A", "B")
    assert planned.n_fleet == 1
    assert [route.kind for route in planned.plan.routes] == [RouteKind.FLEET] * 2
    assert planned.fortnight_pence == 10 * (7200 + 3107)
    assert_agrees(planned)


def test_a_pa_who_is_on_the_second_run_only_is_paid_for_it() -> None:
    """No minimum for PAs: the PA of B's run is not paid while A rides."""
    schools = (school_at("S1", 10, 15), make_school("S2", 20, start_s=hm(9, 0), finish_s=hm(15, 0)))
    people = [make_passenger("A", 0, "S1"), make_passenger("B", 12, "S2", pa_need=PaNeed.SHARED)]
    policy = replace(ONE_SCHOOL, council_pa_min_paid_s=0)
    scenario = make_scenario(
        people, schools=schools, fleet_vehicles=(make_vehicle(),), policy=policy,
        vehicle_classes=(make_class(rate_card=DEAR),),
    )  # fmt: skip
    planned = assigned(scenario, TRAVEL, "A", "B")
    assert planned.n_fleet == 1
    assert_agrees(planned)


def test_a_pa_of_the_morning_only_is_not_paid_in_the_afternoon() -> None:
    """One run a leg, the PA's passenger rides in the morning only, no minimum: ten minutes and two of service."""
    people = [make_passenger("A1", 20), make_passenger("A2", 20, legs=(Leg.AM,), pa_need=PaNeed.ONE_TO_ONE)]
    policy = Policy(council_pa_min_paid_s=0, council_pa_pence_per_hour=1200)
    scenario = make_scenario(
        people, fleet_vehicles=(make_vehicle(mile_rate_pence=0),), policy=policy,
        vehicle_classes=(make_class(rate_card=DEAR),),
    )  # fmt: skip
    planned = assigned(scenario, TRAVEL, "A")
    assert planned.fortnight_pence == 10 * (7200 + 1200 * 14 // 60)
    assert_agrees(planned)


def three_schools(loads: tuple[tuple[int, int], ...], policy: Policy, layouts: tuple[tuple[int, int], ...]) -> Scenario:
    """Schools at x10, x20 and x30, bells half an hour apart; each run starts at its gate's neighbour place.

    loads : per school (on foot, in wheelchairs).
    """
    schools = [school_at(f"S{k}", 10 * k + 10, 30 * k, arrive_earliest_before_s=600) for k in range(2)]
    schools.append(make_school("S2", 30, start_s=hm(9, 0), finish_s=hm(15, 0), arrive_earliest_before_s=600))
    people = [
        make_passenger(
            f"{'ABC'[k]}{i}", 10 * k + 8, f"S{k}", board_s=10, alight_s=10, school_board_s=5, school_alight_s=5,
            mobility=Mobility.IN_WHEELCHAIR if i >= on_foot else Mobility.WALKS_ON,
        )
        for k, (on_foot, in_chairs) in enumerate(loads)
        for i in range(on_foot + in_chairs)
    ]  # fmt: skip
    return make_scenario(
        people, schools=tuple(schools), policy=policy, fleet_vehicles=(make_vehicle(),),
        vehicle_classes=(make_class(layouts=layouts, rate_card=make_card(12_000, 0)),),
    )  # fmt: skip


def test_three_runs_in_a_shift() -> None:
    """All three on V1."""
    scenario = three_schools(((3, 0), (3, 0), (3, 0)), ONE_SCHOOL, ((4, 0),))
    planned = assigned(scenario, TRAVEL, "A", "B", "C")
    assert planned.n_fleet == 1
    assert [route.kind for route in planned.plan.routes] == [RouteKind.FLEET] * 3
    assert_agrees(planned)


@pytest.mark.parametrize("change_s", [60, 1200, 7200])
def test_a_layout_change_in_the_middle_of_three_runs(change_s: int) -> None:
    """6+0, then 2+0, then 2+2 with layouts 6+0 and 3+2: the middle run fits either, but one change there must be."""
    policy = replace(ONE_SCHOOL, layout_change_s=change_s)
    planned = assigned(three_schools(((6, 0), (2, 0), (2, 2)), policy, ((6, 0), (3, 2))), TRAVEL, "A", "B", "C")
    assert_agrees(planned)


def test_runs_that_one_layout_holds_need_no_change() -> None:
    """One on foot, one on foot, one in a wheelchair: 3+1 holds each of them, so a change of two hours is never made."""
    policy = replace(ONE_SCHOOL, layout_change_s=7200)
    planned = assigned(three_schools(((1, 0), (1, 0), (0, 1)), policy, ((6, 0), (3, 1))), TRAVEL, "A", "B", "C")
    assert planned.n_fleet == 1
    assert {run.layout for route in planned.plan.routes for run in route.runs} == {Layout(seats=3, wheelchairs=1)}
    assert_agrees(planned)


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_two_morning_runs_that_would_start_at_one_moment(order: str) -> None:
    """Alone both leave x0 at the same second for x10. S2 may come an hour early, S1 but a second: S2's run goes first.

    In the afternoon S2 ends half an hour after S1, so that one vehicle has the time. Where the assignment puts both
    runs on it, the plan must drive them in the order that the assignment meant.
    """
    schools = (
        school_at("S1", 10, 30, arrive_earliest_before_s=301),
        make_school("S2", 10, start_s=hm(8, 30), finish_s=hm(15, 0), arrive_earliest_before_s=4000),
    )
    people = [make_passenger("A", 0, "S2"), make_passenger("B", 0, "S1")]
    scenario = make_scenario(
        people, schools=schools, policy=ONE_SCHOOL, fleet_vehicles=(make_vehicle(),),
        vehicle_classes=(make_class(rate_card=DEAR),),
    )  # fmt: skip
    planned = assigned(scenario, TRAVEL, *order)
    assert_agrees(planned)
    if order == "AB":
        assert [route.kind for route in planned.plan.routes] == [RouteKind.FLEET] * 2


def test_a_morning_run_and_an_afternoon_run_do_not_overlap() -> None:
    """A starts at 13:00, B ends at 12:00, the shifts overlap: one vehicle cannot do A's morning and B's afternoon."""
    late, early = Session(start_s=hm(13, 0), finish_s=hm(15, 0)), Session(start_s=hm(9, 0), finish_s=hm(12, 30))
    people = [
        make_passenger("A1", 0, own_sessions=(late,) * 10),
        make_passenger("B1", 0, own_sessions=(early,) * 10),
    ]
    vehicle = make_vehicle(
        am_shift=Shift(start_s=hm(6, 0), end_s=hm(15, 0)), pm_shift=Shift(start_s=hm(11, 0), end_s=hm(19, 0))
    )
    scenario = make_scenario(
        people, fleet_vehicles=(vehicle,), vehicle_classes=(make_class(rate_card=make_card(12_000)),)
    )
    planned = assigned(scenario, TRAVEL, "A", "B")
    assert_agrees(planned)


def test_a_slower_vehicles_soft_prices_are_counted_where_it_drives() -> None:
    """The fleet BUS is slower than the bought CAR, and its ride is over the wish: both sides say by how much."""
    seconds = np.concatenate([TRAVEL.seconds, TRAVEL.seconds * 3 // 2])
    travel = replace(
        TRAVEL, seconds=seconds, metres=np.concatenate([TRAVEL.metres] * 2), profile_by_class_id={"CAR": 0, "BUS": 1}
    )
    schools = (school_at("S1", 10, 15), make_school("S2", 20, start_s=hm(9, 0), finish_s=hm(15, 0)))
    people = [make_passenger("A", 0, "S1"), make_passenger("B", 12, "S2")]
    scenario = make_scenario(
        people, schools=schools,
        policy=replace(ONE_SCHOOL, ride_target_primary_s=300, ride_over_target_pence_per_min=20),
        vehicle_classes=(make_class(), make_class("BUS", rate_card=None)),
        fleet_vehicles=(make_vehicle(class_id="BUS"),),
    )  # fmt: skip
    planned = assigned(scenario, travel, "A", "B")
    assert planned.n_fleet == 1
    assert_agrees(planned)


def test_both_legs_of_a_passenger_are_on_one_fleet_vehicle_also_where_routes_are_free() -> None:
    """Legs may differ in route, but not in the council's vehicle: two vehicles, two passengers crossing."""
    people = [
        replace(make_passenger("A", 0), pm_place_ids=("x60",) * 10),
        replace(make_passenger("B", 60), pm_place_ids=("x0",) * 10),
        replace(make_passenger("C", 0), pm_place_ids=("x0",) * 10),
        replace(make_passenger("D", 60), pm_place_ids=("x60",) * 10),
    ]
    scenario = make_scenario(
        people, policy=Policy(same_route_both_legs=False),
        vehicle_classes=(make_class(layouts=((2, 0),), rate_card=DEAR),),
        fleet_vehicles=(make_vehicle("V1"), make_vehicle("V2")),
    )  # fmt: skip
    planned = plan_for(scenario, TRAVEL, iterations=300)
    assert_agrees(planned)
