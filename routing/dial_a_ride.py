"""Dial-a-ride: door-to-door rides with windows, a longest ride and a fixed number of vehicles (Cordeau 2006).

Not a problem of this product, but a near relative with proven optima: the same search solves both
(`routing.search.dispatch`), and here it can be measured against the truth (`benchmarks/darp.py`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from routing.columns.cover import RoutePool
from routing.instance import (
    FLEET,
    N_RIDER_COLUMNS,
    N_SUPPLY_COLUMNS,
    P_DIFFICULTY,
    P_PERSON,
    P_REF_AM,
    P_REF_PM,
    P_UNIT,
    P_UNSERVED,
    P_VARIANTS,
    S_KIND,
    S_LIMIT,
)
from routing.search.anneal import begin, search_chunk
from routing.search.ride_kernel import (
    C_TIME,
    V_CLOSE,
    V_LOAD,
    V_OPEN,
    V_SPAN,
    RideData,
    RideState,
    ride_scratch,
    time_route,
)
from routing.search.state import (
    M_COST,
    M_N_AM,
    N_BEST,
    N_BEST_ABSENT,
    N_SLOTS,
    N_SPARE,
    Q_BEST_ABSENT,
    Routes,
    empty_routes,
    nobody_placed,
)

MICRO = 1_000_000
"""Micro-units in the instance's unit; lengths and times are rounded up, which keeps the triangle inequality."""
UNSERVED = 100
"""What a ride left out costs, in the instance's unit of length."""
HOT, REHEATED, COOL = 8.0, 3.0, 0.1
"""Temperatures at the beginning, where every further round begins and where each ends, in the instance's unit."""
ROUND_ENDS = (*np.linspace(0.2, 0.99, 8).tolist(), 1.0)
"""Share of the budget spent when a round ends: the routes seen so far are put together anew, and the search goes on
from the best plan. The last hundredth pays for the last time."""
CHUNK = 100
"""Iterations between looks at the clock and at the routes for the pool."""
NEIGHBOURS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RideProblem:
    """n rides and one depot, in the instance's own unit of time and length (they are one: speed 1, straight lines).

    Attributes
    ----------
    n_vehicles : most vehicles. longest_shift : from leaving the depot to the return. capacity : of every vehicle.
    longest_ride : from the end of service at the pick-up to the start of service at the drop-off, waits included.
    x, y, service, load, opens, closes : float (2n + 2,); stops 0..n-1 are pick-ups, n..2n-1 their drop-offs in the
        same order (load negative), 2n and 2n + 1 the depot as start and end. Service starts within opens..closes.
    """

    n_vehicles: int
    longest_shift: float
    capacity: int
    longest_ride: float
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    service: NDArray[np.float64]
    load: NDArray[np.int64]
    opens: NDArray[np.float64]
    closes: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check shapes and loads once; freeze the arrays."""
        arrays = [f.name for f in fields(self) if isinstance(getattr(self, f.name), np.ndarray)]
        n = self.n_rides
        if len(self.x) < 4 or len(self.x) % 2 or any(getattr(self, name).shape != self.x.shape for name in arrays):
            raise ValueError(f"rides: {len(self.x)} stops; must be an even number from 4, and alike in every array")
        if (self.load[:n] < 0).any() or (self.load[:n] != -self.load[n : 2 * n]).any():
            raise ValueError("rides: what boards at a pick-up must alight at its drop-off")
        for name in arrays:
            getattr(self, name).setflags(write=False)

    @property
    def n_rides(self) -> int:
        """Number of rides."""
        return len(self.x) // 2 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RidePlan:
    """What a search found.

    Attributes
    ----------
    routes : per vehicle in use, (stop, start of service in the problem's unit) from depot to depot.
    unserved : rides left out. length : in the problem's unit, as the search counts it.
    """

    routes: tuple[tuple[tuple[int, float], ...], ...]
    unserved: tuple[int, ...]
    length: float
    iterations: int
    cpu_seconds: float
    best_at_cpu_seconds: float


def solve_rides(
    problem: RideProblem, *, cpu_seconds: float | None = None, iterations: int | None = None, seed: int = 1
) -> RidePlan:
    """Search for the shortest plan, for so many CPU seconds or so many iterations (then it repeats exactly).

    The kernel is compiled or loaded before the clock starts.
    """
    if (cpu_seconds is None) == (iterations is None):
        raise ValueError("rides: give CPU seconds or iterations, one of the two")
    data = ride_data(problem)
    _begin(data, new_ride_state(data, problem.n_vehicles, 0), ())
    state = new_ride_state(data, problem.n_vehicles, seed)
    budget = _Budget(cpu_seconds=cpu_seconds, iterations=iterations)
    _begin(data, state, ())
    pool = RoutePool(problem.n_rides, problem.n_vehicles)
    for number, until in enumerate(ROUND_ENDS):
        if number:
            state = _begin_again(data, state, pool)
        _anneal(data, state, budget, until, HOT if number == 0 else REHEATED, pool)
    unserved = state.people[Q_BEST_ABSENT, : int(state.num[N_BEST_ABSENT])]
    return RidePlan(
        routes=_timed_routes(data, state),
        unserved=tuple(int(rider) for rider in unserved if rider < problem.n_rides),
        length=(int(state.num[N_BEST]) - int(data.riders[unserved, P_UNSERVED].sum())) / MICRO,
        iterations=budget.done,
        cpu_seconds=budget.used_seconds(),
        best_at_cpu_seconds=budget.best_at,
    )


@dataclass(slots=True, kw_only=True)
class _Budget:
    """CPU seconds or iterations to spend, and when the best plan was found."""

    cpu_seconds: float | None
    iterations: int | None
    began: float = field(default_factory=time.process_time)
    done: int = 0
    best: int = 1 << 62
    best_at: float = 0.0

    def used_seconds(self) -> float:
        return time.process_time() - self.began

    def share(self) -> float:
        """Share spent."""
        return self.done / self.iterations if self.iterations else self.used_seconds() / (self.cpu_seconds or 1e-9)

    def note(self, best: int) -> None:
        """Note what the best plan costs now."""
        if best < self.best:
            self.best, self.best_at = best, self.used_seconds()


def _begin(data: RideData, state: RideState, plan: Sequence[Sequence[int]]) -> None:
    """First plan from orders of stops; rides on none of them are inserted where they cost least."""
    orders = np.full((len(plan), 2, state.now.order.shape[2]), -1, np.int32)
    counts = np.zeros((len(plan), 6), np.int64)
    counts[:, 4:] = -1
    for i, order in enumerate(plan):
        orders[i, 0, : len(order)], counts[i, 0] = order, len(order)
    begin(data, state, orders, np.zeros((len(plan), 2, 1), np.int32), counts)


def _begin_again(data: RideData, state: RideState, pool: RoutePool) -> RideState:
    """A state that goes on from the best plan: one put together of routes seen, or else the one the search found."""
    plan = pool.choose(int(state.num[N_BEST])) or _orders(state.best)
    again = new_ride_state(data, int(state.num[N_SLOTS]), 0)
    again.rng[:] = state.rng
    _begin(data, again, plan)
    return again


def _anneal(data: RideData, state: RideState, budget: _Budget, until: float, hot: float, pool: RoutePool) -> None:
    """Anneal until a share of the budget is spent; routes of the working plan go into the pool as it changes."""
    temperatures = np.array([hot, COOL]) * MICRO
    first = budget.share()
    before, share = 0.0, 0.0
    pooled = np.zeros(int(state.num[N_SLOTS]), np.int64)
    budget.note(int(state.num[N_BEST]))
    while share < 1.0 and first < until:
        n = CHUNK if budget.iterations is None else min(CHUNK, budget.iterations - budget.done)
        search_chunk(data, state, n, budget.done, np.array([before, share]), temperatures, False)
        budget.done += n
        before, share = share, (budget.share() - first) / (until - first)
        budget.note(int(state.num[N_BEST]))
        _pool_routes(state, pooled, pool)


def _pool_routes(state: RideState, pooled: NDArray[np.int64], pool: RoutePool) -> None:
    """Take in the routes of the working plan whose length is not the one `pooled` for their slot, and note it."""
    length = state.now.meta[: int(state.num[N_SLOTS]), M_COST]
    n_rides = state.people.shape[1] // 2
    for r in np.flatnonzero((length != pooled) & (length > 0)):
        order = state.now.order[r, 0, : state.now.meta[r, M_N_AM]]
        pool.add(np.sort(order[order < n_rides]).astype(np.int64), int(length[r]), order.tolist())
    pooled[:] = length


def _orders(routes: Routes) -> list[tuple[int, ...]]:
    """Orders of the stops of the routes that have any."""
    counts = routes.meta[:, M_N_AM]
    return [tuple(routes.order[r, 0, : counts[r]].tolist()) for r in np.flatnonzero(counts)]


def _timed_routes(data: RideData, state: RideState) -> tuple[tuple[tuple[int, float], ...], ...]:
    routes = []
    depot = len(data.stops) - 2
    for order in _orders(state.best):
        if not time_route(data, state, np.array(order, np.int32), len(order)):
            raise RuntimeError(f"rides: route {list(order)} cannot be driven")
        times = state.line[C_TIME, : len(order) + 2] / MICRO
        routes.append(tuple(zip([depot, *order, depot + 1], times.tolist(), strict=True)))
    return tuple(routes)


def ride_data(problem: RideProblem) -> RideData:
    """The problem as whole micro-units, its windows as narrow as ride limit and driving allow."""
    n, n_stops = problem.n_rides, len(problem.x)
    length = np.hypot(problem.x[:, None] - problem.x, problem.y[:, None] - problem.y)
    length_micro = np.ceil(length * MICRO - 1e-3).astype(np.int64)
    service = np.ceil(problem.service * MICRO).astype(np.int64)
    step = service[:, None] + length_micro
    stops = np.zeros((n_stops, 4), np.int64)
    stops[:, V_OPEN], stops[:, V_CLOSE] = problem.opens * MICRO, problem.closes * MICRO
    stops[:, V_LOAD] = problem.load
    stops[:, V_SPAN] = -1
    stops[n : 2 * n, V_SPAN] = int(problem.longest_ride * MICRO) + service[:n]
    stops[2 * n + 1, V_SPAN] = int(problem.longest_shift * MICRO) + service[2 * n]
    narrow_windows(stops, step)
    riders = np.zeros((2 * n, N_RIDER_COLUMNS), np.int64)
    riders[:, P_REF_AM], riders[:, P_REF_PM] = np.arange(2 * n), -1
    riders[:, P_PERSON], riders[:, P_VARIANTS] = np.arange(2 * n), 1
    riders[:, P_UNIT] = np.tile(np.arange(n), 2)
    riders[:n, P_UNSERVED] = UNSERVED * MICRO
    riders[:, P_DIFFICULTY] = _difficulty(stops, length_micro)
    supplies = np.zeros((1, N_SUPPLY_COLUMNS), np.int64)
    supplies[0, S_KIND], supplies[0, S_LIMIT] = FLEET, problem.n_vehicles
    return RideData(
        riders=riders,
        unit_ptr=np.arange(0, 2 * n + 1, 2).astype(np.int32),
        unit_riders=np.arange(2 * n).reshape(2, n).T.reshape(-1).astype(np.int32),
        near=_nearest(stops[: 2 * n], step[: 2 * n, : 2 * n], length_micro[: 2 * n, : 2 * n]),
        supplies=supplies,
        stops=stops,
        length=length_micro.astype(np.int32),
        step=step.astype(np.int32),
        capacity=np.array([problem.capacity], np.int64),
    )


def narrow_windows(stops: NDArray[np.int64], step: NDArray[np.int64]) -> None:
    """Narrow the windows of pick-ups and drop-offs, in place, to what driving and the longest ride leave of them.

    Most stops come with a window of a whole day; after this the two windows of a ride are alike in width.
    """
    n = len(stops) // 2 - 1
    opens, closes = stops[:, V_OPEN], stops[:, V_CLOSE]
    up, down = slice(0, n), slice(n, 2 * n)
    direct, span = np.diagonal(step[up, down]), stops[down, V_SPAN]
    opens[: 2 * n] = np.maximum(opens[: 2 * n], opens[2 * n] + step[2 * n, : 2 * n])
    closes[: 2 * n] = np.minimum(closes[: 2 * n], closes[2 * n + 1] - step[: 2 * n, 2 * n + 1])
    closes[up] = np.minimum(closes[up], closes[down] - direct)
    closes[down] = np.minimum(closes[down], closes[up] + span)
    opens[down] = np.maximum(opens[down], opens[up] + direct)
    opens[up] = np.maximum(opens[up], opens[down] - span)


def _difficulty(stops: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keys of the order of insertion: narrow windows first, then far from the depot (the last five digits)."""
    n = len(stops) // 2 - 1
    far = np.minimum(length[2 * n, : 2 * n] * 100 // MICRO, 99_999)
    width = (stops[: 2 * n, V_CLOSE] - stops[: 2 * n, V_OPEN]) // MICRO
    return np.asarray(np.maximum(0, 10_000 - width) * 100_000 + far)


def _nearest(stops: NDArray[np.int64], step: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int32]:
    """Neighbours of each stop by the least (driving + waiting) between the two in either order, (2, 2n, k)."""
    opens, closes = stops[:, V_OPEN], stops[:, V_CLOSE]
    waits = np.maximum(0, opens - closes[:, None] - step)
    gap = length + waits
    gap = np.where(opens[:, None] + step > closes, 1 << 50, gap)
    nearness = np.minimum(gap, gap.T)
    np.fill_diagonal(nearness, 1 << 60)
    k = min(NEIGHBOURS, len(stops) - 1)
    near = np.argsort(nearness, axis=1, kind="stable")[:, :k].astype(np.int32)
    return np.stack([near, near])


def new_ride_state(data: RideData, n_vehicles: int, seed: int) -> RideState:
    """An empty working plan: everybody absent."""
    n_riders = len(data.riders)
    slots, people, num, rng = nobody_placed(data.riders, np.arange(n_riders), n_vehicles, seed)
    cached, line = ride_scratch(n_vehicles, n_riders)
    return RideState(
        now=empty_routes(n_vehicles + N_SPARE, n_riders),
        old=empty_routes(n_vehicles, n_riders),
        best=empty_routes(n_vehicles, n_riders),
        slots=slots,
        people=people,
        books=np.zeros((3, 1), np.int64),
        num=num,
        rng=rng,
        keys=np.zeros(n_riders + 1, np.float64),
        found=np.zeros(8, np.int64),
        cached=cached,
        line=line,
    )
