"""Connections: SQLite in one file with every write safe on disk, or PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from api.settings import Settings
from api.store.faults import StoreRefusedError
from api.store.guards import journal_mode_of, make_owner_only, require_durable, require_local_disk

WRITES = "schoolrun_writes"
"""Execution option of a transaction that changes something."""

_BUSY_MS = 30_000
_POOL: dict[str, int] = {"pool_size": 10, "max_overflow": 30}
"""Forty in all: as many as FastAPI has threads, so that no request waits for a connection."""
_FORMS = "must be sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"


def make_engine(settings: Settings) -> Engine:
    """Engine of the database that the settings name.

    Raises
    ------
    StoreRefusedError
        When the URL is of another kind, or a guard objects.
    """
    url = database_url_of(settings)
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, settings)
    return create_engine(url, pool_pre_ping=True, hide_parameters=True, **_POOL)


def database_url_of(settings: Settings) -> URL:
    """URL of the database, its driver filled in.

    Raises
    ------
    StoreRefusedError
        When it is none that the store can use; the URL is not repeated, for it may hold a password.
    """
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        raise StoreRefusedError(f"SCHOOLRUN_DATABASE_URL: not a database URL; {_FORMS}") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite+pysqlite")
    raise StoreRefusedError(
        f"SCHOOLRUN_DATABASE_URL: {url.get_backend_name()} without a file, or another kind; {_FORMS}"
    )


def sqlite_path_of(settings: Settings) -> Path | None:
    """File of the SQLite database; None on PostgreSQL."""
    url = database_url_of(settings)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def _sqlite_engine(url: URL, settings: Settings) -> Engine:
    path = Path(str(url.database))
    journal = journal_mode_of(settings.sqlite_journal, sqlite3.sqlite_version_info)
    require_durable(settings.sqlite_synchronous)
    make_owner_only(path)
    require_local_disk(path)
    # hide_parameters: an error of the database must not carry a child's data into a log.
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True, **_POOL)

    def on_connect(connection: Any, _: object) -> None:
        # Transactions are begun below, not by the driver, which would begin them too late.
        connection.isolation_level = None
        set_up_connection(connection, journal, settings.sqlite_synchronous)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", _begin)
    return engine


def set_up_connection(connection: sqlite3.Connection, journal: str, synchronous: str) -> None:
    """Set a connection up and read back what it then is.

    Raises
    ------
    StoreRefusedError
        When the database did not take the journal or the synchronous mode.
    """
    for pragma in (f"busy_timeout = {_BUSY_MS}", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute(f"PRAGMA synchronous = {synchronous}").close()
    if _read(connection, "journal_mode") != journal:
        connection.execute(f"PRAGMA journal_mode = {journal}").close()
    found = _read(connection, "journal_mode"), int(_read(connection, "synchronous"))
    if found[0] != journal or found[1] < 2:
        raise StoreRefusedError(
            f"the database is in journal mode {found[0]}, synchronous {found[1]}; must be {journal} and 2 or more"
        )


def _read(connection: sqlite3.Connection, pragma: str) -> str:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return str(value)


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: begun as a reader, it could not wait for another writer to finish.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
