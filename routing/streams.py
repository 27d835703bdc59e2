"""Two logical streams of search in rounds, on one process or two with the same result.

Where there are riders enough, each round cuts the plan into areas, two of them or more, and every area is searched by
itself; the next round cuts elsewhere. What the areas find fits together, because none takes what another holds. Few
riders are searched whole by two seeds, and the worse one goes on from the better one's plan. Rounds end by iterations,
never by the clock alone, so that it does not matter which process was faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from routing.areas import cut, drives_from_landmarks, n_areas_of, share_out
from routing.fleet_worth import FleetWorth
from routing.instance import P_UNSERVED, Instance
from routing.part import Blocks, absent_from
from routing.processes import Workers
from routing.start import StartRoute
from routing.task import CHUNK, Found, Standing, Task

AREAS_FROM = 60
"""Riders from which areas beat two seeds on the whole (docs/decisions/0016-streams.md)."""
ROUND_ITERATIONS = 500
"""Fewest iterations of all streams in a round."""
MOST_ROUNDS = 16
"""Most rounds of a search; 30 of 400 iterations each ended dearer at 955 passengers."""
SHORTEST_ROUND_S = 1.0
_TELL_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """When a search ends: after so many seconds, or so many iterations of all streams (then it repeats exactly)."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """The best plan of all rounds.

    Attributes
    ----------
    pence : objective a fortnight. trace : (seconds, best objective in pence a week).
    """

    routes: Sequence[StartRoute]
    pence: int
    iterations: int
    first_plan_seconds: float
    trace: tuple[tuple[float, int], ...]


@dataclass(slots=True, kw_only=True)
class Observer:
    """Who is told how the search goes, and who may stop it.

    Attributes
    ----------
    began : seconds of `clock` at the beginning.
    """

    began: float
    clock: Callable[[], float] = time.monotonic
    on_progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None
    trace: list[tuple[float, int]] = field(default_factory=list)
    least_pence: int = 1 << 60
    stopped: bool = False
    shown_at: float = 0.0
    share_shown: float = 0.0

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self.clock() - self.began

    def ask(self) -> bool:
        """Whether to stop; not asked again once it was yes."""
        self.stopped = self.stopped or (self.should_stop is not None and self.should_stop())
        return self.stopped

    def look(self, iterations: int, pence: int, n_absent: int, share: float, *, force: bool = False) -> None:
        """Tell, about five times a second. pence : best objective a fortnight."""
        self.least_pence = min(self.least_pence, pence)
        if not force and self.elapsed() - self.shown_at < _TELL_EVERY_S:
            return
        self.shown_at = self.elapsed()
        self.trace.append((self.shown_at, (self.least_pence + 1) // 2))
        # A last round that ends before its time is followed by another one, which begins at a smaller share.
        self.share_shown = max(self.share_shown, min(1.0, share))
        if self.on_progress is not None:
            self.on_progress(
                Progress(
                    iterations=iterations,
                    seconds=self.shown_at,
                    objective_pence_per_week=(self.least_pence + 1) // 2,
                    n_unserved=n_absent,
                    share_done=self.share_shown,
                )
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Length of a round: iterations of all tasks, number of the first, shares done, and seconds it may take."""

    number: int
    n_iterations: int
    first: int
    done: tuple[float, float]
    seconds: float | None


class Streams(Protocol):
    """What the tasks of a round are, and what they come to."""

    def tasks(self, length: Round, seed: int) -> list[Task]:
        """Tasks of a round, without a time limit."""
        ...

    def pence(self, standings: Sequence[Standing]) -> int:
        """Best objective of a round that stands so."""
        ...

    def take(self, found: Sequence[Found]) -> tuple[Sequence[StartRoute], int]:
        """Go on from what the tasks found. Best plan of the round, pence a fortnight."""
        ...


class TwoSeeds:
    """Two searches of the whole; the worse goes on from the better one's plan."""

    def __init__(self, instance: Instance, routes: Sequence[StartRoute]) -> None:
        self._start_pence = pence_of(instance, range(instance.n_riders), routes)
        self._routes = routes

    def tasks(self, length: Round, seed: int) -> list[Task]:
        """See `Streams`."""
        n = length.n_iterations
        return [
            Task(
                riders=None, limits=None, routes=self._routes, seed=mixed_seed(seed, length.number, k),
                n_iterations=(n + 1 - k) // 2, first=length.first, done=length.done,
            )
            for k in range(2)
        ]  # fmt: skip

    def pence(self, standings: Sequence[Standing]) -> int:
        """See `Streams`."""
        return min(self._start_pence if s.best_pence is None else s.best_pence for s in standings)

    def take(self, found: Sequence[Found]) -> tuple[Sequence[StartRoute], int]:
        """See `Streams`."""
        better = min(found, key=lambda f: f.now_pence)
        self._routes, self._start_pence = better.now, better.now_pence
        best = min(found, key=lambda f: f.best_pence)
        return best.best, best.best_pence


class Areas:
    """Areas searched side by side, cut anew in each round."""

    def __init__(
        self,
        instance: Instance,
        routes: Sequence[StartRoute],
        blocks: Blocks | None,
        n_areas: int,
        *,
        price_fleet: bool = True,
    ) -> None:
        self._instance, self._routes, self._n_areas = instance, routes, n_areas
        self._drives = drives_from_landmarks(instance, blocks)
        self._worth = FleetWorth(instance, priced=price_fleet)
        self._start_pence: list[int] = []

    def tasks(self, length: Round, seed: int) -> list[Task]:
        """See `Streams`."""
        rng = np.random.default_rng([seed, length.number + 1])
        riders, routes = cut(self._instance, self._routes, self._n_areas, self._drives, rng)
        limits = share_out(self._instance, routes, rng)
        ends = np.rint(np.cumsum([len(r) for r in riders]) * length.n_iterations / self._instance.n_riders)
        shares = np.diff(ends, prepend=0).astype(int).tolist()
        self._start_pence = [pence_of(self._instance, r, s) for r, s in zip(riders, routes, strict=True)]
        if length.n_iterations > 0:
            self._worth.look(self._routes, length.done[0])
        return [
            Task(
                riders=riders[a], limits=limits[a], routes=routes[a], seed=mixed_seed(seed, length.number, a),
                n_iterations=shares[a], first=length.first, done=length.done, day_pence=self._worth.day_pence,
            )
            for a in range(self._n_areas)
        ]  # fmt: skip

    def pence(self, standings: Sequence[Standing]) -> int:
        """See `Streams`."""
        both = zip(standings, self._start_pence, strict=True)
        return sum(pence if s.best_pence is None else s.best_pence for s, pence in both)

    def take(self, found: Sequence[Found]) -> tuple[Sequence[StartRoute], int]:
        """See `Streams`."""
        self._routes = self._worth.without([route for f in found for route in f.now])
        best = self._worth.without([route for f in found for route in f.best])
        return best, pence_of(self._instance, range(self._instance.n_riders), best)


def search(
    instance: Instance,
    stop: Stop,
    workers: Workers,
    observer: Observer,
    *,
    seed: int,
    start: Sequence[StartRoute] = (),
    blocks: Blocks | None = None,
    price_fleet: bool = True,
) -> Searched:
    """First plan, then rounds until the stop.

    Parameters
    ----------
    blocks : where travel comes from if the instance holds no matrices.
    price_fleet : whether routes pay for a fleet vehicle, at first, what the assignment could save with it.
    """
    streams, best, best_pence = _first_plan(instance, workers, seed, start, blocks, price_fleet)
    first_plan_seconds = observer.elapsed()
    observer.least_pence = best_pence
    observer.trace.append((first_plan_seconds, (best_pence + 1) // 2))
    pace = Pace(stop)
    while instance.n_riders > 0 and not observer.stopped:
        processes = workers.processes
        length = pace.next(observer.elapsed(), processes)
        if length is None:
            break
        tasks = timed(streams.tasks(length, seed), length, processes, observer.clock())
        found = workers.run(tasks, _watch(observer, streams, length))
        routes, pence = streams.take(found)
        if pence < best_pence:
            best, best_pence = routes, pence
        pace.ran(found)
        if pace.iterations > length.first:
            n_absent = len(absent_from(instance, best))
            observer.look(pace.iterations, best_pence, n_absent, length.done[1], force=length.done[1] >= 1.0)
    return Searched(
        routes=best,
        pence=best_pence,
        iterations=pace.iterations,
        first_plan_seconds=first_plan_seconds,
        trace=tuple(observer.trace),
    )


def _first_plan(
    instance: Instance,
    workers: Workers,
    seed: int,
    start: Sequence[StartRoute],
    blocks: Blocks | None,
    price_fleet: bool,
) -> tuple[Streams, Sequence[StartRoute], int]:
    """Streams that begin with the first plan, made whole where the matrices are whole and by area elsewhere."""
    zero = Round(number=-1, n_iterations=0, first=0, done=(0.0, 0.0), seconds=None)
    n_areas = n_areas_of(instance.n_riders)
    if blocks is not None:
        areas = Areas(instance, start, blocks, n_areas, price_fleet=price_fleet)
        return areas, *areas.take(workers.run(areas.tasks(zero, seed), lambda standings: False))
    whole = Task(
        riders=None, limits=None, routes=start, seed=mixed_seed(seed), n_iterations=0, first=0, done=(0.0, 0.0)
    )
    (found,) = workers.run([whole], lambda standings: False)
    if instance.n_riders < AREAS_FROM:
        return TwoSeeds(instance, found.now), found.best, found.best_pence
    return Areas(instance, found.now, blocks, n_areas, price_fleet=price_fleet), found.best, found.best_pence


def _watch(observer: Observer, streams: Streams, length: Round) -> Callable[[Sequence[Standing]], bool]:
    def watch(standings: Sequence[Standing]) -> bool:
        if observer.ask():
            return True
        ran = sum(s.iterations for s in standings)
        if ran:
            share = length.done[0] + (length.done[1] - length.done[0]) * ran / length.n_iterations
            observer.look(length.first + ran, streams.pence(standings), sum(s.n_absent for s in standings), share)
        return False

    return watch


def mixed_seed(*numbers: int) -> int:
    """A seed that has nothing in common with those of like numbers."""
    return int(np.random.SeedSequence([n + 1 for n in numbers]).generate_state(1)[0])


def pence_of(instance: Instance, riders: Sequence[int] | np.ndarray, routes: Sequence[StartRoute]) -> int:
    """Objective a fortnight of routes and of those of the riders who are on none of them."""
    absent = sorted(set(absent_from(instance, routes)) & {int(rider) for rider in riders})
    return sum(route.pence for route in routes) + int(instance.riders[absent, P_UNSERVED].sum())


def timed(tasks: list[Task], length: Round, processes: int, now: float) -> list[Task]:
    """Tasks that end by the clock at the latest: each process has its tasks one after the other."""
    if length.seconds is None:
        return tasks
    n_turns = -(-len(tasks) // processes)
    return [replace(task, until=now + length.seconds * (i // processes + 1) / n_turns) for i, task in enumerate(tasks)]


class Pace:
    """How long each round is: by iterations alone, or in a search limited by the clock by measured speed."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self.iterations = 0
        self._number = 0
        self._per_second = 0.0
        n = stop.iterations or 0
        self._n_rounds = max(1, min(MOST_ROUNDS, n // ROUND_ITERATIONS))

    def next(self, elapsed: float, processes: int) -> Round | None:
        """The next round, on so many processes; None: the search is over."""
        if self._stop.seconds is None:
            return self._counted()
        return self._clocked(self._stop.seconds, elapsed, processes)

    def ran(self, found: Sequence[Found]) -> None:
        """Note what a round came to."""
        n = sum(f.iterations for f in found)
        self.iterations += n
        self._number += 1
        self._per_second = n / max(1e-3, sum(f.seconds for f in found))

    def _counted(self) -> Round | None:
        n, k = self._stop.iterations or 0, self._number
        if k == self._n_rounds or n == 0:
            return None
        first, last = n * k // self._n_rounds, n * (k + 1) // self._n_rounds
        return Round(number=k, n_iterations=last - first, first=first, done=(first / n, last / n), seconds=None)

    def _clocked(self, limit: float, elapsed: float, processes: int) -> Round | None:
        left = limit - elapsed
        usual = max(SHORTEST_ROUND_S, limit / MOST_ROUNDS)
        if left < 0.02 * usual:
            return None
        seconds = left if left < 1.5 * usual else usual
        n = max(4 * CHUNK, int(self._per_second * seconds * processes))
        share = (elapsed + seconds) / limit
        # Of the first round nothing is known but that it is short.
        done = (elapsed / limit, min(1.0, share if self._number else elapsed / limit + 0.01))
        return Round(number=self._number, n_iterations=n, first=self.iterations, done=done, seconds=seconds)
