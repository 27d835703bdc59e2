"""Every setting that the search must obey: change it, and the answer moves the way it should.

Two plans of one borough that differ in one setting; both pass the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import pytest

from tests.builders import (
    at,
    hm,
    line_travel,
    make_card,
    make_class,
    make_operator,
    make_passenger,
    make_scenario,
    make_school,
    make_vehicle,
)
from tests.routing.planning import Planned, plan_for
from transport.calendar import Leg
from transport.passengers import Mobility, PaNeed, Passenger, Phase, Status
from transport.plan import RouteKind
from transport.policy import Policy
from transport.rate_cards import DeadRule
from transport.scenario import Scenario
from transport.vehicles import Shift, VehicleClass

TRAVEL = line_travel()
FLAT = make_class(rate_card=make_card(5000, 0))
"""£50 a day, miles free: sharing always pays where the rules allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One setting at two values: the scenario made with each, what is looked at, and what must be seen."""

    setting: str
    make: Callable[[Any], Scenario]
    values: tuple[Any, Any]
    look: Callable[[Planned], Any]
    seen: tuple[Any, Any]


def n_routes(planned: Planned) -> int:
    return len(planned.plan.routes)


def on_fleet(planned: Planned) -> int:
    return sum(route.kind is RouteKind.FLEET for route in planned.plan.routes)


def classes(planned: Planned) -> list[str]:
    return sorted(route.class_id for route in planned.plan.routes)


def unserved(planned: Planned) -> list[str]:
    return sorted(planned.unserved_ids)


# ---- rides ----

PHASES = {"primary": Phase.PRIMARY, "secondary": Phase.SECONDARY, "post16": Phase.POST16}


def either_side(phase: Phase = Phase.PRIMARY, **policy: Any) -> Scenario:
    """x20 and x40 to x30: in one vehicle whoever boards first rides 31 minutes, direct it is 10."""
    people = [make_passenger("P1", 20, phase=phase), make_passenger("P2", 40, phase=phase)]
    return make_scenario(people, vehicle_classes=(FLAT,), policy=Policy(**policy))


def caps(value: int) -> dict[str, Any]:
    return {f"ride_cap_{name}_s": value for name in PHASES}


def at_phase(phase: Phase, setting: str, **others: Any) -> Callable[[Any], Scenario]:
    """The case at one phase, with one setting to be told."""
    return lambda value: either_side(phase, **{setting: value}, **others)


RIDES = [
    *(
        Case(
            setting=f"ride_cap_{name}_s", make=at_phase(phase, f"ride_cap_{name}_s"),
            values=(1200, 1860), look=n_routes, seen=(2, 1),
        )
        for name, phase in PHASES.items()
    ),
    *(
        Case(
            setting=f"ride_target_{name}_s",
            make=at_phase(phase, f"ride_target_{name}_s", ride_over_target_pence_per_min=1000),
            values=(600, 1860), look=n_routes, seen=(2, 1),
        )
        for name, phase in PHASES.items()
    ),
    Case(
        setting="ride_over_target_pence_per_min", values=(1000, 5), look=n_routes, seen=(2, 1),
        make=lambda v: either_side(ride_target_primary_s=600, ride_over_target_pence_per_min=v),
    ),
    Case(
        setting="ride_cap_direct_pct", values=(100, 310), look=n_routes, seen=(2, 1),
        make=lambda v: either_side(ride_cap_direct_pct=v, ride_cap_direct_plus_s=0, **caps(600)),
    ),
    Case(
        setting="ride_cap_direct_plus_s", values=(1259, 1260), look=n_routes, seen=(2, 1),
        make=lambda v: either_side(ride_cap_direct_pct=100, ride_cap_direct_plus_s=v, **caps(600)),
    ),
    Case(
        setting="max_walk_m", values=(499, 500), look=unserved, seen=(["P1"], []),
        make=lambda v: make_scenario([make_passenger(walk_m=500, walk_s=400)], policy=Policy(max_walk_m=v)),
    ),
    Case(
        setting="walk_s", values=(2000, 0), look=n_routes, seen=(2, 1),
        make=lambda v: make_scenario(
            [make_passenger("P1", 20, walk_s=v), make_passenger("P2", 40, walk_s=v)], vehicle_classes=(FLAT,),
            policy=Policy(ride_over_target_pence_per_min=1000),
        ),
    ),
    Case(
        setting="board_s", values=(300, 60), look=n_routes, seen=(2, 1),
        make=lambda v: make_scenario(
            [make_passenger("P1", 0, ride_cap_s=1920), make_passenger("P2", 10, board_s=v, ride_cap_s=1800)],
            vehicle_classes=(FLAT,),
        ),
    ),
    Case(
        setting="alight_s", values=(300, 60), look=n_routes, seen=(2, 1),
        make=lambda v: make_scenario(
            [make_passenger("P1", 0, ride_cap_s=1920), make_passenger("P2", 10, alight_s=v, ride_cap_s=1800)],
            vehicle_classes=(FLAT,),
        ),
    ),
    Case(
        setting="ride_cap_s", values=(1859, 1860), look=n_routes, seen=(2, 1),
        make=lambda v: make_scenario(
            [make_passenger("P1", 20, ride_cap_s=v), make_passenger("P2", 40, ride_cap_s=v)], vehicle_classes=(FLAT,)
        ),
    ),
]  # fmt: skip


# ---- schools ----


def two_schools(max_schools_per_run: int = 3, **school: Any) -> Scenario:
    """From x0 to x30 and x50, same bells: 20 minutes apart, windows of 10 (AM) and 20 (PM) minutes."""
    school = {"arrive_earliest_before_s": 2400, "leave_latest_after_s": 2400} | school
    return make_scenario(
        [make_passenger("P1", 0, "S1"), make_passenger("P2", 0, "S2")],
        schools=(make_school("S1", 30, **school), make_school("S2", 50, **school)),
        vehicle_classes=(FLAT,),
        policy=Policy(max_schools_per_run=max_schools_per_run),
    )


SCHOOLS = [
    Case(setting="max_schools_per_run", make=two_schools, values=(1, 2), look=n_routes, seen=(2, 1)),
    Case(
        setting="arrive_earliest_before_s", values=(900, 1800), look=n_routes, seen=(2, 1),
        make=lambda v: two_schools(arrive_earliest_before_s=v),
    ),
    Case(
        setting="arrive_latest_before_s", values=(2400, 300), look=n_routes, seen=(2, 1),
        make=lambda v: two_schools(arrive_latest_before_s=v),
    ),
    Case(
        setting="leave_latest_after_s", values=(1200, 1500), look=n_routes, seen=(2, 1),
        make=lambda v: two_schools(leave_latest_after_s=v),
    ),
]  # fmt: skip


# ---- PAs, seats, who may be planned ----


def with_pas(n: int, **changes: Any) -> list[Passenger]:
    return [make_passenger(f"P{k}", 0, pa_need=PaNeed.SHARED, **changes) for k in range(n)]


def crossing(*, same_route_both_legs: bool) -> Scenario:
    """Two seats a car. Mornings AB from x0 and CD from x60; afternoons AC to x0 and BD to x60."""
    ends = {"A": (0, 0), "B": (0, 60), "C": (60, 0), "D": (60, 60)}
    people = [replace(make_passenger(name, am), pm_place_ids=(at(pm),) * 10) for name, (am, pm) in ends.items()]
    return make_scenario(
        people,
        vehicle_classes=(make_class(layouts=((2, 0),)),),
        policy=Policy(same_route_both_legs=same_route_both_legs),
    )


def two_on_one_car(unserved_pence_per_day: int) -> Scenario:
    """One car to buy for two foes of geography: P1 travels ten days, P2 two; they live too far apart to share."""
    people = [make_passenger("P1", 0, ride_cap_s=1900), make_passenger("P2", 60, days=(0, 5), ride_cap_s=1900)]
    return make_scenario(
        people,
        vehicle_classes=(replace(FLAT, max_routes=1),),
        policy=Policy(unserved_pence_per_day=unserved_pence_per_day),
    )


def provisional(*, plan_provisional: bool) -> Scenario:
    people = [make_passenger("P1"), make_passenger("P2", status=Status.PROVISIONAL)]
    return make_scenario(people, policy=Policy(plan_provisional=plan_provisional))


def carried(planned: Planned) -> list[str]:
    return sorted(pid for route in planned.plan.routes for pid in route.passenger_ids)


PEOPLE = [
    Case(
        setting="passengers_per_shared_pa", values=(0, 1), seen=(1, 2),
        make=lambda v: make_scenario(with_pas(2), policy=Policy(passengers_per_shared_pa=v)),
        look=lambda planned: sum(route.runs[0].n_pas for route in planned.plan.routes),
    ),
    Case(
        setting="passengers_per_shared_pa", values=(0, 1), look=n_routes, seen=(1, 2),
        make=lambda v: make_scenario(with_pas(3), policy=Policy(passengers_per_shared_pa=v)),
    ),
    Case(
        setting="same_route_both_legs", values=(True, False), seen=(2 * 60 + 120, 120),
        make=lambda v: crossing(same_route_both_legs=v),
        look=lambda planned: _loaded_km(planned),
    ),
    Case(
        setting="unserved_pence_per_day", make=two_on_one_car, values=(1, 1_000_000), look=unserved,
        seen=(["P1"], ["P2"]),
    ),
    Case(
        setting="plan_provisional", make=lambda v: provisional(plan_provisional=v), values=(True, False), look=carried,
        seen=(["P1", "P2"], ["P1"]),
    ),
    Case(
        setting="solo", values=(True, False), look=n_routes, seen=(2, 1),
        make=lambda v: make_scenario([make_passenger("P1", solo=v), make_passenger("P2")]),
    ),
]  # fmt: skip


def _loaded_km(planned: Planned) -> int:
    """Kilometres of a Monday from first stop to last, all routes and legs."""
    km = 0
    for route in planned.plan.routes:
        for run in route.runs:
            places = [int(stop.place_id[1:]) for stop in run.stops]
            km += sum(abs(a - b) for a, b in pairwise(places)) if 0 in run.days else 0
    return km


# ---- prices of bought vehicles: class A as told, class B at a flat price in between ----


def choice(people: list[Passenger] | None = None, flat_pence: int = 6000, **card: Any) -> Scenario:
    a = make_class("CAR", rate_card=make_card(**({"base_pence": 5000, "mile_rate_pence": 0} | card)))
    b = make_class("BUS", rate_card=make_card(flat_pence, 0, long_leg_pct=0))
    return make_scenario(people or [make_passenger()], vehicle_classes=(a, b))


ONE_LEG = [make_passenger(legs=(Leg.AM,))]

CARDS = [
    Case(
        setting="base_pence", make=lambda v: choice(base_pence=v), values=(7000, 5000), look=classes,
        seen=(["BUS"], ["CAR"]),
    ),
    Case(
        setting="mile_rate_pence", make=lambda v: choice(mile_rate_pence=v), values=(100, 10), look=classes,
        seen=(["BUS"], ["CAR"]),
    ),
    Case(
        setting="free_m", make=lambda v: choice(mile_rate_pence=100, free_m=v), values=(0, 120_000), look=classes,
        seen=(["BUS"], ["CAR"]),
    ),
    Case(
        setting="pa_day_rate_pence", make=lambda v: choice(with_pas(1), flat_pence=9000, pa_day_rate_pence=v),
        values=(11_000, 9000), look=classes, seen=(["BUS"], ["CAR"]),
    ),
    Case(
        setting="one_leg_share_pct", values=(100, 70), look=classes, seen=(["BUS"], ["CAR"]),
        make=lambda v: choice(ONE_LEG, base_pence=8000, one_leg_share_pct=v),
    ),
    Case(
        setting="long_leg_pct", values=(300, 30), look=classes, seen=(["BUS"], ["CAR"]),
        make=lambda v: choice(long_leg_after_s=0, long_leg_pct=v),
    ),
    Case(
        setting="long_leg_after_s", values=(0, 3600), look=classes, seen=(["BUS"], ["CAR"]),
        make=lambda v: choice(long_leg_after_s=v, long_leg_pct=300),
    ),
    Case(
        setting="dead_rule", values=(DeadRule.RETURN, DeadRule.NONE), look=classes, seen=(["BUS"], ["CAR"]),
        make=lambda v: choice(mile_rate_pence=20, dead_rule=v),
    ),
    Case(
        setting="dead_rule from_base", values=(at(120), at(0)), seen=([None], ["O1"]),
        make=lambda v: make_scenario(
            [make_passenger()], vehicle_classes=(make_class(rate_card=make_card(6000, 0)),),
            operators=(
                make_operator(
                    base_place_id=v, rate_cards={"CAR": make_card(5000, 10, dead_rule=DeadRule.FROM_BASE)}
                ),
            ),
        ),
        look=lambda planned: [route.operator_id for route in planned.plan.routes],
    ),
    Case(
        setting="max_routes", values=(1, 2), look=classes, seen=(["BUS", "CAR"], ["CAR", "CAR"]),
        make=lambda v: make_scenario(
            [make_passenger("P1", solo=True), make_passenger("P2", solo=True)],
            vehicle_classes=(replace(FLAT, max_routes=v), make_class("BUS", rate_card=make_card(6000, 0))),
        ),
    ),
]  # fmt: skip


# ---- operators ----


def with_operator(n_vehicles: int = 9, people: list[Passenger] | None = None, **operator: Any) -> Scenario:
    """Two passengers alone, or as told; operator O1 drives a car for £40, anybody for £50."""
    solo = [make_passenger("P1", solo=True), make_passenger("P2", solo=True)]
    card = make_card(4000, 0, pa_day_rate_pence=3000)
    return make_scenario(
        people or solo, vehicle_classes=(FLAT,),
        operators=(make_operator(n_vehicles={"CAR": n_vehicles}, **{"rate_cards": {"CAR": card}} | operator),),
    )  # fmt: skip


def by_operator(planned: Planned) -> int:
    return sum(route.operator_id == "O1" for route in planned.plan.routes)


SOLO_PA = [make_passenger(f"P{k}", solo=True, pa_need=PaNeed.SHARED) for k in range(2)]

OPERATORS = [
    Case(setting="n_vehicles_by_class", make=with_operator, values=(1, 2), look=by_operator, seen=(1, 2)),
    Case(
        setting="n_pas", make=lambda v: with_operator(people=SOLO_PA, n_pas=v), values=(1, None), look=by_operator,
        seen=(1, 2),
    ),
    Case(
        setting="categories", make=lambda v: with_operator(categories=frozenset(v)), values=((), ("CAR",)),
        look=by_operator, seen=(0, 2),
    ),
]  # fmt: skip


# ---- the fleet ----


def with_fleet(people: list[Passenger] | None = None, policy: Policy | None = None, **vehicle: Any) -> Scenario:
    """x0 to x30: bought £50 and 74.56 miles at £1; V1 from x0 at £72 for the driver and 37.28 to 74.56 miles at 50p."""
    return make_scenario(
        people or [make_passenger()], fleet_vehicles=(make_vehicle(**vehicle),), policy=policy or Policy()
    )


def tiers(policy: Policy | None = None, classes: tuple[VehicleClass, ...] | None = None, **vehicle: Any) -> Scenario:
    """Bells 45 minutes apart: alone each run is cheaper bought, together cheaper on V1, which is paid four hours.

    S1 at x10 from x0 (four on foot), S2 at x20 from x12 (one in a wheelchair).
    """
    schools = (
        make_school("S1", 10, start_s=hm(8, 15), finish_s=hm(14, 15)),
        make_school("S2", 20, start_s=hm(9, 0), finish_s=hm(15, 0)),
    )
    people = [make_passenger(f"A{k}", 0, "S1", board_s=15, alight_s=15) for k in range(4)]
    people.append(make_passenger("B", 12, "S2", mobility=Mobility.IN_WHEELCHAIR))
    return make_scenario(
        people, schools=schools, policy=policy or Policy(max_schools_per_run=1),
        vehicle_classes=classes or (make_class(layouts=((4, 0), (2, 1))),), fleet_vehicles=(make_vehicle(**vehicle),),
    )  # fmt: skip


def pa_policy(**values: Any) -> Policy:
    return Policy(**({"council_pa_pence_per_hour": 1000, "council_pa_min_paid_s": 0} | values))


FLEET = [
    Case(
        setting="horizon", values=("budget", "term"), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(policy=Policy(horizon=v)),
    ),
    Case(
        setting="can_be_given_up", values=(True, False), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(can_be_given_up=v),
    ),
    Case(
        setting="fixed_pence_per_day", values=(9500, 500), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(can_be_given_up=True, fixed_pence_per_day=v),
    ),
    Case(
        setting="fleet mile_rate_pence", values=(90, 50), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(mile_rate_pence=v),
    ),
    Case(
        setting="driver_pence_per_hour", values=(2500, 1800), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(driver_pence_per_hour=v),
    ),
    Case(
        setting="driver_min_paid_s", values=(21_600, 14_400), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(driver_min_paid_s=v),
    ),
    Case(
        setting="council_pa_pence_per_hour", values=(9000, 1000), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(with_pas(1), policy=pa_policy(council_pa_pence_per_hour=v)),
    ),
    Case(
        setting="council_pa_min_paid_s", values=(36_000, 0), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(with_pas(1), policy=pa_policy(council_pa_min_paid_s=v)),
    ),
    Case(
        setting="am_shift", values=(hm(9, 0), hm(12, 0)), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(am_shift=Shift(start_s=hm(6, 0), end_s=v)),
    ),
    Case(
        setting="pm_shift", values=(hm(15, 10), hm(12, 0)), look=on_fleet, seen=(0, 1),
        make=lambda v: with_fleet(pm_shift=Shift(start_s=v, end_s=hm(19, 0))),
    ),
    Case(
        setting="turnround_s", values=(3600, 120), look=on_fleet, seen=(0, 2),
        make=lambda v: tiers(policy=Policy(max_schools_per_run=1, turnround_s=v)),
    ),
    Case(
        setting="layout_change_s", values=(3600, 600), look=on_fleet, seen=(0, 2),
        make=lambda v: tiers(policy=Policy(max_schools_per_run=1, layout_change_s=v)),
    ),
    Case(
        setting="layouts", values=(((4, 0), (2, 1)), ((4, 0), (2, 1), (4, 1))), look=on_fleet, seen=(0, 2),
        make=lambda v: tiers(
            policy=Policy(max_schools_per_run=1, layout_change_s=3600), classes=(make_class(layouts=v),)
        ),
    ),
    Case(
        setting="max_runs_per_shift", values=(1, 2), look=on_fleet, seen=(0, 2),
        make=lambda v: tiers(max_runs_per_shift=v),
    ),
]  # fmt: skip

CASES = [*RIDES, *SCHOOLS, *PEOPLE, *CARDS, *OPERATORS, *FLEET]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.setting)
def test_a_changed_setting_changes_the_plan(case: Case) -> None:
    """The same borough at both values: what is seen differs as it should, and nothing is broken."""
    planned = [plan_for(case.make(value), TRAVEL, iterations=150) for value in case.values]
    assert [[v.sentence for v in p.hard] for p in planned] == [[], []]
    assert tuple(case.look(p) for p in planned) == case.seen


@pytest.mark.parametrize(
    "policy",
    [
        Policy(board_after_first_alight=True),
        Policy(same_vehicle_both_legs=False),
        Policy(same_vehicle_both_legs=False, same_route_both_legs=False),
    ],
    ids=["board_after_first_alight", "same_vehicle_both_legs", "both legs free"],
)
def test_freedoms_that_the_search_leaves_unused_do_no_harm(policy: Policy) -> None:
    """A council may allow more than the search uses yet: the plan passes the checker, and is not dearer than before."""
    scenario = tiers(policy=Policy(max_schools_per_run=1))
    before = plan_for(scenario, TRAVEL, iterations=150)
    after = plan_for(replace(scenario, policy=replace(policy, max_schools_per_run=1)), TRAVEL, iterations=150)
    assert after.hard == []
    assert after.unserved_ids == set()
    assert after.fortnight_pence <= before.fortnight_pence


def test_every_setting_of_the_policy_is_accounted_for() -> None:
    """Tried above, put into rows by the reader, of the roads, unused, in test_stability or api/test_in_year."""
    tried = {case.setting for case in CASES}
    into_rows = {
        "long_leg_pct", "long_leg_after_s", "one_leg_share_pct", "dead_rule", "fleet_fixed_pence_per_day",
        "fleet_mile_rate_pence", "driver_pence_per_hour", "driver_min_paid_s", "arrive_earliest_before_s",
        "arrive_latest_before_s", "leave_latest_after_s", "board_walk_s", "board_wheelchair_s", "alight_walk_s",
        "alight_wheelchair_s", "school_board_walk_s", "school_board_wheelchair_s", "school_alight_walk_s",
        "school_alight_wheelchair_s", "walk_m_per_min",
    }  # fmt: skip
    of_the_roads = {"max_snap_gap_m", "travel_time_factor_pct"}
    known_plan = {"disturbed_pence_per_week", "disturbed_tolerance_s", "max_disturbed"}
    unused_freedoms = {"board_after_first_alight", "same_vehicle_both_legs"}
    in_year = {"notice_working_days", "quote_valid_working_days"}
    elsewhere = into_rows | of_the_roads | unused_freedoms | known_plan | in_year
    assert {f.name for f in fields(Policy)} - elsewhere <= tried
