"""A few routes of a plan as a scenario of their own, so that they can be planned again without the rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from routing.instance import Instance
from routing.standing import StandingPlan
from transport.operators import Operator
from transport.passengers import KeepTogether, Passenger
from transport.plan import Plan, Route, RouteKind
from transport.scenario import Scenario
from transport.vehicles import VehicleClass


def routes_near(standing: StandingPlan, riders: Iterable[int], n: int) -> list[int]:
    """The routes of some riders and, up to n in all, those of their nearest fellows; vehicles are never split.

    Half of the fellows by distance alone, half from the same school.
    """
    riders = list(riders)
    found = dict.fromkeys(r for i in riders if (r := standing.route_of_person.get(i)) is not None)
    for fellow in _fellows(standing.instance, riders):
        if len(found) >= n:
            break
        if fellow in standing.route_of_person:
            found[standing.route_of_person[fellow]] = None
    sharing = [{int(r) for r in members if r >= 0} for members in standing.arrays.sets]
    return sorted({*found, *(r for members in sharing if members & set(found) for r in members)})


def _fellows(instance: Instance, riders: Sequence[int]) -> list[int]:
    near = instance.near[:, riders]  # (2, riders, k)
    return [int(i) for i in near.transpose(2, 0, 1).ravel() if i >= 0]


def scenario_of_routes(scenario: Scenario, plan: Plan, route_ids: Iterable[str]) -> Scenario:
    """Only the passengers of some routes, with the fleet vehicles and limits that the other routes leave.

    Pins to today's routes become groups that are kept together.
    """
    chosen = frozenset(route_ids)
    inside = [route for route in plan.routes if route.route_id in chosen]
    outside = [route for route in plan.routes if route.route_id not in chosen]
    ids = {pid for route in inside for pid in route.passenger_ids}
    passengers = [scenario.passenger_by_id[pid] for pid in scenario.passenger_by_id if pid in ids]
    busy = {route.vehicle_id for route in outside}
    bought = [route for route in outside if route.kind is RouteKind.BOUGHT]
    return replace(
        scenario,
        passengers=tuple(replace(p, pinned_route_id=None) for p in passengers),
        vehicle_classes=_classes_left(scenario, bought),
        fleet_vehicles=tuple(v for v in scenario.fleet_vehicles if v.vehicle_id not in busy),
        operators=_operators_left(scenario, bought),
        current_routes=(),
        never_together=tuple(x for x in scenario.never_together if ids.issuperset(x.passenger_ids)),
        keep_together=(*_groups(scenario, ids), *_pin_groups(passengers)),
    )


def _groups(scenario: Scenario, ids: set[str]) -> list[KeepTogether]:
    kept = ((x, tuple(pid for pid in x.passenger_ids if pid in ids)) for x in scenario.keep_together)
    return [replace(x, passenger_ids=members) for x, members in kept if len(members) > 1]


def _pin_groups(passengers: Sequence[Passenger]) -> list[KeepTogether]:
    by_pin: dict[str, list[str]] = defaultdict(list)
    for p in passengers:
        if p.pinned_route_id is not None:
            by_pin[p.pinned_route_id].append(p.passenger_id)
    return [
        KeepTogether(group_id=f"pin {pin}", passenger_ids=tuple(ids)) for pin, ids in by_pin.items() if len(ids) > 1
    ]


def _classes_left(scenario: Scenario, bought: Sequence[Route]) -> tuple[VehicleClass, ...]:
    taken = Counter(route.class_id for route in bought)
    return tuple(
        c if c.max_routes is None else replace(c, max_routes=max(0, c.max_routes - taken[c.class_id]))
        for c in scenario.vehicle_classes
    )


def _operators_left(scenario: Scenario, bought: Sequence[Route]) -> tuple[Operator, ...]:
    taken = Counter((route.operator_id, route.class_id) for route in bought)
    pas: Counter[str | None] = Counter()
    for route in bought:
        pas[route.operator_id] += max((run.n_pas for run in route.runs), default=0)
    return tuple(
        replace(
            o,
            n_pas=None if o.n_pas is None else max(0, o.n_pas - pas[o.operator_id]),
            n_vehicles_by_class={
                class_id: max(0, n - taken[o.operator_id, class_id]) for class_id, n in o.n_vehicles_by_class.items()
            },
        )
        for o in scenario.operators
    )
