"""Fewest vehicles for trips to hubs, within CPU seconds: prices, a careful dive, dives around parts, a bound."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from routing.columns.dive import Budget, Dive, Pricer, TripPlan, plan_of, root
from routing.columns.improve import Prices, improve_once
from routing.columns.pool import TripPool
from routing.columns.problem import TripProblem
from routing.columns.trips import MAX_TRIP_STOPS, shortest_rides

WIDTHS = (1_000, 8_000)
"""Labels kept of each number of stops: first, and once that has settled."""
WIDTH_OF_PROOF = 100_000
STEP = 0.02
"""Share of the trips that are fixed before prices are made again. At 0.05 the plan gets worse by several per cent."""
ROUNDS = 5
ROOT_ROUNDS = 80
SHARE_OF_ROOT, SHARE_OF_PROOF, SHARE_OF_DIVE = 0.35, 0.15, 0.9
"""Parts of the time after which the root, the proof and the first dive have to be done."""
SHARE_FOR_MORE = 0.15
"""Where the root took longer than this part, neither more labels nor a proof: a dive cut short costs far more."""
NO_LIMIT = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class TripStops:
    """One trip: its hub and its stops in the order of pick-up."""

    hub: int
    stops: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TripsResult:
    """Vehicles with their trips, and what is known about them.

    Attributes
    ----------
    vehicles : trips of each vehicle in order.
    lp_value : of the linear program.
    bound : vehicles that no plan can do without; None where not every trip was priced.
    first : vehicles of the first plan. n_dives : dives after it.
    """

    vehicles: tuple[tuple[TripStops, ...], ...]
    lp_value: float
    bound: int | None
    first: int
    first_after_cpu: float
    n_dives: int


def solve_trips(
    problem: TripProblem, *, cpu_seconds: float, seed: int = 1, max_dives: int | None = None
) -> TripsResult:
    """Plan trips and chain them.

    Parameters
    ----------
    problem
        The stops of every hub and who can feed what.
    cpu_seconds
        CPU seconds of this process; a plan is given however few they are.
    seed
        Of the noise.
    max_dives
        Most dives after the first plan, for runs that must repeat.
    """
    begun = time.process_time()
    rng = np.random.default_rng(seed)
    budget = Budget(until=begun + cpu_seconds)
    pool = TripPool(problem)
    pricer = Pricer(pool, WIDTHS[0])
    dive = root(problem, pool, pricer)
    lp_value, bound, prices = _price_root(dive, begun, cpu_seconds)
    plan = _first_plan(dive, Budget(until=begun + SHARE_OF_DIVE * cpu_seconds), rng)
    first, first_after = plan.n_vehicles, time.process_time() - begun
    n_dives = 0
    while not budget.is_over and plan.n_vehicles > (bound or 0) and (max_dives is None or n_dives < max_dives):
        plan = improve_once(pool, pricer, plan, prices, rng, budget)
        n_dives += 1
    return TripsResult(
        vehicles=vehicles_of(pool, plan),
        lp_value=lp_value,
        bound=bound,
        first=first,
        first_after_cpu=first_after,
        n_dives=n_dives,
    )


def _price_root(dive: Dive, begun: float, cpu_seconds: float) -> tuple[float, int | None, Prices]:
    """Column generation over the whole problem: value, bound where every trip was priced, and prices."""
    pool, narrow = dive.pool, dive.pricer
    until = Budget(until=begun + SHARE_OF_ROOT * cpu_seconds)
    early = Budget(until=begun + SHARE_FOR_MORE * cpu_seconds)
    settled = False
    for width in WIDTHS:
        dive.pricer = narrow if width == narrow.width else Pricer(pool, width)
        settled = dive.generate(ROOT_ROUNDS, until)
        if not settled or early.is_over:
            break
    bound = None
    if settled and not early.is_over:
        dive.pricer = Pricer(pool, WIDTH_OF_PROOF)
        until = Budget(until=time.process_time() + SHARE_OF_PROOF * cpu_seconds)
        if dive.generate(ROOT_ROUNDS, until) and dive.priced_all:
            bound = math.ceil(dive.master.value - 1e-6)
    dive.pricer = narrow
    master = dive.master
    return master.value, bound, Prices(stop=master.stop_price.copy(), idle=master.idle_price.copy())


def _first_plan(dive: Dive, budget: Budget, rng: np.random.Generator) -> TripPlan:
    step = max(1, round(STEP * dive.master.use_of_trips().sum()))
    trips = dive.run(step=step, rounds=ROUNDS, noise=0.0, stop_above=NO_LIMIT, rng=rng, budget=budget)
    return plan_of(dive.pool, dive.close() if trips is None else trips)


def vehicles_of(pool: TripPool, plan: TripPlan) -> tuple[tuple[TripStops, ...], ...]:
    """Trips by vehicle, each in the order of stops that its vehicle is in time for."""
    after = {int(a): j for j, a in enumerate(plan.before) if a >= 0}
    vehicles = []
    for j in np.flatnonzero(plan.before < 0):
        trips, at, feeder = [], int(j), -1
        while True:
            trips.append(trip_stops(pool, plan.trips[at], feeder))
            if at not in after:
                break
            feeder, at = int(pool.hub[plan.trips[at]]), after[at]
        vehicles.append(tuple(trips))
    return tuple(vehicles)


def trip_stops(pool: TripPool, trip: int, feeder: int) -> TripStops:
    """The trip with the start that leaves its feeder (-1: none) most time, and the shortest ride from there."""
    h = int(pool.hub[trip])
    hub = pool.problem.hubs[h]
    local = np.flatnonzero(np.isin(hub.stops, pool.stops[trip]))
    n = len(local)
    ride = np.empty((1 << n, MAX_TRIP_STOPS))
    shortest_rides(local, n, hub.service, hub.drive, hub.to_hub, ride)
    spare = -ride[-1, :n]
    if feeder >= 0:
        latest = np.where(hub.feeders[local] == feeder, hub.latest[local], -np.inf).max(axis=1)
        spare = np.where(ride[-1, :n] <= pool.problem.ride_limit, latest + spare, -np.inf)
    order, left = [int(spare.argmax())], (1 << n) - 1
    while len(order) < n:
        f = order[-1]
        left &= ~(1 << f)
        order.append(int((ride[left, :n] + hub.service[local] + hub.drive[local[f], local]).argmin()))
    return TripStops(hub=h, stops=tuple(int(s) for s in hub.stops[local[order]]))
