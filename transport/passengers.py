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
class PickupPoint:
    """A place where a passenger may board (AM) or alight (PM) instead of at one of their own places.

    Attributes
    ----------
    home_place_id : own place that it may stand in for, on every leg and day on which the passenger is there.
    walk_m, walk_s : walk between the two.
    """

    place_id: str
    home_place_id: str
    walk_m: int
    walk_s: int

    def __post_init__(self) -> None:
        """Refuse a walk of less than nothing, and a point that stands in for itself."""
        if self.walk_m < 0 or self.walk_s < 0:
            raise ValueError(f"pick-up point {self.place_id}: walk_m and walk_s must be 0 or more")
        if self.place_id == self.home_place_id:
            raise ValueError(f"pick-up point {self.place_id} stands in for itself")


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
    pickup_points : other places where they may board or alight, each with its own walk, all for one own place. On each
        leg one place, the own one or a point, serves all days on which they are at that own place.
    boards_at_home : whether that own place may be chosen too; no only where there are points.
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
    pickup_points: tuple[PickupPoint, ...] = ()
    boards_at_home: bool = True
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
        faults = self._pickup_faults()
        if faults:
            raise ValueError(f"passenger {self.passenger_id}: {'; '.join(faults)}")

    def _pickup_faults(self) -> list[str]:
        own = {*self.am_place_ids, *self.pm_place_ids}
        ids = [point.place_id for point in self.pickup_points]
        homes = {point.home_place_id for point in self.pickup_points}
        faults = {
            "a pick-up point is given twice": len(set(ids)) < len(ids),
            "a pick-up point is one of their own places": bool(own & set(ids)),
            "pick-up points stand in for more than one own place": len(homes) > 1,
            "pick-up points stand in for a place that is not their own": not homes <= own,
            "boards_at_home may be no only with pick-up points": not (self.boards_at_home or ids),
        }
        return [fault for fault, found in faults.items() if found]

    @property
    def uses_wheelchair_place(self) -> bool:
        """Whether they take a wheelchair place rather than a seat."""
        return self.mobility is Mobility.IN_WHEELCHAIR

    def place_id_on(self, leg: Leg, day: int) -> str | None:
        """Home-side place of a leg on a day (0..9), or None where they do not travel."""
        return self.am_place_ids[day] if leg is Leg.AM else self.pm_place_ids[day]

    @property
    def boarding_choices(self) -> tuple[PickupPoint | None, ...]:
        """What may be chosen for a leg: None for the own place, then each pick-up point."""
        return (None, *self.pickup_points) if self.boards_at_home else self.pickup_points

    def choices_within(self, max_walk_m: int) -> tuple[PickupPoint | None, ...]:
        """Choices that are not too far to walk to; the first of all where every one is."""
        choices = self.boarding_choices
        walks_m = (self.walk_m if choice is None else choice.walk_m for choice in choices)
        near = [choice for choice, walk_m in zip(choices, walks_m, strict=True) if walk_m <= max_walk_m]
        return tuple(near) or choices[:1]

    def stop_id_on(self, leg: Leg, day: int, choice: PickupPoint | None) -> str | None:
        """Where they board (AM) or alight (PM) on a day (0..9) under a choice; None where they do not travel."""
        own = self.place_id_on(leg, day)
        return choice.place_id if choice is not None and own == choice.home_place_id else own

    def stop_ids_on(self, leg: Leg, day: int) -> tuple[str, ...]:
        """Every place where they may board (AM) or alight (PM) on a day (0..9); none where they do not travel."""
        ids = (self.stop_id_on(leg, day, choice) for choice in self.boarding_choices)
        return tuple(dict.fromkeys(place_id for place_id in ids if place_id is not None))

    def walk_m_to(self, place_id: str) -> int:
        """Metres they walk to a place of boarding."""
        return next((point.walk_m for point in self.pickup_points if point.place_id == place_id), self.walk_m)

    def walk_s_to(self, place_id: str) -> int:
        """Seconds they walk to a place of boarding."""
        return next((point.walk_s for point in self.pickup_points if point.place_id == place_id), self.walk_s)

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
