"""Families disturbed: whose vehicle, PA or time differs from a plan that they know already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from transport.calendar import Leg, days_words
from transport.check.shifts import RoutedRun, listed_pas_of
from transport.check.words import duration_words, list_words
from transport.passengers import PaNeed, Passenger
from transport.plan import Plan, Route
from transport.policy import Policy
from transport.scenario import Scenario
from transport.stability import (
    Riding,
    Seating,
    by_day,
    continues,
    moves_of,
    pairs_of,
    riders_where_plans_differ,
    riding_of,
)


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


def disturbed_of(plan: Plan, reference: Plan, scenario: Scenario) -> tuple[Disturbed, ...]:
    """Passengers for whom something differs from the reference, in the scenario's order.

    Compared are the legs and days on which both plans carry them: who is new, unserved or carried on other days only
    is not disturbed. Never raises on a bad plan.
    """
    riders = riders_where_plans_differ(plan, reference)
    return disturbed_between(riding_of(plan, riders), riding_of(reference, riders), scenario)


def disturbed_between(now: Riding, before: Riding, scenario: Scenario) -> tuple[Disturbed, ...]:
    """`disturbed_of`, from how everybody rides."""
    carried = scenario.in_order(pid for pid in now if pid in before)
    found = (_disturbed(p, now[p.passenger_id], before[p.passenger_id], scenario.policy) for p in carried)
    return tuple(item for item in found if item is not None)


def disturbed_week_pence(plan: Plan, reference: Plan | None, scenario: Scenario) -> int:
    """Price a week of the families disturbed; 0 without a reference."""
    price = scenario.policy.disturbed_pence_per_week
    return price * len(disturbed_of(plan, reference, scenario)) if price and reference is not None else 0


def _disturbed(passenger: Passenger, now: list[Seating], before: list[Seating], policy: Policy) -> Disturbed | None:
    # Most are not, or keep vehicle and PA: the few pairs of runs tell, before the days are gone through.
    pairs = list(pairs_of(now, before))
    keeps = all(continues(a.route, b.route) and not a.route.pa_ids for a, b in pairs)
    if keeps and all(abs(a.at_s - b.at_s) <= policy.disturbed_tolerance_s for a, b in pairs):
        return None
    pid, new, old = passenger.passenger_id, by_day(now), by_day(before)
    moves = moves_of(new, old, policy.disturbed_tolerance_s)
    words = {Why.VEHICLE: "", Why.PA: "", Why.TIME: "; ".join(_time_words(moves))}
    if not keeps:
        of_days = list(dict.fromkeys((new[key], old[key]) for key in sorted(new) if key in old))
        words[Why.VEHICLE] = _vehicle_words(of_days)
        words[Why.PA] = _pa_words(of_days) if passenger.pa_need is not PaNeed.NONE else ""
    reasons = tuple(why for why, text in words.items() if text)
    if not reasons:
        return None
    return Disturbed(
        passenger_id=pid,
        reasons=reasons,
        moved_s=max(moves.values(), key=abs, default=0),
        sentence=f"Passenger {pid}: " + "; ".join(words[why] for why in reasons),
    )


_Pairs = list[tuple[Seating, Seating]]
"""How somebody rides now and rode before, on the legs and days that are compared."""


def _vehicle_words(pairs: _Pairs) -> str:
    changed = [(a.route, b.route) for a, b in pairs if not continues(a.route, b.route)]
    if not changed:
        return ""
    new, old = ([*dict.fromkeys(_route_words(pair[k]) for pair in changed)] for k in (0, 1))
    return f"{list_words(new)} instead of {list_words(old)}"


def _route_words(route: Route) -> str:
    by = route.vehicle_id or route.operator_id or "to be tendered"
    return f"route {route.route_id} ({route.class_id}, {by})"


def _pa_words(pairs: _Pairs) -> str:
    """Nobody of the PAs listed then is listed now; an operator's PAs are not listed."""
    for pair in pairs:
        new, old = (listed_pas_of(RoutedRun(route=seating.route, run=seating.run)) for seating in pair)
        if new and old and not set(new) & set(old):
            return f"PA {list_words(new)} instead of {list_words(old)}"
    return ""


def _time_words(moves: dict[tuple[Leg, int], int]) -> Iterator[str]:
    """`picked up 12 min earlier on Mon–Wed`, a part for each move."""
    days_by_move: dict[tuple[Leg, int], list[int]] = {}
    for (leg, day), by_s in moves.items():
        days_by_move.setdefault((leg, by_s), []).append(day)
    for leg, what in ((Leg.AM, "picked up"), (Leg.PM, "set down")):
        for (of_leg, by_s), days in days_by_move.items():
            if of_leg is leg:
                yield f"{what} {duration_words(abs(by_s))} {'later' if by_s > 0 else 'earlier'} on {days_words(days)}"
