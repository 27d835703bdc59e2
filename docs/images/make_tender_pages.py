"""Remakes the pictures of a tender: `python docs/images/make_tender_pages.py DEMO`, after `make browser`.

DEMO is what `schoolrun demo` wrote. Two invented officers take every step on a store that is thrown away; the bids are
those of an invented market. Each page is photographed when it has something to show.
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from api.app import create_app  # noqa: E402
from api.auth.permissions import Role  # noqa: E402
from api.demo_service import DEMO_ACCOUNTS, demo_settings, load_demo  # noqa: E402
from api.plan_folder import open_plan_folder  # noqa: E402
from api.settings import Settings  # noqa: E402
from api.store.cipher import make_keys, write_keys  # noqa: E402
from api.store.engine import make_engine  # noqa: E402
from api.store.migrate import migrate  # noqa: E402
from api.store.plans import write_folder  # noqa: E402
from api.store.store import Store, open_store  # noqa: E402
from api.store.tenders import write_tender_folder  # noqa: E402
from api.tender_award import simulate_bids  # noqa: E402
from api.tender_files import BIDS_FOLDER  # noqa: E402
from tests.api.page_visits import Visitor, hidden, visitor  # noqa: E402
from tests.browsers import chromium, serving  # noqa: E402

SIZE = {"width": 1100, "height": 820}
NAME, PASSWORD, _ = DEMO_ACCOUNTS[1]
PACK = {
    "title": "Home to school transport", "buyer": "Demo Council", "deadline": "2026-03-20T15:00",
    "starts_on": "2026-09-01", "ends_on": "2028-08-31", "tie_seed": "7", "fallback_pct": "150",
    "price_weight_pct": "100", "rights": "packages", "law": "pa_2023", "standstill": "mandatory",
    "standstill_days": "8", "standstill_unit": "working", "bank_holidays": "2026-04-03, 2026-04-06",
}  # fmt: skip


def main(demo: Path) -> None:
    """Load the demo, run a tender on its plan, photograph what a procurement officer sees."""
    with tempfile.TemporaryDirectory() as folder:
        settings = demo_settings(Settings(_env_file=None), Path(folder))
        write_keys(make_keys(), settings.key_file)
        migrate(make_engine(settings))
        store = open_store(settings)
        plan_id = load_demo(store, settings, demo).plan_id
        app = create_app(settings, store)
        app.state.demo_accounts = DEMO_ACCOUNTS  # So that every page says that it is invented.
        first, second = (visitor(app, Role.PROCUREMENT_OFFICER) for _ in range(2))
        with chromium() as browser, serving(app) as address:
            page = browser.new_page(viewport=SIZE)
            page.set_default_timeout(300_000)
            sign_in(page, address)
            run(page, address, store, plan_id, first, second)
        store.engine.dispose()


def run(page: Any, address: str, store: Store, plan_id: str, first: Visitor, second: Visitor) -> None:
    """From the lots to the letters, each step by the form of its page."""
    new = {"plan_id": plan_id, "cut": "school", "title": "Home to school transport", "reason": "lots for small firms"}
    made = first.send("/tenders", new, of="/tenders/new").headers["location"]
    tender = made.partition("?")[0]

    def does(who: Visitor, part: str, fields: dict[str, Any], on: str = "", **more: Any) -> None:
        seen = who.see(f"{tender}{on or part}")
        kept = {name: hidden(seen, name) for name in ("version", "once")}
        who.send(f"{tender}{part}", {**kept, **fields}, of=f"{tender}{on or part}", **more)

    does(first, "/pack", PACK)
    taken(page, f"{address}{tender}/lots", "tender-lots", "#map")
    for who in (first, second):
        does(who, "/interests", {"statement": "no interest in any operator"})
    bids = bids_of(store, plan_id, tender.rpartition("/")[2])
    does(first, "/bids", {}, files={"bids": ("bids.zip", bids, "application/zip")})
    does(second, "/opening", {}, on="/bids")
    taken(page, f"{address}{tender}/bids", "tender-bids")
    does(second, "/patterns", {"reason": "explained by who is near"}, on="/bids")
    digest = first.client.get(f"{tender}/files/pack/pack.json").json()["digest"]
    does(first, "/award", {"pack_digest": digest})
    taken(page, f"{address}{tender}/award", "tender-award")
    does(first, "/letters", {"told_on": "2026-04-02", "contact": "Questions to the procurement team."})
    taken(page, f"{address}{tender}", "tender-steps")


def bids_of(store: Store, plan_id: str, tender_id: str) -> bytes:
    """What the portal took in: the schedules of an invented market, as one ZIP."""
    with tempfile.TemporaryDirectory() as name:
        plan, tender = Path(name) / "plan", Path(name) / "tender"
        with store.read() as session:
            write_folder(session, store.cipher, plan_id, plan)
            write_tender_folder(session, store.cipher, tender_id, tender)
        simulate_bids(open_plan_folder(plan), tender, seed=1)
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for path in sorted((tender / BIDS_FOLDER).iterdir()):
                archive.write(path, path.name)
        return data.getvalue()


def sign_in(page: Any, address: str) -> None:
    """By the form, as the demo's procurement officer."""
    page.goto(f"{address}/sign-in")
    page.fill("#sign_in_name", NAME)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("nav[aria-label=Pages]")


def taken(page: Any, address: str, name: str, at: str = "h1") -> None:
    """Write what the window shows, from some element on."""
    page.goto(address)
    if at != "h1":
        page.locator(at).first.scroll_into_view_if_needed()
        page.evaluate(f"document.querySelector({at!r}).scrollIntoView()")
    page.wait_for_timeout(800)
    page.screenshot(path=str(Path(__file__).with_name(f"page-{name}.png")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
