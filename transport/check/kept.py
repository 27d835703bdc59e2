"""Rules on what must stay as it is: kept routes, pinned passengers, the number of families disturbed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transport.calendar import LEGS, Leg
from transport.check.disturbed import disturbed_of
from transport.check.facts import Facts
from transport.check.rules import Rule, Violation, make_violation
from transport.check.shifts import RoutedRun, by_day, run_metres
from transport.check.words import count_words, list_words, on_days_words
from transport.lots import LotState
from transport.plan import Route, RouteKind
from transport.policy import NO_CAP
from transport.scenario import CurrentRoute
from transport.variation import over_the_clause_m


def check_kept_route_changed(facts: Facts) -> Iterator[Violation]:
    """A kept route, or one whose lot is held, appears as it is today, less the passengers who are not planned."""
    route_by_id = {route.route_id: route for route in facts.plan.routes}
    held = {lot.lot_id for lot in facts.plan.lots if lot.state is LotState.HELD}
    for current in facts.scenario.current_routes:
        stays = current.kept or lot_of_today(current) in held
        if not stays or not any(_still(facts, current, leg) for leg in LEGS):
            continue
        route = route_by_id.get(current.route_id)
        changes = ["it is missing"] if route is None else _changes(facts, current, route)
        if current.operator_id is not None and route is not None and route.lot_id not in held:
            changes.append("its lot is not held")
        if changes:
            sentence = f"Route {current.route_id} is to be kept as it is today, but {list_words(changes)}"
            yield make_violation(Rule.KEPT_ROUTE_CHANGED, len(changes), sentence, route_id=current.route_id)


def _still(facts: Facts, current: CurrentRoute, leg: Leg) -> tuple[str, ...]:
    """Today's order of a leg, less who is not planned."""
    return tuple(pid for pid in current.passenger_ids(leg) if pid not in facts.not_planned_reason_by_id)


def _changes(facts: Facts, current: CurrentRoute, route: Route) -> list[str]:
    """Differences in words."""
    changes = [
        f"its {what} is {now}, not {then}"
        for what, now, then in (
            ("kind", route.kind.value, current.kind.value),
            ("class", route.class_id, current.class_id),
            ("vehicle", route.vehicle_id, current.vehicle_id),
            ("operator", route.operator_id, current.operator_id),
        )
        if now != then
    ]
    for leg, pattern in ((Leg.AM, route.am), (Leg.PM, route.pm)):
        now, then = pattern.passenger_ids if pattern else (), _still(facts, current, leg)
        if set(now) != set(then):
            changes.append(f"its {leg.value} passengers differ")
        elif now != then:
            changes.append(f"its {leg.value} order differs")
    return changes


def lot_of_today(current: CurrentRoute) -> str | None:
    """The lot that a bought route of today's is held in: its own where it names none."""
    if current.kind is not RouteKind.BOUGHT:
        return None
    return current.lot_id or f"L-{current.route_id}"


def check_held_lot_changed(facts: Facts) -> Iterator[Violation]:
    """A contract's price covers today's routes of its lot, in their class, and no others."""
    for lot in facts.plan.lots:
        today = {c.route_id: c.class_id for c in facts.scenario.current_routes if c.lot_id == lot.lot_id}
        if lot.state is not LotState.HELD or not today:
            continue
        for route_id in lot.route_ids:
            if today.get(route_id) != lot.class_id:
                held = list_words([f"{name} ({class_id})" for name, class_id in today.items()])
                sentence = f"Lot {lot.lot_id} is held for {held}, but has route {route_id} ({lot.class_id})"
                yield make_violation(Rule.HELD_LOT_CHANGED, 1, sentence, route_id=route_id)


def check_contract_over(facts: Facts) -> Iterator[Violation]:
    """A held lot's contract runs when the plan begins, or goes on at its extension price."""
    starts_on = facts.scenario.starts_on
    for lot in facts.plan.lots:
        contract = facts.scenario.contract_by_lot_id.get(lot.lot_id)
        if lot.state is LotState.HELD and contract is not None and not contract.can_hold(starts_on):
            sentence = (
                f"Lot {lot.lot_id} is held, but its contract ended on {contract.ends_on.isoformat()} and has no "
                "extension price"
            )
            yield make_violation(Rule.CONTRACT_OVER, (starts_on - contract.ends_on).days, sentence)


def check_variation_over(facts: Facts) -> Iterator[Violation]:
    """A held lot's miles change by no more than its clause prices; what is more must be negotiated."""
    for lot in facts.plan.lots:
        contract = facts.scenario.contract_by_lot_id.get(lot.lot_id)
        if lot.state is not LotState.HELD or contract is None or contract.variation.max_change_pct is None:
            continue
        runs = [routed for routed in facts.runs if routed.route.lot_id == lot.lot_id]
        over = {
            day: over_the_clause_m(contract, day, _metres(facts, out)) for days, out in by_day(runs) for day in days
        }
        days = [day for day, over_m in over.items() if over_m > 0]
        if days:
            worst_m = max(over.values())
            sentence = (
                f"Lot {lot.lot_id}{on_days_words(days)}: its miles change by {worst_m} m a day more than the "
                f"{contract.variation.max_change_pct} % that its contract prices"
            )
            yield make_violation(Rule.VARIATION_OVER, worst_m, sentence, days=days)


def _metres(facts: Facts, runs: Iterable[RoutedRun]) -> int:
    return sum(run_metres(r.run, facts.travel, profile=facts.profile_of(r.route.class_id)) for r in runs)


def check_pin_broken(facts: Facts) -> Iterator[Violation]:
    """A pinned passenger stays on their route."""
    for pid, carriages in facts.carriages.items():
        pinned = facts.scenario.passenger_by_id[pid].pinned_route_id
        others = list(dict.fromkeys(c.routed.route.route_id for c in carriages if c.routed.route.route_id != pinned))
        if pinned is not None and others:
            sentence = f"Passenger {pid} is pinned to route {pinned} but is on route {list_words(others)}"
            yield make_violation(Rule.PIN_BROKEN, len(others), sentence, passenger_ids=[pid])


def check_too_many_disturbed(facts: Facts) -> Iterator[Violation]:
    """No more passengers than allowed have another vehicle, PA or time than in the plan compared with."""
    allowed = facts.scenario.policy.max_disturbed
    if facts.reference is None or allowed == NO_CAP:
        return
    ids = [item.passenger_id for item in disturbed_of(facts.plan, facts.reference, facts.scenario)]
    if len(ids) > allowed:
        sentence = f"{count_words(len(ids), 'family', 'families')} disturbed; at most {allowed} allowed"
        yield make_violation(Rule.TOO_MANY_DISTURBED, len(ids) - allowed, sentence, passenger_ids=ids)
