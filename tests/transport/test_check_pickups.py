"""Pick-up points: where a passenger may board, and the walk that then counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import at, make_passenger, make_plan, make_scenario
from tests.transport.judging import TRAVEL, one_route, rules_of
from transport.calendar import Leg
from transport.check import Rule, check_plan, rides_of
from transport.passengers import PickupPoint
from transport.plan import Plan
from transport.policy import Policy
from transport.scenario import Scenario


def point(place: int, *, home: int = 0, walk_m: int = 400, walk_s: int = 300) -> PickupPoint:
    return PickupPoint(place_id=at(place), home_place_id=at(home), walk_m=walk_m, walk_s=walk_s)


def boarding_at(place: int, scenario: Scenario) -> Plan:
    """Everybody on one route from and to one place, whatever the scenario says of where they live."""
    there = {"am_place_ids": (at(place),) * 10, "pm_place_ids": (at(place),) * 10, "pickup_points": ()}
    people = (replace(p, **there, boards_at_home=True) for p in scenario.passengers)
    return one_route(replace(scenario, passengers=tuple(people)))


def with_points(*points: PickupPoint, policy: Policy | None = None, **changes: Any) -> Scenario:
    return make_scenario([make_passenger(pickup_points=points, **changes)], policy=policy or Policy())


class TestWhere:
    def test_home_and_every_point_are_right_and_nothing_else(self) -> None:
        """P1 lives at x0 and may board at x5 or x8."""
        scenario = with_points(point(5), point(8))
        for place, wrong in ((0, 0), (5, 0), (8, 0), (6, 2)):
            assert rules_of(boarding_at(place, scenario), scenario)[Rule.WRONG_PLACE] == wrong

    def test_the_sentence_names_every_place_that_would_do(self) -> None:
        """Boarding at x6 instead of home or either point."""
        scenario = with_points(point(5), point(8))
        wrong = [v for v in check_plan(boarding_at(6, scenario), scenario, TRAVEL) if v.rule is Rule.WRONG_PLACE]
        assert [(v.amount, v.sentence) for v in wrong] == [
            (10, "Route R1 AM: passenger P1 boards at x6, not at x0 or x5 or x8"),
            (10, "Route R1 PM: passenger P1 alights at x6, not at x0 or x5 or x8"),
        ]

    def test_home_is_wrong_where_the_vehicle_may_not_come_to_it(self) -> None:
        """boards_at_home = no: only the point will do."""
        scenario = with_points(point(5), boards_at_home=False)
        assert rules_of(boarding_at(5, scenario), scenario).total() == 0
        assert rules_of(boarding_at(0, scenario), scenario)[Rule.WRONG_PLACE] == 2

    def test_a_point_stands_in_for_its_own_place_only(self) -> None:
        """Week B is spent at x8, where the point near x0 will not do."""
        week_b = (at(0),) * 5 + (at(8),) * 5
        scenario = with_points(point(5), am_place_ids=week_b, pm_place_ids=week_b)
        wrong = [v for v in check_plan(boarding_at(5, scenario), scenario, TRAVEL) if v.rule is Rule.WRONG_PLACE]
        assert [(v.leg, v.days, v.amount) for v in wrong] == [(leg, (5, 6, 7, 8, 9), 5) for leg in Leg]


class TestPickupVaries:
    def two_ams(self, scenario: Scenario) -> Plan:
        """P1 boards at x0 in week A and at x5 in week B; home to x0 always."""
        (home, away) = (boarding_at(place, scenario).routes[0] for place in (0, 5))
        am_a, am_b = (replace(r.runs[0], days=days) for r, days in ((home, range(5)), (away, range(5, 10))))
        runs = (replace(am_a, days=(0, 1, 2, 3, 4)), replace(am_b, days=(5, 6, 7, 8, 9)), home.runs[1])
        return make_plan(replace(home, runs=runs))

    def test_one_place_a_leg_but_the_legs_may_differ(self) -> None:
        """At x5 every morning, home every afternoon."""
        scenario = with_points(point(5))
        home, away = (boarding_at(place, scenario).routes[0] for place in (0, 5))
        plan = make_plan(replace(home, runs=(away.runs[0], home.runs[1])))
        assert rules_of(plan, scenario).total() == 0

    def test_another_place_in_week_b_is_one_too_many(self) -> None:
        """Exactly one violation, in words."""
        scenario = with_points(point(5))
        (varies,) = check_plan(self.two_ams(scenario), scenario, TRAVEL)
        assert (varies.rule, varies.amount, varies.unit, varies.leg) == (Rule.PICKUP_VARIES, 1, "places", Leg.AM)
        assert varies.sentence == "Passenger P1 boards AM at 2 places (x0, x5); one is allowed"

    def test_another_own_place_is_no_variation(self) -> None:
        """Week B from x5, which is the other parent's; a point for x0 is not used."""
        week_b = (at(0),) * 5 + (at(5),) * 5
        scenario = with_points(point(8), am_place_ids=week_b)
        assert rules_of(self.two_ams(scenario), scenario).total() == 0


class TestWalk:
    def test_the_walk_is_that_of_the_place_used(self) -> None:
        """300 s to x5, none from home."""
        scenario = with_points(point(5))
        for place, walk_s in ((0, 0), (5, 300)):
            rides = rides_of(boarding_at(place, scenario), scenario, TRAVEL)
            assert [ride.walk_s for ride in rides] == [walk_s, walk_s]

    @pytest.mark.parametrize(("place", "allowed_m", "over_m"), [(5, 399, 1), (5, 400, None), (0, 399, None)])
    def test_only_a_walk_that_is_walked_can_be_too_far(self, place: int, allowed_m: int, over_m: int | None) -> None:
        """400 m to x5: one too many at 399, and nothing at home."""
        scenario = with_points(point(5), policy=Policy(max_walk_m=allowed_m))
        found = check_plan(boarding_at(place, scenario), scenario, TRAVEL)
        sentence = f"Passenger P1 walks 400 m, {over_m} m over the limit of {allowed_m} m"
        assert [(v.rule, v.amount, v.sentence) for v in found] == (
            [(Rule.WALK_OVER_MAX, over_m, sentence)] if over_m else []
        )

    def test_ride_and_walk_together_are_held_against_the_target_and_the_ride_against_the_cap(self) -> None:
        """From x5 to x30 in 25 min with 21 min on foot: a minute over 45; the cap of 25 min holds."""
        scenario = with_points(point(5, walk_s=21 * 60), ride_cap_s=25 * 60)
        found = check_plan(boarding_at(5, scenario), scenario, TRAVEL)
        assert [(v.rule, v.amount, v.hard) for v in found] == [(Rule.RIDE_OVER_TARGET, 60, False)] * 2

    def test_the_cap_is_relaxed_by_the_drive_from_the_place_used(self) -> None:
        """80 min from home allow 114; from x50, 20 min away, an hour."""
        scenario = with_points(point(50, home=110), home=110)
        for place, cap_min in ((110, 114), (50, 60)):
            rides = rides_of(boarding_at(place, scenario), scenario, TRAVEL)
            assert {ride.cap_s for ride in rides} == {cap_min * 60}


class TestDomain:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"pickup_points": (point(5), point(5))}, "a pick-up point is given twice"),
            ({"pickup_points": (point(5, home=8),)}, "stand in for a place that is not their own"),
            ({"boards_at_home": False}, "boards_at_home may be no only with pick-up points"),
            (
                {"pickup_points": (point(8),), "pm_place_ids": (at(8),) * 10},
                "a pick-up point is one of their own places",
            ),
            (
                {"pickup_points": (point(5), point(6, home=8)), "pm_place_ids": (at(8),) * 10},
                "stand in for more than one own place",
            ),
        ],
    )
    def test_points_that_say_nothing_clear_are_refused(self, changes: dict[str, Any], words: str) -> None:
        """Each with its sentence."""
        with pytest.raises(ValueError, match=words):
            make_passenger(**changes)

    @pytest.mark.parametrize(("changes", "words"), [({"walk_m": -1}, "0 or more"), ({"place": 0}, "for itself")])
    def test_a_point_is_another_place_with_a_walk(self, changes: dict[str, int], words: str) -> None:
        """A walk of -1 m, and home itself."""
        with pytest.raises(ValueError, match=words):
            point(**{"place": 5, **changes})

    def test_a_point_must_be_a_place_of_the_scenario(self) -> None:
        """x999 is not given."""
        with pytest.raises(ValueError, match="passenger P1 names place x999, which is not given"):
            with_points(point(999))

    def test_choices_that_are_too_far_are_left_out_unless_nothing_else_is_left(self) -> None:
        """Home, x5 at 400 m, x8 at 900 m."""
        near, far = point(5), point(8, walk_m=900)
        p = make_passenger(pickup_points=(far, near))
        assert p.choices_within(500) == (None, near)
        assert replace(p, boards_at_home=False).choices_within(500) == (near,)
        assert replace(p, boards_at_home=False).choices_within(100) == (far,)
