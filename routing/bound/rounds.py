"""Rounds of column generation, each of which proves a bound."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.bound.master import Columns, Master, Prices, long_prices
from routing.bound.pricing import (
    C_OWN_PA,
    C_ROOM,
    C_RUN,
    MAX_GATES,
    Q_GATES,
    V_DEMAND,
    V_GATE,
    V_OWN,
    V_ROW,
    V_SHARED,
    price_sequences,
)
from routing.bound.problem import BoundProblem
from routing.instance import H_ROW, R_OVER_TARGET, S_PROFILE

PER_SEQUENCE = 3
MAX_FOUND = 2_000

AT_ONCE = 100
"""Sequences priced in one go: between two of them time is looked at."""
LEAST_RUN_PENCE = 2_000.0
"""A run's price below which a share of it is no longer a measure of what is worth finding."""
NG_START, NG_MOST = 2, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard one round looks.

    Attributes
    ----------
    n_gates : most gates of the sequences that are priced; most : of these, of each family, those that promise most.
    eps : share of a run's price that a find must be worth.
    width : labels kept of a node and load, 0: all, and only then does pricing prove anything beyond its tables.
    n_stages, n_turns, max_labels : see `pricing.price_sequences`.
    """

    n_gates: int
    most: int
    eps: float
    n_stages: int
    width: int
    n_turns: int
    max_labels: int


QUICK = Effort(n_gates=1, most=300, eps=0.05, n_stages=2, width=2, n_turns=1, max_labels=20_000)
EXACT = Effort(n_gates=MAX_GATES, most=1_000_000, eps=0.02, n_stages=3, width=0, n_turns=4, max_labels=1_000_000)
TABLES = Effort(n_gates=MAX_GATES, most=1_000_000, eps=0.0, n_stages=1, width=0, n_turns=1, max_labels=0)


@dataclass(slots=True, kw_only=True, eq=False)
class Family:
    """All runs of one leg with one kind of vehicle, with or without a shared PA, and what is proven of them.

    Attributes
    ----------
    room : most passengers on board.
    bound : (Q,) proven least reduced cost of each sequence under the prices numbered by `seen` (-1: never priced).
    least, run : (Q,) least that a run of the sequence cost then, and what of it was the price of a run.
    fines : (V,) see `pricing.price_sequences`.
    """

    leg: int
    kind: int
    pa: int
    room: int
    bound: NDArray[np.float64]
    least: NDArray[np.float64]
    run: NDArray[np.float64]
    seen: NDArray[np.int64]
    fines: NDArray[np.float64]


@dataclass(slots=True, kw_only=True, eq=False)
class Rounds:
    """A bound in the making.

    Attributes
    ----------
    ng : per leg (V, V), see `pricing.price_sequences`. history : prices of every round.
    is_time_up : asked between two goes of pricing.
    """

    problem: BoundProblem
    master: Master
    threads: ThreadPoolExecutor
    is_time_up: Callable[[], bool]
    families: list[Family] = field(default_factory=list)
    ng: list[NDArray[np.bool_]] = field(default_factory=list)
    history: list[Prices] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Families of all kinds; every node remembers its nearest few."""
        self.families = list(_families(self.problem, self.master))
        self.ng = [_near_sets(self.problem, leg) for leg in range(len(self.problem.legs))]

    def price(self, prices: Prices, effort: Effort) -> tuple[int, bool]:
        """Look for runs that are worth more than they cost.

        Returns
        -------
        How many new ones came into the program; whether time was up before all was priced.
        """
        self.history.append(prices)
        tasks = [
            (family, chosen[a : a + AT_ONCE])
            for family in self.families
            for chosen in [self._worth_pricing(family, prices, effort)]
            for a in range(0, len(chosen), AT_ONCE)
        ]
        found = list(self.threads.map(lambda task: self._price(task[0], task[1], prices, effort), tasks))
        return sum(self.master.add(columns) for columns in found if columns is not None), None in found

    def _worth_pricing(self, family: Family, prices: Prices, effort: Effort) -> NDArray[np.int64]:
        gates = self.problem.legs[family.leg].sequences[:, Q_GATES : Q_GATES + MAX_GATES]
        few = (gates >= 0).sum(axis=1) <= effort.n_gates
        known = self.known(family, prices)
        chosen = np.flatnonzero(few & (known < -self._worth(family, prices, effort)))
        if len(chosen) > effort.most:
            chosen = np.sort(chosen[np.argsort(known[chosen], kind="stable")[: effort.most]])
        return chosen

    def _worth(self, family: Family, prices: Prices, effort: Effort) -> float:
        run_pence = self.master.costs_of(prices, family.leg, family.kind, family.pa)[C_RUN]
        return effort.eps * float(max(run_pence, LEAST_RUN_PENCE))

    def _price(self, family: Family, chosen: NDArray[np.int64], prices: Prices, effort: Effort) -> Columns | None:
        """Runs of some sequences, best first; None if time is up."""
        if self.is_time_up():
            return None
        p, table = self.problem, self.problem.legs[family.leg]
        kind = p.kinds[family.kind]
        profile = int(p.instance.supplies[kind.supply, S_PROFILE])
        c = self.master.costs_of(prices, family.leg, family.kind, family.pa)
        bound, least = np.empty(len(chosen)), np.empty(len(chosen))
        nodes, figures = np.empty((MAX_FOUND, family.room + 1), np.int64), np.empty((MAX_FOUND, 4))
        n = price_sequences(
            table.leg, table.nodes, table.gate_from, table.gate_to, table.out_s[profile], table.out_m[profile],
            np.ascontiguousarray(p.instance.hubs[:, H_ROW]), kind.base_m[table.leg], table.least_in[profile],
            table.sequences, chosen, c, long_prices(kind), self.master.moments[family.leg],
            self.master.moment_prices(prices, family.leg, family.kind, family.pa), p.instance.fits, prices.demand,
            float(p.instance.rules[R_OVER_TARGET]), self._worth(family, prices, effort), self.ng[family.leg],
            family.fines, effort.n_stages, effort.n_turns, effort.width, effort.max_labels, PER_SEQUENCE, bound, least,
            nodes, figures,
        )  # fmt: skip
        family.bound[chosen], family.least[chosen], family.run[chosen] = bound, least, c[C_RUN]
        family.seen[chosen] = len(self.history) - 1
        order = np.argsort(figures[:n, 0], kind="stable")
        nodes, figures = nodes[order], figures[order]
        return Columns(
            leg=family.leg, kind=family.kind, pa=family.pa, sequence=chosen[nodes[:, -1]], nodes=nodes[:, :-1],
            pence=figures[:, 1], own=figures[:, 2].astype(np.int64), seconds=figures[:, 3].astype(np.int64),
        )  # fmt: skip

    def known(self, family: Family, prices: Prices) -> NDArray[np.float64]:
        """What earlier pricing says of each sequence's least reduced cost under new prices; (Q,), -inf: nothing."""
        table = self.problem.legs[family.leg]
        gates = table.sequences[:, Q_GATES : Q_GATES + MAX_GATES]
        now = np.full(len(gates), -np.inf)
        at = family.leg, family.kind, family.pa
        c_now, moments_now = self.master.costs_of(prices, *at), self.master.moment_prices(prices, *at)
        for version in np.unique(family.seen[family.seen >= 0]):
            of = family.seen == version
            then = self.history[version]
            c_then, moments_then = self.master.costs_of(then, *at), self.master.moment_prices(then, *at)
            rise = np.maximum(0.0, prices.demand - then.demand)[table.nodes[:, V_DEMAND]]
            rise += max(0.0, c_then[C_OWN_PA] - c_now[C_OWN_PA]) * table.nodes[:, V_OWN]
            # One more gate than there are, for the -1 of shorter sequences.
            most, whole = np.zeros(len(table.gate_from) + 1), np.zeros(len(table.gate_from) + 1)
            np.maximum.at(most, table.nodes[:, V_GATE], rise)
            np.add.at(whole, table.nodes[:, V_GATE], rise)
            on_board = np.minimum(family.room * most[gates[of]].max(axis=1), whole[gates[of]].sum(axis=1))
            fall = c_then[C_RUN] - c_now[C_RUN] + np.maximum(0.0, moments_then - moments_now).sum()
            now[of] = family.bound[of] - on_board - fall
        return now

    def bound_of(self, prices: Prices) -> float:
        """Pence a fortnight that these prices prove (Farley's bound, gate by gate).

        The prices of a gate's demands are scaled until no run is worth more than it costs: a run of a sequence costs at
        least `least` and is worth at most `-bound` more than it costs, so the share `least / (least - bound)` of its
        demands' prices is within its cost.
        """
        p = self.problem
        share = np.ones((2, len(p.instance.hubs)))
        for family in self.families:
            table = p.legs[family.leg]
            known = np.minimum(0.0, self.known(family, prices))
            run_pence = self.master.costs_of(prices, family.leg, family.kind, family.pa)[C_RUN]
            least = np.maximum(1.0, run_pence + np.maximum(0.0, family.least - family.run))
            of_sequence = np.where(np.isfinite(known), least / (least - known), 0.0)
            for k in range(MAX_GATES):
                gates = table.sequences[:, Q_GATES + k]
                np.minimum.at(share[table.leg], gates[gates >= 0], of_sequence[gates >= 0])
        return float((p.weight * prices.demand * share[p.leg_of, p.gate]).sum() - prices.limits)

    def grow_memory(self) -> int:
        """Have runs of the program's solution that visit somebody twice remember them; drop the runs that forgot.

        After Roberti and Mingozzi, Dynamic ng-path relaxation for the delivery man problem, Transportation Science
        48(3), 2014. Returns how many more are remembered.
        """
        n_more = 0
        for key in self.master.used():
            ng, nodes = self.ng[key[0]], key[4:]
            for first, between in _visits_twice(nodes):
                if all(ng[v, first] or ng[v].sum() < NG_MOST for v in between):
                    n_more += int((~ng[list(between), first]).sum())
                    ng[list(between), first] = True
        if n_more:
            self.master.drop_unless(lambda key: _keeps(self.ng[key[0]], key[4:]))
        return n_more


def _families(problem: BoundProblem, master: Master) -> Iterable[Family]:
    for leg, table in enumerate(problem.legs):
        n = len(table.sequences)
        for kind in range(len(problem.kinds)):
            for pa in range(1 + bool(table.nodes[:, V_SHARED].any())):
                room = int(master.costs_of(master.no_prices(), leg, kind, pa)[C_ROOM])
                if room > 0:
                    yield Family(
                        leg=leg, kind=kind, pa=pa, room=room, bound=np.zeros(n), least=np.zeros(n), run=np.zeros(n),
                        seen=np.full(n, -1, np.int64), fines=np.zeros(len(table.nodes)),
                    )  # fmt: skip


def _near_sets(problem: BoundProblem, leg: int) -> NDArray[np.bool_]:
    """(V, V) each node and its nearest few others."""
    table = problem.legs[leg]
    rows = table.nodes[:, V_ROW]
    away = table.out_s[0][rows[:, None], rows[None, :]].astype(np.float64)
    np.fill_diagonal(away, -1.0)
    near = np.zeros(away.shape, np.bool_)
    np.put_along_axis(near, np.argsort(away, axis=1, kind="stable")[:, : NG_START + 1], True, axis=1)
    return near


def _visits_twice(nodes: tuple[int, ...]) -> Iterable[tuple[int, tuple[int, ...]]]:
    """Each node that comes again, with the nodes until then."""
    last: dict[int, int] = {}
    for b, v in enumerate(nodes):
        if v in last:
            yield v, nodes[last[v] + 1 : b]
        last[v] = b


def _keeps(ng: NDArray[np.bool_], nodes: tuple[int, ...]) -> bool:
    """Whether a run visits nobody whom it remembers."""
    memory: set[int] = set()
    for v in nodes:
        if v in memory:
            return False
        memory = {u for u in memory if ng[v, u]} | {v}
    return True
