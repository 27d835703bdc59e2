"""A bound in a moment: places, wheelchair places, PAs and vehicles as in a packing, and the nearest way into each home.

No geography but that every home costs at least the metres from its nearest neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import (
    V_CHAIR,
    V_DEMAND,
    V_OWN,
    V_PLACE,
    V_ROW,
    V_SERVICE,
    V_SHARED,
    V_TAGS,
)
from routing.bound.master import Lot
from routing.bound.problem import BoundProblem
from routing.instance import NO_LIMIT, S_CLASS, S_PROFILE, S_TAGS

Row = dict[int, float]


class _Program:
    """A linear program put together row by row; every variable is at least 0."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.most: list[float] = []
        self.rows: list[tuple[Row, float]] = []

    def variable(self, cost: float, most: float = float("inf")) -> int:
        """A new variable."""
        self.cost.append(cost)
        self.most.append(most)
        return len(self.cost) - 1

    def at_least(self, row: Row, least: float) -> None:
        """A sum that must reach `least`."""
        self.rows.append((row, least))

    def least_cost(self) -> float:
        """Its value; infinite where nothing is feasible."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_array

        at = [(r, v, -a) for r, (row, _) in enumerate(self.rows) for v, a in row.items()]
        matrix = csr_array(
            (np.array([a for _, _, a in at]), (np.array([r for r, _, _ in at]), np.array([v for _, v, _ in at]))),
            shape=(len(self.rows), len(self.cost)),
        )
        upper = [-least for _, least in self.rows]
        bounds = [(0.0, None if np.isinf(m) else m) for m in self.most]
        solved = linprog(self.cost, A_ub=matrix, b_ub=upper, bounds=bounds, method="highs")
        return float(solved.fun) if solved.status == 0 else float("inf")


def packing_bound(problem: BoundProblem, refills: int = 1, lots: Sequence[Lot] = ()) -> float:
    """Least pence a fortnight of any plan, by packing alone.

    Parameters
    ----------
    refills : how often a run may fill its places: 1, or one a gate where passengers may board after others got off.
    lots : held lots that may go on.
    """
    program = _Program()
    vehicles = [program.variable(0.0) for _ in problem.kinds]
    pas = [program.variable(kind.pa_pence) for kind in problem.kinds]
    for k, kind in enumerate(problem.kinds):
        if kind.is_inner:
            continue
        paid = [
            program.variable(o.pence, np.inf if o.limit >= NO_LIMIT else o.limit * problem.n_days) for o in kind.offers
        ]
        program.at_least({vehicles[k]: -1.0} | dict.fromkeys(paid, 1.0), 0.0)
    served: dict[int, Row] = {
        d: {program.variable(pence): 1.0} for d, pence in enumerate(problem.unserved_pence.tolist())
    }
    for leg in range(len(problem.legs)):
        _pack_leg(program, problem, leg, vehicles, pas, served, refills)
    for lot in lots:
        goes_on = program.variable(lot.pence, 1.0)
        for d in lot.demands:
            served[d][goes_on] = float(problem.weight[d])
    for d, row in served.items():
        program.at_least(row, float(problem.weight[d]))
    return program.least_cost()


def _pack_leg(
    program: _Program, problem: BoundProblem, leg: int, vehicles: list[int], pas: list[int], served: dict[int, Row],
    refills: int,
) -> None:  # fmt: skip
    """Each demand into runs of some kind, with or without a shared PA, that have the places for all of them."""
    table = problem.legs[leg]
    first, solo, least_in, least_in_s = _first_nodes(problem, leg)
    for kind in problem.kinds:
        supply = problem.instance.supplies[kind.supply]
        runs_of_kind: Row = {vehicles[kind.of]: float(kind.max_runs)}
        pas_of_kind: Row = {pas[kind.of]: float(kind.max_runs)}
        profile = int(supply[S_PROFILE])
        near_pence, near_s = kind.metre_pence * least_in[profile], least_in_s[profile]
        seconds: Row = {vehicles[kind.of]: float(problem.hours[leg].stretch_s.max(initial=0))}
        turn_s = float(kind.turn_s[table.leg][table.nodes[:, V_ROW]].min())
        for pa in range(2):
            seats: Row = {}
            chairs: Row = {}
            alone = program.variable(kind.run_pence)
            for s, c in _layouts(problem.instance.fits[supply[S_CLASS]]):
                if s >= pa:
                    run = program.variable(kind.run_pence)
                    seats[run], chairs[run] = float((s - pa) * refills), float(c * refills)
            runs = [*seats, alone]
            seconds |= dict.fromkeys(runs, -turn_s)
            runs_of_kind |= dict.fromkeys(runs, -1.0)
            pas_of_kind |= dict.fromkeys(runs, -1.0) if pa else {}
            all_alone: Row = {alone: 1.0}
            for node, is_solo, pence, take_s in zip(first, solo, near_pence, near_s, strict=True):
                if (node[V_SHARED] and not pa) or node[V_TAGS] & ~supply[S_TAGS]:
                    continue
                place = program.variable(float(pence))
                served[int(node[V_DEMAND])][place] = 1.0
                seconds[place] = -float(take_s)
                if node[V_OWN]:
                    pas_of_kind[place] = -float(node[V_OWN])
                if is_solo:
                    all_alone[place] = -1.0
                else:
                    seats[place] = -float(1 - node[V_CHAIR] + node[V_OWN])
                    chairs[place] = -float(node[V_CHAIR])
            for row in (seats, chairs, all_alone):
                program.at_least({v: a for v, a in row.items() if a}, 0.0)
        program.at_least(runs_of_kind, 0.0)
        program.at_least(pas_of_kind, 0.0)
        if kind.is_inner:
            # These have to share out the hours at the gates.
            program.at_least(seconds, 0.0)


def _layouts(fits: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Loads that fit and no larger one does."""
    return [
        (s, c)
        for s, c in np.argwhere(fits).tolist()
        if not (s + 1 < fits.shape[0] and fits[s + 1, c]) and not (c + 1 < fits.shape[1] and fits[s, c + 1])
    ]


def _first_nodes(
    problem: BoundProblem, leg: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """One node of each demand, whether it travels alone, and the least metres into, and seconds at, any of its places.

    The nodes of a demand are alike but for place, cap and wish.
    """
    table = problem.legs[leg]
    demands, at, which = np.unique(table.nodes[:, V_DEMAND], return_index=True, return_inverse=True)
    # Those who board at one stop may do so at once.
    _, at_place, n_there = np.unique(table.nodes[:, V_PLACE], return_inverse=True, return_counts=True)
    service_s = np.where(n_there[at_place] == 1, table.nodes[:, V_SERVICE], 0)
    least, least_s = (np.full((len(table.least_in), len(demands)), np.inf) for _ in range(2))
    for profile in range(len(least)):
        np.minimum.at(least[profile], which, table.least_in[profile])
        np.minimum.at(least_s[profile], which, table.least_in_s[profile] + service_s)
    return table.nodes[at], table.solo[at], least, least_s
