"""The unserved: nobody is dropped in silence; each has the right cause, what would serve them, and a taxi's price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from routing.explain import explain_unserved
from tests.builders import at, line_travel, make_card, make_class, make_passenger, make_scenario, make_vehicle
from tests.routing.planning import plan_for
from transport.check import Rule
from transport.passengers import KeepTogether, Mobility, NeverTogether, PaNeed
from transport.policy import Policy
from transport.scenario import Scenario
from transport.travel import TravelMatrix

TRAVEL = line_travel()
CUT_OFF = line_travel(
    blocked=[(0, at(5), at(k)) for k in range(121) if k != 5] + [(0, at(k), at(5)) for k in range(121) if k != 5]
)
TAXI = 5000 + 7456
"""x0 to x30, out and back twice: £50 and 74.56 miles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hopeless:
    """P1, who cannot be served, beside P2, who can."""

    cause: Rule
    scenario: Scenario
    relaxation: str
    taxi_pence: int | None
    travel: TravelMatrix = TRAVEL


def with_p2(p1: dict[str, Any], home: int = 0, **scenario: Any) -> Scenario:
    return make_scenario([make_passenger("P1", home, **p1), make_passenger("P2", 0)], **scenario)


CASES = [
    Hopeless(
        cause=Rule.RIDE_OVER_CAP, scenario=with_p2({"ride_cap_s": 1500}), taxi_pence=TAXI,
        relaxation="Allow P1 a ride 5 min longer",
    ),
    Hopeless(
        cause=Rule.OVER_CAPACITY, scenario=with_p2({"mobility": Mobility.IN_WHEELCHAIR}), taxi_pence=TAXI,
        relaxation="Provide a vehicle class whose layout holds P1 and their PAs",
    ),
    Hopeless(
        cause=Rule.OVER_CAPACITY,
        scenario=with_p2({"pa_need": PaNeed.TWO_TO_ONE}, vehicle_classes=(make_class(layouts=((2, 0),)),)),
        taxi_pence=TAXI + 12_000, relaxation="Provide a vehicle class whose layout holds P1 and their PAs",
    ),
    Hopeless(
        cause=Rule.VEHICLE_TAG_MISSING, scenario=with_p2({"vehicle_tags": frozenset({"tail_lift", "radio"})}),
        taxi_pence=TAXI, relaxation="Provide a vehicle class with radio, tail_lift",
    ),
    Hopeless(
        cause=Rule.ROAD_NOT_PERMITTED, scenario=with_p2({}, home=5), travel=CUT_OFF, taxi_pence=None,
        relaxation="Name a meeting place that a permitted vehicle can reach, or lift the street rule",
    ),
    Hopeless(
        cause=Rule.WALK_OVER_MAX, scenario=with_p2({"walk_m": 1700, "walk_s": 1200}), taxi_pence=TAXI,
        relaxation="Let the vehicle board P1 91 m nearer home",
    ),
    Hopeless(
        cause=Rule.LEAVES_LATE, scenario=with_p2({"school_board_s": 1500}), taxi_pence=TAXI,
        relaxation="Let the vehicle leave S1 5 min later",
    ),
    Hopeless(
        cause=Rule.KEEP_TOGETHER_SPLIT, taxi_pence=TAXI,
        scenario=with_p2(
            {}, vehicle_classes=(make_class(layouts=((1, 0),)),),
            keep_together=(KeepTogether(group_id="G", passenger_ids=("P1", "P2")),),
        ),
        relaxation="Let P1 travel apart from P2",
    ),
    Hopeless(
        cause=Rule.CLASS_LIMIT, taxi_pence=TAXI,
        scenario=with_p2(
            {"days": (0,)}, vehicle_classes=(make_class(max_routes=1),),
            never_together=(NeverTogether(passenger_ids=("P1", "P2")),),
        ),
        relaxation="Raise max_routes of a vehicle class by one",
    ),
    Hopeless(
        cause=Rule.NOT_BUYABLE, taxi_pence=None,
        scenario=with_p2(
            {"ride_cap_s": 1500}, vehicle_classes=(make_class(rate_card=None),), fleet_vehicles=(make_vehicle(),)
        ),
        relaxation="Give a vehicle class a rate card, or add a fleet vehicle",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.cause.value)
def test_the_cause_is_named_with_its_remedy_and_a_taxis_price(case: Hopeless) -> None:
    """P1 is listed with the cause, P2 (unless bound to P1) is carried; the plan passes the checker."""
    planned = plan_for(case.scenario, case.travel, iterations=60)
    unserved = {u.passenger_id: u for u in planned.plan.unserved}
    bound = case.cause is Rule.KEEP_TOGETHER_SPLIT
    assert set(unserved) == ({"P1", "P2"} if bound else {"P1"})
    found = unserved["P1"]
    assert (found.cause, found.relaxation, found.taxi_pence_per_day) == (
        case.cause.value, case.relaxation, case.taxi_pence
    )  # fmt: skip
    assert found.sentence
    assert planned.hard == []


def test_an_unserved_passenger_is_priced_for_each_day_they_travel() -> None:
    """Two days a fortnight at the policy's price, in the search's objective as in the domain's."""
    scenario = make_scenario(
        [make_passenger("P1", ride_cap_s=60, days=(0, 5))], policy=Policy(unserved_pence_per_day=777)
    )
    planned = plan_for(scenario, TRAVEL, iterations=10)
    assert planned.result.trace[-1][1] == 777


def test_the_fallback_is_the_cheapest_class() -> None:
    """Two classes, both broken by P1's cap: the price of the cheaper one."""
    classes = (make_class("BUS", rate_card=make_card(9000)), make_class())
    planned = plan_for(with_p2({"ride_cap_s": 1500}, vehicle_classes=classes), TRAVEL, iterations=10)
    assert planned.plan.unserved[0].taxi_pence_per_day == TAXI


NEEDS_LIFT = make_passenger("P1", 5, mobility=Mobility.IN_WHEELCHAIR, vehicle_tags=frozenset({"tail_lift"}))
NO_ROAD_FOR_LIFT = line_travel(
    {"BUS": 0, "LIFT": 1},
    blocked=[(1, *pair) for k in range(121) if k != 5 for pair in ((at(5), at(k)), (at(k), at(5)))],
)


def test_the_cause_is_that_of_a_class_made_for_them() -> None:
    """P1 needs a tail lift; the class that has one finds no road home, so more tail lifts would not help.

    On the bus every drive is allowed and only the tag is missing: fewer rules break there.
    """
    classes = (make_class("BUS", ((4, 1),)), make_class("LIFT", ((4, 1),), tags=frozenset({"tail_lift"})))
    scenario = make_scenario([NEEDS_LIFT], vehicle_classes=classes)
    (found,) = explain_unserved(scenario, NO_ROAD_FOR_LIFT, ["P1"])
    assert found.cause == Rule.ROAD_NOT_PERMITTED.value
    assert found.relaxation.startswith("Name a meeting place")


def test_who_can_ride_one_leg_only_is_left_whole() -> None:
    """Both legs free of each other, and the afternoon place too far for P1's cap: P1 is unserved on both."""
    far = make_passenger("P1", 0, pm_place_ids=(at(100),) * 10, ride_cap_s=1900)
    scenario = make_scenario([far, make_passenger("P2", 0)], policy=Policy(same_route_both_legs=False))
    planned = plan_for(scenario, TRAVEL, iterations=60)
    assert planned.unserved_ids == {"P1"}
    assert planned.hard == []
