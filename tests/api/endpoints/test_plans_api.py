"""Plans over HTTP: checked, stored, proposed, published school by school with what that needs, rolled back."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text, update

from api.app import create_app
from api.auth.permissions import Role
from api.settings import Settings
from api.store.models import Plan
from api.store.plans import read_stored_plan, write_folder
from api.store.retention import Removed, retain
from api.store.scenario import read_stored_scenario
from api.store.store import Store
from tests.api.clients import new_key, problem_of, seen, signed_in
from tests.api.databases import sqlite_settings
from tests.api.lists import OFFICER
from tests.api.plan_folders import PAIRS, STARTS_ON, fill_lists, write_plan_folder, zipped

PATH = "/api/v1/plans"
START = {"starts_on": "2026-09-01"}


@pytest.fixture
def lists(store: Store) -> None:
    fill_lists(store)


def upload(client: TestClient, data: bytes, title: str = "Autumn") -> Any:
    headers = {**new_key(), "Content-Type": "application/zip"}
    return client.post(PATH, params={"title": title}, content=data, headers=headers)


def store_one(client: TestClient, store: Store, folder: Path, *, later_s: int = 0, routes: Any = PAIRS) -> str:
    """A proposed plan at version 2; gives its id."""
    answer = upload(client, zipped(write_plan_folder(store, folder, routes, later_s=later_s)))
    assert answer.status_code == 201, answer.text
    plan_id = str(answer.json()["plan_id"])
    assert client.post(f"{PATH}/{plan_id}/propose", headers={**new_key(), **seen(1)}).json()["status"] == "proposed"
    return plan_id


def judge(client: TestClient, plan_id: str, *routes: str, kind: str = "co_travel") -> None:
    for route in routes:
        said = {"kind": kind, "about": route, "judged_by": "SEN officer", "judged_on": "2026-08-20", "ground": "met"}
        assert client.put(f"{PATH}/{plan_id}/evidence", json=said).status_code == 204


def publish(client: TestClient, plan_id: str, version: int, **more: Any) -> Any:
    headers = {**new_key(), **seen(version)}
    return client.post(f"{PATH}/{plan_id}/publish", json={**START, **more}, headers=headers)


def missing_of(client: TestClient, plan_id: str, **params: Any) -> dict[str, list[str]]:
    checks = client.get(f"{PATH}/{plan_id}/checks", params=params).json()
    return {check["name"]: check["missing"] for check in checks if not check["passed"]}


@pytest.mark.usefixtures("lists")
def test_the_lists_make_a_scenario(store: Store, officer: TestClient) -> None:
    """Four passengers, ids only; before the council's settings were there it would have said what is missing."""
    with store.read() as session:
        scenario, remarks = read_stored_scenario(session, store.cipher, STARTS_ON)
    assert [p.passenger_id for p in scenario.passengers] == ["P1", "P2", "P3", "P4"]
    body = officer.get("/api/v1/scenario/faults", params={"on": "2026-09-01"}).json()
    assert (body["is_ready"], body["n_passengers"], body["remarks"]) == (True, 4, list(remarks))


def test_lists_that_make_no_scenario_say_why(officer: TestClient) -> None:
    """Nothing is there yet: each table that a scenario must have is named."""
    body = officer.get("/api/v1/scenario/faults", params={"on": "2026-09-01"}).json()
    assert body["is_ready"] is False
    assert {f["file"] for f in body["faults"]} >= {"scenario", "schools", "passengers", "vehicle_classes"}


@pytest.mark.usefixtures("lists")
def test_a_plan_is_stored_as_a_draft_with_its_files(officer: TestClient, store: Store, tmp_path: Path) -> None:
    """Two routes at £105 and more a day; each file comes back byte for byte, and stands sealed in the database."""
    folder = write_plan_folder(store, tmp_path / "plan")
    made = upload(officer, zipped(folder)).json()
    assert (made["status"], made["version"], made["n_hard"]) == ("draft", 1, 0)
    assert made["school_ids"] == ["S01", "S02"]
    assert made["figures"]["n_routes"] == 2
    for name in made["files"]:
        data = officer.get(f"{PATH}/{made['plan_id']}/files/{name}").content
        assert data == (folder / name).read_bytes()
    with store.read() as session:
        write_folder(session, store.cipher, made["plan_id"], tmp_path / "again")
        raw = session.execute(text("SELECT sealed FROM plan_file WHERE name = 'plan.json'")).scalar_one()
    assert (tmp_path / "again" / "plan.json").read_bytes() == (folder / "plan.json").read_bytes()
    assert b"passenger_id" not in bytes(raw)


@pytest.mark.usefixtures("lists")
def test_a_folder_that_is_no_plan_is_refused(officer: TestClient, store: Store, tmp_path: Path) -> None:
    """No ZIP, a file that does not belong, one that would climb out of its folder, plan.json missing or cut."""
    folder = write_plan_folder(store, tmp_path / "plan")

    def packed(**files: str) -> bytes:
        data = io.BytesIO(zipped(folder))
        with zipfile.ZipFile(data, "a") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return data.getvalue()

    for data, message in (
        (b"PK nonsense", "cannot be opened as a ZIP file"),
        (packed(**{"run.exe": "x"}), "does not belong into the folder of a plan"),
        (packed(**{"../out.json": "x"}), "outside its folder"),
    ):
        faults = problem_of(upload(officer, data), 422, "faults")["faults"]
        assert message in str(faults)
    (folder / "plan.json").write_text("{", encoding="utf-8")
    problem_of(upload(officer, zipped(folder)), 422, "faults")
    (folder / "plan.json").unlink()
    assert "lacks plan.json" in str(problem_of(upload(officer, zipped(folder)), 422, "faults"))
    assert not (tmp_path / "out.json").exists()
    assert officer.get(PATH).json()["plans"] == []


@pytest.mark.usefixtures("lists")
def test_a_plan_is_published_once_every_group_has_been_judged(
    officer: TestClient, store: Store, tmp_path: Path
) -> None:
    """Two new groups: refused naming both routes; judged, it holds for both schools, once for one key."""
    plan_id = store_one(officer, store, tmp_path / "plan")
    assert missing_of(officer, plan_id) == {"co_travel": ["R1", "R2"]}
    refused = problem_of(publish(officer, plan_id, 2), 409, "not-yet")
    assert "co_travel" in refused["detail"]
    judge(officer, plan_id, "R1", "R2")
    done = publish(officer, plan_id, 2).json()
    assert (done["status"], done["version"]) == ("published", 3)
    assert officer.get(f"{PATH}/standing").json() == {"S01": plan_id, "S02": plan_id}
    assert problem_of(publish(officer, plan_id, 2), 409, "stale")["current_version"] == 3


@pytest.mark.usefixtures("lists")
def test_a_draft_is_not_published(officer: TestClient, store: Store, tmp_path: Path) -> None:
    """It must be proposed first; and only once."""
    plan_id = upload(officer, zipped(write_plan_folder(store, tmp_path / "plan"))).json()["plan_id"]
    judge(officer, plan_id, "R1", "R2")
    assert "must be proposed first" in problem_of(publish(officer, plan_id, 1), 409, "not-yet")["detail"]
    officer.post(f"{PATH}/{plan_id}/propose", headers={**new_key(), **seen(1)})
    problem_of(officer.post(f"{PATH}/{plan_id}/propose", headers={**new_key(), **seen(2)}), 422, "faults")


@pytest.mark.usefixtures("lists")
def test_everybody_unserved_needs_an_interim_arrangement(officer: TestClient, store: Store, tmp_path: Path) -> None:
    """P4 is on no route; their route's other passenger travels alone, which nobody has to judge."""
    plan_id = store_one(officer, store, tmp_path / "plan", routes=(("R1", "P1", "P2"), ("R2", "P3")))
    assert missing_of(officer, plan_id) == {"interim_arrangement": ["P4"], "co_travel": ["R1"]}
    judge(officer, plan_id, "P4", kind="interim_arrangement")
    judge(officer, plan_id, "R1")
    assert publish(officer, plan_id, 2).json()["status"] == "published"


@pytest.mark.usefixtures("lists")
def test_a_broken_hard_rule_is_in_nobodys_gift(officer: TestClient, store: Store, tmp_path: Path) -> None:
    """Half an hour late at school: no evidence and no reason publishes that."""
    plan_id = store_one(officer, store, tmp_path / "plan", later_s=1800)
    judge(officer, plan_id, "R1", "R2")
    assert list(missing_of(officer, plan_id)) == ["no_hard_violation"]
    problem_of(publish(officer, plan_id, 2, override_reason="we must"), 409, "not-yet")


@pytest.mark.usefixtures("lists")
def test_schools_are_staged_and_rolled_back(officer: TestClient, store: Store, tmp_path: Path) -> None:
    """The second plan holds for S01, then for S02: only then is the first superseded; rolled back, it holds again."""
    first, second = (store_one(officer, store, tmp_path / name) for name in ("one", "two"))
    judge(officer, first, "R1", "R2")
    publish(officer, first, 2)
    # The same groups in the same order: nothing to judge again.
    assert missing_of(officer, second) == {}
    publish(officer, second, 2, school_ids=["S01"])
    assert officer.get(f"{PATH}/standing").json() == {"S01": second, "S02": first}
    assert officer.get(f"{PATH}/{first}").json()["status"] == "published"
    publish(officer, second, 3, school_ids=["S02"])
    assert officer.get(f"{PATH}/{first}").json()["status"] == "superseded"
    back = officer.post(f"{PATH}/{second}/roll-back", json=START, headers={**new_key(), **seen(4)})
    assert back.json()["status"] == "superseded"
    assert officer.get(f"{PATH}/standing").json() == {"S01": first, "S02": first}
    assert officer.get(f"{PATH}/{first}").json()["status"] == "published"
    problem_of(publish(officer, second, 5, school_ids=["S09"]), 422, "faults")


@pytest.mark.usefixtures("lists")
def test_the_first_plan_has_nothing_to_roll_back_to(officer: TestClient, store: Store, tmp_path: Path) -> None:
    """Told so, rather than leaving schools without a plan."""
    plan_id = store_one(officer, store, tmp_path / "plan")
    judge(officer, plan_id, "R1", "R2")
    publish(officer, plan_id, 2)
    answer = officer.post(f"{PATH}/{plan_id}/roll-back", json=START, headers={**new_key(), **seen(3)})
    assert "no plan held before it" in problem_of(answer, 409, "not-yet")["detail"]


@pytest.mark.usefixtures("lists")
def test_schools_that_share_a_route_are_published_together(officer: TestClient, store: Store, tmp_path: Path) -> None:
    """One car for P2 and P3: S01 alone is refused naming the route."""
    plan_id = store_one(officer, store, tmp_path / "plan", routes=(("R1", "P1"), ("R2", "P4"), ("R3", "P2", "P3")))
    assert missing_of(officer, plan_id, school_id="S01")["schools_together"] == ["R3"]
    assert "schools_together" not in missing_of(officer, plan_id)


def test_settings_ask_for_more(tmp_path: Path) -> None:
    """Trial runs and street sign-offs of changed routes; a cap on families, which a reason may pass."""
    settings = sqlite_settings(tmp_path).model_copy(
        update={"trial_run_required": True, "street_sign_off_required": True, "change_cap": 1}
    )
    app = create_app(settings)
    store: Store = app.state.store
    fill_lists(store)
    officer = signed_in(app, Role.TRANSPORT_OFFICER)
    first = store_one(officer, store, tmp_path / "one")
    assert missing_of(officer, first) == {"co_travel": ["R1", "R2"], "trial_run": ["R1", "R2"],
                                          "street_sign_off": ["R1", "R2"]}  # fmt: skip
    for kind in ("co_travel", "trial_run", "street_sign_off"):
        judge(officer, first, "R1", "R2", kind=kind)
    assert publish(officer, first, 2).json()["status"] == "published"
    # P1 and P2 get a car each of other names: both families are disturbed, nobody shares anew.
    second = store_one(officer, store, tmp_path / "two", routes=(("R7", "P1"), ("R8", "P2"), ("R2", "P3", "P4")))
    assert missing_of(officer, second)["change_cap"] == ["2 families disturbed; at most 1"]
    for kind in ("trial_run", "street_sign_off"):
        judge(officer, second, "R7", "R8", kind=kind)
    problem_of(publish(officer, second, 2), 409, "not-yet")
    assert publish(officer, second, 2, override_reason="new contract").json()["status"] == "published"


@pytest.mark.usefixtures("lists")
def test_an_old_plans_files_go_and_its_figures_stay(
    officer: TestClient, store: Store, settings: Settings, tmp_path: Path
) -> None:
    """730 days after it was superseded; evidence goes with them, the head stays."""
    plan_id = store_one(officer, store, tmp_path / "plan")
    judge(officer, plan_id, "R1")
    with store.change(OFFICER) as work:
        late = work.now - timedelta(days=731)
        work.session.execute(update(Plan).values(status="superseded", superseded_at=late))
    with store.change(OFFICER) as work:
        assert retain(work, settings, STARTS_ON) == Removed(passenger_ids=(), plan_ids=(plan_id,))
    with store.read() as session:
        head = read_stored_plan(session, plan_id)
    assert (head.files, head.figures["n_routes"]) == ({}, 2)
    assert officer.get(f"{PATH}/{plan_id}/evidence").json() == []
    problem_of(officer.get(f"{PATH}/{plan_id}/files/plan.json"), 404, "not-found")
    problem_of(officer.get(f"{PATH}/{plan_id}/checks"), 404, "not-found")


@pytest.mark.usefixtures("lists")
def test_procurement_sees_plans_and_not_their_files(
    app: FastAPI, officer: TestClient, store: Store, tmp_path: Path
) -> None:
    """Home points and needs stand in the files."""
    plan_id = store_one(officer, store, tmp_path / "plan")
    buyer = signed_in(app, Role.PROCUREMENT_OFFICER)
    assert buyer.get(f"{PATH}/{plan_id}").json()["status"] == "proposed"
    problem_of(buyer.get(f"{PATH}/{plan_id}/files/plan.json"), 403, "not-allowed")
