"""RoadNetwork: streets as read-only arrays, ready for shortest paths.

Three layers of index. A *segment* is a piece of street between two junctions and owns the geometry. An
*edge* is one permitted direction of a segment. An *arc* is a step of the shortest-path graph: an edge may
have several arcs (where a turn restriction or an access-only street needs copies of its ends) or none that
leads on.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

BUILDER_VERSION = 1
"""Raised whenever the builder changes what it makes of the same extract; part of every digest."""

Mode = Literal["drive", "walk"]

STREET_CLASSES = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary",
    "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential", "living_street", "service",
    "track", "road", "pedestrian", "footway", "path", "steps", "cycleway", "bridleway", "postcode_link",
)  # fmt: skip
"""OpenStreetMap street classes by class code; `postcode_link` is a link of an approximate network."""

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]
IdArray = NDArray[np.int64]
FlagArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoadNetwork:
    """One mode's streets. All arrays are read-only.

    Attributes
    ----------
    mode : "drive" or "walk".
    approximate : made of postcode points, not of streets.
    source : what it was made from, for people.
    digest : sha256 over the extract, the builder version, the mode and the settings.
    notes : data quality, for people.
    crs : the metric projection of `geometry_x_m`, `geometry_y_m` (for example "EPSG:27700").
    node_lat, node_lon : (n_nodes,) degrees. Copies of a junction have its place.
    arc_tail, arc_head, arc_edge : (n_arcs,) node, node, edge.
    edge_segment, edge_forward : (n_edges,) the segment, and whether the edge runs along its geometry.
    edge_limit_kph : (n_edges,) tagged speed limit; 0: none tagged.
    edge_n_signals : (n_edges,) traffic signals met on the edge and at its end.
    edge_head : (n_edges,) node where one comes out who starts on the edge.
    arrival_offset, arrival_node : nodes from which the edge may be entered: those of edge e are
        `arrival_node[arrival_offset[e]:arrival_offset[e + 1]]`.
    segment_* : (n_segments,) OpenStreetMap way, class code, metres, limits in centimetres and kilograms
        (0: none), flags. `segment_is_private`: private or permit only; `segment_is_access_only`: no through
        traffic (private streets included); `segment_is_dead_end`: leads nowhere but back;
        `segment_is_built_up`: houses around it.
    geometry_offset, geometry_lat, geometry_lon, geometry_x_m, geometry_y_m : points of segment s are
        `[geometry_offset[s]:geometry_offset[s + 1]]`.
    """

    mode: Mode
    approximate: bool
    source: str
    digest: str
    notes: tuple[str, ...]
    crs: str
    node_lat: FloatArray
    node_lon: FloatArray
    arc_tail: IndexArray
    arc_head: IndexArray
    arc_edge: IndexArray
    edge_segment: IndexArray
    edge_forward: FlagArray
    edge_limit_kph: FloatArray
    edge_n_signals: IndexArray
    edge_head: IndexArray
    arrival_offset: IdArray
    arrival_node: IndexArray
    segment_way_id: IdArray
    segment_class: NDArray[np.uint8]
    segment_length_m: FloatArray
    segment_max_height_cm: IndexArray
    segment_max_width_cm: IndexArray
    segment_max_length_cm: IndexArray
    segment_max_weight_kg: IndexArray
    segment_is_private: FlagArray
    segment_is_access_only: FlagArray
    segment_is_dead_end: FlagArray
    segment_is_built_up: FlagArray
    geometry_offset: IdArray
    geometry_lat: FloatArray
    geometry_lon: FloatArray
    geometry_x_m: FloatArray
    geometry_y_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse indices out of range, because the routing library does not look."""
        for name, array in self.arrays().items():
            array.setflags(write=False)
            if array.ndim != 1:
                raise ValueError(f"{name}: {array.ndim} dimensions; must be 1")
        for name, upper in (
            ("arc_tail", self.n_nodes),
            ("arc_head", self.n_nodes),
            ("edge_head", self.n_nodes),
            ("arrival_node", self.n_nodes),
            ("arc_edge", self.n_edges),
            ("edge_segment", self.n_segments),
        ):
            array = getattr(self, name)
            if array.size and (int(array.min()) < 0 or int(array.max()) >= upper):
                raise ValueError(f"{name} names an index outside 0..{upper - 1}")

    @property
    def n_nodes(self) -> int:
        """Nodes of the shortest-path graph, copies included."""
        return len(self.node_lat)

    @property
    def n_arcs(self) -> int:
        """Arcs of the shortest-path graph, copies included."""
        return len(self.arc_tail)

    @property
    def n_edges(self) -> int:
        """Permitted directions of all segments."""
        return len(self.edge_segment)

    @property
    def n_segments(self) -> int:
        """Pieces of street between junctions."""
        return len(self.segment_way_id)

    @property
    def edge_length_m(self) -> FloatArray:
        """(n_edges,) metres."""
        return self.segment_length_m[self.edge_segment]

    @property
    def edge_class(self) -> NDArray[np.uint8]:
        """(n_edges,) class codes."""
        return self.segment_class[self.edge_segment]

    @property
    def edges_by_segment(self) -> NDArray[np.int32]:
        """(n_segments, 2) edge along the geometry and edge against it; -1: not permitted."""
        table = np.full((self.n_segments, 2), -1, np.int32)
        table[self.edge_segment, np.where(self.edge_forward, 0, 1)] = np.arange(self.n_edges, dtype=np.int32)
        return table

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Name and array of every array field."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    def edge_points(self, edge: int) -> FloatArray:
        """Geometry of an edge in its direction, (k, 2) lat, lon."""
        segment = int(self.edge_segment[edge])
        part = slice(int(self.geometry_offset[segment]), int(self.geometry_offset[segment + 1]))
        points = np.column_stack((self.geometry_lat[part], self.geometry_lon[part]))
        return points if self.edge_forward[edge] else points[::-1]


def write_network(network: RoadNetwork, handle: IO[bytes]) -> None:
    """Write a network as an uncompressed npz."""
    texts = np.array([network.mode, network.source, network.digest, network.crs, *network.notes], dtype=np.str_)
    flags = np.array([network.approximate, BUILDER_VERSION], dtype=np.int64)
    content: dict[str, Any] = {"texts": texts, "flags": flags, **network.arrays()}
    np.savez(handle, allow_pickle=False, **content)


def read_network(path: Path) -> RoadNetwork:
    """Read what `write_network` wrote.

    Raises
    ------
    ValueError : the file is not a road network of this version; build it again from the extract.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            content: Mapping[str, NDArray[Any]] = {name: stored[name] for name in stored.files}
        texts, flags = content["texts"], content["flags"]
        if int(flags[1]) != BUILDER_VERSION:
            raise ValueError(f"version {int(flags[1])}, this is {BUILDER_VERSION}")
        names = {f.name for f in fields(RoadNetwork)} & set(content)
        return RoadNetwork(
            mode="walk" if str(texts[0]) == "walk" else "drive",
            source=str(texts[1]),
            digest=str(texts[2]),
            crs=str(texts[3]),
            notes=tuple(str(note) for note in texts[4:]),
            approximate=bool(flags[0]),
            **{name: content[name] for name in names},
        )
    except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a built road network ({error}); build it again from the extract") from error
