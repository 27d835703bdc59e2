"""Who is told what after an in-year change, and from which day it holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from api.plan_folder import PlanFolder
from api.report.outcome import Outcome
from transport.calendar import Leg, days_words
from transport.cost import CostBreakdown, cost_of
from transport.files.plan_words import clock, minutes, plural
from transport.files.read_new import NewPassengers
from transport.notice import starts_on
from transport.plan import Plan, Route, RouteKind
from transport.stability import moves_of, seatings_of

if TYPE_CHECKING:
    from routing.change import Change


class Who(StrEnum):
    """Whom a line is for."""

    NEWCOMER = "family of somebody placed"
    FAMILY = "family"
    SCHOOL = "school"
    OPERATOR = "operator"
    FLEET = "own fleet"
    PROCUREMENT = "procurement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that somebody is told.

    Attributes
    ----------
    who_id : passenger, school, operator or vehicle. from_on : first day it holds.
    over_tolerance : a family whose vehicle, PA or time changes by more than the policy's tolerance.
    """

    who: Who
    who_id: str
    route_id: str
    from_on: date
    sentence: str
    over_tolerance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReport:
    """What a change does, for people and scripts.

    Attributes
    ----------
    placed_ids, left_ids, not_placed : who; the last with the reason.
    n_disturbed : others told of more than the tolerance.
    taxi_year_pence : a year of a vehicle alone for each of those placed, less those n_without_taxi for whom none keeps
        the rules.
    free_week_pence : cost of the best plan found with a free hand; None: not asked for.
    """

    plan_id_before: str
    plan_id: str
    told_on: date
    n_notice: int
    placed_ids: tuple[str, ...]
    left_ids: tuple[str, ...]
    not_placed: tuple[tuple[str, str], ...]
    n_disturbed: int
    week_pence_before: int
    week_pence: int
    year_pence_before: int
    year_pence: int
    n_routes_before: int
    n_routes: int
    taxi_year_pence: int
    n_without_taxi: int
    free_week_pence: int | None
    told: tuple[Told, ...]

    @property
    def extra_year_pence(self) -> int:
        """What the change adds to a year."""
        return self.year_pence - self.year_pence_before


def make_change_report(
    folder: PlanFolder,
    outcome: Outcome,
    change: Change,
    new: NewPassengers,
    *,
    told_on: date,
    left_ids: Sequence[str],
    moved_ids: Sequence[str],
    free_week_pence: int | None,
) -> ChangeReport:
    """Compare the plan with the one before, and say who is told what."""
    before = cost_of(folder.plan, folder.scenario, folder.pairs)
    scenario = outcome.scenario
    n_notice = scenario.policy.notice_working_days
    wanted = {p.passenger.passenger_id: (p.wanted_on, p.passenger.ready_from) for p in new.people}
    start_of = {pid: starts_on(told_on, n_notice, scenario.calendar, wanted.get(pid, ())) for pid in change.placed}
    soonest = starts_on(told_on, n_notice, scenario.calendar)
    taxis = _taxis(outcome, change.placed)
    return ChangeReport(
        plan_id_before=folder.plan.plan_id,
        plan_id=outcome.plan.plan_id,
        told_on=told_on,
        n_notice=n_notice,
        placed_ids=tuple(change.placed),
        left_ids=tuple(left_ids),
        not_placed=_not_placed(outcome, change, new),
        n_disturbed=len(change.disturbed_ids),
        week_pence_before=before.week_pence,
        week_pence=outcome.breakdown.week_pence,
        year_pence_before=before.year_pence,
        year_pence=outcome.breakdown.year_pence,
        n_routes_before=len(folder.plan.routes),
        n_routes=len(outcome.plan.routes),
        taxi_year_pence=sum(cost.year_pence for cost in taxis if cost is not None),
        n_without_taxi=sum(cost is None for cost in taxis),
        free_week_pence=free_week_pence,
        told=tuple(_told(folder.plan, outcome, start_of, soonest, left_ids)),
    )


def _taxis(outcome: Outcome, ids: Iterable[str]) -> list[CostBreakdown | None]:
    from routing.explain import taxi_alone

    return [taxi_alone(outcome.scenario, outcome.travel, outcome.scenario.passenger_by_id[pid]) for pid in ids]


def _not_placed(outcome: Outcome, change: Change, new: NewPassengers) -> tuple[tuple[str, str], ...]:
    """Who asked for a place and has none, with the reason."""
    unserved = {u.passenger_id: u.sentence for u in outcome.plan.unserved}
    left_out = {x.passenger_id: x.reason for x in outcome.plan.not_planned}
    none = "no place within the rules and the number of families that may be disturbed"
    found = [
        (p.passenger.passenger_id, "the decision on eligibility is awaited: quoted, not placed")
        for p in new.people
        if not p.is_decided
    ]
    found += [(pid, f"{none}. {unserved.get(pid, '')}".strip(". ")) for pid in change.not_placed]
    asked = {p.passenger.passenger_id for p in new.people if p.is_decided}
    return (*found, *((pid, left_out[pid]) for pid in sorted(asked & set(left_out))))


def _told(
    before: Plan, outcome: Outcome, start_of: dict[str, date], soonest: date, left_ids: Sequence[str]
) -> list[Told]:
    plan = outcome.plan
    changed = _changed_routes(before, plan)
    route_start = {
        route.route_id: min((start_of[pid] for pid in route.passenger_ids if pid in start_of), default=soonest)
        for route in changed
    }
    return [
        *_newcomers(plan, outcome, start_of),
        *_families(before, outcome, start_of, route_start, soonest),
        *_schools(outcome, start_of, left_ids, before, soonest),
        *_drivers(before, changed, route_start),
        *_ended(before, plan, soonest),
    ]


def _changed_routes(before: Plan, plan: Plan) -> list[Route]:
    old = {route.route_id: route for route in before.routes}
    return [route for route in plan.routes if old.get(route.route_id) != route]


def _newcomers(plan: Plan, outcome: Outcome, start_of: dict[str, date]) -> list[Told]:
    seatings = seatings_of(plan)
    found = []
    for pid, from_on in start_of.items():
        own = seatings[pid]
        words = []
        for leg, what in ((Leg.AM, "fetched at"), (Leg.PM, "home at")):
            times: dict[int, list[int]] = {}
            for (of_leg, day), seating in own.items():
                if of_leg is leg:
                    times.setdefault(seating.at_s, []).append(day)
            words += [f"{what} {clock(at_s)} ({days_words(days)})" for at_s, days in times.items()]
        route = next(iter(own.values())).route
        found.append(
            Told(
                who=Who.NEWCOMER,
                who_id=pid,
                route_id=route.route_id,
                from_on=from_on,
                sentence=f"Travels on route {route.route_id}, {route.class_id}, {_driver_words(route)}: "
                + ", ".join(words),
            )
        )
    return found


def _driver_words(route: Route) -> str:
    if route.vehicle_id is not None:
        return f"the council's vehicle {route.vehicle_id}"
    return f"operator {route.operator_id}" if route.operator_id else "operator still to be found"


def _families(
    before: Plan, outcome: Outcome, start_of: dict[str, date], route_start: dict[str, date], soonest: date
) -> list[Told]:
    """Everybody whose vehicle or times change; those within the tolerance too: a minute's courtesy."""
    disturbed = {d.passenger_id: d.sentence for d in (outcome.known.disturbed if outcome.known else ())}
    now, old = seatings_of(outcome.plan), seatings_of(before)
    found = []
    for pid, seatings in now.items():
        if pid in start_of or pid not in old:
            continue
        moves = moves_of(seatings, old[pid], 0)
        if pid not in disturbed and not moves:
            continue
        route_id = next(iter(seatings.values())).route.route_id
        most_s = max(map(abs, moves.values()), default=0)
        sentence = disturbed.get(pid) or f"Passenger {pid}: times move by at most {minutes(most_s)} min"
        found.append(
            Told(
                who=Who.FAMILY,
                who_id=pid,
                route_id=route_id,
                from_on=route_start.get(route_id, soonest),
                sentence=sentence,
                over_tolerance=pid in disturbed,
            )
        )
    return sorted(found, key=lambda told: (not told.over_tolerance, told.who_id))


def _schools(
    outcome: Outcome, start_of: dict[str, date], left_ids: Sequence[str], before: Plan, soonest: date
) -> list[Told]:
    people = outcome.scenario.passenger_by_id
    route_of = {pid: route.route_id for route in outcome.plan.routes for pid in route.passenger_ids}
    arrivals = [
        Told(
            who=Who.SCHOOL, who_id=people[pid].school_id, route_id=route_of[pid], from_on=from_on,
            sentence=f"Passenger {pid} comes on route {route_of[pid]}",
        )
        for pid, from_on in start_of.items()
    ]  # fmt: skip
    leaving = [
        Told(
            who=Who.SCHOOL, who_id=gates[0][0], route_id=route.route_id, from_on=soonest,
            sentence=f"Passenger {pid} no longer comes on route {route.route_id}",
        )
        for route in before.routes
        for pid in route.passenger_ids
        if pid in left_ids and (gates := (route.am or route.pm).gates)  # type: ignore[union-attr]
    ]  # fmt: skip
    return arrivals + leaving


def _drivers(before: Plan, changed: Sequence[Route], route_start: dict[str, date]) -> list[Told]:
    old = {route.route_id: route for route in before.routes}
    found = []
    for route in changed:
        was = old.get(route.route_id)
        who = Who.FLEET if route.kind is RouteKind.FLEET else Who.OPERATOR if route.operator_id else Who.PROCUREMENT
        found.append(
            Told(
                who=who,
                who_id=route.vehicle_id or route.operator_id or route.lot_id or "",
                route_id=route.route_id,
                from_on=route_start[route.route_id],
                sentence=_route_words(route, was),
            )
        )
    return found


def _route_words(route: Route, was: Route | None) -> str:
    if was is None:
        what = "is new" if route.operator_id or route.vehicle_id else "is new and to be tendered"
        return f"Route {route.route_id} ({route.class_id}) {what}, {plural(len(route.passenger_ids), 'passenger')}"
    n, n_was = len(route.passenger_ids), len(was.passenger_ids)
    pas, pas_was = (max((run.n_pas for run in r.runs), default=0) for r in (route, was))
    parts = [f"{plural(n, 'passenger')} instead of {n_was}"] if n != n_was else ["new times"]
    if pas != pas_was:
        parts.append(f"{plural(pas, 'PA')} instead of {pas_was}")
    if (route.class_id, route.vehicle_id, route.operator_id) != (was.class_id, was.vehicle_id, was.operator_id):
        parts.append(f"{route.class_id}, {_driver_words(route)}, instead of {was.class_id}, {_driver_words(was)}")
    return f"Route {route.route_id}: {', '.join(parts)}; a new run sheet goes out"


def _ended(before: Plan, plan: Plan, soonest: date) -> list[Told]:
    now = {route.route_id for route in plan.routes}
    return [
        Told(
            who=Who.FLEET if route.kind is RouteKind.FLEET else Who.PROCUREMENT,
            who_id=route.vehicle_id or route.lot_id or "", route_id=route.route_id, from_on=soonest,
            sentence=f"Route {route.route_id} carries nobody any more"
            + (": end or re-use its lot" if route.lot_id else ""),
        )
        for route in before.routes
        if route.route_id not in now
    ]  # fmt: skip
