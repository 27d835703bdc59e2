"""The optimiser's wiring: first plan or warm start, search, exact assignment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.assign import Assignment, as_arrays, assign, compile_assignment, drop_undriven
from routing.instance import (
    BOUGHT,
    MAX_HUBS,
    NO_LIMIT,
    P_PERSON,
    P_UNIT,
    S_KIND,
    S_LIMIT,
    Instance,
    Solution,
)
from routing.search.anneal import begin, search_chunk
from routing.search.state import N_ABSENT, N_BEST, State, new_state, solution_of

HOT_PENCE, COOL_PENCE = 8_000.0, 200.0
"""Temperatures, pence a fortnight: £8 and 20p a day. At 955 passengers and 30 s hotter starts ended dearer."""
CHUNK = 50
"""Iterations between looks at the clock and the stop signal; fixed, so that a run counted in iterations repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """When a search ends: after so many seconds, or so many iterations (then it repeats exactly)."""

    seconds: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        """One of the two."""
        if (self.seconds is None) == (self.iterations is None):
            raise ValueError("stop: give seconds or iterations, one of the two")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a search stands."""

    iterations: int
    seconds: float
    objective_pence_per_week: int
    n_unserved: int
    share_done: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRoute:
    """A route to start from: riders and hubs by index, AM and PM."""

    order: tuple[list[int], list[int]]
    hubs: tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """What a search found.

    Attributes
    ----------
    seconds : of the search. compile_seconds : before it, loading the kernel or compiling it for the first time.
    trace : (seconds, best objective in pence a week) at the first plan and whenever it was looked at.
    """

    solution: Solution
    assignment: Assignment
    iterations: int
    seconds: float
    first_plan_seconds: float
    compile_seconds: float
    trace: tuple[tuple[float, int], ...]


def solve(
    instance: Instance,
    stop: Stop,
    *,
    seed: int = 1,
    start: Sequence[StartRoute] = (),
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """Search for the plan of least objective.

    Parameters
    ----------
    stop : seconds of `clock` or iterations.
    seed : same instance, seed, start and iterations: same plan.
    start : routes to begin with (today's); those that break a rule are taken apart.
    on_progress : called about five times a second. should_stop : asked before every chunk.
    clock : what seconds are counted by; wall time unless told otherwise.
    """
    compile_seconds = compile_kernel(instance)
    began = clock()
    data, state = instance.data(), new_state(instance, seed)
    _begin(data, state, start)
    first_plan_seconds = clock() - began
    trace = [(first_plan_seconds, _week_pence(state))]
    iterations = _anneal(instance, data, state, stop, began, trace, on_progress, should_stop, clock)
    solution = solution_of(state)
    solution, assignment = drop_undriven(solution, assign(instance, solution))
    return Result(
        solution=solution,
        assignment=assignment,
        iterations=iterations,
        seconds=clock() - began,
        first_plan_seconds=first_plan_seconds,
        compile_seconds=compile_seconds,
        trace=tuple(trace),
    )


def compile_kernel(instance: Instance) -> float:
    """Have the kernel ready before the clock starts, on a state that is thrown away. Returns seconds."""
    began = time.monotonic()
    _begin(instance.data(), new_state(instance, 0), ())
    compile_assignment(instance)
    return time.monotonic() - began


def _week_pence(state: State) -> int:
    return (int(state.num[N_BEST]) + 1) // 2


def _begin(data: Any, state: State, start: Sequence[StartRoute]) -> None:
    """First plan from start routes; who is on a route that breaks a rule, or without their unit, is inserted anew."""
    longest = state.now.order.shape[2]
    fitting = [
        route
        for route in start
        if max(map(len, route.order)) < longest
        and max(map(len, route.hubs)) <= MAX_HUBS
        and _units_whole(data, {int(data.riders[rider, P_PERSON]) for leg in route.order for rider in leg})
    ]
    orders = np.full((len(fitting), 2, longest), -1, np.int32)
    hubs = np.full((len(fitting), 2, MAX_HUBS), -1, np.int32)
    counts = np.zeros((len(fitting), 4), np.int64)
    for i, route in enumerate(fitting):
        orders[i], counts[i, :2] = as_arrays(route.order, longest)
        hubs[i], counts[i, 2:] = as_arrays(route.hubs, MAX_HUBS)
    begin(data, state, orders, hubs, counts)


def _units_whole(data: Any, persons: set[int]) -> bool:
    return all(
        int(data.unit_riders[m]) in persons
        for person in persons
        for unit in (data.riders[person, P_UNIT],)
        for m in range(data.unit_ptr[unit], data.unit_ptr[unit + 1])
    )


def _anneal(
    instance: Instance,
    data: Any,
    state: State,
    stop: Stop,
    began: float,
    trace: list[tuple[float, int]],
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
    clock: Callable[[], float],
) -> int:
    if instance.n_riders == 0:
        return 0
    limits = instance.supplies[:, S_LIMIT][instance.supplies[:, S_KIND] == BOUGHT]
    limited = bool((instance.supplies[:, S_KIND] != BOUGHT).any() or (limits < NO_LIMIT).any())
    temperatures = np.array([HOT_PENCE, COOL_PENCE])
    iterations, share, shown, chunk_s = 0, 0.0, began, 0.0
    while share < 1.0 and not (should_stop is not None and should_stop()):
        n = CHUNK if stop.iterations is None else min(CHUNK, stop.iterations - iterations)
        share_before = share
        now = clock()
        if stop.iterations is not None:
            share = (iterations + n) / stop.iterations
        else:
            assert stop.seconds is not None
            share = min(1.0, (now - began + chunk_s) / stop.seconds)
        search_chunk(data, state, n, iterations, np.array([share_before, share]), temperatures, limited)
        iterations += n
        chunk_s = clock() - now
        if clock() - shown > 0.2 or share >= 1.0:
            shown = clock()
            trace.append((shown - began, _week_pence(state)))
            if on_progress is not None:
                on_progress(
                    Progress(
                        iterations=iterations,
                        seconds=shown - began,
                        objective_pence_per_week=_week_pence(state),
                        n_unserved=int(state.num[N_ABSENT]),
                        share_done=share,
                    )
                )
    return iterations
