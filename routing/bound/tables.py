"""The table of a sequence: what a run can still gain at most, with time in steps and homes that may come again.

Time is rounded down, a home may come again (but nobody turns back at once to where they came from), and the far homes
of a home are taken together. That is too good to be true, so what a table calls clean is clean. A home that the best
run of the table, or one of the program, visits more than once becomes *critical*: the table remembers whether it is
on board. Others may be fined for each visit, where every run is let off one fine of each home: one that visits it once
pays nothing.

A place of the table is a load and a node; its steps of time lie side by side, so that one instruction works on many of
them. A processor does that for numbers of four bytes at known distances only: hence one long array, and rows of one
width. What four bytes lose is taken off what a table proves, see `rounded_pence`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.bound.eights import EIGHT, eight_at, eight_of, if_more, if_same, larger, put_eight, smaller
from routing.bound.loads import NO_ROOM
from routing.bound.local import MOST_STEPS, N_PARTS, NEVER, ROOM, end_pence, over_pence
from routing.evaluate import FAR
from routing.numba_cache import njit_inline, njit_inner

STEPS_S, NEAR, CLUSTERS = (300, 120, 60, 30), (8, 16, 24, 40), (8, 12, 12, 12)
"""Step of a table's time, neighbours of a node that it tells apart, and clusters of the others: a finer table where one
leaves doubt."""
APART_FROM = 2
"""The first table that tells seats and wheelchairs apart wherever there are both."""
LOWEST = np.float32(-1e9)
"""Gain of a place that cannot be."""
SECOND, NEXT, STEP = np.uint64(ROOM), np.uint64(2 * ROOM), np.uint64(3 * ROOM)
"""Where the parts of the row in the making begin after the first, the most that can be gained with anything next: with
anything but the near node that comes next then; its number, -1: none or a far one; steps. A place's row has the first
three of them, as wide as the table has steps: those of many places are near each other in memory."""


@njit_inner
def find_soonest(n: int, x: Any, ways: Any, tab: Any, n_loads: int) -> None:
    """Least time at which each load can be on board, into tab.soonest: each home once, from wherever it is nearest.

    Its least service at the gates, into tab.at_gates.
    """
    for load in range(n_loads):
        tab.soonest[load], tab.at_gates[load] = (0, 0) if load == 0 else (FAR, FAR)
    for i in range(n):
        x.least[i] = x.first_go[i]
    for i in range(n):
        for j in range(n):
            # From a node to itself there is no way.
            x.least[j] = min(x.least[j], ways.go[x.who[i], x.who[j]])
    for j in range(n):
        for load in range(n_loads - 1, -1, -1):
            to = tab.after[load, x.form[j]]
            if to >= 0:
                tab.soonest[to] = min(tab.soonest[to], tab.soonest[load] + x.least[j])
                tab.at_gates[to] = min(tab.at_gates[to], tab.at_gates[load] + x.at_gate[j])


@njit_inner
def find_clusters(n: int, n_clusters: int, x: Any, ways: Any) -> None:
    """Nodes by the nearest of a few centres, each the furthest from those before it, into x.cluster."""
    centre = 0
    for i in range(n):
        x.value[i], x.cluster[i] = -NEVER, 0
    for k in range(n_clusters):
        c = x.who[centre]
        for i in range(n):
            away = float(min(ways.go[c, x.who[i]], ways.go[x.who[i], c])) if i != centre else -1.0
            if away < x.value[i]:
                x.value[i], x.cluster[i] = away, k
        for i in range(n):
            if x.value[i] > x.value[centre]:
                centre = i


@njit_inner
def find_near(
    n: int, n_near: int, n_clusters: int, step_s: int, metre: float, go: Any, metres: Any, by_way: Any, at: Any, x: Any
) -> None:
    """Nearest others of each node and the least of the rest by cluster, into x.near_*, x.far_*.

    metre : pence of one. go, metres, by_way : see `ways.Ways`, outwards or inwards. at : (V,) place of each node in x,
    -1: not there.
    """
    for i in range(n):
        v = x.who[i]
        k = 0
        for m in range(by_way.shape[1]):
            u = by_way[v, m]
            if k == n_near or go[v, u] >= FAR:
                break
            if at[u] >= 0:
                x.near[i, k], x.near_go[i, k], x.near_cost[i, k] = at[u], go[v, u], metre * metres[v, u]
                k += 1
        if k < n_near:
            x.near[i, k] = -1
        for c in range(n_clusters):
            x.far_go[i, c], x.far_m[c] = FAR, FAR
        if n_clusters:
            for j in range(n):
                x.used[j] = False
            for m in range(k):
                x.used[x.near[i, m]] = True
            for j in range(n):
                if not x.used[j]:
                    c, u = x.cluster[j], x.who[j]
                    x.far_go[i, c] = min(x.far_go[i, c], go[v, u])
                    x.far_m[c] = min(x.far_m[c], metres[v, u])
        for c in range(n_clusters):
            x.far_cost[i, c], x.far_steps[i, c] = metre * x.far_m[c], x.far_go[i, c] // step_s


@njit_inline
def place_of(load: int, n: int, i: int, tab: Any) -> Any:
    """Where the row of a place begins."""
    return np.uint64((load * n + i) * N_PARTS * tab.wide[0])


@njit_inline
def over_line(rate: float, go: int, target: int, step_s: int) -> tuple[Any, Any]:
    """Price of a ride over its wish, `go` after the step: at step 0, and how much more at each; below 0 it is none."""
    return np.float32(rate * (go - target) / 60.0 - 0.5), np.float32(rate * step_s / 60.0)


@njit_inner
def go_on_near(
    rows: Any, wide: Any, row: Any, at: Any, a: int, b: int, i: int, j: int, gain: Any, over: Any, more: Any
) -> None:  # fmt: skip
    """Try node j next, from node i, at the steps [a, b) of the row in the making; `at` is the place after step 0."""
    second_at, from_here, to = at + np.uint64(wide[0]), eight_of(np.float32(i)), eight_of(np.float32(j))
    next_at, end, never = second_at + np.uint64(wide[0]), eight_of(np.float32(b)), eight_of(LOWEST)
    gains, over_at, more_each, nothing = eight_of(gain), eight_of(over), eight_of(more), eight_of(np.float32(0.0))
    for s in range(a, b, EIGHT):
        u = np.uint64(s)
        steps = eight_at(row, u + STEP)
        after = if_same(eight_at(rows, next_at + u), from_here, eight_at(rows, second_at + u), eight_at(rows, at + u))
        value = gains - larger(over_at + more_each * steps, nothing) + after
        # Time rounded down may be in time for the node where that itself is not.
        value = if_more(end, steps, value, never)
        first, which = eight_at(row, u), eight_at(row, u + NEXT)
        put_eight(row, u + SECOND, larger(eight_at(row, u + SECOND), smaller(first, value)))
        # A sum, as a choice would be a store of some lanes, see `eights.larger`.
        put_eight(row, u + NEXT, which + if_more(value, first, to - which, nothing))
        put_eight(row, u, larger(first, value))


@njit_inner
def wait_near(row: Any, a: int, b: int, j: int, value: Any) -> None:
    """Node j next at the steps [a, b), all of which come to it at the same time."""
    for s in range(a, b):
        if value > row[s]:
            row[s + ROOM], row[s], row[s + 2 * ROOM] = row[s], value, np.float32(j)
        elif value > row[s + ROOM]:
            row[s + ROOM] = value


@njit_inner
def go_on_far(row: Any, most: Any, at: Any, a: int, b: int, cost: Any) -> None:
    """Try a cluster next at the steps [a, b); `at` is its place after step 0."""
    costs = eight_of(cost)
    for s in range(a, b, EIGHT):
        u = np.uint64(s)
        put_eight(row, u, larger(eight_at(row, u), eight_at(most, at + u) - costs))


@njit_inner
def fill_most(
    n: int, n_clusters: int, x: Any, tab: Any, load: int, rate: float, step_s: int, n_steps: int, with_who: bool
) -> None:
    """Most that can be gained in a cluster by the step at which it may be reached, into tab.most.

    with_who : the node that gains it, too, into tab.most_at.
    """
    if n_clusters == 0:
        return
    for k in range(n_clusters):
        for s in range(n_steps + EIGHT):
            tab.most[k * ROOM + s] = LOWEST
            if with_who:
                tab.most_at[k * ROOM + s] = -1
    for j in range(n):
        to = tab.after[load, x.form[j]]
        if to < 0:
            continue
        least = max(x.reach[j], tab.soonest[to])
        if least > x.cap[j]:
            continue
        row, place = x.cluster[j] * ROOM, place_of(to, n, j, tab)
        waits, end = -(-least // step_s), x.cap[j] // step_s + 1
        value = np.float32(x.less[j] - over_pence(rate, least, x.target[j])) + tab.rows[int(place) + least // step_s]
        over, more = over_line(rate, 0, x.target[j], step_s)
        if with_who:
            for s in range(end):
                if s >= waits:
                    late = max(over + more * tab.row[s + 3 * ROOM], np.float32(0.0))
                    value = np.float32(x.less[j]) - late + tab.rows[int(place) + s]
                if value > tab.most[row + s]:
                    tab.most[row + s], tab.most_at[row + s] = value, j
            continue
        for s in range(min(waits, end)):
            tab.most[row + s] = max(tab.most[row + s], value)
        come_to(tab.rows, tab.most, tab.row, place, np.uint64(row), waits, end, np.float32(x.less[j]), over, more)


@njit_inner
def come_to(
    rows: Any, most: Any, steps: Any, at: Any, row: Any, a: int, b: int, gain: Any, over: Any, more: Any
) -> None:  # fmt: skip
    """Try a node of a cluster at the steps [a, b)."""
    gains, over_at, more_each, nothing = eight_of(gain), eight_of(over), eight_of(more), eight_of(np.float32(0.0))
    for s in range(a, b, EIGHT):
        u = np.uint64(s)
        value = gains - larger(over_at + more_each * eight_at(steps, u + STEP), nothing) + eight_at(rows, at + u)
        put_eight(most, row + u, larger(eight_at(most, row + u), value))


@njit_inner
def find_onward(n: int, x: Any, rate: float, step_s: int, n_near: int) -> None:
    """What going on to each near node gains and when it may be, for the gains in x.less, into x.near_*."""
    for i in range(n):
        for k in range(n_near):
            j = x.near[i, k]
            if j < 0:
                break
            go = x.near_go[i, k]
            x.near_steps[i, k], x.near_end[i, k] = go // step_s, (x.cap[j] - go) // step_s + 1
            x.near_gain[i, k] = x.less[j] - x.near_cost[i, k]
            x.near_over[i, k], _ = over_line(rate, go, x.target[j], step_s)


@njit_inner
def fill_rows(
    load: int, n: int, x: Any, tab: Any, rate: float, step_s: int, n_near: int, n_clusters: int, n_steps: int,
    ends_pay: bool,
) -> None:  # fmt: skip
    """All places of a load. ends_pay : whether the time on the road has a price."""
    row, may_end, soonest = tab.row, tab.may_end[load], tab.soonest[load]
    _, more = over_line(rate, 0, 0, step_s)
    for i in range(n):
        if max(x.reach[i], soonest) > x.cap[i]:
            continue
        a, b = max(x.reach[i], soonest) // step_s, x.cap[i] // step_s + 1
        here = np.float32(-x.home[i]) if may_end else LOWEST
        for s in range(a, b):
            row[s] = here
            row[s + 2 * ROOM] = np.float32(-1.0)
        if ends_pay and may_end:
            for s in range(a, b):
                row[s] = np.float32(-x.home[i] - end_pence(x, tab, load, i, s * step_s))
        for k in range(n_clusters):
            steps = x.far_steps[i, k]
            if steps < n_steps:
                at = np.uint64(k * ROOM + steps)
                go_on_far(row, tab.most, at, a, min(b, n_steps - steps), np.float32(x.far_cost[i, k]))
        for s in range(a, b):
            row[s + ROOM] = row[s]
        for k in range(n_near):
            j = x.near[i, k]
            if j < 0:
                break
            to = tab.after[load, x.form[j]]
            if to < 0:
                continue
            go, least = x.near_go[i, k], max(x.reach[j], tab.soonest[to])
            if least > x.cap[j] or a * step_s + go > x.cap[j]:
                continue
            waits = a
            if least - go > a * step_s:
                # Steps from which the node is reached before it can be had with that load; all come to it at once.
                waits = -(-(least - go) // step_s)
                gain = np.float32(x.less[j] - x.near_cost[i, k] - over_pence(rate, least, x.target[j]))
                wait_near(row, a, min(b, waits), j, gain + gain_after(tab, to, n, least // step_s, i, j))
            at = place_of(to, n, j, tab) + np.uint64(x.near_steps[i, k])
            end = min(b, x.near_end[i, k])
            go_on_near(tab.rows, tab.wide, row, at, waits, end, i, j, x.near_gain[i, k], x.near_over[i, k], more)
        put_row(row, tab.rows, tab.wide, place_of(load, n, i, tab), a, b)


@njit_inner
def put_row(row: Any, rows: Any, wide: Any, place: Any, a: int, b: int) -> None:
    """The steps [a, b) of the row in the making into the place that begins there, behind them that nothing can be."""
    second_at, never = place + np.uint64(wide[0]), eight_of(LOWEST)
    next_at = second_at + np.uint64(wide[0])
    for s in range(a, b, EIGHT):
        u = np.uint64(s)
        put_eight(rows, place + u, eight_at(row, u))
        put_eight(rows, second_at + u, eight_at(row, u + SECOND))
        put_eight(rows, next_at + u, eight_at(row, u + NEXT))
    put_eight(rows, place + np.uint64(b), never)
    put_eight(rows, second_at + np.uint64(b), never)


@njit_inner
def gain_after(tab: Any, load: int, n: int, step: int, i: int, j: int) -> Any:
    """What can still be gained at node j on coming from node i."""
    wide, at = tab.wide[0], int(place_of(load, n, j, tab)) + step
    return tab.rows[at + wide] if tab.rows[at + 2 * wide] == np.float32(i) else tab.rows[at]


@njit_inner
def onward_from(
    i: int, came_from: int, n: int, x: Any, tab: Any, load: int, s: int, rate: float, step_s: int, n_near: int,
    n_clusters: int, n_steps: int,
) -> tuple[float, int, int, int]:  # fmt: skip
    """Most that can be gained from here on, not turning back, the near node next and the far one; -1: none.

    The last is the time at the next node. Clusters are read from tab.most, which is that of this load.
    """
    now = s * step_s
    first, far, which, then = float(LOWEST), -1, -1, now
    if tab.may_end[load]:
        first = -x.home[i] - end_pence(x, tab, load, i, now)
    for k in range(n_clusters):
        step = s + x.far_steps[i, k]
        if step < n_steps and tab.most[k * ROOM + step] - x.far_cost[i, k] > first:
            first, far = tab.most[k * ROOM + step] - x.far_cost[i, k], tab.most_at[k * ROOM + step]
            then = max(now + x.far_go[i, k], x.reach[far], tab.soonest[tab.after[load, x.form[far]]])
    for k in range(n_near):
        j = x.near[i, k]
        if j < 0:
            break
        to = tab.after[load, x.form[j]]
        if j == came_from or to < 0:
            continue
        t = max(now + x.near_go[i, k], x.reach[j], tab.soonest[to])
        if t <= x.cap[j]:
            value = x.less[j] - x.near_cost[i, k] - over_pence(rate, t, x.target[j])
            value += gain_after(tab, to, n, t // step_s, i, j)
            if value > first:
                first, which, far, then = value, j, -1, t
    return first, which, far, then


@njit_inner
def fill_table(
    n: int, x: Any, tab: Any, n_loads: int, rate: float, step_s: int, n_near: int, n_clusters: int, n_steps: int
) -> None:
    """Fill the table for the gains in x.less; its loads from the fullest down."""
    # Behind its last step a place has eight that nothing can be: loops go on until an eight is full.
    tab.wide[0] = n_steps + EIGHT
    for i in range(n):
        x.less[i] = x.gain[i] - x.fine[i]
    find_onward(n, x, rate, step_s, n_near)
    for s in range(n_steps + EIGHT):
        tab.row[s + 3 * ROOM] = np.float32(s)
    ends_pay = x.long_pence[0] > 0.0
    for pence in x.ends:
        ends_pay |= pence > 0.0
    for load in range(n_loads):
        ends_pay |= tab.more_pence[load] > 0.0
    for load in range(n_loads - 1, 0, -1):
        if tab.soonest[load] >= FAR:
            continue
        fill_most(n, n_clusters, x, tab, load, rate, step_s, n_steps, False)
        fill_rows(load, n, x, tab, rate, step_s, n_near, n_clusters, n_steps, ends_pay)


@njit_inner
def rounded_pence(n: int, x: Any, room: int, n_near: int) -> float:
    """Most that four bytes a number can add to a run's gain: six roundings a visit, of no number larger than all.

    room : most visits of a run.
    """
    most = x.home[0]
    for i in range(n):
        most = max(most, x.home[i])
    largest = 0.0
    for i in range(n):
        largest = max(largest, abs(x.less[i]), x.first_cost[i])
        for k in range(n_near):
            if x.near[i, k] < 0:
                break
            largest = max(largest, x.near_cost[i, k])
    return float(6.0 * (room + 1) * (most + room * largest) / 2.0**24)


@njit_inner
def start_pence(i: int, n: int, x: Any, tab: Any, rate: float, step_s: int) -> float:
    """Least reduced cost of a run that begins at a node, its fixed pence apart, with no fines let off."""
    value = x.first_cost[i] - x.less[i] + over_pence(rate, x.first_go[i], x.target[i])
    load = tab.after[0, x.form[i]]
    t = max(x.first_go[i], tab.soonest[load])
    if t > x.cap[i]:
        return -NEVER
    return float(value - tab.rows[int(place_of(load, n, i, tab)) + t // step_s])


@njit_inner
def best_start(n: int, x: Any, tab: Any, rate: float, step_s: int) -> tuple[float, int]:
    """Least reduced cost of a run, its fixed pence apart, with fines let off; and the node that it begins at."""
    least, start = -NEVER, -1
    for i in range(n):
        value = start_pence(i, n, x, tab, rate, step_s)
        if value < least:
            least, start = value, i
    return least - x.fine[:n].sum(), start


@njit_inner
def follow(
    n: int, start: int, x: Any, tab: Any, rate: float, step_s: int, n_near: int, n_clusters: int, n_steps: int,
    walk: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """The table's best run from a node into walk and x.visits; its length, its load, and its time by the table.

    walk : (2, L) filled with nodes, and the table's time at each.
    """
    for i in range(n):
        x.visits[i] = 0
    i, came_from, load, t, length = start, -1, tab.after[0, x.form[start]], x.first_go[start], 0
    while i >= 0:
        x.visits[i] += 1
        walk[0, length], walk[1, length] = i, t
        length += 1
        step = t // step_s
        fill_most(n, n_clusters, x, tab, load, rate, step_s, n_steps, True)
        _, near, far, then = onward_from(i, came_from, n, x, tab, load, step, rate, step_s, n_near, n_clusters, n_steps)
        # A table that turns away from where it came from does so between near nodes only.
        came_from = i if near >= 0 else -1
        i = near if near >= 0 else far
        if i >= 0:
            t = then
            load = tab.after[load, x.form[i]]
        else:
            t = step * step_s
    return length, load, t


@njit_inner
def remember_more(n: int, x: Any, critical: Any, n_bits: int) -> int:
    """Put those whom the best run visits more than once among the critical, while there is room; how many are new."""
    n_known, n_new = 0, 0
    for b in range(len(critical)):
        n_known += critical[b] >= 0
    while n_known + n_new < n_bits and critical[n_known + n_new] != NO_ROOM:
        most = 0
        for i in range(n):
            if x.visits[i] > x.visits[most]:
                most = i
        if x.visits[most] < 2:
            break
        x.visits[most] = 1
        critical[n_known + n_new] = x.who[most]
        n_new += 1
    return n_new


@njit_inner
def shape_of(n: int, x: Any, stage: int) -> tuple[int, int, int, int]:
    """Seconds of a step, steps, near nodes and clusters of a table."""
    longest = 0
    for i in range(n):
        longest = max(longest, x.cap[i])
    step_s = max(STEPS_S[stage], 1 + longest // MOST_STEPS)
    return step_s, 1 + longest // step_s, NEAR[stage], CLUSTERS[stage] if n > NEAR[stage] + 1 else 0
