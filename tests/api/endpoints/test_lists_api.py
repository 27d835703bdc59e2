"""The other lists over HTTP, and what other systems are told of changes."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.auth.permissions import Permission, Role
from api.store.kinds import KINDS
from api.store.passengers import PASSENGER
from api.store.store import Store
from tests.api.clients import new_key, problem_of, seen, signed_in, with_key
from tests.api.lists import MEADOWS, ROBIN, ROBIN_DETAILS, add, add_passenger, add_school

NEW = {"If-None-Match": "*"}
BODIES: dict[str, dict[str, Any]] = {
    "council": {"scenario": [{"setting": "name", "value": "Test"}], "calendar": [], "policy": []},
    "school": {"row": MEADOWS},
    "never_together": {"row": {"passenger_id_1": "P1", "passenger_id_2": "P2"}},
    "keep_together": {"keep_together": [{"passenger_id": "P1"}, {"passenger_id": "P2"}]},
    "vehicle_class": {"row": {"layouts": "4+0"}},
    "depot": {"row": {"postcode": "B66 3NX"}},
    "fleet_vehicle": {
        "row": {"class_id": "X1", "depot_id": "X1", "am_from": "07:00", "am_to": "10:00", "pm_from": "14:00",
                "pm_to": "17:30"}
    },
    "operator": {"row": {"name": "Anyborough Cars"}, "operator_vehicles": [{"class_id": "X1", "n_vehicles": 3}]},
    "contract": {
        "row": {"operator_id": "X1", "day_rate_pence": 14500, "pa_day_rate_pence": 6000,
                "variation_mile_rate_pence": 150, "starts_on": "2025-09-01", "ends_on": "2027-07-31"}
    },
    "assistant": {"row": {"postcode": "B66 3NX"}},
    "street_rule": {"row": {"kind": "no_entry", "way_id": 23456789}},
}  # fmt: skip


def put(client: TestClient, kind_path: str, record_id: str, body: Any, headers: dict[str, str]) -> Any:
    return client.put(f"/api/v1/{kind_path}/{record_id}", json=body, headers=headers)


def test_every_kind_is_made_read_changed_and_remembered(officer: TestClient, store: Store) -> None:
    """In an order in which what one names is there: version 1, then 2; history of both; one on the list."""
    add_school(store, "S01")
    for passenger_id in ("P1", "P2"):
        add(store, "passenger", passenger_id, ROBIN)
    for kind in KINDS:
        if kind is PASSENGER:
            continue
        record_id = kind.only_id or "X1"
        made = put(officer, kind.path, record_id, BODIES[kind.name], NEW)
        assert made.status_code == 200, (kind.name, made.text)
        assert made.headers["etag"] == '"1"'
        problem_of(put(officer, kind.path, record_id, BODIES[kind.name], NEW), 409, "already-there")
        changed = put(officer, kind.path, record_id, {**BODIES[kind.name], "ends_on": "2027-07-20"}, seen(1))
        assert (changed.json()["version"], changed.json()["ends_on"]) == (2, "2027-07-20")
        address = f"/api/v1/{kind.path}"
        assert officer.get(f"{address}/{record_id}").json() == changed.json()
        assert [one["version"] for one in officer.get(f"{address}/{record_id}/history").json()] == [1, 2]
        assert record_id in [one["id"] for one in officer.get(address).json()["records"]]


def test_faults_and_what_is_not_there(officer: TestClient) -> None:
    """All faults of a body at once; an id that is not there; a reference that leads nowhere."""
    body = {"row": {"name": "x", "start_time": "25:00", "colour": "red"}, "gates": [{"gate_id": "a b"}]}
    faults = problem_of(put(officer, "schools", "S01", body, NEW), 422, "faults")["faults"]
    assert {f["column"] for f in faults} == {"start_time", "finish_time", "colour", "gate_id"}
    problem_of(officer.get("/api/v1/schools/S01"), 404, "not-found")
    problem_of(officer.get("/api/v1/schools/S01/history"), 404, "not-found")
    problem_of(put(officer, "contracts", "L1", BODIES["contract"], NEW), 422, "faults")
    problem_of(put(officer, "schools", "S01", {"row": MEADOWS}, seen(4)), 409, "stale")


def test_changes_are_told_in_order_and_once(app: FastAPI, officer: TestClient) -> None:
    """Made, changed, left: three pages of one; fields by name; reading is no change."""
    put(officer, "schools", "S01", {"row": MEADOWS}, NEW)
    body = {"row": ROBIN, "details": {"given_name": "Robin"}}
    passenger_id = officer.post("/api/v1/passengers", json=body, headers=new_key()).json()["id"]
    officer.get(f"/api/v1/passengers/{passenger_id}/details")
    officer.post(
        f"/api/v1/passengers/{passenger_id}/leave", json={"last_day": "2026-12-18"}, headers={**new_key(), **seen(1)}
    )
    system = with_key(app, Permission.CHANGES_READ)
    told: list[dict[str, Any]] = []
    cursor, more = 0, True
    while more:
        page = system.get("/api/v1/changes", params={"since": cursor, "limit": 1}).json()
        assert len(page["changes"]) == 1
        told += page["changes"]
        cursor, more = page["next"], page["more"]
    assert [(c["kind"], c["action"], c["version"]) for c in told] == [
        ("school", "create", 1), ("passenger", "create", 1), ("passenger", "update", 2),
    ]  # fmt: skip
    assert "details.given_name" in told[1]["fields"]
    assert told[2]["fields"] == ["ends_on"]
    assert system.get("/api/v1/changes", params={"since": cursor}).json() == {
        "changes": [], "next": cursor, "more": False,
    }  # fmt: skip
    put(officer, "schools", "S01", {"row": {**MEADOWS, "name": "The Brook"}}, seen(1))
    (change,) = system.get("/api/v1/changes", params={"since": cursor}).json()["changes"]
    assert (change["kind"], change["fields"]) == ("school", ["row.name"])


def test_changes_hold_nothing_personal(app: FastAPI, store: Store) -> None:
    """Names of fields, never what stands in them."""
    add_school(store)
    add_passenger(store, row={"postcode": "B70 8SZ"}, details=ROBIN_DETAILS, external_ids={"mosaic": "XK-4477"})
    found = with_key(app, Permission.CHANGES_READ).get("/api/v1/changes").text
    assert [word for word in (*ROBIN_DETAILS.values(), "B70 8SZ", "XK-4477") if word in found] == []


def test_the_log_says_who_and_why(app: FastAPI, officer: TestClient) -> None:
    """With the reason that was sent along and the request's id; the administrator reads it."""
    made = put(officer, "schools", "S01", {"row": MEADOWS}, {**NEW, "X-Reason": "opened in May"})
    lines = signed_in(app, Role.ADMINISTRATOR).get("/api/v1/audit-events").json()
    (line,) = [one for one in lines if one["kind"] == "school"]
    assert (line["action"], line["why"], line["request_id"]) == (
        "create", "opened in May", made.headers["x-request-id"],
    )  # fmt: skip
    assert line["actor"].startswith("account/")


@pytest.mark.parametrize("path", ["assistants", "keep-together", "never-together"])
def test_reading_people_is_logged(app: FastAPI, officer: TestClient, path: str) -> None:
    """PAs' homes, and who may not travel with whom."""
    officer.get(f"/api/v1/{path}")
    lines = signed_in(app, Role.ADMINISTRATOR).get("/api/v1/audit-events").json()
    assert (path.replace("-", "_").removesuffix("s"), "read") in [(one["kind"], one["action"]) for one in lines]
