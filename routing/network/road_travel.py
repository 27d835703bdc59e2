"""Travel worked out when it is asked for, where matrices between all places would be too large."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.network.distances import NO_WAY, DistanceEngine, Engine, Paths, make_engine
from routing.network.graph import IdArray, RoadNetwork
from routing.network.matrix import (
    digest_of_inputs,
    require_inputs,
    seconds_and_metres,
    snap_notes,
    travel_matrix_of,
)
from routing.network.part_edges import LeastWeights, TripEnds, arc_weights, edge_weights, trip_ends
from routing.network.snap import DEFAULT_MAX_SNAP_GAP_M, Snapped, snap_places
from routing.network.speeds import SpeedModel, period_of
from routing.network.street_rules import AccessProfile, ServicePoints, make_profiles, rule_notes, service_points
from transport.calendar import LEGS, Leg
from transport.places import Place
from transport.travel import TravelByRow
from transport.vehicles import StreetRule, VehicleClass

MOST_MATRIX_ROWS = 8_000
"""Most places of which matrices are made: two gigabytes for one access profile."""
_ROWS_AT_ONCE = 64

IntArray = NDArray[np.int32]


def travel_of(
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
    most_rows: int = MOST_MATRIX_ROWS,
) -> TravelByRow:
    """Travel between places: matrices, or above `most_rows` different points the answers to single questions.

    Other parameters and errors as for `travel_matrix_of`.
    """
    if len({(place.lat, place.lon) for place in places}) <= most_rows:
        return travel_matrix_of(
            network, places, classes, street_rules, speeds, max_snap_gap_m=max_snap_gap_m,
            no_private_class_ids=no_private_class_ids, cache_dir=cache_dir, engine=engine,
        )  # fmt: skip
    require_inputs(network, places)
    private = tuple(sorted(no_private_class_ids))
    snapped = snap_places(network, places, max_snap_gap_m=max_snap_gap_m)
    profiles, profile_by_class_id = make_profiles(
        network, snapped, classes, street_rules, no_private_class_ids=no_private_class_ids
    )
    return RoadTravel(
        network,
        snapped,
        profiles,
        speeds,
        make_engine(network, engine, cache_dir=cache_dir),
        profile_by_class_id=profile_by_class_id,
        digest=digest_of_inputs(network, places, classes, street_rules, speeds, max_snap_gap_m, private),
        notes=(*network.notes, *snap_notes(snapped), *rule_notes(network, snapped, street_rules)),
    )


class RoadTravel:
    """The numbers of a `TravelMatrix`, each worked out when first asked for.

    Single pairs are kept; blocks are not.

    Attributes
    ----------
    row_by_place_id, profile_by_class_id, approximate, source, digest, notes : as of a `TravelMatrix`.
    """

    def __init__(
        self,
        network: RoadNetwork,
        snapped: Snapped,
        profiles: Sequence[AccessProfile],
        speeds: SpeedModel,
        worker: DistanceEngine,
        *,
        profile_by_class_id: Mapping[str, int],
        digest: str,
        notes: tuple[str, ...],
    ) -> None:
        self.row_by_place_id: Mapping[str, int] = snapped.row_by_place_id
        self.profile_by_class_id = profile_by_class_id
        self.approximate, self.source = network.approximate, network.source
        self.digest, self.notes = digest, notes
        self._network, self._snapped, self._speeds, self._worker = network, snapped, speeds, worker
        self._profiles = tuple(profiles)
        self._pairs: dict[tuple[int, int, int, int], tuple[int, int]] = {}
        self._points: dict[int, ServicePoints] = {}
        self._queries: dict[tuple[int, int], _Query] = {}
        self._to_all: dict[int, LeastWeights] = {}

    def __getstate__(self) -> dict[str, object]:
        """Without what has been kept: another process works it out for itself."""
        return self.__dict__ | {"_pairs": {}, "_points": {}, "_queries": {}, "_to_all": {}}

    def seconds_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Driving seconds, or `UNREACHABLE`."""
        return self._pair(leg, from_place_id, to_place_id, profile)[0]

    def metres_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Metres along the fastest path, or `UNREACHABLE`."""
        return self._pair(leg, from_place_id, to_place_id, profile)[1]

    def block(self, rows: IdArray, to_rows: IdArray) -> tuple[IntArray, IntArray]:
        """Seconds and metres, int32 (n_profiles, 2, rows, to_rows)."""
        used = np.union1d(rows, to_rows)
        own, to_own = np.searchsorted(used, rows), np.searchsorted(used, to_rows)
        seconds = np.empty((len(self._profiles), len(LEGS), len(rows), len(to_rows)), np.int32)
        metres = np.empty_like(seconds)
        for p in range(len(self._profiles)):
            for k, leg in enumerate(LEGS):
                weights = self._least_weights(p, leg, used)
                for part in _in_parts(len(rows)):
                    total = weights.from_rows(own[part])[:, to_own]
                    found = seconds_and_metres(self._network, self._speeds, leg, total)
                    seconds[p, k, part], metres[p, k, part] = found
        return seconds, metres

    def seconds_from(self, leg: Leg, rows: IdArray) -> IntArray:
        """Seconds from some rows to all on profile 0, int32 (rows, n_rows)."""
        k = LEGS.index(leg)
        if k not in self._to_all:
            self._to_all[k] = self._least_weights(0, leg, np.arange(self._snapped.n_rows))
        seconds = np.empty((len(rows), self._snapped.n_rows), np.int32)
        for part in _in_parts(len(rows)):
            total = self._to_all[k].from_rows(rows[part])
            seconds[part] = seconds_and_metres(self._network, self._speeds, leg, total)[0]
        return seconds

    def _pair(self, leg: Leg, a: str, b: str, profile: int) -> tuple[int, int]:
        key = (profile, LEGS.index(leg), self.row_by_place_id[a], self.row_by_place_id[b])
        if key not in self._pairs:
            if key[:2] not in self._queries:
                self._queries[key[:2]] = self._query(profile, leg)
            total = np.array([self._queries[key[:2]].least_weight(*key[2:])])
            seconds, metres = seconds_and_metres(self._network, self._speeds, leg, total)
            self._pairs[key] = int(seconds[0]), int(metres[0])
        return self._pairs[key]

    def _points_of(self, profile: int) -> ServicePoints:
        if profile not in self._points:
            self._points[profile] = service_points(self._network, self._snapped, self._profiles[profile])
        return self._points[profile]

    def _least_weights(self, profile: int, leg: Leg, rows: IdArray) -> LeastWeights:
        """From and to some rows only."""
        points = self._points_of(profile)
        some = ServicePoints(segment=points.segment[rows], fraction=points.fraction[rows], edges=points.edges[rows])
        weights = edge_weights(self._network, self._speeds, period_of(leg))
        return LeastWeights(self._network, self._profiles[profile], some, weights, self._worker)

    def _query(self, profile: int, leg: Leg) -> _Query:
        weights = edge_weights(self._network, self._speeds, period_of(leg))
        paths = self._worker.paths(arc_weights(self._network, weights, self._profiles[profile]))
        return _Query(trip_ends(self._network, self._points_of(profile), weights), paths)


class _Query:
    """Least weights of single trips."""

    def __init__(self, ends: TripEnds, paths: Paths) -> None:
        self._ends, self._paths = ends, paths
        order = np.lexsort((ends.same_to, ends.same_from))
        self._same_from, self._same_to = ends.same_from[order], ends.same_to[order]
        self._same_weight = ends.same_weight[order]

    def least_weight(self, a: int, b: int) -> int:
        """Packed weight from row a to row b; `NO_WAY` or more where no road leads."""
        if a == b:
            return 0
        ends = self._ends
        ways = np.flatnonzero(ends.start[a] >= 0)
        entries = np.arange(ends.end_offset[b], ends.end_offset[b + 1])
        entries = entries[ends.end_edge[entries] >= 0]
        least = NO_WAY
        if len(ways) and len(entries):
            least = self._paths.between(
                ends.start[a, ways], ends.start_weight[a, ways], ends.end_node[entries], ends.end_weight[entries]
            )[0]
        first, last = np.searchsorted(self._same_from, [a, a + 1])
        stay = self._same_weight[first:last][self._same_to[first:last] == b]
        return min(least, int(stay.min(initial=NO_WAY)))


def _in_parts(n: int) -> list[slice]:
    return [slice(first, min(first + _ROWS_AT_ONCE, n)) for first in range(0, n, _ROWS_AT_ONCE)]
