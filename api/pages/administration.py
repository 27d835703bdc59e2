"""Administration: the policy and rates with their history, the road extract, and backups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.audit import head_of
from api.auth.permissions import Permission
from api.council_choices import RATES, policy_of_rows, rates_of, with_setting
from api.endpoints.shapes import RecordIdPath
from api.pages.log import actor_names
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.spreadsheets import HISTORY_HEADS, Listed, page_with_tables, spreadsheet, workbook
from api.pages.visit import Opens, Visit
from api.pages.words import moment_words
from api.report.assumptions import settings_of
from api.road_extract import Coverage, coverage_of, road_file_of
from api.store.backup import back_up, backups_in
from api.store.faults import AlreadyThereError, NotInStoreError, StaleWriteError, StoreRefusedError
from api.store.kinds import KIND_BY_NAME, Body, body_of
from api.store.records import Draft, Filter, Stored, changed_fields, find, history_of, list_records, read, save
from api.store.scenario import read_stored_scenario
from transport.files.faults import InputFaults
from transport.files.plan_words import plural, pounds
from transport.policy import setting_specs

router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.LISTS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.LISTS_WRITE))]
BackupReader = Annotated[Visit, Depends(Opens(permission=Permission.ACCOUNTS_READ))]
BackupMaker = Annotated[Visit, Depends(Opens(permission=Permission.ACCOUNTS_WRITE))]

_COUNCIL, _CLASS = KIND_BY_NAME["council"], KIND_BY_NAME["vehicle_class"]
_KIND_WORDS = {
    "hard": "Never broken", "soft": "Wish", "price": "Price", "default": "Fills an empty cell", "method": "Method",
}  # fmt: skip
_POLICY_HEADS = ("Setting", "Meaning", "Value", "Kind", "Source")
_RATE_HEADS = ("Class", "Seats + wheelchair places", *RATES.values(), "Last changed")
_BACKUP_HEADS = ("File", "When", "MB", "End of the log in it")
_PART_WORDS = {"scenario": "name and first day", "policy": "policy", "calendar": "term dates"}


@router.get("/administration")
def show_administration(visit: Reader) -> Response:
    """Policy, rates and roads."""
    return _administration(visit, {})


@router.get("/administration/policy")
def get_policy(visit: Reader) -> Response:
    """Every setting as a workbook, and what was changed when."""
    with visit.store.read() as session:
        stored = find(session, visit.store.cipher, _COUNCIL, "council")
        versions = history_of(session, visit.store.cipher, _COUNCIL, "council") if stored else []
        names = actor_names(session)
    policy = policy_of_rows(((stored.body if stored else None) or {}).get("policy", []))
    rows = [
        (s.name, s.meaning, s.value, _KIND_WORDS[s.kind], _source_words(s.is_default, s.is_ours, s.source))
        for s in settings_of(policy)
    ]  # fmt: skip
    history = Listed(title="History", heads=HISTORY_HEADS, rows=_history(versions, names))
    settings = Listed(title="Policy", heads=_POLICY_HEADS, rows=rows)
    return workbook(visit, ("council", "council"), "Policy", [history, settings])


@router.get("/administration/rates")
def get_rates(visit: Reader) -> Response:
    """What a vehicle of each class costs, as a workbook."""
    with visit.store.read() as session:
        classes = list_records(session, visit.store.cipher, _CLASS, Filter())
    rows = [_class_row(one) for one in classes]
    return spreadsheet(visit, ("vehicle_class", "list"), "Rates", _RATE_HEADS, rows)


@router.post("/administration/policy")
def change_policy(visit: Writer) -> Response:
    """Change one setting, or put it back to its default."""
    name, value = visit.text("setting"), visit.text("value")
    try:
        with visit.store.change(visit.caller) as work:
            stored = find(work.session, work.cipher, _COUNCIL, "council")
            body = with_setting((stored.body if stored else None) or {}, name, value)
            save(work, _COUNCIL, "council", _draft(stored, body_of(_COUNCIL, "council", body)),
                 expected_version=visit.version())  # fmt: skip
    except InputFaults as found:
        return _administration(visit, errors_by_field(found.faults))
    except (StaleWriteError, AlreadyThereError):
        return _administration(visit, {"value": "Somebody else changed the settings meanwhile; look, then save again"})
    return go_to("/administration?done=policy#policy")


@router.post("/administration/roads")
def check_roads(visit: Reader) -> Response:
    """Look whether every place of the lists lies on a street of the road extract."""
    path = visit.settings.roads_file
    if path is None:
        raise NotInStoreError("there is no road extract: the roads are approximate")
    try:
        with visit.store.read() as session:
            scenario, _ = read_stored_scenario(session, visit.store.cipher, date.today())
        limit_m = scenario.policy.max_snap_gap_m
        found = coverage_of(path, visit.settings.cache_folder, scenario.places, limit_m)
    except InputFaults as faults:
        # Not which: whoever looks here may not see passengers.
        words = f"The lists cannot be read together yet: {plural(len(faults.faults), 'fault')}. A search names each"
        return _administration(visit, {"roads": words})
    except (FileNotFoundError, ValueError):
        return _administration(visit, {"roads": "The file is missing, or no road file that can be read"})
    with visit.store.change(visit.caller) as work:
        work.log("check", "roads", "roads", n_places=found.n_places, n_far=found.n_far)
    return _administration(visit, {}, coverage=found)


@router.get("/administration/rates/{class_id}")
def show_rates(class_id: RecordIdPath, visit: Reader) -> Response:
    """What a vehicle class costs, and what it cost before."""
    return _rates(visit, class_id, {})


@router.post("/administration/rates/{class_id}")
def change_rates(class_id: RecordIdPath, visit: Writer) -> Response:
    """Change what a vehicle class costs in plans from now on."""
    try:
        own = rates_of({name: visit.text(name) for name in RATES})
        with visit.store.change(visit.caller) as work:
            stored = read(work.session, work.cipher, _CLASS, class_id)
            body = body_of(_CLASS, class_id, {"row": {**(stored.body or {})["row"], **own}})
            save(work, _CLASS, class_id, _draft(stored, body), expected_version=visit.version())
    except InputFaults as found:
        return _rates(visit, class_id, errors_by_field(found.faults))
    except StaleWriteError:
        return _rates(visit, class_id, {"": "Somebody else changed this class meanwhile; look, then save again"})
    return go_to(f"/administration/rates/{class_id}?done=rates")


@router.get("/backups")
def show_backups(visit: BackupReader) -> Response:
    """Backups that were made, and the end of the log, to be kept elsewhere."""
    return _backups(visit, {})


@router.post("/backups")
def make_backup(visit: BackupMaker) -> Response:
    """Make a backup of everything while the service runs."""
    folder = visit.settings.backup_folder
    if folder is None:
        return _backups(visit, {"": "No folder is set for backups: SCHOOLRUN_BACKUP_FOLDER"})
    name = f"schoolrun-{datetime.now(UTC):%Y%m%d-%H%M%S}.backup"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        head = back_up(visit.store, folder / name)
    except (OSError, StoreRefusedError):
        return _backups(visit, {"": "The backup could not be written: look whether the folder is there and not full"})
    with visit.store.change(visit.caller) as work:
        work.log("back_up", "store", "store", file=name, head=str(head))
    return go_to("/backups?done=backup")


def _administration(visit: Visit, errors: Mapping[str, str], coverage: Coverage | None = None) -> Response:
    with visit.store.read() as session:
        stored = find(session, visit.store.cipher, _COUNCIL, "council")
        history = history_of(session, visit.store.cipher, _COUNCIL, "council") if stored else []
        classes = list_records(session, visit.store.cipher, _CLASS, Filter())
        names = actor_names(session)
    rows = ((stored.body if stored else None) or {}).get("policy", [])
    policy = policy_of_rows(rows)
    roads, now = road_file_of(visit.settings), datetime.now(UTC)
    return page(
        visit, "administration.html", status=422 if errors else 200, errors=errors, version=stored.version if stored
        else 0, settings=[(s, _KIND_WORDS[s.kind]) for s in settings_of(policy)],
        choices=[(spec.name, f"{spec.meaning} ({spec.name}): {spec.allowed}") for spec in setting_specs()],
        history=_history(history, names), classes=[_class_row(one) for one in classes], rate_heads=_RATE_HEADS,
        roads=roads, age_days=roads.age_days(now) if roads else 0, coverage=coverage,
    )  # fmt: skip


def _source_words(is_default: bool, is_ours: bool, source: str) -> str:
    if not is_default:
        return "Set by the council"
    return "Ours" if is_ours else source


def _draft(stored: Stored | None, body: Body) -> Draft:
    """The next version of a record, in force as long as the one before."""
    if stored is None:
        return Draft(body=body)
    return Draft(body=body, starts_on=stored.starts_on, ends_on=stored.ends_on)


def _history(versions: list[Stored], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Each version with who made it and what it changed, the newest first."""
    rows: list[tuple[str, ...]] = []
    for before, now in zip([None, *versions], versions, strict=False):
        words = "First saved" if before is None else _changes(before, now)
        rows.append((f"{now.version}", moment_words(now.changed_at), names.get(now.changed_by, now.changed_by), words))
    return rows[::-1]


def _changes(before: Stored, now: Stored) -> str:
    draft = _draft(now, now.body or {})
    changed: Mapping[str, Any] = changed_fields(now.kind, before, draft)
    words = []
    for part, (old, new) in changed.items():
        if part == "policy":
            was, now_is = ({row["setting"]: row.get("value", "") for row in rows or ()} for rows in (old, new))
            words += [
                f"{name}: {was.get(name) or 'default'} → {now_is.get(name) or 'default'}"
                for name in sorted(was.keys() | now_is.keys())
                if was.get(name) != now_is.get(name)
            ]
        elif part.removeprefix("row.") in RATES:
            amounts = " → ".join(pounds(int(text)) if text else "none" for text in (old, new))
            words.append(f"{RATES[part.removeprefix('row.')]}: {amounts}")
        else:
            words.append(_PART_WORDS.get(part, part.removeprefix("row.").replace("_", " ")))
    return "; ".join(words) or "Nothing"


def _class_row(stored: Stored) -> tuple[Any, ...]:
    row = (stored.body or {}).get("row", {})
    amounts = [pounds(int(row[name])) if row.get(name) else "–" for name in RATES]
    link = (stored.record_id, f"/administration/rates/{stored.record_id}")
    return (link, row.get("layouts", ""), *amounts, moment_words(stored.changed_at))


def _rates(visit: Visit, class_id: str, errors: Mapping[str, str]) -> Response:
    with visit.store.read() as session:
        stored = read(session, visit.store.cipher, _CLASS, class_id)
        history = history_of(session, visit.store.cipher, _CLASS, class_id)
        names = actor_names(session)
    row = (stored.body or {}).get("row", {})
    shown = {name: f"{int(row[name]) / 100:.2f}" if row.get(name) else "" for name in RATES}
    fields = [(name, words, visit.text(name) if errors else shown[name]) for name, words in RATES.items()]
    return page_with_tables(
        visit, "rates.html", ("vehicle_class", class_id),
        {"history": Listed(title="History", heads=HISTORY_HEADS, rows=_history(history, names))},
        title=f"Rates of {class_id}", status=422 if errors else 200, class_id=class_id, fields=fields, errors=errors,
        version=stored.version, layouts=row.get("layouts", ""),
    )  # fmt: skip


def _backups(visit: Visit, errors: Mapping[str, str]) -> Response:
    folder = visit.settings.backup_folder
    with visit.store.read() as session:
        head = head_of(session)
    found = backups_in(folder) if folder is not None else []
    rows = [
        (one.name, moment_words(one.made_at), f"{one.n_bytes / 1e6:,.1f}", one.head or "Cannot be read")
        for one in found
    ]  # fmt: skip
    tables = {"backups": Listed(title="Backups that were made", heads=_BACKUP_HEADS, rows=rows, numeric=(2,))}
    return page_with_tables(
        visit, "backups.html", ("backup", "list"), tables, status=422 if errors else 200, errors=errors, head=str(head),
        has_folder=folder is not None,
    )  # fmt: skip
