"""Little Council's plan, made by the planner once, and put into a store as the plan in force."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from api.planning_job import PlanRequest, plan_term
from api.store.kinds import KIND_BY_NAME, KINDS, body_of
from api.store.models import Plan, Publication
from api.store.plans import add_plan, seal_plan
from api.store.records import Draft, save
from api.store.store import Store
from routing.solve import Stop
from tests.api.lists import OFFICER, add_passenger
from tests.transport.files.scenario_folder import Tables, little_council, write_folder

NEAR_P1 = {"school_id": "S1", "phase": "primary", "lat": "52.501", "lon": "-1.98"}


def lists() -> Tables:
    """Little Council without street rules and bonds, so that each may move alone; without terms, so never too late."""
    tables = little_council()
    for name in ("street_rules", "keep_together", "pickup_points", "calendar"):
        del tables[name]
    return tables


@cache
def plan_folder() -> Path:
    """P1 and P2 on R1 under contract L1, P3 on a minibus of their own."""
    folder = Path(mkdtemp(prefix="schoolrun-test-"))
    write_folder(folder / "lists", lists())
    plan_term(PlanRequest(scenario_path=folder / "lists", out=folder / "plan", stop=Stop(iterations=20)))
    return folder / "plan"


def put_lists(store: Store) -> None:
    """Every table of Little Council that the store keeps, record by record."""
    tables = lists()
    for kind in KINDS:
        if kind.name == "council":
            _put(store, kind.name, "council", {name: tables[name] for name in kind.tables if name in tables})
        elif kind.id_column:
            for record_id in _ids_of(tables, kind):
                _put(store, kind.name, record_id, _parts_of(tables, kind, record_id))


def _ids_of(tables: Tables, kind: Any) -> list[str]:
    rows = [row for name in kind.tables for row in tables.get(name, [])]
    return list(dict.fromkeys(str(row[kind.id_column]) for row in rows))


def _parts_of(tables: Tables, kind: Any, record_id: str) -> dict[str, Any]:
    own = {name: [row for row in tables.get(name, []) if row[kind.id_column] == record_id] for name in kind.tables}
    sides = {name: own[name] for name in kind.side_tables if own[name]}
    return {"row": own[kind.table][0], **sides} if kind.table else sides


def _put(store: Store, kind_name: str, record_id: str, parts: dict[str, Any]) -> None:
    kind = KIND_BY_NAME[kind_name]
    with store.change(OFFICER) as work:
        save(work, kind, record_id, Draft(body=body_of(kind, record_id, parts)), expected_version=0)


def put_plan(store: Store) -> str:
    """Little Council's plan in force for both schools; gives its id."""
    with store.change(OFFICER) as work:
        stored = add_plan(work, seal_plan(work.cipher, plan_folder()), "Autumn")
        work.session.get_one(Plan, stored.plan_id).status = "published"
        work.session.add(
            Publication(
                publication_id=1, plan_id=stored.plan_id, school_ids=["S1", "S2"], starts_on=work.now.date(),
                is_roll_back=False, override_reason=None, published_at=work.now, published_by="test",
            )
        )  # fmt: skip
    return stored.plan_id


def newcomer(store: Store, **row: str) -> str:
    """Somebody new near P1, to S1; gives their id."""
    return add_passenger(store, row={**NEAR_P1, "postcode": "", **row}).record_id
