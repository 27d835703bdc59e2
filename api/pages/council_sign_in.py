"""Signing in at the council's own identity provider, and coming back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.auth.faults import IdentityProviderAwayError, NotAllowedError, NotSignedInError
from api.auth.identity_provider import BEGUN_S, DONE_PATH, IdentityProvider
from api.auth.known_people import sign_in_known
from api.auth.permissions import Permission
from api.endpoints.asking import cookie_name
from api.pages.rendering import bare_page, go_to
from api.pages.sign_in import own_page
from api.pages.visit import Opens, Visit
from api.store.faults import CannotDecryptError, NotInStoreError

router = APIRouter(include_in_schema=False)

Anybody = Annotated[Visit, Depends(Opens(permission=Permission.PUBLIC))]

_PLACE = "sign-in/council"


@router.get("/sign-in/council")
def begin_council_sign_in(visit: Anybody, next: str = "/") -> Response:
    """Go to the provider; state, nonce and verifier go along in a sealed cookie."""
    provider = _provider_of(visit)
    try:
        begun = provider.begin(own_page(next))
    except IdentityProviderAwayError as error:
        return _refused(visit, 503, error)
    answer = go_to(begun.address)
    answer.set_cookie(
        _cookie_name(visit), visit.store.cipher.seal(_PLACE, begun.kept), max_age=BEGUN_S, httponly=True,
        secure=not visit.settings.plain_http, samesite="lax", path="/",
    )  # fmt: skip
    return answer


@router.get(DONE_PATH)
def end_council_sign_in(visit: Anybody, request: Request) -> Response:
    """Come back from the provider: a session of our own, if its answer holds."""
    provider = _provider_of(visit)
    try:
        kept = visit.store.cipher.open(_PLACE, request.cookies.get(_cookie_name(visit), ""))
        person, target = provider.finish(kept, request.query_params)
        found = sign_in_known(visit.store, person)
    except CannotDecryptError:
        return _refused(visit, 422, NotSignedInError("this browser did not begin to sign in; begin again"))
    except NotSignedInError as error:
        return _refused(visit, 422, error)
    except NotAllowedError as error:
        return _refused(visit, 403, error)
    except IdentityProviderAwayError as error:
        return _refused(visit, 503, error)
    secure = not visit.settings.plain_http
    answer = go_to(target)
    answer.set_cookie(cookie_name(visit.settings), found.token, httponly=True, secure=secure, samesite="lax", path="/")
    answer.delete_cookie(_cookie_name(visit), httponly=True, secure=secure, samesite="lax", path="/")
    return answer


def _provider_of(visit: Visit) -> IdentityProvider:
    provider: IdentityProvider | None = visit.request.app.state.identity_provider
    if provider is None:
        raise NotInStoreError("sign-in at an identity provider is not set up here (SCHOOLRUN_OIDC_ISSUER)")
    return provider


def _cookie_name(visit: Visit) -> str:
    return f"{cookie_name(visit.settings)}-council"


def _refused(visit: Visit, status: int, error: Exception) -> Response:
    words = str(error)
    errors = {"council": f"{words[:1].upper()}{words[1:]}"}
    answer = bare_page(visit.request, "sign_in.html", status=status, next="/", errors=errors, name="", said="")
    answer.delete_cookie(_cookie_name(visit), httponly=True, secure=not visit.settings.plain_http, path="/")
    return answer
