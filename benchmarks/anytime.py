"""What more time buys: the best objective over the seconds of one search, before the exact assignment.

    python -m benchmarks.anytime [--n 955] [--seconds 1200] [--seeds 1 2 3] [--processes 2] [--json]

Each seed plans the same demo borough once; `at` holds the best objective known after each of a row of seconds, and
`over_last_pct` how far above the end that is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.planning_job import PlanRequest, Watcher, load_roads
from benchmarks.boroughs import make_boroughs
from routing.encode import encode
from routing.solve import Stop, solve
from transport.files.read import read_scenario

Row = dict[str, Any]
MARKS_S = (1, 2, 5, 10, 20, 60, 120, 300, 600, 1200, 3600)
BOROUGH_SEED = 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table, or the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=955)
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows = measured(options.n, options.seconds, options.seeds, options.processes)
    print(json.dumps(rows, indent=1) if options.json else table(rows))


def measured(n: int, seconds: float, seeds: Sequence[int], processes: int) -> list[Row]:
    """A row for each seed."""
    stop = Stop(seconds=seconds)
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists"
        lists.mkdir()
        make_boroughs(lists, n_passengers=n, seed=BOROUGH_SEED)
        scenario = read_scenario(lists)
        roads = load_roads(scenario, PlanRequest(scenario_path=lists, out=lists, stop=stop), Watcher().phase)
    instance, _ = encode(scenario, roads.travel)
    rows = []
    for seed in seeds:
        result = solve(instance, stop, seed=seed, processes=processes, blocks=roads.travel)
        at = {mark: best_at(result.trace, mark) for mark in MARKS_S if mark <= seconds}
        last = result.trace[-1][1]
        rows.append(
            {
                "n": n, "seed": seed, "processes": processes, "seconds": seconds, "iterations": result.iterations,
                "first_plan_s": result.first_plan_seconds, "first_objective": result.trace[0][1], "at": at,
                "over_last_pct": {mark: pence and 100 * (pence / last - 1) for mark, pence in at.items()},
                "last_objective": last, "assigned_objective": (result.assignment.cost + 1) // 2,
            }
        )  # fmt: skip
    return rows


def best_at(trace: Sequence[tuple[float, int]], seconds: float) -> int | None:
    """Best objective known by then; None before the first plan."""
    return min((pence for at, pence in trace if at <= seconds), default=None)


def table(rows: Sequence[Row]) -> str:
    """Markdown: per cent above the end of the same search."""
    marks = list(rows[0]["at"])
    heads = ["seed", "iterations", *(f"{mark} s" for mark in marks), "end, £ a week", "after the assignment"]
    lines = [heads, ["---"] * len(heads)]
    for r in rows:
        over = ["-" if r["over_last_pct"][m] is None else f"{r['over_last_pct'][m]:.1f} %" for m in marks]
        ends = [f"{r[name] / 100:,.0f}" for name in ("last_objective", "assigned_objective")]
        lines.append([str(r["seed"]), f"{r['iterations']:,}", *over, *ends])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
