"""Council PAs listed by id: fetched from home, paid once, trained, limited in number. Numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from routing.encode import encode
from routing.pa_stops import take_pas_on
from routing.teams import Asked, n_untrained
from tests.builders import (
    at,
    hm,
    line_travel,
    make_assistant,
    make_card,
    make_class,
    make_passenger,
    make_run,
    make_scenario,
    make_school,
    make_vehicle,
)
from tests.routing.planning import Planned, plan_for
from transport.assistants import PassengerAssistant
from transport.calendar import ALL_DAYS, Leg
from transport.cost import CostKind, cost_of
from transport.passengers import PaNeed, Passenger
from transport.plan import RouteKind, Run
from transport.scenario import CurrentRoute, Scenario
from transport.vehicles import FleetVehicle, Shift

TRAVEL = line_travel()
DEAR = make_class(rate_card=make_card(50_000, 0))
NOT_SOLD = make_class(rate_card=None)
FREE = make_vehicle(mile_rate_pence=0, driver_pence_per_hour=0)
EPILEPSY = frozenset({"epilepsy"})


def with_pa(passenger_id: str = "P1", home: int = 10, school_id: str = "S1", **changes: Any) -> Passenger:
    """A passenger who needs a shared PA."""
    return make_passenger(passenger_id, home, school_id, **{"pa_need": PaNeed.SHARED, **changes})


def council(
    people: list[Passenger],
    assistants: list[PassengerAssistant],
    vehicles: tuple[FleetVehicle, ...] = (FREE,),
    **changes: Any,
) -> Scenario:
    """Fleet vehicles at x0 and school S1 at x30, unless told otherwise; buying is dear."""
    values: dict[str, Any] = {"vehicle_classes": (DEAR,), **changes}
    return make_scenario(people, assistants=tuple(assistants), fleet_vehicles=vehicles, **values)


def planned_for(scenario: Scenario) -> Planned:
    """A short search whose plan keeps every rule and costs what the assignment says."""
    planned = plan_for(scenario, TRAVEL, iterations=40)
    assert [v.sentence for v in planned.hard] == []
    assert planned.result.assignment.cost == planned.fortnight_pence
    return planned


def day_pence(planned: Planned, kind: CostKind) -> int:
    """What a Monday pays for one kind of item."""
    items = cost_of(planned.plan, planned.scenario, TRAVEL).items
    return sum(item.pence for item in items if item.kind is kind and 0 in item.days)


def clock_of(planned: Planned, leg: Leg, *passenger_ids: str) -> list[tuple[str, int]]:
    """(place, start of service) of the stops of the runs that these passengers are on, on Monday."""
    runs = [planned.route_of(pid).run_on(leg, 0) for pid in passenger_ids]
    return [(stop.place_id, stop.start_at_s) for run in runs if run for stop in run.stops]


def test_a_pa_who_lives_beyond_the_school_is_fetched_and_brought_home() -> None:
    """x0-x35-x10-x30-x35-x0 instead of x0-x10-x30-x0: 120 km and 122 minutes a leg, the PA on board for 52 of them."""
    vehicle = make_vehicle(mile_rate_pence=50, driver_pence_per_hour=1800)
    planned = planned_for(council([with_pa()], [make_assistant("A1", 35, min_paid_s=0)], (vehicle,)))
    assert planned.route_of("P1").pa_ids == ("A1",)
    assert clock_of(planned, Leg.AM, "P1") == [
        (at(35), hm(8, 9)), (at(10), hm(8, 34)), (at(30), hm(8, 55)), (at(35), hm(9, 1)),
    ]  # fmt: skip
    assert clock_of(planned, Leg.PM, "P1") == [
        (at(35), hm(14, 55)), (at(30), hm(15, 0)), (at(10), hm(15, 21)), (at(35), hm(15, 47)),
    ]  # fmt: skip
    assert day_pence(planned, CostKind.FLEET_MILES) == 7456  # 240 km at 50p a mile
    assert day_pence(planned, CostKind.DRIVER) == 7320  # 244 minutes at £18 an hour
    assert day_pence(planned, CostKind.COUNCIL_PA) == 2080  # 104 minutes at £12 an hour
    assert planned.fortnight_pence == 10 * (7456 + 7320 + 2080)


def test_the_search_prices_one_pa_with_a_home_as_the_cost_does() -> None:
    """Where one PA stands for all, the search's estimate is the price."""
    vehicle = make_vehicle(mile_rate_pence=50, driver_pence_per_hour=1800)
    planned = planned_for(council([with_pa()], [make_assistant("A1", 35, min_paid_s=0)], (vehicle,)))
    assert planned.result.solution.cost == [planned.fortnight_pence]


def two_bells() -> dict[str, Any]:
    """Schools at x20 whose bells are an hour and a half apart: no ride to both is short enough."""
    return {
        "schools": (
            make_school("S1", 20, start_s=hm(8, 0), finish_s=hm(14, 0)),
            make_school("S2", 20, start_s=hm(9, 30), finish_s=hm(15, 30)),
        )
    }


def test_a_pa_stays_over_two_runs_and_is_paid_once() -> None:
    """On board 7:39 to 9:41 and 13:45 to 15:47: 244 minutes at £12 an hour, on one vehicle."""
    people = [with_pa("P1"), with_pa("P2", school_id="S2")]
    planned = planned_for(council(people, [make_assistant("A1", 5, min_paid_s=0)], **two_bells()))
    assert planned.n_fleet == 1
    assert [route.pa_ids for route in planned.plan.routes] == [("A1",)] * 2
    assert clock_of(planned, Leg.AM, "P1", "P2") == [
        (at(5), hm(7, 39)), (at(10), hm(7, 44)), (at(20), hm(7, 55)),
        (at(10), hm(9, 14)), (at(20), hm(9, 25)), (at(5), hm(9, 41)),
    ]  # fmt: skip
    assert day_pence(planned, CostKind.COUNCIL_PA) == 4880


def test_of_two_pas_the_one_on_the_way_goes() -> None:
    """A2 costs the vehicle no mile; nobody else needs them."""
    pas = [make_assistant("A1", 60), make_assistant("A2", 5)]
    planned = planned_for(council([with_pa()], pas, (make_vehicle(),)))
    assert planned.route_of("P1").pa_ids == ("A2",)


def test_training_brings_the_trained_pa_though_dearer() -> None:
    """P1's PA must know epilepsy: A2, at £30 an hour, goes; P2 rides along with them."""
    people = [with_pa("P1", pa_training_tags=EPILEPSY), with_pa("P2")]
    pas = [make_assistant("A1"), make_assistant("A2", pence_per_hour=3000, training_tags=EPILEPSY)]
    planned = planned_for(council(people, pas))
    assert planned.route_of("P1").pa_ids == ("A2",)
    assert planned.n_fleet == 1


@pytest.mark.parametrize("assistants", [[], [make_assistant("A1", training_tags=frozenset({"lifting"}))]])
def test_training_that_no_council_pa_has_is_bought(assistants: list[PassengerAssistant]) -> None:
    """An operator's PA is bought with the training; council PAs without an id have none that is known."""
    planned = planned_for(council([with_pa("P1", pa_training_tags=EPILEPSY)], assistants))
    assert planned.route_of("P1").kind is RouteKind.BOUGHT


def test_training_of_a_passenger_without_a_pa_asks_for_nobody() -> None:
    """The checker looks at PAs that are needed, and so does the search."""
    person = make_passenger("P1", 10, pa_training_tags=EPILEPSY)
    planned = planned_for(council([person], []))
    assert planned.route_of("P1").kind is RouteKind.FLEET


def test_one_pa_for_two_vehicles_leaves_the_second_route_to_be_bought() -> None:
    """Both ride alone at the same time; there are two vehicles and one PA."""
    people = [with_pa("P1", solo=True), with_pa("P2", solo=True)]
    vehicles = tuple(make_vehicle(name, mile_rate_pence=0, driver_pence_per_hour=0) for name in ("V1", "V2"))
    for n_pas, n_fleet in ((1, 1), (2, 2)):
        pas = [make_assistant(f"A{i}") for i in range(n_pas)]
        planned = planned_for(council(people, pas, vehicles))
        assert planned.n_fleet == n_fleet
        assert sorted(len(route.pa_ids) for route in planned.plan.routes) == [n_fleet - 1, 1]


def test_a_kept_fleet_route_takes_its_pa_from_the_list() -> None:
    """V1 is kept with one PA of two, so that one is left for V2 and V3."""
    vehicles = tuple(make_vehicle(name, mile_rate_pence=0, driver_pence_per_hour=0) for name in ("V1", "V2", "V3"))
    today = CurrentRoute(
        route_id="T1", kind=RouteKind.FLEET, class_id="CAR", vehicle_id="V1", kept=True,
        am_passenger_ids=("P0",), pm_passenger_ids=("P0",),
    )  # fmt: skip
    people = [with_pa(f"P{i}", solo=True) for i in range(3)]
    pas = [make_assistant(f"A{i}") for i in range(2)]
    planned = plan_for(council(people, pas, vehicles, current_routes=(today,)), TRAVEL, iterations=40)
    assert planned.hard == []
    assert planned.n_fleet == 2
    assert sum(route.kind is RouteKind.BOUGHT for route in planned.plan.routes) == 1


def test_two_pas_of_one_vehicle_are_each_paid_from_their_own_home() -> None:
    """A1 boards at x5 and leaves there, A2 has no home: 108 and 48 minutes, each rounded by itself."""
    people = [with_pa("P1"), with_pa("P2", pa_need=PaNeed.ONE_TO_ONE)]
    pas = [
        make_assistant("A1", 5, min_paid_s=0, pence_per_hour=1201),
        make_assistant("A2", min_paid_s=0, pence_per_hour=1201),
    ]
    planned = planned_for(council(people, pas, vehicle_classes=(make_class(rate_card=None, layouts=((4, 0),)),)))
    assert sorted(planned.plan.routes[0].pa_ids) == ["A1", "A2"]
    # AM 8:33 to 8:57 without, 8:28 to 9:22 with the way from and to home; PM 15:00 to 15:24, 14:35 to 15:29.
    assert day_pence(planned, CostKind.COUNCIL_PA) == round(1201 * 108 / 60) + round(1201 * 48 / 60)


def test_a_vehicle_whose_trained_pa_lives_too_far_drives_nobody() -> None:
    """Nothing can be bought, and the way to A2's home does not fit into the shift: P1 is left, P2 is carried."""
    people = [with_pa("P1", solo=True, pa_training_tags=EPILEPSY), make_passenger("P2", 10)]
    pas = [make_assistant("A1", 5), make_assistant("A2", 110, training_tags=EPILEPSY)]
    vehicles = tuple(
        make_vehicle(name, am_shift=Shift(start_s=hm(7, 30), end_s=hm(11, 0)), mile_rate_pence=0)
        for name in ("V1", "V2")
    )
    planned = planned_for(council(people, pas, vehicles, vehicle_classes=(NOT_SOLD,)))
    assert planned.unserved_ids == {"P1"}
    assert planned.route_of("P2").kind is RouteKind.FLEET


def runs_with_pas(*n_pas: int) -> tuple[Scenario, list[Run]]:
    """One-passenger runs of a car with two seats, so many PAs on each, an hour apart."""
    people = [make_passenger(f"P{i}", 10) for i in range(len(n_pas))]
    pas = (make_assistant("A1", 5), make_assistant("A2", 7), make_assistant("A3"))
    scenario = make_scenario(people, assistants=pas, vehicle_classes=(make_class(layouts=((1, 1), (5, 0))),))
    runs = [
        make_run(scenario, TRAVEL, Leg.AM, [p.passenger_id], n_pas=n, later_s=3600 * i)
        for i, (p, n) in enumerate(zip(people, n_pas, strict=True))
    ]
    return scenario, runs


def test_a_pa_between_two_runs_takes_a_seat_on_a_run_that_needs_none() -> None:
    """A1 stays on all three, A2 goes on the last only; the car of the second is fitted out for A1."""
    scenario, runs = runs_with_pas(1, 0, 2)
    out = take_pas_on(scenario, TRAVEL, scenario.vehicle_classes[0], runs, ["A1", "A2", "A3"])
    assert [run.n_pas for run in out] == [1, 1, 2]
    assert out[1].layout.seats == 5
    assert [stop.pas_boarding for stop in out[0].stops] == [("A1",), (), ()]
    assert [(stop.pas_boarding, stop.pas_alighting) for stop in out[1].stops] == [((), ())] * 2
    assert [(s.place_id, s.pas_boarding, s.pas_alighting) for s in out[2].stops] == [
        (at(7), ("A2",), ()), (at(10), (), ()), (at(30), (), ()), (at(7), (), ("A2",)), (at(5), (), ("A1",)),
    ]  # fmt: skip


def test_pas_of_one_home_share_its_stop() -> None:
    """Two PAs board and leave together."""
    people = [make_passenger("P1", 10, pa_need=PaNeed.TWO_TO_ONE)]
    planned = planned_for(council(people, [make_assistant("A1", 5), make_assistant("A2", 5)]))
    run = planned.route_of("P1").run_on(Leg.AM, 0)
    assert run is not None
    assert [stop.pas_boarding for stop in run.stops] == [("A1", "A2"), (), (), ()]
    assert set(run.stops[-1].pas_alighting) == {"A1", "A2"}


def test_who_is_trained_serves_whom_it_helps_most() -> None:
    """Bits 1 and 2 are kinds of training; a one-to-one PA serves nobody else."""
    asked = Asked(n_pas=2, own=(1,), shared=(0, 2))
    assert n_untrained(asked, [1, 2], 0) == 0
    assert n_untrained(asked, [3, 0], 0) == 1
    assert n_untrained(Asked(n_pas=2, own=(0,), shared=(1, 2)), [1, 2], 0) == 1
    assert n_untrained(Asked(n_pas=2, own=(), shared=(1, 1, 2)), [3, 1], 2) == 0
    assert n_untrained(Asked(n_pas=2, own=(), shared=(1, 1, 1)), [3, 0], 2) == 1


def test_alike_pas_are_one_group() -> None:
    """Training that nobody asks for makes no difference; home and pay do."""
    pas = [make_assistant("A1", training_tags=frozenset({"first_aid"})), make_assistant("A2"), make_assistant("A3", 5)]
    instance, index = encode(council([with_pa()], pas), TRAVEL)
    assert [group.pa_ids for group in index.pa_groups] == [("A1", "A2"), ("A3",)]
    assert instance.pa_groups[:, 0].tolist() == [-1, 5]
    assert int(instance.operator_pa_limit[-1]) == 3
    assert np.array_equal(instance.group_weight, [len(ALL_DAYS)])
