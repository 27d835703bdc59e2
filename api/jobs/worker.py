"""A worker: takes jobs from the queue one after the other, as durable workflows of DBOS.

Each job is one workflow whose id is the job's; its steps are those of `api.jobs.planning`. What DBOS keeps are ids and
figures, as JSON. A worker that is killed and started again in the same slot goes on behind the last finished step.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from api.jobs import parts, planning
from api.jobs.planning import Bench, JobCancelledError
from api.jobs.slots import DBOS_NAME, PARTS_QUEUE, QUEUE, jobs_engine, part_workflow_id
from api.jobs.steps import steps_of
from api.settings import Settings
from api.store.faults import NotInStoreError, StoreError, StoreUnavailableError
from api.store.jobs import offered_parts, queued_ids, read_job, set_progress
from api.store.store import Store, open_store

STEPS_VERSION = "1"
"""Version of the steps: a job begun under another one is not gone on with. Raise it when steps change."""
LOOK_S = 0.25
"""How often a running job looks whether it is to end, and tells how far it is."""
GIVE_UP_S = 1.2
"""A step that has not ended by itself so long after the job was cancelled is ended with its process."""
EXIT_GIVEN_UP = 75
OVER = "over"
_WAIT_S = 1.0

_LOG = logging.getLogger("schoolrun.jobs")
_bench: list[Bench] = []
"""Two places of work of this process, for jobs and for parts: workflows are found by name and take ids only."""


@DBOS.workflow(name="plan")
def plan_workflow(job_id: str) -> str:
    """One job, cut into steps; gives how it ended."""
    # Not a step: whoever goes on with the job is to be seen, also behind steps that are finished.
    _carefully(job_id, lambda: planning.take(_bench[0], job_id))
    with Attention(_bench[0], job_id):
        n_rounds = _begin(job_id)
        for n in range(1, n_rounds):
            if not _improve(job_id, n):
                return OVER
        if n_rounds:
            _complete(job_id, n_rounds)
    return OVER


@DBOS.step(name="begin")
def _begin(job_id: str) -> int:
    return _carefully(job_id, lambda: _steps(job_id).begin(_bench[0], job_id))


@DBOS.step(name="improve")
def _improve(job_id: str, n: int) -> int:
    return _carefully(job_id, lambda: _steps(job_id).improve(_bench[0], job_id, n))


@DBOS.step(name="complete")
def _complete(job_id: str, n: int) -> int:
    return _carefully(job_id, lambda: _steps(job_id).complete(_bench[0], job_id, n))


@DBOS.workflow(name="part")
def part_workflow(job_id: str, name: str) -> str:
    """One part of a large plan's job, searched for whichever worker has that job."""
    _search_part(job_id, name)
    return OVER


@DBOS.step(name="search_part")
def _search_part(job_id: str, name: str) -> int:
    # The job at hand lends what it has prepared; another worker's job is prepared for its parts alone.
    here, ours = _bench
    bench = here if job_id in here.prepared else ours
    return _carefully(job_id, lambda: parts.do_part(bench, job_id, name))


def _steps(job_id: str) -> ModuleType:
    """The module with the steps of a job."""
    store = _bench[0].store
    with store.read() as session:
        return steps_of(read_job(session, store.cipher, job_id).kind)


def _carefully(job_id: str, step: Callable[[], int]) -> int:
    """A step's answer; 0 where the job is over. An error never reaches DBOS, which would keep its text in clear."""
    while True:
        try:
            return step()
        except StoreUnavailableError:
            time.sleep(_WAIT_S)
        except JobCancelledError:
            return _ended(job_id, partial(planning.cancelled, _bench[0], job_id))
        except Exception as error:
            _LOG.warning("job %s: failed (%s)", job_id, type(error).__name__)
            return _ended(job_id, partial(planning.fail, _bench[0], job_id, error))


def _ended(job_id: str, end: Callable[[], object]) -> int:
    try:
        end()
    except NotInStoreError:
        _LOG.warning("job %s: is not in the store any more", job_id)
    return 0


class Attention:
    """While a job runs: looks whether it is to end, and writes down how far it is.

    A step that does not look itself, as while roads are built, is ended with the whole process once the job has been
    marked as cancelled; the worker is then started again.
    """

    def __init__(self, bench: Bench, job_id: str, end_process: Callable[[int], None] = os._exit) -> None:
        self._bench, self._job_id, self._end_process = bench, job_id, end_process
        self._progress: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._left = threading.Event()

    def __enter__(self) -> Attention:
        """Begin to look."""
        self._bench.should_stop, self._bench.tell = self._stop.is_set, self._tell
        threading.Thread(target=self._look, name=f"attention-{self._job_id}", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no longer."""
        self._left.set()

    def _tell(self, progress: dict[str, Any]) -> None:
        with self._lock:
            self._progress.update(progress)

    def _look(self) -> None:
        asked_at: float | None = None
        while not self._left.wait(LOOK_S):
            with self._lock:
                progress, self._progress = self._progress, {}
            try:
                with self._bench.store.change(self._bench.caller) as work:
                    is_to_end = set_progress(work, self._job_id, progress)
            except StoreError:
                continue
            if is_to_end:
                self._stop.set()
                asked_at = asked_at or time.monotonic()
                if time.monotonic() - asked_at > GIVE_UP_S:
                    if not planning.cancelled(self._bench, self._job_id):
                        return  # It has just come to its own end.
                    _LOG.warning("job %s: cancelled within a step; the worker starts anew", self._job_id)
                    self._end_process(EXIT_GIVEN_UP)
                    return


def work_in(slot: str, settings: Settings, until: threading.Event) -> None:
    """Work in a slot until told to stop.

    Raises
    ------
    StoreRefusedError
        As `open_store`.
    """
    store = open_store(settings)
    _bench[:] = [Bench(store=store, settings=settings, slot=slot) for _ in range(2)]
    _keep_quiet()
    DBOS(config=_config(slot, settings))
    DBOS.launch()
    try:
        for name in (QUEUE, PARTS_QUEUE):
            DBOS.register_queue(name, worker_concurrency=1, polling_interval_sec=0.5)
        while not until.wait(0.5):
            _queue_new(store)
    finally:
        DBOS.destroy()
        store.engine.dispose()


def _queue_new(store: Store) -> None:
    """Every job and part that nobody has taken into DBOS's queues: a second time the same id changes nothing."""
    try:
        with store.read() as session:
            job_ids, offered = queued_ids(session), offered_parts(session)
    except StoreError:
        return
    for job_id, name in offered:
        with SetWorkflowID(part_workflow_id(job_id, name)):
            DBOS.enqueue_workflow(PARTS_QUEUE, part_workflow, job_id, name)
    for job_id in job_ids:
        with SetWorkflowID(job_id):
            DBOS.enqueue_workflow(QUEUE, plan_workflow, job_id)


def _config(slot: str, settings: Settings) -> DBOSConfig:
    return {
        "name": DBOS_NAME, "executor_id": slot, "application_version": STEPS_VERSION,
        "serializer": DBOSPortableJSONSerializer(), "system_database_engine": jobs_engine(settings),
        "enable_otlp": False, "log_level": "WARNING",
    }  # fmt: skip


def _keep_quiet() -> None:
    """DBOS logs values and tracebacks of what fails; ours says which job and which class."""
    logging.getLogger("dbos").addFilter(_first_line_only)


def _first_line_only(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = None
    return record.levelno >= logging.ERROR
