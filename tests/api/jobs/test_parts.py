"""Areas of a large plan as jobs of their own: the plan of one process, whoever searches, and behind a crash."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from api.demo_borough import make_demo_scenario
from api.jobs import parts, planning
from api.jobs.planning import LISTS, Bench, JobCancelledError
from api.planning_job import PlanRequest, plan_term
from api.settings import Settings
from api.store.jobs import ask_job, cancel_job, offered_parts, save_file
from api.store.plans import read_plan_file
from api.store.store import Store
from routing.part import Limits
from routing.solve import Stop
from routing.start import StartRoute
from routing.task import Found, Task
from routing.task_json import found_of_text, found_text, task_of_text, task_text
from tests.api.databases import SLOW_ON_POSTGRESQL
from tests.api.job_runs import job_of
from tests.api.lists import OFFICER
from tests.api.served import served, until, workers_of
from tests.api.test_audit import faults_of

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""What does not depend on the database is tested once."""
ITERATIONS, SEED = 1_500, 7
"""Three rounds of two areas each, behind the first plan."""
N_PARTS = 1 + 3 * 2
WANTED: dict[str, Any] = {
    "title": "Autumn", "on": "2026-09-02", "plan_id": None, "max_disturbed": None, "iterations": ITERATIONS,
    "disturbed_pence_per_week": None, "seconds": 1, "n_rounds": 1, "seed": SEED,
}  # fmt: skip


@pytest.fixture(scope="module")
def borough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists of 70 invented passengers: just enough to be cut into areas."""
    folder = tmp_path_factory.mktemp("borough")
    make_demo_scenario(folder, n_passengers=70)
    return folder


@pytest.fixture(scope="module")
def alone(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Routes of the plan that one process makes."""
    out = tmp_path_factory.mktemp("alone") / "out"
    plan_term(PlanRequest(scenario_path=borough, out=out, stop=Stop(iterations=ITERATIONS), seed=SEED))
    return json.loads((out / "plan.json").read_text(encoding="utf-8"))["routes"]


@pytest.fixture
def large(settings: Settings) -> Settings:
    """An installation on which every plan is a large one."""
    return settings.model_copy(update={"parts_from": 1})


def asked(store: Store, borough: Path, **changes: Any) -> str:
    """A job whose lists are the borough's, which nobody has yet."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(borough.iterdir()):
            archive.write(path, f"scenario/{path.name}")
    with store.change(OFFICER) as work:
        job_id = ask_job(work, "plan", {**WANTED, **changes})
        save_file(work, job_id, LISTS, packed.getvalue())
    return job_id


def begun(store: Store, large: Settings, borough: Path, **changes: Any) -> str:
    """The same, taken by a worker."""
    job_id = asked(store, borough, **changes)
    assert planning.begin(Bench(store=store, settings=large, slot="one"), job_id) == WANTED["n_rounds"]
    return job_id


@contextmanager
def helping(bench: Bench, most: int | None = None) -> Iterator[list[str]]:
    """Another worker that takes parts as they are laid out, so many at most; gives their names as it goes."""
    over, taken = threading.Event(), []

    def help_out() -> None:
        while not over.wait(0.02):
            with bench.store.read() as session:
                offered = offered_parts(session)
            for job_id, name in offered:
                if (most is None or len(taken) < most) and parts.do_part(bench, job_id, name):
                    taken.append(name)

    thread = threading.Thread(target=help_out)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join()


def routes_of(store: Store, job_id: str) -> Any:
    """Routes of the plan that a job made."""
    done = job_of(store, job_id)
    assert (done.state, done.faults) == ("done", ())
    with store.read() as session:
        return json.loads(read_plan_file(session, store.cipher, str(done.plan_id), "plan.json"))["routes"]


def n_files(store: Store) -> int:
    with store.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM job_file")).scalar_one())


@SLOW_ON_POSTGRESQL
def test_parts_make_the_plan_of_one_process(
    store: Store, large: Settings, borough: Path, alone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker of the job only waits: another one, which has the lists from the store alone, searches every part.
    Killed behind the fourth part and begun again, the job has the other three searched, and the plan is the same."""
    monkeypatch.setattr(parts, "LOOK_S", 0.02)
    job_id = begun(store, large, borough)
    dying = Bench(store=store, settings=large, slot="one")
    with helping(Bench(store=store, settings=large, slot="two"), most=4) as first:
        dying.should_stop = lambda: len(first) == 4
        with pytest.raises(JobCancelledError):
            planning.complete(dying, job_id, 1)
    with helping(Bench(store=store, settings=large, slot="two")) as rest:
        planning.complete(Bench(store=store, settings=large, slot="one"), job_id, 1)
    assert len(set(first) | set(rest)) == len(first) + len(rest) == N_PARTS
    assert routes_of(store, job_id) == alone
    assert n_files(store) == 0
    assert faults_of(store) == []


@ON_SQLITE
def test_a_small_plan_is_searched_where_it_is(store: Store, settings: Settings, borough: Path, alone: Any) -> None:
    """Below the setting nothing is laid out; the plan is the same."""
    job_id = begun(store, settings, borough)
    planning.complete(Bench(store=store, settings=settings, slot="one"), job_id, 1)
    assert routes_of(store, job_id) == alone


@ON_SQLITE
def test_a_cancelled_job_keeps_nothing_of_its_parts(store: Store, large: Settings, borough: Path) -> None:
    """Cancelled while a part is searched: whoever searches it stops, and what it found is kept nowhere."""
    job_id = begun(store, large, borough, iterations=100_000_000)
    waiting, other = (Bench(store=store, settings=large, slot=slot) for slot in ("one", "two"))
    stopped = threading.Event()
    waiting.should_stop = stopped.is_set

    def wait() -> None:
        with pytest.raises(JobCancelledError):
            planning.complete(waiting, job_id, 1)

    waiter = threading.Thread(target=wait)
    waiter.start()
    (first,) = until(lambda: offered(store), 300)
    assert parts.do_part(other, *first) == 1  # The first plan has no iterations, the areas millions.
    area = until(lambda: offered(store), 300)[0]
    threading.Timer(1.0, lambda: cancel(store, job_id)).start()
    with pytest.raises(JobCancelledError):
        parts.do_part(other, *area)
    stopped.set()
    waiter.join()
    assert planning.cancelled(waiting, job_id)
    assert parts.do_part(other, *area) == 0
    assert n_files(store) == 0


def offered(store: Store) -> list[tuple[str, str]]:
    with store.read() as session:
        return offered_parts(session)


def cancel(store: Store, job_id: str) -> None:
    with store.change(OFFICER) as work:
        cancel_job(work, job_id)


@ON_SQLITE
def test_a_part_is_refused_on_other_roads(store: Store, large: Settings, borough: Path) -> None:
    """A worker whose drives differ says so, rather than search another problem."""
    job_id = begun(store, large, borough)
    task = parts._packed(FIRST, "another problem", None)
    with store.change(OFFICER) as work:
        save_file(work, job_id, "task-1-1-1-0", task)
    with pytest.raises(ValueError, match="its roads or its version are not those"):
        parts.do_part(Bench(store=store, settings=large, slot="two"), job_id, "1-1-1-0")


FIRST = Task(
    riders=np.array([0, 2]), routes=[StartRoute(order=([2, 0], [0, 2]), hubs=([1], [1]), supply=3, mate=-1, pence=7)],
    limits=Limits(
        supply=np.array([1, 2]), vehicle_class=np.array([3], np.int32), operator_pas=np.array([], np.int64),
        listed_pas=np.array([4]),
    ),
    seed=4_000_000_000, n_iterations=50, first=100, done=(0.1, 1 / 3), until=12.5,
    day_pence=np.array([0, 1250]),
)  # fmt: skip


def test_a_task_and_what_it_came_to_pass_through_text() -> None:
    """Every field, every number as it was, arrays with their type; the moment at which it ends is the reader's own."""
    assert set(json.loads(task_text(FIRST))) == {field.name for field in fields(Task)} - {"until"}
    again = task_of_text(task_text(FIRST), until=99.0)
    assert again.riders is not None
    assert again.limits is not None
    assert again.day_pence is not None
    assert (again.day_pence.tolist(), again.day_pence.dtype) == ([0, 1250], np.int64)
    assert FIRST.limits is not None
    assert again.riders.tolist() == [0, 2]
    for name in ("supply", "vehicle_class", "operator_pas", "listed_pas"):
        was, now = getattr(FIRST.limits, name), getattr(again.limits, name)
        assert (now.tolist(), now.dtype) == (was.tolist(), was.dtype)
    assert (again.routes, again.seed, again.done, again.until) == (FIRST.routes, FIRST.seed, FIRST.done, 99.0)
    assert (again.n_iterations, again.first) == (50, 100)
    found = Found(now=FIRST.routes, best=[], now_pence=np.int64(5), best_pence=4, iterations=50, seconds=0.25)
    back = found_of_text(found_text(found))
    assert (back.now, back.best, back.now_pence, back.seconds) == (FIRST.routes, [], 5, 0.25)


@pytest.mark.slow
def test_a_killed_worker_goes_on_behind_its_last_part(
    store: Store, large: Settings, borough: Path, alone: Any, tmp_path: Path
) -> None:
    """kill -9 of the only worker, which has the job and its parts, after the third; the plan is that of one process."""
    job_id = asked(store, borough)
    with served(store, large, tmp_path) as service:
        until(lambda: len(kept_parts(store)) >= 3)
        before = kept_parts(store)
        for worker in workers_of(service.process.pid):
            os.kill(worker, signal.SIGKILL)
        until(lambda: job_of(store, job_id).is_over or kept_parts(store) > before)
        until(lambda: job_of(store, job_id).is_over)
    assert routes_of(store, job_id) == alone
    assert n_files(store) == 0
    assert faults_of(store) == []


def kept_parts(store: Store) -> set[str]:
    with store.engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM job_file WHERE name LIKE 'found-%'")).scalars()
        return set(names)
