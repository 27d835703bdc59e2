"""Vehicle classes with alternative layouts, the council's fleet, its depots and shifts, and street rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from transport.rate_cards import RateCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One legal way to fit a vehicle out: passenger seats (PAs use them too) and wheelchair places."""

    seats: int
    wheelchairs: int

    def __post_init__(self) -> None:
        """Refuse an empty or negative layout."""
        if self.seats < 0 or self.wheelchairs < 0 or self.seats + self.wheelchairs == 0:
            raise ValueError(f"layout {self.seats}+{self.wheelchairs}; needs at least one place, none negative")

    def holds(self, *, n_seats: int, n_wheelchairs: int) -> bool:
        """Whether a load fits: every wheelchair in a wheelchair place, everybody else in a seat."""
        return n_seats <= self.seats and n_wheelchairs <= self.wheelchairs


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSize:
    """Outer size, for roads with limits. None: no limit applies. Centimetres and kilograms."""

    height_cm: int | None = None
    width_cm: int | None = None
    length_cm: int | None = None
    weight_kg: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleClass:
    """A kind of vehicle that can be bought, or that the fleet has.

    Attributes
    ----------
    layouts : alternatives; a run uses exactly one.
    rate_card : default price of a bought vehicle of this class; None: cannot be bought.
    tags : what it offers (`tail_lift`, `low_floor` ...), matched with passengers' `vehicle_tags`.
    max_routes : most bought routes of this class at once; None: no limit.
    """

    class_id: str
    layouts: tuple[Layout, ...]
    rate_card: RateCard | None = None
    tags: frozenset[str] = frozenset()
    size: VehicleSize = VehicleSize()
    licence_class: str = "PHV"
    max_routes: int | None = None

    def __post_init__(self) -> None:
        """Refuse a class without a layout."""
        if not self.layouts:
            raise ValueError(f"vehicle class {self.class_id} has no layout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """Where fleet vehicles start and end each shift."""

    depot_id: str
    place_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Earliest leaving of and latest return to the depot, seconds after midnight."""

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        """Refuse a shift that ends before it starts."""
        if not 0 <= self.start_s < self.end_s <= 86_400:
            raise ValueError(f"shift {self.start_s} to {self.end_s} s; must be 0 <= start < end <= 86400")


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetVehicle:
    """A council vehicle with its costs.

    Attributes
    ----------
    fixed_pence_per_day : lease, depot, insurance on a day it is used.
    can_be_given_up : whether `fixed_pence_per_day` is avoidable (else it is committed).
    mile_rate_pence : pence per mile, depot to depot.
    driver_pence_per_hour, driver_min_paid_s : driver pay; the minimum covers AM and PM shift together.
    max_runs_per_shift : 1: no tiering.
    """

    vehicle_id: str
    class_id: str
    depot_id: str
    am_shift: Shift
    pm_shift: Shift
    fixed_pence_per_day: int
    mile_rate_pence: int
    driver_pence_per_hour: int
    driver_min_paid_s: int
    can_be_given_up: bool = False
    max_runs_per_shift: int = 3
    tags: frozenset[str] = frozenset()


class StreetRuleKind(StrEnum):
    """What a council's own street rule forbids or asks."""

    NO_ENTRY = "no_entry"
    NO_REVERSING = "no_reversing"
    KERB_SIDE = "kerb_side"
    MEETING_PLACE = "meeting_place"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetRule:
    """A council's own rule for one street; hard in the travel matrices and so in the checker.

    Attributes
    ----------
    way_id : OpenStreetMap way; None: the street nearest to (`lat`, `lon`).
    class_ids : vehicle classes it binds; empty: all.
    meeting_place_id : for `meeting_place`: where passengers of this street board instead.
    """

    rule_id: str
    kind: StreetRuleKind
    way_id: int | None = None
    lat: float | None = None
    lon: float | None = None
    class_ids: frozenset[str] = frozenset()
    meeting_place_id: str | None = None
    reason: str = ""
    owner: str = ""
    review_on: date | None = None
