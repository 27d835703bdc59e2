"""What a mile of each vehicle class gives off: chosen by the council, with source, year and history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.auth.permissions import Permission
from api.carbon import (
    NO_FACTOR,
    OWN,
    Carbon,
    CarbonFactor,
    assumed_code,
    carbon_of,
    choice_of,
    choice_words,
    factor_of,
    publication_words,
    published_factors,
    with_choice,
)
from api.endpoints.shapes import RecordIdPath
from api.pages.log import actor_names
from api.pages.plan_reading import OpenedPlan
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.spreadsheets import HISTORY_HEADS, XLSX, Listed, page_with_tables, spreadsheet
from api.pages.visit import Opens, Visit
from api.pages.words import moment_words
from api.report.miles import metres_by_class_of
from api.store.chosen import CARBON, choose, chosen
from api.store.faults import AlreadyThereError, StaleWriteError
from api.store.kinds import KIND_BY_NAME, rows_of
from api.store.records import Filter, Stored, history_of, list_records, read
from transport.files.faults import InputFaults
from transport.files.read_sheets import book_of_rows
from transport.files.read_supply import read_vehicle_classes
from transport.policy import Policy
from transport.vehicles import VehicleClass

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.LISTS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.LISTS_WRITE))]

_CLASS = KIND_BY_NAME["vehicle_class"]
_HEADS = ("Class", "Counted as", "Kilograms a mile", "Source and year", "Set by")
_FIELDS = ("code", "kg_per_mile", "source", "year")


@router.get("/administration/carbon")
def show_carbon(visit: Reader, form: str = "") -> Response:
    """The factor of every vehicle class, and where it is from."""
    with visit.store.read() as session:
        body = carbon_body(visit, session)
        classes = _classes(list_records(session, visit.store.cipher, _CLASS, Filter()))
    rows = [
        ((one.class_id, f"/administration/carbon/{one.class_id}"), *factor_cells(factor_of(one, body)))
        for one in classes
    ]  # fmt: skip
    if form == XLSX and rows:
        return spreadsheet(visit, ("carbon", "council"), "CO2e of a mile", _HEADS, rows)
    return page(visit, "carbon.html", rows=rows, heads=_HEADS, publication=publication_words())


@router.get("/administration/carbon/{class_id}")
def show_class(class_id: RecordIdPath, visit: Reader) -> Response:
    """The factor of one vehicle class, and what it was before."""
    return _class_page(visit, class_id, {})


@router.post("/administration/carbon/{class_id}")
def change_class(class_id: RecordIdPath, visit: Writer) -> Response:
    """Choose a published factor, enter an own one, say that there is none, or go back to what is assumed."""
    try:
        choice = choice_of({name: visit.text(name) for name in _FIELDS})
        with visit.store.change(visit.caller) as work:
            read(work.session, work.cipher, _CLASS, class_id)
            stored = chosen(work.session, work.cipher, CARBON)
            body = with_choice((stored.body if stored else None) or {}, class_id, choice)
            choose(work, CARBON, body, expected_version=visit.version())
    except InputFaults as found:
        return _class_page(visit, class_id, errors_by_field(found.faults))
    except (StaleWriteError, AlreadyThereError):
        return _class_page(visit, class_id, {"": "Somebody else changed a factor meanwhile; look, then save again"})
    return go_to("/administration/carbon?done=carbon")


def carbon_body(visit: Visit, session: Session) -> Mapping[str, Any]:
    """What the council has chosen; empty where it has chosen nothing."""
    stored = chosen(session, visit.store.cipher, CARBON)
    return (stored.body if stored else None) or {}


def carbon_of_plan(opened: OpenedPlan, body: Mapping[str, Any]) -> Carbon:
    """CO2e of an opened plan under the council's factors."""
    outcome = opened.outcome
    metres = metres_by_class_of(outcome.plan, outcome.scenario, outcome.travel)
    return carbon_of(metres, outcome.scenario.vehicle_classes, body)


def factor_cells(factor: CarbonFactor | None) -> tuple[str, str, str, str]:
    """A factor as cells: counted as, kilograms a mile, source with year, who set it."""
    if factor is None:
        return ("Enter a factor", "–", "–", "–")
    counted = factor.words or "The council’s own figure"
    by = "Assumed from its size" if factor.is_assumed else "Set by the council"
    return (counted, f"{factor.kg_per_mile:f}", f"{factor.source}, {factor.year}", by)


def _class_page(visit: Visit, class_id: str, errors: Mapping[str, str]) -> Response:
    with visit.store.read() as session:
        (vehicle_class,) = _classes([read(session, visit.store.cipher, _CLASS, class_id)])
        stored = chosen(session, visit.store.cipher, CARBON)
        versions = history_of(session, visit.store.cipher, CARBON, stored.record_id) if stored else []
        names = actor_names(session)
    body = (stored.body if stored else None) or {}
    own = body.get("factors", {}).get(class_id, {})
    assumed = published_factors().get(assumed_code(vehicle_class))
    options = [
        ("", f"As assumed from its size: {assumed.words if assumed else 'none, so no CO2e'}"),
        *((code, f"{one.words}: {one.kg_per_mile} kg a mile") for code, one in published_factors().items()),
        (OWN, "A figure of our own, entered below"),
        (NO_FACTOR, "No factor"),
    ]
    shown = {name: visit.text(name) if errors else own.get(name, "") for name in _FIELDS}
    history = Listed(title="History", heads=HISTORY_HEADS[1:], rows=_history(versions, class_id, names))
    return page_with_tables(
        visit, "carbon_class.html", ("carbon", class_id), {"history": history}, title=f"CO2e of {class_id}",
        status=422 if errors else 200, errors=errors, class_id=class_id, options=options, shown=shown,
        version=stored.version if stored else 0,
        factor=factor_cells(factor_of(vehicle_class, body)), publication=publication_words(),
    )  # fmt: skip


def _history(versions: list[Stored], class_id: str, names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The versions that changed this class, the newest first."""
    rows: list[tuple[str, ...]] = []
    before: Any = None
    for one in versions:
        now = (one.body or {}).get("factors", {}).get(class_id)
        if now != before:
            who = names.get(one.changed_by, one.changed_by)
            rows.append((moment_words(one.changed_at), who, f"{choice_words(before)} → {choice_words(now)}"))
        before = now
    return rows[::-1]


def _classes(stored: list[Stored]) -> list[VehicleClass]:
    rows = [row for one in stored for row in rows_of(_CLASS, one.record_id, one.body or {})]
    return list(read_vehicle_classes(book_of_rows("vehicle classes", rows), Policy()).values())
