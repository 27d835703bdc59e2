"""What today's routes mean for the bound: kept ones cost what they cost, others may be held at their price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from routing.baseline import current_as_routes, current_lots
from routing.bound.kinds import Today, TodaysRoute
from routing.encode import Index, busy_vehicle_ids
from transport.calendar import ALL_DAYS
from transport.contracts import Contract
from transport.cost import objective_of
from transport.lots import Lot, LotState
from transport.plan import Plan, Route, RouteKind
from transport.scenario import CurrentRoute, Scenario
from transport.travel import TravelByRow
from transport.variation import variation_pence


def kept_pence(scenario: Scenario, travel: TravelByRow) -> int:
    """Least objective, a week, of the routes that are kept as they are: every plan has them.

    The checker takes a kept route at its contract's price or at its operator's card, whichever the plan says.
    """
    kept = current_as_routes(scenario, travel, (route for route in scenario.current_routes if route.kept))
    fleet = tuple(route for route in kept if route.kind is RouteKind.FLEET)
    total = _pence(scenario, travel, fleet, ())
    for lot in current_lots(kept):
        routes = tuple(route for route in kept if route.lot_id == lot.lot_id)
        total += min(_pence(scenario, travel, routes, (way,)) for way in _ways(scenario, lot, routes))
    return total


def as_they_are_pence(scenario: Scenario, travel: TravelByRow, current: Iterable[CurrentRoute]) -> int:
    """Objective, a week, of some of today's routes as they are."""
    routes = current_as_routes(scenario, travel, current)
    return _pence(scenario, travel, routes, current_lots(routes))


def todays_offers(scenario: Scenario, index: Index) -> Today:
    """What a plan may have besides new routes."""
    busy = busy_vehicle_ids(scenario)
    bought = [route for route in scenario.current_routes if route.kept and route.kind is RouteKind.BOUGHT]
    kept = Counter((route.class_id, route.operator_id) for route in bought)
    class_ids = [c.class_id for c in scenario.vehicle_classes]
    return Today(
        paid=frozenset(k for k, supply in enumerate(index.supplies) if busy.intersection(supply.vehicle_ids)),
        routes=tuple(
            _offer(scenario, index, route)
            for route in scenario.current_routes
            if not route.kept and route.kind is RouteKind.BOUGHT and route.operator_id is not None
        ),
        n_kept={k: kept[supply.class_id, supply.operator_id] for k, supply in enumerate(index.supplies)},
        n_kept_of_class=Counter(class_ids.index(route.class_id) for route in bought),
    )


def _pence(scenario: Scenario, travel: TravelByRow, routes: tuple[Route, ...], lots: tuple[Lot, ...]) -> int:
    plan = Plan(plan_id="as-they-are", routes=routes, lots=lots)
    return objective_of(plan, scenario, travel).total if routes else 0


def _ways(scenario: Scenario, lot: Lot, routes: tuple[Route, ...]) -> list[Lot]:
    """The states in which a plan may have a kept lot."""
    operator = scenario.operator_by_id.get(lot.operator_id or "")
    ways = [lot]
    if operator is not None and all(route.class_id in operator.rate_cards for route in routes):
        ways.append(replace(lot, state=LotState.CARD))
    if scenario.class_by_id[lot.class_id].rate_card is not None:
        ways.append(replace(lot, state=LotState.TENDER))
    return ways


def _offer(scenario: Scenario, index: Index, route: CurrentRoute) -> TodaysRoute:
    supply = next((k for k, s in enumerate(index.supplies) if s.class_id == route.class_id), -1)
    contract = scenario.contract_by_lot_id.get(route.lot_id or "")
    if contract is None:
        return TodaysRoute(supply=supply, pence=float(route.day_rate_pence), pa_pence=float(route.pa_day_rate_pence))
    n_routes = sum(other.lot_id == route.lot_id for other in scenario.current_routes)
    return TodaysRoute(supply=supply, pence=least_day_pence(scenario, contract) / n_routes, pa_pence=0.0)


def least_day_pence(scenario: Scenario, contract: Contract) -> float:
    """Least that a day of a lot costs under its contract, however its routes change."""
    rate = contract.day_rate_pence_on(scenario.starts_on)
    if contract.award_m is None:
        return float(rate)
    most_pct = contract.variation.max_change_pct
    shortest = [0 if most_pct is None else m - most_pct * m // 100 for m in contract.award_m]
    changes = [variation_pence(contract, day, shortest[day], day_rate_pence=rate) for day in ALL_DAYS]
    return float(max(0, rate + min(0, *changes)))
