"""The search loop: ruin and recreate under simulated annealing, in chunks that can be stopped."""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.instance import NO_LIMIT, P_PERSON, P_UNSERVED, S_LIMIT, S_PROFILE, Data
from routing.numba_cache import njit, njit_inner
from routing.search import dispatch
from routing.search.destroy import ruin
from routing.search.dispatch import price_trial
from routing.search.price import figures_of, price_with_mate
from routing.search.repair import insert_absent, vehicle_with_room
from routing.search.scan import BLINK, NO_PLACE
from routing.search.state import (
    B_SUPPLY,
    M_COST,
    M_MATE,
    M_N_AM,
    M_PAS,
    M_SECOND,
    M_SUPPLY,
    N_ABSENT,
    N_BEST,
    N_HIGH,
    N_OLD_TOTAL,
    N_TOTAL,
    Q_ABSENT,
    Q_ROUTE,
    begin_iteration,
    clear_route,
    copy_route,
    is_empty,
    keep_best,
    link,
    new_slot,
    put_route,
    random_below,
    random_unit,
    trial_slot,
    undo_iteration,
)

RESUPPLY_EVERY = 50
"""Iterations between attempts to hand limited supplies (fleet, operators' cards) to the routes that gain most."""
SHARE_EVERY = 500
"""Iterations between attempts to give a fleet vehicle a second route."""


@njit_inner
def load_routes(d: Any, s: Any, orders: Any, hubs: Any, counts: Any) -> None:
    """Put start routes into an empty working plan; everybody not on one that keeps the rules is absent."""
    begin_iteration(s)
    t = trial_slot(s)
    for i in range(len(orders)):
        clear_route(s.now, t)
        for k in range(4):
            s.now.meta[t, M_N_AM + k] = counts[i, k]
        for leg in range(2):
            for k in range(counts[i, leg]):
                s.now.order[t, leg, k] = orders[i, leg, k]
            for k in range(counts[i, 2 + leg]):
                s.now.hubs[t, leg, k] = hubs[i, leg, k]
        # On the vehicle of its mate, or on the supply it had, by hiding all others; where it cannot have that any more,
        # on the cheapest that is free.
        wanted, mate = counts[i, 4], -1
        if counts[i, 5] >= 0:
            mate = s.people[Q_ROUTE, d.riders[counts[i, 5], P_PERSON]]
            if mate >= 0 and (s.now.meta[mate, M_SUPPLY] != wanted or s.now.meta[mate, M_MATE] > 0):
                mate = -1
            wanted = -1
        placed = False
        for _ in range(2):
            s.now.meta[t, M_MATE], s.now.meta[t, M_SECOND] = mate + 1, 1 if mate >= 0 else 0
            hidden = 2 * NO_LIMIT if wanted >= 0 else 0
            for k in range(len(d.supplies)):
                s.books[B_SUPPLY, k] += hidden
            placed = price_trial(d, s, wanted, NO_LIMIT if wanted >= 0 else 0)
            for k in range(len(d.supplies)):
                s.books[B_SUPPLY, k] -= hidden
            if placed or (wanted < 0 and mate < 0):
                break
            wanted, mate = -1, -1
        if placed:
            r = new_slot(s)
            link(s, mate, r)
            put_route(d, s, t, r)
    s.num[N_ABSENT] = 0
    for rider in range(len(d.riders)):
        if d.riders[rider, P_PERSON] != rider:
            continue
        if s.people[Q_ROUTE, rider] < 0:
            s.people[Q_ABSENT, s.num[N_ABSENT]] = rider
            s.num[N_ABSENT] += 1
        else:
            s.num[N_TOTAL] -= d.riders[rider, P_UNSERVED]


@njit_inner
def reprice(d: Any, s: Any, r: int) -> bool:
    """Price one route afresh in the trial, its own supply counting as free; False where nothing can drive it."""
    copy_route(s.now, r, s.now, trial_slot(s))
    return price_trial(d, s, s.now.meta[r, M_SUPPLY], s.now.meta[r, M_PAS])


@njit_inner
def resupply(d: Any, s: Any) -> None:
    """Take the limited supply of a route drawn at random, give it to the route that gains most; keep it if cheaper."""
    high, t = s.num[N_HIGH], trial_slot(s)
    r = random_below(s.rng, high)
    k = s.now.meta[r, M_SUPPLY]
    if k < 0 or d.supplies[k, S_LIMIT] >= NO_LIMIT or s.now.meta[r, M_MATE] > 0:
        return
    begin_iteration(s)
    copy_route(s.now, r, s.now, t)
    s.books[B_SUPPLY, k] += NO_LIMIT
    moved = price_trial(d, s, -1, 0)
    s.books[B_SUPPLY, k] -= NO_LIMIT
    if not moved:
        return
    put_route(d, s, t, r)
    gain, winner = 0, -1
    for other in range(high):
        if other == r or is_empty(s.now, other) or s.now.meta[other, M_MATE] > 0:
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


@dispatch.share_vehicle.for_data(Data)
@njit_inner
def share_vehicle(d: Any, s: Any) -> None:
    """Let a fleet vehicle drawn at random also drive the route that this saves most on; keep it if cheaper."""
    r, t = vehicle_with_room(d, s), trial_slot(s)
    if r < 0:
        return
    k = s.now.meta[r, M_SUPPLY]
    if not figures_of(d, s, d.supplies[k, S_PROFILE], r, s.pair_figures[0]):
        return
    gain, winner = 0, -1
    for other in range(s.num[N_HIGH]):
        if other == r or is_empty(s.now, other) or s.now.meta[other, M_MATE] > 0:
            continue
        copy_route(s.now, other, s.now, t)
        if price_with_mate(d, s, r, False) and s.now.meta[other, M_COST] - s.now.meta[t, M_COST] > gain:
            gain, winner = s.now.meta[other, M_COST] - s.now.meta[t, M_COST], other
    if winner < 0:
        return
    begin_iteration(s)
    copy_route(s.now, winner, s.now, t)
    s.now.meta[t, M_MATE], s.now.meta[t, M_SECOND] = r + 1, 1
    if price_trial(d, s, -1, 0):
        link(s, r, winner)
        put_route(d, s, t, winner)
    if s.num[N_TOTAL] < s.num[N_BEST]:
        keep_best(s)


@njit
def run(
    d: Any, s: Any, orders: Any, hubs: Any, counts: Any, n_iterations: int, first: int, done: Any, temperatures: Any,
    limited: bool,
) -> None:  # fmt: skip
    """The one way into the search kernel, with one call of each part: every further one would compile it once more.

    With no iterations it makes the first plan, see `begin`; otherwise see `search_chunk`.
    """
    beginning = n_iterations == 0
    if beginning:
        dispatch.mark_hopeless(d, s)
        load_routes(d, s, orders, hubs, counts)
    for i in range(max(1, n_iterations)):
        share = done[0] + (done[1] - done[0]) * i / max(1, n_iterations)
        temperature = temperatures[0] * (temperatures[1] / temperatures[0]) ** share
        begin_iteration(s)
        # What the plan must cost less than to be accepted, drawn first: a plan that cannot is not finished.
        bar = s.num[N_OLD_TOTAL] - temperature * np.log(random_unit(s.rng) + 1e-300)
        whole = beginning or ruin(d, s)
        if whole:
            bounded = not beginning and dispatch.only_adds(d)
            whole = insert_absent(d, s, 0.0 if beginning else BLINK, bar if bounded else NO_PLACE)
        if not beginning and (not whole or s.num[N_TOTAL] >= bar):
            undo_iteration(d, s)
        elif beginning or s.num[N_TOTAL] < s.num[N_BEST]:
            keep_best(s)
        if limited and (first + i + 1) % RESUPPLY_EVERY == 0:
            resupply(d, s)
        if limited and (first + i + 1) % SHARE_EVERY == 0:
            dispatch.share_vehicle(d, s)


def begin(d: Any, s: Any, orders: Any, hubs: Any, counts: Any) -> None:
    """First plan: start routes that keep the rules; everybody else is inserted where they cost least.

    Parameters
    ----------
    orders : int32 (m, 2, L). hubs : int32 (m, 2, MAX_HUBS). counts : int64 (m, 6), riders and
        hubs by leg, the supply that drives it (-1: the cheapest that is free), and a rider of the route before it whose
        fleet vehicle drives it too (-1: none).
    """
    run(d, s, orders, hubs, counts, 0, 0, np.zeros(2), np.ones(2), False)


def search_chunk(d: Any, s: Any, n_iterations: int, first: int, done: Any, temperatures: Any, limited: bool) -> None:
    """Run some iterations, the temperature falling geometrically.

    Parameters
    ----------
    first : number of the first iteration.
    done : float64 (2,), shares of the whole search done at the chunk's beginning and end.
    temperatures : float64 (2,), pence a fortnight, at share 0 and share 1.
    limited : whether some supply is limited and worth handing round.
    """
    nothing = np.zeros((0, 2, 1), np.int32)
    counts = np.zeros((0, 6), np.int64)
    if n_iterations > 0:
        run(d, s, nothing, nothing, counts, n_iterations, first, done, temperatures, limited)
