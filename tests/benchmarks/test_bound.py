"""The table of bounds: what a row holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from api.demo_borough import make_demo_scenario
from benchmarks.bound import Asked, after, best_plan, row_of, table
from benchmarks.peer_problem import Problem, read_problem
from transport.certificate import Certificate
from transport.cost import objective_of
from transport.files.plan_json import read_plan, write_plan


def certificate(bound_pence: int) -> Certificate:
    return Certificate(
        objective_pence=110_000, bound_pence=bound_pence, method="packing", relaxations=(), trace=((0.5, bound_pence),),
        cpu_s=2.0, wall_s=1.0,
    )  # fmt: skip


def test_a_row_holds_bound_objective_and_gap() -> None:
    """£1,100 against a bound of £1,000 is a gap of a tenth."""
    row = row_of("am", 120, 1, certificate(100_000))
    assert (row["problem"], row["n"], row["bound"], row["objective"]) == ("am", 120, 100_000, 110_000)
    assert (row["gap"], row["cpu_s"], row["wall_s"]) == (0.1, 2.0, 1.0)
    assert "| am | 120 | packing | 1,000 | 1,100 | 10.0 % | 1 | 2 | 60 |" in table([row | {"search_s": 60.0}])


def test_a_gap_without_a_bound_is_none() -> None:
    """Nothing proven: no per cent."""
    row = row_of("full", 120, 1, certificate(0))
    assert row["gap"] is None
    assert "| – |" in table([row | {"search_s": 60.0}])


def test_a_shorter_proof_is_the_beginning_of_a_longer_one() -> None:
    """After 5 s two bounds of three stood, the second for 9 s of processor time; before the first there was none."""
    whole = Certificate(
        objective_pence=110_000, bound_pence=100_000, method="runs", relaxations=(),
        trace=((1.0, 60_000), (4.0, 90_000), (8.0, 100_000)), cpu_s=20.0, wall_s=10.0,
    )  # fmt: skip
    shorter = after(whole, [0.0, 1.0, 9.0, 15.0], 5.0)
    assert (shorter.bound_pence, shorter.method, shorter.cpu_s, shorter.wall_s) == (90_000, "runs", 9.0, 5.0)
    assert after(whole, [0.0, 1.0, 9.0, 15.0], 2.0).method == "packing"
    assert after(whole, [0.0, 1.0, 9.0, 15.0], 0.5).bound_pence == 0
    assert after(whole, [0.0, 1.0, 9.0, 15.0], 10.0) is whole


def borough(folder: Path, seed: int) -> Problem:
    """Fifty passengers, mornings only."""
    lists = folder / f"lists{seed}"
    lists.mkdir(parents=True)
    make_demo_scenario(lists, n_passengers=50, seed=seed)
    return read_problem(lists, problem="am", roads_path=None, cache_dir=folder / "cache")


def asked_for(plans: Path, search_seconds: float) -> Asked:
    return Asked(
        problem="am", n=50, seed=1, seconds=(1.0,), search_seconds=search_seconds, n_searches=1, plans=plans
    )  # fmt: skip


def test_the_best_plan_known_is_kept_and_taken_again(tmp_path: Path) -> None:
    """A search keeps its plan; without a search the same plan is taken; a search from it never leaves a dearer one."""
    problem, plans = borough(tmp_path, 1), tmp_path / "plans"
    with pytest.raises(SystemExit, match=r"am-50-1\.json: there is no plan"):
        best_plan(problem, asked_for(plans, 0.0))
    first = best_plan(problem, asked_for(plans, 0.5))
    assert first == read_plan(plans / "am-50-1.json") == best_plan(problem, asked_for(plans, 0.0))
    assert first.made_with == {"search_s": 0.5, "n_searches": 1}
    second = best_plan(problem, asked_for(plans, 0.5))
    cost, cost_again = (objective_of(plan, problem.scenario, problem.travel).total for plan in (first, second))
    assert cost_again <= cost
    assert second.made_with == {"search_s": 1.0, "n_searches": 2}


def test_a_plan_that_breaks_rules_is_not_taken(tmp_path: Path) -> None:
    """Nobody is carried and nobody is said to be unserved; nor does the plan of one borough pass in another."""
    problem, plans = borough(tmp_path, 1), tmp_path / "plans"
    plan = best_plan(problem, asked_for(plans, 0.5))
    with pytest.raises(SystemExit, match="hard rules are broken"):
        best_plan(borough(tmp_path, 2), asked_for(plans, 0.5))
    write_plan(replace(plan, routes=(), unserved=()), plans / "am-50-1.json")
    with pytest.raises(SystemExit, match="hard rules are broken"):
        best_plan(problem, asked_for(plans, 0.0))
