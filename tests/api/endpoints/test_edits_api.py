"""Edits of Little Council's plan over HTTP, and two plans side by side: sentences, new times, pounds."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.settings import Settings
from api.store.plans import read_routes
from api.store.store import Store
from tests.api.clients import new_key, problem_of
from tests.api.databases import sqlite_settings
from tests.api.planned import put_lists, put_plan
from transport.plan import Plan

API = "/api/v1/plans"


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    """SQLite alone: an edit is worked out beside the database, and kept as placements are."""
    return sqlite_settings(tmp_path)


@pytest.fixture
def plan_id(store: Store) -> str:
    """P1 and P2 on R1 under contract L1, P3 on a minibus."""
    put_lists(store)
    return put_plan(store)


def preview(client: TestClient, plan_id: str, **edit: Any) -> Any:
    answer = client.post(f"{API}/{plan_id}/edits/preview", json=edit)
    assert answer.status_code == 200, answer.text
    return answer.json()


def keep(client: TestClient, plan_id: str, **edit: Any) -> Any:
    return client.post(f"{API}/{plan_id}/edits", json=edit, headers=new_key())


def routes(store: Store, plan_id: str) -> Plan:
    with store.read() as session:
        return read_routes(session, store.cipher, plan_id)


def route_id_of(plan: Plan, passenger_id: str) -> str:
    (found,) = [route.route_id for route in plan.routes if passenger_id in route.passenger_ids]
    return found


def test_a_passenger_is_moved(officer: TestClient, store: Store, plan_id: str) -> None:
    """P2 off R1 to the cheapest other place: kept, it is what the preview said, and compares to it in pence."""
    said = preview(officer, plan_id, kind="move_passenger", passenger_id="P2")
    assert said["can_be_kept"]
    done = keep(officer, plan_id, kind="move_passenger", passenger_id="P2").json()
    assert {name: value for name, value in done.items() if name != "plan"} == said
    after = routes(store, done["plan"]["plan_id"])
    (own,) = [change for change in said["changed"] if change["passenger_id"] == "P2"]
    assert (own["route_id_before"], own["route_id"]) == ("R1", route_id_of(after, "P2"))
    assert own["route_id"] != "R1"
    compared = officer.get(f"{API}/{done['plan']['plan_id']}/compare", params={"with": plan_id}).json()
    assert compared == {name: said[name] for name in compared}
    costs = [
        officer.get(f"{API}/{one}").json()["figures"]["cost_pence_per_week"]
        for one in (plan_id, done["plan"]["plan_id"])
    ]
    assert costs[1] - costs[0] == said["extra_pence_per_week"]


def test_where_nobody_can_be_moved_the_rule_is_told(officer: TestClient, store: Store, plan_id: str) -> None:
    """P3 travels in a wheelchair; R1 is a taxi. P1 and P3 may never travel together."""
    fleet = route_id_of(routes(store, plan_id), "P3")
    for passenger_id, route_id in (("P3", "R1"), ("P1", fleet)):
        answer = officer.post(
            f"{API}/{plan_id}/edits/preview",
            json={"kind": "move_passenger", "passenger_id": passenger_id, "route_id": route_id},
        )
        assert passenger_id in problem_of(answer, 409, "not-yet")["detail"]


def test_stops_are_reordered(officer: TestClient, store: Store, plan_id: str) -> None:
    """R1's afternoon the other way round: later for the one, earlier for the other; twice reversed it is as it was."""
    (before,) = [route for route in routes(store, plan_id).routes if route.route_id == "R1"]
    assert before.pm is not None
    order = list(before.pm.passenger_ids)
    assert sorted(order) == ["P1", "P2"]
    edit = {"kind": "reorder_stops", "route_id": "R1", "leg": "PM"}
    said = preview(officer, plan_id, **edit, passenger_ids=order[::-1])
    assert {change["passenger_id"] for change in said["changed"]} == {"P1", "P2"}
    assert all(
        time["at_s"] != time["at_s_before"] and time["leg"] == "PM" for c in said["changed"] for time in c["times"]
    )
    same = preview(officer, plan_id, **edit, passenger_ids=order)
    assert (same["changed"], same["extra_pence_per_week"]) == ([], 0)
    answer = officer.post(f"{API}/{plan_id}/edits/preview", json={**edit, "passenger_ids": ["P1", "P1"]})
    assert "must be these, each once: P1, P2" in str(problem_of(answer, 422, "faults"))
    if said["can_be_kept"]:
        kept = keep(officer, plan_id, **edit, passenger_ids=order[::-1])
        assert kept.status_code == 201, kept.text
        (after,) = [r for r in routes(store, kept.json()["plan"]["plan_id"]).routes if r.route_id == "R1"]
        assert after.pm is not None
        assert list(after.pm.passenger_ids) == order[::-1]


def test_another_vehicle_and_layout(officer: TestClient, store: Store, plan_id: str) -> None:
    """P3's route bought as a minibus; as a taxi it breaks rules, which are named, and is not kept."""
    fleet = route_id_of(routes(store, plan_id), "P3")
    bought = preview(officer, plan_id, kind="change_vehicle", route_id=fleet, class_id="minibus")
    done = keep(officer, plan_id, kind="change_vehicle", route_id=fleet, class_id="minibus")
    assert done.status_code == (201 if bought["can_be_kept"] else 409), done.text
    taxi = preview(officer, plan_id, kind="change_vehicle", route_id=fleet, class_id="taxi")
    assert not taxi["can_be_kept"]
    sentences = [violation["sentence"] for violation in taxi["violations"] if violation["is_new"]]
    assert any("wheelchair" in sentence for sentence in sentences)
    problem_of(keep(officer, plan_id, kind="change_vehicle", route_id=fleet, class_id="taxi"), 409, "not-yet")


def test_a_layout_that_does_not_hold_them(officer: TestClient, store: Store, plan_id: str) -> None:
    """16+0 has no place for a wheelchair: said, and not kept; 12+2 is as it was; 3+1 is none of the class."""
    edit = {"kind": "change_layout", "route_id": route_id_of(routes(store, plan_id), "P3")}
    assert not preview(officer, plan_id, **edit, n_seats=16, n_wheelchairs=0)["can_be_kept"]
    assert preview(officer, plan_id, **edit, n_seats=12, n_wheelchairs=2)["extra_pence_per_week"] == 0
    answer = officer.post(f"{API}/{plan_id}/edits/preview", json={**edit, "n_seats": 3, "n_wheelchairs": 1})
    assert "must be a layout of minibus: 16+0, 12+2" in str(problem_of(answer, 422, "faults"))


def test_a_passenger_is_pinned(officer: TestClient, store: Store, plan_id: str) -> None:
    """P1 to R1, where they are today: nothing changes but the lists. P2 to R2, where they are not: refused."""
    done = keep(officer, plan_id, kind="pin", passenger_id="P1", route_id="R1")
    assert done.status_code == 201, done.text
    assert (done.json()["changed"], done.json()["extra_pence_per_week"]) == ([], 0)
    lists = officer.get(f"{API}/{done.json()['plan']['plan_id']}/files/scenario/passengers.csv").text
    assert next(line for line in lists.splitlines() if line.startswith("P1,")).endswith(",R1")
    edit = {"kind": "pin", "passenger_id": "P2", "route_id": "R2"}
    answer = officer.post(f"{API}/{plan_id}/edits/preview", json=edit)
    assert "not on this route in current_routes" in str(problem_of(answer, 422, "faults"))


def test_one_plan_grows_out_of_each(officer: TestClient, store: Store, plan_id: str) -> None:
    """Two edits of one plan: the second is told which plan stands now."""
    first = keep(officer, plan_id, kind="pin", passenger_id="P1", route_id="R1").json()["plan"]["plan_id"]
    problem = problem_of(keep(officer, plan_id, kind="pin", passenger_id="P2", route_id="R1"), 409, "plan-changed")
    assert first in problem["detail"]


def test_what_is_not_there_is_named(officer: TestClient, plan_id: str) -> None:
    """Passenger, route, leg, class, vehicle; a route under a contract keeps its vehicle."""

    def refused(status: int, name: str, **edit: Any) -> str:
        return str(problem_of(officer.post(f"{API}/{plan_id}/edits/preview", json=edit), status, name))

    assert "passenger_id" in refused(422, "faults", kind="move_passenger", passenger_id="P9")
    assert "route_id" in refused(422, "faults", kind="move_passenger", passenger_id="P1", route_id="R9")
    assert "passenger_id" in refused(422, "faults", kind="take_out")
    assert "must be a leg" in refused(422, "faults", kind="reorder_stops", route_id="R1")
    assert "under a contract" in refused(409, "not-yet", kind="change_vehicle", route_id="R1", class_id="minibus")
    refused(422, "faults", kind="fly")
    problem_of(officer.get(f"{API}/{plan_id}/compare", params={"with": "PL9"}), 404, "not-found")
