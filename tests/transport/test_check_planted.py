"""A plan that keeps every rule, damaged in one known way: exactly that rule is named, and by how much."""

from __future__ import annotations

import pytest

from tests.transport.planted import PLANTED, Borough, Planted, make_borough
from transport.check import RULE_SPECS, Rule, check_plan


@pytest.fixture(scope="module")
def borough() -> Borough:
    return make_borough()


def test_a_plan_that_keeps_every_rule_has_no_violation(borough: Borough) -> None:
    """The borough's plan is clean, so that whatever a damage brings is the damage's."""
    assert check_plan(borough.plan, borough.scenario, borough.travel) == ()


def test_every_rule_has_a_planted_violation() -> None:
    """No rule is without a damage that it must catch."""
    assert {planted.rule for planted in PLANTED} == set(Rule)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.rule.value)
def test_a_planted_violation_is_caught_by_its_name_and_nothing_else(borough: Borough, planted: Planted) -> None:
    """Rule, amount, unit, kind and sentence are exactly those of the damage."""
    damaged = planted.damage(borough)
    found = check_plan(damaged.plan, damaged.scenario, damaged.travel, damaged.reference)
    assert [(v.rule, v.amount, v.sentence) for v in found] == [
        (planted.rule, amount, sentence) for amount, sentence in planted.found
    ]
    spec = RULE_SPECS[planted.rule]
    assert {(v.hard, v.unit) for v in found} == {(spec.hard, spec.unit)}
