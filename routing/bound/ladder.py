"""From a bound in a moment to the best that the time allows: packing, then rounds of column generation, ever finer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from routing.bound.fields import MAX_GATES
from routing.bound.from_plan import as_driven, solo_columns
from routing.bound.master import Columns, Lot, Master, Prices
from routing.bound.packing import packing_bound
from routing.bound.problem import BoundProblem
from routing.bound.rounds import EXACT, QUICK, TABLES, Effort, Rounds
from routing.bound.state import digest_of, load, save

N_THREADS = 2
FIRST_EPS, TABLE_EPS, LEAST_EPS = 0.05, 0.005, 0.002
"""Share of a run's price that a find must be worth at first; at last by tables, and by labels."""
STAGES = (1, 2)
"""Of the tables; the finest are left to labels."""
FEW = 10
"""Groups of a family that are priced between two solutions of the program, while there is much to find."""
MOST_RUNS = 30_000
SAVE_EVERY_S = 10.0


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
    _saved_at: float = 0.0

    def climb(self) -> None:
        """Raise the bound until the time is up or nothing is left to find."""
        self._rise(packing_bound(self.problem, self.refills, self.lots))
        if not self.has_runs or self._is_time_up():
            return
        with ThreadPoolExecutor(N_THREADS) as threads:
            self._begin(threads)
            self._raise()
            self._save()

    def _begin(self, threads: ThreadPoolExecutor) -> None:
        master = Master(self.problem, self.lots)
        self._rounds = Rounds(problem=self.problem, master=master, threads=threads, is_time_up=self._is_time_up)
        self._digest = digest_of(self.problem)
        saved = load(self.state_path, self._digest, self.problem) if self.state_path else None
        if saved is not None:
            self._rounds.ng = saved.ng
            self._by_runs = saved.bound > self.best
            self._rise(saved.bound)
        for columns in (*solo_columns(self.problem), *self.runs, *(saved.runs if saved else ())):
            master.add(as_driven(self.problem, columns))
        self._prices = master.solve()

    def _raise(self) -> None:
        """By tables, with more gates and then finer; by labels at last."""
        for n_gates in range(1, MAX_GATES + 1):
            if not self._settle(replace(TABLES, n_gates=n_gates, eps=FIRST_EPS)):
                return
        for n_stages in STAGES:
            if n_stages > 1:
                self._as_driven(comes_again=True)
            effort = replace(TABLES, n_stages=n_stages, eps=FIRST_EPS)
            while effort.eps > TABLE_EPS:
                effort = replace(effort, eps=effort.eps / 2)
                if not self._settle(effort):
                    return
        self._prove()

    def _as_driven(self, *, comes_again: bool) -> None:
        """Take the runs that coarser tables made up out of the program, the others at their own price."""
        master = self._rounds.master
        runs = [as_driven(self.problem, columns, comes_again=comes_again) for columns in master.runs()]
        master.drop_unless(lambda _: False)
        for columns in runs:
            master.add(columns)
        self._prices = master.solve()

    def _settle(self, effort: Effort) -> bool:
        """Rounds until little is found that is new, the last of them a whole one; False if time is up before."""
        master, whole = self._rounds.master, effort
        while True:
            new, n_split, is_cut_short = self._look(effort)
            if is_cut_short:
                return False
            if new >= max(5, master.n_runs // 100) or n_split >= 20:
                effort = replace(effort, only_doubtful=True, most=FEW)
            elif effort.only_doubtful:
                effort = whole
            else:
                return True

    def _prove(self) -> None:
        """By labels: quickly until nobody is visited twice, then exactly, for ever smaller gains."""
        self._as_driven(comes_again=False)
        while self._settle(QUICK) and self._rounds.grow_memory():
            self._prices = self._rounds.master.solve()
        effort = EXACT
        while effort.eps > LEAST_EPS:
            new, n_split, is_cut_short = self._look(effort)
            if is_cut_short:
                return
            if new + n_split == 0 and not self._rounds.grow_memory():
                effort = replace(effort, eps=effort.eps / 2)
            self._prices = self._rounds.master.solve()
        self.is_over = True

    def _look(self, effort: Effort) -> tuple[int, int, bool]:
        """One round, see `Rounds.price`."""
        master, prices = self._rounds.master, self._prices
        result = self._rounds.price(prices, effort)
        proven = self._rounds.proven(prices)
        if proven.bound > self.best:
            self.best_prices, self._by_runs = proven.prices, True
            self._rise(proven.bound)
        self._prices = master.solve()
        if master.n_runs > MOST_RUNS:
            master.purge(MOST_RUNS // 2)
            self._prices = master.solve()
        if time.monotonic() - self._saved_at > SAVE_EVERY_S:
            self._save()
        return result

    def _save(self) -> None:
        if self.state_path is not None:
            save(self.state_path, self._digest, self._rounds, self.best)
            self._saved_at = time.monotonic()

    def _rise(self, bound: float) -> None:
        if bound > self.best:
            self.best = bound
            self.on_bound(bound)

    def _is_time_up(self) -> bool:
        late = time.monotonic() >= self.began + self.seconds
        return late or (self.should_stop is not None and self.should_stop())

    @property
    def by_runs(self) -> bool:
        """Whether column generation proves more than packing does."""
        return self._by_runs
