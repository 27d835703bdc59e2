"""Rules on bought routes: lots, prices, classes, operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from transport.calendar import ALL_DAYS, LEGS
from transport.check.facts import Facts
from transport.check.ids import several_runs
from transport.check.pas import peak_of
from transport.check.rules import Rule, Violation, make_violation
from transport.check.shifts import RoutedRun, by_day, n_unlisted_pas_of
from transport.check.words import count_words, on_days_words
from transport.lots import Lot, LotState
from transport.plan import Route, RouteKind


def _bought(facts: Facts) -> list[Route]:
    return [route for route in facts.plan.routes if route.kind is RouteKind.BOUGHT]


def _lot_of(facts: Facts, route: Route) -> Lot | None:
    return facts.lot_by_id.get(route.lot_id or "")


def check_lot_missing(facts: Facts) -> Iterator[Violation]:
    """Lot and route name each other, with the same class and operator."""
    for route in facts.plan.routes:
        fault = _lot_fault(facts, route)
        if fault:
            yield make_violation(Rule.LOT_MISSING, 1, f"Route {route.route_id}: {fault}", route_id=route.route_id)
    kind_by_id = {route.route_id: route.kind for route in facts.plan.routes}
    lot_by_route_id: dict[str, str] = {route.route_id: route.lot_id or "" for route in facts.plan.routes}
    for lot in facts.plan.lots:
        for route_id in lot.route_ids:
            if kind_by_id.get(route_id) is RouteKind.BOUGHT and lot_by_route_id[route_id] != lot.lot_id:
                other = lot_by_route_id[route_id]
                sentence = f"Route {route_id}: lot {lot.lot_id} names it, but it names lot {other}"
                yield make_violation(Rule.LOT_MISSING, 1, sentence, route_id=route_id)
            if kind_by_id.get(route_id) is RouteKind.FLEET:
                sentence = f"Route {route_id}: lot {lot.lot_id} names it, but it is a fleet route"
                yield make_violation(Rule.LOT_MISSING, 1, sentence, route_id=route_id)


def _lot_fault(facts: Facts, route: Route) -> str:
    """What is wrong between a route and its lot, or an empty string."""
    if route.kind is RouteKind.FLEET:
        return f"a fleet route names lot {route.lot_id}" if route.lot_id is not None else ""
    lot = _lot_of(facts, route)
    if lot is None:
        return "is bought but in no lot" if route.lot_id is None else f"lot {route.lot_id} is not in the plan"
    if route.route_id not in lot.route_ids:
        return f"lot {lot.lot_id} does not name it"
    if lot.class_id != route.class_id:
        return f"class {route.class_id}, but lot {lot.lot_id} is for class {lot.class_id}"
    if lot.operator_id != route.operator_id:
        return f"operator {route.operator_id}, but lot {lot.lot_id} names operator {lot.operator_id}"
    contract = facts.scenario.contract_by_lot_id.get(lot.lot_id) if lot.state is LotState.HELD else None
    if contract is not None and contract.operator_id != lot.operator_id:
        return f"lot {lot.lot_id} names operator {lot.operator_id}, but its contract is {contract.operator_id}'s"
    return ""


def check_bought_several_runs(facts: Facts) -> Iterator[Violation]:
    """A bought route has at most one run per leg and day."""
    yield from several_runs(facts, RouteKind.BOUGHT, Rule.BOUGHT_SEVERAL_RUNS)


def check_class_limit(facts: Facts) -> Iterator[Violation]:
    """No more bought routes of a class on a day than the council allows."""
    for vehicle_class in facts.scenario.vehicle_classes:
        allowed = vehicle_class.max_routes
        if allowed is None:
            continue
        routes = [route for route in _bought(facts) if route.class_id == vehicle_class.class_id]
        days_out = [{day for run in route.runs for day in run.days} for route in routes]
        counts = [sum(day in days for days in days_out) for day in ALL_DAYS]
        days = [day for day in ALL_DAYS if counts[day] > allowed]
        if days:
            sentence = (
                f"Class {vehicle_class.class_id}{on_days_words(days)}: {max(counts)} bought routes; "
                f"at most {allowed} allowed"
            )
            yield make_violation(Rule.CLASS_LIMIT, max(counts) - allowed, sentence, days=days)


def check_not_buyable(facts: Facts) -> Iterator[Violation]:
    """A bought route has a price: a class card, an operator's card, a contract or today's rate."""
    for route in _bought(facts):
        lot = _lot_of(facts, route)
        fault = _price_fault(facts, route, lot) if lot is not None else ""
        if fault:
            yield make_violation(Rule.NOT_BUYABLE, 1, f"Route {route.route_id}: {fault}", route_id=route.route_id)


def _price_fault(facts: Facts, route: Route, lot: Lot) -> str:
    """Why a route of a lot has no price, or an empty string; what is not known at all is said elsewhere."""
    scenario = facts.scenario
    if lot.state is LotState.HELD:
        if lot.lot_id in scenario.contract_by_lot_id or route.route_id in scenario.current_route_by_id:
            return ""
        return f"held lot {lot.lot_id} has neither a contract nor a rate of today"
    if lot.state is LotState.CARD:
        operator = scenario.operator_by_id.get(lot.operator_id or "")
        if operator is None or route.class_id in operator.rate_cards:
            return ""
        return f"operator {operator.operator_id} has no rate card for class {route.class_id}"
    vehicle_class = scenario.class_by_id.get(route.class_id)
    if vehicle_class is None or vehicle_class.rate_card is not None:
        return ""
    return f"class {route.class_id} has no rate card, so it cannot be bought"


def check_operator_not_admitted(facts: Facts) -> Iterator[Violation]:
    """The operator is admitted for the class."""
    for route in _bought(facts):
        operator = facts.scenario.operator_by_id.get(route.operator_id or "")
        if operator is not None and route.class_id not in operator.categories:
            sentence = (
                f"Route {route.route_id}: operator {operator.operator_id} is not admitted for class {route.class_id}"
            )
            yield make_violation(Rule.OPERATOR_NOT_ADMITTED, 1, sentence, route_id=route.route_id)


def check_operator_vehicles_over(facts: Facts) -> Iterator[Violation]:
    """An operator runs no more vehicles of a class at once than it has; empty driving does not count."""
    for operator in facts.scenario.operators:
        theirs = _runs_of_operator(facts, operator.operator_id)
        for class_id in dict.fromkeys(routed.route.class_id for routed in theirs):
            yield from _peak_violations(
                Rule.OPERATOR_VEHICLES_OVER,
                [routed for routed in theirs if routed.route.class_id == class_id],
                lambda routed: 1,
                operator.n_vehicles_by_class.get(class_id, 0),
                f"Operator {operator.operator_id}",
                partial(_vehicles_words, class_id=class_id),
            )


def check_operator_pas_over(facts: Facts) -> Iterator[Violation]:
    """An operator's PAs at once are no more than it has, where it states a number."""
    for operator in facts.scenario.operators:
        if operator.n_pas is not None:
            yield from _peak_violations(
                Rule.OPERATOR_PAS_OVER,
                _runs_of_operator(facts, operator.operator_id),
                n_unlisted_pas_of,
                operator.n_pas,
                f"Operator {operator.operator_id}",
                lambda n: count_words(n, "PA"),
            )


def _vehicles_words(n: int, *, class_id: str) -> str:
    return f"{count_words(n, 'vehicle')} of class {class_id}"


def _runs_of_operator(facts: Facts, operator_id: str) -> list[RoutedRun]:
    return [
        routed for routed in facts.runs
        if routed.route.kind is RouteKind.BOUGHT and routed.route.operator_id == operator_id
    ]  # fmt: skip


def _peak_violations(
    rule: Rule,
    runs: Sequence[RoutedRun],
    count: Callable[[RoutedRun], int],
    allowed: int,
    who: str,
    what: Callable[[int], str],
) -> Iterator[Violation]:
    for leg in LEGS:
        of_leg = [routed for routed in runs if routed.run.leg is leg]
        peaks = [(peak_of(out, [count(routed) for routed in out]), days) for days, out in by_day(of_leg)]
        days = [day for peak, of_days in peaks if peak > allowed for day in of_days]
        if days:
            worst = max(peak for peak, _ in peaks)
            sentence = f"{who} {leg.value}{on_days_words(days)}: {what(worst)} at once; it has {allowed}"
            yield make_violation(rule, worst - allowed, sentence, leg=leg, days=days)
