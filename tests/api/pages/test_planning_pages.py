"""Planning a term on pages: the form, the search as it goes, its end; with the engine itself."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi import FastAPI

from api.auth.permissions import Role
from api.settings import Settings
from api.store.jobs import ask_job, begin_job, end_job, set_progress
from api.store.store import Store, Work
from tests.api.job_runs import job_of, run_job
from tests.api.lists import OFFICER
from tests.api.page_visits import Visitor, visitor, words_of
from tests.api.planned import put_lists, put_plan
from transport.files.faults import Fault

FORM = {"title": "Autumn", "source": "lists", "on": "2026-09-02", "minutes": "0.1", "seed": "1"}
PAGE = "/plan-a-term"


@pytest.fixture
def planner(app: FastAPI, store: Store) -> Visitor:
    """A transport officer with Little Council's lists."""
    put_lists(store)
    return visitor(app, Role.TRANSPORT_OFFICER)


def started(who: Visitor, **more: object) -> str:
    """Send the form; gives the job's id."""
    address = who.send(PAGE, {**FORM, **more}, of=PAGE).headers["location"]
    assert address.endswith("?done=started")
    return str(address.partition("?")[0].rpartition("/")[2])


def in_worker(store: Store, job_id: str, *progress: dict[str, object]) -> None:
    """A worker has taken a job and said how far it is."""
    with store.change(OFFICER) as work:
        begin_job(work, job_id, "test")
    for one in progress:
        with store.change(OFFICER) as work:
            set_progress(work, job_id, one)


def test_from_the_form_to_the_draft(planner: Visitor, store: Store, settings: Settings) -> None:
    """Six seconds of search and one minute of proof; the job's page then leads to a draft with a certificate."""
    job_id = started(planner, minutes="0.1", bound_minutes="1")
    waiting = words_of(planner.see(f"/jobs/{job_id}"))
    assert "Waiting for its turn Plan of the lists" in waiting
    assert "Search 6 seconds Proof 60 seconds" in waiting
    assert "Searches (1 under way)" in planner.see("/plans")
    done = run_job(store, settings, job_id)
    assert done.state == "done", done.faults
    page = planner.see(f"/jobs/{job_id}")
    assert f'href="/plans/{done.plan_id}"' in page
    assert "data-refresh" not in page
    assert "Proven: no plan below" in page
    assert "No lower bound has been computed" not in planner.see(f"/plans/{done.plan_id}")
    assert f'href="/plans/{done.plan_id}"' in planner.see("/jobs")


def test_what_the_form_says_is_what_the_job_wants(planner: Visitor, store: Store) -> None:
    """Minutes become seconds, pounds pence; a vehicle that was offered and not ticked is left out."""
    plan_id = put_plan(store)
    job_id = started(
        planner, bound_minutes="2", family_pounds="12.50", max_disturbed="3", school_ids=["S1"], near_plan_id=plan_id,
        ride_target_primary_s="50", horizon="budget", offered_vehicle_ids=["V1", "V2"], vehicle_ids=["V1"],
    )  # fmt: skip
    wanted = job_of(store, job_id).wanted
    assert (wanted["seconds"], wanted["bound_seconds"], wanted["on"], wanted["seed"]) == (6, 120, "2026-09-02", 1)
    assert (wanted["disturbed_pence_per_week"], wanted["max_disturbed"], wanted["near_plan_id"]) == (1250, 3, plan_id)
    assert wanted["policy"] == {"ride_target_primary_s": "3000", "horizon": "budget"}
    assert (wanted["school_ids"], wanted["without_vehicle_ids"]) == (["S1"], ["V2"])
    shown = words_of(planner.see(f"/jobs/{job_id}"))
    assert "A family left in peace £12.50 a week Most families disturbed 3" in shown
    assert "Total journey wished for, primary 50 min" in shown


def test_a_plan_that_is_stored_is_planned_again_as_it_is(planner: Visitor, store: Store) -> None:
    """What goes with the lists alone is not taken along."""
    plan_id = put_plan(store)
    job_id = started(planner, source="plan", from_plan_id=plan_id, school_ids=["S1"], ride_cap_primary_s="50")
    job = job_of(store, job_id)
    assert (job.kind, job.wanted["plan_id"], job.wanted["on"]) == ("replan", plan_id, None)
    assert (job.wanted["school_ids"], job.wanted["policy"]) == ([], {})


def test_every_fault_of_the_form_stands_at_its_field(planner: Visitor) -> None:
    """No title, a day that is none, words for numbers, a limit of five hours; what was written stays."""
    wrong = {"title": " ", "on": "soon", "minutes": "long", "family_pounds": "99999999", "ride_cap_primary_s": "300"}
    page = planner.send(PAGE, {**FORM, **wrong}, 422, of=PAGE).text
    for name in wrong:
        assert f'id="{name}-error"' in page, name
    assert "Must be from 1 to 240" in page
    assert 'value="long"' in page


def test_the_job_is_shown_as_it_goes(planner: Visitor, store: Store) -> None:
    """Who is left out counts in the price, so the picture begins where nobody is; then the bound comes in."""
    job_id = started(planner)
    trail = [(90_000_000, 2), (1_200_000, 0), (1_100_000, 0)]
    said = [{"phase": "search", "round": 2, "objective_pence_per_week": p, "n_unserved": n} for p, n in trail]
    in_worker(store, job_id, *said)
    page = planner.see(f"/jobs/{job_id}")
    assert "Searching: part 2 of 10" in page
    assert 'data-refresh="2000"' in page
    assert "Best plan so far £11,000 a week" in words_of(page)
    assert "£900,000" not in page
    in_worker(store, job_id, {"phase": "bound", "bound_pence_per_week": 1_000_000})
    page = planner.see(f"/jobs/{job_id}")
    assert "Proven: no plan below £10,000 at most 10.0% above it" in words_of(page)
    assert "the proven bound is £10,000.00" in page


def test_a_job_is_cancelled_once(planner: Visitor, store: Store) -> None:
    """One that waits ends at once; a running one says that it is being cancelled; one that is over cannot be."""
    job_id = started(planner)
    planner.send(f"/jobs/{job_id}/cancel", {}, of=f"/jobs/{job_id}")
    assert "Cancelled; nothing was stored" in planner.see(f"/jobs/{job_id}")
    planner.send(f"/jobs/{job_id}/cancel", {}, 409, of="/plans")
    running = started(planner)
    in_worker(store, running)
    planner.send(f"/jobs/{running}/cancel", {}, of=f"/jobs/{running}")
    page = planner.see(f"/jobs/{running}")
    assert "Being cancelled" in page
    assert f'action="/jobs/{running}/cancel"' not in page


def test_a_failure_is_told_in_words(planner: Visitor, store: Store, settings: Settings) -> None:
    """A policy that the lists contradict: file, row and what is allowed; and a fault of the job itself."""
    job_id = started(planner, on="2020-01-01", school_ids=["S9"])
    failed = run_job(store, settings, job_id)
    assert failed.state == "failed"
    page = planner.see(f"/jobs/{job_id}")
    assert "It failed, and nothing was stored" in page
    assert failed.faults[0].message[1:] in words_of(page)
    other = started(planner)
    with store.change(OFFICER) as work:
        _fail(work, other)
    assert "Passengers, row 3, postcode: must be a postcode" in words_of(planner.see(f"/jobs/{other}"))


def _fail(work: Work, job_id: str) -> None:
    fault = Fault(file="passengers", row=3, column="postcode", value="X", message="must be a postcode")
    end_job(work, job_id, "failed", faults=(fault,))


def test_who_may_not_plan_sees_jobs_without_buttons(app: FastAPI, planner: Visitor) -> None:
    """A viewer looks on; a procurement officer does not."""
    job_id = started(planner)
    viewer = visitor(app, Role.VIEWER)
    assert "Cancel" not in viewer.see(f"/jobs/{job_id}")
    assert "Plan a term" not in viewer.see("/jobs")
    viewer.see(PAGE, 403)
    visitor(app, Role.PROCUREMENT_OFFICER).see(f"/jobs/{job_id}", 403)


def test_a_frontier_is_drawn_to_choose_from(planner: Visitor, store: Store, settings: Settings) -> None:
    """From a plan's page; each plan found is a mark and a row, the one that stands among them."""
    plan_id = put_plan(store)
    address = planner.send(f"/plans/{plan_id}/frontier", {}, of=f"/plans/{plan_id}").headers["location"]
    asked = job_of(store, address.partition("?")[0].rpartition("/")[2])
    assert (asked.kind, asked.wanted["plan_id"]) == ("frontier", plan_id)
    with store.change(OFFICER) as work:
        job_id = ask_job(work, "frontier", {**asked.wanted, "iterations": 40})
    done = run_job(store, settings, job_id)
    assert (done.state, done.plan_id) == ("done", None), done.faults
    page = planner.see(f"/jobs/{job_id}")
    assert page.count("<circle") == len(done.progress["points"]) > 0


def test_points_of_a_frontier_are_told_in_words(planner: Visitor, store: Store) -> None:
    """The plan that stands, £20 a family, free hand; one that another beats is marked."""
    points = [
        {"price_pence": price, "n_disturbed": n, "n_routes": 2, "n_unserved": 0, "week_pence": 1, "year_pence": year,
         "soft_pence": 0, "is_best": is_best}
        for price, n, year, is_best in (
            (None, 0, 9_000_000, True), (2_000, 3, 9_100_000, False), (0, 9, 8_000_000, True),
        )
    ]  # fmt: skip
    plan_id = put_plan(store)
    with store.change(OFFICER) as work:
        job_id = ask_job(work, "frontier", {"title": "Autumn", "plan_id": plan_id, "seconds": 9, "n_rounds": 1})
    in_worker(store, job_id, {"points": points})
    page = planner.see(f"/jobs/{job_id}")
    words = words_of(page)
    assert "The plan in force 0 0 £90,000 It stands already" in words
    assert "£20 a family and week another one is better 3 0 £91,000 Plan at this price" in words
    assert "Free hand 9 0 £80,000" in words
    links = [unescape(link) for link in re.findall(r'href="(/plan-a-term\?[^"]+)"', page)]
    form = planner.see(links[0])
    assert f'<option value="{plan_id}" selected' in form
    assert re.search(r'value="plan"\s+checked', form)
    assert 'name="family_pounds" type="text" value="20"' in form
