"""A store for every test that asks for one: on SQLite, and the same again on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from api.settings import Settings
from api.store.cipher import make_keys, write_keys
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.store import Store, open_store
from tests.api.databases import postgresql_server

_numbers = itertools.count(1)
TEMPLATE = "schoolrun_template"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a server, `{name}` for the database; it has a template with the schema."""
    with postgresql_server() as url:
        _create_database(url, TEMPLATE)
        engine = make_engine(Settings(database_url=url.format(name=TEMPLATE), _env_file=None))
        migrate(engine)
        engine.dispose()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a new installation with its schema and its keys."""
    keys = tmp_path / "schoolrun.keys"
    write_keys(make_keys(), keys)
    if request.param == "sqlite":
        made = Settings(database_url=f"sqlite:///{tmp_path / 'schoolrun.db'}", key_file=keys, _env_file=None)
        engine = make_engine(made)
        migrate(engine)
        engine.dispose()
        return made
    url = request.getfixturevalue("postgresql")
    name = f"test_{next(_numbers)}"
    _create_database(url, name, template=TEMPLATE)
    return Settings(database_url=url.format(name=name), key_file=keys, _env_file=None)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """An open store with nothing in it."""
    opened = open_store(settings)
    yield opened
    opened.engine.dispose()


def _create_database(url: str, name: str, template: str | None = None) -> None:
    engine = create_engine(url.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
    engine.dispose()
