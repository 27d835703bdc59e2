"""Places from postcodes, grid points or degrees, and what is implausible about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import cos, hypot, radians
from statistics import median
from typing import Any

from transport.files.postcodes import lat_lon_of_grid, point_of_postcode
from transport.files.read_book import Book
from transport.files.rows import Row
from transport.places import Place, PlaceQuality

_FARTHEST_KM = 300
"""From the middle of all places; ours. Daily journeys end far below it."""

_NEAR_KM = 100
"""A place farther out than this that would lie within it with its two numbers swapped has them swapped."""

_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point read from a row, with where it was written."""

    lat: float
    lon: float
    quality: PlaceQuality
    table: str
    row: int
    prefix: str

    @property
    def spot(self) -> tuple[float, float, PlaceQuality]:
        """What makes two points the same."""
        return self.lat, self.lon, self.quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of a scenario, by id, as they are found.

    Attributes
    ----------
    points : by place id.
    """

    book: Book
    points: dict[str, Point] = field(default_factory=dict)

    def add(self, place_id: str, point: Point | None) -> str | None:
        """Note a place; returns its id, or None where there is no point."""
        if point is None:
            return None
        self.points[place_id] = point
        return place_id

    def read(self, table: str, row: Row, *, prefix: str = "", required: bool = True) -> Point | None:
        """The point a row gives, or None with a fault noted where it gives none, two, or half of one."""
        cells = {name: getattr(row, prefix + name) for name in ("postcode", "easting", "northing", "lat", "lon")}
        given = {name for name, value in cells.items() if value is not None}
        if not given and not required:
            return None
        problem = _problem_of(given)
        if problem:
            column = next((prefix + name for name in cells if name in given), f"{prefix}postcode")
            self.book.fault(table, row.row, column, problem)
            return None
        return self._point(table, row.row, prefix, cells)

    def _point(self, table: str, row: int, prefix: str, cells: dict[str, Any]) -> Point | None:
        quality = PlaceQuality.GIVEN
        if cells["postcode"] is not None:
            quality = PlaceQuality.POSTCODE
            found = point_of_postcode(cells["postcode"])
            if found is None:
                self.book.fault(
                    table, row, f"{prefix}postcode",
                    "has no known point in Great Britain; check it, or give coordinates instead",
                )  # fmt: skip
                return None
            lat, lon = found
        elif cells["easting"] is not None:
            lats, lons = lat_lon_of_grid([cells["easting"]], [cells["northing"]])
            lat, lon = float(lats[0]), float(lons[0])
        else:
            lat, lon = float(cells["lat"]), float(cells["lon"])
        return Point(lat=lat, lon=lon, quality=quality, table=table, row=row, prefix=prefix)

    def check(self) -> None:
        """Note places that lie far from the others, and say so where two numbers look swapped."""
        if not self.points:
            return
        middle = (median(p.lat for p in self.points.values()), median(p.lon for p in self.points.values()))
        for point in self.points.values():
            away_km = _km(middle, (point.lat, point.lon))
            if away_km <= _NEAR_KM and _in_reach(point.lat, point.lon):
                continue
            self._check_far(point, middle, away_km)

    def _check_far(self, point: Point, middle: tuple[float, float], away_km: float) -> None:
        swapped, first, second = self._swapped(point)
        column = point.prefix + (first or "postcode")
        if swapped is not None and (
            (_in_reach(*swapped) and not _in_reach(point.lat, point.lon))
            or (away_km > _NEAR_KM and _km(middle, swapped) <= _NEAR_KM)
        ):
            message = f"{first} and {second} look swapped"
        elif away_km > _FARTHEST_KM:
            message = f"lies {away_km:.0f} km from the middle of all places; must be within {_FARTHEST_KM} km"
        else:
            return
        self.book.fault(point.table, point.row, column, message)

    def _swapped(self, point: Point) -> tuple[tuple[float, float] | None, str, str]:
        """Where the point would lie with its two numbers swapped, and the columns' names."""
        text = {
            name: self.book.text(point.table, point.row, point.prefix + name)
            for name in ("easting", "northing", "lat", "lon")
        }
        if text["lat"]:
            return ((point.lon, point.lat) if abs(point.lon) <= 90 else None), "lat", "lon"
        if text["easting"]:
            lats, lons = lat_lon_of_grid([float(text["northing"])], [float(text["easting"])])
            return (float(lats[0]), float(lons[0])), "easting", "northing"
        return None, "", ""

    def made(self, *, invented: bool) -> tuple[Place, ...]:
        """All places in the order found; homes given by coordinates are invented where the passengers are."""
        return tuple(
            Place(place_id=place_id, lat=point.lat, lon=point.lon, quality=_quality(place_id, point, invented))
            for place_id, point in self.points.items()
        )


def _quality(place_id: str, point: Point, invented: bool) -> PlaceQuality:
    if invented and point.quality is PlaceQuality.GIVEN and place_id.startswith("home:"):
        return PlaceQuality.INVENTED
    return point.quality


def _problem_of(given: set[str]) -> str:
    one_of = "must be exactly one of postcode, easting and northing, or lat and lon"
    if not given:
        return f"no place; {one_of}"
    for pair in ({"easting", "northing"}, {"lat", "lon"}):
        if len(given & pair) == 1:
            missing = next(iter(pair - given))
            return f"{missing} is empty; a place {one_of}"
    return "" if given in ({"postcode"}, {"easting", "northing"}, {"lat", "lon"}) else f"a place given twice; {one_of}"


def _in_reach(lat: float, lon: float) -> bool:
    """Whether a point lies in the British Isles."""
    return 49.0 <= lat <= 61.5 and -11.0 <= lon <= 2.5


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    return _KM_PER_DEGREE * hypot(a[0] - b[0], (a[1] - b[1]) * cos(radians((a[0] + b[0]) / 2)))
