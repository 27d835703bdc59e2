"""Prices and clocks of drives that a vehicle class may not make."""

from __future__ import annotations

import numpy as np
import pytest

from transport.calendar import Leg
from transport.travel import UNREACHABLE, AnyRoadTravel, TravelMatrix


def travel() -> AnyRoadTravel:
    """A car may drive from a to b, a bus may not; from b to a nobody may."""
    car = [[0, 60], [UNREACHABLE, 0]]
    bus = [[0, UNREACHABLE], [UNREACHABLE, 0]]
    seconds = np.array([[car, car], [bus, bus]], np.int32)
    return AnyRoadTravel(
        travel=TravelMatrix(
            row_by_place_id={"a": 0, "b": 1},
            profile_by_class_id={"CAR": 0, "BUS": 1},
            seconds=seconds,
            metres=np.where(seconds < UNREACHABLE, seconds * 10, UNREACHABLE).astype(np.int32),
            approximate=False,
            source="drawn by hand",
            digest="d",
        )
    )


@pytest.mark.parametrize("profile", [0, 1])
def test_a_drive_that_is_not_permitted_is_as_long_as_on_any_road(profile: int) -> None:
    """60 s and 600 m for both; the way back, which nobody may drive, is 0 and no billion."""
    there = ("a", "b")
    assert travel().seconds_between(Leg.AM, *there, profile=profile) == 60
    assert travel().metres_between(Leg.PM, *there, profile=profile) == 600
    assert travel().metres_between(Leg.PM, "b", "a", profile=profile) == 0
