"""Uploading a list of passengers: first what would happen and every fault, then, if somebody agrees, saving it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from api.auth.permissions import Permission
from api.pages.rendering import go_to, page
from api.pages.visit import Opens, Visit
from api.pages.words import code_words
from api.store.details import FIELDS
from api.store.faults import CannotDecryptError
from api.store.passengers import save_all
from api.store.records import Stored
from api.store.store import Work
from api.upload import CSV_TYPE, XLSX_TYPE, Upload, named_for_people, read_upload
from transport.files.columns import TABLE_BY_NAME
from transport.files.faults import Fault, InputFaults

router = APIRouter(include_in_schema=False)

Writer = Annotated[Visit, Depends(Opens(permission=Permission.PASSENGERS_WRITE))]

_MOST_SHOWN = 200


class _LookedAtError(Exception):
    """Ends a trial: the transaction is undone, and nothing of it was saved."""


@router.get("/passengers/upload")
def show_upload(visit: Writer) -> Response:
    """The form, with the columns that a list may have."""
    return _form(visit, ())


@router.post("/passengers/upload")
def preview_upload(visit: Writer) -> Response:
    """What the list would do, row by row; or every fault. Nothing is saved."""
    given = visit.form.get("list")
    if not isinstance(given, UploadFile) or not given.filename:
        return _form(visit, (_fault("list", "choose a file"),))
    data = given.file.read()
    is_book = given.filename.casefold().endswith(".xlsx")
    try:
        upload = read_upload(data, XLSX_TYPE if is_book else CSV_TYPE)
        done = _tried(visit, upload)
    except InputFaults as found:
        return _form(visit, named_for_people(found).faults)
    sealed = visit.store.cipher.seal_bytes(_context(visit), (b"x" if is_book else b"c") + data)
    rows = [
        (str(number), "New" if is_new else "Update", stored.record_id if not is_new else "", *_cells(stored))
        for number, (stored, is_new) in zip(upload.row_numbers, done, strict=True)
    ]
    n_new = sum(is_new for _, is_new in done)
    return page(
        visit, "upload_preview.html", n_new=n_new, n_updated=len(done) - n_new, rows=rows[:_MOST_SHOWN],
        n_more=max(0, len(rows) - _MOST_SHOWN), sealed=base64.b64encode(sealed).decode(),
    )  # fmt: skip


@router.post("/passengers/upload/save")
def save_upload(visit: Writer) -> Response:
    """Save the list that was looked at: all rows, or none."""
    try:
        opened = visit.store.cipher.open_bytes(_context(visit), base64.b64decode(visit.text("sealed"), validate=True))
    except (CannotDecryptError, binascii.Error, ValueError):
        return _form(visit, (_fault("list", "the list could not be read back; choose the file again"),))
    try:
        upload = read_upload(opened[1:], XLSX_TYPE if opened[:1] == b"x" else CSV_TYPE)
        with visit.store.change(visit.caller) as work:
            save_all(work, upload.drafts, upload.row_numbers)
    except InputFaults as found:
        # Somebody changed the lists between looking and saving.
        return _form(visit, named_for_people(found).faults)
    return go_to("/passengers?done=uploaded")


def _tried(visit: Visit, upload: Upload) -> Sequence[tuple[Stored, bool]]:
    """Save everything, look at what came of it, and undo it all."""
    done: list[tuple[Stored, bool]] = []

    def attempt(work: Work) -> None:
        done.extend(save_all(work, upload.drafts, upload.row_numbers))
        raise _LookedAtError

    try:
        with visit.store.change(visit.caller) as work:
            attempt(work)
    except _LookedAtError:
        return done
    return done


def _form(visit: Visit, faults: Sequence[Fault]) -> Response:
    rows = [
        ("" if f.row is None else str(f.row), f.column, f.value, f"{f.message[:1].upper()}{f.message[1:]}")
        for f in faults
    ]
    columns = [(c.name, c.cell.meaning) for c in TABLE_BY_NAME["passengers"].columns if c.name != "passenger_id"]
    columns += [(f.name, f.meaning) for f in FIELDS]
    columns += [
        ("starts_on, ends_on", "First and last day of travel"),
        ("source, external_id", "Another system, and its id for the passenger: whom these name is updated"),
    ]
    status = 422 if faults else 200
    return page(visit, "upload.html", status=status, faults=rows, columns=columns, n_rows=len({f.row for f in faults}))


def _cells(stored: Stored) -> tuple[str, str, str]:
    row = (stored.body or {}).get("row", {})
    return row.get("school_id", ""), code_words(row.get("phase", "")), code_words(row.get("pa_need", "none"))


def _context(visit: Visit) -> str:
    # Bound to who looked at it: nobody can save another's list, or a file that nobody looked at.
    return f"upload/{visit.principal.name}"


def _fault(column: str, message: str) -> Fault:
    return Fault(file="upload", row=None, column=column, value="", message=message)
