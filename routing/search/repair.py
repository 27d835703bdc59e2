"""Putting riders back: best insertion over the routes near them, and a route of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.disturbance import stranger_pence
from routing.instance import (
    NO_LIMIT,
    P_DIFFICULTY,
    P_HUB,
    P_PLAIN,
    P_REF_AM,
    P_SOLO,
    P_UNIT,
    P_UNSERVED,
    P_VARIANTS,
    R_DISTURBED,
    S_LIMIT,
    S_MAX_RUNS,
    Data,
)
from routing.numba_cache import njit_inline, njit_inner
from routing.search import dispatch
from routing.search.known import price_on_route
from routing.search.lanes import N_OPTION_COLUMNS, O_GATE_AM, O_HOME_AM, O_RIDER_AM
from routing.search.price import price_trial
from routing.search.scan import DEARER, NO_PLACE, scan_route
from routing.search.state import (
    B_SUPPLY,
    HUGE,
    L_LANES,
    L_LIST,
    L_MARK,
    M_COST,
    M_HUBS_AM,
    M_MATE,
    M_N_AM,
    M_PAS,
    M_PLAIN,
    M_SECOND,
    M_SOLO,
    M_SUPPLY,
    N_ABSENT,
    N_HIGH,
    N_MARK,
    N_OPTIONS,
    N_TOTAL,
    Q_ABSENT,
    Q_ALONE_AM,
    Q_ALONE_PM,
    Q_HOPELESS,
    Q_ROUTE,
    Q_UNITS,
    clear_route,
    copy_route,
    link,
    new_slot,
    pick_slot,
    put_route,
    random_below,
    random_unit,
    stage_slot,
    trial_slot,
)

NOBODY: Any = np.int64(-1)
"""No route; as a number of one type, since numba compiles a function once more for an argument written as -1."""
PRICED = 3
"""Routes priced exactly for a rider, cheapest by the scan first."""
SECOND_RUNS = 0.01
"""Share of insertions for which a new route as another run of a fleet vehicle is priced too."""
DRAWS = 20
"""Routes drawn in search of a fleet vehicle with room for another run."""
ONLY_LIMITED = 5e17
"""Price alone of a unit that only a supply of limited number can drive: unknown beforehand, so always tried."""
PRICED_FOR_GROUP = N_OPTIONS
"""Routes tried for a unit of several riders: the scan knows its first member only."""


@njit_inline
def insert_in(values: Any, n: int, i: int, value: int) -> None:
    """Insert a value at position i of the first n."""
    for k in range(n, i, -1):
        values[k] = values[k - 1]
    values[i] = value


@njit_inline
def delete_at(values: Any, n: int, i: int) -> None:
    """Delete position i of the first n."""
    for k in range(i, n - 1):
        values[k] = values[k + 1]


@njit_inline
def near_routes(d: Any, s: Any, rider: int) -> int:
    """Routes of a person's neighbours into slots[L_LIST]; returns how many."""
    s.num[N_MARK] += 1
    mark = s.num[N_MARK]
    count, n_variants = 0, d.riders[rider, P_VARIANTS]
    for k in range(2 * n_variants):
        which, row = k // n_variants, rider + k % n_variants
        for i in range(d.near.shape[2]):
            other = d.near[which, row, i]
            if other < 0:
                break
            r = s.people[Q_ROUTE, other]
            if r < 0 or s.slots[L_MARK, r] == mark:
                continue
            s.slots[L_MARK, r] = mark
            alone = d.riders[rider, P_SOLO] + s.now.meta[r, M_SOLO] > 0
            if alone and d.riders[rider, P_PLAIN] == 1 and s.now.meta[r, M_PLAIN] == 1:
                continue
            s.slots[L_LIST, count] = r
            count += 1
    return count


@njit_inline
def build_trial(d: Any, s: Any, source: int, option: Any) -> None:
    """Route `source` with a person put in, as the trial."""
    t = trial_slot(s)
    copy_route(s.now, source, s.now, t)
    meta = s.now.meta[t]
    for leg in range(2):
        if option[O_HOME_AM + leg] < 0:
            continue
        rider = option[O_RIDER_AM + leg]
        insert_in(s.now.order[t, leg], meta[M_N_AM + leg], option[O_HOME_AM + leg], rider)
        meta[M_N_AM + leg] += 1
        if option[O_GATE_AM + leg] >= 0:
            insert_in(s.now.hubs[t, leg], meta[M_HUBS_AM + leg], option[O_GATE_AM + leg], d.riders[rider, P_HUB])
            meta[M_HUBS_AM + leg] += 1


@njit_inline
def build_alone(d: Any, s: Any, rider: int) -> None:
    """A person on a route of their own, boarding where that is cheapest, as the trial."""
    t = trial_slot(s)
    for leg in range(2):
        if d.riders[rider, P_REF_AM + leg] >= 0:
            s.now.order[t, leg, 0] = s.people[Q_ALONE_AM + leg, rider]
            s.now.hubs[t, leg, 0] = d.riders[rider, P_HUB]
            s.now.meta[t, M_N_AM + leg] = s.now.meta[t, M_HUBS_AM + leg] = 1


@njit_inner
def add_member(d: Any, s: Any, rider: int) -> bool:
    """Put one more rider into the trial where the scan says; False where they do not fit."""
    stage, option = stage_slot(s), s.options[len(s.options) - 1]
    copy_route(s.now, trial_slot(s), s.now, stage)
    s.slots[L_LANES, stage] = 0
    if scan_route(d, s, rider, stage, NO_PLACE, option) >= DEARER:
        return False
    build_trial(d, s, stage, option)
    return True


@njit_inner
def price_joined(d: Any, s: Any, unit: int, r: int, option: Any, mate: int) -> int:
    """Extra pence of a unit on route r, left in the trial; HUGE where it does not fit.

    r: -1 for a route of its own, on the fleet vehicle that drives `mate` (-1: on a supply of its own). The first member
    goes where `option` says (on a new route there is only one way), the others join one by one where the scan puts
    them.
    """
    t, own, own_pas, before = trial_slot(s), -1, 0, 0
    first, last = int(d.unit_ptr[unit]), int(d.unit_ptr[unit + 1])
    if r < 0:
        clear_route(s.now, t)
        build_alone(d, s, int(d.unit_riders[first]))
        if mate >= 0:
            s.now.meta[t, M_MATE], s.now.meta[t, M_SECOND] = mate + 1, 1
    else:
        own, own_pas, before = s.now.meta[r, M_SUPPLY], s.now.meta[r, M_PAS], s.now.meta[r, M_COST]
        build_trial(d, s, r, option)
    m = first
    while price_trial(d, s, own, own_pas):
        m += 1
        if m == last:
            return int(s.now.meta[t, M_COST] - before)
        if not add_member(d, s, int(d.unit_riders[m])):
            break
    return HUGE


@njit_inline
def vehicle_with_room(d: Any, s: Any) -> int:
    """A route, drawn at random, whose fleet vehicle may drive another one; -1 where the draw finds none."""
    for _ in range(DRAWS):
        r = random_below(s.rng, s.num[N_HIGH])
        k = s.now.meta[r, M_SUPPLY]
        if k >= 0 and s.now.meta[r, M_MATE] == 0 and d.supplies[k, S_MAX_RUNS] > 1:
            return r
    return NOBODY


@njit_inline
def copy_option(source: Any, target: Any) -> None:
    """Copy where a rider goes."""
    for k in range(N_OPTION_COLUMNS):
        target[k] = source[k]


@njit_inner
def scan_near(d: Any, s: Any, rider: int, n_wanted: int, bar: float) -> int:
    """Cheapest routes near a rider by the scan: slots[L_LIST], keys and options in order of price; returns how many.

    Only prices below the bar are looked for, and once enough are known, below the worst of them.
    """
    n_near, count = near_routes(d, s, rider), 0
    blink = s.blink[0]
    spare = s.options[len(s.options) - 2]
    for i in range(n_near):
        r = s.slots[L_LIST, i]
        if blink > 0 and random_unit(s.rng) < blink:
            continue
        limit = bar if count < n_wanted else s.keys[count - 1]
        key = price_on_route(d, s, rider, r, limit, spare)
        if d.rules[R_DISTURBED] > 0:
            key += stranger_pence(d.riders, rider, s.now.order[r], s.now.meta[r], M_N_AM)
        if key >= min(limit, DEARER):
            continue
        j = min(count, n_wanted - 1)
        while j > 0 and s.keys[j - 1] > key:
            s.keys[j], s.slots[L_LIST, j] = s.keys[j - 1], s.slots[L_LIST, j - 1]
            copy_option(s.options[j - 1], s.options[j])
            j -= 1
        s.keys[j], s.slots[L_LIST, j] = key, r
        copy_option(spare, s.options[j])
        count = min(count + 1, n_wanted)
    return count


@dispatch.only_adds.for_data(Data)
@njit_inline
def no_family_pays(d: Any) -> bool:
    """Not where disturbed families have a price: the more of a route stay together, the less they pay."""
    return d.rules[R_DISTURBED] == 0


@dispatch.best_insertion.for_data(Data)
@njit_inner
def best_insertion(d: Any, s: Any, unit: int, blink: float, room: float) -> bool:
    """Put a unit where it costs least: routes of its neighbours, or a new route. False where no place costs less."""
    t, pick = trial_slot(s), pick_slot(s)
    first = int(d.unit_ptr[unit])
    grouped = d.unit_ptr[unit + 1] - first > 1
    alone, most = s.alone[unit], int(min(room, NO_PLACE))
    s.blink[0] = blink
    n_priced = PRICED_FOR_GROUP if grouped else PRICED
    count = scan_near(d, s, int(d.unit_riders[first]), n_priced, min(alone, room))
    best, best_r = most, NOBODY
    for i in range(count):
        if s.keys[i] >= best:
            break
        extra = price_joined(d, s, unit, s.slots[L_LIST, i], s.options[i], NOBODY)
        if extra < best:
            best, best_r = extra, s.slots[L_LIST, i]
            copy_route(s.now, t, s.now, pick)
    mate = vehicle_with_room(d, s) if blink > 0 and random_unit(s.rng) < SECOND_RUNS else NOBODY
    # A new route: another run of a fleet vehicle, then one on a supply of its own.
    for turn in range(2):
        worth_trying = mate >= 0 if turn == 0 else alone < best or alone == ONLY_LIMITED
        if not worth_trying:
            continue
        extra = price_joined(d, s, unit, NOBODY, s.options[0], mate if turn == 0 else NOBODY)
        if extra < best:
            best, best_r = extra, NOBODY
            copy_route(s.now, t, s.now, pick)
    if best >= most:
        return False
    if best_r < 0:
        best_r = new_slot(s)
        link(s, s.now.meta[pick, M_MATE] - 1, best_r)
    put_route(d, s, pick, best_r)
    return True


@njit_inline
def sort_units(d: Any, s: Any, n_units: int) -> None:
    """Order the units to insert by one of four keys drawn at random.

    Any order, far first, near first, hardest first.
    """
    kind = random_unit(s.rng)
    units = s.people[Q_UNITS]
    for i in range(n_units):
        hard = d.riders[d.unit_riders[d.unit_ptr[units[i]]], P_DIFFICULTY]
        if kind < 0.4:
            key = random_unit(s.rng)
        elif kind < 0.65:
            key = -float(hard % 100_000)
        elif kind < 0.75:
            key = float(hard % 100_000)
        else:
            key = -float(hard)
        j = i
        unit = units[i]
        while j > 0 and s.keys[j - 1] > key:
            s.keys[j], units[j] = s.keys[j - 1], units[j - 1]
            j -= 1
        s.keys[j], units[j] = key, unit


@dispatch.mark_hopeless.for_data(Data)
@njit_inner
def mark_hopeless(d: Any, s: Any) -> None:
    """Price every unit alone; who cannot be driven even with every limit free is hopeless: company makes it harder.

    The price kept leaves limited supplies out, as others may need them more; ONLY_LIMITED where nothing else will do.
    Where a unit's first member boards on a route of its own is settled here too.
    """
    for pass_no in range(2):
        for k in range(len(d.supplies)):
            if d.supplies[k, S_LIMIT] < NO_LIMIT:
                s.books[B_SUPPLY, k] += NO_LIMIT if pass_no == 1 else 0
        for unit in range(len(d.unit_ptr) - 1):
            rider = int(d.unit_riders[d.unit_ptr[unit]])
            n_variants = d.riders[rider, P_VARIANTS]
            alone, am, pm = HUGE, s.people[Q_ALONE_AM, rider], s.people[Q_ALONE_PM, rider]
            for k in range(n_variants * n_variants):
                s.people[Q_ALONE_AM, rider] = rider + k // n_variants
                s.people[Q_ALONE_PM, rider] = rider + k % n_variants
                pence = price_joined(d, s, unit, NOBODY, s.options[0], NOBODY)
                if pence < alone:
                    alone, am, pm = pence, s.people[Q_ALONE_AM, rider], s.people[Q_ALONE_PM, rider]
            s.people[Q_ALONE_AM, rider], s.people[Q_ALONE_PM, rider] = am, pm
            if pass_no == 1:
                s.alone[unit] = ONLY_LIMITED if alone >= HUGE else float(alone)
                continue
            for m in range(d.unit_ptr[unit], d.unit_ptr[unit + 1]):
                s.people[Q_HOPELESS, d.unit_riders[m]] = 1 if alone >= HUGE else 0
    for k in range(len(d.supplies)):
        if d.supplies[k, S_LIMIT] < NO_LIMIT:
            s.books[B_SUPPLY, k] -= NO_LIMIT


@njit_inline
def unserved_pence(d: Any, unit: int) -> int:
    """What it costs to leave a unit out."""
    pence = 0
    for m in range(d.unit_ptr[unit], d.unit_ptr[unit + 1]):
        pence += d.riders[d.unit_riders[m], P_UNSERVED]
    return pence


@njit_inner
def insert_absent(d: Any, s: Any, blink: float, bar: float) -> bool:
    """Insert every absent unit, in a drawn order; who fits nowhere stays absent.

    False where the plan cannot end below the bar any more, and is left unfinished.
    """
    absent, units = s.people[Q_ABSENT], s.people[Q_UNITS]
    n_units = 0
    for i in range(s.num[N_ABSENT]):
        unit = d.riders[absent[i], P_UNIT]
        if s.people[Q_HOPELESS, absent[i]] == 0 and d.unit_riders[d.unit_ptr[unit]] == absent[i]:
            units[n_units] = unit
            n_units += 1
    sort_units(d, s, n_units)
    n_absent, s.num[N_ABSENT] = s.num[N_ABSENT], 0
    for i in range(n_absent):
        if s.people[Q_HOPELESS, absent[i]] == 1:
            absent[s.num[N_ABSENT]] = absent[i]
            s.num[N_ABSENT] += 1
    to_come = 0
    for i in range(n_units):
        to_come += unserved_pence(d, units[i])
    for i in range(n_units):
        room = bar - (s.num[N_TOTAL] - to_come)
        if room <= 0.0:
            return False
        to_come -= unserved_pence(d, units[i])
        placed = dispatch.best_insertion(d, s, units[i], blink, room)
        for m in range(d.unit_ptr[units[i]], d.unit_ptr[units[i] + 1]):
            rider = int(d.unit_riders[m])
            if placed:
                s.num[N_TOTAL] -= d.riders[rider, P_UNSERVED]
            else:
                absent[s.num[N_ABSENT]] = rider
                s.num[N_ABSENT] += 1
    return True
