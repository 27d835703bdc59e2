"""An outcome made ready to be passed on."""

from __future__ import annotations

from dataclasses import replace

from api.report.outcome import Outcome
from transport.files.share import shared_names, shared_plan, shared_rides, shared_scenario


def shared_outcome(outcome: Outcome) -> Outcome:
    """The same plan with places rounded and needs, times and sentences removed.

    Its routes, passengers and lines may be shown; the main figures come from the outcome itself, because
    they cannot be worked out from what is left.
    """
    names = shared_names(outcome.scenario)
    return replace(
        outcome,
        scenario=shared_scenario(outcome.scenario, names),
        plan=shared_plan(outcome.plan, names),
        rides=shared_rides(outcome.rides, names),
        violations=(),
        baseline=None,
        known=None,
        lots=(),
        run_paths={},
        data_notes=(),
    )
