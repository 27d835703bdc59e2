"""Which cut of the same routes to tender: price, competition, risk and paper work on the same invented market.

Everything rests on the bidder model of `procurement.market`; its assumptions belong beside every figure shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean, quantiles

from procurement.award_model import make_award_model
from procurement.choice import ChoiceSearch, ChoiceState
from procurement.lot_design import LotBook, main_school_id, school_point
from procurement.market import LotSite, MarketAssumptions, MarketOperator, make_market, market_bids, plane_of
from procurement.offers import OfferKind, bid_offers, left_offers
from transport.files.plan_words import pounds
from transport.plan import Plan
from transport.scenario import Scenario
from transport.tenders import TenderLot, TenderPack

FALLBACK_PCT = 150
"""What a lot that nobody takes costs later (ours): published emergency awards were dearer by a third to nine tenths."""
LOT_ADMINISTRATION_PENCE = 60_000
"""A year, of one contract: award, vetting, invoices, meetings (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRun:
    """One award on one invented market.

    Attributes
    ----------
    price_pence : a year, lots that nobody took at the fallback. n_left : of these.
    n_bids_per_lot : mean number of operators that priced a lot, alone or in a package.
    single_bid_pct, no_bid_pct : share of the lots' estimates with one such operator, and with none.
    n_winners : operators with a lot. largest_pct : share of the estimates that the largest of them holds.
    """

    price_pence: int
    n_left: int
    n_bids_per_lot: float
    single_bid_pct: float
    no_bid_pct: float
    n_winners: int
    largest_pct: float
    proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignResult:
    """One design over all seeds.

    Attributes
    ----------
    administration_pence : a year, for all its contracts.
    """

    name: str
    n_lots: int
    estimate_pence: int
    administration_pence: int
    runs: tuple[MarketRun, ...]

    @property
    def mean_price_pence(self) -> int:
        """Mean price of a year over the seeds."""
        return round(mean(run.price_pence for run in self.runs))

    @property
    def price_range_pence(self) -> tuple[int, int]:
        """First and last tenth of the prices; with fewer than ten seeds the least and the most."""
        prices = sorted(run.price_pence for run in self.runs)
        if len(prices) < 10:
            return prices[0], prices[-1]
        tenths = quantiles(prices, n=10)
        return round(tenths[0]), round(tenths[-1])


def sites_of(book: LotBook, plan: Plan, scenario: Scenario) -> tuple[LotSite, ...]:
    """Each lot at the middle of its routes' schools, on a plane in metres."""
    route_by_id = {route.route_id: route for route in plan.routes}
    sites = []
    for lot in book.lots:
        routes = [route_by_id[route_id] for route_id in book.route_ids_by_lot_id[lot.lot_id]]
        points = [school_point(main_school_id(route, scenario), scenario) for route in routes]
        lat, lon = (mean(values) for values in zip(*points, strict=True))
        x_m, y_m = plane_of(lat, lon)
        sites.append(LotSite(lot=lot, x_m=x_m, y_m=y_m))
    return tuple(sites)


def compare_designs(
    sites_by_design: Mapping[str, Sequence[LotSite]],
    market_sites: Sequence[LotSite],
    pack: TenderPack,
    *,
    n_operators: int,
    seeds: Sequence[int],
    assumptions: MarketAssumptions | None = None,
    seconds: float = 10.0,
    tell: Callable[[str, int, int], None] = lambda name, n, of: None,
) -> tuple[DesignResult, ...]:
    """Award every design on the same markets.

    Parameters
    ----------
    sites_by_design : the same routes, cut in different ways.
    market_sites : where operators are and how many vehicles they have together: the finest cut.
    tell : is told before each award: design, how many were made, of how many.
    pack : term and rules; its lots are replaced, and a lot that nobody takes costs `FALLBACK_PCT` of its estimate.
    """
    results: list[DesignResult] = []
    for name, sites in sites_by_design.items():
        runs: list[MarketRun] = []
        for seed in seeds:
            tell(name, len(results) * len(seeds) + len(runs), len(sites_by_design) * len(seeds))
            operators = make_market(market_sites, n_operators, seed=seed, assumptions=assumptions)
            runs.append(_award(sites, operators, pack, seed, assumptions, seconds))
        results.append(
            DesignResult(
                name=name, n_lots=len(sites), estimate_pence=sum(site.lot.estimate_pence for site in sites),
                administration_pence=len(sites) * LOT_ADMINISTRATION_PENCE, runs=tuple(runs),
            )
        )  # fmt: skip
    return tuple(results)


def _award(
    sites: Sequence[LotSite], operators: Sequence[MarketOperator], pack: TenderPack, seed: int,
    assumptions: MarketAssumptions | None, seconds: float,
) -> MarketRun:  # fmt: skip
    lots = tuple(site.lot for site in sites)
    whole = replace(pack, lots=lots, rules=replace(pack.rules, fallback_pct=FALLBACK_PCT))
    submissions = market_bids(sites, operators, seed=seed, assumptions=assumptions)
    model = make_award_model(whole, [*bid_offers(whole, submissions, {}), *left_offers(whole)], submissions)
    found = ChoiceSearch(model.choice).best(seconds=seconds, start=model.columns_of(left_offers(whole)))
    winners = model.offers_of(found.columns)
    bidders = {lot.lot_id: set[str]() for lot in lots}
    for submission in submissions:
        for bid in submission.bids:
            for lot_id in bid.lot_ids:
                bidders[lot_id].add(submission.operator_id)
    held: dict[str, int] = {}
    estimate_by_id = {lot.lot_id: lot.estimate_pence for lot in lots}
    for offer in winners:
        if offer.kind is OfferKind.BID:
            part = sum(estimate_by_id[lot_id] for lot_id in offer.lot_ids)
            held[offer.supplier_id] = held.get(offer.supplier_id, 0) + part
    total = sum(estimate_by_id.values())
    return MarketRun(
        price_pence=sum(offer.price_pence for offer in winners),
        n_left=sum(offer.kind is OfferKind.LEFT for offer in winners),
        n_bids_per_lot=mean(len(names) for names in bidders.values()),
        single_bid_pct=_share_pct(lots, {i for i, names in bidders.items() if len(names) == 1}),
        no_bid_pct=_share_pct(lots, {i for i, names in bidders.items() if not names}),
        n_winners=len(held),
        largest_pct=100 * max(held.values(), default=0) / total,
        proven=found.state is ChoiceState.PROVEN,
    )


def _share_pct(lots: Sequence[TenderLot], chosen: set[str]) -> float:
    total = sum(lot.estimate_pence for lot in lots)
    return 100 * sum(lot.estimate_pence for lot in lots if lot.lot_id in chosen) / total


def design_words(result: DesignResult) -> str:
    """One design in a line."""
    low, high = result.price_range_pence
    runs = result.runs
    return (
        f"{result.name}: {result.n_lots} lots, {pounds(result.mean_price_pence, pennies=False)} a year "
        f"({pounds(low, pennies=False)} to {pounds(high, pennies=False)}; should-cost "
        f"{pounds(result.estimate_pence, pennies=False)}), contracts to run "
        f"{pounds(result.administration_pence, pennies=False)}; {mean(r.n_bids_per_lot for r in runs):.1f} operators "
        f"price a lot; by value {mean(r.single_bid_pct for r in runs):.0f} % have one bidder, "
        f"{mean(r.no_bid_pct for r in runs):.0f} % none; {mean(r.n_winners for r in runs):.1f} winners, the largest "
        f"holds {mean(r.largest_pct for r in runs):.0f} %"
    )


def design_figures(result: DesignResult) -> dict[str, int | float | str | list[int]]:
    """One design in figures: means over the invented markets, prices in pence a year, shares in per cent of value."""
    runs = result.runs
    return {
        "cut": result.name, "n_lots": result.n_lots, "price_pence": result.mean_price_pence,
        "price_range_pence": list(result.price_range_pence), "estimate_pence": result.estimate_pence,
        "administration_pence": result.administration_pence,
        "n_bids_per_lot": round(mean(run.n_bids_per_lot for run in runs), 2),
        "single_bid_pct": round(mean(run.single_bid_pct for run in runs), 1),
        "no_bid_pct": round(mean(run.no_bid_pct for run in runs), 1),
        "n_winners": round(mean(run.n_winners for run in runs), 1),
        "largest_pct": round(mean(run.largest_pct for run in runs), 1),
    }  # fmt: skip
