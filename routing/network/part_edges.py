"""Trips from street point to street point: the pieces at both ends, and the least weights between all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from routing.network.distances import NO_WAY, DistanceEngine, pack
from routing.network.graph import FloatArray, IdArray, IndexArray, RoadNetwork
from routing.network.speeds import Period, SpeedModel, edge_decimetres
from routing.network.street_rules import AccessProfile, ServicePoints

_ROWS_AT_ONCE = 64
"""Rows per block: temporaries stay at some tens of megabytes for 5,000 places."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeWeights:
    """Whole deciseconds and decimetres of every edge in one period.

    Attributes
    ----------
    moving, waiting, decimetres : (n_edges,) time on the way, time at its signals, length.
    """

    moving: IdArray
    waiting: IdArray
    decimetres: IdArray

    def part(self, edge: IndexArray, share: FloatArray, *, to_end: bool) -> IdArray:
        """Weight of a share of each edge; signals count where its end is reached. Rounded half up."""
        moving = np.floor(self.moving[edge] * share + 0.5).astype(np.int64)
        length = np.floor(self.decimetres[edge] * share + 0.5).astype(np.int64)
        return pack(moving + (self.waiting[edge] if to_end else 0), length)


def length_weights(network: RoadNetwork) -> EdgeWeights:
    """Weights under which the shortest way is the least: length stands in for time."""
    decimetres = edge_decimetres(network)
    return EdgeWeights(moving=decimetres, waiting=np.zeros_like(decimetres), decimetres=decimetres)


def edge_weights(network: RoadNetwork, speeds: SpeedModel, period: Period) -> EdgeWeights:
    """Weights of a period. On an approximate network the shortest way is driven: length gives time."""
    if network.approximate:
        return length_weights(network)
    moving, waiting = speeds.edge_deciseconds(network, period)
    return EdgeWeights(moving=moving, waiting=waiting, decimetres=edge_decimetres(network))


def arc_weights(network: RoadNetwork, weights: EdgeWeights, profile: AccessProfile) -> IdArray:
    """(n_arcs,) packed weights; `NO_WAY` on barred streets."""
    whole = pack(weights.moving + weights.waiting, weights.decimetres)
    return np.where(profile.edge_is_barred, NO_WAY, whole)[network.arc_edge]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TripEnds:
    """How each row gets onto the network and off it.

    Attributes
    ----------
    start, start_weight : (n_rows, 2) node where one comes out, and the weight to there; -1: not that way.
    end_offset : (n_rows + 1,) into `end_node`, `end_weight`, `end_edge`; every row has at least one entry,
        of weight `NO_WAY` and edge -1 where it cannot be reached.
    same_from, same_to, same_weight, same_edge : trips that stay on one edge.
    """

    start: IndexArray
    start_weight: IdArray
    end_offset: IdArray
    end_node: IndexArray
    end_weight: IdArray
    end_edge: IndexArray
    same_from: IdArray
    same_to: IdArray
    same_weight: IdArray
    same_edge: IndexArray


def trip_ends(network: RoadNetwork, points: ServicePoints, weights: EdgeWeights) -> TripEnds:
    """Ways onto the network and off it for every row."""
    share = points.share_to_end()
    usable = points.edges >= 0
    start = np.where(usable, network.edge_head[points.edges], -1).astype(np.int32)
    start_weight = np.where(usable, weights.part(points.edges, share, to_end=True), NO_WAY)
    end_offset, end_node, end_weight, end_edge = _ends(network, points, weights)
    same_from, same_to, same_weight, same_edge = _same_edge_trips(points, weights)
    return TripEnds(
        start=start,
        start_weight=start_weight,
        end_offset=end_offset,
        end_node=end_node,
        end_weight=end_weight,
        end_edge=end_edge,
        same_from=same_from,
        same_to=same_to,
        same_weight=same_weight,
        same_edge=same_edge,
    )


def _ends(
    network: RoadNetwork, points: ServicePoints, weights: EdgeWeights
) -> tuple[IdArray, IndexArray, IdArray, IndexArray]:
    row, way = np.nonzero(points.edges >= 0)
    edge = points.edges[row, way]
    part = weights.part(edge, 1 - points.share_to_end()[row, way], to_end=False)
    n_entries = network.arrival_offset[edge + 1] - network.arrival_offset[edge]
    which = np.repeat(np.arange(len(edge)), n_entries)
    entry = np.arange(len(which)) - np.repeat(np.cumsum(n_entries) - n_entries, n_entries)
    node = network.arrival_node[network.arrival_offset[edge][which] + entry]
    nowhere = np.setdiff1d(np.arange(len(points.segment)), row[which])
    all_rows = np.concatenate((row[which], nowhere))
    order = np.argsort(all_rows, kind="stable")
    count = np.bincount(all_rows, minlength=len(points.segment))
    offset = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    all_nodes = np.concatenate((node, np.zeros(len(nowhere), np.int32)))[order].astype(np.int32)
    all_weights = np.concatenate((part[which], np.full(len(nowhere), NO_WAY)))[order]
    all_edges = np.concatenate((edge[which], np.full(len(nowhere), -1)))[order].astype(np.int32)
    return offset, all_nodes, all_weights, all_edges


def _same_edge_trips(points: ServicePoints, weights: EdgeWeights) -> tuple[IdArray, IdArray, IdArray, IndexArray]:
    """Pairs of rows on one segment, from the first to one further on, in each permitted direction."""
    pairs: list[IdArray] = []
    order = np.argsort(points.segment, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(points.segment[order])) + 1) if len(order) else []
    for rows in groups:
        if len(rows) > 1:
            pairs.append(np.array(np.meshgrid(rows, rows, indexing="ij")).reshape(2, -1))
    if not pairs:
        none = np.empty(0, np.int64)
        return none, none, none, np.empty(0, np.int32)
    a, b = np.concatenate(pairs, axis=1)
    out: list[tuple[IdArray, IdArray, IdArray, IndexArray]] = []
    for way, sign in ((0, 1.0), (1, -1.0)):
        share = sign * (points.fraction[b] - points.fraction[a])
        edge = points.edges[a, way]
        fits = (a != b) & (share >= 0) & (edge >= 0) & (points.edges[b, way] >= 0)
        weight = weights.part(edge[fits], share[fits], to_end=False)
        out.append((a[fits], b[fits], weight, edge[fits]))
    joined = [np.concatenate(column) for column in zip(*out, strict=True)]
    return joined[0], joined[1], joined[2], joined[3].astype(np.int32)


class LeastWeights:
    """Least weights from rows to all rows, prepared once for as many rows as are asked for.

    Parameters
    ----------
    points : where the rows are served under the profile.
    """

    def __init__(
        self,
        network: RoadNetwork,
        profile: AccessProfile,
        points: ServicePoints,
        weights: EdgeWeights,
        worker: DistanceEngine,
    ) -> None:
        self._ends = ends = trip_ends(network, points, weights)
        targets, self._target_of_end = np.unique(ends.end_node, return_inverse=True)
        self._distances = worker.distances(arc_weights(network, weights, profile), targets.astype(np.int32))
        self._order = np.argsort(ends.same_from, kind="stable")
        self._bounds = np.searchsorted(ends.same_from[self._order], np.arange(len(points.segment) + 1))

    def from_rows(self, rows: IdArray) -> IdArray:
        """(len(rows), n_rows) packed weights: `NO_WAY` or more where no road leads, 0 to itself."""
        ends = self._ends
        reached = self._distances.from_starts(ends.start[rows], ends.start_weight[rows])
        total: IdArray = np.minimum.reduceat(
            reached[:, self._target_of_end] + ends.end_weight, ends.end_offset[:-1], axis=1
        )
        for k, row in enumerate(rows):
            stay = self._order[self._bounds[row] : self._bounds[row + 1]]
            np.minimum.at(total[k], ends.same_to[stay], ends.same_weight[stay])
            total[k, row] = 0
        return total


def least_weights(
    network: RoadNetwork,
    profile: AccessProfile,
    points: ServicePoints,
    weights: EdgeWeights,
    worker: DistanceEngine,
    rows: IdArray,
) -> Iterator[tuple[slice, IdArray]]:
    """Least weights from some rows to all, in blocks.

    Yields
    ------
    the part of `rows`, and (n_part, n_rows) packed weights as by `LeastWeights`.
    """
    prepared = LeastWeights(network, profile, points, weights, worker)
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(first, min(first + _ROWS_AT_ONCE, len(rows)))
        yield part, prepared.from_rows(rows[part])
