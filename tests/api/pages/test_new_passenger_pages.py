"""A new passenger on pages, with the engine itself: quoted for two schools, accepted, told; and the demo's store."""

from __future__ import annotations

import re
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
from api.store.plans import read_routes, read_stored_plan, standing_plans
from api.store.quotes import newest_of
from api.store.store import Store
from tests.api.clients import account, stranger
from tests.api.lists import OFFICER, add_passenger
from tests.api.page_visits import Visitor, hidden, visitor, words_of
from tests.api.plan_folders import fill_lists, write_plan_folder
from tests.api.planned import NEAR_P1

PAGE = "/new-passenger"
KIM = {
    "postcode": "b70 9ab", "phase": "primary", "mobility": "walks_on", "pa_need": "none", "solo": "no",
    "given_name": "Kim", "school_ids": ["S1", "S2"],
}  # fmt: skip


@pytest.fixture
def officer_at_demo(app: FastAPI, store: Store, settings: Settings, invented_plan: Path) -> Visitor:
    """A transport officer where Little Council's plan holds."""
    load_demo(store, settings, invented_plan)
    return visitor(app, Role.TRANSPORT_OFFICER)


def shown(who: Visitor, **more: object) -> dict[str, str]:
    """Quotes for Kim; gives what the button of the cheapest one sends."""
    page = who.send(PAGE, {**KIM, **more}, 200, of=PAGE).text
    return {"sealed": hidden(page, "sealed"), "option": hidden(page, "option")}


def accepted(who: Visitor, fields: dict[str, str]) -> tuple[str, str]:
    """Press a button; gives the plan and the passenger."""
    letter = who.send(f"{PAGE}/accept", fields, of=PAGE).headers["location"]
    assert letter.endswith("?done=added"), letter
    plan_id, passenger_id = letter.partition("?")[0].split("/")[2::2]
    return plan_id, passenger_id


def ids_of(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(Record.record_id).where(Record.kind == "passenger")))


def holding_of(store: Store) -> str:
    with store.read() as session:
        (plan_id,) = {*standing_plans(session).values()}
    return plan_id


def test_a_new_passenger_from_quote_to_letter(officer_at_demo: Visitor, store: Store) -> None:
    """Two schools side by side, the cheapest first, nothing saved; accepting makes the next plan, and may be undone."""
    who, before, holding = officer_at_demo, ids_of(store), holding_of(store)
    words = words_of(who.send(PAGE, KIM, 200, of=PAGE).text)
    assert "Hill School Cheapest: +£" in words
    assert "Accept Dale School" in words
    assert ids_of(store) == before
    plan_id, passenger_id = accepted(who, shown(who))
    assert ids_of(store) == {*before, passenger_id}
    with store.read() as session:
        assert details_of(session, store.cipher, passenger_id) == {"given_name": "Kim"}
        assert read_stored_plan(session, plan_id).status == "proposed"
    assert holding_of(store) == holding
    letter = f"/plans/{plan_id}/letters/{passenger_id}"
    told = words_of(who.see(letter))
    assert "your child travels to Hill School on route R" in told
    assert "5 working days" in told
    assert f"carried after but not before: {passenger_id}" in words_of(
        who.see(f"/compare?before={holding}&after={plan_id}")
    )
    undo = re.search(r'action="(/placements/[^"]+/reverse)"', who.see(letter))
    assert undo is not None
    assert who.send(undo[1], {}, of=letter).headers["location"] == f"/passengers/{passenger_id}?done=reversed"
    with store.read() as session:
        newest = newest_of(session, holding)
        assert newest not in (holding, plan_id)
        assert passenger_id not in str(read_routes(session, store.cipher, newest).routes)
    page = who.see(f"/passengers/{passenger_id}")
    assert "Undo this placement" not in page
    assert "Quote a place" in page


def test_who_is_accepted_second_is_shown_a_fresh_quote(officer_at_demo: Visitor, store: Store) -> None:
    """Two pages of quotes for one plan: the second person is saved, not placed; the fresh quote places them beside."""
    who, holding = officer_at_demo, holding_of(store)
    one, two = shown(who), shown(who)
    first_plan, first = accepted(who, one)
    answer = who.send(f"{PAGE}/accept", two, of=PAGE)
    address = answer.headers["location"]
    assert address.startswith("/quotes/")
    page = who.see(address)
    assert "nobody was placed" in page
    assert first_plan in page
    button = {"option": hidden(page, "option")}
    quote = address.partition("?")[0]
    letter = who.send(f"{quote}/accept", button, of=quote).headers["location"]
    second_plan, second = letter.partition("?")[0].split("/")[2::2]
    assert first in who.see(f"/plans/{second_plan}/letters/{first}")
    assert holding_of(store) == holding
    assert "This quote has been accepted" in who.see(quote)
    who.send(f"{quote}/accept", button, 409, of=quote)
    assert second in ids_of(store)


def test_a_quote_that_was_not_shown_is_not_accepted(officer_at_demo: Visitor, app: FastAPI, store: Store) -> None:
    """Another officer's page, something made up, and an option that the quote does not have: nothing is saved."""
    fields, before = shown(officer_at_demo), ids_of(store)
    other = visitor(app, Role.TRANSPORT_OFFICER)
    wrong = ({**fields, "sealed": "AAAA"}, {**fields, "option": "99"}, {**fields, "option": "-1"}, {"option": "1"})
    for who, sent in ((other, fields), *((officer_at_demo, one) for one in wrong)):
        assert "could not be read back" in who.send(f"{PAGE}/accept", sent, 422, of=PAGE).text
    assert ids_of(store) == before


def test_somebody_of_the_lists_is_quoted_and_placed(officer_at_demo: Visitor, store: Store) -> None:
    """From their page, for their own school; by the last of the ways, a vehicle of their own."""
    who = officer_at_demo
    row = {**NEAR_P1, "postcode": ""}
    passenger_id = add_passenger(store, row=row).record_id
    page = f"/passengers/{passenger_id}"
    assert "Quote a place" in who.see(page)
    quote = who.send(f"{page}/quote", {}, of=page).headers["location"]
    shown_page = who.see(quote)
    assert "Accept Hill School" in shown_page
    ways = re.findall(r'name="option" value="(\d+)"', shown_page)
    letter = who.send(f"{quote}/accept", {"option": ways[-1]}, of=quote).headers["location"]
    assert passenger_id in who.see(letter)
    assert "Undo this placement" in who.see(page)


def test_who_awaits_a_decision_is_quoted_and_not_placed(officer_at_demo: Visitor, store: Store) -> None:
    """The page says so and has no button."""
    row = {**NEAR_P1, "postcode": "", "status": "awaiting_decision"}
    passenger_id = add_passenger(store, row=row).record_id
    quote = officer_at_demo.send(f"/passengers/{passenger_id}/quote", {}, of="/").headers["location"]
    page = officer_at_demo.see(quote)
    assert "may be quoted, not placed" in page
    assert "/accept" not in page


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
