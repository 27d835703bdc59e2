"""Feasibility and cost of one route: the rules of `semantics.md` a second time, on arrays.

`transport.check` and `transport.cost` hold the same rules in the domain's words; neither imports the other, and the
property tests compare them.

The clock of a run is the best there is for everybody on it at once. AM: homes have no window, so nobody waits before
the first gate; service at the first gate starts as late as all windows allow, at the next ones as early as possible
after that. PM: the last gate as early as possible, the ones before it as late as their windows allow; homes follow at
once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.instance import (
    BOUGHT,
    D_CAP,
    D_CLOSE,
    D_OPEN,
    D_PLACE,
    D_ROW,
    D_TARGET,
    DEAD_FROM_BASE,
    DEAD_RETURN,
    H_ROW,
    H_SCHOOL,
    MAX_HUBS,
    P_CHAIR,
    P_FOES_FROM,
    P_FOES_TO,
    P_GATE_AM,
    P_HOME_AM,
    P_HUB,
    P_OWN,
    P_PINNED,
    P_PLAIN,
    P_SHARED,
    P_SOLO,
    P_TAGS,
    R_LAYOUT_CHANGE,
    R_MAX_SCHOOLS,
    R_OVER_TARGET,
    R_PER_SHARED_PA,
    R_TURNROUND,
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
    S_LONG_PCT,
    S_MILE_RATE,
    S_ONE_LEG_PCT,
    S_PA_HOME,
    S_PA_HOUR,
    S_PA_MIN,
    S_PA_RATE,
    S_PM_END,
    S_PM_START,
    S_PROFILE,
    S_ROW,
    S_TAGS,
)
from routing.numba_cache import njit, njit_inline, njit_inner

FAR = 1_000_000_000
"""As `transport.travel.UNREACHABLE`."""
INFEASIBLE = -1

# What one leg says of an order: it keeps every rule; a ride or a road does not hold in this order of homes; no order of
# homes can hold with this company and these gates.
NEVER, NOT_SO, HOLDS = -1, 0, 1
DAY_S = 86_400

# Columns of one leg's figures on one day group: riders on board, metres first to last stop, metres from the last stop
# back to the first, rows of the first and last stop, seconds, clock of the first boarding and last alighting, PAs,
# seats and wheelchair places in use, soft pence, seconds by which the run can move (AM earlier, PM later).
(
    F_PRESENT, F_METRES, F_BACK_METRES, F_FIRST, F_LAST, F_LEG, F_START, F_END, F_PAS, F_SEATS, F_CHAIRS, F_SOFT,
    F_SLACK,
) = range(13)  # fmt: skip
N_FIGURES = 13

# Rows of the scratch array (N_SCRATCH, >= riders + 1, >= MAX_HUBS): time at each rider's stop; of each gate in use its
# position in the route's hubs, row, service, window and start of service; which gate each rider uses.
W_AT, W_HUB, W_ROW, W_SERVICE, W_OPEN, W_CLOSE, W_START, W_GATE = range(8)
N_SCRATCH = 8


@njit_inline
def half_up(a: int, b: int) -> int:
    """A / b to the nearest whole number, halves up; a >= 0, b > 0.

    By floating point, four times as fast as whole division and exact here: a < 2**52, a / b < 1e8 and b < 1e7, so
    that no quotient lies nearer to a whole number than its rounding error.
    """
    return int((2.0 * a + b) / (2.0 * b))


@njit_inline
def day_weights(riders: Any, same_as: Any, group_weight: Any, order: Any, n_am: int, n_pm: int, weights: Any) -> None:
    """Days of each day group of a route, alike groups counted with the first of them.

    order (2, L); weights (G,) is filled.
    """
    for g in range(len(weights)):
        weights[g] = 0
    plain = True
    for leg in range(2):
        for i in range(n_am if leg == 0 else n_pm):
            plain &= riders[order[leg, i], P_PLAIN] == 1
    if plain:
        weights[0] = group_weight.sum()
        return
    for g in range(len(weights)):
        first = g
        for h in range(g):
            alike = weights[h] > 0
            for leg in range(2):
                for i in range(n_am if leg == 0 else n_pm):
                    alike &= same_as[order[leg, i], g] == same_as[order[leg, i], h]
            if alike:
                first = h
                break
        weights[first] += group_weight[g]


@njit_inline
def company_holds(riders: Any, day: Any, foes: Any, order: Any, n: int, per_shared_pa: int, f: Any) -> bool:
    """Who is on board: fills F_PRESENT, F_PAS, F_SEATS, F_CHAIRS.

    False if somebody solo has company, two foes or two pins meet.
    """
    present, chairs, shared, own, solo, pin = 0, 0, 0, 0, 0, 0
    for i in range(n):
        rider = order[i]
        if riders[rider, P_PINNED] > 0:
            if pin not in (0, riders[rider, P_PINNED]):
                return False
            pin = riders[rider, P_PINNED]
        if day[rider, D_ROW] < 0:
            continue
        present += 1
        chairs += riders[rider, P_CHAIR]
        shared += riders[rider, P_SHARED]
        own += riders[rider, P_OWN]
        solo += riders[rider, P_SOLO]
        for k in range(riders[rider, P_FOES_FROM], riders[rider, P_FOES_TO]):
            for m in range(i):
                if order[m] == foes[k] and day[order[m], D_ROW] >= 0:
                    return False
    pas = own
    if shared > 0:
        pas += 1 if per_shared_pa == 0 else (shared + per_shared_pa - 1) // per_shared_pa
    f[F_PRESENT], f[F_PAS], f[F_CHAIRS], f[F_SEATS] = present, pas, chairs, present - chairs + pas
    return solo == 0 or present <= 1


@njit_inline
def gates_in_use(
    leg: int, riders: Any, day: Any, hub_table: Any, order: Any, n: int, hubs: Any, n_hubs: int, w: Any
) -> int:
    """Gates that somebody uses, in order, with service and shared window, into the scratch; returns how many."""
    count = 0
    for j in range(n_hubs):
        service, opens, closes = 0, 0, FAR
        used = False
        for i in range(n):
            rider = order[i]
            if riders[rider, P_HUB] != hubs[j] or day[rider, D_ROW] < 0:
                continue
            used = True
            service += riders[rider, P_GATE_AM + leg]
            opens = max(opens, day[rider, D_OPEN])
            closes = min(closes, day[rider, D_CLOSE])
            w[W_GATE, i] = count
        if used:
            w[W_HUB, count], w[W_ROW, count] = hubs[j], hub_table[hubs[j], H_ROW]
            w[W_SERVICE, count], w[W_OPEN, count], w[W_CLOSE, count] = service, opens, closes
            count += 1
    return count


@njit_inline
def n_schools(hub_table: Any, n_gates: int, w: Any) -> int:
    """Different schools among the gates in use."""
    count = 0
    for j in range(n_gates):
        new = 1
        for k in range(j):
            if hub_table[w[W_HUB, k], H_SCHOOL] == hub_table[w[W_HUB, j], H_SCHOOL]:
                new = 0
        count += new
    return count


@njit_inline
def gate_clock(leg: int, seconds: Any, n_gates: int, w: Any) -> bool:
    """Start of service at each gate in use, into w[W_START]; False where the windows cannot all be met."""
    if leg == 0:
        for j in range(n_gates - 1, -1, -1):
            start = w[W_CLOSE, j]
            if j + 1 < n_gates:
                start = min(start, w[W_START, j + 1] - seconds[w[W_ROW, j], w[W_ROW, j + 1]] - w[W_SERVICE, j])
            if start < w[W_OPEN, j]:
                return False
            w[W_START, j] = start
        for j in range(1, n_gates):
            drive = seconds[w[W_ROW, j - 1], w[W_ROW, j]]
            w[W_START, j] = max(w[W_OPEN, j], w[W_START, j - 1] + w[W_SERVICE, j - 1] + drive)
        return True
    for j in range(n_gates):
        start = w[W_OPEN, j]
        if j > 0:
            drive = seconds[w[W_ROW, j - 1], w[W_ROW, j]]
            start = max(start, w[W_START, j - 1] + w[W_SERVICE, j - 1] + drive)
        if start + w[W_SERVICE, j] > w[W_CLOSE, j]:
            return False
        w[W_START, j] = start
    for j in range(n_gates - 2, -1, -1):
        drive = seconds[w[W_ROW, j], w[W_ROW, j + 1]]
        w[W_START, j] = min(w[W_CLOSE, j] - w[W_SERVICE, j], w[W_START, j + 1] - drive - w[W_SERVICE, j])
    return True


@njit_inline
def homes_path(
    leg: int, seconds: Any, metres: Any, riders: Any, day: Any, order: Any, n: int, row: int, w: Any, f: Any
) -> int:
    """Drive along the homes; riders in a row at one place share a stop.

    row: where the drive begins, -1 for the first home itself. w[W_AT, i] becomes, since the drive began, the end of
    service at i's stop (AM) or its start (PM). Returns the seconds to the end of the last home's service, `FAR` if
    there is no road; adds to F_METRES, fills F_FIRST and F_LAST.
    """
    t, stop_from, arrived, place, first = 0, 0, 0, -1, -1
    for i in range(n):
        rider = order[i]
        here = day[rider, D_ROW]
        if here < 0:
            w[W_AT, i] = -1
            continue
        if day[rider, D_PLACE] != place:
            if row >= 0:
                if seconds[row, here] >= FAR:
                    return FAR
                t += seconds[row, here]
                f[F_METRES] += metres[row, here]
            stop_from, arrived, place, row = i, t, day[rider, D_PLACE], here
            if first < 0:
                first = here
        t += riders[rider, P_HOME_AM + leg]
        if leg == 0:
            for k in range(stop_from, i):
                if w[W_AT, k] >= 0:
                    w[W_AT, k] = t
            w[W_AT, i] = t
        else:
            w[W_AT, i] = arrived
    f[F_FIRST], f[F_LAST] = first, row
    return t


@njit_inline
def run_slack(leg: int, n_gates: int, w: Any) -> int:
    """Seconds by which a whole run can move: AM earlier, PM later."""
    slack = FAR
    for j in range(n_gates):
        if leg == 0:
            slack = min(slack, w[W_START, j] - w[W_OPEN, j])
        else:
            slack = min(slack, w[W_CLOSE, j] - w[W_START, j] - w[W_SERVICE, j])
    return slack


@njit_inner
def leg_figures(
    leg: int,
    seconds: Any,
    metres: Any,
    riders: Any,
    day: Any,
    foes: Any,
    hub_table: Any,
    rules: Any,
    order: Any,
    n: int,
    hubs: Any,
    n_hubs: int,
    w: Any,
    f: Any,
) -> int:
    """Everything about one leg on one day group and access profile, into f (N_FIGURES,).

    seconds, metres (n, n); day (N, 6); order (>= n,); hubs (>= n_hubs,); w scratch. Capacity is not tested here: it
    depends on the vehicle. Returns NEVER, NOT_SO or HOLDS.
    """
    for k in range(N_FIGURES):
        f[k] = 0
    if not company_holds(riders, day, foes, order, n, rules[R_PER_SHARED_PA], f):
        return NEVER
    if f[F_PRESENT] == 0:
        return HOLDS
    n_gates = gates_in_use(leg, riders, day, hub_table, order, n, hubs, n_hubs, w)
    if n_gates > rules[R_MAX_SCHOOLS] and n_schools(hub_table, n_gates, w) > rules[R_MAX_SCHOOLS]:
        return NEVER
    if not gate_clock(leg, seconds, n_gates, w):
        return NEVER
    for j in range(1, n_gates):
        f[F_METRES] += metres[w[W_ROW, j - 1], w[W_ROW, j]]
    last = n_gates - 1
    homes_s = homes_path(leg, seconds, metres, riders, day, order, n, -1 if leg == 0 else w[W_ROW, last], w, f)
    if homes_s >= FAR:
        return NOT_SO
    gates_end = w[W_START, last] + w[W_SERVICE, last]
    if leg == 0:
        to_gate = seconds[f[F_LAST], w[W_ROW, 0]]
        if to_gate >= FAR:
            return NOT_SO
        homes_s += to_gate
        f[F_METRES] += metres[f[F_LAST], w[W_ROW, 0]]
        f[F_LAST] = w[W_ROW, last]
        f[F_START], f[F_END] = w[W_START, 0] - homes_s, gates_end
    else:
        f[F_FIRST] = w[W_ROW, 0]
        f[F_START], f[F_END] = w[W_START, 0], gates_end + homes_s
    f[F_LEG] = f[F_END] - f[F_START]
    f[F_BACK_METRES] = metres[f[F_LAST], f[F_FIRST]]
    f[F_SLACK] = run_slack(leg, n_gates, w)
    for i in range(n):
        rider = order[i]
        if day[rider, D_ROW] < 0:
            continue
        gate = w[W_GATE, i]
        if leg == 0:
            ride = w[W_START, gate] - f[F_START] - w[W_AT, i]
        else:
            ride = gates_end + w[W_AT, i] - w[W_START, gate] - w[W_SERVICE, gate]
        if ride > day[rider, D_CAP]:
            return NOT_SO
        over = ride - day[rider, D_TARGET]
        if over > 0:
            f[F_SOFT] += half_up(rules[R_OVER_TARGET] * over, 60)
    return f[F_START] >= 0 and f[F_END] <= DAY_S


@njit_inline
def leg_all_days(
    d: Any, leg: int, p: int, order: Any, n: int, hubs: Any, n_hubs: int, weights: Any, w: Any, figures: Any
) -> int:
    """`leg_figures` for every day group in use, into figures (G, N_FIGURES); stops at the first rule broken."""
    for g in range(len(weights)):
        if weights[g] == 0:
            continue
        verdict = leg_figures(
            leg, d.seconds[p, leg], d.metres[p, leg], d.riders, d.daily[leg, g], d.foes, d.hubs, d.rules,
            order, n, hubs, n_hubs, w, figures[g],
        )  # fmt: skip
        if verdict != HOLDS:
            return verdict
    return HOLDS


@njit_inline
def figures_on_profile(d: Any, p: int, order: Any, hubs: Any, counts: Any, weights: Any, w: Any, figures: Any) -> bool:
    """Both legs, all day groups, one access profile, into figures (2, G, N_FIGURES); False if a rule breaks.

    order (2, L), hubs (2, MAX_HUBS), counts (4,): AM riders, PM riders, AM hubs, PM hubs.
    """
    for leg in range(2):
        n, n_hubs = counts[leg], counts[2 + leg]
        if leg_all_days(d, leg, p, order[leg], n, hubs[leg], n_hubs, weights, w, figures[leg]) != HOLDS:
            return False
    return True


@njit_inline
def bought_day_pence(metres: Any, s: Any, am: Any, pm: Any) -> int:
    """Price of one day of a bought route; each item rounded once; -1 where it cannot be driven. metres (2, n, n)."""
    billed, longest, pas = 0, 0, 0
    for leg in range(2):
        f = am if leg == 0 else pm
        if f[F_PRESENT] == 0:
            continue
        billed += f[F_METRES]
        if s[S_DEAD_RULE] == DEAD_FROM_BASE and s[S_ROW] >= 0:
            out, back = metres[leg, s[S_ROW], f[F_FIRST]], metres[leg, f[F_LAST], s[S_ROW]]
            if out >= FAR or back >= FAR:
                return INFEASIBLE
            billed += out + back
        elif s[S_DEAD_RULE] == DEAD_RETURN or s[S_DEAD_RULE] == DEAD_FROM_BASE:
            if f[F_BACK_METRES] >= FAR:
                return INFEASIBLE
            billed += f[F_BACK_METRES]
        longest = max(longest, f[F_LEG])
        pas = max(pas, f[F_PAS])
    one_leg = am[F_PRESENT] == 0 or pm[F_PRESENT] == 0
    pence = half_up(s[S_BASE] * s[S_ONE_LEG_PCT], 100) if one_leg else s[S_BASE]
    pence += half_up(s[S_MILE_RATE] * max(0, billed - s[S_FREE_M]) * 1000, 1_609_344)
    pence += half_up(s[S_LONG_PCT] * s[S_BASE] * max(0, longest - s[S_LONG_AFTER]), 360_000)
    return pence + pas * s[S_PA_RATE]


@njit_inline
def fleet_day_pence(seconds: Any, metres: Any, s: Any, rest_s: int, am: Any, pm: Any) -> int:
    """Cost of one day of a fleet vehicle that drives this route alone; -1 where its shift or the roads forbid it.

    rest_s: least time at the depot between the return from the AM leg and leaving for the PM leg. PAs with a home count
    as if all lived at `S_PA_HOME`: exact for one of them, else an estimate (`routing.assign` has each PA's own home).
    """
    driven, paid, on_board, pas, home_at = 0, 0, 0, 0, -FAR
    for leg in range(2):
        f = am if leg == 0 else pm
        if f[F_PRESENT] == 0:
            continue
        first, last, starts, ride_s = f[F_FIRST], f[F_LAST], f[F_START], f[F_LEG]
        if f[F_PAS] > 0:
            if s[S_PA_HOME] >= 0:
                first = last = s[S_PA_HOME]
                fetch_s, drop_s = seconds[leg, first, f[F_FIRST]], seconds[leg, f[F_LAST], last]
                if fetch_s >= FAR or drop_s >= FAR:
                    return INFEASIBLE
                starts -= fetch_s
                ride_s += fetch_s + drop_s
                driven += metres[leg, first, f[F_FIRST]] + metres[leg, f[F_LAST], last]
            on_board += ride_s
        out_s, back_s = seconds[leg, s[S_ROW], first], seconds[leg, last, s[S_ROW]]
        if out_s >= FAR or back_s >= FAR:
            return INFEASIBLE
        begins, ends = (s[S_AM_START], s[S_AM_END]) if leg == 0 else (s[S_PM_START], s[S_PM_END])
        if starts - out_s < max(begins, home_at) or starts + ride_s + back_s > ends:
            return INFEASIBLE
        home_at = starts + ride_s + back_s + rest_s
        driven += f[F_METRES] + metres[leg, s[S_ROW], first] + metres[leg, last, s[S_ROW]]
        paid += ride_s + out_s + back_s
        pas = max(pas, f[F_PAS])
    return fleet_items_pence(s, driven, paid, on_board, pas)


@njit_inline
def fleet_items_pence(s: Any, driven: int, paid: int, on_board: int, pas: int) -> int:
    """Fixed cost, miles, driver and PAs of one vehicle-day; each item rounded once."""
    pence = s[S_FIXED] + half_up(s[S_MILE_RATE] * driven * 1000, 1_609_344)
    pence += half_up(s[S_DRIVER_RATE] * max(s[S_DRIVER_MIN], paid), 3600)
    if pas > 0:
        pence += half_up(pas * s[S_PA_HOUR] * max(s[S_PA_MIN], on_board), 3600)
    return pence


@njit_inner
def supply_pence(
    seconds: Any, metres: Any, s: Any, fits: Any, rules: Any, tags: int, weights: Any, figures: Any
) -> int:
    """Pence a fortnight of a route on one supply, soft prices apart; -1 where it cannot drive it.

    seconds, metres (P, 2, n, n); s (N_SUPPLY_COLUMNS,); figures (2, G, N_FIGURES) on the supply's access profile.
    """
    if tags & ~s[S_TAGS]:
        return INFEASIBLE
    total, p = 0, s[S_PROFILE]
    for g in range(len(weights)):
        if weights[g] == 0 or figures[0, g, F_PRESENT] + figures[1, g, F_PRESENT] == 0:
            continue
        for leg in range(2):
            seats, chairs = figures[leg, g, F_SEATS], figures[leg, g, F_CHAIRS]
            if seats >= fits.shape[1] or chairs >= fits.shape[2] or not fits[s[S_CLASS], seats, chairs]:
                return INFEASIBLE
    for g in range(len(weights)):
        am, pm = figures[0, g], figures[1, g]
        if weights[g] == 0 or am[F_PRESENT] + pm[F_PRESENT] == 0:
            continue
        if s[S_KIND] == BOUGHT:
            pence = bought_day_pence(metres[p], s, am, pm)
        else:
            pence = fleet_day_pence(seconds[p], metres[p], s, rules[R_TURNROUND] + rules[R_LAYOUT_CHANGE], am, pm)
        if pence < 0:
            return INFEASIBLE
        total += pence * weights[g]
    return total


@njit_inline
def route_tags(riders: Any, order: Any, n_am: int, n_pm: int) -> int:
    """Tags that the vehicle of a route must have."""
    tags = 0
    for leg in range(2):
        for i in range(n_am if leg == 0 else n_pm):
            tags |= riders[order[leg, i], P_TAGS]
    return tags


@njit_inline
def n_solo(riders: Any, order: Any, n_am: int, n_pm: int) -> int:
    """Riders of a route who must travel alone (counted once a leg)."""
    count = 0
    for leg in range(2):
        for i in range(n_am if leg == 0 else n_pm):
            count += riders[order[leg, i], P_SOLO]
    return count


@njit_inline
def most_of(weights: Any, figures: Any, column: int) -> int:
    """Most of a figure (PAs, seats, wheelchair places) on any day and leg."""
    most = 0
    for g in range(len(weights)):
        if weights[g] > 0:
            most = max(most, figures[0, g, column], figures[1, g, column])
    return most


@njit_inline
def days_run(weights: Any, figures: Any) -> int:
    """Days of the fortnight on which the route runs."""
    days = 0
    for g in range(len(weights)):
        if figures[0, g, F_PRESENT] + figures[1, g, F_PRESENT] > 0:
            days += weights[g]
    return days


@njit_inline
def leg_soft_pence(weights: Any, figures: Any) -> int:
    """Soft prices of one leg, pence a fortnight; figures (G, N_FIGURES)."""
    total = 0
    for g in range(len(weights)):
        if weights[g] > 0:
            total += weights[g] * figures[g, F_SOFT]
    return total


@njit_inline
def soft_pence(weights: Any, figures: Any) -> int:
    """Soft prices of a route, pence a fortnight."""
    return leg_soft_pence(weights, figures[0]) + leg_soft_pence(weights, figures[1])


@njit
def cost_on_supply(d: Any, k: int, order: Any, hubs: Any, counts: Any) -> int:
    """Pence a fortnight of a route on one supply, soft prices included; -1 where it breaks a rule.

    The price of families disturbed is apart: `routing.disturbance`.
    """
    n_groups = len(d.group_weight)
    weights = np.zeros(n_groups, np.int64)
    w = np.empty((N_SCRATCH, max(counts.max(), MAX_HUBS) + 1), np.int64)
    figures = np.zeros((2, n_groups, N_FIGURES), np.int64)
    day_weights(d.riders, d.same_as, d.group_weight, order, counts[0], counts[1], weights)
    if not figures_on_profile(d, d.supplies[k, S_PROFILE], order, hubs, counts, weights, w, figures):
        return INFEASIBLE
    tags = route_tags(d.riders, order, counts[0], counts[1])
    pence = supply_pence(d.seconds, d.metres, d.supplies[k], d.fits, d.rules, tags, weights, figures)
    return INFEASIBLE if pence < 0 else pence + soft_pence(weights, figures)
