"""Our search beside OR-Tools, PyVRP and VROOM: same problem, same matrices, same checker, equal CPU seconds.

Each row is worked out in a fresh process and printed as it comes; `--out` keeps rows and skips those it holds. What is
compared, and how each peer is told about it and mended: docs/peers.md. Needs requirements-peers.txt.

    python -m benchmarks.peers --n 120 300 955 2000 --seconds 8 20 60 60 --seeds 1 2 3 --json --out rows.json
    python -m benchmarks.peers --n 300 --seconds 20 --full --area west_bromwich_smethwick
    python -m benchmarks.peers --table rows.json
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.peer_methods import METHODS, PACKAGE_OF, Answer, answer_of
from benchmarks.peer_problem import AM_ONLY, FULL, judge, read_problem
from benchmarks.peer_table import table

Row = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
DEMO = "demo"
BYTES_PER_RSS = 1 if sys.platform == "darwin" else 1024
WALL_PER_CPU, WALL_AT_LEAST_S = 12.0, 1800.0
"""A method that has not answered after so much wall time is stopped, and has no plan."""
KEY = ("area", "problem", "n", "seed", "method", "budget_s")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print rows, as JSON lines or in words, or the table of rows measured before."""
    options = _parser().parse_args(arguments)
    if options.table is not None:
        print(table([row for path in options.table for row in read_rows(path)]))
    elif options.one is not None:
        print(json.dumps(measure(options)))
    else:
        for row in measured(options):
            print(json.dumps(row) if options.json else _words(row), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[300], help="passengers")
    parser.add_argument(
        "--seconds", type=float, nargs="+", default=[20.0], help="CPU seconds per instance, one value or one for each n"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="seeds of instance and search")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), help="default: all")
    parser.add_argument("--area", default=DEMO, help="demo, or a real area: west_bromwich_smethwick, cambridge, ...")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of real extracts, for --area")
    parser.add_argument("--full", action="store_true", help="the full problem: AM and PM, all days, tiering")
    parser.add_argument("--whole-up-to", type=int, default=300, help="most passengers for one-model peers")
    parser.add_argument("--json", action="store_true", help="print rows as JSON, one a line")
    parser.add_argument("--out", type=Path, help="file of rows: kept as they come, and not measured twice")
    parser.add_argument("--table", type=Path, nargs="+", help="print the Markdown table of these files of rows")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    return parser


def measured(options: argparse.Namespace) -> Iterator[Row]:
    """A row for each instance and method, each from a process of its own."""
    rows = read_rows(options.out) if options.out is not None and options.out.exists() else []
    known = {tuple(row[name] for name in KEY): row for row in rows}
    seconds = options.seconds * len(options.n) if len(options.seconds) == 1 else options.seconds
    if len(seconds) != len(options.n):
        raise SystemExit(f"--seconds: {len(seconds)} values for {len(options.n)} of --n; give one, or one for each")
    commit = _commit()
    for n, budget_s in zip(options.n, seconds, strict=True):
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as folder:
                for method in _methods(options, n):
                    key = (options.area, FULL if options.full else AM_ONLY, n, seed, method, budget_s)
                    if key in known:
                        yield known[key]
                        continue
                    _write_lists(Path(folder), options, n, seed)
                    row = dict(zip(KEY, key, strict=True)) | {"commit": commit}
                    row |= _in_a_process(Path(folder), options, row)
                    rows.append(row)
                    if options.out is not None:
                        options.out.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
                    yield row


def _methods(options: argparse.Namespace, n: int) -> list[str]:
    """Methods wanted, installed, and of use at this size."""
    wanted = [m for m in options.methods if not (m.endswith("-whole") and n > options.whole_up_to)]
    missing = {PACKAGE_OF[m] for m in wanted if m in PACKAGE_OF and find_spec(PACKAGE_OF[m]) is None}
    for package in sorted(missing):
        print(f"{package} is not installed: its rows are left out (requirements-peers.txt)", file=sys.stderr)
    return [m for m in wanted if PACKAGE_OF.get(m) not in missing]


def _write_lists(folder: Path, options: argparse.Namespace, n: int, seed: int) -> None:
    lists = folder / "lists"
    if lists.exists():
        return
    if options.area == DEMO:
        from api.demo_borough import make_demo_scenario

        make_demo_scenario(lists, n_passengers=n, seed=seed)
    else:
        from tests.areas import make_area_scenario

        make_area_scenario(lists, area=_area(options.area), n_passengers=n, seed=seed, shared=options.shared)


def _area(name: str) -> Any:
    from tests.areas import Area

    try:
        return Area[name.upper()]
    except KeyError:
        names = ", ".join([DEMO, *(area.name.lower() for area in Area)])
        raise SystemExit(f"--area: {name}; must be one of {names}") from None


def _in_a_process(folder: Path, options: argparse.Namespace, row: Row) -> Row:
    command = [sys.executable, "-m", "benchmarks.peers", "--one", str(folder), "--methods", row["method"]]
    command += ["--seconds", str(row["budget_s"]), "--seeds", str(row["seed"]), "--n", str(row["n"])]
    command += ["--area", row["area"], "--shared", str(options.shared)] + ["--full"] * options.full
    most_s = max(WALL_AT_LEAST_S, WALL_PER_CPU * row["budget_s"])
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=most_s, check=False, cwd=ROOT)
    except subprocess.TimeoutExpired:
        return _no_plan(f"stopped after {most_s:.0f} s of wall time")
    if done.returncode != 0:
        return _no_plan(f"ended with code {done.returncode}")
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def _no_plan(note: str) -> Row:
    return {"objective": None, "feasible": False, "cpu_s": None, "note": note}


def measure(options: argparse.Namespace) -> Row:
    """Solve one instance by one method in this process."""
    roads = None if options.area == DEMO else _area(options.area).roads(options.shared)
    problem = read_problem(
        options.one / "lists",
        problem=FULL if options.full else AM_ONLY,
        roads_path=roads,
        cache_dir=options.one / "cache",
    )
    began = time.monotonic()
    answer: Answer = answer_of(problem, options.methods[0], options.seconds[0], options.seeds[0])
    judged = judge(problem, answer.result.solution, answer.result.assignment)
    return {
        "objective": judged.objective.total,
        "feasible": judged.feasible,
        "cpu_s": round(answer.cpu_s, 2),
        "setup_and_repair_cpu_s": round(answer.around_cpu_s, 2),
        "wall_s": round(time.monotonic() - began, 2),
        "money_pence": judged.objective.money_pence,
        "soft_pence": judged.objective.soft_pence,
        "n_planned": len(problem.scenario.planned_passengers()),
        "n_unserved": len(judged.plan.unserved),
        "n_broken_rules": len(judged.broken),
        "n_routes": len(judged.plan.routes),
        "n_vehicles": judged.n_vehicles,
        "n_ejected": answer.n_ejected,
        "n_left_out": answer.n_left_out,
        "iterations": answer.result.iterations,
        "version": answer.version,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_RSS,
        "note": answer.note,
    }


def read_rows(path: Path) -> list[Row]:
    """Rows of a file: one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _words(row: Row) -> str:
    cost = "no plan" if row["objective"] is None else f"£{row['objective'] / 100:,.0f} a week"
    cpu = "" if row["cpu_s"] is None else f", {row['cpu_s']:.0f} CPU s"
    broken = "" if row["feasible"] else ", NOT FEASIBLE"
    return f"{row['area']} {row['problem']} n={row['n']} seed={row['seed']} {row['method']}: {cost}{cpu}{broken}"


if __name__ == "__main__":
    main()
