"""Write everything that comes out of a planning job into one folder: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from api.report.changes import change_tables
from api.report.kpis import kpis_of
from api.report.outcome import Outcome
from api.report.page import report_html
from api.report.shared import shared_outcome
from api.report.tables import assumptions_table, checks_table, kpi_table
from transport.check import check_plan, rides_of
from transport.cost import cost_of, objective_of
from transport.files.plan_geojson import plan_features, write_geojson
from transport.files.plan_json import PERSONAL_DATA, write_plan
from transport.files.plan_reasons import make_reason_of
from transport.files.plan_tables import (
    Table,
    lots_table,
    passengers_table,
    routes_table,
    stops_table,
    write_csv,
)
from transport.files.plan_xlsx import write_workbook
from transport.files.share import (
    SHARED_LOT_COLUMNS,
    SHARED_NOTE,
    SHARED_ROUTE_COLUMNS,
    columns_only,
    shared_features,
    shared_passengers_table,
)
from transport.files.travel_pairs import write_travel_pairs
from transport.travel import RecordingTravel, TravelPairs

PLAN_FILE, TRAVEL_FILE, REPORT_FILE = "plan.json", "travel_pairs.json", "report.html"
KNOWN_FILE = "reference.json"
"""The plan that families know already, where disturbing them has a price or a cap."""


def write_outputs(outcome: Outcome, folder: Path, *, share: bool = False) -> list[Path]:
    """Write a plan's files into a folder, which is made if need be.

    Everything is written beside the folder first and moved in at the end: a failure leaves the folder as it
    was. Other files of the folder are left alone.

    Parameters
    ----------
    share : write the version that may be passed on instead: places rounded, needs and times removed. It
        holds no `plan.json`, stops, letters or documents, because these are nothing without times and needs.

    Returns
    -------
    Paths written, the report first.

    Raises
    ------
    FileExistsError
        When a shared version is to be written into a folder that holds a full one.
    OSError
        When the disk refuses.
    """
    if share and (folder / PLAN_FILE).exists():
        raise FileExistsError(f"{folder} holds the full plan; the shared version needs a folder of its own")
    with _moved_at_the_end(folder) as workbench:
        if share:
            _write_shared(outcome, workbench)
        else:
            _write_all(outcome, workbench)
        names = sorted(path.relative_to(workbench) for path in workbench.rglob("*") if path.is_file())
    return sorted((folder / name for name in names), key=lambda path: (path.name != REPORT_FILE, path))


def travel_pairs_of(outcome: Outcome) -> TravelPairs:
    """The times and distances that checking, pricing and reporting this plan ask for, and no others."""
    plan, scenario = outcome.plan, outcome.scenario
    recording = RecordingTravel(travel=outcome.travel)
    check_plan(plan, scenario, recording)
    objective_of(plan, scenario, recording, cost_of(plan, scenario, recording))
    kpis_of(replace(outcome, travel=recording, rides=tuple(rides_of(plan, scenario, recording))))
    return recording.pairs()


def notes_of(outcome: Outcome, *, share: bool = False) -> list[str]:
    """What a reader must know before any figure, as `Head: sentence`."""
    notes = [_sentence(SHARED_NOTE if share else PERSONAL_DATA)]
    if outcome.scenario.invented:
        notes.append("Invented data: The passengers are invented; no real child is shown")
    if outcome.approximate:
        notes.append("Approximate: Times and distances are estimates made without a road extract")
    notes.append(f"Times and distances: {outcome.travel.source}")
    notes.append(f"Certificate: {outcome.plan.certificate_words}")
    return notes


def _sentence(note: str) -> str:
    """`personal data: home points ...` as `Personal data: Home points ...`."""
    head, _, rest = note.partition(": ")
    return f"{head.capitalize()}: {rest[:1].upper()}{rest[1:]}"


def _write_all(outcome: Outcome, folder: Path) -> None:
    from api.documents.letters import letters_table
    from api.documents.pdf import write_run_sheets, write_school_lists

    plan, scenario, breakdown = outcome.plan, outcome.scenario, outcome.breakdown
    write_plan(plan, folder / PLAN_FILE)
    if outcome.known is not None and outcome.known.is_watched:
        write_plan(outcome.known.plan, folder / KNOWN_FILE)
    write_travel_pairs(travel_pairs_of(outcome), folder / TRAVEL_FILE)
    reason_of = make_reason_of(plan)
    tables = (
        routes_table(plan, breakdown, outcome.rides),
        stops_table(plan, scenario),
        passengers_table(plan, scenario, outcome.rides, reason_of),
        lots_table(plan, scenario, breakdown),
        *change_tables(outcome),
    )
    _write_csvs((*tables, letters_table(plan, scenario)), folder)
    extra = (kpi_table(outcome), *tables, checks_table(outcome), assumptions_table(scenario))
    write_workbook(extra, folder / "plan.xlsx", notes=notes_of(outcome), title=f"{scenario.name}: route plan")
    features = plan_features(plan, scenario, outcome.run_paths, breakdown.week_pence_by_route)
    _write_map(features, outcome, folder, note=PERSONAL_DATA)
    write_run_sheets(plan, scenario, folder / "run_sheets.pdf", notes=_page_notes(outcome))
    write_school_lists(plan, scenario, folder / "school_lists.pdf", notes=_page_notes(outcome))
    (folder / REPORT_FILE).write_text(report_html(outcome), encoding="utf-8")


def _write_shared(outcome: Outcome, folder: Path) -> None:
    shared = shared_outcome(outcome)
    plan, scenario, breakdown = shared.plan, shared.scenario, shared.breakdown
    tables = (
        columns_only(routes_table(plan, breakdown, shared.rides), SHARED_ROUTE_COLUMNS),
        shared_passengers_table(plan, scenario, shared.rides),
        columns_only(lots_table(plan, scenario, breakdown), SHARED_LOT_COLUMNS),
    )
    _write_csvs(tables, folder)
    extra = (kpi_table(outcome), *tables, assumptions_table(scenario))
    notes = notes_of(outcome, share=True)
    write_workbook(extra, folder / "plan.xlsx", notes=notes, title=f"{scenario.name}: route plan, shared version")
    _write_map(shared_features(plan, scenario), shared, folder, note=SHARED_NOTE)
    (folder / REPORT_FILE).write_text(report_html(outcome, share=True), encoding="utf-8")


def _write_csvs(tables: tuple[Table, ...], folder: Path) -> None:
    for table in tables:
        write_csv(table, folder / f"{table.name}.csv")


def _write_map(features: list[dict[str, object]], outcome: Outcome, folder: Path, *, note: str) -> None:
    write_geojson(
        features,
        folder / "plan.geojson",
        note=note,
        name=outcome.scenario.name,
        approximate=outcome.approximate,
        invented=outcome.scenario.invented,
        source=outcome.travel.source,
    )


def _page_notes(outcome: Outcome) -> list[str]:
    notes = ["Invented data: no real child is shown."] if outcome.scenario.invented else []
    return [*notes, "Times are approximate: made without a road extract."] if outcome.approximate else notes


@contextmanager
def _moved_at_the_end(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    # On the same disk as the folder, so that each move is one step that cannot stop half-way.
    workbench = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield workbench
        for path in sorted(workbench.rglob("*")):
            if path.is_file():
                target = folder / path.relative_to(workbench)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, target)
    finally:
        shutil.rmtree(workbench, ignore_errors=True)
