"""The frontier on the line: what two cars cost, what one costs, and whom that disturbs."""

from __future__ import annotations

from routing.frontier import PRICES, Frontier, FrontierPoint, frontier_of
from routing.solve import Stop
from tests.builders import line_travel, make_card, make_class, make_passenger, make_plan, make_scenario, route_of

TRAVEL = line_travel()


def frontier() -> Frontier:
    """P1 at x10 and P2 at x20 on a car each at £50 a day and no miles."""
    scenario = make_scenario(
        [make_passenger("P1", 10), make_passenger("P2", 20)],
        vehicle_classes=(make_class(rate_card=make_card(5000, 0)),),
    )
    plan = make_plan(*(route_of(scenario, TRAVEL, f"R{k}", (f"P{k}",), (f"P{k}",)) for k in (1, 2)))
    return frontier_of(plan, scenario, TRAVEL, Stop(iterations=400))


def test_one_family_moves_and_a_car_is_saved() -> None:
    """Two cars are £500 a week and disturb nobody; one is £250, and whoever joins the other one's car is disturbed."""
    found = frontier()
    assert [(p.n_disturbed, p.week_pence) for p in found.best] == [(0, 50_000), (1, 25_000)]
    assert found.best[0].price_pence is None
    assert found.best[1].year_pence == 190 * 5000
    assert found.best[1].price_pence == 20_000  # £200 a family are below the £250 a week that it saves


def test_each_plan_stands_once() -> None:
    """The searches find the same two plans again and again."""
    assert len(frontier().points) == 2 < len(PRICES)


def test_what_another_plan_beats_is_not_among_the_best() -> None:
    """Dearer and no fewer families, or fewer unserved at any price."""

    def point(n_disturbed: int, judged_pence: int, n_unserved: int = 0) -> FrontierPoint:
        return FrontierPoint(
            plan=make_plan(), price_pence=0, n_disturbed=n_disturbed, week_pence=0, year_pence=0,
            judged_pence=judged_pence, soft_pence=0, n_routes=0, n_unserved=n_unserved,
        )  # fmt: skip

    points = (point(0, 100, 1), point(2, 120), point(3, 120), point(4, 110), point(5, 90, 1))
    found = Frontier(plan_id="p", points=points)
    assert found.best == (points[0], points[1], points[3])
