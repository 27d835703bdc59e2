"""Pick-up points in the search: chosen where they save, left where a rule or a price forbids them.

The line world: school at x30, a minute and a kilometre from each place to the next. P1 lives at x20; P2 lives at x40,
on the other side of the school, and may walk to x20. A day's drive with P2 at home is x20, x40, x30 and back to x20,
40 km a leg; with both at x20 it is there and back, 20 km a leg. At £50 a day and £1 a mile:

- 80 km are 49.71 miles: £50 + £49.71; 40 km are 24.85 miles: £50 + £24.85. Walking saves £24.86 a day.
- Two routes, each 40 km, would be £149.70: dearer than either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.encode import encode
from routing.instance import D_ROW, D_TARGET, P_FOES_FROM, P_FOES_TO, P_PERSON, P_UNIT, P_UNSERVED, P_VARIANTS
from tests.builders import at, line_travel, make_passenger, make_scenario
from tests.routing.planning import Planned, plan_for
from transport.calendar import Leg
from transport.check import Rule
from transport.passengers import KeepTogether, NeverTogether, PickupPoint
from transport.plan import RouteKind
from transport.policy import Policy
from transport.scenario import CurrentRoute, Scenario

TRAVEL = line_travel()
AT_HOME, WALKING = 10 * (5000 + 4971), 10 * (5000 + 2485)
"""Pence a fortnight."""


def point(place: int = 20, *, home: int = 40, walk_m: int = 400, walk_s: int = 300) -> PickupPoint:
    return PickupPoint(place_id=at(place), home_place_id=at(home), walk_m=walk_m, walk_s=walk_s)


def two_sides(*points: PickupPoint, policy: Policy | None = None, **changes: Any) -> Scenario:
    p2 = make_passenger("P2", 40, pickup_points=points, **changes)
    return make_scenario([make_passenger("P1", 20), p2], policy=policy or Policy())


def stops_of(planned: Planned, passenger_id: str, leg: Leg) -> set[str]:
    """Places at which somebody boards (AM) or alights (PM)."""
    runs = [run for run in planned.route_of(passenger_id).runs if run.leg is leg]
    return {
        s.place_id for run in runs for s in run.stops if passenger_id in (s.boarding if leg is Leg.AM else s.alighting)
    }


def places_of(planned: Planned, passenger_id: str) -> list[set[str]]:
    return [stops_of(planned, passenger_id, leg) for leg in Leg]


class TestChoice:
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_walking_to_a_shared_point_saves_exactly_its_detour(self, seed: int) -> None:
        """£24.86 a day, one stop for both, and nothing broken."""
        without = plan_for(two_sides(), TRAVEL, seed=seed)
        walking = plan_for(two_sides(point()), TRAVEL, seed=seed)
        assert (without.fortnight_pence, walking.fortnight_pence) == (AT_HOME, WALKING)
        assert AT_HOME - WALKING == 10 * 2486
        assert places_of(walking, "P2") == [{at(20)}, {at(20)}]
        (am, _) = walking.plan.routes[0].runs
        assert [sorted(stop.boarding) for stop in am.stops] == [["P1", "P2"], []]
        assert walking.hard == []

    def test_of_several_points_the_cheapest_is_taken(self) -> None:
        """x38 and x15 save less; x20 shares P1's stop."""
        planned = plan_for(two_sides(point(38), point(15), point(20)), TRAVEL)
        assert planned.fortnight_pence == WALKING
        assert places_of(planned, "P2") == [{at(20)}, {at(20)}]

    def test_a_point_that_saves_nothing_is_not_walked_to(self) -> None:
        """x42 lies farther from everything."""
        planned = plan_for(two_sides(point(42)), TRAVEL)
        assert planned.fortnight_pence == AT_HOME
        assert places_of(planned, "P2") == [{at(40)}, {at(40)}]

    def test_a_leg_away_from_home_keeps_its_own_place(self) -> None:
        """In the afternoon P2 goes to x44, for which no point stands in; the morning is walked."""
        planned = plan_for(two_sides(point(), pm_place_ids=(at(44),) * 10), TRAVEL)
        assert places_of(planned, "P2") == [{at(20)}, {at(44)}]
        assert planned.hard == []

    def test_days_elsewhere_keep_their_own_place_and_walk(self) -> None:
        """Week B is spent at x25, without a walk; the target is tested with each week's own walk."""
        weeks = (at(40),) * 5 + (at(25),) * 5
        scenario = two_sides(point(), am_place_ids=weeks, pm_place_ids=weeks)
        instance, index = encode(scenario, TRAVEL)
        assert [r.choice for r in index.riders] == [None, None, point()]
        assert instance.daily[0, :, 2, [D_ROW, D_TARGET]].T.tolist() == [[20, 2400], [25, 2700]]
        planned = plan_for(scenario, TRAVEL)
        assert places_of(planned, "P2") == [{at(20), at(25)}] * 2
        assert planned.hard == []


class TestLimits:
    def test_a_walk_beyond_the_limit_is_not_walked(self) -> None:
        """400 m at a limit of 399 m, and at 400 m."""
        for allowed_m, pence in ((399, AT_HOME), (400, WALKING)):
            planned = plan_for(two_sides(point(), policy=Policy(max_walk_m=allowed_m)), TRAVEL)
            assert planned.fortnight_pence == pence
            assert planned.hard == []

    def test_ride_and_walk_beyond_the_wish_can_cost_more_than_the_detour(self) -> None:
        """36 min on foot and a ride of 10 min are a minute over 45, twice a day.

        At £13 a minute that is £26, more than the £24.86 saved; at £12 it is £24, less.
        """
        slow = point(walk_s=36 * 60)
        for pence_per_min, walks in ((1300, False), (1200, True)):
            policy = Policy(ride_over_target_pence_per_min=pence_per_min)
            planned = plan_for(two_sides(slow, policy=policy), TRAVEL)
            over = 10 * 2 * pence_per_min if walks else 0
            assert planned.fortnight_pence == (WALKING + over if walks else AT_HOME)

    def test_who_may_not_board_at_home_boards_at_a_point(self) -> None:
        """x38 costs less than home and is all there is."""
        planned = plan_for(two_sides(point(38), boards_at_home=False), TRAVEL)
        assert places_of(planned, "P2") == [{at(38)}, {at(38)}]
        assert planned.hard == []

    def test_foes_stay_apart_wherever_they_board(self) -> None:
        """Sharing a point does not make them friends."""
        scenario = replace(two_sides(point()), never_together=(NeverTogether(passenger_ids=("P1", "P2")),))
        planned = plan_for(scenario, TRAVEL)
        assert len(planned.plan.routes) == 2
        assert planned.hard == []

    def test_a_group_kept_together_may_walk_too(self) -> None:
        """Two siblings at x40: both walk to x20."""
        people = [make_passenger("P1", 20), *(make_passenger(n, 40, pickup_points=(point(),)) for n in ("P2", "P3"))]
        group = KeepTogether(group_id="G1", passenger_ids=("P2", "P3"))
        planned = plan_for(make_scenario(people, keep_together=(group,)), TRAVEL)
        assert planned.fortnight_pence == WALKING
        assert places_of(planned, "P2") == places_of(planned, "P3") == [{at(20)}, {at(20)}]


class TestUnserved:
    def blocked(self, *points: PickupPoint, **changes: Any) -> Planned:
        """No vehicle can leave or reach x40."""
        roads = [(0, a, b) for i in range(60) if i != 40 for a, b in ((at(i), at(40)), (at(40), at(i)))]
        return plan_for(two_sides(*points, **changes), line_travel(blocked=roads))

    def test_a_point_serves_whom_no_vehicle_can_reach(self) -> None:
        """Unserved without, carried with it."""
        assert self.blocked().unserved_ids == {"P2"}
        planned = self.blocked(point())
        assert planned.unserved_ids == set()
        assert planned.hard == []

    def test_the_cause_is_that_of_the_place_that_comes_nearest(self) -> None:
        """A point beyond the limit is no choice: the road home is the cause; without a home it is the walk."""
        far = point(walk_m=1700)
        (unserved,) = self.blocked(far).plan.unserved
        assert unserved.cause == Rule.ROAD_NOT_PERMITTED.value
        (unserved,) = self.blocked(far, boards_at_home=False).plan.unserved
        assert unserved.cause == Rule.WALK_OVER_MAX.value
        assert unserved.sentence.endswith("Passenger P2 walks 1700 m, 91 m over the limit of 1609 m")
        assert unserved.relaxation == "Let the vehicle board P2 91 m nearer home"


class TestStart:
    def current(self, **changes: Any) -> Scenario:
        """Today one car fetches both; P2 may board at x20 only."""
        route = CurrentRoute(
            route_id="K1", kind=RouteKind.BOUGHT, class_id="CAR", am_passenger_ids=("P1", "P2"),
            pm_passenger_ids=("P2", "P1"), **changes,
        )  # fmt: skip
        return replace(two_sides(point(), boards_at_home=False), current_routes=(route,))

    @pytest.mark.parametrize("kept", [False, True])
    def test_todays_routes_board_at_home_or_else_at_the_first_point(self, kept: bool) -> None:
        """Kept as it is, or as a start that cannot be bettered."""
        planned = plan_for(self.current(kept=kept, day_rate_pence=5000), TRAVEL, iterations=50)
        assert places_of(planned, "P2") == [{at(20)}, {at(20)}]
        assert planned.hard == []


class TestArrays:
    def test_without_points_everybody_is_one_row(self) -> None:
        """Nothing is added for who has none."""
        instance, index = encode(two_sides(), TRAVEL)
        assert instance.riders[:, P_PERSON].tolist() == [0, 1]
        assert instance.riders[:, P_VARIANTS].tolist() == [1, 1]
        assert index.person_idx_by_rider == (0, 1)

    def test_rows_of_a_person_share_unit_foes_and_one_price(self) -> None:
        """P2 has home, x20 and x25; P1 is their foe; a point beyond the limit is no row."""
        scenario = two_sides(point(20), point(25), point(26, walk_m=2000))
        scenario = replace(scenario, never_together=(NeverTogether(passenger_ids=("P1", "P2")),))
        instance, index = encode(scenario, TRAVEL)
        riders = instance.riders
        assert riders[:, P_PERSON].tolist() == [0, 1, 1, 1]
        assert riders[:, P_VARIANTS].tolist() == [1, 3, 3, 3]
        assert riders[:, P_UNIT].tolist() == [0, 1, 1, 1]
        assert (riders[:, P_UNSERVED] > 0).tolist() == [True, True, False, False]
        foes = [instance.foes[r[P_FOES_FROM] : r[P_FOES_TO]].tolist() for r in riders]
        assert foes == [[1, 2, 3], [0], [0], [0]]
        assert instance.unit_riders.tolist() == [0, 1]
        assert instance.near.max() <= 1
        assert index.rider_idx_by_leg["P2", Leg.AM] == 1
