"""The common repair: what a peer answered becomes a plan that the checker accepts.

The same for every peer. Whoever breaks a rule of a run is taken off it, as few as can be; they, and whoever the peer
left out, are put in again where they cost least, or alone. Then an exact assignment picks the cheapest vehicle for
each run, as for our own plans. Insertion and assignment are our own code: what they gain, the peer gains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.peer_problem import Problem
from benchmarks.peer_route import PeerRoute
from routing.assign import as_arrays
from routing.evaluate import cost_on_supply
from routing.instance import MAX_HUBS, P_UNIT
from routing.solve import Result, StartRoute, Stop, solve
from transport.calendar import LEGS, Leg

Orders = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Routes that keep every rule of one route, and how many riders had to leave theirs."""

    routes: tuple[StartRoute, ...]
    n_ejected: int


def to_start_routes(problem: Problem, leg: Leg, routes: Iterable[PeerRoute]) -> list[StartRoute]:
    """Routes by index, one leg filled; a mirrored PM run is turned round."""
    idx_of, index = problem.index.rider_idx_by_leg, problem.index
    row_of_hub = [problem.travel.row_by_place_id[hub.gate_place_id] for hub in index.hubs]
    found = []
    for route in routes:
        order = [idx_of[pid, leg] for job in route.jobs for pid in job.passenger_ids]
        used = {index.hub_idx_by_rider[i] for i in order}
        hubs = [hub for row in route.gate_rows for hub in sorted(used) if row_of_hub[hub] == row]
        if leg is Leg.PM:
            order, hubs = order[::-1], hubs[::-1]
        if order:
            found.append(_on_leg(leg, order, hubs))
    return found


def mend(problem: Problem, routes: Sequence[StartRoute]) -> Mended:
    """Take off whoever breaks a rule; who must travel together leaves together."""
    mended, ejected = [], set()
    for route in routes:
        left, gone = _mend_one(problem, route)
        ejected |= gone
        if any(left.order):
            mended.append(left)
    torn = _torn_units(problem, mended)
    return Mended(
        routes=tuple(w for route in mended if any((w := without(problem, route, torn)).order)),
        n_ejected=len(ejected | torn),
    )


def finish(problem: Problem, routes: Sequence[StartRoute], seed: int) -> Result:
    """Put in who is missing and pick the vehicles: our search, stopped before its first iteration."""
    return solve(problem.instance, Stop(iterations=1), seed=seed, start=routes, should_stop=lambda: True)


def pence_of(problem: Problem, route: StartRoute) -> int | None:
    """Pence a fortnight on the cheapest supply, its number not looked at; None where every one breaks a rule."""
    if any(len(hubs) > MAX_HUBS for hubs in route.hubs):
        return None
    data = problem.instance.data()
    order, n = as_arrays(route.order, max(MAX_HUBS, *map(len, route.order)) + 1)
    hubs, n_hubs = as_arrays(route.hubs, MAX_HUBS)
    counts = np.concatenate([n, n_hubs])
    # Operators' own cards only where nothing else can drive it: there are many, and the assignment weighs them all.
    by_card = [supply.operator_id is not None for supply in problem.index.supplies]
    for wanted in (False, True):
        found = (int(cost_on_supply(data, k, order, hubs, counts)) for k, own in enumerate(by_card) if own is wanted)
        least = min((pence for pence in found if pence >= 0), default=None)
        if least is not None:
            return least
    return None


def without(problem: Problem, route: StartRoute, riders: Iterable[int]) -> StartRoute:
    """A route without some riders, and without gates that nobody uses any more."""
    gone = set(riders)
    orders = tuple([i for i in order if i not in gone] for order in route.order)
    used = [{problem.index.hub_idx_by_rider[i] for i in order} for order in orders]
    hubs = tuple([h for h in leg_hubs if h in u] for leg_hubs, u in zip(route.hubs, used, strict=True))
    return StartRoute(order=(orders[0], orders[1]), hubs=(hubs[0], hubs[1]))


def riders_of(route: StartRoute) -> list[int]:
    """Everybody on a route, once, in the order of the first leg."""
    return list(dict.fromkeys(i for order in route.order for i in order))


def _on_leg(leg: Leg, order: list[int], hubs: list[int]) -> StartRoute:
    nothing: list[int] = []
    if leg is LEGS[0]:
        return StartRoute(order=(order, nothing), hubs=(hubs, nothing))
    return StartRoute(order=(nothing, order), hubs=(nothing, hubs))


def _mend_one(problem: Problem, route: StartRoute) -> tuple[StartRoute, set[int]]:
    """The route without the one unit whose leaving mends it most cheaply, else as much of it as holds."""
    if pence_of(problem, route) is not None:
        return route, set()
    units = _units_on(problem, route)
    options = []
    for unit in units:
        left = without(problem, route, unit)
        pence = pence_of(problem, left) if any(left.order) else 0
        if pence is not None:
            options.append((len(unit), pence, unit, left))
    if options:
        _, _, unit, left = min(options, key=lambda option: option[:2])
        return left, set(unit)
    return _as_much_as_holds(problem, route, units)


def _as_much_as_holds(
    problem: Problem, route: StartRoute, units: Sequence[tuple[int, ...]]
) -> tuple[StartRoute, set[int]]:
    """Everybody off, then on again from the gate outwards, each who does not break a rule."""
    everybody = {i for unit in units for i in unit}
    gone = set(everybody)
    for unit in reversed(units):
        if pence_of(problem, without(problem, route, gone - set(unit))) is not None:
            gone -= set(unit)
    return without(problem, route, gone), gone


def _units_on(problem: Problem, route: StartRoute) -> list[tuple[int, ...]]:
    unit_of = problem.instance.riders[:, P_UNIT]
    units: dict[int, list[int]] = {}
    for i in riders_of(route):
        units.setdefault(int(unit_of[i]), []).append(i)
    return [tuple(unit) for unit in units.values()]


def _torn_units(problem: Problem, routes: Sequence[StartRoute]) -> set[int]:
    """Riders of units that are on several routes, or on one only in part."""
    unit_of, sizes = problem.instance.riders[:, P_UNIT], np.bincount(problem.instance.riders[:, P_UNIT])
    torn = set()
    for route in routes:
        for unit in _units_on(problem, route):
            if len(unit) < sizes[unit_of[unit[0]]]:
                torn |= set(unit)
    return torn
