"""Who may do what: every endpoint asks, and for every role the answer is the table's."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.auth.permissions import ALLOWED, Permission, Role, permissions_of
from api.description.openapi import permissions_in, routes_of
from api.settings import Settings
from tests.api.clients import problem_of, signed_in, stranger, with_key
from tests.api.databases import sqlite_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """SQLite alone: who may do what does not depend on the database."""
    return sqlite_settings(tmp_path)


def operations_of(app: FastAPI) -> list[tuple[str, str, Permission]]:
    """Method, address and permission of every endpoint, with something in the place of ids."""
    return [
        (method, re.sub(r"\{[^}]*\}", "X1", route.path), permissions_in(route)[0])
        for route in routes_of(app)
        for method in sorted(route.methods)
    ]


def is_let_in(client: TestClient, method: str, path: str) -> bool:
    """Whether a request gets past the permission; what then becomes of an empty one does not matter here."""
    answer = client.request(method, path)
    assert answer.status_code < 500, (method, path, answer.text)
    return answer.status_code not in (401, 403)


def test_every_endpoint_asks_for_one_permission(app: FastAPI) -> None:
    """Neither none nor two; and none serves the same address twice."""
    routes = routes_of(app)
    assert len(routes) > 60
    assert {f"{sorted(r.methods)} {r.path}": permissions_in(r) for r in routes if len(permissions_in(r)) != 1} == {}
    addresses = [(method, route.path) for route in routes for method in route.methods]
    assert len(addresses) == len(set(addresses))


def test_the_table_speaks_of_every_permission() -> None:
    """And every permission is used by somebody; nobody has all of them."""
    assert set(ALLOWED) == set(Permission)
    assert all(ALLOWED.values())
    assert all(permissions_of(role) < frozenset(Permission) for role in Role)


def test_every_permission_but_two_opens_an_endpoint_or_a_field(app: FastAPI) -> None:
    """Medical notes are part of the details' endpoint."""
    used = {permission for *_, permission in operations_of(app)}
    assert set(Permission) - used == {Permission.MEDICAL_READ}


def test_only_transport_officers_see_medical_notes() -> None:
    """The issue's own sentence: procurement officers and viewers never do."""
    assert ALLOWED[Permission.MEDICAL_READ] == {Role.TRANSPORT_OFFICER}
    assert Permission.DETAILS_READ not in permissions_of(Role.PROCUREMENT_OFFICER)
    assert Permission.PASSENGERS_READ not in permissions_of(Role.ADMINISTRATOR)


@pytest.mark.parametrize("role", Role)
def test_every_role_at_every_endpoint(app: FastAPI, role: Role) -> None:
    """Let in exactly where the table says so; the last one signs out, so it comes last."""
    client = signed_in(app, role)
    operations = sorted(operations_of(app), key=lambda operation: operation[0] == "DELETE")
    wrong = [
        (method, path)
        for method, path, permission in operations
        if (method == "GET" or path not in ("/api/v1/session", "/sign-out", "/sign-in"))
        if is_let_in(client, method, path) != (role in ALLOWED[permission])
    ]
    assert wrong == []


def test_nobody_gets_past_what_is_not_public(app: FastAPI) -> None:
    """Without a session or key every other endpoint answers 401."""
    client = stranger(app)
    for method, path, permission in operations_of(app):
        status = client.request(method, path).status_code
        assert (status == 401) == (permission is not Permission.PUBLIC), (method, path, status)


@pytest.mark.parametrize("scope", [Permission.PASSENGERS_READ, Permission.AUDIT_READ])
def test_a_key_opens_its_scope_and_nothing_else(app: FastAPI, scope: Permission) -> None:
    """Two scopes alone, at every endpoint."""
    client = with_key(app, scope)
    open_to_all = {Permission.PUBLIC, Permission.SIGNED_IN}
    for method, path, permission in operations_of(app):
        if (method, path) != ("POST", "/api/v1/session"):
            assert is_let_in(client, method, path) == (permission in open_to_all | {scope}), (method, path)


def test_every_refusal_says_which_permission_is_missing(app: FastAPI) -> None:
    """So that the administrator knows what to give."""
    body = problem_of(with_key(app, Permission.CHANGES_READ).get("/api/v1/passengers"), 403, "not-allowed")
    assert body["detail"] == "needs the permission passengers.read"


def test_pairs_of_methods_are_not_open_by_accident(app: FastAPI) -> None:
    """A method that an address does not have is 405 or 401, never an answer."""
    client = stranger(app)
    known = {(method, path) for method, path, _ in operations_of(app)}
    paths = sorted({path for _, path in known})
    answers: dict[Any, int] = {
        (method, path): client.request(method, path).status_code
        for method, path in itertools.product(("PATCH", "TRACE"), paths)
    }
    assert set(answers.values()) == {405}
