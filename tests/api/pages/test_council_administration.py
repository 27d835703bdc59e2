"""Administration on pages: policy and rates with their history, the road extract, backups."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.audit import head_of
from api.auth.permissions import Role
from api.council_choices import policy_of_rows, rates_of, with_setting
from api.road_extract import coverage_of, road_file_of
from api.settings import Settings
from api.store.backup import backups_in, restore
from api.store.engine import make_engine
from api.store.kinds import KIND_BY_NAME
from api.store.records import read
from api.store.store import Store
from tests.api.lists import add
from tests.api.page_visits import visitor, words_of
from tests.api.plan_folders import fill_lists
from transport.files.faults import InputFaults
from transport.places import Place

PAGE = "/administration"
SQUARE = """<osm version="0.6"><bounds minlat="52.49" minlon="-2.01" maxlat="52.52" maxlon="-1.99"/>
<node id="1" lat="52.500" lon="-2.000"/><node id="2" lat="52.510" lon="-2.000"/>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>"""


def test_a_setting_is_changed_with_who_and_when(app: FastAPI) -> None:
    """Fifty minutes for primary; the record keeps its other parts; empty puts it back; both stand in the history."""
    store = app.state.store
    fill_lists(store)
    officer = visitor(app, Role.TRANSPORT_OFFICER)
    assert "The council has changed none" in officer.see(PAGE)
    fields = {"setting": "ride_cap_primary_s", "value": "3000", "version": "1"}
    officer.send(f"{PAGE}/policy", fields, of=PAGE)
    shown = words_of(officer.see(PAGE))
    assert "Longest ride, primary 50 min Never broken Set by the council" in shown
    assert "ride_cap_primary_s: default → 3000" in shown
    with store.read() as session:
        body = read(session, store.cipher, KIND_BY_NAME["council"], "council").body
    assert body
    assert body["scenario"][0] == {"setting": "name", "value": "Test"}
    officer.send(f"{PAGE}/policy", {**fields, "value": "", "version": "2"}, of=PAGE)
    assert "ride_cap_primary_s: 3000 → default" in words_of(officer.see(PAGE))


def test_a_setting_that_cannot_be_is_refused_in_words(app: FastAPI) -> None:
    """Too long a ride, an unknown setting, and a change that somebody else's came before."""
    fill_lists(app.state.store)
    officer = visitor(app, Role.TRANSPORT_OFFICER)
    for setting, value in (("ride_cap_primary_s", "1000000"), ("luck", "7")):
        sent = {"setting": setting, "value": value, "version": "1"}
        assert 'id="value-error"' in officer.send(f"{PAGE}/policy", sent, 422, of=PAGE).text
    stale = {"setting": "max_walk_m", "value": "500", "version": "7"}
    assert "Somebody else" in officer.send(f"{PAGE}/policy", stale, 422, of=PAGE).text
    visitor(app, Role.ADMINISTRATOR).send(f"{PAGE}/policy", stale, 403, of=PAGE)


def test_one_setting_leaves_the_others() -> None:
    """A body with two settings and a calendar."""
    rows = [{"setting": "max_walk_m", "value": "500"}, {"setting": "max_schools_per_run", "value": "2"}]
    changed = with_setting({"policy": rows, "calendar": [{"kind": "term"}]}, "max_walk_m", "600")
    assert {row["setting"]: row["value"] for row in changed["policy"]} == {
        "max_walk_m": "600", "max_schools_per_run": "2",
    }  # fmt: skip
    assert changed["calendar"] == [{"kind": "term"}]
    assert policy_of_rows(changed["policy"]).max_walk_m == 600
    assert "policy" not in with_setting({"policy": rows[:1]}, "max_walk_m", "")


def test_rates_are_read_in_pounds_and_kept_in_pence() -> None:
    """Every one that is no amount is named."""
    assert rates_of({"base_pence": "£1,095.50", "mile_rate_pence": "1.5", "pa_day_rate_pence": "0"}) == {
        "base_pence": "109550", "mile_rate_pence": "150", "pa_day_rate_pence": "0",
    }  # fmt: skip
    with pytest.raises(InputFaults) as found:
        rates_of({"base_pence": "1.005", "mile_rate_pence": "-1", "pa_day_rate_pence": "lots"})
    assert len(found.value.faults) == 3


def test_rates_of_a_class_are_changed_with_their_history(app: FastAPI) -> None:
    """A car's day rate from £90 to £95; its layouts stay."""
    fill_lists(app.state.store)
    officer = visitor(app, Role.TRANSPORT_OFFICER)
    page = f"{PAGE}/rates/car"
    fields = {"base_pence": "95", "mile_rate_pence": "1.50", "pa_day_rate_pence": "60", "version": "1"}
    officer.send(page, fields, of=page)
    shown = words_of(officer.see(page))
    assert "Vehicle and driver, a day: £90.00 → £95.00" in shown
    assert "places: 4+0" in shown
    assert "car 4+0 £95.00 £1.50 £60.00" in words_of(officer.see(PAGE))
    assert 'id="base_pence-error"' in officer.send(page, {**fields, "base_pence": "x"}, 422, of=page).text
    assert "Somebody else" in officer.send(page, fields, 422, of=page).text
    officer.see(f"{PAGE}/rates/tram", 404)


def square_roads(folder: Path) -> Path:
    """One street, a kilometre long, to and fro."""
    path = folder / "square.osm"
    path.write_text(SQUARE, encoding="utf-8")
    return path


def test_places_are_looked_for_on_the_streets(tmp_path: Path) -> None:
    """One beside the street, one about seven hundred metres off."""
    places = (Place(place_id="a", lat=52.505, lon=-2.0), Place(place_id="b", lat=52.505, lon=-2.01))
    found = coverage_of(square_roads(tmp_path), None, places, 200)
    assert (found.n_places, found.n_far) == (2, 1)
    assert np.isclose(found.farthest_m, 679, atol=5)


def test_the_age_of_the_roads_and_their_coverage_are_shown(store: Store, settings: Settings, tmp_path: Path) -> None:
    """Ten days old; schools and homes of the lists are all off this street but those close to it."""
    fill_lists(store)
    path = square_roads(tmp_path)
    at = datetime.now(UTC).timestamp() - 10 * 86_400 - 60
    os.utime(path, (at, at))
    app = create_app(settings.model_copy(update={"roads_file": path}), store)
    officer = visitor(app, Role.VIEWER)
    assert "square.osm Written" in words_of(officer.see(PAGE))
    assert "Age 10 days" in words_of(officer.see(PAGE))
    shown = words_of(officer.send(f"{PAGE}/roads", {}, 200, of=PAGE).text)
    assert "Places of the lists 6" in shown
    assert "Not on a street 6, the farthest" in shown
    path.write_text("no roads", encoding="utf-8")
    assert "no road file that can be read" in officer.send(f"{PAGE}/roads", {}, 422, of=PAGE).text
    add(store, "passenger", "P9", {"school_id": "S01", "phase": "primary"})
    faulty = words_of(officer.send(f"{PAGE}/roads", {}, 422, of=PAGE).text)
    assert "cannot be read together yet: 1 fault" in faulty
    assert "P9" not in faulty
    path.unlink()
    assert "Missing." in officer.see(PAGE)


def test_without_a_road_extract_the_page_says_approximate(app: FastAPI) -> None:
    """And there is nothing to look for."""
    admin = visitor(app, Role.ADMINISTRATOR)
    assert "Approximate." in admin.see(PAGE)
    admin.send(f"{PAGE}/roads", {}, 404, of=PAGE)
    assert road_file_of(Settings(roads_file=None)) is None


def test_a_backup_made_from_the_page_can_be_restored(store: Store, settings: Settings, tmp_path: Path) -> None:
    """It is listed with the end of the log in it, and fills an empty database; a file that is none says so."""
    fill_lists(store)
    folder = tmp_path / "backups"
    app = create_app(settings.model_copy(update={"backup_folder": folder}), store)
    admin = visitor(app, Role.ADMINISTRATOR)
    assert "None has been made" in admin.see("/backups")
    admin.send("/backups", {}, of="/backups")
    (made,) = backups_in(folder)
    assert made.head in admin.see("/backups")
    with store.read() as session:
        assert str(head_of(session)) in admin.see("/backups")
    other = Settings(database_url=f"sqlite:///{tmp_path / 'other.db'}", key_file=settings.key_file)
    assert str(restore(make_engine(other), folder / made.name)) == made.head
    (folder / "zzz.backup").write_bytes(b"no backup")
    assert [one.head for one in backups_in(folder)] == ["", made.head]
    assert "Cannot be read" in admin.see("/backups")


def test_without_a_folder_the_page_says_which_command_makes_backups(app: FastAPI) -> None:
    """And officers do not see them at all."""
    admin = visitor(app, Role.ADMINISTRATOR)
    assert "schoolrun backup" in admin.see("/backups")
    admin.send("/backups", {}, 422, of="/backups")
    visitor(app, Role.TRANSPORT_OFFICER).see("/backups", 403)
