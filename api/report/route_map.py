"""The map of the report: routes, schools and depots as paths of an inline SVG, in whole drawing units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from api.report.outcome import Line
from transport.calendar import LEGS, Leg
from transport.plan import Plan
from transport.scenario import Scenario

Key = TypeVar("Key")

WIDTH = 4000
"""Drawing units across, about four to a pixel, so that whole numbers stay smooth when zoomed."""
MARGIN = 120
MAX_POINTS = 90_000
"""Points in all lines together; beyond it they are drawn more coarsely."""
METRES_PER_DEGREE = 111_195
N_COLOURS = 7
"""Groups with a colour of their own; all further schools share one grey."""
MARK_HALF, DOT_HALF = 40, 20
"""Half the side of a school's square: of a numbered one, and of one in the shared grey."""
_ASIDE = sorted(
    ((dx, dy) for dx in range(-160, 161, 20) for dy in range(-160, 161, 20)),
    key=lambda step: (step[0] ** 2 + step[1] ** 2, step),
)
"""Steps a mark may be moved, its own spot first: two squares at most, 40 pixels of a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Degrees to drawing units; equirectangular, which a county is small enough for."""

    west: float
    north: float
    x_per_degree: float
    y_per_degree: float
    height: int

    @property
    def metres_per_unit(self) -> float:
        """Ground distance of one drawing unit."""
        return METRES_PER_DEGREE / self.y_per_degree

    def units(self, line: Line) -> NDArray[np.float64]:
        """(k, 2) lat/lon to (k, 2) x/y."""
        x = (line[:, 1] - self.west) * self.x_per_degree
        y = (self.north - line[:, 0]) * self.y_per_degree
        return np.column_stack([x, y])


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A school or depot on the map."""

    x: int
    y: int
    label: str
    title: str
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteShape:
    """One route on one leg.

    Attributes
    ----------
    route_idx : position in the plan. lines, homes : SVG path data.
    """

    route_idx: int
    route_id: str
    group: int
    lines: str
    homes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMap:
    """Everything the template draws.

    Attributes
    ----------
    bar_units, bar_label : scale bar.
    groups : (school id, name) by colour, without the last, shared one.
    """

    height: int
    streets: str
    shapes: Mapping[Leg, tuple[RouteShape, ...]]
    schools: tuple[Marker, ...]
    depots: tuple[Marker, ...]
    groups: tuple[tuple[str, str], ...]
    has_others: bool
    bar_units: int
    bar_label: str


def make_map(
    scenario: Scenario,
    plan: Plan,
    run_paths: Mapping[tuple[str, Leg], tuple[Line, ...]],
    streets: Sequence[Line] = (),
    *,
    homes: bool = True,
) -> RouteMap:
    """Draw a plan.

    Parameters
    ----------
    run_paths : lines by (route id, leg); a leg without any is drawn as straight lines between its stops.
    homes : whether places of boarding are dotted.
    """
    lines = {
        (route.route_id, leg): run_paths.get((route.route_id, leg)) or straight_lines(scenario, plan, idx, leg)
        for idx, route in enumerate(plan.routes)
        for leg in LEGS
    }
    projection = make_projection(scenario, [line for of_leg in lines.values() for line in of_leg])
    groups = school_groups(scenario, plan)
    drawn = draw_lines({key: [projection.units(line) for line in of_leg] for key, of_leg in lines.items()})
    shapes = {
        leg: tuple(
            RouteShape(
                route_idx=idx, route_id=route.route_id, group=group_of_route(plan, idx, groups),
                lines=drawn[route.route_id, leg],
                homes=_dots(scenario, plan, idx, leg, projection) if homes else "",
            )
            for idx, route in enumerate(plan.routes)
            if drawn[route.route_id, leg]
        )
        for leg in LEGS
    }  # fmt: skip
    bar_units, bar_label = _scale_bar(projection)
    return RouteMap(
        height=projection.height,
        streets=draw_lines({0: [projection.units(line) for line in streets]}, max_points=MAX_POINTS // 3)[0],
        shapes=shapes,
        schools=_school_markers(scenario, plan, projection, groups),
        depots=_depot_markers(scenario, projection),
        groups=tuple((sid, scenario.school_by_id[sid].name) for sid in groups),
        has_others=any(shape.group == N_COLOURS for of_leg in shapes.values() for shape in of_leg),
        bar_units=bar_units,
        bar_label=bar_label,
    )


def school_groups(scenario: Scenario, plan: Plan) -> tuple[str, ...]:
    """The schools with most passengers on the plan, at most `N_COLOURS`."""
    n_by_school: dict[str, int] = {}
    for route in plan.routes:
        for passenger_id in route.passenger_ids:
            school_id = scenario.passenger_by_id[passenger_id].school_id
            n_by_school[school_id] = n_by_school.get(school_id, 0) + 1
    return tuple(sorted(n_by_school, key=lambda sid: (-n_by_school[sid], sid))[:N_COLOURS])


def group_of_route(plan: Plan, route_idx: int, groups: Sequence[str]) -> int:
    """Colour of a route: that of the fullest coloured school it serves; `N_COLOURS` where none is."""
    route = plan.routes[route_idx]
    gates = [*(route.am.gates if route.am else ()), *(route.pm.gates if route.pm else ())]
    return min((groups.index(sid) for sid, _ in gates if sid in groups), default=N_COLOURS)


def straight_lines(scenario: Scenario, plan: Plan, route_idx: int, leg: Leg) -> tuple[Line, ...]:
    """Straight lines from stop to stop, one for each run of a leg."""
    runs = [run for run in plan.routes[route_idx].runs if run.leg is leg and len(run.stops) > 1]
    return tuple(_points(scenario, (stop.place_id for stop in run.stops)) for run in runs)


def make_projection(scenario: Scenario, lines: Iterable[Line]) -> Projection:
    """A projection that holds every line and every school."""
    gates = _points(scenario, (gate.place_id for school in scenario.schools for gate in school.gates))
    points = np.vstack([*(line for line in lines if len(line)), gates])
    south, west = points.min(axis=0)
    north, east = points.max(axis=0)
    shrink = math.cos(math.radians((south + north) / 2))
    span = max(float(east - west) * shrink, float(north - south) / 0.8, 1e-3)
    y_per_degree = (WIDTH - 2 * MARGIN) / span
    x_per_degree = y_per_degree * shrink
    spare = (WIDTH - float(east - west) * x_per_degree) / 2
    return Projection(
        west=float(west) - spare / x_per_degree,
        north=float(north) + MARGIN / y_per_degree,
        x_per_degree=x_per_degree,
        y_per_degree=y_per_degree,
        height=math.ceil(float(north - south) * y_per_degree) + 2 * MARGIN,
    )


def draw_lines(lines: Mapping[Key, Sequence[NDArray[np.float64]]], *, max_points: int = MAX_POINTS) -> dict[Key, str]:
    """Path data of groups of lines, simplified until all of them together hold `max_points` at most."""
    import shapely

    flat = [(key, line) for key, of_key in lines.items() for line in of_key if len(line) > 1]
    strings = np.array([shapely.linestrings(line) for _, line in flat], dtype=object)
    tolerance = 2.0
    simple = shapely.simplify(strings, tolerance)
    while shapely.get_num_coordinates(simple).sum() > max_points and tolerance < WIDTH / 20:
        tolerance *= 1.6
        simple = shapely.simplify(strings, tolerance)
    parts: dict[Key, list[str]] = {key: [] for key in lines}
    for (key, _), line in zip(flat, simple, strict=True):
        data = path_data(shapely.get_coordinates(line))
        # Day types of a leg mostly share their line; the second copy would only add weight.
        if data and data not in parts[key]:
            parts[key].append(data)
    return {key: "".join(of_key) for key, of_key in parts.items()}


def path_data(points: NDArray[np.float64]) -> str:
    """SVG path data in whole units: absolute start, relative steps, no step of nothing."""
    whole = np.rint(points).astype(int)
    steps = [(int(dx), int(dy)) for dx, dy in np.diff(whole, axis=0) if dx or dy]
    if not steps:
        return ""
    start = f"M{whole[0, 0]} {whole[0, 1]}l"
    return start + " ".join(f"{dx}{'' if dy < 0 else ' '}{dy}" for dx, dy in steps)


def _points(scenario: Scenario, place_ids: Iterable[str]) -> Line:
    places = [scenario.place_by_id[place_id] for place_id in place_ids]
    return np.array([(place.lat, place.lon) for place in places], dtype=np.float64).reshape(-1, 2)


def _dots(scenario: Scenario, plan: Plan, route_idx: int, leg: Leg, projection: Projection) -> str:
    runs = [run for run in plan.routes[route_idx].runs if run.leg is leg]
    homes = {stop.place_id: None for run in runs for stop in run.stops if stop.school_id is None}
    xy = np.rint(projection.units(_points(scenario, homes))).astype(int)
    return "".join(f"M{x} {y}h0" for x, y in dict.fromkeys((int(x), int(y)) for x, y in xy))


def _school_markers(
    scenario: Scenario, plan: Plan, projection: Projection, groups: Sequence[str]
) -> tuple[Marker, ...]:
    served = {sid for idx in range(len(plan.routes)) for sid, _ in _gates_of(plan, idx)}
    markers = []
    for school in scenario.schools:
        if school.school_id not in served:
            continue
        group = groups.index(school.school_id) if school.school_id in groups else N_COLOURS
        label = str(group + 1) if group < N_COLOURS else ""
        for gate in school.gates:
            x, y = np.rint(projection.units(_points(scenario, [gate.place_id]))).astype(int)[0]
            markers.append(Marker(x=int(x), y=int(y), label=label, title=school.name, group=group))
    return tuple(reversed(set_apart(sorted(markers, key=lambda m: m.group))))


def set_apart(markers: Sequence[Marker]) -> list[Marker]:
    """Move each mark that would hide under one before it to the nearest free spot beside its own, if there is one."""
    placed: list[Marker] = []
    for marker in markers:
        spots = (replace(marker, x=marker.x + dx, y=marker.y + dy) for dx, dy in _ASIDE)
        placed.append(next((spot for spot in spots if not any(_overlap(spot, other) for other in placed)), marker))
    return placed


def _overlap(a: Marker, b: Marker) -> bool:
    reach = sum(MARK_HALF if marker.label else DOT_HALF for marker in (a, b))
    return abs(a.x - b.x) < reach and abs(a.y - b.y) < reach


def _gates_of(plan: Plan, route_idx: int) -> list[tuple[str, str]]:
    route = plan.routes[route_idx]
    return [*(route.am.gates if route.am else ()), *(route.pm.gates if route.pm else ())]


def _depot_markers(scenario: Scenario, projection: Projection) -> tuple[Marker, ...]:
    markers = []
    for depot in scenario.depots:
        x, y = np.rint(projection.units(_points(scenario, [depot.place_id]))).astype(int)[0]
        markers.append(Marker(x=int(x), y=int(y), label="", title=f"Depot {depot.depot_id}", group=N_COLOURS))
    return tuple(markers)


def _scale_bar(projection: Projection) -> tuple[int, str]:
    metres_per_mile = 1609.344
    for n in (20, 10, 5, 2, 1, 0.5, 0.25):
        units = n * metres_per_mile / projection.metres_per_unit
        if units <= WIDTH / 5:
            break
    return round(units), f"{n:g} mile{'' if n == 1 else 's'}"
