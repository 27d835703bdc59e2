"""Passengers and their personal details: apart from each other, sealed, found, searched."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from api.settings import Settings
from api.store.cipher import Cipher, make_keys
from api.store.details import FIELDS, details_of, duplicates_of, ids_of_detail, names_like
from api.store.faults import AlreadyThereError, CannotDecryptError, StaleWriteError
from api.store.models import Base
from api.store.passengers import (
    PassengerDraft,
    leave,
    new_passenger_id,
    read_passenger,
    save_all,
    save_passenger,
    upsert_passenger,
)
from api.store.store import Store
from tests.api.lists import OFFICER, ROBIN, ROBIN_DETAILS, add_passenger, add_school
from transport.files.cells import IdCell
from transport.files.faults import InputFaults


def everything_in(store: Store) -> str:
    """Every cell of every table as text."""
    with store.read() as session:
        rows = [session.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    return repr(rows)


def test_a_pseudonym_is_random_and_an_id_of_the_data_format() -> None:
    """Thousand ids are different, and each may stand in a list."""
    ids = {new_passenger_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(IdCell(meaning="").parse(one) == one for one in ids)


def test_nothing_personal_stands_in_the_database_in_clear(store: Store) -> None:
    """Neither a detail, nor a home's postcode, nor a need, nor what another system calls them; ids and school do."""
    add_school(store)
    row = {"postcode": "B70 8SZ", "restraint_type": "five-point harness", "pa_training_tags": "epilepsy"}
    passenger = add_passenger(store, row=row, details=ROBIN_DETAILS, external_ids={"mosaic": "XK-4477"})
    found = everything_in(store)
    words = [*ROBIN_DETAILS.values(), *row.values(), "XK-4477"]
    assert [word for word in words if word in found] == []
    assert passenger.record_id in found
    assert "S01" in found


def test_nothing_personal_stands_in_the_file_in_clear(tmp_path: Path, settings: Settings, store: Store) -> None:
    """The same seen from outside, journal included; needs SQLite's one file."""
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps its files itself")
    add_school(store)
    add_passenger(store, details=ROBIN_DETAILS)
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("schoolrun.db*"))
    assert b"The Meadows" in raw
    assert [word for word in ROBIN_DETAILS.values() if word.encode() in raw] == []
    assert sqlite3.connect(tmp_path / "schoolrun.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_details_are_read_back_and_changed_one_by_one(store: Store) -> None:
    """A new address, medical notes taken away; the rest stays, and the record's version counts on."""
    add_school(store)
    passenger = add_passenger(store, details=ROBIN_DETAILS)
    new = PassengerDraft(parts={"row": ROBIN}, details={"address": "2 Example Road", "medical_notes": ""})
    with store.change(OFFICER) as work:
        assert save_passenger(work, passenger.record_id, new, expected_version=1).version == 2
    with store.read() as session:
        found = details_of(session, store.cipher, passenger.record_id)
        assert details_of(session, store.cipher, passenger.record_id, ["upn"]) == {"upn": "A123456789012"}
    wanted = {**ROBIN_DETAILS, "address": "2 Example Road"}
    del wanted["medical_notes"]
    assert found == wanted


def test_a_stale_change_of_details_is_refused(store: Store) -> None:
    """Two people open the form; the second to save is told, and the first one's address stands."""
    add_school(store)
    passenger = add_passenger(store, details=ROBIN_DETAILS)
    for address, stale in (("2 Example Road", False), ("3 Example Road", True)):
        new = PassengerDraft(parts={"row": ROBIN}, details={"address": address})
        if stale:
            with pytest.raises(StaleWriteError), store.change(OFFICER) as work:
                save_passenger(work, passenger.record_id, new, expected_version=1)
        else:
            with store.change(OFFICER) as work:
                save_passenger(work, passenger.record_id, new, expected_version=1)
    with store.read() as session:
        assert details_of(session, store.cipher, passenger.record_id)["address"] == "2 Example Road"


def test_a_wrong_detail_is_refused_without_repeating_it(store: Store) -> None:
    """Faults of record and details come together; the UPN that was written is in none of them."""
    add_school(store)
    with pytest.raises(InputFaults) as refused:
        add_passenger(store, row={"phase": "nursery"}, details={"upn": "9-wrong", "nickname": "Bobby"})
    assert [(f.file, f.column) for f in refused.value.faults] == [
        ("passengers", "phase"), ("details", "upn"), ("details", "nickname"),
    ]  # fmt: skip
    assert "9-wrong" not in str(refused.value)
    assert "Bobby" not in str(refused.value)


def test_a_upn_finds_its_passenger_by_hash(store: Store) -> None:
    """Whole values only, capitals apart; fields without a hash cannot be asked for."""
    add_school(store)
    passenger = add_passenger(store, details=ROBIN_DETAILS)
    with store.read() as session:
        assert ids_of_detail(session, store.cipher, "upn", "a123456789012") == [passenger.record_id]
        assert ids_of_detail(session, store.cipher, "upn", "A12345678901") == []
        assert ids_of_detail(session, store.cipher, "family_name", "EXAMPLE ") == [passenger.record_id]
        with pytest.raises(InputFaults, match="must be one of family_name, uprn, upn"):
            ids_of_detail(session, store.cipher, "address", "1 Example Street")


def test_part_of_a_name_finds_in_order_of_names(store: Store) -> None:
    """`exam` finds both, `rob` one; at most as many as asked for."""
    add_school(store)
    robin = add_passenger(store, details={"given_name": "Robin", "family_name": "Example"})
    alex = add_passenger(store, details={"given_name": "Alex", "family_name": "Examplar"})
    with store.read() as session:
        assert names_like(session, store.cipher, "exam", 10) == {
            alex.record_id: "Alex Examplar", robin.record_id: "Robin Example",
        }  # fmt: skip
        assert list(names_like(session, store.cipher, "exam", 1)) == [alex.record_id]
        assert list(names_like(session, store.cipher, " ROB", 10)) == [robin.record_id]


def test_duplicates_are_reported_with_the_reason(store: Store) -> None:
    """Same UPN; same name at the same address in another spelling. Twins at one address are none."""
    add_school(store)
    first = add_passenger(store, details=ROBIN_DETAILS)
    second = add_passenger(store, details={"given_name": "R.", "upn": "A123456789012"})
    third = add_passenger(
        store, details={"given_name": "robin", "family_name": "Example", "address": "1, Example  street."}
    )
    add_passenger(store, details={"given_name": "Kim", "family_name": "Example", "address": "1 Example Street"})
    with store.read() as session:
        found = duplicates_of(session, store.cipher)
    assert {(d.passenger_ids, d.reason) for d in found} == {
        (tuple(sorted((first.record_id, second.record_id))), "same UPN"),
        (tuple(sorted((first.record_id, third.record_id))), "same name and address"),
    }


def test_an_external_id_decides_between_new_and_known(store: Store) -> None:
    """The same id of the same system twice: one passenger at version 2; ids of two passengers: refused."""
    add_school(store)

    def upsert(**ids: str) -> tuple[str, int, bool]:
        with store.change(OFFICER) as work:
            stored, is_new = upsert_passenger(work, PassengerDraft(parts={"row": ROBIN}, external_ids=ids))
        return stored.record_id, stored.version, is_new

    first, *rest = upsert(mosaic="1")
    assert rest == [1, True]
    assert upsert(mosaic="1") == (first, 2, False)
    upsert(capita="9")
    with pytest.raises(InputFaults, match="name 2 different passengers"):
        upsert(mosaic="1", capita="9")


def test_many_are_saved_all_or_none(store: Store) -> None:
    """Row 3 is wrong: it is named with its place in the upload, and rows 2 and 4 are not there either."""
    add_school(store)
    drafts = [PassengerDraft(parts={"row": {**ROBIN, "phase": phase}}) for phase in ("primary", "nursery", "post16")]
    wrong = "passengers row 3, column phase: nursery"
    with pytest.raises(InputFaults, match=wrong) as refused, store.change(OFFICER) as work:
        save_all(work, drafts, [2, 3, 4])
    assert len(refused.value.faults) == 1
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM record WHERE kind = 'passenger'")).scalar() == 0


def test_a_leaver_has_a_last_day(store: Store) -> None:
    """It cannot lie before the first one, and needs the version that stands."""
    add_school(store)
    passenger = add_passenger(store, starts_on=date(2026, 9, 1))
    with pytest.raises(InputFaults, match="must not be before starts_on 2026-09-01"), store.change(OFFICER) as work:
        leave(work, passenger.record_id, date(2026, 8, 31), expected_version=1)
    with store.change(OFFICER) as work:
        leave(work, passenger.record_id, date(2026, 12, 18), expected_version=1)
    with store.read() as session:
        found = read_passenger(session, store.cipher, passenger.record_id)
    assert (found.version, found.starts_on, found.ends_on) == (2, date(2026, 9, 1), date(2026, 12, 18))


def test_a_sealed_value_opens_only_where_it_stands() -> None:
    """Not under another key, not in another row, not when a letter of it has been changed."""
    cipher, other = Cipher(keys=make_keys()), Cipher(keys=make_keys())
    sealed = cipher.seal("detail/P1/upn", "A123456789012")
    assert cipher.open("detail/P1/upn", sealed) == "A123456789012"
    for opener, place, value in (
        (other, "detail/P1/upn", sealed),
        (cipher, "detail/P2/upn", sealed),
        (cipher, "detail/P1/upn", sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]),
    ):
        with pytest.raises(CannotDecryptError):
            opener.open(place, value)


def test_what_two_installations_hash_differs() -> None:
    """A hash is of no use to whoever lacks the key; equal values of two fields differ too."""
    cipher, other = Cipher(keys=make_keys()), Cipher(keys=make_keys())
    assert cipher.lookup_of("upn", "A1") == cipher.lookup_of("upn", " a1")
    assert len({cipher.lookup_of("upn", "A1"), cipher.lookup_of("uprn", "A1"), other.lookup_of("upn", "A1")}) == 3


def test_the_fields_that_procurement_never_sees_are_marked() -> None:
    """Medical notes are; a new field must be decided upon here."""
    assert {field.name: field.is_medical for field in FIELDS} == {
        "given_name": False, "family_name": False, "address": False, "uprn": False, "upn": False,
        "contacts": False, "medical_notes": True,
    }  # fmt: skip


def test_two_at_once_with_one_external_id_make_one_passenger(store: Store) -> None:
    """Whoever comes second is refused or updates; never two passengers."""
    from concurrent.futures import ThreadPoolExecutor

    add_school(store)

    def upsert(_: int) -> str:
        try:
            with store.change(OFFICER) as work:
                draft = PassengerDraft(parts={"row": ROBIN}, external_ids={"mosaic": "1"})
                return upsert_passenger(work, draft)[0].record_id
        except (AlreadyThereError, StaleWriteError):
            return ""

    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(upsert, range(6))) - {""}
    assert len(ids) == 1
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM record WHERE kind = 'passenger'")).scalar() == 1
