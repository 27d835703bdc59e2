"""A home is served by a group of gate sequences at most as often as the group is driven.

A run comes to a home once. The runs that tables make up may come twice, and half of such a run would serve the home
whole: half a vehicle for all of it. A *link* says of some sequences, one kind of vehicle and one node that all their
runs together come to it no more often than there are runs: a run counts its visits less one. No real run breaks it, so
the bound stays valid; its price is a fine on each visit and a refund to each run, which leaves the tables as they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from routing.bound.families import Family

At = tuple[int, int, int]
"""Leg, kind, PA."""
Run = tuple[int, ...]
"""Leg, kind, PA, row of the leg's sequences, nodes outwards."""
OVER = 0.02
"""Share of a fortnight's days by which a home is served too often before a link is worth its row."""
MOST_AT_ONCE = 300
MOST_SLACK = 1_500
"""Links above which those that cost nothing are taken out."""
LEAST_FINE = 10.0
"""Pence below which a fine is not asked for: those held would never end otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Broken:
    """Links that a solution breaks: nodes, and the group of sequences whose runs come to them too often."""

    at: At
    group: NDArray[np.int64]
    nodes: list[int]


@dataclass(slots=True, kw_only=True, eq=False)
class Link:
    """One node of a bundle.

    Attributes
    ----------
    row : of the program. fine : its price in the last solution, >= 0. held : that of the best prices so far.
    asked : that of the next round of pricing, the same unless `Links.ask` says otherwise.
    """

    node: int
    row: int
    fine: float = 0.0
    held: float = 0.0
    asked: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False)
class Bundle:
    """The links of one leg, kind and PA that speak of the same sequences.

    has : (Q,) which sequences.
    """

    has: NDArray[np.bool_]
    links: list[Link] = field(default_factory=list)

    def entry(self, run: Run) -> dict[int, float]:
        """What a run counts in the rows."""
        if not self.has[run[3]]:
            return {}
        return {link.row: counted for link in self.links if (counted := _counted(run, link.node))}


class Links:
    """The links of a linear program, behind its other rows.

    Attributes
    ----------
    bundles : by leg, kind and PA.
    """

    def __init__(self, lp: Any, infinity: float, n_sequences: Sequence[int]) -> None:
        self._lp, self._inf = lp, infinity
        self._n_sequences = n_sequences
        self.bundles: dict[At, list[Bundle]] = defaultdict(list)

    def entry(self, run: Run) -> dict[int, float]:
        """What a run counts in all rows of links."""
        found: dict[int, float] = {}
        for bundle in self.bundles[run[0], run[1], run[2]]:
            found |= bundle.entry(run)
        return found

    def add(self, broken: Sequence[Broken], runs: Sequence[Run], first_column: int) -> None:
        """Put links into the program, whose runs stand in the columns from the first on."""
        of: dict[tuple[int, ...], list[tuple[int, Run]]] = defaultdict(list)
        for m, run in enumerate(runs):
            of[run[:3]].append((first_column + m, run))
        for links in broken:
            bundle = self._bundle(links)
            own = [(column, run) for column, run in of[links.at] if bundle.has[run[3]]]
            for node in links.nodes:
                row = self._add_row({column: counted for column, run in own if (counted := _counted(run, node))})
                bundle.links.append(Link(node=node, row=row))

    def _bundle(self, links: Broken) -> Bundle:
        """That of a group of sequences, a new one where there is none."""
        for bundle in self.bundles[links.at]:
            if bundle.has[links.group].all() and bundle.has.sum() == len(links.group):
                return bundle
        has = np.zeros(self._n_sequences[links.at[0]], np.bool_)
        has[links.group] = True
        bundle = Bundle(has=has)
        self.bundles[links.at].append(bundle)
        return bundle

    def _add_row(self, entry: dict[int, float]) -> int:
        self._lp.addRow(-self._inf, 0.0, len(entry), np.array(list(entry), np.int32), np.array(list(entry.values())))
        return int(self._lp.getNumRow()) - 1

    def read(self, prices: NDArray[np.float64]) -> None:
        """Take the fines from the prices of all rows."""
        for link in self._all():
            link.fine = link.asked = float(prices[link.row])

    def ask(self, share: float) -> None:
        """Have the next round ask for fines on the way to those held, a share of it."""
        for link in self._all():
            asked = (1.0 - share) * link.fine + share * link.held
            link.asked = asked if asked >= LEAST_FINE else 0.0

    def fill_asked(self, worth: NDArray[np.float64]) -> None:
        """Put what one more in each row of links is worth to a run."""
        for link in self._all():
            worth[link.row] = -link.asked

    def hold(self) -> None:
        """Hold the fines that the last round asked for."""
        for link in self._all():
            link.held = link.asked

    def drop_slack(self) -> None:
        """Take out those that cost nothing, where there are many."""
        if len(list(self._all())) <= MOST_SLACK:
            return
        gone: list[int] = []
        for bundle in self._bundles():
            gone += [link.row for link in bundle.links if not _costs(link)]
            bundle.links = [link for link in bundle.links if _costs(link)]
        for at, bundles in self.bundles.items():
            self.bundles[at] = [bundle for bundle in bundles if bundle.links]
        gone.sort()
        self._lp.deleteRows(len(gone), np.array(gone, np.int32))
        for link in self._all():
            link.row -= bisect_left(gone, link.row)

    def fines_of(self, family: Family, groups: NDArray[np.int64], n_nodes: int) -> NDArray[np.float64]:
        """(k, V) fines of a visit by each of some groups of a family."""
        fines = np.zeros((len(groups), n_nodes))
        first = np.array([int(family.groups[g][0]) for g in groups], np.int64)
        for bundle in self.bundles[family.at]:
            for g in np.flatnonzero(bundle.has[first]).tolist():
                for link in bundle.links:
                    fines[g, link.node] += link.asked
        return fines

    def _bundles(self) -> Iterator[Bundle]:
        return (bundle for bundles in self.bundles.values() for bundle in bundles)

    def _all(self) -> Iterator[Link]:
        return (link for bundle in self._bundles() for link in bundle.links)


def _counted(run: Run, node: int) -> float:
    """What a run of the sequences counts in the row of a link: its visits to the node, less one."""
    return run[4:].count(node) - 1.0


def _costs(link: Link) -> bool:
    """Whether it is asked for anything, or was when most was proven."""
    return link.fine > 0.0 or link.held > 0.0


def broken_links(families: Iterable[Family], driven: Iterable[tuple[Run, float]], days: float) -> list[Broken]:
    """The links that a solution breaks most.

    Parameters
    ----------
    driven : runs and how often a fortnight each is driven. days : of a fortnight.
    """
    runs: dict[At, list[tuple[Run, float]]] = defaultdict(list)
    for run, often in driven:
        runs[run[0], run[1], run[2]].append((run, often))
    found: list[tuple[float, At, int, int]] = []
    of = {family.at: family for family in families}
    for at, own in runs.items():
        if any(comes_again(run) for run, _ in own):
            found += [(over, at, g, v) for over, g, v in _too_often(of[at], own, OVER * days)]
    nodes: dict[tuple[At, int], list[int]] = defaultdict(list)
    for _, at, g, v in sorted(found, reverse=True)[:MOST_AT_ONCE]:
        nodes[at, g].append(v)
    return [Broken(at=at, group=of[at].groups[g], nodes=vs) for (at, g), vs in nodes.items()]


def comes_again(run: Run) -> bool:
    """Whether a run comes to some home more than once."""
    return len(set(run[4:])) < len(run) - 4


def _too_often(family: Family, runs: Sequence[tuple[Run, float]], spare: float) -> Iterator[tuple[float, int, int]]:
    """By how much, which group, which node."""
    group_of = family.group_of()
    driven: dict[int, float] = defaultdict(float)
    visits: dict[tuple[int, int], float] = defaultdict(float)
    for run, often in runs:
        g = group_of[run[3]]
        driven[g] += often
        for v in run[4:]:
            visits[g, v] += often
    return ((often - driven[g], g, v) for (g, v), often in visits.items() if often > driven[g] + spare)
