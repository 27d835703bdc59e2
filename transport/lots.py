"""Lots: what operators price."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LotState(StrEnum):
    """Who supplies a lot, and on what ground."""

    HELD = "held"
    """An operator has a contract for it."""
    CARD = "card"
    """An operator's standing rate card prices it."""
    TENDER = "to_be_tendered"
    """Priced at the default card of its class (should-cost)."""


class LotDecision(StrEnum):
    """What becomes of a lot that is held when the plan begins."""

    KEPT = "kept"
    """Its contract runs on: price and routes stay as they are."""
    EXTENDED = "extended"
    """Its contract is over and goes on at its extension price; routes stay as they are."""
    RELEASED = "released"
    """Its passengers are planned anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A priced unit of one or more bought routes."""

    lot_id: str
    state: LotState
    class_id: str
    route_ids: tuple[str, ...]
    operator_id: str | None = None

    def __post_init__(self) -> None:
        """Only a lot to be tendered has no operator yet."""
        if (self.operator_id is None) != (self.state is LotState.TENDER):
            raise ValueError(f"lot {self.lot_id}: state {self.state.value} with operator {self.operator_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LotChoice:
    """What becomes of one held lot, and why.

    Attributes
    ----------
    price_pence : a week, of holding it: contract or extension price, PAs and soft prices. None: it cannot be held.
    elsewhere_pence : a week, that taking its passengers off the routes they would otherwise be on saves; None where
        there was no choice.
    """

    lot_id: str
    decision: LotDecision
    price_pence: int | None
    elsewhere_pence: int | None = None
