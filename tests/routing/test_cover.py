"""The cheapest choice of routes that holds everybody once: by hand, and against all choices."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from routing.columns import cover
from routing.columns.cover import RoutePool


def pool_of(n_rows: int, most: int, *routes: tuple[str, int]) -> RoutePool:
    """A pool of routes told as ("012", cost): the rows they hold, which are given back as their order."""
    pool = RoutePool(n_rows, most)
    for rows, cost in routes:
        held = [int(row) for row in rows]
        pool.add(np.array(held, np.int64), cost, held)
    return pool


THREE = (("01", 10), ("2", 7), ("0", 3), ("12", 9), ("012", 20))


def test_two_halves_of_two_plans() -> None:
    """Plans 01 + 2 = 17 and 012 = 20 were seen; put together anew, 0 + 12 = 12 is cheapest."""
    assert sorted(pool_of(3, 2, *THREE).choose(17)) == [(0,), (1, 2)]


@pytest.mark.parametrize(("most", "below"), [(2, 12), (1, 20)])
def test_nothing_is_cheaper(most: int, below: int) -> None:
    """Strictly cheaper than what is known, and of no more routes than there are vehicles."""
    assert pool_of(3, most, *THREE).choose(below) == []


def test_one_vehicle_takes_the_one_route() -> None:
    """With one vehicle only 012 is left, though it is dearer."""
    assert pool_of(3, 1, *THREE).choose(21) == [(0, 1, 2)]


def test_a_pool_that_leaves_somebody_out() -> None:
    """Nobody holds row 2, or nothing is in the pool: no choice, no error."""
    assert pool_of(3, 2, ("01", 10), ("0", 3)).choose(1_000) == []
    assert RoutePool(3, 2).choose(1_000) == []


def test_the_cheaper_of_two_orders_is_kept() -> None:
    """The same rows again: once cheaper, once dearer."""
    pool = RoutePool(2, 1)
    for cost, order in ((9, (0, 1)), (7, (1, 0)), (8, (0, 1))):
        pool.add(np.array([0, 1]), cost, order)
    assert (len(pool), pool.choose(10)) == (1, [(1, 0)])


@pytest.mark.parametrize("seed", range(20))
def test_as_cheap_as_the_best_of_all_choices(seed: int) -> None:
    """Random pools over seventy rows, so that two words of bits are in use; in some the limit on routes binds."""
    rng = np.random.default_rng(seed)
    blocks = np.array_split(np.arange(70), 6)
    most, known = int(rng.integers(2, 7)), dict[tuple[int, ...], int]()
    pool = RoutePool(70, most)
    for _ in range(40):
        held = tuple(sorted(rng.choice(6, int(rng.integers(1, 4)), replace=False).tolist()))
        cost = int(rng.integers(50, 90)) * len(held) + 40
        known[held] = min(cost, known.get(held, cost))
        pool.add(np.concatenate([blocks[b] for b in held]), cost, held)
    choices = [
        sum(known[held] for held in choice)
        for n in range(1, most + 1)
        for choice in itertools.combinations(known, n)
        if sorted(itertools.chain(*choice)) == list(range(6))
    ]
    chosen = pool.choose(10_000)
    assert sum(known[held] for held in chosen) == min(choices, default=0)
    assert not choices or pool.choose(min(choices)) == []


def test_steps_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step is not enough to find anything, and that is no error."""
    monkeypatch.setattr(cover, "MOST_STEPS", 1)
    assert pool_of(3, 2, *THREE).choose(17) == []


def test_the_least_loss_stays_in_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three routes are kept, among them those of the best choice, which is found again."""
    monkeypatch.setattr(cover, "MOST_KEPT", 3)
    pool = pool_of(3, 2, *THREE)
    assert (sorted(pool.choose(17)), len(pool)) == ([(0,), (1, 2)], 3)
    assert sorted(pool.choose(17)) == [(0,), (1, 2)]
