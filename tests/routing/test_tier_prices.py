"""Prices of idle fleet vehicles, worked out by hand on the line world."""

from __future__ import annotations

import numpy as np
import pytest

from routing.instance import FLEET, H_ROW, S_KIND
from routing.tiers import TierPrices, tier_prices
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
from tests.routing.planning import Planned
from tests.routing.test_tiers import ONE_SCHOOL, assigned
from transport.vehicles import FleetVehicle

TRAVEL = line_travel()
DEAR = make_class(rate_card=make_card(50_000, 0))
ALONE_PENCE = 10 * (7_200 + 1_243)
"""A from x0 to x10 and back: 40 km at 50p a mile, and the four hours that a driver is paid at least."""


ALONE_OF_B_PENCE = 10 * (7_200 + 2_485)
"""12 km out, 8 with B and 20 home on each leg: 80 km, 49.7 miles."""


def two_schools(minutes_apart: int, *vehicles: FleetVehicle) -> Planned:
    """A from x0 to S1 at x10, bell at 9:00; B from x12 to S2 at x20, bells some minutes later."""
    second = make_school("S2", 20, start_s=hm(9, minutes_apart), finish_s=hm(15, minutes_apart))
    scenario = make_scenario(
        [make_passenger("A", 0, "S1"), make_passenger("B", 12, "S2")], schools=(make_school("S1", 10), second),
        fleet_vehicles=vehicles, vehicle_classes=(DEAR,), policy=ONE_SCHOOL,
    )  # fmt: skip
    return assigned(scenario, TRAVEL, "A", "B")


def one_route(**changes: int) -> tuple[Planned, TierPrices, int]:
    """A alone, and two like vehicles at x0: so a further vehicle is worth nothing."""
    vehicles = (make_vehicle("V1", **changes), make_vehicle("V2", **changes))
    scenario = make_scenario(
        [make_passenger("A", 0, "S1")], schools=(make_school("S1", 10),), fleet_vehicles=vehicles,
        vehicle_classes=(DEAR,), policy=ONE_SCHOOL,
    )  # fmt: skip
    planned = assigned(scenario, TRAVEL, "A")
    (k,) = np.flatnonzero(planned.instance.supplies[:, S_KIND] == FLEET)
    return planned, tier_prices(planned.instance, planned.result.solution), int(k)


def test_a_route_on_its_own_is_worth_what_it_costs() -> None:
    """With vehicles to spare, A's price is its cost on one of them, and one more vehicle saves nothing."""
    _, prices, _ = one_route()
    assert prices.route.tolist() == [ALONE_PENCE]
    assert not prices.vehicle.any()


def test_a_vehicle_that_comes_free_at_a_school_saves_the_second_driver() -> None:
    """From x10 to x0, A's run, and home instead of from x10 home: 20 km more on each leg, but no second four hours.

    A boards from 8:44; less two minutes of turnround and ten of drive the vehicle must be free at 8:32.
    """
    _, prices, k = one_route()
    assert prices.free_at_hub(k, 0, hm(7, 0)) == ALONE_PENCE - 10 * 1_243
    assert prices.free_at_hub(k, 0, hm(8, 30)) == 72_000
    assert prices.free_at_hub(k, 0, hm(8, 32)) == 0
    assert prices.free_at_hub(k, 0, hm(23, 59)) == 0


def test_a_vehicle_that_is_wanted_at_a_school_saves_all_of_the_route() -> None:
    """On its way from x0 to x10 it can take A along: no mile more. A may be there ten minutes early, at 8:46.

    At x0 it would have to come back, 20 km a leg.
    """
    planned, prices, k = one_route()
    row = int(planned.instance.hubs[0, H_ROW])
    assert prices.wanted_at(k, row, hm(8, 50)) == ALONE_PENCE
    assert prices.wanted_at(k, row, hm(8, 49)) == 0
    assert prices.wanted_at(k, row, 0) == 0
    assert prices.wanted_at(k, 0, hm(12, 0)) == 72_000


def test_tables_never_rise_or_fall_the_wrong_way() -> None:
    """An earlier free vehicle is worth no less, a later wanted one neither."""
    planned = two_schools(45, make_vehicle())
    prices = tier_prices(planned.instance, planned.result.solution)
    assert (np.diff(prices.after, axis=2) <= 0).all()
    assert (np.diff(prices.before, axis=2) >= 0).all()
    assert prices.after.max() > 0
    with pytest.raises(ValueError, match="read-only"):
        prices.after[0] = 1


def test_vehicles_of_one_run_have_no_price() -> None:
    """Where a vehicle may do one run in a shift, nothing can follow."""
    _, prices, _ = one_route(max_runs_per_shift=1)
    assert not prices.after.any()
    assert not prices.before.any()


def test_the_last_vehicle_has_a_price() -> None:
    """Two routes at the same hour, one vehicle, which drives A: a second one would save what B is bought for."""
    planned = two_schools(0, make_vehicle())
    prices = tier_prices(planned.instance, planned.result.solution)
    assert prices.vehicle.max() == 500_000 - ALONE_OF_B_PENCE
    assert sorted(prices.route) == [500_000 - ALONE_OF_B_PENCE + ALONE_PENCE, 500_000]


@pytest.mark.parametrize(("apart", "near_s"), [(0, [900]), (5, [600]), (10, [300]), (15, [])])
def test_pairs_that_just_miss_one_another(apart: int, near_s: list[int]) -> None:
    """From A's home at 15:12, with turnround and 20 minutes of drive, at S2 at 15:34; B can wait 19 minutes there."""
    planned = two_schools(apart, make_vehicle(), make_vehicle("V2"))
    prices = tier_prices(planned.instance, planned.result.solution)
    assert prices.near_pairs[:, 3].tolist() == near_s
    assert (prices.near_pairs[:, 4] > 0).all()
