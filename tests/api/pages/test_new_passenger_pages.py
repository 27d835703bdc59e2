"""A new passenger on pages, with the engine itself: quoted for two schools, accepted, told; and the demo's store."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.auth.permissions import Role
from api.demo_service import DEMO_ACCOUNTS, demo_settings, holds_demo, load_demo, load_lists
from api.settings import Settings
from api.store.details import details_of
from api.store.faults import StoreRefusedError
from api.store.models import Record
from api.store.plans import list_plans, standing_plans
from api.store.store import Store
from tests.api.clients import account, stranger
from tests.api.lists import OFFICER
from tests.api.page_visits import Visitor, hidden, visitor, words_of
from tests.api.plan_folders import fill_lists, write_plan_folder

KIM = {
    "postcode": "b70 9ab", "phase": "primary", "mobility": "walks_on", "pa_need": "none", "solo": "no",
    "given_name": "Kim", "school_ids": ["S1", "S2"],
}  # fmt: skip


@pytest.fixture
def officer_at_demo(app: FastAPI, store: Store, settings: Settings, invented_plan: Path) -> Visitor:
    """A transport officer where Little Council's plan holds."""
    load_demo(store, settings, invented_plan)
    return visitor(app, Role.TRANSPORT_OFFICER)


def test_a_new_passenger_from_quote_to_letter(officer_at_demo: Visitor, store: Store) -> None:
    """Two schools side by side, the cheapest first; accepting saves them and a draft in which they travel."""
    who = officer_at_demo
    page = who.send("/new-passenger", KIM, 200, of="/new-passenger").text
    words = words_of(page)
    assert "Hill School Cheapest: +£" in words
    assert "Accept Dale School" in words
    with store.read() as session:
        before = len(list(session.scalars(select(Record).where(Record.kind == "passenger"))))
        (plan_id,) = {*standing_plans(session).values()}
        assert len(list_plans(session)) == 1
    fields = {**KIM, "newest_id": hidden(page, "newest_id"), "school_id": "S1"}
    letter = who.send("/new-passenger/accept", fields, of="/new-passenger").headers["location"]
    draft_id, passenger_id = letter.partition("?")[0].split("/")[2::2]
    with store.read() as session:
        assert len(list(session.scalars(select(Record).where(Record.kind == "passenger")))) == before + 1
        assert details_of(session, store.cipher, passenger_id) == {"given_name": "Kim"}
        assert set(standing_plans(session).values()) == {plan_id}
    told = words_of(who.see(letter))
    assert "Draft" in told
    assert "your child travels to Hill School on route R" in told
    assert "5 working days" in told
    assert f"carried after but not before: {passenger_id}" in words_of(
        who.see(f"/compare?before={plan_id}&after={draft_id}")
    )


def test_a_quote_of_a_plan_that_no_longer_holds_is_quoted_afresh(officer_at_demo: Visitor, store: Store) -> None:
    """Nothing is saved; the fresh quote says why it is there."""
    who = officer_at_demo
    fields = {**KIM, "newest_id": "PLOLD", "school_id": "S1"}
    page = who.send("/new-passenger/accept", fields, 200, of="/new-passenger").text
    assert "The plan has changed since this was quoted" in page
    with store.read() as session:
        assert len(list_plans(session)) == 1


def test_who_is_accepted_second_is_placed_beside_the_first(officer_at_demo: Visitor, store: Store) -> None:
    """The second draft carries both; an old page of quotes is refused; the plan that holds may still be chosen."""
    who = officer_at_demo
    page = who.send("/new-passenger", KIM, 200, of="/new-passenger").text
    fields = {**KIM, "newest_id": hidden(page, "newest_id"), "school_id": "S1"}
    ids = []
    for _ in range(2):
        letter = who.send("/new-passenger/accept", fields, of="/new-passenger").headers["location"]
        ids.append(letter.partition("?")[0].split("/")[2::2])
        again = who.send("/new-passenger/accept", fields, 200, of="/new-passenger").text
        assert "The plan has changed since this was quoted" in again
        fields["newest_id"] = ids[-1][0]
    (first_plan, first), (second_plan, _) = ids
    assert first in who.see(f"/plans/{second_plan}/letters/{first}")
    with store.read() as session:
        (holding,) = {*standing_plans(session).values()}
    form = who.see("/new-passenger")
    places = [form.index(f'<option value="{one}"') for one in (second_plan, first_plan, holding)]
    assert places == sorted(places)
    fields["plan_id"] = holding
    letter = who.send("/new-passenger/accept", fields, of="/new-passenger").headers["location"]
    who.see(f"/plans/{letter.split('/')[2]}/letters/{first}", 404)


def test_every_fault_of_the_form_stands_at_its_field(officer_at_demo: Visitor) -> None:
    """A postcode that is none and a day that is none, both at once; no school; what was chosen stays chosen."""
    who = officer_at_demo
    page = who.send("/new-passenger", {**KIM, "postcode": "X", "starts_on": "soon"}, 422, of="/new-passenger").text
    assert 'id="postcode-error"' in page
    assert 'id="starts_on-error"' in page
    assert 'value="S2" checked' in page
    page = who.send("/new-passenger", {**KIM, "school_ids": []}, 422, of="/new-passenger").text
    assert "Choose at least one school" in page


def test_without_a_plan_that_holds_there_is_nothing_to_quote(app: FastAPI) -> None:
    """The page says so instead of showing a form; a form that is sent all the same is refused in words."""
    who = visitor(app, Role.TRANSPORT_OFFICER)
    page = who.see("/new-passenger")
    assert "No plan has been published yet" in page
    assert "Get quotes" not in page
    assert "publish one first" in who.send("/new-passenger", KIM, 409, of="/").text


def test_the_demo_is_loaded_once_and_its_log_ins_work(
    app: FastAPI, store: Store, settings: Settings, invented_plan: Path
) -> None:
    """Three passengers with invented names; the plan holds; a second look knows it as the demo's."""
    assert not holds_demo(store)
    assert load_demo(store, settings, invented_plan).n_passengers == 3
    assert holds_demo(store)
    app.state.demo_accounts = [(name, password, role.value) for name, password, role in DEMO_ACCOUNTS]
    client = stranger(app)
    assert "as invented as everything in it" in client.get("/sign-in").text
    for name, password, _ in DEMO_ACCOUNTS:
        answer = client.post("/sign-in", data={"sign_in_name": name, "password": password}, follow_redirects=False)
        assert answer.status_code == 303
    with store.read() as session:
        assert details_of(session, store.cipher, "P1")["family_name"] == "Ashdale"
        assert len(standing_plans(session)) == 2


def test_the_demo_leaves_a_store_with_other_data_alone(store: Store) -> None:
    """Even where there is no more than one account."""
    with store.change(OFFICER) as work:
        work.log("create", "account", "A1")
    with pytest.raises(StoreRefusedError, match="holds other data"):
        holds_demo(store)


def test_lists_that_are_not_invented_are_not_given_out_as_such(store: Store, tmp_path: Path) -> None:
    """A council's own folder cannot become the demo by mistake."""
    fill_lists(store)
    folder = write_plan_folder(store, tmp_path / "plan")
    with pytest.raises(StoreRefusedError, match="not marked as invented"), store.change(OFFICER) as work:
        load_lists(work, folder)


def test_the_demo_listens_on_this_machine_alone(tmp_path: Path) -> None:
    """Its passwords are known to everybody, so no setting may open it to others."""
    asked = Settings(host="0.0.0.0", database_url="postgresql+psycopg://council", _env_file=None)
    found = demo_settings(asked, tmp_path)
    assert (found.host, found.database_url) == ("127.0.0.1", f"sqlite:///{tmp_path / 'schoolrun.db'}")


def test_log_ins_are_shown_by_the_demo_alone(app: FastAPI) -> None:
    """Anywhere else the sign-in page names nobody."""
    account(app.state.store, Role.VIEWER)
    page = stranger(app).get("/sign-in").text
    assert "demo" not in page.casefold()
