"""Tenders over HTTP: a whole round by two procurement officers, what is refused, and every step in the log."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.auth.permissions import Permission, Role
from api.settings import Settings
from api.store.jobs import StoredJob
from api.store.store import Store
from api.tender_evidence import verify
from tests.api.clients import new_key, problem_of, seen, signed_in, with_key
from tests.api.databases import sqlite_settings
from tests.api.endpoints.test_plans_api import upload
from tests.api.job_runs import run_job
from tests.api.plan_folders import add_bidders, fill_lists, write_plan_folder, zipped
from tests.api.portal import broken_zip, portal_zip
from tests.api.test_audit import lines_of

API = "/api/v1/tenders"
PACK = {
    "pack_id": "T1", "title": "School transport", "buyer": "The council", "deadline": "2026-03-20T15:00",
    "starts_on": "2026-09-01", "ends_on": "2028-08-31", "tie_seed": 7, "rules": {"fallback_pct": 150},
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """SQLite alone: what the databases do differently is tested with the store."""
    return sqlite_settings(tmp_path)


@pytest.fixture
def plan_id(store: Store, app: FastAPI, tmp_path: Path) -> str:
    """Two bought routes of two passengers each, and two operators with two cars."""
    fill_lists(store)
    add_bidders(store)
    data = zipped(write_plan_folder(store, tmp_path / "plan"))
    return str(upload(signed_in(app, Role.TRANSPORT_OFFICER), data).json()["plan_id"])


class Officer:
    """A procurement officer at one tender, who has always seen its last version."""

    def __init__(self, app: FastAPI, tender_id: str = "") -> None:
        self.client = signed_in(app, Role.PROCUREMENT_OFFICER)
        self.tender_id = tender_id

    def get(self, part: str = "") -> Any:
        answer = self.client.get(f"{API}/{self.tender_id}{part}")
        assert answer.status_code == 200, answer.text
        return answer

    def does(self, part: str, body: Any = None, **more: Any) -> Any:
        headers = {**new_key(), **seen(self.get().json()["version"]), **more.pop("headers", {})}
        sent = {"json": body} if body is not None else {}
        return self.client.post(f"{API}/{self.tender_id}{part}", headers=headers, **sent, **more)

    def awarded(self, store: Store, settings: Settings, **more: Any) -> StoredJob:
        """Ask for the award and let a worker work it out."""
        asked = self.does("/award", {"pack_digest": digest_of_pack(self), **more})
        assert asked.status_code == 202, asked.text
        return run_job(store, settings, asked.json()["job_id"])

    def did(self, part: str, body: Any = None, **more: Any) -> Any:
        answer = self.does(part, body, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def officer_a(app: FastAPI, plan_id: str) -> Officer:
    """Ann, with a tender of one lot a route."""
    ann = Officer(app)
    body = {"plan_id": plan_id, "title": "Autumn", "why": "small lots for small operators"}
    made = ann.client.post(API, json=body, headers=new_key())
    assert made.status_code == 201, made.text
    ann.tender_id = made.json()["tender_id"]
    return ann


@pytest.fixture
def officer_b(app: FastAPI, officer_a: Officer) -> Officer:
    return Officer(app, officer_a.tender_id)


def bids_of(officer: Officer) -> bytes:
    """What the portal took in."""
    return portal_zip(officer.get("/files/pack/price_schedule.json").json())


ZIP = {"Content-Type": "application/zip"}
FREE = {"statement": "no interest in any operator"}


def opened(officer_a: Officer, officer_b: Officer) -> None:
    """Pack issued, both declared, bids handed in by Ann and opened with Bob."""
    officer_a.did("/pack", PACK)
    for officer in (officer_a, officer_b):
        officer.did("/interests", FREE)
    officer_a.did("/bids", content=bids_of(officer_a), headers=ZIP)
    officer_b.did("/opening")


def digest_of_pack(officer: Officer) -> str:
    return str(officer.get("/files/pack/pack.json").json()["digest"])


def test_a_whole_round(
    officer_a: Officer, officer_b: Officer, store: Store, settings: Settings, tmp_path: Path
) -> None:  # fmt: skip
    """O1 has one lot, O2 the other; the evidence verifies, and every step stands in the log without anybody's words."""
    officer_a.did("/pack", PACK)
    officer_a.did("/questions", {"text": "Are tolls paid?"})
    officer_b.did("/questions/Q1/answer", {"text": "There are none."})
    assert officer_a.get("/questions").json() == [
        {"question_id": "Q1", "text": "Are tolls paid?", "answer": "There are none."}
    ]
    assert officer_a.get("/timetable").json()[-1] == {"on": "2026-09-01", "what": "Contracts start"}
    for officer in (officer_a, officer_b):
        officer.did("/interests", FREE)
    officer_a.did("/bids", content=bids_of(officer_a), headers=ZIP)
    officer_b.did("/opening")
    officer_b.did("/screens-seen", {"why": "two depots"})
    assert officer_a.awarded(store, settings).state == "done"
    officer_a.did("/letters", {"told_on": "2026-04-02"})
    done = officer_a.did("/register", {"department": "Travel assistance"})
    assert done["steps"] == [
        "lots_designed", "pack_issued", "question_asked", "question_answered", "interest_declared",
        "interest_declared", "bids_opened", "screens_seen", "award_made", "operators_told", "contracts_registered",
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(officer_a.get("/files/register/contracts.csv").content.decode("utf-8-sig"))))
    assert sorted((row["operator_id"], row["day_rate_pounds"]) for row in rows) == [("O1", "100.00"), ("O2", "105.00")]
    assert {"letters/award_O1.pdf", "letters/award_O2.pdf"} <= set(done["files"])
    evidence = tmp_path / "evidence.zip"
    evidence.write_bytes(officer_a.get("/files/evidence.zip").content)
    assert verify(evidence).differences == ()
    record = officer_a.get("/record").json()
    logged = [line for line in lines_of(store) if line["kind"] == "tender" and "line" in line["content"]]
    assert [(line["action"], line["content"]["line_hash"]) for line in logged] == [
        (line["step"], line["hash"]) for line in record
    ]
    assert record[6]["by"][0] != record[6]["by"][1]
    whole = json.dumps(lines_of(store))
    assert "Are tolls paid?" not in whole
    assert "no interest in any operator" not in whole


def test_bids_are_opened_by_two_people_who_have_declared(
    officer_a: Officer, officer_b: Officer, app: FastAPI
) -> None:  # fmt: skip
    """Not by one alone, not before they were handed in, not without declarations, not by another system."""
    officer_a.did("/pack", PACK)
    assert problem_of(officer_b.does("/opening"), 409, "not-yet")["detail"] == "nobody has handed in the bids"
    bids = bids_of(officer_a)
    officer_a.did("/bids", content=bids, headers=ZIP)
    assert "two people" in problem_of(officer_a.does("/opening"), 409, "not-yet")["detail"]
    assert "no declaration of interest" in problem_of(officer_b.does("/opening"), 409, "not-yet")["detail"]
    system = with_key(app, Permission.TENDERS_WRITE, Permission.TENDERS_READ)
    for part in ("opening", "award", "overrides", "bids"):
        body = {"kind": "withheld", "about": "LOT1", "why": "x", "pack_digest": "0" * 64}
        allowed = {"overrides": ("kind", "about", "why"), "award": ("pack_digest",)}.get(part)
        sent = {"json": {name: body[name] for name in allowed}} if allowed else {}
        headers = {**new_key(), **seen(3), **(ZIP if part == "bids" else {})}
        refused = system.post(f"{API}/{officer_a.tender_id}/{part}", headers=headers, **sent)
        assert problem_of(refused, 403, "not-allowed")["detail"] == "only a person may do this"
    assert "bids_opened" not in officer_a.get().json()["steps"]


def test_bids_before_the_deadline_are_not_taken(officer_a: Officer) -> None:
    """In ten years' time."""
    late = {"deadline": "2036-03-20T15:00", "starts_on": "2036-09-01", "ends_on": "2038-08-31"}
    officer_a.did("/pack", PACK | late)
    refused = officer_a.does("/bids", content=bids_of(officer_a), headers=ZIP)
    assert "not handed in before" in problem_of(refused, 409, "not-yet")["detail"]


def test_nobody_reads_bids_as_they_came(officer_a: Officer, officer_b: Officer) -> None:
    """Before and after they are opened."""
    opened(officer_a, officer_b)
    for name in ("bids/O1.json", "bids/received.csv", "bids_sent.json"):
        problem_of(officer_a.client.get(f"{API}/{officer_a.tender_id}/files/{name}"), 404, "not-found")


def test_an_award_waits_for_the_screens_and_the_published_digest(
    officer_a: Officer, officer_b: Officer, store: Store, settings: Settings
) -> None:  # fmt: skip
    """Another digest than the pack's; and an evaluator with an interest."""
    opened(officer_a, officer_b)
    waiting = problem_of(officer_a.does("/award", {"pack_digest": digest_of_pack(officer_a)}), 409, "not-yet")
    assert "patterns in the bids have been seen by nobody" in waiting["detail"]
    officer_a.did("/screens-seen", {"why": "O1 would need another car"})
    wrong = problem_of(officer_a.does("/award", {"pack_digest": "0" * 64}), 409, "not-yet")
    assert "published was 000000000000" in wrong["detail"]
    officer_a.did("/interests", {"operator_ids": ["O1"], "statement": "shares"})
    conflict = problem_of(officer_a.does("/award", {"pack_digest": digest_of_pack(officer_a)}), 409, "not-yet")
    assert "has an interest in O1, which bids" in conflict["detail"]
    assert officer_b.awarded(store, settings).state == "done"


def test_what_was_sent_is_refused_with_its_fault(officer_a: Officer, officer_b: Officer) -> None:
    """Unknown rules, an amendment without a reason, a question that names a child, no ZIP, a fault in a schedule."""
    unknown = problem_of(officer_a.does("/pack", PACK | {"rules": {"favourite": "O1"}}), 422, "faults")
    assert "rules: favourite; must be some of" in unknown["faults"][0]["message"]
    officer_a.did("/pack", PACK)
    again = problem_of(officer_a.does("/pack", PACK), 409, "not-yet")
    assert "an amendment is T1 version 2; an amendment goes to all with its reason" in again["detail"]
    named = problem_of(officer_a.does("/questions", {"text": "When does P1 get up?"}), 409, "not-yet")
    assert "could identify a child" in named["detail"]
    problem_of(officer_a.does("/bids", content=b"x", headers={"Content-Type": "text/csv"}), 415, "wrong-type")
    problem_of(officer_a.does("/bids", content=b"x", headers=ZIP), 422, "faults")
    for officer in (officer_a, officer_b):
        officer.did("/interests", FREE)
    officer_a.did("/bids", content=broken_zip(), headers=ZIP)
    faults = problem_of(officer_b.does("/opening"), 422, "faults")["faults"]
    assert faults[0]["file"] == "O1.json"


def test_a_step_from_an_old_version_is_refused(officer_a: Officer, officer_b: Officer) -> None:
    """Somebody else was first; nothing of the second is stored."""
    old = seen(officer_a.get().json()["version"])
    officer_b.did("/pack", PACK)
    headers = {**new_key(), **old}
    stale = officer_a.client.post(f"{API}/{officer_a.tender_id}/questions", json={"text": "Why?"}, headers=headers)
    assert problem_of(stale, 409, "stale")["current_version"] == 2
    assert officer_a.get("/questions").json() == []


def test_a_repeated_step_is_taken_once(officer_a: Officer) -> None:
    """The same key, the same answer."""
    officer_a.did("/pack", PACK)
    headers = {**new_key(), **seen(2)}
    path = f"{API}/{officer_a.tender_id}/questions"
    first, second = (officer_a.client.post(path, json={"text": "Why?"}, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert len(officer_a.get("/questions").json()) == 1


def test_tenders_come_a_page_at_a_time(officer_a: Officer, plan_id: str, app: FastAPI) -> None:
    """And who may read a tender's pack: transport officers, not viewers."""
    body = {"plan_id": plan_id, "title": "Spring", "why": "x"}
    officer_a.client.post(API, json=body, headers=new_key())
    page = officer_a.client.get(API, params={"limit": 1}).json()
    rest = officer_a.client.get(API, params={"after": page["next"]}).json()
    assert sorted(t["title"] for t in page["tenders"] + rest["tenders"]) == ["Autumn", "Spring"]
    assert signed_in(app, Role.TRANSPORT_OFFICER).get(f"{API}/{officer_a.tender_id}").status_code == 200
    refused = signed_in(app, Role.VIEWER).get(f"{API}/{officer_a.tender_id}")
    assert problem_of(refused, 403, "not-allowed")["detail"] == "needs the permission tenders.read"


def test_no_such_tender_plan_or_file(officer_a: Officer) -> None:
    """404, and what is missing."""
    client: TestClient = officer_a.client
    problem_of(client.get(f"{API}/T77"), 404, "not-found")
    problem_of(client.get(f"{API}/{officer_a.tender_id}/files/award.json"), 404, "not-found")
    problem_of(client.get(f"{API}/{officer_a.tender_id}/timetable"), 404, "not-found")
    body = {"plan_id": "PL77", "title": "Spring", "why": "x"}
    problem_of(client.post(API, json=body, headers=new_key()), 404, "not-found")


def ready(officer_a: Officer, officer_b: Officer) -> None:
    """Bids open, and their patterns looked at."""
    opened(officer_a, officer_b)
    officer_a.did("/screens-seen", {"why": "two depots"})


def test_an_award_is_a_job_that_leaves_a_tender_alone_which_went_on(
    officer_a: Officer, officer_b: Officer, store: Store, settings: Settings
) -> None:
    """A second one is refused while the first waits; an override in between lets the first fail; one is cancelled."""
    ready(officer_a, officer_b)
    body = {"pack_digest": digest_of_pack(officer_a), "seconds": 30, "why": "as the pack says"}
    first = officer_a.does("/award", body).json()
    assert (first["kind"], first["state"], first["wanted"]["seconds"]) == ("award", "queued", 30)
    again = problem_of(officer_b.does("/award", body), 409, "not-yet")
    assert again["detail"].endswith("an award is being worked out")
    problem_of(officer_a.client.get(f"/api/v1/jobs/{first['job_id']}"), 403, "not-allowed")
    officer_b.did("/overrides", {"kind": "withheld", "about": "LOT1", "why": "The school moves."})
    failed = run_job(store, settings, first["job_id"])
    assert [fault.message for fault in failed.faults] == [
        "another step of the tender was taken meanwhile: ask for the award again"
    ]
    second = officer_a.does("/award", body).json()["job_id"]
    cancelled = officer_b.client.post(f"{API}/jobs/{second}/cancel", headers=new_key())
    assert cancelled.json()["state"] == "cancelled"
    assert officer_a.awarded(store, settings).progress["phase"] == "stored"
    assert [job["state"] for job in officer_a.get("/jobs").json()] == ["done", "cancelled", "failed"]
    assert officer_a.get("/record").json()[-1]["said"]["proven"] is True
    assert "as the pack says" not in json.dumps(officer_a.get("/jobs").json())


def test_the_comparison_of_cuts_stands_in_the_record(
    officer_a: Officer, plan_id: str, store: Store, settings: Settings
) -> None:  # fmt: skip
    """Named when the lots are cut anew; not before it has ended, and not with other limits."""
    asked = officer_a.client.post(f"{API}/comparisons", json={"plan_id": plan_id, "n_markets": 2}, headers=new_key())
    job_id = asked.json()["job_id"]
    body = {"cut": "class", "comparison_id": job_id, "why": "one lot is cheaper to run"}
    assert "is queued, and has no figures" in problem_of(officer_a.does("/lots", body), 409, "not-yet")["detail"]
    assert run_job(store, settings, job_id).state == "done"
    designs = officer_a.client.get(f"{API}/comparisons/{job_id}").json()["progress"]["designs"]
    assert [(one["cut"], one["n_lots"]) for one in designs] == [
        ("route", 2), ("school", 2), ("area", 1), ("class", 1), ("quarter", 2),
    ]  # fmt: skip
    other = problem_of(officer_a.does("/lots", body | {"max_routes": 1}), 409, "not-yet")
    assert "was made with another max_routes" in other["detail"]
    officer_a.did("/lots", body)
    said = officer_a.get("/record").json()[-1]["said"]
    assert (said["cut"], said["n_lots"], len(said["compared"])) == ("class", 1, 5)
    assert said["compared"][0].startswith("route: 2 lots, £")
    assert said["compared"][0] not in json.dumps(lines_of(store))


def test_contracts_are_decided_before_a_pack(officer_a: Officer) -> None:
    """The plan has none that could go on: none is refused, a name is; afterwards it is too late."""
    assert officer_a.get("/contracts").json() == []
    unknown = problem_of(officer_a.does("/contracts", {"extended_ids": ["C1"], "why": "cheap"}), 409, "not-yet")
    assert unknown["detail"] == "C1 cannot be extended; must be of none"
    officer_a.did("/contracts", {"why": "there is none"})
    assert officer_a.get("/record").json()[-1]["step"] == "contracts_decided"
    officer_a.did("/pack", PACK)
    late = problem_of(officer_a.does("/contracts", {"why": "there is none"}), 409, "not-yet")
    assert "a pack has been issued" in late["detail"]


def test_own_templates_are_tried_taken_and_named_in_the_record(
    officer_a: Officer, officer_b: Officer, store: Store, settings: Settings
) -> None:
    """Every fault of all three at once; then letters follow them, and the record has version and digests."""
    wrong = {"award": "# {{ title }}\n{{ colour }}", "regret": "no title", "summary": "{% if %}", "why": "our words"}
    faults = problem_of(officer_a.does("/templates", wrong), 422, "faults")["faults"]
    assert [fault["file"] for fault in faults] == ["award.txt", "regret.txt", "summary.txt"]
    assert "'colour' is undefined" in faults[0]["message"]
    assert faults[1]["message"] == "a letter needs a title, a line that begins with '# '"
    own = "# Well done\n\n{{ operator }} has won {{ n_won }}.\n"
    officer_a.did("/templates", {"award": own, "why": "our words"})
    ready(officer_a, officer_b)
    assert officer_a.awarded(store, settings).state == "done"
    officer_a.did("/letters", {"told_on": "2026-04-02"})
    assert officer_a.get("/files/letters/award_O1.txt").text == "# Well done\n\nOperator O1 has won 1 lot."
    taken, told = (
        next(line["said"] for line in officer_a.get("/record").json() if line["step"] == step)
        for step in ("templates_chosen", "operators_told")
    )
    digest = hashlib.sha256(own.encode()).hexdigest()
    assert taken == {"version": 1, "file_digests": {"award.txt": digest}}
    assert told["template_digests"] == {"award.txt": digest}
