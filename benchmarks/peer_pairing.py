"""The full problem for peers: their AM and PM runs, solved apart, become routes.

A passenger has one route on both legs, so two sets of runs never fit as they are. Three ways are tried and the
cheapest plan is the peer's: the AM runs say who rides together, or the PM runs do, or those do who ride together on
both in the matching of AM and PM runs that keeps most people. The missing order of a leg is found by exact prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from benchmarks.peer_problem import Problem
from benchmarks.peer_repair import pence_of, riders_of, without
from routing.solve import StartRoute
from transport.calendar import LEGS, Leg

MOST_ROUNDS = 20


def paired(problem: Problem, am: Sequence[StartRoute], pm: Sequence[StartRoute]) -> dict[str, list[StartRoute]]:
    """Routes with both legs, by the way in which they were paired."""
    return {
        "AM leads": [with_other_leg(problem, route, Leg.AM) for route in am],
        "PM leads": [with_other_leg(problem, route, Leg.PM) for route in pm],
        "matched": matched(problem, am, pm),
    }


def with_other_leg(problem: Problem, route: StartRoute, led: Leg) -> StartRoute:
    """The same people on the other leg: backwards at first, then each moved to where they cost least."""
    k = LEGS.index(led)
    other = LEGS[1 - k]
    riders = [i for i in reversed(route.order[k]) if other in problem.index.riders[i].legs]
    used = {problem.index.hub_idx_by_rider[i] for i in riders}
    hubs = [hub for hub in reversed(route.hubs[k]) if hub in used]
    starts = [_both(route, k, riders, list(order)) for order in permutations(hubs)] if len(hubs) <= 3 else []
    starts = starts or [_both(route, k, riders, hubs)]
    starts = [s if pence_of(problem, s) is not None else _inserted(problem, s, 1 - k) for s in starts]
    return min((_ordered(problem, start, 1 - k) for start in starts), key=lambda found: _rank(problem, found))


def matched(problem: Problem, am: Sequence[StartRoute], pm: Sequence[StartRoute]) -> list[StartRoute]:
    """AM and PM runs joined so that most people stay on both; who does not is left to the repair."""
    from scipy.optimize import linear_sum_assignment

    if not am or not pm:
        return []
    pm_of = {i: b for b, route in enumerate(pm) for i in riders_of(route)}
    common = np.zeros((len(am), len(pm)), np.int64)
    for a, route in enumerate(am):
        for i in riders_of(route):
            if i in pm_of:
                common[a, pm_of[i]] += 1
    joined = []
    for a, b in zip(*linear_sum_assignment(-common), strict=True):
        both = set(riders_of(am[a])) & set(riders_of(pm[b]))
        one_leg = {i for route in (am[a], pm[b]) for i in riders_of(route) if len(problem.index.riders[i].legs) == 1}
        stay = both | one_leg
        x, y = (without(problem, route, set(riders_of(route)) - stay) for route in (am[a], pm[b]))
        if stay:
            joined.append(StartRoute(order=(x.order[0], y.order[1]), hubs=(x.hubs[0], y.hubs[1])))
    return joined


def _both(route: StartRoute, k: int, riders: list[int], hubs: list[int]) -> StartRoute:
    order, gates = [route.order[k], riders], [route.hubs[k], hubs]
    if k == 1:
        order, gates = order[::-1], gates[::-1]
    return StartRoute(order=(order[0], order[1]), hubs=(gates[0], gates[1]))


def _rank(problem: Problem, route: StartRoute) -> float:
    pence = pence_of(problem, route)
    return float("inf") if pence is None else pence


def _inserted(problem: Problem, route: StartRoute, k: int) -> StartRoute:
    """Leg k built up one by one, each where they cost least; who never fits comes last, for the repair."""
    built, misfits = _with_order(route, k, []), []
    for i in route.order[k]:
        order = built.order[k]
        trials = [_with_order(built, k, [*order[:at], i, *order[at:]]) for at in range(len(order) + 1)]
        best = min(trials, key=lambda trial: _rank(problem, trial))
        if pence_of(problem, best) is None:
            misfits.append(i)
        else:
            built = best
    return _with_order(built, k, built.order[k] + misfits)


def _ordered(problem: Problem, route: StartRoute, k: int) -> StartRoute:
    """Move one passenger after the other to their best place on leg k, until no move is cheaper."""
    best, best_pence = route, _rank(problem, route)
    for _ in range(MOST_ROUNDS):
        before = best_pence
        for i in list(best.order[k]):
            rest = [x for x in best.order[k] if x != i]
            for at in range(len(rest) + 1):
                trial = _with_order(best, k, [*rest[:at], i, *rest[at:]])
                pence = _rank(problem, trial)
                if pence < best_pence:
                    best, best_pence = trial, pence
        if best_pence == before:
            return best
    return best


def _with_order(route: StartRoute, k: int, order: list[int]) -> StartRoute:
    orders = [route.order[0], route.order[1]]
    orders[k] = order
    return StartRoute(order=(orders[0], orders[1]), hubs=route.hubs)
