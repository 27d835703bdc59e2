"""Uploads that something has damaged on the way: refused with a reason, and nothing of them is kept."""

from __future__ import annotations

import io
import json
import os
import random
import zipfile
from collections.abc import Iterator

import pytest
import xlsxwriter
from fastapi import FastAPI
from sqlalchemy import text

from api.app import create_app
from api.auth.permissions import Role
from api.endpoints import plans
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.store import Store
from tests.api.clients import new_key, problem_of, signed_in
from tests.api.databases import sqlite_settings
from tests.api.plan_folders import fill_lists, write_plan_folder, zipped

N_DAMAGED = int(os.environ.get("SCHOOLRUN_TEST_UPLOADS", "40"))
"""Damaged files of each kind; set it to 2000 for a long run."""
LIST = "source,external_id,given_name,school_id,phase,postcode\n" + "".join(
    f"mosaic,{n},Robin,S01,primary,B66 3NX\n" for n in range(20)
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook() -> bytes:
    """The list as XLSX."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(LIST.splitlines()):
            sheet.write_row(number, 0, line.split(","))
    return data.getvalue()


def damaged(data: bytes, seed: int) -> bytes:
    """Cut, with bytes changed, a piece doubled, taken out or filled with noise; one to three of these."""
    rng, now = random.Random(seed), bytearray(data)
    for _ in range(rng.randint(1, 3)):
        a = rng.randrange(len(now) + 1)
        b = min(len(now), a + rng.choice((1, 4, 100, len(now))))
        how = rng.randrange(5)
        if how == 0:
            del now[max(a, 1) :]
        elif how == 1:
            for i in range(a, min(b, a + 8)):
                now[i] = rng.randrange(256)
        elif how == 2:
            now[b:b] = now[a:b]
        elif how == 3:
            del now[a : min(b, a + 400)]
        else:
            now[a:b] = rng.randbytes(rng.randint(0, 300))
    return bytes(now)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A service with lists and nobody who waits, on SQLite."""
    settings = sqlite_settings(tmp_path_factory.mktemp("damaged"))
    migrate(make_engine(settings))
    made = create_app(settings)
    fill_lists(made.state.store)
    yield made
    made.state.store.engine.dispose()


@pytest.fixture(scope="module")
def plan(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A plan's folder, made before anybody is uploaded."""
    return zipped(write_plan_folder(app.state.store, tmp_path_factory.mktemp("plan") / "plan"))


def n_kept(store: Store) -> tuple[int, int]:
    """Passengers and plans that are there."""
    with store.read() as session:
        return (
            int(session.execute(text("SELECT count(*) FROM record WHERE kind = 'passenger'")).scalar_one()),
            int(session.execute(text("SELECT count(*) FROM plan")).scalar_one()),
        )


@pytest.mark.parametrize("kind", ["text/csv", XLSX, "application/zip"])
def test_a_damaged_upload_is_refused_or_whole(app: FastAPI, plan: bytes, kind: str) -> None:
    """A list as CSV and XLSX, a plan as ZIP: taken, or a fault that says something, and all rows or none."""
    store, client = app.state.store, signed_in(app, Role.TRANSPORT_OFFICER)
    good = {"text/csv": LIST.encode(), XLSX: workbook(), "application/zip": plan}[kind]
    path = "/api/v1/plans?title=Autumn" if kind == "application/zip" else "/api/v1/passengers/bulk"
    statuses = []
    for seed in range(N_DAMAGED):
        before, data = n_kept(store), damaged(good, seed)
        answer = client.post(path, content=data, headers={**new_key(), "Content-Type": kind})
        statuses.append(answer.status_code)
        assert answer.status_code in (200, 201, 413, 422), (seed, answer.text)
        if answer.status_code == 422:
            assert all(fault["message"] for fault in answer.json()["faults"]), (seed, answer.text)
        if answer.status_code >= 400:
            assert n_kept(store) == before, seed
    assert statuses.count(422) > N_DAMAGED / 3


def test_a_plan_that_would_burst_is_refused(app: FastAPI, plan: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but noughts, packed small: refused before it is unpacked, here above a megabyte."""
    store, client = app.state.store, signed_in(app, Role.TRANSPORT_OFFICER)
    monkeypatch.setattr(plans, "_MOST_UNPACKED_BYTES", 1_000_000)
    monkeypatch.setattr(plans, "_unpack_one", lambda *_: pytest.fail("unpacked"))
    bomb = io.BytesIO()
    bomb.write(plan)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scenario/depots.csv", b"0" * 3_000_000)
    before = n_kept(store)
    headers = {**new_key(), "Content-Type": "application/zip"}
    answer = client.post("/api/v1/plans?title=Autumn", content=bomb.getvalue(), headers=headers)
    assert "unpacks to 3 MB; must be at most 1 MB" in json.dumps(problem_of(answer, 422, "faults")["faults"])
    assert n_kept(store) == before
