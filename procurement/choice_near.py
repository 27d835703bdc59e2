"""The same question asked many times of one choice: prices of a linear program say which columns can be in the answer.

Any prices of the rows bound every choice from below, and a choice that takes a column costs at least the bound and the
column's reduced cost (Lagrangian bound; columns left out so are safe whatever the linear program's rounding). So only
columns near the prices are searched; where the answer lies above what those left out could cost, they are let in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from procurement.choice import Choice, ChoiceSearch, ChoiceState, Chosen, Row, model_of, standard_output_kept_clean

FIRST_REACH = 0.005
"""Share of the bound within which columns are searched first: about as far as a linear program lies below an award."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Prices:
    """What row prices say.

    Attributes
    ----------
    bound : no choice costs less. reduced : (n columns,) what taking each adds to it at least, below 0: nothing.
    """

    bound: float
    reduced: NDArray[np.float64]


class NearSearch:
    """A search over one choice that answers as `ChoiceSearch` does, quickly where many questions differ by a column."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self._linear: Any = model_of(choice, whole=False)

    def best(self, *, seconds: float, force: Collection[int] = (), forbid: Collection[int] = ()) -> Chosen:
        """The least dear choice with some columns taken and others left.

        Parameters
        ----------
        seconds : wall time for it.
        """
        began = time.monotonic()
        prices = self._prices(frozenset(force), frozenset(forbid), seconds)
        if prices is None:
            return ChoiceSearch(self.choice).best(seconds=seconds, force=force, forbid=forbid)
        reach = max(1.0, FIRST_REACH * abs(prices.bound))
        while True:
            kept = self._near(prices, reach, force, forbid)
            left = max(0.01, seconds - (time.monotonic() - began))
            found = self._among(kept, force, left)
            most = prices.bound + reach
            if len(kept) + len(set(forbid)) >= len(self.choice.costs):
                return found
            if found.cost is not None and found.cost <= most:
                return found
            if found.state in (ChoiceState.FOUND, ChoiceState.NOTHING):
                return replace(found, bound=_lower(found.bound, most))
            reach = math.inf if found.cost is None else found.cost - prices.bound + 1.0

    def _prices(self, force: frozenset[int], forbid: frozenset[int], seconds: float) -> _Prices | None:
        """Prices of the linear program; None: it has none, so there may be no choice either."""
        import highspy

        n = len(self.choice.costs)
        lower, upper = np.zeros(n), np.ones(n)
        lower[list(force)] = 1.0
        upper[list(forbid)] = 0.0
        self._linear.changeColsBounds(n, np.arange(n, dtype=np.int32), lower, upper)
        self._linear.setOptionValue("time_limit", self._linear.getRunTime() + seconds)
        with standard_output_kept_clean():
            self._linear.run()
        if self._linear.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return _priced(self.choice, np.array(self._linear.getSolution().row_dual), force, forbid)

    def _near(
        self, prices: _Prices, reach: float, force: Collection[int], forbid: Collection[int]
    ) -> list[int]:  # fmt: skip
        near = set(np.flatnonzero(prices.reduced <= reach).tolist()) | set(force)
        return sorted(near - set(forbid))

    def _among(self, kept: list[int], force: Collection[int], seconds: float) -> Chosen:
        """The best choice of some columns alone."""
        place = {column: n for n, column in enumerate(kept)}
        rows = tuple(
            Row(terms=tuple((place[c], k) for c, k in row.terms if c in place), lower=row.lower, upper=row.upper)
            for row in self.choice.rows
        )
        if any(not row.terms and not row.holds(()) for row in rows):
            return Chosen(state=ChoiceState.IMPOSSIBLE, columns=(), cost=None, bound=None, seconds=0.0)
        if not kept:
            return Chosen(state=ChoiceState.PROVEN, columns=(), cost=0, bound=0, seconds=0.0)
        part = Choice(costs=tuple(self.choice.costs[column] for column in kept), rows=tuple(r for r in rows if r.terms))
        found = ChoiceSearch(part).best(seconds=seconds, force=[place[column] for column in force])
        return replace(found, columns=tuple(kept[n] for n in found.columns))


def _priced(choice: Choice, row_prices: NDArray[np.float64], force: frozenset[int], forbid: frozenset[int]) -> _Prices:
    """Bound and reduced costs that any prices give; a price on a side that a row does not have counts as 0."""
    reduced = np.array(choice.costs, dtype=np.float64)
    bound = 0.0
    for row, price in zip(choice.rows, row_prices.tolist(), strict=True):
        limit = row.lower if price > 0 else row.upper
        if limit is None or price == 0:
            continue
        bound += price * limit
        for column, coefficient in row.terms:
            reduced[column] -= price * coefficient
    free = np.ones(len(reduced), dtype=bool)
    free[list(force | forbid)] = False
    bound += float(reduced[list(force)].sum()) + float(np.minimum(reduced[free], 0.0).sum())
    return _Prices(bound=bound, reduced=np.maximum(reduced, 0.0))


def _lower(bound: int | None, other: float) -> int | None:
    """The lower of two bounds, where both are known."""
    return None if bound is None else min(bound, math.floor(other))
