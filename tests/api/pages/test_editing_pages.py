"""A plan edited on pages: looked at first, kept, and taken back; on Little Council's plan, with the engine itself."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from api.auth.permissions import Role
from api.store.plans import list_plans, read_routes, read_stored_plan
from api.store.quotes import newest_of
from api.store.store import Store
from tests.api.page_visits import Visitor, visitor, words_of
from tests.api.planned import put_lists, put_plan
from transport.plan import Route

MOVE_P2 = {"kind": "move_passenger", "passenger_id": "P2", "to": ""}


@pytest.fixture
def plan_id(store: Store) -> str:
    """P1 and P2 on R1 under contract L1, P3 on a minibus."""
    put_lists(store)
    return put_plan(store)


@pytest.fixture
def editor(app: FastAPI, plan_id: str) -> Visitor:
    return visitor(app, Role.TRANSPORT_OFFICER)


def route_of(store: Store, plan_id: str, passenger_id: str) -> Route:
    with store.read() as session:
        routes = read_routes(session, store.cipher, plan_id).routes
    (found,) = [route for route in routes if passenger_id in route.passenger_ids]
    return found


def n_plans(store: Store) -> int:
    with store.read() as session:
        return len(list_plans(session))


def test_a_move_is_looked_at_kept_and_undone(editor: Visitor, store: Store, plan_id: str) -> None:
    """Pounds and new times before anything is kept; kept, it is the next plan; undone, the routes are as before."""
    page = f"/plans/{plan_id}/routes/R1"
    looked = editor.send(f"{page}/edit", MOVE_P2, 200, of=f"{page}/edit").text
    words = words_of(looked)
    assert "It breaks no rule." in words
    assert re.search(r"[+−]£[\d,.]+ a week, [+−]£[\d,]+ a year", words)
    assert "P2: route R1 →" in words
    assert n_plans(store) == 1
    address = editor.send(f"{page}/keep", MOVE_P2, of=f"{page}/edit").headers["location"]
    after = address.split("/")[2]
    assert address == f"/plans/{after}/routes/R1?done=edited"
    assert route_of(store, after, "P2").route_id != "R1"
    assert "Undo the change" in editor.see(address)
    assert f"/compare?before={plan_id}&amp;after={after}" in editor.see(f"/plans/{after}")
    back = editor.send(f"/plans/{after}/undo", {}, of=f"/plans/{after}").headers["location"].split("/")[2].split("?")[0]
    with store.read() as session:
        assert newest_of(session, plan_id) == back
        assert [read_stored_plan(session, one).status for one in (plan_id, after, back)] == [
            "published", "superseded", "proposed",
        ]  # fmt: skip
        before, undone = (read_routes(session, store.cipher, one).routes for one in (plan_id, back))
    assert before == undone
    editor.send(f"/plans/{plan_id}/undo", {}, 409, of=f"/plans/{back}")


def test_somebody_gets_a_vehicle_of_their_own(editor: Visitor, store: Store, plan_id: str) -> None:
    """P2 alone, on a route that was not there before."""
    page = f"/plans/{plan_id}/routes/R1"
    address = editor.send(f"{page}/keep", {**MOVE_P2, "to": "new"}, of=f"{page}/edit").headers["location"]
    own = route_of(store, address.split("/")[2], "P2")
    assert set(own.passenger_ids) == {"P2"}
    with store.read() as session:
        assert own.route_id not in {r.route_id for r in read_routes(session, store.cipher, plan_id).routes}


def test_an_order_is_given_by_numbers(editor: Visitor, store: Store, plan_id: str) -> None:
    """The afternoon the other way round, as without a script: the list then stands as it was asked for."""
    page = f"/plans/{plan_id}/routes/R1"
    pattern = route_of(store, plan_id, "P1").pm
    assert pattern is not None
    first, second = pattern.passenger_ids
    fields = {"kind": "reorder_stops", "leg": "PM", "stop_id": [first, second], "stop_no": ["2", "1"]}
    looked = editor.send(f"{page}/edit", fields, 200, of=f"{page}/edit").text
    assert f"{second} Afternoon" in words_of(looked)
    afternoon = looked[looked.index("Afternoon: order of alighting") :]
    assert afternoon.index(f'value="{second}"') < afternoon.index(f'value="{first}"')


def test_what_would_break_a_rule_is_told_and_not_kept(editor: Visitor, store: Store, plan_id: str) -> None:
    """P3 travels in a wheelchair: a taxi is no vehicle for them, whatever it costs."""
    route_id = route_of(store, plan_id, "P3").route_id
    page = f"/plans/{plan_id}/routes/{route_id}"
    fields = {"kind": "change_vehicle", "vehicle": "bought:taxi:"}
    looked = editor.send(f"{page}/edit", fields, 200, of=f"{page}/edit").text
    assert "It cannot be kept. It would break:" in words_of(looked)
    assert "wheelchair" in looked
    assert "/keep" not in looked
    assert "would break rules" in editor.send(f"{page}/keep", fields, 422, of=f"{page}/edit").text
    assert n_plans(store) == 1


def test_what_has_no_answer_is_said_at_the_form(editor: Visitor, store: Store, plan_id: str) -> None:
    """P3 to R1, a taxi; a layout that is none; a passenger who is not there."""
    page = f"/plans/{plan_id}/routes/{route_of(store, plan_id, 'P3').route_id}"
    wrong: tuple[dict[str, str], ...] = (
        {"kind": "move_passenger", "passenger_id": "P3", "to": "R1"}, {"kind": "change_layout", "layout": "many"},
        {"kind": "move_passenger", "passenger_id": "P9", "to": ""},
    )  # fmt: skip
    for fields in wrong:
        assert "Not possible: " in editor.send(f"{page}/edit", fields, 422, of=f"{page}/edit").text
    editor.see(f"/plans/{plan_id}/routes/R9/edit", 404)


def test_a_plan_that_has_been_changed_since_says_so(editor: Visitor, store: Store, plan_id: str) -> None:
    """It may be looked at, but nothing grows out of it any more."""
    page = f"/plans/{plan_id}/routes/R1"
    after = editor.send(f"{page}/keep", MOVE_P2, of=f"{page}/edit").headers["location"].split("/")[2]
    shown = editor.see(f"{page}/edit")
    assert f'href="/plans/{after}"' in shown
    assert "/keep" not in editor.send(f"{page}/edit", MOVE_P2, 200, of=f"{page}/edit").text
    editor.send(f"{page}/keep", MOVE_P2, 409, of=f"{page}/edit")
    assert "Undo the change" not in editor.see(f"/plans/{plan_id}")


def test_who_may_not_change_plans_sees_no_way_to(app: FastAPI, plan_id: str) -> None:
    """A viewer looks at the route alone."""
    viewer = visitor(app, Role.VIEWER)
    assert "Change this route" not in viewer.see(f"/plans/{plan_id}/routes/R1")
    viewer.see(f"/plans/{plan_id}/routes/R1/edit", 403)


def test_a_leaver_is_taken_out_and_brought_back(editor: Visitor, store: Store, plan_id: str) -> None:
    """P3 alone has a minibus: looked at, nothing is stored; kept, neither is in the plan; undone, both are again."""
    was = route_of(store, plan_id, "P3").route_id
    page, fields = f"/plans/{plan_id}/routes/{was}", {"kind": "take_out", "passenger_id": "P3"}
    words = words_of(editor.send(f"{page}/edit", fields, 200, of=f"{page}/edit").text)
    assert "It breaks no rule." in words
    assert f"P3: route {was} → none." in words
    assert re.search(r"−£[\d,.]+ a week", words)
    assert n_plans(store) == 1
    after = editor.send(f"{page}/keep", fields, of=f"{page}/edit").headers["location"].split("/")[2].partition("?")[0]
    with store.read() as session:
        plan = read_routes(session, store.cipher, after)
    assert [route.route_id for route in plan.routes] == ["R1"]
    assert plan.unserved == ()
    documents = f"/plans/{after}/documents"
    assert f'href="{documents}?what=told"' in editor.see(f"/plans/{after}")
    wanted = {"what": "told", "columns": ["who", "who_id"], "recipient": "The office", "purpose": "telling"}
    export = editor.send(documents, wanted, of=f"{documents}?what=told").headers["location"]
    assert "procurement,L-R001," in editor.client.get(f"{export}/file?form=csv").text
    back = editor.send(f"/plans/{after}/undo", {}, of=f"/plans/{after}").headers["location"].split("/")[2].split("?")[0]
    assert route_of(store, back, "P3").route_id == was
