"""What a planning job hands over to be written down: the plan with everything that was found out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transport.calendar import Leg
from transport.check import Ride, Violation
from transport.check.disturbed import Disturbed
from transport.cost import CostBreakdown, Objective
from transport.lots import LotChoice
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import Travel

Line = NDArray[np.float64]
"""Shape (k, 2): latitude and longitude, degrees, in the order driven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Today's routes on the same passengers, checked and costed by the same rules."""

    plan: Plan
    breakdown: CostBreakdown
    objective: Objective
    violations: tuple[Violation, ...] = ()
    rides: tuple[Ride, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The plan that families know already, and who differs from it.

    Attributes
    ----------
    words : what it is, as in "against today's routes".
    is_watched : disturbing a family has a price or a cap; the plan is then kept beside the new one.
    """

    plan: Plan
    words: str
    is_watched: bool
    disturbed: tuple[Disturbed, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """A checked and priced plan.

    Attributes
    ----------
    travel : times and distances, holding at least every pair that the checker and the cost ask for.
    baseline : today's routes; None where none are given.
    known : the plan that families know already; None where there is none.
    lots : what becomes of each lot that is held today.
    run_paths : lines driven, by (route id, leg): along streets, or along approximate links.
    streets : faint background for the map; may be empty.
    approximate : distances and times were made without a road extract.
    data_notes : remarks on data quality, for people.
    search : how the search went (`seed`, `iterations`, `seconds`, `first_objective`, `last_objective` ...).
    """

    scenario: Scenario
    travel: Travel
    plan: Plan
    breakdown: CostBreakdown
    objective: Objective
    violations: tuple[Violation, ...] = ()
    rides: tuple[Ride, ...] = ()
    baseline: Baseline | None = None
    known: Known | None = None
    lots: tuple[LotChoice, ...] = ()
    run_paths: Mapping[tuple[str, Leg], tuple[Line, ...]] = field(default_factory=dict)
    streets: tuple[Line, ...] = ()
    approximate: bool = False
    data_notes: tuple[str, ...] = ()
    search: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def hard_violations(self) -> tuple[Violation, ...]:
        """Broken hard rules."""
        return tuple(violation for violation in self.violations if violation.hard)

    @property
    def soft_violations(self) -> tuple[Violation, ...]:
        """Wishes not met."""
        return tuple(violation for violation in self.violations if not violation.hard)
