"""Every page of the site, put beside the API."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from api.pages.refusals import add_refusals


def add_pages(app: FastAPI) -> None:
    """Add the pages and the way in which they say no."""
    add_refusals(app)
    for router in _routers():
        app.include_router(router)


def _routers() -> list[APIRouter]:
    from api.pages import assets, home, passenger_upload, passengers, plans, sign_in

    # Upload before the others: `/passengers/upload` must not be taken for a passenger.
    return [module.router for module in (assets, sign_in, home, passenger_upload, passengers, plans)]
