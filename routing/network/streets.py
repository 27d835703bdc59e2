"""Streets: what every reader hands to the builder, before turns, access and connectedness are worked out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.network.graph import FlagArray, FloatArray, IdArray, IndexArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streets:
    """Segments between junctions and their permitted directions.

    Attributes
    ----------
    node_lat, node_lon : (n_junctions,) degrees.
    segment_tail, segment_head : (n_segments,) junction at the start and at the end of the geometry.
    segment_limits : (n_segments, 4) height, width, length in cm, weight in kg; 0: none.
    segment_is_private, segment_is_access_only : by permission only; no through traffic (private included).
    geometry_offset : (n_segments + 1,) into `geometry_lat`, `geometry_lon`.
    edge_segment, edge_forward : (n_edges,).
    edge_limit_kph : (n_edges,) tagged limit, 0: none.
    forbidden_turns : (n, 2) edge by which one comes, edge by which one may not go on.
    notes : remarks for people.
    """

    node_lat: FloatArray
    node_lon: FloatArray
    segment_tail: IndexArray
    segment_head: IndexArray
    segment_way_id: IdArray
    segment_class: NDArray[np.uint8]
    segment_length_m: FloatArray
    segment_limits: IndexArray
    segment_is_private: FlagArray
    segment_is_access_only: FlagArray
    geometry_offset: IdArray
    geometry_lat: FloatArray
    geometry_lon: FloatArray
    edge_segment: IndexArray
    edge_forward: FlagArray
    edge_limit_kph: FloatArray
    edge_n_signals: IndexArray
    forbidden_turns: IdArray
    notes: tuple[str, ...] = ()

    @property
    def edge_tail(self) -> IndexArray:
        """(n_edges,) junction at which the edge starts."""
        tail, head = self.segment_tail[self.edge_segment], self.segment_head[self.edge_segment]
        return np.where(self.edge_forward, tail, head).astype(np.int32)

    @property
    def edge_head(self) -> IndexArray:
        """(n_edges,) junction at which the edge ends."""
        tail, head = self.segment_tail[self.edge_segment], self.segment_head[self.edge_segment]
        return np.where(self.edge_forward, head, tail).astype(np.int32)
