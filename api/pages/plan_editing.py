"""A plan edited by hand: what an edit breaks, moves and costs, before it is kept; and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.editing import Answer, answer_of, keep, make_kept, make_undone, undo
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath
from api.in_year_quotes import signed
from api.pages.passengers import named
from api.pages.plan_reading import OpenedPlan, open_for
from api.pages.rendering import go_to, page
from api.pages.visit import Opens, Visit
from api.plan_edits import Edit, EditKind
from api.store.faults import NotAllowedYetError, NotInStoreError
from api.store.quotes import newest_of
from transport.calendar import LEGS, Leg, days_words
from transport.files.faults import InputFaults
from transport.files.plan_trips import school_ids_of
from transport.files.plan_words import clock
from transport.plan import Route
from transport.scenario import Scenario

router = APIRouter(include_in_schema=False)

Writer = Annotated[Visit, Depends(Opens(permission=Permission.PLANS_WRITE))]

NEW_ROUTE = "new"
_LEG_WORDS = {Leg.AM: "Morning: order of boarding", Leg.PM: "Afternoon: order of alighting"}
_MOST_TIMES = 200
_FIELDS = ("kind", "passenger_id", "to", "leg", "vehicle", "layout", "pin_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """What an edit does, in words.

    Attributes
    ----------
    broken : rules that it would newly break. wishes : soft ones of those whom it touches.
    times : passenger, when, before, after.
    """

    can_be_kept: bool
    broken: tuple[str, ...]
    wishes: tuple[str, ...]
    a_week: str
    a_year: str
    n_disturbed: int
    times: tuple[tuple[str, str, str, str], ...]
    routes: tuple[tuple[str, str, str], ...]


@router.get("/plans/{plan_id}/routes/{route_id}/edit")
def show_edit(plan_id: RecordIdPath, route_id: RecordIdPath, visit: Writer) -> Response:
    """Forms for everything that can be changed about a route."""
    return _shown(visit, plan_id, route_id)


@router.post("/plans/{plan_id}/routes/{route_id}/edit")
def preview(plan_id: RecordIdPath, route_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """What an edit would break, move and cost; nothing is stored."""
    try:
        with plans.at_once:
            found = answer_of(plans, plan_id, edit_of(visit, route_id), date.today())
    except (InputFaults, NotAllowedYetError) as error:
        return _shown(visit, plan_id, route_id, refusal=_refusal(error))
    return _shown(visit, plan_id, route_id, answer=_view(found, route_id))


@router.post("/plans/{plan_id}/routes/{route_id}/keep")
def keep_edit(plan_id: RecordIdPath, route_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Keep an edit: the next plan, proposed; the one before is a click away."""
    try:
        kept = make_kept(visit.store, plans, plan_id, edit_of(visit, route_id), date.today())
    except (InputFaults, NotAllowedYetError) as error:
        return _shown(visit, plan_id, route_id, refusal=_refusal(error))
    with visit.store.change(visit.caller) as work:
        after_id = keep(work, kept).plan_id
    left = {route.route_id for route in kept.sealed.found.plan.routes}
    where = f"/routes/{route_id}" if route_id in left else ""
    return go_to(f"/plans/{after_id}{where}?done=edited")


@router.post("/plans/{plan_id}/undo")
def undo_edit(plan_id: RecordIdPath, visit: Writer) -> Response:
    """Take an edit back: the plan before once more, as the next one."""
    undone = make_undone(visit.store, plan_id)
    with visit.store.change(visit.caller) as work:
        after_id = undo(work, undone).plan_id
    return go_to(f"/plans/{after_id}?done=undone")


def edit_of(visit: Visit, route_id: str) -> Edit:
    """The edit that a form asks for.

    Raises
    ------
    InputFaults
        When it is none.
    """
    kind = visit.text("kind")
    if kind == EditKind.MOVE_PASSENGER:
        to = visit.text("to")
        target = None if to in ("", NEW_ROUTE) else to
        passenger_id = visit.text("passenger_id")
        return Edit(
            kind=EditKind.MOVE_PASSENGER, passenger_id=passenger_id, route_id=target, on_new_route=to == NEW_ROUTE
        )
    if kind == EditKind.TAKE_OUT:
        return Edit(kind=EditKind.TAKE_OUT, passenger_id=visit.text("passenger_id"))
    if kind == EditKind.REORDER_STOPS:
        leg = Leg.PM if visit.text("leg") == Leg.PM else Leg.AM
        return Edit(kind=EditKind.REORDER_STOPS, route_id=route_id, leg=leg, passenger_ids=_order(visit))
    if kind == EditKind.CHANGE_VEHICLE:
        what, _, which = visit.text("vehicle").partition(":")
        class_id, _, operator_id = which.partition(":")
        if what == "own":
            return Edit(kind=EditKind.CHANGE_VEHICLE, route_id=route_id, vehicle_id=which)
        return Edit(kind=EditKind.CHANGE_VEHICLE, route_id=route_id, class_id=class_id, operator_id=operator_id or None)
    if kind == EditKind.CHANGE_LAYOUT:
        seats, _, places = visit.text("layout").partition("+")
        n_seats, n_wheelchairs = (int(text) if text.isdecimal() and len(text) < 4 else -1 for text in (seats, places))
        return Edit(
            kind=EditKind.CHANGE_LAYOUT, route_id=route_id, n_seats=n_seats, n_wheelchairs=n_wheelchairs
        )  # fmt: skip
    return Edit(kind=EditKind.PIN, passenger_id=visit.text("passenger_id"), route_id=visit.text("pin_to") or None)


def _order(visit: Visit) -> tuple[str, ...]:
    """Passengers by the numbers beside them; of equal numbers, and of what is no number, as they stood."""
    rows = list(zip(visit.texts("stop_id"), visit.texts("stop_no"), strict=False))
    numbers = [float(text) if text.isdecimal() else float("inf") for _, text in rows]
    return tuple(rows[at][0] for at in sorted(range(len(rows)), key=lambda at: (numbers[at], at)))


def _shown(
    visit: Visit, plan_id: str, route_id: str, *, answer: AnswerView | None = None, refusal: str = ""
) -> Response:
    stored, opened = open_for(visit, plan_id, f"edit of route {route_id}"[:80])
    route = next((r for r in opened.outcome.plan.routes if r.route_id == route_id), None)
    if route is None:
        raise NotInStoreError(f"plan {plan_id}: has no such route")
    with visit.store.read() as session:
        newest_id = newest_of(session, plan_id)
    scenario = opened.outcome.scenario
    return page(
        visit, "route_edit.html", status=422 if refusal else 200, stored=stored, route=route,
        view=opened.route_named(route_id), answer=answer, refusal=refusal, newest_id=newest_id,
        sent=[(name, value) for name in (*_FIELDS, "stop_id", "stop_no") for value in visit.texts(name)],
        people=sorted(route.passenger_ids), names=named(visit, sorted(route.passenger_ids), "edit"),
        targets=_targets(opened, route),
        orders=[(leg, _LEG_WORDS[leg], _stops(visit, opened, route, leg)) for leg in LEGS if _pattern(route, leg)],
        vehicles=_vehicles(scenario), vehicle=_vehicle_of(route),
        layouts=[f"{x.seats}+{x.wheelchairs}" for x in scenario.class_by_id[route.class_id].layouts],
        pins=[r.route_id for r in scenario.current_routes],
    )  # fmt: skip


def _targets(opened: OpenedPlan, route: Route) -> list[tuple[str, str]]:
    """Routes that somebody may be moved to, those of the same schools first."""
    own = set(school_ids_of(route))
    schools = {r.route_id: set(school_ids_of(r)) for r in opened.outcome.plan.routes}
    views = [view for view in opened.routes if view.route_id != route.route_id]
    views.sort(key=lambda view: not own & schools[view.route_id])
    told = [(view.route_id, f"{view.route_id}: {view.schools}, {view.class_id}"[:90]) for view in views]
    return [("", "The cheapest other route"), (NEW_ROUTE, "A vehicle of their own"), *told]


def _pattern(route: Route, leg: Leg) -> Sequence[str]:
    pattern = route.am if leg is Leg.AM else route.pm
    return () if pattern is None else pattern.passenger_ids


def _stops(visit: Visit, opened: OpenedPlan, route: Route, leg: Leg) -> list[tuple[str, str]]:
    """Passengers in the order of a leg, or as the form has them, with their usual time."""
    times: dict[str, int] = {}
    for run in (run for run in route.runs if run.leg is leg):
        for stop in run.stops:
            for passenger_id in stop.boarding if leg is Leg.AM else stop.alighting:
                times.setdefault(passenger_id, stop.start_at_s)
    is_sent = visit.text("kind") == EditKind.REORDER_STOPS and visit.text("leg") == leg
    order = _order(visit) if is_sent else _pattern(route, leg)
    return [(pid, clock(times[pid]) if pid in times else "") for pid in order if pid in route.passenger_ids]


def _vehicles(scenario: Scenario) -> list[tuple[str, str]]:
    """Everything that could drive a route: the council's own, operators' and what is to be tendered."""
    own = [(f"own:{v.vehicle_id}", f"The council’s {v.vehicle_id}, {v.class_id}") for v in scenario.fleet_vehicles]
    held = [
        (f"bought:{class_id}:{operator.operator_id}", f"{class_id} of operator {operator.operator_id}")
        for operator in scenario.operators
        for class_id in sorted(operator.categories)
    ]
    new = [(f"bought:{c.class_id}:", f"{c.class_id}, to be tendered") for c in scenario.vehicle_classes]
    return [*own, *held, *new]


def _vehicle_of(route: Route) -> str:
    if route.vehicle_id is not None:
        return f"own:{route.vehicle_id}"
    return f"bought:{route.class_id}:{route.operator_id or ''}"


def _view(found: Answer, route_id: str) -> AnswerView:
    touched = {change.passenger_id for change in found.comparison.changed}
    figures: Mapping[str, Any] = found.comparison.figures()
    changes = found.comparison.changed
    times = tuple(
        (c.passenger_id, f"{'Morning' if t.leg is Leg.AM else 'Afternoon'}, {days_words(t.days)}",
         clock(t.at_s_before), clock(t.at_s))
        for c in changes for t in c.times
    )  # fmt: skip
    return AnswerView(
        can_be_kept=not found.new_hard,
        broken=tuple(v.sentence for v in found.new_hard),
        wishes=tuple(
            v.sentence
            for v in found.violations
            if not v.hard and (touched.intersection(v.passenger_ids) or v.route_id == route_id)
        ),
        a_week=signed(figures["extra_pence_per_week"]),
        a_year=signed(figures["extra_pence_per_year"], pennies=False),
        n_disturbed=figures["n_disturbed"],
        times=times[:_MOST_TIMES],
        routes=tuple(
            (c.passenger_id, c.route_id_before or "none", c.route_id or "none")
            for c in changes
            if c.route_id != c.route_id_before
        ),
    )


def _refusal(error: Exception) -> str:
    """Why an edit has no answer, without the name of the plan in front."""
    if isinstance(error, InputFaults):
        return "; ".join(f"{fault.column.replace('_', ' ')}: {fault.message}" for fault in error.faults)
    text = str(error)
    return text.partition(": ")[2] if text.startswith("plan ") else text
