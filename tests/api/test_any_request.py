"""Requests made from the API's own description, fitting it and not: none is answered with 5xx."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.auth.permissions import SCOPES
from tests.api.clients import with_key
from tests.api.databases import sqlite_settings
from tests.api.planned import newcomer, put_lists, put_plan

N_EXAMPLES = int(os.environ.get("SCHOOLRUN_TEST_REQUESTS", "4"))
"""Requests for each way of using each endpoint; set it to 100 for a long run."""
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, ignored_auth,
]  # fmt: skip


@schemathesis.serializer("application/zip")
def zip_as_it_is(context: Any, value: Any) -> Any:
    """An archive is sent as the bytes that it is, or that it is not."""
    return getattr(value, "data", value)


@pytest.mark.slow
def test_no_request_breaks_the_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every endpoint, by a system that may do everything, on Little Council with somebody who waits."""
    app: FastAPI = create_app(sqlite_settings(tmp_path))
    put_lists(app.state.store)
    put_plan(app.state.store)
    newcomer(app.state.store)
    key = with_key(app, *SCOPES).headers["Authorization"]
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers={"Authorization": key})
    n_requests, wrong = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=N_EXAMPLES, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def ask(case: Any) -> None:
            nonlocal n_requests
            n_requests += 1
            case.call_and_validate(headers={"Authorization": key}, checks=CHECKS)

        try:
            ask()
        except Exception as error:
            causes = [str(cause) for cause in getattr(error, "exceptions", ())]
            wrong.append("\n".join([f"{operation.label}: {error}", *causes]))
    with capsys.disabled():
        print(f"{n_requests} requests to {len(list(schema.get_all_operations()))} endpoints")
    assert n_requests > 100
    assert wrong == [], "\n\n".join(wrong)
