"""Jobs run in the test's own process, step by step, as a worker does; how far they are is noted at once."""

from __future__ import annotations

from typing import Any

from api.jobs import planning
from api.jobs.planning import Bench
from api.jobs.steps import steps_of
from api.settings import Settings
from api.store.jobs import StoredJob, queued_ids, read_job, set_progress
from api.store.store import Store


def bench_of(store: Store, settings: Settings, job_id: str) -> Bench:
    """A place of work that notes each word of progress in the store."""

    def tell(progress: dict[str, Any]) -> None:
        with store.change(bench.caller) as work:
            set_progress(work, job_id, progress)

    bench = Bench(store=store, settings=settings, slot="test", tell=tell)
    return bench


def run_job(store: Store, settings: Settings, job_id: str) -> StoredJob:
    """Every step of a job; what cannot be done ends it as failed."""
    bench = bench_of(store, settings, job_id)
    try:
        steps = steps_of(job_of(store, job_id).kind)
        n_rounds = steps.begin(bench, job_id)
        for n in range(1, n_rounds):
            steps.improve(bench, job_id, n)
        steps.complete(bench, job_id, n_rounds)
    except Exception as error:
        planning.fail(bench, job_id, error)
    return job_of(store, job_id)


def run_asked(store: Store, settings: Settings) -> None:
    """Let a worker do what waits."""
    with store.read() as session:
        waiting = queued_ids(session)
    for job_id in waiting:
        assert run_job(store, settings, job_id).state == "done"


def job_of(store: Store, job_id: str) -> StoredJob:
    """A job as it stands."""
    with store.read() as session:
        return read_job(session, store.cipher, job_id)
