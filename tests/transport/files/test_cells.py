"""What cells forgive, and what they refuse."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from transport.files.cells import (
    WEEKDAYS,
    Cell,
    ChoiceCell,
    DateCell,
    IdCell,
    IdsCell,
    LayoutsCell,
    NumberCell,
    SomeOfCell,
    TagsCell,
    TextCell,
    TimeCell,
    WholeCell,
    YesNoCell,
)
from transport.passengers import PaNeed
from transport.vehicles import Layout

CHOICE = ChoiceCell(meaning="", options=PaNeed, blank=PaNeed.NONE)
DAYS = SomeOfCell(meaning="", options=WEEKDAYS, blank=(0, 1, 2, 3, 4))
WHOLE = WholeCell(meaning="", lowest=-5, highest=5000)


@pytest.mark.parametrize(
    ("cell", "text", "value"),
    [
        (CHOICE, "", PaNeed.NONE), (CHOICE, "One to one", PaNeed.ONE_TO_ONE),
        (CHOICE, "SHARED", PaNeed.SHARED),
        (CHOICE, "two-to-one", PaNeed.TWO_TO_ONE),
        (YesNoCell(meaning=""), "Yes", True), (YesNoCell(meaning=""), "FALSE", False),
        (YesNoCell(meaning=""), "", False),
        (WHOLE, "12.0", 12), (WHOLE, "+7", 7), (WHOLE, "-5", -5), (WHOLE, "007", 7), (WHOLE, "", None),
        (NumberCell(meaning="", highest=9), "2.95", Decimal("2.95")),
        (TimeCell(meaning=""), "8:40", 31_200), (TimeCell(meaning=""), "08:40:30", 31_230),
        (TimeCell(meaning=""), "00:00", 0),
        (DateCell(meaning=""), "2026-9-1", date(2026, 9, 1)),
        (DateCell(meaning=""), "1/9/2026", date(2026, 9, 1)),
        (DAYS, "", (0, 1, 2, 3, 4)), (DAYS, "all", (0, 1, 2, 3, 4)), (DAYS, "Fri;mon", (0, 4)),
        (DAYS, "tue", (1,)),
        (TagsCell(meaning=""), "Tail_Lift; low-floor", frozenset({"tail_lift", "low-floor"})),
        (IdsCell(meaning=""), "a;B c, d", frozenset({"a", "B", "c", "d"})), (IdCell(meaning=""), "007", "007"),
        (LayoutsCell(meaning=""), "16+0;12 + 2",
         (Layout(seats=16, wheelchairs=0), Layout(seats=12, wheelchairs=2))),
        (LayoutsCell(meaning=""), "16+0 0+1",
         (Layout(seats=16, wheelchairs=0), Layout(seats=0, wheelchairs=1))),
        (TextCell(meaning=""), "#1 road", "#1 road"), (TextCell(meaning=""), "", ""),
    ],
)  # fmt: skip
def test_values_of_texts(cell: Cell, text: str, value: object) -> None:
    """Each text, and an empty one, becomes what the column says."""
    assert cell.read(text) == value


@pytest.mark.parametrize(
    ("cell", "text", "words"),
    [
        (CHOICE, "1:1", "must be one of none, shared, one_to_one, two_to_one"),
        (YesNoCell(meaning=""), "1", "must be yes or no"),
        (WHOLE, "1,200", "without thousands separators"), (WHOLE, "£5", "without a currency sign"),
        (WHOLE, "1e3", "digits only"), (WHOLE, "5001", "must be between -5 and 5000"),
        (WHOLE, "9" * 30, "digits only"), (WHOLE, "--5", "digits only"), (WHOLE, "٣", "digits only"),
        (TimeCell(meaning=""), "0.361", "written HH:MM"), (TimeCell(meaning=""), "8:60", "written HH:MM"),
        (TimeCell(meaning=""), "8am", "written HH:MM"),
        (DateCell(meaning=""), "09/13/2026", "is not in the calendar"),
        (DateCell(meaning=""), "1 Sept", "YYYY-MM-DD"),
        (DateCell(meaning=""), "2026-09-01 08:00:00", "YYYY-MM-DD"),
        (DateCell(meaning=""), "1066-10-14", "between 1900 and 2100"),
        (DAYS, "mon mon", "names mon more than once"), (DAYS, ";", "one or more of"),
        (IdCell(meaning=""), "home:P1", "no spaces"), (IdCell(meaning=""), "=A1", "no spaces"),
        (IdCell(meaning=""), "x" * 65, "at most 64"), (TagsCell(meaning=""), "lift!", "letters, digits"),
        (TextCell(meaning=""), "x" * 501, "at most 500 characters"),
        (TextCell(meaning=""), "#REF!", "is a formula's error"),
        (TextCell(meaning="", required=True), "", "must not be empty"),
    ],
)  # fmt: skip
def test_texts_that_are_refused(cell: Cell, text: str, words: str) -> None:
    """The message says what is allowed."""
    with pytest.raises(ValueError, match=r"^(must|is|names) ") as caught:
        cell.read(text)
    assert words in str(caught.value)
