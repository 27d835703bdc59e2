"""What idle fleet vehicles are worth: the search without their price, with it, and two other ways to keep some of them.

    python -m benchmarks.idle_fleet [--n 955] [--seconds 20] [--seeds 101 102] [--methods plain priced] [--json]
    python -m benchmarks.idle_fleet --misses --seeds 101

Seconds are CPU seconds of one process. Every method's routes go through the same exact assignment, and a row's cost
is what that makes of them. `plain`: the search without prices. `priced`: as it is (`routing.fleet_worth`).
`withheld`: it is shown no fleet vehicles but those of the largest class. `halves`: of the others it is shown an early
and a late half, with half of the hours paid, each `--overlap` minutes longer than its share of the shift.
`--staggered`: every other school, and the end of the fleet's shifts, an hour later. `--today`: begin with today's
routes. `--misses`: by how much each fleet vehicle's one route and each bought route that its class can hold miss each
other in a plan.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from api.planning_job import PlanRequest, Watcher, load_roads
from benchmarks.boroughs import make_boroughs
from benchmarks.cpu_clock import cpu_s
from routing.assign import all_figures, assign
from routing.baseline import start_routes
from routing.encode import encode
from routing.evaluate import F_CHAIRS, F_END, F_FIRST, F_LAST, F_PRESENT, F_SEATS, F_SLACK, F_START, FAR
from routing.instance import (
    D_CLOSE,
    D_OPEN,
    FLEET,
    H_SCHOOL,
    P_HUB,
    R_TURNROUND,
    S_AM_END,
    S_AM_START,
    S_CLASS,
    S_DRIVER_MIN,
    S_FIXED,
    S_KIND,
    S_LIMIT,
    S_MAX_RUNS,
    S_PA_MIN,
    S_PM_END,
    S_PM_START,
    S_PROFILE,
    Instance,
)
from routing.solve import StartRoute, Stop, solve
from transport.files.read import read_scenario

Row = dict[str, Any]
PLAIN, PRICED, WITHHELD, HALVES = METHODS = ("plain", "priced", "withheld", "halves")
PARTED_AT_S = (8 * 3600 + 38 * 60, 15 * 3600 + 20 * 60)
"""Where a shift is parted: between the demo's early and late bells."""
LATER_S = 3600
MISS_MINUTES = (0, 5, 10, 15, 20, 30, 45)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print rows as they come, as JSON lines, or in words and their medians at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=955)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--overlap", type=int, default=10)
    parser.add_argument("--staggered", action="store_true")
    parser.add_argument("--today", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args(arguments)
    if options.misses:
        print(json.dumps([misses(options, seed) for seed in options.seeds], indent=1))
        return
    rows = []
    for row in measured(options):
        rows.append(row)
        print(json.dumps(row) if options.json else row, flush=True)
    if not options.json:
        for method in options.methods:
            print(method, f"£{median(row['assigned_pence'] for row in rows if row['method'] == method) / 100:,.0f}")


def measured(options: argparse.Namespace) -> Iterator[Row]:
    """A row for each seed and method."""
    given, today = _instance(options.n)
    given = staggered(given) if options.staggered else given
    for seed in options.seeds:
        for method in options.methods:
            shown = {WITHHELD: withheld, HALVES: lambda x: halved(x, options.overlap * 60)}.get(method, lambda x: x)
            result = solve(
                shown(given), Stop(seconds=options.seconds), seed=seed, start=today if options.today else (),
                clock=cpu_s, price_fleet=method == PRICED,
            )  # fmt: skip
            assigned = assign(given, result.solution)
            yield {
                "n": options.n, "staggered": options.staggered, "today": options.today, "seconds": options.seconds,
                "seed": seed, "method": method, "overlap_min": options.overlap if method == HALVES else None,
                "assigned_pence": (assigned.cost + 1) // 2, "n_unserved": len(result.solution.unserved),
                "routes_of_shared_vehicles": [len(routes) for _, routes in assigned.vehicles if len(routes) > 1],
                "n_fleet": len(assigned.vehicles), "iterations": result.iterations,
            }  # fmt: skip


def misses(options: argparse.Namespace, seed: int) -> Row:
    """Of one plan: pairs that miss each other by at most so many minutes."""
    given, today = _instance(options.n)
    result = solve(
        given, Stop(seconds=options.seconds), seed=seed, start=today if options.today else (), clock=cpu_s,
        price_fleet=False,
    )  # fmt: skip
    solution, assigned = result.solution, result.assignment
    figures, _, _, _ = all_figures(given, solution)
    on_fleet = {r for _, routes in assigned.vehicles for r in routes}
    found = [
        (*(_miss_s(given, figures, k, leg, routes[0], b) for leg in range(2)), routes[0], b)
        for k, routes in assigned.vehicles
        if len(routes) == 1
        for b in range(len(solution.orders))
        if b not in on_fleet and _holds(given, figures, k, b)
    ]
    return {
        "seed": seed, "n_fleet": len(assigned.vehicles), "n_pairs": len(found),
        "at_most": [_counted(found, minutes) for minutes in MISS_MINUTES],
    }  # fmt: skip


def _counted(found: Sequence[tuple[int, int, int, int]], minutes: int) -> Row:
    near = [(a, b) for am, pm, a, b in found if max(am, pm) <= 60 * minutes]
    return {
        "minutes": minutes, "pairs": len(near), "vehicles": len({a for a, _ in near}),
        "bought_routes": len({b for _, b in near}), "am_only": sum(am <= 60 * minutes for am, _, _, _ in found),
        "pm_only": sum(pm <= 60 * minutes for _, pm, _, _ in found),
    }  # fmt: skip


def _holds(instance: Instance, figures: Any, k: int, r: int) -> bool:
    """Whether the class of a fleet supply has a layout for a route; its tags are left aside."""
    fits, own = instance.fits[instance.supplies[k, S_CLASS]], figures[instance.supplies[k, S_PROFILE], r]
    seats, chairs = own[..., F_SEATS].max(), own[..., F_CHAIRS].max()
    return bool(seats < fits.shape[0] and chairs < fits.shape[1] and fits[seats, chairs])


def _miss_s(instance: Instance, figures: Any, k: int, leg: int, a: int, b: int) -> int:
    """Seconds that are missing on the worst day for one vehicle to drive both runs of a leg; below 0: some to spare."""
    p, worst = instance.supplies[k, S_PROFILE], -FAR
    for x, y in zip(figures[p, a, leg], figures[p, b, leg], strict=True):
        if x[F_PRESENT] and y[F_PRESENT]:
            gaps = []
            for first, then in ((x, y), (y, x)):
                drive_s = int(instance.seconds[p, leg, first[F_LAST], then[F_FIRST]])
                slack_s = (first if leg == 0 else then)[F_SLACK]
                gaps.append(int(first[F_END] - slack_s + instance.rules[R_TURNROUND] + drive_s - then[F_START]))
            worst = max(worst, min(gaps))
    return worst


def _instance(n: int) -> tuple[Instance, list[StartRoute]]:
    """A demo borough and today's routes, whatever drives them."""
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists"
        lists.mkdir()
        make_boroughs(lists, n_passengers=n, seed=1)
        scenario = read_scenario(lists)
        request = PlanRequest(scenario_path=lists, out=lists, stop=Stop(iterations=1))
        roads = load_roads(scenario, request, Watcher().phase)
    instance, index = encode(scenario, roads.travel)
    return instance, [replace(route, supply=-1) for route in start_routes(scenario, index)]


def staggered(instance: Instance) -> Instance:
    """Every other school and the end of the fleet's shifts an hour later."""
    daily, supplies = instance.daily.copy(), instance.supplies.copy()
    late = instance.hubs[instance.riders[:, P_HUB], H_SCHOOL] % 2 == 1
    daily[:, :, late, D_OPEN] += LATER_S
    daily[:, :, late, D_CLOSE] += LATER_S
    fleet = supplies[:, S_KIND] == FLEET
    supplies[fleet, S_AM_END] += LATER_S
    supplies[fleet, S_PM_END] += LATER_S
    return replace(instance, daily=daily, supplies=supplies)


def _smaller(instance: Instance) -> np.ndarray:
    """Fleet supplies of any class but the largest, (K,)."""
    fleet = instance.supplies[:, S_KIND] == FLEET
    holds = instance.fits[instance.supplies[:, S_CLASS]].sum(axis=(1, 2))
    return np.asarray(fleet & (holds < holds[fleet].max()))


def withheld(instance: Instance) -> Instance:
    """No smaller fleet vehicles."""
    supplies = instance.supplies.copy()
    supplies[_smaller(instance), S_LIMIT] = 0
    return replace(instance, supplies=supplies)


def halved(instance: Instance, overlap_s: int) -> Instance:
    """Smaller fleet vehicles as an early and a late half."""
    smaller = _smaller(instance)
    halves = instance.supplies[smaller].copy()
    halves[:, [S_FIXED, S_DRIVER_MIN, S_PA_MIN]] //= 2
    halves[:, S_MAX_RUNS] = 1
    early, late = halves.copy(), halves.copy()
    early[:, S_AM_END], early[:, S_PM_END] = PARTED_AT_S[0] + overlap_s, PARTED_AT_S[1] + overlap_s
    late[:, S_AM_START], late[:, S_PM_START] = PARTED_AT_S[0] - overlap_s, PARTED_AT_S[1] - overlap_s
    return replace(instance, supplies=np.concatenate([instance.supplies[~smaller], early, late]))


if __name__ == "__main__":
    main()
