"""What today's routes mean for the bound: kept ones cost at least their contract, other lots may be held at theirs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from routing.baseline import current_as_routes, current_lots
from routing.bound.kinds import Today
from routing.encode import Index, busy_vehicle_ids
from transport.calendar import ALL_DAYS
from transport.contracts import Contract
from transport.cost import CostKind, cost_of
from transport.plan import Plan, RouteKind
from transport.scenario import CurrentRoute, Scenario
from transport.travel import TravelByRow
from transport.variation import variation_pence

FLAT = {CostKind.CONTRACT_DAY_RATE, CostKind.FLEET_FIXED}
"""What a route costs whatever its order and clock."""


def kept_pence(scenario: Scenario, travel: TravelByRow) -> float:
    """Least pence a fortnight of the kept routes, which every plan has, in whatever clock and order of gates."""
    kept = [route for route in scenario.current_routes if route.kept]
    lots = lots_of_today(scenario, kept=True)
    fleet = [route for route in kept if route.kind is RouteKind.FLEET]
    return _flat_pence(scenario, travel, fleet) + sum(held_pence(scenario, travel, routes) for routes in lots.values())


def lots_of_today(scenario: Scenario, *, kept: bool = False) -> dict[str, list[CurrentRoute]]:
    """Bought routes with an operator that are kept, or those that are not, by their lot."""
    lots: dict[str, list[CurrentRoute]] = defaultdict(list)
    for route in scenario.current_routes:
        if route.kept is kept and route.kind is RouteKind.BOUGHT and route.operator_id is not None:
            lots[route.lot_id or f"L-{route.route_id}"].append(route)
    return lots


def held_pence(scenario: Scenario, travel: TravelByRow, routes: Sequence[CurrentRoute]) -> float:
    """Least pence a fortnight of a lot that is held as it is."""
    flat = _flat_pence(scenario, travel, routes)
    contract = scenario.contract_by_lot_id.get(routes[0].lot_id or "")
    if contract is None or contract.award_m is None:
        return flat
    rate = contract.day_rate_pence_on(scenario.starts_on)
    return flat * least_day_pence(scenario, contract) / rate if rate else 0.0


def todays_offers(scenario: Scenario, index: Index) -> Today:
    """What a plan may have of kept routes' vehicles."""
    busy = busy_vehicle_ids(scenario)
    bought = [route for route in scenario.current_routes if route.kept and route.kind is RouteKind.BOUGHT]
    kept = Counter((route.class_id, route.operator_id) for route in bought)
    class_ids = [c.class_id for c in scenario.vehicle_classes]
    return Today(
        paid=frozenset(k for k, supply in enumerate(index.supplies) if busy.intersection(supply.vehicle_ids)),
        n_kept={k: kept[supply.class_id, supply.operator_id] for k, supply in enumerate(index.supplies)},
        n_kept_of_class=Counter(class_ids.index(route.class_id) for route in bought),
    )


def least_day_pence(scenario: Scenario, contract: Contract) -> float:
    """Least that a day of a lot costs under its contract, however long its runs are."""
    rate = contract.day_rate_pence_on(scenario.starts_on)
    most_pct = contract.variation.max_change_pct
    shortest = [0 if most_pct is None else m - most_pct * m // 100 for m in contract.award_m or (0,) * len(ALL_DAYS)]
    changes = [variation_pence(contract, day, shortest[day], day_rate_pence=rate) for day in ALL_DAYS]
    return float(max(0, rate + min(0, *changes)))


def _flat_pence(scenario: Scenario, travel: TravelByRow, current: Sequence[CurrentRoute]) -> float:
    """Pence a fortnight that do not depend on order or clock, of what the horizon counts; PAs left out."""
    routes = current_as_routes(scenario, travel, current)
    if not routes:
        return 0.0
    costs = cost_of(Plan(plan_id="as-they-are", routes=routes, lots=current_lots(routes)), scenario, travel)
    term = scenario.policy.horizon == "term"
    counted = (item for item in costs.items if item.kind in FLAT and not (term and item.committed))
    return float(sum(item.pence * len(item.days) for item in counted))
