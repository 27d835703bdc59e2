"""A new passenger: quotes for several schools on one page before anything is saved, then the place."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.quotes import Plans
from api.open_plans import Newcomer
from api.pages.passengers import school_names
from api.pages.plan_reading import standing_ids
from api.pages.quote_words import by_school
from api.pages.quotes import accept_stored
from api.pages.rendering import errors_by_field, page
from api.pages.visit import Opens, Visit
from api.pages.words import day_words
from api.quoting import answer
from api.store.faults import CannotDecryptError, NotAllowedYetError
from api.store.passengers import PassengerDraft, new_passenger_id, save_passenger
from api.store.plans import read_stored_plan, standing_plans
from api.store.quotes import Asked, newest_of, save_quote
from transport.files.faults import Fault, InputFaults

router = APIRouter(include_in_schema=False)

Placer = Annotated[Visit, Depends(Opens(permission=Permission.PLACEMENTS_WRITE))]

_CELLS = ("phase", "postcode", "mobility", "pa_need", "solo", "starts_on")
_NAMES = ("given_name", "family_name")
_MOST_SCHOOLS = 6
MOST_OPTIONS = 5
"""Ways to each school."""


@router.get("/new-passenger")
def show_form(visit: Placer) -> Response:
    """The form: who, from where, with which needs, to which schools."""
    return _form(visit, {})


@router.post("/new-passenger")
def show_quote(visit: Placer, plans: Plans) -> Response:
    """What each school would cost, with the routes that could take them; nothing is saved."""
    try:
        wanted = _wanted_schools(visit)
        plan_id = _plan_for(visit, wanted)
        newcomer = Newcomer(
            passenger_id=new_passenger_id(), version=1, cells=_row(visit, wanted[0]), school_ids=frozenset(wanted)
        )
        asked, content = answer(
            visit.store, plans, newcomer, plan_id, date.today(), n_options=MOST_OPTIONS * len(wanted),
            with_reasons=bool(visit.text("reasons")),
        )  # fmt: skip
    except InputFaults as found:
        return _form(visit, _for_form(found))
    with visit.store.change(visit.caller) as work:
        plan, names = read_stored_plan(work.session, plan_id), school_names(visit, work.session)
        work.log("read", "plan", plan_id, page="quote")
    fields = [(name, value) for name in (*_CELLS, *_NAMES) if (value := visit.text(name))]
    return page(
        visit, "quote.html", plan=plan, quotes=by_school(content, wanted, names, MOST_OPTIONS), content=content,
        notice="", valid_until=day_words(asked.valid_until), why_not="", passenger_id="",
        accept="/new-passenger/accept",
        fields=[("sealed", _sealed(visit, asked, newcomer, content))], may_choose_school=True,
        again=("/new-passenger", [*fields, *(("school_ids", school_id) for school_id in wanted)]),
    )  # fmt: skip


@router.post("/new-passenger/accept")
def accept(visit: Placer, plans: Plans) -> Response:
    """Save the passenger with the quote that was shown, and place them by the option chosen."""
    try:
        asked, cells, details, content = _opened(visit)
        option = _option(visit, content)
        row = {**cells, "school_id": option["school_id"]}
        with visit.store.change(visit.caller) as work:
            save_passenger(work, asked.passenger_id, _draft(row, details), expected_version=0)
            quote = save_quote(work, asked, content)
    except InputFaults as found:
        return _form(visit, _for_form(found))
    return accept_stored(visit, plans, quote.quote_id, int(visit.text("option")))


def _form(visit: Visit, errors: Mapping[str, str]) -> Response:
    with visit.store.read() as session:
        schools = sorted(school_names(visit, session).items(), key=lambda school: school[1])
        is_standing = bool(standing_ids(session))
    status = 422 if errors else 200
    return page(visit, "new_passenger.html", status=status, schools=schools, is_standing=is_standing, errors=errors)


def _plan_for(visit: Visit, school_ids: list[str]) -> str:
    """The newest plan that grew out of the one that holds for the schools asked for, or for most where they have none.

    Raises
    ------
    InputFaults
        When different plans hold for them.
    NotAllowedYetError
        When no plan holds.
    """
    with visit.store.read() as session:
        standing, ids = standing_plans(session), standing_ids(session)
        if not ids:
            raise NotAllowedYetError("no plan holds yet: publish one first")
        holders = {newest_of(session, standing[sid]) for sid in school_ids if sid in standing}
        if len(holders) > 1:
            raise _fault("school_ids", "choose schools for which the same plan holds")
        return holders.pop() if holders else newest_of(session, ids[0])


def _wanted_schools(visit: Visit) -> list[str]:
    wanted = list(dict.fromkeys(visit.texts("school_ids")))
    if not wanted:
        raise _fault("school_ids", "choose at least one school")
    if len(wanted) > _MOST_SCHOOLS:
        raise _fault("school_ids", f"choose at most {_MOST_SCHOOLS} schools")
    return wanted


def _row(visit: Visit, school_id: str) -> dict[str, str]:
    cells = {name: value for name in _CELLS if (value := visit.text(name))}
    return {**cells, "school_id": school_id, "postcode": cells.get("postcode", "").upper()}


def _draft(row: Mapping[str, str], details: Mapping[str, str]) -> PassengerDraft:
    starts_on = date.fromisoformat(row["starts_on"]) if row.get("starts_on") else None
    cells = {name: value for name, value in row.items() if name != "starts_on"}
    return PassengerDraft(parts={"row": cells}, starts_on=starts_on, details=details)


def _sealed(visit: Visit, asked: Asked, newcomer: Newcomer, content: Mapping[str, Any]) -> str:
    """The quote and whom it is for, as it travels in the page: what is accepted is what was shown."""
    details = {name: value for name in _NAMES if (value := visit.text(name))}
    told = {
        "asked": {**asdict(asked), "valid_until": asked.valid_until.isoformat()}, "cells": dict(newcomer.cells),
        "details": details, "content": content,
    }  # fmt: skip
    return base64.b64encode(visit.store.cipher.seal_bytes(_context(visit), json.dumps(told).encode())).decode()


def _opened(visit: Visit) -> tuple[Asked, dict[str, str], dict[str, str], dict[str, Any]]:
    try:
        opened = visit.store.cipher.open_bytes(_context(visit), base64.b64decode(visit.text("sealed"), validate=True))
    except (CannotDecryptError, binascii.Error, ValueError):
        raise _fault("", "the quote could not be read back; fill in the form again") from None
    told = json.loads(opened)
    given = told["asked"]
    asked = Asked(
        **{
            **given,
            "school_ids": tuple(given["school_ids"]),
            "valid_until": date.fromisoformat(given["valid_until"]),
        }
    )
    return asked, told["cells"], told["details"], told["content"]


def _option(visit: Visit, content: Mapping[str, Any]) -> Mapping[str, Any]:
    number, options = visit.text("option"), content["options"]
    if not (number.isdecimal() and 1 <= int(number) <= len(options)):
        raise _fault("", "the quote could not be read back; fill in the form again")
    found: Mapping[str, Any] = options[int(number) - 1]
    return found


def _context(visit: Visit) -> str:
    # Bound to who was shown it: nobody can accept a quote that the engine did not give.
    return f"quote-page/{visit.principal.name}"


def _for_form(found: InputFaults) -> dict[str, str]:
    """Faults of the engine's list under the fields of the form."""
    errors = errors_by_field(found.faults)
    return {("school_ids" if name in ("school_id", "candidate_school_ids") else name): w for name, w in errors.items()}


def _fault(column: str, message: str) -> InputFaults:
    return InputFaults([Fault(file="form", row=None, column=column, value="", message=message)])
