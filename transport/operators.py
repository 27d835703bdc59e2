"""Operators: admission, capacity and their own rate cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from transport.rate_cards import RateCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A company admitted to the purchasing system.

    Attributes
    ----------
    categories : vehicle classes it is admitted for.
    n_vehicles_by_class : vehicles at the same time; hard. A class not named: none.
    n_pas : its PAs at the same time; None: no limit stated.
    base_place_id : where its vehicles start; needed by `dead_rule` from_base.
    rate_cards : own standing prices by class; a route may be given to it at these without a tender.
    is_sme : small or medium enterprise.
    """

    operator_id: str
    name: str
    categories: frozenset[str]
    n_vehicles_by_class: Mapping[str, int]
    n_pas: int | None = None
    base_place_id: str | None = None
    rate_cards: Mapping[str, RateCard] = field(default_factory=dict)
    is_sme: bool = False
