"""The first page: what needs somebody's attention, for whoever has signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.auth.api_keys import list_api_keys
from api.auth.permissions import Permission
from api.page_tables import in_force
from api.pages.plan_reading import open_for, standing_ids
from api.pages.rendering import page
from api.pages.tender_reading import next_step
from api.pages.travel_now import without_a_place
from api.pages.visit import Opens, Visit
from api.store.models import Export, Plan, Record
from api.store.tenders import list_tenders
from transport.files.plan_words import plural

router = APIRouter(include_in_schema=False)

_ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to look at: in words, where, and how much of it there is."""

    words: str
    address: str
    hint: str = ""


@router.get("/")
def show_home(visit: Annotated[Visit, Depends(Opens(permission=Permission.SIGNED_IN))]) -> Response:
    """What needs attention, and the figures of the plan that holds."""
    with visit.store.read() as session:
        tasks = list(_tasks(visit, session))
        holding = standing_ids(session) if visit.may("plans.read") else []
        n_passengers = _n_in_force(session) if visit.may("passengers.read") else None
    opened = None
    if holding and visit.may("plan_files.read"):
        stored, opened = open_for(visit, holding[0], "home")
        tasks = [*_plan_tasks(stored.plan_id, opened.kpis.n_unserved, opened.kpis.n_hard_violations), *tasks]
    return page(visit, "home.html", tasks=tasks, holding=holding, opened=opened, n_passengers=n_passengers)


def _plan_tasks(plan_id: str, n_unserved: int, n_hard: int) -> Iterator[Task]:
    if n_unserved:
        yield Task(
            words=f"{plural(n_unserved, 'passenger')} not carried by the plan that holds",
            address=f"/plans/{plan_id}#not-carried", hint="Each with the reason",
        )  # fmt: skip
    if n_hard:
        yield Task(words=f"{plural(n_hard, 'broken rule')} in the plan that holds", address=f"/plans/{plan_id}#checks")


def _tasks(visit: Visit, session: Session) -> Iterator[Task]:
    if visit.may("passengers.read"):
        yield from _passenger_tasks(visit, session)
    if visit.may("plan_files.read"):
        yield from _draft_tasks(session)
    if visit.may("tenders.write"):
        for tender in list_tenders(session, visit.store.cipher):
            if words := next_step(tender):
                yield Task(
                    words=f"{tender.title}: {words[:1].lower()}{words[1:]}", address=f"/tenders/{tender.tender_id}"
                )
    if visit.may("exports.ask"):
        yield from _export_tasks(visit, session)
    if visit.may("accounts.read"):
        soon = datetime.now(UTC) + _ENDS_SOON
        ending = [key for key in list_api_keys(session) if key.revoked_at is None and key.expires_at < soon]
        if ending:
            words = f"{plural(len(ending), 'key')} of other systems ended, or ending within 30 days"
            yield Task(words=words, address="/accounts#keys")


def _passenger_tasks(visit: Visit, session: Session) -> Iterator[Task]:
    n_waiting = session.scalar(
        select(func.count()).where(Record.kind == "passenger", Record.status == "awaiting_decision")
    )
    if n_waiting:
        yield Task(
            words=f"{plural(n_waiting, 'passenger')} awaiting a decision",
            address="/passengers?status=awaiting_decision",
        )
    without = without_a_place(visit, session)
    if without:
        yield Task(
            words=f"{plural(len(without), 'passenger')} without a place in any plan that holds",
            address="/passengers?without=1", hint="New since the plan was made, or at a school for which no plan holds",
        )  # fmt: skip


def _draft_tasks(session: Session) -> Iterator[Task]:
    query = select(Plan).where(Plan.status.in_(("draft", "proposed"))).order_by(Plan.stored_at.desc()).limit(5)
    for plan in session.scalars(query):
        words = "to be published" if plan.status == "proposed" else "to be looked at and proposed"
        yield Task(words=f"{plan.title}: {words}", address=f"/plans/{plan.plan_id}", hint=f"Plan {plan.plan_id}")


def _export_tasks(visit: Visit, session: Session) -> Iterator[Task]:
    query = select(Export).where(
        Export.approved_at.is_(None), Export.asked_by != visit.caller.name,
        Export.n_children > visit.settings.export_second_person_above,
    )  # fmt: skip
    waiting = list(session.scalars(query))
    if waiting:
        yield Task(
            words=f"{plural(len(waiting), 'export')} waiting for a second person", address="/exports",
            hint="You may agree to what colleagues asked for",
        )  # fmt: skip


def _n_in_force(session: Session) -> int:
    return session.scalar(select(func.count()).where(in_force(date.today()))) or 0
