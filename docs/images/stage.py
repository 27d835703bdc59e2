"""What both makers of pictures stand on: the service with the demo's data, on a store that is thrown away."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from fastapi import FastAPI  # noqa: E402

from api.app import create_app  # noqa: E402
from api.demo_service import DEMO_ACCOUNTS, demo_settings, load_demo  # noqa: E402
from api.settings import Settings  # noqa: E402
from api.store.cipher import make_keys, write_keys  # noqa: E402
from api.store.engine import make_engine  # noqa: E402
from api.store.migrate import migrate  # noqa: E402
from api.store.store import Store, open_store  # noqa: E402
from tests.browsers import chromium, serving  # noqa: E402

SIZE = {"width": 1100, "height": 820}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """The running service, its only plan, and a browser's page."""

    app: FastAPI
    store: Store
    plan_id: str
    address: str
    page: Any

    def sign_in(self, account: int) -> None:
        """By the form, as one of the demo's accounts."""
        name, password, _ = DEMO_ACCOUNTS[account]
        self.page.goto(f"{self.address}/sign-in")
        self.page.fill("#sign_in_name", name)
        self.page.fill("#password", password)
        self.page.click("main button")
        self.page.wait_for_selector("nav[aria-label=Pages]")

    def take(self, name: str) -> None:
        """Write what the window shows."""
        self.page.wait_for_timeout(800)
        self.page.screenshot(path=str(Path(__file__).with_name(f"page-{name}.png")))


@contextmanager
def staged(demo: Path) -> Iterator[Stage]:
    """The demo that `schoolrun demo` wrote, in a service with a browser before it."""
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
            yield Stage(app=app, store=store, plan_id=plan_id, address=address, page=page)
        store.engine.dispose()
