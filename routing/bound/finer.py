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

from routing.bound.eights import EIGHT, eight_at, eight_of, if_same, larger, put_eight
from routing.bound.groups import find_more
from routing.bound.loads import fill_states
from routing.bound.local import NEVER, ROOM, over_pence
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
    over_line,
    place_of,
    put_row,
    remember_more,
    rounded_pence,
    shape_of,
)
from routing.evaluate import FAR
from routing.numba_cache import njit_inline, njit_inner


@njit_inner
def prove_by_tables(
    n: int, x: Any, tab: Any, vehicle_holds: Any, room: int, fixed: float, pa: int, rate: float, eps: float,
    first_stage: int, n_stages: int, n_bits: int, critical: Any, n_forms: int, metre: float, ways: Any, at: Any,
    sequences: Any, members: Any, by_time: Any, rivals: Any, walk: Any, through: Any,
) -> tuple[int, float, int, int]:  # fmt: skip
    """Fill ever finer tables until one is clean, the finest again for as long as it remembers more.

    first_stage : the table to begin with. room : most visits of a run. through : (V,) filled, for homes that are
    dropped, with what a run through them costs more than it is worth.

    Returns the homes that are left in x, the proven least reduced cost, the stage of the last table and the number of
    its loads.
    """
    root, without, stage, n_loads = NEVER, -NEVER, 0, 0
    for stage in range(first_stage, n_stages):
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
        most = LOWEST
        for s in range(x.cap[i] // step_s + 1):
            most = max(most, tab.both[i * ROOM + s])
        through[x.who[i]] = fixed - float(most) - fines - lost


@njit_inner
def move(i: int, to: int, x: Any) -> None:
    """Put a home in another place of x."""
    x.who[to], x.seats[to], x.chairs[to], x.gain[to] = x.who[i], x.seats[i], x.chairs[i], x.gain[i]
    x.fine[to], x.cap[to], x.target[to], x.at_gate[to] = x.fine[i], x.cap[i], x.target[i], x.at_gate[i]
    x.leave[to], x.home[to], x.reach[to] = x.leave[i], x.home[i], x.reach[i]
    x.first_go[to], x.first_cost[to] = x.first_go[i], x.first_cost[i]


@njit_inner
def find_inward(n: int, x: Any, rate: float, step_s: int, n_near: int) -> None:
    """What coming from each near node gains and when it may be, into x.near_*; as `tables.find_onward`.

    Both ends of the way are at whole steps of the table, what it takes beyond them is paid for.
    """
    for i in range(n):
        for k in range(n_near):
            j = x.near[i, k]
            if j < 0:
                break
            steps, rest = x.near_go[i, k] // step_s, x.near_go[i, k] % step_s
            x.near_steps[i, k], x.near_end[i, k] = steps, x.cap[j] // step_s + 1 + steps
            x.near_gain[i, k] = x.less[i] - x.near_cost[i, k]
            x.near_over[i, k], _ = over_line(rate, rest, x.target[i], step_s)


@njit_inner
def fill_begun(
    n: int, x: Any, tab: Any, n_loads: int, rate: float, step_s: int, n_near: int, n_clusters: int, n_steps: int
) -> None:
    """Most that can have been gained on coming to each place, its own home's gain with it, into tab.begun.

    And most that a run can gain that is at each home at each step, not going back to where it came from, into tab.both.
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
        for s in range(n_steps + EIGHT):
            tab.both[i * ROOM + s] = LOWEST
    find_inward(n, x, rate, step_s, n_near)
    for load in range(1, n_loads):
        if tab.soonest[load] < FAR:
            fill_begun_rows(load, n, x, tab, rate, step_s, n_near, n_clusters, n_steps)
            fill_begun_most(n, n_clusters, x, tab, load, step_s, n_steps)


@njit_inner
def fill_begun_rows(
    load: int, n: int, x: Any, tab: Any, rate: float, step_s: int, n_near: int, n_clusters: int, n_steps: int
) -> None:
    """All places of a load."""
    row, soonest = tab.row, tab.soonest[load]
    _, more = over_line(rate, 0, 0, step_s)
    for i in range(n):
        least = max(x.reach[i], soonest)
        if least > x.cap[i]:
            continue
        before, end = tab.before[load, x.form[i]], x.cap[i] // step_s + 1
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
            over, _ = over_line(rate, 0, x.target[i], step_s)
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
                steps = x.near_steps[i, k]
                go_on_near(
                    tab.begun, tab.wide, row, place_of(before, n, j, tab) - np.uint64(steps), start // step_s + steps,
                    min(end, x.near_end[i, k]), i, j, x.near_gain[i, k], x.near_over[i, k], more,
                )  # fmt: skip
        first, place = least // step_s, place_of(load, n, i, tab)
        for s in range(first):
            wait(row, s, first)
        put_row(row, tab.begun, tab.wide, place, first, end)
        add_both(tab.begun, tab.rows, tab.wide, tab.both, place, np.uint64(i * ROOM), first, end)


@njit_inner
def pay_here(row: Any, end: int, gain: Any, over: Any, more: Any) -> None:
    """What coming to a home gains, at every step."""
    gains, over_at, more_each, nothing = eight_of(gain), eight_of(over), eight_of(more), eight_of(np.float32(0.0))
    for s in range(0, end, EIGHT):
        u = np.uint64(s)
        late = larger(over_at + more_each * eight_at(row, u + STEP), nothing)
        put_eight(row, u, eight_at(row, u) + gains - late)


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
        for s in range(n_steps + EIGHT):
            tab.begun_most[place + s] = LOWEST
    for i in range(n if n_clusters else 0):
        first = max(x.reach[i], tab.soonest[load])
        if first <= x.cap[i]:
            of = np.uint64((load * n_clusters + x.cluster[i]) * ROOM)
            raise_to(tab.begun, tab.begun_most, place_of(load, n, i, tab), of, first // step_s, x.cap[i] // step_s + 1)


@njit_inline
def raise_to(rows: Any, most: Any, at: Any, to: Any, a: int, b: int) -> None:
    """At the steps [a, b)."""
    for s in range(a, b, EIGHT):
        u = np.uint64(s)
        put_eight(most, to + u, larger(eight_at(most, to + u), eight_at(rows, at + u)))


@njit_inline
def add_both(begun: Any, rows: Any, wide: Any, both: Any, at: Any, to: Any, a: int, b: int) -> None:
    """Both ends of runs through a place at the steps [a, b), where they are more than what is there."""
    second_at = at + np.uint64(wide[0])
    next_at = second_at + np.uint64(wide[0])
    for s in range(a, b, EIGHT):
        u = np.uint64(s)
        before, after = eight_at(begun, at + u), eight_at(rows, at + u)
        other = larger(eight_at(begun, second_at + u) + after, before + eight_at(rows, second_at + u))
        value = if_same(eight_at(begun, next_at + u), eight_at(rows, next_at + u), other, before + after)
        put_eight(both, to + u, larger(eight_at(both, to + u), value))
