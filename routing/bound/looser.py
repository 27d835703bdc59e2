"""What ten minutes more would be worth: a rule made looser, and the bound proven again from the runs at hand."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from routing.bound.kinds import Today
from routing.bound.ladder import Ladder
from routing.bound.master import Columns
from routing.bound.problem import BoundProblem, bound_problem
from routing.encode import Index
from routing.instance import D_CAP, D_CLOSE, D_OPEN, D_ROW, Instance
from transport.certificate import ShadowPrice

TEN_MINUTES_S = 600
MOST_SCHOOLS = 3
"""Schools whose gates are asked about: those with most passengers."""
AM, PM = 0, 1


def rule_prices(ladder: Ladder, index: Index, today: Today, seconds: float) -> Iterator[ShadowPrice]:
    """By how much the bound falls if every ride may be ten minutes longer, or one school's gates serve longer.

    Parameters
    ----------
    ladder : climbed. seconds : of wall time, shared out evenly.
    """
    instance, schools = ladder.problem.instance, _largest_schools(index)
    if seconds <= 0.0 or not ladder.by_runs:
        return
    share = seconds / (1 + len(schools))
    after, is_over = _bound_under(ladder, with_longer_rides(instance), today, share)
    if after is not None:
        yield _price("ride_cap", "", "every ride may last ten minutes longer", ladder, after, is_over)
    for school_id in schools:
        hubs = [k for k, hub in enumerate(index.hubs) if hub.school_id == school_id]
        after, is_over = _bound_under(ladder, with_wider_windows(instance, index, hubs), today, share)
        if after is not None:
            words = f"{school_id} takes passengers ten minutes earlier and keeps them ten minutes longer"
            yield _price("gate_minutes", school_id, words, ladder, after, is_over)


def with_longer_rides(instance: Instance) -> Instance:
    """Every ride cap ten minutes longer."""
    daily = instance.daily.copy()
    daily[..., D_CAP] += np.where(daily[..., D_ROW] >= 0, TEN_MINUTES_S, 0)
    return replace(instance, daily=daily)


def with_wider_windows(instance: Instance, index: Index, hubs: Sequence[int]) -> Instance:
    """The windows at some gates ten minutes wider: earlier in the morning, later in the afternoon."""
    daily, of_gate = instance.daily.copy(), np.isin(np.array(index.hub_idx_by_rider), hubs)
    travels = daily[..., D_ROW] >= 0
    daily[AM, ..., D_OPEN] -= np.where(travels[AM] & of_gate, TEN_MINUTES_S, 0)
    daily[PM, ..., D_CLOSE] += np.where(travels[PM] & of_gate, TEN_MINUTES_S, 0)
    return replace(instance, daily=daily)


def _largest_schools(index: Index) -> list[str]:
    people = {index.person_idx_by_rider[i]: index.hubs[hub].school_id for i, hub in enumerate(index.hub_idx_by_rider)}
    return [school_id for school_id, _ in Counter(people.values()).most_common(MOST_SCHOOLS)]


def _bound_under(ladder: Ladder, instance: Instance, today: Today, seconds: float) -> tuple[float | None, bool]:
    """The bound of a looser problem, pence a fortnight, and whether it was proven to the end; None: not by runs."""
    problem = bound_problem(instance, today)
    runs = [through_same_gates(columns, ladder.problem, problem) for columns in ladder.runs_at_hand()]
    again = Ladder(
        problem=problem, seconds=seconds, began=time.monotonic(), on_bound=lambda _: None, runs=runs, lots=ladder.lots,
        should_stop=ladder.should_stop, has_runs=ladder.has_runs, refills=ladder.refills,
    )  # fmt: skip
    again.climb()
    return (again.best if again.by_runs else None), again.is_over


def through_same_gates(columns: Columns, old: BoundProblem, new: BoundProblem) -> Columns:
    """Runs of one problem as runs of another with the same demands, whose sequences are numbered otherwise."""
    row, gates = new.legs[columns.leg].row_by_gates(), list(old.legs[columns.leg].row_by_gates())
    at = [row.get(gates[s], -1) for s in columns.sequence.tolist()]
    stay = [m for m, q in enumerate(at) if q >= 0]
    return replace(
        columns, sequence=np.array([at[m] for m in stay], np.int64), nodes=columns.nodes[stay],
        pence=columns.pence[stay], own=columns.own[stay], seconds=columns.seconds[stay],
    )  # fmt: skip


def _price(what: str, of_id: str, words: str, ladder: Ladder, after: float, is_over: bool) -> ShadowPrice:
    caution = "" if is_over and ladder.is_over else "; a proof was cut short, so this is a hint and may be far too high"
    return ShadowPrice(
        what=what, of_id=of_id, pence=max(0, round((ladder.best - after) / 2)),
        sentence=f"If {words}, the bound is lower by this much a week{caution}.",
    )  # fmt: skip
