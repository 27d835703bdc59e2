"""How near a plan is to the proven bound: the untiered AM problem and the whole one, by size.

Each row makes the demo borough, searches a plan (the best of `--searches`, each `--search-seconds` on two processes; in
no other figure), checks it, and proves a bound in a fresh process, for the longest of `--seconds` of wall time; each of
these is a row of that one proof, with the processor time until its bound stood. `am` is the peer problem of
`benchmarks.peer_problem`: mornings only, one run a fleet vehicle. Money is pence a week, `gap` a fraction of the bound.

With `--plans FOLDER` the best plan known of each problem is kept there. Searches go on from it, and what is cheaper
takes its place; with `--search-seconds 0` it is taken as it is. Either way it is checked first.

    python -m benchmarks.bound [--n 120 300 955] [--seconds 300 900] [--problem am full] [--search-seconds 60]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from api.demo_borough import make_demo_scenario
from benchmarks.peer_problem import AM_ONLY, FULL, Problem, read_problem
from routing.bound.prove import prove
from routing.rounds import Rounds
from routing.solve import Stop
from routing.whole_search import search_all
from transport.certificate import Certificate
from transport.check import check_plan
from transport.cost import objective_of
from transport.files.plan_json import read_plan, write_plan
from transport.plan import Plan

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One proof.

    Attributes
    ----------
    problem : `am` or `full`. n : passengers. seed : of the borough and of the first search.
    seconds : of the rows, wall. search_seconds : of each of n_searches. plans : folder of plans known.
    """

    problem: str
    n: int
    seed: int
    seconds: tuple[float, ...]
    search_seconds: float
    n_searches: int
    plans: Path | None

    @property
    def plan_path(self) -> Path | None:
        """Where the best plan known is kept."""
        return self.plans and self.plans / f"{self.problem}-{self.n}-{self.seed}.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table, or the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, nargs="+", default=[120, 300, 955])
    parser.add_argument("--seconds", type=float, nargs="+", default=[300.0], help="wall seconds of the proof")
    parser.add_argument("--problem", nargs="+", choices=(AM_ONLY, FULL), default=[AM_ONLY, FULL])
    parser.add_argument("--search-seconds", type=float, default=60.0, help="wall seconds of the search before it")
    parser.add_argument("--searches", type=int, default=1, help="searches, of which the best plan is taken")
    parser.add_argument("--seed", type=int, default=1, help="of the borough and of the first search")
    parser.add_argument("--plans", type=Path, help="folder in which the best plans known are kept")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.search_seconds == 0 and options.plans is None:
        parser.error("--search-seconds 0: without a search a plan is needed; name --plans")
    asked = [
        Asked(
            problem=problem, n=n, seed=options.seed, seconds=tuple(options.seconds), plans=options.plans,
            search_seconds=options.search_seconds, n_searches=options.searches,
        )
        for problem in options.problem
        for n in options.n
    ]  # fmt: skip
    if options.one:
        print(json.dumps(measure(asked[0])))
        return
    rows = []
    for each in asked:
        rows += _in_a_process(each)
        print(f"{each.problem}, {each.n:,} passengers done", file=sys.stderr)
    print(json.dumps(rows, indent=1) if options.json else table(rows))


def _in_a_process(asked: Asked) -> list[Row]:
    command = [sys.executable, "-m", "benchmarks.bound", "--one", "--problem", asked.problem, "--n", str(asked.n)]
    command += ["--search-seconds", str(asked.search_seconds), "--searches", str(asked.n_searches)]
    command += ["--seed", str(asked.seed), "--seconds", *map(str, asked.seconds)]
    command += ["--plans", str(asked.plans)] if asked.plans else []
    rows: list[Row] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return rows


def measure(asked: Asked) -> list[Row]:
    """Plan and prove in this process; a row for each number of seconds."""
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists"
        lists.mkdir()
        make_demo_scenario(lists, n_passengers=asked.n, seed=asked.seed)
        problem = read_problem(lists, problem=asked.problem, roads_path=None, cache_dir=Path(folder) / "cache")
    plan = best_plan(problem, asked)
    cpu_s, began_cpu_s = [0.0], time.process_time()
    certificate = prove(
        problem.scenario, problem.travel, plan, seconds=max(asked.seconds),
        on_progress=lambda _, __: cpu_s.append(time.process_time() - began_cpu_s),
    )  # fmt: skip
    of_plan = dict(plan.made_with) | {"n_unserved": len(plan.unserved), "n_hard_violations": 0}
    shorter = [after(certificate, cpu_s, s) for s in sorted(asked.seconds)[:-1]]
    return [row_of(asked.problem, asked.n, asked.seed, each) | of_plan for each in (*shorter, certificate)]


def best_plan(problem: Problem, asked: Asked) -> Plan:
    """The cheapest of the plan known and those of searches from there, kept for the next time.

    Its `made_with` says how long was searched for it in all (`search_s`), in how many searches (`n_searches`).

    Raises
    ------
    SystemExit
        When the plan breaks a hard rule, as a plan kept for another borough would; or there is none.
    """
    path, n_searches = asked.plan_path, asked.n_searches if asked.search_seconds > 0 else 0
    known = read_plan(path) if path and path.exists() else None
    if known is not None:
        _refuse_broken(known, problem, f"{path}: of another problem? Remove it, and search again.")
    elif n_searches == 0:
        raise SystemExit(f"{path}: there is no plan; search for one with --search-seconds")
    plans = [] if known is None else [known]
    plans += [searched(problem, asked.search_seconds, asked.seed + k, start=known) for k in range(n_searches)]
    best = min(plans, key=lambda plan: objective_of(plan, problem.scenario, problem.travel).total)
    _refuse_broken(best, problem, "the search:")
    spent = known.made_with if known else {}
    best = replace(
        best,
        made_with={
            "search_s": float(spent.get("search_s", 0.0)) + n_searches * asked.search_seconds,
            "n_searches": int(spent.get("n_searches", 0)) + n_searches,
        },
    )
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_plan(best, path)
    return best


def _refuse_broken(plan: Plan, problem: Problem, whose: str) -> None:
    broken = [v.sentence for v in check_plan(plan, problem.scenario, problem.travel) if v.hard]
    if broken:
        raise SystemExit("\n".join([f"{whose} {len(broken)} hard rules are broken:", *broken[:5]]))


def after(certificate: Certificate, cpu_s: Sequence[float], seconds: float) -> Certificate:
    """What a proof of so many seconds would have said.

    cpu_s : until each bound of the trace stood, after a first 0. The method is that of the whole proof but for
        packing's own bound, which is the first.
    """
    if certificate.wall_s <= seconds:
        return certificate
    n = sum(when <= seconds for when, _ in certificate.trace)
    return replace(
        certificate, trace=certificate.trace[:n], bound_pence=certificate.trace[n - 1][1] if n else 0,
        method=certificate.method if n > 1 else "packing", cpu_s=cpu_s[n], wall_s=seconds, is_over=False,
    )  # fmt: skip


def searched(problem: Problem, seconds: float, seed: int, *, start: Plan | None) -> Plan:
    """What our own search finds, from a plan where one is given."""
    stop = Stop(seconds=seconds)
    scenario, travel = problem.scenario, problem.travel
    return search_all(
        Rounds(scenario=scenario, travel=travel, stop=stop, seed=seed, processes=2, start=start)
    ).found.plan


def row_of(name: str, n: int, seed: int, certificate: Certificate) -> Row:
    """The figures of one certificate; a gap without a bound is null."""
    return {
        "problem": name, "n": n, "seed": seed, "method": certificate.method, "bound": certificate.bound_pence,
        "objective": certificate.objective_pence, "gap": certificate.gap if certificate.bound_pence > 0 else None,
        "cpu_s": certificate.cpu_s, "wall_s": certificate.wall_s, "is_over": certificate.is_over,
        "trace": certificate.trace,
    }  # fmt: skip


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    heads = (
        "problem",
        "passengers",
        "method",
        "bound, £ a week",
        "plan, £ a week",
        "gap",
        "wall s",
        "CPU s",
        "search s",
    )
    lines: list[Sequence[str]] = [heads, ["---"] * len(heads)]
    lines += [
        (
            r["problem"], f"{r['n']:,}", r["method"], f"{r['bound'] / 100:,.0f}", f"{r['objective'] / 100:,.0f}",
            "–" if r["gap"] is None else f"{100 * r['gap']:.1f} %", f"{r['wall_s']:.0f}", f"{r['cpu_s']:.0f}",
            f"{r['search_s']:.0f}",
        )
        for r in rows
    ]  # fmt: skip
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
