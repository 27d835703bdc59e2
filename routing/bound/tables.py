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

STEPS_S, NEAR = (300, 120, 60), (8, 16, 40)
"""Step of a table's time, and neighbours of a node that it tells apart: a finer table where one leaves doubt."""
LAST = 2


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
def find_near(n: int, n_near: int, x: Any) -> None:
    """Nearest others of each node, and the least of the rest, into x.near, x.far_go, x.far_cost."""
    for i in range(n):
        for j in range(n):
            x.used[j] = j == i
        for k in range(n_near):
            best = -1
            for j in range(n):
                if not x.used[j] and x.go[i, j] < FAR and (best < 0 or x.go[i, j] < x.go[i, best]):
                    best = j
            x.near[i, k] = best
            if best < 0:
                break
            x.used[best] = True
        x.far_go[i], x.far_cost[i] = FAR, -NEVER
        for j in range(n):
            if not x.used[j] and x.go[i, j] < FAR:
                x.far_go[i], x.far_cost[i] = min(x.far_go[i], x.go[i, j]), min(x.far_cost[i], x.cost[i, j])


@njit_inner
def fits(holds: Any, c: int, q: int) -> bool:
    """Whether a load of wheelchairs and seats fits; holds (wheelchairs + 1, seats + 1)."""
    return bool(c < holds.shape[0] and q < holds.shape[1] and holds[c, q])


@njit_inner
def fill_most(n: int, x: Any, tab: Any, holds: Any, c: int, q: int, rate: float, step_s: int, n_steps: int) -> None:
    """The best node to go on to from anywhere, by the step at which it may be reached, into tab.most, tab.most_at."""
    for s in range(n_steps):
        tab.most[s], tab.most_at[s] = NEVER, -1
        for j in range(n):
            to_c, to_q, t = c + x.chairs[j], q + x.seats[j], max(s * step_s, x.reach[j])
            if t <= x.cap[j] and fits(holds, to_c, to_q):
                value = x.less[j] - over_pence(rate, t, x.target[j]) + tab.best[to_c, to_q, t // step_s, j]
                if value > tab.most[s]:
                    tab.most[s], tab.most_at[s] = value, j


@njit_inner
def fill_node(
    i: int, x: Any, tab: Any, holds: Any, c: int, q: int, s: int, rate: float, step_s: int, n_near: int, n_steps: int
) -> None:
    """One place of the table."""
    now = s * step_s
    if now > x.cap[i] or s < x.reach[i] // step_s:
        tab.best[c, q, s, i], tab.second[c, q, s, i], tab.next_near[c, q, s, i] = NEVER, NEVER, -1
        tab.onward[c, q, s, i] = -1
        return
    first, far = -x.home[i] - end_pence(x, i, now), -1
    step = (now + x.far_go[i]) // step_s
    if step < n_steps and tab.most[step] - x.far_cost[i] > first:
        first, far = tab.most[step] - x.far_cost[i], tab.most_at[step]
    second, which = first, -1
    for k in range(n_near):
        j = x.near[i, k]
        if j < 0:
            break
        t = max(now + x.go[i, j], x.reach[j])
        to_c, to_q = c + x.chairs[j], q + x.seats[j]
        if t <= x.cap[j] and fits(holds, to_c, to_q):
            value = x.less[j] - x.cost[i, j] - over_pence(rate, t, x.target[j])
            value += gain_after(tab, to_c, to_q, t // step_s, i, j)
            if value > first:
                second, first, which = first, value, j
            elif value > second:
                second = value
    tab.best[c, q, s, i], tab.second[c, q, s, i], tab.next_near[c, q, s, i] = first, second, which
    tab.onward[c, q, s, i] = far if which < 0 else which


@njit_inner
def gain_after(tab: Any, c: int, q: int, step: int, i: int, j: int) -> float:
    """What can still be gained at node j on coming from node i."""
    if tab.next_near[c, q, step, j] == i:
        return float(tab.second[c, q, step, j])
    return float(tab.best[c, q, step, j])


@njit_inner
def fill_table(n: int, x: Any, tab: Any, holds: Any, rate: float, step_s: int, n_near: int, n_steps: int) -> None:
    """Fill the table for the gains in x.less; its loads from the fullest down."""
    for i in range(n):
        x.less[i] = x.gain[i] - x.fine[i]
    n_chairs, n_seats = holds.shape
    for z in range(n_chairs * n_seats - 1, -1, -1):
        c, q = z // n_seats, z % n_seats
        if holds[c, q]:
            fill_most(n, x, tab, holds, c, q, rate, step_s, n_steps)
            for s in range(n_steps):
                for i in range(n):
                    fill_node(i, x, tab, holds, c, q, s, rate, step_s, n_near, n_steps)


@njit_inner
def best_start(n: int, x: Any, tab: Any, pa: int, rate: float, step_s: int) -> tuple[float, int]:
    """Least reduced cost of a run, its fixed pence apart, with fines let off; and the node that it begins at."""
    least, start = -NEVER, -1
    for i in range(n):
        value = x.first_cost[i] - x.less[i] + over_pence(rate, x.first_go[i], x.target[i])
        value -= tab.best[x.chairs[i], x.seats[i] + pa, x.first_go[i] // step_s, i]
        if value < least:
            least, start = value, i
    return least - x.fine[:n].sum(), start


@njit_inner
def count_visits(n: int, start: int, x: Any, tab: Any, pa: int, step_s: int) -> None:
    """How often the table's best run visits each node, into x.visits; turning back is not told apart."""
    for i in range(n):
        x.visits[i] = 0
    i, c, q, t = start, x.chairs[start], x.seats[start] + pa, x.first_go[start]
    while i >= 0:
        x.visits[i] += 1
        step = t // step_s
        j = tab.onward[c, q, step, i]
        if j >= 0:
            t = step * step_s + (x.go[i, j] if tab.next_near[c, q, step, i] >= 0 else x.far_go[i])
            t = max(t, x.reach[j])
            c, q = c + x.chairs[j], q + x.seats[j]
        i = j


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
    n: int, x: Any, tab: Any, holds: Any, fixed: float, pa: int, rate: float, eps: float, n_stages: int, n_turns: int
) -> tuple[float, int]:
    """Fill ever finer tables until one is clean.

    Returns the best proven least reduced cost; the last table is the one of x.best_fine. The stage that it is of.
    """
    root, stage, holds_best = NEVER, 0, False
    for i in range(n):
        x.best_fine[i] = x.fine[i]
    for stage in range(n_stages):
        step_s, n_near = STEPS_S[stage], NEAR[stage]
        n_steps = 1 + x.cap[:n].max() // step_s
        find_near(n, n_near, x)
        for turn in range(n_turns if stage == LAST else 1):
            fill_table(n, x, tab, holds, rate, step_s, n_near, n_steps)
            least, start = best_start(n, x, tab, pa, rate, step_s)
            least += fixed
            holds_best = least > root
            if holds_best:
                root = least
                for i in range(n):
                    x.best_fine[i] = x.fine[i]
            if root >= -eps or (stage == LAST and turn + 1 == n_turns):
                break
            count_visits(n, start, x, tab, pa, step_s)
            if not better_fines(n, x, least):
                break
        if root >= -eps:
            return root, stage
    if not holds_best:
        for i in range(n):
            x.fine[i] = x.best_fine[i]
        fill_table(n, x, tab, holds, rate, STEPS_S[stage], NEAR[stage], 1 + x.cap[:n].max() // STEPS_S[stage])
    return root, stage
