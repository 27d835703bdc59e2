"""Passengers: create, update, leave, look up, search; their personal details apart."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, create_model

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.shapes import (
    After,
    ExternalIds,
    Page,
    PageLimit,
    RecordIdPath,
    RecordOut,
    Shape,
    details_shape,
    example_row,
    parts_fields,
    record_answer,
)
from api.endpoints.versions import version_seen
from api.idempotency import Answer, Once, do_once, once
from api.store.details import FIELDS, details_of, duplicates_of, ids_of_detail, names_like
from api.store.passengers import (
    PASSENGER,
    PassengerDraft,
    leave,
    new_passenger_id,
    read_passenger,
    save_passenger,
)
from api.store.records import Filter, Stored, history_of, id_of_external, list_records
from api.store.store import Work
from transport.passengers import Status

router = APIRouter(prefix="/passengers", tags=["passengers"])

Reader = Annotated[Asking, Depends(Requires(permission=Permission.PASSENGERS_READ))]
Writer = Annotated[Asking, Depends(Requires(permission=Permission.PASSENGERS_WRITE))]
DetailsReader = Annotated[Asking, Depends(Requires(permission=Permission.DETAILS_READ))]
OnceOnly = Annotated[Once, Depends(once)]
VersionSeen = Annotated[int, Depends(version_seen)]

PassengerIn: type[Any] = create_model(
    "Passenger",
    __base__=Shape,
    **parts_fields(PASSENGER),
    starts_on=(date | None, Field(default=None, description="First day of travel", examples=["2027-01-05"])),
    ends_on=(date | None, Field(default=None, description="Last day of travel")),
    external_ids=(ExternalIds, Field(default={})),
    details=(details_shape(), Field(default={}, description="Kept apart and encrypted", validate_default=True)),
)
_EXAMPLE: Any = {
    "row": {**example_row("passengers", without="passenger_id"), "phase": "primary", "postcode": "B66 3NX",
            "mobility": "walks_on", "pa_need": "shared"},
    "starts_on": "2027-01-05",
    "external_ids": {"mosaic": "4477"},
    "details": {field.name: field.example for field in FIELDS},
}  # fmt: skip
PassengerIn.model_config["json_schema_extra"] = {"examples": [_EXAMPLE]}
PassengerIn.model_rebuild(force=True)


class Leaving(Shape):
    """The last day of travel."""

    last_day: date = Field(examples=["2027-07-20"])


class LookUp(Shape):
    """A whole value that names a passenger. In the body, so that it stands in no address and no log."""

    field: Literal["external_id", "upn", "uprn", "family_name"] = Field(examples=["external_id"])
    value: str = Field(min_length=1, max_length=200, examples=["4477"])
    source: str = Field(default="", max_length=40, description="System, for external_id", examples=["mosaic"])


class NamePart(Shape):
    """Part of a name."""

    part: str = Field(min_length=2, max_length=100, examples=["exam"])
    limit: int = Field(default=20, ge=1, le=100)


class Found(BaseModel):
    """Passengers who were found."""

    passenger_ids: list[str]


class NameFound(BaseModel):
    """A passenger whose name holds the part."""

    passenger_id: str
    name: str


class DuplicatesOut(BaseModel):
    """Passengers who may be one and the same."""

    passenger_ids: list[str]
    reason: str


@router.post("", status_code=201, response_model=RecordOut)
def create_passenger(body: PassengerIn, who: Writer, one: OnceOnly) -> Response:
    """Make a new passenger; the id is a random pseudonym."""

    def do(work: Work) -> Answer:
        stored = save_passenger(work, new_passenger_id(), _draft_of(body), expected_version=0)
        return _answer(stored, status=201)

    return do_once(who, one, do)


@router.get("", response_model=Page)
def list_passengers(
    who: Reader,
    after: After = "",
    limit: PageLimit = 100,
    school_id: str | None = None,
    status: Status | None = None,
    in_force_on: date | None = None,
) -> dict[str, Any]:
    """Passengers by id, a page at a time. Reading is logged."""
    wanted = Filter(after=after, limit=limit, school_id=school_id, status=status, in_force_on=in_force_on)
    with who.store.change(who.caller) as work:
        found = list_records(work.session, work.cipher, PASSENGER, wanted)
        work.log("read", "passenger", "list", ids=[stored.record_id for stored in found])
    following = found[-1].record_id if len(found) == limit else ""
    return {"records": [record_answer(stored) for stored in found], "next": following}


@router.post("/look-up", response_model=Found)
def look_up(body: LookUp, who: DetailsReader) -> Found:
    """Find a passenger by a whole value: external id, UPN, UPRN or family name. Logged."""
    with who.store.change(who.caller) as work:
        if body.field == "external_id":
            found = id_of_external(work.session, work.cipher, PASSENGER, body.source, body.value)
            ids = [found] if found else []
        else:
            ids = ids_of_detail(work.session, work.cipher, body.field, body.value)
        work.log("look_up", "passenger", "list", field=body.field, ids=ids)
    return Found(passenger_ids=ids)


@router.post("/search", response_model=list[NameFound])
def search_names(body: NamePart, who: DetailsReader) -> list[NameFound]:
    """Find passengers by part of their name. Names are decrypted in memory; the search is logged, its words are not."""
    with who.store.change(who.caller) as work:
        names = names_like(work.session, work.cipher, body.part, body.limit)
        work.log("search", "passenger", "list", field="name", ids=list(names))
    return [NameFound(passenger_id=passenger_id, name=name) for passenger_id, name in names.items()]


@router.get("/duplicates", response_model=list[DuplicatesOut])
def list_duplicates(who: DetailsReader) -> list[DuplicatesOut]:
    """Passengers who may be one and the same: same UPN, or same name and home. Logged."""
    with who.store.change(who.caller) as work:
        found = duplicates_of(work.session, work.cipher)
        work.log("read", "passenger", "duplicates", ids=sorted({one for d in found for one in d.passenger_ids}))
    return [DuplicatesOut(passenger_ids=list(d.passenger_ids), reason=d.reason) for d in found]


@router.get("/{passenger_id}", response_model=RecordOut)
def get_passenger(passenger_id: RecordIdPath, who: Reader, response: Response) -> dict[str, Any]:
    """One passenger: needs, places, days. Reading is logged."""

    def read(work: Work) -> Stored:
        work.log("read", "passenger", passenger_id)
        return read_passenger(work.session, work.cipher, passenger_id)

    stored = who.store.change_together(who.caller, read)
    response.headers["ETag"] = f'"{stored.version}"'
    return record_answer(stored)


@router.put("/{passenger_id}", response_model=RecordOut)
def update_passenger(passenger_id: RecordIdPath, body: PassengerIn, who: Writer, version: VersionSeen) -> Response:
    """Replace a passenger's row, places and days; details and external ids not named stay."""
    with who.store.change(who.caller) as work:
        read_passenger(work.session, work.cipher, passenger_id)
        stored = save_passenger(work, passenger_id, _draft_of(body), expected_version=version)
    return _answer(stored, status=200).response()


@router.post("/{passenger_id}/leave", response_model=RecordOut)
def leave_passenger(
    passenger_id: RecordIdPath, body: Leaving, who: Writer, version: VersionSeen, one: OnceOnly
) -> Response:
    """Note a passenger's last day; their personal data is removed when the council's time for it has passed."""

    def do(work: Work) -> Answer:
        return _answer(leave(work, passenger_id, body.last_day, expected_version=version), status=200)

    return do_once(who, one, do)


@router.get("/{passenger_id}/details")
def get_details(passenger_id: RecordIdPath, who: DetailsReader) -> JSONResponse:
    """Names, address, contacts, numbers; medical notes for those who may see them. Reading is logged by field."""
    hides_medical = not who.principal.may(Permission.MEDICAL_READ)
    names = [field.name for field in FIELDS if not (field.is_medical and hides_medical)]
    with who.store.change(who.caller) as work:
        read_passenger(work.session, work.cipher, passenger_id)
        details = details_of(work.session, work.cipher, passenger_id, names)
        work.log("read", "details", passenger_id, fields=sorted(details))
    return JSONResponse(details)


@router.get("/{passenger_id}/history", response_model=list[RecordOut])
def get_history(passenger_id: RecordIdPath, who: Reader) -> list[dict[str, Any]]:
    """Every version of a passenger's row, oldest first. Reading is logged."""
    with who.store.change(who.caller) as work:
        versions = history_of(work.session, work.cipher, PASSENGER, passenger_id)
        work.log("read", "passenger", passenger_id, history=True)
    return [record_answer(stored) for stored in versions]


def _draft_of(body: Any) -> PassengerDraft:
    parts = {name: getattr(body, name) for name in ("row", *PASSENGER.side_tables)}
    details = {name: value for name, value in body.details.model_dump().items() if value is not None}
    return PassengerDraft(
        parts=parts, starts_on=body.starts_on, ends_on=body.ends_on, external_ids=body.external_ids, details=details
    )


def _answer(stored: Stored, *, status: int) -> Answer:
    return Answer(status=status, body=record_answer(stored), etag=stored.version)
