"""Whole plans from the linear program: fix a few trips, price again, and so on; then again around parts of the plan."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.chaining import chain_trips, n_vehicles
from routing.columns.master import NEW_VEHICLE, Master
from routing.columns.pool import TripPool, reduced_costs
from routing.columns.problem import TripProblem
from routing.columns.trips import LabelSpace, make_label_space, price_trips

TINY = 1e-6


@dataclass(slots=True, kw_only=True)
class Budget:
    """CPU seconds of this process."""

    until: float

    @property
    def is_over(self) -> bool:
        """Whether they are used up."""
        return time.process_time() >= self.until


class Pricer:
    """New trips at the prices of a master."""

    def __init__(self, pool: TripPool, width: int) -> None:
        self.pool = pool
        self.width = width
        self._space: LabelSpace = make_label_space(width * 80)

    def add_trips(self, master: Master, free: NDArray[np.bool_], hubs: NDArray[np.int64]) -> tuple[int, bool]:
        """Add the best trips of these hubs over stops that are free.

        Returns how many columns are new, and whether every trip was looked at, by itself or by a bound.
        """
        problem, n_new, complete = self.pool.problem, 0, True
        for h in hubs:
            hub = problem.hubs[h]
            gain = np.where(free[hub.stops], master.stop_price[hub.stops], 0.0)
            cost, sets, all_seen = price_trips(
                hub.load, hub.service, hub.drive, hub.to_hub, hub.feeders, hub.latest, gain, master.idle_price,
                int(h), problem.capacity, problem.ride_limit, self.width, self._space,
            )  # fmt: skip
            complete &= all_seen
            trips = self.pool.add(int(h), sets[cost < -TINY])
            if len(trips):
                n_new += master.add(trips, self.cheapest_feeder(master, trips))
        return n_new, complete

    def cheapest_feeder(self, master: Master, trips: NDArray[np.int64]) -> NDArray[np.int64]:
        """Cheapest hub that can feed each trip, or a new vehicle."""
        pool = self.pool
        feeder: NDArray[np.int64] = reduced_costs(
            trips, pool.hub, pool.stops, pool.can_feed, master.stop_price, master.idle_price
        )[1]
        return feeder


class Dive:
    """One master on its way from fractions to a plan.

    Attributes
    ----------
    fixed : trips that stay. free : (S,) stops of no fixed trip.
    priced_all : whether the last round of pricing looked at every trip.
    """

    def __init__(
        self, master: Master, pricer: Pricer, fixed: list[int], hubs: NDArray[np.int64], candidates: NDArray[np.int64]
    ) -> None:
        self.master, self.pricer, self.pool = master, pricer, master.pool
        self.hubs = hubs
        self.fixed = list(fixed)
        self.free = np.ones(self.pool.problem.n_stops, np.bool_)
        for t in fixed:
            self.free[self._stops(t)] = False
        self.priced_all = False
        self._known = candidates
        self._n_seen = len(self.pool)

    def _stops(self, trip: int) -> NDArray[np.int64]:
        return self.pool.stops_of(trip)

    def generate(self, max_rounds: int, budget: Budget) -> bool:
        """Price until nothing is found. Returns whether this has settled: nothing better at this width."""
        master = self.master
        master.solve(after_cuts=True)
        for _ in range(max_rounds):
            n_new, self.priced_all = self.pricer.add_trips(master, self.free, self.hubs)
            n_new += master.price_pool(self._candidates(), 2000)
            if n_new == 0:
                return True
            if budget.is_over:
                return False
            master.solve()
            if len(master.trip) > 8 * master.n_rows:
                master.drop_columns(0.15)
        return False

    def _candidates(self) -> NDArray[np.int64]:
        fresh = np.arange(self._n_seen, len(self.pool))
        self._n_seen = len(self.pool)
        self._known = np.r_[self._known, fresh[np.isin(self.pool.hub[fresh], self.hubs)]]
        return np.concatenate([self._open(self._known), np.array(self.fixed, np.int64)])

    def _open(self, trips: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those whose stops are all free."""
        stops = self.pool.stops[trips]
        stay = np.all((stops < 0) | self.free[stops], axis=1)
        self._known = np.asarray(trips[stay], np.int64)
        return self._known

    def fix(self, n_trips: int, noise: float, rng: np.random.Generator) -> None:
        """Fix the trips that the program uses most."""
        use = np.minimum(self.master.use_of_trips(), 1.0)
        use[self.fixed] = 0.0
        used = np.flatnonzero(use > TINY)
        score = use[used] + noise * rng.random(len(used))
        n_fixed = 0
        for t in used[np.argsort(-score, kind="stable")]:
            stops = self._stops(int(t))
            if self.free[stops].all():
                self.free[stops] = False
                self.fixed.append(int(t))
                n_fixed += 1
                if n_fixed == n_trips:
                    break
        self._cut()

    def _cut(self) -> None:
        """Take out every other trip over stops that are now fixed; what is left of those in use goes in."""
        master, pool = self.master, self.pool
        stops = pool.stops[master.trip]
        touched = ((stops >= 0) & ~self.free[stops]).any(axis=1) & master.on
        touched &= ~np.isin(master.trip, self.fixed)
        columns = np.flatnonzero(touched)
        in_use = columns[master.x[columns] > TINY]
        trips, feeders = [], []
        for c in in_use:
            left = pool.without(int(master.trip[c]), ~self.free)
            trips += list(pool.add(int(pool.hub[master.trip[c]]), left))
            feeders += [int(master.feeder[c])] * len(left)
        master.switch_off(columns)
        master.add(np.array(trips, np.int64), np.array(feeders, np.int64))

    def run(
        self, *, step: int, rounds: int, noise: float, stop_above: float, rng: np.random.Generator, budget: Budget
    ) -> list[int] | None:
        """Dive to a plan; None where its vehicles would be more than `stop_above`, or the time is over."""
        while True:
            settled = self.generate(rounds, budget)
            if budget.is_over:
                return None
            if settled and self.master.value > stop_above + TINY:
                return None
            if not self.free.any():
                return self.fixed
            self.fix(step, noise, rng)

    def close(self) -> list[int]:
        """Fix all that is left without another look at prices: trips in use first, then lone stops."""
        while self.free.any():
            n_fixed = len(self.fixed)
            self.fix(len(self.pool), 0.0, np.random.default_rng(0))
            if len(self.fixed) == n_fixed:
                alone = single_stops(self.pool)
                self.fixed += [int(t) for t in alone[self.free[self.pool.stops[alone, 0]]]]
                self.free[:] = False
        return self.fixed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TripPlan:
    """Trips that serve every stop once, and who follows whom.

    Attributes
    ----------
    trips : numbers in the pool. before : index among `trips` of the one before, or -1. n_vehicles : of all.
    """

    trips: tuple[int, ...]
    before: NDArray[np.int64]
    n_vehicles: int


def plan_of(pool: TripPool, trips: list[int]) -> TripPlan:
    """Chain trips exactly."""
    chosen = np.array(trips, np.int64)
    before = chain_trips(pool.hub[chosen], pool.can_feed[chosen])
    return TripPlan(trips=tuple(trips), before=before, n_vehicles=n_vehicles(before))


def single_stops(pool: TripPool) -> NDArray[np.int64]:
    """Every stop as a trip of its own."""
    trips = []
    for h, hub in enumerate(pool.problem.hubs):
        bits = np.uint64(1) << np.arange(len(hub.stops), dtype=np.uint64)
        trips.append(pool.add(h, bits))
    return np.concatenate(trips)


def root(problem: TripProblem, pool: TripPool, pricer: Pricer) -> Dive:
    """A dive over the whole problem, nothing fixed yet."""
    master = Master(pool, np.arange(problem.n_stops))
    alone = single_stops(pool)
    master.add(alone, np.full(len(alone), NEW_VEHICLE))
    return Dive(master, pricer, [], np.arange(len(problem.hubs)), np.arange(len(pool)))
