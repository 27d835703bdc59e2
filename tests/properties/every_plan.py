"""The best plan of a tiny scenario by trying all of them: every company, order, order of gates, place and supply.

Routes are priced by the kernel, which the checker and the cost agree with (`test_kernel`); the best plan is then judged
by the checker and priced by the domain. Each fleet vehicle drives one route.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, permutations, product
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from routing.encode import Index, encode
from routing.evaluate import (
    INFEASIBLE,
    N_FIGURES,
    N_SCRATCH,
    day_weights,
    figures_on_profile,
    route_tags,
    soft_pence,
    supply_pence,
)
from routing.instance import (
    BOUGHT,
    MAX_HUBS,
    NO_LIMIT,
    P_UNSERVED,
    P_VARIANTS,
    S_CLASS,
    S_KIND,
    S_LIMIT,
    S_PROFILE,
    Instance,
)
from tests.properties.test_kernel import as_route
from transport.calendar import LEGS
from transport.check import check_plan
from transport.cost import objective_of
from transport.lots import Lot, LotState
from transport.plan import Plan, Route, RouteKind, Unserved
from transport.scenario import Scenario
from transport.travel import TravelMatrix

Legs = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The cheapest route of a company on one supply."""

    pence: int
    supply: int
    orders: Legs
    hubs: Legs


def best_plan(scenario: Scenario, travel: TravelMatrix) -> Plan | None:
    """The plan of least objective among all; None where a rule on the whole plan forbids the one found.

    Limits on PAs are not looked at while choosing: a plan that breaks one is not handed over.
    """
    instance, index = encode(scenario, travel)
    persons = instance.persons.tolist()
    ways = {
        frozenset(company): _ways(instance, index, company)
        for size in range(1, len(persons) + 1)
        for company in combinations(persons, size)
        if _groups_are_whole(scenario, index, company)
    }
    chosen = _cheapest(instance, persons, ways)
    plan = _plan(scenario, travel, index, persons, chosen)
    return None if any(v.hard for v in check_plan(plan, scenario, travel)) else plan


def _groups_are_whole(scenario: Scenario, index: Index, company: Sequence[int]) -> bool:
    ids = {index.riders[i].passenger.passenger_id for i in company}
    planned = {rider.passenger.passenger_id for rider in index.riders}
    groups = (planned & set(group.passenger_ids) for group in scenario.keep_together)
    return all(not group & ids or group <= ids for group in groups)


def _ways(instance: Instance, index: Index, company: Sequence[int]) -> list[Way]:
    """The cheapest way of each supply that can carry them."""
    longest = max(MAX_HUBS, len(company)) + 1
    per_leg = [list(_orders(instance, index, company, leg)) for leg in range(2)]
    orders = [_as_rows([order for order, _ in of_leg], longest) for of_leg in per_leg]
    gates = [_as_rows([gates for _, gates in of_leg], MAX_HUBS) for of_leg in per_leg]
    counts = np.array([len(of_leg[0][k]) for k in range(2) for of_leg in per_leg], np.int64)
    pence, which = _least_of_each(instance.data(), orders[0], orders[1], gates[0], gates[1], counts)
    ways = []
    for k in np.flatnonzero(pence != INFEASIBLE).tolist():
        (am, am_gates), (pm, pm_gates) = (of_leg[row] for of_leg, row in zip(per_leg, which[k], strict=True))
        ways.append(Way(pence=int(pence[k]), supply=k, orders=(am, pm), hubs=(am_gates, pm_gates)))
    return sorted(ways, key=lambda way: way.pence)


def _as_rows(lists: Sequence[list[int]], width: int) -> NDArray[np.int32]:
    """Lists of one length as a padded (n, width) array."""
    rows = np.full((len(lists), width), -1, np.int32)
    rows[:, : len(lists[0])] = lists
    return rows


@numba.njit
def _least_of_each(d: Any, am: Any, pm: Any, am_gates: Any, pm_gates: Any, counts: Any) -> tuple[Any, Any]:
    """Least pence a fortnight on each supply, (K,), over all pairs of a row of `am` and one of `pm`; which, (K, 2)."""
    best = np.full(len(d.supplies), INFEASIBLE, np.int64)
    which = np.zeros((len(d.supplies), 2), np.int64)
    order = np.empty((2, am.shape[1]), np.int32)
    hubs = np.empty((2, am_gates.shape[1]), np.int32)
    weights = np.zeros(len(d.group_weight), np.int64)
    scratch = np.empty((N_SCRATCH, max(counts.max(), MAX_HUBS) + 1), np.int64)
    figures = np.zeros((2, len(weights), N_FIGURES), np.int64)
    for i in range(len(am)):
        order[0], hubs[0] = am[i], am_gates[i]
        for j in range(len(pm)):
            order[1], hubs[1] = pm[j], pm_gates[j]
            day_weights(d.riders, d.same_as, d.group_weight, order, counts[0], counts[1], weights)
            tags = route_tags(d.riders, order, counts[0], counts[1])
            for profile in range(len(d.seconds)):
                if not figures_on_profile(d, profile, order, hubs, counts, weights, scratch, figures):
                    continue
                soft = soft_pence(weights, figures)
                for k in range(len(best)):
                    if d.supplies[k, S_PROFILE] == profile:
                        pence = supply_pence(
                            d.seconds, d.metres, d.supplies[k], d.fits, d.rules, tags, weights, figures
                        )
                        if pence != INFEASIBLE and (best[k] == INFEASIBLE or pence + soft < best[k]):
                            best[k], which[k, 0], which[k, 1] = pence + soft, i, j
    return best, which


def _orders(
    instance: Instance, index: Index, company: Sequence[int], leg: int
) -> Iterator[tuple[list[int], list[int]]]:
    """Every order of rows and of gates on a leg; one empty one where nobody travels."""
    travelling = [i for i in company if LEGS[leg] in index.riders[i].legs]
    gates = dict.fromkeys(index.hub_idx_by_rider[i] for i in travelling)
    choices = [range(i, i + int(instance.riders[i, P_VARIANTS])) for i in travelling]
    for rows in product(*choices):
        for order in permutations(rows):
            for gate_order in permutations(gates):
                yield list(order), list(gate_order)


def _cheapest(instance: Instance, persons: Sequence[int], ways: Mapping[frozenset[int], list[Way]]) -> list[Way]:
    """The cheapest routes for everybody within the limits on supplies and classes; nobody's route: left unserved."""
    supplies = instance.supplies
    limits = [int(supplies[k, S_LIMIT]) for k in range(len(supplies))]
    of_class = instance.class_limit[supplies[:, S_CLASS]].tolist()
    is_counted = [min(both) < NO_LIMIT for both in zip(limits, of_class, strict=True)]

    @cache
    def best(left: frozenset[int], used: tuple[int, ...]) -> tuple[int, tuple[Way, ...]]:
        if not left:
            return 0, ()
        first, found = min(left), []
        pence, rest = best(left - {first}, used)
        found.append((pence + int(instance.riders[first, P_UNSERVED]), rest))
        for company, own in ways.items():
            if first in company and company <= left:
                for way in own:
                    now = tuple(n + (k == way.supply and is_counted[k]) for k, n in enumerate(used))
                    if _within(instance, limits, now):
                        pence, rest = best(left - company, now)
                        found.append((pence + way.pence, (way, *rest)))
        return min(found, key=lambda item: item[0])

    return list(best(frozenset(persons), (0,) * len(limits))[1])


def _within(instance: Instance, limits: Sequence[int], used: Sequence[int]) -> bool:
    if any(n > limit for n, limit in zip(used, limits, strict=True)):
        return False
    bought = [k for k in range(len(used)) if instance.supplies[k, S_KIND] == BOUGHT]
    for c, limit in enumerate(instance.class_limit.tolist()):
        if limit < NO_LIMIT and sum(used[k] for k in bought if instance.supplies[k, S_CLASS] == c) > limit:
            return False
    return True


def _plan(
    scenario: Scenario, travel: TravelMatrix, index: Index, persons: Sequence[int], chosen: Sequence[Way]
) -> Plan:
    routes: list[Route] = []
    lots: list[Lot] = []
    n_used: dict[int, int] = {}
    for number, way in enumerate(chosen):
        supply = index.supplies[way.supply]
        vehicle_ids = supply.vehicle_ids[n_used.get(way.supply, 0) :]
        n_used[way.supply] = n_used.get(way.supply, 0) + 1
        is_fleet = supply.kind is RouteKind.FLEET
        route = as_route(scenario, travel, index, supply, way.orders, way.hubs)
        routes.append(
            replace(
                route, route_id=f"R{number}", vehicle_id=vehicle_ids[0] if is_fleet else None,
                lot_id=None if is_fleet else f"L{number}",
            )
        )  # fmt: skip
        if not is_fleet:
            state = LotState.CARD if supply.operator_id else LotState.TENDER
            lots.append(
                Lot(
                    lot_id=f"L{number}", state=state, class_id=supply.class_id, route_ids=(f"R{number}",),
                    operator_id=supply.operator_id,
                )
            )  # fmt: skip
    carried = {i for way in chosen for leg in way.orders for i in leg}
    carried_ids = {index.riders[i].passenger.passenger_id for i in carried}
    return Plan(
        plan_id="best",
        routes=tuple(routes),
        lots=tuple(lots),
        unserved=tuple(
            Unserved(passenger_id=p.passenger_id, cause="", sentence="")
            for p in scenario.planned_passengers()
            if p.passenger_id not in carried_ids
        ),
        not_planned=scenario.not_planned(),
    )


def least_objective(scenario: Scenario, travel: TravelMatrix) -> int | None:
    """Objective, pence a week, of the best plan; None where `best_plan` has none."""
    plan = best_plan(scenario, travel)
    return None if plan is None else objective_of(plan, scenario, travel).total
