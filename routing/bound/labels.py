"""Labels of a sequence: runs grown home by home, time to the second, led by what the table says can still be gained.

A home is forbidden for as long as it is remembered (ng-routes: Baldacci, Mingozzi and Roberti, Operations Research
59(5), 2011). Fines are those of the tables: each visit pays one, and every run is let off one of each home. A label
that the table says no run can bring below the price looked for is dropped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.bound.local import NEVER, end_pence, is_in, over_pence, put_in
from routing.bound.tables import gain_after
from routing.numba_cache import njit_inner


@njit_inner
def remember(n: int, x: Any, lab: Any, ng_of: Any) -> None:
    """Who is remembered at each node of the sequence, into lab.ng; ng_of (V, V)."""
    for i in range(n):
        lab.ng[i, :] = np.uint64(0)
        for m in range(n):
            if ng_of[x.who[i], x.who[m]]:
                put_in(lab.ng[i], m)


@njit_inner
def dominates(lab: Any, a: int, b: int, words: int) -> bool:
    """Whether label a is at least as good as label b of the same node and load."""
    if lab.t[a] > lab.t[b] or lab.cost[a] > lab.cost[b]:
        return False
    for w in range(words):
        forgets = lab.mask[a, w] & ~lab.mask[b, w]
        if forgets:
            return False
    return True


@njit_inner
def is_kept(lab: Any, new: int, first: int, words: int) -> bool:
    """Whether a new label is worth keeping among those of its node and load; those that it beats are dropped."""
    other = first
    while other >= 0:
        if lab.alive[other]:
            if dominates(lab, other, new, words):
                return False
            if dominates(lab, new, other, words):
                lab.alive[other] = False
        other = lab.next_one[other]
    return True


@njit_inner
def begin_labels(n: int, x: Any, tab: Any, lab: Any, fixed: float, rate: float, wanted: float, step_s: int) -> int:
    """Labels of runs with one home; how many, -1: there is no room for them."""
    lab.head[:, :n] = -1
    n_labels = 0
    fines = x.fine[:n].sum()
    for i in range(n):
        lab.end_at[i], lab.end_cost[i] = -1, -NEVER
        value = fixed + x.first_cost[i] - x.less[i] - fines + over_pence(rate, x.first_go[i], x.target[i])
        load = tab.after[0, x.form[i]]
        if value - gain_after(tab, load, n, x.first_go[i] // step_s, -2, i) >= -wanted:
            continue
        if n_labels >= len(lab.at):
            return -1
        lab.at[n_labels], lab.t[n_labels], lab.cost[n_labels], lab.before[n_labels] = i, x.first_go[i], value, -1
        lab.mask[n_labels, :] = np.uint64(0)
        put_in(lab.mask[n_labels], i)
        lab.alive[n_labels], lab.next_one[n_labels] = True, -1
        lab.head[load, i] = n_labels
        n_labels += 1
    return n_labels


@njit_inner
def grow_label(
    label: int, load: int, n: int, x: Any, metre: float, ways: Any, tab: Any, lab: Any, rate: float, wanted: float,
    step_s: int, n_labels: int,
) -> int:  # fmt: skip
    """All labels that are one home longer; how many labels there are then, -1: there is no room for them."""
    i, words = lab.at[label], (n + 63) // 64
    for j in range(n):
        to, t = tab.after[load, x.form[j]], lab.t[label] + ways.go[x.who[i], x.who[j]]
        # What the table calls too soon for a load was reached by coming to somebody again.
        if to < 0 or t > x.cap[j] or t < tab.soonest[to] or is_in(lab.mask[label], j):
            continue
        value = lab.cost[label] + metre * ways.metres[x.who[i], x.who[j]] - x.less[j] + over_pence(rate, t, x.target[j])
        if value - gain_after(tab, to, n, t // step_s, i, j) >= -wanted:
            continue
        if n_labels >= len(lab.at):
            return -1
        lab.at[n_labels], lab.t[n_labels], lab.cost[n_labels], lab.before[n_labels] = j, t, value, label
        for w in range(words):
            lab.mask[n_labels, w] = lab.mask[label, w] & lab.ng[j, w]
        put_in(lab.mask[n_labels], j)
        if is_kept(lab, n_labels, lab.head[to, j], words):
            lab.alive[n_labels], lab.next_one[n_labels] = True, lab.head[to, j]
            lab.head[to, j] = n_labels
            n_labels += 1
    return n_labels


@njit_inner
def grow_labels(
    n: int, x: Any, metre: float, ways: Any, tab: Any, lab: Any, n_loads: int, fixed: float, rate: float,
    wanted: float, step_s: int,
) -> tuple[bool, float]:  # fmt: skip
    """All runs with a reduced cost below -wanted, load by load; whether there was room for all, and the least cost."""
    least = -NEVER
    n_labels = begin_labels(n, x, tab, lab, fixed, rate, wanted, step_s)
    for load in range(1, n_loads):
        for i in range(n):
            label = lab.head[load, i]
            while label >= 0:
                if n_labels < 0:
                    return False, least
                if lab.alive[label]:
                    done = -NEVER
                    if tab.may_end[load]:
                        done = lab.cost[label] + x.home[i] + end_pence(x, tab, load, i, lab.t[label])
                    least = min(least, done)
                    if done < lab.end_cost[i]:
                        lab.end_cost[i], lab.end_at[i] = done, label
                    n_labels = grow_label(label, load, n, x, metre, ways, tab, lab, rate, wanted, step_s, n_labels)
                label = lab.next_one[label]
    return n_labels >= 0, least


@njit_inner
def take_best(n: int, lab: Any, eps: float) -> int:
    """The node at which the best run ends that was not taken yet and costs below -eps; -1: there is none."""
    best = -1
    for i in range(n):
        if lab.end_at[i] >= 0 and lab.end_cost[i] < -eps and (best < 0 or lab.end_cost[i] < lab.end_cost[best]):
            best = i
    return best


@njit_inner
def write_run(label: int, lab: Any, walk: Any) -> int:
    """Nodes of a run outwards into walk; how many."""
    length, at = 0, label
    while at >= 0:
        length += 1
        at = lab.before[at]
    place, at = length - 1, label
    while at >= 0:
        walk[place] = lab.at[at]
        place, at = place - 1, lab.before[at]
    return length
