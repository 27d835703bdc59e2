"""Rows of the bound's tables: loops go on until all eights are full, and tell nothing of the steps behind the last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from routing.bound.eights import EIGHT, eight_at, eight_of, if_more, if_same, larger, put_eight, smaller
from routing.bound.local import N_PARTS, ROOM
from routing.bound.tables import LOWEST, NEXT, SECOND, STEP, go_on_far, go_on_near, put_row
from routing.numba_cache import njit

N_STEPS = 20
WIDE = np.array([N_STEPS + EIGHT])
MINUTE_PENCE = np.float32(0.25)


@njit
def try_near(rows: Any, wide: Any, row: Any, a: int, b: int, i: int, j: int, gain: Any, over: Any, more: Any) -> None:
    go_on_near(rows, wide, row, np.uint64(0), a, b, i, j, gain, over, more)


@njit
def try_far(row: Any, most: Any, a: int, b: int, cost: Any) -> None:
    go_on_far(row, most, np.uint64(0), a, b, cost)


@njit
def put(row: Any, rows: Any, wide: Any, place: int, a: int, b: int) -> None:
    put_row(row, rows, wide, np.uint64(place), a, b)


@njit
def do(rows: Any, a: Any, b: Any) -> None:
    """All that eights can do with a and b, each into a row of its own, from its third number on."""
    for s in range(0, len(a), EIGHT):
        one, other, two = eight_at(a, s), eight_at(b, s), eight_of(np.float32(2.0))
        put_eight(rows[0], s + 2, one + other)
        put_eight(rows[1], s + 2, one - other)
        put_eight(rows[2], s + 2, one * other)
        put_eight(rows[3], s + 2, larger(one, other))
        put_eight(rows[4], s + 2, smaller(one, other))
        put_eight(rows[5], s + 2, if_more(one, other, two, one))
        put_eight(rows[6], s + 2, if_same(one, other, two, one))


def test_eight_numbers_at_once_are_what_each_would_be() -> None:
    """Wherever they begin, and no others."""
    random = np.random.default_rng(1)
    a, b = random.integers(-3, 4, (2, 3 * EIGHT)).astype(np.float32)
    rows = np.full((7, 3 * EIGHT + 4), np.float32(99.0))
    do(rows, a, b)
    should = [a + b, a - b, a * b, np.maximum(a, b), np.minimum(a, b), np.where(a > b, 2, a), np.where(a == b, 2, a)]
    assert rows[:, 2:-2].tolist() == np.array(should).tolist()
    assert (rows[:, [0, 1, -2, -1]] == 99.0).all()


@pytest.fixture
def row() -> Any:
    """A row in the making: nothing gained yet, no node next."""
    row = np.zeros((N_PARTS + 1) * ROOM, np.float32)
    row[int(NEXT) : int(NEXT) + ROOM] = -1.0
    row[int(STEP) : int(STEP) + ROOM] = np.arange(ROOM)
    return row


def part(row: Any, begins: Any) -> Any:
    return row[int(begins) : int(begins) + N_STEPS]


@pytest.mark.parametrize(("a", "b"), [(0, 1), (3, 13), (0, EIGHT), (5, 5 + EIGHT), (2, N_STEPS), (9, 9), (9, 4)])
def test_a_near_node_is_next_at_its_own_steps_alone(row: Any, a: int, b: int) -> None:
    """Step 13 of a node that is no longer in time there is no better for being worked on with step 12."""
    rows = np.zeros(N_PARTS * WIDE[0], np.float32)
    rows[: WIDE[0]] = 7.0
    try_near(rows, WIDE, row, a, b, 4, 2, np.float32(10.0), np.float32(-1.0), MINUTE_PENCE)
    steps = np.arange(N_STEPS)
    is_in = (steps >= a) & (steps < b)
    assert part(row, 0).tolist() == np.where(is_in, 17.0 - np.maximum(0.0, 0.25 * steps - 1.0), 0.0).tolist()
    assert part(row, NEXT).tolist() == np.where(is_in, 2.0, -1.0).tolist()
    assert part(row, SECOND).tolist() == [0.0] * N_STEPS


def test_who_came_from_the_node_gains_the_second_best_there(row: Any) -> None:
    rows = np.zeros(N_PARTS * WIDE[0], np.float32)
    rows[: WIDE[0]], rows[WIDE[0] : 2 * WIDE[0]], rows[2 * WIDE[0] :] = 7.0, 3.0, 4.0
    gain, none = np.float32(1.0), np.float32(0.0)
    try_near(rows, WIDE, row, 0, N_STEPS, 4, 2, gain, none, none)
    assert part(row, 0).tolist() == [4.0] * N_STEPS
    try_near(rows, WIDE, row, 0, N_STEPS, 5, 6, gain, none, none)
    assert part(row, 0).tolist() == [8.0] * N_STEPS
    assert part(row, SECOND).tolist() == [4.0] * N_STEPS
    assert part(row, NEXT).tolist() == [6.0] * N_STEPS


def test_a_cluster_is_next_where_it_gains_more(row: Any) -> None:
    most = np.full(ROOM, LOWEST)
    most[:N_STEPS] = np.arange(N_STEPS)
    try_far(row, most, 0, N_STEPS, np.float32(5.0))
    assert part(row, 0).tolist() == [max(0.0, s - 5.0) for s in range(N_STEPS)]


def test_behind_the_last_step_of_a_place_nothing_can_be(row: Any) -> None:
    """And no part of a place, nor the next place, lies in the way of another."""
    rows = np.full(2 * N_PARTS * WIDE[0], np.float32(99.0))
    for at, worth in enumerate((1.0, 2.0)):
        row[:ROOM], row[int(SECOND) : int(SECOND) + ROOM] = worth, 10.0 * worth
        put(row, rows, WIDE, at * N_PARTS * int(WIDE[0]), 3, N_STEPS)
    for place, worth in zip(rows.reshape(2, N_PARTS, WIDE[0]), (1.0, 2.0), strict=True):
        assert place[0, 3:N_STEPS].tolist() == [worth] * (N_STEPS - 3)
        assert place[1, 3:N_STEPS].tolist() == [10.0 * worth] * (N_STEPS - 3)
        assert place[2, 3:N_STEPS].tolist() == [-1.0] * (N_STEPS - 3)
        assert (place[:2, N_STEPS : N_STEPS + EIGHT] == LOWEST).all()
