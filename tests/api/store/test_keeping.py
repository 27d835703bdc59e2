"""Retention, key rotation, backup and restore."""

from __future__ import annotations

import gzip
import itertools
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.settings import Settings
from api.store.backup import back_up, restore
from api.store.cipher import Cipher, Keys, with_new_key, with_newest_key_only
from api.store.details import details_of, ids_of_detail
from api.store.engine import make_engine
from api.store.faults import CannotDecryptError, StoreRefusedError
from api.store.models import Base
from api.store.passengers import leave, read_passenger
from api.store.retention import Removed, retain
from api.store.rotation import seal_anew
from api.store.store import Store
from tests.api.databases import create_database
from tests.api.lists import OFFICER, ROBIN_DETAILS, add_passenger, add_school
from tests.api.test_audit import faults_of, lines_of

_numbers = itertools.count(1)


def rows_of(store: Store) -> dict[str, list[Any]]:
    with store.read() as session:
        return {
            table.name: list(session.execute(table.select().order_by(*table.primary_key.columns)).all())
            for table in Base.metadata.sorted_tables
        }


def filled(store: Store) -> str:
    """A school and Robin with everything."""
    add_school(store)
    return add_passenger(store, details=ROBIN_DETAILS, external_ids={"mosaic": "77"}).record_id


def empty_database(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A second database of the same kind, without a schema."""
    if settings.database_url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / f'second_{next(_numbers)}.db'}"
    else:
        server, name = request.getfixturevalue("postgresql"), f"second_{next(_numbers)}"
        create_database(server, name)
        url = server.format(name=name)
    return settings.model_copy(update={"database_url": url})


def test_a_leavers_personal_data_goes_and_the_history_stays(store: Store, settings: Settings) -> None:
    """365 days after the last day, not before: details, needs, places, external ids; ids, dates and log stay."""
    passenger_id = filled(store)
    stays = filled_second(store)
    with store.change(OFFICER) as work:
        leave(work, passenger_id, date(2026, 7, 20), expected_version=1)
    for today, removed in ((date(2027, 7, 20), ()), (date(2027, 7, 21), (passenger_id,)), (date(2027, 7, 22), ())):
        with store.change(OFFICER) as work:
            assert retain(work, settings, today) == Removed(passenger_ids=removed, plan_ids=())
    with store.read() as session:
        gone = read_passenger(session, store.cipher, passenger_id)
        assert (gone.body, gone.ends_on, gone.external_ids) == (None, date(2026, 7, 20), {})
        assert details_of(session, store.cipher, passenger_id) == {}
        assert details_of(session, store.cipher, stays)["given_name"] == "Kim"
        versions = session.execute(text("SELECT record_id, body FROM record_version WHERE kind = 'passenger'")).all()
    assert [body for record_id, body in versions if record_id == passenger_id] == [None, None]
    assert all(body for record_id, body in versions if record_id == stays)
    assert [line["action"] for line in lines_of(store)] == ["create", "create", "create", "update", "forget"]
    assert faults_of(store) == []


def filled_second(store: Store) -> str:
    return add_passenger(store, details={"given_name": "Kim"}).record_id


def test_keys_are_changed_without_losing_a_value(store: Store) -> None:
    """After sealing anew the old key opens nothing and the new one alone opens all; look-up still finds."""
    passenger_id = filled(store)
    old = store.cipher.keys
    both = with_new_key(old)
    middle = Store(engine=store.engine, cipher=Cipher(keys=both))
    with middle.change(OFFICER) as work:
        # body, version, external id, seven details
        assert seal_anew(work) == 10
    new = Store(engine=store.engine, cipher=Cipher(keys=with_newest_key_only(both)))
    with new.read() as session:
        assert details_of(session, new.cipher, passenger_id) == ROBIN_DETAILS
        assert read_passenger(session, new.cipher, passenger_id).external_ids == {"mosaic": "77"}
        assert ids_of_detail(session, new.cipher, "upn", ROBIN_DETAILS["upn"]) == [passenger_id]
        with pytest.raises(CannotDecryptError):
            details_of(session, Cipher(keys=old), passenger_id)


def test_sealing_anew_with_the_wrong_keys_changes_nothing(store: Store) -> None:
    """The first value that does not open ends it."""
    filled(store)
    before = rows_of(store)
    wrong = Keys(encrypt=with_new_key(store.cipher.keys).encrypt[:1], lookup=store.cipher.keys.lookup)
    with (
        pytest.raises(CannotDecryptError),
        Store(engine=store.engine, cipher=Cipher(keys=wrong)).change(OFFICER) as work,
    ):
        seal_anew(work)
    assert rows_of(store) == before


def test_a_backup_restores_every_row(
    store: Store, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Into a second database: table for table the same rows, the log holds, and the details open."""
    passenger_id = filled(store)
    head = back_up(store, tmp_path / "backup.gz")
    second = empty_database(settings, request, tmp_path)
    engine = make_engine(second)
    assert restore(engine, tmp_path / "backup.gz") == head
    restored = Store(engine=engine, cipher=store.cipher)
    assert rows_of(restored) == rows_of(store)
    assert faults_of(restored, head) == []
    add_school(restored, "S02")
    with restored.read() as session:
        assert details_of(session, restored.cipher, passenger_id) == ROBIN_DETAILS
    with pytest.raises(StoreRefusedError, match="the database is not empty"):
        restore(engine, tmp_path / "backup.gz")
    engine.dispose()


def test_a_backup_may_move_to_the_other_database(
    store: Store, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """From SQLite into PostgreSQL and back: a council may grow out of one, or come home."""
    filled(store)
    back_up(store, tmp_path / "backup.gz")
    if settings.database_url.startswith("sqlite"):
        server, name = request.getfixturevalue("postgresql"), f"second_{next(_numbers)}"
        create_database(server, name)
        url = server.format(name=name)
    else:
        url = f"sqlite:///{tmp_path / 'moved.db'}"
    engine = make_engine(settings.model_copy(update={"database_url": url}))
    restore(engine, tmp_path / "backup.gz")
    assert rows_of(Store(engine=engine, cipher=store.cipher)) == rows_of(store)
    engine.dispose()


def test_a_backup_holds_nothing_personal_in_clear(store: Store, tmp_path: Path) -> None:
    """Who finds it finds nothing without the key file."""
    filled(store)
    back_up(store, tmp_path / "backup.gz")
    content = gzip.decompress((tmp_path / "backup.gz").read_bytes()).decode()
    assert "The Meadows" in content
    assert [word for word in ROBIN_DETAILS.values() if word in content] == []
    assert store.cipher.keys.lookup.hex() not in content
    with pytest.raises(StoreRefusedError, match="is there already"):
        back_up(store, tmp_path / "backup.gz")


@pytest.mark.parametrize("damage", ["cut", "flipped", "garbled", "a row less", "nonsense"])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    damage: str, settings: Settings, store: Store, tmp_path: Path
) -> None:
    """Cut short, one bit flipped, no longer compressed data, a line taken out and packed again, or no backup."""
    if settings.database_url.startswith("postgresql"):
        pytest.skip("the file is the same on both databases")
    filled(store)
    path = tmp_path / "backup.gz"
    back_up(store, path)
    raw = bytearray(path.read_bytes())
    if damage == "cut":
        raw = raw[:-40]
    elif damage == "flipped":
        raw[len(raw) // 2] ^= 1
    elif damage == "garbled":
        raw = bytearray(b"\x1f\x8b\x08" + b"\0" * 7 + b"\xff" * 64)
    elif damage == "a row less":
        lines = gzip.decompress(raw).splitlines(keepends=True)
        raw = bytearray(gzip.compress(b"".join(lines[:3] + lines[4:])))
    else:
        raw = bytearray(b"nonsense")
    path.write_bytes(raw)
    target = tmp_path / "target.db"
    with pytest.raises(StoreRefusedError, match=r"nothing was restored|not a backup, or cut short"):
        restore(make_engine(settings.model_copy(update={"database_url": f"sqlite:///{target}"})), path)
    assert target.stat().st_size == 0


def test_old_answers_and_attempts_go(store: Store, settings: Settings) -> None:
    """Idempotency keys and failed sign-ins are kept for a day."""
    with store.change(OFFICER) as work:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        work.session.execute(
            Base.metadata.tables["sign_in_attempt"].insert().values(name_lookup="a", address_lookup="b", at=at)
        )
    with store.change(OFFICER) as work:
        retain(work, settings, date(2026, 1, 3))
    assert rows_of(store)["sign_in_attempt"] == []
