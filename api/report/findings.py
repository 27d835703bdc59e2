"""What the check found, by rule, and the journeys over their target with their reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from api.report.outcome import Outcome
from transport.calendar import days_words
from transport.check import RULE_SPECS, Violation
from transport.files.plan_reasons import make_reason_of
from transport.files.plan_words import minutes

MAX_LISTED = 300
"""Rows of a list on the page; the rest is in the workbook, and the page says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Violations of one rule."""

    rule: str
    meaning: str
    source: str
    is_hard: bool
    sentences: tuple[str, ...]
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRide:
    """A journey over its target."""

    passenger_id: str
    route_id: str
    leg: str
    days: str
    journey_min: int
    target_min: int
    reason: str


def long_rides_of(outcome: Outcome) -> list[LongRide]:
    """Journeys over their target, worst first."""
    reason_of = make_reason_of(outcome.plan)
    over = sorted(
        (ride for ride in outcome.rides if ride.over_target_s > 0),
        key=lambda r: (-r.over_target_s, r.passenger_id),
    )
    return [
        LongRide(
            passenger_id=ride.passenger_id,
            route_id=ride.route_id,
            leg=ride.leg.value,
            days=days_words(ride.days),
            journey_min=minutes(ride.journey_s),
            target_min=minutes(ride.target_s),
            reason=reason_of(ride),
        )
        for ride in over
    ]


def findings_of(violations: Sequence[Violation], *, share: bool) -> tuple[Finding, ...]:
    """Violations by rule, most first; without sentences where they would name passengers."""
    by_rule: dict[str, list[Violation]] = defaultdict(list)
    for violation in violations:
        by_rule[violation.rule].append(violation)
    findings = []
    for rule, own in sorted(by_rule.items(), key=lambda item: -len(item[1])):
        spec = RULE_SPECS[own[0].rule]
        sentences = () if share else tuple(violation.sentence for violation in own[:MAX_LISTED])
        findings.append(
            Finding(
                rule=str(rule).replace("_", " "), meaning=spec.meaning, source=spec.source, is_hard=spec.hard,
                sentences=sentences, n=len(own),
            )
        )  # fmt: skip
    return tuple(findings)
