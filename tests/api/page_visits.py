"""Visitors of the pages for tests: signed in through the form, sending forms as a browser does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.auth.permissions import Role
from tests.api.clients import PASSWORD, account, stranger

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_TAG = re.compile(r"<[^>]+>")


@dataclass
class Visitor:
    """Somebody at a browser without JavaScript."""

    client: TestClient

    def see(self, address: str, status: int = 200) -> str:
        """A page as it came."""
        answer = self.client.get(address)
        assert answer.status_code == status, (address, answer.status_code, words_of(answer.text)[:2000])
        assert answer.headers["content-type"].startswith("text/html")
        return answer.text

    def send(self, address: str, fields: dict[str, Any], status: int = 303, *, of: str = "/", **more: Any) -> Any:
        """A form, with the token that the page `of` carries."""
        found = _TOKEN.search(self.client.get(of).text)
        token = found.group(1) if found else ""
        data = {"csrf_token": token, **fields}
        answer = self.client.post(address, data=data, follow_redirects=False, **more)
        assert answer.status_code == status, (address, answer.status_code, words_of(answer.text)[:2000])
        return answer


def visitor(app: FastAPI, role: Role) -> Visitor:
    """A new account of a role, signed in through the form."""
    client = stranger(app)
    name = account(app.state.store, role)
    fields = {"sign_in_name": name, "password": PASSWORD, "next": "/"}
    answer = client.post("/sign-in", data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return Visitor(client=client)


def words_of(html: str) -> str:
    """A page's text, spaces as one."""
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def hidden(html: str, name: str) -> str:
    """Value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return unescape(found.group(1))
