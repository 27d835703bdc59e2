"""Routes seen on the way, put together anew: the cheapest choice of them that holds everybody once.

A linear program over the routes at hand says what each row (rider) is worth. What a route costs above the worth of its
rows is lost to every choice that takes it; so a search through the choices, depth first, need look only at those whose
losses together stay below what is still to be won. Where the program comes near the truth, as with long routes, that is
a few thousand steps, and they prove that no choice is cheaper. Their number is limited, not their time: a search that
calls this repeats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.numba_cache import njit, njit_inline, njit_inner

MOST_STEPS = 300_000
"""Most steps of one search through the choices, about a second."""
MOST_KEPT = 20_000
"""Routes kept from one choice to the next, those with the least loss."""

Ints = NDArray[np.int64]


class RoutePool:
    """Routes by the rows that they hold, of each set the cheapest.

    Parameters
    ----------
    n_rows : rows to hold, each once. most_routes : of a choice.
    """

    def __init__(self, n_rows: int, most_routes: int) -> None:
        self._n_rows, self._most = n_rows, most_routes
        self._routes: dict[bytes, tuple[int, Ints, tuple[int, ...]]] = {}

    def __len__(self) -> int:
        """Number of routes."""
        return len(self._routes)

    def add(self, rows: Ints, cost: int, order: Sequence[int]) -> None:
        """Take in a route. rows : those it holds, ascending. cost : above 0. order : what is given back for it."""
        key = rows.tobytes()
        known = self._routes.get(key)
        if known is None or cost < known[0]:
            self._routes[key] = (cost, rows, tuple(order))

    def choose(self, below: int) -> list[tuple[int, ...]]:
        """Orders of the cheapest choice that costs less than `below`; none where there is, or was found, none."""
        routes = list(self._routes.values())
        cost = np.array([route[0] for route in routes], np.float64)
        holds = [route[1] for route in routes]
        relaxed = _relaxed(holds, cost, self._n_rows, self._most)
        if relaxed is None:
            return []
        value, loss, spare = relaxed
        by_loss = np.argsort(loss, kind="stable")
        self._keep(by_loss[:MOST_KEPT])
        offered = by_loss[loss[by_loss] < below - value]
        found = _cheapest([holds[i] for i in offered], loss[offered], self._n_rows, self._most, spare, below - value)
        chosen = [routes[i] for i in offered[found]]
        return [order for _, _, order in chosen] if sum(c for c, _, _ in chosen) < below else []

    def _keep(self, which: Ints) -> None:
        keys = list(self._routes)
        self._routes = {keys[i]: self._routes[keys[i]] for i in which}


def _relaxed(holds: list[Ints], cost: NDArray[np.float64], n_rows: int, most: int) -> Any:
    """(value, what each route costs above the worth of its rows, worth of one route fewer); None: no choice at all."""
    from scipy.optimize import linprog
    from scipy.sparse import csc_array

    if not holds:
        return None
    scale = cost.max()  # the solver's tolerances are meant for numbers about 1
    ends = np.cumsum([0, *map(len, holds)])
    matrix = csc_array((np.ones(ends[-1]), np.concatenate(holds), ends), shape=(n_rows, len(holds)))
    result = linprog(
        cost / scale, A_eq=matrix, b_eq=np.ones(n_rows), A_ub=np.ones((1, len(holds))), b_ub=[most], method="highs"
    )
    if result.x is None:
        return None
    spare = -float(result.ineqlin.marginals[0])
    loss = cost - scale * (matrix.T @ result.eqlin.marginals - spare)
    return result.fun * scale, np.maximum(loss, 0.0), spare * scale


def _cheapest(holds: list[Ints], loss: NDArray[np.float64], n_rows: int, most: int, spare: float, below: float) -> Ints:
    """Routes of the best choice found; `holds` and `loss` in order of loss."""
    n_words = -(-n_rows // 64)
    masks = np.zeros((len(holds), n_words), np.uint64)
    owner, row = np.repeat(np.arange(len(holds)), [len(h) for h in holds]), np.concatenate([*holds, np.zeros(0, int)])
    np.bitwise_or.at(masks, (owner, row // 64), np.uint64(1) << (row % 64).astype(np.uint64))
    by_row = np.argsort(row, kind="stable")
    first = np.searchsorted(row[by_row], np.arange(n_rows + 1)).astype(np.int64)
    found: Ints = search_choices(masks, loss, first, owner[by_row].astype(np.int64), most, spare, below, MOST_STEPS)
    return found


@njit_inline
def is_free(masks: Any, k: int, held: Any) -> bool:
    """Whether a route holds none of the rows that are held already."""
    free = True
    for w in range(len(held)):
        free &= masks[k, w] & held[w] == 0
    return free


@njit_inner
def hardest_row(masks: Any, loss: Any, first: Any, routes: Any, held: Any, left: float) -> tuple[int, int]:
    """The row not held yet that fewest routes of a loss below `left` could hold, and how many; -1: all are held."""
    fewest, hardest = len(loss) + 1, -1
    for row in range(len(first) - 1):
        if (held[row >> 6] >> np.uint64(row & 63)) & np.uint64(1):
            continue
        n = 0
        for i in range(first[row], first[row + 1]):
            k = routes[i]
            if loss[k] >= left or n >= fewest:
                break
            n += is_free(masks, k, held)
        if n < fewest:
            fewest, hardest = n, row
    return hardest, fewest


@njit
def search_choices(
    masks: Any, loss: Any, first: Any, routes: Any, most: int, spare: float, below: float, most_steps: int
) -> Any:
    """The choice of least loss below `below` that holds every row once, by number of route; empty: none was found.

    Parameters
    ----------
    masks : uint64 (m, words), rows of each route as bits. loss : float64 (m,), ascending.
    first : int64 (n + 1,), routes that hold row i are routes[first[i] : first[i + 1]], ascending.
    spare : loss for each route fewer than `most`.
    """
    chosen, at, row = np.zeros(most + 1, np.int64), np.zeros(most + 1, np.int64), np.zeros(most + 1, np.int64)
    held, lost = np.zeros((most + 1, masks.shape[1]), np.uint64), np.zeros(most + 1)
    best = np.zeros(0, np.int64)
    depth, down = 0, True
    for _ in range(most_steps):
        if down:
            row[depth], n = hardest_row(masks, loss, first, routes, held[depth], below - lost[depth])
            if row[depth] < 0 and lost[depth] + (most - depth) * spare < below:
                below, best = lost[depth] + (most - depth) * spare, chosen[:depth].copy()
            at[depth] = first[row[depth]] if row[depth] >= 0 and n > 0 and depth < most else len(routes)
        down = False
        end = first[row[depth] + 1]
        while at[depth] < end and not down:
            k = routes[at[depth]]
            at[depth] += 1
            if lost[depth] + loss[k] >= below:
                break
            down = is_free(masks, k, held[depth])
        if not down:
            depth -= 1
            if depth < 0:
                break
            continue
        chosen[depth], lost[depth + 1] = k, lost[depth] + loss[k]
        for w in range(masks.shape[1]):
            held[depth + 1, w] = held[depth, w] | masks[k, w]
        depth += 1
    return best
