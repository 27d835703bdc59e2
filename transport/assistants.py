"""Passenger assistants employed by the council, where it lists them by id."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PassengerAssistant:
    """A council PA.

    Attributes
    ----------
    home_place_id : the PA boards first and leaves last there; None: with the passengers, first to last stop.
    pence_per_hour, min_paid_s : pay; the minimum covers AM and PM together.
    training_tags : what they are trained for.
    """

    pa_id: str
    pence_per_hour: int
    min_paid_s: int
    home_place_id: str | None = None
    training_tags: frozenset[str] = frozenset()
