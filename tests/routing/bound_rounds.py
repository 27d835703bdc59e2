"""Rounds of column generation that begin with everybody alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from routing.bound.from_plan import solo_columns
from routing.bound.master import Master
from routing.bound.problem import BoundProblem
from routing.bound.rounds import Rounds


def rounds_of(problem: BoundProblem, threads: ThreadPoolExecutor) -> Rounds:
    master = Master(problem)
    for columns in solo_columns(problem):
        master.add(columns)
    return Rounds(problem=problem, master=master, threads=threads, is_time_up=lambda: False)
