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
_NOBODY = Principal(name="nobody", role=None, permissions=frozenset({Permission.PUBLIC}))


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
        store, settings = request.app.state.store, request.app.state.settings
        principal, token = (_NOBODY, "") if self.permission is Permission.PUBLIC else _who(request, store, settings)
        if not principal.may(self.permission):
            raise NotAllowedError(f"needs the permission {self.permission.value}")
        caller = Caller(name=principal.name, request_id=request.state.request_id, why=_why(request))
        return Asking(store=store, settings=settings, principal=principal, caller=caller, token=token)


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


def _who(request: Request, store: Store, settings: Settings) -> tuple[Principal, str]:
    now = datetime.now(UTC)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return principal_of_key(store, key.strip(), now), ""
    token = request.cookies.get(cookie_name(settings), "")
    if not token:
        raise NotSignedInError("needs a session or an API key")
    found = session_of(store, settings, token, now)
    if request.method not in SAFE_METHODS:
        require_own_page(request)
        # As bytes: a header may hold what is not ASCII, which compare_digest refuses in text.
        given = request.headers.get(CSRF_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, found.csrf_token.encode()):
            raise NotAllowedError(f"a change needs {CSRF_HEADER} with the session's token")
    return found.principal, token


def _why(request: Request) -> str:
    return re.sub(r"[^\x20-\x7e\xa0-\xff]", " ", request.headers.get(WHY_HEADER, ""))[:_MOST_WHY]
