"""What changed, for other systems; and the log, for administrators."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.shapes import PageLimit
from api.store.models import AuditEvent

router = APIRouter(tags=["changes"])

_KINDS_NOT_TOLD = ("account", "api_key", "keys", "details")
_ACTIONS_TOLD = ("create", "update", "forget", "propose", "publish", "roll_back", "supersede")
Since = Annotated[int, Field(ge=0, le=2_000_000_000, description="`next` of the answer before; 0: from the start")]


class ChangeOut(BaseModel):
    """One change: of what, to which version, and which fields; read the record itself for their values."""

    cursor: int
    at: str
    action: str
    kind: str
    record_id: str
    version: int | None
    fields: list[str]


class ChangesOut(BaseModel):
    """Changes in the order in which they happened; `more`: ask again with `next`."""

    changes: list[ChangeOut]
    next: int
    more: bool


class AuditEventOut(BaseModel):
    """One line of the log."""

    seq: int
    at: str
    actor: str
    action: str
    kind: str
    record_id: str
    content: dict[str, Any]
    why: str
    request_id: str
    hash: str


@router.get("/changes", response_model=ChangesOut)
def list_changes(
    who: Annotated[Asking, Depends(Requires(permission=Permission.CHANGES_READ))],
    since: Since = 0,
    limit: PageLimit = 100,
) -> ChangesOut:
    """What changed since a cursor. Nothing is missed and nothing comes twice: changes are numbered as they commit."""
    with who.store.read() as session:
        found = _lines(session, since, limit + 1, told_only=True)
        # Behind the last line there is nothing yet, so that the next question need not look through reads again.
        end = session.scalar(select(AuditEvent.seq).order_by(AuditEvent.seq.desc()).limit(1)) or 0
        told, more = found[:limit], len(found) > limit
        changes = [_change_of(line) for line in told]
    return ChangesOut(changes=changes, next=changes[-1].cursor if more else max(end, since), more=more)


@router.get("/audit-events", response_model=list[AuditEventOut])
def list_audit_events(
    who: Annotated[Asking, Depends(Requires(permission=Permission.AUDIT_READ))],
    since: Since = 0,
    limit: PageLimit = 100,
) -> list[AuditEventOut]:
    """Lines of the log behind a number. It names fields of personal data, never their values."""
    with who.store.read() as session:
        return [
            AuditEventOut(
                seq=line.seq, at=line.at, actor=line.actor, action=line.action, kind=line.kind,
                record_id=line.record_id, content=json.loads(line.content), why=line.why,
                request_id=line.request_id, hash=line.hash,
            )
            for line in _lines(session, since, limit, told_only=False)
        ]  # fmt: skip


def _lines(session: Session, since: int, limit: int, *, told_only: bool) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.seq > since)
    if told_only:
        query = query.where(AuditEvent.kind.not_in(_KINDS_NOT_TOLD), AuditEvent.action.in_(_ACTIONS_TOLD))
    return list(session.scalars(query.order_by(AuditEvent.seq).limit(limit)))


def _change_of(line: AuditEvent) -> ChangeOut:
    content = json.loads(line.content)
    changed = content.get("changed", {})
    fields = changed["fields"] if "fields" in changed else sorted(changed)
    fields = [*fields, *(f"details.{name}" for name in content.get("details", []))]
    return ChangeOut(
        cursor=line.seq, at=line.at, action=line.action, kind=line.kind, record_id=line.record_id,
        version=content.get("version_after"), fields=fields,
    )  # fmt: skip
