"""VROOM as a peer: jobs for each school, shipments for groups of small schools or for the whole borough.

VROOM has vehicles one by one, fixed costs, its own matrices of costs, and a limit of wall time only. A bought run
starts nowhere (a place that is no time from anywhere) and pays the empty drive back from the gate as it leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.cpu_clock import Budget
from benchmarks.peer_model import FAR, Job, LegModel, Offer, n_copies, way_back
from benchmarks.peer_places import places_of, whole
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

    places, problem = places_of(model), vroom.Input()
    profiles: dict[object, str] = {}
    for offer in model.offers:
        key = offer.road, offer.pays_return
        if key not in profiles:
            profiles[key] = f"road{len(profiles)}"
            pence, seconds = places.drives(offer)
            problem.set_durations_matrix(profiles[key], whole(seconds, FAR).astype(np.uint32))
            problem.set_costs_matrix(profiles[key], whole(SCALE * pence, FAR).astype(np.uint32))
    for i, offer in enumerate(_copies(model)):
        end, back_pence, late_s = places.start_of(offer), 0, offer.ends_s
        if not shipments:
            end = places.gate_of(0)
            back_pence, late_s = way_back(model.jobs[0], offer)
        if late_s > offer.starts_s:
            problem.add_vehicle(
                vroom.Vehicle(
                    i,
                    start=places.start_of(offer),
                    end=end,
                    profile=profiles[offer.road, offer.pays_return],
                    capacity=list(offer.capacity),
                    time_window=vroom.TimeWindow(offer.starts_s, late_s),
                    costs=vroom.VehicleCosts(fixed=SCALE * (offer.fixed_pence + back_pence)),
                )
            )
    for i, job in enumerate(model.jobs):
        home = places.home_of(i)
        problem.add_job(_shipment(i, job, home, places.gate_of(i)) if shipments else _job(i, job, home))
    return problem


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


def _shipment(i: int, job: Job, at: int, gate: int) -> Any:
    import vroom

    return vroom.Shipment(
        vroom.ShipmentStep(
            i, at, default_service=job.home_s, time_windows=[vroom.TimeWindow(job.earliest_s, job.close_s)]
        ),
        vroom.ShipmentStep(
            i,
            gate,
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
