"""Dial-a-ride by the project's own search: hand-computed rides, the exact test of a sequence, a public instance."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.darp import RideFile, Stop, faults_of, length_of, problem_of, read_rides, routes_of
from routing import dial_a_ride
from routing.columns.cover import RoutePool
from routing.dial_a_ride import MICRO, new_ride_state, ride_data, solve_rides
from routing.numba_cache import njit
from routing.search import dispatch
from routing.search.ride_kernel import RideData, cache_route, insertion_holds, time_route, try_ride
from routing.search.state import HUGE, M_COST, M_N_AM, N_SLOTS, begin_iteration, new_slot, put_route, trial_slot

PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "bench" / "darp"


def line_of_rides(*, capacity: int = 2, longest_ride: float = 100.0, n_vehicles: int = 1) -> RideFile:
    """Two rides along a street from the depot at 0: from 1 to 4, and from 2 to 3; one minute's service each."""
    at = {0: 0.0, 1: 1.0, 2: 2.0, 3: 4.0, 4: 3.0, 5: 0.0}
    load = {1: 1, 2: 1, 3: -1, 4: -1}
    stops = {
        number: Stop(x=x, y=0.0, service=float(number in load), load=load.get(number, 0), opens=0.0, closes=200.0)
        for number, x in at.items()
    }
    return RideFile(
        n_vehicles=n_vehicles, n_rides=2, longest_shift=200.0, capacity=capacity, longest_ride=longest_ride, stops=stops
    )


def shortest(rides: RideFile, iterations: int = 200) -> float:
    """Length of the plan found, after its check."""
    plan = solve_rides(problem_of(rides), iterations=iterations, seed=1)
    routes = routes_of(rides, plan)
    assert faults_of(rides, routes) == []
    assert plan.length == pytest.approx(length_of(rides, routes), abs=1e-4)
    return plan.length


@pytest.mark.parametrize(
    ("street", "length"),
    [
        (line_of_rides(), 8.0),
        (line_of_rides(longest_ride=5.0), 8.0),
        (line_of_rides(longest_ride=3.0), 10.0),
        (line_of_rides(capacity=1), 10.0),
        (line_of_rides(capacity=1, n_vehicles=2), 10.0),
    ],
    ids=["together", "together, to the minute", "longest ride", "one seat", "one seat, a second vehicle"],
)
def test_two_rides_along_a_street(street: RideFile, length: float) -> None:
    """Together 0-1-2-3-4-0 is 8, the outer ride takes 3 + 2 services; one after the other 0-1-4-2-3-0 is 10."""
    assert shortest(street) == pytest.approx(length, abs=1e-4)


def test_a_search_of_so_many_iterations_repeats() -> None:
    """Same seed, same iterations: the same routes and times, whatever was put together on the way."""
    problem = problem_of(random_rides(np.random.default_rng(4), 8))
    first, second = (solve_rides(problem, iterations=2_030, seed=3) for _ in range(2))
    assert (first.routes, first.unserved, first.iterations) == (second.routes, second.unserved, 2_030)


def test_a_round_begins_with_the_choice_among_routes_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Together is 8 and is pooled; handed back is one ride after the other, 10; with the search off that plan stays."""
    seen: list[tuple[int, int]] = []

    def one_after_the_other(pool: RoutePool, below: int) -> list[tuple[int, ...]]:
        seen.append((len(pool), below // MICRO))
        return [(0, 2, 1, 3)]

    monkeypatch.setattr(RoutePool, "choose", one_after_the_other)
    monkeypatch.setattr(dial_a_ride, "search_chunk", lambda *_: None)
    assert shortest(line_of_rides(), 1_000) == pytest.approx(10.0, abs=1e-4)
    assert seen[0] == (1, 8)


@pytest.mark.parametrize("told", [{}, {"cpu_seconds": 1.0, "iterations": 1}])
def test_a_budget_is_one_of_two(told: dict[str, Any]) -> None:
    """CPU seconds or iterations; neither and both are refused."""
    with pytest.raises(ValueError, match="one of the two"):
        solve_rides(problem_of(line_of_rides()), **told)


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="needs the public instances in ../shared/bench/darp")
def test_a_public_instance_reaches_its_optimum() -> None:
    """Instance a2-16: 294.2480 (Cordeau 2006)."""
    rides = read_rides(PUBLIC / "a2-16.txt")
    assert shortest(rides, 3_000) == pytest.approx(294.2480, abs=2e-4)


TOGETHER = [(0, 0.0), (1, 1.0), (2, 3.0), (4, 5.0), (3, 7.0), (5, 12.0)]

BACKWARDS = [(0, 0.0), (3, 4.0), (1, 8.0), (2, 10.0), (4, 12.0), (5, 16.0)]


def timed(**changed: float) -> list[tuple[int, float]]:
    """The route of both rides together, some stops at another time: `stop_3=9.0`."""
    return [(number, changed.get(f"stop_{number}", at)) for number, at in TOGETHER]


@pytest.mark.parametrize(
    ("street", "routes", "fault"),
    [
        (line_of_rides(), [TOGETHER], None),
        (line_of_rides(longest_ride=4.9), [TOGETHER], "route 1: ride 1 too long"),
        (line_of_rides(capacity=1), [TOGETHER], "route 1: overfull after stop 2"),
        (line_of_rides(), [timed(stop_2=2.9)], "route 1: stop 2 reached too soon after 1"),
        (line_of_rides(), [timed(stop_5=201.0)], "route 1: outside the window of stop 5"),
        (line_of_rides(), [timed(stop_0=-1.0)], "route 1: outside the window of stop 0"),
        (line_of_rides(), [TOGETHER[1:]], "route 1: does not run from depot to depot"),
        (line_of_rides(), [TOGETHER, [(0, 0.0), (5, 0.0)]], "2 vehicles, not 1"),
        (line_of_rides(), [[visit for visit in TOGETHER if visit[0] != 2]], "not every stop is visited once"),
        (line_of_rides(), [BACKWARDS], "route 1: ride 1 is not carried to its end"),
    ],
)  # fmt: skip
def test_the_benchmarks_checker_names_the_fault(street: RideFile, routes: Any, fault: str | None) -> None:
    """A valid plan has none; each damage yields its own."""
    faults = faults_of(street, routes)
    assert faults == [] if fault is None else fault in faults


def test_the_checker_counts_the_shift() -> None:
    """From leaving the depot to the return, waits included."""
    street = line_of_rides()
    short = RideFile(**{**{name: getattr(street, name) for name in street.__slots__}, "longest_shift": 11.9})
    assert faults_of(short, [TOGETHER]) == ["route 1: shift too long"]


def random_rides(rng: np.random.Generator, n: int) -> RideFile:
    """A few rides in a small square, tight enough that about half of all sequences fail."""
    stops = {}
    for number in range(2 * n + 2):
        depot = number in (0, 2 * n + 1)
        opens = 0 if depot else int(rng.integers(0, 60))
        width = int(rng.integers(10, 60))
        x, y = rng.integers(0, 12, 2)
        stops[number] = Stop(
            x=0.0 if depot else float(x),
            y=0.0 if depot else float(y),
            service=0.0 if depot else float(rng.integers(0, 3)),
            load=0 if depot else 1 if number <= n else -1,
            opens=float(opens),
            closes=130.0 if depot else float(opens + width),
        )
    return RideFile(
        n_vehicles=2,
        n_rides=n,
        longest_shift=float(rng.integers(60, 130)),
        capacity=int(rng.integers(1, 4)),
        longest_ride=float(rng.integers(12, 40)),
        stops=stops,
    )


def is_drivable(d: RideData, order: list[int]) -> bool:
    """Whether a sequence of stops has a schedule: no positive cycle among its difference constraints (all pairs)."""
    n = len(d.stops) // 2 - 1
    line = [2 * n, *order, 2 * n + 1]
    if max(np.cumsum([d.stops[stop, 2] for stop in line])) > d.capacity[0]:
        return False
    m = len(line)
    # least[a][b]: time at b is at least time at a + least; the last index is time 0.
    least = np.full((m + 1, m + 1), -(1 << 50), np.int64)
    np.fill_diagonal(least, 0)
    for k, stop in enumerate(line):
        least[m, k], least[k, m] = d.stops[stop, 0], -d.stops[stop, 1]
        if k:
            least[k - 1, k] = d.step[line[k - 1], stop]
        if d.stops[stop, 3] >= 0:
            opening = 0 if stop == 2 * n + 1 else line.index(stop - n)
            least[k, opening] = -d.stops[stop, 3]
    for via in range(m + 1):
        least = np.maximum(least, least[:, via : via + 1] + least[via : via + 1, :])
    return bool((np.diagonal(least) <= 0).all())


def random_order(rng: np.random.Generator, rides: list[int], n: int) -> list[int]:
    """Each ride's pick-up somewhere before its drop-off."""
    order: list[int] = []
    for ride in rides:
        i = int(rng.integers(0, len(order) + 1))
        order.insert(i, ride)
        order.insert(int(rng.integers(i + 1, len(order) + 1)), ride + n)
    return order


@pytest.mark.parametrize("seed", range(12))
def test_the_fast_tests_are_exact(seed: int) -> None:
    """A sequence, each insertion into it, and the cheapest one of all, against all difference constraints at once."""
    rng = np.random.default_rng(seed)
    n, n_drivable = 5, 0
    for _ in range(12):
        d = ride_data(problem_of(random_rides(rng, n)))
        state = new_ride_state(d, 2, seed)
        rides = rng.permutation(n).tolist()
        order = random_order(rng, rides[1 : int(rng.integers(2, n + 1))], n)
        padded = np.array(order + [-1] * (2 * n - len(order)), np.int32)
        drivable = is_drivable(d, order)
        assert time_route(d, state, padded, len(order)) == drivable
        if drivable:
            n_drivable += 1
            compare_insertions(d, state, padded, order, rides[0], n)
    assert n_drivable > 0


@njit
def take_trial(d: Any, s: Any) -> int:
    """Make the trial a route of the working plan; -1 where it cannot be driven."""
    begin_iteration(s)
    if not dispatch.price_trial(d, s, -1, 0):
        return -1
    r = new_slot(s)
    put_route(d, s, trial_slot(s), r)
    cache_route(d, s, r)
    return r


@njit
def holds(d: Any, s: Any, r: int, ride: int, i: int, j: int) -> bool:
    """The exact test of one pair of positions."""
    n_stops = s.now.meta[r, M_N_AM] + 2
    return insertion_holds(d, s, s.cached[r], n_stops, ride, ride + len(d.stops) // 2 - 1, i, j)


@njit
def cheapest(d: Any, s: Any, ride: int, r: int) -> int:
    """The search's own choice."""
    return try_ride(d, s, ride, r, HUGE)


def compare_insertions(d: RideData, state: Any, padded: Any, order: list[int], ride: int, n: int) -> None:
    """Load the order as a route of the working plan and insert one more ride everywhere."""
    trial = int(state.num[N_SLOTS])
    state.now.order[trial, 0], state.now.meta[trial, M_N_AM] = padded, len(order)
    r = take_trial(d, state)
    assert r == 0
    least = HUGE
    for i, j in itertools.combinations_with_replacement(range(len(order) + 1), 2):
        longer = [*order[:i], ride, *order[i:j], ride + n, *order[j:]]
        fits = is_drivable(d, longer)
        if max(np.cumsum([d.stops[stop, 2] for stop in longer])) <= d.capacity[0]:
            assert holds(d, state, r, ride, i, j) == fits, (order, ride, i, j)
        if fits:
            line = [2 * n, *longer, 2 * n + 1]
            least = min(least, int(d.length[line[:-1], line[1:]].sum()) - int(state.now.meta[r, M_COST]))
    # A position is overlooked at random now and then, never in all of twelve tries.
    assert min(cheapest(d, state, ride, r) for _ in range(12)) == least


def test_lengths_are_rounded_up_so_that_a_detour_is_never_shorter() -> None:
    """The triangle inequality holds in whole micro-units; the rounding is below one of them a way."""
    rng = np.random.default_rng(5)
    d = ride_data(problem_of(random_rides(rng, 6)))
    assert (d.length[:, None, :] <= d.length[:, :, None] + d.length[None, :, :]).all()
    assert MICRO == 1_000_000


def test_every_problem_has_a_body_for_every_function() -> None:
    """Called from Python with data of another type, a function of the dispatch says which type it does not know."""
    for name in (
        "ruin_mix",
        "price_trial",
        "price_on_supply",
        "best_insertion",
        "share_vehicle",
        "mark_hopeless",
        "only_adds",
    ):
        with pytest.raises(TypeError, match=f"{name}: no body for data of type dict"):
            getattr(dispatch, name)({})
