"""Rounding, and prices of a distance and a time: every item once, half up, to a penny."""

from __future__ import annotations

MILE_MM = 1_609_344
"""Millimetres in a mile."""


def half_up(numerator: int, denominator: int) -> int:
    """A fraction rounded half up to a whole number. `denominator` is above 0."""
    return (2 * numerator + denominator) // (2 * denominator)


def mile_pence(rate_pence: int, metres: int) -> int:
    """Price of a distance at a rate per mile."""
    return half_up(rate_pence * metres * 1000, MILE_MM)


def hour_pence(rate_pence: int, seconds: int) -> int:
    """Price of a time at a rate per hour."""
    return half_up(rate_pence * seconds, 3600)
