"""The domain's integers in people's words: pounds, miles, minutes, clock times."""

from __future__ import annotations

METRES_PER_MILE = 1609.344


def pounds(pence: int, *, pennies: bool = True) -> str:
    """Pence as pounds, `£1,234.56`; without pennies rounded half up, `£1,235`."""
    sign, amount = ("−" if pence < 0 else ""), abs(pence)
    if pennies:
        return f"{sign}£{amount // 100:,}.{amount % 100:02d}"
    return f"{sign}£{(amount + 50) // 100:,}"


def miles(metres: int) -> str:
    """Metres as miles with one decimal below a hundred, `12.3 miles`."""
    n = metres / METRES_PER_MILE
    return f"{n:,.1f} miles" if n < 100 else f"{n:,.0f} miles"


def minutes(seconds: int) -> int:
    """Whole minutes, rounded half up."""
    return (seconds + 30) // 60


def minutes_words(seconds: int) -> str:
    """Whole minutes in words, `1 minute`, `45 minutes`."""
    n = minutes(seconds)
    return f"{n} minute{'' if n == 1 else 's'}"


def clock(at_s: int) -> str:
    """Seconds after midnight as `HH:MM`, cut to the minute: nobody comes too late by reading it."""
    return f"{at_s // 3600:02d}:{at_s % 3600 // 60:02d}"


def clock_exact(at_s: int) -> str:
    """Seconds after midnight as `HH:MM:SS`."""
    return f"{clock(at_s)}:{at_s % 60:02d}"


def plural(n: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 route`, `2,000 routes`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
