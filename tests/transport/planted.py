"""A small borough whose plan keeps every rule, and one known damage for each rule.

The borough lies on the line world: schools S1 (x30, side gate x33), S2 (x35) and S3 (x20, 10:30 to 13:30).

- F1, F2: fleet minibus V1 from depot x0 does two runs a shift. F1 takes P1 (shared PA, trained), P2
  (wheelchair, Mon to Wed) and P3 with PA A1, who lives at x5; F2 takes P5 to S3.
- F3: fleet car V2 takes P13. B1: to be tendered, P6 and P7, kept together. B2: operator O1's card, P8 with a
  one-to-one PA and a cap of their own. B3: operator O2's contract, P9. K1: kept as it is today, P10, AM only.
- P11 awaits a decision; P12 is unserved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tests.builders import (
    at,
    hm,
    line_travel,
    make_assistant,
    make_card,
    make_class,
    make_lot,
    make_operator,
    make_passenger,
    make_plan,
    make_route,
    make_scenario,
    make_school,
    make_vehicle,
    route_of,
)
from tests.transport.borough import Borough
from transport.calendar import ALL_DAYS, Leg
from transport.check import Rule
from transport.contracts import Contract, VariationClause
from transport.lots import LotState
from transport.passengers import KeepTogether, Mobility, NeverTogether, PaNeed, Passenger, PickupPoint, Status
from transport.plan import Pattern, RouteKind, Run, Stop, Unserved
from transport.scenario import CurrentRoute
from transport.schools import Gate
from transport.vehicles import Layout, Shift

MON_TO_WED = (0, 1, 2, 5, 6, 7)
THU_FRI = (3, 4, 8, 9)
CLAUSE_TO_15_PCT = VariationClause(mile_rate_pence=150, max_change_pct=15)


def people() -> tuple[Passenger, ...]:
    """The borough's passengers."""
    return (
        make_passenger("P1", 10, pa_need=PaNeed.SHARED, pa_training_tags=frozenset({"epilepsy"})),
        make_passenger(
            "P2", 15, days=MON_TO_WED, mobility=Mobility.IN_WHEELCHAIR, vehicle_tags=frozenset({"tail_lift"})
        ),
        make_passenger("P3", 20, "S2"),
        make_passenger("P5", 25, "S3"),
        make_passenger("P6", 60, "S2"),
        make_passenger("P7", 55, "S2"),
        make_passenger("P8", 45, gate_id="side", pa_need=PaNeed.ONE_TO_ONE, ride_cap_s=2400, walk_m=300),
        make_passenger("P9", 70, "S2"),
        make_passenger("P10", 50, legs=[Leg.AM], pinned_route_id="K1"),
        make_passenger("P11", 51, status=Status.AWAITING_DECISION),
        make_passenger("P12", 52),
        make_passenger("P13", 12),
    )


def make_borough() -> Borough:
    """The borough with a plan that keeps every rule."""
    gates = (Gate(gate_id="main", place_id=at(30)), Gate(gate_id="side", place_id=at(33)))
    scenario = make_scenario(
        people(),
        schools=(
            make_school("S1", gates=gates),
            make_school("S2", 35),
            make_school("S3", 20, start_s=hm(10, 30), finish_s=hm(13, 30)),
        ),
        vehicle_classes=(
            make_class(),
            make_class("BUS", ((8, 0), (6, 1)), tags=frozenset({"tail_lift"})),
        ),
        fleet_vehicles=(make_vehicle("V1", "BUS"), make_vehicle("V2"), make_vehicle("V3")),
        operators=(
            make_operator("O1", rate_cards={"CAR": make_card(4000)}, n_pas=2),
            make_operator("O2", {"CAR": 1}),
        ),
        assistants=(
            make_assistant("A1", 5, training_tags=frozenset({"epilepsy"})),
            make_assistant("A2"),
            make_assistant("A3"),
        ),
        contracts=(
            Contract(
                lot_id="L-B3", operator_id="O2", day_rate_pence=9000, pa_day_rate_pence=5000,
                variation=VariationClause(mile_rate_pence=150), starts_on=date(2025, 9, 1),
                ends_on=date(2028, 7, 31),
            ),
        ),
        current_routes=(
            CurrentRoute(
                route_id="K1", kind=RouteKind.BOUGHT, class_id="CAR", operator_id="O1", lot_id="L-K1",
                am_passenger_ids=("P10", "P11"), pm_passenger_ids=("P11",), day_rate_pence=7000, kept=True,
            ),
        ),
        keep_together=(KeepTogether(group_id="G1", passenger_ids=("P6", "P7")),),
        never_together=(NeverTogether(passenger_ids=("P1", "P5")),),
    )  # fmt: skip
    travel = line_travel()
    f1 = route_of(
        scenario, travel, "F1", ("P1", "P2", "P3"), ("P3", "P2", "P1"), class_id="BUS", layout=(6, 1),
        n_pas=1, pa_ids=("A1",), school_ids=("S1", "S2"), vehicle_id="V1",
    )  # fmt: skip
    f2 = route_of(scenario, travel, "F2", ("P5",), ("P5",), class_id="BUS", layout=(6, 1), vehicle_id="V1")
    f3 = route_of(scenario, travel, "F3", ("P13",), ("P13",), vehicle_id="V2")
    b1 = route_of(scenario, travel, "B1", ("P6", "P7"), ("P7", "P6"))
    b2 = route_of(scenario, travel, "B2", ("P8",), ("P8",), n_pas=1, operator_id="O1")
    b3 = route_of(scenario, travel, "B3", ("P9",), ("P9",), operator_id="O2")
    k1 = route_of(scenario, travel, "K1", ("P10",), operator_id="O1", kept=True)
    lots = [make_lot(b1), make_lot(b2), make_lot(b3, LotState.HELD), make_lot(k1, LotState.HELD)]
    plan = make_plan(
        f1, f2, f3, b1, b2, b3, k1, lots=lots,
        unserved=(Unserved(passenger_id="P12", cause="ride_over_cap", sentence="too far"),),
        not_planned=scenario.not_planned(),
    )  # fmt: skip
    return Borough(scenario=scenario, travel=travel, plan=plan)


def _halt(place: int, clock_s: int, **halt: Any) -> Stop:
    """A stop without waiting: service of 60 s for each passenger."""
    n = len(halt.get("boarding", ())) + len(halt.get("alighting", ()))
    return Stop(place_id=at(place), arrive_at_s=clock_s, start_at_s=clock_s, depart_at_s=clock_s + 60 * n, **halt)


def _extra_run(b: Borough, route_id: str) -> Borough:
    """A second AM run without passengers on Mon A, long after the first."""
    extra = Run(leg=Leg.AM, days=(0,), stops=(_halt(30, hm(11, 0)),), layout=Layout(seats=4, wheelchairs=0), n_pas=0)
    return b.with_route(route_id, runs=(*b.route(route_id).runs, extra))


def _split_f3(b: Borough, pm_vehicle_id: str) -> Borough:
    """F3 keeps the AM; a new route F4 does its PM."""
    f3 = b.route("F3")
    am, pm = (tuple(run for run in f3.runs if run.leg is leg) for leg in (Leg.AM, Leg.PM))
    routes = [route for route in b.plan.routes if route is not f3]
    routes += [replace(f3, runs=am, pm=None), make_route("F4", pm, vehicle_id=pm_vehicle_id)]
    return b.with_plan(replace(b.plan, routes=tuple(routes)))


def _boards_between_schools(_: Borough) -> Borough:
    """P2 boards between S1, where P1 alights, and S2."""
    scenario = make_scenario(
        [make_passenger("P1", 20), make_passenger("P2", 32, "S2", legs=[Leg.AM])],
        schools=(make_school(), make_school("S2", 35)),
    )  # fmt: skip
    scenario = replace(
        scenario,
        passengers=(replace(scenario.passengers[0], pm_place_ids=(None,) * 10), scenario.passengers[1]),
    )
    stops = (
        _halt(20, hm(8, 35), boarding=("P1",)),
        _halt(30, hm(8, 46), alighting=("P1",), school_id="S1"),
        _halt(32, hm(8, 49), boarding=("P2",)),
        _halt(35, hm(8, 53), alighting=("P2",), school_id="S2"),
    )
    run = Run(leg=Leg.AM, days=ALL_DAYS, stops=stops, layout=Layout(seats=4, wheelchairs=0), n_pas=0)
    return Borough(scenario=scenario, travel=line_travel(), plan=make_plan(make_route("R1", [run])))


def _other_layout_on_f2(b: Borough) -> Borough:
    """F2's AM run seats eight; changing the layout takes 2010 s."""
    b = b.with_policy(layout_change_s=2010)
    return b.with_run("F2", Leg.AM, layout=Layout(seats=8, wheelchairs=0))


def _pa_on_two_routes(b: Borough) -> Borough:
    """Council PA A2 on F3 and on B2 at the same time."""
    b = b.with_route("F3", pa_ids=("A2",)).with_route("B2", pa_ids=("A2",))
    return b.with_run("F3", Leg.AM, n_pas=1).with_run("B2", Leg.PM, n_pas=1)


def _another_point_on_mondays(b: Borough) -> Borough:
    """P13 may walk from x12 to x13, and does so on Mondays only."""
    usual = b.run("F3", Leg.AM)
    stop = usual.stops[0]
    moved = replace(
        stop, place_id=at(13), arrive_at_s=stop.arrive_at_s + 60, start_at_s=stop.start_at_s + 60,
        depart_at_s=stop.depart_at_s + 60,
    )  # fmt: skip
    monday = replace(usual, days=(0, 5), stops=(moved, *usual.stops[1:]))
    rest = replace(usual, days=tuple(day for day in ALL_DAYS if day % 5))
    b = b.with_route("F3", runs=(rest, monday, b.run("F3", Leg.PM)))
    return b.with_passenger(
        "P13", pickup_points=(PickupPoint(place_id=at(13), home_place_id=at(12), walk_m=200, walk_s=180),)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A damage and what the checker must say of it: (amount, sentence) of each violation, all of one rule."""

    rule: Rule
    damage: Callable[[Borough], Borough]
    found: tuple[tuple[int, str], ...]


def _planted(rule: Rule, damage: Callable[[Borough], Borough], *found: tuple[int, str]) -> Planted:
    return Planted(rule=rule, damage=damage, found=found)


def _unserve(b: Borough, passenger_id: str) -> Borough:
    more = Unserved(passenger_id=passenger_id, cause="over_capacity", sentence="no room")
    return b.with_plan(replace(b.plan, unserved=(*b.plan.unserved, more)))


def _lot(b: Borough, lot_id: str, **changes: Any) -> Borough:
    lots = (replace(lot, **changes) if lot.lot_id == lot_id else lot for lot in b.plan.lots)
    return b.with_plan(replace(b.plan, lots=tuple(lots)))


def _class(b: Borough, class_id: str, **changes: Any) -> Borough:
    classes = (replace(c, **changes) if c.class_id == class_id else c for c in b.scenario.vehicle_classes)
    return b.with_scenario(vehicle_classes=tuple(classes))


def _assistant(b: Borough, pa_id: str, **changes: Any) -> Borough:
    pas = (replace(pa, **changes) if pa.pa_id == pa_id else pa for pa in b.scenario.assistants)
    return b.with_scenario(assistants=tuple(pas))


PLANTED = (
    _planted(
        Rule.UNKNOWN_ID,
        lambda b: _unserve(b, "P99"),
        (1, "The list of unserved passengers names passenger P99, which is not in the scenario"),
    ),
    _planted(
        Rule.REPEATED_ID,
        lambda b: b.with_plan(replace(b.plan, lots=(*b.plan.lots, b.plan.lots[0]))),
        (1, "Lot L-B1 is in the plan 2 times"),
    ),
    _planted(
        Rule.EMPTY_RUN,
        lambda b: b.with_route("F3", runs=(*b.route("F3").runs, replace(b.run("F3", Leg.AM), stops=()))),
        (1, "Route F3 AM: a run has no stop"),
    ),
    _planted(
        Rule.DAYS_OVERLAP,
        lambda b: _extra_run(b, "F3"),
        (1, "Route F3 AM: more than one run on Mon (week A)"),
    ),
    _planted(
        Rule.PASSENGER_MISSING,
        lambda b: b.with_plan(replace(b.plan, unserved=())),
        (1, "Passenger P12 is neither carried nor listed as unserved"),
    ),
    _planted(
        Rule.CARRIED_TWICE,
        lambda b: _unserve(b, "P6"),
        (20, "Passenger P6 is carried and also listed as unserved"),
    ),
    _planted(
        Rule.LEG_NOT_SERVED,
        lambda b: b.with_passenger("P10", pm_place_ids=(at(50), None, None, None, None) * 2),
        (2, "Passenger P10 is not carried PM on Mon"),
    ),
    _planted(
        Rule.NOT_SET_DOWN,
        lambda b: b.with_stop("F3", Leg.AM, 1, alighting=()),
        (1, "Route F3 AM: passenger P13 does not board once and alight once, in this order"),
    ),
    _planted(
        Rule.CARRIED_WHEN_NOT_TRAVELLING,
        lambda b: b.with_passenger("P13", am_place_ids=(*(at(12),) * 4, None, *(at(12),) * 5)),
        (1, "Route F3 AM on Fri (week A): passenger P13 is carried but does not travel"),
    ),
    _planted(
        Rule.NOT_PLANNED_CARRIED,
        lambda b: b.with_passenger("P13", ready_from=date(2026, 9, 14)),
        (20, "Passenger P13 is carried, but: risk assessment not done before 2026-09-14"),
    ),
    _planted(
        Rule.WRONG_PLACE,
        lambda b: b.with_passenger("P13", am_place_ids=(at(13), *(at(12),) * 9)),
        (1, "Route F3 AM on Mon (week A): passenger P13 boards at x12, not at x13"),
    ),
    _planted(
        Rule.PICKUP_VARIES,
        _another_point_on_mondays,
        (1, "Passenger P13 boards AM at 2 places (x12, x13); one is allowed"),
    ),
    _planted(
        Rule.WRONG_GATE,
        lambda b: b.with_passenger("P8", gate_id="main"),
        (10, "Route B2 AM: passenger P8 is taken to x33 (school S1), not x30 (school S1)"),
        (10, "Route B2 PM: passenger P8 is fetched from x33 (school S1), not x30 (school S1)"),
    ),
    _planted(
        Rule.ORDER_DIFFERS,
        lambda b: b.with_route("B1", am=Pattern(passenger_ids=("P7", "P6"), gates=(("S2", at(35)),))),
        (1, "Route B1 AM: differs from the route's order at passenger P6"),
    ),
    _planted(
        Rule.SAME_ROUTE_SPLIT,
        lambda b: _split_f3(b, "V2"),
        (1, "Passenger P13 is on 2 routes (F3, F4); one is allowed"),
    ),
    _planted(
        Rule.BOARDS_AFTER_FIRST_ALIGHT,
        _boards_between_schools,
        (1, "Route R1 AM: P2 boards after the first alighting"),
    ),
    _planted(
        Rule.TOO_MANY_SCHOOLS,
        lambda b: b.with_policy(max_schools_per_run=1),
        (1, "Route F1 AM on Mon–Wed: serves 2 schools; at most 1 allowed"),
        (1, "Route F1 AM on Thu, Fri: serves 2 schools; at most 1 allowed"),
        (1, "Route F1 PM on Mon–Wed: serves 2 schools; at most 1 allowed"),
        (1, "Route F1 PM on Thu, Fri: serves 2 schools; at most 1 allowed"),
    ),
    _planted(
        Rule.ARRIVES_EARLY,
        lambda b: b.later("F3", Leg.AM, -660),
        (60, "Route F3 AM: sets down at x30 (school S1) at 08:44, 1 min before 08:45"),
    ),
    _planted(
        Rule.ARRIVES_LATE,
        lambda b: b.later("F3", Leg.AM, 90),
        (90, "Route F3 AM: sets down at x30 (school S1) at 08:56:30, 1 min 30 s after 08:55"),
    ),
    _planted(
        Rule.BOARDS_BEFORE_SESSION_ENDS,
        lambda b: b.later("F3", Leg.PM, -60),
        (60, "Route F3 PM: boards at x30 (school S1) at 14:59, 1 min before the session ends at 15:00"),
    ),
    _planted(
        Rule.LEAVES_LATE,
        lambda b: b.later("F3", Leg.PM, 1170),
        (30, "Route F3 PM: leaves x30 (school S1) at 15:20:30, 30 s after 15:20"),
    ),
    _planted(
        Rule.CLOCK,
        lambda b: b.with_stop("F3", Leg.AM, 0, arrive_at_s=b.run("F3", Leg.AM).stops[0].start_at_s + 30),
        (30, "Route F3 AM: stop 1 (x12) starts service before arriving by 30 s"),
    ),
    _planted(
        Rule.DRIVE_TOO_SHORT,
        lambda b: b.with_stop("F3", Leg.AM, 0, depart_at_s=b.run("F3", Leg.AM).stops[0].depart_at_s + 30),
        (30, "Route F3 AM: 30 s too little for the drive of 18 min from x12 to x30"),
    ),
    _planted(
        Rule.ROAD_NOT_PERMITTED,
        lambda b: replace(b, travel=line_travel(blocked=[(0, at(12), at(30))])),
        (1, "Route F3 AM: no road permitted for a CAR leads from x12 to x30"),
    ),
    _planted(
        Rule.RIDE_OVER_CAP,
        lambda b: b.with_passenger("P8", ride_cap_s=600),
        (120, "Route B2 AM: passenger P8 rides 12 min, 2 min over their own cap of 10 min"),
        (120, "Route B2 PM: passenger P8 rides 12 min, 2 min over their own cap of 10 min"),
    ),
    _planted(
        Rule.RIDE_OVER_TARGET,
        lambda b: b.with_policy(ride_target_primary_s=2010),
        (90, "Route B3 AM: passenger P9 travels 35 min, 1 min 30 s over the wish of 33 min 30 s: "
             "the direct drive alone takes 35 min"),
        (90, "Route B3 PM: passenger P9 travels 35 min, 1 min 30 s over the wish of 33 min 30 s: "
             "the direct drive alone takes 35 min"),
    ),
    _planted(
        Rule.WALK_OVER_MAX,
        lambda b: b.with_policy(max_walk_m=250),
        (50, "Passenger P8 walks 300 m, 50 m over the limit of 250 m"),
    ),
    _planted(
        Rule.LAYOUT_NOT_OF_CLASS,
        lambda b: b.with_run("F3", Leg.AM, layout=Layout(seats=5, wheelchairs=0)),
        (1, "Route F3 AM: layout 5+0 is none of class CAR's (4+0)"),
    ),
    _planted(
        Rule.OVER_CAPACITY,
        lambda b: b.with_run("B1", Leg.AM, n_pas=3),
        (1, "Route B1 AM: needs 5 seats and 0 wheelchair places, 1 more than layout 4+0 has"),
    ),
    _planted(
        Rule.VEHICLE_TAG_MISSING,
        lambda b: b.with_passenger("P13", vehicle_tags=frozenset({"tail_lift"})),
        (1, "Route F3: passenger P13 needs tail_lift, which the vehicle lacks"),
    ),
    _planted(
        Rule.SOLO_SHARED,
        lambda b: b.with_passenger("P6", solo=True),
        (1, "Route B1 AM: passenger P6 is to travel alone but shares with P7"),
        (1, "Route B1 PM: passenger P6 is to travel alone but shares with P7"),
    ),
    _planted(
        Rule.NEVER_TOGETHER,
        lambda b: b.with_scenario(never_together=(NeverTogether(passenger_ids=("P6", "P7"), reason="fear"),)),
        (2, "Route B1 AM: passengers P6 and P7 are never to travel together (fear)"),
        (2, "Route B1 PM: passengers P6 and P7 are never to travel together (fear)"),
    ),
    _planted(
        Rule.KEEP_TOGETHER_SPLIT,
        lambda b: b.with_scenario(keep_together=(KeepTogether(group_id="G2", passenger_ids=("P7", "P13")),)),
        (1, "Group G2 is to travel together but is on routes B1 and F3"),
    ),
    _planted(
        Rule.TOO_FEW_PAS,
        lambda b: b.with_passenger("P13", pa_need=PaNeed.TWO_TO_ONE),
        (2, "Route F3 AM: has 0 PAs, needs 2"),
        (2, "Route F3 PM: has 0 PAs, needs 2"),
    ),
    _planted(
        Rule.PA_NOT_TRAINED,
        lambda b: _assistant(b, "A1", training_tags=frozenset({"lifting"})),
        (1, "Route F1 AM on Mon–Wed: no PA on board has the training that P1 needs"),
        (1, "Route F1 AM on Thu, Fri: no PA on board has the training that P1 needs"),
        (1, "Route F1 PM on Mon–Wed: no PA on board has the training that P1 needs"),
        (1, "Route F1 PM on Thu, Fri: no PA on board has the training that P1 needs"),
    ),
    _planted(
        Rule.PA_HOME,
        lambda b: b.with_stop("F1", Leg.AM, -1, pas_alighting=()),
        (1, "Fleet vehicle V1 AM on Mon–Wed: PA A1 is not brought home"),
    ),
    _planted(
        Rule.PA_DOUBLE_BOOKED,
        _pa_on_two_routes,
        (840, "PA A2 AM: on routes F3 and B2 at once for 14 min"),
    ),
    _planted(
        Rule.COUNCIL_PAS_OVER,
        lambda b: b.with_scenario(assistants=b.scenario.assistants[:1]).with_run("F3", Leg.PM, n_pas=1),
        (1, "PM: 2 council PAs out at once; 1 listed"),
    ),
    _planted(
        Rule.VEHICLE_CLASS_MISMATCH,
        lambda b: b.with_vehicle("V2", class_id="BUS"),
        (1, "Route F3: class CAR, but fleet vehicle V2 is a BUS"),
    ),
    _planted(
        Rule.RUN_OVERLAP,
        lambda b: b.with_policy(turnround_s=2000),
        (20, "Fleet vehicle V1 on Mon–Wed: 20 s too little to drive and turn round "
             "between route F1 AM and route F2 AM"),
        (20, "Fleet vehicle V1 on Thu, Fri: 20 s too little to drive and turn round "
             "between route F1 AM and route F2 AM"),
    ),
    _planted(
        Rule.LAYOUT_CHANGE,
        _other_layout_on_f2,
        (30, "Fleet vehicle V1 on Mon–Wed: 30 s too little to change the layout "
             "between route F1 AM and route F2 AM"),
        (30, "Fleet vehicle V1 on Thu, Fri: 30 s too little to change the layout "
             "between route F1 AM and route F2 AM"),
    ),
    _planted(
        Rule.OUTSIDE_SHIFT,
        lambda b: b.with_vehicle("V2", am_shift=Shift(start_s=hm(8, 25), end_s=hm(12, 0))),
        (60, "Fleet vehicle V2 AM: leaves the depot at 08:24, 1 min before 08:25"),
    ),
    _planted(
        Rule.TOO_MANY_RUNS,
        lambda b: b.with_vehicle("V1", max_runs_per_shift=1),
        (1, "Fleet vehicle V1 AM on Mon–Wed: 2 runs; at most 1 allowed"),
        (1, "Fleet vehicle V1 PM on Mon–Wed: 2 runs; at most 1 allowed"),
        (1, "Fleet vehicle V1 AM on Thu, Fri: 2 runs; at most 1 allowed"),
        (1, "Fleet vehicle V1 PM on Thu, Fri: 2 runs; at most 1 allowed"),
    ),
    _planted(
        Rule.SAME_VEHICLE_SPLIT,
        lambda b: _split_f3(b, "V3").with_policy(same_route_both_legs=False),
        (1, "Passenger P13: fleet vehicles V2 and V3 on the two legs; one is allowed"),
    ),
    _planted(
        Rule.LOT_MISSING,
        lambda b: _lot(b, "L-B1", class_id="BUS"),
        (1, "Route B1: class CAR, but lot L-B1 is for class BUS"),
    ),
    _planted(
        Rule.BOUGHT_SEVERAL_RUNS,
        lambda b: _extra_run(b, "B1"),
        (1, "Route B1 AM: more than one run on Mon (week A)"),
    ),
    _planted(
        Rule.CLASS_LIMIT,
        lambda b: _class(b, "CAR", max_routes=3),
        (1, "Class CAR: 4 bought routes; at most 3 allowed"),
    ),
    _planted(
        Rule.NOT_BUYABLE,
        lambda b: b.with_operator("O1", rate_cards={}),
        (1, "Route B2: operator O1 has no rate card for class CAR"),
    ),
    _planted(
        Rule.OPERATOR_NOT_ADMITTED,
        lambda b: b.with_operator("O2", categories=frozenset({"BUS"})),
        (1, "Route B3: operator O2 is not admitted for class CAR"),
    ),
    _planted(
        Rule.OPERATOR_VEHICLES_OVER,
        lambda b: b.with_operator("O1", n_vehicles_by_class={"CAR": 1}),
        (1, "Operator O1 AM: 2 vehicles of class CAR at once; it has 1"),
    ),
    _planted(
        Rule.OPERATOR_PAS_OVER,
        lambda b: b.with_operator("O1", n_pas=0),
        (1, "Operator O1 AM: 1 PA at once; it has 0"),
        (1, "Operator O1 PM: 1 PA at once; it has 0"),
    ),
    _planted(
        Rule.KEPT_ROUTE_CHANGED,
        lambda b: b.with_scenario(current_routes=(replace(b.scenario.current_routes[0], operator_id="O2"),)),
        (1, "Route K1 is to be kept as it is today, but its operator is O1, not O2"),
    ),
    _planted(
        Rule.HELD_LOT_CHANGED,
        lambda b: b.with_scenario(current_routes=(replace(b.scenario.current_routes[0], lot_id="L-B3"),)),
        (1, "Lot L-B3 is held for K1 (CAR), but has route B3 (CAR)"),
    ),
    _planted(
        Rule.CONTRACT_OVER,
        lambda b: b.with_contract(ends_on=date(2026, 8, 28)),
        (4, "Lot L-B3 is held, but its contract ended on 2026-08-28 and has no extension price"),
    ),
    _planted(
        Rule.VARIATION_OVER,
        lambda b: b.with_contract(award_m=(1000,) * 10, variation=CLAUSE_TO_15_PCT),
        (68850, "Lot L-B3: its miles change by 68850 m a day more than the 15 % that its contract prices"),
    ),
    _planted(
        Rule.PIN_BROKEN,
        lambda b: b.with_passenger("P13", pinned_route_id="K1"),
        (1, "Passenger P13 is pinned to route K1 but is on route F3"),
    ),
    _planted(
        Rule.TOO_MANY_DISTURBED,
        lambda b: replace(b.with_policy(max_disturbed=1), reference=b.later("B1", Leg.AM, 601).plan),
        (1, "2 families disturbed; at most 1 allowed"),
    ),
)  # fmt: skip
"""One damage for every rule."""
