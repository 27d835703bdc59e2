"""Quotes for passengers of the lists, placing them, and taking a placement back; the letter that follows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.auth.permissions import Permission
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath
from api.open_plans import OpenPlans
from api.pages.passengers import placement_that_stands, school_names
from api.pages.plan_reading import open_for
from api.pages.quote_words import by_school
from api.pages.rendering import go_to, page
from api.pages.travel_now import travel_in
from api.pages.visit import Opens, Visit
from api.pages.words import day_words
from api.quoting import Question, ask, fresh_quote, make_accepted, make_reversed, reverse
from api.quoting import accept as accept_option
from api.store.faults import NotAllowedYetError, NotInStoreError, PlanChangedError
from api.store.passengers import read_passenger
from api.store.plans import read_stored_plan
from api.store.quotes import StoredQuote, newest_of, placement_of_quote, read_quote
from transport.files.faults import InputFaults

router = APIRouter(include_in_schema=False)

Asker = Annotated[Visit, Depends(Opens(permission=Permission.QUOTES_ASK))]
Placer = Annotated[Visit, Depends(Opens(permission=Permission.PLACEMENTS_WRITE))]
FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]

_N_OPTIONS = 10
_NOTICES = {
    "changed": "Something has changed since you were quoted, so nobody was placed. The passenger is in the lists. "
    "This is a fresh quote: please choose again.",
}


@router.post("/passengers/{passenger_id}/quote")
def quote_passenger(passenger_id: RecordIdPath, visit: Asker, plans: Plans) -> Response:
    """Quote somebody of the lists for their own school; the quote is kept until it expires."""
    question = Question(
        passenger_id=passenger_id, n_options=_N_OPTIONS, with_reasons=bool(visit.text("reasons"))
    )  # fmt: skip
    quote = ask(visit.store, plans, visit.caller, question, date.today())
    return go_to(f"/quotes/{quote.quote_id}")


@router.get("/quotes/{quote_id}")
def show_quote(quote_id: RecordIdPath, visit: Asker) -> Response:
    """A quote that was given, with its ways, and whether it still holds."""
    with visit.store.change(visit.caller) as work:
        session = work.session
        quote = read_quote(session, visit.store.cipher, quote_id)
        work.log("read", "quote", quote_id, passenger_id=quote.passenger_id)
        plan, names = read_stored_plan(session, quote.plan_id), school_names(visit, session)
        own = (read_passenger(session, visit.store.cipher, quote.passenger_id).body or {}).get("row", {})
        why_not = _why_not(session, quote)
    if quote.content is None:
        raise NotAllowedYetError(f"quote {quote_id}: the passenger's personal data has been removed")
    schools = sorted(quote.school_ids, key=lambda school_id: school_id != own.get("school_id"))
    return page(
        visit, "quote.html", plan=plan, quotes=by_school(quote.content, schools, names, _N_OPTIONS),
        content=quote.content, notice=_NOTICES.get(visit.request.query_params.get("because", ""), ""),
        valid_until=day_words(quote.valid_until), why_not=why_not, passenger_id=quote.passenger_id,
        accept=f"/quotes/{quote_id}/accept", fields=[], may_choose_school=False, own_school_id=own.get("school_id", ""),
        again=(f"/passengers/{quote.passenger_id}/quote", []),
    )  # fmt: skip


@router.post("/quotes/{quote_id}/accept")
def accept(quote_id: RecordIdPath, visit: Placer, plans: Plans) -> Response:
    """Place the passenger by the option chosen: the next plan, proposed."""
    option = visit.text("option")
    return accept_stored(visit, plans, quote_id, int(option) if option.isdecimal() and len(option) < 4 else 0)


@router.post("/placements/{placement_id}/reverse")
def reverse_placement(placement_id: RecordIdPath, visit: Placer, plans: Plans) -> Response:
    """Take a placement back: the newest plan without the passenger, proposed; they stay in the lists."""
    made = make_reversed(visit.store, plans, placement_id, date.today())
    with visit.store.change(visit.caller) as work:
        placement, _ = reverse(work, made)
        passenger_id = placement.passenger_id
    return go_to(f"/passengers/{passenger_id}?done=reversed")


@router.get("/plans/{plan_id}/letters/{passenger_id}")
def show_letter(plan_id: RecordIdPath, passenger_id: RecordIdPath, visit: FileReader) -> Response:
    """What a family is told: from when, on which route, at which times."""
    stored, opened = open_for(visit, plan_id, "letter")
    travel = travel_in(plan_id, opened, passenger_id)
    if travel is None or not travel.trips:
        raise NotInStoreError(f"plan {plan_id}: does not carry passenger {passenger_id}")
    told = [line for line in (opened.told or {}).get("told", ()) if line["who_id"] == passenger_id]
    from_on = date.fromisoformat(told[0]["from_on"]) if told else opened.outcome.scenario.starts_on
    passenger = opened.outcome.scenario.passenger_by_id[passenger_id]
    with visit.store.read() as session:
        placement = placement_that_stands(visit, session, passenger_id)
    return page(
        visit, "letter.html", stored=stored, passenger_id=passenger_id, travel=travel, from_words=day_words(from_on),
        told=opened.told, told_on=day_words(opened.told["told_on"]) if opened.told else "", placement=placement,
        school=opened.outcome.scenario.school_by_id[passenger.school_id].name,
    )  # fmt: skip


def accept_stored(visit: Visit, plans: OpenPlans, quote_id: str, option: int) -> Response:
    """Accept an option of a kept quote; where plan or passenger have changed since, show a fresh quote instead."""
    today = date.today()
    try:
        made = make_accepted(visit.store, plans, quote_id, option, today)
        with visit.store.change(visit.caller) as work:
            placement, plan = accept_option(work, made, option)
            passenger_id, plan_id = placement.passenger_id, plan.plan_id
    except PlanChangedError as error:
        try:
            fresh = fresh_quote(visit.store, plans, visit.caller, quote_id, today)
        except (NotAllowedYetError, InputFaults):
            raise error from None
        return go_to(f"/quotes/{fresh.quote_id}?because=changed")
    return go_to(f"/plans/{plan_id}/letters/{passenger_id}?done=added")


def _why_not(session: Session, quote: StoredQuote) -> str:
    """Why a quote cannot be accepted; empty where it can."""
    if placement_of_quote(session, quote.quote_id) is not None:
        return "This quote has been accepted."
    if newest_of(session, quote.plan_id) != quote.plan_id:
        return "The plan has changed since this quote. Quote again."
    if date.today() > quote.valid_until:
        return f"This quote was valid until {day_words(quote.valid_until)}. Quote again."
    return "" if quote.is_decided else "The decision about this passenger is awaited: they may be quoted, not placed."
