"""Walking distances: metres of the shortest way on foot.

A measured distance, not a judgement of safety: whether a child, accompanied as necessary, can walk the way in
reasonable safety is for a person to decide.

References
----------
Education Act 1996 s.444(5) and schedule 35B: 2 miles below age 8, 3 miles from 8, by the nearest available
route.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.network.distances import NO_WAY, Engine, make_engine, unpack
from routing.network.graph import RoadNetwork
from routing.network.part_edges import least_weights, length_weights
from routing.network.snap import DEFAULT_MAX_SNAP_GAP_M, snap_places
from routing.network.speeds import DECIMETRES_PER_M
from routing.network.street_rules import make_profiles, service_points
from transport.places import Place
from transport.travel import UNREACHABLE


def walking_distances_m(
    network: RoadNetwork,
    from_places: Sequence[Place],
    to_places: Sequence[Place],
    *,
    max_snap_gap_m: int = DEFAULT_MAX_SNAP_GAP_M,
    cache_dir: Path | None = None,
    engine: Engine = "auto",
) -> NDArray[np.int32]:
    """Metres on foot from each of some places to each of others.

    Parameters
    ----------
    network : of mode "walk".

    Returns
    -------
    (n_from, n_to) int32; `UNREACHABLE` where no way leads. The gap from a place to its way is not counted.

    Raises
    ------
    PlacesOffStreetError : places are farther than `max_snap_gap_m` from any way; all of them.
    ValueError : the network is not for walking.
    """
    if network.mode != "walk":
        raise ValueError(f"{network.source} was read for mode {network.mode}; walking needs mode walk")
    profile_places = {place.place_id: place for place in (*from_places, *to_places)}
    snapped = snap_places(network, list(profile_places.values()), max_snap_gap_m=max_snap_gap_m)
    from_rows = np.array([snapped.row_by_place_id[place.place_id] for place in from_places], np.int64)
    to_rows = np.array([snapped.row_by_place_id[place.place_id] for place in to_places], np.int64)
    # Every way is walked in both directions, so the smaller side can be the sources.
    sources, others = (from_rows, to_rows) if len(from_rows) <= len(to_rows) else (to_rows, from_rows)
    profile = make_profiles(network, snapped, (), ())[0][0]
    worker = make_engine(network, engine, cache_dir=cache_dir)
    points = service_points(network, snapped, profile)
    metres = np.empty((len(sources), len(others)), np.int32)
    for part, total in least_weights(network, profile, points, length_weights(network), worker, sources):
        metres[part] = _whole_metres(total[:, others])
    return metres if sources is from_rows else metres.T.copy()


def walking_distance_m(network: RoadNetwork, from_place: Place, to_place: Place) -> int:
    """Metres on foot from one place to another; see `walking_distances_m` for many."""
    return int(walking_distances_m(network, [from_place], [to_place], engine="scipy")[0, 0])


def _whole_metres(total: NDArray[np.int64]) -> NDArray[np.int64]:
    metres = (unpack(total)[1] + DECIMETRES_PER_M // 2) // DECIMETRES_PER_M
    return np.where(total >= NO_WAY, UNREACHABLE, metres)
