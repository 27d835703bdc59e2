"""Rules on who and what is on board together: layouts, capacity, tags, solo, never and keep together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transport.calendar import ALL_DAYS, LEGS
from transport.check.facts import Facts
from transport.check.rides import seats_of
from transport.check.rules import Rule, Violation, make_run_violation, make_violation
from transport.check.words import count_words, list_words
from transport.plan import Route, Run
from transport.vehicles import Layout


def on_board_of(run: Run) -> list[tuple[str, ...]]:
    """Passengers on board after each stop; whoever alights there is off before anybody boards."""
    seats = seats_of(run)
    return [
        tuple(seat.passenger_id for seat in seats if seat.board_idx <= idx < seat.alight_idx)
        for idx in range(len(run.stops))
    ]


def check_layout_not_of_class(facts: Facts) -> Iterator[Violation]:
    """A run uses one of its class's layouts."""
    for routed in facts.runs:
        vehicle_class = facts.scenario.class_by_id.get(routed.route.class_id)
        if vehicle_class is not None and routed.run.layout not in vehicle_class.layouts:
            allowed = ", ".join(_layout_words(layout) for layout in vehicle_class.layouts)
            used = _layout_words(routed.run.layout)
            what = f"layout {used} is none of class {vehicle_class.class_id}'s ({allowed})"
            yield make_run_violation(Rule.LAYOUT_NOT_OF_CLASS, 1, what, routed)


def check_over_capacity(facts: Facts) -> Iterator[Violation]:
    """The layout holds the load, PAs included, at its fullest moment."""
    for routed in facts.runs:
        run = routed.run
        loads = [_load(facts, ids, run.n_pas) for ids in on_board_of(run) if ids]
        worst = max(loads, key=lambda load: _over(load, run.layout), default=(0, 0))
        over = _over(worst, run.layout)
        if over > 0:
            what = (
                f"needs {count_words(worst[0], 'seat')} and {count_words(worst[1], 'wheelchair place')}, "
                f"{over} more than layout {_layout_words(run.layout)} has"
            )
            yield make_run_violation(Rule.OVER_CAPACITY, over, what, routed)


def _load(facts: Facts, passenger_ids: Sequence[str], n_pas: int) -> tuple[int, int]:
    """(seats, wheelchair places) in use; each PA takes a seat."""
    n_wheelchairs = sum(facts.scenario.passenger_by_id[pid].uses_wheelchair_place for pid in passenger_ids)
    return len(passenger_ids) - n_wheelchairs + n_pas, n_wheelchairs


def _over(load: tuple[int, int], layout: Layout) -> int:
    return max(0, load[0] - layout.seats) + max(0, load[1] - layout.wheelchairs)


def _layout_words(layout: Layout) -> str:
    return f"{layout.seats}+{layout.wheelchairs}"


def check_vehicle_tag_missing(facts: Facts) -> Iterator[Violation]:
    """The vehicle has every tag its passengers need."""
    for pid, carriages in facts.carriages.items():
        needed = facts.scenario.passenger_by_id[pid].vehicle_tags
        for route in {c.routed.route.route_id: c.routed.route for c in carriages}.values():
            missing = sorted(needed - _tags_of(facts, route)) if needed else []
            if missing:
                lacks = f"passenger {pid} needs {list_words(missing)}, which the vehicle lacks"
                sentence = f"Route {route.route_id}: {lacks}"
                yield make_violation(
                    Rule.VEHICLE_TAG_MISSING,
                    len(missing),
                    sentence,
                    passenger_ids=[pid],
                    route_id=route.route_id,
                )


def _tags_of(facts: Facts, route: Route) -> frozenset[str]:
    vehicle_class = facts.scenario.class_by_id.get(route.class_id)
    vehicle = facts.scenario.vehicle_by_id.get(route.vehicle_id or "")
    tags = vehicle_class.tags if vehicle_class else frozenset()
    return tags | vehicle.tags if vehicle else tags


def check_solo_shared(facts: Facts) -> Iterator[Violation]:
    """Nobody else is on board with a passenger who travels alone."""
    for routed in facts.runs:
        solo = [p.passenger_id for p in facts.passengers_on(routed.run) if p.solo]
        moments = on_board_of(routed.run) if solo else []
        for pid in solo:
            others = {other for ids in moments if pid in ids for other in ids if other != pid}
            if others:
                what = f"passenger {pid} is to travel alone but shares with {list_words(sorted(others))}"
                ids = (pid, *sorted(others))
                yield make_run_violation(Rule.SOLO_SHARED, len(others), what, routed, passenger_ids=ids)


def check_never_together(facts: Facts) -> Iterator[Violation]:
    """Two passengers who must not meet are not on the same run."""
    for pair in facts.scenario.never_together:
        first, second = pair.passenger_ids
        theirs = {id(c.routed) for c in facts.carriages.get(second, ())}
        for carriage in facts.carriages.get(first, ()):
            routed = carriage.routed
            if id(routed) in theirs:
                why = f" ({pair.reason})" if pair.reason else ""
                what = f"passengers {first} and {second} are never to travel together{why}"
                yield make_run_violation(Rule.NEVER_TOGETHER, 2, what, routed, passenger_ids=pair.passenger_ids)


def check_keep_together_split(facts: Facts) -> Iterator[Violation]:
    """A group shares one route on both legs (on each leg and day, where the policy frees the route)."""
    one_route = facts.scenario.policy.same_route_both_legs
    moments = [None] if one_route else [(leg, day) for leg in LEGS for day in ALL_DAYS]
    for group in facts.scenario.keep_together:
        routes: list[str] = []
        for moment in moments:
            found = _routes_of(facts, group.passenger_ids, moment)
            routes = max(routes, found, key=len)
        if len(routes) > 1:
            sentence = f"Group {group.group_id} is to travel together but is on routes {list_words(routes)}"
            yield make_violation(Rule.KEEP_TOGETHER_SPLIT, len(routes) - 1, sentence, passenger_ids=group.passenger_ids)


def _routes_of(facts: Facts, passenger_ids: Sequence[str], moment: tuple[str, int] | None) -> list[str]:
    """Routes on which any of them travels, at any time or on one (leg, day); each one's first where split."""
    ids: dict[str, None] = {}
    for pid in passenger_ids:
        for carriage in facts.carriages.get(pid, ()):
            run = carriage.routed.run
            if moment is None or (run.leg is moment[0] and moment[1] in run.days):
                ids[carriage.routed.route.route_id] = None
                break
    return list(ids)
