"""What a council measures its transport by, the targets it sets, and blue, red, amber or green against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from transport.files.faults import Fault, InputFaults
from transport.files.plan_words import pounds


class Brag(StrEnum):
    """How a figure stands against its target."""

    BLUE = "blue"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


BRAG_WORDS: Mapping[Brag, str] = {
    Brag.BLUE: "better than the target by more than the margin",
    Brag.GREEN: "on target, or better by no more than the margin",
    Brag.AMBER: "worse than the target by no more than the margin",
    Brag.RED: "worse than the target by more than the margin",
}


class KpiUnit(StrEnum):
    """What a figure is counted in."""

    PENCE = "£"
    PERCENT = "%"
    DAYS = "working days"
    RATIO = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One thing that is measured.

    Attributes
    ----------
    lower_is_better : whether the target is a most rather than a least.
    default : target in the figure's unit (pence, per cent, days); ours, until the council sets its own.
    """

    name: str
    label: str
    unit: KpiUnit
    lower_is_better: bool
    default: float

    def words(self, value: float | None) -> str:
        """A value as people say it."""
        if value is None:
            return "Unknown"
        if self.unit is KpiUnit.PENCE:
            return pounds(round(value), pennies=value < 100_000)
        if self.unit is KpiUnit.PERCENT:
            return f"{value:.1f}%"
        if self.unit is KpiUnit.DAYS:
            return f"{value:,.0f}"
        return f"{value:.1f}"

    def target_words(self, target: float) -> str:
        """The target as people say it, e.g. `at most £180.00`."""
        return f"{'at most' if self.lower_is_better else 'at least'} {self.words(target)}"


def _kpi(name: str, label: str, unit: KpiUnit, default: float, *, lower: bool = False) -> Kpi:
    return Kpi(name=name, label=label, unit=unit, lower_is_better=lower, default=default)


KPIS = (
    _kpi("per-passenger", "Cost per passenger a year", KpiUnit.PENCE, 830_000, lower=True),
    _kpi("per-route-day", "Cost per route and day", KpiUnit.PENCE, 18_000, lower=True),
    _kpi("occupancy", "Places filled", KpiUnit.PERCENT, 70),
    _kpi("solo", "Travelling alone", KpiUnit.PERCENT, 9, lower=True),
    _kpi("fleet", "Council’s vehicles in use", KpiUnit.PERCENT, 90),
    _kpi("pas", "Passengers who need an assistant, per assistant", KpiUnit.RATIO, 2),
    _kpi("over-45", "Journeys over 45 minutes", KpiUnit.PERCENT, 15, lower=True),
    _kpi("over-75", "Journeys over 75 minutes", KpiUnit.PERCENT, 1, lower=True),
    _kpi("changed", "Families changed", KpiUnit.PERCENT, 10, lower=True),
    _kpi("notice", "Working days of notice", KpiUnit.DAYS, 10),
    _kpi("bids", "Bids per lot", KpiUnit.RATIO, 3),
    _kpi("single-bid", "Lots with a single bid", KpiUnit.PERCENT, 25, lower=True),
    _kpi("sme", "Lots won by small and medium operators", KpiUnit.PERCENT, 50),
)
"""Cost per passenger: the mean of English councils in 2023-24, £8,299, rounded; travelling alone: 9 % of passengers
with special needs in England. The other targets have no outside source."""
KPI_BY_NAME = {kpi.name: kpi for kpi in KPIS}
MARGIN = "margin"
DEFAULT_MARGIN_PCT = 10.0
"""Ours."""
_MOST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Targets of a council.

    Attributes
    ----------
    by_name : in each figure's unit. margin_pct : of the target, within which a miss is amber and a gain green.
    own : names of those that the council has set.
    """

    by_name: Mapping[str, float]
    margin_pct: float
    own: frozenset[str]

    def brag(self, name: str, value: float | None) -> Brag | None:
        """Blue, green, amber or red; None where the value is unknown."""
        if value is None:
            return None
        target = self.by_name[name]
        margin = target * self.margin_pct / 100
        gain = target - value if KPI_BY_NAME[name].lower_is_better else value - target
        # A tenth of 9 is not 0.9 to a computer: what is on the line must not stand beside it.
        gain, beyond = round(gain, 6), round(abs(gain) - margin, 6) > 0
        if gain >= 0:
            return Brag.BLUE if beyond else Brag.GREEN
        return Brag.RED if beyond else Brag.AMBER


def targets_of(row: Mapping[str, str]) -> Targets:
    """Targets from what the council has set, ours for the rest.

    Parameters
    ----------
    row : texts by name, in pounds, per cent or days, as `target_texts` made them.
    """
    set_by_council = {name: _stored(KPI_BY_NAME[name], text) for name, text in row.items() if name in KPI_BY_NAME}
    return Targets(
        by_name={kpi.name: set_by_council.get(kpi.name, kpi.default) for kpi in KPIS},
        margin_pct=float(row.get(MARGIN, DEFAULT_MARGIN_PCT)), own=frozenset(set_by_council),
    )  # fmt: skip


def shown_text(kpi: Kpi, value: float) -> str:
    """A target as a form shows it: pounds, per cent or days."""
    return f"{value / 100 if kpi.unit is KpiUnit.PENCE else value:.2f}".rstrip("0").rstrip(".")


def target_texts(given: Mapping[str, str]) -> dict[str, str]:
    """Targets of a form, ready to be kept; those that are ours are left out.

    Raises
    ------
    InputFaults
        With every one that is no number of its kind.
    """
    kept: dict[str, str] = {}
    faults = []
    for name, text in given.items():
        most = 100 if name == MARGIN or KPI_BY_NAME[name].unit is KpiUnit.PERCENT else _MOST
        value = _number(text)
        if value is None or not 0 <= value <= most:
            message = f"must be a number from 0 to {most:,}"
            faults.append(Fault(file="targets", row=None, column=name, value=text, message=message))
        elif name == MARGIN or shown_text(KPI_BY_NAME[name], KPI_BY_NAME[name].default) != f"{value.normalize():f}":
            kept[name] = f"{value.normalize():f}"
    if faults:
        raise InputFaults(faults)
    return kept


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.replace(",", "").removeprefix("£").removesuffix("%").strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _stored(kpi: Kpi, text: str) -> float:
    return float(text) * (100 if kpi.unit is KpiUnit.PENCE else 1)


def targets_body(texts: Mapping[str, str]) -> dict[str, Any]:
    """The record that keeps targets."""
    return {"row": dict(texts)}
