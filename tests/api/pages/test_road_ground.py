"""Streets under the routes: those around the plan, the larger first, none where the plan's roads are approximate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from api.app import create_app
from api.auth.permissions import Role
from api.cli import app as commands
from api.pages.map_tiles import tiles_address
from api.pages.plan_reading import OpenedPlans
from api.pages.road_ground import street_features
from api.settings import Settings
from api.store.store import Store
from routing.network.graph import RoadNetwork
from routing.network.load import load_network
from tests.api.page_visits import visitor
from tests.api.pages.test_plan_pages import stored
from tests.api.plan_folders import fill_lists

TOWN = """<osm version="0.6"><bounds minlat="52.4" minlon="-2.1" maxlat="52.6" maxlon="-1.9"/>
<node id="1" lat="52.500" lon="-2.000"/><node id="2" lat="52.510" lon="-2.000"/><node id="3" lat="52.510" lon="-1.990"/>
<node id="4" lat="52.500" lon="-1.990"/>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="2"><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>
<way id="3"><nd ref="3"/><nd ref="4"/><tag k="highway" v="residential"/></way></osm>"""
ALL = (52.4, -2.1, 52.6, -1.9)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A primary road between two residential ones."""
    path = tmp_path / "town.osm"
    path.write_text(TOWN, encoding="utf-8")
    return path


@pytest.fixture
def network(town: Path) -> RoadNetwork:
    return load_network(town)


def classes_of(network: RoadNetwork, most: int, box: tuple[float, float, float, float] = ALL) -> list[str]:
    return [feature["properties"]["class"] for feature in street_features(network, box, most)]


def test_a_street_both_ways_is_one_line(network: RoadNetwork) -> None:
    """Three streets, the primary one first; points are longitude and latitude."""
    assert classes_of(network, 100) == ["primary", "residential", "residential"]
    line = street_features(network, ALL, 100)[0]["geometry"]["coordinates"]
    assert sorted(line) == [(-2.0, 52.51), (-1.99, 52.51)]


def test_a_class_is_drawn_whole_or_not_at_all(network: RoadNetwork) -> None:
    """Room for all but one segment: no residential street then."""
    assert classes_of(network, network.n_segments - 1) == ["primary"]


def test_streets_elsewhere_are_left_out(network: RoadNetwork) -> None:
    """The corner in the south-east touches one residential street alone."""
    assert classes_of(network, 100, (52.499, -1.991, 52.501, -1.989)) == ["residential"]
    assert classes_of(network, 100, (50.0, 0.0, 50.1, 0.1)) == []


def test_a_plan_on_real_roads_has_them_under_its_routes(
    store: Store, settings: Settings, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan by hand says that it is approximate, so none; said to be on these roads, it has them."""
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    app = create_app(settings.model_copy(update={"roads_file": town}), store)
    who = visitor(app, Role.VIEWER)
    address = f"/plans/{plan_id}/roads.geojson"
    assert who.client.get(address).json()["features"] == []
    opened: OpenedPlans = app.state.opened_plans
    with store.read() as session:
        plan = opened.opened(session, store.cipher, plan_id)
    real = replace(plan, outcome=replace(plan.outcome, approximate=False))
    monkeypatch.setattr(opened, "opened_from", lambda *_: real)
    assert len(who.client.get(address).json()["features"]) == 3
    town.unlink()
    assert who.client.get(address).json()["features"] == []


def test_without_a_road_extract_there_is_nothing_to_draw(app: FastAPI, tmp_path: Path) -> None:
    """And a plan that is not there is said to be missing."""
    fill_lists(app.state.store)
    who = visitor(app, Role.VIEWER)
    plan_id = stored(app.state.store, tmp_path / "plan", "Autumn")
    assert who.client.get(f"/plans/{plan_id}/roads.geojson").json()["features"] == []
    assert who.client.get("/plans/PL0/roads.geojson").status_code == 404


def test_tiles_that_were_built_are_under_the_maps(
    store: Store, settings: Settings, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named on a plan's page, served as gzip, empty elsewhere; not for a plan whose roads are approximate."""
    cache = tmp_path / "cache"
    done = CliRunner().invoke(commands, ["roads", "build", str(town), "--cache-dir", str(cache)])
    assert done.exit_code == 0, done.output
    assert "map tiles" in done.output
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    own = settings.model_copy(update={"roads_file": town, "cache_folder": cache})
    app = create_app(own, store)
    who = visitor(app, Role.VIEWER)
    assert "data-tiles" not in who.client.get(f"/plans/{plan_id}").text
    opened: OpenedPlans = app.state.opened_plans
    with store.read() as session:
        plan = opened.opened(session, store.cipher, plan_id)
    real = replace(plan, outcome=replace(plan.outcome, approximate=False))
    monkeypatch.setattr(opened, "opened_from", lambda *_: real)
    assert f'data-tiles="{tiles_address(own)}"' in who.client.get(f"/plans/{plan_id}").text
    # Level 8 at 2 degrees west and 52.5 degrees north.
    tile = who.client.get("/tiles/8/126/83")
    assert (tile.status_code, tile.headers["content-encoding"]) == (200, "gzip")
    assert tile.headers["cache-control"] == "private, max-age=86400"
    assert b"large" in tile.content
    assert b"primary" in tile.content
    assert who.client.get("/tiles/8/0/0").status_code == 204
    assert who.client.get("/tiles/99/0/0").status_code == 422


def test_without_built_tiles_no_map_asks_for_any(settings: Settings, town: Path, tmp_path: Path) -> None:
    """No extract, no folder for what is built, or nothing built yet."""
    assert tiles_address(settings) == ""
    assert tiles_address(settings.model_copy(update={"roads_file": town})) == ""
    assert tiles_address(settings.model_copy(update={"roads_file": town, "cache_folder": tmp_path})) == ""
