"""A plan in force, ready for changes during the year: its routes as they stand, and what becomes of one that changes.

Routes that the search may plan stand in one problem, routes under a contract in another (`routing.held_places`): the
first are priced by rate cards and the fleet's own costs, the second by their contract's variation clause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from routing.assign import Assignment
from routing.decode import decode
from routing.encode import Index, encode
from routing.held_places import HeldRoutes, held_routes_of
from routing.insert_places import G_SUPPLY
from routing.instance import Solution
from routing.standing import RouteChange, StandingPlan, sets_of, standing_of_plan
from transport.cost import CostBreakdown, cost_of
from transport.lots import Lot, LotState
from transport.plan import Plan, Route, RouteKind, Unserved
from transport.scenario import Scenario
from transport.stability import Riding, riding_of
from transport.travel import TravelByRow


class CannotChangeError(ValueError):
    """A plan that cannot be changed here: it breaks a rule of the search, or it is too large for travel matrices."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AsTheyAre:
    """Some routes of the plan: their lots, what they cost, and how everybody rides."""

    lots: tuple[Lot, ...]
    cost: CostBreakdown
    riding: Riding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """A plan that stands and the problem around it; changes make a new one.

    Attributes
    ----------
    scenario : with everybody who may be placed among its passengers; kept are the routes that the plan keeps, and its
        contracts know their metres at award.
    plan : as it is now; who is to be placed is on no route of it.
    index, standing : routes that are not kept, in the search's numbers.
    route_ids : id of each route of `standing`. vehicle_ids : fleet vehicle of each of its sets.
    held : routes under a contract.
    notes : what is left out here, for people.
    sets : routes of each fleet vehicle, by number.
    """

    scenario: Scenario
    travel: TravelByRow
    plan: Plan
    index: Index
    standing: StandingPlan
    route_ids: tuple[str, ...]
    vehicle_ids: tuple[str, ...]
    held: HeldRoutes
    notes: tuple[str, ...] = ()
    sets: tuple[tuple[int, ...], ...] = field(init=False, repr=False)
    _route_by_id: dict[str, Route] = field(init=False, repr=False)
    _known: dict[tuple[str, ...], AsTheyAre] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index what every option asks for."""
        object.__setattr__(self, "sets", sets_of(self.standing))
        object.__setattr__(self, "_route_by_id", {route.route_id: route for route in self.plan.routes})

    def as_they_are(self, routes: Sequence[Route]) -> AsTheyAre:
        """Some routes of the plan as they are, worked out once: every option is compared with them."""
        key = tuple(route.route_id for route in routes)
        if key not in self._known:
            lots = self.lots_with(routes)
            some = Plan(plan_id="some", routes=tuple(routes), lots=lots)
            self._known[key] = AsTheyAre(
                lots=lots, cost=cost_of(some, self.scenario, self.travel), riding=riding_of(some)
            )
        return self._known[key]

    def lots_with(self, routes: Sequence[Route]) -> tuple[Lot, ...]:
        """Lots of some routes: the contracts they are under, and one for each other bought route."""
        ids = {route.route_id for route in routes}
        held = [lot for lot in self.plan.lots if lot.state is LotState.HELD and ids.intersection(lot.route_ids)]
        under = {rid for lot in held for rid in lot.route_ids}
        return (*held, *lots_of(route for route in routes if route.route_id not in under))

    @property
    def fortnight_pence(self) -> int:
        """Money that the horizon counts and soft prices, pence a fortnight; kept routes of the fleet stand outside."""
        return self.standing.fortnight_pence + self.held.fortnight_pence

    def route(self, route_id: str) -> Route:
        """A route of the plan by its id."""
        return self._route_by_id[route_id]


def open_desk(plan: Plan, scenario: Scenario, travel: TravelByRow) -> Desk:
    """Stand a checked plan up for changes.

    Parameters
    ----------
    scenario : the plan's, with the passengers who may be placed added; they are on no route yet.
    travel : holds the places of all of them.

    Raises
    ------
    CannotChangeError
        When a route breaks a rule of the search, or there are too many places for travel matrices.
    """
    scenario = settled(scenario, plan)
    free, notes = _without_listed_pas(scenario, plan)
    outside = {route.route_id for route in plan.routes if not route.kept} if free is not scenario else set()
    routes = tuple(r for r in plan.routes if r.route_id not in outside or r.kind is RouteKind.BOUGHT)
    instance, index = encode(free, travel)
    try:
        standing, route_ids = standing_of_plan(replace(plan, routes=routes, unserved=()), instance, index)
    except ValueError as fault:
        raise CannotChangeError(f"plan {plan.plan_id} cannot be changed here: {fault}") from fault
    held = held_routes_of(plan, scenario, travel)
    contracts = tuple(held.contracts.get(c.lot_id, c) for c in scenario.contracts)
    vehicle_of = {route.route_id: route.vehicle_id or "" for route in plan.routes}
    return Desk(
        scenario=replace(scenario, contracts=contracts),
        travel=travel,
        plan=with_routes(plan, (), (), scenario),
        index=index,
        standing=standing,
        route_ids=tuple(route_ids),
        vehicle_ids=tuple(vehicle_of[route_ids[int(members[0])]] for members in standing.arrays.sets),
        held=held,
        notes=notes,
    )


def settled(scenario: Scenario, plan: Plan) -> Scenario:
    """Today's routes as the plan has decided on them: kept and extended ones kept, the others released."""
    kept = {route.route_id for route in plan.routes if route.kept}
    routes = (replace(r, kept=r.route_id in kept, extendable=False) for r in scenario.current_routes)
    return replace(scenario, current_routes=tuple(routes))


def _without_listed_pas(scenario: Scenario, plan: Plan) -> tuple[Scenario, tuple[str, ...]]:
    """Where the council lists its PAs by id, bought routes only: which PA is fetched is chosen with the vehicle."""
    if not scenario.assistants:
        return scenario, ()
    fleet = [route for route in plan.routes if route.kind is RouteKind.FLEET]
    riding = {pid for route in fleet for pid in route.passenger_ids}
    people = tuple(replace(p, pinned_route_id=None) for p in scenario.passengers if p.passenger_id not in riding)
    ids = {p.passenger_id for p in people}
    rest = replace(
        scenario,
        passengers=people,
        assistants=(),
        fleet_vehicles=(),
        current_routes=tuple(r for r in scenario.current_routes if r.kept and r.kind is RouteKind.BOUGHT),
        never_together=tuple(x for x in scenario.never_together if ids.issuperset(x.passenger_ids)),
        keep_together=tuple(x for x in scenario.keep_together if ids.issuperset(x.passenger_ids)),
    )
    return rest, ("The council lists its PAs by id: only bought vehicles are offered, the fleet stays as it is",)


def changed_routes(desk: Desk, change: RouteChange) -> tuple[tuple[Route, ...], tuple[str, ...]]:
    """Routes that differ once a route is as changed, written out, and the fleet vehicle of each set.

    These are the route and those that shared, or share, its vehicle.
    """
    v = _set_of(change.sets, change.number)
    touched = {change.number, *(() if v is None else change.sets[v])}
    if change.number < desk.standing.n_routes:
        was = _set_of(desk.sets, change.number)
        touched.update(() if was is None else desk.sets[was])
    numbers = sorted(n for n in touched if any(_order(desk, change, n)))
    vehicle_ids = list(desk.vehicle_ids)
    if v is not None and v >= len(vehicle_ids):
        vehicle_ids.append(_idle_vehicle_id(desk, change, change.set_supplies[v]))
    routes = _decoded(desk, change, numbers)
    named = tuple(_named(desk, change, n, route, vehicle_ids) for n, route in zip(numbers, routes, strict=True))
    return named, tuple(vehicle_ids)


def _set_of(sets: Sequence[tuple[int, ...]], r: int) -> int | None:
    return next((v for v, members in enumerate(sets) if r in members), None)


def _order(desk: Desk, change: RouteChange, n: int) -> tuple[list[int], list[int]]:
    return change.order if n == change.number else desk.standing.order(n)


def _hubs(desk: Desk, change: RouteChange, n: int) -> tuple[list[int], list[int]]:
    return change.hubs if n == change.number else desk.standing.hubs(n)


def _supply(desk: Desk, change: RouteChange, n: int) -> int:
    return change.supply if n == change.number else int(desk.standing.arrays.ledger[n, G_SUPPLY])


def _idle_vehicle_id(desk: Desk, change: RouteChange, k: int) -> str:
    out = {vid for vid, members in zip(desk.vehicle_ids, change.sets, strict=False) if members}
    return next(vid for vid in desk.index.supplies[k].vehicle_ids if vid not in out)


def _decoded(desk: Desk, change: RouteChange, numbers: Sequence[int]) -> list[Route]:
    """Routes by number, written out with clocks as in any plan; ids and fleet vehicles are the decoder's own."""
    at = {n: i for i, n in enumerate(numbers)}
    supply = tuple(_supply(desk, change, n) for n in numbers)
    orders = [_order(desk, change, n) for n in numbers]
    sets = (
        (k, tuple(at[m] for m in members if m in at))
        for k, members in zip(change.set_supplies, change.sets, strict=True)
    )
    solution = Solution(
        orders=orders,
        hubs=[_hubs(desk, change, n) for n in numbers],
        supply=list(supply),
        cost=[0] * len(numbers),
        unserved=[],
    )
    used = tuple((k, routes) for k, routes in sets if routes)
    found = decode(desk.scenario, desk.travel, desk.index, solution, Assignment(supply=supply, vehicles=used, cost=0))
    by_people = {frozenset(route.passenger_ids): route for route in found.routes}
    riders = desk.index.riders
    return [by_people[frozenset(riders[i].passenger.passenger_id for leg in order for i in leg)] for order in orders]


def _named(desk: Desk, change: RouteChange, n: int, route: Route, vehicle_ids: Sequence[str]) -> Route:
    """A written route with the id, vehicle and lot that it had, or the next free ones."""
    route_id = desk.route_ids[n] if n < len(desk.route_ids) else free_route_id(desk)
    if route.kind is RouteKind.FLEET:
        v = _set_of(change.sets, n)
        assert v is not None  # whatever the fleet drives is in a set
        return replace(route, route_id=route_id, vehicle_id=vehicle_ids[v], lot_id=None)
    return replace(route, route_id=route_id, lot_id=f"L-{route_id}")


def free_route_id(desk: Desk) -> str:
    """The next route id that neither the plan nor today's routes have."""
    used = {
        *(r.route_id for r in desk.plan.routes),
        *(r.route_id for r in desk.scenario.current_routes),
        *desk.route_ids,
    }
    width = max([3, *(len(name) - 1 for name in used if name[:1] == "R" and name[1:].isdecimal())])
    return next(name for n in range(1, len(used) + 2) if (name := f"R{n:0{width}d}") not in used)


def lots_of(routes: Iterable[Route]) -> tuple[Lot, ...]:
    """Lots of bought routes that are in none yet: at the operator's card, or to be tendered."""
    return tuple(
        Lot(
            lot_id=route.lot_id or "",
            state=LotState.TENDER if route.operator_id is None else LotState.CARD,
            class_id=route.class_id,
            route_ids=(route.route_id,),
            operator_id=route.operator_id,
        )
        for route in routes
        if route.kind is RouteKind.BOUGHT
    )


def with_routes(plan: Plan, gone_ids: Iterable[str], routes: Sequence[Route], scenario: Scenario) -> Plan:
    """A plan with some routes taken out and others put in, each in its place; who is then on no route is unserved."""
    gone = frozenset(gone_ids)
    new = {route.route_id: route for route in routes}
    stay = [new.pop(r.route_id, r) for r in plan.routes if r.route_id in new or r.route_id not in gone]
    ids = {route.route_id for route in (*stay, *new.values())}
    old = (replace(lot, route_ids=tuple(rid for rid in lot.route_ids if rid in ids)) for lot in plan.lots)
    lots = [x for x in old if x.route_ids and (x.state is LotState.HELD or not gone.intersection(x.route_ids))]
    known = {lot.lot_id for lot in lots}
    fresh = [lot for lot in lots_of(routes) if lot.lot_id not in known]
    after = replace(
        plan, routes=(*stay, *new.values()), lots=(*lots, *fresh),
        not_planned=scenario.not_planned(), explanation=None, certificate=None,
    )  # fmt: skip
    carried = {pid for route in after.routes for pid in route.passenger_ids}
    reasons = {u.passenger_id: u for u in plan.unserved}
    return replace(
        after,
        unserved=tuple(
            reasons.get(p.passenger_id, Unserved(passenger_id=p.passenger_id, cause="", sentence=""))
            for p in scenario.planned_passengers()
            if p.passenger_id not in carried
        ),
    )


def route_refused(desk: Desk, route_id: str) -> str:
    """Why a route takes nobody whoever they are, or an empty string."""
    return desk.held.refused.get(route_id, "")
