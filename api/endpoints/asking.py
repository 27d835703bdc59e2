"""Who is asking, and may they: what every endpoint depends on."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from fastapi import Request

from api.audit import Caller
from api.auth.accounts import session_of
from api.auth.api_keys import principal_of_key
from api.auth.faults import NotAllowedError, NotSignedInError
from api.auth.permissions import Permission, Principal
from api.settings import Settings
from api.store.store import Store

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
WHY_HEADER = "X-Reason"
_MOST_WHY = 500
NOBODY = Principal(name="nobody", role=None, permissions=frozenset({Permission.PUBLIC}))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asking:
    """One request: who asks, of which installation.

    Attributes
    ----------
    token : of the session, where a person asks.
    caller : the same for the log, with request id and reason.
    """

    store: Store
    settings: Settings
    principal: Principal
    caller: Caller
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requires:
    """Dependency of an endpoint: somebody who has a permission, and whose request comes from a page of ours."""

    permission: Permission

    def __call__(self, request: Request) -> Asking:
        """Find out who asks.

        Raises
        ------
        NotSignedInError
            When nobody known does.
        NotAllowedError
            When they may not, or a change was not sent by a page of ours.
        """
        is_public = self.permission is Permission.PUBLIC
        known = Known(principal=NOBODY) if is_public else who_asks(request, request.headers.get(CSRF_HEADER, ""))
        require_permission(known.principal, self.permission)
        caller = Caller(name=known.principal.name, request_id=request.state.request_id, why=_why(request))
        return Asking(
            store=request.app.state.store, settings=request.app.state.settings, principal=known.principal,
            caller=caller, token=known.token,
        )  # fmt: skip


def require_permission(principal: Principal, permission: Permission) -> None:
    """Refuse who may not.

    Raises
    ------
    NotAllowedError
        Naming the permission.
    """
    if not principal.may(permission):
        raise NotAllowedError(f"needs the permission {permission.value}")


def cookie_name(settings: Settings) -> str:
    """Name of the session's cookie; `__Host-` binds it to this host and to HTTPS."""
    return "schoolrun" if settings.plain_http else "__Host-schoolrun"


def require_own_page(request: Request) -> None:
    """Refuse a change that a page of another site sent.

    Raises
    ------
    NotAllowedError
        When the browser says that it comes from elsewhere.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
    if site not in ("same-origin", "none") or not is_ours:
        raise NotAllowedError("a change must be sent by a page of this service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody who is known.

    Attributes
    ----------
    token, csrf_token : of the session, where a person asks.
    """

    principal: Principal
    token: str = ""
    csrf_token: str = ""


def who_asks(request: Request, given_csrf: str) -> Known:
    """Whose key or session a request carries.

    Parameters
    ----------
    given_csrf : token that a change brought, to show that a page of ours sent it.

    Raises
    ------
    NotSignedInError
        When nobody known asks.
    NotAllowedError
        When a change was not sent by a page of ours.
    """
    store, settings, now = request.app.state.store, request.app.state.settings, datetime.now(UTC)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return Known(principal=principal_of_key(store, key.strip(), now))
    token = request.cookies.get(cookie_name(settings), "")
    if not token:
        raise NotSignedInError("needs a session or an API key")
    found = session_of(store, settings, token, now)
    if request.method not in SAFE_METHODS:
        require_own_page(request)
        # As bytes: a header may hold what is not ASCII, which compare_digest refuses in text.
        if not hmac.compare_digest(given_csrf.encode("utf-8", "surrogateescape"), found.csrf_token.encode()):
            raise NotAllowedError(
                f"a change needs the session's token, in {CSRF_HEADER} or in the form; a form may be too old: open it "
                "again"
            )
    return Known(principal=found.principal, token=token, csrf_token=found.csrf_token)


def _why(request: Request) -> str:
    return re.sub(r"[^\x20-\x7e\xa0-\xff]", " ", request.headers.get(WHY_HEADER, ""))[:_MOST_WHY]
