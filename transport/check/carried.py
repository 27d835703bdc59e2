"""Rules on who is carried: everybody, once, on every leg and day they travel, between the right places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.check.facts import Carriage, Facts
from transport.check.rides import seats_of
from transport.check.rules import Rule, Violation, make_run_violation, make_violation
from transport.check.words import on_days_words


def check_passenger_missing(facts: Facts) -> Iterator[Violation]:
    """Every planned passenger is carried or listed as unserved."""
    boardings = facts.boardings
    for p in facts.scenario.planned_passengers():
        if p.passenger_id not in boardings and p.passenger_id not in facts.unserved_ids:
            sentence = f"Passenger {p.passenger_id} is neither carried nor listed as unserved"
            yield make_violation(Rule.PASSENGER_MISSING, 1, sentence, passenger_ids=[p.passenger_id])


def check_carried_twice(facts: Facts) -> Iterator[Violation]:
    """Nobody is carried twice on one leg of a day, or carried and also listed as unserved."""
    for pid, counts in facts.boardings.items():
        if pid in facts.unserved_ids:
            sentence = f"Passenger {pid} is carried and also listed as unserved"
            yield make_violation(Rule.CARRIED_TWICE, counts.total(), sentence, passenger_ids=[pid])
        extra = {key: n - 1 for key, n in counts.items() if n > 1}
        for leg in LEGS:
            days = [day for of_leg, day in extra if of_leg is leg]
            if days:
                n = sum(extra[leg, day] for day in days)
                sentence = f"Passenger {pid} is carried more than once {leg.value}{on_days_words(days)}"
                yield make_violation(Rule.CARRIED_TWICE, n, sentence, passenger_ids=[pid], leg=leg, days=days)


def check_leg_not_served(facts: Facts) -> Iterator[Violation]:
    """Whoever is carried is carried on every leg and day they travel."""
    boardings = facts.boardings
    for p in facts.scenario.planned_passengers():
        counts = boardings.get(p.passenger_id)
        if counts is None or p.passenger_id in facts.unserved_ids:
            continue
        for leg in LEGS:
            missed = [d for d in ALL_DAYS if not counts[leg, d] and facts.scenario.travels(p, leg, d)]
            if missed:
                sentence = f"Passenger {p.passenger_id} is not carried {leg.value}{on_days_words(missed)}"
                yield make_violation(
                    Rule.LEG_NOT_SERVED,
                    len(missed),
                    sentence,
                    passenger_ids=[p.passenger_id],
                    leg=leg,
                    days=missed,
                )


def check_not_set_down(facts: Facts) -> Iterator[Violation]:
    """Whoever boards a run alights from it later, once."""
    for routed in facts.runs:
        run = routed.run
        alighted = [pid for stop in run.stops for pid in stop.alighting]
        seated = {seat.passenger_id for seat in seats_of(run)}
        bad = [pid for pid in dict.fromkeys([*run.passenger_ids, *alighted]) if pid not in seated]
        bad += [pid for pid, n in Counter(alighted).items() if n > 1 and pid in seated]
        for pid in bad:
            what = f"passenger {pid} does not board once and alight once, in this order"
            yield make_run_violation(Rule.NOT_SET_DOWN, 1, what, routed, passenger_ids=[pid])


def check_carried_when_not_travelling(facts: Facts) -> Iterator[Violation]:
    """Nobody is carried on a leg and day they do not travel."""
    for carriage in _all(facts):
        p, run = carriage.passenger, carriage.routed.run
        days = [day for day in run.days if not facts.scenario.travels(p, run.leg, day)]
        if days:
            what = f"passenger {p.passenger_id} is carried but does not travel"
            yield make_run_violation(
                Rule.CARRIED_WHEN_NOT_TRAVELLING, len(days), what, carriage.routed,
                passenger_ids=[p.passenger_id], days=days,
            )  # fmt: skip


def check_not_planned_carried(facts: Facts) -> Iterator[Violation]:
    """Nobody is carried who is awaiting a decision or not ready."""
    for pid, counts in facts.boardings.items():
        reason = facts.not_planned_reason_by_id.get(pid)
        if reason:
            sentence = f"Passenger {pid} is carried, but: {reason}"
            yield make_violation(Rule.NOT_PLANNED_CARRIED, counts.total(), sentence, passenger_ids=[pid])


def check_wrong_place(facts: Facts) -> Iterator[Violation]:
    """Boards (AM) or alights (PM) at their own place of that leg and day, or at a pick-up point for it."""
    for carriage in _all(facts):
        p, run = carriage.passenger, carriage.routed.run
        allowed = {day: p.stop_ids_on(run.leg, day) for day in run.days}
        days = [day for day, place_ids in allowed.items() if place_ids and carriage.home_place_id not in place_ids]
        if days:
            does = "boards" if run.leg is Leg.AM else "alights"
            what = f"passenger {p.passenger_id} {does} at {carriage.home_place_id}, not at "
            what += " or ".join(allowed[days[0]])
            yield make_run_violation(
                Rule.WRONG_PLACE, len(days), what, carriage.routed, passenger_ids=[p.passenger_id], days=days
            )


def check_pickup_varies(facts: Facts) -> Iterator[Violation]:
    """Whoever has pick-up points keeps to one place on all days of a leg on which they are at one own place."""
    for pid, carriages in facts.carriages.items():
        p = facts.scenario.passenger_by_id[pid]
        for leg in LEGS if p.pickup_points else ():
            of_leg = [c for c in carriages if c.routed.run.leg is leg]
            homes = {point.home_place_id for point in p.pickup_points}
            used = dict.fromkeys(
                c.home_place_id for c in of_leg for day in c.routed.run.days
                if p.place_id_on(leg, day) in homes and c.home_place_id in p.stop_ids_on(leg, day)
            )  # fmt: skip
            if len(used) > 1:
                does = "boards" if leg is Leg.AM else "alights"
                sentence = (
                    f"Passenger {pid} {does} {leg.value} at {len(used)} places ({', '.join(used)}); one is allowed"
                )
                yield make_violation(Rule.PICKUP_VARIES, len(used) - 1, sentence, passenger_ids=[pid], leg=leg)


def check_wrong_gate(facts: Facts) -> Iterator[Violation]:
    """Is brought to, and fetched from, their own school's gate."""
    for carriage in _all(facts):
        p, run = carriage.passenger, carriage.routed.run
        stop, gate = run.stops[carriage.gate_idx], facts.scenario.gate_of(p)
        if stop.place_id != gate.place_id or stop.school_id != p.school_id:
            does = "is taken to" if run.leg is Leg.AM else "is fetched from"
            what = (
                f"passenger {p.passenger_id} {does} {stop.place_id} (school {stop.school_id}), "
                f"not {gate.place_id} (school {p.school_id})"
            )
            yield make_run_violation(
                Rule.WRONG_GATE, len(run.days), what, carriage.routed, passenger_ids=[p.passenger_id]
            )


def check_walk_over_max(facts: Facts) -> Iterator[Violation]:
    """Nobody walks farther to their place of boarding than allowed."""
    allowed_m = facts.scenario.policy.max_walk_m
    for pid, carriages in facts.carriages.items():
        p = facts.scenario.passenger_by_id[pid]
        walk_m = max(p.walk_m_to(carriage.home_place_id) for carriage in carriages)
        if walk_m > allowed_m:
            over_m = walk_m - allowed_m
            sentence = f"Passenger {pid} walks {walk_m} m, {over_m} m over the limit of {allowed_m} m"
            yield make_violation(Rule.WALK_OVER_MAX, over_m, sentence, passenger_ids=[pid])


def check_same_route_split(facts: Facts) -> Iterator[Violation]:
    """A passenger has one route on all days and both legs, where the policy asks for it."""
    if not facts.scenario.policy.same_route_both_legs:
        return
    for pid, carriages in facts.carriages.items():
        routes = list(dict.fromkeys(c.routed.route.route_id for c in carriages))
        if len(routes) > 1:
            sentence = f"Passenger {pid} is on {len(routes)} routes ({', '.join(routes)}); one is allowed"
            yield make_violation(Rule.SAME_ROUTE_SPLIT, len(routes) - 1, sentence, passenger_ids=[pid])


def _all(facts: Facts) -> Iterator[Carriage]:
    for carriages in facts.carriages.values():
        yield from carriages
