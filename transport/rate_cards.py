"""What a bought vehicle costs a day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeadRule(StrEnum):
    """Which empty miles are billed."""

    NONE = "none"
    RETURN = "return"
    """From the last stop back to the first, each leg."""
    FROM_BASE = "from_base"
    """From the operator's base to the first stop and from the last stop back to base, each leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """Price of one route-day.

    base + mile rate x max(0, billed miles - free miles) + long-leg share x base x hours over the threshold + PAs.

    Attributes
    ----------
    base_pence : per day the route runs.
    mile_rate_pence : per billed mile beyond `free_m`.
    free_m : metres a day that the base covers.
    pa_day_rate_pence : per operator PA and day.
    dead_rule : which empty miles are billed.
    one_leg_share_pct : share of the base paid on a day with one leg only (councils buy days: 100).
    long_leg_pct, long_leg_after_s : linear surcharge on the base per hour of the longest leg over the threshold.
    """

    base_pence: int
    mile_rate_pence: int
    pa_day_rate_pence: int
    free_m: int = 0
    dead_rule: DeadRule = DeadRule.RETURN
    one_leg_share_pct: int = 100
    long_leg_pct: int = 30
    long_leg_after_s: int = 3600

    def __post_init__(self) -> None:
        """Refuse negative prices."""
        for name in ("base_pence", "mile_rate_pence", "pa_day_rate_pence", "free_m", "one_leg_share_pct"):
            if getattr(self, name) < 0:
                raise ValueError(f"rate card {name}: {getattr(self, name)}; must be 0 or more")
        if self.long_leg_pct < 0 or self.long_leg_after_s < 0:
            raise ValueError("rate card long_leg_pct and long_leg_after_s must be 0 or more")
