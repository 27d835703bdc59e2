"""How the optimiser's tests plan: encode, solve, decode and judge, as the main job does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from routing.baseline import current_as_routes, current_lots, start_routes
from routing.bound.prove import prove
from routing.decode import decode
from routing.encode import Index, encode
from routing.explain import explain_unserved
from routing.instance import Instance
from routing.solve import Progress, Result, StartRoute, Stop, solve
from transport.calendar import ALL_DAYS, Leg
from transport.check import Violation, check_plan, rides_of
from transport.cost import cost_of, half_up
from transport.passengers import Passenger
from transport.plan import Plan, Route, RouteKind
from transport.scenario import Scenario
from transport.travel import TravelMatrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """A search and the plan made of it."""

    plan: Plan
    result: Result
    instance: Instance
    index: Index
    scenario: Scenario
    travel: TravelMatrix

    @property
    def fortnight_pence(self) -> int:
        """Money by the horizon, and soft prices, of the whole plan over ten days."""
        return fortnight_pence(self.plan, self.scenario, self.travel)

    @property
    def hard(self) -> list[Violation]:
        """Hard rules that the plan breaks."""
        return [v for v in check_plan(self.plan, self.scenario, self.travel) if v.hard]

    @property
    def unserved_ids(self) -> set[str]:
        """Who is not carried."""
        return {u.passenger_id for u in self.plan.unserved}

    @property
    def groups(self) -> set[frozenset[str]]:
        """Who shares a route with whom."""
        return {frozenset(route.passenger_ids) for route in self.plan.routes}

    @property
    def n_fleet(self) -> int:
        """Fleet vehicles in use."""
        return len({route.vehicle_id for route in self.plan.routes if route.kind is RouteKind.FLEET})

    def route_of(self, passenger_id: str) -> Route:
        """The one route of a passenger."""
        (route,) = [route for route in self.plan.routes if passenger_id in route.passenger_ids]
        return route


def plan_for(
    scenario: Scenario,
    travel: TravelMatrix,
    *,
    iterations: int = 200,
    seed: int = 1,
    start: Sequence[StartRoute] | None = None,
    reference: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Planned:
    """Plan a scenario from its current routes, or from those given; families know the reference."""
    instance, index = encode(scenario, travel, reference)
    result = solve(
        instance, Stop(iterations=iterations), seed=seed,
        start=start_routes(scenario, index) if start is None else start,
        on_progress=on_progress, should_stop=should_stop,
    )  # fmt: skip
    return planned_from(scenario, travel, instance, index, result, reference)


def planned_from(
    scenario: Scenario,
    travel: TravelMatrix,
    instance: Instance,
    index: Index,
    result: Result,
    reference: Plan | None = None,
) -> Planned:
    """The plan of a result: kept routes as they are, new ones beside them, the unserved explained."""
    kept = current_as_routes(scenario, travel, (r for r in scenario.current_routes if r.kept))
    decoded = decode(
        scenario, travel, index, result.solution, result.assignment,
        taken_ids=(route.route_id for route in kept), reference=reference,
    )  # fmt: skip
    plan = Plan(
        plan_id="plan",
        routes=(*kept, *decoded.routes),
        lots=(*current_lots(kept), *decoded.lots),
        unserved=explain_unserved(scenario, travel, decoded.unserved_ids),
        not_planned=scenario.not_planned(),
    )
    assert_not_below_the_bound(plan, scenario, travel, reference)
    return Planned(plan=plan, result=result, instance=instance, index=index, scenario=scenario, travel=travel)


MOST_PROVEN = 40
"""Passengers up to whom every plan made by tests is set against the bound: some ten milliseconds each."""


def assert_not_below_the_bound(plan: Plan, scenario: Scenario, travel: TravelMatrix, reference: Plan | None) -> None:
    """A plan that the checker accepts costs no less than what is proven in a moment."""
    if len(scenario.passengers) > MOST_PROVEN:
        return
    certificate = prove(scenario, travel, plan, seconds=0, reference=reference)
    if certificate.bound_pence > certificate.objective_pence:
        assert [v for v in check_plan(plan, scenario, travel, reference) if v.hard]


def fortnight_pence(plan: Plan, scenario: Scenario, travel: TravelMatrix) -> int:
    """Ten days of a plan: the money that the horizon counts and soft prices, not halved, the unserved apart."""
    items = cost_of(plan, scenario, travel).items
    term = scenario.policy.horizon == "term"
    money = sum(item.pence * len(item.days) for item in items if not (term and item.committed))
    rate = scenario.policy.ride_over_target_pence_per_min
    soft = sum(half_up(rate * ride.over_target_s, 60) * len(ride.days) for ride in rides_of(plan, scenario, travel))
    return money + soft


def legs_of(scenario: Scenario, p: Passenger) -> tuple[Leg, ...]:
    """Legs on which a passenger ever travels."""
    return tuple(leg for leg in Leg if any(scenario.travels(p, leg, day) for day in ALL_DAYS))
