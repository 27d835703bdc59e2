"""Planning jobs: the list, and one job as it goes, with its cost and bound as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.plan_jobs import start_frontier
from api.endpoints.shapes import RecordIdPath
from api.pages.rendering import go_to, page
from api.pages.spreadsheets import XLSX, spreadsheet
from api.pages.visit import Opens, Visit
from api.pages.words import day_words, moment_words
from api.report.assumptions import setting_words
from api.report.bound_chart import BoundChart, chart_of
from api.report.frontier_page import NOBODY_MOVES, frontier_chart, price_words
from api.store.jobs import StoredJob, cancel_job, list_jobs, read_plan_job
from transport.files.plan_words import plural, pounds
from transport.files.read_schools import setting_of
from transport.policy import setting_specs

router = APIRouter(include_in_schema=False)

FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.PLANS_WRITE))]

KIND_WORDS = {
    "plan": "Plan of the lists",
    "replan": "A plan improved",
    "frontier": "Cost against families disturbed",
    "bound": "How good a plan is, proven",
    "export": "A file that leaves",
}
_PHASE_WORDS = {
    "lists": "Taking the lists as they are",
    "read": "Reading the lists",
    "roads": "Preparing the roads",
    "matrices": "Measuring drives between all places",
    "encode": "Getting ready",
    "compile": "Getting the engine ready; the first time takes a minute or two",
    "kernel": "Getting the engine ready",
    "search": "Searching",
    "bound": "Proving how good the plan is",
    "check": "Checking every rule and every penny",
    "write": "Writing the plan with its documents",
    "stored": "Storing the plan",
}
_STATE_WORDS = {
    "queued": "Waiting for its turn",
    "running": "Under way",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
_MOST_LISTED = 100
_JOB_HEADS = ("Search", "Title", "Kind", "State", "Asked for", "Took", "Plan")
FRONTIER_S = 480
"""Of search for a frontier, shared by its eight prices of a family (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLine:
    """A plan of a frontier; `address` leads to a search at its price, empty where it stands as it is."""

    price: str
    n_disturbed: int
    n_unserved: int
    year: str
    is_best: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A job in the list."""

    job_id: str
    title: str
    kind: str
    state: str
    state_words: str
    asked: str
    took: str
    plan_id: str | None


@router.get("/jobs")
def show_jobs(visit: FileReader, form: str = "") -> Response:
    """Jobs, the newest first."""
    with visit.store.read() as session:
        found = list_jobs(session, visit.store.cipher)
    found.sort(key=lambda job: job.asked_at, reverse=True)
    if form == XLSX and found:
        lines = map(_line, found)
        rows = [(x.job_id, x.title, x.kind, x.state_words, x.asked, x.took, x.plan_id or "") for x in lines]
        return spreadsheet(visit, ("job", "list"), "Searches", _JOB_HEADS, rows)
    return page(visit, "jobs.html", jobs=[_line(job) for job in found[:_MOST_LISTED]], n_jobs=len(found))


@router.get("/jobs/{job_id}")
def show_job(job_id: RecordIdPath, visit: FileReader) -> Response:
    """One job: what is being done, the best plan so far, cost and bound over time; why it failed; what it made."""
    with visit.store.read() as session:
        job = read_plan_job(session, visit.store.cipher, job_id)
    said, points = status_words(job), job.progress.get("points") or []
    faults = [_fault_words(fault.file, fault.row, fault.column, fault.message) for fault in job.faults]
    return page(
        visit, "job.html", job=job, line=_line(job), said=said, faults=faults, figures=_figures(job),
        chart=_chart(job), points=[_point(p, job) for p in points], plan_before=job.wanted.get("plan_id"),
        frontier=frontier_chart(points) if points else None, wanted=wanted_words(job.wanted),
    )  # fmt: skip


@router.post("/plans/{plan_id}/frontier")
def start_search(plan_id: RecordIdPath, visit: Writer) -> Response:
    """Search what the plan could cost for each number of families disturbed."""
    with visit.store.change(visit.caller) as work:
        job_id = start_frontier(work, plan_id, FRONTIER_S)
    return go_to(f"/jobs/{job_id}?done=started")


@router.post("/jobs/{job_id}/cancel")
def cancel(job_id: RecordIdPath, visit: Writer) -> Response:
    """End a job; nothing of it is stored."""
    with visit.store.change(visit.caller) as work:
        read_plan_job(work.session, work.cipher, job_id)
        cancel_job(work, job_id)
    return go_to(f"/jobs/{job_id}")


def _point(point: Mapping[str, Any], job: StoredJob) -> PointLine:
    """A point of a frontier; at its price a plan is searched that may be a little better or worse than it."""
    price, address = point["price_pence"], ""
    if price is not None:
        title = f"{job.wanted['title']}, {price_words(price)}"
        limit = {"max_disturbed": "0"} if price >= NOBODY_MOVES else {"family_pounds": f"{price / 100:g}"}
        asked = {"source": "plan", "from_plan_id": job.wanted["plan_id"], "title": title, **limit}
        address = f"/plan-a-term?{urlencode(asked)}"
    return PointLine(
        price=price_words(price), n_disturbed=point["n_disturbed"], n_unserved=point["n_unserved"],
        year=pounds(point["year_pence"], pennies=False), is_best=point["is_best"], address=address,
    )  # fmt: skip


def status_words(job: StoredJob) -> str:
    """Where a job stands, in a sentence."""
    if job.state == "running":
        if job.is_cancel_asked:
            return "Being cancelled"
        words = _PHASE_WORDS.get(str(job.progress.get("phase", "")), "Beginning")
        n, n_rounds = job.progress.get("round"), job.wanted.get("n_rounds", 0)
        is_search = job.progress.get("phase") == "search"
        return f"{words}: part {n} of {n_rounds}" if is_search and n and n_rounds > 1 else words
    return {
        "queued": "Waiting for its turn", "done": "Done", "failed": "It failed, and nothing was stored",
        "cancelled": "Cancelled; nothing was stored",
    }[job.state]  # fmt: skip


def wanted_words(wanted: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was asked for, as labels and values."""
    rows = []
    if wanted.get("on"):
        rows.append(("Lists of", day_words(wanted["on"])))
    if schools := wanted.get("school_ids"):
        rows.append(("Schools", ", ".join(schools)))
    if wanted.get("iterations"):
        rows.append(("Search", plural(wanted["iterations"], "step")))
    else:
        rows.append(("Search", _duration(wanted["seconds"])))
    if wanted.get("bound_seconds"):
        rows.append(("Proof", _duration(wanted["bound_seconds"])))
    if wanted.get("disturbed_pence_per_week") is not None:
        rows.append(("A family left in peace", pounds(wanted["disturbed_pence_per_week"]) + " a week"))
    if wanted.get("max_disturbed") is not None:
        rows.append(("Most families disturbed", f"{wanted['max_disturbed']:,}"))
    for name, value in (wanted.get("policy") or {}).items():
        rows.append(_setting_words(name, value))
    if without := wanted.get("without_vehicle_ids"):
        rows.append(("Without the vehicles", ", ".join(without)))
    return [*rows, ("Seed", str(wanted.get("seed", 1)))]


def _setting_words(name: str, value: str) -> tuple[str, str]:
    """A setting of the policy and its value, in people's units."""
    spec = next(spec for spec in setting_specs() if spec.name == name)
    return spec.meaning[:1].upper() + spec.meaning[1:], setting_words(spec, setting_of(spec, value))


def _line(job: StoredJob) -> JobLine:
    took = ""
    if job.started_at is not None:
        took = _duration(round(((job.ended_at or datetime.now(UTC)) - job.started_at).total_seconds()))
    return JobLine(
        job_id=job.job_id, title=str(job.wanted.get("title", job.job_id)), kind=KIND_WORDS[job.kind], state=job.state,
        state_words=_STATE_WORDS[job.state], asked=moment_words(job.asked_at), took=took, plan_id=job.plan_id,
    )  # fmt: skip


def _figures(job: StoredJob) -> list[tuple[str, str, str]]:
    """The best plan so far; empty before there is one."""
    best = _best(_trail(job))
    if not best:
        return []
    _, pence, n_unserved, _ = best[-1]
    rows = [
        ("Best plan so far" if not job.is_over else "Best plan", pounds(pence, pennies=False), "a week, with wishes")
    ]
    rows.append(
        ("Not carried", f"{n_unserved:,}", "they count in the price" if n_unserved else "everybody has a place")
    )
    if bound := job.progress.get("bound_pence_per_week"):
        gap = f"at most {100 * (pence - bound) / bound:.1f}% above it" if bound > 0 else ""
        rows.append(("Proven: no plan below", pounds(bound, pennies=False), gap))
    return rows


def _trail(job: StoredJob) -> list[tuple[int, int, int, int | None]]:
    """How the price has gone; of a frontier nothing, for its searches have prices that cannot be compared."""
    if job.kind == "frontier":
        return []
    return [(s, pence, n or 0, bound) for s, pence, n, bound in job.progress.get("trail", ())]


def _best(trail: Sequence[tuple[int, int, int, int | None]]) -> list[tuple[int, int, int, int | None]]:
    """The best plan at each time, once as few are left out as at the end: each who is left out has a high price."""
    fewest = min((n for _, _, n, _ in trail), default=0)
    kept: list[tuple[int, int, int, int | None]] = []
    for at_s, pence, n, bound in trail:
        if n == fewest:
            kept.append((at_s, min(pence, kept[-1][1]) if kept else pence, n, bound))
    return kept


def _chart(job: StoredJob) -> BoundChart | None:
    """Cost and bound over time; None before there are two points."""
    best = _best(_trail(job))
    end_s = (job.ended_at or datetime.now(UTC)) - job.started_at if job.started_at else timedelta()
    if len(best) < 2:
        return None
    cost = [(float(at_s), pence) for at_s, pence, _, _ in best]
    cost.append((max(end_s.total_seconds(), cost[-1][0] + 1), cost[-1][1]))
    bound = [(float(at_s), proven) for at_s, _, _, proven in best if proven is not None]
    bound += [(cost[-1][0], bound[-1][1])] if bound else []
    words = f"Line chart over time: the best plan so far costs {pounds(cost[-1][1])} a week"
    words += f", the proven bound is {pounds(bound[-1][1])}." if bound else "."
    return chart_of(cost, bound, searched_s=bound[0][0] if bound else cost[-1][0], words=words)


def _fault_words(file: str, row: int | None, column: str, message: str) -> str:
    """Where, and what is wrong."""
    where = ", ".join(filter(None, (file if file != "job" else "", f"row {row}" if row else "", column)))
    text = f"{where}: {message}" if where else message
    return text[:1].upper() + text[1:]


def _duration(seconds: int) -> str:
    if seconds < 120:
        return plural(seconds, "second")
    return plural(round(seconds / 60), "minute")
