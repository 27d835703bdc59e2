"""The version that may be passed on: no need, no time, no exact home, no old id."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from tests.builders import line_travel, make_passenger, make_plan, make_scenario, route_of
from transport.check import rides_of
from transport.digest import plain_of
from transport.files.share import (
    rounded,
    shared_features,
    shared_names,
    shared_passengers_table,
    shared_plan,
    shared_rides,
    shared_scenario,
)
from transport.passengers import KeepTogether, Mobility, NeverTogether, PaNeed, Passenger, PickupPoint
from transport.places import Place
from transport.plan import Plan, Unserved
from transport.scenario import Scenario

PEOPLE = [
    make_passenger("ANNA7", 10, mobility=Mobility.IN_WHEELCHAIR, pa_need=PaNeed.ONE_TO_ONE, restraint_type="harness"),
    make_passenger("BEN8", 20, solo=True, ride_cap_s=1800, vehicle_tags=frozenset({"tail_lift"})),
    make_passenger("CARA9", 22),
]
SCENARIO = make_scenario(
    PEOPLE,
    never_together=(NeverTogether(passenger_ids=("ANNA7", "BEN8"), reason="behaviour"),),
    keep_together=(KeepTogether(group_id="K", passenger_ids=("BEN8", "CARA9")),),
)
PLAN = make_plan(
    route_of(SCENARIO, line_travel(), "R1", ["ANNA7", "BEN8"], ["BEN8", "ANNA7"], n_pas=1, layout=(4, 0)),
    unserved=(Unserved(passenger_id="CARA9", cause="ride_over_cap", sentence="CARA9 lives too far", relaxation="r"),),
)
NAMES = shared_names(SCENARIO)


def shared() -> tuple[Scenario, Plan]:
    return shared_scenario(SCENARIO, NAMES), shared_plan(PLAN, NAMES)


def test_no_old_id_no_need_and_no_sentence_is_left() -> None:
    """Nothing of the words that tie a passenger to a need is anywhere in the shared scenario and plan."""
    text = json.dumps([plain_of(part) for part in shared()])
    for word in (
        "ANNA7",
        "BEN8",
        "CARA9",
        "in_wheelchair",
        "one_to_one",
        "harness",
        "tail_lift",
        "behaviour",
        "too far",
    ):
        assert word not in text


def test_every_need_is_at_its_default() -> None:
    """Each field that is not id, school, phase or place is what a passenger without needs has."""
    kept = {"passenger_id", "school_id", "phase", "am_place_ids", "pm_place_ids", "gate_id"}
    plain: dict[str, Any] = {"board_s": 0, "alight_s": 0, "school_board_s": 0, "school_alight_s": 0}
    blank = Passenger(
        passenger_id="x",
        school_id="S1",
        phase=PEOPLE[0].phase,
        am_place_ids=("x0",) * 10,
        pm_place_ids=(None,) * 10,
        **plain,
    )
    for passenger in shared()[0].passengers:
        for field in fields(Passenger):
            if field.name not in kept:
                assert getattr(passenger, field.name) == getattr(blank, field.name), field.name


def test_no_clock_time_is_left() -> None:
    """Every stop of the shared plan stands at zero, and says no layout and no PA."""
    for route in shared()[1].routes:
        for run in route.runs:
            assert (run.n_pas, run.layout.seats, run.layout.wheelchairs) == (0, 1, 0)
            assert {(s.arrive_at_s, s.start_at_s, s.depart_at_s) for s in run.stops} == {(0, 0, 0)}


def test_homes_are_rounded_and_gates_are_not() -> None:
    """A home at 52.5, -1.857142 becomes the middle of its square; the gate at x30 keeps its point."""
    scenario, _ = shared()
    gate = SCENARIO.schools[0].gates[0].place_id
    assert scenario.place_by_id[gate].lon == SCENARIO.place_by_id[gate].lon
    for passenger in scenario.passengers:
        place = scenario.place_by_id[str(passenger.am_place_ids[0])]
        assert (place.lat, place.lon) == rounded(place)
        assert place.place_id.startswith("area:")


def test_a_pick_up_point_is_rounded_like_a_home_and_nobody_is_tied_to_its_walk() -> None:
    """ANNA7 boards at x10, BEN8 may walk there: the point has its square, the walk is gone from everywhere."""
    point = PickupPoint(place_id="x10", home_place_id="x20", walk_m=713, walk_s=611)
    people = [PEOPLE[0], make_passenger("BEN8", 20, pickup_points=(point,), boards_at_home=False), PEOPLE[2]]
    before = make_scenario(people)
    names = shared_names(before)
    scenario, plan = shared_scenario(before, names), shared_plan(PLAN, names)
    text = json.dumps([plain_of(part) for part in (scenario, plan)])
    assert all(word not in text for word in ("713", "611", '"x10"'))
    stop = plan.routes[0].runs[0].stops[0].place_id
    assert stop.startswith("area:")
    assert (scenario.place_by_id[stop].lat, scenario.place_by_id[stop].lon) == rounded(before.place_by_id["x10"])


@pytest.mark.parametrize(("lat", "lon"), [(52.5049, -2.0079), (52.4951, -1.9921)])
def test_a_square_is_about_a_kilometre(lat: float, lon: float) -> None:
    """Two homes 1.1 km apart in each direction share the square whose middle is 52.5, -2."""
    assert rounded(Place(place_id="x", lat=lat, lon=lon)) == (52.5, -2.0)


def test_new_ids_say_nothing_and_are_repeatable() -> None:
    """S0001 and on, the same for the same scenario, and not in the order of the old ids."""
    assert sorted(NAMES.passenger_by_id.values()) == ["S0001", "S0002", "S0003"]
    assert shared_names(SCENARIO).passenger_by_id == NAMES.passenger_by_id
    new_id = shared_names(make_scenario([make_passenger(f"P{i:02d}", i) for i in range(20)])).passenger_by_id
    in_old_order = [new_id[passenger_id] for passenger_id in sorted(new_id)]
    assert in_old_order != sorted(in_old_order)


def test_the_shared_table_has_areas_and_rounded_rides() -> None:
    """ANNA7 rides 21 minutes in the morning: 20 when rounded to five."""
    scenario, plan = shared()
    rides = shared_rides(rides_of(PLAN, SCENARIO, line_travel()), NAMES)
    table = shared_passengers_table(plan, scenario, rides)
    heads = [column.name for column in table.columns]
    rows = {row[0]: dict(zip(heads, row, strict=True)) for row in table.rows}
    assert rows[NAMES.passenger_by_id["ANNA7"]]["am_ride_s"] == 20 * 60
    assert rows[NAMES.passenger_by_id["CARA9"]]["state"] == "unserved"
    assert not {"am_pickup_at", "pm_home_at", "reason"} & set(heads)


def test_the_shared_map_ties_no_passenger_to_a_point() -> None:
    """Areas and routes carry a number of passengers, and nothing carries an id or a time."""
    scenario, plan = shared()
    text = json.dumps(shared_features(plan, scenario))
    assert "S000" not in text
    assert "_at" not in text
    areas = [f["properties"] for f in shared_features(plan, scenario) if f["properties"]["feature"] == "area"]
    assert sum(area["n_passengers"] for area in areas) == 3
