"""An invented council of any size with a plan drawn by a simple rule: for tests of what comes out.

Around each school passengers are taken in order of bearing, farthest of each group first, as many as fit. The
plan is realistic to look at, and not a good one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np

from api.report.outcome import Baseline, Outcome
from tests.builders import (
    make_card,
    make_class,
    make_passenger,
    make_plan,
    make_school,
    make_vehicle,
    route_of,
)
from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.check import check_plan, rides_of
from transport.cost import cost_of, objective_of
from transport.operators import Operator
from transport.passengers import Mobility, PaNeed, Passenger, Phase, Status
from transport.places import Place, PlaceQuality
from transport.plan import Plan, Route, Unserved
from transport.scenario import Scenario
from transport.schools import Gate
from transport.travel import TravelMatrix
from transport.vehicles import Depot

SCHOOL_NAMES = (
    "Brookmoor School", "St Alban’s Primary", "The Meadows", "Hallam Park Academy", "Westgate School",
    "Oak Lane School", "Shenstone Lodge", "Riverside College", "Tipton Green Primary", "Coppice Wood School",
)  # fmt: skip


def invented_outcome(n_passengers: int = 60, *, seed: int = 1, baseline: bool = True) -> Outcome:
    """A checked and priced plan for invented passengers."""
    rng = np.random.default_rng(seed)
    scenario = _scenario(rng, n_passengers)
    travel = _travel(scenario)
    plan = _plan(scenario, travel, fill=1.0)
    breakdown = cost_of(plan, scenario, travel)
    return Outcome(
        scenario=scenario,
        travel=travel,
        plan=plan,
        breakdown=breakdown,
        objective=objective_of(plan, scenario, travel, breakdown),
        violations=check_plan(plan, scenario, travel),
        rides=tuple(rides_of(plan, scenario, travel)),
        baseline=_baseline(scenario, travel) if baseline else None,
        run_paths=_wiggly_paths(scenario, plan, rng),
        approximate=True,
        data_notes=("3 homes lie more than 100 m from the nearest link; the longest gap is 143 m (home:P0007).",),
        search={
            "seed": seed,
            "iterations": 120_000,
            "seconds": 60,
            "first_objective": 9_000_000,
            "last_objective": 8_100_000,
        },
    )


def _scenario(rng: np.random.Generator, n: int) -> Scenario:
    n_schools = min(len(SCHOOL_NAMES), 3 + n // 20)
    places, schools = [], []
    for k in range(n_schools):
        lat, lon = 52.51 + rng.normal(0, 0.025), -2.01 + rng.normal(0, 0.045)
        places.append(Place(place_id=f"gate:S{k}:main", lat=lat, lon=lon))
        start_s = 8 * 3600 + 45 * 60 + 300 * int(rng.integers(0, 4))
        gates = (Gate(gate_id="main", place_id=f"gate:S{k}:main"),)
        schools.append(
            make_school(f"S{k}", start_s=start_s, finish_s=start_s + 6 * 3600 + 900, name=SCHOOL_NAMES[k], gates=gates)
        )
    passengers = []
    for i in range(n):
        pid = f"P{i + 1:04d}"
        lat, lon = 52.51 + rng.normal(0, 0.022), -2.01 + rng.normal(0, 0.04)
        places.append(Place(place_id=f"home:{pid}", lat=lat, lon=lon, quality=PlaceQuality.POSTCODE))
        passengers.append(_passenger(rng, pid, f"S{min(int(rng.exponential(n_schools / 3)), n_schools - 1)}"))
    places.append(Place(place_id="depot:D1", lat=52.505, lon=-2.03))
    fleet_size = max(2, n // 40)
    return Scenario(
        name="Sandmoor Borough, autumn term",
        starts_on=date(2026, 9, 1),
        places=tuple(places),
        schools=tuple(schools),
        passengers=tuple(passengers),
        vehicle_classes=(
            make_class("SALOON4", ((4, 0),), rate_card=make_card(4600, 135, 4800)),
            make_class("MPV8", ((7, 0),), rate_card=make_card(6800, 160, 4800)),
            make_class("WAV", ((4, 1), (2, 2)), rate_card=make_card(9200, 185, 4800)),
            make_class("MINIBUS16", ((16, 0), (14, 1), (12, 2), (9, 6)), rate_card=make_card(15_500, 220, 4800)),
        ),
        depots=(Depot(depot_id="D1", place_id="depot:D1"),),
        fleet_vehicles=tuple(make_vehicle(f"BUS{k + 1:02d}", "MINIBUS16") for k in range(fleet_size)),
        operators=(
            Operator(
                operator_id="OP1",
                name="Swift & Sons Taxis",
                categories=frozenset({"SALOON4", "MPV8"}),
                n_vehicles_by_class={"SALOON4": 99, "MPV8": 99},
                rate_cards={"SALOON4": make_card(4400, 130, 4500)},
            ),
            Operator(
                operator_id="OP2",
                name="Blackmoor Access Cars",
                categories=frozenset({"WAV"}),
                n_vehicles_by_class={"WAV": 99},
                rate_cards={"WAV": make_card(8900, 180, 4700)},
            ),
        ),
        invented=True,
    )


def _passenger(rng: np.random.Generator, pid: str, school_id: str) -> Passenger:
    home = tuple(f"home:{pid}" for _ in ALL_DAYS)
    in_chair = rng.random() < 0.1
    pa_need = PaNeed.SHARED if rng.random() < 0.3 else PaNeed.NONE
    part_week = rng.random() < 0.06
    status = Status.AWAITING_DECISION if rng.random() < 0.03 else Status.CONFIRMED
    days = tuple(place if day % 5 < 3 or not part_week else None for day, place in zip(ALL_DAYS, home, strict=True))
    return make_passenger(
        pid,
        school_id=school_id,
        phase=Phase.PRIMARY if rng.random() < 0.5 else Phase.SECONDARY,
        am_place_ids=days,
        pm_place_ids=days,
        mobility=Mobility.IN_WHEELCHAIR if in_chair else Mobility.WALKS_ON,
        pa_need=pa_need,
        solo=bool(rng.random() < 0.05),
        board_s=300 if in_chair else 120,
        alight_s=180 if in_chair else 60,
        school_board_s=120 if in_chair else 30,
        school_alight_s=120 if in_chair else 30,
        restraint_type="harness" if rng.random() < 0.1 else "",
        status=status,
    )


def _travel(scenario: Scenario) -> TravelMatrix:
    lat = np.array([place.lat for place in scenario.places])
    lon = np.array([place.lon for place in scenario.places]) * math.cos(math.radians(52.5))
    metres = np.hypot(lat[:, None] - lat, lon[:, None] - lon) * 111_195 * 1.32
    seconds = metres / (24 / 3.6)
    return TravelMatrix(
        row_by_place_id={place.place_id: i for i, place in enumerate(scenario.places)},
        profile_by_class_id={vehicle_class.class_id: 0 for vehicle_class in scenario.vehicle_classes},
        seconds=np.rint([[seconds * 1.2, seconds]]).astype(np.int32),
        metres=np.rint([[metres, metres]]).astype(np.int32),
        approximate=True,
        source="straight lines x 1.32 at 24 km/h (invented for a test)",
        digest="0" * 64,
    )


def _plan(scenario: Scenario, travel: TravelMatrix, *, fill: float, prefix: str = "R") -> Plan:
    routes: list[Route] = []
    spare = [vehicle.vehicle_id for vehicle in scenario.fleet_vehicles]
    people = list(scenario.planned_passengers())
    left = people.pop() if len(people) > 50 else None
    for school in scenario.schools:
        own = [p for p in people if p.school_id == school.school_id]
        for group in _groups(scenario, own, fill):
            routes.append(_route(scenario, travel, f"{prefix}{len(routes) + 1:03d}", group, spare))
    unserved = () if left is None else (_unserved(left.passenger_id),)
    return make_plan(
        *routes,
        plan_id="invented-plan",
        unserved=unserved,
        not_planned=scenario.not_planned(),
        digests={"scenario": "a" * 64, "travel": "0" * 64},
        made_with={"schoolrun": "0.1.0", "seed": 1, "iterations": 120_000},
    )


def _unserved(passenger_id: str) -> Unserved:
    return Unserved(
        passenger_id=passenger_id,
        cause="ride_over_cap",
        sentence="Even the direct drive of 62 minutes is longer than their own limit of 45 minutes.",
        relaxation="Raise their own limit from 45 to 62 minutes.",
        taxi_pence_per_day=9_450,
    )


def _groups(scenario: Scenario, people: Sequence[Passenger], fill: float) -> list[list[Passenger]]:
    def bearing(p: Passenger) -> float:
        home, gate = (
            scenario.place_by_id[f"home:{p.passenger_id}"],
            scenario.place_by_id[scenario.gate_of(p).place_id],
        )
        return math.atan2(home.lat - gate.lat, home.lon - gate.lon)

    groups: list[list[Passenger]] = [[p] for p in people if p.solo]
    size = max(1, round((10 if len(people) > 14 else 4) * fill))
    open_group: list[Passenger] = []
    for p in sorted((p for p in people if not p.solo), key=bearing):
        if len(open_group) >= size:
            groups.append(open_group)
            open_group, size = [], max(1, round((3 if size > 4 else 4) * fill))
        open_group.append(p)
    return [*groups, open_group] if open_group else groups


def _route(
    scenario: Scenario, travel: TravelMatrix, route_id: str, group: Sequence[Passenger], spare: list[str]
) -> Route:
    def far(p: Passenger) -> int:
        return -travel.seconds_between(Leg.AM, f"home:{p.passenger_id}", scenario.gate_of(p).place_id)

    am = [p.passenger_id for p in sorted(group, key=far)]
    n_chairs, n_pas = (
        sum(p.uses_wheelchair_place for p in group),
        int(any(p.pa_need is PaNeed.SHARED for p in group)),
    )
    n_seats = len(group) - n_chairs + n_pas
    class_id, layout = next(
        (vehicle_class.class_id, layout)
        for vehicle_class in scenario.vehicle_classes
        for layout in vehicle_class.layouts
        if layout.holds(n_seats=n_seats, n_wheelchairs=n_chairs)
    )
    extra: dict[str, str] = {}
    if class_id == "MINIBUS16" and spare:
        extra = {"vehicle_id": spare.pop()}
    elif class_id in ("SALOON4", "WAV"):
        extra = {"operator_id": "OP1" if class_id == "SALOON4" else "OP2"}
    fitted = (layout.seats, layout.wheelchairs)
    return route_of(scenario, travel, route_id, am, am[::-1], class_id=class_id, layout=fitted, n_pas=n_pas, **extra)


def _baseline(scenario: Scenario, travel: TravelMatrix) -> Baseline:
    plan = _plan(scenario, travel, fill=0.7, prefix="T")
    plan = replace(plan, plan_id="today")
    breakdown = cost_of(plan, scenario, travel)
    return Baseline(
        plan=plan,
        breakdown=breakdown,
        objective=objective_of(plan, scenario, travel, breakdown),
        violations=check_plan(plan, scenario, travel),
        rides=tuple(rides_of(plan, scenario, travel)),
    )


def _wiggly_paths(
    scenario: Scenario, plan: Plan, rng: np.random.Generator
) -> dict[tuple[str, Leg], tuple[np.ndarray, ...]]:
    paths = {}
    for route in plan.routes:
        for leg in LEGS:
            runs = [run for run in route.runs if run.leg is leg]
            paths[route.route_id, leg] = tuple(
                _wiggle(
                    np.array(
                        [
                            (scenario.place_by_id[s.place_id].lat, scenario.place_by_id[s.place_id].lon)
                            for s in run.stops
                        ]
                    ),
                    rng,
                )
                for run in runs
            )
    return paths


def _wiggle(corners: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    parts = [corners[:1]]
    for a, b in pairwise(corners):
        n = max(2, int(np.hypot(*(b - a)) / 0.0006))
        steps = np.linspace(0, 1, n)[1:, None]
        corner = np.array([a[0], b[1]]) * 0.5 + (a + b) / 2 * 0.5
        curve = (1 - steps) ** 2 * a + 2 * steps * (1 - steps) * corner + steps**2 * b
        curve[:-1] += rng.normal(0, 0.00012, curve[:-1].shape)
        parts.append(curve)
    return np.vstack(parts)
