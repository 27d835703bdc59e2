"""What the rules look at: the plan with unknown ids taken out, indexed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from transport.calendar import ALL_DAYS, Leg
from transport.check.rides import Ride, Seat, rides_of_run, seats_of
from transport.check.shifts import RoutedRun, VehicleDay, runs_of, vehicle_days_of
from transport.lots import Lot
from transport.passengers import Passenger
from transport.plan import Pattern, Plan, Route, Run, Stop
from transport.scenario import Scenario
from transport.travel import Pair, Travel, WrappedTravel

T = TypeVar("T")
P = TypeVar("P", Route, Pattern, Run, Stop)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TolerantTravel(WrappedTravel):
    """Travel that answers 0 for what it does not hold, and notes it, so that other rules can be checked."""

    missing: dict[Pair, None] = field(default_factory=dict)

    def seconds_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Driving seconds, `UNREACHABLE`, or 0 where not known."""
        try:
            return self.travel.seconds_between(leg, from_place_id, to_place_id, profile=profile)
        except KeyError:
            self.missing[leg, from_place_id, to_place_id, profile] = None
            return 0

    def metres_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Metres along the fastest path, `UNREACHABLE`, or 0 where not known."""
        try:
            return self.travel.metres_between(leg, from_place_id, to_place_id, profile=profile)
        except KeyError:
            self.missing[leg, from_place_id, to_place_id, profile] = None
            return 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Carriage:
    """One passenger on one run."""

    passenger: Passenger
    routed: RoutedRun
    seat: Seat

    @property
    def gate_idx(self) -> int:
        """Stop index at the school's side."""
        return self.seat.alight_idx if self.routed.run.leg is Leg.AM else self.seat.board_idx

    @property
    def home_idx(self) -> int:
        """Stop index at the home side."""
        return self.seat.board_idx if self.routed.run.leg is Leg.AM else self.seat.alight_idx

    @property
    def home_place_id(self) -> str:
        """Place of the stop at the home side."""
        return self.routed.run.stops[self.home_idx].place_id


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """A plan as the rules see it.

    Attributes
    ----------
    given : the plan as it came. plan : the same without unknown passengers, PAs, days and empty runs.
    reference : plan that families know already; None where there is none.
    runs : every run of `plan`. carriages : passenger id -> their rides on runs.
    rides : every ride with its run. boardings : how often each passenger boards, by (leg, day).
    """

    given: Plan
    plan: Plan
    scenario: Scenario
    travel: TolerantTravel
    runs: tuple[RoutedRun, ...]
    carriages: Mapping[str, tuple[Carriage, ...]]
    rides: tuple[tuple[RoutedRun, Ride], ...]
    boardings: Mapping[str, Counter[tuple[Leg, int]]]
    vehicle_days: tuple[VehicleDay, ...]
    lot_by_id: Mapping[str, Lot]
    unserved_ids: frozenset[str]
    not_planned_reason_by_id: Mapping[str, str]
    reference: Plan | None = None

    def profile_of(self, class_id: str) -> int:
        """Access profile of a class; the least restricted one where it is not known."""
        return self.travel.profile_by_class_id.get(class_id, 0)

    def passengers_on(self, run: Run) -> list[Passenger]:
        """Everybody who boards a run."""
        return [self.scenario.passenger_by_id[pid] for pid in dict.fromkeys(run.passenger_ids)]


def facts_of(plan: Plan, scenario: Scenario, travel: Travel, reference: Plan | None = None) -> Facts:
    """Index a plan for the rules. Never raises on a bad plan."""
    tolerant = TolerantTravel(travel=travel)
    clean = replace(plan, routes=tuple(_clean_route(route, scenario) for route in plan.routes))
    runs = tuple(runs_of(clean))
    rides = tuple(
        (routed, ride)
        for routed in runs
        for ride in rides_of_run(routed.route, routed.run, scenario, tolerant)
    )  # fmt: skip
    return Facts(
        given=plan,
        plan=clean,
        scenario=scenario,
        travel=tolerant,
        runs=runs,
        carriages=_carriages(runs, scenario),
        rides=rides,
        boardings=_boardings(runs),
        vehicle_days=tuple(day for day in vehicle_days_of(clean) if day.vehicle_id in scenario.vehicle_by_id),
        lot_by_id={lot.lot_id: lot for lot in plan.lots},
        unserved_ids=frozenset(u.passenger_id for u in plan.unserved if u.passenger_id in scenario.passenger_by_id),
        not_planned_reason_by_id={n.passenger_id: n.reason for n in scenario.not_planned()},
        reference=reference,
    )


def _boardings(runs: Iterable[RoutedRun]) -> dict[str, Counter[tuple[Leg, int]]]:
    boardings: dict[str, Counter[tuple[Leg, int]]] = {}
    for routed in runs:
        keys = [(routed.run.leg, day) for day in routed.run.days]
        for pid in routed.run.passenger_ids:
            boardings.setdefault(pid, Counter()).update(keys)
    return boardings


def _carriages(runs: Iterable[RoutedRun], scenario: Scenario) -> dict[str, tuple[Carriage, ...]]:
    found: dict[str, list[Carriage]] = {}
    for routed in runs:
        for seat in seats_of(routed.run):
            passenger = scenario.passenger_by_id[seat.passenger_id]
            carriage = Carriage(passenger=passenger, routed=routed, seat=seat)
            found.setdefault(seat.passenger_id, []).append(carriage)
    return {pid: tuple(carriages) for pid, carriages in found.items()}


def _clean_route(route: Route, scenario: Scenario) -> Route:
    runs = tuple(run for run in (_clean_run(run, scenario) for run in route.runs) if run.stops and run.days)
    return _with(
        route,
        am=_clean_pattern(route.am, scenario),
        pm=_clean_pattern(route.pm, scenario),
        runs=_same(route.runs, runs),
        pa_ids=_known(route.pa_ids, scenario.assistant_by_id),
    )


def _clean_pattern(pattern: Pattern | None, scenario: Scenario) -> Pattern | None:
    if pattern is None:
        return None
    return _with(pattern, passenger_ids=_known(pattern.passenger_ids, scenario.passenger_by_id))


def _clean_run(run: Run, scenario: Scenario) -> Run:
    days = tuple(day for day in ALL_DAYS if day in run.days)
    stops = tuple(_clean_stop(stop, scenario) for stop in run.stops)
    return _with(run, days=run.days if days == run.days else days, stops=_same(run.stops, stops))


def _clean_stop(stop: Stop, scenario: Scenario) -> Stop:
    return _with(
        stop,
        boarding=_known(stop.boarding, scenario.passenger_by_id),
        alighting=_known(stop.alighting, scenario.passenger_by_id),
        pas_boarding=_known(stop.pas_boarding, scenario.assistant_by_id),
        pas_alighting=_known(stop.pas_alighting, scenario.assistant_by_id),
    )


def _known(ids: tuple[str, ...], index: Mapping[str, object]) -> tuple[str, ...]:
    return ids if all(name in index for name in ids) else tuple(name for name in ids if name in index)


def _same(old: tuple[T, ...], new: tuple[T, ...]) -> tuple[T, ...]:
    """The old tuple where every part of the new one is the very object in it."""
    return old if len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True)) else new


def _with(whole: P, **parts: Any) -> P:
    """A part of a plan with parts of it as given; itself where they are what it has, as nearly always."""
    if all(getattr(whole, name) is part for name, part in parts.items()):
        return whole
    return replace(whole, **parts)
