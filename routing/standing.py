"""A plan that stands, as arrays to which one passenger is added or from which one is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from routing.assign import Assignment, as_arrays, route_figures
from routing.baseline import route_by_index
from routing.encode import Index
from routing.evaluate import (
    F_PAS,
    F_SOFT,
    F_START,
    INFEASIBLE,
    N_FIGURES,
    N_SCRATCH,
    cost_on_supply,
)
from routing.fleet_sets import set_pence
from routing.insert_places import (
    G_OTHERS,
    G_PAID,
    G_PAS,
    G_SUPPLY,
    G_VEHICLE,
    MAX_SET,
    N_LEDGER,
    N_SUMMARY,
    Standing,
    Tray,
)
from routing.instance import (
    BOUGHT,
    FLEET,
    MAX_HUBS,
    P_PERSON,
    P_VARIANTS,
    S_CLASS,
    S_KIND,
    S_OPERATOR,
    S_PROFILE,
    Instance,
    Solution,
)
from routing.search.state import B_CLASS, B_OPERATOR, B_SUPPLY, HUGE
from routing.start import StartRoute
from transport.calendar import LEGS, Leg
from transport.plan import Plan, Route, RouteKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StandingPlan:
    """A plan of an instance, ready for insertions; make it with `stand`. Changes make a new one.

    Attributes
    ----------
    arrays : the routes; one without riders was emptied by a change and keeps its number.
    route_of_person : route of each person carried, by first row.
    unserved : persons not carried, by first row.
    tray : scratch of the kernel, so that one standing plan serves one thread.
    """

    instance: Instance
    arrays: Standing
    tray: Tray
    route_of_person: dict[int, int]
    unserved: frozenset[int]

    @property
    def n_routes(self) -> int:
        """Number of routes, empty ones included."""
        return len(self.arrays.counts)

    def order(self, r: int) -> tuple[list[int], list[int]]:
        """Riders of a route in order, AM and PM."""
        am, pm = self.arrays.counts[r, :2]
        return self.arrays.order[r, 0, :am].tolist(), self.arrays.order[r, 1, :pm].tolist()

    def hubs(self, r: int) -> tuple[list[int], list[int]]:
        """Gates of a route in order, AM and PM."""
        am, pm = self.arrays.counts[r, 2:]
        return self.arrays.hubs[r, 0, :am].tolist(), self.arrays.hubs[r, 1, :pm].tolist()

    def persons(self, order: tuple[list[int], list[int]]) -> set[int]:
        """First rows of everybody in an order."""
        return {int(self.instance.riders[i, P_PERSON]) for leg in order for i in leg}

    def is_empty(self, r: int) -> bool:
        """Whether nobody is left on a route."""
        return not self.arrays.counts[r, :2].any()

    @property
    def fortnight_pence(self) -> int:
        """Money that the horizon counts and soft prices of everything that drives, in pence a fortnight."""
        ledger, paid = self.arrays.ledger, self.arrays.set_paid
        driven = self.arrays.counts[:, :2].any(axis=1)
        bought, fleet = driven & (ledger[:, G_VEHICLE] < 0), driven & (ledger[:, G_VEHICLE] >= 0)
        soft = ledger[fleet, G_PAID] - paid[ledger[fleet, G_VEHICLE]]
        return int(paid.sum() + soft.sum() + ledger[bought, G_PAID].sum())

    def as_solution(self) -> tuple[Solution, Assignment]:
        """The plan in the form that `decode` takes; empty routes are left out."""
        number = {r: i for i, r in enumerate(r for r in range(self.n_routes) if not self.is_empty(r))}
        supply = [int(self.arrays.ledger[r, G_SUPPLY]) for r in number]
        vehicles = (
            (int(k), tuple(number[r] for r in members if r >= 0))
            for k, members in zip(self.arrays.set_supply, self.arrays.sets, strict=True)
        )
        solution = Solution(
            orders=[self.order(r) for r in number],
            hubs=[self.hubs(r) for r in number],
            supply=supply,
            cost=[int(self.arrays.ledger[r, G_PAID]) for r in number],
            unserved=sorted(self.unserved),
        )
        used = tuple((k, routes) for k, routes in vehicles if routes)
        return solution, Assignment(supply=tuple(supply), vehicles=used, cost=self.fortnight_pence)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RouteChange:
    """One route of a standing plan as it would be, and who then shares whose vehicle; nothing is priced.

    Attributes
    ----------
    number : of the route; n_routes of the plan: a new one.
    order, hubs : riders and gates, AM and PM.
    supply : who drives it.
    sets : routes of each fleet vehicle, by number. set_supplies : its supply.
    """

    number: int
    order: tuple[list[int], list[int]]
    hubs: tuple[list[int], list[int]]
    supply: int
    sets: tuple[tuple[int, ...], ...]
    set_supplies: tuple[int, ...]


def sets_of(standing: StandingPlan) -> tuple[tuple[int, ...], ...]:
    """Routes of each fleet vehicle, by number."""
    return tuple(tuple(m for m in members if m >= 0) for members in standing.arrays.sets.tolist())


def as_changed(standing: StandingPlan, r: int) -> RouteChange:
    """Route r of a plan in which it has been changed."""
    return RouteChange(
        number=r, order=standing.order(r), hubs=standing.hubs(r), supply=int(standing.arrays.ledger[r, G_SUPPLY]),
        sets=sets_of(standing), set_supplies=tuple(standing.arrays.set_supply.tolist()),
    )  # fmt: skip


def change_of(
    standing: StandingPlan,
    r: int,
    order: tuple[list[int], list[int]],
    hubs: tuple[list[int], list[int]],
    supply: int,
    vehicle: int | None,
) -> RouteChange:
    """What `with_route` would make of a route that somebody is on: a tenth of its work."""
    sets, supplies = list(sets_of(standing)), standing.arrays.set_supply.tolist()
    if vehicle is None and standing.instance.supplies[supply, S_KIND] == FLEET:
        vehicle = len(sets)
        sets.append(())
        supplies.append(supply)
    sets = [tuple(m for m in members if m != r or v == vehicle) for v, members in enumerate(sets)]
    if vehicle is not None:
        sets[vehicle] = tuple(sorted({*sets[vehicle], r}))
        supplies[vehicle] = supply
    return RouteChange(number=r, order=order, hubs=hubs, supply=supply, sets=tuple(sets), set_supplies=tuple(supplies))


def stand(instance: Instance, solution: Solution, assignment: Assignment) -> StandingPlan:
    """Put a plan into the arrays of the insertion kernel.

    Raises
    ------
    ValueError
        When a route breaks a rule on the supply that it has; when there are too many places for travel matrices; or
        when the council lists its PAs by id: whose home a fleet vehicle passes is then chosen with the vehicle, which
        an insertion does not do.
    """
    if len(instance.pa_groups):
        raise ValueError("insertion cannot choose among PAs whom the council lists by id")
    if instance.seconds.shape[-1] == 0:
        raise ValueError("insertion needs travel matrices; with so many places there are none")
    longest = max((len(leg) for order in solution.orders for leg in order), default=0) + 2
    arrays = _empty(instance, len(solution.orders), len(assignment.vehicles), longest)
    for r, (order, hubs) in enumerate(zip(solution.orders, solution.hubs, strict=True)):
        arrays.ledger[r, G_SUPPLY] = assignment.supply[r]
        _write_route(instance, arrays, r, order, hubs)
    for v, (k, routes) in enumerate(assignment.vehicles):
        arrays.set_supply[v] = k
        arrays.sets[v, : len(routes)] = routes
        _write_vehicle(instance, arrays, v)
    _write_books(instance, arrays)
    return StandingPlan(
        instance=instance,
        arrays=arrays,
        tray=_tray(instance, len(solution.orders), longest),
        route_of_person={
            int(instance.riders[i, P_PERSON]): r
            for r, order in enumerate(solution.orders)
            for leg in order
            for i in leg
        },
        unserved=frozenset(solution.unserved),
    )


def with_route(
    standing: StandingPlan,
    r: int,
    order: tuple[list[int], list[int]],
    hubs: tuple[list[int], list[int]],
    supply: int,
    vehicle: int | None,
) -> StandingPlan:
    """The plan with one route changed, or (r == n_routes) added.

    Parameters
    ----------
    vehicle : the fleet vehicle in use that drives it; None for a bought supply or an idle fleet vehicle.

    Raises
    ------
    ValueError
        When the route or its vehicle then breaks a rule.
    """
    instance, before = standing.instance, standing.arrays
    longest = max(before.order.shape[2], *(len(leg) + 2 for leg in order))
    idle = vehicle is None and instance.supplies[supply, S_KIND] == FLEET and any(order)
    n_routes, n_sets = max(standing.n_routes, r + 1), len(before.sets) + idle
    arrays = _grown(instance, before, n_routes, n_sets, longest)
    old = int(arrays.ledger[r, G_VEHICLE])
    new = len(before.sets) if idle else vehicle if vehicle is not None and any(order) else -1
    arrays.ledger[r, G_SUPPLY] = supply
    _write_route(instance, arrays, r, order, hubs)
    if old >= 0 and old != new:
        left = [m for m in arrays.sets[old] if m not in (r, -1)]
        arrays.sets[old] = left + [-1] * (MAX_SET - len(left))
        _write_vehicle(instance, arrays, old)
    if new >= 0:
        members = sorted({*(int(m) for m in arrays.sets[new] if m >= 0), r})
        arrays.sets[new, : len(members)] = members
        arrays.set_supply[new] = supply
        _write_vehicle(instance, arrays, new)
    _write_books(instance, arrays)
    was = standing.persons(standing.order(r)) if r < standing.n_routes else set()
    now = standing.persons(order)
    route_of_person = {i: q for i, q in standing.route_of_person.items() if i not in was} | dict.fromkeys(now, r)
    same_size = n_routes == standing.n_routes and longest == before.order.shape[2]
    return StandingPlan(
        instance=instance,
        arrays=arrays,
        tray=standing.tray if same_size else _tray(instance, n_routes, longest),
        route_of_person=route_of_person,
        unserved=(standing.unserved | was) - now,
    )


def standing_of_plan(plan: Plan, instance: Instance, index: Index) -> tuple[StandingPlan, list[str]]:
    """A checked plan as a standing plan, and the route id of each of its routes.

    Kept routes and their passengers are no part of the instance and stay outside.

    Raises
    ------
    ValueError
        When the plan is not one of this instance.
    """
    supply_of = _supply_finder(index)
    routes = sorted((route for route in plan.routes if not route.kept), key=_first_start_s)
    routes = _as_driven(routes, instance, index, supply_of)
    by_index = [_whole_by_index(index, route) for route in routes]
    solution = Solution(
        orders=[route.order for route in by_index],
        hubs=[route.hubs for route in by_index],
        supply=[supply_of(route) for route in routes],
        cost=[0] * len(routes),
        unserved=[
            index.rider_idx_by_leg[u.passenger_id, leg]
            for u in plan.unserved
            for leg in LEGS
            if (u.passenger_id, leg) in index.rider_idx_by_leg
        ],
    )
    by_vehicle: dict[str, list[int]] = defaultdict(list)
    for r, route in enumerate(routes):
        if route.vehicle_id is not None:
            by_vehicle[route.vehicle_id].append(r)
    assignment = Assignment(
        supply=tuple(solution.supply),
        vehicles=tuple((solution.supply[members[0]], tuple(members)) for members in by_vehicle.values()),
        cost=0,
    )
    return stand(instance, solution, assignment), [route.route_id for route in routes]


def _as_driven(routes: list[Route], instance: Instance, index: Index, supply_of: Callable[[Route], int]) -> list[Route]:
    """The routes of each vehicle in an order that the arrays understand as the plan drives them.

    Runs that would start at once, each alone, are driven in the order of their numbers, in the AM and in the PM.
    """
    by_vehicle: dict[str, list[int]] = defaultdict(list)
    for n, route in enumerate(routes):
        if route.vehicle_id is not None:
            by_vehicle[route.vehicle_id].append(n)
    ordered = list(routes)
    for members in (members for members in by_vehicle.values() if len(members) > 1):
        own = [routes[n] for n in members]
        alone_s = _starts_alone(own, instance, index, supply_of(own[0]))
        driven_s = [[[_start_s(r, leg, days) for days in index.groups] for leg in LEGS] for r in own]
        good = (p for p in permutations(range(len(own))) if _keeps_order(p, alone_s, np.array(driven_s)))
        for n, i in zip(members, next(good, range(len(own))), strict=True):
            ordered[n] = own[i]
    return ordered


def _starts_alone(routes: list[Route], instance: Instance, index: Index, k: int) -> NDArray[np.int64]:
    """First boarding of each route if nothing else were driven, (routes, 2, G)."""
    found = [_whole_by_index(index, route) for route in routes]
    solution = Solution(
        orders=[x.order for x in found], hubs=[x.hubs for x in found], supply=[k] * len(found), cost=[], unserved=[]
    )
    alone = stand(instance, solution, Assignment(supply=tuple(solution.supply), vehicles=(), cost=0))
    return np.asarray(alone.arrays.figures[instance.supplies[k, S_PROFILE], ..., F_START])


def _start_s(route: Route, leg: Leg, days: Sequence[int]) -> int:
    run = route.run_on(leg, days[0]) if days else None
    return -1 if run is None else run.start_at_s


def _keeps_order(order: Sequence[int], alone_s: NDArray[np.int64], driven_s: NDArray[np.int64]) -> bool:
    """Whether sorting by the first clock, ties in this order, is sorting by the second, wherever both routes run."""
    for a, b in combinations(order, 2):
        both = (driven_s[a] >= 0) & (driven_s[b] >= 0)
        first = driven_s[a] <= driven_s[b]
        if (both & np.where(first, alone_s[a] > alone_s[b], alone_s[b] >= alone_s[a])).any():
            return False
    return True


def _first_start_s(route: Route) -> int:
    return min(run.start_at_s for run in route.runs)


def _whole_by_index(index: Index, route: Route) -> StartRoute:
    found = route_by_index(index, (route.am, route.pm), route.runs)
    if [len(leg) for leg in found.order] != [len(p.passenger_ids) if p else 0 for p in (route.am, route.pm)]:
        raise ValueError(f"route {route.route_id} carries somebody whom the instance does not hold")
    return found


def _supply_finder(index: Index) -> Callable[[Route], int]:
    by_vehicle = {vid: k for k, supply in enumerate(index.supplies) for vid in supply.vehicle_ids}
    bought = {
        (supply.class_id, supply.operator_id): k
        for k, supply in enumerate(index.supplies)
        if supply.kind is RouteKind.BOUGHT
    }

    def find(route: Route) -> int:
        if route.vehicle_id is not None:
            return by_vehicle[route.vehicle_id]
        return bought[route.class_id, route.operator_id]

    return find


def _empty(instance: Instance, n_routes: int, n_sets: int, longest: int) -> Standing:
    n_groups, n_profiles = len(instance.group_weight), instance.seconds.shape[0]
    widest = max(len(instance.supplies), len(instance.class_limit), len(instance.operator_pa_limit), 1)
    ledger = np.zeros((n_routes, N_LEDGER), np.int64)
    ledger[:, G_VEHICLE] = -1
    return Standing(
        order=np.full((n_routes, 2, longest), -1, np.int32),
        hubs=np.full((n_routes, 2, MAX_HUBS), -1, np.int32),
        counts=np.zeros((n_routes, 4), np.int64),
        ledger=ledger,
        books=np.zeros((3, widest), np.int64),
        sets=np.full((n_sets, MAX_SET), -1, np.int64),
        set_supply=np.zeros(n_sets, np.int64),
        set_paid=np.zeros(n_sets, np.int64),
        figures=np.zeros((n_profiles, n_routes, 2, n_groups, N_FIGURES), np.int64),
    )


def _grown(instance: Instance, before: Standing, n_routes: int, n_sets: int, longest: int) -> Standing:
    """A copy with room for more."""
    after = _empty(instance, n_routes, n_sets, longest)
    n, v = len(before.counts), len(before.sets)
    after.order[:n, :, : before.order.shape[2]] = before.order
    for name in ("hubs", "counts", "ledger"):
        getattr(after, name)[:n] = getattr(before, name)
    for name in ("sets", "set_supply", "set_paid"):
        getattr(after, name)[:v] = getattr(before, name)
    after.figures[:, :n] = before.figures
    return after


def _write_route(
    instance: Instance, s: Standing, r: int, order: tuple[list[int], list[int]], hubs: tuple[list[int], list[int]]
) -> None:
    """Order, figures and, on a bought supply, price of one route; the supply is in the ledger already."""
    d, longest = instance.data(), s.order.shape[2]
    s.order[r], s.counts[r, :2] = as_arrays(order, longest)
    s.hubs[r], s.counts[r, 2:] = as_arrays(hubs, MAX_HUBS)
    w = np.zeros((N_SCRATCH, max(longest, MAX_HUBS) + 1), np.int64)
    for p in range(len(s.figures)):
        route_figures(d, p, s.order[r], s.hubs[r], s.counts[r], instance.group_weight, w, s.figures[p, r])
    k = s.ledger[r, G_SUPPLY]
    s.ledger[r, G_VEHICLE], s.ledger[r, G_PAID], s.ledger[r, G_OTHERS] = -1, 0, 0
    s.ledger[r, G_PAS] = s.figures[instance.supplies[k, S_PROFILE], r, ..., F_PAS].max()
    if any(order) and instance.supplies[k, S_KIND] == BOUGHT:
        pence = int(cost_on_supply(d, k, s.order[r], s.hubs[r], s.counts[r]))
        if pence == INFEASIBLE:
            raise ValueError(f"route {r} breaks a rule on the supply that it has")
        s.ledger[r, G_PAID] = pence


def _write_vehicle(instance: Instance, s: Standing, v: int) -> None:
    """What is paid for a fleet vehicle, and what it would cost without each of its routes."""
    k, routes = int(s.set_supply[v]), [int(r) for r in s.sets[v] if r >= 0]
    figures = s.figures[instance.supplies[k, S_PROFILE]]
    s.set_paid[v] = _set_pence(instance, k, routes, figures)
    if s.set_paid[v] >= HUGE:
        raise ValueError(f"one fleet vehicle cannot drive routes {routes}")
    for r in routes:
        s.ledger[r, G_VEHICLE] = v
        s.ledger[r, G_PAID] = s.set_paid[v] + (figures[r, ..., F_SOFT] * instance.group_weight).sum()
        s.ledger[r, G_OTHERS] = _set_pence(instance, k, [other for other in routes if other != r], figures)


def _set_pence(instance: Instance, k: int, routes: list[int], figures: NDArray[np.int64]) -> int:
    """Pence a fortnight of a fleet vehicle that drives these routes; `HUGE` where it cannot."""
    if not routes:
        return 0
    members = np.full(MAX_SET, -1, np.int64)
    members[: len(routes)] = routes
    pence = int(set_pence(instance.data(), k, members, len(routes), figures, np.zeros((0, 3), np.int64)))
    return HUGE if pence == INFEASIBLE else pence


def _write_books(instance: Instance, s: Standing) -> None:
    """What the plan takes of limited supplies; a fleet vehicle counts once, however many routes it drives."""
    s.books[:] = 0
    supply = s.ledger[:, G_SUPPLY]
    bought = s.counts[:, :2].any(axis=1) & (instance.supplies[supply, S_KIND] == BOUGHT)
    row = instance.supplies[supply[bought]]
    np.add.at(s.books[B_SUPPLY], supply[bought], 1)
    np.add.at(s.books[B_CLASS], row[:, S_CLASS], 1)
    with_operator = row[:, S_OPERATOR] >= 0
    np.add.at(s.books[B_OPERATOR], row[with_operator, S_OPERATOR], s.ledger[bought, G_PAS][with_operator])
    np.add.at(s.books[B_SUPPLY], s.set_supply[s.sets[:, 0] >= 0], 1)


def _tray(instance: Instance, n_routes: int, longest: int) -> Tray:
    n_groups, n_profiles = len(instance.group_weight), instance.seconds.shape[0]
    most = longest * (MAX_HUBS + 1) * int(instance.riders[:, P_VARIANTS].max(initial=1))

    def zeros(*shape: int) -> NDArray[np.int64]:
        return np.zeros(shape, np.int64)

    return Tray(
        order=np.full((2, longest), -1, np.int32),
        hubs=np.full((2, MAX_HUBS), -1, np.int32),
        weights=zeros(n_groups),
        w=zeros(N_SCRATCH, max(longest, MAX_HUBS) + 1),
        figures=zeros(2, most, n_groups, N_FIGURES),
        places=zeros(2, most, 3),
        soft=zeros(2, most),
        summary=zeros(2, most, n_groups, N_SUMMARY),
        front=zeros(2, most),
        pair=zeros(2, n_groups, N_FIGURES),
        members=zeros(MAX_SET),
        group=zeros(MAX_SET, 2, n_groups, N_FIGURES),
        runs=zeros(MAX_SET, N_FIGURES),
        shift=zeros(MAX_SET),
        no_team=zeros(0, 3),
        when=zeros(4, 0),
        worked=zeros(0),
        least=zeros(n_profiles, 2, n_groups, 2),
        company=zeros(2, n_groups, N_FIGURES),
        floors=zeros(max(1, n_routes)),
    )
