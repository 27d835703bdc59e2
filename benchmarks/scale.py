"""How the search grows: 120 to 20,000 passengers, each with the same CPU time per passenger.

Each row is planned in a fresh process, today's routes left aside, so that the first plan is the search's own; roads are
made before the clock starts. Every plan is checked: a row with a broken rule is no result. Exponents say how a figure
grows: 1 is in proportion to the passengers.

    python -m benchmarks.scale [--n 120 300 955 2000 5000 20000] [--cpu 0.06] [--processes 2] [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from api.planning_job import PlanRequest, Watcher, load_roads
from benchmarks.boroughs import make_boroughs
from routing.decode import decode
from routing.encode import encode
from routing.solve import Stop, compile_kernel, solve
from transport.check import check_plan
from transport.cost import cost_of, objective_of
from transport.files.read import read_scenario
from transport.plan import Plan

Row = dict[str, Any]
BYTES_PER_RSS = 1 if sys.platform == "darwin" else 1024
GROWING = ("encode_s", "first_plan_s", "objective", "iterations_per_cpu_s", "peak_bytes")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table, or rows and exponents as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, nargs="+", default=[120, 300, 955, 2000, 5000, 20000])
    parser.add_argument("--cpu", type=float, default=0.06, help="CPU seconds of search a passenger, all processes")
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measure(options.n[0], options.cpu, options.processes, options.seed)))
        return
    rows = []
    for n in options.n:
        rows.append(_in_a_process(n, options))
        print(f"{n:,} passengers done", file=sys.stderr)
    exponents = {name: exponent(rows, name) for name in GROWING}
    print(json.dumps({"rows": rows, "exponents": exponents}, indent=1) if options.json else table(rows, exponents))


def _in_a_process(n: int, options: argparse.Namespace) -> Row:
    command = [sys.executable, "-m", "benchmarks.scale", "--one", "--n", str(n), "--cpu", str(options.cpu)]
    command += ["--processes", str(options.processes), "--seed", str(options.seed)]
    row: Row = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return row


def measure(n: int, cpu_per_passenger_s: float, processes: int, seed: int) -> Row:
    """Plan n passengers in this process."""
    stop = Stop(seconds=cpu_per_passenger_s * n / processes)
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists"
        lists.mkdir()
        make_boroughs(lists, n_passengers=n, seed=seed)
        scenario = read_scenario(lists)
        request = PlanRequest(scenario_path=lists, out=Path(folder) / "plan", stop=stop, seed=seed)
        began = time.monotonic()
        roads = load_roads(scenario, request, Watcher().phase)
    roads_s = time.monotonic() - began
    began = time.monotonic()
    instance, index = encode(scenario, roads.travel)
    encode_s = time.monotonic() - began
    compile_kernel(instance, roads.travel)
    cpu = _cpu_s()
    result = solve(instance, stop, seed=seed, processes=processes, blocks=roads.travel)
    cpu = _cpu_s() - cpu
    began = time.monotonic()
    decoded = decode(scenario, roads.travel, index, result.solution, result.assignment)
    plan = Plan(plan_id="scale", routes=decoded.routes, lots=decoded.lots, not_planned=scenario.not_planned())
    hard = [v for v in check_plan(plan, scenario, roads.travel) if v.hard and v.rule.value != "passenger_missing"]
    breakdown = cost_of(plan, scenario, roads.travel)
    return {
        "n": n, "seed": seed, "processes": processes, "n_riders": instance.n_riders, "n_places": len(scenario.places),
        "n_rows": len(set(roads.travel.row_by_place_id.values())), "roads_s": roads_s, "encode_s": encode_s,
        "first_plan_s": result.first_plan_seconds, "first_objective": result.trace[0][1], "search_s": result.seconds,
        "cpu_s": cpu, "iterations": result.iterations, "iterations_per_cpu_s": result.iterations / cpu,
        "objective": objective_of(plan, scenario, roads.travel, breakdown).total, "n_routes": len(plan.routes),
        "n_unserved": len(decoded.unserved_ids), "n_hard_violations": len(hard), "check_s": time.monotonic() - began,
        "peak_bytes": sum(_peak_bytes()), "peak_bytes_by_process": _peak_bytes(),
    }  # fmt: skip


def _cpu_s() -> float:
    """CPU seconds of this process and those of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _peak_bytes() -> list[int]:
    """Most memory of this process and of its largest child; not surely at one time."""
    return [
        resource.getrusage(who).ru_maxrss * BYTES_PER_RSS for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]


def exponent(rows: Sequence[Row], name: str) -> float | None:
    """Slope of a figure over the passengers, both as logarithms; None where it cannot be fitted."""
    points = [(np.log(row["n"]), np.log(row[name])) for row in rows if row[name] > 0]
    return float(np.polyfit(*zip(*points, strict=True), 1)[0]) if len(points) > 1 else None


def table(rows: Sequence[Row], exponents: dict[str, float | None]) -> str:
    """Markdown."""
    heads = (
        "passengers", "places", "encode s", "first plan s", "search s", "CPU s", "iterations a CPU s",
        "first, £ a week", "found, £ a week", "£ a passenger", "routes", "unserved", "broken rules", "GB",
    )  # fmt: skip
    lines = [heads, ["---"] * len(heads)]
    lines += [
        (
            f"{r['n']:,}", f"{r['n_rows']:,}", f"{r['encode_s']:.1f}", f"{r['first_plan_s']:.1f}",
            f"{r['search_s']:.0f}", f"{r['cpu_s']:.0f}", f"{r['iterations_per_cpu_s']:,.0f}",
            f"{r['first_objective'] / 100:,.0f}", f"{r['objective'] / 100:,.0f}",
            f"{r['objective'] / 100 / r['n']:,.2f}",
            f"{r['n_routes']:,}", str(r["n_unserved"]), str(r["n_hard_violations"]), f"{r['peak_bytes'] / 1e9:.2f}",
        )
        for r in rows
    ]  # fmt: skip
    fitted = ", ".join(f"{name} {value:.2f}" for name, value in exponents.items() if value is not None)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\nGrowth exponents: {fitted}"


if __name__ == "__main__":
    main()
