"""Closer means for the groups that the program makes runs up for, and when a round of a few groups looks at which."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from routing.bound.families import BY_FINEST, BY_LABELS, BY_TABLES, Family
from routing.bound.fields import V_DEMAND
from routing.bound.from_plan import as_driven, price_of_run
from routing.bound.ladder import (
    CENTRAL,
    CENTRAL_FEW,
    DEMANDS_A_GROUP,
    FAR_PENCE,
    FEW,
    LAST,
    LAST_EPS,
    LITTLE,
    MOST_LOTS,
    MOST_RUNS,
    MUCH,
    Ladder,
)
from routing.bound.master import Columns, Master, Prices
from routing.bound.problem import BoundProblem, bound_problem
from routing.bound.proven import Proven
from routing.bound.rounds import CLOSER, LEAST_RUN_PENCE, PROOF_EPS, TABLES, Effort, Rounds
from routing.encode import encode
from tests.routing.bound_programs import problem_of_two, program_of
from tests.routing.bound_rounds import rounds_of
from tests.routing.worlds import make_world

MOST, EPS = LAST[0][0], 0.002


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def rounds_with(problem: BoundProblem, threads: ThreadPoolExecutor, order: tuple[int, ...]) -> Rounds:
    """One run of a program of two, which is the cheapest by far."""
    master = program_of(problem, [order])
    master.solve()
    return Rounds(problem=problem, master=master, threads=threads, is_time_up=lambda: False)


def family_of(rounds: Rounds) -> Family:
    return next(family for family in rounds.families if family.at == (0, 0, 0))


def group_of_the_run(rounds: Rounds) -> int:
    (run,) = rounds.master.used()
    return family_of(rounds).group_of()[run[3]]


def test_who_comes_twice_is_remembered_by_the_finest_tables(threads: ThreadPoolExecutor) -> None:
    """Both homes, in the group of the run alone; the run has gone, as the group cannot have told of it."""
    rounds = rounds_with(problem_of_two(), threads, (0, 1, 0, 1))
    k = group_of_the_run(rounds)
    assert rounds.look_closer(MOST, EPS) == 1 + 2
    family = family_of(rounds)
    assert family.means[k] == BY_FINEST
    assert [means for g, means in enumerate(family.means.tolist()) if g != k] == [BY_TABLES] * (len(family.means) - 1)
    assert set(family.critical[k][family.critical[k] >= 0].tolist()) == {0, 1}
    assert rounds.master.n_runs == 0


def test_a_run_that_is_too_cheap_is_driven_and_labels_come_last(threads: ThreadPoolExecutor) -> None:
    """Told with 500 pence of miles, it is driven at what they cost; told so again, labels look; then nothing is new."""
    problem = problem_of_two()
    rounds = rounds_with(problem, threads, (0, 1))
    k, (run,) = group_of_the_run(rounds), rounds.master.used()
    _, _, pence = price_of_run(problem, 0, 0, run[3], [0, 1])
    assert pence > 500.0
    for means in (BY_FINEST, BY_LABELS):
        assert rounds.look_closer(MOST, EPS) == 1
        assert family_of(rounds).means[k] == means
        (driven,) = rounds.master.runs()
        assert driven.pence.tolist() == [pytest.approx(pence)]
        rounds.master.solve()
        assert rounds.look_closer(MOST, EPS) == 0
        rounds.master.add(replace(driven, pence=np.array([500.0])))
        rounds.master.solve()


def test_what_is_driven_as_told_needs_no_closer_look(threads: ThreadPoolExecutor) -> None:
    problem = problem_of_two()
    rounds = rounds_with(problem, threads, (0, 1))
    rounds.drive(lambda _: True)
    rounds.master.solve()
    assert rounds.look_closer(MOST, EPS) == 0
    assert not any(family.means.any() for family in rounds.families)


def test_doubt_is_looked_at_closer_where_nothing_is_made_up(threads: ThreadPoolExecutor) -> None:
    """The program still drives everybody alone; only groups of the last round count, and labels are the end of it."""
    problem = problem_of_two()
    rounds = rounds_of(problem, threads)
    prices = replace(rounds.master.solve(), demand=np.full(problem.n_demands, 3000.0))
    rounds.price(prices, replace(TABLES, n_stages=3))
    in_doubt = [family.bound < -0.01 * np.maximum(family.least, 500.0) for family in rounds.families]
    n = sum(int(doubt.sum()) for doubt in in_doubt)
    assert n > 0
    for means in (BY_FINEST, BY_LABELS):
        assert rounds.look_closer(MOST, 0.01) == n
        assert all((f.means == means * doubt).all() for f, doubt in zip(rounds.families, in_doubt, strict=True))
    assert rounds.look_closer(MOST, 0.01) == 0
    rounds.history.append(prices)
    for family in rounds.families:
        family.means[:] = BY_TABLES
    assert rounds.look_closer(MOST, 0.01) == 0


@pytest.fixture
def problem() -> BoundProblem:
    return bound_problem(encode(*make_world(("schools", "two_gates", "fleet"), 9, 4), with_busy=True)[0])


def test_a_group_promises_what_its_best_run_is_worth(problem: BoundProblem, threads: ThreadPoolExecutor) -> None:
    """At the prices of the round what it proves; where a passenger is worth 70 more, so much less for every visit."""
    rounds = rounds_of(problem, threads)
    prices = rounds.master.solve()
    rounds.price(prices, replace(TABLES, n_stages=3))
    told = 0
    for family in rounds.families:
        has = np.isfinite(family.walk_pence)
        now = rounds.promise(family, prices)
        assert now[has] == pytest.approx(family.bound[has])
        assert np.isposinf(now[~has]).all()
        table = problem.legs[family.leg]
        for k in np.flatnonzero(has)[:5]:
            walk = family.walks[k][family.walks[k] >= 0]
            demand = prices.demand.copy()
            d = table.nodes[walk[0], V_DEMAND]
            demand[d] += 70.0
            visits = int((table.nodes[walk, V_DEMAND] == d).sum())
            assert rounds.promise(family, replace(prices, demand=demand))[k] == pytest.approx(now[k] - 70.0 * visits)
            told += 1
    assert told > 5


def test_rounds_of_a_few_look_at_groups_that_promise_something(
    problem: BoundProblem, threads: ThreadPoolExecutor
) -> None:
    """When nobody is worth anything no group is looked at again; those of a passenger who is worth a lot now are."""
    rounds, effort = rounds_of(problem, threads), replace(TABLES, n_stages=3)
    prices = replace(rounds.master.solve(), demand=np.full(problem.n_demands, 3000.0))
    rounds.price(prices, effort)
    few = replace(effort, only_doubtful=True)
    nothing = replace(prices, demand=np.zeros_like(prices.demand))
    assert all(len(rounds._worth_pricing(family, nothing, few)) == 0 for family in rounds.families)
    family, k = next(
        (family, int(k)) for family in rounds.families for k in np.flatnonzero(np.isfinite(family.walk_pence))
    )
    demand = nothing.demand.copy()
    demand[problem.legs[family.leg].nodes[family.walks[k][0], V_DEMAND]] = 1e6
    assert k in rounds._worth_pricing(family, replace(nothing, demand=demand), few)


def ladder_of(problem: BoundProblem, threads: ThreadPoolExecutor) -> Ladder:
    """At its beginning: everybody alone."""
    ladder = Ladder(problem=problem, seconds=1e9, began=0.0, on_bound=lambda _: None)
    ladder._rounds = rounds_of(problem, threads)
    ladder._prices = ladder._rounds.master.solve()
    return ladder


def test_links_come_a_lot_at_a_time(threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """W: a whole round, f: one of a few groups, L: a lot of links. Three to a whole round, each behind a round."""
    ladder, done, lifts = ladder_of(problem_of_two(), threads), list[str](), iter([0.01] * 6 + [0.0])
    whole = iter([50, 50, 0])

    def price(_: Rounds, __: Prices, effort: Effort) -> tuple[int, int, bool]:
        done.append("f" if effort.only_doubtful else "W")
        return 1 if effort.only_doubtful else next(whole), 0, False

    def link(_: Ladder) -> float:
        done.append("L")
        return next(lifts)

    monkeypatch.setattr(Rounds, "price", price)
    monkeypatch.setattr(Rounds, "prove", lambda *_: iter(()))
    monkeypatch.setattr(Ladder, "_link", link)
    assert ladder._settle(CLOSER, little=MUCH)
    assert MOST_LOTS == 3
    assert "".join(done) == "WLfLfLf" * 2 + "WL"
    done.clear()
    whole = iter([0])
    assert ladder._settle(TABLES, little=MUCH)
    assert done == ["W"]


def test_only_whole_rounds_prove(threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a few groups, of one in ten and of fewer gates would leave out what spoils the bound.

    Of 100 runs 3 are much to find, and 10 too much to prove more than the round's own prices do.
    """
    ladder, done = ladder_of(problem_of_two(), threads), list[float | str]()

    def prove(_: Rounds, __: Prices, ___: Effort, finest: float, ____: float) -> Iterator[Proven]:
        done.append(finest)
        return iter(())

    def proven(rounds: Rounds, prices: Prices) -> Proven:
        done.append("at")
        return Proven(bound=0.0, prices=prices)

    found = iter([0, 0, 0, 4, 5, 9, 10])
    monkeypatch.setattr(Master, "n_runs", 100)
    monkeypatch.setattr(Rounds, "price", lambda *_: (next(found), 0, False))
    monkeypatch.setattr(Rounds, "prove", prove)
    monkeypatch.setattr(Rounds, "proven", proven)
    for effort in (replace(TABLES, only_doubtful=True), replace(TABLES, every=10), replace(TABLES, n_gates=2)):
        ladder._look(effort)
    assert done == []
    for _ in range(4):
        ladder._look(TABLES)
    assert done == [PROOF_EPS, TABLES.eps, TABLES.eps, "at"]


def test_without_links_prices_lean_on_those_priced_last(threads: ThreadPoolExecutor) -> None:
    """These may be lowered ones, not those that the last round began with."""
    ladder = ladder_of(problem_of_two(), threads)
    program, nothing = ladder._prices, ladder._rounds.master.no_prices()
    assert ladder._next_prices(TABLES) is program
    for history, share in (([program, nothing], 0.4), ([nothing, program], 1.0)):
        ladder._rounds.history = history
        assert ladder._next_prices(TABLES).demand == pytest.approx(share * program.demand)


def test_runs_are_purged_with_links_only(threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind whole rounds, where there are many."""
    ladder, purged = ladder_of(problem_of_two(), threads), list[float]()
    monkeypatch.setattr(Master, "n_runs", MOST_RUNS + 1)
    monkeypatch.setattr(Master, "purge", lambda _, pence: purged.append(pence))
    monkeypatch.setattr(Rounds, "price", lambda *_: (0, 0, False))
    for effort in (TABLES, replace(TABLES, only_doubtful=True, with_links=True)):
        ladder._look(effort)
        assert purged == []
    ladder._look(replace(TABLES, with_links=True))
    assert purged == [FAR_PENCE]
    monkeypatch.setattr(Master, "n_runs", MOST_RUNS)
    ladder._look(replace(TABLES, with_links=True))
    assert purged == [FAR_PENCE]


def test_a_group_that_needs_no_table_promises_nothing(threads: ThreadPoolExecutor, problem: BoundProblem) -> None:
    """Whatever it promised when it needed one."""
    rounds = rounds_of(problem, threads)
    effort = replace(TABLES, n_stages=3)
    rounds.price(rounds.master.solve(), effort)
    family = max(rounds.families, key=lambda family: int(np.isfinite(family.walk_pence).sum()))
    (promising,) = np.nonzero(np.isfinite(family.walk_pence))
    assert len(promising) > 0
    nothing = rounds.master.no_prices()
    rounds.history.append(nothing)
    assert rounds._price(family, promising, nothing, effort, {}) is not None
    assert np.isinf(rounds.promise(family, nothing)[promising]).all()


def test_a_look_begins_with_the_table_that_was_needed_last(threads: ThreadPoolExecutor, problem: BoundProblem) -> None:
    """One coarser where that did at once; as before where no table was needed."""
    rounds = rounds_of(problem, threads)
    effort, prices = replace(TABLES, n_stages=3), rounds.master.solve()
    rounds.price(prices, effort)
    in_doubt, at_once, without = 0, 0, 0
    for family in rounds.families:
        family.begins[:] = 2
        assert rounds._price(family, np.arange(len(family.groups)), prices, effort, {}) is not None
        clear = family.bound >= -effort.eps * np.maximum(family.least, LEAST_RUN_PENCE)
        no_table = family.walks[:, 0] < 0
        assert (family.begins[~clear] == 2).all()
        assert (family.begins[clear & ~no_table] == 1).all()
        assert (family.begins[clear & no_table] == 2).all()
        in_doubt, at_once = in_doubt + int((~clear).sum()), at_once + int((clear & ~no_table).sum())
        without += int((clear & no_table).sum())
    assert min(in_doubt, at_once, without) > 0


def test_closer_looks_come_for_as_long_as_they_lift_the_program(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then settled once more, for fewer runs. Of the last gains: for as long as anything is new."""
    ladder, done = ladder_of(problem_of_two(), threads), list[tuple[float, float]]()
    lifts = iter([1.01, 1.0001, *[1.0] * 100])

    def settle(_: Ladder, effort: Effort, *, little: float) -> bool:
        done.append((effort.eps, little))
        return True

    def settle_few(ladder: Ladder, _: Effort) -> bool:
        ladder._rounds.master.value *= next(lifts)
        return True

    new = iter([*[1] * 7, *[0] * 100])
    monkeypatch.setattr(Ladder, "_settle", settle)
    monkeypatch.setattr(Ladder, "_settle_few", settle_few)
    monkeypatch.setattr(Rounds, "look_closer", lambda *_: next(new))
    ladder._prove()
    first, *others, last = LAST_EPS
    expected = [(first, MUCH), (first, MUCH), (first, LITTLE)]
    expected += [(eps, little) for eps in others for little in (MUCH, LITTLE)]
    assert done[: len(expected)] == expected
    assert done[len(expected) :][:4] == [(last, 0.0)] * 4
    assert done[len(expected) + 4] == (first, MUCH)
    assert ladder.is_over


def test_whole_rounds_go_on_while_the_bound_rises(threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """By no less than a find must be worth, with links; without them what is found tells."""
    ladder, rises = ladder_of(problem_of_two(), threads), iter([1.01, 1.0021, 1.0019, 1.01])

    def look(ladder: Ladder, _: Effort) -> tuple[int, int, bool]:
        ladder.best *= next(rises)
        return 0, 0, False

    ladder.best = 100.0
    monkeypatch.setattr(Ladder, "_look", look)
    assert ladder._settle(CLOSER, little=MUCH)
    assert ladder.best == pytest.approx(100.0 * 1.01 * 1.0021 * 1.0019)
    assert ladder._settle(CENTRAL, little=MUCH)
    assert next(rises, None) is None


def test_where_demands_are_many_more_groups_are_priced_between_two_solutions(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While prices come from the middle: as a solution takes longer, too."""
    ladder, most = ladder_of(problem_of_two(), threads), list[int]()

    def look(_: Ladder, effort: Effort) -> tuple[int, int, bool]:
        most.append(effort.most)
        return 0, 0, False

    monkeypatch.setattr(Ladder, "_look", look)
    assert ladder._settle_few(CENTRAL)
    monkeypatch.setattr(BoundProblem, "n_demands", property(lambda _: DEMANDS_A_GROUP * (CENTRAL_FEW + 1)))
    assert ladder._settle_few(CENTRAL)
    assert ladder._settle_few(CLOSER)
    assert most == [CENTRAL_FEW, CENTRAL_FEW + 1, FEW]


def test_prices_lean_no_more_at_the_end(threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every gain once more at the program's own prices, before it is over."""
    ladder, leant = ladder_of(problem_of_two(), threads), list[float]()

    def settle(ladder: Ladder, _: Effort, **__: float) -> bool:
        asked = ladder._next_prices(CLOSER).demand
        leant.append(float(asked.sum() / ladder._prices.demand.sum()))
        return True

    monkeypatch.setattr(Ladder, "_settle", settle)
    monkeypatch.setattr(Rounds, "look_closer", lambda *_: 0)
    ladder.best_prices = ladder._rounds.master.no_prices()
    ladder._prove()
    n = 2 * len(LAST_EPS) - 1
    assert leant[: 2 * n] == pytest.approx([0.4] * (2 * n))
    assert leant[2 * n :] == pytest.approx([1.0] * n)
    assert ladder.is_over


def figures_of(runs: list[Columns]) -> dict[tuple[int, ...], float]:
    return {key: float(pence) for one in runs for key, pence in zip(one.run_keys(), one.pence, strict=True)}


def test_tables_make_runs_up(threads: ThreadPoolExecutor, problem: BoundProblem) -> None:
    """Else nothing here would be worth testing."""
    rounds = rounds_of(problem, threads)
    rounds.price(rounds.master.solve(), TABLES)
    told = figures_of(rounds.master.runs())
    driven = figures_of([as_driven(problem, one) for one in rounds.master.runs()])
    assert any(key not in driven or driven[key] > pence + 0.01 for key, pence in told.items())
