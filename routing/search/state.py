"""The search's working plan: flat arrays, a journal to undo an iteration, and the best plan so far."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.evaluate import (
    N_FIGURES,
    N_SCRATCH,
)
from routing.instance import (
    BOUGHT,
    MAX_HUBS,
    P_PERSON,
    P_UNSERVED,
    R_MAX_SCHOOLS,
    S_CLASS,
    S_KIND,
    S_LIMIT,
    S_OPERATOR,
    Instance,
)
from routing.numba_cache import njit_inline, njit_inner
from routing.search.lanes import (
    A_SLACK,
    E_ALONG,
    N_OPTION_COLUMNS,
    V_GATES,
    fill_route,
    mask_weights,
    signatures,
)

HUGE = 1 << 60
N_OPTIONS = 8
"""Most routes that one scan ranks."""
N_KNOWN = 128
"""Routes of which the price of a rider is kept, a power of two; where two routes share a place, the later is known."""
N_SPARE = 3
"""Slots past the last: trial, pick and stage."""

# Columns of `Routes.meta`.
(
    M_N_AM, M_N_PM, M_HUBS_AM, M_HUBS_PM, M_SUPPLY, M_COST, M_PAS, M_SEATS, M_CHAIRS, M_SOLO, M_PLAIN, M_MATE, M_SECOND,
) = range(13)  # fmt: skip
N_META = 13

# Positions in `State.num`.
(
    N_TOTAL, N_ABSENT, N_HIGH, N_FREE, N_TOUCHED, N_STAMP, N_BEST, N_BEST_HIGH, N_BEST_ABSENT, N_OLD_ABSENT,
    N_OLD_TOTAL, N_MARK, N_SLOTS, N_STALE, N_VERSION,
) = range(15)  # fmt: skip
N_NUM = 15

# Rows of `State.slots` (one column a route slot) and of `State.people` (one column a person's first row).
# L_LANES: 1 where the lanes are those of the route as it stands. L_STALE lists routes that differ from the best plan's,
# L_IS_STALE marks them. L_VERSION: a number that no other content of a route has.
(
    L_FREE, L_TOUCHED, L_TOUCH_STAMP, L_MARK, L_LIST, L_LANES, L_STALE, L_IS_STALE, L_VERSION, L_OLD_VERSION,
) = range(10)  # fmt: skip
N_SLOT_ROWS = 10
(
    Q_ROUTE, Q_ABSENT, Q_OLD_ABSENT, Q_BEST_ABSENT, Q_STAMP, Q_UNITS, Q_HOPELESS, Q_ALONE_AM, Q_ALONE_PM,
) = range(9)  # fmt: skip
N_PEOPLE_ROWS = 9

# Rows of `State.books`: what the working plan takes of each supply, class and operator's (the last: the council's) PAs.
B_SUPPLY, B_CLASS, B_OPERATOR = range(3)


class Routes(NamedTuple):
    """Routes as arrays, one row a slot; an empty slot has no riders on either leg.

    order int32 (R, 2, L), hubs int32 (R, 2, MAX_HUBS), meta int64 (R, 13): counts of riders and hubs by leg, supply
    (-1: none), cost in pence a fortnight, most PAs, seats and wheelchair places in use on any day, riders who must
    travel alone, whether all days are alike; slot + 1 of the route that the same fleet vehicle also drives (0: none),
    and whether that one books the vehicle. The costs of such a pair sum to the vehicle's.
    """

    order: Any
    hubs: Any
    meta: Any


class State(NamedTuple):
    """Everything that changes during the search.

    now : the working plan; three slots past the last (`trial_slot`, `pick_slot`, `stage_slot`) hold the candidate being
        built, the best candidate so far, and a route with some members of a unit on board.
    old, best : the journal's copies of touched routes; the best plan.
    slots int64 (10, R + 3), people int64 (9, N), books int64 (3, .), num int64 : rows and positions named above.
    alone float64 (U,) : pence a fortnight of each unit on a route of its own, limited supplies left out.
    sigs, mask_days, variants (R + 3, 1 + G), lanes int32 (R + 3, 2, G, L + 1, .), runs int32 (R + 3, 2, G, .) :
        what the scan knows of riders, days and routes (`lanes`).
    rng uint64 (1,). weights (G,), w, figures (2, G, N_FIGURES), gates : scratch of the evaluation.
    known int64, known_price float64 (N, N_KNOWN), known_option int32 (N, N_KNOWN, 6) : prices and places of the scan by
        rider and route; twice the route's version, and one more where the price is only a least one.
    keys float64, price float64, pairs, found, options int64 (N_OPTIONS + 2, 6), blink float64 (2,) : scratch of the
        scan, and shares of routes and positions that it overlooks. pair_figures (2, 2, G, N_FIGURES), runs_in_set,
        shift : scratch of two routes on one vehicle; pair_members (0 and 1), no_team, no_when, nobody_worked : what
        is always the same of them.
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
    pair_figures: Any
    pair_members: Any
    no_team: Any
    nobody_worked: Any
    runs_in_set: Any
    shift: Any
    no_when: Any
    blink: Any
    known: Any
    known_price: Any
    known_option: Any


def empty_routes(n_slots: int, longest: int) -> Routes:
    """Empty slots for routes of up to `longest` riders a leg."""
    meta = np.zeros((n_slots, N_META), np.int64)
    meta[:, M_SUPPLY] = -1
    return Routes(
        order=np.full((n_slots, 2, longest), -1, np.int32),
        hubs=np.full((n_slots, 2, MAX_HUBS), -1, np.int32),
        meta=meta,
    )


def nobody_placed(
    riders: NDArray[np.int64], persons: NDArray[np.int64], n_slots: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
    """`slots`, `people`, `num` and `rng` of a state in which all slots are empty and everybody is absent."""
    n = len(persons)
    slots = np.full((N_SLOT_ROWS, 2 * n_slots + N_SPARE), -1, np.int64)
    slots[L_FREE, :n_slots] = np.arange(n_slots)[::-1]
    slots[L_LANES] = slots[L_IS_STALE] = slots[L_VERSION] = 0
    people = np.full((N_PEOPLE_ROWS, len(riders)), -1, np.int64)
    people[Q_HOPELESS] = 0
    people[Q_ALONE_AM] = people[Q_ALONE_PM] = np.arange(len(riders))
    for row in (Q_ABSENT, Q_OLD_ABSENT, Q_BEST_ABSENT):
        people[row, :n] = persons
    num = np.zeros(N_NUM, np.int64)
    num[N_TOTAL] = num[N_BEST] = int(riders[:, P_UNSERVED].sum())
    num[N_ABSENT] = num[N_BEST_ABSENT] = n
    num[N_FREE] = num[N_SLOTS] = n_slots
    return slots, people, num, np.array([(seed * 2_654_435_761 + 88_172_645_463_325_252) % (1 << 64)], np.uint64)


def new_state(instance: Instance, seed: int) -> State:
    """An empty working plan: everybody absent."""
    persons = instance.persons
    n, n_persons = instance.n_riders, len(persons)
    n_slots = n_persons + 1
    # Part-week riders may share seats, so a route can hold more riders than the largest layout has places.
    longest = 2 * int(instance.fits.shape[1] + instance.fits.shape[2]) + 2
    slots, people, num, rng = nobody_placed(instance.riders, persons, n_slots, seed)
    widest = max(len(instance.supplies), len(instance.class_limit), len(instance.operator_pa_limit), 1)
    n_groups = len(instance.group_weight)
    most_gates = min(MAX_HUBS, int(instance.rules[R_MAX_SCHOOLS]) + 1)
    return State(
        now=empty_routes(n_slots + N_SPARE, longest),
        old=empty_routes(n_slots, longest),
        best=empty_routes(n_slots, longest),
        slots=slots,
        people=people,
        books=np.zeros((3, widest), np.int64),
        num=num,
        rng=rng,
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
        gates=np.zeros((N_SCRATCH, MAX_HUBS + 2), np.int64),
        price=np.zeros(longest + 1, np.float64),
        pairs=np.zeros((n_groups + 1, E_ALONG + MAX_HUBS), np.int64),
        found=np.zeros(8, np.int64),
        options=np.zeros((N_OPTIONS + 2, N_OPTION_COLUMNS), np.int64),
        pair_figures=np.zeros((2, 2, n_groups, N_FIGURES), np.int64),
        pair_members=np.arange(2),
        no_team=np.zeros((0, 3), np.int64),
        nobody_worked=np.zeros(0, np.int64),
        runs_in_set=np.zeros((3, N_FIGURES), np.int64),
        shift=np.zeros(3, np.int64),
        no_when=np.zeros((4, 0), np.int64),
        blink=np.zeros(2, np.float64),
        known=np.full((n, N_KNOWN), -1, np.int64),
        known_price=np.zeros((n, N_KNOWN), np.float64),
        known_option=np.zeros((n, N_KNOWN, N_OPTION_COLUMNS), np.int32),
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
    if meta[r, M_SECOND] == 0:
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
def touch(s: Any, r: int) -> None:
    """Keep a copy of route r before it is changed for the first time in this iteration."""
    if s.slots[L_TOUCH_STAMP, r] == s.num[N_STAMP]:
        return
    s.slots[L_TOUCH_STAMP, r] = s.num[N_STAMP]
    s.slots[L_TOUCHED, s.num[N_TOUCHED]] = r
    s.num[N_TOUCHED] += 1
    s.slots[L_OLD_VERSION, r] = s.slots[L_VERSION, r]
    copy_route(s.now, r, s.old, r)


@njit_inline
def own_riders(d: Any, s: Any, r: int) -> None:
    """Book every person of route r as being on it."""
    for leg in range(2):
        for i in range(s.now.meta[r, M_N_AM + leg]):
            s.people[Q_ROUTE, d.riders[s.now.order[r, leg, i], P_PERSON]] = r


@njit_inline
def put_route(d: Any, s: Any, source: int, r: int) -> None:
    """Write the trial or the pick over route r of the working plan, with all books kept."""
    touch(s, r)
    take_supply(d.supplies, s.books, s.now.meta, r, -1)
    s.num[N_TOTAL] += s.now.meta[source, M_COST] - s.now.meta[r, M_COST]
    copy_route(s.now, source, s.now, r)
    changed(s, r)
    take_supply(d.supplies, s.books, s.now.meta, r, 1)
    own_riders(d, s, r)


@njit_inline
def link(s: Any, r: int, other: int) -> None:
    """Let route r (-1: none) know which other slot its vehicle drives."""
    if r < 0:
        return
    touch(s, r)
    s.now.meta[r, M_MATE] = other + 1
    changed(s, r)


@njit_inline
def changed(s: Any, r: int) -> None:
    """Note that route r differs from what it was, from its lanes and from the best plan's route."""
    s.slots[L_LANES, r] = 0
    s.num[N_VERSION] += 1
    s.slots[L_VERSION, r] = s.num[N_VERSION]
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
        s.slots[L_VERSION, r] = s.slots[L_OLD_VERSION, r]
        take_supply(d.supplies, s.books, s.now.meta, r, 1)
        own_riders(d, s, r)
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
