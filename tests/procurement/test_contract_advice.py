"""Contracts that run out: what is advised at which price, and what an award says of it."""

from __future__ import annotations

from datetime import date

import pytest

from procurement.award import determine_awards
from procurement.contract_advice import Advice, contract_advice, joint_findings, require_can_be_extended
from procurement.fleet_offers import extension_offers
from procurement.integrity import RecordRefused
from procurement.lot_design import design_lots
from procurement.make_or_buy import make_or_buy
from tests.builders import make_operator, make_plan, route_of
from tests.procurement.test_make_or_buy import DAY_PENCE, TRAVEL, borough, held, held_lot
from tests.tendering import make_pack, make_request, make_submission
from transport.plan import Plan
from transport.scenario import Scenario
from transport.tenders import AwardRules


def case(**changes: object) -> tuple[Plan, Scenario]:
    """P1 on R1 under a contract of O1 that ended yesterday; should-cost is £99.71 on 190 days."""
    scenario = borough(1, operators=[make_operator()], contracts=[held("R1", **changes)])
    route = route_of(scenario, TRAVEL, "R1", am=["P1"], pm=["P1"], layout=(4, 0), operator_id="O1")
    return make_plan(route, lots=[held_lot("R1")]), scenario


@pytest.mark.parametrize(
    ("changes", "advice", "words"),
    [
        (
            {"extension_day_rate_pence": 9971},
            Advice.EXTEND,
            "extended at £18,944.90 a year; should-cost £18,944.90: no dearer than it should be",
        ),
        ({"extension_day_rate_pence": 9972}, Advice.WEIGH, "to £23,870.57: a tender may be cheaper or not"),
        ({"extension_day_rate_pence": 12563}, Advice.WEIGH, "a tender may be cheaper or not"),
        ({"extension_day_rate_pence": 12564}, Advice.TENDER, "refuse, and let its routes join the tender"),
        ({"extension_day_rate_pence": None}, Advice.TENDER, "no extension is offered"),
        ({"ends_on": date(2027, 8, 31)}, Advice.RUNS_ON, "runs to 2027-08-31"),
    ],
)
def test_an_extension_is_judged_by_should_cost(changes: dict[str, object], advice: Advice, words: str) -> None:
    """£99.71 a day is what it should be, 126 % of it the most."""
    plan, scenario = case(**changes)
    (found,) = contract_advice(plan, scenario, TRAVEL)
    assert (found.advice, words in found.sentence) == (advice, True), found.sentence
    assert found.should_cost is not None
    assert found.should_cost.year_pence == 190 * DAY_PENCE


def test_a_contract_that_the_plan_has_released() -> None:
    """Its passengers ride on other routes: nothing to extend."""
    _, scenario = case()
    route = route_of(scenario, TRAVEL, "R9", am=["P1"], pm=["P1"], layout=(4, 0))
    (found,) = contract_advice(make_plan(route), scenario, TRAVEL)
    assert (found.advice, found.extension_pence, found.should_cost) == (Advice.TENDER, None, None)
    assert "the plan carries its passengers on other routes" in found.sentence


@pytest.mark.parametrize(
    ("bid_pounds", "advice", "words"),
    [
        (16_000, Advice.EXTEND, "the best award without it is £800.00 dearer"),
        (15_000, Advice.TENDER, "an award with it is £200.00 dearer than the best"),
    ],
)
def test_where_an_award_has_weighed_it_the_award_counts(bid_pounds: int, advice: Advice, words: str) -> None:
    """The extension is £15,200 a year, far below should-cost; a bid may still be lower."""
    plan, scenario = case()
    book = design_lots(plan, scenario, TRAVEL)
    pack = make_pack(book.lots, AwardRules(tie_seed=7, extensions_reserved=True))
    offers = list(extension_offers(book, plan, scenario, TRAVEL))
    made = make_or_buy(make_request(pack, make_submission("O2", {"LOT1": bid_pounds})), [], offers, avoidable=True)
    joint = joint_findings(book, plan, made.record)
    (found,) = contract_advice(plan, scenario, TRAVEL, joint)
    assert (found.advice, words in found.sentence) == (advice, True), found.sentence


def test_an_award_that_did_not_weigh_it_says_nothing() -> None:
    """Bids alone."""
    plan, scenario = case()
    book = design_lots(plan, scenario, TRAVEL)
    record = determine_awards(make_request(make_pack(book.lots), make_submission("O2", {"LOT1": 9_000})))
    assert joint_findings(book, plan, record) == {}


def test_what_cannot_be_extended_is_named() -> None:
    """A contract without a price, and one that nobody has."""
    plan, scenario = case(extension_day_rate_pence=None)
    advice = contract_advice(plan, scenario, TRAVEL)
    with pytest.raises(RecordRefused, match="L-R1, L-R7 cannot be extended; must be of none"):
        require_can_be_extended(advice, ["L-R7", "L-R1"])
    plan, scenario = case()
    require_can_be_extended(contract_advice(plan, scenario, TRAVEL), ["L-R1"])


def test_a_refused_extension_joins_the_tender_and_an_extended_one_does_not() -> None:
    """R1 is a lot, unless its contract was extended."""
    plan, scenario = case()
    assert design_lots(plan, scenario, TRAVEL).route_ids_by_lot_id == {"LOT1": ("R1",)}
    with pytest.raises(ValueError, match="no route to tender"):
        design_lots(plan, scenario, TRAVEL, extended_lot_ids=["L-R1"])
