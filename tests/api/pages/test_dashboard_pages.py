"""The dashboard: figures against targets that the council sets, by school and over time, each opening its parts."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from api.auth.permissions import Role
from api.kpi_targets import KPI_BY_NAME, KPIS, Brag, shown_text, target_texts, targets_of
from api.pages.dashboard_figures import FIGURES
from api.pages.kpi_values import notice_days
from api.pages.trend_chart import make_trend
from api.workbooks import as_table
from tests.api.page_visits import Visitor, visitor, words_of
from tests.api.pages.test_plan_pages import officer_with_plan, publish, stored
from transport.calendar import Closure, OperatingCalendar
from transport.files.faults import InputFaults

TARGETS = {kpi.name: shown_text(kpi, kpi.default) for kpi in KPIS} | {"margin": "10"}


@pytest.fixture
def who(app: FastAPI, tmp_path: Path) -> Visitor:
    """An officer whose first plan holds."""
    return officer_with_plan(app, tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "brag"),
    [
        ("solo", 8.0, Brag.BLUE), ("solo", 8.1, Brag.GREEN), ("solo", 9.0, Brag.GREEN), ("solo", 9.9, Brag.AMBER),
        ("solo", 10.0, Brag.RED), ("fleet", 100.0, Brag.BLUE), ("fleet", 90.0, Brag.GREEN), ("fleet", 81.0, Brag.AMBER),
        ("fleet", 80.9, Brag.RED), ("fleet", None, None),
    ],
)  # fmt: skip
def test_blue_green_amber_and_red(name: str, value: float | None, brag: Brag | None) -> None:
    """Alone at most 9 %, vehicles in use at least 90 %, margin a tenth of each."""
    assert targets_of({}).brag(name, value) is brag


@given(st.sampled_from([kpi.name for kpi in KPIS]), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_better_value_never_stands_worse(name: str, one: float, other: float) -> None:
    """The order of the colours is the order of the values."""
    order = [Brag.RED, Brag.AMBER, Brag.GREEN, Brag.BLUE]
    low, high = sorted((one, other), reverse=KPI_BY_NAME[name].lower_is_better)
    targets = targets_of({})
    worse, better = targets.brag(name, low), targets.brag(name, high)
    assert worse is not None
    assert better is not None
    assert order.index(worse) <= order.index(better)


def test_targets_keep_what_the_council_set_and_no_more() -> None:
    """Ours are left out; pounds become pence; every fault at once."""
    kept = target_texts({**TARGETS, "per-passenger": "£7,500", "solo": "8%"})
    assert kept == {"per-passenger": "7500", "solo": "8", "margin": "10"}
    targets = targets_of(kept)
    assert (targets.by_name["per-passenger"], targets.by_name["notice"]) == (750_000, 10)
    assert targets.own == {"per-passenger", "solo"}
    with pytest.raises(InputFaults) as found:
        target_texts({"solo": "101", "bids": "many", "margin": "NaN", "notice": "5"})
    assert [fault.column for fault in found.value.faults] == ["solo", "bids", "margin"]


def test_notice_counts_whole_working_days_between() -> None:
    """Published on a Friday for the Monday after next: five days, four with a bank holiday, none for tomorrow."""
    told, starts = datetime(2026, 9, 4, 15, tzinfo=UTC), date(2026, 9, 14)
    assert notice_days(told, starts, OperatingCalendar()) == 5
    shut = OperatingCalendar(closures=(Closure(on=date(2026, 9, 9), school_id=None),))
    assert notice_days(told, starts, shut) == 4
    assert notice_days(told, date(2026, 9, 5), OperatingCalendar()) == 0
    assert notice_days(told, date(2026, 9, 1), OperatingCalendar()) == 0


def test_each_figure_opens_what_it_is_made_of(app: FastAPI, who: Visitor) -> None:
    """Every link of the dashboard leads to a table whose heading repeats the figure."""
    page = who.see("/dashboard")
    names = dict.fromkeys(
        part.partition("?")[0] for part in page.split('href="/dashboard/')[1:] if "?plan=" in part[:20]
    )
    assert {kpi.name for kpi in KPIS} <= names.keys()
    for kpi in KPIS:
        assert f'<h1 class="govuk-heading-l">{kpi.label}' in who.see(f"/dashboard/{kpi.name}")
    assert "Travelling alone: 0.0% Blue" in words_of(who.see("/dashboard/solo"))
    assert "R1 car 2 50%" in words_of(who.see("/dashboard/occupancy"))
    who.see("/dashboard/luck", 404)


def test_what_is_unknown_is_said_to_be(who: Visitor) -> None:
    """No tender, no plan before, no vehicle of the council, no assistant: no colour either."""
    page = words_of(who.see("/dashboard"))
    assert "Bids per lot Unknown target at least 3.0 No tender of this service has told its operators yet" in page
    assert "Families changed Unknown target at most 10.0% No plan held before this one" in page
    assert "Council’s vehicles in use Unknown" in page
    assert "Nothing is known." in who.see("/dashboard/sme")


def test_a_target_that_the_council_sets_changes_the_colour(app: FastAPI, who: Visitor) -> None:
    """Half the places are filled: red against 70 %, blue against 40 %; who set it stands in the history."""
    assert "Places filled: 50.0% Red" in words_of(who.see("/dashboard/occupancy"))
    who.send("/targets", {**TARGETS, "occupancy": "40", "version": "0"}, of="/targets")
    assert "Places filled: 50.0% Blue" in words_of(who.see("/dashboard/occupancy"))
    shown = words_of(who.see("/targets"))
    assert "transport_officer" in shown
    assert "Places filled at least 40.0%; margin 10%" in shown
    late = who.send("/targets", {**TARGETS, "version": "0"}, 422, of="/targets").text
    assert "Somebody else set targets" in late
    wrong = who.send("/targets", {**TARGETS, "solo": "many", "version": "1"}, 422, of="/targets").text
    assert 'id="solo-error"' in wrong
    assert "At most" not in words_of(visitor(app, Role.VIEWER).see("/targets"))
    visitor(app, Role.VIEWER).send("/targets", TARGETS, 403, of="/targets")


def test_a_second_plan_shows_whom_it_changed_and_stands_beside_the_first(who: Visitor, tmp_path: Path) -> None:
    """P2 and P4 change vehicles, two families of four; over time both plans stand in the order in which they held."""
    store = who.client.app.state.store  # type: ignore[attr-defined]
    second = (("R1", "P1", "P4"), ("R2", "P3", "P2"))
    publish(who, store, stored(store, tmp_path / "two", "Second", second))
    page = words_of(who.see("/dashboard/changed"))
    assert "Families changed: 50.0% Red" in page
    assert "P2 another vehicle" in page
    over_time = words_of(who.see("/dashboard/over-time?figure=occupancy"))
    assert over_time.index("First 50.0%") < over_time.index("Second 50.0%")
    assert "dashed line is the target, at least 70.0%" in over_time


def test_figures_by_school_leave_as_a_workbook(who: Visitor) -> None:
    """Two schools with two passengers each, whose costs add up to the plan's; a table with children does not leave."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(who.client.get("/dashboard/schools").content))
    rows = book.get_sheet_by_name("By school").to_python()
    assert [row[:3] for row in rows[1:]] == [["The Brook", 2, 1], ["The Meadows", 2, 1]]
    assert who.client.get("/dashboard/occupancy?form=xlsx").content[:2] == b"PK"
    assert who.client.get("/dashboard/over-time?form=xlsx").content[:2] == b"PK"
    solo = who.client.get("/dashboard/over-45?form=xlsx")
    assert solo.headers["content-type"].startswith("text/html")


def test_a_procurement_officer_sees_every_figure_and_no_child(app: FastAPI, who: Visitor) -> None:
    """Figures and what they are made of, but nothing that names a passenger, is of one school or leads into a plan."""
    buyer = visitor(app, Role.PROCUREMENT_OFFICER)
    page = buyer.see("/dashboard")
    assert "Dashboard" in buyer.see("/")
    assert all(figure.label in page for figure in FIGURES)
    assert "By school" not in page
    told = [page, buyer.see("/dashboard/over-time")]
    told += [buyer.see(f"/dashboard/{f.name}", 403 if f.names_children else 200) for f in FIGURES]
    buyer.see("/dashboard/schools", 403)
    links = {link for text in told for link in re.findall(r'href="(/[^"#?]*)', text)}
    for link in links - {"/dashboard/schools"}:
        assert buyer.client.get(link).status_code == 200, link
    assert "R1" in words_of(buyer.see("/dashboard/occupancy"))
    # As a whole word: the form's token is random, and may have an id's letters within it.
    assert not any(re.search(r"(?<![\w-])P[1-4](?![\w-])", text) for text in told)


def test_an_empty_dashboard_says_so(app: FastAPI) -> None:
    """And so does the picture over time."""
    viewer = visitor(app, Role.VIEWER)
    assert "No plan holds yet" in viewer.see("/dashboard")
    assert "No plan has held yet" in viewer.see("/dashboard/over-time")
    viewer.see("/dashboard/solo", 404)


def test_bars_stand_on_the_ground_and_the_target_is_their_measure() -> None:
    """60 of a target of 120 is half as high as it; what is unknown has no height."""
    chart = make_trend([60.0, None, 120.0], ["60", "Unknown", "120"], 120.0, "three")
    first, unknown, last = chart.bars
    assert unknown.height == 0
    assert last.y == chart.target_y
    assert last.height == pytest.approx(2 * first.height)
    assert first.y + first.height == chart.base_y
    assert make_trend([0.0], ["0"], 0.0, "none").bars[0].height == 0
    assert {bar.label for bar in make_trend([1.0] * 7, ["1"] * 7, 1.0, "seven").bars} == {""}


def test_a_table_keeps_numbers_and_leaves_links_behind() -> None:
    """The words of a link stay; a name that a spreadsheet does not take is cut."""
    table = as_table("Cost: a/year of the whole council and more", ("Route", "Places"), [(("R1", "/plans/1"), 3)])
    assert table.rows == (("R1", 3),)
    assert len(table.name) <= 31
    assert not set(":/") & set(table.name)
