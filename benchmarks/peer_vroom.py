"""VROOM as a peer: jobs for each school, shipments for groups of small schools or for the whole borough.

VROOM has vehicles one by one, fixed costs, its own matrices of costs, and a limit of wall time only. A bought run
starts nowhere (a place that is no time from anywhere) and pays the empty drive back from the gate as it leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cpu_clock import Budget
from benchmarks.peer_model import FAR, Job, LegModel, Offer, depot_rows_of, n_copies, stay_s, way_back
from benchmarks.peer_route import PeerRoute

EXPLORATION = 5
SCALE = 10
"""Costs are tenths of a penny."""


def solve_per_gate(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Each school apart. VROOM draws no random numbers, so the seed is not used."""
    return _solve_parts(model.per_gate(), budget)


def solve_per_group(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Large schools apart, small ones with their neighbours, so that these may share runs."""
    return _solve_parts(model.per_group(), budget)


def solve_whole(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Everybody at once, as shipments from home to gate."""
    return _solve_parts([model], budget)


def _solve_parts(parts: Sequence[LegModel], budget: Budget) -> list[PeerRoute]:
    """Smallest first; what one leaves over goes to the rest by number of jobs."""
    routes: list[PeerRoute] = []
    jobs_left = sum(len(part.jobs) for part in parts)
    for part in parts:
        shipments = not part.has_one_gate
        with budget.uncharged():
            problem = _input(part, shipments=shipments)
        solution = _solved(problem, budget.left_s * len(part.jobs) / jobs_left)
        with budget.uncharged():
            routes += _routes(part.jobs, solution, shipments=shipments)
        jobs_left -= len(part.jobs)
    return routes


def _solved(problem: Any, wall_s: float) -> Any:
    return problem.solve(EXPLORATION, nb_threads=1, timeout=timedelta(seconds=max(0.05, wall_s)))


def _input(model: LegModel, *, shipments: bool) -> Any:
    import vroom

    depot_rows = depot_rows_of(model.offers)
    gate_rows = list(dict.fromkeys(job.gate_row for job in model.jobs))
    rows = [*depot_rows, *gate_rows, *(job.row for job in model.jobs)]
    gate_at = {row: 1 + len(depot_rows) + i for i, row in enumerate(gate_rows)}
    first_home = 1 + len(depot_rows) + len(gate_rows)
    problem = vroom.Input()
    profiles: dict[object, str] = {}
    for offer in model.offers:
        key = offer.road, offer.pays_return
        if key not in profiles:
            profiles[key] = f"road{len(profiles)}"
            costs, seconds = _matrices(model, offer, rows, gate_at, first_home)
            problem.set_durations_matrix(profiles[key], seconds)
            problem.set_costs_matrix(profiles[key], costs)
    for i, offer in enumerate(_copies(model)):
        depot = 0 if offer.depot_row is None else 1 + depot_rows.index(offer.depot_row)
        end, back_pence, late_s = depot, 0, offer.ends_s
        if not shipments:
            end = gate_at[gate_rows[0]]
            back_pence, late_s = way_back(model.jobs[0], offer)
        if late_s > offer.starts_s:
            problem.add_vehicle(
                vroom.Vehicle(
                    i,
                    start=depot,
                    end=end,
                    profile=profiles[offer.road, offer.pays_return],
                    capacity=list(offer.capacity),
                    time_window=vroom.TimeWindow(offer.starts_s, late_s),
                    costs=vroom.VehicleCosts(fixed=SCALE * (offer.fixed_pence + back_pence)),
                )
            )
    for i, job in enumerate(model.jobs):
        problem.add_job(_shipment(i, job, first_home + i, gate_at) if shipments else _job(i, job, first_home + i))
    return problem


def _matrices(
    model: LegModel, offer: Offer, rows: Sequence[int], gate_at: dict[int, int], first_home: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Costs and seconds; place 0 is nowhere, and from there to a home costs the empty drive from that home's gate."""
    n = len(rows) + 1
    costs, seconds = np.zeros((n, n)), np.zeros((n, n))
    costs[1:, 1:], seconds[1:, 1:] = offer.drive_pence(rows, rows), offer.drive_s(rows, rows)
    for row, at in gate_at.items():
        seconds[at, 1:] += stay_s(model, row)
    if offer.pays_return:
        for i, job in enumerate(model.jobs):
            costs[0, first_home + i] = costs[gate_at[job.gate_row], first_home + i]
    costs = np.minimum(SCALE * costs, FAR)
    for matrix in (costs, seconds):
        np.fill_diagonal(matrix, 0)
    return np.rint(costs).astype(np.uint32), np.rint(seconds).astype(np.uint32)


def _copies(model: LegModel) -> list[Offer]:
    """Vehicles one by one: of each bought kind what its room calls for twice over, and one for each who rides alone."""
    copies = []
    for offer in model.offers:
        n = offer.n_available if offer.n_available is not None else n_copies(model, offer)
        copies += [offer] * min(n, len(model.jobs))
    return copies


def _job(i: int, job: Job, at: int) -> Any:
    import vroom

    return vroom.Job(
        i,
        location=at,
        default_service=job.home_s,
        pickup=list(job.loads),
        time_windows=[vroom.TimeWindow(job.earliest_s, job.close_s)],
    )


def _shipment(i: int, job: Job, at: int, gate_at: dict[int, int]) -> Any:
    import vroom

    return vroom.Shipment(
        vroom.ShipmentStep(
            i, at, default_service=job.home_s, time_windows=[vroom.TimeWindow(job.earliest_s, job.close_s)]
        ),
        vroom.ShipmentStep(
            i,
            gate_at[job.gate_row],
            time_windows=[vroom.TimeWindow(job.open_s, job.close_s)],
        ),
        amount=vroom.Amount(list(job.loads)),
    )


def _routes(jobs: Sequence[Job], solution: Any, *, shipments: bool) -> list[PeerRoute]:
    frame = solution.routes
    routes = []
    for _, steps in frame.groupby("vehicle_id", sort=True):
        boarding = steps[steps["type"].isin(["job", "pickup"])]["id"]
        picked = tuple(jobs[int(i)] for i in boarding)
        leaving = steps[steps["type"] == "delivery"]["id"] if shipments else boarding
        gates = dict.fromkeys(jobs[int(i)].gate_row for i in leaving)
        if picked:
            routes.append(PeerRoute(jobs=picked, gate_rows=tuple(gates)))
    return routes
