"""Who the search places: passengers by the legs that must share a route, and by where they may board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.passengers import Passenger, PickupPoint
from transport.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider:
    """A passenger on the legs that must share a route, and one choice of where they board.

    Attributes
    ----------
    choice : pick-up point; None: their own place.
    """

    passenger: Passenger
    legs: tuple[Leg, ...]
    choice: PickupPoint | None = None

    def place_id_on(self, leg: Leg, day: int) -> str | None:
        """Where they board (AM) or alight (PM) on a day under the choice."""
        return self.passenger.stop_id_on(leg, day, self.choice)

    def walk_s_on(self, leg: Leg, day: int) -> int:
        """Seconds they walk to that place."""
        return self.passenger.walk_s_to(self.place_id_on(leg, day) or "")


def kept_passenger_ids(scenario: Scenario) -> frozenset[str]:
    """Passengers on routes that are kept as they are."""
    return frozenset(
        pid for route in scenario.current_routes if route.kept for leg in LEGS for pid in route.passenger_ids(leg)
    )


def riders_of(scenario: Scenario) -> tuple[Rider, ...]:
    """Riders of planned passengers who are not on a kept route; all of one person stand in a row."""
    kept = kept_passenger_ids(scenario)
    leg_sets = ((Leg.AM,), (Leg.PM,)) if _legs_are_free(scenario) else (LEGS,)
    return tuple(
        Rider(passenger=p, legs=legs, choice=choice)
        for p in scenario.planned_passengers()
        if p.passenger_id not in kept
        for wanted in leg_sets
        if (legs := tuple(leg for leg in wanted if any(scenario.travels(p, leg, d) for d in ALL_DAYS)))
        for choice in _choices(scenario, p, legs)
    )


def _choices(scenario: Scenario, p: Passenger, legs: Sequence[Leg]) -> tuple[PickupPoint | None, ...]:
    """Where a passenger may board on these legs; only their own places where no point stands in for one of them."""
    if not p.pickup_points:
        return (None,)
    places = {p.place_id_on(leg, day) for leg in legs for day in ALL_DAYS if scenario.travels(p, leg, day)}
    met = p.pickup_points[0].home_place_id in places
    return p.choices_within(scenario.policy.max_walk_m) if met else (None,)


def persons_of(riders: Sequence[Rider]) -> tuple[int, ...]:
    """First row of the person of each row."""
    first: dict[tuple[str, tuple[Leg, ...]], int] = {}
    return tuple(first.setdefault((r.passenger.passenger_id, r.legs), i) for i, r in enumerate(riders))


def _legs_are_free(scenario: Scenario) -> bool:
    """Whether a passenger's two legs may be on different routes, which with a fleet means different vehicles too."""
    policy = scenario.policy
    return not policy.same_route_both_legs and not (policy.same_vehicle_both_legs and scenario.fleet_vehicles)
