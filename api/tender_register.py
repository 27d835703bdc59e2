"""A tender's folder: contracts for the register, the award notice, and what the plan costs now."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from api.plan_folder import PlanFolder
from api.tender_evidence import write_evidence
from api.tender_files import (
    AWARD_FILE,
    INPUTS_FILE,
    REGISTER_FOLDER,
    AwardInputs,
    Terms,
    read_book,
    read_terms,
    withheld_lots,
    write_csv,
)
from api.tender_log import Signed, append_log, digests_of, read_log
from procurement.award import AwardRecord
from procurement.integrity import RecordRefused
from procurement.ocds import award_release
from procurement.record import ContractsRegistered, OperatorsTold
from procurement.register import NewCost, RegisterEntry, RegisterFrame, new_cost, register_entries
from transport.digest import plain_of
from transport.files.bid_schedule import pounds_cell
from transport.files.records import read_record
from transport.travel import Travel

REVIEW_DAYS = 180
"""Days before the end on which a contract is looked at again (ours): time for another tender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Contracts entered, and the year before and after them."""

    entries: tuple[RegisterEntry, ...]
    cost: NewCost


def write_register(
    given: PlanFolder, tender: Path, travel: Travel, signed: Signed, *, department: str, review_on: date | None = None
) -> Registered:
    """Write contracts as CSV and JSON and the award notice as a release, and put them into the evidence.

    Parameters
    ----------
    department : the council's, that is responsible. review_on : by default `REVIEW_DAYS` before the contracts end.

    Raises
    ------
    RecordRefused
        Before operators were told of this award.
    """
    record = read_record("award", AwardRecord, tender / AWARD_FILE)
    inputs = read_record("award_inputs", AwardInputs, tender / INPUTS_FILE)
    terms, lines, withheld = read_terms(tender), read_log(tender), withheld_lots(read_log(tender))
    told = [line for line in lines if isinstance(line.decision, OperatorsTold)]
    if not told or told[-1].decision.award_digest != record.digest:  # type: ignore[union-attr]
        raise RecordRefused("operators have not been told of this award: write the letters first")
    frame = _frame(inputs, terms, department, review_on)
    entries = register_entries(
        inputs.pack, record, inputs.submissions, given.scenario.operators, frame, list(withheld)
    )  # fmt: skip
    notice = award_release(
        inputs.pack, record, ocid=terms.ocid, buyer=terms.buyer, at=signed.at, withheld_lot_ids=list(withheld),
        name_by_operator_id={operator.operator_id: operator.name for operator in given.scenario.operators},
    )  # fmt: skip
    book = read_book(tender)
    cost = new_cost(
        given.plan, book, record, given.scenario, travel, avoidable=inputs.avoidable, withheld_lot_ids=list(withheld)
    )
    _write(tender / REGISTER_FOLDER, entries, notice, cost)
    entered = ContractsRegistered(
        award_digest=record.digest, n_contracts=len(entries), year_pence=sum(entry.year_pence for entry in entries),
        file_digests=digests_of((tender / REGISTER_FOLDER).iterdir()),
    )  # fmt: skip
    append_log(tender, entered, signed)
    write_evidence(tender)
    return Registered(entries=entries, cost=cost)


def _frame(inputs: AwardInputs, terms: Terms, department: str, review_on: date | None) -> RegisterFrame:
    regime, ends_on = terms.regime, inputs.pack.ends_on
    light = ", light touch" if regime.light_touch else ""
    return RegisterFrame(
        title=terms.title,
        department=department,
        procedure=f"{regime.law.value}, {regime.system.value}{light}",
        review_on=review_on
        or date.fromordinal(max(inputs.pack.starts_on.toordinal(), ends_on.toordinal() - REVIEW_DAYS)),
    )


def _write(folder: Path, entries: tuple[RegisterEntry, ...], notice: dict[str, Any], cost: NewCost) -> None:
    folder.mkdir(exist_ok=True)
    names = [f.name for f in fields(RegisterEntry)]
    heads = [name.replace("_pence", "_pounds") for name in names]
    rows = [[_cell(name, getattr(entry, name)) for name in names] for entry in entries]
    write_csv(folder / "contracts.csv", heads, rows)
    _write_json(folder / "contracts.json", [plain_of(entry) for entry in entries])
    _write_json(folder / "award_notice.json", notice)
    _write_json(folder / "new_cost.json", {**plain_of(cost), "after_pence": cost.after_pence})


def _cell(name: str, value: object) -> object:
    return pounds_cell(value) if name.endswith("_pence") and (value is None or isinstance(value, int)) else value


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
