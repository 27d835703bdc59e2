"""The search's working plan: flat arrays, a journal to undo an iteration, and the best plan so far."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from routing.disturbance import disturbed_pence, mark_moved
from routing.evaluate import (
    F_CHAIRS,
    F_PAS,
    F_SEATS,
    N_FIGURES,
    N_SCRATCH,
    day_weights,
    days_run,
    figures_on_profile,
    most_of,
    n_solo,
    route_tags,
    soft_pence,
    supply_pence,
)
from routing.instance import (
    BOUGHT,
    MAX_HUBS,
    P_UNSERVED,
    R_DISTURBED,
    R_MAX_SCHOOLS,
    S_BASE,
    S_CLASS,
    S_KIND,
    S_LIMIT,
    S_ONE_LEG_PCT,
    S_OPERATOR,
    S_PROFILE,
    Instance,
    Solution,
)
from routing.numba_cache import njit_inline, njit_inner
from routing.search.lanes import A_SLACK, N_GATE_ROWS, V_GATES, fill_route, mask_weights, signatures

HUGE = 1 << 60
N_SPARE = 3
"""Slots past the last: trial, pick and stage."""

# Columns of `Routes.meta`.
M_N_AM, M_N_PM, M_HUBS_AM, M_HUBS_PM, M_SUPPLY, M_COST, M_PAS, M_SEATS, M_CHAIRS, M_SOLO, M_PLAIN = range(11)
N_META = 11

# Positions in `State.num`.
(
    N_TOTAL, N_ABSENT, N_HIGH, N_FREE, N_TOUCHED, N_STAMP, N_BEST, N_BEST_HIGH, N_BEST_ABSENT, N_OLD_ABSENT,
    N_OLD_TOTAL, N_MARK, N_SLOTS, N_STALE,
) = range(14)  # fmt: skip

# Rows of `State.slots` (one column a route slot) and of `State.people` (one column a rider).
# L_LANES: 1 where the lanes are those of the route as it stands. L_STALE lists routes that differ from the best plan's,
# L_IS_STALE marks them.
L_FREE, L_TOUCHED, L_TOUCH_STAMP, L_MARK, L_LIST, L_LANES, L_STALE, L_IS_STALE = range(8)
Q_ROUTE, Q_ABSENT, Q_OLD_ABSENT, Q_BEST_ABSENT, Q_STAMP, Q_UNITS, Q_HOPELESS = range(7)

# Rows of `State.books`: what the working plan takes of each supply, class and operator's (the last: the council's) PAs.
B_SUPPLY, B_CLASS, B_OPERATOR = range(3)


class Routes(NamedTuple):
    """Routes as arrays, one row a slot; an empty slot has no riders on either leg.

    order int32 (R, 2, L), hubs int32 (R, 2, MAX_HUBS), meta int64 (R, 11): counts of riders and hubs by leg, supply
    (-1: none), cost in pence a fortnight, most PAs, seats and wheelchair places in use on any day, riders who must
    travel alone, whether all days are alike.
    """

    order: Any
    hubs: Any
    meta: Any


class State(NamedTuple):
    """Everything that changes during the search.

    now : the working plan; three slots past the last (`trial_slot`, `pick_slot`, `stage_slot`) hold the candidate being
        built, the best candidate so far, and a route with some members of a unit on board.
    old, best : the journal's copies of touched routes; the best plan.
    slots int64 (8, R + 3), people int64 (7, N), books int64 (3, .), num int64 : rows and positions named above.
    alone float64 (U,) : pence a fortnight of each unit on a route of its own, limited supplies left out.
    sigs, mask_days, variants (R + 3, 1 + G), lanes int32 (R + 3, 2, G, L + 1, .), runs int32 (R + 3, 2, G, .) :
        what the scan knows of riders, days and routes (`lanes`).
    rng uint64 (1,). weights (G,), w, figures (2, G, N_FIGURES), gates : scratch of the evaluation.
    keys float64, price float64, pairs, found, options int64, blink float64 (1,) : scratch of the scan.
    """

    now: Routes
    old: Routes
    best: Routes
    slots: Any
    people: Any
    books: Any
    num: Any
    rng: Any
    weights: Any
    w: Any
    figures: Any
    keys: Any
    alone: Any
    sigs: Any
    mask_days: Any
    variants: Any
    lanes: Any
    runs: Any
    gates: Any
    price: Any
    pairs: Any
    found: Any
    options: Any
    blink: Any


def _empty_routes(n_slots: int, longest: int) -> Routes:
    meta = np.zeros((n_slots, N_META), np.int64)
    meta[:, M_SUPPLY] = -1
    return Routes(
        order=np.full((n_slots, 2, longest), -1, np.int32),
        hubs=np.full((n_slots, 2, MAX_HUBS), -1, np.int32),
        meta=meta,
    )


def new_state(instance: Instance, seed: int) -> State:
    """An empty working plan: everybody absent."""
    n = instance.n_riders
    n_slots = n + 1
    # Part-week riders may share seats, so a route can hold more riders than the largest layout has places.
    longest = 2 * int(instance.fits.shape[1] + instance.fits.shape[2]) + 2
    num = np.zeros(14, np.int64)
    num[N_TOTAL] = num[N_BEST] = int(instance.riders[:, P_UNSERVED].sum())
    num[N_ABSENT] = num[N_BEST_ABSENT] = n
    num[N_FREE] = num[N_SLOTS] = n_slots
    slots = np.full((8, 2 * n_slots + 3), -1, np.int64)
    slots[L_FREE, :n_slots] = np.arange(n_slots)[::-1]
    slots[L_LANES] = slots[L_IS_STALE] = 0
    people = np.full((7, n), -1, np.int64)
    people[Q_HOPELESS] = 0
    people[Q_ABSENT] = people[Q_OLD_ABSENT] = people[Q_BEST_ABSENT] = np.arange(n)
    widest = max(len(instance.supplies), len(instance.class_limit), len(instance.operator_pa_limit), 1)
    n_groups = len(instance.group_weight)
    most_gates = min(MAX_HUBS, int(instance.rules[R_MAX_SCHOOLS]) + 1)
    return State(
        now=_empty_routes(n_slots + N_SPARE, longest),
        old=_empty_routes(n_slots, longest),
        best=_empty_routes(n_slots, longest),
        slots=slots,
        people=people,
        books=np.zeros((3, widest), np.int64),
        num=num,
        rng=np.array([(seed * 2_654_435_761 + 88_172_645_463_325_252) % (1 << 64)], np.uint64),
        weights=np.zeros(n_groups, np.int64),
        w=np.zeros((N_SCRATCH, max(longest, MAX_HUBS) + 1), np.int64),
        figures=np.zeros((2, n_groups, N_FIGURES), np.int64),
        keys=np.zeros(max(n, 2 * instance.near.shape[2]) + 1, np.float64),
        alone=np.zeros(len(instance.unit_ptr) - 1, np.float64),
        sigs=signatures(instance.same_as),
        mask_days=mask_weights(instance.group_weight),
        variants=np.zeros((n_slots + N_SPARE, 1 + n_groups), np.int64),
        lanes=np.zeros((n_slots + N_SPARE, 2, n_groups, longest + 1, A_SLACK + most_gates), np.int32),
        runs=np.zeros((n_slots + N_SPARE, 2, n_groups, V_GATES + 4 * MAX_HUBS), np.int32),
        gates=np.zeros((N_GATE_ROWS, MAX_HUBS + 2), np.int64),
        price=np.zeros(longest + 1, np.float64),
        pairs=np.zeros((n_groups + 1, 9 + MAX_HUBS), np.int64),
        found=np.zeros(8, np.int64),
        options=np.zeros((2 * instance.near.shape[2] + 2, 4), np.int64),
        blink=np.zeros(1, np.float64),
    )


@njit_inline
def trial_slot(s: Any) -> int:
    """Slot of the candidate being built."""
    return s.num[N_SLOTS]


@njit_inline
def pick_slot(s: Any) -> int:
    """Slot of the best candidate so far."""
    return s.num[N_SLOTS] + 1


@njit_inline
def stage_slot(s: Any) -> int:
    """Slot of a route with some members of a unit on board."""
    return s.num[N_SLOTS] + 2


@njit_inline
def random_unit(rng: Any) -> float:
    """A random number in [0, 1): xorshift, its state kept with the plan so that a run repeats."""
    x = rng[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    rng[0] = x
    return float(x >> np.uint64(11)) / 9007199254740992.0


@njit_inline
def random_below(rng: Any, n: int) -> int:
    """A random whole number in 0..n-1."""
    return int(random_unit(rng) * n)


@njit_inline
def copy_route(source: Any, i: int, target: Any, j: int) -> None:
    """Copy route i of source over route j of target."""
    for leg in range(2):
        for k in range(source.meta[i, M_N_AM + leg]):
            target.order[j, leg, k] = source.order[i, leg, k]
        for k in range(source.meta[i, M_HUBS_AM + leg]):
            target.hubs[j, leg, k] = source.hubs[i, leg, k]
    for k in range(N_META):
        target.meta[j, k] = source.meta[i, k]


@njit_inline
def clear_route(routes: Any, r: int) -> None:
    """Empty a slot."""
    for k in range(N_META):
        routes.meta[r, k] = 0
    routes.meta[r, M_SUPPLY] = -1


@njit_inline
def is_empty(routes: Any, r: int) -> bool:
    """Whether a slot holds nobody."""
    return routes.meta[r, M_N_AM] + routes.meta[r, M_N_PM] == 0


@njit_inline
def take_supply(supplies: Any, books: Any, meta: Any, r: int, sign: int) -> None:
    """Book (sign 1) or give back (-1) what a route takes of limited supplies."""
    k = meta[r, M_SUPPLY]
    if k < 0:
        return
    books[B_SUPPLY, k] += sign
    if supplies[k, S_KIND] == BOUGHT:
        books[B_CLASS, supplies[k, S_CLASS]] += sign
    if supplies[k, S_OPERATOR] >= 0:
        books[B_OPERATOR, supplies[k, S_OPERATOR]] += sign * meta[r, M_PAS]


@njit_inline
def is_available(
    supplies: Any, class_limit: Any, operator_pa_limit: Any, books: Any, k: int, own: int, own_pas: int, pas: int
) -> bool:
    """Whether supply k can take one more route, when the route gives back supply `own` (-1: none) and its PAs."""
    if k != own and books[B_SUPPLY, k] >= supplies[k, S_LIMIT]:
        return False
    c = supplies[k, S_CLASS]
    gives_class = own >= 0 and supplies[own, S_KIND] == BOUGHT and supplies[own, S_CLASS] == c
    if supplies[k, S_KIND] == BOUGHT and not gives_class and books[B_CLASS, c] >= class_limit[c]:
        return False
    o = supplies[k, S_OPERATOR]
    if o < 0:
        return True
    back = own_pas if own >= 0 and supplies[own, S_OPERATOR] == o else 0
    return books[B_OPERATOR, o] - back + pas <= operator_pa_limit[o]


@njit_inline
def trial_figures(d: Any, s: Any, p: int) -> bool:
    """Figures of the trial route on an access profile, by the weights in the state; False if a rule breaks."""
    t = trial_slot(s)
    counts = s.now.meta[t, M_N_AM : M_HUBS_PM + 1]
    return figures_on_profile(d, p, s.now.order[t], s.now.hubs[t], counts, s.weights, s.w, s.figures)


@njit_inline
def weigh_trial(d: Any, s: Any, extra: int) -> None:
    """Day weights of the trial route with its first n + extra riders on each leg."""
    t = trial_slot(s)
    n_am, n_pm = s.now.meta[t, M_N_AM] + extra, s.now.meta[t, M_N_PM] + extra
    day_weights(d.riders, d.same_as, d.group_weight, s.now.order[t], n_am, n_pm, s.weights)


@njit_inner
def price_trial(d: Any, s: Any, own: int, own_pas: int, have_figures: bool) -> bool:
    """Give the trial route its cheapest available supply and cost; False where no supply can drive it.

    own, own_pas: supply and PAs that the route holds already. have_figures: the state holds the trial's weights, and
    its figures on access profile 0.
    """
    t = trial_slot(s)
    meta = s.now.meta[t]
    if not have_figures:
        weigh_trial(d, s, 0)
    tags = route_tags(d.riders, s.now.order[t], meta[M_N_AM], meta[M_N_PM])
    best, best_k = HUGE, -1
    for p in range(d.seconds.shape[0]):
        if not (have_figures and p == 0) and not trial_figures(d, s, p):
            continue
        soft = soft_pence(s.weights, s.figures)
        pas = most_of(s.weights, s.figures, F_PAS)
        days = days_run(s.weights, s.figures)
        counts = meta[M_N_AM : M_HUBS_PM + 1]
        if d.rules[R_DISTURBED] > 0:
            mark_moved(d, p, s.now.order[t], counts, s.weights, s.w, s.figures)
        for k in range(len(d.supplies)):
            if d.supplies[k, S_PROFILE] != p or not is_available(
                d.supplies, d.class_limit, d.operator_pa_limit, s.books, k, own, own_pas, pas
            ):
                continue
            supply = d.supplies[k]
            if supply[S_KIND] == BOUGHT and supply[S_BASE] * supply[S_ONE_LEG_PCT] // 100 * days + soft >= best:
                continue
            pence = supply_pence(d.seconds, d.metres, d.supplies[k], d.fits, d.rules, tags, s.weights, s.figures)
            if pence >= 0 and d.rules[R_DISTURBED] > 0:
                pence += disturbed_pence(d.riders, supply, k, s.now.order[t], counts, s.w)
            if pence >= 0 and pence + soft < best:
                best, best_k = pence + soft, k
                meta[M_PAS] = pas
                meta[M_SEATS] = most_of(s.weights, s.figures, F_SEATS)
                meta[M_CHAIRS] = most_of(s.weights, s.figures, F_CHAIRS)
    meta[M_SOLO] = n_solo(d.riders, s.now.order[t], meta[M_N_AM], meta[M_N_PM])
    meta[M_PLAIN] = s.weights[0] == d.group_weight.sum()
    meta[M_SUPPLY] = best_k
    meta[M_COST] = best
    return best_k >= 0


@njit_inline
def touch(s: Any, r: int) -> None:
    """Keep a copy of route r before it is changed for the first time in this iteration."""
    if s.slots[L_TOUCH_STAMP, r] == s.num[N_STAMP]:
        return
    s.slots[L_TOUCH_STAMP, r] = s.num[N_STAMP]
    s.slots[L_TOUCHED, s.num[N_TOUCHED]] = r
    s.num[N_TOUCHED] += 1
    copy_route(s.now, r, s.old, r)


@njit_inline
def own_riders(s: Any, r: int) -> None:
    """Book every rider of route r as being on it."""
    for leg in range(2):
        for i in range(s.now.meta[r, M_N_AM + leg]):
            s.people[Q_ROUTE, s.now.order[r, leg, i]] = r


@njit_inline
def put_route(d: Any, s: Any, source: int, r: int) -> None:
    """Write the trial or the pick over route r of the working plan, with all books kept."""
    touch(s, r)
    take_supply(d.supplies, s.books, s.now.meta, r, -1)
    s.num[N_TOTAL] += s.now.meta[source, M_COST] - s.now.meta[r, M_COST]
    copy_route(s.now, source, s.now, r)
    changed(s, r)
    take_supply(d.supplies, s.books, s.now.meta, r, 1)
    own_riders(s, r)


@njit_inline
def drop_route(d: Any, s: Any, r: int) -> None:
    """Empty route r of the working plan and give its slot back; its riders are the caller's to book."""
    touch(s, r)
    take_supply(d.supplies, s.books, s.now.meta, r, -1)
    s.num[N_TOTAL] -= s.now.meta[r, M_COST]
    clear_route(s.now, r)
    changed(s, r)
    give_back(s, r)


@njit_inline
def changed(s: Any, r: int) -> None:
    """Note that route r differs from its lanes and from the best plan's route."""
    s.slots[L_LANES, r] = 0
    if s.slots[L_IS_STALE, r] == 0:
        s.slots[L_IS_STALE, r] = 1
        s.slots[L_STALE, s.num[N_STALE]] = r
        s.num[N_STALE] += 1


@njit_inline
def give_back(s: Any, r: int) -> None:
    """Note that slot r is empty. A slot may stand in the stack twice, or be in use again when it is taken from it."""
    if s.num[N_FREE] == 2 * s.num[N_SLOTS]:
        s.num[N_FREE] = 0
        for other in range(s.num[N_SLOTS] - 1, -1, -1):
            if is_empty(s.now, other) and other != r:
                s.slots[L_FREE, s.num[N_FREE]] = other
                s.num[N_FREE] += 1
    s.slots[L_FREE, s.num[N_FREE]] = r
    s.num[N_FREE] += 1


@njit_inline
def new_slot(s: Any) -> int:
    """Take an empty slot."""
    r = 0
    while True:
        s.num[N_FREE] -= 1
        r = s.slots[L_FREE, s.num[N_FREE]]
        if is_empty(s.now, r):
            break
    s.num[N_HIGH] = max(s.num[N_HIGH], r + 1)
    return r


@njit_inline
def ensure_lanes(d: Any, s: Any, r: int) -> None:
    """Fill the lanes of route r where it has changed since they were."""
    if s.slots[L_LANES, r] == 0:
        refill_lanes(d, s, r)


@njit_inner
def refill_lanes(d: Any, s: Any, r: int) -> None:
    """Fill the lanes of route r."""
    counts = s.now.meta[r, M_N_AM : M_HUBS_PM + 1]
    fill_route(
        d, s.sigs, len(s.mask_days) - 1, s.now.order[r], s.now.hubs[r], counts, s.variants[r], s.lanes[r], s.runs[r],
        s.gates,
    )  # fmt: skip
    s.slots[L_LANES, r] = 1


@njit_inline
def begin_iteration(s: Any) -> None:
    """Start a journal."""
    s.num[N_STAMP] += 1
    s.num[N_TOUCHED] = 0
    s.num[N_OLD_TOTAL] = s.num[N_TOTAL]
    s.num[N_OLD_ABSENT] = s.num[N_ABSENT]
    for i in range(s.num[N_ABSENT]):
        s.people[Q_OLD_ABSENT, i] = s.people[Q_ABSENT, i]


@njit_inner
def undo_iteration(d: Any, s: Any) -> None:
    """Put every touched route and the absent back as they were at `begin_iteration`."""
    for i in range(s.num[N_OLD_ABSENT]):
        rider = s.people[Q_OLD_ABSENT, i]
        s.people[Q_ABSENT, i] = rider
        s.people[Q_ROUTE, rider] = -1
    s.num[N_ABSENT] = s.num[N_OLD_ABSENT]
    for t in range(s.num[N_TOUCHED]):
        r = s.slots[L_TOUCHED, t]
        take_supply(d.supplies, s.books, s.now.meta, r, -1)
        copy_route(s.old, r, s.now, r)
        s.slots[L_LANES, r] = 0
        take_supply(d.supplies, s.books, s.now.meta, r, 1)
        own_riders(s, r)
        if is_empty(s.now, r):
            give_back(s, r)
    s.num[N_TOTAL] = s.num[N_OLD_TOTAL]


@njit_inner
def keep_best(s: Any) -> None:
    """Copy the working plan over the best one."""
    s.num[N_BEST] = s.num[N_TOTAL]
    s.num[N_BEST_HIGH] = s.num[N_HIGH]
    for i in range(s.num[N_STALE]):
        r = s.slots[L_STALE, i]
        s.slots[L_IS_STALE, r] = 0
        copy_route(s.now, r, s.best, r)
    s.num[N_STALE] = 0
    s.num[N_BEST_ABSENT] = s.num[N_ABSENT]
    for i in range(s.num[N_ABSENT]):
        s.people[Q_BEST_ABSENT, i] = s.people[Q_ABSENT, i]


def solution_of(state: State) -> Solution:
    """The best plan as lists, in slot order."""
    best = state.best
    slots = [r for r in range(int(state.num[N_BEST_HIGH])) if best.meta[r, : M_N_PM + 1].sum() > 0]

    def legs(values: Any, first: int, r: int) -> tuple[list[int], list[int]]:
        n_am, n_pm = best.meta[r, first : first + 2]
        return values[r, 0, :n_am].tolist(), values[r, 1, :n_pm].tolist()

    return Solution(
        orders=[legs(best.order, M_N_AM, r) for r in slots],
        hubs=[legs(best.hubs, M_HUBS_AM, r) for r in slots],
        supply=[int(best.meta[r, M_SUPPLY]) for r in slots],
        cost=[int(best.meta[r, M_COST]) for r in slots],
        unserved=state.people[Q_BEST_ABSENT, : int(state.num[N_BEST_ABSENT])].tolist(),
    )
