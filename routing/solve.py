"""The optimiser's wiring: kernel, two streams of search on one process or two, exact assignment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from routing.areas import assign_by_area
from routing.assign import Assignment, assign, compile_assignment, drop_undriven
from routing.instance import P_UNIT, Instance, Solution
from routing.part import Blocks, as_solution, limits_of, part_of
from routing.processes import Elsewhere, StreamError, workers
from routing.search.state import new_state
from routing.start import StartRoute, begin_from
from routing.streams import Observer, Progress, Stop, search
from routing.task import CHUNK

__all__ = ["CHUNK", "Elsewhere", "Progress", "Result", "StartRoute", "Stop", "StreamError", "compile_kernel", "solve"]

FEW_RIDERS, FEW_SECONDS, FEW_ITERATIONS = 100, 5.0, 5_000
"""Below any of these a second process would end before it had begun: starting it takes about three seconds."""


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
    processes: int = 1,
    blocks: Blocks | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
    elsewhere: Elsewhere | None = None,
    price_fleet: bool = True,
) -> Result:
    """Search for the plan of least objective.

    Parameters
    ----------
    stop : seconds of `clock` or iterations.
    seed : same instance, seed, start and iterations: same plan, whatever the number of processes.
    start : routes to begin with (today's); those that break a rule are taken apart.
    processes : 1, or 2 where the second is worth starting.
    blocks : where travel comes from if the instance holds no matrices.
    on_progress : called about five times a second. should_stop : asked before every chunk.
    clock : what seconds are counted by; wall time unless told otherwise, and then on one process only.
    elsewhere : who searches, in place of processes and clock.
    price_fleet : whether routes pay for a fleet vehicle, at first, what the assignment could save with it
        (`routing.fleet_worth`).

    Raises
    ------
    StreamError : the second process has failed.
    """
    blocks = None if has_matrices(instance) else blocks
    compile_seconds = compile_kernel(instance, blocks)
    clock = clock if elsewhere is None else elsewhere.clock
    observer = Observer(began=clock(), clock=clock, on_progress=on_progress, should_stop=should_stop)
    if clock is not time.monotonic or not is_worth_a_process(instance, stop):
        processes = 1
    staff = workers(instance, processes, blocks, clock) if elsewhere is None else elsewhere.workers(instance, blocks)
    with staff as at_work:
        found = search(
            instance, stop, at_work, observer, seed=seed, start=start, blocks=blocks, price_fleet=price_fleet
        )
    solution = as_solution(instance, found.routes)
    exact = assign(instance, solution) if blocks is None else assign_by_area(instance, found.routes, blocks)
    solution, assignment = drop_undriven(solution, exact)
    return Result(
        solution=solution,
        assignment=assignment,
        iterations=found.iterations,
        seconds=observer.elapsed(),
        first_plan_seconds=found.first_plan_seconds,
        compile_seconds=compile_seconds,
        trace=found.trace,
    )


def is_worth_a_process(instance: Instance, stop: Stop) -> bool:
    """Whether there is enough to do for a second process."""
    long_enough = stop.seconds is None or stop.seconds >= FEW_SECONDS
    many_enough = stop.iterations is None or stop.iterations >= FEW_ITERATIONS
    return instance.n_riders >= FEW_RIDERS and long_enough and many_enough


def has_matrices(instance: Instance) -> bool:
    """Whether the instance holds matrices, or there are too many places for them."""
    return instance.seconds.shape[-1] > 0 or instance.n_riders == 0


def compile_kernel(instance: Instance, blocks: Blocks | None = None) -> float:
    """Have the kernel ready before the clock starts, on a state that is thrown away. Returns seconds."""
    began = time.monotonic()
    if not has_matrices(instance):
        one_unit = np.flatnonzero(instance.riders[:, P_UNIT] == 0)
        instance = part_of(instance, one_unit, limits_of(instance), blocks).instance
    begin_from(instance.data(), new_state(instance, 0), ())
    compile_assignment(instance)
    return time.monotonic() - began
