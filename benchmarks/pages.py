"""Every page of an officer with a borough's plans: server time and size.

    python -m benchmarks.pages demo-out --times 20

DEMO is the folder of `schoolrun demo`. It is loaded into a database in a temporary folder, twice: the plan that holds,
and a draft beside it. Each page is asked for once to open what it needs (column `first`), and then so many times;
printed are the median and the 95th percentile in milliseconds, the latter in processor time too (which a busy machine
does not lengthen), and kilobytes without map, style sheets and scripts.
The last line is the worst page; the command fails where its 95th percentile is over 300 ms or it has over 400 kB.
With `--json` each page is a row of JSON instead, and the worst stands on standard error.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from fastapi.testclient import TestClient

from api.app import create_app
from api.audit import Caller
from api.demo_service import DEMO_ACCOUNTS, demo_settings, load_demo
from api.settings import Settings
from api.store.cipher import make_keys, write_keys
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.plans import add_plan, seal_plan
from api.store.store import Store, open_store

MOST_MS, MOST_KB = 300, 400
NAME, PASSWORD, _ = DEMO_ACCOUNTS[0]


def addresses(client: TestClient, store: Store, holding: str, draft: str) -> list[str]:
    """Every page that a transport officer can open, one of each kind."""
    route_ids = re.findall(r'data-route="([^"]+)"', client.get(f"/plans/{holding}").text)
    passenger_id = re.findall(r'href="/passengers/([^"?]+)"', client.get("/passengers").text)[-1]
    figures = re.findall(r'href="(/dashboard/[^"]+)"', client.get("/dashboard").text)
    route = f"/plans/{holding}/routes/{route_ids[len(route_ids) // 2]}"
    return [
        "/", "/passengers", f"/passengers/{passenger_id}", "/passengers?without=1", "/passengers/upload",
        "/new-passenger", "/plans", f"/plans/{holding}", route, f"{route}/edit", f"/plans/{draft}/publish",
        f"/compare?before={holding}&after={draft}", f"/compare?before=today&after={holding}", "/plan-a-term", "/jobs",
        "/dashboard", *figures, "/dashboard/over-time", "/administration", "/administration/carbon", "/exports",
        f"/plans/{holding}/documents", f"/plans/{holding}/documents?what=rides", "/tenders",
    ]  # fmt: skip


def measure(client: TestClient, address: str, times: int) -> tuple[float, float, float, float, float]:
    """Milliseconds of the first time, median and 95th percentile of the others, the latter's processor time; kB."""
    spent, cpu = [], []
    for _ in range(times + 1):
        began, began_cpu = time.perf_counter(), time.process_time()
        answer = client.get(address)
        spent.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - began_cpu))
        assert answer.status_code == 200, (address, answer.status_code)
    return spent[0], share(spent[1:], 0.5), share(spent[1:], 0.95), share(cpu[1:], 0.95), len(answer.content) / 1e3


def share(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="print rows as JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = demo_settings(Settings(_env_file=None), Path(folder))
        write_keys(make_keys(), settings.key_file)
        migrate(make_engine(settings))
        store = open_store(settings)
        loaded = load_demo(store, settings, args.demo)
        sealed = seal_plan(store.cipher, args.demo)
        with store.change(Caller(name="benchmark")) as work:
            draft = add_plan(work, sealed, "A draft").plan_id
        client = TestClient(create_app(settings, store), base_url="http://127.0.0.1")
        client.post("/sign-in", data={"sign_in_name": NAME, "password": PASSWORD, "next": "/"})
        if not args.json:
            print(f"{loaded.n_passengers:,} passengers, {args.times} times each\n")
            print("   first      p50      p95  cpu p95       kB  page")
        rows = []
        for address in addresses(client, store, loaded.plan_id, draft):
            first, median, p95, cpu, kilobytes = measure(client, address, args.times)
            name = address.replace(loaded.plan_id, "ID").replace(draft, "DRAFT")
            row = {
                "page": name, "times": args.times, "passengers": loaded.n_passengers, "first_ms": round(first),
                "median_ms": round(median), "p95_ms": round(p95), "p95_cpu_ms": round(cpu), "kb": round(kilobytes),
            }  # fmt: skip
            line = f"{first:8.0f} {median:8.0f} {p95:8.0f} {cpu:8.0f} {kilobytes:8.0f}  {name}"
            print(json.dumps(row) if args.json else line, flush=True)
            rows.append((p95, kilobytes))
        store.engine.dispose()
    worst_ms, worst_kb = max(p95 for p95, _ in rows), max(kilobytes for _, kilobytes in rows)
    worst = f"\nworst: {worst_ms:.0f} ms (at most {MOST_MS}), {worst_kb:.0f} kB (at most {MOST_KB})"
    print(worst, file=sys.stderr if args.json else sys.stdout)
    return int(worst_ms > MOST_MS or worst_kb > MOST_KB)


if __name__ == "__main__":
    sys.exit(main())
