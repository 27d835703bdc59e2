"""The scan of all routes for one more passenger, exact: the compiled loop around `routing.insert_places`.

Routes are taken in the order of a lower bound on what they ask; those whose bound is above the worst price still wanted
are never opened.
"""

from __future__ import annotations

from typing import Any

from routing.evaluate import F_CHAIRS, F_SEATS, NEVER, company_holds, day_weights, leg_all_days
from routing.insert_places import (
    A_EXTRA,
    A_ROUTE,
    G_OTHERS,
    G_PAID,
    G_PAS,
    G_SUPPLY,
    G_VEHICLE,
    MAX_SET,
    N_AM,
    N_ANSWER,
    N_PM,
    find_places,
    gather_set,
    holds_everybody,
    lay_out,
    least_of_places,
    most_pas,
    n_gate_positions,
    price_pairs,
    set_size,
    supply_floor,
)
from routing.instance import D_ROW, H_ROW, P_HUB, P_REF_AM, P_TAGS, P_VARIANTS, R_PER_SHARED_PA, S_PROFILE, S_TAGS
from routing.numba_cache import njit, njit_inner
from routing.search.state import HUGE, is_available


@njit_inner
def tags_with(d: Any, s: Any, r: int, who: Any) -> int:
    """Tags that the vehicle needs with the riders on board."""
    tags = 0
    for leg in range(2):
        if who[leg] >= 0:
            tags |= d.riders[who[leg], P_TAGS]
        if r >= 0:
            for i in range(s.counts[r, leg]):
                tags |= d.riders[s.order[r, leg, i], P_TAGS]
    return tags


@njit_inner
def weigh(d: Any, s: Any, t: Any, r: int, who: Any, apart: bool) -> None:
    """Days of each day group; apart: alike groups are kept apart, as the pricing of several routes needs them."""
    if apart:
        for g in range(len(t.weights)):
            t.weights[g] = d.group_weight[g]
        return
    n_am, n_pm = company_of_leg(s, t, r, 0, who[0]), company_of_leg(s, t, r, 1, who[1])
    day_weights(d.riders, d.same_as, d.group_weight, t.order, n_am, n_pm, t.weights)


@njit_inner
def company_of_leg(s: Any, t: Any, r: int, leg: int, rider: int) -> int:
    """A leg's riders onto the tray with the new one last, whatever the order; returns how many."""
    n = 0 if r < 0 else s.counts[r, leg]
    for i in range(n):
        t.order[leg, i] = s.order[r, leg, i]
    if rider >= 0:
        t.order[leg, n] = rider
        return n + 1
    return n


@njit
def open_route(d: Any, s: Any, t: Any, r: int, who: Any, best: Any) -> None:
    """The cheapest way for route r (-1: a new one) to take the riders, into an answer row.

    A_EXTRA is what the route then costs, with the other routes of its vehicle where it shares one. who (2,): the rider
    on each leg, -1: nobody; with nobody on either the route is priced as it is.
    """
    for k in range(N_ANSWER):
        best[k] = -1
    best[A_ROUTE], best[A_EXTRA] = r, HUGE
    own_vehicle = -1 if r < 0 else s.ledger[r, G_VEHICLE]
    shares = own_vehicle >= 0 and set_size(s, own_vehicle) > 1
    weigh(d, s, t, r, who, shares or r < 0)
    gives_back = -1 if r < 0 or shares else s.ledger[r, G_SUPPLY]
    own_pas = 0 if gives_back < 0 else s.ledger[r, G_PAS]
    left_behind = s.ledger[r, G_OTHERS] if shares else 0
    tags = tags_with(d, s, r, who)
    t.members[0], t.members[1], t.members[2] = 0, 1, 2
    for p in range(d.seconds.shape[0]):
        n_am = find_places(d, s, t, r, 0, p, who[0])
        if n_am == 0:
            continue
        n_pm = find_places(d, s, t, r, 1, p, who[1])
        if n_pm == 0:
            continue
        least_of_places(t, 0, p, n_am)
        least_of_places(t, 1, p, n_pm)
        pas = most_pas(t)
        for k in range(len(d.supplies)):
            if d.supplies[k, S_PROFILE] == p and is_available(
                d.supplies, d.class_limit, d.operator_pa_limit, s.books, k, gives_back, own_pas, pas
            ):
                if k == gives_back and own_vehicle >= 0:
                    price_pairs(d, t, k, tags, n_am, n_pm, 1, 0, best, own_vehicle, left_behind)
                else:
                    price_pairs(d, t, k, tags, n_am, n_pm, 1, 0, best, -1, left_behind)
        for v in range(len(s.sets)):
            size = set_size(s, v)
            stays, joins = shares and v == own_vehicle, r < 0 and 0 < size < MAX_SET
            if d.supplies[s.set_supply[v], S_PROFILE] == p and (stays or joins):
                at = gather_set(s, t, p, v, r)
                n_members, beside = (size, 0) if stays else (size + 1, -s.set_paid[v])
                price_pairs(d, t, s.set_supply[v], tags, n_am, n_pm, n_members, at, best, v, beside)


@njit_inner
def least_metres(d: Any, s: Any, t: Any, r: int, leg: int, g: int, p: int, rider: int) -> None:
    """Least metres of a leg with the rider on one day, clocks aside, into t.least: loaded, and loaded and back."""
    t.least[p, leg, g, 0] = t.least[p, leg, g, 1] = HUGE
    if rider < 0 or d.daily[leg, g, rider, D_ROW] < 0:
        least_metres_by_gate(d, s, t, r, leg, g, p, -1, -1)
        return
    n_positions = n_gate_positions(d, s, r, leg, rider)
    if n_positions < 0:
        return
    for row in range(rider, rider + d.riders[rider, P_VARIANTS]):
        for step in range(max(1, n_positions)):
            least_metres_by_gate(d, s, t, r, leg, g, p, row, step if n_positions > 0 else -1)


@njit_inner
def least_metres_by_gate(d: Any, s: Any, t: Any, r: int, leg: int, g: int, p: int, rider: int, gate: int) -> None:
    """The same for one row of the passenger (-1: nobody) and one position of the gate, where it is less."""
    road, day, n = d.metres[p, leg], d.daily[leg, g], s.counts[r, leg]
    here = -1 if rider < 0 else day[rider, D_ROW]
    n_gates = lay_out(d, s, t, r, leg, rider, gate)
    gates, first_gate, last_gate = 0, -1, -1
    for j in range(n_gates):
        if not gate_used(d, s, r, leg, g, t.hubs[leg, j], rider):
            continue
        row = d.hubs[t.hubs[leg, j], H_ROW]
        if last_gate >= 0:
            gates += int(road[last_gate, row])
        else:
            first_gate = row
        last_gate = row
    if first_gate < 0:
        t.least[p, leg, g, 0] = t.least[p, leg, g, 1] = 0
        return
    for home in range(n + 1 if here >= 0 else 1):
        path, first, last = 0, -1, -1
        for i in range(n + 1):
            if i == home and here >= 0:
                if last >= 0:
                    path += int(road[last, here])
                else:
                    first = here
                last = here
            if i < n and day[s.order[r, leg, i], D_ROW] >= 0:
                row = day[s.order[r, leg, i], D_ROW]
                if last >= 0:
                    path += int(road[last, row])
                else:
                    first = row
                last = row
        if leg == 0:
            loaded = path + int(road[last, first_gate]) + gates
            back = int(road[last_gate, first])
        else:
            loaded = gates + int(road[last_gate, first]) + path
            back = int(road[last, first_gate])
        t.least[p, leg, g, 0] = min(t.least[p, leg, g, 0], loaded)
        t.least[p, leg, g, 1] = min(t.least[p, leg, g, 1], loaded + back)


@njit_inner
def gate_used(d: Any, s: Any, r: int, leg: int, g: int, hub: int, rider: int) -> bool:
    """Whether somebody uses a gate on one day."""
    if rider >= 0 and d.riders[rider, P_HUB] == hub:
        return True
    for i in range(s.counts[r, leg]):
        other = s.order[r, leg, i]
        if d.riders[other, P_HUB] == hub and d.daily[leg, g, other, D_ROW] >= 0:
            return True
    return False


@njit_inner
def may_fit(d: Any, s: Any, t: Any, r: int, who: Any) -> bool:
    """Whether some position of the gates is not ruled out on some access profile, whatever the order of homes."""
    for p in range(d.seconds.shape[0]):
        fits = True
        for leg in range(2):
            fits = fits and leg_may_fit(d, s, t, r, leg, p, who[leg])
        if fits:
            return True
    return False


@njit_inner
def leg_may_fit(d: Any, s: Any, t: Any, r: int, leg: int, p: int, rider: int) -> bool:
    """The same for one leg."""
    if rider < 0 or d.riders[rider, P_REF_AM + leg] < 0:
        return True
    n, n_positions = s.counts[r, leg], n_gate_positions(d, s, r, leg, rider)
    if n_positions < 0:
        return False
    for step in range(max(1, n_positions)):
        n_hubs = lay_out(d, s, t, r, leg, rider, step if n_positions > 0 else -1)
        f = t.figures[leg, 0]
        if leg_all_days(d, leg, p, t.order[leg], n + 1, t.hubs[leg], n_hubs, t.weights, t.w, f) != NEVER:
            return True
    return False


@njit_inner
def route_floor(d: Any, s: Any, t: Any, r: int, who: Any) -> int:
    """Lower bound on what route r asks for the riders; `HUGE` where its company or its vehicles forbid them.

    A route that shares its vehicle is bounded by minus what is paid now only, so it is always opened unless forbidden.
    """
    vehicle = s.ledger[r, G_VEHICLE]
    shares = vehicle >= 0 and set_size(s, vehicle) > 1
    weigh(d, s, t, r, who, shares)
    for leg in range(2):
        n = company_of_leg(s, t, r, leg, who[leg])
        for g in range(len(t.weights)):
            if t.weights[g] == 0:
                continue
            f = t.company[leg, g]
            if not company_holds(d.riders, d.daily[leg, g], d.foes, t.order[leg], n, d.rules[R_PER_SHARED_PA], f):
                return HUGE
            if f[F_SEATS] >= d.fits.shape[1] or f[F_CHAIRS] >= d.fits.shape[2]:
                return HUGE
            if not d.fits[len(d.fits) - 1, f[F_SEATS], f[F_CHAIRS]]:
                return HUGE
    if not may_fit(d, s, t, r, who):
        return HUGE
    if shares:
        return -int(s.ledger[r, G_PAID])
    for p in range(d.seconds.shape[0]):
        for leg in range(2):
            for g in range(len(t.weights)):
                if t.weights[g] > 0:
                    least_metres(d, s, t, r, leg, g, p, who[leg])
    tags = tags_with(d, s, r, who)
    floor = HUGE
    for k in range(len(d.supplies)):
        if not tags & ~d.supplies[k, S_TAGS] and holds_everybody(d, t, k, t.company[0], t.company[1]):
            floor = min(floor, supply_floor(d, t, k, t.company[0], t.company[1]))
    return floor if floor == HUGE else int(floor - s.ledger[r, G_PAID])


@njit_inner
def put_answer(answers: Any, n: int, row: Any) -> int:
    """Keep an answer among the cheapest, ties by route; returns how many there are."""
    size = len(answers)
    at = n
    while at > 0 and (
        row[A_EXTRA] < answers[at - 1, A_EXTRA]
        or (row[A_EXTRA] == answers[at - 1, A_EXTRA] and row[A_ROUTE] < answers[at - 1, A_ROUTE])
    ):
        at -= 1
    if at >= size:
        return n
    for i in range(min(n, size - 1), at, -1):
        for k in range(N_ANSWER):
            answers[i, k] = answers[i - 1, k]
    for k in range(N_ANSWER):
        answers[at, k] = row[k]
    return min(n + 1, size)


@njit
def scan(d: Any, s: Any, t: Any, who: Any, only: int, answers: Any, row: Any) -> int:
    """The cheapest insertions of a passenger, best first, into answers (n, N_ANSWER); returns how many.

    who (2,): the rider on each leg. only: the one route that may take them; -1: any, and a new one.
    """
    n = 0
    if only < 0:
        open_route(d, s, t, -1, who, row)
        if row[A_EXTRA] < HUGE:
            n = put_answer(answers, n, row)
    for r in range(len(s.counts)):
        empty = s.counts[r, N_AM] + s.counts[r, N_PM] == 0
        t.floors[r] = HUGE if empty or (only >= 0 and r != only) else route_floor(d, s, t, r, who)
    while True:
        r, floor = -1, HUGE
        for other in range(len(s.counts)):
            if t.floors[other] < floor:
                r, floor = other, t.floors[other]
        if r < 0 or (n == len(answers) and floor > answers[n - 1, A_EXTRA]):
            return n
        t.floors[r] = HUGE
        open_route(d, s, t, r, who, row)
        if row[A_EXTRA] < HUGE:
            row[A_EXTRA] -= s.ledger[r, G_PAID]
            n = put_answer(answers, n, row)
