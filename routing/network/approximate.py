"""A network of postcode points, for those who have no road extract.

Links join points that are relative neighbours: no third point is nearer to both than they are to each other.
Such a graph is connected, and on English towns its shortest paths come close to street distances. It knows
no motorway, canal or railway; "approximate" stands wherever its figures show.

References
----------
G. T. Toussaint, "The relative neighbourhood graph of a finite planar set", Pattern Recognition 12 (1980).
"""

from __future__ import annotations

import hashlib

import numpy as np

from routing.network.graph import BUILDER_VERSION, STREET_CLASSES, FloatArray, IdArray, RoadNetwork
from routing.network.projection import crs_of, distance_m, project

_LINK = STREET_CLASSES.index("postcode_link")
_MERGE_M = 1.0
"""Points closer than this are one; postcodes of one building often share a point."""


def approximate_network(points: FloatArray, *, circuity: float) -> RoadNetwork:
    """Join points into a network.

    Parameters
    ----------
    points : (m, 2) lat, lon: the places of the scenario and all postcodes of the area, at least one.
    circuity : metres driven per metre of link (`speeds.approximate.circuity`).

    Raises
    ------
    ValueError : no points, or circuity not above 0.
    """
    if len(points) == 0 or circuity <= 0:
        raise ValueError(f"{len(points)} points, circuity {circuity}; needs at least one point, circuity above 0")
    points = np.ascontiguousarray(points, np.float64)
    crs = crs_of(points[:, 0], points[:, 1])
    x, y = project(crs, points[:, 0], points[:, 1])
    cell = np.column_stack((np.round(x / _MERGE_M), np.round(y / _MERGE_M)))
    first = np.sort(np.unique(cell, axis=0, return_index=True)[1])
    lat, lon, x, y = points[first, 0], points[first, 1], x[first], y[first]
    a, b = relative_neighbours(np.column_stack((x, y))).T
    digest = hashlib.sha256(f"{BUILDER_VERSION} approximate {circuity!r} ".encode() + points.tobytes())
    return _network_of(lat, lon, x, y, a, b, circuity=circuity, crs=crs, digest=digest.hexdigest())


def relative_neighbours(xy: FloatArray) -> IdArray:
    """Pairs of relative neighbours among distinct points.

    Parameters
    ----------
    xy : (m, 2) metres.

    Returns
    -------
    (n, 2) indices, the smaller first. One point gives no pair, two give one.
    """
    if len(xy) < 4 or np.linalg.matrix_rank(xy - xy[0], tol=1e-6) < 2:
        return _neighbours_of_few(xy)
    from scipy.spatial import Delaunay, cKDTree

    corners = Delaunay(xy).simplices
    pairs = np.unique(np.sort(np.vstack((corners[:, :2], corners[:, 1:], corners[:, ::2])), axis=1), axis=0)
    tree = cKDTree(xy)
    length = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    in_circle = tree.query_ball_point(
        (xy[pairs[:, 0]] + xy[pairs[:, 1]]) / 2, length / 2 * (1 - 1e-9), return_length=True
    )
    gabriel = np.flatnonzero(in_circle == 0)
    keep = [k for k in gabriel if not _lune_holds_point(xy, tree, int(pairs[k, 0]), int(pairs[k, 1]), float(length[k]))]
    return np.asarray(pairs[keep], np.int64)


def _lune_holds_point(xy: FloatArray, tree: object, a: int, b: int, length: float) -> bool:
    """Whether some point is nearer to both ends than they are to each other."""
    near = tree.query_ball_point(xy[a], length * (1 - 1e-9))  # type: ignore[attr-defined]
    to_b = np.hypot(*(xy[near] - xy[b]).T)
    return bool(((to_b < length * (1 - 1e-9)) & (to_b > 0) & (np.asarray(near) != a)).any())


def _neighbours_of_few(xy: FloatArray) -> IdArray:
    """Points on one line, or fewer than four: a chain or all pairs pass the same test."""
    if len(xy) < 2:
        return np.empty((0, 2), np.int64)
    if len(xy) < 4:
        distance = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
        pairs = [(a, b) for a in range(len(xy)) for b in range(a + 1, len(xy))]
        others = {pair: [c for c in range(len(xy)) if c not in pair] for pair in pairs}
        return np.array(
            [
                (a, b)
                for a, b in pairs
                if not any(max(distance[a, c], distance[b, c]) < distance[a, b] for c in others[a, b])
            ],
            np.int64,
        )
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    return np.sort(np.column_stack((order[:-1], order[1:])), axis=1)


def _network_of(
    lat: FloatArray, lon: FloatArray, x: FloatArray, y: FloatArray, a: IdArray, b: IdArray,
    *, circuity: float, crs: str, digest: str,
) -> RoadNetwork:  # fmt: skip
    """Straight links both ways. A single point gets a link to itself, so that it can be snapped to."""
    if len(a) == 0:
        a, b = np.zeros(1, np.int64), np.zeros(1, np.int64)
    n, ends = len(a), np.column_stack((a, b)).ravel()
    none, clear = np.zeros(n, np.int32), np.zeros(n, bool)
    tail, head = np.concatenate((a, b)).astype(np.int32), np.concatenate((b, a)).astype(np.int32)
    return RoadNetwork(
        mode="drive",
        approximate=True,
        source=f"approximate: links between {len(lat)} postcode points and places, not streets",
        digest=digest,
        notes=("Times and distances are approximate: they follow links between postcode points, not streets.",),
        crs=crs,
        node_lat=lat,
        node_lon=lon,
        arc_tail=tail,
        arc_head=head,
        arc_edge=np.arange(2 * n, dtype=np.int32),
        edge_segment=np.tile(np.arange(n, dtype=np.int32), 2),
        edge_forward=np.repeat([True, False], n),
        edge_limit_kph=np.zeros(2 * n),
        edge_n_signals=np.zeros(2 * n, np.int32),
        edge_head=head,
        arrival_offset=np.arange(2 * n + 1, dtype=np.int64),
        arrival_node=tail.copy(),
        segment_way_id=np.zeros(n, np.int64),
        segment_class=np.full(n, _LINK, np.uint8),
        segment_length_m=distance_m(lat[a], lon[a], lat[b], lon[b]) * circuity,
        segment_max_height_cm=none,
        segment_max_width_cm=none,
        segment_max_length_cm=none,
        segment_max_weight_kg=none,
        segment_is_private=clear,
        segment_is_access_only=clear,
        segment_is_dead_end=clear,
        segment_is_built_up=clear,
        geometry_offset=np.arange(n + 1, dtype=np.int64) * 2,
        geometry_lat=lat[ends],
        geometry_lon=lon[ends],
        geometry_x_m=x[ends],
        geometry_y_m=y[ends],
    )
