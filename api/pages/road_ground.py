"""The streets under a plan's routes, from the service's own road extract: no tiles, and nobody else's server."""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.shapes import RecordIdPath
from api.pages.plan_reading import open_for
from api.pages.visit import Opens, Visit

if TYPE_CHECKING:
    from routing.network.graph import RoadNetwork

router = APIRouter(include_in_schema=False)

FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]

Box = tuple[float, float, float, float]
"""South, west, north, east, in degrees."""
MOST_STREETS = 6_000
"""Streets that a map draws at once (ours): more would be slow on an old machine and too fine to read."""
_ROUND = 5
"""Decimals of degrees: about a metre."""
_MARGIN_DEGREES = 0.01
_LOCK = threading.Lock()


@router.get("/plans/{plan_id}/roads.geojson")
def get_roads(plan_id: RecordIdPath, visit: FileReader) -> Response:
    """Streets around a plan, the larger ones first; none where its roads are approximate or the extract is missing."""
    _, opened = open_for(visit, plan_id, "map")
    path, scenario = visit.settings.roads_file, opened.outcome.scenario
    if path is None or opened.outcome.approximate or not path.is_file() or not scenario.places:
        return _answer(json.dumps({"type": "FeatureCollection", "features": []}))
    lat, lon = ([getattr(place, name) for place in scenario.places] for name in ("lat", "lon"))
    box = (min(lat), min(lon), max(lat), max(lon))
    wide = tuple(round(edge + sign * _MARGIN_DEGREES, 3) for edge, sign in zip(box, (-1, -1, 1, 1), strict=True))
    # One at a time: two visitors who look at the same plan need its streets read once.
    with _LOCK:
        text = _streets(path, path.stat().st_mtime_ns, visit.settings.cache_folder, wide)
    return _answer(text)


@lru_cache(maxsize=4)
def _streets(path: Path, changed_ns: int, cache_folder: Path | None, box: Box) -> str:
    from routing.network.load import load_network

    features = street_features(load_network(path, cache_dir=cache_folder), box, MOST_STREETS)
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))


def street_features(network: RoadNetwork, box: Box, most: int) -> list[dict[str, Any]]:
    """Streets with a point in a box as GeoJSON lines: whole classes, the largest first, while they are few enough.

    Parameters
    ----------
    most : streets; the largest class is drawn in any case, as far as it goes.
    """
    from routing.network.graph import STREET_CLASSES

    south, west, north, east = box
    inside = (network.geometry_lat >= south) & (network.geometry_lat <= north)
    inside &= (network.geometry_lon >= west) & (network.geometry_lon <= east)
    owner = np.repeat(np.arange(network.n_segments), np.diff(network.geometry_offset))
    segments = np.unique(owner[inside])
    order = segments[np.argsort(network.segment_class[segments], kind="stable")]
    classes = network.segment_class[order]
    kept = order[:most]
    if len(order) > most and classes[most] != classes[0]:
        # Half of a class would look like streets that are not there.
        kept = order[classes < classes[most]]
    found: dict[tuple[tuple[float, float], ...], dict[str, Any]] = {}
    for segment in kept:
        part = slice(int(network.geometry_offset[segment]), int(network.geometry_offset[segment + 1]))
        points = [
            (round(float(x), _ROUND), round(float(y), _ROUND))
            for x, y in zip(network.geometry_lon[part], network.geometry_lat[part], strict=True)
        ]
        # A street is there once for each way: one line is enough.
        found.setdefault(
            tuple(min(points, points[::-1])),
            {
                "type": "Feature", "geometry": {"type": "LineString", "coordinates": points},
                "properties": {"class": STREET_CLASSES[int(network.segment_class[segment])]},
            },
        )  # fmt: skip
    return list(found.values())


def _answer(text: str) -> Response:
    return Response(text, media_type="application/geo+json")
