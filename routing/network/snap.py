"""Put places on the street network, and count the part of the street they stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.network.distances import NETWORKS_KEPT
from routing.network.graph import STREET_CLASSES, FloatArray, IndexArray, RoadNetwork
from routing.network.projection import project
from transport.places import Place

if TYPE_CHECKING:
    from shapely import STRtree

DEFAULT_MAX_SNAP_GAP_M = 200
"""Ours. Farther from any street than this, a place is more likely wrong than remote."""

_NO_STOPPING = ("motorway", "motorway_link")


@dataclass(frozen=True, slots=True, kw_only=True)
class FarPlace:
    """A place too far from any street."""

    place_id: str
    gap_m: int


class PlacesOffStreetError(ValueError):
    """Places are farther from any street than the limit, one a line. Who gave them must act: correct or move them.

    Attributes
    ----------
    places : every such place.
    max_snap_gap_m : the limit.
    """

    def __init__(self, places: Sequence[FarPlace], max_snap_gap_m: int) -> None:
        self.places = tuple(places)
        self.max_snap_gap_m = max_snap_gap_m
        super().__init__(
            "\n".join(
                f"place {p.place_id} is {p.gap_m} m from the nearest street; "
                f"at most {max_snap_gap_m} m is allowed (max_snap_gap_m)"
                for p in self.places
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapped:
    """Points on the network; one row per distinct point.

    Attributes
    ----------
    row_by_place_id : place -> row.
    segment : (n_rows,) segment index.
    fraction : (n_rows,) share of the segment's length before the point, 0 to 1, along its geometry.
    gap_m : (n_rows,) metres from the place to the street; not driven.
    is_left : (n_rows,) whether the place lies left of the segment, seen along its geometry.
    """

    row_by_place_id: dict[str, int]
    segment: IndexArray
    fraction: FloatArray
    gap_m: FloatArray
    is_left: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.segment, self.fraction, self.gap_m, self.is_left):
            array.setflags(write=False)

    @property
    def n_rows(self) -> int:
        """Distinct points."""
        return len(self.segment)


def snap_places(
    network: RoadNetwork, places: Sequence[Place], *, max_snap_gap_m: int = DEFAULT_MAX_SNAP_GAP_M
) -> Snapped:
    """Snap each place to the nearest street on which a vehicle may stop (no motorways).

    Raises
    ------
    PlacesOffStreetError : places are farther than `max_snap_gap_m` from any street; all of them at once.
    """
    row_by_point: dict[tuple[float, float], int] = {}
    row_by_place_id = {p.place_id: row_by_point.setdefault((p.lat, p.lon), len(row_by_point)) for p in places}
    points = np.array(list(row_by_point), np.float64).reshape(-1, 2)
    segment, fraction, gap, is_left = _snap_points(network, points[:, 0], points[:, 1])
    far = [
        FarPlace(place_id=place_id, gap_m=int(np.ceil(gap[row])))
        for place_id, row in row_by_place_id.items()
        if gap[row] > max_snap_gap_m
    ]
    if far:
        raise PlacesOffStreetError(far, max_snap_gap_m)
    return Snapped(row_by_place_id=row_by_place_id, segment=segment, fraction=fraction, gap_m=gap, is_left=is_left)


def nearest_segments(network: RoadNetwork, lat: FloatArray, lon: FloatArray) -> IndexArray:
    """(n,) index of the segment nearest to each point."""
    return _snap_points(network, lat, lon)[0]


def _snap_points(
    network: RoadNetwork, lat: FloatArray, lon: FloatArray
) -> tuple[IndexArray, FloatArray, FloatArray, NDArray[np.bool_]]:
    """Segment, fraction, gap and side of every point. Of equally near segments, the first."""
    import shapely

    x, y = project(network.crs, lat, lon)
    stoppable, lines, tree = _streets_of(network)
    points = shapely.points(x, y)
    query, found = tree.query_nearest(points, all_matches=True)
    order = np.lexsort((found, query))
    _, first = np.unique(query[order], return_index=True)
    segment = stoppable[found[order][first]]
    line = lines[segment]
    along = shapely.line_locate_point(line, points)
    length = shapely.length(line)
    fraction = np.clip(np.divide(along, length, out=np.zeros_like(along), where=length > 0), 0.0, 1.0)
    return segment, fraction, shapely.distance(line, points), _is_left(line, points, along, length)


@lru_cache(maxsize=NETWORKS_KEPT)
def _streets_of(network: RoadNetwork) -> tuple[IndexArray, NDArray[np.object_], STRtree]:
    """Segments on which a vehicle may stop, the lines of all segments, and the tree of those that may be stopped on."""
    import shapely

    banned = [STREET_CLASSES.index(name) for name in _NO_STOPPING]
    stoppable = np.flatnonzero(~np.isin(network.segment_class, banned)).astype(np.int32)
    if len(stoppable) == 0:
        raise ValueError(f"{network.source}: no street on which a vehicle may stop")
    xy = np.column_stack((network.geometry_x_m, network.geometry_y_m))
    owner = np.repeat(np.arange(network.n_segments), np.diff(network.geometry_offset))
    lines = shapely.linestrings(xy, indices=owner)
    tree = shapely.STRtree(lines[stoppable])
    tree.query(lines[stoppable[0]])  # A tree is put up at its first question: now, before threads share it.
    return stoppable, lines, tree


def _is_left(
    line: NDArray[np.object_], points: NDArray[np.object_], along: FloatArray, length: FloatArray
) -> NDArray[np.bool_]:
    """Whether points lie left of their line, by the direction of the line within half a metre of them."""
    import shapely

    before = shapely.line_interpolate_point(line, np.maximum(along - 0.5, 0.0))
    after = shapely.line_interpolate_point(line, np.minimum(along + 0.5, length))
    ahead_x, ahead_y = (
        shapely.get_x(after) - shapely.get_x(before),
        shapely.get_y(after) - shapely.get_y(before),
    )
    side_x, side_y = (
        shapely.get_x(points) - shapely.get_x(before),
        shapely.get_y(points) - shapely.get_y(before),
    )
    return np.asarray(ahead_x * side_y - ahead_y * side_x > 0)
