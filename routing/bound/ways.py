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
    soonest : (H, V) least seconds from a gate to each node, by way of others where that is less.
    """

    go: Any
    metres: Any
    by_way: Any
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
    return Ways(
        go=go.astype(np.int32), metres=metres.astype(np.int32),
        by_way=np.argsort(go, axis=1, kind="stable").astype(np.int32), soonest=soonest.astype(np.int32),
    )  # fmt: skip


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
