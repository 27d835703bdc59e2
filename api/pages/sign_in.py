"""Signing in and out."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.auth.accounts import sign_in, sign_out
from api.auth.faults import NotSignedInError, TooManyAttemptsError
from api.auth.permissions import Permission
from api.endpoints.asking import cookie_name
from api.pages.rendering import bare_page, go_to
from api.pages.visit import Opens, Visit

router = APIRouter(include_in_schema=False)

Anybody = Annotated[Visit, Depends(Opens(permission=Permission.PUBLIC))]
Known = Annotated[Visit, Depends(Opens(permission=Permission.SIGNED_IN))]

_OWN_PAGE = re.compile(r"/(?![/\\])[\x21-\x7e]{0,500}")
"""An address of this service: a second slash would lead to another host."""


def own_page(wanted: str) -> str:
    """The page that was wanted, if it is one of ours."""
    return wanted if _OWN_PAGE.fullmatch(wanted) else "/"


@router.get("/sign-in")
def show_sign_in(visit: Anybody, done: str = "") -> Response:
    """The form to sign in with."""
    said = "You have signed out." if done == "signed-out" else ""
    return bare_page(visit.request, "sign_in.html", status=200, next="/", errors={}, name="", said=said)


@router.post("/sign-in")
def do_sign_in(visit: Anybody, request: Request) -> Response:
    """Sign in, and go to the page that was asked for."""
    name, wanted = visit.text("sign_in_name"), visit.text("next")
    target = own_page(wanted)
    try:
        address = request.client.host if request.client else ""
        # As it came: a password may begin or end with a space.
        found = sign_in(visit.store, name, str(visit.form.get("password", "")), address)
    except NotSignedInError:
        errors = {"sign_in_name": "The name or the password is wrong"}
        return bare_page(request, "sign_in.html", status=422, next=target, errors=errors, name=name, said="")
    except TooManyAttemptsError as error:
        errors = {"sign_in_name": f"Too many attempts: try again in {max(1, error.retry_after_s // 60)} minutes"}
        return bare_page(request, "sign_in.html", status=429, next=target, errors=errors, name=name, said="")
    answer = go_to(target)
    secure = not visit.settings.plain_http
    answer.set_cookie(cookie_name(visit.settings), found.token, httponly=True, secure=secure, samesite="lax", path="/")
    return answer


@router.post("/sign-out")
def do_sign_out(visit: Known) -> Response:
    """End the session."""
    if visit.token:
        with visit.store.change(visit.caller) as work:
            sign_out(work, visit.token)
    answer = go_to("/sign-in?done=signed-out")
    secure = not visit.settings.plain_http
    answer.delete_cookie(cookie_name(visit.settings), httponly=True, secure=secure, samesite="lax", path="/")
    return answer
