"""Jobs: how far they are, as they go, and their end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.auth.permissions import Permission
from api.endpoints.asking import Asking, Requires
from api.endpoints.shapes import After, FaultOut, PageLimit, RecordIdPath, moment_text
from api.problems import faults_json
from api.store.jobs import StoredJob, cancel_job, list_jobs, read_job, read_plan_job
from api.store.store import Store

router = APIRouter(prefix="/jobs", tags=["jobs"])

Reader = Annotated[Asking, Depends(Requires(permission=Permission.PLAN_FILES_READ))]
Writer = Annotated[Asking, Depends(Requires(permission=Permission.PLANS_WRITE))]

LOOK_S = 0.5
WATCH_S = 60.0
"""A stream ends after so long; a browser asks again by itself, and whether it still may is looked at anew."""


class JobOut(BaseModel):
    """A job."""

    job_id: str
    kind: Literal["plan", "replan", "frontier", "bound", "export", "cuts", "award"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    wanted: dict[str, Any]
    progress: dict[str, Any] = Field(
        description="Phase, round, iterations, price of the best plan so far, unserved, bound, gap; "
        "`trail`: [seconds, price, unserved, bound] for each change; `points`: of a frontier that is done; "
        "`designs`: of a comparison of cuts; `n_done`, `n_all`: of an award's reasons"
    )
    slot: str | None = Field(description="Worker that has it")
    plan_id: str | None = Field(description="The draft that it made, or the plan that it proved a bound for")
    faults: list[FaultOut] = Field(description="Why it failed")
    is_cancel_asked: bool
    asked_at: str
    started_at: str | None
    ended_at: str | None


class JobPage(BaseModel):
    """A page of jobs by id; `next` empty: the last one."""

    jobs: list[JobOut]
    next: str


@router.get("", response_model=JobPage)
def get_jobs(who: Reader, after: After = "", limit: PageLimit = 100, only_open: bool = False) -> dict[str, Any]:
    """Jobs by id, a page at a time."""
    with who.store.read() as session:
        found = list_jobs(session, who.store.cipher, after=after, limit=limit, only_open=only_open)
    following = found[-1].job_id if len(found) == limit else ""
    return {"jobs": [job_json(job) for job in found], "next": following}


@router.get("/{job_id}", response_model=JobOut)
def get_job(job_id: RecordIdPath, who: Reader) -> dict[str, Any]:
    """One job."""
    return job_json(_read(who.store, job_id))


@router.post("/{job_id}/cancel", status_code=202, response_model=JobOut)
def post_cancel(job_id: RecordIdPath, who: Writer) -> dict[str, Any]:
    """End a job: within two seconds it is `cancelled`, and nothing of it is stored."""
    _read(who.store, job_id)
    with who.store.change(who.caller) as work:
        cancel_job(work, job_id)
        return job_json(read_job(work.session, work.cipher, job_id))


@router.get(
    "/{job_id}/events", response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)  # fmt: skip
def get_events(job_id: RecordIdPath, request: Request, who: Reader) -> StreamingResponse:
    """Watch a job: server-sent events `job`, each the whole job as JSON, whenever it has gone on; the last one is over.

    The stream ends after a minute, or with the job; ask again to go on watching.
    """
    _read(who.store, job_id)
    return StreamingResponse(_events(request, who.store, job_id), media_type="text/event-stream")


async def _events(request: Request, store: Store, job_id: str) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    said, loop = "", asyncio.get_running_loop()
    end_at = loop.time() + WATCH_S
    while loop.time() < end_at and not await request.is_disconnected():
        job = await run_in_threadpool(_read, store, job_id)
        text = json.dumps(job_json(job), ensure_ascii=False)
        if text != said:
            yield f"event: job\ndata: {text}\n\n"
            said = text
        if job.is_over:
            return
        await asyncio.sleep(LOOK_S)


def _read(store: Store, job_id: str) -> StoredJob:
    with store.read() as session:
        return read_plan_job(session, store.cipher, job_id)


def job_json(job: StoredJob) -> dict[str, Any]:
    """A job as the API tells it."""
    return {
        "job_id": job.job_id, "kind": job.kind, "state": job.state, "wanted": dict(job.wanted),
        "progress": dict(job.progress), "slot": job.slot, "plan_id": job.plan_id, "faults": faults_json(job.faults),
        "is_cancel_asked": job.is_cancel_asked, "asked_at": moment_text(job.asked_at),
        "started_at": None if job.started_at is None else moment_text(job.started_at),
        "ended_at": None if job.ended_at is None else moment_text(job.ended_at),
    }  # fmt: skip
