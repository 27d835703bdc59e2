"""A tender's folder: advice on contracts that run out, and the decision on them, before lots are made."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from api.plan_folder import PlanFolder
from api.tender_files import AWARD_FILE, read_book, write_csv
from api.tender_log import Signed, append_log, read_log
from procurement.award import AwardRecord
from procurement.contract_advice import (
    Advice,
    ContractAdvice,
    contract_advice,
    joint_findings,
    require_can_be_extended,
)
from procurement.integrity import RecordRefused, last_issued
from procurement.record import ContractsDecided
from transport.files.bid_schedule import pounds_cell
from transport.files.records import read_record

ADVICE_FILE = "contract_advice.csv"


def advise(given: PlanFolder, tender: Path) -> tuple[ContractAdvice, ...]:
    """Advice on every contract, by should-cost, and by the tender's award where it has weighed extensions."""
    joint = {}
    if (tender / AWARD_FILE).exists():
        record = read_record("award", AwardRecord, tender / AWARD_FILE)
        joint = joint_findings(read_book(tender), given.plan, record)
    advice = contract_advice(given.plan, given.scenario, given.pairs, joint)
    tender.mkdir(parents=True, exist_ok=True)
    write_csv(
        tender / ADVICE_FILE,
        ["contract", "operator", "advice", "extension_pounds_a_year", "should_cost_pounds_a_year", "why"],
        [
            [a.lot_id, a.operator_id, a.advice.value, pounds_cell(a.extension_pence),
             pounds_cell(None if a.should_cost is None else a.should_cost.year_pence), a.sentence]
            for a in advice
        ],
    )  # fmt: skip
    return advice


def decide_contracts(
    tender: Path, advice: Collection[ContractAdvice], extended: Collection[str], signed: Signed
) -> tuple[str, ...]:
    """Record which contracts are extended; every other one that has ended is refused and joins the tender.

    Returns
    -------
    Those refused.

    Raises
    ------
    RecordRefused
        Without a reason, of a contract that cannot be extended, or once a pack was issued.
    """
    require_can_be_extended(advice, extended)
    if not signed.why.strip():
        raise RecordRefused("say why these contracts are extended, or none")
    if last_issued(read_log(tender)) is not None:
        raise RecordRefused("a pack has been issued: its lots rest on what was decided before")
    refused = tuple(a.lot_id for a in advice if a.advice is not Advice.RUNS_ON and a.lot_id not in extended)
    decided = ContractsDecided(
        extended_lot_ids=tuple(sorted(extended)), refused_lot_ids=refused,
        advice=tuple(a.sentence for a in advice if a.advice is not Advice.RUNS_ON),
    )  # fmt: skip
    append_log(tender, decided, signed)
    return refused
