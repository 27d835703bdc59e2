"""The service itself: is it there, what an answer means, are the lists fit to plan on, and its description."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import text

from api.auth.permissions import Permission
from api.description.openapi import openapi_of
from api.description.page import description_css, description_page
from api.endpoints.asking import Asking, Requires
from api.endpoints.shapes import FaultOut
from api.errors import PROBLEM_BY_NAME
from api.problems import faults_json
from api.store.faults import NotInStoreError
from api.store.scenario import read_stored_scenario
from transport.files.faults import InputFaults

router = APIRouter(tags=["service"])

Anybody = Annotated[Asking, Depends(Requires(permission=Permission.PUBLIC))]
Known = Annotated[Asking, Depends(Requires(permission=Permission.SIGNED_IN))]


class Health(BaseModel):
    """Whether the service works, and whether it is warm."""

    status: str
    plans_open: bool = Field(
        description="Every plan in force is open in memory, or there is none: the first quote is not slow"
    )


class ProblemMeaning(BaseModel):
    """What a problem means and what to do."""

    name: str
    status: int
    title: str
    what_to_do: str


class ScenarioFaults(BaseModel):
    """Whether the lists of a day make a scenario; all that contradicts in them, and remarks on their quality."""

    is_ready: bool
    n_passengers: int
    faults: list[FaultOut]
    remarks: list[str]


@router.get("/health", response_model=Health)
def get_health(request: Request, who: Anybody) -> Health:
    """Whether the database answers, and whether the plans in force have been opened."""
    with who.store.read() as session:
        session.execute(text("SELECT 1"))
    return Health(status="ok", plans_open=request.app.state.warmth.is_ready)


@router.get("/problems/{name}", response_model=ProblemMeaning)
def get_problem(name: str, who: Anybody) -> ProblemMeaning:
    """What the type of a problem means."""
    problem = PROBLEM_BY_NAME.get(name)
    if problem is None:
        raise NotInStoreError("there is no such problem")
    return ProblemMeaning(name=problem.name, status=problem.status, title=problem.title, what_to_do=problem.what_to_do)


@router.get("/scenario/faults", response_model=ScenarioFaults)
def get_scenario_faults(
    on: date, who: Annotated[Asking, Depends(Requires(permission=Permission.PASSENGERS_READ))]
) -> dict[str, Any]:
    """Whether the lists in force on a day can be planned on. Values are shown to whoever asks and logged nowhere."""
    with who.store.change(who.caller) as work:
        work.log("read", "passenger", "scenario")
        try:
            scenario, remarks = read_stored_scenario(work.session, work.cipher, on)
        except InputFaults as found:
            return {"is_ready": False, "n_passengers": 0, "faults": faults_json(found.faults), "remarks": []}
    return {"is_ready": True, "n_passengers": len(scenario.passengers), "faults": [], "remarks": list(remarks)}


@router.get("/openapi.json", include_in_schema=False)
def get_openapi(request: Request, who: Known) -> JSONResponse:
    """Description of the API for programs."""
    return JSONResponse(openapi_of(request.app))


@router.get("/docs", include_in_schema=False)
def get_docs(request: Request, who: Known) -> HTMLResponse:
    """Description of the API for people: one page without scripts."""
    return HTMLResponse(description_page(openapi_of(request.app)))


@router.get("/docs.css", include_in_schema=False)
def get_docs_css(who: Anybody) -> Response:
    """Style sheet of that page."""
    return Response(description_css(), media_type="text/css")
