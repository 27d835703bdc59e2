"""What a lot should cost: the council's rate card of its class on its routes, with a range."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from transport.cost import cost_of
from transport.lots import Lot, LotState
from transport.money import half_up
from transport.plan import Plan, Route, RouteKind
from transport.scenario import Scenario
from transport.travel import Travel

LOW_PCT, HIGH_PCT = 79, 126
"""Eight of ten operators' prices around the card, if the logarithm spreads by 0.18 (ours): exp(-+1.28 x 0.18).

Published prices of single vehicles lie about as far apart: 56 to 147 pounds a route-day in Herefordshire, 2018-19
(councillors.herefordshire.gov.uk, decisions 5280 and 6399), for routes that differ in length too.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShouldCost:
    """Pence of a year: by the card, and the range in which prices are not surprising."""

    year_pence: int
    low_pence: int
    high_pence: int


def should_cost_of(routes: Iterable[Route], scenario: Scenario, travel: Travel) -> ShouldCost:
    """Price routes as if they were bought at the default card of their class.

    Raises
    ------
    ValueError
        When a class cannot be bought, or the plan's travel does not hold a leg.
    """
    bought = [as_tendered(route, f"should-cost/{route.route_id}") for route in routes]
    year_pence = cost_of(tendered_plan(bought), scenario, travel).year_pence
    return ShouldCost(
        year_pence=year_pence,
        low_pence=half_up(LOW_PCT * year_pence, 100),
        high_pence=half_up(HIGH_PCT * year_pence, 100),
    )


def as_tendered(route: Route, lot_id: str) -> Route:
    """The route as an operator would drive it: bought, in a lot, by nobody yet."""
    return replace(route, kind=RouteKind.BOUGHT, vehicle_id=None, operator_id=None, lot_id=lot_id, pa_ids=())


def tendered_plan(routes: Iterable[Route]) -> Plan:
    """A plan of routes to be tendered, each in the lot that it names."""
    routes = tuple(routes)
    by_lot: dict[str, list[Route]] = {}
    for route in routes:
        by_lot.setdefault(route.lot_id or "", []).append(route)
    lots = tuple(
        Lot(
            lot_id=lot_id, state=LotState.TENDER, class_id=theirs[0].class_id,
            route_ids=tuple(route.route_id for route in theirs),
        )
        for lot_id, theirs in by_lot.items()
    )  # fmt: skip
    return Plan(plan_id="tender", routes=routes, lots=lots)
