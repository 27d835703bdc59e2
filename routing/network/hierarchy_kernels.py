"""Compiled loops of the contraction hierarchy. Nodes are named by rank; a *slot* is an upward edge.

Signatures are explicit: each is compiled once and kept. See `hierarchy` for shapes and references.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from routing.network.distances import NO_WAY

LANES = 16
"""Sources swept at once; their distances share cache lines."""


@njit("Tuple((i4[::1], i8[::1], i4[::1]))(i8, i8[::1], i4[::1])", cache=True)
def chordal(n, below_offset, below):  # type: ignore[no-untyped-def]
    """Elimination tree and chordal fill, by row subtrees (Liu 1990)."""
    parent = np.full(n, -1, np.int32)
    mark = np.full(n, -1, np.int32)
    count = np.zeros(n + 1, np.int64)
    for i in range(n):
        mark[i] = i
        for e in range(below_offset[i], below_offset[i + 1]):
            k = below[e]
            while mark[k] != i:
                mark[k] = i
                count[k + 1] += 1
                if parent[k] < 0:
                    parent[k] = i
                k = parent[k]
    offset = np.cumsum(count)
    fill = offset[:-1].copy()
    head = np.empty(offset[n], np.int32)
    mark[:] = -1
    for i in range(n):
        mark[i] = i
        for e in range(below_offset[i], below_offset[i + 1]):
            k = below[e]
            while mark[k] != i:
                mark[k] = i
                head[fill[k]] = i
                fill[k] += 1
                k = parent[k]
    return parent, offset, head


@njit("void(i8[::1], i4[::1], i8[::1], i8[::1], i4[::1], i4[::1])", cache=True)
def relax_triangles(offset, head, up, down, up_middle, down_middle):  # type: ignore[no-untyped-def]
    """Lower triangles in order of rank: a slot is at most the way by any lower node."""
    for v in range(len(offset) - 1):
        for e in range(offset[v], offset[v + 1]):
            a = head[e]
            s = offset[a]
            for f in range(e + 1, offset[v + 1]):
                b = head[f]
                while head[s] != b:
                    s += 1
                through = down[e] + up[f]
                if through < up[s]:
                    up[s] = through
                    up_middle[s] = v
                through = down[f] + up[e]
                if through < down[s]:
                    down[s] = through
                    down_middle[s] = v


@njit("Tuple((i4[::1], i4[::1]))(i4[::1], i4[::1])", cache=True)
def ancestors(parent, target_rank):  # type: ignore[no-untyped-def]
    """Targets and their ancestors, highest first: position by rank (-1: none), and the ranks."""
    position = np.full(len(parent), -1, np.int32)
    n = 0
    for t in target_rank:
        x = t
        while x >= 0 and position[x] < 0:
            position[x] = 0
            n += 1
            x = parent[x]
    members = np.empty(n, np.int32)
    at = 0
    for x in range(len(parent) - 1, -1, -1):
        if position[x] >= 0:
            position[x] = at
            members[at] = x
            at += 1
    return position, members


@njit("Tuple((i8[::1], i4[::1], i8[::1]))(i8[::1], i4[::1], i8[::1], i4[::1], i4[::1])", cache=True)
def restrict(offset, head, down, position, members):  # type: ignore[no-untyped-def]
    """The downward edges among `members`, by position; those without a way are left out."""
    n = 0
    for x in members:
        for e in range(offset[x], offset[x + 1]):
            n += down[e] < NO_WAY
    out_offset = np.zeros(len(members) + 1, np.int64)
    out_head = np.empty(n, np.int32)
    out_weight = np.empty(n, np.int64)
    at = 0
    for p in range(len(members)):
        x = members[p]
        for e in range(offset[x], offset[x + 1]):
            if down[e] < NO_WAY:
                out_head[at] = position[head[e]]
                out_weight[at] = down[e]
                at += 1
        out_offset[p + 1] = at
    return out_offset, out_head, out_weight


@njit(
    "void(i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i8[::1], i4[::1],"
    " i4[:, ::1], i8[:, ::1], i8[:, ::1])",
    cache=True,
)
def sweep(  # type: ignore[no-untyped-def]
    parent, offset, head, up, position, low_offset, low_head, low_weight, target, start, start_weight, out
):
    """Up from the starts of each row, then down over the restricted hierarchy, sixteen rows at a time."""
    n_rows, n_members = len(start), len(low_offset) - 1
    reached = np.full(len(parent), NO_WAY, np.int64)
    distance = np.empty((n_members, LANES), np.int64)
    for first in range(0, n_rows, LANES):
        lanes = min(LANES, n_rows - first)
        distance[:] = NO_WAY
        for lane in range(lanes):
            row = first + lane
            at = start[row].copy()
            for k in range(len(at)):
                if at[k] >= 0:
                    reached[at[k]] = min(reached[at[k]], start_weight[row, k])
            while True:
                x = -1
                for k in range(len(at)):
                    if at[k] >= 0 and (x < 0 or at[k] < x):
                        x = at[k]
                if x < 0:
                    break
                for k in range(len(at)):
                    if at[k] == x:
                        at[k] = parent[x]
                here = reached[x]
                reached[x] = NO_WAY
                if position[x] >= 0:
                    distance[position[x], lane] = here
                if here < NO_WAY:
                    for e in range(offset[x], offset[x + 1]):
                        reached[head[e]] = min(reached[head[e]], here + up[e])
        for p in range(n_members):
            for e in range(low_offset[p], low_offset[p + 1]):
                q, w = low_head[e], low_weight[e]
                for lane in range(LANES):
                    distance[p, lane] = min(distance[p, lane], distance[q, lane] + w)
        for lane in range(lanes):
            for t in range(len(target)):
                out[first + lane, t] = min(distance[target[t], lane], NO_WAY)


@njit("i8(i8[::1], i4[::1], i4, i4)", cache=True)
def _slot_of(offset, head, low, high):  # type: ignore[no-untyped-def]
    left, right = offset[low], offset[low + 1]
    while left < right:
        middle = (left + right) // 2
        if head[middle] < high:
            left = middle + 1
        else:
            right = middle
    return left


@njit("void(i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i8[::1], i8[::1], i8[::1])", cache=True)
def _climb(parent, offset, head, weight, start, start_weight, reached, by_slot):  # type: ignore[no-untyped-def]
    """Least weights to all ancestors of the starts, and the slot by which each was reached (-1: a start)."""
    at = start.copy()
    for k in range(len(at)):
        reached[at[k]] = min(reached[at[k]], start_weight[k])
    while True:
        x = -1
        for k in range(len(at)):
            if at[k] >= 0 and (x < 0 or at[k] < x):
                x = at[k]
        if x < 0:
            return
        for k in range(len(at)):
            if at[k] == x:
                at[k] = parent[x]
        if reached[x] < NO_WAY:
            for e in range(offset[x], offset[x + 1]):
                y = head[e]
                if reached[x] + weight[e] < reached[y]:
                    reached[y] = reached[x] + weight[e]
                    by_slot[y] = e


@njit(
    "Tuple((i8, i4[::1]))(i4[::1], i8[::1], i4[::1], i4[::1], i8[::1], i8[::1], i4[::1], i4[::1],"
    " i4[::1], i4[::1], i4[::1], i8[::1], i4[::1], i8[::1])",
    cache=True,
)
def query(  # type: ignore[no-untyped-def]
    parent,
    offset,
    head,
    tail,
    up,
    down,
    up_middle,
    down_middle,
    up_arc,
    down_arc,
    start,
    start_weight,
    end,
    end_weight,
):
    """Meet in the elimination tree, then unpack every slot into arcs."""
    n = len(parent)
    from_start, to_end = np.full(n, NO_WAY, np.int64), np.full(n, NO_WAY, np.int64)
    start_slot, end_slot = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    _climb(parent, offset, head, up, start, start_weight, from_start, start_slot)
    _climb(parent, offset, head, down, end, end_weight, to_end, end_slot)
    best, meet = np.int64(NO_WAY), -1
    for first in start:
        x = first
        while x >= 0:
            if from_start[x] + to_end[x] < best:
                best, meet = from_start[x] + to_end[x], x
            x = parent[x]
    arcs = [np.int32(0) for _ in range(0)]
    if meet < 0:
        return best, np.array(arcs, np.int32)
    # Slots in reverse order of driving on a stack; the sign of the second entry tells the direction.
    stack = [(np.int64(0), True) for _ in range(0)]
    chain = [np.int64(0) for _ in range(0)]
    x = meet
    while end_slot[x] >= 0:
        chain.append(end_slot[x])
        x = tail[end_slot[x]]
    for k in range(len(chain) - 1, -1, -1):
        stack.append((chain[k], False))
    x = meet
    while start_slot[x] >= 0:
        stack.append((start_slot[x], True))
        x = tail[start_slot[x]]
    while len(stack) > 0:
        slot, upward = stack.pop()
        middle = up_middle[slot] if upward else down_middle[slot]
        if middle < 0:
            arcs.append(up_arc[slot] if upward else down_arc[slot])
            continue
        low_slot, high_slot = (
            _slot_of(offset, head, middle, tail[slot]),
            _slot_of(offset, head, middle, head[slot]),
        )
        if upward:
            stack.append((high_slot, True))
            stack.append((low_slot, False))
        else:
            stack.append((low_slot, True))
            stack.append((high_slot, False))
    return best, np.array(arcs, np.int32)
