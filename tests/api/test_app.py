"""What surrounds every request: headers, limits, problems, the description, and silence in the logs."""

from __future__ import annotations

import logging

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from api.auth.permissions import Permission
from api.description.openapi import openapi_of
from api.errors import PROBLEMS
from api.store.faults import StoreUnavailableError
from api.store.store import Store
from tests.api.clients import new_key, problem_of, stranger, with_key
from tests.api.lists import ROBIN, ROBIN_DETAILS, add_school


def test_every_answer_has_the_headers_for_browsers(app: FastAPI) -> None:
    """Also those that say no."""
    for path in ("/api/v1/health", "/api/v1/plans", "/nowhere"):
        headers = stranger(app).get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert "server" not in headers


def test_each_request_has_an_id_of_its_own(app: FastAPI) -> None:
    """Two requests, two ids; one that the caller brings is not taken."""
    client = stranger(app)
    ids = [client.get("/api/v1/health", headers={"X-Request-ID": "mine"}).headers["x-request-id"] for _ in range(2)]
    assert len({*ids, "mine"}) == 3


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_that_is_too_large_is_refused(app: FastAPI, officer: TestClient, is_announced: bool) -> None:
    """20 MB by default: by its announced length, or as it comes in pieces."""
    piece = b"x" * 1_000_001

    def pieces():
        for _ in range(20):
            yield piece

    content = piece * 20 if is_announced else pieces()
    headers = {**new_key(), "Content-Type": "text/csv"}
    problem_of(officer.post("/api/v1/passengers/bulk", content=content, headers=headers), 413, "too-large")


def test_what_is_not_there_is_a_problem_too(app: FastAPI) -> None:
    """404 and 405 come in the same form as every other fault."""
    client = stranger(app)
    problem_of(client.get("/api/v1/nothing"), 404, "not-found")
    problem_of(client.delete("/api/v1/health"), 405, "not-allowed-method")


def test_every_type_of_problem_leads_to_its_meaning(app: FastAPI) -> None:
    """The address in `type` answers with what to do."""
    client = stranger(app)
    for problem in PROBLEMS:
        body = client.get(f"/api/v1/problems/{problem.name}").json()
        assert (body["status"], body["title"]) == (problem.status, problem.title)
        assert body["what_to_do"]


def test_a_database_that_is_gone_is_a_503_with_a_time_to_wait(
    app: FastAPI, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said by the store in its own words, without the statement or its values."""

    def gone(*_: object, **__: object) -> None:
        raise OperationalError("SELECT secret", {"name": "Robin"}, Exception("disk I/O error"))

    monkeypatch.setattr(type(store.engine), "connect", gone)
    with pytest.raises(StoreUnavailableError, match=r"cannot be used now \(disk I/O\)"), store.read() as session:
        session.connection()
    answer = stranger(app).get("/api/v1/health")
    body = problem_of(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "Robin" not in str(body)
    assert "SELECT" not in str(body)


def test_a_character_that_a_database_does_not_take_is_a_fault(app: FastAPI, officer: TestClient) -> None:
    """NUL in a name, a value that is looked for, an address and a query: 422, 404 or 401, and never an error."""
    body = {"sign_in_name": "a\x00b", "password": "x"}
    assert stranger(app).post("/api/v1/session", json=body).status_code in (401, 422)
    look_up = {"field": "external_id", "source": "mo\x00saic", "value": "\x00"}
    assert officer.post("/api/v1/passengers/look-up", json=look_up).status_code in (200, 422)
    assert officer.get("/api/v1/passengers", params={"school_id": "S\x00"}).status_code in (200, 422)
    assert officer.get("/api/v1/plans/PL1/files/plan%00.json").status_code in (404, 422)


def test_an_error_that_nobody_foresaw_says_nothing_of_what_it_held(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the answer nor the log has its text; the log has its class and place, under the request's id."""

    def broken(_: object) -> None:
        raise KeyError("Robin Example")

    monkeypatch.setattr("api.endpoints.changes._change_of", broken)
    monkeypatch.setattr("api.endpoints.changes._lines", lambda *_, **__: [1])
    with caplog.at_level(logging.INFO):
        answer = with_key(app, Permission.CHANGES_READ).get("/api/v1/changes")
    body = problem_of(answer, 500, "internal")
    assert "Robin" not in str(body) + caplog.text
    assert f"request {body['request_id']}: KeyError at" in caplog.text


def test_no_child_in_the_logs(store: Store, officer: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """Made, read, searched and looked up, with faults too: neither our lines nor the libraries' hold any of it."""
    add_school(store)
    with caplog.at_level(logging.DEBUG):
        body = {"row": ROBIN, "details": ROBIN_DETAILS, "external_ids": {"mosaic": "XK-4477"}}
        made = officer.post("/api/v1/passengers", json=body, headers=new_key()).json()
        officer.post("/api/v1/passengers", json={**body, "row": {"phase": "B70 8SZ"}}, headers=new_key())
        officer.get(f"/api/v1/passengers/{made['id']}/details")
        officer.post("/api/v1/passengers/search", json={"part": "Robin"})
        officer.post("/api/v1/passengers/look-up", json={"field": "upn", "value": ROBIN_DETAILS["upn"]})
        officer.post("/api/v1/passengers", content=b'{"row": {"name": "Robin', headers=new_key())
    assert "POST /passengers 201" in caplog.text
    words = [*ROBIN_DETAILS.values(), "Robin", "XK-4477", "B66 3NX", "B70 8SZ"]
    assert [word for word in words if word in caplog.text] == []


def test_the_description_names_permission_headers_and_examples(app: FastAPI) -> None:
    """Every operation: its permission; where it must happen once, the key; where it changes, the version."""
    paths = openapi_of(app)["paths"]
    assert all("x-permission" in one for methods in paths.values() for one in methods.values())
    leave = paths["/api/v1/passengers/{passenger_id}/leave"]["post"]
    assert {"Idempotency-Key", "If-Match"} <= {p["name"] for p in leave["parameters"]}
    assert leave["x-permission"] == "passengers.write"
    assert "application/problem+json" in leave["responses"]["409"]["content"]


def test_every_body_in_the_description_has_an_example(app: FastAPI) -> None:
    """What the page for people shows under `Example` is never empty for an operation with a JSON body."""
    from api.description.page import _example_of

    schema = openapi_of(app)
    bodies = [
        (method, path, _example_of(schema, operation))
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(bodies) > 15
    assert [(method, path) for method, path, example in bodies if len(example) < 10] == []


def test_the_page_for_people_loads_nothing_from_elsewhere(app: FastAPI, officer: TestClient) -> None:
    """One style sheet of ours, no script."""
    page = officer.get("/api/v1/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/api/v1/passengers/{passenger_id}/leave" in page.text
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert stranger(app).get("/api/v1/docs.css").headers["content-type"].startswith("text/css")
    assert officer.get("/api/v1/openapi.json").json()["info"]["title"] == "schoolrun"
