"""The web application: every router, what surrounds them, and how faults are told."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI

from api.auth.identity_provider import provider_of
from api.open_plans import OpenPlans
from api.pages.plan_reading import OpenedPlans
from api.pages.site import add_pages
from api.problems import PROBLEM_TYPE, add_problems
from api.request_guard import RequestGuard
from api.settings import Settings
from api.store.faults import StoreRefusedError
from api.store.store import Store, open_store
from api.warm import Warmth

API = "/api/v1"
_ABOUT = """\
Passengers, lists and plans of one council's home-to-school transport.

**Promise**: within `/api/v1` fields and addresses are added, never taken away or given another meaning; ignore what
you do not know. Every change needs the version that was seen (`If-Match`), every new thing an `Idempotency-Key`.
Every fault is `application/problem+json`, with all that is wrong at once.
"""


def create_app(settings: Settings, store: Store | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    store : an open one; None: opened as the settings say.

    Raises
    ------
    StoreRefusedError
        When the store refuses to open, sign-in without HTTPS is asked for beyond the machine itself, or the settings
        of the identity provider will not do.
    """
    if settings.plain_http and not settings.is_local:
        raise StoreRefusedError(
            f"SCHOOLRUN_PLAIN_HTTP: true with host {settings.host}; must be false unless host is 127.0.0.1"
        )
    app = FastAPI(
        title="schoolrun", version="1", description=_ABOUT, docs_url=None, redoc_url=None, openapi_url=None,
        responses=_problem_responses(), redirect_slashes=False,
    )  # fmt: skip
    app.state.settings = settings
    app.state.store = store or open_store(settings)
    app.state.identity_provider = provider_of(settings)
    app.state.plans = OpenPlans(app.state.store, settings)
    app.state.opened_plans = OpenedPlans()
    app.state.warmth = Warmth(store=app.state.store, desks=app.state.plans, pages=app.state.opened_plans)
    app.add_middleware(RequestGuard, limit_bytes=settings.upload_limit_mb * 1_000_000, plain_http=settings.plain_http)
    add_problems(app)
    for router in _routers():
        app.include_router(router, prefix=API)
    add_pages(app)
    return app


def _routers() -> list[APIRouter]:
    from api.endpoints import (
        changes,
        edits,
        exports,
        jobs,
        passenger_upload,
        passengers,
        plans,
        quotes,
        service,
        session,
        tender_design,
        tender_jobs,
        tenders,
    )
    from api.endpoints.records import record_routers

    # Bulk before the others: `/passengers/bulk` must not be taken for a passenger.
    buying = (tender_jobs, tender_design, tenders)
    modules = (service, session, passenger_upload, passengers, plans, edits, jobs, quotes, exports, *buying, changes)
    return [*(module.router for module in modules), *record_routers()]


def _problem_responses() -> dict[int | str, dict[str, Any]]:
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    statuses = {
        400: "Something is missing in the request", 401: "Nobody known is asking", 403: "Not allowed",
        404: "Not there", 405: "Not possible here", 409: "Something stands in the way", 413: "Too large",
        415: "Of another type", 422: "Faults, all of them", 428: "The version is missing", 429: "Too many attempts",
        503: "The database cannot be used now",
    }  # fmt: skip
    return {status: {"description": words, "content": content} for status, words in statuses.items()}
