"""All runs of one leg with one kind of vehicle, their gate sequences in groups, and what is proven of each group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import C_OWN_PA, C_ROOM, C_RUN, MAX_GATES, Q_GATES, V_DEMAND, V_GATE, V_OWN, V_SHARED
from routing.bound.loads import NO_ROOM
from routing.bound.local import MOST_BITS
from routing.bound.master import Master, Prices
from routing.bound.problem import BoundProblem, Leg
from routing.bound.rivals import rivals_of
from routing.instance import H_ROW

MOST_HOMES = 400
"""Homes of gate sequences above which a table of them all takes longer than tables of each few."""
LEVELS = (0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99)
"""Shares of homes whose prices rise by less than a level that is tried, see `_most_on_board`."""
UNIT_HOMES = 40
"""Homes of a gate that is alone in such tables; and, on average, of several that are taken together."""
BY_TABLES, BY_FINEST, BY_LABELS = range(3)
"""How closely runs of a group are looked for: by tables, by the finest ones too, by labels besides."""
Homes = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Nodes of a group, and what a run through each costs more than it is worth, at least."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is known of a family's groups under some prices, (G,).

    Attributes
    ----------
    bound : proven least reduced cost, -inf: nothing. least : that a run pays.
    less : by how much any run may gain more than when the group was priced, inf: it is not known.
    """

    bound: NDArray[np.float64]
    least: NDArray[np.float64]
    less: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hot:
    """Homes that a run worth more than it costs may come to.

    Attributes
    ----------
    is_told : (G,) whether it is known of a group in doubt which these are.
    group, node, through : (m,) these, and what a run through them costs more than it is worth, at least: below 0.
    """

    is_told: NDArray[np.bool_]
    group: NDArray[np.int64]
    node: NDArray[np.int64]
    through: NDArray[np.float64]


@dataclass(slots=True, kw_only=True, eq=False)
class Family:
    """All runs of one leg with one kind of vehicle, with or without a shared PA.

    Attributes
    ----------
    room : most passengers on board.
    groups : rows of the leg's sequences, each in one group. gates : (G, H) which gates a group has; n_gates : (G,) of
        its longest sequence.
    bound : (G,) proven least reduced cost of each group under the prices numbered by `seen` (-1: never priced).
    critical : (G, MOST_BITS) nodes that no run of the group may come to again, below 0: none, see
        `routing.bound.loads`.
    rivals : kinds that were the rivals of this one under each of the prices, whose runs were not priced.
    homes : of each group what was told of its homes then, none: nothing.
    least : (G,) least that a run of the group paid then. parted : (G,) whether the group was part of a larger one then.
    walks : (G, L) nodes of the best run that tables last told of each group, -1: no more. walk_pence : (G,) what it
        costs without the prices of passengers and runs; inf: there is none. See `Rounds.promise`.
    begins : (G,) which table a look at the group begins with, see `pricing.price_groups`.
    means : (G,) by what runs of the group are looked for: BY_TABLES, by the finest ones, or by labels besides.
    """

    leg: int
    kind: int
    pa: int
    room: int
    groups: list[NDArray[np.int64]]
    gates: NDArray[np.bool_]
    n_gates: NDArray[np.int64]
    bound: NDArray[np.float64]
    least: NDArray[np.float64]
    seen: NDArray[np.int64]
    parted: NDArray[np.bool_]
    critical: NDArray[np.int64]
    homes: list[Homes | None]
    walks: NDArray[np.int64]
    walk_pence: NDArray[np.float64]
    begins: NDArray[np.int64]
    means: NDArray[np.int64]
    rivals: list[frozenset[int]] = field(default_factory=list)

    @property
    def at(self) -> tuple[int, int, int]:
        """Leg, kind, PA."""
        return self.leg, self.kind, self.pa

    @property
    def n_critical(self) -> int:
        """Critical nodes of all groups."""
        return int((self.critical >= 0).sum())

    def group_of(self) -> dict[int, int]:
        """Number of the group that each sequence is in."""
        return {int(sequence): k for k, group in enumerate(self.groups) for sequence in group}

    def remember(self, k: int, nodes: Iterable[int]) -> int:
        """Make nodes critical in a group as far as it has room; how many are new."""
        critical = self.critical[k]
        free = np.flatnonzero(critical == -1).tolist()
        new = [node for node in nodes if node not in critical][: len(free)]
        critical[free[: len(new)]] = new
        return len(new)

    def remembered(self) -> Iterator[tuple[int, list[int]]]:
        """Each sequence whose group has critical nodes, and these."""
        for k in np.flatnonzero(self.critical[:, 0] >= 0).tolist():
            nodes = self.critical[k][self.critical[k] >= 0].tolist()
            yield from ((int(sequence), nodes) for sequence in self.groups[k])

    def split(self, leg: Leg, cuts: dict[int, list[int]]) -> None:
        """Part groups at one or two gates each, by which of them their sequences have; all keep what is proven.

        A group that is to be parted at no gate is parted into single sequences.
        """
        stay = np.array([k for k in range(len(self.groups)) if k not in cuts], np.int64)
        parts, parents = [], []
        for k, gates in cuts.items():
            group = self.groups[k]
            cut = [group] if gates else np.split(group, len(group))
            for gate in gates:
                has_it = [(leg.sequences[part, Q_GATES : Q_GATES + MAX_GATES] == gate).any(axis=1) for part in cut]
                cut = [part[has == side] for part, has in zip(cut, has_it, strict=True) for side in (True, False)]
            parts += [part for part in cut if len(part)]
            parents += [k for part in cut if len(part)]
        of = np.concatenate([stay, np.array(parents, np.int64)])
        self.groups = [self.groups[k] for k in stay] + parts
        self.homes = [self.homes[k] for k in of]
        self.bound, self.least, self.seen = self.bound[of], self.least[of], self.seen[of]
        self.parted = np.concatenate([self.parted[stay], np.ones(len(parts), np.bool_)])
        self.critical, self.means = self.critical[of], self.means[of]
        self.walks, self.walk_pence = self.walks[of], self.walk_pence[of]
        # What is left of a group may be clear at once where the whole was not.
        self.begins = np.concatenate([self.begins[stay], np.zeros(len(parts), np.int64)])
        # Smaller groups have room for more.
        self.critical[len(stay) :][self.critical[len(stay) :] == NO_ROOM] = -1
        new_gates, n_gates = _gates_of(leg, parts, self.gates.shape[1])
        self.gates = np.concatenate([self.gates[stay], new_gates])
        self.n_gates = np.concatenate([self.n_gates[stay], n_gates])


def families_of(problem: BoundProblem, master: Master) -> Iterable[Family]:
    """One of each leg, kind and PA; sequences of one inner gate and as many gates are together at first."""
    for leg, table in enumerate(problem.legs):
        groups = _first_groups(table, problem.instance.hubs[:, H_ROW])
        gates, n_gates = _gates_of(table, groups, len(table.gate_from))
        n = len(groups)
        for kind in range(len(problem.kinds)):
            for pa in range(1 + bool(table.nodes[:, V_SHARED].any())):
                room = int(master.costs_of(master.no_prices(), leg, kind, pa)[C_ROOM])
                if room > 0:
                    yield Family(
                        leg=leg, kind=kind, pa=pa, room=room, groups=list(groups), gates=gates, n_gates=n_gates,
                        bound=np.zeros(n), least=np.zeros(n), seen=np.full(n, -1, np.int64),
                        parted=np.zeros(n, np.bool_), critical=np.full((n, MOST_BITS), -1, np.int64), homes=[None] * n,
                        walks=np.full((n, room), -1), walk_pence=np.full(n, np.inf), begins=np.zeros(n, np.int64),
                        means=np.full(n, BY_TABLES),
                    )  # fmt: skip


def known(problem: BoundProblem, master: Master, family: Family, prices: Prices, then: list[Prices]) -> Known:
    """What earlier pricing says of each group under new prices.

    then : the prices that `Family.seen` numbers.
    """
    table = problem.legs[family.leg]
    least, less = np.zeros(len(family.groups)), np.full(len(family.groups), np.inf)
    c_now, moments_now = master.costs_of(prices, *family.at), master.moment_prices(prices, *family.at)
    rivals = rivals_of(master, prices, *family.at)
    for version in np.unique(family.seen[family.seen >= 0]):
        if not family.rivals[version] <= rivals:
            # Runs were left out that nobody else does for no more now.
            continue
        of = family.seen == version
        old = then[version]
        c_then, moments_then = master.costs_of(old, *family.at), master.moment_prices(old, *family.at)
        rise = np.maximum(0.0, prices.demand - old.demand)[table.nodes[:, V_DEMAND]]
        rise += max(0.0, c_then[C_OWN_PA] - c_now[C_OWN_PA]) * table.nodes[:, V_OWN]
        on_board = _most_on_board(family.gates[of], table.nodes[:, V_GATE], rise, family.room)
        fall = c_then[C_RUN] - c_now[C_RUN] + np.maximum(0.0, moments_then - moments_now).sum()
        less[of] = on_board + fall
        least[of] = np.maximum(0.0, family.least[of] - fall)
    return Known(bound=family.bound - less, least=least, less=less)


def hot_homes(family: Family, of: Known) -> Hot:
    """Of all groups in doubt of which homes were told."""
    is_told, in_doubt = np.zeros(len(of.bound), np.bool_), (of.bound < 0.0) & np.isfinite(of.bound)
    group, node, through = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
    for k in np.flatnonzero(in_doubt).tolist():
        homes = family.homes[k]
        if homes is None:
            continue
        is_told[k], nodes, now = True, homes[0], homes[1] - of.less[k]
        is_hot = now < 0.0
        group.append(np.full(int(is_hot.sum()), k))
        node.append(nodes[is_hot])
        through.append(np.maximum(now[is_hot], of.bound[k]))
    return Hot(is_told=is_told, group=np.concatenate(group), node=np.concatenate(node), through=np.concatenate(through))


def _most_on_board(
    gates: NDArray[np.bool_], gate_of: NDArray[np.int64], rise: NDArray[np.float64], room: int
) -> NDArray[np.float64]:
    """(G,) most by which the prices of a group's passengers on board can rise together; never too little.

    Any level will do: a rise is no more than the level and what it is above it. The best of several is taken.

    Parameters
    ----------
    gates : (G, H). gate_of, rise : (V,).
    """
    levels = np.concatenate([np.zeros(1), np.quantile(rise, LEVELS)])
    above, most = np.zeros((gates.shape[1], len(levels))), np.zeros(gates.shape[1])
    np.add.at(above, gate_of, np.maximum(0.0, rise[:, None] - levels))
    np.maximum.at(most, gate_of, rise)
    at_level = (gates @ above + room * levels).min(axis=1)
    return np.asarray(np.minimum(at_level, room * np.where(gates, most, 0.0).max(axis=1)))


def _first_groups(leg: Leg, hub_rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Sequences by their first gate and how many they have; by the second of two; by units where homes are many."""
    gates = leg.sequences[:, Q_GATES : Q_GATES + MAX_GATES]
    n_gates = (gates >= 0).sum(axis=1)
    alike = np.stack([gates[:, 0], n_gates], axis=1)
    others = np.where((n_gates == 2)[:, None], gates[:, 1:], -1)
    together = [group for group in _parted(alike) if n_gates[group[0]] == MAX_GATES]
    has, _ = _gates_of(leg, together, len(leg.gate_from))
    are_many = has @ (leg.gate_to - leg.gate_from) > MOST_HOMES
    if are_many.any():
        units = _units(leg, hub_rows)
        for k in np.flatnonzero(are_many):
            others[together[k]] = units[gates[together[k], 1:]]
    return _parted(np.concatenate([alike, others], axis=1))


def _units(leg: Leg, hub_rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """(H,) a number for each gate, the same for those of few homes that are near each other."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    homes, units = leg.gate_to - leg.gate_from, np.arange(len(leg.gate_from))
    few = np.flatnonzero(homes < UNIT_HOMES)
    n_units = int(-(-homes[few].sum() // UNIT_HOMES))
    if 0 < n_units < len(few):
        rows = hub_rows[few]
        away = leg.out_s.min(axis=0)[np.ix_(rows, rows)].astype(np.float64)
        np.fill_diagonal(away, 0.0)
        tree = linkage(squareform(np.maximum(away, away.T)), "complete")
        units[few] = len(units) + fcluster(tree, n_units, "maxclust")
    return units


def _parted(keys: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows that are the same, together."""
    _, which = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(which, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(which[order])) + 1) if len(order) else []


def _gates_of(leg: Leg, groups: list[NDArray[np.int64]], n_gates: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """(G, H) which gates each group has, and (G,) how many its longest sequence has."""
    has, longest = np.zeros((len(groups), n_gates), np.bool_), np.zeros(len(groups), np.int64)
    for k, group in enumerate(groups):
        gates = leg.sequences[group, Q_GATES : Q_GATES + MAX_GATES]
        has[k, gates[gates >= 0]] = True
        longest[k] = (gates >= 0).sum(axis=1).max()
    return has, longest
