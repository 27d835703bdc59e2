"""Prices of the bound's program, and the runs that it lets go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from routing.bound.fields import Q_GATES, V_DEMAND, V_GATE
from routing.bound.master import Columns, Master
from routing.bound.problem import BoundProblem, bound_problem
from routing.encode import encode
from tests.routing.worlds import make_world


@pytest.fixture
def problem() -> BoundProblem:
    """Two passengers of one gate."""
    return bound_problem(encode(*make_world((), 2, 1), with_busy=True)[0])


def program(problem: BoundProblem, orders: Sequence[tuple[int, ...]]) -> Master:
    """Morning runs through the passengers' gate, with 500 pence of miles each."""
    master, leg = Master(problem), problem.legs[0]
    alone = next(
        q
        for q, s in enumerate(leg.sequences)
        if s[Q_GATES] == leg.nodes[0, V_GATE] and s[Q_GATES + 1] < 0
    )  # fmt: skip
    for order in orders:
        master.add(Columns(
            leg=0, kind=0, pa=0, sequence=np.array([alone]), nodes=np.array([order]), pence=np.array([500.0]),
            own=np.array([0]), seconds=np.array([1200]),
        ))  # fmt: skip
    return master


def test_a_run_is_shared_out_evenly_by_prices_from_the_middle(problem: BoundProblem) -> None:
    """One run for both: in a corner one passenger is worth all of it, in the middle each is worth half."""
    master = program(problem, [(0, 1)])
    a, b = problem.legs[0].nodes[:2, V_DEMAND]
    corner = master.solve().demand
    value = master.value
    middle = master.solve(central=True).demand
    assert sorted(corner[[a, b]]) == pytest.approx([0.0, corner[[a, b]].sum()])
    assert corner[a] + corner[b] > 500.0
    assert middle[[a, b]] == pytest.approx([corner[[a, b]].sum() / 2] * 2, rel=0.01)
    assert master.value == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize("central", [False, True])
def test_a_purge_leaves_the_solution(problem: BoundProblem, *, central: bool) -> None:
    """A run that comes to both twice does for half the price; that with one visit goes, though it came first."""
    master = program(problem, [(0, 1), (0, 1, 0, 1)])
    master.solve(central=central)
    master.purge(1)
    driven = master.driven()
    assert [run[4:] for run, _ in driven] == [(0, 1, 0, 1)]
    assert driven[0][1] == pytest.approx(5.0, rel=0.01)
    assert master.n_runs == 1
