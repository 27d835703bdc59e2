"""Every trip that column generation has met, once each, with the hubs that can feed it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.columns.problem import TripProblem
from routing.columns.trips import MAX_TRIP_STOPS, describe_trips
from routing.numba_cache import njit

NO_STOP = -1


class TripPool:
    """Trips by number; grows only."""

    def __init__(self, problem: TripProblem) -> None:
        self.problem = problem
        self._of: dict[tuple[int, int], int] = {}
        self._n = 0
        self._hub = np.zeros(1024, np.int64)
        self._bits = np.zeros(1024, np.uint64)
        self._stops = np.full((1024, MAX_TRIP_STOPS), NO_STOP, np.int64)
        self._can_feed = np.zeros((1024, len(problem.hubs)), np.bool_)

    def __len__(self) -> int:
        return self._n

    @property
    def hub(self) -> NDArray[np.int64]:
        """(m,) hub of each trip."""
        return self._hub[: self._n]

    @property
    def bits(self) -> NDArray[np.uint64]:
        """(m,) stops as bits, local to the hub."""
        return self._bits[: self._n]

    @property
    def stops(self) -> NDArray[np.int64]:
        """(m, MAX_TRIP_STOPS) stops in the problem's numbers, then NO_STOP."""
        return self._stops[: self._n]

    @property
    def can_feed(self) -> NDArray[np.bool_]:
        """(m, H) hubs whose idle vehicle can do the trip in some order of its stops."""
        return self._can_feed[: self._n]

    def stops_of(self, trip: int) -> NDArray[np.int64]:
        """Stops of one trip."""
        stops = self._stops[trip]
        return np.asarray(stops[stops >= 0])

    def add(self, hub: int, sets: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Numbers of the trips with these stops, taken in where they are new."""
        fresh = np.array(sorted({int(b) for b in sets if (hub, int(b)) not in self._of}), np.uint64)
        if len(fresh):
            self._take_in(hub, fresh)
        return np.array([self._of[hub, int(b)] for b in sets], np.int64)

    def _take_in(self, hub: int, fresh: NDArray[np.uint64]) -> None:
        h = self.problem.hubs[hub]
        stops, can_feed = describe_trips(
            fresh, h.service, h.drive, h.to_hub, h.feeders, h.latest, self.problem.ride_limit, len(self.problem.hubs)
        )
        a, b = self._n, self._n + len(fresh)
        while b > len(self._hub):
            self._grow()
        self._hub[a:b], self._bits[a:b] = hub, fresh
        self._stops[a:b] = np.where(stops >= 0, h.stops[stops], NO_STOP)
        self._can_feed[a:b] = can_feed
        self._n = b
        self._of.update(((hub, int(bits)), a + i) for i, bits in enumerate(fresh))

    def _grow(self) -> None:
        def doubled(array: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([array, np.zeros_like(array)])

        self._hub, self._bits = doubled(self._hub), doubled(self._bits)
        self._stops, self._can_feed = doubled(self._stops), doubled(self._can_feed)

    def without(self, trip: int, gone: NDArray[np.bool_]) -> NDArray[np.uint64]:
        """Stops of a trip that are not gone, as bits: empty or one set."""
        hub = self.problem.hubs[self._hub[trip]]
        drop = np.uint64(0)
        for i in np.flatnonzero(gone[hub.stops]):
            drop |= np.uint64(1) << np.uint64(i)
        left = self._bits[trip] & ~drop
        return np.array([left] if left else [], np.uint64)


@njit
def reduced_costs(trips: Any, hub: Any, stops: Any, can_feed: Any, stop_price: Any, idle_price: Any) -> Any:
    """Reduced cost of each of these trips, and its cheapest feeder (-1: a new vehicle)."""
    cost = np.empty(len(trips))
    feeder = np.empty(len(trips), np.int64)
    order = np.argsort(idle_price)
    for m in range(len(trips)):
        t = trips[m]
        best, who = 1.0, -1
        for k in order:
            if idle_price[k] >= 1.0 - 1e-9:
                break
            if can_feed[t, k]:
                best, who = idle_price[k], k
                break
        best -= idle_price[hub[t]]
        for i in range(stops.shape[1]):
            if stops[t, i] < 0:
                break
            best -= stop_price[stops[t, i]]
        cost[m], feeder[m] = best, who
    return cost, feeder
