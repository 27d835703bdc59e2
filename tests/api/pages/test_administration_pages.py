"""Accounts, keys and the log on pages."""

from __future__ import annotations

import re
from datetime import datetime

from fastapi import FastAPI
from sqlalchemy import select

from api.auth.permissions import Role
from api.pages.words import UK
from api.store.models import AuditEvent
from tests.api.clients import account, stranger
from tests.api.lists import ROBIN_DETAILS, add_passenger, add_school
from tests.api.page_visits import visitor, words_of

PASSWORD = "another horse battery"


def test_an_account_is_made_changed_and_closed(app: FastAPI) -> None:
    """Each takes effect at once: sign-in, role, password, and the end."""
    admin = visitor(app, Role.ADMINISTRATOR)
    fields = {"sign_in_name": "a.officer", "role": "viewer", "password": PASSWORD}
    admin.send("/accounts", fields, of="/accounts")
    assert "This name is taken" in admin.send("/accounts", fields, 422, of="/accounts").text
    client = stranger(app)
    signing = {"sign_in_name": "a.officer", "password": PASSWORD}
    assert client.post("/sign-in", data=signing, follow_redirects=False).status_code == 303
    assert client.get("/new-passenger").status_code == 403
    admin.send("/accounts/role", {"account": "a.officer", "role": "transport_officer"}, of="/accounts")
    assert client.get("/new-passenger").status_code == 200
    admin.send("/accounts/password", {"account": "a.officer", "new_password": "x" * 5}, 422, of="/accounts")
    admin.send("/accounts/active", {"account": "a.officer", "active": "no"}, of="/accounts")
    assert client.get("/").status_code == 401
    assert "a.officer Transport officer Closed" in words_of(admin.see("/accounts"))


def test_every_fault_of_an_account_stands_at_its_field(app: FastAPI) -> None:
    """Name, password and role; the password does not come back."""
    admin = visitor(app, Role.ADMINISTRATOR)
    page = admin.send(
        "/accounts", {"sign_in_name": "?", "role": "viewer", "password": "short"}, 422, of="/accounts"
    ).text
    assert 'id="sign_in_name-error"' in page
    assert 'id="password-error"' in page
    assert 'value="short"' not in page
    page = admin.send(
        "/accounts", {"sign_in_name": "b.officer", "role": "king", "password": PASSWORD}, 422, of="/accounts"
    )
    assert 'id="role-error"' in page.text


def test_a_key_is_shown_once_and_ends_at_once(app: FastAPI) -> None:
    """It opens its scope until it is revoked; a key can be given no right over accounts."""
    admin = visitor(app, Role.ADMINISTRATOR)
    fields = {"name": "mosaic", "days": "30", "scopes": ["changes.read"]}
    page = admin.send("/accounts/keys", fields, 200, of="/accounts").text
    found = re.search(r"srk_[0-9a-f]+_[\w-]+", page)
    assert found
    assert found.group() not in admin.see("/accounts")
    client = stranger(app)
    client.headers["Authorization"] = f"Bearer {found.group()}"
    assert client.get("/api/v1/changes").status_code == 200
    admin.send("/accounts/keys/revoke", {"key_name": "mosaic"}, of="/accounts")
    assert client.get("/api/v1/changes").status_code == 401
    wrong = {"name": "other", "days": "soon", "scopes": ["accounts.write"]}
    assert 'id="days-error"' in admin.send("/accounts/keys", wrong, 422, of="/accounts").text
    assert 'id="scopes-error"' in admin.send("/accounts/keys", {**wrong, "days": "5"}, 422, of="/accounts").text


def test_the_log_is_searched_by_who_what_whom_and_when(app: FastAPI) -> None:
    """By record and action one line; by a day long past none; a name of a child is in none of them."""
    store = app.state.store
    add_school(store)
    robin = add_passenger(store, details=ROBIN_DETAILS)
    add_passenger(store)
    visitor(app, Role.VIEWER).see(f"/passengers/{robin.record_id}")
    admin = visitor(app, Role.ADMINISTRATOR)
    page = words_of(admin.see(f"/log?record={robin.record_id}&action=read"))
    assert page.count(robin.record_id) >= 1
    assert "viewer." in page
    assert "Robin" not in page
    assert "No line." in words_of(admin.see("/log?since=2020-01-01&until=2020-01-02"))
    assert "No line." not in words_of(admin.see("/log?since=2020-01-01"))
    with store.read() as session:
        at = session.scalars(select(AuditEvent.at).order_by(AuditEvent.seq)).first()
    on = datetime.fromisoformat(str(at)).astimezone(UK).date().isoformat()
    assert "No line." not in words_of(admin.see(f"/log?since={on}&until={on}"))
    assert 'id="since-error"' in admin.see("/log?since=yesterday", 422)


def test_the_log_goes_on_where_the_page_ends(app: FastAPI) -> None:
    """Older lines behind the link keep what was asked for, and no line stands twice."""
    store = app.state.store
    for _ in range(60):
        account(store, Role.VIEWER)
    add_school(store)
    for _ in range(55):
        add_passenger(store)
    admin = visitor(app, Role.ADMINISTRATOR)
    first = admin.see("/log?kind=passenger")
    link = re.search(r'href="(/log\?[^"]*before=\d+)"', first)
    assert link
    second = admin.see(link.group(1).replace("&amp;", "&"))
    lines = [re.findall(r'<th scope="row"[^>]*>(\d+)</th>', page) for page in (first, second)]
    assert [len(one) for one in lines] == [50, 5]
    assert not set(lines[0]) & set(lines[1])
