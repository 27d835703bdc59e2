"""Bids: what operators offer for lots, alone or several at one price, and what they can carry at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """A price for one lot, or one price for several: all or nothing.

    Several bids of an operator may win together; of those for one lot, one at most.

    Attributes
    ----------
    lot_ids : one: a single bid; more: a package.
    year_pence : price of a year, PAs included: what is compared and paid.
    day_rate_pence, pa_day_rate_pence : of a single bid, from which `year_pence` is worked out.
    mile_rate_pence : for variations during the contract.
    class_id : vehicle class offered in place of the lot's; None: as asked for.
    keeps_crew : promises today's driver and PA.
    """

    bid_id: str
    operator_id: str
    lot_ids: tuple[str, ...]
    year_pence: int
    day_rate_pence: int | None = None
    pa_day_rate_pence: int | None = None
    mile_rate_pence: int = 0
    class_id: str | None = None
    keeps_crew: bool = False

    def __post_init__(self) -> None:
        """Refuse a bid without lots, with a lot twice, or without a price."""
        if not self.lot_ids or len(set(self.lot_ids)) < len(self.lot_ids):
            raise ValueError(f"bid {self.bid_id}: lots {self.lot_ids}; must be at least one, each once")
        if self.year_pence < 1:
            raise ValueError(f"bid {self.bid_id}: {self.year_pence} pence a year; must be above 0")

    @property
    def is_package(self) -> bool:
        """Whether it is for several lots."""
        return len(self.lot_ids) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearances:
    """Papers of a bidder that must be valid through the term; None: not stated.

    Attributes
    ----------
    licence_classes : held, such as `PHV` or `PSV`.
    """

    licence_classes: frozenset[str] = frozenset()
    licence_ends_on: date | None = None
    insurance_ends_on: date | None = None
    clearances_end_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Everything one operator sent in.

    Attributes
    ----------
    n_vehicles_by_class : vehicles it can put out at once for this tender. n_pas : PAs at once; None: no limit.
    max_lots, max_year_pence : most that it wants to win, its own cap; None: no cap.
    received_at : the instant it came in, with time zone. digest : sha256 of the file.
    """

    operator_id: str
    bids: tuple[Bid, ...]
    n_vehicles_by_class: Mapping[str, int]
    n_pas: int | None = None
    max_lots: int | None = None
    max_year_pence: int | None = None
    is_sme: bool = False
    clearances: Clearances = field(default_factory=Clearances)
    received_at: datetime | None = None
    digest: str = ""

    def __post_init__(self) -> None:
        """Refuse bids of somebody else and numbers below 0."""
        strangers = [bid.bid_id for bid in self.bids if bid.operator_id != self.operator_id]
        if strangers:
            raise ValueError(f"submission of {self.operator_id} holds bids of others: {', '.join(strangers)}")
        caps = (*self.n_vehicles_by_class.values(), self.n_pas, self.max_lots, self.max_year_pence)
        if any(cap is not None and cap < 0 for cap in caps):
            raise ValueError(f"submission of {self.operator_id}: capacities and caps must be 0 or more")
