"""What the report page shows, worked out before the template sees it: words and numbers only, no layout."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.report.assumptions import Setting, settings_of
from api.report.bound_section import BoundView, bound_view_of
from api.report.changes import DECISION_WORDS, disturbed_words
from api.report.explained import Explained, explained_of
from api.report.findings import MAX_LISTED, Finding, LongRide, findings_of, long_rides_of
from api.report.kpis import Kpis, baseline_kpis_of, kpis_of
from api.report.outcome import Outcome
from api.report.ride_chart import Panel, make_panels
from api.report.route_map import RouteMap, make_map
from api.report.route_view import COST_WORDS, RouteView, route_views_of
from api.report.shared import shared_outcome
from transport.calendar import Leg
from transport.check import Ride
from transport.files.plan_trips import school_ids_of
from transport.files.plan_words import clock, miles, minutes, plural, pounds
from transport.places import PlaceQuality


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure at the head of the page."""

    label: str
    number: str
    sub: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a small table: heading and cells."""

    head: str
    cells: tuple[str, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything the template fills in."""

    outcome: Outcome
    share: bool
    kpis: Kpis
    tiles: tuple[Tile, ...]
    money: tuple[Row, ...]
    kinds: tuple[Row, ...]
    vehicles: tuple[Row, ...]
    comparison: tuple[Row, ...]
    saving: str
    disturbed: str
    lots: tuple[Row, ...]
    schools: tuple[Row, ...]
    map: RouteMap
    route_idxs_by_school: Mapping[str, str]
    routes: tuple[RouteView, ...]
    panels: tuple[Panel, ...]
    ride_rows: tuple[Row, ...]
    long_rides: tuple[LongRide, ...]
    n_long_rides: int
    hard: tuple[Finding, ...]
    soft: tuple[Finding, ...]
    baseline_hard: tuple[Finding, ...]
    settings: tuple[Setting, ...]
    places: tuple[Row, ...]
    origin: tuple[Row, ...]
    digests: tuple[Row, ...]
    explained: Explained | None
    bound: BoundView | None


def make_page(outcome: Outcome, *, share: bool = False) -> Page:
    """Work out the page of a plan.

    Parameters
    ----------
    share : leave out whatever ties a passenger to a time or a need.
    """
    kpis, before = kpis_of(outcome), baseline_kpis_of(outcome)
    shown = shared_outcome(outcome) if share else outcome
    long_rides = [] if share else long_rides_of(outcome)
    return Page(
        outcome=shown,
        share=share,
        kpis=kpis,
        tiles=_tiles(kpis, before),
        money=_money_rows(kpis),
        kinds=_kind_rows(outcome),
        vehicles=_vehicle_rows(kpis, before),
        comparison=comparison_rows(before, kpis) if before else (),
        saving=_saving_words(before, kpis) if before else "",
        disturbed=disturbed_words(outcome.known) if outcome.known else "",
        lots=_lot_rows(outcome),
        schools=_school_rows(outcome),
        map=make_map(shown.scenario, shown.plan, shown.run_paths, outcome.streets),
        route_idxs_by_school=_route_idxs_by_school(shown),
        routes=route_views_of(shown, share=share),
        panels=make_panels(outcome.rides),
        ride_rows=_ride_rows(outcome.rides),
        long_rides=tuple(long_rides[:MAX_LISTED]),
        n_long_rides=len(long_rides),
        hard=findings_of(outcome.hard_violations, share=share),
        soft=findings_of(outcome.soft_violations, share=share),
        baseline_hard=findings_of([v for v in outcome.baseline.violations if v.hard], share=share)
        if outcome.baseline
        else (),
        settings=settings_of(outcome.scenario.policy),
        places=_place_rows(outcome),
        origin=_origin_rows(outcome),
        digests=_digest_rows(outcome),
        bound=bound_view_of(shown.plan, outcome.scenario, outcome.objective, n_hard=len(outcome.hard_violations)),
        explained=None if share else explained_of(outcome.plan.explanation, max_listed=MAX_LISTED),
    )


def _tiles(kpis: Kpis, before: Kpis | None) -> tuple[Tile, ...]:
    rides = kpis.rides
    solo = f"{kpis.n_solo:,} of {kpis.n_carried:,} passengers"
    today = f"; today {pounds(before.year_pence, pennies=False)} a year" if before else ""
    return (
        Tile(
            label="Cost a year",
            number=pounds(kpis.year_pence, pennies=False),
            sub=f"{pounds(kpis.week_pence, pennies=False)} a week of operation{today}",
        ),
        Tile(
            label="Cost per passenger a year",
            number=pounds(kpis.per_passenger_year_pence, pennies=False),
            sub=f"{plural(kpis.n_carried, 'passenger')} carried",
        ),
        Tile(
            label="Vehicles",
            number=f"{kpis.n_vehicles:,}",
            sub=f"{plural(kpis.n_routes, 'route')}: {kpis.n_fleet_routes:,} council fleet, "
            f"{kpis.n_bought_routes:,} bought; {kpis.n_fleet_used:,} of {kpis.n_fleet:,} fleet vehicles used",
        ),
        Tile(
            label="Passengers per vehicle",
            number=f"{kpis.passengers_per_vehicle:.1f}",
            sub=f"{kpis.occupancy_pct:.0f}% of places filled",
        ),
        Tile(
            label="Journeys within target",
            number=f"{rides.within_target_pct:.1f}%",
            sub=f"average ride {minutes(rides.mean_s)} min, longest {minutes(rides.longest_s)} min",
        ),
        Tile(label="Travelling alone", number=f"{kpis.solo_pct:.1f}%", sub=solo),
        Tile(
            label="Passenger assistants",
            number=f"{kpis.n_pas:,}",
            sub="on board at the busiest time of the week",
        ),
        Tile(
            label="Miles a week",
            number=miles(kpis.loaded_m + kpis.dead_m).removesuffix(" miles"),
            sub=f"{kpis.dead_pct:.0f}% of them driven empty",
        ),
    )


def _money_rows(kpis: Kpis) -> tuple[Row, ...]:
    parts = (
        ("Avoidable", kpis.avoidable_week_pence, kpis.avoidable_year_pence),
        ("Committed", kpis.committed_week_pence, kpis.committed_year_pence),
    )
    rows = [Row(head=head, cells=(pounds(week), pounds(year))) for head, week, year in parts]
    return (*rows, Row(head="All", cells=(pounds(kpis.week_pence), pounds(kpis.year_pence)), is_total=True))


def _kind_rows(outcome: Outcome) -> tuple[Row, ...]:
    total = outcome.breakdown.week_pence
    by_kind = outcome.breakdown.week_pence_by_kind
    return tuple(
        Row(head=COST_WORDS[kind], cells=(pounds(pence), f"{100 * pence / total:.0f}%"))
        for kind, pence in sorted(by_kind.items(), key=lambda item: -item[1])
        if pence
    )


def _vehicle_rows(kpis: Kpis, before: Kpis | None) -> tuple[Row, ...]:
    today = {row.class_id: row.n_fleet + row.n_bought for row in before.vehicles} if before else {}
    rows = [
        Row(
            head=row.class_id,
            cells=(
                f"{row.n_fleet:,}",
                f"{row.n_bought:,}",
                f"{row.n_fleet + row.n_bought:,}",
                f"{today.get(row.class_id, 0):,}",
            ),
        )
        for row in kpis.vehicles
    ]
    gone = [
        Row(head=cid, cells=("0", "0", "0", f"{n:,}"))
        for cid, n in today.items()
        if cid not in {r.class_id for r in kpis.vehicles}
    ]
    n_fleet, n_bought = sum(r.n_fleet for r in kpis.vehicles), sum(r.n_bought for r in kpis.vehicles)
    total = Row(
        head="All",
        is_total=True,
        cells=(f"{n_fleet:,}", f"{n_bought:,}", f"{kpis.n_vehicles:,}", f"{sum(today.values()):,}"),
    )
    return (*rows, *gone, total)


def comparison_rows(before: Kpis, now: Kpis) -> tuple[Row, ...]:
    """Main figures of two plans, each with its change."""

    def money(head: str, a: int, b: int) -> Row:
        return Row(
            head=head,
            cells=(
                pounds(a, pennies=False),
                pounds(b, pennies=False),
                _signed(pounds(abs(b - a), pennies=False), b - a),
            ),
        )

    def count(head: str, a: int, b: int, unit: str = "") -> Row:
        return Row(head=head, cells=(f"{a:,}{unit}", f"{b:,}{unit}", _signed(f"{abs(b - a):,}{unit}", b - a)))

    def share(head: str, a: float, b: float, unit: str) -> Row:
        change = round(b, 1) - round(a, 1)
        return Row(
            head=head,
            cells=(
                f"{a:.1f}{unit}",
                f"{b:.1f}{unit}",
                _signed(f"{abs(change):.1f}{unit.replace('%', ' points')}", round(change * 10)),
            ),
        )

    a_m, b_m = before.loaded_m + before.dead_m, now.loaded_m + now.dead_m
    return (
        count("Passengers to carry", before.n_planned, now.n_planned),
        count("Passengers left unserved", before.n_unserved, now.n_unserved),
        count("Places where a hard rule is broken", before.n_hard_violations, now.n_hard_violations),
        money("Cost a year", before.year_pence, now.year_pence),
        money("Cost a week of operation", before.week_pence, now.week_pence),
        money("Avoidable part of that week", before.avoidable_week_pence, now.avoidable_week_pence),
        count("Vehicles", before.n_vehicles, now.n_vehicles),
        share("Passengers per vehicle", before.passengers_per_vehicle, now.passengers_per_vehicle, ""),
        count("Passenger assistants", before.n_pas, now.n_pas),
        share("Travelling alone", before.solo_pct, now.solo_pct, "%"),
        count("Average ride", minutes(before.rides.mean_s), minutes(now.rides.mean_s), " min"),
        count("Longest ride", minutes(before.rides.longest_s), minutes(now.rides.longest_s), " min"),
        share("Journeys within target", before.rides.within_target_pct, now.rides.within_target_pct, "%"),
        count("Miles a week", round(a_m / 1609.344), round(b_m / 1609.344)),
    )


def _signed(text: str, change: int) -> str:
    return "no change" if change == 0 else f"{'+' if change > 0 else '−'}{text}"


def _saving_words(before: Kpis, now: Kpis) -> str:
    """What may be said about money: leaving somebody behind or breaking a rule is never a saving."""
    if now.n_hard_violations:
        return "No saving is stated while this plan breaks hard rules."
    if now.n_unserved > before.n_unserved:
        return "No saving is stated: this plan leaves more passengers unserved than today’s routes."
    change = before.year_pence - now.year_pence
    share = f" ({abs(change) / before.year_pence:.1%})" if before.year_pence else ""
    direction = "less" if change >= 0 else "more"
    words = f"{pounds(abs(change), pennies=False)} a year {direction} than today’s routes{share}"
    if before.n_unserved > now.n_unserved:
        n_more = before.n_unserved - now.n_unserved
        words += f", while carrying {plural(n_more, 'more passenger', 'more passengers')}"
    if before.n_hard_violations:
        broken = plural(before.n_hard_violations, "place")
        words += f". Today’s routes break hard rules in {broken}, so the two are not wholly alike"
    return words + "."


def _lot_rows(outcome: Outcome) -> tuple[Row, ...]:
    def words(pence: int | None) -> str:
        return "–" if pence is None else pounds(pence)

    return tuple(
        Row(
            head=choice.lot_id,
            cells=(DECISION_WORDS[choice.decision], words(choice.price_pence), words(choice.elsewhere_pence)),
        )
        for choice in outcome.lots
    )


def _school_rows(outcome: Outcome) -> tuple[Row, ...]:
    scenario, plan = outcome.scenario, outcome.plan
    n_routes = Counter(sid for route in plan.routes for sid in school_ids_of(route))
    carried = {pid for route in plan.routes for pid in route.passenger_ids}
    n_carried = Counter(scenario.passenger_by_id[pid].school_id for pid in carried)
    n_all = Counter(p.school_id for p in scenario.planned_passengers())
    rows = []
    for school in sorted(scenario.schools, key=lambda s: (-n_all[s.school_id], s.name)):
        if n_all[school.school_id]:
            bells = {(s.start_s, s.finish_s): None for s in school.sessions if s}
            times = "; ".join(f"{clock(start_s)} to {clock(finish_s)}" for start_s, finish_s in bells)
            rows.append(
                Row(
                    head=school.name,
                    cells=(
                        f"{n_all[school.school_id]:,}",
                        f"{n_carried[school.school_id]:,}",
                        f"{n_routes[school.school_id]:,}",
                        times,
                    ),
                )
            )
    return tuple(rows)


def _route_idxs_by_school(outcome: Outcome) -> dict[str, str]:
    found: dict[str, list[str]] = defaultdict(list)
    for idx, route in enumerate(outcome.plan.routes):
        for school_id in school_ids_of(route):
            found[outcome.scenario.school_by_id[school_id].name].append(str(idx))
    return {name: " ".join(found[name]) for name in sorted(found)}


def _ride_rows(rides: Sequence[Ride]) -> tuple[Row, ...]:
    by_kind: dict[tuple[int, Leg], list[Ride]] = defaultdict(list)
    for ride in rides:
        by_kind[ride.target_s, ride.leg].append(ride)
    rows = []
    for (target_s, leg), own in sorted(by_kind.items()):
        n = sum(len(ride.days) for ride in own)
        over = sum(len(ride.days) for ride in own if ride.over_target_s > 0)
        mean_s = round(sum(ride.ride_s * len(ride.days) for ride in own) / n)
        cells = (
            "morning" if leg is Leg.AM else "afternoon",
            f"{(n + 1) // 2:,}",
            f"{minutes(mean_s)} min",
            f"{minutes(max(ride.ride_s for ride in own))} min",
            f"{(over + 1) // 2:,}",
            f"{100 * over / n:.1f}%",
        )
        rows.append(Row(head=f"{minutes(target_s)} min", cells=cells))
    return tuple(rows)


def _place_rows(outcome: Outcome) -> tuple[Row, ...]:
    homes = {pid for p in outcome.scenario.passengers for pid in (*p.am_place_ids, *p.pm_place_ids) if pid}
    gates = {gate.place_id for school in outcome.scenario.schools for gate in school.gates}
    rows = []
    for quality in PlaceQuality:
        own = {place.place_id for place in outcome.scenario.places if place.quality is quality}
        if own:
            n_other = len(own - homes - gates)
            rows.append(
                Row(
                    head=quality.value,
                    cells=(f"{len(own & homes):,}", f"{len(own & gates):,}", f"{n_other:,}"),
                )
            )
    return tuple(rows)


_ORIGIN_WORDS = {
    "seconds": "seconds of search",
    "first_plan_s": "seconds to the first complete plan",
    "first_objective": "first plan",
    "last_objective": "best plan",
}


def _origin_rows(outcome: Outcome) -> tuple[Row, ...]:
    rows = [
        Row(head="Plan", cells=(outcome.plan.plan_id,)),
        Row(head="Times and distances from", cells=(outcome.travel.source,)),
    ]
    horizon = outcome.scenario.policy.horizon
    for name, value in {**outcome.plan.made_with, **outcome.search}.items():
        head = _ORIGIN_WORDS.get(name, name.replace("_", " "))
        rows.append(Row(head=head, cells=(_origin_value(name, value, horizon),)))
    return tuple(rows)


def _origin_value(name: str, value: str | int | float, horizon: str) -> str:
    if name.endswith("objective") and isinstance(value, int):
        money = "avoidable cost" if horizon == "term" else "cost"
        return f"{pounds(value)} a week: {money} and prices of wishes"
    return f"{value:,}" if isinstance(value, int) and name != "seed" else str(value)


def _digest_rows(outcome: Outcome) -> tuple[Row, ...]:
    digests = outcome.plan.digests.items()
    return tuple(Row(head=name.removeprefix("file:"), cells=(digest,)) for name, digest in digests)
