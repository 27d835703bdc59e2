"""Tiny cases whose best plan is known: by hand on the line world, or by trying every plan there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np
import pytest

from routing.clock import runs_of
from tests.builders import (
    at,
    hm,
    line_travel,
    make_card,
    make_class,
    make_passenger,
    make_scenario,
    make_school,
    make_vehicle,
)
from tests.routing.planning import fortnight_pence, plan_for
from tests.routing.worlds import make_world
from transport.calendar import LEGS, Leg
from transport.check import Rule, check_plan
from transport.check.rides import rides_of_run
from transport.cost import billed_metres
from transport.lots import Lot, LotState
from transport.money import half_up
from transport.passengers import NeverTogether, PaNeed, Passenger, Phase
from transport.plan import Pattern, Plan, Route, RouteKind, Run, Unserved
from transport.policy import Policy
from transport.rate_cards import DeadRule
from transport.scenario import Scenario
from transport.travel import TravelMatrix
from transport.vehicles import VehicleClass

TRAVEL = line_travel()
MILE_M = 1609.344
LOADED_ONLY = make_class(rate_card=make_card(dead_rule=DeadRule.NONE))
LOOSE = Policy(ride_target_primary_s=7200, ride_cap_primary_s=7200)


def day_pence(base: int, km: float, pas: int = 0) -> int:
    """A day of `make_card()`: base, £1 a mile, £60 a PA."""
    return base + int(km * 1000 * 100 / MILE_M + 0.5) + pas * 6000


def test_four_on_a_line_share_one_car() -> None:
    """x0, x5, x10, x15 to x30, empty miles free: one car drives 30 km, twice a day, past each home once."""
    scenario = make_scenario(
        [make_passenger(f"P{k}", 5 * k) for k in range(4)], vehicle_classes=(LOADED_ONLY,), policy=LOOSE
    )
    planned = plan_for(scenario, TRAVEL)
    assert planned.groups == {frozenset({"P0", "P1", "P2", "P3"})}
    assert planned.fortnight_pence == 10 * day_pence(5000, 60)
    (route,) = planned.plan.routes
    assert route.am is not None
    assert route.pm is not None
    assert route.am.passenger_ids == ("P0", "P1", "P2", "P3")
    assert route.pm.passenger_ids == ("P3", "P2", "P1", "P0")


def test_two_who_live_on_either_side_of_school_do_not_share() -> None:
    """x20 and x40 to x30, empty miles free: together 60 km a day; apart 20 km each and another base of £5."""
    cheap = make_class(rate_card=make_card(500, dead_rule=DeadRule.NONE))
    scenario = make_scenario([make_passenger("P1", 20), make_passenger("P2", 40)], vehicle_classes=(cheap,))
    planned = plan_for(scenario, TRAVEL)
    assert planned.groups == {frozenset({"P1"}), frozenset({"P2"})}
    assert planned.fortnight_pence == 10 * 2 * day_pence(500, 20)


def test_a_run_to_two_schools_beats_two_runs() -> None:
    """x0 to the school at x30, x1 to the one at x31 that starts ten minutes later: one car."""
    schools = (make_school("S1", 30), make_school("S2", 31, start_s=hm(9, 10), finish_s=hm(15, 10)))
    people = [make_passenger("P1", 0, "S1"), make_passenger("P2", 1, "S2")]
    scenario = make_scenario(people, schools=schools)
    planned = plan_for(scenario, TRAVEL)
    assert planned.groups == {frozenset({"P1", "P2"})}
    assert planned.fortnight_pence == 10 * day_pence(5000, 124)
    assert planned.hard == []


def test_a_run_to_three_schools_beats_any_split() -> None:
    """Three neighbours, three schools in a row: 32 km out and back, twice; and with two schools a run, two cars."""
    schools = tuple(make_school(f"S{k}", 30 + k, arrive_earliest_before_s=1800) for k in range(3))
    people = [make_passenger(f"P{k}", 0, f"S{k}") for k in range(3)]
    planned = plan_for(make_scenario(people, schools=schools), TRAVEL)
    assert planned.groups == {frozenset({"P0", "P1", "P2"})}
    assert planned.fortnight_pence == 10 * day_pence(5000, 128)
    split = plan_for(make_scenario(people, schools=schools, policy=Policy(max_schools_per_run=2)), TRAVEL)
    assert len(split.plan.routes) == 2


@pytest.mark.parametrize(("fixed", "kind"), [(0, RouteKind.FLEET), (20_000, RouteKind.BOUGHT)])
def test_a_fleet_vehicle_is_used_where_it_is_cheaper(fixed: int, kind: RouteKind) -> None:
    """50p a mile and £18 an hour against £50 and £1 a mile; a fixed £200 turns it round.

    x0 to x60, from a depot at x0: 120 km out and back, twice a day. Fleet: four hours and four minutes, £73.20, and
    £74.56. Bought: £50, £149.13, and 50p for two minutes of 62 over an hour.
    """
    vehicle = make_vehicle(fixed_pence_per_day=fixed, can_be_given_up=True)
    scenario = make_scenario(
        [make_passenger()], schools=(make_school(gate=60),), fleet_vehicles=(vehicle,), policy=LOOSE
    )
    planned = plan_for(scenario, TRAVEL)
    (route,) = planned.plan.routes
    assert route.kind is kind
    expected = {RouteKind.FLEET: 7320 + 7456, RouteKind.BOUGHT: day_pence(5000, 240) + 50}[kind]
    assert planned.fortnight_pence == 10 * expected


def one_way_street(travel: TravelMatrix) -> TravelMatrix:
    """A ring: along the line upwards one minute a place, back only by a bypass of 40 minutes and 40 km to x0."""
    n = travel.seconds.shape[-1]
    idx = np.arange(n)
    gap = idx[None, :] - idx[:, None]
    minutes = np.where(gap >= 0, gap, 40 + idx[None, :])
    seconds = np.broadcast_to((minutes * 60).astype(np.int32), travel.seconds.shape).copy()
    metres = np.broadcast_to((minutes * 1000).astype(np.int32), travel.metres.shape).copy()
    return replace(travel, seconds=seconds, metres=metres)


def test_the_afternoon_is_not_the_morning_reversed() -> None:
    """On one-way streets x5 and x10 are passed in the same order both ways: up to x30, round by x0, up again."""
    people = [make_passenger("P1", 5), make_passenger("P2", 10)]
    planned = plan_for(make_scenario(people, policy=LOOSE), one_way_street(TRAVEL))
    (route,) = planned.plan.routes
    assert route.am is not None
    assert route.pm is not None
    assert route.am.passenger_ids == ("P1", "P2")
    assert route.pm.passenger_ids == ("P1", "P2")
    assert planned.hard == []


def test_who_rides_only_home_costs_no_seat_in_the_morning() -> None:
    """Four seats; four ride in the morning, P3 not home, P4 only home: one car on both legs."""
    people = [make_passenger(f"P{k}", k) for k in range(3)]
    people += [make_passenger("P3", 3, legs=(Leg.AM,)), make_passenger("P4", 4, legs=(Leg.PM,))]
    planned = plan_for(make_scenario(people), TRAVEL)
    (route,) = planned.plan.routes
    assert route.am is not None
    assert route.pm is not None
    assert set(route.am.passenger_ids) == {"P0", "P1", "P2", "P3"}
    assert set(route.pm.passenger_ids) == {"P0", "P1", "P2", "P4"}
    assert planned.hard == []


def test_one_seat_serves_two_who_come_on_different_days() -> None:
    """A vehicle with one seat: P1 Monday to Wednesday, P2 Thursday and Friday, one route that runs five days."""
    single = make_class(layouts=((1, 0),))
    people = [make_passenger("P1", 0, days=(0, 1, 2, 5, 6, 7)), make_passenger("P2", 0, days=(3, 4, 8, 9))]
    limited = replace(single, max_routes=1)
    planned = plan_for(make_scenario(people, vehicle_classes=(limited,)), TRAVEL)
    assert planned.groups == {frozenset({"P1", "P2"})}
    assert planned.hard == []
    assert sorted(run.days for run in planned.plan.routes[0].runs if run.leg is Leg.AM) == [
        (0, 1, 2, 5, 6, 7),
        (3, 4, 8, 9),
    ]


def test_a_dearer_class_is_taken_only_where_it_is_needed() -> None:
    """Five to one school: one MPV at £70 beats two cars at £50; two enemies need two cars."""
    classes = (make_class(), make_class("BUS", ((7, 0),), rate_card=make_card(7000)))
    people = [make_passenger(f"P{k}", 0) for k in range(5)]
    planned = plan_for(make_scenario(people, vehicle_classes=classes), TRAVEL)
    assert [route.class_id for route in planned.plan.routes] == ["BUS"]
    foes = (NeverTogether(passenger_ids=("P0", "P1")),)
    apart = plan_for(make_scenario(people, vehicle_classes=classes, never_together=foes), TRAVEL)
    assert sorted(route.class_id for route in apart.plan.routes) == ["CAR", "CAR"]


def test_those_who_need_a_pa_share_one() -> None:
    """Two with a shared need and two without, four seats a car: the two share a car and a PA."""
    people = [make_passenger(f"P{k}", 0, pa_need=PaNeed.SHARED if k < 2 else PaNeed.NONE) for k in range(4)]
    planned = plan_for(make_scenario(people), TRAVEL)
    assert planned.fortnight_pence == 10 * (day_pence(5000, 120, pas=1) + day_pence(5000, 120))
    assert planned.route_of("P0") is planned.route_of("P1")


def test_of_two_orders_as_long_the_one_with_shorter_wishes_is_driven() -> None:
    """x20 and x40 to x30, in either order 40 km; who wishes for ten minutes boards last and leaves first."""
    patient, hasty = make_passenger("P1", 20, phase=Phase.SECONDARY), make_passenger("P2", 40)
    policy = Policy(ride_target_primary_s=600, ride_over_target_pence_per_min=5)
    for people in ((patient, hasty), (hasty, patient)):
        planned = plan_for(make_scenario(people, policy=policy), TRAVEL)
        assert planned.fortnight_pence == 10 * day_pence(5000, 80)


# ---- every plan there is, through the checker and the cost alone ----


def partitions(people: Sequence[Passenger]) -> Iterator[list[list[Passenger]]]:
    """Every way to put people on routes."""
    if not people:
        yield []
        return
    head, rest = people[0], people[1:]
    for others in partitions(rest):
        yield [[head], *others]
        for k in range(len(others)):
            yield [*others[:k], [head, *others[k]], *others[k + 1 :]]


def patterns_of(scenario: Scenario, group: Sequence[Passenger], leg: Leg) -> list[Pattern | None]:
    """Every order of homes and gates of a leg; None where nobody travels on it."""
    riding = [p for p in group if any(p.am_place_ids if leg is Leg.AM else p.pm_place_ids)]
    if not riding:
        return [None]
    gates = list(dict.fromkeys((p.school_id, scenario.gate_of(p).place_id) for p in riding))
    return [
        Pattern(passenger_ids=tuple(p.passenger_id for p in order), gates=tuple(gate_order))
        for order in permutations(riding)
        for gate_order in permutations(gates)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegChoice:
    """One order of a leg, its runs, and all that its price depends on: metres, length and soft price of each run."""

    pattern: Pattern | None
    runs: tuple[Run, ...]
    figures: tuple[int, ...]


def leg_choices(
    scenario: Scenario, travel: TravelMatrix, group: Sequence[Passenger], leg: Leg, c: VehicleClass
) -> list[LegChoice]:
    """Orders of a leg that the checker passes, less those that are no better in anything than another one."""
    assert c.rate_card is not None
    profile, rate = travel.profile_by_class_id[c.class_id], scenario.policy.ride_over_target_pence_per_min
    found: list[LegChoice] = []
    for pattern in patterns_of(scenario, group, leg):
        runs = runs_of(scenario, travel, leg, pattern, c) if pattern else ()
        route = as_route(c, {leg: pattern}, runs)
        figures: list[int] = []
        for run in sorted(runs, key=lambda run: run.days):
            rides = rides_of_run(route, run, scenario, travel)
            soft = sum(half_up(rate * ride.over_target_s, 60) for ride in rides)
            figures += [billed_metres(run, c.rate_card.dead_rule, None, travel, profile=profile), run.leg_s, soft]
        choice = LegChoice(pattern=pattern, runs=runs, figures=tuple(figures))
        if any(all(x <= y for x, y in zip(o.figures, choice.figures, strict=True)) for o in found):
            continue
        if not hard_rules(scenario, travel, group, route) - {Rule.LEG_NOT_SERVED, Rule.PASSENGER_MISSING}:
            found = [o for o in found if not all(x >= y for x, y in zip(o.figures, figures, strict=True))]
            found.append(choice)
    return found


def as_route(c: VehicleClass, patterns: Mapping[Leg, Pattern | None], runs: tuple[Run, ...]) -> Route:
    """A bought route of a class."""
    return Route(
        route_id="R", kind=RouteKind.BOUGHT, class_id=c.class_id, am=patterns.get(Leg.AM), pm=patterns.get(Leg.PM),
        runs=runs, lot_id="L",
    )  # fmt: skip


def plan_of(scenario: Scenario, group: Sequence[Passenger], route: Route) -> Plan:
    """A plan of one route, everybody else unserved."""
    others = [p.passenger_id for p in scenario.passengers if p not in group]
    return Plan(
        plan_id="x",
        routes=(route,),
        lots=(Lot(lot_id="L", state=LotState.TENDER, class_id=route.class_id, route_ids=("R",)),),
        unserved=tuple(Unserved(passenger_id=pid, cause="", sentence="") for pid in others),
    )


def hard_rules(scenario: Scenario, travel: TravelMatrix, group: Sequence[Passenger], route: Route) -> set[Rule]:
    """Hard rules that a route breaks."""
    return {v.rule for v in check_plan(plan_of(scenario, group, route), scenario, travel) if v.hard}


def least_route_pence(scenario: Scenario, travel: TravelMatrix, group: Sequence[Passenger]) -> int | None:
    """Least fortnight cost of one bought route for a group; None where the checker passes none."""
    best: int | None = None
    for c in scenario.vehicle_classes:
        if len(group) > max(x.seats + x.wheelchairs for x in c.layouts):
            continue
        for am, pm in product(*(leg_choices(scenario, travel, group, leg, c) for leg in LEGS)):
            route = as_route(c, {Leg.AM: am.pattern, Leg.PM: pm.pattern}, am.runs + pm.runs)
            pence = fortnight_pence(plan_of(scenario, group, route), scenario, travel)
            if (best is None or pence < best) and not hard_rules(scenario, travel, group, route):
                best = pence
    return best


def least_plan_pence(scenario: Scenario, travel: TravelMatrix) -> int:
    """Least fortnight cost over every partition, order, gate order and class; people left behind at their price."""
    route_pence: dict[frozenset[str], int | None] = {}
    best = None
    for groups in partitions(scenario.passengers):
        total = 0
        for group in groups:
            key = frozenset(p.passenger_id for p in group)
            if key not in route_pence:
                route_pence[key] = least_route_pence(scenario, travel, group)
            pence = route_pence[key]
            if pence is None:
                alone = len(group) == 1
                days = len(scenario.days_of(group[0]))
                pence = scenario.policy.unserved_pence_per_day * days if alone else 1 << 50
            total += pence
        best = total if best is None else min(best, total)
    assert best is not None
    return best


@pytest.mark.parametrize(
    ("features", "n", "seed"),
    [
        ((), 4, 1),
        (("one_way",), 4, 12),
        (("schools", "one_way", "targets"), 4, 3),
        (("pas", "wheelchairs", "tight_caps"), 4, 4),
        (("one_leg", "own_caps", "one_way"), 4, 5),
        (("never_together", "solo", "dead_rule"), 4, 6),
        (("schools", "two_gates", "max_schools", "tight_caps"), 4, 7),
    ],
)
def test_the_search_finds_the_best_plan_there_is(features: tuple[str, ...], n: int, seed: int) -> None:
    """Every partition, order, gate order and class through checker and cost, against 300 iterations of three seeds."""
    scenario, travel = make_world(features, n, seed)
    best = least_plan_pence(scenario, travel)
    for search_seed in (1, 2, 3):
        planned = plan_for(scenario, travel, iterations=300, seed=search_seed)
        days = sum(len(scenario.days_of(scenario.passenger_by_id[pid])) for pid in planned.unserved_ids)
        assert planned.fortnight_pence + scenario.policy.unserved_pence_per_day * days == best


def test_places_of_the_line_are_as_the_hand_counts_say() -> None:
    """A kilometre and a minute each, so that the figures above can be followed."""
    assert TRAVEL.metres_between(Leg.AM, at(0), at(30)) == 30_000
    assert TRAVEL.seconds_between(Leg.PM, at(0), at(30)) == 1800
