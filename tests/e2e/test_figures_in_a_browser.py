"""Documents, dashboard and administration in a real Chromium: axe, a phone's width, by keyboard, without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.auth.permissions import Role
from api.documents.issued import PARTS
from api.publishing import Request, publish
from api.settings import Settings
from api.store.plans import Evidence, propose, record_evidence
from tests.api.lists import OFFICER
from tests.api.plan_folders import add_bidders
from tests.browsers import chromium
from tests.e2e.test_pages_in_a_browser import DESK, PHONE, Site, faults_in, hidden_text, press_to, site_of, zoomed

MOST_BYTES = 400_000
KPIS = ("cost", "solo", "changed", "bids")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Site]:
    """The plan that leaves P4 at home holds, then the other."""
    for site in site_of(tmp_path_factory.mktemp("held"), browser, is_empty=False):
        add_bidders(site.store)
        for plan_id in site.plan_ids:
            hold(site, plan_id)
        yield site


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Site]:
    """Accounts, and nothing else."""
    yield from site_of(tmp_path_factory.mktemp("bare"), browser, is_empty=True)


def hold(site: Site, plan_id: str) -> None:
    """Publish a plan, everything judged."""
    with site.store.change(OFFICER) as work:
        version = propose(work, plan_id, expected_version=1).version
        for kind, about in (("co_travel", "R1"), *(("interim_arrangement", p) for p in ("P3", "P4"))):
            said = Evidence(kind=kind, about=about, judged_by="SEN", judged_on=date(2026, 8, 1), ground="test")
            record_evidence(work, plan_id, said)
        wanted = Request(school_ids=None, starts_on=date(2026, 9, 1), override_reason="test")
        publish(work, Settings(), plan_id, wanted, expected_version=version)


def addresses_of(site: Site) -> list[tuple[Role, str]]:
    """Every page of documents, figures and administration."""
    officer = ["/dashboard", "/dashboard/over-time", "/targets", "/letter-text", "/exports", "/administration"]
    officer += ["/administration/carbon", "/operators"]
    for plan_id in site.plan_ids[:1]:
        officer += [f"/plans/{plan_id}/documents", "/administration/rates/car"]
        officer += ["/administration/carbon/car", "/dashboard/carbon", "/operators/O1"]
        officer += [f"/plans/{plan_id}/documents?what={what}" for what in (*PARTS, "passengers", "people")]
        officer += [f"/plans/{plan_id}/documents?what=rides&scope=route:R1"]
        officer += [f"/dashboard/{name}" for name in KPIS]
    others = ((Role.ADMINISTRATOR, "/administration"), (Role.ADMINISTRATOR, "/backups"), (Role.VIEWER, "/targets"))
    others += tuple((Role.PROCUREMENT_OFFICER, address) for address in ("/", "/dashboard", "/dashboard/over-time"))
    return [*((Role.TRANSPORT_OFFICER, address) for address in officer), *others]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("which", ["held", "bare"])
def test_axe_finds_nothing_and_no_page_is_heavy(
    request: pytest.FixtureRequest, which: str, size: dict[str, int]
) -> None:
    """WCAG rules, a quiet console, nothing wider than a phone or cut off at 400 %, at most 400 kB."""
    site: Site = request.getfixturevalue(which)
    pages = {role: site.page(role, size) for role in Role}
    for page in pages.values() if size == PHONE else ():
        zoomed(page)
    wrong = {}
    for role, address in addresses_of(site):
        answer = pages[role].goto(site.address + address)
        found = [*faults_in(pages[role]), *(hidden_text(pages[role]) if size == PHONE else [])]
        found += [] if len(answer.body()) <= MOST_BYTES else [f"{len(answer.body())} bytes"]
        if found or answer.status != 200:
            wrong[address] = [answer.status, *found]
    assert wrong == {}


def test_letters_of_a_school_by_keyboard_alone(held: Site, tmp_path: Path) -> None:
    """From the plan's page to the ZIP; the errors of an empty form get the focus first."""
    page = held.page(Role.TRANSPORT_OFFICER)
    plan = f"/plans/{held.plan_ids[0]}"
    page.goto(held.address + plan)
    press_to(page, f"a[href='{plan}/documents']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{plan}/documents")
    press_to(page, "a[href$='what=letters']")
    page.keyboard.press("Enter")
    page.wait_for_url("**what=letters")
    press_to(page, "main form button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".govuk-error-summary")
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    assert faults_in(page) == []
    press_to(page, "#scope")
    page.keyboard.type("The Meadows")
    for field in ("recipient", "purpose"):
        press_to(page, f"#{field}")
        page.keyboard.type("post room")
    page.keyboard.press("Enter")
    page.wait_for_url("**/exports/X*")
    assert "The Meadows" in page.inner_text("main")
    assert faults_in(page) == []
    press_to(page, "a[href$='form=zip']")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    waiting.value.save_as(tmp_path / "letters.zip")
    assert (tmp_path / "letters.zip").read_bytes()[:2] == b"PK"


def test_targets_are_set_without_javascript(held: Site) -> None:
    """And the colour is a word."""
    page = held.page(Role.TRANSPORT_OFFICER, java_script_enabled=False)
    page.goto(f"{held.address}/targets")
    page.fill("#occupancy", "20")
    page.click("text=Save the targets")
    page.wait_for_url("**/targets?done=targets")
    page.goto(f"{held.address}/dashboard/occupancy")
    assert "Blue" in page.inner_text("main")
