"""A choice asked many questions at once by its linear program: what it proves in a millisecond needs no search.

The program's prices are rounded to whole parts of a unit, and the bound that they give is worked out in integers: it
holds whatever the floating point did. Where the program's own answer is whole, keeps every row and costs no more than
the bound, it is the best choice; elsewhere the bound is what is known.

References
----------
Geoffrion (1974), Lagrangean relaxation for integer programming: any prices of rows give a bound.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from procurement.choice import (
    BELOW_ONE,
    Choice,
    ChoiceSearch,
    ChoiceState,
    Chosen,
    model_of,
    standard_output_kept_clean,
)

Ints = npt.NDArray[np.int64]

FINE = 2**20
"""Prices of rows are whole numbers of such parts of a unit."""
_NO_LIMIT = 2**62
_LARGEST = 2**61
"""Sums stay well below what 64 bits hold; a question whose prices would not is not answered."""


class Relaxation:
    """A choice with its linear program, to be asked with columns forced or forbidden."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self._highs = model_of(choice, 1, whole=False)
        self._costs = np.array(choice.costs, dtype=np.int64)
        self._rows = np.array([n for n, row in enumerate(choice.rows) for _ in row.terms], dtype=np.int64)
        self._columns = np.array([column for row in choice.rows for column, _ in row.terms], dtype=np.int64)
        self._values = np.array([value for row in choice.rows for _, value in row.terms], dtype=np.int64)
        self._lower = np.array([-_NO_LIMIT if r.lower is None else r.lower for r in choice.rows], dtype=np.int64)
        self._upper = np.array([_NO_LIMIT if r.upper is None else r.upper for r in choice.rows], dtype=np.int64)

    def best(self, *, force: Collection[int] = (), forbid: Collection[int] = ()) -> Chosen:
        """The best choice where the linear program proves it, else nothing but a bound on it.

        Returns
        -------
        State `proven` with its columns, or `nothing` with a bound (None: no bound either).
        """
        began = time.monotonic()
        lower, upper = np.zeros(len(self._costs)), np.ones(len(self._costs))
        lower[list(force)], upper[list(forbid)] = 1.0, 0.0
        answer = self._solved(lower, upper)
        bound = None if answer is None else self._bound(answer[1], lower > 0, upper > 0)
        columns = () if answer is None else tuple(np.flatnonzero(answer[0] > BELOW_ONE).tolist())
        is_best = bound is not None and self._is_best(columns, bound, force, forbid)
        return Chosen(
            state=ChoiceState.PROVEN if is_best else ChoiceState.NOTHING, columns=columns if is_best else (),
            cost=bound if is_best else None, bound=bound, seconds=time.monotonic() - began,
        )  # fmt: skip

    def _is_best(
        self, columns: Collection[int], bound: int, force: Collection[int], forbid: Collection[int]
    ) -> bool:  # fmt: skip
        """Whether a set of columns, judged in integers, is a choice that costs no more than any other."""
        chosen = frozenset(columns)
        as_asked = chosen >= set(force) and not chosen & set(forbid)
        return as_asked and self.choice.cost_of(chosen) == bound and self.choice.allows(chosen)

    def _solved(self, lower: Any, upper: Any) -> tuple[Any, Any] | None:
        """Values of columns and prices of rows; None: the program has no answer."""
        import highspy

        n = len(lower)
        self._highs.changeColsBounds(n, np.arange(n, dtype=np.int32), lower, upper)
        with standard_output_kept_clean():
            self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._highs.getSolution()
        return np.array(solution.col_value), np.array(solution.row_dual)

    def _bound(self, prices: Any, forced: Any, allowed: Any) -> int | None:
        """The bound that prices of rows give, in integers: rows at the side that they price, columns at their best."""
        fine = np.rint(prices * FINE)
        products = np.abs(fine[self._rows] * self._values)
        if not np.isfinite(fine).all() or float(products.sum()) >= _LARGEST:
            return None
        y = fine.astype(np.int64)
        y[((y > 0) & (self._lower == -_NO_LIMIT)) | ((y < 0) & (self._upper == _NO_LIMIT))] = 0
        sides = np.where(y > 0, self._lower, np.where(y < 0, self._upper, 0))
        if float(np.abs(y.astype(float)) @ np.abs(sides.astype(float))) >= _LARGEST:
            return None
        reduced = self._costs * FINE
        np.subtract.at(reduced, self._columns, self._values * y[self._rows])
        taken = forced | (allowed & (reduced < 0))
        # Rounded up: a choice has a whole cost.
        return -(-(int(y @ sides) + int(reduced[taken].sum())) // FINE)


class Questions:
    """The award's choice, asked again with an offer forced or forbidden: by its linear program, then by search.

    The linear program lies about as far below each answer as below the award. A search that looks no further than
    that, and a quarter more, proves most answers in half the time; what it does not find is looked for without limit.

    Parameters
    ----------
    search : over the choice. best : what it found without anything forced or forbidden.
    """

    def __init__(self, search: ChoiceSearch, best: Chosen) -> None:
        self._search = search
        self._relaxed = Relaxation(search.choice)
        self._near = ChoiceSearch(search.choice, proving=True)
        bound, cost = self._relaxed.best().bound, best.cost or 0
        self._room = max(abs(cost) // 1000, 5 * (cost - (cost if bound is None else bound)) // 4)

    def quickly(self, *, force: Collection[int] = (), forbid: Collection[int] = ()) -> Chosen:
        """What the linear program proves: the answer, or a bound."""
        return self._relaxed.best(force=force, forbid=forbid)

    def searched(
        self, quick: Chosen, seconds: float, *, force: Collection[int] = (), forbid: Collection[int] = (),
        start: Collection[int] | None = None,
    ) -> Chosen:  # fmt: skip
        """The answer, as far as the time goes.

        Parameters
        ----------
        quick : answer of the linear program. start : as of `ChoiceSearch.best`.
        """
        until = time.monotonic() + seconds
        if quick.bound is not None:
            limit = quick.bound + self._room
            near = self._near.best(seconds=seconds, force=force, forbid=forbid, start=start, limit=limit)
            if near.state is ChoiceState.PROVEN or near.bound is None or near.bound <= limit:
                return near
        seconds = max(0.01, until - time.monotonic())
        return self._search.best(seconds=seconds, force=force, forbid=forbid, start=start)
