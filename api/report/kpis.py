"""The main figures of a plan, worked out in one place for the page, the workbook and `--json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.report.miles import distance_of
from api.report.outcome import Baseline, Outcome
from transport.check import Ride
from transport.files.plan_trips import days_of, trips_of
from transport.money import MILE_MM
from transport.plan import Plan, RouteKind
from transport.scenario import Scenario
from transport.travel import Travel


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """Vehicles of one class: the fleet's, and routes bought."""

    class_id: str
    n_fleet: int
    n_bought: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RideFigures:
    """Journeys of a plan, each counted once per day it is made.

    Attributes
    ----------
    mean_s, p90_s, longest_s : of the ride alone.
    n_journeys, n_over_target : in a week of operation, walk included.
    n_passengers_over : passengers with any journey over target.
    over_45_pct, over_75_pct : share of journeys longer than 45 and 75 minutes, whatever their target.
    """

    n_journeys: int
    mean_s: int
    p90_s: int
    longest_s: int
    n_over_target: int
    n_passengers_over: int
    over_45_pct: float
    over_75_pct: float

    @property
    def within_target_pct(self) -> float:
        """Share of journeys within their target, per cent."""
        return 100 * (1 - self.n_over_target / self.n_journeys) if self.n_journeys else 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """Main figures. Money in pence; a week is a week of operation, a year the operating calendar.

    Attributes
    ----------
    n_planned : passengers whom the plan must carry. n_unserved : those it does not.
    per_passenger_year_pence : year_pence by passenger carried; per_route_day_pence and per_mile_pence :
        week_pence by route-day and by mile driven; half up.
    occupancy_pct : passengers carried by places of the layouts in use, day by day.
    n_solo : passengers with nobody else on any of their runs.
    n_pas : PAs at once, the leg and day with most.
    """

    n_planned: int
    n_carried: int
    n_unserved: int
    n_not_planned: int
    n_routes: int
    n_fleet_routes: int
    n_bought_routes: int
    n_vehicles: int
    n_fleet_used: int
    n_fleet: int
    vehicles: tuple[ClassCount, ...]
    week_pence: int
    year_pence: int
    avoidable_week_pence: int
    committed_week_pence: int
    avoidable_year_pence: int
    committed_year_pence: int
    per_passenger_year_pence: int
    per_route_day_pence: int
    per_mile_pence: int
    soft_pence: int
    unserved_pence: int
    objective: int
    occupancy_pct: float
    passengers_per_vehicle: float
    n_solo: int
    n_pas: int
    loaded_m: int
    dead_m: int
    rides: RideFigures
    n_hard_violations: int
    n_soft_violations: int

    @property
    def solo_pct(self) -> float:
        """Share of the passengers carried who travel alone, per cent."""
        return 100 * self.n_solo / self.n_carried if self.n_carried else 0.0

    @property
    def dead_pct(self) -> float:
        """Share of the distance driven empty, per cent."""
        total_m = self.loaded_m + self.dead_m
        return 100 * self.dead_m / total_m if total_m else 0.0


def kpis_of(outcome: Outcome) -> Kpis:
    """Main figures of a plan."""
    return _kpis(outcome, outcome.scenario, outcome.travel)


def baseline_kpis_of(outcome: Outcome) -> Kpis | None:
    """Main figures of today's routes on the same passengers; None where there are none."""
    if outcome.baseline is None:
        return None
    return _kpis(outcome.baseline, outcome.scenario, outcome.travel)


def _kpis(part: Outcome | Baseline, scenario: Scenario, travel: Travel) -> Kpis:
    plan, money, distance = part.plan, part.breakdown, distance_of(part.plan, scenario, travel)
    carried = {passenger_id for route in plan.routes for passenger_id in route.passenger_ids}
    n_planned, vehicles = len(scenario.planned_passengers()), vehicles_of(plan)
    n_vehicles = sum(row.n_fleet + row.n_bought for row in vehicles)
    n_hard = sum(violation.hard for violation in part.violations)
    return Kpis(
        n_planned=n_planned,
        n_carried=len(carried),
        n_unserved=n_planned - len(carried & {p.passenger_id for p in scenario.planned_passengers()}),
        n_not_planned=len(scenario.passengers) - n_planned,
        n_routes=len(plan.routes),
        n_fleet_routes=sum(route.kind is RouteKind.FLEET for route in plan.routes),
        n_bought_routes=sum(route.kind is RouteKind.BOUGHT for route in plan.routes),
        n_vehicles=n_vehicles,
        n_fleet_used=sum(row.n_fleet for row in vehicles),
        n_fleet=len(scenario.fleet_vehicles),
        vehicles=vehicles,
        week_pence=money.week_pence,
        year_pence=money.year_pence,
        avoidable_week_pence=money.avoidable_week_pence,
        committed_week_pence=money.committed_week_pence,
        avoidable_year_pence=money.avoidable_year_pence,
        committed_year_pence=money.committed_year_pence,
        per_passenger_year_pence=_share(money.year_pence, len(carried)),
        per_route_day_pence=_share(2 * money.week_pence, sum(len(days_of(route)) for route in plan.routes)),
        per_mile_pence=_share(money.week_pence * MILE_MM, distance.total_m * 1000),
        soft_pence=part.objective.soft_pence,
        unserved_pence=part.objective.unserved_pence,
        objective=part.objective.total,
        occupancy_pct=occupancy_pct_of(plan),
        passengers_per_vehicle=len(carried) / n_vehicles if n_vehicles else 0.0,
        n_solo=len(solo_ids_of(plan)),
        n_pas=n_pas_at_once(plan),
        loaded_m=distance.loaded_m,
        dead_m=distance.dead_m,
        rides=ride_figures_of(part.rides),
        n_hard_violations=n_hard,
        n_soft_violations=len(part.violations) - n_hard,
    )


def _share(pence: int, n: int) -> int:
    return (2 * pence + n) // (2 * n) if n else 0


def vehicles_of(plan: Plan) -> tuple[ClassCount, ...]:
    """Vehicles by class, most first: each fleet vehicle once, each bought route one vehicle."""
    fleet = Counter({r.vehicle_id: r.class_id for r in plan.routes if r.kind is RouteKind.FLEET}.values())
    bought = Counter(route.class_id for route in plan.routes if route.kind is RouteKind.BOUGHT)
    rows = [ClassCount(class_id=cid, n_fleet=fleet[cid], n_bought=bought[cid]) for cid in fleet | bought]
    return tuple(sorted(rows, key=lambda row: (-row.n_fleet - row.n_bought, row.class_id)))


def occupancy_pct_of(plan: Plan) -> float:
    """Passengers carried by places of the layouts in use, each run on each of its days, per cent."""
    runs = [run for route in plan.routes for run in route.runs]
    n_places = sum((run.layout.seats + run.layout.wheelchairs) * len(run.days) for run in runs)
    n_carried = sum(len(run.passenger_ids) * len(run.days) for run in runs)
    return 100 * n_carried / n_places if n_places else 0.0


def solo_ids_of(plan: Plan) -> frozenset[str]:
    """Passengers with nobody else on any of their runs."""
    alone: dict[str, bool] = {}
    for trip in trips_of(plan):
        alone[trip.passenger_id] = alone.get(trip.passenger_id, True) and len(trip.run.passenger_ids) == 1
    return frozenset(passenger_id for passenger_id, is_alone in alone.items() if is_alone)


def n_pas_at_once(plan: Plan) -> int:
    """PAs on all routes together on the leg and day with most; a tiered vehicle's PA counts once."""
    most: Counter[tuple[str, int, str]] = Counter()
    for route in plan.routes:
        for run in route.runs:
            for day in run.days:
                key = (run.leg.value, day, route.vehicle_id or route.route_id)
                most[key] = max(most[key], run.n_pas)
    totals: Counter[tuple[str, int]] = Counter()
    for (leg, day, _), n_pas in most.items():
        totals[leg, day] += n_pas
    return max(totals.values(), default=0)


def ride_figures_of(rides: Sequence[Ride]) -> RideFigures:
    """Figures of rides, weighted by the days each is made."""
    weighted = sorted((ride.ride_s, len(ride.days)) for ride in rides)
    n_days = sum(n for _, n in weighted)
    over = [ride for ride in rides if ride.over_target_s > 0]
    return RideFigures(
        n_journeys=_halved(n_days),
        mean_s=round(sum(ride_s * n for ride_s, n in weighted) / n_days) if n_days else 0,
        p90_s=_quantile(weighted, 0.9 * n_days),
        longest_s=weighted[-1][0] if weighted else 0,
        n_over_target=_halved(sum(len(ride.days) for ride in over)),
        n_passengers_over=len({ride.passenger_id for ride in over}),
        over_45_pct=_longer_than_pct(rides, 45 * 60),
        over_75_pct=_longer_than_pct(rides, 75 * 60),
    )


def _longer_than_pct(rides: Sequence[Ride], seconds: int) -> float:
    n_days = sum(len(ride.days) for ride in rides)
    return 100 * sum(len(ride.days) for ride in rides if ride.journey_s > seconds) / n_days if n_days else 0.0


def _quantile(weighted: Iterable[tuple[int, int]], target: float) -> int:
    seen = 0
    for value, n in weighted:
        seen += n
        if seen >= target:
            return value
    return 0


def _halved(n: int) -> int:
    return (n + 1) // 2
