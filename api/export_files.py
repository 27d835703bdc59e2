"""Files of exports: made at once where they are small, by a job where they are large, and fetched past every guard."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api.audit import Caller
from api.auth.faults import NotAllowedError
from api.auth.permissions import Permission, Principal
from api.documents.issued import PARTS
from api.exporting import (
    MAP_FILE,
    TABLES,
    Sheet,
    Wanted,
    all_sheets,
    document_for,
    needs_second_person,
    read_export,
    require_rights,
    sheet_of,
    wanted_of,
)
from api.page_tables import PAGE_TABLES, Reader
from api.settings import Settings
from api.store.cipher import Cipher
from api.store.faults import NotAllowedYetError
from api.store.jobs import ask_job
from api.store.models import Export, ExportFile
from api.store.plans import read_plan_file, read_routes
from api.store.store import Store, Work
from api.workbooks import XLSX_TYPE, as_table, workbook_of
from transport.files.faults import Fault, InputFaults
from transport.files.plan_tables import Table, formula_safe

WATERMARK = ("export_id", "made_for", "purpose")
MOST_AT_ONCE = 100
"""Most children of a document, workbook or map that is made while somebody waits for it; a letter takes some 50 ms
(ours)."""
EXPORT = "export"
"""Kind of a job that makes the file of an export."""
_TYPES = {
    "csv": "text/csv; charset=utf-8", "xlsx": XLSX_TYPE, "pdf": "application/pdf", "zip": "application/zip",
    "geojson": "application/geo+json",
}  # fmt: skip
_READ_BY_PEOPLE = frozenset({"csv", "geojson", "html", "pdf", "xlsx"})
"""Endings of the files of a plan that people read; the lists beside it and its JSON are for programs."""
_FORMS: Mapping[str, tuple[str, ...]] = {"workbook": ("xlsx",), "map": ("geojson",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that leaves: its name, its media type and its bytes."""

    name: str
    media_type: str
    data: bytes


def forms_of(table: str) -> tuple[str, ...]:
    """In which forms a table or document can be had."""
    return ("pdf", "zip") if table in PARTS else _FORMS.get(table, ("csv", "xlsx"))


def fetch(
    store: Store,
    settings: Settings,
    caller: Caller,
    principal: Principal,
    export_id: str,
    form: str = "",
    reader: Reader | None = None,
) -> File:
    """The file; it says which export it is of, for whom and what for.

    Parameters
    ----------
    form : `csv` or `xlsx` of a table, `pdf` or `zip` of a document, `xlsx` of the workbook, `geojson` of the map;
        empty: the first of these.
    reader : as `sheet_of`.

    Raises
    ------
    InputFaults
        When it cannot be had in this form.
    NotAllowedYetError
        When it still needs a second person, or a job that makes it.
    NotAllowedError
        When it holds details that whoever asks may not see.
    """
    with store.read() as session:
        export, wanted, form = _let_out(session, store.cipher, settings, principal, export_id, form)
        kept = session.get(ExportFile, (export_id, form))
    if kept is not None:
        data, n_rows = store.cipher.open_bytes(_context(export_id, form), kept.sealed), kept.n_rows
    elif needs_job(export):
        raise NotAllowedYetError(
            f"export {export_id}: {export.n_children} children; a job must make the file first: POST "
            f"/api/v1/exports/{export_id}/job"
        )
    else:
        data, n_rows = made(store, export, wanted, form, reader)
    with store.change(caller) as work:
        work.log("export", "plan", export.plan_id, export_id=export_id, recipient=export.recipient, form=form,
                 n_rows=n_rows)  # fmt: skip
    return File(name=f"{export_id}.{form}", media_type=_TYPES[form], data=data)


def start_export(work: Work, settings: Settings, principal: Principal, export_id: str, form: str = "") -> str:
    """Ask for the file to be made by a worker; gives the job's id.

    Raises
    ------
    InputFaults, NotAllowedYetError, NotAllowedError
        As `fetch`.
    """
    export, _, form = _let_out(work.session, work.cipher, settings, principal, export_id, form)
    if export.table_name in PAGE_TABLES:
        message = "must be no table of a page: those are made when they are fetched"
        raise InputFaults([Fault(file="export", row=None, column="table", value=export.table_name, message=message)])
    wanted = {"title": f"Export {export_id}", "export_id": export_id, "form": form, "plan_id": export.plan_id}
    return ask_job(work, EXPORT, {**wanted, "n_rounds": 1})


def needs_job(export: Export) -> bool:
    """Whether it is too large to be made while somebody waits; a table of any size takes milliseconds."""
    return export.table_name not in TABLES and export.table_name not in PAGE_TABLES and export.n_children > MOST_AT_ONCE


def kept_forms(session: Session, export_id: str) -> list[str]:
    """Forms that a job has made."""
    forms = ("csv", "xlsx", "pdf", "zip", "geojson")
    return [form for form in forms if session.get(ExportFile, (export_id, form)) is not None]


def require_may_take(
    session: Session, cipher: Cipher, settings: Settings, principal: Principal, plan_id: str, name: str
) -> None:
    """Refuse a file of a plan's folder that must leave as an export, past whose guards it would go.

    Raises
    ------
    NotInStoreError
        When there is no such plan, or its files have been removed.
    NotAllowedError
        Naming the permission.
    NotAllowedYetError
        When it holds more children than one person may let out.
    """
    if "/" in name or name.rpartition(".")[2] not in _READ_BY_PEOPLE:
        return
    _require(principal, Permission.EXPORTS_ASK)
    routes = read_routes(session, cipher, plan_id).routes
    n_children = len({passenger_id for route in routes for passenger_id in route.passenger_ids})
    if n_children > settings.export_second_person_above:
        raise NotAllowedYetError(
            f"plan {plan_id}: {n_children} children; above {settings.export_second_person_above} {name} leaves as an "
            "export: POST /api/v1/exports"
        )


def _require(principal: Principal, permission: Permission) -> None:
    if not principal.may(permission):
        raise NotAllowedError(f"needs the permission {permission.value}")


def keep_file(work: Work, export_id: str, form: str, data: bytes, n_rows: int) -> None:
    """Keep what a job made, sealed, for a day; a second one replaces the first."""
    row = ExportFile(
        export_id=export_id, form=form, sealed=work.cipher.seal_bytes(_context(export_id, form), data), n_rows=n_rows,
        made_at=work.now,
    )  # fmt: skip
    work.session.merge(row)
    work.log("make", "export", export_id, form=form, n_rows=n_rows)


def made(store: Store, export: Export, wanted: Wanted, form: str, reader: Reader | None = None) -> tuple[bytes, int]:
    """The bytes of the file, and its rows; no transaction stands open while it is made."""
    if wanted.is_document:
        document = document_for(store, wanted)
        notes = [f"{export.export_id}, made for {export.recipient}: {export.purpose}."]
        notes += ["Invented data."] if document.scenario.invented else []
        return (document.pdf(notes) if form == "pdf" else document.archive(notes)), len(document.rows)
    if form == "geojson":
        return _map(store, export)
    whole = wanted.table == "workbook"
    sheets = all_sheets(store, wanted) if whole else {wanted.table: sheet_of(store, wanted, reader)}
    if any(sheet.who != wanted.who for sheet in sheets.values()):
        # The lists may have changed since: what was looked at and agreed to is of those children and no others.
        raise NotAllowedYetError(
            f"export {export.export_id}: is of other children than when it was asked for; ask for it anew"
        )
    n_rows = sum(len(sheet.rows) for sheet in sheets.values())
    if form == "xlsx":
        return _workbook(export, sheets), n_rows
    return _csv(export, sheets[wanted.table]), n_rows


def _let_out(
    session: Session, cipher: Cipher, settings: Settings, principal: Principal, export_id: str, form: str
) -> tuple[Export, Wanted, str]:
    """What may leave now, and in which form."""
    export = read_export(session, export_id)
    wanted = wanted_of(session, cipher, export)
    require_rights(principal, wanted)
    if needs_second_person(settings, export) and export.approved_at is None:
        raise NotAllowedYetError(
            f"export {export_id}: {export.n_children} children; above {settings.export_second_person_above} a "
            "second person must agree"
        )
    form = form or forms_of(wanted.table)[0]
    if form not in forms_of(wanted.table):
        message = f"must be one of {', '.join(forms_of(wanted.table))}"
        raise InputFaults([Fault(file="export", row=None, column="form", value=form, message=message)])
    return export, wanted, form


def _workbook(export: Export, sheets: Mapping[str, Sheet]) -> bytes:
    """One sheet for each table; every row says for whom it was made."""
    mark = _mark(export)
    notes = [f"Export {mark[0]}: made for {mark[1]}", f"Purpose: {mark[2]}", "Personal data: do not pass it on"]
    tables: list[Table] = [
        as_table(_title(name), [*sheet.columns, *WATERMARK], [[*row, *mark] for row in sheet.rows])
        for name, sheet in sheets.items()
    ]
    return workbook_of(*tables, title=f"Export {export.export_id}", notes=notes)


def _csv(export: Export, sheet: Sheet) -> bytes:
    mark = _mark(export)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*sheet.columns, *WATERMARK])
    # The cells of a plan's files are marked already; what somebody typed, and a name, is not.
    writer.writerows([*map(_safe, row), *map(formula_safe, mark)] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def _title(name: str) -> str:
    return PAGE_TABLES[name].title if name in PAGE_TABLES else name.capitalize()


def _safe(cell: str | int) -> str | int:
    return formula_safe(cell) if isinstance(cell, str) else cell


def _map(store: Store, export: Export) -> tuple[bytes, int]:
    """The plan's lines and stops; every feature says for whom it was made."""
    with store.read() as session:
        found: dict[str, Any] = json.loads(read_plan_file(session, store.cipher, export.plan_id, MAP_FILE))
    mark = dict(zip(WATERMARK, _mark(export), strict=True))
    for feature in found["features"]:
        feature["properties"] = {**feature["properties"], **mark}
    return json.dumps({**found, **mark}, ensure_ascii=False).encode(), len(found["features"])


def _mark(export: Export) -> tuple[str, str, str]:
    return export.export_id, export.recipient, export.purpose


def _context(export_id: str, form: str) -> str:
    return f"export/{export_id}/{form}"
