"""How a passenger travels by the plans that hold, and who has no place in any of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from api.documents.letters import place_words
from api.page_tables import unplaced_ids
from api.pages.plan_reading import OpenedPlan, plans_of
from api.pages.visit import Visit
from api.report.route_view import driven_by
from api.store.faults import NotInStoreError
from api.store.plans import standing_plans
from transport.calendar import Leg, days_words
from transport.files.plan_trips import Trip, trips_by_passenger
from transport.files.plan_words import clock, minutes, walk_words


@dataclass(frozen=True, slots=True, kw_only=True)
class TripNow:
    """One journey that a passenger makes.

    Attributes
    ----------
    ride_min, target_min, cap_min : minutes on board, wished for at most with the walk, and allowed at most.
    """

    leg: str
    days: str
    from_words: str
    to_words: str
    ride_min: int
    target_min: int
    cap_min: int
    is_over: bool
    n_pas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelNow:
    """How a passenger travels in a plan.

    Attributes
    ----------
    route_id : empty where the plan does not carry them; `why` then says why.
    """

    plan_id: str
    route_id: str
    driven_by: str
    trips: tuple[TripNow, ...]
    why: str


def travel_in(plan_id: str, opened: OpenedPlan, passenger_id: str) -> TravelNow | None:
    """How somebody travels in a plan; None where it knows nothing of them."""
    outcome = opened.outcome
    trips = trips_by_passenger(outcome.plan).get(passenger_id, ())
    if trips:
        routes = {trip.route.route_id: trip.route for trip in trips}
        return TravelNow(
            plan_id=plan_id, route_id=", ".join(routes), why="",
            driven_by=", ".join(dict.fromkeys(driven_by(route, outcome.scenario) for route in routes.values())),
            trips=tuple(_trip(opened, trip) for trip in trips),
        )  # fmt: skip
    reasons = {u.passenger_id: u.sentence for u in outcome.plan.unserved}
    reasons |= {x.passenger_id: x.reason for x in outcome.plan.not_planned}
    if passenger_id not in reasons:
        return None
    return TravelNow(plan_id=plan_id, route_id="", driven_by="", trips=(), why=reasons[passenger_id])


def without_a_place(visit: Visit, session: Session) -> list[str]:
    """Confirmed passengers of today whom no plan that holds for their school carries; none while no plan holds."""
    holding = set(standing_plans(session).values())
    return unplaced_ids(session, {plan_id: _carried(visit, session, plan_id) for plan_id in holding})


def _carried(visit: Visit, session: Session, plan_id: str) -> frozenset[str]:
    try:
        opened = plans_of(visit).opened(session, visit.store.cipher, plan_id)
    except NotInStoreError:  # Its files have been removed: then it carries nobody any more.
        return frozenset()
    return frozenset(pid for route in opened.outcome.plan.routes for pid in route.passenger_ids)


def _trip(opened: OpenedPlan, trip: Trip) -> TripNow:
    scenario = opened.outcome.scenario
    passenger = scenario.passenger_by_id[trip.passenger_id]
    school = scenario.school_by_id[passenger.school_id].name
    ride = next(
        r for r in opened.outcome.rides
        if (r.passenger_id, r.route_id, r.leg, r.days) == (trip.passenger_id, trip.route.route_id, trip.leg, trip.days)
    )  # fmt: skip
    place_id = trip.home_stop.place_id
    walk = walk_words(passenger, place_id)
    home = place_words(place_id, passenger) + (f" ({walk})" if walk else "")
    am = trip.leg is Leg.AM
    at_school = clock(trip.school_stop.start_at_s if am else trip.school_stop.depart_at_s)
    ends = (f"{home} {clock(trip.home_stop.start_at_s)}", f"{school} {at_school}")
    return TripNow(
        leg="Morning" if am else "Afternoon", days=days_words(trip.days),
        from_words=ends[0] if am else ends[1], to_words=ends[1] if am else ends[0],
        ride_min=minutes(ride.ride_s), target_min=minutes(ride.target_s), cap_min=minutes(ride.cap_s),
        is_over=ride.over_target_s > 0, n_pas=trip.run.n_pas,
    )  # fmt: skip
