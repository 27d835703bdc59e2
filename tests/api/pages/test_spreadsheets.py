"""Tables of pages as spreadsheets: the same rows, nothing about a child, a line in the log."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fastapi import FastAPI
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from api.auth.permissions import Role
from api.store.models import AuditEvent
from tests.api.page_visits import Visitor, visitor
from tests.api.pages.test_plan_pages import officer_with_plan


@pytest.fixture
def who(app: FastAPI, tmp_path: Path) -> Visitor:
    """An officer whose first plan holds."""
    return officer_with_plan(app, tmp_path)


def sheet_of(who: Visitor, address: str) -> list[list[object]]:
    """Rows of the table of a workbook, its head first."""
    answer = who.client.get(address)
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-type"].startswith("application/vnd.openxml"), address
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return book.get_sheet_by_index(len(book.sheet_names) - 1).to_python()


def test_every_table_without_a_child_is_a_spreadsheet_too(app: FastAPI, who: Visitor) -> None:
    """Plans, routes of a school, two plans compared, factors, rates, settings; each leaves a line in the log."""
    plan_id = who.see("/plans").split('href="/plans/')[1].partition('"')[0]
    plans = sheet_of(who, "/plans?form=xlsx")
    assert plans[0][:3] == ["Plan", "Title", "State"]
    assert plans[1][:5] == [plan_id, "First", "published", 2.0, 2.0]
    routes = sheet_of(who, f"/plans/{plan_id}?form=xlsx&school=S01")
    assert [row[0] for row in routes] == ["Route", "R1"]
    figures = sheet_of(who, f"/compare?form=xlsx&before={plan_id}&after={plan_id}")
    assert figures[0] == ["Figure", "Before", "After", "Change"]
    assert figures[-1][0] == "CO2e a week of operation"
    assert sheet_of(who, "/administration/carbon?form=xlsx")[1][0] == "car"
    assert sheet_of(who, "/administration/rates")[1][:4] == ["car", "4+0", "£90.00", "£1.50"]
    assert any(row[0] == "max_walk_m" for row in sheet_of(who, "/administration/policy"))
    for rows in (plans, routes, figures):
        assert not {"P1", "P2", "P3", "P4"} & {str(cell) for row in rows for cell in row}
    with app.state.store.read() as session:
        lines = session.scalars(select(AuditEvent).where(AuditEvent.action == "export")).all()
    assert [line.kind for line in lines] == ["plan", "plan", "plan", "carbon", "vehicle_class", "council"]


def test_the_log_leaves_as_it_was_searched(app: FastAPI, who: Visitor) -> None:
    """Lines of one action alone, beyond a page's fifty; only for those who may read it."""
    for _ in range(60):
        who.see("/dashboard")
    reader = visitor(app, Role.ADMINISTRATOR)
    rows = sheet_of(reader, "/log?form=xlsx&action=read")
    assert rows[0] == ["Line", "When", "Who", "What", "Of what", "Id", "More", "Why"]
    assert len(rows) > 60
    assert {row[3] for row in rows[1:]} == {"read"}
    assert who.client.get("/log?form=xlsx").status_code == 403


def test_histories_accounts_and_targets_are_spreadsheets(app: FastAPI, who: Visitor) -> None:
    """Each of the pages links to its own tables, and what they hold is what the page shows."""
    rates = sheet_of(who, "/administration/rates/car?form=xlsx")
    assert rates[0] == ["Version", "When", "Who", "What changed"]
    assert rates[1][0] == "1"
    targets = sheet_of(who, "/targets?form=xlsx")
    assert targets[0] == ["Figure", "Target"]
    assert len(targets) > 5
    keeper = visitor(app, Role.ADMINISTRATOR)
    accounts = sheet_of(keeper, "/accounts?form=xlsx")
    assert accounts[0] == ["Name", "Role", "State", "Since"]
    assert [row[0] for row in accounts[1:]] == sorted(row[0] for row in accounts[1:])
    for address in ("/accounts", "/targets", "/administration/rates/car"):
        assert "?form=xlsx" in keeper.see(address), address
