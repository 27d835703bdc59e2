"""Today's routes opened as if they were a plan, to be compared with one."""

from __future__ import annotations

from dataclasses import replace

from api.open_plans import OpenPlans
from api.pages.plan_reading import OpenedPlan, opened_of
from api.planning_job import make_baseline, roads_on
from api.quoting import opened as opened_at_desk


def today_of(plans: OpenPlans, plan_id: str, opened: OpenedPlan) -> OpenedPlan | None:
    """Today's routes on the same passengers, checked and priced by the same rules; None where the lists have none."""
    scenario = opened.outcome.scenario
    if not scenario.current_routes:
        return None
    travel = roads_on(opened_at_desk(plans, plan_id).network, scenario, None).travel
    baseline = make_baseline(scenario, travel)
    assert baseline is not None  # there are current routes
    found = replace(
        opened.found, plan=baseline.plan, travel=travel, violations=baseline.violations, breakdown=baseline.breakdown,
        objective=baseline.objective, changed=(),
    )  # fmt: skip
    return opened_of(found, None, None)
