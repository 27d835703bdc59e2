"""Turn restrictions: from relations of ways to pairs of edges that must not follow each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.network.graph import IdArray
from routing.network.streets import Streets


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """One relation of type restriction, as tagged."""

    kind: str
    from_ways: tuple[int, ...]
    to_ways: tuple[int, ...]
    via_nodes: tuple[int, ...]
    n_via_ways: int


class _Corners:
    """Edges that end and that start at each junction."""

    def __init__(self, streets: Streets, junction_ref: IdArray) -> None:
        self.tail, self.head = streets.edge_tail, streets.edge_head
        self.way = streets.segment_way_id[streets.edge_segment]
        self.segment = streets.edge_segment
        self.junction_by_ref = {int(ref): idx for idx, ref in enumerate(junction_ref)}
        self._by_head, self._by_tail = (
            np.argsort(self.head, kind="stable"),
            np.argsort(self.tail, kind="stable"),
        )
        self._heads, self._tails = self.head[self._by_head], self.tail[self._by_tail]

    def coming(self, junction: int) -> list[int]:
        low, high = np.searchsorted(self._heads, [junction, junction + 1])
        return [int(edge) for edge in self._by_head[low:high]]

    def leaving(self, junction: int) -> list[int]:
        low, high = np.searchsorted(self._tails, [junction, junction + 1])
        return [int(edge) for edge in self._by_tail[low:high]]


def forbidden_turns_of(
    restrictions: Sequence[Restriction], streets: Streets, junction_ref: IdArray
) -> tuple[IdArray, Counter[str]]:
    """Pairs of edges that must not follow each other, and how many relations were applied or left out.

    Parameters
    ----------
    junction_ref : (n_junctions,) OpenStreetMap node of every junction.

    Returns
    -------
    (n, 2) edge by which one comes and edge by which one may not go on; and counts by "applied", "via a way",
    "ambiguous", "not on the streets", "unknown kind".
    """
    counts: Counter[str] = Counter()
    pairs: set[tuple[int, int]] = set()
    if not restrictions:
        return np.empty((0, 2), np.int64), counts
    corners = _Corners(streets, junction_ref)
    for restriction in restrictions:
        outcome, turns = _turns_of(restriction, corners)
        counts[outcome] += 1
        pairs.update(turns)
    return np.array(sorted(pairs), np.int64).reshape(-1, 2), counts


def _turns_of(restriction: Restriction, corners: _Corners) -> tuple[str, list[tuple[int, int]]]:
    if restriction.n_via_ways:
        return "via a way", []
    if not restriction.kind.startswith(("no_", "only_")):
        return "unknown kind", []
    if len(restriction.via_nodes) != 1 or not restriction.from_ways or not restriction.to_ways:
        return "ambiguous", []
    junction = corners.junction_by_ref.get(restriction.via_nodes[0])
    if junction is None:
        return "not on the streets", []
    leaving = corners.leaving(junction)
    came_by = [edge for edge in corners.coming(junction) if corners.way[edge] in restriction.from_ways]
    go_by = [edge for edge in leaving if corners.way[edge] in restriction.to_ways]
    if not came_by or not go_by:
        return "not on the streets", []
    if restriction.kind == "no_u_turn" and set(restriction.from_ways) == set(restriction.to_ways):
        return "applied", [(a, b) for a in came_by for b in go_by if corners.segment[a] == corners.segment[b]]
    one_each = len(restriction.from_ways) == len(restriction.to_ways) == 1
    if one_each and (len(came_by) > 1 or len(go_by) > 1):
        return "ambiguous", []
    if restriction.kind.startswith("only_"):
        return "applied", [(a, b) for a in came_by for b in leaving if b not in go_by]
    return "applied", [(a, b) for a in came_by for b in go_by]
