"""Long steps of a tender, one round each: the comparison of every cut of a plan, and the award with its reasons.

What is found is stored in the name of whoever asked, together with the end of the job. A tender that went on meanwhile
is left as it is.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.endpoints.tender_jobs import LimitsShape
from api.endpoints.tender_steps import Desk, files_after, told
from api.jobs.planning import Bench, asker, begin_one_round, require_wanted
from api.open_plans import OpenPlans
from api.store.faults import StaleWriteError
from api.store.jobs import ASKED, CUTS, StoredJob, end_job, read_file, read_job, set_progress
from api.store.plans import write_folder
from api.store.tenders import folder_of, keep_step, read_tender, write_tender_folder
from api.tender_log import Signed

if TYPE_CHECKING:
    from procurement.compare_lots import DesignResult


begin = begin_one_round


def complete(bench: Bench, job_id: str, n: int) -> int:
    """The only round; never 0, which would say that the job is over."""
    with bench.store.read() as session:
        job = read_job(session, bench.store.cipher, job_id)
    require_wanted(job.is_over or job.is_cancel_asked)
    return 1 + (_compare(bench, job) if job.kind == CUTS else _award(bench, job))


def _compare(bench: Bench, job: StoredJob) -> int:
    """Every cut on the same invented markets; the figures stand with the job."""
    from api.plan_folder import open_plan_folder
    from api.tender_pack import compare_cuts

    wanted = job.wanted
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name, told(Path(name)):
        place, tender = Path(name) / "plan", Path(name) / "tender"
        with bench.store.read() as session:
            write_folder(session, bench.store.cipher, wanted["plan_id"], place)
        if wanted["tender_id"] is not None:
            with bench.store.read() as session:
                write_tender_folder(session, bench.store.cipher, wanted["tender_id"], tender)
        given = open_plan_folder(place)
        asked = LimitsShape(**{field: wanted[field] for field in LimitsShape.model_fields})
        opened = OpenPlans(bench.store, bench.settings).opened
        travel = opened(wanted["plan_id"]).travel() if asked.fleet_too else given.pairs
        designs = compare_cuts(
            given, travel, tender, asked.limits, fleet_too=asked.fleet_too, n_markets=wanted["n_markets"],
            tell=lambda cut, n, of: _tell(bench, "cuts", n, of),
        )  # fmt: skip
    with bench.store.change(asker(bench, job.job_id)) as work:
        require_wanted(set_progress(work, job.job_id, {"phase": "stored", "designs": design_figures(designs)}))
        end_job(work, job.job_id, "done")
    return len(designs)


def design_figures(designs: Sequence[DesignResult]) -> list[dict[str, Any]]:
    """What the comparison found of every cut, in figures and in the sentence that a record can hold."""
    from procurement.compare_lots import design_figures as figures
    from procurement.compare_lots import design_words

    return [{**figures(design), "said": design_words(design)} for design in designs]


def _award(bench: Bench, job: StoredJob) -> int:
    from api.tender_award import award
    from api.tender_files import read_pack

    wanted, store = job.wanted, bench.store
    asked = json.loads(read_file(store, job.job_id, ASKED) or b"{}")
    signed = Signed(by=(job.asked_by,), why=asked["why"])

    def step(desk: Desk) -> None:
        rules = read_pack(desk.folder).rules
        award(
            desk.given, desk.folder, pack_digest=asked["pack_digest"], avoidable=not wanted["full_cost"],
            travel=desk.travel() if rules.fleet_reserved or rules.extensions_reserved else None,
            quality_pct_by_operator_id=asked["quality"], seconds=float(wanted["seconds"]),
            explain_seconds=float(wanted["explain_seconds"]), signed=signed, tell=lambda *now: _tell(bench, *now),
        )  # fmt: skip

    tender_id = wanted["tender_id"]
    with store.read() as session:
        tender = read_tender(session, store.cipher, tender_id)
    with folder_of(store, tender_id) as folder:
        files = files_after(store, OpenPlans(store, bench.settings), tender.plan_id, folder, step)
    with store.change(asker(bench, job.job_id)) as work:
        require_wanted(set_progress(work, job.job_id, {"phase": "stored"}))
        try:
            keep_step(work, tender_id, files, expected_version=wanted["version"])
        except StaleWriteError as error:
            raise ValueError("another step of the tender was taken meanwhile: ask for the award again") from error
        end_job(work, job.job_id, "done")
    return 1


def _tell(bench: Bench, what: str, n: int, of: int) -> None:
    """Note how far the job is, and go no further where it is to end."""
    require_wanted(bench.should_stop())
    bench.tell({"phase": what, "n_done": n, "n_all": of})
