"""Real databases for tests: SQLite files, and a PostgreSQL server of our own where its programs are there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from api.audit import FIRST_HASH
from api.settings import Settings
from api.store.cipher import make_keys, write_keys
from api.store.engine import make_engine
from api.store.migrate import migrate
from api.store.models import Base

DATABASE = "schoolrun"
SLOW_ON_POSTGRESQL = pytest.mark.parametrize(
    "settings", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
"""What takes twenty seconds on either: `make test` runs it on SQLite alone."""
NEEDS_POSTGRESQL = "SCHOOLRUN_TEST_NEEDS_POSTGRESQL"
"""Set in .ci/run: there a missing PostgreSQL is a failure, not a skip."""


def sqlite_settings(folder: Path) -> Settings:
    """Settings of a new installation on SQLite, with its schema and its keys."""
    made = Settings(
        database_url=f"sqlite:///{folder / 'schoolrun.db'}", key_file=folder / "schoolrun.keys", _env_file=None
    )
    write_keys(make_keys(), made.key_file)
    (folder / "schoolrun.db").write_bytes(_empty_sqlite())
    return made


@cache
def _empty_sqlite() -> bytes:
    """A database file with the schema, made once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        engine = make_engine(Settings(database_url=f"sqlite:///{path}", _env_file=None))
        migrate(engine)
        engine.dispose()
        return path.read_bytes()


def create_database(url: str, name: str) -> None:
    """Make an empty database on a PostgreSQL server."""
    engine = create_engine(url.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()


def empty_database(url: str) -> None:
    """Empty every table of a PostgreSQL database: a database for each test would take minutes to remove."""
    names = ", ".join(Base.metadata.tables)
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "SET LOCAL lock_timeout = '20s'",
            "ALTER TABLE audit_event DISABLE TRIGGER ALL",
            f"TRUNCATE {names} RESTART IDENTITY",
            f"INSERT INTO audit_head (head_id, seq, hash) VALUES (1, 0, '{FIRST_HASH}')",
            "ALTER TABLE audit_event ENABLE TRIGGER ALL",
        ):
            connection.execute(text(statement))
    engine.dispose()


def postgresql_programs() -> Path | None:
    """Folder of initdb and pg_ctl: on the path, or where Debian keeps them."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


def without_postgresql(reason: str) -> None:
    """Skip, or fail where PostgreSQL must be there."""
    if os.environ.get(NEEDS_POSTGRESQL):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A server on a socket of its own, with nothing in it; gives the URL up to the database's name."""
    programs = postgresql_programs()
    if programs is None:
        without_postgresql("needs initdb and pg_ctl of PostgreSQL")
    assert programs is not None
    # A short path: a socket's name may have about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="sr-pg-"))
    # PostgreSQL refuses to run as root; Debian's package brings a user for it.
    user = "postgres" if os.name == "posix" and os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    port = _free_port()
    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "schoolrun", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c port={port} -c fsync=off"
    # -l: a server that kept our pipe open would keep this process waiting for its end.
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://schoolrun@/{{name}}?host={folder}&port={port}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
