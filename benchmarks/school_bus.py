"""Public yardstick for tiering: school bus instances RSRB01-08 with the buses that published methods need.

Reads a folder with `instances/NAME/Schools.txt` and `Stops.txt` and the table `bus_counts.csv`; each plan is re-checked
by `benchmarks.school_bus_check`, which shares nothing with the solver. `--seconds` are CPU seconds for each instance,
reading and checking included; the kernel is compiled before, once per machine.

    python -m benchmarks.school_bus DIR --ride 2700 --seconds 150 [--only RSRB01 RSRB02] [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.school_bus_check import faults_of
from routing.columns.problem import TripProblem, make_trip_problem
from routing.columns.solve import TripsResult, solve_trips

FEET_PER_S = 20 * 5280 / 3600
SEATS = 66
STOP_S, STUDENT_S, SCHOOL_S = 19.0, 2.6, 154.4
ROOM_TO_CHECK_S = 1.0
HEADS = ("instance", "cost", "optimum", "gap", "lower_bound", "lp_value", "first", "cpu_s", "checked")

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row per instance as it comes: a table, or one JSON object a line."""
    options = _parser().parse_args(arguments)
    best = best_known(options.folder / "bus_counts.csv", options.ride)
    names = [name for name in best if not options.only or name in options.only]
    warm_up()
    if not options.json:
        print("".join(f"{head:>12}" for head in HEADS))
    rows = []
    for name in names:
        row = measure(options.folder / "instances" / name, options.ride, options.seconds, options.seed, best[name])
        rows.append(row)
        print(json.dumps(row) if options.json else "".join(f"{row[head]!s:>12}" for head in HEADS), flush=True)
    total, known = (sum(row[key] for row in rows) for key in ("cost", "optimum"))
    print(f"sum {total}, best published {known}", file=sys.stderr)
    if any(row["checked"] != "OK" for row in rows):
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.school_bus", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="folder with instances/ and bus_counts.csv")
    parser.add_argument("--ride", type=int, default=2700, help="longest ride in seconds")
    parser.add_argument("--seconds", type=float, default=150.0, help="CPU seconds for each instance")
    parser.add_argument("--only", nargs="+", default=[], help="names of instances")
    parser.add_argument("--seed", type=int, default=1, help="seed of the search")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    return parser


def best_known(table: Path, ride_s: int) -> dict[str, int]:
    """Fewest buses of any published method, by instance."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["max_ride_s"]) == ride_s]
    return {row["instance"]: min(int(n) for key, n in row.items() if key.endswith("_buses")) for row in rows}


def measure(folder: Path, ride_s: int, seconds: float, seed: int, best: int) -> Row:
    """Solve one instance and check it."""
    begun = cpu_seconds()
    schools, stops = table_of(folder / "Schools.txt"), table_of(folder / "Stops.txt")
    problem = problem_of(schools, stops, ride_s)
    result = solve_trips(problem, cpu_seconds=seconds - min(ROOM_TO_CHECK_S, 0.1 * seconds), seed=seed)
    buses = schedule_of(result, schools, stops)
    faults = faults_of(folder, buses, ride_s)
    return {
        "instance": folder.name,
        "ride_s": ride_s,
        "cost": len(buses),
        "optimum": best,
        "gap": round(len(buses) / best - 1, 4),
        "cpu_s": round(cpu_seconds() - begun, 1),
        "lower_bound": result.bound,
        "lp_value": round(result.lp_value, 4),
        "first": result.first,
        "first_after_cpu_s": round(result.first_after_cpu, 1),
        "n_trips": sum(len(bus) for bus in buses),
        "n_dives": result.n_dives,
        "seed": seed,
        "checked": "OK" if not faults else faults[0],
    }


def cpu_seconds() -> float:
    """CPU seconds of this process and its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def table_of(path: Path) -> list[list[str]]:
    """Fields of every row below the heading."""
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]


def problem_of(schools: list[list[str]], stops: list[list[str]], ride_s: float) -> TripProblem:
    """The instance as trips to hubs, in seconds."""
    number = {row[0]: h for h, row in enumerate(schools)}
    school_at = np.array([[float(x) for x in row[1:3]] for row in schools])
    stop_at = np.array([[float(x) for x in row[1:3]] for row in stops])
    load = np.array([int(row[4]) for row in stops])
    early = np.array([int(row[3]) // 100 * 3600.0 + int(row[3]) % 100 * 60.0 for row in schools])
    school_drive = np.abs(school_at[:, None] - stop_at[None]).sum(axis=2) / FEET_PER_S
    return make_trip_problem(
        hub_of_stop=np.array([number[row[3]] for row in stops]),
        load=load,
        service=STOP_S + STUDENT_S * load,
        stop_drive=np.abs(stop_at[:, None] - stop_at[None]).sum(axis=2) / FEET_PER_S,
        hub_drive=np.stack([school_drive, school_drive], axis=2),
        drop_at=early - SCHOOL_S,
        free_at=early,
        capacity=SEATS,
        ride_limit=ride_s,
    )


def schedule_of(
    result: TripsResult, schools: list[list[str]], stops: list[list[str]]
) -> list[list[tuple[str, list[str]]]]:
    """Buses with their trips, in the instance's own names."""
    return [
        [(schools[trip.hub][0], [stops[s][0] for s in trip.stops]) for trip in vehicle] for vehicle in result.vehicles
    ]


def warm_up() -> None:
    """Have the kernel compiled, by way of two stops of one school."""
    schools = [["1", "0", "0", "800"]]
    stops = [["1", "10", "0", "1", "5"], ["2", "20", "0", "1", "5"]]
    solve_trips(problem_of(schools, stops, 2700), cpu_seconds=60.0)


if __name__ == "__main__":
    main()
