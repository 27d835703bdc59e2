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
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from api.demo_borough import make_demo_scenario
from api.jobs import parts, planning
from api.jobs.planning import LISTS, Bench, JobCancelledError
from api.jobs.slots import part_workflow_id
from api.planning_job import PlanRequest, plan_term
from api.settings import Settings
from api.store.jobs import ask_job, cancel_job, keep_part, offered_parts, read_file, save_file
from api.store.plans import read_plan_file
from api.store.store import Store
from routing.part import Limits
from routing.solve import Stop
from routing.start import StartRoute
from routing.task import Found, Task
from routing.task_json import found_of_text, found_text, task_of_text, task_text
from tests.api.job_runs import job_of
from tests.api.lists import OFFICER
from tests.api.planned import put_lists
from tests.api.served import served, until, workers_of
from tests.api.test_audit import faults_of

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


def begun(store: Store, large: Settings, borough: Path, **changes: Any) -> str:
    """A job whose lists are the borough's."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(borough.iterdir()):
            archive.write(path, f"scenario/{path.name}")
    with store.change(OFFICER) as work:
        job_id = ask_job(work, "plan", {**WANTED, **changes})
        save_file(work, job_id, LISTS, packed.getvalue())
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


def test_a_small_plan_is_searched_where_it_is(store: Store, settings: Settings, borough: Path, alone: Any) -> None:
    """Below the setting nothing is laid out; the plan is the same."""
    job_id = begun(store, settings, borough)
    planning.complete(Bench(store=store, settings=settings, slot="one"), job_id, 1)
    assert routes_of(store, job_id) == alone
