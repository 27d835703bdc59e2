"""Plans: the list, one plan with its map and checks, one route stop by stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from api.auth.permissions import Permission
from api.editing import before_edit
from api.endpoints.shapes import After, RecordIdPath
from api.pages.passengers import named
from api.pages.plan_reading import OpenedPlan, open_for
from api.pages.rendering import go_to, page
from api.pages.spreadsheets import XLSX, spreadsheet
from api.pages.visit import Opens, Visit
from api.pages.words import moment_words
from api.report.findings import findings_of, long_rides_of
from api.report.route_map import group_of_route, school_groups
from api.report.route_view import RouteView
from api.store.faults import NotInStoreError
from api.store.jobs import n_open_jobs
from api.store.plans import StoredPlan, list_plans, propose, standing_plans
from transport.calendar import LEGS, Leg, days_words
from transport.check import Ride
from transport.files.plan_geojson import point_of
from transport.files.plan_reasons import make_reason_of
from transport.files.plan_trips import school_ids_of, usual_run
from transport.files.plan_words import minutes, pounds

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.PLANS_READ))]
FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.PLANS_WRITE))]


_PLAN_HEADS = ("Plan", "Title", "State", "Schools it holds for", "Routes", "Not carried", "A week", "Stored")
_ROUTE_HEADS = ("Route", "Vehicle", "Driven by", "Schools", "Passengers", "Longest ride, minutes", "A week")


@dataclass(frozen=True, slots=True, kw_only=True)
class RideLine:
    """A passenger's ride beside its limits, in minutes; `share_pct` of the limit for the bar."""

    passenger_id: str
    leg: str
    days: str
    ride_min: int
    walk_min: int
    target_min: int
    cap_min: int
    share_pct: int
    is_over: bool
    reason: str


@router.get("/plans")
def show_plans(visit: Reader, form: str = "") -> Response:
    """Every plan, the newest first, and for how many schools each holds."""
    with visit.store.read() as session:
        plans = sorted(list_plans(session), key=lambda plan: plan.stored_at, reverse=True)
        holders = list(standing_plans(session).values())
        n_open = n_open_jobs(session)
    rows = [
        {
            "plan": plan, "n_schools": holders.count(plan.plan_id), "stored": moment_words(plan.stored_at),
            "week": pounds(plan.figures.get("cost_pence_per_week", 0), pennies=False),
        }
        for plan in plans
    ]  # fmt: skip
    if form == XLSX and rows:
        return spreadsheet(visit, ("plan", "list"), "Plans", _PLAN_HEADS, [_plan_cells(row) for row in rows])
    return page(visit, "plans.html", rows=rows, n_open=n_open)


@router.get("/plans/{plan_id}")
def show_plan(plan_id: RecordIdPath, visit: FileReader, school: After = "", form: str = "") -> Response:
    """One plan: figures, checks, who is not carried, the map and the list of routes."""
    stored, opened = open_for(visit, plan_id, "plan")
    with visit.store.read() as session:
        holds_for = [sid for sid, holder in standing_plans(session).items() if holder == plan_id]
        before_id = before_edit(session, plan_id)
    scenario = opened.outcome.scenario
    served = sorted({sid for route in opened.outcome.plan.routes for sid in school_ids_of(route)})
    own = {r.route_id for r in opened.outcome.plan.routes if not school or school in school_ids_of(r)}
    if form == XLSX:
        cells = [
            (r.route_id, r.class_id, r.driven_by, r.schools, r.n_passengers, r.longest_ride_min, r.week)
            for r in opened.routes
            if r.route_id in own
        ]
        notes = [f"Plan {plan_id}: {stored.title}"]
        return spreadsheet(visit, ("plan", plan_id), "Routes", _ROUTE_HEADS, cells, notes=notes)
    long_rides = long_rides_of(opened.outcome)
    return page(
        visit, "plan.html", stored=stored, before_id=before_id, opened=opened, k=opened.kpis, outcome=opened.outcome,
        routes=[route for route in opened.routes if route.route_id in own], school=school,
        schools=[(sid, scenario.school_by_id[sid].name) for sid in served], holds_for=holds_for,
        hard=findings_of(opened.outcome.hard_violations, share=False),
        soft=findings_of(opened.outcome.soft_violations, share=False),
        long_rides=long_rides[:50], n_long_rides=len(long_rides), certificate=certificate_words(opened),
        unserved=opened.outcome.plan.unserved, not_planned=opened.outcome.plan.not_planned,
    )  # fmt: skip


@router.get("/plans/{plan_id}/routes/{route_id}")
def show_route(plan_id: RecordIdPath, route_id: RecordIdPath, visit: FileReader) -> Response:
    """One route: stops in order with loads, the layout, PAs, each ride beside its limit, and what it costs."""
    stored, opened = open_for(visit, plan_id, f"route {route_id}"[:80])
    route = _route(opened, stored, route_id)
    reason_of = make_reason_of(opened.outcome.plan)
    rides = [_ride_line(ride, reason_of(ride)) for ride in opened.outcome.rides if ride.route_id == route_id]
    faults = [v.sentence for v in opened.outcome.violations if v.route_id == route_id and v.hard]
    at = opened.routes.index(route)
    around = (opened.routes[at - 1] if at else None, opened.routes[at + 1] if at + 1 < len(opened.routes) else None)
    with visit.store.read() as session:
        before_id = before_edit(session, plan_id)
    return page(
        visit,
        "route.html",
        stored=stored,
        before_id=before_id,
        opened=opened,
        route=route,
        rides=rides,
        faults=faults,
        around=around,
        names=named(visit, sorted({ride.passenger_id for ride in rides}), "route"),
    )


@router.get("/plans/{plan_id}/map.geojson")
def get_map(plan_id: RecordIdPath, visit: FileReader, route: After = "") -> Response:
    """Lines of every route with schools and depots; or of one route with its stops in order."""
    _, opened = open_for(visit, plan_id, "map")
    features = _route_features(opened, route) if route else _plan_features(opened)
    approximate = bool(opened.map.get("approximate", opened.outcome.approximate))
    return JSONResponse({"type": "FeatureCollection", "approximate": approximate, "features": features})


@router.post("/plans/{plan_id}/propose")
def propose_plan(plan_id: RecordIdPath, visit: Writer) -> Response:
    """Put a draft forward, to be published."""
    with visit.store.change(visit.caller) as work:
        propose(work, plan_id, expected_version=visit.version())
    return go_to(f"/plans/{plan_id}/publish?done=proposed")


def _plan_cells(row: Mapping[str, Any]) -> tuple[object, ...]:
    plan: StoredPlan = row["plan"]
    figures = (int(plan.figures.get(name, 0)) for name in ("n_routes", "n_unserved"))
    return (plan.plan_id, plan.title, plan.status, row["n_schools"], *figures, row["week"], row["stored"])


def certificate_words(opened: OpenedPlan) -> str:
    """What is proven about the plan's cost, in a plain sentence."""
    certificate = opened.outcome.plan.certificate
    if certificate is None:
        return "No lower bound has been computed for this plan, so nobody can say how far it is from the cheapest one."
    return f"{certificate.words[0].upper()}{certificate.words[1:]}."


def _route(opened: OpenedPlan, stored: StoredPlan, route_id: str) -> RouteView:
    found = opened.route_named(route_id)
    if found is None:
        raise NotInStoreError(f"plan {stored.plan_id}: has no such route")
    return found


def _ride_line(ride: Ride, reason: str) -> RideLine:
    return RideLine(
        passenger_id=ride.passenger_id, leg="Morning" if ride.leg is Leg.AM else "Afternoon",
        days=days_words(ride.days), ride_min=minutes(ride.ride_s), walk_min=minutes(ride.walk_s),
        target_min=minutes(ride.target_s), cap_min=minutes(ride.cap_s),
        share_pct=min(100, round(100 * ride.ride_s / ride.cap_s)), is_over=ride.over_target_s > 0,
        reason=reason if ride.over_target_s > 0 else "",
    )  # fmt: skip


def _plan_features(opened: OpenedPlan) -> list[Mapping[str, Any]]:
    outcome = opened.outcome
    groups = school_groups(outcome.scenario, outcome.plan)
    group_by_route = {
        route.route_id: group_of_route(outcome.plan, idx, groups) for idx, route in enumerate(outcome.plan.routes)
    }
    lines = [
        {**f, "properties": {"feature": "route", "route_id": f["properties"]["route_id"],
                             "leg": f["properties"]["leg"], "group": group_by_route[f["properties"]["route_id"]]}}
        for f in opened.map["features"]
        if f["properties"]["feature"] == "route" and f["properties"]["route_id"] in group_by_route
    ]  # fmt: skip
    return [*lines, *_gate_features(opened, {sid for r in outcome.plan.routes for sid in school_ids_of(r)})]


def _route_features(opened: OpenedPlan, route_id: str) -> list[Mapping[str, Any]]:
    route = next((r for r in opened.outcome.plan.routes if r.route_id == route_id), None)
    if route is None:
        return []
    own = [f for f in opened.map["features"] if f["properties"].get("route_id") == route_id]
    lines = [f for f in own if f["properties"]["feature"] == "route"]
    # The line is that of the day type with most days, and so are the numbers along it.
    usual = {(leg.value, days_words(run.days)) for leg in LEGS if (run := usual_run(route, leg)) is not None}
    stops = [
        {**f, "properties": {"feature": "stop", "leg": f["properties"]["leg"], "stop_no": f["properties"]["stop_no"]}}
        for f in own
        if f["properties"]["feature"] == "stop" and (f["properties"]["leg"], f["properties"]["days"]) in usual
    ]
    return [*lines, *stops, *_gate_features(opened, set(school_ids_of(route)))]


def _gate_features(opened: OpenedPlan, school_ids: set[str]) -> list[Mapping[str, Any]]:
    scenario = opened.outcome.scenario
    return [
        {
            "type": "Feature",
            "geometry": point_of(scenario.place_by_id[gate.place_id].lat, scenario.place_by_id[gate.place_id].lon),
            "properties": {"feature": "school", "name": school.name},
        }
        for school in scenario.schools
        if school.school_id in school_ids
        for gate in school.gates
    ]
