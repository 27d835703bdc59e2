"""What one fleet vehicle costs that drives several routes, and which sets of routes one vehicle can drive."""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.evaluate import (
    F_CHAIRS,
    F_END,
    F_FIRST,
    F_LAST,
    F_METRES,
    F_PAS,
    F_PRESENT,
    F_SEATS,
    F_SLACK,
    F_START,
    FAR,
    INFEASIBLE,
    N_FIGURES,
    fleet_items_pence,
)
from routing.instance import (
    R_LAYOUT_CHANGE,
    R_TURNROUND,
    S_AM_END,
    S_AM_START,
    S_CLASS,
    S_MAX_RUNS,
    S_PM_END,
    S_PM_START,
    S_PROFILE,
    S_ROW,
)
from routing.numba_cache import (
    njit,
    njit_inline,
    njit_inner,
)
from routing.teams import (
    W_BOARDS,
    W_FROM,
    W_LEAVES,
    W_TO,
    board_team,
    team_pence,
)

MAX_IN_SET = 3
"""Most routes of one vehicle that are looked for."""


@njit
def find_sets(d: Any, k: int, bases: Any, usable: Any, figures: Any, alone: Any) -> Any:
    """Extend each base set by each later route where one vehicle can drive all and the set saves money.

    bases (m, b): b == 1 with -1 stands for every single usable route. Returns rows (r, r, r or -1, pence).
    """
    grow = bases.shape[1] == 1
    found = np.empty((1024, 4), np.int64)
    n_found = 0
    members = np.empty(3, np.int64)
    no_team = np.zeros((0, 3), np.int64)
    n_bases = len(usable) if grow else len(bases)
    for b in range(n_bases):
        if grow:
            members[0] = usable[b]
            size = 1
        else:
            members[0], members[1] = bases[b, 0], bases[b, 1]
            size = 2
        for r in usable:
            if r <= members[size - 1]:
                continue
            members[size] = r
            pence = set_pence(d, k, members, size + 1, figures, no_team)
            worth = alone[r]
            for m in range(size):
                worth += alone[members[m]]
            if pence < 0 or pence >= worth:
                continue
            if n_found == len(found):
                larger = np.empty((2 * n_found, 4), np.int64)
                larger[:n_found] = found
                found = larger
            found[n_found, 0], found[n_found, 1] = members[0], members[1]
            found[n_found, 2] = members[2] if size == 2 else -1
            found[n_found, 3] = pence
            n_found += 1
    return found[:n_found]


@njit_inline
def copy_figures(source: Any, target: Any) -> None:
    """Copy the figures of one run."""
    for k in range(N_FIGURES):
        target[k] = source[k]


@njit_inner
def shift_runs(leg: int, g: int, members: Any, n: int, figures: Any, runs: Any) -> int:
    """Figures of the runs that a set of routes has on a leg and day group, by start, into runs; returns how many."""
    count = 0
    for m in range(n):
        x = figures[members[m], leg, g]
        if x[F_PRESENT] == 0:
            continue
        i = count
        while i > 0 and runs[i - 1, F_START] > x[F_START]:
            copy_figures(runs[i - 1], runs[i])
            i -= 1
        copy_figures(x, runs[i])
        count += 1
    return count


@njit_inner
def chain(d: Any, k: int, leg: int, runs: Any, count: int, shift: Any) -> bool:
    """Move the runs of a leg, in order of time, inside their slack so that one vehicle drives them all.

    Fills shift (seconds earlier on the AM leg, later on the PM leg). False if it cannot be done.
    """
    s = d.supplies[k]
    seconds = d.seconds[s[S_PROFILE], leg]
    if count > s[S_MAX_RUNS]:
        return False
    # A layout stays as long as one holds every run since the last change. The seconds of a change wait in `shift`, at
    # the run before it (AM) or after it (PM), until that run's own move is known.
    fits = d.fits[s[S_CLASS]]
    seats, chairs = 0, 0
    for i in range(count):
        x = runs[i]
        if x[F_SEATS] >= fits.shape[0] or not fits[x[F_SEATS], x[F_CHAIRS]]:
            return False
        seats, chairs = max(seats, x[F_SEATS]), max(chairs, x[F_CHAIRS])
        shift[i] = 0
        if not fits[seats, chairs]:
            shift[i - 1 if leg == 0 else i] = d.rules[R_LAYOUT_CHANGE]
            seats, chairs = x[F_SEATS], x[F_CHAIRS]
    for step in range(count - 1):
        a, b = (count - 2 - step, count - 1 - step) if leg == 0 else (step, step + 1)
        x, y = runs[a], runs[b]
        gap = d.rules[R_TURNROUND] + (shift[a] if leg == 0 else shift[b])
        drive = seconds[x[F_LAST], y[F_FIRST]]
        if drive >= FAR:
            return False
        if leg == 0:
            shift[a] = max(0, x[F_END] + drive + gap - (y[F_START] - shift[b]))
            if shift[a] > x[F_SLACK]:
                return False
        else:
            shift[b] = max(0, x[F_END] + shift[a] + drive + gap - y[F_START])
            if shift[b] > y[F_SLACK]:
                return False
    return True


@njit
def set_pence(d: Any, k: int, members: Any, n: int, figures: Any, team: Any) -> int:
    """Pence a fortnight of one fleet vehicle that drives these routes; -1 where it cannot.

    team (m, 3): rows (home, pence per hour, least seconds paid) of listed PAs; m == 0: the supply's terms, no homes.
    """
    runs, shift = np.empty((MAX_IN_SET, N_FIGURES), np.int64), np.empty(MAX_IN_SET, np.int64)
    when, worked = np.empty((4, len(team)), np.int64), np.empty(len(team), np.int64)
    return int(set_pence_in(d, k, members, n, figures, team, runs, shift, when, worked))


@njit_inner
def set_pence_in(
    d: Any, k: int, members: Any, n: int, figures: Any, team: Any, runs: Any, shift: Any, when: Any, worked: Any
) -> int:
    """`set_pence` with scratch: runs (MAX_IN_SET, N_FIGURES), shift (MAX_IN_SET,), when (4, m), worked (m,)."""
    s = d.supplies[k]
    total = 0
    for g in range(len(d.group_weight)):
        metres, paid, on_board, pas, n_runs, home_at = 0, 0, 0, 0, 0, -FAR
        for i in range(len(team)):
            worked[i] = -1
        for leg in range(2):
            seconds, road = d.seconds[s[S_PROFILE], leg], d.metres[s[S_PROFILE], leg]
            count = shift_runs(leg, g, members, n, figures, runs)
            if count == 0:
                continue
            if not board_team(seconds, road, team, runs, count, when) or not chain(d, k, leg, runs, count, shift):
                return INFEASIBLE
            n_runs += count
            sign = -1 if leg == 0 else 1
            first, last = runs[0], runs[count - 1]
            out_s, back_s = seconds[s[S_ROW], first[F_FIRST]], seconds[last[F_LAST], s[S_ROW]]
            if out_s >= FAR or back_s >= FAR:
                return INFEASIBLE
            starts, ends = first[F_START] + sign * shift[0], last[F_END] + sign * shift[count - 1]
            begins, closes = (s[S_AM_START], s[S_AM_END]) if leg == 0 else (s[S_PM_START], s[S_PM_END])
            if starts - out_s < max(begins, home_at) or ends + back_s > closes:
                return INFEASIBLE
            home_at = ends + back_s + d.rules[R_TURNROUND] + d.rules[R_LAYOUT_CHANGE]
            metres += road[s[S_ROW], first[F_FIRST]] + road[last[F_LAST], s[S_ROW]]
            pa_from, pa_to = FAR, 0
            for i in range(count):
                metres += runs[i, F_METRES]
                pas = max(pas, runs[i, F_PAS])
                if runs[i, F_PAS] > 0:
                    pa_from = min(pa_from, runs[i, F_START] + sign * shift[i])
                    pa_to = max(pa_to, runs[i, F_END] + sign * shift[i])
                if i > 0:
                    metres += road[runs[i - 1, F_LAST], runs[i, F_FIRST]]
            on_board += max(0, pa_to - pa_from)
            paid += ends - starts + out_s + back_s
            for i in range(len(team)):
                if when[W_FROM, i] >= 0:
                    moved_s = sign * (shift[when[W_TO, i]] - shift[when[W_FROM, i]])
                    worked[i] = max(0, worked[i]) + when[W_LEAVES, i] - when[W_BOARDS, i] + moved_s
        if n_runs == 0:
            continue
        day = fleet_items_pence(s, metres, paid, on_board, 0 if len(team) else pas) + team_pence(team, worked)
        total += day * d.group_weight[g]
    return total


@njit
def teams_pence(d: Any, k: int, members: Any, figures: Any, teams: Any) -> Any:
    """`set_pence` with each of several teams (T, m, 3) -> (T,)."""
    pence = np.empty(len(teams), np.int64)
    for t in range(len(teams)):
        pence[t] = set_pence(d, k, members, len(members), figures, teams[t])
    return pence
