"""Dial-a-ride instances with proven optima (Cordeau 2006), solved by the project's own search.

Reads a folder of instances in Cordeau's format with `optima.csv` beside them, and gives each so many CPU seconds of
one thread, the compiling of the kernel not counted. Every plan is judged by `faults_of`, which is written from the
rules of the instances and shares nothing with the search; `cost` is the length that it measures. A row with a fault has
no cost.

    python -m benchmarks.darp DIR [--seconds 60] [--only a2-16 ...] [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routing.dial_a_ride import RidePlan, RideProblem, solve_rides

Row = dict[str, Any]
Visit = tuple[int, float]
"""Id of a stop in the file, start of service."""

TOLERANCE = 1e-6
OPTIMAL_WITHIN = 1e-4
HEADS = ("instance", "cost", "optimum", "gap", "cpu_s", "best_at_cpu_s", "iterations", "faults")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A line of the file."""

    x: float
    y: float
    service: float
    load: int
    opens: float
    closes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RideFile:
    """An instance as it stands in its file; stops by id: 0 and 2n + 1 the depot, i and n + i a ride."""

    n_vehicles: int
    n_rides: int
    longest_shift: float
    capacity: int
    longest_ride: float
    stops: dict[int, Stop]


def read_rides(path: Path) -> RideFile:
    """Read Cordeau's format; rows are keyed by id (some public files repeat their last row)."""
    head, *lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    stops = {}
    for number, *values in lines:
        x, y, service, load, opens, closes = map(float, values)
        stops[int(number)] = Stop(x=x, y=y, service=service, load=int(load), opens=opens, closes=closes)
    n_vehicles, n_rides, longest_shift, capacity, longest_ride = map(float, head)
    if sorted(stops) != list(range(2 * int(n_rides) + 2)):
        raise ValueError(f"{path.name}: stops {sorted(stops)}; must be 0 to {2 * int(n_rides) + 1}")
    return RideFile(
        n_vehicles=int(n_vehicles),
        n_rides=int(n_rides),
        longest_shift=longest_shift,
        capacity=int(capacity),
        longest_ride=longest_ride,
        stops=stops,
    )


def ids_in_order(rides: RideFile) -> list[int]:
    """Ids of the file in the order of `RideProblem`'s stops."""
    return [*range(1, 2 * rides.n_rides + 1), 0, 2 * rides.n_rides + 1]


def problem_of(rides: RideFile) -> RideProblem:
    """The same instance as the search takes it."""
    stops = [rides.stops[number] for number in ids_in_order(rides)]
    return RideProblem(
        n_vehicles=rides.n_vehicles,
        longest_shift=rides.longest_shift,
        capacity=rides.capacity,
        longest_ride=rides.longest_ride,
        x=np.array([stop.x for stop in stops]),
        y=np.array([stop.y for stop in stops]),
        service=np.array([stop.service for stop in stops]),
        load=np.array([stop.load for stop in stops]),
        opens=np.array([stop.opens for stop in stops]),
        closes=np.array([stop.closes for stop in stops]),
    )


def routes_of(rides: RideFile, plan: RidePlan) -> list[list[Visit]]:
    """The plan by the file's ids."""
    ids = ids_in_order(rides)
    return [[(ids[stop], at) for stop, at in route] for route in plan.routes]


def distance(a: Stop, b: Stop) -> float:
    """Straight line: length and driving time alike."""
    return math.hypot(a.x - b.x, a.y - b.y)


def length_of(rides: RideFile, routes: list[list[Visit]]) -> float:
    """Length of all routes."""
    return sum(
        distance(rides.stops[a], rides.stops[b]) for route in routes for (a, _), (b, _) in itertools.pairwise(route)
    )


def faults_of(rides: RideFile, routes: list[list[Visit]]) -> list[str]:
    """Every broken rule of timed routes, in words; none for a valid plan."""
    faults = []
    visited = [number for route in routes for number, _ in route[1:-1]]
    if sorted(visited) != list(range(1, 2 * rides.n_rides + 1)):
        faults.append("not every stop is visited once")
    if len(routes) > rides.n_vehicles:
        faults.append(f"{len(routes)} vehicles, not {rides.n_vehicles}")
    for number, route in enumerate(routes, start=1):
        faults += [f"route {number}: {fault}" for fault in _faults_of_route(rides, route)]
    return faults


def _faults_of_route(rides: RideFile, route: list[Visit]) -> Iterator[str]:
    stops, n = rides.stops, rides.n_rides
    if (route[0][0], route[-1][0]) != (0, 2 * n + 1):
        yield "does not run from depot to depot"
    if route[-1][1] - route[0][1] > rides.longest_shift + TOLERANCE:
        yield "shift too long"
    on_board = 0
    for number, at in route:
        on_board += stops[number].load
        if on_board > rides.capacity:
            yield f"overfull after stop {number}"
        if not stops[number].opens - TOLERANCE <= at <= stops[number].closes + TOLERANCE:
            yield f"outside the window of stop {number}"
    for (a, left_at), (b, at) in itertools.pairwise(route):
        if left_at + stops[a].service + distance(stops[a], stops[b]) > at + TOLERANCE:
            yield f"stop {b} reached too soon after {a}"
    began = dict(route)
    for number, at in route[1:-1]:
        if number <= n and began.get(n + number, -math.inf) < at:
            yield f"ride {number} is not carried to its end"
        elif number <= n and began[n + number] - at - stops[number].service > rides.longest_ride + TOLERANCE:
            yield f"ride {number} too long"


def measure(path: Path, optimum: float, seconds: float, seed: int) -> Row:
    """Solve one instance and judge the plan."""
    rides = read_rides(path)
    plan = solve_rides(problem_of(rides), cpu_seconds=seconds, seed=seed)
    routes = routes_of(rides, plan)
    faults = faults_of(rides, routes)
    cost = round(length_of(rides, routes), 4)
    return {
        "instance": path.stem,
        "cost": None if faults else cost,
        "optimum": optimum,
        "gap": None if faults else round(cost / optimum - 1, 6),
        "cpu_s": round(plan.cpu_seconds, 2),
        "best_at_cpu_s": round(plan.best_at_cpu_seconds, 2),
        "iterations": plan.iterations,
        "vehicles": len(routes),
        "seed": seed,
        "faults": faults,
    }


def measured(folder: Path, only: Sequence[str], seconds: float, seed: int) -> Iterator[Row]:
    """A row for each instance of `optima.csv` (or those named, in the order named)."""
    with (folder / "optima.csv").open(encoding="utf-8", newline="") as lines:
        optima = {row["instance"]: float(row["optimal_cost"]) for row in csv.DictReader(lines)}
    unknown = [name for name in only if name not in optima]
    if unknown:
        raise SystemExit(f"--only {' '.join(unknown)}: not in {folder / 'optima.csv'}")
    for name in only or optima:
        yield measure(folder / f"{name}.txt", optima[name], seconds, seed)


def summary(rows: Sequence[Row]) -> str:
    """How many are optimal, and the worst gap."""
    solved = [row for row in rows if row["cost"] is not None]
    optimal = sum(row["cost"] <= row["optimum"] + OPTIMAL_WITHIN for row in solved)
    worst = max((row["gap"] for row in solved), default=math.nan)
    mean = sum(row["gap"] for row in solved) / len(solved) if solved else math.nan
    return (
        f"{len(rows)} instances, {len(solved)} valid, {optimal} optimal; gap at worst {100 * worst:.3f} %, "
        f"{100 * mean:.3f} % on average"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each instance as it is done: a table, or JSON (one row a line)."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.darp", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="instances and optima.csv")
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU seconds an instance")
    parser.add_argument("--only", nargs="+", default=[], help="names of instances")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print rows as JSON")
    options = parser.parse_args(arguments)
    began = time.process_time()
    rows = []
    if not options.json:
        print("| " + " | ".join(HEADS) + " |\n|" + " --- |" * len(HEADS))
    for row in measured(options.folder, options.only, options.seconds, options.seed):
        rows.append(row)
        line = json.dumps(row) if options.json else "| " + " | ".join(str(row[head]) for head in HEADS) + " |"
        print(line, flush=True)
    print(f"{summary(rows)}; {time.process_time() - began:.0f} CPU s in all", file=sys.stderr)


if __name__ == "__main__":
    main()
