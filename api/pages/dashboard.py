"""Figures of the plan that holds, each leading to what it is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.pages.plan_reading import OpenedPlan, open_for, standing_ids
from api.pages.rendering import page
from api.pages.visit import Opens, Visit
from api.report.kpis import Kpis, occupancy_pct_of, solo_ids_of
from api.store.faults import NotInStoreError
from transport.files.plan_trips import school_ids_of
from transport.files.plan_words import minutes, plural, pounds
from transport.plan import Route, RouteKind

router = APIRouter(include_in_schema=False)

FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the dashboard.

    Attributes
    ----------
    name : last part of the address of what it is made of.
    number, sub : in words, from the plan's figures. heads, rows : the table it is made of.
    """

    name: str
    label: str
    number: Callable[[Kpis], str]
    sub: Callable[[Kpis], str]
    meaning: str
    heads: tuple[str, ...]
    rows: Callable[[OpenedPlan], Rows]


def _by_kind(opened: OpenedPlan) -> Rows:
    from api.report.route_view import COST_WORDS

    by_kind = sorted(opened.outcome.breakdown.week_pence_by_kind.items(), key=lambda item: -item[1])
    return [(COST_WORDS[kind], pounds(pence)) for kind, pence in by_kind if pence]


def _routes(opened: OpenedPlan) -> Rows:
    return [(_link(opened, v.route_id), v.schools, v.n_passengers, v.driven_by, v.week) for v in opened.routes]


def _occupancy(opened: OpenedPlan) -> Rows:
    found = [(_share_of(opened, route), route) for route in opened.outcome.plan.routes]
    return [
        (_link(opened, route.route_id), route.class_id, len(route.passenger_ids), f"{pct:.0f}%")
        for pct, route in sorted(found, key=lambda item: item[0])
    ]


def _share_of(opened: OpenedPlan, route: Route) -> float:
    return occupancy_pct_of(replace(opened.outcome.plan, routes=(route,)))


def _solo(opened: OpenedPlan) -> Rows:
    alone = set(solo_ids_of(opened.outcome.plan))
    people = opened.outcome.scenario.passenger_by_id
    return [
        ((pid, f"/passengers/{pid}"), _link(opened, r.route_id), r.class_id,
         "must travel alone" if people[pid].solo else "no")
        for r in opened.outcome.plan.routes
        for pid in r.passenger_ids
        if pid in alone
    ]  # fmt: skip


def _long(opened: OpenedPlan) -> Rows:
    over = [ride for ride in opened.outcome.rides if ride.over_target_s > 0]
    return [
        ((r.passenger_id, f"/passengers/{r.passenger_id}"), _link(opened, r.route_id), minutes(r.journey_s),
         minutes(r.target_s), minutes(r.cap_s))
        for r in sorted(over, key=lambda r: -r.over_target_s)
    ]  # fmt: skip


def _fleet(opened: OpenedPlan) -> Rows:
    routes: dict[str, list[str]] = defaultdict(list)
    for route in opened.outcome.plan.routes:
        if route.kind is RouteKind.FLEET:
            routes[str(route.vehicle_id)].append(route.route_id)
    return [
        (v.vehicle_id, v.class_id, ", ".join(routes.get(v.vehicle_id, ())) or "not used")
        for v in opened.outcome.scenario.fleet_vehicles
    ]


def _pas(opened: OpenedPlan) -> Rows:
    need = opened.outcome.scenario.passenger_by_id
    rows: Rows = []
    for view, route in zip(opened.routes, opened.outcome.plan.routes, strict=True):
        if view.n_pas:
            needing = sum(need[pid].pa_need.value != "none" for pid in route.passenger_ids)
            rows.append((_link(opened, route.route_id), view.n_pas, needing, len(route.passenger_ids)))
    return rows


def _link(opened: OpenedPlan, route_id: str) -> tuple[str, str]:
    # The page puts the plan's address in front: a plan does not know under which id it is stored.
    return route_id, f"routes/{route_id}"


FIGURES = (
    Figure(
        name="cost", label="Cost a year", number=lambda k: pounds(k.year_pence, pennies=False),
        sub=lambda k: f"{pounds(k.week_pence, pennies=False)} a week of operation",
        meaning="What a week of operation costs, by kind of cost.", heads=("Kind", "A week"), rows=_by_kind,
    ),
    Figure(
        name="per-passenger", label="Cost per passenger a year",
        number=lambda k: pounds(k.per_passenger_year_pence, pennies=False),
        sub=lambda k: plural(k.n_carried, "passenger"), meaning="A year's cost, shared among the passengers carried.",
        heads=("Route", "Schools", "Passengers", "Driven by", "A week"), rows=_routes,
    ),
    Figure(
        name="per-route-day", label="Cost per route and day", number=lambda k: pounds(k.per_route_day_pence),
        sub=lambda k: plural(k.n_routes, "route"), meaning="A week's cost, shared among the days on which routes run.",
        heads=("Route", "Schools", "Passengers", "Driven by", "A week"), rows=_routes,
    ),
    Figure(
        name="occupancy", label="Places filled", number=lambda k: f"{k.occupancy_pct:.0f}%",
        sub=lambda k: f"{k.passengers_per_vehicle:.1f} passengers a vehicle",
        meaning="Passengers by places of the layouts in use, the emptiest routes first.",
        heads=("Route", "Vehicle", "Passengers", "Places filled"), rows=_occupancy,
    ),
    Figure(
        name="solo", label="Travelling alone", number=lambda k: f"{k.solo_pct:.1f}%",
        sub=lambda k: f"{k.n_solo:,} of {k.n_carried:,} passengers",
        meaning="Passengers with nobody else on any of their runs, and whether their needs ask for it.",
        heads=("Passenger", "Route", "Vehicle", "Needed"), rows=_solo,
    ),
    Figure(
        name="rides", label="Journeys over their target", number=lambda k: f"{100 - k.rides.within_target_pct:.1f}%",
        sub=lambda k: f"over 45 minutes {k.rides.over_45_pct:.1f}%, over 75 minutes {k.rides.over_75_pct:.1f}%",
        meaning="Journeys longer than wished for, the longest over first. Minutes, walk included.",
        heads=("Passenger", "Route", "Minutes", "Target", "Limit on board"), rows=_long,
    ),
    Figure(
        name="fleet", label="Council’s vehicles in use", number=lambda k: f"{k.n_fleet_used:,} of {k.n_fleet:,}",
        sub=lambda k: plural(k.n_fleet_routes, "route"), meaning="Each vehicle of the council with its routes.",
        heads=("Vehicle", "Class", "Routes"), rows=_fleet,
    ),
    Figure(
        name="pas", label="Passenger assistants", number=lambda k: f"{k.n_pas:,}", sub=lambda k: "at the busiest time",
        meaning="Routes with passenger assistants, and how many passengers on them need one.",
        heads=("Route", "Assistants", "Passengers who need one", "Passengers"), rows=_pas,
    ),
)  # fmt: skip
_BY_NAME = {figure.name: figure for figure in FIGURES}


@router.get("/dashboard")
def show_dashboard(visit: FileReader) -> Response:
    """The main figures of the plan that holds, and of each school."""
    plan_id = _plan_id(visit)
    if not plan_id:
        return page(visit, "dashboard.html", stored=None, tiles=(), schools=())
    stored, opened = open_for(visit, plan_id, "dashboard")
    tiles = [(f.label, f.number(opened.kpis), f.sub(opened.kpis), f.name) for f in FIGURES]
    return page(visit, "dashboard.html", stored=stored, tiles=tiles, schools=_schools(opened))


@router.get("/dashboard/{name}")
def show_figure(name: str, visit: FileReader) -> Response:
    """What one figure is made of."""
    figure, plan_id = _BY_NAME.get(name), _plan_id(visit)
    if figure is None or not plan_id:
        raise NotInStoreError("there is no such figure, or no plan holds")
    stored, opened = open_for(visit, plan_id, f"figure {name}")
    rows = [tuple(_placed(cell, plan_id) for cell in row) for row in figure.rows(opened)]
    return page(
        visit, "figure.html", stored=stored, figure=figure, number=figure.number(opened.kpis),
        sub=figure.sub(opened.kpis), rows=rows,
    )  # fmt: skip


def _placed(cell: object, plan_id: str) -> object:
    """A cell; where it leads into the plan, with the plan's address in front."""
    if not isinstance(cell, tuple):
        return cell
    words, address = cell
    return words, address if address.startswith("/") else f"/plans/{plan_id}/{address}"


def _plan_id(visit: Visit) -> str:
    with visit.store.read() as session:
        return next(iter(standing_ids(session)), "")


def _schools(opened: OpenedPlan) -> Rows:
    """Each school: passengers carried, routes, longest ride; a route of several schools counts at each."""
    outcome = opened.outcome
    people = outcome.scenario.passenger_by_id
    carried: dict[str, int] = defaultdict(int)
    n_routes: dict[str, int] = defaultdict(int)
    longest_s: dict[str, int] = defaultdict(int)
    for route in outcome.plan.routes:
        for pid in route.passenger_ids:
            carried[people[pid].school_id] += 1
        for school_id in school_ids_of(route):
            n_routes[school_id] += 1
    for ride in outcome.rides:
        school_id = people[ride.passenger_id].school_id
        longest_s[school_id] = max(longest_s[school_id], ride.ride_s)
    names = {school.school_id: school.name for school in outcome.scenario.schools}
    return [
        (names[sid], n, n_routes[sid], minutes(longest_s[sid]))
        for sid, n in sorted(carried.items(), key=lambda item: (-item[1], names[item[0]]))
    ]
