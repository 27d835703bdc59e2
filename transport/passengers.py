"""Passengers: needs, places, days. An id and needs only: never a name, an address or a date of birth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from transport.calendar import N_DAYS, Leg
from transport.schools import Session


class Phase(StrEnum):
    """Phase of education; it sets the ride-time guide."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    POST16 = "post16"


class Mobility(StrEnum):
    """How the passenger gets in and travels."""

    WALKS_ON = "walks_on"
    TRANSFERS = "transfers"
    """Transfers from a wheelchair to a seat; the chair is stowed."""
    IN_WHEELCHAIR = "in_wheelchair"


class PaNeed(StrEnum):
    """Passenger assistant need."""

    NONE = "none"
    SHARED = "shared"
    ONE_TO_ONE = "one_to_one"
    TWO_TO_ONE = "two_to_one"


class Status(StrEnum):
    """Where the eligibility decision stands."""

    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"
    AWAITING_DECISION = "awaiting_decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passenger:
    """A person assessed for travel assistance.

    Attributes
    ----------
    passenger_id : random pseudonym.
    am_place_ids, pm_place_ids : 10 entries, Mon A to Fri B: where the passenger boards (AM) or alights (PM) that day;
        None where they do not travel that leg that day.
    own_sessions : 10 entries overriding the school's bell times, or None: the school's.
    board_s, alight_s : own service seconds at the home side.
    school_board_s, school_alight_s : own service seconds at the gate.
    ride_cap_s : own hard cap on the ride, never relaxed; None: the policy's.
    walk_s, walk_m : walk between home and the place of boarding; part of the total journey.
    solo : nobody else on board with them.
    vehicle_tags : tags the vehicle must have. pa_training_tags : training their PA must have.
    ready_from : risk assessment done; not carried before. None: ready.
    pinned_route_id : the current route they must stay on; None: free.
    """

    passenger_id: str
    school_id: str
    phase: Phase
    am_place_ids: tuple[str | None, ...]
    pm_place_ids: tuple[str | None, ...]
    gate_id: str | None = None
    mobility: Mobility = Mobility.WALKS_ON
    pa_need: PaNeed = PaNeed.NONE
    solo: bool = False
    own_sessions: tuple[Session | None, ...] | None = None
    board_s: int
    alight_s: int
    school_board_s: int
    school_alight_s: int
    ride_cap_s: int | None = None
    walk_s: int = 0
    walk_m: int = 0
    vehicle_tags: frozenset[str] = frozenset()
    pa_training_tags: frozenset[str] = frozenset()
    restraint_type: str = ""
    ready_from: date | None = None
    status: Status = Status.CONFIRMED
    pinned_route_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse tuples of the wrong length, negative seconds, and a passenger who never travels."""
        for name in ("am_place_ids", "pm_place_ids"):
            if len(getattr(self, name)) != N_DAYS:
                raise ValueError(f"passenger {self.passenger_id}: {name} must have {N_DAYS} entries")
        if self.own_sessions is not None and len(self.own_sessions) != N_DAYS:
            raise ValueError(f"passenger {self.passenger_id}: own_sessions must have {N_DAYS} entries")
        for name in ("board_s", "alight_s", "school_board_s", "school_alight_s", "walk_s", "walk_m"):
            if getattr(self, name) < 0:
                raise ValueError(f"passenger {self.passenger_id}: {name} must be 0 or more")
        if self.ride_cap_s is not None and self.ride_cap_s <= 0:
            raise ValueError(f"passenger {self.passenger_id}: ride_cap_s must be above 0")
        if not any(self.am_place_ids) and not any(self.pm_place_ids):
            raise ValueError(f"passenger {self.passenger_id} travels on no day")

    @property
    def uses_wheelchair_place(self) -> bool:
        """Whether they take a wheelchair place rather than a seat."""
        return self.mobility is Mobility.IN_WHEELCHAIR

    def place_id_on(self, leg: Leg, day: int) -> str | None:
        """Home-side place of a leg on a day (0..9), or None where they do not travel."""
        return self.am_place_ids[day] if leg is Leg.AM else self.pm_place_ids[day]

    def service_s(self, leg: Leg, *, at_school: bool) -> int:
        """Own service seconds at the home side or at the gate."""
        boards = (leg is Leg.AM) != at_school
        if at_school:
            return self.school_board_s if boards else self.school_alight_s
        return self.board_s if boards else self.alight_s


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverTogether:
    """Two passengers who are never on the same run."""

    passenger_ids: tuple[str, str]
    reason: str = ""
    owner: str = ""
    review_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse a pair of one."""
        if self.passenger_ids[0] == self.passenger_ids[1]:
            raise ValueError(f"never_together names {self.passenger_ids[0]} twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepTogether:
    """Passengers (siblings, same address) who share one route on both legs."""

    group_id: str
    passenger_ids: tuple[str, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a group of one or with repeats."""
        if len(set(self.passenger_ids)) != len(self.passenger_ids) or len(self.passenger_ids) < 2:
            raise ValueError(f"keep_together {self.group_id} needs two or more different passengers")
