"""The certificate in words, figures and a picture: a section of the report, which a later proof puts anew."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from api.report.bound_chart import BoundChart, make_chart
from transport.certificate import Certificate, ShadowPrice
from transport.cost import Objective
from transport.files.plan_words import plural, pounds
from transport.plan import Plan
from transport.scenario import Scenario

METHOD_WORDS = {
    "packing": "Packing: places, wheelchair places, PAs and vehicles, and the shortest way into each home",
    "runs": "Runs: a linear program over every run that the rules allow",
}
PRICE_WORDS = {
    "fleet_vehicle": "One more fleet vehicle",
    "pa": "One more PA",
    "passenger": "A passenger",
    "gate_minutes": "Ten minutes more at a gate",
    "ride_cap": "A longer ride limit",
}
BEGIN, END = "<!-- bound: begin -->", "<!-- bound: end -->"
WORDS_BEGIN, WORDS_END = '<span class="bound-words">', "</span>"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundView:
    """The section.

    Attributes
    ----------
    figures : (what, value). caveats : what the figure means for this plan, where it is not sound or whole.
    prices : (what, of what, pounds a week, sentence).
    """

    words: str
    figures: tuple[tuple[str, str], ...]
    caveats: tuple[str, ...]
    relaxations: tuple[str, ...]
    chart: BoundChart
    prices: tuple[tuple[str, str, str, str], ...]
    is_over: bool


def bound_view_of(plan: Plan, scenario: Scenario, objective: Objective, *, n_hard: int) -> BoundView | None:
    """The words of a plan's certificate; None where it has none."""
    certificate = plan.certificate
    if certificate is None:
        return None
    return BoundView(
        words=certificate.words,
        figures=_figures(certificate, objective),
        caveats=_caveats(plan, scenario, objective, n_hard),
        relaxations=certificate.relaxations,
        chart=make_chart(certificate),
        prices=tuple(
            _price_words(p) for p in sorted(certificate.prices, key=lambda p: (-abs(p.pence), p.what, p.of_id))
        ),
        is_over=certificate.is_over,
    )


def _figures(certificate: Certificate, objective: Objective) -> tuple[tuple[str, str], ...]:
    return (
        ("Proven bound, a week", pounds(certificate.bound_pence)),
        ("This plan, a week", pounds(certificate.objective_pence)),
        ("of it money", pounds(objective.money_pence)),
        ("of it wishes not met, at their prices", pounds(objective.soft_pence)),
        ("of it passengers left unserved, at their price", pounds(objective.unserved_pence)),
        ("Gap: what the plan costs beyond the bound", certificate.gap_words),
        ("How it was proven", METHOD_WORDS.get(certificate.method, certificate.method)),
        ("Time to prove it", f"{certificate.wall_s:,.1f} s, {certificate.cpu_s:,.1f} s of processor time"),
    )


def _caveats(plan: Plan, scenario: Scenario, objective: Objective, n_hard: int) -> tuple[str, ...]:
    counted = "avoidable money" if scenario.policy.horizon == "term" else "money, leases and depots included"
    found = [f"Costs are here {counted}, and the prices of wishes; money alone is not certified."]
    if n_hard:
        found.append(
            f"This plan breaks hard rules in {plural(n_hard, 'place')}. The bound speaks of plans that break none, so "
            "the gap says nothing about this one until its rules hold."
        )
    if plan.unserved:
        n, price = len(plan.unserved), pounds(scenario.policy.unserved_pence_per_day, pennies=False)
        found.append(
            f"{plural(n, 'passenger is', 'passengers are')} left unserved. Each day of theirs counts {price}, together "
            f"{pounds(objective.unserved_pence)} a week of this plan’s cost, so the gap is that of a plan with a "
            "penalty, not of money. The bound holds for plans that carry everybody and for plans that leave somebody "
            "at that price."
        )
    return tuple(found)


def _price_words(price: ShadowPrice) -> tuple[str, str, str, str]:
    return PRICE_WORDS.get(price.what, price.what), price.of_id, pounds(price.pence), price.sentence


def renew_report(folder: Path, plan: Plan, scenario: Scenario, objective: Objective, *, n_hard: int) -> None:
    """Put the section and its words anew into the report of a folder; a folder without a report is left as it is."""
    from api.report.outputs import REPORT_FILE
    from api.report.page import bound_html

    path = folder / REPORT_FILE
    if not path.exists():
        return
    html = path.read_text(encoding="utf-8")
    section = bound_html(bound_view_of(plan, scenario, objective, n_hard=n_hard))
    html = _between(html, BEGIN, END, section)
    html = _between(html, WORDS_BEGIN, WORDS_END, plan.certificate_words)
    beside = folder / f".{REPORT_FILE}.new"
    beside.write_text(html, encoding="utf-8")
    os.replace(beside, path)


def _between(html: str, begin: str, end: str, text: str) -> str:
    """Replace what stands between two marks, wherever they stand."""
    return re.sub(f"({re.escape(begin)}).*?({re.escape(end)})", lambda m: m[1] + text + m[2], html, flags=re.DOTALL)
