"""Back up and restore, the same on both databases: one compressed file of every table, with its own digest.

Sealed values stay sealed: a backup is of no use without the key file, which is kept elsewhere.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select
from sqlalchemy.orm import Session

from api.audit import Head, head_of, verify
from api.store.engine import WRITES
from api.store.faults import StoreRefusedError
from api.store.migrate import migrate, require_current, revision_of
from api.store.models import Base
from api.store.store import Store

_FORMAT = 1
_BATCH = 500
_BATCH_BYTES = 8_000_000
_NOT_KEPT = frozenset({"sign_in_session", "sign_in_attempt"})
"""Whoever is signed in must sign in again after a restore."""


def back_up(store: Store, path: Path) -> Head:
    """Write everything as it stands at one moment, while the service runs.

    Returns
    -------
    The end of the log in the backup, to be kept elsewhere.

    Raises
    ------
    StoreRefusedError
        When the file is there already.
    """
    if path.exists():
        raise StoreRefusedError(f"{path.name}: is there already; name another file")
    beside = path.with_name(path.name + ".part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "wb") as raw, store.read() as session:
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
            head = head_of(session)
            first = {"format": _FORMAT, "revision": revision_of(store.engine), "head": str(head)}
            for line in _lines(first, session.connection()):
                digest.update(line)
                file.write(line)
            file.write(_line({"sha256": digest.hexdigest()}))
        raw.flush()
        os.fsync(raw.fileno())
    os.replace(beside, path)
    return head


def restore(engine: Engine, path: Path) -> Head:
    """Fill an empty database from a backup; all of it, or nothing.

    Returns
    -------
    The end of the restored log.

    Raises
    ------
    StoreRefusedError
        When the database is not empty, or the backup is cut short, changed, or of another version.
    """
    first = _checked_head(path)
    migrate(engine)
    require_current(engine)
    if first["revision"] != revision_of(engine):
        raise StoreRefusedError(
            f"{path.name}: is of revision {first['revision']}; must be restored by that version, then migrated"
        )
    tables = {table.name: table for table in _kept_tables()}
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        _require_empty(connection, path)
        connection.execute(tables["audit_head"].delete())
        for name, rows in _batches(path):
            connection.execute(insert(tables[name]), [_row_of(tables[name], row) for row in rows])
        return _verified_head(connection, path)


def _verified_head(connection: Connection, path: Path) -> Head:
    with Session(bind=connection) as session:
        if faults := verify(session):
            raise StoreRefusedError(f"{path.name}: the log in it does not hold: {'; '.join(faults)}")
        return head_of(session)


def _lines(first: dict[str, Any], connection: Connection) -> Iterator[bytes]:
    yield _line(first)
    for table in _kept_tables():
        query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH)
        for row in connection.execute(query):
            yield _line({"table": table.name, "row": [_plain(value) for value in row]})


def _line(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return {"json": value} if isinstance(value, dict | list) else value


def _value_of(plain: Any) -> Any:
    if not isinstance(plain, dict):
        return plain
    ((kind, value),) = plain.items()
    if kind == "bytes":
        return base64.b64decode(value)
    if kind == "moment":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind == "date" else value


def _row_of(table: Table, row: list[Any]) -> dict[str, Any]:
    return {column.name: _value_of(value) for column, value in zip(table.columns, row, strict=True)}


def _checked_head(path: Path) -> dict[str, Any]:
    """First line of a backup, once the whole of it is known to be as it was written."""
    digest, last, first = hashlib.sha256(), b"", None
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                digest.update(last)
                first = first if first is not None else line
                last = line
        head: dict[str, Any] = json.loads(first or b"")
        said = json.loads(last).get("sha256")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise StoreRefusedError(f"{path.name}: not a backup, or cut short") from None
    if said != digest.hexdigest() or head.get("format") != _FORMAT:
        raise StoreRefusedError(f"{path.name}: not as it was written, or of another format; nothing was restored")
    return head


def _batches(path: Path) -> Iterator[tuple[str, list[list[Any]]]]:
    name, n_bytes = "", 0
    rows: list[list[Any]] = []
    with gzip.open(path, "rb") as file:
        for line in file:
            value = json.loads(line)
            if "table" not in value:
                continue
            if rows and (value["table"] != name or len(rows) >= _BATCH or n_bytes >= _BATCH_BYTES):
                yield name, rows
                rows, n_bytes = [], 0
            name, n_bytes = value["table"], n_bytes + len(line)
            rows.append(value["row"])
    if rows:
        yield name, rows


def _kept_tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in _NOT_KEPT]


def _require_empty(connection: Connection, path: Path) -> None:
    for table in Base.metadata.sorted_tables:
        if table.name != "audit_head" and connection.execute(select(table).limit(1)).first() is not None:
            raise StoreRefusedError(
                f"{path.name}: the database is not empty ({table.name}); must be restored into a new one"
            )
