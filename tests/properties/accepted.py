"""Plans that the checker accepts and the search does not look for: what a bound must not forget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.builders import (
    hm,
    line_travel,
    make_assistant,
    make_card,
    make_class,
    make_lot,
    make_operator,
    make_passenger,
    make_plan,
    make_run,
    make_scenario,
    make_school,
    make_vehicle,
    route_of,
)
from tests.routing.test_held_lots import contract, held
from tests.routing.test_start import today
from transport.calendar import Leg
from transport.lots import Lot, LotState
from transport.passengers import PaNeed
from transport.plan import Pattern, Plan, Route, RouteKind, Unserved
from transport.policy import Policy
from transport.scenario import Scenario
from transport.travel import TravelMatrix

TRAVEL = line_travel()
EARLY, LATE = make_school("S1", 30), make_school("S2", 31, start_s=hm(11, 0), finish_s=hm(17, 0))
"""Two hours apart, so that nobody's ride could wait for the other bell."""
FOR_ONE_AND_PA = make_class(layouts=((2, 0),), rate_card=make_card(900_000, 100, 900_000))
"""Holds one passenger and a PA, and is far too dear to buy."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Accepted:
    """A plan that the checker accepts."""

    scenario: Scenario
    plan: Plan
    travel: TravelMatrix = TRAVEL


def two_routes_by_one_vehicle_of_an_operator() -> Accepted:
    """O1's one car fetches P1 before P2 has to leave: a limit counts vehicles out at once, not routes."""
    cheap = make_operator("O1", {"CAR": 1}, rate_cards={"CAR": make_card(100, 0)})
    people = [make_passenger("P1", 20, solo=True), make_passenger("P2", 21, "S2", solo=True)]
    scenario = make_scenario(people, schools=(EARLY, LATE), operators=(cheap,))
    routes = [
        route_of(scenario, TRAVEL, f"R{k}", [f"P{k}"], [f"P{k}"], operator_id="O1", lot_id=f"L{k}") for k in (1, 2)
    ]
    return Accepted(scenario=scenario, plan=make_plan(*routes))


def a_second_run_of_a_kept_vehicle() -> Accepted:
    """V1 is kept for P1; it may also fetch P2 at the price of the miles."""
    people = [make_passenger("P1", 20), make_passenger("P2", 21, "S2")]
    vehicle = make_vehicle(max_runs_per_shift=2, can_be_given_up=True, fixed_pence_per_day=9500, driver_min_paid_s=0)
    kept = today("T1", "P1", kind=RouteKind.FLEET, vehicle_id="V1", kept=True, day_rate_pence=0)
    dear = make_class(rate_card=make_card(90_000))
    scenario = make_scenario(
        people, schools=(EARLY, LATE), fleet_vehicles=(vehicle,), current_routes=(kept,), vehicle_classes=(dear,)
    )
    routes = [
        route_of(scenario, TRAVEL, name, [pid], [pid], vehicle_id="V1", kept=name == "T1")
        for name, pid in (("T1", "P1"), ("R2", "P2"))
    ]
    return Accepted(scenario=scenario, plan=make_plan(*routes))


def a_lot_that_is_extended() -> Accepted:
    """P1's lot may go on at a penny a day."""
    scenario = make_scenario(
        [make_passenger("P1", 10)], operators=(make_operator(),), contracts=(contract("L1", 1),),
        current_routes=(held("T1", "L1", "P1"),),
    )  # fmt: skip
    route = route_of(scenario, TRAVEL, "T1", ["P1"], ["P1"], operator_id="O1", lot_id="L1")
    return Accepted(scenario=scenario, plan=make_plan(route, lots=[make_lot(route, LotState.HELD)]))


def a_released_lot_held_with_another_passenger() -> Accepted:
    """T1 is P1's route today, not kept; the plan holds its lot at the contract's penny a day and has P2 ride too."""
    scenario = make_scenario(
        [make_passenger("P1", 10), make_passenger("P2", 11)], operators=(make_operator(),),
        contracts=(contract("L1", 1),), current_routes=(held("T1", "L1", "P1", extendable=False),),
    )  # fmt: skip
    route = route_of(scenario, TRAVEL, "T1", ["P1", "P2"], ["P2", "P1"], operator_id="O1", lot_id="L1")
    return Accepted(scenario=scenario, plan=make_plan(route, lots=[make_lot(route, LotState.HELD)]))


def a_route_of_today_at_todays_rate() -> Accepted:
    """T1 costs a penny a day today, without a contract; the plan takes its name and rate for P1 and P2."""
    current = today("T1", "P1", operator_id="O1", day_rate_pence=1)
    scenario = make_scenario(
        [make_passenger("P1", 10), make_passenger("P2", 11)], operators=(make_operator(),), current_routes=(current,)
    )
    route = route_of(scenario, TRAVEL, "T1", ["P1", "P2"], ["P2", "P1"], operator_id="O1", lot_id="L-T1")
    return Accepted(scenario=scenario, plan=make_plan(route, lots=[make_lot(route, LotState.HELD)]))


def a_kept_route_by_the_card() -> Accepted:
    """T1 is kept and costs £99 a day; its operator's card would charge a pound."""
    current = today("T1", "P1", operator_id="O1", kept=True)
    cheap = make_operator("O1", {"CAR": 9}, rate_cards={"CAR": make_card(100, 0)})
    scenario = make_scenario([make_passenger("P1", 10)], operators=(cheap,), current_routes=(current,))
    route = route_of(scenario, TRAVEL, "T1", ["P1"], ["P1"], operator_id="O1", lot_id="L-T1", kept=True)
    return Accepted(scenario=scenario, plan=make_plan(route))


def kept_on_mondays() -> tuple[Scenario, Route]:
    """T1, kept, takes P1 on Mondays with O1's one car; O1's card is a pound, the council's £900."""
    cheap = make_operator("O1", {"CAR": 1}, rate_cards={"CAR": make_card(100, 0)})
    dear = make_class(rate_card=make_card(90_000), max_routes=1)
    people = [make_passenger("P1", 10, days=(0, 5)), make_passenger("P2", 10, days=(1, 6))]
    scenario = make_scenario(
        people, operators=(cheap,), vehicle_classes=(dear,),
        current_routes=(today("T1", "P1", operator_id="O1", kept=True),),
    )  # fmt: skip
    return scenario, route_of(scenario, TRAVEL, "T1", ["P1"], ["P1"], operator_id="O1", lot_id="L-T1", kept=True)


def another_route_on_days_when_a_kept_one_rests() -> Accepted:
    """P2 rides on Tuesdays: O1's car is free then, and the class's one route a day not taken."""
    scenario, kept = kept_on_mondays()
    route = route_of(scenario, TRAVEL, "R2", ["P2"], ["P2"], operator_id="O1", lot_id="L2")
    return Accepted(
        scenario=scenario, plan=make_plan(kept, route, lots=[make_lot(kept, LotState.HELD), make_lot(route)])
    )


def a_council_pa_on_a_bought_route() -> Accepted:
    """A1 for ten pence an hour rides on the operator's car, whose own PAs cost £600 a day."""
    pa = make_assistant("A1", pence_per_hour=10, min_paid_s=0)
    scenario = make_scenario(
        [make_passenger("P1", 10, pa_need=PaNeed.SHARED)], assistants=(pa,),
        vehicle_classes=(make_class(rate_card=make_card(5000, 100, 60_000)),),
    )  # fmt: skip
    return Accepted(
        scenario=scenario, plan=make_plan(route_of(scenario, TRAVEL, "R1", ["P1"], ["P1"], n_pas=1, pa_ids=("A1",)))
    )


def a_listed_pa_on_two_vehicles_in_turn() -> Accepted:
    """A1, £900 a day, rides with P1 on V1, then with P2 on V2."""
    pa = make_assistant("A1", pence_per_hour=9000, min_paid_s=36_000)
    people = [make_passenger(f"P{k}", 20, f"S{k}", pa_need=PaNeed.SHARED) for k in (1, 2)]
    vehicles = tuple(
        make_vehicle(v, fixed_pence_per_day=0, driver_min_paid_s=0, max_runs_per_shift=1) for v in ("V1", "V2")
    )
    scenario = make_scenario(
        people, schools=(EARLY, LATE), fleet_vehicles=vehicles, assistants=(pa,), vehicle_classes=(FOR_ONE_AND_PA,),
        policy=Policy(council_pa_pence_per_hour=9000, council_pa_min_paid_s=36_000),
    )  # fmt: skip
    routes = [
        route_of(scenario, TRAVEL, f"R{k}", [f"P{k}"], [f"P{k}"], n_pas=1, pa_ids=("A1",), vehicle_id=f"V{k}")
        for k in (1, 2)
    ]
    return Accepted(scenario=scenario, plan=make_plan(*routes))


def an_unlisted_pa_beside_a_dear_listed_one() -> Accepted:
    """A1 costs £900 a day; the fleet route takes a PA who is not named, at the policy's £13.50 an hour."""
    pa = make_assistant("A1", pence_per_hour=9000, min_paid_s=36_000)
    scenario = make_scenario(
        [make_passenger("P1", 20, pa_need=PaNeed.SHARED)], fleet_vehicles=(make_vehicle(),), assistants=(pa,),
        vehicle_classes=(FOR_ONE_AND_PA,), policy=Policy(council_pa_min_paid_s=0),
    )  # fmt: skip
    route = route_of(scenario, TRAVEL, "R1", ["P1"], ["P1"], n_pas=1, vehicle_id="V1")
    return Accepted(scenario=scenario, plan=make_plan(route))


def one_seat_filled_twice_on_a_run() -> Accepted:
    """A car with one seat takes P1 to S1 and goes on for P2 to S2: boarding after the first alighting is allowed."""
    single = make_class(layouts=((1, 0),), rate_card=make_card(5000, 0))
    schools = (make_school("S1", 10, start_s=hm(8, 30)), make_school("S2", 30))
    people = [make_passenger("P1", 5, legs=(Leg.AM,)), make_passenger("P2", 20, "S2", legs=(Leg.AM,))]
    policy = Policy(board_after_first_alight=True)
    scenario = make_scenario(people, schools=schools, vehicle_classes=(single,), policy=policy)
    first = make_run(scenario, TRAVEL, Leg.AM, ["P1"])
    second = make_run(scenario, TRAVEL, Leg.AM, ["P2"])
    run = replace(first, stops=(*first.stops, *second.stops))
    pattern = Pattern(passenger_ids=("P1", "P2"), gates=(("S1", "x10"), ("S2", "x30")))
    route = Route(route_id="R1", kind=RouteKind.BOUGHT, class_id="CAR", am=pattern, pm=None, runs=(run,), lot_id="L-R1")
    return Accepted(scenario=scenario, plan=make_plan(route))


def an_empty_drive_without_a_permitted_road() -> Accepted:
    """CAR may not drive back from x30 to x20; nobody rides that way, and the price is that of any road."""
    travel = line_travel({"CAR": 0, "BUS": 1}, blocked=[(0, "x30", "x20")])
    scenario = make_scenario([make_passenger("P1", 20, legs=(Leg.AM,))])
    return Accepted(scenario=scenario, plan=make_plan(route_of(scenario, travel, "R1", ["P1"])), travel=travel)


def four_schools_on_a_run() -> Accepted:
    """A policy may allow up to six schools on a run: four neighbours to four gates in one car."""
    schools = tuple(make_school(f"S{k}", 30 + k, arrive_earliest_before_s=1800) for k in range(1, 5))
    people = [make_passenger(f"P{k}", 20, f"S{k}", legs=(Leg.AM,)) for k in range(1, 5)]
    scenario = make_scenario(people, schools=schools, policy=Policy(max_schools_per_run=4))
    route = route_of(scenario, TRAVEL, "R1", [f"P{k}" for k in range(1, 5)])
    return Accepted(scenario=scenario, plan=make_plan(route))


def nobody_served() -> Accepted:
    """Both legs may differ in route; the price of leaving P1 counts once a day, not once a leg."""
    policy = Policy(same_route_both_legs=False, unserved_pence_per_day=1)
    scenario = make_scenario([make_passenger("P1", 20)], policy=policy)
    return Accepted(scenario=scenario, plan=make_plan(unserved=(Unserved(passenger_id="P1", cause="", sentence=""),)))


def one_lot_of_two_routes() -> Accepted:
    """Two routes in a tendered lot pay by the card each."""
    scenario = make_scenario([make_passenger("P1", 10, solo=True), make_passenger("P2", 11, solo=True)])
    routes = [route_of(scenario, TRAVEL, f"R{k}", [f"P{k}"], [f"P{k}"], lot_id="L1") for k in (1, 2)]
    lot = Lot(lot_id="L1", state=LotState.TENDER, class_id="CAR", route_ids=("R1", "R2"))
    return Accepted(scenario=scenario, plan=make_plan(*routes, lots=[lot]))


PLANS: tuple[Callable[[], Accepted], ...] = (
    two_routes_by_one_vehicle_of_an_operator,
    a_second_run_of_a_kept_vehicle,
    a_lot_that_is_extended,
    another_route_on_days_when_a_kept_one_rests,
    a_council_pa_on_a_bought_route,
    a_listed_pa_on_two_vehicles_in_turn,
    an_unlisted_pa_beside_a_dear_listed_one,
    one_seat_filled_twice_on_a_run,
    an_empty_drive_without_a_permitted_road,
    four_schools_on_a_run,
    nobody_served,
    one_lot_of_two_routes,
)
REFUSED: tuple[Callable[[], Accepted], ...] = (
    a_released_lot_held_with_another_passenger,
    a_route_of_today_at_todays_rate,
    a_kept_route_by_the_card,
)
"""Plans that would be too cheap, had a held lot not to be as it is today; the checker names their route."""
