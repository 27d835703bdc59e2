"""Passengers: a pseudonymous record with its needs and places, and the personal details kept apart from it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.details import details_faults, set_details
from api.store.faults import NotAllowedYetError
from api.store.kinds import KIND_BY_NAME, Body, body_of, term_of
from api.store.records import Draft, Stored, id_of_external, read, require_version, save
from api.store.store import Work
from transport.files.faults import Fault, InputFaults

PASSENGER = KIND_BY_NAME["passenger"]
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PassengerDraft:
    """A passenger as somebody wants them to be.

    Attributes
    ----------
    parts : `row`, `passenger_days`, `pickup_points`: cells as the data format has them, without ids.
    details : personal details by field; those not named stay, an empty one is taken away.
    """

    parts: Mapping[str, Any]
    starts_on: date | None = None
    ends_on: date | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)


def new_passenger_id() -> str:
    """A random pseudonym: 60 bits, in letters and digits that are not taken for one another."""
    return "P" + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def save_passenger(work: Work, passenger_id: str, draft: PassengerDraft, *, expected_version: int) -> Stored:
    """Make a passenger, or their next version; record and details together.

    Parameters
    ----------
    expected_version : the version that the caller saw; 0: a new passenger.

    Raises
    ------
    InputFaults
        With every fault of record and details.
    StaleWriteError, AlreadyThereError
        As `records.save`.
    """
    body = _checked_body(passenger_id, draft)
    require_version(work.session, PASSENGER, passenger_id, expected_version)
    changed = set_details(work, passenger_id, expected_version + 1, draft.details)
    starts_on, ends_on = term_of(draft.starts_on, draft.ends_on)
    new = Draft(body=body, starts_on=starts_on, ends_on=ends_on, external_ids=draft.external_ids)
    also = {"details": changed} if changed else {}
    return save(work, PASSENGER, passenger_id, new, expected_version=expected_version, also=also)


def upsert_passenger(work: Work, draft: PassengerDraft) -> tuple[Stored, bool]:
    """Make a passenger, or update the one whom an external id names.

    Returns
    -------
    The passenger, and whether they are new.

    Raises
    ------
    InputFaults
        As `save_passenger`; also when the external ids name two passengers.
    """
    ids = {
        found
        for source, value in draft.external_ids.items()
        if value and (found := id_of_external(work.session, work.cipher, PASSENGER, source, value))
    }
    if len(ids) > 1:
        message = f"name {len(ids)} different passengers: {', '.join(sorted(ids))}"
        raise InputFaults([Fault(file="passenger", row=None, column="external_ids", value="", message=message)])
    if not ids:
        return save_passenger(work, new_passenger_id(), draft, expected_version=0), True
    (passenger_id,) = ids
    current = read(work.session, work.cipher, PASSENGER, passenger_id)
    return save_passenger(work, passenger_id, draft, expected_version=current.version), False


def leave(work: Work, passenger_id: str, last_day: date, *, expected_version: int) -> Stored:
    """Note a passenger's last day.

    Raises
    ------
    NotInStoreError
        When there is no such passenger.
    NotAllowedYetError
        When their personal data has been removed already.
    StaleWriteError
        When another version stands now.
    """
    current = read(work.session, work.cipher, PASSENGER, passenger_id)
    if current.body is None:
        raise NotAllowedYetError(f"passenger {passenger_id}: has left, and their personal data has been removed")
    term_of(current.starts_on, last_day)
    draft = Draft(body=current.body, starts_on=current.starts_on, ends_on=last_day)
    return save(work, PASSENGER, passenger_id, draft, expected_version=expected_version, also={"leaves": True})


def save_all(work: Work, drafts: list[PassengerDraft], row_numbers: list[int]) -> list[tuple[Stored, bool]]:
    """Upsert many passengers, all or nothing.

    Parameters
    ----------
    row_numbers : where each stands in what was uploaded, for the faults.

    Raises
    ------
    InputFaults
        With every fault of every row.
    """
    faults: list[Fault] = []
    done: list[tuple[Stored, bool]] = []
    for draft, number in zip(drafts, row_numbers, strict=True):
        try:
            done.append(upsert_passenger(work, draft))
        except InputFaults as found:
            faults += [replace(fault, row=number) for fault in found.faults]
    if faults:
        raise InputFaults(faults)
    return done


def read_passenger(session: Session, cipher: Cipher, passenger_id: str) -> Stored:
    """A passenger's record as it stands.

    Raises
    ------
    NotInStoreError
        When there is none.
    """
    return read(session, cipher, PASSENGER, passenger_id)


def _checked_body(passenger_id: str, draft: PassengerDraft) -> Body:
    faults = details_faults(draft.details)
    try:
        body = body_of(PASSENGER, passenger_id, draft.parts)
    except InputFaults as found:
        raise InputFaults([*found.faults, *faults]) from None
    if faults:
        raise InputFaults(faults)
    return body
