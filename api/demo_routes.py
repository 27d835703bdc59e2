"""Today's routes of an invented council: grown school by school, neither optimised nor sabotaged.

Passengers join in order of arrival. Each goes to the nearest route of their school (at large ones: of their
sector) that still has a place, or opens a new one; nobody ever looks at the whole. Small settings may share
vehicles with a neighbour. Then each route gets the cheapest class that holds its load, the council's own
vehicles take the fullest routes, and the others are bought at the class's card with noise. Miles and minutes
are crow-fly x 1.3 at 24 km/h.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from api.demo_passengers import DemoPassenger, DemoPeople
from api.demo_places import Spot, demo_facts
from api.demo_schools import DemoSchool
from transport.policy import Policy

_SECTOR_RAD = math.radians(60)
_NEAR_SCHOOL_M = 1200
_LANE_M = 3000
_LANE_BELL_GAP_S = 1200
_M_PER_MILE = 1609.344
_ROUND_PENCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a route carries at its fullest."""

    n_seats: int
    n_wheelchairs: int
    tags: frozenset[str]


@dataclass(slots=True, kw_only=True)
class DemoRoute:
    """One of today's routes while it is being made."""

    members: list[DemoPassenger]
    wished: int
    route_id: str = ""
    class_id: str = ""
    vehicle_id: str = ""
    operator_id: str = ""
    lot_id: str = ""
    day_rate_pence: int = 0
    pa_day_rate_pence: int = 0
    known_min: dict[str, int] = field(default_factory=dict)

    @property
    def n_pas(self) -> int:
        """One assistant for all who share, besides those for one passenger alone."""
        return any(p.pa_need == "shared" for p in self.members) + sum(p.n_own_pas for p in self.members)


def load_of(members: Sequence[DemoPassenger]) -> Load:
    """Places that passengers and their assistants take."""
    n_pas = any(p.pa_need == "shared" for p in members) + sum(p.n_own_pas for p in members)
    n_wheelchairs = sum(p.in_wheelchair for p in members)
    return Load(
        n_seats=len(members) - n_wheelchairs + n_pas,
        n_wheelchairs=n_wheelchairs,
        tags=frozenset(p.vehicle_tags for p in members if p.vehicle_tags),
    )


def holds(vehicle_class: Mapping[str, Any], load: Load) -> bool:
    """Whether some layout of a class holds a load and the class has the tags asked for."""
    layouts = (layout.strip().split("+") for layout in vehicle_class["layouts"].split(";"))
    fits = any(load.n_seats <= int(seats) and load.n_wheelchairs <= int(chairs) for seats, chairs in layouts)
    return fits and load.tags <= set(vehicle_class["tags"].split())


class TripEstimate:
    """Crow-fly estimates of a run's order, minutes and metres."""

    def __init__(self, schools: Sequence[DemoSchool]) -> None:
        """Remember the settings and the speed of the day."""
        today = demo_facts("supply")["today"]
        self._schools = schools
        self._circuity: float = today["circuity_pct"] / 100
        self._m_per_s: float = today["speed_kmh"] / 3.6
        self._policy = Policy()

    def stops(self, members: Sequence[DemoPassenger], leg: str) -> tuple[list[DemoPassenger], list[Spot]]:
        """Passengers and points in order. AM: from the farthest home, then schools. PM: from the schools."""
        travelling = [p for p in members if p.legs in ("", leg)]
        visited = sorted({p.school_idx for p in travelling}, key=lambda i: (self._bell_s(i, leg), i))
        gates = [self._schools[i].spot for i in visited]
        if not travelling:
            return [], []
        if leg == "AM":
            # Each next home is the nearest to the last, starting from the farthest.
            homes = _chain(travelling, max(travelling, key=lambda p: p.home.distance_m(gates[0])).home)
            return homes, [*(p.home for p in homes), *gates]
        homes = _chain(travelling, gates[-1])
        return homes, [*gates, *(p.home for p in homes)]

    def metres(self, spots: Sequence[Spot]) -> float:
        """Road metres along points."""
        return self._circuity * sum(a.distance_m(b) for a, b in pairwise(spots))

    def return_metres(self, spots: Sequence[Spot]) -> float:
        """Road metres from the last point back to the first."""
        return self._circuity * spots[-1].distance_m(spots[0]) if spots else 0.0

    def minutes(self, members: Sequence[DemoPassenger], leg: str) -> float:
        """From the first boarding to the last alighting."""
        homes, spots = self.stops(members, leg)
        return (self.metres(spots) / self._m_per_s + sum(self._service_s(p, leg) for p in homes)) / 60

    def _bell_s(self, school_idx: int, leg: str) -> int:
        school = self._schools[school_idx]
        return school.start_s if leg == "AM" else school.finish_s

    def _service_s(self, passenger: DemoPassenger, leg: str) -> int:
        p = self._policy
        if leg == "AM":
            if passenger.in_wheelchair:
                return p.board_wheelchair_s + p.school_alight_wheelchair_s
            return p.board_walk_s + p.school_alight_walk_s
        if passenger.in_wheelchair:
            return p.school_board_wheelchair_s + p.alight_wheelchair_s
        return p.school_board_walk_s + p.alight_walk_s


def _chain(members: Sequence[DemoPassenger], start: Spot) -> list[DemoPassenger]:
    """Always the nearest next home, from a starting point."""
    left, here, order = list(members), start, []
    while left:
        nearest = min(left, key=lambda p: here.distance_m(p.home))
        left.remove(nearest)
        order.append(nearest)
        here = nearest.home
    return order


def grow_routes(
    rng: np.random.Generator,
    *,
    schools: Sequence[DemoSchool],
    people: DemoPeople,
    classes: Sequence[Mapping[str, Any]],
    trips: TripEstimate,
) -> list[DemoRoute]:
    """Routes for all planned passengers, in the order in which the passengers came."""
    knobs = demo_facts("supply")["today"]
    lane_of = _lanes(rng, schools, knobs["shared_lane_pct"])
    apart = {frozenset((a, b)) for a, b, _ in people.apart}
    by_lane: dict[tuple[int, tuple[int, int] | None], list[DemoRoute]] = defaultdict(list)
    routes: list[DemoRoute] = []
    units = _units(people)
    for i in rng.permutation(len(units)):
        unit = units[int(i)]
        first = unit[0]
        lane = by_lane[lane_of[first.school_idx], first.own_session]
        fitting = [r for r in lane if _may_join(r, unit, schools, classes, apart, trips, knobs["longest_leg_min"])]
        if fitting:
            _nearest_route(fitting, first.home).members.extend(unit)
            continue
        route = DemoRoute(members=list(unit), wished=_wished(rng, knobs, schools[first.school_idx]))
        lane.append(route)
        routes.append(route)
    routes.sort(key=lambda r: (r.members[0].school_idx, r.members[0].passenger_id))
    for number, route in enumerate(routes, 1):
        route.route_id = f"R{number:03d}"
        route.class_id = _cheapest_class(route, classes)
    return routes


def _nearest_route(routes: Sequence[DemoRoute], home: Spot) -> DemoRoute:
    return min(routes, key=lambda r: min(home.distance_m(p.home) for p in r.members))


def _units(people: DemoPeople) -> list[list[DemoPassenger]]:
    """Planned passengers, siblings together."""
    partner = dict(people.siblings)
    by_id = {p.passenger_id: p for p in people.passengers}
    seconds = set(partner.values())
    return [
        [p, by_id[partner[p.passenger_id]]] if p.passenger_id in partner else [p]
        for p in people.passengers
        if p.planned and p.passenger_id not in seconds
    ]


def _lanes(rng: np.random.Generator, schools: Sequence[DemoSchool], shared_pct: int) -> list[int]:
    """Which settings share vehicles: a small one with its nearest small neighbour whose bells allow it."""
    lane_of = list(range(len(schools)))
    free = [i for i, school in enumerate(schools) if not school.large]
    for i in list(free):
        if i not in free or rng.random() * 100 >= shared_pct:
            continue
        mates = [j for j in free if j != i and _bells_allow(schools[i], schools[j])]
        if mates:
            mate = min(mates, key=lambda j: schools[i].spot.distance_m(schools[j].spot))
            lane_of[mate] = i
            free.remove(mate)
        free.remove(i)
    return lane_of


def _bells_allow(a: DemoSchool, b: DemoSchool) -> bool:
    """Whether one vehicle can serve both: close by, the bells in one order and little apart, Fridays too."""
    distance_m = a.spot.distance_m(b.spot)
    start_gap_s, finish_gap_s = b.start_s - a.start_s, b.finish_s - a.finish_s
    same_fridays = a.friday_finish_s is None and b.friday_finish_s is None
    # The windows (10 minutes in the morning, 20 in the afternoon) leave time for the drive between the two.
    little_apart = max(abs(start_gap_s), abs(finish_gap_s)) <= _LANE_BELL_GAP_S
    return distance_m <= _LANE_M and little_apart and same_fridays and start_gap_s * finish_gap_s >= 0


def _wished(rng: np.random.Generator, knobs: Mapping[str, Any], school: DemoSchool) -> int:
    """How many places were asked for when the route was opened."""
    name = "load_at_large" if school.large else "load_elsewhere"
    weights = np.asarray(knobs[f"{name}_weights"], dtype=np.float64)
    return int(rng.choice(knobs[name], p=weights / weights.sum()))


def _may_join(
    route: DemoRoute,
    unit: Sequence[DemoPassenger],
    schools: Sequence[DemoSchool],
    classes: Sequence[Mapping[str, Any]],
    apart: set[frozenset[str]],
    trips: TripEstimate,
    longest_leg_min: int,
) -> bool:
    members = [*route.members, *unit]
    if len(members) > route.wished or any(p.solo for p in members):
        return False
    school = schools[unit[0].school_idx]
    # Small settings have too few passengers to be split by direction.
    if school.large and not _same_sector(school.spot, route.members[0].home, unit[0].home):
        return False
    if any(frozenset((a.passenger_id, b.passenger_id)) in apart for a in route.members for b in unit):
        return False
    if not any(holds(c, load_of(members)) for c in classes):
        return False
    caps = [p.ride_cap_min - 5 for p in members if p.ride_cap_min is not None]
    return max(trips.minutes(members, leg) for leg in ("AM", "PM")) <= min([longest_leg_min, *caps])


def _same_sector(school: Spot, a: Spot, b: Spot) -> bool:
    if min(a.distance_m(school), b.distance_m(school)) < _NEAR_SCHOOL_M:
        return True
    turn_a, turn_b = (math.atan2(home.y_m - school.y_m, home.x_m - school.x_m) for home in (a, b))
    return abs(math.remainder(turn_a - turn_b, math.tau)) <= _SECTOR_RAD


def _cheapest_class(route: DemoRoute, classes: Sequence[Mapping[str, Any]]) -> str:
    fitting = [c for c in classes if holds(c, load_of(route.members))]
    if not fitting:
        return str(classes[-1]["class_id"])
    return str(min(fitting, key=lambda c: c["base_pence"])["class_id"])


def price_routes(
    rng: np.random.Generator,
    routes: Sequence[DemoRoute],
    classes: Sequence[Mapping[str, Any]],
    trips: TripEstimate,
) -> None:
    """Day rates of bought routes from the class's card with noise, and known times of all."""
    facts = demo_facts("supply")
    card_of = {c["class_id"]: c for c in classes}
    for route in routes:
        for leg in ("AM", "PM"):
            noise = float(rng.lognormal(0.0, facts["today"]["time_sigma"]))
            minutes = trips.minutes(route.members, leg)
            if minutes > 0:
                route.known_min[leg] = max(1, round(minutes * noise))
        noise, pa_noise = (float(x) for x in rng.lognormal(0.0, facts["contract_sigma"], size=2))
        if not route.vehicle_id:
            card = card_of[route.class_id]
            route.day_rate_pence = _rounded(card_pence(route, card, trips) * noise)
            route.pa_day_rate_pence = _rounded(min(6000.0, max(3500.0, card["pa_day_rate_pence"] * pa_noise)))


def card_pence(route: DemoRoute, card: Mapping[str, Any], trips: TripEstimate) -> int:
    """Day rate by the card, assistants apart: base, miles with the way back, surcharge on long legs."""
    miles = day_metres(route, trips) / _M_PER_MILE
    longest_min = max(trips.minutes(route.members, leg) for leg in ("AM", "PM"))
    base_pence, mile_rate_pence = int(card["base_pence"]), int(card["mile_rate_pence"])
    surcharge = 0.3 * base_pence * max(0.0, longest_min - 60) / 60
    return base_pence + round(mile_rate_pence * miles + surcharge)


def day_metres(route: DemoRoute, trips: TripEstimate) -> float:
    """Billed road metres a day: both legs, each with the way back."""
    legs = [trips.stops(route.members, leg)[1] for leg in ("AM", "PM")]
    return sum(trips.metres(spots) + trips.return_metres(spots) for spots in legs)


def _rounded(pence: float) -> int:
    return _ROUND_PENCE * round(pence / _ROUND_PENCE)
