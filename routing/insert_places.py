"""Places for one more passenger in one route, and what they cost on one vehicle: compiled pieces of the insertion.

The two legs meet only in the price, and every price grows with a leg's metres, seconds and soft prices. So per vehicle
the places of a leg that are no better than another in any of these are dropped, and only pairs of what is left are
priced, by the functions of `routing.evaluate` and `routing.assign`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from routing.evaluate import (
    F_BACK_METRES,
    F_CHAIRS,
    F_END,
    F_FIRST,
    F_LAST,
    F_LEG,
    F_METRES,
    F_PAS,
    F_PRESENT,
    F_SEATS,
    F_SOFT,
    F_START,
    FAR,
    HOLDS,
    N_FIGURES,
    NEVER,
    half_up,
    leg_all_days,
    supply_pence,
)
from routing.fleet_sets import chain, set_pence_in, shift_runs
from routing.instance import (
    BOUGHT,
    DEAD_FROM_BASE,
    DEAD_NONE,
    MAX_HUBS,
    P_HUB,
    P_REF_AM,
    P_VARIANTS,
    S_AM_END,
    S_AM_START,
    S_BASE,
    S_CLASS,
    S_DEAD_RULE,
    S_DRIVER_MIN,
    S_DRIVER_RATE,
    S_FIXED,
    S_FREE_M,
    S_KIND,
    S_LONG_AFTER,
    S_MILE_RATE,
    S_ONE_LEG_PCT,
    S_PA_RATE,
    S_PM_END,
    S_PM_START,
    S_PROFILE,
    S_ROW,
    S_TAGS,
)
from routing.numba_cache import njit_inner
from routing.search.state import HUGE

MAX_SET = 3
"""Most routes of one fleet vehicle, as `routing.assign` makes them."""

# Columns of `Standing.counts`: riders and gates by leg.
N_AM, N_PM, HUBS_AM, HUBS_PM = range(4)

# Columns of `Standing.ledger`, one row a route: supply; fleet vehicle (-1: bought); what is paid now for the route, or
# for all routes of its vehicle where it has several, in pence a fortnight, soft prices of the route included; what the
# other routes of its vehicle would cost without it; most PAs on board.
G_SUPPLY, G_VEHICLE, G_PAID, G_OTHERS, G_PAS = range(5)
N_LEDGER = 5

# Columns of `Tray.summary`: metres that are paid, seconds that are paid, seconds with a PA on board, and the clock that
# the other leg must respect (AM: ready at the depot again; PM: seconds before midnight of leaving it).
Y_METRES, Y_SECONDS, Y_ON_BOARD, Y_CLOCK = range(4)
N_SUMMARY = 4

# Columns of an answer.
(
    A_ROUTE, A_SUPPLY, A_VEHICLE, A_HOME_AM, A_HOME_PM, A_GATE_AM, A_GATE_PM, A_ROW_AM, A_ROW_PM, A_EXTRA,
) = range(10)  # fmt: skip
N_ANSWER = 10


class Standing(NamedTuple):
    """A plan that stands, as arrays; a route without riders is one that was taken out.

    order int32 (R, 2, L), hubs int32 (R, 2, MAX_HUBS), counts int64 (R, 4), ledger int64 (R, 5).
    books int64 (3, .) : what the plan takes of supplies (fleet: vehicles), classes and operators' PAs.
    sets int64 (V, 3), set_supply int64 (V,), set_paid int64 (V,) : routes (-1: none), supply and pence a fortnight of
        each fleet vehicle in use, soft prices apart.
    figures int64 (P, R, 2, G, N_FIGURES) : of every route on every access profile and day group.
    """

    order: Any
    hubs: Any
    counts: Any
    ledger: Any
    books: Any
    sets: Any
    set_supply: Any
    set_paid: Any
    figures: Any


class Tray(NamedTuple):
    """Scratch of one scan.

    order int32 (2, L), hubs int32 (2, MAX_HUBS), weights (G,), w : one leg being tried.
    figures int64 (2, M, G, N_FIGURES), places int64 (2, M, 3), soft int64 (2, M) : the places of each leg that keep
        every rule, with home and gate position and row of the passenger.
    summary int64 (2, M, G, 4), front int64 (2, M) : what one vehicle pays for, and the places worth pairing.
    pair int64 (2, G, N_FIGURES), members int64 (3,), group int64 (3, 2, G, N_FIGURES), runs int64 (3, N_FIGURES),
        shift int64 (3,), no_team int64 (0, 3), when, worked (empty) : the changed route, and those of one fleet
        vehicle.
    least int64 (P, 2, G, 2) : least metres loaded, and loaded and back. company int64 (2, G, N_FIGURES).
    floors int64 (R,) : lower bound on what each route asks.
    """

    order: Any
    hubs: Any
    weights: Any
    w: Any
    figures: Any
    places: Any
    soft: Any
    summary: Any
    front: Any
    pair: Any
    members: Any
    group: Any
    runs: Any
    shift: Any
    no_team: Any
    when: Any
    worked: Any
    least: Any
    company: Any
    floors: Any


@njit_inner
def copy_day(source: Any, target: Any) -> None:
    """Copy the figures of one day group."""
    for k in range(N_FIGURES):
        target[k] = source[k]


@njit_inner
def copy_days(source: Any, target: Any) -> None:
    """Copy the figures of every day group."""
    for g in range(len(source)):
        copy_day(source[g], target[g])


@njit_inner
def lay_out(d: Any, s: Any, t: Any, r: int, leg: int, rider: int, gate: int) -> int:
    """Put a leg of route r (-1: a new one) on the tray, the rider first, a new gate at a position (-1: none).

    Returns how many gates.
    """
    n = 0 if r < 0 else s.counts[r, leg]
    n_hubs = 0 if r < 0 else s.counts[r, HUBS_AM + leg]
    first = 0
    if rider >= 0:
        t.order[leg, 0] = rider
        first = 1
    for i in range(n):
        t.order[leg, first + i] = s.order[r, leg, i]
    passed = 0
    for j in range(n_hubs):
        if j == gate:
            t.hubs[leg, j] = d.riders[rider, P_HUB]
            passed = 1
        t.hubs[leg, j + passed] = s.hubs[r, leg, j]
    if gate == n_hubs:
        t.hubs[leg, n_hubs] = d.riders[rider, P_HUB]
    return n_hubs + (1 if gate >= 0 else 0)


@njit_inner
def n_gate_positions(d: Any, s: Any, r: int, leg: int, rider: int) -> int:
    """Positions of the rider's gate among those of the leg: 0 where it is one of them, -1 where none is left."""
    if r < 0:
        return 1
    n_hubs = s.counts[r, HUBS_AM + leg]
    for j in range(n_hubs):
        if s.hubs[r, leg, j] == d.riders[rider, P_HUB]:
            return 0
    return n_hubs + 1 if n_hubs < MAX_HUBS else -1


@njit_inner
def find_places(d: Any, s: Any, t: Any, r: int, leg: int, p: int, rider: int) -> int:
    """Every place of the rider in a leg that keeps all rules, with its figures; how many. -1: not on this leg."""
    n = 0 if r < 0 else s.counts[r, leg]
    if rider < 0 or d.riders[rider, P_REF_AM + leg] < 0:
        n_hubs = lay_out(d, s, t, r, leg, -1, -1)
        if leg_all_days(d, leg, p, t.order[leg], n, t.hubs[leg], n_hubs, t.weights, t.w, t.figures[leg, 0]) != HOLDS:
            return 0
        note_place(t, leg, 0, -1, -1, -1)
        return 1
    n_positions = n_gate_positions(d, s, r, leg, rider)
    if n_positions < 0:
        return 0
    count = 0
    for row in range(rider, rider + d.riders[rider, P_VARIANTS]):
        for step in range(max(1, n_positions)):
            count = try_homes(d, s, t, r, leg, p, row, step if n_positions > 0 else -1, count)
    return count


@njit_inner
def try_homes(d: Any, s: Any, t: Any, r: int, leg: int, p: int, row: int, gate: int, count: int) -> int:
    """Every position of one row of the passenger among the homes, with one position of the gate; the new count."""
    n = 0 if r < 0 else s.counts[r, leg]
    n_hubs = lay_out(d, s, t, r, leg, row, gate)
    order = t.order[leg]
    for home in range(n + 1):
        if home > 0:
            order[home - 1], order[home] = order[home], row
        verdict = leg_all_days(d, leg, p, order, n + 1, t.hubs[leg], n_hubs, t.weights, t.w, t.figures[leg, count])
        if verdict == HOLDS:
            note_place(t, leg, count, home, gate, row)
            count += 1
        elif verdict == NEVER:
            break
    return count


@njit_inner
def note_place(t: Any, leg: int, i: int, home: int, gate: int, row: int) -> None:
    """Keep position, row and soft price of a place."""
    t.places[leg, i, 0], t.places[leg, i, 1], t.places[leg, i, 2] = home, gate, row
    t.soft[leg, i] = 0
    for g in range(len(t.weights)):
        if t.weights[g] > 0:
            t.soft[leg, i] += t.weights[g] * t.figures[leg, i, g, F_SOFT]


@njit_inner
def least_of_places(t: Any, leg: int, p: int, n: int) -> None:
    """Least metres over the places of a leg, into t.least."""
    for g in range(len(t.weights)):
        if t.weights[g] == 0:
            continue
        t.least[p, leg, g, 0] = t.least[p, leg, g, 1] = HUGE
        for i in range(n):
            loaded, back = t.figures[leg, i, g, F_METRES], t.figures[leg, i, g, F_BACK_METRES]
            t.least[p, leg, g, 0] = min(t.least[p, leg, g, 0], loaded)
            t.least[p, leg, g, 1] = min(t.least[p, leg, g, 1], loaded + back)


@njit_inner
def bought_summary(d: Any, k: int, leg: int, f: Any, y: Any) -> bool:
    """What a bought supply is paid for on one leg and day; False where it cannot drive it."""
    s = d.supplies[k]
    y[Y_METRES], y[Y_SECONDS] = f[F_METRES], max(f[F_LEG], s[S_LONG_AFTER])
    if s[S_DEAD_RULE] == DEAD_FROM_BASE and s[S_ROW] >= 0:
        road = d.metres[s[S_PROFILE], leg]
        out, back = road[s[S_ROW], f[F_FIRST]], road[f[F_LAST], s[S_ROW]]
        y[Y_METRES] += int(out) + int(back)
        return bool(out < FAR and back < FAR)
    if s[S_DEAD_RULE] != DEAD_NONE:
        y[Y_METRES] += f[F_BACK_METRES]
        return bool(f[F_BACK_METRES] < FAR)
    return True


@njit_inner
def fleet_summary(d: Any, t: Any, k: int, leg: int, g: int, n: int, y: Any) -> bool:
    """What the first n routes of the group on the tray ask of one fleet vehicle on a leg and day; False if it cannot.

    The sums of `set_pence_in`, one leg at a time.
    """
    count = shift_runs(leg, g, t.members, n, t.group, t.runs)
    if count == 0:
        y[Y_CLOCK] = -HUGE
        return True
    if not chain(d, k, leg, t.runs, count, t.shift):
        return False
    s = d.supplies[k]
    seconds, road = d.seconds[s[S_PROFILE], leg], d.metres[s[S_PROFILE], leg]
    first, last = t.runs[0], t.runs[count - 1]
    out_s, back_s = seconds[s[S_ROW], first[F_FIRST]], seconds[last[F_LAST], s[S_ROW]]
    if out_s >= FAR or back_s >= FAR:
        return False
    sign = -1 if leg == 0 else 1
    starts, ends = first[F_START] + sign * t.shift[0], last[F_END] + sign * t.shift[count - 1]
    opens, closes = (s[S_AM_START], s[S_AM_END]) if leg == 0 else (s[S_PM_START], s[S_PM_END])
    if starts - out_s < opens or ends + back_s > closes:
        return False
    y[Y_METRES] = road[s[S_ROW], first[F_FIRST]] + road[last[F_LAST], s[S_ROW]]
    y[Y_SECONDS] = ends - starts + out_s + back_s
    y[Y_CLOCK] = ends + back_s if leg == 0 else out_s - starts
    pa_from, pa_to = FAR, 0
    for i in range(count):
        f = t.runs[i]
        y[Y_METRES] += f[F_METRES]
        if i > 0:
            y[Y_METRES] += road[t.runs[i - 1, F_LAST], f[F_FIRST]]
        if f[F_PAS] > 0:
            pa_from = min(pa_from, f[F_START] + sign * t.shift[i])
            pa_to = max(pa_to, f[F_END] + sign * t.shift[i])
    y[Y_ON_BOARD] = max(0, pa_to - pa_from)
    return True


@njit_inner
def is_no_better(t: Any, leg: int, i: int, j: int) -> bool:
    """Whether place i of a leg beats place j in nothing that is paid for."""
    if t.soft[leg, i] < t.soft[leg, j]:
        return False
    for g in range(len(t.weights)):
        if t.weights[g] == 0:
            continue
        for y in range(N_SUMMARY):
            if t.summary[leg, i, g, y] < t.summary[leg, j, g, y]:
                return False
    return True


@njit_inner
def keep_front(d: Any, t: Any, k: int, leg: int, n_places: int, n_members: int, at: int) -> int:
    """The places of a leg worth pairing on supply k, into t.front; how many.

    n_members, at: routes of the fleet vehicle on the tray, and which of them is the one being changed.
    """
    kept = 0
    for i in range(n_places):
        possible = True
        for g in range(len(t.weights)):
            if t.weights[g] == 0:
                continue
            for y in range(N_SUMMARY):
                t.summary[leg, i, g, y] = 0
            if d.supplies[k, S_KIND] == BOUGHT:
                f = t.figures[leg, i, g]
                if f[F_PRESENT] > 0:
                    possible &= bought_summary(d, k, leg, f, t.summary[leg, i, g])
            else:
                copy_day(t.figures[leg, i, g], t.group[at, leg, g])
                possible &= fleet_summary(d, t, k, leg, g, n_members, t.summary[leg, i, g])
            if not possible:
                break
        if not possible:
            continue
        beaten = False
        for m in range(kept):
            if is_no_better(t, leg, i, t.front[leg, m]):
                beaten = True
                break
        if beaten:
            continue
        left = 0
        for m in range(kept):
            if not is_no_better(t, leg, t.front[leg, m], i):
                t.front[leg, left] = t.front[leg, m]
                left += 1
        t.front[leg, left] = i
        kept = left + 1
    return kept


@njit_inner
def holds_everybody(d: Any, t: Any, k: int, figures_am: Any, figures_pm: Any) -> bool:
    """Whether a layout of the class holds each day's load; the load is the same in every place."""
    fits = d.fits[d.supplies[k, S_CLASS]]
    for g in range(len(t.weights)):
        if t.weights[g] == 0:
            continue
        for leg in range(2):
            f = figures_am[g] if leg == 0 else figures_pm[g]
            if f[F_SEATS] >= fits.shape[0] or f[F_CHAIRS] >= fits.shape[1] or not fits[f[F_SEATS], f[F_CHAIRS]]:
                return False
    return True


@njit_inner
def price_pairs(
    d: Any, t: Any, k: int, tags: int, n_am: int, n_pm: int, n_members: int, at: int, best: Any, vehicle: int,
    beside: int,
) -> None:  # fmt: skip
    """The cheapest pair of places on one supply, into best (answer row) where it is cheaper; beside: paid beside it."""
    s = d.supplies[k]
    if tags & ~s[S_TAGS] or not holds_everybody(d, t, k, t.figures[0, 0], t.figures[1, 0]):
        return
    if n_members == 1 and supply_floor(d, t, k, t.figures[0, 0], t.figures[1, 0]) + beside >= best[A_EXTRA]:
        return
    n_front_am = keep_front(d, t, k, 0, n_am, n_members, at)
    if n_front_am == 0:
        return
    n_front_pm = keep_front(d, t, k, 1, n_pm, n_members, at)
    for a in range(n_front_am):
        i = t.front[0, a]
        copy_days(t.figures[0, i], t.pair[0])
        if n_members > 1:
            copy_days(t.figures[0, i], t.group[at, 0])
        for b in range(n_front_pm):
            j = t.front[1, b]
            if n_members > 1:
                copy_days(t.figures[1, j], t.group[at, 1])
                pence = set_pence_in(d, k, t.members, n_members, t.group, t.no_team, t.runs, t.shift, t.when, t.worked)
            else:
                copy_days(t.figures[1, j], t.pair[1])
                pence = supply_pence(d.seconds, d.metres, s, d.fits, d.rules, tags, t.weights, t.pair)
            if pence < 0:
                continue
            pence += t.soft[0, i] + t.soft[1, j] + beside
            if pence < best[A_EXTRA]:
                best[A_SUPPLY], best[A_VEHICLE], best[A_EXTRA] = k, vehicle, pence
                best[A_HOME_AM], best[A_GATE_AM], best[A_ROW_AM] = (
                    t.places[0, i, 0],
                    t.places[0, i, 1],
                    t.places[0, i, 2],
                )
                best[A_HOME_PM], best[A_GATE_PM], best[A_ROW_PM] = (
                    t.places[1, j, 0],
                    t.places[1, j, 1],
                    t.places[1, j, 2],
                )


@njit_inner
def gather_set(s: Any, t: Any, p: int, v: int, r: int) -> int:
    """The routes of fleet vehicle v onto the tray, a new route (r == -1) last; returns where the changed one stands."""
    at, count = -1, 0
    for m in range(MAX_SET):
        other = s.sets[v, m]
        if other < 0:
            break
        if other == r:
            at = m
        else:
            copy_days(s.figures[p, other, 0], t.group[m, 0])
            copy_days(s.figures[p, other, 1], t.group[m, 1])
        count += 1
    return at if at >= 0 else count


@njit_inner
def set_size(s: Any, v: int) -> int:
    """How many routes a fleet vehicle has."""
    count = 0
    while count < MAX_SET and s.sets[v, count] >= 0:
        count += 1
    return count


@njit_inner
def most_pas(t: Any) -> int:
    """Most PAs on board, the same in every place."""
    pas = 0
    for g in range(len(t.weights)):
        if t.weights[g] > 0:
            pas = max(pas, t.figures[0, 0, g, F_PAS], t.figures[1, 0, g, F_PAS])
    return pas


@njit_inner
def supply_floor(d: Any, t: Any, k: int, figures_am: Any, figures_pm: Any) -> int:
    """Pence a fortnight below which supply k never drives the route, by the least metres on the tray.

    Figures (G, N_FIGURES): riders and PAs on board.
    """
    s = d.supplies[k]
    p = s[S_PROFILE]
    which = 0 if s[S_KIND] != BOUGHT or s[S_DEAD_RULE] in (DEAD_NONE, DEAD_FROM_BASE) else 1
    total = 0
    for g in range(len(t.weights)):
        am, pm = figures_am[g], figures_pm[g]
        if t.weights[g] == 0 or am[F_PRESENT] + pm[F_PRESENT] == 0:
            continue
        metres = 0
        if am[F_PRESENT] > 0:
            metres += t.least[p, 0, g, which]
        if pm[F_PRESENT] > 0:
            metres += t.least[p, 1, g, which]
        if metres >= FAR:
            return HUGE
        pas = max(am[F_PAS], pm[F_PAS])
        if s[S_KIND] == BOUGHT:
            one_leg = am[F_PRESENT] == 0 or pm[F_PRESENT] == 0
            pence = half_up(s[S_BASE] * s[S_ONE_LEG_PCT], 100) if one_leg else s[S_BASE]
            pence += half_up(s[S_MILE_RATE] * max(0, metres - s[S_FREE_M]) * 1000, 1_609_344) + pas * s[S_PA_RATE]
        else:
            pence = s[S_FIXED] + half_up(s[S_MILE_RATE] * metres * 1000, 1_609_344)
            pence += half_up(s[S_DRIVER_RATE] * s[S_DRIVER_MIN], 3600)
        total += pence * t.weights[g]
    return total
