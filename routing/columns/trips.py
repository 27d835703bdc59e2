"""Trips of one hub as labels, made backwards from the hub: the pricing problem of column generation.

A label is a set of stops with the one that the trip starts at; of all orders only the one with the shortest ride of the
first stop's riders counts, for theirs is the longest. A trip is worth the prices of its stops and of the vehicle that
it leaves at the hub, and costs what its vehicle costs: a new one 1, or the cheapest idle one that is there in time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.numba_cache import njit

N_MIXES = 5
"""Mixtures of riders and time by which what is still to be had is bounded from above."""
N_BUCKETS = 256
KEPT_PER_START = 3
MAX_TRIP_STOPS = 12
"""More stops than this no trip has: all orders of it are looked at in one table of 2^n rows."""
EPS = 1e-7


class LabelSpace(NamedTuple):
    """Room for labels; reused by every call.

    Attributes
    ----------
    stops : bits of the stops. start : stop that the trip starts at. ride, gain, load : of the label so far.
    score : gain that it may come to.
    table : hash table of label numbers that count on over all calls. used : (1,) labels of earlier calls.
    """

    stops: NDArray[np.uint64]
    start: NDArray[np.int8]
    ride: NDArray[np.float64]
    gain: NDArray[np.float64]
    load: NDArray[np.int16]
    score: NDArray[np.float64]
    table: NDArray[np.int64]
    used: NDArray[np.int64]


def make_label_space(n_labels: int) -> LabelSpace:
    """Room for so many labels."""
    n_table = 1 << (max(n_labels, 512) * 2 - 1).bit_length()
    return LabelSpace(
        stops=np.zeros(n_labels, np.uint64),
        start=np.zeros(n_labels, np.int8),
        ride=np.zeros(n_labels),
        gain=np.zeros(n_labels),
        load=np.zeros(n_labels, np.int16),
        score=np.zeros(n_labels),
        table=np.full(n_table, -1, np.int64),
        used=np.zeros(1, np.int64),
    )


@njit
def start_prices(feeders: Any, latest: Any, idle_price: Any) -> Any:
    """Per stop the steps (latest ride, price) of the cheapest vehicle for a trip that starts there.

    Step 0 is a new vehicle at 1 for any ride; each further one is cheaper and asks for a shorter ride.
    """
    n, n_feeders = feeders.shape
    ride = np.empty((n, n_feeders + 1))
    price = np.empty((n, n_feeders + 1))
    count = np.empty(n, np.int64)
    for i in range(n):
        ride[i, 0], price[i, 0] = np.inf, 1.0
        c = 1
        for j in range(n_feeders):
            k = feeders[i, j]
            if k < 0:
                break
            if idle_price[k] < price[i, c - 1] - 1e-12:
                if ride[i, c - 1] == latest[i, j]:
                    c -= 1
                ride[i, c], price[i, c] = latest[i, j], idle_price[k]
                c += 1
        count[i] = c
    return ride, price, count


@njit
def vehicle_price(steps_ride: Any, steps_price: Any, count: Any, start: int, ride: float) -> float:
    """Cheapest vehicle for a trip of this start and ride."""
    c = count[start] - 1
    while steps_ride[start, c] < ride:
        c -= 1
    return steps_price[start, c]


@njit
def upper_gains(load: Any, span: Any, gain: Any, capacity: int, ride_limit: float) -> Any:
    """Most gain that can be added within a budget, (N_MIXES, N_BUCKETS + 1).

    Fractional knapsacks: mix m weighs m / 4 of the share of riders and 1 − m / 4 of the share of time.
    """
    n = len(gain)
    best = np.zeros((N_MIXES, N_BUCKETS + 1))
    for m in range(N_MIXES):
        a = m / (N_MIXES - 1)
        weight = np.empty(n)
        for i in range(n):
            weight[i] = a * load[i] / capacity + (1 - a) * span[i] / ride_limit
        order = np.argsort(-gain / np.maximum(weight, 1e-12))
        for b in range(N_BUCKETS + 1):
            left, total = b / N_BUCKETS, 0.0
            for i in order:
                if gain[i] <= 0 or left <= 0:
                    continue
                part = min(1.0, left / max(weight[i], 1e-12))
                total += part * gain[i]
                left -= part * weight[i]
            best[m, b] = total
    return best


@njit
def more_gain(best: Any, load_left: float, time_left: float) -> float:
    """Upper bound of the gain that a label can still add; both budgets are shares of the whole, 0 to 1."""
    bound = np.inf
    for m in range(N_MIXES):
        a = m / (N_MIXES - 1)
        share = a * load_left + (1 - a) * time_left
        b = int(np.ceil(min(1.0, max(0.0, share)) * N_BUCKETS))
        bound = min(bound, best[m, b])
    return bound


@njit
def price_trips(
    load: Any,
    service: Any,
    drive: Any,
    to_hub: Any,
    feeders: Any,
    latest: Any,
    gain: Any,
    idle_price: Any,
    hub: int,
    capacity: int,
    ride_limit: float,
    width: int,
    space: Any,
) -> Any:
    """Best trips of a hub at these prices.

    gain (n,) price of each stop, 0 for one that is not to be served; idle_price (H,) of a vehicle free at each hub;
    width: labels kept of each number of stops. Returns (reduced cost, stops) of the best trips per start with a
    negative reduced cost, and whether every trip was looked at (by itself or by a bound).
    """
    n = len(load)
    steps_ride, steps_price, count = start_prices(feeders, latest, idle_price)
    span = np.full(n, np.inf)
    most_service, cheapest = 0.0, 1.0
    for i in range(n):
        if gain[i] <= EPS:
            continue
        most_service = max(most_service, service[i])
        cheapest = min(cheapest, vehicle_price(steps_ride, steps_price, count, i, to_hub[i]))
        for j in range(n):
            if j != i and gain[j] > EPS:
                span[i] = min(span[i], drive[i, j] + service[i])
    best_gain = upper_gains(load, np.where(np.isinf(span), ride_limit * 2, span), gain, capacity, ride_limit)
    kept_cost = np.full((n, KEPT_PER_START), 0.0)
    kept_stops = np.zeros((n, KEPT_PER_START), np.uint64)
    complete = True
    base = space.used[0]
    mask = len(space.table) - 1
    end = 0
    level, level_end = 0, 0
    first_level = True
    for n_stops in range(1, n + 1):
        if n_stops > MAX_TRIP_STOPS:
            complete = False
            break
        room = len(space.stops)
        n_parents = n if first_level else level_end - level
        for q in range(n_parents):
            parent = -1 if first_level else level + q
            for g in range(n):
                if gain[g] <= EPS or (first_level and g != q):
                    continue
                bit = np.uint64(1) << np.uint64(g)
                if first_level:
                    stops, ride, total, riders = bit, to_hub[g], gain[g], load[g]
                else:
                    if space.stops[parent] & bit:
                        continue
                    f = space.start[parent]
                    stops = space.stops[parent] | bit
                    ride = space.ride[parent] + service[f] + drive[g, f]
                    total = space.gain[parent] + gain[g]
                    riders = space.load[parent] + load[g]
                if riders > capacity or ride > ride_limit:
                    continue
                time_left = ride_limit - ride - service[g] + most_service
                hope = total + more_gain(best_gain, (capacity - riders) / capacity, time_left / ride_limit)
                cost = vehicle_price(steps_ride, steps_price, count, g, ride) - idle_price[hub] - total
                if cheapest - idle_price[hub] - hope > -EPS and cost > -EPS:
                    continue
                key = (stops * np.uint64(0x9E3779B97F4A7C15)) ^ (np.uint64(g + 1) * np.uint64(0xC2B2AE3D27D4EB4F))
                key ^= key >> np.uint64(29)
                slot = np.int64((key * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(33)) & mask
                old = -1
                while space.table[slot] >= base + level_end:
                    seen = space.table[slot] - base
                    if space.stops[seen] == stops and space.start[seen] == g:
                        old = seen
                        break
                    slot = (slot + 1) & mask
                if old >= 0:
                    if space.ride[old] <= ride:
                        continue
                    new = old
                else:
                    if end == room:
                        complete = False
                        continue
                    new = end
                    end += 1
                    space.table[slot] = base + new
                space.stops[new], space.start[new], space.ride[new] = stops, g, ride
                space.gain[new], space.load[new], space.score[new] = total, riders, hope
                if cost < -EPS:
                    place = KEPT_PER_START
                    for c in range(KEPT_PER_START):
                        if kept_stops[g, c] == stops:
                            place = c
                            break
                    if place < KEPT_PER_START:
                        kept_cost[g, place] = min(kept_cost[g, place], cost)
                    elif cost < kept_cost[g, KEPT_PER_START - 1]:
                        kept_cost[g, KEPT_PER_START - 1] = cost
                        kept_stops[g, KEPT_PER_START - 1] = stops
                        place = KEPT_PER_START - 1
                    else:
                        continue
                    while place > 0 and kept_cost[g, place] < kept_cost[g, place - 1]:
                        kept_cost[g, place], kept_cost[g, place - 1] = kept_cost[g, place - 1], kept_cost[g, place]
                        kept_stops[g, place], kept_stops[g, place - 1] = kept_stops[g, place - 1], kept_stops[g, place]
                        place -= 1
        level, level_end = level_end, end
        first_level = False
        if end - level > width:
            complete = False
            limit = -np.partition(-space.score[level:end], width)[width]
            to = level
            for a in range(level, end):
                if space.score[a] > limit:
                    space.stops[to], space.start[to], space.ride[to] = space.stops[a], space.start[a], space.ride[a]
                    space.gain[to], space.load[to] = space.gain[a], space.load[a]
                    to += 1
            # Numbers count on from the old end, so that no entry of the table is taken for one of the next level.
            level_end = to
            end = to
            base += len(space.stops)
        if level == level_end:
            break
    space.used[0] = base + len(space.stops) + 1
    return kept_cost, kept_stops, complete


@njit
def shortest_rides(stops: Any, n: int, service: Any, drive: Any, to_hub: Any, ride: Any) -> None:
    """Shortest ride of a trip over these n stops for each start, by dynamic programming over all orders.

    Fills ride (2^n or more, MAX_TRIP_STOPS); the row 2^n − 1 is the answer.
    """
    ride[: 1 << n, :n] = np.inf
    for i in range(n):
        ride[1 << i, i] = to_hub[stops[i]]
    for s in range(1, 1 << n):
        for f in range(n):
            if ride[s, f] == np.inf:
                continue
            so_far = ride[s, f] + service[stops[f]]
            for g in range(n):
                if s >> g & 1:
                    continue
                t = s | 1 << g
                ride[t, g] = min(ride[t, g], so_far + drive[stops[g], stops[f]])


@njit
def describe_trips(
    sets: Any, service: Any, drive: Any, to_hub: Any, feeders: Any, latest: Any, ride_limit: float, n_hubs: int
) -> Any:
    """Stops of each trip of a hub, padded with -1, and which hubs can feed it in some order of its stops.

    sets (m,) uint64. Returns stops (m, MAX_TRIP_STOPS) local, can_feed (m, n_hubs).
    """
    m = len(sets)
    stops = np.full((m, MAX_TRIP_STOPS), -1, np.int64)
    can_feed = np.zeros((m, n_hubs), np.bool_)
    ride = np.empty((1 << MAX_TRIP_STOPS, MAX_TRIP_STOPS))
    for t in range(m):
        n = 0
        for i in range(len(service)):
            if sets[t] >> np.uint64(i) & np.uint64(1):
                stops[t, n] = i
                n += 1
        shortest_rides(stops[t], n, service, drive, to_hub, ride)
        for i in range(n):
            shortest = ride[(1 << n) - 1, i]
            if shortest > ride_limit:
                continue
            for j in range(feeders.shape[1]):
                if feeders[stops[t, i], j] < 0 or latest[stops[t, i], j] < shortest:
                    break
                can_feed[t, feeders[stops[t, i], j]] = True
    return stops, can_feed
