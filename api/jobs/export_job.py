"""Files of large exports, made by a worker: one step, whose file and the job's end are one transaction."""

from __future__ import annotations

from api.export_files import keep_file, made
from api.exporting import read_export, wanted_of
from api.jobs.planning import Bench, asker, begin_one_round, require_wanted
from api.store.jobs import end_job, read_job, set_progress

begin = begin_one_round


def complete(bench: Bench, job_id: str, n: int) -> int:
    """Make the file and keep it sealed; gives 1 + its rows. Who may fetch it is asked when it is fetched."""
    bench.tell({"round": n, "phase": "write"})
    with bench.store.read() as session:
        job = read_job(session, bench.store.cipher, job_id)
        require_wanted(job.is_over or job.is_cancel_asked)
        export_id, form = job.wanted["export_id"], job.wanted["form"]
        export = read_export(session, export_id)
        wanted = wanted_of(session, bench.store.cipher, export)
    data, n_rows = made(bench.store, export, wanted, form)
    require_wanted(bench.should_stop())
    with bench.store.change(asker(bench, job_id)) as work:
        require_wanted(set_progress(work, job_id, {"phase": "stored"}))
        keep_file(work, export_id, form, data, n_rows)
        end_job(work, job_id, "done")
    return 1 + n_rows
