"""One route as the report shows it: a summary line, its runs stop by stop, and what it costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.report.outcome import Outcome
from transport.calendar import Leg, days_words
from transport.check import Ride
from transport.cost import CostBreakdown, CostItem, CostKind
from transport.files.plan_tables import layout_words
from transport.files.plan_trips import days_of, n_on_board_after, school_ids_of, usual_run
from transport.files.plan_words import clock, minutes, pickup_words, plural, pounds
from transport.lots import Lot, LotState
from transport.plan import Route, RouteKind, Run, Stop
from transport.scenario import Scenario

RideKey = tuple[str, str, Leg, tuple[int, ...]]

COST_WORDS: Mapping[CostKind, str] = {
    CostKind.BASE: "Vehicle and driver, bought",
    CostKind.MILES: "Miles, bought",
    CostKind.LONG_LEG: "Long journeys",
    CostKind.OPERATOR_PA: "Operators’ PAs",
    CostKind.CONTRACT_DAY_RATE: "Day rates under contract",
    CostKind.CONTRACT_PA: "PAs under contract",
    CostKind.CONTRACT_VARIATION: "miles more or fewer than at award",
    CostKind.FLEET_FIXED: "Fleet: lease, depot, insurance",
    CostKind.FLEET_MILES: "Fleet: miles",
    CostKind.DRIVER: "Fleet: drivers",
    CostKind.COUNCIL_PA: "Council PAs",
}
"""Kinds of cost as people say them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiderView:
    """A passenger at the stop where they board (AM) or alight (PM).

    Attributes
    ----------
    walk_min : walk to or from the stop; part of the journey.
    is_over : the journey is over its target.
    """

    passenger_id: str
    ride_min: int
    walk_min: int
    target_min: int
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopView:
    """One line of a timeline."""

    at: str
    what: str
    is_gate: bool
    riders: tuple[RiderView, ...]
    n_on_board: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run stop by stop."""

    title: str
    layout: str
    pas: str
    length_min: int
    stops: tuple[StopView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """One route."""

    idx: int
    route_id: str
    driven_by: str
    class_id: str
    schools: str
    days: str
    n_passengers: int
    am: str
    pm: str
    longest_ride_min: int
    is_over: bool
    n_pas: int
    week: str
    runs: tuple[RunView, ...]
    costs: tuple[tuple[str, str], ...]
    kept: bool
    lot: str

    @property
    def title(self) -> str:
        """The route in a line, as the map shows it."""
        parts = (plural(self.n_passengers, "passenger"), self.class_id, self.driven_by)
        return f"{self.route_id}: {self.schools}. " + ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is worked out once for all routes."""

    rides: Mapping[RideKey, Ride]
    longest_s: Mapping[str, int]
    over: set[str]
    costs: Mapping[str, tuple[tuple[str, str], ...]]
    week_pence: Mapping[str, int]
    lots: Mapping[str, Lot]


def route_views_of(outcome: Outcome, *, share: bool) -> tuple[RouteView, ...]:
    """Every route of a plan, in its order."""
    rides = {(ride.passenger_id, ride.route_id, ride.leg, ride.days): ride for ride in outcome.rides}
    known = _Known(
        rides=rides,
        longest_s=_longest_s(outcome.rides),
        over={ride.route_id for ride in outcome.rides if ride.over_target_s},
        costs=costs_by_route(outcome.breakdown),
        week_pence=outcome.breakdown.week_pence_by_route,
        lots={lot.lot_id: lot for lot in outcome.plan.lots},
    )
    return tuple(
        _route_view(idx, route, outcome.scenario, known, share=share) for idx, route in enumerate(outcome.plan.routes)
    )


def _longest_s(rides: Sequence[Ride]) -> dict[str, int]:
    longest_s: dict[str, int] = {}
    for ride in rides:
        longest_s[ride.route_id] = max(ride.ride_s, longest_s.get(ride.route_id, 0))
    return longest_s


def _route_view(idx: int, route: Route, scenario: Scenario, known: _Known, *, share: bool) -> RouteView:
    am, pm = usual_run(route, Leg.AM), usual_run(route, Leg.PM)
    runs = sorted(route.runs, key=lambda run: (run.leg.value, -len(run.days), run.days))
    return RouteView(
        idx=idx,
        route_id=route.route_id,
        driven_by=driven_by(route, scenario),
        class_id="" if share else route.class_id,
        schools=", ".join(scenario.school_by_id[sid].name for sid in school_ids_of(route)),
        days=days_words(days_of(route)),
        n_passengers=len(route.passenger_ids),
        am=_span(am, share=share),
        pm=_span(pm, share=share),
        longest_ride_min=minutes(known.longest_s.get(route.route_id, 0)),
        is_over=route.route_id in known.over,
        n_pas=max((run.n_pas for run in route.runs), default=0),
        week=pounds(known.week_pence.get(route.route_id, 0)),
        runs=() if share else tuple(_run_view(route, run, scenario, known.rides) for run in runs),
        costs=() if share else known.costs.get(route.route_id, ()),
        kept=route.kept,
        lot=_lot_words(known.lots.get(route.lot_id or "")),
    )


def driven_by(route: Route, scenario: Scenario) -> str:
    """Who drives a route, in words."""
    if route.kind is RouteKind.FLEET:
        return f"Council fleet, {route.vehicle_id}"
    if route.operator_id is None:
        return "To be tendered"
    return scenario.operator_by_id[route.operator_id].name


def _lot_words(lot: Lot | None) -> str:
    if lot is None:
        return ""
    states = {
        LotState.HELD: "under contract",
        LotState.CARD: "standing rates",
        LotState.TENDER: "to be tendered",
    }
    return f"{lot.lot_id} ({states[lot.state]})"


def _span(run: Run | None, *, share: bool) -> str:
    if run is None:
        return "–"
    if share:
        return "runs"
    if run.leg is Leg.AM:
        return f"{clock(run.start_at_s)}–{clock(run.stops[-1].start_at_s)}"
    return f"{clock(run.stops[0].depart_at_s)}–{clock(run.stops[-1].start_at_s)}"


def _run_view(route: Route, run: Run, scenario: Scenario, rides: Mapping[RideKey, Ride]) -> RunView:
    pairs = zip(run.stops, n_on_board_after(run), strict=True)
    return RunView(
        title=f"{'Morning' if run.leg is Leg.AM else 'Afternoon'}, {days_words(run.days)}",
        layout=layout_words(run),
        pas=plural(run.n_pas, "PA") if run.n_pas else "no PA",
        length_min=minutes(run.leg_s) if run.stops else 0,
        stops=tuple(_stop_view(route, run, stop, n, scenario, rides) for stop, n in pairs),
    )


def _stop_view(
    route: Route, run: Run, stop: Stop, n_on_board: int, scenario: Scenario, rides: Mapping[RideKey, Ride]
) -> StopView:
    is_gate = stop.school_id is not None
    here = stop.boarding if run.leg is Leg.AM else stop.alighting
    found = [rides.get((pid, route.route_id, run.leg, run.days)) for pid in (() if is_gate else here)]
    return StopView(
        # At a home and at a morning's gate people act on the start of service, at an afternoon's gate on when
        # the vehicle leaves.
        at=clock(stop.depart_at_s if is_gate and run.leg is Leg.PM else stop.start_at_s),
        what=_what(stop, run, scenario),
        is_gate=is_gate,
        riders=tuple(_rider(ride) for ride in found if ride),
        n_on_board=n_on_board,
    )


def _what(stop: Stop, run: Run, scenario: Scenario) -> str:
    if stop.school_id is not None:
        n = len(stop.alighting) if run.leg is Leg.AM else len(stop.boarding)
        return f"{scenario.school_by_id[stop.school_id].name}: {n} {'off' if run.leg is Leg.AM else 'on'}"
    here = [scenario.passenger_by_id[pid] for pid in (*stop.boarding, *stop.alighting)]
    points = dict.fromkeys(words for p in here if (words := pickup_words(p, stop.place_id)))
    pas = [f"PA {pa_id} on" for pa_id in stop.pas_boarding] + [f"PA {pa_id} off" for pa_id in stop.pas_alighting]
    said = ", ".join([*points, *pas])
    return said[:1].upper() + said[1:]


def _rider(ride: Ride) -> RiderView:
    return RiderView(
        passenger_id=ride.passenger_id,
        ride_min=minutes(ride.ride_s),
        walk_min=minutes(ride.walk_s),
        target_min=minutes(ride.target_s),
        is_over=ride.over_target_s > 0,
    )


def costs_by_route(breakdown: CostBreakdown) -> dict[str, tuple[tuple[str, str], ...]]:
    """What is paid a day for each route, by kind, on most of its days; shared vehicles say so."""
    items: dict[str, dict[CostKind, CostItem]] = defaultdict(dict)
    for item in breakdown.items:
        for route_id in item.route_ids:
            known = items[route_id].get(item.kind)
            if known is None or len(item.days) > len(known.days):
                items[route_id][item.kind] = item
    return {route_id: tuple(_cost_words(route_id, item) for item in own.values()) for route_id, own in items.items()}


def _cost_words(route_id: str, item: CostItem) -> tuple[str, str]:
    others = [other for other in item.route_ids if other != route_id]
    shared = f" with {', '.join(others)}" if others else ""
    return COST_WORDS[item.kind], f"{pounds(item.pence)} a day{shared}"
