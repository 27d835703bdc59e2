"""Records of a council's lists: save, read, list, history. A stale write is refused, never half done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.faults import AlreadyThereError, NotInStoreError, StaleWriteError
from api.store.kinds import KINDS, Body, Kind, require_record_id, rows_of
from api.store.models import ExternalId, Record, RecordVersion
from api.store.store import Work
from transport.files.cells import IdCell
from transport.files.columns import TABLE_BY_NAME
from transport.files.faults import Fault, InputFaults

_KIND_BY_TABLE = {kind.table: kind for kind in KINDS if kind.table and kind.id_column}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One version of a record.

    Attributes
    ----------
    body : its contents; None once its personal data has been removed.
    starts_on, ends_on : first and last day in force; None: open.
    external_ids : what other systems call it, by system; empty in a history.
    """

    kind: Kind
    record_id: str
    version: int
    body: Body | None
    starts_on: date | None
    ends_on: date | None
    changed_at: datetime
    changed_by: str = ""
    external_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a record is to say.

    Attributes
    ----------
    body : as `kinds.body_of` made it.
    external_ids : by system; those of systems not named stay, an empty one is taken away.
    """

    body: Body
    starts_on: date | None = None
    ends_on: date | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)


def save(
    work: Work,
    kind: Kind,
    record_id: str,
    draft: Draft,
    *,
    expected_version: int,
    also: Mapping[str, Any] | None = None,
) -> Stored:
    """Make a record, or its next version.

    Parameters
    ----------
    expected_version : the version that the caller saw; 0: the record is new.
    also : further fields for its line in the log.

    Raises
    ------
    StaleWriteError
        When another version stands now.
    AlreadyThereError
        When a record is to be new and is there, or another record has one of the external ids.
    InputFaults
        When it names a record that is not there.
    """
    require_record_id(kind, record_id)
    _require_references(work.session, kind, record_id, draft.body)
    require_version(work.session, kind, record_id, expected_version)
    before = find(work.session, work.cipher, kind, record_id) if expected_version else None
    version = expected_version + 1
    external_ids = _set_external_ids(work, kind, record_id, before, draft.external_ids)
    _write(work, kind, record_id, draft, version)
    changed = changed_fields(kind, before, draft)
    work.log(
        "update" if before else "create", kind.name, record_id,
        version_before=before.version if before else None, version_after=version, changed=changed, **(also or {}),
    )  # fmt: skip
    work.session.flush()
    return Stored(
        kind=kind, record_id=record_id, version=version, body=draft.body, starts_on=draft.starts_on,
        ends_on=draft.ends_on, changed_at=work.now, changed_by=work.caller.name, external_ids=external_ids,
    )  # fmt: skip


def require_version(session: Session, kind: Kind, record_id: str, expected_version: int) -> None:
    """Refuse a write that rests on another version than stands; the record is held until the transaction ends.

    Raises
    ------
    AlreadyThereError
        When a record is to be new and is there.
    StaleWriteError
        When another version stands.
    """
    query = select(Record.version).where(Record.kind == kind.name, Record.record_id == record_id).with_for_update()
    found = session.scalar(query) or 0
    if found and expected_version == 0:
        raise AlreadyThereError(f"{kind.name} {record_id}: is there already, at version {found}")
    if found != expected_version:
        raise StaleWriteError(f"{kind.name} {record_id}", given_version=expected_version, current_version=found)


def find(session: Session, cipher: Cipher, kind: Kind, record_id: str) -> Stored | None:
    """A record as it stands, or None."""
    record = session.get(Record, (kind.name, record_id), populate_existing=True)
    return None if record is None else _stored_all(session, cipher, kind, [record])[0]


def read(session: Session, cipher: Cipher, kind: Kind, record_id: str) -> Stored:
    """A record as it stands.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    stored = find(session, cipher, kind, record_id)
    if stored is None:
        raise NotInStoreError(f"{kind.name} {record_id}: no such record")
    return stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which records of a kind; None: all.

    Attributes
    ----------
    after : id that the page begins behind.
    in_force_on : leave out what has ended before this day, or begins after it.
    """

    after: str = ""
    limit: int | None = None
    school_id: str | None = None
    status: str | None = None
    in_force_on: date | None = None


def list_records(session: Session, cipher: Cipher, kind: Kind, wanted: Filter) -> list[Stored]:
    """Records of a kind, by id."""
    query = select(Record).where(Record.kind == kind.name, Record.record_id > wanted.after)
    if wanted.school_id is not None:
        query = query.where(Record.school_id == wanted.school_id)
    if wanted.status is not None:
        query = query.where(Record.status == wanted.status)
    if wanted.in_force_on is not None:
        query = _in_force(query, wanted.in_force_on)
    records = session.scalars(query.order_by(Record.record_id).limit(wanted.limit)).all()
    return _stored_all(session, cipher, kind, records)


def history_of(session: Session, cipher: Cipher, kind: Kind, record_id: str) -> list[Stored]:
    """Every version of a record, oldest first.

    Raises
    ------
    NotInStoreError
        When there is no such record.
    """
    query = select(RecordVersion).where(RecordVersion.kind == kind.name, RecordVersion.record_id == record_id)
    versions = session.scalars(query.order_by(RecordVersion.version)).all()
    if not versions:
        raise NotInStoreError(f"{kind.name} {record_id}: no such record")
    return [
        Stored(
            kind=kind, record_id=record_id, version=row.version, body=_opened(cipher, kind, record_id, row.body),
            starts_on=row.starts_on, ends_on=row.ends_on, changed_at=row.changed_at, changed_by=row.changed_by,
        )
        for row in versions
    ]  # fmt: skip


def id_of_external(session: Session, cipher: Cipher, kind: Kind, source: str, external_id: str) -> str | None:
    """Our id of what another system calls by its own."""
    query = select(ExternalId.record_id).where(
        ExternalId.kind == kind.name,
        ExternalId.source == source,
        ExternalId.lookup == cipher.lookup_of(_purpose(kind, source), external_id),
    )
    return session.scalar(query)


def changed_fields(kind: Kind, before: Stored | None, draft: Draft) -> Any:
    """Fields that differ: names where the kind is personal, else each with its values before and after."""
    old = _flat(before.body or {}) if before else {}
    new = _flat(draft.body)
    if before:
        old |= {"starts_on": _iso(before.starts_on), "ends_on": _iso(before.ends_on)}
    new |= {"starts_on": _iso(draft.starts_on), "ends_on": _iso(draft.ends_on)}
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    dates = ("starts_on", "ends_on")
    if kind.sealed:
        shown = {name: [old.get(name), new.get(name)] for name in names if name in dates}
        return {"fields": names, **shown}
    return {name: [old.get(name), new.get(name)] for name in names}


def context_of(kind: Kind, record_id: str) -> str:
    """Place of a record's contents, for sealing."""
    return f"record/{kind.name}/{record_id}"


def _in_force(query: Select[Record], on: date) -> Select[Record]:
    return query.where(
        or_(Record.starts_on.is_(None), Record.starts_on <= on),
        or_(Record.ends_on.is_(None), Record.ends_on >= on),
    )


def _write(work: Work, kind: Kind, record_id: str, draft: Draft, version: int) -> None:
    text = json.dumps(draft.body, ensure_ascii=False, sort_keys=True)
    body = work.cipher.seal(context_of(kind, record_id), text) if kind.sealed else text
    row = draft.body.get("row", {})
    values = {
        "version": version, "body": body, "changed_at": work.now,
        "starts_on": draft.starts_on, "ends_on": draft.ends_on,
        "school_id": row.get("school_id") if kind.name == "passenger" else None,
        "status": row.get("status", "confirmed") if kind.name == "passenger" else None,
    }  # fmt: skip
    if version == 1:
        work.session.add(Record(kind=kind.name, record_id=record_id, **values))
    else:
        query = update(Record).where(Record.kind == kind.name, Record.record_id == record_id).values(values)
        work.session.execute(query, execution_options={"synchronize_session": False})
    work.session.add(
        RecordVersion(
            kind=kind.name, record_id=record_id, version=version, body=body, starts_on=draft.starts_on,
            ends_on=draft.ends_on, changed_at=work.now, changed_by=work.caller.name,
        )
    )  # fmt: skip


def _set_external_ids(
    work: Work, kind: Kind, record_id: str, before: Stored | None, wanted: Mapping[str, str]
) -> dict[str, str]:
    """Set the external ids that differ; gives all that the record then has."""
    kept = dict(before.external_ids) if before else {}
    for source, value in wanted.items():
        if value == kept.get(source, ""):
            continue
        owner = id_of_external(work.session, work.cipher, kind, source, value) if value else None
        if owner not in (None, record_id):
            raise AlreadyThereError(f"{kind.name}: the external id of {source} belongs to {owner}")
        if kept.pop(source, None) is not None:
            _remove_external_id(work, kind, record_id, source)
        if value:
            kept[source] = value
            work.session.add(_external_id_of(work.cipher, kind, record_id, source, value))
    return kept


def _remove_external_id(work: Work, kind: Kind, record_id: str, source: str) -> None:
    work.session.execute(
        delete(ExternalId).where(
            ExternalId.kind == kind.name, ExternalId.record_id == record_id, ExternalId.source == source
        )
    )


def _external_id_of(cipher: Cipher, kind: Kind, record_id: str, source: str, value: str) -> ExternalId:
    return ExternalId(
        kind=kind.name, record_id=record_id, source=source,
        sealed=cipher.seal(f"external/{kind.name}/{record_id}/{source}", value),
        lookup=cipher.lookup_of(_purpose(kind, source), value),
    )  # fmt: skip


def _purpose(kind: Kind, source: str) -> str:
    return f"external/{kind.name}/{source}"


def _require_references(session: Session, kind: Kind, record_id: str, body: Body) -> None:
    wanted: dict[str, dict[str, tuple[str, str]]] = {}
    for table, row in rows_of(kind, record_id, body):
        for column in TABLE_BY_NAME[table].columns:
            if isinstance(column.cell, IdCell) and column.cell.refers_to in _KIND_BY_TABLE and column.name in row:
                target = _KIND_BY_TABLE[column.cell.refers_to]
                ids = column.cell.parse(row[column.name])
                for one in [ids] if isinstance(ids, str) else ids:
                    if (target.name, one) != (kind.name, record_id):
                        wanted.setdefault(target.name, {})[one] = (table, column.name)
    faults = [
        Fault(file=table, row=None, column=column, value=one, message=f"is no {name.replace('_', ' ')} in the store")
        for name, places in wanted.items()
        for one, (table, column) in places.items()
        if one not in _known(session, name, places)
    ]
    if faults:
        raise InputFaults(faults)


def _known(session: Session, kind_name: str, ids: Iterable[str]) -> frozenset[str]:
    query = select(Record.record_id).where(Record.kind == kind_name, Record.record_id.in_(list(ids)))
    return frozenset(session.scalars(query))


def _stored_all(session: Session, cipher: Cipher, kind: Kind, records: Iterable[Record]) -> list[Stored]:
    found = list(records)
    ids: dict[str, dict[str, str]] = {}
    query = select(ExternalId).where(
        ExternalId.kind == kind.name, ExternalId.record_id.in_([record.record_id for record in found])
    )
    for row in session.scalars(query):
        context = f"external/{kind.name}/{row.record_id}/{row.source}"
        ids.setdefault(row.record_id, {})[row.source] = cipher.open(context, row.sealed)
    return [
        Stored(
            kind=kind, record_id=record.record_id, version=record.version,
            body=_opened(cipher, kind, record.record_id, record.body), starts_on=record.starts_on,
            ends_on=record.ends_on, changed_at=record.changed_at, external_ids=ids.get(record.record_id, {}),
        )
        for record in found
    ]  # fmt: skip


def _opened(cipher: Cipher, kind: Kind, record_id: str, body: str | None) -> Body | None:
    if body is None:
        return None
    opened: Body = json.loads(cipher.open(context_of(kind, record_id), body) if kind.sealed else body)
    return opened


def _flat(body: Body) -> dict[str, Any]:
    flat: dict[str, Any] = {f"row.{name}": text for name, text in body.get("row", {}).items()}
    return flat | {name: rows for name, rows in body.items() if name != "row"}


def _iso(on: date | None) -> str | None:
    return None if on is None else on.isoformat()
