"""Explaining a plan: hand-computed alternatives, bindings and prices of rules on the line world."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.encode import encode
from routing.explain_plan import explain_plan
from tests.builders import (
    hm,
    line_travel,
    make_assistant,
    make_card,
    make_class,
    make_passenger,
    make_plan,
    make_scenario,
    make_school,
    make_vehicle,
    route_of,
)
from transport.explanation import Bind, Explanation, PricedRule
from transport.passengers import NeverTogether, PaNeed, Passenger
from transport.plan import Plan
from transport.policy import Policy
from transport.scenario import Scenario

FLAT = make_card(5000, 0, 6000, long_leg_pct=0)
"""£50 a day, no miles, £60 a PA: prices that are seen at once."""


def explain(scenario: Scenario, plan: Plan, *, n_rules: int = 9) -> Explanation:
    """An explanation with short searches."""
    travel = line_travel()
    instance, index = encode(scenario, travel)
    explanation = explain_plan(plan, scenario, travel, instance, index, n_rules=n_rules, iterations=100)
    assert explanation is not None
    return explanation


def flat_scenario(
    passengers: list[Passenger], layouts: tuple[tuple[int, int], ...] = ((4, 0),), **changes: Any
) -> Scenario:
    """Cars at £50 a day whatever the miles."""
    return make_scenario(passengers, vehicle_classes=(make_class("CAR", layouts, rate_card=FLAT),), **changes)


def routes(scenario: Scenario, *groups: tuple[str, ...], n_pas: int = 0) -> Plan:
    """A plan with one car for each group, in this order morning and afternoon."""
    travel = line_travel()
    return make_plan(
        *(
            route_of(scenario, travel, f"R{k}", ids, tuple(reversed(ids)), n_pas=n_pas if len(groups) == 1 else 0)
            for k, ids in enumerate(groups, 1)
        )
    )


def test_a_passenger_s_other_ways_and_their_price() -> None:
    """Two cars at £50 a day: P1 moved to P2's car saves a car, £250 a week; of their own they cost what they cost."""
    scenario = flat_scenario([make_passenger("P1", 10), make_passenger("P2", 12), make_passenger("P3", 14)])
    explanation = explain(scenario, routes(scenario, ("P1",), ("P2", "P3")))
    by_id = {a.passenger_id: a for a in explanation.alternatives}
    assert by_id["P1"].route_id == "R1"
    assert by_id["P1"].saved_pence_per_week == 5 * 5000
    assert [(x.route_id, x.extra_pence_per_week) for x in by_id["P1"].others] == [("R2", -5 * 5000)]
    assert by_id["P1"].sentence == "No other route can take them within the rules"
    assert by_id["P2"].saved_pence_per_week == 0
    assert [(x.route_id, x.extra_pence_per_week) for x in by_id["P2"].others] == [("R1", 0), (None, 5 * 5000)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"solo": True}, PricedRule.SOLO), ({"pa_need": PaNeed.ONE_TO_ONE}, PricedRule.OWN_PA)],
)
def test_what_a_rule_on_one_passenger_costs_a_year(changes: dict[str, Any], rule: PricedRule) -> None:
    """Solo costs one car, £50 on each of 190 days; one's own PA beside a shared one costs £60 a day."""
    other = {"pa_need": PaNeed.SHARED} if rule is PricedRule.OWN_PA else {}
    scenario = flat_scenario([make_passenger("P1", 10, **changes), make_passenger("P2", 12, **other)])
    groups = (("P1",), ("P2",)) if rule is PricedRule.SOLO else (("P1", "P2"),)
    explanation = explain(scenario, routes(scenario, *groups, n_pas=2))
    (price,) = explanation.rule_prices
    assert (price.rule, price.passenger_ids, explanation.n_rules) == (rule, ("P1",), 1)
    assert price.year_pence == 190 * (5000 if rule is PricedRule.SOLO else 6000)
    assert (price.n_routes, price.n_passengers) == (len(groups), 2)
    assert explanation.method


def test_what_keeping_two_apart_costs_a_year() -> None:
    """Never together costs a second car."""
    scenario = flat_scenario(
        [make_passenger("P1", 10), make_passenger("P2", 12)],
        never_together=(NeverTogether(passenger_ids=("P1", "P2")),),
    )
    (price,) = explain(scenario, routes(scenario, ("P1",), ("P2",))).rule_prices
    assert (price.rule, price.passenger_ids) == (PricedRule.NEVER_TOGETHER, ("P1", "P2"))
    assert price.year_pence == 190 * 5000


def test_what_an_own_ride_cap_costs_a_year() -> None:
    """On either side of the school, own caps of 25 min: who boards first rides 59 or 57 min, so each needs a car.

    Without either cap that passenger may board first, and one car does.
    """
    scenario = flat_scenario(
        [make_passenger("P1", 12, ride_cap_s=25 * 60), make_passenger("P2", 50, ride_cap_s=25 * 60)]
    )
    prices = explain(scenario, routes(scenario, ("P1",), ("P2",))).rule_prices
    assert [(p.rule, p.passenger_ids) for p in prices] == [
        (PricedRule.OWN_RIDE_CAP, ("P1",)),
        (PricedRule.OWN_RIDE_CAP, ("P2",)),
    ]
    assert [p.year_pence for p in prices] == [190 * 5000] * 2


def test_a_rule_that_binds_nothing_costs_nothing_and_only_so_many_are_priced() -> None:
    """Two generous own caps: the dearer passenger's is priced, at nothing."""
    scenario = flat_scenario([make_passenger("P1", 10, ride_cap_s=5400), make_passenger("P2", 12, ride_cap_s=5400)])
    explanation = explain(scenario, routes(scenario, ("P1", "P2")), n_rules=1)
    assert explanation.n_rules == 2
    assert [price.year_pence for price in explanation.rule_prices] == [0]


def binding(scenario: Scenario, *groups: tuple[str, ...], n_pas: int = 0) -> tuple[Bind, int, str | None, str]:
    """What binds the first route."""
    explanation = explain(scenario, routes(scenario, *groups, n_pas=n_pas), n_rules=0)
    first = explanation.bindings[0]
    return first.bind, first.amount, first.passenger_id, first.sentence


def test_what_binds_a_route() -> None:
    """Solo, a full car, PAs' seats, a ride cap with seconds left, and price where nothing does."""
    two = [make_passenger("P1", 10), make_passenger("P2", 12)]
    assert binding(flat_scenario([make_passenger("P1", 10, solo=True)]), ("P1",)) == (
        Bind.SOLO, 0, "P1", "P1 travels alone by rule",
    )  # fmt: skip
    assert binding(flat_scenario(two, ((2, 0),)), ("P1", "P2"))[:3] == (Bind.FULL_LAYOUT, 0, None)
    helped = [make_passenger("P1", 10, pa_need=PaNeed.SHARED), make_passenger("P2", 12)]
    assert binding(flat_scenario(helped, ((3, 0),)), ("P1", "P2"), n_pas=1)[:3] == (Bind.PA_SEATS, 1, None)
    # P1 rides from x10 to x30, 20 min, and waits a minute at P2's door: 21 min of a cap of 22.
    capped = [make_passenger("P1", 10, ride_cap_s=22 * 60), make_passenger("P2", 12)]
    assert binding(flat_scenario(capped), ("P1", "P2")) == (
        Bind.RIDE_CAP, 60, "P1", "AM: the own ride cap of P1 leaves 1 min 0 s",
    )  # fmt: skip
    assert binding(flat_scenario(two), ("P1", "P2")) == (
        Bind.PRICE, 2, None, "2 seats and at least 39 min are left; others cost less elsewhere",
    )  # fmt: skip


def test_the_schools_limit_and_windows_bind() -> None:
    """Two schools where two are allowed; and windows that leave 60 s between them."""
    far = make_school("S2", 34)
    people = [make_passenger("P1", 10), make_passenger("P2", 12, "S2")]
    scenario = flat_scenario(people, schools=(make_school(), far), policy=Policy(max_schools_per_run=2))
    assert binding(scenario, ("P1", "P2"))[:2] == (Bind.SCHOOLS_LIMIT, 2)
    # S1 opens at 08:45; a minute there and four of driving: 08:50 at S2, which closes at 08:51.
    tight = make_school("S2", 34, start_s=hm(8, 56))
    scenario = flat_scenario(people, schools=(make_school(), tight), policy=Policy(max_schools_per_run=3))
    assert binding(scenario, ("P1", "P2"))[:2] == (Bind.WINDOW, 60)


def test_what_insertion_cannot_follow_is_not_explained() -> None:
    """PAs listed by id, or no travel matrices for so many places: no explanation rather than a wrong one."""
    travel = line_travel()
    for changes in ({"assistants": (make_assistant(),)}, {}):
        people = [make_passenger("P1", 10)]
        scenario = flat_scenario(people, fleet_vehicles=(make_vehicle(),), **changes)
        instance, index = encode(scenario, travel)
        if not changes:
            none = instance.seconds[:, :, :0, :0]
            instance = replace(instance, seconds=none, metres=none)
        plan = routes(scenario, ("P1",))
        assert explain_plan(plan, scenario, travel, instance, index, n_rules=0) is None
