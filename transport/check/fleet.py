"""Rules on the council's vehicles: class, shifts, several runs in a shift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from transport.calendar import ALL_DAYS, Leg
from transport.check.facts import Facts
from transport.check.rules import Rule, Violation, make_violation
from transport.check.shifts import RoutedRun, VehicleDay, leave_at_s, return_at_s
from transport.check.words import clock_words, duration_words, list_words, on_days_words
from transport.plan import RouteKind
from transport.travel import UNREACHABLE


def check_vehicle_class_mismatch(facts: Facts) -> Iterator[Violation]:
    """A fleet route's class is its vehicle's."""
    for route in facts.plan.routes:
        vehicle = facts.scenario.vehicle_by_id.get(route.vehicle_id or "")
        if vehicle is not None and vehicle.class_id != route.class_id:
            sentence = (
                f"Route {route.route_id}: class {route.class_id}, but fleet vehicle {vehicle.vehicle_id} "
                f"is a {vehicle.class_id}"
            )
            yield make_violation(Rule.VEHICLE_CLASS_MISMATCH, 1, sentence, route_id=route.route_id)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Change:
    """Two runs that one vehicle does one after the other."""

    day: VehicleDay
    first: RoutedRun
    second: RoutedRun
    spare_s: int


def _changes(facts: Facts) -> Iterator[_Change]:
    """Consecutive runs of each vehicle-day with the time between them besides the driving."""
    for day in facts.vehicle_days:
        for a, b in zip(day.runs, day.runs[1:], strict=False):
            spare_s = _spare_s(facts, day, a, b)
            if spare_s is not None:
                yield _Change(day=day, first=a, second=b, spare_s=spare_s)


def _spare_s(facts: Facts, day: VehicleDay, a: RoutedRun, b: RoutedRun) -> int | None:
    """Seconds between two runs besides the drive, by the depot between shifts; None where no road leads."""
    leg, travel = b.run.leg, facts.travel
    profile = facts.profile_of(b.route.class_id)
    last, first = a.run.stops[-1], b.run.stops[0]
    if a.run.leg is b.run.leg:
        drive_s = travel.seconds_between(leg, last.place_id, first.place_id, profile=profile)
    else:
        depot = _depot_place_id(facts, day)
        drive_s = travel.seconds_between(Leg.AM, last.place_id, depot, profile=profile)
        drive_s += travel.seconds_between(Leg.PM, depot, first.place_id, profile=profile)
    return None if drive_s >= UNREACHABLE else first.arrive_at_s - last.depart_at_s - drive_s


def _depot_place_id(facts: Facts, day: VehicleDay) -> str:
    vehicle = facts.scenario.vehicle_by_id[day.vehicle_id]
    return facts.scenario.depot_by_id[vehicle.depot_id].place_id


def check_run_overlap(facts: Facts) -> Iterator[Violation]:
    """A fleet vehicle finishes one run, drives and turns round before it is needed for the next."""
    turnround_s = facts.scenario.policy.turnround_s
    for change in _changes(facts):
        short_s = turnround_s - change.spare_s
        if short_s > 0:
            yield _between(Rule.RUN_OVERLAP, short_s, "to drive and turn round", change)


def check_layout_change(facts: Facts) -> Iterator[Violation]:
    """A layout is changed only where there is time for it."""
    change_s = facts.scenario.policy.layout_change_s
    for change in _changes(facts):
        short_s = change_s - change.spare_s
        if change.first.run.layout != change.second.run.layout and short_s > 0:
            yield _between(Rule.LAYOUT_CHANGE, short_s, "to change the layout", change)


def _between(rule: Rule, short_s: int, what: str, change: _Change) -> Violation:
    a, b = change.first, change.second
    sentence = (
        f"Fleet vehicle {change.day.vehicle_id}{on_days_words(change.day.days)}: "
        f"{duration_words(short_s)} too little {what} between route {a.route.route_id} {a.run.leg.value} "
        f"and route {b.route.route_id} {b.run.leg.value}"
    )
    return make_violation(rule, short_s, sentence, route_id=b.route.route_id, leg=b.run.leg, days=change.day.days)


def check_outside_shift(facts: Facts) -> Iterator[Violation]:
    """A fleet vehicle leaves and returns to its depot within its shift."""
    for day in facts.vehicle_days:
        vehicle = facts.scenario.vehicle_by_id[day.vehicle_id]
        depot = _depot_place_id(facts, day)
        for leg, runs in day.shifts:
            profile = facts.profile_of(vehicle.class_id)
            shift = vehicle.am_shift if leg is Leg.AM else vehicle.pm_shift
            leave_s = leave_at_s(leg, runs, depot, facts.travel, profile=profile)
            back_s = return_at_s(leg, runs, depot, facts.travel, profile=profile)
            for over_s, what, at_s, limit in (
                (
                    shift.start_s - leave_s,
                    "leaves the depot at",
                    leave_s,
                    f"before {clock_words(shift.start_s)}",
                ),
                (
                    back_s - shift.end_s,
                    "is back at the depot at",
                    back_s,
                    f"after {clock_words(shift.end_s)}",
                ),
            ):
                if 0 < over_s < UNREACHABLE // 2:
                    sentence = (
                        f"Fleet vehicle {day.vehicle_id} {leg.value}{on_days_words(day.days)}: {what} "
                        f"{clock_words(at_s)}, {duration_words(over_s)} {limit}"
                    )
                    yield make_violation(
                        Rule.OUTSIDE_SHIFT,
                        over_s,
                        sentence,
                        route_id=runs[0].route.route_id,
                        leg=leg,
                        days=day.days,
                    )


def check_too_many_runs(facts: Facts) -> Iterator[Violation]:
    """A fleet vehicle does no more runs in a shift than allowed."""
    for day in facts.vehicle_days:
        allowed = facts.scenario.vehicle_by_id[day.vehicle_id].max_runs_per_shift
        for leg, runs in day.shifts:
            if len(runs) > allowed:
                sentence = (
                    f"Fleet vehicle {day.vehicle_id} {leg.value}{on_days_words(day.days)}: {len(runs)} runs; "
                    f"at most {allowed} allowed"
                )
                yield make_violation(Rule.TOO_MANY_RUNS, len(runs) - allowed, sentence, leg=leg, days=day.days)


def check_same_vehicle_split(facts: Facts) -> Iterator[Violation]:
    """A passenger's fleet vehicle is the same on both legs, also where the policy frees the route.

    One route has one vehicle by its form, so this can only be broken by a passenger on two routes; where
    the policy forbids that, `same_route_split` says it.
    """
    policy = facts.scenario.policy
    if not policy.same_vehicle_both_legs or policy.same_route_both_legs:
        return
    for pid, carriages in facts.carriages.items():
        fleet = [c.routed for c in carriages if c.routed.route.kind is RouteKind.FLEET]
        by_day: dict[int, dict[str, None]] = {day: {} for day in ALL_DAYS}
        for routed in fleet:
            for day in routed.run.days:
                by_day[day][routed.route.vehicle_id or ""] = None
        days = [day for day, vehicles in by_day.items() if len(vehicles) > 1]
        if days:
            vehicles = list(by_day[days[0]])
            sentence = (
                f"Passenger {pid}{on_days_words(days)}: fleet vehicles {list_words(vehicles)} on the two "
                f"legs; one is allowed"
            )
            yield make_violation(Rule.SAME_VEHICLE_SPLIT, len(vehicles) - 1, sentence, passenger_ids=[pid], days=days)
