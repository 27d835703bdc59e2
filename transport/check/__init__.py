"""The checker: whether a plan keeps every rule. It knows scenario, travel and plan, nothing of the search.

`docs/rules.md` lists every rule with its source, its function and an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from transport.check import bought, carried, clocks, fleet, ids, kept, loads, order, pas
from transport.check.facts import Facts, facts_of
from transport.check.rides import Ride, rides_of
from transport.check.rules import RULE_SPECS, Rule, RuleSpec, Violation
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import Travel

__all__ = [
    "CHECKS",
    "RULE_SPECS",
    "Ride",
    "Rule",
    "RuleSpec",
    "Violation",
    "check_plan",
    "rides_of",
]

_ROOMS = (ids, carried, order, clocks, loads, pas, fleet, bought, kept)

CHECKS: Mapping[Rule, Callable[[Facts], Iterable[Violation]]] = {
    rule: next(getattr(room, f"check_{rule}") for room in _ROOMS if hasattr(room, f"check_{rule}")) for rule in Rule
}
"""The one function of every rule: `check_<rule>`."""


def check_plan(plan: Plan, scenario: Scenario, travel: Travel, reference: Plan | None = None) -> tuple[Violation, ...]:
    """Every broken rule of a plan, hard and soft, in the order of `Rule`.

    Never raises on a bad plan: what is unknown is a violation, and the rest is checked without it.

    Parameters
    ----------
    travel : seconds and metres that the plan was made on; `TravelPairs` kept beside a plan is enough.
    reference : plan that families know already, for the cap on how many may be disturbed.
    """
    facts = facts_of(plan, scenario, travel, reference)
    found = [violation for check in CHECKS.values() for violation in check(facts)]
    return (*ids.check_unknown_drives(facts), *found)
