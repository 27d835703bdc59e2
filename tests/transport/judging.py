"""How the checker's tests ask: on the line world, by rule."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.builders import (
    line_travel,
    make_plan,
    route_of,
)
from tests.transport.planted import Borough
from transport.check import Rule, check_plan
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import TravelMatrix, TravelPairs

TRAVEL = line_travel()


def rules_of(plan: Plan, scenario: Scenario, travel: TravelMatrix | TravelPairs = TRAVEL) -> Counter[Rule]:
    """How often each rule is broken."""
    return Counter(violation.rule for violation in check_plan(plan, scenario, travel))


def of_borough(borough: Borough) -> Counter[Rule]:
    return rules_of(borough.plan, borough.scenario, borough.travel)


def one_route(scenario: Scenario, **route: Any) -> Plan:
    """Everybody of a scenario on one bought route, AM in the order given, PM reversed."""
    ids = [p.passenger_id for p in scenario.passengers]
    return make_plan(route_of(scenario, TRAVEL, "R1", ids, ids[::-1], **route))
