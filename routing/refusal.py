"""Why an existing route cannot take one more passenger, in the checker's own words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from routing.clock import gates_by_bell, runs_of
from routing.desk import Desk, lots_of, route_refused
from routing.explain import explain_unserved
from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.check import Rule, Violation, check_plan
from transport.plan import Pattern, Plan, Route

_ABOUT_PRICE = {Rule.NOT_BUYABLE}
"""The route's own price is not asked for here."""


def refusals_of(desk: Desk, passenger_id: str, n: int, able: frozenset[str]) -> Iterator[str]:
    """Why routes to the same school cannot take somebody, at most n; and why nothing can, where that is so.

    Parameters
    ----------
    able : ids of the routes that can.
    """
    if not able:
        (alone,) = explain_unserved(desk.scenario, desk.travel, [passenger_id])
        yield f"{alone.sentence}. {alone.relaxation}".rstrip(". ")
    school_id = desk.scenario.passenger_by_id[passenger_id].school_id
    for route in desk.plan.routes:
        gates = {gate for pattern in (route.am, route.pm) if pattern for gate, _ in pattern.gates}
        if n and route.route_id not in able and school_id in gates:
            sentence = why_not(desk, route, passenger_id)
            if sentence:
                yield sentence
                n -= 1


def why_not(desk: Desk, route: Route, passenger_id: str) -> str:
    """A sentence; empty where what forbids it is not the route itself, such as a number of vehicles or PAs."""
    always = route_refused(desk, route.route_id)
    if always:
        return f"Route {route.route_id}: {always}"
    tries = [_broken(desk, tried, passenger_id) for tried in _tries(desk, route, passenger_id)]
    least = min(tries, key=lambda broken: (len(broken), sum(v.amount for v in broken)), default=[])
    return f"With {passenger_id}: {least[0].sentence}" if least else ""


def _tries(desk: Desk, route: Route, passenger_id: str) -> Iterator[Route]:
    """The route with the passenger at each place of the morning, and at the mirrored one of the afternoon."""
    am, pm = (list(pattern.passenger_ids) if pattern else [] for pattern in (route.am, route.pm))
    for i in range(len(am) + 1):
        j = max(0, len(pm) - i)
        yield _rewritten(
            desk, route, passenger_id, ([*am[:i], passenger_id, *am[i:]], [*pm[:j], passenger_id, *pm[j:]])
        )


def _rewritten(desk: Desk, route: Route, passenger_id: str, orders: tuple[list[str], list[str]]) -> Route:
    s, p = desk.scenario, desk.scenario.passenger_by_id[passenger_id]
    patterns: dict[Leg, Pattern] = {}
    for leg, ids in zip(LEGS, orders, strict=True):
        travels = any(s.travels(p, leg, day) for day in ALL_DAYS)
        present = ids if travels else [pid for pid in ids if pid != passenger_id]
        if present:
            patterns[leg] = Pattern(passenger_ids=tuple(present), gates=gates_by_bell(s, leg, present))
    vehicle_class = s.class_by_id[route.class_id]
    runs = (r for leg, pattern in patterns.items() for r in runs_of(s, desk.travel, leg, pattern, vehicle_class))
    return replace(route, am=patterns.get(Leg.AM), pm=patterns.get(Leg.PM), runs=tuple(runs), kept=False)


def _broken(desk: Desk, route: Route, passenger_id: str) -> list[Violation]:
    """Hard rules that the route breaks by itself, those about the passenger first."""
    s = desk.scenario
    beside = desk.held.routes_by_lot.get(route.lot_id or "", ()) if route.route_id in desk.held.uses else ()
    routes = [route, *(r for r in desk.plan.routes if r.route_id in beside and r.route_id != route.route_id)]
    ids = {pid for r in routes for pid in r.passenger_ids}
    alone = replace(
        s,
        passengers=tuple(replace(p, pinned_route_id=None) for p in s.passengers if p.passenger_id in ids),
        current_routes=(),
        never_together=tuple(x for x in s.never_together if ids.issuperset(x.passenger_ids)),
        keep_together=tuple(x for x in s.keep_together if ids.issuperset(x.passenger_ids)),
    )
    lots = tuple(lot for lot in desk.plan.lots if lot.lot_id == route.lot_id)
    if not beside:
        routes = [replace(route, operator_id=None, pa_ids=())]
        lots = lots_of(routes)
    plan = Plan(plan_id="tried", routes=tuple(routes), lots=lots, not_planned=alone.not_planned())
    rules = [v for v in check_plan(plan, alone, desk.travel) if v.hard and v.rule not in _ABOUT_PRICE]
    return sorted(rules, key=lambda v: passenger_id not in v.passenger_ids)
