"""Tables of a plan that leave the service: for one named recipient and purpose, with the columns that these need.

What is to leave is seen first; above a set number of children a second person agrees; every row says for whom it was
made. Everything is in the log.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.settings import Settings
from api.store.cipher import Cipher
from api.store.faults import NotAllowedYetError, NotInStoreError
from api.store.models import Export
from api.store.plans import read_plan_file
from api.store.store import Work
from transport.files.faults import Fault, InputFaults
from transport.files.plan_tables import formula_safe

TABLES: Mapping[str, str] = {"stops": "route_id", "passengers": "route_ids", "routes": "route_id"}
"""Tables that may leave, and their column of routes."""
_CHILDREN: Mapping[str, tuple[str, ...]] = {"stops": ("boarding", "alighting"), "passengers": ("passenger_id",)}
WATERMARK = ("export_id", "made_for", "purpose")
N_PREVIEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to leave.

    Attributes
    ----------
    route_ids : of which routes; none: all of the plan.
    recipient : one operator, school or office. purpose : what they need it for.
    """

    plan_id: str
    table: str
    columns: tuple[str, ...]
    route_ids: tuple[str, ...]
    recipient: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """The rows of an export: exactly these cells and no others."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_children: int


def ask_export(work: Work, wanted: Wanted) -> tuple[Export, Sheet]:
    """Note an export and show what would leave.

    Raises
    ------
    InputFaults
        When table, columns or routes are none of the plan's.
    NotInStoreError
        When there is no such plan, or its files have been removed.
    """
    sheet = sheet_of(work.session, work.cipher, wanted)
    export = Export(
        export_id=f"X{secrets.token_hex(6).upper()}", plan_id=wanted.plan_id, table_name=wanted.table,
        column_names=list(wanted.columns), route_ids=list(wanted.route_ids), recipient=wanted.recipient,
        purpose=wanted.purpose, n_children=sheet.n_children, asked_at=work.now, asked_by=work.caller.name,
        approved_at=None, approved_by=None,
    )  # fmt: skip
    work.session.add(export)
    work.log("create", "export", export.export_id, plan_id=wanted.plan_id, table=wanted.table,
             columns=list(wanted.columns), recipient=wanted.recipient, n_children=sheet.n_children)  # fmt: skip
    work.session.flush()
    return export, sheet


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


def fetch(work: Work, settings: Settings, export_id: str) -> bytes:
    """The file, as CSV; every row says which export it is of, for whom and what for.

    Raises
    ------
    NotAllowedYetError
        When it still needs a second person.
    """
    export = read_export(work.session, export_id)
    if needs_second_person(settings, export) and export.approved_at is None:
        raise NotAllowedYetError(
            f"export {export_id}: {export.n_children} children; above {settings.export_second_person_above} a second "
            "person must agree"
        )
    sheet = sheet_of(work.session, work.cipher, wanted_of(export))
    work.log("export", "plan", export.plan_id, export_id=export_id, recipient=export.recipient,
             n_rows=len(sheet.rows))  # fmt: skip
    mark = tuple(formula_safe(text) for text in (export_id, export.recipient, export.purpose))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*sheet.columns, *WATERMARK])
    writer.writerows([*row, *mark] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


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


def wanted_of(export: Export) -> Wanted:
    """What an export was asked for."""
    return Wanted(
        plan_id=export.plan_id, table=export.table_name, columns=tuple(export.column_names),
        route_ids=tuple(export.route_ids), recipient=export.recipient, purpose=export.purpose,
    )  # fmt: skip


def sheet_of(session: Session, cipher: Cipher, wanted: Wanted) -> Sheet:
    """Read a plan's table and keep the columns and routes that are wanted.

    Raises
    ------
    InputFaults
        With everything that is none of the plan's.
    NotInStoreError
        When there is no such plan, or its files have been removed.
    """
    if wanted.table not in TABLES:
        raise InputFaults([_fault("table", wanted.table, f"must be one of {', '.join(TABLES)}")])
    text = read_plan_file(session, cipher, wanted.plan_id, f"{wanted.table}.csv").decode("utf-8-sig")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows, names = list(reader), list(reader.fieldnames or [])
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


def _n_children(table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    if table == "routes":
        return sum(int(row["n_passengers"]) for row in rows)
    return len({pid for row in rows for column in _CHILDREN[table] for pid in _ids(row[column])})


def _ids(cell: str) -> list[str]:
    return cell.replace(";", " ").split()


def _fault(column: str, value: str, message: str) -> Fault:
    return Fault(file="export", row=None, column=column, value=value, message=message)
