"""Which supply drives each route, exactly, for fixed routes: fleet vehicles may take several (tiering).

A mixed-integer program over columns (route, bought supply) and (set of one to three routes, group of like fleet
vehicles). It is the last step of a search; HiGHS proves it or returns its best within a node limit, so that a run
repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.evaluate import (
    F_CHAIRS,
    F_END,
    F_FIRST,
    F_LAST,
    F_METRES,
    F_PAS,
    F_PRESENT,
    F_SEATS,
    F_SLACK,
    F_START,
    FAR,
    INFEASIBLE,
    N_FIGURES,
    N_SCRATCH,
    figures_on_profile,
    fleet_items_pence,
    soft_pence,
    supply_pence,
)
from routing.instance import (
    BOUGHT,
    FLEET,
    MAX_HUBS,
    NO_LIMIT,
    P_HUB,
    P_REF_AM,
    P_TAGS,
    R_LAYOUT_CHANGE,
    R_TURNROUND,
    S_AM_END,
    S_AM_START,
    S_CLASS,
    S_KIND,
    S_LIMIT,
    S_MAX_RUNS,
    S_OPERATOR,
    S_PM_END,
    S_PM_START,
    S_PROFILE,
    S_ROW,
    Instance,
    Solution,
)
from routing.numba_cache import njit

MAX_SETS = 20_000
"""Sets of two or three routes offered to the program, those that save most first."""
NODE_LIMIT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who drives what.

    Attributes
    ----------
    supply : per route. vehicles : (fleet supply, routes in AM order) per fleet vehicle in use.
    cost : pence a fortnight of everything, soft prices included.
    """

    supply: tuple[int, ...]
    vehicles: tuple[tuple[int, tuple[int, ...]], ...]
    cost: int


def assign(instance: Instance, solution: Solution) -> Assignment:
    """Cheapest supplies and tiers for fixed routes."""
    n_routes = len(solution.orders)
    if n_routes == 0:
        return Assignment(supply=(), vehicles=(), cost=0)
    figures, ok, tags, soft = _all_figures(instance, solution)
    single = _single_costs(instance, figures, ok, tags, soft)
    columns = _columns(instance, figures, single, soft)
    chosen = _solve(instance, columns, n_routes, figures)
    supply = [-1] * n_routes
    vehicles = []
    for k, routes, _ in chosen:
        for r in routes:
            supply[r] = k
        if instance.supplies[k, S_KIND] == FLEET:
            vehicles.append((k, routes))
    return Assignment(
        supply=tuple(supply),
        vehicles=tuple(vehicles),
        cost=sum(cost for _, _, cost in chosen),
    )


def compile_assignment(instance: Instance) -> None:
    """Have the kernel of the assignment ready, by way of one rider alone."""
    if instance.n_riders == 0 or len(instance.supplies) == 0:
        return
    order = tuple([0] if instance.riders[0, P_REF_AM + leg] >= 0 else [] for leg in range(2))
    hub = int(instance.riders[0, P_HUB])
    alone = Solution(
        orders=[(order[0], order[1])],
        hubs=[([hub] if order[0] else [], [hub] if order[1] else [])],
        supply=[0],
        cost=[0],
        unserved=[],
    )
    figures, ok, tags, soft = _all_figures(instance, alone)
    single = _single_costs(instance, figures, ok, tags, soft)
    _columns(instance, figures, single, soft)


_Column = tuple[int, tuple[int, ...], int]
"""(supply, routes, pence a fortnight)."""


def _all_figures(
    instance: Instance, solution: Solution
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Figures of every route on every profile and every day group.

    Returns figures (P, R, 2, G, N_FIGURES), ok (P, R), tags (R,), soft prices (P, R): a slower profile's are higher.
    """
    d = instance.data()
    n_routes, n_groups, n_profiles = len(solution.orders), len(instance.group_weight), instance.seconds.shape[0]
    longest = max(MAX_HUBS, max(len(leg) for order in solution.orders for leg in order)) + 1
    figures = np.zeros((n_profiles, n_routes, 2, n_groups, N_FIGURES), np.int64)
    ok = np.zeros((n_profiles, n_routes), np.bool_)
    tags, soft = np.zeros(n_routes, np.int64), np.zeros((n_profiles, n_routes), np.int64)
    w = np.zeros((N_SCRATCH, longest), np.int64)
    for r, (order, hubs) in enumerate(zip(solution.orders, solution.hubs, strict=True)):
        orders, n = as_arrays(order, longest)
        hub_array, n_hubs = as_arrays(hubs, longest)
        counts = np.concatenate([n, n_hubs])
        for p in range(n_profiles):
            ok[p, r], soft[p, r] = route_figures(
                d, p, orders, hub_array, counts, instance.group_weight, w, figures[p, r]
            )
        tags[r] = np.bitwise_or.reduce(instance.riders[[i for leg in order for i in leg], P_TAGS])
    return figures, ok, tags, soft


@njit
def route_figures(
    d: Any, p: int, order: Any, hubs: Any, counts: Any, weights: Any, w: Any, figures: Any
) -> tuple[bool, int]:
    """Whether a route holds on access profile p, with its figures (2, G, N_FIGURES), and its soft prices."""
    return figures_on_profile(d, p, order, hubs, counts, weights, w, figures), soft_pence(weights, figures)


@njit
def route_pence(d: Any, k: int, tags: int, figures: Any) -> int:
    """Pence a fortnight of a route on supply k, soft prices apart; -1 where it cannot drive it."""
    return int(supply_pence(d.seconds, d.metres, d.supplies[k], d.fits, d.rules, tags, d.group_weight, figures))


def as_arrays(lists: tuple[list[int], list[int]], longest: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Two lists as a padded int32 (2, longest) array and their lengths (2,)."""
    values = np.full((2, longest), -1, np.int32)
    for leg, items in enumerate(lists):
        values[leg, : len(items)] = items
    return values, np.array([len(items) for items in lists], np.int64)


def _single_costs(
    instance: Instance,
    figures: NDArray[np.int64],
    ok: NDArray[np.bool_],
    tags: NDArray[np.int64],
    soft: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Pence a fortnight of each route on each supply, soft prices included, (R, K); -1 where it cannot drive it."""
    d = instance.data()
    n_routes = len(tags)
    costs = np.full((n_routes, len(instance.supplies)), INFEASIBLE, np.int64)
    for k, supply in enumerate(instance.supplies):
        p = supply[S_PROFILE]
        for r in range(n_routes):
            if ok[p, r]:
                pence = route_pence(d, k, tags[r], figures[p, r])
                costs[r, k] = pence + soft[p, r] if pence >= 0 else INFEASIBLE
    return costs


def _columns(
    instance: Instance, figures: NDArray[np.int64], single: NDArray[np.int64], soft: NDArray[np.int64]
) -> list[_Column]:
    columns: list[_Column] = [
        (int(k), (int(r),), int(single[r, k])) for r, k in zip(*np.nonzero(single >= 0), strict=True)
    ]
    bought = instance.supplies[:, S_KIND] == BOUGHT
    alone = np.where(single >= 0, single, np.iinfo(np.int64).max)[:, bought].min(axis=1, initial=1 << 50)
    sets: list[tuple[int, _Column]] = []
    for k in np.flatnonzero(instance.supplies[:, S_KIND] == FLEET):
        p = instance.supplies[k, S_PROFILE]
        usable = np.flatnonzero(single[:, k] >= 0).astype(np.int64)
        money_alone = alone - soft[p]
        found = _fleet_sets(instance.data(), int(k), usable, figures[p], money_alone)
        sets += [
            (int(money_alone[list(routes)].sum()) - pence, (int(k), routes, pence + int(soft[p, list(routes)].sum())))
            for routes, pence in ((tuple(int(r) for r in row[:-1] if r >= 0), int(row[-1])) for row in found)
        ]
    sets.sort(key=lambda item: (-item[0], item[1]))
    return columns + [column for _, column in sets[:MAX_SETS]]


def _fleet_sets(
    d: Any, k: int, usable: NDArray[np.int64], figures: NDArray[np.int64], alone: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Pairs and triples of routes that one vehicle of supply k can drive: rows (r, r, r or -1, pence)."""
    pairs = find_sets(d, k, np.full((1, 1), -1, np.int64), usable, figures, alone)
    best = pairs[np.argsort(pairs[:, -1] - alone[pairs[:, 0]] - alone[pairs[:, 1]], kind="stable")][:2000]
    triples = find_sets(d, k, best[:, :2].copy(), usable, figures, alone)
    return np.concatenate([pairs, triples])


@njit
def find_sets(d: Any, k: int, bases: Any, usable: Any, figures: Any, alone: Any) -> Any:
    """Extend each base set by each later route where one vehicle can drive all and the set saves money.

    bases (m, b): b == 1 with -1 stands for every single usable route. Returns rows (r, r, r or -1, pence).
    """
    grow = bases.shape[1] == 1
    found = np.empty((1024, 4), np.int64)
    n_found = 0
    members = np.empty(3, np.int64)
    n_bases = len(usable) if grow else len(bases)
    for b in range(n_bases):
        if grow:
            members[0] = usable[b]
            size = 1
        else:
            members[0], members[1] = bases[b, 0], bases[b, 1]
            size = 2
        for r in usable:
            if r <= members[size - 1]:
                continue
            members[size] = r
            pence = set_pence(d, k, members, size + 1, figures)
            worth = alone[r]
            for m in range(size):
                worth += alone[members[m]]
            if pence < 0 or pence >= worth:
                continue
            if n_found == len(found):
                larger = np.empty((2 * n_found, 4), np.int64)
                larger[:n_found] = found
                found = larger
            found[n_found, 0], found[n_found, 1] = members[0], members[1]
            found[n_found, 2] = members[2] if size == 2 else -1
            found[n_found, 3] = pence
            n_found += 1
    return found[:n_found]


@njit
def chain(d: Any, k: int, leg: int, g: int, members: Any, n: int, figures: Any, order: Any, shift: Any) -> int:
    """Order the runs of a leg by time and move them inside their slack so that one vehicle drives them all.

    Fills order (routes) and shift (seconds earlier on the AM leg, later on the PM leg). Returns how many runs; -1 if it
    cannot be done.
    """
    s = d.supplies[k]
    seconds = d.seconds[s[S_PROFILE], leg]
    count = 0
    for m in range(n):
        if figures[members[m], leg, g, F_PRESENT] == 0:
            continue
        i = count
        while i > 0 and figures[order[i - 1], leg, g, F_START] > figures[members[m], leg, g, F_START]:
            order[i] = order[i - 1]
            i -= 1
        order[i] = members[m]
        count += 1
    if count > s[S_MAX_RUNS]:
        return -1
    # A layout stays as long as one holds every run since the last change. The seconds of a change wait in `shift`, at
    # the run before it (AM) or after it (PM), until that run's own move is known.
    fits = d.fits[s[S_CLASS]]
    seats, chairs = 0, 0
    for i in range(count):
        x = figures[order[i], leg, g]
        seats, chairs = max(seats, x[F_SEATS]), max(chairs, x[F_CHAIRS])
        shift[i] = 0
        if not fits[seats, chairs]:
            shift[i - 1 if leg == 0 else i] = d.rules[R_LAYOUT_CHANGE]
            seats, chairs = x[F_SEATS], x[F_CHAIRS]
    for step in range(count - 1):
        a, b = (count - 2 - step, count - 1 - step) if leg == 0 else (step, step + 1)
        x, y = figures[order[a], leg, g], figures[order[b], leg, g]
        gap = d.rules[R_TURNROUND] + (shift[a] if leg == 0 else shift[b])
        drive = seconds[x[F_LAST], y[F_FIRST]]
        if drive >= FAR:
            return -1
        if leg == 0:
            shift[a] = max(0, x[F_END] + drive + gap - (y[F_START] - shift[b]))
            if shift[a] > x[F_SLACK]:
                return -1
        else:
            shift[b] = max(0, x[F_END] + shift[a] + drive + gap - y[F_START])
            if shift[b] > y[F_SLACK]:
                return -1
    return count


@njit
def set_pence(d: Any, k: int, members: Any, n: int, figures: Any) -> int:
    """Pence a fortnight of one fleet vehicle that drives these routes; -1 where it cannot."""
    s = d.supplies[k]
    order = np.empty(3, np.int64)
    shift = np.empty(3, np.int64)
    total = 0
    for g in range(len(d.group_weight)):
        metres, paid, on_board, pas, runs, home_at = 0, 0, 0, 0, 0, -FAR
        for leg in range(2):
            count = chain(d, k, leg, g, members, n, figures, order, shift)
            if count < 0:
                return INFEASIBLE
            if count == 0:
                continue
            runs += count
            sign = -1 if leg == 0 else 1
            first, last = figures[order[0], leg, g], figures[order[count - 1], leg, g]
            seconds, road = d.seconds[s[S_PROFILE], leg], d.metres[s[S_PROFILE], leg]
            out_s, back_s = seconds[s[S_ROW], first[F_FIRST]], seconds[last[F_LAST], s[S_ROW]]
            if out_s >= FAR or back_s >= FAR:
                return INFEASIBLE
            starts, ends = first[F_START] + sign * shift[0], last[F_END] + sign * shift[count - 1]
            begins, closes = (s[S_AM_START], s[S_AM_END]) if leg == 0 else (s[S_PM_START], s[S_PM_END])
            if starts - out_s < max(begins, home_at) or ends + back_s > closes:
                return INFEASIBLE
            home_at = ends + back_s + d.rules[R_TURNROUND] + d.rules[R_LAYOUT_CHANGE]
            metres += road[s[S_ROW], first[F_FIRST]] + road[last[F_LAST], s[S_ROW]]
            pa_from, pa_to = FAR, 0
            for i in range(count):
                metres += figures[order[i], leg, g, F_METRES]
                pas = max(pas, figures[order[i], leg, g, F_PAS])
                if figures[order[i], leg, g, F_PAS] > 0:
                    pa_from = min(pa_from, figures[order[i], leg, g, F_START] + sign * shift[i])
                    pa_to = max(pa_to, figures[order[i], leg, g, F_END] + sign * shift[i])
                if i > 0:
                    metres += road[figures[order[i - 1], leg, g, F_LAST], figures[order[i], leg, g, F_FIRST]]
            on_board += max(0, pa_to - pa_from)
            paid += ends - starts + out_s + back_s
        if runs == 0:
            continue
        total += fleet_items_pence(s, metres, paid, on_board, pas) * d.group_weight[g]
    return total


def _solve(instance: Instance, columns: list[_Column], n_routes: int, figures: NDArray[np.int64]) -> list[_Column]:
    """Cheapest choice of columns that covers every route once within the limits of every supply."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    supplies = instance.supplies
    rows: list[int] = []
    cols: list[int] = []
    values: list[float] = []
    upper: list[float] = [1.0] * n_routes
    row_of: dict[tuple[str, int], int] = {}

    def limit(kind: str, which: int, at_most: int, column: int, takes: int) -> None:
        if at_most >= NO_LIMIT:
            return
        if (kind, which) not in row_of:
            row_of[kind, which] = len(upper)
            upper.append(float(at_most))
        rows.append(row_of[kind, which])
        cols.append(column)
        values.append(takes)

    for c, (k, routes, _) in enumerate(columns):
        for r in routes:
            rows.append(r)
            cols.append(c)
            values.append(1.0)
        limit("supply", k, int(supplies[k, S_LIMIT]), c, 1)
        if supplies[k, S_KIND] == BOUGHT:
            v = int(supplies[k, S_CLASS])
            limit("class", v, int(instance.class_limit[v]), c, 1)
            o = int(supplies[k, S_OPERATOR])
            if o >= 0:
                pas = figures[supplies[k, S_PROFILE], routes[0], :, :, F_PAS].max()
                limit("operator", o, int(instance.operator_pa_limit[o]), c, int(pas))
    matrix = coo_array((values, (rows, cols)), shape=(len(upper), len(columns))).tocsr()
    lower = [1.0] * n_routes + [-np.inf] * (len(upper) - n_routes)
    result = milp(
        np.array([cost for _, _, cost in columns], float),
        constraints=LinearConstraint(matrix, lower, upper),
        integrality=np.ones(len(columns)),
        bounds=Bounds(0, 1),
        options={"node_limit": NODE_LIMIT, "mip_rel_gap": 1e-6},
    )
    if result.x is None:
        raise RuntimeError(f"assignment of {n_routes} routes found no plan: {result.message}")
    return [columns[c] for c in np.flatnonzero(result.x > 0.5)]
