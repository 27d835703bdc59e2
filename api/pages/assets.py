"""Style sheets and scripts: files of this package, under addresses that change with their contents."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.auth.permissions import Permission
from api.pages.visit import Opens, Visit
from api.store.faults import NotInStoreError

router = APIRouter(include_in_schema=False)

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_KEPT = "public, max-age=31536000, immutable"


@router.get("/assets/{digest}/{name}")
def get_asset(
    digest: str, name: str, visit: Annotated[Visit, Depends(Opens(permission=Permission.PUBLIC))]
) -> Response:
    """A style sheet or script. Browsers keep it: with other contents it has another address."""
    found = _assets().get(name)
    if found is None or found[0] != digest:
        raise NotInStoreError("there is no such style sheet or script")
    return Response(found[1], headers={"Cache-Control": _KEPT, "Content-Type": _TYPES[name.rpartition(".")[2]]})


def asset_address(name: str) -> str:
    """Where a page finds a style sheet or script.

    Raises
    ------
    KeyError
        When there is none of the name.
    """
    return f"/assets/{_assets()[name][0]}/{name}"


@cache
def _assets() -> dict[str, tuple[str, bytes]]:
    """Digest and bytes of every file that a page may load."""
    found = {}
    for entry in files("api").joinpath("static").iterdir():
        if entry.name.rpartition(".")[2] in _TYPES:
            data = entry.read_bytes()
            found[entry.name] = (hashlib.sha256(data).hexdigest()[:12], data)
    return found
