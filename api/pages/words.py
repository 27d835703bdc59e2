"""Dates, moments and codes in people's words, as the pages show them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from transport.files.plan_words import plural

UK = ZoneInfo("Europe/London")
"""Officers' clock; moments are stored in UTC."""

ROLE_WORDS = {
    "transport_officer": "Transport officer",
    "procurement_officer": "Procurement officer",
    "viewer": "Viewer",
    "administrator": "Administrator",
}
STATUS_WORDS = {
    "draft": "Draft",
    "proposed": "Proposed",
    "published": "Published",
    "superseded": "Superseded",
}
NEED_WORDS = {
    "none": "No passenger assistant",
    "shared": "Shared passenger assistant",
    "one_to_one": "A passenger assistant of their own",
    "two_to_one": "Two passenger assistants of their own",
    "walks_on": "Walks on",
    "transfers": "Moves from a wheelchair to a seat",
    "in_wheelchair": "Travels in a wheelchair",
    "primary": "Primary",
    "secondary": "Secondary",
    "post16": "Post-16",
    "confirmed": "Confirmed",
    "provisional": "Provisional",
    "awaiting_decision": "Awaiting a decision",
}


def day_words(on: date | str | None) -> str:
    """`1 September 2026`, also of an ISO date as text; empty for none."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    return "" if day is None else f"{day.day} {day:%B %Y}"


def moment_words(at: datetime | str) -> str:
    """`1 September 2026, 9:05am` on the clock in the United Kingdom."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    local = moment.astimezone(UK)
    return f"{day_words(local.date())}, {(local.hour - 1) % 12 + 1}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def layout_words(layout: str) -> str:
    """`3+1` as `3 seats and 1 wheelchair place`."""
    seats, _, places = layout.partition("+")
    if not (seats.isdecimal() and places.isdecimal()):
        return layout
    words = [plural(int(seats), "seat"), *([plural(int(places), "wheelchair place")] if int(places) else [])]
    return " and ".join(words)


def code_words(code: str) -> str:
    """A code of the lists in words; one without words of its own loses its underscores."""
    known = NEED_WORDS.get(code) or STATUS_WORDS.get(code) or ROLE_WORDS.get(code)
    return known or code.replace("_", " ").replace(".", ": ")
