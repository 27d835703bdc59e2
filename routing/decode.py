"""From arrays back to the domain: a solution and its assignment become routes with clocks, vehicles and lots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from routing.assign import Assignment
from routing.clock import runs_of, shifted
from routing.continuity import continued, pinned_route_id
from routing.encode import Index
from routing.instance import Solution
from routing.pa_stops import take_pas_on
from transport.calendar import LEGS, Leg
from transport.lots import Lot, LotState
from transport.plan import Pattern, Plan, Route, RouteKind, Run
from transport.scenario import Scenario
from transport.travel import Travel
from transport.vehicles import Layout, VehicleClass

_DRAFT = "draft "
"""Begins the id of a route that has none yet; no id that is given holds a space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Routes and lots of a plan, and who is not carried."""

    routes: tuple[Route, ...]
    lots: tuple[Lot, ...]
    unserved_ids: tuple[str, ...]


def decode(
    scenario: Scenario,
    travel: Travel,
    index: Index,
    solution: Solution,
    assignment: Assignment,
    *,
    taken_ids: Iterable[str] = (),
    reference: Plan | None = None,
) -> Decoded:
    """Routes in the order of their first school, numbered R001 ...; a route with pinned passengers keeps its id.

    Parameters
    ----------
    taken_ids : route ids that are in use already (kept routes).
    reference : plan that families know already; routes that continue one of its routes keep that id.
    """
    taken = frozenset(taken_ids)
    vehicle_by_route = _vehicles(index, assignment)
    pas_by_route = _listed_pas(index, assignment)
    unserved = {index.riders[i].passenger.passenger_id for i in solution.unserved}
    drafts = [
        _draft(
            scenario,
            travel,
            index,
            solution,
            r,
            assignment.supply[r],
            vehicle_by_route.get(r),
            pas_by_route.get(r, ()),
            unserved,
        )
        for r in range(len(solution.orders))
    ]
    drafts = [draft for draft in drafts if draft.runs]
    # Before the routes are put in order: of runs that start at once the assignment drives the lower draft first.
    drafts = _tiered(scenario, travel, drafts)
    if reference is not None:
        groups = [supply.vehicle_ids for supply in index.supplies if supply.vehicle_ids]
        drafts = continued(scenario, drafts, reference, groups, taken_ids=taken)
        taken |= {route.route_id for route in reference.routes}
    drafts.sort(key=lambda route: (_first_gate(route), route.passenger_ids))
    routes = _numbered(scenario, drafts, taken)
    return Decoded(
        routes=tuple(routes),
        lots=tuple(_lot_of(route) for route in routes if route.kind is RouteKind.BOUGHT),
        unserved_ids=tuple(sorted(unserved)),
    )


def _vehicles(index: Index, assignment: Assignment) -> dict[int, str]:
    """Fleet vehicle of each route: like vehicles are handed out in order of id."""
    left = {k: list(supply.vehicle_ids) for k, supply in enumerate(index.supplies)}
    vehicle_by_route: dict[int, str] = {}
    for k, routes in assignment.vehicles:
        vehicle_id = left[k].pop(0)
        vehicle_by_route.update(dict.fromkeys(routes, vehicle_id))
    return vehicle_by_route


def _listed_pas(index: Index, assignment: Assignment) -> dict[int, tuple[str, ...]]:
    """Listed PAs of each route's vehicle: like PAs are handed out in order of id."""
    left = [list(group.pa_ids) for group in index.pa_groups]
    pas_by_route: dict[int, tuple[str, ...]] = {}
    for (_, routes), team in zip(assignment.vehicles, assignment.teams, strict=False):
        pa_ids = tuple(left[a].pop(0) for a in team)
        pas_by_route.update(dict.fromkeys(routes, pa_ids))
    return pas_by_route


def _draft(
    scenario: Scenario,
    travel: Travel,
    index: Index,
    solution: Solution,
    r: int,
    k: int,
    vehicle_id: str | None,
    pa_ids: tuple[str, ...],
    unserved: set[str],
) -> Route:
    """One route; somebody whose other leg found no place is carried on neither."""
    supply = index.supplies[k]
    vehicle_class = scenario.class_by_id[supply.class_id]
    patterns: dict[Leg, Pattern] = {}
    runs: list[Run] = []
    for leg, order, hubs in zip(LEGS, solution.orders[r], solution.hubs[r], strict=True):
        carried = [i for i in order if index.riders[i].passenger.passenger_id not in unserved]
        in_use = {index.hub_idx_by_rider[i] for i in carried}
        if carried:
            gates = tuple((index.hubs[h].school_id, index.hubs[h].gate_place_id) for h in hubs if h in in_use)
            ids = tuple(index.riders[i].passenger.passenger_id for i in carried)
            patterns[leg] = Pattern(passenger_ids=ids, gates=gates)
            choices = {pid: index.riders[i].choice for pid, i in zip(ids, carried, strict=True)}
            runs += runs_of(scenario, travel, leg, patterns[leg], vehicle_class, choices)
    return Route(
        route_id=f"{_DRAFT}{r}",
        kind=supply.kind,
        class_id=supply.class_id,
        am=patterns.get(Leg.AM),
        pm=patterns.get(Leg.PM),
        runs=tuple(runs),
        vehicle_id=vehicle_id,
        operator_id=supply.operator_id,
        pa_ids=pa_ids,
    )


def _first_gate(route: Route) -> str:
    pattern = route.am or route.pm
    return pattern.gates[0][0] if pattern and pattern.gates else ""


def _numbered(scenario: Scenario, drafts: Sequence[Route], taken: frozenset[str]) -> list[Route]:
    given = [pinned_route_id(scenario, route) or route.route_id.partition(_DRAFT)[0] for route in drafts]
    used = taken | {route_id for route_id in given if route_id}
    width = max(3, len(str(len(drafts))))
    free = (name for n in range(1, len(drafts) + len(used) + 1) if (name := f"R{n:0{width}d}") not in used)
    numbered = []
    for draft, given_id in zip(drafts, given, strict=True):
        route_id = given_id or next(free)
        lot_id = f"L-{route_id}" if draft.kind is RouteKind.BOUGHT else None
        numbered.append(replace(draft, route_id=route_id, lot_id=lot_id))
    return numbered


def _lot_of(route: Route) -> Lot:
    assert route.lot_id is not None  # set by _numbered for every bought route
    state = LotState.TENDER if route.operator_id is None else LotState.CARD
    return Lot(
        lot_id=route.lot_id,
        state=state,
        class_id=route.class_id,
        route_ids=(route.route_id,),
        operator_id=route.operator_id,
    )


def _tiered(scenario: Scenario, travel: Travel, routes: list[Route]) -> list[Route]:
    """Where a fleet vehicle has several routes, move its runs inside their windows so that it can drive them all.

    Its listed PAs, all named by each draft, stay named where a run of the route has them.
    """
    by_vehicle: dict[str, list[int]] = defaultdict(list)
    for i, route in enumerate(routes):
        if route.vehicle_id is not None:
            by_vehicle[route.vehicle_id].append(i)
    result = list(routes)
    for members in by_vehicle.values():
        pa_ids = routes[members[0]].pa_ids
        if len(members) > 1 or pa_ids:
            for i, runs in zip(members, _vehicle_runs(scenario, travel, [routes[i] for i in members]), strict=True):
                result[i] = replace(routes[i], runs=runs, pa_ids=pa_ids[: max(run.n_pas for run in runs)])
    return result


def _vehicle_runs(scenario: Scenario, travel: Travel, routes: Sequence[Route]) -> list[tuple[Run, ...]]:
    """New runs of each route of one vehicle.

    A run that moves by another amount on another day becomes a run of its own.
    """
    vehicle_class = scenario.class_by_id[routes[0].class_id]
    moved: list[dict[tuple[int, Run], list[int]]] = [defaultdict(list) for _ in routes]
    for leg in LEGS:
        for day in sorted({day for route in routes for run in route.runs for day in run.days}):
            todays = [
                (r, i)
                for r, route in enumerate(routes)
                for i, run in enumerate(route.runs)
                if run.leg is leg and day in run.days
            ]
            todays.sort(key=lambda item: routes[item[0]].runs[item[1]].start_at_s)
            runs = take_pas_on(
                scenario, travel, vehicle_class, [routes[r].runs[i] for r, i in todays], routes[0].pa_ids
            )
            layouts = _layouts(vehicle_class, runs, scenario)
            shifts = _shifts(leg, runs, _gaps(scenario, travel, leg, vehicle_class, runs, layouts))
            for (r, i), run, shift, layout in zip(todays, runs, shifts, layouts, strict=True):
                moved[r][i, replace(shifted(run, shift), days=(), layout=layout)].append(day)
    return [
        tuple(
            replace(run, days=tuple(days))
            for (_, run), days in sorted(of_route.items(), key=lambda item: (item[0][0], item[1]))
        )
        for of_route in moved
    ]


def _load(run: Run, scenario: Scenario) -> tuple[int, int]:
    chairs = sum(scenario.passenger_by_id[pid].uses_wheelchair_place for pid in run.passenger_ids)
    return len(run.passenger_ids) - chairs + run.n_pas, chairs


def _layouts(vehicle_class: VehicleClass, runs: Sequence[Run], scenario: Scenario) -> list[Layout]:
    """One layout as long as one holds every run since the last change, as the assignment reckons."""
    layouts = [run.layout for run in runs]
    loads = [_load(run, scenario) for run in runs]
    first = 0
    for i in range(1, len(runs)):
        seats, chairs = (max(load[k] for load in loads[first : i + 1]) for k in range(2))
        joint = next((x for x in vehicle_class.layouts if x.holds(n_seats=seats, n_wheelchairs=chairs)), None)
        if joint is None:
            first = i
        else:
            layouts[first : i + 1] = [joint] * (i + 1 - first)
    return layouts


def _gaps(
    scenario: Scenario,
    travel: Travel,
    leg: Leg,
    vehicle_class: VehicleClass,
    runs: Sequence[Run],
    layouts: Sequence[Layout],
) -> list[int]:
    """Seconds needed between the end of each run and the start of the next."""
    profile = travel.profile_by_class_id[vehicle_class.class_id]
    gaps = []
    for i in range(1, len(runs)):
        drive_s = travel.seconds_between(
            leg, runs[i - 1].stops[-1].place_id, runs[i].stops[0].place_id, profile=profile
        )
        change_s = scenario.policy.layout_change_s if layouts[i - 1] != layouts[i] else 0
        gaps.append(drive_s + scenario.policy.turnround_s + change_s)
    return gaps


def _shifts(leg: Leg, runs: Sequence[Run], gaps: Sequence[int]) -> list[int]:
    """Least moves that leave the gaps: AM runs earlier from the last to the first, PM runs later."""
    shifts = [0] * len(runs)
    steps = range(len(runs) - 2, -1, -1) if leg is Leg.AM else range(1, len(runs))
    for i in steps:
        if leg is Leg.AM:
            late = runs[i].end_at_s + gaps[i] - (runs[i + 1].start_at_s + shifts[i + 1])
            shifts[i] = -max(0, late)
        else:
            late = runs[i - 1].end_at_s + shifts[i - 1] + gaps[i - 1] - runs[i].start_at_s
            shifts[i] = max(0, late)
    return shifts
