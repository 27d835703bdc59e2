"""Write a plan as `plan.json` and read it back, exactly. The format: `docs/plan-format.md`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from transport.digest import plain_of
from transport.plan import SCHEMA_VERSION, Plan

PERSONAL_DATA = (
    "personal data: pseudonymous ids, home points and needs. Keep it inside the council; "
    "`schoolrun plan --share` writes a version with places rounded and needs removed."
)
"""What every file that ties an id to a home or a need says on its face."""

_FOR_PEOPLE = ("personal_data", "certificate_words")


class PlanFileError(ValueError):
    """A plan file that cannot be read; the message holds every fault found."""


def plan_json_of(plan: Plan) -> dict[str, Any]:
    """Everything in a plan as JSON types, keys in a fixed order, the personal-data note first."""
    body = plain_of(plan)
    return {
        "personal_data": PERSONAL_DATA,
        "schema_version": body.pop("schema_version"),
        **body,
        "certificate_words": plan.certificate_words,
    }


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan as UTF-8 JSON.

    Raises
    ------
    ValueError
        When a figure of the plan is not a finite number: JSON has no word for it.
    """
    text = json.dumps(plan_json_of(plan), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """Read a plan that `write_plan` wrote.

    Raises
    ------
    PlanFileError
        When the file is not JSON, is of another schema version, or holds a value or a key that the format
        does not know; with every fault and where it stands.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PlanFileError(f"{path.name}: {error}; must be JSON in UTF-8") from error
    return plan_of_json(given, name=path.name)


def plan_of_json(given: Any, *, name: str = "plan.json") -> Plan:
    """Plan held by the JSON types of `plan_json_of`.

    Raises
    ------
    PlanFileError
        As `read_plan`.
    """
    if not isinstance(given, dict):
        raise PlanFileError(f"{name}: {type(given).__name__}; must be an object")
    version = given.get("schema_version")
    if version != SCHEMA_VERSION:
        raise PlanFileError(f"{name} schema_version: {version}; must be {SCHEMA_VERSION}")
    body = {key: value for key, value in given.items() if key not in _FOR_PEOPLE}
    try:
        plan = _adapter().validate_python(body)
    except ValidationError as error:
        raise PlanFileError("\n".join(f"{name} {_sentence(e)}" for e in error.errors())) from error
    # Reading is lenient (it skips unknown keys and turns "5" into 5); a plan must say exactly what was read.
    faults = [f"{name} {fault}" for fault in _differences(body, json.loads(json.dumps(plain_of(plan))))]
    if faults:
        raise PlanFileError("\n".join(faults))
    return plan


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def _sentence(fault: ErrorDetails) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "(whole file)"
    value = "" if isinstance(fault["input"], dict | list) else f" {fault['input']!r};"
    return f"{where}:{value} {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _differences(given: Any, read: Any, at: str = "") -> list[str]:
    if isinstance(given, dict) and isinstance(read, dict):
        unknown = [f"{_dotted(at, key)}: no such key in this format" for key in given if key not in read]
        shared = [key for key in given if key in read]
        return unknown + [f for key in shared for f in _differences(given[key], read[key], _dotted(at, key))]
    if isinstance(given, list) and isinstance(read, list) and len(given) == len(read):
        pairs = enumerate(zip(given, read, strict=True))
        return [f for i, (a, b) in pairs for f in _differences(a, b, _dotted(at, i))]
    if isinstance(given, str) == isinstance(read, str) and isinstance(given, bool) == isinstance(read, bool):
        return [] if given == read else [f"{at}: {given!r}; must be {read!r}"]
    return [f"{at}: {given!r}; must be written as {read!r}"]


def _dotted(at: str, key: object) -> str:
    return f"{at}.{key}" if at else str(key)
