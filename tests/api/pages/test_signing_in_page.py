"""Signing in and out by the form, and what a page says to those who may not see it."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from api.auth.permissions import Role
from tests.api.clients import PASSWORD, account, stranger
from tests.api.lists import add_passenger, add_school
from tests.api.page_visits import visitor, words_of


def test_a_stranger_signs_in_and_lands_where_they_wanted(app: FastAPI) -> None:
    """The page asked for answers 401 with the form; the form leads back to it."""
    client = stranger(app)
    asked = client.get("/passengers?status=provisional")
    assert asked.status_code == 401
    assert 'name="next" value="/passengers?status=provisional"' in asked.text
    fields = {"sign_in_name": account(app.state.store, Role.VIEWER), "password": PASSWORD}
    answer = client.post("/sign-in", data={**fields, "next": "/passengers?status=provisional"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/passengers?status=provisional")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-schoolrun=")
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", ""])
def test_nobody_is_sent_to_another_host(app: FastAPI, elsewhere: str) -> None:
    """Whatever the field says, signing in ends on a page of this service."""
    fields = {"sign_in_name": account(app.state.store, Role.VIEWER), "password": PASSWORD, "next": elsewhere}
    answer = stranger(app).post("/sign-in", data=fields, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_wrong_password_says_no_more_than_that(app: FastAPI) -> None:
    """The same words whether the name or the password is wrong; the password does not come back."""
    known = account(app.state.store, Role.VIEWER)
    pages = [
        stranger(app).post("/sign-in", data={"sign_in_name": name, "password": "not the password"})
        for name in (known, "nobody")
    ]
    texts = [answer.text.replace(known, "NAME").replace("nobody", "NAME") for answer in pages]
    assert [answer.status_code for answer in pages] == [422, 422]
    assert texts[0] == texts[1]
    assert "The name or the password is wrong" in texts[0]
    assert "not the password" not in texts[0]


def test_the_eleventh_attempt_is_told_to_wait(app: FastAPI) -> None:
    """The API's throttle holds for the form too."""
    client = stranger(app)
    answers = [client.post("/sign-in", data={"sign_in_name": "guess", "password": "x"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert "Too many attempts: try again in" in answers[-1].text


def test_signing_out_ends_the_session(app: FastAPI) -> None:
    """The cookie is worth nothing afterwards, even to who kept it."""
    who = visitor(app, Role.VIEWER)
    cookie = dict(who.client.cookies)
    assert who.send("/sign-out", {}).headers["location"] == "/sign-in?done=signed-out"
    kept = stranger(app)
    kept.cookies.update(cookie)
    assert kept.get("/").status_code == 401


def test_a_form_without_the_sessions_token_is_refused(app: FastAPI) -> None:
    """Also with another session's; nothing is done."""
    who, other = visitor(app, Role.TRANSPORT_OFFICER), visitor(app, Role.TRANSPORT_OFFICER)
    token = re.search(r'csrf_token" value="([^"]+)"', other.see("/"))
    assert token
    for given in ("", "x", token.group(1)):
        answer = who.client.post("/sign-out", data={"csrf_token": given}, follow_redirects=False)
        assert answer.status_code == 403
        assert "open it again" in answer.text
    assert who.client.get("/").status_code == 200


def test_a_form_of_another_site_is_refused(app: FastAPI) -> None:
    """With the right token too."""
    who = visitor(app, Role.TRANSPORT_OFFICER)
    token = re.search(r'csrf_token" value="([^"]+)"', who.see("/"))
    assert token
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = who.client.post("/sign-out", data={"csrf_token": token.group(1)}, headers=headers)
        assert answer.status_code == 403


def test_a_page_that_a_role_may_not_see_says_so(app: FastAPI) -> None:
    """In words, without what it would have shown; and the way round is not shown to them at all."""
    store = app.state.store
    add_school(store)
    robin = add_passenger(store, details={"family_name": "Example"})
    admin = visitor(app, Role.ADMINISTRATOR)
    page = admin.see(f"/passengers/{robin.record_id}", 403)
    assert "Your role does not include this" in words_of(page)
    assert "Example" not in page
    home = admin.see("/")
    assert 'href="/passengers"' not in home
    assert 'href="/log"' in home
    officer = visitor(app, Role.TRANSPORT_OFFICER)
    officer.see("/log", 403)
    officer.see("/accounts", 403)
    assert 'href="/log"' not in officer.see("/")


def test_what_is_not_there_is_a_page_outside_the_api(app: FastAPI) -> None:
    """And stays problem+json within."""
    client = stranger(app)
    assert client.get("/nowhere").headers["content-type"].startswith("text/html")
    assert client.get("/api/v1/nowhere").headers["content-type"] == "application/problem+json"
    assert client.get("/assets/0/pages.css").status_code == 404


def test_what_was_not_foreseen_is_a_page_without_its_text(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request's id is shown, the error's words are not."""
    who = visitor(app, Role.VIEWER)

    def broken(*_: object) -> None:
        raise RuntimeError("Robin Example")

    monkeypatch.setattr("api.pages.home.standing_ids", broken)
    answer = who.client.get("/")
    assert answer.status_code == 500
    assert "Robin" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
