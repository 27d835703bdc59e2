"""The map of a tender pack: a picture for its PDF, and GeoJSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import cos, radians
from typing import Any

from procurement.market import METRES_PER_DEGREE
from procurement.pack_map import MapPoint

WIDTH, HEIGHT, MARGIN = 700, 560, 40
_LENGTHS = (
    ("5 miles", 8_046.72), ("1 mile", 1_609.344), ("half a mile", 804.672), ("quarter of a mile", 402.336),
    ("100 yards", 91.44),
)  # fmt: skip
INK, SOFT, AREA = "#16324f", "#4b5459", "#c8550a"


def map_geojson(points: Sequence[MapPoint]) -> dict[str, Any]:
    """The points as GeoJSON features."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [point.lon, point.lat]},
                "properties": {
                    "kind": point.kind, "label": point.label, "lots": list(point.lot_ids),
                    "passengers": point.n_passengers,
                },
            }
            for point in points
        ],
    }  # fmt: skip


def map_svg(points: Sequence[MapPoint]) -> str:
    """Schools as squares with the numbers of `map_key`, areas as circles with their codes, north up, with a scale."""
    place, pixels_per_m = _frame(points)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">']
    parts.append(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#f6f8fa"/>')
    for point in (p for p in points if p.kind == "area"):
        parts += _area(*place(point), point)
    for number, point in enumerate((p for p in points if p.kind == "school"), start=1):
        parts += _school(*place(point), number)
    return "".join([*parts, *_scale(pixels_per_m), "</svg>"])


def map_key(points: Sequence[MapPoint]) -> list[list[str]]:
    """What stands on the map, as rows: sign, school or area, lots."""
    schools = [point for point in points if point.kind == "school"]
    rows = [[str(n), point.label, ", ".join(point.lot_ids)] for n, point in enumerate(schools, start=1)]
    return rows + [[p.label, f"area {p.label}", ", ".join(p.lot_ids)] for p in points if p.kind == "area"]


def _frame(points: Sequence[MapPoint]) -> tuple[Callable[[MapPoint], tuple[float, float]], float]:
    """Where a point stands on the picture, and how many pixels a metre has."""
    lats, lons = [point.lat for point in points], [point.lon for point in points]
    squeeze = cos(radians(sum(lats) / len(lats)))
    high = max(max(lats) - min(lats), 0.01)
    wide = max((max(lons) - min(lons)) * squeeze, 0.01)
    scale = min((WIDTH - 4 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)

    def place(point: MapPoint) -> tuple[float, float]:
        x = WIDTH / 2 + (point.lon - (min(lons) + max(lons)) / 2) * squeeze * scale
        return x, HEIGHT / 2 - (point.lat - (min(lats) + max(lats)) / 2) * scale

    return place, scale / METRES_PER_DEGREE


def _school(x: float, y: float, number: int) -> list[str]:
    return [
        f'<rect x="{x - 7:.1f}" y="{y - 5.5:.1f}" width="14" height="11" rx="1.5" fill="{INK}"/>',
        f'<text x="{x:.1f}" y="{y + 3:.1f}" font-size="8" font-family="Liberation Sans" text-anchor="middle" '
        f'fill="#fff">{number}</text>',
    ]


def _area(x: float, y: float, point: MapPoint) -> list[str]:
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="17" fill="{AREA}" fill-opacity="0.22" stroke="{AREA}"/>',
        f'<text x="{x:.1f}" y="{y + 3:.1f}" font-size="9" font-weight="bold" font-family="Liberation Sans" '
        f'text-anchor="middle" fill="#5c2600">{escape(point.label)}</text>',
    ]


def _scale(pixels_per_m: float) -> list[str]:
    """The longest length that fits into a third of the picture, in the lower right corner."""
    words, metres = next((one for one in _LENGTHS if one[1] * pixels_per_m <= WIDTH / 3), _LENGTHS[-1])
    long = metres * pixels_per_m
    x, y = WIDTH - MARGIN / 2 - long, HEIGHT - MARGIN / 2
    return [
        f'<path d="M{x:.1f} {y} h{long:.1f}" stroke="{SOFT}" stroke-width="1.5"/>',
        f'<text x="{WIDTH - MARGIN / 2}" y="{y - 5}" font-size="9" font-family="Liberation Sans" text-anchor="end" '
        f'fill="{SOFT}">{words}; north is up</text>',
    ]
