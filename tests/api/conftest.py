"""A store for every test that asks for one: on SQLite, and the same again on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import passwords
from api.auth.permissions import Role
from api.settings import Settings
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.store import Store, open_store
from tests.api.clients import signed_in
from tests.api.databases import DATABASE, create_database, empty_database, postgresql_server, sqlite_settings


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a server, `{name}` for the database; `schoolrun` has the schema."""
    with postgresql_server() as url:
        create_database(url, DATABASE)
        engine = make_engine(Settings(database_url=url.format(name=DATABASE), _env_file=None))
        migrate(engine)
        engine.dispose()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a new installation with its schema and its keys."""
    made = sqlite_settings(tmp_path)
    if request.param == "sqlite":
        return made
    url = request.getfixturevalue("postgresql").format(name=DATABASE)
    empty_database(url)
    return made.model_copy(update={"database_url": url})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """An open store with nothing in it."""
    opened = open_store(settings)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[Callable[[], PasswordHasher]]:
    """Cheap password hashes for tests, which sign in hundreds of times; gives the maker of the real ones."""
    with pytest.MonkeyPatch.context() as patch:
        real = passwords._hasher
        cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
        patch.setattr(passwords, "_hasher", lambda: cheap)
        yield real


@pytest.fixture
def app(settings: Settings, store: Store) -> FastAPI:
    """The application on that store."""
    return create_app(settings, store)


@pytest.fixture
def officer(app: FastAPI) -> TestClient:
    """A transport officer, signed in."""
    return signed_in(app, Role.TRANSPORT_OFFICER)
