"""The linear program over trips and who feeds them, kept warm between rounds of column generation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.columns.pool import TripPool, reduced_costs

NEW_VEHICLE = -1
DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4


class Master:
    """Fewest vehicles over the trips at hand.

    Rows: every stop with a row is served at least once; of each hub, trips fed from it <= trips that end at it.
    Columns: (trip, feeder). Its duals are the prices of a stop and of an idle vehicle at a hub.

    Attributes
    ----------
    value : vehicles of the last solution.
    stop_price : (S,) 0 for a stop without a row. idle_price : (H,) between 0 and 1.
    """

    def __init__(self, pool: TripPool, row_of_stop: NDArray[np.int64]) -> None:
        import highspy

        self.pool = pool
        self._row_of_stop = row_of_stop
        self._n_stop_rows = int(row_of_stop.max(initial=-1)) + 1
        self._n_hubs = len(pool.problem.hubs)
        self._lp: Any = highspy.Highs()
        self._lp.setOptionValue("output_flag", False)
        self._lp.setOptionValue("threads", 1)
        self._lp.setOptionValue("parallel", "off")
        self._lp.setOptionValue("presolve", "off")
        inf = highspy.kHighsInf
        n = self._n_stop_rows + self._n_hubs
        lower = np.r_[np.ones(self._n_stop_rows), np.full(self._n_hubs, -inf)]
        upper = np.r_[np.full(self._n_stop_rows, inf), np.zeros(self._n_hubs)]
        self._lp.addRows(n, lower, upper, 0, np.zeros(n, np.int32), np.zeros(0, np.int32), np.zeros(0))
        self._inf = inf
        self.trip = np.zeros(0, np.int64)
        self.feeder = np.zeros(0, np.int64)
        self.on = np.zeros(0, np.bool_)
        self._has: set[tuple[int, int]] = set()
        self.x = np.zeros(0)
        self.value = float("inf")
        self.stop_price = np.zeros(len(row_of_stop))
        self.idle_price = np.zeros(self._n_hubs)

    def add(self, trips: NDArray[np.int64], feeders: NDArray[np.int64]) -> int:
        """Take in columns; those already there are left. Returns how many are new."""
        new = [(int(t), int(k)) for t, k in zip(trips, feeders, strict=True) if (int(t), int(k)) not in self._has]
        new = list(dict.fromkeys(new))
        if not new:
            return 0
        self._has.update(new)
        starts, rows, values = [0], [], []
        for t, k in new:
            at = self._row_of_stop[self.pool.stops_of(t)]
            entries = dict.fromkeys((int(r) for r in at if r >= 0), 1.0)
            hub = self._n_stop_rows + int(self.pool.hub[t])
            entries[hub] = -1.0
            if k >= 0:
                feeder = self._n_stop_rows + k
                entries[feeder] = entries.get(feeder, 0.0) + 1.0
            rows += list(entries)
            values += list(entries.values())
            starts.append(len(rows))
        n = len(new)
        cost = np.array([1.0 if k < 0 else 0.0 for _, k in new])
        self._lp.addCols(
            n, cost, np.zeros(n), np.full(n, self._inf), len(rows),
            np.array(starts[:-1], np.int32), np.array(rows, np.int32), np.array(values),
        )  # fmt: skip
        self.trip = np.r_[self.trip, [t for t, _ in new]]
        self.feeder = np.r_[self.feeder, [k for _, k in new]]
        self.on = np.r_[self.on, np.ones(n, np.bool_)]
        self.x = np.r_[self.x, np.zeros(n)]
        return n

    def switch_off(self, columns: NDArray[np.int64]) -> None:
        """Take columns out for good."""
        if len(columns):
            self.on[columns] = False
            n = len(columns)
            self._lp.changeColsBounds(n, columns.astype(np.int32), np.zeros(n), np.zeros(n))

    def drop_columns(self, keep_cost: float) -> None:
        """Delete columns that are switched off or whose reduced cost is above `keep_cost`."""
        cost = np.array(self._lp.getSolution().col_dual)
        gone = np.flatnonzero(~self.on | ((cost > keep_cost) & (self.x < 1e-9)))
        if len(gone):
            self._lp.deleteCols(len(gone), gone.astype(np.int32))
            stay = np.ones(len(self.trip), np.bool_)
            stay[gone] = False
            self._has -= {(int(self.trip[c]), int(self.feeder[c])) for c in gone}
            self.trip, self.feeder, self.on, self.x = self.trip[stay], self.feeder[stay], self.on[stay], self.x[stay]

    @property
    def n_rows(self) -> int:
        """Rows of the program."""
        return self._n_stop_rows + self._n_hubs

    def solve(self, after_cuts: bool = False) -> None:
        """Solve again from the last basis; fills value, x and the prices.

        After new columns the basis is still primal feasible, after columns were taken out it is dual feasible: the
        simplex method of that side starts near its end.
        """
        self._lp.setOptionValue("simplex_strategy", DUAL_SIMPLEX if after_cuts else PRIMAL_SIMPLEX)
        self._lp.run()
        solution = self._lp.getSolution()
        duals = np.array(solution.row_dual)
        self.x = np.array(solution.col_value)
        self.value = float(self._lp.getInfo().objective_function_value)
        priced = self._row_of_stop >= 0
        self.stop_price[priced] = np.maximum(duals[self._row_of_stop[priced]], 0.0)
        self.idle_price = np.clip(-duals[self._n_stop_rows :], 0.0, 1.0)

    def price_pool(self, trips: NDArray[np.int64], n_most: int) -> int:
        """Take in those of these trips that have a negative reduced cost, the best first. Returns how many are new."""
        cost, feeder = reduced_costs(
            trips, self.pool.hub, self.pool.stops, self.pool.can_feed, self.stop_price, self.idle_price
        )
        good = np.flatnonzero(cost < -1e-7)
        good = good[np.argsort(cost[good], kind="stable")][:n_most]
        return self.add(trips[good], feeder[good])

    def use_of_trips(self) -> NDArray[np.float64]:
        """(m,) how much of each trip of the pool the last solution uses, over all feeders."""
        return np.bincount(self.trip, weights=self.x, minlength=len(self.pool)).astype(np.float64)
