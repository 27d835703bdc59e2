"""Arrays of one sequence of gates: its nodes, the table over them, and labels; made once, filled for each sequence."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from routing.bound.eights import EIGHT
from routing.numba_cache import njit, njit_inner

NEVER = -1e15
"""Gain of what cannot be."""
END_STEP_S, N_END_STEPS = 60, 6 * 60
"""The prices of a run by when it is on the road: one a minute that it lasts, the last for all that is longer."""
MOST_STEPS, N_PARTS = 192, 3
"""Most steps of time in a table, and numbers of a place at each, see `routing.bound.tables`."""
ROOM = MOST_STEPS + 2 * EIGHT
"""Steps that the row in the making has room for: some behind the last are worked on with it."""
MOST_BITS, MOST_PLACES = 5, 40_000
"""Homes of a group that a table keeps from coming again, and places of a table up to which it has room for more."""
MOST_NEAR, MOST_CLUSTERS = 40, 12
"""Most neighbours that a table tells apart, and most clusters of those further off."""


class Local(NamedTuple):
    """Nodes of a sequence; n of the most that there can be are in use.

    who : number among the leg's nodes. seats, chairs : taken by each; form : see `routing.bound.loads`. gain : of a
    visit; fine : see `routing.bound.tables`; less : gain less the fine. cap, target : of the time since the gate;
    at_gate : seconds of service there; leave : from a node to the end of a run that has it outermost, with its turn;
    home : pence of the empty miles then. first_go, first_cost : from the gate. reach : soonest time at each. near :
    nearest others, -1: no more; near_go, near_cost : the way to them; near_steps : its whole steps of time; near_end :
    the first step after which they are come to too late; near_gain : of a visit to them, less the way; near_over : see
    `tables.over_line`. cluster : of each node; far_go, far_cost,
    far_steps : least to the nodes of each cluster that are not near, and its whole steps of time. ends : pence by
    minutes on the road, but for the surcharge; long_pence, long_after_s : (1,) that. other_ends, used, value, visits,
    least, far_m : scratch.
    """

    who: Any
    seats: Any
    chairs: Any
    form: Any
    gain: Any
    fine: Any
    less: Any
    cap: Any
    target: Any
    at_gate: Any
    leave: Any
    home: Any
    first_go: Any
    first_cost: Any
    reach: Any
    near: Any
    near_go: Any
    near_cost: Any
    near_steps: Any
    near_end: Any
    near_gain: Any
    near_over: Any
    cluster: Any
    far_go: Any
    far_cost: Any
    far_steps: Any
    ends: Any
    long_pence: Any
    long_after_s: Any
    other_ends: Any
    used: Any
    value: Any
    visits: Any
    least: Any
    far_m: Any


class Table(NamedTuple):
    """Most that can still be gained from each place: load and node, see `routing.bound.tables`.

    rows : the places' rows, one after another; wide : (1,) steps that each has room for; row : the one in the making.
    after : (L, F) load that a load becomes with a home of a form; soonest : (L,) time at which it can be on board;
    at_gates : least service of it there; more_s, more_pence : what that makes a run longer than the span, and its price
    but for the surcharge; may_end : whether a run may have it in the end. most, most_at : by cluster and step, of the
    load in the making, and the node that it is gained at. before : (L, F) load that becomes a load with a home of a
    form, -1: none does; begun, begun_most, both : see `routing.bound.finer`.
    """

    rows: Any
    wide: Any
    row: Any
    after: Any
    soonest: Any
    at_gates: Any
    more_s: Any
    more_pence: Any
    may_end: Any
    most: Any
    most_at: Any
    before: Any
    begun: Any
    begun_most: Any
    both: Any


class Labels(NamedTuple):
    """Runs in the making.

    at, t, cost : node, time since the gate and pence so far. before : the label it grew from; next_one : another of
    the same node and load, -1: no more; head : the first of them. mask : who is remembered, as bits; alive : none is
    better.
    ng : who goes on being remembered at a node. end_at, end_cost : the best run that ends at each node.
    """

    at: Any
    t: Any
    cost: Any
    before: Any
    next_one: Any
    mask: Any
    alive: Any
    head: Any
    ng: Any
    end_at: Any
    end_cost: Any


@njit
def make_local(n: int) -> Any:
    """Room for n nodes."""
    return Local(
        who=np.empty(n, np.int64), seats=np.empty(n, np.int64), chairs=np.empty(n, np.int64),
        form=np.empty(n, np.int64), gain=np.empty(n),
        fine=np.empty(n), less=np.empty(n), cap=np.empty(n, np.int64),
        target=np.empty(n, np.int64), at_gate=np.empty(n, np.int64), leave=np.empty(n, np.int64), home=np.empty(n),
        first_go=np.empty(n, np.int64),
        first_cost=np.empty(n), reach=np.empty(n, np.int64),
        near=np.empty((n, MOST_NEAR), np.int64), near_go=np.empty((n, MOST_NEAR), np.int64),
        near_cost=np.empty((n, MOST_NEAR)), near_steps=np.empty((n, MOST_NEAR), np.int64),
        near_end=np.empty((n, MOST_NEAR), np.int64), near_gain=np.empty((n, MOST_NEAR), np.float32),
        near_over=np.empty((n, MOST_NEAR), np.float32),
        cluster=np.empty(n, np.int64), far_go=np.empty((n, MOST_CLUSTERS), np.int64),
        far_cost=np.empty((n, MOST_CLUSTERS)), far_steps=np.empty((n, MOST_CLUSTERS), np.int64),
        ends=np.empty(N_END_STEPS), long_pence=np.empty(1), long_after_s=np.empty(1, np.int64),
        other_ends=np.empty(N_END_STEPS),
        used=np.empty(n, np.bool_), value=np.empty(n), visits=np.empty(n, np.int64),
        least=np.empty(n, np.int64), far_m=np.empty(MOST_CLUSTERS),
    )  # fmt: skip


@njit
def make_table(n: int, n_loads: int, n_forms: int) -> Any:
    """Room for n nodes, and for sets of critical ones as far as they fit."""
    most = n_loads << MOST_BITS
    return Table(
        rows=np.empty(max(n_loads * n, MOST_PLACES) * N_PARTS * ROOM, np.float32), wide=np.empty(1, np.int64),
        row=np.zeros((N_PARTS + 1) * ROOM, np.float32), after=np.empty((most, n_forms + MOST_BITS), np.int64),
        soonest=np.empty(most, np.int64), at_gates=np.empty(most, np.int64), more_s=np.empty(most, np.int64),
        more_pence=np.empty(most), may_end=np.empty(most, np.bool_), most=np.empty(MOST_CLUSTERS * ROOM, np.float32),
        most_at=np.empty(MOST_CLUSTERS * ROOM, np.int64), before=np.empty((most, n_forms + MOST_BITS), np.int64),
        begun=np.empty(max(n_loads * n, MOST_PLACES) * N_PARTS * ROOM, np.float32),
        begun_most=np.empty(most * MOST_CLUSTERS * ROOM, np.float32), both=np.empty(n * ROOM, np.float32),
    )  # fmt: skip


@njit
def make_labels(n: int, n_loads: int, most: int) -> Any:
    """Room for so many labels over n nodes."""
    words = (n + 63) // 64
    return Labels(
        at=np.empty(most, np.int64), t=np.empty(most, np.int64), cost=np.empty(most), before=np.empty(most, np.int64),
        next_one=np.empty(most, np.int64), mask=np.zeros((most, words), np.uint64), alive=np.empty(most, np.bool_),
        head=np.empty((n_loads, n), np.int64), ng=np.zeros((n, words), np.uint64),
        end_at=np.empty(n, np.int64), end_cost=np.empty(n),
    )  # fmt: skip


@njit_inner
def over_pence(rate: float, t: int, target: int) -> float:
    """Least price of a ride over its wish: half a penny less, for what rounding may take off."""
    if t <= target:
        return 0.0
    return max(0.0, rate * (t - target) / 60.0 - 0.5)


@njit_inner
def end_pence(x: Any, tab: Any, load: int, i: int, t: int) -> float:
    """What a run pays by its time on the road if it ends with a load at node i so long after the gate."""
    lasts_s = t + x.leave[i]
    long = x.long_pence[0] * max(0, lasts_s + tab.more_s[load] - x.long_after_s[0])
    return float(x.ends[min(N_END_STEPS - 1, lasts_s // END_STEP_S)] + long + tab.more_pence[load])


@njit_inner
def is_in(mask: Any, i: int) -> bool:
    """Whether a node is among those remembered."""
    return bool((mask[i // 64] >> np.uint64(i % 64)) & np.uint64(1))


@njit_inner
def put_in(mask: Any, i: int) -> None:
    """Remember a node."""
    mask[i // 64] |= np.uint64(1) << np.uint64(i % 64)
