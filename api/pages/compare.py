"""Two plans beside each other, or a plan beside today's routes: figures, charts, who changes and how, and a map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from api.auth.permissions import Permission
from api.carbon import Carbon, tonnes_words
from api.endpoints.quotes import Plans
from api.endpoints.shapes import After
from api.open_plans import OpenPlans
from api.page_tables import REASON_WORDS, TODAY, Reader
from api.pages.carbon import carbon_body, carbon_of_plan
from api.pages.charts import Bars, bars_of, histogram_of
from api.pages.plan_reading import OpenedPlan, open_for, plans_of
from api.pages.rendering import page
from api.pages.spreadsheets import XLSX, spreadsheet
from api.pages.visit import Opens, Visit
from api.report.kpis import Kpis
from api.report.view import comparison_rows
from transport.check import Ride
from transport.check.disturbed import disturbed_of
from transport.files.plan_words import pounds
from transport.plan import Plan
from transport.stability import seatings_of

router = APIRouter(include_in_schema=False)

FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]

_HEADS = ("Figure", "Before", "After", "Change")
_BIN_S = 600
_MOST_ROWS = 50
"""Families and routes that are listed (ours): nobody reads hundreds on a page; all of them leave as a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Everything that the page shows of two plans; worked out once.

    Attributes
    ----------
    people : whom something changes for, what, and how. came, went : carried on one side alone.
    routes : those that differ, what becomes of each, cost a week.
    """

    figures: tuple[tuple[str, ...], ...]
    bars: tuple[Bars, ...]
    rides: Bars
    people: tuple[tuple[str, str, str], ...]
    came: tuple[str, ...]
    went: tuple[str, ...]
    routes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One of the two.

    Attributes
    ----------
    plan_id : of the store; of today's routes, `today` and the plan whose lists name them.
    address : of its page; empty where it has none.
    """

    plan_id: str
    title: str
    address: str
    opened: OpenedPlan


@router.get("/compare")
def show_comparison(visit: FileReader, plans: Plans, before: After = "", after: After = "", form: str = "") -> Response:
    """Figures of both, who changes, and which routes are new, gone or different."""
    old, new = sides_of(visit, plans, before, after)
    found = plans_of(visit).remembered(
        ("compare", old.plan_id, new.plan_id), lambda: _compared(old.opened, new.opened)
    )  # fmt: skip
    with visit.store.read() as session:
        body = carbon_body(visit, session)
    figures, bars = _with_carbon(found, *(carbon_of_plan(side.opened, body) for side in (old, new)))
    if form == XLSX:
        notes = [f"Before: {old.title}", f"After: {new.title}"]
        return spreadsheet(visit, ("plan", new.plan_id), "Two plans compared", _HEADS, figures, notes=notes)
    return page(
        visit,
        "compare.html",
        old=old,
        new=new,
        found=found,
        figures=figures,
        heads=_HEADS,
        bars=bars,
        most=_MOST_ROWS,
    )


@router.get("/compare/map.geojson")
def get_map(visit: FileReader, plans: Plans, before: After = "", after: After = "") -> Response:
    """Lines of the routes that differ, of both sides; group 1 is before, group 0 after."""
    old, new = sides_of(visit, plans, before, after)
    ids = {route_id for route_id, _, _ in route_changes(old.opened, new.opened)}
    features = [*_lines(old.opened, ids, 1), *_lines(new.opened, ids, 0)]
    approximate = old.opened.outcome.approximate or new.opened.outcome.approximate
    return JSONResponse({"type": "FeatureCollection", "approximate": approximate, "features": features})


def sides_of(visit: Visit, plans: OpenPlans, before: str, after: str) -> tuple[Side, Side]:
    """Both sides; that they were read goes into the log.

    Raises
    ------
    NotInStoreError
        When a plan is not there, or today's routes are in no lists of the other one.
    NotAllowedYetError
        When the roads of the service are not those of the plan beside today's routes.
    """
    new = _side(visit, after)
    if before != TODAY:
        return _side(visit, before), new
    reader = Reader(store=visit.store, opened=plans_of(visit), plans=plans)
    return Side(plan_id=f"{TODAY} {after}", title="Today’s routes", address="", opened=reader.before(TODAY, after)), new


def _side(visit: Visit, plan_id: str) -> Side:
    stored, opened = open_for(visit, plan_id, "compare")
    title = f"{stored.title} ({plan_id})"
    return Side(plan_id=plan_id, title=title, address=f"/plans/{plan_id}", opened=opened)


def _compared(before: OpenedPlan, now: OpenedPlan) -> Compared:
    plans = (before.outcome.plan, now.outcome.plan)
    carried = [frozenset(seatings_of(plan)) for plan in plans]
    return Compared(
        figures=tuple((row.head, *row.cells) for row in comparison_rows(before.kpis, now.kpis)),
        bars=_bars(before.kpis, now.kpis),
        rides=_ride_bars(before.outcome.rides, now.outcome.rides),
        people=tuple(
            (d.passenger_id, ", ".join(REASON_WORDS[str(why)] for why in d.reasons), d.sentence.partition(": ")[2])
            for d in disturbed_of(plans[1], plans[0], now.outcome.scenario)
        ),
        came=tuple(sorted(carried[1] - carried[0])),
        went=tuple(sorted(carried[0] - carried[1])),
        routes=tuple(route_changes(before, now)),
    )


def _with_carbon(found: Compared, before: Carbon, now: Carbon) -> tuple[list[tuple[str, ...]], list[Bars]]:
    """Figures and bars with CO2e, which is not remembered: the council may change a factor at any time."""
    was_g, now_g = before.week_g, now.week_g
    head, cells = "CO2e a week of operation", (tonnes_words(was_g), tonnes_words(now_g))
    if was_g is None or now_g is None:
        return [*found.figures, (head, *cells, "–")], list(found.bars)
    change = now_g - was_g
    sign = {-1: "−", 0: "", 1: "+"}[(change > 0) - (change < 0)]
    figures = [*found.figures, (head, *cells, sign + tonnes_words(abs(change)))]
    return figures, [*found.bars, bars_of(head, was_g, now_g, tonnes_words)]


def _bars(before: Kpis, now: Kpis) -> tuple[Bars, ...]:
    """The figures that people ask for first, each as two bars."""
    miles = [round((kpis.loaded_m + kpis.dead_m) / 1609.344) for kpis in (before, now)]
    return (
        bars_of("Cost a year", before.year_pence, now.year_pence, lambda pence: pounds(pence, pennies=False)),
        bars_of("Vehicles", before.n_vehicles, now.n_vehicles),
        bars_of("Passenger assistants", before.n_pas, now.n_pas),
        bars_of("Miles a week", miles[0], miles[1]),
    )


def _ride_bars(before: Sequence[Ride], now: Sequence[Ride]) -> Bars:
    """Journeys a week by ten-minute steps of the ride."""
    counts = [Counter[int](), Counter[int]()]
    for count, rides in zip(counts, (before, now), strict=True):
        for ride in rides:
            count[ride.ride_s // _BIN_S] += len(ride.days)
    n_bins = max((*counts[0], *counts[1]), default=0) + 1
    labels = [f"{k * _BIN_S // 60} to {(k + 1) * _BIN_S // 60 - 1}" for k in range(n_bins)]
    # Days are those of a fortnight.
    of_week = [[count[k] // 2 for k in range(n_bins)] for count in counts]
    return histogram_of("Rides by minutes on board, a week", labels, of_week[0], of_week[1])


def _lines(opened: OpenedPlan, route_ids: set[str], group: int) -> Iterator[Mapping[str, Any]]:
    for feature in opened.map["features"]:
        told = feature["properties"]
        if told["feature"] == "route" and told["route_id"] in route_ids:
            own = {"feature": "route", "route_id": told["route_id"], "leg": told["leg"], "group": group}
            yield {**feature, "properties": own}


def route_changes(before: OpenedPlan, now: OpenedPlan) -> Iterator[tuple[str, str, str]]:
    """Routes that differ between two plans: which, what became of it, and its cost a week before and after."""
    plans = (before.outcome.plan, now.outcome.plan)
    old, new = ({route.route_id: route for route in plan.routes} for plan in plans)
    views = [{view.route_id: view for view in opened.routes} for opened in (before, now)]
    for route_id in sorted(old.keys() | new.keys()):
        if old.get(route_id) == new.get(route_id):
            continue
        costs = " → ".join(own[route_id].week if route_id in own else "–" for own in views)
        what = _what_became(route_id, *plans)
        yield route_id, what[:1].upper() + what[1:], costs


def _what_became(route_id: str, before: Plan, now: Plan) -> str:
    old, new = (next((r for r in plan.routes if r.route_id == route_id), None) for plan in (before, now))
    if old is None or new is None:
        return "new" if old is None else "carries nobody any more"
    came, went = set(new.passenger_ids) - set(old.passenger_ids), set(old.passenger_ids) - set(new.passenger_ids)
    words = [f"takes {', '.join(sorted(came))}"] if came else []
    words += [f"no longer carries {', '.join(sorted(went))}"] if went else []
    return "; ".join(words) or "the same passengers in another order, at other times or with another vehicle"
