"""Tables of the workbook that hold figures and findings: KPIs, what the check found, assumptions."""

from __future__ import annotations

from api.report.assumptions import setting_words
from api.report.changes import disturbed_words
from api.report.kpis import Kpis, baseline_kpis_of, kpis_of
from api.report.outcome import Outcome
from transport.calendar import Leg, days_words
from transport.check import Violation
from transport.files.plan_tables import Cell, Column, Table
from transport.files.plan_words import miles, minutes, pounds
from transport.policy import setting_specs
from transport.scenario import Scenario


def _column(name: str, title: str, meaning: str) -> Column:
    return Column(name=name, title=title, meaning=meaning)


def kpi_table(outcome: Outcome) -> Table:
    """The main figures of the plan, beside today's routes where they are given."""
    now, before = kpi_lines(kpis_of(outcome)), baseline_kpis_of(outcome)
    today = dict(kpi_lines(before)) if before else {}
    columns = [
        _column("figure", "Figure", "what is measured"),
        _column("plan", "This plan", "value in this plan"),
    ]
    if before:
        columns.append(_column("today", "Today’s routes", "the same for today's routes on the same passengers"))
    if outcome.known is not None:
        now.append((f"Passengers disturbed, against {outcome.known.words}", disturbed_words(outcome.known)))
    rows = tuple((head, value, today.get(head, "")) if before else (head, value) for head, value in now)
    return Table(name="kpis", title="KPIs", columns=tuple(columns), rows=rows)


def kpi_lines(kpis: Kpis) -> list[tuple[str, str]]:
    """Every main figure with its unit, in words."""
    rides = kpis.rides
    lines = [
        ("Passengers to carry", f"{kpis.n_planned:,}"),
        ("Passengers carried", f"{kpis.n_carried:,}"),
        ("Passengers unserved", f"{kpis.n_unserved:,}"),
        ("Passengers outside the plan by a rule", f"{kpis.n_not_planned:,}"),
        ("Places where a hard rule is broken", f"{kpis.n_hard_violations:,}"),
        ("Wishes not met", f"{kpis.n_soft_violations:,}"),
        ("Cost a week of operation", pounds(kpis.week_pence)),
        ("Cost a year", pounds(kpis.year_pence)),
        ("Avoidable, a week", pounds(kpis.avoidable_week_pence)),
        ("Committed, a week", pounds(kpis.committed_week_pence)),
        ("Avoidable, a year", pounds(kpis.avoidable_year_pence)),
        ("Committed, a year", pounds(kpis.committed_year_pence)),
        ("Cost per passenger a year", pounds(kpis.per_passenger_year_pence)),
        ("Cost per route and day", pounds(kpis.per_route_day_pence)),
        ("Cost per mile driven", pounds(kpis.per_mile_pence)),
        ("Prices of wishes not met, a week", pounds(kpis.soft_pence)),
        ("Price of the unserved, a week", pounds(kpis.unserved_pence)),
        ("Objective, a week", pounds(kpis.objective)),
        ("Routes", f"{kpis.n_routes:,}"),
        ("Routes of the council fleet", f"{kpis.n_fleet_routes:,}"),
        ("Routes bought", f"{kpis.n_bought_routes:,}"),
        ("Vehicles", f"{kpis.n_vehicles:,}"),
        ("Fleet vehicles used", f"{kpis.n_fleet_used:,} of {kpis.n_fleet:,}"),
        ("Passengers per vehicle", f"{kpis.passengers_per_vehicle:.2f}"),
        ("Places filled", f"{kpis.occupancy_pct:.1f}%"),
        ("Passengers who travel alone", f"{kpis.n_solo:,} ({kpis.solo_pct:.1f}%)"),
        ("Passenger assistants at once", f"{kpis.n_pas:,}"),
        ("Journeys a week", f"{rides.n_journeys:,}"),
        ("Journeys over target, a week", f"{rides.n_over_target:,} ({100 - rides.within_target_pct:.1f}%)"),
        ("Passengers with a journey over target", f"{rides.n_passengers_over:,}"),
        ("Journeys longer than 45 minutes", f"{rides.over_45_pct:.1f}%"),
        ("Journeys longer than 75 minutes", f"{rides.over_75_pct:.1f}%"),
        ("Average ride", f"{minutes(rides.mean_s)} min"),
        ("Nine in ten rides last at most", f"{minutes(rides.p90_s)} min"),
        ("Longest ride", f"{minutes(rides.longest_s)} min"),
        ("Loaded miles a week", miles(kpis.loaded_m)),
        ("Dead miles a week", f"{miles(kpis.dead_m)} ({kpis.dead_pct:.0f}%)"),
    ]
    return lines + [(f"Vehicles of class {row.class_id}", f"{row.n_fleet + row.n_bought:,}") for row in kpis.vehicles]


def checks_table(outcome: Outcome) -> Table:
    """What the checker found, plan first, then today's routes."""
    columns = (
        _column("of", "Of", "this plan or today's routes"),
        _column("kind", "Kind", "hard: a rule is broken; soft: a wish is not met"),
        _column("rule", "Rule", "name of the rule"),
        _column("sentence", "Finding", "what was found"),
        _column("passenger_ids", "Passengers", "passengers it concerns"),
        _column("route_id", "Route", "route it concerns"),
        _column("leg", "Leg", "AM or PM"),
        _column("days", "Days", "days on which it holds"),
    )
    rows = [_check_row("this plan", violation) for violation in outcome.violations]
    if outcome.baseline:
        rows += [_check_row("today’s routes", violation) for violation in outcome.baseline.violations]
    return Table(name="checks", title="Checks", columns=columns, rows=tuple(rows))


def _check_row(of: str, v: Violation) -> tuple[Cell, ...]:
    days = days_words(v.days) if v.days else ""
    kind = "hard" if v.hard else "soft"
    leg = v.leg.value if isinstance(v.leg, Leg) else ""
    return of, kind, str(v.rule), v.sentence, " ".join(v.passenger_ids), v.route_id, leg, days


def assumptions_table(scenario: Scenario) -> Table:
    """Every policy setting with its value, kind and source."""
    columns = (
        _column("setting", "Setting", "name in policy.csv"),
        _column("meaning", "Meaning", "what it sets"),
        _column("value", "Value", "value in this plan"),
        _column("default", "Default", "value without a row in policy.csv"),
        _column("kind", "Kind", "hard, soft, price, default or method"),
        _column("source", "Source", "where it comes from; 'ours' has no outside source"),
    )
    rows = []
    for spec in setting_specs():
        value = setting_words(spec, getattr(scenario.policy, spec.name))
        rows.append((spec.name, spec.meaning, value, setting_words(spec, spec.default), spec.kind.value, spec.source))
    return Table(name="assumptions", title="Assumptions", columns=columns, rows=tuple(rows))
