"""Contracts: what an operator is paid for a lot it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from transport.calendar import N_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationBand:
    """The price of the part of a change that lies below a limit and above the band before.

    Attributes
    ----------
    up_to_m : change in metres a day. mile_rate_pence : per mile of that part.
    """

    up_to_m: int
    mile_rate_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationClause:
    """How a changed route is priced under the contract: a mile more adds what a mile less takes off.

    Attributes
    ----------
    mile_rate_pence : per mile a day more or less than at award, beyond the bands.
    free_band_m : change in metres a day that is not priced.
    bands : other rates for the first part of a change, nearest first; the free band lies inside them.
    day_share_pct : a mile costs this share of the day rate divided by the miles at award instead; None: as above.
    max_change_pct : largest change, in per cent of the metres at award, that the clause prices; None: any. What is
        larger must be negotiated.
    pa_absent_pct : share of a PA's rate that comes off for each PA fewer than at award.
    """

    mile_rate_pence: int
    free_band_m: int = 0
    bands: tuple[VariationBand, ...] = ()
    day_share_pct: int | None = None
    max_change_pct: int | None = None
    pa_absent_pct: int = 100

    def __post_init__(self) -> None:
        """Refuse bands out of order, and two ways to price one mile."""
        limits = [band.up_to_m for band in self.bands]
        if any(b <= a for a, b in pairwise([self.free_band_m, *limits])):
            raise ValueError(f"variation bands end at {limits} m; each must end above the one before and the free band")
        if self.bands and self.day_share_pct is not None:
            raise ValueError("a variation clause has bands or a share of the day rate, not both")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A held lot: operator, price, term.

    Attributes
    ----------
    day_rate_pence : per day the route runs, PA not included.
    pa_day_rate_pence : per PA and day.
    extension_day_rate_pence : the operator's price to go on after `ends_on`; None: none offered.
    award_m : metres a day at award, first stop to last on both legs of all routes of the lot; 10 entries, Mon A to
        Fri B, 0 on a day it did not run. None: not known, and the lot is as it was awarded.
    award_n_pas : PAs at award; None: as many as are on board.
    """

    lot_id: str
    operator_id: str
    day_rate_pence: int
    pa_day_rate_pence: int
    variation: VariationClause
    starts_on: date
    ends_on: date
    extension_day_rate_pence: int | None = None
    award_m: tuple[int, ...] | None = None
    award_n_pas: int | None = None

    def __post_init__(self) -> None:
        """Refuse a contract that ends before it starts, negative prices, and metres that are not those of ten days."""
        if self.award_m is not None and len(self.award_m) != N_DAYS:
            raise ValueError(f"contract {self.lot_id}: award_m must have {N_DAYS} entries")
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
