"""Prices made feasible: whose passengers are worth less where a run is worth more than it costs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from routing.bound.families import hot_homes
from routing.bound.master import Prices
from routing.bound.problem import bound_problem
from routing.bound.proven import prove_prices
from routing.bound.rounds import TABLES, Rounds
from routing.encode import encode
from tests.routing.bound_rounds import rounds_of
from tests.routing.worlds import make_world

FINE = replace(TABLES, n_stages=3)


@pytest.fixture(params=[("schools",), ("schools", "wheelchairs"), ("schools", "pas", "fleet")], ids="-".join)
def rounds(request: pytest.FixtureRequest) -> Iterator[Rounds]:
    problem = bound_problem(encode(*make_world(request.param, 8, 4), with_busy=True)[0])
    with ThreadPoolExecutor(1) as threads:
        yield rounds_of(problem, threads)


def dear_prices(rounds: Rounds) -> Prices:
    """Those of everybody alone: a run of several is worth more than it costs."""
    return rounds.master.solve()


def test_a_home_that_is_told_of_bounds_no_more_than_its_group(rounds: Rounds) -> None:
    """The worst is at most as bad as the group is."""
    prices = dear_prices(rounds)
    rounds.price(prices, FINE)
    n_told = 0
    for family in rounds.families:
        of = rounds.known(family, prices)
        hot = hot_homes(family, of)
        for k in np.flatnonzero(hot.is_told).tolist():
            through = hot.through[hot.group == k]
            assert (through >= of.bound[k]).all()
            assert (through < 0.0).all()
        n_told += int(hot.is_told.sum())
    assert n_told > 0


def test_home_by_home_more_is_proven_than_gate_by_gate(rounds: Rounds) -> None:
    """Gate by gate all passengers of a gate pay for one run; home by home only those that it comes to."""
    prices = dear_prices(rounds)
    rounds.price(prices, FINE)
    known = [rounds.known(family, prices) for family in rounds.families]
    by_home = prove_prices(rounds.master, rounds.families, prices, known)
    for family in rounds.families:
        family.homes = [None] * len(family.groups)
    by_gate = prove_prices(rounds.master, rounds.families, prices, known)
    assert by_home.bound > by_gate.bound + 1.0
    assert (by_home.prices.demand >= by_gate.prices.demand - 1e-9).all()


def test_what_was_told_is_worth_less_once_prices_rise(rounds: Rounds) -> None:
    """Everybody's price a pound higher: each home may be that much deeper in, for all who fit on board."""
    prices = dear_prices(rounds)
    rounds.price(prices, FINE)
    higher = replace(prices, demand=prices.demand + 100.0)
    for family in rounds.families:
        then, now = rounds.known(family, prices), rounds.known(family, higher)
        was, is_now = hot_homes(family, then), hot_homes(family, now)
        worst = {(k, v): t for k, v, t in zip(is_now.group, is_now.node, is_now.through, strict=True)}
        for k, v, t in zip(was.group, was.node, was.through, strict=True):
            assert worst[k, v] == pytest.approx(max(t - now.less[k], now.bound[k]))
            assert 0.0 < now.less[k] <= 100.0 * family.room + 1e-6
