"""Bulk upload of passengers: all or nothing, with every fault by row."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.idempotency import Answer, Once, do_once, once
from api.problems import AskedWronglyError
from api.store.passengers import save_all
from api.store.store import Work
from api.upload import CSV_TYPE, XLSX_TYPE, named_for_people, read_upload
from transport.files.faults import InputFaults

router = APIRouter(prefix="/passengers", tags=["passengers"])

_EXAMPLE = (
    "source,external_id,given_name,family_name,school_id,phase,postcode,pa_need\n"
    "mosaic,4477,Robin,Example,S01,primary,B66 3NX,shared\n"
)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            CSV_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE},
            XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class UploadedRow(BaseModel):
    """What became of one row."""

    row: int
    passenger_id: str
    version: int
    is_new: bool


class Uploaded(BaseModel):
    """What became of an upload."""

    n_created: int
    n_updated: int
    passengers: list[UploadedRow]


async def body_bytes(request: Request) -> bytes:
    """Dependency: the body as it came."""
    return await request.body()


@router.post("/bulk", response_model=Uploaded, openapi_extra=_BODY)
def upload_passengers(
    request: Request,
    who: Annotated[Asking, Depends(Requires(permission=Permission.PASSENGERS_WRITE))],
    one: Annotated[Once, Depends(once)],
    data: Annotated[bytes, Depends(body_bytes)],
) -> Response:
    """Create or update many passengers from a CSV file or a workbook: all of them, or none.

    Columns are those of `passengers.csv` without `passenger_id`, personal details, `starts_on`, `ends_on`, and
    `source` with `external_id`: a passenger whom these name is updated, every other one is new.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if content_type not in (CSV_TYPE, XLSX_TYPE):
        raise AskedWronglyError("wrong-type", f"must be {CSV_TYPE} or {XLSX_TYPE}")
    upload = read_upload(data, content_type)

    def do(work: Work) -> Answer:
        try:
            saved = save_all(work, upload.drafts, upload.row_numbers)
        except InputFaults as found:
            raise named_for_people(found) from None
        rows = [
            {"row": number, "passenger_id": stored.record_id, "version": stored.version, "is_new": is_new}
            for number, (stored, is_new) in zip(upload.row_numbers, saved, strict=True)
        ]
        n_created = sum(is_new for _, is_new in saved)
        return Answer(status=200, body={"n_created": n_created, "n_updated": len(rows) - n_created, "passengers": rows})

    return do_once(who, one, do)
