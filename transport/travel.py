"""Travel times and distances between places: the same numbers serve kernel, cost, checker and map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from transport.calendar import LEGS, Leg

UNREACHABLE = 1_000_000_000
"""Seconds and metres where no permitted road leads (int32)."""

IntArray = NDArray[np.int32]
RowArray = NDArray[np.int64]


class Travel(Protocol):
    """What the checker and the cost ask of travel: times and distances by place id."""

    @property
    def profile_by_class_id(self) -> Mapping[str, int]:
        """Vehicle class -> access profile."""

    @property
    def approximate(self) -> bool:
        """Whether it was made without a road extract."""

    @property
    def source(self) -> str:
        """What it was made from, for people."""

    @property
    def digest(self) -> str:
        """Sha256 over every input."""

    def seconds_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Driving seconds, or `UNREACHABLE`."""

    def metres_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Metres along the fastest path, or `UNREACHABLE`."""


class TravelByRow(Travel, Protocol):
    """Travel that answers by row too: what the optimiser asks of it. Places at one point share a row."""

    @property
    def row_by_place_id(self) -> Mapping[str, int]:
        """Place -> row."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on data quality, for people."""

    def block(self, rows: RowArray, to_rows: RowArray) -> tuple[IntArray, IntArray]:
        """Seconds and metres, int32 (n_profiles, 2, rows, to_rows); axis 1 is AM, PM."""

    def seconds_from(self, leg: Leg, rows: RowArray) -> IntArray:
        """Seconds from some rows to all on profile 0, int32 (rows, n_rows)."""


Pair = tuple[Leg, str, str, int]
"""(leg, from place id, to place id, access profile)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TravelPairs:
    """Only the pairs that a plan needs, as written beside it: enough to check and price it again.

    Attributes
    ----------
    values : (seconds, metres) by pair.
    """

    values: Mapping[Pair, tuple[int, int]]
    profile_by_class_id: Mapping[str, int]
    approximate: bool
    source: str
    digest: str

    def seconds_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Driving seconds, or `UNREACHABLE`."""
        return self.values[leg, from_place_id, to_place_id, profile][0]

    def metres_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Metres along the fastest path, or `UNREACHABLE`."""
        return self.values[leg, from_place_id, to_place_id, profile][1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WrappedTravel:
    """Travel seen through something that changes or notes its answers."""

    travel: Travel

    @property
    def profile_by_class_id(self) -> Mapping[str, int]:
        """Vehicle class -> access profile."""
        return self.travel.profile_by_class_id

    @property
    def approximate(self) -> bool:
        """Whether it was made without a road extract."""
        return self.travel.approximate

    @property
    def source(self) -> str:
        """What it was made from, for people."""
        return self.travel.source

    @property
    def digest(self) -> str:
        """Sha256 over every input."""
        return self.travel.digest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnyRoadTravel(WrappedTravel):
    """Travel on which every drive has a length: the least restricted class's where a class has no permitted road.

    For clocks and prices of plans that break the rule, such as today's routes: the checker names the drive, and a
    billion metres would hide every other figure. Where no class has a road it is 0.
    """

    def seconds_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Driving seconds."""
        own = self.travel.seconds_between(leg, from_place_id, to_place_id, profile=profile)
        return own if own < UNREACHABLE else self._least(self.travel.seconds_between, leg, from_place_id, to_place_id)

    def metres_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Metres along the fastest path."""
        own = self.travel.metres_between(leg, from_place_id, to_place_id, profile=profile)
        return own if own < UNREACHABLE else self._least(self.travel.metres_between, leg, from_place_id, to_place_id)

    def _least(self, length: Callable[..., int], leg: Leg, a: str, b: str) -> int:
        least = length(leg, a, b, profile=0)
        return least if least < UNREACHABLE else 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordingTravel(WrappedTravel):
    """Travel that notes every pair it is asked for, so that exactly these can be kept with a plan."""

    asked: dict[Pair, tuple[int, int]] = field(default_factory=dict)

    def seconds_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Driving seconds, or `UNREACHABLE`."""
        return self._ask(leg, from_place_id, to_place_id, profile)[0]

    def metres_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Metres along the fastest path, or `UNREACHABLE`."""
        return self._ask(leg, from_place_id, to_place_id, profile)[1]

    def pairs(self) -> TravelPairs:
        """The pairs asked for so far."""
        return TravelPairs(
            values=dict(self.asked),
            profile_by_class_id=dict(self.travel.profile_by_class_id),
            approximate=self.travel.approximate,
            source=self.travel.source,
            digest=self.travel.digest,
        )

    def _ask(self, leg: Leg, a: str, b: str, profile: int) -> tuple[int, int]:
        pair = (leg, a, b, profile)
        if pair not in self.asked:
            seconds = self.travel.seconds_between(leg, a, b, profile=profile)
            self.asked[pair] = seconds, self.travel.metres_between(leg, a, b, profile=profile)
        return self.asked[pair]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TravelMatrix:
    """Seconds and metres of the same fastest path, per access profile and leg.

    Attributes
    ----------
    row_by_place_id : place -> row and column; places at one point share a row.
    profile_by_class_id : vehicle class -> access profile (first axis). Profile 0 is the least restricted one; the
        direct ride of a passenger is measured on it.
    seconds, metres : int32 arrays of shape (n_profiles, 2, n_rows, n_rows); axis 1 is AM, PM; [.., i, j] is from i to
        j; `UNREACHABLE` where no permitted road leads. Whole seconds, rounded half up once when the matrix was made.
    approximate : made without a road extract.
    source : what it was made from, for people.
    digest : sha256 over every input.
    notes : remarks on data quality, for people (snapping gaps, clipped parts ...).
    """

    row_by_place_id: Mapping[str, int]
    profile_by_class_id: Mapping[str, int]
    seconds: IntArray
    metres: IntArray
    approximate: bool
    source: str
    digest: str
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Check shapes and types; freeze the arrays."""
        n = self.seconds.shape[-1]
        for name, array in (("seconds", self.seconds), ("metres", self.metres)):
            if array.dtype != np.int32 or array.ndim != 4 or array.shape[1:] != (len(LEGS), n, n):
                raise ValueError(f"{name}: {array.dtype} {array.shape}; must be int32 (n_profiles, 2, n, n)")
            array.setflags(write=False)
        if self.seconds.shape != self.metres.shape:
            raise ValueError(f"seconds {self.seconds.shape} and metres {self.metres.shape} differ in shape")
        if n and (int(self.seconds.min()) < 0 or int(self.metres.min()) < 0):
            raise ValueError("seconds and metres must be 0 or more")
        rows = list(self.row_by_place_id.values())
        if rows and not (min(rows) >= 0 and max(rows) < n):
            raise ValueError(f"row_by_place_id names a row outside 0..{n - 1}")
        profiles = list(self.profile_by_class_id.values())
        if profiles and not (min(profiles) >= 0 and max(profiles) < self.seconds.shape[0]):
            raise ValueError("profile_by_class_id names a profile that the arrays do not hold")

    def seconds_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Driving seconds, or `UNREACHABLE`."""
        rows = self.row_by_place_id
        return int(self.seconds[profile, LEGS.index(leg), rows[from_place_id], rows[to_place_id]])

    def metres_between(self, leg: Leg, from_place_id: str, to_place_id: str, *, profile: int = 0) -> int:
        """Metres along the fastest path, or `UNREACHABLE`."""
        rows = self.row_by_place_id
        return int(self.metres[profile, LEGS.index(leg), rows[from_place_id], rows[to_place_id]])

    def block(self, rows: RowArray, to_rows: RowArray) -> tuple[IntArray, IntArray]:
        """Seconds and metres, int32 (n_profiles, 2, rows, to_rows)."""
        return self.seconds[:, :, rows[:, None], to_rows], self.metres[:, :, rows[:, None], to_rows]

    def seconds_from(self, leg: Leg, rows: RowArray) -> IntArray:
        """Seconds from some rows to all on profile 0, int32 (rows, n_rows)."""
        found: IntArray = self.seconds[0, LEGS.index(leg), rows]
        return found
