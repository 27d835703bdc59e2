"""kill -9 of web server and worker at random points while changes arrive, on SQLite and on PostgreSQL.

    python -m benchmarks.service_faults --rounds 50

Needs PostgreSQL's server programs for the second half. Prints a row for each database; exit code 1 where a change that
was acknowledged is missing or there twice, a job has not ended, or the log's chain is broken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from api.settings import Settings
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.store import open_store
from tests.api.databases import create_database, postgresql_server, sqlite_settings
from tests.api.faulting import Fire
from tests.api.planned import put_lists
from tests.api.served import served
from tests.api.test_audit import faults_of


def under_fire(name: str, settings: Settings, folder: Path, n_rounds: int, seed: int) -> bool:
    """So many rounds on one database; whether all held."""
    store = open_store(settings)
    put_lists(store)
    began = time.monotonic()
    with served(store, settings, folder) as service:
        fire = Fire(service=service, seed=seed)
        for n in range(n_rounds):
            fire.round(n)
        fire.settle()
        faults = [*fire.faults(), *faults_of(store)]
    cells = [name, n_rounds, fire.n_kills, len(fire.changes), len(fire.job_ids), len(faults)]
    print(f"| {' | '.join(map(str, cells))} | {time.monotonic() - began:.0f} |", flush=True)
    for fault in faults[:20]:
        print(fault, file=sys.stderr)
    return not faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    args = parser.parse_args()
    print("| database | rounds | kills | changes sent | jobs | faults | seconds |\n|---|---|---|---|---|---|---|")
    holds = True
    if args.only != "postgresql":
        with tempfile.TemporaryDirectory(prefix="schoolrun-faults-") as place:
            holds &= under_fire("SQLite", sqlite_settings(Path(place)), Path(place), args.rounds, args.seed)
    if args.only != "sqlite":
        with tempfile.TemporaryDirectory(prefix="schoolrun-faults-") as place, postgresql_server() as url:
            create_database(url, "schoolrun")
            own = {"database_url": url.format(name="schoolrun")}
            settings = sqlite_settings(Path(place)).model_copy(update=own)
            engine = make_engine(settings)
            migrate(engine)
            engine.dispose()
            holds &= under_fire("PostgreSQL", settings, Path(place), args.rounds, args.seed)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
