"""How near a plan is to the proven bound: the untiered AM problem and the whole one, by size.

Each row makes the demo borough, searches a plan (the best of `--searches`, each `--search-seconds` on two processes; in
no other figure), checks it, and proves a bound in a fresh process, for the longest of `--seconds` of wall time; each of
these is a row of that one proof, with the processor time until its bound stood. `am` is the peer problem of
`benchmarks.peer_problem`: mornings only, one run a fleet vehicle. Money is pence a week, `gap` a fraction of the bound.

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
from dataclasses import replace
from pathlib import Path
from typing import Any

from api.demo_borough import make_demo_scenario
from benchmarks.peer_problem import AM_ONLY, FULL, Problem, read_problem
from routing.bound.prove import prove
from routing.rounds import Found, Rounds
from routing.solve import Stop
from routing.whole_search import search_all
from transport.certificate import Certificate
from transport.check import check_plan

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table, or the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, nargs="+", default=[120, 300, 955])
    parser.add_argument("--seconds", type=float, nargs="+", default=[300.0], help="wall seconds of the proof")
    parser.add_argument("--problem", nargs="+", choices=(AM_ONLY, FULL), default=[AM_ONLY, FULL])
    parser.add_argument("--search-seconds", type=float, default=60.0, help="wall seconds of the search before it")
    parser.add_argument("--searches", type=int, default=1, help="searches, of which the best plan is taken")
    parser.add_argument("--seed", type=int, default=1, help="of the borough and of the first search")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        rows = measure(
            options.problem[0], options.n[0], options.seconds, options.search_seconds, options.searches, options.seed
        )
        print(json.dumps(rows))
        return
    rows = []
    for problem in options.problem:
        for n in options.n:
            rows += _in_a_process(problem, n, options)
            print(f"{problem}, {n:,} passengers done", file=sys.stderr)
    print(json.dumps(rows, indent=1) if options.json else table(rows))


def _in_a_process(problem: str, n: int, options: argparse.Namespace) -> list[Row]:
    command = [sys.executable, "-m", "benchmarks.bound", "--one", "--problem", problem, "--n", str(n)]
    command += ["--search-seconds", str(options.search_seconds), "--searches", str(options.searches)]
    command += ["--seed", str(options.seed)]
    command += ["--seconds", *map(str, options.seconds)]
    rows: list[Row] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return rows


def measure(
    name: str, n: int, seconds: Sequence[float], search_seconds: float, n_searches: int, seed: int
) -> list[Row]:
    """Plan and prove in this process; a row for each number of seconds."""
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists"
        lists.mkdir()
        make_demo_scenario(lists, n_passengers=n, seed=seed)
        problem = read_problem(lists, problem=name, roads_path=None, cache_dir=Path(folder) / "cache")
    found = [searched(problem, search_seconds, seed + k) for k in range(n_searches)]
    plan = min(found, key=lambda each: each.objective_pence).plan
    broken = [v for v in check_plan(plan, problem.scenario, problem.travel) if v.hard]
    cpu_s, began_cpu_s = [0.0], time.process_time()
    certificate = prove(
        problem.scenario, problem.travel, plan, seconds=max(seconds),
        on_progress=lambda _, __: cpu_s.append(time.process_time() - began_cpu_s),
    )  # fmt: skip
    of_plan = {
        "search_s": sum(each.result.seconds for each in found), "n_searches": n_searches,
        "n_unserved": len(plan.unserved), "n_hard_violations": len(broken),
    }  # fmt: skip
    shorter = [after(certificate, cpu_s, s) for s in sorted(seconds)[:-1]]
    return [row_of(name, n, seed, each) | of_plan for each in (*shorter, certificate)]


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


def searched(problem: Problem, seconds: float, seed: int) -> Found:
    """What our own search finds."""
    stop = Stop(seconds=seconds)
    rounds = Rounds(scenario=problem.scenario, travel=problem.travel, stop=stop, seed=seed, processes=2)
    return search_all(rounds).found


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
