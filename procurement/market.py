"""An invented market of operators, seeded: who could bid for lots, at what price, with which packages.

For trying out lot designs and for benchmarks. Every assumption stands in `MarketAssumptions`; none of them is known of
a real market, so what comes out compares designs under these assumptions and forecasts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, radians

import numpy as np

from transport.bids import Bid, Submission
from transport.calendar import ALL_DAYS, LEGS
from transport.money import half_up, mile_pence
from transport.scenario import Scenario
from transport.tenders import LotRun, TenderLot

METRES_PER_DEGREE = 111_320
"""Of latitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSite:
    """A lot and where about it lies, on a plane in metres (its schools, or the middle of its stops)."""

    lot: TenderLot
    x_m: int
    y_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketAssumptions:
    """What the bidder model takes for granted; all ours unless a source is named.

    Attributes
    ----------
    cost_spread : standard deviation of the logarithm of an operator's costs around should-cost.
    reach_m : metres from its depot beyond which an operator does not bid; large ones reach twice as far.
    bids_for_pct : share of the lots in reach that it bids for.
    margin_pct : added to cost against many rivals. thin_margin_pct : added on top where nobody else could bid, falling
        off with the number of operators in reach.
    dead_mile_pence : an operator's cost of a mile between its depot and a lot, four times a day.
    package_low_pct, package_high_pct : discount on the sum of its single prices, more for lots that lie close.
    n_packages, most_in_package : packages for each operator, and lots in one.
    spare_pct : vehicles that all operators have together, as a share of what all lots need at once.
    large_pct : share of the operators that are large. large_times : how many times the vehicles of a small one.
    """

    cost_spread: float = 0.18
    reach_m: int = 6_000
    bids_for_pct: int = 60
    margin_pct: int = 8
    thin_margin_pct: int = 30
    dead_mile_pence: int = 60
    package_low_pct: int = 3
    package_high_pct: int = 12
    n_packages: int = 4
    most_in_package: int = 4
    spare_pct: int = 180
    large_pct: int = 15
    large_times: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketOperator:
    """An invented operator.

    Attributes
    ----------
    x_m, y_m : its depot. cost_factor : its costs as a multiple of should-cost.
    """

    operator_id: str
    x_m: int
    y_m: int
    cost_factor: float
    reach_m: int
    n_vehicles_by_class: Mapping[str, int]
    is_large: bool


def make_market(
    sites: Sequence[LotSite], n_operators: int, *, seed: int, assumptions: MarketAssumptions | None = None
) -> tuple[MarketOperator, ...]:
    """Invent operators around some lots, with vehicles enough for all lots and some to spare.

    Parameters
    ----------
    sites : lots that say where work is and how many vehicles of each class are needed at once.
    """
    a = assumptions or MarketAssumptions()
    random = np.random.default_rng((seed, 1))
    n_large = max(1, n_operators * a.large_pct // 100)
    weights = np.array([a.large_times if n < n_large else 1 for n in range(n_operators)], dtype=float)
    weights *= random.uniform(0.5, 1.5, n_operators)
    needed = vehicles_needed([site.lot for site in sites])
    homes = random.integers(0, len(sites), n_operators)
    factors = np.exp(random.normal(0.0, a.cost_spread, n_operators))
    offsets = random.integers(-a.reach_m // 3, a.reach_m // 3 + 1, (n_operators, 2))
    shares = weights / weights.sum() * a.spare_pct / 100
    return tuple(
        MarketOperator(
            operator_id=f"OP{n + 1:03d}",
            x_m=sites[homes[n]].x_m + int(offsets[n, 0]),
            y_m=sites[homes[n]].y_m + int(offsets[n, 1]),
            cost_factor=float(factors[n]),
            reach_m=a.reach_m * (2 if n < n_large else 1),
            n_vehicles_by_class={c: int(np.ceil(k * shares[n])) for c, k in needed.items()},
            is_large=n < n_large,
        )
        for n in range(n_operators)
    )


def market_of(
    scenario: Scenario, *, seed: int, assumptions: MarketAssumptions | None = None
) -> tuple[MarketOperator, ...]:
    """The council's own list of operators, with invented costs; those without a base stand in the middle of all places.

    Each has the vehicles that the list says.
    """
    a = assumptions or MarketAssumptions()
    random = np.random.default_rng((seed, 4))
    middle = [float(np.mean([getattr(place, name) for place in scenario.places])) for name in ("lat", "lon")]
    most = max((sum(o.n_vehicles_by_class.values()) for o in scenario.operators), default=0)
    found = []
    for operator in scenario.operators:
        place = scenario.place_by_id.get(operator.base_place_id or "")
        x_m, y_m = plane_of(*(middle if place is None else (place.lat, place.lon)))
        is_large = 2 * sum(operator.n_vehicles_by_class.values()) > most
        found.append(
            MarketOperator(
                operator_id=operator.operator_id, x_m=x_m, y_m=y_m, is_large=is_large,
                cost_factor=float(np.exp(random.normal(0.0, a.cost_spread))),
                reach_m=a.reach_m * (2 if is_large else 1),
                n_vehicles_by_class=operator.n_vehicles_by_class,
            )
        )  # fmt: skip
    return tuple(found)


def plane_of(lat: float, lon: float) -> tuple[int, int]:
    """Metres east and north on a plane that is true enough within a borough."""
    return round(lon * METRES_PER_DEGREE * cos(radians(lat))), round(lat * METRES_PER_DEGREE)


def vehicles_needed(lots: Sequence[TenderLot]) -> dict[str, int]:
    """Most vehicles of each class out at once over all lots."""
    runs: dict[str, list[LotRun]] = {}
    for lot in lots:
        for run in lot.runs:
            runs.setdefault(lot.class_of(run), []).append(run)
    return {class_id: _most_at_once(of_class) for class_id, of_class in runs.items()}


def _most_at_once(runs: Sequence[LotRun]) -> int:
    most = 0
    for leg in LEGS:
        for day in ALL_DAYS:
            out = [run for run in runs if run.leg is leg and day in run.days]
            edges = sorted([(run.start_at_s, 0, 1) for run in out] + [(run.end_at_s, 1, -1) for run in out])
            most = max(most, int(np.cumsum([change for _, _, change in edges]).max(initial=0)))
    return most


def market_bids(
    sites: Sequence[LotSite],
    operators: Sequence[MarketOperator],
    *,
    seed: int,
    assumptions: MarketAssumptions | None = None,
) -> tuple[Submission, ...]:
    """What the invented operators would send in for some lots.

    An operator bids only for what it could carry with all its vehicles.
    """
    a = assumptions or MarketAssumptions()
    random = np.random.default_rng((seed, 2))
    near = {o.operator_id: [site for site in sites if _could_bid(o, site)] for o in operators}
    rivals: dict[str, int] = {}
    for theirs in near.values():
        for site in theirs:
            rivals[site.lot.lot_id] = rivals.get(site.lot.lot_id, 0) + 1
    return tuple(_submission(o, near[o.operator_id], rivals, a, random) for o in operators)


def _could_bid(operator: MarketOperator, site: LotSite) -> bool:
    within = hypot(operator.x_m - site.x_m, operator.y_m - site.y_m) <= operator.reach_m
    return within and _carries(operator, [site.lot])


def _carries(operator: MarketOperator, lots: Sequence[TenderLot]) -> bool:
    return all(operator.n_vehicles_by_class.get(c, 0) >= n for c, n in vehicles_needed(lots).items())


def _submission(
    operator: MarketOperator, near: Sequence[LotSite], rivals: Mapping[str, int], a: MarketAssumptions,
    random: np.random.Generator,
) -> Submission:  # fmt: skip
    wanted = [site for site in near if random.random() * 100 < a.bids_for_pct]
    singles = {site.lot.lot_id: _single(operator, site, rivals[site.lot.lot_id], a) for site in wanted}
    packages = [
        _package(operator, together, singles, n + 1, a, random)
        for n, together in enumerate(_packages_of(operator, wanted, a, random))
    ]
    return Submission(
        operator_id=operator.operator_id,
        bids=(*singles.values(), *packages),
        n_vehicles_by_class=operator.n_vehicles_by_class,
        is_sme=not operator.is_large,
    )


def _single(operator: MarketOperator, site: LotSite, n_rivals: int, a: MarketAssumptions) -> Bid:
    """A day rate: own cost and the way from the depot, with a margin that is larger where few could bid."""
    lot = site.lot
    distance_m = int(hypot(operator.x_m - site.x_m, operator.y_m - site.y_m))
    way_pence = 4 * mile_pence(a.dead_mile_pence, distance_m)
    margin_pct = a.margin_pct + a.thin_margin_pct / max(1, n_rivals)
    cost_pence = operator.cost_factor * lot.estimate_pence / lot.n_vehicle_days_a_year + way_pence
    day_pence = int(round(cost_pence * (1 + margin_pct / 100) / 5) * 5)
    return Bid(
        bid_id=f"{operator.operator_id}/{lot.lot_id}",
        operator_id=operator.operator_id,
        lot_ids=(lot.lot_id,),
        year_pence=day_pence * lot.n_vehicle_days_a_year,
        day_rate_pence=day_pence,
        pa_day_rate_pence=0,
    )


def _packages_of(
    operator: MarketOperator, wanted: Sequence[LotSite], a: MarketAssumptions, random: np.random.Generator
) -> list[tuple[LotSite, ...]]:
    """Sets of lots close to one another that its vehicles can carry, different ones."""
    found: dict[frozenset[str], tuple[LotSite, ...]] = {}
    for _ in range(a.n_packages if len(wanted) > 1 else 0):
        first = wanted[int(random.integers(len(wanted)))]
        size = int(random.integers(2, a.most_in_package + 1))
        closest = sorted(wanted, key=lambda site: hypot(site.x_m - first.x_m, site.y_m - first.y_m))[:size]
        if len(closest) > 1 and _carries(operator, [site.lot for site in closest]):
            found[frozenset(site.lot.lot_id for site in closest)] = tuple(closest)
    return list(found.values())


def _package(
    operator: MarketOperator, together: Sequence[LotSite], singles: Mapping[str, Bid], number: int,
    a: MarketAssumptions, random: np.random.Generator,
) -> Bid:  # fmt: skip
    spread_m = sum(hypot(p.x_m - q.x_m, p.y_m - q.y_m) for p, q in pairwise(together)) / len(together)
    close = max(0.0, 1 - spread_m / a.reach_m)
    discount_pct = a.package_low_pct + (a.package_high_pct - a.package_low_pct) * close * random.uniform(0.5, 1.0)
    whole_pence = sum(singles[site.lot.lot_id].year_pence for site in together)
    return Bid(
        bid_id=f"{operator.operator_id}/P{number}",
        operator_id=operator.operator_id,
        lot_ids=tuple(site.lot.lot_id for site in together),
        year_pence=half_up(whole_pence * round(10_000 - 100 * discount_pct), 10_000),
    )
