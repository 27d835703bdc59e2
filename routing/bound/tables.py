"""The table of a sequence: what a run can still gain at most, with time in steps and homes that may come again.

Time is rounded down, a home may come again (but nobody turns back at once to where they came from), and the far homes
of a home are taken together. That is too good to be true, so what a table calls clean is clean. A home that the best
run of the table visits more than once is fined for each visit, and every run let off one fine of each home: a run that
visits it once pays nothing, one that visits it twice does.
"""

from __future__ import annotations

from typing import Any

from routing.bound.local import NEVER, end_pence, over_pence
from routing.evaluate import FAR
from routing.numba_cache import njit_inner

STEPS_S, NEAR, CLUSTERS = (300, 120, 60), (8, 16, 40), (8, 12, 12)
"""Step of a table's time, neighbours of a node that it tells apart, and clusters of the others: a finer table where one
leaves doubt."""


@njit_inner
def find_reach(n: int, x: Any) -> None:
    """Soonest that each node can be reached, into x.reach."""
    for i in range(n):
        x.reach[i] = x.first_go[i]
    better = True
    while better:
        better = False
        for i in range(n):
            for j in range(n):
                if x.reach[i] + x.go[i, j] < x.reach[j]:
                    x.reach[j], better = x.reach[i] + x.go[i, j], True


@njit_inner
def find_soonest(n: int, x: Any, tab: Any, pa: int) -> None:
    """Least time at which each load can be on board, into tab.soonest: each home once, from wherever it is nearest."""
    soonest = tab.soonest
    n_chairs, n_seats = soonest.shape
    for c in range(n_chairs):
        for q in range(n_seats):
            soonest[c, q] = 0 if c == 0 and q == pa else FAR
    for j in range(n):
        least = x.first_go[j]
        for i in range(n):
            if i != j:
                least = min(least, x.go[i, j])
        for c in range(n_chairs - 1, x.chairs[j] - 1, -1):
            for q in range(n_seats - 1, x.seats[j] - 1, -1):
                soonest[c, q] = min(soonest[c, q], soonest[c - x.chairs[j], q - x.seats[j]] + least)


@njit_inner
def find_clusters(n: int, n_clusters: int, x: Any) -> None:
    """Nodes by the nearest of a few centres, each the furthest from those before it, into x.cluster."""
    centre = 0
    for i in range(n):
        x.value[i], x.cluster[i] = -NEVER, 0
    for k in range(n_clusters):
        for i in range(n):
            away = float(min(x.go[centre, i], x.go[i, centre])) if i != centre else -1.0
            if away < x.value[i]:
                x.value[i], x.cluster[i] = away, k
        for i in range(n):
            if x.value[i] > x.value[centre]:
                centre = i


@njit_inner
def find_near(n: int, n_near: int, n_clusters: int, step_s: int, x: Any) -> None:
    """Nearest others of each node and the least of the rest by cluster, into x.near_*, x.far_*."""
    for i in range(n):
        for j in range(n):
            x.used[j] = j == i or x.go[i, j] >= FAR
        for k in range(n_near):
            best = -1
            for j in range(n):
                if not x.used[j] and (best < 0 or x.go[i, j] < x.go[i, best]):
                    best = j
            x.near[i, k] = best
            if best < 0:
                break
            x.used[best] = True
            x.near_go[i, k], x.near_cost[i, k] = x.go[i, best], x.cost[i, best]
            x.near_steps[i, k] = x.go[i, best] // step_s
        for k in range(n_clusters):
            x.far_go[i, k], x.far_cost[i, k] = FAR, -NEVER
        for j in range(n):
            if not x.used[j]:
                k = x.cluster[j]
                x.far_go[i, k] = min(x.far_go[i, k], x.go[i, j])
                x.far_cost[i, k] = min(x.far_cost[i, k], x.cost[i, j])
        for k in range(n_clusters):
            x.far_steps[i, k] = x.far_go[i, k] // step_s


@njit_inner
def fits(holds: Any, c: int, q: int) -> bool:
    """Whether a load of wheelchairs and seats fits; holds (wheelchairs + 1, seats + 1)."""
    return bool(c < holds.shape[0] and q < holds.shape[1] and holds[c, q])


@njit_inner
def fill_most(
    n: int, n_clusters: int, x: Any, tab: Any, holds: Any, c: int, q: int, rate: float, step_s: int, n_steps: int
) -> None:
    """The best node of a cluster to go on to, by the step at which it may be reached, into tab.most, tab.most_at."""
    for k in range(n_clusters):
        for s in range(n_steps):
            tab.most[k, s], tab.most_at[k, s] = NEVER, -1
    if n_clusters == 0:
        return
    for s in range(n_steps):
        for j in range(n):
            to_c, to_q = c + x.chairs[j], q + x.seats[j]
            if not fits(holds, to_c, to_q):
                continue
            t = max(s * step_s, x.reach[j], tab.soonest[to_c, to_q])
            if t <= x.cap[j]:
                step = s if t == s * step_s else t // step_s
                value = x.less[j] - over_pence(rate, t, x.target[j]) + tab.best[to_c, to_q, step, j]
                k = x.cluster[j]
                if value > tab.most[k, s]:
                    tab.most[k, s], tab.most_at[k, s] = value, j


@njit_inner
def onward_from(
    i: int, came_from: int, x: Any, tab: Any, holds: Any, c: int, q: int, s: int, rate: float, step_s: int,
    n_near: int, n_clusters: int, n_steps: int,
) -> tuple[float, int, int, int]:  # fmt: skip
    """Most that can be gained from here on, not turning back, the near node next and the far one; -1: none.

    The last is the time at the next node. Clusters are read from tab.most, which is that of this load.
    """
    now = s * step_s
    first, far, which, then = -x.home[i] - end_pence(x, i, now), -1, -1, now
    for k in range(n_clusters):
        step = s + x.far_steps[i, k]
        if step < n_steps and tab.most[k, step] - x.far_cost[i, k] > first:
            first, far = tab.most[k, step] - x.far_cost[i, k], tab.most_at[k, step]
            then = max(now + x.far_go[i, k], x.reach[far], tab.soonest[c + x.chairs[far], q + x.seats[far]])
    for k in range(n_near):
        j = x.near[i, k]
        if j < 0:
            break
        to_c, to_q = c + x.chairs[j], q + x.seats[j]
        if j == came_from or not fits(holds, to_c, to_q):
            continue
        t = max(now + x.near_go[i, k], x.reach[j], tab.soonest[to_c, to_q])
        if t <= x.cap[j]:
            value = x.less[j] - x.near_cost[i, k] - over_pence(rate, t, x.target[j])
            value += gain_after(tab, to_c, to_q, t // step_s, i, j)
            if value > first:
                first, which, far, then = value, j, -1, t
    return first, which, far, then


@njit_inner
def fill_node(
    i: int, x: Any, tab: Any, holds: Any, c: int, q: int, s: int, rate: float, step_s: int, n_near: int,
    n_clusters: int, n_steps: int,
) -> None:  # fmt: skip
    """One place of the table."""
    now = s * step_s
    if now > x.cap[i] or now + step_s <= max(x.reach[i], tab.soonest[c, q]):
        tab.best[c, q, s, i], tab.second[c, q, s, i], tab.next_near[c, q, s, i] = NEVER, NEVER, -1
        return
    first = -x.home[i] - end_pence(x, i, now)
    for k in range(n_clusters):
        step = s + x.far_steps[i, k]
        if step < n_steps:
            first = max(first, tab.most[k, step] - x.far_cost[i, k])
    second, which = first, -1
    for k in range(n_near):
        j = x.near[i, k]
        if j < 0:
            break
        to_c, to_q = c + x.chairs[j], q + x.seats[j]
        if not fits(holds, to_c, to_q):
            continue
        t, step, least = now + x.near_go[i, k], s + x.near_steps[i, k], max(x.reach[j], tab.soonest[to_c, to_q])
        if t < least:
            t = least
            step = t // step_s
        if t <= x.cap[j]:
            value = x.less[j] - x.near_cost[i, k] - over_pence(rate, t, x.target[j])
            value += gain_after(tab, to_c, to_q, step, i, j)
            if value > first:
                second, first, which = first, value, j
            elif value > second:
                second = value
    tab.best[c, q, s, i], tab.second[c, q, s, i], tab.next_near[c, q, s, i] = first, second, which


@njit_inner
def gain_after(tab: Any, c: int, q: int, step: int, i: int, j: int) -> float:
    """What can still be gained at node j on coming from node i."""
    if tab.next_near[c, q, step, j] == i:
        return float(tab.second[c, q, step, j])
    return float(tab.best[c, q, step, j])


@njit_inner
def fill_table(
    n: int, x: Any, tab: Any, holds: Any, rate: float, step_s: int, n_near: int, n_clusters: int, n_steps: int
) -> None:
    """Fill the table for the gains in x.less; its loads from the fullest down."""
    for i in range(n):
        x.less[i] = x.gain[i] - x.fine[i]
    n_chairs, n_seats = holds.shape
    for z in range(n_chairs * n_seats - 1, -1, -1):
        c, q = z // n_seats, z % n_seats
        if holds[c, q]:
            fill_most(n, n_clusters, x, tab, holds, c, q, rate, step_s, n_steps)
            for s in range(n_steps):
                for i in range(n):
                    fill_node(i, x, tab, holds, c, q, s, rate, step_s, n_near, n_clusters, n_steps)


@njit_inner
def start_pence(i: int, x: Any, tab: Any, pa: int, rate: float, step_s: int) -> float:
    """Least reduced cost of a run that begins at a node, its fixed pence apart, with no fines let off."""
    value = x.first_cost[i] - x.less[i] + over_pence(rate, x.first_go[i], x.target[i])
    return float(value - tab.best[x.chairs[i], x.seats[i] + pa, x.first_go[i] // step_s, i])


@njit_inner
def best_start(n: int, x: Any, tab: Any, pa: int, rate: float, step_s: int) -> tuple[float, int]:
    """Least reduced cost of a run, its fixed pence apart, with fines let off; and the node that it begins at."""
    least, start = -NEVER, -1
    for i in range(n):
        value = start_pence(i, x, tab, pa, rate, step_s)
        if value < least:
            least, start = value, i
    return least - x.fine[:n].sum(), start


@njit_inner
def follow(
    n: int, start: int, x: Any, tab: Any, holds: Any, pa: int, rate: float, step_s: int, n_near: int, n_clusters: int,
    n_steps: int, walk: Any,
) -> tuple[int, int]:  # fmt: skip
    """The table's best run from a node into walk and x.visits; its length, and its time at the end by the table."""
    for i in range(n):
        x.visits[i] = 0
    i, came_from, c, q, t, length = start, -1, x.chairs[start], x.seats[start] + pa, x.first_go[start], 0
    while i >= 0:
        x.visits[i] += 1
        walk[length] = i
        length += 1
        step = t // step_s
        fill_most(n, n_clusters, x, tab, holds, c, q, rate, step_s, n_steps)
        _, near, far, then = onward_from(
            i, came_from, x, tab, holds, c, q, step, rate, step_s, n_near, n_clusters, n_steps
        )
        # A table that turns away from where it came from does so between near nodes only.
        came_from = i if near >= 0 else -1
        i = near if near >= 0 else far
        if i >= 0:
            t = then
            c, q = c + x.chairs[i], q + x.seats[i]
        else:
            t = step * step_s
    return length, t


@njit_inner
def better_fines(n: int, x: Any, least: float) -> bool:
    """Fine who comes too often, ease who does not come (a step of Polyak's towards 0); False if all is well."""
    square = 0
    for i in range(n):
        if x.visits[i] > 0 or x.fine[i] > 0.0:
            square += (x.visits[i] - 1) ** 2
    if square == 0:
        return False
    for i in range(n):
        if x.visits[i] > 0 or x.fine[i] > 0.0:
            x.fine[i] = min(max(0.0, x.fine[i] - least * (x.visits[i] - 1) / square), max(0.0, x.gain[i]))
    return True


@njit_inner
def prove_by_tables(
    n: int, x: Any, tab: Any, holds: Any, fixed: float, pa: int, rate: float, eps: float, n_stages: int, n_turns: int,
    walk: Any,
) -> tuple[float, int]:  # fmt: skip
    """Fill ever finer tables until one is clean.

    Returns the best proven least reduced cost; the last table is the one of x.best_fine. The stage that it is of.
    """
    root, stage, holds_best = NEVER, 0, False
    step_s, n_near, n_clusters, n_steps = 0, 0, 0, 0
    for i in range(n):
        x.best_fine[i] = x.fine[i]
    for stage in range(n_stages):
        step_s, n_near = STEPS_S[stage], NEAR[stage]
        n_steps, n_clusters = 1 + x.cap[:n].max() // step_s, CLUSTERS[stage] if n > n_near + 1 else 0
        find_clusters(n, n_clusters, x)
        find_near(n, n_near, n_clusters, step_s, x)
        for turn in range(max(1, n_turns) if stage == n_stages - 1 else 1):
            fill_table(n, x, tab, holds, rate, step_s, n_near, n_clusters, n_steps)
            least, start = best_start(n, x, tab, pa, rate, step_s)
            least += fixed
            holds_best = least > root
            if holds_best:
                root = least
                for i in range(n):
                    x.best_fine[i] = x.fine[i]
            is_last = stage == n_stages - 1 and turn + 1 >= n_turns
            if root >= -eps or is_last or n_turns == 0 or start < 0:
                break
            follow(n, start, x, tab, holds, pa, rate, step_s, n_near, n_clusters, n_steps, walk)
            if not better_fines(n, x, least):
                break
        if root >= -eps:
            return root, stage
    if not holds_best:
        for i in range(n):
            x.fine[i] = x.best_fine[i]
        fill_table(n, x, tab, holds, rate, step_s, n_near, n_clusters, n_steps)
    return root, stage
