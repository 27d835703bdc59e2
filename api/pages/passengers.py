"""Passengers: the list, the search by name, and one passenger's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.auth.permissions import Permission
from api.endpoints.shapes import After, RecordIdPath
from api.page_tables import school_names_of
from api.pages.plan_reading import plans_of, standing_ids
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.travel_now import TravelNow, travel_in, without_a_place
from api.pages.visit import Opens, Visit
from api.pages.words import code_words, day_words, moment_words
from api.store.details import FIELDS, details_of, names_like
from api.store.faults import NotInStoreError
from api.store.models import Placement
from api.store.passengers import PASSENGER, leave, read_passenger
from api.store.plans import standing_plans
from api.store.quotes import list_placements
from api.store.records import Draft as RecordDraft
from api.store.records import Filter, Stored, changed_fields, history_of, id_of_external, list_records
from transport.files.columns import TABLE_BY_NAME
from transport.files.faults import Fault, InputFaults
from transport.passengers import Status

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.PASSENGERS_READ))]
DetailsReader = Annotated[Visit, Depends(Opens(permission=Permission.DETAILS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.PASSENGERS_WRITE))]

_A_PAGE = 50
_MOST_PLACEMENTS = 500
_SHORT_PA_WORDS = {"none": "–", "shared": "Shared", "one_to_one": "One of their own", "two_to_one": "Two of their own"}
_LABELS = {"pa_need": "Passenger assistant", "pa_training_tags": "Training of the assistant", "solo": "Travels alone"}
_NEEDS = ("mobility", "pa_need", "solo", "vehicle_tags", "restraint_type", "pa_training_tags", "ride_cap_min")
_PLACES = ("postcode", "easting", "northing", "lat", "lon", "walk_m", "boards_at_home")


@router.get("/passengers")
def show_passengers(
    visit: Reader, school: After = "", status: str = "", after: After = "", without: str = ""
) -> Response:
    """Passengers of today, by id, a page at a time."""
    wanted = Filter(
        after=after, limit=_A_PAGE, school_id=school or None,
        status=status if status in {s.value for s in Status} else None, in_force_on=date.today(),
    )  # fmt: skip
    with visit.store.read() as session:
        found = _without(visit, session, wanted.after) if without else _listed(visit, session, wanted)
        names = _names(visit, session, found)
        schools = school_names(visit, session)
        holding = standing_ids(session)
    with visit.store.change(visit.caller) as work:
        work.log("read", "passenger", "list", ids=[stored.record_id for stored in found])
    following = found[-1].record_id if len(found) == _A_PAGE else ""
    rows = [_row(stored, names, schools) for stored in found]
    return page(
        visit, "passengers.html", rows=rows, schools=_by_name(schools), school=school, decision=status, without=without,
        plan_id=holding[0] if holding else "", following=following, part="", errors={},
        statuses=[s.value for s in Status],
    )  # fmt: skip


@router.post("/passengers/search")
def search_passengers(visit: DetailsReader) -> Response:
    """Find somebody by part of a name, by our id, or by another system's. What is looked for stands in no address."""
    part = visit.text("part")
    errors = {} if len(part) >= 2 else {"part": "Enter at least 2 letters of a name, or an id"}
    with visit.store.read() as session:
        found = [] if errors else _search(session, visit, part)
        names = _names(visit, session, found)
        schools = school_names(visit, session)
    with visit.store.change(visit.caller) as work:
        work.log("search", "passenger", "list", field="name or id", ids=[stored.record_id for stored in found])
    return page(
        visit, "passengers.html", rows=[_row(s, names, schools) for s in found], schools=_by_name(schools), school="",
        decision="", without="", plan_id="", following="", part=part, errors=errors, statuses=[s.value for s in Status],
    )  # fmt: skip


@router.get("/passengers/{passenger_id}")
def show_passenger(passenger_id: RecordIdPath, visit: Reader) -> Response:
    """One passenger: needs, places by date, how they travel now, history."""
    return _one(visit, passenger_id, {})


@router.post("/passengers/{passenger_id}/leave")
def leave_passenger(passenger_id: RecordIdPath, visit: Writer) -> Response:
    """Note a passenger's last day of travel."""
    try:
        last_day = date_of(visit, "last_day")
        with visit.store.change(visit.caller) as work:
            leave(work, passenger_id, last_day, expected_version=visit.version())
    except InputFaults as found:
        # The store knows the form's one field by its own name.
        return _one(visit, passenger_id, {"last_day": next(iter(errors_by_field(found.faults).values()))})
    return go_to(f"/passengers/{passenger_id}?done=left")


def date_of(visit: Visit, name: str) -> date:
    """A date of a form.

    Raises
    ------
    InputFaults
        When it is none.
    """
    try:
        return date.fromisoformat(visit.text(name))
    except ValueError:
        message = "enter a date, such as 2027-07-20"
        raise InputFaults(
            [Fault(file="form", row=None, column=name, value=visit.text(name), message=message)]
        ) from None


def school_names(visit: Visit, session: Session) -> dict[str, str]:
    """Name of every school, by id."""
    return school_names_of(session, visit.store)


def _by_name(schools: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(schools.items(), key=lambda item: item[1])


def _listed(visit: Visit, session: Session, wanted: Filter) -> list[Stored]:
    return list_records(session, visit.store.cipher, PASSENGER, wanted)


def _without(visit: Visit, session: Session, after: str) -> list[Stored]:
    """A page of those whom no plan that holds carries."""
    ids = [passenger_id for passenger_id in without_a_place(visit, session) if passenger_id > after]
    return [read_passenger(session, visit.store.cipher, passenger_id) for passenger_id in ids[:_A_PAGE]]


def _search(session: Session, visit: Visit, part: str) -> list[Stored]:
    cipher = visit.store.cipher
    ids = list(names_like(session, cipher, part, _A_PAGE))
    source, _, external = part.partition(":")
    known = id_of_external(session, cipher, PASSENGER, source.strip(), external.strip()) if external else None
    found = []
    for passenger_id in dict.fromkeys([part.upper(), part, *([known] if known else []), *ids]):
        try:
            found.append(read_passenger(session, cipher, passenger_id))
        except NotInStoreError:
            continue
    return found


def _names(visit: Visit, session: Session, found: Sequence[Stored]) -> dict[str, str]:
    """Names of those found, for those who may see them."""
    if not visit.may("details.read"):
        return {}
    own = {
        s.record_id: details_of(session, visit.store.cipher, s.record_id, ("given_name", "family_name")) for s in found
    }
    return {pid: f"{d.get('given_name', '')} {d.get('family_name', '')}".strip() for pid, d in own.items()}


def named(visit: Visit, passenger_ids: Sequence[str], part: str) -> dict[str, str]:
    """Names with ids behind them, of those who have a name and for those who may see it; that they were read is noted.

    Parameters
    ----------
    part : where they are shown.
    """
    if not visit.may("details.read"):
        return {}
    fields = ("given_name", "family_name")
    with visit.store.read() as session:
        own = {pid: details_of(session, visit.store.cipher, pid, fields) for pid in passenger_ids}
    found = {pid: " ".join(filter(None, (d.get(field, "") for field in fields))) for pid, d in own.items()}
    shown = {pid: f"{name} ({pid})" for pid, name in found.items() if name}
    if shown:
        with visit.store.change(visit.caller) as work:
            work.log("read", "passenger", "list", page=part, ids=list(shown))
    return shown


def _row(stored: Stored, names: Mapping[str, str], schools: Mapping[str, str]) -> tuple[Any, ...]:
    cells = _cells(stored)
    name = names.get(stored.record_id, "")
    school_id = cells.get("school_id", "")
    return (
        (name or stored.record_id, f"/passengers/{stored.record_id}"),
        stored.record_id,
        schools.get(school_id, school_id),
        code_words(cells.get("phase", "")),
        _SHORT_PA_WORDS[cells.get("pa_need", "none")],
        code_words(cells.get("status", "confirmed")),
    )


def _one(visit: Visit, passenger_id: str, errors: Mapping[str, str]) -> Response:
    hides_medical = not visit.may("medical.read")
    fields = [f for f in FIELDS if not (f.is_medical and hides_medical)] if visit.may("details.read") else []
    cipher = visit.store.cipher
    with visit.store.read() as session:
        stored = read_passenger(session, cipher, passenger_id)
        details = details_of(session, cipher, passenger_id, [f.name for f in fields])
        history = history_of(session, cipher, PASSENGER, passenger_id)
        travel = _travel(visit, session, stored)
        placement = placement_that_stands(visit, session, passenger_id)
        schools = school_names(visit, session)
    with visit.store.change(visit.caller) as work:
        work.log("read", "passenger", passenger_id, page="passenger", fields=sorted(details))
    cells = _cells(stored)
    name = f"{details.get('given_name', '')} {details.get('family_name', '')}".strip()
    return page(
        visit, "passenger.html", status=422 if errors else 200, stored=stored, name=name, errors=errors,
        school=schools.get(cells.get("school_id", ""), cells.get("school_id", "")),
        needs=_facts(cells, _NEEDS), place=_facts(cells, _PLACES), cells=cells,
        details=[(f.meaning, details[f.name]) for f in fields if f.name in details],
        days=(stored.body or {}).get("passenger_days", []), points=(stored.body or {}).get("pickup_points", []),
        day_columns=_columns(stored, "passenger_days"), point_columns=_columns(stored, "pickup_points"),
        travel=travel, placement=placement, may_be_quoted=_may_be_quoted(visit, stored, travel),
        history=_history(history), term=_term_words(stored),
    )  # fmt: skip


def _travel(visit: Visit, session: Session, stored: Stored) -> TravelNow | None:
    plan_id = standing_plans(session).get(_cells(stored).get("school_id", ""), "")
    if not plan_id or not visit.may("plan_files.read"):
        return None
    try:
        opened = plans_of(visit).opened(session, visit.store.cipher, plan_id)
    except NotInStoreError:
        return None
    return travel_in(plan_id, opened, stored.record_id)


def placement_that_stands(visit: Visit, session: Session, passenger_id: str) -> Placement | None:
    """The placement that brought them into a plan, for those who may take it back."""
    if not visit.may("placements.write"):
        return None
    found = list_placements(session, passenger_id=passenger_id, limit=_MOST_PLACEMENTS)
    return next((one for one in found if one.reversed_at is None), None)


def _may_be_quoted(visit: Visit, stored: Stored, travel: TravelNow | None) -> bool:
    """Whether there is anything to quote: no plan that holds carries them, and they have not left."""
    is_carried = travel is not None and bool(travel.route_id)
    has_left = stored.body is None or (stored.ends_on is not None and stored.ends_on < date.today())
    return visit.may("quotes.ask") and not is_carried and not has_left


def _history(versions: Sequence[Stored]) -> list[tuple[str, str]]:
    """When each version came, and which fields it changed; the newest first."""
    rows = []
    for before, now in zip([None, *versions], versions, strict=False):
        if now.body is None:
            words = "Personal data removed"
        elif before is None:
            words = "First saved"
        else:
            draft = RecordDraft(body=now.body, starts_on=now.starts_on, ends_on=now.ends_on)
            fields = changed_fields(PASSENGER, before, draft)["fields"]
            words = ", ".join(name.removeprefix("row.").replace("_", " ") for name in fields) or "Personal details"
        rows.append((moment_words(now.changed_at), words[:1].upper() + words[1:]))
    return rows[::-1]


def _facts(cells: Mapping[str, str], names: Sequence[str]) -> list[tuple[str, str]]:
    columns = {column.name: column for column in TABLE_BY_NAME["passengers"].columns}
    return [
        (_LABELS.get(name) or name.replace("_", " ").capitalize(), code_words(cells[name]))
        for name in names
        if name in columns and cells.get(name)
    ]


def _columns(stored: Stored, table: str) -> list[str]:
    rows = (stored.body or {}).get(table, [])
    return [name for name in TABLE_BY_NAME[table].column_names if any(row.get(name) for row in rows)]


def _cells(stored: Stored) -> dict[str, str]:
    row: dict[str, str] = (stored.body or {}).get("row", {})
    return row


def _term_words(stored: Stored) -> str:
    first, last = day_words(stored.starts_on), day_words(stored.ends_on)
    if first and last:
        return f"{first} to {last}"
    return f"from {first}" if first else f"until {last}" if last else "no first or last day given"
