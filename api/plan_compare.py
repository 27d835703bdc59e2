"""Two plans side by side: money, vehicles, PAs, rides, and for whom what changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from transport.calendar import Leg
from transport.check import Ride, rides_of
from transport.check.disturbed import Disturbed, disturbed_of
from transport.cost import CostBreakdown, cost_of, objective_of
from transport.money import half_up
from transport.plan import Plan, Route
from transport.scenario import Scenario
from transport.stability import OwnSeatings, Seatings, moves_of, riders_where_plans_differ, seatings_of
from transport.travel import Travel


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFigures:
    """What a plan comes to.

    Attributes
    ----------
    objective : pence a week by which plans are judged. n_vehicles_by_class : routes; a fleet vehicle once.
    n_pas : most PAs on board each route, added up. mean_ride_s, longest_ride_s : of all rides; 0 without any.
    """

    week_pence: int
    year_pence: int
    objective: int
    n_routes: int
    n_vehicles_by_class: dict[str, int]
    n_pas: int
    n_carried: int
    n_unserved: int
    mean_ride_s: int
    longest_ride_s: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """A plan with what it was made from.

    Attributes
    ----------
    figures, cost, rides, disturbed : what it comes to, its price, its rides, and who is disturbed against the plan that
        it is compared with, where these are known already.
    """

    plan: Plan
    scenario: Scenario
    travel: Travel
    figures: SideFigures | None = None
    cost: CostBreakdown | None = None
    rides: tuple[Ride, ...] | None = None
    disturbed: tuple[Disturbed, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTime:
    """A pick-up (AM) or drop-off (PM) at another time: seconds after midnight, on day indices 0..9."""

    leg: Leg
    days: tuple[int, ...]
    at_s_before: int
    at_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassengerChange:
    """Somebody for whom something is not as it was.

    Attributes
    ----------
    reasons : vehicle, PA, time: what is over the policy's tolerance, and so to be told. sentence : the same in words.
    route_id_before, route_id : None: on none. times : every other time, however little it moves.
    """

    passenger_id: str
    reasons: tuple[str, ...]
    sentence: str
    route_id_before: str | None
    route_id: str | None
    times: tuple[NewTime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two plans side by side."""

    before: SideFigures
    after: SideFigures
    changed: tuple[PassengerChange, ...]

    def figures(self) -> dict[str, Any]:
        """The same for scripts: money in pence, times in seconds."""
        from dataclasses import asdict

        return {
            **asdict(self),
            "extra_pence_per_week": self.after.week_pence - self.before.week_pence,
            "extra_pence_per_year": self.after.year_pence - self.before.year_pence,
            "n_disturbed": sum(bool(change.reasons) for change in self.changed),
        }


def compare(before: Side, after: Side) -> Comparison:
    """Compare two plans; who is new or gone is on no route on one side."""
    return Comparison(
        before=before.figures or figures_of(before),
        after=figures_of(after),
        changed=tuple(_changes(before.plan, after)),
    )


def figures_of(side: Side) -> SideFigures:
    """What a plan comes to."""
    plan = side.plan
    cost = side.cost or cost_of(plan, side.scenario, side.travel)
    known = side.rides if side.rides is not None else tuple(rides_of(plan, side.scenario, side.travel))
    # A ride holds for each of its days.
    rides = [ride.ride_s for ride in known for _ in ride.days]
    vehicles = {(route.vehicle_id or route.route_id, route.class_id) for route in plan.routes}
    return SideFigures(
        week_pence=cost.week_pence,
        year_pence=cost.year_pence,
        objective=objective_of(plan, side.scenario, side.travel, cost, rides=known).total,
        n_routes=len(plan.routes),
        n_vehicles_by_class=dict(sorted(Counter(class_id for _, class_id in vehicles).items())),
        n_pas=sum(max((run.n_pas for run in route.runs), default=0) for route in plan.routes),
        n_carried=len({pid for route in plan.routes for pid in route.passenger_ids}),
        n_unserved=len(plan.unserved),
        mean_ride_s=half_up(sum(rides), len(rides)) if rides else 0,
        longest_ride_s=max(rides, default=0),
    )


def _changes(before: Plan, after: Side) -> Iterator[PassengerChange]:
    known = after.disturbed
    told = {d.passenger_id: d for d in (disturbed_of(after.plan, before, after.scenario) if known is None else known)}
    riders = riders_where_plans_differ(before, after.plan)
    old, now = seatings_of(before, riders), seatings_of(after.plan, riders)
    old_route, new_route = _route_by_passenger(before.routes), _route_by_passenger(after.plan.routes)
    for pid in sorted(set(old) | set(now)):
        times = tuple(_times(now, old, pid))
        routes = old_route.get(pid), new_route.get(pid)
        if pid in told or times or routes[0] != routes[1]:
            yield PassengerChange(
                passenger_id=pid,
                reasons=tuple(why.value for why in told[pid].reasons) if pid in told else (),
                sentence=told[pid].sentence if pid in told else "",
                route_id_before=routes[0],
                route_id=routes[1],
                times=times,
            )


def _times(now: Seatings, before: Seatings, passenger_id: str) -> Iterator[NewTime]:
    mine: OwnSeatings = now.get(passenger_id, {})
    was: OwnSeatings = before.get(passenger_id, {})
    days: dict[tuple[Leg, int, int], list[int]] = {}
    for leg, day in moves_of(mine, was, 0):
        days.setdefault((leg, was[leg, day].at_s, mine[leg, day].at_s), []).append(day)
    for (leg, at_s_before, at_s), on in days.items():
        yield NewTime(leg=leg, days=tuple(sorted(on)), at_s_before=at_s_before, at_s=at_s)


def _route_by_passenger(routes: Iterable[Route]) -> dict[str, str]:
    return {pid: route.route_id for route in routes for pid in route.passenger_ids}
