"""Several searches in a row on one problem, each from the best plan so far: what the choices around a search need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from routing.baseline import current_as_routes, current_lots, start_of_plan, start_routes
from routing.decode import decode
from routing.encode import Index, encode
from routing.instance import Instance
from routing.reference import with_price
from routing.solve import Elsewhere, Progress, Result, Stop, solve
from transport.check.disturbed import disturbed_of
from transport.cost import objective_of
from transport.plan import Plan, Unserved
from transport.scenario import Scenario
from transport.travel import TravelByRow

SIDE_SHARE = 0.25
"""Share of a search's time for each of the two places to begin at; the rest goes on from the better one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """A plan that a search found.

    Attributes
    ----------
    scenario : the problem as this search saw it: lots that are to stay are kept.
    plan : kept and new routes, with the ids and vehicles that families know; the unserved without their reasons.
    objective_pence : a week, by the council's own prices. n_disturbed : 0 without a reference.
    """

    scenario: Scenario
    instance: Instance
    index: Index
    result: Result
    plan: Plan
    objective_pence: int
    n_disturbed: int


@dataclass(slots=True, kw_only=True, eq=False)
class Rounds:
    """Searches on one problem.

    Attributes
    ----------
    scenario : the problem as the council gave it. reference : plan that families know already.
    stop : of all rounds together; each takes a share. seed : of the first round; the next ones count on.
    processes : 1 or 2. elsewhere : who searches instead.
    start : plan to begin with instead of today's routes. encoded : arrays of the problem as given, where known.
    """

    scenario: Scenario
    travel: TravelByRow
    stop: Stop
    reference: Plan | None = None
    start: Plan | None = None
    encoded: tuple[Instance, Index] | None = None
    seed: int = 1
    processes: int = 1
    elsewhere: Elsewhere | None = None
    on_progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None
    results: list[Result] = field(default_factory=list)

    def search(self, scenario: Scenario, share: float, *, start: Plan | None = None) -> Found:
        """The best plan at the council's own prices.

        Where disturbing families has a price, good plans lie far apart: near the plan they know, and near the one that
        money alone would choose. Both are tried, and the better one is searched on.

        Parameters
        ----------
        scenario : the problem with some lots kept. share : of the stop. start : plan to begin with.
        """
        if start is not None or self.reference is None or not self.scenario.policy.disturbed_pence_per_week:
            return self.search_once(scenario, share, start=start)
        encoded = self._encoded(scenario)
        cheap = self.search_once(scenario, share * SIDE_SHARE, encoded=encoded, price_pence=0)
        near = self.search_once(scenario, share * SIDE_SHARE, encoded=encoded, start=self.reference)
        best = min(near, cheap, key=lambda found: found.objective_pence)
        last = self.search_once(scenario, share * (1 - 2 * SIDE_SHARE), encoded=encoded, start=best.plan)
        return min(last, best, key=lambda found: found.objective_pence)

    def search_once(
        self,
        scenario: Scenario,
        share: float,
        *,
        start: Plan | None = None,
        encoded: tuple[Instance, Index] | None = None,
        price_pence: int | None = None,
    ) -> Found:
        """One round.

        Parameters
        ----------
        scenario : the problem with some lots kept. share : of the stop.
        start : plan to begin with. encoded : its arrays where they are known already.
        price_pence : a week, of a disturbed family, in this search only.
        """
        instance, index = encoded or self._encoded(scenario)
        start = start or self.start
        result = solve(
            instance if price_pence is None else with_price(instance, index, price_pence),
            _share_of(self.stop, share),
            seed=self.seed + len(self.results),
            start=start_of_plan(index, start) if start is not None else start_routes(scenario, index),
            processes=self.processes,
            elsewhere=self.elsewhere,
            blocks=self.travel,
            on_progress=self.on_progress,
            should_stop=self.should_stop,
        )
        self.results.append(result)
        return self._found(scenario, instance, index, result)

    def _encoded(self, scenario: Scenario) -> tuple[Instance, Index]:
        given = self.encoded if scenario is self.scenario else None
        return given or encode(scenario, self.travel, self.reference)

    def _found(self, scenario: Scenario, instance: Instance, index: Index, result: Result) -> Found:
        plan = plan_of(scenario, self.travel, index, result, self.reference)
        objective = objective_of(plan, self.scenario, self.travel, reference=self.reference)
        n_disturbed = len(disturbed_of(plan, self.reference, self.scenario)) if self.reference is not None else 0
        return Found(
            scenario=scenario, instance=instance, index=index, result=result, plan=plan,
            objective_pence=objective.total, n_disturbed=n_disturbed,
        )  # fmt: skip

    def whole(self, found: Found) -> Found:
        """The same plan with the figures of all rounds together."""
        result = replace(
            found.result,
            iterations=sum(r.iterations for r in self.results),
            seconds=sum(r.seconds for r in self.results),
            first_plan_seconds=self.results[0].first_plan_seconds,
            trace=tuple(point for r in self.results for point in r.trace),
        )
        return replace(found, result=result)


def plan_of(scenario: Scenario, travel: TravelByRow, index: Index, result: Result, reference: Plan | None) -> Plan:
    """Kept routes as they are and new ones beside them; the unserved without their reasons."""
    kept = current_as_routes(scenario, travel, (route for route in scenario.current_routes if route.kept))
    decoded = decode(
        scenario,
        travel,
        index,
        result.solution,
        result.assignment,
        taken_ids=(route.route_id for route in kept),
        reference=reference,
    )
    return Plan(
        plan_id="found",
        routes=(*kept, *decoded.routes),
        lots=(*current_lots(kept), *decoded.lots),
        unserved=tuple(Unserved(passenger_id=pid, cause="", sentence="") for pid in decoded.unserved_ids),
        not_planned=scenario.not_planned(),
    )


def _share_of(stop: Stop, share: float) -> Stop:
    if stop.seconds is not None:
        return Stop(seconds=stop.seconds * share)
    assert stop.iterations is not None
    return Stop(iterations=max(1, round(stop.iterations * share)))
