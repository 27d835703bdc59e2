"""From a plan to lots: route by route, or bundles of one class within limits that small operators can meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from procurement.should_cost import should_cost_of
from transport.calendar import ALL_DAYS, LEGS
from transport.check.shifts import run_metres
from transport.plan import Plan, Route, RouteKind
from transport.scenario import Scenario
from transport.tenders import LotRun, TenderLot
from transport.travel import Travel


class Cut(StrEnum):
    """What the routes of a lot have in common, besides the vehicle class and today's operator."""

    ROUTE = "route"
    """Nothing: every route is a lot."""
    SCHOOL = "school"
    """The school that most of their passengers go to."""
    AREA = "area"
    """The square of the map that their first school lies in."""
    CLASS = "class"
    """The vehicle class alone."""
    QUARTER = "quarter"
    """The quarter of the area that their first school lies in, all classes together: four large lots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLimits:
    """How large a lot may be, so that small operators can bid; None: no limit. A single route always makes a lot.

    Attributes
    ----------
    area_m : side of the squares of `Cut.AREA`.
    """

    max_routes: int | None = None
    max_metres_a_day: int | None = None
    max_year_pence: int | None = None
    area_m: int = 3_000

    def __post_init__(self) -> None:
        """Refuse limits below 1, all at once."""
        names = ("max_routes", "max_metres_a_day", "max_year_pence", "area_m")
        wrong = [f"{n}: {getattr(self, n)}" for n in names if getattr(self, n) is not None and getattr(self, n) < 1]
        if wrong:
            raise ValueError(f"limits of lots: {', '.join(wrong)}; must be 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class LotBook:
    """Lots of a plan, and which routes each holds: the council's own page, never part of a pack."""

    lots: tuple[TenderLot, ...]
    route_ids_by_lot_id: Mapping[str, tuple[str, ...]]


def tendered_routes(plan: Plan, scenario: Scenario, *, fleet_too: bool = False) -> tuple[Route, ...]:
    """Routes that can be put out to tender: bought ones, except those under a contract that runs on.

    Parameters
    ----------
    fleet_too : also today's fleet routes, for a tender in which the council may drive itself. Left out are those with
        listed PAs, of a class that cannot be bought, or with several runs on a leg and day.
    """
    running = {c.lot_id for c in scenario.contracts if not c.is_over(scenario.starts_on)}
    return tuple(route for route in plan.routes if _tendered(route, running, scenario, fleet_too))


def _tendered(route: Route, running: Collection[str], scenario: Scenario, fleet_too: bool) -> bool:
    if route.kind is RouteKind.BOUGHT:
        return route.lot_id not in running
    single = all(sum(run.leg is leg and day in run.days for run in route.runs) <= 1 for leg in LEGS for day in ALL_DAYS)
    can_be_bought = scenario.class_by_id[route.class_id].rate_card is not None
    return fleet_too and single and can_be_bought and not route.pa_ids


def design_lots(
    plan: Plan,
    scenario: Scenario,
    travel: Travel,
    *,
    cut: Cut = Cut.ROUTE,
    limits: LotLimits | None = None,
    fleet_too: bool = False,
) -> LotBook:
    """Cut a plan into lots; the same plan, cut and limits give the same lots.

    Raises
    ------
    ValueError
        When there is nothing to tender, or a route has no price by its class's card.
    """
    limits = limits or LotLimits()
    routes = tendered_routes(plan, scenario, fleet_too=fleet_too)
    if not routes:
        raise ValueError(f"plan {plan.plan_id} has no route to tender: every one is the fleet's or under contract")
    groups: dict[tuple[str, ...], list[Route]] = {}
    for route in routes:
        groups.setdefault(_key(route, cut, scenario, limits), []).append(route)
    bundles = [part for _, group in sorted(groups.items()) for part in _parts(group, limits, scenario, travel)]
    lot_ids = [f"LOT{n:0{len(str(len(bundles)))}d}" for n in range(1, len(bundles) + 1)]
    return LotBook(
        lots=tuple(make_lot(i, part, scenario, travel) for i, part in zip(lot_ids, bundles, strict=True)),
        route_ids_by_lot_id={
            i: tuple(route.route_id for route in part) for i, part in zip(lot_ids, bundles, strict=True)
        },
    )


def make_lot(lot_id: str, routes: Sequence[Route], scenario: Scenario, travel: Travel) -> TenderLot:
    """One lot of routes, with its runs, days, PAs, miles and should-cost; the class of most of them is the lot's."""
    should_cost = should_cost_of(routes, scenario, travel)
    classes = [route.class_id for route in routes]
    class_id = max(sorted(set(classes)), key=classes.count)
    days = [_year_days(route, scenario) for route in routes]
    return TenderLot(
        lot_id=lot_id,
        class_id=class_id,
        runs=tuple(
            LotRun(leg=run.leg, days=run.days, start_at_s=run.start_at_s, end_at_s=run.end_at_s, n_pas=run.n_pas,
                   class_id=None if route.class_id == class_id else route.class_id)
            for route in routes for run in route.runs
        ),
        n_vehicle_days_a_year=sum(n for n, _ in days),
        n_pa_days_a_year=sum(n for _, n in days),
        estimate_pence=should_cost.year_pence,
        low_pence=should_cost.low_pence,
        high_pence=should_cost.high_pence,
        n_routes=len(routes),
        metres_a_day=sum(_metres_a_day(route, travel) for route in routes),
        held_by=_holder(routes),
    )  # fmt: skip


def _holder(routes: Sequence[Route]) -> str | None:
    operators = {route.operator_id for route in routes}
    return operators.pop() if len(operators) == 1 else None


def _key(route: Route, cut: Cut, scenario: Scenario, limits: LotLimits) -> tuple[str, ...]:
    # An operator that holds a route may extend it as it is, so its routes are not bundled with another's.
    first = (route.class_id, route.operator_id or "")
    if cut is Cut.ROUTE:
        return (*first, route.route_id)
    if cut is Cut.CLASS:
        return first
    school_id = main_school_id(route, scenario)
    if cut is Cut.SCHOOL:
        return (*first, school_id)
    if cut is Cut.QUARTER:
        return _quarter(school_id, scenario)
    lat, lon = school_point(school_id, scenario)
    return (*first, *(f"{n:+06d}" for n in _square(lat, lon, limits.area_m)))


def school_point(school_id: str, scenario: Scenario) -> tuple[float, float]:
    """Latitude and longitude of a school's first gate."""
    place = scenario.place_by_id[scenario.school_by_id[school_id].gates[0].place_id]
    return place.lat, place.lon


def _quarter(school_id: str, scenario: Scenario) -> tuple[str, ...]:
    """North or south, east or west of the median school."""
    points = [school_point(school.school_id, scenario) for school in scenario.schools]
    lat, lon = school_point(school_id, scenario)
    middle_lat, middle_lon = (median(values) for values in zip(*points, strict=True))
    return ("north" if lat >= middle_lat else "south", "east" if lon >= middle_lon else "west")


def _square(lat: float, lon: float, side_m: int) -> tuple[int, int]:
    # A degree of latitude is 111.32 km; of longitude at 52.5 degrees north, the middle of England, 67.8 km.
    return int(lat * 111_320 // side_m), int(lon * 67_800 // side_m)


def main_school_id(route: Route, scenario: Scenario) -> str:
    """The school that most of a route's passengers go to; of equals, the first by id."""
    ids = [scenario.passenger_by_id[passenger_id].school_id for passenger_id in route.passenger_ids]
    return min(set(ids), key=lambda school_id: (-ids.count(school_id), school_id))


def _parts(group: Iterable[Route], limits: LotLimits, scenario: Scenario, travel: Travel) -> list[list[Route]]:
    """Fill one lot after the other, first runs first, as long as the limits allow."""
    parts: list[list[Route]] = []
    for route in sorted(group, key=lambda r: (min(run.start_at_s for run in r.runs), r.route_id)):
        if parts and _within([*parts[-1], route], limits, scenario, travel):
            parts[-1].append(route)
        else:
            parts.append([route])
    return parts


def _within(routes: Sequence[Route], limits: LotLimits, scenario: Scenario, travel: Travel) -> bool:
    if limits.max_routes is not None and len(routes) > limits.max_routes:
        return False
    metres = sum(_metres_a_day(route, travel) for route in routes)
    if limits.max_metres_a_day is not None and metres > limits.max_metres_a_day:
        return False
    cap = limits.max_year_pence
    return cap is None or should_cost_of(routes, scenario, travel).year_pence <= cap


def _metres_a_day(route: Route, travel: Travel) -> int:
    """Loaded metres of the longest day."""
    profile = travel.profile_by_class_id[route.class_id]
    return max(
        sum(run_metres(run, travel, profile=profile) for run in route.runs if day in run.days) for day in ALL_DAYS
    )  # fmt: skip


def _year_days(route: Route, scenario: Scenario) -> tuple[int, int]:
    """Operating days of a year that a route is out, and PA-days: the larger number of PAs of the two legs, each day."""
    schools = {scenario.passenger_by_id[passenger_id].school_id for passenger_id in route.passenger_ids}
    year = scenario.calendar.n_operating_days(schools)
    n_pas = [max((run.n_pas for run in route.runs if day in run.days), default=-1) for day in ALL_DAYS]
    n_days = sum(year[day] for day in ALL_DAYS if n_pas[day] >= 0)
    return n_days, sum(year[day] * max(0, n_pas[day]) for day in ALL_DAYS)
