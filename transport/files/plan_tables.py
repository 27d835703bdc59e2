"""The tables of a plan: routes, stops, passengers, lots. One definition serves CSV, workbook and docs.

CSV files are for machines and keep the domain's units (pence, metres, seconds); the workbook shows the same
tables in pounds, miles and minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from transport.calendar import Leg, days_words
from transport.check import Ride
from transport.cost import CostBreakdown
from transport.files.plan_trips import (
    Trip,
    days_of,
    n_on_board_after,
    school_ids_of,
    trips_by_passenger,
    usual_run,
)
from transport.files.plan_words import clock_exact
from transport.files.tables import csv_text, write_csv_text
from transport.plan import Plan, Route, Run
from transport.scenario import Scenario
from transport.travel import UNREACHABLE

Cell = str | int | float | bool | None


class Unit(StrEnum):
    """What a column holds, and so how each medium writes it."""

    TEXT = "text"
    COUNT = "whole number"
    DECIMAL = "number"
    MONEY = "pence"
    DISTANCE = "metres"
    DURATION = "seconds"
    CLOCK = "clock time"
    """Seconds after midnight; written HH:MM:SS."""
    YES_NO = "yes or no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : heading in CSV, with the unit. title : heading in the workbook. meaning : for the documentation.
    """

    name: str
    title: str
    meaning: str
    unit: Unit = Unit.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns.

    Attributes
    ----------
    name : file name without ending. title : name of the sheet.
    rows : one tuple a row, in the order of `columns`; None leaves a cell empty.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...] = field(repr=False)


def _text(name: str, title: str, meaning: str) -> Column:
    return Column(name=name, title=title, meaning=meaning)


def _of(unit: Unit, name: str, title: str, meaning: str) -> Column:
    return Column(name=name, title=title, meaning=meaning, unit=unit)


ROUTE_COLUMNS = (
    _text("route_id", "Route", "id of the route"),
    _text("kind", "Driven by", "`fleet`: a council vehicle; `bought`: an operator"),
    _text("class_id", "Vehicle class", "class of the vehicle"),
    _text("vehicle_id", "Fleet vehicle", "council vehicle, where the route is driven by the fleet"),
    _text("operator_id", "Operator", "operator, where one is known"),
    _text("lot_id", "Lot", "lot that a bought route belongs to"),
    _of(Unit.YES_NO, "kept", "Kept as today", "taken over as it is from today's routes"),
    _text("school_ids", "Schools", "schools in the order of the morning"),
    _text("days", "Days", "days on which the route runs"),
    _of(Unit.COUNT, "n_passengers", "Passengers", "passengers on the route on any day"),
    _of(Unit.COUNT, "n_pas", "PAs", "passenger assistants on the run with most of them"),
    _text("layouts", "Layouts", "seats + wheelchair places used, one for each different layout"),
    _of(Unit.CLOCK, "am_first_pickup_at", "AM first pick-up", "first boarding on the usual AM run"),
    _of(Unit.CLOCK, "am_last_arrival_at", "AM last arrival", "arrival at the last gate on the usual AM run"),
    _of(Unit.CLOCK, "pm_first_leave_at", "PM first leaving", "leaving the first gate on the usual PM run"),
    _of(Unit.CLOCK, "pm_last_home_at", "PM last home", "arrival at the last home on the usual PM run"),
    _of(Unit.DURATION, "longest_ride_s", "Longest ride (min)", "longest ride of anybody on any day"),
    _of(
        Unit.MONEY,
        "week_pence",
        "Cost a week",
        "cost a week of operation; tiered routes share their vehicle's cost by driving time",
    ),
)

STOP_COLUMNS = (
    _text("route_id", "Route", "id of the route"),
    _text("leg", "Leg", "AM or PM"),
    _text("days", "Days", "days on which this run goes"),
    _of(Unit.COUNT, "stop_no", "Stop", "position on the run, from 1"),
    _text("place_id", "Place", "id of the place"),
    _text("school_id", "School", "school, where the stop is a gate"),
    _of(Unit.DECIMAL, "lat", "Latitude", "degrees north, WGS84"),
    _of(Unit.DECIMAL, "lon", "Longitude", "degrees east, WGS84"),
    _of(Unit.CLOCK, "arrive_at", "Arrive", "the vehicle arrives"),
    _of(Unit.CLOCK, "start_at", "Start", "boarding or alighting starts"),
    _of(Unit.CLOCK, "depart_at", "Leave", "boarding or alighting is done"),
    _text("boarding", "Getting on", "passenger ids"),
    _text("alighting", "Getting off", "passenger ids"),
    _text("pas_boarding", "PAs getting on", "ids of PAs who board at their home"),
    _text("pas_alighting", "PAs getting off", "ids of PAs who leave at their home"),
    _of(Unit.COUNT, "n_on_board", "On board after", "passengers on board when the vehicle leaves"),
    _text("layout", "Layout", "seats + wheelchair places in use"),
    _of(Unit.COUNT, "n_pas", "PAs", "passenger assistants on the run"),
)

PASSENGER_COLUMNS = (
    _text("passenger_id", "Passenger", "pseudonymous id"),
    _text("school_id", "School", "school they attend"),
    _text("phase", "Phase", "primary, secondary or post16"),
    _text("state", "State", "`planned`, `unserved` (a failure) or `not planned` (outside the plan by a rule)"),
    _text("reason", "Reason", "why they are unserved, not planned, or ride longer than wished"),
    _text("route_ids", "Route", "route they ride on; several only where the policy allows it"),
    _text("am_days", "AM days", "days of their usual AM ride"),
    _of(Unit.CLOCK, "am_pickup_at", "AM pick-up", "boarding starts at home on the usual AM run"),
    _of(Unit.CLOCK, "am_school_at", "AM at school", "alighting starts at the gate on the usual AM run"),
    _of(Unit.DURATION, "am_ride_s", "AM ride (min)", "longest AM ride of any day"),
    _text("pm_days", "PM days", "days of their usual PM ride"),
    _of(Unit.CLOCK, "pm_school_at", "PM leave school", "boarding ends at the gate on the usual PM run"),
    _of(Unit.CLOCK, "pm_home_at", "PM home", "alighting starts at home on the usual PM run"),
    _of(Unit.DURATION, "pm_ride_s", "PM ride (min)", "longest PM ride of any day"),
    _of(
        Unit.DURATION,
        "walk_s",
        "Walk (min)",
        "walk between home and place of boarding; counts in the journey",
    ),
    _of(
        Unit.DURATION,
        "direct_s",
        "Direct drive (min)",
        "longest direct drive between home and gate, either leg",
    ),
    _of(Unit.DURATION, "target_s", "Target (min)", "journey wished for, walk included"),
    _of(Unit.DURATION, "cap_s", "Limit (min)", "longest ride allowed; the lowest of their legs"),
    _of(Unit.YES_NO, "over_target", "Over target", "whether any journey is longer than wished"),
    _of(Unit.YES_NO, "times_vary", "Times vary by day", "whether other days have other times (see the stops)"),
)

LOT_COLUMNS = (
    _text("lot_id", "Lot", "id of the lot"),
    _text("state", "State", "`held`: under contract; `card`: at an operator's standing rates; `to_be_tendered`"),
    _text("operator_id", "Operator", "operator; empty where the lot is to be tendered"),
    _text("class_id", "Vehicle class", "class of its vehicles"),
    _text("route_ids", "Routes", "routes of the lot"),
    _of(Unit.COUNT, "n_routes", "Routes (number)", "number of routes"),
    _of(Unit.COUNT, "n_passengers", "Passengers", "passengers on its routes"),
    _of(
        Unit.MONEY,
        "week_pence",
        "Cost a week",
        "cost of its routes a week of operation; should-cost where it is to be tendered",
    ),
    _of(
        Unit.MONEY,
        "contract_day_rate_pence",
        "Contract day rate",
        "day rate of the contract on the plan's first day, PA not included",
    ),
    _text("contract_ends_on", "Contract ends", "last day of the contract"),
)


def routes_table(plan: Plan, breakdown: CostBreakdown, rides: Sequence[Ride]) -> Table:
    """One row for each route."""
    longest: dict[str, int] = {}
    for ride in rides:
        longest[ride.route_id] = max(ride.ride_s, longest.get(ride.route_id, 0))
    week_pence = breakdown.week_pence_by_route
    rows = tuple(_route_row(route, week_pence, longest) for route in plan.routes)
    return Table(name="routes", title="Routes", columns=ROUTE_COLUMNS, rows=rows)


def _route_row(route: Route, week_pence: Mapping[str, int], longest: Mapping[str, int]) -> tuple[Cell, ...]:
    am, pm = usual_run(route, Leg.AM), usual_run(route, Leg.PM)
    layouts = {layout_words(run): None for run in route.runs}
    return (
        route.route_id,
        route.kind.value,
        route.class_id,
        route.vehicle_id,
        route.operator_id,
        route.lot_id,
        route.kept,
        " ".join(school_ids_of(route)),
        days_words(days_of(route)),
        len(route.passenger_ids),
        max((run.n_pas for run in route.runs), default=0),
        "; ".join(layouts),
        am.start_at_s if am else None,
        am.stops[-1].start_at_s if am else None,
        pm.stops[0].depart_at_s if pm else None,
        pm.stops[-1].start_at_s if pm else None,
        longest.get(route.route_id),
        week_pence.get(route.route_id, 0),
    )


def layout_words(run: Run) -> str:
    """Layout of a run as `14+1`: seats + wheelchair places."""
    return f"{run.layout.seats}+{run.layout.wheelchairs}"


def stops_table(plan: Plan, scenario: Scenario) -> Table:
    """One row for each stop of each run."""
    rows = tuple(row for route in plan.routes for run in route.runs for row in _stop_rows(route, run, scenario))
    return Table(name="stops", title="Stops", columns=STOP_COLUMNS, rows=rows)


def _stop_rows(route: Route, run: Run, scenario: Scenario) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for stop_no, (stop, n_on_board) in enumerate(zip(run.stops, n_on_board_after(run), strict=True), start=1):
        place = scenario.place_by_id.get(stop.place_id)
        rows.append(
            (
                route.route_id,
                run.leg.value,
                days_words(run.days),
                stop_no,
                stop.place_id,
                stop.school_id,
                round(place.lat, 6) if place else None,
                round(place.lon, 6) if place else None,
                stop.arrive_at_s,
                stop.start_at_s,
                stop.depart_at_s,
                " ".join(stop.boarding),
                " ".join(stop.alighting),
                " ".join(stop.pas_boarding),
                " ".join(stop.pas_alighting),
                n_on_board,
                layout_words(run),
                run.n_pas,
            )
        )
    return rows


def passengers_table(plan: Plan, scenario: Scenario, rides: Sequence[Ride], reason_of: Callable[[Ride], str]) -> Table:
    """One row for each passenger of the scenario, whatever became of them.

    Parameters
    ----------
    reason_of : why a ride is longer than wished, in words.
    """
    trips = trips_by_passenger(plan)
    rides_by_id: dict[str, list[Ride]] = {}
    for ride in rides:
        rides_by_id.setdefault(ride.passenger_id, []).append(ride)
    fates = {u.passenger_id: ("unserved", u.sentence) for u in plan.unserved}
    fates |= {n.passenger_id: ("not planned", n.reason) for n in plan.not_planned}
    rows = []
    for p in scenario.passengers:
        own_rides, own_trips = rides_by_id.get(p.passenger_id, []), trips.get(p.passenger_id, ())
        over = [ride for ride in own_rides if ride.over_target_s]
        reasons = "; ".join(dict.fromkeys(reason_of(ride) for ride in over))
        state, reason = fates.get(p.passenger_id, ("planned", reasons))
        who: tuple[Cell, ...] = (p.passenger_id, p.school_id, p.phase.value, state, reason)
        rows.append((*who, *_travel_cells(own_trips, own_rides), bool(over), _times_vary(own_trips)))
    return Table(name="passengers", title="Passengers", columns=PASSENGER_COLUMNS, rows=tuple(rows))


def _travel_cells(trips: Sequence[Trip], rides: Sequence[Ride]) -> tuple[Cell, ...]:
    am, pm = first_trip(trips, Leg.AM), first_trip(trips, Leg.PM)
    return (
        " ".join(dict.fromkeys(trip.route.route_id for trip in trips)),
        days_words(am.days) if am else None,
        am.board.start_at_s if am else None,
        am.alight.start_at_s if am else None,
        _longest(rides, Leg.AM),
        days_words(pm.days) if pm else None,
        pm.board.depart_at_s if pm else None,
        pm.alight.start_at_s if pm else None,
        _longest(rides, Leg.PM),
        max((ride.walk_s for ride in rides), default=None),
        max((ride.direct_s for ride in rides if ride.direct_s < UNREACHABLE), default=None),
        max((ride.target_s for ride in rides), default=None),
        min((ride.cap_s for ride in rides), default=None),
    )


def first_trip(trips: Sequence[Trip], leg: Leg) -> Trip | None:
    """The usual trip of a leg (`trips_by_passenger` puts it first)."""
    return next((trip for trip in trips if trip.leg is leg), None)


def _longest(rides: Sequence[Ride], leg: Leg) -> int | None:
    return max((ride.ride_s for ride in rides if ride.leg is leg), default=None)


def _times_vary(trips: Sequence[Trip]) -> bool:
    return any(len({(t.board.start_at_s, t.alight.start_at_s) for t in trips if t.leg is leg}) > 1 for leg in Leg)


def lots_table(plan: Plan, scenario: Scenario, breakdown: CostBreakdown) -> Table:
    """One row for each lot."""
    routes = {route.route_id: route for route in plan.routes}
    week_pence = breakdown.week_pence_by_route
    rows: list[tuple[Cell, ...]] = []
    for lot in plan.lots:
        own = [routes[route_id] for route_id in lot.route_ids if route_id in routes]
        contract = scenario.contract_by_lot_id.get(lot.lot_id)
        rows.append(
            (
                lot.lot_id,
                lot.state.value,
                lot.operator_id,
                lot.class_id,
                " ".join(lot.route_ids),
                len(lot.route_ids),
                len({pid for route in own for pid in route.passenger_ids}),
                sum(week_pence.get(route.route_id, 0) for route in own),
                contract.day_rate_pence_on(scenario.starts_on) if contract else None,
                contract.ends_on.isoformat() if contract else None,
            )
        )
    return Table(name="lots", title="Lots", columns=LOT_COLUMNS, rows=tuple(rows))


def write_csv(table: Table, path: Path) -> None:
    """Write a table as CSV that Excel opens as it is: UTF-8 with BOM, and no cell is a formula."""
    cells = ([csv_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows)
    write_csv_text(path, csv_text([column.name for column in table.columns], cells))


def csv_cell(cell: Cell, column: Column) -> str:
    """A cell as CSV text."""
    if cell is None:
        return ""
    if column.unit is Unit.YES_NO:
        return "yes" if cell else "no"
    if column.unit is Unit.CLOCK and isinstance(cell, int):
        return clock_exact(cell)
    return formula_safe(cell) if isinstance(cell, str) else str(cell)


def formula_safe(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula (OWASP: CSV injection)."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text
