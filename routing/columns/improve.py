"""Dive again around parts of a plan: let some hubs go, keep the rest, price and fix anew with noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.columns.dive import Budget, Dive, Pricer, TripPlan, plan_of
from routing.columns.master import NEW_VEHICLE, Master
from routing.columns.pool import TripPool, reduced_costs
from routing.columns.problem import TripProblem

ROUNDS = 6
"""Rounds of pricing after each fixing."""
NOISE = 0.25
FEWEST_STOPS, MOST_STOPS = 60, 260
"""Stops of the hubs that are let go; up to a quarter of all where that is more."""
N_SEEDED = 1500
"""Trips of the pool that a new dive starts with, those best at the prices of the whole problem."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """Prices of the whole problem's linear program: (S,) of stops, (H,) of idle vehicles."""

    stop: NDArray[np.float64]
    idle: NDArray[np.float64]


def near_hubs(problem: TripProblem, n_stops: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Hubs close to a random one in place, in time or in both, until they have so many stops."""
    place, clock = problem.hub_apart
    mix = rng.choice([0.0, 0.3, 0.6, 1.0])
    centre = rng.integers(len(problem.hubs))
    apart = mix * place[centre] / (place.mean() + 1e-9) + (1 - mix) * clock[centre] / (clock.mean() + 1e-9)
    order = np.argsort(apart * rng.uniform(0.6, 1.4, len(apart)), kind="stable")
    order = np.r_[centre, order[order != centre]]
    size = np.cumsum([len(problem.hubs[h].stops) for h in order])
    return np.sort(order[: int(np.searchsorted(size, n_stops)) + 1])


def dive_around(pool: TripPool, pricer: Pricer, plan: TripPlan, hubs: NDArray[np.int64], prices: Prices) -> Dive:
    """A dive in which the trips of these hubs are open and all others stay."""
    trips = np.array(plan.trips, np.int64)
    goes = np.isin(pool.hub[trips], hubs)
    fixed = trips[~goes]
    row_of_stop = np.full(pool.problem.n_stops, -1, np.int64)
    open_stops = np.concatenate([pool.problem.hubs[h].stops for h in hubs])
    row_of_stop[open_stops] = np.arange(len(open_stops))
    row_of_stop[pool.stops[fixed, 0]] = len(open_stops) + np.arange(len(fixed))
    master = Master(pool, row_of_stop)
    feeder = np.where(plan.before >= 0, pool.hub[trips[plan.before]], NEW_VEHICLE)
    master.add(trips, feeder)
    master.add(trips, np.full(len(trips), NEW_VEHICLE))
    known = np.flatnonzero(np.isin(pool.hub, hubs))
    cost, cheapest = reduced_costs(known, pool.hub, pool.stops, pool.can_feed, prices.stop, prices.idle)
    seeds = np.argsort(cost, kind="stable")[:N_SEEDED]
    master.add(known[seeds], cheapest[seeds])
    return Dive(master, pricer, [int(t) for t in fixed], hubs, known)


def improve_once(
    pool: TripPool, pricer: Pricer, plan: TripPlan, prices: Prices, rng: np.random.Generator, budget: Budget
) -> TripPlan:
    """The plan after one more dive around a part of it; never one with more vehicles."""
    most = max(MOST_STOPS, pool.problem.n_stops // 4)
    hubs = near_hubs(pool.problem, int(rng.integers(FEWEST_STOPS, most)), rng)
    dive = dive_around(pool, pricer, plan, hubs, prices)
    n_open = len(plan.trips) - len(dive.fixed)
    step = max(1, round(n_open * rng.choice([0.02, 0.04, 0.08])))
    found = dive.run(
        step=step, rounds=ROUNDS, noise=NOISE * rng.random(), stop_above=plan.n_vehicles, rng=rng, budget=budget
    )
    if found is None:
        return plan
    new = plan_of(pool, found)
    return new if new.n_vehicles <= plan.n_vehicles else plan
