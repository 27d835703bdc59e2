"""Edits of a plan by hand: move a passenger, take one out, reorder stops, change vehicle or layout, pin.

An edit does what it is told, also where that breaks a rule: the checker's sentences say what it breaks. Only moving a
passenger looks for a place, the cheapest one within the rules.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from api.in_year_change import ChangeRequest, Making, make_change
from api.plan_folder import FOLDERS_KEPT, PlanFolder, roads_for
from api.planning_job import Roads, Watcher
from transport.calendar import LEGS, Leg
from transport.files.edit_lists import Lists, lists_of, with_held_routes
from transport.files.faults import Fault, InputFaults
from transport.files.read_new import NewPassengers
from transport.passengers import PickupPoint
from transport.plan import Pattern, Plan, Route, RouteKind
from transport.scenario import Scenario
from transport.travel import TravelByRow

if TYPE_CHECKING:
    from routing.desk import Desk
    from routing.network.graph import RoadNetwork


class EditKind(StrEnum):
    """What is done to a plan."""

    MOVE_PASSENGER = "move_passenger"
    TAKE_OUT = "take_out"
    REORDER_STOPS = "reorder_stops"
    CHANGE_VEHICLE = "change_vehicle"
    CHANGE_LAYOUT = "change_layout"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit.

    Attributes
    ----------
    passenger_id : whom to move, take out or pin. route_id : where to (moving: None: any other; pinning: None: no
        longer), or the route that is changed.
    on_new_route : for moving: onto a vehicle that no route has yet, alone on it.
    leg, passenger_ids : for `reorder_stops`: AM the order of boarding, PM of alighting.
    class_id, operator_id, vehicle_id : for `change_vehicle`: bought of a class, or the council's own.
    n_seats, n_wheelchairs : for `change_layout`: a layout of the class.
    """

    kind: EditKind
    passenger_id: str | None = None
    route_id: str | None = None
    on_new_route: bool = False
    leg: Leg | None = None
    passenger_ids: tuple[str, ...] = ()
    class_id: str | None = None
    operator_id: str | None = None
    vehicle_id: str | None = None
    n_seats: int | None = None
    n_wheelchairs: int | None = None


class CannotEditError(ValueError):
    """The edit has no answer: nobody can be moved there, or the route is not for editing by hand."""


def make_edit(folder: PlanFolder, network: RoadNetwork, edit: Edit, out: Path, told_on: date) -> Making:
    """A plan after an edit, to be judged or written.

    Raises
    ------
    InputFaults
        When the edit names what is not there, or lacks something.
    CannotEditError
        Saying why it has no answer.
    """
    request = ChangeRequest(plan_path=folder.path, out=out, told_on=told_on, network=network, max_changed=None)
    if edit.kind is EditKind.MOVE_PASSENGER:
        own = _stood(folder, network)
        with own.in_use:
            return _moved(folder, replace(request, desk=own.desk), edit)
    if edit.kind is EditKind.TAKE_OUT:
        leaver_id = _known(edit.passenger_id, "passenger_id", folder.scenario.passenger_by_id)
        return make_change(replace(request, remove_ids=(leaver_id,)), folder, Watcher())
    from routing.change import Change

    own = _stood(folder, network)
    desk, roads = own.desk, own.roads
    lists = lists_of(folder.book)
    if edit.kind is EditKind.PIN:
        plan, lists = folder.plan, _pinned(folder, edit, lists)
    else:
        plan, lists = _with_route(desk, lists, _edited(desk, roads.travel, edit))
    change = Change(desk=replace(desk, plan=plan), placed={}, not_placed=(), disturbed_ids=frozenset())
    return Making(
        request=request, folder=folder, new=NewPassengers(people=(), places=()), change=change, lists=lists, roads=roads
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stood:
    """A plan stood up as it is; its kernel has one set of scratch arrays, so one move at a time may use it."""

    desk: Desk
    roads: Roads
    in_use: threading.Lock


@lru_cache(maxsize=FOLDERS_KEPT)
def _stood(folder: PlanFolder, network: RoadNetwork) -> _Stood:
    """The plan stood up once while it stays open; edits that move nobody only read it."""
    from routing.desk import open_desk

    roads = roads_for(
        folder, folder.scenario, Watcher(), roads_path=None, travel_path=None, cache_dir=None, network=network
    )
    desk = open_desk(folder.plan, folder.scenario, roads.travel)
    return _Stood(desk=desk, roads=roads, in_use=threading.Lock())


def _moved(folder: PlanFolder, request: ChangeRequest, edit: Edit) -> Making:
    passenger_id = _known(edit.passenger_id, "passenger_id", folder.scenario.passenger_by_id)
    if edit.route_id is not None:
        _route(folder.plan, edit.route_id)
    if edit.on_new_route and edit.route_id is not None:
        raise _fault("on_new_route", "yes", "must be no where a route is named")
    moves = replace(request, move_to={passenger_id: edit.route_id}, on_new_route=edit.on_new_route)
    making = make_change(moves, folder, Watcher())
    if passenger_id in making.change.not_placed:
        raise CannotEditError(_why_not_moved(making.change.desk, passenger_id, edit.route_id))
    return making


def _why_not_moved(desk: Desk, passenger_id: str, route_id: str | None) -> str:
    from routing.refusal import refusals_of, why_not

    if route_id is not None and all(route.route_id != route_id for route in desk.plan.routes):
        return f"Route {route_id} carries nobody else, so it ends with whoever is taken off it"
    if route_id is not None:
        return (
            why_not(desk, desk.route(route_id), passenger_id) or f"Route {route_id} takes nobody more at a known price"
        )
    return "; ".join(refusals_of(desk, passenger_id, 3, frozenset()))


def _edited(desk: Desk, travel: TravelByRow, edit: Edit) -> Route:
    """The route as it is told to be."""
    route = _route(desk.plan, edit.route_id)
    if route.pa_ids:
        raise CannotEditError(
            f"route {route.route_id}: its PAs are listed by id and fetched from home; re-plan instead"
        )
    if edit.kind is EditKind.REORDER_STOPS:
        return _reordered(desk.scenario, travel, route, edit)
    if route.kept:
        raise CannotEditError(f"route {route.route_id}: is under a contract, which says what drives it")
    if edit.kind is EditKind.CHANGE_LAYOUT:
        return _with_layout(desk.scenario, route, edit)
    return _with_vehicle(desk.scenario, travel, route, edit)


def _reordered(scenario: Scenario, travel: TravelByRow, route: Route, edit: Edit) -> Route:
    leg = edit.leg
    pattern = None if leg is None else route.am if leg is Leg.AM else route.pm
    if leg is None or pattern is None:
        raise _fault("leg", "" if leg is None else leg.value, "must be a leg that the route has: AM or PM")
    if Counter(edit.passenger_ids) != Counter(pattern.passenger_ids):
        allowed = f"must be these, each once: {', '.join(sorted(pattern.passenger_ids))}"
        raise _fault("passenger_ids", ", ".join(edit.passenger_ids), allowed)
    return _driven(scenario, travel, route, {leg: replace(pattern, passenger_ids=edit.passenger_ids)})


def _with_vehicle(scenario: Scenario, travel: TravelByRow, route: Route, edit: Edit) -> Route:
    if (edit.vehicle_id is None) == (edit.class_id is None):
        raise _fault(
            "class_id", edit.class_id or "", "give class_id for a bought vehicle, or vehicle_id for the council's"
        )
    if edit.vehicle_id is not None:
        vehicle_id = _known(edit.vehicle_id, "vehicle_id", scenario.vehicle_by_id)
        own = scenario.vehicle_by_id[vehicle_id].class_id
        changed = replace(
            route, kind=RouteKind.FLEET, class_id=own, vehicle_id=vehicle_id, lot_id=None, operator_id=None
        )
    else:
        class_id = _known(edit.class_id, "class_id", scenario.class_by_id)
        if edit.operator_id is not None:
            _known(edit.operator_id, "operator_id", scenario.operator_by_id)
        changed = replace(
            route, kind=RouteKind.BOUGHT, class_id=class_id, vehicle_id=None, lot_id=f"L-{route.route_id}",
            operator_id=edit.operator_id,
        )  # fmt: skip
    return _driven(scenario, travel, changed, {})


def _with_layout(scenario: Scenario, route: Route, edit: Edit) -> Route:
    layouts = scenario.class_by_id[route.class_id].layouts
    wanted = next((x for x in layouts if (x.seats, x.wheelchairs) == (edit.n_seats, edit.n_wheelchairs)), None)
    if wanted is None:
        allowed = ", ".join(f"{x.seats}+{x.wheelchairs}" for x in layouts)
        raise _fault(
            "n_seats", f"{edit.n_seats}+{edit.n_wheelchairs}", f"must be a layout of {route.class_id}: {allowed}"
        )
    return replace(route, runs=tuple(replace(run, layout=wanted) for run in route.runs))


def _driven(scenario: Scenario, travel: TravelByRow, route: Route, changed: dict[Leg, Pattern]) -> Route:
    """The route with clocks made anew for its class and orders; everybody boards where they did."""
    from routing.clock import runs_of

    patterns = {Leg.AM: changed.get(Leg.AM, route.am), Leg.PM: changed.get(Leg.PM, route.pm)}
    vehicle_class = scenario.class_by_id[route.class_id]
    runs = [
        run
        for leg in LEGS
        if (pattern := patterns[leg]) is not None
        for run in runs_of(scenario, travel, leg, pattern, vehicle_class, _boarding(scenario, route, leg))
    ]
    return replace(route, am=patterns[Leg.AM], pm=patterns[Leg.PM], runs=tuple(runs))


def _boarding(scenario: Scenario, route: Route, leg: Leg) -> dict[str, PickupPoint | None]:
    """Pick-up points in use on a leg; None: at home."""
    chosen: dict[str, PickupPoint | None] = {}
    for stop in (stop for run in route.runs if run.leg is leg for stop in run.stops if stop.school_id is None):
        for pid in (*stop.boarding, *stop.alighting):
            points = (x for x in scenario.passenger_by_id[pid].boarding_choices if x is not None)
            chosen[pid] = next((x for x in points if x.place_id == stop.place_id), None)
    return chosen


def _with_route(desk: Desk, lists: Lists, route: Route) -> tuple[Plan, Lists]:
    from routing.change import held_as_today
    from routing.desk import with_routes

    plan = with_routes(desk.plan, [route.route_id], [route], desk.scenario)
    return plan, with_held_routes(lists, held_as_today(desk, [route]), ()) if route.kept else lists


def _pinned(folder: PlanFolder, edit: Edit, lists: Lists) -> Lists:
    passenger_id = _known(edit.passenger_id, "passenger_id", folder.scenario.passenger_by_id)
    if edit.route_id is not None:
        _known(edit.route_id, "route_id", {route.route_id: route for route in folder.scenario.current_routes})
    rows = [
        {**row, "pinned_route_id": edit.route_id or ""} if row["passenger_id"] == passenger_id else row
        for row in lists["passengers"]
    ]
    return {**lists, "passengers": rows}


def _route(plan: Plan, route_id: str | None) -> Route:
    routes = {route.route_id: route for route in plan.routes}
    return routes[_known(route_id, "route_id", routes)]


def _known(name: str | None, column: str, among: Container[str]) -> str:
    if name is None or name not in among:
        raise _fault(column, name or "", "must be one that the plan or its lists hold")
    return name


def _fault(column: str, value: str, message: str) -> InputFaults:
    return InputFaults([Fault(file="edit", row=None, column=column, value=value, message=message)])
