"""What run sheets and school lists say, as plain data for the typesetter."""

from __future__ import annotations

from typing import Any

from api.documents.letters import place_words
from api.documents.need_words import gate_need_words, need_words
from api.report.route_view import driven_by
from transport.calendar import Leg, days_words
from transport.files.plan_tables import layout_words
from transport.files.plan_trips import Trip, days_of, school_ids_of, trips_by_passenger
from transport.files.plan_words import clock, plural
from transport.plan import Plan, Route, Run, Stop
from transport.scenario import Scenario


def run_sheet_of(route: Route, scenario: Scenario) -> dict[str, Any]:
    """One route as its driver and PA need it."""
    runs = sorted(route.runs, key=lambda run: (run.leg.value, -len(run.days), run.days))
    return {
        "title": f"Route {route.route_id}",
        "facts": [
            ["Driven by", driven_by(route, scenario)],
            ["Vehicle class", route.class_id],
            ["Days", days_words(days_of(route))],
            ["Schools", ", ".join(scenario.school_by_id[sid].name for sid in school_ids_of(route))],
            ["Passengers", str(len(route.passenger_ids))],
        ],
        "runs": [_run(run, scenario) for run in runs],
        "needs": [
            [passenger_id, need_words(scenario.passenger_by_id[passenger_id]) or "none noted"]
            for passenger_id in route.passenger_ids
        ],
    }


def _run(run: Run, scenario: Scenario) -> dict[str, Any]:
    leg = "Morning" if run.leg is Leg.AM else "Afternoon"
    return {
        "title": f"{leg}, {days_words(run.days)}",
        "layout": _layout(run),
        "stops": [_stop(stop, run, scenario) for stop in run.stops],
    }


def _layout(run: Run) -> str:
    seats, places = plural(run.layout.seats, "seat"), plural(run.layout.wheelchairs, "wheelchair place")
    pas = plural(run.n_pas, "passenger assistant") if run.n_pas else "No passenger assistant"
    return f"Layout: {seats}, {places} ({layout_words(run)}). {pas}."


def _stop(stop: Stop, run: Run, scenario: Scenario) -> dict[str, Any]:
    is_gate = stop.school_id is not None
    here = list(dict.fromkeys((*stop.boarding, *stop.alighting)))
    where = scenario.school_by_id[stop.school_id].name if stop.school_id else _where(stop, here, scenario)
    return {
        "at": clock(stop.start_at_s),
        "leave": clock(stop.depart_at_s),
        "where": where,
        "is_gate": is_gate,
        "on": [*stop.boarding, *(f"PA {pa_id}" for pa_id in stop.pas_boarding)],
        "off": [*stop.alighting, *(f"PA {pa_id}" for pa_id in stop.pas_alighting)],
    }


def _where(stop: Stop, passenger_ids: list[str], scenario: Scenario) -> str:
    if not passenger_ids:
        return "PA’s home"
    words = place_words(stop.place_id, scenario.passenger_by_id[passenger_ids[0]])
    if words == stop.place_id:
        return f"Place {words}"
    told = {"home": f"Home of {passenger_ids[0]}", "meeting place": f"Meeting place of {passenger_ids[0]}"}
    return told.get(words, words[:1].upper() + words[1:])


def school_lists_of(plan: Plan, scenario: Scenario) -> list[dict[str, Any]]:
    """Who comes and goes at each school, and with whom; schools by name."""
    by_school: dict[str, list[tuple[Trip, ...]]] = {}
    for passenger_id, trips in trips_by_passenger(plan).items():
        by_school.setdefault(scenario.passenger_by_id[passenger_id].school_id, []).append(trips)
    schools = sorted((scenario.school_by_id[school_id] for school_id in by_school), key=lambda school: school.name)
    return [
        {
            "title": school.name,
            "facts": [
                ["Passengers", str(len(by_school[school.school_id]))],
                [
                    "Vehicles",
                    str(len({t.route.route_id for trips in by_school[school.school_id] for t in trips})),
                ],
                ["From", f"{scenario.starts_on.day} {scenario.starts_on:%B %Y}"],
            ],
            "rows": sorted(_school_row(trips, scenario) for trips in by_school[school.school_id]),
        }
        for school in schools
    ]


def _school_row(trips: tuple[Trip, ...], scenario: Scenario) -> list[str]:
    passenger = scenario.passenger_by_id[trips[0].passenger_id]
    routes = {trip.route.route_id: trip.route for trip in trips}
    return [
        ", ".join(routes),
        ", ".join(dict.fromkeys(driven_by(route, scenario) for route in routes.values())),
        passenger.passenger_id,
        _gate_times(trips, Leg.AM),
        _gate_times(trips, Leg.PM),
        gate_need_words(passenger) or "–",
    ]


def _gate_times(trips: tuple[Trip, ...], leg: Leg) -> str:
    days_by_time: dict[str, list[int]] = {}
    for trip in sorted((trip for trip in trips if trip.leg is leg), key=lambda trip: trip.days):
        at = clock(trip.school_stop.start_at_s if leg is Leg.AM else trip.school_stop.depart_at_s)
        days_by_time.setdefault(at, []).extend(trip.days)
    return "; ".join(f"{at} ({days_words(sorted(days))})" for at, days in days_by_time.items()) or "–"
