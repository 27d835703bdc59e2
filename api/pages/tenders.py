"""Tenders: all of them, a new one of a published plan, and one as a task list with its lots and files."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath
from api.endpoints.tender_jobs import N_MARKETS, ComparisonShape, compared_words, comparison_of, post_comparison
from api.endpoints.tenders import SENT_FILE, LotsShape, get_tender_file, post_tender
from api.pages.log import actor_names
from api.pages.rendering import go_to, page
from api.pages.spreadsheets import XLSX, spreadsheet
from api.pages.tender_forms import (
    CUT_NAMES,
    NOTHING,
    Refused,
    asking_of,
    cut_fields,
    once_of,
    refused_by,
    sentence_of,
    wanted_of,
)
from api.pages.tender_reading import CUT_WORDS, next_step, people_words, steps_of
from api.pages.visit import Opens, Visit
from api.pages.words import day_words, moment_words
from api.store.faults import NotAllowedYetError, NotInStoreError
from api.store.jobs import StoredJob
from api.store.plans import list_plans
from api.store.tenders import list_tenders, read_tender
from api.tender_files import BIDS_FOLDER
from transport.files.faults import Fault, InputFaults
from transport.files.plan_words import pounds

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_WRITE))]

_KEPT = ("plan_id", "cut", "max_routes", "max_miles", "max_pounds", "fleet_too")
_SHORT_CUT_WORDS = {
    "route": "Route", "school": "School", "area": "Area", "class": "Vehicle class", "quarter": "Quarter",
}  # fmt: skip
_STEP_WORDS = {
    "contracts_decided": "Contracts that run out decided on",
    "lots_designed": "Lots made",
    "pack_issued": "Pack issued",
    "question_asked": "Question taken down",
    "question_answered": "Question answered",
    "interest_declared": "Interests declared",
    "bids_opened": "Bids opened",
    "screens_seen": "Patterns looked at",
    "overridden": "Rule of the house set aside",
    "award_made": "Award made",
    "templates_chosen": "Own templates taken",
    "operators_told": "Letters written",
    "contracts_registered": "Contracts registered",
}


_HEADS = ("Tender", "Next", "Made on", "By")
_RECORD_HEADS = ("When", "What", "By", "Why")


@router.get("/tenders")
def show_tenders(visit: Reader, form: str = "") -> Response:
    """Every tender, the newest first, with what is next."""
    with visit.store.read() as session:
        found, people = list_tenders(session, visit.store.cipher), actor_names(session)
    rows = [
        (
            (tender.title, f"/tenders/{tender.tender_id}"), next_step(tender) or "Nothing: it is complete",
            day_words(tender.made_at.date()), people_words((tender.made_by,), people),
        )
        for tender in sorted(found, key=lambda tender: tender.made_at, reverse=True)
    ]  # fmt: skip
    if form == XLSX and rows:
        return spreadsheet(visit, ("tender", "list"), "Tenders", _HEADS, rows)
    return page(visit, "tenders.html", rows=rows, heads=_HEADS)


@router.get("/tenders/new")
def show_new(visit: Writer) -> Response:
    """How a published plan is to be cut into lots; with a comparison of the cuts where one was asked for."""
    return _new(visit)


@router.post("/tenders/compare")
def compare(visit: Writer) -> Response:
    """Ask what every cut would come to on invented markets; the same form comes back, and says how far that is."""
    try:
        wanted = _wanted(visit, is_for_comparison=True)
        body = ComparisonShape(**wanted.model_dump(exclude={"cut", "title", "why", "comparison_id"}))
        made = post_comparison(body, asking_of(visit), once_of(visit))
    except InputFaults as faults:
        return _new(visit, refused_by(faults.faults))
    # Words that people write do not go into an address, which others may log.
    kept = {name: text for name in _KEPT if (text := visit.text(name))}
    return go_to(f"/tenders/new?{urlencode({'comparison_id': json.loads(bytes(made.body))['job_id'], **kept})}")


@router.post("/tenders")
def begin_tender(visit: Writer, plans: Plans) -> Response:
    """Cut the plan into lots and go to the tender's page."""
    try:
        made = post_tender(_with_its_comparison(visit), asking_of(visit), once_of(visit), plans)
    except InputFaults as found:
        return _new(visit, refused_by(found.faults))
    except NotAllowedYetError as error:
        return _new(visit, Refused(errors={"": sentence_of(str(error))}))
    return go_to(f"/tenders/{json.loads(bytes(made.body))['tender_id']}?done=tender")


@router.get("/tenders/{tender_id}")
def show_tender(tender_id: RecordIdPath, visit: Reader, form: str = "") -> Response:
    """One tender: every step with what is done and what is next, the record, files to fetch."""
    with visit.store.read() as session:
        stored, people = read_tender(session, visit.store.cipher, tender_id), actor_names(session)
    files = [name for name in stored.files if not name.startswith((f"{BIDS_FOLDER}/", SENT_FILE))]
    record = [
        (moment_words(line.at), _STEP_WORDS[line.decision.step], people_words(line.by, people), line.why)
        for line in stored.lines
    ]
    if form == XLSX:
        return spreadsheet(visit, ("tender", tender_id), "Record of the tender", _RECORD_HEADS, record)
    return page(
        visit, "tender.html", stored=stored, steps=steps_of(stored, people), record=record, heads=_RECORD_HEADS,
        last_hash=stored.lines[-1].hash,
        files=[((name, f"/tenders/{tender_id}/files/{name}"), f"{-(-stored.files[name] // 1000):,} kB")
               for name in files],
    )  # fmt: skip


@router.get("/tenders/{tender_id}/files/{name:path}")
def fetch_file(tender_id: RecordIdPath, name: str, visit: Reader) -> Response:
    """A file of the tender, except for bids as they came; fetching is logged."""
    return get_tender_file(tender_id, name, asking_of(visit))


def _new(visit: Visit, refused: Refused = NOTHING) -> Response:
    given = _given(visit)
    comparison = comparison_of(asking_of(visit), given["comparison_id"]) if given.get("comparison_id") else None
    designs = comparison.progress.get("designs", ()) if comparison else ()
    with visit.store.read() as session:
        plans = [plan for plan in list_plans(session) if plan.files and plan.status == "published"]
    plans.sort(key=lambda plan: plan.stored_at, reverse=True)
    return page(
        visit, "tender_new.html", status=422 if refused.errors else 200, errors=refused.errors,
        plans=[(plan.plan_id, f"{plan.title} ({plan.plan_id})") for plan in plans], cuts=list(CUT_WORDS.items()),
        given=given, comparison=comparison, said=comparison_words(comparison) if comparison else "",
        compared=[compared_row(design) for design in designs],
        should_cost=pounds(designs[0]["estimate_pence"], pennies=False) if designs else "",
        n_markets=N_MARKETS, once=secrets.token_hex(16),
    )  # fmt: skip


def _with_its_comparison(visit: Visit) -> LotsShape:
    """The form as the endpoint takes it; without the comparison where plan or limits were changed after it.

    Raises
    ------
    InputFaults
        As `_wanted`.
    """
    wanted = _wanted(visit)
    try:
        compared_words(asking_of(visit), wanted.comparison_id, wanted.plan_id, wanted)
    except (NotAllowedYetError, NotInStoreError):
        return wanted.model_copy(update={"comparison_id": None})
    return wanted


def _given(visit: Visit) -> dict[str, str]:
    """What stands in the form: as it was sent, or as the address says after a comparison."""
    sent = visit.form if visit.form else visit.request.query_params
    return {name: str(sent.get(name, "")) for name in (*_KEPT, "comparison_id", "title", "reason")}


def _wanted(visit: Visit, *, is_for_comparison: bool = False) -> LotsShape:
    """The form as the endpoint takes it; every fault at once.

    Raises
    ------
    InputFaults
        With the names of the form's fields.
    """
    faults: list[Fault] = []
    fields = {
        "plan_id": visit.text("plan_id"), **cut_fields(visit, faults),
        "title": visit.text("title") or ("comparison" if is_for_comparison else ""),
        "why": visit.text("reason") or ("comparison" if is_for_comparison else ""),
    }  # fmt: skip
    return wanted_of(LotsShape, fields, faults, CUT_NAMES)


def comparison_words(job: StoredJob) -> str:
    """How far a comparison is, in a sentence."""
    if job.state == "running" and job.progress.get("n_all"):
        return f"Comparing the cuts: award {job.progress['n_done'] + 1} of {job.progress['n_all']}"
    failed = "It failed: " + "; ".join(sentence_of(fault.message) for fault in job.faults)
    return {
        "queued": "The comparison waits for its turn", "running": "Comparing the cuts",
        "done": "The cuts have been compared", "failed": failed, "cancelled": "The comparison was cancelled",
    }[job.state]  # fmt: skip


def compared_row(design: Mapping[str, Any]) -> tuple[str, ...]:
    """A cut that was compared, as the row of a table."""
    low, high = design["price_range_pence"]
    return (
        _SHORT_CUT_WORDS[design["cut"]], f"{design['n_lots']:,}", pounds(design["price_pence"], pennies=False),
        f"{pounds(low, pennies=False)} to {pounds(high, pennies=False)}",
        pounds(design["administration_pence"], pennies=False), f"{design['n_bids_per_lot']:.1f}",
        f"{design['single_bid_pct']:.0f}% and {design['no_bid_pct']:.0f}%",
        f"{design['n_winners']:.1f}", f"{design['largest_pct']:.0f}%",
    )  # fmt: skip
