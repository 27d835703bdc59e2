"""What comes of a tender: the award with its reasons, letters to everybody, contracts for the register."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath
from api.endpoints.tenders import AwardShape, LettersShape, RegisterShape, post_award, post_letters, post_register
from api.pages.tender_forms import (
    NOTHING,
    Refused,
    form_fault,
    shape_of,
    take,
    tender_page,
    whole,
)
from api.pages.tender_reading import OpenedTender, band_words, last_of, open_tender
from api.pages.visit import Opens, Visit
from api.pages.words import day_words
from api.tender_files import withheld_lots
from procurement.award import AwardRecord
from procurement.offers import OfferKind
from procurement.record import AwardMade, OperatorsTold
from transport.files.faults import Fault, InputFaults
from transport.files.plan_words import pounds

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_WRITE))]

_QUALITY = "quality-"
_KIND_WORDS = {
    OfferKind.EXTENSION: "today’s contract goes on",
    OfferKind.FLEET: "the council drives",
    OfferKind.LEFT: "left for now",
}


@router.get("/tenders/{tender_id}/award")
def show_award(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Who won and why, the second best, what the rules cost, why the others lost; or the form to decide."""
    return _award(visit, tender_id)


@router.post("/tenders/{tender_id}/award")
def decide(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Decide, evaluated by whoever sends the form."""
    return take(visit, plans, tender_id, post_award, lambda: _award_wanted(visit), "award", _award)


@router.get("/tenders/{tender_id}/letters")
def show_letters(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Letters to fetch, and the form for them."""
    return _letters(visit, tender_id)


@router.post("/tenders/{tender_id}/letters")
def write_letters(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Write a letter to every operator that sent something."""
    fields = {"told_on": visit.text("told_on"), "contact": visit.text("contact"), "why": visit.text("reason")}
    return take(visit, plans, tender_id, post_letters, lambda: shape_of(LettersShape, fields), "letters", _letters)


@router.get("/tenders/{tender_id}/register")
def show_register(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Contracts as the register has them, and the form for them."""
    return _register(visit, tender_id)


@router.post("/tenders/{tender_id}/register")
def register(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Enter the contracts."""
    fields = {name: visit.text(name) for name in ("department", "review_on")}
    return take(visit, plans, tender_id, post_register, lambda: shape_of(RegisterShape, fields), "register", _register)


def _award_wanted(visit: Visit) -> AwardShape:
    """The form as the endpoint takes it; every fault at once.

    Raises
    ------
    InputFaults
        With the names of the form's fields.
    """
    faults: list[Fault] = []
    given = {name: whole(visit, name, faults) for name in visit.form if name.startswith(_QUALITY)}
    fields: dict[str, Any] = {
        "pack_digest": visit.text("pack_digest"), "full_cost": bool(visit.text("full_cost")),
        "why": visit.text("reason"),
        "quality": {name.removeprefix(_QUALITY): score for name, score in given.items() if score is not None},
    }  # fmt: skip
    try:
        found = shape_of(AwardShape, fields)
    except InputFaults as error:
        message = "paste the digest that was published with the pack: 64 letters and digits"
        faults += [
            form_fault("pack_digest", message) if fault.column == "pack_digest" else fault for fault in error.faults
        ]
    if faults:
        raise InputFaults(faults)
    return found


def _award(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "award")
    record, pack, opening = opened.award, opened.pack, opened.opening
    has_quality = pack is not None and pack.rules.price_weight_pct < 100
    made = last_of(opened.stored.lines, AwardMade)
    more = _told(opened, record) if record else {}
    return tender_page(
        visit, "tender_award.html", opened, refused, record=record,
        made_by=opened.people_words(made.by) if made else "", withheld=withheld_lots(opened.stored.lines),
        can_decide=opening is not None and record is None and visit.may("tenders.write"),
        scores=[(f"{_QUALITY}{sent.operator_id}", opened.operator(sent.operator_id)) for sent in opening.submissions]
        if opening and has_quality else [],
        has_fleet=pack is not None and pack.rules.fleet_reserved, **more,
    )  # fmt: skip


def _told(opened: OpenedTender, record: AwardRecord) -> dict[str, Any]:
    """The award as the page shows it."""
    lot_by_id = {lot.lot_id: lot for lot in opened.lots}
    winners = [
        (
            ", ".join(offer.lot_ids),
            f"{opened.operator(offer.supplier_id)}: {_KIND_WORDS[offer.kind]}".removeprefix(": ")
            if offer.kind in _KIND_WORDS else opened.operator(offer.supplier_id),
            pounds(offer.price_pence, pennies=False),
            band_words(offer.price_pence, tuple(lot_by_id[lot_id] for lot_id in offer.lot_ids)),
            str(reason.n_rivals), reason.sentence,
        )
        for offer, reason in zip(record.winners, record.reasons, strict=True)
    ]  # fmt: skip
    second = record.second_best
    return {
        "winners": winners,
        "estimate": pounds(sum(lot.estimate_pence for lot in opened.lots), pennies=False),
        "n_contracts": sum(offer.is_operators for offer in record.winners),
        "second": None if second is None else (
            pounds(second.dearer_pence, pennies=False), ", ".join(second.gained_ids), ", ".join(second.dropped_ids)
        ),
        "rules": [(price.rule.replace("_", " ").removesuffix(" pct").capitalize(), price.sentence)
                  for price in record.rule_prices],
        "lost": [(bid.offer_id, opened.operator(bid.operator_id), bid.sentence) for bid in record.lost],
    }  # fmt: skip


def _letters(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "letters")
    told = last_of(opened.stored.lines, OperatorsTold)
    decision = told.decision if told is not None and isinstance(told.decision, OperatorsTold) else None
    rows = [
        (opened.operator(name.partition("_")[2].removesuffix(".pdf")),
         "Award" if name.startswith("award") else "Regret", ("PDF", f"/tenders/{tender_id}/files/letters/{name}"),
         ("Text", f"/tenders/{tender_id}/files/letters/{name.removesuffix('.pdf')}.txt"))
        for name in (decision.file_digests if decision else ())
    ]  # fmt: skip
    return tender_page(
        visit, "tender_letters.html", opened, refused, rows=rows, today=date.today().isoformat(),
        told_on=day_words(decision.told_on) if decision else "",
        ends_on=day_words(decision.standstill_ends_on) if decision else "",
        can_write=opened.award is not None and visit.may("tenders.write"),
    )  # fmt: skip


def _register(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "register")
    rows = [
        (
            one["contract_ref"], one["supplier"], "Yes" if one["is_sme"] else "No", ", ".join(one["lot_ids"]),
            day_words(one["starts_on"]), day_words(one["ends_on"]), day_words(one["review_on"]),
            _rate(one["day_rate_pence"]), pounds(one["year_pence"], pennies=False),
            pounds(one["term_pence"], pennies=False),
        )
        for one in opened.contracts
    ]  # fmt: skip
    is_told = last_of(opened.stored.lines, OperatorsTold) is not None
    return tender_page(
        visit, "tender_register.html", opened, refused, rows=rows, can_write=is_told and visit.may("tenders.write")
    )


def _rate(pence: int | None) -> str:
    return "One price for all" if pence is None else pounds(pence)
