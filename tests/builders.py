"""Tiny named instances for tests: a line world in which driving from x3 to x8 takes five minutes.

Places are `x0`, `x1` ... along a line, one minute and (unless told otherwise) one kilometre apart.
Everything has round defaults so that an expected number can be worked out by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from transport.assistants import PassengerAssistant
from transport.calendar import ALL_DAYS, LEGS, N_DAYS, Leg
from transport.lots import Lot, LotState
from transport.operators import Operator
from transport.passengers import Passenger, Phase
from transport.places import Place
from transport.plan import Pattern, Plan, Route, RouteKind, Run, Stop
from transport.rate_cards import RateCard
from transport.scenario import Scenario
from transport.schools import Gate, School, Session
from transport.travel import UNREACHABLE, TravelMatrix
from transport.vehicles import Depot, FleetVehicle, Layout, Shift, VehicleClass

N_PLACES = 121
"""Places of the line world, x0 to x120."""

STARTS_ON = date(2026, 9, 1)


def hm(hour: int, minute: int, second: int = 0) -> int:
    """Seconds after midnight."""
    return hour * 3600 + minute * 60 + second


def at(minute: int) -> str:
    """Place id of a point on the line."""
    return f"x{minute}"


def on_days(value: str, days: Iterable[int]) -> tuple[str | None, ...]:
    """Ten entries: the value on the days named, None on the others."""
    wanted = set(days)
    return tuple(value if day in wanted else None for day in ALL_DAYS)


def make_passenger(
    passenger_id: str = "P1",
    home: int = 0,
    school_id: str = "S1",
    *,
    days: Iterable[int] = ALL_DAYS,
    legs: Iterable[Leg] = LEGS,
    **changes: Any,
) -> Passenger:
    """A primary passenger at `x{home}` who takes 60 s to board or alight; `changes` name any other field."""
    days, legs = tuple(days), tuple(legs)
    values: dict[str, Any] = {
        "phase": Phase.PRIMARY,
        "am_place_ids": on_days(at(home), days if Leg.AM in legs else ()),
        "pm_place_ids": on_days(at(home), days if Leg.PM in legs else ()),
        "board_s": 60,
        "alight_s": 60,
        "school_board_s": 60,
        "school_alight_s": 60,
    }
    return Passenger(passenger_id=passenger_id, school_id=school_id, **values | changes)


def make_school(
    school_id: str = "S1",
    gate: int = 30,
    *,
    start_s: int = hm(9, 0),
    finish_s: int = hm(15, 0),
    open_days: Iterable[int] = ALL_DAYS,
    **changes: Any,
) -> School:
    """A school with one gate at `x{gate}`: arrive 08:45 to 08:55, leave 15:00 to 15:20."""
    opened = set(open_days)
    session = Session(start_s=start_s, finish_s=finish_s)
    values: dict[str, Any] = {
        "name": f"School {school_id}",
        "gates": (Gate(gate_id="main", place_id=at(gate)),),
        "sessions": tuple(session if day in opened else None for day in ALL_DAYS),
        "arrive_earliest_before_s": 900,
        "arrive_latest_before_s": 300,
        "leave_latest_after_s": 1200,
    }
    return School(school_id=school_id, **values | changes)


def make_card(
    base_pence: int = 5000, mile_rate_pence: int = 100, pa_day_rate_pence: int = 6000, **changes: Any
) -> RateCard:
    """A rate card of £50 a day, £1 a mile, £60 a PA."""
    return RateCard(
        base_pence=base_pence, mile_rate_pence=mile_rate_pence, pa_day_rate_pence=pa_day_rate_pence, **changes
    )


def make_class(class_id: str = "CAR", layouts: Iterable[tuple[int, int]] = ((4, 0),), **changes: Any) -> VehicleClass:
    """A class with (seats, wheelchair places) layouts, bought at `make_card()` unless told otherwise."""
    values: dict[str, Any] = {
        "layouts": tuple(Layout(seats=seats, wheelchairs=wheelchairs) for seats, wheelchairs in layouts),
        "rate_card": make_card(),
    }
    return VehicleClass(class_id=class_id, **values | changes)


def make_vehicle(vehicle_id: str = "V1", class_id: str = "CAR", depot_id: str = "D1", **changes: Any) -> FleetVehicle:
    """A fleet vehicle: £95 a day, 50p a mile, driver £18/h and at least 4 h; shifts 06:00-12:00-19:00."""
    values: dict[str, Any] = {
        "am_shift": Shift(start_s=hm(6, 0), end_s=hm(12, 0)),
        "pm_shift": Shift(start_s=hm(12, 0), end_s=hm(19, 0)),
        "fixed_pence_per_day": 9500,
        "mile_rate_pence": 50,
        "driver_pence_per_hour": 1800,
        "driver_min_paid_s": 14_400,
    }
    return FleetVehicle(vehicle_id=vehicle_id, class_id=class_id, depot_id=depot_id, **values | changes)


def make_depot(depot_id: str = "D1", place: int = 0) -> Depot:
    """A depot at `x{place}`."""
    return Depot(depot_id=depot_id, place_id=at(place))


def make_operator(operator_id: str = "O1", n_vehicles: Mapping[str, int] | None = None, **changes: Any) -> Operator:
    """An operator admitted for the classes it has vehicles of (default: nine CARs)."""
    vehicles = {"CAR": 9} if n_vehicles is None else dict(n_vehicles)
    values: dict[str, Any] = {
        "name": f"Operator {operator_id}",
        "categories": frozenset(vehicles),
        "n_vehicles_by_class": vehicles,
    }
    return Operator(operator_id=operator_id, **values | changes)


def make_assistant(pa_id: str = "A1", home: int | None = None, **changes: Any) -> PassengerAssistant:
    """A council PA at £12/h and at least 4 h, living at `x{home}` or joining with the passengers."""
    values: dict[str, Any] = {"pence_per_hour": 1200, "min_paid_s": 14_400}
    values["home_place_id"] = None if home is None else at(home)
    return PassengerAssistant(pa_id=pa_id, **values | changes)


def make_scenario(passengers: Iterable[Passenger] = (), **changes: Any) -> Scenario:
    """A scenario on the line: school S1 at x30, class CAR and depot D1 at x0 unless told otherwise."""
    values: dict[str, Any] = {
        "name": "line",
        "starts_on": STARTS_ON,
        "places": tuple(Place(place_id=at(i), lat=52.5, lon=-2.0 + i / 70) for i in range(N_PLACES)),
        "schools": (make_school(),),
        "vehicle_classes": (make_class(),),
        "depots": (make_depot(),),
    }
    return Scenario(passengers=tuple(passengers), **values | changes)


def line_travel(
    profile_by_class_id: Mapping[str, int] | None = None,
    *,
    metres_per_minute: int = 1000,
    pm_slower_pct: int = 100,
    blocked: Iterable[tuple[int, str, str]] = (),
) -> TravelMatrix:
    """Travel on the line: |i - j| minutes, in the PM times `pm_slower_pct` %.

    `blocked` lists (profile, from place id, to place id) pairs without a permitted road; profiles default to
    0 for the classes CAR and BUS.
    """
    profiles = {"CAR": 0, "BUS": 0} if profile_by_class_id is None else dict(profile_by_class_id)
    n_profiles = max(profiles.values()) + 1
    line = np.arange(N_PLACES)
    minutes = np.abs(line[:, None] - line[None, :]).astype(np.int32)
    seconds = np.stack([np.stack([minutes * 60, minutes * 60 * pm_slower_pct // 100])] * n_profiles)
    metres = np.stack([np.stack([minutes * metres_per_minute] * len(LEGS))] * n_profiles)
    for profile, a, b in blocked:
        seconds[profile, :, int(a[1:]), int(b[1:])] = UNREACHABLE
        metres[profile, :, int(a[1:]), int(b[1:])] = UNREACHABLE
    return TravelMatrix(
        row_by_place_id={at(i): i for i in range(N_PLACES)},
        profile_by_class_id=profiles,
        seconds=seconds.astype(np.int32),
        metres=metres.astype(np.int32),
        approximate=False,
        source="line world",
        digest="line",
    )


def make_run(
    scenario: Scenario,
    travel: TravelMatrix,
    leg: Leg,
    passenger_ids: Sequence[str],
    *,
    days: Iterable[int] = ALL_DAYS,
    class_id: str = "CAR",
    layout: tuple[int, int] | None = None,
    n_pas: int = 0,
    pa_ids: Sequence[str] = (),
    school_ids: Sequence[str] | None = None,
    later_s: int = 0,
) -> Run:
    """A run with its clock worked out: AM as late as the windows allow, PM as soon as the first school ends.

    `passenger_ids` is the order of boarding (AM) or alighting (PM); `school_ids` the order of the gates
    (default: as the passengers name them). PAs with a home board first and leave last. `later_s` moves the
    whole run.
    """
    days = tuple(days)
    people = [scenario.passenger_by_id[passenger_id] for passenger_id in passenger_ids]
    order = list(school_ids) if school_ids is not None else list(dict.fromkeys(p.school_id for p in people))
    homes = _home_halts(people, leg, days[0])
    gates = _gate_halts(scenario, people, leg, order)
    first_pas, last_pas = _pa_halts(scenario, pa_ids)
    halts = [*first_pas, *(homes + gates if leg is Leg.AM else gates + homes), *last_pas]
    stops = _clocked(scenario, travel, leg, days[0], halts, travel.profile_by_class_id[class_id], later_s)
    vehicle_class = scenario.class_by_id[class_id]
    fitted = Layout(seats=layout[0], wheelchairs=layout[1]) if layout else vehicle_class.layouts[0]
    return Run(leg=leg, days=days, stops=stops, layout=fitted, n_pas=max(n_pas, len(pa_ids)))


def _home_halts(people: Sequence[Passenger], leg: Leg, day: int) -> list[dict[str, Any]]:
    key = "boarding" if leg is Leg.AM else "alighting"
    halts: list[dict[str, Any]] = []
    for p in people:
        place_id = p.place_id_on(leg, day)
        if not halts or halts[-1]["place_id"] != place_id:
            halts.append({"place_id": place_id, key: ()})
        halts[-1][key] += (p.passenger_id,)
    return halts


def _gate_halts(
    scenario: Scenario, people: Sequence[Passenger], leg: Leg, school_ids: Sequence[str]
) -> list[dict[str, Any]]:
    key = "alighting" if leg is Leg.AM else "boarding"
    halts: list[dict[str, Any]] = []
    for school_id in school_ids:
        served = [p for p in people if p.school_id == school_id]
        for place_id in dict.fromkeys(scenario.gate_of(p).place_id for p in served):
            ids = tuple(p.passenger_id for p in served if scenario.gate_of(p).place_id == place_id)
            halts.append({"place_id": place_id, "school_id": school_id, key: ids})
    return halts


def _pa_halts(scenario: Scenario, pa_ids: Sequence[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    homes = [(pa_id, scenario.assistant_by_id[pa_id].home_place_id) for pa_id in pa_ids]
    first = [{"place_id": home, "pas_boarding": (pa_id,)} for pa_id, home in homes if home]
    last = [{"place_id": home, "pas_alighting": (pa_id,)} for pa_id, home in reversed(homes) if home]
    return first, last


def _clocked(
    scenario: Scenario,
    travel: TravelMatrix,
    leg: Leg,
    day: int,
    halts: Sequence[dict[str, Any]],
    profile: int,
    later_s: int,
) -> tuple[Stop, ...]:
    rough = _forward(scenario, travel, leg, halts, profile, 0, [0] * len(halts))
    windows = [_window(scenario, leg, day, halt) for halt in halts]
    if leg is Leg.AM:
        shift_s = min(w[1] - stop.start_at_s for w, stop in zip(windows, rough, strict=True) if w)
    else:
        shift_s = next(w[0] - stop.start_at_s for w, stop in zip(windows, rough, strict=True) if w)
    earliest = [w[0] + later_s if w else 0 for w in windows]
    return _forward(scenario, travel, leg, halts, profile, shift_s + later_s, earliest)


def _window(scenario: Scenario, leg: Leg, day: int, halt: Mapping[str, Any]) -> tuple[int, int] | None:
    """Window that suits everybody at a gate; None at a home."""
    ids = halt.get("alighting" if leg is Leg.AM else "boarding", ()) if halt.get("school_id") else ()
    windows = [scenario.window_of(scenario.passenger_by_id[i], leg, day) for i in ids]
    return (max(w[0] for w in windows), min(w[1] for w in windows)) if windows else None


def _forward(
    scenario: Scenario,
    travel: TravelMatrix,
    leg: Leg,
    halts: Sequence[dict[str, Any]],
    profile: int,
    clock_s: int,
    earliest_s: Sequence[int],
) -> tuple[Stop, ...]:
    """Drive the halts in order from `clock_s`, waiting at a gate that is not open yet."""
    stops: list[Stop] = []
    for idx, halt in enumerate(halts):
        if idx:
            clock_s += travel.seconds_between(leg, halts[idx - 1]["place_id"], halt["place_id"], profile=profile)
        start_s = max(clock_s, earliest_s[idx])
        people = scenario.passenger_by_id
        service_s = sum(people[i].service_s(leg, at_school=leg is Leg.PM) for i in halt.get("boarding", ()))
        service_s += sum(people[i].service_s(leg, at_school=leg is Leg.AM) for i in halt.get("alighting", ()))
        stops.append(Stop(arrive_at_s=clock_s, start_at_s=start_s, depart_at_s=start_s + service_s, **halt))
        clock_s = start_s + service_s
    return tuple(stops)


def make_route(
    route_id: str,
    runs: Sequence[Run],
    *,
    class_id: str = "CAR",
    vehicle_id: str | None = None,
    operator_id: str | None = None,
    lot_id: str | None = None,
    am: Pattern | None = None,
    pm: Pattern | None = None,
    **changes: Any,
) -> Route:
    """A route from its runs: a fleet route if it names a vehicle, else a bought one with lot `L-{route_id}`.

    Patterns default to the order of the longest run of each leg.
    """
    fleet = vehicle_id is not None
    return Route(
        route_id=route_id,
        kind=RouteKind.FLEET if fleet else RouteKind.BOUGHT,
        class_id=class_id,
        am=am or _pattern(runs, Leg.AM),
        pm=pm or _pattern(runs, Leg.PM),
        runs=tuple(runs),
        vehicle_id=vehicle_id,
        lot_id=None if fleet else lot_id or f"L-{route_id}",
        operator_id=operator_id,
        **changes,
    )


def _pattern(runs: Sequence[Run], leg: Leg) -> Pattern | None:
    of_leg = [run for run in runs if run.leg is leg]
    if not of_leg:
        return None
    run = max(of_leg, key=lambda run: len(run.passenger_ids))
    ids = run.passenger_ids if leg is Leg.AM else tuple(i for stop in run.stops for i in stop.alighting)
    gates = tuple((stop.school_id, stop.place_id) for stop in run.stops if stop.school_id)
    return Pattern(passenger_ids=ids, gates=gates)


def route_of(
    scenario: Scenario,
    travel: TravelMatrix,
    route_id: str,
    am: Sequence[str] = (),
    pm: Sequence[str] = (),
    *,
    class_id: str = "CAR",
    layout: tuple[int, int] | None = None,
    n_pas: int = 0,
    pa_ids: Sequence[str] = (),
    school_ids: Sequence[str] | None = None,
    later_s: int = 0,
    **route: Any,
) -> Route:
    """A route with one run per leg and day type: who is absent is skipped that day."""
    runs: list[Run] = []
    patterns: dict[Leg, Pattern] = {}
    for leg, order in ((Leg.AM, am), (Leg.PM, pm)):
        of_leg: list[Run] = []
        for days, ids in _day_types(scenario, leg, order):
            of_leg.append(
                make_run(
                    scenario, travel, leg, ids, days=days, class_id=class_id, layout=layout, n_pas=n_pas,
                    pa_ids=pa_ids, school_ids=school_ids, later_s=later_s,
                )
            )  # fmt: skip
        if of_leg:
            schools = school_ids or list(dict.fromkeys(scenario.passenger_by_id[i].school_id for i in order))
            visited = {(s.school_id, s.place_id) for run in of_leg for s in run.stops if s.school_id}
            gates = tuple((sid, g) for school in schools for sid, g in sorted(visited) if sid == school)
            patterns[leg] = Pattern(passenger_ids=tuple(order), gates=gates)
        runs += of_leg
    return make_route(
        route_id,
        runs,
        class_id=class_id,
        pa_ids=tuple(pa_ids),
        am=patterns.get(Leg.AM),
        pm=patterns.get(Leg.PM),
        **route,
    )


def _day_types(scenario: Scenario, leg: Leg, order: Sequence[str]) -> list[tuple[tuple[int, ...], tuple[str, ...]]]:
    """Days grouped by who travels from where and when, each with those who travel in order."""
    days_by_key: dict[tuple[Any, ...], list[int]] = {}
    people = [scenario.passenger_by_id[i] for i in order]
    for day in range(N_DAYS):
        going = [p for p in people if scenario.travels(p, leg, day)]
        key = tuple((p.passenger_id, p.place_id_on(leg, day), scenario.window_of(p, leg, day)) for p in going)
        if key:
            days_by_key.setdefault(key, []).append(day)
    return [(tuple(days), tuple(part[0] for part in key)) for key, days in days_by_key.items()]


def make_lot(route: Route, state: LotState | None = None) -> Lot:
    """The lot of one bought route: to be tendered, or at the operator's card where the route names one."""
    state = state or (LotState.CARD if route.operator_id else LotState.TENDER)
    return Lot(
        lot_id=route.lot_id or "", state=state, class_id=route.class_id, route_ids=(route.route_id,),
        operator_id=route.operator_id,
    )  # fmt: skip


def make_plan(*routes: Route, plan_id: str = "plan", lots: Sequence[Lot] | None = None, **changes: Any) -> Plan:
    """A plan of routes; bought routes get one lot each unless lots are given."""
    made = [make_lot(route) for route in routes if route.kind is RouteKind.BOUGHT] if lots is None else lots
    return Plan(plan_id=plan_id, routes=routes, lots=tuple(made), **changes)
