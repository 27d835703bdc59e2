"""The way to arrays and back: nobody is lost, names do not matter, every route is whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.encode import encode
from tests.builders import at, line_travel, make_passenger, make_plan, make_scenario, make_school, route_of
from tests.routing.planning import legs_of, plan_for
from tests.routing.worlds import FEATURES, make_world, renamed
from transport.calendar import Leg
from transport.passengers import Status
from transport.plan import RouteKind
from transport.schools import Gate

TRAVEL = line_travel()


@settings(max_examples=40)
@given(st.sets(st.sampled_from(FEATURES), max_size=10), st.integers(1, 12), st.integers(0, 10_000))
def test_the_arrays_hold_everybody_and_every_day(features: set[str], n: int, seed: int) -> None:
    """Riders are the planned passengers by leg; a row in a day group exactly where they travel on its days."""
    scenario, travel = make_world(sorted(features), n, seed)
    instance, index = encode(scenario, travel)
    by_id = {(r.passenger.passenger_id, leg) for r in index.riders for leg in r.legs}
    assert by_id == {(p.passenger_id, leg) for p in scenario.planned_passengers() for leg in legs_of(scenario, p)}
    for i, rider in enumerate(index.riders):
        for leg in rider.legs:
            for g, days in enumerate(index.groups):
                for day in days:
                    goes = scenario.travels(rider.passenger, leg, day)
                    row = instance.daily[0 if leg is Leg.AM else 1, g, i, 0]
                    assert row == (travel.row_by_place_id[rider.place_id_on(leg, day) or ""] if goes else -1)
    in_groups = sorted(day for days in index.groups for day in days)
    assert len(in_groups) == len(set(in_groups))


@settings(max_examples=40)
@given(st.sets(st.sampled_from(FEATURES), max_size=10), st.integers(2, 12), st.integers(0, 10_000))
def test_the_plan_has_everybody_once_and_each_id_once(features: set[str], n: int, seed: int) -> None:
    """Patterns, runs and lots of the decoded routes agree with one another."""
    scenario, travel = make_world(sorted(features - {"free_legs"}), n, seed)
    planned = plan_for(scenario, travel, iterations=20)
    routes = planned.plan.routes
    carried = [pid for route in routes for pid in route.passenger_ids]
    assert sorted([*carried, *planned.unserved_ids]) == sorted(p.passenger_id for p in scenario.planned_passengers())
    assert len({route.route_id for route in routes}) == len(routes)
    bought = {route.lot_id: route.route_id for route in routes if route.kind is RouteKind.BOUGHT}
    assert {lot.lot_id: lot.route_ids for lot in planned.plan.lots} == {k: (v,) for k, v in bought.items()}
    for route in routes:
        for leg, pattern in ((Leg.AM, route.am), (Leg.PM, route.pm)):
            on_runs = {pid for run in route.runs if run.leg is leg for pid in run.passenger_ids}
            assert on_runs == set(pattern.passenger_ids if pattern else ())


@pytest.mark.parametrize("seed", range(8))
def test_names_do_not_matter(seed: int) -> None:
    """Every passenger under another id: the same plan under other names, the same cost."""
    some = ("schools", "pas", "wheelchairs", "part_week", "never_together", "keep_together", "fleet", "tiers")
    scenario, travel = make_world(some, 10, seed)
    other, new = renamed(scenario)
    one, two = plan_for(scenario, travel, iterations=60), plan_for(other, travel, iterations=60)
    assert one.fortnight_pence == two.fortnight_pence
    assert {frozenset(new[pid] for pid in group) for group in one.groups} == two.groups
    assert {new[pid] for pid in one.unserved_ids} == two.unserved_ids


def test_part_weeks_become_runs_of_their_own() -> None:
    """P1 every day, P2 on Mondays, P3 in week B: four kinds of day, in one order; seconds counted for who is there."""
    people = [
        make_passenger("P1", 0),
        make_passenger("P2", 5, days=(0, 5)),
        make_passenger("P3", 10, days=range(5, 10)),
    ]
    planned = plan_for(make_scenario(people), TRAVEL)
    (route,) = planned.plan.routes
    for leg in Leg:
        who = {run.days: set(run.passenger_ids) for run in route.runs if run.leg is leg}
        assert who == {
            (0,): {"P1", "P2"},
            (1, 2, 3, 4): {"P1"},
            (5,): {"P1", "P2", "P3"},
            (6, 7, 8, 9): {"P1", "P3"},
        }
    assert planned.hard == []


def test_two_homes_are_two_runs_and_one_route() -> None:
    """Week A from x0, week B from x8."""
    places = (at(0),) * 5 + (at(8),) * 5
    planned = plan_for(make_scenario([make_passenger(am_place_ids=places, pm_place_ids=places)]), TRAVEL)
    (route,) = planned.plan.routes
    assert {run.days: run.stops[0].place_id for run in route.runs if run.leg is Leg.AM} == {
        (0, 1, 2, 3, 4): at(0),
        (5, 6, 7, 8, 9): at(8),
    }


def test_neighbours_at_one_place_share_a_stop() -> None:
    """P1 and P2 at x0: one stop, twice the boarding time."""
    planned = plan_for(make_scenario([make_passenger("P1"), make_passenger("P2")]), TRAVEL)
    (run,) = [run for run in planned.plan.routes[0].runs if run.leg is Leg.AM]
    assert len(run.stops) == 2
    assert run.stops[0].depart_at_s - run.stops[0].start_at_s == 120


def test_two_gates_of_a_school_are_two_stops() -> None:
    """P1 at the main gate (x30), P2 at the side gate (x31): one school, one run."""
    school = make_school(
        gates=(Gate(gate_id="main", place_id=at(30)), Gate(gate_id="side", place_id=at(31))),
        arrive_earliest_before_s=1800,
    )
    people = [make_passenger("P1"), make_passenger("P2", gate_id="side")]
    planned = plan_for(make_scenario(people, schools=(school,)), TRAVEL)
    (route,) = planned.plan.routes
    assert route.am is not None
    assert route.am.gates == (("S1", at(30)), ("S1", at(31)))
    assert planned.hard == []


def test_who_awaits_a_decision_is_not_encoded() -> None:
    """P2 is neither a rider nor unserved; the plan lists them as not planned."""
    people = [make_passenger("P1"), make_passenger("P2", status=Status.AWAITING_DECISION)]
    planned = plan_for(make_scenario(people), TRAVEL)
    assert planned.instance.n_riders == 1
    assert [n.passenger_id for n in planned.plan.not_planned] == ["P2"]
    assert planned.hard == []


def test_the_arrays_cannot_be_changed() -> None:
    """Read-only, every one of them."""
    instance, _ = encode(make_scenario([make_passenger()]), TRAVEL)
    for array in instance.data():
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(array)[...] = 0


def test_the_search_and_the_hand_written_route_have_the_same_clock() -> None:
    """One passenger: the route as the domain's tests write it, stop by stop."""
    scenario = make_scenario([make_passenger()])
    planned = plan_for(scenario, TRAVEL)
    by_hand = make_plan(route_of(scenario, TRAVEL, "R001", ("P1",), ("P1",)))
    assert planned.plan.routes == by_hand.routes
