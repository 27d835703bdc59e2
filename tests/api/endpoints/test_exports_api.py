"""Exports: seen before they leave, a second person above a number, only what was asked for, marked and logged."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from api import export_files
from api.app import create_app
from api.auth.permissions import Permission, Role
from api.jobs.planning import JobCancelledError
from api.jobs.steps import steps_of
from api.settings import Settings
from api.store.retention import retain
from api.store.store import Store
from tests.api.clients import new_key, problem_of, signed_in, with_key
from tests.api.databases import sqlite_settings
from tests.api.job_runs import bench_of
from tests.api.lists import OFFICER
from tests.api.planned import put_lists, put_plan
from tests.api.test_audit import lines_of

API = "/api/v1/exports"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """SQLite alone; two children need a second person."""
    return sqlite_settings(tmp_path).model_copy(update={"export_second_person_above": 1})


@pytest.fixture
def plan_id(store: Store) -> str:
    put_lists(store)
    return put_plan(store)


def ask(client: TestClient, plan_id: str, status: int = 201, **more: Any) -> Any:
    wanted = {"table": "stops", "columns": ["route_id", "leg", "start_at", "boarding"], "recipient": "Anyborough Cars",
              "purpose": "run sheets", "plan_id": plan_id, **more}  # fmt: skip
    answer = client.post(API, json=wanted)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_an_export_holds_what_was_asked_for_and_no_more(officer: TestClient, store: Store, plan_id: str) -> None:
    """P3's route alone: one child, four columns and the mark in every row; no home, no need, nobody else."""
    people = rows_of(officer, plan_id, "passengers", ["passenger_id", "route_ids"])
    (own,) = [row["route_ids"] for row in people if row["passenger_id"] == "P3"]
    export = ask(officer, plan_id, route_ids=[own])
    assert (export["n_children"], export["needs_second_person"]) == (1, False)
    file = officer.get(f"{API}/{export['export_id']}/file")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(rows) == export["n_rows"]
    assert [list(row.values())[:4] for row in rows][:5] == export["preview"]
    assert {(row["export_id"], row["made_for"], row["purpose"]) for row in rows} == {
        (export["export_id"], "Anyborough Cars", "run sheets")
    }
    assert list(rows[0]) == ["route_id", "leg", "start_at", "boarding", "export_id", "made_for", "purpose"]
    assert "P1" not in file.text
    said = [(line["action"], line["kind"]) for line in lines_of(store)][-2:]
    assert said == [("create", "export"), ("export", "plan")]


def rows_of(officer: TestClient, plan_id: str, table: str, columns: list[str]) -> list[dict[str, str]]:
    """Rows that a preview shows."""
    export = ask(officer, plan_id, table=table, columns=columns)
    return [dict(zip(columns, row, strict=True)) for row in export["preview"]]


def test_a_second_person_agrees_above_the_number(app: Any, officer: TestClient, plan_id: str) -> None:
    """Three children: not before somebody else agrees, who is a person and not oneself."""
    export = ask(officer, plan_id)
    path = f"{API}/{export['export_id']}"
    assert (export["n_children"], export["needs_second_person"]) == (3, True)
    assert "a second person must agree" in problem_of(officer.get(f"{path}/file"), 409, "not-yet")["detail"]
    assert "somebody else" in problem_of(officer.post(f"{path}/approve"), 409, "not-yet")["detail"]
    problem_of(with_key(app, Permission.EXPORTS_ASK).post(f"{path}/approve"), 403, "not-allowed")
    colleague = signed_in(app, Role.TRANSPORT_OFFICER)
    assert colleague.post(f"{path}/approve").json()["approved_by"] != export["asked_by"]
    assert officer.get(f"{path}/file").status_code == 200
    assert officer.get(API).json()["exports"][0]["approved_at"]


def test_what_is_none_of_the_plans_is_named(officer: TestClient, plan_id: str) -> None:
    """Columns and routes, all at once; a formula in the recipient's name is text."""
    faults = ask(officer, plan_id, 422, columns=["route_id", "home_phone"], route_ids=["R99"])["faults"]
    assert [(fault["column"], fault["value"]) for fault in faults] == [("columns", "home_phone"), ("route_ids", "R99")]
    ask(officer, plan_id, 422, table="letters")
    export = ask(officer, plan_id, table="routes", columns=["route_id"], recipient="=cmd|x", route_ids=["R1"])
    assert export["n_children"] == 2


def test_the_number_is_a_setting(store: Store, settings: Settings, plan_id: str) -> None:
    """With 25 three children leave with one person."""
    app = create_app(settings.model_copy(update={"export_second_person_above": 25}), store)
    client = signed_in(app, Role.TRANSPORT_OFFICER)
    export = ask(client, plan_id, recipient="=cmd|x")
    file = client.get(f"{API}/{export['export_id']}/file").text
    assert ",'=cmd|x," in file


WHOLE = {"columns": ["everything"], "purpose": "audit"}


def test_a_large_workbook_is_made_by_a_job(
    app: FastAPI, officer: TestClient, store: Store, settings: Settings, plan_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the same guards: agreed to first, then made, then fetched by form; every row of each sheet is marked. Sealed
    in the database, it is gone a day later."""
    monkeypatch.setattr(export_files, "MOST_AT_ONCE", 2)
    export = ask(officer, plan_id, table="workbook", **WHOLE)
    assert (export["needs_second_person"], export["needs_job"], export["n_children"]) == (True, True, 3)
    path = f"{API}/{export['export_id']}"
    assert "second person" in problem_of(officer.post(f"{path}/job", headers=new_key()), 409, "not-yet")["detail"]
    signed_in(app, Role.TRANSPORT_OFFICER).post(f"{path}/approve")
    assert "a job must make the file" in problem_of(officer.get(f"{path}/file"), 409, "not-yet")["detail"]
    page = officer.get(f"/exports/{export['export_id']}").text
    assert "Make: XLSX" in page
    assert "file?form=xlsx" not in page
    asked = officer.post(f"{path}/job", headers=new_key())
    assert (asked.status_code, asked.json()["kind"]) == (202, "export")
    job_id = asked.json()["job_id"]
    bench = bench_of(store, settings, job_id)
    steps = steps_of(asked.json()["kind"])
    assert steps.begin(bench, job_id) == 1
    assert steps.complete(bench, job_id, 1) > 1
    with pytest.raises(JobCancelledError):  # A step may run again, and then does no harm.
        steps.complete(bench, job_id, 1)
    assert officer.get(f"/api/v1/jobs/{job_id}").json()["state"] == "done"
    assert "file?form=xlsx" in officer.get(f"/exports/{export['export_id']}").text
    data = officer.get(f"{path}/file").content
    sheets = {name: rows for name, rows in sheets_of(data).items() if name in ("Stops", "Passengers", "Routes")}
    assert len(sheets) == 3
    assert all(
        row[-3:] == [export["export_id"], "Anyborough Cars", "audit"] for rows in sheets.values() for row in rows
    )
    with store.engine.connect() as connection:
        assert b"xl/workbook" not in bytes(connection.execute(text("SELECT sealed FROM export_file")).scalar_one())
    with store.change(OFFICER) as work:
        later = replace(work, now=work.now + timedelta(days=2))
        retain(later, settings, date.today())
    problem_of(officer.get(f"{path}/file"), 409, "not-yet")


def sheets_of(data: bytes) -> dict[str, list[list[Any]]]:
    """Rows of each sheet, its headings apart."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python()[1:] for name in book.sheet_names}


def test_a_small_map_is_made_at_once(store: Store, settings: Settings, plan_id: str) -> None:
    """Every feature says for whom it was made; it leaves as a whole or not at all."""
    client = signed_in(
        create_app(settings.model_copy(update={"export_second_person_above": 25}), store), Role.TRANSPORT_OFFICER
    )
    faults = ask(client, plan_id, 422, table="map", columns=["route_id"], route_ids=["R1"])["faults"]
    assert [fault["column"] for fault in faults] == ["columns", "route_ids"]
    export = ask(client, plan_id, table="map", **WHOLE)
    found = client.get(f"{API}/{export['export_id']}/file").json()
    assert {f["properties"]["made_for"] for f in found["features"]} == {"Anyborough Cars"}
    assert [["features", str(len(found["features"]))]] == export["preview"]
    problem_of(client.get(f"{API}/{export['export_id']}/file", params={"form": "csv"}), 422, "faults")


def test_files_of_a_plan_do_not_pass_the_guards(
    app: FastAPI, officer: TestClient, store: Store, settings: Settings, plan_id: str
) -> None:
    """Three children, one person may let one out: nobody takes the workbook from the plan's folder. A viewer takes no
    file at all; another system reads the plan as programs do."""
    path = f"/api/v1/plans/{plan_id}/files"
    assert "leaves as an export" in problem_of(officer.get(f"{path}/plan.xlsx"), 409, "not-yet")["detail"]
    assert officer.get(f"{path}/plan.json").status_code == 200
    viewer, system = signed_in(app, Role.VIEWER), with_key(app, Permission.PLAN_FILES_TAKE)
    for name in ("plan.xlsx", "plan.geojson", "passengers.csv", "plan.json", "scenario/passengers.csv"):
        problem_of(viewer.get(f"{path}/{name}"), 403, "not-allowed")
    problem_of(system.get(f"{path}/plan.xlsx"), 403, "not-allowed")
    assert system.get(f"{path}/plan.json").status_code == 200
    few = create_app(settings.model_copy(update={"export_second_person_above": 25}), store)
    assert signed_in(few, Role.TRANSPORT_OFFICER).get(f"{path}/plan.xlsx").status_code == 200
    problem_of(signed_in(few, Role.VIEWER).get(f"{path}/plan.xlsx"), 403, "not-allowed")
