"""Bring a database to this version's schema, and see whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from api.store.engine import WRITES
from api.store.faults import StoreRefusedError

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 7_263_581_940
"""Number of PostgreSQL's advisory lock: two servers that start together migrate one after the other."""


def migrate(engine: Engine) -> None:
    """Bring the database to the newest revision; does nothing where it is there already."""
    from alembic import command

    with engine.execution_options(**{WRITES: True}).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(_config(connection), "head")


def require_current(engine: Engine) -> None:
    """Refuse a database whose schema is not this version's.

    Raises
    ------
    StoreRefusedError
        Saying which revision was found, and what to do.
    """
    from alembic.script import ScriptDirectory

    found = revision_of(engine)
    with engine.connect() as connection:
        wanted = ScriptDirectory.from_config(_config(connection)).get_current_head()
    if found != wanted:
        raise StoreRefusedError(
            f"the database is at revision {found or 'none'}; must be {wanted}: run `schoolrun store migrate`"
        )


def revision_of(engine: Engine) -> str | None:
    """Revision of a database's schema; None: it has none yet."""
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
