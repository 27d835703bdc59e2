"""What surrounds every request: an id, a limit to its size, headers for browsers, and a line in the service's log."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.problems import internal_problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOG = logging.getLogger("schoolrun.requests")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""What a page for officers may load: files of this service alone, and the map's pictures."""
_API = "/api/"
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


class _TooLargeError(HTTPException):
    """The body is larger than allowed. An HTTPException, for FastAPI hides what else goes wrong while it reads."""


class RequestGuard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: App, *, limit_bytes: int, plain_http: bool) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        headers = _HEADERS if plain_http else _HEADERS | _HTTPS_ONLY
        self._headers = _encoded(headers)
        # With `no-referrer` a browser would send a form with the origin `null`, as if from elsewhere.
        own = {"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "same-origin"}
        self._page_headers = _encoded(headers | own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.monotonic(), 0

        async def guarded_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.get("headers", [])
                named = {name.lower() for name, _ in own}
                ours = self._headers if scope["path"].startswith(_API) else self._page_headers
                # What an answer says of itself stands: a style sheet may be kept by the browser.
                extra = [header for header in ours if header[0] not in named]
                message["headers"] = [*own, *extra, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, self._limited(scope, receive), guarded_send)
        except Exception as error:
            if status:
                raise
            await _internal(error, scope, request_id)(scope, receive, guarded_send)
        finally:
            _log(scope, request_id, status, time.monotonic() - started)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Count the body as it comes: a length that is announced may be a lie."""
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        n_bytes = 0

        async def limited_receive() -> Message:
            nonlocal n_bytes
            if announced.isdigit() and int(announced) > self._limit_bytes:
                raise _TooLargeError(413)
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > self._limit_bytes:
                raise _TooLargeError(413)
            return message

        return limited_receive


def _internal(error: Exception, scope: Scope, request_id: str) -> App:
    answer = internal_problem(error, request_id)
    if scope["path"].startswith(_API):
        return answer
    from api.pages.refusals import page_of_problem

    return page_of_problem(Request(scope), answer)


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _log(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    # The pattern of the address, not the address: what stands in it is nobody's business here.
    route = getattr(scope.get("route"), "path", "(none)")
    _LOG.info("request %s: %s %s %d in %.3f s", request_id, scope["method"], route, status, seconds)
