"""The proven bound beside a plan: as a phase of planning, and later on a folder that holds a plan."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.plan_folder import PlanFolder, open_plan_folder, roads_for, with_own_settings
from transport.certificate import Certificate
from transport.check import check_plan
from transport.cost import Objective, objective_of
from transport.digest import digest_of
from transport.files.plan_json import read_plan, write_plan
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import TravelByRow

if TYPE_CHECKING:
    from api.planning_job import Watcher
    from routing.rounds import Found

STATE_FILE = "bound_state.npz"
"""Everything proven so far, beside the plan: a later run goes on from there."""
MOST_POINTS = 200
"""Of the search's own trace in a certificate; a picture shows no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifyRequest:
    """Which plan to prove a bound for, and how long.

    Attributes
    ----------
    folder : of `schoolrun plan`. seconds : of wall time. rule_seconds : as much again for the prices of rules.
    roads_path, travel_path : what the plan was made on; neither: approximate roads. cache_dir : of built roads.
    """

    folder: Path
    seconds: float
    rule_seconds: float = 0.0
    roads_path: Path | None = None
    travel_path: Path | None = None
    cache_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A plan with its certificate, and what else a reader of the bound must know."""

    plan: Plan
    certificate: Certificate
    objective: Objective
    n_hard: int

    def figures(self) -> dict[str, Any]:
        """The main figures, for scripts."""
        return certificate_figures(self.certificate) | {
            "n_unserved": len(self.plan.unserved),
            "n_hard_violations": self.n_hard,
        }


def certificate_figures(certificate: Certificate) -> dict[str, Any]:
    """A certificate in JSON types: money in pence a week, the gap as a fraction, null without a bound."""
    return {
        "bound": certificate.bound_pence,
        "objective": certificate.objective_pence,
        "gap": certificate.gap if certificate.bound_pence > 0 else None,
        "method": certificate.method,
        "relaxations": list(certificate.relaxations),
        "prices": [
            {"what": p.what, "of_id": p.of_id, "pence": p.pence, "sentence": p.sentence} for p in certificate.prices
        ],
        "is_over": certificate.is_over,
        "cpu_s": round(certificate.cpu_s, 2),
        "wall_s": round(certificate.wall_s, 2),
    }


def certificate_of(
    plan: Plan,
    scenario: Scenario,
    travel: TravelByRow,
    *,
    seconds: float,
    objective_pence: int,
    watcher: Watcher,
    rule_seconds: float = 0.0,
    reference: Plan | None = None,
    state_path: Path | None = None,
    cost_trace: Sequence[tuple[float, int]] = (),
) -> Certificate:
    """Prove a bound within a time.

    Parameters
    ----------
    objective_pence : of the plan, a week, for those who watch.
    cost_trace : (seconds, objective in pence a week) of the search, for the picture.
    """
    from routing.bound.prove import prove

    with watcher.phase("bound"):
        certificate = prove(
            scenario, travel, plan, seconds=seconds, rule_seconds=rule_seconds, reference=reference,
            state_path=state_path,
            on_progress=lambda at, bound_pence: watcher.on_bound(at, bound_pence, objective_pence),
            should_stop=watcher.should_stop,
        )  # fmt: skip
    return replace(certificate, cost_trace=tuple(cost_trace))


def cost_trace_of(found: Found) -> tuple[tuple[float, int], ...]:
    """(seconds, objective in pence a week) of a search at each fall, thinned out, the plan's own at the end.

    Routes that are kept as they are cost the same all along; the search does not count them.
    """
    result = found.result
    beside = found.objective_pence - (result.assignment.cost + 1) // 2
    points: list[tuple[float, int]] = []
    began, before = 0.0, 0.0
    for at, pence in result.trace:
        # Each round of a search counts its own seconds.
        began, before = (began + before, at) if at < before else (began, at)
        # A round may have looked at cheaper prices than the plan's own: it is never shown below the plan.
        cost_pence = max(pence + beside, found.objective_pence)
        if not points or cost_pence < points[-1][1]:
            points.append((round(began + at, 1), cost_pence))
    step = -(-len(points) // MOST_POINTS) or 1
    end = (round(max(result.seconds, points[-1][0] if points else 0.0), 1), found.objective_pence)
    return (*points[:1], *points[1:][::step], end)


def certify_folder(request: CertifyRequest, watcher: Watcher) -> Certified:
    """Prove a bound for the plan of a folder, and write it into `plan.json` and the report.

    Raises
    ------
    FileNotFoundError, ValueError
        A file is missing or cannot be read, the inputs have changed, or the roads are not those of the plan.
    """
    from api.report.bound_section import renew_report

    with watcher.phase("read"):
        held = open_plan_folder(request.folder)
        scenario, reference = with_own_settings(held.scenario, held.plan), _reference_of(held)
    travel = _travel_of_plan(held, scenario, request, watcher)
    objective = objective_of(held.plan, scenario, travel, reference=reference)
    certificate = certificate_of(
        held.plan, scenario, travel, seconds=request.seconds, rule_seconds=request.rule_seconds,
        objective_pence=objective.total, watcher=watcher, reference=reference, state_path=request.folder / STATE_FILE,
        cost_trace=held.plan.certificate.cost_trace if held.plan.certificate is not None else (),
    )  # fmt: skip
    done = Certified(
        plan=replace(held.plan, certificate=certificate),
        certificate=certificate,
        objective=objective,
        n_hard=sum(v.hard for v in check_plan(held.plan, scenario, travel, reference)),
    )
    with watcher.phase("write"):
        _write_plan(done.plan, request.folder)
        renew_report(request.folder, done.plan, scenario, objective, n_hard=done.n_hard)
    return done


def _reference_of(held: PlanFolder) -> Plan | None:
    """The plan that families know, where this one was set against it."""
    from api.report.outputs import KNOWN_FILE

    if "reference" not in held.plan.digests:
        return None
    path = held.path / KNOWN_FILE
    reference = read_plan(path)
    if digest_of(reference) != held.plan.digests["reference"]:
        raise ValueError(f"{path}: not the plan that plan {held.plan.plan_id} was set against; plan again")
    return reference


def _travel_of_plan(held: PlanFolder, scenario: Scenario, request: CertifyRequest, watcher: Watcher) -> TravelByRow:
    """Travel between all places, from the roads that the plan was made on."""
    travel = roads_for(
        held, scenario, watcher,
        roads_path=request.roads_path, travel_path=request.travel_path, cache_dir=request.cache_dir,
    ).travel  # fmt: skip
    # A bound rests on every drive, not only on those of the plan.
    if travel.digest != held.plan.digests.get("travel"):
        raise ValueError(
            f"{request.folder}: the plan was made on other roads or travel times; name them with --roads or --travel, "
            "as `schoolrun plan` was given them"
        )
    return travel


def _write_plan(plan: Plan, folder: Path) -> None:
    """Replace `plan.json` in one step: whatever happens, one whole file is there."""
    from api.report.outputs import PLAN_FILE

    beside = folder / f".{PLAN_FILE}.new"
    write_plan(plan, beside)
    os.replace(beside, folder / PLAN_FILE)
