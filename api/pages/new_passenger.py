"""A new passenger: quotes for several schools on one page, then the place, in a new version of the plan."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.shapes import RecordIdPath
from api.in_year_change import ChangeRequest, change_in_year
from api.in_year_quotes import KIND_WORDS, QuoteRequest, moved_words, pa_words, quote_new, signed
from api.pages.base_plans import plans_since
from api.pages.passengers import school_names
from api.pages.plan_reading import open_for, standing_ids
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.travel_now import travel_in
from api.pages.visit import Opens, Visit
from api.pages.words import code_words, day_words
from api.store.faults import NotAllowedYetError, NotInStoreError
from api.store.passengers import PassengerDraft, new_passenger_id, save_passenger
from api.store.plans import StoredPlan, add_plan, seal_plan, standing_plans, write_folder
from transport.calendar import Leg, days_words
from transport.files.faults import Fault, InputFaults
from transport.files.plan_words import clock, minutes
from transport.files.tables import cell_text

if TYPE_CHECKING:
    from routing.quote import Option, Quote

router = APIRouter(include_in_schema=False)

Writer = Annotated[Visit, Depends(Opens(permission=Permission.PASSENGERS_WRITE))]
FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]

_CELLS = ("phase", "postcode", "mobility", "pa_need", "solo", "starts_on")
_NAMES = ("given_name", "family_name")
_MOST_SCHOOLS = 6
_OPTIONS = 5
_TO_QUOTE = "QUOTED"
"""Id of somebody who has none yet, within one quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionLine:
    """One way to carry them, in words."""

    route_id: str
    kind: str
    a_day: str
    a_year: str
    times: str
    others: str
    pas: str
    priced_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolQuote:
    """What a school would mean: its options, the cheapest first."""

    school_id: str
    school: str
    options: tuple[OptionLine, ...]


@router.get("/new-passenger")
def show_form(visit: Writer) -> Response:
    """The form: who, from where, with which needs, to which schools."""
    return _form(visit, {})


@router.post("/new-passenger")
def show_quote(visit: Writer) -> Response:
    """What each school would cost, with the routes that could take them; nothing is saved."""
    return _quoted(visit, "")


@router.post("/new-passenger/accept")
def accept(visit: Writer) -> Response:
    """Save the passenger and place them at the school chosen, in a new draft of the plan, at the cheapest option."""
    plans = _base_plans(visit)
    if plans[0].plan_id != visit.text("newest_id"):
        return _quoted(visit, "The plan has changed since this was quoted. This is a fresh quote.")
    plan = _chosen(visit, plans)
    passenger_id, row = new_passenger_id(), _row(visit, visit.text("school_id"))
    try:
        with _folder_of(visit, plan.plan_id) as folder, tempfile.TemporaryDirectory(prefix="schoolrun-") as made:
            request = ChangeRequest(
                plan_path=folder, out=Path(made) / "plan", told_on=date.today(),
                new_path=_list(folder.parent, {"passenger_id": passenger_id, **row}),
                roads_path=visit.settings.roads_file, cache_dir=visit.settings.cache_folder,
            )  # fmt: skip
            report = change_in_year(request).report
            if report.not_placed:
                return _form(visit, {"": f"Not placed: {report.not_placed[0][1]}"})
            sealed = seal_plan(visit.store.cipher, Path(made) / "plan")
            with visit.store.change(visit.caller) as work:
                save_passenger(work, passenger_id, _draft(visit, row), expected_version=0)
                stored = add_plan(work, sealed, f"{plan.title[:150]}, with {passenger_id}")
    except InputFaults as found:
        return _form(visit, _for_form(found))
    except ValueError as error:
        return _form(visit, {"": str(error)})
    return go_to(f"/plans/{stored.plan_id}/letters/{passenger_id}?done=added")


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
    return page(
        visit, "letter.html", stored=stored, passenger_id=passenger_id, travel=travel, from_words=day_words(from_on),
        told=opened.told, told_on=day_words(opened.told["told_on"]) if opened.told else "",
        school=opened.outcome.scenario.school_by_id[passenger.school_id].name,
    )  # fmt: skip


def _quoted(visit: Visit, notice: str) -> Response:
    try:
        plans = _base_plans(visit)
        plan = plans[0] if notice else _chosen(visit, plans)
        wanted = _wanted_schools(visit)
        row = {**_row(visit, wanted[0]), "passenger_id": _TO_QUOTE, "candidate_school_ids": tuple(wanted[1:])}
        with _folder_of(visit, plan.plan_id) as folder:
            request = QuoteRequest(
                plan_path=folder, new_path=_list(folder.parent, row), asked_on=date.today(), n=_OPTIONS * len(wanted),
                roads_path=visit.settings.roads_file, cache_dir=visit.settings.cache_folder,
            )  # fmt: skip
            (quote,) = quote_new(request)
    except InputFaults as found:
        return _form(visit, _for_form(found))
    except ValueError as error:
        return _form(visit, {"": str(error)})
    with visit.store.read() as session:
        names = school_names(visit, session)
    fields = [(name, value) for name in (*_CELLS, *_NAMES) if (value := visit.text(name))]
    fields += [("school_ids", school_id) for school_id in wanted]
    return page(
        visit, "quote.html", plan=plan, newest_id=plans[0].plan_id, quotes=_by_school(quote, wanted, names),
        refused=quote.refused, notice=notice,
        assumptions=quote.assumptions, valid_until=day_words(quote.valid_until), fields=fields,
    )  # fmt: skip


def _by_school(quote: Quote, wanted: list[str], names: Mapping[str, str]) -> list[SchoolQuote]:
    """Schools with the cheapest way first; one without any way last."""
    found = [
        SchoolQuote(
            school_id=school_id, school=names.get(school_id, school_id),
            options=tuple(_line(o) for o in quote.options if o.school_id == school_id)[:_OPTIONS],
        )
        for school_id in wanted
    ]  # fmt: skip
    order = [option.school_id for option in quote.options]
    return sorted(found, key=lambda one: order.index(one.school_id) if one.school_id in order else len(order))


def _line(option: Option) -> OptionLine:
    times = (
        f"{'fetched' if ride.leg is Leg.AM else 'home'} {clock(ride.at_s)}, {minutes(ride.ride_s)} minutes on board "
        f"({days_words(ride.days)})"
        for ride in option.rides
    )
    return OptionLine(
        route_id=option.route_id, kind=KIND_WORDS[option.kind.value], a_day=signed(option.extra_pence_per_day),
        a_year=signed(option.extra_pence_per_year, pennies=False), times="; ".join(times), others=moved_words(option),
        pas=pa_words(option), priced_by=option.priced_by,
    )  # fmt: skip


def _form(visit: Visit, errors: Mapping[str, str]) -> Response:
    with visit.store.read() as session:
        schools = sorted(school_names(visit, session).items(), key=lambda school: school[1])
        ids = standing_ids(session)
        plans = plans_since(visit, session, ids[0]) if ids else []
    options = [(p.plan_id, f"{p.title} ({code_words(p.status).casefold()})") for p in plans]
    status = 422 if errors else 200
    return page(visit, "new_passenger.html", status=status, schools=schools, plans=options, errors=errors)


def _base_plans(visit: Visit) -> list[StoredPlan]:
    """The plan that holds for the schools asked for (where they name none: for most), behind what changes it since.

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
        holders = {standing[sid] for sid in visit.texts("school_ids") if sid in standing} or {ids[0]}
        if len(holders) > 1:
            raise _fault("school_ids", "choose schools for which the same plan holds")
        return plans_since(visit, session, holders.pop())


def _chosen(visit: Visit, plans: list[StoredPlan]) -> StoredPlan:
    """The plan asked for; where it is none of those, the newest."""
    return next((plan for plan in plans if plan.plan_id == visit.text("plan_id")), plans[0])


def _wanted_schools(visit: Visit) -> list[str]:
    wanted = list(dict.fromkeys(visit.texts("school_ids")))
    if not wanted:
        raise _fault("school_ids", "choose at least one school")
    if len(wanted) > _MOST_SCHOOLS:
        raise _fault("school_ids", f"choose at most {_MOST_SCHOOLS} schools")
    return wanted


def _row(visit: Visit, school_id: str) -> dict[str, Any]:
    cells = {name: value for name in _CELLS if (value := visit.text(name))}
    return {**cells, "school_id": school_id, "postcode": cells.get("postcode", "").upper()}


def _draft(visit: Visit, row: Mapping[str, Any]) -> PassengerDraft:
    starts_on = date.fromisoformat(row["starts_on"]) if row.get("starts_on") else None
    return PassengerDraft(
        parts={"row": {name: value for name, value in row.items() if name != "starts_on"}}, starts_on=starts_on,
        details={name: value for name in _NAMES if (value := visit.text(name))},
    )  # fmt: skip


def _list(folder: Path, row: Mapping[str, Any]) -> Path:
    """The list of one new passenger, as the engine reads it."""
    path = folder / "new_passengers.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(row)
        writer.writerow([cell_text(value) for value in row.values()])
    return path


@contextmanager
def _folder_of(visit: Visit, plan_id: str) -> Iterator[Path]:
    """A plan's folder on disk for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        folder = Path(name) / "plan"
        with visit.store.change(visit.caller) as work:
            write_folder(work.session, work.cipher, plan_id, folder)
            work.log("read", "plan", plan_id, page="quote")
        yield folder


def _for_form(found: InputFaults) -> dict[str, str]:
    """Faults of the engine's list under the fields of the form."""
    errors = errors_by_field(found.faults)
    return {("school_ids" if name in ("school_id", "candidate_school_ids") else name): w for name, w in errors.items()}


def _fault(column: str, message: str) -> InputFaults:
    return InputFaults([Fault(file="form", row=None, column=column, value="", message=message)])
