"""Long steps of a tender, as jobs that who reads tenders can read: the comparison of every cut, and the award."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from sqlalchemy.orm import Session

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.jobs import JobOut, job_json
from api.endpoints.plans import OnceOnly, VersionSeen
from api.endpoints.shapes import RecordIdPath, Shape
from api.endpoints.tender_steps import require_person, require_version, signed, told
from api.idempotency import Answer, Once, do_once_prepared
from api.store.cipher import Cipher
from api.store.faults import NotAllowedYetError, NotInStoreError
from api.store.jobs import (
    ASKED,
    AWARD,
    CUTS,
    TENDER_KINDS,
    StoredJob,
    ask_job,
    cancel_job,
    list_jobs,
    read_job,
    save_file,
)
from api.store.plans import read_stored_plan
from api.store.store import Work
from api.store.tenders import folder_of, read_tender
from procurement.lot_design import LotLimits

router = APIRouter(prefix="/tenders", tags=["tenders"])

Reader = Annotated[Asking, Depends(Requires(permission=Permission.TENDERS_READ))]
Writer = Annotated[Asking, Depends(Requires(permission=Permission.TENDERS_WRITE))]

N_MARKETS = 3
"""Invented markets on which the cuts of a plan are compared (ours)."""
AWARD_SECONDS, EXPLAIN_SECONDS = 60, 600


class LimitsShape(Shape):
    """How large lots may be, and whether routes of the fleet are among them."""

    max_routes: int | None = Field(default=None, ge=1, le=10_000)
    max_metres_a_day: int | None = Field(default=None, ge=1, le=100_000_000)
    max_year_pence: int | None = Field(default=None, ge=1, le=100_000_000_000)
    fleet_too: bool = False

    @property
    def limits(self) -> LotLimits:
        """As the engine takes them."""
        return LotLimits(
            max_routes=self.max_routes, max_metres_a_day=self.max_metres_a_day, max_year_pence=self.max_year_pence
        )


class ComparisonShape(LimitsShape):
    """Which plan is to be cut in every way, within which limits."""

    plan_id: RecordIdPath
    tender_id: RecordIdPath | None = Field(
        default=None, description="A tender of the plan: contracts that it extends are left out"
    )
    n_markets: int = Field(default=N_MARKETS, ge=1, le=30, description="Invented markets, each awarded for every cut")


class AwardShape(Shape):
    """What the award is to rest on, besides the bids, and for how long it is looked for."""

    pack_digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="Digest that was published with the pack")
    quality: dict[RecordIdPath, Annotated[int, Field(ge=0, le=100)]] = Field(default={}, max_length=500)
    full_cost: bool = Field(default=False, description="Count lease and depot of fleet vehicles too")
    seconds: int = Field(default=AWARD_SECONDS, ge=1, le=3_600, description="For the award; then the gap is told")
    explain_seconds: int = Field(
        default=EXPLAIN_SECONDS,
        ge=1,
        le=36_000,
        description="For the reasons; those of winners and rules come first, and up to 150 lots in any case",
    )
    why: Annotated[str, Field(max_length=2_000, description="Why, for the record; names no child")] = ""


@router.post("/comparisons", status_code=202, response_model=JobOut)
def post_comparison(body: ComparisonShape, who: Writer, one: OnceOnly) -> Response:
    """Ask what every cut of a plan would come to; a tender's lots can then name the comparison for the record."""

    def do(work: Work, _: None) -> Answer:
        title = read_stored_plan(work.session, body.plan_id).title
        if body.tender_id is not None:
            _require_of(work, body.tender_id, body.plan_id)
        return _asked(work, CUTS, {**body.model_dump(mode="json"), "title": title})

    return do_once_prepared(who, one, lambda: None, do)


def _require_of(work: Work, tender_id: str, plan_id: str) -> None:
    if read_tender(work.session, work.cipher, tender_id).plan_id != plan_id:
        raise NotAllowedYetError(f"tender {tender_id}: is of another plan than {plan_id}")


@router.get("/comparisons/{job_id}", response_model=JobOut)
def get_comparison(job_id: RecordIdPath, who: Reader) -> dict[str, Any]:
    """A comparison: how far it is, or `progress.designs`, what each cut came to."""
    return job_json(comparison_of(who, job_id))


def comparison_of(who: Asking, job_id: str) -> StoredJob:
    """A comparison of cuts.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    with who.store.read() as session:
        job = read_job(session, who.store.cipher, job_id)
    if job.kind != CUTS:
        raise NotInStoreError(f"comparison {job_id}: no such comparison")
    return job


def compared_words(who: Asking, job_id: str | None, plan_id: str, cut: LimitsShape) -> tuple[str, ...]:
    """What a comparison found of every cut, in sentences for the record of lots that rest on it.

    Parameters
    ----------
    job_id : None: there is none, and nothing is said.
    plan_id, cut : the plan, limits and whether fleet routes are in, which must be those of the comparison.

    Raises
    ------
    NotAllowedYetError
        When it has not ended, or compared something else.
    NotInStoreError
        When there is none.
    """
    if job_id is None:
        return ()
    job = comparison_of(who, job_id)
    designs = job.progress.get("designs")
    if not designs:
        raise NotAllowedYetError(f"comparison {job_id}: is {job.state}, and has no figures")
    asked = {"plan_id": plan_id, **cut.model_dump(include=set(LimitsShape.model_fields))}
    others = [name for name, value in asked.items() if job.wanted[name] != value]
    if others:
        raise NotAllowedYetError(f"comparison {job_id}: was made with another {', '.join(others)}")
    return tuple(design["said"] for design in designs)


@router.post("/{tender_id}/award", status_code=202, response_model=JobOut)
def post_award(
    tender_id: RecordIdPath, body: AwardShape, who: Writer, version: VersionSeen, one: OnceOnly
) -> Response:  # fmt: skip
    """Ask for the award, evaluated by you: a job finds it, with proof or a stated gap, and works out the reasons."""
    require_person(who)
    return ask_award(who, one, tender_id, version, body)


def ask_award(who: Asking, one: Once, tender_id: str, version: int, body: AwardShape) -> Response:
    """Ask for an award; what would refuse it in any case is said at once.

    Raises
    ------
    NotAllowedYetError
        When the record or the published digest refuses it, or an award of the tender is being worked out.
    StaleWriteError
        When another version of the tender stands.
    """
    from api.tender_award import require_ready

    def prepare() -> str:
        tender = require_version(who, tender_id, version)
        with folder_of(who.store, tender_id) as folder, told(folder):
            require_ready(folder, signed(who, body.why), body.pack_digest)
        return tender.title

    def do(work: Work, title: str) -> Answer:
        if any(not job.is_over for job in jobs_of_tender(work.session, work.cipher, tender_id)):
            raise NotAllowedYetError(f"tender {tender_id}: an award is being worked out")
        wanted = {"tender_id": tender_id, "version": version, "title": title} | body.model_dump(
            include={"full_cost", "seconds", "explain_seconds"}
        )
        asked = body.model_dump(include={"pack_digest", "quality", "why"})
        return _asked(work, AWARD, wanted, asked)

    return do_once_prepared(who, one, prepare, do)


def _asked(work: Work, kind: str, wanted: dict[str, Any], asked: dict[str, Any] | None = None) -> Answer:
    job_id = ask_job(work, kind, {**wanted, "n_rounds": 1})
    if asked is not None:
        save_file(work, job_id, ASKED, json.dumps(asked).encode())
    return Answer(status=202, body=job_json(read_job(work.session, work.cipher, job_id)))


@router.get("/{tender_id}/jobs", response_model=list[JobOut])
def get_tender_jobs(tender_id: RecordIdPath, who: Reader) -> list[dict[str, Any]]:
    """Awards of a tender that were asked for, the newest first: how far they are, why one failed."""
    with who.store.read() as session:
        found = jobs_of_tender(session, who.store.cipher, tender_id)
    return [job_json(job) for job in found]


@router.post("/jobs/{job_id}/cancel", status_code=202, response_model=JobOut)
def post_tender_cancel(job_id: RecordIdPath, who: Writer) -> dict[str, Any]:
    """End a comparison or an award that is being worked out; nothing of it is stored."""
    with who.store.change(who.caller) as work:
        if read_job(work.session, work.cipher, job_id).kind not in TENDER_KINDS:
            raise NotInStoreError(f"job {job_id}: is none of a tender")
        cancel_job(work, job_id)
        return job_json(read_job(work.session, work.cipher, job_id))


def jobs_of_tender(session: Session, cipher: Cipher, tender_id: str) -> list[StoredJob]:
    """Awards of a tender that were asked for, the newest first."""
    own = [job for job in list_jobs(session, cipher, kinds=[AWARD]) if job.wanted["tender_id"] == tender_id]
    return sorted(own, key=lambda job: job.asked_at, reverse=True)
