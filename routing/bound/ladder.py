"""From a bound in a moment to the best that the time allows: packing, then rounds of column generation, ever finer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from routing.bound.fields import MAX_GATES
from routing.bound.from_plan import as_driven, solo_columns
from routing.bound.links import broken_links
from routing.bound.master import Columns, Lot, Master, Prices
from routing.bound.packing import packing_bound
from routing.bound.problem import BoundProblem
from routing.bound.proven import Proven
from routing.bound.rounds import CLOSER, PROOF_EPS, TABLES, Effort, Rounds
from routing.bound.state import digest_of, load, save

N_THREADS = 2
CENTRAL_EPS = (0.05, 0.02)
"""Shares of a run's price that a find must be worth without links, one after another."""
CENTRAL = replace(TABLES, n_stages=3, central=True, eps=CENTRAL_EPS[0])
"""Tables without links."""
LAST_EPS = (0.002, 0.001, 0.0005, 0.0002)
"""The same with links."""
SAMPLED = 10
"""One in so many groups is priced before the first whole round of all gates, whose prices prove the first bound."""
FEW, CENTRAL_FEW, DEMANDS_A_GROUP = 100, 30, 15
"""Groups of a family that are priced between two solutions of the program, while there is much to find; and while
prices come from the middle: about as many as a solution takes, one for so many demands where these are more."""
NEXT_TO_NONE = 5
"""Runs and splits that are little in any round."""
MUCH, TOO_MUCH = 0.03, 0.1
"""Shares of the runs: much to find in a whole round, and too much to prove more than its prices do."""
LITTLE = 0.005
"""Much to find with links, where closer looks lift the program no more."""
MOST_FEW, SHARE_OF_WHOLE = 600, 0.1
"""Groups of a family in rounds of a few after a whole one, and the share of what it found that a hundred must find."""
MOST_LOTS = 3
"""Lots of links from one whole round to the next: the first behind it, others behind rounds of a few groups."""
SMOOTHED = 0.6
"""Share in the prices of a round of tables of those priced last, or, with links, of those that prove most."""
LAST = ((12, SMOOTHED), (24, SMOOTHED), (24, 0.0))
"""With links: homes that labels at a home remember at most, and that share. Where prices that lean have nothing left to
find, the program's own may have."""
MOST_RUNS, FAR_PENCE = 5_000, 2_000.0
"""With links: runs above which those go, behind whole rounds, that cost so much more than they are worth."""
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
    is_over : no run is left to find that is worth more than it costs, and the solution uses none that is made up.
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
    _lean: float = SMOOTHED
    _linked: float = 0.0
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
        for columns in (*solo_columns(self.problem), *self.runs):
            master.add(as_driven(self.problem, columns))
        master.stay()
        for columns in saved.runs if saved else ():
            master.add(as_driven(self.problem, columns))
        self._prices = master.solve(central=True)

    def _raise(self) -> None:
        """By tables, with more gates and then finer; by labels at last."""
        for n_gates in range(1, MAX_GATES):
            if not self._settle(replace(CENTRAL, n_gates=n_gates), little=MUCH):
                return
        _, _, is_cut_short = self._look(replace(CENTRAL, every=SAMPLED))
        if is_cut_short:
            return
        for eps in CENTRAL_EPS:
            if not self._settle(replace(CENTRAL, eps=eps), little=MUCH, once=eps != CENTRAL_EPS[-1]):
                return
        self._prove()

    def _settle(self, effort: Effort, *, little: float, once: bool = False) -> bool:
        """Whole rounds, and rounds of a few groups behind each, until little is found; False if time is up before.

        little : share of the runs at hand. once : no second whole round, whatever is found.
        """
        while True:
            before = self.best
            new, n_split, is_cut_short = self._look(effort)
            if is_cut_short:
                return False
            found = new + n_split
            has_risen = effort.with_links and self.best > before * (1.0 + effort.eps)
            if self._is_little(found, little) and self._linked < effort.eps and not has_risen:
                return True
            if found > NEXT_TO_NONE and not self._settle_few(effort, n_whole=found, n_lots=1):
                return False
            if once:
                return True

    def _settle_few(self, whole: Effort, *, n_whole: int = 0, n_lots: int = 0) -> bool:
        """Rounds of a few groups until little is found; False if time is up before.

        Links come behind them, a lot at a time, for as long as they lift the program.

        n_whole : what the whole round before found. n_lots : of links that came behind it.
        """
        few = max(CENTRAL_FEW, self.problem.n_demands // DEMANDS_A_GROUP) if whole.central else FEW
        n_few = few
        while True:
            new, n_split, is_cut_short = self._look(replace(whole, only_doubtful=True, most=few))
            if is_cut_short:
                return False
            n_few += few
            if n_few <= MOST_FEW and new + n_split > max(NEXT_TO_NONE, SHARE_OF_WHOLE * n_whole * few / FEW):
                continue
            if self._linked < whole.eps or n_lots >= MOST_LOTS:
                return True
            self._linked, n_lots, n_few = self._link(), n_lots + 1, 0

    def _prove(self) -> None:
        """With links; by ever closer means where the program's solution makes runs up; then remembering more."""
        self._prices = self._rounds.master.solve()
        for most, self._lean in LAST:
            for eps in LAST_EPS:
                effort, lifts = replace(CLOSER, eps=eps), True
                little, least = (0.0, 0.0) if eps == LAST_EPS[-1] else (MUCH, eps)
                while lifts:
                    if not self._settle(effort, little=little):
                        return
                    lifts = self._look_closer(effort, most, least=least)
                if little and not self._settle(effort, little=LITTLE):
                    return
        self.is_over = True

    def _look_closer(self, effort: Effort, most: int, *, least: float) -> bool:
        """A closer look, and rounds of a few groups behind it; whether there was one that lifts the program.

        most : see `Rounds.look_closer`. least : share of its value by which the program must rise; 0: it need not.
        """
        before = self._rounds.master.value
        if self._rounds.look_closer(most, effort.eps) == 0:
            return False
        self._prices = self._rounds.master.solve()
        self._settle_few(effort)
        return least == 0.0 or self._rounds.master.value >= before * (1.0 + least)

    def _look(self, effort: Effort) -> tuple[int, int, bool]:
        """One round, see `Rounds.price`."""
        master = self._rounds.master
        prices = self._next_prices(effort)
        result = self._rounds.price(prices, effort)
        if effort.is_whole:
            self._prove_near(prices, effort, result[0] + result[1])
        self._prices = master.solve(central=effort.central)
        if not effort.only_doubtful:
            if effort.with_links and master.n_runs > MOST_RUNS:
                master.purge(FAR_PENCE)
            self._linked = self._link() if effort.with_links else 0.0
        if time.monotonic() - self._saved_at > SAVE_EVERY_S:
            self._save()
        return result

    def _prove_near(self, prices: Prices, effort: Effort, found: int) -> None:
        """What the prices of a whole round prove, and ever more near them; the less it found, the finer is looked."""
        if not self._is_little(found, TOO_MUCH):
            self._take(self._rounds.proven(prices))
            return
        finest = PROOF_EPS if self._is_little(found, MUCH) else effort.eps
        for proven in self._rounds.prove(prices, effort, finest, self.best):
            self._take(proven)

    def _take(self, proven: Proven) -> None:
        """Keep prices that prove more than any before, and the fines that were asked for with them."""
        rises = proven.bound > self.best
        if rises or self.best_prices is None:
            self._rounds.master.links.hold()
        if rises:
            self.best_prices, self._by_runs = proven.prices, True
            self._rise(proven.bound)

    def _is_little(self, found: int, share: float) -> bool:
        return found < max(NEXT_TO_NONE, share * self._rounds.master.n_runs)

    def _next_prices(self, effort: Effort) -> Prices:
        """Those of the program; by tables on the way from earlier ones."""
        master, earlier = self._rounds.master, next(reversed(self._rounds.history), None)
        if effort.with_links and self.best_prices is not None:
            earlier = self.best_prices
        if earlier is None:
            return self._prices
        master.links.ask(self._lean)
        return master.between(self._prices, earlier, self._lean)

    def _link(self) -> float:
        """Keep runs that come to a home again from serving it with less than a vehicle.

        Returns by which share the value of the program rises.
        """
        master = self._rounds.master
        master.links.drop_slack()
        broken = broken_links(self._rounds.families, master.driven(), self.problem.n_days)
        if not broken:
            return 0.0
        before = master.value
        master.add_links(broken)
        self._prices = master.solve()
        return master.value / before - 1.0

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

    def runs_at_hand(self) -> list[Columns]:
        """All runs of the program; none where packing was all that there was time for."""
        return self._rounds.master.runs() if self._digest else []

    @property
    def by_runs(self) -> bool:
        """Whether column generation proves more than packing does."""
        return self._by_runs
