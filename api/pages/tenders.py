"""Tenders: all of them, a new one of a published plan, and one as a task list with its lots and files."""

from __future__ import annotations

import json
import secrets
from statistics import mean
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath
from api.endpoints.tender_steps import compared_cuts
from api.endpoints.tenders import SENT_FILE, LotsShape, get_tender_file, post_tender
from api.pages.log import actor_names
from api.pages.plan_reading import plans_of
from api.pages.rendering import go_to, page
from api.pages.tender_forms import (
    NOTHING,
    Refused,
    asking_of,
    form_fault,
    once_of,
    refused_by,
    sentence_of,
    shape_of,
    tender_page,
    whole,
)
from api.pages.tender_reading import CUT_WORDS, next_step, open_tender, people_words, steps_of
from api.pages.visit import Opens, Visit
from api.pages.words import day_words, moment_words
from api.store.faults import NotAllowedYetError
from api.store.plans import list_plans
from api.store.tenders import list_tenders, read_tender
from api.tender_files import BIDS_FOLDER
from procurement.lot_design import LotLimits
from transport.files.faults import Fault, InputFaults
from transport.files.plan_words import METRES_PER_MILE, miles, pounds

if TYPE_CHECKING:
    from procurement.compare_lots import DesignResult

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_WRITE))]

N_MARKETS = 3
"""Invented markets on which the cuts of a plan are compared (ours): a table of them comes in seconds."""
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
    "operators_told": "Letters written",
    "contracts_registered": "Contracts registered",
}


@router.get("/tenders")
def show_tenders(visit: Reader) -> Response:
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
    return page(visit, "tenders.html", rows=rows)


@router.get("/tenders/new")
def show_new(visit: Writer) -> Response:
    """How a published plan is to be cut into lots."""
    return _new(visit)


@router.post("/tenders/compare")
def compare(visit: Writer) -> Response:
    """The same form, with what every cut would come to on invented markets; nothing is stored."""
    try:
        wanted = _wanted(visit, is_for_comparison=True)
        limits = LotLimits(
            max_routes=wanted.max_routes, max_metres_a_day=wanted.max_metres_a_day,
            max_year_pence=wanted.max_year_pence,
        )  # fmt: skip
        found = plans_of(visit).remembered(
            ("cuts", wanted.plan_id, str(limits)),
            lambda: compared_cuts(asking_of(visit), wanted.plan_id, limits, n_markets=N_MARKETS),
        )
    except InputFaults as faults:
        return _new(visit, refused_by(faults.faults))
    except NotAllowedYetError as error:
        return _new(visit, Refused(errors={"": sentence_of(str(error))}))
    return _new(visit, compared=[_compared(design) for design in found])


@router.post("/tenders")
def begin_tender(visit: Writer, plans: Plans) -> Response:
    """Cut the plan into lots and go to the tender's page."""
    try:
        made = post_tender(_wanted(visit), asking_of(visit), once_of(visit), plans)
    except InputFaults as found:
        return _new(visit, refused_by(found.faults))
    except NotAllowedYetError as error:
        return _new(visit, Refused(errors={"": sentence_of(str(error))}))
    return go_to(f"/tenders/{json.loads(bytes(made.body))['tender_id']}?done=tender")


@router.get("/tenders/{tender_id}")
def show_tender(tender_id: RecordIdPath, visit: Reader) -> Response:
    """One tender: every step with what is done and what is next, the record, files to fetch."""
    with visit.store.read() as session:
        stored, people = read_tender(session, visit.store.cipher, tender_id), actor_names(session)
    files = [name for name in stored.files if not name.startswith((f"{BIDS_FOLDER}/", SENT_FILE))]
    record = [
        (moment_words(line.at), _STEP_WORDS[line.decision.step], people_words(line.by, people), line.why)
        for line in stored.lines
    ]
    return page(
        visit, "tender.html", stored=stored, steps=steps_of(stored, people), record=record,
        last_hash=stored.lines[-1].hash,
        files=[((name, f"/tenders/{tender_id}/files/{name}"), f"{-(-stored.files[name] // 1000):,} kB")
               for name in files],
    )  # fmt: skip


@router.get("/tenders/{tender_id}/lots")
def show_lots(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Lots in a table, and where their schools and areas lie, once the pack is made."""
    from markupsafe import Markup

    from api.documents.tender_map import map_key, map_svg

    opened = open_tender(visit, tender_id, "lots")
    rows = [
        (
            lot.lot_id, lot.class_id, lot.n_routes, f"{lot.n_vehicle_days_a_year:,}", f"{lot.n_pa_days_a_year:,}",
            miles(lot.metres_a_day), pounds(lot.estimate_pence, pennies=False),
            f"{pounds(lot.low_pence, pennies=False)} to {pounds(lot.high_pence, pennies=False)}",
            opened.operator(lot.held_by) if lot.held_by else "–",
        )
        for lot in opened.lots
    ]  # fmt: skip
    # Every word in the picture is escaped where it is drawn.
    picture = Markup(map_svg(opened.points)) if opened.points else ""
    return tender_page(visit, "tender_lots.html", opened, rows=rows, picture=picture, key=map_key(opened.points))


@router.get("/tenders/{tender_id}/files/{name:path}")
def fetch_file(tender_id: RecordIdPath, name: str, visit: Reader) -> Response:
    """A file of the tender, except for bids as they came; fetching is logged."""
    return get_tender_file(tender_id, name, asking_of(visit))


def _new(visit: Visit, refused: Refused = NOTHING, compared: list[tuple[str, ...]] | None = None) -> Response:
    with visit.store.read() as session:
        plans = [plan for plan in list_plans(session) if plan.files and plan.status == "published"]
    plans.sort(key=lambda plan: plan.stored_at, reverse=True)
    return page(
        visit, "tender_new.html", status=422 if refused.errors else 200, errors=refused.errors,
        plans=[(plan.plan_id, f"{plan.title} ({plan.plan_id})") for plan in plans], cuts=list(CUT_WORDS.items()),
        compared=compared or [], n_markets=N_MARKETS, once=secrets.token_hex(16),
    )  # fmt: skip


def _wanted(visit: Visit, *, is_for_comparison: bool = False) -> LotsShape:
    """The form as the endpoint takes it; every fault at once.

    Raises
    ------
    InputFaults
        With the names of the form's fields.
    """
    faults: list[Fault] = []
    fields = {
        "plan_id": visit.text("plan_id"), "cut": visit.text("cut"),
        "max_routes": whole(visit, "max_routes", faults),
        "max_metres_a_day": _metres(whole(visit, "max_miles", faults)),
        "max_year_pence": whole(visit, "max_pounds", faults, 100),
        "title": visit.text("title") or ("comparison" if is_for_comparison else ""),
        "why": visit.text("reason") or ("comparison" if is_for_comparison else ""),
        "fleet_too": bool(visit.text("fleet_too")),
    }  # fmt: skip
    names = {"why": "reason", "max_metres_a_day": "max_miles", "max_year_pence": "max_pounds"}
    try:
        found = shape_of(LotsShape, fields)
    except InputFaults as error:
        faults += [form_fault(names.get(fault.column, fault.column), fault.message) for fault in error.faults]
    if faults:
        raise InputFaults(faults)
    return found


def _metres(n_miles: int | None) -> int | None:
    return None if n_miles is None else round(n_miles * METRES_PER_MILE)


def _compared(design: DesignResult) -> tuple[str, ...]:
    runs = design.runs
    low, high = design.price_range_pence
    return (
        _SHORT_CUT_WORDS[design.name], f"{design.n_lots:,}", pounds(design.mean_price_pence, pennies=False),
        f"{pounds(low, pennies=False)} to {pounds(high, pennies=False)}",
        pounds(design.estimate_pence, pennies=False), pounds(design.administration_pence, pennies=False),
        f"{mean(run.n_bids_per_lot for run in runs):.1f}",
        f"{mean(run.single_bid_pct for run in runs):.0f}% and {mean(run.no_bid_pct for run in runs):.0f}%",
        f"{mean(run.n_winners for run in runs):.1f}",
        f"{mean(run.largest_pct for run in runs):.0f}%",
    )  # fmt: skip
