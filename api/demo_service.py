"""The demo's lists and plan in a store of their own, with invented names and log-ins that everybody may know."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.audit import Caller
from api.auth.accounts import add_account
from api.auth.permissions import Role
from api.plan_folder import require_lists
from api.publishing import Request, publish, publish_checks
from api.settings import Settings
from api.store.chosen import CARBON, choose
from api.store.details import set_details
from api.store.faults import StoreRefusedError
from api.store.kinds import KINDS, Kind, body_of
from api.store.models import AuditEvent
from api.store.plans import EVIDENCE_KINDS, Evidence, SealedPlan, add_plan, propose, record_evidence, seal_plan
from api.store.records import Draft, save
from api.store.store import Store, Work
from transport.files.read_sheets import open_book

DEMO_ACCOUNTS = (
    ("demo.transport", "transport officer demo", Role.TRANSPORT_OFFICER),
    ("demo.procurement", "procurement officer demo", Role.PROCUREMENT_OFFICER),
    ("demo.viewer", "viewer of the demo", Role.VIEWER),
    ("demo.admin", "administrator of the demo", Role.ADMINISTRATOR),
)
"""Name, password, role; shown on the demo's sign-in page."""

_CALLER = Caller(name="demo", why="the invented borough")
_HEAVY_CLASSES = ("MINIBUS16", "MINIBUS_LIFT")
_GIVEN = ("Alex", "Bailey", "Casey", "Drew", "Ellis", "Frankie", "Gray", "Harper", "Indie", "Jules", "Kit", "Lennox",
          "Morgan", "Nico", "Ocean", "Parker", "Quinn", "Robin", "Sage", "Taylor")  # fmt: skip
_FAMILY = ("Ashdale", "Birchley", "Coldbrook", "Dunmoor", "Elmsworth", "Fernhurst", "Gorsebank", "Hollowell",
           "Ivydene", "Juniper", "Kestrelby", "Larkfield", "Marlpit", "Nettleton", "Oakhanger", "Pinewell",
           "Quarryside")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was put into the store."""

    n_passengers: int
    plan_id: str


def demo_settings(settings: Settings, folder: Path) -> Settings:
    """Settings of the demo's own installation: a folder of its own, on this machine alone.

    Parameters
    ----------
    settings : where to listen is taken over from them.
    """
    return settings.model_copy(
        update={
            "database_url": f"sqlite:///{folder / 'schoolrun.db'}", "key_file": folder / "schoolrun.keys",
            "host": "127.0.0.1", "plain_http": True,
        }
    )  # fmt: skip


def holds_demo(store: Store) -> bool:
    """Whether the demo was loaded before: the first line of the log says so, and no line can be changed.

    Raises
    ------
    StoreRefusedError
        When the store holds other data.
    """
    with store.read() as session:
        first = session.scalar(select(AuditEvent.actor).order_by(AuditEvent.seq).limit(1))
    if first not in (None, _CALLER.name):
        raise StoreRefusedError("the store holds other data than the demo's; it is left alone")
    return first is not None


def load_demo(store: Store, settings: Settings, folder: Path) -> Loaded:
    """Put the demo's lists, names, log-ins and plan into an empty store, all of it or nothing; the plan is published.

    Parameters
    ----------
    folder : what `schoolrun demo` wrote.

    Raises
    ------
    StoreRefusedError
        When the plan is not of invented passengers.
    FileNotFoundError, ValueError
        When the folder holds no plan.
    """
    sealed = seal_plan(store.cipher, folder)
    with store.change(_CALLER) as work:
        for name, password, role in DEMO_ACCOUNTS:
            add_account(work, name, role, password)
        n_passengers = load_lists(work, folder)
        # Nothing is published for minibuses: the invented council has chosen what is most like them.
        factors = {class_id: {"code": "lorry-diesel"} for class_id in _HEAVY_CLASSES}
        choose(work, CARBON, {"factors": factors}, expected_version=0)
        plan_id = _publish(work, settings, sealed)
    return Loaded(n_passengers=n_passengers, plan_id=plan_id)


def load_lists(work: Work, folder: Path) -> int:
    """Save every row of the lists beside a plan as records; gives the number of passengers."""
    book = open_book(require_lists(folder))
    rows = {name: [dict(texts) for texts in sheet.texts.values()] for name, sheet in book.sheets.items()}
    if not any(r.get("setting") == "invented" and r.get("value") == "yes" for r in rows.get("scenario", ())):
        raise StoreRefusedError(f"{folder}: its passengers are not marked as invented; only the demo's may be loaded")
    n_passengers = 0
    # The council's calendar names schools, so it comes last.
    for kind in sorted(KINDS, key=lambda kind: kind.only_id is not None):
        for record_id, parts in _records_of(kind, rows):
            save(work, kind, record_id, Draft(body=body_of(kind, record_id, parts)), expected_version=0)
            if kind.name == "passenger":
                set_details(work, record_id, 1, _name_of(n_passengers))
                n_passengers += 1
    return n_passengers


def _records_of(kind: Kind, rows: Mapping[str, list[dict[str, str]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and parts of every record of a kind."""
    if kind.only_id is not None:
        yield kind.only_id, {table: rows[table] for table in kind.side_tables if rows.get(table)}
    elif kind.id_column is None:
        for number, row in enumerate(rows.get(kind.tables[0], ()), start=1):
            yield f"{kind.name}-{number}", {"row": row}
    else:
        id_of = kind.id_column
        main = {row[id_of]: row for row in rows.get(kind.table or "", ())}
        ids = main or dict.fromkeys(row[id_of] for table in kind.side_tables for row in rows.get(table, ()))
        for record_id in ids:
            sides = {table: [r for r in rows.get(table, ()) if r[id_of] == record_id] for table in kind.side_tables}
            yield record_id, {**({"row": main[record_id]} if main else {}), **{t: r for t, r in sides.items() if r}}


def _name_of(number: int) -> dict[str, str]:
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number // len(_GIVEN) % len(_FAMILY)]
    return {"given_name": given, "family_name": family}


def _publish(work: Work, settings: Settings, sealed: SealedPlan) -> str:
    """Store the plan, record what somebody would have judged, and publish it."""
    stored = add_plan(work, sealed, "Demo: the term's plan")
    proposed = propose(work, stored.plan_id, expected_version=stored.version)
    checks = publish_checks(work.session, work.cipher, settings, stored.plan_id)
    said = Evidence(
        kind="co_travel", about="", judged_by="Invented officer", judged_on=datetime.now(UTC).date(),
        ground="Invented, for the demo",
    )  # fmt: skip
    for check, about in itertools.chain.from_iterable(((c, a) for a in c.missing) for c in checks):
        if check.name in EVIDENCE_KINDS:
            record_evidence(work, stored.plan_id, replace(said, kind=check.name, about=about))
    starts_on = date.today()
    request = Request(school_ids=None, starts_on=starts_on)
    publish(work, settings, stored.plan_id, request, expected_version=proposed.version)
    return stored.plan_id
