"""Trips by column generation against brute force: prices of trips, whole plans, and which trip follows which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations, permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.chaining import chain_trips, n_vehicles
from routing.columns.dive import Budget, Pricer, root
from routing.columns.pool import TripPool
from routing.columns.problem import TripProblem, make_trip_problem
from routing.columns.solve import TripsResult, solve_trips
from routing.columns.trips import make_label_space, price_trips

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(6)
AMPLE = 3_600.0
"""CPU seconds that no test uses up: dives are counted instead."""


class Line:
    """Hubs and stops on a line, one unit of way in one unit of time."""

    def __init__(
        self, hubs: list[tuple[float, float]], stops: list[tuple[int, float, int]], *,
        service: float = 0.0, capacity: int = 10, ride_limit: float = 1_000.0,
    ) -> None:  # fmt: skip
        """hubs: (x, when trips must be there); stops: (hub, x, riders)."""
        self.hub_x, self.drop_at = (np.array(v, float) for v in zip(*hubs, strict=True))
        self.hub, self.load = np.array([s[0] for s in stops]), np.array([s[2] for s in stops])
        self.x = np.array([s[1] for s in stops], float)
        self.service, self.capacity, self.ride_limit = service, capacity, ride_limit

    def problem(self) -> TripProblem:
        to_stops = np.abs(self.hub_x[:, None] - self.x[None])
        return make_trip_problem(
            hub_of_stop=self.hub, load=self.load, service=np.full(len(self.x), self.service),
            stop_drive=np.abs(self.x[:, None] - self.x[None]), hub_drive=np.stack([to_stops, to_stops], axis=2),
            drop_at=self.drop_at, free_at=self.drop_at + 10, capacity=self.capacity, ride_limit=self.ride_limit,
        )  # fmt: skip

    def ride(self, order: tuple[int, ...]) -> float:
        """From the end of the first pick-up to the hub."""
        way = np.abs(np.diff(np.r_[self.x[list(order)], self.hub_x[self.hub[order[0]]]])).sum()
        return float(way + self.service * (len(order) - 1))

    def feeders(self, order: tuple[int, ...]) -> set[int]:
        """Hubs whose vehicle is in time for a trip in this order."""
        starts = self.drop_at[self.hub[order[0]]] - self.ride(order) - self.service
        there = self.drop_at + 10 + np.abs(self.hub_x - self.x[order[0]])
        return set(np.flatnonzero(there < starts).tolist())

    def allowed(self, trip: tuple[int, ...]) -> list[set[int]]:
        """Feeders of every order that keeps the limits; none: the trip cannot be."""
        if self.load[list(trip)].sum() > self.capacity:
            return []
        return [self.feeders(order) for order in permutations(trip) if self.ride(order) < self.ride_limit]

    def best(self) -> int:
        """Fewest vehicles over all partitions into trips."""
        by_hub = [list(partitions(tuple(np.flatnonzero(self.hub == h).tolist()))) for h in range(len(self.hub_x))]
        fewest = len(self.x)
        for choice in product(*by_hub):
            trips = [trip for hub in choice for trip in hub]
            orders = [self.allowed(trip) for trip in trips]
            if all(orders):
                feed = [set().union(*o) for o in orders]
                fewest = min(fewest, len(trips) - most_fed([int(self.hub[t[0]]) for t in trips], feed))
        return fewest


def partitions(items: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for n in range(len(rest) + 1):
        for others in combinations(rest, n):
            for tail in partitions(tuple(i for i in rest if i not in others)):
                yield [(first, *others), *tail]


def most_fed(hub: list[int], feed: list[set[int]]) -> int:
    """Most trips that can follow another, each at most one: by trying all."""

    def best(j: int, taken: frozenset[int]) -> int:
        if j == len(hub):
            return 0
        ways = [best(j + 1, taken)]
        ways += [1 + best(j + 1, taken | {i}) for i in range(len(hub)) if i not in taken and hub[i] in feed[j]]
        return max(ways)

    return best(0, frozenset())


def random_line(seed: int) -> Line:
    """Three hubs, six stops, limits tight enough to matter."""
    rng = np.random.default_rng(seed)
    hubs = [(float(rng.integers(0, 60)), 1_000.0 + 90 * k) for k in range(3)]
    stops = [(k % 3, float(rng.integers(-20, 80)), int(rng.integers(1, 7))) for k in range(6)]
    return Line(hubs, stops, service=3.0, ride_limit=110.0)


def served(result: TripsResult) -> list[int]:
    return sorted(stop for vehicle in result.vehicles for trip in vehicle for stop in trip.stops)


def assert_holds(line: Line, result: TripsResult) -> None:
    """Every stop once; loads, rides and handovers as they must be."""
    assert served(result) == list(range(len(line.x)))
    for vehicle in result.vehicles:
        for k, trip in enumerate(vehicle):
            assert set(line.hub[list(trip.stops)].tolist()) == {trip.hub}
            assert line.load[list(trip.stops)].sum() <= line.capacity
            assert line.ride(trip.stops) <= line.ride_limit
            if k:
                assert vehicle[k - 1].hub in line.feeders(trip.stops)


def test_one_vehicle_drives_three_full_trips_one_after_another() -> None:
    """Hubs at 0, 100 and 200, a thousand apart in time; five and five riders fill one trip each."""
    hubs = [(0.0, 1_000.0), (100.0, 2_000.0), (200.0, 3_000.0)]
    line = Line(hubs, [(h, 100.0 * h + away, 5) for h in range(3) for away in (10.0, 20.0)])
    result = solve_trips(line.problem(), cpu_seconds=AMPLE, max_dives=20)
    assert [[trip.hub for trip in vehicle] for vehicle in result.vehicles] == [[0, 1, 2]]
    assert_holds(line, result)
    assert result.bound == 1


def test_fewest_trips_is_the_wrong_aim() -> None:
    """Two vehicles come free at A. B's two stops fit one trip, which neither is in time for; as two trips both are.

    From A to b2: way 200, service 50, way 100, which is 350 of 370; over b1 and b2: 50, 200, 50, 100, which is 400.
    """
    line = Line(
        [(0.0, 1_000.0), (100.0, 1_380.0)], [(0, -10.0, 6), (0, -10.0, 6), (1, 0.0, 5), (1, 200.0, 5)], service=50.0
    )
    assert line.best() == 2
    result = solve_trips(line.problem(), cpu_seconds=AMPLE, max_dives=20)
    assert len(result.vehicles) == 2
    assert sorted(len(vehicle) for vehicle in result.vehicles) == [2, 2]
    assert_holds(line, result)


@pytest.mark.parametrize("seed", SEEDS)
def test_plans_of_small_problems_are_best(seed: int) -> None:
    """Three hubs, six stops: as few vehicles as the best of all partitions, and the bound is no higher."""
    line = random_line(seed)
    result = solve_trips(line.problem(), cpu_seconds=AMPLE, max_dives=20)
    assert_holds(line, result)
    assert len(result.vehicles) == line.best()
    assert result.bound is not None
    assert result.bound <= line.best()


def test_without_time_there_is_a_plan_all_the_same() -> None:
    """No CPU second: every stop is served."""
    line = random_line(1)
    assert_holds(line, solve_trips(line.problem(), cpu_seconds=0.0))


def test_the_same_seed_gives_the_same_plan() -> None:
    line = random_line(2)
    first, second = (solve_trips(line.problem(), cpu_seconds=AMPLE, seed=3, max_dives=20).vehicles for _ in range(2))
    assert first == second


@pytest.mark.parametrize("seed", SEEDS)
def test_pricing_finds_the_best_trip(seed: int) -> None:
    """At random prices the least reduced cost over all sets and orders of one hub's five stops."""
    rng = np.random.default_rng(seed)
    stops = [(0, float(rng.integers(-20, 80)), int(rng.integers(1, 6))) for _ in range(5)] + [(1, 7.0, 1)]
    line = Line([(20.0, 1_100.0), (30.0, 1_000.0)], stops, service=2.0, ride_limit=100.0)
    problem = line.problem()
    gain, idle = rng.uniform(0, 0.6, 5), np.array([rng.uniform(0, 0.2), rng.uniform(0, 0.6)])
    hub = problem.hubs[0]
    cost, sets, complete = price_trips(
        hub.load, hub.service, hub.drive, hub.to_hub, hub.feeders, hub.latest, gain, idle, 0, problem.capacity,
        problem.ride_limit, 1_000, make_label_space(5_000),
    )  # fmt: skip
    best = 0.0
    for n in range(1, 6):
        for trip in combinations(range(5), n):
            for feed in line.allowed(trip):
                vehicle = min([1.0] + [idle[k] for k in feed])
                best = min(best, float(vehicle - idle[0] - gain[list(trip)].sum()))
    assert complete
    assert cost.min() == pytest.approx(best, abs=1e-9)
    chosen = int(sets.flat[cost.argmin()])
    assert bool(chosen) == (best < -1e-6)


def test_the_linear_program_is_a_lower_bound() -> None:
    """Priced to the end, its value is at most the best plan's vehicles."""
    line = random_line(0)
    problem = line.problem()
    pool = TripPool(problem)
    dive = root(problem, pool, Pricer(pool, 1_000))
    assert dive.generate(50, Budget(until=np.inf))
    assert dive.priced_all
    assert 0 < dive.master.value <= line.best() + 1e-9
    assert ((dive.master.idle_price >= 0) & (dive.master.idle_price <= 1)).all()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_chaining_is_as_good_as_trying_everything(data: Any) -> None:
    """Up to six trips to three hubs, feeders from earlier hubs only."""
    hub = data.draw(st.lists(st.integers(0, 2), min_size=0, max_size=6))
    feed = [{k for k in range(h) if data.draw(st.booleans())} for h in hub]
    can_feed = np.array([[k in f for k in range(3)] for f in feed], bool).reshape(len(hub), 3)
    before = chain_trips(np.array(hub, np.int64), can_feed)
    assert n_vehicles(before) == len(hub) - most_fed(hub, feed)
    used = before[before >= 0].tolist()
    assert len(used) == len(set(used))
    assert all(hub[i] in feed[j] for j, i in enumerate(before) if i >= 0)


def test_a_stop_that_cannot_be_served_is_named() -> None:
    with pytest.raises(ValueError, match=r"stop 1: 11 riders, ride 5; cannot be served alone"):
        Line([(0.0, 100.0)], [(0, 1.0, 1), (0, 5.0, 11)]).problem()


def test_a_hub_with_too_many_stops_is_named() -> None:
    with pytest.raises(ValueError, match=r"hub 0 has 65 stops; must be at most 64"):
        Line([(0.0, 100.0)], [(0, 1.0, 1)] * 65).problem()


@pytest.mark.parametrize("path", sorted((ROOT / "routing" / "columns").glob("*.py")), ids=lambda p: p.name)
def test_compiled_functions_stay_in_their_file(path: Path) -> None:
    """Numba sees a change in a function's own file only: one that calls into another could be stale."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    from_outside = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("routing")
        for alias in node.names
    }
    compiled = [f for f in tree.body if isinstance(f, ast.FunctionDef) and any(
        isinstance(d, ast.Name) and d.id == "njit" for d in f.decorator_list
    )]  # fmt: skip
    for function in compiled:
        names = {n.id for part in function.body for n in ast.walk(part) if isinstance(n, ast.Name)}
        assert names & from_outside == set(), function.name
