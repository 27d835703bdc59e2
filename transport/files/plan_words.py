"""The domain's integers in people's words: pounds, miles, minutes, clock times."""

from __future__ import annotations

from transport.passengers import Passenger

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


def pickup_words(passenger: Passenger, place_id: str) -> str:
    """`pick-up point bus-stop-12`; empty where the place is the passenger's own."""
    is_point = any(point.place_id == place_id for point in passenger.pickup_points)
    return f"pick-up point {place_id.removeprefix('pickup:')}" if is_point else ""


def walk_words(passenger: Passenger, place_id: str) -> str:
    """`400 m, 6 min on foot` to a place of boarding; empty where there is nothing to walk."""
    walk_m, walk_s = passenger.walk_m_to(place_id), passenger.walk_s_to(place_id)
    return f"{walk_m:,} m, {minutes(walk_s)} min on foot" if walk_m or walk_s else ""
