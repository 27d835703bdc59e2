"""The text of letters to families: a council's own words with marks that each letter fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from transport.files.faults import Fault

MARKS: Mapping[str, str] = {
    "child": "the child’s name, or their id where the letters are made without names",
    "school": "the school",
    "starts_on": "the first day",
    "route": "the route",
    "driven_by": "the operator, or the council’s vehicle",
    "assistant": "a sentence on passenger assistants, such as There is 1 passenger assistant on board",
    "council": "the council, as the lists name it",
}
"""What may stand in braces, and what each letter puts in its place."""

DEFAULT_TEXT = """\
Dear parent or carer,

From {starts_on} {child} travels to {school} on route {route} ({driven_by}). The times are below. {assistant}.

Please be ready five minutes before the time in the table. The vehicle can wait for two minutes only, as others are \
waiting for it further on.

If a day is not needed, or something about your child's needs has changed, please tell us as early as you can.

School transport, {council}
"""
"""Ours: a council puts its own in its place."""

MOST_CHARACTERS = 4000
_MARK = re.compile(r"\{([^{}]*)\}")


def text_faults(text: str) -> list[Fault]:
    """What is wrong with a text: it is empty, too long, or names what no letter can fill in."""
    faults = []
    if not text.strip():
        faults.append("must not be empty")
    if len(text) > MOST_CHARACTERS:
        faults.append(f"must have at most {MOST_CHARACTERS:,} characters")
    unknown = dict.fromkeys(name for name in _MARK.findall(text) if name not in MARKS)
    faults += [f"{{{name[:40]}}} cannot be filled in; must be one of {', '.join(MARKS)}" for name in unknown]
    return [Fault(file="letter", row=None, column="text", value="", message=message) for message in faults]


def filled(text: str, values: Mapping[str, str]) -> list[str]:
    """Paragraphs of a letter.

    Parameters
    ----------
    values : by mark; every mark of the text must be among them.
    """
    # In one pass, so that a name which looks like a mark stays as it is.
    whole = _MARK.sub(lambda match: values[match[1]], text.replace("\r\n", "\n"))
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", whole) if part.strip()]
