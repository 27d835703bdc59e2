"""Routes into the working plan and out of it again, so that a search can begin where another one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.assign import as_arrays
from routing.instance import MAX_HUBS, P_PERSON, P_UNIT
from routing.search.anneal import begin
from routing.search.state import (
    M_COST,
    M_HUBS_AM,
    M_MATE,
    M_N_AM,
    M_N_PM,
    M_PAS,
    M_SECOND,
    M_SUPPLY,
    N_BEST_HIGH,
    N_HIGH,
    Routes,
    State,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRoute:
    """A route to start from.

    Attributes
    ----------
    order, hubs : riders and hubs by index, AM and PM.
    supply : what drives it; -1: the cheapest that is free.
    mate : a rider of the route that books the fleet vehicle which drives this one too; -1: it has one for itself.
    pas : most PAs on board; pence : its cost a fortnight.
    """

    order: tuple[list[int], list[int]]
    hubs: tuple[list[int], list[int]]
    supply: int = -1
    mate: int = -1
    pas: int = 0
    pence: int = 0

    def riders(self) -> list[int]:
        """Everybody on it, in order of index."""
        return sorted({rider for leg in self.order for rider in leg})


def begin_from(data: Any, state: State, start: Sequence[StartRoute]) -> None:
    """First plan from start routes; who is on a route that breaks a rule, or without their unit, is inserted anew."""
    longest = state.now.order.shape[2]
    in_order = sorted(start, key=lambda route: route.mate >= 0)  # a mate first
    fitting = [
        route for route in in_order if _fits(route, longest) and _units_whole(data, persons_on(data.riders, route))
    ]
    orders = np.full((len(fitting), 2, longest), -1, np.int32)
    hubs = np.full((len(fitting), 2, MAX_HUBS), -1, np.int32)
    counts = np.zeros((len(fitting), 6), np.int64)
    for i, route in enumerate(fitting):
        orders[i], counts[i, :2] = as_arrays(route.order, longest)
        hubs[i], counts[i, 2:4] = as_arrays(route.hubs, MAX_HUBS)
        counts[i, 4:] = route.supply, route.mate
    begin(data, state, orders, hubs, counts)


def _fits(route: StartRoute, longest: int) -> bool:
    return max(map(len, route.order)) < longest and max(map(len, route.hubs)) <= MAX_HUBS


def routes_now(state: State) -> list[StartRoute]:
    """The working plan, in slot order, routes that share another one's vehicle last."""
    return _listed(state.now, int(state.num[N_HIGH]))


def routes_at_best(state: State) -> list[StartRoute]:
    """The best plan, in slot order, routes that share another one's vehicle last."""
    return _listed(state.best, int(state.num[N_BEST_HIGH]))


def _listed(routes: Routes, n_slots: int) -> list[StartRoute]:
    def legs(values: Any, first: int, r: int) -> tuple[list[int], list[int]]:
        n_am, n_pm = routes.meta[r, first : first + 2]
        return values[r, 0, :n_am].tolist(), values[r, 1, :n_pm].tolist()

    def mate_of(r: int) -> int:
        if routes.meta[r, M_SECOND] == 0:
            return -1
        first = routes.meta[r, M_MATE] - 1
        return int(routes.order[first, 0 if routes.meta[first, M_N_AM] else 1, 0])

    slots = [r for r in range(n_slots) if routes.meta[r, M_N_AM] + routes.meta[r, M_N_PM] > 0]
    return [
        StartRoute(
            order=legs(routes.order, M_N_AM, r),
            hubs=legs(routes.hubs, M_HUBS_AM, r),
            supply=int(routes.meta[r, M_SUPPLY]),
            mate=mate_of(r),
            pas=int(routes.meta[r, M_PAS]),
            pence=int(routes.meta[r, M_COST]),
        )
        for r in sorted(slots, key=lambda r: (int(routes.meta[r, M_SECOND]), r))
    ]


def persons_on(riders: NDArray[np.int64], route: StartRoute) -> set[int]:
    """First rows of everybody on a route. riders: table of the instance."""
    return {int(riders[rider, P_PERSON]) for leg in route.order for rider in leg}


def _units_whole(data: Any, persons: set[int]) -> bool:
    return all(
        int(data.unit_riders[m]) in persons
        for person in persons
        for unit in (data.riders[person, P_UNIT],)
        for m in range(data.unit_ptr[unit], data.unit_ptr[unit + 1])
    )
