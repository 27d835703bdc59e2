"""Every method that is compared, in one form: a problem and CPU seconds in, a solution with its assignment out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from benchmarks.cpu_clock import Budget, cpu_s
from benchmarks.peer_model import LegModel
from benchmarks.peer_pairing import paired
from benchmarks.peer_problem import AM_ONLY, Problem, one_school_a_run
from benchmarks.peer_repair import finish, mend, to_start_routes
from benchmarks.peer_route import PeerRoute
from benchmarks.peer_telling import leg_model
from routing.baseline import start_routes
from routing.solve import Result, StartRoute, Stop, compile_kernel, solve
from transport.calendar import LEGS, Leg

Solver = Callable[[LegModel, Budget, int], list[PeerRoute]]

OURS, OURS_ONE_SCHOOL = "ours", "ours-one-school"
_PEERS = {
    "ortools": ("peer_ortools", "solve_per_gate"),
    "ortools-grouped": ("peer_ortools", "solve_per_group"),
    "ortools-whole": ("peer_ortools", "solve_whole"),
    "pyvrp": ("peer_pyvrp", "solve_per_gate"),
    "pyvrp-grouped": ("peer_pyvrp", "solve_per_group"),
    "pyvrp-whole": ("peer_pyvrp", "solve_whole"),
    "vroom": ("peer_vroom", "solve_per_gate"),
    "vroom-grouped": ("peer_vroom", "solve_per_group"),
    "vroom-whole": ("peer_vroom", "solve_whole"),
}
METHODS = (OURS, OURS_ONE_SCHOOL, *_PEERS)
PACKAGE_OF = {name: name.partition("-")[0] for name in _PEERS}
"""What must be installed for a peer, by the name it is imported by."""
SEARCH_SHARE = 0.97
"""Share of our seconds after which the search ends; the rest is for the assignment, which we are charged."""
_DISTRIBUTION_OF = {"vroom": "pyvroom"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What a method found.

    Attributes
    ----------
    cpu_s : CPU seconds of the search, children included; what the seconds allowed are held against.
    around_cpu_s : of telling the peer its model, reading its answer, pairing, repair and assignment; not charged.
    n_ejected : riders taken off a peer's runs because a rule broke. n_left_out : riders a peer's answer lacks.
    """

    result: Result
    cpu_s: float
    around_cpu_s: float
    n_ejected: int = 0
    n_left_out: int = 0
    version: str = ""
    note: str = ""


def answer_of(problem: Problem, method: str, seconds: float, seed: int) -> Answer:
    """Solve a problem by a method of `METHODS` in so many CPU seconds."""
    compile_kernel(problem.instance)
    if method in _PEERS:
        module, function = _PEERS[method]
        solver: Solver = getattr(import_module(f"benchmarks.{module}"), function)
        return _peer(problem, solver, PACKAGE_OF[method], seconds, seed)
    narrowed = one_school_a_run(problem) if method == OURS_ONE_SCHOOL else problem
    return _ours(narrowed, seconds, seed)


def _ours(problem: Problem, seconds: float, seed: int) -> Answer:
    """Our search, its clock CPU seconds; in the full problem from today's routes, as in the main job."""
    budget = Budget(seconds)
    result = solve(
        problem.instance,
        Stop(seconds=SEARCH_SHARE * seconds),
        seed=seed,
        start=start_routes(problem.scenario, problem.index),
        should_stop=budget.is_spent,
        clock=cpu_s,
    )
    spent = budget.spent_s
    return Answer(result=result, cpu_s=spent, around_cpu_s=0.0, version=_version("schoolrun"))


def _peer(problem: Problem, solver: Solver, package: str, seconds: float, seed: int) -> Answer:
    """Each leg apart, then the common repair; with two legs, the cheapest way to pair them."""
    import_module(package)
    legs = (Leg.AM,) if problem.name == AM_ONLY else LEGS
    began, spent, routes = cpu_s(), 0.0, {}
    for leg in legs:
        model = leg_model(problem.scenario, problem.travel, leg, money_pct=100 // len(legs))
        budget = Budget(seconds / len(legs))
        found = solver(model, budget, seed)
        spent += budget.spent_s
        routes[leg] = to_start_routes(problem, leg, found)
    n_left_out = left_out(problem, routes)
    ways = {"": routes[Leg.AM]} if len(legs) == 1 else paired(problem, routes[Leg.AM], routes[Leg.PM])
    mended = {name: mend(problem, way) for name, way in ways.items()}
    results = {name: finish(problem, list(way.routes), seed) for name, way in mended.items()}
    best = min(results, key=lambda name: (len(results[name].solution.unserved), results[name].assignment.cost))
    return Answer(
        result=results[best],
        cpu_s=spent,
        around_cpu_s=cpu_s() - began - spent,
        n_ejected=mended[best].n_ejected,
        n_left_out=n_left_out,
        version=_version(_DISTRIBUTION_OF.get(package, package)),
        note=best,
    )


def left_out(problem: Problem, routes: Mapping[Leg, Sequence[StartRoute]]) -> int:
    """Rider-legs that no run of the peer carries."""
    carried = {(leg, i) for leg, runs in routes.items() for run in runs for i in run.order[LEGS.index(leg)]}
    wanted = {(leg, i) for i, rider in enumerate(problem.index.riders) for leg in rider.legs}
    return len(wanted - carried)


def _version(distribution: str) -> str:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution
