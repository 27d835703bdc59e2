"""Who is picked up and set down where and when: a plan seen from the passenger's side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from transport.calendar import Leg
from transport.plan import Plan, Route, Run, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One passenger on one run.

    Attributes
    ----------
    board, alight : the stops where they get on and off.
    """

    passenger_id: str
    route: Route
    run: Run
    board: Stop
    alight: Stop

    @property
    def leg(self) -> Leg:
        """AM or PM."""
        return self.run.leg

    @property
    def days(self) -> tuple[int, ...]:
        """Day indices 0..9 on which the run goes."""
        return self.run.days

    @property
    def home_stop(self) -> Stop:
        """Where they board (AM) or alight (PM)."""
        return self.board if self.leg is Leg.AM else self.alight

    @property
    def school_stop(self) -> Stop:
        """Where they alight (AM) or board (PM)."""
        return self.alight if self.leg is Leg.AM else self.board


def trips_of(plan: Plan) -> tuple[Trip, ...]:
    """Every passenger on every run, in the order of routes, runs and boarding."""
    return tuple(trip for route in plan.routes for run in route.runs for trip in trips_of_run(route, run))


def trips_of_run(route: Route, run: Run) -> list[Trip]:
    """Passengers of one run in order of boarding, without those who never alight (the checker names them)."""
    alights = {passenger_id: stop for stop in run.stops for passenger_id in stop.alighting}
    return [
        Trip(passenger_id=passenger_id, route=route, run=run, board=stop, alight=alights[passenger_id])
        for stop in run.stops
        for passenger_id in stop.boarding
        if passenger_id in alights
    ]


def trips_by_passenger(plan: Plan) -> Mapping[str, tuple[Trip, ...]]:
    """Trips of each passenger, AM first, then the run with most days first."""
    found: dict[str, list[Trip]] = defaultdict(list)
    for trip in trips_of(plan):
        found[trip.passenger_id].append(trip)
    return {pid: tuple(sorted(trips, key=_usual_first)) for pid, trips in found.items()}


def usual_run(route: Route, leg: Leg) -> Run | None:
    """The run of a leg that goes on most days; the earliest days first where several do."""
    runs = [run for run in route.runs if run.leg is leg and run.stops]
    return min(runs, key=lambda run: (-len(run.days), run.days), default=None)


def n_on_board_after(run: Run) -> tuple[int, ...]:
    """Passengers on board when the vehicle leaves each stop."""
    on_board, counts = 0, []
    for stop in run.stops:
        on_board += len(stop.boarding) - len(stop.alighting)
        counts.append(on_board)
    return tuple(counts)


def school_ids_of(route: Route) -> tuple[str, ...]:
    """Schools of a route in the order of the morning."""
    gates = [*(route.am.gates if route.am else ()), *(route.pm.gates if route.pm else ())]
    return tuple(dict.fromkeys(school_id for school_id, _ in gates))


def days_of(route: Route) -> tuple[int, ...]:
    """Days on which a route runs at all."""
    return tuple(sorted({day for run in route.runs for day in run.days}))


def _usual_first(trip: Trip) -> tuple[str, int, tuple[int, ...]]:
    return trip.leg.value, -len(trip.days), trip.days
