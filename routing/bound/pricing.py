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
    MAX_GATES,
    Q_GATES,
    V_DEMAND,
    V_OWN,
)
from routing.bound.finer import prove_by_tables, tell_homes
from routing.bound.groups import fill_group, fill_nodes, gate_to_split_at, make_group, real_member
from routing.bound.hours import INNER, more_at_gates, price_of_end, price_of_span
from routing.bound.labels import grow_labels, remember, take_best, write_run
from routing.bound.loads import fill_takes, form_of, places_by
from routing.bound.local import (
    END_STEP_S,
    N_END_STEPS,
    NEVER,
    end_pence,
    make_labels,
    make_local,
    make_table,
)
from routing.bound.tables import best_start, follow, shape_of, start_pence
from routing.evaluate import FAR
from routing.numba_cache import njit, njit_inner

NO_SPLIT, EACH_APART = -1, -2
"""In place of the first gate to split a group at: none, and its sequences each by itself."""


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
def group_ends(sequences: Any, members: Any, by_time: Any, x: Any) -> int:
    """Prices by time on the road, the least of a group's sequences, into x (Local); returns the most seconds."""
    ends = x.ends
    ends[:], x.long_pence[0], x.long_after_s[0] = -NEVER, by_time.long_pence, by_time.long_after_s
    # Unless moments count, all sequences pay alike.
    differ = by_time.sort == INNER or by_time.moment_pence.sum() > 0.0
    for m in range(len(members) if differ else 1):
        for k in range(N_END_STEPS):
            ends[k] = min(ends[k], price_of_span(sequences[members[m]], k * END_STEP_S, by_time))
    n_may_be = N_END_STEPS
    while n_may_be > 0 and ends[n_may_be - 1] >= -NEVER:
        n_may_be -= 1
    return int(FAR if n_may_be == N_END_STEPS else n_may_be * END_STEP_S - 1)


@njit_inner
def least_run(n: int, fixed: float, x: Any) -> float:
    """Least that any run pays: first and last miles, and the least for its time on the road, the soonest or longer."""
    or_longer, least = x.other_ends, -NEVER
    for m in range(N_END_STEPS - 1, -1, -1):
        least = min(least, x.ends[m] + x.long_pence[0] * max(0, m * END_STEP_S - x.long_after_s[0]))
        or_longer[m] = least
    first, last = -NEVER, -NEVER
    for i in range(n):
        first = min(first, x.first_cost[i])
        last = min(last, x.home[i] + or_longer[min(N_END_STEPS - 1, (x.reach[i] + x.leave[i]) // END_STEP_S)])
    return float(fixed + first + last)


@njit_inner
def tell(
    nodes: Any, x: Any, walk: Any, length: int, sequence: int, pence: float, seconds: int, more_s: int, price: Any,
    c: Any, row: Any, figures: Any,
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
    figures[1], figures[2], figures[3], figures[4] = pence + worth - c[C_RUN], own, seconds, more_s


@njit
def price_groups(
    nodes: Any, gate_from: Any, gate_to: Any, out_s: Any, out_m: Any, hub_rows: Any, base_m: Any, least_in: Any,
    turn_s: Any, sequences: Any, member_from: Any, members: Any, c: Any, by_time: Any, fits: Any, price: Any,
    rate: float, share: float, floor: float, ng_of: Any, fines: Any, n_stages: int, n_bits: int,
    max_labels: int, per_group: int, ways: Any, rivals: Any, critical: Any, begins: Any, bound: Any, least: Any,
    by_home: bool, through: Any, walks: Any, split_at: Any, found: Any, figures: Any,
) -> int:  # fmt: skip
    """Cheapest runs with one kind of vehicle through each of some groups of sequences; returns how many were found.

    Parameters
    ----------
    nodes : (V, 12), columns V_*; those of a gate that may ride in company are [gate_from, gate_to), each (H,).
    out_s, out_m : (n, n) seconds and metres outwards. hub_rows : (H,).
    base_m : (2, n) metres from each row outwards to the nearest base, and from it. least_in : (V,) metres into it.
    turn_s : (n,) see `kinds.Kind`.
    sequences : (Q, 11), columns Q_*. members : of group k those in [member_from[k], member_from[k + 1]), all of one
        inner gate.
    c : (8,), positions C_*. by_time : see `hours.TimePrices`.
    fits : (C + 1, seats + 1, wheelchairs + 1). price : (D,) what serving a demand once is worth.
    rate : pence a minute over the wish. share : of the least that a run of a group pays, or of `floor` if that is
        more; runs that are not worth so much more than they cost are not looked for.
    ng_of : (V, V) whether a label at a node goes on remembering another one.
    fines : (k, V) fines of each group to begin the tables with. n_stages : finest table. n_bits : most
        critical nodes of a group.
    max_labels : of one sequence; 0: tables only, whose own best runs are told then. Groups of several have tables only.
    per_group : most runs told of each. ways : of the leg (Ways). rivals : whose runs are left out (Rivals).
    critical : (k, MOST_BITS) nodes that tables of the group keep from coming again, -1: no more; filled with more.
    begins : (k,) tables to begin with, filled with those for the next time: the last that was looked at, one before it
        where that did at once.
    bound, least : (k,) filled with the proven least reduced cost of any run of the group, and the least that such a
        run pays. by_home : whether, of a group in doubt, each home is told of, too. through : (k, V) filled then with
        what a run through the home costs more than it is worth, at least; elsewhere -NEVER.
    walks : (k, L) filled with the nodes, outwards, of the best run of a group's last table, -1: no more, or no table.
    split_at : (k, 2) filled with gates where a group's looseness leaves doubt, -1: no more; first NO_SPLIT: it leaves
        none, or EACH_APART: it does, whatever the gates.
    found : (m, L) filled with nodes outwards, -1: no more, and in the last column the sequence.
    figures : (m, 5) filled with reduced cost, a share like `share`; pence of miles and rides over their wish; own PAs;
        seconds on the road by the span, and besides.
    """
    n_groups, n_most, m_most, is_in = len(bound), 1, 1, np.zeros(len(gate_from), np.bool_)
    for k in range(n_groups):
        ms = members[member_from[k] : member_from[k + 1]]
        n_most, m_most = max(n_most, n_nodes(gate_from, gate_to, sequences, ms, is_in)), max(m_most, len(ms))
    pa, vehicle_holds = int(c[C_PA]), np.ascontiguousarray(fits[int(c[C_CLASS])].T)
    room = places_by(vehicle_holds, pa, vehicle_holds.shape[0] - 1, 1)
    group, at = make_group(len(gate_from), m_most), np.empty(len(nodes), np.int64)
    x = make_local(n_most)
    n_forms = form_of(1 + nodes[:, V_OWN].max(), 1) + 1
    tab = make_table(n_most, vehicle_holds.size, n_forms)
    lab = make_labels(n_most, vehicle_holds.size << n_bits, max_labels)
    walk, n_found = np.empty((2, vehicle_holds.size + 1), np.int64), 0
    for k in range(n_groups):
        ms = members[member_from[k] : member_from[k + 1]]
        split_at[k, :], through[k, :], walks[k, :] = NO_SPLIT, -NEVER, -1
        fixed = fill_group(out_m, hub_rows, base_m, sequences, ms, c, group)
        most_s = group_ends(sequences, ms, by_time, x)
        n = fill_nodes(
            nodes, gate_from, gate_to, out_s, out_m, hub_rows, base_m, turn_s, most_s, sequences, ms, group, c,
            vehicle_holds, price, at, x,
        )  # fmt: skip
        if n == 0 or fixed >= FAR:
            bound[k], least[k] = -NEVER, floor
            continue
        for i in range(n):
            x.reach[i] = ways.soonest[sequences[ms[0], Q_GATES], x.who[i]]
        least[k] = least_run(n, fixed, x)
        eps = share * max(least[k], floor)
        bound[k] = fixed - rough_gain(n, x, least_in, c[C_METRE], int(c[C_ROOM]))
        if bound[k] >= -eps:
            continue
        for i in range(n):
            x.fine[i] = fines[k, x.who[i]]
        fill_takes(n, x, nodes, rivals)
        first_stage = min(begins[k], n_stages - 1)
        n, root, stage, n_loads = prove_by_tables(
            n, x, tab, vehicle_holds, room, fixed, pa, rate, eps, first_stage, n_stages, n_bits, critical[k], n_forms,
            c[C_METRE], ways, at, sequences, ms, by_time, rivals, walk, through[k],
        )  # fmt: skip
        bound[k] = max(bound[k], root)
        begins[k] = max(0, stage - 1) if stage == first_stage and bound[k] >= -eps else stage
        if n > 0:
            tell_walk(n, x, tab, rate, stage, walk, walks[k])
        if bound[k] >= -eps or not by_home:
            # Told of homes that were dropped, if of any.
            through[k, :] = -NEVER
        if bound[k] >= -eps:
            continue
        if max_labels == 0 or len(ms) > 1:
            n_found = tell_walks(
                n, nodes, out_m, base_m, sequences, ms, group, c, by_time, price, x, tab, fixed, rate, eps, share,
                stage, per_group, max_labels > 0, split_at[k], found, figures, n_found, walk,
            )  # fmt: skip
        else:
            proven, n_found = tell_labels(
                n, nodes, sequences[ms[0]], ms[0], c, by_time, price, x, tab, lab, n_loads, fixed, rate, eps, share,
                shape_of(n, x, stage)[0], ng_of, per_group, ways, found, figures, n_found, walk,
            )  # fmt: skip
            bound[k] = max(bound[k], proven)
        if by_home:
            tell_homes(n, x, tab, n_loads, fixed, rate, room, stage, c[C_METRE], ways, at, through[k])
    return n_found


@njit_inner
def tell_labels(
    n: int, nodes: Any, sequence: Any, number: int, c: Any, by_time: Any, price: Any, x: Any, tab: Any, lab: Any,
    n_loads: int, fixed: float, rate: float, eps: float, share: float, step_s: int, ng_of: Any,
    per_group: int, ways: Any, found: Any, figures: Any, n_found: int, walk: Any,
) -> tuple[float, int]:  # fmt: skip
    """The best runs of one sequence by labels; returns the least reduced cost that these prove, and how many are found.

    number : of the sequence.
    """
    remember(n, x, lab, ng_of)
    wanted, is_whole, proven = eps, False, NEVER
    while not is_whole:
        is_whole, cheapest = grow_labels(n, x, c[C_METRE], ways, tab, lab, n_loads, fixed, rate, wanted, step_s)
        if is_whole:
            proven = min(cheapest, -wanted)
        # Too many runs are better than that: look only for those that are better still.
        wanted *= 2.0
    for _ in range(per_group):
        i = take_best(n, lab, eps)
        if i < 0 or n_found >= len(found):
            break
        length = write_run(lab.end_at[i], lab, walk[0])
        seconds, pence = lab.t[lab.end_at[i]] + x.leave[i], lab.end_cost[i]
        load, at_gates, fined = 0, 0, -x.fine[:n].sum()
        for m in range(length):
            load, at_gates = tab.after[load, x.form[walk[0, m]]], at_gates + x.at_gate[walk[0, m]]
            fined += x.fine[walk[0, m]]
        pence -= end_pence(x, tab, load, i, seconds - x.leave[i])
        more_s = more_at_gates(sequence, at_gates)
        reduced = pence + price_of_end(sequence, seconds, more_s, by_time)
        lab.end_cost[i] = -NEVER
        if reduced >= -eps:
            continue
        figures[n_found, 0] = share * reduced / eps
        tell(
            nodes, x, walk[0], length, number, pence - fined, seconds, more_s, price, c, found[n_found],
            figures[n_found],
        )  # fmt: skip
        n_found += 1
    return proven, n_found


@njit_inner
def tell_walk(n: int, x: Any, tab: Any, rate: float, stage: int, walk: Any, row: Any) -> None:
    """The best run of the table just filled, its nodes into row."""
    step_s, n_steps, n_near, n_clusters = shape_of(n, x, stage)
    _, start = best_start(n, x, tab, rate, step_s)
    if start < 0:
        return
    length, _, _ = follow(n, start, x, tab, rate, step_s, n_near, n_clusters, n_steps, walk)
    for i in range(min(length, len(row))):
        row[i] = x.who[walk[0, i]]


@njit_inner
def tell_walks(
    n: int, nodes: Any, out_m: Any, base_m: Any, sequences: Any, members: Any, group: Any, c: Any, by_time: Any,
    price: Any, x: Any, tab: Any, fixed: float, rate: float, eps: float, share: float, stage: int, per_group: int,
    apart: bool, split_at: Any, found: Any, figures: Any, n_found: int, walk: Any,
) -> int:  # fmt: skip
    """The table's own best runs by where they begin, priced as their own sequence does; or where to split the group.

    They may come to a home twice. Taken into the program they keep its prices where tables can prove something.

    apart : a group is split wherever there is doubt, and tells of no runs. split_at : (2,), see `price_groups`.
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
        length, load, t = follow(n, start, x, tab, rate, step_s, n_near, n_clusters, n_steps, walk)
        paid_by_end = end_pence(x, tab, load, walk[0, length - 1], t)
        best, more, seconds, more_s, by_end = real_member(
            t, paid_by_end, nodes, out_m, base_m, sequences, members, group, c, rate, by_time, x, walk, length
        )
        if best < 0 or pence + more >= -eps or apart:
            if turn == 0 and len(members) > 1:
                for m in range(len(split_at)):
                    but = split_at[m - 1] if m > 0 else -1
                    split_at[m] = gate_to_split_at(nodes, group, len(members), x, walk, length, but)
                if split_at[0] < 0:
                    split_at[0] = EACH_APART
            continue
        pence += more
        figures[n_found, 0] = share * pence / eps
        for i in range(n):
            pence -= x.fine[i] * (x.visits[i] - 1)
        tell(
            nodes, x, walk[0], length, members[best], pence - by_end, seconds, more_s, price, c, found[n_found],
            figures[n_found],
        )  # fmt: skip
        n_found += 1
    return n_found
