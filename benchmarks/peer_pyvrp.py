"""PyVRP as a peer: a model for each school, for groups of small schools, or for the whole borough.

PyVRP wants whole prices and has no rate below one a metre, so every kind of road and rate is a profile whose distances
are pence. A run ends at the gate; a bought one also starts there, at no time and for the price of the empty drive
back, which is what such a run is billed. The surcharge on long runs is overtime, in whole pence a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.cpu_clock import Budget
from benchmarks.peer_model import DAY_S, FAR, Job, LegModel, Offer, depot_rows_of, way_back
from benchmarks.peer_places import places_of, whole
from benchmarks.peer_route import PeerRoute

STALE_PER_JOB, STALE_AT_LEAST = 2_000, 5_000
"""Iterations without a better plan after which a small school leaves its seconds to larger ones."""
LARGE = 20
"""Jobs from which a school uses all its seconds."""


def solve_per_gate(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Each school apart."""
    return _solve_parts(model.per_gate(), budget, seed)


def solve_per_group(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Large schools apart, small ones with their neighbours, so that these may share runs."""
    return _solve_parts(model.per_group(), budget, seed)


def solve_whole(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Everybody at once, as shipments from home to gate."""
    with budget.uncharged():
        data = _shipments(model)
    return _solve(model, data, budget, seed)


def _solve_parts(parts: Sequence[LegModel], budget: Budget, seed: int) -> list[PeerRoute]:
    """Smallest first; what one leaves over goes to the rest by number of jobs."""
    routes: list[PeerRoute] = []
    jobs_left = sum(len(part.jobs) for part in parts)
    for part in parts:
        with budget.uncharged():
            data = _many_to_one(part) if part.has_one_gate else _shipments(part)
        routes += _solve(part, data, Budget(budget.left_s * len(part.jobs) / jobs_left), seed)
        jobs_left -= len(part.jobs)
    return routes


def _stop(budget: Budget, stale: int | None = None) -> Any:
    from pyvrp.stop import MultipleCriteria, NoImprovement

    spent = lambda best_cost: budget.is_spent()  # noqa: E731 (the form of PyVRP's criteria)
    return spent if stale is None else MultipleCriteria([spent, NoImprovement(stale)])


def _solve(model: LegModel, data: Any, budget: Budget, seed: int) -> list[PeerRoute]:
    import pyvrp

    jobs = model.jobs
    stale = None if len(jobs) >= LARGE else max(STALE_AT_LEAST, STALE_PER_JOB * len(jobs))
    best = pyvrp.solve(data, _stop(budget, stale), seed=seed, collect_stats=False).best
    return [_route_of(jobs, route.schedule()) for route in best.routes()]


def _route_of(jobs: Sequence[Job], visits: Iterable[Any]) -> PeerRoute:
    """Homes and gates in the order visited; of a many-to-one run all go to the one gate."""
    at_homes = [jobs[a.idx] for a in visits if a.is_client() or a.is_pickup()]
    at_gates = [jobs[a.idx] for a in visits if a.is_delivery()] or at_homes
    return PeerRoute(jobs=tuple(at_homes), gate_rows=tuple(dict.fromkeys(job.gate_row for job in at_gates)))


def _many_to_one(model: LegModel) -> Any:
    """Depot 0 is the gate, then the fleet's depots; clients are homes."""
    import pyvrp

    gate_row, close_s = model.jobs[0].gate_row, model.jobs[0].close_s
    depot_rows = depot_rows_of(model.offers)
    rows = [gate_row, *depot_rows, *(job.row for job in model.jobs)]
    first_home = 1 + len(depot_rows)
    roads, road_of = _roads(model.offers)
    pence, seconds = [], []
    for offer in roads:
        cost, time_s = offer.drive_pence(rows, rows), offer.drive_s(rows, rows)
        time_s[0, first_home:] = 0
        if not offer.pays_return and offer.depot_row is None:
            cost[0, first_home:] = 0
        pence.append(whole(cost, FAR))
        seconds.append(whole(time_s, FAR))
    types = []
    for offer, road in zip(model.offers, road_of, strict=True):
        back_pence, late_s = way_back(model.jobs[0], offer)
        if late_s > offer.starts_s:
            start = 0 if offer.depot_row is None else 1 + depot_rows.index(offer.depot_row)
            types.append(_vehicle_type(offer, road, start, 0, back_pence, late_s, len(model.jobs)))
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in rows],
        clients=[
            pyvrp.Client(
                first_home + i,
                pickup=list(job.loads),
                service_duration=job.home_s,
                tw_early=job.earliest_s,
                tw_late=job.close_s,
            )
            for i, job in enumerate(model.jobs)
        ],
        depots=[
            pyvrp.Depot(0, tw_late=close_s),
            *(pyvrp.Depot(1 + i) for i in range(len(depot_rows))),
        ],
        vehicle_types=types,
        distance_matrices=pence,
        duration_matrices=seconds,
    )


def _shipments(model: LegModel) -> Any:
    import pyvrp

    places = places_of(model)
    roads, road_of = _roads(model.offers)
    drives = [places.drives(offer) for offer in roads]
    types = []
    for offer, road in zip(model.offers, road_of, strict=True):
        depot = places.start_of(offer)
        types.append(_vehicle_type(offer, road, depot, depot, 0, offer.ends_s, len(model.jobs)))
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(1 + len(places.rows))],
        clients=[],
        depots=[pyvrp.Depot(i) for i in range(1 + len(places.depot_rows))],
        vehicle_types=types,
        distance_matrices=[whole(pence, FAR) for pence, _ in drives],
        duration_matrices=[whole(seconds, FAR) for _, seconds in drives],
        shipments=[
            pyvrp.Shipment(
                places.home_of(i),
                places.gate_of(i),
                pickup_tw_early=job.earliest_s,
                pickup_tw_late=job.close_s,
                pickup_service_duration=job.home_s,
                delivery_tw_early=job.open_s,
                delivery_tw_late=job.close_s,
                amount=list(job.loads),
            )
            for i, job in enumerate(model.jobs)
        ],
    )


def _vehicle_type(offer: Offer, road: int, start: int, end: int, back_pence: int, late_s: int, n_jobs: int) -> Any:
    import pyvrp

    over_pence_per_s = round(offer.over_pence_per_hour / 3600)
    overtime = (
        {"shift_duration": offer.over_after_s, "max_overtime": DAY_S, "unit_overtime_cost": over_pence_per_s}
        if over_pence_per_s
        else {}
    )
    return pyvrp.VehicleType(
        num_available=n_jobs if offer.n_available is None else min(n_jobs, offer.n_available),
        capacity=list(offer.capacity),
        start_depot=start,
        end_depot=end,
        fixed_cost=offer.fixed_pence + back_pence,
        tw_early=offer.starts_s,
        tw_late=late_s,
        profile=road,
        **overtime,
    )


def _roads(offers: Sequence[Offer]) -> tuple[list[Offer], list[int]]:
    """One offer for each different road and rate, and which of them each offer drives on."""
    firsts: dict[object, int] = {}
    roads: list[Offer] = []
    for offer in offers:
        key = offer.road, offer.pays_return, offer.depot_row is None
        if key not in firsts:
            firsts[key] = len(roads)
            roads.append(offer)
    return roads, [firsts[offer.road, offer.pays_return, offer.depot_row is None] for offer in offers]
