"""Which route of a new plan continues which route that families know: ids and fleet vehicles are handed out so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from transport.plan import Plan, Route
from transport.scenario import Scenario
from transport.stability import Seatings, may_continue, moves_of, seatings_of

UNDISTURBED = 1000
"""What a passenger counts who keeps vehicle and times, against one who keeps the vehicle only."""


def continued(
    scenario: Scenario,
    drafts: Sequence[Route],
    reference: Plan,
    vehicle_groups: Iterable[Sequence[str]],
    *,
    taken_ids: frozenset[str],
) -> list[Route]:
    """The routes under the ids that they continue, like fleet vehicles exchanged so that most families keep theirs.

    An assignment problem, solved exactly; each old route is continued once at most. A route that continues none keeps
    its draft id.

    Parameters
    ----------
    vehicle_groups : fleet vehicles that are alike. taken_ids : ids of kept routes, which nobody else may continue.
    """
    old = [route for route in reference.routes if route.route_id not in taken_ids]
    worth = _worth(scenario, drafts, old, reference)
    routes = list(drafts)
    members: dict[str | None, list[int]] = defaultdict(list)
    for i, route in enumerate(drafts):
        members[route.vehicle_id].append(i)
    for group in vehicle_groups:
        used = [vehicle_id for vehicle_id in group if vehicle_id in members]
        for vehicle_id, new_id in _exchanged(routes, used, group, members, old, worth).items():
            for i in members[vehicle_id]:
                routes[i] = replace(routes[i], vehicle_id=new_id)
    for i, j in _pairs(routes, range(len(routes)), old, worth):
        routes[i] = replace(routes[i], route_id=old[j].route_id)
    return routes


def _worth(scenario: Scenario, drafts: Sequence[Route], old: Sequence[Route], reference: Plan) -> NDArray[np.int64]:
    """What it is worth that a draft continues an old route if the vehicle is the same, (drafts, old)."""
    column = {route.route_id: j for j, route in enumerate(old)}
    now, before = seatings_of(Plan(plan_id="drafts", routes=tuple(drafts))), seatings_of(reference)
    worth = np.zeros((len(drafts), len(old)), np.int64)
    for i, route in enumerate(drafts):
        for pid in route.passenger_ids:
            j = column.get(_only_route_id(now, before, pid))
            if j is not None:
                moves = moves_of(now[pid], before[pid], scenario.policy.disturbed_tolerance_s)
                worth[i, j] += 1 if moves else UNDISTURBED
    for i, pin in enumerate(pinned_route_id(scenario, route) for route in drafts):
        if pin is not None:
            own = worth[i, column[pin]] if pin in column else 0
            worth[i] = 0
            if pin in column:
                worth[:, column[pin]] = 0
                worth[i, column[pin]] = own
    return worth


def pinned_route_id(scenario: Scenario, route: Route) -> str | None:
    """The route that somebody on it is pinned to."""
    pins = (scenario.passenger_by_id[pid].pinned_route_id for pid in route.passenger_ids)
    return next((pin for pin in pins if pin), None)


def _only_route_id(now: Seatings, before: Seatings, passenger_id: str) -> str:
    """The one route of the reference on the legs and days that are compared; empty where there are several or none."""
    new, old = now.get(passenger_id, {}), before.get(passenger_id, {})
    ids = {old[key].route.route_id for key in new if key in old}
    return ids.pop() if len(ids) == 1 else ""


def _exchanged(
    routes: Sequence[Route],
    used: Sequence[str],
    group: Sequence[str],
    members: dict[str | None, list[int]],
    old: Sequence[Route],
    worth: NDArray[np.int64],
) -> dict[str, str]:
    """For each vehicle in use the like one that should drive its routes instead."""
    from scipy.optimize import linear_sum_assignment

    value = np.zeros((len(used), len(group)), np.int64)
    for a, vehicle_id in enumerate(used):
        for b, new_id in enumerate(group):
            theirs = {i: replace(routes[i], vehicle_id=new_id) for i in members[vehicle_id]}
            value[a, b] = sum(worth[i, j] for i, j in _pairs(theirs, list(theirs), old, worth))
            value[a, b] = 2 * value[a, b] + (vehicle_id == new_id)  # Nothing to gain: as it was.
    rows, columns = linear_sum_assignment(value, maximize=True)
    return {used[a]: group[b] for a, b in zip(rows.tolist(), columns.tolist(), strict=True)}


def _pairs(
    routes: Sequence[Route] | dict[int, Route], which: Sequence[int], old: Sequence[Route], worth: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Routes, and the old routes that they continue: of most worth together, each old one once."""
    from scipy.optimize import linear_sum_assignment

    near = [(i, j) for i in which for j in np.flatnonzero(worth[i]).tolist() if may_continue(routes[i], old[j])]
    if not near:
        return []
    rows, columns = sorted({i for i, _ in near}), sorted({j for _, j in near})
    row_of, column_of = {i: a for a, i in enumerate(rows)}, {j: b for b, j in enumerate(columns)}
    value = np.zeros((len(rows), len(columns)), np.int64)
    for i, j in near:
        value[row_of[i], column_of[j]] = worth[i, j]
    chosen = zip(*linear_sum_assignment(value, maximize=True), strict=True)
    return [(rows[int(a)], columns[int(b)]) for a, b in chosen if value[a, b] > 0]
