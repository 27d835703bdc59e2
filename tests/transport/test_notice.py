"""Notice in working days: weekends, bank holidays and terms, by dates that can be looked up."""

from __future__ import annotations

from datetime import date

import pytest

from transport.calendar import Closure, OperatingCalendar
from transport.notice import after_working_days, starts_on

BANK_HOLIDAY = Closure(on=date(2027, 5, 3), reason="Early May bank holiday")
OWN_INSET = Closure(on=date(2027, 5, 4), school_id="S1")
TERM = (date(2027, 4, 12), date(2027, 5, 28))
NEXT_TERM = (date(2027, 6, 7), date(2027, 7, 23))
CALENDAR = OperatingCalendar(terms=(TERM, NEXT_TERM), closures=(BANK_HOLIDAY, OWN_INSET))


@pytest.mark.parametrize(
    ("told_on", "n", "ends_on"),
    [
        (date(2027, 4, 12), 5, date(2027, 4, 19)),  # Monday to Monday
        (date(2027, 4, 16), 5, date(2027, 4, 23)),  # Friday to Friday
        (date(2027, 4, 17), 1, date(2027, 4, 19)),  # told on a Saturday
        (date(2027, 4, 29), 5, date(2027, 5, 7)),  # the bank holiday does not count, one school's INSET day does
        (date(2027, 4, 29), 0, date(2027, 4, 29)),
    ],
)
def test_working_days_are_counted_without_the_day_of_telling(told_on: date, n: int, ends_on: date) -> None:
    """Weekends and days on which every school is shut do not count."""
    assert after_working_days(told_on, n, CALENDAR) == ends_on


@pytest.mark.parametrize(
    ("told_on", "wanted", "first"),
    [
        (date(2027, 4, 12), None, date(2027, 4, 20)),
        (date(2027, 4, 12), date(2027, 5, 1), date(2027, 5, 4)),  # a Saturday, then the bank holiday
        (date(2027, 4, 12), date(2027, 4, 14), date(2027, 4, 20)),  # sooner than the notice allows
        (date(2027, 5, 24), None, date(2027, 6, 7)),  # the notice ends in the holidays
    ],
)
def test_a_change_begins_on_a_day_of_operation(told_on: date, wanted: date | None, first: date) -> None:
    """After five working days, not before the day wished for, and in term."""
    assert starts_on(told_on, 5, CALENDAR, [wanted]) == first


def test_without_terms_every_working_day_will_do() -> None:
    """Five working days from Monday the 26th skip the bank holiday: the 4th, so the 5th."""
    assert starts_on(date(2027, 4, 26), 5, OperatingCalendar(closures=(BANK_HOLIDAY,))) == date(2027, 5, 5)


def test_after_the_last_term_there_is_no_day() -> None:
    """Next year's terms are asked for."""
    with pytest.raises(ValueError, match="give next year's terms"):
        starts_on(date(2027, 7, 20), 5, CALENDAR)
