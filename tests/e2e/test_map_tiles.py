"""Maps on the tiles of a real road extract, in a real Chromium: built, fetched, drawn, nothing from elsewhere."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.app import create_app
from api.auth.accounts import add_account
from api.auth.permissions import Role
from api.cli import app as commands
from api.planning_job import PlanRequest, plan_term
from api.store.plans import add_plan, seal_plan
from api.store.store import open_store
from routing.solve import Stop
from tests.api.clients import PASSWORD
from tests.api.databases import sqlite_settings
from tests.api.lists import OFFICER
from tests.areas import Area, make_area_scenario
from tests.browsers import chromium, serving
from tests.e2e.test_pages_in_a_browser import DESK, Site

pytestmark = pytest.mark.slow

AREA = Area.WEST_BROMWICH_SMETHWICK


def test_routes_stand_on_real_streets(shared_data: Path, tmp_path: Path) -> None:
    """Every tile in sight comes from the service and is drawn, closer ones too; the console has nothing to say."""
    lists, cache, roads = tmp_path / "lists", tmp_path / "cache", AREA.roads(shared_data)
    make_area_scenario(lists, area=AREA, n_passengers=30, seed=1, shared=shared_data)
    built = CliRunner().invoke(commands, ["roads", "build", str(roads), "--cache-dir", str(cache)])
    assert built.exit_code == 0, built.output
    job = PlanRequest(
        scenario_path=lists, out=tmp_path / "plan", stop=Stop(iterations=20), roads_path=roads, cache_dir=cache
    )
    plan_term(job)
    own = {"plain_http": True, "roads_file": roads, "cache_folder": cache}
    settings = sqlite_settings(tmp_path).model_copy(update=own)
    store = open_store(settings)
    with store.change(OFFICER) as work:
        add_account(work, Role.VIEWER.value, Role.VIEWER, PASSWORD)
        plan_id = add_plan(work, seal_plan(work.cipher, tmp_path / "plan"), "Autumn").plan_id
    with chromium() as browser, serving(create_app(settings, store)) as address:
        site = Site(address=address, browser=browser, store=store, settings=settings, plan_ids=(plan_id,))
        page = site.page(Role.VIEWER, DESK)
        asked: list[str] = []
        tiles: dict[str, int] = {}
        page.on("console", lambda said: page.said.append(said.text) if said.type == "error" else None)
        page.on("request", lambda sent: asked.append(sent.url))
        page.on("response", lambda got: tiles.update({got.url: got.status}) if "/tiles/" in got.url else None)
        page.goto(f"{address}/plans/{plan_id}")
        for pause in ("first", "again"):
            began = time.monotonic()
            page.reload(wait_until="commit")
            page.wait_for_selector("[data-settled]", timeout=120_000)
            print(f"{pause}: {time.monotonic() - began:.1f} s until every tile was drawn")
        assert set(tiles.values()) <= {200, 204}
        levels = {url.partition("/tiles/")[2].partition("/")[0] for url, status in tiles.items() if status == 200}
        for _ in range(3):
            page.click(".maplibregl-ctrl-zoom-in")
            page.wait_for_timeout(600)
        closer = {url.partition("/tiles/")[2].partition("/")[0] for url, status in tiles.items() if status == 200}
        assert levels
        assert closer > levels
        assert [url for url in asked if not url.startswith((address, "blob:"))] == []
        assert page.said == []
        assert "OpenStreetMap" in page.inner_text("[data-map]")
    store.engine.dispose()
