"""What the bound is taken over: demands, nodes, gate sequences and offers, from the arrays of an instance.

Every rule is kept as it is or made looser, never tighter; `relaxations_of` names what was made looser. All days of the
fortnight are one: a *demand* is a person on one leg at one place, served as often as there are such days, and a run may
serve any company of demands, whether or not they ever travel on the same day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import (
    MAX_GATES,
    N_NODE_COLUMNS,
    N_SEQUENCE_COLUMNS,
    Q_GATES,
    V_AT_GATE,
    V_CAP,
    V_CHAIR,
    V_DEMAND,
    V_GATE,
    V_OWN,
    V_PLACE,
    V_ROW,
    V_SERVICE,
    V_SHARED,
    V_TAGS,
    V_TARGET,
)
from routing.bound.hours import Hours, hours_of
from routing.bound.kinds import NOTHING, Kind, Today, kinds_of
from routing.bound.sequences import gate_sequences
from routing.instance import (
    D_CAP,
    D_PLACE,
    D_ROW,
    D_TARGET,
    H_ROW,
    H_SCHOOL,
    P_CHAIR,
    P_GATE_AM,
    P_HOME_AM,
    P_HUB,
    P_OWN,
    P_SHARED,
    P_SOLO,
    P_TAGS,
    P_UNSERVED,
    P_VARIANTS,
    R_MAX_SCHOOLS,
    Instance,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leg:
    """One leg of all days.

    Attributes
    ----------
    leg : 0 AM, 1 PM.
    nodes : (V, 12), columns V_*, sorted by gate: a demand at one of the places where it can be served.
    gate_from, gate_to : (H,) range of a gate's nodes that may ride in company; those who travel alone follow.
    solo : (V,) whether the passenger travels alone.
    rider : (V,) row of the instance.
    sequences : (Q, 11), columns Q_*: every order of gates that the windows allow.
    out_s, out_m : (P, n, n) seconds and metres of going outwards. least_in, least_in_s : (P, V) least metres and least
        seconds into a node.
    """

    leg: int
    nodes: NDArray[np.int64]
    gate_from: NDArray[np.int64]
    gate_to: NDArray[np.int64]
    solo: NDArray[np.bool_]
    rider: NDArray[np.int64]
    sequences: NDArray[np.int64]
    out_s: NDArray[np.int64]
    out_m: NDArray[np.int64]
    least_in: NDArray[np.float64]
    least_in_s: NDArray[np.float64]

    def row_by_gates(self) -> dict[tuple[int, ...], int]:
        """Row of each sequence by its gates outwards, -1: no more."""
        gates = self.sequences[:, Q_GATES : Q_GATES + MAX_GATES].tolist()
        return {tuple(of): row for row, of in enumerate(gates)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundProblem:
    """The looser problem.

    Attributes
    ----------
    weight : (D,) days a fortnight on which a demand is to be served. gate : (D,) the gate it needs.
    unserved_pence : (D,) of not serving it once. person : (D,) its person in the instance.
    hours : of each leg, what runs take up of their vehicles.
    n_days : days of the fortnight. class_limit : (C,) bought vehicles of a class a day.
    """

    instance: Instance
    legs: tuple[Leg, ...]
    kinds: tuple[Kind, ...]
    hours: tuple[Hours, ...]
    weight: NDArray[np.float64]
    gate: NDArray[np.int64]
    leg_of: NDArray[np.int64]
    person: NDArray[np.int64]
    unserved_pence: NDArray[np.float64]
    n_days: int
    class_limit: NDArray[np.int64]

    @property
    def most_gates(self) -> int:
        """Most gates that a run can have: those of the schools that have most."""
        schools = np.bincount(self.instance.hubs[:, H_SCHOOL]) if len(self.instance.hubs) else np.zeros(0, np.int64)
        return int(np.sort(schools)[::-1][: int(self.instance.rules[R_MAX_SCHOOLS])].sum())

    @property
    def n_demands(self) -> int:
        """Number of demands."""
        return len(self.weight)


def bound_problem(instance: Instance, today: Today = NOTHING) -> BoundProblem:
    """The looser problem of an instance, with what today's routes offer besides."""
    demands, tables = _demands(instance)
    legs = tuple(_leg(instance, leg, tables[leg]) for leg in range(2) if tables[leg])
    has_hours = len(legs) > 0 and all(len(leg.sequences) for leg in legs)
    kinds = kinds_of(instance, max(1, len(legs)), today, instance.hubs[:, H_ROW], has_hours=has_hours)
    days = np.zeros(len(instance.riders))
    for person, _, weight, _ in demands:
        days[person] += weight
    price = instance.riders[:, P_UNSERVED] / np.maximum(days, 1)
    return BoundProblem(
        instance=instance,
        legs=legs,
        kinds=kinds,
        hours=hours_of(
            [(leg.leg, leg.sequences) for leg in legs],
            with_moments=any(kind.counts_moments for kind in kinds),
            with_stretches=any(kind.is_inner for kind in kinds),
        ),
        weight=np.array([weight for _, _, weight, _ in demands], np.float64),
        gate=np.array([instance.riders[person, P_HUB] for person, _, _, _ in demands], np.int64),
        leg_of=np.array([leg for _, leg, _, _ in demands], np.int64),
        person=np.array([person for person, _, _, _ in demands], np.int64),
        unserved_pence=np.array([price[person] for person, _, _, _ in demands], np.float64),
        n_days=int(instance.group_weight.sum()),
        class_limit=np.array(
            [limit + today.n_kept_of_class.get(c, 0) for c, limit in enumerate(instance.class_limit.tolist())], np.int64
        ),
    )


def _demands(instance: Instance) -> tuple[list[tuple[int, int, int, int]], list[list[list[int]]]]:
    """(person, leg, days, number) of each demand, and the node rows of each leg."""
    demands: list[tuple[int, int, int, int]] = []
    tables: list[list[list[int]]] = [[], []]
    riders, daily = instance.riders, instance.daily
    for person in instance.persons.tolist():
        rows = range(person, person + int(riders[person, P_VARIANTS]))
        for leg in range(2):
            alike: dict[tuple[tuple[int, ...], ...], int] = defaultdict(int)
            for g, weight in enumerate(instance.group_weight.tolist()):
                ways = tuple(tuple(daily[leg, g, r, [D_ROW, D_PLACE, D_CAP, D_TARGET]].tolist()) for r in rows)
                if ways[0][0] >= 0:
                    alike[ways] += weight
            for ways, weight in alike.items():
                number = len(demands)
                demands.append((person, leg, weight, number))
                for r, (row, place, cap, target) in zip(rows, dict.fromkeys(ways), strict=False):
                    tables[leg].append(_node(riders, r, leg, number, row, place, cap, target))
    return demands, tables


def _node(
    riders: NDArray[np.int64], r: int, leg: int, number: int, row: int, place: int, cap: int, target: int
) -> list[int]:
    node = [0] * (N_NODE_COLUMNS + 2)
    node[V_DEMAND], node[V_GATE], node[V_ROW], node[V_PLACE], node[V_CAP] = (
        number,
        int(riders[r, P_HUB]),
        row,
        place,
        cap,
    )
    node[V_TARGET], node[V_CHAIR] = target, int(riders[r, P_CHAIR])
    node[V_SERVICE], node[V_AT_GATE] = int(riders[r, P_HOME_AM + leg]), int(riders[r, P_GATE_AM + leg])
    node[V_OWN], node[V_SHARED], node[V_TAGS] = int(riders[r, P_OWN]), int(riders[r, P_SHARED]), int(riders[r, P_TAGS])
    node[N_NODE_COLUMNS], node[N_NODE_COLUMNS + 1] = int(riders[r, P_SOLO]), r
    return node


def _leg(instance: Instance, leg: int, rows: list[list[int]]) -> Leg:
    table = np.array(sorted(rows, key=lambda node: (node[V_GATE], node[N_NODE_COLUMNS], node[V_DEMAND])), np.int64)
    for places in np.unique(table[:, [V_CHAIR, V_OWN]], axis=0):
        # Loads know places alone: what a run pays for its service at gates has to be theirs.
        alike = (table[:, [V_CHAIR, V_OWN]] == places).all(axis=1)
        table[alike, V_AT_GATE] = table[alike, V_AT_GATE].min()
    nodes, solo = np.ascontiguousarray(table[:, :N_NODE_COLUMNS]), table[:, N_NODE_COLUMNS] > 0
    gates = np.arange(len(instance.hubs))
    gate_from, gate_to = (
        np.searchsorted(2 * nodes[:, V_GATE] + solo, 2 * gates + k).astype(np.int64) for k in range(2)
    )
    turned = (0, 2, 1) if leg == 0 else (0, 1, 2)
    out_s = np.ascontiguousarray(instance.seconds[:, leg].transpose(turned)).astype(np.int64)
    out_m = np.ascontiguousarray(instance.metres[:, leg].transpose(turned)).astype(np.int64)
    sequences = list(gate_sequences(instance, leg, nodes)) if len(out_s[0]) else []
    return Leg(
        leg=leg, nodes=nodes, gate_from=gate_from, gate_to=gate_to, solo=solo, rider=table[:, N_NODE_COLUMNS + 1],
        out_s=out_s, out_m=out_m, sequences=np.array(sequences, np.int64).reshape(-1, N_SEQUENCE_COLUMNS),
        least_in=_least_in(instance, nodes, out_m), least_in_s=_least_in(instance, nodes, out_s),
    )  # fmt: skip


def _least_in(instance: Instance, nodes: NDArray[np.int64], out: NDArray[np.int64]) -> NDArray[np.float64]:
    """(P, V) least of (P, n, n) metres or seconds from any other place or any gate; none between nodes at one place."""
    rows, places = nodes[:, V_ROW], nodes[:, V_PLACE]
    if out.shape[-1] == 0:
        return np.zeros((len(out), len(nodes)))
    least = out[:, rows[:, None], rows[None, :]].astype(np.float64)
    least[:, places[:, None] == places[None, :]] = 0.0
    own = np.eye(len(nodes), dtype=bool)
    least[:, own] = np.inf
    gates = out[:, instance.hubs[:, H_ROW][:, None], rows[None, :]]
    nearest: NDArray[np.float64] = np.minimum(least.min(axis=1, initial=np.inf), gates.min(axis=1))
    return nearest
