"""The linear program over the runs at hand: its duals are the prices, its value is no bound until pricing says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import (
    C_CLASS,
    C_EMPTY,
    C_METRE,
    C_OWN_PA,
    C_PA,
    C_ROOM,
    C_RUN,
    C_TAGS,
    N_COST_COLUMNS,
    V_DEMAND,
)
from routing.bound.hours import taken
from routing.bound.kinds import Kind
from routing.bound.links import Broken, Links
from routing.bound.local import END_STEP_S
from routing.bound.problem import BoundProblem
from routing.instance import NO_LIMIT, S_CLASS, S_TAGS, Instance

if TYPE_CHECKING:
    from scipy.sparse import csr_array

DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4
CENTRAL_TOLERANCE = 1e-4
"""Share of the value by which prices from the middle may miss it."""
PENNY = 0.01
"""Pence by which prices of one run differ at least."""
Key = tuple[int, ...]
"""Of a run, see `Columns.run_keys`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A held lot that may go on: pence a fortnight, and the demands that it serves."""

    lot_id: str
    pence: float
    demands: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Runs: leg and kind by number, PA for shared need on board (0 or 1), row of the leg's sequences.

    nodes (m, L) outwards, -1: no more; pence (m,) miles and soft prices; own (m,) own PAs; seconds (m,) on the road by
    the sequence's span, and more_s (m,) besides, see `routing.bound.hours`.
    """

    leg: int
    kind: int
    pa: int
    sequence: NDArray[np.int64]
    nodes: NDArray[np.int64]
    pence: NDArray[np.float64]
    own: NDArray[np.int64]
    seconds: NDArray[np.int64]
    more_s: NDArray[np.int64]

    def run_keys(self) -> list[Key]:
        """What tells each run from all others: leg, kind, shared PA, row of the sequence, nodes outwards."""
        at = (self.leg, self.kind, self.pa)
        rows = zip(self.sequence.tolist(), self.nodes, strict=True)
        return [(*at, sequence, *row[row >= 0].tolist()) for sequence, row in rows]

    def only(self, which: NDArray[np.bool_]) -> Columns:
        """Some of them; which (m,)."""
        return replace(
            self, sequence=self.sequence[which], nodes=self.nodes[which], pence=self.pence[which], own=self.own[which],
            seconds=self.seconds[which], more_s=self.more_s[which],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """Duals of one solution.

    Attributes
    ----------
    demand : (D,) of serving a demand once, >= 0. run : (L, K) of a run on one leg; pa : (L, K) of a PA on it.
    moment, pa_moment : (L, K, T) of a vehicle, or a PA, that is taken up, see `routing.bound.hours`. limits : pence a
    fortnight that the limits on vehicles take off the bound, >= 0.
    """

    demand: NDArray[np.float64]
    run: NDArray[np.float64]
    pa: NDArray[np.float64]
    moment: NDArray[np.float64]
    pa_moment: NDArray[np.float64]
    limits: float


class Master:
    """Least pence a fortnight over the runs at hand.

    Rows: each demand as often as it has days; of each leg and kind, runs and PAs within the vehicles and PAs paid for,
    in all and, where a vehicle may take several runs, at each moment of the day and in each stretch of the hours at the
    gates; bought vehicles of a limited class.

    Attributes
    ----------
    staying : runs that `purge` leaves.
    """

    def __init__(self, problem: BoundProblem, lots: Sequence[Lot] = ()) -> None:
        import highspy

        self.problem, self.lots = problem, tuple(lots)
        self.value = float("inf")
        self._inf = highspy.kHighsInf
        self._optimal, self._unknown = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnknown
        self._lp: Any = highspy.Highs()
        for option, setting in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("presolve", "off")):
            self._lp.setOptionValue(option, setting)
        self._lp.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        self._lp.setOptionValue("run_crossover", "off")
        self._lp.setOptionValue("ipm_optimality_tolerance", CENTRAL_TOLERANCE)
        self._make_rows()
        self._make_fixed_columns()
        self.links = Links(self._lp, self._inf, [len(leg.sequences) for leg in problem.legs])
        self._n_fixed = self._lp.getNumCol()
        self._x = np.zeros(0)
        self.staying: frozenset[Key] = frozenset()
        self._keys: list[Key] = []
        self._figures: dict[Key, tuple[float, int, int, int]] = {}
        self._alone: list[tuple[int, float, dict[int, float]]] = []

    def _make_rows(self) -> None:
        p, n_legs, n_kinds = self.problem, len(self.problem.legs), len(self.problem.kinds)
        n_moments = len(p.hours[0].times) if n_legs else 0
        self._shape = n_legs, n_kinds, n_moments
        at = p.n_demands
        self._run_row = at + np.arange(n_legs * n_kinds).reshape(n_legs, n_kinds)
        at += n_legs * n_kinds
        self._pa_row = at + np.arange(n_legs * n_kinds).reshape(n_legs, n_kinds)
        at += n_legs * n_kinds
        self._moment_row = at + np.arange(n_legs * n_kinds * n_moments).reshape(self._shape)
        at += n_legs * n_kinds * n_moments
        self._pa_moment_row = at + np.arange(n_legs * n_kinds * n_moments).reshape(self._shape)
        at += n_legs * n_kinds * n_moments
        limit = p.class_limit
        self._limited = [c for c in range(len(limit)) if limit[c] < NO_LIMIT]
        self._class_row = {c: at + i for i, c in enumerate(self._limited)}
        n = at + len(self._limited)
        lower = np.r_[p.weight, np.full(n - p.n_demands, -self._inf)]
        upper = np.r_[np.full(p.n_demands, self._inf), np.zeros(n - p.n_demands)]
        for c, row in self._class_row.items():
            upper[row] = float(limit[c]) * p.n_days
        for k, kind in enumerate(p.kinds):
            if kind.most_out is not None:
                upper[self._moment_row[:, k]] = float(kind.most_out * p.n_days)
        self._upper = upper
        self._lp.addRows(n, lower, upper, 0, np.zeros(n, np.int32), np.zeros(0, np.int32), np.zeros(0))

    def _make_fixed_columns(self) -> None:
        """Vehicles, PAs, lots that go on, and leaving a demand unserved."""
        p = self.problem
        self._cols: list[tuple[float, float, dict[int, float]]] = []
        for d in range(p.n_demands):
            self._cols.append((float(p.unserved_pence[d]), self._inf, {d: 1.0}))
        for k, kind in enumerate(p.kinds):
            if kind.is_inner:
                continue
            rows = self._supplied(k, self._run_row, self._moment_row)
            of_class = self._class_row.get(int(p.instance.supplies[kind.supply, S_CLASS]))
            if of_class is not None and not kind.is_fleet:
                rows[of_class] = 1.0
            for offer in kind.offers:
                most = self._inf if offer.limit >= NO_LIMIT else float(offer.limit * p.n_days)
                self._cols.append((offer.pence, most, rows))
            self._cols.append((kind.pa_pence, self._inf, self._supplied(k, self._pa_row, self._pa_moment_row)))
        for lot in self.lots:
            self._cols.append((lot.pence, 1.0, {d: float(p.weight[d]) for d in lot.demands}))
        self._add([c[0] for c in self._cols], [c[2] for c in self._cols], [c[1] for c in self._cols])

    def _supplied(self, k: int, run_row: NDArray[np.int64], moment_row: NDArray[np.int64]) -> dict[int, float]:
        """What one vehicle, or PA, of a kind counts in the rows of its runs and of what these take up."""
        kinds = self.problem.kinds
        own = [(m, float(kind.max_runs)) for m, kind in enumerate(kinds) if kind.of == k]
        rows = {int(row): -max_runs for m, max_runs in own for row in run_row[:, m]}
        return rows | ({int(row): -1.0 for row in moment_row[:, k].ravel()} if kinds[k].is_tiered else {})

    def _add(self, costs: list[float], entries: list[dict[int, float]], most: list[float]) -> None:
        starts, rows, values = [0], [], []
        for entry in entries:
            rows += list(entry)
            values += list(entry.values())
            starts.append(len(rows))
        self._lp.addCols(
            len(costs), np.array(costs), np.zeros(len(costs)), np.array(most), len(rows),
            np.array(starts[:-1], np.int32), np.array(rows, np.int32), np.array(values),
        )  # fmt: skip

    def add(self, columns: Columns) -> int:
        """Take in runs, and the price of those already there where it is lower. Returns how many are new or cheaper."""
        p = self.problem
        self._drop_dearer(columns)
        leg, kind = p.legs[columns.leg], p.kinds[columns.kind]
        costs: list[float] = []
        entries: list[dict[int, float]] = []
        for m, key in enumerate(columns.run_keys()):
            if key in self._figures:
                continue
            self._keys.append(key)
            seconds, more_s = int(columns.seconds[m]), int(columns.more_s[m])
            self._figures[key] = float(columns.pence[m]), int(columns.own[m]), seconds, more_s
            nodes, entry = list(key[4:]), dict[int, float]()
            for d in leg.nodes[nodes, V_DEMAND].tolist():
                entry[d] = entry.get(d, 0.0) + 1.0
            entry[int(self._run_row[columns.leg, columns.kind])] = 1.0
            n_pas = columns.pa + int(columns.own[m])
            if n_pas:
                entry[int(self._pa_row[columns.leg, columns.kind])] = float(n_pas)
            if kind.counts_moments:
                self._add_moments(entry, columns, m)
            entry |= self.links.entry(key)
            long = kind.long_pence * max(0, seconds + more_s - kind.long_after_s)
            costs.append(float(columns.pence[m]) + kind.run_pence + long)
            entries.append(entry)
            if len(nodes) == 1 and leg.solo[nodes[0]]:
                self._alone.append((int(leg.nodes[nodes[0], V_DEMAND]), costs[-1], entry))
        if costs:
            self._add(costs, entries, [self._inf] * len(costs))
        return len(costs)

    def _drop_dearer(self, columns: Columns) -> None:
        """Delete the runs at hand that are told of at a lower price: tables round time down, where plans do not."""
        dearer = set()
        for m, key in enumerate(columns.run_keys()):
            if key in self._figures:
                pence, _, seconds, _ = self._figures[key]
                less_pence, less_s = pence - float(columns.pence[m]), seconds - int(columns.seconds[m])
                if less_pence >= -PENNY and less_s >= 0 and (less_pence > PENNY or less_s > 0):
                    dearer.add(key)
        if dearer:
            self.drop_unless(lambda key: key not in dearer)

    def _add_moments(self, entry: dict[int, float], columns: Columns, m: int) -> None:
        kind, hours, leg = self.problem.kinds[columns.kind], self.problem.hours[columns.leg], columns.leg
        sequence = self.problem.legs[leg].sequences[columns.sequence[m]]
        seconds = int(columns.seconds[m]) // END_STEP_S * END_STEP_S
        for t, (time, stretch_s) in enumerate(zip(hours.times.tolist(), hours.stretch_s.tolist(), strict=True)):
            share = taken(
                self.problem.legs[leg].leg, sequence, seconds, int(columns.more_s[m]), kind.sort, hours.hour, time,
                stretch_s,
            )  # fmt: skip
            if share > 0.0:
                entry[int(self._moment_row[leg, kind.of, t])] = share
                if columns.pa and kind.is_tiered:
                    entry[int(self._pa_moment_row[leg, kind.of, t])] = share

    def solve(self, *, central: bool = False) -> Prices:
        """Solve again from the last basis, or for prices from the middle of the best ones.

        central : by an interior point method that stops there, see `docs/decisions/0046-central-prices.md`.
        """
        self._lp.setOptionValue("solver", "ipm" if central else "simplex")
        self._lp.run()
        if not self._is_solved(central):
            # After rows have gone the old basis may be of no use.
            self._lp.clearSolver()
            self._lp.setOptionValue("solver", "simplex")
            self._lp.run()
        self._lp.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        self.value = float(self._lp.getInfo().objective_function_value)
        solution = self._lp.getSolution()
        duals = np.array(solution.row_dual)
        self._x = np.array(solution.col_value)
        rows = np.maximum(0.0, -duals)
        self.links.read(rows)
        moment = np.maximum(0.0, -duals[self._moment_row])
        return self.prices_of(
            np.maximum(0.0, duals[: self.problem.n_demands]), rows[self._run_row], rows[self._pa_row], moment,
            np.maximum(0.0, -duals[self._pa_moment_row]),
        )  # fmt: skip

    def _is_solved(self, central: bool) -> bool:
        """Whether there are prices; HiGHS calls those from the middle unknown, precise as they are."""
        status = self._lp.getModelStatus()
        may_do = central and status == self._unknown and self._lp.getSolution().dual_valid
        return bool(status == self._optimal or may_do)

    def prices_of(
        self, demand: NDArray[np.float64], run: NDArray[np.float64], pa: NDArray[np.float64],
        moment: NDArray[np.float64], pa_moment: NDArray[np.float64],
    ) -> Prices:  # fmt: skip
        """Prices under which no vehicle, PA or unserved demand pays; what limits take off is worked out here.

        Any prices may come in: PA prices are scaled until a PA costs what is paid for it, unserved demands bound the
        demand's price, and a vehicle that would be worth more than it costs counts against its limit. One that is worth
        less is priced at what it costs, which takes nothing off the bound and makes its runs no cheaper.
        """
        p = self.problem
        run, moment, pa, pa_moment = run.copy(), moment.copy(), pa.copy(), pa_moment.copy()
        demand = np.minimum(demand, p.unserved_pence)
        limits = 0.0
        worth_of_class: dict[int, float] = {}
        for k, kind in enumerate(p.kinds):
            if kind.is_inner:
                continue
            own = [m for m, other in enumerate(p.kinds) if other.of == k]
            paid = worth_of_one(p.kinds, k, pa, pa_moment)
            if paid > kind.pa_pence:
                pa[:, own] *= kind.pa_pence / paid
                pa_moment[:, k] *= kind.pa_pence / paid
            if not kind.counts_moments:
                _raise_to(pa, own, paid, kind.pa_pence)
                _raise_to(run, own, worth_of_one(p.kinds, k, run, moment), min(o.pence for o in kind.offers))
            worth = worth_of_one(p.kinds, k, run, moment)
            if kind.most_out is not None:
                limits += moment[:, k].sum() * kind.most_out * p.n_days
            for offer in kind.offers:
                over = worth - offer.pence
                if over <= 0:
                    continue
                of_class = int(p.instance.supplies[kind.supply, S_CLASS])
                if offer.limit < NO_LIMIT:
                    limits += over * offer.limit * p.n_days
                elif of_class in self._class_row and not kind.is_fleet:
                    worth_of_class[of_class] = max(over, worth_of_class.get(of_class, 0.0))
                else:
                    scale = offer.pence / worth
                    run[:, own] *= scale
                    moment[:, k] *= scale
                    worth = offer.pence
        self._cap_those_alone(demand, run, pa, moment, pa_moment)
        limits += sum(w * float(p.class_limit[c]) * p.n_days for c, w in worth_of_class.items())
        for lot in self.lots:
            limits += max(0.0, sum(demand[d] * p.weight[d] for d in lot.demands) - lot.pence)
        return Prices(demand=demand, run=run, pa=pa, moment=moment, pa_moment=pa_moment, limits=limits)

    def bound_of(self, prices: Prices) -> float:
        """Pence a fortnight that prices prove where no run is worth more than it costs."""
        return float((self.problem.weight * prices.demand).sum() - prices.limits)

    def between(self, prices: Prices, others: Prices, share: float) -> Prices:
        """Prices on the way to others, a share of it."""
        return self.prices_of(*(
            (1.0 - share) * getattr(prices, of) + share * getattr(others, of)
            for of in ("demand", "run", "pa", "moment", "pa_moment")
        ))  # fmt: skip

    def _cap_those_alone(
        self, demand: NDArray[np.float64], run: NDArray[np.float64], pa: NDArray[np.float64],
        moment: NDArray[np.float64], pa_moment: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """Nobody who travels alone is worth more than their cheapest run: these are all in the program, not priced."""
        of_row = self._costs_by_row(run, pa, moment, pa_moment)
        for d, pence, entry in self._alone:
            cost = pence + sum(a * of_row[row] for row, a in entry.items() if row < of_row.size)
            demand[d] = min(demand[d], cost)

    def _costs_by_row(
        self, run: NDArray[np.float64], pa: NDArray[np.float64], moment: NDArray[np.float64],
        pa_moment: NDArray[np.float64],
    ) -> NDArray[np.float64]:  # fmt: skip
        """What a run pays for each that it counts in the rows but those of links; nothing in those of demands."""
        of_row = np.zeros(self._upper.size)
        of_row[self._run_row], of_row[self._pa_row] = run, pa
        of_row[self._moment_row], of_row[self._pa_moment_row] = moment, pa_moment
        return of_row

    def in_excess(self, prices: Prices) -> tuple[csr_array, NDArray[np.float64]]:
        """The runs at hand that are worth more than they cost, links as the last round asked for them.

        Returns
        -------
        What each counts in the rows, (m, R), and by how many pence it is worth more, (m,).
        """
        from scipy.sparse import csc_array

        lp = self._lp.getLp()
        matrix, shape = lp.a_matrix_, (lp.num_row_, lp.num_col_)
        counts = csc_array((matrix.value_, matrix.index_, matrix.start_), shape)[:, self._n_fixed :].T
        worth = np.zeros(lp.num_row_)
        worth[: self._upper.size] = -self._costs_by_row(prices.run, prices.pa, prices.moment, prices.pa_moment)
        worth[: self.problem.n_demands] = prices.demand
        self.links.fill_asked(worth)
        excess = counts @ worth - np.array(lp.col_cost_)[self._n_fixed :]
        which = np.flatnonzero(excess > PENNY)
        return counts[which].tocsr(), excess[which]

    def run_row(self, leg: int, kind: int) -> int:
        """Row that counts the runs of a kind on one leg."""
        return int(self._run_row[leg, kind])

    def add_links(self, broken: Sequence[Broken]) -> None:
        """Have groups of sequences serve homes no more often than they are driven."""
        self.links.add(broken, self._keys, self._n_fixed)
        # More rows: what was best may no longer be allowed, its prices are.
        self._lp.setOptionValue("simplex_strategy", DUAL_SIMPLEX)

    def driven(self) -> list[tuple[tuple[int, ...], float]]:
        """Runs of the last solution with how often a fortnight each is driven."""
        x = self._x[self._n_fixed :]
        return [(self._keys[m], float(x[m])) for m in np.flatnonzero(x > 1e-6)]

    def used(self) -> list[tuple[int, ...]]:
        """Runs of the last solution: leg, kind, shared PA, row of the sequence, nodes outwards."""
        return [run for run, _ in self.driven()]

    def drop_unless(self, keeps: Callable[[tuple[int, ...]], bool]) -> None:
        """Delete the runs that do not hold."""
        self._drop(np.array([m for m, key in enumerate(self._keys) if not keeps(key)], np.int64))

    def purge(self, pence: float) -> None:
        """Delete the runs that cost so much more than they are worth in the last solution; none that stay."""
        cost = np.array(self._lp.getSolution().col_dual)[self._n_fixed :]
        stays = np.array([key in self.staying for key in self._keys], np.bool_)
        self._drop(np.flatnonzero((cost > pence) & ~stays))

    def _drop(self, gone: NDArray[np.int64]) -> None:
        if len(gone) == 0:
            return
        columns = gone + self._n_fixed
        self._lp.deleteCols(len(columns), columns.astype(np.int32))
        self._x = np.delete(self._x, columns[columns < len(self._x)])
        for m in gone.tolist():
            del self._figures[self._keys[m]]
        stay = np.ones(len(self._keys), np.bool_)
        stay[gone] = False
        self._keys = [key for key, stays in zip(self._keys, stay, strict=True) if stays]

    def runs(self) -> list[Columns]:
        """All runs at hand, in order, those alike in leg, kind and PA together."""
        alike: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        for m, key in enumerate(self._keys):
            alike[key[0], key[1], key[2]].append(m)
        return [self._runs(*of, ms) for of, ms in alike.items()]

    def _runs(self, leg: int, kind: int, pa: int, ms: list[int]) -> Columns:
        nodes = np.full((len(ms), max(len(self._keys[m]) for m in ms) - 4), -1, np.int64)
        for row, m in zip(nodes, ms, strict=True):
            row[: len(self._keys[m]) - 4] = self._keys[m][4:]
        pence, own, seconds, more_s = (np.array([self._figures[self._keys[m]][i] for m in ms]) for i in range(4))
        sequence = np.array([self._keys[m][3] for m in ms], np.int64)
        return Columns(
            leg=leg, kind=kind, pa=pa, sequence=sequence, nodes=nodes, pence=pence, own=own, seconds=seconds,
            more_s=more_s,
        )  # fmt: skip

    def no_prices(self) -> Prices:
        """Everything for nothing."""
        runs, moments = np.zeros(self._shape[:2]), np.zeros(self._shape)
        return Prices(
            demand=np.zeros(self.problem.n_demands), run=runs, pa=runs, moment=moments, pa_moment=moments, limits=0.0
        )  # fmt: skip

    def stay(self) -> None:
        """Have all runs at hand stay."""
        self.staying = frozenset(self._keys)

    @property
    def n_runs(self) -> int:
        """Runs at hand."""
        return len(self._keys)

    def costs_of(self, prices: Prices, leg: int, kind: int, pa: int) -> NDArray[np.float64]:
        """Row of the pricing's C_* for one kind, with or without a shared PA."""
        k, instance = self.problem.kinds[kind], self.problem.instance
        c = np.zeros(N_COST_COLUMNS)
        c[C_METRE], c[C_EMPTY], c[C_PA] = k.metre_pence, k.empty, pa
        c[C_RUN] = k.run_pence + prices.run[leg, kind] + pa * prices.pa[leg, kind]
        c[C_OWN_PA] = prices.pa[leg, kind]
        c[C_CLASS], c[C_TAGS] = instance.supplies[k.supply, S_CLASS], instance.supplies[k.supply, S_TAGS]
        c[C_ROOM] = room_of(instance, int(c[C_CLASS])) - pa
        return c

    def moment_prices(self, prices: Prices, leg: int, kind: int, pa: int) -> NDArray[np.float64]:
        """(T,) what a vehicle, with its PA, costs at each moment and stretch."""
        if not self.problem.kinds[kind].counts_moments:
            return np.zeros(self._shape[2])
        of = self.problem.kinds[kind].of
        moment = prices.moment[leg, of]
        return np.asarray(moment + prices.pa_moment[leg, of] if pa else moment)


def _raise_to(price: NDArray[np.float64], own: list[int], worth: float, paid: float) -> None:
    """Raise prices (L, K) of some kinds' runs, in proportion, until all that is paid for them is worth it."""
    if worth < paid:
        price[:, own] = price[:, own] * (paid / worth) if worth > PENNY else paid / max(1, len(price))


def worth_of_one(kinds: Sequence[Kind], k: int, run: NDArray[np.float64], moment: NDArray[np.float64]) -> float:
    """What one vehicle, or PA, is worth a day at the prices of runs (L, K) and of what these take up (L, K, T)."""
    worth = sum(kind.max_runs * float(run[:, m].sum()) for m, kind in enumerate(kinds) if kind.of == k)
    return worth + (float(moment[:, k].sum()) if kinds[k].is_tiered else 0.0)


def room_of(instance: Instance, kind: int) -> int:
    """Most places of a layout that people can take."""
    seats, chairs = np.nonzero(instance.fits[kind])
    return int((seats + chairs).max(initial=0))
