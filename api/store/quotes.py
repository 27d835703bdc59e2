"""Quotes, placements and which plan grew out of which."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.faults import NotInStoreError, PlanChangedError
from api.store.models import Placement, Plan, PlanStep, Quote
from api.store.plans import SealedPlan, StoredPlan, add_plan
from api.store.store import Work


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredQuote:
    """A quote as it was given.

    Attributes
    ----------
    plan_id : of the store: the plan it holds for. passenger_version : of the record it was asked for.
    content : `in_year_quotes.quote_figures`; None once the passenger's personal data has been removed.
    """

    quote_id: str
    passenger_id: str
    passenger_version: int
    plan_id: str
    school_ids: tuple[str, ...]
    is_decided: bool
    valid_until: date
    content: Mapping[str, Any] | None
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was answered: who, at which version, for which schools, in which plan."""

    passenger_id: str
    passenger_version: int
    plan_id: str
    school_ids: tuple[str, ...]
    is_decided: bool
    valid_until: date


def save_quote(work: Work, asked: Asked, content: Mapping[str, Any]) -> StoredQuote:
    """Keep a quote and note in the log that somebody asked."""
    quote_id = f"Q{secrets.token_hex(8).upper()}"
    work.session.add(
        Quote(
            quote_id=quote_id, passenger_id=asked.passenger_id, passenger_version=asked.passenger_version,
            plan_id=asked.plan_id, school_ids=list(asked.school_ids), is_decided=asked.is_decided,
            valid_until=asked.valid_until, sealed=work.cipher.seal(_context(quote_id), json.dumps(content)),
            asked_at=work.now, asked_by=work.caller.name,
        )
    )  # fmt: skip
    work.log(
        "quote", "passenger", asked.passenger_id, quote_id=quote_id, plan_id=asked.plan_id,
        n_options=len(content["options"]),
    )  # fmt: skip
    work.session.flush()
    return StoredQuote(
        quote_id=quote_id, passenger_id=asked.passenger_id, passenger_version=asked.passenger_version,
        plan_id=asked.plan_id, school_ids=asked.school_ids, is_decided=asked.is_decided,
        valid_until=asked.valid_until, content=content, asked_at=work.now,
    )  # fmt: skip


def read_quote(session: Session, cipher: Cipher, quote_id: str) -> StoredQuote:
    """A quote.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    row = session.get(Quote, quote_id)
    if row is None:
        raise NotInStoreError(f"quote {quote_id}: no such quote")
    content = None if row.sealed is None else json.loads(cipher.open(_context(quote_id), row.sealed))
    return StoredQuote(
        quote_id=quote_id, passenger_id=row.passenger_id, passenger_version=row.passenger_version, plan_id=row.plan_id,
        school_ids=tuple(row.school_ids), is_decided=row.is_decided, valid_until=row.valid_until, content=content,
        asked_at=row.asked_at,
    )  # fmt: skip


def newest_of(session: Session, plan_id: str) -> str:
    """The plan at the end of those that grew out of a plan by placements and edits; itself where none did."""
    while (step := session.get(PlanStep, plan_id)) is not None:
        plan_id = step.plan_id_after
    return plan_id


def step_before(session: Session, plan_id: str) -> PlanStep | None:
    """The step by which a plan grew out of another; None: it is the first of its line."""
    return session.scalar(select(PlanStep).where(PlanStep.plan_id_after == plan_id))


def step_to(work: Work, plan_id: str, sealed: SealedPlan, title: str, kind: str) -> StoredPlan:
    """Store a plan that grew out of another as proposed; the other, unless it is in force, gives way to it.

    Raises
    ------
    PlanChangedError
        When another plan grew out of it meanwhile.
    NotInStoreError
        When the plan is not there.
    """
    before = work.session.get(Plan, plan_id, populate_existing=True, with_for_update=True)
    if before is None:
        raise NotInStoreError(f"plan {plan_id}: no such plan")
    if work.session.get(PlanStep, plan_id) is not None:
        raise PlanChangedError(f"plan {plan_id}: has changed since; plan {newest_of(work.session, plan_id)} stands now")
    after = add_plan(work, sealed, title, status="proposed")
    work.session.add(
        PlanStep(
            plan_id_before=plan_id, plan_id_after=after.plan_id, kind=kind, made_at=work.now, made_by=work.caller.name
        )
    )
    if before.status in ("draft", "proposed"):
        before.status, before.version, before.superseded_at = "superseded", before.version + 1, work.now
        work.log("supersede", "plan", plan_id, version_before=before.version - 1, version_after=before.version)
    work.session.flush()
    return after


def save_placement(work: Work, quote: StoredQuote, option_number: int, route_id: str, plan_id: str) -> Placement:
    """Note that a quote was accepted and which plan that made."""
    placement = Placement(
        placement_id=f"PA{secrets.token_hex(6).upper()}", quote_id=quote.quote_id, passenger_id=quote.passenger_id,
        option_number=option_number, route_id=route_id, plan_id_before=quote.plan_id, plan_id=plan_id,
        accepted_at=work.now, accepted_by=work.caller.name, reversed_at=None, reversed_by=None, plan_id_reversed=None,
    )  # fmt: skip
    work.session.add(placement)
    work.log(
        "place", "passenger", quote.passenger_id, placement_id=placement.placement_id, quote_id=quote.quote_id,
        plan_id=plan_id, route_id=route_id,
    )  # fmt: skip
    work.session.flush()
    return placement


def read_placement(session: Session, placement_id: str, *, for_update: bool = False) -> Placement:
    """A placement.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    found = session.get(Placement, placement_id, populate_existing=True, with_for_update=for_update)
    if found is None:
        raise NotInStoreError(f"placement {placement_id}: no such placement")
    return found


def placement_of_quote(session: Session, quote_id: str) -> Placement | None:
    """The placement that a quote led to."""
    return session.scalar(select(Placement).where(Placement.quote_id == quote_id))


def list_placements(
    session: Session, *, passenger_id: str | None = None, after: str = "", limit: int
) -> list[Placement]:
    """Placements by id."""
    query = select(Placement).where(Placement.placement_id > after)
    if passenger_id is not None:
        query = query.where(Placement.passenger_id == passenger_id)
    return list(session.scalars(query.order_by(Placement.placement_id).limit(limit)))


def _context(quote_id: str) -> str:
    return f"quote/{quote_id}"
