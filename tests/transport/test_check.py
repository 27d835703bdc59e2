"""What each rule allows at its edge, and how the checker behaves on plans it cannot read whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import (
    at,
    hm,
    line_travel,
    make_assistant,
    make_class,
    make_operator,
    make_passenger,
    make_plan,
    make_route,
    make_run,
    make_scenario,
    make_school,
    make_vehicle,
    route_of,
)
from tests.transport.judging import TRAVEL, of_borough, one_route, rules_of
from tests.transport.planted import PLANTED, make_borough
from transport.calendar import Leg
from transport.check import CHECKS, Rule, check_plan
from transport.check.pas import n_pas_needed
from transport.passengers import KeepTogether, Mobility, PaNeed
from transport.plan import Pattern, Plan, Route, RouteKind
from transport.policy import Policy
from transport.scenario import CurrentRoute, Scenario
from transport.travel import RecordingTravel
from transport.vehicles import Layout, Shift


class TestCarried:
    def test_a_shut_school_needs_no_run(self) -> None:
        """Nobody is carried, or missed, on Fri B."""
        scenario = make_scenario([make_passenger()], schools=(make_school(open_days=range(9)),))
        assert check_plan(one_route(scenario), scenario, TRAVEL) == ()

    def test_two_homes_are_two_places(self) -> None:
        """Week B from x8; one route, a run of its own each week."""
        places = (at(0),) * 5 + (at(8),) * 5
        scenario = make_scenario([make_passenger(am_place_ids=places, pm_place_ids=places)])
        assert check_plan(one_route(scenario), scenario, TRAVEL) == ()

    def test_twice_on_one_leg_is_twice(self) -> None:
        """P1 on R1 and again on R2."""
        scenario = make_scenario([make_passenger()])
        one, two = (route_of(scenario, TRAVEL, name, ("P1",), ("P1",)) for name in ("R1", "R2"))
        found = check_plan(make_plan(one, two), scenario, TRAVEL)
        twice = [v for v in found if v.rule is Rule.CARRIED_TWICE]
        assert [(v.leg, v.amount, v.sentence) for v in twice] == [
            (Leg.AM, 10, "Passenger P1 is carried more than once AM"),
            (Leg.PM, 10, "Passenger P1 is carried more than once PM"),
        ]

    def test_a_route_per_leg_where_the_policy_frees_it(self) -> None:
        """AM on R1 and PM on R2 is one route too many only under the default policy."""
        for free, expected in ((False, 1), (True, 0)):
            scenario = make_scenario([make_passenger()], policy=Policy(same_route_both_legs=not free))
            am, pm = route_of(scenario, TRAVEL, "R1", ("P1",)), route_of(scenario, TRAVEL, "R2", (), ("P1",))
            assert rules_of(make_plan(am, pm), scenario).total() == expected


class TestOrder:
    def test_passengers_at_one_stop_have_no_order_among_them(self) -> None:
        """P1 and P2 live at x0; either may be named first."""
        scenario = make_scenario([make_passenger("P1"), make_passenger("P2")])
        plan = one_route(scenario)
        route = plan.routes[0]
        assert route.am is not None
        swapped = replace(route, am=replace(route.am, passenger_ids=("P2", "P1")))
        assert check_plan(make_plan(swapped), scenario, TRAVEL) == ()

    def test_a_run_without_a_pattern_differs_from_it(self) -> None:
        """Passenger and gate are not in the order, which is empty."""
        scenario = make_scenario([make_passenger(legs=[Leg.AM])])
        route = replace(route_of(scenario, TRAVEL, "R1", ("P1",)), am=None)
        assert rules_of(make_plan(route), scenario) == {Rule.ORDER_DIFFERS: 2}

    def test_gates_follow_the_pattern_too(self) -> None:
        """S2 before S1, though the pattern says S1 before S2."""
        borough = make_borough()
        gates = (("S2", at(35)), ("S1", at(30)))
        pattern = borough.route("F1").am
        assert pattern is not None
        borough = borough.with_route("F1", am=Pattern(passenger_ids=pattern.passenger_ids, gates=gates))
        found = check_plan(borough.plan, borough.scenario, borough.travel)
        assert [v.sentence for v in found] == [
            "Route F1 AM on Mon–Wed: differs from the route's order at gate x35",
            "Route F1 AM on Thu, Fri: differs from the route's order at gate x35",
        ]

    def test_a_council_may_let_people_board_between_schools(self) -> None:
        """The setting turns the rule off."""
        planted = next(p for p in PLANTED if p.rule is Rule.BOARDS_AFTER_FIRST_ALIGHT)
        borough = planted.damage(make_borough()).with_policy(board_after_first_alight=True)
        assert of_borough(borough) == {}


class TestLoads:
    def test_the_fullest_moment_counts_not_the_number_of_passengers(self) -> None:
        """Two boarding after two have alighted fill two seats; four at once do not fit into two."""
        schools = (make_school(), make_school("S2", 36, start_s=hm(9, 6)))
        people = [make_passenger(f"P{i}", i, legs=[Leg.AM]) for i in (1, 2)]
        people += [make_passenger(f"P{i}", 30 + i, "S2", legs=[Leg.AM]) for i in (3, 4)]
        classes = (make_class(layouts=((2, 0),)),)
        scenario = make_scenario(
            people, schools=schools, vehicle_classes=classes, policy=Policy(board_after_first_alight=True)
        )  # fmt: skip
        apart = make_run(scenario, TRAVEL, Leg.AM, ("P1", "P2"))
        later = make_run(scenario, TRAVEL, Leg.AM, ("P3", "P4"), later_s=120)
        run = replace(apart, stops=(*apart.stops, *later.stops))
        assert Rule.OVER_CAPACITY not in rules_of(make_plan(make_route("R1", [run])), scenario)
        together = make_run(scenario, TRAVEL, Leg.AM, ("P1", "P2", "P3", "P4"))
        assert rules_of(make_plan(make_route("R1", [together])), scenario)[Rule.OVER_CAPACITY] == 1

    def test_part_week_passengers_share_a_seat(self) -> None:
        """P1 on Mondays and P2 on Tuesdays in a car with one seat."""
        people = [make_passenger("P1", days=(0, 5)), make_passenger("P2", 5, days=(1, 6))]
        scenario = make_scenario(people, vehicle_classes=(make_class(layouts=((1, 0),)),))
        assert check_plan(one_route(scenario), scenario, TRAVEL) == ()

    @pytest.mark.parametrize(
        ("mobility", "layout", "over"),
        [
            (Mobility.IN_WHEELCHAIR, (1, 1), 0),
            (Mobility.IN_WHEELCHAIR, (2, 0), 1),
            (Mobility.TRANSFERS, (2, 0), 0),
            (Mobility.TRANSFERS, (1, 1), 1),
        ],
    )
    def test_wheelchairs_take_their_own_places(self, mobility: Mobility, layout: tuple[int, int], over: int) -> None:
        """Who transfers takes a seat; P2 walks on."""
        people = [
            make_passenger("P1", legs=[Leg.AM], mobility=mobility),
            make_passenger("P2", 5, legs=[Leg.AM]),
        ]
        scenario = make_scenario(people, vehicle_classes=(make_class(layouts=(layout,)),))
        plan = make_plan(route_of(scenario, TRAVEL, "R1", ("P1", "P2")))
        assert rules_of(plan, scenario)[Rule.OVER_CAPACITY] == over

    def test_solo_may_follow_another_in_the_same_run(self) -> None:
        """P1 leaves at S1 before solo P2 boards: nobody shares; never_together would still forbid it."""
        planted_scenario = make_scenario(
            [
                make_passenger("P1", 20, legs=[Leg.AM]),
                make_passenger("P2", 32, "S2", legs=[Leg.AM], solo=True),
            ],
            schools=(make_school(), make_school("S2", 35, start_s=hm(9, 6))),
            policy=Policy(board_after_first_alight=True),
        )
        one = make_run(planted_scenario, TRAVEL, Leg.AM, ("P1",))
        two = make_run(planted_scenario, TRAVEL, Leg.AM, ("P2",), later_s=0)
        run = replace(one, stops=(*one.stops, *two.stops))
        assert Rule.SOLO_SHARED not in rules_of(make_plan(make_route("R1", [run])), planted_scenario)

    def test_a_fleet_vehicles_own_tags_count(self) -> None:
        """The class has no tail lift, the vehicle has one."""
        scenario = make_scenario(
            [make_passenger(vehicle_tags=frozenset({"tail_lift"}))],
            fleet_vehicles=(make_vehicle(tags=frozenset({"tail_lift"})),),
        )  # fmt: skip
        assert check_plan(one_route(scenario, vehicle_id="V1"), scenario, TRAVEL) == ()

    def test_a_group_is_kept_together_on_each_leg_where_routes_are_free(self) -> None:
        """Both AM on R1 and both PM on R2 is together; P2's PM alone is not."""
        scenario = make_scenario(
            [make_passenger("P1"), make_passenger("P2")],
            keep_together=(KeepTogether(group_id="G1", passenger_ids=("P1", "P2")),),
            policy=Policy(same_route_both_legs=False),
        )
        am, both = (
            route_of(scenario, TRAVEL, "R1", ("P1", "P2")),
            route_of(scenario, TRAVEL, "R2", (), ("P1", "P2")),
        )
        assert check_plan(make_plan(am, both), scenario, TRAVEL) == ()
        one = route_of(scenario, TRAVEL, "R2", (), ("P1",))
        two = route_of(scenario, TRAVEL, "R3", (), ("P2",))
        assert rules_of(make_plan(am, one, two), scenario) == {Rule.KEEP_TOGETHER_SPLIT: 1}


class TestPas:
    @pytest.mark.parametrize(
        ("needs", "per", "expected"),
        [
            ("", 0, 0),
            ("sss", 0, 1),
            ("sss", 2, 2),
            ("ssss", 2, 2),
            ("o", 0, 1),
            ("t", 0, 2),
            ("ssot", 0, 4),
            ("n", 0, 0),
        ],
    )
    def test_how_many_a_run_needs(self, needs: str, per: int, expected: int) -> None:
        """Shared ones by number, one-to-one and two-to-one each their own."""
        kinds = {"s": PaNeed.SHARED, "o": PaNeed.ONE_TO_ONE, "t": PaNeed.TWO_TO_ONE, "n": PaNeed.NONE}
        people = [make_passenger(f"P{i}", pa_need=kinds[need]) for i, need in enumerate(needs)]
        assert n_pas_needed(people, per) == expected

    @pytest.mark.parametrize(
        ("trainings", "needs", "short"),
        [
            (["a"], ["s:a"], []),
            (["a"], ["s:b"], ["P0"]),
            (["a", ""], ["o:a", "s:"], []),
            (["a", ""], ["o:", "s:a"], []),
            (["a", ""], ["o:a", "s:a"], ["P0"]),
            (["ab", "a"], ["o:a", "s:b"], []),
            (["a", ""], ["t:a"], ["P0"]),
            (["a", "a"], ["t:a"], []),
            (["a", "b"], ["o:", "s:a", "s:b"], ["P1"]),
            (["a", "b", ""], ["o:", "s:a", "s:b"], []),
            (["a"], ["o:", "s:a"], []),
        ],
    )
    def test_training_goes_to_those_who_need_it(self, trainings: list[str], needs: list[str], short: list[str]) -> None:
        """A one-to-one PA serves nobody else, trained or not; a PA too few is not a matter of training."""
        kinds = {"s": PaNeed.SHARED, "o": PaNeed.ONE_TO_ONE, "t": PaNeed.TWO_TO_ONE}
        people = [
            make_passenger(f"P{i}", legs=[Leg.AM], pa_need=kinds[need[0]], pa_training_tags=frozenset(need[2:]))
            for i, need in enumerate(needs)
        ]
        pas = tuple(make_assistant(f"A{i}", training_tags=frozenset(tags)) for i, tags in enumerate(trainings))
        scenario = make_scenario(people, assistants=pas, fleet_vehicles=(make_vehicle(),))
        route = route_of(
            scenario, TRAVEL, "R1", [p.passenger_id for p in people], vehicle_id="V1",
            pa_ids=[pa.pa_id for pa in pas],
        )  # fmt: skip
        found = [v for v in check_plan(make_plan(route), scenario, TRAVEL) if v.rule is Rule.PA_NOT_TRAINED]
        assert [len(v.passenger_ids) for v in found] == [len(short)] * bool(short)

    def test_an_unlisted_council_pa_has_no_known_training_but_an_operators_is_bought_with_it(self) -> None:
        """A fleet run with a nameless PA does not satisfy the need; a bought one does."""
        person = make_passenger(pa_need=PaNeed.SHARED, pa_training_tags=frozenset({"epilepsy"}))
        scenario = make_scenario([person], fleet_vehicles=(make_vehicle(),))
        assert rules_of(one_route(scenario, n_pas=1, vehicle_id="V1"), scenario) == {Rule.PA_NOT_TRAINED: 2}
        assert rules_of(one_route(scenario, n_pas=1), scenario) == {}

    def test_a_pa_may_stay_over_two_runs_of_one_vehicle(self) -> None:
        """A1 boards at home before F1 and is brought home after F2."""
        borough = make_borough()
        scenario, travel = borough.scenario, borough.travel
        f2 = route_of(
            scenario, travel, "F2", ("P5",), ("P5",), class_id="BUS", layout=(6, 1), vehicle_id="V1",
            pa_ids=("A1",),
        )  # fmt: skip

        def without(route: Route, idx: dict[Leg, int]) -> Route:
            """The route without the PA's stop at one end of each leg."""
            runs = [replace(run, stops=run.stops[1:] if idx[run.leg] == 0 else run.stops[:-1]) for run in route.runs]
            return replace(route, runs=tuple(runs))

        routes = {route.route_id: route for route in borough.plan.routes}
        routes["F1"] = without(routes["F1"], {Leg.AM: -1, Leg.PM: 0})
        routes["F2"] = without(f2, {Leg.AM: 0, Leg.PM: -1})
        plan = replace(borough.plan, routes=tuple(routes.values()))
        assert check_plan(plan, scenario, travel) == ()

    def test_a_pa_boards_before_the_first_passenger(self) -> None:
        """Without the stop at home they are not there at all."""
        borough = make_borough()
        borough = borough.with_run("F1", Leg.AM, stops=borough.run("F1", Leg.AM).stops[1:])
        (violation,) = check_plan(borough.plan, borough.scenario, borough.travel)
        assert violation.sentence == (
            "Fleet vehicle V1 AM on Mon–Wed: PA A1 is not on board before the first passenger"
        )

    def test_a_pa_may_go_on_another_vehicle_when_the_first_run_is_over(self) -> None:
        """R1 ends at 08:56; R2 starts at 10:18."""
        people = [make_passenger("P1", 10, legs=[Leg.AM]), make_passenger("P2", 25, "S3", legs=[Leg.AM])]
        scenario = make_scenario(
            people,
            schools=(make_school(), make_school("S3", 20, start_s=hm(10, 30), finish_s=hm(13, 30))),
            assistants=(make_assistant(),),
        )
        routes = [route_of(scenario, TRAVEL, f"R{i}", (f"P{i}",), pa_ids=("A1",)) for i in (1, 2)]
        assert check_plan(make_plan(*routes), scenario, TRAVEL) == ()


class TestFleet:
    def two_runs(self, second_home: int, **changes: Any) -> tuple[Plan, Scenario]:
        """V1 brings P1 from x10 to S1 (08:56) and then P2 to S3 at x20 by 10:25."""
        people = [
            make_passenger("P1", 10, legs=[Leg.AM]),
            make_passenger("P2", second_home, "S3", legs=[Leg.AM]),
        ]
        scenario = make_scenario(
            people,
            schools=(make_school(), make_school("S3", 20, start_s=hm(10, 30), finish_s=hm(13, 30))),
            fleet_vehicles=(make_vehicle(**changes),),
        )
        routes = [route_of(scenario, TRAVEL, f"R{i}", (f"P{i}",), vehicle_id="V1") for i in (1, 2)]
        return make_plan(*routes), scenario

    @pytest.mark.parametrize(("home", "short_s"), [(58, None), (59, 120), (60, 240)])
    def test_drive_and_turnround_fit_between_two_runs(self, home: int, short_s: int | None) -> None:
        """From x30 at 08:56 to x58 by 09:46 are 28 min and 22 to spare; each minute farther costs two."""
        plan, scenario = self.two_runs(home)
        policy = Policy(turnround_s=22 * 60)
        found = check_plan(plan, replace(scenario, policy=policy), TRAVEL)
        assert [v.amount for v in found] == ([] if short_s is None else [short_s])

    def test_the_whole_shift_is_from_depot_to_depot(self) -> None:
        """08:24 to 10:46 exactly is allowed."""
        plan, scenario = self.two_runs(25, am_shift=Shift(start_s=hm(8, 24), end_s=hm(10, 46)))
        assert check_plan(plan, scenario, TRAVEL) == ()
        plan, scenario = self.two_runs(25, am_shift=Shift(start_s=hm(8, 24), end_s=hm(10, 45, 59)))
        (violation,) = check_plan(plan, scenario, TRAVEL)
        assert violation.sentence == "Fleet vehicle V1 AM: is back at the depot at 10:46, 1 s after 10:45:59"

    def test_a_depot_cut_off_for_the_class_is_named(self) -> None:
        """No permitted road leads from x0 to x10."""
        plan, scenario = self.two_runs(25)
        (violation,) = check_plan(plan, scenario, line_travel(blocked=[(0, at(0), at(10))]))
        assert violation.sentence == "Fleet vehicle V1 AM: no road permitted for a CAR leads from x0 to x10"

    def test_roads_are_those_of_the_vehicles_class(self) -> None:
        """A bus may not use the road that a car may."""
        scenario = make_scenario([make_passenger()], vehicle_classes=(make_class(), make_class("BUS")))
        travel = line_travel({"CAR": 0, "BUS": 1}, blocked=[(1, at(0), at(30))])
        assert rules_of(one_route(scenario), scenario, travel) == {}
        bus = one_route(scenario, class_id="BUS")
        assert rules_of(bus, scenario, travel) == {Rule.ROAD_NOT_PERMITTED: 1}


class TestOperators:
    def plan(self, n_vehicles: int, homes: tuple[int, int]) -> tuple[Plan, Scenario]:
        people = [
            make_passenger("P1", homes[0], legs=[Leg.AM]),
            make_passenger("P2", homes[1], "S3", legs=[Leg.AM]),
        ]
        scenario = make_scenario(
            people,
            schools=(make_school(), make_school("S3", 20, start_s=hm(10, 30), finish_s=hm(13, 30))),
            operators=(make_operator(n_vehicles={"CAR": n_vehicles}, rate_cards={"CAR": make_class().rate_card}),),
        )
        routes = [route_of(scenario, TRAVEL, f"R{i}", (f"P{i}",), operator_id="O1") for i in (1, 2)]
        return make_plan(*routes), scenario

    def test_one_vehicle_may_do_two_routes_one_after_the_other(self) -> None:
        """08:54 to 08:56 and 10:18 to 10:26 with one car; empty driving is the operator's affair."""
        assert check_plan(*self.plan(1, (29, 25)), TRAVEL) == ()

    def test_at_the_same_time_it_takes_two(self) -> None:
        """P2's run from x112 starts at 08:52, P1's ends at 08:56."""
        plan, scenario = self.plan(1, (29, 112))
        found = [v for v in check_plan(plan, scenario, TRAVEL) if v.hard]
        assert [v.sentence for v in found] == ["Operator O1 AM: 2 vehicles of class CAR at once; it has 1"]

    def test_on_different_days_one_is_enough(self) -> None:
        """Mondays and Tuesdays."""
        people = [make_passenger("P1", days=(0,)), make_passenger("P2", days=(1,))]
        operator = make_operator(n_vehicles={"CAR": 1}, rate_cards={"CAR": make_class().rate_card})
        classes = (make_class(max_routes=1),)
        scenario = make_scenario(people, operators=(operator,), vehicle_classes=classes)
        routes = [route_of(scenario, TRAVEL, f"R{i}", (f"P{i}",), (f"P{i}",), operator_id="O1") for i in (1, 2)]
        assert check_plan(make_plan(*routes), scenario, TRAVEL) == ()


class TestKept:
    def test_a_missing_kept_route_is_named(self) -> None:
        """Its passenger is unserved instead."""
        borough = make_borough()
        routes = tuple(route for route in borough.plan.routes if route.route_id != "K1")
        plan = replace(borough.plan, routes=routes, lots=borough.plan.lots[:-1])
        found = check_plan(plan, borough.scenario, borough.travel)
        assert [v.sentence for v in found] == [
            "Passenger P10 is neither carried nor listed as unserved",
            "Route K1 is to be kept as it is today, but it is missing",
        ]

    def test_a_kept_order_is_kept(self) -> None:
        """Today P2 boards first."""
        today = CurrentRoute(
            route_id="R1", kind=RouteKind.BOUGHT, class_id="CAR",
            am_passenger_ids=("P2", "P1"), pm_passenger_ids=("P2", "P1"), kept=True,
        )  # fmt: skip
        scenario = make_scenario([make_passenger("P1"), make_passenger("P2", 5)], current_routes=(today,))
        (violation,) = check_plan(one_route(scenario), scenario, TRAVEL)
        assert violation.sentence == "Route R1 is to be kept as it is today, but its AM order differs"

    def test_a_released_route_may_change(self) -> None:
        """The same route, not kept."""
        today = CurrentRoute(
            route_id="R1", kind=RouteKind.BOUGHT, class_id="CAR", am_passenger_ids=("P2", "P1"),
            pm_passenger_ids=("P2", "P1"),
        )  # fmt: skip
        scenario = make_scenario([make_passenger("P1"), make_passenger("P2", 5)], current_routes=(today,))
        assert check_plan(one_route(scenario), scenario, TRAVEL) == ()


class TestUnreadablePlans:
    def test_every_kind_of_unknown_id_is_named_and_the_rest_is_still_checked(self) -> None:
        """A passenger, place, school, PA, class, vehicle, operator and day that do not exist."""
        borough = make_borough().with_stop("F3", Leg.AM, 0, boarding=("P13", "P98"), pas_boarding=("A9",))
        borough = borough.with_stop("B1", Leg.AM, 0, place_id="y7").with_stop("B1", Leg.PM, 0, school_id="S9")
        borough = borough.with_route("B3", class_id="TRAM").with_route("F2", vehicle_id="V9")
        borough = borough.with_route("B2", operator_id="O9").with_run("F3", Leg.PM, days=(*range(10), 12))
        found = check_plan(borough.plan, borough.scenario, borough.travel)
        assert {v.sentence for v in found if v.rule is Rule.UNKNOWN_ID} == {
            "Route F3 AM names passenger P98, which is not in the scenario",
            "Route F3 AM names PA A9, which is not in the scenario",
            "Route B1 AM names place y7, which is not in the scenario",
            "Route B1 PM names school S9, which is not in the scenario",
            "Route B3 names vehicle class TRAM, which is not in the scenario",
            "Route B3 names travel profile of class TRAM, which is not in the scenario",
            "Route F2 names fleet vehicle V9, which is not in the scenario",
            "Route B2 names operator O9, which is not in the scenario",
            "Route F3 PM names day 12, which is not in the scenario",
            "The travel matrix has no AM drive from y7 to x55",
            "The travel matrix has no AM drive from y7 to x35",
        }
        wrong_place = [v.sentence for v in found if v.rule is Rule.WRONG_PLACE]
        assert wrong_place == ["Route B1 AM: passenger P6 boards at y7, not at x60"]

    def test_a_drive_that_was_not_kept_with_the_plan_is_named(self) -> None:
        """The pairs beside a plan are enough to check it; without one of them the checker says which."""
        borough = make_borough()
        recording = RecordingTravel(travel=borough.travel)
        assert check_plan(borough.plan, borough.scenario, recording) == ()
        pairs = recording.pairs()
        assert check_plan(borough.plan, borough.scenario, pairs) == ()
        fewer = {pair: value for pair, value in pairs.values.items() if pair[1:3] != (at(12), at(30))}
        (violation,) = check_plan(borough.plan, borough.scenario, replace(pairs, values=fewer))
        assert (violation.rule, violation.sentence) == (
            Rule.UNKNOWN_ID, "The travel matrix has no AM drive from x12 to x30",
        )  # fmt: skip

    def test_an_empty_plan_misses_everybody_planned(self) -> None:
        """P11 awaits a decision and is not missed."""
        borough = make_borough()
        found = of_borough(borough.with_plan(make_plan()))
        assert found == {Rule.PASSENGER_MISSING: 11, Rule.KEPT_ROUTE_CHANGED: 1}

    def test_each_rule_has_one_function_of_its_name(self) -> None:
        """`check_<rule>`, and no function serves two rules."""
        assert [check.__name__ for check in CHECKS.values()] == [f"check_{rule}" for rule in Rule]

    def test_layouts_of_an_unknown_class_are_not_judged(self) -> None:
        """There is nothing to judge them by."""
        borough = make_borough().with_route("B3", class_id="TRAM")
        assert Rule.LAYOUT_NOT_OF_CLASS not in of_borough(borough)
        assert Layout(seats=4, wheelchairs=0) == borough.run("B3", Leg.AM).layout
