"""Accounts, sessions, keys, the throttle, and what a browser must send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher, Type
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text, update

from api.app import create_app
from api.auth import accounts
from api.auth.accounts import account_of, add_account, set_active, set_password, set_role
from api.auth.api_keys import add_api_key, revoke_api_key
from api.auth.passwords import is_right, password_faults
from api.auth.permissions import Permission, Role
from api.settings import Settings
from api.store.faults import AlreadyThereError, StoreRefusedError
from api.store.models import ApiKey, SignInSession
from api.store.store import Store
from tests.api.clients import PASSWORD, account, problem_of, signed_in, stranger, with_key
from tests.api.lists import OFFICER
from transport.files.faults import InputFaults


def sign_in(app: FastAPI, name: str, password: str = PASSWORD) -> int:
    return stranger(app).post("/api/v1/session", json={"sign_in_name": name, "password": password}).status_code


def test_a_session_is_a_cookie_that_scripts_cannot_read(app: FastAPI) -> None:
    """Bound to the host, to HTTPS, and not sent along from other sites."""
    name = account(app.state.store, Role.VIEWER)
    answer = stranger(app).post("/api/v1/session", json={"sign_in_name": name.upper(), "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-schoolrun=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert answer.json()["role"] == "viewer"


def test_the_database_holds_no_token_and_no_password(app: FastAPI, store: Store) -> None:
    """Only hashes of the session's token and of a key's secret, and argon2id of the password."""
    client = signed_in(app, Role.VIEWER)
    key = with_key(app, Permission.PLANS_READ).headers["Authorization"].split("_", 2)[2]
    token = client.cookies["__Host-schoolrun"]
    with store.read() as session:
        found = [
            session.execute(text(f"SELECT * FROM {name}")).all() for name in ("sign_in_session", "api_key", "account")
        ]
    assert token not in repr(found)
    assert key not in repr(found)
    assert "$argon2id$" in repr(found)


def test_a_session_ends_when_it_signs_out(app: FastAPI) -> None:
    """The cookie is worth nothing afterwards, even if somebody kept it."""
    client = signed_in(app, Role.VIEWER)
    token = client.cookies["__Host-schoolrun"]
    assert client.get("/api/v1/session").json()["role"] == "viewer"
    assert client.delete("/api/v1/session").status_code == 204
    late = stranger(app)
    late.cookies.set("__Host-schoolrun", token)
    problem_of(late.get("/api/v1/session"), 401, "not-signed-in")


@pytest.mark.parametrize("ends", ["closed", "password", "idle", "old"])
def test_a_session_ends_at_once(app: FastAPI, store: Store, ends: str) -> None:
    """When its account is closed or gets another password; after 30 minutes without use, and after 12 hours."""
    name = account(store, Role.VIEWER)
    client = signed_in(app, Role.VIEWER, name)
    now = datetime.now(UTC)
    with store.change(OFFICER) as work:
        if ends == "closed":
            set_active(work, name, is_active=False)
        elif ends == "password":
            set_password(work, name, "another horse battery")
        elif ends == "idle":
            work.session.execute(update(SignInSession).values(last_used_at=now - timedelta(minutes=31)))
        else:
            work.session.execute(update(SignInSession).values(created_at=now - timedelta(hours=12, minutes=1)))
    problem_of(client.get("/api/v1/plans"), 401, "not-signed-in")


def test_a_session_in_use_goes_on(app: FastAPI, store: Store) -> None:
    """A request after 29 minutes counts as use: the moment is moved on."""
    client = signed_in(app, Role.VIEWER)
    before = datetime.now(UTC) - timedelta(minutes=29)
    with store.change(OFFICER) as work:
        work.session.execute(update(SignInSession).values(last_used_at=before))
    assert client.get("/api/v1/plans").status_code == 200
    with store.read() as session:
        (row,) = session.query(SignInSession).all()
        assert row.last_used_at > before + timedelta(minutes=28)


def test_a_new_role_holds_from_the_next_request_on(app: FastAPI, store: Store) -> None:
    """A viewer becomes administrator: no plans any more, but the log."""
    name = account(store, Role.VIEWER)
    client = signed_in(app, Role.VIEWER, name)
    assert client.get("/api/v1/audit-events").status_code == 403
    with store.change(OFFICER) as work:
        set_role(work, name, Role.ADMINISTRATOR)
    assert client.get("/api/v1/audit-events").status_code == 200
    assert client.get("/api/v1/plans").status_code == 403


@pytest.mark.parametrize("ends", ["revoked", "expired", "another secret"])
def test_a_key_ends_at_once(app: FastAPI, store: Store, ends: str) -> None:
    """When it is revoked or its time is over; and a key with another secret never was one."""
    with store.change(OFFICER) as work:
        key = add_api_key(work, "mosaic", ["plans.read"], 30)
    client = stranger(app)
    client.headers["Authorization"] = f"Bearer {key}"
    assert client.get("/api/v1/plans").status_code == 200
    with store.change(OFFICER) as work:
        if ends == "revoked":
            revoke_api_key(work, "mosaic")
        elif ends == "expired":
            work.session.execute(update(ApiKey).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        else:
            client.headers["Authorization"] = f"Bearer {key[:-1]}{'A' if key[-1] != 'A' else 'B'}"
    problem_of(client.get("/api/v1/plans"), 401, "not-signed-in")


def test_a_key_with_a_wrong_scope_or_end_is_refused(store: Store) -> None:
    """All three faults at once."""
    with pytest.raises(InputFaults) as refused, store.change(OFFICER) as work:
        add_api_key(work, "", ["everything"], 4000)
    assert [fault.column for fault in refused.value.faults] == ["name", "scopes", "days"]


def test_ten_wrong_guesses_close_the_door_for_five_minutes(app: FastAPI, store: Store) -> None:
    """The eleventh is not looked at, right or not; another name may still sign in, and time opens the door again."""
    name, other = account(store, Role.VIEWER), account(store, Role.VIEWER)
    assert [sign_in(app, name, "wrong") for _ in range(10)] == [401] * 10
    answer = stranger(app).post("/api/v1/session", json={"sign_in_name": name, "password": PASSWORD})
    problem_of(answer, 429, "too-many-attempts")
    assert 1 <= int(answer.headers["retry-after"]) <= 300
    assert sign_in(app, other) == 200
    with store.change(OFFICER) as work:
        earlier = datetime.now(UTC) - accounts.WINDOW
        work.session.execute(text("UPDATE sign_in_attempt SET at = :at"), {"at": _stored(store, earlier)})
    assert sign_in(app, name) == 200


def _stored(store: Store, moment: datetime) -> datetime | str:
    return str(moment.replace(tzinfo=None)) if store.engine.dialect.name == "sqlite" else moment


def test_who_signs_in_rightly_is_not_counted(app: FastAPI, store: Store) -> None:
    """Twelve times in a row."""
    name = account(store, Role.VIEWER)
    assert [sign_in(app, name) for _ in range(12)] == [200] * 12


def test_a_wrong_name_and_a_wrong_password_sound_alike(app: FastAPI, store: Store) -> None:
    """Nobody learns which names there are."""
    name = account(store, Role.VIEWER)
    answers = [
        stranger(app).post("/api/v1/session", json={"sign_in_name": one, "password": "wrong"}).json()
        for one in (name, "nobody")
    ]
    assert answers[0]["detail"] == answers[1]["detail"]
    assert is_right("anything", None) is False


def test_a_change_needs_the_sessions_token(app: FastAPI) -> None:
    """A page of another site can send the cookie, but not the token; reading needs none."""
    client = signed_in(app, Role.TRANSPORT_OFFICER)
    token = client.headers.pop("X-CSRF-Token")
    path = "/api/v1/plans/PL1/evidence"
    assert client.get("/api/v1/plans").status_code == 200
    problem_of(client.put(path), 403, "not-allowed")
    wrong = {"X-CSRF-Token": token[:-1].encode() + "é".encode()}
    problem_of(client.put(path, headers=wrong), 403, "not-allowed")
    assert client.put(path, headers={"X-CSRF-Token": token}).status_code == 422


@pytest.mark.parametrize(
    "header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_change_from_another_site_is_refused(app: FastAPI, header: dict[str, str]) -> None:
    """Even with the token; signing in too."""
    client = signed_in(app, Role.TRANSPORT_OFFICER)
    problem_of(client.put("/api/v1/plans/PL1/evidence", headers=header), 403, "not-allowed")
    body = {"sign_in_name": "x", "password": "y"}
    problem_of(stranger(app).post("/api/v1/session", json=body, headers=header), 403, "not-allowed")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "must have 12 to 200 characters"),
        ("passwordpassword", "must not be made of common words"),
        ("a.officer-a.officer", "must not be made of common words"),
        ("aaaaaaaaaaaaaa", "must not be made of common words"),
        ("Schoolrun-123456", "must not be made of common words"),
    ],
)  # fmt: skip
def test_a_weak_password_is_refused(password: str, fault: str) -> None:
    """Too short, a common word twice, one's own name, one letter."""
    assert any(fault in found for found in password_faults(password, "a.officer"))


def test_hashes_are_argon2id_with_the_parameters_of_rfc_9106(real_hasher: Callable[[], PasswordHasher]) -> None:
    """64 MiB, 3 passes, 4 lanes: the tests' own cheap hashes hide nothing."""
    hasher = real_hasher()
    assert (hasher.type, hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (Type.ID, 65_536, 3, 4)


def test_a_good_password_is_taken(store: Store) -> None:
    """And the name only once, in whatever capitals."""
    assert password_faults(PASSWORD, "a.officer") == []
    with store.change(OFFICER) as work:
        add_account(work, "A.Officer", Role.VIEWER, PASSWORD)
    with pytest.raises(AlreadyThereError), store.change(OFFICER) as work:
        add_account(work, "a.officer", Role.VIEWER, PASSWORD)
    with pytest.raises(InputFaults, match="sign_in_name"), store.change(OFFICER) as work:
        add_account(work, "a officer", Role.VIEWER, PASSWORD)
    with store.read() as session:
        assert is_right(PASSWORD, account_of(session, "a.officer").password_hash)


def test_plain_http_is_for_the_machine_itself(settings: Settings, store: Store) -> None:
    """Elsewhere it is refused; there the cookie has another name and is not bound to HTTPS."""
    with pytest.raises(StoreRefusedError, match="must be false unless host is"):
        create_app(settings.model_copy(update={"plain_http": True, "host": "0.0.0.0"}), store)
    app = create_app(settings.model_copy(update={"plain_http": True}), store)
    client = TestClient(app, base_url="http://127.0.0.1")
    body = {"sign_in_name": account(store, Role.VIEWER), "password": PASSWORD}
    answer = client.post("/api/v1/session", json=body)
    assert answer.headers["set-cookie"].startswith("schoolrun=")
    assert "Secure" not in answer.headers["set-cookie"]
    assert "strict-transport-security" not in answer.headers
    assert client.get("/api/v1/session").status_code == 200
