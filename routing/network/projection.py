"""Local metres: British National Grid inside Great Britain, else the UTM zone of the centre."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BRITISH_GRID = "EPSG:27700"

EARTH_RADIUS_M = 6_371_009.0
"""Mean Earth radius (IUGG), the one osmnx uses too, so that lengths agree."""


def crs_of(lat: FloatArray, lon: FloatArray) -> str:
    """Projection for points in degrees, from their median.

    The grid is used between 49.8 and 61 N, 7.6 W and 1.9 E, without Ireland.
    """
    if len(lat) == 0:
        raise ValueError("no points to take a projection from")
    mid_lat, mid_lon = float(np.median(lat)), float(np.median(lon))
    in_ireland = mid_lon < -5.3 and 51.3 < mid_lat < 55.4
    if 49.8 < mid_lat < 61.0 and -7.6 < mid_lon < 1.9 and not in_ireland:
        return BRITISH_GRID
    zone = int((mid_lon + 180.0) // 6.0) % 60 + 1
    return f"EPSG:{(32600 if mid_lat >= 0 else 32700) + zone}"


_TO_BRITISH_GRID = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 "
    "+step +proj=cart +ellps=WGS84 "
    "+step +inv +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 "
    "+convention=position_vector +step +inv +proj=cart +ellps=airy +step +proj=pop +v_3 "
    "+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
)
"""EPSG operation 1314 spelt out: left to itself, PROJ takes a finer grid where a machine happens to have
one, and the same places would snap differently there."""


@lru_cache(maxsize=8)
def _transformer(crs: str) -> Any:
    from pyproj import Transformer

    if crs == BRITISH_GRID:
        return Transformer.from_pipeline(_TO_BRITISH_GRID)
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True)


def project(crs: str, lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Easting and northing in metres."""
    x, y = _transformer(crs).transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


def distance_m(lat_a: FloatArray, lon_a: FloatArray, lat_b: FloatArray, lon_b: FloatArray) -> FloatArray:
    """Great-circle metres between pairs of points, by the haversine formula."""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half_lat, half_lon = (phi_b - phi_a) / 2, np.radians(lon_b - lon_a) / 2
    chord = np.sin(half_lat) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_lon) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0))), np.float64)
