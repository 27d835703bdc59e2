"""Invented passengers: needs, homes, days, by published or assumed shares. Nobody here exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from api.demo_places import Spot, Spots, clock, demo_facts
from api.demo_schools import DemoSchool, passengers_by_school

_ID_LETTERS = "BCDFGHJKMNPQRSTVWXYZ23456789"
"""No vowels, no 0, 1, L: no words and no mistaken letters."""
_PHASES = ("primary", "secondary", "post16")
_PART_WEEKS = ("mon tue wed", "wed thu fri", "tue thu", "mon wed fri", "mon tue thu fri")
_PAIR_REASONS = (
    "incident on board, under review",
    "distress at each other's noise",
    "asked for by school",
    "asked for by family",
)
_SECOND_HOME_M = 4000
_OWN_SHIFTS_S = ((3600, 0), (0, -3600), (1800, -1800))

Mask = NDArray[np.bool_]


@dataclass(slots=True, kw_only=True)
class DemoPassenger:
    """One invented passenger while the scenario is being made; fields are the columns of `passengers.csv`."""

    passenger_id: str
    school_idx: int
    home: Spot
    phase: str
    legs: str = ""
    days: str = ""
    mobility: str = "walks_on"
    pa_need: str = "none"
    solo: bool = False
    ride_cap_min: int | None = None
    own_session: tuple[int, int] | None = None
    vehicle_tags: str = ""
    restraint_type: str = ""
    walk_m: int | None = None
    walk_min: int | None = None
    ready_from: date | None = None
    status: str = "confirmed"
    starts_on: date | None = None
    day_rows: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def planned(self) -> bool:
        """Whether a plan starting on the first day carries them."""
        return self.status != "awaiting_decision" and self.ready_from is None

    @property
    def in_wheelchair(self) -> bool:
        """Whether they take a wheelchair place."""
        return self.mobility == "in_wheelchair"

    @property
    def n_own_pas(self) -> int:
        """Assistants for them alone."""
        return {"one_to_one": 1, "two_to_one": 2}.get(self.pa_need, 0)

    @property
    def plain(self) -> bool:
        """Travels at the same times as their school, every day, and may share."""
        return not (self.solo or self.legs or self.days or self.day_rows or self.own_session) and self.planned


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPeople:
    """All passengers and the rules between them."""

    passengers: tuple[DemoPassenger, ...]
    later: tuple[DemoPassenger, ...]
    siblings: tuple[tuple[str, str], ...]
    apart: tuple[tuple[str, str, str], ...]
    """(passenger, passenger, reason)."""


def make_demo_people(
    *,
    schools: Sequence[DemoSchool],
    homes: Spots,
    n_passengers: int,
    n_later: int,
    seed: int,
    starts_on: date,
) -> DemoPeople:
    """Passengers, later arrivals, siblings and pairs kept apart.

    Parameters
    ----------
    seed : the same seed gives the same people; later arrivals are drawn apart and change nobody else.
    """
    ids = _pseudonyms(np.random.default_rng([seed, 1]), n_passengers + n_later)
    counts = passengers_by_school(schools, n_passengers)
    at_school = np.repeat(np.arange(len(schools)), counts)
    rng = np.random.default_rng([seed, 2])
    passengers = _draw(rng, schools, homes, ids[:n_passengers], rng.permutation(at_school), starts_on)
    siblings = _siblings(rng, passengers)
    apart = _apart(rng, passengers, {pid for pair in siblings for pid in pair})
    rng = np.random.default_rng([seed, 3])
    later = _draw(rng, schools, homes, ids[n_passengers:], rng.choice(at_school, n_later), starts_on)
    for passenger in later:
        passenger.status, passenger.ready_from = "confirmed", None
        passenger.starts_on = _later_start(rng)
    return DemoPeople(passengers=tuple(passengers), later=tuple(later), siblings=tuple(siblings), apart=tuple(apart))


def _pseudonyms(rng: np.random.Generator, n: int) -> list[str]:
    ids: dict[str, None] = {}
    while len(ids) < n:
        ids["P" + "".join(_ID_LETTERS[i] for i in rng.integers(len(_ID_LETTERS), size=5))] = None
    return list(ids)


def _draw(
    rng: np.random.Generator,
    schools: Sequence[DemoSchool],
    homes: Spots,
    ids: Sequence[str],
    school_of: NDArray[np.intp],
    starts_on: date,
) -> list[DemoPassenger]:
    if not ids:
        return []
    home_of = _homes(rng, schools, homes, school_of)
    passengers = [
        DemoPassenger(
            passenger_id=pid,
            school_idx=int(school_of[i]),
            home=homes.at(int(home_of[i])),
            phase=_phase(rng, schools[school_of[i]]),
        )
        for i, pid in enumerate(ids)
    ]
    _give_needs(rng, schools, passengers)
    _give_days(rng, homes, passengers)
    _give_own_sessions(rng, schools, passengers)
    _give_status(rng, passengers, starts_on)
    _give_ride_caps(rng, schools, passengers)
    return passengers


def _homes(
    rng: np.random.Generator, schools: Sequence[DemoSchool], homes: Spots, school_of: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Homes drawn nearer to the school more often: exp(-distance / home_m)."""
    home_of = np.zeros(len(school_of), dtype=np.intp)
    for idx, school in enumerate(schools):
        mine = np.flatnonzero(school_of == idx)
        if len(mine) == 0:
            continue
        distance = homes.distances_m(school.spot)
        weight = np.exp(-(distance - distance.min()) / school.home_m)
        home_of[mine] = rng.choice(len(weight), size=len(mine), p=weight / weight.sum())
    return home_of


def _phase(rng: np.random.Generator, school: DemoSchool) -> str:
    weights = np.asarray(school.phase_weights, dtype=np.float64)
    return _PHASES[int(rng.choice(3, p=weights / weights.sum()))]


def _some(
    rng: np.random.Generator, passengers: Sequence[DemoPassenger], knob: str, weights: Sequence[float]
) -> list[DemoPassenger]:
    """So many passengers as the share `knob` says, drawn by weight (0: never)."""
    n = round(len(passengers) * demo_facts("borough")["per_thousand"][knob] / 1000)
    weight = np.asarray(weights, dtype=np.float64)
    n = min(n, int(np.count_nonzero(weight)))
    if n == 0:
        return []
    drawn = rng.choice(len(passengers), size=n, replace=False, p=weight / weight.sum())
    return [passengers[i] for i in sorted(int(i) for i in drawn)]


def _give_needs(rng: np.random.Generator, schools: Sequence[DemoSchool], passengers: Sequence[DemoPassenger]) -> None:
    chair = [schools[p.school_idx].wheelchair_weight for p in passengers]
    for p in _some(rng, passengers, "in_wheelchair", chair):
        p.mobility = "in_wheelchair"
    rest = [weight * (not p.in_wheelchair) for weight, p in zip(chair, passengers, strict=True)]
    for p in _some(rng, passengers, "transfers", rest):
        p.mobility = "transfers"
    for knob, need in (("two_to_one", "two_to_one"), ("one_to_one", "one_to_one"), ("shared_pa", "shared")):
        free = [schools[p.school_idx].pa_weight * (1 + p.in_wheelchair) * (p.pa_need == "none") for p in passengers]
        for p in _some(rng, passengers, knob, free):
            p.pa_need = need
    for p in _some(rng, passengers, "solo", [1.0 + 8 * p.n_own_pas for p in passengers]):
        p.solo = True
    for p in _some(rng, passengers, "tail_lift", [float(p.in_wheelchair) for p in passengers]):
        p.vehicle_tags = "tail_lift"
    for p in _some(rng, passengers, "low_floor", [float(not p.in_wheelchair) for p in passengers]):
        p.vehicle_tags = "low_floor"
    for p in passengers:
        if not p.in_wheelchair and rng.random() < (0.06 if p.phase == "primary" else 0.02):
            p.restraint_type = "child seat" if p.phase == "primary" and rng.random() < 0.6 else "harness"


def _give_days(rng: np.random.Generator, homes: Spots, passengers: Sequence[DemoPassenger]) -> None:
    for p in _some(rng, passengers, "part_week", [1.0] * len(passengers)):
        p.days = _PART_WEEKS[int(rng.integers(len(_PART_WEEKS)))]
    for p in _some(rng, passengers, "one_leg", [float(p.plain) for p in passengers]):
        p.legs = "AM" if rng.random() < 0.5 else "PM"
    for p in _some(rng, passengers, "two_homes", [float(p.plain) for p in passengers]):
        p.day_rows.append({"week": "B", "kind": "second home", **_place_near(rng, homes, p.home).cells})
    for p in _some(rng, passengers, "respite", [float(p.plain) for p in passengers]):
        place = {"kind": "respite", **_place_near(rng, homes, p.home).cells}
        p.day_rows += [{"leg": "PM", "weekday": "wed", **place}, {"leg": "AM", "weekday": "thu", **place}]
    walkers = [float(p.plain and p.mobility == "walks_on") for p in passengers]
    for p in _some(rng, passengers, "walk_to_stop", walkers):
        p.walk_m = int(rng.integers(10, 60)) * 10
        p.walk_min = max(1, round(p.walk_m / 70))


def _place_near(rng: np.random.Generator, homes: Spots, home: Spot) -> Spot:
    distance = homes.distances_m(home)
    weight = np.exp(-distance / _SECOND_HOME_M) * (distance > 300)
    return homes.at(int(rng.choice(len(weight), p=weight / weight.sum())))


def _give_own_sessions(
    rng: np.random.Generator, schools: Sequence[DemoSchool], passengers: Sequence[DemoPassenger]
) -> None:
    """Later starts or earlier finishes; one timetable within a school, as a small group would have."""
    weights = [float(p.plain) * (1 + 9 * (p.phase == "post16")) for p in passengers]
    for p in _some(rng, passengers, "own_session", weights):
        later_s, earlier_s = _OWN_SHIFTS_S[p.school_idx % len(_OWN_SHIFTS_S)]
        school = schools[p.school_idx]
        p.own_session = (school.start_s + later_s, (school.friday_finish_s or school.finish_s) + earlier_s)


def _give_status(rng: np.random.Generator, passengers: Sequence[DemoPassenger], starts_on: date) -> None:
    for knob, status in (("awaiting_decision", "awaiting_decision"), ("provisional", "provisional")):
        for p in _some(rng, passengers, knob, [float(p.status == "confirmed") for p in passengers]):
            p.status = status
    for p in _some(rng, passengers, "ready_later", [float(p.status == "confirmed") for p in passengers]):
        p.ready_from = starts_on + timedelta(days=int(rng.integers(7, 45)))


def _give_ride_caps(
    rng: np.random.Generator, schools: Sequence[DemoSchool], passengers: Sequence[DemoPassenger]
) -> None:
    """Own caps with room over the direct drive, else nobody could carry them."""
    today = demo_facts("supply")["today"]
    metres_per_min = today["speed_kmh"] * 1000 / 60 / (today["circuity_pct"] / 100)
    for p in _some(rng, passengers, "own_ride_cap", [float(not p.day_rows) for p in passengers]):
        direct_min = schools[p.school_idx].spot.distance_m(p.home) / metres_per_min
        p.ride_cap_min = max(30, 5 * round((1.5 * direct_min + 10) / 5))


def _may_be_sibling(p: DemoPassenger) -> bool:
    """Whether they can share a home and every journey with another without a rule of theirs in the way."""
    return p.plain and not p.n_own_pas and not p.vehicle_tags and p.ride_cap_min is None and p.walk_m is None


def _siblings(rng: np.random.Generator, passengers: Sequence[DemoPassenger]) -> list[tuple[str, str]]:
    """Pairs at one school who share a home: the second moves in with the first."""
    pairs = []
    used: set[str] = set()
    for first in _some(rng, passengers, "sibling_pairs", [float(_may_be_sibling(p)) for p in passengers]):
        mates = [
            p
            for p in passengers
            if p.school_idx == first.school_idx
            and p is not first
            and p.passenger_id not in used
            and _may_be_sibling(p)
            and not (p.in_wheelchair and first.in_wheelchair)
        ]
        if first.passenger_id in used or not mates:
            continue
        second = mates[int(rng.integers(len(mates)))]
        second.home = first.home
        used |= {first.passenger_id, second.passenger_id}
        pairs.append((first.passenger_id, second.passenger_id))
    return pairs


def _apart(
    rng: np.random.Generator, passengers: Sequence[DemoPassenger], siblings: set[str]
) -> list[tuple[str, str, str]]:
    """Pairs at one school who may not share a run."""
    pairs: list[tuple[str, str, str]] = []
    can = [float(not p.solo and p.planned and p.passenger_id not in siblings) for p in passengers]
    for first in _some(rng, passengers, "never_together_pairs", can):
        mates = [
            p
            for p, ok in zip(passengers, can, strict=True)
            if ok and p.school_idx == first.school_idx and p is not first
        ]
        if not mates:
            continue
        second = min(mates[:: max(1, len(mates) // 8)], key=lambda p: p.home.distance_m(first.home))
        a, b = sorted((first.passenger_id, second.passenger_id))
        reason = _PAIR_REASONS[int(rng.integers(len(_PAIR_REASONS)))]
        if (a, b) not in {pair[:2] for pair in pairs}:
            pairs.append((a, b, reason))
    return pairs


def _later_start(rng: np.random.Generator) -> date:
    knobs = demo_facts("borough")["calendar"]
    first = date.fromisoformat(knobs["later_from"])
    last = date.fromisoformat(knobs["later_to"])
    on = first + timedelta(days=int(rng.integers((last - first).days + 1)))
    return on - timedelta(days=max(0, on.weekday() - 4))


def passenger_row(passenger: DemoPassenger, school_id: str) -> dict[str, object]:
    """The row of `passengers.csv` (and, with `starts_on`, of `later_arrivals.csv`)."""
    p = passenger
    own = p.own_session
    return {
        "passenger_id": p.passenger_id,
        "school_id": school_id,
        "phase": p.phase,
        **p.home.cells,
        "legs": p.legs or "both",
        "days": p.days,
        "mobility": p.mobility,
        "pa_need": p.pa_need,
        "solo": p.solo,
        "ride_cap_min": p.ride_cap_min,
        "start_time": clock(own[0]) if own else None,
        "finish_time": clock(own[1]) if own else None,
        "vehicle_tags": p.vehicle_tags,
        "restraint_type": p.restraint_type,
        "walk_m": p.walk_m,
        "walk_min": p.walk_min,
        "ready_from": p.ready_from,
        "status": p.status,
        "starts_on": p.starts_on,
    }
