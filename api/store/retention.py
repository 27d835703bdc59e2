"""What is kept for how long: a leaver's personal data goes, the pseudonymous history stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update

from api.settings import Settings
from api.store.models import (
    Detail,
    ExportFile,
    ExternalId,
    IdempotencyKey,
    Plan,
    PlanEvidence,
    PlanFile,
    Quote,
    Record,
    RecordVersion,
    SignInAttempt,
)
from api.store.passengers import PASSENGER
from api.store.store import Work

IDEMPOTENCY_KEPT = timedelta(hours=24)
ATTEMPTS_KEPT = timedelta(days=1)
EXPORT_FILES_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What retention took away.

    Attributes
    ----------
    passenger_ids : leavers whose details, needs and places went; id, school, dates and the log's lines stay.
    plan_ids : superseded plans whose files went; figures and publications stay.
    """

    passenger_ids: tuple[str, ...]
    plan_ids: tuple[str, ...]


def retain(work: Work, settings: Settings, today: date) -> Removed:
    """Remove what is due on a day.

    Done a second time it finds nothing. Backups made before still hold what went: they must expire too.
    """
    left_by = today - timedelta(days=settings.leaver_retention_days)
    query = select(Record.record_id).where(
        Record.kind == PASSENGER.name, Record.ends_on < left_by, Record.body.is_not(None)
    )
    leavers = sorted(work.session.scalars(query))
    for passenger_id in leavers:
        _forget(work, passenger_id)
    plans = _forget_plans(work, work.now - timedelta(days=settings.plan_retention_days))
    work.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < work.now - IDEMPOTENCY_KEPT))
    # A leaver may stand in any of them.
    kept_from = work.now if leavers else work.now - EXPORT_FILES_KEPT
    work.session.execute(delete(ExportFile).where(ExportFile.made_at < kept_from))
    work.session.execute(delete(SignInAttempt).where(SignInAttempt.at < work.now - ATTEMPTS_KEPT))
    return Removed(passenger_ids=tuple(leavers), plan_ids=tuple(plans))


def _forget(work: Work, passenger_id: str) -> None:
    for model in (Record, RecordVersion):
        work.session.execute(
            update(model).where(model.kind == PASSENGER.name, model.record_id == passenger_id).values(body=None)
        )
    work.session.execute(
        delete(ExternalId).where(ExternalId.kind == PASSENGER.name, ExternalId.record_id == passenger_id)
    )
    work.session.execute(delete(Detail).where(Detail.passenger_id == passenger_id))
    work.session.execute(delete(PlanEvidence).where(PlanEvidence.about == passenger_id))
    work.session.execute(update(Quote).where(Quote.passenger_id == passenger_id).values(sealed=None))
    work.log("forget", PASSENGER.name, passenger_id)


def _forget_plans(work: Work, superseded_before: datetime) -> list[str]:
    has_files = select(PlanFile.plan_id).where(PlanFile.plan_id == Plan.plan_id).exists()
    query = select(Plan.plan_id).where(Plan.superseded_at < superseded_before, has_files)
    plan_ids = sorted(work.session.scalars(query))
    for plan_id in plan_ids:
        for model in (PlanFile, PlanEvidence):
            work.session.execute(delete(model).where(model.plan_id == plan_id))
        work.log("forget", "plan", plan_id)
    return plan_ids
