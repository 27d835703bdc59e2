"""Rules on the order of stops: the pattern, boarding before alighting, number of schools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transport.calendar import Leg
from transport.check.facts import Facts
from transport.check.rules import Rule, Violation, make_run_violation
from transport.check.words import list_words
from transport.plan import Pattern, Run

_NOTHING = Pattern(passenger_ids=(), gates=())


def check_order_differs(facts: Facts) -> Iterator[Violation]:
    """A run follows its route's pattern, skipping who is absent."""
    for routed in facts.runs:
        route, run = routed.route, routed.run
        pattern = (route.am if run.leg is Leg.AM else route.pm) or _NOTHING
        passengers = _out_of_order(_stop_idx_by_id(run), pattern.passenger_ids)
        if passengers:
            what = f"differs from the route's order at passenger {passengers[0]}"
            yield make_run_violation(Rule.ORDER_DIFFERS, len(passengers), what, routed, passenger_ids=passengers)
        gate = _first_gate_out_of_order(run, pattern)
        if gate:
            what = f"differs from the route's order at gate {gate}"
            yield make_run_violation(Rule.ORDER_DIFFERS, 1, what, routed)


def check_boards_after_first_alight(facts: Facts) -> Iterator[Violation]:
    """Everybody boards before the first alighting, unless the policy allows otherwise."""
    if facts.scenario.policy.board_after_first_alight:
        return
    for routed in facts.runs:
        stops = routed.run.stops
        first = next((idx for idx, stop in enumerate(stops) if stop.alighting), len(stops))
        late = [pid for stop in stops[first:] for pid in stop.boarding]
        if late:
            boards = "boards" if len(late) == 1 else "board"
            what = f"{list_words(late)} {boards} after the first alighting"
            yield make_run_violation(Rule.BOARDS_AFTER_FIRST_ALIGHT, len(late), what, routed, passenger_ids=late)


def check_too_many_schools(facts: Facts) -> Iterator[Violation]:
    """A run serves no more schools than allowed."""
    allowed = facts.scenario.policy.max_schools_per_run
    for routed in facts.runs:
        n = len({p.school_id for p in facts.passengers_on(routed.run)})
        if n > allowed:
            what = f"serves {n} schools; at most {allowed} allowed"
            yield make_run_violation(Rule.TOO_MANY_SCHOOLS, n - allowed, what, routed)


def _stop_idx_by_id(run: Run) -> dict[str, int]:
    """Stop index at which each passenger boards (AM) or alights (PM)."""
    stops = enumerate(run.stops)
    if run.leg is Leg.AM:
        return {pid: idx for idx, stop in stops for pid in stop.boarding}
    return {pid: idx for idx, stop in stops for pid in stop.alighting}


def _out_of_order(stop_idx_by_id: dict[str, int], pattern: Sequence[str]) -> list[str]:
    """Passengers who come before somebody they should follow, then those the pattern does not name."""
    wrong: list[str] = []
    reached = -1
    for pid in pattern:
        idx = stop_idx_by_id.get(pid)
        if idx is not None and idx < reached:
            wrong.append(pid)
        elif idx is not None:
            reached = idx
    return wrong + [pid for pid in stop_idx_by_id if pid not in pattern]


def _first_gate_out_of_order(run: Run, pattern: Pattern) -> str | None:
    """Place of the first gate that does not follow in the pattern's order."""
    following = iter(pattern.gates)
    for stop in run.stops:
        if stop.school_id is not None and (stop.school_id, stop.place_id) not in following:
            return stop.place_id
    return None
