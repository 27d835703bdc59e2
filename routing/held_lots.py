"""Which held lots go on: a lot whose contract is over is extended where that costs less than its passengers elsewhere.

The search first plans everybody anew. Then each lot, and the lots that share a new route together, are set against what
taking their passengers off the new routes would save; those that pay are held, the rest is planned again from where it
stood, and the cheaper whole plan is taken. This goes on while it saves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from routing.assign import as_arrays
from routing.baseline import current_as_routes, current_lots
from routing.disturbance import whole_cost
from routing.instance import BOUGHT, MAX_HUBS, NO_LIMIT, S_KIND, S_LIMIT, Instance
from routing.rounds import Found, Rounds
from transport.cost import objective_of
from transport.lots import LotChoice, LotDecision
from transport.money import half_up
from transport.plan import Plan
from transport.scenario import Scenario

FREE_SHARE, ROUND_SHARE = 0.5, 0.25
"""Shares of the time for the plan with every lot released, and for each of at most two plans with some held."""


def choose_lots(rounds: Rounds, share: float) -> tuple[Found, tuple[LotChoice, ...]]:
    """The cheapest plan found, and what becomes of each lot that is held today.

    Parameters
    ----------
    share : of the rounds' stop.
    """
    scenario = rounds.scenario
    open_ids = scenario.extendable_lot_ids()
    if not open_ids:
        return rounds.search(scenario, share), _choices(rounds, {}, {}, frozenset())
    prices = {lot_id: _holding_pence(rounds, lot_id) for lot_id in open_ids}
    best, held, elsewhere = rounds.search(scenario, share * FREE_SHARE), frozenset[str](), dict[str, int]()
    for _ in range(round((1 - FREE_SHARE) / ROUND_SHARE)):
        savings = _savings(best, scenario, prices, held)
        more = _worth_holding(best, scenario, prices, held)
        elsewhere |= {lot_id: pence for lot_id, pence in savings.items() if lot_id not in held}
        if not more:
            found = rounds.search(best.scenario, share * ROUND_SHARE, start=best.plan)
            best = min(best, found, key=lambda f: f.objective_pence)
            continue
        found = rounds.search(with_held(scenario, held | set(more)), share * ROUND_SHARE, start=best.plan)
        if found.objective_pence < best.objective_pence:
            best, held = found, held | set(more)
            elsewhere |= more
    elsewhere |= _savings(best, scenario, prices, held)
    return best, _choices(rounds, prices, elsewhere, held)


def with_held(scenario: Scenario, lot_ids: Iterable[str]) -> Scenario:
    """The problem with these lots kept as they are."""
    held = frozenset(lot_ids)
    routes = (replace(r, kept=True) if r.extendable and r.lot_id in held else r for r in scenario.current_routes)
    return replace(scenario, current_routes=tuple(routes))


def _holding_pence(rounds: Rounds, lot_id: str) -> int:
    """Objective, a week, of a lot's routes as they are today."""
    scenario = rounds.scenario
    routes = current_as_routes(scenario, rounds.travel, (r for r in scenario.current_routes if r.lot_id == lot_id))
    plan = Plan(plan_id=lot_id, routes=routes, lots=current_lots(routes))
    return objective_of(plan, scenario, rounds.travel, reference=rounds.reference).total


def _worth_holding(found: Found, scenario: Scenario, prices: Mapping[str, int], held: frozenset[str]) -> dict[str, int]:
    """Lots whose price is below what their passengers' absence saves, with that saving; most gain first.

    Lots that share a route are also weighed together: each alone may save little where the route runs on for the rest.
    """
    routes = _Routes(found)
    riders = {lot_id: _riders(found, scenario, lot_id) for lot_id in prices if lot_id not in held}
    chosen: dict[str, int] = {}
    while True:
        left = {lot_id: own for lot_id, own in riders.items() if lot_id not in chosen}
        sets = dict.fromkeys((*((lot_id,) for lot_id in left), *routes.companies(left)))
        gains = {
            lots: routes.saving_pence(frozenset().union(*(left[lot_id] for lot_id in lots)))
            - sum(prices[lot_id] for lot_id in lots)
            for lots in sets
        }
        best = max(gains, key=lambda lots: (gains[lots], lots), default=())
        if not best or gains[best] <= 0:
            return chosen
        for lot_id in best:
            chosen[lot_id] = routes.saving_pence(left[lot_id])
            routes.remove(left[lot_id])


def _savings(found: Found, scenario: Scenario, prices: Mapping[str, int], held: frozenset[str]) -> dict[str, int]:
    """What taking each released lot's passengers off the plan's routes would save, a week."""
    routes = _Routes(found)
    return {lot_id: routes.saving_pence(_riders(found, scenario, lot_id)) for lot_id in prices if lot_id not in held}


def _riders(found: Found, scenario: Scenario, lot_id: str) -> frozenset[int]:
    ids = {
        pid
        for route in scenario.current_routes
        if route.lot_id == lot_id
        for pid in (*route.am_passenger_ids, *route.pm_passenger_ids)
    }
    return frozenset(i for i, rider in enumerate(found.index.riders) if rider.passenger.passenger_id in ids)


class _Routes:
    """The routes of a plan by index, from which riders can be taken off."""

    def __init__(self, found: Found) -> None:
        self.instance, self.index = found.instance, found.index
        solution = found.result.solution
        self.orders = list(solution.orders)
        self.hubs = solution.hubs
        self.supply = found.result.assignment.supply
        self.costs = list(solution.cost)
        self.costs = [self._cost(r, frozenset()) for r in range(len(self.orders))]

    def companies(self, riders: Mapping[str, frozenset[int]]) -> list[tuple[str, ...]]:
        """Lots that share a route, for each route that several share."""
        lot_of = {i: lot_id for lot_id, own in riders.items() for i in own}
        found = (sorted({lot_of[i] for leg in order for i in leg if i in lot_of}) for order in self.orders)
        return [tuple(lots) for lots in found if len(lots) > 1]

    def saving_pence(self, off: frozenset[int]) -> int:
        """What the routes cost less without these riders, a week."""
        touched = [r for r, order in enumerate(self.orders) if not off.isdisjoint(order[0] + order[1])]
        return half_up(max(0, sum(self.costs[r] - self._cost(r, off) for r in touched)), 2)

    def remove(self, off: frozenset[int]) -> None:
        """Take riders off."""
        for r, order in enumerate(self.orders):
            if not off.isdisjoint(order[0] + order[1]):
                self.costs[r] = self._cost(r, off)
                self.orders[r] = _without(order, off)

    def _cost(self, r: int, off: frozenset[int]) -> int:
        """Cheapest of the route's own supply and those without a limit, pence a fortnight."""
        orders = _without(self.orders[r], off)
        if not any(orders):
            return 0
        hub_of = self.index.hub_idx_by_rider
        am, pm = (
            [h for h in hubs if any(hub_of[i] == h for i in leg)]
            for hubs, leg in zip(self.hubs[r], orders, strict=True)
        )
        cost = _least_cost(self.instance, self.supply[r], orders, (am, pm))
        return self.costs[r] if cost is None else cost


def _without(order: tuple[list[int], list[int]], off: frozenset[int]) -> tuple[list[int], list[int]]:
    am, pm = ([i for i in leg if i not in off] for leg in order)
    return am, pm


def _least_cost(
    instance: Instance, own: int, orders: tuple[list[int], list[int]], hubs: tuple[list[int], list[int]]
) -> int | None:
    """None where no such supply can drive the route."""
    order, n = as_arrays(orders, max(MAX_HUBS, *map(len, orders)) + 1)
    hub, n_hubs = as_arrays(hubs, MAX_HUBS)
    counts, data = np.concatenate([n, n_hubs]), instance.data()
    free = (instance.supplies[:, S_KIND] == BOUGHT) & (instance.supplies[:, S_LIMIT] >= NO_LIMIT)
    costs = [int(whole_cost(data, k, order, hub, counts)) for k in {own, *np.flatnonzero(free).tolist()}]
    return min((cost for cost in costs if cost >= 0), default=None)


def _choices(
    rounds: Rounds, prices: Mapping[str, int], elsewhere: Mapping[str, int], held: frozenset[str]
) -> tuple[LotChoice, ...]:
    """Every lot of today's that has a contract, in the order of today's routes."""
    scenario = rounds.scenario
    kept = {
        route.lot_id: route.kept for route in scenario.current_routes if route.lot_id in scenario.contract_by_lot_id
    }
    choices = []
    for lot_id, is_kept in kept.items():
        contract = scenario.contract_by_lot_id[lot_id or ""]
        decision = LotDecision.RELEASED
        if is_kept or lot_id in held:
            decision = LotDecision.EXTENDED if contract.is_over(scenario.starts_on) else LotDecision.KEPT
        price = prices.get(lot_id or "")
        if price is None and contract.can_hold(scenario.starts_on):
            price = _holding_pence(rounds, contract.lot_id)
        choices.append(
            LotChoice(
                lot_id=contract.lot_id, decision=decision, price_pence=price,
                elsewhere_pence=elsewhere.get(contract.lot_id),
            )
        )  # fmt: skip
    return tuple(choices)
