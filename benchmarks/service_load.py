"""Quotes and reads under load: N clients against `schoolrun serve` with a borough's lists and plan.

    python -m benchmarks.service_load demo-out --clients 20 --seconds 30

DEMO is the folder of `schoolrun demo`. Makes a database of its own in a temporary folder, puts the plan in force and
the later arrivals into it, waits until the service has opened it, asks for everybody once, and then lets N clients
ask at once. With `--think-ms` each waits so long between two requests, as people do. Each passenger has five candidate
schools of their own. `cpu_ms`: processor time of the server for each request of the mix; `load`: of the machine, which
says how busy it was with other things.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from api.audit import Caller
from api.settings import Settings
from api.store.cipher import make_keys, write_keys
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.models import Plan, Publication
from api.store.passengers import PassengerDraft, new_passenger_id, save_passenger
from api.store.plans import add_plan, seal_plan
from api.store.store import Store, open_store
from tests.api.served import Served, served, until
from transport.files.read_sheets import open_book

CALLER = Caller(name="benchmark")
N_SCHOOLS = 5


@dataclass(slots=True, kw_only=True)
class Tally:
    """Seconds of each kind of request, and answers that were none."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def time(self, kind: str, ask: Callable[[], httpx2.Response]) -> None:
        began = time.perf_counter()
        try:
            answer = ask()
        except httpx2.TransportError as error:
            self.errors.append(f"{kind} {type(error).__name__}")
            return
        self.seconds.setdefault(kind, []).append(time.perf_counter() - began)
        if answer.status_code >= 400:
            self.errors.append(f"{kind} {answer.status_code} {answer.text[:120]}")


def fill(store: Store, folder: Path) -> tuple[list[str], list[str]]:
    """The plan in force for all its schools, and the later arrivals; gives their ids and the schools'."""
    from api.store.kinds import KIND_BY_NAME, body_of
    from api.store.records import Draft, save

    book = open_book(folder / "scenario")
    kind = KIND_BY_NAME["school"]
    with store.change(CALLER) as work:
        schools = []
        for cells in book.sheets["schools"].texts.values():
            schools.append(cells["school_id"])
            save(work, kind, schools[-1], Draft(body=body_of(kind, schools[-1], {"row": cells})), expected_version=0)
        stored = add_plan(work, seal_plan(work.cipher, folder), "in force")
        work.session.get_one(Plan, stored.plan_id).status = "published"
        work.session.add(
            Publication(
                publication_id=1, plan_id=stored.plan_id, school_ids=list(stored.school_ids), starts_on=work.now.date(),
                is_roll_back=False, override_reason=None, published_at=work.now, published_by=CALLER.name,
            )
        )  # fmt: skip
    people = []
    with store.change(CALLER) as work:
        for cells in arrivals_of(folder):
            draft = PassengerDraft(parts={"row": {k: v for k, v in cells.items() if v and k != "passenger_id"}})
            people.append(save_passenger(work, new_passenger_id(), draft, expected_version=0).record_id)
    return people, [school_id for school_id in schools if school_id in set(stored.school_ids)]


def arrivals_of(folder: Path) -> list[dict[str, str]]:
    """Rows of the later arrivals, in the columns of passengers.csv."""
    import csv

    from transport.files.columns import TABLE_BY_NAME

    names = set(TABLE_BY_NAME["passengers"].column_names)
    with (folder / "scenario" / "later_arrivals.csv").open(encoding="utf-8-sig", newline="") as file:
        return [{k: v for k, v in row.items() if k in names} for row in csv.DictReader(file)]


def client(
    service: Served, people: list[str], schools: list[str], kind: str, until: float, think_s: float, n: int
) -> Tally:
    """One client who asks until the time is over."""
    rng, tally = random.Random(n), Tally()
    with service.client() as http:
        time.sleep(rng.random() * think_s)
        while time.monotonic() < until:
            who = rng.choice(people)
            question: dict[str, Any] = {"passenger_id": who, "n_options": 10}
            if kind == "quote5":
                question["school_ids"] = candidates_of(who, schools)
            if kind == "read":
                tally.time(kind, lambda who=who: http.get(f"/passengers/{who}"))
            else:
                tally.time(kind, lambda question=question: http.post("/quotes", json=question))
            time.sleep(think_s)
    return tally


def cpu_s(service: Served) -> float:
    """Processor seconds of the web server so far (Linux)."""
    told = Path(f"/proc/{service.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def run(service: Served, people: list[str], schools: list[str], mix: list[str], args: argparse.Namespace) -> Tally:
    """Clients of some kinds at once."""
    whole, lock = Tally(), threading.Lock()
    until = time.monotonic() + args.seconds

    def work(n: int) -> None:
        tally = client(service, people, schools, mix[n % len(mix)], until, args.think_ms / 1000, n)
        with lock:
            for kind, seconds in tally.seconds.items():
                whole.seconds.setdefault(kind, []).extend(seconds)
            whole.errors.extend(tally.errors)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(args.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return whole


_SHARES = {"median_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--think-ms", type=int, default=0)
    parser.add_argument("--people", type=int, default=40, help="of the later arrivals")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="schoolrun-load-") as place:
        settings = Settings(
            database_url=f"sqlite:///{place}/schoolrun.db", key_file=Path(place) / "schoolrun.keys", _env_file=None
        )
        write_keys(make_keys(), settings.key_file)
        migrate(make_engine(settings))
        store = open_store(settings)
        people, schools = fill(store, args.demo)
        people = people[: args.people]
        with served(store, settings, Path(place), "--no-worker") as service:
            warm(service, people, schools)
            rows: list[dict[str, Any]] = []
            for mix in (["read"], ["quote1"], ["quote5"], ["read", "quote1"]):
                before_s = cpu_s(service)
                tally = run(service, people, schools, mix, args)
                n_requests = sum(map(len, tally.seconds.values()))
                cpu_ms = round(1000 * (cpu_s(service) - before_s) / max(1, n_requests), 1)
                for kind, seconds in sorted(tally.seconds.items()):
                    figures = {name: round(1000 * percentile(seconds, share)) for name, share in _SHARES.items()}
                    rows.append(
                        {"clients": args.clients, "think_ms": args.think_ms, "kind": f"{kind} of {'+'.join(mix)}",
                         "requests": len(seconds), **figures, "errors": len(tally.errors), "cpu_ms": cpu_ms,
                         "load": round(os.getloadavg()[0], 1)}
                    )  # fmt: skip
                for error in sorted(set(tally.errors))[:3]:
                    print(error, file=sys.stderr)
                for line in service.log_path.read_text(encoding="utf-8").splitlines():
                    if "ERROR" in line or (service.process.poll() is not None and "requests INFO" not in line):
                        print(line, file=sys.stderr)
    print(json.dumps(rows, indent=1) if args.json else table(rows))
    return 0


def table(rows: list[dict[str, Any]]) -> str:
    """Rows for people."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(map(str, row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def candidates_of(passenger_id: str, schools: list[str]) -> list[str]:
    """Five schools that are considered for somebody, always the same ones."""
    return random.Random(passenger_id).sample(schools, N_SCHOOLS)


def warm(service: Served, people: list[str], schools: list[str]) -> None:
    """Wait until the plan in force has been opened, then ask for everybody once, alone; says what each takes."""
    with service.client() as http:
        http.timeout = 600
        began = time.perf_counter()
        until(lambda: http.get("/health").json()["plans_open"])
        print(f"Plan opened ahead {time.perf_counter() - began:.1f} s after the start", file=sys.stderr, flush=True)
        for kind, asked, wanted in (
            ("first quote of a plan", people[:1], {}), ("one school", people, {}), ("five schools", people, None),
        ):  # fmt: skip
            took = []
            for who in asked:
                more = {"school_ids": candidates_of(who, schools)} if wanted is None else wanted
                began = time.perf_counter()
                answer = http.post("/quotes", json={"passenger_id": who, **more})
                took.append(time.perf_counter() - began)
                if answer.status_code != 201:
                    print(json.dumps(answer.json())[:400], file=sys.stderr)
            figures = f"median {percentile(took, 0.5):.2f} s, longest {max(took):.2f} s"
            print(f"Alone, first time, {kind}: {len(took)} asked, {figures}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
