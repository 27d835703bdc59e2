"""Quotes in people's words: the ways to each school, the cheapest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.in_year_quotes import KIND_WORDS, signed
from transport.calendar import days_words
from transport.check.words import list_words
from transport.files.plan_words import clock, minutes, plural


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionLine:
    """One way to carry somebody; `number` counts from 1, over all schools, as the quote does."""

    number: int
    route_id: str
    kind: str
    vehicle: str
    a_day: str
    a_year: str
    times: tuple[str, ...]
    others: str
    pas: str
    priced_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolQuote:
    """What a school would mean: its options, the cheapest first."""

    school_id: str
    school: str
    options: tuple[OptionLine, ...]


def by_school(
    content: Mapping[str, Any], school_ids: Sequence[str], names: Mapping[str, str], most: int
) -> list[SchoolQuote]:
    """Schools with the cheapest way first; one without any way last.

    Parameters
    ----------
    content : `in_year_quotes.quote_figures`. most : options shown for each school.
    """
    options = list(enumerate(content["options"], start=1))
    found = [
        SchoolQuote(
            school_id=school_id, school=names.get(school_id, school_id),
            options=tuple(_line(n, option) for n, option in options if option["school_id"] == school_id)[:most],
        )
        for school_id in school_ids
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.options[0].number if one.options else len(options) + 1)


def _line(number: int, option: Mapping[str, Any]) -> OptionLine:
    times = tuple(
        f"{'fetched' if ride['leg'] == 'AM' else 'home'} {clock(ride['at_s'])}, {minutes(ride['ride_s'])} minutes on "
        f"board ({days_words(tuple(ride['days']))})"
        for ride in option["rides"]
    )
    return OptionLine(
        number=number, route_id=option["route_id"], kind=KIND_WORDS[option["kind"]],
        vehicle=option["vehicle_id"] or option["class_id"], a_day=signed(option["extra_pence_per_day"]),
        a_year=signed(option["extra_pence_per_year"], pennies=False), times=times, others=_moved_words(option),
        pas=_pa_words(option), priced_by=option["priced_by"],
    )  # fmt: skip


def _pa_words(option: Mapping[str, Any]) -> str:
    more = option["n_pas"] - option["n_pas_before"]
    if more == 0:
        n_pas = option["n_pas"]
        return f"{plural(n_pas, 'passenger assistant')} as before" if n_pas else "no passenger assistant"
    return f"{plural(abs(more), 'passenger assistant')} {'more' if more > 0 else 'fewer'}"


def _moved_words(option: Mapping[str, Any]) -> str:
    """Whose pick-up or drop-off moves, and by how much at most."""
    if not option["moved"]:
        return "nobody else moves"
    ids = list(dict.fromkeys(moved["passenger_id"] for moved in option["moved"]))
    most_s = max(abs(moved["by_s"]) for moved in option["moved"])
    told = f"; {plural(len(option['disturbed']), 'family', 'families')} disturbed" if option["disturbed"] else ""
    few = list_words(ids) if len(ids) <= 4 else f"{len(ids)} others"
    return f"moves {few} by at most {minutes(most_s)} minutes{told}"
