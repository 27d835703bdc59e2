"""Versions in headers: ETag on every answer, If-Match on every change."""

from __future__ import annotations

import re

from fastapi import Request

from api.problems import AskedWronglyError

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')


def version_seen(request: Request) -> int:
    """Dependency of a change: the version that the caller saw; 0 with `If-None-Match: *`: it is to be new.

    Raises
    ------
    AskedWronglyError
        When neither header says so.
    """
    if request.headers.get("if-none-match") == "*":
        return 0
    match = _ETAG.fullmatch(request.headers.get("if-match", "").strip())
    if match is None:
        raise AskedWronglyError("version-needed", "needs If-Match with a version, or If-None-Match: *")
    return int(match[1])
