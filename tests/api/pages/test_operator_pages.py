"""Operators on pages: their own rates, changed with who and when, or taken back to those of the class."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from api.auth.permissions import Role
from api.council_choices import own_rates_of
from api.store.kinds import KIND_BY_NAME
from api.store.records import read
from tests.api.page_visits import visitor, words_of
from tests.api.pages.test_spreadsheets import sheet_of
from tests.api.plan_folders import add_bidders, fill_lists
from transport.files.faults import InputFaults

PAGE = "/operators/O1"
RATES = {"car.base_pence": "75.50", "car.mile_rate_pence": "£1.20", "car.pa_day_rate_pence": "40"}


def test_an_operator_gets_rates_of_its_own_and_loses_them_again(app: FastAPI) -> None:
    """In pounds on the page, in pence in the lists; the vehicles stay; empty: those of the class."""
    store = app.state.store
    fill_lists(store)
    add_bidders(store)
    officer = visitor(app, Role.PROCUREMENT_OFFICER)
    assert "O1 Operator O1 No car (2) None" in words_of(officer.see("/operators"))
    officer.send(f"{PAGE}/rates", {**RATES, "version": "1"}, of=PAGE)
    with store.read() as session:
        body = read(session, store.cipher, KIND_BY_NAME["operator"], "O1").body
    assert body
    assert body["operator_vehicles"] == [
        {"class_id": "car", "n_vehicles": "2", "base_pence": "7550", "mile_rate_pence": "120",
         "pa_day_rate_pence": "4000"}
    ]  # fmt: skip
    shown = words_of(officer.see(PAGE))
    assert "car: Vehicle and driver, a day that of the class → £75.50" in shown
    assert "1 class" in words_of(officer.see("/operators"))
    officer.send(f"{PAGE}/rates", {"version": "2"}, of=PAGE)
    assert "A mile £1.20 → that of the class" in words_of(officer.see(PAGE))
    assert "car 2 – – –" in words_of(visitor(app, Role.VIEWER).see(PAGE))
    history = sheet_of(officer, f"{PAGE}?form=xlsx")
    assert [row[0] for row in history] == ["Version", "3", "2", "1"]


def test_half_a_price_and_a_stale_one_are_refused(app: FastAPI) -> None:
    """What was typed still stands there; a viewer may not, and a stranger of an operator is not found."""
    fill_lists(app.state.store)
    add_bidders(app.state.store)
    officer = visitor(app, Role.TRANSPORT_OFFICER)
    half = officer.send(f"{PAGE}/rates", {**RATES, "car.mile_rate_pence": "", "version": "1"}, 422, of=PAGE).text
    assert 'id="car.mile_rate_pence-error"' in half
    assert 'value="75.50"' in half
    assert "Somebody else" in officer.send(f"{PAGE}/rates", {**RATES, "version": "9"}, 422, of=PAGE).text
    visitor(app, Role.VIEWER).send(f"{PAGE}/rates", RATES, 403, of=PAGE)
    officer.see("/operators/nobody", 404)


def test_every_amount_that_is_none_is_named() -> None:
    """Of two classes at once."""
    with pytest.raises(InputFaults) as found:
        own_rates_of({"a": {"base_pence": "x"}, "b": {"mile_rate_pence": "1", "base_pence": "1.234"}, "c": {}})
    named = [fault.column for fault in found.value.faults]
    assert named == ["a.base_pence", "a.mile_rate_pence", "a.pa_day_rate_pence", "b.base_pence", "b.pa_day_rate_pence"]
