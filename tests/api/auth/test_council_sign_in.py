"""Sign-in at the council's own identity provider: a real one, over HTTP, with a browser's cookies."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import identity_provider as providers
from api.auth.accounts import list_accounts, set_active, set_password, set_role, sign_in
from api.auth.faults import NotSignedInError
from api.auth.identity_provider import DONE_PATH, provider_of
from api.auth.permissions import Role
from api.settings import Settings
from api.store.faults import NotAllowedYetError, StoreRefusedError
from api.store.models import Account
from api.store.store import Store, open_store
from tests.api.clients import account, stranger
from tests.api.lists import OFFICER, add_passenger, add_school
from tests.api.provider import CLIENT_ID, PUBLIC_URL, SECRET, Provider, identity_provider
from tests.api.test_canaries import MARK, N_CHILDREN, marked_details

ROLES = "SEN-Transport=transport_officer; SEN-Buyers=procurement_officer; SEN-Readers=viewer"


@pytest.fixture(scope="module")
def council() -> Iterator[Provider]:
    """The council's provider: Amina plans, Ben buys, Cara does both, Dev nothing of ours."""
    with identity_provider(f"{PUBLIC_URL}{DONE_PATH}") as provider:
        provider.group("SEN-Transport", "amina", "cara")
        provider.group("SEN-Buyers", "ben", "cara")
        provider.group("Parks", "dev")
        yield provider


@pytest.fixture
def settings(settings: Settings, council: Provider, tmp_path: Path) -> Settings:
    """The installation, with that provider."""
    secret_file = tmp_path / "oidc.secret"
    secret_file.write_text(f"{SECRET}\n", encoding="utf-8")
    secret_file.chmod(0o600)
    return settings.model_copy(
        update={"public_url": PUBLIC_URL, "oidc_issuer": council.issuer, "oidc_client_id": CLIENT_ID,
                "oidc_client_secret_file": secret_file, "oidc_scopes": "openid profile groups",
                "oidc_role_claim": "groups", "oidc_roles": ROLES}
    )  # fmt: skip


def back_from(council: Provider, client: TestClient, name: str, wanted: str = "/") -> str:
    """Begin, sign in there as somebody, and give the address that the browser is sent back to."""
    council.signed_in[:] = [name]
    begun = client.get("/sign-in/council", params={"next": wanted}, follow_redirects=False)
    assert begun.status_code == 303, begun.text
    return council.follow(begun.headers["location"])


def come_in(council: Provider, app: FastAPI, name: str, wanted: str = "/") -> tuple[TestClient, Any]:
    client = stranger(app)
    return client, client.get(back_from(council, client, name, wanted), follow_redirects=False)


def who(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/session").json()
    return found


def accounts_of(store: Store) -> dict[str, tuple[str, str | None]]:
    with store.read() as session:
        return {found.sign_in_name: (found.role, found.password_hash) for found in list_accounts(session)}


def test_an_officer_comes_in_and_lands_where_they_wanted(council: Provider, app: FastAPI, store: Store) -> None:
    """With the role of their group, a session like any other's, and no password here; again: the same account."""
    client, answer = come_in(council, app, "amina", "/plans")
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans")
    cookies = answer.headers.get_list("set-cookie")
    assert cookies[0].startswith("__Host-schoolrun=")
    assert all(word in cookies[0] for word in ("HttpOnly", "Secure", "SameSite=lax"))
    assert cookies[1].startswith('__Host-schoolrun-council="";')
    assert who(client)["role"] == "transport_officer"
    assert client.get("/plans").status_code == 200
    again, _ = come_in(council, app, "amina")
    assert who(again)["name"] == who(client)["name"]
    assert accounts_of(store) == {"amina": ("transport_officer", None)}


def test_the_sign_in_page_offers_it(app: FastAPI, store: Store, settings: Settings) -> None:
    """Where it is set up; else neither the button nor the address is there."""
    assert 'href="/sign-in/council?next=/"' in stranger(app).get("/sign-in").text
    without = create_app(settings.model_copy(update={"oidc_issuer": None}), store)
    assert "/sign-in/council" not in stranger(without).get("/sign-in").text
    assert [stranger(without).get(path).status_code for path in ("/sign-in/council", DONE_PATH)] == [404, 404]


def test_no_child_goes_to_the_provider(
    council: Provider, app: FastAPI, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Fifty marked children here, and a mark in the address that somebody wants to land on: it is in no address at the
    provider, no cookie, no log and no refusal, whether they come in or not."""
    caplog.set_level(logging.DEBUG)
    add_school(store)
    for n in range(N_CHILDREN):
        add_passenger(store, **marked_details(n))
    said = []
    for name in ("amina", "dev"):
        client = stranger(app)
        council.signed_in[:] = [name]
        begun = client.get("/sign-in/council", params={"next": f"/passengers/{MARK}"}, follow_redirects=False)
        back = council.follow(begun.headers["location"])
        ended = client.get(back, follow_redirects=False)
        kept = [cookie for answer in (begun, ended) for cookie in answer.headers.get_list("set-cookie")]
        said += [begun.headers["location"], back, *kept, ended.text]
    assert [text for text in said if MARK in text] == []
    # The client of the test tells the addresses that it asks for itself, ours among them.
    assert [r for r in caplog.records if MARK in r.getMessage() and not r.name.startswith("httpx")] == []


@pytest.mark.parametrize(("name", "reason"), [("dev", "no role here"), ("cara", "more than one role here")])
def test_who_has_not_one_role_stays_outside(
    council: Provider, app: FastAPI, store: Store, name: str, reason: str
) -> None:
    """Nobody is let in because the provider knows them, and two roles are not chosen between; no account is made."""
    client, answer = come_in(council, app, name)
    assert answer.status_code == 403
    assert f"The identity provider gives you {reason}" in answer.text
    assert client.get("/plans").status_code == 401
    assert accounts_of(store) == {}


def test_the_request_has_state_nonce_and_a_challenge(council: Provider, app: FastAPI) -> None:
    """New ones each time; the verifier stays with us, sealed."""
    client = stranger(app)
    asked = []
    for _ in range(2):
        answer = client.get("/sign-in/council", follow_redirects=False)
        asked.append(parse_qs(urlsplit(answer.headers["location"]).query))
        assert "verifier" not in answer.headers["set-cookie"]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert all(asked[0][name] != asked[1][name] for name in ("state", "nonce", "code_challenge"))
    assert asked[0]["redirect_uri"] == [f"{PUBLIC_URL}{DONE_PATH}"]


def test_an_answer_for_another_browser_is_refused(council: Provider, app: FastAPI) -> None:
    """A link that would sign somebody in as somebody else: their browser never began, or began another."""
    link = back_from(council, stranger(app), "amina")
    never = stranger(app)
    assert never.get(link).status_code == 422
    other = stranger(app)
    back_from(council, other, "ben")
    assert other.get(link).status_code == 422
    assert [client.get("/plans").status_code for client in (never, other)] == [401, 401]


def test_an_answer_is_good_once_and_not_for_long(
    council: Provider, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is worth nothing a second time, even with the cookie; eleven minutes later neither."""
    client = stranger(app)
    link = back_from(council, client, "amina")
    cookie = client.cookies["__Host-schoolrun-council"]
    assert client.get(link, follow_redirects=False).status_code == 303
    thief = stranger(app)
    thief.cookies.set("__Host-schoolrun-council", cookie, domain="testserver.local")
    assert thief.get(link, follow_redirects=False).status_code == 422
    late = stranger(app)
    link = back_from(council, late, "amina")
    now = providers.time.time()
    monkeypatch.setattr(providers.time, "time", lambda: now + providers.BEGUN_S + 1)
    assert late.get(link, follow_redirects=False).status_code == 422


@pytest.mark.parametrize(
    ("name", "value"), [("nonce", "another"), ("verifier", "v" * 60), ("state", "another")]
)  # fmt: skip
def test_what_was_kept_must_fit(council: Provider, app: FastAPI, name: str, value: str) -> None:
    """Another nonce: the token was made for another sign-in. Another verifier: the provider itself refuses the code."""
    provider = app.state.identity_provider
    council.signed_in[:] = ["amina"]
    begun = provider.begin("/")
    answer = {k: v[0] for k, v in parse_qs(urlsplit(council.follow(begun.address)).query).items()}
    kept = json.dumps({**json.loads(begun.kept), name: value})
    with pytest.raises(NotSignedInError):
        provider.finish(kept, answer)


def test_an_answer_of_another_provider_is_refused(council: Provider, app: FastAPI) -> None:
    """RFC 9207: it says whose it is. So is one that says that something went wrong."""
    provider = app.state.identity_provider
    begun = provider.begin("/")
    state = json.loads(begun.kept)["state"]
    for more in ({"code": "x", "iss": "https://evil.example"}, {"error": "access_denied"}, {}):
        with pytest.raises(NotSignedInError, match="did not let you in"):
            provider.finish(begun.kept, {"state": state, **more})


def test_a_name_is_no_proof(council: Provider, app: FastAPI, store: Store) -> None:
    """A local administrator happens to be called amina: she gets an account of her own beside it."""
    with store.change(OFFICER) as work:
        work.session.add(
            Account(
                account_id="LOCAL", sign_in_name="amina", role="administrator", password_hash="x", is_active=True,
                created_at=work.now,
            )
        )  # fmt: skip
    client, _ = come_in(council, app, "amina")
    assert who(client)["role"] == "transport_officer"
    found = accounts_of(store)
    assert found.pop("amina") == ("administrator", "x")
    assert [(name[:6], role) for name, (role, _) in found.items()] == [("amina.", "transport_officer")]


def test_the_provider_follows_people_through_their_posts(council: Provider, app: FastAPI, store: Store) -> None:
    """Eve reads, then buys; an administrator, made by hand, stays one; whose account is closed stays outside."""
    eve = f"eve.{store.engine.dialect.name}"  # The provider outlives one test.
    council.group("SEN-Readers", eve)
    assert who(come_in(council, app, eve)[0])["role"] == "viewer"
    council.forget_groups_of(eve)
    council.group("SEN-Buyers", eve)
    assert who(come_in(council, app, eve)[0])["role"] == "procurement_officer"
    with store.change(OFFICER) as work:
        set_role(work, eve, Role.ADMINISTRATOR)
    assert who(come_in(council, app, eve)[0])["role"] == "administrator"
    with store.change(OFFICER) as work:
        set_active(work, eve, is_active=False)
    client, answer = come_in(council, app, eve)
    assert answer.status_code == 403
    assert client.get("/api/v1/session").status_code == 401


def test_who_comes_from_the_provider_has_no_password(council: Provider, app: FastAPI, store: Store) -> None:
    """Nor can be given one; the form lets nobody in by that name, whatever is typed."""
    come_in(council, app, "ben")
    with pytest.raises(NotAllowedYetError, match="has no password here"), store.change(OFFICER) as work:
        set_password(work, "ben", "correct horse battery")
    for guess in ("", "nobody has this password", "None"):
        with pytest.raises(NotSignedInError):
            sign_in(store, "ben", guess, "127.0.0.1")


def test_local_accounts_stay(app: FastAPI, store: Store) -> None:
    """The provider may be away: somebody must still be able to get in."""
    fields = {"sign_in_name": account(store, Role.VIEWER), "password": "correct horse battery", "next": "/"}
    assert stranger(app).post("/sign-in", data=fields, follow_redirects=False).status_code == 303


def test_a_provider_that_is_away_is_said_so(settings: Settings, store: Store) -> None:
    """503 with the form for local accounts beside it; nothing is kept of it."""
    app = create_app(settings.model_copy(update={"oidc_issuer": "http://localhost:9"}), store)
    answer = stranger(app).get("/sign-in/council")
    assert answer.status_code == 503
    assert "identity provider cannot be used now" in answer.text


def test_settings_that_will_not_do_are_refused(settings: Settings) -> None:
    """All at once: what is missing, plain HTTP, roles that are none, and `administrator`, which nobody is given so."""

    def refused(**changes: Any) -> str:
        with pytest.raises(StoreRefusedError) as found:
            provider_of(settings.model_copy(update=changes))
        return str(found.value)

    words = refused(public_url=None, oidc_client_id=None, oidc_issuer="http://council.example")
    assert all(name in words for name in ("SCHOOLRUN_PUBLIC_URL", "SCHOOLRUN_OIDC_CLIENT_ID", "must begin with https"))
    words = refused(oidc_roles="IT=administrator; A=king; viewer; B=viewer; B=viewer")
    assert [f"SCHOOLRUN_OIDC_ROLES: {part};" in words for part in ("IT=administrator", "A=king", "viewer", "B")] == (
        [True] * 4
    )
    assert settings.oidc_client_secret_file is not None
    settings.oidc_client_secret_file.chmod(0o644)
    assert "other users may read it" in refused()


def test_nothing_of_it_stands_in_the_log(
    council: Provider, app: FastAPI, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither codes nor tokens nor names; who came in, by the account's id, is in the council's log."""
    with caplog.at_level("INFO"):
        client, _ = come_in(council, app, "amina")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("schoolrun")]
    assert any("/sign-in/council/done 303" in line for line in ours)
    assert not any(word in line for line in ours for word in ("amina", "code=", "state="))
    assert who(client)["name"].startswith("account/")
    open_store(app.state.settings).engine.dispose()
