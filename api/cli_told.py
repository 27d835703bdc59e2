"""What the command line says of a plan, in words or as JSON, and the exit code it ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.errors import EXIT_HARD_VIOLATION, EXIT_UNSERVED

if TYPE_CHECKING:
    from api.report.outcome import Outcome


def tell_and_exit(outcome: Outcome, out: Path, *, as_json: bool) -> None:
    """Print the main figures of a plan, and end with its exit code."""
    if as_json:
        print(json.dumps(figures_of(outcome), indent=1))
    else:
        _tell(outcome, out)
    if outcome.hard_violations:
        raise typer.Exit(EXIT_HARD_VIOLATION)
    if outcome.plan.unserved:
        raise typer.Exit(EXIT_UNSERVED)


def figures_of(outcome: Outcome) -> dict[str, Any]:
    """The main figures of a plan, for scripts."""
    from dataclasses import asdict

    from api.certify import certificate_figures
    from api.report.kpis import baseline_kpis_of, kpis_of

    baseline, certificate = baseline_kpis_of(outcome), outcome.plan.certificate
    return {
        "cost_pence_per_week": outcome.breakdown.week_pence,
        "objective": outcome.objective.total,
        "n_routes": len(outcome.plan.routes),
        "n_unserved": len(outcome.plan.unserved),
        "n_hard_violations": len(outcome.hard_violations),
        "approximate": outcome.approximate,
        "search": dict(outcome.search),
        "kpis": asdict(kpis_of(outcome)),
        "baseline": None if baseline is None else asdict(baseline),
        "disturbed": None if outcome.known is None else [asdict(item) for item in outcome.known.disturbed],
        "held_lots": [asdict(choice) for choice in outcome.lots],
        "certificate": None if certificate is None else certificate_figures(certificate),
    }


def _tell(outcome: Outcome, out: Path) -> None:
    from api.report.changes import disturbed_words
    from api.report.kpis import baseline_kpis_of, kpis_of

    kpis, before = kpis_of(outcome), baseline_kpis_of(outcome)
    print(
        f"{kpis.n_carried} of {kpis.n_planned} passengers on {kpis.n_routes} routes: "
        f"£{kpis.week_pence / 100:,.0f} a week, £{kpis.year_pence / 100:,.0f} a year, "
        f"£{kpis.per_passenger_year_pence / 100:,.0f} a passenger-year"
    )
    if kpis.n_not_planned:
        print(f"{kpis.n_not_planned} more passengers are not part of the plan; the report says why")
    if before is not None:
        print(f"Today's routes: £{before.week_pence / 100:,.0f} a week on {before.n_routes} routes")
    if outcome.known is not None:
        print(f"Families disturbed, against {outcome.known.words}: {disturbed_words(outcome.known)}")
    if outcome.approximate:
        print("Approximate: times and distances are estimates made without a road extract")
    print(f"Certificate: {outcome.plan.certificate_words}")
    for violation in outcome.hard_violations[:20]:
        print(f"Broken rule {violation.rule.value}: {violation.sentence}")
    for unserved in outcome.plan.unserved:
        print(f"Not carried: {unserved.sentence}. {unserved.relaxation}")
    print(f"Report: {out / 'report.html'}")
