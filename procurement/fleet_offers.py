"""What the council could do itself: its vehicles on lots, and contracts that may go on, as offers beside the bids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from procurement.lot_design import LotBook
from procurement.offers import Offer, OfferKind
from procurement.should_cost import as_tendered
from transport.check import CHECKS, Rule
from transport.check.facts import Facts, facts_of
from transport.check.ids import check_unknown_drives
from transport.check.loads import on_board_of
from transport.contracts import Contract
from transport.cost import CostBreakdown, cost_of
from transport.lots import LotState
from transport.plan import Plan, Route, RouteKind, Run
from transport.scenario import Scenario
from transport.travel import Travel
from transport.vehicles import FleetVehicle, Layout

RULES_OF_A_CHANGE = (
    Rule.DRIVE_TOO_SHORT,
    Rule.ROAD_NOT_PERMITTED,
    Rule.LAYOUT_NOT_OF_CLASS,
    Rule.OVER_CAPACITY,
    Rule.VEHICLE_TAG_MISSING,
    Rule.PA_NOT_TRAINED,
    Rule.VEHICLE_CLASS_MISMATCH,
    Rule.RUN_OVERLAP,
    Rule.LAYOUT_CHANGE,
    Rule.OUTSIDE_SHIFT,
    Rule.TOO_MANY_RUNS,
    Rule.SAME_VEHICLE_SPLIT,
)
"""Rules that another vehicle can break while stops and clocks stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPrice:
    """What one vehicle would cost a year for some lots, beyond what it costs for the routes it keeps.

    Attributes
    ----------
    vehicle_ids : vehicles that are the same in everything and keep no route; each may drive one set of lots.
    """

    vehicle_ids: tuple[str, ...]
    lot_ids: tuple[str, ...]
    avoidable_pence: int
    full_pence: int

    def offer(self, *, avoidable: bool) -> Offer:
        """The same as an offer, at avoidable or at full cost."""
        pence = self.avoidable_pence if avoidable else self.full_pence
        return Offer(
            offer_id=f"fleet:{self.vehicle_ids[0]}:{'+'.join(self.lot_ids)}", kind=OfferKind.FLEET,
            supplier_id=self.vehicle_ids[0], lot_ids=self.lot_ids, price_pence=pence, compared_pence=pence,
            n_alike=len(self.vehicle_ids),
        )  # fmt: skip


def fleet_prices(
    plan: Plan, book: LotBook, scenario: Scenario, travel: Travel, *, most_lots: int = 3
) -> tuple[FleetPrice, ...]:
    """Every set of lots that a fleet vehicle could drive as they stand, beside the routes that are not in any lot.

    Stops and clocks stay as published. Where the council lists its PAs by id, lots that need a PA are left out: who
    goes with a vehicle is decided with the plan.

    Parameters
    ----------
    travel : between depots and all stops; the pairs kept beside a plan do not hold enough.
    most_lots : lots in one set.
    """
    in_lots = {route_id for ids in book.route_ids_by_lot_id.values() for route_id in ids}
    kept = [route for route in plan.routes if route.route_id not in in_lots and route.kind is RouteKind.FLEET]
    route_by_id = {route.route_id: route for route in plan.routes}
    routes_by_lot = {
        lot.lot_id: [route_by_id[i] for i in book.route_ids_by_lot_id[lot.lot_id]] for lot in book.lots
        if not (scenario.assistants and lot.n_pa_days_a_year)
    }  # fmt: skip
    return tuple(
        price
        for vehicles, theirs in _alike(scenario.fleet_vehicles, kept)
        for price in _Vehicles(vehicles=vehicles, kept=theirs, scenario=scenario, travel=travel).prices(
            routes_by_lot, most_lots
        )
    )


def _alike(
    vehicles: Sequence[FleetVehicle], kept: Sequence[Route]
) -> list[tuple[tuple[FleetVehicle, ...], tuple[Route, ...]]]:
    """Vehicles with the routes they keep; those that keep none and differ in nothing but their id together."""
    groups: dict[FleetVehicle, list[FleetVehicle]] = {}
    for vehicle in vehicles:
        keeps = any(route.vehicle_id == vehicle.vehicle_id for route in kept)
        groups.setdefault(vehicle if keeps else replace(vehicle, vehicle_id="any"), []).append(vehicle)
    return [
        (tuple(group), tuple(route for route in kept if route.vehicle_id == group[0].vehicle_id))
        for group in groups.values()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vehicles:
    """A vehicle, or several that are the same, and the routes that it keeps."""

    vehicles: tuple[FleetVehicle, ...]
    kept: tuple[Route, ...]
    scenario: Scenario
    travel: Travel

    def prices(self, routes_by_lot: Mapping[str, Sequence[Route]], most_lots: int) -> Iterator[FleetPrice]:
        """All sets, grown one lot at a time: a set is possible only if every part of it is."""
        now = self._cost(())
        own = {lot_id: made for lot_id, routes in routes_by_lot.items() if (made := self._own(routes)) is not None}
        possible: set[frozenset[str]] = {frozenset()}
        for n in range(1, most_lots + 1):
            grown = set()
            for lot_ids in _grown(possible, own, n):
                routes = tuple(route for lot_id in sorted(lot_ids) for route in own[lot_id])
                if self._allows(routes):
                    grown.add(lot_ids)
                    yield self._price(tuple(sorted(lot_ids)), routes, now)
            possible = grown

    def _own(self, routes: Sequence[Route]) -> tuple[Route, ...] | None:
        """The routes as this vehicle would drive them; None where it cannot hold a load."""
        made = []
        for route in routes:
            runs = [self._fitted(run) for run in route.runs]
            if any(run is None for run in runs):
                return None
            made.append(
                replace(
                    as_tendered(route, ""), kind=RouteKind.FLEET, lot_id=None, vehicle_id=self.vehicles[0].vehicle_id,
                    class_id=self.vehicles[0].class_id, runs=tuple(run for run in runs if run is not None),
                )
            )  # fmt: skip
        return tuple(made)

    def _fitted(self, run: Run) -> Run | None:
        layout = next((x for x in self._layouts() if self._holds(x, run)), None)
        return None if layout is None else replace(run, layout=layout)

    def _layouts(self) -> tuple[Layout, ...]:
        return self.scenario.class_by_id[self.vehicles[0].class_id].layouts

    def _holds(self, layout: Layout, run: Run) -> bool:
        people = self.scenario.passenger_by_id
        for ids in on_board_of(run):
            n_wheelchairs = sum(people[passenger_id].uses_wheelchair_place for passenger_id in ids)
            if ids and not layout.holds(n_seats=len(ids) - n_wheelchairs + run.n_pas, n_wheelchairs=n_wheelchairs):
                return False
        return True

    def _allows(self, routes: tuple[Route, ...]) -> bool:
        facts: Facts = facts_of(self._plan(routes), self.scenario, self.travel)
        broken = any(violation.hard for rule in RULES_OF_A_CHANGE for violation in CHECKS[rule](facts))
        return not broken and not any(True for _ in check_unknown_drives(facts))

    def _price(self, lot_ids: tuple[str, ...], routes: tuple[Route, ...], now: CostBreakdown) -> FleetPrice:
        then = self._cost(routes)
        return FleetPrice(
            vehicle_ids=tuple(vehicle.vehicle_id for vehicle in self.vehicles),
            lot_ids=lot_ids,
            avoidable_pence=then.avoidable_year_pence - now.avoidable_year_pence,
            full_pence=then.year_pence - now.year_pence,
        )

    def _cost(self, routes: tuple[Route, ...]) -> CostBreakdown:
        return cost_of(self._plan(routes), self.scenario, self.travel)

    def _plan(self, routes: tuple[Route, ...]) -> Plan:
        return Plan(plan_id="fleet", routes=(*self.kept, *routes))


def _grown(possible: set[frozenset[str]], own: Mapping[str, object], size: int) -> Iterator[frozenset[str]]:
    """Sets of one more lot, all of whose parts of one lot fewer are possible."""
    seen = set()
    for part in sorted(possible, key=sorted):
        for lot_id in own:
            lots = part | {lot_id}
            if len(lots) == size and lots not in seen:
                seen.add(lots)
                if all(frozenset(fewer) in possible for fewer in combinations(sorted(lots), size - 1)):
                    yield lots


def extension_offers(book: LotBook, plan: Plan, scenario: Scenario, travel: Travel) -> Iterator[Offer]:
    """Contracts that are over and may go on at the operator's price, for lots that hold exactly their routes."""
    route_by_id = {route.route_id: route for route in plan.routes}
    held_lot_by_id = {lot.lot_id: lot for lot in plan.lots if lot.state is LotState.HELD}
    routes_by_contract: dict[str, set[str]] = {}
    for route in plan.routes:
        routes_by_contract.setdefault(route.lot_id or "", set()).add(route.route_id)
    for lot in book.lots:
        route_ids = book.route_ids_by_lot_id[lot.lot_id]
        held = {route_by_id[route_id].lot_id or "" for route_id in route_ids}
        contract = scenario.contract_by_lot_id.get(next(iter(held))) if len(held) == 1 else None
        if contract is None or contract.lot_id not in held_lot_by_id or not _can_go_on(contract, scenario):
            continue
        if routes_by_contract[contract.lot_id] == set(route_ids):
            routes = tuple(route_by_id[route_id] for route_id in route_ids)
            as_held = Plan(plan_id="extension", routes=routes, lots=(held_lot_by_id[contract.lot_id],))
            price = cost_of(as_held, scenario, travel).year_pence
            yield Offer(
                offer_id=f"extension:{lot.lot_id}", kind=OfferKind.EXTENSION, supplier_id=contract.operator_id,
                lot_ids=(lot.lot_id,), price_pence=price, compared_pence=price,
            )  # fmt: skip


def _can_go_on(contract: Contract, scenario: Scenario) -> bool:
    return contract.is_over(scenario.starts_on) and contract.extension_day_rate_pence is not None
