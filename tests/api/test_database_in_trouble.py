"""A disk that is full, a database that is gone: 503, nothing half written, and all well again afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, event, func, select, text

from api.app import create_app
from api.audit import verify
from api.auth.permissions import Permission
from api.settings import Settings
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.models import Base
from api.store.store import Store, open_store
from tests.api.clients import new_key, problem_of, with_key
from tests.api.databases import create_database, sqlite_settings
from tests.api.planned import NEAR_P1, put_lists

MOST_CHILDREN = 200


def child(n: int) -> dict[str, Any]:
    """Somebody new with a long note, so that the disk is full soon."""
    details = {"given_name": f"Robin {n}", "medical_notes": "asthma " * 200}
    return {"row": NEAR_P1, "external_ids": {"mosaic": f"{n}"}, "details": details}


def system(app: FastAPI) -> TestClient:
    scopes = (Permission.PASSENGERS_WRITE, Permission.PASSENGERS_READ, Permission.DETAILS_READ)
    return with_key(app, *scopes)


def counts_of(store: Store) -> dict[str, int]:
    """Rows of every table but the keys of requests, which are claimed before."""
    with store.read() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name != "idempotency_key"]
        return {t.name: session.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}


def until_refused(client: TestClient, store: Store) -> tuple[int, dict[str, str], dict[str, int]]:
    """Send children until one is refused: which, under which key, and what was in the tables before."""
    for n in range(MOST_CHILDREN):
        before, key = counts_of(store), new_key()
        answer = client.post("/api/v1/passengers", json=child(n), headers=key)
        if answer.status_code != 201:
            assert "asthma" not in str(problem_of(answer, 503, "unavailable"))
            assert int(answer.headers["retry-after"]) > 0
            return n, key, before
    raise AssertionError("the disk never was full")


def as_it_was(client: TestClient, store: Store, n: int, key: dict[str, str], before: dict[str, int]) -> None:
    """Nothing of the refused request is there; sent again it is taken, once; the log's chain holds."""
    assert counts_of(store) == before
    with store.read() as session:
        assert verify(session) == []
    answers = [client.post("/api/v1/passengers", json=child(n), headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    question = {"field": "external_id", "source": "mosaic", "value": f"{n}"}
    found = client.post("/api/v1/passengers/look-up", json=question).json()["passenger_ids"]
    assert found == [answers[0].json()["id"]]
    with store.read() as session:
        assert verify(session) == []


@pytest.fixture
def small(tmp_path: Path) -> tuple[FastAPI, Store, Callable[[bool], None]]:
    """A service whose database may not grow beyond 40 pages more, until it is let."""
    settings = sqlite_settings(tmp_path)
    store = open_store(settings)
    put_lists(store)
    app = create_app(settings, store)
    client_key = system(app)
    app.state.test_client = client_key
    limit = {"pages": 0}

    def set_limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit['pages'] or 1_000_000}").close()

    # At each check-out from the pool, for the connections that are open already too.
    event.listen(store.engine, "checkout", set_limit)

    def fill_up(is_full: bool) -> None:
        with closing(sqlite3.connect(tmp_path / "schoolrun.db")) as connection:
            (n_pages,) = connection.execute("PRAGMA page_count").fetchone()
        limit["pages"] = n_pages + 40 if is_full else 0

    return app, store, fill_up


def test_a_full_disk_is_a_503_and_leaves_nothing_half_written(
    small: tuple[FastAPI, Store, Callable[[bool], None]],
) -> None:
    """SQLite's own SQLITE_FULL, from its limit of pages; reading goes on; with room again the same key is taken."""
    app, store, fill_up = small
    client = app.state.test_client
    fill_up(True)
    n, key, before = until_refused(client, store)
    assert n > 0
    assert client.get("/api/v1/health").status_code == 200
    fill_up(False)
    as_it_was(client, store, n, key, before)


def test_a_full_disk_refuses_an_upload_whole(small: tuple[FastAPI, Store, Callable[[bool], None]]) -> None:
    """Two hundred rows at once do not fit: none of them is there."""
    app, store, fill_up = small
    client = app.state.test_client
    fill_up(True)
    before = counts_of(store)
    rows = "\n".join(f"S1,primary,52.501,-1.98,{'asthma ' * 60},mosaic,{n}" for n in range(200))
    data = f"school_id,phase,lat,lon,medical_notes,source,external_id\n{rows}\n".encode()
    headers = {**new_key(), "Content-Type": "text/csv"}
    problem_of(client.post("/api/v1/passengers/bulk", content=data, headers=headers), 503, "unavailable")
    assert counts_of(store) == before
    fill_up(False)
    answer = client.post("/api/v1/passengers/bulk", content=data, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    assert counts_of(store)["external_id"] == before["external_id"] + 200


def test_postgresql_that_is_gone_and_comes_back(postgresql: str, tmp_path: Path) -> None:
    """Its connections are cut and new ones refused, in the middle of the work: 503; back again, all goes on."""
    create_database(postgresql, "vanishing")
    settings = sqlite_settings(tmp_path).model_copy(update={"database_url": postgresql.format(name="vanishing")})
    migrate(make_engine(settings))
    store = open_store(settings)
    put_lists(store)
    app = create_app(settings, store)
    client = system(app)
    assert client.post("/api/v1/passengers", json=child(0), headers=new_key()).status_code == 201
    before = counts_of(store)
    _let_connect(postgresql, "false")
    key = new_key()
    for _ in range(3):
        problem_of(client.post("/api/v1/passengers", json=child(1), headers=key), 503, "unavailable")
        problem_of(client.get("/api/v1/health"), 503, "unavailable")
    _let_connect(postgresql, "true")
    as_it_was(client, store, 1, key, before)
    store.engine.dispose()


def _let_connect(url: str, allowed: str) -> None:
    engine = create_engine(url.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE vanishing WITH ALLOW_CONNECTIONS {allowed}"))
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'vanishing'"))
    engine.dispose()


def test_a_database_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """Its folder is gone, as with a disk that was taken away: 503, and nothing is made in its place."""
    settings: Settings = sqlite_settings(tmp_path)
    app = create_app(settings)
    client = system(app)
    app.state.store.engine.dispose()
    path = tmp_path / "schoolrun.db"
    away = tmp_path / "away.db"
    path.rename(away)
    path.mkdir()  # Nothing can be opened there, whoever tries, root too.
    problem_of(client.post("/api/v1/passengers", json=child(0), headers=new_key()), 503, "unavailable")
    path.rmdir()
    away.rename(path)
    assert client.get("/api/v1/health").status_code == 200
