"""Under which law and by which steps a council buys: settings, and the timetable worked back from the start.

Nothing here is legal advice. The defaults are those of a light-touch mini-competition and must be confirmed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Law(StrEnum):
    """Which regulations apply."""

    PCR_2015 = "pcr_2015"
    """Public Contracts Regulations 2015: systems set up before 24 February 2025 may run on."""
    PA_2023 = "pa_2023"
    """Procurement Act 2023."""


class System(StrEnum):
    """Through which list of operators the council buys."""

    FPS = "fps"
    DPS = "dps"
    FRAMEWORK = "framework"
    OPEN_FRAMEWORK = "open_framework"
    DYNAMIC_MARKET = "dynamic_market"


class Standstill(StrEnum):
    """Whether a pause between award and contract is required."""

    MANDATORY = "mandatory"
    VOLUNTARY = "voluntary"
    NONE = "none"


class DayUnit(StrEnum):
    """How days are counted."""

    CALENDAR = "calendar"
    WORKING = "working"
    """Monday to Friday without bank holidays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """Settings of one council's way of buying.

    Attributes
    ----------
    light_touch : whether the council takes the light-touch rules to apply; councils differ.
    standstill_days : 8 working days under the Procurement Act 2023, 10 calendar days under the regulations of 2015.
    bidding_days, evaluation_days, vetting_days, notice_days : working days for bids, for evaluation, for vetting
        drivers and PAs, and for telling families (ours).
    bank_holidays : dates that are no working days.
    time_zone : in which deadlines are written.
    """

    law: Law = Law.PA_2023
    system: System = System.FPS
    light_touch: bool = True
    standstill: Standstill = Standstill.VOLUNTARY
    standstill_days: int = 8
    standstill_unit: DayUnit = DayUnit.WORKING
    bidding_days: int = 20
    evaluation_days: int = 10
    vetting_days: int = 15
    notice_days: int = 10
    bank_holidays: frozenset[date] = field(default_factory=frozenset)
    time_zone: str = "Europe/London"

    def __post_init__(self) -> None:
        """Refuse days below 0 and a standstill without days."""
        names = ("standstill_days", "bidding_days", "evaluation_days", "vetting_days", "notice_days")
        wrong = [f"{name}: {getattr(self, name)}" for name in names if getattr(self, name) < 0]
        if self.standstill is not Standstill.NONE and self.standstill_days == 0:
            wrong.append(f"standstill is {self.standstill.value} but has no days")
        if wrong:
            raise ValueError(f"regime: {'; '.join(wrong)}; days must be 0 or more")


BIDS_CLOSE = "Bids close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a timetable."""

    what: str
    on: date


def days_before(on: date, n: int, unit: DayUnit, bank_holidays: Collection[date] = ()) -> date:
    """The day from which `n` whole days of a kind lie before a date.

    Working back over working days, the answer is a working day itself.
    """
    if unit is DayUnit.CALENDAR:
        return on - timedelta(days=n)
    day = on
    left = n
    while left or not _is_working(day, bank_holidays):
        day -= timedelta(days=1)
        left -= _is_working(day, bank_holidays) and left > 0
    return day


def _is_working(day: date, bank_holidays: Collection[date]) -> bool:
    return day.weekday() < 5 and day not in bank_holidays


def timetable(regime: Regime, starts_on: date) -> tuple[Step, ...]:
    """Latest dates of each step, worked back from the first day of the contracts."""

    def before(on: date, n: int, unit: DayUnit = DayUnit.WORKING) -> date:
        return days_before(on, n, unit, regime.bank_holidays)

    told = before(starts_on, regime.notice_days)
    signed = before(told, regime.vetting_days)
    pause = regime.standstill is not Standstill.NONE
    awarded = latest_award(regime, signed)
    closed = before(awarded, regime.evaluation_days)
    steps = [
        Step(what="Pack issued to all", on=before(closed, regime.bidding_days)),
        Step(what=BIDS_CLOSE, on=closed),
        Step(what="Award decided, operators told" + (", standstill begins" if pause else ""), on=awarded),
        Step(what="Contracts signed, vetting begins", on=signed),
        Step(what="Families told", on=told),
        Step(what="Contracts start", on=starts_on),
    ]
    return tuple(steps)


def late_words(regime: Regime, starts_on: date, deadline: datetime) -> str:
    """A warning where bids close too late for what must follow before contracts start; empty: they do not."""
    (latest,) = [step.on for step in timetable(regime, starts_on) if step.what == BIDS_CLOSE]
    if deadline.astimezone(ZoneInfo(regime.time_zone)).date() <= latest:
        return ""
    return (
        f"Bids close after {day_words(latest)}, the latest day that leaves time for evaluation, standstill, vetting "
        f"and notice to families before {day_words(starts_on)}."
    )


def standstill_ends_on(regime: Regime, told_on: date) -> date | None:
    """The last day of the standstill, which ends at its midnight; None: there is none.

    Notes
    -----
    Under the Procurement Act 2023, section 51, days are counted from the day of the contract award notice, that day
    included; under the Public Contracts Regulations 2015, regulation 87, from the day after the notices are sent, and a
    last day that is no working day moves to the next one.
    """
    if regime.standstill is Standstill.NONE:
        return None
    by_working_day = regime.standstill_unit is DayUnit.WORKING
    day = told_on if regime.law is Law.PA_2023 else told_on + timedelta(days=1)
    left = regime.standstill_days
    while True:
        left -= not by_working_day or _is_working(day, regime.bank_holidays)
        if left <= 0 and _is_working(day, regime.bank_holidays):
            return day
        day += timedelta(days=1)


def latest_award(regime: Regime, signed: date) -> date:
    """The last working day on which operators can be told, if contracts are to be signed on a day."""
    day = signed
    while True:
        ends_on = standstill_ends_on(regime, day)
        if _is_working(day, regime.bank_holidays) and (ends_on is None or ends_on < signed):
            return day
        day -= timedelta(days=1)


def day_words(on: date) -> str:
    """A date in words: `Friday 5 July 2024`."""
    return f"{on:%A} {on.day} {on:%B %Y}"


def standstill_words(regime: Regime, told_on: date) -> str:
    """When contracts may be signed, in words that nobody can read two ways."""
    ends_on = standstill_ends_on(regime, told_on)
    if ends_on is None:
        return "There is no standstill: contracts may be signed from today."
    n, unit = regime.standstill_days, regime.standstill_unit.value
    first = "that day included" if regime.law is Law.PA_2023 else "from the day after"
    return (
        f"The standstill is {regime.standstill.value}: {n} {unit} days, counted from {day_words(told_on)}, {first}. It "
        f"ends at midnight at the end of {day_words(ends_on)}. Nothing is signed before."
    )


def deadline_words(deadline: datetime, time_zone: str) -> str:
    """An instant in words that nobody can read two ways.

    `3:00 pm on Friday 5 July 2024, London time (BST, UTC+01:00)`.
    """
    local = deadline.astimezone(ZoneInfo(time_zone))
    offset = local.strftime("%z")
    hour = local.hour % 12 or 12
    half = "am" if local.hour < 12 else "pm"
    zone = f"{local.tzname()}, UTC{offset[:3]}:{offset[3:]}"
    city = time_zone.rpartition("/")[2].replace("_", " ")
    return f"{hour}:{local.minute:02d} {half} on {local:%A} {local.day} {local:%B %Y}, {city} time ({zone})"
