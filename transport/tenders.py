"""Tenders: the lots that operators price, the rules declared beforehand, and the pack that holds both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime

from transport.calendar import Leg
from transport.digest import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRun:
    """One vehicle's run of a lot, as published.

    Attributes
    ----------
    days : day indices 0..9. start_at_s, end_at_s : first boarding and last alighting, seconds after midnight.
    n_pas : PAs on board whom the operator provides.
    class_id : of its vehicle, in a lot of several classes; None: the lot's.
    """

    leg: Leg
    days: tuple[int, ...]
    start_at_s: int
    end_at_s: int
    n_pas: int = 0
    class_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse a run without days and one that ends before it starts."""
        if not self.days or self.end_at_s < self.start_at_s or self.n_pas < 0:
            raise ValueError(f"run {self.leg} {self.days} {self.start_at_s}-{self.end_at_s} with {self.n_pas} PAs")


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderLot:
    """What operators price: one or more routes, without anything that says whose.

    Attributes
    ----------
    class_id : vehicle class that the lot asks for, unless a run names another. runs : every run of every route of it.
    n_vehicle_days_a_year : operating days of a year, added over its routes; a day rate is paid for each.
    n_pa_days_a_year : PAs x days of a year; a PA rate is paid for each.
    estimate_pence : should-cost of a year.
    low_pence, high_pence : range of the estimate.
    n_routes : a vehicle each. metres_a_day : loaded, on the longest day, all routes together.
    held_by : operator that has it today, where somebody has.
    """

    lot_id: str
    class_id: str
    runs: tuple[LotRun, ...]
    n_vehicle_days_a_year: int
    n_pa_days_a_year: int
    estimate_pence: int
    low_pence: int
    high_pence: int
    n_routes: int = 1
    metres_a_day: int = 0
    held_by: str | None = None

    def __post_init__(self) -> None:
        """Refuse a lot without days and an estimate outside of its own range."""
        if self.n_vehicle_days_a_year < 1 or self.n_pa_days_a_year < 0:
            raise ValueError(f"lot {self.lot_id}: {self.n_vehicle_days_a_year} days a year; must be 1 or more")
        if not 0 < self.low_pence <= self.estimate_pence <= self.high_pence:
            raise ValueError(
                f"lot {self.lot_id}: estimate {self.low_pence}, {self.estimate_pence}, {self.high_pence}; "
                "low, middle and high must be above 0 and in that order"
            )

    def class_of(self, run: LotRun, offered: str | None = None) -> str:
        """Vehicle class that drives a run: the one offered in place of all, else the run's own, else the lot's."""
        return offered or run.class_id or self.class_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRules:
    """How awards are made, declared in the pack before anybody bids; percentages are whole numbers.

    Attributes
    ----------
    tie_seed : among awards of equal price, the one with the lowest sum of numbers drawn from it and the bids' ids.
    price_weight_pct : 1 to 100; the rest is quality. See `docs/procurement.md` for the formula.
    fallback_pct : a lot may be left unawarded at this share of its estimate; None: every lot must be awarded.
    packages : whether several lots may be offered at one price, all or nothing.
    max_lots_share_pct : no operator has more than this share of the lots. max_value_share_pct : nor of the estimates.
    min_operators : at least so many operators have a lot.
    fleet_reserved : the council may drive lots itself. extensions_reserved : it may extend contracts instead.
    incumbent_discount_pct, keep_crew_discount_pct, sme_discount_pct : taken off a bid's price when bids are compared
        (not when paid) if it is today's operator of all its lots, promises today's crew, or is from a small or medium
        enterprise. Off by default: take legal advice before declaring one.
    """

    tie_seed: int
    price_weight_pct: int = 100
    fallback_pct: int | None = None
    packages: bool = True
    max_lots_share_pct: int | None = None
    max_value_share_pct: int | None = None
    min_operators: int | None = None
    fleet_reserved: bool = False
    extensions_reserved: bool = False
    incumbent_discount_pct: int = 0
    keep_crew_discount_pct: int = 0
    sme_discount_pct: int = 0

    def __post_init__(self) -> None:
        """Refuse shares outside of 1 to 100 and discounts that leave no price, all at once."""
        faults = [
            f"{name}: {value}; must be between {low} and {high}"
            for name, (low, high) in _RULE_RANGES.items()
            if (value := getattr(self, name)) is not None and not low <= value <= high
        ]
        if self.incumbent_discount_pct + self.keep_crew_discount_pct + self.sme_discount_pct > 50:
            faults.append("the three discounts together: must be at most 50")
        if faults:
            raise ValueError("award rules: " + "; ".join(faults))

    def in_play(self) -> tuple[str, ...]:
        """Names of the rules that could be taken away: those that differ from the plain award at least price."""
        plain = AwardRules(tie_seed=self.tie_seed)
        stays = {"tie_seed", "packages", "fallback_pct"}
        names = [f.name for f in fields(self) if f.name not in stays]
        return tuple(name for name in names if getattr(self, name) != getattr(plain, name))


_RULE_RANGES = {
    "price_weight_pct": (1, 100),
    "fallback_pct": (100, 1000),
    "max_lots_share_pct": (1, 100),
    "max_value_share_pct": (1, 100),
    "min_operators": (1, 10_000),
    "incumbent_discount_pct": (0, 50),
    "keep_crew_discount_pct": (0, 50),
    "sme_discount_pct": (0, 50),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderPack:
    """Lots and rules as issued: what binds the council once bids close.

    Attributes
    ----------
    version : goes up by one with every amendment, which all are told of.
    deadline : the instant at which bids close, with time zone.
    starts_on, ends_on : term of the contracts.
    """

    pack_id: str
    version: int
    lots: tuple[TenderLot, ...]
    rules: AwardRules
    deadline: datetime
    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        """Refuse a deadline without time zone, a term in the wrong order and lots given twice, all at once."""
        faults = list(self._faults())
        if faults:
            raise ValueError(f"tender pack {self.pack_id}: " + "; ".join(faults))

    def _faults(self) -> Iterator[str]:
        if not self.lots:
            yield "has no lots"
        if self.deadline.tzinfo is None:
            yield f"deadline {self.deadline.isoformat()} has no time zone"
        if self.ends_on < self.starts_on:
            yield f"contracts end {self.ends_on}, before they start {self.starts_on}"
        if self.deadline.date() >= self.starts_on:
            yield f"bids close {self.deadline.date()}, not before contracts start {self.starts_on}"
        for lot_id, n in Counter(lot.lot_id for lot in self.lots).items():
            if n > 1:
                yield f"lot {lot_id} is given {n} times"

    @property
    def class_ids(self) -> tuple[str, ...]:
        """Vehicle classes that its lots ask for, in order of first use."""
        return tuple(dict.fromkeys(lot.class_of(run) for lot in self.lots for run in lot.runs))

    @property
    def digest(self) -> str:
        """Sha256 of all that is in it: published with the pack."""
        return digest_of(self)

    @property
    def lots_digest(self) -> str:
        """Sha256 of the lots alone: fixed once bids close."""
        return digest_of(self.lots)
