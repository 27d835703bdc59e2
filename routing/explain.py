"""Why somebody is not carried: the checker's own words on a vehicle of their own, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product

from routing.clock import gates_by_bell, runs_of
from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.check import Rule, Violation, check_plan
from transport.cost import CostBreakdown, cost_of
from transport.lots import Lot, LotState
from transport.passengers import Passenger, PickupPoint
from transport.plan import Pattern, Plan, Route, RouteKind, Unserved
from transport.scenario import Scenario
from transport.travel import UNREACHABLE, Travel
from transport.vehicles import VehicleClass

_ByLeg = Mapping[Leg, PickupPoint | None]

_UNFIT = {Rule.VEHICLE_TAG_MISSING, Rule.OVER_CAPACITY}
"""What a class breaks that is not made for the passenger, whatever the road and the clock."""


def explain_unserved(scenario: Scenario, travel: Travel, passenger_ids: Iterable[str]) -> tuple[Unserved, ...]:
    """Each unserved passenger with cause, smallest relaxation, and the price of a taxi alone.

    A vehicle of their own is the easiest way there is to carry somebody; whatever rule breaks even there is the
    cause. The rules are judged by the checker.
    """
    return tuple(_explain(scenario, travel, scenario.passenger_by_id[pid]) for pid in passenger_ids)


def _explain(scenario: Scenario, travel: Travel, p: Passenger) -> Unserved:
    alone = _only(scenario, p)
    tries = _tries_alone(alone, travel, p)
    prices = [max(cost.pence_of_day(day) for day in ALL_DAYS) for cost, _ in tries if cost is not None]
    taxi_pence = min(prices, default=None)
    if not tries:
        return Unserved(
            passenger_id=p.passenger_id,
            cause=Rule.NOT_BUYABLE.value,
            sentence=f"{p.passenger_id}: no fleet vehicle is left and no vehicle class has a price to be bought at",
            relaxation="Give a vehicle class a rate card, or add a fleet vehicle",
        )
    broken = min((violations for _, violations in tries), key=_how_far_off)
    if not broken:
        return _company_or_limits(scenario, p, taxi_pence)
    # Without a road every clock is nonsense, so the road is the cause.
    first = next((v for v in broken if v.rule is Rule.ROAD_NOT_PERMITTED), broken[0])
    return Unserved(
        passenger_id=p.passenger_id,
        cause=first.rule.value,
        sentence=f"Even in a vehicle of their own: {first.sentence}",
        relaxation=_relaxation(first, p),
        taxi_pence_per_day=taxi_pence,
    )


def taxi_alone(scenario: Scenario, travel: Travel, p: Passenger) -> CostBreakdown | None:
    """What the cheapest bought vehicle of their own costs; None where none keeps the rules."""
    tries = _tries_alone(_only(scenario, p), travel, p)
    costs = [cost for cost, broken in tries if cost is not None and not broken]
    return min(costs, key=lambda cost: cost.year_pence, default=None)


def _only(scenario: Scenario, p: Passenger) -> Scenario:
    alone = replace(p, pinned_route_id=None)
    return replace(scenario, passengers=(alone,), current_routes=(), never_together=(), keep_together=())


def _tries_alone(alone: Scenario, travel: Travel, p: Passenger) -> list[tuple[CostBreakdown | None, list[Violation]]]:
    """A vehicle alone of every class that is bought, at every choice of where they board."""
    return [
        _alone_on(alone, travel, p, c, dict(zip(LEGS, choices, strict=True)))
        for c in alone.vehicle_classes
        if c.rate_card is not None
        for choices in product(p.choices_within(alone.policy.max_walk_m), repeat=len(LEGS))
    ]


def _alone_on(
    alone: Scenario, travel: Travel, p: Passenger, vehicle_class: VehicleClass, choices: _ByLeg
) -> tuple[CostBreakdown | None, list[Violation]]:
    """The price on a vehicle alone (None: no road), and the hard rules that break."""
    route = _route_alone(alone, travel, p, vehicle_class, choices)
    lot = Lot(lot_id="L", state=LotState.TENDER, class_id=vehicle_class.class_id, route_ids=(route.route_id,))
    plan = Plan(plan_id="alone", routes=(route,), lots=(lot,), not_planned=alone.not_planned())
    violations = [v for v in check_plan(plan, alone, travel) if v.hard]
    if any(v.rule is Rule.ROAD_NOT_PERMITTED for v in violations):
        return None, violations
    return cost_of(plan, alone, travel), violations


def _route_alone(alone: Scenario, travel: Travel, p: Passenger, vehicle_class: VehicleClass, choices: _ByLeg) -> Route:
    patterns: dict[Leg, Pattern] = {}
    for leg in LEGS:
        if any(alone.travels(p, leg, day) for day in ALL_DAYS):
            ids = (p.passenger_id,)
            patterns[leg] = Pattern(passenger_ids=ids, gates=gates_by_bell(alone, leg, ids))
    return Route(
        route_id="alone",
        kind=RouteKind.BOUGHT,
        class_id=vehicle_class.class_id,
        am=patterns.get(Leg.AM),
        pm=patterns.get(Leg.PM),
        runs=tuple(
            run
            for leg, pattern in patterns.items()
            for run in runs_of(alone, travel, leg, pattern, vehicle_class, {p.passenger_id: choices[leg]})
        ),
        lot_id="L",
    )


def _how_far_off(violations: Sequence[Violation]) -> tuple[int, int, int]:
    """Least for the vehicle that comes nearest; one that is unfit for the passenger never hides why a fit one fails."""
    rules = {v.rule for v in violations}
    return len(rules & _UNFIT), len(rules), sum(min(v.amount, UNREACHABLE) for v in violations)


def _company_or_limits(scenario: Scenario, p: Passenger, taxi_pence: int | None) -> Unserved:
    """They could ride alone, so it is whom they must ride with, or that nothing is left to buy."""
    group = next((g for g in scenario.keep_together if p.passenger_id in g.passenger_ids), None)
    if group is not None:
        others = ", ".join(pid for pid in group.passenger_ids if pid != p.passenger_id)
        return Unserved(
            passenger_id=p.passenger_id,
            cause=Rule.KEEP_TOGETHER_SPLIT.value,
            sentence=f"{p.passenger_id} could be carried alone, but no one route holds them together with {others}",
            relaxation=f"Let {p.passenger_id} travel apart from {others}",
            taxi_pence_per_day=taxi_pence,
        )
    return Unserved(
        passenger_id=p.passenger_id,
        cause=Rule.CLASS_LIMIT.value,
        sentence=f"{p.passenger_id} could be carried alone, but every vehicle that may be bought or driven is taken",
        relaxation="Raise max_routes of a vehicle class by one",
        taxi_pence_per_day=taxi_pence,
    )


def _relaxation(violation: Violation, p: Passenger) -> str:
    """The smallest change that would lift the cause, in plain words."""
    minutes = -(-violation.amount // 60)
    words = {
        Rule.RIDE_OVER_CAP: f"Allow {p.passenger_id} a ride {minutes} min longer",
        Rule.OVER_CAPACITY: f"Provide a vehicle class whose layout holds {p.passenger_id} and their PAs",
        Rule.VEHICLE_TAG_MISSING: "Provide a vehicle class with " + ", ".join(sorted(p.vehicle_tags)),
        Rule.ROAD_NOT_PERMITTED: "Name a meeting place that a permitted vehicle can reach, or lift the street rule",
        Rule.WALK_OVER_MAX: f"Let the vehicle board {p.passenger_id} {violation.amount} m nearer home",
        Rule.LEAVES_LATE: f"Let the vehicle leave {p.school_id} {minutes} min later",
        Rule.ARRIVES_LATE: f"Let the vehicle arrive at {p.school_id} {minutes} min later",
        Rule.ARRIVES_EARLY: f"Let the vehicle arrive at {p.school_id} {minutes} min earlier",
    }
    return words.get(violation.rule, f"Relax the rule {violation.rule.value} by {violation.amount} {violation.unit}")
