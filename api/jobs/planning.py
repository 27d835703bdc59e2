"""Planning and re-planning in steps: each may run again from its beginning and then does no harm.

The lists as they were when the job began, and the best plan of each round, are kept sealed in the store; so another
process, on another machine, goes on with the next round.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.audit import Caller
from api.jobs.wanted_lists import narrow_lists
from api.planning_job import PlanRequest, Prepared, Watcher, finish, prepare, search
from api.settings import Settings
from api.store.faults import NotAllowedYetError
from api.store.jobs import StoredJob, begin_job, drop_parts, end_job, read_file, read_job, save_file, set_progress
from api.store.plans import add_plan, seal_plan, write_folder
from api.store.scenario import write_stored_scenario
from api.store.store import Store
from transport.files.faults import Fault, InputFaults
from transport.files.plan_json import plan_json_of, plan_of_json

if TYPE_CHECKING:
    from routing.solve import Progress, Stop
    from routing.whole_search import Searched

LISTS, INCUMBENT, SEARCHED = "lists", "incumbent", "searched"
FRONTIER = "frontier"
"""Kind of a job that makes no plan, but a picture of what plans could cost for so many families disturbed."""
NEAR = "near"
"""Folder of the plan that families know, beside the lists."""


class JobCancelledError(Exception):
    """The job is to end; nothing more is to be done for it."""


@dataclass(slots=True, kw_only=True, eq=False)
class Bench:
    """One worker's place of work.

    Attributes
    ----------
    slot : name of the place. should_stop : whether the job at hand is to end.
    tell : notes progress of the job at hand. prepared : the job at hand, ready to be searched, by its id.
    """

    store: Store
    settings: Settings
    slot: str
    should_stop: Callable[[], bool] = lambda: False
    tell: Callable[[dict[str, Any]], None] = lambda progress: None
    prepared: dict[str, Prepared] = field(default_factory=dict)

    @property
    def caller(self) -> Caller:
        """Who is in the log for what the worker does by itself."""
        return Caller(name=f"worker/{self.slot}")


def take(bench: Bench, job_id: str) -> bool:
    """Note that this worker has the job, for the first time or after another one had it; False: it is over."""
    with bench.store.change(bench.caller) as work:
        return begin_job(work, job_id, bench.slot)


def begin_one_round(bench: Bench, job_id: str) -> int:
    """First step of a job that keeps no lists: gives its one round, 0 where it is over."""
    return 1 if take(bench, job_id) else 0


def begin(bench: Bench, job_id: str) -> int:
    """First step: keep the lists as they are; gives the number of rounds, 0 where the job is over."""
    if not take(bench, job_id):
        return 0
    with bench.store.read() as session:
        job = read_job(session, bench.store.cipher, job_id)
    if read_file(bench.store, job_id, LISTS) is None:
        bench.tell({"phase": "lists"})
        lists = _lists_of(bench.store, job)
        with bench.store.change(bench.caller) as work:
            save_file(work, job_id, LISTS, lists)
    return int(job.wanted["n_rounds"])


def improve(bench: Bench, job_id: str, n: int) -> int:
    """Round n of the search, counted from 1: from the best plan so far to a better one, which is kept; its price.

    A round that has been kept already, by a worker that died before it could say so, is not searched again: the names
    of its parts are used up.
    """
    kept_round = read_file(bench.store, job_id, SEARCHED)
    if kept_round is not None:
        number, price = json.loads(kept_round)
        if number >= n:
            return int(price)
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        searched, _, _ = _search_round(bench, job_id, n, Path(place))
        found = searched.found.objective_pence
        kept = json.dumps(plan_json_of(searched.found.plan)).encode()
        progress = {"round": n, "objective_pence_per_week": found, "n_unserved": len(searched.found.plan.unserved)}
        with bench.store.change(bench.caller) as work:
            require_wanted(set_progress(work, job_id, progress))
            save_file(work, job_id, INCUMBENT, kept)
            save_file(work, job_id, SEARCHED, json.dumps([n, found]).encode())
            drop_parts(work, job_id)
    return found


def complete(bench: Bench, job_id: str, n: int) -> int:
    """Last round, check, price, write, store: the plan and the end of the job are one transaction; its objective.

    A frontier has one round alone, and stores no plan: its figures stand with the job.
    """
    if _job(bench, job_id).kind == FRONTIER:
        return _complete_frontier(bench, job_id)
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        searched, request, prepared = _search_round(bench, job_id, n, Path(place))
        finish(request, prepared, searched, watcher_of(bench))
        sealed = seal_plan(bench.store.cipher, request.out)
    with bench.store.change(asker(bench, job_id)) as work:
        require_wanted(set_progress(work, job_id, {"round": n, "phase": "stored"}))
        plan = add_plan(work, sealed, read_job(work.session, work.cipher, job_id).wanted["title"])
        end_job(work, job_id, "done", plan_id=plan.plan_id)
    bench.prepared.pop(job_id, None)
    return searched.found.objective_pence


def _complete_frontier(bench: Bench, job_id: str) -> int:
    """Search from "no one moves" to "free hand"; gives the number of plans found."""
    from api.in_year_replan import ReplanRequest, frontier
    from api.report.frontier_page import frontier_figures

    job = _job(bench, job_id)
    require_wanted(job.is_over or job.is_cancel_asked)
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        place = Path(name)
        unpack(read_file(bench.store, job_id, LISTS), place)
        request = ReplanRequest(
            plan_path=place, out=place / "out", stop=_stop_of(job.wanted), seed=job.wanted["seed"],
            roads_path=bench.settings.roads_file, cache_dir=bench.settings.cache_folder,
        )  # fmt: skip
        found = frontier(request, watcher_of(bench))
    require_wanted(bench.should_stop())
    points = frontier_figures(found)["points"]
    with bench.store.change(asker(bench, job_id)) as work:
        require_wanted(set_progress(work, job_id, {"phase": "stored", "points": points}))
        end_job(work, job_id, "done")
    return len(points)


def fail(bench: Bench, job_id: str, error: Exception) -> None:
    """End a job that cannot be done, with every reason."""
    if isinstance(error, InputFaults):
        faults = error.faults
    else:
        is_ours = isinstance(error, ValueError | OSError | NotAllowedYetError)
        message = str(error) if is_ours else f"an error that was not foreseen ({type(error).__name__})"
        faults = (Fault(file="job", row=None, column="", value="", message=message),)
    bench.prepared.pop(job_id, None)
    with bench.store.change(bench.caller) as work:
        end_job(work, job_id, "failed", faults=tuple(faults))


def cancelled(bench: Bench, job_id: str) -> bool:
    """End a job that somebody cancelled; False where it is over already."""
    bench.prepared.pop(job_id, None)
    with bench.store.change(bench.caller) as work:
        return end_job(work, job_id, "cancelled")


def _search_round(bench: Bench, job_id: str, n: int, place: Path) -> tuple[Searched, PlanRequest, Prepared]:
    from api.jobs.parts import elsewhere

    with bench.store.read() as session:
        job = read_job(session, bench.store.cipher, job_id)
    require_wanted(job.is_over or job.is_cancel_asked)
    unpack(read_file(bench.store, job_id, LISTS), place)
    request, watcher = request_of(bench, job, n, place), watcher_of(bench)
    bench.tell({"round": n, "n_rounds": job.wanted["n_rounds"]})
    prepared = bench.prepared.get(job_id)
    if prepared is None:
        # One job at a time: what an older one left behind is of no use.
        bench.prepared.clear()
        prepared = bench.prepared[job_id] = prepare(request, watcher)
    require_wanted(bench.should_stop())
    kept = read_file(bench.store, job_id, INCUMBENT)
    start = prepared.given if kept is None else plan_of_json(json.loads(kept))
    searched = search(prepared, request, start, watcher, elsewhere(bench, job_id, n, prepared))
    require_wanted(bench.should_stop())
    return searched, request, prepared


def _job(bench: Bench, job_id: str) -> StoredJob:
    with bench.store.read() as session:
        return read_job(session, bench.store.cipher, job_id)


def require_wanted(is_to_end: bool) -> None:
    """Go no further where the job is to end.

    Raises
    ------
    JobCancelledError
        When it is.
    """
    if is_to_end:
        raise JobCancelledError


def asker(bench: Bench, job_id: str) -> Caller:
    """Whoever asked for the job: what it makes is stored in their name."""
    with bench.store.read() as session:
        return replace(bench.caller, name=read_job(session, bench.store.cipher, job_id).asked_by)


def watcher_of(bench: Bench) -> Watcher:
    """Who is told how a job goes: whoever reads it in the store."""

    def on_progress(progress: Progress) -> None:
        bench.tell(
            {
                "iterations": progress.iterations, "n_unserved": progress.n_unserved,
                "objective_pence_per_week": progress.objective_pence_per_week,
                "share_of_round": round(progress.share_done, 2),
            }
        )  # fmt: skip

    return Watcher(
        on_phase=lambda phase: bench.tell({"phase": phase}), on_progress=on_progress, should_stop=bench.should_stop,
        on_bound=lambda seconds, bound_pence, objective_pence: bench.tell({"bound_pence_per_week": bound_pence}),
    )  # fmt: skip


def request_of(bench: Bench, job: StoredJob, n: int, place: Path) -> PlanRequest:
    """What a round plans: its share of the search, with a seed of its own."""
    from api.plan_folder import open_plan_folder

    wanted, roads = job.wanted, bench.settings.roads_file
    request = PlanRequest(
        scenario_path=place / "scenario", out=place / "out", stop=_stop_of(wanted), roads_path=roads,
        seed=wanted["seed"] + n - 1, cache_dir=bench.settings.cache_folder, bound_seconds=wanted.get("bound_seconds"),
        disturbed_pence_per_week=wanted["disturbed_pence_per_week"], max_disturbed=wanted["max_disturbed"],
    )  # fmt: skip
    if job.kind != "replan":
        request.scenario_path.mkdir(exist_ok=True)  # It is not there where the lists are empty: the reader says so.
        return replace(request, reference_path=place / NEAR) if wanted.get("near_plan_id") else request
    folder = open_plan_folder(place)
    return replace(
        request, scenario_path=folder.lists_path, reference_path=place,
        network_points=folder.network_points if roads is None else None,
    )  # fmt: skip


def _stop_of(wanted: Any) -> Stop:
    from routing.solve import Stop

    n_rounds = wanted["n_rounds"]
    if wanted["iterations"] is not None:
        return Stop(iterations=max(1, wanted["iterations"] // n_rounds))
    return Stop(seconds=wanted["seconds"] / n_rounds)


def _lists_of(store: Store, job: StoredJob) -> bytes:
    """What a job plans, as one file: the lists of a day, or the folder of a plan."""
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place, store.read() as session:
        if job.kind != "plan":
            write_folder(session, store.cipher, job.wanted["plan_id"], Path(place))
        else:
            lists = Path(place) / "scenario"
            write_stored_scenario(session, store.cipher, date.fromisoformat(job.wanted["on"]), lists)
            narrow_lists(lists, job.wanted)
            if near_id := job.wanted.get("near_plan_id"):
                write_folder(session, store.cipher, near_id, Path(place) / NEAR)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(place).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(place).as_posix())
        return packed.getvalue()


def unpack(packed: bytes | None, place: Path) -> None:
    """Write out what a job works on.

    Raises
    ------
    JobCancelledError
        When it is there no more: the job is over.
    """
    if packed is None:
        raise JobCancelledError
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(place)
