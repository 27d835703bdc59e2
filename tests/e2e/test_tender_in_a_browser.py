"""A tender awarded by two officers in a real Chromium, by keyboard; axe finds nothing, at a desk or a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.auth.accounts import add_account
from api.auth.permissions import Role
from api.store.models import Plan
from api.store.plans import add_plan, seal_plan
from tests.api.clients import PASSWORD
from tests.api.job_runs import run_asked
from tests.api.lists import OFFICER, add
from tests.api.plan_folders import write_plan_folder
from tests.api.portal import portal_zip
from tests.browsers import chromium
from tests.e2e.test_pages_in_a_browser import DESK, PHONE, Site, faults_in, hidden_text, press_to, site_of, zoomed

COLLEAGUE = "colleague"
PACK = {
    "buyer": "The council", "deadline": "2026-03-20T15:00", "starts_on": "2026-09-01", "ends_on": "2028-08-31",
    "fallback_pct": "150",
}  # fmt: skip
PARTS = ("", "/contracts", "/lots", "/pack", "/questions", "/interests", "/bids", "/award", "/letters", "/register")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def site(tmp_path: Path, browser: Any) -> Iterator[Site]:
    """Two operators with two cars each, a published plan of two routes, and a second procurement officer."""
    for found in site_of(tmp_path, browser, is_empty=False):
        for name in ("O1", "O2"):
            vehicles = [{"class_id": "car", "n_vehicles": "2"}]
            add(found.store, "operator", name, {"name": f"Operator {name}"}, operator_vehicles=vehicles)
        plan = write_plan_folder(found.store, tmp_path / "tendered")
        with found.store.change(OFFICER) as work:
            add_account(work, COLLEAGUE, Role.PROCUREMENT_OFFICER, PASSWORD)
            plan_id = add_plan(work, seal_plan(work.cipher, plan), "Tendered").plan_id
            work.session.get_one(Plan, plan_id).status = "published"
        yield found


def signed_in_again(site: Site, name: str) -> Any:
    """Somebody else at a browser of their own."""
    page = site.browser.new_context(viewport=DESK).new_page()
    page.goto(f"{site.address}/sign-in")
    page.fill("#sign_in_name", name)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("nav[aria-label=Pages]")
    return page


def send(page: Any, address: str, button: str, **fields: str) -> None:
    """Open a page, fill in its fields and press a button, by keyboard; the step stands in the record then."""
    page.goto(address)
    for name, value in fields.items():
        press_to(page, f"#{name}")
        write(page, page.get_attribute(f"#{name}", "type") or "text", value)
    press(page, f"main button:text-is('{button}')")
    page.wait_for_url("**?done=*")


def write(page: Any, kind: str, value: str) -> None:
    """Over what stands in the field that has the focus; a date and a time by their parts, as this browser has them."""
    if kind == "text":
        page.keyboard.press("Control+A")
        page.keyboard.type(value)
        return
    at = datetime.fromisoformat(value)
    page.keyboard.type(f"{at:%m%d%Y}")
    if kind == "datetime-local":
        page.keyboard.press("ArrowRight")
        page.keyboard.type(f"{at:%I%M%p}")


def press(page: Any, selector: str) -> None:
    """Reach a button or a link with the Tab key, and press Enter."""
    page.locator(selector).evaluate("element => element.setAttribute('data-wanted', '')")
    press_to(page, "[data-wanted]")
    page.keyboard.press("Enter")


def test_a_tender_is_awarded(site: Site, tmp_path: Path) -> None:
    """From the comparison of cuts to the register; each operator wins the lot that it is cheap on."""
    ann, bob = site.page(Role.PROCUREMENT_OFFICER), signed_in_again(site, COLLEAGUE)
    ann.goto(f"{site.address}/tenders/new")
    assert faults_in(ann) == []
    press(ann, "text=Compare every cut first")
    ann.wait_for_selector("#again")
    assert faults_in(ann) == []
    run_asked(site.store, site.settings)
    ann.wait_for_selector("#compared ~ div table")
    assert faults_in(ann) == []
    ann.reload()
    for name, text in (("title", "Autumn"), ("reason", "small lots for small operators")):
        press_to(ann, f"#{name}")
        write(ann, "text", text)
    press(ann, "text=Make the lots")
    ann.wait_for_url("**?done=tender")
    tender = ann.url.partition("?")[0]
    for part in PARTS:
        ann.goto(f"{tender}{part}")
        assert faults_in(ann) == [], part
    send(ann, f"{tender}/pack", "Issue the pack", **PACK)
    for page in (ann, bob):
        send(page, f"{tender}/interests", "Declare", statement="no interest in any operator")
    path = tmp_path / "bids.zip"
    path.write_bytes(portal_zip(ann.request.get(f"{tender}/files/pack/price_schedule.json").json()))
    ann.goto(f"{tender}/bids")
    ann.set_input_files("#bids", path)
    press(ann, "main button:text-is('Hand in')")
    ann.wait_for_url("**?done=step")
    send(bob, f"{tender}/bids", f"Open the bids with {Role.PROCUREMENT_OFFICER.value}")
    send(bob, f"{tender}/bids", "Record it", reason="the second lot is far from its depot")
    digest = json.loads(ann.request.get(f"{tender}/files/pack/pack.json").text())["digest"]
    send(ann, f"{tender}/award", "Decide", pack_digest=digest)
    ann.wait_for_selector("#again")
    assert faults_in(ann) == []
    run_asked(site.store, site.settings)
    press(ann, "text=Look at the award")
    assert "No award costs less" in ann.inner_text("main")
    send(ann, f"{tender}/letters", "Write the letters", told_on="2026-04-02")
    send(bob, f"{tender}/register", "Enter the contracts", department="Travel assistance")
    assert bob.locator("main tbody tr").count() == 2
    for size in (DESK, PHONE):
        ann.set_viewport_size(size)
        if size == PHONE:
            zoomed(ann)
        for part in PARTS:
            ann.goto(f"{tender}{part}")
            assert [*faults_in(ann), *(hidden_text(ann) if size == PHONE else [])] == [], (part, size)
