"""The scan's prices that are known already: a route that is as it was is not scanned again for the same rider.

Three of four iterations end as they began, and those that do not change a few routes of many. So most of what a scan
would find, one before has found: the price of a rider on a route holds as long as the route does. Each content of a
route has a version of its own (`state.changed`), which comes back when an iteration is undone; a price is kept with
the version it belongs to. Nothing is ever cleared.
"""

from __future__ import annotations

from typing import Any

from routing.instance import P_VARIANTS
from routing.numba_cache import njit_inline
from routing.search.lanes import N_OPTION_COLUMNS
from routing.search.scan import DEARER, POSITIONS_OVERLOOKED, SQUINT, scan_route
from routing.search.state import L_VERSION, N_KNOWN, random_unit


@njit_inline
def price_on_route(d: Any, s: Any, rider: int, r: int, limit: float, option: Any) -> float:
    """`scan_route`, by what is known where the route has not changed since.

    Now and then positions are overlooked at random, and what is found then is not kept. Who has several places to board
    is scanned every time, as some of the places are overlooked at random.
    """
    if s.blink[0] > 0.0 and random_unit(s.rng) < SQUINT:
        s.blink[1] = POSITIONS_OVERLOOKED
        price = scan_route(d, s, rider, r, limit, option)
        s.blink[1] = 0.0
        return price
    if d.riders[rider, P_VARIANTS] > 1:
        return scan_route(d, s, rider, r, limit, option)
    at, version = r & (N_KNOWN - 1), s.slots[L_VERSION, r]
    known, price = s.known[rider, at], s.known_price[rider, at]
    if known >> 1 == version:
        if known & 1 == 0:
            for k in range(N_OPTION_COLUMNS):
                option[k] = s.known_option[rider, at, k]
            return price
        if price >= limit:
            return DEARER
    price = scan_route(d, s, rider, r, limit, option)
    bounded = price == DEARER
    s.known[rider, at] = 2 * version + bounded
    s.known_price[rider, at] = limit if bounded else price
    for k in range(N_OPTION_COLUMNS):
        s.known_option[rider, at, k] = option[k]
    return price
