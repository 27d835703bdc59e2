"""Legs, the ten days of a fortnight, and the operating calendar that turns days into a year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

N_DAYS = 10
"""Days in the planning fortnight: Monday to Friday of week A, then of week B. A *day* is an index 0..9."""

DAY_NAMES = ("Mon A", "Tue A", "Wed A", "Thu A", "Fri A", "Mon B", "Tue B", "Wed B", "Thu B", "Fri B")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
ALL_DAYS = tuple(range(N_DAYS))
DEFAULT_OPERATING_DAYS = (19,) * N_DAYS
"""38 of each weekday, 190 in all (the usual school year: 190 days, 380 sessions)."""


class Leg(StrEnum):
    """One direction on one day."""

    AM = "AM"
    PM = "PM"


LEGS = (Leg.AM, Leg.PM)


def day_idx(week: str, weekday: int) -> int:
    """Index of a day in the fortnight.

    Parameters
    ----------
    week : "A" or "B".
    weekday : 0 (Monday) to 4 (Friday).
    """
    if week not in ("A", "B") or not 0 <= weekday <= 4:
        raise ValueError(f"week {week!r}, weekday {weekday}; week must be A or B, weekday 0 to 4")
    return (0 if week == "A" else 5) + weekday


def days_words(days: Iterable[int]) -> str:
    """Day indices in words: `Mon–Fri`, `Mon, Wed`, `Mon–Fri (week A)`, `Mon A, Tue B`."""
    chosen = sorted(set(days))
    week_a = [day for day in chosen if day < 5]
    week_b = [day - 5 for day in chosen if day >= 5]
    if week_a == week_b:
        return _weekdays(week_a)
    if not week_b:
        return f"{_weekdays(week_a)} (week A)"
    if not week_a:
        return f"{_weekdays(week_b)} (week B)"
    return ", ".join(DAY_NAMES[day] for day in chosen)


def _weekdays(days: list[int]) -> str:
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{WEEKDAYS[days[0]]}–{WEEKDAYS[days[-1]]}"
    return ", ".join(WEEKDAYS[day] for day in days) or "no day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A date on which one school (or, with `school_id` None, every school) is shut."""

    on: date
    school_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingCalendar:
    """Term dates less bank holidays and INSET days.

    Attributes
    ----------
    terms : tuple of (first day, last day), both inclusive. Empty: 38 of each weekday, 190 in all.
    closures : bank holidays, council-wide INSET days (`school_id` None) and a school's own INSET days.
    first_week : "A" or "B", the week that contains the first term's first day.
    """

    terms: tuple[tuple[date, date], ...] = ()
    closures: tuple[Closure, ...] = ()
    first_week: str = "A"
    _shut: Mapping[date, frozenset[str | None]] = field(init=False, repr=False, compare=False)
    _dates: tuple[tuple[date, int], ...] = field(init=False, repr=False, compare=False)
    _counted: dict[frozenset[str], tuple[int, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse terms that end before they begin or overlap."""
        if self.first_week not in ("A", "B"):
            raise ValueError(f"first_week {self.first_week!r}; must be A or B")
        last: date | None = None
        for begin, end in self.terms:
            if end < begin:
                raise ValueError(f"term {begin} to {end} ends before it begins")
            if last is not None and begin <= last:
                raise ValueError(f"term starting {begin} overlaps the term ending {last}")
            last = end
        shut: dict[date, set[str | None]] = {}
        for closure in self.closures:
            shut.setdefault(closure.on, set()).add(closure.school_id)
        object.__setattr__(self, "_shut", {on: frozenset(ids) for on, ids in shut.items()})
        object.__setattr__(self, "_dates", tuple(self._found_dates()))

    def operating_dates(self) -> list[tuple[date, int]]:
        """Dates on which the council operates, each with its day index (0..9)."""
        return list(self._dates)

    def _found_dates(self) -> list[tuple[date, int]]:
        dates: list[tuple[date, int]] = []
        if not self.terms:
            return dates
        monday = self.terms[0][0] - timedelta(days=self.terms[0][0].weekday())
        for begin, end in self.terms:
            for step in range((end - begin).days + 1):
                on = begin + timedelta(days=step)
                if on.weekday() > 4 or None in self._shut.get(on, frozenset()):
                    continue
                other_week = ((on - monday).days // 7) % 2 == 1
                week = self.first_week if not other_week else ("B" if self.first_week == "A" else "A")
                dates.append((on, day_idx(week, on.weekday())))
        return dates

    def n_operating_days(self, school_ids: Iterable[str] = ()) -> tuple[int, ...]:
        """Operating days of each of the ten days, for a vehicle that serves these schools.

        A date counts unless every one of the schools is shut on it. No schools given: council-wide.

        Returns
        -------
        tuple of 10 counts, Mon A to Fri B.
        """
        if not self.terms:
            return DEFAULT_OPERATING_DAYS
        schools = frozenset(school_ids)
        # Each item of a cost asks for it, for the same few sets of schools.
        if schools not in self._counted:
            counts = [0] * N_DAYS
            for on, day in self._dates:
                counts[day] += not (schools and schools <= self._shut.get(on, frozenset()))
            self._counted[schools] = tuple(counts)
        return self._counted[schools]
