"""The proven bound of a stored plan in steps, as `api.jobs.planning`: what a round has proven is kept sealed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from api.certify import STATE_FILE, Certified, CertifyRequest, certify_folder
from api.jobs import planning
from api.jobs.planning import LISTS, Bench, JobCancelledError, asker, require_wanted, unpack
from api.planning_job import Watcher
from api.store.jobs import end_job, read_file, read_job, save_file, set_progress
from api.store.plans import add_bound, seal_file

_STATE = "state"
begin = planning.begin
"""The first step is that of planning: it keeps the plan's folder."""


def improve(bench: Bench, job_id: str, n: int) -> int:
    """Round n of the proof, counted from 1, from what is proven so far; gives 1 + the bound in pence a week."""
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        place = Path(name)
        done = _prove(bench, job_id, n, place)
        state_path = place / STATE_FILE
        state = state_path.read_bytes() if state_path.exists() else None
    with bench.store.change(bench.caller) as work:
        require_wanted(set_progress(work, job_id, _progress_of(done) | {"round": n}))
        if state is not None:
            save_file(work, job_id, _STATE, state)
    # Never 0, which would say that the job is over.
    return 1 + done.certificate.bound_pence


def complete(bench: Bench, job_id: str, n: int) -> int:
    """Last round; the plan's new files and the end of the job are one transaction."""
    from api.report.outputs import PLAN_FILE, REPORT_FILE

    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        place = Path(name)
        done = _prove(bench, job_id, n, place)
        plan_id = _plan_id(bench, job_id)
        files = [
            seal_file(bench.store.cipher, plan_id, file, (place / file).read_bytes())
            for file in (PLAN_FILE, REPORT_FILE)
            if (place / file).exists()
        ]
    with bench.store.change(asker(bench, job_id)) as work:
        require_wanted(set_progress(work, job_id, _progress_of(done) | {"round": n, "phase": "stored"}))
        add_bound(work, plan_id, files, _progress_of(done))
        end_job(work, job_id, "done", plan_id=plan_id)
    return 1 + done.certificate.bound_pence


def _prove(bench: Bench, job_id: str, n: int, place: Path) -> Certified:
    with bench.store.read() as session:
        job = read_job(session, bench.store.cipher, job_id)
    require_wanted(job.is_over or job.is_cancel_asked)
    unpack(read_file(bench.store, job_id, LISTS), place)
    state = read_file(bench.store, job_id, _STATE)
    if state is not None:
        (place / STATE_FILE).write_bytes(state)
    bench.tell({"round": n, "n_rounds": job.wanted["n_rounds"]})
    request = CertifyRequest(
        folder=place, seconds=job.wanted["seconds"] / job.wanted["n_rounds"],
        roads_path=bench.settings.roads_file, cache_dir=bench.settings.cache_folder,
    )  # fmt: skip
    done = certify_folder(request, _watcher(bench))
    require_wanted(bench.should_stop())
    return done


def _watcher(bench: Bench) -> Watcher:
    def on_bound(_: float, bound_pence: int, objective_pence: int) -> None:
        bench.tell(_figures(bound_pence, objective_pence))

    return Watcher(
        on_phase=lambda phase: bench.tell({"phase": phase}), on_bound=on_bound, should_stop=bench.should_stop
    )


def _progress_of(done: Certified) -> dict[str, int | float | None]:
    return _figures(done.certificate.bound_pence, done.certificate.objective_pence)


def _figures(bound_pence: int, objective_pence: int) -> dict[str, int | float | None]:
    # Rounded up: never nearer than it is.
    gap = -(-10_000 * (objective_pence - bound_pence) // bound_pence) / 10_000 if bound_pence > 0 else None
    return {"bound_pence_per_week": bound_pence, "objective_pence_per_week": objective_pence, "gap": gap}


def _plan_id(bench: Bench, job_id: str) -> str:
    with bench.store.read() as session:
        plan_id = read_job(session, bench.store.cipher, job_id).wanted["plan_id"]
    if plan_id is None:
        raise JobCancelledError
    return str(plan_id)
