"""The invented market: what operators can carry, what they bid, and cuts compared on it."""

from __future__ import annotations

from dataclasses import replace

from procurement.award_check import check_award
from procurement.bids import pas_needed
from procurement.compare_lots import compare_designs, design_words
from procurement.market import LotSite, MarketAssumptions, make_market, market_bids, vehicles_needed
from procurement.offers import left_offers
from tests.tendering import make_pack, make_tender_lot
from transport.tenders import AwardRules, TenderLot


def sites(n: int = 12) -> list[LotSite]:
    """Lots in a row, a kilometre apart, all out at eight."""
    return [LotSite(lot=make_tender_lot(f"L{k:02d}"), x_m=1000 * k, y_m=0) for k in range(n)]


def whole(lots: list[LotSite]) -> TenderLot:
    """All of them as one lot."""
    each = [site.lot for site in lots]
    return replace(
        each[0], lot_id="ALL", runs=tuple(run for lot in each for run in lot.runs), n_routes=len(each),
        n_vehicle_days_a_year=190 * len(each), estimate_pence=sum(lot.estimate_pence for lot in each),
        low_pence=sum(lot.low_pence for lot in each), high_pence=sum(lot.high_pence for lot in each),
    )  # fmt: skip


def test_the_same_seed_is_the_same_market() -> None:
    """Bids and operators; another seed is another market."""
    market = make_market(sites(), 5, seed=1)
    assert market == make_market(sites(), 5, seed=1) != make_market(sites(), 5, seed=2)
    assert market_bids(sites(), market, seed=1) == market_bids(sites(), market, seed=1)


def test_there_are_vehicles_for_all_lots_and_some_to_spare() -> None:
    """Twelve lots at once; 180 % of them, each operator rounded up."""
    market = make_market(sites(), 5, seed=1)
    n = sum(operator.n_vehicles_by_class["CAR"] for operator in market)
    assert vehicles_needed([site.lot for site in sites()]) == {"CAR": 12}
    assert 12 * 1.8 <= n <= 12 * 1.8 + 5
    assert [operator.is_large for operator in market] == [True, False, False, False, False]


def test_nobody_bids_for_what_they_cannot_carry() -> None:
    """Alone, and in packages."""
    lots = {site.lot.lot_id: site.lot for site in sites()}
    submissions = market_bids(sites(), make_market(sites(), 5, seed=3), seed=3)
    bids = [(submission, bid) for submission in submissions for bid in submission.bids]
    assert any(bid.is_package for _, bid in bids)
    for submission, bid in bids:
        for class_id, n in vehicles_needed([lots[lot_id] for lot_id in bid.lot_ids]).items():
            assert n <= submission.n_vehicles_by_class[class_id]


def test_packages_are_cheaper_than_their_lots_alone() -> None:
    """By 3 to 12 %."""
    submissions = market_bids(sites(), make_market(sites(), 5, seed=3), seed=3)
    for submission in submissions:
        singles = {bid.lot_ids[0]: bid.year_pence for bid in submission.bids if not bid.is_package}
        for bid in (bid for bid in submission.bids if bid.is_package):
            share = bid.year_pence / sum(singles[lot_id] for lot_id in bid.lot_ids)
            assert 0.8799 <= share <= 0.9701


def test_prices_are_day_rates_times_days() -> None:
    """So that a filled schedule adds up."""
    for submission in market_bids(sites(), make_market(sites(), 5, seed=3), seed=3):
        for bid in submission.bids:
            if not bid.is_package:
                assert bid.day_rate_pence is not None
                assert bid.year_pence == 190 * bid.day_rate_pence
                assert bid.day_rate_pence % 5 == 0


def test_rivals_lower_the_margin() -> None:
    """The same operator, alone and among others: without spread of costs the lone price is higher."""
    plain = MarketAssumptions(cost_spread=0.0, bids_for_pct=100)
    (alone,) = make_market(sites(1), 1, seed=1, assumptions=plain)
    rival = replace(alone, operator_id="OP002")
    (lone,) = market_bids(sites(1), [alone], seed=1, assumptions=plain)
    pair = market_bids(sites(1), [alone, rival], seed=1, assumptions=plain)
    assert lone.bids[0].year_pence > pair[0].bids[0].year_pence == pair[1].bids[0].year_pence


def test_one_large_lot_keeps_small_operators_out() -> None:
    """Twelve cars at once are more than any of them has: nobody bids, and the council pays the fallback."""
    fine = sites()
    large = [LotSite(lot=whole(fine), x_m=6000, y_m=0)]
    pack = make_pack([site.lot for site in fine], AwardRules(tie_seed=1))
    alike = MarketAssumptions(large_times=1)
    small, one = compare_designs(
        {"routes": fine, "one": large}, fine, pack, n_operators=5, seeds=[1, 2], assumptions=alike
    )
    assert [run.n_left for run in one.runs] == [1, 1]
    assert one.mean_price_pence == 12 * 1_500_000
    assert [run.no_bid_pct for run in one.runs] == [100.0, 100.0]
    assert small.mean_price_pence < one.mean_price_pence
    assert (small.n_lots, small.administration_pence, one.administration_pence) == (12, 720_000, 60_000)
    assert all(run.proven and run.n_winners >= 1 for run in small.runs)
    assert design_words(one).startswith("one: 1 lots, £180,000 a year (£180,000 to £180,000; should-cost £120,000)")


def test_leaving_everything_is_an_award_of_its_own() -> None:
    """Where the pack declares a fallback."""
    pack = make_pack([site.lot for site in sites(3)], AwardRules(tie_seed=1, fallback_pct=150))
    assert check_award(pack, [], list(left_offers(pack))) == ()
    assert pas_needed(pack.lots) == 0
