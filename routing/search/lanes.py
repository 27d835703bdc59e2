"""What the insertion scan knows of each route beforehand: one *lane* per leg and day variant.

A *variant* of a route is a set of day groups that are alike for everybody on it, written as a bit mask. A lane holds,
for every position in the order of homes, the halts around it, the time between it and the gates, and how much longer
the rides of those affected by an insertion there may become. With it the scan tests a position in a few look-ups,
whatever the length of the run. Lanes are filled when a route is first scanned after a change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.evaluate import FAR, W_CLOSE, W_GATE, W_OPEN, W_ROW, W_SERVICE, W_START, gate_clock, half_up
from routing.instance import (
    D_CAP,
    D_CLOSE,
    D_OPEN,
    D_PLACE,
    D_ROW,
    D_TARGET,
    H_ROW,
    P_CHAIR,
    P_GATE_AM,
    P_HOME_AM,
    P_HUB,
    P_OWN,
    P_SHARED,
    P_SOLO,
    R_OVER_TARGET,
)
from routing.numba_cache import njit_inline, njit_inner

# Columns of a lane. At [position]: rows of the halts before and after it (-1: the gates, or the run's end there),
# seconds between the gates and the halt on their side of it, and from A_SLACK on, for each gate of the route, by how
# much the rides that an insertion there lengthens may grow. At [rider]: ride to or from the gates, and the gate (-1:
# absent).
A_PREV, A_NEXT, A_REST, A_RIDE, A_GATE, A_SLACK = range(6)

# Columns of a variant of one leg: riders, wheelchairs, shared and own PAs, solo riders, rows of the first and last
# halt, seconds first to last stop, soft pence a day, rows of the first and last gate, then four of each gate: users,
# service, window.
(
    V_PRESENT, V_CHAIRS, V_SHARED, V_OWN, V_SOLO, V_FIRST, V_LAST, V_LEG, V_SOFT, V_FIRST_GATE, V_LAST_GATE, V_GATES,
) = range(12)  # fmt: skip
G_USERS, G_SERVICE, G_OPEN, G_CLOSE = range(4)

# The gate scratch has the rows of the evaluation's (`evaluate.W_*`): row, service, window and start of service of each
# gate in use. In this row, of each gate of the route, the seconds of its riders' rides that lie at or between gates.
C_ALONG = W_GATE

# Columns of a pair (days on which route and rider are each alike): variant, day group, days, seconds by which the way
# between homes and gates grows when the first (AM) or last (PM) gate changes, row of the new one, seconds between the
# first and the last gate, row of the leg's far end at the gates, the new rider's own ride along gates; from E_ALONG on
# the ride along gates of each gate's users.
E_VARIANT, E_GROUP, E_DAYS, E_SHIFT, E_GATE, E_SPAN, E_FAR_GATE, E_OWN, E_ALONG = range(9)

# Where a person goes on a route, AM and PM: position among gates (-1: the gate is there already) and among homes (-1:
# not on this leg), and the rider, which says where they board.
O_GATE_AM, O_GATE_PM, O_HOME_AM, O_HOME_PM, O_RIDER_AM, O_RIDER_PM = range(6)
N_OPTION_COLUMNS = 6


def signatures(same_as: NDArray[np.int8]) -> NDArray[np.int64]:
    """Masks of day groups that are alike for each rider, (N, 1 + most): how many, then the masks."""
    masks: list[list[int]] = []
    for row in same_as:
        by_first: dict[int, int] = {}
        for group, first in enumerate(row.tolist()):
            by_first[first] = by_first.get(first, 0) | 1 << group
        masks.append(list(by_first.values()))
    table = np.zeros((len(masks), 1 + max(map(len, masks), default=1)), np.int64)
    for i, found in enumerate(masks):
        table[i, 0] = len(found)
        table[i, 1 : 1 + len(found)] = found
    return table


def mask_weights(group_weight: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days of the fortnight in each mask of day groups, (2**G,)."""
    masks = np.arange(1 << len(group_weight))
    bits = (masks[:, None] >> np.arange(len(group_weight))) & 1
    return (bits * group_weight).sum(axis=1)


@njit_inline
def lowest_bit(mask: int) -> int:
    """Number of the lowest bit set; mask > 0."""
    g = 0
    while (mask >> g) & 1 == 0:
        g += 1
    return g


@njit_inner
def fill_variants(sigs: Any, order: Any, n_am: int, n_pm: int, everything: int, variants: Any) -> None:
    """Masks of day groups alike for everybody of a route, into variants (1 + G,): how many, then the masks."""
    variants[0], variants[1] = 1, everything
    for leg in range(2):
        for i in range(n_am if leg == 0 else n_pm):
            rider = order[leg, i]
            if sigs[rider, 0] == 1:
                continue
            count = variants[0]
            for v in range(1, count + 1):
                left = variants[v]
                placed = False
                for k in range(1, sigs[rider, 0] + 1):
                    part = left & sigs[rider, k]
                    if part == 0:
                        continue
                    if not placed:
                        variants[v] = part
                        placed = True
                    else:
                        variants[0] += 1
                        variants[variants[0]] = part


@njit_inline
def ride_along_gates(leg: int, n_gates: int, c: Any, j: int) -> int:
    """Seconds of a ride that lie at or between the gates: AM from the first gate's start, PM to the last one's end."""
    if leg == 0:
        return c[W_START, j] - c[W_START, 0]
    last = n_gates - 1
    return c[W_START, last] + c[W_SERVICE, last] - c[W_START, j] - c[W_SERVICE, j]


@njit_inline
def count_variant(
    leg: int, riders: Any, day: Any, order: Any, n: int, hubs: Any, n_hubs: int, lane: Any, run: Any
) -> None:
    """Who is on board and which gates they use: A_GATE of the lane, counts and gates of the run."""
    for k in range(len(run)):
        run[k] = 0
    for j in range(n_hubs):
        run[V_GATES + 4 * j + G_CLOSE] = FAR
    for i in range(n):
        rider = order[i]
        lane[i, A_GATE] = -1
        if day[rider, D_ROW] < 0:
            continue
        run[V_PRESENT] += 1
        run[V_CHAIRS] += riders[rider, P_CHAIR]
        run[V_SHARED] += riders[rider, P_SHARED]
        run[V_OWN] += riders[rider, P_OWN]
        run[V_SOLO] += riders[rider, P_SOLO]
        for j in range(n_hubs):
            if hubs[j] == riders[rider, P_HUB]:
                at = V_GATES + 4 * j
                lane[i, A_GATE] = j
                run[at + G_USERS] += 1
                run[at + G_SERVICE] += riders[rider, P_GATE_AM + leg]
                run[at + G_OPEN] = max(run[at + G_OPEN], day[rider, D_OPEN])
                run[at + G_CLOSE] = min(run[at + G_CLOSE], day[rider, D_CLOSE])


@njit_inner
def fill_lane(
    leg: int, seconds: Any, riders: Any, day: Any, hub_table: Any, over_target: int, order: Any, n: int, hubs: Any,
    n_hubs: int, lane: Any, run: Any, c: Any,
) -> None:  # fmt: skip
    """Fill the lane and the figures of one leg on one day. lane (L + 1, columns A_*), run (columns V_*)."""
    count_variant(leg, riders, day, order, n, hubs, n_hubs, lane, run)
    gates = 0
    along = c[C_ALONG]
    for j in range(n_hubs):
        at = V_GATES + 4 * j
        if run[at + G_USERS] > 0:
            c[W_ROW, gates], c[W_SERVICE, gates] = hub_table[hubs[j], H_ROW], run[at + G_SERVICE]
            c[W_OPEN, gates], c[W_CLOSE, gates] = run[at + G_OPEN], run[at + G_CLOSE]
            gates += 1
    run[V_FIRST_GATE] = run[V_LAST_GATE] = -1
    if gates > 0:
        gate_clock(leg, seconds, gates, c)
        run[V_FIRST_GATE], run[V_LAST_GATE] = c[W_ROW, 0], c[W_ROW, gates - 1]
    g = 0
    for j in range(n_hubs):
        along[j] = 0
        if run[V_GATES + 4 * j + G_USERS] > 0:
            along[j] = ride_along_gates(leg, gates, c, g)
            g += 1
    t = (
        fill_am(seconds, riders, day, order, n, run, lane)
        if leg == 0
        else fill_pm(seconds, riders, day, order, n, run, lane)
    )
    fill_slack(leg, day, order, n, n_hubs, lane)
    if gates > 0:
        last = gates - 1
        run[V_LEG] = t + c[W_START, last] + c[W_SERVICE, last] - c[W_START, 0]
    for i in range(n):
        if lane[i, A_GATE] >= 0:
            over = lane[i, A_RIDE] + along[lane[i, A_GATE]] - day[order[i], D_TARGET]
            if over > 0:
                run[V_SOFT] += half_up(over_target * over, 60)


@njit_inline
def fill_am(seconds: Any, riders: Any, day: Any, order: Any, n: int, run: Any, lane: Any) -> int:
    """Halts, rests and rides of a morning leg, backwards from the gates; returns seconds to the first gate."""
    t, after, place, stop_ride = 0, -1, -1, 0
    for i in range(n - 1, -1, -1):
        lane[i + 1, A_NEXT], lane[i + 1, A_REST] = after, t
        rider = order[i]
        if lane[i, A_GATE] < 0:
            continue
        row = day[rider, D_ROW]
        if day[rider, D_PLACE] != place:
            t += seconds[row, after if after >= 0 else run[V_FIRST_GATE]]
            stop_ride, place, after = t, day[rider, D_PLACE], row
        lane[i, A_RIDE] = stop_ride
        t += riders[rider, P_HOME_AM]
    lane[0, A_NEXT], lane[0, A_REST] = after, t
    run[V_FIRST] = after
    run[V_LAST] = run[V_LAST_GATE]
    before = -1
    for i in range(n + 1):
        lane[i, A_PREV] = before
        if i < n and lane[i, A_GATE] >= 0:
            before = day[order[i], D_ROW]
    return t


@njit_inline
def fill_pm(seconds: Any, riders: Any, day: Any, order: Any, n: int, run: Any, lane: Any) -> int:
    """Halts, rests and rides of an afternoon leg, forwards from the gates; returns seconds from the last gate."""
    t, before, place, arrived = 0, -1, -1, 0
    for i in range(n):
        lane[i, A_PREV], lane[i, A_REST] = before, t
        rider = order[i]
        if lane[i, A_GATE] < 0:
            continue
        row = day[rider, D_ROW]
        if day[rider, D_PLACE] != place:
            t += seconds[before if before >= 0 else run[V_LAST_GATE], row]
            arrived, place, before = t, day[rider, D_PLACE], row
        lane[i, A_RIDE] = arrived
        t += riders[rider, P_HOME_AM + 1]
    lane[n, A_PREV], lane[n, A_REST] = before, t
    run[V_FIRST] = run[V_FIRST_GATE]
    run[V_LAST] = before
    after = -1
    for i in range(n, -1, -1):
        if i < n and lane[i, A_GATE] >= 0:
            after = day[order[i], D_ROW]
        lane[i, A_NEXT] = after
    return t


@njit_inline
def fill_slack(leg: int, day: Any, order: Any, n: int, n_hubs: int, lane: Any) -> None:
    """By how much rides may grow: AM of those boarded before each position, PM of those who alight at or after it."""
    first, step = (0, 1) if leg == 0 else (n, -1)
    for j in range(n_hubs):
        lane[first, A_SLACK + j] = FAR
    for k in range(n):
        here = first + step * k
        then = here + step
        i = here if leg == 0 else then
        for j in range(n_hubs):
            lane[then, A_SLACK + j] = lane[here, A_SLACK + j]
        if lane[i, A_GATE] >= 0:
            at = A_SLACK + lane[i, A_GATE]
            lane[then, at] = min(lane[then, at], day[order[i], D_CAP] - lane[i, A_RIDE])


@njit_inner
def fill_route(
    d: Any, sigs: Any, everything: int, order: Any, hubs: Any, counts: Any, variants: Any, lanes: Any, runs: Any, c: Any
) -> None:
    """Variants and lanes of one route on access profile 0.

    order (2, L); hubs (2, MAX_HUBS); counts (4,); variants (1 + G,); lanes (2, G, L + 1, columns); runs (2, G,
    columns); c gate scratch.
    """
    fill_variants(sigs, order, counts[0], counts[1], everything, variants)
    for v in range(variants[0]):
        g = lowest_bit(variants[1 + v])
        for leg in range(2):
            fill_lane(
                leg, d.seconds[0, leg], d.riders, d.daily[leg, g], d.hubs, d.rules[R_OVER_TARGET], order[leg],
                counts[leg], hubs[leg], counts[2 + leg], lanes[leg, v], runs[leg, v], c,
            )  # fmt: skip
