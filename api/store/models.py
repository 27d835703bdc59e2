"""Tables of the store. docs/data-protection.md says what each holds about people, and how it is protected."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.store.columns import UtcDateTime

ID = String(64)


class Base(DeclarativeBase):
    """Root of all tables; constraints have names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012


class Record(Base):
    """One thing of a council's lists as it stands now: a passenger, a school, a vehicle."""

    __tablename__ = "record"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    record_id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    body: Mapped[str | None] = mapped_column(Text)
    """JSON of `kinds.Body`, sealed where the kind is personal; None once its personal data has been removed."""
    school_id: Mapped[str | None] = mapped_column(ID, index=True)
    status: Mapped[str | None] = mapped_column(String(32), index=True)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date, index=True)
    changed_at: Mapped[datetime]


class RecordVersion(Base):
    """Every version that a record has had."""

    __tablename__ = "record_version"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    record_id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[str | None] = mapped_column(Text)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))


class ExternalId(Base):
    """What another system calls a record; the value is sealed, and found by its keyed hash."""

    __tablename__ = "external_id"
    __table_args__ = (UniqueConstraint("kind", "source", "lookup"),)

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    record_id: Mapped[str] = mapped_column(ID, primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    lookup: Mapped[str] = mapped_column(String(64))


class Detail(Base):
    """One personal detail of a passenger from one version on; nothing below the store sees any of them."""

    __tablename__ = "detail"
    __table_args__ = (Index("ix_detail_lookup", "field", "lookup"),)

    passenger_id: Mapped[str] = mapped_column(ID, primary_key=True)
    field: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    sealed: Mapped[str | None] = mapped_column(Text)
    """None: taken away with this version."""
    lookup: Mapped[str | None] = mapped_column(String(64))
    is_current: Mapped[bool] = mapped_column(Boolean)


class Plan(Base):
    """A plan that the checker has seen; its files are in `plan_file`."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'proposed', 'published', 'superseded')", name="status_is_known"),
    )

    plan_id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16), index=True)
    n_hard: Mapped[int] = mapped_column(Integer)
    figures: Mapped[dict[str, Any]]
    digests: Mapped[dict[str, Any]]
    school_ids: Mapped[list[str]]
    stored_at: Mapped[datetime]
    stored_by: Mapped[str] = mapped_column(String(80))
    superseded_at: Mapped[datetime | None]


class PlanFile(Base):
    """A file of a plan's folder, compressed and sealed: home points and needs stand in most of them."""

    __tablename__ = "plan_file"

    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    n_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PlanEvidence(Base):
    """What a person judged before a plan may be published: who, when, on what ground; sealed."""

    __tablename__ = "plan_evidence"
    __table_args__ = (UniqueConstraint("plan_id", "kind", "about"),)

    evidence_id: Mapped[str] = mapped_column(ID, primary_key=True)
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"))
    kind: Mapped[str] = mapped_column(String(32))
    about: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Publication(Base):
    """From when a plan holds for some schools; the newest one that names a school holds for it."""

    __tablename__ = "publication"

    publication_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"))
    school_ids: Mapped[list[str]]
    starts_on: Mapped[date] = mapped_column(Date)
    is_roll_back: Mapped[bool] = mapped_column(Boolean)
    override_reason: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(80))


class AuditEvent(Base):
    """One line of the log. Triggers forbid changing and deleting it; each line holds the hash of the one before."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_record", "kind", "record_id"),)

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(32))
    record_id: Mapped[str] = mapped_column(ID)
    content: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the log, locked by whoever adds to it: one row."""

    __tablename__ = "audit_head"

    head_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))


class Account(Base):
    """A person who may sign in."""

    __tablename__ = "account"

    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    sign_in_name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(32))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """None: signs in at the council's identity provider alone."""
    identity_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of issuer and subject at the council's identity provider."""
    is_active: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]


class SignInSession(Base):
    """A signed-in browser; the cookie's token is kept as a hash only."""

    __tablename__ = "sign_in_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("account.account_id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]


class SignInAttempt(Base):
    """A sign-in that failed, for throttling; name and address are kept as keyed hashes only."""

    __tablename__ = "sign_in_attempt"

    attempt_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name_lookup: Mapped[str] = mapped_column(String(64), index=True)
    address_lookup: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class ApiKey(Base):
    """A key of another system; its secret is kept as a hash only."""

    __tablename__ = "api_key"

    key_id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """A request that must have its effect once; the answer is sealed, and kept for a day."""

    __tablename__ = "idempotency_key"

    caller: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[str] = mapped_column(String(64))
    """Random mark of the attempt that may finish it."""
    status: Mapped[int | None] = mapped_column(Integer)
    """HTTP status of the answer; None while the first request runs."""
    sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)


class PlanStep(Base):
    """A plan that was made out of another. At most one grows out of each, so a seat of a plan is given away once."""

    __tablename__ = "plan_step"

    plan_id_before: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"), primary_key=True)
    plan_id_after: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))


class Quote(Base):
    """What it would cost to carry a passenger in a plan; the options are sealed: they name others and their times."""

    __tablename__ = "quote"

    quote_id: Mapped[str] = mapped_column(ID, primary_key=True)
    passenger_id: Mapped[str] = mapped_column(ID, index=True)
    passenger_version: Mapped[int] = mapped_column(Integer)
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"))
    school_ids: Mapped[list[str]]
    is_decided: Mapped[bool] = mapped_column(Boolean)
    valid_until: Mapped[date] = mapped_column(Date)
    sealed: Mapped[str | None] = mapped_column(Text)
    """None once the passenger's personal data has been removed."""
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))


class Placement(Base):
    """An accepted quote, and the plan that it made; a reversed one keeps its line."""

    __tablename__ = "placement"

    placement_id: Mapped[str] = mapped_column(ID, primary_key=True)
    quote_id: Mapped[str] = mapped_column(ID, ForeignKey("quote.quote_id"), unique=True)
    passenger_id: Mapped[str] = mapped_column(ID, index=True)
    option_number: Mapped[int] = mapped_column(Integer)
    route_id: Mapped[str] = mapped_column(ID)
    plan_id_before: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"))
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"))
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str] = mapped_column(String(80))
    reversed_at: Mapped[datetime | None]
    reversed_by: Mapped[str | None] = mapped_column(String(80))
    plan_id_reversed: Mapped[str | None] = mapped_column(ID, ForeignKey("plan.plan_id"))


class Job(Base):
    """A long piece of work: what was asked for, in ids alone, and how far it is."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state_is_known"),
    )

    job_id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    wanted: Mapped[dict[str, Any]]
    progress: Mapped[dict[str, Any]]
    slot: Mapped[str | None] = mapped_column(String(64))
    plan_id: Mapped[str | None] = mapped_column(ID, ForeignKey("plan.plan_id"))
    sealed_faults: Mapped[str | None] = mapped_column(Text)
    """Why it failed; may name homes and needs, so sealed."""
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]


class JobFile(Base):
    """What a job works on and has found so far, sealed: its lists as they were when it began, its best plan."""

    __tablename__ = "job_file"

    job_id: Mapped[str] = mapped_column(ID, ForeignKey("job.job_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Export(Base):
    """A table of a plan that leaves the service: which columns, for whom, what for, and who agreed."""

    __tablename__ = "export"

    export_id: Mapped[str] = mapped_column(ID, primary_key=True)
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"))
    table_name: Mapped[str] = mapped_column(String(32))
    column_names: Mapped[list[str]]
    route_ids: Mapped[list[str]]
    recipient: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(500))
    n_children: Mapped[int] = mapped_column(Integer)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(80))


class ExportFile(Base):
    """The file of an export that a job made, sealed; it goes after a day."""

    __tablename__ = "export_file"

    export_id: Mapped[str] = mapped_column(ID, ForeignKey("export.export_id"), primary_key=True)
    form: Mapped[str] = mapped_column(String(16), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    n_rows: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(index=True)


class Tender(Base):
    """A tender of a plan: how far its record has come."""

    __tablename__ = "tender"

    tender_id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plan.plan_id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    n_lines: Mapped[int] = mapped_column(Integer)
    """Lines of its record that stand in the log."""
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))


class TenderFile(Base):
    """A file of a tender's folder, compressed and sealed: bids are the operators' business."""

    __tablename__ = "tender_file"

    tender_id: Mapped[str] = mapped_column(ID, ForeignKey("tender.tender_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    n_bytes: Mapped[int] = mapped_column(Integer)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
