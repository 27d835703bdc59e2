"""Edits of plans, and two plans side by side."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from api.auth.permissions import Permission
from api.editing import Kept, answer_of, compare_stored, keep, make_kept
from api.endpoints.asking import Asking, Requires
from api.endpoints.plans import PlanOut, plan_json
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath, Shape
from api.idempotency import Answer, Once, do_once_prepared, once
from api.plan_edits import Edit, EditKind
from api.store.store import Work
from transport.calendar import Leg

router = APIRouter(prefix="/plans", tags=["edits"])

FileReader = Annotated[Asking, Depends(Requires(permission=Permission.PLAN_FILES_READ))]
Writer = Annotated[Asking, Depends(Requires(permission=Permission.PLANS_WRITE))]
OnceOnly = Annotated[Once, Depends(once)]


class EditShape(Shape):
    """One edit; which fields it takes depends on its kind."""

    kind: EditKind = Field(examples=["move_passenger"])
    passenger_id: RecordIdPath | None = Field(
        default=None, description="Whom to move, take out or pin", examples=["P1"]
    )
    route_id: RecordIdPath | None = Field(
        default=None,
        description="Where to (moving, empty: any other; pinning, empty: no more), or what is changed",
    )
    on_new_route: bool = Field(default=False, description="Moving: onto a vehicle that no route has yet")
    leg: Leg | None = Field(default=None, description="Of the stops that are reordered")
    passenger_ids: list[RecordIdPath] = Field(
        default=[], max_length=200, description="Their new order: AM of boarding, PM of alighting"
    )
    class_id: RecordIdPath | None = Field(default=None, description="Class of a bought vehicle")
    operator_id: RecordIdPath | None = Field(default=None, description="Its operator; empty: to be tendered")
    vehicle_id: RecordIdPath | None = Field(default=None, description="The council's vehicle instead")
    n_seats: int | None = Field(default=None, ge=0, le=200, description="Of a layout of the class")
    n_wheelchairs: int | None = Field(default=None, ge=0, le=50)


class SideOut(BaseModel):
    """What a plan comes to: money in pence, times in seconds."""

    week_pence: int
    year_pence: int
    objective: int
    n_routes: int
    n_vehicles_by_class: dict[str, int]
    n_pas: int
    n_carried: int
    n_unserved: int
    mean_ride_s: int
    longest_ride_s: int


class NewTimeOut(BaseModel):
    """A pick-up (AM) or drop-off (PM) at another time."""

    leg: str
    days: list[int]
    at_s_before: int
    at_s: int


class PassengerChangeOut(BaseModel):
    """For whom what changes; `reasons`: vehicle, PA or time over the tolerance."""

    passenger_id: str
    reasons: list[str]
    sentence: str
    route_id_before: str | None
    route_id: str | None
    times: list[NewTimeOut]


class ComparisonOut(BaseModel):
    """Two plans side by side."""

    before: SideOut
    after: SideOut
    changed: list[PassengerChangeOut]
    extra_pence_per_week: int
    extra_pence_per_year: int
    n_disturbed: int


class ViolationOut(BaseModel):
    """A broken rule, in the checker's words."""

    rule: str
    hard: bool
    sentence: str
    is_new: bool = Field(description="A hard one that the plan did not break before")


class EditOut(ComparisonOut):
    """What an edit does."""

    can_be_kept: bool
    violations: list[ViolationOut]


class EditKeptOut(EditOut):
    """The same, and the plan that it made."""

    plan: PlanOut


@router.post("/{plan_id}/edits/preview", response_model=EditOut)
def preview_edit(plan_id: RecordIdPath, body: EditShape, who: Writer, plans: Plans) -> dict[str, Any]:
    """What would an edit break, move and cost? Nothing is stored."""
    with plans.at_once:
        found = answer_of(plans, plan_id, _edit_of(body), date.today()).figures()
    with who.store.change(who.caller) as work:
        work.log("preview", "plan", plan_id, edit=body.kind.value)
    return found


@router.post("/{plan_id}/edits", status_code=201, response_model=EditKeptOut)
def post_edit(plan_id: RecordIdPath, body: EditShape, who: Writer, one: OnceOnly, plans: Plans) -> Response:
    """Edit a plan: the next one, proposed. Refused where it would break a hard rule that the plan keeps now."""

    def do(work: Work, kept: Kept) -> Answer:
        plan = keep(work, kept)
        return Answer(status=201, body={**kept.answer.figures(), "plan": plan_json(plan)}, etag=plan.version)

    return do_once_prepared(who, one, lambda: make_kept(who.store, plans, plan_id, _edit_of(body), date.today()), do)


@router.get("/{plan_id}/compare", response_model=ComparisonOut)
def get_comparison(
    plan_id: RecordIdPath,
    who: FileReader,
    other: Annotated[RecordIdPath, Query(alias="with", description="The plan before", examples=["PL0A1B2C3D4E5F"])],
) -> dict[str, Any]:
    """Two plans side by side: cost, vehicles, PAs, rides; whose vehicle, PA or times change. Reading is logged."""
    found = compare_stored(who.store, plan_id, other).figures()
    with who.store.change(who.caller) as work:
        work.log("read", "plan", plan_id, compared_with=other)
    return found


def _edit_of(body: EditShape) -> Edit:
    return Edit(**{**body.model_dump(), "passenger_ids": tuple(body.passenger_ids)})
