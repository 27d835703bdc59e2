"""Tables and documents of a plan that leave the service: for one named recipient and purpose, with what these need.

What is to leave is seen first; above a set number of children a second person agrees; every row says for whom it was
made. Everything is in the log.
"""

from __future__ import annotations

import csv
import io
import json
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit import Caller
from api.auth.faults import NotAllowedError
from api.auth.permissions import Permission, Principal
from api.documents.issued import DETAILS, PARTS, TITLES, Document, Issue, document_of
from api.documents.letter_text import DEFAULT_TEXT
from api.page_tables import PAGE_TABLES, Asked, Line, Reader, children_in
from api.plan_folder import open_plan_folder
from api.settings import Settings
from api.store.chosen import DOCUMENT, LETTER_TEXT, chosen
from api.store.cipher import Cipher
from api.store.details import details_of_all
from api.store.faults import NotAllowedYetError, NotInStoreError
from api.store.models import Export
from api.store.plans import read_plan_file, write_folder
from api.store.records import Draft, read, save
from api.store.store import Store, Work
from transport.digest import digest_of
from transport.files.faults import Fault, InputFaults

TABLES: Mapping[str, str] = {"stops": "route_id", "passengers": "route_ids", "routes": "route_id"}
"""Tables that may leave, and their column of routes."""
_CHILDREN: Mapping[str, tuple[str, ...]] = {"stops": ("boarding", "alighting"), "passengers": ("passenger_id",)}
WHOLE: Mapping[str, str] = {"workbook": "Workbook of the whole plan", "map": "Map of the whole plan (GeoJSON)"}
"""What leaves as a whole, in people's words."""
EVERYTHING = "everything"
"""The one column of what leaves as a whole."""
MAP_FILE = "plan.geojson"
N_PREVIEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to leave.

    Attributes
    ----------
    table : a table of the plan, one of `WHOLE`, or one of the documents of `issued.PARTS`.
    columns : of the document, its parts; of `WHOLE`, `everything`.
    route_ids : of which routes; none: all of the plan. school_ids : of a document; none: all.
    recipient : one operator, school or office. purpose : what they need it for.
    text : of letters, as it is agreed to.
    before_id : of a table of a page, the plan that families are compared with. who : as `Sheet`, when it was asked for.
    only : of a table of a page, whom it is about alone: `passenger:P1`, or `decision:confirmed`; empty: everybody.
    """

    plan_id: str
    table: str
    columns: tuple[str, ...]
    route_ids: tuple[str, ...]
    recipient: str
    purpose: str
    school_ids: tuple[str, ...] = ()
    text: str = ""
    before_id: str = ""
    only: str = ""
    who: str = ""

    @property
    def is_document(self) -> bool:
        """Whether it is a document rather than a table."""
        return self.table in PARTS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """The rows of an export: exactly these cells and no others.

    Attributes
    ----------
    who : of a table of a page, a digest of the children in it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    n_children: int
    who: str = ""


def ask_export(
    store: Store, caller: Caller, principal: Principal, wanted: Wanted, reader: Reader | None = None
) -> tuple[Export, Sheet]:
    """Note an export and show what would leave.

    Parameters
    ----------
    reader : as `sheet_of`.

    Raises
    ------
    InputFaults
        When table, columns, routes or schools are none of the plan's.
    NotInStoreError
        When there is no such plan, or its files have been removed.
    NotAllowedError
        When it holds details that whoever asks may not see.
    """
    require_rights(principal, wanted)
    # Made first and noted then: nobody else may write while a change is open.
    sheet = sheet_of(store, wanted, reader)
    with store.change(caller) as work:
        return _noted(work, wanted, sheet), sheet


def _noted(work: Work, wanted: Wanted, sheet: Sheet) -> Export:
    export = Export(
        export_id=f"X{secrets.token_hex(6).upper()}", plan_id=wanted.plan_id, table_name=wanted.table,
        column_names=list(wanted.columns), route_ids=list(wanted.route_ids), recipient=wanted.recipient,
        purpose=wanted.purpose, n_children=sheet.n_children, asked_at=work.now, asked_by=work.caller.name,
        approved_at=None, approved_by=None,
    )  # fmt: skip
    work.session.add(export)
    if wanted.is_document or wanted.table in PAGE_TABLES:
        row = {"text": wanted.text, "before_id": wanted.before_id, "only": wanted.only, "who": sheet.who}
        body = {"row": {name: text for name, text in row.items() if text}, "schools": list(wanted.school_ids)}
        save(work, DOCUMENT, export.export_id, Draft(body=body), expected_version=0)
    work.log("create", "export", export.export_id, plan_id=wanted.plan_id, table=wanted.table,
             columns=list(wanted.columns), recipient=wanted.recipient, n_children=sheet.n_children)  # fmt: skip
    work.session.flush()
    return export


def require_rights(principal: Principal, wanted: Wanted) -> None:
    """Refuse details to those who may not see them on a page either.

    Raises
    ------
    NotAllowedError
        Naming the permission.
    """
    if not wanted.is_document and wanted.table not in PAGE_TABLES:
        return
    needed = [Permission.DETAILS_READ] if set(wanted.columns) & set(DETAILS) else []
    needed += [Permission.PASSENGERS_READ] if wanted.table in PAGE_TABLES else []
    needed += [Permission.MEDICAL_READ] if "medical_notes" in wanted.columns else []
    for permission in needed:
        if not principal.may(permission):
            raise NotAllowedError(f"needs the permission {permission.value}")


def approve(work: Work, export_id: str) -> Export:
    """Agree to somebody else's export.

    Raises
    ------
    NotAllowedYetError
        When it is one's own, or has been agreed to already.
    """
    export = read_export(work.session, export_id, for_update=True)
    if export.asked_by == work.caller.name:
        raise NotAllowedYetError(f"export {export_id}: must be agreed to by somebody else than who asked for it")
    if export.approved_at is not None:
        raise NotAllowedYetError(f"export {export_id}: has been agreed to already")
    export.approved_at, export.approved_by = work.now, work.caller.name
    work.log("approve", "export", export_id, n_children=export.n_children)
    work.session.flush()
    return export


def needs_second_person(settings: Settings, export: Export) -> bool:
    """Whether it holds more children than one person may let out."""
    return export.n_children > settings.export_second_person_above


def read_export(session: Session, export_id: str, *, for_update: bool = False) -> Export:
    """An export.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    found = session.get(Export, export_id, populate_existing=True, with_for_update=for_update)
    if found is None:
        raise NotInStoreError(f"export {export_id}: no such export")
    return found


def list_exports(session: Session, *, after: str = "", limit: int) -> list[Export]:
    """Exports by id."""
    return list(session.scalars(select(Export).where(Export.export_id > after).order_by(Export.export_id).limit(limit)))


def wanted_of(session: Session, cipher: Cipher, export: Export) -> Wanted:
    """What an export was asked for."""
    school_ids, row = (), {}
    if export.table_name in PARTS or export.table_name in PAGE_TABLES:
        body = read(session, cipher, DOCUMENT, export.export_id).body or {}
        school_ids, row = tuple(body.get("schools", ())), body["row"]
    return Wanted(
        plan_id=export.plan_id, table=export.table_name, columns=tuple(export.column_names),
        route_ids=tuple(export.route_ids), recipient=export.recipient, purpose=export.purpose,
        school_ids=school_ids, **{name: str(row.get(name, "")) for name in ("text", "before_id", "only", "who")},
    )  # fmt: skip


def letter_text(session: Session, cipher: Cipher) -> str:
    """The council's text of letters, or ours."""
    stored = chosen(session, cipher, LETTER_TEXT)
    return DEFAULT_TEXT if stored is None or not stored.body else str(stored.body["row"]["text"])


def sheet_of(store: Store, wanted: Wanted, reader: Reader | None = None) -> Sheet:
    """Read a plan's table, or make its document, and keep the columns, routes and schools that are wanted.

    Of what leaves as a whole: what is in it, counted.

    Parameters
    ----------
    reader : the plans that are open; needed for the tables of pages.

    Raises
    ------
    InputFaults
        With everything that is none of the plan's.
    NotInStoreError
        When there is no such plan, or its files have been removed.
    """
    if wanted.is_document:
        document = document_for(store, wanted)
        return Sheet(columns=document.heads, rows=document.rows, n_children=len(document.passenger_ids))
    if wanted.table in WHOLE:
        return _whole_sheet(store, wanted)
    if wanted.table in PAGE_TABLES and reader is not None:
        return _page_sheet(wanted, reader)
    if wanted.table not in TABLES:
        raise InputFaults([_fault("table", wanted.table, f"must be one of {', '.join((*TABLES, *WHOLE, *PARTS))}")])
    text = _table_text(store, wanted.plan_id, wanted.table)
    records = csv.DictReader(io.StringIO(text, newline=""))
    rows, names = list(records), list(records.fieldnames or [])
    of_route = TABLES[wanted.table]
    known = {route_id for row in rows for route_id in _ids(row[of_route])}
    faults = [_fault("columns", name, f"must be of {', '.join(names)}") for name in wanted.columns if name not in names]
    faults += [_fault("route_ids", r, "no such route in the plan") for r in wanted.route_ids if r not in known]
    if faults:
        raise InputFaults(faults)
    asked = set(wanted.route_ids)
    kept = [row for row in rows if not asked or asked.intersection(_ids(row[of_route]))]
    return Sheet(
        columns=wanted.columns,
        rows=tuple(tuple(row[name] for name in wanted.columns) for row in kept),
        n_children=_n_children(wanted.table, kept),
    )


def _page_sheet(wanted: Wanted, reader: Reader) -> Sheet:
    """A table of a page, of the routes, schools or the passenger that are wanted; names only where a column is them."""
    table, opened = PAGE_TABLES[wanted.table], reader.plan(wanted.plan_id)
    columns, scenario = table.columns, opened.outcome.scenario
    routes = {route.route_id for route in opened.outcome.plan.routes}
    faults = [_fault("columns", c, f"must be of {', '.join(columns)}") for c in wanted.columns if c not in columns]
    faults += [_fault("route_ids", r, "no such route in the plan") for r in wanted.route_ids if r not in routes]
    if faults:
        raise InputFaults(faults)
    asked = Asked(reader=reader, plan_id=wanted.plan_id, opened=opened, before_id=wanted.before_id)
    lines = [line for line in table.lines(asked) if _is_of(line, wanted)]
    if not lines:
        raise InputFaults([_fault("route_ids", "", "nobody is there: the table would be empty")])
    names = _names(reader.store, lines) if "name" in wanted.columns else {}
    children = children_in(lines, scenario.passenger_by_id)
    return Sheet(
        columns=tuple(columns[name] for name in wanted.columns),
        rows=tuple(
            tuple(names.get(x.passenger_id, "") if c == "name" else x.cells.get(c, "") for c in wanted.columns)
            for x in lines
        ),
        n_children=len(children), who=digest_of(sorted(children)),
    )  # fmt: skip


def _is_of(line: Line, wanted: Wanted) -> bool:
    return (
        wanted.only in ("", f"passenger:{line.passenger_id}", f"decision:{line.cells.get('decision')}")
        and (not wanted.route_ids or bool(set(wanted.route_ids) & set(line.route_ids)))
        and (not wanted.school_ids or line.cells.get("school_id") in wanted.school_ids)
    )


def _names(store: Store, lines: Sequence[Line]) -> dict[str, str]:
    with store.read() as session:
        found = details_of_all(session, store.cipher, DETAILS["name"])
    own = {line.passenger_id: found.get(line.passenger_id, {}) for line in lines}
    return {pid: " ".join(filter(None, (one.get(name, "") for name in DETAILS["name"]))) for pid, one in own.items()}


def all_sheets(store: Store, wanted: Wanted) -> dict[str, Sheet]:
    """Every table of the plan with every column, by its name.

    Raises
    ------
    NotInStoreError
        When there is no such plan, or its files have been removed.
    """
    found = {}
    for table in TABLES:
        heads = csv.DictReader(io.StringIO(_table_text(store, wanted.plan_id, table), newline="")).fieldnames
        found[table] = sheet_of(store, replace(wanted, table=table, columns=tuple(heads or ())))
    return found


def _whole_sheet(store: Store, wanted: Wanted) -> Sheet:
    """What is in the workbook or the map, counted; it cannot be had in part."""
    faults = [] if wanted.columns == (EVERYTHING,) else [_fault("columns", "", f"must be {EVERYTHING}")]
    faults += [_fault("route_ids", "", "must be empty: it leaves as a whole")] if wanted.route_ids else []
    if faults:
        raise InputFaults(faults)
    sheets = all_sheets(store, wanted)
    counts = [(name, str(len(sheet.rows))) for name, sheet in sheets.items()]
    if wanted.table == "map":
        with store.read() as session:
            features = json.loads(read_plan_file(session, store.cipher, wanted.plan_id, MAP_FILE))["features"]
        counts = [("features", str(len(features)))]
    return Sheet(columns=("what", "number"), rows=tuple(counts), n_children=sheets["passengers"].n_children)


def _table_text(store: Store, plan_id: str, table: str) -> str:
    with store.read() as session:
        return read_plan_file(session, store.cipher, plan_id, f"{table}.csv").decode("utf-8-sig")


def document_for(store: Store, wanted: Wanted) -> Document:
    """The document that is wanted, made from the plan's own files and today's details."""
    # On SQLite a transaction that stands open keeps writers from ending theirs, and all this takes a while.
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        with store.read() as session:
            write_folder(session, store.cipher, wanted.plan_id, Path(name))
        folder = open_plan_folder(Path(name))
    plan, scenario = folder.plan, folder.scenario
    routes = {route.route_id for route in plan.routes}
    parts = PARTS[wanted.table]
    faults = [_fault("columns", one, f"must be of {', '.join(parts)}") for one in wanted.columns if one not in parts]
    faults += [_fault("route_ids", one, "no such route in the plan") for one in wanted.route_ids if one not in routes]
    faults += [
        _fault("school_ids", one, "no such school in the plan")
        for one in wanted.school_ids
        if one not in scenario.school_by_id
    ]
    if faults:
        raise InputFaults(faults)
    fields = [field for part in wanted.columns for field in DETAILS.get(part, ())]
    issue = Issue(
        table=wanted.table, parts=wanted.columns, route_ids=wanted.route_ids, school_ids=wanted.school_ids,
        text=wanted.text,
    )  # fmt: skip
    with store.read() as session:
        details = details_of_all(session, store.cipher, fields) if fields else {}
    document = document_of(issue, plan, scenario, details)
    if not document.sheets:
        raise InputFaults([_fault("route_ids", "", f"nobody travels there: the {TITLES[wanted.table]} would be empty")])
    return document


def _n_children(table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    if table == "routes":
        return sum(int(row["n_passengers"]) for row in rows)
    return len({pid for row in rows for column in _CHILDREN[table] for pid in _ids(row[column])})


def _ids(cell: str) -> list[str]:
    return cell.replace(";", " ").split()


def _fault(column: str, value: str, message: str) -> Fault:
    return Fault(file="export", row=None, column=column, value=value, message=message)
