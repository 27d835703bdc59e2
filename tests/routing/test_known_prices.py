"""What the search remembers of its scans: prices that hold, and none of a route that has changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from routing.encode import encode
from routing.instance import P_PERSON, P_VARIANTS
from routing.numba_cache import njit
from routing.search.anneal import search_chunk
from routing.search.scan import NO_PLACE, scan_route
from routing.search.state import L_VERSION, N_BEST, N_HIGH, N_KNOWN, N_OPTION_COLUMNS, N_TOTAL, is_empty, new_state
from routing.start import begin_from
from routing.task import has_limits
from tests.routing.test_areas import WORLDS
from tests.routing.worlds import make_world

N_ITERATIONS = 300


@njit
def price_afresh(d: Any, s: Any, rider: int, r: int, option: Any) -> float:
    """The scan with nothing to stop it early."""
    return scan_route(d, s, rider, r, NO_PLACE, option)


@njit
def holds_nobody(s: Any, r: int) -> bool:
    """Whether a slot is empty."""
    return is_empty(s.now, r)


@pytest.mark.parametrize("world", WORLDS)
def test_a_known_price_is_the_price(world: str) -> None:
    """After some hundred iterations, most of them undone: every price kept for a route as it stands is what a new scan
    finds, place by place, and every least price is no more than that."""
    instance, _ = encode(*make_world(*WORLDS[world]))
    data, state = instance.data(), new_state(instance, 1)
    begin_from(data, state, ())
    temperatures = np.array([8_000.0, 200.0])
    search_chunk(data, state, N_ITERATIONS, 0, np.array([0.0, 1.0]), temperatures, has_limits(instance))
    option = np.zeros(N_OPTION_COLUMNS, np.int64)
    n_exact = n_least = 0
    for r in range(int(state.num[N_HIGH])):
        if holds_nobody(state, r):
            continue
        kept = state.known[:, r & (N_KNOWN - 1)]
        for rider in np.flatnonzero(kept >> 1 == state.slots[L_VERSION, r]):
            assert data.riders[rider, P_PERSON] == rider
            assert data.riders[rider, P_VARIANTS] == 1
            price, known = price_afresh(data, state, int(rider), r, option), state.known_price[rider, r & (N_KNOWN - 1)]
            if kept[rider] & 1:
                assert price >= known
                n_least += 1
                continue
            assert price == known
            if price < NO_PLACE:
                np.testing.assert_array_equal(option[:4], state.known_option[rider, r & (N_KNOWN - 1), :4])
            n_exact += 1
    assert n_exact > 0
    assert n_least > 0
    assert state.num[N_BEST] <= state.num[N_TOTAL]
