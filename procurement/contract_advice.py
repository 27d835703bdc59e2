"""What to do with contracts that run out: extend at the operator's price, or let their routes join the tender."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from procurement.award import AwardRecord
from procurement.fleet_offers import extension_pence
from procurement.integrity import RecordRefused
from procurement.lot_design import LotBook
from procurement.should_cost import ShouldCost, should_cost_of
from transport.contracts import Contract
from transport.files.plan_words import pounds
from transport.plan import Plan, Route
from transport.scenario import Scenario
from transport.travel import Travel


class Advice(StrEnum):
    """What is advised of a contract."""

    RUNS_ON = "runs_on"
    EXTEND = "extend"
    WEIGH = "weigh"
    """The price lies within the range of should-cost: a tender may be cheaper or not."""
    TENDER = "tender"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractAdvice:
    """One contract: what is advised, and why.

    Attributes
    ----------
    extension_pence : a year at the operator's price; None: it cannot be extended.
    should_cost : of its routes; None: the plan has none of it.
    """

    lot_id: str
    operator_id: str
    advice: Advice
    extension_pence: int | None
    should_cost: ShouldCost | None
    sentence: str


def contract_advice(
    plan: Plan, scenario: Scenario, travel: Travel, joint: Mapping[str, int] | None = None
) -> tuple[ContractAdvice, ...]:
    """Advice on every contract, in the order of the lists.

    Parameters
    ----------
    joint : where an award has weighed extensions against bids and fleet: by contract, pence a year by which the best
        award without its extension is dearer; below 0: by which the extension made it dearer.
    """
    return tuple(_advice_on(contract, plan, scenario, travel, joint or {}) for contract in scenario.contracts)


def _advice_on(
    contract: Contract, plan: Plan, scenario: Scenario, travel: Travel, joint: Mapping[str, int]
) -> ContractAdvice:
    routes = routes_of(contract, plan)
    price = extension_pence(contract, plan, scenario, travel)
    should_cost = should_cost_of(routes, scenario, travel) if routes else None
    advice, why = _judged(contract, scenario, price, should_cost, joint.get(contract.lot_id))
    return ContractAdvice(
        lot_id=contract.lot_id, operator_id=contract.operator_id, advice=advice, extension_pence=price,
        should_cost=should_cost, sentence=f"Contract {contract.lot_id} of {contract.operator_id}: {why}",
    )  # fmt: skip


def _judged(
    contract: Contract, scenario: Scenario, price: int | None, should_cost: ShouldCost | None, dearer_pence: int | None
) -> tuple[Advice, str]:
    """The joint award where there is one, else should-cost."""
    if not contract.is_over(scenario.starts_on):
        return Advice.RUNS_ON, f"runs to {contract.ends_on}, nothing to decide"
    if should_cost is None:
        return Advice.TENDER, f"ended {contract.ends_on}; the plan carries its passengers on other routes"
    if price is None:
        return Advice.TENDER, f"ended {contract.ends_on}, no extension is offered: its routes join the tender"
    told = f"extended at {pounds(price)} a year; should-cost {pounds(should_cost.year_pence)}"
    if dearer_pence is not None:
        better = dearer_pence >= 0
        words = "the best award without it is {} dearer" if better else "an award with it is {} dearer than the best"
        return (Advice.EXTEND if better else Advice.TENDER), f"{told}; {words.format(pounds(abs(dearer_pence)))}"
    if price <= should_cost.year_pence:
        return Advice.EXTEND, f"{told}: no dearer than it should be"
    if price <= should_cost.high_pence:
        return Advice.WEIGH, f"{told} to {pounds(should_cost.high_pence)}: a tender may be cheaper or not"
    return (
        Advice.TENDER,
        f"{told}, at most {pounds(should_cost.high_pence)}: refuse, and let its routes join the tender",
    )


def routes_of(contract: Contract, plan: Plan) -> tuple[Route, ...]:
    """The plan's routes under a contract."""
    return tuple(route for route in plan.routes if route.lot_id == contract.lot_id)


def joint_findings(book: LotBook, plan: Plan, record: AwardRecord) -> dict[str, int]:
    """What an award found of extensions: pence by contract as `contract_advice` takes them; unproven ones left out."""
    route_by_id = {route.route_id: route for route in plan.routes}
    found = {}
    for lot_id, route_ids in book.route_ids_by_lot_id.items():
        offer_id = f"extension:{lot_id}"
        contract_id = route_by_id[route_ids[0]].lot_id or ""
        for reason in record.reasons:
            if reason.offer_id == offer_id and reason.without_pence is not None and reason.without_proven:
                found[contract_id] = reason.without_pence - record.compared_pence
        for lost in record.lost:
            if lost.offer_id == offer_id and lost.short_pence is not None and lost.proven:
                found[contract_id] = -lost.short_pence
    return found


def require_can_be_extended(advice: Collection[ContractAdvice], lot_ids: Collection[str]) -> None:
    """Refuse to extend contracts that run on, have no price, or do not exist.

    Raises
    ------
    RecordRefused
        Naming those that can be extended.
    """
    can = {a.lot_id for a in advice if a.extension_pence is not None and a.advice is not Advice.RUNS_ON}
    wrong = sorted(set(lot_ids) - can)
    if wrong:
        raise RecordRefused(f"{', '.join(wrong)} cannot be extended; must be of {', '.join(sorted(can)) or 'none'}")
