"""Customisable contraction hierarchy: one order of the nodes, then cheap exact sweeps under any weights.

RoutingKit (through `pyroutingkit`) gives the order by nested dissection. Its own matrices hold 32-bit
weights, too narrow for "fastest, then shortest"; the sweeps here work on 64-bit weights that hold both.

References
----------
J. Dibbelt, B. Strasser, D. Wagner, "Customizable Contraction Hierarchies", ACM JEA 21 (2016); D. Delling, A.
Goldberg, R. Werneck, "Faster Batched Shortest Paths in Road Networks", ATMOS 2011 (the restricted sweep).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.network.distances import NO_WAY
from routing.network.graph import IdArray, IndexArray, RoadNetwork
from routing.network.hierarchy_kernels import ancestors, chordal, query, relax_triangles, restrict, sweep


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hierarchy:
    """Nodes in contraction order ("ranks") and the upward edges of the chordal graph.

    Attributes
    ----------
    rank : (n,) rank of every node.
    parent : (n,) by rank, the elimination tree; -1: root.
    up_offset, up_head : upward neighbours by rank, ascending.
    up_tail : (n_slots,) lower end of every upward edge ("slot").
    arc_slot : (n_arcs,) slot of every arc; -1: a loop.
    arc_is_up : (n_arcs,) whether the arc goes from the lower to the higher rank.
    """

    rank: IndexArray
    parent: IndexArray
    up_offset: IdArray
    up_head: IndexArray
    up_tail: IndexArray
    arc_slot: IdArray
    arc_is_up: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Customised:
    """A hierarchy under one set of weights: for every slot the best way up and down, and how it is made.

    Attributes
    ----------
    up, down : (n_slots,) weights.
    up_middle, down_middle : rank of the node passed; -1: a plain arc.
    up_arc, down_arc : that arc; -1: none.
    """

    hierarchy: Hierarchy
    up: IdArray
    down: IdArray
    up_middle: IndexArray
    down_middle: IndexArray
    up_arc: IndexArray
    down_arc: IndexArray


def contraction_order(network: RoadNetwork) -> IndexArray:
    """Rank of every node, by RoutingKit's nested dissection.

    Raises
    ------
    ImportError : pyroutingkit is not installed.
    """
    import pyroutingkit

    topology = pyroutingkit.CCHTopology()
    loop = network.arc_tail == network.arc_head
    topology.build(
        network.arc_tail[~loop].astype(np.uint32),
        network.arc_head[~loop].astype(np.uint32),
        network.node_lat.astype(np.float32),
        network.node_lon.astype(np.float32),
        network.n_nodes,
    )
    with tempfile.TemporaryDirectory() as folder:
        topology.save(folder)
        rank = np.fromfile(Path(folder) / "rank", dtype=np.uint32).astype(np.int32)
    require_order(rank, network.n_nodes)
    return rank


def require_order(rank: IndexArray, n_nodes: int) -> None:
    """Refuse anything but a permutation of the nodes."""
    if len(rank) != n_nodes or not np.array_equal(np.sort(rank), np.arange(n_nodes)):
        raise ValueError(f"contraction order of {len(rank)} ranks; must be a permutation of {n_nodes} nodes")


def make_hierarchy(network: RoadNetwork, rank: IndexArray) -> Hierarchy:
    """Contract the network's nodes in the given order."""
    n = network.n_nodes
    tail, head = rank[network.arc_tail].astype(np.int64), rank[network.arc_head].astype(np.int64)
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    plain = low != high
    pair = np.unique(high[plain] * n + low[plain])
    below_offset = np.searchsorted(pair // n, np.arange(n + 1)).astype(np.int64)
    parent, up_offset, up_head = chordal(n, below_offset, (pair % n).astype(np.int32))
    up_tail = np.repeat(np.arange(n, dtype=np.int32), np.diff(up_offset))
    key = up_tail.astype(np.int64) * n + up_head
    slot = np.where(plain, np.searchsorted(key, low * n + high), -1)
    return Hierarchy(
        rank=rank,
        parent=parent,
        up_offset=up_offset,
        up_head=up_head,
        up_tail=up_tail,
        arc_slot=slot.astype(np.int64),
        arc_is_up=tail < head,
    )


def customise(hierarchy: Hierarchy, weight: IdArray) -> Customised:
    """Give the hierarchy weights.

    Parameters
    ----------
    weight : (n_arcs,) 0 or more; `NO_WAY` bars an arc.
    """
    n_slots = len(hierarchy.up_head)
    up, up_arc = _least_arc(hierarchy, weight, hierarchy.arc_is_up, n_slots)
    down, down_arc = _least_arc(hierarchy, weight, ~hierarchy.arc_is_up, n_slots)
    up_middle, down_middle = np.full(n_slots, -1, np.int32), np.full(n_slots, -1, np.int32)
    relax_triangles(hierarchy.up_offset, hierarchy.up_head, up, down, up_middle, down_middle)
    return Customised(
        hierarchy=hierarchy,
        up=up,
        down=down,
        up_middle=up_middle,
        down_middle=down_middle,
        up_arc=up_arc,
        down_arc=down_arc,
    )


def _least_arc(
    hierarchy: Hierarchy, weight: IdArray, chosen: NDArray[np.bool_], n_slots: int
) -> tuple[IdArray, IndexArray]:
    """Least weight per slot among the chosen arcs, and the arc that has it (the first of equals)."""
    arcs = np.flatnonzero(chosen & (hierarchy.arc_slot >= 0) & (weight < NO_WAY))
    order = arcs[np.lexsort((arcs, weight[arcs], hierarchy.arc_slot[arcs]))]
    slot, first = np.unique(hierarchy.arc_slot[order], return_index=True)
    least, arc = np.full(n_slots, NO_WAY, np.int64), np.full(n_slots, -1, np.int32)
    least[slot], arc[slot] = weight[order[first]], order[first]
    return least, arc


class HierarchyDistances:
    """Least weights from places to a fixed set of nodes."""

    def __init__(self, customised: Customised, targets: IndexArray) -> None:
        self._customised = customised
        hierarchy = customised.hierarchy
        target_rank = hierarchy.rank[targets]
        self._position, members = ancestors(hierarchy.parent, target_rank)
        self._target = self._position[target_rank]
        self._offset, self._head, self._weight = restrict(
            hierarchy.up_offset, hierarchy.up_head, customised.down, self._position, members
        )

    def from_starts(self, start: IndexArray, start_weight: IdArray) -> IdArray:
        """Least weights (n_rows, n_targets).

        Parameters
        ----------
        start, start_weight : (n_rows, n_starts) nodes where each row begins and the weight to get there;
            node -1: none.
        """
        hierarchy = self._customised.hierarchy
        start_rank = np.where(start >= 0, hierarchy.rank[start], -1).astype(np.int32)
        out = np.empty((len(start), len(self._target)), np.int64)
        sweep(
            hierarchy.parent, hierarchy.up_offset, hierarchy.up_head, self._customised.up, self._position,
            self._offset, self._head, self._weight, self._target, start_rank, start_weight, out,
        )  # fmt: skip
        return out


def arcs_between(
    customised: Customised, start: IndexArray, start_weight: IdArray, end: IndexArray, end_weight: IdArray
) -> tuple[int, IndexArray]:
    """Least weight from any start to any end, and the arcs of such a path in order (none: no path).

    Parameters
    ----------
    start, end : (k,) nodes. start_weight, end_weight : (k,) weight before and after.
    """
    hierarchy = customised.hierarchy
    weight, arcs = query(
        hierarchy.parent, hierarchy.up_offset, hierarchy.up_head, hierarchy.up_tail,
        customised.up, customised.down, customised.up_middle, customised.down_middle,
        customised.up_arc, customised.down_arc,
        hierarchy.rank[start].astype(np.int32), start_weight, hierarchy.rank[end].astype(np.int32),
        end_weight,
    )  # fmt: skip
    return int(weight), arcs
