"""Held lots whose contract is over: extended where that is cheaper by a penny, released otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from routing.baseline import baseline_plan
from routing.rounds import Rounds
from routing.solve import Stop
from routing.whole_search import Searched, search_all
from tests.builders import line_travel, make_card, make_operator, make_passenger, make_scenario
from tests.routing.test_start import today
from transport.check import check_plan
from transport.contracts import Contract, VariationClause
from transport.cost import cost_of
from transport.lots import LotDecision, LotState
from transport.scenario import CurrentRoute, Scenario

TRAVEL = line_travel()
FROM_X10, FROM_X20 = 9971, 7485
"""A car a day, bought anew: 5,000 and 80 km at 100 a mile, 4,971; 5,000 and 40 km, 2,485."""


def contract(lot_id: str, extension_pence: int | None, **changes: Any) -> Contract:
    """O1's contract, which ended in July; the plan begins in September."""
    values: dict[str, Any] = {
        "operator_id": "O1", "day_rate_pence": 5000, "pa_day_rate_pence": 4000,
        "variation": VariationClause(mile_rate_pence=100), "starts_on": date(2023, 9, 1),
        "ends_on": date(2026, 7, 31), "extension_day_rate_pence": extension_pence,
    }  # fmt: skip
    return Contract(lot_id=lot_id, **values | changes)


def held(route_id: str, lot_id: str, *passenger_ids: str, **changes: Any) -> CurrentRoute:
    """One of today's routes, open to extension."""
    return today(route_id, *passenger_ids, operator_id="O1", lot_id=lot_id, **{"extendable": True} | changes)


def borough(*extension_pence: int, **changes: Any) -> Scenario:
    """P1 at x10, P2 at x20 ..., each on a lot of their own."""
    n = len(extension_pence)
    values: dict[str, Any] = {
        "operators": (make_operator(),),
        "contracts": tuple(contract(f"L{k + 1}", pence) for k, pence in enumerate(extension_pence)),
        "current_routes": tuple(held(f"T{k + 1}", f"L{k + 1}", f"P{k + 1}") for k in range(n)),
    }
    return make_scenario([make_passenger(f"P{k + 1}", 10 * (k + 1)) for k in range(n)], **values | changes)


def searched(scenario: Scenario) -> Searched:
    return search_all(Rounds(scenario=scenario, travel=TRAVEL, stop=Stop(iterations=200)))


def decisions(result: Searched) -> dict[str, LotDecision]:
    return {choice.lot_id: choice.decision for choice in result.lots}


@pytest.mark.parametrize(
    ("extension_pence", "decision"),
    [(FROM_X10 - 1, LotDecision.EXTENDED), (FROM_X10, LotDecision.RELEASED), (FROM_X10 + 1, LotDecision.RELEASED)],
)
def test_a_lot_is_extended_where_that_is_cheaper_by_a_penny(extension_pence: int, decision: LotDecision) -> None:
    """P1 alone: a day at the extension price against a car bought anew."""
    scenario = borough(extension_pence)
    result = searched(scenario)
    assert decisions(result) == {"L1": decision}
    plan = result.found.plan
    assert check_plan(plan, scenario, TRAVEL) == ()
    assert cost_of(plan, scenario, TRAVEL).week_pence == 5 * min(extension_pence, FROM_X10)
    assert plan.lots[0].state is (LotState.HELD if decision is LotDecision.EXTENDED else LotState.TENDER)
    (choice,) = result.lots
    assert (choice.price_pence, choice.elsewhere_pence) == (5 * extension_pence, 5 * FROM_X10)


@pytest.mark.parametrize(
    ("first", "second", "decision"),
    [(4985, 4985, LotDecision.EXTENDED), (4986, 4985, LotDecision.RELEASED)],
)
def test_lots_that_would_share_a_car_are_weighed_together(first: int, second: int, decision: LotDecision) -> None:
    """Anew P1 and P2 share a car at 9,971; without one of them it still runs, without both it does not."""
    result = searched(borough(first, second))
    assert decisions(result) == {"L1": decision, "L2": decision}


def test_only_the_lot_that_pays_is_extended() -> None:
    """L1 at 2,485 beats the 2,486 that P1's way adds to P2's car; L2 would have to be free."""
    result = searched(borough(FROM_X10 - FROM_X20 - 1, 100))
    assert decisions(result)["L1"] is LotDecision.EXTENDED
    dear = searched(borough(FROM_X10 - FROM_X20 + 1, 9000))
    assert decisions(dear) == {"L1": LotDecision.RELEASED, "L2": LotDecision.RELEASED}
    assert len(dear.found.plan.routes) == 1


@pytest.mark.parametrize(("extension_pence", "decision"), [(9, LotDecision.EXTENDED), (11, LotDecision.RELEASED)])
def test_extended_routes_take_an_operators_vehicles(extension_pence: int, decision: LotDecision) -> None:
    """O1 has one car, by its card 10 a day; both travel alone. Held or by the card, the other car is bought."""
    operator = make_operator("O1", {"CAR": 1}, rate_cards={"CAR": make_card(10, 0)})
    scenario = borough(extension_pence, 99_999, operators=(operator,))
    scenario = replace(scenario, passengers=tuple(replace(p, solo=True) for p in scenario.passengers))
    result = searched(scenario)
    assert decisions(result) == {"L1": decision, "L2": LotDecision.RELEASED}
    assert check_plan(result.found.plan, scenario, TRAVEL) == ()
    assert sum(route.operator_id == "O1" for route in result.found.plan.routes) == 1


def test_a_kept_lot_is_no_choice() -> None:
    """Kept while its contract runs, extended where `keep` is yes and it is over, released without a price."""
    scenario = borough(1, 1, 1)
    routes = [replace(route, extendable=False) for route in scenario.current_routes]
    scenario = replace(
        scenario,
        contracts=(contract("L1", None, ends_on=date(2027, 7, 31)), contract("L2", 5000), contract("L3", None)),
        current_routes=(replace(routes[0], kept=True), replace(routes[1], kept=True), routes[2]),
    )
    result = searched(scenario)
    assert [(c.lot_id, c.decision, c.price_pence, c.elsewhere_pence) for c in result.lots] == [
        ("L1", LotDecision.KEPT, 25_000, None),
        ("L2", LotDecision.EXTENDED, 25_000, None),
        ("L3", LotDecision.RELEASED, None, None),
    ]
    assert check_plan(result.found.plan, scenario, TRAVEL) == ()


def test_an_extended_lot_must_stay_as_it_is() -> None:
    """The checker sees a passenger who has left the extended route."""
    scenario = borough(1)
    plan = searched(scenario).found.plan
    other = make_scenario(
        [make_passenger("P1", 10), make_passenger("P2", 20)], operators=scenario.operators,
        contracts=scenario.contracts, current_routes=(held("T1", "L1", "P1", "P2"),),
    )  # fmt: skip
    sentences = [v.sentence for v in check_plan(plan, other, TRAVEL)]
    assert (
        "Route T1 is to be kept as it is today, but its AM passengers differ and its PM passengers differ" in sentences
    )


def test_a_lot_of_two_routes_goes_on_whole() -> None:
    """One day rate pays for both routes of the lot: 9,000 against 9,971 for the shared car."""
    scenario = borough(9000, 1)
    routes = (held("T1", "L1", "P1"), held("T2", "L1", "P2"))
    result = searched(replace(scenario, contracts=scenario.contracts[:1], current_routes=routes))
    assert decisions(result) == {"L1": LotDecision.EXTENDED}
    assert cost_of(result.found.plan, scenario, TRAVEL).week_pence == 5 * 9000
    assert baseline_plan(scenario, TRAVEL) is not None
