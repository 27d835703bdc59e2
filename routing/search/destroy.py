"""Taking riders out: strings of neighbours from a few nearby routes, or whole routes."""

from __future__ import annotations

from typing import Any

from routing.instance import P_HUB, P_PERSON, P_PINNED, P_REF_AM, P_UNIT, P_UNSERVED, Data
from routing.numba_cache import njit_inline, njit_inner
from routing.search.dispatch import RuinMix, price_trial, ruin_mix
from routing.search.price import drop_route
from routing.search.repair import delete_at
from routing.search.state import (
    M_HUBS_AM,
    M_N_AM,
    M_PAS,
    M_SUPPLY,
    N_ABSENT,
    N_HIGH,
    N_STAMP,
    N_TOTAL,
    Q_ABSENT,
    Q_ROUTE,
    Q_STAMP,
    copy_route,
    is_empty,
    put_route,
    random_below,
    random_unit,
    trial_slot,
)

MOST_STRINGS = 4
LONGEST_STRING = 10
WHOLE_ROUTE = 0.15
SAME_SCHOOL = 0.35
"""Values that won in prototypes of the 955 case; not tuned again on this kernel."""
OVERLOOKED = 0.2
"""Share of neighbours left alone when single units are taken out."""


@ruin_mix.for_data(Data)
@njit_inline
def strings_only(d: Any) -> RuinMix:
    """Strings and whole routes: a route's passengers are neighbours already."""
    return RuinMix(MOST_STRINGS, LONGEST_STRING, WHOLE_ROUTE, SAME_SCHOOL, 0.0, 0)


@njit_inner
def mark_unit(d: Any, s: Any, rider: int) -> int:
    """Mark a rider and all who must travel with them for removal; returns how many. Pinned units are left alone."""
    unit = d.riders[rider, P_UNIT]
    first, last = d.unit_ptr[unit], d.unit_ptr[unit + 1]
    for m in range(first, last):
        if d.riders[d.unit_riders[m], P_PINNED] > 0:
            return 0
    count = 0
    for m in range(first, last):
        member = d.unit_riders[m]
        if s.people[Q_STAMP, member] != s.num[N_STAMP]:
            s.people[Q_STAMP, member] = s.num[N_STAMP]
            count += 1
    return count


@njit_inner
def drop_unused_hubs(d: Any, s: Any, leg: int) -> None:
    """Take gates off a leg of the trial that nobody uses any more."""
    t = trial_slot(s)
    meta, hubs = s.now.meta[t], s.now.hubs[t, leg]
    for j in range(meta[M_HUBS_AM + leg] - 1, -1, -1):
        in_use = False
        for i in range(meta[M_N_AM + leg]):
            in_use |= d.riders[s.now.order[t, leg, i], P_HUB] == hubs[j]
        if not in_use:
            delete_at(hubs, meta[M_HUBS_AM + leg], j)
            meta[M_HUBS_AM + leg] -= 1


@njit_inner
def bank(d: Any, s: Any, rider: int) -> None:
    """Book a rider's person as absent."""
    rider = d.riders[rider, P_PERSON]
    if s.people[Q_ROUTE, rider] < 0:
        return
    s.people[Q_ROUTE, rider] = -1
    s.people[Q_ABSENT, s.num[N_ABSENT]] = rider
    s.num[N_ABSENT] += 1
    s.num[N_TOTAL] += d.riders[rider, P_UNSERVED]


@njit_inner
def remove_marked(d: Any, s: Any, r: int) -> bool:
    """Take every marked rider out of route r; False where what is left cannot be driven any more."""
    t = trial_slot(s)
    copy_route(s.now, r, s.now, t)
    meta = s.now.meta[t]
    own, own_pas = meta[M_SUPPLY], meta[M_PAS]
    for leg in range(2):
        kept = 0
        for i in range(meta[M_N_AM + leg]):
            rider = s.now.order[t, leg, i]
            if s.people[Q_STAMP, d.riders[rider, P_PERSON]] != s.num[N_STAMP]:
                s.now.order[t, leg, kept] = rider
                kept += 1
        meta[M_N_AM + leg] = kept
        drop_unused_hubs(d, s, leg)
    left = not is_empty(s.now, t)
    if left and not price_trial(d, s, own, own_pas):
        return False
    for leg in range(2):
        for i in range(s.now.meta[r, M_N_AM + leg]):
            rider = s.now.order[r, leg, i]
            if s.people[Q_STAMP, d.riders[rider, P_PERSON]] == s.num[N_STAMP]:
                bank(d, s, rider)
    if left:
        put_route(d, s, t, r)
        return True
    return drop_route(d, s, r)


@njit_inner
def mark_string(d: Any, s: Any, r: int, rider: int) -> int:
    """Mark a string of a route's order that contains the rider, or the whole route; returns how many."""
    leg = random_below(s.rng, 2)
    if d.riders[rider, P_REF_AM + leg] < 0:
        leg = 1 - leg
    order, n = s.now.order[r], s.now.meta[r, M_N_AM + leg]
    count = 0
    mix = ruin_mix(d)
    if random_unit(s.rng) < mix.whole:
        for one_leg in range(2):
            for i in range(s.now.meta[r, M_N_AM + one_leg]):
                count += mark_unit(d, s, order[one_leg, i])
        return count
    at = 0
    while d.riders[order[leg, at], P_PERSON] != rider:
        at += 1
    length = 1 + random_below(s.rng, min(n, mix.longest))
    first = max(0, min(at - random_below(s.rng, length), n - length))
    for i in range(first, first + length):
        count += mark_unit(d, s, order[leg, i])
    return count


@njit_inner
def ruin_strings(d: Any, s: Any, mix: Any) -> bool:
    """Remove strings from a few routes around a rider drawn at random; False where an iteration must be given up."""
    seed = d.riders[random_below(s.rng, len(d.riders)), P_PERSON]
    near = d.near[1] if random_unit(s.rng) < mix.second else d.near[0]
    strings = 1 + random_below(s.rng, mix.strings)
    ruined = s.found
    done = 0
    for i in range(-1, near.shape[1]):
        rider = seed if i < 0 else near[seed, i]
        if rider < 0 or done == strings:
            break
        r = s.people[Q_ROUTE, rider]
        if r < 0 or s.people[Q_STAMP, rider] == s.num[N_STAMP]:
            continue
        again = False
        for k in range(done):
            again |= ruined[k] == r
        if again or mark_string(d, s, r, rider) == 0:
            continue
        if not remove_marked(d, s, r):
            return False
        ruined[done] = r
        done += 1
    return True


@njit_inner
def ruin_scattered(d: Any, s: Any, mix: Any) -> bool:
    """Remove single units wherever they are: neighbours of a rider drawn at random, or any."""
    seed = d.riders[random_below(s.rng, len(d.riders)), P_PERSON]
    n_units = 1 + random_below(s.rng, mix.most_units)
    anywhere = random_unit(s.rng) < 0.5
    near = d.near[0, seed]
    taken = int(mark_unit(d, s, seed) > 0)
    for i in range(len(d.riders) if anywhere else len(near)):
        rider = d.riders[random_below(s.rng, len(d.riders)), P_PERSON] if anywhere else int(near[i])
        if taken >= n_units or rider < 0:
            break
        if not anywhere and random_unit(s.rng) < OVERLOOKED:
            continue
        taken += int(mark_unit(d, s, rider) > 0)
    for r in range(s.num[N_HIGH]):
        marked = False
        for leg in range(2):
            for i in range(s.now.meta[r, M_N_AM + leg]):
                marked |= s.people[Q_STAMP, d.riders[s.now.order[r, leg, i], P_PERSON]] == s.num[N_STAMP]
        if marked and not remove_marked(d, s, r):
            return False
    return True


@njit_inner
def ruin(d: Any, s: Any) -> bool:
    """Remove riders by the problem's mix of ruins; False where an iteration must be given up."""
    mix = ruin_mix(d)
    if mix.scattered > 0.0 and random_unit(s.rng) < mix.scattered:
        return ruin_scattered(d, s, mix)
    return ruin_strings(d, s, mix)
