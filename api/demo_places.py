"""Points for invented scenarios: where homes and settings may lie, and how a row writes them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import transport

_M_PER_DEGREE = 111_320.0


@cache
def demo_facts(name: str) -> Mapping[str, Any]:
    """One table of facts and knobs of the demo, `data/demo/<name>.toml`.

    Raises
    ------
    FileNotFoundError
        When the data folder is neither packed with the library nor beside it.
    """
    packed = Path(transport.__file__).parent / "_data"
    folder = packed if packed.is_dir() else Path(transport.__file__).parents[1] / "data"
    return tomllib.loads((folder / "demo" / f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spots:
    """Points that may be used as homes, gates or depots, in a fixed order.

    Attributes
    ----------
    x_m, y_m : shape (n,), metres east and north of some middle, flat; for crow-fly distances.
    cells : how each point is written in a row: `{"postcode": ...}` or `{"lat": ..., "lon": ...}`.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    cells: tuple[Mapping[str, str], ...]

    def __post_init__(self) -> None:
        """Refuse uneven lengths and freeze the arrays."""
        if not len(self.x_m) == len(self.y_m) == len(self.cells) or not self.cells:
            raise ValueError(
                f"spots: {len(self.x_m)} x, {len(self.y_m)} y, {len(self.cells)} cells; need as many of each"
            )
        self.x_m.setflags(write=False)
        self.y_m.setflags(write=False)

    def at(self, idx: int) -> Spot:
        """One of the points."""
        return Spot(x_m=float(self.x_m[idx]), y_m=float(self.y_m[idx]), cells=self.cells[idx])

    def distances_m(self, spot: Spot) -> NDArray[np.float64]:
        """Crow-fly metres from every point to `spot`, shape (n,)."""
        return np.hypot(self.x_m - spot.x_m, self.y_m - spot.y_m)

    def nearest(self, x_m: float, y_m: float) -> Spot:
        """The point nearest to a position."""
        return self.at(int(np.argmin(np.hypot(self.x_m - x_m, self.y_m - y_m))))

    def subset(self, idx: NDArray[np.intp]) -> Spots:
        """Some of the points, in the order of `idx`."""
        return Spots(x_m=self.x_m[idx], y_m=self.y_m[idx], cells=tuple(self.cells[i] for i in idx))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One point and how a row writes it."""

    x_m: float
    y_m: float
    cells: Mapping[str, str]

    def distance_m(self, other: Spot) -> float:
        """Crow-fly metres."""
        return math.hypot(self.x_m - other.x_m, self.y_m - other.y_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatMap:
    """Degrees to flat metres around a middle; good to a few per mille over a county."""

    lat: float
    lon: float

    def flat(self, lat: float, lon: float) -> tuple[float, float]:
        """Metres east and north of the middle."""
        x_m = (lon - self.lon) * math.cos(math.radians(self.lat)) * _M_PER_DEGREE
        return x_m, (lat - self.lat) * _M_PER_DEGREE

    def spots(self, points: Sequence[tuple[float, float, Mapping[str, str]]]) -> Spots:
        """Points given as (lat, lon, cells)."""
        flat = np.array([self.flat(lat, lon) for lat, lon, _ in points], dtype=np.float64)
        return Spots(x_m=flat[:, 0].copy(), y_m=flat[:, 1].copy(), cells=tuple(cells for _, _, cells in points))


def inside_outline(outline: Sequence[tuple[float, float]], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points lie inside a closed outline, by counting crossings.

    Parameters
    ----------
    outline : corners (lat, lon) in order, not repeated at the end.
    points : shape (n, 2), lat and lon.
    """
    lat, lon = points[:, 0], points[:, 1]
    inside = np.zeros(len(points), dtype=np.bool_)
    for (lat_1, lon_1), (lat_2, lon_2) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if lat_1 == lat_2:
            continue
        crosses = (lat_1 > lat) != (lat_2 > lat)
        inside ^= crosses & (lon < lon_1 + (lat - lat_1) * (lon_2 - lon_1) / (lat_2 - lat_1))
    return inside


def largest_remainder(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers that sum to `total` in proportion to `weights`, by largest remainder."""
    share = np.asarray(weights, dtype=np.float64)
    exact = total * share / share.sum()
    counts = np.floor(exact).astype(int)
    for idx in np.argsort(counts - exact, kind="stable")[: total - int(counts.sum())]:
        counts[idx] += 1
    return [int(count) for count in counts]


def clock(seconds: int) -> str:
    """Seconds after midnight as HH:MM."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def seconds_of(hh_mm: str) -> int:
    """HH:MM as seconds after midnight."""
    hours, minutes = hh_mm.split(":")
    return int(hours) * 3600 + int(minutes) * 60
