"""The report of an in-year change: a page, a table and figures for scripts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.in_year_told import ChangeReport, Who
from api.report.changes import column
from api.report.outcome import Outcome
from api.report.plain_page import plain_page
from api.report.view import Row, Tile
from transport.files.plan_tables import Table, Unit, write_csv
from transport.files.plan_words import plural, pounds

CHANGES_PAGE, CHANGES_TABLE, CHANGES_FIGURES = "changes.html", "told", "changes.json"


HEADINGS = {
    Who.NEWCOMER: "Families of those placed",
    Who.FAMILY: "Other families whose vehicle or times change",
    Who.SCHOOL: "Schools",
    Who.OPERATOR: "Operators",
    Who.FLEET: "The council’s own fleet",
    Who.PROCUREMENT: "To be bought, or ended",
}


TOLD_COLUMNS = (
    column("who", "Who", "whom the line is for"),
    column("who_id", "Id", "passenger, school, operator, vehicle or lot"),
    column("route_id", "Route", "route that it is about"),
    column("from_on", "From", "first day it holds"),
    column("over_tolerance", "Disturbed", "vehicle, PA or time changes by more than the tolerance", Unit.YES_NO),
    column("sentence", "What", "in words"),
)


def told_table(report: ChangeReport) -> Table:
    """Who is told what, a row for each."""
    rows = tuple(
        (t.who.value, t.who_id, t.route_id, t.from_on.isoformat(), t.over_tolerance, t.sentence) for t in report.told
    )
    return Table(name=CHANGES_TABLE, title="Told", columns=TOLD_COLUMNS, rows=rows)


def change_figures(report: ChangeReport) -> dict[str, Any]:
    """The report for scripts: money in pence, days as dates."""
    figures = asdict(report)
    figures["told"] = [{**line, "from_on": line["from_on"].isoformat()} for line in figures["told"]]
    figures["told_on"] = report.told_on.isoformat()
    figures["extra_year_pence"] = report.extra_year_pence
    return figures


def change_sentences(report: ChangeReport) -> list[str]:
    """The report in a few lines."""
    lines = [
        f"{plural(len(report.placed_ids), 'passenger')} placed, {plural(len(report.left_ids), 'leaver')}: "
        f"{pounds(report.year_pence_before, pennies=False)} a year becomes {pounds(report.year_pence, pennies=False)}, "
        f"{pounds(abs(report.extra_year_pence), pennies=False)} {'more' if report.extra_year_pence >= 0 else 'less'}",
        f"Other families disturbed: {report.n_disturbed:,}",
    ]
    if report.placed_ids:
        lines.append(f"A vehicle alone for each instead: {pounds(report.taxi_year_pence, pennies=False)} a year")
    if report.free_week_pence is not None:
        gap = report.week_pence - report.free_week_pence
        lines.append(
            f"With a free hand: {pounds(report.free_week_pence, pennies=False)} a week instead of "
            f"{pounds(report.week_pence, pennies=False)} ({100 * gap / max(1, report.free_week_pence):.1f}% dearer)"
        )
    return [*lines, *(f"Not placed: {pid}: {why}" for pid, why in report.not_placed)]


def write_change_report(report: ChangeReport, outcome: Outcome, folder: Path) -> None:
    """Write the page, the table and the figures beside the plan."""
    write_csv(told_table(report), folder / f"{CHANGES_TABLE}.csv")
    text = json.dumps(change_figures(report), indent=1, ensure_ascii=False)
    (folder / CHANGES_FIGURES).write_text(text, encoding="utf-8")
    page = plain_page(
        "change.html",
        title="in-year change",
        heading=f"Change to {outcome.scenario.name}",
        personal=True,
        report=report,
        scenario=outcome.scenario,
        approximate=outcome.approximate,
        told_on=f"{report.told_on.day} {report.told_on:%B %Y}",
        tiles=_tiles(report),
        money=_money(report),
        groups=[(HEADINGS[who], rows) for who in Who if (rows := _rows(report, who))],
    )
    (folder / CHANGES_PAGE).write_text(page, encoding="utf-8")


def _tiles(report: ChangeReport) -> list[Tile]:
    return [
        Tile(
            label="Placed",
            number=f"{len(report.placed_ids):,}",
            sub=f"{plural(len(report.left_ids), 'leaver')}; {len(report.not_placed):,} not placed",
        ),
        Tile(
            label="Extra cost a year",
            number=pounds(report.extra_year_pence, pennies=False),
            sub=f"{pounds(report.year_pence, pennies=False)} in all",
        ),
        Tile(
            label="Other families disturbed",
            number=f"{report.n_disturbed:,}",
            sub="another vehicle, PA, or time by more than the tolerance",
        ),
        Tile(
            label="Routes",
            number=f"{report.n_routes:,}",
            sub=f"{report.n_routes_before:,} before",
        ),
    ]


def _money(report: ChangeReport) -> list[Row]:
    """Cost before and after, and what the alternatives would come to."""
    rows = [
        _row("Plan before", report.week_pence_before, report.year_pence_before),
        _row("Plan now", report.week_pence, report.year_pence),
    ]
    extra_week = report.week_pence - report.week_pence_before
    rows.append(Row(head="Change", cells=(pounds(extra_week), pounds(report.extra_year_pence)), is_total=True))
    if report.placed_ids:
        words = "A vehicle alone for each of those placed instead"
        if report.n_without_taxi:
            words += f" (none keeps the rules for {report.n_without_taxi})"
        rows.append(Row(head=words, cells=("", pounds(report.taxi_year_pence))))
    if report.free_week_pence is not None:
        gap = report.week_pence - report.free_week_pence
        words = f"Best plan found with a free hand ({100 * gap / max(1, report.free_week_pence):.1f}% below)"
        rows.append(Row(head=words, cells=(pounds(report.free_week_pence), "")))
    return rows


def _row(head: str, week_pence: int, year_pence: int) -> Row:
    return Row(head=head, cells=(pounds(week_pence), pounds(year_pence)))


def _rows(report: ChangeReport, who: Who) -> list[Row]:
    return [
        Row(head=t.who_id, cells=(t.route_id, f"{t.from_on.day} {t.from_on:%b %Y}", t.sentence))
        for t in report.told
        if t.who is who
    ]
