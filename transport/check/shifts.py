"""What each fleet vehicle does on a day: its runs in order, when it leaves the depot and when it is back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.plan import Plan, Route, RouteKind, Run, Stop
from transport.travel import Travel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoutedRun:
    """A run and the route it belongs to."""

    route: Route
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VehicleDay:
    """The runs of one vehicle on days that are alike, each shift in order of time."""

    vehicle_id: str
    days: tuple[int, ...]
    am: tuple[RoutedRun, ...]
    pm: tuple[RoutedRun, ...]

    @property
    def runs(self) -> tuple[RoutedRun, ...]:
        """AM runs, then PM runs."""
        return self.am + self.pm

    @property
    def shifts(self) -> tuple[tuple[Leg, tuple[RoutedRun, ...]], ...]:
        """(leg, runs) of each shift the vehicle is out."""
        return tuple((leg, runs) for leg, runs in ((Leg.AM, self.am), (Leg.PM, self.pm)) if runs)


def runs_of(plan: Plan) -> list[RoutedRun]:
    """Every run that has a stop, with its route, in plan order."""
    return [RoutedRun(route=route, run=run) for route in plan.routes for run in route.runs if run.stops]


def vehicle_days_of(plan: Plan) -> list[VehicleDay]:
    """Days of each fleet vehicle, days with the same runs together, in order of first use in the plan."""
    by_vehicle: dict[str, list[RoutedRun]] = {}
    for routed in runs_of(plan):
        if routed.route.kind is RouteKind.FLEET and routed.route.vehicle_id is not None:
            by_vehicle.setdefault(routed.route.vehicle_id, []).append(routed)
    return [day for vehicle_id, runs in by_vehicle.items() for day in _days_of(vehicle_id, runs)]


def by_day(runs: Iterable[RoutedRun]) -> list[tuple[tuple[int, ...], tuple[RoutedRun, ...]]]:
    """Days on which the same runs are out, with these runs by first boarding; empty runs are skipped."""
    held = (routed for routed in runs if routed.run.stops)
    ordered = sorted(held, key=lambda routed: (routed.run.start_at_s, routed.run.end_at_s))
    days_by_key: dict[tuple[int, ...], list[int]] = {}
    for day in ALL_DAYS:
        key = tuple(idx for idx, routed in enumerate(ordered) if day in routed.run.days)
        if key:
            days_by_key.setdefault(key, []).append(day)
    return [(tuple(days), tuple(ordered[idx] for idx in key)) for key, days in days_by_key.items()]


def _days_of(vehicle_id: str, runs: Iterable[RoutedRun]) -> list[VehicleDay]:
    days = []
    for of_days, out in by_day(runs):
        am, pm = (tuple(routed for routed in out if routed.run.leg is leg) for leg in LEGS)
        days.append(VehicleDay(vehicle_id=vehicle_id, days=of_days, am=am, pm=pm))
    return days


def leave_at_s(leg: Leg, runs: tuple[RoutedRun, ...], depot_place_id: str, travel: Travel, *, profile: int) -> int:
    """When a vehicle leaves the depot for the first run of a shift."""
    first = runs[0].run.stops[0]
    return first.arrive_at_s - travel.seconds_between(leg, depot_place_id, first.place_id, profile=profile)


def return_at_s(leg: Leg, runs: tuple[RoutedRun, ...], depot_place_id: str, travel: Travel, *, profile: int) -> int:
    """When a vehicle is back at the depot after the last run of a shift."""
    last = runs[-1].run.stops[-1]
    return last.depart_at_s + travel.seconds_between(leg, last.place_id, depot_place_id, profile=profile)


def run_metres(run: Run, travel: Travel, *, profile: int) -> int:
    """Metres from the first stop of a run to its last."""
    return sum(travel.metres_between(run.leg, a.place_id, b.place_id, profile=profile) for a, b in pairwise(run.stops))


def run_drive_s(run: Run, travel: Travel, *, profile: int) -> int:
    """Driving seconds from the first stop of a run to its last."""
    return sum(travel.seconds_between(run.leg, a.place_id, b.place_id, profile=profile) for a, b in pairwise(run.stops))


def passenger_stops_of(run: Run) -> tuple[Stop, ...]:
    """Stops at which a passenger boards or alights."""
    return tuple(stop for stop in run.stops if stop.boarding or stop.alighting)


def listed_pas_of(routed: RoutedRun) -> tuple[str, ...]:
    """PAs by id on a run: the first `n_pas` of the route's list."""
    return routed.route.pa_ids[: max(0, routed.run.n_pas)]


def n_unlisted_pas_of(routed: RoutedRun) -> int:
    """PAs on a run beyond those listed by id."""
    return max(0, routed.run.n_pas - len(routed.route.pa_ids))


def n_operator_pas_of(runs: Sequence[RoutedRun]) -> int:
    """Operator PAs of a day of bought runs: for each route the larger of its legs."""
    n_by_route: dict[str, int] = {}
    for routed in runs:
        route_id = routed.route.route_id
        n_by_route[route_id] = max(n_by_route.get(route_id, 0), n_unlisted_pas_of(routed))
    return sum(n_by_route.values())


def span_s(runs: Iterable[Run]) -> int:
    """Seconds from the first passenger stop of runs to the last one, 0 without any."""
    stops = [stop for run in runs for stop in passenger_stops_of(run)]
    return max(s.depart_at_s for s in stops) - min(s.start_at_s for s in stops) if stops else 0


def pa_span_s(pa_id: str, runs: Iterable[Run]) -> int:
    """Seconds a listed PA is on board over runs of one leg: as `span_s`, home stops included."""
    stops = [
        stop for run in runs for stop in run.stops
        if stop.boarding or stop.alighting or pa_id in (*stop.pas_boarding, *stop.pas_alighting)
    ]  # fmt: skip
    return max(s.depart_at_s for s in stops) - min(s.start_at_s for s in stops) if stops else 0
