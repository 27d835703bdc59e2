"""Quotes and placements: what would it cost to carry somebody, and: do it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.auth.faults import NotAllowedError
from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.plans import PlanOut, plan_json
from api.endpoints.shapes import After, PageLimit, RecordIdPath, Shape, moment_text
from api.idempotency import Answer, Once, do_once_prepared, once
from api.open_plans import OpenPlans
from api.quoting import Made, Question, accept, ask, fresh_quote, make_accepted, make_reversed, reverse
from api.store.faults import NotAllowedYetError, PlanChangedError
from api.store.models import Placement
from api.store.plans import StoredPlan
from api.store.quotes import StoredQuote, list_placements, read_placement, read_quote
from api.store.store import Work
from transport.files.faults import InputFaults

router = APIRouter(tags=["quotes and placements"])

Asker = Annotated[Asking, Depends(Requires(permission=Permission.QUOTES_ASK))]
Placer = Annotated[Asking, Depends(Requires(permission=Permission.PLACEMENTS_WRITE))]
OnceOnly = Annotated[Once, Depends(once)]


class QuoteShape(Shape):
    """Who is to be quoted."""

    passenger_id: RecordIdPath = Field(examples=["P7K3M9QX2RTV"])
    school_ids: list[RecordIdPath] = Field(
        default=[], max_length=10, description="Candidate schools; empty: the passenger's own", examples=[["S01"]]
    )
    plan_id: RecordIdPath | None = Field(
        default=None, description="Empty: the plan in force for their school, with what has been placed since"
    )
    n_options: int = Field(default=10, ge=1, le=20)
    with_reasons: bool = Field(
        default=False, description="Also say why routes to the same school cannot take them; takes longer"
    )


class RideOut(BaseModel):
    """A ride of the passenger."""

    leg: str
    days: list[int] = Field(description="Day indices 0 to 9: Mondays to Fridays of weeks A and B")
    ride_s: int
    at_s: int = Field(description="When they are fetched or set down at home, seconds after midnight")


class MovedOut(BaseModel):
    """Somebody else whose time moves."""

    passenger_id: str
    leg: str
    days: list[int]
    by_s: int = Field(description="Seconds later; earlier below 0")


class DisturbedOut(BaseModel):
    """A family to be told of more than the tolerance."""

    passenger_id: str
    sentence: str


class OptionOut(BaseModel):
    """One way to carry them: money in pence, times in seconds."""

    kind: str
    school_id: str
    route_id: str
    class_id: str
    operator_id: str | None
    vehicle_id: str | None
    priced_by: str
    extra_pence_per_day: int
    extra_pence_per_week: int
    extra_pence_per_year: int
    objective_pence_per_fortnight: int = Field(description="What options are ranked by")
    rides: list[RideOut]
    moved: list[MovedOut]
    disturbed: list[DisturbedOut]
    n_pas_before: int
    n_pas: int


class QuoteOut(BaseModel):
    """A quote: the options, cheapest first, and what they hold for."""

    quote_id: str
    passenger_id: str
    passenger_version: int
    plan_id: str = Field(description="Plan that it holds for; accepted against a changed plan it is refused")
    school_ids: list[str]
    is_decided: bool = Field(description="Else it may be quoted, not placed")
    valid_until: date
    asked_at: str
    options: list[OptionOut]
    refused: list[str]
    assumptions: list[str]


class PlacementShape(Shape):
    """Which option of which quote is accepted."""

    quote_id: RecordIdPath = Field(examples=["Q0123456789ABCDEF"])
    option: int = Field(default=1, ge=1, le=20, description="Counted from 1, as the quote lists them")


class PlacementOut(BaseModel):
    """An accepted quote, and the plan that it made: proposed, to be published like any other."""

    placement_id: str
    quote_id: str
    passenger_id: str
    option: int
    route_id: str
    plan_id_before: str
    plan_id: str
    accepted_at: str
    reversed_at: str | None
    plan_id_reversed: str | None


class PlacementDone(PlacementOut):
    """A placement with the plan that now stands."""

    plan: PlanOut


class PlacementPage(BaseModel):
    """A page of placements by id; `next` empty: the last one."""

    placements: list[PlacementOut]
    next: str


def open_plans(request: Request) -> OpenPlans:
    """Dependency: the plans that this process keeps open."""
    plans: OpenPlans = request.app.state.plans
    return plans


Plans = Annotated[OpenPlans, Depends(open_plans)]


@router.post("/quotes", status_code=201, response_model=QuoteOut)
def post_quote(body: QuoteShape, who: Asker, plans: Plans) -> dict[str, Any]:
    """What would it cost to carry a passenger of the lists? The best options, exactly priced; kept until it expires."""
    question = Question(
        passenger_id=body.passenger_id, school_ids=tuple(dict.fromkeys(body.school_ids)), plan_id=body.plan_id,
        n_options=body.n_options, with_reasons=body.with_reasons,
    )  # fmt: skip
    return _quote_json(ask(who.store, plans, who.caller, question, date.today()))


@router.get("/quotes/{quote_id}", response_model=QuoteOut)
def get_quote(quote_id: RecordIdPath, who: Asker) -> dict[str, Any]:
    """A quote as it was given; reading is logged."""

    def read(work: Work) -> StoredQuote:
        quote = read_quote(work.session, work.cipher, quote_id)
        work.log("read", "quote", quote_id, passenger_id=quote.passenger_id)
        return quote

    return _quote_json(who.store.change_together(who.caller, read))


@router.post("/placements", status_code=201, response_model=PlacementDone)
def post_placement(body: PlacementShape, who: Placer, one: OnceOnly, plans: Plans) -> Response:
    """Accept an option: the passenger joins the plan, which becomes a new one, proposed.

    Where the plan or the passenger have changed since, 409 with a fresh quote. Another system needs the setting
    `SCHOOLRUN_INTEGRATIONS_MAY_PLACE`.
    """
    if who.principal.role is None and not who.settings.integrations_may_place:
        raise NotAllowedError("another system may not accept quotes here (SCHOOLRUN_INTEGRATIONS_MAY_PLACE)")
    today = date.today()

    def do(work: Any, made: Made) -> Answer:
        return _done(*accept(work, made, body.option), status=201)

    try:
        return do_once_prepared(
            who, one, lambda: make_accepted(who.store, plans, body.quote_id, body.option, today), do
        )
    except PlanChangedError as error:
        raise PlanChangedError(str(error), _fresh(who, plans, body.quote_id, today)) from error


@router.post("/placements/{placement_id}/reverse", response_model=PlacementDone)
def post_reversal(placement_id: RecordIdPath, who: Placer, one: OnceOnly, plans: Plans) -> Response:
    """Take a placement back: the newest plan without the passenger, proposed. The passenger stays in the lists."""
    if who.principal.role is None and not who.settings.integrations_may_place:
        raise NotAllowedError("another system may not reverse placements here (SCHOOLRUN_INTEGRATIONS_MAY_PLACE)")
    return do_once_prepared(
        who, one, lambda: make_reversed(who.store, plans, placement_id, date.today()),
        lambda work, made: _done(*reverse(work, made)),
    )  # fmt: skip


@router.get("/placements", response_model=PlacementPage)
def get_placements(
    who: Asker, passenger_id: RecordIdPath | None = None, after: After = "", limit: PageLimit = 100
) -> dict[str, Any]:
    """Placements by id, a page at a time; of one passenger where asked for."""
    with who.store.read() as session:
        found = list_placements(session, passenger_id=passenger_id, after=after, limit=limit)
    following = found[-1].placement_id if len(found) == limit else ""
    return {"placements": [_placement_json(one) for one in found], "next": following}


@router.get("/placements/{placement_id}", response_model=PlacementOut)
def get_placement(placement_id: RecordIdPath, who: Asker) -> dict[str, Any]:
    """One placement."""
    with who.store.read() as session:
        return _placement_json(read_placement(session, placement_id))


def _fresh(who: Asking, plans: OpenPlans, quote_id: str, today: date) -> dict[str, Any] | None:
    """The question asked again; None where it has no answer any more, as for somebody who has been placed."""
    try:
        return _quote_json(fresh_quote(who.store, plans, who.caller, quote_id, today))
    except (NotAllowedYetError, InputFaults):
        return None


def _quote_json(quote: StoredQuote) -> dict[str, Any]:
    if quote.content is None:
        raise NotAllowedYetError(f"quote {quote.quote_id}: the passenger's personal data has been removed")
    content = quote.content
    return {
        "quote_id": quote.quote_id, "passenger_id": quote.passenger_id, "passenger_version": quote.passenger_version,
        "plan_id": quote.plan_id, "school_ids": list(quote.school_ids), "is_decided": quote.is_decided,
        "valid_until": quote.valid_until.isoformat(), "asked_at": moment_text(quote.asked_at),
        "options": content["options"], "refused": content["refused"], "assumptions": content["assumptions"],
    }  # fmt: skip


def _done(placement: Placement, plan: StoredPlan, *, status: int = 200) -> Answer:
    return Answer(status=status, body={**_placement_json(placement), "plan": plan_json(plan)})


def _placement_json(placement: Placement) -> dict[str, Any]:
    return {
        "placement_id": placement.placement_id, "quote_id": placement.quote_id,
        "passenger_id": placement.passenger_id, "option": placement.option_number, "route_id": placement.route_id,
        "plan_id_before": placement.plan_id_before, "plan_id": placement.plan_id,
        "accepted_at": moment_text(placement.accepted_at),
        "reversed_at": None if placement.reversed_at is None else moment_text(placement.reversed_at),
        "plan_id_reversed": placement.plan_id_reversed,
    }  # fmt: skip
