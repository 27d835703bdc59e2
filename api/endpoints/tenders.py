"""Tenders: lots of a stored plan, pack, questions, interests, bids that two people open, award, letters, register."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.passenger_upload import body_bytes
from api.endpoints.plans import ZIP_TYPE, OnceOnly, VersionSeen, unpack
from api.endpoints.quotes import Plans
from api.endpoints.shapes import After, Line, PageLimit, RecordIdPath, Shape
from api.endpoints.tender_jobs import LimitsShape, compared_words
from api.endpoints.tender_steps import Desk, Step, begin, line_json, require_person, signed, take_step, tender_json
from api.idempotency import Once
from api.open_plans import OpenPlans
from api.problems import AskedWronglyError
from api.store.faults import NotAllowedYetError, NotInStoreError
from api.store.tenders import StoredTender, list_tenders, read_tender, read_tender_file
from api.tender_files import BIDS_FOLDER, OPENING_FILE, PACK_FILE, PACK_FOLDER, TERMS_FILE, read_pack
from api.tender_log import Signed
from procurement.lot_design import Cut
from procurement.record import OverrideKind

router = APIRouter(prefix="/tenders", tags=["tenders"])

Reader = Annotated[Asking, Depends(Requires(permission=Permission.TENDERS_READ))]
Writer = Annotated[Asking, Depends(Requires(permission=Permission.TENDERS_WRITE))]
Words = Annotated[str, Field(min_length=1, max_length=4_000, description="Words that name no child")]
Why = Annotated[str, Field(max_length=2_000, description="Why, for the record; names no child")]
OperatorId = RecordIdPath
SENT_FILE = "bids_sent.json"


class TenderOut(BaseModel):
    """A tender: how far it has come."""

    tender_id: str
    version: int
    plan_id: str
    title: str
    made_at: str
    made_by: str
    steps: list[str] = Field(description="Every decision so far, in order")
    files: dict[str, int] = Field(description="Size in bytes by name; bids as they were sent in cannot be fetched")


class TenderPage(BaseModel):
    """A page of tenders by id; `next` empty: the last one."""

    tenders: list[TenderOut]
    next: str


class LineOut(BaseModel):
    """A line of a tender's record; its hash covers all of it and the line before."""

    line: int
    at: str
    by: list[str]
    why: str
    step: str
    said: dict[str, Any]
    hash: str


class QuestionOut(BaseModel):
    """A question and its answer, as they go to all operators."""

    question_id: str
    text: str
    answer: str


class StepOut(BaseModel):
    """A step of the timetable."""

    on: date
    what: str


class CutShape(LimitsShape):
    """How a plan is to be cut."""

    cut: Cut = Cut.ROUTE
    comparison_id: RecordIdPath | None = Field(default=None, description="Comparison of cuts, for the record")
    why: Words


class LotsShape(CutShape):
    """How a tender's plan is to be cut at first."""

    plan_id: RecordIdPath
    title: Line = Field(examples=["Home to school transport 2026"])


class PackShape(Shape):
    """What goes out."""

    pack_id: RecordIdPath = Field(examples=["T1"])
    pack_version: int = Field(default=1, ge=1, le=999, description="One higher for an amendment")
    title: Line
    buyer: Line
    deadline: datetime = Field(description="Local time of the regime's zone", examples=["2026-03-20T15:00"])
    starts_on: date
    ends_on: date
    tie_seed: int = Field(ge=0, le=1_000_000_000)
    ocid: Line = "ocds-unset"
    rules: dict[str, Any] = Field(default={}, description="What differs from least price; see docs/procurement.md")
    regime: dict[str, Any] = Field(default={}, description="Law, system, standstill, days")
    why: Why = ""


class TextShape(Shape):
    """A question, or an answer."""

    text: Words = Field(examples=["May a lot be driven by two smaller vehicles?"])


class InterestShape(Shape):
    """In which operators somebody has an interest; none: no interest."""

    person: Annotated[str, Field(pattern=r"^account/[A-Za-z0-9_.-]{1,64}$")] | None = Field(
        default=None, description="Somebody else: then it is a report. Empty: yourself"
    )
    operator_ids: list[OperatorId] = Field(default=[], max_length=500)
    statement: Words = Field(examples=["I have no interest in any operator."])


class OverrideShape(Shape):
    """A rule of the house set aside in one case."""

    kind: OverrideKind
    about: Line = Field(description="PERSON:OPERATOR, operator, or lot", examples=["LOT3"])
    why: Words = Field(examples=["The school moves in May."])


class WhyShape(Shape):
    """What somebody made of it."""

    why: Words = Field(examples=["Looked at with the auditor; nothing points to an agreement."])


class LettersShape(Shape):
    """When operators are told, and by whom."""

    told_on: date
    contact: str = Field(default="", max_length=500)
    law_reference: str | None = Field(
        default=None,
        max_length=200,
        description="Provision under which operators are told; null: that of the law; empty: none is named",
    )
    quality_reasons: dict[OperatorId, Annotated[str, Field(max_length=2000)]] = Field(
        default={}, max_length=500, description="By operator, why its quality was scored so"
    )
    why: Why = ""


class RegisterShape(Shape):
    """Who is responsible for the contracts."""

    department: Line
    review_on: date | None = None
    why: Why = ""


@router.get("", response_model=TenderPage)
def get_tenders(who: Reader, after: After = "", limit: PageLimit = 100) -> dict[str, Any]:
    """Tenders by id, a page at a time."""
    with who.store.read() as session:
        found = list_tenders(session, who.store.cipher, after=after, limit=limit)
    following = found[-1].tender_id if len(found) == limit else ""
    return {"tenders": [tender_json(tender) for tender in found], "next": following}


@router.post("", status_code=201, response_model=TenderOut)
def post_tender(body: LotsShape, who: Writer, one: OnceOnly, plans: Plans) -> Response:
    """Cut a stored plan into lots, with what each should cost."""
    return begin(who, one, plans, body.plan_id, body.title, cut_step(who, body.plan_id, body))


def cut_step(who: Asking, plan_id: str, body: CutShape) -> Step:
    """The step that cuts a plan into lots.

    Raises
    ------
    NotAllowedYetError, NotInStoreError
        When the comparison that it names is none of these lots, see `compared_words`.
    """
    from api.tender_pack import make_lots

    compared = compared_words(who, body.comparison_id, plan_id, body)

    def step(desk: Desk) -> None:
        travel = desk.travel() if body.fleet_too else desk.given.pairs
        make_lots(
            desk.given, travel, desk.folder, signed(who, body.why), cut=body.cut, limits=body.limits,
            fleet_too=body.fleet_too, compared=compared,
        )  # fmt: skip

    return step


@router.get("/{tender_id}", response_model=TenderOut)
def get_tender(tender_id: RecordIdPath, who: Reader, response: Response) -> dict[str, Any]:
    """One tender."""
    tender = _read(who, tender_id)
    response.headers["ETag"] = f'"{tender.version}"'
    return tender_json(tender)


@router.get("/{tender_id}/record", response_model=list[LineOut])
def get_record(tender_id: RecordIdPath, who: Reader) -> list[dict[str, Any]]:
    """Every decision: who, when, what, why, each line with the hash of the one before."""
    return [line_json(line) for line in _read(who, tender_id).lines]


@router.get("/{tender_id}/files/{name:path}")
def get_tender_file(tender_id: RecordIdPath, name: str, who: Reader) -> Response:
    """A file: of the pack, the award, the letters, the register, the evidence. Reading is logged."""
    if name.startswith((f"{BIDS_FOLDER}/", SENT_FILE)):
        raise NotInStoreError(f"tender {tender_id}: bids are read by the import alone")
    with who.store.change(who.caller) as work:
        data = read_tender_file(work.session, work.cipher, tender_id, name)
        work.log("read", "tender", tender_id, file=name)
    headers = {"Content-Disposition": f'attachment; filename="{name.rpartition("/")[2]}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/{tender_id}/timetable", response_model=list[StepOut])
def get_timetable(tender_id: RecordIdPath, who: Reader) -> list[dict[str, Any]]:
    """Latest dates of each step, worked back from the first day of the contracts."""
    import tempfile
    from pathlib import Path

    from api.tender_files import read_terms
    from procurement.regime import timetable

    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        folder = Path(name)
        (folder / PACK_FOLDER).mkdir()
        with who.store.read() as session:
            for file in (TERMS_FILE, f"{PACK_FOLDER}/{PACK_FILE}"):
                (folder / file).write_bytes(read_tender_file(session, who.store.cipher, tender_id, file))
        steps = timetable(read_terms(folder).regime, read_pack(folder).starts_on)
    return [{"on": step.on, "what": step.what} for step in steps]


@router.post("/{tender_id}/pack", response_model=TenderOut)
def post_pack(
    tender_id: RecordIdPath, body: PackShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Issue the pack, or an amended one; refused where it could identify a child."""
    from api.tender_pack import PackRequest, make_pack, regime_of, rules_of

    def step(desk: Desk) -> None:
        request = PackRequest(
            pack_id=body.pack_id, version=body.pack_version, title=body.title, buyer=body.buyer,
            rules=rules_of(body.rules, body.tie_seed), regime=regime_of(body.regime),
            deadline=body.deadline.replace(tzinfo=None), starts_on=body.starts_on, ends_on=body.ends_on,
            ocid=body.ocid,
        )  # fmt: skip
        make_pack(desk.given, desk.folder, request, signed(who, body.why))

    return take_step(who, one, plans, tender_id, version, step)


@router.get("/{tender_id}/questions", response_model=list[QuestionOut])
def get_questions(tender_id: RecordIdPath, who: Reader) -> list[dict[str, Any]]:
    """Questions and answers, as they go to all operators."""
    from procurement.integrity import questions_of

    found = questions_of(_read(who, tender_id).lines)
    return [{"question_id": q.question_id, "text": q.text, "answer": q.answer} for q in found]


@router.post("/{tender_id}/questions", response_model=TenderOut)
def post_question(
    tender_id: RecordIdPath, body: TextShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Take down a question, without who asked; it goes to all."""
    from api.tender_record import ask

    def step(desk: Desk) -> None:
        ask(desk.given.scenario, desk.folder, body.text, signed(who))

    return take_step(who, one, plans, tender_id, version, step)


@router.post("/{tender_id}/questions/{question_id}/answer", response_model=TenderOut)
def post_answer(
    tender_id: RecordIdPath, question_id: RecordIdPath, body: TextShape, who: Writer, version: VersionSeen,
    one: OnceOnly, plans: Plans,
) -> Response:  # fmt: skip
    """Answer a question, to all; a second answer corrects the first."""
    from api.tender_record import answer

    def step(desk: Desk) -> None:
        answer(desk.given.scenario, desk.folder, question_id, body.text, signed(who))

    return take_step(who, one, plans, tender_id, version, step)


@router.post("/{tender_id}/interests", response_model=TenderOut)
def post_interest(
    tender_id: RecordIdPath, body: InterestShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Declare your interests, or that you have none; or report somebody else's."""
    from api.tender_record import declare_interest

    def step(desk: Desk) -> None:
        person = body.person or who.caller.name
        declare_interest(desk.folder, person, body.operator_ids, body.statement, signed(who), desk.given.scenario)

    return take_step(who, one, plans, tender_id, version, step)


@router.post("/{tender_id}/overrides", response_model=TenderOut)
def post_override(
    tender_id: RecordIdPath, body: OverrideShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Set a rule of the house aside in one case, with a reason; only a person can."""
    from api.tender_record import override

    require_person(who)

    def step(desk: Desk) -> None:
        override(desk.folder, body.kind, body.about, signed(who, body.why))

    return take_step(who, one, plans, tender_id, version, step)


@router.post("/{tender_id}/bids", response_model=TenderOut, openapi_extra={
    "requestBody": {"required": True, "content": {ZIP_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
})  # fmt: skip
def post_bids(
    tender_id: RecordIdPath, request: Request, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans,
    data: Annotated[bytes, Depends(body_bytes)],
) -> Response:  # fmt: skip
    """Hand in what the portal took in: schedules and `received.csv` as ZIP. Somebody else opens them with you."""
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != ZIP_TYPE:
        raise AskedWronglyError("wrong-type", f"must be {ZIP_TYPE}")
    return hand_in(who, one, plans, tender_id, version, data)


def hand_in(who: Asking, one: Once, plans: OpenPlans, tender_id: str, version: int, data: bytes) -> Response:
    """Take what the portal took in, a ZIP file; only after the deadline, and from a person."""
    require_person(who)

    def step(desk: Desk) -> None:
        _require_closed(desk)
        (desk.folder / BIDS_FOLDER).mkdir(exist_ok=True)
        unpack(data, desk.folder / BIDS_FOLDER)
        (desk.folder / SENT_FILE).write_text(json.dumps({"by": who.caller.name}), encoding="utf-8")

    return take_step(who, one, plans, tender_id, version, step)


def _require_closed(desk: Desk) -> None:
    pack = read_pack(desk.folder)
    if datetime.now(UTC) < pack.deadline:
        raise NotAllowedYetError(f"bids close at {pack.deadline.isoformat()}; they are not handed in before")
    if (desk.folder / OPENING_FILE).exists():
        raise NotAllowedYetError("bids have been opened")


@router.post("/{tender_id}/opening", response_model=TenderOut)
def post_opening(
    tender_id: RecordIdPath, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:  # fmt: skip
    """Open the bids together with whoever handed them in: all are imported, or none, with every fault."""
    from api.tender_award import open_bids

    require_person(who)

    def step(desk: Desk) -> None:
        path = desk.folder / SENT_FILE
        if not path.exists():
            raise NotAllowedYetError("nobody has handed in the bids")
        first = str(json.loads(path.read_text(encoding="utf-8"))["by"])
        if first == who.caller.name:
            raise NotAllowedYetError("bids are opened by two people: somebody else must open them with you")
        open_bids(desk.given, desk.folder, Signed(by=(first, who.caller.name)))

    return take_step(who, one, plans, tender_id, version, step)


@router.post("/{tender_id}/screens-seen", response_model=TenderOut)
def post_screens_seen(
    tender_id: RecordIdPath, body: WhyShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Record that somebody looked at the patterns in the bids, and what they made of them."""
    from api.tender_record import see_screens

    def step(desk: Desk) -> None:
        see_screens(desk.folder, signed(who, body.why))

    return take_step(who, one, plans, tender_id, version, step)


@router.post("/{tender_id}/letters", response_model=TenderOut)
def post_letters(
    tender_id: RecordIdPath, body: LettersShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Write award and regret letters with assessment summaries, from the templates of the tender or schoolrun's."""
    from api.tender_letters import LetterRequest, read_reasons, write_letters

    def step(desk: Desk) -> None:
        names = {operator.operator_id: operator.name for operator in desk.given.scenario.operators}
        request = LetterRequest(
            told_on=body.told_on, contact=body.contact, law_reference=body.law_reference,
            quality_reasons=read_reasons(body.quality_reasons, list(names)),
        )  # fmt: skip
        write_letters(desk.folder, request, signed(who, body.why), names)

    return take_step(who, one, plans, tender_id, version, step)


@router.post("/{tender_id}/register", response_model=TenderOut)
def post_register(
    tender_id: RecordIdPath, body: RegisterShape, who: Writer, version: VersionSeen, one: OnceOnly, plans: Plans
) -> Response:
    """Write contracts for the register, the award notice, and what the plan costs now."""
    from api.tender_log import read_log
    from api.tender_register import write_register
    from procurement.integrity import has_fleet_lots

    def step(desk: Desk) -> None:
        rules = read_pack(desk.folder).rules
        needs_roads = rules.fleet_reserved or rules.extensions_reserved or has_fleet_lots(read_log(desk.folder))
        travel = desk.travel() if needs_roads else desk.given.pairs
        write_register(
            desk.given, desk.folder, travel, signed(who, body.why), department=body.department,
            review_on=body.review_on,
        )  # fmt: skip

    return take_step(who, one, plans, tender_id, version, step)


def _read(who: Asking, tender_id: str) -> StoredTender:
    with who.store.read() as session:
        return read_tender(session, who.store.cipher, tender_id)
