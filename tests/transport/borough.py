"""A scenario, its travel and a plan, with short ways to change one thing in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from transport.calendar import Leg
from transport.plan import Plan, Route, Run
from transport.scenario import Scenario
from transport.travel import TravelMatrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Borough:
    """A scenario, its travel and a plan."""

    scenario: Scenario
    travel: TravelMatrix
    plan: Plan
    reference: Plan | None = None

    def with_plan(self, plan: Plan) -> Borough:
        return replace(self, plan=plan)

    def with_scenario(self, **changes: Any) -> Borough:
        return replace(self, scenario=replace(self.scenario, **changes))

    def with_contract(self, **changes: Any) -> Borough:
        """Change the first contract."""
        first, *others = self.scenario.contracts
        return self.with_scenario(contracts=(replace(first, **changes), *others))

    def with_policy(self, **changes: Any) -> Borough:
        return self.with_scenario(policy=replace(self.scenario.policy, **changes))

    def with_passenger(self, passenger_id: str, **changes: Any) -> Borough:
        people = (replace(p, **changes) if p.passenger_id == passenger_id else p for p in self.scenario.passengers)
        return self.with_scenario(passengers=tuple(people))

    def with_vehicle(self, vehicle_id: str, **changes: Any) -> Borough:
        fleet = (replace(v, **changes) if v.vehicle_id == vehicle_id else v for v in self.scenario.fleet_vehicles)
        return self.with_scenario(fleet_vehicles=tuple(fleet))

    def with_operator(self, operator_id: str, **changes: Any) -> Borough:
        operators = (replace(o, **changes) if o.operator_id == operator_id else o for o in self.scenario.operators)
        return self.with_scenario(operators=tuple(operators))

    def with_route(self, route_id: str, **changes: Any) -> Borough:
        routes = (replace(r, **changes) if r.route_id == route_id else r for r in self.plan.routes)
        return self.with_plan(replace(self.plan, routes=tuple(routes)))

    def with_run(self, route_id: str, leg: Leg, **changes: Any) -> Borough:
        """Change the first run of a leg of a route."""
        run = self.run(route_id, leg)
        runs = (replace(r, **changes) if r is run else r for r in self.route(route_id).runs)
        return self.with_route(route_id, runs=tuple(runs))

    def with_stop(self, route_id: str, leg: Leg, idx: int, **changes: Any) -> Borough:
        stops = list(self.run(route_id, leg).stops)
        stops[idx] = replace(stops[idx], **changes)
        return self.with_run(route_id, leg, stops=tuple(stops))

    def later(self, route_id: str, leg: Leg, seconds: int) -> Borough:
        """Move the first run of a leg of a route in time."""
        clock = ("arrive_at_s", "start_at_s", "depart_at_s")
        stops = (
            replace(stop, **{at: getattr(stop, at) + seconds for at in clock}) for stop in self.run(route_id, leg).stops
        )
        return self.with_run(route_id, leg, stops=tuple(stops))

    def route(self, route_id: str) -> Route:
        return next(route for route in self.plan.routes if route.route_id == route_id)

    def run(self, route_id: str, leg: Leg) -> Run:
        return next(run for run in self.route(route_id).runs if run.leg is leg)
