"""From streets to a RoadNetwork: turn restrictions, the connected part, access-only streets, dead ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.network.graph import (
    STREET_CLASSES,
    FlagArray,
    IdArray,
    IndexArray,
    Mode,
    RoadNetwork,
)
from routing.network.projection import crs_of, project
from routing.network.streets import Streets

BUILT_UP_CELL_M = 300.0
BUILT_UP_MIN_M = 1_000.0
"""A street is built up where at least this much residential street lies in its 3 x 3 cells of 300 m (ours).
It stands in for the street lamps that make a 30 mph limit in law (Road Traffic Regulation Act 1984
s.81-82)."""

_RESIDENTIAL = tuple(STREET_CLASSES.index(name) for name in ("residential", "living_street"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Steps:
    """Arcs while they are being worked out: node, node, edge; and the place of every node."""

    tail: IdArray
    head: IdArray
    edge: IdArray
    node_junction: IdArray
    """(n_nodes,) the junction a node stands for; copies share it."""


def build_network(streets: Streets, *, mode: Mode, source: str, digest: str) -> RoadNetwork:
    """Make the network of one mode.

    Only the largest strongly connected part is kept, worked out after turn restrictions. Access-only streets
    can start or end a trip; no trip passes through them.

    Raises
    ------
    ValueError : no street of this mode is in the extract.
    """
    if len(streets.edge_segment) == 0:
        raise ValueError(f"{source}: no street to {mode} on was found")
    steps = _split_restricted_turns(streets)
    steps = _largest_strong_part(steps)
    only = streets.segment_is_access_only[streets.edge_segment]
    layered = _layer_access_only(steps, only)
    return _compact(streets, layered, mode=mode, source=source, digest=digest)


def _split_restricted_turns(streets: Streets) -> _Steps:
    """Give every edge with a forbidden turn its own copy of the junction at its end: only the other turns."""
    tail, head = streets.edge_tail.astype(np.int64), streets.edge_head.astype(np.int64)
    n_junctions, n_edges = len(streets.node_lat), len(tail)
    edge = np.arange(n_edges, dtype=np.int64)
    junction = np.arange(n_junctions, dtype=np.int64)
    turns = streets.forbidden_turns
    if len(turns) == 0:
        return _Steps(tail=tail, head=head, edge=edge, node_junction=junction)
    restricted = np.unique(turns[:, 0])
    copy_junction = head[restricted]
    new_head = head.copy()
    new_head[restricted] = n_junctions + np.arange(len(restricted))
    leaving_order = np.argsort(tail, kind="stable")
    first = np.searchsorted(tail[leaving_order], np.arange(n_junctions + 1))
    forbidden = {(int(a), int(b)) for a, b in turns}
    extra: list[tuple[int, int]] = []
    for position, (came_by, at) in enumerate(zip(restricted.tolist(), copy_junction.tolist(), strict=True)):
        for leaving in leaving_order[first[at] : first[at + 1]].tolist():
            if (came_by, leaving) not in forbidden:
                extra.append((n_junctions + position, leaving))
    more = np.array(extra, dtype=np.int64).reshape(-1, 2)
    return _Steps(
        tail=np.concatenate((tail, more[:, 0])),
        head=np.concatenate((new_head, new_head[more[:, 1]])),
        edge=np.concatenate((edge, more[:, 1])),
        node_junction=np.concatenate((junction, copy_junction)),
    )


def _strong_labels(tail: IdArray, head: IdArray, n_nodes: int) -> NDArray[np.int32]:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    graph = csr_matrix((np.ones(len(tail), np.int8), (tail, head)), shape=(n_nodes, n_nodes))
    labels: NDArray[np.int32] = connected_components(graph, directed=True, connection="strong")[1]
    return labels


def _largest_strong_part(steps: _Steps) -> _Steps:
    """Arcs between nodes of the largest strong component. Ties go to the first."""
    n_nodes = len(steps.node_junction)
    labels = _strong_labels(steps.tail, steps.head, n_nodes)
    inside = labels == np.argmax(np.bincount(labels))
    keep = inside[steps.tail] & inside[steps.head]
    return replace(steps, tail=steps.tail[keep], head=steps.head[keep], edge=steps.edge[keep])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Layered:
    """Arcs to search on, and where a place on an edge comes out and is entered."""

    steps: _Steps
    departure: IdArray
    """(n_edges,) node; -1: edge not kept."""
    arrival_edge: IdArray
    arrival_node: IdArray


def _layer_access_only(steps: _Steps, edge_is_only: FlagArray) -> _Layered:
    """Give access-only streets one copy that leads in and one that leads out, so that nobody passes through.

    What can be reached by such streets alone belongs to them.
    """
    n_nodes, n_edges = len(steps.node_junction), len(edge_is_only)
    only = edge_is_only[steps.edge]
    labels = _strong_labels(steps.tail[~only], steps.head[~only], n_nodes)
    used = np.zeros(n_nodes, bool)
    used[steps.tail] = True
    public = labels == np.argmax(np.bincount(labels[used])) if used.any() else used
    in_zone = only | ~public[steps.tail] | ~public[steps.head]
    zone_node = np.flatnonzero(used & ~public)
    way_out = np.arange(n_nodes, dtype=np.int64)
    way_out[zone_node] = n_nodes + np.arange(len(zone_node))
    departure = np.full(n_edges, -1, np.int64)
    departure[steps.edge] = way_out[steps.head]
    tail, head, edge = steps.tail[in_zone], steps.head[in_zone], steps.edge[in_zone]
    leads_in, leads_out = ~public[head], ~public[tail]
    arrival = np.concatenate((
        np.column_stack((steps.edge, steps.tail)),
        np.column_stack((edge, way_out[tail]))[leads_out],
    ))  # fmt: skip
    arrival = np.unique(arrival, axis=0)
    layered = _Steps(
        tail=np.concatenate((steps.tail[~in_zone], tail[leads_in], way_out[tail][leads_out])),
        head=np.concatenate((steps.head[~in_zone], head[leads_in], way_out[head][leads_out])),
        edge=np.concatenate((steps.edge[~in_zone], edge[leads_in], edge[leads_out])),
        node_junction=np.concatenate((steps.node_junction, steps.node_junction[zone_node])),
    )
    return _Layered(steps=layered, departure=departure, arrival_edge=arrival[:, 0], arrival_node=arrival[:, 1])


def _compact(streets: Streets, layered: _Layered, *, mode: Mode, source: str, digest: str) -> RoadNetwork:
    """Renumber what is kept and put the network together."""
    steps = layered.steps
    kept_edge = np.flatnonzero(layered.departure >= 0)
    kept_segment = np.unique(streets.edge_segment[kept_edge]).astype(np.int64)
    edge_idx = _renumbering(kept_edge, len(layered.departure))
    segment_idx = _renumbering(kept_segment, len(streets.segment_way_id))
    touched = (steps.tail, steps.head, layered.departure[kept_edge], layered.arrival_node)
    kept_node = np.unique(np.concatenate(touched))
    node_idx = _renumbering(kept_node, len(steps.node_junction))
    junction = steps.node_junction[kept_node]
    offset, points = _gather_geometry(streets.geometry_offset, kept_segment)
    geometry_lat, geometry_lon = streets.geometry_lat[points], streets.geometry_lon[points]
    crs = crs_of(geometry_lat, geometry_lon)
    geometry_x, geometry_y = project(crs, geometry_lat, geometry_lon)
    length = streets.segment_length_m[kept_segment]
    street_class = streets.segment_class[kept_segment]
    arrivals = np.bincount(edge_idx[layered.arrival_edge], minlength=len(kept_edge))
    limits = streets.segment_limits[kept_segment].astype(np.int32)
    return RoadNetwork(
        mode=mode,
        approximate=False,
        source=source,
        digest=digest,
        notes=(*streets.notes, *_connection_notes(streets, kept_segment)),
        crs=crs,
        node_lat=streets.node_lat[junction],
        node_lon=streets.node_lon[junction],
        arc_tail=node_idx[steps.tail],
        arc_head=node_idx[steps.head],
        arc_edge=edge_idx[steps.edge],
        edge_segment=segment_idx[streets.edge_segment[kept_edge]],
        edge_forward=streets.edge_forward[kept_edge],
        edge_limit_kph=streets.edge_limit_kph[kept_edge],
        edge_n_signals=streets.edge_n_signals[kept_edge].astype(np.int32),
        edge_head=node_idx[layered.departure[kept_edge]],
        arrival_offset=np.concatenate(([0], np.cumsum(arrivals))).astype(np.int64),
        arrival_node=node_idx[layered.arrival_node],
        segment_way_id=streets.segment_way_id[kept_segment],
        segment_class=street_class,
        segment_length_m=length,
        segment_max_height_cm=limits[:, 0].copy(),
        segment_max_width_cm=limits[:, 1].copy(),
        segment_max_length_cm=limits[:, 2].copy(),
        segment_max_weight_kg=limits[:, 3].copy(),
        segment_is_private=streets.segment_is_private[kept_segment],
        segment_is_access_only=streets.segment_is_access_only[kept_segment],
        segment_is_dead_end=_dead_ends(streets.segment_tail[kept_segment], streets.segment_head[kept_segment]),
        segment_is_built_up=_built_up(geometry_x[offset[:-1]], geometry_y[offset[:-1]], length, street_class),
        geometry_offset=offset,
        geometry_lat=geometry_lat,
        geometry_lon=geometry_lon,
        geometry_x_m=geometry_x,
        geometry_y_m=geometry_y,
    )


def _renumbering(kept: IdArray, n: int) -> IndexArray:
    new = np.full(n, -1, np.int32)
    new[kept] = np.arange(len(kept), dtype=np.int32)
    return new


def _gather_geometry(offset: IdArray, kept: IdArray) -> tuple[IdArray, IdArray]:
    """New offsets, and the old index of every point of the kept segments."""
    size = (offset[1:] - offset[:-1])[kept]
    new_offset = np.concatenate(([0], np.cumsum(size))).astype(np.int64)
    points = np.arange(new_offset[-1]) + np.repeat(offset[:-1][kept] - new_offset[:-1], size)
    return new_offset, points


def _dead_ends(tail: IndexArray, head: IndexArray) -> FlagArray:
    """Segments that lead nowhere but back: taken off leaf by leaf."""
    dead = np.zeros(len(tail), bool)
    n = int(max(tail.max(), head.max())) + 1
    while True:
        alive = ~dead
        degree = np.bincount(tail[alive], minlength=n) + np.bincount(head[alive], minlength=n)
        leaf = alive & ((degree[tail] == 1) | (degree[head] == 1))
        if not leaf.any():
            return dead
        dead |= leaf


def _built_up(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    length: NDArray[np.float64],
    street_class: NDArray[np.uint8],
) -> FlagArray:
    """Segments with houses around: by the residential street length in the nine cells about their start."""
    column = ((x - x.min()) // BUILT_UP_CELL_M).astype(np.int64) + 1
    row = ((y - y.min()) // BUILT_UP_CELL_M).astype(np.int64) + 1
    width = int(column.max()) + 2
    cell = row * width + column
    residential = np.where(np.isin(street_class, _RESIDENTIAL), length, 0.0)
    in_cell = np.bincount(cell, weights=residential, minlength=(int(row.max()) + 2) * width)
    around = sum(in_cell[cell + up * width + right] for up in (-1, 0, 1) for right in (-1, 0, 1))
    return np.asarray(around >= BUILT_UP_MIN_M)


def _connection_notes(streets: Streets, kept_segment: IdArray) -> list[str]:
    """How much street was left out, and how much of the rest has no speed limit tagged."""
    total = float(streets.segment_length_m.sum())
    kept = np.zeros(len(streets.segment_way_id), bool)
    kept[kept_segment] = True
    dropped = 100.0 * (1.0 - float(streets.segment_length_m[kept].sum()) / total)
    edge_kept = kept[streets.edge_segment]
    length = streets.segment_length_m[streets.edge_segment]
    untagged = edge_kept & (streets.edge_limit_kph == 0)
    missing = 100.0 * float(length[untagged].sum()) / float(length[edge_kept].sum())
    return [
        f"{dropped:.1f} % of the street length is not connected to the rest and was left out.",
        f"{missing:.0f} % of the street length has no speed limit tagged; the default of its class is used.",
    ]
