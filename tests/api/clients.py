"""Clients of the application for tests: people with a session, other systems with a key."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.audit import Caller
from api.auth.api_keys import add_api_key
from api.auth.passwords import hash_of
from api.auth.permissions import Permission, Role
from api.store.models import Account
from api.store.store import Store

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)
_SETTING_UP = Caller(name="test")


@cache
def password_hash() -> str:
    """Hash of the password, made once: each takes a fifth of a second."""
    return hash_of(PASSWORD)


def new_key() -> dict[str, str]:
    """Header with a new idempotency key."""
    return {"Idempotency-Key": f"test-key-{next(_numbers):06d}"}


def seen(version: int) -> dict[str, str]:
    """Header that says which version was seen."""
    return {"If-Match": f'"{version}"'}


def stranger(app: FastAPI) -> TestClient:
    """Somebody who is not signed in."""
    return TestClient(app, base_url="https://testserver", raise_server_exceptions=False)


def account(store: Store, role: Role) -> str:
    """A new account with the password above; gives its name."""
    name = f"{role.value}.{next(_numbers)}"
    with store.change(_SETTING_UP) as work:
        work.session.add(
            Account(
                account_id=f"A{next(_numbers)}", sign_in_name=name, role=role.value, password_hash=password_hash(),
                is_active=True, created_at=work.now,
            )
        )  # fmt: skip
    return name


def signed_in(app: FastAPI, role: Role, name: str | None = None) -> TestClient:
    """A person of a role, signed in as a browser would be, with the token that a page would send."""
    client = stranger(app)
    name = name or account(app.state.store, role)
    answer = client.post("/api/v1/session", json={"sign_in_name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return client


def with_key(app: FastAPI, *scopes: Permission, days: int = 30) -> TestClient:
    """Another system with a key of these scopes."""
    with app.state.store.change(_SETTING_UP) as work:
        key = add_api_key(work, f"system {next(_numbers)}", [scope.value for scope in scopes], days)
    client = stranger(app)
    client.headers["Authorization"] = f"Bearer {key}"
    return client


def problem_of(answer: Any, status: int, name: str) -> Mapping[str, Any]:
    """Body of an answer that must be this problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: Mapping[str, Any] = answer.json()
    assert body["type"] == f"/api/v1/problems/{name}"
    assert body["request_id"] == answer.headers["x-request-id"]
    return body
