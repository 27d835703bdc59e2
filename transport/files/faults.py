"""What is wrong with the files given: where, what was written, what is allowed; all faults at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

_LONGEST_SHOWN = 60
_MOST_CANDIDATES = 300
"""Looking for the nearest of thousands of ids, for thousands of faults, would take minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong.

    Attributes
    ----------
    file : as the person knows it: `passengers.csv`, or `council.xlsx sheet passengers`.
    row : 1-based as a spreadsheet shows it, the header is row 1; None: the file as a whole.
    column : normalised column name; empty: the row or file as a whole.
    value : what was written; empty where nothing was, or where it must not be repeated.
    message : what is allowed.
    """

    file: str
    row: int | None
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        """Say it as one sentence, `passengers.csv row 12, column ride_cap_min: -5; must be ...`."""
        where = self.file if self.row is None else f"{self.file} row {self.row}"
        if self.column:
            where += f", column {self.column}"
        return f"{where}: {_shown(self.value)}; {self.message}" if self.value else f"{where}: {self.message}"


class InputFaults(ValueError):
    """The files given cannot be read as a scenario; nothing was made of them.

    Whoever prepared the files must correct them. The text holds values from the files: show it to the person
    who gave them, and keep it out of logs.

    Attributes
    ----------
    faults : every fault, by file and row.
    """

    faults: tuple[Fault, ...]

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the nearest known word, or nothing."""
    candidates = list(known)
    if len(candidates) > _MOST_CANDIDATES:
        return ""
    near = get_close_matches(word, candidates, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _shown(value: str) -> str:
    plain = "".join(char if char.isprintable() else " " for char in value)
    return plain if len(plain) <= _LONGEST_SHOWN else plain[: _LONGEST_SHOWN - 1] + "…"
