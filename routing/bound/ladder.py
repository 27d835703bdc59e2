"""From a bound in a moment to the best that the time allows: packing, then rounds of column generation, ever finer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from routing.bound.from_plan import solo_columns
from routing.bound.master import Columns, Lot, Master, Prices
from routing.bound.packing import packing_bound
from routing.bound.fields import MAX_GATES
from routing.bound.problem import BoundProblem
from routing.bound.rounds import EXACT, QUICK, TABLES, Effort, Rounds
from routing.bound.state import digest_of, load, save

N_THREADS = 2
SHARES = (0.05, 0.2, 0.55)
"""Share of the time after which no more is looked for, quickly, through sequences of one, two and three gates."""
QUICK_EPS, LEAST_EPS = 0.005, 0.002
MOST_RUNS = 30_000


@dataclass(slots=True, kw_only=True, eq=False)
class Ladder:
    """A climb.

    Attributes
    ----------
    runs : columns to begin with. seconds : of wall time from `began` on.
    on_bound : called with the bound, pence a fortnight, whenever it rises. should_stop : asked between goes of pricing.
    has_runs : whether gate sequences stand for every run; else only packing is valid. refills : see `packing_bound`.
    best : the bound. best_prices : the prices that prove it; None: packing does, or an earlier run's.
    is_over : every run was priced, exactly, and none is left to find.
    """

    problem: BoundProblem
    seconds: float
    began: float
    on_bound: Callable[[float], None]
    runs: Iterable[Columns] = ()
    lots: Sequence[Lot] = ()
    state_path: Path | None = None
    should_stop: Callable[[], bool] | None = None
    has_runs: bool = True
    refills: int = 1
    best: float = 0.0
    best_prices: Prices | None = None
    is_over: bool = False
    _rounds: Rounds = field(init=False)
    _prices: Prices = field(init=False)
    _digest: str = ""
    _by_runs: bool = False
    _until: float = 0.0

    def climb(self) -> None:
        """Raise the bound until the time is up or nothing is left to find."""
        self._rise(packing_bound(self.problem, self.refills, self.lots))
        if not self.has_runs or self._is_time_up_at(self.began + self.seconds):
            return
        with ThreadPoolExecutor(N_THREADS) as threads:
            self._begin(threads)
            for n_gates, share in enumerate(SHARES, start=1):
                if n_gates == len(SHARES) and self._look(TABLES, 1.0) is None:
                    return
                self._search(replace(QUICK, n_gates=n_gates), share)
            self._prove()

    def _begin(self, threads: ThreadPoolExecutor) -> None:
        master = Master(self.problem, self.lots)
        self._rounds = Rounds(
            problem=self.problem, master=master, threads=threads, is_time_up=lambda: self._is_time_up_at(self._until)
        )
        self._digest = digest_of(self.problem)
        saved = load(self.state_path, self._digest, self.problem) if self.state_path else None
        if saved is not None:
            self._rounds.ng = saved.ng
            self._by_runs = saved.bound > self.best
            self._rise(saved.bound)
        for columns in (*solo_columns(self.problem), *self.runs, *(saved.runs if saved else ())):
            master.add(columns)
        self._prices = master.solve()

    def _search(self, effort: Effort, share: float) -> None:
        """Quickly, until little is found that is new and nobody is visited twice."""
        master = self._rounds.master
        while not self._is_time_up_at(self.began + share * self.seconds):
            new = self._look(effort, share)
            if new is None:
                return
            if new < max(10, master.n_runs // 200) and not self._rounds.grow_memory():
                if effort.n_gates < MAX_GATES or effort.eps < QUICK_EPS:
                    return
                effort = replace(effort, eps=effort.eps / 2)
            self._prices = master.solve()

    def _prove(self) -> None:
        """Exactly, for ever smaller gains."""
        effort = EXACT
        while effort.eps > LEAST_EPS:
            new = self._look(effort, 1.0)
            if new is None:
                return
            if new == 0 and not self._rounds.grow_memory():
                effort = replace(effort, eps=effort.eps / 2)
            self._prices = self._rounds.master.solve()
        self.is_over = True

    def _look(self, effort: Effort, share: float) -> int | None:
        """One round; how many runs are new, None if time was up before all was priced."""
        self._until = self.began + share * self.seconds
        master, prices = self._rounds.master, self._prices
        new, is_cut_short = self._rounds.price(prices, effort)
        bound = self._rounds.bound_of(prices)
        if bound > self.best:
            self.best_prices, self._by_runs = prices, True
            self._rise(bound)
        self._prices = master.solve()
        if master.n_runs > MOST_RUNS:
            master.purge(MOST_RUNS // 2)
            self._prices = master.solve()
        if self.state_path is not None:
            save(self.state_path, self._digest, self._rounds, self.best)
        return None if is_cut_short else new

    def _rise(self, bound: float) -> None:
        if bound > self.best:
            self.best = bound
            self.on_bound(bound)

    def _is_time_up_at(self, moment: float) -> bool:
        return time.monotonic() >= moment or (self.should_stop is not None and self.should_stop())

    @property
    def by_runs(self) -> bool:
        """Whether column generation proves more than packing does."""
        return self._by_runs
