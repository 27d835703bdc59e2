"""Random boroughs with PAs listed by id: every plan passes the checker, and the assignment's price is the plan's."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.routing.planning import Planned, plan_for
from tests.routing.worlds import FEATURES, LISTED_PAS, make_world
from transport.plan import RouteKind

ONE_ROUTE = tuple(f for f in FEATURES if f != "free_legs")


def assert_sound(planned: Planned) -> None:
    """Nothing broken, nobody forgotten, every PA of the fleet named, every penny the same on both sides."""
    scenario = planned.scenario
    assert [v.sentence for v in planned.hard] == []
    carried = {pid for route in planned.plan.routes for pid in route.passenger_ids}
    assert carried | planned.unserved_ids == {p.passenger_id for p in scenario.planned_passengers()}
    for route in planned.plan.routes:
        most = max(run.n_pas for run in route.runs)
        assert len(route.pa_ids) == (most if route.kind is RouteKind.FLEET else 0)
    s, riders = planned.result.solution, planned.index.riders
    placed = {riders[i].passenger.passenger_id for orders in s.orders for order in orders for i in order}
    if placed & {riders[i].passenger.passenger_id for i in s.unserved}:
        assert planned.result.assignment.cost >= planned.fortnight_pence
    else:
        assert planned.result.assignment.cost == planned.fortnight_pence


@settings(max_examples=120)
@given(st.sets(st.sampled_from(ONE_ROUTE), max_size=8), st.integers(2, 12), st.integers(0, 10_000))
def test_plans_with_listed_pas_are_sound(features: set[str], n: int, seed: int) -> None:
    """One to six PAs, with and without home and training, on vehicles that may do several runs."""
    world = make_world(sorted(features | {LISTED_PAS, "pas", "tiers"}), n, seed)
    assert_sound(plan_for(*world, iterations=40, seed=seed + 1))


@settings(max_examples=60)
@given(st.sets(st.sampled_from(ONE_ROUTE), max_size=3), st.integers(4, 12), st.integers(0, 10_000))
def test_trained_pas_over_tiered_runs_are_sound(features: set[str], n: int, seed: int) -> None:
    """Several schools, so that vehicles go out again, and passengers whose PA must be trained."""
    features = features - {"solo", "tight_caps", "blocked"} | {LISTED_PAS, "pas", "tiers", "training", "schools"}
    assert_sound(plan_for(*make_world(sorted(features), n, seed), iterations=40, seed=seed + 1))
