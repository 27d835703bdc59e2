"""Rounds of column generation, each of which proves a bound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from routing.bound.families import BY_FINEST, BY_LABELS, BY_TABLES, Family, Known, families_of, known
from routing.bound.fields import C_OWN_PA, C_RUN, MAX_GATES, V_DEMAND, V_OWN, V_ROW
from routing.bound.from_plan import as_driven
from routing.bound.hours import TimePrices
from routing.bound.links import At, comes_again
from routing.bound.local import MOST_BITS, NEVER
from routing.bound.lowering import lowered
from routing.bound.master import Columns, Key, Master, Prices
from routing.bound.pricing import NO_SPLIT, price_groups
from routing.bound.problem import BoundProblem
from routing.bound.proven import Proven, prove_prices
from routing.bound.rivals import rivals, rivals_of
from routing.bound.tables import STEPS_S
from routing.bound.ways import Ways, ways_of
from routing.instance import H_ROW, R_OVER_TARGET, S_PROFILE

PER_GROUP = 3
MAX_FOUND = 2_000
LEAST_NEW, NEW_A_DEMAND = 2_000, 3
"""Most runs that come into the program at once: the larger of so many, and so many a demand."""
PARTED_AGAIN = 5
"""Times that a whole round prices the parts of what it split."""
AT_ONCE = ((BY_LABELS, 2), (BY_FINEST, 5), (BY_TABLES, 20))
"""Groups priced in one go, by their means: between two of them time is looked at."""
LEAST_RUN_PENCE = 500.0
"""What a run pays at least below which a share of it is no longer a measure of what is worth finding."""
NG_START = 2
N_STAGES = len(STEPS_S)
"""Tables, each finer than the one before, see `routing.bound.tables`."""
PROOF_EPS = 0.0005
"""Share of what a run pays by which it may be worth more than it costs where a bound is proven."""
PROOF_RISES = 0.2
"""Share of what is left to prove near some prices by which the bound has to rise for their proof to go on."""
PROOF_LEFT = 0.5
"""Share of what a find must be worth in the round before that leaves too little to go on for, of all that is paid."""
NOISE = 0.01
"""Pence or seconds of a run that is priced anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard one round looks.

    Attributes
    ----------
    n_gates : most gates of the groups that are priced; most : of these, of each family, those that promise most;
        every : one of so many.
    only_doubtful : leave out groups whose best run of the last look is worth nothing now, see `Rounds.promise`.
        only_parted : leave out those that were not split since.
    central : whether prices come from the middle of the best ones. with_links : whether links are looked for.
    eps : share of the least that a run pays that a find must be worth more than it costs.
    n_stages, max_labels : see `pricing.price_groups`, of groups by tables and of those by labels.
    """

    n_gates: int = MAX_GATES
    most: int = 1_000_000
    every: int = 1
    only_doubtful: bool = False
    only_parted: bool = False
    central: bool = False
    with_links: bool = False
    eps: float
    n_stages: int
    max_labels: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all groups are looked at, as far as it is not known that they have nothing to find."""
        return self.n_gates == MAX_GATES and self.every == 1 and not self.only_doubtful


TABLES = Effort(eps=0.01, n_stages=1)
CLOSER = Effort(eps=0.002, n_stages=3, with_links=True, max_labels=200_000)


@dataclass(slots=True, kw_only=True, eq=False)
class Rounds:
    """A bound in the making.

    Attributes
    ----------
    ng : per leg (V, V), see `pricing.price_groups`. history : prices of every round.
    is_time_up : asked between two goes of pricing.
    """

    problem: BoundProblem
    master: Master
    threads: ThreadPoolExecutor
    is_time_up: Callable[[], bool]
    families: list[Family] = field(default_factory=list)
    ng: list[NDArray[np.bool_]] = field(default_factory=list)
    history: list[Prices] = field(default_factory=list)
    _hub_rows: NDArray[np.int64] = field(init=False)
    _ways: list[list[Ways]] = field(init=False)

    def __post_init__(self) -> None:
        """Families of all kinds; every node remembers its nearest few."""
        self.families = list(families_of(self.problem, self.master))
        self.ng = [_near_sets(self.problem, leg) for leg in range(len(self.problem.legs))]
        self._hub_rows = np.ascontiguousarray(self.problem.instance.hubs[:, H_ROW])
        self._ways = [
            [ways_of(leg, profile, self._hub_rows) for profile in range(len(leg.out_s))] for leg in self.problem.legs
        ]

    def price(self, prices: Prices, effort: Effort) -> tuple[int, int, bool]:
        """Look for runs that are worth more than they cost; groups whose looseness leaves doubt are split.

        A whole round that finds little prices the parts at once: a group that is too loose spoils what others prove.

        Returns
        -------
        How many new ones came into the program; how many groups were split; whether time was up before all was priced.
        """
        self.history.append(prices)
        for family in self.families:
            family.rivals.append(rivals_of(self.master, prices, *family.at))
        n_new, n_split, is_cut_short = self._price_once(prices, effort)
        for _ in range(0 if effort.only_doubtful else PARTED_AGAIN):
            if n_split == 0 or n_new >= LEAST_NEW or is_cut_short:
                break
            n_more, n_split, is_cut_short = self._price_once(prices, replace(effort, only_parted=True))
            n_new += n_more
        return n_new, n_split, is_cut_short

    def _price_once(self, prices: Prices, effort: Effort) -> tuple[int, int, bool]:
        """See `price`; what is split is not priced again."""
        chosen_of = [(family, self._worth_pricing(family, prices, effort)) for family in self.families]
        # What takes longest first: no thread is to be left alone with it at the end.
        tasks = [
            (family, alike[a : a + at_once])
            for means, at_once in AT_ONCE
            for family, chosen in chosen_of
            for alike in [chosen[family.means[chosen] == means]]
            for a in range(0, len(alike), at_once)
        ]
        n_critical = sum(family.n_critical for family in self.families)
        cuts: list[dict[int, list[int]]] = [{} for _ in self.families]
        of = {id(family): cut for family, cut in zip(self.families, cuts, strict=True)}
        found = list(
            self.threads.map(lambda task: self._price(task[0], task[1], prices, effort, of[id(task[0])]), tasks)
        )
        if sum(family.n_critical for family in self.families) > n_critical:
            self._drop_repeats()
        n_new = sum(self.master.add(columns) for columns in self._best(found))
        for family, cut in zip(self.families, cuts, strict=True):
            if cut:
                family.split(self.problem.legs[family.leg], cut)
        return n_new, sum(map(len, cuts)), any(each is None for each in found)

    def _best(self, found: Iterable[tuple[Columns, NDArray[np.float64]] | None]) -> Iterable[Columns]:
        """Of runs with their gains, those that gain most, no more than the program can take in at once."""
        told = [each for each in found if each is not None and len(each[1])]
        gains = np.sort(np.concatenate([gain for _, gain in told])) if told else np.zeros(0)
        most = max(LEAST_NEW, NEW_A_DEMAND * self.problem.n_demands)
        least = gains[-most] if len(gains) > most else -np.inf
        return [columns.only(gain >= least) for columns, gain in told]

    def _drop_repeats(self) -> None:
        """Take runs that come again to a critical node out of the program."""
        critical = {
            (*family.at, sequence): nodes for family in self.families for sequence, nodes in family.remembered()
        }
        self.master.drop_unless(
            lambda run: all(run[4:].count(node) < 2 for node in critical.get((run[0], run[1], run[2], run[3]), ()))
        )

    def _worth_pricing(self, family: Family, prices: Prices, effort: Effort) -> NDArray[np.int64]:
        promise = self.promise(family, prices)
        may = family.n_gates <= effort.n_gates
        if effort.only_doubtful:
            may &= (family.seen < 0) | (promise < -_worth(family.least, effort.eps))
        else:
            of = self.known(family, prices)
            may &= of.bound < -_worth(of.least, effort.eps)
        if effort.only_parted:
            may &= family.parted
        chosen = np.flatnonzero(may)[:: effort.every]
        if len(chosen) > effort.most:
            chosen = np.sort(chosen[np.argsort(promise[chosen], kind="stable")[: effort.most]])
        return chosen

    def _price(
        self, family: Family, chosen: NDArray[np.int64], prices: Prices, effort: Effort, cuts: dict[int, list[int]]
    ) -> tuple[Columns, NDArray[np.float64]] | None:
        """Runs of some groups, best first, and what each gains as a share of what a run pays; None if time is up.

        chosen : groups that are looked at by the same means. cuts : filled with where to split groups.
        """
        if self.is_time_up():
            return None
        p, table = self.problem, self.problem.legs[family.leg]
        kind, hours = p.kinds[family.kind], p.hours[family.leg]
        by_time = TimePrices(
            leg=table.leg, sort=kind.sort, long_pence=kind.long_pence, long_after_s=kind.long_after_s, hour=hours.hour,
            times=hours.times, stretch_s=hours.stretch_s, moment_pence=self.master.moment_prices(prices, *family.at),
        )  # fmt: skip
        profile = int(p.instance.supplies[kind.supply, S_PROFILE])
        c = self.master.costs_of(prices, family.leg, family.kind, family.pa)
        groups = [family.groups[k] for k in chosen]
        member_from = np.cumsum([0, *map(len, groups)]).astype(np.int64)
        bound, least, split_at = np.empty(len(chosen)), np.empty(len(chosen)), np.empty((len(chosen), 2), np.int64)
        nodes, figures = np.empty((MAX_FOUND, family.room + 1), np.int64), np.empty((MAX_FOUND, 5))
        critical, begins = family.critical[chosen], family.begins[chosen]
        through = np.empty((len(chosen), len(table.nodes)))
        walks = np.empty((len(chosen), family.room), np.int64)
        fines = self.master.links.fines_of(family, chosen, len(table.nodes))
        means = family.means[chosen[0]]
        n_stages, n_bits = (effort.n_stages, 0) if means == BY_TABLES else (N_STAGES, MOST_BITS)
        max_labels = effort.max_labels if means == BY_LABELS else 0
        n = price_groups(
            table.nodes, table.gate_from, table.gate_to, table.out_s[profile], table.out_m[profile],
            self._hub_rows, kind.base_m[table.leg], table.least_in[profile], kind.turn_s[table.leg],
            table.sequences, member_from, np.concatenate(groups), c, by_time, p.instance.fits, prices.demand,
            float(p.instance.rules[R_OVER_TARGET]), effort.eps, LEAST_RUN_PENCE,
            self.ng[family.leg], fines, n_stages, n_bits, max_labels, PER_GROUP,
            self._ways[family.leg][profile], rivals(self.master, sorted(family.rivals[-1])), critical, begins, bound,
            least, effort.is_whole, through, walks, split_at, nodes, figures,
        )  # fmt: skip
        family.bound[chosen], family.least[chosen], family.parted[chosen] = bound, least, False
        worth = self._worth_of(family, walks, prices)
        family.walks[chosen], family.walk_pence[chosen] = walks, np.where(walks[:, 0] >= 0, bound + worth, np.inf)
        family.seen[chosen] = len(self.history) - 1
        family.critical[chosen], family.begins[chosen] = critical, begins
        for k, at, row in zip(chosen.tolist(), split_at.tolist(), through, strict=True):
            told = np.flatnonzero(row < -NEVER)
            family.homes[k] = (told, row[told]) if len(told) else None
            if at[0] != NO_SPLIT:
                cuts[k] = [gate for gate in at if gate >= 0]
        order = np.argsort(figures[:n, 0], kind="stable")
        nodes, figures = nodes[order], figures[order]
        columns = Columns(
            leg=family.leg, kind=family.kind, pa=family.pa, sequence=nodes[:, -1], nodes=nodes[:, :-1],
            pence=figures[:, 1], own=figures[:, 2].astype(np.int64), seconds=figures[:, 3].astype(np.int64),
            more_s=figures[:, 4].astype(np.int64),
        )  # fmt: skip
        return columns, -figures[:, 0]

    def promise(self, family: Family, prices: Prices) -> NDArray[np.float64]:
        """(G,) reduced cost under some prices of the best run that was last told of each group; inf: there is none.

        No bound: another run may be better now. Fines are those of then.
        """
        return family.walk_pence - self._worth_of(family, family.walks, prices)

    def _worth_of(self, family: Family, walks: NDArray[np.int64], prices: Prices) -> NDArray[np.float64]:
        """(G,) what runs (G, L) are worth at some prices, less what each pays there whatever it visits."""
        c, nodes = self.master.costs_of(prices, *family.at), self.problem.legs[family.leg].nodes
        worth = np.append(prices.demand[nodes[:, V_DEMAND]] - c[C_OWN_PA] * nodes[:, V_OWN], 0.0)
        return np.asarray(worth[walks].sum(axis=1) - c[C_RUN])

    def known(self, family: Family, prices: Prices) -> Known:
        """What earlier pricing says of each group under new prices."""
        return known(self.problem, self.master, family, prices, self.history)

    def prove(
        self, prices: Prices, effort: Effort, finest: float = PROOF_EPS, least: float = -np.inf
    ) -> Iterator[Proven]:
        """What these prices prove, by which all was just priced; then ever more, near lowered ones.

        Prices are lowered until no run at hand is worth more than it costs, and groups in doubt priced again, by the
        finest tables: for as long as the runs found then leave enough to prove above `least`, and it rises.

        finest : share of what a run pays that leaves a group in doubt, where the round's own is no smaller.
        """
        best, least_left = self.proven(prices), PROOF_LEFT * effort.eps
        yield best
        last, effort = -np.inf, replace(effort, eps=min(effort.eps, finest), n_stages=N_STAGES)
        while not self.is_time_up():
            lower = lowered(self.master, prices)
            at_most = self.master.bound_of(lower)
            if at_most <= least:
                return
            n_new, n_split, is_cut_short = self.price(lower, effort)
            proven = self.proven(lower)
            best = max(best, proven, key=lambda each: each.bound)
            yield best
            left = at_most - max(best.bound, least)
            is_enough = left < least_left * at_most or proven.bound - last < PROOF_RISES * left
            if is_cut_short or is_enough or n_new + n_split == 0:
                return
            last = proven.bound

    def proven(self, prices: Prices) -> Proven:
        """The bound that these prices prove, made feasible."""
        return prove_prices(self.master, self.families, prices, [self.known(f, prices) for f in self.families])

    def look_closer(self, most: int, eps: float) -> int:
        """Have closer means look for runs of the groups that the program's solution makes runs up for.

        Such a run comes to a home again, or is not driven at the time and price that it was told with. The finest
        tables are to look for those of its group, and to remember the homes that it comes to again; where they do so
        already, labels are; and where these do, they are to remember the homes on the way, at most so many at a home.
        Runs of all these groups are then driven as they are, and those that come to whom they remember are dropped.
        Where nothing is made up, groups are looked at closer that the last round left in doubt, as for `Effort.eps`.

        After Roberti and Mingozzi, Dynamic ng-path relaxation for the delivery man problem, Transportation Science
        48(3), 2014. Returns how many groups and homes are new.
        """
        group_of = {family.at: family.group_of() for family in self.families}
        of_group: dict[tuple[At, int], list[Key]] = defaultdict(list)
        for run in sorted(self._made_up()):
            at = run[0], run[1], run[2]
            of_group[at, group_of[at][run[3]]].append(run)
        of = {family.at: family for family in self.families}
        n_more = sum(self._look_closer_at(of[at], k, runs, most) for (at, k), runs in sorted(of_group.items()))
        if n_more == 0:
            n_more = self._look_closer_in_doubt(eps)
        if n_more:
            self._drive_closer()
        return n_more

    def _look_closer_in_doubt(self, eps: float) -> int:
        """The same at groups that the last round left in doubt, where labels do not look yet."""
        n_more = 0
        for family in self.families:
            is_last = family.seen == len(self.history) - 1
            in_doubt = is_last & (family.bound < -_worth(family.least, eps)) & (family.means < BY_LABELS)
            family.means[in_doubt] += 1
            n_more += int(in_doubt.sum())
        return n_more

    def _look_closer_at(self, family: Family, k: int, runs: Sequence[Key], most: int) -> int:
        """The same at one group, whose made up runs these are."""
        repeats = [repeat for run in runs for repeat in _visits_twice(run[4:])]
        if family.means[k] == BY_LABELS:
            return _remember_on_the_way(self.ng[family.leg], repeats, most)
        n_new = family.remember(k, sorted({node for node, _ in repeats}))
        if family.means[k] == BY_FINEST and n_new > 0:
            return n_new
        family.means[k] += 1
        return n_new + 1

    def _made_up(self) -> set[Key]:
        """Runs of the program's solution that come to a home again, take longer or cost more than they were told."""
        used = set(self.master.used())
        found = {run for run in used if comes_again(run)}
        for columns in self.master.runs():
            own = columns.only(np.array([key in used for key in columns.run_keys()], np.bool_))
            driven = as_driven(self.problem, own)
            real = dict(zip(driven.run_keys(), _figures(driven), strict=True))
            for key, told in zip(own.run_keys(), _figures(own), strict=True):
                if key not in real or (real[key] > told + NOISE).any():
                    found.add(key)
        return found

    def _drive_closer(self) -> None:
        """Runs of groups that closer means look for as they are, without those that come to whom these remember."""
        sequences: dict[Key, int] = {
            (*family.at, int(sequence)): int(family.means[k])
            for family in self.families
            for k in np.flatnonzero(family.means > BY_TABLES)
            for sequence in family.groups[k]
        }
        self._drop_repeats()
        self.master.drop_unless(lambda run: sequences.get(run[:4]) != BY_LABELS or _keeps(self.ng[run[0]], run[4:]))
        self.drive(lambda run: run[:4] in sequences)

    def drive(self, which: Callable[[Key], bool]) -> None:
        """Some runs at hand at their own price, without those that tables made up, see `as_driven`."""
        driven = [
            as_driven(self.problem, columns.only(np.array([which(run) for run in columns.run_keys()], np.bool_)))
            for columns in self.master.runs()
        ]
        self.master.drop_unless(lambda run: not which(run))
        for columns in driven:
            self.master.add(columns)


def _remember_on_the_way(ng: NDArray[np.bool_], repeats: Iterable[tuple[int, tuple[int, ...]]], most: int) -> int:
    """Have homes between two visits remember who is visited, at most so many at a home; returns how many are new."""
    n_new = 0
    for first, between in repeats:
        if all(ng[v, first] or ng[v].sum() < most for v in between):
            n_new += int((~ng[list(between), first]).sum())
            ng[list(between), first] = True
    return n_new


def _figures(columns: Columns) -> NDArray[np.float64]:
    """(m, 3) pence, seconds on the road, seconds besides."""
    return np.stack([columns.pence, columns.seconds, columns.more_s], axis=1)


def _worth(least: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """What finds must be worth more than they cost, of groups by the least that their runs pay."""
    return share * np.maximum(least, LEAST_RUN_PENCE)


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
