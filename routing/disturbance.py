"""The price of families disturbed, on arrays: the rules of `transport.stability` a second time.

Runs only where `Instance.rules` says that disturbing a family has a price.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.evaluate import (
    F_END,
    F_PRESENT,
    F_START,
    INFEASIBLE,
    N_FIGURES,
    N_SCRATCH,
    W_AT,
    W_GATE,
    W_START,
    cost_on_supply,
    day_weights,
    figures_on_profile,
)
from routing.instance import (
    BOUGHT,
    D_PLACE,
    D_ROW,
    MAX_HUBS,
    N_RIDER_COLUMNS,
    P_DISTURBED,
    P_HOME_AM,
    P_PERSON,
    P_PINNED,
    P_WAS_ALL,
    P_WAS_OPERATOR,
    P_WAS_ROUTE,
    P_WAS_SUPPLY,
    R_DISTURBED,
    R_TOLERANCE,
    S_CLASS,
    S_KIND,
    S_OPERATOR,
    S_PROFILE,
)
from routing.numba_cache import njit, njit_inline, njit_inner


@njit_inline
def homes_clock(leg: int, seconds: Any, riders: Any, day: Any, order: Any, n: int, f: Any, at: Any) -> None:
    """Start of service at each rider's home on a leg of known figures, into at (>= n,); -1 for the absent."""
    t, arrived, place, row = 0, 0, -1, -1
    for i in range(n):
        rider = order[i]
        at[i] = -1
        if day[rider, D_ROW] < 0:
            continue
        if day[rider, D_PLACE] != place:
            if row >= 0:
                t += seconds[row, day[rider, D_ROW]]
            arrived, place, row = t, day[rider, D_PLACE], day[rider, D_ROW]
        t += riders[rider, P_HOME_AM + leg]
        at[i] = arrived
    first = f[F_START] if leg == 0 else f[F_END] - t
    for i in range(n):
        if at[i] >= 0:
            at[i] += first


@njit_inner
def mark_moved(d: Any, p: int, order: Any, counts: Any, weights: Any, w: Any, figures: Any) -> None:
    """Whose time at home moves by more than the tolerance, into w[W_AT] (AM) and w[W_GATE] (PM).

    1: moves, 0: does not, -1: counted on the AM leg. `figures` (2, G, N_FIGURES) are those of access profile p;
    counts (>= 2,) riders by leg.
    """
    for leg in range(2):
        moved = w[W_AT if leg == 0 else W_GATE]
        for i in range(counts[leg]):
            moved[i] = 0
        for g in range(len(weights)):
            if weights[g] == 0 or figures[leg, g, F_PRESENT] == 0:
                continue
            at, first = w[W_START], N_RIDER_COLUMNS + 4 * g + 2 * leg
            homes_clock(leg, d.seconds[p, leg], d.riders, d.daily[leg, g], order[leg], counts[leg], figures[leg, g], at)
            for i in range(counts[leg]):
                earliest, latest = d.riders[order[leg, i], first], d.riders[order[leg, i], first + 1]
                if at[i] < 0 or earliest < 0:
                    continue
                if at[i] < latest - d.rules[R_TOLERANCE] or at[i] > earliest + d.rules[R_TOLERANCE]:
                    moved[i] = 1
    for i in range(counts[1]):
        for j in range(counts[0]):
            if d.riders[order[0, j], P_PERSON] == d.riders[order[1, i], P_PERSON]:
                w[W_AT, j] = max(w[W_AT, j], w[W_GATE, i])
                w[W_GATE, i] = -1


@njit_inline
def is_same_vehicle(riders: Any, rider: int, s: Any, k: int) -> bool:
    """Whether supply k can be what drives a rider's route in the reference."""
    if s[S_KIND] != BOUGHT:
        return bool(riders[rider, P_WAS_SUPPLY] == k)
    if riders[rider, P_WAS_SUPPLY] != -1 - s[S_CLASS]:
        return False
    was = riders[rider, P_WAS_OPERATOR]
    return bool(s[S_OPERATOR] < 0 or was == 0 or was == 1 + s[S_OPERATOR])


@njit_inner
def disturbed_pence(riders: Any, s: Any, k: int, order: Any, counts: Any, w: Any) -> int:
    """Price, pence a fortnight, of the families disturbed on a route that supply k drives, after `mark_moved`.

    The route continues one of the reference: that which spares most, or the one that a rider is pinned to. Of a route
    with riders of price T together it spares k * n / T where it carries n of them, k at their times: all k if they stay
    together, less if they are parted. Over all routes of a plan that is never more than the largest k, which the plan
    spares in the end, so the search never counts too few.
    """
    pin, total, most = 0, 0, 0
    for leg in range(2):
        for i in range(counts[leg]):
            pin = max(pin, riders[order[leg, i], P_PINNED])
    for leg in range(2):
        moved = w[W_AT if leg == 0 else W_GATE]
        for i in range(counts[leg]):
            rider = order[leg, i]
            was = riders[rider, P_WAS_ROUTE]
            if moved[i] < 0 or was == 0:
                continue
            total += riders[rider, P_DISTURBED]
            if moved[i] == 1 or was < 0 or (pin > 0 and was != pin) or not is_same_vehicle(riders, rider, s, k):
                continue
            kept, here = known_pence(riders, was, order, counts, w)
            if kept > 0:
                most = max(most, kept * here // riders[rider, P_WAS_ALL])
    return total - most


@njit_inline
def known_pence(riders: Any, was: int, order: Any, counts: Any, w: Any) -> tuple[int, int]:
    """Price of the riders of one route of the reference: of those whose times do not move, and of all."""
    kept, here = 0, 0
    for leg in range(2):
        moved = w[W_AT if leg == 0 else W_GATE]
        for i in range(counts[leg]):
            if moved[i] >= 0 and riders[order[leg, i], P_WAS_ROUTE] == was:
                here += riders[order[leg, i], P_DISTURBED]
                if moved[i] == 0:
                    kept += riders[order[leg, i], P_DISTURBED]
    return kept, here


@njit_inline
def stranger_pence(riders: Any, rider: int, order: Any, meta: Any, first_count: int) -> int:
    """What a rider on a route pays who knows nobody on it from the reference; a guess, times are not looked at.

    order (2, L); meta holds the riders by leg from first_count on.
    """
    was = riders[rider, P_WAS_ROUTE]
    if was == 0:
        return 0
    for leg in range(2):
        for i in range(meta[first_count + leg]):
            if was > 0 and riders[order[leg, i], P_WAS_ROUTE] == was:
                return 0
    return int(riders[rider, P_DISTURBED])


@njit
def whole_cost(d: Any, k: int, order: Any, hubs: Any, counts: Any) -> int:
    """Pence a fortnight of a route on one supply, all soft prices included; -1 where it breaks a rule.

    order (2, L), hubs (2, MAX_HUBS), counts (4,): AM riders, PM riders, AM hubs, PM hubs.
    """
    pence: int = cost_on_supply(d, k, order, hubs, counts)
    if pence < 0 or d.rules[R_DISTURBED] == 0:
        return pence
    n_groups, p = len(d.group_weight), d.supplies[k, S_PROFILE]
    weights = np.zeros(n_groups, np.int64)
    w = np.empty((N_SCRATCH, max(counts.max(), MAX_HUBS) + 1), np.int64)
    figures = np.zeros((2, n_groups, N_FIGURES), np.int64)
    day_weights(d.riders, d.same_as, d.group_weight, order, counts[0], counts[1], weights)
    if not figures_on_profile(d, p, order, hubs, counts, weights, w, figures):
        return INFEASIBLE
    mark_moved(d, p, order, counts, weights, w, figures)
    pence += disturbed_pence(d.riders, d.supplies[k], k, order, counts, w)
    return pence
