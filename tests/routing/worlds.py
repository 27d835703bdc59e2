"""Small random boroughs with any mix of rules switched on, drawn by seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from tests.builders import (
    STARTS_ON,
    hm,
    make_assistant,
    make_card,
    make_class,
    make_operator,
    make_school,
    make_vehicle,
)
from transport.assistants import PassengerAssistant
from transport.calendar import ALL_DAYS, LEGS
from transport.operators import Operator
from transport.passengers import KeepTogether, Mobility, NeverTogether, PaNeed, Passenger, Phase, PickupPoint
from transport.places import Place
from transport.policy import Policy
from transport.rate_cards import DeadRule, RateCard
from transport.scenario import Scenario
from transport.schools import Gate, School, Session
from transport.travel import UNREACHABLE, TravelMatrix
from transport.vehicles import Depot, FleetVehicle, Shift, VehicleClass

FEATURES = (
    "wheelchairs", "pas", "pas_per", "solo", "never_together", "keep_together", "tags", "own_caps", "tight_caps",
    "walks", "part_week", "two_homes", "own_sessions", "two_gates", "one_leg", "schools", "early_friday", "dead_rule",
    "free_miles", "one_leg_share", "long_legs", "fleet", "tiers", "operators", "budget", "one_way", "two_profiles",
    "blocked", "free_legs", "class_limit", "shared_homes", "max_schools", "targets", "training", "pickups",
)  # fmt: skip
"""Rules that a borough may have switched on."""
LISTED_PAS = "assistants"
"""PAs listed by id: the search reckons with one who stands for all, the assignment with each."""

N_PLACES = 18
N_GATE_PLACES = 6
"""Places y0 ... are gates, the next ones depot, operator's base, then homes; `z12` is another name of y12's point."""
DEPOT, BASE = "y6", "y7"
HOMES = (*(f"y{i}" for i in range(8, N_PLACES)), "z12")


def make_world(features: Iterable[str], n: int, seed: int) -> tuple[Scenario, TravelMatrix]:
    """A borough of n passengers; the same features, n and seed give the same one."""
    on, rng = frozenset(features), Random(seed)
    schools = _schools(on, rng)
    passengers = tuple(_passenger(on, rng, f"P{i}", schools) for i in range(n))
    ids = [p.passenger_id for p in passengers]
    never: tuple[NeverTogether, ...] = ()
    if "never_together" in on and n >= 2:
        pairs = {tuple(sorted(rng.sample(ids, 2))) for _ in range(1 + n // 3)}
        never = tuple(NeverTogether(passenger_ids=(a, b)) for a, b in sorted(pairs))
    keep: tuple[KeepTogether, ...] = ()
    if "keep_together" in on and n >= 3:
        group = tuple(rng.sample(ids, rng.choice([2, 2, 3])))
        if not any(set(pair.passenger_ids) <= set(group) for pair in never):
            keep = (KeepTogether(group_id="G1", passenger_ids=group),)
    scenario = Scenario(
        name="random borough",
        starts_on=STARTS_ON,
        places=tuple(Place(place_id=name, lat=52.5, lon=-2.0) for name in (*(f"y{i}" for i in range(N_PLACES)), "z12")),
        schools=schools,
        passengers=passengers,
        vehicle_classes=_classes(on, rng),
        depots=(Depot(depot_id="D1", place_id=DEPOT),),
        fleet_vehicles=_fleet(on, rng),
        operators=_operators(on, rng),
        assistants=_assistants(on, rng),
        never_together=never,
        keep_together=keep,
        policy=_policy(on, rng),
    )
    return scenario, _travel(on, rng, scenario.vehicle_classes)


def _schools(on: frozenset[str], rng: Random) -> tuple[School, ...]:
    made = []
    for k in range(rng.randint(2, 4) if "schools" in on else 1):
        start = hm(9, 0) + (rng.choice([-2700, -600, 0, 0, 300, 1200]) if "schools" in on else 0)
        finish = start + hm(6, 0)
        early = "early_friday" in on and rng.random() < 0.6
        sessions = tuple(
            Session(start_s=start, finish_s=finish - (5400 if early and d % 5 == 4 else 0)) for d in ALL_DAYS
        )
        gates = [Gate(gate_id="main", place_id=f"y{k}")]
        if "two_gates" in on:
            gates.append(Gate(gate_id="side", place_id="y4" if k % 2 else "y5"))
        shut = rng.choice([3, 9]) if "part_week" in on and rng.random() < 0.3 else None
        made.append(
            make_school(
                f"S{k}",
                gates=tuple(gates),
                arrive_earliest_before_s=rng.choice([900, 1800, 2400]),
                leave_latest_after_s=rng.choice([900, 1800, 2400]),
                sessions=tuple(None if d == shut else s for d, s in enumerate(sessions)),
            )
        )
    return tuple(made)


def _passenger(on: frozenset[str], rng: Random, passenger_id: str, schools: tuple[School, ...]) -> Passenger:
    school = rng.choice(schools)
    homes = HOMES[4:8] if "shared_homes" in on else HOMES
    days = set(ALL_DAYS)
    if "part_week" in on and rng.random() < 0.6:
        days = set(rng.choice([(0, 1), (2, 3, 4), (0, 1, 5, 6), (7, 8, 9), (4, 9), (0, 1, 2, 3, 4)]))
    home, other = rng.choice(homes), rng.choice(homes)
    legs = set(LEGS)
    if "one_leg" in on and rng.random() < 0.4:
        legs = {rng.choice(LEGS)}
    places: dict[str, tuple[str | None, ...]] = {}
    moves = "two_homes" in on and rng.random() < 0.5
    for leg in LEGS:
        where = [other if moves and (day >= 5 or (leg is LEGS[1] and day == 2)) else home for day in ALL_DAYS]
        going = leg in legs
        places[leg] = tuple(place if going and day in days else None for day, place in enumerate(where))
    changes: dict[str, Any] = {}
    if "wheelchairs" in on and rng.random() < 0.35:
        changes["mobility"] = rng.choice([Mobility.IN_WHEELCHAIR, Mobility.TRANSFERS])
    if "pas" in on and rng.random() < 0.5:
        changes["pa_need"] = rng.choice([PaNeed.SHARED, PaNeed.SHARED, PaNeed.ONE_TO_ONE, PaNeed.TWO_TO_ONE])
    if "solo" in on and rng.random() < 0.25:
        changes["solo"] = True
    if "tags" in on and rng.random() < 0.35:
        changes["vehicle_tags"] = frozenset(
            rng.choice([("low_floor",), ("tail_lift",), ("radio",), ("radio", "low_floor")])
        )
    if "training" in on and rng.random() < 0.4:
        changes["pa_training_tags"] = frozenset(rng.choice([("epilepsy",), ("lifting",), ("epilepsy", "lifting")]))
    if "own_caps" in on and rng.random() < 0.5:
        changes["ride_cap_s"] = rng.choice([900, 1500, 2400])
    if "walks" in on and rng.random() < 0.5:
        changes |= {"walk_s": rng.choice([60, 400, 1200]), "walk_m": rng.choice([100, 900, 1700])}
    if "own_sessions" in on and rng.random() < 0.4:
        base = next(s for s in school.sessions if s is not None)
        own = Session(
            start_s=base.start_s + rng.choice([0, 300, 3600]), finish_s=base.finish_s - rng.choice([0, 600, 7200])
        )
        changes["own_sessions"] = tuple(own if day % 5 != 1 else None for day in ALL_DAYS)
    if "pickups" in on and rng.random() < 0.7:
        changes |= _pickups(rng, [place for of_leg in places.values() for place in of_leg if place])
    return Passenger(
        passenger_id=passenger_id,
        school_id=school.school_id,
        phase=rng.choice(list(Phase)),
        am_place_ids=places[LEGS[0]],
        pm_place_ids=places[LEGS[1]],
        gate_id="side" if "two_gates" in on and rng.random() < 0.4 else None,
        board_s=rng.choice([60, 120, 300]),
        alight_s=rng.choice([30, 60, 180]),
        school_board_s=rng.choice([30, 60]),
        school_alight_s=rng.choice([30, 60]),
        **changes,
    )


def _pickups(rng: Random, own: list[str]) -> dict[str, Any]:
    """One to three points for one of the own places, near and far to walk; some passengers may only board at them."""
    home = rng.choice(own)
    ids = rng.sample([place for place in HOMES if place not in own], rng.randint(1, 3))
    points = [
        PickupPoint(
            place_id=place_id, home_place_id=home, walk_m=rng.choice([80, 700, 1700]), walk_s=rng.choice([0, 90, 1100])
        )
        for place_id in ids
    ]
    return {"pickup_points": tuple(points), "boards_at_home": rng.random() < 0.7}


def _card(on: frozenset[str], rng: Random, base_pence: int) -> RateCard:
    return make_card(
        base_pence, rng.choice([0, 90, 137, 210]), rng.choice([0, 4321, 6000]),
        free_m=rng.choice([0, 5000, 30_000]) if "free_miles" in on else 0,
        dead_rule=rng.choice(list(DeadRule)) if "dead_rule" in on else DeadRule.RETURN,
        one_leg_share_pct=rng.choice([55, 73, 100]) if "one_leg_share" in on else 100,
        long_leg_pct=rng.choice([0, 30, 77]) if "long_legs" in on else 30,
        long_leg_after_s=rng.choice([0, 900, 1800]) if "long_legs" in on else 3600,
    )  # fmt: skip


def _classes(on: frozenset[str], rng: Random) -> tuple[VehicleClass, ...]:
    limits = {"max_routes": rng.choice([1, 2, 3])} if "class_limit" in on else {}
    return (
        make_class("CAR", ((4, 0),), rate_card=_card(on, rng, 5003), **limits),
        make_class("MPV", ((6, 0), (3, 1)), rate_card=_card(on, rng, 7001), tags=frozenset({"low_floor"})),
        make_class(
            "BUS",
            ((12, 0), (8, 2), (4, 4)),
            rate_card=_card(on, rng, 11_007),
            tags=frozenset({"low_floor", "tail_lift"}),
        ),
    )


def _fleet(on: frozenset[str], rng: Random) -> tuple[FleetVehicle, ...]:
    if not on & {"fleet", "tiers"}:
        return ()
    return tuple(
        make_vehicle(
            f"V{k}", rng.choice(["MPV", "BUS"]),
            am_shift=Shift(start_s=hm(6, rng.choice([0, 45])), end_s=hm(11, 30)),
            pm_shift=Shift(start_s=hm(12, 0), end_s=hm(rng.choice([16, 19]), 0)),
            fixed_pence_per_day=rng.choice([0, 2500, 9500]), mile_rate_pence=rng.choice([0, 53]),
            driver_min_paid_s=rng.choice([0, 7200, 14_400]), can_be_given_up=rng.random() < 0.5,
            max_runs_per_shift=rng.choice([1, 2, 3]), tags=frozenset({"radio"} if rng.random() < 0.5 else ()),
        )
        for k in range(rng.randint(1, 3))
    )  # fmt: skip


def _operators(on: frozenset[str], rng: Random) -> tuple[Operator, ...]:
    if "operators" not in on:
        return ()
    return tuple(
        make_operator(
            f"O{k}", {"CAR": rng.choice([0, 1, 2]), "MPV": 1},
            rate_cards={"CAR": _card(on, rng, 3907), "MPV": _card(on, rng, 6011)},
            n_pas=rng.choice([None, 0, 1, 2]), base_place_id=rng.choice([None, BASE]),
        )
        for k in range(rng.randint(1, 2))
    )  # fmt: skip


def _assistants(on: frozenset[str], rng: Random) -> tuple[PassengerAssistant, ...]:
    if LISTED_PAS not in on:
        return ()
    kinds = [(), (), ("epilepsy",), ("lifting",), ("epilepsy", "lifting", "signing")]
    return tuple(
        make_assistant(
            f"A{k}", None, home_place_id=rng.choice([None, "y17", *HOMES[:6]]),
            pence_per_hour=rng.choice([1201, 1350, 1999]), min_paid_s=rng.choice([0, 3600, 14_400]),
            training_tags=frozenset(rng.choice(kinds)),
        )
        for k in range(rng.randint(1, 6))
    )  # fmt: skip


def _policy(on: frozenset[str], rng: Random) -> Policy:
    values: dict[str, Any] = {
        "horizon": "budget" if "budget" in on else "term",
        "same_route_both_legs": "free_legs" not in on,
        "council_pa_min_paid_s": rng.choice([0, 3600, 14_400]),
        "council_pa_pence_per_hour": rng.choice([1350, 1999]),
        "turnround_s": rng.choice([0, 120, 600]),
        "layout_change_s": rng.choice([0, 600, 1500]),
    }
    if "pas_per" in on:
        values["passengers_per_shared_pa"] = rng.choice([1, 2, 3])
    if "max_schools" in on:
        values["max_schools_per_run"] = rng.choice([1, 2])
    if "tight_caps" in on:
        cap = rng.choice([1200, 1800, 2400])
        values |= {f"ride_cap_{phase}_s": cap for phase in ("primary", "secondary", "post16")}
        values |= {"ride_cap_direct_pct": rng.choice([100, 130]), "ride_cap_direct_plus_s": rng.choice([0, 300])}
    if "targets" in on:
        values |= {f"ride_target_{phase}_s": rng.choice([0, 700, 1500]) for phase in ("primary", "secondary", "post16")}
        values["ride_over_target_pence_per_min"] = rng.choice([0, 7, 61])
    return Policy(**values)


def _travel(on: frozenset[str], rng: Random, classes: tuple[VehicleClass, ...]) -> TravelMatrix:
    """Points in a square 20 minutes wide; shortest paths, so that no detour is shorter than the direct drive."""
    np_rng = np.random.default_rng(rng.randrange(1 << 30))
    points = np_rng.uniform(0, 1200, (N_PLACES, 2))
    straight = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    legs = []
    for leg in range(2):
        seconds = straight * (1.0 + 0.2 * leg)
        if "one_way" in on:
            seconds = seconds * np_rng.uniform(1.0, 2.2, seconds.shape)
            np.fill_diagonal(seconds, 0)
        legs.append(_shortest(np.rint(seconds).astype(np.int64)))
    profiles = [np.stack(legs)]
    if "two_profiles" in on:
        profiles.append(np.stack([_shortest(np.rint(leg * 1.17).astype(np.int64)) for leg in legs]))
    seconds = np.stack(profiles).astype(np.int32)
    metres = (seconds * 11 + seconds % 7).astype(np.int32)
    if "blocked" in on and "two_profiles" in on:
        for place in rng.sample(range(8, N_PLACES), 3):
            for array in (seconds, metres):
                array[1, :, place, :] = array[1, :, :, place] = UNREACHABLE
                array[1, :, place, place] = 0
    rows = {f"y{i}": i for i in range(N_PLACES)} | {"z12": 12}
    wide = 1 if "two_profiles" in on else 0
    return TravelMatrix(
        row_by_place_id=rows,
        profile_by_class_id={c.class_id: wide if c.class_id == "BUS" else 0 for c in classes},
        seconds=seconds,
        metres=metres,
        approximate=False,
        source="random borough",
        digest="random",
    )


def _shortest(seconds: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    for k in range(len(seconds)):
        seconds = np.minimum(seconds, seconds[:, k : k + 1] + seconds[k : k + 1, :])
    return seconds


def renamed(scenario: Scenario) -> tuple[Scenario, dict[str, str]]:
    """The same scenario with every passenger under another id, and the new id of each."""
    new = {p.passenger_id: f"q{i}" for i, p in enumerate(scenario.passengers)}
    return (
        replace(
            scenario,
            passengers=tuple(replace(p, passenger_id=new[p.passenger_id]) for p in scenario.passengers),
            never_together=tuple(
                replace(x, passenger_ids=(new[x.passenger_ids[0]], new[x.passenger_ids[1]]))
                for x in scenario.never_together
            ),
            keep_together=tuple(
                replace(x, passenger_ids=tuple(new[pid] for pid in x.passenger_ids)) for x in scenario.keep_together
            ),
        ),
        new,
    )
