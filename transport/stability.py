"""Families disturbed: whose vehicle, PA or time differs from a plan that they know already.

The plan they know is the *reference*: today's routes, or a plan of ours from before. A route of the new plan that
carries a route id of the reference claims to continue it; since ids are unique, it continues at most one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from transport.calendar import ALL_DAYS, Leg, days_words
from transport.check.shifts import RoutedRun, listed_pas_of, runs_of
from transport.check.words import duration_words, list_words
from transport.passengers import PaNeed, Passenger
from transport.plan import Plan, Route, RouteKind
from transport.policy import NO_CAP, Policy
from transport.scenario import Scenario


class Why(StrEnum):
    """What is not as it was."""

    VEHICLE = "vehicle"
    PA = "PA"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """A passenger for whom something is not as it was.

    Attributes
    ----------
    moved_s : largest move of pick-up (AM) or drop-off (PM), later positive; 0 where none is over the tolerance.
    sentence : all of it in plain words.
    """

    passenger_id: str
    reasons: tuple[Why, ...]
    moved_s: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seating:
    """How a passenger rides on one leg of one day: at home at `at_s` (start of service at their stop)."""

    routed: RoutedRun
    at_s: int


Seatings = dict[str, dict[tuple[Leg, int], Seating]]
"""Passenger id -> (leg, day) -> how they ride."""


def seatings_of(plan: Plan) -> Seatings:
    """Everybody's rides in a plan."""
    found: Seatings = {}
    for routed in runs_of(plan):
        run = routed.run
        for stop in run.stops:
            for passenger_id in stop.boarding if run.leg is Leg.AM else stop.alighting:
                own = found.setdefault(passenger_id, {})
                own.update({(run.leg, day): Seating(routed=routed, at_s=stop.start_at_s) for day in run.days})
    return found


def is_watched(policy: Policy) -> bool:
    """Whether disturbing a family has a price or a cap."""
    return policy.disturbed_pence_per_week > 0 or policy.max_disturbed < NO_CAP


def disturbed_of(plan: Plan, reference: Plan, scenario: Scenario) -> tuple[Disturbed, ...]:
    """Passengers for whom something differs from the reference, in the scenario's order.

    Compared are the legs and days on which both plans carry them: who is new, unserved or carried on other days only
    is not disturbed. Never raises on a bad plan.
    """
    now, before = seatings_of(plan), seatings_of(reference)
    found = (_disturbed(p, now, before, scenario.policy) for p in scenario.passengers)
    return tuple(item for item in found if item is not None)


def disturbed_week_pence(plan: Plan, reference: Plan | None, scenario: Scenario) -> int:
    """Price a week of the families disturbed; 0 without a reference."""
    price = scenario.policy.disturbed_pence_per_week
    return price * len(disturbed_of(plan, reference, scenario)) if price and reference is not None else 0


def continues(new: Route, old: Route) -> bool:
    """Whether a route is the old one to those who ride on it: same id, and it can be the same vehicle."""
    return new.route_id == old.route_id and may_continue(new, old)


def may_continue(new: Route, old: Route) -> bool:
    """Whether it can be the same vehicle: of the council the very same; bought, of the same class and operator.

    Who will drive a route that is still to be tendered is open: it may be today's operator.
    """
    if (new.kind, new.class_id, new.vehicle_id) != (old.kind, old.class_id, old.vehicle_id):
        return False
    return new.kind is RouteKind.FLEET or None in (new.operator_id, old.operator_id) or (
        new.operator_id == old.operator_id
    )


def moves_of(
    now: dict[tuple[Leg, int], Seating], before: dict[tuple[Leg, int], Seating], tolerance_s: int
) -> dict[tuple[Leg, int], int]:
    """(leg, day) -> seconds later, where the time at home moves by more than the tolerance."""
    moves = {key: now[key].at_s - before[key].at_s for key in now if key in before}
    return {key: by_s for key, by_s in moves.items() if abs(by_s) > tolerance_s}


def _disturbed(passenger: Passenger, now: Seatings, before: Seatings, policy: Policy) -> Disturbed | None:
    pid = passenger.passenger_id
    new, old = now.get(pid, {}), before.get(pid, {})
    pairs = {key: (new[key].routed, old[key].routed) for key in sorted(new) if key in old}
    moves = moves_of(new, old, policy.disturbed_tolerance_s)
    words = {
        Why.VEHICLE: _vehicle_words(pairs),
        Why.PA: _pa_words(pairs) if passenger.pa_need is not PaNeed.NONE else "",
        Why.TIME: "; ".join(_time_words(moves)),
    }
    reasons = tuple(why for why, text in words.items() if text)
    if not reasons:
        return None
    return Disturbed(
        passenger_id=pid,
        reasons=reasons,
        moved_s=max(moves.values(), key=abs, default=0),
        sentence=f"Passenger {pid}: " + "; ".join(words[why] for why in reasons),
    )


_Pairs = dict[tuple[Leg, int], tuple[RoutedRun, RoutedRun]]


def _vehicle_words(pairs: _Pairs) -> str:
    changed = [(a.route, b.route) for a, b in pairs.values() if not continues(a.route, b.route)]
    if not changed:
        return ""
    new, old = ([*dict.fromkeys(_route_words(pair[k]) for pair in changed)] for k in (0, 1))
    return f"{list_words(new)} instead of {list_words(old)}"


def _route_words(route: Route) -> str:
    by = route.vehicle_id or route.operator_id or "to be tendered"
    return f"route {route.route_id} ({route.class_id}, {by})"


def _pa_words(pairs: _Pairs) -> str:
    """Nobody of the PAs listed then is listed now; an operator's PAs are not listed."""
    for a, b in pairs.values():
        new, old = listed_pas_of(a), listed_pas_of(b)
        if new and old and not set(new) & set(old):
            return f"PA {list_words(new)} instead of {list_words(old)}"
    return ""


def _time_words(moves: dict[tuple[Leg, int], int]) -> Iterator[str]:
    """`picked up 12 min earlier on Mon–Wed`, a part for each move."""
    for leg, what in ((Leg.AM, "picked up"), (Leg.PM, "set down")):
        for by_s in dict.fromkeys(by_s for (of_leg, _), by_s in moves.items() if of_leg is leg):
            days = [day for day in ALL_DAYS if moves.get((leg, day)) == by_s]
            yield f"{what} {duration_words(abs(by_s))} {'later' if by_s > 0 else 'earlier'} on {days_words(days)}"
