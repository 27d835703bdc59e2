"""Runs of a known plan as columns: where column generation begins, and a test that the looser problem is looser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import (
    FROM_BASE,
    MAX_GATES,
    NO_EMPTY_MILES,
    Q_GATES,
    Q_OFFSETS,
    Q_SPAN,
    V_AT_GATE,
    V_CAP,
    V_CHAIR,
    V_GATE,
    V_OWN,
    V_PLACE,
    V_ROW,
    V_SERVICE,
    V_SHARED,
    V_TAGS,
    V_TARGET,
)
from routing.bound.hours import INNER, is_too_long, more_at_gates
from routing.bound.master import Columns
from routing.bound.problem import BoundProblem, Leg
from routing.instance import BOUGHT, H_ROW, R_OVER_TARGET, S_CLASS, S_KIND, S_PROFILE, S_TAGS
from routing.start import StartRoute


def columns_of(problem: BoundProblem, routes: Iterable[StartRoute]) -> list[Columns]:
    """The runs of a plan, on days when everybody travels; those that the looser problem does not have are left out.

    Parameters
    ----------
    routes : by index, each with its supply's row in the instance.
    """
    kind_of = _kind_of_supply(problem)
    first_node = [_nodes_of_rider(problem, leg) for leg in range(len(problem.legs))]
    rows = [table.row_by_gates() for table in problem.legs]
    found = []
    for route in routes:
        for leg, table in enumerate(problem.legs):
            nodes = [first_node[leg][i] for i in route.order[table.leg] if i in first_node[leg]]
            hubs = list(route.hubs[table.leg])
            if table.leg == 0:
                nodes.reverse()
            else:
                hubs.reverse()
            key = tuple(hubs + [-1] * (MAX_GATES - len(hubs)))
            if nodes and route.supply in kind_of and key in rows[leg]:
                found += [
                    _column(problem, leg, k, rows[leg][key], nodes)
                    for k, kind in enumerate(problem.kinds)
                    if kind.of == kind_of[route.supply] and may_be_in_time(problem, leg, k, rows[leg][key], nodes)
                ]
    return found


def _kind_of_supply(problem: BoundProblem) -> dict[int, int]:
    """Kind of each supply; a dearer card than one without limit has that one's."""
    supplies = problem.instance.supplies
    found = {s: kind.of for kind in problem.kinds for s in kind.supplies}
    for s in range(len(supplies)):
        alike = (k for k, kind in enumerate(problem.kinds) if supplies[kind.supply, S_CLASS] == supplies[s, S_CLASS])
        if s not in found and supplies[s, S_KIND] == BOUGHT:
            found[s] = next(alike)
    return found


def _nodes_of_rider(problem: BoundProblem, leg: int) -> dict[int, int]:
    """First node of each rider."""
    table, first = problem.legs[leg], {}
    for v in range(len(table.nodes) - 1, -1, -1):
        first[int(table.rider[v])] = v
    return first


def _column(problem: BoundProblem, leg: int, kind: int, sequence: int, nodes: list[int]) -> Columns:
    at = problem.legs[leg].nodes[nodes]
    seconds, more_s, pence = price_of_run(problem, leg, kind, sequence, nodes)
    return Columns(
        leg=leg, kind=kind, pa=int(at[:, V_SHARED].any()), sequence=np.array([sequence]),
        nodes=np.array([nodes], np.int64), pence=np.array([pence]), own=np.array([int(at[:, V_OWN].sum())]),
        seconds=np.array([seconds]), more_s=np.array([more_s]),
    )  # fmt: skip


def may_be_in_time(problem: BoundProblem, leg: int, kind: int, sequence: int, nodes: list[int]) -> bool:
    """Whether an inner run can be over in time; others always can."""
    if not problem.kinds[kind].is_inner:
        return True
    table = problem.legs[leg]
    seconds, _, _ = price_of_run(problem, leg, kind, sequence, nodes)
    return not is_too_long(table.leg, table.sequences[sequence], seconds, INNER, problem.hours[leg].hour)


def price_of_run(
    problem: BoundProblem, leg: int, kind: int, sequence: int, nodes: list[int]
) -> tuple[int, int, float]:  # fmt: skip
    """Seconds on the road by the span, with its turn; more of them at gates; pence for miles and rides over their wish.

    All as the pricing counts them.
    """
    table, k, s = problem.legs[leg], problem.kinds[kind], problem.legs[leg].sequences[sequence]
    profile = int(problem.instance.supplies[k.supply, S_PROFILE])
    out_s, out_m = table.out_s[profile], table.out_m[profile]
    gates = [int(g) for g in s[Q_GATES : Q_GATES + MAX_GATES] if g >= 0]
    offset = {g: int(o) for g, o in zip(gates, s[Q_OFFSETS:], strict=False)}
    rows = [int(problem.instance.hubs[g, H_ROW]) for g in gates]
    metres = sum(int(out_m[b, a]) for a, b in pairwise(rows))
    base_m = k.base_m[table.leg]
    if k.empty == FROM_BASE:
        metres += int(base_m[1, rows[-1]])
    rate, soft, t = float(problem.instance.rules[R_OVER_TARGET]), 0.0, 0
    before: NDArray[np.int64] | None = None
    for v in nodes:
        node = table.nodes[v]
        if before is None:
            t, metres = int(out_s[rows[0], node[V_ROW]]), metres + int(out_m[rows[0], node[V_ROW]])
        elif before[V_PLACE] != node[V_PLACE]:
            t += int(before[V_SERVICE] + out_s[before[V_ROW], node[V_ROW]])
            metres += int(out_m[before[V_ROW], node[V_ROW]])
        over = t + offset[int(node[V_GATE])] - int(node[V_TARGET])
        soft += max(0.0, rate * over / 60.0 - 0.5) if over > 0 else 0.0
        before = node
    assert before is not None
    if k.empty != NO_EMPTY_MILES:
        metres += int(base_m[0, before[V_ROW]] if k.empty == FROM_BASE else out_m[before[V_ROW], rows[-1]])
    turn_s = int(k.turn_s[table.leg][before[V_ROW]])
    more_s = more_at_gates(s, int(table.nodes[nodes, V_AT_GATE].sum()))
    return t + int(before[V_SERVICE]) + int(s[Q_SPAN]) + turn_s, more_s, k.metre_pence * metres + soft


def as_driven(problem: BoundProblem, columns: Columns) -> Columns:
    """Runs at their own seconds and price, without those that break a ride cap or turn back at once.

    Tables with steps of time make runs up; of these, what is left here may only come to somebody again.
    """
    table, kind = problem.legs[columns.leg], problem.kinds[columns.kind]
    out_s = table.out_s[int(problem.instance.supplies[kind.supply, S_PROFILE])]
    stay, figures = [], []
    for m, row in enumerate(columns.nodes):
        nodes = row[row >= 0].tolist()
        turns_back = any(a == b for a, b in zip(nodes, nodes[2:], strict=False))
        s = int(columns.sequence[m])
        may_be = not turns_back and _is_within_caps(problem, table, out_s, s, nodes)
        if may_be and may_be_in_time(problem, columns.leg, columns.kind, s, nodes):
            stay.append(m)
            figures.append(price_of_run(problem, columns.leg, columns.kind, s, nodes))
    return replace(
        columns, sequence=columns.sequence[stay], nodes=columns.nodes[stay], own=columns.own[stay],
        seconds=np.array([s for s, _, _ in figures], np.int64), more_s=np.array([s for _, s, _ in figures], np.int64),
        pence=np.array([p for _, _, p in figures], np.float64),
    )  # fmt: skip


def _is_within_caps(
    problem: BoundProblem, table: Leg, out_s: NDArray[np.int64], sequence: int, nodes: list[int]
) -> bool:
    gates = table.sequences[sequence, Q_GATES : Q_GATES + MAX_GATES].tolist()
    row, place, leave_s, t = int(problem.instance.hubs[gates[0], H_ROW]), -1, 0, 0
    for v in nodes:
        node = table.nodes[v]
        if node[V_PLACE] != place:
            t += leave_s + int(out_s[row, node[V_ROW]])
        row, place, leave_s = int(node[V_ROW]), int(node[V_PLACE]), int(node[V_SERVICE])
        if node[V_GATE] not in gates:
            return False
        if t + int(table.sequences[sequence, Q_OFFSETS + gates.index(int(node[V_GATE]))]) > node[V_CAP]:
            return False
    return True


def solo_columns(problem: BoundProblem) -> list[Columns]:
    """Every run of a passenger who travels alone: the pricing leaves them out."""
    found = []
    for leg, table in enumerate(problem.legs):
        alone = {int(s[Q_GATES]): q for q, s in enumerate(table.sequences) if s[Q_GATES + 1] < 0}
        for v in np.flatnonzero(table.solo).tolist():
            node = table.nodes[v]
            sequence = alone.get(int(node[V_GATE]))
            if sequence is not None:
                found += [
                    _column(problem, leg, k, sequence, [v])
                    for k in range(len(problem.kinds))
                    if _may_ride(problem, leg, k, sequence, v) and may_be_in_time(problem, leg, k, sequence, [v])
                ]
    return found


def _may_ride(problem: BoundProblem, leg: int, k: int, sequence: int, v: int) -> bool:
    """Whether a vehicle has the places and tags for somebody alone, and reaches the gate in time."""
    table, instance = problem.legs[leg], problem.instance
    node, supply = table.nodes[v], instance.supplies[problem.kinds[k].supply]
    near = int(instance.hubs[int(table.sequences[sequence][Q_GATES]), H_ROW])
    ride_s = int(table.out_s[int(supply[S_PROFILE])][near, int(node[V_ROW])])
    chairs = int(node[V_CHAIR])
    seats = 1 - chairs + int(node[V_OWN]) + int(node[V_SHARED])
    fits = instance.fits[supply[S_CLASS]]
    has_room = seats < fits.shape[0] and chairs < fits.shape[1] and bool(fits[seats, chairs])
    return has_room and not int(node[V_TAGS]) & ~int(supply[S_TAGS]) and ride_s <= int(node[V_CAP])
