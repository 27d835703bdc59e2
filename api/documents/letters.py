"""`letters.csv`: one row a passenger, for the mail merge of letters to families."""

from __future__ import annotations

from collections.abc import Sequence

from api.report.route_view import driven_by
from transport.calendar import Leg, days_words
from transport.files.plan_tables import Cell, Column, Table
from transport.files.plan_trips import Trip, trips_by_passenger
from transport.files.plan_words import clock, plural
from transport.plan import Plan
from transport.scenario import Scenario


def _column(name: str, title: str, meaning: str) -> Column:
    return Column(name=name, title=title, meaning=meaning)


_TO_FILL_IN = "left empty for the council's own list, joined by passenger_id"

LETTER_COLUMNS = (
    _column("passenger_id", "Passenger", "pseudonymous id; the key to the council's own list"),
    _column("family_name", "Family", _TO_FILL_IN),
    _column("address", "Address", _TO_FILL_IN),
    _column("school_name", "School", "school they attend"),
    _column("route_id", "Route", "route they ride on"),
    _column("driven_by", "Driven by", "operator, or the council's vehicle"),
    _column("operator_phone", "Operator’s phone", _TO_FILL_IN),
    _column("starts_on", "Starts on", "first day of the plan"),
    _column("am_place", "Morning place", "`home`, or the place to go to where it is another one"),
    _column("am_times", "Morning times", "pick-up and arrival, for each group of days with its own times"),
    _column("pm_place", "Afternoon place", "`home`, or the place where they are set down"),
    _column(
        "pm_times",
        "Afternoon times",
        "leaving school and being set down, for each group of days with its own times",
    ),
    _column("pa", "Passenger assistant", "whether a passenger assistant is on board"),
    _column("pa_name", "PA’s name", _TO_FILL_IN),
    _column("council_contact", "Council contact", _TO_FILL_IN),
)


def letters_table(plan: Plan, scenario: Scenario) -> Table:
    """One row for each passenger carried, in the order of the scenario."""
    trips = trips_by_passenger(plan)
    rows = tuple(
        _row(passenger.passenger_id, trips[passenger.passenger_id], scenario)
        for passenger in scenario.passengers
        if passenger.passenger_id in trips
    )
    return Table(name="letters", title="Letters", columns=LETTER_COLUMNS, rows=rows)


def _row(passenger_id: str, trips: Sequence[Trip], scenario: Scenario) -> tuple[Cell, ...]:
    am = [trip for trip in trips if trip.leg is Leg.AM]
    pm = [trip for trip in trips if trip.leg is Leg.PM]
    routes = {trip.route.route_id: trip.route for trip in trips}
    n_pas = max(trip.run.n_pas for trip in trips)
    return (
        passenger_id,
        "",
        "",
        scenario.school_by_id[scenario.passenger_by_id[passenger_id].school_id].name,
        ", ".join(routes),
        ", ".join(dict.fromkeys(driven_by(route, scenario) for route in routes.values())),
        "",
        scenario.starts_on.isoformat(),
        _places(am),
        _times(am),
        _places(pm),
        _times(pm),
        f"{plural(n_pas, 'passenger assistant')} on board" if n_pas else "no passenger assistant",
        "",
        "",
    )


def place_words(place_id: str, passenger_id: str) -> str:
    """`home` for the passenger's main place, else the place's id, which the council's own list explains."""
    return "home" if place_id == f"home:{passenger_id}" else place_id


def _places(trips: Sequence[Trip]) -> str:
    return ", ".join(dict.fromkeys(place_words(trip.home_stop.place_id, trip.passenger_id) for trip in trips))


def _times(trips: Sequence[Trip]) -> str:
    return "; ".join(
        f"{days_words(trip.days)}: {clock(trip.board.start_at_s)} to {clock(trip.alight.start_at_s)}"
        if trip.leg is Leg.AM
        else f"{days_words(trip.days)}: {clock(trip.board.depart_at_s)} to {clock(trip.alight.start_at_s)}"
        for trip in sorted(trips, key=lambda trip: trip.days)
    )
