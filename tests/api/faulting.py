"""Changes that arrive while the service is killed again and again; what was acknowledged must be there, once."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.api.served import Served, until, workers_of

N_WRITERS = 4
JOB = {"title": "Under fire", "on": "2026-09-02", "iterations": 40, "n_rounds": 4}


@dataclass(slots=True, kw_only=True)
class Change:
    """A new passenger, under a key that is sent again until there is an answer."""

    external_id: str
    key: str
    passenger_id: str = ""


@dataclass(slots=True, kw_only=True)
class Fire:
    """Everything that was asked for, and what was answered."""

    service: Served
    seed: int
    changes: list[Change] = field(default_factory=list)
    job_ids: list[str] = field(default_factory=list)
    job_keys: list[str] = field(default_factory=list)
    n_kills: int = 0
    unexpected: list[str] = field(default_factory=list)

    def round(self, n: int) -> None:
        """Writers at work, a job under way; then kill -9 of the web process, the worker, or both; and back again."""
        rng = random.Random(self.seed * 1000 + n)
        ending = threading.Event()
        writers = [threading.Thread(target=self._write, args=(n, w, ending)) for w in range(N_WRITERS)]
        for writer in writers:
            writer.start()
        key = f"job-{self.seed}-{n:04d}"
        self.job_keys.append(key)
        self._send("/plans", JOB, key)
        time.sleep(rng.uniform(0.2, 2.5))
        self._kill(rng.choice(("web", "worker", "both")))
        time.sleep(rng.uniform(0.1, 0.5))
        ending.set()
        for writer in writers:
            writer.join()

    def settle(self) -> None:
        """Send again what was not answered, until it is; then wait for every job's end."""
        for change in self.changes:
            if not change.passenger_id:
                answer = until(lambda change=change: self._answered("/passengers", _body(change), change.key))
                change.passenger_id = answer["id"]
        for key in self.job_keys:
            self.job_ids.append(until(lambda key=key: self._answered("/plans", JOB, key))["job_id"])
        for job_id in self.job_ids:
            until(lambda job_id=job_id: self._state_of(job_id) in ("done", "failed", "cancelled"), patience_s=600)

    def faults(self) -> list[str]:
        """What is not as it was acknowledged."""
        found = list(self.unexpected)
        with self.service.client() as http:
            for change in self.changes:
                question = {"field": "external_id", "source": "mosaic", "value": change.external_id}
                ids = http.post("/passengers/look-up", json=question).json()["passenger_ids"]
                if ids != [change.passenger_id]:
                    found.append(f"{change.external_id}: acknowledged as {change.passenger_id}, found {ids}")
            n_there, after = 0, ""
            while True:
                page = http.get("/passengers", params={"limit": 500, "after": after}).json()
                n_there += sum("mosaic" in record["external_ids"] for record in page["records"])
                if not (after := page["next"]):
                    break
            if n_there != len(self.changes):
                found.append(f"{len(self.changes)} passengers were sent, {n_there} are there")
            states = [self._state_of(job_id) for job_id in self.job_ids]
            plans = http.get("/plans", params={"limit": 500}).json()["plans"]
            if states != ["done"] * len(states) or len(plans) != len(states):
                found.append(f"jobs ended {states}, with {len(plans)} plans")
        return found

    def _write(self, n: int, w: int, ending: threading.Event) -> None:
        k = 0
        while not ending.is_set():
            change = Change(external_id=f"E{n}-{w}-{k}", key=f"key-{self.seed}-{n:04d}-{w}-{k:05d}")
            self.changes.append(change)
            answer = self._send("/passengers", _body(change), change.key)
            if answer is not None and answer.status_code == 201:
                change.passenger_id = answer.json()["id"]
            elif answer is None:
                # Nobody is there: whoever sends goes slower, else the most is sent while the service starts.
                ending.wait(0.2)
            k += 1

    def _send(self, path: str, body: Any, key: str) -> httpx2.Response | None:
        """None where the service died before it answered."""
        try:
            with self.service.client() as http:
                answer = http.post(path, json=body, headers={"Idempotency-Key": key})
        except httpx2.TransportError:
            return None
        if answer.status_code not in (201, 202, 409, 503):
            self.unexpected.append(f"{path} {answer.status_code} {answer.text[:200]}")
        return answer

    def _answered(self, path: str, body: Any, key: str) -> Any:
        answer = self._send(path, body, key)
        if answer is not None and answer.status_code in (201, 202):
            return answer.json()
        time.sleep(1.0)
        return None

    def _kill(self, what: str) -> None:
        self.n_kills += 1
        workers = workers_of(self.service.process.pid)
        if what in ("worker", "both"):
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
        if what in ("web", "both"):
            self.service.kill()
            self.service.start()

    def _state_of(self, job_id: str) -> str:
        with self.service.client() as http:
            return str(http.get(f"/jobs/{job_id}").json()["state"])


def _body(change: Change) -> dict[str, Any]:
    row = {"school_id": "S1", "phase": "primary", "lat": 52.501, "lon": -1.98}
    # They come next year, so that the jobs of this one have nobody more to plan.
    return {"row": row, "starts_on": "2027-09-01", "external_ids": {"mosaic": change.external_id}}
