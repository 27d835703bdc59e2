"""A tiny council for tests of the store and the API: one school, a few passengers, all invented."""

from __future__ import annotations

from typing import Any

from api.audit import Caller
from api.store.kinds import KIND_BY_NAME, body_of
from api.store.passengers import PassengerDraft, new_passenger_id, save_passenger
from api.store.records import Draft, Stored, save
from api.store.store import Store

OFFICER = Caller(name="account/officer", request_id="R1", why="test")
MEADOWS = {"name": "The Meadows", "postcode": "B66 3NX", "start_time": "08:50", "finish_time": "15:15"}
ROBIN = {"school_id": "S01", "phase": "primary", "postcode": "B66 3NX"}
ROBIN_DETAILS = {
    "given_name": "Robin", "family_name": "Example", "address": "1 Example Street", "upn": "A123456789012",
    "uprn": "100000000001", "contacts": "A. Example, 01234", "medical_notes": "inhaler in bag",
}  # fmt: skip


def add(store: Store, kind_name: str, record_id: str, row: dict[str, Any], **parts: Any) -> Stored:
    """Save a new record that has a row."""
    kind = KIND_BY_NAME[kind_name]
    with store.change(OFFICER) as work:
        body = body_of(kind, record_id, {"row": row, **parts})
        return save(work, kind, record_id, Draft(body=body), expected_version=0)


def add_school(store: Store, school_id: str = "S01") -> Stored:
    """The Meadows."""
    return add(store, "school", school_id, MEADOWS)


def add_passenger(store: Store, *, row: dict[str, Any] | None = None, **draft: Any) -> Stored:
    """Robin, unless the row or the draft say otherwise."""
    new = PassengerDraft(parts={"row": {**ROBIN, **(row or {})}}, **draft)
    with store.change(OFFICER) as work:
        return save_passenger(work, new_passenger_id(), new, expected_version=0)
