"""Personal details of passengers: sealed field by field, found by keyed hash, searched by decrypting in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.models import Detail
from api.store.store import Work
from transport.files.faults import Fault, InputFaults


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailField:
    """A personal detail.

    Attributes
    ----------
    is_lookup : found by its whole value, through a keyed hash.
    is_medical : seen by transport officers alone.
    form : what a value must look like, as a pattern; allowed : the same in words.
    """

    name: str
    meaning: str
    example: str
    is_lookup: bool = False
    is_medical: bool = False
    form: str = ""
    allowed: str = "text of at most 2000 characters"


FIELDS = (
    DetailField(name="given_name", meaning="Given names", example="Robin"),
    DetailField(name="family_name", meaning="Family name", example="Example", is_lookup=True),
    DetailField(name="address", meaning="Address lines of the home", example="1 Example Street, Anyborough"),
    DetailField(
        name="uprn", meaning="Unique property reference number of the home", example="100000000001", is_lookup=True,
        form=r"[0-9]{1,12}", allowed="1 to 12 digits",
    ),
    DetailField(
        name="upn", meaning="Unique pupil number", example="A123456789012", is_lookup=True,
        form=r"[A-Z][0-9]{11}[0-9A-Z]", allowed="a letter, 11 digits and a digit or letter",
    ),
    DetailField(name="contacts", meaning="Parents, carers, emergency adults, telephone", example="A. Example, 01234"),
    DetailField(
        name="medical_notes", meaning="What a crew must know beyond the needs", example="inhaler in bag",
        is_medical=True,
    ),
)  # fmt: skip
"""Every personal detail that is kept, and no other."""

FIELD_BY_NAME = {field.name: field for field in FIELDS}
SHORTEST_PART = 2
"""Fewest characters of a name that is looked for by part of it (ours)."""
_MOST_CHARACTERS = 2000


def details_faults(details: Mapping[str, str]) -> list[Fault]:
    """What is wrong with personal details; the values themselves are not repeated."""
    faults = []
    for name, value in details.items():
        known = FIELD_BY_NAME.get(name)
        if known is None:
            faults.append(_fault(name, f"no such detail; must be one of {', '.join(FIELD_BY_NAME)}"))
        elif (
            len(value) > _MOST_CHARACTERS
            or "\x00" in value
            or (known.form and value and not re.fullmatch(known.form, value))
        ):
            faults.append(_fault(name, f"must be {known.allowed}"))
    return faults


def set_details(work: Work, passenger_id: str, version: int, details: Mapping[str, str]) -> list[str]:
    """Write details with a version of their passenger; those not named stay, an empty one is taken away.

    Returns
    -------
    Names of the fields that changed.

    Raises
    ------
    InputFaults
        When a value is of the wrong form.
    """
    if faults := details_faults(details):
        raise InputFaults(faults)
    before = {} if version == 1 else details_of(work.session, work.cipher, passenger_id)
    changed = sorted(name for name, value in details.items() if before.get(name, "") != value)
    if changed and version > 1:
        query = update(Detail).where(Detail.passenger_id == passenger_id, Detail.field.in_(changed), Detail.is_current)
        work.session.execute(query.values(is_current=False), execution_options={"synchronize_session": False})
    work.session.add_all(_detail_of(work.cipher, passenger_id, name, version, details[name]) for name in changed)
    return changed


def details_of(
    session: Session, cipher: Cipher, passenger_id: str, names: Iterable[str] | None = None
) -> dict[str, str]:
    """Details of a passenger as they stand, by field; all, or those named."""
    query = select(Detail).where(Detail.passenger_id == passenger_id, Detail.is_current, Detail.sealed.is_not(None))
    if names is not None:
        query = query.where(Detail.field.in_(list(names)))
    return {row.field: cipher.open(_context(row), str(row.sealed)) for row in session.scalars(query)}


def ids_of_detail(session: Session, cipher: Cipher, name: str, value: str) -> list[str]:
    """Passengers with exactly this value, capitals and outer spaces apart; for fields that can be looked up.

    Raises
    ------
    InputFaults
        When the field cannot be looked up.
    """
    known = FIELD_BY_NAME.get(name)
    if known is None or not known.is_lookup:
        allowed = ", ".join(field.name for field in FIELDS if field.is_lookup)
        raise InputFaults([_fault("field", f"must be one of {allowed}")])
    query = select(Detail.passenger_id).where(
        Detail.field == name, Detail.lookup == cipher.lookup_of(_purpose(name), value), Detail.is_current
    )
    return sorted(session.scalars(query))


def names_like(session: Session, cipher: Cipher, part: str, limit: int) -> dict[str, str]:
    """Names that hold a part, by passenger id: every name is decrypted in memory, none is kept in clear.

    Raises
    ------
    InputFaults
        When there is hardly anything to look for: blanks would list everybody.
    """
    wanted = " ".join(part.split()).casefold()
    if len(wanted) < SHORTEST_PART:
        raise InputFaults([_fault("part", f"must hold {SHORTEST_PART} characters besides blanks")])
    people = details_of_all(session, cipher, ("given_name", "family_name"))
    names = {passenger_id: _full_name(own) for passenger_id, own in people.items()}
    hits = sorted((name, passenger_id) for passenger_id, name in names.items() if wanted in name.casefold())
    return {passenger_id: name for name, passenger_id in hits[:limit]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Passengers who may be one and the same, and why."""

    passenger_ids: tuple[str, ...]
    reason: str


def duplicates_of(session: Session, cipher: Cipher) -> list[Duplicates]:
    """Passengers with the same UPN, or with the same full name at the same address or UPRN."""
    groups: dict[tuple[str, str], list[str]] = {}
    upns = select(Detail.lookup, Detail.passenger_id).where(
        Detail.field == "upn", Detail.is_current, Detail.lookup.is_not(None)
    )
    for lookup, passenger_id in session.execute(upns):
        groups.setdefault(("same UPN", str(lookup)), []).append(passenger_id)
    for passenger_id, own in details_of_all(session, cipher, ("given_name", "family_name", "address", "uprn")).items():
        for reason, field in (("same name and address", "address"), ("same name and UPRN", "uprn")):
            name, place = _plain(_full_name(own)), _plain(own.get(field, ""))
            if name and place:
                groups.setdefault((reason, f"{name}|{place}"), []).append(passenger_id)
    found = [
        Duplicates(passenger_ids=tuple(sorted(ids)), reason=reason)
        for (reason, _), ids in groups.items()
        if len(ids) > 1
    ]
    return sorted(found, key=lambda d: (d.passenger_ids, d.reason))


def _detail_of(cipher: Cipher, passenger_id: str, name: str, version: int, value: str) -> Detail:
    detail = Detail(passenger_id=passenger_id, field=name, version=version, sealed=None, lookup=None, is_current=True)
    if value:
        detail.sealed = cipher.seal(_context(detail), value)
        detail.lookup = cipher.lookup_of(_purpose(name), value) if FIELD_BY_NAME[name].is_lookup else None
    return detail


def details_of_all(session: Session, cipher: Cipher, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Details of every passenger as they stand, by passenger and field; those named."""
    query = select(Detail).where(Detail.field.in_(list(names)), Detail.is_current, Detail.sealed.is_not(None))
    people: dict[str, dict[str, str]] = {}
    for row in session.scalars(query):
        people.setdefault(row.passenger_id, {})[row.field] = cipher.open(_context(row), str(row.sealed))
    return people


def _full_name(own: Mapping[str, str]) -> str:
    return f"{own.get('given_name', '')} {own.get('family_name', '')}".strip()


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text).split()).casefold()


def _context(row: Detail) -> str:
    return f"detail/{row.passenger_id}/{row.field}"


def _purpose(name: str) -> str:
    return f"detail/{name}"


def _fault(name: str, message: str) -> Fault:
    return Fault(file="details", row=None, column=name, value="", message=message)
