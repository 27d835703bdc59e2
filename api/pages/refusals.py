"""What cannot be shown or done, as a page: the same problems as the API's, for people."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from api.pages.rendering import bare_page

_API = "/api/"
_ADVICE = {
    "faults": "Go back, correct it and send again. Nothing was changed.",
    "not-found": "Check the address. It may have been removed.",
    "stale": "Somebody else was first. Go back, reload the page and decide anew. Nothing was changed.",
    "already-there": "Go back and use another name. Nothing was changed.",
    "not-allowed": "Your role does not include this. If you need it, ask your administrator.",
    "not-yet": "Go back, put it in order and try again. Nothing was changed.",
    "unavailable": "Nothing was changed. Try again in a minute; if it stays so, tell whoever looks after the service.",
    "internal": "Tell whoever looks after the service the number below. Go back and try again.",
}
_KEPT_HEADERS = ("retry-after", "allow")


def add_refusals(app: FastAPI) -> None:
    """Let every problem outside the API be told as a page."""
    for error, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(error, _for_people(handler))


def page_of_problem(request: Request, answer: JSONResponse) -> Response:
    """The page of a problem that the API would have told."""
    body: dict[str, Any] = json.loads(bytes(answer.body))
    if answer.status_code == 401:
        shown = bare_page(request, "sign_in.html", status=401, next=_address_of(request), errors={}, name="", said=True)
    else:
        rows = [[_place_words(fault), fault["message"]] for fault in body.get("faults", ())]
        shown = bare_page(
            request, "problem.html", status=answer.status_code, problem=body, rows=rows, advice=_advice(body)
        )
    for name in _KEPT_HEADERS:
        if name in answer.headers:
            shown.headers[name] = answer.headers[name]
    return shown


def _advice(body: dict[str, Any]) -> str:
    """What to do, where the API's advice speaks of headers that no page has."""
    name = str(body["type"]).rpartition("/")[2]
    return _ADVICE.get(name, str(body["what_to_do"]))


def _place_words(fault: dict[str, Any]) -> str:
    row = f", row {fault['row']}" if fault["row"] else ""
    return f"{fault['column'].replace('_', ' ') or fault['file']}{row}"


def _for_people(handler: Callable[..., Any]) -> Callable[..., Any]:
    async def answer(request: Request, error: Exception) -> Response:
        told: Any = handler(request, error)
        if isinstance(told, Awaitable):
            told = await told
        is_api = request.url.path.startswith(_API)
        return told if is_api or not isinstance(told, JSONResponse) else page_of_problem(request, told)

    return answer


def _address_of(request: Request) -> str:
    """Where to go after signing in: the page that was asked for, or home after a form."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path, safe="/") + query
