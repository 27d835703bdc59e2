"""Places for one more passenger on routes under a contract, priced by its variation clause.

The compiled pieces of `routing.insert_places` find every place that keeps the rules; what a pair of places costs is
asked of `transport.variation`, as the cost of a plan asks it. A route under a contract is read as today's routes are:
gates in the order of their bells, and passengers with pick-up points at the first of their choices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np

from routing.assign import Assignment
from routing.baseline import route_by_index
from routing.clock import gates_by_bell, runs_of
from routing.encode import Index, encode
from routing.evaluate import F_CHAIRS, F_METRES, F_PAS, F_PRESENT, F_SEATS, INFEASIBLE, cost_on_supply
from routing.insert_places import G_PAID, G_SUPPLY, find_places
from routing.instance import P_HUB, S_CLASS, S_PROFILE, Instance, Solution
from routing.numba_cache import njit
from routing.standing import StandingPlan, stand, with_route
from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.check.shifts import RoutedRun, n_operator_pas_of, run_metres
from transport.contracts import Contract
from transport.lots import LotState
from transport.plan import Pattern, Plan, Route, RouteKind
from transport.rate_cards import RateCard
from transport.scenario import Scenario
from transport.travel import TravelByRow
from transport.variation import contract_pa_pence, over_the_clause_m, variation_pence

_FREE_CARD = RateCard(base_pence=0, mile_rate_pence=0, pa_day_rate_pence=0, long_leg_pct=0)
"""Stands in for the contract where the arrays want a price: soft prices are then all that a route costs there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUse:
    """Metres and PAs of one route on each of the ten days; 0 and False where it does not run."""

    metres: tuple[int, ...]
    n_pas: tuple[int, ...]
    runs: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldRoutes:
    """Routes under a contract.

    Attributes
    ----------
    scenario : only their passengers and those who are to be placed.
    contracts : by lot, each with its metres at award: as given, or else as driven when the plan was opened.
    routes : by number of `standing`. uses : by route id, of every route of a contracted lot.
    refused : why nobody can be added, by id of the other kept routes.
    n_pas_left : PAs that an operator has free, by id; not named: no limit.
    """

    scenario: Scenario
    travel: TravelByRow
    contracts: Mapping[str, Contract]
    routes: tuple[Route, ...]
    uses: Mapping[str, DayUse]
    instance: Instance
    index: Index
    standing: StandingPlan
    refused: Mapping[str, str]
    n_pas_left: Mapping[str, int]
    routes_by_lot: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def fortnight_pence(self) -> int:
        """Contracts and soft prices of these routes, pence a fortnight."""
        return self.standing.fortnight_pence + sum(lot_fortnight_pence(self, lot_id) for lot_id in self.routes_by_lot)

    def number_of(self, route_id: str) -> int | None:
        """Number of a route in `standing`; None where it takes nobody."""
        return next((r for r, route in enumerate(self.routes) if route.route_id == route_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldInsertion:
    """One way to carry a passenger on a route under a contract.

    Attributes
    ----------
    order : passenger ids by leg, AM and PM, with the passenger in.
    extra_pence_per_fortnight : by the clause, with soft prices.
    """

    passenger_id: str
    route_id: str
    order: tuple[tuple[str, ...], tuple[str, ...]]
    extra_pence_per_fortnight: int


def held_routes_of(plan: Plan, scenario: Scenario, travel: TravelByRow) -> HeldRoutes:
    """Stand the plan's contracted routes up.

    Parameters
    ----------
    scenario : with the routes that the plan keeps kept, and with those who are to be placed.
    """
    kept = [route for route in plan.routes if route.kept]
    refused = {route.route_id: why for route in kept if (why := _why_refused(route, plan, scenario))}
    able = [route for route in kept if route.route_id not in refused]
    own = _own_scenario(scenario, plan, able)
    instance, index = encode(own, travel)
    able, solution, broken = _whole_solution(instance, index, able)
    uses = {r.route_id: _use_of(r, travel) for r in plan.routes if r.kept and r.kind is RouteKind.BOUGHT}
    lots: dict[str, list[str]] = {}
    for route in (r for r in plan.routes if r.route_id in uses and r.lot_id in scenario.contract_by_lot_id):
        lots.setdefault(route.lot_id or "", []).append(route.route_id)
    contracts = {
        lot_id: _with_award(scenario.contract_by_lot_id[lot_id], [uses[rid] for rid in ids])
        for lot_id, ids in lots.items()
    }
    return HeldRoutes(
        scenario=own,
        travel=travel,
        contracts=contracts,
        routes=tuple(able),
        uses=uses,
        instance=instance,
        index=index,
        standing=stand(instance, solution, Assignment(supply=tuple(solution.supply), vehicles=(), cost=0)),
        refused=refused | broken,
        n_pas_left=_pas_left(plan, scenario),
        routes_by_lot={lot_id: tuple(ids) for lot_id, ids in lots.items()},
    )


def _why_refused(route: Route, plan: Plan, scenario: Scenario) -> str:
    """Why a kept route takes nobody whatever the place, or an empty string."""
    if route.kind is RouteKind.FLEET:
        return "the council keeps this route as it is (keep = yes)"
    lot = next((lot for lot in plan.lots if lot.lot_id == route.lot_id), None)
    if lot is None or lot.state is not LotState.HELD or lot.lot_id not in scenario.contract_by_lot_id:
        return "its lot has no contract, so no variation clause prices a change"
    return ""


def _own_scenario(scenario: Scenario, plan: Plan, routes: Sequence[Route]) -> Scenario:
    """Contracted routes' passengers and those on no route, each class at no price."""
    elsewhere = {pid for route in plan.routes for pid in route.passenger_ids}
    elsewhere -= {pid for route in routes for pid in route.passenger_ids}
    people = tuple(replace(p, pinned_route_id=None) for p in scenario.passengers if p.passenger_id not in elsewhere)
    ids = {p.passenger_id for p in people}
    return replace(
        scenario,
        passengers=people,
        vehicle_classes=tuple(replace(c, rate_card=_FREE_CARD, max_routes=None) for c in scenario.vehicle_classes),
        fleet_vehicles=(),
        assistants=(),
        operators=tuple(replace(o, rate_cards={}) for o in scenario.operators),
        current_routes=(),
        never_together=tuple(x for x in scenario.never_together if ids.issuperset(x.passenger_ids)),
        keep_together=(),
    )


def _whole_solution(
    instance: Instance, index: Index, routes: Sequence[Route]
) -> tuple[list[Route], Solution, dict[str, str]]:
    """The routes that keep every rule, in the search's numbers; the others with the reason."""
    supply_of = {supply.class_id: k for k, supply in enumerate(index.supplies)}
    good, orders, hubs, broken = [], [], [], {}
    for route in routes:
        found = route_by_index(index, (route.am, route.pm), route.runs)
        if _holds(instance, supply_of[route.class_id], found.order, found.hubs):
            good.append(route)
            orders.append(found.order)
            hubs.append(found.hubs)
        else:
            broken[route.route_id] = "it breaks a rule as it is, so no change of it can be judged"
    solution = Solution(
        orders=orders, hubs=hubs, supply=[supply_of[r.class_id] for r in good], cost=[0] * len(good), unserved=[]
    )
    return good, solution, broken


def _holds(instance: Instance, k: int, order: tuple[list[int], list[int]], hubs: tuple[list[int], list[int]]) -> bool:
    longest = max(len(leg) for leg in (*order, *hubs)) + 1
    orders, gates = np.full((2, longest), -1, np.int32), np.full((2, longest), -1, np.int32)
    for leg in range(2):
        orders[leg, : len(order[leg])], gates[leg, : len(hubs[leg])] = order[leg], hubs[leg]
    counts = np.array([*map(len, order), *map(len, hubs)], np.int64)
    return bool(cost_on_supply(instance.data(), k, orders, gates, counts) != INFEASIBLE)


def _use_of(route: Route, travel: TravelByRow) -> DayUse:
    profile = travel.profile_by_class_id[route.class_id]
    metres, n_pas, runs = [], [], []
    for day in ALL_DAYS:
        out = [run for run in route.runs if day in run.days]
        metres.append(sum(run_metres(run, travel, profile=profile) for run in out))
        n_pas.append(n_operator_pas_of([RoutedRun(route=route, run=run) for run in out]))
        runs.append(bool(out))
    return DayUse(metres=tuple(metres), n_pas=tuple(n_pas), runs=tuple(runs))


def _with_award(contract: Contract, uses: Sequence[DayUse]) -> Contract:
    """The contract with the metres that its lot drives now as those at award, where none are given."""
    if contract.award_m is not None:
        return contract
    return replace(contract, award_m=tuple(sum(use.metres[day] for use in uses) for day in ALL_DAYS))


def _pas_left(plan: Plan, scenario: Scenario) -> dict[str, int]:
    """PAs that operators have beyond the most that each of their routes needs."""
    taken: Counter[str] = Counter()
    for route in plan.routes:
        if route.operator_id is not None and route.kind is RouteKind.BOUGHT:
            taken[route.operator_id] += max((run.n_pas for run in route.runs), default=0)
    return {o.operator_id: o.n_pas - taken[o.operator_id] for o in scenario.operators if o.n_pas is not None}


def lot_fortnight_pence(held: HeldRoutes, lot_id: str, changed: Mapping[str, DayUse] | None = None) -> int:
    """Price of a lot over ten days, some of its routes changed."""
    uses = [(changed or {}).get(rid) or held.uses[rid] for rid in held.routes_by_lot[lot_id]]
    contract = held.contracts[lot_id]
    rate = contract.day_rate_pence_on(held.scenario.starts_on)
    return sum(
        rate
        + contract_pa_pence(contract, sum(use.n_pas[day] for use in uses))
        + variation_pence(contract, day, sum(use.metres[day] for use in uses), day_rate_pence=rate)
        for day in ALL_DAYS
        if any(use.runs[day] for use in uses)
    )


def held_insertions(held: HeldRoutes, passenger_id: str, only: Iterable[str] | None = None) -> list[HeldInsertion]:
    """The cheapest place on every contracted route in use that can take a passenger, best first.

    Parameters
    ----------
    only : ids of the routes to look at; None: all.
    """
    who = tuple(held.index.rider_idx_by_leg.get((passenger_id, leg), -1) for leg in LEGS)
    if who == (-1, -1):
        return []
    wanted = None if only is None else frozenset(only)
    in_use = ((r, route.route_id) for r, route in enumerate(held.routes) if route.runs)
    numbers = (r for r, route_id in in_use if wanted is None or route_id in wanted)
    found = (_best_on(held, r, passenger_id, np.array(who, np.int64)) for r in numbers)
    return sorted((i for i in found if i is not None), key=lambda i: (i.extra_pence_per_fortnight, i.route_id))


def held_route_with(held: HeldRoutes, route_id: str, order: tuple[tuple[str, ...], tuple[str, ...]]) -> Route:
    """A contracted route with another order, written out as one of today's routes is."""
    route = next(route for route in held.routes if route.route_id == route_id)
    patterns = {
        leg: Pattern(passenger_ids=ids, gates=gates_by_bell(held.scenario, leg, ids))
        for leg, ids in zip(LEGS, order, strict=True)
        if ids
    }
    vehicle_class = held.scenario.class_by_id[route.class_id]
    runs = (
        run
        for leg, pattern in patterns.items()
        for run in runs_of(held.scenario, held.travel, leg, pattern, vehicle_class)
    )
    return replace(route, am=patterns.get(Leg.AM), pm=patterns.get(Leg.PM), runs=tuple(runs))


def with_held_route(held: HeldRoutes, route: Route) -> HeldRoutes:
    """The contracted routes with one of them changed.

    Raises
    ------
    ValueError
        When the route then breaks a rule.
    """
    r = held.number_of(route.route_id)
    assert r is not None  # only a route that stands is changed
    found = route_by_index(held.index, (route.am, route.pm), route.runs)
    supply = int(held.standing.arrays.ledger[r, G_SUPPLY])
    use = _use_of(route, held.travel)
    before = max(run.n_pas for run in held.routes[r].runs)
    left = dict(held.n_pas_left)
    if route.operator_id in left:
        left[route.operator_id] -= max((run.n_pas for run in route.runs), default=0) - before
    return replace(
        held,
        routes=(*held.routes[:r], route, *held.routes[r + 1 :]),
        uses={**held.uses, route.route_id: use},
        standing=with_route(held.standing, r, found.order, found.hubs, supply, None),
        n_pas_left=left,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A place on one leg: order and what its days ask."""

    order: tuple[str, ...]
    metres: tuple[int, ...]
    n_pas: tuple[int, ...]
    runs: tuple[bool, ...]
    soft_pence: int


def _best_on(held: HeldRoutes, r: int, passenger_id: str, who: Any) -> HeldInsertion | None:
    route, s = held.routes[r], held.standing.arrays
    supply = held.instance.supplies[s.ledger[r, G_SUPPLY]]
    passenger = held.scenario.passenger_by_id[passenger_id]
    if not passenger.vehicle_tags <= held.scenario.class_by_id[route.class_id].tags:
        return None
    tray = held.standing.tray
    tray.weights[:] = held.instance.group_weight
    counts = route_places(held.instance.data(), s, tray, r, int(supply[S_PROFILE]), who)
    if not counts.all() or not _fits(held, int(supply[S_CLASS])):
        return None
    am, pm = (_spots(held, r, leg, int(counts[k]), passenger_id) for k, leg in enumerate(LEGS))
    before = lot_fortnight_pence(held, route.lot_id or "") + int(s.ledger[r, G_PAID])
    best: tuple[int, _Spot, _Spot] | None = None
    for one, other in product(am, pm):
        pence = _priced(held, route, one, other)
        if pence is not None and (best is None or pence < best[0]):
            best = pence, one, other
    if best is None:
        return None
    return HeldInsertion(
        passenger_id=passenger_id,
        route_id=route.route_id,
        order=(best[1].order, best[2].order),
        extra_pence_per_fortnight=best[0] - before,
    )


@njit
def route_places(d: Any, s: Any, t: Any, r: int, p: int, who: Any) -> Any:
    """Every place of the riders on both legs of route r, onto the tray; how many by leg."""
    counts = np.zeros(2, np.int64)
    counts[0] = find_places(d, s, t, r, 0, p, who[0])
    if counts[0] > 0:
        counts[1] = find_places(d, s, t, r, 1, p, who[1])
    return counts


def _fits(held: HeldRoutes, class_idx: int) -> bool:
    """Whether a layout holds each day's load, the same in every place."""
    fits, figures = held.instance.fits[class_idx], held.standing.tray.figures[:, 0]
    seats, chairs = figures[..., F_SEATS], figures[..., F_CHAIRS]
    if seats.max() >= fits.shape[0] or chairs.max() >= fits.shape[1]:
        return False
    return bool(fits[seats, chairs].all())


def _spots(held: HeldRoutes, r: int, leg: Leg, n: int, passenger_id: str) -> list[_Spot]:
    """The places of a leg as the route would be read again, less those that no price can prefer.

    A clause that prices no change above a limit forbids small metres as well as large ones: then all places are kept.
    """
    k, tray = LEGS.index(leg), held.standing.tray
    order = held.standing.order(r)[k]
    ids = [held.index.riders[i].passenger.passenger_id for i in order]
    group_of = {day: g for g, days in enumerate(held.index.groups) for day in days}
    spots: list[_Spot] = []
    for i in range(n):
        home, gate, row = tray.places[k, i].tolist()
        if home >= 0 and not _read_so(held, r, leg, home, gate, row, passenger_id):
            continue
        figures = tray.figures[k, i]
        day_figures = [figures[group_of[day]] if day in group_of else None for day in ALL_DAYS]
        spots.append(
            _Spot(
                order=tuple(ids if home < 0 else [*ids[:home], passenger_id, *ids[home:]]),
                metres=tuple(0 if f is None or not f[F_PRESENT] else int(f[F_METRES]) for f in day_figures),
                n_pas=tuple(0 if f is None or not f[F_PRESENT] else int(f[F_PAS]) for f in day_figures),
                runs=tuple(f is not None and bool(f[F_PRESENT]) for f in day_figures),
                soft_pence=int(tray.soft[k, i]),
            )
        )
    limited = held.contracts[held.routes[r].lot_id or ""].variation.max_change_pct is not None
    return spots if limited else _undominated(spots)


def _read_so(held: HeldRoutes, r: int, leg: Leg, home: int, gate: int, row: int, passenger_id: str) -> bool:
    """Whether the route, read as one of today's, has these gates in this order, and the passenger at this place."""
    k = LEGS.index(leg)
    if row != held.index.rider_idx_by_leg[passenger_id, leg]:
        return False
    hubs = held.standing.hubs(r)[k]
    if gate >= 0:
        hubs = [*hubs[:gate], int(held.instance.riders[row, P_HUB]), *hubs[gate:]]
    ids = [held.index.riders[i].passenger.passenger_id for i in held.standing.order(r)[k]] + [passenger_id]
    by_bell = gates_by_bell(held.scenario, leg, ids)
    return tuple((held.index.hubs[h].school_id, held.index.hubs[h].gate_place_id) for h in hubs) == by_bell


def _undominated(spots: Sequence[_Spot]) -> list[_Spot]:
    """Less those that another one beats or equals in every metre and in soft prices; PAs are the same in all."""
    kept: list[_Spot] = []
    for spot in sorted(spots, key=lambda x: (x.soft_pence, sum(x.metres))):
        if not any(
            other.soft_pence <= spot.soft_pence and all(a <= b for a, b in zip(other.metres, spot.metres, strict=True))
            for other in kept
        ):
            kept.append(spot)
    return kept


def _priced(held: HeldRoutes, route: Route, am: _Spot, pm: _Spot) -> int | None:
    """Pence a fortnight of the lot with the route so, and its soft prices; None where it breaks a limit."""
    use = _use_of_spots(am, pm)
    left = held.n_pas_left.get(route.operator_id or "")
    if left is not None and max(use.n_pas) - max(held.uses[route.route_id].n_pas) > left:
        return None
    lot_id = route.lot_id or ""
    contract, others = held.contracts[lot_id], held.routes_by_lot[lot_id]
    for day in ALL_DAYS:
        metres = use.metres[day] + sum(held.uses[rid].metres[day] for rid in others if rid != route.route_id)
        if use.runs[day] and over_the_clause_m(contract, day, metres):
            return None
    return lot_fortnight_pence(held, lot_id, {route.route_id: use}) + am.soft_pence + pm.soft_pence


def _use_of_spots(am: _Spot, pm: _Spot) -> DayUse:
    return DayUse(
        metres=tuple(a + b for a, b in zip(am.metres, pm.metres, strict=True)),
        n_pas=tuple(max(a, b) for a, b in zip(am.n_pas, pm.n_pas, strict=True)),
        runs=tuple(a or b for a, b in zip(am.runs, pm.runs, strict=True)),
    )
