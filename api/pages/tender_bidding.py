"""A tender until the bids are open: pack with rules and timetable, questions, declarations, bids and their patterns."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from api.auth.permissions import Permission
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath
from api.endpoints.tenders import (
    InterestShape,
    OverrideShape,
    PackShape,
    TextShape,
    WhyShape,
    hand_in,
    post_answer,
    post_interest,
    post_opening,
    post_override,
    post_pack,
    post_question,
    post_screens_seen,
)
from api.pages.log import actor_names
from api.pages.spreadsheets import Listed
from api.pages.tender_forms import (
    NOTHING,
    Refused,
    asking_of,
    form_fault,
    once_of,
    shape_of,
    stepped,
    take,
    tender_page,
    whole,
)
from api.pages.tender_reading import OpenedTender, band_words, declared_by, open_tender
from api.pages.visit import Opens, Visit
from api.pages.words import UK, day_words, moment_words
from api.store.tenders import read_tender
from api.tender_pack import rule_words
from procurement.integrity import last_issued, questions_of
from procurement.record import InterestDeclared, Overridden, OverrideKind, ScreensSeen
from procurement.regime import DayUnit, Law, Regime, Standstill, System, late_words, timetable
from transport.bids import Submission
from transport.files.faults import Fault, InputFaults
from transport.files.plan_words import pounds
from transport.tenders import TenderLot, TenderPack

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_WRITE))]

S = TypeVar("S", WhyShape, OverrideShape)
RULE_FIELDS = (
    ("price_weight_pct", "Weight of the price, in per cent", "100: the least price wins. The rest is quality"),
    ("fallback_pct", "A lot may be left above this share of its estimate, in per cent", "Empty: every lot is awarded"),
    ("max_lots_share_pct", "Most lots for one operator, in per cent", ""),
    ("max_value_share_pct", "Most value for one operator, in per cent", "Of the sum of the estimates"),
    ("min_operators", "Least number of operators that win something", ""),
    ("incumbent_discount_pct", "Discount for today’s operator, in per cent", "Take legal advice first"),
    ("keep_crew_discount_pct", "Discount for keeping today’s crew, in per cent", "Take legal advice first"),
    ("sme_discount_pct", "Discount for small and medium enterprises, in per cent", "Take legal advice first"),
)
RIGHTS = (
    ("packages", "Operators may offer several lots at one price"),
    ("fleet_reserved", "The council may drive lots itself where that costs less"),
    ("extensions_reserved", "The council may extend contracts where that costs less"),
)
REGIME_CHOICES: dict[str, list[tuple[str, str]]] = {
    "law": [(Law.PA_2023, "Procurement Act 2023"), (Law.PCR_2015, "Public Contracts Regulations 2015")],
    "system": [
        (System.FPS, "Flexible purchasing system"),
        (System.DPS, "Dynamic purchasing system"),
        (System.FRAMEWORK, "Framework"),
        (System.OPEN_FRAMEWORK, "Open framework"),
        (System.DYNAMIC_MARKET, "Dynamic market"),
    ],
    "standstill": [(one.value, one.value.capitalize()) for one in Standstill],
    "standstill_unit": [(one.value, f"{one.value.capitalize()} days") for one in DayUnit],
}
DAY_FIELDS = (
    ("bidding_days", "Working days for bids"),
    ("evaluation_days", "Working days for the evaluation"),
    ("vetting_days", "Working days for vetting drivers and assistants"),
    ("notice_days", "Working days between telling families and the start"),
)
"""From which the timetable is worked back."""
OVERRIDE_CHOICES = [
    (OverrideKind.SET_ASIDE.value, "Compare bids that came late, or whose papers end too early: OPERATOR"),
    (OverrideKind.CONFLICT.value, "Let somebody with a declared interest open or evaluate: PERSON:OPERATOR"),
    (OverrideKind.WITHHELD.value, "Do not award a lot: LOT"),
]


_PATTERN_HEADS = ("Pattern", "Operators", "Lots", "What it is, and what an honest reason could be")
_INTEREST_HEADS = ("Person", "Interest in", "In their words", "How", "When")


@router.get("/tenders/{tender_id}/pack")
def show_pack(tender_id: RecordIdPath, visit: Reader) -> Response:
    """What went out, by which rules and when; the form for it, or for an amendment."""
    return _pack(visit, tender_id)


@router.post("/tenders/{tender_id}/pack")
def issue_pack(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Issue the pack, or an amended one."""
    return take(visit, plans, tender_id, post_pack, lambda: _pack_wanted(visit, tender_id), "pack", _pack)


@router.get("/tenders/{tender_id}/questions")
def show_questions(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Questions and answers as they go to all operators."""
    return _questions(visit, tender_id)


@router.post("/tenders/{tender_id}/questions")
def add_question(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Take down a question, or answer one."""
    question_id = visit.text("question_id")

    def act() -> Response:
        body = _text_wanted(visit, "answer" if question_id else "question")
        asking, version, one = asking_of(visit), visit.version(), once_of(visit)
        if question_id:
            return post_answer(tender_id, question_id, body, asking, version, one, plans)
        return post_question(tender_id, body, asking, version, one, plans)

    return stepped(
        act, f"/tenders/{tender_id}/questions", lambda refused: _questions(visit, tender_id, refused)
    )  # fmt: skip


@router.get("/tenders/{tender_id}/interests")
def show_interests(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Who has declared what, and the form."""
    return _interests(visit, tender_id)


@router.post("/tenders/{tender_id}/interests")
def declare(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Declare one's interests, or that there are none."""
    fields = {"operator_ids": visit.texts("operator_ids"), "statement": visit.text("statement")}
    return take(
        visit, plans, tender_id, post_interest, lambda: shape_of(InterestShape, fields), "interests", _interests
    )


@router.get("/tenders/{tender_id}/bids")
def show_bids(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Handing in, opening by two people, the matrix of lots and operators, set aside, patterns."""
    return _bids(visit, tender_id)


@router.post("/tenders/{tender_id}/bids")
def hand_in_bids(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Hand in what the portal took in."""

    def act() -> Response:
        given = visit.form.get("bids")
        if not isinstance(given, UploadFile) or not given.filename:
            raise InputFaults([form_fault("bids", "choose a ZIP file")])
        data = given.file.read()
        one = once_of(visit, hashlib.sha256(data).hexdigest())
        return hand_in(asking_of(visit), one, plans, tender_id, visit.version(), data)

    return stepped(act, f"/tenders/{tender_id}/bids", lambda refused: _bids(visit, tender_id, refused))


@router.post("/tenders/{tender_id}/opening")
def open_bids(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Open the bids together with whoever handed them in."""
    return stepped(
        lambda: post_opening(tender_id, asking_of(visit), visit.version(), once_of(visit), plans),
        f"/tenders/{tender_id}/bids", lambda refused: _bids(visit, tender_id, refused),
    )  # fmt: skip


@router.post("/tenders/{tender_id}/patterns")
def see_patterns(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Record what somebody made of the patterns in the bids."""
    return take(visit, plans, tender_id, post_screens_seen, lambda: _reasoned(visit, WhyShape, {}), "bids", _bids)


@router.post("/tenders/{tender_id}/overrides")
def set_aside_rule(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Set a rule of the house aside in one case."""

    def wanted() -> OverrideShape:
        fields = {"kind": visit.text("kind"), "about": _about(visit)}
        return _reasoned(visit, OverrideShape, fields, "override_")

    return take(visit, plans, tender_id, post_override, wanted, "bids", _bids)


def _about(visit: Visit) -> str:
    """What a rule is set aside about; a person by sign-in name is meant as the record calls them."""
    person, colon, operator_id = visit.text("about").rpartition(":")
    with visit.store.read() as session:
        known = {name: account for account, name in actor_names(session).items()}
    return f"{known.get(person, person)}{colon}{operator_id}"


def _pack(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "pack")
    pack, terms = opened.pack, opened.terms
    regime = terms.regime if terms else Regime()
    steps = timetable(regime, pack.starts_on) if pack else ()
    issued = last_issued(opened.stored.lines)
    return tender_page(
        visit, "tender_pack.html", opened, refused, pack=pack, terms=terms,
        rules=rule_words(pack.rules) if pack else (), deadline=moment_words(pack.deadline) if pack else "",
        timetable=[(step.what, day_words(step.on)) for step in steps],
        late=late_words(regime, pack.starts_on, pack.deadline) if pack else "",
        changes=issued.changes if issued else (), rule_fields=RULE_FIELDS, rights=RIGHTS,
        regime_choices=REGIME_CHOICES, day_fields=DAY_FIELDS,
        value=lambda name: visit.text(name) if visit.form else _pack_value(opened, regime, name),
        ticked=visit.texts("rights") if visit.form else _rights_of(pack),
        can_issue=opened.opening is None and visit.may("tenders.write"),
        files=[name for name in opened.stored.files if name.startswith("pack/")],
    )  # fmt: skip


def _pack_value(opened: OpenedTender, regime: Regime, name: str) -> str:
    """What a field of the form holds before anybody fills it in: the pack as issued last, or what is usual."""
    pack, terms = opened.pack, opened.terms
    given: dict[str, Any] = {
        "title": terms.title if terms else opened.stored.title, "buyer": terms.buyer if terms else "",
        "deadline": pack.deadline.astimezone(UK).strftime("%Y-%m-%dT%H:%M") if pack else "",
        "starts_on": pack.starts_on if pack else "", "ends_on": pack.ends_on if pack else "",
        "tie_seed": pack.rules.tie_seed if pack else secrets.randbelow(1_000_000),
        "ocid": terms.ocid if terms else "", "standstill_days": regime.standstill_days,
        "light_touch": "1" if regime.light_touch else "",
        "bank_holidays": ", ".join(day.isoformat() for day in sorted(regime.bank_holidays)),
        "price_weight_pct": 100,
    }  # fmt: skip
    given |= {key: getattr(regime, key).value for key in REGIME_CHOICES}
    given |= {key: getattr(regime, key) for key, _ in DAY_FIELDS}
    if pack is not None:
        given |= {key: getattr(pack.rules, key) for key, _, _ in RULE_FIELDS}
    value = given.get(name)
    is_unused = value == 0 and name.endswith("discount_pct")
    return "" if value is None or is_unused else str(value)


def _rights_of(pack: TenderPack | None) -> list[str]:
    return ["packages"] if pack is None else [name for name, _ in RIGHTS if getattr(pack.rules, name)]


def _pack_wanted(visit: Visit, tender_id: str) -> PackShape:
    """The form as the endpoint takes it; every fault at once.

    Raises
    ------
    InputFaults
        With the names of the form's fields.
    """
    faults: list[Fault] = []
    numbers = {name: whole(visit, name, faults) for name, _, _ in RULE_FIELDS}
    rights, regime = visit.texts("rights"), {name: visit.text(name) for name in REGIME_CHOICES}
    with visit.store.read() as session:
        before = last_issued(read_tender(session, visit.store.cipher, tender_id).lines)
    fields: dict[str, Any] = {
        **{name: visit.text(name) for name in ("title", "buyer", "deadline", "starts_on", "ends_on", "ocid")},
        "pack_id": before.pack_id if before else tender_id, "pack_version": before.version + 1 if before else 1,
        "tie_seed": whole(visit, "tie_seed", faults), "why": visit.text("reason"),
        "rules": {
            **{name: number for name, number in numbers.items() if number is not None},
            **{name: name in rights for name, _ in RIGHTS},
        },
        "regime": {
            **{name: value for name, value in regime.items() if value}, "light_touch": bool(visit.text("light_touch")),
            "bank_holidays": [day for day in visit.text("bank_holidays").replace(",", " ").split() if day],
        },
    }  # fmt: skip
    days = {name: whole(visit, name, faults) for name in ("standstill_days", *(name for name, _ in DAY_FIELDS))}
    fields["regime"] |= {name: number for name, number in days.items() if number is not None}
    try:
        found = shape_of(PackShape, fields)
    except InputFaults as error:
        faults += error.faults
    if faults:
        raise InputFaults(faults)
    return found


def _questions(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "questions")
    return tender_page(
        visit, "tender_questions.html", opened, refused, questions=questions_of(opened.stored.lines),
        can_ask=opened.pack is not None and opened.opening is None and visit.may("tenders.write"),
    )  # fmt: skip


def _text_wanted(visit: Visit, name: str) -> TextShape:
    """A question or an answer, its faults under the field that it came from."""
    try:
        return shape_of(TextShape, {"text": visit.text(name)})
    except InputFaults as error:
        raise InputFaults([form_fault(name, fault.message) for fault in error.faults]) from error


def _reasoned(visit: Visit, kind: type[S], fields: dict[str, str], where: str = "") -> S:
    """A body with a reason, which the form has as `reason`: what is called `why` goes into the log of the service."""
    try:
        return shape_of(kind, {**fields, "why": visit.text(f"{where}reason")})
    except InputFaults as error:
        named = {"why": f"{where}reason"}
        raise InputFaults([form_fault(named.get(f.column, f.column), f.message) for f in error.faults]) from error


def _interests(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "interests")
    rows = [
        (
            opened.people_words((line.decision.person,)),
            ", ".join(opened.operator(one) for one in line.decision.operator_ids) or "None", line.decision.statement,
            "Declared" if line.decision.person in line.by else f"Reported by {opened.people_words(line.by)}",
            moment_words(line.at),
        )
        for line in opened.stored.lines if isinstance(line.decision, InterestDeclared)
    ]  # fmt: skip
    return tender_page(
        visit, "tender_interests.html", opened, refused,
        tables={"interests": Listed(title="Who has declared what", heads=_INTEREST_HEADS, rows=rows)},
        has_declared=visit.caller.name in declared_by(opened.stored.lines),
        operators=sorted(opened.name_by_operator_id.items(), key=lambda one: one[1]),
    )  # fmt: skip


def _bids(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "bids")
    opening, pack, lines = opened.opening, opened.pack, opened.stored.lines
    aside = [
        (opened.operator(one.operator_id), one.bid_id or "Everything it sent", one.sentence)
        for one in (opening.set_aside if opening else ())
    ]
    patterns = [
        (seen.screen.value.replace("_", " ").capitalize(), ", ".join(map(opened.operator, seen.operator_ids)),
         ", ".join(seen.lot_ids), seen.sentence)
        for seen in (opening.screens if opening else ())
    ]  # fmt: skip
    seen = [(line.why, opened.people_words(line.by), moment_words(line.at)) for line in lines
            if isinstance(line.decision, ScreensSeen)]  # fmt: skip
    overrides = [
        (line.decision.kind.value.replace("_", " ").capitalize(), line.decision.about, opened.people_words(line.by),
         line.why)
        for line in lines if isinstance(line.decision, Overridden)
    ]  # fmt: skip
    sent_by = opened.sent_by
    return tender_page(
        visit, "tender_bids.html", opened, refused, deadline=moment_words(pack.deadline) if pack else "",
        sent_by=opened.people_words((sent_by,)) if sent_by else "", is_mine=sent_by == visit.caller.name,
        has_declared=visit.caller.name in declared_by(lines), override_choices=OVERRIDE_CHOICES,
        opened_by=opened.people_words(opening.opened_by) if opening else "",
        thin=list(thin_lots(pack, opening.submissions)) if pack and opening else [],
        tables={
            **_prices(opened, pack, opening.submissions if opening else ()),
            "aside": Listed(title="Bids that are not compared", heads=("Operator", "What", "Why"), rows=aside),
            "patterns": Listed(title="Patterns in the bids", heads=_PATTERN_HEADS, rows=patterns),
            "seen": Listed(title="What was made of them", heads=("Judgement", "By", "When"), rows=seen),
            "overrides": Listed(
                title="Rules of the house set aside", heads=("Rule", "About", "By", "Why"), rows=overrides
            ),
        },
    )  # fmt: skip


def _prices(opened: OpenedTender, pack: TenderPack | None, submissions: tuple[Submission, ...]) -> dict[str, Listed]:
    """What each operator asks for each lot, and for several at once."""
    operators = (opened.operator(sent.operator_id) for sent in submissions)
    return {
        "matrix": Listed(
            title="Prices by lot and operator", heads=("Lot", "Should cost", *operators),
            rows=list(_matrix(pack, submissions)) if pack and submissions else [],
        ),
        "packages": Listed(
            title="Several lots at one price", heads=("Operator", "Lots", "Price a year", "Should-cost range"),
            rows=list(_packages(opened, pack, submissions)) if pack else [], numeric=(2,),
        ),
    }  # fmt: skip


def thin_lots(pack: TenderPack, submissions: tuple[Submission, ...]) -> Iterator[tuple[str, str]]:
    """Lots that nobody or only one operator offers, alone or with others, under what each is."""
    bidders = {
        lot.lot_id: {sent.operator_id for sent in submissions for bid in sent.bids if lot.lot_id in bid.lot_ids}
        for lot in pack.lots
    }
    for n, words in ((0, "Nobody offers"), (1, "One operator alone offers")):
        if lots := [lot_id for lot_id, names in bidders.items() if len(names) == n]:
            yield words, ", ".join(lots)


def _matrix(pack: TenderPack, submissions: tuple[Submission, ...]) -> Iterator[tuple[str, ...]]:
    """A row for each lot: its range, and every operator's best price for it alone with where that lies."""
    for lot in pack.lots:
        low, high = pounds(lot.low_pence, pennies=False), pounds(lot.high_pence, pennies=False)
        yield (lot.lot_id, f"{low} to {high}", *(_offer_words(lot, sent) for sent in submissions))


def _offer_words(lot: TenderLot, sent: Submission) -> str:
    alone = [bid.year_pence for bid in sent.bids if bid.lot_ids == (lot.lot_id,)]
    if alone:
        return f"{pounds(min(alone), pennies=False)}, {band_words(min(alone), (lot,))}"
    return "With others only" if any(lot.lot_id in bid.lot_ids for bid in sent.bids) else "–"


def _packages(
    opened: OpenedTender, pack: TenderPack, submissions: tuple[Submission, ...]
) -> Iterator[tuple[str, str, str, str]]:
    lot_by_id = {lot.lot_id: lot for lot in pack.lots}
    for bid in (bid for sent in submissions for bid in sent.bids if bid.is_package):
        lots = tuple(lot_by_id[lot_id] for lot_id in bid.lot_ids)
        price = pounds(bid.year_pence, pennies=False)
        yield opened.operator(bid.operator_id), ", ".join(bid.lot_ids), price, band_words(bid.year_pence, lots)
