"""The cheapest run through a sequence of gates at given prices: a table first, labels where the table leaves doubt.

A run is grown outwards, from the gate that its homes lie next to: AM towards the first home, PM towards the last. `t` is
the time between a home and that gate; a ride is `t` plus the gate's offset, which the sequence fixes. Both legs are the
same problem on matrices that are turned round: `out[i, j]` belongs to going outwards from i to j.

The table rounds time down to steps, lets a home come again and takes the far homes of a home together. That is too good
to be true, so what it calls clean is clean; and it tells the labels how much can still be gained. The labels count time
to the second and forbid a home for as long as it is remembered (ng-routes: Baldacci, Mingozzi and Roberti, Operations
Research 59(5), 2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.evaluate import FAR
from routing.numba_cache import njit, njit_inner

STEPS_S, NEAR = (300, 120, 60), (8, 16, 40)
"""Step of the table's time, and neighbours of a node that it tells apart: a finer table where one leaves doubt."""
MOST_NEAR = 40
MAX_GATES = 3
"""Most gates of a sequence."""
END_STEP_S, N_END_STEPS = 60, 6 * 60
"""The prices of a run by its whole time on the road: one a minute, the last for all that is longer."""
LONGEST = 40
"""Width of a row of nodes; a run has fewer."""
NEVER = -1e15
"""Gain of what cannot be."""

# Columns of a leg's nodes: number of the demand, gate, row and number of the place, ride cap and wish in seconds, service
# seconds at home, wheelchair, own PAs, shared PA, tags asked of the vehicle.
V_DEMAND, V_GATE, V_ROW, V_PLACE, V_CAP, V_TARGET, V_SERVICE, V_CHAIR, V_OWN, V_SHARED, V_TAGS = range(11)
N_NODE_COLUMNS = 11

# What a run costs with one kind of vehicle: pence a metre, pence that every run pays, pence an own PA, which empty miles
# are paid, vehicle class, tags, shared PA on board (0 or 1), most places of a layout that people can take.
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


@njit_inner
def over_pence(rate: float, t: int, target: int) -> float:
    """Least price of a ride over its wish: half a penny less, for what rounding may take off."""
    if t <= target:
        return 0.0
    return max(0.0, rate * (t - target) / 60.0 - 0.5)


@njit_inner
def fill_table(
    n: int, seats: Any, chairs: Any, gain: Any, cap: Any, target: Any, go: Any, cost: Any, near: Any, far_go: Any,
    far_cost: Any, home: Any, leave: Any, ends: Any, rate: float, reach: Any, holds: Any, step_s: int, n_steps: int, table: Any, second: Any,
    after: Any, onward: Any, most: Any, most_at: Any,
) -> None:  # fmt: skip
    """Most that can still be gained at a node, with such a load on board and so much time gone.

    Into table (wheelchairs + 1, seats + 1, n_steps, n), with the node that comes next into `after` (-1: none or a far
    one), and into `second` what can be gained if that node may not come next: nobody turns back at once to where they
    came from. onward : the node that comes next, far or near. holds (wheelchairs + 1, seats + 1) : loads that fit; most,
    most_at (n_steps,) are scratch; leave (n,): seconds to the end of the run.
    """
    n_chairs, n_seats = holds.shape
    for z in range(n_chairs * n_seats - 1, -1, -1):
        c, q = z // n_seats, z % n_seats
        if not holds[c, q]:
            continue
        for s in range(n_steps):
            most[s], most_at[s] = NEVER, -1
            for j in range(n):
                to_c, to_q = c + chairs[j], q + seats[j]
                if to_c < n_chairs and to_q < n_seats and holds[to_c, to_q] and s * step_s <= cap[j]:
                    value = gain[j] - over_pence(rate, s * step_s, target[j]) + table[to_c, to_q, s, j]
                    if value > most[s]:
                        most[s], most_at[s] = value, j
        for s in range(n_steps):
            now = s * step_s
            for i in range(n):
                if now > cap[i] or s < reach[i] // step_s:
                    table[c, q, s, i], second[c, q, s, i], after[c, q, s, i] = NEVER, NEVER, -1
                    continue
                first = -home[i] - ends[min(N_END_STEPS - 1, (now + leave[i]) // END_STEP_S)]
                t, far = now + far_go[i], -1
                if t // step_s < n_steps and most[t // step_s] - far_cost[i] > first:
                    first, far = most[t // step_s] - far_cost[i], most_at[t // step_s]
                other, which = first, -1
                for k in range(near.shape[1]):
                    j = near[i, k]
                    if j < 0:
                        break
                    t = max(now + go[i, j], reach[j])
                    to_c, to_q = c + chairs[j], q + seats[j]
                    if t <= cap[j] and to_c < n_chairs and to_q < n_seats and holds[to_c, to_q]:
                        step = t // step_s
                        more = table[to_c, to_q, step, j]
                        if after[to_c, to_q, step, j] == i:
                            more = second[to_c, to_q, step, j]
                        value = gain[j] - cost[i, j] + more - over_pence(rate, t, target[j])
                        if value > first:
                            other, first, which = first, value, j
                        elif value > other:
                            other = value
                table[c, q, s, i], second[c, q, s, i], after[c, q, s, i] = first, other, which
                onward[c, q, s, i] = far if which < 0 else which


@njit_inner
def shortest_times(n: int, first_go: Any, go: Any, reach: Any) -> None:
    """Soonest that each node can be reached, into reach (n,)."""
    for i in range(n):
        reach[i] = first_go[i]
    better = True
    while better:
        better = False
        for i in range(n):
            for j in range(n):
                if reach[i] + go[i, j] < reach[j]:
                    reach[j], better = reach[i] + go[i, j], True


@njit_inner
def find_near(n: int, go: Any, cost: Any, near: Any, far_go: Any, far_cost: Any, used: Any) -> None:
    """Nearest others of each node into near (n, n_near), -1: no more; the best of the rest into far_go, far_cost."""
    for i in range(n):
        for j in range(n):
            used[j] = j == i
        for k in range(near.shape[1]):
            best = -1
            for j in range(n):
                if not used[j] and go[i, j] < FAR and (best < 0 or go[i, j] < go[i, best]):
                    best = j
            near[i, k] = best
            if best >= 0:
                used[best] = True
        far_go[i], far_cost[i] = FAR, 1e15
        for j in range(n):
            if not used[j] and go[i, j] < FAR:
                far_go[i], far_cost[i] = min(far_go[i], go[i, j]), min(far_cost[i], cost[i, j])


@njit_inner
def count_visits(
    n: int, start: int, t: int, seats: Any, chairs: Any, pa: int, go: Any, far_go: Any, reach: Any, step_s: int, after: Any,
    onward: Any, visits: Any,
) -> None:  # fmt: skip
    """How often the table's best run from a node visits each node, into visits (n,); turning back is not told apart."""
    for i in range(n):
        visits[i] = 0
    i, c, q, t_now = start, chairs[start], seats[start] + pa, t
    visits[i] = 1
    while True:
        step = t_now // step_s
        j = onward[c, q, step, i]
        if j < 0:
            return
        t_now = step * step_s + far_go[i]
        if after[c, q, step, i] >= 0:
            t_now = max(step * step_s + go[i, j], reach[j])
        c, q, i = c + chairs[j], q + seats[j], j
        visits[i] += 1


@njit_inner
def local_problem(
    nodes: Any, gate_from: Any, gate_to: Any, out_s: Any, out_m: Any, hub_rows: Any, base_m: Any, sequence: Any, c: Any, fits: Any, price: Any,
    who: Any, seats: Any, chairs: Any, gain: Any, cap: Any, target: Any, leave: Any, home: Any, first_go: Any, first_cost: Any,
) -> int:  # fmt: skip
    """The nodes that a run through these gates with this supply may visit, and their figures; returns how many."""
    near_row, far_row = hub_rows[sequence[Q_GATES]], -1
    for k in range(MAX_GATES):
        if sequence[Q_GATES + k] >= 0:
            far_row = hub_rows[sequence[Q_GATES + k]]
    empty, pa, tags = int(c[C_EMPTY]), int(c[C_PA]), int(c[C_TAGS])
    kind = int(c[C_CLASS])
    n = 0
    for k in range(MAX_GATES):
        gate = sequence[Q_GATES + k]
        if gate < 0:
            break
        offset = sequence[Q_OFFSETS + k]
        for v in range(gate_from[gate], gate_to[gate]):
            row, own, chair = nodes[v, V_ROW], nodes[v, V_OWN], nodes[v, V_CHAIR]
            go = out_s[near_row, row]
            back = 0 if empty == NO_EMPTY_MILES else out_m[row, far_row] if empty == BACK_TO_FIRST else base_m[0, row]
            in_use = 1 - chair + own + pa
            if (
                (nodes[v, V_SHARED] and not pa) or (nodes[v, V_TAGS] & ~tags)
                or in_use >= fits.shape[1] or not fits[kind, in_use, chair]
                or go > nodes[v, V_CAP] - offset or back >= FAR
            ):  # fmt: skip
                continue
            who[n], seats[n], chairs[n] = v, 1 - chair + own, chair
            gain[n] = price[nodes[v, V_DEMAND]] - c[C_OWN_PA] * own
            cap[n], target[n] = nodes[v, V_CAP] - offset, nodes[v, V_TARGET] - offset
            leave[n] = nodes[v, V_SERVICE] + sequence[Q_SPAN]
            home[n] = c[C_METRE] * back
            first_go[n], first_cost[n] = go, c[C_METRE] * out_m[near_row, row]
            n += 1
    return n


@njit_inner
def fixed_pence(out_m: Any, hub_rows: Any, base_m: Any, sequence: Any, c: Any) -> float:
    """What every run through these gates pays: the supply's price of a run, the miles between gates and to the base."""
    pence, far = c[C_RUN], hub_rows[sequence[Q_GATES]]
    for k in range(1, MAX_GATES):
        if sequence[Q_GATES + k] >= 0:
            row = hub_rows[sequence[Q_GATES + k]]
            pence += c[C_METRE] * out_m[row, far]
            far = row
    if c[C_EMPTY] == FROM_BASE:
        pence += c[C_METRE] * base_m[1, far]
    return pence


@njit_inner
def rough_gain(n: int, who: Any, gain: Any, home: Any, least_in: Any, metre: float, room: int, v: Any) -> float:
    """Most that a run can gain if every home costs only its nearest neighbour, the shortest way back once."""
    back = 1e15
    for i in range(n):
        v[i] = gain[i] - metre * least_in[who[i]]
        back = min(back, home[i])
    total = 0.0
    for _ in range(room):
        best = -1
        for i in range(n):
            if v[i] > 0.0 and (best < 0 or v[i] > v[best]):
                best = i
        if best < 0:
            break
        total += v[best]
        v[best] = 0.0
    return total - back


@njit_inner
def is_out_at(leg: int, sequence: Any, homes_s: int, moment: int) -> bool:
    """Whether a run of this sequence that spends so long at its homes is under way at a time of day on every clock."""
    if leg == 0:
        return sequence[Q_LATEST] - homes_s <= moment < sequence[Q_EARLIEST]
    return sequence[Q_LATEST] <= moment < sequence[Q_EARLIEST] + homes_s


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
def dominates(t: Any, cost: Any, mask: Any, a: int, b: int, words: int) -> bool:
    """Whether label a is at least as good as label b of the same node and load."""
    if t[a] > t[b] or cost[a] > cost[b]:
        return False
    for w in range(words):
        if mask[a, w] & ~mask[b, w]:
            return False
    return True


@njit
def price_sequences(
    leg: int, nodes: Any, gate_from: Any, gate_to: Any, out_s: Any, out_m: Any, hub_rows: Any, base_m: Any, least_in: Any, sequences: Any, chosen: Any,
    c: Any, long_pence: Any, moments: Any, moment_pence: Any, fits: Any, price: Any, rate: float, eps: float, ng_of: Any, fines: Any, n_stages: int, n_turns: int, width: int, max_labels: int, per_sequence: int,
    bound: Any, least_price: Any, found: Any, found_cost: Any,
) -> Any:  # fmt: skip
    """Cheapest runs with one supply through each of some sequences.

    Parameters
    ----------
    leg : 0 AM, 1 PM.
    nodes (V, 11) sorted by gate, gate_from, gate_to (H,); out_s, out_m (n, n) seconds and metres outwards; hub_rows (H,);
    base_m (2, n) metres from each row outwards to the nearest base, and from it; least_in (V,) least metres by which a node can be reached; sequences (Q, 9), chosen (k,) which of them.
    c (9,); long_pence (N_END_STEPS,) surcharge by minutes on the road; moments, moment_pence (T,) times of the day and
        what being out then costs; fits (C + 1, seats + 1, wheelchairs + 1).
    price (D,) what serving a demand once is worth; rate : pence a minute over the wish.
    eps : runs with a reduced cost above -eps are not looked for.
    ng_of (V, V) : whether a label at a node goes on remembering another one. max_labels : of one sequence, 0: tables only.
    width : most labels kept of a node and load; 0: all of them, and only then do labels prove anything.
    fines (V,) : what the table takes off a node's gain, so that it comes once only; bettered n_turns - 1 times, on the finest table.
    n_stages : tables to fill, each finer than the one before, where the last one leaves doubt.
    bound (k,), least_price (k,) : filled with the proven least reduced cost of any run through the sequence, and the
        least that such a run costs.
    found (m, L) : filled with nodes outwards, -1: no more; found_cost (m, 4): reduced cost, pence without the price of
        a run and of PAs, own PAs, whole seconds on the road; the row of `chosen` is found[:, L - 1].

    Returns
    -------
    How many runs were found.
    """
    n_most = 1
    for k in range(len(chosen)):
        n = 0
        for g in range(MAX_GATES):
            gate = sequences[chosen[k], Q_GATES + g]
            if gate >= 0:
                n += gate_to[gate] - gate_from[gate]
        n_most = max(n_most, n)
    room, pa = int(c[C_ROOM]), int(c[C_PA])
    holds = np.ascontiguousarray(fits[int(c[C_CLASS])].T)
    n_chairs, n_seats = holds.shape
    n_steps_most = 1 + nodes[:, V_CAP].max() // STEPS_S[n_stages - 1]
    words_most = (n_most + 63) // 64
    who = np.empty(n_most, np.int64)
    seats, chairs = np.empty(n_most, np.int64), np.empty(n_most, np.int64)
    cap, target, leave = np.empty(n_most, np.int64), np.empty(n_most, np.int64), np.empty(n_most, np.int64)
    gain, home = np.empty(n_most), np.empty(n_most)
    first_go, first_cost = np.empty(n_most, np.int64), np.empty(n_most)
    go, cost = np.empty((n_most, n_most), np.int64), np.empty((n_most, n_most))
    near, reach = np.empty((n_most, MOST_NEAR), np.int64), np.empty(n_most, np.int64)
    far_go, far_cost, used, scratch = (
        np.empty(n_most, np.int64),
        np.empty(n_most),
        np.empty(n_most, np.bool_),
        np.empty(n_most),
    )
    most, most_at = np.empty(n_steps_most), np.empty(n_steps_most, np.int64)
    table = np.empty((n_chairs, n_seats, n_steps_most, n_most))
    second, following = np.empty_like(table), np.empty((n_chairs, n_seats, n_steps_most, n_most), np.int32)
    onward = np.empty((n_chairs, n_seats, n_steps_most, n_most), np.int32)
    fine, best_fine, less, visits = np.empty(n_most), np.empty(n_most), np.empty(n_most), np.empty(n_most, np.int64)
    ng = np.zeros((n_most, words_most), np.uint64)
    at, lt, lcost = np.empty(max_labels, np.int64), np.empty(max_labels, np.int64), np.empty(max_labels)
    before, after = np.empty(max_labels, np.int64), np.empty(max_labels, np.int64)
    mask, alive = np.zeros((max_labels, words_most), np.uint64), np.empty(max_labels, np.bool_)
    head = np.empty((n_chairs, n_seats, n_most), np.int64)
    end_at, end_cost = np.empty(n_most, np.int64), np.empty(n_most)
    ends = np.empty(N_END_STEPS)
    one = np.uint64(1)
    n_found = 0
    for k in range(len(chosen)):
        sequence = sequences[chosen[k]]
        fixed = fixed_pence(out_m, hub_rows, base_m, sequence, c)
        n = local_problem(
            nodes, gate_from, gate_to, out_s, out_m, hub_rows, base_m, sequence, c, fits, price, who, seats, chairs, gain, cap, target, leave,
            home, first_go, first_cost,
        )  # fmt: skip
        if n == 0 or fixed >= 1e9:
            bound[k], least_price[k] = 1e15, 1.0
            continue
        least_price[k] = fixed + home[:n].min() + first_cost[:n].min()
        rough = fixed - rough_gain(n, who, gain, home, least_in, c[C_METRE], room, scratch)
        if rough >= -eps:
            bound[k] = rough
            continue
        for i in range(n):
            row = nodes[who[i], V_ROW]
            for j in range(n):
                to = nodes[who[j], V_ROW]
                if nodes[who[i], V_DEMAND] == nodes[who[j], V_DEMAND]:
                    go[i, j], cost[i, j] = FAR, 1e15
                elif nodes[who[i], V_PLACE] == nodes[who[j], V_PLACE]:
                    go[i, j], cost[i, j] = 0, 0.0
                else:
                    go[i, j] = min(FAR, nodes[who[i], V_SERVICE] + out_s[row, to])
                    cost[i, j] = c[C_METRE] * out_m[row, to]
        shortest_times(n, first_go, go, reach)
        end_prices(leg, sequence, long_pence, moments, moment_pence, ends)
        for i in range(n):
            fine[i] = best_fine[i] = min(fines[who[i]], max(0.0, gain[i]))
        root, current = -1e18, False
        for stage in range(n_stages):
            step_s, n_near, n_steps = STEPS_S[stage], NEAR[stage], 1
            for i in range(n):
                n_steps = max(n_steps, 1 + cap[i] // step_s)
            find_near(n, go, cost, near[:, :n_near], far_go, far_cost, used)
            for turn in range(n_turns if stage == 2 else 1):
                for i in range(n):
                    less[i] = gain[i] - fine[i]
                fill_table(
                    n, seats, chairs, less, cap, target, go, cost, near[:, :n_near], far_go, far_cost, home, leave, ends, rate, reach,
                    holds, step_s, n_steps, table, second, following, onward, most, most_at,
                )  # fmt: skip
                least, start = 1e15, -1
                for i in range(n):
                    value = first_cost[i] - less[i] + over_pence(rate, first_go[i], target[i])
                    value -= table[chairs[i], seats[i] + pa, first_go[i] // step_s, i]
                    if value < least:
                        least, start = value, i
                least += fixed - fine[:n].sum()
                current = least > root
                if current:
                    root = least
                    best_fine[:n] = fine[:n]
                if root >= -eps or (stage == 2 and turn + 1 == n_turns):
                    break
                count_visits(
                    n, start, first_go[start], seats, chairs, pa, go, far_go, reach, step_s, following, onward, visits
                )
                square = 0
                for i in range(n):
                    if visits[i] > 0 or fine[i] > 0.0:
                        square += (visits[i] - 1) ** 2
                if square == 0:
                    break
                for i in range(n):
                    if visits[i] > 0 or fine[i] > 0.0:
                        fine[i] = min(max(0.0, fine[i] - least * (visits[i] - 1) / square), max(0.0, gain[i]))
            if root >= -eps:
                break
        bound[k] = root
        for i in range(n):
            fines[who[i]] = best_fine[i]
        if root >= -eps or max_labels == 0:
            continue
        if not current:
            for i in range(n):
                less[i] = gain[i] - best_fine[i]
            fill_table(
                n, seats, chairs, less, cap, target, go, cost, near[:, :n_near], far_go, far_cost, home, leave, ends, rate,
                reach, holds, step_s, n_steps, table, second, following, onward, most, most_at,
            )  # fmt: skip
        fine_sum = best_fine[:n].sum()
        words = (n + 63) // 64
        for i in range(n):
            for w in range(words):
                ng[i, w] = np.uint64(0)
            for m in range(n):
                if ng_of[who[i], who[m]]:
                    ng[i, m // 64] |= one << np.uint64(m % 64)
        wanted, full = eps, True
        while full:
            for i in range(n):
                head[:, :, i] = -1
            n_labels, full = 0, False
            for i in range(n):
                value = fixed + first_cost[i] - gain[i] + over_pence(rate, first_go[i], target[i])
                more = table[chairs[i], seats[i] + pa, first_go[i] // step_s, i] + fine_sum - best_fine[i]
                if value - more >= -wanted:
                    continue
                if n_labels >= max_labels:
                    full = True
                    break
                at[n_labels], lt[n_labels], lcost[n_labels] = i, first_go[i], value
                before[n_labels] = -1
                for w in range(words):
                    mask[n_labels, w] = np.uint64(0)
                mask[n_labels, i // 64] |= one << np.uint64(i % 64)
                alive[n_labels], after[n_labels] = True, head[chairs[i], seats[i] + pa, i]
                head[chairs[i], seats[i] + pa, i] = n_labels
                n_labels += 1
            for i in range(n):
                end_at[i], end_cost[i] = -1, 1e15
            least = 1e15
            for z in range(n_chairs * n_seats):
                on_c, on_q = z // n_seats, z % n_seats
                for i in range(n):
                    label = head[on_c, on_q, i]
                    while label >= 0 and not full:
                        if not alive[label]:
                            label = after[label]
                            continue
                        done = lcost[label] + home[i] + ends[min(N_END_STEPS - 1, (lt[label] + leave[i]) // END_STEP_S)]
                        if done < end_cost[i]:
                            end_cost[i], end_at[i] = done, label
                        least = min(least, done)
                        for j in range(n):
                            to_c, to_q = on_c + chairs[j], on_q + seats[j]
                            if (
                                to_c >= n_chairs
                                or to_q >= n_seats
                                or not holds[to_c, to_q]
                                or (mask[label, j // 64] >> np.uint64(j % 64)) & one
                            ):
                                continue
                            t = lt[label] + go[i, j]
                            if t > cap[j]:
                                continue
                            value = lcost[label] + cost[i, j] - gain[j] + over_pence(rate, t, target[j])
                            step = t // step_s
                            more = table[to_c, to_q, step, j]
                            if following[to_c, to_q, step, j] == i:
                                more = second[to_c, to_q, step, j]
                            if value - more - fine_sum >= -wanted:
                                continue
                            if n_labels >= max_labels:
                                full = True
                                break
                            new = n_labels
                            at[new], lt[new], lcost[new], before[new] = j, t, value, label
                            for w in range(words):
                                mask[new, w] = mask[label, w] & ng[j, w]
                            mask[new, j // 64] |= one << np.uint64(j % 64)
                            left = fine_sum
                            for i2 in range(n):
                                if best_fine[i2] > 0.0 and (mask[new, i2 // 64] >> np.uint64(i2 % 64)) & one:
                                    left -= best_fine[i2]
                            if value - more - left >= -wanted:
                                continue
                            other, worse = head[to_c, to_q, j], False
                            n_kept, dearest = 0, -1
                            while other >= 0:
                                if alive[other]:
                                    n_kept += 1
                                    if dearest < 0 or lcost[other] > lcost[dearest]:
                                        dearest = other
                                    if dominates(lt, lcost, mask, other, new, words):
                                        worse = True
                                        break
                                    if dominates(lt, lcost, mask, new, other, words):
                                        alive[other] = False
                                other = after[other]
                            if not worse and width > 0 and n_kept >= width:
                                worse = value >= lcost[dearest]
                                if not worse:
                                    alive[dearest] = False
                            if not worse:
                                alive[new], after[new] = True, head[to_c, to_q, j]
                                head[to_c, to_q, j] = new
                                n_labels += 1
                        label = after[label]
            if full and width > 0:
                break
            if full:
                # Too many runs are better than this: look only for those that are better still.
                wanted *= 2.0
            else:
                bound[k] = max(root, min(least, -wanted)) if width == 0 else root
        for _ in range(per_sequence):
            best = -1
            for i in range(n):
                if end_at[i] >= 0 and end_cost[i] < -eps and (best < 0 or end_cost[i] < end_cost[best]):
                    best = i
            if best < 0 or n_found >= len(found):
                break
            label = end_at[best]
            paid, own, length = end_cost[best] - c[C_RUN], 0, 0
            seconds = lt[label] + leave[best]
            while label >= 0:
                v = who[at[label]]
                found[n_found, length] = v
                paid += gain[at[label]]
                own += nodes[v, V_OWN]
                length += 1
                label = before[label]
            for m in range(length // 2):
                swapped = found[n_found, m]
                found[n_found, m] = found[n_found, length - 1 - m]
                found[n_found, length - 1 - m] = swapped
            found[n_found, length:] = -1
            found[n_found, found.shape[1] - 1] = k
            found_cost[n_found, 0], found_cost[n_found, 2], found_cost[n_found, 3] = end_cost[best], own, seconds
            found_cost[n_found, 1] = paid - ends[min(N_END_STEPS - 1, seconds // END_STEP_S)]
            end_cost[best] = 1e15
            n_found += 1
    return n_found
