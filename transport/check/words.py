"""Words of the sentences that officers read: durations, clock times, days, routes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transport.calendar import ALL_DAYS, days_words
from transport.check.shifts import RoutedRun


def duration_words(seconds: int) -> str:
    """`64 min`, `1 min 30 s`, `45 s`."""
    minutes, rest = divmod(seconds, 60)
    if minutes and rest:
        return f"{minutes} min {rest} s"
    return f"{minutes} min" if minutes else f"{rest} s"


def clock_words(clock_s: int) -> str:
    """`08:45`, with seconds only where there are any."""
    minutes, rest = divmod(clock_s, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{rest:02d}" if rest else text


def on_days_words(days: Iterable[int]) -> str:
    """` on Mon–Fri (week B)`, or nothing where it is every day."""
    chosen = set(days)
    return "" if chosen >= set(ALL_DAYS) else f" on {days_words(chosen)}"


def run_words(routed: RoutedRun, days: Iterable[int] | None = None) -> str:
    """`Route R12 AM on Mon`."""
    on = on_days_words(routed.run.days if days is None else days)
    return f"Route {routed.route.route_id} {routed.run.leg.value}{on}"


def list_words(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def count_words(n: int, singular: str, plural: str | None = None) -> str:
    """`1 place`, `2 places`."""
    return f"{n} {singular if n == 1 else plural or singular + 's'}"
