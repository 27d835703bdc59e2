"""Remakes the pictures of the pages in docs/images: `python docs/images/make_pages.py DEMO`, after `make browser`.

DEMO is what `schoolrun demo` wrote. The service runs here, on a store that is thrown away.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from api.app import create_app  # noqa: E402
from api.demo_service import DEMO_ACCOUNTS, demo_settings, load_demo  # noqa: E402
from api.settings import Settings  # noqa: E402
from api.store.cipher import make_keys, write_keys  # noqa: E402
from api.store.engine import make_engine  # noqa: E402
from api.store.migrate import migrate  # noqa: E402
from api.store.store import open_store  # noqa: E402
from tests.browsers import chromium, serving  # noqa: E402

SIZE = {"width": 1100, "height": 820}
NAME, PASSWORD, _ = DEMO_ACCOUNTS[0]


def main(demo: Path) -> None:
    """Load the demo, open each page, photograph it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = demo_settings(Settings(_env_file=None), Path(folder))
        write_keys(make_keys(), settings.key_file)
        migrate(make_engine(settings))
        store = open_store(settings)
        plan_id = load_demo(store, settings, demo).plan_id
        app = create_app(settings, store)
        app.state.demo_accounts = DEMO_ACCOUNTS  # So that every page says that it is invented.
        with chromium() as browser, serving(app) as address:
            page = browser.new_page(viewport=SIZE)
            page.set_default_timeout(300_000)
            photograph(page, address, plan_id)
        store.engine.dispose()


def photograph(page: Any, address: str, plan_id: str) -> None:
    """Home, a plan with its map, a route, quotes, publication."""
    page.goto(address)
    page.fill("#sign_in_name", NAME)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("nav[aria-label=Pages]")
    taken(page, "home")
    page.goto(f"{address}/plans/{plan_id}")
    page.wait_for_selector("[data-drawn]")
    page.locator("#routes").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#routes').scrollIntoView()")
    page.hover("tr[data-route] >> nth=1")
    taken(page, "plan")
    page.click("tr[data-route] a >> nth=1")
    page.wait_for_selector("[data-drawn]")
    taken(page, "route")
    page.goto(f"{address}/new-passenger")
    page.fill("#postcode", "B70 9AB")
    page.check("input[name=pa_need][value=shared]")
    for number in (0, 1):
        page.check(f"input[name=school_ids] >> nth={number}")
    page.click("text=Get quotes")
    page.wait_for_selector("h1:has-text('What each school would cost')")
    taken(page, "quotes")
    page.goto(f"{address}/plans/{plan_id}/publish")
    taken(page, "publication")


def taken(page: Any, name: str) -> None:
    """Write what the window shows."""
    page.wait_for_timeout(800)
    page.screenshot(path=str(Path(__file__).with_name(f"page-{name}.png")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
