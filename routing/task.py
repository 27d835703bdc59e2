"""One search of so many iterations from given routes, on a whole instance or on an area of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.instance import BOUGHT, NO_LIMIT, S_FIXED, S_KIND, S_LIMIT, Instance
from routing.part import Blocks, Ints, Limits, Part, part_of, whole_of
from routing.search.anneal import search_chunk
from routing.search.state import N_ABSENT, N_BEST, N_TOTAL, new_state
from routing.start import StartRoute, begin_from, routes_at_best, routes_now

HOT_PENCE, COOL_PENCE = 8_000.0, 200.0
"""Temperatures, pence a fortnight: £8 and 20p a day. At 955 passengers and 30 s hotter starts ended dearer."""
CHUNK = 50
"""Iterations between looks at the clock and the stop signal; fixed, so that a run counted in iterations repeats."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What one stream does in one round. It depends on nothing else, so it does not matter where it runs.

    Attributes
    ----------
    riders : of the area, ascending; None: everybody. limits : the area's; None: all there is.
    routes : to begin with, in the whole instance's numbers.
    first : number of the first iteration. done : shares of the whole search done at its beginning and end.
    day_pence : (K,) pence a day that the search charges for a supply beside its cost; None: nothing.
    until : seconds of the clock (the same for all processes) after which no chunk begins; None: none.
    """

    riders: Ints | None
    limits: Limits | None
    routes: Sequence[StartRoute]
    seed: int
    n_iterations: int
    first: int
    done: tuple[float, float]
    day_pence: Ints | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a task stands: iterations run, best objective (pence a fortnight), riders not carried now."""

    iterations: int = 0
    best_pence: int | None = None
    n_absent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What a task came to: working plan and best plan in the whole instance's numbers, pence a fortnight.

    Attributes
    ----------
    seconds : of its iterations.
    """

    now: Sequence[StartRoute]
    best: Sequence[StartRoute]
    now_pence: int
    best_pence: int
    iterations: int
    seconds: float


Tell = Callable[[Standing], bool]
"""Told before every chunk how a task stands; True: stop."""


def run_task(
    instance: Instance,
    task: Task,
    tell: Tell,
    blocks: Blocks | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Found:
    """Search as the task says; the first plan is made where riders are on no route."""
    riders, limits = task.riders, task.limits
    part = whole_of(instance)
    if riders is not None and limits is not None:
        part = part_of(instance, riders, limits, blocks)
    if task.day_pence is not None:
        part = _charged(part, task.day_pence)
    data, state = part.instance.data(), new_state(part.instance, task.seed)
    begin_from(data, state, part.inward(task.routes))
    began = clock()
    iterations = 0
    while iterations < task.n_iterations and (task.until is None or clock() < task.until):
        standing = Standing(iterations=iterations, best_pence=int(state.num[N_BEST]), n_absent=int(state.num[N_ABSENT]))
        if tell(standing):
            break
        n = min(CHUNK, task.n_iterations - iterations)
        shares = np.interp([iterations, iterations + n], [0, task.n_iterations], task.done)
        temperatures = np.array([HOT_PENCE, COOL_PENCE])
        search_chunk(data, state, n, task.first + iterations, shares, temperatures, has_limits(part.instance))
        iterations += n
    return Found(
        now=part.outward(routes_now(state)),
        best=part.outward(routes_at_best(state)),
        now_pence=int(state.num[N_TOTAL]),
        best_pence=int(state.num[N_BEST]),
        iterations=iterations,
        seconds=clock() - began,
    )


def _charged(part: Part, day_pence: Ints) -> Part:
    """The part with supplies that cost more by the day of use."""
    supplies = part.instance.supplies.copy()
    supplies[:, S_FIXED] += day_pence[part.supplies]
    return replace(part, instance=replace(part.instance, supplies=supplies))


def has_limits(instance: Instance) -> bool:
    """Whether some supply is limited and worth handing round."""
    bought = instance.supplies[:, S_KIND] == BOUGHT
    return bool((~bought).any() or (instance.supplies[bought, S_LIMIT] < NO_LIMIT).any())
