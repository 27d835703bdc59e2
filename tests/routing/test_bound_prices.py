"""Prices of the bound's program, and the runs that it lets go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from routing.bound.fields import V_DEMAND
from routing.bound.master import Master
from routing.bound.problem import BoundProblem, bound_problem
from routing.bound.rounds import TABLES
from routing.encode import encode
from tests.routing.bound_programs import problem_of_two, program_of
from tests.routing.bound_rounds import rounds_of
from tests.routing.worlds import make_world


@pytest.fixture
def problem() -> BoundProblem:
    return problem_of_two()


def test_a_run_is_shared_out_evenly_by_prices_from_the_middle(problem: BoundProblem) -> None:
    """One run for both: in a corner one passenger is worth all of it, in the middle each is worth half."""
    master = program_of(problem, [(0, 1)])
    a, b = problem.legs[0].nodes[:2, V_DEMAND]
    corner = master.solve().demand
    value = master.value
    middle = master.solve(central=True).demand
    assert sorted(corner[[a, b]]) == pytest.approx([0.0, corner[[a, b]].sum()])
    assert corner[a] + corner[b] > 500.0
    assert middle[[a, b]] == pytest.approx([corner[[a, b]].sum() / 2] * 2, rel=0.01)
    assert master.value == pytest.approx(value, rel=1e-3)


def test_a_run_that_is_told_of_again_has_the_lower_price(problem: BoundProblem) -> None:
    """A pound less, ten times a fortnight; a pound more is no news."""
    master = program_of(problem, [(0, 1)])
    master.solve()
    (run,), value = master.runs(), master.value
    dearer, cheaper = (replace(run, pence=run.pence + pence) for pence in (100.0, -100.0))
    assert [master.add(columns) for columns in (dearer, cheaper, cheaper)] == [0, 1, 0]
    master.solve()
    assert value - master.value == pytest.approx(1000.0)
    assert master.n_runs == 1


@pytest.mark.parametrize("features", [("schools",), ("schools", "fleet")], ids="-".join)
def test_runs_told_of_again_are_as_if_told_of_once(features: tuple[str, ...]) -> None:
    """Less by a pound and a minute, on what counts moments of the day and on what does not."""
    problem = bound_problem(encode(*make_world(features, 8, 4), with_busy=True)[0])
    assert any(kind.counts_moments for kind in problem.kinds) == ("fleet" in features)
    with ThreadPoolExecutor(1) as threads:
        rounds = rounds_of(problem, threads)
        rounds.price(rounds.master.solve(), replace(TABLES, n_stages=3))
    master, fresh = rounds.master, Master(problem)
    master.solve()
    n_runs, value = master.n_runs, master.value
    cheaper = [
        replace(run, pence=run.pence - 100.0, seconds=np.maximum(0, run.seconds - 60)).only(run.nodes[:, 0] % 2 == 0)
        for run in master.runs()
    ]
    keys = {key for run in cheaper for key in run.run_keys()}
    for run in master.runs():
        fresh.add(run.only(np.array([key not in keys for key in run.run_keys()], np.bool_)))
    for run in cheaper:
        fresh.add(run)
        assert master.add(run) == len(run.pence)
    master.solve()
    fresh.solve()
    assert master.n_runs == fresh.n_runs == n_runs
    assert master.value == pytest.approx(fresh.value)
    assert master.value < value - 100.0


def test_a_purge_leaves_the_solution(problem: BoundProblem) -> None:
    """A run that comes to both twice does for half the price; that with one visit goes, though it came first."""
    master = program_of(problem, [(0, 1), (0, 1, 0, 1)])
    master.solve()
    master.purge(1.0)
    driven = master.driven()
    assert [run[4:] for run, _ in driven] == [(0, 1, 0, 1)]
    assert driven[0][1] == pytest.approx(5.0, rel=0.01)
    assert master.n_runs == 1
