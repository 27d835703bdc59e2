"""Choose among things that exclude one another, at least cost, in whole numbers: a binary program solved to proof.

HiGHS searches in floating point. What it finds is judged here in integers, row by row: a choice that only holds within
its tolerances is cut off and searched again, and one whose cost it got wrong by half a penny does not count as proven.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

BELOW_ONE = 0.5
"""A bound within half a penny of a whole price proves it."""
MOST_REPAIRS = 20
_PROVING = {"mip_allow_restart": False, "mip_heuristic_effort": 0.0, "mip_detect_symmetry": False}
"""Halves the time of questions that come with a limit (measured: docs/procurement.md, "Figures")."""


class ChoiceState(StrEnum):
    """What a search ended with."""

    PROVEN = "proven"
    """The best choice there is."""
    FOUND = "found"
    """A choice, and a bound on how much better another could be: time ran out."""
    IMPOSSIBLE = "impossible"
    """No choice keeps every row."""
    NOTHING = "nothing"
    """Time ran out before any choice was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One condition: `lower` <= sum of coefficient x column <= `upper`, all whole; None: no limit on that side.

    Attributes
    ----------
    terms : (column, coefficient), each column once.
    """

    terms: tuple[tuple[int, int], ...]
    lower: int | None = None
    upper: int | None = None

    def holds(self, chosen: Collection[int]) -> bool:
        """Whether a set of chosen columns keeps it."""
        total = sum(coefficient for column, coefficient in self.terms if column in chosen)
        return (self.lower is None or total >= self.lower) and (self.upper is None or total <= self.upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Columns with a cost each, taken or left, and the rows that they must keep.

    Attributes
    ----------
    costs : of taking each column, in whole units; may be negative.
    """

    costs: tuple[int, ...]
    rows: tuple[Row, ...]

    def cost_of(self, chosen: Iterable[int]) -> int:
        """Cost of a set of chosen columns."""
        return sum(self.costs[column] for column in chosen)

    def allows(self, chosen: Collection[int]) -> bool:
        """Whether a set of chosen columns keeps every row."""
        return all(row.holds(chosen) for row in self.rows)

    def other_than(self, chosen: Collection[int], among: Collection[int]) -> Row:
        """Row that cuts off exactly the choices that agree with `chosen` on the columns `among`."""
        inside = set(chosen) & set(among)
        terms = tuple((column, 1 if column in inside else -1) for column in sorted(among))
        return Row(terms=terms, upper=len(inside) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a search found.

    Attributes
    ----------
    columns : those taken, in order; empty where nothing was found.
    cost : of them; None where nothing was found.
    bound : no choice costs less; None where none is known (or nothing is possible).
    seconds : wall time of the search.
    """

    state: ChoiceState
    columns: tuple[int, ...]
    cost: int | None
    bound: int | None
    seconds: float

    @property
    def gap(self) -> float | None:
        """How much dearer than the bound, as a share of the bound; None where that says nothing."""
        if self.cost is None or self.bound is None or self.bound <= 0:
            return None
        return (self.cost - self.bound) / self.bound


class ChoiceSearch:
    """A search over one choice that can be asked again with columns forced or forbidden.

    Parameters
    ----------
    threads : of HiGHS. With one, and time enough, the same question has the same answer.
    proving : whether questions come with a `limit` near their answer: then proof is all that takes time, and what
        helps to find a choice is left out.
    """

    def __init__(self, choice: Choice, *, threads: int = 1, proving: bool = False) -> None:
        self.choice = choice
        self._cuts: list[Row] = []
        self._highs = model_of(choice, threads)
        for option, value in _PROVING.items() if proving else ():
            self._highs.setOptionValue(option, value)

    def best(
        self, *, seconds: float, force: Collection[int] = (), forbid: Collection[int] = (),
        start: Collection[int] | None = None, limit: int | None = None,
    ) -> Chosen:  # fmt: skip
        """The least dear choice with some columns taken and others left.

        Parameters
        ----------
        seconds : wall time for it.
        start : columns of a choice known to be good, to begin from; one that does not hold is ignored.
        limit : choices that cost more are not looked for. Where none costs so little, the answer is not proven (a
            dearer one may be found on the way) and its bound lies above the limit.
        """
        began = time.monotonic()
        self._bounds(force, forbid)
        self._highs.setOptionValue("objective_bound", np.inf if limit is None else limit + BELOW_ONE)
        known = frozenset(start) if start is not None else None
        if known is not None and not (self.choice.allows(known) and known >= set(force) and not known & set(forbid)):
            known = None
        if known is not None:
            self._begin_from(known)
        best, found = known, _Found(bound=None, columns=None, ended=False, impossible=False)
        for _ in range(MOST_REPAIRS):
            found = self._run(max(0.01, seconds - (time.monotonic() - began)))
            if found.columns is None or self.choice.allows(found.columns):
                break
            self._cut_off(found.columns)
        if found.columns is not None and self.choice.allows(found.columns):
            best = self._better(best, found.columns)
        if limit is not None:
            found = _within(found, limit, None if best is None else self.choice.cost_of(best))
        return self._told(best, found, time.monotonic() - began)

    def _better(self, one: frozenset[int] | None, other: frozenset[int]) -> frozenset[int]:
        return one if one is not None and self.choice.cost_of(one) <= self.choice.cost_of(other) else other

    def _told(self, best: frozenset[int] | None, found: _Found, seconds: float) -> Chosen:
        if best is None:
            state = ChoiceState.IMPOSSIBLE if found.impossible else ChoiceState.NOTHING
            return Chosen(state=state, columns=(), cost=None, bound=found.bound, seconds=seconds)
        cost = self.choice.cost_of(best)
        bound = None if found.bound is None else min(cost, found.bound)
        state = ChoiceState.PROVEN if found.ended or bound == cost else ChoiceState.FOUND
        return Chosen(
            state=state, columns=tuple(sorted(best)), cost=cost, bound=cost if state is ChoiceState.PROVEN else bound,
            seconds=seconds,
        )  # fmt: skip

    def _bounds(self, force: Collection[int], forbid: Collection[int]) -> None:
        n = len(self.choice.costs)
        lower, upper = np.zeros(n), np.ones(n)
        lower[list(force)] = 1.0
        upper[list(forbid)] = 0.0
        self._highs.clearSolver()
        self._highs.changeColsBounds(n, np.arange(n, dtype=np.int32), lower, upper)

    def _begin_from(self, columns: Collection[int]) -> None:
        import highspy

        solution = highspy.HighsSolution()
        values = np.zeros(len(self.choice.costs))
        values[list(columns)] = 1.0
        solution.col_value = values.tolist()
        self._highs.setSolution(solution)

    def _run(self, seconds: float) -> _Found:
        import highspy

        self._highs.setOptionValue("time_limit", seconds)
        with standard_output_kept_clean():
            self._highs.run()
        status, info = self._highs.getModelStatus(), self._highs.getInfo()
        nothing_to_take = status == highspy.HighsModelStatus.kModelEmpty and not self.choice.allows(())
        if nothing_to_take or status == highspy.HighsModelStatus.kInfeasible:
            return _Found(bound=None, columns=None, ended=True, impossible=True)
        columns = None
        if info.primal_solution_status == highspy.kSolutionStatusFeasible:
            values = np.array(self._highs.getSolution().col_value)
            columns = frozenset(np.flatnonzero(values > 0.5).tolist())
        ended = (
            status == highspy.HighsModelStatus.kOptimal
            and columns is not None
            and abs(info.objective_function_value - self.choice.cost_of(columns)) < BELOW_ONE
        )
        bound = info.mip_dual_bound
        return _Found(
            bound=int(np.ceil(bound - BELOW_ONE)) if np.isfinite(bound) else None,
            columns=columns, ended=ended, impossible=False,
        )  # fmt: skip

    def _cut_off(self, columns: frozenset[int]) -> None:
        row = self.choice.other_than(columns, range(len(self.choice.costs)))
        self._cuts.append(row)
        _add_rows(self._highs, [row])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    bound: int | None
    columns: frozenset[int] | None
    ended: bool
    impossible: bool


def _within(found: _Found, limit: int, cost: int | None) -> _Found:
    """What a search up to a limit says of all choices: one that ended without any so cheap proves a bound."""
    if cost is not None and cost <= limit:
        return found
    is_over = found.ended or found.impossible
    bound = limit + 1 if is_over or found.bound is None else min(found.bound, limit + 1)
    known = is_over or found.bound is not None
    return replace(found, bound=bound if known else None, ended=False, impossible=False)


@contextmanager
def standard_output_kept_clean() -> Iterator[None]:
    """Send what libraries write to standard output to standard error meanwhile.

    HiGHS 1.12 writes a line of its own in some searches, whatever its options say; it would stand amid our JSON.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        with suppress(OSError, TypeError):  # where the C library cannot be called by itself
            ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


def model_of(choice: Choice, threads: int, *, whole: bool = True) -> Any:
    """A choice as HiGHS holds it; not `whole`: its linear program."""
    import highspy

    n = len(choice.costs)
    highs = highspy.Highs()
    for option, value in {
        "output_flag": False,
        "threads": threads,
        "parallel": "off" if threads == 1 else "on",
        "mip_rel_gap": 0.0,
        "mip_abs_gap": BELOW_ONE,
    }.items():
        highs.setOptionValue(option, value)
    highs.addVars(n, np.zeros(n), np.ones(n))
    columns = np.arange(n, dtype=np.int32)
    highs.changeColsCost(n, columns, np.array(choice.costs, dtype=np.float64))
    kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
    highs.changeColsIntegrality(n, columns, np.full(n, int(kind), dtype=np.uint8))
    _add_rows(highs, choice.rows)
    return highs


def _add_rows(highs: Any, rows: Collection[Row]) -> None:
    import highspy

    infinity = highspy.kHighsInf
    lower = [-infinity if row.lower is None else float(row.lower) for row in rows]
    upper = [infinity if row.upper is None else float(row.upper) for row in rows]
    starts = np.cumsum([0, *(len(row.terms) for row in rows)])[:-1]
    columns = [column for row in rows for column, _ in row.terms]
    values = [float(coefficient) for row in rows for _, coefficient in row.terms]
    highs.addRows(
        len(rows), np.array(lower), np.array(upper), len(columns),
        starts.astype(np.int32), np.array(columns, np.int32), np.array(values),
    )  # fmt: skip
