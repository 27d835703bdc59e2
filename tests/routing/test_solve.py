"""The search from outside: it repeats, it counts, it stops when asked, it tells how it goes."""

from __future__ import annotations

from typing import Any

import pytest

from routing.encode import encode
from routing.solve import CHUNK, Progress, Result, Stop, solve
from tests.builders import line_travel, make_scenario
from tests.routing.planning import plan_for
from tests.routing.worlds import FEATURES, make_world
from transport.scenario import Scenario
from transport.travel import TravelMatrix

ALL_BUT_LIMITS = tuple(f for f in FEATURES if f not in {"free_legs", "tight_caps", "own_caps"})
BOROUGH = make_world(ALL_BUT_LIMITS, 24, 7)
PLAIN = make_world(("schools", "pas", "wheelchairs"), 24, 8)


World = tuple[Scenario, TravelMatrix]


def search(world: World = BOROUGH, *, stop: Stop | None = None, seed: int = 1, **told: Any) -> Result:
    return solve(encode(*world)[0], stop or Stop(iterations=200), seed=seed, **told)


@pytest.mark.parametrize("world", [BOROUGH, PLAIN], ids=["every rule", "plain"])
def test_the_same_seed_and_iterations_give_the_same_plan(world: World) -> None:
    """Three runs from the encoding on, one of them watched: the same routes in the same order, the same cost."""
    first, second = search(world), search(world)
    watched = search(world, should_stop=lambda: False, on_progress=lambda progress: None)
    assert first.solution == second.solution == watched.solution
    assert first.assignment == second.assignment == watched.assignment


def test_another_seed_is_another_search() -> None:
    """Of five seeds, not all end with the same routes."""
    found = {str(search(seed=seed, stop=Stop(iterations=20)).solution) for seed in range(1, 6)}
    assert len(found) > 1


@pytest.mark.parametrize("n", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_a_search_runs_as_many_iterations_as_it_is_told(n: int) -> None:
    """Whole chunks and parts of them."""
    assert search(stop=Stop(iterations=n)).iterations == n


def test_more_iterations_of_one_seed_are_worth_having() -> None:
    """2,000 iterations are not worse than the first plan, and better in this borough."""
    first, last = search(PLAIN, stop=Stop(iterations=1)), search(PLAIN, stop=Stop(iterations=2000))
    assert last.assignment.cost < first.assignment.cost


def test_a_stop_is_one_of_two() -> None:
    """Seconds or iterations; neither and both are refused."""
    for wrong in ({}, {"seconds": 1.0, "iterations": 10}):
        with pytest.raises(ValueError, match="give seconds or iterations"):
            Stop(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("n_chunks", [0, 1, 3])
def test_a_stop_signal_is_heard_before_the_next_chunk(n_chunks: int) -> None:
    """Asked before each chunk; after `yes` no further iteration runs, and the plan so far is whole."""
    calls = 0

    def should_stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > n_chunks

    scenario, travel = BOROUGH
    planned = plan_for(scenario, travel, iterations=100 * CHUNK, should_stop=should_stop)
    assert planned.result.iterations == n_chunks * CHUNK
    assert calls == n_chunks + 1
    assert planned.hard == []


def test_a_search_stopped_early_is_the_beginning_of_the_whole_one() -> None:
    """Stopped before the first iteration: the first plan; it has everybody whom the whole search has."""
    none = search(PLAIN, should_stop=lambda: True)
    assert none.iterations == 0
    assert none.solution.unserved == search(PLAIN).solution.unserved == []


def test_progress_rises_to_the_end() -> None:
    """Shares and iterations rise, the best objective never does, and the trace begins with the first plan."""
    seen: list[Progress] = []
    result = search(PLAIN, stop=Stop(seconds=0.8), on_progress=seen.append)
    assert seen
    shares, iterations = [p.share_done for p in seen], [p.iterations for p in seen]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    assert iterations == sorted(set(iterations))
    assert iterations[-1] <= result.iterations
    objectives = [pence for _, pence in result.trace]
    assert objectives == sorted(objectives, reverse=True)
    assert [pence for _, pence in result.trace[1:]] == [p.objective_pence_per_week for p in seen]
    assert result.trace[0][0] == result.first_plan_seconds


def test_nobody_to_carry_is_an_empty_plan() -> None:
    """No passengers: no routes, no cost, no iterations."""
    planned = plan_for(make_scenario(), line_travel())
    assert planned.plan.routes == ()
    assert planned.result.assignment.cost == 0
    assert planned.result.iterations == 0
    assert planned.hard == []
