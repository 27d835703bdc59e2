"""What an idle fleet vehicle is worth, and that the search pays it and nobody is told it as a cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing.assign import assign, relaxed
from routing.encode import encode
from routing.fleet_worth import DAMPING, PRICED_UNTIL, SHARE, FleetWorth
from routing.instance import FLEET, S_DRIVER_RATE, S_KIND, S_LIMIT, Instance
from routing.part import as_solution
from routing.start import StartRoute
from routing.task import Found, Task, run_task
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
from tests.routing.test_streams import LARGE, searched
from transport.policy import Policy

DAYS = 10
BOUGHT_PENCE, FLEET_PENCE = 12_000, 7_200
"""A day, no miles: a bought car; four hours of a driver at 18 pounds."""


def two_runs(*, n_vehicles: int, second_bell_h: int = 9) -> tuple[Instance, list[StartRoute]]:
    """A to S1 at 8:15, B to S2 later; one route each."""
    schools = (
        make_school("S1", 10, start_s=hm(8, 15), finish_s=hm(14, 15)),
        make_school("S2", 20, start_s=hm(second_bell_h, 0), finish_s=hm(second_bell_h + 6, 0)),
    )
    scenario = make_scenario(
        [make_passenger("A", 0, "S1"), make_passenger("B", 12, "S2")], schools=schools,
        policy=Policy(max_schools_per_run=1),
        vehicle_classes=(make_class(rate_card=make_card(BOUGHT_PENCE, 0)),),
        fleet_vehicles=tuple(make_vehicle(f"V{i}", mile_rate_pence=0) for i in range(n_vehicles)),
    )  # fmt: skip
    instance, _ = encode(scenario, line_travel())
    task = Task(riders=None, limits=None, routes=(), seed=1, n_iterations=0, first=0, done=(0.0, 0.0))
    return instance, list(run_task(instance, task, lambda standing: False).now)


def loaded(instance: Instance, routes: list[StartRoute], day_pence: np.ndarray | None = None) -> Found:
    """Routes priced by the search, whatever drove them before."""
    free = [replace(route, supply=-1, mate=-1) for route in routes]
    task = Task(
        riders=None, limits=None, routes=free, seed=1, n_iterations=0, first=0, done=(0.0, 0.0), day_pence=day_pence
    )
    return run_task(instance, task, lambda standing: False)


def with_limit(instance: Instance, k: np.ndarray, limit: int) -> Instance:
    supplies = instance.supplies.copy()
    supplies[k, S_LIMIT] = limit
    return replace(instance, supplies=supplies)


def fleet_of(instance: Instance) -> int:
    (k,) = np.flatnonzero(instance.supplies[:, S_KIND] == FLEET)
    return int(k)


def test_a_vehicle_that_can_drive_both_runs_leaves_no_worth_to_a_second_one() -> None:
    """Both runs on V0, four paid hours a day; another vehicle would save nothing."""
    instance, routes = two_runs(n_vehicles=1)
    pence, worth = relaxed(instance, as_solution(instance, routes))
    assert pence == DAYS * FLEET_PENCE
    assert worth[fleet_of(instance)] == 0


def test_a_vehicle_short_is_worth_what_it_would_save() -> None:
    """Bells a quarter of an hour apart: one run is bought, and a second vehicle would save the difference."""
    instance, routes = two_runs(n_vehicles=1, second_bell_h=8)
    pence, worth = relaxed(instance, as_solution(instance, routes))
    assert pence == DAYS * (FLEET_PENCE + BOUGHT_PENCE)
    assert worth[fleet_of(instance)] == DAYS * (BOUGHT_PENCE - FLEET_PENCE)


def test_one_vehicle_more_saves_no_more_than_it_is_worth() -> None:
    """Part weeks, two depots, one vehicle of each kind and drivers for next to nothing; the exact assignment costs no
    less than the program."""
    solution = as_solution(LARGE, searched(LARGE, 1).routes)
    scarce = with_limit(LARGE, np.flatnonzero(LARGE.supplies[:, S_KIND] == FLEET), 1)
    supplies = scarce.supplies.copy()
    supplies[supplies[:, S_KIND] == FLEET, S_DRIVER_RATE] = 1
    scarce = replace(scarce, supplies=supplies)
    pence, worth = relaxed(scarce, solution)
    assert pence <= assign(scarce, solution).cost
    assert (worth > 0).any()
    for k in np.flatnonzero(worth > 0):
        assert pence - relaxed(with_limit(scarce, k, 2), solution)[0] <= worth[k] + 1


@pytest.mark.parametrize(("price", "n_fleet"), [(0, 1), (4_700, 1), (4_900, 0)])
def test_a_route_takes_a_vehicle_only_if_it_gains_more_than_its_price(price: int, n_fleet: int) -> None:
    """The vehicle saves 4,800 pence a day against a bought car."""
    instance, routes = two_runs(n_vehicles=1, second_bell_h=8)
    prices = np.where(instance.supplies[:, S_KIND] == FLEET, price, 0)
    found = loaded(instance, routes, prices)
    assert sum(route.supply == fleet_of(instance) for route in found.now) == n_fleet


def test_prices_are_damped() -> None:
    """First the share of what the program says, then half way to nothing when a vehicle has nothing to do."""
    instance, routes = two_runs(n_vehicles=1, second_bell_h=8)
    worth, k = FleetWorth(instance), fleet_of(instance)
    worth.look(routes, 0.0)
    first = round(SHARE * (BOUGHT_PENCE - FLEET_PENCE))
    assert worth.day_pence[k] == first
    worth.look(routes[:1], 0.1)
    assert worth.day_pence[k] == round(DAMPING * first)


def test_late_rounds_go_by_real_costs() -> None:
    """Halfway through the search the price goes, whatever the vehicle is worth."""
    instance, routes = two_runs(n_vehicles=1, second_bell_h=8)
    worth = FleetWorth(instance)
    worth.look(routes, 0.0)
    assert worth.day_pence.any()
    worth.look(routes, PRICED_UNTIL)
    assert not worth.day_pence.any()


def test_what_routes_cost_is_told_without_the_prices() -> None:
    """A plan with pairs and part weeks, priced with and without: the difference is taken off to the penny."""
    plan, worth = searched(LARGE, 1), FleetWorth(LARGE)
    worth.day_pence = np.where(LARGE.supplies[:, S_KIND] == FLEET, 777, 0)
    task = Task(riders=None, limits=None, routes=plan.routes, seed=1, n_iterations=0, first=0, done=(0.0, 0.0))
    real = run_task(LARGE, task, lambda standing: False).now
    charged = run_task(LARGE, replace(task, day_pence=worth.day_pence), lambda standing: False).now
    assert [route.pence for route in charged] != [route.pence for route in real]
    assert worth.without(charged) == list(real)


def test_without_prices_nothing_is_charged() -> None:
    """Nothing is looked up where prices are not wanted."""
    instance, routes = two_runs(n_vehicles=1, second_bell_h=8)
    worth = FleetWorth(instance, priced=False)
    worth.look(routes, 0.0)
    assert not worth.day_pence.any()
