"""Travel matrices: seconds and metres of the same fastest path, per access profile and leg."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.network.distances import NO_WAY, DistanceEngine, Engine, make_engine, unpack
from routing.network.graph import IdArray, RoadNetwork
from routing.network.part_edges import edge_weights, least_weights
from routing.network.snap import DEFAULT_MAX_SNAP_GAP_M, Snapped, snap_places
from routing.network.speeds import DECIMETRES_PER_M, DECISECONDS_PER_S, SpeedModel, period_of
from routing.network.street_rules import AccessProfile, make_profiles, rule_notes, service_points
from transport.calendar import LEGS, Leg
from transport.files.travel_files import read_travel_archive, write_travel
from transport.places import Place
from transport.travel import UNREACHABLE, TravelByRow, TravelMatrix
from transport.vehicles import StreetRule, VehicleClass

MATRIX_VERSION = 1
"""Raised whenever the same inputs give other matrices; part of the cache's key."""

IntArray = NDArray[np.int32]


def travel_matrix_of(
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
) -> TravelMatrix:
    """Seconds and metres between all places.

    Parameters
    ----------
    network : streets for driving, or an approximate network.
    places : with distinct ids; places at one point share a row.
    classes : one access profile per distinct set of streets they may use. Profile 0 is the least restricted.
    max_snap_gap_m : farthest a place may be from its street; the gap is not driven.
    no_private_class_ids : classes that may not use private streets.
    cache_dir : where matrices are kept under a digest of every input; None: nowhere.
    engine : "cch", "scipy" (slower, the same numbers) or "auto".

    Raises
    ------
    PlacesOffStreetError : places are farther from any street than `max_snap_gap_m`; all of them.
    StreetRulesError : rules name streets, classes or places that are not there; all of them.
    ValueError : the network is not for driving, or a place id is there twice.
    """
    require_inputs(network, places)
    private = tuple(sorted(no_private_class_ids))
    digest = digest_of_inputs(network, places, classes, street_rules, speeds, max_snap_gap_m, private)
    stored = None if cache_dir is None else cache_dir / f"travel-{digest[:32]}.npz"
    if stored is not None and stored.exists():
        try:
            return read_travel_archive(stored)
        except ValueError:
            stored.unlink()
    snapped = snap_places(network, places, max_snap_gap_m=max_snap_gap_m)
    profiles, profile_by_class_id = make_profiles(
        network, snapped, classes, street_rules, no_private_class_ids=no_private_class_ids
    )
    worker = make_engine(network, engine, cache_dir=cache_dir)
    seconds, metres, profile_of = _fill(network, snapped, profiles, speeds, worker)
    travel = TravelMatrix(
        row_by_place_id=snapped.row_by_place_id,
        profile_by_class_id={class_id: profile_of[p] for class_id, p in profile_by_class_id.items()},
        seconds=seconds,
        metres=metres,
        approximate=network.approximate,
        source=network.source,
        digest=digest,
        notes=(*network.notes, *snap_notes(snapped), *rule_notes(network, snapped, street_rules)),
    )
    if stored is not None:
        stored.parent.mkdir(parents=True, exist_ok=True)
        write_travel(travel, stored, compressed=False)
    return travel


def unreachable_places(travel: TravelByRow, place_ids: Sequence[str], hub_place_ids: Sequence[str]) -> list[str]:
    """Places that no vehicle class can drive to and from any of the hubs, in either leg; in the order given.

    Parameters
    ----------
    hub_place_ids : places that vehicles surely reach, for example the gates of the schools.
    """
    row_by_id = travel.row_by_place_id
    rows = np.array([row_by_id[place_id] for place_id in place_ids], np.int64)
    hubs = np.array([row_by_id[place_id] for place_id in hub_place_ids], np.int64)
    profiles = sorted(set(travel.profile_by_class_id.values())) or [0]
    there = travel.block(rows, hubs)[0][profiles] < UNREACHABLE
    back = travel.block(hubs, rows)[0][profiles] < UNREACHABLE
    reached = np.any((there & back.swapaxes(2, 3)).all(axis=1), axis=(0, 2))
    return [place_ids[int(k)] for k in np.flatnonzero(~reached)]


def require_inputs(network: RoadNetwork, places: Sequence[Place]) -> None:
    """Refuse a network that is not for driving, and place ids that are there twice."""
    if network.mode != "drive":
        raise ValueError(f"{network.source} was read for mode {network.mode}; travel matrices need mode drive")
    ids = [place.place_id for place in places]
    twice = sorted({place_id for place_id in ids if ids.count(place_id) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise ValueError(f"place ids given twice: {', '.join(twice)}")


def digest_of_inputs(
    network: RoadNetwork,
    places: Sequence[Place],
    classes: Sequence[VehicleClass],
    rules: Sequence[StreetRule],
    speeds: SpeedModel,
    max_snap_gap_m: int,
    private: tuple[str, ...],
) -> str:
    """sha256 over every input; the engine is left out, because engines agree."""
    parts = [f"{MATRIX_VERSION} {network.digest} {speeds.digest()} {max_snap_gap_m} {private}"]
    parts += [f"{place.place_id} {float(place.lat)!r} {float(place.lon)!r}" for place in places]
    parts += [f"{vehicle_class.class_id} {vehicle_class.size!r}" for vehicle_class in classes]
    for rule in rules:
        street = (rule.way_id, rule.lat, rule.lon, sorted(rule.class_ids), rule.meeting_place_id)
        parts.append(f"{rule.rule_id} {rule.kind} {street!r}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _fill(
    network: RoadNetwork,
    snapped: Snapped,
    profiles: Sequence[AccessProfile],
    speeds: SpeedModel,
    worker: DistanceEngine,
) -> tuple[IntArray, IntArray, list[int]]:
    """Matrices of all profiles, those that come out equal once; and the final index of every profile."""
    n = snapped.n_rows
    seconds = np.empty((len(profiles), len(LEGS), n, n), np.int32)
    metres = np.empty_like(seconds)
    final: list[int] = []
    n_kept = 0
    for profile in profiles:
        for leg_idx, leg in enumerate(LEGS):
            _fill_leg(
                network, snapped, profile, speeds, leg, worker,
                seconds[n_kept, leg_idx], metres[n_kept, leg_idx],
            )  # fmt: skip
        same = (k for k in range(n_kept) if _equal(seconds, k, n_kept) and _equal(metres, k, n_kept))
        index = next(same, n_kept)
        final.append(index)
        n_kept += index == n_kept
    for values in (seconds, metres):  # gives memory back in place: a copy would need as much again
        values.resize((n_kept, len(LEGS), n, n), refcheck=False)
    return seconds, metres, final


def _equal(values: IntArray, a: int, b: int) -> bool:
    return bool(np.array_equal(values[a], values[b]))


def _fill_leg(
    network: RoadNetwork,
    snapped: Snapped,
    profile: AccessProfile,
    speeds: SpeedModel,
    leg: Leg,
    worker: DistanceEngine,
    seconds: IntArray,
    metres: IntArray,
) -> None:
    """Write one (n, n) matrix of seconds and one of metres."""
    points = service_points(network, snapped, profile)
    weights = edge_weights(network, speeds, period_of(leg))
    rows = np.arange(snapped.n_rows)
    for part, total in least_weights(network, profile, points, weights, worker, rows):
        seconds[part], metres[part] = seconds_and_metres(network, speeds, leg, total)


def seconds_and_metres(network: RoadNetwork, speeds: SpeedModel, leg: Leg, total: IdArray) -> tuple[IdArray, IdArray]:
    """Whole seconds and metres of packed weights; `UNREACHABLE` where there is no way."""
    seconds, metres = _whole(total)
    return (_trip_seconds(speeds, metres, leg) if network.approximate else seconds), metres


def _whole(total: IdArray) -> tuple[IdArray, IdArray]:
    """Whole seconds and metres, rounded half up; `UNREACHABLE` where there is no way."""
    deciseconds, decimetres = unpack(total)
    lost = total >= NO_WAY
    seconds = (deciseconds + DECISECONDS_PER_S // 2) // DECISECONDS_PER_S
    metres = (decimetres + DECIMETRES_PER_M // 2) // DECIMETRES_PER_M
    return np.where(lost, UNREACHABLE, seconds), np.where(lost, UNREACHABLE, metres)


def _trip_seconds(speeds: SpeedModel, metres: IdArray, leg: Leg) -> IdArray:
    timed = np.floor(speeds.trip_seconds(metres.astype(np.float64), leg) + 0.5).astype(np.int64)
    return np.where(metres >= UNREACHABLE, UNREACHABLE, timed)


def snap_notes(snapped: Snapped) -> list[str]:
    """How far places lie from their streets, for people."""
    if snapped.n_rows == 0:
        return []
    middle, largest = round(float(np.median(snapped.gap_m))), int(np.ceil(snapped.gap_m.max()))
    return [f"Places lie {middle} m from their street at the median and {largest} m at most; that gap is not driven."]
