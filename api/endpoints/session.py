"""Signing in and out with a local account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.auth.accounts import SignedIn, session_of, sign_in, sign_out
from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires, cookie_name, require_own_page
from api.endpoints.shapes import Shape

router = APIRouter(prefix="/session", tags=["session"])

Anybody = Annotated[Asking, Depends(Requires(permission=Permission.PUBLIC))]
Known = Annotated[Asking, Depends(Requires(permission=Permission.SIGNED_IN))]


class Credentials(Shape):
    """Name and password of a local account."""

    sign_in_name: str = Field(max_length=80, examples=["a.officer"])
    password: str = Field(max_length=200, examples=["correct horse battery staple"])


class SessionOut(BaseModel):
    """Who is signed in, and what a page must send with each change as X-CSRF-Token; empty for an API key."""

    name: str
    role: str | None
    permissions: list[str]
    csrf_token: str


@router.post("", response_model=SessionOut)
def open_session(body: Credentials, who: Anybody, request: Request, response: Response) -> SessionOut:
    """Sign in; the session is a cookie that scripts cannot read. Failures are counted and slowed down."""
    require_own_page(request)
    address = request.client.host if request.client else ""
    found = sign_in(who.store, body.sign_in_name, body.password, address)
    response.set_cookie(
        cookie_name(who.settings), found.token, httponly=True, secure=not who.settings.plain_http, samesite="lax",
        path="/",
    )  # fmt: skip
    return _session_out(found)


@router.get("", response_model=SessionOut)
def get_session(who: Known) -> SessionOut:
    """Who is asking, and what they may do."""
    if not who.token:
        permissions = sorted(who.principal.permissions)
        return SessionOut(name=who.principal.name, role=None, permissions=permissions, csrf_token="")
    return _session_out(session_of(who.store, who.settings, who.token, datetime.now(UTC)))


@router.delete("", status_code=204)
def close_session(who: Known, response: Response) -> None:
    """Sign out."""
    if who.token:
        with who.store.change(who.caller) as work:
            sign_out(work, who.token)
    response.delete_cookie(
        cookie_name(who.settings), httponly=True, secure=not who.settings.plain_http, samesite="lax", path="/"
    )


def _session_out(found: SignedIn) -> SessionOut:
    return SessionOut(
        name=found.principal.name, role=found.principal.role, permissions=sorted(found.principal.permissions),
        csrf_token=found.csrf_token,
    )  # fmt: skip
