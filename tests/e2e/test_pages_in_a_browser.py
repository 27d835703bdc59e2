"""The pages in a real Chromium: axe finds nothing, nothing is wider than a phone, journeys by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.auth.accounts import add_account
from api.auth.permissions import Role
from api.settings import Settings
from api.store.details import set_details
from api.store.jobs import ask_job, begin_job, end_job, list_jobs, set_progress
from api.store.plans import add_plan, seal_plan
from api.store.store import Store, open_store
from tests.api.clients import PASSWORD
from tests.api.databases import sqlite_settings
from tests.api.lists import OFFICER
from tests.api.plan_folders import fill_lists, write_plan_folder
from tests.api.planned import put_lists, put_plan
from tests.browsers import chromium, serving
from transport.files.faults import Fault

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
WIDE = "document.documentElement.scrollWidth"
CUT_OFF = """() => {
  const found = [];
  for (const one of document.querySelectorAll('body *')) {
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    if (style.visibility === 'hidden' || box.width < 2 || !box.height || one.closest('svg, .sr-map')) continue;
    const cuts = [style.overflowX, style.overflowY].map((o) => o === 'hidden' || o === 'clip');
    if (one.textContent.trim() && !one.closest('.govuk-visually-hidden, .govuk-skip-link') &&
        ((cuts[0] && one.scrollWidth > one.clientWidth + 1) || (cuts[1] && one.scrollHeight > one.clientHeight + 1)))
      found.push('cut off: ' + one.textContent.trim().slice(0, 60));
    const inside = one.closest('.sr-scroll, .govuk-visually-hidden, .govuk-skip-link');
    if (one.matches('a, button, input, select, textarea, summary') && !inside && (box.left < -1 || box.right > 321))
      found.push('out of the window: ' + (one.textContent || one.id).trim().slice(0, 60));
  }
  return found;
}"""
"""Words in boxes that cut them off, and controls that leave a window of 320 pixels."""
PLANTED = {
    "a picture without words": "<img src='/x.svg'>",
    "a field without a label": "<input type='text'>",
    "a link without words": "<a href='/'></a>",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """A running service with its browser.

    Attributes
    ----------
    plan_ids : a draft and another one like it; none where the store is empty.
    job_ids : a search under way, one that failed, a frontier.
    """

    address: str
    browser: Any
    store: Store
    settings: Settings
    plan_ids: tuple[str, ...]
    job_ids: tuple[str, ...] = ()

    def page(self, role: Role, size: dict[str, int] = DESK, **options: Any) -> Any:
        """A page of somebody who has signed in by the form; what the console says against it is kept on it."""
        page = self.browser.new_context(viewport=size, **options).new_page()
        page.said = []
        page.on("console", lambda m: page.said.append(m.text) if "Content Security" in m.text else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(f"{self.address}/sign-in")
        page.fill("#sign_in_name", role.value)
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_selector("nav[aria-label=Pages]")
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def put_jobs(store: Store, plan_id: str) -> tuple[str, ...]:
    """A search with its proof under way, one that failed, and a frontier of two plans."""
    wanted = {"title": "Spring", "plan_id": plan_id, "seconds": 60, "n_rounds": 1, "seed": 1}
    point = {"n_routes": 2, "n_unserved": 0, "week_pence": 1, "soft_pence": 0, "is_best": True}
    points = [{**point, "price_pence": 2000 - 2000 * n, "n_disturbed": n, "year_pence": 10**7 - n} for n in (0, 1)]
    said = [
        {"objective_pence_per_week": 90_000 - n, "n_unserved": 0, "bound_pence_per_week": 80_000 + n} for n in (0, 9)
    ]
    with store.change(OFFICER) as work:
        running, failed, frontier = (ask_job(work, kind, wanted) for kind in ("replan", "replan", "frontier"))
        fault = Fault(file="passengers", row=3, column="postcode", value="X", message="must be a postcode")
        end_job(work, failed, "failed", faults=(fault,))
        for job_id, progress in ((running, said), (frontier, [{"points": points}])):
            begin_job(work, job_id, "test")
            for one in progress:
                set_progress(work, job_id, one)
    return running, failed, frontier


def site_of(folder: Path, browser: Any, *, is_empty: bool) -> Iterator[Site]:
    settings = sqlite_settings(folder).model_copy(update={"plain_http": True})
    store = open_store(settings)
    with store.change(OFFICER) as work:
        for role in Role:
            add_account(work, role.value, role, PASSWORD)
    plan_ids: list[str] = []
    if not is_empty:
        fill_lists(store)
        with store.change(OFFICER) as work:
            set_details(work, "P1", 1, {"given_name": "Robin", "family_name": "Example"})
        for title, routes in (("Autumn", (("R1", "P1", "P2"), ("R2", "P3"))), ("Other", (("R1", "P1", "P2"),))):
            plan = write_plan_folder(store, folder / title, routes)
            with store.change(OFFICER) as work:
                plan_ids.append(add_plan(work, seal_plan(work.cipher, plan), title).plan_id)
    job_ids = () if is_empty else put_jobs(store, plan_ids[0])
    with serving(create_app(settings, store)) as address:
        yield Site(
            address=address, browser=browser, store=store, settings=settings, plan_ids=tuple(plan_ids), job_ids=job_ids
        )
    store.engine.dispose()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Site]:
    """Four passengers, two plans: in each of them somebody is not carried."""
    yield from site_of(tmp_path_factory.mktemp("full"), browser, is_empty=False)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Site]:
    """Accounts, and nothing else."""
    yield from site_of(tmp_path_factory.mktemp("empty"), browser, is_empty=True)


@pytest.fixture
def own(tmp_path: Path, browser: Any) -> Iterator[Site]:
    """A full site that a test may change."""
    yield from site_of(tmp_path, browser, is_empty=False)


def faults_in(page: Any) -> list[str]:
    """What axe finds, and what is wider than the window."""
    from axe_playwright_python.sync_playwright import Axe

    found = [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in Axe().run(page).response["violations"]]
    width, most = page.evaluate("document.documentElement.scrollWidth"), page.viewport_size["width"]
    return [*found, *([f"{width} px wide"] if width > most else []), *page.said]


def addresses_of(site: Site) -> list[tuple[Role, str]]:
    """Every page that can be opened, with somebody who may."""
    officer = ["/", "/passengers", "/passengers/upload", "/new-passenger", "/plans", "/dashboard", "/nowhere", "/log"]
    officer += ["/plan-a-term", "/jobs", *(f"/jobs/{job_id}" for job_id in site.job_ids)]
    for plan_id in site.plan_ids[:1]:
        officer += [f"/plans/{plan_id}", f"/plans/{plan_id}/routes/R1", f"/plans/{plan_id}/publish"]
        officer += [f"/plans/{plan_id}/routes/R1/edit"]
        officer += [f"/compare?before={plan_id}&after={site.plan_ids[1]}", "/passengers/P1"]
    others = ((Role.ADMINISTRATOR, "/accounts"), (Role.ADMINISTRATOR, "/log"), (Role.PROCUREMENT_OFFICER, "/plans"))
    return [*((Role.TRANSPORT_OFFICER, address) for address in officer), *others]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("which", ["full", "empty"])
def test_axe_finds_nothing_on_any_page(request: pytest.FixtureRequest, which: str, size: dict[str, int]) -> None:
    """WCAG rules and good practice, a console without complaints, and no scrolling sideways at 320 pixels."""
    site: Site = request.getfixturevalue(which)
    pages = {role: site.page(role, size) for role in Role}
    wrong = {}
    for role, address in addresses_of(site):
        pages[role].goto(site.address + address)
        if pages[role].locator("[data-map]").count():
            pages[role].wait_for_selector("[data-drawn]")
        if found := faults_in(pages[role]):
            wrong[address] = found
    assert wrong == {}


def zoomed(page: Any) -> Any:
    """A window of 1,280 pixels at 400 %, as its zoom makes it: 320 to lay out, each of them four by four."""
    told = {"width": 320, "height": 225, "deviceScaleFactor": 4, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", told)
    return page


def hidden_text(page: Any) -> list[str]:
    """Words that are cut off, or that stand on one another, at this size; what is for screen readers alone is not."""
    return list(page.evaluate(CUT_OFF))


def test_everything_can_be_read_at_400_per_cent(full: Site) -> None:
    """No page scrolls sideways, no control leaves the window, no word is cut off; WCAG 1.4.10 and 1.4.4."""
    pages = {role: zoomed(full.page(role)) for role in Role}
    wrong = {}
    for role, address in addresses_of(full):
        page = pages[role]
        page.goto(full.address + address)
        assert page.evaluate("[window.innerWidth, window.devicePixelRatio]") == [320, 4]
        found = [f"{page.evaluate(WIDE)} px wide"] if page.evaluate(WIDE) > 320 else []
        if found := [*found, *hidden_text(page)]:
            wrong[address] = found
    assert wrong == {}


def test_the_zoom_gate_sees_what_is_cut_off(full: Site) -> None:
    """A button half out of the window, and a line that is taller than its box."""
    page = zoomed(full.page(Role.VIEWER))
    assert hidden_text(page) == []
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p id=cut>Some words</p>')")
    page.evaluate("Object.assign(document.querySelector('#cut').style, {height: '5px', overflow: 'hidden'})")
    page.evaluate("document.querySelector('.sr-header__button').style.marginLeft = '300px'")
    assert len(hidden_text(page)) >= 2


@pytest.mark.parametrize("fault", PLANTED)
def test_the_gate_sees_a_planted_fault(full: Site, fault: str) -> None:
    """Otherwise the test above would prove nothing."""
    page = full.page(Role.VIEWER)
    assert faults_in(page) == []
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", PLANTED[fault])
    assert faults_in(page) != []


def test_the_gate_sees_what_is_too_wide(full: Site) -> None:
    """A word of a hundred letters does not fit a phone."""
    page = full.page(Role.VIEWER, PHONE)
    page.evaluate("document.querySelector('h1').textContent = 'm'.repeat(100)")
    assert any("px wide" in fault for fault in faults_in(page))


def test_map_and_list_lead_to_each_other(full: Site) -> None:
    """A row that gets the focus is marked and named under the map."""
    page = full.page(Role.VIEWER)
    page.goto(f"{full.address}/plans/{full.plan_ids[0]}")
    page.wait_for_selector("[data-drawn]")
    page.focus("tr[data-route=R1] a")
    assert page.locator("tr.sr-chosen").get_attribute("data-route") == "R1"
    assert page.locator("[data-map] [role=status]").inner_text().endswith("Open route R1")
    page.click("text=Afternoon")
    assert page.locator("button[aria-pressed=true]").inner_text() == "Afternoon"


def press_to(page: Any, selector: str) -> None:
    """Reach something with the Tab key alone."""
    for _ in range(150):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached by keyboard")


def test_from_first_login_to_published_plan_by_keyboard_alone(own: Site) -> None:
    """Sign in, open the draft, propose it, record both judgements, publish; no mouse at all."""
    page = own.browser.new_page(viewport=DESK)
    page.goto(own.address)
    press_to(page, "#sign_in_name")
    page.keyboard.type(Role.TRANSPORT_OFFICER.value)
    press_to(page, "#password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav[aria-label=Pages]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "govuk-skip-link"
    plan = f"/plans/{own.plan_ids[0]}"
    press_to(page, f"a[href='{plan}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{own.address}{plan}")
    press_to(page, f"form[action='{plan}/propose'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/publish?done=proposed")
    for kind, about in (("interim_arrangement", "P4"), ("co_travel", "R1")):
        press_to(page, f"input[id='{kind}-about'][value={about}]")
        page.keyboard.press("Space")
        press_to(page, f"#{kind}-judged_by")
        page.keyboard.type("SEN transport officer")
        press_to(page, f"#{kind}-ground")
        page.keyboard.type("assessments of 12 May")
        page.keyboard.press("Enter")
        page.wait_for_url("**/publish?done=recorded")
        page.wait_for_selector(f"#{kind}-ground", state="detached")
    press_to(page, f"form[action='{plan}/publish'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/publish?done=published")
    assert page.locator("main h2:has-text('Success')").count() == 1
    page.goto(f"{own.address}/passengers/P1")
    assert "Route R1" in page.inner_text("main")


def test_a_mistaken_upload_is_put_right(own: Site, tmp_path: Path) -> None:
    """The faults get the focus; the corrected file is looked at and saved, by keyboard but for choosing the file."""
    page = own.page(Role.TRANSPORT_OFFICER)
    path = tmp_path / "list.csv"
    page.goto(f"{own.address}/passengers/upload")
    for text, selector in (("baby", ".govuk-error-summary"), ("primary", "input[name=sealed]")):
        path.write_text(f"family_name,school_id,phase,postcode\nSample,S01,{text},B66 3NX\n", encoding="utf-8")
        page.set_input_files("#list", path)
        press_to(page, "main form button")
        page.keyboard.press("Enter")
        page.wait_for_selector(selector, state="attached")
        if text == "baby":
            assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
            assert "Must be one of primary, secondary, post16" in page.inner_text("main")
            assert faults_in(page) == []
    assert faults_in(page) == []
    press_to(page, "main form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/passengers?done=uploaded")
    page.fill("#part", "sampl")
    page.click("text=Find >> nth=-1")
    page.wait_for_selector("text=1 passenger found")


def test_every_journey_works_without_javascript(own: Site) -> None:
    """Except for the map, whose list says so."""
    page = own.page(Role.TRANSPORT_OFFICER, java_script_enabled=False)
    page.goto(f"{own.address}/plans/{own.plan_ids[0]}")
    assert "The map needs JavaScript" in page.inner_text("main")
    page.click("text=Propose this plan")
    page.wait_for_url("**/publish?done=proposed")
    page.goto(f"{own.address}/passengers")
    page.fill("#part", "robin")
    page.click("form[role=search] button")
    page.click("text=Robin Example")
    page.wait_for_url("**/passengers/P1")


def test_somebody_without_the_right_is_refused_in_words(full: Site) -> None:
    """A viewer who is sent the address of a form that changes something."""
    page = full.page(Role.VIEWER)
    answer = page.goto(f"{full.address}/plans/{full.plan_ids[0]}/publish")
    assert answer.status == 403
    assert "Your role does not include this" in page.inner_text("main")
    assert faults_in(page) == []


@pytest.fixture
def planned(tmp_path: Path, browser: Any) -> Iterator[Site]:
    """Little Council with its plan in force, made by the engine: what is asked of it is answered."""
    settings = sqlite_settings(tmp_path).model_copy(update={"plain_http": True})
    store = open_store(settings)
    with store.change(OFFICER) as work:
        for role in Role:
            add_account(work, role.value, role, PASSWORD)
    put_lists(store)
    plan_id = put_plan(store)
    with serving(create_app(settings, store)) as address:
        yield Site(address=address, browser=browser, store=store, settings=settings, plan_ids=(plan_id,))
    store.engine.dispose()


def test_a_term_is_planned_by_keyboard_alone(planned: Site) -> None:
    """The form, the job's page, and its end seen without a hand moved: the page looks again by itself."""
    page = planned.page(Role.TRANSPORT_OFFICER)
    page.goto(f"{planned.address}/plans")
    press_to(page, "a[href='/plan-a-term']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plan-a-term")
    press_to(page, "#title")
    page.keyboard.type("Spring")
    press_to(page, "main form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/*?done=started")
    assert page.locator("[data-said]").inner_text() == "Waiting for its turn"
    with planned.store.read() as session:
        (job,) = list_jobs(session, planned.store.cipher)
    press_to(page, "#cancel")
    with planned.store.change(OFFICER) as work:
        begin_job(work, job.job_id, "test")
        set_progress(work, job.job_id, {"phase": "bound"})
    page.wait_for_selector("[data-said]:has-text('Proving how good the plan is')")
    assert page.evaluate("document.activeElement.id") == "cancel"
    with planned.store.change(OFFICER) as work:
        end_job(work, job.job_id, "cancelled")
    page.wait_for_selector("[data-said]:has-text('Cancelled; nothing was stored')")
    assert page.locator("[data-refresh]").count() == 0
    assert faults_in(page) == []


def test_stops_are_dragged_and_moved_by_arrows(planned: Site) -> None:
    """Both show at once what they do, without a page anew; back where it was there is nothing left to tell."""
    page = planned.page(Role.TRANSPORT_OFFICER)
    page.goto(f"{planned.address}/plans/{planned.plan_ids[0]}/routes/R1/edit")
    stops = page.locator("[data-order] >> nth=1 >> li")
    first, second = (stops.nth(n).locator("[name=stop_id]").input_value() for n in (0, 1))
    stops.nth(0).drag_to(stops.nth(1), target_position={"x": 40, "y": 40})
    page.wait_for_selector("[data-answer] h2:has-text('What it does')")
    assert stops.nth(0).locator("[name=stop_id]").input_value() == second
    assert second in page.inner_text("[data-answer]")
    assert faults_in(page) == []
    told = page.locator("[data-answer]").get_attribute("data-told")
    page.locator("[data-order] >> nth=1").locator(f"[aria-label='Earlier: {first}']").press("Enter")
    page.wait_for_selector(f"[data-answer]:not([data-told='{told}'])")
    assert "+£0.00 a week" in page.inner_text("[data-answer]")


def test_a_new_passenger_is_placed_by_keyboard_alone_and_undone(planned: Site) -> None:
    """Quote, accept, letter, undo; axe finds nothing on the quote's page or the letter's."""
    page = planned.page(Role.TRANSPORT_OFFICER)
    page.set_default_timeout(120_000)
    page.goto(f"{planned.address}/new-passenger")
    press_to(page, "#postcode")
    page.keyboard.type("B70 9AB")
    press_to(page, "#school_ids")
    page.keyboard.press("Space")
    press_to(page, "main form button")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('What it would cost')")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert faults_in(page) == []
    press_to(page, "main form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/letters/*?done=added")
    assert faults_in(page) == []
    press_to(page, "form[action$='/reverse'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/passengers/*?done=reversed")
    assert faults_in(page) == []


def test_a_route_is_changed_without_javascript(planned: Site) -> None:
    """By the forms alone: looked at, kept, undone."""
    page = planned.page(Role.TRANSPORT_OFFICER, java_script_enabled=False)
    page.set_default_timeout(120_000)
    page.goto(f"{planned.address}/plans/{planned.plan_ids[0]}/routes/R1/edit")
    page.select_option("#to", "new")
    page.click("text=See what it does >> nth=0")
    page.click("text=Keep it")
    page.wait_for_url("**?done=edited")
    page.click("text=Undo the change")
    page.wait_for_url("**?done=undone")
    assert "this is the plan before it once more" in page.inner_text("main")
