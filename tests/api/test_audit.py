"""The log: what it says, that it is kept, and that tampering is found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from api.audit import FIRST_HASH, Head, head_of, head_of_text, verify
from api.store.engine import WRITES
from api.store.faults import StaleWriteError
from api.store.kinds import KIND_BY_NAME, body_of
from api.store.models import AuditEvent
from api.store.passengers import PassengerDraft, save_passenger
from api.store.records import Draft, save
from api.store.store import Store
from tests.api.lists import MEADOWS, OFFICER, ROBIN, ROBIN_DETAILS, add_passenger, add_school


def lines_of(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        lines = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
        return [
            {"seq": one.seq, "actor": one.actor, "action": one.action, "kind": one.kind, "why": one.why,
             "record_id": one.record_id, "request_id": one.request_id, "content": json.loads(one.content)}
            for one in lines
        ]  # fmt: skip


def faults_of(store: Store, kept: Head | None = None) -> list[str]:
    with store.read() as session:
        return verify(session, kept)


def tamper(store: Store, *statements: Any) -> None:
    """Change the log as somebody would who is master of the database: without its triggers."""
    with store.engine.execution_options(**{WRITES: True}).begin() as connection:
        if connection.dialect.name == "sqlite":
            for what in ("UPDATE", "DELETE"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_event_is_kept_{what}"))
        else:
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(statement)


def five_lines(store: Store) -> None:
    for number in range(1, 6):
        add_school(store, f"S0{number}")


def test_a_change_says_who_when_what_why_and_in_answer_to_what(store: Store) -> None:
    """Values before and after where they are nobody's; the school's new finish time."""
    add_school(store)
    kind = KIND_BY_NAME["school"]
    with store.change(OFFICER) as work:
        body = body_of(kind, "S01", {"row": {**MEADOWS, "finish_time": "15:30"}})
        save(work, kind, "S01", Draft(body=body), expected_version=1)
    line = lines_of(store)[1]
    assert line == {
        "seq": 2, "actor": "account/officer", "action": "update", "kind": "school", "record_id": "S01",
        "why": "test", "request_id": "R1",
        "content": {
            "version_before": 1, "version_after": 2, "changed": {"row.finish_time": ["15:15", "15:30"]},
        },
    }  # fmt: skip


def test_of_personal_data_the_log_names_fields_and_no_values(store: Store) -> None:
    """What a log that is never erased holds must not need erasing."""
    add_school(store)
    passenger = add_passenger(store, row={"pa_need": "one_to_one"}, details=ROBIN_DETAILS)
    with store.change(OFFICER) as work:
        draft = PassengerDraft(parts={"row": {**ROBIN, "postcode": "B70 8SZ"}}, details={"upn": ""})
        save_passenger(work, passenger.record_id, draft, expected_version=1)
    created, updated = lines_of(store)[1:]
    assert created["content"]["details"] == sorted(ROBIN_DETAILS)
    assert updated["content"] == {
        "version_before": 1, "version_after": 2, "details": ["upn"],
        "changed": {"fields": ["row.pa_need", "row.postcode"]},
    }  # fmt: skip
    said = json.dumps([created, updated])
    assert [word for word in (*ROBIN_DETAILS.values(), "B70 8SZ", "B66 3NX", "one_to_one") if word in said] == []


def test_what_did_not_happen_is_not_in_the_log(store: Store) -> None:
    """A refused write leaves no line, and the chain holds."""
    add_school(store)
    kind = KIND_BY_NAME["school"]
    with pytest.raises(StaleWriteError), store.change(OFFICER) as work:
        save(work, kind, "S01", Draft(body=body_of(kind, "S01", {"row": MEADOWS})), expected_version=7)
    assert [line["seq"] for line in lines_of(store)] == [1]
    assert faults_of(store) == []


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event"])
def test_the_database_itself_refuses_to_change_the_log(store: Store, statement: str) -> None:
    """A trigger stands in the way, on either database."""
    add_school(store)
    with pytest.raises(DBAPIError, match="append-only"), Session(store.engine) as session:
        session.execute(text(statement))
    assert len(lines_of(store)) == 1


def test_postgresql_refuses_to_empty_the_log(store: Store) -> None:
    """TRUNCATE passes by the triggers on rows; there is one of its own."""
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="append-only"), Session(store.engine) as session:
        session.execute(text("TRUNCATE audit_event"))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (update(AuditEvent).where(AuditEvent.seq == 3).values(actor="x"), "line 3 has been changed"),
        (update(AuditEvent).where(AuditEvent.seq == 5).values(content="{}"), "line 5 has been changed"),
        (delete(AuditEvent).where(AuditEvent.seq == 3), "line 3 is missing; the next one is 4"),
        (delete(AuditEvent).where(AuditEvent.seq == 5), "the log ends with line 4; line 5 was written"),
        (update(AuditEvent).where(AuditEvent.seq == 2).values(hash="f" * 64), "line 3 does not follow the line before"),
    ],
    ids=["edit", "edit of the last", "delete", "cut off", "hash"],
)  # fmt: skip
def test_tampering_is_found(store: Store, statement: Any, fault: str) -> None:
    """Of five lines one is edited, deleted or given another hash."""
    five_lines(store)
    assert faults_of(store) == []
    tamper(store, statement)
    assert fault in "\n".join(faults_of(store))


def test_two_lines_that_change_places_are_found(store: Store) -> None:
    """Renumbering 2 and 3 breaks both."""
    five_lines(store)
    move = [(2, 99), (3, 2), (99, 3)]
    tamper(store, *(update(AuditEvent).where(AuditEvent.seq == a).values(seq=b) for a, b in move))
    assert {"line 2 has been changed", "line 3 has been changed"} <= set(faults_of(store))


def test_an_end_that_was_cut_off_with_its_head_is_found_by_a_head_kept_elsewhere(store: Store) -> None:
    """Who sets the head back too leaves a chain that holds; only the kept head tells."""
    five_lines(store)
    with store.read() as session:
        kept = head_of_text(str(head_of(session)))
        fourth = session.scalars(select(AuditEvent.hash).where(AuditEvent.seq == 4)).one()
    tamper(
        store, delete(AuditEvent).where(AuditEvent.seq == 5), text(f"UPDATE audit_head SET seq = 4, hash = '{fourth}'")
    )
    assert faults_of(store) == []
    assert faults_of(store, kept) == ["the log no longer holds line 5 as it was when its head was kept"]


def test_a_head_kept_from_before_still_holds(store: Store) -> None:
    """The log has grown since; so it has since it was empty."""
    with store.read() as session:
        empty = head_of(session)
    assert empty == Head(seq=0, hash=FIRST_HASH)
    add_school(store)
    with store.read() as session:
        kept = head_of(session)
    add_school(store, "S02")
    assert faults_of(store, kept) == []
    assert faults_of(store, empty) == []


def test_what_is_no_head_is_refused() -> None:
    """A number, a colon, 64 hex digits."""
    with pytest.raises(ValueError, match="not a head of the log"):
        head_of_text("5:abc")
