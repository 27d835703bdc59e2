"""Plans in the store: a plan's folder, checked anew, compressed and sealed; evidence and publication."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.checking import Recheck, recheck
from api.store.cipher import Cipher
from api.store.faults import NotInStoreError, StaleWriteError
from api.store.models import Plan, PlanEvidence, PlanFile, Publication
from api.store.store import Work
from transport.files.faults import Fault, InputFaults
from transport.plan import Plan as RoutePlan

_FILE_NAME = re.compile(r"(scenario/)?[A-Za-z0-9_]{1,60}\.(json|geojson|csv|xlsx|pdf|html)|scenario\.xlsx")
_MOST_FILES = 100
EVIDENCE_KINDS = ("interim_arrangement", "co_travel", "trial_run", "street_sign_off")
"""What a person may have to record: about a passenger unserved, or about a route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A plan as the store knows it.

    Attributes
    ----------
    status : draft, proposed, published, superseded.
    n_hard : broken hard rules, found when it was stored.
    figures : main figures, of `Recheck.figures`.
    files : size in bytes by name; empty once its files have been removed.
    """

    plan_id: str
    version: int
    title: str
    status: str
    n_hard: int
    figures: Mapping[str, Any]
    school_ids: tuple[str, ...]
    stored_at: datetime
    stored_by: str
    files: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a person judged: who, when and on what ground.

    Attributes
    ----------
    about : passenger id (interim_arrangement) or route id (the others).
    judged_by : post, not a person's name.
    """

    kind: str
    about: str
    judged_by: str
    judged_on: date
    ground: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SealedPlan:
    """A checked folder, sealed and ready to be stored: all that takes time is done."""

    plan_id: str
    found: Recheck
    files: tuple[PlanFile, ...]


def seal_plan(cipher: Cipher, folder: Path) -> SealedPlan:
    """Check and seal a folder that `schoolrun plan` wrote; before a transaction, for it may take seconds.

    Raises
    ------
    InputFaults
        When a file does not belong into such a folder.
    FileNotFoundError, ValueError
        When a file is missing or cannot be read.
    """
    paths = _paths_of(folder)
    found = recheck(folder)
    plan_id = f"PL{secrets.token_hex(6).upper()}"
    files = tuple(seal_file(cipher, plan_id, name, path.read_bytes()) for name, path in paths.items())
    return SealedPlan(plan_id=plan_id, found=found, files=files)


def add_plan(work: Work, sealed: SealedPlan, title: str, *, status: str = "draft") -> StoredPlan:
    """Store a sealed plan, by default as a draft."""
    found, plan_id = sealed.found, sealed.plan_id
    schools = sorted({school_id for route in found.plan.routes for school_id in schools_of(route)})
    work.session.add(
        Plan(
            plan_id=plan_id, version=1, title=title, status=status, n_hard=found.n_hard, figures=found.figures(),
            digests=dict(found.plan.digests), school_ids=schools, stored_at=work.now, stored_by=work.caller.name,
            superseded_at=None,
        )
    )  # fmt: skip
    work.session.flush()
    work.session.add_all(sealed.files)
    work.log(
        "create", "plan", plan_id, version_after=1, n_hard=found.n_hard, digests=dict(found.plan.digests),
        files=sorted(file.name for file in sealed.files),
    )  # fmt: skip
    work.session.flush()
    return read_stored_plan(work.session, plan_id)


def read_stored_plan(session: Session, plan_id: str) -> StoredPlan:
    """A plan's head.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    plan = session.get(Plan, plan_id, populate_existing=True)
    if plan is None:
        raise NotInStoreError(f"plan {plan_id}: no such plan")
    return _stored(session, plan)


def list_plans(session: Session, *, after: str = "", limit: int | None = None) -> list[StoredPlan]:
    """Heads of plans, by id."""
    query = select(Plan).where(Plan.plan_id > after).order_by(Plan.plan_id).limit(limit)
    return [_stored(session, plan) for plan in session.scalars(query)]


def read_plan_file(session: Session, cipher: Cipher, plan_id: str, name: str) -> bytes:
    """A file of a plan's folder, exactly as it was stored.

    Raises
    ------
    NotInStoreError
        When the plan has no such file, or its files have been removed.
    """
    row = session.get(PlanFile, (plan_id, name))
    if row is None:
        raise NotInStoreError(f"plan {plan_id}: has no file {name}")
    return zlib.decompress(cipher.open_bytes(_file_context(plan_id, name), row.sealed))


def read_routes(session: Session, cipher: Cipher, plan_id: str) -> RoutePlan:
    """The plan itself.

    Raises
    ------
    NotInStoreError
        When there is none, or its files have been removed.
    """
    from transport.files.plan_json import plan_of_json

    return plan_of_json(json.loads(read_plan_file(session, cipher, plan_id, "plan.json")))


def write_folder(session: Session, cipher: Cipher, plan_id: str, folder: Path) -> None:
    """Write a plan's folder as it was stored.

    Raises
    ------
    NotInStoreError
        When there is none, or its files have been removed.
    """
    names = list(read_stored_plan(session, plan_id).files)
    if not names:
        raise NotInStoreError(f"plan {plan_id}: its files have been removed")
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(read_plan_file(session, cipher, plan_id, name))


def hold(session: Session, plan_id: str, expected_version: int) -> Plan:
    """The row of a plan, held until the transaction ends.

    Raises
    ------
    NotInStoreError
        When there is none.
    StaleWriteError
        When another version stands.
    """
    plan = session.get(Plan, plan_id, populate_existing=True, with_for_update=True)
    if plan is None:
        raise NotInStoreError(f"plan {plan_id}: no such plan")
    if plan.version != expected_version:
        raise StaleWriteError(f"plan {plan_id}", given_version=expected_version, current_version=plan.version)
    return plan


def propose(work: Work, plan_id: str, *, expected_version: int) -> StoredPlan:
    """Put a draft forward, to be published.

    Raises
    ------
    InputFaults
        When it is no draft.
    NotInStoreError, StaleWriteError
        As `hold`.
    """
    plan = hold(work.session, plan_id, expected_version)
    if plan.status != "draft":
        message = "must be a draft to be proposed"
        raise InputFaults([Fault(file="plan", row=None, column="status", value=plan.status, message=message)])
    plan.status, plan.version = "proposed", plan.version + 1
    work.log("propose", "plan", plan_id, version_before=expected_version, version_after=plan.version)
    work.session.flush()
    return _stored(work.session, plan)


def add_bound(work: Work, plan_id: str, files: Sequence[PlanFile], figures: Mapping[str, Any]) -> StoredPlan:
    """Put a proven bound beside a plan: its routes stay, its certificate and report are new.

    Parameters
    ----------
    files : sealed, of names that the plan has. figures : bound and gap, for the plan's head.

    Raises
    ------
    NotInStoreError
        When there is no such plan, or its files have been removed.
    """
    plan = work.session.get(Plan, plan_id, populate_existing=True, with_for_update=True)
    if plan is None:
        raise NotInStoreError(f"plan {plan_id}: no such plan")
    for file in files:
        row = work.session.get(PlanFile, (plan_id, file.name))
        if row is None:
            raise NotInStoreError(f"plan {plan_id}: has no file {file.name}")
        row.n_bytes, row.sha256, row.sealed = file.n_bytes, file.sha256, file.sealed
    before, plan.version = plan.version, plan.version + 1
    plan.figures = {**plan.figures, **figures}
    work.log(
        "bound", "plan", plan_id, version_before=before, version_after=plan.version, figures=dict(figures),
        files=sorted(file.name for file in files),
    )  # fmt: skip
    work.session.flush()
    return read_stored_plan(work.session, plan_id)


def record_evidence(work: Work, plan_id: str, evidence: Evidence) -> None:
    """Record what a person judged about a plan; a second record about the same replaces the first.

    Raises
    ------
    NotInStoreError
        When there is no such plan.
    InputFaults
        When the kind is none of the list.
    """
    read_stored_plan(work.session, plan_id)
    if evidence.kind not in EVIDENCE_KINDS:
        message = f"must be one of {', '.join(EVIDENCE_KINDS)}"
        raise InputFaults([Fault(file="evidence", row=None, column="kind", value=evidence.kind, message=message)])
    query = select(PlanEvidence).where(
        PlanEvidence.plan_id == plan_id, PlanEvidence.kind == evidence.kind, PlanEvidence.about == evidence.about
    )
    row = work.session.scalar(query)
    is_new = row is None
    if row is None:
        row = PlanEvidence(evidence_id=secrets.token_hex(12), plan_id=plan_id, kind=evidence.kind, about=evidence.about)
        work.session.add(row)
    said = {"judged_by": evidence.judged_by, "judged_on": evidence.judged_on.isoformat(), "ground": evidence.ground}
    row.sealed = work.cipher.seal(_evidence_context(plan_id, evidence.kind, evidence.about), json.dumps(said))
    row.recorded_at, row.recorded_by = work.now, work.caller.name
    work.log("create" if is_new else "update", evidence.kind, evidence.about, plan_id=plan_id)
    work.session.flush()


def evidence_of(session: Session, cipher: Cipher, plan_id: str) -> list[Evidence]:
    """Everything that was recorded about a plan."""
    found = []
    query = select(PlanEvidence).where(PlanEvidence.plan_id == plan_id).order_by(PlanEvidence.kind, PlanEvidence.about)
    for row in session.scalars(query):
        said = json.loads(cipher.open(_evidence_context(plan_id, row.kind, row.about), row.sealed))
        found.append(
            Evidence(
                kind=row.kind, about=row.about, judged_by=said["judged_by"], ground=said["ground"],
                judged_on=date.fromisoformat(said["judged_on"]),
            )
        )  # fmt: skip
    return found


def standing_plans(session: Session) -> dict[str, str]:
    """Plan that holds for each school: that of the newest publication which names it."""
    standing: dict[str, str] = {}
    for row in session.scalars(select(Publication).order_by(Publication.publication_id)):
        standing.update(dict.fromkeys(row.school_ids, row.plan_id))
    return standing


def newest_plan_id(session: Session) -> str | None:
    """The plan that was stored last; None: there is none."""
    return session.scalar(select(Plan.plan_id).order_by(Plan.stored_at.desc()).limit(1))


def schools_of(route: Any) -> frozenset[str]:
    """Schools that a route serves."""
    gates = [gate for pattern in (route.am, route.pm) if pattern is not None for gate in pattern.gates]
    return frozenset(school_id for school_id, _ in gates)


def next_publication_id(session: Session) -> int:
    """Number of the next publication; numbers follow one another in the order of publication."""
    return (session.scalar(select(func.max(Publication.publication_id))) or 0) + 1


def _paths_of(folder: Path) -> dict[str, Path]:
    paths = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file() or p.is_symlink()}
    faults = [
        Fault(file=name, row=None, column="", value="", message="does not belong into the folder of a plan")
        for name, path in paths.items()
        if not _FILE_NAME.fullmatch(name) or path.is_symlink()
    ]
    if len(paths) > _MOST_FILES:
        message = f"has {len(paths)} files; must have at most {_MOST_FILES}"
        faults.append(Fault(file=folder.name, row=None, column="", value="", message=message))
    if faults:
        raise InputFaults(faults)
    return paths


def seal_file(cipher: Cipher, plan_id: str, name: str, data: bytes) -> PlanFile:
    """A file of a plan's folder, ready to be stored."""
    sealed = cipher.seal_bytes(_file_context(plan_id, name), zlib.compress(data, 6))
    digest = hashlib.sha256(data).hexdigest()
    return PlanFile(plan_id=plan_id, name=name, n_bytes=len(data), sha256=digest, sealed=sealed)


def _stored(session: Session, plan: Plan) -> StoredPlan:
    query = select(PlanFile.name, PlanFile.n_bytes).where(PlanFile.plan_id == plan.plan_id).order_by(PlanFile.name)
    return StoredPlan(
        plan_id=plan.plan_id, version=plan.version, title=plan.title, status=plan.status, n_hard=plan.n_hard,
        figures=plan.figures, school_ids=tuple(plan.school_ids), stored_at=plan.stored_at, stored_by=plan.stored_by,
        files={row.name: row.n_bytes for row in session.execute(query)},
    )  # fmt: skip


def _file_context(plan_id: str, name: str) -> str:
    return f"plan/{plan_id}/{name}"


def _evidence_context(plan_id: str, kind: str, about: str) -> str:
    return f"evidence/{plan_id}/{kind}/{about}"
