"""Bring a database to this version's schema, and see whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, text

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
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_current(engine: Engine) -> None:
    """Refuse a database whose schema is not this version's.

    Raises
    ------
    StoreRefusedError
        Saying which revision was found, and what to do.
    """
    found, wanted = revision_of(engine), newest_revision()
    if found != wanted:
        raise StoreRefusedError(
            f"the database is at revision {found or 'none'}; must be {wanted}: run `schoolrun store migrate`"
        )


def newest_revision() -> str:
    """Revision of this version's schema."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(_config()).get_current_head())


def revision_of(engine: Engine) -> str | None:
    """Revision of a database's schema; None: it has none yet."""
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    return config
