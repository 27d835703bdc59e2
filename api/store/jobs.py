"""Jobs in the store: asked for, under way, ended. What they work on is sealed; ids and figures are in clear."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.faults import NotAllowedYetError, NotInStoreError
from api.store.models import Job, JobFile
from api.store.store import Store, Work
from transport.files.faults import Fault

OPEN_STATES = ("queued", "running")
_TASK, _FOUND = "task-", "found-"
"""Beginnings of the names of a job's files that hold a part, and what it came to."""
BOUND, CUTS, AWARD = "bound", "cuts", "award"
"""Kinds of jobs besides those that make plans."""
TENDER_KINDS = (CUTS, AWARD)
"""Kinds that belong to tenders, and are read by who may read these."""
ASKED = "asked"
"""What a job was asked for in words and scores, kept sealed beside it."""
MOST_TRAIL = 200
"""Most lines of a job's trail: of a longer one every second is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredJob:
    """A job as it stands.

    Attributes
    ----------
    state : queued, running, done, failed, cancelled. wanted : what was asked for.
    progress : `phase`, `round`, `n_rounds`, `iterations`, `objective_pence_per_week`, `n_unserved`,
        `bound_pence_per_week`, as far as they are known, and `trail`: how these went. Of tenders: `phase`, `n_done`,
        `n_all`, and `designs`, what every cut came to.
    slot : worker that took it. plan_id : the plan that it made.
    faults : why it failed.
    """

    job_id: str
    kind: str
    state: str
    wanted: Mapping[str, Any]
    progress: Mapping[str, Any]
    slot: str | None
    plan_id: str | None
    faults: tuple[Fault, ...]
    asked_at: datetime
    asked_by: str
    started_at: datetime | None
    ended_at: datetime | None
    is_cancel_asked: bool

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in OPEN_STATES


def ask_job(work: Work, kind: str, wanted: Mapping[str, Any]) -> str:
    """Note that a job is wanted; a worker takes it from there."""
    job_id = f"J{secrets.token_hex(8).upper()}"
    work.session.add(
        Job(
            job_id=job_id, kind=kind, state="queued", wanted=dict(wanted), progress={}, slot=None, plan_id=None,
            sealed_faults=None, asked_at=work.now, asked_by=work.caller.name, started_at=None, ended_at=None,
            cancel_asked_at=None,
        )
    )  # fmt: skip
    work.log("create", "job", job_id, job_kind=kind)
    work.session.flush()
    return job_id


def read_job(session: Session, cipher: Cipher, job_id: str) -> StoredJob:
    """A job.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    return _stored(cipher, _row(session, job_id))


def read_plan_job(session: Session, cipher: Cipher, job_id: str) -> StoredJob:
    """A job that belongs to no tender.

    Raises
    ------
    NotInStoreError
        When there is none, or it is one of a tender's, which who reads tenders reads there.
    """
    job = read_job(session, cipher, job_id)
    if job.kind in TENDER_KINDS:
        raise NotInStoreError(f"job {job_id}: belongs to a tender, and is read there")
    return job


def list_jobs(
    session: Session, cipher: Cipher, *, after: str = "", limit: int | None = None, only_open: bool = False,
    kinds: Collection[str] | None = None,
) -> list[StoredJob]:  # fmt: skip
    """Jobs by id: those of some kinds, or (None) all but those of tenders."""
    query = select(Job).where(Job.job_id > after)
    query = query.where(Job.kind.not_in(TENDER_KINDS) if kinds is None else Job.kind.in_(kinds))
    if only_open:
        query = query.where(Job.state.in_(OPEN_STATES))
    return [_stored(cipher, job) for job in session.scalars(query.order_by(Job.job_id).limit(limit))]


def n_open_jobs(session: Session) -> int:
    """How many jobs wait or run."""
    return session.scalar(select(func.count()).where(Job.state.in_(OPEN_STATES))) or 0


def queued_ids(session: Session) -> list[str]:
    """Jobs that no worker has taken yet, the oldest first."""
    return list(session.scalars(select(Job.job_id).where(Job.state == "queued").order_by(Job.asked_at)))


def cancel_job(work: Work, job_id: str) -> None:
    """Ask for a job to end; one that no worker has taken yet ends at once.

    Raises
    ------
    NotInStoreError
        When there is none.
    NotAllowedYetError
        When it is over already.
    """
    job = _row(work.session, job_id, for_update=True)
    if job.state not in OPEN_STATES:
        raise NotAllowedYetError(f"job {job_id}: is {job.state} already")
    job.cancel_asked_at = job.cancel_asked_at or work.now
    work.log("cancel", "job", job_id)
    if job.state == "queued":
        _end(work, job, "cancelled")
    work.session.flush()


def begin_job(work: Work, job_id: str, slot: str) -> bool:
    """Let a worker have a job, for the first time or again after it died; False: it is over.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    job = _row(work.session, job_id, for_update=True)
    if job.state not in OPEN_STATES:
        return False
    job.state, job.slot, job.started_at = "running", slot, job.started_at or work.now
    work.session.flush()
    return True


def set_progress(work: Work, job_id: str, progress: Mapping[str, Any]) -> bool:
    """Note how far a running job is, and learn whether it is to end."""
    job = work.session.get(Job, job_id, populate_existing=True)
    if job is None or job.state != "running":
        return True
    if progress:
        now = {**job.progress, **progress}
        seconds = (work.now - (job.started_at or work.now)).total_seconds()
        job.progress = {**now, "trail": _trail(now, round(seconds))}
    return job.cancel_asked_at is not None


def end_job(work: Work, job_id: str, state: str, *, plan_id: str | None = None, faults: tuple[Fault, ...] = ()) -> bool:
    """End a job, once: False where it is over already.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    job = _row(work.session, job_id, for_update=True)
    if job.state not in OPEN_STATES:
        return False
    job.plan_id = plan_id
    if faults:
        told = [
            {"file": f.file, "row": f.row, "column": f.column, "value": f.value, "message": f.message} for f in faults
        ]
        job.sealed_faults = work.cipher.seal(_context(job_id, "faults"), json.dumps(told))
    _end(work, job, state)
    return True


def save_file(work: Work, job_id: str, name: str, data: bytes) -> None:
    """Keep something a job needs later, sealed; a second one of the same name replaces the first."""
    sealed = work.cipher.seal_bytes(_context(job_id, name), data)
    row = work.session.get(JobFile, (job_id, name), with_for_update=True)
    if row is None:
        work.session.add(JobFile(job_id=job_id, name=name, sealed=sealed))
    else:
        row.sealed = sealed
    work.session.flush()


def read_file(store: Store, job_id: str, name: str) -> bytes | None:
    """What a job kept; None where it has not."""
    with store.read() as session:
        row = session.get(JobFile, (job_id, name))
        return None if row is None else store.cipher.open_bytes(_context(job_id, name), row.sealed)


def offer_parts(work: Work, job_id: str, tasks: Mapping[str, bytes]) -> None:
    """Lay subproblems of a running job out for whichever worker is free; one that is laid out or done already stays.

    Parameters
    ----------
    tasks : by the part's name.
    """
    there = set(work.session.scalars(select(JobFile.name).where(JobFile.job_id == job_id)))
    for name, data in tasks.items():
        if not there & {_TASK + name, _FOUND + name}:
            save_file(work, job_id, _TASK + name, data)


def offered_parts(session: Session) -> list[tuple[str, str]]:
    """Job and name of every part that is laid out."""
    query = select(JobFile.job_id, JobFile.name).where(JobFile.name.startswith(_TASK, autoescape=True))
    return [(job_id, name.removeprefix(_TASK)) for job_id, name in session.execute(query)]


def read_part_task(store: Store, job_id: str, name: str) -> bytes | None:
    """A part that is laid out; None where it is done, or its job is over."""
    return read_file(store, job_id, _TASK + name)


def keep_part(work: Work, job_id: str, name: str, found: bytes) -> bool:
    """Keep what a part came to; False: the job is over, and nothing is kept."""
    if _row(work.session, job_id, for_update=True).state != "running":
        return False
    work.session.execute(delete(JobFile).where(JobFile.job_id == job_id, JobFile.name == _TASK + name))
    save_file(work, job_id, _FOUND + name, found)
    return True


def read_parts(store: Store, job_id: str, names: Collection[str]) -> dict[str, bytes]:
    """What those parts came to that are done, by name."""
    query = select(JobFile).where(JobFile.job_id == job_id, JobFile.name.in_([_FOUND + name for name in names]))
    with store.read() as session:
        return {
            row.name.removeprefix(_FOUND): store.cipher.open_bytes(_context(job_id, row.name), row.sealed)
            for row in session.scalars(query)
        }


def drop_parts(work: Work, job_id: str) -> None:
    """Forget the parts of a round that is over: its plan is kept."""
    for kind in (_TASK, _FOUND):
        named = JobFile.name.startswith(kind, autoescape=True)
        work.session.execute(delete(JobFile).where(JobFile.job_id == job_id, named))


def release_slot(work: Work, slot: str) -> list[str]:
    """Take a dead worker's jobs from it, so that another one may have them; gives their ids."""
    query = update(Job).where(Job.slot == slot, Job.state == "running").values(slot=None).returning(Job.job_id)
    job_ids = sorted(work.session.scalars(query))
    for job_id in job_ids:
        work.log("rescue", "job", job_id, slot=slot)
    return job_ids


def _trail(progress: Mapping[str, Any], at_s: int) -> list[list[int | None]]:
    """How a job has gone: seconds since it began, price, passengers not carried, bound; a line for each change."""
    trail: list[list[int | None]] = list(progress.get("trail", ()))
    figures = [progress.get(name) for name in ("objective_pence_per_week", "n_unserved", "bound_pence_per_week")]
    if figures[0] is None or (trail and trail[-1][1:] == figures):
        return trail
    kept = trail if len(trail) < MOST_TRAIL else [*trail[:-1:2], trail[-1]]
    return [*kept, [at_s, *figures]]


def _end(work: Work, job: Job, state: str) -> None:
    job.state, job.ended_at = state, work.now
    # What it worked on is in the plan that it made, or of no use to anybody.
    work.session.execute(delete(JobFile).where(JobFile.job_id == job.job_id))
    work.log("end", "job", job.job_id, state=state, plan_id=job.plan_id)
    work.session.flush()


def _row(session: Session, job_id: str, *, for_update: bool = False) -> Job:
    job = session.get(Job, job_id, populate_existing=True, with_for_update=for_update)
    if job is None:
        raise NotInStoreError(f"job {job_id}: no such job")
    return job


def _stored(cipher: Cipher, job: Job) -> StoredJob:
    told = (
        [] if job.sealed_faults is None else json.loads(cipher.open(_context(job.job_id, "faults"), job.sealed_faults))
    )
    return StoredJob(
        job_id=job.job_id, kind=job.kind, state=job.state, wanted=job.wanted, progress=job.progress, slot=job.slot,
        plan_id=job.plan_id, faults=tuple(Fault(**one) for one in told), asked_at=job.asked_at, asked_by=job.asked_by,
        started_at=job.started_at, ended_at=job.ended_at, is_cancel_asked=job.cancel_asked_at is not None,
    )  # fmt: skip


def _context(job_id: str, name: str) -> str:
    return f"job/{job_id}/{name}"
