"""Every other list: schools, fleet, operators, contracts, rules; the same five ways for each kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, Response
from sqlalchemy.orm import Session

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.shapes import After, Page, PageLimit, RecordIdPath, RecordOut, record_answer, record_shape
from api.endpoints.versions import version_seen
from api.store.cipher import Cipher
from api.store.kinds import KINDS, Kind, body_of, term_of
from api.store.passengers import PASSENGER
from api.store.records import Draft, Filter, history_of, list_records, read, save

_SUPPLY = frozenset({"operator", "contract"})
_VERSION_SEEN = Depends(version_seen)


def permissions_of(kind: Kind) -> tuple[Permission, Permission]:
    """What reading and writing a kind needs."""
    if kind.sealed:
        return Permission.PEOPLE_READ, Permission.PEOPLE_WRITE
    if kind.name in _SUPPLY:
        return Permission.SUPPLY_READ, Permission.SUPPLY_WRITE
    return Permission.LISTS_READ, Permission.LISTS_WRITE


@cache
def record_routers() -> tuple[APIRouter, ...]:
    """A router for each kind but passengers, who have their own."""
    return tuple(_router_of(kind) for kind in KINDS if kind is not PASSENGER)


def _router_of(kind: Kind) -> APIRouter:
    router = APIRouter(prefix=f"/{kind.path}", tags=[kind.path])
    may_read, may_write = permissions_of(kind)
    reads, writes = Depends(Requires(permission=may_read)), Depends(Requires(permission=may_write))
    shape: Any = record_shape(kind)
    words = kind.path.replace("-", " ")

    # No string annotations below: FastAPI reads what the parameters of this very kind are.
    @router.get("", response_model=Page, summary=f"All {words} by id, a page at a time", name=f"list_{kind.name}")
    def list_all(
        who: Asking = reads, after: After = "", limit: PageLimit = 100, in_force_on: date | None = None
    ) -> dict[str, Any]:
        wanted = Filter(after=after, limit=limit, in_force_on=in_force_on)
        with _reading(who, kind, "list") as (session, cipher):
            found = list_records(session, cipher, kind, wanted)
        following = found[-1].record_id if len(found) == limit else ""
        return {"records": [record_answer(stored) for stored in found], "next": following}

    @router.get("/{record_id}", response_model=RecordOut, summary=f"One of the {words}", name=f"get_{kind.name}")
    def get_one(record_id: RecordIdPath, response: Response, who: Asking = reads) -> dict[str, Any]:
        with _reading(who, kind, record_id) as (session, cipher):
            stored = read(session, cipher, kind, record_id)
        response.headers["ETag"] = f'"{stored.version}"'
        return record_answer(stored)

    @router.get(
        "/{record_id}/history", response_model=list[RecordOut], summary="Every version, oldest first",
        name=f"get_{kind.name}_history",
    )  # fmt: skip
    def get_history(record_id: RecordIdPath, who: Asking = reads) -> list[dict[str, Any]]:
        with _reading(who, kind, record_id) as (session, cipher):
            return [record_answer(stored) for stored in history_of(session, cipher, kind, record_id)]

    @router.put(
        "/{record_id}", response_model=RecordOut, summary=f"Make one of the {words}, or its next version",
        name=f"put_{kind.name}",
    )  # fmt: skip
    def put_one(
        *,
        who: Asking = writes,
        record_id: RecordIdPath,
        body: shape,
        version: int = _VERSION_SEEN,
        response: Response,
    ) -> dict[str, Any]:
        parts = {name: getattr(body, name) for name in (*(("row",) if kind.table else ()), *kind.side_tables)}
        starts_on, ends_on = term_of(body.starts_on, body.ends_on)
        with who.store.change(who.caller) as work:
            draft = Draft(
                body=body_of(kind, record_id, parts), starts_on=starts_on, ends_on=ends_on,
                external_ids=body.external_ids,
            )  # fmt: skip
            stored = save(work, kind, record_id, draft, expected_version=version)
        response.headers["ETag"] = f'"{stored.version}"'
        return record_answer(stored)

    return router


@contextmanager
def _reading(who: Asking, kind: Kind, record_id: str) -> Iterator[tuple[Session, Cipher]]:
    """Read a kind of record; where it is personal, with a line in the log."""
    if kind.sealed:
        with who.store.change(who.caller) as work:
            work.log("read", kind.name, record_id)
            yield work.session, work.cipher
    else:
        with who.store.read() as session:
            yield session, who.store.cipher
