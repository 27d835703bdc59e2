"""Documents and tables that leave: chosen with just what they need, looked at, agreed to, fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.documents.issued import DETAILS, PARTS, TITLES
from api.documents.letter_text import MARKS, MOST_CHARACTERS, filled, text_faults
from api.endpoints.shapes import After, RecordIdPath
from api.export_files import fetch, forms_of, kept_forms, needs_job, start_export
from api.exporting import (
    EVERYTHING,
    N_PREVIEW,
    WHOLE,
    Wanted,
    approve,
    ask_export,
    letter_text,
    list_exports,
    needs_second_person,
    read_export,
    require_rights,
    sheet_of,
    wanted_of,
)
from api.page_tables import COMPARING, PAGE_TABLES, TODAY, reader_of
from api.pages.log import actor_names
from api.pages.passengers import school_names
from api.pages.plan_reading import OpenedPlan, open_for
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.spreadsheets import XLSX, spreadsheet
from api.pages.visit import Opens, Visit
from api.pages.words import moment_words
from api.store.chosen import LETTER_TEXT, choose, chosen
from api.store.faults import AlreadyThereError, NotAllowedYetError, StaleWriteError
from api.store.models import Export
from api.store.records import history_of
from transport.files.faults import Fault, InputFaults
from transport.files.plan_tables import PASSENGER_COLUMNS, ROUTE_COLUMNS, STOP_COLUMNS
from transport.files.plan_trips import school_ids_of

router = APIRouter(include_in_schema=False)

Exporter = Annotated[Visit, Depends(Opens(permission=Permission.EXPORTS_ASK))]
TextReader = Annotated[Visit, Depends(Opens(permission=Permission.LISTS_READ))]
TextWriter = Annotated[Visit, Depends(Opens(permission=Permission.LISTS_WRITE))]

_TABLES = {"routes": ROUTE_COLUMNS, "stops": STOP_COLUMNS, "passengers": PASSENGER_COLUMNS}
KINDS: Mapping[str, str] = {
    **TITLES,
    "routes": "Table of routes",
    "stops": "Table of stops with their times",
    "passengers": "Table of passengers with their journeys",
    **WHOLE,
    **{name: table.title for name, table in PAGE_TABLES.items()},
}
"""Everything that can leave, in people's words."""
_HINTS = {
    "run_sheets": "Stops in order with times and who gets on and off",
    "school_lists": "Who comes and goes when, and with whom",
    "letters": "One a family, with the council’s own text and the times",
}
FORM_WORDS = {
    "pdf": "One PDF", "zip": "A PDF for each, in one ZIP", "csv": "CSV", "xlsx": "XLSX, for a spreadsheet",
    "geojson": "GeoJSON, for a map",
}  # fmt: skip
_MOST_CHARACTERS = {"recipient": 200, "purpose": 500}
_A_PAGE = 100
_EXPORT_HEADS = ("Export", "What", "For", "Children", "Asked for", "State")


@router.get("/plans/{plan_id}/documents")
def show_documents(
    plan_id: RecordIdPath, visit: Exporter, what: str = "", scope: str = "", before: str = ""
) -> Response:
    """What can leave; and, once chosen, of which routes, with what in it, for whom."""
    return _asked_for(visit, plan_id, what if what in KINDS else "", {}, scope=scope, before=before)


@router.post("/plans/{plan_id}/documents")
def ask_document(plan_id: RecordIdPath, visit: Exporter) -> Response:
    """Ask for a document or a table; nothing leaves yet."""
    try:
        wanted = _wanted(visit, plan_id)
        export, _ = ask_export(visit.store, visit.caller, visit.principal, wanted, reader_of(visit.request))
    except InputFaults as found:
        errors = errors_by_field(found.faults)
        renamed = {"route_ids": "scope", "school_ids": "scope"}
        return _asked_for(
            visit, plan_id, visit.text("what"), {renamed.get(k, k): w for k, w in errors.items()},
            scope=visit.text("scope"), before=visit.text("before"),
        )  # fmt: skip
    return go_to(f"/exports/{export.export_id}")


@router.get("/exports")
def show_exports(visit: Exporter, after: After = "", form: str = "") -> Response:
    """What was asked for, by id; what waits for a second person is marked."""
    with visit.store.read() as session:
        found = list_exports(session, after=after, limit=_A_PAGE)
    rows = [
        (
            (export.export_id, f"/exports/{export.export_id}"), KINDS[export.table_name], export.recipient,
            export.n_children, moment_words(export.asked_at), _state(visit, export),
        )
        for export in found
    ]  # fmt: skip
    if form == XLSX and rows:
        return spreadsheet(visit, ("export", "list"), "Exports", _EXPORT_HEADS, rows)
    following = found[-1].export_id if len(found) == _A_PAGE else ""
    return page(visit, "exports.html", rows=rows, heads=_EXPORT_HEADS, after=after, following=following)


@router.get("/exports/{export_id}")
def show_export(export_id: RecordIdPath, visit: Exporter) -> Response:
    """What would leave, for whom and what for; to be agreed to, or to be fetched."""
    return _one(visit, export_id, {})


@router.post("/exports/{export_id}/approve")
def approve_export(export_id: RecordIdPath, visit: Exporter) -> Response:
    """Agree to what somebody else asked for."""
    try:
        with visit.store.change(visit.caller) as work:
            approve(work, export_id)
    except NotAllowedYetError as error:
        return _one(visit, export_id, {"": str(error).partition(": ")[2].capitalize()})
    return go_to(f"/exports/{export_id}?done=agreed")


@router.get("/exports/{export_id}/file")
def get_export(export_id: RecordIdPath, visit: Exporter, form: str = "") -> Response:
    """The file itself; each time is in the log."""
    try:
        reader = reader_of(visit.request)
        file = fetch(visit.store, visit.settings, visit.caller, visit.principal, export_id, form, reader)
    except NotAllowedYetError as error:
        return _one(visit, export_id, {"": str(error).partition(": ")[2].capitalize()})
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.media_type, headers=headers)


@router.post("/exports/{export_id}/make")
def make_export(export_id: RecordIdPath, visit: Exporter) -> Response:
    """Have a worker make a file that is too large to wait for."""
    try:
        with visit.store.change(visit.caller) as work:
            job_id = start_export(work, visit.settings, visit.principal, export_id, visit.text("form"))
    except (NotAllowedYetError, InputFaults) as error:
        return _one(visit, export_id, {"": str(error).partition(": ")[2].capitalize()})
    return go_to(f"/jobs/{job_id}")


@router.get("/letter-text")
def show_letter_text(visit: TextReader) -> Response:
    """The text of letters to families, with an example and its history."""
    return _text_page(visit, {})


@router.post("/letter-text")
def save_letter_text(visit: TextWriter) -> Response:
    """Save another text; letters asked for before keep theirs."""
    text = visit.text("text").replace("\r\n", "\n")
    try:
        if faults := text_faults(text):
            raise InputFaults(faults)
        with visit.store.change(visit.caller) as work:
            choose(work, LETTER_TEXT, {"row": {"text": text}}, expected_version=visit.version())
    except InputFaults as found:
        return _text_page(visit, errors_by_field(found.faults))
    except (StaleWriteError, AlreadyThereError):
        return _text_page(visit, {"text": "Somebody else saved another text meanwhile; look at it, then save again"})
    return go_to("/letter-text?done=letter-text")


def _asked_for(
    visit: Visit, plan_id: str, what: str, errors: Mapping[str, str], *, scope: str, before: str
) -> Response:
    stored, opened = open_for(visit, plan_id, "documents")
    with visit.store.read() as session:
        text = letter_text(session, visit.store.cipher)
    columns = _columns(visit, what)
    return page(
        visit, "documents.html", status=422 if errors else 200, stored=stored, what=what, errors=errors,
        columns=columns, kinds=[(name, words, _HINTS.get(name, "")) for name, words in KINDS.items()], text=text,
        from_pages=list(PAGE_TABLES), comparing=COMPARING, scope=scope, before=before,
        only=_only_words(scope) if scope.startswith(("passenger:", "decision:")) else "",
        asked=visit.texts("columns") if errors else [name for name, _ in columns if name not in DETAILS],
        schools=_schools(opened), routes=[(view.route_id, view.schools) for view in opened.routes],
        limit=visit.settings.export_second_person_above,
    )  # fmt: skip


def _columns(visit: Visit, what: str) -> list[tuple[str, str]]:
    """What a document or table may hold, as far as whoever asks may see it."""
    if what in _TABLES:
        return [(column.name, column.title) for column in _TABLES[what]]
    if what in PAGE_TABLES:
        words = PAGE_TABLES[what].columns.items()
        return [(name, title) for name, title in words if name != "name" or visit.may("details.read")]
    hidden = set() if visit.may("details.read") else set(DETAILS)
    hidden |= set() if visit.may("medical.read") else {"medical_notes"}
    return [(name, words) for name, words in PARTS.get(what, {}).items() if name not in hidden]


def _schools(opened: OpenedPlan) -> list[tuple[str, str]]:
    scenario = opened.outcome.scenario
    served = {sid for route in opened.outcome.plan.routes for sid in school_ids_of(route)}
    return sorted(((sid, scenario.school_by_id[sid].name) for sid in served), key=lambda school: school[1])


def _wanted(visit: Visit, plan_id: str) -> Wanted:
    """What the form asks for; every fault at once."""
    what, columns = visit.text("what"), tuple(dict.fromkeys(visit.texts("columns")))
    said = {name: " ".join(visit.text(name).split())[:most] for name, most in _MOST_CHARACTERS.items()}
    faults = [(name, "must be filled in") for name, text in said.items() if not text]
    faults += [] if what in KINDS else [("what", f"must be one of {', '.join(KINDS)}")]
    faults += [("columns", "tick at least one")] if (what in _TABLES or what in PAGE_TABLES) and not columns else []
    if faults:
        raise InputFaults([Fault(file="form", row=None, column=c, value="", message=m) for c, m in faults])
    if what in WHOLE:
        return Wanted(
            plan_id=plan_id, table=what, columns=(EVERYTHING,), route_ids=(), recipient=said["recipient"],
            purpose=said["purpose"],
        )  # fmt: skip
    route_ids, school_ids = _scope(visit, plan_id, what)
    if what in PAGE_TABLES:
        scope = visit.text("scope")
        return Wanted(
            plan_id=plan_id, table=what, columns=columns, route_ids=route_ids, school_ids=school_ids,
            before_id=visit.text("before"), only=scope if scope.startswith(("passenger:", "decision:")) else "", **said,
        )  # fmt: skip
    with visit.store.read() as session:
        text = letter_text(session, visit.store.cipher) if what == "letters" else ""
    return Wanted(
        plan_id=plan_id, table=what, columns=columns, route_ids=route_ids, school_ids=school_ids, text=text, **said
    )


def _scope(visit: Visit, plan_id: str, what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Routes and schools that the form names; a table knows routes alone."""
    kind, _, one = visit.text("scope").partition(":")
    if kind == "route":
        return (one,), ()
    if kind != "school":
        return (), ()
    if what in PARTS or what in PAGE_TABLES:
        return (), (one,)
    _, opened = open_for(visit, plan_id, "documents")
    return tuple(r.route_id for r in opened.outcome.plan.routes if one in school_ids_of(r)), ()


def _one(visit: Visit, export_id: str, errors: Mapping[str, str]) -> Response:
    with visit.store.read() as session:
        export = read_export(session, export_id)
        wanted = wanted_of(session, visit.store.cipher, export)
        require_rights(visit.principal, wanted)
        names = school_names(visit, session)
        kept = kept_forms(session, export_id)
    sheet = sheet_of(visit.store, wanted, reader_of(visit.request))
    forms = forms_of(wanted.table)
    to_make = [form for form in forms if form not in kept] if needs_job(export) else []
    with visit.store.change(visit.caller) as work:
        work.log("read", "export", export_id, n_rows=min(len(sheet.rows), N_PREVIEW))
    is_own = export.asked_by == visit.caller.name
    return page(
        visit, "export.html", status=409 if errors else 200, export=export, errors=errors, what=KINDS[wanted.table],
        heads=sheet.columns, rows=sheet.rows[:N_PREVIEW], n_rows=len(sheet.rows),
        facts=_facts(visit, export, wanted, names),
        waits=needs_second_person(visit.settings, export) and export.approved_at is None, is_own=is_own,
        text=wanted.text, forms=[(form, FORM_WORDS[form]) for form in forms if form not in to_make],
        to_make=[(form, FORM_WORDS[form]) for form in to_make],
    )  # fmt: skip


def _facts(visit: Visit, export: Export, wanted: Wanted, names: Mapping[str, str]) -> list[tuple[str, Any]]:
    words = (
        {EVERYTHING: "Everything"}
        | dict(PARTS.get(wanted.table, {}))
        | {c.name: c.title for c in _TABLES.get(wanted.table, ())}
        | dict(PAGE_TABLES[wanted.table].columns if wanted.table in PAGE_TABLES else {})
    )
    against = {"": "", TODAY: "today’s routes"}.get(wanted.before_id, wanted.before_id)
    return [
        ("What", KINDS[wanted.table]),
        ("Plan", (export.plan_id, f"/plans/{export.plan_id}")),
        *([("Compared with", against)] if against else []),
        ("Of", _scope_words(wanted, names)),
        ("With", ", ".join(words[name] for name in wanted.columns) or "Routes, times and our ids alone"),
        ("For", export.recipient),
        ("Purpose", export.purpose),
        ("Children", export.n_children),
        ("Asked for", moment_words(export.asked_at)),
        ("State", _state(visit, export)),
    ]


def _scope_words(wanted: Wanted, names: Mapping[str, str]) -> str:
    if wanted.only:
        return _only_words(wanted.only)
    if wanted.school_ids:
        return ", ".join(names.get(school_id, school_id) for school_id in wanted.school_ids)
    if len(wanted.route_ids) > 8:
        return f"{len(wanted.route_ids)} routes"
    return f"Route {', '.join(wanted.route_ids)}" if wanted.route_ids else "The whole plan"


def _only_words(only: str) -> str:
    kind, _, one = only.partition(":")
    return f"{kind.capitalize()}: {one.replace('_', ' ')}"


def _state(visit: Visit, export: Export) -> str:
    if not needs_second_person(visit.settings, export):
        return "May be fetched"
    return "Waits for a second person" if export.approved_at is None else "Agreed to by a second person"


def _text_page(visit: Visit, errors: Mapping[str, str]) -> Response:
    with visit.store.read() as session:
        stored = chosen(session, visit.store.cipher, LETTER_TEXT)
        text = letter_text(session, visit.store.cipher)
        versions = history_of(session, visit.store.cipher, LETTER_TEXT, stored.record_id) if stored else []
        names = actor_names(session)
    shown = visit.text("text") if errors else text
    rows = [
        (f"{v.version}", moment_words(v.changed_at), names.get(v.changed_by, v.changed_by)) for v in reversed(versions)
    ]
    return page(
        visit, "letter_text.html", status=422 if errors else 200, text=shown, errors=errors, marks=list(MARKS.items()),
        version=stored.version if stored else 0, rows=rows, example=_example(text), most=MOST_CHARACTERS,
    )  # fmt: skip


def _example(text: str) -> Sequence[str]:
    """A letter to nobody, so that the text is seen as families will."""
    values = {
        "child": "Robin Example", "school": "The Meadows", "starts_on": "1 September 2027", "route": "R7",
        "driven_by": "Anyborough Cars", "assistant": "There is 1 passenger assistant on board",
        "council": "Anyborough Council",
    }  # fmt: skip
    return filled(text, values)
