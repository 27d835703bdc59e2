"""What families know of a plan: their route, its vehicle, their times; and what continues it.

The plan they know is the *reference*: today's routes, or a plan of ours from before. A route of the new plan that
carries a route id of the reference claims to continue it; since ids are unique, it continues at most one.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from transport.calendar import Leg
from transport.plan import Plan, Route, RouteKind, Run


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seating:
    """How a passenger rides on one leg of one day; at home (or their stop) at `at_s`, start of service."""

    route: Route
    run: Run
    at_s: int


OwnSeatings = dict[tuple[Leg, int], Seating]
"""(leg, day) -> how somebody rides."""
Seatings = dict[str, OwnSeatings]
"""The same by passenger id."""
Riding = dict[str, list[Seating]]
"""How each passenger rides, by id: one entry for all days of a run."""


def riding_of(plan: Plan, of: Container[str] | None = None) -> Riding:
    """Everybody's rides in a plan, run by run.

    Parameters
    ----------
    of : whose rides are asked for; None: everybody's.
    """
    found: Riding = {}
    for route in plan.routes:
        for run in route.runs:
            for stop in run.stops:
                seating = Seating(route=route, run=run, at_s=stop.start_at_s)
                for passenger_id in stop.boarding if run.leg is Leg.AM else stop.alighting:
                    if of is None or passenger_id in of:
                        found.setdefault(passenger_id, []).append(seating)
    return found


def seatings_of(plan: Plan, of: Container[str] | None = None) -> Seatings:
    """`riding_of`, day by day."""
    return {passenger_id: by_day(own) for passenger_id, own in riding_of(plan, of).items()}


def by_day(own: Iterable[Seating]) -> OwnSeatings:
    """One passenger's rides, day by day."""
    return {(seating.run.leg, day): seating for seating in own for day in seating.run.days}


def riders_where_plans_differ(plan: Plan, other: Plan) -> frozenset[str]:
    """Passengers who may ride otherwise in one plan than in the other: all but those whose routes both hold unchanged.

    A change during the year keeps nearly every route as the very object that it was; looking at the others alone takes
    a hundredth of the time.
    """
    both = {id(route) for route in plan.routes} & {id(route) for route in other.routes}
    in_order = [[id(route) for route in one.routes if id(route) in both] for one in (plan, other)]
    # In another order somebody who rides twice at once, as no valid plan has them, could be seen on another route.
    same = both if in_order[0] == in_order[1] else set()
    routes = (route for one in (plan, other) for route in one.routes if id(route) not in same)
    return frozenset(
        pid for route in routes for run in route.runs for stop in run.stops for pid in (*stop.boarding, *stop.alighting)
    )


def continues(new: Route, old: Route) -> bool:
    """Whether a route is the old one to those who ride on it: same id, and it can be the same vehicle."""
    return new.route_id == old.route_id and may_continue(new, old)


def may_continue(new: Route, old: Route) -> bool:
    """Whether it can be the same vehicle: of the council the very same; bought, of the same class and operator.

    Who will drive a route that is still to be tendered is open: it may be today's operator.
    """
    if (new.kind, new.class_id, new.vehicle_id) != (old.kind, old.class_id, old.vehicle_id):
        return False
    return (
        new.kind is RouteKind.FLEET
        or None in (new.operator_id, old.operator_id)
        or (new.operator_id == old.operator_id)
    )


def pairs_of(now: Iterable[Seating], before: Sequence[Seating]) -> Iterator[tuple[Seating, Seating]]:
    """How somebody rides now and rode before, where they share a leg and a day."""
    for new in now:
        leg, days = new.run.leg, new.run.days
        for old in before:
            if old.run.leg is leg and (old.run.days == days or not set(days).isdisjoint(old.run.days)):
                yield new, old


def moves_of(now: OwnSeatings, before: OwnSeatings, tolerance_s: int) -> dict[tuple[Leg, int], int]:
    """(leg, day) -> seconds later, where the time at home moves by more than the tolerance."""
    moves = ((key, seating.at_s - before[key].at_s) for key, seating in now.items() if key in before)
    return {key: by_s for key, by_s in moves if abs(by_s) > tolerance_s}
