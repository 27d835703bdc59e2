"""The ways between all nodes of a leg with one travel profile, made once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import V_DEMAND, V_PLACE, V_ROW, V_SERVICE
from routing.bound.problem import Leg
from routing.evaluate import FAR
from routing.numba_cache import njit


class Ways(NamedTuple):
    """Of V nodes and H gates, all outwards.

    go, metres : (V, V) seconds and metres from node to node, the seconds at the first with them. Nothing between those
    at one place, no way (FAR) between two of one demand. by_way : (V, V) all nodes by the seconds to them from each.
    go_in, metres_in, by_way_in : the same to each node, from each other.
    soonest : (H, V) least seconds from a gate to each node, by way of others where that is less.
    """

    go: Any
    metres: Any
    by_way: Any
    go_in: Any
    metres_in: Any
    by_way_in: Any
    soonest: Any


def ways_of(leg: Leg, profile: int, hub_rows: NDArray[np.int64]) -> Ways:
    """The ways of a leg's nodes; hub_rows (H,)."""
    nodes = leg.nodes
    rows, places, demands = nodes[:, V_ROW], nodes[:, V_PLACE], nodes[:, V_DEMAND]
    go = np.minimum(FAR, nodes[:, V_SERVICE, None] + leg.out_s[profile][rows[:, None], rows[None, :]])
    metres = np.minimum(FAR, leg.out_m[profile][rows[:, None], rows[None, :]])
    at_one_place, alike = places[:, None] == places[None, :], demands[:, None] == demands[None, :]
    for of in (go, metres):
        of[at_one_place] = 0
        of[alike] = FAR
    soonest = np.minimum(FAR, leg.out_s[profile][hub_rows[:, None], rows[None, :]])
    _go_on(go, soonest)
    go, metres = go.astype(np.int32), metres.astype(np.int32)
    go_in, metres_in = np.ascontiguousarray(go.T), np.ascontiguousarray(metres.T)
    return Ways(
        go=go, metres=metres, by_way=_by_way(go), go_in=go_in, metres_in=metres_in, by_way_in=_by_way(go_in),
        soonest=soonest.astype(np.int32),
    )  # fmt: skip


def _by_way(go: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.argsort(go, axis=1, kind="stable").astype(np.int32)


@njit
def _go_on(go: Any, soonest: Any) -> None:
    """Lower the times of each row by going from node to node, until none is lower."""
    for row in soonest:
        better = True
        while better:
            better = False
            for i in range(len(row)):
                for j in range(len(row)):
                    if row[i] + go[i, j] < row[j]:
                        row[j], better = row[i] + go[i, j], True
