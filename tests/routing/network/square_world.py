"""A square of streets, one kilometre a side, on which ten metres take one second.

    D (0, 1000) ----- C (1000, 1000)
         |                 |
    A (0, 0) -------- B (1000, 0)

Tests write it as OpenStreetMap XML with the tags they are about, so that the reader is tested too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, pi, radians
from pathlib import Path
from xml.sax.saxutils import quoteattr

from routing.network.graph import Mode, RoadNetwork
from routing.network.load import load_network
from routing.network.speeds import ApproximateSpeed, ClassSpeed, Period, PeriodSpeed, SpeedModel
from transport.calendar import Leg
from transport.places import Place
from transport.vehicles import Layout, VehicleClass, VehicleSize

EARTH_RADIUS_M = 6_371_009.0
ORIGIN_LAT, ORIGIN_LON = 52.5, -2.0
METRES_PER_DEGREE = EARTH_RADIUS_M * pi / 180
TEN_MPS_IN_MPH = 10 * 3600 / 1609.344

Tags = Mapping[str, str]
STREET: Tags = {"highway": "residential"}

CORNERS = {"A": (0.0, 0.0), "B": (1000.0, 0.0), "C": (1000.0, 1000.0), "D": (0.0, 1000.0)}
SIDES = {"AB": 1, "BC": 2, "CD": 3, "DA": 4}
"""OpenStreetMap way of each side."""


def lat_lon(x_m: float, y_m: float) -> tuple[float, float]:
    """Degrees of a point so many metres east and north of A."""
    lat = ORIGIN_LAT + y_m / METRES_PER_DEGREE
    return lat, ORIGIN_LON + x_m / (METRES_PER_DEGREE * cos(radians(ORIGIN_LAT)))


def place(place_id: str, x_m: float, y_m: float) -> Place:
    lat, lon = lat_lon(x_m, y_m)
    return Place(place_id=place_id, lat=lat, lon=lon)


def vehicle_class(class_id: str, **size: int) -> VehicleClass:
    return VehicleClass(class_id=class_id, layouts=(Layout(seats=4, wheelchairs=0),), size=VehicleSize(**size))


def even_speeds(*, signal_s: float = 0.0, pm_factor: float = 1.0, authority_factor_pct: float = 100.0) -> SpeedModel:
    """Ten metres a second on every street without a tagged limit."""
    speed = ClassSpeed(group="all", built_up_mph=TEN_MPS_IN_MPH, rural_mph=TEN_MPS_IN_MPH, cap_mph=200.0)
    factor = {Period.AM: 1.0, Period.PM: pm_factor, Period.OFF_PEAK: 1.0}
    return SpeedModel(
        class_by_name={"service": speed},
        period_by_name={
            period: PeriodSpeed(factor_by_group={"all": value}, seconds_per_signal=signal_s)
            for period, value in factor.items()
        },
        approximate=ApproximateSpeed(circuity=1.0, exponent=0.5, seconds_per_first_km={Leg.AM: 100.0, Leg.PM: 200.0}),
        authority_factor_pct=authority_factor_pct,
    )


def write_osm(
    path: Path,
    nodes: Mapping[str, tuple[float, float]],
    ways: Mapping[int, tuple[str, Tags]],
    *,
    node_tags: Mapping[str, Tags] | None = None,
    relations: Sequence[tuple[Tags, Sequence[tuple[str, str, int]]]] = (),
) -> Path:
    """Write XML; a way is a string of one-letter node names. Nodes named in ways alone are missing."""
    lines = ['<osm version="0.6">']
    for name, (x_m, y_m) in nodes.items():
        lat, lon = lat_lon(x_m, y_m)
        lines.append(f'<node id="{ord(name)}" version="1" lat="{lat:.9f}" lon="{lon:.9f}">')
        lines += _tags((node_tags or {}).get(name, {}))
        lines.append("</node>")
    for way_id, (names, tags) in ways.items():
        lines.append(f'<way id="{way_id}" version="1">')
        lines += [f'<nd ref="{ord(name)}"/>' for name in names]
        lines += _tags(tags)
        lines.append("</way>")
    for relation_id, (tags, members) in enumerate(relations, start=1):
        lines.append(f'<relation id="{relation_id}" version="1">')
        lines += [f'<member type="{kind}" ref="{ref}" role="{role}"/>' for role, kind, ref in members]
        lines += _tags(tags)
        lines.append("</relation>")
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def _tags(tags: Tags) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


def square(
    folder: Path,
    *,
    sides: Mapping[str, Tags] | None = None,
    more_nodes: Mapping[str, tuple[float, float]] | None = None,
    more_ways: Mapping[int, tuple[str, Tags]] | None = None,
    node_tags: Mapping[str, Tags] | None = None,
    relations: Sequence[tuple[Tags, Sequence[tuple[str, str, int]]]] = (),
    via: Mapping[str, str] | None = None,
    mode: Mode = "drive",
) -> RoadNetwork:
    """The square, with extra tags on sides, more ways, and sides that run `via` further nodes (AB: "AMB")."""
    ways = {
        way_id: ((via or {}).get(side, side), {**STREET, **(sides or {}).get(side, {})})
        for side, way_id in SIDES.items()
    }
    nodes = {**CORNERS, **(more_nodes or {})}
    path = write_osm(
        folder / "square.osm", nodes, {**ways, **(more_ways or {})}, node_tags=node_tags, relations=relations
    )
    return load_network(path, mode=mode)


def restriction(kind: str, from_way: int, via_node: str, to_way: int) -> tuple[Tags, list[tuple[str, str, int]]]:
    members = [("from", "way", from_way), ("via", "node", ord(via_node)), ("to", "way", to_way)]
    return {"type": "restriction", "restriction": kind}, members
