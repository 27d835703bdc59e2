"""A real identity provider for tests: Canaille, in a thread, with people and groups in memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx2

from tests.api.served import free_port

CLIENT_ID, SECRET = "schoolrun-at-the-council", "a secret between the two"
PUBLIC_URL = "https://testserver"


@dataclass(slots=True, kw_only=True)
class Provider:
    """A running provider.

    `signed_in` is who has signed in there; its own pages of sign-in are its own affair.
    """

    port: int
    app: Any
    signed_in: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def group(self, name: str, *user_names: str) -> None:
        """A group there with these people, new ones among them."""
        from canaille.app import models
        from canaille.backends import Backend

        store = Backend.instance
        with self.app.app_context():
            users = []
            for user_name in user_names:
                user = store.get(models.User, user_name=user_name)
                if user is None:
                    user = models.User(
                        user_name=user_name, family_name="Example", formatted_name=user_name, display_name=user_name,
                        emails=[f"{user_name}@council.example"],
                    )  # fmt: skip
                    store.save(user)
                users.append(user)
            store.save(models.Group(display_name=name, members=users))

    def forget_groups_of(self, user_name: str) -> None:
        from canaille.app import models
        from canaille.backends import Backend

        store = Backend.instance
        with self.app.app_context():
            user = store.get(models.User, user_name=user_name)
            user.groups = []
            store.save(user)

    def follow(self, address: str) -> str:
        """Where a browser that goes there is sent back to."""
        from canaille.app import models
        from canaille.backends import Backend

        with self.app.app_context():
            # Kept in memory it may take another code of the same client for the one that is fetched.
            for left_over in Backend.instance.query(models.AuthorizationCode):
                Backend.instance.delete(left_over)
        answer = httpx2.get(address, follow_redirects=False, timeout=30)
        assert answer.status_code in (302, 303), answer.text[:2000]
        return str(answer.headers["location"])


@contextmanager
def identity_provider(redirect_uri: str) -> Iterator[Provider]:
    """A provider that knows this service, until the block is left."""
    from canaille import create_app
    from canaille.app import models
    from canaille.backends import Backend
    from joserfc.jwk import RSAKey

    # It refuses plain HTTP otherwise, also on this machine.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    port, key = free_port(), RSAKey.generate_key(2048)
    key.ensure_kid()
    app = create_app(
        config={
            "SECRET_KEY": "for tests alone", "SERVER_NAME": f"localhost:{port}", "PREFERRED_URL_SCHEME": "http",
            "WTF_CSRF_ENABLED": False, "TESTING": True,
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}}},
            # Whom it trusts it does not ask people about.
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)], "TRUSTED_DOMAINS": ["testserver"]},
        },
        env_file="",
    )  # fmt: skip
    provider = Provider(port=port, app=app)
    with app.app_context():
        client = models.Client(
            client_id=CLIENT_ID, client_secret=SECRET, client_name="schoolrun", client_uri=PUBLIC_URL,
            redirect_uris=[redirect_uri], response_types=["code"], grant_types=["authorization_code"],
            scope=["openid", "profile", "groups"], token_endpoint_auth_method="client_secret_basic",
        )  # fmt: skip
        Backend.instance.save(client)
        client.audience = [client]
        Backend.instance.save(client)
    _let_in(provider)
    with make_server("localhost", port, app, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


def _let_in(provider: Provider) -> None:
    """Whoever `signed_in` names has a session there."""
    from canaille.app import models
    from canaille.app.session import UserSession
    from canaille.backends import Backend
    from flask import g, request

    @provider.app.before_request
    def open_session() -> None:
        if provider.signed_in and urlsplit(request.url).path == "/oauth/authorize":
            user = Backend.instance.get(models.User, user_name=provider.signed_in[0])
            g.session = UserSession(user=user, last_login_datetime=datetime.now(UTC))


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""
