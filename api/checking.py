"""Check and price a plan again from the files beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.plan_folder import require_lists, with_own_settings
from transport.check import Violation, check_plan
from transport.cost import CostBreakdown, Objective, cost_of, objective_of
from transport.digest import digest_of
from transport.files.plan_json import read_plan
from transport.files.read import read_scenario
from transport.files.travel_pairs import read_travel_pairs
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import Travel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recheck:
    """What a second look at a plan found.

    Attributes
    ----------
    changed : inputs that are not those the plan was made from.
    """

    plan: Plan
    scenario: Scenario
    travel: Travel
    violations: tuple[Violation, ...]
    breakdown: CostBreakdown
    objective: Objective
    changed: tuple[str, ...]

    @property
    def n_hard(self) -> int:
        """Broken hard rules; inputs that have changed count as one each."""
        return sum(v.hard for v in self.violations) + len(self.changed)

    def figures(self) -> dict[str, Any]:
        """The main figures, for scripts."""
        return {
            "cost_pence_per_week": self.breakdown.week_pence,
            "objective": self.objective.total,
            "n_routes": len(self.plan.routes),
            "n_unserved": len(self.plan.unserved),
            "n_hard_violations": self.n_hard,
            "violations": [{"rule": v.rule.value, "hard": v.hard, "sentence": v.sentence} for v in self.violations],
            "changed": list(self.changed),
        }

    def sentences(self) -> list[str]:
        """The same for people."""
        soft = sum(not v.hard for v in self.violations)
        return [
            *self.changed,
            *(f"Broken rule {v.rule.value}: {v.sentence}" for v in self.violations if v.hard),
            f"{len(self.plan.routes)} routes, {len(self.plan.unserved)} not carried, {self.n_hard} hard violations, "
            f"{soft} wishes not met",
            f"£{self.breakdown.week_pence / 100:,.2f} a week, £{self.breakdown.year_pence / 100:,.2f} a year",
            f"Certificate: {self.plan.certificate_words}",
        ]


def recheck(folder: Path) -> Recheck:
    """Read a plan's folder and judge it afresh.

    Raises
    ------
    FileNotFoundError, ValueError
        A file is missing or cannot be read.
    """
    from api.report.outputs import KNOWN_FILE, PLAN_FILE, TRAVEL_FILE

    lists = require_lists(folder)
    plan = read_plan(folder / PLAN_FILE)
    travel = read_travel_pairs(folder / TRAVEL_FILE)
    scenario = with_own_settings(read_scenario(lists), plan)
    reference = read_plan(folder / KNOWN_FILE) if "reference" in plan.digests else None
    now = {"scenario": digest_of(scenario), "travel": travel.digest}
    if reference is not None:
        now["reference"] = digest_of(reference)
    changed = tuple(
        f"The {name} beside this plan is not the one it was made from"
        for name in now
        if plan.digests.get(name) != now[name]
    )
    breakdown = cost_of(plan, scenario, travel)
    return Recheck(
        plan=plan,
        scenario=scenario,
        travel=travel,
        violations=check_plan(plan, scenario, travel, reference),
        breakdown=breakdown,
        objective=objective_of(plan, scenario, travel, breakdown, reference),
        changed=changed,
    )
