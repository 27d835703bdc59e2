"""Tenders in the store: a tender's folder, file by file, sealed; every new line of its record goes into the log."""

from __future__ import annotations

import re
import secrets
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.faults import NotInStoreError, StaleWriteError
from api.store.models import Tender, TenderFile
from api.store.store import Store, Work
from api.tender_log import LOG_FILE, lines_of
from procurement.record import Line
from transport.digest import plain_of
from transport.files.faults import Fault, InputFaults

_FILE_NAME = re.compile(r"([A-Za-z0-9_]{1,40}/){0,2}[A-Za-z0-9_.-]{1,100}\.(json|jsonl|geojson|csv|xlsx|pdf|txt|zip)")
_MOST_FILES = 2_000
_WORDS = frozenset({"text", "statement", "advice", "compared", "set_aside", "changes"})
"""What people and operators wrote stays in the tender's own record; the log, which is kept for ever, has its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTender:
    """A tender as the store knows it.

    Attributes
    ----------
    lines : its record. files : size in bytes by name.
    """

    tender_id: str
    version: int
    plan_id: str
    title: str
    made_at: datetime
    made_by: str
    lines: tuple[Line, ...]
    files: Mapping[str, int]


def add_tender(work: Work, plan_id: str, title: str, files: Mapping[str, bytes]) -> StoredTender:
    """Store a new tender of a plan with the files of its folder."""
    tender_id = f"T{secrets.token_hex(6).upper()}"
    work.session.add(
        Tender(
            tender_id=tender_id, version=1, plan_id=plan_id, title=title, n_lines=0, made_at=work.now,
            made_by=work.caller.name,
        )
    )  # fmt: skip
    work.session.flush()
    work.log("create", "tender", tender_id, version_after=1, plan_id=plan_id)
    _keep(work, work.session.get_one(Tender, tender_id), files)
    return read_tender(work.session, work.cipher, tender_id)


def keep_step(work: Work, tender_id: str, files: Mapping[str, bytes], *, expected_version: int) -> StoredTender:
    """Store a tender's folder after a step.

    Raises
    ------
    NotInStoreError
        When there is no such tender.
    StaleWriteError
        When another step was taken meanwhile.
    """
    row = work.session.get(Tender, tender_id, populate_existing=True, with_for_update=True)
    if row is None:
        raise NotInStoreError(f"tender {tender_id}: no such tender")
    if row.version != expected_version:
        raise StaleWriteError(f"tender {tender_id}", given_version=expected_version, current_version=row.version)
    row.version += 1
    work.log("update", "tender", tender_id, version_before=expected_version, version_after=row.version)
    _keep(work, row, files)
    return read_tender(work.session, work.cipher, tender_id)


def _keep(work: Work, row: Tender, files: Mapping[str, bytes]) -> None:
    wrong = [name for name in files if not _FILE_NAME.fullmatch(name)]
    if wrong or len(files) > _MOST_FILES:
        message = f"does not belong into a tender's folder: {', '.join(wrong[:5])}" if wrong else "has too many files"
        raise InputFaults([Fault(file="tender", row=None, column="", value="", message=message)])
    lines = lines_of(files[LOG_FILE].decode()) if LOG_FILE in files else ()
    for line in lines[row.n_lines :]:
        work.log(line.decision.step, "tender", row.tender_id, **said_of(line))
    row.n_lines = len(lines)
    work.session.execute(delete(TenderFile).where(TenderFile.tender_id == row.tender_id))
    for name, data in files.items():
        sealed = work.cipher.seal_bytes(_context(row.tender_id, name), zlib.compress(data, 6))
        work.session.add(TenderFile(tender_id=row.tender_id, name=name, n_bytes=len(data), sealed=sealed))
    work.session.flush()


def said_of(line: Line) -> dict[str, Any]:
    """What the log says of a line: its number, hash, signers and facts, without words that people wrote."""
    facts = {name: value for name, value in plain_of(line.decision).items() if name not in _WORDS | {"step"}}
    return {"line": line.seq, "line_hash": line.hash, "by": list(line.by), "facts": facts}


def read_tender(session: Session, cipher: Cipher, tender_id: str) -> StoredTender:
    """A tender's head and record.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    row = session.get(Tender, tender_id, populate_existing=True)
    if row is None:
        raise NotInStoreError(f"tender {tender_id}: no such tender")
    return _stored(session, cipher, row)


def list_tenders(session: Session, cipher: Cipher, *, after: str = "", limit: int | None = None) -> list[StoredTender]:
    """Tenders by id."""
    query = select(Tender).where(Tender.tender_id > after).order_by(Tender.tender_id).limit(limit)
    return [_stored(session, cipher, row) for row in session.scalars(query)]


def _stored(session: Session, cipher: Cipher, row: Tender) -> StoredTender:
    query = select(TenderFile.name, TenderFile.n_bytes).where(TenderFile.tender_id == row.tender_id)
    files = {row_of.name: row_of.n_bytes for row_of in session.execute(query.order_by(TenderFile.name))}
    text = read_tender_file(session, cipher, row.tender_id, LOG_FILE).decode() if LOG_FILE in files else ""
    return StoredTender(
        tender_id=row.tender_id, version=row.version, plan_id=row.plan_id, title=row.title, made_at=row.made_at,
        made_by=row.made_by, lines=lines_of(text), files=files,
    )  # fmt: skip


def read_tender_file(session: Session, cipher: Cipher, tender_id: str, name: str) -> bytes:
    """A file of a tender's folder.

    Raises
    ------
    NotInStoreError
        When the tender has no such file.
    """
    row = session.get(TenderFile, (tender_id, name), populate_existing=True)
    if row is None:
        raise NotInStoreError(f"tender {tender_id}: has no file {name}")
    return zlib.decompress(cipher.open_bytes(_context(tender_id, name), row.sealed))


def write_tender_folder(session: Session, cipher: Cipher, tender_id: str, folder: Path) -> None:
    """Write a tender's folder as it was stored.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    for name in read_tender(session, cipher, tender_id).files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(read_tender_file(session, cipher, tender_id, name))


@contextmanager
def folder_of(store: Store, tender_id: str) -> Iterator[Path]:
    """A tender's folder, written out for the moment.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        with store.read() as session:
            write_tender_folder(session, store.cipher, tender_id, Path(name))
        yield Path(name)


def folder_files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name in it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _context(tender_id: str, name: str) -> str:
    return f"tender/{tender_id}/{name}"
