"""What the rules on rides and windows allow at their edge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import (
    hm,
    make_passenger,
    make_plan,
    make_route,
    make_run,
    make_scenario,
    route_of,
)
from tests.transport.judging import TRAVEL, one_route, rules_of
from transport.calendar import Leg
from transport.check import Rule, check_plan, rides_of
from transport.check.clocks import check_ride_over_target
from transport.check.facts import facts_of
from transport.passengers import Phase
from transport.schools import Session


class TestRides:
    def test_a_ride_is_from_the_end_of_boarding_to_the_start_of_alighting(self) -> None:
        """P1 from x0 by x10 to x30: 10 + 1 + 20 min; P2 20 min. PM: P2 alights first."""
        scenario = make_scenario([make_passenger("P1", 0), make_passenger("P2", 10)])
        rides = {(r.leg, r.passenger_id): r for r in rides_of(one_route(scenario), scenario, TRAVEL)}
        assert {key: ride.ride_s for key, ride in rides.items()} == {
            (Leg.AM, "P1"): 31 * 60, (Leg.AM, "P2"): 20 * 60,
            (Leg.PM, "P2"): 20 * 60, (Leg.PM, "P1"): 31 * 60,
        }  # fmt: skip
        assert rides[Leg.AM, "P1"].direct_s == 30 * 60

    def test_waiting_on_board_counts(self) -> None:
        """The vehicle stands at x20 for ten minutes with P1 on board."""
        scenario = make_scenario([make_passenger("P1", 0), make_passenger("P2", 20)])
        plan = one_route(scenario)
        run = plan.routes[0].runs[0]
        first = replace(
            run.stops[0], arrive_at_s=run.stops[0].arrive_at_s - 600,
            start_at_s=run.stops[0].start_at_s - 600, depart_at_s=run.stops[0].depart_at_s - 600,
        )  # fmt: skip
        second = replace(run.stops[1], arrive_at_s=run.stops[1].arrive_at_s - 600)
        waits = replace(run, stops=(first, second, run.stops[2]))
        plan = make_plan(replace(plan.routes[0], runs=(waits, plan.routes[0].runs[1])))
        assert check_plan(plan, scenario, TRAVEL) == ()
        assert rides_of(plan, scenario, TRAVEL)[0].ride_s == (31 + 10) * 60

    def test_the_target_is_on_the_whole_journey_and_the_cap_on_the_ride(self) -> None:
        """40 min of ride and 6 min of walk: over the 45 of primary, under the cap of an hour."""
        scenario = make_scenario([make_passenger(home=70, walk_s=360)])
        plan = one_route(scenario)
        (ride, _) = rides_of(plan, scenario, TRAVEL)
        assert (ride.journey_s, ride.over_target_s, ride.target_s, ride.cap_s) == (46 * 60, 60, 2700, 3720)
        (am, pm) = check_plan(plan, scenario, TRAVEL)
        assert (am.rule, am.amount, am.hard) == (Rule.RIDE_OVER_TARGET, 60, False)
        assert am.sentence == (
            "Route R1 AM: passenger P1 travels 46 min, 1 min over the wish of 45 min: "
            "the direct drive and the walk alone take 46 min"
        )
        assert pm.leg is Leg.PM

    def test_a_detour_is_the_reason_where_the_direct_ride_would_do(self) -> None:
        """P1's 40 min become 47 by P2's stop and way."""
        scenario = make_scenario([make_passenger("P1", 70), make_passenger("P2", 73)])
        am = route_of(scenario, TRAVEL, "R1", ("P1", "P2"), ("P2", "P1"))
        (first, *_) = check_ride_over_target(facts_of(make_plan(am), scenario, TRAVEL))
        assert first.sentence == (
            "Route R1 AM: passenger P1 travels 47 min, 2 min over the wish of 45 min: "
            "other stops and waiting add 7 min to the direct drive"
        )

    def test_one_violation_of_the_target_for_several_day_types(self) -> None:
        """P2 travels on Mondays only; P1's journey is over the target every day, longest on Mondays."""
        scenario = make_scenario([make_passenger("P1", 77), make_passenger("P2", 75, days=(0, 5))])
        found = check_plan(one_route(scenario), scenario, TRAVEL)
        am = [v for v in found if v.rule is Rule.RIDE_OVER_TARGET and v.leg is Leg.AM and "P1" in v.passenger_ids]
        assert [(v.amount, v.days) for v in am] == [(180, tuple(range(10)))]

    @pytest.mark.parametrize(
        ("home", "own_cap_s", "over"),
        [(90, None, 0), (110, None, 0), (110, 4800, 0), (110, 4799, 2), (31, 60, 0), (32, 119, 2)],
    )
    def test_distance_relaxes_the_policys_cap_but_never_ones_own(
        self, home: int, own_cap_s: int | None, over: int
    ) -> None:
        """80 min direct are within max(60, 1.3 x 80 + 10) min, but not within one's own 79:59."""
        scenario = make_scenario([make_passenger(home=home, ride_cap_s=own_cap_s)])
        assert rules_of(one_route(scenario), scenario)[Rule.RIDE_OVER_CAP] == over

    def test_phases_have_their_own_caps(self) -> None:
        """A ride of 61 min with 50 s direct is over a primary cap, not over a secondary one."""
        for phase, over in ((Phase.PRIMARY, 1), (Phase.SECONDARY, 0), (Phase.POST16, 0)):
            scenario = make_scenario([make_passenger("P1", 29, legs=[Leg.AM], phase=phase)])
            plan = make_plan(route_of(scenario, TRAVEL, "R1", ("P1",)))
            run = plan.routes[0].runs[0]
            early = replace(
                run.stops[0], arrive_at_s=hm(7, 0), start_at_s=hm(7, 0),
                depart_at_s=run.stops[1].start_at_s - 3660,
            )  # fmt: skip
            plan = make_plan(replace(plan.routes[0], runs=(replace(run, stops=(early, run.stops[1])),)))
            assert rules_of(plan, scenario)[Rule.RIDE_OVER_CAP] == over


class TestWindows:
    def test_both_ends_of_a_window_are_allowed(self) -> None:
        """08:45 and 08:55 are in time; a second beyond is not."""
        scenario = make_scenario([make_passenger(legs=[Leg.AM])])
        for later_s, expected in (
            (0, None),
            (1, Rule.ARRIVES_LATE),
            (-600, None),
            (-601, Rule.ARRIVES_EARLY),
        ):
            plan = make_plan(route_of(scenario, TRAVEL, "R1", ("P1",), later_s=later_s))
            assert list(rules_of(plan, scenario)) == ([expected] if expected else [])

    def test_each_passengers_own_session_counts(self) -> None:
        """P2 finishes at 14:00 but is fetched at 15:00 with P1: 41 min after P2's window closed."""
        own = (Session(start_s=hm(9, 0), finish_s=hm(14, 0)),) * 10
        scenario = make_scenario([make_passenger("P1"), make_passenger("P2", own_sessions=own)])
        run = make_run(make_scenario([make_passenger("P1"), make_passenger("P2")]), TRAVEL, Leg.PM, ("P1", "P2"))
        found = [
            v for v in check_plan(make_plan(make_route("R1", [run])), scenario, TRAVEL) if v.leg is Leg.PM
        ]  # fmt: skip
        late = [v for v in found if v.rule is Rule.LEAVES_LATE]
        assert [(v.passenger_ids, v.amount) for v in late] == [(("P2",), hm(15, 2) - hm(14, 20))]

    def test_part_time_days_have_their_own_window(self) -> None:
        """On Fri A the session starts at 10:00; a run on all days is too early for that one."""
        friday = Session(start_s=hm(10, 0), finish_s=hm(15, 0))
        own = (None, None, None, None, friday, *(None,) * 5)
        scenario = make_scenario([make_passenger(own_sessions=own, legs=[Leg.AM])])
        plan = make_plan(make_route("R1", [make_run(scenario, TRAVEL, Leg.AM, ("P1",))]))
        (violation,) = check_plan(plan, scenario, TRAVEL)
        assert (violation.rule, violation.days, violation.amount) == (Rule.ARRIVES_EARLY, (4,), 3000)

    def test_day_types_made_apart_keep_both_windows(self) -> None:
        """The same passenger with a run of their own on Fri A."""
        friday = Session(start_s=hm(10, 0), finish_s=hm(15, 0))
        own = (None, None, None, None, friday, *(None,) * 5)
        scenario = make_scenario([make_passenger(own_sessions=own)])
        assert check_plan(one_route(scenario), scenario, TRAVEL) == ()
