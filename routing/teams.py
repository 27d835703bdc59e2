"""Which council PAs go with a fleet vehicle: their homes on the way, their pay, their training.

A *team* is a list of PAs, by group (`Instance.pa_groups`). A run that needs n PAs has the first n of its vehicle's team
on board. Each boards at home before their first run of a shift and is brought home after their last; between the two
they stay, on runs that need fewer as well, and take their seat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.evaluate import F_END, F_FIRST, F_LAST, F_METRES, F_PAS, F_SEATS, F_START, FAR, half_up
from routing.instance import (
    A_COUNT,
    A_HOME,
    A_MIN,
    A_RATE,
    A_TAGS,
    D_ROW,
    P_OWN,
    P_SHARED,
    P_TAGS,
    R_PER_SHARED_PA,
    R_TRAINING,
    Instance,
    Solution,
)
from routing.numba_cache import njit_inner

TEAMS_KEPT = 8
"""Teams offered for one vehicle and set of routes, the cheapest first."""
GROUPS_TRIED = 24
"""Groups that may join a team after its first member: those that cost least as the only one."""

Team = tuple[int, ...]
"""Numbers of PA groups, in the order of the list."""

# Rows of the times of a leg's team: first run (-1: not out), last run, clock of boarding and of leaving.
W_FROM, W_TO, W_BOARDS, W_LEAVES = range(4)


@njit_inner
def board_team(seconds: Any, metres: Any, team: Any, runs: Any, count: int, when: Any) -> bool:
    """Take a team on at home before each one's first run of a shift, and home after the last; False without a road.

    Parameters
    ----------
    seconds, metres : (n, n), of the leg. team : (m, 3).
    runs : (>= count, N_FIGURES), the shift's runs in order of time; PAs, seats, ends, metres and clock are changed.
    when : (4, m), filled.
    """
    for i in range(len(team)):
        when[W_FROM, i], when[W_TO, i] = -1, -1
        for j in range(count):
            if runs[j, F_PAS] > i:
                when[W_FROM, i] = j if when[W_FROM, i] < 0 else when[W_FROM, i]
                when[W_TO, i] = j
        if when[W_FROM, i] < 0:
            continue
        for j in range(when[W_FROM, i], when[W_TO, i] + 1):
            missing = max(0, i + 1 - runs[j, F_PAS])
            runs[j, F_PAS] += missing
            runs[j, F_SEATS] += missing
        when[W_BOARDS, i], when[W_LEAVES, i] = runs[when[W_FROM, i], F_START], runs[when[W_TO, i], F_END]
    # Last on the list is fetched last and brought home first.
    for i in range(len(team) - 1, -1, -1):
        home = team[i, 0]
        if home < 0 or when[W_FROM, i] < 0:
            continue
        x = runs[when[W_FROM, i]]
        if seconds[home, x[F_FIRST]] >= FAR:
            return False
        x[F_START] -= seconds[home, x[F_FIRST]]
        x[F_METRES] += metres[home, x[F_FIRST]]
        x[F_FIRST] = home
        when[W_BOARDS, i] = x[F_START]
        y = runs[when[W_TO, i]]
        if seconds[y[F_LAST], home] >= FAR:
            return False
        y[F_END] += seconds[y[F_LAST], home]
        y[F_METRES] += metres[y[F_LAST], home]
        y[F_LAST] = home
        when[W_LEAVES, i] = y[F_END]
    return True


@njit_inner
def team_pence(team: Any, worked: Any) -> int:
    """Pay of a day's PAs, each one's rounded once. worked (m,): seconds from boarding to leaving, -1: not out."""
    total = 0
    for i in range(len(team)):
        if worked[i] >= 0:
            total += half_up(team[i, 1] * max(team[i, 2], worked[i]), 3600)
    return total


@dataclass(frozen=True, slots=True)
class Asked:
    """What the PAs of one run must be trained for.

    Attributes
    ----------
    n_pas : on the run. own : bit of each PA who serves one passenger only (0: no training). shared : bit of each
        passenger who shares PAs.
    """

    n_pas: int
    own: tuple[int, ...]
    shared: tuple[int, ...]


def training_asked(instance: Instance, solution: Solution) -> list[frozenset[Asked]]:
    """Per route, every different demand on its PAs' training on any day and leg; none where nobody asks."""
    training = int(instance.rules[R_TRAINING])
    if not training:
        return [frozenset()] * len(solution.orders)
    demands: list[frozenset[Asked]] = []
    for orders in solution.orders:
        found = {
            _asked(instance, [i for i in orders[leg] if instance.daily[leg, g, i, D_ROW] >= 0])
            for leg in range(2)
            for g in range(len(instance.group_weight))
        }
        demands.append(frozenset(asked for asked in found if asked is not None))
    return demands


def _asked(instance: Instance, present: Sequence[int]) -> Asked | None:
    training, per = int(instance.rules[R_TRAINING]), int(instance.rules[R_PER_SHARED_PA])
    bits = [(int(instance.riders[i, P_TAGS]) & training, i) for i in present]
    if not any(bit for bit, _ in bits):
        return None
    own = sorted(bit for bit, i in bits for _ in range(int(instance.riders[i, P_OWN])))
    shared = sorted(bit for bit, i in bits if instance.riders[i, P_SHARED])
    n_shared = -(-len(shared) // per) if per else min(1, len(shared))
    return Asked(n_pas=len(own) + n_shared, own=tuple(own), shared=tuple(shared))


def n_untrained(asked: Asked, masks: Sequence[int], per: int) -> int:
    """Fewest places on a run without a trained PA, whoever serves whom; a PA of one passenger serves nobody else.

    Parameters
    ----------
    masks : training of each PA on board, as bits. per : passengers to a shared PA (0: any number).
    """
    if not asked.own:
        places = [mask for mask in masks for _ in range(per or len(asked.shared))]
        return _n_unseated([bit for bit in asked.shared if bit], places)
    bit, rest = asked.own[-1], Asked(asked.n_pas, asked.own[:-1], asked.shared)
    tried = [1 + n_untrained(rest, masks, per)]
    tried += [
        n_untrained(rest, [*masks[:i], *masks[i + 1 :]], per)
        for i, mask in enumerate(masks)
        if not bit & ~mask and mask not in masks[:i]
    ]
    return min(tried)


def _n_unseated(bits: Sequence[int], places: Sequence[int]) -> int:
    """Passengers left over by a largest matching with the places beside trained PAs."""
    sitter: dict[int, int] = {}

    def seat(p: int, tried: set[int]) -> bool:
        for i, mask in enumerate(places):
            if i not in tried and not bits[p] & ~mask:
                tried.add(i)
                if i not in sitter or seat(sitter[i], tried):
                    sitter[i] = p
                    return True
        return False

    return sum(not seat(p, set()) for p in range(len(bits)))


def best_teams(
    instance: Instance,
    size: int,
    asked: frozenset[Asked],
    price: Callable[[NDArray[np.int64]], NDArray[np.int64]],
) -> list[tuple[int, Team]]:
    """The cheapest teams of a size for a vehicle and its routes, (pence, team), found a member at a time.

    A heuristic from the second member on: of the teams so far `TEAMS_KEPT` go on, those first that leave fewest without
    a trained PA, and `GROUPS_TRIED` groups may join them.

    Parameters
    ----------
    asked : training that the runs ask for.
    price : teams (T, m, 3) -> pence a fortnight (T,), -1 where the vehicle cannot drive its routes with them.
    """
    groups, per = instance.pa_groups, int(instance.rules[R_PER_SHARED_PA])
    may_join = list(range(len(groups)))
    found: list[tuple[int, int, Team]] = [(0, 0, ())]
    for n in range(1, size + 1):
        teams = [(*team, a) for _, _, team in found for a in may_join if team.count(a) < groups[a, A_COUNT]]
        if not teams:
            return []
        pence = price(as_rows(groups, teams))
        found = sorted(
            (_n_short(groups, asked, team, size, per), int(p), team)
            for p, team in zip(pence, teams, strict=True)
            if p >= 0 and not any(n_untrained(a, _masks(groups, team), per) for a in asked if a.n_pas == n)
        )
        if n == 1:
            may_join = [team[0] for _, _, team in found[:GROUPS_TRIED]]
        found = found[:TEAMS_KEPT]
    return [(pence, team) for _, pence, team in found]


def as_rows(groups: NDArray[np.int64], teams: Sequence[Team]) -> NDArray[np.int64]:
    """Teams of one size as the kernel takes them, (T, m, 3)."""
    rows: NDArray[np.int64] = groups[np.array(teams)][..., [A_HOME, A_RATE, A_MIN]]
    return rows


def _masks(groups: NDArray[np.int64], team: Team) -> list[int]:
    return [int(groups[a, A_TAGS]) for a in team]


def _n_short(groups: NDArray[np.int64], asked: frozenset[Asked], team: Team, size: int, per: int) -> int:
    """Trained PAs that a team in the making still lacks, were all others trained for nothing."""
    masks = [*_masks(groups, team), *[0] * (size - len(team))]
    return sum(n_untrained(a, masks[: a.n_pas], per) for a in asked)
