"""Exports: seen before they leave, a second person above a number, only what was asked for, marked and logged."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth.permissions import Permission, Role
from api.settings import Settings
from api.store.store import Store
from tests.api.clients import problem_of, signed_in, with_key
from tests.api.databases import sqlite_settings
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
