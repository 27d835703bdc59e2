"""Rounds of column generation and the bound that each of them proves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.bound.master import Columns, Lot, Master, Prices, long_prices
from routing.bound.pricing import (
    C_ROOM,
    C_RUN,
    LONGEST,
    MAX_GATES,
    Q_GATES,
    V_DEMAND,
    V_GATE,
    V_SHARED,
    price_sequences,
)
from routing.bound.problem import BoundProblem
from routing.instance import H_ROW, R_OVER_TARGET

MAX_LABELS = 200_000
PER_SEQUENCE = 3
MAX_FOUND = 4_000
N_THREADS = 2
CHUNK = 4_000


@dataclass(slots=True, eq=False)
class Family:
    """All runs of one leg with one kind of vehicle, with or without a shared PA, and what is proven of them.

    Attributes
    ----------
    bound : (Q,) proven least reduced cost of each sequence under the prices numbered by `seen`; -1: never priced.
    least : (Q,) least that a run of the sequence costs under those prices.
    """

    leg: int
    kind: int
    pa: int
    bound: NDArray[np.float64]
    least: NDArray[np.float64]
    seen: NDArray[np.int64]
    room: int
    run: NDArray[np.float64]
    fines: NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Rounds:
    problem: BoundProblem
    master: Master
    families: list[Family]
    history: list[Prices] = field(default_factory=list)
    best: float = 0.0
    n_threads: int = N_THREADS
    ng: list[NDArray[np.bool_]] = field(default_factory=list)
    n_cut: int = 0
    log: Callable[[str], None] = print


def families_of(problem: BoundProblem, master: Master) -> list[Family]:
    found = []
    for leg, table in enumerate(problem.legs):
        n = len(table.sequences)
        for kind in range(len(problem.kinds)):
            for pa in range(1 + bool(table.nodes[:, V_SHARED].any())):
                room = int(master.costs_of(zero_prices(master), leg, kind, pa)[C_ROOM])
                if room > 0:
                    found.append(
                        Family(leg, kind, pa, np.full(n, -np.inf), np.ones(n), np.full(n, -1, np.int64), room, np.zeros(n), np.zeros(len(table.nodes)))
                    )
    return found


def zero_prices(master: Master) -> Prices:
    p = master.problem
    shape = master._shape
    return Prices(demand=np.zeros(p.n_demands), run=np.zeros(shape[:2]), pa=np.zeros(shape[:2]), moment=np.zeros(shape),
                  pa_moment=np.zeros(shape), limits=0.0)


def known(rounds: Rounds, family: Family, prices: Prices) -> NDArray[np.float64]:
    """What earlier pricing says of each sequence's least reduced cost under new prices."""
    table = rounds.problem.legs[family.leg]
    gates = table.sequences[:, Q_GATES : Q_GATES + MAX_GATES]
    now = np.full(len(gates), -np.inf)
    c_now = rounds.master.costs_of(prices, family.leg, family.kind, family.pa)
    moment_now = rounds.master.moment_prices(prices, family.leg, family.kind, family.pa)
    for version in np.unique(family.seen):
        if version < 0:
            continue
        of = family.seen == version
        then = rounds.history[version]
        c_then = rounds.master.costs_of(then, family.leg, family.kind, family.pa)
        moment_then = rounds.master.moment_prices(then, family.leg, family.kind, family.pa)
        own = max(0.0, c_then[2] - c_now[2])
        rise = np.maximum(0.0, prices.demand - then.demand)
        rise = rise + own * (rise >= 0) * 0 
        per_gate_max = np.zeros(len(table.gate_from) + 1)
        per_gate_sum = np.zeros(len(table.gate_from) + 1)
        node_rise = rise[table.nodes[:, V_DEMAND]] + own * table.nodes[:, 8]
        np.maximum.at(per_gate_max, table.nodes[:, V_GATE], node_rise)
        np.add.at(per_gate_sum, table.nodes[:, V_GATE], node_rise)
        per_gate_max[-1] = per_gate_sum[-1] = 0.0
        most = np.minimum(family.room * per_gate_max[gates[of]].max(axis=1), per_gate_sum[gates[of]].sum(axis=1))
        fall = c_then[C_RUN] - c_now[C_RUN] + np.maximum(0.0, moment_then - moment_now).sum()
        now[of] = family.bound[of] - most - max(0.0, fall)
        if fall < 0:
            now[of] += -fall
    return now


def price_family(rounds: Rounds, family: Family, prices: Prices, version: int, chosen: NDArray[np.int64], eps: float,
                 max_labels: int, n_turns: int, width: int) -> tuple[Columns, NDArray[np.float64]]:
    p, table = rounds.problem, rounds.problem.legs[family.leg]
    kind = p.kinds[family.kind]
    profile = int(p.instance.supplies[kind.supply, 1])
    c = rounds.master.costs_of(prices, family.leg, family.kind, family.pa)
    bound, least = np.empty(len(chosen)), np.empty(len(chosen))
    found, costs = np.empty((MAX_FOUND, LONGEST), np.int64), np.empty((MAX_FOUND, 4))
    e = eps * max(c[C_RUN], 2000.0)
    fines = family.fines
    n, n_cut = price_sequences(
        table.leg, table.nodes, table.gate_from, table.gate_to, table.out_s[profile], table.out_m[profile],
        np.ascontiguousarray(p.instance.hubs[:, H_ROW]), table.least_in[profile], table.sequences, chosen, c,
        long_prices(kind), rounds.master.moments[family.leg],
        rounds.master.moment_prices(prices, family.leg, family.kind, family.pa), p.instance.fits, prices.demand,
        float(p.instance.rules[R_OVER_TARGET]), e, rounds.ng[family.leg], fines, n_turns, width, max_labels, PER_SEQUENCE, bound, least, found, costs,
    )
    rounds.n_cut += n_cut
    family.bound[chosen], family.least[chosen], family.seen[chosen], family.run[chosen] = bound, least, version, c[C_RUN]
    found, costs = found[:n], costs[:n]
    order = np.argsort(costs[:, 0])
    found, costs = found[order], costs[order]
    return Columns(
        leg=family.leg, kind=family.kind, pa=family.pa, sequence=chosen[found[:, -1]], nodes=found[:, :-1],
        pence=costs[:, 1], own=costs[:, 2].astype(np.int64), seconds=costs[:, 3].astype(np.int64),
    ), costs[:, 0]


def bound_of_prices(rounds: Rounds, prices: Prices) -> float:
    """Farley's bound gate by gate: the prices of a gate's demands are scaled until no run is worth more than it costs."""
    p = rounds.problem
    factor = np.ones((len(p.legs), len(p.instance.hubs)))
    for family in rounds.families:
        lb = known(rounds, family, prices)
        table = p.legs[family.leg]
        gates = table.sequences[:, Q_GATES : Q_GATES + MAX_GATES]
        fixed = max(1.0, rounds.master.costs_of(prices, family.leg, family.kind, family.pa)[C_RUN])
        least = np.maximum(fixed, np.where(family.seen >= 0, family.least - (family.run - fixed), 0))
        worst = np.where(np.isfinite(lb), np.minimum(0.0, lb), -np.inf)
        theta = np.where(np.isfinite(worst), least / (least - worst), 0.0)
        for k in range(MAX_GATES):
            has = gates[:, k] >= 0
            np.minimum.at(factor[family.leg], gates[has, k], theta[has])
    leg_at = {table.leg: i for i, table in enumerate(p.legs)}
    legs = np.array([leg_at[int(leg)] for leg in p.leg_of])
    return float((p.weight * prices.demand * factor[legs, p.gate]).sum() - prices.limits)


def one_round(rounds: Rounds, level: int, eps: float, max_labels: int, n_turns: int, width: int, pool: ThreadPoolExecutor, prices: Prices) -> tuple[int, float, int]:
    rounds.history.append(prices)
    version = len(rounds.history) - 1
    tasks = []
    n_priced = 0
    for family in rounds.families:
        table = rounds.problem.legs[family.leg]
        n_gates = (table.sequences[:, Q_GATES : Q_GATES + MAX_GATES] >= 0).sum(axis=1)
        e = eps * max(rounds.master.costs_of(prices, family.leg, family.kind, family.pa)[C_RUN], 2000.0)
        chosen = np.flatnonzero((n_gates <= level) & (known(rounds, family, prices) < -e))
        n_priced += len(chosen)
        for a in range(0, len(chosen), CHUNK):
            tasks.append((family, chosen[a : a + CHUNK]))
    results = list(pool.map(lambda t: price_family(rounds, t[0], prices, version, t[1], eps, max_labels, n_turns, width), tasks))
    new, worst = 0, 0.0
    for columns, rc in results:
        if len(rc):
            worst = min(worst, float(rc.min()))
        new += rounds.master.add(columns)
    return new, worst, n_priced


def near_sets(problem: BoundProblem, leg: int, size: int) -> NDArray[np.bool_]:
    """(V, V) each node and its nearest others of any gate."""
    table = problem.legs[leg]
    away = table.out_s[0][table.nodes[:, 2][:, None], table.nodes[:, 2][None, :]].astype(np.float64)
    np.fill_diagonal(away, -1)
    ng = np.zeros(away.shape, np.bool_)
    near = np.argsort(away, axis=1, kind="stable")[:, : size + 1]
    np.put_along_axis(ng, near, True, axis=1)
    return ng


def grow_sets(rounds: Rounds, most: int) -> int:
    """Remember those who come twice on a run of the program's solution until they do; drop the runs that forget."""
    master = rounds.master
    x = master.x[master._n_fixed :]
    n = 0
    for m in np.flatnonzero(x > 1e-6):
        leg, nodes = master._keys[m][0], master._keys[m][4:]
        ng = rounds.ng[leg]
        demand = rounds.problem.legs[leg].nodes[:, V_DEMAND]
        for b in range(len(nodes)):
            for a in range(b - 1, -1, -1):
                if nodes[a] == nodes[b]:
                    between = nodes[a + 1 : b]
                    if all(ng[v].sum() < most or ng[v, nodes[a]] for v in between):
                        for v in between:
                            n += not ng[v, nodes[a]]
                            ng[v, nodes[a]] = True
                    break
    if n:
        gone = [m for m, key in enumerate(master._keys) if not keeps(rounds.ng[key[0]], key[4:])]
        master.drop(np.array(gone, np.int64))
    return n


def keeps(ng: NDArray[np.bool_], nodes: tuple[int, ...]) -> bool:
    """Whether a run visits nobody whom it remembers."""
    memory: set[int] = set()
    for v in nodes:
        if v in memory:
            return False
        memory = {u for u in memory if ng[v, u]} | {v}
    return True
