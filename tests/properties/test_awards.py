"""The award is the best there is: equal to exhaustive search on random small tenders with every rule in play."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement.award import AwardImpossible, AwardRequest, determine_awards, drawn_number
from procurement.award_check import check_award
from procurement.fleet_offers import FleetPrice
from procurement.make_or_buy import make_or_buy
from procurement.offers import Offer, OfferKind, bid_offers, left_offers
from tests.builders import hm
from tests.tendering import make_bid, make_pack, make_request, make_submission, make_tender_lot
from transport.bids import Submission
from transport.tenders import AwardRules, TenderPack

OPERATORS = ("O1", "O2", "O3")
CLASSES = ("CAR", "BUS")
# Few different prices, so that ties are common; large ones, so that pennies show in the search's arithmetic.
PRICES = st.sampled_from((7_000, 8_000, 9_000, 9_999, 10_000, 12_345, 400_001))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def rule_sets(draw: st.DrawFn) -> AwardRules:
    return AwardRules(
        tie_seed=draw(st.integers(0, 99)),
        price_weight_pct=draw(st.sampled_from((100, 100, 60))),
        fallback_pct=draw(maybe(st.sampled_from((100, 150)))),
        max_lots_share_pct=draw(maybe(st.sampled_from((50, 67)))),
        max_value_share_pct=draw(maybe(st.sampled_from((50, 80)))),
        min_operators=draw(maybe(st.integers(1, 3))),
        fleet_reserved=draw(st.booleans()),
        extensions_reserved=draw(st.booleans()),
        incumbent_discount_pct=draw(st.sampled_from((0, 0, 10))),
        keep_crew_discount_pct=draw(st.sampled_from((0, 0, 10))),
        sme_discount_pct=draw(st.sampled_from((0, 0, 10))),
    )


@st.composite
def submissions_of(draw: st.DrawFn, operator_id: str, lot_ids: Sequence[str]) -> Submission:
    bids = []
    for n in range(draw(st.integers(0, 4))):
        wanted = draw(st.lists(st.sampled_from(lot_ids), min_size=1, max_size=3, unique=True))
        bid = make_bid(operator_id, " ".join(wanted), draw(PRICES) * len(wanted))
        bids.append(
            replace(
                bid,
                bid_id=f"{operator_id}-{n}",
                class_id=draw(st.sampled_from((None, None, *CLASSES))),
                keeps_crew=draw(st.booleans()),
            )
        )
    return make_submission(
        operator_id,
        bids=bids,
        n_vehicles_by_class={name: draw(st.integers(0, 3)) for name in CLASSES},
        n_pas=draw(maybe(st.integers(0, 2))),
        max_lots=draw(maybe(st.integers(1, 3))),
        max_year_pence=draw(maybe(st.sampled_from((900_000, 2_000_000)))),
        is_sme=draw(st.booleans()),
    )


@st.composite
def requests(draw: st.DrawFn) -> AwardRequest:
    rules = draw(rule_sets())
    lots = [
        make_tender_lot(
            f"L{n}",
            start_s=hm(8, 0) + 900 * draw(st.integers(0, 4)),
            n_pas=draw(st.integers(0, 1)),
            class_id=draw(st.sampled_from(CLASSES)),
            estimate_pence=draw(st.sampled_from((900_000, 1_000_001))),
            held_by=draw(st.sampled_from((None, *OPERATORS))),
        )
        for n in range(draw(st.integers(1, 4)))
    ]
    pack = make_pack(lots, rules)
    ids = [lot.lot_id for lot in lots]
    others = list(other_offers(draw, rules, ids))
    return make_request(
        pack,
        *(draw(submissions_of(operator_id, ids)) for operator_id in OPERATORS),
        quality_pct_by_operator_id={operator_id: draw(st.integers(0, 100)) for operator_id in OPERATORS},
        other_offers=tuple(others),
    )


def other_offers(draw: st.DrawFn, rules: AwardRules, lot_ids: Sequence[str]) -> Iterator[Offer]:
    """A vehicle with two sets of lots, and one contract that may be extended."""
    if rules.fleet_reserved:
        n_alike = draw(st.integers(1, 2))
        for n in range(2):
            wanted = draw(st.lists(st.sampled_from(lot_ids), min_size=1, max_size=2, unique=True))
            price = draw(PRICES) * 100
            yield Offer(
                offer_id=f"fleet{n}", kind=OfferKind.FLEET, supplier_id="V1", lot_ids=tuple(wanted),
                price_pence=price, compared_pence=price, n_alike=n_alike,
            )  # fmt: skip
    if rules.extensions_reserved:
        price = draw(PRICES) * 100
        yield Offer(
            offer_id="extend", kind=OfferKind.EXTENSION, supplier_id="O1", lot_ids=(lot_ids[0],),
            price_pence=price, compared_pence=price,
        )  # fmt: skip


def every_award(
    pack: TenderPack, submissions: Sequence[Submission], offers: Sequence[Offer]
) -> list[tuple[Offer, ...]]:
    """All awards that the checker accepts, by trying each offer for the first lot still open."""

    def extend(open_ids: frozenset[str], chosen: tuple[Offer, ...]) -> Iterator[tuple[Offer, ...]]:
        if not open_ids:
            yield chosen
            return
        first = min(open_ids)
        for offer in offers:
            if first in offer.lot_ids and open_ids >= set(offer.lot_ids):
                yield from extend(open_ids - set(offer.lot_ids), (*chosen, offer))

    whole = extend(frozenset(lot.lot_id for lot in pack.lots), ())
    return [award for award in whole if not check_award(pack, submissions, award)]


def all_offers(request: AwardRequest, pack: TenderPack) -> list[Offer]:
    rights = {OfferKind.FLEET: pack.rules.fleet_reserved, OfferKind.EXTENSION: pack.rules.extensions_reserved}
    return [
        *bid_offers(pack, request.submissions, request.quality_pct_by_operator_id),
        *(offer for offer in request.other_offers if rights[offer.kind]),
        *left_offers(pack),
    ]


def compared(award: Sequence[Offer]) -> int:
    return sum(offer.compared_pence for offer in award)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=requests())
def test_the_award_is_the_best_of_all_awards(request: AwardRequest) -> None:
    """Price, tie, second best, price without each winner and distance of each loser are those of trying everything."""
    pack = request.pack
    awards = every_award(pack, request.submissions, all_offers(request, pack))
    if not awards:
        try:
            determine_awards(request)
        except AwardImpossible:
            return
        raise AssertionError("an award was made where none keeps every rule")
    record = determine_awards(request)
    best = min(map(compared, awards))
    assert (record.compared_pence, record.bound_pence, record.proven) == (best, best, True)
    equals = [award for award in awards if compared(award) == best]
    drawn = [sum(drawn_number(pack.rules.tie_seed, offer.offer_id) for offer in award) for award in equals]
    assert {o.offer_id for o in record.winners} == {o.offer_id for o in equals[drawn.index(min(drawn))]}
    assert record.tied == (len(equals) > 1)
    second = sorted(map(compared, awards))[1] if len(awards) > 1 else None
    assert (record.second_best.dearer_pence if record.second_best else None) == (
        None if second is None else second - best
    )
    for reason in record.reasons:
        without = [compared(award) for award in awards if reason.offer_id not in {o.offer_id for o in award}]
        assert reason.without_pence == (min(without) if without else None)
    for lost in record.lost:
        with_it = [compared(award) for award in awards if lost.offer_id in {o.offer_id for o in award}]
        assert lost.short_pence == (min(with_it) - best if with_it else None)
    assert record.unexplained == ()
    exact = {lost.offer_id: lost for lost in record.lost}
    hasty = determine_awards(replace(request, explain_seconds=0, always_explained=0))
    for lost in hasty.lost:
        full = exact[lost.offer_id]
        assert not lost.proven or lost.short_pence == full.short_pence
        assert lost.at_least_pence is None or full.short_pence is None or 0 < lost.at_least_pence <= full.short_pence


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=requests())
def test_the_price_of_a_rule_is_that_of_trying_everything_without_it(request: AwardRequest) -> None:
    """What is paid with the rule, less what an award of least compared price without it pays."""
    pack = request.pack
    if not every_award(pack, request.submissions, all_offers(request, pack)):
        return
    record = determine_awards(request)
    plain = AwardRules(tie_seed=pack.rules.tie_seed)
    for price in record.rule_prices:
        freed = replace(pack, rules=replace(pack.rules, **{price.rule: getattr(plain, price.rule)}))
        awards = every_award(freed, request.submissions, all_offers(request, freed))
        if not awards:
            assert price.price_pence is None
            continue
        best = min(map(compared, awards))
        paid = {sum(offer.price_pence for offer in award) for award in awards if compared(award) == best}
        assert price.price_pence in {record.price_pence - pence for pence in paid}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=requests(), data=st.data())
def test_deciding_all_at_once_is_never_dearer(request: AwardRequest, data: st.DataObject) -> None:
    """The joint award is the best of all, so no order of deciding is below it."""
    rules = replace(request.pack.rules, fleet_reserved=True)
    pack = replace(request.pack, rules=rules)
    ids = [lot.lot_id for lot in pack.lots]
    fleet = [
        FleetPrice(
            vehicle_ids=(f"V{n % 2}",),
            lot_ids=tuple(sorted(data.draw(st.sets(st.sampled_from(ids), min_size=1, max_size=2)))),
            avoidable_pence=data.draw(PRICES) * 100,
            full_pence=10**8,
        )
        for n in range(3)
    ]
    fleet = list({price.offer(avoidable=True).offer_id: price for price in fleet}.values())
    extensions = [offer for offer in request.other_offers if offer.kind is OfferKind.EXTENSION]
    whole = replace(request, pack=pack, pack_digest=pack.digest, rules=rules)
    try:
        found = make_or_buy(whole, fleet, extensions, avoidable=True)
    except AwardImpossible:
        return
    offers = all_offers(replace(whole, other_offers=(*(f.offer(avoidable=True) for f in fleet), *extensions)), pack)
    assert found.joint.compared_pence == min(map(compared, every_award(pack, request.submissions, offers)))
    for way in (found.fleet_first, found.bids_first):
        if way.compared_pence is not None:
            assert check_award(pack, request.submissions, way.winners) == ()
            assert found.joint.compared_pence <= way.compared_pence == compared(way.winners)
