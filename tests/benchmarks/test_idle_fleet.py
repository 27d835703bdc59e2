"""The ways to show the search fewer fleet vehicles, or half ones."""

from __future__ import annotations

import numpy as np

from benchmarks.idle_fleet import LATER_S, PARTED_AT_S, halved, staggered, withheld
from routing.encode import encode
from routing.instance import (
    D_CLOSE,
    D_OPEN,
    FLEET,
    H_SCHOOL,
    P_HUB,
    S_AM_END,
    S_AM_START,
    S_CLASS,
    S_DRIVER_MIN,
    S_KIND,
    S_LIMIT,
    Instance,
)
from tests.builders import line_travel, make_class, make_passenger, make_scenario, make_school, make_vehicle


def borough() -> Instance:
    """Two schools, a bus and two cars of the council's."""
    return encode(
        make_scenario(
            [make_passenger("A", 0, "S1"), make_passenger("B", 3, "S2")],
            schools=(make_school("S1", 10), make_school("S2", 20)),
            vehicle_classes=(make_class("CAR"), make_class("BUS", ((16, 0),))),
            fleet_vehicles=(make_vehicle("V1"), make_vehicle("V2"), make_vehicle("V3", "BUS")),
        ),
        line_travel(),
    )[0]


def test_only_the_largest_class_is_shown() -> None:
    """The cars are there, none may be taken; the bus may."""
    before, after = borough().supplies, withheld(borough()).supplies
    largest = before[before[:, S_KIND] == FLEET, S_CLASS].max()
    fleet = after[:, S_KIND] == FLEET
    assert after[fleet & (after[:, S_CLASS] == largest), S_LIMIT].tolist() == [1]
    assert after[fleet & (after[:, S_CLASS] != largest), S_LIMIT].tolist() == [0]


def test_a_car_by_halves() -> None:
    """Two early and two late halves, five minutes longer than their share of the shift, paid half of the hours."""
    before, after = borough().supplies, halved(borough(), 300).supplies
    car = before[(before[:, S_KIND] == FLEET) & (before[:, S_LIMIT] == 2)][0]
    early, late = after[-2:]
    assert len(after) == len(before) + 1
    assert (early[S_LIMIT], late[S_LIMIT]) == (2, 2)
    assert (early[S_AM_START], late[S_AM_END]) == (car[S_AM_START], car[S_AM_END])
    assert (early[S_AM_END], late[S_AM_START]) == (PARTED_AT_S[0] + 300, PARTED_AT_S[0] - 300)
    assert early[S_DRIVER_MIN] == car[S_DRIVER_MIN] // 2


def test_every_other_school_an_hour_later() -> None:
    """One of two; windows keep their width."""
    before, after = borough(), staggered(borough())
    moved = after.daily[..., D_OPEN] - before.daily[..., D_OPEN]
    odd = before.hubs[before.riders[:, P_HUB], H_SCHOOL] % 2 == 1
    assert np.array_equal(moved, np.broadcast_to(np.where(odd, LATER_S, 0), moved.shape))
    assert np.array_equal(after.daily[..., D_CLOSE] - before.daily[..., D_CLOSE], moved)
