"""A whole search: which held lots go on, then the cap on families disturbed; a single round where neither is asked."""

from __future__ import annotations

from dataclasses import dataclass

from routing.held_lots import choose_lots
from routing.rounds import Found, Rounds
from routing.stability import within_cap
from transport.lots import LotChoice
from transport.policy import NO_CAP


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """The plan taken, what becomes of each held lot, and remarks for people."""

    found: Found
    lots: tuple[LotChoice, ...]
    notes: tuple[str, ...]


CAP_SHARE = 0.5
"""Share of the time kept for holding a cap."""


def search_all(rounds: Rounds) -> Searched:
    """Search until the stop; rounds as the problem asks for them."""
    capped = rounds.reference is not None and rounds.scenario.policy.max_disturbed < NO_CAP
    found, lots = choose_lots(rounds, 1 - CAP_SHARE if capped else 1.0)
    notes: tuple[str, ...] = ()
    if capped:
        result = within_cap(rounds, found, CAP_SHARE)
        found, notes = result.found, (result.note,) if result.note else ()
    return Searched(found=rounds.whole(found), lots=lots, notes=notes)
