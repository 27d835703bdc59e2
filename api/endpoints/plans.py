"""Plans: plan, store, fetch, propose, record evidence, publish, roll back."""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.jobs import JobOut, job_json
from api.endpoints.passenger_upload import body_bytes
from api.endpoints.plan_jobs import PlanJobShape, start_plan
from api.endpoints.shapes import After, Line, PageLimit, RecordIdPath, Shape, moment_text
from api.endpoints.versions import version_seen
from api.export_files import require_may_take
from api.idempotency import Answer, Once, do_once, do_once_prepared, once
from api.problems import AskedWronglyError
from api.publishing import Request as PublishRequest
from api.publishing import publish, publish_checks, roll_back
from api.store.jobs import ask_job, read_job
from api.store.plans import (
    Evidence,
    SealedPlan,
    StoredPlan,
    add_plan,
    evidence_of,
    list_plans,
    propose,
    read_plan_file,
    read_stored_plan,
    record_evidence,
    seal_plan,
    standing_plans,
)
from api.store.store import Work
from api.upload import UNREADABLE, require_small
from transport.files.faults import Fault, InputFaults
from transport.files.plan_json import PlanFileError
from transport.files.travel_pairs import TravelFileError

router = APIRouter(prefix="/plans", tags=["plans"])

ZIP_TYPE, JSON_TYPE = "application/zip", "application/json"
_MOST_UNPACKED_BYTES = 400_000_000
_MOST_ENTRIES = 200
_TYPES = {
    "json": "application/json", "geojson": "application/geo+json", "csv": "text/csv", "pdf": "application/pdf",
    "html": "text/html", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip

Reader = Annotated[Asking, Depends(Requires(permission=Permission.PLANS_READ))]
FileReader = Annotated[Asking, Depends(Requires(permission=Permission.PLAN_FILES_TAKE))]
Writer = Annotated[Asking, Depends(Requires(permission=Permission.PLANS_WRITE))]
Publisher = Annotated[Asking, Depends(Requires(permission=Permission.PLANS_PUBLISH))]
OnceOnly = Annotated[Once, Depends(once)]
VersionSeen = Annotated[int, Depends(version_seen)]


class PlanOut(BaseModel):
    """A plan's head: what it costs and carries, and how far it has come."""

    plan_id: str
    version: int
    title: str
    status: Literal["draft", "proposed", "published", "superseded"]
    n_hard: int
    figures: dict[str, Any]
    school_ids: list[str]
    stored_at: str
    files: dict[str, int] = Field(description="Size in bytes by name; empty once they have been removed")


class PlanPage(BaseModel):
    """A page of plans by id; `next` empty: the last one."""

    plans: list[PlanOut]
    next: str


class EvidenceShape(Shape):
    """What a person judged."""

    kind: Literal["interim_arrangement", "co_travel", "trial_run", "street_sign_off"]
    about: RecordIdPath = Field(description="Passenger id for interim_arrangement, else route id", examples=["R014"])
    judged_by: Line = Field(description="Post, not a person's name", examples=["SEN transport officer"])
    judged_on: date = Field(examples=["2026-08-20"])
    ground: str = Field(
        min_length=1, max_length=2000, description="On what, in words that name nobody",
        examples=["risk assessments of 12 May"],
    )  # fmt: skip


class CheckOut(BaseModel):
    """A check before publishing."""

    name: str
    meaning: str
    passed: bool
    missing: list[str]
    can_override: bool


class PublishShape(Shape):
    """For whom and from when a plan is to hold."""

    starts_on: date = Field(examples=["2026-09-01"])
    school_ids: list[RecordIdPath] | None = Field(default=None, max_length=500, description="Empty: every school")
    override_reason: Line | None = Field(default=None, description="Why more families than the cap are disturbed")


class RollBackShape(Shape):
    """From when the plan before is to hold again."""

    starts_on: date = Field(examples=["2026-09-08"])


class BoundJobShape(Shape):
    """How long a bound is to be proven."""

    seconds: int = Field(default=120, ge=1, le=36_000, description="Of proof")
    n_rounds: int = Field(default=5, ge=1, le=100, description="What is proven is kept after each")


_POST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON_TYPE: {"schema": PlanJobShape.model_json_schema(), "example": {"title": "Autumn", "on": "2026-09-01"}},
            ZIP_TYPE: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "responses": {"202": {"description": "A job", "content": {JSON_TYPE: {"schema": JobOut.model_json_schema()}}}},
}


@router.post("", status_code=201, response_model=PlanOut, openapi_extra=_POST)
def post_plan(
    request: Request,
    who: Writer,
    one: OnceOnly,
    data: Annotated[bytes, Depends(body_bytes)],
    title: Annotated[Line | None, Query(description="Of a ZIP file's plan")] = None,
) -> Response:
    """Start a planning job (JSON; 202 with the job), or store a plan made elsewhere (ZIP; 201 with the draft).

    The job's plan is stored as a draft when it is done. A ZIP file holds a folder that `schoolrun plan` wrote, and
    needs `title`; the checker looks at it first.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if content_type == JSON_TYPE:
        return _start(who, one, data)
    if content_type != ZIP_TYPE:
        raise AskedWronglyError("wrong-type", f"must be {JSON_TYPE} or {ZIP_TYPE}")
    if title is None:
        raise _fault("needs the title, in the address", column="title")
    return _upload(who, one, data, title)


def _start(who: Asking, one: Once, data: bytes) -> Response:
    try:
        wanted = PlanJobShape.model_validate_json(data)
    except ValidationError as error:
        raise RequestValidationError(
            [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False)]
        ) from None

    def do(work: Work) -> Answer:
        job_id = start_plan(work, wanted)
        return Answer(status=202, body=job_json(read_job(work.session, work.cipher, job_id)))

    return do_once(who, one, do)


def _upload(who: Asking, one: Once, data: bytes, title: str) -> Response:
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        folder = Path(name)
        unpack(data, folder)

        def prepare() -> SealedPlan:
            try:
                return seal_plan(who.store.cipher, folder)
            except (FileNotFoundError, PlanFileError, TravelFileError) as error:
                raise _fault(str(error).replace(str(folder), "plan")) from None

        return do_once_prepared(
            who, one, prepare, lambda work, sealed: _answer(add_plan(work, sealed, title), status=201)
        )


@router.get("", response_model=PlanPage)
def get_plans(who: Reader, after: After = "", limit: PageLimit = 100) -> dict[str, Any]:
    """Plans by id, a page at a time."""
    with who.store.read() as session:
        found = list_plans(session, after=after, limit=limit)
    following = found[-1].plan_id if len(found) == limit else ""
    return {"plans": [plan_json(plan) for plan in found], "next": following}


@router.get("/standing", response_model=dict[str, str])
def get_standing(who: Reader) -> dict[str, str]:
    """Which plan holds for each school."""
    with who.store.read() as session:
        return standing_plans(session)


@router.get("/{plan_id}", response_model=PlanOut)
def get_plan(plan_id: RecordIdPath, who: Reader, response: Response) -> dict[str, Any]:
    """One plan's head."""
    with who.store.read() as session:
        plan = read_stored_plan(session, plan_id)
    response.headers["ETag"] = f'"{plan.version}"'
    return plan_json(plan)


@router.get("/{plan_id}/files/{name:path}")
def get_plan_file(plan_id: RecordIdPath, name: str, who: FileReader) -> Response:
    """A file of a plan: `plan.json`, `plan.geojson`, `plan.xlsx` and the others. Personal data; reading is logged.

    What people read leaves so only where it holds few children, and for those who may ask for exports; of a larger plan
    it is an export, for one recipient and purpose. What programs read is for keys, and for those who make plans.
    """
    with who.store.change(who.caller) as work:
        require_may_take(work.session, work.cipher, who.settings, who.principal, plan_id, name)
        data = read_plan_file(work.session, work.cipher, plan_id, name)
        work.log("read", "plan", plan_id, file=name)
    file_name = name.rpartition("/")[2]
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(data, media_type=_TYPES[file_name.rpartition(".")[2]], headers=headers)


@router.post("/{plan_id}/propose", response_model=PlanOut)
def propose_plan(plan_id: RecordIdPath, who: Writer, version: VersionSeen, one: OnceOnly) -> Response:
    """Put a draft forward, to be published."""
    return do_once(who, one, lambda work: _answer(propose(work, plan_id, expected_version=version)))


@router.post("/{plan_id}/bound", status_code=202, response_model=JobOut)
def prove_bound(plan_id: RecordIdPath, body: BoundJobShape, who: Writer, one: OnceOnly) -> Response:
    """Start a job that proves how much cheaper any plan could be; it is put into figures, certificate and report."""

    def do(work: Work) -> Answer:
        read_stored_plan(work.session, plan_id)
        job_id = ask_job(work, "bound", {**body.model_dump(), "plan_id": plan_id})
        return Answer(status=202, body=job_json(read_job(work.session, work.cipher, job_id)))

    return do_once(who, one, do)


@router.get("/{plan_id}/evidence", response_model=list[EvidenceShape])
def get_evidence(plan_id: RecordIdPath, who: Reader) -> list[Evidence]:
    """What was recorded about a plan."""
    with who.store.read() as session:
        read_stored_plan(session, plan_id)
        return evidence_of(session, who.store.cipher, plan_id)


@router.put("/{plan_id}/evidence", status_code=204)
def put_evidence(plan_id: RecordIdPath, body: EvidenceShape, who: Writer) -> None:
    """Record what a person judged; a second record about the same replaces the first."""
    said = Evidence(
        kind=body.kind, about=body.about, judged_by=body.judged_by, judged_on=body.judged_on, ground=body.ground
    )
    with who.store.change(who.caller) as work:
        record_evidence(work, plan_id, said)


@router.get("/{plan_id}/checks", response_model=list[CheckOut])
def get_checks(
    plan_id: RecordIdPath, who: Reader, school_id: Annotated[list[RecordIdPath] | None, Query(max_length=500)] = None
) -> list[dict[str, Any]]:
    """What stands between a plan and its publication, for some schools or all of the plan's."""
    with who.store.read() as session:
        checks = publish_checks(session, who.store.cipher, who.settings, plan_id, school_id or None)
    return [
        {"name": c.name, "meaning": c.meaning, "passed": c.passed, "missing": list(c.missing),
         "can_override": c.can_override}
        for c in checks
    ]  # fmt: skip


@router.post("/{plan_id}/publish", response_model=PlanOut)
def publish_plan(
    plan_id: RecordIdPath, body: PublishShape, who: Publisher, version: VersionSeen, one: OnceOnly
) -> Response:
    """Let a plan hold for some schools, once every check is passed."""
    wanted = PublishRequest(
        school_ids=None if body.school_ids is None else tuple(body.school_ids), starts_on=body.starts_on,
        override_reason=body.override_reason,
    )  # fmt: skip
    return do_once(
        who, one, lambda work: _answer(publish(work, who.settings, plan_id, wanted, expected_version=version))
    )


@router.post("/{plan_id}/roll-back", response_model=PlanOut)
def roll_back_plan(
    plan_id: RecordIdPath, body: RollBackShape, who: Publisher, version: VersionSeen, one: OnceOnly
) -> Response:
    """Let the plan that held before hold again."""
    return do_once(who, one, lambda work: _answer(roll_back(work, plan_id, body.starts_on, expected_version=version)))


def unpack(data: bytes, folder: Path) -> None:
    """Unpack a ZIP file that was sent into a folder, and nowhere else.

    Raises
    ------
    InputFaults
        When it is none, too large, or would write elsewhere.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            require_small(archive, _MOST_UNPACKED_BYTES)
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_ENTRIES:
                raise _fault(f"has {len(entries)} files; must have at most {_MOST_ENTRIES}")
            for entry in entries:
                _unpack_one(archive, entry, folder)
    except InputFaults:
        raise
    except UNREADABLE as error:
        raise _fault("cannot be opened as a ZIP file; it may be damaged or locked by a password") from error


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = (folder / entry.filename).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise _fault("holds a file that would lie outside its folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(archive.read(entry))


def _fault(message: str, *, column: str = "") -> InputFaults:
    return InputFaults([Fault(file="plan", row=None, column=column, value="", message=message)])


def _answer(plan: StoredPlan, *, status: int = 200) -> Answer:
    return Answer(status=status, body=plan_json(plan), etag=plan.version)


def plan_json(plan: StoredPlan) -> dict[str, Any]:
    """A plan's head as the API tells it."""
    return {
        "plan_id": plan.plan_id, "version": plan.version, "title": plan.title, "status": plan.status,
        "n_hard": plan.n_hard, "figures": dict(plan.figures), "school_ids": list(plan.school_ids),
        "stored_at": moment_text(plan.stored_at), "files": dict(plan.files),
    }  # fmt: skip
