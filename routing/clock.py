"""Runs with clock times from an order of passengers and gates, in the domain's words.

Used to write plans out and to put clocks on today's routes. Where the windows cannot all be met the clock is still
given, as late (AM) or as early (PM) as the first broken window leaves it, so that the checker can name what breaks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from transport.calendar import ALL_DAYS, Leg
from transport.passengers import PaNeed, Passenger, PickupPoint
from transport.plan import Pattern, Run, Stop
from transport.scenario import Scenario
from transport.travel import AnyRoadTravel, Travel
from transport.vehicles import Layout, VehicleClass


class _Halt(NamedTuple):
    """A stop before it has a clock; thousands are made for one quote or plan, and a tuple is made in no time."""

    place_id: str
    passengers: tuple[Passenger, ...]
    service_s: int
    school_id: str | None = None
    window: tuple[int, int] = (0, 0)


Choices = Mapping[str, PickupPoint | None]
"""Where passengers board on a leg, by id; who is not named boards at the first of their `boarding_choices`."""


def runs_of(
    scenario: Scenario,
    travel: Travel,
    leg: Leg,
    pattern: Pattern,
    vehicle_class: VehicleClass,
    choices: Choices | None = None,
) -> tuple[Run, ...]:
    """One run per day type of a leg: the order is kept, the absent are skipped, the clock is made anew."""
    chosen = dict(choices or {})
    for pid in pattern.passenger_ids:
        if pid not in chosen:
            chosen[pid] = scenario.passenger_by_id[pid].boarding_choices[0]
    travel = AnyRoadTravel(travel=travel)
    days_by_type: dict[object, list[int]] = defaultdict(list)
    called = zip(*(scenario.attendance_of(pid, leg) for pid in pattern.passenger_ids), strict=True)
    for day, of_day in enumerate(called):
        if any(of_day):
            days_by_type[of_day].append(day)
    return tuple(
        _run(scenario, travel, leg, pattern, vehicle_class, tuple(days), chosen) for days in days_by_type.values()
    )


def shifted(run: Run, by_s: int) -> Run:
    """The same run earlier (negative) or later."""
    stops = tuple(
        replace(s, arrive_at_s=s.arrive_at_s + by_s, start_at_s=s.start_at_s + by_s, depart_at_s=s.depart_at_s + by_s)
        for s in run.stops
    )
    return replace(run, stops=stops)


def n_pas_needed(passengers: Sequence[Passenger], *, passengers_per_shared_pa: int) -> int:
    """PAs on board for these passengers."""
    shared = sum(p.pa_need is PaNeed.SHARED for p in passengers)
    per = passengers_per_shared_pa or max(1, shared)
    own = sum({PaNeed.ONE_TO_ONE: 1, PaNeed.TWO_TO_ONE: 2}.get(p.pa_need, 0) for p in passengers)
    return -(-shared // per) + own


def layout_for(vehicle_class: VehicleClass, passengers: Sequence[Passenger], n_pas: int) -> Layout:
    """The first layout of a class that holds everybody.

    The roomiest where none does, so that the checker can say so.
    """
    chairs = sum(p.uses_wheelchair_place for p in passengers)
    seats = len(passengers) - chairs + n_pas
    fitting = (x for x in vehicle_class.layouts if x.holds(n_seats=seats, n_wheelchairs=chairs))
    return next(fitting, max(vehicle_class.layouts, key=lambda x: (min(x.wheelchairs, chairs), x.seats)))


def gates_by_bell(scenario: Scenario, leg: Leg, passenger_ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Gates in order of their bell times: how a route is driven when nobody wrote the order down."""
    earliest: dict[tuple[str, str], int] = {}
    for pid in passenger_ids:
        p = scenario.passenger_by_id[pid]
        gate = (p.school_id, scenario.gate_of(p).place_id)
        for day in ALL_DAYS:
            if scenario.travels(p, leg, day):
                at = scenario.window_of(p, leg, day)[1 if leg is Leg.AM else 0]
                earliest[gate] = min(earliest.get(gate, at), at)
    return tuple(sorted(earliest, key=lambda gate: (earliest[gate], gate)))


def _run(
    scenario: Scenario,
    travel: Travel,
    leg: Leg,
    pattern: Pattern,
    vehicle_class: VehicleClass,
    days: tuple[int, ...],
    chosen: Choices,
) -> Run:
    day = days[0]
    present = [scenario.passenger_by_id[pid] for pid in pattern.passenger_ids if scenario.attendance_of(pid, leg)[day]]
    homes = _home_halts(leg, day, present, chosen)
    gates = _gate_halts(scenario, leg, day, pattern, present)
    halts = homes + gates if leg is Leg.AM else gates + homes
    profile = travel.profile_by_class_id[vehicle_class.class_id]
    drives = [
        0 if a.place_id == b.place_id else travel.seconds_between(leg, a.place_id, b.place_id, profile=profile)
        for a, b in pairwise(halts)
    ]
    starts = _am_clock(homes, gates, drives) if leg is Leg.AM else _pm_clock(homes, gates, drives)
    stops: list[Stop] = []
    for halt, start, drive_s in zip(halts, starts, [0, *drives], strict=True):
        arrive = stops[-1].depart_at_s + drive_s if stops else start
        ids = tuple(p.passenger_id for p in halt.passengers)
        boards = (leg is Leg.AM) == (halt.school_id is None)
        stops.append(
            Stop(
                place_id=halt.place_id,
                arrive_at_s=arrive,
                start_at_s=max(arrive, start),
                depart_at_s=max(arrive, start) + halt.service_s,
                boarding=ids if boards else (),
                alighting=() if boards else ids,
                school_id=halt.school_id,
            )
        )
    n_pas = n_pas_needed(present, passengers_per_shared_pa=scenario.policy.passengers_per_shared_pa)
    return Run(leg=leg, days=days, stops=tuple(stops), layout=layout_for(vehicle_class, present, n_pas), n_pas=n_pas)


def _home_halts(leg: Leg, day: int, present: Sequence[Passenger], chosen: Choices) -> list[_Halt]:
    """Stops at the home side; passengers in a row at one place share a stop."""
    halts: list[_Halt] = []
    for p in present:
        place_id = p.stop_id_on(leg, day, chosen[p.passenger_id])
        assert place_id is not None  # present means travelling
        service_s = p.service_s(leg, at_school=False)
        if halts and halts[-1].place_id == place_id:
            last = halts[-1]
            halts[-1] = last._replace(passengers=(*last.passengers, p), service_s=last.service_s + service_s)
        else:
            halts.append(_Halt(place_id=place_id, passengers=(p,), service_s=service_s))
    return halts


def _gate_halts(scenario: Scenario, leg: Leg, day: int, pattern: Pattern, present: Sequence[Passenger]) -> list[_Halt]:
    """One stop a gate, in the pattern's order, in the part of the windows that all who use it share."""
    halts: list[_Halt] = []
    for school_id, place_id in pattern.gates:
        there = [p for p in present if (p.school_id, scenario.gate_of(p).place_id) == (school_id, place_id)]
        if there:
            calls = (scenario.attendance_of(p.passenger_id, leg)[day] for p in there)
            windows = [call[1] for call in calls if call is not None]
            halts.append(
                _Halt(
                    place_id=place_id,
                    passengers=tuple(there),
                    service_s=sum(p.service_s(leg, at_school=True) for p in there),
                    school_id=school_id,
                    window=(max(w[0] for w in windows), min(w[1] for w in windows)),
                )
            )
    return halts


def _am_clock(homes: Sequence[_Halt], gates: Sequence[_Halt], drives: Sequence[int]) -> list[int]:
    """Starts of service: the first gate as late as all windows allow, the next as early as possible after it.

    drives : seconds from each stop to the next.
    """
    between = drives[len(homes) :]
    latest = gates[-1].window[1]
    for before, drive_s in zip(gates[-2::-1], between[::-1], strict=True):
        latest = min(before.window[1], latest - drive_s - before.service_s)
    starts = [max(latest, gates[0].window[0])]
    for (before, after), drive_s in zip(pairwise(gates), between, strict=True):
        starts.append(max(after.window[0], starts[-1] + before.service_s + drive_s))
    for stop, drive_s in zip(homes[::-1], drives[: len(homes)][::-1], strict=True):
        starts.insert(0, starts[0] - drive_s - stop.service_s)
    return starts


def _pm_clock(homes: Sequence[_Halt], gates: Sequence[_Halt], drives: Sequence[int]) -> list[int]:
    """Starts of service: the last gate as early as possible, the ones before as late as their windows allow.

    drives : seconds from each stop to the next.
    """
    between, onwards = drives[: len(gates) - 1], drives[len(gates) - 1 :]
    earliest = gates[0].window[0]
    for (before, after), drive_s in zip(pairwise(gates), between, strict=True):
        earliest = max(after.window[0], earliest + before.service_s + drive_s)
    starts = [earliest]
    for before, drive_s in zip(gates[-2::-1], between[::-1], strict=True):
        latest = starts[0] - drive_s - before.service_s
        starts.insert(0, min(max(before.window[1] - before.service_s, before.window[0]), latest))
    for stop, drive_s in zip([gates[-1], *homes], onwards, strict=False):
        starts.append(starts[-1] + stop.service_s + drive_s)
    return starts
