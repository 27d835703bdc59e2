"""Records, their history, and writes that meet: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from api.store.faults import AlreadyThereError, NotInStoreError, StaleWriteError
from api.store.kinds import KIND_BY_NAME, KINDS, body_of
from api.store.models import Base
from api.store.records import Draft, Filter, Stored, find, history_of, id_of_external, list_records, read, save
from api.store.store import Store
from tests.api.lists import MEADOWS, OFFICER, add, add_passenger, add_school
from transport.files.columns import TABLES
from transport.files.faults import InputFaults

SCHOOL = KIND_BY_NAME["school"]


def put_school(store: Store, expected_version: int, **row: Any) -> Stored:
    with store.change(OFFICER) as work:
        body = body_of(SCHOOL, "S01", {"row": {**MEADOWS, **row}})
        return save(work, SCHOOL, "S01", Draft(body=body), expected_version=expected_version)


def test_every_table_of_the_data_format_has_its_place() -> None:
    """Each is of one kind of record; today's routes are the published plan, later arrivals are passengers."""
    tables = [table for kind in KINDS for table in kind.tables]
    assert sorted(tables) == sorted({t.name for t in TABLES} - {"current_routes", "later_arrivals"})


def test_a_record_is_read_back_as_it_was_saved(store: Store) -> None:
    """Cells are kept as text, empty ones left out, side tables beside the row."""
    add(store, "school", "S01", {**MEADOWS, "urn": 104030}, gates=[{"gate_id": "north", "postcode": "B66 3NX"}])
    with store.read() as session:
        stored = read(session, store.cipher, SCHOOL, "S01")
    assert stored.version == 1
    assert stored.body == {
        "row": {**MEADOWS, "urn": "104030"}, "gates": [{"gate_id": "north", "postcode": "B66 3NX"}],
    }  # fmt: skip


def test_each_version_is_kept_with_who_made_it(store: Store) -> None:
    """Two versions: the first with the old time, the second with the new one."""
    put_school(store, 0)
    put_school(store, 1, finish_time="15:30")
    with store.read() as session:
        versions = history_of(session, store.cipher, SCHOOL, "S01")
    assert [(v.version, v.body and v.body["row"]["finish_time"], v.changed_by) for v in versions] == [
        (1, "15:15", "account/officer"), (2, "15:30", "account/officer"),
    ]  # fmt: skip


def test_a_stale_write_is_refused_with_the_version_that_stands(store: Store) -> None:
    """Nothing of it is left: not in the record, not in the history, not in the log."""
    put_school(store, 0)
    put_school(store, 1, finish_time="15:30")
    with pytest.raises(StaleWriteError, match="version 1 was given, it is at version 2") as stale:
        put_school(store, 1, finish_time="16:00")
    assert stale.value.current_version == 2
    with store.read() as session:
        assert len(history_of(session, store.cipher, SCHOOL, "S01")) == 2
        assert session.execute(text("SELECT seq FROM audit_head")).scalar() == 2


def test_a_new_record_with_a_taken_id_is_refused(store: Store) -> None:
    """A new one says version 0; so does nobody who has read it."""
    add_school(store)
    with pytest.raises(AlreadyThereError, match="school S01: is there already, at version 1"):
        add_school(store)


def test_writers_who_meet_lose_no_update(store: Store) -> None:
    """Eight writers, each with one try after another until it is in: 24 changes make 24 versions."""
    put_school(store, 0)

    def change_thrice(writer: int) -> None:
        for turn in range(3):
            while True:
                with store.read() as session:
                    version = read(session, store.cipher, SCHOOL, "S01").version
                try:
                    put_school(store, version, name=f"writer {writer} turn {turn}")
                    break
                except StaleWriteError:
                    continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change_thrice, range(8)))
    with store.read() as session:
        versions = history_of(session, store.cipher, SCHOOL, "S01")
    names = [v.body["row"]["name"] for v in versions[1:] if v.body]
    assert len(versions) == 25
    assert len(set(names)) == 24


def test_every_fault_of_a_record_is_told_at_once(store: Store) -> None:
    """Four faults in two tables; each says where and what is allowed, and nothing is saved."""
    with pytest.raises(InputFaults) as refused:
        add(store, "school", "S01", {**MEADOWS, "start_time": "25:00", "colour": "red"}, gates=[{}], bells=[])
    assert [(f.file, f.row, f.column) for f in refused.value.faults] == [
        ("school", None, "bells"), ("schools", 1, "colour"), ("schools", 1, "start_time"), ("gates", 1, "gate_id"),
    ]  # fmt: skip
    with store.read() as session:
        assert find(session, store.cipher, SCHOOL, "S01") is None


def test_a_record_may_only_name_what_is_there(store: Store) -> None:
    """A passenger of a school that the store does not know."""
    with pytest.raises(InputFaults, match="column school_id: S01; is no school in the store"):
        add_passenger(store)


def test_a_key_stands_once_in_a_side_table(store: Store) -> None:
    """Two gates of one name."""
    gates = [{"gate_id": "north"}, {"gate_id": "south"}, {"gate_id": "north"}]
    with pytest.raises(InputFaults, match="gates row 3, column gate_id: is already given in row 1"):
        add(store, "school", "S01", MEADOWS, gates=gates)


@pytest.mark.parametrize("record_id", ["", "a/b", "a b", "-a", "a" * 65])
def test_an_id_can_stand_in_files_and_addresses(store: Store, record_id: str) -> None:
    """No slash, no space, not too long."""
    with pytest.raises(InputFaults, match="must be letters, digits"):
        add_school(store, record_id)


def test_there_is_one_council(store: Store) -> None:
    """Settings, policy and calendar are one record."""
    with pytest.raises(InputFaults, match="other; must be council"):
        body_of(KIND_BY_NAME["council"], "other", {})


def test_external_ids_find_their_record_and_belong_to_one(store: Store) -> None:
    """By system; capitals and outer spaces apart. Another record cannot take it."""
    add_school(store)
    kind = KIND_BY_NAME["passenger"]
    first = add_passenger(store, external_ids={"mosaic": "AB-77", "capita": "9"})
    with store.read() as session:
        assert id_of_external(session, store.cipher, kind, "mosaic", " ab-77 ") == first.record_id
        assert id_of_external(session, store.cipher, kind, "capita", "AB-77") is None
        assert first.external_ids == {"mosaic": "AB-77", "capita": "9"}
    with pytest.raises(AlreadyThereError, match=f"belongs to {first.record_id}"):
        add_passenger(store, external_ids={"mosaic": "AB-77"})


def test_lists_come_in_pages_and_by_day(store: Store) -> None:
    """Three schools in pages of two; one that ended in July is not in force in September."""
    for school_id in ("S03", "S01", "S02"):
        add_school(store, school_id)
    with store.change(OFFICER) as work:
        body = body_of(SCHOOL, "S02", {"row": MEADOWS})
        save(work, SCHOOL, "S02", Draft(body=body, ends_on=date(2026, 7, 20)), expected_version=1)
    with store.read() as session:

        def ids(**wanted: Any) -> list[str]:
            return [s.record_id for s in list_records(session, store.cipher, SCHOOL, Filter(**wanted))]

        assert ids(limit=2) == ["S01", "S02"]
        assert ids(limit=2, after="S02") == ["S03"]
        assert ids(in_force_on=date(2026, 7, 20)) == ["S01", "S02", "S03"]
        assert ids(in_force_on=date(2026, 9, 1)) == ["S01", "S03"]
        with pytest.raises(NotInStoreError, match="school S09: no such record"):
            read(session, store.cipher, SCHOOL, "S09")


def test_the_schema_is_what_the_models_say(store: Store) -> None:
    """The migrations lead to exactly the tables of the models, on either database."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
