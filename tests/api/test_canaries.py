"""Fifty children with marked values in every personal detail: the marks are in no log, error, job or file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from api.store.details import details_of
from api.store.passengers import PassengerDraft, new_passenger_id, save_passenger
from api.store.store import Store, open_store
from tests.api.clients import new_key
from tests.api.databases import sqlite_settings
from tests.api.lists import OFFICER
from tests.api.planned import NEAR_P1, put_lists, put_plan
from tests.api.served import Served, served, until

MARK = "KANARIENVOGEL"
N_CHILDREN = 50


def marked_details(n: int) -> dict[str, Any]:
    """Every personal detail of a child, each holding the mark."""
    details = {"given_name": f"{MARK}given{n}", "family_name": f"{MARK}family{n}", "address": f"{n} {MARK} Street",
               "contacts": f"{MARK} 0123{n}", "medical_notes": f"{MARK} asthma {n}"}  # fmt: skip
    return {"details": details, "external_ids": {"mosaic": f"{MARK}{n}"}}


def marked(n: int) -> PassengerDraft:
    """A child who may be placed in Little Council's plan."""
    return PassengerDraft(parts={"row": NEAR_P1}, **marked_details(n))


def texts_of(data: bytes, name: str) -> bytes:
    """What a file holds; of a workbook every part of it: hidden sheets, comments and properties too."""
    if not name.endswith(".xlsx"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(archive.read(entry) for entry in archive.namelist())


@pytest.mark.slow
def test_no_mark_leaves_the_sealed_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes, placements, edits, jobs, exports and requests that fail, by a system that may do everything."""
    monkeypatch.setenv("SCHOOLRUN_INTEGRATIONS_MAY_PLACE", "true")
    monkeypatch.setenv("SCHOOLRUN_EXPORT_SECOND_PERSON_ABOVE", "1000")  # So that every file may be read by one.
    settings = sqlite_settings(tmp_path)
    store = open_store(settings)
    put_lists(store)
    plan_id = put_plan(store)
    people = [new_passenger_id() for _ in range(N_CHILDREN)]
    with store.change(OFFICER) as work:
        for n, who in enumerate(people):
            save_passenger(work, who, marked(n), expected_version=0)
    with served(store, settings, tmp_path) as service:
        answers = _use(service, plan_id, people)
        files = _files_of(service)
    assert MARK not in answers
    assert [name for name, data in files.items() if MARK.encode() in texts_of(data, name)] == []
    assert len(files) > 20
    assert files["workbook.xlsx"].startswith(b"PK")
    assert MARK.encode() not in (tmp_path / "serve.log").read_bytes()
    assert MARK.encode() not in (tmp_path / "schoolrun.db").read_bytes()
    # The marks are there, sealed: whoever may, finds them.
    assert _given_name(store, people[0]) == f"{MARK}given0"


def _use(service: Served, plan_id: str, people: list[str]) -> str:
    """What the service answers to all of it."""
    said = []
    with service.client() as http:
        quote = http.post("/quotes", json={"passenger_id": people[0], "with_reasons": True})
        body = {"quote_id": quote.json()["quote_id"]}
        placed = http.post("/placements", json=body, headers=new_key())
        said += [quote, placed, http.post("/placements", json=body, headers=new_key())]
        edit = {"kind": "move_passenger", "passenger_id": people[0]}
        said.append(http.post(f"/plans/{placed.json()['plan_id']}/edits/preview", json=edit))
        wanted = {"title": "All", "on": "2026-11-02", "iterations": 30, "n_rounds": 2}
        job = http.post("/plans", json=wanted, headers=new_key()).json()
        until(lambda: http.get(f"/jobs/{job['job_id']}").json()["state"] == "done")
        said.append(http.get(f"/jobs/{job['job_id']}"))
        # A proof and the file of an export are jobs, too.
        proof = http.post(f"/plans/{plan_id}/bound", json={"seconds": 2, "n_rounds": 2}, headers=new_key()).json()
        whole = {
            "plan_id": plan_id,
            "table": "workbook",
            "columns": ["everything"],
            "recipient": "test",
            "purpose": "t",
        }
        export_id = http.post("/exports", json=whole).json()["export_id"]
        made = http.post(f"/exports/{export_id}/job", headers=new_key()).json()
        for one in (proof, made):
            until(lambda one=one: http.get(f"/jobs/{one['job_id']}").json()["state"] == "done")
            said.append(http.get(f"/jobs/{one['job_id']}"))
        # What is wrong is told without what was sent.
        wrong = {"row": {"school_id": MARK, "phase": "primary"}, "details": {"upn": MARK}, MARK: MARK}
        http.post("/passengers", json=wrong, headers=new_key())
        http.post("/passengers/search", json={"part": MARK})
        http.post("/passengers/look-up", json={"field": "family_name", "value": f"{MARK}family1"})
        http.get(f"/passengers/{MARK}")
        http.get(f"/{MARK}/nowhere")
        said += [http.get("/changes"), http.get("/audit-events", params={"limit": 500}), http.get("/exports")]
    return "".join(answer.text for answer in said)


def _files_of(service: Served) -> dict[str, bytes]:
    with service.client() as http:
        plans = http.get("/plans").json()["plans"]
        files = {
            f"{plan['plan_id']}/{name}": http.get(f"/plans/{plan['plan_id']}/files/{name}").raise_for_status().content
            for plan in plans
            for name in plan["files"]
        }
        export = http.post("/exports", json={
            "plan_id": plans[0]["plan_id"], "table": "passengers", "columns": ["passenger_id", "am_pickup_at"],
            "recipient": "test", "purpose": "test",
        }).json()  # fmt: skip
        (workbook,) = [one for one in http.get("/exports").json()["exports"] if one["table"] == "workbook"]
        files["workbook.xlsx"] = http.get(f"/exports/{workbook['export_id']}/file").content
        files["export.csv"] = http.get(f"/exports/{export['export_id']}/file").content
    return files


def _given_name(store: Store, passenger_id: str) -> str:
    with store.read() as session:
        return details_of(session, store.cipher, passenger_id)["given_name"]
