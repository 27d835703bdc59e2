"""Families of runs: which gate sequences are together at first, and what is still known of them at other prices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.bound import families
from routing.bound.families import Family, families_of
from routing.bound.fields import MAX_GATES, Q_GATES
from routing.bound.master import Master
from routing.bound.problem import BoundProblem, bound_problem
from routing.bound.rounds import TABLES
from routing.encode import encode
from tests.routing.bound_rounds import rounds_of
from tests.routing.worlds import make_world

FINE = replace(TABLES, n_stages=3)


def problem_of_many_gates() -> BoundProblem:
    return bound_problem(encode(*make_world(("schools", "two_gates", "fleet"), 14, 4), with_busy=True)[0])


def gates_of(problem: BoundProblem, family: Family) -> list[list[tuple[int, ...]]]:
    """Gates of each sequence of each group."""
    gates = problem.legs[family.leg].sequences[:, Q_GATES : Q_GATES + MAX_GATES]
    return [[tuple(row[row >= 0].tolist()) for row in gates[group]] for group in family.groups]


@given(st.data())
def test_no_more_prices_rise_than_have_room(data: st.DataObject) -> None:
    """Against the sum of the largest: never less, and no more where all of a group's homes have room."""
    n_gates, room = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 6))
    gate_of = np.array(data.draw(st.lists(st.integers(0, n_gates - 1), min_size=1, max_size=20)))
    rise = np.array([float(data.draw(st.integers(0, 500))) for _ in gate_of])
    gates = np.array([[data.draw(st.booleans()) for _ in range(n_gates)] for _ in range(3)])
    most = families._most_on_board(gates, gate_of, rise, room)
    for has, told in zip(gates, most, strict=True):
        own = np.sort(rise[has[gate_of]])[::-1]
        assert told >= own[:room].sum() - 1e-9
        assert told <= own.sum() + 1e-9
        assert told <= room * own.max(initial=0.0) + 1e-9


def test_a_level_tells_more_than_the_largest_rise_of_all() -> None:
    """One of ten homes rises by 100, nine by 10, two seats: 110 and not 200 or 190."""
    rise = np.array([100.0] + [10.0] * 9)
    most = families._most_on_board(np.ones((1, 1), np.bool_), np.zeros(10, np.int64), rise, 2)
    assert most == pytest.approx(110.0)


def test_few_homes_are_together_by_the_first_gate() -> None:
    problem = problem_of_many_gates()
    for family in families_of(problem, Master(problem)):
        for group in gates_of(problem, family):
            assert len({(order[0], len(order)) for order in group}) == 1
            assert len(group) == 1 or len(group[0]) == 3


def test_where_homes_are_many_far_gates_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sequence is in one group still, with those whose other gates are of the same units."""
    problem = problem_of_many_gates()
    n_together = [len(family.groups) for family in families_of(problem, Master(problem))]
    monkeypatch.setattr(families, "MOST_HOMES", 0)
    monkeypatch.setattr(families, "UNIT_HOMES", 5)
    found = list(families_of(problem, Master(problem)))
    assert any(len(family.groups) > n for family, n in zip(found, n_together, strict=True))
    for family in found:
        table = problem.legs[family.leg]
        units = families._units(table, problem.instance.hubs[:, families.H_ROW])
        assert sorted(np.concatenate(family.groups).tolist()) == list(range(len(table.sequences)))
        for group in gates_of(problem, family):
            assert len({(order[0], len(order)) for order in group}) == 1
            if len(group[0]) == 3:
                assert len({tuple(units[list(order[1:])]) for order in group}) == 1


def test_a_whole_round_prices_the_parts_of_what_it_splits() -> None:
    problem = problem_of_many_gates()
    with ThreadPoolExecutor(1) as threads:
        rounds = rounds_of(problem, threads)
        n_before = sum(len(family.groups) for family in rounds.families)
        for _ in range(6):
            _, left, _ = rounds.price(rounds.master.solve(), FINE)
            assert left or not any(family.parted.any() for family in rounds.families)
        assert sum(len(family.groups) for family in rounds.families) > n_before
