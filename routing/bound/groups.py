"""Sequences of one inner gate taken together: a run through any of them, at no more than it costs through its own.

A group has the least offset of each gate, and the miles between gates and the way back of its cheapest sequence. A
gate that not every sequence has puts a *toll* on the homes of its passengers: the miles to it, shared out over as many
as can ride, so that a run that calls there pays no more than it must. What a group proves holds for each of its
sequences; one that leaves doubt is split at a gate, into the sequences that have it and those that do not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from routing.bound.fields import (
    BACK_TO_FIRST,
    C_EMPTY,
    C_METRE,
    C_OWN_PA,
    C_PA,
    C_ROOM,
    C_RUN,
    C_TAGS,
    FROM_BASE,
    MAX_GATES,
    NO_EMPTY_MILES,
    Q_DRIVE,
    Q_GATES,
    Q_OFFSETS,
    Q_SPAN,
    V_AT_GATE,
    V_CAP,
    V_CHAIR,
    V_DEMAND,
    V_GATE,
    V_OWN,
    V_ROW,
    V_SERVICE,
    V_SHARED,
    V_TAGS,
    V_TARGET,
)
from routing.bound.hours import ALONE, more_at_gates, price_besides, price_of_end
from routing.bound.loads import most_seats
from routing.bound.local import NEVER, over_pence
from routing.evaluate import FAR
from routing.numba_cache import njit, njit_inner


class Group(NamedTuple):
    """What is known of a group's gates, (H,), and of its sequences, (m,).

    n_in : sequences that have the gate. offset : least of these. toll : pence of calling there that no other pays;
    share : of it, what each passenger pays. extra : pence of a sequence's miles between gates and to a base; rest :
    of these, what no toll and not every sequence pays; far : row of its outermost gate.
    """

    n_in: Any
    offset: Any
    toll: Any
    share: Any
    extra: Any
    rest: Any
    far: Any


@njit
def make_group(n_gates: int, n_members: int) -> Any:
    """Room for a group."""
    return Group(
        n_in=np.zeros(n_gates, np.int64), offset=np.zeros(n_gates, np.int64), toll=np.zeros(n_gates),
        share=np.zeros(n_gates), extra=np.zeros(n_members), rest=np.zeros(n_members), far=np.zeros(n_members, np.int64),
    )  # fmt: skip


@njit_inner
def extra_pence(out_m: Any, hub_rows: Any, base_m: Any, sequence: Any, c: Any) -> tuple[float, int]:
    """Miles between the gates of a sequence and to the base, and the row of its outermost gate."""
    pence, far = 0.0, hub_rows[sequence[Q_GATES]]
    for k in range(1, MAX_GATES):
        if sequence[Q_GATES + k] >= 0:
            row = hub_rows[sequence[Q_GATES + k]]
            pence += c[C_METRE] * out_m[row, far]
            far = row
    if c[C_EMPTY] == FROM_BASE and base_m[1, far] < FAR:
        pence += c[C_METRE] * base_m[1, far]
    return float(pence), far


@njit_inner
def fill_group(out_m: Any, hub_rows: Any, base_m: Any, sequences: Any, members: Any, c: Any, group: Any) -> float:
    """Gates and prices of a group into `group`; returns what each of its runs pays whatever it visits."""
    least = -NEVER
    group.n_in[:], group.offset[:], group.toll[:] = 0, FAR, -NEVER
    for m in range(len(members)):
        sequence = sequences[members[m]]
        group.extra[m], group.far[m] = extra_pence(out_m, hub_rows, base_m, sequence, c)
        least = min(least, group.extra[m])
        for k in range(MAX_GATES):
            gate = sequence[Q_GATES + k]
            if gate >= 0:
                group.n_in[gate] += 1
                group.offset[gate] = min(group.offset[gate], sequence[Q_OFFSETS + k])
    for m in range(len(members)):
        sequence = sequences[members[m]]
        n_own = 0
        for k in range(MAX_GATES):
            n_own += sequence[Q_GATES + k] >= 0 and group.n_in[sequence[Q_GATES + k]] < len(members)
        for k in range(MAX_GATES):
            gate = sequence[Q_GATES + k]
            if gate >= 0:
                of_all = group.n_in[gate] == len(members)
                group.toll[gate] = 0.0 if of_all else min(group.toll[gate], (group.extra[m] - least) / n_own)
    for m in range(len(members)):
        sequence = sequences[members[m]]
        group.rest[m] = group.extra[m] - least
        for k in range(MAX_GATES):
            if sequence[Q_GATES + k] >= 0:
                group.rest[m] -= group.toll[sequence[Q_GATES + k]]
    return float(c[C_RUN] + least)


@njit_inner
def way_back(out_m: Any, base_m: Any, row: int, far: int, c: Any) -> float:
    """Pence of the empty miles of a run that has a home outermost."""
    if c[C_EMPTY] == NO_EMPTY_MILES:
        return 0.0
    metres = float(out_m[row, far]) if c[C_EMPTY] == BACK_TO_FIRST else float(base_m[0, row])
    # Where there is no road that it may take: empty, it is priced by any road.
    return float(c[C_METRE] * metres) if metres < FAR else 0.0


@njit_inner
def least_span(sequences: Any, members: Any) -> int:
    """Least time at and between gates."""
    span = sequences[members[0], Q_SPAN]
    for m in range(1, len(members)):
        span = min(span, sequences[members[m], Q_SPAN])
    return int(span)


@njit_inner
def find_more(sequences: Any, members: Any, by_time: Any, n_loads: int, tab: Any) -> None:
    """What service at gates beyond the span does to a run with each load, into tab.more_s and tab.more_pence."""
    span, drive = least_span(sequences, members), sequences[members[0], Q_DRIVE]
    for m in range(1, len(members)):
        drive = min(drive, sequences[members[m], Q_DRIVE])
    may_pay = by_time.sort != ALONE and by_time.moment_pence.sum() > 0.0
    for load in range(n_loads):
        at_gates = tab.at_gates[load]
        tab.more_s[load], tab.more_pence[load] = max(0, drive + at_gates - span), 0.0
        if may_pay and at_gates < FAR:
            least = -NEVER
            for m in range(len(members)):
                sequence = sequences[members[m]]
                least = min(least, price_besides(sequence, more_at_gates(sequence, at_gates), by_time))
            tab.more_pence[load] = least


@njit_inner
def fill_nodes(
    nodes: Any, gate_from: Any, gate_to: Any, out_s: Any, out_m: Any, hub_rows: Any, base_m: Any, turn_s: Any,
    most_s: int, sequences: Any, members: Any, group: Any, c: Any, vehicle_holds: Any, price: Any, at: Any, x: Any,
) -> int:  # fmt: skip
    """The nodes that a run of a group with this kind of vehicle may visit, into x (Local); how many.

    turn_s : (n,) seconds of the turn after a run that has a row outermost. most_s : of a run with its turn.
    at : (V,) filled with the place of each node in x, -1: not there.
    """
    near_row, span = hub_rows[sequences[members[0], Q_GATES]], least_span(sequences, members)
    pa, tags, n = int(c[C_PA]), int(c[C_TAGS]), 0
    at[:] = -1
    for gate in range(len(group.n_in)):
        if group.n_in[gate] == 0:
            continue
        first = n
        for v in range(gate_from[gate], gate_to[gate]):
            row, own, chair = nodes[v, V_ROW], nodes[v, V_OWN], nodes[v, V_CHAIR]
            leave = nodes[v, V_SERVICE] + span + turn_s[row]
            go, seats = out_s[near_row, row], 1 - chair + own
            cap = min(nodes[v, V_CAP] - group.offset[gate], most_s - leave)
            has_room = most_seats(vehicle_holds, pa, chair) >= seats
            if not has_room or (nodes[v, V_SHARED] and not pa) or nodes[v, V_TAGS] & ~tags or go > cap:
                continue
            at[v] = n
            x.who[n], x.seats[n], x.chairs[n] = v, seats, chair
            x.gain[n] = price[nodes[v, V_DEMAND]] - c[C_OWN_PA] * own
            x.cap[n], x.target[n] = cap, nodes[v, V_TARGET] - group.offset[gate]
            x.at_gate[n], x.leave[n], x.home[n] = nodes[v, V_AT_GATE], leave, -NEVER
            x.first_go[n], x.first_cost[n] = go, c[C_METRE] * out_m[near_row, row]
            n += 1
        group.share[gate] = group.toll[gate] / max(1, min(n - first, int(c[C_ROOM])))
        for i in range(first, n):
            x.gain[i] -= group.share[gate]
    for m in range(len(members)):
        for k in range(MAX_GATES):
            gate = sequences[members[m], Q_GATES + k]
            if gate >= 0:
                for v in range(gate_from[gate], gate_to[gate]):
                    if at[v] >= 0:
                        back = way_back(out_m, base_m, nodes[v, V_ROW], group.far[m], c)
                        x.home[at[v]] = min(x.home[at[v]], group.rest[m] + back)
    return n


@njit_inner
def real_member(
    t: int, paid_by_end: float, nodes: Any, out_m: Any, base_m: Any, sequences: Any, members: Any, group: Any, c: Any,
    rate: float, by_time: Any, x: Any, walk: Any, length: int,
) -> tuple[int, float, int, int, float]:  # fmt: skip
    """The sequence on which a run is cheapest, with its own miles, offsets, service and clock; -1: it fits on none.

    t : time at the run's end by the table; paid_by_end : what that makes it pay there. by_time : see
        `hours.TimePrices`. walk : (2, L) nodes and times.

    Returns
    -------
    The member; how much more the run costs there than it pays in the group; its seconds on the road by the span, and
    besides; pence by these.
    """
    end = walk[0, length - 1]
    span, row = least_span(sequences, members), nodes[x.who[end], V_ROW]
    paid, at_gates = x.home[end] + paid_by_end, 0
    for i in range(length):
        paid += group.share[nodes[x.who[walk[0, i]], V_GATE]]
        at_gates += x.at_gate[walk[0, i]]
    best, least, best_s, best_more_s, best_end = -1, -NEVER, 0, 0, 0.0
    for m in range(len(members)):
        sequence = sequences[members[m]]
        late = pence_of_later(nodes, sequence, group, rate, x, walk, length)
        if late >= -NEVER:
            continue
        seconds = t + x.leave[end] + sequence[Q_SPAN] - span
        more_s = more_at_gates(sequence, at_gates)
        of_end = price_of_end(sequence, seconds, more_s, by_time)
        pence = late + of_end + group.rest[m] + way_back(out_m, base_m, row, group.far[m], c)
        for k in range(MAX_GATES):
            if sequence[Q_GATES + k] >= 0:
                pence += group.toll[sequence[Q_GATES + k]]
        if pence < least:
            best, least, best_s, best_more_s, best_end = m, pence, seconds, more_s, of_end
    return best, least - paid, best_s, best_more_s, best_end


@njit_inner
def pence_of_later(nodes: Any, sequence: Any, group: Any, rate: float, x: Any, walk: Any, length: int) -> float:
    """What rides over their wish cost more at a sequence's own offsets than at a group's; -NEVER: one is too long."""
    pence = 0.0
    for i in range(length):
        home, t = walk[0, i], walk[1, i]
        gate, more = nodes[x.who[home], V_GATE], -1
        for k in range(MAX_GATES):
            if sequence[Q_GATES + k] == gate:
                more = sequence[Q_OFFSETS + k] - group.offset[gate]
        if more < 0 or t + more > x.cap[home]:
            return -NEVER
        if more > 0:
            pence += over_pence(rate, t + more, x.target[home]) - over_pence(rate, t, x.target[home])
    return pence


@njit_inner
def gate_to_split_at(nodes: Any, group: Any, n_members: int, x: Any, walk: Any, length: int, but: int) -> int:
    """The gate, but one, that pays least of its toll: of those that the run visits, else of all; -1: there is none."""
    best, worst = -1, -NEVER
    for gate in range(len(group.n_in)):
        if gate == but or group.n_in[gate] == 0 or group.n_in[gate] == n_members:
            continue
        n = 0
        for i in range(length):
            n += nodes[x.who[walk[0, i]], V_GATE] == gate
        # Those visited come first, by any margin.
        short = n * group.share[gate] - group.toll[gate] - (1e9 if n else 0.0)
        if short < worst:
            best, worst = gate, short
    return best
