"""Plans in force are opened ahead: which, when again, and without one request waiting for another's plan."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from fastapi import FastAPI

from api import warm
from api.auth.permissions import Permission, Role
from api.pages import plan_reading
from api.store.plans import add_plan, seal_plan
from api.warm import Warmth, kept_warm
from tests.api.clients import signed_in, stranger, with_key
from tests.api.lists import OFFICER, add_school
from tests.api.planned import newcomer, plan_folder, put_lists, put_plan
from tests.api.served import until


@pytest.fixture
def warmth(app: FastAPI) -> Warmth:
    """Of an application whose thread is not running: each look is the test's own."""
    put_lists(app.state.store)
    found: Warmth = app.state.warmth
    return found


def is_open(app: FastAPI) -> bool:
    """What the health page says."""
    return bool(stranger(app).get("/api/v1/health").json()["plans_open"])


def test_the_plan_in_force_is_open_before_anybody_asks(
    app: FastAPI, warmth: Warmth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one look, quote and page find plan and desk as they are: nothing is opened any more."""
    plan_id = put_plan(app.state.store)
    who = newcomer(app.state.store)
    assert not is_open(app)
    warmth.look()
    assert is_open(app)

    def never(*_: object) -> None:
        raise AssertionError("opened once more")

    monkeypatch.setattr("api.open_plans.open_plan_folder", never)
    monkeypatch.setattr("routing.desk.open_desk", never)
    monkeypatch.setattr("api.pages.plan_reading.recheck", never)
    answer = with_key(app, Permission.QUOTES_ASK).post("/api/v1/quotes", json={"passenger_id": who})
    assert answer.status_code == 201, answer.text
    assert answer.json()["plan_id"] == plan_id
    assert signed_in(app, Role.VIEWER).get(f"/plans/{plan_id}").status_code == 200


def test_without_a_plan_there_is_nothing_to_open(app: FastAPI, warmth: Warmth) -> None:
    """Then the service is ready after its first look."""
    assert not is_open(app)
    warmth.look()
    assert is_open(app)


def test_who_comes_later_is_waited_for_at_the_desk(
    app: FastAPI, warmth: Warmth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk is manned anew once the lists are at rest, not at every change; then again not."""
    plan_id = put_plan(app.state.store)
    warmth.look()
    desk = app.state.plans.opened(plan_id)
    empty = desk.manned
    who = newcomer(app.state.store)
    warmth.look()
    assert desk.manned is empty
    monkeypatch.setattr(warm, "QUIET_S", 0.0)
    warmth.look()
    manned = desk.manned
    assert set(manned.newcomers) == {who}
    warmth.look()
    assert desk.manned is manned


def test_a_plan_that_was_made_is_open_for_its_page(app: FastAPI, warmth: Warmth) -> None:
    """A draft is shown at once, whoever made it; nobody is quoted in it, so it has no desk yet."""
    store = app.state.store
    put_plan(store)
    warmth.look()
    with store.change(OFFICER) as work:
        draft = add_plan(work, seal_plan(work.cipher, plan_folder()), "Spring").plan_id
    warmth.look()
    assert draft in app.state.opened_plans._kept
    assert draft not in app.state.plans._plans


def test_nobody_waits_for_a_plan_that_others_ask_for(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one plan is being read, the page of another one is answered."""
    put_lists(app.state.store)
    store, pages = app.state.store, app.state.opened_plans
    first, second = put_plan(store), ""
    with store.change(OFFICER) as work:
        second = add_plan(work, seal_plan(work.cipher, plan_folder()), "Spring").plan_id
    pages.opened_from(store, second)
    begun, go_on = threading.Event(), threading.Event()
    real = plan_reading.recheck

    def slow(folder: Path) -> object:
        begun.set()
        assert go_on.wait(60)
        return real(folder)

    monkeypatch.setattr(plan_reading, "recheck", slow)
    reader = threading.Thread(target=pages.opened_from, args=(store, first))
    reader.start()
    assert begun.wait(60)
    pages.opened_from(store, second)
    add_school(store, "S99")  # Nor does a writer: no transaction stands open.
    assert reader.is_alive()
    go_on.set()
    reader.join(60)
    assert first in pages._kept


def test_the_look_goes_on_after_a_plan_that_cannot_be_opened(
    app: FastAPI, warmth: Warmth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan on other roads is told to whoever asks for it; the thread goes on looking and ends with its block."""
    put_plan(app.state.store)
    monkeypatch.setattr(warm, "LOOK_S", 0.01)

    def refuse(*_: object) -> None:
        raise ValueError("other roads")

    monkeypatch.setattr("api.open_plans.open_plan_folder", refuse)
    with kept_warm(warmth):
        until(lambda: is_open(app), 60)
        assert any(thread.name == "warmth" for thread in threading.enumerate())
    until(lambda: all(thread.name != "warmth" for thread in threading.enumerate()), 60)
