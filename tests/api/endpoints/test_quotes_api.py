"""Quotes and placements over HTTP, on Little Council's plan: priced, accepted once, refused when it has changed."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete, select, update

from api.app import create_app
from api.auth.permissions import Permission, Role
from api.open_plans import OpenPlan
from api.settings import Settings
from api.store.models import PlanStep, Publication, Quote
from api.store.plans import read_routes
from api.store.store import Store
from tests.api.clients import new_key, problem_of, seen, signed_in, with_key
from tests.api.databases import SLOW_ON_POSTGRESQL
from tests.api.lists import ROBIN
from tests.api.planned import newcomer, plan_folder, put_lists, put_plan
from tests.api.test_audit import faults_of

API = "/api/v1"


@pytest.fixture
def plan_id(store: Store) -> str:
    """The plan in force."""
    put_lists(store)
    return put_plan(store)


def ask(client: TestClient, passenger_id: str, **more: Any) -> Any:
    answer = client.post(f"{API}/quotes", json={"passenger_id": passenger_id, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def accept(client: TestClient, quote: Any, option: int = 1, key: dict[str, str] | None = None) -> Any:
    body = {"quote_id": quote["quote_id"], "option": option}
    return client.post(f"{API}/placements", json=body, headers=key or new_key())


def test_a_quote_names_plan_expiry_and_options(officer: TestClient, store: Store, plan_id: str) -> None:
    """As at the desk: contract, bought and new vehicles, cheapest first; in the log under the passenger."""
    who = newcomer(store)
    quote = ask(officer, who)
    assert (quote["plan_id"], quote["passenger_version"], quote["is_decided"]) == (plan_id, 1, True)
    assert date.fromisoformat(quote["valid_until"]) > date.today()
    assert any(o["priced_by"] == "variation clause of contract L1" for o in quote["options"])
    prices = [option["objective_pence_per_fortnight"] for option in quote["options"]]
    assert prices == sorted(prices)
    assert officer.get(f"{API}/quotes/{quote['quote_id']}").json() == quote
    assert faults_of(store) == []


def test_the_service_quotes_what_the_desk_quotes(
    officer: TestClient, store: Store, plan_id: str, tmp_path: Path
) -> None:
    """Option for option the same as `schoolrun quote` on the plan's files, with several schools."""
    from api.in_year_quotes import QuoteRequest, quote_figures, quote_new

    who = newcomer(store)
    quote = ask(officer, who, school_ids=["S1", "S2"], with_reasons=True)
    new = tmp_path / "new.csv"
    new.write_text(
        f"passenger_id,school_id,phase,lat,lon,candidate_school_ids\n{who},S1,primary,52.501,-1.98,S2\n",
        encoding="utf-8",
    )
    (desk,) = quote_new(QuoteRequest(plan_path=plan_folder(), new_path=new, asked_on=date.today()))
    said = json.loads(json.dumps(quote_figures(desk)))
    assert {option["school_id"] for option in quote["options"]} == {"S1", "S2"}
    assert quote["options"] == said["options"]
    assert (quote["refused"], quote["assumptions"]) == (said["refused"], said["assumptions"])
    # Without the reasons only the options that are told are written out: they are the same.
    for n in (1, 3, 10):
        assert ask(officer, who, school_ids=["S1", "S2"], n_options=n)["options"] == quote["options"][:n]


def test_an_accepted_quote_makes_the_next_plan_once(officer: TestClient, store: Store, plan_id: str) -> None:
    """Proposed, with the passenger on the quoted route and the quoted pence a week more; a repeated request too."""
    quote = ask(officer, newcomer(store))
    key = new_key()
    answer = accept(officer, quote, key=key)
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["plan"]["status"], done["plan"]["n_hard"], done["plan_id_before"]) == ("proposed", 0, plan_id)
    before = officer.get(f"{API}/plans/{plan_id}").json()["figures"]["cost_pence_per_week"]
    assert done["plan"]["figures"]["cost_pence_per_week"] == before + quote["options"][0]["extra_pence_per_week"]
    with store.read() as session:
        plan = read_routes(session, store.cipher, done["plan_id"])
    (route,) = [route for route in plan.routes if quote["passenger_id"] in route.passenger_ids]
    assert route.route_id == quote["options"][0]["route_id"] == done["route_id"]
    assert accept(officer, quote, key=key).json() == done
    assert officer.get(f"{API}/placements", params={"passenger_id": quote["passenger_id"]}).json()["placements"] == [
        {name: value for name, value in done.items() if name != "plan"}
    ]


def test_any_option_can_be_accepted(officer: TestClient, store: Store, plan_id: str) -> None:
    """The last one, a vehicle of their own, at its own price."""
    quote = ask(officer, newcomer(store))
    n = len(quote["options"])
    done = accept(officer, quote, option=n).json()
    before = officer.get(f"{API}/plans/{plan_id}").json()["figures"]["cost_pence_per_week"]
    assert done["plan"]["figures"]["cost_pence_per_week"] == before + quote["options"][-1]["extra_pence_per_week"]
    problem_of(accept(officer, ask(officer, newcomer(store)), option=20), 422, "faults")


def test_against_a_changed_plan_there_is_a_fresh_quote(officer: TestClient, store: Store, plan_id: str) -> None:
    """Two quotes of one plan: the second is refused, with one for the plan that the first made, which then holds."""
    first, second = (ask(officer, newcomer(store)) for _ in range(2))
    plan_id_after = accept(officer, first).json()["plan_id"]
    fresh = problem_of(accept(officer, second), 409, "plan-changed")["fresh_quote"]
    assert (fresh["plan_id"], fresh["passenger_id"]) == (plan_id_after, second["passenger_id"])
    assert accept(officer, fresh).json()["plan_id_before"] == plan_id_after
    # Of somebody placed there is nothing left to quote.
    assert problem_of(accept(officer, second), 409, "plan-changed")["fresh_quote"] is None


def test_a_changed_passenger_or_an_old_quote_is_refused(officer: TestClient, store: Store, plan_id: str) -> None:
    """Moved house after the quote; and ten working days later: both times the fresh one is of today."""
    who = newcomer(store)
    quote = ask(officer, who)
    row = {**ROBIN, "school_id": "S1", "postcode": "", "lat": 52.502, "lon": -1.981}
    assert officer.put(f"{API}/passengers/{who}", json={"row": row}, headers=seen(1)).status_code == 200
    fresh = problem_of(accept(officer, quote), 409, "plan-changed")["fresh_quote"]
    assert fresh["passenger_version"] == 2
    with store.engine.begin() as connection:
        connection.execute(update(Quote).values(valid_until=date.today() - timedelta(days=1)))
    assert "was valid until" in problem_of(accept(officer, fresh), 409, "plan-changed")["detail"]


def test_a_placement_is_reversed(officer: TestClient, store: Store, plan_id: str) -> None:
    """The next plan costs what the first did, and carries nobody new; once only."""
    done = accept(officer, ask(officer, newcomer(store))).json()
    back = officer.post(f"{API}/placements/{done['placement_id']}/reverse", headers=new_key())
    assert back.status_code == 200, back.text
    before = officer.get(f"{API}/plans/{plan_id}").json()["figures"]
    assert back.json()["plan"]["figures"]["cost_pence_per_week"] == before["cost_pence_per_week"]
    with store.read() as session:
        plan = read_routes(session, store.cipher, back.json()["plan"]["plan_id"])
    assert done["passenger_id"] not in {pid for route in plan.routes for pid in route.passenger_ids}
    again = officer.post(f"{API}/placements/{done['placement_id']}/reverse", headers=new_key())
    assert "reversed already" in problem_of(again, 409, "not-yet")["detail"]
    # They may be quoted and placed once more.
    assert accept(officer, ask(officer, done["passenger_id"])).status_code == 201


def test_who_awaits_a_decision_is_quoted_and_never_placed(officer: TestClient, store: Store, plan_id: str) -> None:
    """The quote says so."""
    quote = ask(officer, newcomer(store, status="awaiting_decision"))
    assert quote["is_decided"] is False
    assert quote["options"]
    assert "may be quoted, not placed" in problem_of(accept(officer, quote), 409, "not-yet")["detail"]


def test_an_option_for_another_school_waits_for_the_decision(officer: TestClient, store: Store, plan_id: str) -> None:
    """S2 is quoted for somebody who goes to S1: their record changes first."""
    quote = ask(officer, newcomer(store), school_ids=["S2"])
    assert "change their school first" in problem_of(accept(officer, quote), 409, "not-yet")["detail"]


def test_who_cannot_be_quoted(officer: TestClient, store: Store, plan_id: str) -> None:
    """Unknown; in the plan already; no plan for their school; days of their own."""

    def refused(status: int, name: str, **question: str) -> str:
        return str(problem_of(officer.post(f"{API}/quotes", json=question), status, name))

    refused(404, "not-found", passenger_id="P999")
    assert "is in plan" in refused(409, "not-yet", passenger_id="P2")
    assert "passenger_days" in refused(422, "faults", passenger_id="P1")
    refused(404, "not-found", passenger_id=newcomer(store), plan_id="PL0")
    with store.engine.begin() as connection:
        connection.execute(delete(Publication))
    assert "no plan is in force" in refused(409, "not-yet", passenger_id=newcomer(store))


def test_another_system_places_only_where_the_setting_lets_it(store: Store, settings: Settings, plan_id: str) -> None:
    """Refused by default, with the setting's name; let by it."""
    for may, status in ((False, 403), (True, 201)):
        app = create_app(settings.model_copy(update={"integrations_may_place": may}), store)
        system = with_key(app, Permission.QUOTES_ASK, Permission.PLACEMENTS_WRITE)
        answer = accept(system, ask(system, newcomer(store)))
        assert answer.status_code == status, answer.text
        assert may or "SCHOOLRUN_INTEGRATIONS_MAY_PLACE" in answer.json()["detail"]


def test_quotes_at_the_same_moment_are_what_they_are_alone(app: FastAPI, store: Store, plan_id: str) -> None:
    """Eight newcomers, asked for one by one and then forty times at once: the desk's scratch arrays are not shared."""
    assert plan_id
    officer = signed_in(app, Role.TRANSPORT_OFFICER)
    schools = ({"school_id": "S1"}, {"school_id": "S2", "gate_id": "north"})
    people = [newcomer(store, lat=f"52.50{n}", **schools[n % 2]) for n in range(8)]
    alone = {who: ask(officer, who)["options"] for who in people}
    wrong: list[str] = []

    def insist(who: str) -> None:
        client = signed_in(app, Role.TRANSPORT_OFFICER)
        wrong.extend(who for _ in range(5) if ask(client, who)["options"] != alone[who])

    threads = [threading.Thread(target=insist, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert wrong == []


def test_whoever_opens_a_desk_opens_it_for_all_who_ask(
    app: FastAPI, store: Store, plan_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six newcomers at their own school have a desk; asked for another school all at once, they need two more at most:
    one that the first opens, and one that the next opens for the five who wait."""
    assert plan_id
    people = [newcomer(store, lat=f"52.50{n}", school_id="S1") for n in range(6)]
    officer = signed_in(app, Role.TRANSPORT_OFFICER)
    for who in people:
        ask(officer, who)
    opened: list[int] = []
    open_one = OpenPlan._manned_for

    def counted(plan: OpenPlan, *given: Any) -> Any:
        opened.append(len(plan.expected))
        if len(opened) == 1:
            until = time.monotonic() + 60
            while len(plan.expected) < len(people) and time.monotonic() < until:
                time.sleep(0.001)
        return open_one(plan, *given)

    monkeypatch.setattr(OpenPlan, "_manned_for", counted)
    clients = [signed_in(app, Role.TRANSPORT_OFFICER) for _ in people]
    with ThreadPoolExecutor(len(people)) as pool:
        found = list(pool.map(lambda n: ask(clients[n], people[n], school_ids=["S1", "S2"]), range(len(people))))
    assert len(opened) <= 2
    assert all({option["school_id"] for option in quote["options"]} == {"S1", "S2"} for quote in found)


@SLOW_ON_POSTGRESQL
def test_two_accepted_quotes_never_share_a_seat(app: FastAPI, store: Store, plan_id: str) -> None:
    """Six newcomers quoted on one plan are accepted by six officers at the same moment: one gets the plan's next step,
    the others a fresh quote; with those they go on until all six sit, and no plan breaks a rule."""
    people = [signed_in(app, Role.TRANSPORT_OFFICER) for _ in range(6)]
    quotes = [ask(client, newcomer(store)) for client in people]
    ready = threading.Barrier(len(people))
    tries: list[list[int]] = [[] for _ in people]

    def insist(n: int) -> None:
        quote = quotes[n]
        ready.wait()
        while True:
            answer = accept(people[n], quote)
            tries[n].append(answer.status_code)
            if answer.status_code == 201:
                return
            quote = problem_of(answer, 409, "plan-changed")["fresh_quote"]

    threads = [threading.Thread(target=insist, args=(n,)) for n in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert [codes[-1:] for codes in tries] == [[201]] * 6
    assert sum(len(codes) for codes in tries) > 6
    with store.read() as session:
        steps = session.scalars(select(PlanStep)).all()
    assert len(steps) == len({step.plan_id_before for step in steps}) == 6
    (last,) = {step.plan_id_after for step in steps} - {step.plan_id_before for step in steps}
    assert people[0].get(f"{API}/plans/{last}").json()["n_hard"] == 0
    with store.read() as session:
        carried = [pid for r in read_routes(session, store.cipher, last).routes for pid in r.passenger_ids]
    assert {quote["passenger_id"] for quote in quotes} <= set(carried)
    assert len(carried) == len(set(carried))
