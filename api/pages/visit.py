"""Who opens a page, and may they: what every page depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from api.audit import Caller
from api.auth.permissions import Permission, Principal
from api.endpoints.asking import (
    CSRF_HEADER,
    NOBODY,
    SAFE_METHODS,
    Known,
    Requires,
    require_own_page,
    require_permission,
    who_asks,
)
from api.settings import Settings
from api.store.store import Store

CSRF_FIELD = "csrf_token"
WHY_FIELD = "why"
_MOST_WHY = 500
_MOST_FIELDS = 6000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """One request for a page, or one form sent from it.

    Attributes
    ----------
    caller : for the log, with request id and reason.
    token : of the session. csrf_token : what every form of the page must send back.
    form : fields as they came; empty where the page is only looked at.
    """

    request: Request
    store: Store
    settings: Settings
    principal: Principal
    caller: Caller
    form: FormData
    token: str = ""
    csrf_token: str = ""

    def may(self, permission: str) -> bool:
        """Whether whoever looks has a permission, by its name."""
        return self.principal.may(Permission(permission))

    def text(self, name: str) -> str:
        """A field of the form without outer spaces; empty where it did not come."""
        value = self.form.get(name, "")
        return _clean(value) if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Every value of a field that may come several times."""
        return [text for value in self.form.getlist(name) if isinstance(value, str) and (text := _clean(value))]

    def version(self) -> int:
        """The version that the page showed; -1, which none is, where it did not come."""
        text = self.text("version")
        return int(text) if text.isdecimal() and len(text) < 10 else -1


def _clean(text: str) -> str:
    # PostgreSQL takes no NUL in a text, and nobody types one.
    return text.replace("\x00", "").strip()


async def read_form(request: Request) -> FormData:
    """Dependency: the fields of a form; empty for a page that is only looked at."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if request.method in SAFE_METHODS or kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return FormData()
    limit_bytes = request.app.state.settings.upload_limit_mb * 1_000_000
    return await request.form(max_files=2, max_fields=_MOST_FIELDS, max_part_size=limit_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opens(Requires):
    """Dependency of a page: somebody who has a permission; a form must carry the session's token."""

    def __call__(  # type: ignore[override]  # A page is asked for in its own way, and found by the same table.
        self, request: Request, form: Annotated[FormData, Depends(read_form)]
    ) -> Visit:
        """Find out who asks.

        Raises
        ------
        NotSignedInError
            When nobody known does.
        NotAllowedError
            When they may not, or a form was not sent by a page of ours.
        """
        known = Known(principal=NOBODY)
        if self.permission is not Permission.PUBLIC:
            known = who_asks(request, str(form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER, "")))
        elif request.method not in SAFE_METHODS:
            require_own_page(request)
        principal = known.principal
        require_permission(principal, self.permission)
        why = str(form.get(WHY_FIELD, "") or "")[:_MOST_WHY]
        return Visit(
            request=request, store=request.app.state.store, settings=request.app.state.settings, principal=principal,
            caller=Caller(name=principal.name, request_id=request.state.request_id, why=" ".join(why.split())),
            form=form, token=known.token, csrf_token=known.csrf_token,
        )  # fmt: skip
