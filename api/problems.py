"""Every fault of the API as problem+json (RFC 9457): what is wrong, all of it, and what to do."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.auth.faults import TooManyAttemptsError
from api.errors import PROBLEM_BY_NAME, Problem, problem_by_error
from api.store.faults import NotStorableError, PlanChangedError, StaleWriteError
from transport.files.faults import Fault, InputFaults

PROBLEM_TYPE = "application/problem+json"
_LOG = logging.getLogger("schoolrun.errors")
_NAME_BY_STATUS = {404: "not-found", 405: "not-allowed-method", 413: "too-large", 415: "wrong-type"}
_RETRY_AFTER_S = 5


class AskedWronglyError(Exception):
    """The request itself lacks something; `name` is that of its problem."""

    name: str

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        super().__init__(detail)


def add_problems(app: FastAPI) -> None:
    """Let the app answer every error with a problem."""
    for error, problem in problem_by_error().items():
        app.add_exception_handler(error, _handler(problem))
    app.add_exception_handler(AskedWronglyError, _on_asked_wrongly)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)


def problem_response(problem: Problem, request_id: str, detail: str, **more: Any) -> JSONResponse:
    """Answer with a problem."""
    body = {
        "type": f"/api/v1/problems/{problem.name}", "title": problem.title, "status": problem.status,
        "detail": detail, "what_to_do": problem.what_to_do, "request_id": request_id, **more,
    }  # fmt: skip
    headers = {"Retry-After": str(_RETRY_AFTER_S)} if problem.name in ("unavailable", "still-running") else {}
    return JSONResponse(body, status_code=problem.status, media_type=PROBLEM_TYPE, headers=headers)


def internal_problem(error: Exception, request_id: str) -> JSONResponse:
    """Answer to an error that nobody foresaw; its text may hold a child's data, so only its place is logged."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames[-6:]))
    _LOG.error("request %s: %s at %s", request_id, type(error).__name__, places)
    return problem_response(PROBLEM_BY_NAME["internal"], request_id, "an error that was not foreseen")


def faults_json(faults: tuple[Fault, ...]) -> list[dict[str, Any]]:
    """Faults as the API tells them."""
    return [{"file": f.file, "row": f.row, "column": f.column, "value": f.value, "message": f.message} for f in faults]


def _handler(problem: Problem) -> Any:
    def answer(request: Request, error: Exception) -> JSONResponse:
        more: dict[str, Any] = {}
        detail = str(error)
        if isinstance(error, InputFaults):
            detail, more["faults"] = f"{len(error.faults)} faults", faults_json(error.faults)
        if isinstance(error, UnicodeEncodeError | NotStorableError):
            detail, more["faults"] = "text holds a character that is not taken", []
        if isinstance(error, StaleWriteError):
            more["current_version"] = error.current_version
        if isinstance(error, PlanChangedError):
            more["fresh_quote"] = error.fresh_quote
        response = problem_response(problem, request.state.request_id, detail, **more)
        if isinstance(error, TooManyAttemptsError):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    return answer


def _on_asked_wrongly(request: Request, error: Exception) -> JSONResponse:
    name = error.name if isinstance(error, AskedWronglyError) else "internal"
    return problem_response(PROBLEM_BY_NAME[name], request.state.request_id, str(error))


def _on_validation(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    faults = tuple(
        Fault(
            file=str(one["loc"][0]), row=None, column=".".join(map(str, one["loc"][1:])), value="",
            message=str(one["msg"]),
        )
        for one in found
    )  # fmt: skip
    problem = PROBLEM_BY_NAME["faults"]
    more = {"faults": faults_json(faults)}
    return problem_response(problem, request.state.request_id, f"{len(faults)} faults", **more)


def _on_http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    problem = PROBLEM_BY_NAME[_NAME_BY_STATUS.get(status, "faults")]
    response = problem_response(problem, request.state.request_id, problem.title)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response
