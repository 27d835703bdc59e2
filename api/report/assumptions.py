"""The policy as the page shows it: every setting in people's units, with its source, ours marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transport.files.columns import setting_text
from transport.files.plan_words import miles, pounds
from transport.policy import Policy, SettingSpec, setting_specs


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One policy setting."""

    name: str
    meaning: str
    value: str
    kind: str
    source: str
    is_ours: bool
    is_default: bool


def settings_of(policy: Policy) -> tuple[Setting, ...]:
    """Every setting of a policy, in its order."""
    return tuple(_setting(spec, getattr(policy, spec.name)) for spec in setting_specs())


def _setting(spec: SettingSpec, value: int | bool | str) -> Setting:
    return Setting(
        name=spec.name,
        meaning=spec.meaning,
        value=setting_words(spec, value),
        kind=spec.kind.value,
        source=_outside_source(spec.source),
        is_ours=is_ours(spec),
        is_default=value == spec.default,
    )


def is_ours(spec: SettingSpec) -> bool:
    """Whether a setting's default is our own judgement, without an outside source for the figure itself."""
    return re.search(r"\bours\b", spec.source) is not None


def setting_words(spec: SettingSpec, value: int | bool | str) -> str:
    """A setting's value in people's units."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.replace("_", " ")
    if spec.unit == "s":
        return _duration_words(value)
    if spec.unit == "m":
        return miles(value) if value >= 1609 else f"{value} m"
    if spec.unit.startswith("pence"):
        amount = f"{value}p" if value < 100 else pounds(value)
        return amount + spec.unit.removeprefix("pence").replace("/", " per ")
    return f"{value:,} {spec.unit}".replace(" %", "%")


def _duration_words(seconds: int) -> str:
    if seconds >= 7200 and seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds and seconds % 60 == 0 else f"{seconds} s"


def _outside_source(source: str) -> str:
    """The source without the word `ours`, which the page shows as a tag."""
    parts = (part.strip() for part in source.replace("ours:", "ours;").split(";"))
    return "; ".join(part for part in parts if part != "ours")


_POLICY_INTRODUCTION = """\
# Settings of the policy

<!-- Written by api.report.assumptions.policy_markdown: change transport/policy.py, not this page. -->

Every limit, price and choice that a plan rests on. A council changes one with a row in `policy.csv` (or the sheet
`policy`): its name and the value, as in `ride_cap_primary_s,3000`. What is not named stands at its default. The report
shows every setting with its value and marks those that were changed.

- **hard**: a plan that breaks it may not be used. **soft**: a wish, with a price for every breach.
- **price**: what something costs. **default**: stands in for a cell left empty in another table.
- **method**: how planning is done.
- **ours** in the source: our own judgement. Confirm it, or set your own.

| setting | meaning | kind | unit | default | allowed | source |
|---|---|---|---|---|---|---|
"""


def policy_markdown() -> str:
    """The text of docs/policy.md."""
    return _POLICY_INTRODUCTION + "".join(_policy_row(spec) for spec in setting_specs())


def _policy_row(spec: SettingSpec) -> str:
    written, said = setting_text(spec.default), setting_words(spec, spec.default)
    default = f"`{written}`" if said in (written, f"{written} {spec.unit}") else f"`{written}` ({said})"
    allowed = spec.allowed.removeprefix("a whole number from ")
    cells = (f"`{spec.name}`", spec.meaning, spec.kind, spec.unit or "–", default, allowed, spec.source)
    return f"| {' | '.join(cells)} |\n"
