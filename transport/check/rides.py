"""Rides: who travels from where to where on a run, for how long, and against which limits.

The only implementation; cost, checker and pages all ask here.
"""

from __future__ import annotations

from dataclasses import dataclass

from transport.calendar import Leg
from transport.plan import Plan, Route, Run
from transport.scenario import Scenario
from transport.travel import Travel


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """One passenger's ride on the days of one run.

    Attributes
    ----------
    ride_s : start of service where they alight less end of service where they board; waiting on board counts.
    walk_s : walk to the place of boarding; ride and walk together are tested against `target_s` (soft).
    cap_s : hard limit on `ride_s`.
    direct_s : direct drive of this leg on the least restricted roads.
    """

    passenger_id: str
    route_id: str
    leg: Leg
    days: tuple[int, ...]
    ride_s: int
    walk_s: int
    target_s: int
    cap_s: int
    direct_s: int

    @property
    def journey_s(self) -> int:
        """Ride and walk."""
        return self.ride_s + self.walk_s

    @property
    def over_target_s(self) -> int:
        """Seconds of the journey beyond the target; 0 where it is kept."""
        return max(0, self.journey_s - self.target_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Stop indices between which a passenger is on board a run."""

    passenger_id: str
    board_idx: int
    alight_idx: int


def seats_of(run: Run) -> list[Seat]:
    """Everybody who boards and later alights, in order of boarding."""
    alight_idx_by_id = {pid: idx for idx, stop in enumerate(run.stops) for pid in stop.alighting}
    seats: dict[str, Seat] = {}
    for idx, stop in enumerate(run.stops):
        for pid in stop.boarding:
            alight_idx = alight_idx_by_id.get(pid, -1)
            if alight_idx > idx and pid not in seats:
                seats[pid] = Seat(passenger_id=pid, board_idx=idx, alight_idx=alight_idx)
    return list(seats.values())


def _seat_of(run: Run, passenger_id: str) -> Seat | None:
    """One passenger's, as `seats_of` finds it."""
    alights = [idx for idx, stop in enumerate(run.stops) if passenger_id in stop.alighting]
    boards = (idx for idx, stop in enumerate(run.stops) if passenger_id in stop.boarding and idx < alights[-1])
    board_idx = next(boards, None) if alights else None
    return None if board_idx is None else Seat(passenger_id=passenger_id, board_idx=board_idx, alight_idx=alights[-1])


def rides_of_run(route: Route, run: Run, scenario: Scenario, travel: Travel) -> list[Ride]:
    """Rides of one run, in order of boarding."""
    return [_ride_of(seat, route, run, scenario, travel) for seat in seats_of(run)]


def rides_of_passenger(passenger_id: str, route: Route, scenario: Scenario, travel: Travel) -> list[Ride]:
    """One passenger's rides on a route, run by run."""
    seats = ((run, _seat_of(run, passenger_id)) for run in route.runs)
    return [_ride_of(seat, route, run, scenario, travel) for run, seat in seats if seat is not None]


def rides_of(plan: Plan, scenario: Scenario, travel: Travel) -> list[Ride]:
    """Every ride of a plan, by route, run and order of boarding.

    Raises
    ------
    KeyError
        When the plan names a passenger or place that the scenario or travel does not hold.
    """
    return [ride for route in plan.routes for run in route.runs for ride in rides_of_run(route, run, scenario, travel)]


def _ride_of(seat: Seat, route: Route, run: Run, scenario: Scenario, travel: Travel) -> Ride:
    passenger = scenario.passenger_by_id[seat.passenger_id]
    board, alight = run.stops[seat.board_idx], run.stops[seat.alight_idx]
    direct_s = travel.seconds_between(run.leg, board.place_id, alight.place_id)
    policy = scenario.policy
    return Ride(
        passenger_id=seat.passenger_id,
        route_id=route.route_id,
        leg=run.leg,
        days=run.days,
        ride_s=alight.start_at_s - board.depart_at_s,
        walk_s=passenger.walk_s_to((board if run.leg is Leg.AM else alight).place_id),
        target_s=policy.ride_target_s(passenger.phase),
        cap_s=policy.ride_cap_of(passenger.phase, direct_s=direct_s, own_cap_s=passenger.ride_cap_s),
        direct_s=direct_s,
    )
