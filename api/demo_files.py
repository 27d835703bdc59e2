"""Writes an invented council as a scenario folder, and adds up roughly what its routes of today cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from api.demo_passengers import DemoPassenger, DemoPeople, make_demo_people, passenger_row
from api.demo_places import Spots, clock, demo_facts
from api.demo_routes import DemoRoute, TripEstimate, day_metres, grow_routes, price_routes
from api.demo_schools import DemoSchool
from api.demo_supply import (
    DemoFleet,
    DemoOperator,
    class_rows,
    contract_rows,
    fleet_rows,
    give_to_fleet,
    give_to_operators,
    make_fleet,
    make_operators,
    operator_rows,
)
from transport.files.tables import write_table
from transport.policy import Policy

_WISHED = ("ride_target_primary_s", "ride_target_secondary_s", "ride_target_post16_s")
_REVIEW_DAYS = 150
_DAYS_A_YEAR = 190
_M_PER_MILE = 1609.344

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCouncil:
    """Everything that goes into the folder."""

    name: str
    starts_on: date
    schools: tuple[DemoSchool, ...]
    people: DemoPeople
    fleet: DemoFleet
    operators: tuple[DemoOperator, ...]
    routes: tuple[DemoRoute, ...]


def make_demo_council(
    *, name: str, schools: Sequence[DemoSchool], homes: Spots, n_passengers: int, n_later: int, seed: int
) -> DemoCouncil:
    """Invent passengers, routes of today, vehicles and operators around given settings and homes."""
    starts_on = date.fromisoformat(demo_facts("borough")["calendar"]["starts_on"])
    classes = demo_facts("supply")["class"]
    people = make_demo_people(
        schools=schools,
        homes=homes,
        n_passengers=n_passengers,
        n_later=n_later,
        seed=seed,
        starts_on=starts_on,
    )
    trips = TripEstimate(schools)
    rng = np.random.default_rng([seed, 4])
    routes = grow_routes(rng, schools=schools, people=people, classes=classes, trips=trips)
    fleet = make_fleet(rng, homes, n_passengers)
    give_to_fleet(routes, fleet, classes)
    price_routes(rng, routes, classes, trips)
    operators = make_operators(rng, homes, routes, classes, n_passengers)
    give_to_operators(rng, routes, operators)
    return DemoCouncil(
        name=name,
        starts_on=starts_on,
        schools=tuple(schools),
        people=people,
        fleet=fleet,
        operators=tuple(operators),
        routes=tuple(routes),
    )


def rough_cost_pence_per_year(council: DemoCouncil) -> int:
    """Cost of today's routes in 190 days: day rates as given, the fleet by crow-fly miles and policy prices.

    Days of part-week passengers are not taken out, so this is a little more than the exact cost.
    """
    trips = TripEstimate(council.schools)
    return _DAYS_A_YEAR * sum(_day_pence(route, trips, Policy()) for route in council.routes)


def _day_pence(route: DemoRoute, trips: TripEstimate, policy: Policy) -> int:
    if not route.vehicle_id:
        return route.day_rate_pence + route.n_pas * route.pa_day_rate_pence
    miles = day_metres(route, trips) / _M_PER_MILE
    driver = policy.driver_pence_per_hour * policy.driver_min_paid_s // 3600
    assistant = policy.council_pa_pence_per_hour * policy.council_pa_min_paid_s // 3600
    running = round(policy.fleet_mile_rate_pence * miles)
    return policy.fleet_fixed_pence_per_day + running + driver + route.n_pas * assistant


def write_demo_folder(folder: Path, council: DemoCouncil, *, seed: int, members_wish: bool = False) -> None:
    """Write the scenario folder; the same council and seed give the same bytes.

    Parameters
    ----------
    members_wish : cap the ride targets at the 50 minutes that Sandwell's members asked for.
    """
    classes = demo_facts("supply")["class"]
    rng = np.random.default_rng([seed, 5])
    depots, vehicles = fleet_rows(council.fleet)
    operators, operator_vehicles = operator_rows(council.operators, classes)
    tables: dict[str, Sequence[Row]] = {
        "scenario": _settings(
            {
                "name": council.name,
                "starts_on": council.starts_on.isoformat(),
                "invented": "yes",
                "first_week": "A",
            }
        ),
        "policy": _settings(_ride_targets(members_wish)),
        "calendar": _calendar_rows(rng, council.schools),
        "schools": [_school_row(school) for school in council.schools],
        "school_times": [_friday_row(s) for s in council.schools if s.friday_finish_s is not None],
        "passengers": _passenger_rows(council, council.people.passengers, drop=("starts_on",)),
        "passenger_days": _day_rows(council.people.passengers),
        "never_together": _apart_rows(council),
        "keep_together": _sibling_rows(council.people),
        "vehicle_classes": class_rows(classes),
        "depots": depots,
        "fleet_vehicles": vehicles,
        "operators": operators,
        "operator_vehicles": operator_vehicles,
        "contracts": contract_rows(rng, council.routes, council.starts_on),
        "current_routes": _route_rows(council),
        "later_arrivals": _passenger_rows(council, council.people.later, drop=()),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        if rows:
            write_table(folder, name, rows)


def _settings(values: Mapping[str, str]) -> list[Row]:
    return [{"setting": name, "value": value} for name, value in values.items()]


def _ride_targets(members_wish: bool) -> dict[str, str]:
    """The targets in full, so that whoever edits the folder sees where they stand."""
    wish_s = demo_facts("borough")["members_wish"]["ride_target_s"]
    targets = {name: int(getattr(Policy(), name)) for name in _WISHED}
    return {name: str(min(value, wish_s) if members_wish else value) for name, value in targets.items()}


def _calendar_rows(rng: np.random.Generator, schools: Sequence[DemoSchool]) -> list[Row]:
    """Terms, bank holidays, and a day or two of INSET at some settings."""
    knobs = demo_facts("borough")
    terms = [("term", first, last, "", "") for first, last in knobs["calendar"]["terms"]]
    closures = [("closure", on, "", "", reason) for on, reason in knobs["calendar"]["bank_holidays"]]
    inset = knobs["calendar"]["inset_days"]
    for school in schools:
        if rng.random() * 100 < knobs["session"]["inset_share_pct"]:
            days = sorted(int(i) for i in rng.choice(len(inset), size=int(rng.integers(1, 3)), replace=False))
            closures += [("closure", inset[i], "", school.school_id, "INSET day") for i in days]
    columns = ("kind", "first_day", "last_day", "school_id", "reason")
    return [dict(zip(columns, row, strict=True)) for row in [*terms, *closures]]


def _school_row(school: DemoSchool) -> Row:
    return {
        "school_id": school.school_id,
        "name": school.name,
        "urn": school.urn,
        **school.spot.cells,
        "start_time": clock(school.start_s),
        "finish_time": clock(school.finish_s),
    }


def _friday_row(school: DemoSchool) -> Row:
    finish_s = school.finish_s if school.friday_finish_s is None else school.friday_finish_s
    times = {"start_time": clock(school.start_s), "finish_time": clock(finish_s)}
    return {"school_id": school.school_id, "weekday": "fri", **times}


def _passenger_rows(council: DemoCouncil, passengers: Sequence[DemoPassenger], *, drop: Sequence[str]) -> list[Row]:
    rows = [passenger_row(p, council.schools[p.school_idx].school_id) for p in passengers]
    return [{name: value for name, value in row.items() if name not in drop} for row in rows]


def _day_rows(passengers: Sequence[DemoPassenger]) -> list[Row]:
    return [{"passenger_id": p.passenger_id, **row} for p in passengers for row in p.day_rows]


def _apart_rows(council: DemoCouncil) -> list[Row]:
    review_on = council.starts_on + timedelta(days=_REVIEW_DAYS)
    return [
        {
            "passenger_id_1": a,
            "passenger_id_2": b,
            "reason": reason,
            "owner": "travel assistance officer",
            "review_on": review_on,
        }
        for a, b, reason in council.people.apart
    ]


def _sibling_rows(people: DemoPeople) -> list[Row]:
    return [
        {"group_id": f"K{number:02d}", "passenger_id": passenger_id, "reason": "siblings"}
        for number, pair in enumerate(people.siblings, 1)
        for passenger_id in pair
    ]


def _route_rows(council: DemoCouncil) -> list[Row]:
    """One row per passenger; what is said of the whole route stands on its first row."""
    trips = TripEstimate(council.schools)
    rows: list[Row] = []
    for route in council.routes:
        am, pm = (_order(trips, route, leg) for leg in ("AM", "PM"))
        ids = sorted((p.passenger_id for p in route.members), key=lambda pid: (am.get(pid, 99), pm.get(pid, 99)))
        for idx, pid in enumerate(ids):
            orders = {"am_order": am.get(pid), "pm_order": pm.get(pid)}
            rows.append({**_route_cells(route, blank=idx > 0), "passenger_id": pid, **orders})
    return rows


def _order(trips: TripEstimate, route: DemoRoute, leg: str) -> dict[str, int]:
    """Position of each passenger on a leg, from 1."""
    return {p.passenger_id: n for n, p in enumerate(trips.stops(route.members, leg)[0], 1)}


def _route_cells(route: DemoRoute, *, blank: bool) -> Row:
    if blank:
        return {"route_id": route.route_id}
    bought = not route.vehicle_id
    return {
        "route_id": route.route_id,
        "kind": "bought" if bought else "fleet",
        "class_id": route.class_id,
        "vehicle_id": route.vehicle_id,
        "operator_id": route.operator_id,
        "lot_id": route.lot_id,
        "day_rate_pence": route.day_rate_pence if bought else None,
        "pa_day_rate_pence": route.pa_day_rate_pence if bought else None,
        "n_pas": route.n_pas,
        "keep": False,
        "known_am_min": route.known_min.get("AM"),
        "known_pm_min": route.known_min.get("PM"),
    }
