"""From the domain to arrays: scenario and travel become an instance, with an index to find the way back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from routing.instance import (
    BOUGHT,
    D_PLACE,
    D_ROW,
    DEAD_FROM_BASE,
    DEAD_NONE,
    DEAD_RETURN,
    FLEET,
    N_DAILY_COLUMNS,
    N_RIDER_COLUMNS,
    N_SUPPLY_COLUMNS,
    NO_LIMIT,
    P_CHAIR,
    P_DIFFICULTY,
    P_FOES_FROM,
    P_FOES_TO,
    P_GATE_AM,
    P_HOME_AM,
    P_HUB,
    P_OWN,
    P_PERSON,
    P_PINNED,
    P_PLAIN,
    P_REF_AM,
    P_SHARED,
    P_SOLO,
    P_TAGS,
    P_UNIT,
    P_UNSERVED,
    P_VARIANTS,
    S_AM_END,
    S_AM_START,
    S_BASE,
    S_CLASS,
    S_DEAD_RULE,
    S_DRIVER_MIN,
    S_DRIVER_RATE,
    S_FIXED,
    S_FREE_M,
    S_KIND,
    S_LIMIT,
    S_LONG_AFTER,
    S_LONG_PCT,
    S_MAX_RUNS,
    S_MILE_RATE,
    S_ONE_LEG_PCT,
    S_OPERATOR,
    S_PA_RATE,
    S_PM_END,
    S_PM_START,
    S_PROFILE,
    S_ROW,
    S_TAGS,
    Instance,
)
from routing.pas import (
    PaGroup,
    Training,
    fill_typical_pa,
    pa_groups_of,
    pa_limits,
    pa_table,
    training_of,
)
from routing.reference import with_reference
from routing.riders import Rider, persons_of, riders_of
from transport.calendar import LEGS, Leg
from transport.passengers import PaNeed, Passenger
from transport.plan import Plan, RouteKind
from transport.rate_cards import DeadRule, RateCard
from transport.scenario import Scenario
from transport.schools import Session
from transport.travel import UNREACHABLE, TravelByRow, TravelMatrix
from transport.vehicles import FleetVehicle, VehicleClass

N_NEAR = 40
"""Neighbours kept per rider in each of the two lists (60 gave the same cost in prototypes, more slowly)."""
_ROWS_AT_ONCE = 64
_DEAD = {DeadRule.NONE: DEAD_NONE, DeadRule.RETURN: DEAD_RETURN, DeadRule.FROM_BASE: DEAD_FROM_BASE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A gate of a school."""

    school_id: str
    gate_place_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Something that can drive a route: a class bought by tender or from an operator's card, or like fleet vehicles."""

    kind: RouteKind
    class_id: str
    operator_id: str | None = None
    vehicle_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What the instance's numbers stand for.

    Attributes
    ----------
    rider_idx_by_leg : first row of each person.
    person_idx_by_rider : first row of the person of each row.
    """

    riders: tuple[Rider, ...]
    hubs: tuple[Hub, ...]
    supplies: tuple[Supply, ...]
    groups: tuple[tuple[int, ...], ...]
    rider_idx_by_leg: dict[tuple[str, Leg], int]
    hub_idx_by_rider: tuple[int, ...]
    person_idx_by_rider: tuple[int, ...]
    pa_groups: tuple[PaGroup, ...] = ()


def encode(
    scenario: Scenario, travel: TravelByRow, reference: Plan | None = None, *, with_busy: bool = False
) -> tuple[Instance, Index]:
    """Arrays of everybody whom the search may place: planned passengers not on a kept route.

    Parameters
    ----------
    reference : plan that families know already; it plays a part only where disturbing them has a price or a cap.
    with_busy : also the fleet vehicles of kept routes, which the search leaves to these.

    Raises
    ------
    ValueError
        When the scenario cannot be put into numbers (more than 62 tags, too many gates on a kept group).
    """
    riders = riders_of(scenario)
    hub_of, hubs = _hubs(scenario, riders)
    groups = _day_groups(scenario, riders)
    supplies = _supplies(scenario, with_busy=with_busy)
    persons = persons_of(riders)
    index = Index(
        riders=riders,
        hubs=hubs,
        supplies=supplies,
        groups=groups,
        rider_idx_by_leg={(riders[i].passenger.passenger_id, leg): i for i in persons for leg in riders[i].legs},
        hub_idx_by_rider=hub_of,
        pa_groups=pa_groups_of(scenario),
        person_idx_by_rider=persons,
    )
    return _instance(scenario, travel, index, reference), index


def _hubs(scenario: Scenario, riders: Sequence[Rider]) -> tuple[tuple[int, ...], tuple[Hub, ...]]:
    found: dict[Hub, int] = {}
    hubs: list[Hub] = []
    hub_of: list[int] = []
    for rider in riders:
        p = rider.passenger
        place_id = scenario.gate_of(p).place_id
        hub = Hub(school_id=p.school_id, gate_place_id=place_id)
        if hub not in found:
            found[hub] = len(hubs)
            hubs.append(hub)
        hub_of.append(found[hub])
    return tuple(hub_of), tuple(hubs)


def _day_groups(scenario: Scenario, riders: Sequence[Rider]) -> tuple[tuple[int, ...], ...]:
    """Days of the fortnight on which every place and every window is the same."""
    days_by_signature: dict[object, list[int]] = defaultdict(list)
    by_rider = (_places_and_bells(scenario, r.passenger, leg) for r in riders for leg in r.legs)
    for day, signature in enumerate(zip(*by_rider, strict=True)):
        if any(signature):
            days_by_signature[signature].append(day)
    return tuple(tuple(days) for days in days_by_signature.values()) or ((),)


def _places_and_bells(scenario: Scenario, p: Passenger, leg: Leg) -> list[tuple[str, Session | None] | None]:
    """Place and session of a passenger on each of the ten days; None: not carried."""
    calls = scenario.attendance_of(p.passenger_id, leg)
    return [None if call is None else (call[0], scenario.session_of(p, day)) for day, call in enumerate(calls)]


def _supplies(scenario: Scenario, *, with_busy: bool) -> tuple[Supply, ...]:
    supplies = [
        Supply(kind=RouteKind.BOUGHT, class_id=c.class_id) for c in scenario.vehicle_classes if c.rate_card is not None
    ]
    supplies += [
        Supply(kind=RouteKind.BOUGHT, class_id=class_id, operator_id=o.operator_id)
        for o in scenario.operators
        for class_id in o.rate_cards
        if class_id in o.categories and o.n_vehicles_by_class.get(class_id, 0) > 0
    ]
    like: dict[object, list[FleetVehicle]] = defaultdict(list)
    busy = busy_vehicle_ids(scenario)
    for v in scenario.fleet_vehicles:
        if with_busy or v.vehicle_id not in busy:
            like[
                v.vehicle_id in busy, v.class_id, v.depot_id, v.am_shift, v.pm_shift, v.fixed_pence_per_day,
                v.mile_rate_pence, v.driver_pence_per_hour, v.driver_min_paid_s, v.can_be_given_up,
                v.max_runs_per_shift, v.tags,
            ].append(v)  # fmt: skip
    supplies += [
        Supply(kind=RouteKind.FLEET, class_id=vs[0].class_id, vehicle_ids=tuple(sorted(v.vehicle_id for v in vs)))
        for vs in like.values()
    ]
    return tuple(supplies)


def busy_vehicle_ids(scenario: Scenario) -> frozenset[str]:
    """Fleet vehicles of kept routes."""
    return frozenset(r.vehicle_id for r in scenario.current_routes if r.kept and r.vehicle_id is not None)


def _instance(scenario: Scenario, travel: TravelByRow, index: Index, reference: Plan | None) -> Instance:
    daily = _daily(scenario, travel, index)
    riders = _rider_table(scenario, travel, index, daily)
    tag_bits = _tag_bits(index)
    riders[:, P_TAGS] = [sum(1 << tag_bits[t] for t in _tags_of(r.passenger)) for r in index.riders]
    pa_groups = pa_table(index.pa_groups, travel, tag_bits)
    if reference is not None and scenario.policy.watches_families:
        riders = with_reference(riders, scenario, index, reference)
    same_as = _signatures(daily, riders[:, N_RIDER_COLUMNS:])
    riders[:, P_PLAIN] = (same_as == 0).all(axis=1)
    unit_ptr, unit_riders = _units(scenario, index, riders)
    fits = _fits(scenario.vehicle_classes)
    school_ids = {h.school_id: k for k, h in enumerate(index.hubs)}
    policy = scenario.policy
    none = np.zeros((1 + max(travel.profile_by_class_id.values(), default=0), len(LEGS), 0, 0), np.int32)
    seconds, metres = (travel.seconds, travel.metres) if isinstance(travel, TravelMatrix) else (none, none)
    return Instance(
        seconds=seconds,
        metres=metres,
        daily=daily,
        riders=riders,
        same_as=same_as,
        group_weight=np.array([len(days) for days in index.groups], np.int64),
        unit_ptr=unit_ptr,
        unit_riders=unit_riders,
        foes=_foes(scenario, index, riders),
        hubs=np.array(
            [(travel.row_by_place_id[h.gate_place_id], school_ids[h.school_id]) for h in index.hubs], np.int64
        ).reshape(-1, 2),
        supplies=_supply_table(scenario, travel, index, tag_bits, pa_groups),
        fits=np.concatenate([fits, fits.any(axis=0, keepdims=True)]),
        cheapest_base=_cheapest_base(scenario.vehicle_classes, fits),
        class_limit=_class_limits(scenario),
        operator_pa_limit=pa_limits(scenario),
        near=_neighbours(travel, index, riders),
        rules=np.array(
            [
                policy.max_schools_per_run,
                policy.passengers_per_shared_pa,
                policy.ride_over_target_pence_per_min,
                policy.turnround_s,
                policy.layout_change_s,
                sum(1 << bit for tag, bit in tag_bits.items() if isinstance(tag, frozenset)),
                reference is not None and policy.disturbed_pence_per_week > 0,
                policy.disturbed_tolerance_s,
            ],
            np.int64,
        ),
        pa_groups=pa_groups,
    )


def _daily(scenario: Scenario, travel: TravelByRow, index: Index) -> NDArray[np.int32]:
    daily = np.zeros((2, len(index.groups), len(index.riders), N_DAILY_COLUMNS), np.int32)
    daily[..., D_ROW] = daily[..., D_PLACE] = -1
    place_number = {place.place_id: k for k, place in enumerate(scenario.places)}
    for i, rider in enumerate(index.riders):
        p = rider.passenger
        for leg in rider.legs:
            calls = scenario.attendance_of(p.passenger_id, leg)
            known: dict[tuple[str, tuple[int, int]], tuple[int, ...]] = {}
            for g, days in enumerate(index.groups):
                call = calls[days[0]] if days else None
                if call is not None and call not in known:
                    place_id = rider.place_id_on(leg, days[0])
                    assert place_id is not None  # who is called has a place
                    known[call] = (
                        travel.row_by_place_id[place_id],
                        place_number[place_id],
                        _cap_s(scenario, travel, p, leg, place_id),
                        *call[1],
                        scenario.policy.ride_target_s(p.phase) - rider.walk_s_on(leg, days[0]),
                    )
                if call is not None:
                    daily[LEGS.index(leg), g, i] = known[call]
    return daily


def _rider_table(scenario: Scenario, travel: TravelByRow, index: Index, daily: NDArray[np.int32]) -> NDArray[np.int64]:
    table = np.zeros((len(index.riders), N_RIDER_COLUMNS), np.int64)
    policy = scenario.policy
    pin_number = {route.route_id: k for k, route in enumerate(scenario.current_routes, start=1)}
    persons = Counter(index.person_idx_by_rider)
    n_parts = Counter(index.riders[i].passenger.passenger_id for i in persons)
    for i, rider in enumerate(index.riders):
        p, row = rider.passenger, table[i]
        row[P_HUB] = index.hub_idx_by_rider[i]
        for k, leg in enumerate(LEGS):
            row[P_REF_AM + k] = next((r for r in daily[k, :, i, D_ROW] if r >= 0), -1)
            row[P_HOME_AM + k] = p.service_s(leg, at_school=False)
            row[P_GATE_AM + k] = p.service_s(leg, at_school=True)
        row[P_CHAIR], row[P_SHARED] = p.uses_wheelchair_place, p.pa_need is PaNeed.SHARED
        row[P_OWN], row[P_SOLO], row[P_PINNED] = _own_pas(p), p.solo, pin_number.get(p.pinned_route_id or "", 0)
        row[P_PERSON] = index.person_idx_by_rider[i]
        row[P_VARIANTS] = persons[index.person_idx_by_rider[i]]
        if row[P_PERSON] == i:
            row[P_UNSERVED] = policy.unserved_pence_per_day * len(scenario.days_of(p)) // n_parts[p.passenger_id]
        needs = 4 * p.solo + 3 * p.uses_wheelchair_place + 2 * bool(p.vehicle_tags) + _own_pas(p)
        row[P_DIFFICULTY] = needs * 100_000 + _direct_s(scenario, travel, index.hubs[row[P_HUB]], daily[:, :, i])
    return table


def _direct_s(scenario: Scenario, travel: TravelByRow, hub: Hub, daily: NDArray[np.int32]) -> int:
    """Direct drive, for the order of insertion only; at most 99,999. daily: (2, G, 5) of one rider."""
    leg, place = next((k, p) for k in range(2) for p in daily[k, :, D_PLACE] if p >= 0)
    return min(99_999, travel.seconds_between(LEGS[leg], scenario.places[place].place_id, hub.gate_place_id))


def _cap_s(scenario: Scenario, travel: TravelByRow, p: Passenger, leg: Leg, place_id: str) -> int:
    if p.walk_m_to(place_id) > scenario.policy.max_walk_m:
        return -1  # No ride is short enough: nobody may be asked to walk that far.
    gate = scenario.gate_of(p).place_id
    ends = (place_id, gate) if leg is Leg.AM else (gate, place_id)
    direct_s = travel.seconds_between(leg, *ends)
    if direct_s >= UNREACHABLE:
        return 0
    return scenario.policy.ride_cap_of(p.phase, direct_s=direct_s, own_cap_s=p.ride_cap_s)


def _own_pas(p: Passenger) -> int:
    return {PaNeed.ONE_TO_ONE: 1, PaNeed.TWO_TO_ONE: 2}.get(p.pa_need, 0)


def _signatures(daily: NDArray[np.int32], times: NDArray[np.int64]) -> NDArray[np.int8]:
    """First day group with the same places, caps, windows and known times: (2, G, N, 6), (N, 4 G) -> (N, G).

    The same for all rows of a person: another place stands in for one place on all its days.
    """
    _, n_groups, n, _ = daily.shape
    same_as = np.zeros((n, n_groups), np.int8)
    known = times.reshape(n, -1, 4) if times.size else np.zeros((n, n_groups, 0), np.int64)
    for g in range(n_groups):
        same_as[:, g] = g
        for h in range(g - 1, -1, -1):
            same = (daily[:, g] == daily[:, h]).all(axis=(0, 2)) & (known[:, g] == known[:, h]).all(axis=1)
            same_as[same, g] = h
    return same_as


def _fits(classes: Sequence[VehicleClass]) -> NDArray[np.bool_]:
    layouts = [(k, layout) for k, c in enumerate(classes) for layout in c.layouts]
    seats = max((layout.seats for _, layout in layouts), default=0)
    chairs = max((layout.wheelchairs for _, layout in layouts), default=0)
    fits = np.zeros((len(classes), seats + 1, chairs + 1), np.bool_)
    for k, layout in layouts:
        fits[k, : layout.seats + 1, : layout.wheelchairs + 1] = True
    return fits


def _cheapest_base(classes: Sequence[VehicleClass], fits: NDArray[np.bool_]) -> NDArray[np.int64]:
    cheapest = np.full(fits.shape[1:], 1_000_000, np.int64)
    for vehicle_class, holds in zip(classes, fits, strict=True):
        if vehicle_class.rate_card is not None:
            cheapest[holds] = np.minimum(cheapest[holds], vehicle_class.rate_card.base_pence)
    return cheapest


def _tags_of(p: Passenger) -> set[str | Training]:
    """What a vehicle must have to carry a passenger: tags, and a PA of one kind of training."""
    training = training_of(p)
    return {*p.vehicle_tags, *(() if training is None else (training,))}


def _tag_bits(index: Index) -> dict[str | Training, int]:
    tags = {tag for r in index.riders for tag in _tags_of(r.passenger)}
    if len(tags) > 62:
        raise ValueError(f"{len(tags)} different vehicle_tags and kinds of training are asked for; the search holds 62")
    in_order = sorted(tags, key=lambda tag: (isinstance(tag, frozenset), tag if isinstance(tag, str) else sorted(tag)))
    return {tag: bit for bit, tag in enumerate(in_order)}


def _units(scenario: Scenario, index: Index, riders: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Persons who must share a route, kept together or pinned to the same one; groups that overlap are joined.

    Fills P_UNIT of all rows.
    """
    leader = list(range(len(index.riders)))

    def find(i: int) -> int:
        while leader[i] != i:
            i = leader[i]
        return i

    # One route for both legs: who rides only in the morning keeps to one route with who rides only home.
    bound_together = (LEGS,) if scenario.policy.same_route_both_legs else ((Leg.AM,), (Leg.PM,))
    for group in scenario.keep_together:
        for legs in bound_together:
            members = [index.rider_idx_by_leg.get((pid, leg)) for pid in group.passenger_ids for leg in legs]
            present = [m for m in members if m is not None]
            for m in present[1:]:
                leader[find(m)] = find(present[0])
    first_pinned: dict[int, int] = {}
    for i, pin in enumerate(riders[:, P_PINNED].tolist()):
        if pin > 0:
            leader[find(i)] = find(first_pinned.setdefault(pin, i))
    units: dict[int, list[int]] = defaultdict(list)
    for i in dict.fromkeys(index.person_idx_by_rider):
        units[find(i)].append(i)
    unit_of = np.zeros(len(leader), np.int64)
    for u, members_of_unit in enumerate(units.values()):
        unit_of[members_of_unit] = u
    riders[:, P_UNIT] = unit_of[riders[:, P_PERSON]]
    ptr = np.concatenate([[0], np.cumsum([len(m) for m in units.values()])]).astype(np.int32)
    return ptr, np.array([i for m in units.values() for i in m], np.int32)


def _foes(scenario: Scenario, index: Index, riders: NDArray[np.int64]) -> NDArray[np.int32]:
    """Who may not share a run with whom, under any choice of either; fills P_FOES_FROM and P_FOES_TO."""
    foes: list[set[int]] = [set() for _ in index.riders]
    for pair in scenario.never_together:
        for leg in LEGS:
            first = [index.rider_idx_by_leg.get((pid, leg)) for pid in pair.passenger_ids]
            one, other = (range(i, i + riders[i, P_VARIANTS]) if i is not None else range(0) for i in first)
            for a, b in product(one, other):
                foes[a].add(b)
                foes[b].add(a)
    riders[:, P_FOES_TO] = np.cumsum([len(f) for f in foes])
    riders[:, P_FOES_FROM] = riders[:, P_FOES_TO] - [len(f) for f in foes]
    return np.array([j for f in foes for j in sorted(f)], np.int32)


def _neighbours(travel: TravelByRow, index: Index, riders: NDArray[np.int64]) -> NDArray[np.int32]:
    """Nearest other persons by drive between homes: among all, and among those of the same school. (2, N, k)."""
    n = len(riders)
    persons = np.array(sorted(set(index.person_idx_by_rider)), np.int64)
    k = max(1, min(N_NEAR, len(persons) - 1))
    near = np.full((2, n, k), -1, np.int32)
    row = np.where(riders[:, P_REF_AM] >= 0, riders[:, P_REF_AM], riders[:, P_REF_AM + 1])
    schools = [index.hubs[h].school_id for h in index.hub_idx_by_rider]
    members: dict[str, list[int]] = defaultdict(list)
    for i in persons.tolist():
        members[schools[i]].append(i)
    classmates = {school_id: np.array(ids) for school_id, ids in members.items()}
    for first in range(0, n, _ROWS_AT_ONCE):
        some = range(first, min(first + _ROWS_AT_ONCE, n))
        for i, away in zip(some, travel.seconds_from(Leg.AM, row[some]), strict=True):
            for which, who in enumerate((persons, classmates[schools[i]])):
                nearest = _nearest(away[row[who]], who, index.person_idx_by_rider[i], k)
                near[which, i, : len(nearest)] = nearest
    return near


def _nearest(away: NDArray[np.int32], who: NDArray[np.int64], own: int, k: int) -> NDArray[np.int64]:
    away = np.where(who == own, UNREACHABLE + 1, away)
    k = min(k, len(who) - 1)
    chosen = np.argpartition(away, k)[:k] if k < len(who) - 1 else np.argsort(away, kind="stable")[:k]
    return np.asarray(who[chosen[np.argsort(away[chosen], kind="stable")]])


def _class_limits(scenario: Scenario) -> NDArray[np.int64]:
    kept = [r.class_id for r in scenario.current_routes if r.kept and r.kind is RouteKind.BOUGHT]
    return np.array(
        [
            NO_LIMIT if c.max_routes is None else max(0, c.max_routes - kept.count(c.class_id))
            for c in scenario.vehicle_classes
        ],
        np.int64,
    )


def _supply_table(
    scenario: Scenario,
    travel: TravelByRow,
    index: Index,
    tag_bits: dict[str | Training, int],
    pa_groups: NDArray[np.int64],
) -> NDArray[np.int64]:
    operators = [o.operator_id for o in scenario.operators]
    table = np.zeros((len(index.supplies), N_SUPPLY_COLUMNS), np.int64)
    class_ids = [c.class_id for c in scenario.vehicle_classes]
    kinds = {tag for tag in tag_bits if isinstance(tag, frozenset)}
    for k, supply in enumerate(index.supplies):
        row = table[k]
        vehicle_class = scenario.class_by_id[supply.class_id]
        row[S_CLASS] = class_ids.index(supply.class_id)
        row[S_PROFILE] = travel.profile_by_class_id[supply.class_id]
        row[S_OPERATOR] = -1 if supply.operator_id is None else operators.index(supply.operator_id)
        tags: set[str | Training] = set(vehicle_class.tags)
        if supply.kind is RouteKind.FLEET:
            vehicle = scenario.vehicle_by_id[supply.vehicle_ids[0]]
            tags |= vehicle.tags
            tags |= {kind for kind in kinds if any(kind <= group.training for group in index.pa_groups)}
            _fill_fleet(row, scenario, travel, vehicle, len(supply.vehicle_ids))
            fill_typical_pa(row, scenario, travel, pa_groups)
            if index.pa_groups:
                row[S_OPERATOR] = len(operators)
        else:
            tags |= kinds
            _fill_bought(row, scenario, travel, supply)
        row[S_TAGS] = sum(1 << tag_bits[t] for t in tags if t in tag_bits)
    return table


def _fill_bought(row: NDArray[np.int64], scenario: Scenario, travel: TravelByRow, supply: Supply) -> None:
    card: RateCard | None = scenario.class_by_id[supply.class_id].rate_card
    row[S_KIND], row[S_LIMIT], row[S_ROW] = BOUGHT, NO_LIMIT, -1
    if supply.operator_id is not None:
        operator = scenario.operator_by_id[supply.operator_id]
        card = operator.rate_cards[supply.class_id]
        kept = sum(
            r.kept and r.operator_id == supply.operator_id and r.class_id == supply.class_id
            for r in scenario.current_routes
        )
        row[S_LIMIT] = max(0, operator.n_vehicles_by_class[supply.class_id] - kept)
        if operator.base_place_id is not None:
            row[S_ROW] = travel.row_by_place_id[operator.base_place_id]
    assert card is not None  # _supplies lists only classes with a card
    row[S_BASE], row[S_MILE_RATE], row[S_FREE_M] = card.base_pence, card.mile_rate_pence, card.free_m
    row[S_PA_RATE], row[S_DEAD_RULE] = card.pa_day_rate_pence, _DEAD[card.dead_rule]
    row[S_ONE_LEG_PCT], row[S_LONG_PCT] = card.one_leg_share_pct, card.long_leg_pct
    row[S_LONG_AFTER] = card.long_leg_after_s


def _fill_fleet(
    row: NDArray[np.int64], scenario: Scenario, travel: TravelByRow, vehicle: FleetVehicle, n_vehicles: int
) -> None:
    policy = scenario.policy
    row[S_KIND], row[S_LIMIT], row[S_MAX_RUNS] = FLEET, n_vehicles, vehicle.max_runs_per_shift
    row[S_ROW] = travel.row_by_place_id[scenario.depot_by_id[vehicle.depot_id].place_id]
    counted = policy.horizon == "budget" or vehicle.can_be_given_up
    row[S_FIXED] = vehicle.fixed_pence_per_day if counted else 0
    row[S_MILE_RATE] = vehicle.mile_rate_pence
    row[S_DRIVER_RATE], row[S_DRIVER_MIN] = vehicle.driver_pence_per_hour, vehicle.driver_min_paid_s
    row[S_AM_START], row[S_AM_END] = vehicle.am_shift.start_s, vehicle.am_shift.end_s
    row[S_PM_START], row[S_PM_END] = vehicle.pm_shift.start_s, vehicle.pm_shift.end_s
