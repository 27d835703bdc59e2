"""People placed, moved and taken out: hand-computed cases on the line, and properties over random boroughs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.assign import Assignment
from routing.change import held_as_today, place_all, taken, taken_out
from routing.decode import decode
from routing.desk import CannotChangeError, Desk, open_desk
from routing.encode import encode
from routing.instance import Solution
from routing.quote import OptionKind, options_for, quote
from tests.builders import (
    hm,
    line_travel,
    make_card,
    make_class,
    make_lot,
    make_operator,
    make_passenger,
    make_plan,
    make_scenario,
    make_school,
    make_vehicle,
    route_of,
)
from tests.routing.planning import fortnight_pence
from tests.routing.quoting import in_force, read_again, without
from tests.routing.test_start import today
from tests.routing.worlds import FEATURES
from transport.check import check_plan
from transport.check.disturbed import disturbed_of
from transport.contracts import Contract, VariationClause
from transport.lots import LotState
from transport.passengers import KeepTogether, NeverTogether, PaNeed
from transport.plan import Plan
from transport.rate_cards import DeadRule
from transport.scenario import Scenario
from transport.schools import Session

TRAVEL = line_travel()
CARS = (make_class(rate_card=make_card(5000, 161, dead_rule=DeadRule.NONE)),)
"""£50 a day and 161 p a mile, £1 a kilometre almost exactly."""


def in_a_car(*people: str) -> tuple[Plan, Scenario]:
    """P1 at x10 alone in a car to S1 at x30; the others are to come, P2 at x14 and P3 at x25."""
    homes = {"P1": 10, "P2": 14, "P3": 25}
    scenario = make_scenario([make_passenger(pid, homes[pid]) for pid in ("P1", *people)], vehicle_classes=CARS)
    alone = without_all(scenario, people)
    return make_plan(route_of(alone, TRAVEL, "R1", ("P1",), ("P1",))), scenario


def without_all(scenario: Scenario, people: tuple[str, ...]) -> Scenario:
    for pid in people:
        scenario = without(scenario, pid)
    return scenario


def test_a_passenger_on_the_way_costs_nothing_more() -> None:
    """P2 lives on the road of R1; a car of their own from x14 costs £50 and 32 km at 161 p a mile, £32.01."""
    plan, scenario = in_a_car("P2")
    first, second = options_for(open_desk(plan, scenario, TRAVEL), "P2")
    assert (first.kind, first.route_id, first.extra_pence_per_fortnight) == (OptionKind.BOUGHT, "R1", 0)
    assert (second.kind, second.route_id) == (OptionKind.NEW_BOUGHT, "R001")
    assert second.extra_pence_per_day == 5000 + 3201
    assert second.extra_pence_per_year == 190 * (5000 + 3201)
    assert second.extra_pence_per_week == 5 * (5000 + 3201)
    assert second.moved == ()
    assert "usual rate card of class CAR" in second.priced_by


def test_an_option_says_whose_times_move() -> None:
    """P1 boards a minute of service earlier, and alights a minute later: P2's boarding and leaving take 60 s each."""
    plan, scenario = in_a_car("P2")
    (first, _) = options_for(open_desk(plan, scenario, TRAVEL), "P2")
    moves = {(m.passenger_id, m.leg.value, m.by_s) for m in first.moved}
    assert moves == {("P1", "AM", -60), ("P1", "PM", 120)}
    assert first.disturbed == ()
    assert [(ride.leg.value, ride.ride_s) for ride in first.rides] == [("AM", 16 * 60), ("PM", 16 * 60)]


def held(plan: Plan, scenario: Scenario, clause: VariationClause, **changes: object) -> tuple[Plan, Scenario]:
    """The same with R1 under O1's contract L1 at £90 a day and £50 a PA."""
    contract = Contract(
        lot_id="L1", operator_id="O1", day_rate_pence=9000, pa_day_rate_pence=5000, variation=clause,
        starts_on=date(2025, 9, 1), ends_on=date(2028, 7, 31), **changes,  # type: ignore[arg-type]
    )  # fmt: skip
    scenario = replace(
        scenario, operators=(make_operator(),), contracts=(contract,),
        current_routes=(today("R1", "P1", operator_id="O1", lot_id="L1", kept=True),),
    )  # fmt: skip
    route = replace(plan.routes[0], operator_id="O1", lot_id="L1", kept=True)
    return make_plan(route, lots=[make_lot(route, LotState.HELD)]), scenario


@pytest.mark.parametrize(
    ("clause", "pence_a_day"),
    [
        (VariationClause(mile_rate_pence=150), 746),  # 8 km more a day at 150 p a mile: 745.6
        (VariationClause(mile_rate_pence=150, free_band_m=3000), 466),  # 5 km: 466.03
        (VariationClause(mile_rate_pence=1, day_share_pct=50), 900),  # half of £90 for 40 km, for 8 km
    ],
)
def test_a_contract_is_priced_by_its_clause(clause: VariationClause, pence_a_day: int) -> None:
    """P2 lives at x6, four minutes beyond P1: R1 drives 48 km a day instead of 40."""
    plan, scenario = in_a_car()
    plan, scenario = held(plan, scenario, clause)
    scenario = replace(scenario, passengers=(*scenario.passengers, make_passenger("P2", 6)))
    first = options_for(open_desk(plan, scenario, TRAVEL), "P2")[0]
    assert (first.kind, first.route_id) == (OptionKind.CONTRACT, "R1")
    assert first.extra_pence_per_day == pence_a_day
    assert first.priced_by == "variation clause of contract L1"


def test_a_pa_added_is_paid_by_the_contract() -> None:
    """P2 is on the way but needs a PA: £50 more, and one PA instead of none."""
    plan, scenario = held(*in_a_car(), VariationClause(mile_rate_pence=150))
    newcomer = make_passenger("P2", 14, pa_need=PaNeed.SHARED)
    scenario = replace(scenario, passengers=(*scenario.passengers, newcomer))
    first = options_for(open_desk(plan, scenario, TRAVEL), "P2")[0]
    assert (first.extra_pence_per_day, first.n_pas_before, first.n_pas) == (5000, 0, 1)


def test_what_the_clause_does_not_price_is_not_offered() -> None:
    """Eight of forty kilometres are 20 %: at most 15 are priced, so only a new car is left, and the reason is told."""
    clause = VariationClause(mile_rate_pence=150, max_change_pct=15)
    plan, scenario = held(*in_a_car(), clause, award_m=(40_000,) * 10)
    scenario = replace(scenario, passengers=(*scenario.passengers, make_passenger("P2", 6)))
    result = quote(open_desk(plan, scenario, TRAVEL), ["P2"])
    assert [option.kind for option in result.options] == [OptionKind.NEW_BOUGHT]
    assert any("Lot L1" in sentence and "15 %" in sentence for sentence in result.refused)


def test_a_kept_route_without_a_contract_takes_nobody() -> None:
    """Today's rate prices no change; the reason is told."""
    plan, scenario = held(*in_a_car("P2"), VariationClause(mile_rate_pence=150))
    scenario = replace(scenario, contracts=())
    result = quote(open_desk(plan, scenario, TRAVEL), ["P2"])
    assert "R1" not in {option.route_id for option in result.options}
    assert any("R1" in sentence and "no variation clause" in sentence for sentence in result.refused)


def test_a_taken_quote_is_void_against_a_changed_plan() -> None:
    """The seat that P2 took is not there a second time."""
    plan, scenario = in_a_car("P2", "P3")
    desk = open_desk(plan, scenario, TRAVEL)
    for_p2, for_p3 = options_for(desk, "P2")[0], options_for(desk, "P3")[0]
    after = taken(desk, for_p2)
    assert set(after.route("R1").passenger_ids) == {"P1", "P2"}
    with pytest.raises(ValueError, match="ask again"):
        taken(after, for_p3)


def test_nobody_else_is_moved_unless_agreed() -> None:
    """S2 at x39 lies nine minutes and a stop beyond S1, and both open at once: P1 must be at S1 ten minutes earlier.

    With P2's own minute that is more than the tolerance: with a free hand both share, else P2 has a car.
    """
    plan, scenario = in_a_car()
    far = replace(
        scenario,
        schools=(make_school(), make_school("S2", 39)),
        passengers=(*scenario.passengers, make_passenger("P2", 29, "S2")),
    )
    desk = open_desk(plan, far, TRAVEL)
    free = place_all(desk, ["P2"], plan, max_disturbed=None)
    strict = place_all(desk, ["P2"], plan, max_disturbed=0)
    one = place_all(desk, ["P2"], plan, max_disturbed=1)
    assert (free.placed["P2"].route_id, free.disturbed_ids) == ("R1", {"P1"})
    assert (one.placed["P2"].route_id, one.disturbed_ids) == ("R1", {"P1"})
    assert (strict.placed["P2"].kind, strict.disturbed_ids) == (OptionKind.NEW_BOUGHT, frozenset())


def test_newcomers_share_a_new_car() -> None:
    """R1 has one seat left and three come: one takes it, the two others share a new car."""
    people = [make_passenger(f"P{k}", 10) for k in range(1, 5)]
    scenario = make_scenario(people, vehicle_classes=(make_class(layouts=((2, 0),), rate_card=make_card(5000, 0)),))
    plan = make_plan(route_of(without_all(scenario, ("P2", "P3", "P4")), TRAVEL, "R1", ("P1",), ("P1",), layout=(2, 0)))
    change = place_all(open_desk(plan, scenario, TRAVEL), ["P2", "P3", "P4"], plan)
    assert sorted(len(route.passenger_ids) for route in change.desk.plan.routes) == [2, 2]
    assert change.not_placed == ()


def test_siblings_follow_their_own() -> None:
    """P3 must ride with P1: only R1 is offered."""
    plan, scenario = in_a_car("P3")
    scenario = replace(scenario, keep_together=(KeepTogether(group_id="K", passenger_ids=("P1", "P3")),))
    assert [o.route_id for o in options_for(open_desk(plan, scenario, TRAVEL), "P3")] == ["R1"]


def test_a_target_route_is_kept_to() -> None:
    """P2 and P3 each on a route of their own; P3 is moved to P2's although a third car is as cheap as any."""
    scenario = make_scenario([make_passenger("P2", 14), make_passenger("P3", 25)], vehicle_classes=CARS)
    plan = make_plan(
        route_of(scenario, TRAVEL, "R1", ("P2",), ("P2",)), route_of(scenario, TRAVEL, "R2", ("P3",), ("P3",))
    )
    desk = taken_out(open_desk(plan, scenario, TRAVEL), "P3")
    assert [route.route_id for route in desk.plan.routes] == ["R1"]
    assert [u.passenger_id for u in desk.plan.unserved] == ["P3"]
    change = place_all(desk, ["P3"], plan, targets={"P3": "R1"})
    assert change.placed["P3"].route_id == "R1"
    again = place_all(desk, ["P3"], plan, barred={"P3": "R1"})
    assert again.placed["P3"].kind is OptionKind.NEW_BOUGHT


def test_runs_of_one_vehicle_are_read_as_they_are_driven() -> None:
    """Both schools end at 15:00, so that nothing but the plan says which run is first.

    V1 takes S1 first in the morning. In the afternoon it must take S2 first: P2 lives a minute from S2, P1 twenty from
    S1, and S2 waits twenty minutes only.
    """
    early = Session(start_s=hm(8, 0), finish_s=hm(15, 0))
    people = [make_passenger("P1", 10), make_passenger("P2", 31, "S2")]
    scenario = make_scenario(
        people,
        schools=(make_school(sessions=(early,) * 10), make_school("S2", 32)),
        vehicle_classes=(make_class(rate_card=None),),
        fleet_vehicles=(make_vehicle(max_runs_per_shift=2),),
    )
    scenario = replace(scenario, never_together=(NeverTogether(passenger_ids=("P1", "P2")),))
    index = encode(scenario, TRAVEL)[1]
    s2_first = Solution(
        orders=[([1], [1]), ([0], [0])], hubs=[([1], [1]), ([0], [0])], supply=[0, 0], cost=[], unserved=[]
    )
    decoded = decode(scenario, TRAVEL, index, s2_first, Assignment(supply=(0, 0), vehicles=((0, (0, 1)),), cost=0))
    plan = make_plan(*decoded.routes)
    assert [v.sentence for v in check_plan(plan, scenario, TRAVEL)] == []
    starts = {(run.leg.value, route.passenger_ids): run.start_at_s for route in plan.routes for run in route.runs}
    assert starts["AM", ("P1",)] < starts["AM", ("P2",)]
    assert starts["PM", ("P2",)] < starts["PM", ("P1",)]
    desk = open_desk(plan, scenario, TRAVEL)
    assert desk.fortnight_pence == fortnight_pence(plan, scenario, TRAVEL)


def test_a_plan_that_breaks_a_rule_cannot_be_changed() -> None:
    """P1 rides longer than their own cap."""
    plan, scenario = in_a_car()
    strict = replace(scenario, passengers=(replace(scenario.passengers[0], ride_cap_s=60),))
    with pytest.raises(CannotChangeError, match="cannot be changed here"):
        open_desk(plan, strict, TRAVEL)


ONE_ROUTE = tuple(f for f in FEATURES if f != "free_legs")


@settings(max_examples=20)
@given(st.sets(st.sampled_from(ONE_ROUTE), max_size=6).map(sorted), st.integers(2, 6), st.integers(0, 9999))
def test_placing_and_taking_out_keep_every_rule(features: list[str], n: int, seed: int) -> None:
    """One comes with nobody disturbed, then the first of the plan leaves: checked, and priced to the penny."""
    world = in_force(features, n, seed)
    if any(v.hard for v in check_plan(world.plan, world.scenario, world.travel)):
        return
    desk = open_desk(world.plan, world.with_newcomer, world.travel)
    change = place_all(desk, [world.newcomer_id], world.plan)
    assert_sound(change.desk, desk)
    others = disturbed_of(change.desk.plan, world.plan, world.with_newcomer)
    assert {d.passenger_id for d in others} == change.disturbed_ids == frozenset()
    riding = [pid for route in change.desk.plan.routes for pid in route.passenger_ids]
    assert len(riding) == len(set(riding))
    assert (world.newcomer_id in riding) == (change.not_placed == ())
    if riding:
        try:
            rest = taken_out(change.desk, riding[0])
        except ValueError:  # the vehicle's other runs need them
            return
        assert riding[0] not in {pid for route in rest.plan.routes for pid in route.passenger_ids}
        assert rest.fortnight_pence - change.desk.fortnight_pence == difference(rest, change.desk)


def assert_sound(after: Desk, before: Desk) -> None:
    """No hard rule broken, and the desk's sum moves as the plan's cost does."""
    scenario = read_again(after.scenario, after.plan)
    assert [v.sentence for v in check_plan(after.plan, scenario, after.travel) if v.hard] == []
    assert after.fortnight_pence - before.fortnight_pence == difference(after, before)


def difference(after: Desk, before: Desk) -> int:
    """What the domain says that the plan's change costs a fortnight."""
    plans = (replace(desk.plan, unserved=()) for desk in (after, before))
    now, then = (fortnight_pence(plan, after.scenario, after.travel) for plan in plans)
    return now - then


def test_the_last_one_on_a_contracted_route_may_leave() -> None:
    """Route and lot go with P1; the contract is not paid any more, and P2 is offered a car only."""
    plan, scenario = held(*in_a_car("P2"), VariationClause(mile_rate_pence=150))
    desk = open_desk(plan, scenario, TRAVEL)
    rest = taken_out(desk, "P1")
    assert (rest.plan.routes, rest.plan.lots) == ((), ())
    assert desk.fortnight_pence - rest.fortnight_pence == 10 * 9000
    assert [option.kind for option in options_for(rest, "P2")] == [OptionKind.NEW_BOUGHT]


def test_only_what_is_impossible_is_refused() -> None:
    """With one option asked for, R2 is left out because it is dearer; no reason may be made up for it."""
    scenario = make_scenario(
        [make_passenger("P1", 10), make_passenger("P2", 29), make_passenger("P3", 14)], vehicle_classes=CARS
    )
    before = without(scenario, "P3")
    plan = make_plan(route_of(before, TRAVEL, "R1", ("P1",), ("P1",)), route_of(before, TRAVEL, "R2", ("P2",), ("P2",)))
    result = quote(open_desk(plan, scenario, TRAVEL), ["P3"], n=1)
    assert [option.route_id for option in result.options] == ["R1"]
    assert result.refused == ()


def test_todays_form_of_a_contracted_route_has_the_newcomer() -> None:
    """P2 boards after P1 and alights before: so today's route says afterwards."""
    plan, scenario = held(*in_a_car("P2"), VariationClause(mile_rate_pence=150))
    change = place_all(open_desk(plan, scenario, TRAVEL), ["P2"], plan)
    (route,) = held_as_today(change.desk, change.desk.held.routes)
    assert (route.am_passenger_ids, route.pm_passenger_ids) == (("P1", "P2"), ("P2", "P1"))
