"""Tables of plans that leave the service: asked for and seen, agreed to, fetched."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from api.auth.faults import NotAllowedError
from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.jobs import JobOut, job_json
from api.endpoints.shapes import After, Line, PageLimit, RecordIdPath, Shape, moment_text
from api.export_files import fetch, needs_job, start_export
from api.exporting import (
    N_PREVIEW,
    Wanted,
    approve,
    ask_export,
    list_exports,
    needs_second_person,
    read_export,
)
from api.idempotency import Answer, Once, do_once, once
from api.page_tables import Reader, reader_of
from api.settings import Settings
from api.store.jobs import read_job
from api.store.models import Export
from api.store.store import Work
from api.workbooks import XLSX_TYPE

router = APIRouter(prefix="/exports", tags=["exports"])

Exporter = Annotated[Asking, Depends(Requires(permission=Permission.EXPORTS_ASK))]
PlansRead = Annotated[Reader, Depends(reader_of)]
OnceOnly = Annotated[Once, Depends(once)]
Form = Annotated[str, Query(pattern="^(csv|xlsx|pdf|zip|geojson|)$")]
_CONTENT: dict[str, Any] = {
    kind: {} for kind in ("text/csv", XLSX_TYPE, "application/pdf", "application/zip", "application/geo+json")
}
ColumnName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class ExportShape(Shape):
    """What is to leave, for whom and what for."""

    plan_id: RecordIdPath
    table: Literal["stops", "passengers", "routes", "workbook", "map"] = Field(
        description="`workbook`: all tables of the plan; `map`: its GeoJSON", examples=["stops"]
    )
    columns: list[ColumnName] = Field(
        min_length=1, max_length=40, examples=[["route_id", "start_at"]],
        description="Only what the purpose needs; of workbook and map `everything`",
    )  # fmt: skip
    route_ids: list[RecordIdPath] = Field(default=[], max_length=1000, description="Empty: every route of the plan")
    recipient: Line = Field(description="One operator, school or office", examples=["Anyborough Cars, operator O1"])
    purpose: Line = Field(examples=["run sheets for September"])


class ExportOut(BaseModel):
    """An export."""

    export_id: str
    plan_id: str
    table: str
    columns: list[str]
    route_ids: list[str]
    recipient: str
    purpose: str
    n_children: int
    needs_second_person: bool
    needs_job: bool = Field(description="So large that a job must make its file: POST /exports/{id}/job")
    asked_by: str
    asked_at: str
    approved_by: str | None
    approved_at: str | None


class ExportAsked(ExportOut):
    """An export with its first rows, to be looked at before it leaves."""

    n_rows: int
    preview: list[list[str]]


class ExportPage(BaseModel):
    """A page of exports by id; `next` empty: the last one."""

    exports: list[ExportOut]
    next: str


@router.post("", status_code=201, response_model=ExportAsked)
def post_export(body: ExportShape, who: Exporter) -> dict[str, Any]:
    """Ask for a table to leave the service, and see what it would hold. Nothing leaves yet."""
    wanted = Wanted(
        plan_id=body.plan_id, table=body.table, columns=tuple(dict.fromkeys(body.columns)),
        route_ids=tuple(dict.fromkeys(body.route_ids)), recipient=body.recipient, purpose=body.purpose,
    )  # fmt: skip
    export, sheet = ask_export(who.store, who.caller, who.principal, wanted)
    preview = [list(row) for row in sheet.rows[:N_PREVIEW]]
    return {**_export_json(who.settings, export), "n_rows": len(sheet.rows), "preview": preview}


@router.get("", response_model=ExportPage)
def get_exports(who: Exporter, after: After = "", limit: PageLimit = 100) -> dict[str, Any]:
    """Exports by id, a page at a time."""
    with who.store.read() as session:
        found = list_exports(session, after=after, limit=limit)
    following = found[-1].export_id if len(found) == limit else ""
    return {"exports": [_export_json(who.settings, one) for one in found], "next": following}


@router.get("/{export_id}", response_model=ExportOut)
def get_export(export_id: RecordIdPath, who: Exporter) -> dict[str, Any]:
    """One export."""
    with who.store.read() as session:
        return _export_json(who.settings, read_export(session, export_id))


@router.post("/{export_id}/approve", response_model=ExportOut)
def post_approval(export_id: RecordIdPath, who: Exporter) -> dict[str, Any]:
    """Agree to somebody else's export; only a person can."""
    if who.principal.role is None:
        raise NotAllowedError("only a person may agree to an export")
    with who.store.change(who.caller) as work:
        return _export_json(who.settings, approve(work, export_id))


@router.post("/{export_id}/job", status_code=202, response_model=JobOut)
def post_export_job(export_id: RecordIdPath, who: Exporter, one: OnceOnly, form: Form = "") -> Response:
    """Have a worker make the file of a large export; then fetch it, within a day."""

    def do(work: Work) -> Answer:
        job_id = start_export(work, who.settings, who.principal, export_id, form)
        return Answer(status=202, body=job_json(read_job(work.session, work.cipher, job_id)))

    return do_once(who, one, do)


@router.get("/{export_id}/file", response_class=Response, responses={200: {"content": _CONTENT}})
def get_export_file(export_id: RecordIdPath, who: Exporter, reader: PlansRead, form: Form = "") -> Response:
    """Fetch the file: CSV or XLSX of a table, PDF or ZIP of a document, XLSX of the workbook, GeoJSON of the map.

    Above the set number of children only once a second person has agreed; a large one once a job has made it. Logged
    each time.
    """
    file = fetch(who.store, who.settings, who.caller, who.principal, export_id, form, reader)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.media_type, headers=headers)


def _export_json(settings: Settings, export: Export) -> dict[str, Any]:
    return {
        "export_id": export.export_id, "plan_id": export.plan_id, "table": export.table_name,
        "columns": export.column_names, "route_ids": export.route_ids, "recipient": export.recipient,
        "purpose": export.purpose, "n_children": export.n_children,
        "needs_second_person": needs_second_person(settings, export), "needs_job": needs_job(export),
        "asked_by": export.asked_by,
        "asked_at": moment_text(export.asked_at), "approved_by": export.approved_by,
        "approved_at": None if export.approved_at is None else moment_text(export.approved_at),
    }  # fmt: skip
