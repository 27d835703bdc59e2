"""From a form to a step of a tender: the endpoints' own shapes and functions, with faults told beside the fields."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from fastapi import Response
from pydantic import BaseModel, ValidationError

from api.endpoints.asking import Asking
from api.idempotency import Once, once_of_form
from api.open_plans import OpenPlans
from api.pages.rendering import go_to
from api.pages.spreadsheets import Listed, page_with_tables
from api.pages.tender_reading import OpenedTender
from api.pages.visit import CSRF_FIELD, Visit
from api.store.faults import NotAllowedYetError
from transport.files.faults import Fault, InputFaults
from transport.files.plan_words import METRES_PER_MILE

ONCE_FIELD = "once"
S = TypeVar("S", bound=BaseModel)
_WORDS_BY_TYPE = {
    "missing": "fill this in",
    "string_too_short": "fill this in",
    "int_parsing": "enter a whole number, such as 45",
    "date_from_datetime_parsing": "enter a date, such as 2027-07-20",
    "date_parsing": "enter a date, such as 2027-07-20",
    "datetime_from_date_parsing": "enter a date and a time",
    "datetime_parsing": "enter a date and a time",
    "string_pattern_mismatch": "use letters, digits, dots, dashes and underscores only",
}
_ACCOUNT = re.compile(r"[Aa]ccount/([A-Za-z0-9_-]+)")
_VALUE_ERROR = re.compile(r"Value error, (.*?) \[type=", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a step was not taken: sentence by field (empty: no field of the form), and faults of files row by row."""

    errors: Mapping[str, str]
    rows: tuple[tuple[str, str, str, str], ...] = ()


NOTHING = Refused(errors={})


def asking_of(visit: Visit) -> Asking:
    """Whoever sends a form, as the endpoints know them."""
    return Asking(
        store=visit.store, settings=visit.settings, principal=visit.principal, caller=visit.caller, token=visit.token
    )  # fmt: skip


def once_of(visit: Visit, *more: str) -> Once:
    """The form as a request that has its effect once; `more` stands for files that came with it."""
    sent = [
        f"{name}={value}" for name, value in visit.form.multi_items()
        if isinstance(value, str) and name not in (CSRF_FIELD, ONCE_FIELD)
    ]  # fmt: skip
    return once_of_form(visit.text(ONCE_FIELD), [visit.request.url.path, *sent, *more])


def shape_of(kind: type[S], fields: Mapping[str, Any]) -> S:
    """A body as an endpoint takes it.

    Raises
    ------
    InputFaults
        With the names of its fields, all at once.
    """
    try:
        return kind.model_validate({name: value for name, value in fields.items() if value not in ("", None)})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise InputFaults([form_fault(_field_of(one["loc"]), _words_of(one)) for one in found]) from error


def _field_of(loc: tuple[int | str, ...]) -> str:
    """Field of the form: of a mapping, such as scores by operator, each entry has its own."""
    entry = loc[:2] if len(loc) > 1 and isinstance(loc[1], str) else loc[:1]
    return "-".join(map(str, entry))


def _words_of(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "string_too_long":
        return f"use at most {fault['ctx']['max_length']:,} characters"
    return _WORDS_BY_TYPE.get(fault["type"], str(fault["msg"]))


def wanted_of(
    kind: type[S],
    fields: Mapping[str, Any],
    faults: list[Fault],
    names: Mapping[str, str],
    said: Mapping[str, str] = MappingProxyType({}),
) -> S:
    """A body as `shape_of`, of fields of which some were faults already.

    Parameters
    ----------
    faults : found so far. names : of the form's fields, by the body's where they differ; said : what to say of one
        instead, by the body's.

    Raises
    ------
    InputFaults
        With the names of the form's fields, every fault at once.
    """
    try:
        found = shape_of(kind, fields)
    except InputFaults as error:
        faults = [
            *faults,
            *(form_fault(names.get(f.column, f.column), said.get(f.column, f.message)) for f in error.faults),
        ]
    if faults:
        raise InputFaults(faults)
    return found


def form_fault(column: str, message: str) -> Fault:
    """A fault of a field of a form."""
    return Fault(file="form", row=None, column=column, value="", message=message)


def whole(visit: Visit, name: str, faults: list[Fault], unit: int = 1) -> int | None:
    """A whole number of a form, in the engine's unit; None where it is empty, or a fault was noted."""
    text = visit.text(name).replace(",", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 10:
        faults.append(form_fault(name, "enter a whole number, such as 45"))
        return None
    return int(text) * unit


CUT_NAMES = {"why": "reason", "max_metres_a_day": "max_miles", "max_year_pence": "max_pounds"}
"""Fields of the form of a cut, by what the endpoints call them."""


def cut_fields(visit: Visit, faults: list[Fault]) -> dict[str, Any]:
    """How lots are to be cut, as the endpoints take it."""
    n_miles = whole(visit, "max_miles", faults)
    return {
        "cut": visit.text("cut"), "max_routes": whole(visit, "max_routes", faults),
        "max_metres_a_day": None if n_miles is None else round(n_miles * METRES_PER_MILE),
        "max_year_pence": whole(visit, "max_pounds", faults, 100), "fleet_too": bool(visit.text("fleet_too")),
        "comparison_id": visit.text("comparison_id"),
    }  # fmt: skip


def stepped(
    act: Callable[[], Response], address: str, shown: Callable[[Refused], Response], done: str = "step"
) -> Response:  # fmt: skip
    """Take a step and go on; where it is refused, show the form once more with the reason.

    Parameters
    ----------
    shown : makes the page of the form. done : which of `DONE_WORDS` the page at the address says.
    """
    try:
        act()
    except InputFaults as found:
        return shown(refused_by(found.faults))
    except NotAllowedYetError as error:
        return shown(Refused(errors={"": sentence_of(str(error))}))
    return go_to(f"{address}?done={done}")


def take(
    visit: Visit,
    plans: OpenPlans,
    tender_id: str,
    post: Callable[..., Response],
    wanted: Callable[[], BaseModel],
    part: str,
    shown: Callable[[Visit, str, Refused], Response],
    done: str = "step",
) -> Response:
    """Take the step of a form that is one body of its endpoint.

    Parameters
    ----------
    post : the endpoint. wanted : makes its body. part : of the tender's address, where the form is; shown : its page.
    done : as of `stepped`.
    """
    return stepped(
        lambda: post(tender_id, wanted(), asking_of(visit), visit.version(), once_of(visit), plans),
        f"/tenders/{tender_id}/{part}",
        lambda refused: shown(visit, tender_id, refused),
        done,
    )


def refused_by(faults: tuple[Fault, ...]) -> Refused:
    """Faults of the form under its fields, those of files as rows."""
    own = [fault for fault in faults if fault.file in ("form", "tender")]
    errors: dict[str, str] = {}
    for fault in own:
        errors.setdefault(fault.column, sentence_of(fault.message))
    rows = tuple(
        (fault.file, "" if fault.row is None else str(fault.row), fault.column.replace("_", " "),
         sentence_of(fault.message))
        for fault in faults if fault.file not in ("form", "tender")
    )  # fmt: skip
    if rows:
        errors.setdefault("", "Nothing was taken in: see the faults of the files below")
    return Refused(errors=errors, rows=rows)


def sentence_of(text: str) -> str:
    """A message with a capital letter in front, without what stands around it for programmers."""
    found = _VALUE_ERROR.search(text)
    plain = found.group(1) if found else text
    return plain[:1].upper() + plain[1:]


def tender_page(
    visit: Visit,
    template: str,
    opened: OpenedTender,
    refused: Refused = NOTHING,
    tables: Mapping[str, Listed] | None = None,
    **values: Any,
) -> Response:
    """A page of one tender, with what every form of it must send back; or its tables as a workbook.

    Parameters
    ----------
    tables : of the page, by the name that its template knows.
    """
    return page_with_tables(
        visit, template, ("tender", opened.stored.tender_id), tables or {}, status=422 if refused.errors else 200,
        opened=opened, stored=opened.stored,
        errors={field: _named(words, opened.people) for field, words in refused.errors.items()},
        fault_rows=refused.rows, once=secrets.token_hex(16), **values,
    )  # fmt: skip


def _named(words: str, people: Mapping[str, str]) -> str:
    """A sentence of the record with people by the names that they sign in with."""
    return _ACCOUNT.sub(lambda found: people.get(f"account/{found.group(1)}", found.group()), words)
