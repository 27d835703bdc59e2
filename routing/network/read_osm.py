"""Read an OpenStreetMap extract (`.osm.pbf`, `.osm`) into streets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.network.build import build_network
from routing.network.graph import FloatArray, IdArray, Mode, RoadNetwork
from routing.network.osm_tags import (
    CLASS_CODE_BY_NAME,
    Access,
    barrier_access,
    directions_of,
    drive_access,
    limits_kph,
    restriction_of,
    size_limits,
    walk_access,
)
from routing.network.projection import distance_m
from routing.network.streets import Streets
from routing.network.turns import Restriction, forbidden_turns_of

_CLEAR = (0, 0, 0, 0)


@dataclass(slots=True)
class _Raw:
    """What one pass over the file collects. Refs, lat and lon are flat over all ways."""

    way_id: list[int] = field(default_factory=list)
    way_start: list[int] = field(default_factory=list)
    way_class: list[int] = field(default_factory=list)
    way_along: list[bool] = field(default_factory=list)
    way_against: list[bool] = field(default_factory=list)
    way_kph_along: list[float] = field(default_factory=list)
    way_kph_against: list[float] = field(default_factory=list)
    way_limits: list[tuple[int, int, int, int]] = field(default_factory=list)
    way_access: list[int] = field(default_factory=list)
    ref: list[int] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    signal_by_ref: dict[int, str] = field(default_factory=dict)
    barrier_by_ref: dict[int, Access] = field(default_factory=dict)
    limits_by_ref: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)
    restrictions: list[Restriction] = field(default_factory=list)
    newest: datetime | None = None
    n_missing_nodes: int = 0


def read_osm(path: Path, mode: Mode, *, digest: str) -> RoadNetwork:
    """Read an extract.

    Nodes that a clipped extract lacks cut their way in two. Via-way turn restrictions are left out and
    counted.

    Raises
    ------
    ValueError : the file cannot be read as OpenStreetMap data, or holds no street of this mode.
    """
    raw = _collect(path, mode)
    if not raw.way_id:
        raise ValueError(f"{path}: no street to {mode} on was found")
    streets = _streets_of(raw, mode)
    return build_network(streets, mode=mode, source=f"{path.name} (© OpenStreetMap contributors)", digest=digest)


def _collect(path: Path, mode: Mode) -> _Raw:
    """One pass over the file; only streets, tagged nodes and restrictions reach Python."""
    import osmium

    raw = _Raw()
    keys = osmium.filter.KeyFilter(
        "highway", "barrier", "restriction", "restriction:motorcar", "restriction:motor_vehicle"
    )
    try:
        item: Any
        for item in osmium.FileProcessor(str(path)).with_locations().with_filter(keys):
            raw.newest = _newer(raw.newest, item.timestamp)
            if item.is_node():
                _take_node(raw, item, mode)
            elif item.is_way():
                _take_way(raw, item, mode)
            elif item.is_relation() and mode == "drive":
                _take_restriction(raw, item)
    except (RuntimeError, OSError) as error:
        raise ValueError(f"{path} cannot be read as OpenStreetMap data: {error}") from error
    return raw


def _newer(newest: datetime | None, stamp: datetime) -> datetime | None:
    if stamp.year < 2000:  # files without timestamps give 1970
        return newest
    return stamp if newest is None or stamp > newest else newest


def _take_node(raw: _Raw, node: Any, mode: Mode) -> None:
    tags = dict(node.tags)
    if tags.get("highway") == "traffic_signals":
        raw.signal_by_ref[node.id] = tags.get("traffic_signals:direction", "both")
    if "barrier" in tags:
        access = barrier_access(tags, on_foot=mode == "walk")
        if access is not Access.OPEN:
            raw.barrier_by_ref[node.id] = access
        limits = size_limits(tags)
        if mode == "drive" and limits != _CLEAR:
            raw.limits_by_ref[node.id] = limits


def _take_way(raw: _Raw, way: Any, mode: Mode) -> None:
    tags = dict(way.tags)
    access = drive_access(tags) if mode == "drive" else walk_access(tags)
    if access is Access.CLOSED:
        return
    along, against = directions_of(tags) if mode == "drive" else (True, True)
    kph_along, kph_against = limits_kph(tags)
    raw.way_id.append(way.id)
    raw.way_start.append(len(raw.ref))
    raw.way_class.append(CLASS_CODE_BY_NAME[tags["highway"]])
    raw.way_along.append(along)
    raw.way_against.append(against)
    raw.way_kph_along.append(kph_along)
    raw.way_kph_against.append(kph_against)
    raw.way_limits.append(size_limits(tags) if mode == "drive" else _CLEAR)
    raw.way_access.append(int(access))
    for node in way.nodes:
        place = node.location
        valid = place.valid()
        raw.ref.append(node.ref)
        raw.lat.append(place.lat if valid else np.nan)
        raw.lon.append(place.lon if valid else np.nan)
        raw.n_missing_nodes += not valid


def _take_restriction(raw: _Raw, relation: Any) -> None:
    tags = dict(relation.tags)
    kind = restriction_of(tags) if tags.get("type") == "restriction" else None
    if kind is None:
        return
    members = [(member.role, member.type, member.ref) for member in relation.members]
    raw.restrictions.append(
        Restriction(
            kind=kind,
            from_ways=tuple(ref for role, item, ref in members if role == "from" and item == "w"),
            to_ways=tuple(ref for role, item, ref in members if role == "to" and item == "w"),
            via_nodes=tuple(ref for role, item, ref in members if role == "via" and item == "n"),
            n_via_ways=sum(role == "via" and item == "w" for role, item, _ in members),
        )
    )


def _streets_of(raw: _Raw, mode: Mode) -> Streets:
    """Cut ways into segments at junctions, barriers and missing nodes."""
    ref, lat, lon = np.array(raw.ref, np.int64), np.array(raw.lat), np.array(raw.lon)
    n_points = len(ref)
    way = np.repeat(np.arange(len(raw.way_id)), np.diff([*raw.way_start, n_points]))
    closed = _member(ref, [r for r, access in raw.barrier_by_ref.items() if access is Access.CLOSED])
    first, last = _segment_bounds(ref, way, np.isnan(lat), closed)
    node_id = _end_ids(ref, closed, first, last)
    junction, inverse = np.unique(node_id, return_inverse=True)
    n_segments = len(first)
    tail, head = inverse[:n_segments].astype(np.int32), inverse[n_segments:].astype(np.int32)
    at = np.zeros(len(junction), np.int64)
    at[tail], at[head] = first, last
    segment_way = way[first]
    guarded = _member(ref, [r for r, access in raw.barrier_by_ref.items() if access is not Access.CLOSED])
    access = np.array(raw.way_access)[segment_way]
    only = (access != int(Access.OPEN)) | _gated(guarded, first, last, tail, head)
    offset, points = _points_of(first, last)
    edge_segment, edge_forward, limit = _edges_of(raw, segment_way)
    streets = Streets(
        node_lat=lat[at],
        node_lon=lon[at],
        segment_tail=tail,
        segment_head=head,
        segment_way_id=np.array(raw.way_id, np.int64)[segment_way],
        segment_class=np.array(raw.way_class, np.uint8)[segment_way],
        segment_length_m=_lengths(lat, lon, way, first, last),
        segment_limits=_limits_of(raw, ref, segment_way, first, last),
        segment_is_private=access == int(Access.PRIVATE),
        segment_is_access_only=only,
        geometry_offset=offset,
        geometry_lat=lat[points],
        geometry_lon=lon[points],
        edge_segment=edge_segment,
        edge_forward=edge_forward,
        edge_limit_kph=limit,
        edge_n_signals=_signals_of(raw, ref, first, last, edge_segment, edge_forward),
        forbidden_turns=np.empty((0, 2), np.int64),
    )
    turns, counts = forbidden_turns_of(raw.restrictions, streets, ref[at])
    return _with_turns(streets, turns, _notes(raw, counts, mode))


def _with_turns(streets: Streets, turns: IdArray, notes: tuple[str, ...]) -> Streets:
    return replace(streets, forbidden_turns=turns, notes=notes)


def _member(ref: IdArray, wanted: list[int]) -> NDArray[np.bool_]:
    return np.isin(ref, np.array(wanted, np.int64))


def _segment_bounds(
    ref: IdArray, way: IdArray, missing: NDArray[np.bool_], closed: NDArray[np.bool_]
) -> tuple[IdArray, IdArray]:
    """Positions of the first and last point of every segment."""
    same_way = way[1:] == way[:-1]
    linked = same_way & ~missing[1:] & ~missing[:-1] & (ref[1:] != ref[:-1])
    _, inverse, count = np.unique(ref, return_inverse=True, return_counts=True)
    cut = (count[inverse] > 1) | closed
    position = np.arange(len(ref))
    starts_run = np.concatenate(([True], ~linked))
    ends_run = np.concatenate((~linked, [True]))
    is_first = (starts_run | cut) & ~ends_run
    is_last = (ends_run | cut) & ~starts_run
    return position[is_first], position[is_last]


def _end_ids(ref: IdArray, closed: NDArray[np.bool_], first: IdArray, last: IdArray) -> IdArray:
    """Ids of all segments' ends, starts first; at a closed barrier every segment has an end of its own."""
    start = np.where(closed[first], -2 * first - 1, ref[first])
    end = np.where(closed[last], -2 * last - 2, ref[last])
    # OpenStreetMap ids can be negative in hand-made files: keep ours out of their range.
    lowest = min(int(ref.min()), 0)
    start = np.where(closed[first], start + lowest, start)
    end = np.where(closed[last], end + lowest, end)
    return np.concatenate((start, end))


def _gated(guarded: NDArray[np.bool_], first: IdArray, last: IdArray, tail: Any, head: Any) -> NDArray[np.bool_]:
    """Segments with a private gate inside, or at an end where no third street meets."""
    total = np.concatenate(([0], np.cumsum(guarded)))
    inside = total[last] > total[first + 1]
    n_ends = np.bincount(np.concatenate((tail, head)))
    at_end = (guarded[first] & (n_ends[tail] <= 2)) | (guarded[last] & (n_ends[head] <= 2))
    return np.asarray(inside | at_end)


def _points_of(first: IdArray, last: IdArray) -> tuple[IdArray, IdArray]:
    size = last - first + 1
    offset = np.concatenate(([0], np.cumsum(size))).astype(np.int64)
    return offset, np.arange(offset[-1]) + np.repeat(first - offset[:-1], size)


def _lengths(lat: FloatArray, lon: FloatArray, way: IdArray, first: IdArray, last: IdArray) -> FloatArray:
    step = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    step[(way[1:] != way[:-1]) | np.isnan(step)] = 0.0
    total = np.concatenate(([0.0], np.cumsum(step)))
    return np.asarray(total[last] - total[first], np.float64)


def _edges_of(raw: _Raw, segment_way: IdArray) -> tuple[Any, Any, Any]:
    """Segment, direction and tagged limit of every permitted direction, along the ways first."""
    along = np.flatnonzero(np.array(raw.way_along)[segment_way])
    against = np.flatnonzero(np.array(raw.way_against)[segment_way])
    segment = np.concatenate((along, against)).astype(np.int32)
    forward = np.concatenate((np.ones(len(along), bool), np.zeros(len(against), bool)))
    kph_along = np.array(raw.way_kph_along)[segment_way[along]]
    kph_against = np.array(raw.way_kph_against)[segment_way[against]]
    return segment, forward, np.concatenate((kph_along, kph_against))


def _limits_of(raw: _Raw, ref: IdArray, segment_way: IdArray, first: IdArray, last: IdArray) -> Any:
    """Size limits of the way, tightened by barriers on the segment."""
    limits = np.array(raw.way_limits, np.int32).reshape(-1, 4)[segment_way]
    if raw.limits_by_ref:
        for position in np.flatnonzero(_member(ref, list(raw.limits_by_ref))):
            here = np.array(raw.limits_by_ref[int(ref[position])], np.int32)
            low, high = np.searchsorted(last, position), np.searchsorted(first, position, side="right")
            for segment in range(low, high):
                both = np.where(limits[segment] == 0, here, np.minimum(limits[segment], here))
                limits[segment] = np.where(here == 0, limits[segment], both)
    return limits


def _signals_of(raw: _Raw, ref: IdArray, first: IdArray, last: IdArray, edge_segment: Any, edge_forward: Any) -> Any:
    """Signals after the start of an edge up to its end, that face its direction."""
    facing: list[NDArray[np.int32]] = []
    for direction in ("forward", "backward"):
        refs = [r for r, faces in raw.signal_by_ref.items() if faces in ("both", direction)]
        flag = _member(ref, refs)
        total = np.concatenate(([0], np.cumsum(flag)))
        ahead = total[last + 1] - total[first + 1] if direction == "forward" else total[last] - total[first]
        facing.append(ahead.astype(np.int32))
    return np.where(edge_forward, facing[0][edge_segment], facing[1][edge_segment]).astype(np.int32)


def _notes(raw: _Raw, counts: Counter[str], mode: Mode) -> tuple[str, ...]:
    notes: list[str] = []
    if raw.newest is not None:
        notes.append(f"The newest street of the extract was edited on {raw.newest.astimezone(UTC):%-d %B %Y}.")
    if raw.n_missing_nodes:
        notes.append(f"The extract is clipped: {raw.n_missing_nodes} points of its streets are missing.")
    if mode == "drive" and not raw.signal_by_ref:
        notes.append("The extract names no traffic signals; driving times are likely to be too short.")
    if mode == "drive" and raw.restrictions:
        skipped = ", ".join(f"{n} {why}" for why, n in sorted(counts.items()) if why != "applied" and n)
        notes.append(
            f"{counts['applied']} of {len(raw.restrictions)} turn restrictions are applied"
            + (f"; left out: {skipped}." if skipped else ".")
        )
    return tuple(notes)
