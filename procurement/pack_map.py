"""Where about the work of a pack lies: schools as they are, passengers' areas as jittered points that lead to no home.

A point is drawn around the middle of its area. Points within `HOME_REACH_M` of any home are drawn again, so that none
is taken for one. Draws follow a secret that is used once and kept nowhere: with a seed that others can work out, the
points passed over would tell where homes lie. As it is, a map tells only that no home lies at its points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import cos, pi, radians, sin, sqrt

from procurement.market import METRES_PER_DEGREE
from procurement.pack import DisclosureRefused, LotSheet
from transport.scenario import Scenario

JITTER_M = 300
"""A postcode sector is about a kilometre wide in a town (ours)."""
HOME_REACH_M = 100
"""No point lies closer to a home (ours): two or three doors away says nothing any more."""
MOST_DRAWS = 200
DECIMALS = 4
"""Of a degree: about ten metres."""

LatLon = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """One point of the map.

    Attributes
    ----------
    kind : `school` or `area`. label : the school's name, or the area. lot_ids : lots that serve it, or show it.
    n_passengers : from that area, as the tables of the pack show them; 0 for a school.
    """

    kind: str
    label: str
    lot_ids: tuple[str, ...]
    lat: float
    lon: float
    n_passengers: int


def map_points(
    sheets: Sequence[LotSheet], scenario: Scenario, centre_by_area: Mapping[str, LatLon], *, secret: str
) -> tuple[MapPoint, ...]:
    """Schools of the lots, and a point for each area that a table shows.

    Parameters
    ----------
    centre_by_area : middle of all postcodes of an area; areas without one are left out, as are points that cannot be
        drawn away from every home.
    secret : what nobody outside can know or guess; never the same for two maps.
    """
    return (*_schools(sheets, scenario), *_areas(sheets, homes_of(scenario), centre_by_area, secret))


def homes_of(scenario: Scenario) -> tuple[LatLon, ...]:
    """Every place that somebody travels from or to, gates left out."""
    gates = {gate.place_id for school in scenario.schools for gate in school.gates}
    return tuple((place.lat, place.lon) for place in scenario.places if place.place_id not in gates)


def _schools(sheets: Sequence[LotSheet], scenario: Scenario) -> Iterator[MapPoint]:
    lots_by_name: dict[str, list[str]] = {}
    for sheet in sheets:
        for name in sheet.schools:
            lots_by_name.setdefault(name, []).append(sheet.lot_id)
    for school in scenario.schools:
        if school.name in lots_by_name:
            place = scenario.place_by_id[school.gates[0].place_id]
            yield MapPoint(
                kind="school", label=school.name, lot_ids=tuple(lots_by_name[school.name]),
                lat=round(place.lat, DECIMALS), lon=round(place.lon, DECIMALS), n_passengers=0,
            )  # fmt: skip


def _areas(
    sheets: Sequence[LotSheet], homes: Sequence[LatLon], centre_by_area: Mapping[str, LatLon], secret: str
) -> Iterator[MapPoint]:
    rows = [row for sheet in sheets for row in sheet.passengers if row.area in centre_by_area]
    for area in sorted({row.area for row in rows}):
        point = drawn_point(centre_by_area[area], homes, f"{secret}:{area}")
        if point is not None:
            there = [row.lot_id for row in rows if row.area == area]
            yield MapPoint(
                kind="area", label=area, lot_ids=tuple(dict.fromkeys(there)), lat=point[0], lon=point[1],
                n_passengers=len(there),
            )  # fmt: skip


def drawn_point(centre: LatLon, homes: Sequence[LatLon], seed: str) -> LatLon | None:
    """A point near a middle and near no home, the same for the same seed; None: no draw lies free."""
    for n in range(MOST_DRAWS):
        digest = sha256(f"{seed}:{n}".encode()).digest()
        turn = 2 * pi * int.from_bytes(digest[:8]) / 2**64
        away_m = JITTER_M * sqrt(int.from_bytes(digest[8:16]) / 2**64)
        lat = round(centre[0] + away_m * cos(turn) / METRES_PER_DEGREE, DECIMALS)
        lon = round(centre[1] + away_m * sin(turn) / (METRES_PER_DEGREE * cos(radians(centre[0]))), DECIMALS)
        if all(apart_m((lat, lon), home) > HOME_REACH_M for home in homes):
            return lat, lon
    return None


def apart_m(a: LatLon, b: LatLon) -> float:
    """Metres between two points, as the crow flies, true enough within a borough."""
    north_m = (a[0] - b[0]) * METRES_PER_DEGREE
    east_m = (a[1] - b[1]) * METRES_PER_DEGREE * cos(radians(a[0]))
    return sqrt(north_m * north_m + east_m * east_m)


def require_far_from_homes(points: Sequence[MapPoint], scenario: Scenario) -> None:
    """Refuse a map on which a point that is no school lies within reach of a home.

    Raises
    ------
    DisclosureRefused
        Naming the points.
    """
    homes = homes_of(scenario)
    near = [
        f"{point.label} of {', '.join(point.lot_ids)}" for point in points
        if point.kind != "school" and any(apart_m((point.lat, point.lon), home) <= HOME_REACH_M for home in homes)
    ]  # fmt: skip
    if near:
        raise DisclosureRefused(
            f"this map could identify a child: within {HOME_REACH_M} m of a home: {'; '.join(near)}"
        )
