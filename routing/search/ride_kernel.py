"""Dial-a-ride under the project's own search: what a route of door-to-door rides costs and where a ride fits.

The second problem that the loop serves (`routing.search.dispatch`). A *unit* is a ride, its two *riders* are the two
stops, pick-up and drop-off; a route's order on leg 0 is the sequence of stops, leg 1 is empty. Times and lengths are
whole micro-units of the instance's own unit.

Whether a sequence can be driven is a system of difference constraints: windows, driving, and for each drop-off (and
for the end of the shift) at most so long after its opening stop. The earliest solution is found by forward passes
that push an opening stop up where its closing stop comes too late, until nothing moves (Bellman-Ford); it is exact.
Adding a ride moves nothing earlier, so the passes start from the route's own earliest times, may stop where they meet
them again, and fail as soon as a stop is later than the route's own latest time allows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from routing.instance import S_LIMIT
from routing.numba_cache import njit, njit_inline, njit_inner
from routing.search.dispatch import (
    RuinMix,
    best_insertion,
    mark_hopeless,
    only_adds,
    price_on_supply,
    price_trial,
    ruin_mix,
    share_vehicle,
)
from routing.search.state import (
    B_SUPPLY,
    HUGE,
    L_LANES,
    L_MARK,
    M_COST,
    M_N_AM,
    M_SUPPLY,
    N_HIGH,
    N_MARK,
    N_SPARE,
    Q_ROUTE,
    clear_route,
    copy_route,
    is_empty,
    new_slot,
    pick_slot,
    put_route,
    random_unit,
    trial_slot,
)

# Columns of `RideData.stops`: window of the start of service; change of the load; most time between the starts of
# service here and at the opening stop (-1: this is an opening stop).
V_OPEN, V_CLOSE, V_LOAD, V_SPAN = range(4)

# Rows of `RideState.cached` and `RideState.line`, one column a stop, depots included: the stop, earliest and latest
# start of service, load on leaving, position of the opening stop (-1: none); lower bound
# and time of the pass under way.
C_STOP, C_EARLIEST, C_LATEST, C_LOAD, C_OPENING, C_FLOOR, C_TIME = range(7)
N_CACHED = 7

POSITION_BLINK = 0.04
"""Share of good positions overlooked at random."""
NEIGHBOURS_RANKED = 12
"""Neighbours whose routes are tried first: a good price found early spares most of the exact tests."""


class RideData(NamedTuple):
    """A dial-a-ride problem of n rides; stops 0..n-1 are pick-ups, n..2n-1 their drop-offs, 2n and 2n+1 the depot.

    riders, unit_ptr, unit_riders, near, supplies : as in `routing.instance.Data`, read by the loop.
    stops : int64 (2n + 2, 4), columns V_*. length, step : int64 (2n + 2, 2n + 2), length of the way, and time from
        start of service to start of service. capacity : int64 (1,).
    """

    riders: Any
    unit_ptr: Any
    unit_riders: Any
    near: Any
    supplies: Any
    stops: Any
    length: Any
    step: Any
    capacity: Any


class RideState(NamedTuple):
    """As `routing.search.state.State`; `cached` (R, N_CACHED, L + 2) and `line` (N_CACHED, L + 4) are of rides."""

    now: Any
    old: Any
    best: Any
    slots: Any
    people: Any
    books: Any
    num: Any
    rng: Any
    keys: Any
    found: Any
    cached: Any
    line: Any


@ruin_mix.for_data(RideData)
@njit_inline
def long_strings_and_single_rides(d: Any) -> RuinMix:
    """Strings of up to twenty stops, no whole route (there are few, and long), single rides in a fifth of the ruins."""
    return RuinMix(3, 20, 0.0, 0.0, 0.2, 15)


@njit_inline
def settle_earliest(d: Any, line: Any, n: int, first: int, meets: int) -> bool:
    """Least times of a line of n stops, into C_TIME from position `first` on; False where there are none.

    C_FLOOR holds a lower bound of each stop's time (raised here for opening stops), C_LATEST an upper bound; the times
    before `first` are given. From position `meets` on, a stop whose time is C_EARLIEST ends the pass: the line behind
    it stands as it was.
    """
    for _ in range(n):
        again = n
        for k in range(first, n):
            stop = line[C_STOP, k]
            at = max(line[C_FLOOR, k], line[C_TIME, k - 1] + d.step[line[C_STOP, k - 1], stop])
            if at > line[C_LATEST, k]:
                return False
            line[C_TIME, k] = at
            opening = line[C_OPENING, k]
            if opening >= 0:
                least = at - d.stops[stop, V_SPAN]
                if least > line[C_TIME, opening]:
                    if least > line[C_LATEST, opening]:
                        return False
                    line[C_FLOOR, opening] = line[C_TIME, opening] = least
                    again = min(again, opening)
            if k >= meets and at == line[C_EARLIEST, k]:
                break
        if again == n:
            return True
        # The opening stop keeps its raised time; what follows it is pushed on.
        first = again + 1
    return False


@njit_inline
def settle_latest(d: Any, line: Any, n: int) -> None:
    """Greatest times of a feasible line, into C_LATEST, which holds upper bounds before."""
    moved = True
    while moved:
        moved = False
        for k in range(n - 1, -1, -1):
            stop = line[C_STOP, k]
            if k < n - 1:
                line[C_LATEST, k] = min(line[C_LATEST, k], line[C_LATEST, k + 1] - d.step[stop, line[C_STOP, k + 1]])
        for k in range(n):
            opening = line[C_OPENING, k]
            if opening >= 0:
                most = line[C_LATEST, opening] + d.stops[line[C_STOP, k], V_SPAN]
                if most < line[C_LATEST, k]:
                    line[C_LATEST, k] = most
                    moved = True


@njit_inline
def write_line(d: Any, s: Any, order: Any, n: int, line: Any) -> bool:
    """Write a route's stops, windows, loads and opening stops into a line of n + 2 stops; False if overfull.

    Without its depots a position in the order is one less than in the line.
    """
    depot = len(d.stops) - 2
    n_rides = depot // 2
    load = 0
    fits = True
    for k in range(n + 2):
        stop = depot if k == 0 else depot + 1 if k == n + 1 else order[k - 1]
        line[C_STOP, k] = stop
        line[C_FLOOR, k], line[C_LATEST, k] = d.stops[stop, V_OPEN], d.stops[stop, V_CLOSE]
        load += d.stops[stop, V_LOAD]
        fits &= load <= d.capacity[0]
        line[C_LOAD, k] = load
        line[C_OPENING, k] = -1
        if stop == depot + 1:
            line[C_OPENING, k] = 0
        elif stop < depot and stop >= n_rides:
            for j in range(k):
                if line[C_STOP, j] == stop - n_rides:
                    line[C_OPENING, k] = j
            fits &= line[C_OPENING, k] >= 0
    return fits


@njit_inline
def length_of(d: Any, line: Any, n: int) -> int:
    """Length of a line of n stops."""
    total = 0
    for k in range(n - 1):
        total += d.length[line[C_STOP, k], line[C_STOP, k + 1]]
    return total


@njit_inline
def can_drive(d: Any, s: Any, order: Any, n: int) -> bool:
    """Whether a sequence of n stops keeps capacity, windows, ride times and the shift; the line is left in s.line."""
    line = s.line
    if not write_line(d, s, order, n, line):
        return False
    line[C_TIME, 0] = line[C_FLOOR, 0]
    return settle_earliest(d, line, n + 2, 1, n + 2)


@njit
def time_route(d: Any, s: Any, order: Any, n: int) -> bool:
    """`can_drive` for Python: on success line[C_TIME, : n + 2] holds the earliest times, depots included."""
    return can_drive(d, s, order, n)


@price_trial.for_data(RideData)
@njit_inner
def price_rides(d: Any, s: Any, own: int, own_pas: int) -> bool:
    """Length of the trial route; False where a rule breaks or no vehicle is left."""
    t = trial_slot(s)
    n = s.now.meta[t, M_N_AM]
    if own < 0 and s.books[B_SUPPLY, 0] >= d.supplies[0, S_LIMIT]:
        return False
    if not can_drive(d, s, s.now.order[t, 0], n):
        return False
    s.now.meta[t, M_SUPPLY] = 0
    s.now.meta[t, M_COST] = length_of(d, s.line, n + 2)
    return True


@njit_inner
def cache_route(d: Any, s: Any, r: int) -> None:
    """Earliest and latest times and loads of a route of the working plan, ride times and shift included."""
    n = s.now.meta[r, M_N_AM]
    s.slots[L_LANES, r] = 1
    line = s.cached[r]
    write_line(d, s, s.now.order[r, 0], n, line)
    line[C_TIME, 0] = line[C_FLOOR, 0]
    settle_earliest(d, line, n + 2, 1, n + 2)
    for k in range(n + 2):
        line[C_EARLIEST, k] = line[C_TIME, k]
    settle_latest(d, line, n + 2)


@njit_inline
def insertion_holds(d: Any, s: Any, base: Any, n: int, pickup: int, dropoff: int, i: int, j: int) -> bool:
    """Whether a ride fits into a cached line of n stops, boarding after position i and alighting after j >= i."""
    line = s.line
    for k in range(n):
        to = k + (k > i) + (k > j)
        line[C_STOP, to] = base[C_STOP, k]
        line[C_EARLIEST, to] = line[C_FLOOR, to] = line[C_TIME, to] = base[C_EARLIEST, k]
        line[C_LATEST, to] = base[C_LATEST, k]
        opening = base[C_OPENING, k]
        line[C_OPENING, to] = opening + (opening > i) + (opening > j)
    for at, stop in ((i + 1, pickup), (j + 2, dropoff)):
        line[C_STOP, at] = stop
        line[C_FLOOR, at] = d.stops[stop, V_OPEN]
        line[C_LATEST, at] = d.stops[stop, V_CLOSE]
    line[C_OPENING, i + 1], line[C_OPENING, j + 2] = -1, i + 1
    return settle_earliest(d, line, n + 2, i + 1, j + 3)


@njit_inline
def best_positions(d: Any, s: Any, r: int, pickup: int, dropoff: int, most: int) -> tuple[int, int, int]:
    """Cheapest feasible positions of a ride in route r: (extra length, i, j); (most, -1, -1) where none is cheaper.

    Necessary tests first, by the cached times and the length; the exact one last.
    """
    base, n = s.cached[r], s.now.meta[r, M_N_AM] + 2
    window_p, window_q = d.stops[pickup], d.stops[dropoff]
    room = d.capacity[0] - window_p[V_LOAD]
    best, best_i, best_j = most, -1, -1
    for i in range(n - 1):
        a, b = base[C_STOP, i], base[C_STOP, i + 1]
        early = max(window_p[V_OPEN], base[C_EARLIEST, i] + d.step[a, pickup])
        if early > window_p[V_CLOSE]:
            break
        to_pickup = d.length[a, pickup] - d.length[a, b]
        added = to_pickup + d.length[pickup, b]
        if base[C_LOAD, i] > room or added >= best or early + d.step[pickup, b] > base[C_LATEST, i + 1]:
            continue
        # Straight on to the drop-off, then stop by stop as long as the clock, the ride and the load allow.
        clock, ride, x = early, 0, pickup
        for j in range(i, n - 1):
            if j > i:
                stop = base[C_STOP, j]
                clock = max(base[C_EARLIEST, j], clock + d.step[x, stop])
                ride += d.step[x, stop]
                if clock > base[C_LATEST, j] or base[C_LOAD, j] > room:
                    break
                x = stop
            y = base[C_STOP, j + 1]
            drop_at = max(window_q[V_OPEN], clock + d.step[x, dropoff])
            if drop_at > window_q[V_CLOSE] or ride + d.step[x, dropoff] > window_q[V_SPAN]:
                break
            if j == i:
                extra = to_pickup + d.length[pickup, dropoff] + d.length[dropoff, b]
            else:
                extra = added + d.length[x, dropoff] + d.length[dropoff, y] - d.length[x, y]
            if extra >= best or drop_at + d.step[dropoff, y] > base[C_LATEST, j + 1]:
                continue
            if random_unit(s.rng) >= POSITION_BLINK and insertion_holds(d, s, base, n, pickup, dropoff, i, j):
                best, best_i, best_j = extra, i, j
    return best, best_i, best_j


@njit_inline
def try_ride(d: Any, s: Any, unit: int, r: int, most: int) -> int:
    """Least extra length of a ride in route r (-1: a new one), the route with the ride left in the trial."""
    t = trial_slot(s)
    pickup = d.unit_riders[d.unit_ptr[unit]]
    dropoff = d.unit_riders[d.unit_ptr[unit] + 1]
    order, meta = s.now.order[t, 0], s.now.meta[t]
    if r < 0:
        clear_route(s.now, t)
        order[0], order[1] = pickup, dropoff
        meta[M_N_AM] = 2
        return meta[M_COST] if price_rides(d, s, -1, 0) else HUGE
    if s.slots[L_LANES, r] == 0:
        cache_route(d, s, r)
    extra, i, j = best_positions(d, s, r, pickup, dropoff, most)
    if i < 0:
        return HUGE
    n = s.now.meta[r, M_N_AM]
    copy_route(s.now, r, s.now, t)
    for k in range(n - 1, i - 1, -1):
        order[k + 1 + (k >= j)] = order[k]
    order[i], order[j + 1] = pickup, dropoff
    meta[M_N_AM] = n + 2
    meta[M_COST] += extra
    return extra


@price_on_supply.for_data(RideData)
@njit_inner
def price_on_vehicle(d: Any, s: Any, k: int) -> bool:
    """`price_rides` for a vehicle that is there: they are all alike."""
    return price_rides(d, s, k, 0)


@share_vehicle.for_data(RideData)
@njit_inline
def one_route_each(d: Any, s: Any) -> None:
    """A vehicle drives one route."""


@only_adds.for_data(RideData)
@njit_inline
def rides_add(d: Any) -> bool:
    """Lengths keep the triangle inequality."""
    return True


@best_insertion.for_data(RideData)
@njit_inner
def insert_ride(d: Any, s: Any, unit: int, blink: float, room: float) -> bool:
    """Put a ride where it lengthens the plan least; routes of near stops first, as a good length spares many tests."""
    s.num[N_MARK] += 1
    mark, trial, pick = s.num[N_MARK], trial_slot(s), pick_slot(s)
    near = d.near[0, d.unit_riders[d.unit_ptr[unit]]]
    n_ranked = min(NEIGHBOURS_RANKED, len(near))
    most = int(min(room, float(HUGE)))
    best, best_r = min(try_ride(d, s, unit, -1, HUGE), most), -1
    if best < most:
        copy_route(s.now, trial, s.now, pick)
    for i in range(n_ranked + s.num[N_HIGH]):
        r = s.people[Q_ROUTE, near[i]] if i < n_ranked else i - n_ranked
        if r < 0 or s.slots[L_MARK, r] == mark or is_empty(s.now, r):
            continue
        s.slots[L_MARK, r] = mark
        if blink > 0.0 and random_unit(s.rng) < blink:
            continue
        extra = try_ride(d, s, unit, r, best)
        if extra < best:
            best, best_r = extra, r
            copy_route(s.now, trial, s.now, pick)
    if best >= most:
        return False
    put_route(d, s, pick, new_slot(s) if best_r < 0 else best_r)
    return True


@mark_hopeless.for_data(RideData)
@njit_inner
def hope_for_all(d: Any, s: Any) -> None:
    """Every ride can be driven alone, or the problem has no solution."""


def ride_scratch(n_slots: int, longest: int) -> tuple[Any, Any]:
    """Arrays `cached` and `line` of a state whose routes hold up to `longest` stops."""
    return (
        np.zeros((n_slots + N_SPARE, N_CACHED, longest + 2), np.int64),
        np.zeros((N_CACHED, longest + 4), np.int64),
    )
