"""Which supply drives each route, exactly, for fixed routes: fleet vehicles may take several (tiering).

A mixed-integer program over columns (route, bought supply) and (set of one to three routes, group of like fleet
vehicles, team of council PAs where the council lists them). It is the last step of a search; HiGHS proves it or returns
its best within a node limit, so that a run repeats. A PA goes with one vehicle on all its days and both legs, and all
runs of a vehicle have its one team: a heuristic, as is the choice of teams that are offered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.disturbance import disturbed_pence, mark_moved
from routing.evaluate import (
    F_PAS,
    INFEASIBLE,
    N_FIGURES,
    N_SCRATCH,
    figures_on_profile,
    soft_pence,
    supply_pence,
)
from routing.fleet_sets import find_sets, teams_pence
from routing.instance import (
    A_COUNT,
    BOUGHT,
    FLEET,
    MAX_HUBS,
    NO_LIMIT,
    P_HUB,
    P_REF_AM,
    P_TAGS,
    P_UNSERVED,
    R_DISTURBED,
    S_CLASS,
    S_KIND,
    S_LIMIT,
    S_OPERATOR,
    S_PA_HOME,
    S_PROFILE,
    Instance,
    Solution,
)
from routing.numba_cache import njit
from routing.teams import (
    Asked,
    Team,
    best_teams,
    training_asked,
)

MAX_SETS = 20_000
"""Sets of two or three routes offered to the program, those that save most first."""
MAX_SETS_WITH_TEAMS = 3_000
"""Sets of two or three routes for which teams of listed PAs are looked for, those that may save most first."""
NODE_LIMIT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who drives what.

    Attributes
    ----------
    supply : per route; -1: nothing can drive it.
    vehicles : (fleet supply, routes in AM order) per fleet vehicle in use.
    cost : pence a fortnight of everything, soft prices included.
    teams : groups of listed PAs per fleet vehicle in use; empty where it needs none or none are listed.
    """

    supply: tuple[int, ...]
    vehicles: tuple[tuple[int, tuple[int, ...]], ...]
    cost: int
    teams: tuple[Team, ...] = ()


def assign(instance: Instance, solution: Solution) -> Assignment:
    """Cheapest supplies and tiers for fixed routes."""
    n_routes = len(solution.orders)
    if n_routes == 0:
        return Assignment(supply=(), vehicles=(), cost=0)
    figures, columns = _priced(instance, solution)
    chosen = _solve(instance, columns, n_routes, figures)
    supply = [-1] * n_routes
    vehicles, teams = [], []
    for k, routes, _, team in chosen:
        for r in routes:
            supply[r] = k
        if k >= 0 and instance.supplies[k, S_KIND] == FLEET:
            vehicles.append((k, routes))
            teams.append(team)
    return Assignment(
        supply=tuple(supply),
        vehicles=tuple(vehicles),
        cost=sum(cost for k, _, cost, _ in chosen if k >= 0),
        teams=tuple(teams),
    )


def relaxed(instance: Instance, solution: Solution) -> tuple[int, NDArray[np.float64]]:
    """The assignment as a linear program: its cost, pence a fortnight, and the worth of one more of each supply, (K,).

    `assign` costs at least that. Both leave out the unserved. A supply without a limit, or with some to spare, is
    worth 0.
    """
    from scipy.optimize import linprog

    n_routes, worth = len(solution.orders), np.zeros(len(instance.supplies))
    figures, columns = _priced(instance, solution)
    matrix, lower, upper, row_of = _rows(instance, columns, n_routes, figures)
    result = linprog(
        np.array([cost for _, _, cost, _ in columns], float),
        A_eq=matrix[:n_routes], b_eq=lower[:n_routes], A_ub=matrix[n_routes:], b_ub=upper[n_routes:],
        bounds=(0, None), method="highs",
    )  # fmt: skip
    if result.x is None:
        raise RuntimeError(f"assignment of {n_routes} routes found no prices: {result.message}")
    for (kind, k), row in row_of.items():
        if kind == "supply":
            worth[k] = max(0.0, -float(result.ineqlin.marginals[row - n_routes]))
    return int(np.ceil(result.fun - 1e-6)), worth


def _priced(instance: Instance, solution: Solution) -> tuple[NDArray[np.int64], list[_Column]]:
    """Figures (P, R, 2, G, N_FIGURES), and every column of the program."""
    figures, ok, tags, soft = all_figures(instance, solution)
    columns = _columns(instance, figures, _single_costs(instance, figures, ok, tags, soft), soft)
    return figures, _with_teams(instance, solution, columns, figures, soft) if len(instance.pa_groups) else columns


def drop_undriven(solution: Solution, assignment: Assignment) -> tuple[Solution, Assignment]:
    """Leave out the routes that nothing drives: council PAs were missing, and no vehicle can be bought for them."""
    kept = [r for r, k in enumerate(assignment.supply) if k >= 0]
    if len(kept) == len(assignment.supply):
        return solution, assignment
    now = {r: i for i, r in enumerate(kept)}
    left = {i for r, k in enumerate(assignment.supply) if k < 0 for leg in solution.orders[r] for i in leg}
    shorter = Solution(
        orders=[solution.orders[r] for r in kept],
        hubs=[solution.hubs[r] for r in kept],
        supply=[solution.supply[r] for r in kept],
        cost=[solution.cost[r] for r in kept],
        unserved=[*solution.unserved, *sorted(left)],
    )
    vehicles = tuple((k, tuple(now[r] for r in routes)) for k, routes in assignment.vehicles)
    supply = tuple(assignment.supply[r] for r in kept)
    return shorter, replace(assignment, supply=supply, vehicles=vehicles)


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
    figures, ok, tags, soft = all_figures(instance, alone)
    single = _single_costs(instance, figures, ok, tags, soft)
    columns = _columns(instance, figures, single, soft)
    if len(instance.pa_groups):
        _with_teams(instance, alone, columns, figures, soft)


_Column = tuple[int, tuple[int, ...], int, Team]
"""(supply, routes, pence a fortnight, groups of listed PAs)."""


def all_figures(
    instance: Instance, solution: Solution
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Figures of every route on every profile and every day group.

    Returns figures (P, R, 2, G, N_FIGURES), ok (P, R), tags (R,), soft prices (R, K): they hang on the supply by its
    profile, and by the families who know it.
    """
    d = instance.data()
    n_routes, n_groups, n_profiles = len(solution.orders), len(instance.group_weight), instance.seconds.shape[0]
    longest = max(MAX_HUBS, max(len(leg) for order in solution.orders for leg in order)) + 1
    figures = np.zeros((n_profiles, n_routes, 2, n_groups, N_FIGURES), np.int64)
    ok = np.zeros((n_profiles, n_routes), np.bool_)
    tags, soft = np.zeros(n_routes, np.int64), np.zeros((n_routes, len(instance.supplies)), np.int64)
    w = np.zeros((N_SCRATCH, longest), np.int64)
    for r, (order, hubs) in enumerate(zip(solution.orders, solution.hubs, strict=True)):
        orders, n = as_arrays(order, longest)
        hub_array, n_hubs = as_arrays(hubs, longest)
        counts = np.concatenate([n, n_hubs])
        for p in range(n_profiles):
            ok[p, r], soft_pence_on_profile = route_figures(
                d, p, orders, hub_array, counts, instance.group_weight, w, figures[p, r]
            )
            if ok[p, r]:
                soft[r] += _soft_by_supply(instance, p, soft_pence_on_profile, orders, counts, w, figures[p, r])
        tags[r] = np.bitwise_or.reduce(instance.riders[[i for leg in order for i in leg], P_TAGS])
    return figures, ok, tags, soft


@njit
def route_figures(
    d: Any, p: int, order: Any, hubs: Any, counts: Any, weights: Any, w: Any, figures: Any
) -> tuple[bool, int]:
    """Whether a route holds on access profile p, with its figures (2, G, N_FIGURES), and its soft prices."""
    return figures_on_profile(d, p, order, hubs, counts, weights, w, figures), soft_pence(weights, figures)


@njit
def route_pence(d: Any, supply: Any, tags: int, figures: Any) -> int:
    """Pence a fortnight of a route on a supply, soft prices apart; -1 where it cannot drive it."""
    return int(supply_pence(d.seconds, d.metres, supply, d.fits, d.rules, tags, d.group_weight, figures))


@njit
def add_disturbed(d: Any, p: int, orders: Any, counts: Any, w: Any, figures: Any, soft: Any) -> None:
    """Add the price of the families that a route disturbs to its soft prices (K,) on the supplies of a profile."""
    mark_moved(d, p, orders, counts, d.group_weight, w, figures)
    for k in range(len(soft)):
        if d.supplies[k, S_PROFILE] == p:
            soft[k] += disturbed_pence(d.riders, d.supplies[k], k, orders, counts, w)


def _soft_by_supply(
    instance: Instance,
    p: int,
    soft_pence_on_profile: int,
    orders: NDArray[np.int32],
    counts: NDArray[np.int64],
    w: NDArray[np.int64],
    figures: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Soft prices of one route on the supplies of an access profile, (K,); 0 on the others."""
    d = instance.data()
    of_profile = instance.supplies[:, S_PROFILE] == p
    soft = np.where(of_profile, soft_pence_on_profile, 0)
    if instance.rules[R_DISTURBED]:
        add_disturbed(d, p, orders, counts, w, figures, soft)
    return np.asarray(soft, np.int64)


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
    """Pence a fortnight of each route on each supply, soft prices included, (R, K); -1 where it cannot drive it.

    Without the way to PAs' homes, which `_with_teams` adds.
    """
    d = instance.data()
    n_routes = len(tags)
    costs = np.full((n_routes, len(instance.supplies)), INFEASIBLE, np.int64)
    homeless = instance.supplies.copy()
    homeless[:, S_PA_HOME] = -1
    for k, supply in enumerate(homeless):
        p = supply[S_PROFILE]
        for r in range(n_routes):
            if ok[p, r]:
                pence = route_pence(d, supply, tags[r], figures[p, r])
                costs[r, k] = pence + soft[r, k] if pence >= 0 else INFEASIBLE
    return costs


def _columns(
    instance: Instance, figures: NDArray[np.int64], single: NDArray[np.int64], soft: NDArray[np.int64]
) -> list[_Column]:
    columns: list[_Column] = [
        (int(k), (int(r),), int(single[r, k]), ()) for r, k in zip(*np.nonzero(single >= 0), strict=True)
    ]
    bought = instance.supplies[:, S_KIND] == BOUGHT
    alone = np.where(single >= 0, single, np.iinfo(np.int64).max)[:, bought].min(axis=1, initial=1 << 50)
    sets: list[tuple[int, _Column]] = []
    for k in np.flatnonzero(instance.supplies[:, S_KIND] == FLEET):
        p = instance.supplies[k, S_PROFILE]
        usable = np.flatnonzero(single[:, k] >= 0).astype(np.int64)
        money_alone = alone - soft[:, k]
        found = _fleet_sets(instance.data(), int(k), usable, figures[p], money_alone)
        sets += [
            (
                int(money_alone[list(routes)].sum()) - pence,
                (int(k), routes, pence + int(soft[list(routes), k].sum()), ()),
            )
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


def _with_teams(
    instance: Instance,
    solution: Solution,
    columns: list[_Column],
    figures: NDArray[np.int64],
    soft: NDArray[np.int64],
) -> list[_Column]:
    """Columns of fleet vehicles that need PAs, once for each of the best teams; routes that may be left without any."""
    d, asked = instance.data(), training_asked(instance, solution)
    alone: list[_Column] = []
    together: list[_Column] = []
    n_sets = 0
    for k, routes, pence, _ in columns:
        needs = figures[instance.supplies[k, S_PROFILE], list(routes), :, :, F_PAS].max()
        if instance.supplies[k, S_KIND] == BOUGHT or needs == 0:
            (alone if len(routes) == 1 else together).append((k, routes, pence, ()))
            continue
        n_sets += len(routes) > 1
        if len(routes) == 1 or n_sets <= MAX_SETS_WITH_TEAMS:
            found = _team_columns(instance, d, k, routes, int(needs), asked, figures, soft)
            (alone if len(routes) == 1 else together).extend(found)
    bought = {routes[0] for k, routes, _, _ in alone if instance.supplies[k, S_KIND] == BOUGHT}
    for r, orders in enumerate(solution.orders):
        if r not in bought:
            riders = sorted({i for leg in orders for i in leg})
            alone.append((-1, (r,), int(instance.riders[riders, P_UNSERVED].sum()), ()))
    return alone + together[:MAX_SETS]


def _team_columns(
    instance: Instance,
    d: Any,
    k: int,
    routes: tuple[int, ...],
    needs: int,
    asked: list[frozenset[Asked]],
    figures: NDArray[np.int64],
    soft: NDArray[np.int64],
) -> list[_Column]:
    """One vehicle and its routes with each of the best teams."""
    p = instance.supplies[k, S_PROFILE]
    members, soft_too = np.array(routes, np.int64), int(soft[list(routes), k].sum())

    def price(teams: NDArray[np.int64]) -> NDArray[np.int64]:
        pence: NDArray[np.int64] = teams_pence(d, k, members, figures[p], teams)
        return pence

    found = best_teams(instance, needs, frozenset().union(*(asked[r] for r in routes)), price)
    return [(k, routes, pence + soft_too, team) for pence, team in found]


_Rows = tuple[Any, NDArray[np.float64], NDArray[np.float64], dict[tuple[str, int], int]]
"""(matrix, lower, upper, row of each limit by its kind and number)."""


def _rows(instance: Instance, columns: list[_Column], n_routes: int, figures: NDArray[np.int64]) -> _Rows:
    """Each route once, then the limits of every supply."""
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

    for c, (k, routes, _, team) in enumerate(columns):
        for r in routes:
            rows.append(r)
            cols.append(c)
            values.append(1.0)
        if k < 0:
            continue
        for a in set(team):
            limit("pa_group", a, int(instance.pa_groups[a, A_COUNT]), c, team.count(a))
        if team:
            limit("council", 0, int(instance.operator_pa_limit[-1]), c, len(team))
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
    return matrix, np.array(lower), np.array(upper), row_of


def _solve(instance: Instance, columns: list[_Column], n_routes: int, figures: NDArray[np.int64]) -> list[_Column]:
    """Cheapest choice of columns that covers every route once within the limits of every supply."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix, lower, upper, _ = _rows(instance, columns, n_routes, figures)
    result = milp(
        np.array([cost for _, _, cost, _ in columns], float),
        constraints=LinearConstraint(matrix, lower, upper),
        integrality=np.ones(len(columns)),
        bounds=Bounds(0, 1),
        options={"node_limit": NODE_LIMIT, "mip_rel_gap": 1e-6},
    )
    if result.x is None:
        raise RuntimeError(f"assignment of {n_routes} routes found no plan: {result.message}")
    return [columns[c] for c in np.flatnonzero(result.x > 0.5)]
