"""Rules on the clock: windows at the gates, drives, service, rides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from transport.calendar import Leg
from transport.check.facts import Facts
from transport.check.rides import Ride
from transport.check.rules import Rule, Violation, make_run_violation, make_violation
from transport.check.shifts import RoutedRun
from transport.check.words import clock_words, duration_words, on_days_words
from transport.plan import Stop
from transport.travel import UNREACHABLE

_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _GateCall:
    """Passengers at one gate stop who share a window, with the days on which they do."""

    routed: RoutedRun
    stop: Stop
    earliest_s: int
    latest_s: int
    passenger_ids: tuple[str, ...]
    days: tuple[int, ...]


def _gate_calls(facts: Facts, leg: Leg) -> Iterator[_GateCall]:
    for routed in facts.runs:
        if routed.run.leg is not leg:
            continue
        for stop in routed.run.stops:
            shared: dict[tuple[int, int], tuple[dict[str, None], set[int]]] = {}
            for pid in stop.alighting if leg is Leg.AM else stop.boarding:
                p = facts.scenario.passenger_by_id[pid]
                for day in routed.run.days:
                    if facts.scenario.session_of(p, day) is not None:
                        ids, days = shared.setdefault(facts.scenario.window_of(p, leg, day), ({}, set()))
                        ids[pid] = None
                        days.add(day)
            for (earliest_s, latest_s), (ids, days) in shared.items():
                yield _GateCall(
                    routed=routed, stop=stop, earliest_s=earliest_s, latest_s=latest_s,
                    passenger_ids=tuple(ids), days=tuple(sorted(days)),
                )  # fmt: skip


def _gate_violations(
    facts: Facts, rule: Rule, leg: Leg, short_s: Callable[[_GateCall], int], words: Callable[[_GateCall], str]
) -> Iterator[Violation]:
    for call in _gate_calls(facts, leg):
        amount = short_s(call)
        if amount > 0:
            yield make_run_violation(
                rule, amount, words(call), call.routed, passenger_ids=call.passenger_ids, days=call.days
            )


def check_arrives_early(facts: Facts) -> Iterator[Violation]:
    """AM: service at the gate starts no earlier than the window opens."""

    def early_s(call: _GateCall) -> int:
        return call.earliest_s - call.stop.start_at_s

    def words(call: _GateCall) -> str:
        return (
            f"sets down at {_gate(call)} at {clock_words(call.stop.start_at_s)}, "
            f"{duration_words(early_s(call))} before {clock_words(call.earliest_s)}"
        )

    yield from _gate_violations(facts, Rule.ARRIVES_EARLY, Leg.AM, early_s, words)


def check_arrives_late(facts: Facts) -> Iterator[Violation]:
    """AM: service at the gate starts no later than the window closes."""

    def late_s(call: _GateCall) -> int:
        return call.stop.start_at_s - call.latest_s

    def words(call: _GateCall) -> str:
        return (
            f"sets down at {_gate(call)} at {clock_words(call.stop.start_at_s)}, "
            f"{duration_words(late_s(call))} after {clock_words(call.latest_s)}"
        )

    yield from _gate_violations(facts, Rule.ARRIVES_LATE, Leg.AM, late_s, words)


def check_boards_before_session_ends(facts: Facts) -> Iterator[Violation]:
    """PM: nobody boards before their session ends."""

    def early_s(call: _GateCall) -> int:
        return call.earliest_s - call.stop.start_at_s

    def words(call: _GateCall) -> str:
        return (
            f"boards at {_gate(call)} at {clock_words(call.stop.start_at_s)}, "
            f"{duration_words(early_s(call))} before the session ends at {clock_words(call.earliest_s)}"
        )

    yield from _gate_violations(facts, Rule.BOARDS_BEFORE_SESSION_ENDS, Leg.PM, early_s, words)


def check_leaves_late(facts: Facts) -> Iterator[Violation]:
    """PM: service at the gate ends no later than the window closes."""

    def late_s(call: _GateCall) -> int:
        return call.stop.depart_at_s - call.latest_s

    def words(call: _GateCall) -> str:
        return (
            f"leaves {_gate(call)} at {clock_words(call.stop.depart_at_s)}, "
            f"{duration_words(late_s(call))} after {clock_words(call.latest_s)}"
        )

    yield from _gate_violations(facts, Rule.LEAVES_LATE, Leg.PM, late_s, words)


def check_clock(facts: Facts) -> Iterator[Violation]:
    """Service starts after arrival and lasts at least the sum of everybody's seconds."""
    for routed in facts.runs:
        for idx, stop in enumerate(routed.run.stops):
            for short_s, what in _clock_faults(facts, routed.run.leg, stop):
                if short_s > 0:
                    words = f"stop {idx + 1} ({stop.place_id}) {what} by {duration_words(short_s)}"
                    ids = (*stop.boarding, *stop.alighting)
                    yield make_run_violation(Rule.CLOCK, short_s, words, routed, passenger_ids=ids)


def _clock_faults(facts: Facts, leg: Leg, stop: Stop) -> Iterator[tuple[int, str]]:
    """(seconds short, what is wrong) of each condition on a stop's clock; none wrong where not above 0."""
    people = facts.scenario.passenger_by_id
    service_s = sum(people[pid].service_s(leg, at_school=leg is Leg.PM) for pid in stop.boarding)
    service_s += sum(people[pid].service_s(leg, at_school=leg is Leg.AM) for pid in stop.alighting)
    yield stop.arrive_at_s - stop.start_at_s, "starts service before arriving"
    yield (
        service_s - (stop.depart_at_s - stop.start_at_s),
        f"is short of its {duration_words(service_s)} of service",
    )
    yield -stop.arrive_at_s, "is before midnight"
    yield stop.depart_at_s - _DAY_S, "is after midnight"


def check_drive_too_short(facts: Facts) -> Iterator[Violation]:
    """The time between two stops is at least the drive."""
    for routed, a, b, drive_s in _drives(facts):
        short_s = drive_s - (b.arrive_at_s - a.depart_at_s)
        if drive_s < UNREACHABLE and short_s > 0:
            what = (
                f"{duration_words(short_s)} too little for the drive of {duration_words(drive_s)} "
                f"from {a.place_id} to {b.place_id}"
            )
            yield make_run_violation(Rule.DRIVE_TOO_SHORT, short_s, what, routed)


def check_road_not_permitted(facts: Facts) -> Iterator[Violation]:
    """The vehicle's class may drive from each stop to the next, and from and to its depot."""
    for routed, a, b, drive_s in _drives(facts):
        if drive_s >= UNREACHABLE:
            what = _no_road(routed.route.class_id, a.place_id, b.place_id)
            ids = (*b.boarding, *b.alighting)
            yield make_run_violation(Rule.ROAD_NOT_PERMITTED, 1, what, routed, passenger_ids=ids)
    for day in facts.vehicle_days:
        for leg, runs in day.shifts:
            class_id = facts.scenario.vehicle_by_id[day.vehicle_id].class_id
            profile = facts.profile_of(class_id)
            for a_id, b_id in _empty_drives(facts, day.vehicle_id, runs):
                if facts.travel.seconds_between(leg, a_id, b_id, profile=profile) >= UNREACHABLE:
                    sentence = (
                        f"Fleet vehicle {day.vehicle_id} {leg.value}{on_days_words(day.days)}: "
                        f"{_no_road(class_id, a_id, b_id)}"
                    )
                    yield make_violation(Rule.ROAD_NOT_PERMITTED, 1, sentence, leg=leg, days=day.days)


def _empty_drives(facts: Facts, vehicle_id: str, runs: Sequence[RoutedRun]) -> list[tuple[str, str]]:
    """(from, to) place ids of a shift's drives from the depot, between runs and back."""
    depot_id = facts.scenario.vehicle_by_id[vehicle_id].depot_id
    depot = facts.scenario.depot_by_id[depot_id].place_id
    ends = [(routed.run.stops[0].place_id, routed.run.stops[-1].place_id) for routed in runs]
    return [
        (depot, ends[0][0]),
        *((last, first) for (_, last), (first, _) in pairwise(ends)),
        (ends[-1][1], depot),
    ]


def _no_road(class_id: str, a_id: str, b_id: str) -> str:
    return f"no road permitted for a {class_id} leads from {a_id} to {b_id}"


def _drives(facts: Facts) -> Iterator[tuple[RoutedRun, Stop, Stop, int]]:
    """Each pair of consecutive stops with the drive between them in seconds."""
    for routed in facts.runs:
        profile = facts.profile_of(routed.route.class_id)
        leg = routed.run.leg
        for a, b in pairwise(routed.run.stops):
            drive_s = facts.travel.seconds_between(leg, a.place_id, b.place_id, profile=profile)
            yield routed, a, b, drive_s


def check_ride_over_cap(facts: Facts) -> Iterator[Violation]:
    """Nobody rides longer than their cap."""
    for routed, ride in facts.rides:
        over_s = ride.ride_s - ride.cap_s
        if over_s > 0:
            own = facts.scenario.passenger_by_id[ride.passenger_id].ride_cap_s is not None
            whose = "their own" if own else "the"
            what = (
                f"passenger {ride.passenger_id} rides {duration_words(ride.ride_s)}, "
                f"{duration_words(over_s)} over {whose} cap of {duration_words(ride.cap_s)}"
            )
            yield make_run_violation(Rule.RIDE_OVER_CAP, over_s, what, routed, passenger_ids=[ride.passenger_id])


def check_ride_over_target(facts: Facts) -> Iterator[Violation]:
    """Ride and walk together stay within the guide; each passenger and leg once, the longest journey."""
    over: dict[tuple[str, Leg], list[tuple[RoutedRun, Ride]]] = {}
    for routed, ride in facts.rides:
        if ride.over_target_s > 0:
            over.setdefault((ride.passenger_id, ride.leg), []).append((routed, ride))
    for (pid, _), found in over.items():
        routed, ride = max(found, key=lambda pair: pair[1].over_target_s)
        days = [day for _, each in found for day in each.days]
        what = (
            f"passenger {pid} travels {duration_words(ride.journey_s)}, {duration_words(ride.over_target_s)} "
            f"over the wish of {duration_words(ride.target_s)}: {_reason(ride)}"
        )
        yield make_run_violation(
            Rule.RIDE_OVER_TARGET, ride.over_target_s, what, routed, passenger_ids=[pid], days=days
        )


def _reason(ride: Ride) -> str:
    """Why a journey is over its target: distance, the walk, or the other stops."""
    if ride.direct_s > ride.target_s:
        return f"the direct drive alone takes {duration_words(ride.direct_s)}"
    if ride.direct_s + ride.walk_s > ride.target_s:
        return f"the direct drive and the walk alone take {duration_words(ride.direct_s + ride.walk_s)}"
    return f"other stops and waiting add {duration_words(ride.ride_s - ride.direct_s)} to the direct drive"


def _gate(call: _GateCall) -> str:
    return f"{call.stop.place_id} (school {call.stop.school_id})"
