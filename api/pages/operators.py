"""Operators: what each is admitted for, and the rates that it has of its own, with their history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.council_choices import RATES, own_rates_of
from api.endpoints.shapes import RecordIdPath
from api.pages.log import actor_names
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.spreadsheets import HISTORY_HEADS, XLSX, Listed, page_with_tables, spreadsheet
from api.pages.visit import Opens, Visit
from api.pages.words import moment_words
from api.store.faults import StaleWriteError
from api.store.kinds import KIND_BY_NAME, body_of
from api.store.records import Draft, Filter, Stored, history_of, list_records, read, save
from transport.files.faults import InputFaults
from transport.files.plan_words import plural, pounds

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.SUPPLY_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.SUPPLY_WRITE))]

_OPERATOR = KIND_BY_NAME["operator"]
_TABLE = "operator_vehicles"
_HEADS = ("Operator", "Name", "Small or medium", "Admitted for", "With rates of its own", "Last changed")


@router.get("/operators")
def show_operators(visit: Reader, form: str = "") -> Response:
    """Every operator of the lists."""
    with visit.store.read() as session:
        found = list_records(session, visit.store.cipher, _OPERATOR, Filter())
    rows = [_cells(one) for one in found]
    if form == XLSX and rows:
        return spreadsheet(visit, ("operator", "list"), "Operators", _HEADS, rows)
    return page(visit, "operators.html", rows=rows, heads=_HEADS)


@router.get("/operators/{operator_id}")
def show_operator(operator_id: RecordIdPath, visit: Reader) -> Response:
    """One operator with its rates, and what they were before."""
    return _operator(visit, operator_id, {})


@router.post("/operators/{operator_id}/rates")
def change_rates(operator_id: RecordIdPath, visit: Writer) -> Response:
    """Change rates of an operator in plans from now on; empty: those of the vehicle class."""
    try:
        with visit.store.change(visit.caller) as work:
            stored = read(work.session, work.cipher, _OPERATOR, operator_id)
            body = stored.body or {}
            own = own_rates_of({row["class_id"]: _given(visit, row["class_id"]) for row in body.get(_TABLE, ())})
            rows = [_with_rates(row, own[row["class_id"]]) for row in body.get(_TABLE, ())]
            changed = body_of(_OPERATOR, operator_id, {**body, **({_TABLE: rows} if rows else {})})
            draft = Draft(body=changed, starts_on=stored.starts_on, ends_on=stored.ends_on)
            save(work, _OPERATOR, operator_id, draft, expected_version=visit.version())
    except InputFaults as found:
        return _operator(visit, operator_id, errors_by_field(found.faults))
    except StaleWriteError:
        return _operator(
            visit, operator_id, {"": "Somebody else changed this operator meanwhile; look, then save again"}
        )
    return go_to(f"/operators/{operator_id}?done=rates")


def _given(visit: Visit, class_id: str) -> dict[str, str]:
    return {name: visit.text(f"{class_id}.{name}") for name in RATES}


def _with_rates(row: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """An admission with other rates; what belongs to a price goes with the price."""
    rest = {name: text for name, text in row.items() if name not in RATES}
    return {**rest, **own} if own else {n: t for n, t in rest.items() if n not in ("free_miles", "dead_rule")}


def _cells(stored: Stored) -> tuple[Any, ...]:
    body = stored.body or {}
    row, admitted = body.get("row", {}), body.get(_TABLE, [])
    classes = ", ".join(f"{one['class_id']} ({one['n_vehicles']})" for one in admitted)
    n_own = sum("base_pence" in one for one in admitted)
    return (
        (stored.record_id, f"/operators/{stored.record_id}"), row.get("name", ""),
        "Yes" if row.get("sme") == "yes" else "No", classes or "Nothing",
        plural(n_own, "class", "classes") if n_own else "None", moment_words(stored.changed_at),
    )  # fmt: skip


def _operator(visit: Visit, operator_id: str, errors: Mapping[str, str]) -> Response:
    with visit.store.read() as session:
        stored = read(session, visit.store.cipher, _OPERATOR, operator_id)
        versions = history_of(session, visit.store.cipher, _OPERATOR, operator_id)
        names = actor_names(session)
    body = stored.body or {}
    classes = [
        (row["class_id"], row["n_vehicles"],
         [(f"{row['class_id']}.{name}", words, visit.text(f"{row['class_id']}.{name}") if errors else _shown(row, name))
          for name, words in RATES.items()])
        for row in body.get(_TABLE, ())
    ]  # fmt: skip
    rates = [
        (row["class_id"], str(row["n_vehicles"]), *(f"£{own}" if (own := _shown(row, name)) else "–" for name in RATES))
        for row in body.get(_TABLE, ())
    ]  # fmt: skip
    tables = {
        "rates": Listed(title="Rates", heads=("Class", "Vehicles", *RATES.values()), rows=rates, numeric=(1, 2, 3, 4)),
        "history": Listed(title="History", heads=HISTORY_HEADS, rows=_history(versions, names)),
    }
    return page_with_tables(
        visit, "operator.html", ("operator", operator_id), tables, title=f"Operator {operator_id}",
        status=422 if errors else 200, errors=errors, operator_id=operator_id,
        name=body.get("row", {}).get("name", operator_id), classes=classes, version=stored.version,
    )  # fmt: skip


def _shown(row: Mapping[str, str], name: str) -> str:
    return f"{int(row[name]) / 100:.2f}" if row.get(name) else ""


def _history(versions: list[Stored], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Each version with who made it and which rates it changed, the newest first."""
    rows: list[tuple[str, ...]] = []
    for before, now in zip([None, *versions], versions, strict=False):
        words = "First saved" if before is None else _changes(_rates_by_class(before), _rates_by_class(now))
        rows.append((f"{now.version}", moment_words(now.changed_at), names.get(now.changed_by, now.changed_by), words))
    return rows[::-1]


def _rates_by_class(stored: Stored) -> dict[str, dict[str, str]]:
    rows = (stored.body or {}).get(_TABLE, ())
    return {row["class_id"]: {name: row[name] for name in RATES if row.get(name)} for row in rows}


def _changes(before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> str:
    said = [
        f"{class_id}: {RATES[name]} {_words(before.get(class_id, {}).get(name))} → "
        f"{_words(now.get(class_id, {}).get(name))}"
        for class_id in sorted(before.keys() | now.keys())
        for name in RATES
        if before.get(class_id, {}).get(name) != now.get(class_id, {}).get(name)
    ]
    return "; ".join(said) or "Something else than rates"


def _words(pence: str | None) -> str:
    return pounds(int(pence)) if pence else "that of the class"
