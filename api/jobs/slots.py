"""Slots: the places of workers. One process at a time holds a slot; what a dead one left behind is rescued."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, text

from api.audit import Caller
from api.settings import Settings
from api.store.engine import database_url_of, make_engine, set_up_connection, sqlite_path_of
from api.store.faults import StoreRefusedError
from api.store.guards import journal_mode_of, locked_file
from api.store.jobs import release_slot
from api.store.store import Store

DBOS_NAME = "schoolrun"
QUEUE, PARTS_QUEUE = "jobs", "parts"
_PART = "."


def part_workflow_id(job_id: str, name: str) -> str:
    """Id of the workflow that searches a part."""
    return f"{job_id}{_PART}{name}"


@contextmanager
def held_slot(settings: Settings, slot: str) -> Iterator[None]:
    """Hold a slot; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    StoreRefusedError
        When another process holds it.
    """
    refused = StoreRefusedError(f"slot {slot}: another worker holds it; must be stopped first, or name another slot")
    path = sqlite_path_of(settings)
    if path is not None:
        with locked_file(path.with_name(f"{path.name}.slot-{slot}"), refused):
            yield
        return
    # Without a transaction around the lock: an open one would keep DBOS from building its indexes.
    engine = make_engine(settings).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            lock = int.from_bytes(hashlib.sha256(f"schoolrun-slot-{slot}".encode()).digest()[:8], signed=True)
            if not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock}).scalar_one():
                raise refused
            yield
    finally:
        engine.dispose()


def jobs_engine(settings: Settings) -> Engine:
    """Engine that DBOS keeps its tables with, in the same database."""
    url = database_url_of(settings)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10, hide_parameters=True)
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True)
    journal = journal_mode_of(settings.sqlite_journal, sqlite3.sqlite_version_info)

    def on_connect(connection: Any, _: object) -> None:
        set_up_connection(connection, journal, settings.sqlite_synchronous)
        connection.isolation_level = "IMMEDIATE"

    event.listen(engine, "connect", on_connect)
    return engine


def rescue(store: Store, settings: Settings, caller: Caller, slot: str) -> list[str]:
    """Give the jobs of a dead worker, and the parts of others that it had, to whichever is free; gives their ids.

    Raises
    ------
    StoreRefusedError
        When the slot's worker is alive.
    """
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    logging.getLogger("dbos").setLevel(logging.ERROR)
    with held_slot(settings, slot):
        client = DBOSClient(
            system_database_engine=jobs_engine(settings),
            serializer=DBOSPortableJSONSerializer(),
            application_name=DBOS_NAME,
        )  # fmt: skip
        try:
            pending = client.list_workflows(executor_id=slot, status="PENDING", load_input=False, load_output=False)
            for workflow in pending:
                is_part = _PART in workflow.workflow_id
                client.resume_workflow(workflow.workflow_id, queue_name=PARTS_QUEUE if is_part else QUEUE)
        finally:
            client.destroy()
        with store.change(caller) as work:
            # Of a part, the job that it is of.
            return sorted({*release_slot(work, slot), *(w.workflow_id.partition(_PART)[0] for w in pending)})
