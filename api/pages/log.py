"""The log: who did what, when and why, searched and read a page at a time."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.auth.accounts import list_accounts
from api.auth.api_keys import list_api_keys
from api.auth.permissions import Permission
from api.pages.rendering import page
from api.pages.spreadsheets import XLSX, spreadsheet
from api.pages.visit import Opens, Visit
from api.pages.words import UK, code_words, moment_words
from api.store.models import AuditEvent

router = APIRouter(include_in_schema=False)

_A_PAGE = 50
_ID_LENGTH = 64
_MOST_LINES = 20_000
"""Lines of a spreadsheet (ours): more is for the log's own export by command."""
_HEADS = ("Line", "When", "Who", "What", "Of what", "Id", "More", "Why")


@router.get("/log")
def show_log(
    visit: Annotated[Visit, Depends(Opens(permission=Permission.AUDIT_READ))],
    actor: str = "",
    action: str = "",
    kind: str = "",
    record: str = "",
    since: str = "",
    until: str = "",
    before: str = "",
    form: str = "",
) -> Response:
    """Lines of the log, the newest first. It names fields of personal data, never their values."""
    errors: dict[str, str] = {}
    actor, action, kind, record = (text.replace("\x00", "").strip() for text in (actor, action, kind, record))
    query = select(AuditEvent)
    for column, value in ((AuditEvent.actor, actor), (AuditEvent.action, action), (AuditEvent.kind, kind)):
        query = query.where(column == value[:80]) if value else query
    query = query.where(AuditEvent.record_id == record[:_ID_LENGTH]) if record else query
    query = _between(query, since, until, errors)
    query = query.where(AuditEvent.seq < int(before)) if before.isdecimal() and len(before) < 10 else query
    with visit.store.read() as session:
        most = _MOST_LINES if form == XLSX else _A_PAGE
        lines = [] if errors else list(session.scalars(query.order_by(AuditEvent.seq.desc()).limit(most)))
        names = actor_names(session)
        choices = {
            name: sorted(session.scalars(select(column).distinct()))
            for name, column in (("action", AuditEvent.action), ("kind", AuditEvent.kind))
        }
    rows = [_row(line, names) for line in lines]
    if form == XLSX and rows:
        return spreadsheet(visit, ("log", "log"), "Log", _HEADS, rows, notes=_notes(rows))
    asked = {"actor": actor, "action": action, "kind": kind, "record": record, "since": since, "until": until}
    return page(
        visit, "log.html", status=422 if errors else 200, rows=rows, heads=_HEADS, asked=asked, errors=errors,
        names=sorted(names.items(), key=lambda item: item[1]),
        actions=[(a, code_words(a).capitalize()) for a in choices["action"]],
        kinds=[(k, code_words(k).capitalize()) for k in choices["kind"]],
        following=lines[-1].seq if len(lines) == _A_PAGE else None,
    )  # fmt: skip


def _notes(rows: list[tuple[Any, ...]]) -> list[str]:
    notes = [f"Lines: {rows[-1][0]} to {rows[0][0]}, those that were asked for, the newest first"]
    return [*notes, f"At most: {_MOST_LINES:,} lines"] if len(rows) == _MOST_LINES else notes


def _between(query: Select[AuditEvent], since: str, until: str, errors: dict[str, str]) -> Select[AuditEvent]:
    """Lines of these days on the officers' clock, both included; what is no date is noted in `errors`."""
    for name, text in (("since", since), ("until", until)):
        if not text:
            continue
        try:
            on = date.fromisoformat(text) + timedelta(days=name == "until")
        except (ValueError, OverflowError):
            errors[name] = "Enter a date, such as 2026-11-26"
            continue
        # Moments of the log are texts of one form in UTC, so they sort as they are.
        moment = datetime.combine(on, time(), UK).astimezone(UTC).isoformat(timespec="microseconds")
        query = query.where(AuditEvent.at >= moment if name == "since" else AuditEvent.at < moment)
    return query


def _row(line: AuditEvent, names: dict[str, str]) -> tuple[Any, ...]:
    return (
        f"{line.seq}", moment_words(line.at), names.get(line.actor, line.actor), code_words(line.action),
        code_words(line.kind), line.record_id, _content_words(json.loads(line.content)), line.why,
    )  # fmt: skip


def _content_words(content: dict[str, Any]) -> str:
    """What a line says beyond who and whom, shortened: a list of a thousand ids is a number here."""
    words = []
    for name, value in content.items():
        if isinstance(value, list) and len(value) > 8:
            text = f"{len(value)} of them"
        elif isinstance(value, dict | list):
            text = json.dumps(value, ensure_ascii=False).strip("[]{}").replace('"', "")
        else:
            text = str(value)
        words.append(f"{name.replace('_', ' ')}: {text[:160]}")
    return "; ".join(words)


def actor_names(session: Session) -> dict[str, str]:
    """Who is meant by what the log calls them: sign-in names, and names of systems."""
    known = {f"account/{account.account_id}": account.sign_in_name for account in list_accounts(session)}
    return known | {f"key/{key.key_id}": f"{key.name} (key)" for key in list_api_keys(session)}
