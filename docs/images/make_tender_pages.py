"""Remakes the pictures of a tender: `python docs/images/make_tender_pages.py DEMO`, after `make browser`.

DEMO is what `schoolrun demo` wrote. Two invented officers take every step on a store that is thrown away; the bids are
those of an invented market. Each page is photographed when it has something to show.
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from stage import Stage, staged

from api.auth.permissions import Role
from api.plan_folder import open_plan_folder
from api.store.plans import write_folder
from api.store.store import Store
from api.store.tenders import write_tender_folder
from api.tender_award import simulate_bids
from api.tender_files import BIDS_FOLDER
from tests.api.job_runs import run_asked
from tests.api.page_visits import Visitor, hidden, visitor

PACK = {
    "title": "Home to school transport", "buyer": "Demo Council", "deadline": "2026-03-20T15:00",
    "starts_on": "2026-09-01", "ends_on": "2028-08-31", "tie_seed": "7", "fallback_pct": "150",
    "price_weight_pct": "100", "rights": "packages", "law": "pa_2023", "standstill": "mandatory",
    "standstill_days": "8", "standstill_unit": "working", "bank_holidays": "2026-04-03, 2026-04-06",
    "light_touch": "1",
}  # fmt: skip


def photograph(stage: Stage) -> None:
    """From the lots to the letters, each step by the form of its page."""
    first, second = (visitor(stage.app, Role.PROCUREMENT_OFFICER) for _ in range(2))
    stage.sign_in(1)
    new = {
        "plan_id": stage.plan_id,
        "cut": "school",
        "title": "Home to school transport",
        "reason": "lots for small firms",
    }
    made = first.send("/tenders", new, of="/tenders/new").headers["location"]
    tender = made.partition("?")[0]

    def does(who: Visitor, part: str, fields: dict[str, Any], on: str = "", **more: Any) -> None:
        seen = who.see(f"{tender}{on or part}")
        kept = {name: hidden(seen, name) for name in ("version", "once")}
        who.send(f"{tender}{part}", {**kept, **fields}, of=f"{tender}{on or part}", **more)

    does(first, "/pack", PACK)
    taken(stage, f"{tender}/lots", "tender-lots", "#map")
    for who in (first, second):
        does(who, "/interests", {"statement": "no interest in any operator"})
    bids = bids_of(stage.store, stage.plan_id, tender.rpartition("/")[2])
    does(first, "/bids", {}, files={"bids": ("bids.zip", bids, "application/zip")})
    does(second, "/opening", {}, on="/bids")
    taken(stage, f"{tender}/bids", "tender-bids")
    does(second, "/patterns", {"reason": "explained by who is near"}, on="/bids")
    digest = first.client.get(f"{tender}/files/pack/pack.json").json()["digest"]
    does(first, "/award", {"pack_digest": digest})
    run_asked(stage.store, stage.app.state.settings)
    taken(stage, f"{tender}/award", "tender-award")
    does(first, "/letters", {"told_on": "2026-04-02", "contact": "Questions to the procurement team."})
    taken(stage, f"{tender}", "tender-steps")


def bids_of(store: Store, plan_id: str, tender_id: str) -> bytes:
    """What the portal took in: the schedules of an invented market, as one ZIP."""
    with tempfile.TemporaryDirectory() as name:
        plan, tender = Path(name) / "plan", Path(name) / "tender"
        with store.read() as session:
            write_folder(session, store.cipher, plan_id, plan)
            write_tender_folder(session, store.cipher, tender_id, tender)
        simulate_bids(open_plan_folder(plan), tender, seed=1)
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for path in sorted((tender / BIDS_FOLDER).iterdir()):
                archive.write(path, path.name)
        return data.getvalue()


def taken(stage: Stage, address: str, name: str, at: str = "h1") -> None:
    """Write what the window shows, from some element on."""
    stage.page.goto(f"{stage.address}{address}")
    if at != "h1":
        stage.page.locator(at).first.scroll_into_view_if_needed()
        stage.page.evaluate(f"document.querySelector({at!r}).scrollIntoView()")
    stage.take(name)


if __name__ == "__main__":
    with staged(Path(sys.argv[1])) as stage:
        photograph(stage)
