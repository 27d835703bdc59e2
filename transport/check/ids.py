"""Rules on the plan's own consistency: ids, days, empty runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from transport.calendar import ALL_DAYS, days_words
from transport.check.facts import Facts
from transport.check.rules import Rule, Violation, make_violation
from transport.plan import Plan, Route, RouteKind, Run
from transport.scenario import Scenario


def check_unknown_id(facts: Facts) -> Iterator[Violation]:
    """Every id in the plan is in the scenario."""
    known = _indexes(facts)
    counts = Counter(
        (where, kind, name, route_id)
        for where, kind, name, route_id in _references(facts.given)
        if name is not None and name not in known[kind]
    )
    for (where, kind, name, route_id), n in counts.items():
        yield make_violation(
            Rule.UNKNOWN_ID,
            n,
            f"{where} names {kind} {name}, which is not in the scenario",
            route_id=route_id,
        )


def check_unknown_drives(facts: Facts) -> Iterator[Violation]:
    """Every drive that a rule asked for is in the travel matrix; to be called after the other rules."""
    for leg, from_id, to_id, _ in facts.travel.missing:
        sentence = f"The travel matrix has no {leg.value} drive from {from_id} to {to_id}"
        yield make_violation(Rule.UNKNOWN_ID, 1, sentence, leg=leg)


def check_repeated_id(facts: Facts) -> Iterator[Violation]:
    """No two routes and no two lots share an id."""
    for kind, names in (
        ("Route", [route.route_id for route in facts.given.routes]),
        ("Lot", [lot.lot_id for lot in facts.given.lots]),
    ):
        for name, n in Counter(names).items():
            if n > 1:
                route_id = name if kind == "Route" else None
                sentence = f"{kind} {name} is in the plan {n} times"
                yield make_violation(Rule.REPEATED_ID, n - 1, sentence, route_id=route_id)


def check_empty_run(facts: Facts) -> Iterator[Violation]:
    """A run has at least one day and one stop."""
    for route in facts.given.routes:
        for run in route.runs:
            if not run.days or not run.stops:
                what = "day" if not run.days else "stop"
                sentence = f"Route {route.route_id} {run.leg.value}: a run has no {what}"
                yield make_violation(Rule.EMPTY_RUN, 1, sentence, route_id=route.route_id, leg=run.leg)


def check_days_overlap(facts: Facts) -> Iterator[Violation]:
    """A fleet route has at most one run per leg and day."""
    yield from several_runs(facts, RouteKind.FLEET, Rule.DAYS_OVERLAP)


def several_runs(facts: Facts, kind: RouteKind, rule: Rule) -> Iterator[Violation]:
    """Violations of `rule` where a route of a kind has two runs of one leg on a day."""
    for route in facts.plan.routes:
        counts = Counter((run.leg, day) for run in route.runs for day in run.days)
        for leg in dict.fromkeys(run.leg for run in route.runs):
            days = [day for day in ALL_DAYS if counts[leg, day] > 1]
            if route.kind is kind and days:
                sentence = f"Route {route.route_id} {leg.value}: more than one run on {days_words(days)}"
                yield make_violation(rule, len(days), sentence, route_id=route.route_id, leg=leg, days=days)


def _indexes(facts: Facts) -> dict[str, Mapping[str, object]]:
    """What is known, by kind of id."""
    s: Scenario = facts.scenario
    return {
        "passenger": s.passenger_by_id,
        "place": s.place_by_id,
        "school": s.school_by_id,
        "PA": s.assistant_by_id,
        "vehicle class": s.class_by_id,
        "fleet vehicle": s.vehicle_by_id,
        "operator": s.operator_by_id,
        "travel profile of class": facts.travel.profile_by_class_id,
        "route": {route.route_id: route for route in facts.given.routes},
        "day": {str(day): day for day in ALL_DAYS},
    }


def _references(plan: Plan) -> Iterator[tuple[str, str, str | None, str | None]]:
    """Every reference as (where, kind, id, route id)."""
    for route in plan.routes:
        where = f"Route {route.route_id}"
        for kind, name in _route_references(route):
            yield where, kind, name, route.route_id
        for run in route.runs:
            for kind, name in _run_references(run):
                yield f"{where} {run.leg.value}", kind, name, route.route_id
    for lot in plan.lots:
        yield f"Lot {lot.lot_id}", "vehicle class", lot.class_id, None
        yield f"Lot {lot.lot_id}", "operator", lot.operator_id, None
        for route_id in lot.route_ids:
            yield f"Lot {lot.lot_id}", "route", route_id, None
    for unserved in plan.unserved:
        yield "The list of unserved passengers", "passenger", unserved.passenger_id, None
    for left_out in plan.not_planned:
        yield "The list of passengers not planned", "passenger", left_out.passenger_id, None


def _route_references(route: Route) -> Iterator[tuple[str, str | None]]:
    yield "vehicle class", route.class_id
    yield "travel profile of class", route.class_id
    yield "fleet vehicle", route.vehicle_id
    yield "operator", route.operator_id
    for pa_id in route.pa_ids:
        yield "PA", pa_id
    for pattern in (route.am, route.pm):
        for passenger_id in pattern.passenger_ids if pattern else ():
            yield "passenger", passenger_id
        for school_id, place_id in pattern.gates if pattern else ():
            yield "school", school_id
            yield "place", place_id


def _run_references(run: Run) -> Iterator[tuple[str, str | None]]:
    for day in run.days:
        yield "day", str(day)
    for stop in run.stops:
        yield "place", stop.place_id
        yield "school", stop.school_id
        for passenger_id in (*stop.boarding, *stop.alighting):
            yield "passenger", passenger_id
        for pa_id in (*stop.pas_boarding, *stop.pas_alighting):
            yield "PA", pa_id
