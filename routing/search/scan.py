"""Where a rider could join a route, and about what it would cost: the scan that ranks routes before one is priced.

On every day variant and for every position it tests the rides, the windows, the load and the schools in a few look-ups
(`lanes`), so that what it lets through nearly always keeps the rules. The price is that of the present supply's miles,
long legs, PAs and soft rides, and the step to a larger class. Whatever is chosen is built and priced exactly afterwards
(`state.price_trial`), so nothing here decides alone.
"""

from __future__ import annotations

from typing import Any

from routing.evaluate import W_CLOSE, W_OPEN, W_ROW, W_SERVICE, W_START, gate_clock, half_up
from routing.instance import (
    BOUGHT,
    D_CAP,
    D_CLOSE,
    D_OPEN,
    D_ROW,
    D_TARGET,
    DEAD_NONE,
    DEAD_RETURN,
    H_ROW,
    H_SCHOOL,
    P_CHAIR,
    P_FOES_FROM,
    P_FOES_TO,
    P_GATE_AM,
    P_HOME_AM,
    P_HUB,
    P_OWN,
    P_PINNED,
    P_REF_AM,
    P_SHARED,
    P_SOLO,
    P_TAGS,
    P_VARIANTS,
    R_MAX_SCHOOLS,
    R_OVER_TARGET,
    R_PER_SHARED_PA,
    S_BASE,
    S_CLASS,
    S_DEAD_RULE,
    S_KIND,
    S_LONG_AFTER,
    S_LONG_PCT,
    S_MILE_RATE,
    S_PA_RATE,
    S_ROW,
    S_TAGS,
)
from routing.numba_cache import njit_inline, njit_inner
from routing.search.lanes import (
    A_GATE,
    A_NEXT,
    A_PREV,
    A_REST,
    A_RIDE,
    A_SLACK,
    E_ALONG,
    E_DAYS,
    E_FAR_GATE,
    E_GATE,
    E_GROUP,
    E_OWN,
    E_SHIFT,
    E_SPAN,
    E_VARIANT,
    G_CLOSE,
    G_OPEN,
    G_SERVICE,
    G_USERS,
    O_GATE_AM,
    O_HOME_AM,
    O_RIDER_AM,
    V_CHAIRS,
    V_FIRST,
    V_FIRST_GATE,
    V_GATES,
    V_LAST,
    V_LAST_GATE,
    V_LEG,
    V_OWN,
    V_PRESENT,
    V_SHARED,
    V_SOFT,
    V_SOLO,
    lowest_bit,
    ride_along_gates,
)
from routing.search.state import M_HUBS_AM, M_N_AM, M_SUPPLY, ensure_lanes, random_unit

NO_PLACE = 1e18
"""Price of a position or a route where the rider does not fit."""
DEARER = 7e17
"""Price of a route where the rider may fit, but not below the bar."""
METRES_PER_MILE = 1609.344
BLINK = 0.01
"""Share of routes overlooked at random (Christiaens and Vanden Berghe 2020, slack induction by string removals)."""
SQUINT, POSITIONS_OVERLOOKED = 0.04, 0.5
"""Share of routes that are scanned with positions overlooked at random, and of how many of them. A good position is
missed about as often as with one in fifty overlooked in every scan, but most scans are fit to be kept."""
PLACES_OVERLOOKED = 0.2
"""Share of the places where somebody may board that is overlooked at random."""


@njit_inline
def pas_of(shared: int, own: int, per: int) -> int:
    """PAs needed."""
    if shared == 0:
        return own
    return own + (1 if per == 0 else (shared + per - 1) // per)


@njit_inline
def schools_with(hub_table: Any, hubs: Any, n_hubs: int, run: Any, school: int) -> int:
    """Different schools among the gates in use and one more."""
    count = 1
    for j in range(n_hubs):
        mine = hub_table[hubs[j], H_SCHOOL]
        if run[V_GATES + 4 * j + G_USERS] == 0 or mine == school:
            continue
        new = 1
        for k in range(j):
            if run[V_GATES + 4 * k + G_USERS] > 0 and hub_table[hubs[k], H_SCHOOL] == mine:
                new = 0
        count += new
    return count


@njit_inline
def gates_with_rider(
    leg: int, seconds: Any, riders: Any, day: Any, hub_table: Any, rider: int, hubs: Any, n_hubs: int, run: Any,
    place: int, pair: Any, c: Any,
) -> bool:  # fmt: skip
    """Clock of the gates with the rider at theirs (their gate at `place` in the order, -1: there already).

    Fills E_GATE, E_SPAN, E_FAR_GATE, E_OWN and E_ALONG of the pair; False where the windows cannot be met.
    """
    gates, own = 0, -1
    for j in range(n_hubs + 1):
        if j == place:
            c[W_ROW, gates], c[W_SERVICE, gates] = (
                hub_table[riders[rider, P_HUB], H_ROW],
                riders[rider, P_GATE_AM + leg],
            )
            c[W_OPEN, gates], c[W_CLOSE, gates] = day[rider, D_OPEN], day[rider, D_CLOSE]
            own = gates
            gates += 1
        if j == n_hubs:
            break
        at = V_GATES + 4 * j
        mine = place < 0 and hubs[j] == riders[rider, P_HUB]
        if run[at + G_USERS] == 0 and not mine:
            continue
        c[W_ROW, gates], c[W_SERVICE, gates] = hub_table[hubs[j], H_ROW], run[at + G_SERVICE]
        c[W_OPEN, gates], c[W_CLOSE, gates] = run[at + G_OPEN], run[at + G_CLOSE]
        if mine:
            c[W_SERVICE, gates] += riders[rider, P_GATE_AM + leg]
            c[W_OPEN, gates] = max(c[W_OPEN, gates], day[rider, D_OPEN])
            c[W_CLOSE, gates] = min(c[W_CLOSE, gates], day[rider, D_CLOSE])
            own = gates
        gates += 1
    if not gate_clock(leg, seconds, gates, c):
        return False
    last = gates - 1
    pair[E_OWN] = ride_along_gates(leg, gates, c, own)
    pair[E_SPAN] = c[W_START, last] + c[W_SERVICE, last] - c[W_START, 0]
    pair[E_GATE], pair[E_FAR_GATE] = (c[W_ROW, 0], c[W_ROW, last]) if leg == 0 else (c[W_ROW, last], c[W_ROW, 0])
    g = 0
    for j in range(n_hubs):
        if j == place:
            g += 1
        mine = place < 0 and hubs[j] == riders[rider, P_HUB]
        if run[V_GATES + 4 * j + G_USERS] > 0 or mine:
            pair[E_ALONG + j] = ride_along_gates(leg, gates, c, g)
            g += 1
        else:
            pair[E_ALONG + j] = 0
    return True


@njit_inline
def way_shift(leg: int, table: Any, lane: Any, run: Any, n: int, gate: int) -> int:
    """What the way between the homes and the gates grows by when the gate on the homes' side changes.

    table: seconds or metres.
    """
    if leg == 0:
        home, old = lane[n, A_PREV], run[V_FIRST_GATE]
        return table[home, gate] - table[home, old] if home >= 0 and old >= 0 else 0
    home, old = lane[0, A_NEXT], run[V_LAST_GATE]
    return table[gate, home] - table[old, home] if home >= 0 and old >= 0 else 0


@njit_inline
def everybody_holds(leg: int, lane: Any, n: int, n_hubs: int, pair: Any) -> bool:
    """Whether all rides hold with the new gates, before the home is put in."""
    end = n if leg == 0 else 0
    holds = True
    for j in range(n_hubs):
        holds &= pair[E_ALONG + j] + pair[E_SHIFT] <= lane[end, A_SLACK + j]
    return holds


@njit_inline
def way_via(leg: int, table: Any, lane: Any, i: int, row: int, gate: int) -> int:
    """What a halt at position i adds to the way between its neighbours; table: seconds or metres."""
    before, after = lane[i, A_PREV], lane[i, A_NEXT]
    if leg == 0 and after < 0:
        after = gate
    elif leg == 1 and before < 0:
        before = gate
    added = 0
    if before >= 0:
        added += table[before, row]
    if after >= 0:
        added += table[row, after]
    if before >= 0 and after >= 0:
        added -= table[before, after]
    return added


@njit_inline
def own_ride(leg: int, seconds: Any, lane: Any, i: int, row: int, pair: Any) -> int:
    """The new rider's ride from position i."""
    other = lane[i, A_NEXT] if leg == 0 else lane[i, A_PREV]
    between = pair[E_OWN] + lane[i, A_REST]
    if other < 0:
        other = pair[E_GATE]
    else:
        between += pair[E_SHIFT]
    return between + (seconds[row, other] if leg == 0 else seconds[other, row])


@njit_inline
def growth(leg: int, seconds: Any, lane: Any, i: int, row: int, service: int, pair: Any) -> int:
    """Seconds that the halt adds to the rides of those before it (AM) or after it (PM)."""
    if (lane[i, A_PREV] if leg == 0 else lane[i, A_NEXT]) < 0:
        return 0
    return way_via(leg, seconds, lane, i, row, pair[E_GATE]) + service


@njit_inline
def fits_at(leg: int, lane: Any, i: int, n_hubs: int, more: int, pair: Any) -> bool:
    """Whether the rides that the halt lengthens hold."""
    holds = True
    for j in range(n_hubs):
        holds &= pair[E_ALONG + j] + more <= lane[i, A_SLACK + j]
    return holds


@njit_inline
def way_out(leg: int, metres: Any, far: int, home: int) -> int:
    """Metres of the empty drive that ties the home end of a run to another place: AM to the homes, PM from them."""
    return metres[far, home] if leg == 0 else metres[home, far]


@njit_inline
def metres_of_change(
    leg: int, metres: Any, lane: Any, run: Any, n: int, i: int, row: int, gate_metres: int, supply: Any, pair: Any
) -> int:
    """Billed metres a day that the halt at position i and the change of gates add."""
    added = gate_metres + way_via(leg, metres, lane, i, row, pair[E_GATE])
    rule, base = supply[S_DEAD_RULE], supply[S_ROW]
    from_base = supply[S_KIND] != BOUGHT or (rule != DEAD_NONE and rule != DEAD_RETURN and base >= 0)
    if not from_base and rule == DEAD_NONE:
        return added
    home_before = run[V_FIRST] if leg == 0 else run[V_LAST]
    outer = (lane[i, A_PREV] if leg == 0 else lane[i, A_NEXT]) < 0
    home_after = row if outer else home_before
    gate_before = run[V_LAST_GATE] if leg == 0 else run[V_FIRST_GATE]
    gate_after = pair[E_FAR_GATE]
    # A return goes from one end of the run to the other; a depot or base is driven to from both.
    added += way_out(leg, metres, base if from_base else gate_after, home_after)
    if home_before >= 0:
        added -= way_out(leg, metres, base if from_base else gate_before, home_before)
    if from_base:
        added += way_out(1 - leg, metres, base, gate_after)
        if home_before >= 0:
            added -= way_out(1 - leg, metres, base, gate_before)
    return added


@njit_inline
def metres_between_gates(
    leg: int, metres: Any, hub_table: Any, hubs: Any, n_hubs: int, run: Any, lane: Any, n: int, place: int, hub: int,
    users_anyway: int, pair: Any,
) -> int:  # fmt: skip
    """Loaded metres a day that the change of gates adds, up to the home next to them."""
    added, old, new = 0, -1, -1
    for j in range(n_hubs + 1):
        if j == place:
            row = hub_table[hub, H_ROW]
            added += metres[new, row] if new >= 0 else 0
            new = row
        if j == n_hubs:
            break
        used = run[V_GATES + 4 * j + G_USERS] > 0
        if used or j == users_anyway:
            row = hub_table[hubs[j], H_ROW]
            added += metres[new, row] if new >= 0 else 0
            new = row
            if used:
                added -= metres[old, row] if old >= 0 else 0
                old = row
    return added + way_shift(leg, metres, lane, run, n, pair[E_GATE])


@njit_inner
def soft_pence_at(
    leg: int, day: Any, over_target: int, order: Any, n: int, lane: Any, run: Any, i: int, more: int, ride: int,
    rider: int, pair: Any,
) -> int:  # fmt: skip
    """Soft pence a day that the halt at position i adds."""
    total = 0
    for k in range(n):
        if lane[k, A_GATE] < 0:
            continue
        longer = more if (k < i if leg == 0 else k >= i) else 0
        over = lane[k, A_RIDE] + pair[E_SHIFT] + longer + pair[E_ALONG + lane[k, A_GATE]]
        over -= day[order[k], D_TARGET]
        if over > 0:
            total += half_up(over_target * over, 60)
    over = ride - day[rider, D_TARGET]
    if over > 0:
        total += half_up(over_target * over, 60)
    return total - run[V_SOFT]


@njit_inner
def scan_leg(d: Any, s: Any, leg: int, rider: int, r: int, n_pairs: int, place: int, bar: float) -> float:
    """Cheapest position of the rider's home on one leg, with their gate at `place` (-1: it is there already).

    Returns the price, pence a fortnight, and leaves the position in s.found[leg]; NO_PLACE where none holds, DEARER
    where none is below the bar.
    """
    n, n_hubs = s.now.meta[r, M_N_AM + leg], s.now.meta[r, M_HUBS_AM + leg]
    supply = d.supplies[s.now.meta[r, M_SUPPLY]]
    seconds, metres, hubs = d.seconds[0, leg], d.metres[0, leg], s.now.hubs[r, leg]
    hub, service = d.riders[rider, P_HUB], d.riders[rider, P_HOME_AM + leg]
    price = s.price
    for i in range(n + 1):
        price[i] = 0.0
    mile_pence = supply[S_MILE_RATE] / METRES_PER_MILE
    users_anyway = -1
    if place < 0:
        for j in range(n_hubs):
            if hubs[j] == hub:
                users_anyway = j
    open_positions = n + 1
    for p in range(n_pairs):
        pair = s.pairs[p]
        day = d.daily[leg, pair[E_GROUP]]
        row = day[rider, D_ROW]
        if row < 0:
            continue
        lane, run = s.lanes[r, leg, pair[E_VARIANT]], s.runs[r, leg, pair[E_VARIANT]]
        if not gates_with_rider(leg, seconds, d.riders, day, d.hubs, rider, hubs, n_hubs, run, place, pair, s.gates):
            return NO_PLACE
        pair[E_SHIFT] = way_shift(leg, seconds, lane, run, n, pair[E_GATE])
        if not everybody_holds(leg, lane, n, n_hubs, pair):
            return NO_PLACE
        gate_metres = metres_between_gates(
            leg, metres, d.hubs, hubs, n_hubs, run, lane, n, place, hub, users_anyway, pair
        )
        longest = max(s.runs[r, 0, pair[E_VARIANT], V_LEG], s.runs[r, 1, pair[E_VARIANT], V_LEG], supply[S_LONG_AFTER])
        long_pence = supply[S_LONG_PCT] * supply[S_BASE] / 360_000.0
        way = lane[0, A_REST] if leg == 0 else lane[n, A_REST]
        open_positions = 0
        for i in range(n + 1):
            if price[i] >= NO_PLACE:
                continue
            ride = own_ride(leg, seconds, lane, i, row, pair)
            more = growth(leg, seconds, lane, i, row, service, pair)
            if ride > day[rider, D_CAP] or not fits_at(leg, lane, i, n_hubs, pair[E_SHIFT] + more, pair):
                price[i] = NO_PLACE
                continue
            open_positions += 1
            leg_s = pair[E_SPAN]
            if (lane[i, A_PREV] if leg == 0 else lane[i, A_NEXT]) >= 0:
                leg_s += way + pair[E_SHIFT] + more
            else:
                leg_s += ride - pair[E_OWN] + service
            a_day = mile_pence * metres_of_change(leg, metres, lane, run, n, i, row, gate_metres, supply, pair)
            if leg_s > longest:
                a_day += long_pence * (leg_s - longest)
            price[i] += a_day * pair[E_DAYS]
        if open_positions == 0:
            return NO_PLACE
    if s.blink[1] > 0.0 and n > 0:
        for i in range(n + 1):
            if random_unit(s.rng) < s.blink[1]:
                price[i] = NO_PLACE
    return cheapest_position(d, s, leg, rider, r, n_pairs, n, bar)


@njit_inline
def cheapest_position(d: Any, s: Any, leg: int, rider: int, r: int, n_pairs: int, n: int, bar: float) -> float:
    """Least price with soft rides, which are reckoned only for positions that could still be the cheapest."""
    price, order, seconds = s.price, s.now.order[r, leg], d.seconds[0, leg]
    service = d.riders[rider, P_HOME_AM + leg]
    best, found = NO_PLACE, -1
    while True:
        least = -1
        for i in range(n + 1):
            if price[i] < min(best, bar) and (least < 0 or price[i] < price[least]):
                least = i
        if least < 0:
            break
        total = price[least]
        for p in range(n_pairs):
            pair = s.pairs[p]
            day = d.daily[leg, pair[E_GROUP]]
            row = day[rider, D_ROW]
            if row < 0:
                continue
            lane, run = s.lanes[r, leg, pair[E_VARIANT]], s.runs[r, leg, pair[E_VARIANT]]
            ride = own_ride(leg, seconds, lane, least, row, pair)
            more = growth(leg, seconds, lane, least, row, service, pair)
            total += pair[E_DAYS] * soft_pence_at(
                leg, day, d.rules[R_OVER_TARGET], order, n, lane, run, least, more, ride, rider, pair
            )
        price[least] = NO_PLACE
        if total < best:
            best, found = total, least
    s.found[leg] = found
    return best if found >= 0 else DEARER


@njit_inline
def find_pairs(s: Any, rider: int, r: int) -> int:
    """Days on which the route and the rider are each alike, into s.pairs; returns how many."""
    count = 0
    for v in range(s.variants[r, 0]):
        for k in range(1, s.sigs[rider, 0] + 1):
            mask = s.variants[r, 1 + v] & s.sigs[rider, k]
            if mask > 0:
                pair = s.pairs[count]
                pair[E_VARIANT], pair[E_GROUP], pair[E_DAYS] = v, lowest_bit(mask), s.mask_days[mask]
                count += 1
    return count


@njit_inline
def load_price(d: Any, s: Any, rider: int, r: int, n_pairs: int) -> float:
    """Price of seats, wheelchair places and PAs with the rider on board; NO_PLACE where no class holds it.

    Also refuses company that somebody solo, or a limit on schools met without a new gate, forbids.
    """
    k = s.now.meta[r, M_SUPPLY]
    supply, per = d.supplies[k], d.rules[R_PER_SHARED_PA]
    any_class, own_class = d.fits[len(d.fits) - 1], d.fits[supply[S_CLASS]]
    seats_before, chairs_before, seats_after, chairs_after = 0, 0, 0, 0
    holds, pence = True, 0.0
    for p in range(n_pairs):
        pair = s.pairs[p]
        pas_before, pas_after = 0, 0
        for leg in range(2):
            run = s.runs[r, leg, pair[E_VARIANT]]
            rides = d.daily[leg, pair[E_GROUP], rider, D_ROW] >= 0
            pas = pas_of(run[V_SHARED], run[V_OWN], per)
            chairs, seats = run[V_CHAIRS], run[V_PRESENT] - run[V_CHAIRS] + pas
            pas_before = max(pas_before, pas)
            seats_before, chairs_before = max(seats_before, seats), max(chairs_before, chairs)
            if rides:
                if run[V_PRESENT] > 0 and run[V_SOLO] + d.riders[rider, P_SOLO] > 0:
                    return NO_PLACE
                now = pas_of(run[V_SHARED] + d.riders[rider, P_SHARED], run[V_OWN] + d.riders[rider, P_OWN], per)
                chairs += d.riders[rider, P_CHAIR]
                seats = run[V_PRESENT] + 1 - chairs + now
                if seats >= any_class.shape[0] or chairs >= any_class.shape[1] or not any_class[seats, chairs]:
                    return NO_PLACE
                holds &= own_class[seats, chairs]
                pas = now
            pas_after = max(pas_after, pas)
            seats_after, chairs_after = max(seats_after, seats), max(chairs_after, chairs)
        if supply[S_KIND] == BOUGHT:
            pence += pair[E_DAYS] * supply[S_PA_RATE] * (pas_after - pas_before)
    if not holds or d.riders[rider, P_TAGS] & ~supply[S_TAGS] != 0:
        seats_after = min(seats_after, d.cheapest_base.shape[0] - 1)
        chairs_after = min(chairs_after, d.cheapest_base.shape[1] - 1)
        step = d.cheapest_base[seats_after, chairs_after] - d.cheapest_base[seats_before, chairs_before]
        pence += s.mask_days[len(s.mask_days) - 1] * max(0, step)
    return pence


@njit_inline
def company_allows(d: Any, s: Any, rider: int, r: int) -> bool:
    """Whether no pin and, among those who always travel, no foe is in the way."""
    riders = d.riders
    if riders[rider, P_FOES_FROM] == riders[rider, P_FOES_TO] and riders[rider, P_PINNED] == 0:
        return True
    for leg in range(2):
        for i in range(s.now.meta[r, M_N_AM + leg]):
            other = s.now.order[r, leg, i]
            if riders[rider, P_PINNED] > 0 and riders[other, P_PINNED] not in (0, riders[rider, P_PINNED]):
                return False
            for k in range(riders[rider, P_FOES_FROM], riders[rider, P_FOES_TO]):
                if d.foes[k] == other and s.sigs[rider, 0] == 1 and s.sigs[other, 0] == 1:
                    return False
    return True


@njit_inner
def scan_route(d: Any, s: Any, rider: int, r: int, bar: float, option: Any) -> float:
    """About what the rider costs on route r, pence a fortnight.

    NO_PLACE where they do not fit whatever the bar; DEARER where it is not below the bar.

    rider: first row of a person. option (6,) is filled with where they would go, columns O_*.
    """
    if not company_allows(d, s, rider, r):
        return NO_PLACE
    ensure_lanes(d, s, r)
    n_pairs = find_pairs(s, rider, r)
    total = load_price(d, s, rider, r, n_pairs)
    n_variants = d.riders[rider, P_VARIANTS]
    for leg in range(2):
        if total >= bar:
            return DEARER
        option[O_GATE_AM + leg] = option[O_HOME_AM + leg] = -1
        if d.riders[rider, P_REF_AM + leg] < 0:
            continue
        if s.now.meta[r, M_N_AM + leg] + 1 >= s.now.order.shape[2]:
            return NO_PLACE
        n_hubs = s.now.meta[r, M_HUBS_AM + leg]
        first_place, last_place = 0, n_hubs
        for j in range(n_hubs):
            if s.now.hubs[r, leg, j] == d.riders[rider, P_HUB]:
                first_place = last_place = -1
        if first_place == 0 and (
            n_hubs >= s.lanes.shape[4] - A_SLACK or not schools_allow(d, s, leg, rider, r, n_pairs)
        ):
            return NO_PLACE
        best, bounded = NO_PLACE, False
        for row in range(rider, rider + n_variants):
            if n_variants > 1 and s.blink[0] > 0 and random_unit(s.rng) < PLACES_OVERLOOKED:
                continue
            for place in range(first_place, last_place + 1):
                extra = scan_leg(d, s, leg, row, r, n_pairs, place, min(best, bar - total))
                bounded |= extra == DEARER
                if extra < min(best, DEARER):
                    best = extra
                    option[O_GATE_AM + leg], option[O_HOME_AM + leg] = place, s.found[leg]
                    option[O_RIDER_AM + leg] = row
        if best >= NO_PLACE:
            return DEARER if bounded else NO_PLACE
        total += best
    return total if total < bar else DEARER


@njit_inline
def schools_allow(d: Any, s: Any, leg: int, rider: int, r: int, n_pairs: int) -> bool:
    """Whether a new gate keeps the limit on schools on every day."""
    hub_table, school = d.hubs, d.hubs[d.riders[rider, P_HUB], H_SCHOOL]
    n_hubs = s.now.meta[r, M_HUBS_AM + leg]
    if n_hubs < d.rules[R_MAX_SCHOOLS]:
        return True
    for p in range(n_pairs):
        if d.daily[leg, s.pairs[p, E_GROUP], rider, D_ROW] >= 0:
            run = s.runs[r, leg, s.pairs[p, E_VARIANT]]
            if schools_with(hub_table, s.now.hubs[r, leg], n_hubs, run, school) > d.rules[R_MAX_SCHOOLS]:
                return False
    return True
