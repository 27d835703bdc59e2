"""The cheapest run through each sequence of gates at given prices: a table first, labels where the table leaves doubt.

A run is grown outwards, from the gate that its homes lie next to: AM towards the first home, PM towards the last. `t`
is the time between a home and that gate; a ride is `t` plus the gate's offset, which the sequence fixes. Both legs are
the same problem on matrices that are turned round: `out[i, j]` belongs to going outwards from i to j.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.bound.labels import grow_labels, remember, take_best, write_run
from routing.bound.local import (
    END_STEP_S,
    N_END_STEPS,
    NEVER,
    end_pence,
    make_labels,
    make_local,
    make_table,
)
from routing.bound.tables import STEPS_S, find_reach, prove_by_tables
from routing.evaluate import FAR
from routing.numba_cache import njit, njit_inner

MAX_GATES = 3
"""Most gates of a sequence."""

# Columns of a leg's nodes: number of the demand, gate, row and number of the place, ride cap and wish in seconds,
# service seconds at home, wheelchair, own PAs, shared PA, tags asked of the vehicle.
V_DEMAND, V_GATE, V_ROW, V_PLACE, V_CAP, V_TARGET, V_SERVICE, V_CHAIR, V_OWN, V_SHARED, V_TAGS = range(11)
N_NODE_COLUMNS = 11

# What a run costs with one kind of vehicle: pence a metre, pence that every run pays, pence an own PA, which empty
# miles are paid, vehicle class, tags, shared PA on board (0 or 1), most places of a layout that people can take.
(
    C_METRE, C_RUN, C_OWN_PA, C_EMPTY, C_CLASS, C_TAGS, C_PA, C_ROOM,
) = range(8)  # fmt: skip
N_COST_COLUMNS = 8
NO_EMPTY_MILES, BACK_TO_FIRST, FROM_BASE = range(3)
"""None; from the last stop to the first; from and to a base, the nearest of several."""

# Fields of one sequence: gates outwards from the homes (-1: no more), their offsets, the time at and between the gates;
# and its clock: AM the latest that the homes may end and the earliest that the run may, PM the latest start of the run
# and the earliest that the homes may begin.
Q_GATES, Q_OFFSETS, Q_SPAN, Q_LATEST, Q_EARLIEST = 0, MAX_GATES, 2 * MAX_GATES, 2 * MAX_GATES + 1, 2 * MAX_GATES + 2
N_SEQUENCE_COLUMNS = 2 * MAX_GATES + 3


def is_out(leg: int, sequence: Any, homes_s: int, moment: int) -> bool:
    """Whether a run of this sequence that spends so long at its homes is under way at a time of day on every clock."""
    if leg == 0:
        return bool(sequence[Q_LATEST] - homes_s <= moment < sequence[Q_EARLIEST])
    return bool(sequence[Q_LATEST] <= moment < sequence[Q_EARLIEST] + homes_s)


is_out_at = njit_inner(is_out)


@njit_inner
def end_prices(leg: int, sequence: Any, long_pence: Any, moments: Any, moment_pence: Any, ends: Any) -> None:
    """Price of a run by its minutes on the road: the surcharge, and each moment of the day at which it must be out."""
    for m in range(N_END_STEPS):
        ends[m] = long_pence[m]
        homes_s = max(0, m * END_STEP_S - sequence[Q_SPAN])
        for k in range(len(moments)):
            if moment_pence[k] > 0.0 and is_out_at(leg, sequence, homes_s, moments[k]):
                ends[m] += moment_pence[k]


@njit_inner
def fixed_pence(out_m: Any, hub_rows: Any, base_m: Any, sequence: Any, c: Any) -> float:
    """What every run through these gates pays: the price of a run, the miles between gates and to the base."""
    pence, far = c[C_RUN], hub_rows[sequence[Q_GATES]]
    for k in range(1, MAX_GATES):
        if sequence[Q_GATES + k] >= 0:
            row = hub_rows[sequence[Q_GATES + k]]
            pence += c[C_METRE] * out_m[row, far]
            far = row
    if c[C_EMPTY] == FROM_BASE and base_m[1, far] < FAR:
        pence += c[C_METRE] * base_m[1, far]
    return float(pence)


@njit_inner
def fill_nodes(
    nodes: Any, gate_from: Any, gate_to: Any, out_s: Any, out_m: Any, hub_rows: Any, base_m: Any, sequence: Any, c: Any,
    holds: Any, price: Any, x: Any,
) -> int:  # fmt: skip
    """The nodes that a run through these gates with this kind of vehicle may visit, into x (Local); how many."""
    near_row, far_row = hub_rows[sequence[Q_GATES]], -1
    for k in range(MAX_GATES):
        if sequence[Q_GATES + k] >= 0:
            far_row = hub_rows[sequence[Q_GATES + k]]
    empty, pa, tags = int(c[C_EMPTY]), int(c[C_PA]), int(c[C_TAGS])
    n = 0
    for k in range(MAX_GATES):
        gate = sequence[Q_GATES + k]
        if gate < 0:
            break
        offset = sequence[Q_OFFSETS + k]
        for v in range(gate_from[gate], gate_to[gate]):
            row, own, chair = nodes[v, V_ROW], nodes[v, V_OWN], nodes[v, V_CHAIR]
            go, seats = out_s[near_row, row], 1 - chair + own
            back = 0.0
            if empty != NO_EMPTY_MILES:
                back = float(out_m[row, far_row]) if empty == BACK_TO_FIRST else float(base_m[0, row])
                if back >= FAR:
                    back = 0.0  # no road that it may take: empty, it is priced by any road
            has_room = chair < holds.shape[0] and seats + pa < holds.shape[1] and holds[chair, seats + pa]
            if not has_room or (nodes[v, V_SHARED] and not pa) or nodes[v, V_TAGS] & ~tags:
                continue
            if go > nodes[v, V_CAP] - offset:
                continue
            x.who[n], x.seats[n], x.chairs[n] = v, seats, chair
            x.gain[n] = price[nodes[v, V_DEMAND]] - c[C_OWN_PA] * own
            x.cap[n], x.target[n] = nodes[v, V_CAP] - offset, nodes[v, V_TARGET] - offset
            x.leave[n], x.home[n] = nodes[v, V_SERVICE] + sequence[Q_SPAN], c[C_METRE] * back
            x.first_go[n], x.first_cost[n] = go, c[C_METRE] * out_m[near_row, row]
            n += 1
    return n


@njit_inner
def fill_arcs(n: int, nodes: Any, out_s: Any, out_m: Any, metre: float, x: Any) -> None:
    """Seconds and pence between nodes: nothing between those at one place, no way between two of one demand."""
    for i in range(n):
        a = nodes[x.who[i]]
        for j in range(n):
            b = nodes[x.who[j]]
            if a[V_DEMAND] == b[V_DEMAND]:
                x.go[i, j], x.cost[i, j] = FAR, -NEVER
            elif a[V_PLACE] == b[V_PLACE]:
                x.go[i, j], x.cost[i, j] = 0, 0.0
            else:
                x.go[i, j] = min(FAR, a[V_SERVICE] + out_s[a[V_ROW], b[V_ROW]])
                x.cost[i, j] = metre * out_m[a[V_ROW], b[V_ROW]]


@njit_inner
def rough_gain(n: int, x: Any, least_in: Any, metre: float, room: int) -> float:
    """Most that a run can gain if every home costs only its nearest neighbour, the shortest way back once."""
    back = -NEVER
    for i in range(n):
        x.value[i] = x.gain[i] - metre * least_in[x.who[i]]
        back = min(back, x.home[i])
    total = 0.0
    for _ in range(room):
        best = -1
        for i in range(n):
            if x.value[i] > 0.0 and (best < 0 or x.value[i] > x.value[best]):
                best = i
        if best < 0:
            break
        total += x.value[best]
        x.value[best] = 0.0
    return total - back


@njit_inner
def n_nodes(gate_from: Any, gate_to: Any, sequence: Any) -> int:
    """Nodes of a sequence's gates."""
    n = 0
    for k in range(MAX_GATES):
        if sequence[Q_GATES + k] >= 0:
            n += gate_to[sequence[Q_GATES + k]] - gate_from[sequence[Q_GATES + k]]
    return n


@njit
def price_sequences(
    leg: int, nodes: Any, gate_from: Any, gate_to: Any, out_s: Any, out_m: Any, hub_rows: Any, base_m: Any,
    least_in: Any, sequences: Any, chosen: Any, c: Any, long_pence: Any, moments: Any, moment_pence: Any, fits: Any,
    price: Any, rate: float, eps: float, ng_of: Any, fines: Any, n_stages: int, n_turns: int, width: int,
    max_labels: int, per_sequence: int, bound: Any, least_price: Any, found: Any, figures: Any,
) -> int:  # fmt: skip
    """Cheapest runs with one kind of vehicle through each of some sequences; returns how many were found.

    Parameters
    ----------
    leg : 0 AM, 1 PM.
    nodes : (V, 11), columns V_*; those of a gate that may ride in company are [gate_from, gate_to), each (H,).
    out_s, out_m : (n, n) seconds and metres outwards. hub_rows : (H,).
    base_m : (2, n) metres from each row outwards to the nearest base, and from it. least_in : (V,) metres into it.
    sequences : (Q, 9), columns Q_*; chosen : (k,) which of them.
    c : (8,), positions C_*. long_pence : (N_END_STEPS,) surcharge by minutes on the road.
    moments, moment_pence : (T,) times of the day, and what being out then costs.
    fits : (C + 1, seats + 1, wheelchairs + 1). price : (D,) what serving a demand once is worth.
    rate : pence a minute over the wish. eps : runs with a reduced cost above -eps are not looked for.
    ng_of : (V, V) whether a label at a node goes on remembering another one.
    fines : (V,) fines to begin the tables with, bettered. n_stages : finest table; n_turns : fillings of the last.
    width : most labels kept of a node and load; 0: all, and only then do labels prove anything.
    max_labels : of one sequence; 0: tables only. per_sequence : most runs told of each.
    bound, least_price : (k,) filled with the proven least reduced cost of any run through the sequence, and the least
        that such a run costs.
    found : (m, L) filled with nodes outwards, -1: no more, and in the last column the row of `chosen`.
    figures : (m, 4) filled with reduced cost; pence of miles and rides over their wish; own PAs; seconds on the road.
    """
    n_most = 1
    for k in range(len(chosen)):
        n_most = max(n_most, n_nodes(gate_from, gate_to, sequences[chosen[k]]))
    pa, holds = int(c[C_PA]), np.ascontiguousarray(fits[int(c[C_CLASS])].T)
    x = make_local(n_most)
    tab = make_table(n_most, holds.shape[0], holds.shape[1], 1 + nodes[:, V_CAP].max() // STEPS_S[n_stages - 1])
    lab = make_labels(n_most, holds.shape[0], holds.shape[1], max_labels)
    n_found = 0
    for k in range(len(chosen)):
        sequence = sequences[chosen[k]]
        fixed = fixed_pence(out_m, hub_rows, base_m, sequence, c)
        n = fill_nodes(nodes, gate_from, gate_to, out_s, out_m, hub_rows, base_m, sequence, c, holds, price, x)
        if n == 0 or fixed >= FAR:
            bound[k], least_price[k] = -NEVER, 1.0
            continue
        least_price[k] = fixed + x.home[:n].min() + x.first_cost[:n].min()
        bound[k] = fixed - rough_gain(n, x, least_in, c[C_METRE], int(c[C_ROOM]))
        if bound[k] >= -eps:
            continue
        fill_arcs(n, nodes, out_s, out_m, c[C_METRE], x)
        find_reach(n, x)
        end_prices(leg, sequence, long_pence, moments, moment_pence, x.ends)
        for i in range(n):
            x.fine[i] = min(fines[x.who[i]], max(0.0, x.gain[i]))
        root, stage = prove_by_tables(n, x, tab, holds, fixed, pa, rate, eps, n_stages, n_turns)
        for i in range(n):
            fines[x.who[i]] = x.best_fine[i]
        bound[k] = max(bound[k], root)
        if bound[k] >= -eps or max_labels == 0:
            continue
        remember(n, x, lab, ng_of)
        wanted, is_whole = eps, False
        while not is_whole:
            is_whole, least = grow_labels(n, x, tab, lab, holds, fixed, pa, rate, wanted, STEPS_S[stage], width)
            if width > 0:
                break
            if is_whole:
                bound[k] = max(bound[k], min(least, -wanted))
            # Too many runs are better than that: look only for those that are better still.
            wanted *= 2.0
        for _ in range(per_sequence):
            i = take_best(n, lab, eps)
            if i < 0 or n_found >= len(found):
                break
            label = lab.end_at[i]
            write_run(label, x, lab, found[n_found])
            seconds = lab.t[label] + x.leave[i]
            pence, own = lab.end_cost[i] - c[C_RUN] - end_pence(x, i, lab.t[label]), 0
            while label >= 0:
                pence += x.gain[lab.at[label]]
                own += nodes[x.who[lab.at[label]], V_OWN]
                label = lab.before[label]
            found[n_found, found.shape[1] - 1] = k
            figures[n_found, 0], figures[n_found, 1] = lab.end_cost[i], pence
            figures[n_found, 2], figures[n_found, 3] = own, seconds
            lab.end_cost[i] = -NEVER
            n_found += 1
    return n_found
