"""kill -9 of web server and worker at random points while changes arrive, on SQLite and on PostgreSQL.

    python -m benchmarks.service_faults --rounds 50

Needs PostgreSQL's server programs for the second half. Prints a row for each database, with `--json` as JSON, one a
line. Exit code 1 where a change that was acknowledged is missing or there twice, a job has not ended, or the log's
chain is broken.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from api.settings import Settings
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.store import open_store
from tests.api.databases import create_database, postgresql_server, sqlite_settings
from tests.api.faulting import Fire
from tests.api.planned import put_lists
from tests.api.served import served
from tests.api.test_audit import faults_of

HEADS = ("database", "seed", "rounds", "kills", "changes", "jobs", "faults", "longest_start_s", "seconds")


def under_fire(name: str, settings: Settings, folder: Path, n_rounds: int, seed: int) -> dict[str, Any]:
    """So many rounds on one database: how many changes and jobs were asked for, and how many are not as they were
    acknowledged; the longest that a killed server took until it answered again."""
    store = open_store(settings)
    put_lists(store)
    began = time.monotonic()
    with served(store, settings, folder) as service:
        fire = Fire(service=service, seed=seed)
        for n in range(n_rounds):
            fire.round(n)
        fire.settle()
        faults = [*fire.faults(), *faults_of(store)]
    for fault in faults[:20]:
        print(fault, file=sys.stderr)
    return {
        "database": name, "seed": seed, "rounds": n_rounds, "kills": fire.n_kills, "changes": len(fire.changes),
        "jobs": len(fire.job_ids), "faults": len(faults), "longest_start_s": round(max(service.start_s), 1),
        "seconds": round(time.monotonic() - began),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--json", action="store_true", help="print rows as JSON")
    args = parser.parse_args()
    rows = []
    if not args.json:
        print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")

    def told(name: str, settings: Settings, place: str) -> None:
        row = under_fire(name, settings, Path(place), args.rounds, args.seed)
        rows.append(row)
        print(json.dumps(row) if args.json else f"| {' | '.join(str(row[head]) for head in HEADS)} |", flush=True)

    if args.only != "postgresql":
        with tempfile.TemporaryDirectory(prefix="schoolrun-faults-") as place:
            told("SQLite", sqlite_settings(Path(place)), place)
    if args.only != "sqlite":
        with tempfile.TemporaryDirectory(prefix="schoolrun-faults-") as place, postgresql_server() as url:
            create_database(url, "schoolrun")
            own = {"database_url": url.format(name="schoolrun")}
            settings = sqlite_settings(Path(place)).model_copy(update=own)
            engine = make_engine(settings)
            migrate(engine)
            engine.dispose()
            told("PostgreSQL", settings, place)
    return int(any(row["faults"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
