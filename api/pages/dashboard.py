"""Figures of the plan that holds against the council's targets, by school and over time; each opens its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.auth.faults import NotAllowedError
from api.auth.permissions import Permission
from api.endpoints.shapes import After
from api.kpi_targets import (
    BRAG_WORDS,
    KPI_BY_NAME,
    KPIS,
    MARGIN,
    Brag,
    Targets,
    shown_text,
    target_texts,
    targets_body,
    targets_of,
)
from api.pages.carbon import carbon_body, carbon_of_plan
from api.pages.dashboard_figures import FIGURE_BY_NAME, FIGURES, Figure, Rows, Shown
from api.pages.kpi_values import (
    MOST_PLANS,
    InForce,
    Values,
    changed_since,
    plans_in_force,
    school_figures_of,
    tender_then,
    tender_values,
    values_of,
)
from api.pages.log import actor_names
from api.pages.plan_reading import open_for, plans_of, standing_ids
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.spreadsheets import XLSX, Listed, page_with_tables, spreadsheet
from api.pages.trend_chart import make_trend
from api.pages.visit import Opens, Visit
from api.pages.words import day_words, moment_words
from api.store.chosen import TARGETS, choose, chosen
from api.store.faults import AlreadyThereError, NotInStoreError, StaleWriteError
from api.store.records import history_of
from api.tender_figures import TenderFigures
from transport.files.faults import InputFaults
from transport.files.plan_words import minutes, pounds

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.PLANS_READ))]
FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]
TargetReader = Annotated[Visit, Depends(Opens(permission=Permission.LISTS_READ))]
TargetWriter = Annotated[Visit, Depends(Opens(permission=Permission.LISTS_WRITE))]

_MOST_ROWS = 500
"""Rows of what a figure is made of (ours): more make a page that is slow to load and that nobody reads to its end."""
_MOST_SCHOOLS = 15
"""Schools that are seen at once (ours); the smaller ones open."""
_SCHOOL_HEADS = (
    "School", "Passengers carried", "Routes", "Cost per passenger a year", "Travelling alone", "Over 45 minutes",
    "Longest ride, minutes",
)  # fmt: skip


@router.get("/dashboard")
def show_dashboard(visit: Reader, plan: After = "") -> Response:
    """Every figure of a plan that holds against its target, and the main ones of each school."""
    with visit.store.read() as session:
        targets = _targets(visit, session)
        holding = _holding(session)
    if not holding:
        return page(visit, "dashboard.html", one=None)
    shown = _shown(visit, holding, plan, "dashboard")
    tiles = [(f, f.number(shown), f.sub(shown), *_against(targets, f.name, shown)) for f in FIGURES]
    # Of a school with one passenger its figures are those of a child.
    schools = _schools(visit, shown) if visit.may("plan_files.read") else []
    return page(
        visit, "dashboard.html", one=shown.one, tiles=tiles, schools=schools, school_heads=_SCHOOL_HEADS,
        n_first=_MOST_SCHOOLS, opens=[f.name for f in FIGURES if _may_open(visit, f)],
        holding=[(h.plan_id, h.title) for h in holding], margin=targets.margin_pct, meanings=BRAG_WORDS.items(),
    )  # fmt: skip


@router.get("/dashboard/schools")
def get_schools(visit: FileReader, plan: After = "") -> Response:
    """The figures by school as a workbook; no child is named in it."""
    shown = _shown(visit, _required(visit), plan, "schools")
    return _workbook(visit, shown.one, "By school", _SCHOOL_HEADS, _schools(visit, shown))


@router.get("/dashboard/over-time")
def show_over_time(visit: Reader, figure: str = "per-passenger", form: str = "") -> Response:
    """One figure of every plan that held, as a picture and as a table."""
    kpi = KPI_BY_NAME.get(figure, KPIS[0])
    with visit.store.read() as session:
        targets = _targets(visit, session)
        found = plans_in_force(session)
        # What was known of the market while a plan held: until the next one was published.
        ends = [*(one.published_at.date() for one in found[1:]), datetime.now(UTC).date()][: len(found)]
        values = [
            _known(visit, session, one, tender_then(visit, session, end))[kpi.name]
            for one, end in zip(found[-MOST_PLANS:], ends[-MOST_PLANS:], strict=True)
        ]
    with visit.store.change(visit.caller) as work:
        work.log("read", "plan", "list", page="figures over time", ids=[one.plan_id for one in found[-MOST_PLANS:]])
    shown = found[-MOST_PLANS:]
    rows: Rows = [
        (number, day_words(one.starts_on), (one.title, f"/plans/{one.plan_id}"), kpi.words(value),
         _brag_words(targets, kpi.name, value))
        for number, (one, value) in enumerate(zip(shown, values, strict=True), start=1)
    ]  # fmt: skip
    rows = _openable(visit, rows)
    heads = ("Number", "Holds from", "Plan", kpi.label, "Against the target")
    if form == XLSX and shown:
        return _workbook(visit, shown[-1], kpi.label, heads, rows)
    target = targets.by_name[kpi.name]
    words = f"Bars: {kpi.label} of {len(shown)} plans beside the target, {kpi.target_words(target)}. The table has all."
    chart = make_trend(values, [kpi.words(value) for value in values], target, words) if shown else None
    return page(
        visit, "over_time.html", chart=chart, rows=rows, heads=heads, kpi=kpi, target=kpi.target_words(target),
        kpis=[(one.name, one.label) for one in KPIS], n_older=len(found) - len(shown),
    )  # fmt: skip


@router.get("/dashboard/{name}")
def show_figure(name: str, visit: Reader, plan: After = "", form: str = "") -> Response:
    """What one figure is made of."""
    figure = FIGURE_BY_NAME.get(name)
    if figure is None:
        raise NotInStoreError("there is no such figure")
    if not _may_open(visit, figure):
        raise NotAllowedError(f"needs the permission {Permission.PLAN_FILES_READ}")
    with visit.store.read() as session:
        targets = _targets(visit, session)
    shown = _shown(visit, _required(visit), plan, f"figure {name}")
    rows = _openable(visit, figure.rows(shown))
    if form == XLSX and not figure.names_children and rows:
        return _workbook(visit, shown.one, figure.label, figure.heads, rows)
    brag, target = _against(targets, name, shown)
    return page(
        visit, "figure.html", one=shown.one, figure=figure, number=figure.number(shown), sub=figure.sub(shown),
        rows=rows[:_MOST_ROWS], n_more=max(0, len(rows) - _MOST_ROWS), brag=brag, target=target,
        meaning=BRAG_WORDS[Brag(brag)] if brag else "",
    )  # fmt: skip


@router.get("/targets")
def show_targets(visit: TargetReader) -> Response:
    """The council's targets, with their history."""
    return _targets_page(visit, {})


@router.post("/targets")
def save_targets(visit: TargetWriter) -> Response:
    """Set every target anew."""
    given = {name: visit.text(name) for name in (*KPI_BY_NAME, MARGIN)}
    try:
        body = targets_body(target_texts(given))
        with visit.store.change(visit.caller) as work:
            choose(work, TARGETS, body, expected_version=visit.version())
    except InputFaults as found:
        return _targets_page(visit, errors_by_field(found.faults))
    except (StaleWriteError, AlreadyThereError):
        return _targets_page(visit, {"": "Somebody else set targets meanwhile; look at them, then save again"})
    return go_to("/targets?done=targets")


def _may_open(visit: Visit, figure: Figure) -> bool:
    """Whether whoever looks may see what a figure is made of: not everybody sees which child is where."""
    return not figure.names_children or visit.may("plan_files.read")


def _openable(visit: Visit, rows: Rows) -> Rows:
    """Rows without links into a plan for those who may not open it."""
    if visit.may("plan_files.read"):
        return rows
    return [tuple(c[0] if isinstance(c, tuple) and c[1].startswith("/plans/") else c for c in row) for row in rows]


def _targets_page(visit: Visit, errors: Mapping[str, str]) -> Response:
    with visit.store.read() as session:
        stored = chosen(session, visit.store.cipher, TARGETS)
        targets = _targets(visit, session)
        versions = history_of(session, visit.store.cipher, TARGETS, stored.record_id) if stored else []
        names = actor_names(session)
    fields = [
        (kpi, visit.text(kpi.name) if errors else shown_text(kpi, targets.by_name[kpi.name]),
         "" if kpi.name in targets.own else "ours")
        for kpi in KPIS
    ]  # fmt: skip
    tables = {
        "targets": Listed(
            title="Targets", heads=("Figure", "Target"),
            rows=[(kpi.label, kpi.target_words(targets.by_name[kpi.name])) for kpi in KPIS],
        ),
        "history": Listed(
            title="History", heads=("Version", "When", "Who", "Set by the council"),
            rows=[
                (f"{v.version}", moment_words(v.changed_at), names.get(v.changed_by, v.changed_by),
                 _set_words((v.body or {}).get("row", {})))
                for v in reversed(versions)
            ],
        ),
    }  # fmt: skip
    return page_with_tables(
        visit, "targets.html", ("targets", "council"), tables, status=422 if errors else 200, fields=fields,
        errors=errors,
        margin=visit.text(MARGIN) if errors else f"{targets.margin_pct:g}", version=stored.version if stored else 0,
        meanings=BRAG_WORDS.items(),
    )  # fmt: skip


def _set_words(row: Mapping[str, str]) -> str:
    targets = targets_of(row)
    parts = [f"{kpi.label} {kpi.target_words(targets.by_name[kpi.name])}" for kpi in KPIS if kpi.name in targets.own]
    return "; ".join([*parts, f"margin {targets.margin_pct:g}%"])


def _targets(visit: Visit, session: Session) -> Targets:
    stored = chosen(session, visit.store.cipher, TARGETS)
    return targets_of((stored.body or {}).get("row", {}) if stored else {})


def _against(targets: Targets, name: str, shown: Shown) -> tuple[str, str]:
    """Blue, green, amber or red, and the target in words; empty where there is none."""
    if name not in KPI_BY_NAME:
        return "", ""
    return str(targets.brag(name, shown.values[name]) or ""), KPI_BY_NAME[name].target_words(targets.by_name[name])


def _brag_words(targets: Targets, name: str, value: float | None) -> str:
    brag = targets.brag(name, value)
    return f"{brag.capitalize()}: {BRAG_WORDS[brag]}" if brag else "Unknown"


def _holding(session: Session) -> list[InForce]:
    """The plans that hold, that of most schools first."""
    standing = standing_ids(session)
    newest = {one.plan_id: one for one in plans_in_force(session)}
    return [newest[plan_id] for plan_id in standing]


def _required(visit: Visit) -> list[InForce]:
    with visit.store.read() as session:
        holding = _holding(session)
    if not holding:
        raise NotInStoreError("no plan holds yet")
    return holding


def _shown(visit: Visit, holding: Sequence[InForce], plan_id: str, part: str) -> Shown:
    """A plan that holds: the one asked for, else the first."""
    one = next((one for one in holding if one.plan_id == plan_id), holding[0])
    _, opened = open_for(visit, one.plan_id, part)
    with visit.store.read() as session:
        changed = changed_since(visit, session, opened, one)
        tender = tender_then(visit, session, datetime.now(UTC).date())
        return Shown(
            opened=opened, one=one, values=_known(visit, session, one, tender), changed=changed,
            carbon=carbon_of_plan(opened, carbon_body(visit, session)), tender=tender,
        )  # fmt: skip


def _known(visit: Visit, session: Session, one: InForce, tender: TenderFigures | None) -> Values:
    return {**values_of(visit, session, one), **tender_values(tender)}


def _schools(visit: Visit, shown: Shown) -> Rows:
    key = ("schools", shown.one.plan_id)
    found = plans_of(visit).remembered(key, lambda: school_figures_of(shown.opened))
    return [
        (s.name, s.n_passengers, s.n_routes, pounds(s.per_passenger_year_pence, pennies=False), f"{s.solo_pct:.1f}%",
         f"{s.over_45_pct:.1f}%", minutes(s.longest_s))
        for s in found
    ]  # fmt: skip


def _workbook(visit: Visit, one: InForce, title: str, heads: Sequence[str], rows: Rows) -> Response:
    notes = [f"Plan {one.plan_id}: {one.title}", f"Holds from: {day_words(one.starts_on)}"]
    return spreadsheet(visit, ("plan", one.plan_id), title, heads, rows, notes=notes)
