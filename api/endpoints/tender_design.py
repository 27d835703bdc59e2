"""What a tender rests on: contracts that run out, the lots cut anew, templates of letters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.plans import OnceOnly, VersionSeen
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath, Shape
from api.endpoints.tender_steps import Desk, require_person, require_version, signed, take_step, told
from api.endpoints.tenders import CutShape, TenderOut, Words, cut_step
from api.plan_folder import open_plan_folder
from api.store.plans import write_folder
from api.store.tenders import folder_of, read_tender
from api.tender_letters import TEMPLATE_NAMES

router = APIRouter(prefix="/tenders", tags=["tenders"])

Reader = Annotated[Asking, Depends(Requires(permission=Permission.TENDERS_READ))]
Writer = Annotated[Asking, Depends(Requires(permission=Permission.TENDERS_WRITE))]


class ContractOut(BaseModel):
    """A contract of the plan's lists, and what is advised of it."""

    contract_id: str
    operator_id: str
    advice: str = Field(description="`runs_on`, `extend`, `weigh` or `tender`")
    extension_pence: int | None = Field(description="A year at the operator's price; null: none is offered")
    should_cost_pence: int | None
    low_pence: int | None
    high_pence: int | None
    sentence: str = Field(description="With what an award found, once one has weighed extensions")
    decided: str = Field(description="`extended` or `refused`; empty: nothing was decided")


class ContractsShape(Shape):
    """Which contracts are extended; every other one that has ended is refused and joins the tender."""

    extended_ids: list[RecordIdPath] = Field(default=[], max_length=2_000)
    why: Words = Field(examples=["Their prices lie below should-cost."])


class TemplatesShape(Shape):
    """Templates of letters; what is left out comes from schoolrun."""

    award: str | None = Field(default=None, max_length=100_000, examples=["# Well done {{ operator }}"])
    regret: str | None = Field(default=None, max_length=100_000)
    summary: str | None = Field(default=None, max_length=100_000)
    why: Words = Field(examples=["The council's own words."])


@router.get("/{tender_id}/contracts", response_model=list[ContractOut])
def get_contracts(tender_id: RecordIdPath, who: Reader) -> list[dict[str, Any]]:
    """Contracts with should-cost, the operator's price to go on, and advice."""
    return contracts_of(who, tender_id)


def contracts_of(who: Asking, tender_id: str) -> list[dict[str, Any]]:
    """Contracts as `ContractOut` tells them.

    Raises
    ------
    NotInStoreError
        When there is no such tender.
    """
    from api.tender_contracts import advise
    from procurement.integrity import last_contracts

    with who.store.read() as session:
        tender = read_tender(session, who.store.cipher, tender_id)
    with folder_of(who.store, tender_id) as folder, told(folder):
        place = folder / "plan"
        with who.store.read() as session:
            write_folder(session, who.store.cipher, tender.plan_id, place)
        advice = advise(open_plan_folder(place), folder)
    decided = last_contracts(tender.lines)
    words = dict.fromkeys(decided.extended_lot_ids, "extended") if decided else {}
    words |= dict.fromkeys(decided.refused_lot_ids, "refused") if decided else {}
    return [
        {
            "contract_id": one.lot_id, "operator_id": one.operator_id, "advice": one.advice.value,
            "extension_pence": one.extension_pence,
            "should_cost_pence": one.should_cost and one.should_cost.year_pence,
            "low_pence": one.should_cost and one.should_cost.low_pence,
            "high_pence": one.should_cost and one.should_cost.high_pence,
            "sentence": one.sentence, "decided": words.get(one.lot_id, ""),
        }
        for one in advice
    ]  # fmt: skip


@router.post("/{tender_id}/contracts", response_model=TenderOut)
def post_contracts(
    tender_id: RecordIdPath, body: ContractsShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Extend contracts that have ended, or none, before a pack is issued; then cut the lots anew."""
    from api.tender_contracts import advise, decide_contracts

    require_person(who)

    def step(desk: Desk) -> None:
        advice = advise(desk.given, desk.folder)
        decide_contracts(desk.folder, advice, body.extended_ids, signed(who, body.why))

    return take_step(who, one, plans, tender_id, version, step)


@router.post("/{tender_id}/lots", response_model=TenderOut)
def post_lots(
    tender_id: RecordIdPath, body: CutShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Cut the plan anew, before bids are opened; a pack that was issued then needs an amendment."""
    tender = require_version(who, tender_id, version)
    return take_step(who, one, plans, tender_id, version, cut_step(who, tender.plan_id, body))


@router.post("/{tender_id}/templates", response_model=TenderOut)
def post_templates(
    tender_id: RecordIdPath, body: TemplatesShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Put your own templates in place of those that come with schoolrun: each is tried; all are taken, or none."""
    from api.tender_templates import keep_templates

    texts = {name: getattr(body, name.removesuffix(".txt")) for name in TEMPLATE_NAMES}

    def step(desk: Desk) -> None:
        given = {name: text for name, text in texts.items() if text is not None}
        keep_templates(desk.folder, given, signed(who, body.why))

    return take_step(who, one, plans, tender_id, version, step)
