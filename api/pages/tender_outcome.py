"""What comes of a tender: the award with its reasons, letters to everybody, contracts for the register."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.asking import Asking
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath
from api.endpoints.tender_jobs import (
    AWARD_SECONDS,
    EXPLAIN_SECONDS,
    AwardShape,
    jobs_of_tender,
    post_award,
    post_tender_cancel,
)
from api.endpoints.tenders import LettersShape, RegisterShape, post_letters, post_register
from api.idempotency import Once
from api.open_plans import OpenPlans
from api.pages.rendering import go_to
from api.pages.spreadsheets import Listed
from api.pages.tender_forms import (
    NOTHING,
    Refused,
    asking_of,
    sentence_of,
    shape_of,
    stepped,
    take,
    tender_page,
    wanted_of,
    whole,
)
from api.pages.tender_reading import OpenedTender, band_words, last_of, open_tender
from api.pages.visit import Opens, Visit
from api.pages.words import day_words
from api.store.jobs import StoredJob
from api.store.tenders import read_tender_file
from api.tender_files import withheld_lots
from api.tender_letters import (
    TEMPLATES_FOLDER,
    WORDS_FILE,
    LetterWords,
    builtin_template,
    default_law_reference,
)
from procurement.award import AwardRecord
from procurement.offers import OfferKind
from procurement.record import AwardMade, OperatorsTold, TemplatesChosen
from transport.files.faults import Fault
from transport.files.plan_words import pounds
from transport.files.records import read_record

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_WRITE))]

_QUALITY = "quality-"
_REASON = "quality_reasons-"
_TEMPLATE_LABELS = {"award": "Award", "regret": "Regret", "summary": "Assessment summary, in both"}
_KIND_WORDS = {
    OfferKind.EXTENSION: "today’s contract goes on",
    OfferKind.FLEET: "the council drives",
    OfferKind.LEFT: "left for now",
}


_WINNER_HEADS = ("Lots", "Supplier", "Price a year", "Should-cost range", "Other offers", "Why")
_CONTRACT_HEADS = ("Contract", "Supplier", "Small or medium", "Lots", "Day rate", "A year", "Whole term")


@router.get("/tenders/{tender_id}/award")
def show_award(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Who won and why, the second best, what the rules cost, why the others lost; or the form to decide."""
    return _award(visit, tender_id)


@router.post("/tenders/{tender_id}/award")
def decide(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Ask for the award, evaluated by whoever sends the form; the page then says how far it is."""

    def post(tender_id: str, body: AwardShape, who: Asking, version: int, one: Once, _: OpenPlans) -> Response:
        return post_award(tender_id, body, who, version, one)

    return take(visit, plans, tender_id, post, lambda: _award_wanted(visit), "award", _award, "award-asked")


@router.post("/tenders/{tender_id}/jobs/{job_id}/cancel")
def cancel(tender_id: RecordIdPath, job_id: RecordIdPath, visit: Writer) -> Response:
    """End an award that is being worked out."""

    def act() -> Response:
        post_tender_cancel(job_id, asking_of(visit))
        return go_to(f"/tenders/{tender_id}/award")

    return stepped(
        act, f"/tenders/{tender_id}/award",
        lambda refused: _award(visit, tender_id, refused), "award-cancelled",
    )  # fmt: skip


@router.get("/tenders/{tender_id}/letters")
def show_letters(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Letters to fetch, and the form for them."""
    return letters_page(visit, tender_id)


@router.post("/tenders/{tender_id}/letters")
def write_letters(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Write a letter to every operator that sent something."""
    law_reference = visit.text("law_reference")
    reasons = {
        name.removeprefix(_REASON): visit.text(name) for name in visit.form if name.startswith(_REASON)
    }  # fmt: skip
    fields = {
        "told_on": visit.text("told_on"), "contact": visit.text("contact"), "why": visit.text("reason"),
        "law_reference": law_reference, "quality_reasons": {name: text for name, text in reasons.items() if text},
    }  # fmt: skip

    def wanted() -> LettersShape:
        # Emptied on the page: no provision is named.
        return shape_of(LettersShape, fields).model_copy(update={"law_reference": law_reference})

    return take(visit, plans, tender_id, post_letters, wanted, "letters", letters_page)


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
        "seconds": _minutes(whole(visit, "minutes", faults), AWARD_SECONDS),
        "explain_seconds": _minutes(whole(visit, "explain_minutes", faults), EXPLAIN_SECONDS),
        "quality": {name.removeprefix(_QUALITY): score for name, score in given.items() if score is not None},
    }  # fmt: skip
    names = {"seconds": "minutes", "explain_seconds": "explain_minutes"}
    said = {
        "pack_digest": "paste the digest that was published with the pack: 64 letters and digits",
        "seconds": "enter 1 to 60", "explain_seconds": "enter 1 to 600",
    }  # fmt: skip
    return wanted_of(AwardShape, fields, faults, names, said)


def _minutes(given: int | None, default_s: int) -> int:
    return default_s if given is None else 60 * given


def _award(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "award")
    record, pack, opening = opened.award, opened.pack, opened.opening
    has_quality = pack is not None and pack.rules.price_weight_pct < 100
    made = last_of(opened.stored.lines, AwardMade)
    more = _told(opened, record) if record else {}
    with visit.store.read() as session:
        jobs = jobs_of_tender(session, visit.store.cipher, tender_id)
    job = jobs[0] if jobs and record is None else None
    is_open = job is not None and not job.is_over
    return tender_page(
        visit, "tender_award.html", opened, refused, record=record,
        is_weighed=record is not None and record.compared_pence != record.price_pence,
        made_by=opened.people_words(made.by) if made else "", withheld=withheld_lots(opened.stored.lines),
        can_decide=opening is not None and record is None and not is_open and visit.may("tenders.write"),
        job=job, said=award_job_words(job) if job else "", minutes=AWARD_SECONDS // 60,
        explain_minutes=EXPLAIN_SECONDS // 60,
        scores=[(f"{_QUALITY}{sent.operator_id}", opened.operator(sent.operator_id)) for sent in opening.submissions]
        if opening and has_quality else [],
        has_fleet=pack is not None and pack.rules.fleet_reserved, **more,
    )  # fmt: skip


_PHASES = {
    "make or buy": "Weighing fleet and extensions against the bids",
    "award": "Looking for the best award",
    "ties": "Looking whether another award has the same price",
    "winners": "Working out the award without each winner",
    "rules": "Working out what each rule costs",
    "losers": "Working out how far each losing bid was from winning",
    "stored": "Storing the award",
}


def award_job_words(job: StoredJob) -> str:
    """How far an award is that was asked for, in a sentence."""
    if job.state == "running" and not job.is_cancel_asked:
        now = job.progress
        words, n_all = _PHASES.get(str(now.get("phase", "")), "Beginning"), now.get("n_all") or 0
        return f"{words}: {now['n_done'] + 1:,} of {n_all:,}" if n_all > 1 else words
    failed = "It failed, and nothing was awarded: " + "; ".join(sentence_of(fault.message) for fault in job.faults)
    return {
        "queued": "Waiting for its turn", "running": "Being cancelled", "done": "Done", "failed": failed,
        "cancelled": "Cancelled; nothing was awarded",
    }[job.state]  # fmt: skip


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
        "estimate": pounds(sum(lot.estimate_pence for lot in opened.lots), pennies=False),
        "n_contracts": sum(offer.is_operators for offer in record.winners),
        "second": None if second is None else (
            pounds(second.dearer_pence, pennies=False), ", ".join(second.gained_ids), ", ".join(second.dropped_ids)
        ),
        "tables": {
            "winners": Listed(title="Winners", heads=_WINNER_HEADS, rows=winners, numeric=(2, 4)),
            "rules": Listed(
                title="What each declared rule costs", heads=("Rule", "Price"),
                rows=[(price.rule.replace("_", " ").removesuffix(" pct").capitalize(), price.sentence)
                      for price in record.rule_prices],
            ),
            "lost": Listed(
                title="Why the others lost", heads=("Bid", "Operator", "Why"),
                rows=[(bid.offer_id, opened.operator(bid.operator_id), bid.sentence) for bid in record.lost],
            ),
        },
    }  # fmt: skip


def letters_page(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    """The page of letters, with the forms for them and for their templates."""
    opened = open_tender(visit, tender_id, "letters")
    told = last_of(opened.stored.lines, OperatorsTold)
    decision = told.decision if told is not None and isinstance(told.decision, OperatorsTold) else None
    rows = [
        (opened.operator(name.partition("_")[2].removesuffix(".pdf")),
         "Award" if name.startswith("award") else "Regret", ("PDF", f"/tenders/{tender_id}/files/letters/{name}"),
         ("Text", f"/tenders/{tender_id}/files/letters/{name.removesuffix('.pdf')}.txt"))
        for name in (decision.file_digests if decision else ())
    ]  # fmt: skip
    said = _said_last(visit, tender_id, opened)
    return tender_page(
        visit, "tender_letters.html", opened, refused, rows=rows, today=date.today().isoformat(),
        told_on=day_words(decision.told_on) if decision else "",
        ends_on=day_words(decision.standstill_ends_on) if decision else "",
        can_write=opened.award is not None and visit.may("tenders.write"),
        contact=_typed(visit, "contact", said.contact if said else ""),
        law_reference=_typed(visit, "law_reference", _reference(opened, said)), reasons=_reasons(visit, opened, said),
        templates=_templates(visit, tender_id, opened), templates_version=_templates_version(opened),
        may_word=visit.may("tenders.write"),
    )  # fmt: skip


def _said_last(visit: Visit, tender_id: str, opened: OpenedTender) -> LetterWords | None:
    """Words that letters were written with last."""
    if WORDS_FILE not in opened.stored.files:
        return None
    with visit.store.read() as session, tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        path = Path(name) / WORDS_FILE
        path.write_bytes(read_tender_file(session, visit.store.cipher, tender_id, WORDS_FILE))
        return read_record("letter_words", LetterWords, path)


def _typed(visit: Visit, name: str, otherwise: str) -> str:
    """What was sent in a field, were it nothing; else what stands in it to begin with."""
    return visit.text(name) if name in visit.form else otherwise


def _reference(opened: OpenedTender, said: LetterWords | None) -> str:
    if said is not None and said.law_reference is not None:
        return said.law_reference
    return default_law_reference(opened.terms.regime) if opened.terms else ""


def _reasons(visit: Visit, opened: OpenedTender, said: LetterWords | None) -> list[tuple[str, str, str]]:
    """Field, operator and text of why each quality was scored so; none where only the price counts."""
    if opened.pack is None or opened.opening is None or opened.pack.rules.price_weight_pct == 100:
        return []
    known = said.quality_reasons if said else {}
    return [
        (f"{_REASON}{sent.operator_id}", opened.operator(sent.operator_id),
         _typed(visit, f"{_REASON}{sent.operator_id}", known.get(sent.operator_id, "")))
        for sent in opened.opening.submissions
    ]  # fmt: skip


def _templates(visit: Visit, tender_id: str, opened: OpenedTender) -> list[tuple[str, str, str]]:
    """Name, label and text of each template: as sent, as taken by this tender, or schoolrun's."""
    found = []
    with visit.store.read() as session:
        for name, label in _TEMPLATE_LABELS.items():
            file = f"{TEMPLATES_FOLDER}/{name}.txt"
            if file in opened.stored.files:
                text = read_tender_file(session, visit.store.cipher, tender_id, file).decode()
            else:
                text = builtin_template(f"{name}.txt")
            found.append((name, label, str(visit.form.get(name) or text)))
    return found


def _templates_version(opened: OpenedTender) -> int:
    taken = last_of(opened.stored.lines, TemplatesChosen)
    return taken.decision.version if taken and isinstance(taken.decision, TemplatesChosen) else 0


def _register(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "register")
    rows = [
        (
            one["contract_ref"], one["supplier"], "Yes" if one["is_sme"] else "No", ", ".join(one["lot_ids"]),
            _rate(one["day_rate_pence"]), pounds(one["year_pence"], pennies=False),
            pounds(one["term_pence"], pennies=False),
        )
        for one in opened.contracts
    ]  # fmt: skip
    terms = sorted({(one["starts_on"], one["ends_on"], one["review_on"]) for one in opened.contracts})
    is_told = last_of(opened.stored.lines, OperatorsTold) is not None
    return tender_page(
        visit, "tender_register.html", opened, refused, can_write=is_told and visit.may("tenders.write"),
        terms=[tuple(map(day_words, term)) for term in terms],
        tables={"contracts": Listed(title="Contracts", heads=_CONTRACT_HEADS, rows=rows, numeric=(4, 5, 6))},
    )  # fmt: skip


def _rate(pence: int | None) -> str:
    return "One price for all" if pence is None else pounds(pence)
