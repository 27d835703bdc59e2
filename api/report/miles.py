"""Loaded and dead miles of a plan, fleet and bought, in a week of operation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from transport.calendar import Leg
from transport.check.shifts import VehicleDay, vehicle_days_of
from transport.plan import Plan, RouteKind, Run
from transport.scenario import Scenario
from transport.travel import UNREACHABLE, Travel


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Metres in a week of operation (the fortnight halved, half up).

    Attributes
    ----------
    loaded_m : first stop to last stop of every run.
    dead_m : fleet: from the depot, between runs and back; bought: from the last stop back to the first.
    """

    loaded_m: int
    dead_m: int

    @property
    def total_m(self) -> int:
        """Loaded and dead."""
        return self.loaded_m + self.dead_m


def distance_of(plan: Plan, scenario: Scenario, travel: Travel) -> Distance:
    """Metres driven by a plan in a week of operation."""
    parts = list(_fortnight_of(plan, scenario, travel))
    loaded_m, dead_m = sum(loaded for _, loaded, _ in parts), sum(dead for _, _, dead in parts)
    return Distance(loaded_m=(loaded_m + 1) // 2, dead_m=(dead_m + 1) // 2)


def metres_by_class_of(plan: Plan, scenario: Scenario, travel: Travel) -> dict[str, int]:
    """Metres driven in a week of operation, loaded and dead, by vehicle class."""
    fortnight_m: dict[str, int] = defaultdict(int)
    for class_id, loaded_m, dead_m in _fortnight_of(plan, scenario, travel):
        fortnight_m[class_id] += loaded_m + dead_m
    return {class_id: (metres + 1) // 2 for class_id, metres in fortnight_m.items()}


def _fortnight_of(plan: Plan, scenario: Scenario, travel: Travel) -> Iterator[tuple[str, int, int]]:
    """Class, loaded and dead metres of each run and of each vehicle's days, in a fortnight."""
    for route in plan.routes:
        profile = travel.profile_by_class_id.get(route.class_id, 0)
        for run in route.runs:
            places = [stop.place_id for stop in run.stops]
            loaded_m = sum(_hop_m(travel, run.leg, a, b, profile) for a, b in pairwise(places)) * len(run.days)
            dead_m = _back_m(run, travel, profile) * len(run.days) if route.kind is RouteKind.BOUGHT else 0
            yield route.class_id, loaded_m, dead_m
    for day in vehicle_days_of(plan):
        class_id = scenario.vehicle_by_id[day.vehicle_id].class_id
        yield class_id, 0, _fleet_dead_m(day, scenario, travel) * len(day.days)


def _back_m(run: Run, travel: Travel, profile: int) -> int:
    if len(run.stops) < 2:
        return 0
    return _hop_m(travel, run.leg, run.stops[-1].place_id, run.stops[0].place_id, profile)


def _hop_m(travel: Travel, leg: Leg, a: str, b: str, profile: int) -> int:
    """Metres from place to place; 0 where no road is permitted, which is the checker's to tell."""
    metres = travel.metres_between(leg, a, b, profile=profile)
    return 0 if metres >= UNREACHABLE else metres


def _fleet_dead_m(day: VehicleDay, scenario: Scenario, travel: Travel) -> int:
    vehicle = scenario.vehicle_by_id[day.vehicle_id]
    depot_place_id = scenario.depot_by_id[vehicle.depot_id].place_id
    profile = travel.profile_by_class_id.get(vehicle.class_id, 0)
    metres = 0
    for leg, routed in day.shifts:
        ends = [(r.run.stops[0].place_id, r.run.stops[-1].place_id) for r in routed]
        hops = [depot_place_id, *(place_id for pair in ends for place_id in pair), depot_place_id]
        for a, b in zip(hops[::2], hops[1::2], strict=True):
            metres += _hop_m(travel, leg, a, b, profile)
    return metres
