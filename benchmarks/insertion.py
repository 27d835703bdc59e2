"""How long the best insertion of a passenger takes: the ten cheapest routes, AM and PM, in a plan of the demo borough.

Every passenger is taken out of the plan in turn and the ten best routes for them are asked for. Timed is the engine
alone: the scan of all routes with its answers, not the taking out, reading, encoding or compiling. The plan is made by
a search of some seconds first. Wall and CPU time are told apart: on a machine that does other work the first counts
that too.

    python -m benchmarks.insertion [--n 1000] [--seconds 20] [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from api.demo_borough import make_demo_scenario
from api.planning_job import PlanRequest, Watcher, load_roads
from routing.baseline import start_routes
from routing.encode import encode
from routing.insert import best_insertions, removed
from routing.solve import Stop, solve
from routing.standing import StandingPlan, stand
from transport.files.read import read_scenario

Row = dict[str, Any]
N_BEST = 10
QUANTILES = {"median": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures, or one row as JSON."""
    options = _parser().parse_args(arguments)
    row = measure(standing_demo(options.n, options.seconds, options.seed))
    row = {"n": options.n, "search_s": options.seconds, "seed": options.seed, **row}
    if options.json:
        print(json.dumps({"rows": [row]}, indent=1))
        return
    wall, cpu = (", ".join(f"{name} {row[f'{of}{name}_ms']:.2f} ms" for name in QUANTILES) for of in ("", "cpu_"))
    print(
        f"{row['n_asked']:,} passengers, each put back into {row['n_routes']:,} routes on {row['n_supplies']} supplies "
        f"({row['n_tiered']} routes share a fleet vehicle): {wall}; in CPU time {cpu}"
    )
    print(
        f"Never dearer than where they were: {row['n_dearer']} of {row['n_asked']:,} are; "
        f"cheaper elsewhere: {row['n_cheaper']}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insertion", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=1000, help="passengers")
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds of search for the plan, wall")
    parser.add_argument("--seed", type=int, default=1, help="seed of the borough and of the search")
    parser.add_argument("--json", action="store_true", help="print the row as JSON")
    return parser


def standing_demo(n: int, seconds: float, seed: int) -> StandingPlan:
    """A searched plan of the demo borough, on its approximate roads."""
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists"
        make_demo_scenario(lists, n_passengers=n, seed=seed)
        scenario = read_scenario(lists)
        stop = Stop(seconds=seconds)
        request = PlanRequest(scenario_path=lists, out=Path(folder) / "plan", stop=stop, cache_dir=Path(folder))
        roads = load_roads(scenario, request, Watcher().phase)
    instance, index = encode(scenario, roads.travel)
    result = solve(instance, stop, seed=seed, start=start_routes(scenario, index))
    return stand(instance, result.solution, result.assignment)


def measure(standing: StandingPlan) -> Row:
    """Take each passenger out and ask for the best places; one row."""
    best_insertions(removed(standing, [0]).standing, 0, N_BEST)  # Compiles, or loads, the kernel.
    wall_ms, cpu_ms, worse, better = [], [], 0, 0
    for rider in sorted(standing.route_of_person):
        removal = removed(standing, [rider])
        cpu, began = time.process_time(), time.perf_counter()
        found = best_insertions(removal.standing, rider, N_BEST)
        wall_ms.append(1000 * (time.perf_counter() - began))
        cpu_ms.append(1000 * (time.process_time() - cpu))
        least = found[0].extra_pence_per_fortnight if found else None
        worse += least is None or least > removal.saved_pence_per_fortnight
        better += least is not None and least < removal.saved_pence_per_fortnight
    sizes = (standing.arrays.sets >= 0).sum(axis=1)
    return {
        "n_asked": len(wall_ms),
        "n_routes": standing.n_routes,
        "n_supplies": len(standing.instance.supplies),
        "n_day_groups": len(standing.instance.group_weight),
        "n_tiered": int(sizes[sizes > 1].sum()),
        **{f"{name}_ms": float(np.percentile(wall_ms, q)) for name, q in QUANTILES.items()},
        **{f"cpu_{name}_ms": float(np.percentile(cpu_ms, q)) for name, q in QUANTILES.items()},
        "n_dearer": worse,
        "n_cheaper": better,
    }


if __name__ == "__main__":
    main()
