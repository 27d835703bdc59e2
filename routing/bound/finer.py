"""Ever finer tables of one group, the last ones without the homes that no run worth finding comes to.

A table says what a run can still gain from each place on. The same table from the run's other end says what it can have
gained until there. Both together say what the best run through a home is worth: where that is nothing, later tables do
without the home, which leaves them room to remember others, and its fine is let off nobody. After the forward and
backward bounds by which arcs are fixed in column generation (Irnich, Desaulniers, Desrosiers, Hadjar, INFORMS Journal
on Computing 22(2), 2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.bound.groups import find_more
from routing.bound.loads import fill_states
from routing.bound.local import LANES, NEVER, ROOM, over_pence
from routing.bound.tables import (
    APART_FROM,
    LOWEST,
    STEP,
    best_start,
    fill_table,
    find_clusters,
    find_near,
    find_soonest,
    follow,
    go_on_far,
    go_on_near,
    in_lanes,
    over_line,
    place_of,
    put_row,
    remember_more,
    rounded_pence,
    shape_of,
)
from routing.evaluate import FAR
from routing.numba_cache import larger, njit_inline, njit_inner


@njit_inner
def prove_by_tables(
    n: int, x: Any, tab: Any, vehicle_holds: Any, room: int, fixed: float, pa: int, rate: float, eps: float,
    n_stages: int, n_bits: int, critical: Any, n_forms: int, metre: float, ways: Any, at: Any, sequences: Any,
    members: Any, by_time: Any, rivals: Any, walk: Any, through: Any,
) -> tuple[int, float, int, int]:  # fmt: skip
    """Fill ever finer tables until one is clean, the finest again for as long as it remembers more.

    room : most visits of a run. through : (V,) filled, for homes that are dropped, with what a run through them costs
    more than it is worth.

    Returns the homes that are left in x, the proven least reduced cost, the stage of the last table and the number of
    its loads.
    """
    root, without, stage, n_loads = NEVER, -NEVER, 0, 0
    for stage in range(n_stages):
        is_last, remembers, is_smaller = stage == n_stages - 1, False, True
        while True:
            step_s, n_steps, n_near, n_clusters = shape_of(n, x, stage)
            if is_smaller:
                find_clusters(n, n_clusters, x, ways)
                find_near(n, n_near, n_clusters, step_s, metre, ways.go, ways.metres, ways.by_way, at, x)
            before = n_loads
            n_loads = fill_states(
                n, x, pa, vehicle_holds, stage >= APART_FROM, critical[: n_bits * is_last], at, n_forms, rivals,
                tab,
            )  # fmt: skip
            if remembers and not is_smaller and n_loads == before:
                # There was no room for them.
                break
            find_soonest(n, x, ways, tab, n_loads)
            find_more(sequences, members, by_time, n_loads, tab)
            fill_table(n, x, tab, n_loads, rate, step_s, n_near, n_clusters, n_steps)
            least, start = best_start(n, x, tab, rate, step_s)
            root = max(root, min(without, least + fixed - rounded_pence(n, x, room, n_near)))
            if root >= -eps:
                return n, root, stage, n_loads
            if not is_last or n_bits == 0:
                break
            follow(n, start, x, tab, rate, step_s, n_near, n_clusters, n_steps, walk)
            if remember_more(n, x, critical, n_bits) == 0:
                break
            is_smaller = not remembers
            if is_smaller:
                n, without = drop_homes(n, x, tab, n_loads, fixed, rate, room, stage, metre, ways, at, through)
            if n == 0:
                return n, max(root, without), stage, n_loads
            remembers = True
    return n, root, stage, n_loads


@njit_inner
def drop_homes(
    n: int, x: Any, tab: Any, n_loads: int, fixed: float, rate: float, room: int, stage: int, metre: float, ways: Any,
    at: Any, through: Any,
) -> tuple[int, float]:  # fmt: skip
    """Leave only the homes in x that a run worth more than it costs may come to, by the table just filled.

    Returns how many are left, and the least that a run through one of the others costs more than it is worth.
    """
    tell_homes(n, x, tab, n_loads, fixed, rate, room, stage, metre, ways, at, through)
    n_left, least = 0, -NEVER
    for i in range(n):
        if through[x.who[i]] >= 0.0:
            least = min(least, through[x.who[i]])
            at[x.who[i]] = -1
            continue
        move(i, n_left, x)
        at[x.who[n_left]] = n_left
        n_left += 1
    return n_left, least


@njit_inner
def tell_homes(
    n: int, x: Any, tab: Any, n_loads: int, fixed: float, rate: float, room: int, stage: int, metre: float, ways: Any,
    at: Any, through: Any,
) -> None:  # fmt: skip
    """What a run through each home costs more than it is worth, at least, by the table just filled, into through (V,).

    Near and far homes in x are those from which a home is come to, then. room : most visits of a run.
    """
    step_s, n_steps, n_near, n_clusters = shape_of(n, x, stage)
    lost = 2.0 * rounded_pence(n, x, room, n_near)
    fines = x.fine[:n].sum()
    find_near(n, n_near, n_clusters, step_s, metre, ways.go_in, ways.metres_in, ways.by_way_in, at, x)
    fill_begun(n, x, tab, n_loads, rate, step_s, n_near, n_clusters, n_steps)
    for i in range(n):
        through[x.who[i]] = fixed - best_through(i, n, x, tab, n_loads, step_s) - fines - lost


@njit_inner
def move(i: int, to: int, x: Any) -> None:
    """Put a home in another place of x."""
    x.who[to], x.seats[to], x.chairs[to], x.gain[to] = x.who[i], x.seats[i], x.chairs[i], x.gain[i]
    x.fine[to], x.cap[to], x.target[to], x.at_gate[to] = x.fine[i], x.cap[i], x.target[i], x.at_gate[i]
    x.leave[to], x.home[to], x.reach[to] = x.leave[i], x.home[i], x.reach[i]
    x.first_go[to], x.first_cost[to] = x.first_go[i], x.first_cost[i]


@njit_inner
def fill_begun(
    n: int, x: Any, tab: Any, n_loads: int, rate: float, step_s: int, n_near: int, n_clusters: int, n_steps: int
) -> None:
    """Most that can have been gained on coming to each place, its own home's gain with it, into tab.begun.

    Near and far are those from which a home is come to.
    """
    n_forms = tab.after.shape[1]
    for load in range(n_loads):
        for form in range(n_forms):
            tab.before[load, form] = -1
    for i in range(n):
        form = x.form[i]
        for load in range(n_loads):
            if tab.after[load, form] >= 0:
                tab.before[tab.after[load, form], form] = load
    for load in range(1, n_loads):
        if tab.soonest[load] >= FAR:
            continue
        for i in range(n):
            if max(x.reach[i], tab.soonest[load]) <= x.cap[i]:
                fill_begun_row(i, n, x, tab, load, rate, step_s, n_near, n_clusters, n_steps)
        fill_begun_most(n, n_clusters, x, tab, load, step_s, n_steps)


@njit_inner
def fill_begun_row(
    i: int, n: int, x: Any, tab: Any, load: int, rate: float, step_s: int, n_near: int, n_clusters: int, n_steps: int
) -> None:
    """All steps of one place."""
    row, end = tab.row, x.cap[i] // step_s + 1
    before, least = tab.before[load, x.form[i]], max(x.reach[i], tab.soonest[load])
    for s in range(end):
        row[s] = LOWEST
        row[s + 2 * ROOM] = np.float32(-1.0)
    # A load is on board no sooner than the table says: whoever comes before that waits.
    if before > 0 and tab.soonest[before] < FAR:
        for k in range(n_clusters):
            steps = x.far_steps[i, k]
            if steps < end:
                of = np.uint64((before * n_clusters + k) * ROOM) - np.uint64(steps)
                go_on_far(row, tab.begun_most, of, steps, end, np.float32(x.far_cost[i, k]))
        over, more = over_line(rate, 0, x.target[i], step_s)
        pay_here(row, end, np.float32(x.less[i]), over, more)
    if before == 0 and x.first_go[i] <= x.cap[i]:
        value = np.float32(x.less[i] - x.first_cost[i] - over_pence(rate, x.first_go[i], x.target[i]))
        row[x.first_go[i] // step_s] = max(row[x.first_go[i] // step_s], value)
    for s in range(end):
        row[s + ROOM] = row[s]
    if before > 0 and tab.soonest[before] < FAR:
        for k in range(n_near):
            j = x.near[i, k]
            if j < 0:
                break
            start = max(x.reach[j], tab.soonest[before])
            if start > x.cap[j]:
                continue
            go = x.near_go[i, k]
            steps = go // step_s
            # Both ends of the way are at whole steps of the table, what it takes beyond them is paid for.
            over, more = over_line(rate, go % step_s, x.target[i], step_s)
            came_from = place_of(before, n, j, tab) - np.uint64(steps)
            go_on_near(
                tab.begun, tab.wide, row, came_from, start // step_s + steps,
                min(end, x.cap[j] // step_s + 1 + steps), i, j, np.float32(x.less[i] - x.near_cost[i, k]), over, more,
            )  # fmt: skip
    first = least // step_s
    for s in range(first):
        wait(row, s, first)
    put_row(row, tab.begun, tab.wide, place_of(load, n, i, tab), first, end)


@njit_inner
def pay_here(row: Any, end: int, gain: Any, over: Any, more: Any) -> None:
    """What coming to a home gains, at every step."""
    for s in in_lanes(0, end):
        u = np.uint64(s)
        row[u] = row[u] + gain - max(over + more * row[u + STEP], np.float32(0.0))


@njit_inner
def wait(row: Any, s: int, to: int) -> None:
    """Whoever is there at a step may be there at a later one: the best, and the best of all that came another way."""
    value, other, came_from = row[s], row[s + ROOM], row[s + 2 * ROOM]
    if came_from == row[to + 2 * ROOM]:
        row[to], row[to + ROOM] = max(row[to], value), max(row[to + ROOM], other)
    elif value > row[to]:
        row[to + ROOM] = max(row[to], other)
        row[to], row[to + 2 * ROOM] = value, came_from
    else:
        row[to + ROOM] = max(row[to + ROOM], value)


@njit_inner
def fill_begun_most(n: int, n_clusters: int, x: Any, tab: Any, load: int, step_s: int, n_steps: int) -> None:
    """Most gained on coming to any home of a cluster with a load, into tab.begun_most."""
    for k in range(n_clusters):
        place = (load * n_clusters + k) * ROOM
        for s in range(n_steps + LANES):
            tab.begun_most[place + s] = LOWEST
    for i in range(n if n_clusters else 0):
        first = max(x.reach[i], tab.soonest[load])
        if first <= x.cap[i]:
            of = np.uint64((load * n_clusters + x.cluster[i]) * ROOM)
            raise_to(tab.begun, tab.begun_most, place_of(load, n, i, tab), of, first // step_s, x.cap[i] // step_s + 1)


@njit_inline
def raise_to(rows: Any, most: Any, at: Any, to: Any, a: int, b: int) -> None:
    """At the steps [a, b)."""
    for s in in_lanes(a, b):
        u = np.uint64(s)
        most[to + u] = larger(most[to + u], rows[at + u])


@njit_inner
def best_through(i: int, n: int, x: Any, tab: Any, n_loads: int, step_s: int) -> float:
    """Most that a run through a home can gain, not going back to where it came from."""
    row, end = tab.row, x.cap[i] // step_s + 1
    for s in range(end):
        row[s] = LOWEST
    for load in range(1, n_loads):
        first = max(x.reach[i], tab.soonest[load])
        if first <= x.cap[i]:
            add_both(tab.begun, tab.rows, tab.wide, row, place_of(load, n, i, tab), first // step_s, end)
    most = LOWEST
    for s in range(end):
        most = max(most, row[s])
    return float(most)


@njit_inline
def add_both(begun: Any, rows: Any, wide: Any, row: Any, at: Any, a: int, b: int) -> None:
    """Both ends of runs through a place at the steps [a, b)."""
    second_at = at + np.uint64(wide[0])
    next_at = second_at + np.uint64(wide[0])
    for s in in_lanes(a, b):
        u = np.uint64(s)
        before, after = begun[at + u], rows[at + u]
        other = max(begun[second_at + u] + after, before + rows[second_at + u])
        value = other if begun[next_at + u] == rows[next_at + u] else before + after
        row[u] = larger(row[u], value)
