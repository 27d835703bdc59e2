"""Street geometry of trips, for maps: the same fastest paths that the matrices measure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from routing.network.distances import NO_WAY, Engine, Paths, make_engine
from routing.network.graph import FloatArray, IndexArray, RoadNetwork
from routing.network.part_edges import TripEnds, arc_weights, edge_weights, trip_ends
from routing.network.projection import distance_m
from routing.network.snap import DEFAULT_MAX_SNAP_GAP_M, snap_places
from routing.network.speeds import SpeedModel, period_of
from routing.network.street_rules import ServicePoints, make_profiles, service_points
from transport.calendar import Leg
from transport.places import Place
from transport.vehicles import StreetRule, VehicleClass

_METRES_PER_DEGREE = 111_320.0


class PathFinder:
    """Finds the geometry of trips between places; made once for many maps.

    Parameters
    ----------
    network, places, classes, street_rules, speeds, max_snap_gap_m, no_private_class_ids, cache_dir, engine :
        as for `travel_matrix_of`.

    Raises
    ------
    PlacesOffStreetError, StreetRulesError : as for `travel_matrix_of`.
    """

    def __init__(
        self,
        network: RoadNetwork,
        places: Sequence[Place],
        classes: Sequence[VehicleClass],
        street_rules: Sequence[StreetRule],
        speeds: SpeedModel,
        *,
        max_snap_gap_m: int = DEFAULT_MAX_SNAP_GAP_M,
        no_private_class_ids: Collection[str] = (),
        cache_dir: Path | None = None,
        engine: Engine = "auto",
    ) -> None:
        self._network, self._speeds = network, speeds
        self._snapped = snap_places(network, places, max_snap_gap_m=max_snap_gap_m)
        self._profiles, self._profile_by_class_id = make_profiles(
            network, self._snapped, classes, street_rules, no_private_class_ids=no_private_class_ids
        )
        self._engine = make_engine(network, engine, cache_dir=cache_dir)
        self._ready: dict[tuple[int, Leg], tuple[ServicePoints, TripEnds, Paths]] = {}

    def lines(
        self,
        pairs: Sequence[tuple[str, str]],
        leg: Leg,
        *,
        class_id: str | None = None,
        tolerance_m: int = 5,
    ) -> list[FloatArray]:
        """Lines of trips, (k, 2) lat, lon each, from street point to street point; empty: no road leads.

        Parameters
        ----------
        pairs : (from place, to place).
        class_id : the vehicle class that drives; None: the least restricted profile.
        tolerance_m : points that lie closer than this to the simplified line are left out; 0: all are kept.
        """
        profile = 0 if class_id is None else self._profile_by_class_id[class_id]
        if (profile, leg) not in self._ready:
            self._ready[profile, leg] = self._prepare(profile, leg)
        points, ends, paths = self._ready[profile, leg]
        rows = self._snapped.row_by_place_id
        found = (self._line(points, ends, paths, rows[a], rows[b]) for a, b in pairs)
        return [simplified(line, tolerance_m) for line in found]

    def _prepare(self, profile: int, leg: Leg) -> tuple[ServicePoints, TripEnds, Paths]:
        weights = edge_weights(self._network, self._speeds, period_of(leg))
        points = service_points(self._network, self._snapped, self._profiles[profile])
        paths = self._engine.paths(arc_weights(self._network, weights, self._profiles[profile]))
        return points, trip_ends(self._network, points, weights), paths

    def _line(self, points: ServicePoints, ends: TripEnds, paths: Paths, a: int, b: int) -> FloatArray:
        network = self._network
        ways = np.flatnonzero(ends.start[a] >= 0)
        entries = np.arange(ends.end_offset[b], ends.end_offset[b + 1])
        entries = entries[ends.end_edge[entries] >= 0]
        if a == b:
            return np.repeat(self._point(points, a), 2, axis=0)
        through, arcs = NO_WAY, np.empty(0, np.int32)
        if len(ways) and len(entries):
            through, arcs = paths.between(
                ends.start[a, ways],
                ends.start_weight[a, ways],
                ends.end_node[entries],
                ends.end_weight[entries],
            )
        stay = np.flatnonzero((ends.same_from == a) & (ends.same_to == b))
        if len(stay) and ends.same_weight[stay].min() <= through:
            edge = int(ends.same_edge[stay[np.argmin(ends.same_weight[stay])]])
            return self._cut(edge, self._share(points, a, edge), self._share(points, b, edge))
        if through >= NO_WAY:
            return np.empty((0, 2))
        way, entry = _chosen_ends(network, ends, a, ways, entries, arcs)
        first, last = int(points.edges[a, way]), int(ends.end_edge[entry])
        middle = [network.edge_points(int(edge)) for edge in network.arc_edge[arcs]]
        start = self._cut(first, self._share(points, a, first), 1.0)
        return _joined([start, *middle, self._cut(last, 0.0, self._share(points, b, last))])

    def _share(self, points: ServicePoints, row: int, edge: int) -> float:
        fraction = float(points.fraction[row])
        return fraction if self._network.edge_forward[edge] else 1 - fraction

    def _point(self, points: ServicePoints, row: int) -> FloatArray:
        edges = self._network.edges_by_segment[points.segment[row]]
        edge = int(edges[edges >= 0][0])
        share = self._share(points, row, edge)
        return self._cut(edge, share, share)[:1]

    def _cut(self, edge: int, from_share: float, to_share: float) -> FloatArray:
        """Part of an edge between two shares of its length, in its direction."""
        line = self._network.edge_points(edge)
        step = distance_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])
        along = np.concatenate(([0.0], np.cumsum(step)))
        low, high = from_share * along[-1], to_share * along[-1]
        inside = line[(along > low) & (along < high)]
        ends = [[np.interp(at, along, line[:, axis]) for axis in (0, 1)] for at in (low, high)]
        return np.vstack((ends[:1], inside, ends[1:]))


def paths_between(
    network: RoadNetwork,
    places: Sequence[Place],
    pairs: Sequence[tuple[str, str]],
    leg: Leg,
    speeds: SpeedModel,
    *,
    classes: Sequence[VehicleClass] = (),
    street_rules: Sequence[StreetRule] = (),
    class_id: str | None = None,
    tolerance_m: int = 5,
    max_snap_gap_m: int = DEFAULT_MAX_SNAP_GAP_M,
    cache_dir: Path | None = None,
    engine: Engine = "auto",
) -> list[FloatArray]:
    """Lines of trips of one leg and class, (k, 2) lat, lon each; see `PathFinder` for many."""
    finder = PathFinder(
        network, places, classes, street_rules, speeds,
        max_snap_gap_m=max_snap_gap_m, cache_dir=cache_dir, engine=engine,
    )  # fmt: skip
    return finder.lines(pairs, leg, class_id=class_id, tolerance_m=tolerance_m)


def simplified(line: FloatArray, tolerance_m: int) -> FloatArray:
    """The line (k, 2) lat, lon with points left out that lie within the tolerance of what remains."""
    if tolerance_m <= 0 or len(line) < 3:
        return line
    import shapely

    scale = np.array([1.0, np.cos(np.radians(line[0, 0]))]) * _METRES_PER_DEGREE
    kept = shapely.get_coordinates(shapely.simplify(shapely.LineString(line * scale), tolerance_m))
    return cast(FloatArray, kept / scale)


def _chosen_ends(
    network: RoadNetwork,
    ends: TripEnds,
    a: int,
    ways: NDArray[np.intp],
    entries: NDArray[np.intp],
    arcs: IndexArray,
) -> tuple[int, int]:
    """Which way off the first point and which entry to the last one a path took."""
    choices = [
        (int(ends.start_weight[a, way] + ends.end_weight[entry]), int(way), int(entry))
        for way in ways
        for entry in entries
        if (
            ends.start[a, way] == network.arc_tail[arcs[0]] and ends.end_node[entry] == network.arc_head[arcs[-1]]
            if len(arcs)
            else ends.start[a, way] == ends.end_node[entry]
        )
    ]
    _, way, entry = min(choices)
    return way, entry


def _joined(pieces: Sequence[FloatArray]) -> FloatArray:
    """One line of many, without points that follow themselves."""
    line = np.vstack(pieces)
    moved = np.concatenate(([True], (np.diff(line, axis=0) != 0).any(axis=1)))
    return line[moved]
