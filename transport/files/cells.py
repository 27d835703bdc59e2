"""Kinds of cells: what may be written in one, what it means, and the value it becomes.

A cell kind is the annotation of a row model's field, so the reader, the template and the documentation speak
from one definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from transport.calendar import N_DAYS
from transport.files.faults import did_you_mean
from transport.vehicles import Layout

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEKS = ("A", "B")
_FORMULA_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|FIELD!)")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})|([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_LAYOUT = re.compile(r"([0-9]{1,3})\+([0-9]{1,3})")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,63}")
_TAG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A kind of cell.

    Attributes
    ----------
    meaning : what the column says, one sentence without a full stop.
    unit : for people, empty where there is none.
    example : a value as written.
    required : whether a row must fill it in.
    default : what an empty cell means, in words; blank : the value that an empty cell becomes.
    """

    meaning: str
    unit: str = ""
    example: str = ""
    required: bool = False
    default: str = ""
    blank: Any = None
    is_text: ClassVar[bool] = True
    """Whether a spreadsheet must keep it as text (else `007` becomes 7)."""

    @property
    def allowed(self) -> str:
        """What may be written, to follow "must be"."""
        return f"text of at most {_MOST_CHARACTERS} characters"

    @property
    def choices(self) -> tuple[str, ...]:
        """The values to choose from, where there is a closed list."""
        return ()

    def read(self, text: str) -> Any:
        """The value of a cell's text.

        Raises
        ------
        ValueError
            Saying what is allowed.
        """
        if text == "":
            if self.required:
                raise ValueError(f"must not be empty; must be {self.allowed}")
            return self.blank
        if _FORMULA_ERROR.fullmatch(text):
            raise ValueError(f"is a formula's error; must be {self.allowed}")
        return self.parse(text)

    def parse(self, text: str) -> Any:
        """The value of a text that is not empty."""
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(f"must be {self.allowed}")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read the cell with `read` and nothing else."""
        return core_schema.no_info_plain_validator_function(self.read)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCell(Cell):
    """Free words."""

    blank: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdCell(Cell):
    """An id: no spaces (ids stand in lists) and no colon (ids stand in place ids)."""

    refers_to: str = ""
    """Table whose id this is, for the documentation."""

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "an id: letters, digits, and . _ - / after the first, at most 64 in all, no spaces"

    def parse(self, text: str) -> str:
        """The id as written."""
        if not _ID.fullmatch(text):
            raise ValueError(f"must be {self.allowed}")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class IdsCell(IdCell):
    """A list of ids."""

    blank: Any = frozenset()

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "ids separated by spaces, commas or ;"

    def parse(self, text: str) -> frozenset[str]:  # type: ignore[override]
        """Ids without order."""
        words = _words_of(text)
        if not all(_ID.fullmatch(word) for word in words):
            raise ValueError(f"must be {self.allowed}")
        return _distinct(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsCell(Cell):
    """A list of tags, in small letters."""

    blank: Any = frozenset()

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "words of letters, digits, _ and -, separated by spaces, commas or ;"

    def parse(self, text: str) -> frozenset[str]:
        """Tags in small letters, without order."""
        words = _words_of(text.lower())
        if not all(_TAG.fullmatch(word) for word in words):
            raise ValueError(f"must be {self.allowed}")
        return _distinct(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceCell(Cell):
    """One of a closed list; capitals, spaces and hyphens do not matter."""

    options: type[StrEnum] | tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """The values to choose from."""
        return tuple(str(option) for option in self.options)

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "one of " + ", ".join(self.choices)

    def parse(self, text: str) -> Any:
        """The member of the list."""
        word = re.sub(r"[\s-]+", "_", text).casefold()
        for option in self.options:
            if str(option).casefold() == word:
                return option
        raise ValueError(f"must be {self.allowed}{did_you_mean(word, self.choices)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNoCell(Cell):
    """Yes or no."""

    blank: Any = False
    default: str = "no"

    @property
    def choices(self) -> tuple[str, ...]:
        """Yes and no."""
        return ("yes", "no")

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "yes or no"

    def parse(self, text: str) -> bool:
        """Whether it says yes."""
        word = text.casefold()
        if word in ("yes", "y", "true"):
            return True
        if word in ("no", "n", "false"):
            return False
        raise ValueError("must be yes or no")


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCell(Cell):
    """A whole number."""

    lowest: int = 0
    highest: int
    is_text: ClassVar[bool] = False

    @property
    def allowed(self) -> str:
        """What may be written."""
        return f"a whole number between {self.lowest} and {self.highest}"

    def parse(self, text: str) -> int:
        """The number; `12.0` is 12."""
        number = decimal_of(text, "a whole number")
        if number != number.to_integral_value():
            raise ValueError(f"must be {self.allowed}")
        if not self.lowest <= number <= self.highest:
            raise ValueError(f"must be between {self.lowest} and {self.highest}")
        return int(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberCell(Cell):
    """A number that may have decimals."""

    lowest: int = 0
    highest: int
    is_text: ClassVar[bool] = False

    @property
    def allowed(self) -> str:
        """What may be written."""
        return f"a number between {self.lowest} and {self.highest}"

    def parse(self, text: str) -> Decimal:
        """The number, exactly as written."""
        number = decimal_of(text, "a number")
        if not self.lowest <= number <= self.highest:
            raise ValueError(f"must be between {self.lowest} and {self.highest}")
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCell(Cell):
    """A clock time."""

    unit: str = "HH:MM"

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "a time between 00:00 and 23:59 written HH:MM, such as 08:40"

    def parse(self, text: str) -> int:
        """Seconds after midnight."""
        match = _TIME.fullmatch(text)
        if match is None:
            raise ValueError(f"must be {self.allowed}")
        hour, minute, second = (int(part or 0) for part in match.groups())
        if hour > 23 or minute > 59 or second > 59:
            raise ValueError(f"must be {self.allowed}")
        return hour * 3600 + minute * 60 + second


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCell(Cell):
    """A date."""

    unit: str = "date"

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "a date written YYYY-MM-DD or DD/MM/YYYY, such as 2026-09-01 or 01/09/2026"

    def parse(self, text: str) -> date:
        """The date; nothing before 1900 or after 2100."""
        match = _DATE.fullmatch(text)
        if match is None:
            raise ValueError(f"must be {self.allowed}")
        year, month, day = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
        try:
            on = date(int(year), int(month), int(day))
        except ValueError:
            raise ValueError(f"is not in the calendar; must be {self.allowed}") from None
        if not 1900 <= on.year <= 2100:
            raise ValueError("must lie between 1900 and 2100")
        return on


@dataclass(frozen=True, slots=True, kw_only=True)
class SomeOfCell(Cell):
    """Some of a short closed list, in the list's order: weekdays, weeks."""

    options: tuple[str, ...] = ()
    everything: str = "all"
    """A word for all of them."""
    blank: Any = field(default=())

    @property
    def choices(self) -> tuple[str, ...]:
        """The values to choose from."""
        return self.options

    @property
    def allowed(self) -> str:
        """What may be written."""
        return f"one or more of {' '.join(self.options)}, separated by spaces, commas or ;"

    def parse(self, text: str) -> tuple[int, ...]:
        """Indices into `options`, ascending."""
        if text.casefold() == self.everything:
            return tuple(range(len(self.options)))
        idx_by_word = {option.casefold(): i for i, option in enumerate(self.options)}
        words = [word.casefold() for word in _words_of(text)]
        if not words or not all(word in idx_by_word for word in words):
            raise ValueError(f"must be {self.allowed}")
        return tuple(sorted(idx_by_word[word] for word in _distinct(words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutsCell(Cell):
    """Alternative layouts of a vehicle."""

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "seats+wheelchair places, alternatives separated by ; such as 16+0; 14+1; 12+2"

    def parse(self, text: str) -> tuple[Layout, ...]:
        """Layouts in the order written."""
        words = _words_of(re.sub(r"\s*\+\s*", "+", text))
        matches = [_LAYOUT.fullmatch(word) for word in words]
        if not words or not all(matches):
            raise ValueError(f"must be {self.allowed}")
        _distinct(words)
        return tuple(Layout(seats=int(m[1]), wheelchairs=int(m[2])) for m in matches if m is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandsCell(Cell):
    """Prices by band."""

    @property
    def allowed(self) -> str:
        """What may be written."""
        return "miles:pence a mile, rising, separated by ; such as 5:90; 15:120"

    def parse(self, text: str) -> tuple[tuple[Decimal, int], ...]:
        """(miles, pence) in the order written."""
        bands = []
        for word in _words_of(re.sub(r"\s*:\s*", ":", text)):
            miles, _, pence = word.partition(":")
            if not _NUMBER.fullmatch(miles) or not pence.isdecimal() or len(word) > 20:
                raise ValueError(f"must be {self.allowed}")
            bands.append((Decimal(miles), int(pence)))
        if any(b[0] <= a[0] for a, b in pairwise([(Decimal(0), 0), *bands])):
            raise ValueError("bands must rise: each one ends at more miles than the one before")
        return tuple(bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenDaysCell(Cell):
    """A whole number for all days, or ten of them."""

    highest: int

    @property
    def allowed(self) -> str:
        """What may be written."""
        return f"a whole number between 0 and {self.highest} for all days, or ten of them, Mon A to Fri B"

    def parse(self, text: str) -> tuple[int, ...]:
        """Ten numbers."""
        words = _words_of(text)
        if len(words) not in (1, N_DAYS) or not all(w.isdecimal() and int(w) <= self.highest for w in words):
            raise ValueError(f"must be {self.allowed}")
        return tuple(int(word) for word in words) * (N_DAYS // len(words))


def decimal_of(text: str, wanted: str) -> Decimal:
    """A plain number, exactly.

    Raises
    ------
    ValueError
        Saying which mark must go: thousands separators, currency signs, words.
    """
    if _THOUSANDS.fullmatch(text):
        raise ValueError(f"must be {wanted} without thousands separators")
    if text.startswith("£"):
        raise ValueError(f"must be {wanted} without a currency sign (money is in whole pence)")
    if not _NUMBER.fullmatch(text) or len(text) > 20:
        raise ValueError(f"must be {wanted}, digits only, without units or words")
    return Decimal(text)


def _words_of(text: str) -> list[str]:
    return [word for word in re.split(r"[\s;,]+", text) if word]


def _distinct(words: Iterable[str]) -> frozenset[str]:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ValueError(f"names {word} more than once")
        seen.add(word)
    return frozenset(seen)
