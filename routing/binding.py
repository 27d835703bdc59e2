"""What binds each route first: solo, layout, PAs' seats, somebody's ride cap, a window, the schools limit, or price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transport.calendar import Leg
from transport.check.rides import rides_of_run
from transport.check.words import count_words
from transport.explanation import Bind, Binding
from transport.plan import Route, Run, Stop
from transport.scenario import Scenario
from transport.travel import Travel

STOP_S = 300
"""Seconds that one more stop takes at the least: about two minutes at the door and three of driving (ours)."""

_Tight = tuple[int, Run, str | None]
"""(seconds left, run, whose)."""


def binding_of(route: Route, scenario: Scenario, travel: Travel) -> Binding:
    """The first of: travels alone, no seat left, less time left than a stop takes, no other school, price."""
    found = (
        _solo(route, scenario) or _seats(route, scenario) or _time(route, scenario, travel) or _schools(route, scenario)
    )
    return found or _price(route, scenario, travel)


def _solo(route: Route, scenario: Scenario) -> Binding | None:
    alone = next((pid for pid in route.passenger_ids if scenario.passenger_by_id[pid].solo), None)
    if alone is None:
        return None
    return Binding(
        route_id=route.route_id, bind=Bind.SOLO, amount=0, unit="passengers", passenger_id=alone,
        sentence=f"{alone} travels alone by rule",
    )  # fmt: skip


def n_seats_left(run: Run, route: Route, scenario: Scenario) -> int:
    """Seats that the roomiest layout of the class for these wheelchairs leaves; everybody is on board at once."""
    chairs = sum(scenario.passenger_by_id[pid].uses_wheelchair_place for pid in run.passenger_ids)
    taken = len(run.passenger_ids) - chairs + run.n_pas
    layouts = scenario.class_by_id[route.class_id].layouts
    return max((x.seats - taken for x in layouts if x.wheelchairs >= chairs), default=0)


def _seats(route: Route, scenario: Scenario) -> Binding | None:
    run = min(route.runs, key=lambda run: n_seats_left(run, route, scenario))
    if n_seats_left(run, route, scenario) > 0:
        return None
    if run.n_pas:
        return Binding(
            route_id=route.route_id, bind=Bind.PA_SEATS, amount=run.n_pas, unit="seats", leg=run.leg,
            sentence=f"No seat is left; PAs take {run.n_pas}",
        )  # fmt: skip
    return Binding(
        route_id=route.route_id, bind=Bind.FULL_LAYOUT, amount=0, unit="seats", leg=run.leg,
        sentence=f"Every seat of the {route.class_id} is taken",
    )  # fmt: skip


def _time(route: Route, scenario: Scenario, travel: Travel) -> Binding | None:
    left_s, run, whose = _least_time(route, scenario, travel)
    if left_s >= STOP_S:
        return None
    if whose is None:
        return Binding(
            route_id=route.route_id, bind=Bind.WINDOW, amount=left_s, unit="s", leg=run.leg,
            sentence=f"{run.leg.value}: the windows of the schools leave {_words(left_s)}",
        )  # fmt: skip
    own = "own ride cap" if scenario.passenger_by_id[whose].ride_cap_s is not None else "ride cap"
    return Binding(
        route_id=route.route_id, bind=Bind.RIDE_CAP, amount=left_s, unit="s", passenger_id=whose, leg=run.leg,
        sentence=f"{run.leg.value}: the {own} of {whose} leaves {_words(left_s)}",
    )  # fmt: skip


def _words(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s"


def _least_time(route: Route, scenario: Scenario, travel: Travel) -> _Tight:
    return min(
        (tight for run in route.runs for tight in _times(route, run, scenario, travel)), key=lambda tight: tight[0]
    )


def _times(route: Route, run: Run, scenario: Scenario, travel: Travel) -> Iterator[_Tight]:
    """Seconds left of every ride cap and of the windows of a run."""
    for ride in rides_of_run(route, run, scenario, travel):
        yield max(0, ride.cap_s - ride.ride_s), run, ride.passenger_id
    yield window_slack_s(run, scenario), run, None


def window_slack_s(run: Run, scenario: Scenario) -> int:
    """Seconds by which a run may be lengthened at its first gate before some gate's window is missed."""
    gates = [stop for stop in run.stops if stop.school_id is not None]
    earliest_s, slack_s = 0, 1 << 30
    for stop, before in zip(gates, [None, *gates], strict=False):
        opens, closes = _window(stop, run, scenario)
        if before is not None:
            earliest_s += before.depart_at_s - before.start_at_s + stop.arrive_at_s - before.depart_at_s
        earliest_s = max(earliest_s, opens)
        end_s = earliest_s if run.leg is Leg.AM else earliest_s + stop.depart_at_s - stop.start_at_s
        slack_s = min(slack_s, closes - end_s)
    return max(0, slack_s)


def _window(stop: Stop, run: Run, scenario: Scenario) -> tuple[int, int]:
    ids: Sequence[str] = stop.alighting if run.leg is Leg.AM else stop.boarding
    windows = [scenario.window_of(scenario.passenger_by_id[pid], run.leg, run.days[0]) for pid in ids]
    return max(w[0] for w in windows), min(w[1] for w in windows)


def _schools(route: Route, scenario: Scenario) -> Binding | None:
    limit = scenario.policy.max_schools_per_run
    for run in route.runs:
        schools = {stop.school_id for stop in run.stops if stop.school_id is not None}
        if len(schools) >= limit:
            return Binding(
                route_id=route.route_id, bind=Bind.SCHOOLS_LIMIT, amount=limit, unit="schools", leg=run.leg,
                sentence=f"{run.leg.value}: {limit} schools on a run, as many as the policy allows",
            )  # fmt: skip
    return None


def _price(route: Route, scenario: Scenario, travel: Travel) -> Binding:
    seats = min(n_seats_left(run, route, scenario) for run in route.runs)
    left_s = min(ride.cap_s - ride.ride_s for run in route.runs for ride in rides_of_run(route, run, scenario, travel))
    return Binding(
        route_id=route.route_id, bind=Bind.PRICE, amount=seats, unit="seats",
        sentence=f"{count_words(seats, 'seat')} and at least {left_s // 60} min are left; others cost less elsewhere",
    )  # fmt: skip
