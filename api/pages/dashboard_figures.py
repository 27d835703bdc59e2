"""What each figure of the dashboard says and is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from api.carbon import Carbon, tonnes_words
from api.kpi_targets import KPI_BY_NAME
from api.page_tables import REASON_WORDS
from api.pages.carbon import factor_cells
from api.pages.kpi_values import InForce, Values, n_needing_pa, occupancy_of_route_pct
from api.pages.plan_reading import OpenedPlan
from api.pages.words import day_words, moment_words
from api.report.kpis import solo_ids_of
from api.tender_figures import TenderFigures
from transport.check.disturbed import Disturbed
from transport.files.plan_words import METRES_PER_MILE, minutes, plural, pounds
from transport.plan import RouteKind

Rows = list[tuple[object, ...]]
"""Cells of a table: text, numbers, or pairs of words and address."""

CARBON_FIGURE = "carbon"
NO_TENDER = "no tender of this service has told its operators yet"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """A plan that holds, as the dashboard shows it.

    Attributes
    ----------
    changed : families for whom something is not as before; None where no plan held before.
    carbon : CO2e under the council's factors.
    tender : whose operators were told last; None: none yet.
    """

    opened: OpenedPlan
    one: InForce
    values: Values
    changed: tuple[Disturbed, ...] | None
    carbon: Carbon
    tender: TenderFigures | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the dashboard.

    Attributes
    ----------
    name : last part of the address of what it is made of; that of its KPI, where a target is set for it.
    sub : more of it in words. heads, rows : the table it is made of.
    exported_as : where the table names children, so that it leaves as an export alone: as which one.
    """

    name: str
    label: str
    sub: Callable[[Shown], str]
    meaning: str
    heads: tuple[str, ...]
    rows: Callable[[Shown], Rows]
    exported_as: str = ""

    @property
    def names_children(self) -> bool:
        """Whether the table does."""
        return bool(self.exported_as)

    def number(self, shown: Shown) -> str:
        """The figure itself, in words."""
        kpi = KPI_BY_NAME.get(self.name)
        if self.name == CARBON_FIGURE:
            return tonnes_words(shown.carbon.week_g)
        if kpi is None:
            return pounds(shown.opened.kpis.year_pence, pennies=False)
        return kpi.words(shown.values[self.name])


def _by_kind(shown: Shown) -> Rows:
    from api.report.route_view import COST_WORDS

    by_kind = sorted(shown.opened.outcome.breakdown.week_pence_by_kind.items(), key=lambda item: -item[1])
    return [(COST_WORDS[kind], pounds(pence)) for kind, pence in by_kind if pence]


def _routes(shown: Shown) -> Rows:
    return [
        (_route(shown, v.route_id), v.schools, v.n_passengers, v.driven_by, v.week) for v in shown.opened.routes
    ]  # fmt: skip


def _occupancy(shown: Shown) -> Rows:
    routes = shown.opened.outcome.plan.routes
    found = [(occupancy_of_route_pct(shown.opened, route.route_id), route) for route in routes]
    return [
        (_route(shown, route.route_id), route.class_id, len(route.passenger_ids), f"{pct:.0f}%")
        for pct, route in sorted(found, key=lambda item: item[0])
    ]


def _solo(shown: Shown) -> Rows:
    outcome = shown.opened.outcome
    alone, people = solo_ids_of(outcome.plan), outcome.scenario.passenger_by_id
    return [
        (_passenger(pid), _route(shown, r.route_id), r.class_id, "must travel alone" if people[pid].solo else "no")
        for r in outcome.plan.routes
        for pid in r.passenger_ids
        if pid in alone
    ]


def _longer_than(seconds: int) -> Callable[[Shown], Rows]:
    def rows(shown: Shown) -> Rows:
        over = [ride for ride in shown.opened.outcome.rides if ride.journey_s > seconds]
        return [
            (_passenger(r.passenger_id), _route(shown, r.route_id), minutes(r.journey_s), minutes(r.target_s),
             minutes(r.cap_s))
            for r in sorted(over, key=lambda r: -r.journey_s)
        ]  # fmt: skip

    return rows


def _fleet(shown: Shown) -> Rows:
    routes: dict[str, list[str]] = defaultdict(list)
    for route in shown.opened.outcome.plan.routes:
        if route.kind is RouteKind.FLEET:
            routes[str(route.vehicle_id)].append(route.route_id)
    return [
        (v.vehicle_id, v.class_id, ", ".join(routes.get(v.vehicle_id, ())) or "not used")
        for v in shown.opened.outcome.scenario.fleet_vehicles
    ]


def _pas(shown: Shown) -> Rows:
    need = shown.opened.outcome.scenario.passenger_by_id
    rows: Rows = []
    for view, route in zip(shown.opened.routes, shown.opened.outcome.plan.routes, strict=True):
        if view.n_pas:
            needing = sum(need[pid].pa_need.value != "none" for pid in route.passenger_ids)
            rows.append((_route(shown, route.route_id), view.n_pas, needing, len(route.passenger_ids)))
    return rows


def _changed(shown: Shown) -> Rows:
    return [
        (_passenger(one.passenger_id), ", ".join(REASON_WORDS[str(why)] for why in one.reasons),
         one.sentence.partition(": ")[2])
        for one in shown.changed or ()
    ]  # fmt: skip


def _changed_words(shown: Shown) -> str:
    if shown.changed is None:
        return "no plan held before this one"
    return f"{plural(len(shown.changed), 'family', 'families')} against the plan before"


def _notice(shown: Shown) -> Rows:
    return [
        ("Published", moment_words(shown.one.published_at)), ("Holds from", day_words(shown.one.starts_on)),
        ("For", plural(len(shown.one.school_ids), "school")),
    ]  # fmt: skip


def _carbon(shown: Shown) -> Rows:
    return [
        ((row.class_id, f"/administration/carbon/{row.class_id}"), f"{row.week_m / METRES_PER_MILE:,.0f}",
         *factor_cells(row.factor)[:3], "–" if row.week_g is None else tonnes_words(row.week_g))
        for row in shown.carbon.classes
    ]  # fmt: skip


def _carbon_words(shown: Shown) -> str:
    missing, n = shown.carbon.without_factor, shown.opened.kpis.n_carried
    if missing:
        return f"none is known for {', '.join(missing)}"
    return f"{(shown.carbon.week_g or 0) / 1000 / n:.1f} kg a passenger" if n else "nobody is carried"


def _lots(shown: Shown) -> Rows:
    return [(lot.lot_id, lot.n_bidders, lot.winner.capitalize()) for lot in shown.tender.lots] if shown.tender else []


def _tender_words(shown: Shown) -> str:
    if shown.tender is None:
        return NO_TENDER
    n = plural(len(shown.tender.lots), "lot")
    return f"{n} of {shown.tender.title}, told on {day_words(shown.tender.told_on)}"


def _route(shown: Shown, route_id: str) -> tuple[str, str]:
    return route_id, f"/plans/{shown.one.plan_id}/routes/{route_id}"


def _passenger(passenger_id: str) -> tuple[str, str]:
    return passenger_id, f"/passengers/{passenger_id}"


def _tender(name: str, meaning: str) -> Figure:
    return Figure(
        name=name, label=KPI_BY_NAME[name].label, sub=_tender_words, rows=_lots, meaning=meaning,
        heads=("Lot", "Operators that priced it", "Won by"),
    )  # fmt: skip


_ROUTE_HEADS = ("Route", "Schools", "Passengers", "Driven by", "A week")
_RIDE_HEADS = ("Passenger", "Route", "Minutes", "Target", "Limit on board")
FIGURES = (
    Figure(
        name="cost", label="Cost a year", meaning="What a week of operation costs, by kind of cost.",
        sub=lambda s: f"{pounds(s.opened.kpis.week_pence, pennies=False)} a week of operation",
        heads=("Kind", "A week"), rows=_by_kind,
    ),
    Figure(
        name="per-passenger", label="Cost per passenger a year", heads=_ROUTE_HEADS, rows=_routes,
        sub=lambda s: plural(s.opened.kpis.n_carried, "passenger"),
        meaning="A year’s cost, shared among the passengers carried.",
    ),
    Figure(
        name="per-route-day", label="Cost per route and day", heads=_ROUTE_HEADS, rows=_routes,
        sub=lambda s: plural(s.opened.kpis.n_routes, "route"),
        meaning="A week’s cost, shared among the days on which routes run.",
    ),
    Figure(
        name="occupancy", label="Places filled", rows=_occupancy,
        sub=lambda s: f"{s.opened.kpis.passengers_per_vehicle:.1f} passengers a vehicle",
        meaning="Passengers by places of the layouts in use, the emptiest routes first.",
        heads=("Route", "Vehicle", "Passengers", "Places filled"),
    ),
    Figure(
        name="solo", label="Travelling alone", rows=_solo, exported_as="alone",
        sub=lambda s: f"{s.opened.kpis.n_solo:,} of {plural(s.opened.kpis.n_carried, 'passenger')}",
        meaning="Passengers with nobody else on any of their runs, and whether their needs ask for it.",
        heads=("Passenger", "Route", "Vehicle", "Needed"),
    ),
    Figure(
        name="fleet", label="Council’s vehicles in use", heads=("Vehicle", "Class", "Routes"), rows=_fleet,
        sub=lambda s: f"{s.opened.kpis.n_fleet_used:,} of {s.opened.kpis.n_fleet:,}",
        meaning="Each vehicle of the council with its routes.",
    ),
    Figure(
        name="pas", label="Passengers who need an assistant, per assistant", rows=_pas,
        sub=lambda s: f"{n_needing_pa(s.opened):,} by {plural(s.opened.kpis.n_pas, 'assistant')} at the busiest time",
        meaning="Routes with passenger assistants, and how many passengers on them need one.",
        heads=("Route", "Assistants", "Passengers who need one", "Passengers"),
    ),
    Figure(
        name="over-45", label="Journeys over 45 minutes", rows=_longer_than(45 * 60), exported_as="rides_over_45",
        sub=lambda s: f"over their own target {100 - s.opened.kpis.rides.within_target_pct:.1f}%",
        meaning="The longest first. Minutes, walk included.", heads=_RIDE_HEADS,
    ),
    Figure(
        name="over-75", label="Journeys over 75 minutes", rows=_longer_than(75 * 60), exported_as="rides_over_75",
        sub=lambda s: f"the longest ride takes {minutes(s.opened.kpis.rides.longest_s)} minutes",
        meaning="The longest first. Minutes, walk included.", heads=_RIDE_HEADS,
    ),
    Figure(
        name="changed", label="Families changed", sub=_changed_words, rows=_changed, exported_as="changed",
        meaning="Families for whom vehicle, assistants or times are not as in the plan that held before.",
        heads=("Passenger", "What changed", "In words"),
    ),
    Figure(
        name="notice", label="Working days of notice", rows=_notice, heads=("What", "When"),
        sub=lambda s: f"published for {day_words(s.one.starts_on)}",
        meaning="Whole working days between publication and the first day.",
    ),
    Figure(
        name=CARBON_FIGURE, label="CO2e a week of operation", sub=_carbon_words, rows=_carbon,
        meaning="Miles by vehicle class, loaded and empty, each times its factor.",
        heads=("Class", "Miles a week", "Counted as", "Kilograms a mile", "Source and year", "CO2e a week"),
    ),
    _tender("bids", "Operators that priced a lot, alone or in a package, of all lots that were issued."),
    _tender("single-bid", "Of the lots that anybody priced, those that one operator alone did."),
    _tender("sme", "Of the lots that a bid won, those of operators that declared themselves small or medium."),
)  # fmt: skip
FIGURE_BY_NAME = {figure.name: figure for figure in FIGURES}
