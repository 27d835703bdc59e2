"""Areas of one large plan as jobs of their own: any worker may search them, and none is searched twice.

A search is a row of rounds, each of tasks that depend on nothing but what is written in them (`routing.task`). Here
each task is laid out sealed, whichever worker is free takes it, and what it came to is kept sealed until its round of
the job is over. A job that is begun again after kill -9 goes through the same row; what is kept is taken as it is, so
it goes on behind the last finished part. Counted in iterations the plan is that of one process.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from api.jobs.planning import LISTS, Bench, request_of, require_wanted, unpack, watcher_of
from api.planning_job import Prepared, prepare, versions
from api.store.jobs import keep_part, offer_parts, read_file, read_job, read_part_task, read_parts
from transport.digest import digest_of

if TYPE_CHECKING:
    from routing.instance import Instance
    from routing.part import Blocks
    from routing.processes import Elsewhere, Watch, Workers
    from routing.task import Found, Standing, Task

LOOK_S = 0.25
"""How often who waits for a part looks for it."""
STOP_LOOK_S = 0.5
"""How often who searches a part looks whether its job is to end."""


def elsewhere(bench: Bench, job_id: str, n: int, prepared: Prepared) -> Elsewhere | None:
    """Workers for round n of a job; None: it is small enough to be searched where it is."""
    from routing.processes import Elsewhere

    if len(prepared.scenario.planned_passengers()) < bench.settings.parts_from:
        return None
    round_ = _Round(bench=bench, job_id=job_id, number=n, prepared=prepared)
    return Elsewhere(workers=round_.workers, clock=round_.clock)


@dataclass(slots=True, kw_only=True, eq=False)
class _Round:
    """A round of a job: searches one after the other, each of rounds of tasks.

    Attributes
    ----------
    skipped_s : seconds of search that were kept from before; the clock counts them, so that a search limited by time
        that is gone on with takes no longer.
    """

    bench: Bench
    job_id: str
    number: int
    prepared: Prepared
    n_searches: int = 0
    skipped_s: float = 0.0

    def clock(self) -> float:
        """Seconds, those of a process that died included."""
        return time.monotonic() + self.skipped_s

    @contextmanager
    def workers(self, instance: Instance, blocks: Blocks | None) -> Iterator[Workers]:
        """Whoever is free; a problem that others do not have, as with lots kept, is searched here part by part."""
        self.n_searches += 1
        yield _Parts(self, self.n_searches, instance, blocks)


class _Parts:
    """Workers of one search."""

    def __init__(self, round_: _Round, number: int, instance: Instance, blocks: Blocks | None) -> None:
        self._round, self._number, self._instance, self._blocks = round_, number, instance, blocks
        self._n_runs, self._slots = 0, 1

    @property
    def processes(self) -> int:
        """See `Workers`: as many as shared the last tasks."""
        return self._slots

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Found]:
        """See `Workers`."""
        self._n_runs += 1
        names = [f"{self._round.number}-{self._number}-{self._n_runs}-{i}" for i in range(len(tasks))]
        done = self._done(names)
        self._round.skipped_s += sum(found.seconds for found, _ in done.values()) / self._slots
        missing = {name: task for name, task in zip(names, tasks, strict=True) if name not in done}
        budget_s = None if tasks[0].until is None else max(0.0, tasks[0].until - self._round.clock())
        if self._instance is self._round.prepared.encoded[0]:
            self._offer(missing, budget_s)
            done = self._waited_for(names, watch)
        else:
            for name, task in missing.items():
                done[name] = self._here(name, task, budget_s)
        self._slots = len({slot for _, slot in done.values()})
        return [done[name][0] for name in names]

    def _done(self, names: Sequence[str]) -> dict[str, tuple[Found, str]]:
        kept = read_parts(self._round.bench.store, self._round.job_id, names)
        return {name: _found_of(data) for name, data in kept.items()}

    def _offer(self, tasks: dict[str, Task], budget_s: float | None) -> None:
        bench, problem = self._round.bench, _digest_of(self._round.prepared)
        packed = {name: _packed(task, problem, budget_s) for name, task in tasks.items()}
        with bench.store.change(bench.caller) as work:
            offer_parts(work, self._round.job_id, packed)

    def _waited_for(self, names: Sequence[str], watch: Watch) -> dict[str, tuple[Found, str]]:
        from routing.task import Standing

        done: dict[str, tuple[Found, str]] = {}
        while True:
            done |= self._done([name for name in names if name not in done])
            standings = [
                Standing(iterations=done[name][0].iterations, best_pence=done[name][0].best_pence)
                if name in done else Standing()
                for name in names
            ]  # fmt: skip
            require_wanted(watch(standings))
            self._round.bench.tell({"n_parts": len(names), "n_parts_done": len(done)})
            if len(done) == len(names):
                return done
            time.sleep(LOOK_S)

    def _here(self, name: str, task: Task, budget_s: float | None) -> tuple[Found, str]:
        from routing.task_json import task_of_text, task_text

        until = None if budget_s is None else time.monotonic() + budget_s
        own = task_of_text(task_text(task), until)
        bench = self._round.bench
        return _searched(bench, self._round.job_id, name, self._instance, own, self._blocks), bench.slot


def do_part(bench: Bench, job_id: str, name: str) -> int:
    """Search a part that is laid out and keep what it came to; 1, or 0 where it is done already.

    Raises
    ------
    JobCancelledError
        When its job is to end.
    ValueError
        When the roads here are not those that the job began on.
    """
    from routing.solve import has_matrices
    from routing.task_json import task_of_text

    packed = read_part_task(bench.store, job_id, name)
    if packed is None:
        return 0
    given = json.loads(zlib.decompress(packed))
    prepared = bench.prepared.get(job_id) or _prepared_for(bench, job_id)
    if given["problem"] != _digest_of(prepared):
        raise ValueError(f"slot {bench.slot}: its roads or its version are not those that the job began on")
    until = None if given["budget_s"] is None else time.monotonic() + given["budget_s"]
    instance = prepared.encoded[0]
    blocks = None if has_matrices(instance) else prepared.roads.travel
    _searched(bench, job_id, name, instance, task_of_text(given["task"], until), blocks)
    return 1


def _searched(bench: Bench, job_id: str, name: str, instance: Instance, task: Task, blocks: Blocks | None) -> Found:
    """Search, and keep what was found."""
    from routing.task import run_task
    from routing.task_json import found_text

    ending = _Ending(bench, job_id)
    found = run_task(instance, task, ending.look, blocks)
    require_wanted(ending.is_to_end)
    kept = json.dumps({"found": found_text(found), "slot": bench.slot}).encode()
    with bench.store.change(bench.caller) as work:
        require_wanted(not keep_part(work, job_id, name, zlib.compress(kept)))
    return found


class _Ending:
    """Looks now and then whether a job is to end."""

    def __init__(self, bench: Bench, job_id: str) -> None:
        self._bench, self._job_id = bench, job_id
        self._looked_at = time.monotonic()
        self.is_to_end = False

    def look(self, _: Standing) -> bool:
        """Whether to stop."""
        if time.monotonic() - self._looked_at > STOP_LOOK_S:
            self._looked_at = time.monotonic()
            with self._bench.store.read() as session:
                job = read_job(session, self._bench.store.cipher, self._job_id)
            self.is_to_end = job.is_over or job.is_cancel_asked
        return self.is_to_end


def _prepared_for(bench: Bench, job_id: str) -> Prepared:
    """The whole problem of somebody else's job, made from its own lists and kept until another job's is needed."""
    with bench.store.read() as session:
        job = read_job(session, bench.store.cipher, job_id)
    require_wanted(job.is_over or job.is_cancel_asked)
    with TemporaryDirectory(prefix="schoolrun-") as place:
        unpack(read_file(bench.store, job_id, LISTS), Path(place))
        bench.prepared.clear()
        made = bench.prepared[job_id] = prepare(request_of(bench, job, 1, Path(place)), watcher_of(bench))
    return made


@lru_cache(maxsize=2)
def _digest_of(prepared: Prepared) -> str:
    """Of all that a part's numbers mean something in."""
    return digest_of([digest_of(prepared.scenario), prepared.roads.travel.digest, versions()["schoolrun"]])


def _packed(task: Task, problem: str, budget_s: float | None) -> bytes:
    from routing.task_json import task_text

    return zlib.compress(json.dumps({"task": task_text(task), "problem": problem, "budget_s": budget_s}).encode())


def _found_of(data: bytes) -> tuple[Found, str]:
    """What a part came to, and the slot that searched it."""
    from routing.task_json import found_of_text

    kept = json.loads(zlib.decompress(data))
    return found_of_text(kept["found"]), str(kept["slot"])
