"""Least weights between nodes: by contraction hierarchy, or by plain Dijkstra (fallback and oracle).

A weight holds deciseconds and decimetres in one integer, deciseconds first. The least weight is so the
fastest path and, among equally fast ones, the shortest; both engines give the same numbers.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from routing.network.atomic_file import write_atomically
from routing.network.graph import FloatArray, IdArray, IndexArray, RoadNetwork

if TYPE_CHECKING:
    from routing.network.hierarchy import Customised, Hierarchy

METRES_BITS = 27
"""Decimetres take the low 27 bits (13,000 km), deciseconds the rest. Below 2**53 a float64 is exact."""
NO_WAY = 1 << 60
"""Weight of no path; bars an arc."""

Engine = Literal["auto", "cch", "scipy"]

NETWORKS_KEPT = 2
"""Networks of which what was worked out once is kept in memory."""
_TREES_AT_ONCE = 32
_CUSTOMISED_KEPT = 4


class Distances(Protocol):
    """Least weights from places to a fixed set of nodes."""

    def from_starts(self, start: IndexArray, start_weight: IdArray) -> IdArray:
        """(n_rows, n_targets) from (n_rows, n_starts) nodes and the weights to get there; node -1: none."""
        ...


class Paths(Protocol):
    """Least paths, one at a time."""

    def between(
        self, start: IndexArray, start_weight: IdArray, end: IndexArray, end_weight: IdArray
    ) -> tuple[int, IndexArray]:
        """Least weight from (k,) starts to (m,) ends, and the arcs in order; `NO_WAY`: no path."""
        ...


class DistanceEngine(Protocol):
    """Makes distances and paths under (n_arcs,) weights."""

    def distances(self, weight: IdArray, targets: IndexArray) -> Distances:
        """Distances to the nodes `targets`."""
        ...

    def paths(self, weight: IdArray) -> Paths:
        """Paths between any nodes."""
        ...


def pack(deciseconds: IdArray, decimetres: IdArray) -> IdArray:
    """One weight of both."""
    return (deciseconds << METRES_BITS) + decimetres


def unpack(weight: IdArray) -> tuple[IdArray, IdArray]:
    """Deciseconds and decimetres of weights (not of `NO_WAY`)."""
    return weight >> METRES_BITS, weight & ((1 << METRES_BITS) - 1)


def make_engine(network: RoadNetwork, engine: Engine, *, cache_dir: Path | None = None) -> DistanceEngine:
    """The engine asked for; "auto" takes the hierarchy where RoutingKit is installed.

    Raises
    ------
    ImportError : "cch" was asked for, and pyroutingkit is not installed.
    """
    if engine == "scipy" or (engine == "auto" and not _has_routingkit()):
        return DijkstraEngine(network)
    return HierarchyEngine(network, cache_dir=cache_dir)


def _has_routingkit() -> bool:
    try:
        import pyroutingkit  # noqa: F401
    except ImportError:
        return False
    return True


class HierarchyEngine:
    """Contraction hierarchy; the order of the nodes is kept in `cache_dir` under the network's digest."""

    def __init__(self, network: RoadNetwork, *, cache_dir: Path | None = None) -> None:
        self._hierarchy = _hierarchy_of(network, cache_dir)
        self._kept: dict[bytes, Customised] = {}

    def __getstate__(self) -> dict[str, object]:
        """Without what has been kept."""
        return {"_hierarchy": self._hierarchy, "_kept": {}}

    def distances(self, weight: IdArray, targets: IndexArray) -> Distances:
        """See `DistanceEngine`."""
        from routing.network.hierarchy import HierarchyDistances

        return HierarchyDistances(self._customised(weight), targets)

    def paths(self, weight: IdArray) -> Paths:
        """See `DistanceEngine`."""
        return _HierarchyPaths(self._customised(weight))

    def _customised(self, weight: IdArray) -> Customised:
        """The hierarchy under these weights; the last few are kept, for travel that is asked for in pieces."""
        from routing.network.hierarchy import customise

        key = hashlib.sha256(weight.tobytes()).digest()
        if key not in self._kept:
            for old in list(self._kept)[: len(self._kept) + 1 - _CUSTOMISED_KEPT]:
                del self._kept[old]
            self._kept[key] = customise(self._hierarchy, weight)
        return self._kept[key]


@lru_cache(maxsize=NETWORKS_KEPT)
def _hierarchy_of(network: RoadNetwork, cache_dir: Path | None) -> Hierarchy:
    """Of a network that stays in memory, as at a desk, contracted once: that takes most of a matrix's time."""
    from routing.network.hierarchy import make_hierarchy

    return make_hierarchy(network, _order_of(network, cache_dir))


def _order_of(network: RoadNetwork, cache_dir: Path | None) -> IndexArray:
    from routing.network.hierarchy import contraction_order, require_order

    if cache_dir is None:
        return contraction_order(network)
    stored = cache_dir / f"order-{network.digest[:32]}.npy"
    if stored.exists():
        try:
            rank: IndexArray = np.load(stored, allow_pickle=False)
            require_order(rank, network.n_nodes)
        except (ValueError, OSError, EOFError):
            stored.unlink()
        else:
            return rank
    rank = contraction_order(network)
    cache_dir.mkdir(parents=True, exist_ok=True)
    write_atomically(stored, lambda handle: np.save(handle, rank, allow_pickle=False))
    return rank


class _HierarchyPaths:
    def __init__(self, customised: Customised) -> None:
        self._customised = customised

    def between(
        self, start: IndexArray, start_weight: IdArray, end: IndexArray, end_weight: IdArray
    ) -> tuple[int, IndexArray]:
        from routing.network.hierarchy import arcs_between

        return arcs_between(self._customised, start, start_weight, end, end_weight)


class DijkstraEngine:
    """Plain shortest-path trees by scipy: slower, always there."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network

    def distances(self, weight: IdArray, targets: IndexArray) -> Distances:
        """See `DistanceEngine`."""
        return _DijkstraDistances(_Graph(self._network, weight), targets)

    def paths(self, weight: IdArray) -> Paths:
        """See `DistanceEngine`."""
        return _DijkstraPaths(_Graph(self._network, weight))


class _Graph:
    """A scipy graph with one arc per pair of nodes: scipy would add parallel ones up."""

    def __init__(self, network: RoadNetwork, weight: IdArray) -> None:
        from scipy.sparse import csr_matrix

        n = network.n_nodes
        usable = np.flatnonzero((weight < NO_WAY) & (network.arc_tail != network.arc_head))
        key = network.arc_tail[usable].astype(np.int64) * n + network.arc_head[usable]
        order = usable[np.lexsort((usable, weight[usable], key))]
        key = network.arc_tail[order].astype(np.int64) * n + network.arc_head[order]
        self.key, first = np.unique(key, return_index=True)
        self.arc = order[first].astype(np.int32)
        self.n_nodes = n
        # scipy takes a stored zero for an arc of no length, which is what a tiny piece of street is.
        values = weight[self.arc].astype(np.float64)
        self.matrix = csr_matrix((values, (self.key // n, self.key % n)), shape=(n, n))

    def arc_between(self, tail: int, head: int) -> int:
        return int(self.arc[np.searchsorted(self.key, tail * self.n_nodes + head)])


class _DijkstraDistances:
    def __init__(self, graph: _Graph, targets: IndexArray) -> None:
        self._graph, self._targets = graph, targets

    def from_starts(self, start: IndexArray, start_weight: IdArray) -> IdArray:
        out = np.full((len(start), len(self._targets)), NO_WAY, np.int64)
        nodes = np.unique(start[start >= 0])
        for first in range(0, len(nodes), _TREES_AT_ONCE):
            roots = nodes[first : first + _TREES_AT_ONCE]
            reached = self._tree(roots)
            for column in range(start.shape[1]):
                rows = np.flatnonzero(np.isin(start[:, column], roots))
                root = np.searchsorted(roots, start[rows, column])
                total = np.minimum(reached[root] + start_weight[rows, column][:, None], NO_WAY)
                out[rows] = np.minimum(out[rows], total)
        return out

    def _tree(self, roots: IndexArray) -> IdArray:
        from scipy.sparse.csgraph import dijkstra

        found: FloatArray = dijkstra(self._graph.matrix, indices=roots)[:, self._targets]
        return np.where(np.isfinite(found), found, float(NO_WAY)).astype(np.int64)


class _DijkstraPaths:
    def __init__(self, graph: _Graph) -> None:
        self._graph = graph

    def between(
        self, start: IndexArray, start_weight: IdArray, end: IndexArray, end_weight: IdArray
    ) -> tuple[int, IndexArray]:
        from scipy.sparse.csgraph import dijkstra

        found, before = dijkstra(self._graph.matrix, indices=start, return_predecessors=True)
        total = start_weight[:, None] + found[:, end] + end_weight[None, :]
        row, column = np.unravel_index(int(np.argmin(total)), total.shape)
        if not np.isfinite(total[row, column]):
            return NO_WAY, np.empty(0, np.int32)
        node, arcs = int(end[column]), []
        while node != int(start[row]):
            previous = int(before[row, node])
            arcs.append(self._graph.arc_between(previous, node))
            node = previous
        return int(total[row, column]), np.array(arcs[::-1], np.int32)
