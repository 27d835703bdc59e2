"""Tables of the pages that name children: they leave as exports, under the same guards as a plan's own tables.

Each is made anew from the plan, the lists and the details whenever it is looked at or fetched: nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from fastapi import Request
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from api.in_year_told import Who
from api.report.kpis import solo_ids_of
from api.store.faults import NotInStoreError
from api.store.kinds import KIND_BY_NAME
from api.store.models import Record
from api.store.passengers import PASSENGER
from api.store.plans import evidence_of, read_routes, standing_plans
from api.store.records import Filter, Stored, list_records
from api.store.store import Store
from transport.calendar import Leg, days_words
from transport.check import Ride
from transport.check.disturbed import disturbed_of
from transport.files.plan_reasons import make_reason_of
from transport.files.plan_words import minutes, pounds
from transport.plan import Plan

if TYPE_CHECKING:
    from api.open_plans import OpenPlans
    from api.pages.plan_reading import OpenedPlan, OpenedPlans

TODAY = "today"
"""Stands for today's routes, as the lists of the other plan name them."""
REASON_WORDS = {"vehicle": "another vehicle", "PA": "other passenger assistants", "time": "other times"}
"""Why a family is disturbed."""
_NAME = {"name": "Name"}
_WHO = {"passenger_id": "Passenger", **_NAME, "school": "School", "route_id": "Route"}
_RIDE = {
    **_WHO, "leg": "When", "days": "Days", "journey_min": "Minutes", "walk_min": "On foot", "target_min": "Target",
    "cap_min": "Limit on board", "reason": "Why over the target",
}  # fmt: skip
_WORD = re.compile(r"[\w-]+")

Cells = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a table of a page.

    Attributes
    ----------
    cells : by column, without the name. passenger_id : whom it is about; empty: nobody alone.
    """

    cells: Cells
    passenger_id: str = ""
    route_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reader:
    """Plans as they are open in this process already: a table then takes milliseconds."""

    store: Store
    opened: OpenedPlans
    plans: OpenPlans

    def plan(self, plan_id: str) -> OpenedPlan:
        """A stored plan, opened.

        Raises
        ------
        NotInStoreError
            When it is not there, or its files have been removed.
        """
        return self.opened.opened_from(self.store, plan_id)

    def before(self, before_id: str, plan_id: str) -> OpenedPlan:
        """What a plan is compared with: another plan, or today's routes on its own passengers.

        Raises
        ------
        NotInStoreError
            When it is not there, or the plan's lists name no routes of today.
        NotAllowedYetError
            When the roads of the service are not those of the plan beside today's routes.
        """
        if before_id != TODAY:
            return self.plan(before_id)
        found = self.opened.remembered((TODAY, plan_id), lambda: self._today(plan_id))
        if found is None:
            raise NotInStoreError(f"plan {plan_id}: its lists name no routes of today to compare with")
        return found

    def _today(self, plan_id: str) -> OpenedPlan | None:
        from api.pages.today import today_of

        return today_of(self.plans, plan_id, self.plan(plan_id))


def reader_of(request: Request) -> Reader:
    """Dependency: the plans that this process has open."""
    state = request.app.state
    return Reader(store=state.store, opened=state.opened_plans, plans=state.plans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of what a table is made.

    Attributes
    ----------
    opened : the plan. before_id : the plan that families are compared with; empty: none.
    """

    reader: Reader
    plan_id: str
    opened: OpenedPlan
    before_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """A table of a page.

    Attributes
    ----------
    columns : words by name. lines : its rows, in the order of the page.
    """

    title: str
    columns: Mapping[str, str]
    lines: Callable[[Asked], Iterable[Line]]


def children_in(lines: Sequence[Line], known: Iterable[str]) -> set[str]:
    """Passengers whom rows are about, and whom their sentences name."""
    words = {word for line in lines for cell in line.cells.values() for word in _WORD.findall(str(cell))}
    return {line.passenger_id for line in lines if line.passenger_id} | words.intersection(known)


def _rides(is_wanted: Callable[[Ride], bool], *, worst_first: bool = True) -> Callable[[Asked], Iterable[Line]]:
    def lines(asked: Asked) -> Iterable[Line]:
        outcome = asked.opened.outcome
        reason_of = make_reason_of(outcome.plan)
        found = [ride for ride in outcome.rides if is_wanted(ride)]
        for r in sorted(found, key=lambda r: -r.journey_s) if worst_first else found:
            cells = {
                "leg": "Morning" if r.leg is Leg.AM else "Afternoon", "days": days_words(r.days),
                "journey_min": minutes(r.journey_s), "walk_min": minutes(r.walk_s), "target_min": minutes(r.target_s),
                "cap_min": minutes(r.cap_s), "reason": reason_of(r) if r.over_target_s > 0 else "",
            }  # fmt: skip
            yield _line(asked, r.passenger_id, r.route_id, cells)

    return lines


def _alone(asked: Asked) -> Iterator[Line]:
    outcome = asked.opened.outcome
    alone, people = solo_ids_of(outcome.plan), outcome.scenario.passenger_by_id
    for route in outcome.plan.routes:
        for pid in route.passenger_ids:
            if pid in alone:
                needed = "must travel alone" if people[pid].solo else "no"
                yield _line(asked, pid, route.route_id, {"vehicle": route.class_id, "needed": needed})


def _not_carried(asked: Asked) -> Iterator[Line]:
    for u in asked.opened.outcome.plan.unserved:
        taxi = "breaks a rule too" if u.taxi_pence_per_day is None else f"{pounds(u.taxi_pence_per_day)} a day"
        yield _line(asked, u.passenger_id, "", {"why": u.sentence, "change": u.relaxation, "taxi": taxi})


def _changed(asked: Asked) -> Iterator[Line]:
    outcome, before = asked.opened.outcome, _before(asked).outcome.plan
    routes = _routes_by_passenger(outcome.plan)
    for one in disturbed_of(outcome.plan, before, outcome.scenario):
        what = ", ".join(REASON_WORDS[str(why)] for why in one.reasons)
        cells = {"what": what, "how": one.sentence.partition(": ")[2]}
        yield _line(asked, one.passenger_id, " ".join(routes[one.passenger_id]), cells)


def _routes_changed(asked: Asked) -> Iterator[Line]:
    from api.pages.compare import route_changes

    for route_id, what, costs in route_changes(_before(asked), asked.opened):
        yield _line(asked, "", route_id, {"what": what, "costs": costs})


def _before(asked: Asked) -> OpenedPlan:
    """What the plan is compared with.

    Raises
    ------
    NotInStoreError
        When nothing was named.
    """
    if not asked.before_id:
        raise NotInStoreError(f"plan {asked.plan_id}: must be compared with another; ask from the page that does so")
    return asked.reader.before(asked.before_id, asked.plan_id)


def _told(asked: Asked) -> Iterator[Line]:
    told: Sequence[Mapping[str, Any]] = (asked.opened.told or {}).get("told", ())
    for one in told:
        is_family = one["who"] in (Who.FAMILY, Who.NEWCOMER)
        cells = {"who": one["who"], "who_id": one["who_id"], "from_on": str(one["from_on"]), "what": one["sentence"]}
        yield _line(asked, one["who_id"] if is_family else "", one["route_id"], cells)


def _judgements(asked: Asked) -> Iterator[Line]:
    people = asked.opened.outcome.scenario.passenger_by_id
    with asked.reader.store.read() as session:
        found = evidence_of(session, asked.reader.store.cipher, asked.plan_id)
    for e in found:
        cells = {
            "what": e.kind.replace("_", " "), "about": e.about, "judged_by": e.judged_by,
            "judged_on": e.judged_on.isoformat(), "ground": e.ground,
        }  # fmt: skip
        yield _line(asked, e.about if e.about in people else "", "" if e.about in people else e.about, cells)


def _people(only_unplaced: bool) -> Callable[[Asked], Iterable[Line]]:
    def lines(asked: Asked) -> Iterator[Line]:
        store = asked.reader.store
        with store.read() as session:
            found = list_records(session, store.cipher, PASSENGER, Filter(in_force_on=date.today()))
            names = school_names_of(session, store)
            routes = _routes_by_passenger(read_routes(session, store.cipher, asked.plan_id))
            ids = unplaced_ids(session, carried_by_standing(session, store)) if only_unplaced else None
        for stored in found:
            if ids is None or stored.record_id in ids:
                yield _person(stored, names, routes.get(stored.record_id, ()))

    return lines


def _person(stored: Stored, names: Mapping[str, str], route_ids: Sequence[str]) -> Line:
    row: Mapping[str, str] = (stored.body or {}).get("row", {})
    words = {name: row.get(name, "").replace("_", " ") for name in ("phase", "mobility", "pa_need")}
    cells = {
        "passenger_id": stored.record_id, "school_id": row.get("school_id", ""),
        "school": names.get(row.get("school_id", ""), ""), "route_id": " ".join(route_ids), **words,
        "decision": row.get("status", "confirmed"),
    }  # fmt: skip
    return Line(cells=cells, passenger_id=stored.record_id, route_ids=tuple(route_ids))


def _line(asked: Asked, passenger_id: str, route_ids: str, cells: Cells) -> Line:
    scenario = asked.opened.outcome.scenario
    passenger = scenario.passenger_by_id.get(passenger_id)
    own = {"passenger_id": passenger_id, "route_id": route_ids, "school_id": "", "school": ""}
    if passenger is not None:
        own |= {"school_id": passenger.school_id, "school": scenario.school_by_id[passenger.school_id].name}
    return Line(cells={**own, **cells}, passenger_id=passenger_id, route_ids=tuple(route_ids.split()))


def _routes_by_passenger(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for route in plan.routes:
        for passenger_id in route.passenger_ids:
            found.setdefault(passenger_id, []).append(route.route_id)
    return found


def school_names_of(session: Session, store: Store) -> dict[str, str]:
    """Name of every school of the lists, by id."""
    found = list_records(session, store.cipher, KIND_BY_NAME["school"], Filter())
    return {stored.record_id: (stored.body or {}).get("row", {}).get("name", stored.record_id) for stored in found}


def carried_by_standing(session: Session, store: Store) -> dict[str, frozenset[str]]:
    """Whom each plan that holds carries; one whose files have been removed carries nobody any more."""
    carried = {}
    for plan_id in set(standing_plans(session).values()):
        try:
            carried[plan_id] = frozenset(_routes_by_passenger(read_routes(session, store.cipher, plan_id)))
        except NotInStoreError:
            carried[plan_id] = frozenset()
    return carried


def unplaced_ids(session: Session, carried: Mapping[str, frozenset[str]]) -> list[str]:
    """Confirmed passengers of today whom no plan that holds for their school carries; none while no plan holds.

    Parameters
    ----------
    carried : passengers of each plan that holds.
    """
    standing = standing_plans(session)
    query = select(Record.record_id, Record.school_id).where(in_force(date.today()), Record.status == "confirmed")
    found = [pid for pid, sid in session.execute(query) if pid not in carried.get(standing.get(sid or "", ""), ())]
    return sorted(found) if standing else []


def in_force(on: date) -> ColumnElement[bool]:
    """Passengers whose time has begun and not ended."""
    return and_(
        Record.kind == "passenger",
        or_(Record.starts_on.is_(None), Record.starts_on <= on),
        or_(Record.ends_on.is_(None), Record.ends_on >= on),
    )


_PEOPLE = {
    "passenger_id": "Passenger", **_NAME, "school": "School", "phase": "Phase", "mobility": "How they travel",
    "pa_need": "Passenger assistant", "decision": "Decision", "route_id": "Route in this plan",
}  # fmt: skip
PAGE_TABLES: Mapping[str, PageTable] = {
    "rides": PageTable(
        title="Each ride beside its limit", columns=_RIDE, lines=_rides(lambda r: True, worst_first=False)
    ),
    "rides_over_target": PageTable(
        title="Journeys over their target", columns=_RIDE, lines=_rides(lambda r: r.over_target_s > 0)
    ),
    "rides_over_45": PageTable(
        title="Journeys over 45 minutes", columns=_RIDE, lines=_rides(lambda r: r.journey_s > 45 * 60)
    ),
    "rides_over_75": PageTable(
        title="Journeys over 75 minutes", columns=_RIDE, lines=_rides(lambda r: r.journey_s > 75 * 60)
    ),
    "alone": PageTable(
        title="Travelling alone", columns={**_WHO, "vehicle": "Vehicle", "needed": "Needed"}, lines=_alone
    ),
    "not_carried": PageTable(
        title="Passengers not carried", lines=_not_carried,
        columns={
            "passenger_id": "Passenger", **_NAME, "school": "School", "why": "Why",
            "change": "Smallest change that would serve them", "taxi": "A taxi alone",
        },
    ),
    "changed": PageTable(
        title="Families for whom something changes", lines=_changed, columns={**_WHO, "what": "What", "how": "How"}
    ),
    "routes_changed": PageTable(
        title="Routes that differ", lines=_routes_changed,
        columns={"route_id": "Route", "what": "What becomes of it", "costs": "A week"},
    ),
    "told": PageTable(
        title="Who is told what", lines=_told,
        columns={
            "who": "Whom", "who_id": "Their id", **_NAME, "route_id": "Route", "from_on": "From", "what": "What",
        },
    ),
    "judgements": PageTable(
        title="Judgements that were recorded", lines=_judgements,
        columns={
            "what": "What", "about": "About", "judged_by": "Judged by", "judged_on": "On", "ground": "On what ground",
        },
    ),
    "people": PageTable(title="Passengers of the lists", columns=_PEOPLE, lines=_people(only_unplaced=False)),
    "without_place": PageTable(
        title="Passengers without a place in any plan that holds", columns=_PEOPLE, lines=_people(only_unplaced=True)
    ),
}  # fmt: skip
"""By the name of an export."""
COMPARING = ("changed", "routes_changed")
"""Those that need another plan to be compared with."""
