"""The version of a plan that may be passed on: places rounded, needs removed, ids made anew, no clock times.

What could tie a passenger to a point, a time or a need is left out wherever blurring would not do.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from transport.calendar import LEGS, Leg
from transport.check import Ride
from transport.digest import digest_of
from transport.files.plan_geojson import depot_features, multi_line_of, point_of
from transport.files.plan_tables import LOT_COLUMNS, ROUTE_COLUMNS, Cell, Column, Table, Unit
from transport.passengers import Passenger
from transport.places import Place
from transport.plan import Pattern, Plan, Route, Run, Stop
from transport.scenario import Scenario
from transport.vehicles import Layout

SHARED_NOTE = (
    "shared version: places rounded to about one kilometre, needs and times removed, ids made anew. "
    "Still treat with care: few people live in some squares."
)
"""What every shared file says on its face."""

LAT_STEP, LON_STEP = 0.01, 0.016
"""Degrees to which homes are rounded: 1.1 km north to south, about 1.1 km east to west in England."""
RIDE_STEP_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedNames:
    """New ids for passengers and for places that are somebody's home."""

    passenger_by_id: Mapping[str, str]
    place_by_id: Mapping[str, str]


def shared_names(scenario: Scenario) -> SharedNames:
    """New ids in an order that says nothing; the same for the same scenario.

    Gates, depots and operators' bases are public and keep theirs; other places are named after their square.
    """
    ids = sorted(passenger.passenger_id for passenger in scenario.passengers)
    random.Random(digest_of(scenario)).shuffle(ids)
    public = {gate.place_id for school in scenario.schools for gate in school.gates}
    public |= {depot.place_id for depot in scenario.depots}
    public |= {operator.base_place_id for operator in scenario.operators if operator.base_place_id}
    return SharedNames(
        passenger_by_id={passenger_id: f"S{n:04d}" for n, passenger_id in enumerate(ids, start=1)},
        place_by_id={p.place_id: p.place_id if p.place_id in public else _square_id(p) for p in scenario.places},
    )


def rounded(place: Place) -> tuple[float, float]:
    """Latitude and longitude of the middle of the square a place lies in."""
    return round(round(place.lat / LAT_STEP) * LAT_STEP, 3), round(round(place.lon / LON_STEP) * LON_STEP, 3)


def _square_id(place: Place) -> str:
    lat, lon = rounded(place)
    return f"area:{lat:.3f}:{lon:.3f}"


def shared_scenario(scenario: Scenario, names: SharedNames) -> Scenario:
    """A scenario without needs, private rules or exact homes. Good for pages and maps, not for planning."""
    places: dict[str, Place] = {}
    for place in scenario.places:
        new_id = names.place_by_id[place.place_id]
        lat, lon = (place.lat, place.lon) if new_id == place.place_id else rounded(place)
        places.setdefault(new_id, replace(place, place_id=new_id, lat=lat, lon=lon))
    passengers = (_shared_passenger(p, names) for p in scenario.passengers)
    return replace(
        scenario,
        places=tuple(places.values()),
        passengers=tuple(sorted(passengers, key=lambda p: p.passenger_id)),
        assistants=(),
        current_routes=(),
        never_together=(),
        keep_together=(),
        street_rules=(),
    )


def _shared_passenger(p: Passenger, names: SharedNames) -> Passenger:
    def squares(place_ids: Sequence[str | None]) -> tuple[str | None, ...]:
        return tuple(names.place_by_id[place_id] if place_id else None for place_id in place_ids)

    return Passenger(
        passenger_id=names.passenger_by_id[p.passenger_id],
        school_id=p.school_id,
        phase=p.phase,
        am_place_ids=squares(p.am_place_ids),
        pm_place_ids=squares(p.pm_place_ids),
        gate_id=p.gate_id,
        board_s=0,
        alight_s=0,
        school_board_s=0,
        school_alight_s=0,
    )


def shared_plan(plan: Plan, names: SharedNames) -> Plan:
    """A plan without times, PAs and layouts, without anybody's cause or reason, and without prices of single ones."""
    new_id = names.passenger_by_id
    return replace(
        plan,
        routes=tuple(_shared_route(route, names) for route in plan.routes),
        unserved=tuple(
            replace(
                u,
                passenger_id=new_id[u.passenger_id],
                cause="",
                sentence="",
                relaxation="",
                taxi_pence_per_day=None,
            )
            for u in plan.unserved
        ),
        not_planned=tuple(replace(n, passenger_id=new_id[n.passenger_id], reason="") for n in plan.not_planned),
        certificate=None if plan.certificate is None else replace(plan.certificate, prices=()),
        explanation=None,
    )


def _shared_route(route: Route, names: SharedNames) -> Route:
    return replace(
        route,
        am=_shared_pattern(route.am, names),
        pm=_shared_pattern(route.pm, names),
        runs=tuple(_shared_run(run, names) for run in route.runs),
        pa_ids=(),
    )


def _shared_pattern(pattern: Pattern | None, names: SharedNames) -> Pattern | None:
    if pattern is None:
        return None
    return replace(pattern, passenger_ids=tuple(names.passenger_by_id[pid] for pid in pattern.passenger_ids))


def _shared_run(run: Run, names: SharedNames) -> Run:
    stops = (stop for stop in run.stops if stop.boarding or stop.alighting)
    return replace(
        run,
        stops=tuple(_shared_stop(stop, names) for stop in stops),
        layout=Layout(seats=1, wheelchairs=0),
        n_pas=0,
    )


def _shared_stop(stop: Stop, names: SharedNames) -> Stop:
    return Stop(
        place_id=names.place_by_id[stop.place_id],
        arrive_at_s=0,
        start_at_s=0,
        depart_at_s=0,
        boarding=tuple(names.passenger_by_id[pid] for pid in stop.boarding),
        alighting=tuple(names.passenger_by_id[pid] for pid in stop.alighting),
        school_id=stop.school_id,
    )


def shared_rides(rides: Sequence[Ride], names: SharedNames) -> tuple[Ride, ...]:
    """Rides under new ids, rounded to five minutes, without walks and own limits."""
    return tuple(
        replace(
            ride,
            passenger_id=names.passenger_by_id[ride.passenger_id],
            ride_s=_rounded_s(ride.journey_s),
            walk_s=0,
            cap_s=ride.target_s,
            direct_s=_rounded_s(ride.direct_s),
        )
        for ride in rides
    )


def _rounded_s(seconds: int) -> int:
    return (seconds + RIDE_STEP_S // 2) // RIDE_STEP_S * RIDE_STEP_S


_ROUTE_NAMES = (
    "route_id",
    "kind",
    "operator_id",
    "lot_id",
    "school_ids",
    "days",
    "n_passengers",
    "longest_ride_s",
    "week_pence",
)
_LOT_NAMES = ("lot_id", "state", "operator_id", "route_ids", "n_routes", "n_passengers", "week_pence")

SHARED_ROUTE_COLUMNS = tuple(column for column in ROUTE_COLUMNS if column.name in _ROUTE_NAMES)
SHARED_LOT_COLUMNS = tuple(column for column in LOT_COLUMNS if column.name in _LOT_NAMES)
SHARED_PASSENGER_COLUMNS = (
    Column(name="passenger_id", title="Passenger", meaning="an id made for this version only"),
    Column(name="school_id", title="School", meaning="school they attend"),
    Column(name="phase", title="Phase", meaning="primary, secondary or post16"),
    Column(name="state", title="State", meaning="planned, unserved or not planned"),
    Column(name="route_ids", title="Route", meaning="route they ride on"),
    Column(name="area_lat", title="Area latitude", meaning="middle of a square of about 1 km", unit=Unit.DECIMAL),
    Column(name="area_lon", title="Area longitude", meaning="middle of a square of about 1 km", unit=Unit.DECIMAL),
    Column(name="am_ride_s", title="AM ride (min)", meaning="rounded to five minutes", unit=Unit.DURATION),
    Column(name="pm_ride_s", title="PM ride (min)", meaning="rounded to five minutes", unit=Unit.DURATION),
)


def columns_only(table: Table, columns: Sequence[Column]) -> Table:
    """A table with some of its columns."""
    kept = [i for i, column in enumerate(table.columns) if column in columns]
    rows = tuple(tuple(row[i] for i in kept) for row in table.rows)
    return Table(name=table.name, title=table.title, columns=tuple(table.columns[i] for i in kept), rows=rows)


def shared_passengers_table(plan: Plan, scenario: Scenario, rides: Sequence[Ride]) -> Table:
    """One row for each passenger of a shared scenario and plan."""
    fates = {u.passenger_id: "unserved" for u in plan.unserved}
    fates |= {n.passenger_id: "not planned" for n in plan.not_planned}
    routes: dict[str, list[str]] = {}
    for route in plan.routes:
        for passenger_id in route.passenger_ids:
            routes.setdefault(passenger_id, []).append(route.route_id)
    longest_s: Counter[tuple[str, Leg]] = Counter()
    for ride in rides:
        longest_s[ride.passenger_id, ride.leg] = max(ride.ride_s, longest_s[ride.passenger_id, ride.leg])
    rows: list[tuple[Cell, ...]] = []
    for p in scenario.passengers:
        place = scenario.place_by_id[next(pid for pid in (*p.am_place_ids, *p.pm_place_ids) if pid)]
        own = tuple(longest_s[p.passenger_id, leg] or None for leg in LEGS)
        rows.append((
            p.passenger_id, p.school_id, p.phase.value, fates.get(p.passenger_id, "planned"),
            " ".join(routes.get(p.passenger_id, ())), place.lat, place.lon, *own,
        ))  # fmt: skip
    return Table(name="passengers", title="Passengers", columns=SHARED_PASSENGER_COLUMNS, rows=tuple(rows))


def shared_features(plan: Plan, scenario: Scenario) -> list[dict[str, Any]]:
    """Features of a shared plan: straight lines, squares with their number of passengers, gates, depots."""
    features: list[dict[str, Any]] = []
    for route in plan.routes:
        lines = [_straight(run, scenario) for run in route.runs]
        properties = {
            "feature": "route",
            "route_id": route.route_id,
            "n_passengers": len(route.passenger_ids),
        }
        features.append({"type": "Feature", "geometry": multi_line_of(lines), "properties": properties})
    n_by_area = Counter(next(pid for pid in (*p.am_place_ids, *p.pm_place_ids) if pid) for p in scenario.passengers)
    for place_id, n in sorted(n_by_area.items()):
        place = scenario.place_by_id[place_id]
        properties = {"feature": "area", "area": place_id, "n_passengers": n}
        features.append({"type": "Feature", "geometry": point_of(place.lat, place.lon), "properties": properties})
    for school in scenario.schools:
        for gate in school.gates:
            place = scenario.place_by_id[gate.place_id]
            properties = {"feature": "school", "school_id": school.school_id, "name": school.name}
            features.append({"type": "Feature", "geometry": point_of(place.lat, place.lon), "properties": properties})
    return features + depot_features(scenario)


def _straight(run: Run, scenario: Scenario) -> np.ndarray[Any, np.dtype[np.float64]]:
    places = [scenario.place_by_id[stop.place_id] for stop in run.stops]
    return np.array([(place.lat, place.lon) for place in places], dtype=np.float64).reshape(-1, 2)
