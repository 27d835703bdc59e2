"""Contracts: what an operator is paid for a lot it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationClause:
    """How a changed route is priced under the contract.

    Attributes
    ----------
    mile_rate_pence : per mile a day more or less than at award.
    free_band_m : change in metres a day that is not priced.
    """

    mile_rate_pence: int
    free_band_m: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A held lot: operator, price, term.

    Attributes
    ----------
    day_rate_pence : per day the route runs, PA not included.
    pa_day_rate_pence : per PA and day.
    extension_day_rate_pence : the operator's price to go on after `ends_on`; None: none offered.
    """

    lot_id: str
    operator_id: str
    day_rate_pence: int
    pa_day_rate_pence: int
    variation: VariationClause
    starts_on: date
    ends_on: date
    extension_day_rate_pence: int | None = None

    def __post_init__(self) -> None:
        """Refuse a contract that ends before it starts, and negative prices."""
        if self.ends_on < self.starts_on:
            raise ValueError(f"contract {self.lot_id} ends {self.ends_on}, before it starts {self.starts_on}")
        if self.day_rate_pence < 0 or self.pa_day_rate_pence < 0:
            raise ValueError(f"contract {self.lot_id}: rates must be 0 or more")

    def day_rate_pence_on(self, on: date) -> int:
        """Day rate on a date: the extension price once the term is over, where there is one."""
        if self.is_over(on) and self.extension_day_rate_pence is not None:
            return self.extension_day_rate_pence
        return self.day_rate_pence

    def is_over(self, on: date) -> bool:
        """Whether its term has ended before a date."""
        return on > self.ends_on

    def can_hold(self, on: date) -> bool:
        """Whether the lot can be held on a date: its term runs, or goes on at the extension price."""
        return not self.is_over(on) or self.extension_day_rate_pence is not None
