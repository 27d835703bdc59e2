"""The search and the families it disturbs: a price that decides to the penny, a cap that holds, ids that go on."""

from __future__ import annotations

from typing import Any

import pytest

from routing.baseline import baseline_plan
from routing.rounds import Rounds
from routing.solve import Stop
from routing.whole_search import Searched, search_all
from tests.builders import line_travel, make_passenger, make_scenario, make_vehicle
from tests.routing.planning import plan_for
from tests.routing.test_start import six, today
from transport.check import Rule, check_plan
from transport.check.disturbed import disturbed_of
from transport.plan import Plan, RouteKind
from transport.policy import Policy
from transport.scenario import CurrentRoute, Scenario

TRAVEL = line_travel()
SAVED_PENCE = 5 * 7485
"""What one car instead of two saves a week: a base of 5,000 and 40 km at 100 a mile, 2,485, on each of five days."""


def two_cars(**policy: Any) -> Scenario:
    """P1 at x10 and P2 at x20, each in a car of their own today; together each is a minute longer on the way."""
    return make_scenario(
        [make_passenger("P1", 10), make_passenger("P2", 20)],
        current_routes=(today("T1", "P1"), today("T2", "P2")),
        policy=Policy(**policy),
    )


def known(scenario: Scenario) -> Plan:
    """Today's routes as a plan."""
    plan = baseline_plan(scenario, TRAVEL)
    assert plan is not None
    return plan


def searched(scenario: Scenario, iterations: int = 400) -> Searched:
    """As the planning job searches."""
    return search_all(
        Rounds(scenario=scenario, travel=TRAVEL, stop=Stop(iterations=iterations), reference=known(scenario))
    )


@pytest.mark.parametrize(
    ("price", "tolerance_s", "n_routes"),
    [
        (SAVED_PENCE - 1, 600, 1),
        (SAVED_PENCE + 1, 600, 2),
        (SAVED_PENCE // 2, 59, 1),
        (SAVED_PENCE // 2 + 1, 59, 2),
        (0, 600, 1),
    ],
)
def test_the_price_decides_to_the_penny(price: int, tolerance_s: int, n_routes: int) -> None:
    """One changes cars, and where a minute counts the other is disturbed by time."""
    scenario = two_cars(disturbed_pence_per_week=price, disturbed_tolerance_s=tolerance_s)
    reference = known(scenario)
    planned = plan_for(scenario, TRAVEL, reference=reference)
    assert len(planned.plan.routes) == n_routes
    n_disturbed = len(disturbed_of(planned.plan, reference, scenario))
    assert n_disturbed == {1: 1 if tolerance_s == 600 else 2, 2: 0}[n_routes]
    assert planned.result.assignment.cost == planned.fortnight_pence + 2 * price * n_disturbed


def test_routes_that_go_on_keep_their_ids() -> None:
    """T2's passengers stay together and their route stays T2; a new route takes no old id."""
    scenario = make_scenario(
        six(), current_routes=(today("R001", "P5"), today("R002", "P0", "P1", "P2", "P3")), policy=Policy()
    )
    planned = plan_for(scenario, TRAVEL, reference=known(scenario))
    assert planned.route_of("P2").route_id == "R002"
    assert {route.route_id for route in planned.plan.routes} <= {"R001", "R002", "R003"}
    for route in planned.plan.routes:
        if route.route_id == "R001":
            assert "P5" in route.passenger_ids


def test_like_vehicles_are_exchanged_so_that_families_keep_theirs() -> None:
    """V1 and V2 are alike; today V2 drives the only fleet route, and so it does in the plan."""
    cheap = {"fixed_pence_per_day": 0, "driver_pence_per_hour": 0, "mile_rate_pence": 0}
    route = CurrentRoute(
        route_id="T1", kind=RouteKind.FLEET, class_id="CAR", vehicle_id="V2",
        am_passenger_ids=("P0", "P1"), pm_passenger_ids=("P1", "P0"),
    )  # fmt: skip
    scenario = make_scenario(
        six()[:2], fleet_vehicles=(make_vehicle("V1", **cheap), make_vehicle("V2", **cheap)), current_routes=(route,)
    )
    planned = plan_for(scenario, TRAVEL, reference=known(scenario))
    (made,) = planned.plan.routes
    assert (made.route_id, made.vehicle_id) == ("T1", "V2")
    assert disturbed_of(planned.plan, known(scenario), scenario) == ()


@pytest.mark.parametrize(("cap", "n_routes"), [(0, 2), (1, 1), (2, 1)])
def test_a_cap_holds(cap: int, n_routes: int) -> None:
    """Sharing a car disturbs one family: with none allowed both keep their cars."""
    scenario = two_cars(max_disturbed=cap)
    result = searched(scenario)
    plan = result.found.plan
    assert len(plan.routes) == n_routes
    assert check_plan(plan, scenario, TRAVEL, known(scenario)) == ()
    assert bool(result.notes) == (cap == 0)


def test_a_cap_that_cannot_hold_is_said() -> None:
    """Today five ride in a car of four: somebody must change."""
    scenario = make_scenario(
        six()[:5], current_routes=(today("T1", *(f"P{k}" for k in range(5))),), policy=Policy(max_disturbed=0)
    )
    result = searched(scenario, iterations=2_000)
    (note,) = result.notes
    assert note.startswith("No plan was found that disturbs at most 0 families: the fewest are 1, ")
    broken = check_plan(result.found.plan, scenario, TRAVEL, known(scenario))
    assert [v.rule for v in broken] == [Rule.TOO_MANY_DISTURBED]


def test_pinned_passengers_stay_whatever_the_price() -> None:
    """P1 is pinned to T1: the shared car goes on as T1, and P2 is the one disturbed."""
    scenario = two_cars(disturbed_pence_per_week=1)
    pinned = make_scenario(
        [make_passenger("P1", 10, pinned_route_id="T1"), make_passenger("P2", 20)],
        current_routes=scenario.current_routes, policy=scenario.policy,
    )  # fmt: skip
    planned = plan_for(pinned, TRAVEL, reference=known(pinned))
    assert planned.hard == []
    assert [route.route_id for route in planned.plan.routes] == ["T1"]
    assert [item.passenger_id for item in disturbed_of(planned.plan, known(pinned), pinned)] == ["P2"]
