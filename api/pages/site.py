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
    from api.pages import (
        accounts,
        administration,
        assets,
        carbon,
        compare,
        council_sign_in,
        dashboard,
        documents,
        home,
        jobs,
        log,
        map_tiles,
        new_passenger,
        operators,
        passenger_upload,
        passengers,
        plan_editing,
        plan_term,
        plans,
        publication,
        quotes,
        road_ground,
        sign_in,
        tender_bidding,
        tender_design,
        tender_outcome,
        tenders,
    )

    # Upload before the others: `/passengers/upload` must not be taken for a passenger.
    people = (passenger_upload, passengers, new_passenger, quotes)
    modules = (
        assets,
        sign_in,
        council_sign_in,
        home,
        *people,
        plan_term,
        jobs,
        plans,
        plan_editing,
        publication,
        documents,
        compare,
        tenders,
        tender_design,
        tender_bidding,
        tender_outcome,
        dashboard,
        accounts,
        administration,
        carbon,
        operators,
        road_ground,
        map_tiles,
        log,
    )
    return [module.router for module in modules]
