"""The log: who did what, when and why, each line chained to the one before by its hash.

It names fields of personal data and versions of records, never their values: what it holds can be kept for ever,
while the values themselves can be removed. A chain finds edits, deletions and reordering; cutting off its end
is found by comparing with a head kept elsewhere (`schoolrun audit head`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.store.models import AuditEvent, AuditHead

FIRST_HASH = "0" * 64
_HASHED = ("seq", "at", "actor", "action", "kind", "record_id", "content", "why", "request_id", "previous_hash")
_BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf something is done, and in answer to which request.

    Attributes
    ----------
    name : `account/...`, `key/...` or `command-line`; never a person's name.
    why : reason given, may be empty.
    """

    name: str
    request_id: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a line of the log says, apart from who, when and why.

    Attributes
    ----------
    content : versions before and after, changed fields with values before and after where they are not personal.
    """

    action: str
    kind: str
    record_id: str
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of the log: number and hash of its last line."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """Number and hash, to be kept elsewhere."""
        return f"{self.seq}:{self.hash}"


def head_of_text(text: str) -> Head:
    """Head as it was printed.

    Raises
    ------
    ValueError
        When it is not a head.
    """
    seq, _, digest = text.strip().partition(":")
    if not seq.isdecimal() or len(digest) != 64:
        raise ValueError(f"{text.strip()[:80]}: not a head of the log; must be its number, a colon and 64 hex digits")
    return Head(seq=int(seq), hash=digest)


def append(session: Session, caller: Caller, entries: list[Entry]) -> None:
    """Add lines to the log, in the transaction that does what they say."""
    append_all(session, [(caller, entry) for entry in entries])


def append_all(session: Session, said: Sequence[tuple[Caller, Entry]]) -> None:
    """Lines of several callers whose changes are one transaction."""
    if not said:
        return
    head = session.execute(select(AuditHead).with_for_update()).scalar_one()
    seq, digest = head.seq, head.hash
    for caller, entry in said:
        seq += 1
        line = _line_of(seq, digest, caller, entry)
        digest = line.hash
        session.add(line)
    session.execute(update(AuditHead).values(seq=seq, hash=digest), execution_options={"synchronize_session": False})
    session.flush()


def head_of(session: Session) -> Head:
    """The end of the log as it stands."""
    head = session.execute(select(AuditHead)).scalar_one()
    return Head(seq=head.seq, hash=head.hash)


def verify(session: Session, kept: Head | None = None) -> list[str]:
    """Everything wrong with the log, in sentences; none: the chain holds.

    Parameters
    ----------
    kept : a head that was kept elsewhere: the log must still hold it.
    """
    faults: list[str] = []
    seq, digest = 0, FIRST_HASH
    found_kept = kept is None or (kept.seq == 0 and kept.hash == FIRST_HASH)
    for line in session.execute(
        select(AuditEvent).order_by(AuditEvent.seq).execution_options(yield_per=_BATCH)
    ).scalars():
        seq += 1
        if line.seq != seq:
            faults.append(f"line {seq} is missing; the next one is {line.seq}")
            seq = line.seq
        if line.previous_hash != digest:
            faults.append(f"line {line.seq} does not follow the line before it")
        if line.hash != _hash_of(line):
            faults.append(f"line {line.seq} has been changed")
        digest = line.hash
        found_kept = found_kept or (kept is not None and line.seq == kept.seq and line.hash == kept.hash)
    head = head_of(session)
    if (head.seq, head.hash) != (seq, digest):
        faults.append(f"the log ends with line {seq}; line {head.seq} was written")
    if not found_kept:
        faults.append(f"the log no longer holds line {kept.seq if kept else 0} as it was when its head was kept")
    return faults


def _line_of(seq: int, previous_hash: str, caller: Caller, entry: Entry) -> AuditEvent:
    content = json.dumps(entry.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    line = AuditEvent(
        seq=seq, at=datetime.now(UTC).isoformat(timespec="microseconds"), actor=caller.name, action=entry.action,
        kind=entry.kind, record_id=entry.record_id, content=content, why=caller.why, request_id=caller.request_id,
        previous_hash=previous_hash,
    )  # fmt: skip
    line.hash = _hash_of(line)
    return line


def _hash_of(line: AuditEvent) -> str:
    # A JSON list keeps the fields apart: no two different lines have the same text.
    text = json.dumps([getattr(line, name) for name in _HASHED], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
