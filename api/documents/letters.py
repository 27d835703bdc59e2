"""`letters.csv`: one row a passenger, for the mail merge of letters to families."""

from __future__ import annotations

from collections.abc import Sequence

from api.report.route_view import driven_by
from transport.calendar import Leg, days_words
from transport.files.plan_tables import Cell, Column, Table
from transport.files.plan_trips import Trip, trips_by_passenger
from transport.files.plan_words import clock, pickup_words, plural, walk_words
from transport.passengers import Passenger
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
    _column("am_place", "Morning place", "`home`, or the place to go to where it is another one; with the walk to it"),
    _column("am_times", "Morning times", "pick-up and arrival, for each group of days with its own times"),
    _column("pm_place", "Afternoon place", "`home`, or the place where they are set down; with the walk from it"),
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
        _places(am, scenario),
        _times(am),
        _places(pm, scenario),
        _times(pm),
        f"{plural(n_pas, 'passenger assistant')} on board" if n_pas else "no passenger assistant",
        "",
        "",
    )


def place_words(place_id: str, passenger: Passenger) -> str:
    """`home` for the passenger's main place, a pick-up point, or the place's id, which the council's list explains."""
    if place_id != f"home:{passenger.passenger_id}":
        return pickup_words(passenger, place_id) or place_id
    return "meeting place" if walk_words(passenger, place_id) else "home"


def _places(trips: Sequence[Trip], scenario: Scenario) -> str:
    words = []
    for trip in trips:
        passenger = scenario.passenger_by_id[trip.passenger_id]
        place_id = trip.home_stop.place_id
        walk = walk_words(passenger, place_id)
        words.append(place_words(place_id, passenger) + (f" ({walk})" if walk else ""))
    return ", ".join(dict.fromkeys(words))


def _times(trips: Sequence[Trip]) -> str:
    return "; ".join(
        f"{days_words(trip.days)}: {clock(trip.board.start_at_s)} to {clock(trip.alight.start_at_s)}"
        if trip.leg is Leg.AM
        else f"{days_words(trip.days)}: {clock(trip.board.depart_at_s)} to {clock(trip.alight.start_at_s)}"
        for trip in sorted(trips, key=lambda trip: trip.days)
    )
