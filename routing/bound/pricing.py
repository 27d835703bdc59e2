"""The cheapest run through each group of gate sequences at given prices: tables first, labels where these leave doubt.

A run is grown outwards, from the gate that its homes lie next to: AM towards the first home, PM towards the last. `t`
is the time between a home and that gate; a ride is `t` plus the gate's offset, which the sequence fixes. Both legs are
the same problem on matrices that are turned round: `out[i, j]` belongs to going outwards from i to j.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.bound.fields import (
    C_CLASS,
    C_METRE,
    C_OWN_PA,
    C_PA,
    C_ROOM,
    C_RUN,
    C_SORT,
    MAX_GATES,
    Q_GATES,
    V_DEMAND,
    V_OWN,
)
from routing.bound.groups import fill_group, fill_nodes, gate_to_split_at, make_group, real_member
from routing.bound.hours import INNER, is_too_long, taken
from routing.bound.labels import grow_labels, remember, take_best, write_run
from routing.bound.loads import form_of
from routing.bound.local import (
    END_STEP_S,
    N_END_STEPS,
    NEVER,
    end_pence,
    make_labels,
    make_local,
    make_table,
)
from routing.bound.tables import follow, prove_by_tables, shape_of, start_pence
from routing.evaluate import FAR
from routing.numba_cache import njit, njit_inner


@njit_inner
def end_prices(
    leg: int, sequence: Any, sort: int, hour: int, long_pence: Any, times: Any, stretch_s: Any, moment_pence: Any,
    ends: Any,
) -> None:  # fmt: skip
    """Price of a run by its minutes on the road: the surcharge, and what it takes up of its vehicle."""
    for m in range(N_END_STEPS):
        ends[m] = long_pence[m]
        if is_too_long(leg, sequence, m * END_STEP_S, sort, hour):
            ends[m] = -NEVER
            continue
        for k in range(len(times)):
            if moment_pence[k] > 0.0:
                share = taken(leg, sequence, m * END_STEP_S, sort, hour, times[k], stretch_s[k])
                ends[m] += moment_pence[k] * share


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
def n_nodes(gate_from: Any, gate_to: Any, sequences: Any, members: Any, is_in: Any) -> int:
    """Nodes of the gates of some sequences; is_in (H,) is scratch."""
    is_in[:] = False
    n = 0
    for m in range(len(members)):
        for k in range(MAX_GATES):
            gate = sequences[members[m], Q_GATES + k]
            if gate >= 0 and not is_in[gate]:
                is_in[gate] = True
                n += gate_to[gate] - gate_from[gate]
    return n


@njit_inner
def group_ends(
    leg: int, sequences: Any, members: Any, sort: int, hour: int, long_pence: Any, times: Any, stretch_s: Any,
    moment_pence: Any, ends: Any, one: Any,
) -> int:  # fmt: skip
    """Prices by minutes on the road, the least of a group's sequences; `one` is scratch. Returns the most seconds."""
    end_prices(leg, sequences[members[0]], sort, hour, long_pence, times, stretch_s, moment_pence, ends)
    if sort == INNER or moment_pence.sum() > 0.0:
        for m in range(1, len(members)):
            end_prices(leg, sequences[members[m]], sort, hour, long_pence, times, stretch_s, moment_pence, one)
            for k in range(N_END_STEPS):
                ends[k] = min(ends[k], one[k])
    n_may_be = N_END_STEPS
    while n_may_be > 0 and ends[n_may_be - 1] >= -NEVER:
        n_may_be -= 1
    return int(FAR if n_may_be == N_END_STEPS else n_may_be * END_STEP_S - 1)


@njit_inner
def tell(
    nodes: Any, x: Any, walk: Any, length: int, sequence: int, pence: float, seconds: int, price: Any, c: Any,
    row: Any, figures: Any,
) -> None:  # fmt: skip
    """One run found: its homes, sequence, and figures; `pence` is its reduced cost without the price of its end."""
    row[:] = -1
    row[len(row) - 1] = sequence
    own, worth = 0, 0.0
    for i in range(length):
        v = x.who[walk[i]]
        row[i] = v
        own += nodes[v, V_OWN]
        worth += price[nodes[v, V_DEMAND]] - c[C_OWN_PA] * nodes[v, V_OWN]
    figures[1], figures[2], figures[3] = pence + worth - c[C_RUN], own, seconds


@njit
def price_groups(
    leg: int, nodes: Any, gate_from: Any, gate_to: Any, out_s: Any, out_m: Any, hub_rows: Any, base_m: Any,
    least_in: Any, turn_s: Any, sequences: Any, member_from: Any, members: Any, c: Any, long_pence: Any, hour: int,
    times: Any, stretch_s: Any, moment_pence: Any, fits: Any, price: Any, rate: float, eps: float, ng_of: Any,
    fines: Any, n_stages: int, n_bits: int, width: int, max_labels: int, per_group: int, ways: Any, critical: Any,
    bound: Any, least_price: Any, split_at: Any, found: Any, figures: Any,
) -> int:  # fmt: skip
    """Cheapest runs with one kind of vehicle through each of some groups of sequences; returns how many were found.

    Parameters
    ----------
    leg : 0 AM, 1 PM.
    nodes : (V, 11), columns V_*; those of a gate that may ride in company are [gate_from, gate_to), each (H,).
    out_s, out_m : (n, n) seconds and metres outwards. hub_rows : (H,).
    base_m : (2, n) metres from each row outwards to the nearest base, and from it. least_in : (V,) metres into it.
    turn_s : (n,) see `kinds.Kind`.
    sequences : (Q, 9), columns Q_*. members : of group k those in [member_from[k], member_from[k + 1]), all of one
        inner gate.
    c : (9,), positions C_*. long_pence : (N_END_STEPS,) surcharge by minutes on the road.
    hour, times, stretch_s : see `hours.Hours`; moment_pence : (T,) what a vehicle costs at each.
    fits : (C + 1, seats + 1, wheelchairs + 1). price : (D,) what serving a demand once is worth.
    rate : pence a minute over the wish. eps : runs with a reduced cost above -eps are not looked for.
    ng_of : (V, V) whether a label at a node goes on remembering another one.
    fines : (k, V) fines of each group to begin the tables with. n_stages : finest table. n_bits : most
        critical nodes of a group.
    width : most labels kept of a node and load; 0: all, and only then do labels prove anything.
    max_labels : of one sequence; 0: tables only, whose own best runs are told then. Groups of several have tables only.
    per_group : most runs told of each. ways : of the leg (Ways).
    critical : (k, MOST_BITS) nodes that tables of the group keep from coming again, -1: no more; filled with more.
    bound, least_price : (k,) filled with the proven least reduced cost of any run of the group, and the least that such
        a run costs. split_at : (k, 2) filled with gates where a group's looseness leaves doubt, -1: it does not.
    found : (m, L) filled with nodes outwards, -1: no more, and in the last column the sequence.
    figures : (m, 4) filled with reduced cost; pence of miles and rides over their wish; own PAs; seconds on the road.
    """
    n_groups, n_most, m_most, is_in = len(bound), 1, 1, np.zeros(len(gate_from), np.bool_)
    for k in range(n_groups):
        ms = members[member_from[k] : member_from[k + 1]]
        n_most, m_most = max(n_most, n_nodes(gate_from, gate_to, sequences, ms, is_in)), max(m_most, len(ms))
    pa, vehicle_holds = int(c[C_PA]), np.ascontiguousarray(fits[int(c[C_CLASS])].T)
    group, at = make_group(len(gate_from), m_most), np.empty(len(nodes), np.int64)
    x = make_local(n_most)
    n_forms = form_of(1 + nodes[:, V_OWN].max(), 1) + 1
    tab = make_table(n_most, vehicle_holds.size, n_forms)
    lab = make_labels(n_most, vehicle_holds.size << n_bits, max_labels)
    walk, n_found = np.empty(vehicle_holds.size + 1, np.int64), 0
    for k in range(n_groups):
        ms = members[member_from[k] : member_from[k + 1]]
        split_at[k, :] = -1
        fixed = fill_group(out_m, hub_rows, base_m, sequences, ms, c, group)
        most_s = group_ends(
            leg, sequences, ms, int(c[C_SORT]), hour, long_pence, times, stretch_s, moment_pence, x.ends, x.other_ends
        )
        n = fill_nodes(
            nodes, gate_from, gate_to, out_s, out_m, hub_rows, base_m, turn_s, most_s, sequences, ms, group, c,
            vehicle_holds, price, at, x,
        )  # fmt: skip
        if n == 0 or fixed >= FAR:
            bound[k], least_price[k] = -NEVER, 1.0
            continue
        least_price[k] = fixed + x.home[:n].min() + x.first_cost[:n].min()
        bound[k] = fixed - rough_gain(n, x, least_in, c[C_METRE], int(c[C_ROOM]))
        if bound[k] >= -eps:
            continue
        for i in range(n):
            x.reach[i] = ways.soonest[sequences[ms[0], Q_GATES], x.who[i]]
        for i in range(n):
            x.fine[i] = fines[k, x.who[i]]
        stages = n_stages if len(ms) == 1 or max_labels == 0 else 1
        root, stage, n_loads = prove_by_tables(
            n, x, tab, vehicle_holds, fixed, pa, rate, eps, stages, n_bits, critical[k], n_forms, c[C_METRE], ways,
            at, walk,
        )  # fmt: skip
        bound[k] = max(bound[k], root)
        if bound[k] >= -eps:
            continue
        if max_labels == 0 or len(ms) > 1:
            n_found = tell_walks(
                leg, hour, n, nodes, out_m, base_m, sequences, ms, group, c, price, x, tab, fixed, rate, eps, stage,
                per_group, k, max_labels > 0, split_at, found, figures, n_found, walk,
            )  # fmt: skip
            continue
        remember(n, x, lab, ng_of)
        wanted, is_whole = eps, False
        while not is_whole:
            is_whole, least = grow_labels(
                n, x, c[C_METRE], ways, tab, lab, n_loads, fixed, rate, wanted, shape_of(n, x, stage)[0], width
            )
            if width > 0:
                break
            if is_whole:
                bound[k] = max(bound[k], min(least, -wanted))
            # Too many runs are better than that: look only for those that are better still.
            wanted *= 2.0
        for _ in range(per_group):
            i = take_best(n, lab, eps)
            if i < 0 or n_found >= len(found):
                break
            length = write_run(lab.end_at[i], lab, walk)
            t, pence = lab.t[lab.end_at[i]], lab.end_cost[i]
            figures[n_found, 0] = pence
            tell(
                nodes, x, walk, length, ms[0], pence - end_pence(x, i, t), t + x.leave[i], price, c, found[n_found],
                figures[n_found],
            )  # fmt: skip
            lab.end_cost[i] = -NEVER
            n_found += 1
    return n_found


@njit_inner
def tell_walks(
    leg: int, hour: int, n: int, nodes: Any, out_m: Any, base_m: Any, sequences: Any, members: Any, group: Any, c: Any,
    price: Any, x: Any, tab: Any, fixed: float, rate: float, eps: float, stage: int, per_group: int, k: int,
    apart: bool, split_at: Any, found: Any, figures: Any, n_found: int, walk: Any,
) -> int:  # fmt: skip
    """The table's own best runs by where they begin, priced as their own sequence does; or the gate to split at.

    They may come to a home twice. Taken into the program they keep its prices where tables can prove something.

    apart : a group is split wherever there is doubt, and tells of no runs.
    """
    step_s, n_steps, n_near, n_clusters = shape_of(n, x, stage)
    for i in range(n):
        x.value[i] = fixed + start_pence(i, n, x, tab, rate, step_s) - x.fine[:n].sum()
    for turn in range(per_group):
        start = int(np.argmin(x.value[:n]))
        pence = x.value[start]
        if pence >= -eps or n_found >= len(found):
            break
        x.value[start] = -NEVER
        length, t = follow(n, start, x, tab, rate, step_s, n_near, n_clusters, n_steps, walk)
        best, more = 0, 0.0
        if len(members) > 1:
            seconds = t + x.leave[walk[length - 1]]
            best, more = real_member(
                leg, hour, seconds, nodes, out_m, base_m, sequences, members, group, c, x, walk, length
            )
            if best < 0 or pence + more >= -eps or apart:
                if turn == 0:
                    for m in range(split_at.shape[1]):
                        but = split_at[k, m - 1] if m > 0 else -1
                        split_at[k, m] = gate_to_split_at(nodes, group, len(members), x, walk, length, but)
                continue
        end = walk[length - 1]
        pence += more
        figures[n_found, 0] = pence
        for i in range(n):
            pence -= x.fine[i] * (x.visits[i] - 1)
        tell(
            nodes, x, walk, length, members[best], pence - end_pence(x, end, t), t + x.leave[end], price, c,
            found[n_found], figures[n_found],
        )  # fmt: skip
        n_found += 1
    return n_found
