"""How long the main job takes, what it costs and what it fills: the demo borough from 120 to 5,000 passengers.

Each row is planned in a fresh process, on the demo's approximate roads. Roads and travel times are made twice: cold
with an empty cache, then from the cache, as in every later run. The search kernel is compiled before anything is
measured, and the seconds of that are told apart. Every plan is checked: a row with a broken rule is no result.

    python -m benchmarks.main_job [--n 120 300 955 2000 5000] [--seconds 60 300] [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from api.demo_borough import make_demo_scenario
from api.planning_job import PlanRequest, Watcher, load_roads, plan_term
from api.report.kpis import baseline_kpis_of, kpis_of
from api.report.outcome import Outcome
from routing.numba_cache import is_compiled
from routing.solve import Stop
from transport.files.read import read_scenario

Row = dict[str, Any]
SMALLEST = 50
BYTES_PER_RSS = 1 if sys.platform == "darwin" else 1024
"""`ru_maxrss` counts bytes on macOS, kibibytes elsewhere."""

NATIONAL = (
    ("cost per passenger-year", "£8,800", "England 2025-26, pre-16 SEND, all modes: Department for Education"),
    ("cost per passenger-year", "£8,116", "England 2023-24, SEND: Department for Education"),
    (
        "passengers per vehicle",
        "2.8",
        "Lincolnshire, 1,900 SEND passengers on 679 contracts of up to 8 seats (derived)",
    ),
    ("passengers per vehicle", "2.7 to 3.3", "Kent, 4,000 to 5,000 SEND passengers on 1,500 routes (derived)"),
    ("travelling alone", "9 %", "England, share of SEND passengers with a vehicle to themselves"),
    ("travelling alone", "10 %", "Staffordshire"),
)
"""What councils pay and fill today; the demo's prices and needs are drawn to resemble them."""

TIME_HEADS = (
    "passengers", "read", "roads, cold", "matrices, cold", "roads, cached", "matrices, cached", "encode",
    "to the first plan", "search", "check", "write", "all but search", "GB",
)  # fmt: skip
RESULT_HEADS = (
    "passengers", "search s", "iterations", "cost", "today's routes", "routes", "unserved", "broken rules",
    "a passenger-year", "per vehicle", "places filled", "alone", "mean ride min", "within target",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table, or the rows as JSON."""
    options = _parser().parse_args(arguments)
    if options.one is not None:
        print(json.dumps(measure(Path(options.one), options.seconds[0], options.seed)))
        return
    compile_s = _compile_seconds(options.seed)
    rows = []
    for row in measured(options.n, options.seconds, options.seed):
        rows.append(row)
        print(f"{row['n']:,} passengers, {row['seconds']:g} s: done", file=sys.stderr)
    if options.json:
        print(json.dumps({"kernel_compile_s": compile_s, "rows": rows}, indent=1))
    else:
        print(tables(rows, compile_s))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.main_job", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[120, 300, 955, 2000, 5000], help="passengers")
    parser.add_argument("--seconds", type=float, nargs="+", default=[60.0], help="seconds of search")
    parser.add_argument("--seed", type=int, default=1, help="seed of the borough and of the search")
    parser.add_argument("--json", action="store_true", help="print rows as JSON")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser


def measured(sizes: Sequence[int], seconds: Sequence[float], seed: int) -> Iterator[Row]:
    """A row for each size and number of seconds, each from a process of its own."""
    for n in sizes:
        with tempfile.TemporaryDirectory() as folder:
            make_demo_scenario(Path(folder) / "lists", n_passengers=n, seed=seed)
            for length in seconds:
                yield {"n": n, "seconds": length, "seed": seed, **_in_a_process(folder, length, seed)}


def _in_a_process(folder: str, seconds: float, seed: int) -> Row:
    command = [sys.executable, "-m", "benchmarks.main_job", "--one", folder, "--seconds", str(seconds)]
    done = subprocess.run([*command, "--seed", str(seed)], stdout=subprocess.PIPE, text=True, check=True)
    row: Row = json.loads(done.stdout)
    return row


def _compile_seconds(seed: int) -> float | None:
    """Seconds to compile the kernel; None where it had been compiled before."""
    if is_compiled():
        return None
    print("Compiling the search (first run on this machine: about two minutes) ...", file=sys.stderr)
    (row,) = measured([SMALLEST], [0.1], seed)
    return float(row["compile_s"])


def measure(folder: Path, seconds: float, seed: int) -> Row:
    """Plan `folder/lists` in this process and say how long each phase took."""
    with tempfile.TemporaryDirectory() as cache:
        request = PlanRequest(
            scenario_path=folder / "lists",
            out=folder / f"plan-{seconds:g}",
            stop=Stop(seconds=seconds),
            seed=seed,
            cache_dir=Path(cache),
        )
        cold, watcher = Watcher(), Watcher()
        with cold.phase("roads"):
            load_roads(read_scenario(request.scenario_path), request, cold.phase)
        outcome = plan_term(request, watcher)
    phase_s = watcher.seconds_by_phase
    return {
        "read_s": phase_s["read"],
        "roads_cold_s": cold.seconds_by_phase["roads"] - cold.seconds_by_phase["matrices"],
        "matrices_cold_s": cold.seconds_by_phase["matrices"],
        "roads_s": phase_s["roads"] - phase_s["matrices"],
        "matrices_s": phase_s["matrices"],
        "encode_s": phase_s["encode"],
        "compile_s": phase_s.get("compile"),
        "kernel_s": phase_s.get("kernel", 0.0),
        "first_plan_s": float(outcome.search["first_plan_s"]),
        "search_s": phase_s["search"],
        "check_s": phase_s["check"],
        "write_s": phase_s["write"],
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_RSS,
        **_figures(outcome),
    }


def _figures(outcome: Outcome) -> Row:
    kpis, before = kpis_of(outcome), baseline_kpis_of(outcome)
    return {
        "iterations": outcome.search["iterations"],
        "cost_pence_per_week": kpis.week_pence,
        "today_cost_pence_per_week": None if before is None else before.week_pence,
        "objective": kpis.objective,
        "n_routes": kpis.n_routes,
        "n_unserved": kpis.n_unserved,
        "n_hard_violations": kpis.n_hard_violations,
        "per_passenger_year_pence": kpis.per_passenger_year_pence,
        "passengers_per_vehicle": kpis.passengers_per_vehicle,
        "occupancy_pct": kpis.occupancy_pct,
        "solo_pct": kpis.solo_pct,
        "mean_ride_s": kpis.rides.mean_s,
        "within_target_pct": kpis.rides.within_target_pct,
    }


def tables(rows: Sequence[Row], compile_s: float | None) -> str:
    """Three tables in Markdown: times, results, and the demo beside today's councils."""
    times = [
        (
            f"{r['n']:,}",
            *(f"{r[name]:.1f}" for name in ("read_s", "roads_cold_s", "matrices_cold_s", "roads_s", "matrices_s")),
            f"{r['encode_s']:.1f}",
            f"{_to_first_plan_s(r):.1f}",
            *(f"{r[name]:.1f}" for name in ("search_s", "check_s", "write_s")),
            f"{_rest_s(r):.1f}",
            f"{r['peak_bytes'] / 1e9:.1f}",
        )
        for r in rows
    ]
    found = [
        (
            f"{r['n']:,}", f"{r['seconds']:g}", f"{r['iterations']:,}",
            f"£{r['cost_pence_per_week'] / 100:,.0f}", f"£{r['today_cost_pence_per_week'] / 100:,.0f}",
            f"{r['n_routes']:,}", str(r["n_unserved"]), str(r["n_hard_violations"]),
            f"£{r['per_passenger_year_pence'] / 100:,.0f}", f"{r['passengers_per_vehicle']:.1f}",
            f"{r['occupancy_pct']:.0f} %", f"{r['solo_pct']:.1f} %",
            f"{r['mean_ride_s'] / 60:.0f}", f"{r['within_target_pct']:.1f} %",
        )
        for r in rows
    ]  # fmt: skip
    compiled = "compiled before" if compile_s is None else f"{compile_s:.0f} s"
    return "\n\n".join(
        (
            f"Compiling the search kernel, once per machine and version: {compiled}. Seconds, and GB at the peak:",
            _markdown(TIME_HEADS, times),
            "Every plan checked; costs a week of operation:",
            _markdown(RESULT_HEADS, found),
            "What councils pay and fill today:",
            _markdown(("figure", "value", "where, and whose figure"), NATIONAL),
        )
    )


def _to_first_plan_s(row: Row) -> float:
    """From the start to the first feasible plan, roads cached, loading the compiled kernel included."""
    return sum(float(row[name]) for name in ("read_s", "roads_s", "matrices_s", "encode_s", "kernel_s", "first_plan_s"))


def _rest_s(row: Row) -> float:
    """All but the search, roads cached, loading the compiled kernel included."""
    names = ("read_s", "roads_s", "matrices_s", "encode_s", "kernel_s", "check_s", "write_s")
    return sum(float(row[name]) for name in names)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
