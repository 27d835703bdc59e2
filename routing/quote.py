"""Quotes: what it would cost to carry somebody in a plan in force, option by option, exactly.

Every option is written out as the routes it changes, and these are priced and compared with the routes as they are, by
the functions that price and check a plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from heapq import merge
from itertools import chain, islice

from routing.desk import Desk, changed_routes
from routing.held_places import HeldInsertion, held_insertions, held_route_with
from routing.insert import NOBODY, Insertion, best_insertions, change_by
from routing.refusal import refusals_of
from transport.calendar import LEGS, Leg
from transport.check.disturbed import Disturbed, disturbed_between
from transport.check.rides import rides_of_passenger
from transport.cost import CostBreakdown, cost_of
from transport.lots import Lot
from transport.money import half_up
from transport.plan import Plan, Route, RouteKind
from transport.stability import Riding, Seating, by_day, moves_of, pairs_of, riding_of

N_OPTIONS, N_REFUSED = 10, 5


class OptionKind(StrEnum):
    """Who would drive the passenger."""

    CONTRACT = "contract"
    """A route under a contract, priced by its variation clause."""
    BOUGHT = "bought"
    """A bought route priced by a rate card."""
    FLEET = "fleet"
    """A fleet vehicle that has a route already."""
    NEW_BOUGHT = "new_bought"
    """A vehicle bought for this."""
    NEW_FLEET = "new_fleet"
    """A fleet vehicle that stands idle, or one more run of one in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Somebody else whose pick-up or drop-off moves.

    Attributes
    ----------
    days : day indices 0..9. by_s : seconds later; earlier below 0.
    """

    passenger_id: str
    leg: Leg
    days: tuple[int, ...]
    by_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RideTold:
    """A ride of the passenger: seconds on board, and when they are fetched or set down at home."""

    leg: Leg
    days: tuple[int, ...]
    ride_s: int
    at_s: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Option:
    """One way to carry a passenger.

    Attributes
    ----------
    route_id : the route that takes them, new or not. priced_by : in words.
    extra_pence_per_fortnight : change of what a plan is judged by: money that the horizon counts and soft prices.
    extra_pence_per_week, extra_pence_per_year : change of all money. extra_pence_per_day : the fortnight's, on each day
        they travel.
    moved : every move of the others, however small. disturbed : families told of more than the tolerance.
    n_pas, n_pas_before : most PAs on board their route, then and now.
    before, after, lots_before, lots_after : routes and lots that differ.
    insertion : the way by numbers; None for a route under a contract. vehicle_ids : fleet vehicle of each set then.
    """

    passenger_id: str
    school_id: str
    kind: OptionKind
    route_id: str
    class_id: str
    operator_id: str | None
    vehicle_id: str | None
    priced_by: str
    extra_pence_per_fortnight: int
    extra_pence_per_day: int
    extra_pence_per_week: int
    extra_pence_per_year: int
    rides: tuple[RideTold, ...]
    moved: tuple[Moved, ...]
    disturbed: tuple[Disturbed, ...]
    n_pas: int
    n_pas_before: int
    before: tuple[Route, ...]
    after: tuple[Route, ...]
    lots_before: tuple[Lot, ...]
    lots_after: tuple[Lot, ...]
    insertion: Insertion | None = None
    vehicle_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quote:
    """What was found for one passenger.

    Attributes
    ----------
    plan_id : the plan it holds for; against any other it is void.
    valid_until : last day on which it may be accepted.
    options : cheapest first, at most one a route and school.
    refused : why no option, or no existing route, can take them; sentences.
    assumptions : what it rests on, for people.
    """

    passenger_id: str
    plan_id: str
    valid_until: date | None
    options: tuple[Option, ...]
    refused: tuple[str, ...]
    assumptions: tuple[str, ...]

    def holds_for(self, plan: Plan) -> bool:
        """Whether the plan is still the one that was quoted against."""
        return plan.plan_id == self.plan_id


def options_for(
    desk: Desk,
    passenger_id: str,
    *,
    n: int = N_OPTIONS,
    only: Iterable[str] | None = None,
    without: Iterable[str] = (),
) -> list[Option]:
    """The cheapest ways to carry somebody who is on no route of the plan, best first; at most one a route.

    Parameters
    ----------
    only : ids of the routes that may take them; None: any, and a new one. without : routes that may not.
    """
    return list(each_option(desk, passenger_id, n=n, only=only, without=without))


def each_option(
    desk: Desk,
    passenger_id: str,
    *,
    n: int = N_OPTIONS,
    only: Iterable[str] | None = None,
    without: Iterable[str] = (),
) -> Iterator[Option]:
    """`options_for`, each one written out when it is asked for."""
    allowed, barred = None if only is None else frozenset(only), frozenset(without)
    companions = _routes_of_company(desk, passenger_id)
    if len(companions) > 1:
        return
    if companions:
        allowed = companions if allowed is None else allowed & companions
    found: list[tuple[int, str, Insertion | HeldInsertion]] = []
    for insertion in _free_insertions(desk, passenger_id, n if allowed is None and not barred else None):
        route_id = "" if insertion.route is None else desk.route_ids[insertion.route]
        found.append((insertion.extra_pence_per_fortnight, route_id, insertion))
    for held in held_insertions(desk.held, passenger_id, allowed):
        found.append((held.extra_pence_per_fortnight, held.route_id, held))
    wanted = [x for x in found if x[1] not in barred and (allowed is None or x[1] in allowed)]
    wanted.sort(key=lambda x: x[:2])
    for _, _, way in wanted[:n]:
        yield _option(desk, passenger_id, way)


def able_routes(desk: Desk, passenger_id: str) -> frozenset[str]:
    """Ids of all routes that can take somebody at any price; empty text stands for a new one."""
    free = _free_insertions(desk, passenger_id, None)
    ids = {"" if i.route is None else desk.route_ids[i.route] for i in free}
    return frozenset(ids | {i.route_id for i in held_insertions(desk.held, passenger_id)})


def _free_insertions(desk: Desk, passenger_id: str, n: int | None) -> list[Insertion]:
    am, pm = (desk.index.rider_idx_by_leg.get((passenger_id, leg), NOBODY) for leg in LEGS)
    if am == pm == NOBODY:
        return []
    return best_insertions(desk.standing, (am, pm), n or desk.standing.n_routes + 1)


def _routes_of_company(desk: Desk, passenger_id: str) -> frozenset[str]:
    """Routes of those whom the passenger is kept together with."""
    mates = {
        pid
        for group in desk.scenario.keep_together
        if passenger_id in group.passenger_ids
        for pid in group.passenger_ids
    } - {passenger_id}
    return (
        frozenset(r.route_id for r in desk.plan.routes if mates.intersection(r.passenger_ids)) if mates else frozenset()
    )


def _option(desk: Desk, passenger_id: str, insertion: Insertion | HeldInsertion) -> Option:
    """An insertion written out, priced and compared."""
    if isinstance(insertion, HeldInsertion):
        route = held_route_with(desk.held, insertion.route_id, insertion.order)
        lot_id = route.lot_id or ""
        before = tuple(r for r in desk.plan.routes if r.route_id in desk.held.routes_by_lot[lot_id])
        after = tuple(route if r.route_id == route.route_id else r for r in before)
        return _told(desk, passenger_id, insertion.extra_pence_per_fortnight, before, after)
    after, vehicle_ids = changed_routes(desk, change_by(desk.standing, insertion))
    before = tuple(desk.route(route.route_id) for route in after if route.route_id in desk.route_ids)
    return _told(desk, passenger_id, insertion.extra_pence_per_fortnight, before, after, insertion, vehicle_ids)


def _told(
    desk: Desk,
    passenger_id: str,
    extra_pence_per_fortnight: int,
    before: tuple[Route, ...],
    after: tuple[Route, ...],
    insertion: Insertion | None = None,
    vehicle_ids: tuple[str, ...] = (),
) -> Option:
    own = next(route for route in after if passenger_id in route.passenger_ids)
    old = next((route for route in before if route.route_id == own.route_id), None)
    was, lots_after = desk.as_they_are(before), desk.lots_with(after)
    now = priced(desk, after, lots_after)
    riding = riding_of(Plan(plan_id="after", routes=after))
    extra = sum(b.pence * len(b.days) for b in now.items) - sum(b.pence * len(b.days) for b in was.cost.items)
    passenger = desk.scenario.passenger_by_id[passenger_id]
    kind = OptionKind.CONTRACT if insertion is None else _kind(own, old)
    return Option(
        passenger_id=passenger_id,
        school_id=passenger.school_id,
        kind=kind,
        route_id=own.route_id,
        class_id=own.class_id,
        operator_id=own.operator_id,
        vehicle_id=own.vehicle_id,
        priced_by=_priced_by(kind, own),
        extra_pence_per_fortnight=extra_pence_per_fortnight,
        extra_pence_per_day=half_up(extra, max(1, len(desk.scenario.days_of(passenger)))),
        extra_pence_per_week=half_up(extra, 2),
        extra_pence_per_year=now.year_pence - was.cost.year_pence,
        rides=_rides(desk, own, riding[passenger_id], passenger_id),
        moved=_moves(riding, was.riding),
        disturbed=disturbed_between(riding, was.riding, desk.scenario),
        n_pas=_n_pas(own),
        n_pas_before=0 if old is None else _n_pas(old),
        before=before,
        after=after,
        lots_before=was.lots,
        lots_after=lots_after,
        insertion=insertion,
        vehicle_ids=vehicle_ids,
    )


def priced(desk: Desk, routes: Sequence[Route], lots: Sequence[Lot]) -> CostBreakdown:
    """What some routes cost by themselves."""
    return cost_of(Plan(plan_id="some", routes=tuple(routes), lots=tuple(lots)), desk.scenario, desk.travel)


def _kind(own: Route, old: Route | None) -> OptionKind:
    if own.kind is RouteKind.FLEET:
        return OptionKind.NEW_FLEET if old is None else OptionKind.FLEET
    return OptionKind.NEW_BOUGHT if old is None else OptionKind.BOUGHT


def _priced_by(kind: OptionKind, own: Route) -> str:
    if kind is OptionKind.CONTRACT:
        return f"variation clause of contract {own.lot_id}"
    if own.kind is RouteKind.FLEET:
        return f"costs of the council's vehicle {own.vehicle_id}"
    if own.operator_id is not None:
        return f"rate card of operator {own.operator_id} for class {own.class_id}"
    return f"usual rate card of class {own.class_id}, still to be tendered"


def _rides(desk: Desk, own: Route, seatings: list[Seating], passenger_id: str) -> tuple[RideTold, ...]:
    at_s = {(seating.run.leg, seating.run.days): seating.at_s for seating in seatings}
    return tuple(
        RideTold(leg=ride.leg, days=ride.days, ride_s=ride.ride_s, at_s=at_s[ride.leg, ride.days])
        for ride in rides_of_passenger(passenger_id, own, desk.scenario, desk.travel)
    )


def _moves(now: Riding, before: Riding) -> tuple[Moved, ...]:
    """Every move of somebody who was there before, moves by as much on several days together."""
    moved = []
    for pid, seatings in before.items():
        rides = now.get(pid, [])
        if all(a.at_s == b.at_s for a, b in pairs_of(rides, seatings)):
            continue
        days: dict[tuple[Leg, int], list[int]] = {}
        for (leg, day), by_s in moves_of(by_day(rides), by_day(seatings), 0).items():
            days.setdefault((leg, by_s), []).append(day)
        moved += [
            Moved(passenger_id=pid, leg=leg, days=tuple(sorted(on)), by_s=by_s) for (leg, by_s), on in days.items()
        ]
    return tuple(moved)


def _n_pas(route: Route) -> int:
    return max((run.n_pas for run in route.runs), default=0)


def quote(
    desk: Desk,
    passenger_ids: Sequence[str],
    *,
    person_id: str | None = None,
    n: int = N_OPTIONS,
    n_refused: int = N_REFUSED,
    valid_until: date | None = None,
    is_decided: bool = True,
) -> Quote:
    """The best options for one person over one or several candidate schools.

    Parameters
    ----------
    passenger_ids : the person at each candidate school, as passengers of the scenario who are on no route.
    person_id : what the person is called; None: the one passenger's id.
    n_refused : most existing routes to the same school whose refusal is explained.
    is_decided : whether eligibility is; a quote says so where it is not.

    Raises
    ------
    ValueError
        When a passenger is unknown, or on a route already.
    """
    on_route = {pid for route in desk.plan.routes for pid in route.passenger_ids}
    for pid in passenger_ids:
        if pid not in desk.scenario.passenger_by_id:
            raise ValueError(f"passenger {pid} is not in the scenario")
        if pid in on_route:
            raise ValueError(f"passenger {pid} is on a route of plan {desk.plan.plan_id} already")
    ways = {pid: each_option(desk, pid, n=n) for pid in passenger_ids}
    if n_refused:
        options = sorted((option for found in ways.values() for option in found), key=_rank)
        refused = [sentence for pid in ways for sentence in refusals_of(desk, pid, n_refused, able_routes(desk, pid))]
    else:
        # Writing an option out takes longer than finding it: only those that are told, and the next of each school.
        firsts = {pid: next(found, None) for pid, found in ways.items()}
        ranked = (chain([first], ways[pid]) for pid, first in firsts.items() if first is not None)
        options = list(islice(merge(*ranked, key=_rank), n))
        refused = [s for pid, first in firsts.items() if first is None for s in refusals_of(desk, pid, 0, frozenset())]
    return Quote(
        passenger_id=person_id or passenger_ids[0],
        plan_id=desk.plan.plan_id,
        valid_until=valid_until,
        options=tuple(options[:n]),
        refused=tuple(refused),
        assumptions=(*_assumptions(desk, is_decided=is_decided), *desk.notes),
    )


def _rank(option: Option) -> tuple[int, str, str]:
    return option.extra_pence_per_fortnight, option.school_id, option.route_id


def _assumptions(desk: Desk, *, is_decided: bool) -> list[str]:
    notes = [
        "The others keep their order; clock, layout, PAs and vehicle of the changed route are chosen anew",
        "A year is a whole year of the operating calendar",
    ]
    if desk.travel.approximate:
        notes.append("Approximate: times and distances are estimates made without a road extract")
    if not is_decided:
        notes.append("The decision on eligibility is still open: this may be quoted, not placed")
    return notes
