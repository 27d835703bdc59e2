"""Plan a term: the form that says what is to be planned, within which limits and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from api.auth.permissions import Permission
from api.endpoints.plan_jobs import PlanJobShape, start_plan
from api.pages.passengers import school_names
from api.pages.plan_reading import standing_ids
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.visit import Opens, Visit
from api.pages.words import code_words
from api.report.assumptions import setting_words
from api.store.kinds import KIND_BY_NAME, rows_of
from api.store.plans import list_plans
from api.store.records import Filter, list_records
from transport.files.faults import Fault, InputFaults
from transport.files.read_schools import setting_of
from transport.policy import SettingSpec, fault_of, setting_specs

router = APIRouter(include_in_schema=False)

Writer = Annotated[Visit, Depends(Opens(permission=Permission.PLANS_WRITE))]

LIMITS = {
    "ride_target_primary_s": "Journey wished for, primary, minutes",
    "ride_target_secondary_s": "Journey wished for, secondary, minutes",
    "ride_target_post16_s": "Journey wished for, post-16, minutes",
    "ride_cap_primary_s": "Longest ride, primary, minutes",
    "ride_cap_secondary_s": "Longest ride, secondary, minutes",
    "ride_cap_post16_s": "Longest ride, post-16, minutes",
    "max_schools_per_run": "Most schools on one run",
    "passengers_per_shared_pa": "Most passengers for one shared passenger assistant; 0: one serves all",
}
"""Settings that officers try out, in the units of the form."""
_FIELD_OF = {"seconds": "minutes", "bound_seconds": "bound_minutes", "disturbed_pence_per_week": "family_pounds"}
_WORDS = {
    "title": "enter a title, such as Autumn 2026",
    "on": "enter the first day, such as 2026-09-01",
    "from_plan_id": "choose a plan",
    "seconds": "enter between 1 minute and 10 hours",
    "bound_seconds": "enter between 1 minute and 10 hours, or nothing",
    "seed": "enter a number up to 1,000,000",
    "disturbed_pence_per_week": "enter pounds up to 10,000, or nothing",
    "max_disturbed": "enter a number of families up to 100,000, or nothing",
}
"""What to enter, where the engine refuses a value."""
_WIDEST = 100
_N_ROUNDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitField:
    """A limit that may be changed for one plan; `now` is what stands in the lists, in words."""

    name: str
    label: str
    now: str


@router.get("/plan-a-term")
def show_form(visit: Writer) -> Response:
    """The form, filled in from the address where a plan's page or a frontier leads here."""
    return _form(visit, {})


@router.post("/plan-a-term")
def start(visit: Writer) -> Response:
    """Start the job and go to its page."""
    try:
        wanted = _wanted(visit)
        with visit.store.change(visit.caller) as work:
            job_id = start_plan(work, wanted)
    except InputFaults as found:
        return _form(visit, _for_form(found.faults))
    return go_to(f"/jobs/{job_id}?done=started")


def _form(visit: Visit, errors: Mapping[str, str]) -> Response:
    given = visit.request.query_params
    with visit.store.read() as session:
        plans = [plan for plan in list_plans(session) if plan.files and plan.status != "superseded"]
        standing = standing_ids(session)
        rows = _rows(visit, session)
        schools = sorted(school_names(visit, session).items(), key=lambda school: school[1])
    plans.sort(key=lambda plan: (plan.plan_id in standing, plan.stored_at), reverse=True)
    settings = {row["setting"]: row["value"] for row in rows["policy"]}
    return page(
        visit, "plan_term.html", status=422 if errors else 200, errors=errors, schools=schools,
        plans=[(plan.plan_id, f"{plan.title} ({code_words(plan.status).casefold()})") for plan in plans],
        vehicles=[(row["vehicle_id"], f"{row['vehicle_id']}, {row['class_id']}") for row in rows["fleet_vehicles"]],
        limits=[_limit(spec, settings.get(spec.name, "")) for spec in setting_specs() if spec.name in LIMITS],
        horizon=settings.get("horizon", "term"), is_new=not visit.form,
        value=lambda name, default="": visit.text(name) if visit.form else given.get(name, default)[:_WIDEST],
        today=date.today().isoformat(),
    )  # fmt: skip


def _rows(visit: Visit, session: Session) -> dict[str, list[dict[str, str]]]:
    """Policy and fleet as the lists hold them today."""
    found: dict[str, list[dict[str, str]]] = {"policy": [], "fleet_vehicles": []}
    for name in ("council", "fleet_vehicle"):
        kind = KIND_BY_NAME[name]
        for stored in list_records(session, visit.store.cipher, kind, Filter(in_force_on=date.today())):
            for table, cells in rows_of(kind, stored.record_id, stored.body or {}):
                if table in found:
                    found[table].append(cells)
    return found


def _limit(spec: SettingSpec, text: str) -> LimitField:
    value = setting_of(spec, text) if text else spec.default
    return LimitField(name=spec.name, label=LIMITS[spec.name], now=setting_words(spec, value))


def _wanted(visit: Visit) -> PlanJobShape:
    """What the form asks for; every fault of it at once.

    Raises
    ------
    InputFaults
        With the names of the form's fields.
    """
    faults: list[Fault] = []
    fields: dict[str, Any] = {
        "title": visit.text("title"),
        "seed": _number(visit, "seed", 1, faults) or 0,
        "seconds": _number(visit, "minutes", 60, faults) or 300,
        "bound_seconds": _number(visit, "bound_minutes", 60, faults) or None,
        "disturbed_pence_per_week": _number(visit, "family_pounds", 100, faults),
        "max_disturbed": _number(visit, "max_disturbed", 1, faults),
        "n_rounds": _N_ROUNDS,
    }
    if visit.text("source") == "plan":
        fields["from_plan_id"] = visit.text("from_plan_id")
    else:
        fields |= _of_lists(visit, faults)
    try:
        found = PlanJobShape.model_validate(fields)
    except ValidationError as error:
        names = [str(one["loc"][0]) for one in error.errors(include_url=False, include_input=False)]
        faults += [_fault(name, _WORDS.get(name, "choose again")) for name in names]
    if faults:
        raise InputFaults(faults)
    return found


def _of_lists(visit: Visit, faults: list[Fault]) -> dict[str, Any]:
    """Fields of a plan of the lists."""
    policy = {name: str(number) for name in LIMITS if (number := _limit_given(visit, name, faults)) is not None}
    if horizon := visit.text("horizon"):
        policy["horizon"] = horizon
    used = set(visit.texts("vehicle_ids"))
    offered = visit.texts("offered_vehicle_ids")
    return {
        "on": visit.text("on"), "near_plan_id": visit.text("near_plan_id") or None,
        "school_ids": visit.texts("school_ids"), "policy": policy,
        "without_vehicle_ids": [vehicle_id for vehicle_id in offered if vehicle_id not in used],
    }  # fmt: skip


def _number(visit: Visit, name: str, unit: int, faults: list[Fault]) -> int | None:
    """A number of the form in whole units of the engine; None where the field is empty."""
    text = visit.text(name)
    if not text:
        return None
    try:
        value = Decimal(text) * unit
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or value > 10**9 or value != value.to_integral_value():
        faults.append(_fault(name, "enter a number, such as 45"))
        return None
    return int(value)


def _limit_given(visit: Visit, name: str, faults: list[Fault]) -> int | None:
    spec = next(spec for spec in setting_specs() if spec.name == name)
    unit = 60 if spec.unit == "s" else 1
    value = _number(visit, name, unit, faults)
    if value is None or not fault_of(spec, value):
        return value
    faults.append(_fault(name, f"must be from {-(-spec.lowest // unit)} to {spec.highest // unit}"))
    return None


def _for_form(faults: tuple[Fault, ...]) -> dict[str, str]:
    """Faults under the fields of the form, in its words."""
    found = errors_by_field(faults)
    return {_FIELD_OF.get(name, name): words for name, words in found.items()}


def _fault(column: str, message: str) -> Fault:
    return Fault(file="form", row=None, column=column, value="", message=message)
