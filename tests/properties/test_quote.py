"""Quotes against brute force through checker and cost: rate cards, fleet and contracts, any mix of rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.desk import open_desk
from routing.quote import OptionKind, options_for
from tests.routing.planning import fortnight_pence
from tests.routing.quoting import after_option, held_brute_force, in_force
from tests.routing.worlds import FEATURES, LISTED_PAS
from transport.check import check_plan

ONE_ROUTE = tuple(f for f in FEATURES if f != "free_legs")


def compare(features: list[str], n: int, seed: int) -> int:
    """Every option checked and priced in the domain; contracts by brute force. Returns how many options."""
    world = in_force(features, n, seed)
    if any(v.hard for v in check_plan(world.plan, world.scenario, world.travel)):
        return 0
    desk = open_desk(world.plan, world.with_newcomer, world.travel)
    before = fortnight_pence(world.plan, desk.scenario, world.travel)
    assert before == fortnight_pence(world.plan, world.scenario, world.travel)
    if "fleet" not in features or not any(r.kept for r in world.plan.routes):
        assert desk.fortnight_pence == before
    options = options_for(desk, world.newcomer_id, n=100)
    for option in options:
        pence = after_option(world, desk.scenario, option)
        assert pence is not None
        assert pence - before == option.extra_pence_per_fortnight
    held = {o.route_id: o.extra_pence_per_fortnight for o in options if o.kind is OptionKind.CONTRACT}
    mates = {
        pid
        for g in world.with_newcomer.keep_together
        if world.newcomer_id in g.passenger_ids
        for pid in g.passenger_ids
    }
    if len(mates) == 0:
        assert held == held_brute_force(world, desk.scenario)
    assert [o.extra_pence_per_fortnight for o in options] == sorted(o.extra_pence_per_fortnight for o in options)
    return len(options)


@settings(max_examples=25)
@given(st.sets(st.sampled_from(ONE_ROUTE), max_size=8).map(sorted), st.integers(2, 6), st.integers(0, 10_000))
def test_options_are_what_the_plan_would_cost(features: list[str], n: int, seed: int) -> None:
    """Any rules."""
    compare(features, n, seed)


@pytest.mark.parametrize("feature", [*ONE_ROUTE, LISTED_PAS])
def test_options_with_each_rule_alone(feature: str) -> None:
    """Each rule by itself."""
    compare([feature], 5, 3)
