"""The search over choices: proof, bounds, impossibility, forced and forbidden columns, and a clean standard output."""

from __future__ import annotations

import os
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement.choice import Choice, ChoiceSearch, ChoiceState, Chosen, Row, standard_output_kept_clean

ONE_OF_EACH = (Row(terms=((0, 1), (2, 1)), lower=1, upper=1), Row(terms=((1, 1), (2, 1)), lower=1, upper=1))
CHOICE = Choice(costs=(900, 900, 1700), rows=ONE_OF_EACH)


def best(choice: Choice = CHOICE, **asked: object) -> Chosen:
    return ChoiceSearch(choice).best(seconds=10, **asked)  # type: ignore[arg-type]


def test_the_least_dear_choice_is_proven() -> None:
    """The third column alone costs 1,700; the other two 1,800."""
    found = best()
    assert (found.state, found.columns, found.cost, found.bound, found.gap) == (ChoiceState.PROVEN, (2,), 1700, 1700, 0)


def test_the_same_search_answers_other_questions() -> None:
    """Without the third column, with the first one, and again as at first."""
    search = ChoiceSearch(CHOICE)
    assert search.best(seconds=10, forbid=[2]).columns == (0, 1)
    assert search.best(seconds=10, force=[0]).cost == 1800
    assert search.best(seconds=10, force=[0], forbid=[1]).state is ChoiceState.IMPOSSIBLE
    assert search.best(seconds=10).cost == 1700


@pytest.mark.parametrize("costs", [(), (5,)])
def test_rows_that_nothing_can_keep(costs: tuple[int, ...]) -> None:
    """A lot that nobody offers, with and without other columns."""
    found = best(Choice(costs=costs, rows=(Row(terms=(), lower=1),)))
    assert (found.state, found.columns, found.cost) == (ChoiceState.IMPOSSIBLE, (), None)


def test_a_start_that_does_not_hold_is_ignored() -> None:
    """Nothing chosen leaves both rows open."""
    assert best(start=[]).cost == 1700
    assert best(start=[0, 1]).cost == 1700


@pytest.mark.parametrize("proving", [False, True])
def test_a_search_up_to_a_limit(proving: bool) -> None:
    """1,700 is the best: up to that it is proven; below that nothing is, but that no choice costs so little."""
    search = ChoiceSearch(CHOICE, proving=proving)
    assert (search.best(seconds=10, limit=1700).columns, search.best(seconds=10, limit=1700).bound) == ((2,), 1700)
    below = search.best(seconds=10, limit=1500)
    assert (below.state is ChoiceState.PROVEN, below.bound) == (False, 1501)
    begun = search.best(seconds=10, limit=1500, start=[0, 1])
    assert (begun.state, begun.bound) == (ChoiceState.FOUND, 1501)
    assert search.best(seconds=10, force=[0]).cost == 1800


def test_the_one_other_choice() -> None:
    """Cut the best off: 1,800. Cut both off: nothing is left."""
    cut = CHOICE.other_than([2], range(3))
    second = best(Choice(costs=CHOICE.costs, rows=(*ONE_OF_EACH, cut)))
    assert second.columns == (0, 1)
    both = (*ONE_OF_EACH, cut, CHOICE.other_than([0, 1], range(3)))
    assert best(Choice(costs=CHOICE.costs, rows=both)).state is ChoiceState.IMPOSSIBLE


def test_negative_costs_are_an_auction() -> None:
    """Values 3 and 4 for one good, 5 for another."""
    choice = Choice(costs=(-3, -4, -5), rows=(Row(terms=((0, 1), (1, 1)), upper=1),))
    assert (best(choice).columns, best(choice).cost) == ((1, 2), -9)


def test_the_gap_is_a_share_of_the_bound() -> None:
    """10 over 1,000 is 1 %; without a bound nothing is said."""
    found = Chosen(state=ChoiceState.FOUND, columns=(0,), cost=1010, bound=1000, seconds=1.0)
    assert found.gap == pytest.approx(0.01)
    unknown = Chosen(state=ChoiceState.FOUND, columns=(0,), cost=1010, bound=None, seconds=1.0)
    assert unknown.gap is None


def test_a_penny_decides_between_large_prices() -> None:
    """A hundred million pounds, and one penny more."""
    million = 10_000_000_000
    choice = Choice(costs=(million + 1, million), rows=(Row(terms=((0, 1), (1, 1)), lower=1, upper=1),))
    assert (best(choice).columns, best(choice).bound) == ((1,), million)


def test_no_library_writes_into_our_output(capfd: pytest.CaptureFixture[str]) -> None:
    """What is written to standard output meanwhile goes to standard error; afterwards all is as before."""
    with standard_output_kept_clean():
        os.write(1, b"a stray line\n")
    os.write(1, b"ours\n")
    assert capfd.readouterr() == ("ours\n", "a stray line\n")


@st.composite
def questions(draw: st.DrawFn) -> tuple[Choice, set[int], set[int]]:
    """A choice of up to eight columns and four rows, with columns forced and forbidden."""
    n = draw(st.integers(1, 8))
    costs = tuple(draw(st.lists(st.integers(-50, 3_000), min_size=n, max_size=n)))
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        columns = draw(st.sets(st.integers(0, n - 1), max_size=n))
        terms = tuple((column, draw(st.integers(1, 3))) for column in sorted(columns))
        lower, upper = draw(st.sampled_from([(1, 1), (None, 2), (1, None), (2, 4)]))
        rows.append(Row(terms=terms, lower=lower, upper=upper))
    force = draw(st.sets(st.integers(0, n - 1), max_size=2))
    forbid = draw(st.sets(st.integers(0, n - 1), max_size=2)) - force
    return Choice(costs=costs, rows=tuple(rows)), force, forbid


@settings(max_examples=100, deadline=None)
@given(questions())
def test_the_search_finds_what_trying_everything_finds(question: tuple[Choice, set[int], set[int]]) -> None:
    """The least cost and its proof, with columns forced and forbidden; or that nothing is possible."""
    choice, force, forbid = question
    n = len(choice.costs)
    every = (set(chosen) for k in range(n + 1) for chosen in combinations(range(n), k))
    costs = [choice.cost_of(c) for c in every if force <= c and not c & forbid and choice.allows(c)]
    found = best(choice, force=force, forbid=forbid)
    if not costs:
        assert found.state is ChoiceState.IMPOSSIBLE
    else:
        assert (found.state, found.cost, found.bound) == (ChoiceState.PROVEN, min(costs), min(costs))
        assert choice.allows(found.columns)
        assert set(found.columns) >= force
        assert not set(found.columns) & forbid
