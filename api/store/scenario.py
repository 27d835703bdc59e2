"""From the lists in the store to what the optimiser plans on: ids, needs and points, and nobody's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.kinds import KINDS, rows_of
from api.store.records import Filter, list_records
from transport.files.read import scenario_of_book
from transport.files.read_sheets import book_of_rows
from transport.files.tables import write_table
from transport.scenario import Scenario


def scenario_rows(session: Session, cipher: Cipher, on: date) -> Iterator[tuple[str, dict[str, str]]]:
    """Table and cells of every row in force on a day, in the order of tables and ids."""
    for kind in KINDS:
        for stored in list_records(session, cipher, kind, Filter(in_force_on=on)):
            if stored.body is not None:
                yield from rows_of(kind, stored.record_id, stored.body)


def read_stored_scenario(session: Session, cipher: Cipher, on: date) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario that the lists make on a day, with remarks on its quality.

    Raises
    ------
    InputFaults
        With everything that contradicts in the lists taken together.
    """
    return scenario_of_book(book_of_rows("lists", scenario_rows(session, cipher, on)))


def write_stored_scenario(session: Session, cipher: Cipher, on: date, folder: Path) -> None:
    """Write the lists of a day as a scenario folder, for a planning job: one CSV file a table."""
    tables: dict[str, list[Mapping[str, object]]] = {}
    for table, cells in scenario_rows(session, cipher, on):
        tables.setdefault(table, []).append(cells)
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        write_table(folder, table, rows)
