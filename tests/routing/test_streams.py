"""Two streams of search: the same plan on one process and on two, whatever the machine does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from routing.assign import assign
from routing.encode import encode
from routing.instance import Instance
from routing.part import as_solution
from routing.processes import StreamError, workers
from routing.solve import Result, is_worth_a_process, solve
from routing.start import StartRoute
from routing.streams import Areas, Observer, Pace, Round, Searched, Stop, TwoSeeds, mixed_seed, pence_of, search
from routing.task import Found, Standing, Task, run_task
from tests.routing.worlds import FEATURES, make_world

ALL_BUT_LIMITS = tuple(f for f in FEATURES if f not in {"free_legs", "tight_caps", "own_caps"})
SMALL = encode(*make_world(ALL_BUT_LIMITS, 24, 7))[0]
LARGE = encode(*make_world(ALL_BUT_LIMITS, 150, 9))[0]
EVERYBODY = Round(number=0, n_iterations=7, first=0, done=(0.0, 0.5), seconds=None)


def searched(
    instance: Instance, processes: int, *, iterations: int = 400, start: Sequence[StartRoute] = ()
) -> Searched:
    with workers(instance, processes) as at_work:
        assert processes == 1 or at_work.wait(300.0)  # type: ignore[attr-defined]
        return search(
            instance, Stop(iterations=iterations), at_work, Observer(began=time.monotonic()), seed=3, start=start
        )


def found(pence: int, *routes: StartRoute, best: int | None = None) -> Found:
    return Found(
        now=routes, best=routes, now_pence=pence, best_pence=pence if best is None else best, iterations=1, seconds=1.0
    )


@pytest.mark.parametrize("instance", [SMALL, LARGE], ids=["two seeds", "areas"])
def test_one_process_and_two_find_the_same_plan(instance: Instance) -> None:
    """Three runs with the same seed and iterations, one of them on two processes: route by route the same."""
    first, again, on_two = (searched(instance, processes) for processes in (1, 1, 2))
    assert first.routes == again.routes == on_two.routes
    assert first.pence == again.pence == on_two.pence
    assert first.iterations == on_two.iterations == 400


@pytest.mark.slow
def test_solve_repeats_on_one_process_and_on_two() -> None:
    """By the front door, with a borough large enough for the second process to be started."""
    stop = Stop(iterations=6_000)
    assert is_worth_a_process(LARGE, stop)
    runs: list[Result] = [solve(LARGE, stop, seed=2, processes=processes) for processes in (1, 2, 2)]
    assert runs[0].solution == runs[1].solution == runs[2].solution
    assert runs[0].assignment == runs[1].assignment == runs[2].assignment


def test_a_plan_loaded_again_costs_the_same() -> None:
    """Routes go into another task with the supplies they had: no iteration, no change, not even of order."""
    plan = searched(LARGE, 1)
    task = Task(riders=None, limits=None, routes=plan.routes, seed=1, n_iterations=0, first=0, done=(0.0, 0.0))
    again = run_task(LARGE, task, lambda standing: False)
    assert [replace(r, pence=0) for r in again.now] == [replace(r, pence=0) for r in plan.routes]
    assert again.now_pence == plan.pence


def test_the_pence_of_a_search_are_those_of_its_routes() -> None:
    """Cost of the routes and price of who is on none; the exact assignment may only take off."""
    plan = searched(LARGE, 1)
    assert plan.pence == pence_of(LARGE, range(LARGE.n_riders), plan.routes)
    solution = as_solution(LARGE, plan.routes)
    assert assign(LARGE, solution).cost <= sum(solution.cost)


def test_the_worse_seed_goes_on_from_the_better_plan() -> None:
    """Of two seeds the second stands better now, the first had the better best: both are kept where they belong."""
    a, b = (StartRoute(order=([i], []), hubs=([0], [])) for i in range(2))
    seeds = TwoSeeds(SMALL, [])
    routes, pence = seeds.take([found(900, a, best=500), found(800, b, best=600)])
    assert (list(routes), pence) == ([a], 500)
    assert [list(task.routes) for task in seeds.tasks(EVERYBODY, 1)] == [[b], [b]]


def test_two_seeds_share_the_iterations_and_nothing_else() -> None:
    """Seven iterations are four and three; the seeds differ, and differ again in the next round."""
    first = TwoSeeds(SMALL, []).tasks(EVERYBODY, 1)
    assert [task.n_iterations for task in first] == [4, 3]
    assert len({mixed_seed(1, k, j) for k in range(3) for j in range(2)}) == 6


def test_areas_add_up() -> None:
    """Every rider in one area, all iterations spent, the best of a round all of its areas' bests together."""
    plan = searched(LARGE, 1, iterations=100)
    areas = Areas(LARGE, plan.routes, None, 4)
    tasks = areas.tasks(EVERYBODY, 1)
    riders = np.concatenate([task.riders for task in tasks if task.riders is not None])
    assert sorted(riders.tolist()) == list(range(LARGE.n_riders))
    assert sum(task.n_iterations for task in tasks) == EVERYBODY.n_iterations
    assert areas.pence([Standing()] * 4) == plan.pence
    halves = [list(plan.routes[:9]), list(plan.routes[9:])]
    routes, pence = areas.take([found(0, *half) for half in halves])
    assert [route.order for route in routes] == [route.order for route in plan.routes]
    assert pence == plan.pence


@pytest.mark.parametrize("n", [1, 999, 2_500, 1_000_000])
def test_rounds_share_all_iterations(n: int) -> None:
    """Rounds follow on one another and end with the last iteration, at the whole of the search."""
    pace, lengths = Pace(Stop(iterations=n)), []
    while (length := pace.next(0.0, 2)) is not None:
        lengths.append(length)
        pace.ran([Found(now=(), best=(), now_pence=0, best_pence=0, iterations=length.n_iterations, seconds=1.0)])
    assert sum(length.n_iterations for length in lengths) == pace.iterations == n
    assert lengths[-1].done[1] == 1.0
    assert [a.done[1] for a in lengths[:-1]] == [b.done[0] for b in lengths[1:]]


def test_a_search_by_the_clock_measures_its_speed() -> None:
    """After a short first round each has as many iterations as fit its seconds; the last takes what time is left."""
    pace = Pace(Stop(seconds=60.0))
    first = pace.next(0.0, 2)
    assert first is not None
    pace.ran([Found(now=(), best=(), now_pence=0, best_pence=0, iterations=first.n_iterations, seconds=0.5)])
    second = pace.next(0.5, 2)
    assert second is not None
    assert second.n_iterations == int(first.n_iterations / 0.5 * 2 * second.seconds)
    last = pace.next(58.9, 2)
    assert last is not None
    assert last.done[1] == 1.0
    assert pace.next(59.999, 2) is None


def test_a_stop_ends_both_processes() -> None:
    """Told to stop in the middle, a search that would take hours on two processes ends with a whole plan."""
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    observer = Observer(began=time.monotonic(), should_stop=should_stop)
    with workers(LARGE, 2) as at_work:
        assert at_work.wait(300.0)  # type: ignore[attr-defined]
        plan = search(LARGE, Stop(iterations=10**9), at_work, observer, seed=1)
    assert asked == 4
    assert plan.pence == pence_of(LARGE, range(LARGE.n_riders), plan.routes)


def test_a_second_process_that_dies_is_named() -> None:
    """Killed from outside, it ends the search with a sentence that says what to do."""
    with workers(LARGE, 2) as at_work:
        assert at_work.wait(300.0)  # type: ignore[attr-defined]
        process = at_work._second._process  # type: ignore[attr-defined]
        os.kill(process.pid, signal.SIGTERM)
        with pytest.raises(StreamError, match=r"the second process of the search has ended .*--processes 1"):
            search(LARGE, Stop(iterations=2_000), at_work, Observer(began=time.monotonic()), seed=1)


def test_a_second_process_that_fails_says_why() -> None:
    """A task that cannot be run comes back with the child's own traceback."""
    bad = Task(riders=np.array([0, 10**6]), limits=None, routes="x", seed=1, n_iterations=1, first=0, done=(0.0, 1.0))  # type: ignore[arg-type]
    fine = Task(riders=None, limits=None, routes=(), seed=1, n_iterations=1, first=0, done=(0.0, 1.0))
    with workers(SMALL, 2) as at_work:
        assert at_work.wait(300.0)  # type: ignore[attr-defined]
        with pytest.raises(StreamError, match="Traceback"):
            at_work.run([fine, bad], lambda standings: False)
