"""Planning jobs of the real service: done, cancelled, failed; killed with kill -9 and gone on with."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text

from api.auth.permissions import Role
from api.endpoints.jobs import JobOut
from api.jobs import bounding, planning
from api.jobs.planning import Bench, JobCancelledError
from api.jobs.slots import held_slot, rescue
from api.jobs.steps import steps_of
from api.jobs.worker import EXIT_GIVEN_UP, Attention
from api.settings import Settings
from api.store.faults import StoreRefusedError
from api.store.jobs import ask_job, begin_job, read_job, set_progress
from api.store.store import Store
from tests.api.clients import new_key, problem_of, signed_in, stranger
from tests.api.lists import OFFICER, add_school
from tests.api.planned import newcomer, put_lists, put_plan
from tests.api.served import Served, served, until, workers_of
from tests.api.test_audit import faults_of

API = "/api/v1"
SHORT = {"title": "Autumn", "on": "2026-09-02", "iterations": 60, "n_rounds": 3}
LONG = {"title": "Autumn", "on": "2026-09-02", "seconds": 24, "n_rounds": 12}


@pytest.fixture
def service(store: Store, settings: Settings, tmp_path: Path) -> Iterator[Served]:
    """`schoolrun serve` with Little Council's lists."""
    put_lists(store)
    with served(store, settings, tmp_path) as running:
        yield running


def start(service: Served, **wanted: Any) -> str:
    answer = service.client().post("/plans", json=wanted, headers=new_key())
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def job(service: Served, job_id: str) -> dict[str, Any]:
    answer = service.client().get(f"/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def over(service: Served, job_id: str) -> dict[str, Any]:
    """The job once nothing more will come of it."""
    found: dict[str, Any] = until(lambda: (j := job(service, job_id))["state"] not in ("queued", "running") and j)
    return found


def kept_steps(store: Store, job_id: str) -> list[dict[str, Any]]:
    """What DBOS kept of a job's finished steps, in order."""
    schema = None if store.engine.dialect.name == "sqlite" else "dbos"
    table = "operation_outputs" if schema is None else f"{schema}.operation_outputs"
    with store.engine.connect() as connection:
        if not inspect(connection).has_table("operation_outputs", schema=schema):
            return []  # The first worker of this database is still making DBOS's tables.
        rows = connection.execute(
            text(f"SELECT * FROM {table} WHERE workflow_uuid = :id ORDER BY function_id"), {"id": job_id}
        )
        return [dict(row) for row in rows.mappings()]


@pytest.mark.slow
def test_a_job_plans_the_lists_of_a_day(service: Served, store: Store) -> None:
    """Three rounds, then a draft that the checker passes; watched to its end. One request sent twice is one job.
    DBOS keeps ids and figures, as JSON, and nothing of a passenger."""
    key = new_key()
    with service.client() as client:
        first, again = (client.post("/plans", json=SHORT, headers=key).json() for _ in range(2))
    assert first["job_id"] == again["job_id"]
    events = []
    with service.client() as client, client.stream("GET", f"/jobs/{first['job_id']}/events") as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
    assert events[-1]["state"] == "done"
    done = job(service, first["job_id"])
    assert (done["progress"]["round"], done["progress"]["n_unserved"]) == (3, 0)
    plan = service.client().get(f"/plans/{done['plan_id']}").json()
    assert (plan["status"], plan["title"], plan["n_hard"]) == ("draft", "Autumn", 0)
    kept = kept_steps(store, first["job_id"])
    assert [row["function_name"] for row in kept] == ["begin", "improve", "improve", "complete"]
    assert all(isinstance(json.loads(row["output"]), int) for row in kept)
    assert faults_of(store) == []


@pytest.mark.slow
def test_a_plan_is_planned_again_near_it(store: Store, settings: Settings, tmp_path: Path) -> None:
    """From the plan in force, with nobody disturbed: its routes stay."""
    put_lists(store)
    plan_id = put_plan(store)
    with served(store, settings, tmp_path) as service:
        job_id = start(service, title="Again", from_plan_id=plan_id, max_disturbed=0, iterations=40, n_rounds=2)
        done = over(service, job_id)
        assert done["state"] == "done", done
        figures = [service.client().get(f"/plans/{one}").json()["figures"] for one in (plan_id, done["plan_id"])]
    assert figures[0]["cost_pence_per_week"] >= figures[1]["cost_pence_per_week"]


@pytest.mark.slow
def test_a_killed_worker_goes_on_behind_its_last_step(service: Served, store: Store) -> None:
    """kill -9 in the third round or later: the keeper starts it anew, finished rounds are not searched again."""
    job_id = start(service, **LONG)
    until(lambda: job(service, job_id)["progress"].get("round", 0) >= 3 and len(kept_steps(store, job_id)) >= 3)
    (worker,) = workers_of(service.process.pid)
    before = kept_steps(store, job_id)
    os.kill(worker, signal.SIGKILL)
    done = over(service, job_id)
    assert done["state"] == "done", done
    after = kept_steps(store, job_id)
    assert after[: len(before)] == before
    assert len(after) == LONG["n_rounds"] + 1  # type: ignore[operator]
    assert workers_of(service.process.pid) != [worker]
    plans = service.client().get("/plans").json()["plans"]
    assert [plan["plan_id"] for plan in plans] == [done["plan_id"]]


@pytest.mark.slow
def test_a_killed_service_goes_on_when_it_is_back(service: Served, store: Store) -> None:
    """kill -9 of the web process: its worker ends with it; both back, the job is done once."""
    job_id = start(service, **LONG)
    until(lambda: len(kept_steps(store, job_id)) >= 2)
    (worker,) = workers_of(service.process.pid)
    service.kill()
    until(lambda: not Path(f"/proc/{worker}").exists() or _is_gone(worker))
    service.start()
    assert over(service, job_id)["state"] == "done"
    assert len(service.client().get("/plans").json()["plans"]) == 1
    assert faults_of(store) == []


@pytest.mark.slow
def test_a_cancelled_job_stores_nothing(service: Served) -> None:
    """While it searches; and one that waits behind it. Cancelled again: told that it is over."""
    running, waiting = (start(service, **LONG) for _ in range(2))
    until(lambda: job(service, running)["progress"].get("iterations"))
    with service.client() as client:
        assert client.post(f"/jobs/{waiting}/cancel").json()["state"] == "cancelled"
        assert client.post(f"/jobs/{running}/cancel").json()["is_cancel_asked"]
        assert over(service, running)["state"] == "cancelled"
        assert client.post(f"/jobs/{running}/cancel").status_code == 409
        assert client.get("/plans").json()["plans"] == []
        # The worker is free again.
        assert over(service, start(service, **SHORT))["state"] == "done"


@pytest.mark.slow
def test_jobs_of_a_dead_slot_are_rescued(store: Store, settings: Settings, tmp_path: Path) -> None:
    """Refused while its worker lives; then another slot goes on behind the last finished step."""
    put_lists(store)
    with served(store, settings, tmp_path, "--slot", "first") as service:
        job_id = start(service, **LONG)
        until(lambda: len(kept_steps(store, job_id)) >= 2)
        with pytest.raises(StoreRefusedError, match="another worker holds it"):
            rescue(store, settings, OFFICER, "first")
        (worker,) = workers_of(service.process.pid)
        service.kill()
        until(lambda: _is_gone(worker))
    before = kept_steps(store, job_id)
    assert rescue(store, settings, OFFICER, "first") == [job_id]
    with served(store, settings, tmp_path, "--slot", "second") as service:
        done = over(service, job_id)
        assert (done["state"], done["slot"]) == ("done", "second")
    assert kept_steps(store, job_id)[: len(before)] == before


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def bench(store: Store, settings: Settings) -> Bench:
    return Bench(store=store, settings=settings, slot="test")


def asked(store: Store, **changes: Any) -> str:
    """A job as the API asks for one."""
    wanted = {"title": "Autumn", "on": "2026-09-02", "plan_id": None, "max_disturbed": None, "iterations": 4,
              "disturbed_pence_per_week": None, "seconds": 1, "n_rounds": 2, "seed": 1}  # fmt: skip
    with store.change(OFFICER) as work:
        return ask_job(work, "plan", {**wanted, **changes})


def state_of(store: Store, job_id: str) -> str:
    with store.read() as session:
        return read_job(session, store.cipher, job_id).state


def test_steps_may_run_twice(store: Store, settings: Settings) -> None:
    """Each of them, as after a crash between its end and DBOS's note of it: one plan, the same as without."""
    put_lists(store)
    plans = []
    for times in (1, 2):
        job_id, place = asked(store), bench(store, settings)
        for _ in range(times):
            assert planning.begin(place, job_id) == 2
        for _ in range(times):
            planning.improve(place, job_id, 1)
        planning.complete(place, job_id, 2)
        assert planning.begin(place, job_id) == 0
        with pytest.raises(JobCancelledError):
            planning.complete(place, job_id, 2)
        with store.read() as session:
            plans.append(read_job(session, store.cipher, job_id).plan_id)
    assert None not in plans
    assert len(set(plans)) == 2


def test_a_round_that_is_kept_is_not_searched_again(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash behind its transaction: the step gives the price that it found, at once; the next round runs."""
    put_lists(store)
    job_id = asked(store, n_rounds=3, iterations=6)
    planning.begin(bench(store, settings), job_id)
    price = planning.improve(bench(store, settings), job_id, 1)
    searched: list[int] = []
    real = planning.search
    monkeypatch.setattr(planning, "search", lambda *args: (searched.append(1), real(*args))[1])
    assert planning.improve(bench(store, settings), job_id, 1) == price
    assert searched == []
    assert planning.improve(bench(store, settings), job_id, 2) <= price
    assert searched == [1]


def test_another_process_goes_on_from_the_store_alone(store: Store, settings: Settings) -> None:
    """The lists change after the job began; another bench, with nothing in memory, plans those it began with."""
    put_lists(store)
    job_id = asked(store)
    planning.begin(bench(store, settings), job_id)
    planning.improve(bench(store, settings), job_id, 1)
    newcomer(store)
    planning.complete(bench(store, settings), job_id, 2)
    with store.read() as session:
        done = read_job(session, store.cipher, job_id)
    assert (done.state, done.progress["n_unserved"]) == ("done", 0)


def test_a_job_that_cannot_be_planned_says_why(store: Store, settings: Settings, officer: TestClient) -> None:
    """A school and nothing else: every missing table is named to whoever may see it, sealed in the database."""
    add_school(store)
    job_id, place = asked(store), bench(store, settings)
    planning.begin(place, job_id)
    try:
        planning.improve(place, job_id, 1)
    except ValueError as error:
        planning.fail(place, job_id, error)
    found = officer.get(f"{API}/jobs/{job_id}").json()
    assert found["state"] == "failed"
    assert {fault["file"] for fault in found["faults"]} >= {"scenario.csv", "passengers.csv", "vehicle_classes.csv"}
    with store.engine.connect() as connection:
        assert "passengers" not in str(connection.execute(text("SELECT sealed_faults FROM job")).scalar_one())


def test_a_step_that_does_not_look_is_ended_with_its_process(store: Store, settings: Settings) -> None:
    """Cancelled while it builds roads, say: first the job is marked, then the process ends."""
    job_id, place = asked(store), bench(store, settings)
    with store.change(OFFICER) as work:
        begin_job(work, job_id, "test")
    ended: list[int] = []
    with Attention(place, job_id, ended.append):
        place.tell({"phase": "roads"})
        until(lambda: _progress(store, job_id).get("phase") == "roads")
        from api.store.jobs import cancel_job

        with store.change(OFFICER) as work:
            cancel_job(work, job_id)
        until(lambda: ended)
    assert ended == [EXIT_GIVEN_UP]
    assert state_of(store, job_id) == "cancelled"


def _progress(store: Store, job_id: str) -> Any:
    with store.read() as session:
        return read_job(session, store.cipher, job_id).progress


def test_one_worker_holds_a_slot(settings: Settings) -> None:
    """The second is refused; another slot is free, and so is this one afterwards."""
    with held_slot(settings, "a"):
        with pytest.raises(StoreRefusedError, match="slot a: another worker holds it"), held_slot(settings, "a"):
            pass
        with held_slot(settings, "b"):
            pass
    with held_slot(settings, "a"):
        pass


def test_what_a_job_may_be_asked(officer: TestClient) -> None:
    """Of a day or of a plan, not of both; a plan that is there; numbers within their bounds."""

    def refused(status: int, name: str, **wanted: Any) -> str:
        answer = officer.post(f"{API}/plans", json={"title": "T", **wanted}, headers=new_key())
        return str(problem_of(answer, status, name))

    assert "give on, or from_plan_id" in refused(422, "faults")
    assert "give on, or from_plan_id" in refused(422, "faults", on="2026-09-01", from_plan_id="PL1")
    assert "body" in refused(422, "faults", on="2026-09-01", seconds=0)
    refused(404, "not-found", from_plan_id="PL1")
    problem_of(officer.get(f"{API}/jobs/J1"), 404, "not-found")
    problem_of(officer.post(f"{API}/jobs/J1/cancel"), 404, "not-found")
    assert officer.get(f"{API}/jobs").json() == {"jobs": [], "next": ""}


def test_a_person_watches_a_job(app: FastAPI, officer: TestClient, store: Store, settings: Settings) -> None:
    """With a session as with a key: what has changed, as it changes, until the job is over. Without either, 401."""
    put_lists(store)
    job_id = asked(store)
    with store.change(OFFICER) as work:
        begin_job(work, job_id, "test")
    told: list[dict[str, Any]] = []

    def watch() -> None:
        with officer.stream("GET", f"{API}/jobs/{job_id}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            told.extend(json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with store.change(OFFICER) as work:
        set_progress(work, job_id, {"phase": "search"})
    threading.Event().wait(1.0)  # For a machine at ease to see it under way; it does not matter to what is asserted.
    assert planning.cancelled(bench(store, settings), job_id)
    watcher.join(timeout=60)
    assert (told[-1]["state"], told[-1]["progress"]) == ("cancelled", {"phase": "search", "trail": []})
    assert [one["state"] for one in told[:-1]] == ["running"] * (len(told) - 1)
    problem_of(stranger(app).get(f"{API}/jobs/{job_id}/events"), 401, "not-signed-in")
    problem_of(signed_in(app, Role.ADMINISTRATOR).get(f"{API}/jobs/{job_id}/events"), 403, "not-allowed")


def asked_bound(store: Store, plan_id: str, **changes: Any) -> str:
    """A proof as the API asks for one."""
    with store.change(OFFICER) as work:
        return ask_job(work, "bound", {"seconds": 4, "n_rounds": 2, "plan_id": plan_id, **changes})


def test_a_bound_is_proven_in_steps(store: Store, settings: Settings, officer: TestClient) -> None:
    """What the first round proved is kept, sealed; the second, at another bench, proves no less. The plan then says it:
    in its head, its certificate and its report, and its routes are what they were."""
    put_lists(store)
    plan_id = put_plan(store)
    before = {name: officer.get(f"{API}/plans/{plan_id}/files/{name}").content for name in ("plan.json", "stops.csv")}
    job_id = asked_bound(store, plan_id)
    assert planning.begin(bench(store, settings), job_id) == 2
    first = bounding.improve(bench(store, settings), job_id, 1) - 1
    assert first > 0
    assert bounding.complete(bench(store, settings), job_id, 2) - 1 >= first
    done = officer.get(f"{API}/jobs/{job_id}").json()
    head = officer.get(f"{API}/plans/{plan_id}").json()
    assert (done["state"], done["plan_id"], head["version"], head["status"]) == ("done", plan_id, 2, "published")
    bound, objective = (done["progress"][f"{name}_pence_per_week"] for name in ("bound", "objective"))
    assert first <= bound <= objective == head["figures"]["objective_pence_per_week"]
    assert 0 <= done["progress"]["gap"] - (objective - bound) / bound < 0.0001 + 1e-9
    assert head["figures"]["bound_pence_per_week"] == bound
    plan = json.loads(officer.get(f"{API}/plans/{plan_id}/files/plan.json").content)
    assert plan["certificate"]["bound_pence"] == bound
    unsaid = {"certificate": None, "certificate_words": None}
    assert {**plan, **unsaid} == {**json.loads(before["plan.json"]), **unsaid}
    assert officer.get(f"{API}/plans/{plan_id}/files/stops.csv").content == before["stops.csv"]
    assert faults_of(store) == []
    with pytest.raises(JobCancelledError):
        bounding.complete(bench(store, settings), job_id, 2)


def test_a_cancelled_proof_leaves_the_plan_as_it_was(store: Store, settings: Settings, officer: TestClient) -> None:
    """Cancelled between two rounds: nothing is put beside the plan."""
    put_lists(store)
    plan_id = put_plan(store)
    job_id, place = asked_bound(store, plan_id, seconds=2), bench(store, settings)
    planning.begin(place, job_id)
    bounding.improve(place, job_id, 1)
    assert officer.post(f"{API}/jobs/{job_id}/cancel").status_code == 202
    with pytest.raises(JobCancelledError):
        bounding.complete(place, job_id, 2)
    assert planning.cancelled(place, job_id)
    assert "bound_pence_per_week" not in officer.get(f"{API}/plans/{plan_id}").json()["figures"]


@pytest.mark.slow
def test_the_service_proves_a_bound(store: Store, settings: Settings, tmp_path: Path) -> None:
    """Asked for over HTTP, twice under one key: one job, done by the worker."""
    put_lists(store)
    plan_id = put_plan(store)
    with served(store, settings, tmp_path) as service:
        key, body = new_key(), {"seconds": 4, "n_rounds": 2}
        with service.client() as client:
            asked_for = [client.post(f"/plans/{plan_id}/bound", json=body, headers=key) for _ in range(2)]
            assert [answer.status_code for answer in asked_for] == [202, 202]
            assert client.post("/plans/PL1/bound", json=body, headers=new_key()).status_code == 404
        assert len({answer.json()["job_id"] for answer in asked_for}) == 1
        done = over(service, asked_for[0].json()["job_id"])
        assert (done["state"], done["plan_id"]) == ("done", plan_id)
        assert done["progress"]["gap"] >= 0


@pytest.mark.parametrize("kind", get_args(JobOut.model_fields["kind"].annotation))
def test_every_kind_of_job_has_its_steps(kind: str) -> None:
    """The first and the last, and rounds between them for what searches or proves."""
    steps = steps_of(kind)
    assert callable(steps.begin)
    assert callable(steps.complete)
    assert hasattr(steps, "improve") == (kind in ("plan", "replan", "frontier", "bound"))
