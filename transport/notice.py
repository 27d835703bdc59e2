"""Notice: when a change may begin, counted in working days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from transport.calendar import OperatingCalendar

_FARTHEST_DAYS = 400
"""How far ahead a day of operation is looked for."""


def is_working_day(on: date, calendar: OperatingCalendar) -> bool:
    """Monday to Friday, but not a day on which the operating calendar shuts every school: bank holidays, INSET days."""
    return on.weekday() < 5 and not any(c.on == on and c.school_id is None for c in calendar.closures)


def after_working_days(told_on: date, n: int, calendar: OperatingCalendar) -> date:
    """The day on which n whole working days have passed since the day of telling, which does not count.

    Told on a Friday, five working days end on the next Friday; the change may begin the day after, at the earliest.
    """
    on = told_on
    while n > 0:
        on += timedelta(days=1)
        n -= is_working_day(on, calendar)
    return on


def starts_on(told_on: date, n_notice: int, calendar: OperatingCalendar, wanted: Iterable[date | None] = ()) -> date:
    """First day of operation after the notice and not before any day wished for.

    Parameters
    ----------
    n_notice : working days of notice. wanted : days before which the change must not begin; None: any.

    Raises
    ------
    ValueError
        When the calendar has no day of operation after that.
    """
    earliest = max([after_working_days(told_on, n_notice, calendar) + timedelta(days=1), *filter(None, wanted)])
    if not calendar.terms:
        return next(on for on in _days_from(earliest) if is_working_day(on, calendar))
    dates = [on for on, _ in calendar.operating_dates() if on >= earliest]
    if not dates:
        raise ValueError(f"the operating calendar has no day from {earliest.isoformat()} on; give next year's terms")
    return dates[0]


def _days_from(on: date) -> Iterable[date]:
    return (on + timedelta(days=step) for step in range(_FARTHEST_DAYS))
