"""The search loop: ruin and recreate under simulated annealing, in chunks that can be stopped."""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.instance import NO_LIMIT, S_LIMIT
from routing.numba_cache import njit
from routing.search.destroy import ruin
from routing.search.repair import BLINK, insert_absent
from routing.search.state import (
    B_SUPPLY,
    M_COST,
    M_PAS,
    M_SUPPLY,
    N_BEST,
    N_HIGH,
    N_OLD_TOTAL,
    N_TOTAL,
    begin_iteration,
    copy_route,
    is_empty,
    keep_best,
    price_trial,
    put_route,
    random_below,
    random_unit,
    trial_slot,
    undo_iteration,
)

RESUPPLY_EVERY = 50
"""Iterations between attempts to hand limited supplies (fleet, operators' cards) to the routes that gain most."""


@njit
def construct(d: Any, s: Any) -> None:
    """First plan: everybody absent is inserted where they cost least, hardest first."""
    begin_iteration(s)
    insert_absent(d, s, 0.0)
    keep_best(s)


@njit
def reprice(d: Any, s: Any, r: int) -> bool:
    """Price one route afresh in the trial, its own supply counting as free; False where nothing can drive it."""
    copy_route(s.now, r, s.now, trial_slot(s))
    return price_trial(d, s, s.now.meta[r, M_SUPPLY], s.now.meta[r, M_PAS], False)


@njit
def resupply(d: Any, s: Any) -> None:
    """Take the limited supply of a route drawn at random, give it to the route that gains most; keep it if cheaper."""
    high, t = s.num[N_HIGH], trial_slot(s)
    r = random_below(s.rng, high)
    k = s.now.meta[r, M_SUPPLY]
    if k < 0 or d.supplies[k, S_LIMIT] >= NO_LIMIT:
        return
    begin_iteration(s)
    copy_route(s.now, r, s.now, t)
    s.books[B_SUPPLY, k] += NO_LIMIT
    moved = price_trial(d, s, -1, 0, False)
    s.books[B_SUPPLY, k] -= NO_LIMIT
    if not moved:
        return
    put_route(d, s, t, r)
    gain, winner = 0, -1
    for other in range(high):
        if other == r or is_empty(s.now, other):
            continue
        if reprice(d, s, other) and s.now.meta[t, M_SUPPLY] == k:
            saved = s.now.meta[other, M_COST] - s.now.meta[t, M_COST]
            if saved > gain:
                gain, winner = saved, other
    if winner >= 0 and reprice(d, s, winner):
        put_route(d, s, t, winner)
        if reprice(d, s, r):
            put_route(d, s, t, r)
    if s.num[N_TOTAL] >= s.num[N_OLD_TOTAL]:
        undo_iteration(d, s)
    elif s.num[N_TOTAL] < s.num[N_BEST]:
        keep_best(s)


@njit
def search_chunk(d: Any, s: Any, n_iterations: int, first: int, done: Any, temperatures: Any, limited: bool) -> None:
    """Run some iterations, the temperature falling geometrically.

    Parameters
    ----------
    first : number of the first iteration.
    done : float64 (2,), shares of the whole search done at the chunk's beginning and end.
    temperatures : float64 (2,), pence a fortnight, at share 0 and share 1.
    limited : whether some supply is limited and worth handing round.
    """
    for i in range(n_iterations):
        share = done[0] + (done[1] - done[0]) * i / n_iterations
        temperature = temperatures[0] * (temperatures[1] / temperatures[0]) ** share
        begin_iteration(s)
        if not ruin(d, s):
            undo_iteration(d, s)
            continue
        insert_absent(d, s, BLINK)
        bar = s.num[N_OLD_TOTAL] - temperature * np.log(random_unit(s.rng) + 1e-300)
        if s.num[N_TOTAL] >= bar:
            undo_iteration(d, s)
        elif s.num[N_TOTAL] < s.num[N_BEST]:
            keep_best(s)
        if limited and (first + i) % RESUPPLY_EVERY == 0:
            resupply(d, s)
