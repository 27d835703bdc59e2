"""OR-Tools routing as a peer: a model for each school, pick-ups and deliveries for groups of them or for all.

Vehicles are given one by one, guided local search improves, and a search limit that looks at CPU seconds stops it.
Of the peers it states most: the surcharge on long runs as a soft limit on their span, the wished-for ride as a soft
limit on the pick-up. The whole model starts from the per-school plans, without which it finds no plan at 955.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cpu_clock import Budget
from benchmarks.peer_model import DAY_S, FAR, Job, LegModel, Offer, depot_rows_of, n_copies, stay_s, way_back
from benchmarks.peer_places import whole
from benchmarks.peer_route import PeerRoute

SCALE = 60
"""Costs are sixtieths of a penny, so that a penny a minute is one a second."""
SCHOOLS_SHARE = 0.4
"""Share of the seconds after which the whole model takes over."""
SPARE = 2
"""Vehicles of each kind beyond those of the per-school plans in the whole model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Used:
    """A run with the kind of vehicle that drives it."""

    offer_name: str
    route: PeerRoute


def solve_per_gate(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Each school apart; guided local search draws no random numbers, so the seed is not used."""
    return [used.route for used in _per_gate(model, budget)]


def solve_per_group(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Large schools apart, small ones with their neighbours, so that these may share runs."""
    routes: list[PeerRoute] = []
    parts = model.per_group()
    jobs_left = sum(len(part.jobs) for part in parts)
    for part in parts:
        share = Budget(budget.left_s * len(part.jobs) / jobs_left)
        routes += solve_per_gate(part, share, seed) if part.has_one_gate else solve_whole(part, share, seed)
        jobs_left -= len(part.jobs)
        budget.forgive(share)
    return routes


def solve_whole(model: LegModel, budget: Budget, seed: int) -> list[PeerRoute]:
    """Schools apart first, then everybody at once from there; the per-school plan where that finds nothing."""
    schools = _per_gate(model, budget, keep_s=(1 - SCHOOLS_SHARE) * budget.seconds)
    with budget.uncharged():
        whole = _Whole(model, schools)
    found = whole.solved(budget)
    return found if found is not None else [used.route for used in schools]


def _per_gate(model: LegModel, budget: Budget, *, keep_s: float = 0.0) -> list[_Used]:
    """Runs of each school; `keep_s` of the seconds are left for what follows."""
    used: list[_Used] = []
    parts = model.per_gate()
    jobs_left = sum(len(part.jobs) for part in parts)
    for part in parts:
        with budget.uncharged():
            school = _School(part)
        used += school.solved(Budget((budget.left_s - keep_s) * len(part.jobs) / jobs_left))
        jobs_left -= len(part.jobs)
    return used


class _Model:
    """What both models share: vehicles one by one, prices, clocks and loads."""

    def __init__(self, model: LegModel, vehicles: Sequence[Offer], n_nodes: int, ends: list[tuple[int, int]]) -> None:
        from ortools.constraint_solver import pywrapcp

        self.model, self.vehicles = model, vehicles
        starts, stops = [a for a, _ in ends], [b for _, b in ends]
        self.manager = pywrapcp.RoutingIndexManager(n_nodes, len(vehicles), starts, stops)
        self.routing = pywrapcp.RoutingModel(self.manager)

    def price_and_clock(self, costs: dict[object, NDArray[Any]], seconds: dict[object, NDArray[Any]]) -> None:
        """Arc prices and the time dimension; both by kind of road."""
        routing = self.routing
        cost_of = {key: routing.RegisterTransitMatrix(matrix.tolist()) for key, matrix in costs.items()}
        time_of = {key: routing.RegisterTransitMatrix(matrix.tolist()) for key, matrix in seconds.items()}
        for v, offer in enumerate(self.vehicles):
            routing.SetArcCostEvaluatorOfVehicle(cost_of[_road(offer)], v)
        routing.AddDimensionWithVehicleTransits(
            [time_of[_road(offer)] for offer in self.vehicles], DAY_S, DAY_S, False, "time"
        )
        self.time = routing.GetDimensionOrDie("time")
        from ortools.constraint_solver import pywrapcp

        for v, offer in enumerate(self.vehicles):
            over = round(SCALE * offer.over_pence_per_hour / 3600)
            if over:
                self.time.SetSoftSpanUpperBoundForVehicle(pywrapcp.BoundCost(offer.over_after_s, over), v)

    def load(self, loads: Sequence[Sequence[int]], *, at_nodes: Sequence[Sequence[int]]) -> None:
        """Loads as dimensions where they add up; what is only yes or no says which vehicles may come."""
        model, routing = self.model, self.routing
        n_sums = model.load_names.index("shared PA")
        for c in range(n_sums):
            if max(load[c] for load in loads) == 0:
                continue
            callback = routing.RegisterUnaryTransitVector([int(x) for x in np.array(at_nodes)[:, c]])
            room = [offer.capacity[c] for offer in self.vehicles]
            routing.AddDimensionWithVehicleCapacity(callback, 0, room, True, model.load_names[c])

    def may_come(self, index: int, job: Job) -> None:
        """Only vehicles that can carry the job at all."""
        able = [v for v, offer in enumerate(self.vehicles) if offer.could_carry(job)]
        self.routing.VehicleVar(index).SetValues(able)

    def wish_of(self, job: Job) -> int:
        """Price of a second too early on board."""
        return SCALE * self.model.late_pence_per_min * len(job.passenger_ids) // 60

    def search(self, budget: Budget, routes: list[list[int]] | None) -> Any:
        """Guided local search until the CPU seconds are used, from the routes given or from a first plan by savings."""
        parameters = _parameters("SAVINGS", budget)
        routing, solver = self.routing, self.routing.solver()
        routing.AddSearchMonitor(solver.CustomLimit(budget.is_spent))
        if routes is None:
            found = routing.SolveWithParameters(parameters)
            return found or routing.SolveWithParameters(_parameters("PARALLEL_CHEAPEST_INSERTION", budget))
        routing.CloseModelWithParameters(parameters)
        start = routing.ReadAssignmentFromRoutes(routes, True)
        return None if start is None else routing.SolveFromAssignmentWithParameters(start, parameters)

    def nodes_of(self, solution: Any, v: int) -> list[int]:
        """Nodes of one vehicle between its start and its end."""
        nodes, index = [], solution.Value(self.routing.NextVar(self.routing.Start(v)))
        while not self.routing.IsEnd(index):
            nodes.append(self.manager.IndexToNode(index))
            index = solution.Value(self.routing.NextVar(index))
        return nodes


class _School(_Model):
    """Homes to one gate: node 0 is the gate, 1 nowhere, then depots, then homes."""

    def __init__(self, model: LegModel) -> None:
        gate = model.jobs[0]
        offers = [o for o in model.offers if way_back(gate, o)[1] > o.starts_s]
        vehicles = [o for o in offers for _ in range(_n_of(model, o))]
        depots = depot_rows_of(offers)
        self.first_home = 2 + len(depots)
        ends = [(1 if o.depot_row is None else 2 + depots.index(o.depot_row), 0) for o in vehicles]
        super().__init__(model, vehicles, self.first_home + len(model.jobs), ends)
        rows = [gate.gate_row, gate.gate_row, *depots, *(job.row for job in model.jobs)]
        service = np.array([0] * self.first_home + [job.home_s for job in model.jobs])
        costs, seconds = {}, {}
        for offer in offers:
            cost, time_s = offer.drive_pence(rows, rows), offer.drive_s(rows, rows).astype(float)
            time_s[1] = 0
            if not offer.pays_return:
                cost[1] = 0
            costs[_road(offer)], seconds[_road(offer)] = (
                whole(SCALE * cost, SCALE * FAR),
                whole(time_s + service[:, None], FAR),
            )
        self.price_and_clock(costs, seconds)
        none = [0] * len(model.load_names)
        loads = [job.loads for job in model.jobs]
        self.load(loads, at_nodes=[*([none] * self.first_home), *loads])
        for v, offer in enumerate(vehicles):
            back_pence, late_s = way_back(gate, offer)
            self.routing.SetFixedCostOfVehicle(SCALE * (offer.fixed_pence + back_pence), v)
            self.time.CumulVar(self.routing.Start(v)).SetRange(offer.starts_s, DAY_S)
            self.time.CumulVar(self.routing.End(v)).SetMax(late_s)
        for i, job in enumerate(model.jobs):
            index = self.manager.NodeToIndex(self.first_home + i)
            self.time.CumulVar(index).SetRange(job.earliest_s, job.close_s)
            self.time.SetCumulVarSoftLowerBound(index, job.wished_s, self.wish_of(job))
            self.may_come(index, job)

    def solved(self, budget: Budget) -> list[_Used]:
        """Runs found; none where there is no plan within the seconds."""
        solution = self.search(budget, None)
        if solution is None:
            return []
        gate_row = self.model.jobs[0].gate_row
        runs = []
        for v, offer in enumerate(self.vehicles):
            jobs = tuple(self.model.jobs[node - self.first_home] for node in self.nodes_of(solution, v))
            if jobs:
                runs.append(_Used(offer_name=offer.name, route=PeerRoute(jobs=jobs, gate_rows=(gate_row,))))
        return runs


class _Whole(_Model):
    """Pick-ups and deliveries: node 0 is nowhere, then depots, then homes, then a gate for each job."""

    def __init__(self, model: LegModel, schools: Sequence[_Used]) -> None:
        self.schools = schools
        used = Counter(run.offer_name for run in schools)
        offers = list(model.offers)
        counts = [min(used[o.name] + SPARE, o.n_available or len(model.jobs)) for o in offers]
        vehicles = [o for o, n in zip(offers, counts, strict=True) for _ in range(n)]
        depots, n = depot_rows_of(offers), len(model.jobs)
        self.first_home, self.first_gate = 1 + len(depots), 1 + len(depots) + n
        node_of = [0 if o.depot_row is None else 1 + depots.index(o.depot_row) for o in vehicles]
        super().__init__(model, vehicles, self.first_gate + n, [(node, node) for node in node_of])
        rows = [*depots, *(job.row for job in model.jobs), *(job.gate_row for job in model.jobs)]
        service = np.array([0] * self.first_home + [job.home_s for job in model.jobs] + [0] * n)
        stays = np.array([stay_s(model, job.gate_row) for job in model.jobs])
        away = np.array([job.gate_row for job in model.jobs])[:, None] != np.array([-1, *rows])
        costs, seconds = {}, {}
        for offer in offers:
            cost, time_s = np.zeros((len(rows) + 1,) * 2), np.zeros((len(rows) + 1,) * 2)
            cost[1:, 1:], time_s[1:, 1:] = offer.drive_pence(rows, rows), offer.drive_s(rows, rows)
            time_s[self.first_gate :] += stays[:, None] * away
            if offer.pays_return:
                for i in range(n):
                    cost[0, self.first_home + i] = cost[self.first_gate + i, self.first_home + i]
            costs[_road(offer)], seconds[_road(offer)] = (
                whole(SCALE * cost, SCALE * FAR),
                whole(time_s + service[:, None], FAR),
            )
        self.price_and_clock(costs, seconds)
        none = [0] * len(model.load_names)
        loads = [job.loads for job in model.jobs]
        self.load(loads, at_nodes=[*([none] * self.first_home), *loads, *([-x for x in load] for load in loads)])
        for v, offer in enumerate(vehicles):
            self.routing.SetFixedCostOfVehicle(SCALE * offer.fixed_pence, v)
            self.time.CumulVar(self.routing.Start(v)).SetRange(offer.starts_s, DAY_S)
            self.time.CumulVar(self.routing.End(v)).SetMax(offer.ends_s)
        for i, job in enumerate(model.jobs):
            self._carry(i, job)

    def _carry(self, i: int, job: Job) -> None:
        routing, solver = self.routing, self.routing.solver()
        home, gate = (self.manager.NodeToIndex(first + i) for first in (self.first_home, self.first_gate))
        routing.AddPickupAndDelivery(home, gate)
        solver.Add(routing.VehicleVar(home) == routing.VehicleVar(gate))
        solver.Add(self.time.CumulVar(home) <= self.time.CumulVar(gate))
        self.time.CumulVar(home).SetRange(job.earliest_s, job.close_s)
        self.time.CumulVar(gate).SetRange(job.open_s, job.close_s)
        self.time.SetCumulVarSoftLowerBound(home, job.wished_s, self.wish_of(job))
        for index in (home, gate):
            self.may_come(index, job)

    def solved(self, budget: Budget) -> list[PeerRoute] | None:
        """Runs found; None where the start cannot be read or nothing comes of it."""
        if not self.schools:
            return None
        node_of = {job.passenger_ids: i for i, job in enumerate(self.model.jobs)}
        waiting: dict[str, list[_Used]] = {}
        for run in self.schools:
            waiting.setdefault(run.offer_name, []).append(run)
        routes = []
        for offer in self.vehicles:
            runs = waiting.get(offer.name, [])
            jobs = [node_of[job.passenger_ids] for job in runs.pop().route.jobs] if runs else []
            routes.append([self.first_home + i for i in jobs] + [self.first_gate + i for i in jobs])
        solution = self.search(budget, routes)
        if solution is None:
            return None
        found = []
        for v in range(len(self.vehicles)):
            nodes = self.nodes_of(solution, v)
            jobs_on = tuple(self.model.jobs[x - self.first_home] for x in nodes if x < self.first_gate)
            gates = dict.fromkeys(self.model.jobs[x - self.first_gate].gate_row for x in nodes if x >= self.first_gate)
            if jobs_on:
                found.append(PeerRoute(jobs=jobs_on, gate_rows=tuple(gates)))
        return found


def _parameters(first_plan: str, budget: Budget) -> Any:
    """Search parameters; of six ways to a first plan, savings ended a third cheaper than the insertions."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = getattr(routing_enums_pb2.FirstSolutionStrategy, first_plan)
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    # Guided local search wants a limit of wall time: one far away; a monitor ends it by CPU seconds.
    parameters.time_limit.seconds = int(20 * budget.seconds) + 600
    return parameters


def _n_of(model: LegModel, offer: Offer) -> int:
    return n_copies(model, offer) if offer.n_available is None else min(offer.n_available, len(model.jobs))


def _road(offer: Offer) -> object:
    return offer.road, offer.pays_return, offer.depot_row is None
