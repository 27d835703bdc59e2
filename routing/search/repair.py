"""Putting riders back: best insertion over the routes near them, and a route of their own."""

from __future__ import annotations

from typing import Any

from routing.evaluate import FAR, HOLDS, NEVER, leg_all_days, leg_soft_pence
from routing.instance import (
    BOUGHT,
    D_CAP,
    D_ROW,
    DEAD_NONE,
    DEAD_RETURN,
    H_ROW,
    H_SCHOOL,
    MAX_HUBS,
    P_CHAIR,
    P_DIFFICULTY,
    P_HUB,
    P_OWN,
    P_PLAIN,
    P_REF_AM,
    P_SHARED,
    P_SOLO,
    P_STEADY,
    P_UNIT,
    P_UNSERVED,
    P_VARIANTS,
    R_MAX_SCHOOLS,
    R_PER_SHARED_PA,
    S_CLASS,
    S_DEAD_RULE,
    S_KIND,
    S_MILE_RATE,
    S_PA_RATE,
    S_ROW,
)
from routing.numba_cache import njit, njit_inline
from routing.search.state import (
    HUGE,
    L_LIST,
    L_MARK,
    M_CHAIRS,
    M_COST,
    M_HUBS_AM,
    M_N_AM,
    M_PAS,
    M_PLAIN,
    M_SEATS,
    M_SOLO,
    M_SUPPLY,
    N_ABSENT,
    N_MARK,
    N_TOTAL,
    Q_ABSENT,
    Q_HOPELESS,
    Q_ROUTE,
    Q_UNITS,
    clear_route,
    copy_route,
    new_slot,
    pick_slot,
    price_trial,
    put_route,
    random_unit,
    trial_slot,
    weigh_trial,
)

POSITIONS_TRIED = 3
"""Places in an order that are tried exactly, least detour first."""
GATES_TRIED = 2
"""Places in the order of gates that are tried for a new gate, least detour first."""
BLINK = 0.01
"""Share of routes overlooked at random (Christiaens and Vanden Berghe 2020, slack induction by string removals)."""
PLACES_OVERLOOKED = 0.2
"""Share of the places where somebody may board that is overlooked at random: the guess that ranks them is rough."""
SECOND_AS_METRES = 2
"""What a second of detour counts in the ranking of positions, in metres."""
TYPICAL_MILE_RATE = 150
"""Pence a mile of a route that has no supply yet; ranks positions, prices nothing."""
CERTAIN_SHARE = 0.75
"""Share of a guessed price below which a route is not worth building."""
PENCE_PER_DETOUR = CERTAIN_SHARE * 10.0 / 1609.344 / 1.3
"""A fortnight's pence in a unit of (metres and weighted seconds) x pence a mile: ten days, the seconds taken off."""


@njit_inline
def tour_rows(
    riders: Any, hub_table: Any, supplies: Any, k: int, leg: int, order: Any, n: int, hubs: Any, n_hubs: int, tour: Any
) -> None:
    """Rows of a leg's halts, AM homes then gates, PM gates then homes, into tour[1:].

    Before and after them stands where supply k comes from and goes to: its depot or base, the tour's other end (the way
    back is paid), or -1 (it is free).
    """
    at_home, at_gate = (1, n + 1) if leg == 0 else (n_hubs + 1, 1)
    for i in range(n):
        tour[at_home + i] = riders[order[i], P_REF_AM + leg]
    for j in range(n_hubs):
        tour[at_gate + j] = hub_table[hubs[j], H_ROW]
    length = n + n_hubs
    tour[0], tour[length + 1] = tour[length], tour[1]
    if k < 0:
        return
    fleet, rule, row = supplies[k, S_KIND] != BOUGHT, supplies[k, S_DEAD_RULE], supplies[k, S_ROW]
    # A base that is not given bills as a return.
    if fleet or rule == DEAD_NONE or (rule != DEAD_RETURN and row >= 0):
        tour[0] = tour[length + 1] = -1 if rule == DEAD_NONE and not fleet else row


@njit_inline
def detour(seconds: Any, metres: Any, tour: Any, i: int, row: int) -> int:
    """Metres, and seconds at `SECOND_AS_METRES`, that a halt between tour[i] and tour[i + 1] adds."""
    before, after = tour[i], tour[i + 1]
    added = 0
    if before >= 0:
        added += metres[before, row] + SECOND_AS_METRES * seconds[before, row]
    if after >= 0:
        added += metres[row, after] + SECOND_AS_METRES * seconds[row, after]
    if before >= 0 and after >= 0:
        added -= metres[before, after] + SECOND_AS_METRES * seconds[before, after]
    return added


@njit_inline
def least_detour(
    seconds: Any, metres: Any, riders: Any, hub_table: Any, supplies: Any, k: int, leg: int, rider: int, order: Any,
    n: int, hubs: Any, n_hubs: int, tour: Any,
) -> int:  # fmt: skip
    """Least detour of a rider's home into a leg: a cheap guess at what insertion costs."""
    row = riders[rider, P_REF_AM + leg]
    if row < 0 or n == 0:
        return 0
    tour_rows(riders, hub_table, supplies, k, leg, order, n, hubs, n_hubs, tour)
    offset = 0 if leg == 0 else n_hubs
    best = HUGE
    for i in range(n + 1):
        best = min(best, detour(seconds, metres, tour, i + offset, row))
    return best


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
def judge_trial_leg(d: Any, s: Any, leg: int) -> int:
    """What the trial's leg says on all days (access profile 0): NEVER, NOT_SO or HOLDS; figures stay in the state."""
    t = trial_slot(s)
    n, n_hubs = s.now.meta[t, M_N_AM + leg], s.now.meta[t, M_HUBS_AM + leg]
    return leg_all_days(d, leg, 0, s.now.order[t, leg], n, s.now.hubs[t, leg], n_hubs, s.weights, s.w, s.figures[leg])


@njit
def try_positions(d: Any, s: Any, leg: int, rider: int) -> bool:
    """Insert the rider where detour and soft prices are least among a few positions that keep every rule.

    rider: first row of a person; of several places where they may board, the one that is cheapest so.
    """
    t = trial_slot(s)
    order, hubs, meta = s.now.order[t, leg], s.now.hubs[t, leg], s.now.meta[t]
    n, n_hubs = meta[M_N_AM + leg], meta[M_HUBS_AM + leg]
    added, n_variants = s.proxy[1], d.riders[rider, P_VARIANTS]
    tour_rows(d.riders, d.hubs, d.supplies, meta[M_SUPPLY], leg, order, n, hubs, n_hubs, s.proxy[0])
    offset = 0 if leg == 0 else n_hubs
    rate = d.supplies[meta[M_SUPPLY], S_MILE_RATE] if meta[M_SUPPLY] >= 0 else TYPICAL_MILE_RATE
    chosen, chosen_rider, least = -1, rider, float(HUGE)
    meta[M_N_AM + leg] = n + 1
    for variant in range(rider, rider + n_variants):
        if n_variants > 1 and n > 0 and random_unit(s.rng) < PLACES_OVERLOOKED:
            continue
        row = d.riders[variant, P_REF_AM + leg]
        for i in range(n + 1):
            added[i] = detour(d.seconds[0, leg], d.metres[0, leg], s.proxy[0], i + offset, row)
        for _ in range(min(POSITIONS_TRIED, n + 1)):
            best = 0
            for i in range(1, n + 1):
                if added[i] < added[best]:
                    best = i
            detour_of_best = added[best]
            if detour_of_best >= FAR:
                break
            added[best] = HUGE
            if n > 0 and random_unit(s.rng) < BLINK:
                continue
            insert_in(order, n, best, variant)
            verdict, soft = judge_trial_leg(d, s, leg), 0
            if verdict == HOLDS:
                soft = leg_soft_pence(s.weights, s.figures[leg])
                if soft == 0 and n_variants == 1:
                    return True
                price = soft + detour_of_best * rate * PENCE_PER_DETOUR / CERTAIN_SHARE
                if price < least:
                    chosen, chosen_rider, least = best, variant, price
            delete_at(order, n + 1, best)
            if verdict == NEVER or (verdict == HOLDS and soft == 0):
                break
    if chosen >= 0:
        insert_in(order, n, chosen, chosen_rider)
        return bool(judge_trial_leg(d, s, leg) == HOLDS)
    meta[M_N_AM + leg] = n
    return False


@njit_inline
def may_follow(
    leg: int, seconds: Any, riders: Any, day: Any, hub_table: Any, gap: int, order: Any, n: int, first: int, then: int,
    rider: int,
) -> bool:  # fmt: skip
    """Whether two hubs may be visited in this order as far as each steady rider's own cap tells.

    On the AM leg it lengthens the ride of those bound for the later hub, on the PM leg of those from the earlier one.
    Of the two hubs one is on the route, the other is the new rider's.
    """
    if gap >= FAR:
        return False
    late, via = (then, hub_table[first, H_ROW]) if leg == 0 else (first, hub_table[then, H_ROW])
    for i in range(-1, n):
        other = rider if i < 0 else order[i]
        if riders[other, P_HUB] != late or riders[other, P_STEADY] == 0 or day[other, D_ROW] < 0:
            continue
        home = day[other, D_ROW]
        drive = seconds[home, via] if leg == 0 else seconds[via, home]
        if drive + gap > day[other, D_CAP]:
            return False
    return True


@njit
def hub_may_join(d: Any, s: Any, rider: int, r: int) -> bool:
    """Whether the rider's gate is on the route or may be added to it, as far as hubs two by two can tell.

    Only steady riders are judged: others may be absent on the day that does not fit.
    """
    hub = d.riders[rider, P_HUB]
    for leg in range(2):
        if d.riders[rider, P_REF_AM + leg] < 0:
            continue
        n, n_hubs = s.now.meta[r, M_N_AM + leg], s.now.meta[r, M_HUBS_AM + leg]
        known = False
        for j in range(n_hubs):
            known |= s.now.hubs[r, leg, j] == hub
        if known:
            continue
        if n_hubs >= d.rules[R_MAX_SCHOOLS] and s.now.meta[r, M_PLAIN] == 1 and full_of_schools(d, s, r, leg, hub):
            return False
        for j in range(n_hubs):
            other = s.now.hubs[r, leg, j]
            steady = False
            for i in range(n):
                on_board = s.now.order[r, leg, i]
                steady |= d.riders[on_board, P_HUB] == other and d.riders[on_board, P_STEADY] == 1
            if not steady or d.riders[rider, P_STEADY] == 0:
                continue
            seconds, order, gap = d.seconds[0, leg], s.now.order[r, leg], d.hub_gap[leg]
            fits = False
            for variant in range(rider, rider + d.riders[rider, P_VARIANTS]):
                fits = (
                    fits
                    or may_follow(
                        leg, seconds, d.riders, d.daily[leg, 0], d.hubs, gap[hub, other], order, n, hub, other, variant
                    )
                    or may_follow(
                        leg, seconds, d.riders, d.daily[leg, 0], d.hubs, gap[other, hub], order, n, other, hub, variant
                    )
                )
            if not fits:
                return False
    return True


@njit
def full_of_schools(d: Any, s: Any, r: int, leg: int, hub: int) -> bool:
    """Whether a leg already has as many different schools as allowed, the hub's not among them."""
    count = 0
    hubs = s.now.hubs[r, leg]
    for j in range(s.now.meta[r, M_HUBS_AM + leg]):
        if d.hubs[hubs[j], H_SCHOOL] == d.hubs[hub, H_SCHOOL]:
            return False
        new = 1
        for k in range(j):
            if d.hubs[hubs[k], H_SCHOOL] == d.hubs[hubs[j], H_SCHOOL]:
                new = 0
        count += new
    return count >= d.rules[R_MAX_SCHOOLS]


@njit
def insert_leg(d: Any, s: Any, leg: int, rider: int) -> bool:
    """Insert a rider on one leg of the trial, with their gate where it is new."""
    t = trial_slot(s)
    hubs, meta, hub = s.now.hubs[t, leg], s.now.meta[t], d.riders[rider, P_HUB]
    n_hubs = meta[M_HUBS_AM + leg]
    for j in range(n_hubs):
        if hubs[j] == hub:
            return try_positions(d, s, leg, rider)
    if n_hubs == MAX_HUBS:
        return False
    n = meta[M_N_AM + leg]
    offset = n if leg == 0 else 0
    tried = 0
    for _ in range(min(GATES_TRIED, n_hubs + 1)):
        tour = s.proxy[0]
        tour_rows(d.riders, d.hubs, d.supplies, meta[M_SUPPLY], leg, s.now.order[t, leg], n, hubs, n_hubs, tour)
        best, best_added = -1, HUGE
        for j in range(n_hubs + 1):
            if tried & (1 << j):
                continue
            row = d.hubs[hub, H_ROW]
            added = detour(d.seconds[0, leg], d.metres[0, leg], tour, j + offset, row)
            if added < best_added:
                best, best_added = j, added
        tried |= 1 << best
        insert_in(hubs, n_hubs, best, hub)
        meta[M_HUBS_AM + leg] = n_hubs + 1
        if try_positions(d, s, leg, rider):
            return True
        delete_at(hubs, n_hubs + 1, best)
        meta[M_HUBS_AM + leg] = n_hubs
    return False


@njit
def insert_unit(d: Any, s: Any, unit: int) -> bool:
    """Insert every member of a unit into the trial; on success weights and figures are those of the whole trial."""
    t = trial_slot(s)
    meta = s.now.meta[t]
    first, last = d.unit_ptr[unit], d.unit_ptr[unit + 1]
    for m in range(first, last):
        rider = d.unit_riders[m]
        if max(meta[M_N_AM], meta[M_N_AM + 1]) + 1 >= s.now.order.shape[2]:
            return False
        for leg in range(2):
            s.now.order[t, leg, meta[M_N_AM + leg]] = rider
        weigh_trial(d, s, 1)
        for leg in range(2):
            if d.riders[rider, P_REF_AM + leg] >= 0 and not insert_leg(d, s, leg, rider):
                return False
    rider = d.unit_riders[last - 1]
    for leg in range(2):
        fresh = last - first == 1 and d.riders[rider, P_REF_AM + leg] >= 0
        if not fresh and judge_trial_leg(d, s, leg) != HOLDS:
            return False
    return True


@njit_inline
def may_fit(d: Any, s: Any, unit: int) -> bool:
    """Whether any class could hold the trial and the unit, if everybody travelled every day.

    Routes with part-week riders are let through: their seats may be shared.
    """
    t = trial_slot(s)
    any_class = d.fits[len(d.fits) - 1]
    first = d.unit_ptr[unit]
    per = d.rules[R_PER_SHARED_PA]
    for leg in range(2):
        n = s.now.meta[t, M_N_AM + leg]
        chairs, shared, people, own = 0, 0, 0, 0
        for i in range(n + d.unit_ptr[unit + 1] - first):
            rider = s.now.order[t, leg, i] if i < n else d.unit_riders[first + i - n]
            if d.riders[rider, P_REF_AM + leg] < 0:
                continue
            if d.riders[rider, P_PLAIN] == 0:
                return True
            chairs += d.riders[rider, P_CHAIR]
            shared += d.riders[rider, P_SHARED]
            own += d.riders[rider, P_OWN]
            people += 1
        pas = own
        if shared > 0:
            pas += 1 if per == 0 else (shared + per - 1) // per
        seats = people - chairs + pas
        if seats >= any_class.shape[0] or chairs >= any_class.shape[1] or not any_class[seats, chairs]:
            return False
    return True


@njit
def try_route(d: Any, s: Any, unit: int, r: int) -> int:
    """Extra pence of a unit in route r (-1: a new one), the result left in the trial; HUGE where it does not fit."""
    t = trial_slot(s)
    own, own_pas, before = -1, 0, 0
    if r < 0:
        clear_route(s.now, t)
    else:
        copy_route(s.now, r, s.now, t)
        own, own_pas, before = s.now.meta[r, M_SUPPLY], s.now.meta[r, M_PAS], s.now.meta[r, M_COST]
        if not may_fit(d, s, unit):
            return HUGE
    if not insert_unit(d, s, unit) or not price_trial(d, s, own, own_pas, True):
        return HUGE
    return s.now.meta[t, M_COST] - before


@njit
def insertion_guess(d: Any, s: Any, rider: int, r: int) -> float:
    """Cheap guess at the pence a fortnight of a rider in a route: miles of the detour, a PA, a larger vehicle."""
    meta = s.now.meta[r]
    added = 0
    for leg in range(2):
        least = HUGE
        for variant in range(rider, rider + d.riders[rider, P_VARIANTS]):
            least = min(least, least_detour(
                d.seconds[0, leg], d.metres[0, leg], d.riders, d.hubs, d.supplies, meta[M_SUPPLY], leg, variant,
                s.now.order[r, leg], meta[M_N_AM + leg], s.now.hubs[r, leg], meta[M_HUBS_AM + leg], s.proxy[0],
            ))  # fmt: skip
        added += least
    supply = d.supplies[meta[M_SUPPLY]]
    guess = added * supply[S_MILE_RATE] * PENCE_PER_DETOUR
    if d.riders[rider, P_PLAIN] == 0 or d.riders[rider, P_REF_AM] < 0 or d.riders[rider, P_REF_AM + 1] < 0:
        return guess
    new_pas = d.riders[rider, P_OWN]
    if d.riders[rider, P_SHARED] > 0 and meta[M_PAS] == 0:
        new_pas += 1
    chair = d.riders[rider, P_CHAIR]
    seats, chairs = meta[M_SEATS] + 1 - chair + new_pas, meta[M_CHAIRS] + chair
    if seats >= d.fits.shape[1] or chairs >= d.fits.shape[2]:
        return float(HUGE)
    if not d.fits[supply[S_CLASS], seats, chairs]:
        step = d.cheapest_base[seats, chairs] - d.cheapest_base[meta[M_SEATS], meta[M_CHAIRS]]
        guess += CERTAIN_SHARE * 10.0 * max(0, step)
    if supply[S_KIND] == BOUGHT:
        guess += CERTAIN_SHARE * 10.0 * new_pas * supply[S_PA_RATE]
    return guess


@njit
def near_routes(d: Any, s: Any, rider: int, blink: float) -> int:
    """Routes of a person's neighbours, cheapest guess first, into slots[L_LIST] and keys; returns how many."""
    s.num[N_MARK] += 1
    mark = s.num[N_MARK]
    count = 0
    n_variants = d.riders[rider, P_VARIANTS]
    for k in range(2 * n_variants):
        which, variant = k // n_variants, rider + k % n_variants
        for i in range(d.near.shape[2]):
            other = d.near[which, variant, i]
            if other < 0:
                break
            r = s.people[Q_ROUTE, other]
            if r < 0 or s.slots[L_MARK, r] == mark:
                continue
            s.slots[L_MARK, r] = mark
            if random_unit(s.rng) < blink:
                continue
            alone = d.riders[rider, P_SOLO] + s.now.meta[r, M_SOLO] > 0
            if alone and d.riders[rider, P_PLAIN] == 1 and s.now.meta[r, M_PLAIN] == 1:
                continue
            key = insertion_guess(d, s, rider, r)
            j = count
            while j > 0 and s.keys[j - 1] > key:
                s.keys[j], s.slots[L_LIST, j] = s.keys[j - 1], s.slots[L_LIST, j - 1]
                j -= 1
            s.keys[j], s.slots[L_LIST, j] = key, r
            count += 1
    return count


@njit
def best_insertion(d: Any, s: Any, unit: int, blink: float) -> bool:
    """Put a unit where it costs least: routes of its neighbours, or a new route. False where nothing fits."""
    t, pick = trial_slot(s), pick_slot(s)
    best, best_r = try_route(d, s, unit, -1), -1
    if best < HUGE:
        copy_route(s.now, t, s.now, pick)
    rider = d.unit_riders[d.unit_ptr[unit]]
    n_routes = near_routes(d, s, rider, blink)
    for i in range(n_routes):
        if s.keys[i] >= best:
            break
        r = s.slots[L_LIST, i]
        if not hub_may_join(d, s, rider, r):
            continue
        extra = try_route(d, s, unit, r)
        if extra < best:
            best, best_r = extra, r
            copy_route(s.now, t, s.now, pick)
    if best >= HUGE:
        return False
    if best_r < 0:
        best_r = new_slot(s)
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


@njit
def mark_hopeless(d: Any, s: Any) -> None:
    """Mark units that no supply can drive even alone, with every limit still free: company only makes it harder."""
    for unit in range(len(d.unit_ptr) - 1):
        alone = try_route(d, s, unit, -1)
        for m in range(d.unit_ptr[unit], d.unit_ptr[unit + 1]):
            s.people[Q_HOPELESS, d.unit_riders[m]] = 1 if alone >= HUGE else 0


@njit
def insert_absent(d: Any, s: Any, blink: float) -> None:
    """Insert every absent unit, in a drawn order; who fits nowhere stays absent."""
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
    for i in range(n_units):
        placed = best_insertion(d, s, units[i], blink)
        for m in range(d.unit_ptr[units[i]], d.unit_ptr[units[i] + 1]):
            rider = d.unit_riders[m]
            if placed:
                s.num[N_TOTAL] -= d.riders[rider, P_UNSERVED]
            else:
                absent[s.num[N_ABSENT]] = rider
                s.num[N_ABSENT] += 1
