"""Today's routes: as a plan to check and price beside the new one, as the search's warm start, and as kept routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import takewhile

from routing.clock import gates_by_bell, runs_of
from routing.encode import Index
from routing.start import StartRoute
from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.lots import Lot, LotState
from transport.plan import Pattern, Plan, Route, RouteKind, Run, Unserved
from transport.scenario import CurrentRoute, Scenario
from transport.travel import Travel


def baseline_plan(scenario: Scenario, travel: Travel) -> Plan | None:
    """Today's routes on the same passengers, with clocks made as for any plan; None where none are given.

    Who is on no current route is listed as unserved: today they travel some other way, or not at all.
    """
    if not scenario.current_routes:
        return None
    routes = current_as_routes(scenario, travel, scenario.current_routes)
    carried = {pid for route in routes for pid in route.passenger_ids}
    unserved = tuple(
        Unserved(
            passenger_id=p.passenger_id,
            cause="passenger_missing",
            sentence=f"{p.passenger_id} is on none of today's routes",
        )
        for p in scenario.planned_passengers()
        if p.passenger_id not in carried
    )
    return Plan(
        plan_id="baseline",
        routes=routes,
        lots=current_lots(routes),
        unserved=unserved,
        not_planned=scenario.not_planned(),
    )


def current_as_routes(scenario: Scenario, travel: Travel, current: Iterable[CurrentRoute]) -> tuple[Route, ...]:
    """Current routes in the form of a plan; routes that carry nobody today are left out."""
    planned = _planned_ids(scenario)
    routes = (_as_route(scenario, travel, route, planned) for route in current)
    return tuple(route for route in routes if route.runs)


def current_lots(routes: Sequence[Route]) -> tuple[Lot, ...]:
    """Held lots of today's bought routes."""
    by_lot: dict[str, list[Route]] = defaultdict(list)
    for route in routes:
        if route.lot_id is not None:
            by_lot[route.lot_id].append(route)
    return tuple(
        Lot(
            lot_id=lot_id,
            state=LotState.TENDER if members[0].operator_id is None else LotState.HELD,
            class_id=members[0].class_id,
            route_ids=tuple(route.route_id for route in members),
            operator_id=members[0].operator_id,
        )
        for lot_id, members in by_lot.items()
    )


def start_routes(scenario: Scenario, index: Index) -> list[StartRoute]:
    """Released current routes by index, for the warm start."""
    planned = _planned_ids(scenario)
    starts = (
        route_by_index(index, [_pattern(scenario, route, leg, planned) for leg in LEGS])
        for route in scenario.current_routes
        if not route.kept
    )
    return [start for start in starts if any(start.order)]


def start_of_plan(index: Index, plan: Plan) -> list[StartRoute]:
    """A plan's routes by index, on what drives them there, for a warm start: less those whom the search does not place.

    The search knows pairs of routes on one fleet vehicle; a third one begins on a vehicle of its own.
    """
    supply_of = {(s.class_id, s.operator_id): k for k, s in enumerate(index.supplies) if s.kind is RouteKind.BOUGHT}
    fleet_supply = {vehicle_id: k for k, s in enumerate(index.supplies) for vehicle_id in s.vehicle_ids}
    on_vehicle: dict[str, list[StartRoute]] = defaultdict(list)
    starts = []
    for route in plan.routes:
        start = route_by_index(index, (route.am, route.pm), route.runs)
        if not any(start.order):
            continue
        if route.vehicle_id is None:
            start = replace(start, supply=supply_of.get((route.class_id, route.operator_id), -1))
        elif route.vehicle_id in fleet_supply:
            before = on_vehicle[route.vehicle_id]
            if len(before) < 2:
                mate = (before[0].order[0] or before[0].order[1])[0] if before else -1
                start = replace(start, supply=fleet_supply[route.vehicle_id], mate=mate)
            before.append(start)
        starts.append(start)
    return starts


def route_by_index(index: Index, patterns: Sequence[Pattern | None], runs: Sequence[Run] = ()) -> StartRoute:
    """One route in the search's numbers, without those whom the search does not place.

    Parameters
    ----------
    patterns : AM, PM. Gates that nobody uses are left out, those that a pattern does not name come last.
    runs : say where passengers with pick-up points board; without them, each person's first row does.
    """
    hub_idx = {(hub.school_id, hub.gate_place_id): h for h, hub in enumerate(index.hubs)}
    orders, hubs = [], []
    for leg, pattern in zip(LEGS, patterns, strict=True):
        ids = pattern.passenger_ids if pattern else ()
        firsts = ((pid, index.rider_idx_by_leg.get((pid, leg))) for pid in ids)
        orders.append([_row_on(index, runs, leg, pid, first) for pid, first in firsts if first is not None])
        used = dict.fromkeys(index.hub_idx_by_rider[i] for i in orders[-1])
        in_order = dict.fromkeys(hub_idx[gate] for gate in (pattern.gates if pattern else ()) if gate in hub_idx)
        hubs.append([h for h in {**in_order, **used} if h in used])
    return StartRoute(order=(orders[0], orders[1]), hubs=(hubs[0], hubs[1]))


def _row_on(index: Index, runs: Sequence[Run], leg: Leg, passenger_id: str, first: int) -> int:
    """The row of a person's choice of where they board; their first one where the runs do not tell."""
    rows = [*takewhile(lambda i: index.person_idx_by_rider[i] == first, range(first, len(index.riders)))]
    if len(rows) == 1:
        return first
    places = (
        (run.days[0], stop.place_id)
        for run in runs
        if run.leg is leg
        for stop in run.stops
        if passenger_id in (stop.boarding if leg is Leg.AM else stop.alighting)
    )
    return next(
        (i for day, place_id in places for i in rows if index.riders[i].place_id_on(leg, day) == place_id), first
    )


def travel_time_bias_pct(scenario: Scenario, baseline: Plan) -> int | None:
    """Median of known over modelled run lengths of today's routes, in per cent; None where no run time is known."""
    ratios = []
    known = {r.route_id: {Leg.AM: r.known_am_s, Leg.PM: r.known_pm_s} for r in scenario.current_routes}
    for route in baseline.routes:
        for leg in LEGS:
            known_s = known[route.route_id][leg]
            runs = [run for run in route.runs if run.leg is leg]
            if known_s is not None and runs:
                longest = max(runs, key=lambda run: len(run.days))
                ratios.append(100 * known_s / max(1, longest.leg_s))
    ratios.sort()
    return round(ratios[len(ratios) // 2]) if ratios else None


def _as_route(scenario: Scenario, travel: Travel, current: CurrentRoute, planned: frozenset[str]) -> Route:
    vehicle_class = scenario.class_by_id[current.class_id]
    patterns = {leg: _pattern(scenario, current, leg, planned) for leg in LEGS}
    runs: list[Run] = []
    for leg, pattern in patterns.items():
        if pattern is not None:
            runs += runs_of(scenario, travel, leg, pattern, vehicle_class)
    lot_id = None
    if current.kind is RouteKind.BOUGHT:
        lot_id = current.lot_id or f"L-{current.route_id}"
    return Route(
        route_id=current.route_id,
        kind=current.kind,
        class_id=current.class_id,
        am=patterns[Leg.AM],
        pm=patterns[Leg.PM],
        runs=tuple(runs),
        vehicle_id=current.vehicle_id,
        lot_id=lot_id,
        operator_id=current.operator_id,
        kept=current.kept,
    )


def _planned_ids(scenario: Scenario) -> frozenset[str]:
    return frozenset(p.passenger_id for p in scenario.planned_passengers())


def _pattern(scenario: Scenario, current: CurrentRoute, leg: Leg, planned: frozenset[str]) -> Pattern | None:
    """The order of those who are planned and travel on this leg at all; gates by their bell times."""
    ids = tuple(
        pid
        for pid in current.passenger_ids(leg)
        if pid in planned and any(scenario.travels(scenario.passenger_by_id[pid], leg, day) for day in ALL_DAYS)
    )
    return Pattern(passenger_ids=ids, gates=gates_by_bell(scenario, leg, ids)) if ids else None
