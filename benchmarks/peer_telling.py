"""Telling a scenario to peers: rules, prices and places of one leg in the neutral words of `peer_model`.

The PM leg is told as its mirror image: time runs backwards, roads are driven the other way, and a run that takes
everybody home becomes one that gathers them. So each peer needs one model, many homes to a gate.

The rules that no peer knows are put into words it has:

- a ride cap becomes a pick-up window: nobody boards earlier than the gate's latest time less the cap;
- a shared PA is a vehicle with one seat less and the PA's price in its fixed cost; who needs one must have such a one;
- layouts become linear loads (seats + w x wheelchair places), exact for every layout list that is concave;
- somebody solo is a load that leaves no room for anybody else; tags are loads that other vehicles cannot hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from benchmarks.peer_model import DAY_S, ROOM, Job, LegModel, Offer
from routing.riders import kept_passenger_ids
from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.money import half_up, hour_pence
from transport.passengers import PaNeed, Passenger
from transport.rate_cards import DeadRule, RateCard
from transport.scenario import Scenario
from transport.travel import TravelMatrix
from transport.vehicles import FleetVehicle, Layout, VehicleClass


def leg_model(scenario: Scenario, travel: TravelMatrix, leg: Leg, *, money_pct: int = 100) -> LegModel:
    """The model of one leg.

    Parameters
    ----------
    money_pct : share of what is paid once a day that this leg is told; 50 where AM and PM are solved apart.
    """
    slopes = _slopes(scenario.vehicle_classes)
    tags = tuple(sorted({tag for p in scenario.planned_passengers() for tag in p.vehicle_tags}))
    names = (*(f"seats+{w}chairs" for w in slopes), "chairs", "solo", "shared PA", *tags)
    offers = [
        offer
        for with_pa in (False, True)
        for vehicle_class in scenario.vehicle_classes
        if vehicle_class.rate_card is not None
        for offer in _bought(travel, leg, vehicle_class, slopes, tags, with_pa, money_pct)
    ]
    offers += _fleet(scenario, travel, leg, slopes, tags, money_pct)
    return LegModel(
        leg=leg,
        late_pence_per_min=scenario.policy.ride_over_target_pence_per_min,
        jobs=tuple(_jobs(scenario, travel, leg, slopes, tags)),
        offers=tuple(offers),
        load_names=names,
    )


def _slopes(classes: Sequence[VehicleClass]) -> tuple[int, ...]:
    """Seats that one more wheelchair takes, over all pairs of layouts of a class; 0 first."""
    found = {0}
    for vehicle_class in classes:
        for a, b in combinations(vehicle_class.layouts, 2):
            chairs, seats = b.wheelchairs - a.wheelchairs, a.seats - b.seats
            if chairs != 0 and seats / chairs > 0:
                found.add(-(-seats // chairs))
    return tuple(sorted(found))


def _capacity(
    layouts: Sequence[Layout], own_tags: frozenset[str], slopes: Sequence[int], tags: Sequence[str], with_pa: bool
) -> tuple[int, ...]:
    return (
        *(max(x.seats + w * x.wheelchairs for x in layouts) - with_pa for w in slopes),
        max(x.wheelchairs for x in layouts),
        ROOM,
        ROOM if with_pa else 0,
        *(ROOM if tag in own_tags else 0 for tag in tags),
    )


def _loads(people: Sequence[Passenger], slopes: Sequence[int], tags: Sequence[str]) -> tuple[int, ...]:
    chairs = sum(p.uses_wheelchair_place for p in people)
    own_pas = sum({PaNeed.ONE_TO_ONE: 1, PaNeed.TWO_TO_ONE: 2}.get(p.pa_need, 0) for p in people)
    seats = len(people) - chairs + own_pas
    return (
        *(seats + w * chairs for w in slopes),
        chairs,
        sum(ROOM if p.solo else 1 for p in people),
        sum(p.pa_need is PaNeed.SHARED for p in people),
        *(sum(tag in p.vehicle_tags for p in people) for tag in tags),
    )


def _jobs(scenario: Scenario, travel: TravelMatrix, leg: Leg, slopes: Sequence[int], tags: Sequence[str]) -> list[Job]:
    group_of = {pid: group.group_id for group in scenario.keep_together for pid in group.passenger_ids}
    kept = kept_passenger_ids(scenario)
    together: dict[object, list[tuple[Passenger, str, int]]] = defaultdict(list)
    for p in scenario.planned_passengers():
        usual = _usual_day(scenario, leg, p)
        if p.passenger_id in kept or usual is None:
            continue
        place_id, day = usual
        unit = group_of.get(p.passenger_id, p.passenger_id)
        together[unit, place_id, scenario.gate_of(p).place_id, scenario.window_of(p, leg, day)].append(
            (p, place_id, day)
        )
    return [_job(scenario, travel, leg, members, slopes, tags) for members in together.values()]


def _usual_day(scenario: Scenario, leg: Leg, p: Passenger) -> tuple[str, int] | None:
    """Where and on which day (an example) a passenger mostly travels on a leg."""
    days: dict[object, list[int]] = defaultdict(list)
    for day in ALL_DAYS:
        if scenario.travels(p, leg, day):
            days[p.place_id_on(leg, day), scenario.window_of(p, leg, day)].append(day)
    if not days:
        return None
    day = max(days.values(), key=len)[0]
    place_id = p.place_id_on(leg, day)
    assert place_id is not None  # they travel that day
    return place_id, day


def _job(
    scenario: Scenario,
    travel: TravelMatrix,
    leg: Leg,
    members: Sequence[tuple[Passenger, str, int]],
    slopes: Sequence[int],
    tags: Sequence[str],
) -> Job:
    people = [p for p, _, _ in members]
    first, place_id, day = members[0]
    gate_id = scenario.gate_of(first).place_id
    gate_s = sum(p.service_s(leg, at_school=True) for p in people)
    home_s = sum(p.service_s(leg, at_school=False) for p in people)
    opens, closes = scenario.window_of(first, leg, day)
    if leg is Leg.PM:
        # Backwards: service at the gate begins when it really ends, which is when rides begin.
        opens, closes = DAY_S - closes, DAY_S - opens - gate_s
    direct_s = travel.seconds_between(leg, *((place_id, gate_id) if leg is Leg.AM else (gate_id, place_id)))
    policy = scenario.policy
    caps = [policy.ride_cap_of(p.phase, direct_s=direct_s, own_cap_s=p.ride_cap_s) for p in people]
    targets = [policy.ride_target_s(p.phase) - p.walk_s for p in people]
    return Job(
        passenger_ids=tuple(p.passenger_id for p in people),
        row=travel.row_by_place_id[place_id],
        gate_row=travel.row_by_place_id[gate_id],
        earliest_s=max(0, closes - min(caps) - home_s),
        wished_s=max(0, closes - min(targets) - home_s),
        open_s=opens,
        close_s=closes,
        home_s=home_s,
        gate_s=gate_s,
        loads=_loads(people, slopes, tags),
    )


def _roads(travel: TravelMatrix, leg: Leg, profile: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    k = LEGS.index(leg)
    seconds, metres = travel.seconds[profile, k], travel.metres[profile, k]
    return (seconds, metres) if leg is Leg.AM else (seconds.T, metres.T)


def _bought(
    travel: TravelMatrix,
    leg: Leg,
    vehicle_class: VehicleClass,
    slopes: Sequence[int],
    tags: Sequence[str],
    with_pa: bool,
    money_pct: int,
) -> list[Offer]:
    card: RateCard | None = vehicle_class.rate_card
    if card is None or (with_pa and all(x.seats == 0 for x in vehicle_class.layouts)):
        return []
    profile = travel.profile_by_class_id[vehicle_class.class_id]
    seconds, metres = _roads(travel, leg, profile)
    paid_pence = card.base_pence + with_pa * card.pa_day_rate_pence
    return [
        Offer(
            name=vehicle_class.class_id + " with PA" * with_pa,
            capacity=_capacity(vehicle_class.layouts, vehicle_class.tags, slopes, tags, with_pa),
            n_available=vehicle_class.max_routes,
            fixed_pence=half_up(money_pct * paid_pence, 100),
            mile_rate_pence=card.mile_rate_pence,
            depot_row=None,
            pays_return=card.dead_rule is not DeadRule.NONE,
            starts_s=0,
            ends_s=DAY_S,
            over_pence_per_hour=half_up(card.long_leg_pct * card.base_pence * money_pct, 10_000),
            over_after_s=card.long_leg_after_s,
            profile=profile,
            seconds=seconds,
            metres=metres,
        )
    ]


def _fleet(
    scenario: Scenario, travel: TravelMatrix, leg: Leg, slopes: Sequence[int], tags: Sequence[str], money_pct: int
) -> list[Offer]:
    """Like fleet vehicles together. All with a PA: a limit on two kinds together is more than most peers can state."""
    like = Counter(replace(v, vehicle_id="", max_runs_per_shift=1) for v in scenario.fleet_vehicles)
    return [_fleet_offer(scenario, travel, leg, v, n, slopes, tags, money_pct) for v, n in like.items()]


def _fleet_offer(
    scenario: Scenario,
    travel: TravelMatrix,
    leg: Leg,
    vehicle: FleetVehicle,
    n_vehicles: int,
    slopes: Sequence[int],
    tags: Sequence[str],
    money_pct: int,
) -> Offer:
    policy, vehicle_class = scenario.policy, scenario.class_by_id[vehicle.class_id]
    shift = vehicle.am_shift if leg is Leg.AM else vehicle.pm_shift
    starts_s, ends_s = (shift.start_s, shift.end_s) if leg is Leg.AM else (DAY_S - shift.end_s, DAY_S - shift.start_s)
    counted = policy.horizon == "budget" or vehicle.can_be_given_up
    # Within one shift the least paid hours bind, for the driver and for the council's PA.
    paid_pence = vehicle.fixed_pence_per_day * counted
    paid_pence += hour_pence(vehicle.driver_pence_per_hour, vehicle.driver_min_paid_s)
    paid_pence += hour_pence(policy.council_pa_pence_per_hour, policy.council_pa_min_paid_s)
    profile = travel.profile_by_class_id[vehicle.class_id]
    seconds, metres = _roads(travel, leg, profile)
    return Offer(
        name=f"fleet {vehicle.class_id} at {vehicle.depot_id}" + ", can be given up" * vehicle.can_be_given_up,
        capacity=_capacity(vehicle_class.layouts, vehicle_class.tags | vehicle.tags, slopes, tags, with_pa=True),
        n_available=n_vehicles,
        fixed_pence=half_up(money_pct * paid_pence, 100),
        mile_rate_pence=vehicle.mile_rate_pence,
        depot_row=travel.row_by_place_id[scenario.depot_by_id[vehicle.depot_id].place_id],
        pays_return=False,
        starts_s=starts_s,
        ends_s=ends_s,
        over_pence_per_hour=0,
        over_after_s=DAY_S,
        profile=profile,
        seconds=seconds,
        metres=metres,
    )
