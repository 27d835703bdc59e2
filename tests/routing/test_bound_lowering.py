"""Prices lowered for the runs at hand: none is worth more than it costs, and no more is lost than must be."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from routing.bound.lowering import lowered
from routing.bound.master import Prices
from routing.bound.problem import BoundProblem, bound_problem
from routing.bound.rounds import LEAST_RUN_PENCE, TABLES, Effort, Rounds
from routing.encode import encode
from tests.routing.bound_rounds import rounds_of
from tests.routing.worlds import make_world

FINE = replace(TABLES, n_stages=3)
PENCE = 0.05


def problem_of(features: tuple[str, ...], n: int) -> BoundProblem:
    return bound_problem(encode(*make_world(features, n, 4), with_busy=True)[0])


@pytest.fixture(params=[("schools",), ("schools", "wheelchairs"), ("schools", "pas", "fleet")], ids="-".join)
def rounds(request: pytest.FixtureRequest) -> Iterator[Rounds]:
    with ThreadPoolExecutor(1) as threads:
        yield rounds_of(problem_of(request.param, 8), threads)


def test_no_run_at_hand_is_worth_more_than_it_costs(rounds: Rounds) -> None:
    """At the prices of everybody alone runs of several are; at the lowered ones none is, and nobody is worth more."""
    prices = rounds.master.solve()
    rounds.price(prices, FINE)
    assert len(rounds.master.in_excess(prices)[1]) > 0
    lower = lowered(rounds.master, prices)
    assert rounds.master.in_excess(lower)[1].max(initial=0.0) <= PENCE
    assert (lower.demand <= prices.demand).all()
    assert (lower.run >= prices.run - PENCE).all()


def test_no_more_is_lost_than_by_scaling_down(rounds: Rounds) -> None:
    """What scaling proves holds for all runs, so for those at hand, too: the best prices for these are worth more."""
    prices = rounds.master.solve()
    rounds.price(prices, FINE)
    proven = rounds.proven(prices)
    bound_of = rounds.master.bound_of
    assert proven.bound <= bound_of(lowered(rounds.master, prices)) + PENCE < bound_of(prices)


def test_more_is_proven_near_lowered_prices(rounds: Rounds) -> None:
    """The first round finds runs worth a lot more than they cost: scaling loses most of what it could prove."""
    prices = rounds.master.solve()
    rounds.price(prices, FINE)
    at_once = rounds.proven(prices).bound
    scaled, *lower = rounds.prove(prices, FINE)
    assert scaled.bound == at_once
    assert lower[-1].bound > scaled.bound + 100.0
    assert sorted(each.bound for each in lower) == [each.bound for each in lower]


@pytest.mark.parametrize("finest", [0.001, 0.005])
def test_only_what_is_in_doubt_by_more_is_priced_again(rounds: Rounds, finest: float) -> None:
    """Near lowered prices; a round of 1 % looks no less closely there than it is asked to."""
    prices = rounds.master.solve()
    rounds.price(prices, FINE)
    looks: list[float] = []
    price = rounds.price

    def look(lower: Prices, effort: Effort) -> tuple[int, int, bool]:
        before = [(family.seen.copy(), rounds.known(family, lower)) for family in rounds.families]
        result = price(lower, effort)
        for family, (seen, of) in zip(rounds.families, before, strict=True):
            if len(seen) == len(family.seen):  # not split
                in_doubt = of.bound < -finest * np.maximum(of.least, LEAST_RUN_PENCE)
                assert ((family.seen > seen) == in_doubt).all()
                looks.append(float(in_doubt.mean()))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rounds, "price", lambda _, lower, effort: look(lower, effort))
        assert len(list(rounds.prove(prices, FINE, finest))) > 1
    assert min(looks) < 1.0
    assert max(looks) > 0.0


def test_nothing_is_priced_where_nothing_is_left_to_prove(rounds: Rounds) -> None:
    """Lowered prices are worth less than what is proven already."""
    prices = rounds.master.solve()
    rounds.price(prices, FINE)
    n_rounds, least = len(rounds.history), rounds.master.bound_of(lowered(rounds.master, prices))
    assert len(list(rounds.prove(prices, FINE, least=least))) == 1
    assert len(rounds.history) == n_rounds


def test_prices_that_no_run_spoils_stay(rounds: Rounds) -> None:
    prices = rounds.master.solve()
    assert lowered(rounds.master, prices) is prices


def test_who_travels_on_fewer_days_is_lowered() -> None:
    """A run of two is worth so much more than it costs: it is taken off the one who travels twice, not ten times."""
    problem = problem_of(("schools",), 2)
    pair = np.flatnonzero(problem.leg_of == 0)
    for rare, often in (pair, pair[::-1]):
        weight = np.full_like(problem.weight, 10)
        weight[rare] = 2
        with ThreadPoolExecutor(1) as threads:
            rounds = rounds_of(replace(problem, weight=weight), threads)
            rounds.price(rounds.master.solve(), FINE)
            prices = prices_of_runs_alone(rounds)
            counts, excess = rounds.master.in_excess(prices)
            of_both = (counts[:, pair].toarray() == 1.0).all(axis=1)
            less = prices.demand - lowered(rounds.master, prices).demand
            assert less[rare] == pytest.approx(excess[of_both].max())
            assert less[often] == pytest.approx(0.0)


def prices_of_runs_alone(rounds: Rounds) -> Prices:
    """Everybody is worth what the cheapest run at hand for them alone costs."""
    master, dear = rounds.master, 1e6
    free = replace(master.no_prices(), demand=np.full(rounds.problem.n_demands, dear))
    counts, excess = master.in_excess(free)
    served = counts[:, : rounds.problem.n_demands].toarray()
    cost = served.sum(axis=1) * dear - excess
    alone = [cost[(served[:, d] == 1.0) & (served.sum(axis=1) == 1.0)].min() for d in range(served.shape[1])]
    return replace(free, demand=np.array(alone))
