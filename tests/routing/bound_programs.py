"""Small programs of the bound, whose runs are written down by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routing.bound.fields import Q_GATES, V_GATE
from routing.bound.master import Columns, Master
from routing.bound.problem import BoundProblem, bound_problem
from routing.encode import encode
from tests.routing.worlds import make_world


def problem_of_two() -> BoundProblem:
    """Two passengers, nodes 0 and 1 of one gate."""
    problem = bound_problem(encode(*make_world((), 2, 1), with_busy=True)[0])
    nodes = problem.legs[0].nodes
    assert nodes[0, V_GATE] == nodes[1, V_GATE]
    return problem


def program_of(problem: BoundProblem, orders: Sequence[tuple[int, ...]]) -> Master:
    """Morning runs through the gate of node 0, with 500 pence of miles each; orders : nodes outwards."""
    master, leg = Master(problem), problem.legs[0]
    gate = leg.nodes[0, V_GATE]
    alone = next(q for q, s in enumerate(leg.sequences) if s[Q_GATES] == gate and s[Q_GATES + 1] < 0)
    for order in orders:
        master.add(Columns(
            leg=0, kind=0, pa=0, sequence=np.array([alone]), nodes=np.array([order]), pence=np.array([500.0]),
            own=np.array([0]), seconds=np.array([1200]), more_s=np.array([0]),
        ))  # fmt: skip
    return master
