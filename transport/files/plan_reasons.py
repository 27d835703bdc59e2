"""Why a ride is longer than wished: each minute over the target accounted for."""

from __future__ import annotations

from collections.abc import Callable

from transport.check import Ride
from transport.files.plan_words import minutes, plural
from transport.plan import Plan, Run, Stop
from transport.travel import UNREACHABLE


def make_reason_of(plan: Plan) -> Callable[[Ride], str]:
    """A function that says why a ride of this plan takes as long as it does."""
    runs = {(route.route_id, run.leg, run.days): run for route in plan.routes for run in route.runs}

    def reason_of(ride: Ride) -> str:
        run = runs.get((ride.route_id, ride.leg, ride.days))
        return reason_on(ride, run) if run else ""

    return reason_of


def reason_on(ride: Ride, run: Run) -> str:
    """Why one ride takes as long as it does, from the run it is part of.

    The ride is the direct drive, plus driving round to the stops between, plus the time others take to get on
    or off, plus waiting; and the walk to the place of boarding counts in the journey.
    """
    if ride.direct_s >= UNREACHABLE:
        return "No direct drive is permitted"
    between, last = _stops_between(ride, run)
    service_s = sum(stop.depart_at_s - stop.start_at_s for stop in between)
    waiting_s = sum(stop.start_at_s - stop.arrive_at_s for stop in (*between, last))
    round_s = ride.ride_s - ride.direct_s - service_s - waiting_s
    parts = [f"{minutes(ride.direct_s)} min direct drive"]
    if round_s >= 30:
        parts.append(f"{minutes(round_s)} min driving round to {plural(len(between), 'other stop')}")
    if service_s >= 30:
        parts.append(f"{minutes(service_s)} min while others get on or off")
    if waiting_s >= 30:
        parts.append(f"{minutes(waiting_s)} min waiting")
    if ride.walk_s >= 30:
        parts.append(f"{minutes(ride.walk_s)} min walk")
    forced = (
        "Distance alone exceeds the target: " if ride.direct_s + ride.walk_s > ride.target_s else "Shared vehicle: "
    )
    return forced + ", ".join(parts)


def _stops_between(ride: Ride, run: Run) -> tuple[tuple[Stop, ...], Stop]:
    boards = next(i for i, stop in enumerate(run.stops) if ride.passenger_id in stop.boarding)
    alights = next(i for i, stop in enumerate(run.stops) if ride.passenger_id in stop.alighting and i > boards)
    return run.stops[boards + 1 : alights], run.stops[alights]
