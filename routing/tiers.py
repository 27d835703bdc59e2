"""What a fleet vehicle is worth where and when a run leaves it or takes it: prices for tiering.

The assignment of fixed routes (`routing.assign`) as a linear program says what covering each route costs at the margin,
and what one more vehicle of a supply would save. From these two tables follow, for the morning: what a vehicle that
becomes free at a hub at some time could save by driving an existing route next, and what a vehicle that is wanted at a
place at some time could have saved by driving one before. A search adds one look-up to the cost of a route that ends,
or starts, there. The tables are a guide and no price of the plan: the exact assignment judges.

What the tables cannot know of the other route, they take from the one at hand: its afternoon is driven in the mirror
order with the same dead miles, and it keeps its driver as long.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.assign import program_of
from routing.evaluate import (
    F_END,
    F_FIRST,
    F_LAST,
    F_LEG,
    F_METRES,
    F_PAS,
    F_PRESENT,
    F_SLACK,
    F_START,
    FAR,
    half_up,
)
from routing.fleet_sets import find_sets
from routing.instance import (
    FLEET,
    H_ROW,
    R_TURNROUND,
    S_AM_END,
    S_AM_START,
    S_DRIVER_MIN,
    S_DRIVER_RATE,
    S_KIND,
    S_LIMIT,
    S_MAX_RUNS,
    S_MILE_RATE,
    S_PA_HOUR,
    S_PA_MIN,
    S_PROFILE,
    S_ROW,
    Instance,
    Solution,
)

SLOT_S = 300
NEAR_S = (300, 600, 900)
"""Seconds of extra slack by which a pair of routes may miss one another and still be told as near."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TierPrices:
    """Prices in pence a fortnight; K supplies, H hubs, n rows of the matrices, T slots, R routes.

    Attributes
    ----------
    first_s : clock at which slot 0 begins; slot t begins at first_s + t × slot_s.
    slot_s : length of a slot.
    after : int64 (K, H, T), saving of a vehicle of supply k that is free at hub h when slot t begins, by driving one
        more route; 0 or more, 0 for bought supplies, never rising with t. For a clock inside a slot read the next slot.
    before : int64 (K, n, T), the same of a vehicle that must be at row i when slot t begins, having driven one more
        route; never falling with t. For a clock inside a slot read that slot.
    route : int64 (R,), what covering each route costs at the margin. vehicle : int64 (K,), saving of one more vehicle
        of a supply, its own cost paid; 0 where there are more than are used.
    near_pairs : int64 (m, 5), rows (supply, route, route, extra slack in seconds that would do, saving) of the pairs
        that one vehicle cannot drive as they stand, those that save most first.
    """

    first_s: int
    slot_s: int
    after: NDArray[np.int64]
    before: NDArray[np.int64]
    route: NDArray[np.int64]
    vehicle: NDArray[np.int64]
    near_pairs: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def free_at_hub(self, k: int, hub: int, clock_s: int) -> int:
        """Saving of a vehicle of supply k that is free at a hub at this clock."""
        slot = max(0, -(-(clock_s - self.first_s) // self.slot_s))
        return int(self.after[k, hub, slot]) if slot < self.after.shape[2] else 0

    def wanted_at(self, k: int, row: int, clock_s: int) -> int:
        """Saving of a vehicle of supply k that must be at a row at this clock."""
        slot = (clock_s - self.first_s) // self.slot_s
        return int(self.before[k, row, min(slot, self.before.shape[2] - 1)]) if slot >= 0 else 0


def tier_prices(instance: Instance, solution: Solution, *, slot_s: int = SLOT_S) -> TierPrices:
    """Prices at the routes of a solution.

    Parameters
    ----------
    instance, solution
        The problem, and routes that keep every rule; their supplies do not matter.
    slot_s
        Length of a slot of the tables.
    """
    fleet = np.flatnonzero((instance.supplies[:, S_KIND] == FLEET) & (instance.supplies[:, S_LIMIT] > 0))
    first_s = int(instance.supplies[fleet, S_AM_START].min(initial=0)) if len(fleet) else 0
    last_s = int(instance.supplies[fleet, S_AM_END].max(initial=0))
    n_slots = max(1, -(-(last_s - first_s) // slot_s) + 1)
    n_rows, n_supplies = instance.seconds.shape[-1], len(instance.supplies)
    after = np.zeros((n_supplies, len(instance.hubs), n_slots), np.int64)
    before = np.zeros((n_supplies, n_rows, n_slots), np.int64)
    if not solution.orders:
        nothing = np.zeros(0, np.int64)
        return TierPrices(
            first_s=first_s, slot_s=slot_s, after=after, before=before, route=nothing,
            vehicle=np.zeros(n_supplies, np.int64), near_pairs=np.zeros((0, 5), np.int64),
        )  # fmt: skip
    figures, columns, (matrix, lower, upper, row_of) = program_of(instance, solution)
    route, vehicle = _duals(columns, matrix, lower, upper, row_of, n_supplies)
    can_drive = {(k, routes[0]) for k, routes, _, _ in columns if k >= 0 and len(routes) == 1}
    for k in fleet:
        if instance.supplies[k, S_MAX_RUNS] < 2:
            continue
        for r in (r for r in range(len(route)) if (int(k), r) in can_drive):
            f = figures[instance.supplies[k, S_PROFILE], r]
            _raise_after(instance, int(k), f, int(route[r]), first_s, slot_s, after[k])
            _raise_before(instance, int(k), f, int(route[r]), first_s, slot_s, before[k])
    return TierPrices(
        first_s=first_s,
        slot_s=slot_s,
        after=np.maximum.accumulate(after[..., ::-1], axis=2)[..., ::-1].copy(),
        before=np.maximum.accumulate(before, axis=2),
        route=route,
        vehicle=vehicle,
        near_pairs=_near_pairs(instance, figures, can_drive, route, vehicle, fleet),
    )


def _duals(
    columns: list[tuple[int, tuple[int, ...], int, Any]],
    matrix: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    row_of: dict[tuple[str, int], int],
    n_supplies: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Marginal cost of each route, and what one more vehicle of each supply saves, of the relaxed assignment."""
    from scipy.optimize import linprog

    equal = lower == upper
    result = linprog(
        np.array([cost for _, _, cost, _ in columns], float),
        A_eq=matrix[equal], b_eq=upper[equal],
        A_ub=matrix[~equal] if (~equal).any() else None, b_ub=upper[~equal] if (~equal).any() else None,
        bounds=(0, None), method="highs",
    )  # fmt: skip
    if result.x is None:
        raise RuntimeError(f"prices of {int(equal.sum())} routes: {result.message}")
    n_routes = int(equal.sum())
    vehicle = np.zeros(n_supplies, np.int64)
    for (kind, which), row in row_of.items():
        if kind == "supply":
            vehicle[which] = round(-result.ineqlin.marginals[row - n_routes])
    return np.round(result.eqlin.marginals).astype(np.int64), vehicle


def _raise_after(
    instance: Instance, k: int, f: NDArray[np.int64], worth: int, first_s: int, slot_s: int, table: NDArray[np.int64]
) -> None:
    """Enter a route as the next one of a vehicle that is free at any hub. f (2, G, N_FIGURES), table (H, T)."""
    s = instance.supplies[k]
    seconds, metres = instance.seconds[s[S_PROFILE], 0], instance.metres[s[S_PROFILE], 0]
    rows, depot, turnround = instance.hubs[:, H_ROW], s[S_ROW], instance.rules[R_TURNROUND]
    latest_s, cost = np.full(len(rows), FAR), np.zeros(len(rows), np.int64)
    for g, weight in _days(instance, f):
        first, last = f[0, g, F_FIRST], f[0, g, F_LAST]
        out_s = seconds[rows, first].astype(np.int64)
        latest_s = np.minimum(latest_s, np.where(out_s < FAR, f[0, g, F_START] - turnround - out_s, -1))
        dead_m = metres[rows, first].astype(np.int64) + metres[last, depot] - metres[rows, depot]
        dead_s = out_s + seconds[last, depot] - seconds[rows, depot]
        cost += weight * _more_pence(s, f[:, g], dead_m, dead_s)
    slot = np.minimum((latest_s - first_s) // slot_s, table.shape[1] - 1)
    _enter(table, slot, worth - cost)


def _raise_before(
    instance: Instance, k: int, f: NDArray[np.int64], worth: int, first_s: int, slot_s: int, table: NDArray[np.int64]
) -> None:
    """Enter a route as the one before of a vehicle that is wanted at any row. f (2, G, N_FIGURES), table (n, T)."""
    s = instance.supplies[k]
    seconds, metres = instance.seconds[s[S_PROFILE], 0], instance.metres[s[S_PROFILE], 0]
    depot, turnround = s[S_ROW], instance.rules[R_TURNROUND]
    earliest_s, cost = np.full(len(table), 0), np.zeros(len(table), np.int64)
    for g, weight in _days(instance, f):
        first, last = f[0, g, F_FIRST], f[0, g, F_LAST]
        on_s = seconds[last].astype(np.int64)
        start_s = max(f[0, g, F_START] - f[0, g, F_SLACK], s[S_AM_START] + seconds[depot, first])
        end_s = f[0, g, F_END] - f[0, g, F_START] + start_s
        earliest_s = np.maximum(earliest_s, np.where(on_s < FAR, end_s + turnround + on_s, FAR))
        dead_m = metres[depot, first].astype(np.int64) + metres[last] - metres[depot]
        dead_s = seconds[depot, first] + on_s - seconds[depot]
        cost += weight * _more_pence(s, f[:, g], dead_m, dead_s)
    slot = np.where(earliest_s < FAR, -(-(earliest_s - first_s) // slot_s), FAR)
    _enter(table, np.where(slot < table.shape[1], np.maximum(slot, 0), -1), worth - cost)


def _days(instance: Instance, f: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Day groups on which the route runs in the morning, with their days."""
    weights = instance.group_weight
    return [(g, int(weights[g])) for g in range(len(weights)) if weights[g] > 0 and f[0, g, F_PRESENT] > 0]


def _more_pence(
    s: NDArray[np.int64], f: NDArray[np.int64], dead_m: NDArray[np.int64], dead_s: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Pence a day that a vehicle in use costs more for one more route; f (2, N_FIGURES). Its fixed cost is paid."""
    runs = f[f[:, F_PRESENT] > 0]
    driven_m = np.maximum(0, runs[:, F_METRES].sum() + len(runs) * dead_m)
    more_s = np.maximum(0, runs[:, F_LEG].sum() + len(runs) * dead_s)
    paid_s = np.maximum(s[S_DRIVER_MIN], 2 * more_s) - np.maximum(s[S_DRIVER_MIN], more_s)
    pas, on_board_s = int(runs[:, F_PAS].max()), int(runs[runs[:, F_PAS] > 0][:, F_LEG].sum())
    pence = (s[S_MILE_RATE] * driven_m * 1000 + 804_672) // 1_609_344 + (s[S_DRIVER_RATE] * paid_s + 1_800) // 3_600
    if pas:
        pence = pence + half_up(pas * int(s[S_PA_HOUR]) * max(int(s[S_PA_MIN]), on_board_s), 3600)
    return np.asarray(pence, np.int64)


def _enter(table: NDArray[np.int64], slot: NDArray[np.int64], saving: NDArray[np.int64]) -> None:
    """Keep the best saving of each row at its slot; slots below 0 cannot be reached."""
    rows = np.flatnonzero((slot >= 0) & (saving > 0))
    table[rows, slot[rows]] = np.maximum(table[rows, slot[rows]], saving[rows])


def _near_pairs(
    instance: Instance,
    figures: NDArray[np.int64],
    can_drive: set[tuple[int, int]],
    route: NDArray[np.int64],
    vehicle: NDArray[np.int64],
    fleet: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Pairs that a little more slack would make possible, with what they would save at these prices."""
    found: list[tuple[int, int, int, int, int]] = []
    for k in (int(k) for k in fleet):
        usable = np.array([r for r in range(len(route)) if (k, r) in can_drive], np.int64)
        worth = route - int(vehicle[k]) // 2  # so that a pair pays for its vehicle once
        known: set[tuple[int, int]] = set()
        for extra_s in (0, *NEAR_S):
            eased = figures[instance.supplies[k, S_PROFILE]].copy()
            eased[..., F_SLACK] += extra_s
            for a, b, _, pence in find_sets(
                instance.data(), k, np.full((1, 1), -1, np.int64), usable, eased, worth
            ).tolist():
                if extra_s and (a, b) not in known:
                    found.append((k, a, b, extra_s, int(worth[a] + worth[b] - pence)))
                known.add((a, b))
    found.sort(key=lambda row: (-row[4], row))
    return np.array(found, np.int64).reshape(-1, 5)
