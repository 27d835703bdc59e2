"""Plans on pages: from a draft to the plan that holds and back, routes stop by stop, two plans beside each other."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi import FastAPI

from api.auth.permissions import Role
from api.store.plans import add_plan, read_stored_plan, seal_plan, standing_plans
from api.store.store import Store
from tests.api.lists import OFFICER, add
from tests.api.page_visits import Visitor, visitor, words_of
from tests.api.plan_folders import PAIRS, fill_lists, write_plan_folder
from tests.api.planned import put_lists, put_plan

JUDGED = {"judged_by": "SEN transport officer", "judged_on": "2026-08-20", "ground": "risk assessments of 12 May"}


def stored(store: Store, folder: Path, title: str, routes=PAIRS) -> str:
    """A plan by hand in the store; gives its id."""
    write_plan_folder(store, folder, routes)
    with store.change(OFFICER) as work:
        return add_plan(work, seal_plan(work.cipher, folder), title).plan_id


def version_of(store: Store, plan_id: str) -> str:
    with store.read() as session:
        return str(read_stored_plan(session, plan_id).version)


def publish(who: Visitor, store: Store, plan_id: str, groups=("R1", "R2"), schools=("S01", "S02")) -> None:
    """All that an officer does between a draft and a plan that holds."""
    page = f"/plans/{plan_id}/publish"
    who.send(f"/plans/{plan_id}/propose", {"version": version_of(store, plan_id)}, of=page)
    if groups:
        who.send(f"/plans/{plan_id}/evidence", {"kind": "co_travel", "about": groups, **JUDGED}, of=page)
    fields = {"version": version_of(store, plan_id), "starts_on": "2026-09-01", "school_ids": schools}
    who.send(page, fields, of=page)


def officer_with_plan(app: FastAPI, tmp_path: Path) -> Visitor:
    """An officer whose first plan holds."""
    fill_lists(app.state.store)
    officer = visitor(app, Role.TRANSPORT_OFFICER)
    publish(officer, app.state.store, stored(app.state.store, tmp_path / "one", "First"))
    return officer


def test_from_draft_to_the_plan_that_holds(app: FastAPI, tmp_path: Path) -> None:
    """A draft is proposed; without the judgement it is not published; with it, it holds from the day given."""
    store = app.state.store
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    who = visitor(app, Role.TRANSPORT_OFFICER)
    assert "Autumn: to be looked at and proposed" in who.see("/")
    page = f"/plans/{plan_id}/publish"
    assert "A draft is proposed first" in who.see(page)
    who.send(f"/plans/{plan_id}/propose", {"version": "1"}, of=page)
    shown = words_of(who.see(page))
    assert "Somebody judged sharing suitable for each new or changed group Missing: R1, R2. Not passed" in shown
    fields = {"version": "2", "starts_on": "2026-09-01", "school_ids": ["S01", "S02"]}
    assert "Not published" in who.send(page, fields, 422, of=page).text
    who.send(f"/plans/{plan_id}/evidence", {"kind": "co_travel", "about": ["R1", "R2"], **JUDGED}, of=page)
    assert who.send(page, fields, of=page).headers["location"].endswith("?done=published")
    with store.read() as session:
        assert standing_plans(session) == {"S01": plan_id, "S02": plan_id}
    home = words_of(who.see("/"))
    assert "Passengers carried 4 Nobody is left out" in home
    travel = words_of(who.see("/passengers/P1"))
    assert "Route R1 , to be tendered" in travel
    assert "5 minutes" in travel


def test_every_fault_of_a_judgement_is_said_at_once(app: FastAPI, tmp_path: Path) -> None:
    """Who, on what ground and when; and about nothing at all."""
    store = app.state.store
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    who = visitor(app, Role.TRANSPORT_OFFICER)
    page = f"/plans/{plan_id}/publish"
    empty = {"kind": "co_travel", "judged_by": "", "judged_on": "never", "ground": " "}
    shown = who.send(f"/plans/{plan_id}/evidence", {**empty, "about": "R1"}, 422, of=page).text
    assert all(f'id="co_travel-{name}-error"' in shown for name in ("judged_by", "judged_on", "ground"))
    shown = who.send(f"/plans/{plan_id}/evidence", {"kind": "co_travel", **JUDGED}, 422, of=page).text
    assert 'href="#co_travel-about"' in shown
    shown = who.send(f"/plans/{plan_id}/evidence", {"kind": "guess", "about": "R1", **JUDGED}, 422, of=page).text
    assert "must be one of" in shown.casefold()


def test_rolling_back_lets_the_plan_before_hold_again(app: FastAPI, tmp_path: Path) -> None:
    """First and second plan; the first cannot be rolled back, for none held before it."""
    store = app.state.store
    fill_lists(store)
    who = visitor(app, Role.TRANSPORT_OFFICER)
    first = stored(store, tmp_path / "one", "First")
    publish(who, store, first)
    page = f"/plans/{first}/publish"
    fields = {"version": version_of(store, first), "back_on": "2026-09-08"}
    assert "No plan held before it" in who.send(f"/plans/{first}/roll-back", fields, 422, of=page).text
    second = stored(store, tmp_path / "two", "Second")
    publish(who, store, second, groups=())
    page = f"/plans/{second}/publish"
    fields = {"version": version_of(store, second), "back_on": "2026-09-08"}
    who.send(f"/plans/{second}/roll-back", fields, of=page)
    with store.read() as session:
        assert set(standing_plans(session).values()) == {first}


def test_a_route_stop_by_stop(app: FastAPI, tmp_path: Path) -> None:
    """P1 boards five minutes before P2 and ten before school: loads after each stop, rides beside target and limit."""
    store = app.state.store
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    who = visitor(app, Role.VIEWER)
    page = words_of(who.see(f"/plans/{plan_id}/routes/R1"))
    assert "The Meadows: 2 off 0 passengers on board afterwards" in page
    assert "1 passenger on board afterwards" in page
    assert "4 seats; no passenger assistant" in page
    assert "P2 Morning, Mon–Fri 5 45 60" in page
    who.see(f"/plans/{plan_id}/routes/R9", 404)


def test_the_list_of_routes_may_be_that_of_one_school(app: FastAPI, tmp_path: Path) -> None:
    """R1 goes to S01, R2 to S02."""
    store = app.state.store
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    page = visitor(app, Role.VIEWER).see(f"/plans/{plan_id}?school=S01")
    assert 'data-route="R1"' in page
    assert 'data-route="R2"' not in page


def test_who_is_not_carried_stands_there_with_the_reason(app: FastAPI, tmp_path: Path) -> None:
    """P4 has no route; nothing of it is shown as a saving, and home says so once the plan holds."""
    store = app.state.store
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Short", (("R1", "P1", "P2"), ("R2", "P3")))
    who = visitor(app, Role.TRANSPORT_OFFICER)
    page = words_of(who.see(f"/plans/{plan_id}"))
    assert "P4 Nobody drives" in page
    assert "1 passenger not carried" in page
    publication = words_of(who.see(f"/plans/{plan_id}/publish"))
    assert "Everybody unserved has a recorded interim arrangement Missing: P4" in publication


def test_the_map_says_that_it_is_approximate(app: FastAPI, tmp_path: Path) -> None:
    """Lines of both legs, the schools; of one route its stops in the order of the morning."""
    store = app.state.store
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    who = visitor(app, Role.VIEWER)
    drawn = json.loads(who.client.get(f"/plans/{plan_id}/map.geojson").text)
    assert drawn["approximate"] is True
    kinds = [feature["properties"]["feature"] for feature in drawn["features"]]
    assert (kinds.count("route"), kinds.count("school"), kinds.count("stop")) == (4, 2, 0)
    assert not any("P1" in json.dumps(feature) for feature in drawn["features"])
    one = json.loads(who.client.get(f"/plans/{plan_id}/map.geojson?route=R1").text)["features"]
    stops = [f["properties"]["stop_no"] for f in one if f["properties"].get("feature") == "stop"]
    assert stops == [1, 2, 2, 3]
    assert "Approximate." in who.see(f"/plans/{plan_id}")


def test_two_plans_beside_each_other(app: FastAPI, tmp_path: Path) -> None:
    """P1 and P3 change vehicles; nobody else does, and both routes differ."""
    store = app.state.store
    fill_lists(store)
    before = stored(store, tmp_path / "one", "Before")
    after = stored(store, tmp_path / "two", "After", (("R1", "P1"), ("R2", "P3", "P4"), ("R3", "P2")))
    who = visitor(app, Role.VIEWER)
    page = words_of(who.see(f"/compare?before={before}&after={after}"))
    assert "Vehicles 2 3 +1" in page
    assert "1 family would have another vehicle" in page
    assert "R1 No longer carries P2" in page
    assert "R3 New – → £" in page
    assert "Vehicles before 2 after 3" in page
    drawn = json.loads(who.client.get(f"/compare/map.geojson?before={before}&after={after}").text)["features"]
    shown = {(f["properties"]["route_id"], f["properties"]["group"]) for f in drawn}
    assert shown == {("R1", 1), ("R1", 0), ("R3", 0)}
    same = words_of(who.see(f"/compare?before={before}&after={before}"))
    assert "0 families would have" in same
    assert "None: the routes are the same" in same


def test_a_plan_beside_todays_routes(app: FastAPI) -> None:
    """Little Council's lists name R1 of today; by hand made plans name none, and say so."""
    store = app.state.store
    put_lists(store)
    plan_id = put_plan(store)
    who = visitor(app, Role.VIEWER)
    page = words_of(who.see(f"/compare?before=today&after={plan_id}"))
    assert "Before Today’s routes After Autumn" in page
    assert "Passengers left unserved" in page
    drawn = json.loads(who.client.get(f"/compare/map.geojson?before=today&after={plan_id}").text)
    assert drawn["approximate"] is True


def test_todays_routes_that_nobody_named_cannot_be_compared(app: FastAPI, tmp_path: Path) -> None:
    """Lists of the service name none."""
    store = app.state.store
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    page = visitor(app, Role.VIEWER).see(f"/compare?before=today&after={plan_id}", 404)
    assert "name no routes of today" in page


def test_what_holds_decides_over_what_is_remembered(app: FastAPI, tmp_path: Path) -> None:
    """A second plan with the same groups needs no judgement once the first holds, and did before."""
    store = app.state.store
    fill_lists(store)
    who = visitor(app, Role.TRANSPORT_OFFICER)
    first, second = (stored(store, tmp_path / name, name) for name in ("one", "two"))
    assert "Missing: R1, R2" in words_of(who.see(f"/plans/{second}/publish"))
    publish(who, store, first)
    assert "Missing: R1, R2" not in words_of(who.see(f"/plans/{second}/publish"))


def test_who_is_new_since_the_plan_is_told_on_the_home_page(app: FastAPI, tmp_path: Path) -> None:
    """P5 came after the plan was made: home counts them, the list shows them alone."""
    store = app.state.store
    fill_lists(store)
    who = visitor(app, Role.TRANSPORT_OFFICER)
    publish(who, store, stored(store, tmp_path / "plan", "Autumn"))
    add(store, "passenger", "P5", {"school_id": "S01", "phase": "primary", "lat": 52.5, "lon": -1.99})
    assert "1 passenger without a place in any plan that holds" in who.see("/")
    page = who.see("/passengers?without=1")
    assert '"/passengers/P5"' in page
    assert '"/passengers/P1"' not in page


def test_a_viewer_sees_no_button_that_would_be_refused(app: FastAPI, tmp_path: Path) -> None:
    """And a procurement officer sees that there is a plan, without its passengers."""
    store = app.state.store
    fill_lists(store)
    plan_id = stored(store, tmp_path / "plan", "Autumn")
    page = visitor(app, Role.VIEWER).see(f"/plans/{plan_id}")
    assert "Propose this plan" not in page
    buyer = visitor(app, Role.PROCUREMENT_OFFICER)
    assert "Autumn" in buyer.see("/plans")
    assert f'href="/plans/{plan_id}"' not in buyer.see("/plans")
    buyer.see(f"/plans/{plan_id}", 403)
