"""Seal everything anew with the newest key, in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from api.store.chosen import CHOSEN_KINDS
from api.store.kinds import KINDS
from api.store.models import (
    Detail,
    ExportFile,
    ExternalId,
    IdempotencyKey,
    Job,
    JobFile,
    PlanEvidence,
    PlanFile,
    Quote,
    Record,
    RecordVersion,
    TenderFile,
)
from api.store.store import Work

_SEALED_KINDS = [kind.name for kind in (*KINDS, *CHOSEN_KINDS) if kind.sealed]


def seal_anew(work: Work) -> int:
    """Seal every sealed value with the newest key.

    Returns
    -------
    How many there were.

    Raises
    ------
    CannotDecryptError
        When a value opens with none of the keys; nothing is changed then.
    """
    n = 0
    for query, column in _sealed_columns():
        for row in work.session.scalars(query.execution_options(yield_per=500)):
            value = getattr(row, column)
            if isinstance(value, bytes):
                setattr(row, column, work.cipher.rotate(value))
            else:
                setattr(row, column, work.cipher.rotate(value.encode()).decode())
            n += 1
        work.session.flush()
    work.log("rotate", "keys", "keys", n_values=n)
    return n


def _sealed_columns() -> list[tuple[Any, str]]:
    """Every query for rows with a sealed value, and the column that holds it."""
    return [
        (select(Record).where(Record.kind.in_(_SEALED_KINDS), Record.body.is_not(None)), "body"),
        (select(RecordVersion).where(RecordVersion.kind.in_(_SEALED_KINDS), RecordVersion.body.is_not(None)), "body"),
        (select(ExternalId), "sealed"),
        (select(Detail).where(Detail.sealed.is_not(None)), "sealed"),
        (select(PlanFile), "sealed"),
        (select(PlanEvidence), "sealed"),
        (select(Quote).where(Quote.sealed.is_not(None)), "sealed"),
        (select(JobFile), "sealed"),
        (select(TenderFile), "sealed"),
        (select(ExportFile), "sealed"),
        (select(Job).where(Job.sealed_faults.is_not(None)), "sealed_faults"),
        (select(IdempotencyKey).where(IdempotencyKey.sealed.is_not(None)), "sealed"),
    ]
