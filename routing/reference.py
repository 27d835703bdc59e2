"""A plan that families know already, as columns of the riders' table."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.instance import (
    N_RIDER_COLUMNS,
    P_DISTURBED,
    P_WAS_ALL,
    P_WAS_OPERATOR,
    P_WAS_ROUTE,
    P_WAS_SUPPLY,
    R_DISTURBED,
    UNKNOWN_SUPPLY,
    Instance,
)
from transport.calendar import LEGS
from transport.plan import Plan, Route, RouteKind
from transport.scenario import Scenario
from transport.stability import seatings_of

if TYPE_CHECKING:
    from routing.encode import Index


def with_reference(riders: NDArray[np.int64], scenario: Scenario, index: Index, reference: Plan) -> NDArray[np.int64]:
    """The riders' table with what they know: route, vehicle, operator, price, and times by day group."""
    n_groups = len(index.groups)
    wide = np.concatenate([riders, np.full((len(riders), 4 * n_groups), -1, np.int64)], axis=1)
    seatings, numbers = seatings_of(reference), _route_numbers(scenario, reference)
    for i, rider in enumerate(index.riders):
        p = rider.passenger
        known = {
            (leg, day): seating
            for (leg, day), seating in seatings.get(p.passenger_id, {}).items()
            if leg in rider.legs and scenario.travels(p, leg, day)
        }
        routes = {seating.route.route_id: seating.route for seating in known.values()}
        wide[i, [P_WAS_ROUTE, P_WAS_SUPPLY, P_WAS_OPERATOR]] = _was(scenario, index, list(routes.values()), numbers)
        for g, days in enumerate(index.groups):
            for k, leg in enumerate(LEGS):
                times = [known[leg, day].at_s for day in days if (leg, day) in known]
                if times:
                    first = N_RIDER_COLUMNS + 4 * g + 2 * k
                    wide[i, first : first + 2] = min(times), max(times)
    _fill_prices(wide, index, scenario.policy.disturbed_pence_per_week)
    return wide


def with_price(instance: Instance, index: Index, pence_per_week: int) -> Instance:
    """The same problem at another price of a disturbed family."""
    riders, rules = instance.riders.copy(), instance.rules.copy()
    _fill_prices(riders, index, pence_per_week)
    rules[R_DISTURBED] = pence_per_week > 0
    return replace(instance, riders=riders, rules=rules)


def _fill_prices(riders: NDArray[np.int64], index: Index, pence_per_week: int) -> None:
    """P_DISTURBED and P_WAS_ALL, a fortnight; where a passenger's two legs are planned apart, each bears a part."""
    persons = sorted(set(index.person_idx_by_rider))
    n_parts = Counter(index.riders[i].passenger.passenger_id for i in persons)
    prices = [2 * pence_per_week // n_parts[rider.passenger.passenger_id] for rider in index.riders]
    riders[:, P_DISTURBED] = prices
    together: Counter[int] = Counter()
    for i in persons:
        together[int(riders[i, P_WAS_ROUTE])] += prices[i]
    riders[:, P_WAS_ALL] = [together[was] for was in riders[:, P_WAS_ROUTE].tolist()]


def _route_numbers(scenario: Scenario, reference: Plan) -> dict[str, int]:
    """Routes by number as pins count them, those that are only in the reference after them; -1 for kept ones."""
    ids = dict.fromkeys((*(r.route_id for r in scenario.current_routes), *(r.route_id for r in reference.routes)))
    kept = {route.route_id for route in scenario.current_routes if route.kept}
    return {route_id: -1 if route_id in kept else k for k, route_id in enumerate(ids, start=1)}


def _was(scenario: Scenario, index: Index, routes: list[Route], numbers: dict[str, int]) -> tuple[int, int, int]:
    """P_WAS_ROUTE, P_WAS_SUPPLY and P_WAS_OPERATOR of somebody who rode on these routes."""
    if not routes:
        return 0, UNKNOWN_SUPPLY, 0
    (route, *others) = routes
    if others:
        return -1, UNKNOWN_SUPPLY, 0  # One route cannot continue two.
    if route.kind is RouteKind.FLEET:
        supplies = (k for k, supply in enumerate(index.supplies) if route.vehicle_id in supply.vehicle_ids)
        return numbers[route.route_id], next(supplies, UNKNOWN_SUPPLY), 0
    class_ids = [c.class_id for c in scenario.vehicle_classes]
    operator_ids = [o.operator_id for o in scenario.operators]
    operator = 0
    if route.operator_id is not None:
        operator = 1 + operator_ids.index(route.operator_id) if route.operator_id in operator_ids else UNKNOWN_SUPPLY
    supply = -1 - class_ids.index(route.class_id) if route.class_id in class_ids else UNKNOWN_SUPPLY
    return numbers[route.route_id], supply, operator
