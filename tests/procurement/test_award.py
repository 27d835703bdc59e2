"""Who wins and why, on tenders small enough to work out by hand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import combinations

import pytest

from procurement.award import (
    AwardImpossible,
    AwardRecord,
    AwardRefused,
    determine_awards,
    drawn_number,
    settle_ties,
)
from procurement.award_check import check_award
from procurement.award_model import make_award_model
from procurement.choice import ChoiceState, Chosen
from procurement.offers import Offer, OfferKind, bid_offers, compared_pence
from tests.builders import hm
from tests.tendering import make_bid, make_pack, make_request, make_submission, make_tender_lot
from transport.bids import Submission
from transport.tenders import AwardRules, TenderPack


def award(pack: TenderPack, *submissions: Submission, **changes: object) -> AwardRecord:
    return determine_awards(make_request(pack, *submissions, **changes))


def won(record: AwardRecord) -> set[str]:
    return {offer.offer_id for offer in record.winners}


def two_lots(rules: AwardRules | None = None, **changes: object) -> TenderPack:
    return make_pack([make_tender_lot("L1"), make_tender_lot("L2", **changes)], rules)


def sentence_about(record: AwardRecord, offer_id: str) -> str:
    (lost,) = [bid for bid in record.lost if bid.offer_id == offer_id]
    return lost.sentence


def test_a_package_wins_over_single_bids() -> None:
    """£17,000 for both lots beats £9,000 + £9,000."""
    singles = [make_submission("O1", {"L1": 9_000}), make_submission("O2", {"L2": 9_000})]
    record = award(two_lots(), *singles, make_submission("O3", {"L1 L2": 17_000}))
    assert won(record) == {"O3:L1+L2"}
    assert (record.price_pence, record.bound_pence, record.proven, record.gap) == (1_700_000, 1_700_000, True, 0.0)
    (reason,) = record.reasons
    assert (reason.n_rivals, reason.without_pence) == (2, 1_800_000)
    assert reason.sentence == (
        "Package bid O3:L1+L2 for lots L1, L2 at £17,000.00 a year: against 2 other offers; "
        "the best award without it is £1,000.00 a year dearer"
    )
    assert record.second_best is not None
    assert record.second_best.dearer_pence == 100_000
    assert record.second_best.gained_ids == ("O1:L1", "O2:L2")


def test_a_loser_reads_how_far_it_was() -> None:
    """O1 at £9,000 could win L1 only with O2's £9,000 for L2: £1,000 more than the package."""
    singles = [make_submission("O1", {"L1": 9_000}), make_submission("O2", {"L2": 9_000})]
    record = award(two_lots(), *singles, make_submission("O3", {"L1 L2": 17_000}))
    assert sentence_about(record, "O1:L1") == (
        "Bid O1:L1 for lot L1 at £9,000.00 a year: would have had to be £1,000.00 a year lower to be in the best "
        "award; lots L1, L2 went to bid O3:L1+L2 at £17,000.00 a year"
    )


def test_one_car_cannot_do_two_lots_at_once() -> None:
    """O1 is cheapest on both, but both are out at eight: it keeps the one it is further ahead on."""
    cheap = make_submission("O1", {"L1": 5_000, "L2": 5_000}, n_vehicles_by_class={"CAR": 1})
    record = award(two_lots(), cheap, make_submission("O2", {"L1": 6_000, "L2": 8_000}))
    assert won(record) == {"O2:L1", "O1:L2"}
    assert record.price_pence == 1_100_000


@pytest.mark.parametrize(
    ("rules", "cars", "why"),
    [
        (
            {}, 1, "O1 cannot have this too, beside all that it won: its vehicles, assistants, own limits or a "
            "declared share forbid; the best award with it goes without O1:L2",
        ),
        ({"min_operators": 2}, 2, "with this in its place the award would break a declared rule"),
    ],
)  # fmt: skip
def test_a_bid_that_lost_to_a_dearer_one_reads_why(rules: dict[str, int], cars: int, why: str) -> None:
    """O1 is £1,000 cheaper on L1 and £2,000 on L2, and can have one of them: L2. On L1 it was £1,000 off."""
    pack = two_lots(AwardRules(tie_seed=7, **rules))
    cheap = make_submission("O1", {"L1": 8_000, "L2": 8_000}, n_vehicles_by_class={"CAR": cars})
    record = award(pack, cheap, make_submission("O2", {"L1": 9_000, "L2": 10_000}))
    assert won(record) == {"O1:L2", "O2:L1"}
    assert sentence_about(record, "O1:L1") == (
        "Bid O1:L1 for lot L1 at £8,000.00 a year: would have had to be £1,000.00 a year lower to be in the best "
        f"award; lot L1 went to bid O2:L1 at £9,000.00 a year; that is dearer, but {why}"
    )
    assert "that is dearer" not in sentence_about(record, "O2:L2")


def test_a_cheaper_bid_that_lost_on_quality_reads_what_both_count() -> None:
    """Price 80 %, quality 20 % of £10,000: £9,000 with 60 counts £10,000, £9,500 with 100 counts £9,500."""
    pack = make_pack(rules=AwardRules(tie_seed=7, price_weight_pct=80))
    bids = [make_submission("O1", {"L1": 9_000}), make_submission("O2", {"L1": 9_500})]
    record = award(pack, *bids, quality_pct_by_operator_id={"O1": 60, "O2": 100})
    assert won(record) == {"O2:L1"}
    assert sentence_about(record, "O1:L1").endswith(
        "lot L1 went to bid O2:L1 at £9,500.00 a year; that is dearer, but by the declared weights and preferences it "
        "counts £9,500.00 and this bid £10,000.00"
    )


def test_one_car_can_do_two_lots_one_after_the_other() -> None:
    """The second lot starts 31 minutes after the first, whose run takes 30; at 30 minutes both would count."""
    cheap = make_submission("O1", {"L1": 5_000, "L2": 5_000}, n_vehicles_by_class={"CAR": 1})
    other = make_submission("O2", {"L1": 6_000, "L2": 8_000})
    assert won(award(two_lots(start_s=hm(8, 31)), cheap, other)) == {"O1:L1", "O1:L2"}
    assert won(award(two_lots(start_s=hm(8, 30)), cheap, other)) == {"O2:L1", "O1:L2"}


def test_pas_at_once_are_limited_too() -> None:
    """Two lots with a PA each need two at eight; O1 has one."""
    pack = make_pack([make_tender_lot("L1", n_pas=1), make_tender_lot("L2", n_pas=1)])
    cheap = make_submission("O1", {"L1": 5_000, "L2": 5_000}, n_pas=1)
    assert won(award(pack, cheap, make_submission("O2", {"L1": 6_000, "L2": 8_000}))) == {"O2:L1", "O1:L2"}


@pytest.mark.parametrize("cap", [{"max_lots": 1}, {"max_year_pence": 999_999}])
def test_an_operators_own_cap_holds(cap: dict[str, int]) -> None:
    """O1 wants one lot, or less than £10,000 a year: £5,000 + £5,000 is too much."""
    cheap = make_submission("O1", {"L1": 5_000, "L2": 5_000}, **cap)
    record = award(two_lots(), cheap, make_submission("O2", {"L1": 6_000, "L2": 8_000}))
    assert won(record) == {"O2:L1", "O1:L2"}


@pytest.mark.parametrize("rule", [{"max_lots_share_pct": 50}, {"max_value_share_pct": 50}, {"min_operators": 2}])
def test_a_declared_rule_holds_and_its_price_is_told(rule: dict[str, int]) -> None:
    """Without it O1 would have both lots for £10,000; with it O2's £6,000 for L1 comes in: £1,000 a year."""
    pack = two_lots(AwardRules(tie_seed=7, **rule))
    record = award(pack, make_submission("O1", {"L1": 5_000, "L2": 5_000}), make_submission("O2", {"L1": 6_000}))
    assert won(record) == {"O2:L1", "O1:L2"}
    (price,) = record.rule_prices
    (name, value), *_ = rule.items()
    assert price.sentence == f"{name} {value}: costs £1,000.00 a year"


@pytest.mark.parametrize(
    ("rule", "changes", "bid_changes"),
    [
        ("incumbent_discount_pct", {"held_by": "O2"}, {}),
        ("keep_crew_discount_pct", {}, {"keeps_crew": True}),
        ("sme_discount_pct", {}, {}),
    ],
)
def test_a_declared_preference_counts_when_comparing_and_not_when_paying(
    rule: str, changes: dict[str, object], bid_changes: dict[str, object]
) -> None:
    """10 % off £9,900 is £8,910 and beats £9,000; £9,900 is paid, £900 more than without the rule."""
    pack = make_pack([make_tender_lot(**changes)], AwardRules(tie_seed=7, **{rule: 10}))
    preferred = make_submission("O2", bids=[make_bid("O2", "L1", 9_900, **bid_changes)], is_sme=True)
    record = award(pack, make_submission("O1", {"L1": 9_000}), preferred)
    assert (record.compared_pence, record.price_pence) == (891_000, 990_000)
    assert record.rule_prices[0].price_pence == 90_000
    plain = make_pack([make_tender_lot(**changes)])
    assert won(award(plain, make_submission("O1", {"L1": 9_000}), preferred)) == {"O1:L1"}


def test_quality_is_weighed_by_the_published_formula() -> None:
    """Weights 60/40, estimate £10,000: 20 points of quality missing are 0.2 x 10,000 x 40/60 = £1,333.33."""
    rules = AwardRules(tie_seed=7, price_weight_pct=60)
    assert compared_pence(900_000, 1_000_000, rules, quality_pct=80) == 900_000 + 133_333
    record = award(
        make_pack(rules=rules), make_submission("O1", {"L1": 9_000}), make_submission("O2", {"L1": 10_000}),
        quality_pct_by_operator_id={"O1": 60, "O2": 90},
    )  # fmt: skip
    assert won(record) == {"O2:L1"}
    assert record.compared_pence == 1_000_000 + 66_667
    assert record.rule_prices[0].sentence == "price_weight_pct 60: costs £1,000.00 a year"


def test_quality_without_a_score_is_refused() -> None:
    """Nobody is given a score by default."""
    pack = make_pack(rules=AwardRules(tie_seed=7, price_weight_pct=60))
    with pytest.raises(ValueError, match="every operator needs a quality score"):
        award(pack, make_submission("O1", {"L1": 9_000}))


def test_a_lot_is_left_where_bids_are_over_the_declared_fallback() -> None:
    """Fallback at 120 % of £10,000: £13,000 is not taken."""
    pack = make_pack(rules=AwardRules(tie_seed=7, fallback_pct=120))
    record = award(pack, make_submission("O1", {"L1": 13_000}))
    assert [offer.kind for offer in record.winners] == [OfferKind.LEFT]
    assert record.price_pence == 1_200_000
    assert sentence_about(record, "O1:L1").endswith("lot L1 is left at the fallback price of £12,000.00 a year")


def test_a_lot_that_nobody_offers_is_named() -> None:
    """Without a fallback every lot must be awarded."""
    with pytest.raises(AwardImpossible, match=r"nobody offers L2, and the pack declares no fallback"):
        award(two_lots(), make_submission("O1", {"L1": 9_000}))


def test_rules_that_no_award_keeps_are_named() -> None:
    """Two operators must have something, but one bids."""
    pack = two_lots(AwardRules(tie_seed=7, min_operators=2))
    with pytest.raises(AwardImpossible, match="declared rules in play: min_operators"):
        award(pack, make_submission("O1", {"L1": 9_000, "L2": 9_000}))


def test_ties_go_by_the_published_numbers() -> None:
    """Equal prices: the lower number drawn from the seed wins, and another seed may choose the other."""
    both = [make_submission("O1", {"L1": 9_000}), make_submission("O2", {"L1": 9_000})]
    digits = hashlib.sha256(b"7:O1:L1").hexdigest()[:16]
    assert drawn_number(7, "O1:L1") == int(digits, 16) % 1_000_000
    winners = set()
    for seed in range(8):
        record = award(make_pack(rules=AwardRules(tie_seed=seed)), *both)
        assert record.tied
        lowest = min(("O1:L1", "O2:L1"), key=lambda bid_id: drawn_number(seed, bid_id))
        assert won(record) == {lowest}
        assert "the published rule for ties decided" in record.lost[0].sentence
        winners |= won(record)
    assert winners == {"O1:L1", "O2:L1"}


def test_a_bid_that_can_never_win_reads_why() -> None:
    """O1 has no car at all."""
    nobody = make_submission("O1", {"L1": 1_000}, n_vehicles_by_class={})
    record = award(make_pack(), nobody, make_submission("O2", {"L1": 9_000}))
    assert sentence_about(record, "O1:L1").startswith(
        "Bid O1:L1 for lot L1 at £1,000.00 a year: no award can hold it, whatever its price"
    )
    assert record.lost[0].short_pence is None


def test_a_rule_that_was_not_issued_is_refused() -> None:
    """A cap thought of after the bids were opened."""
    pack = two_lots()
    later = replace(pack.rules, max_lots_share_pct=50)
    with pytest.raises(AwardRefused, match="rule max_lots_share_pct is 50; pack T1 version 1 declares None"):
        award(pack, make_submission("O1", {"L1": 1, "L2": 1}), rules=later)


def test_lots_are_fixed_once_bids_close() -> None:
    """One more PA on L2 is another lot."""
    pack = two_lots()
    changed = (pack.lots[0], make_tender_lot("L2", n_pas=1))
    with pytest.raises(AwardRefused, match="lots are fixed once bids close; not as issued: L2"):
        award(pack, make_submission("O1", {"L1": 1, "L2": 1}), lots=changed)


def test_another_pack_than_the_published_one_is_refused() -> None:
    """The digest stands in the notice."""
    pack = two_lots()
    with pytest.raises(AwardRefused, match="published was 000000000000"):
        award(pack, make_submission("O1", {"L1": 1, "L2": 1}), pack_digest="0" * 64)


@pytest.mark.parametrize("kind", [OfferKind.FLEET, OfferKind.EXTENSION])
def test_a_right_that_was_not_reserved_is_refused(kind: OfferKind) -> None:
    """The council may not take a lot for itself, or extend, unless the pack said so."""
    own = Offer(
        offer_id="own", kind=kind, supplier_id="V1", lot_ids=("L1",), price_pence=1, compared_pence=1
    )  # fmt: skip
    with pytest.raises(AwardRefused, match=f"an offer of kind {kind.value} needs a right that pack T1 did not reserve"):
        award(make_pack(), make_submission("O1", {"L1": 9_000}), other_offers=(own,))


def test_a_package_where_none_are_allowed_is_refused() -> None:
    """The pack asked for single lots only."""
    pack = two_lots(AwardRules(tie_seed=7, packages=False))
    with pytest.raises(ValueError, match="bid O1:L1\\+L2 is a package; pack T1 allows bids for single lots only"):
        award(pack, make_submission("O1", {"L1 L2": 9_000}))


def test_every_fault_of_a_pack_is_told_at_once() -> None:
    """No time zone, and contracts that end before they start."""
    pack = make_pack()
    with pytest.raises(ValueError, match=r"no time zone; contracts end 2026-01-01, before they start 2026-09-01"):
        replace(pack, deadline=pack.deadline.replace(tzinfo=None), ends_on=pack.starts_on.replace(month=1))


def test_the_record_has_the_same_digest_each_time() -> None:
    """Whoever recomputes the award gets the same record; another bid gives another."""
    bids = [make_submission("O1", {"L1": 9_000}), make_submission("O2", {"L1": 9_500})]
    assert award(make_pack(), *bids).digest == award(make_pack(), *bids).digest
    assert award(make_pack(), *bids[:1]).digest != award(make_pack(), *bids).digest


@pytest.mark.parametrize(
    ("rules", "submission", "winners", "sentence"),
    [
        ({}, {}, ["O1:L1"], "lot L2 must be supplied exactly once"),
        ({}, {}, ["O1:L1", "O1:L2", "O1:L1+L2"], "lot L1 must be supplied exactly once"),
        ({"packages": False}, {}, ["O1:L1+L2"], "pack T1 does not allow bid O1:L1+L2"),
        ({"max_lots_share_pct": 99}, {}, ["O1:L1+L2"], "operator O1 has 2 of 2 lots; over 99 %"),
        (
            {"max_value_share_pct": 99}, {}, ["O1:L1+L2"],
            "operator O1 has 2000000 of 2000000 pence of estimates; over 99 %",
        ),
        ({"min_operators": 2}, {}, ["O1:L1+L2"], "1 operators have something; at least 2 must"),
        ({}, {"max_lots": 1}, ["O1:L1+L2"], "operator O1 has 2 lots; it wants at most 1"),
        (
            {}, {"max_year_pence": 1}, ["O1:L1+L2"],
            "operator O1 has 1700000 pence a year; it wants at most 1",
        ),
        (
            {}, {"n_vehicles_by_class": {"CAR": 1}}, ["O1:L1+L2"],
            "operator O1 AM day 0: 2 vehicles of class CAR at once; it has 1",
        ),
        ({}, {"n_pas": 1}, ["O1:L1+L2"], "operator O1 AM day 0: 2 PAs at once; it has 1"),
    ],
)  # fmt: skip
def test_the_checker_names_what_an_award_breaks(
    rules: dict[str, object], submission: dict[str, object], winners: list[str], sentence: str
) -> None:
    """Each rule broken once, found by the checker that does not know the search."""
    pack = make_pack(
        [make_tender_lot("L1", n_pas=1), make_tender_lot("L2", n_pas=1)], AwardRules(tie_seed=7, **rules)
    )  # fmt: skip
    prices = {"O1:L1": 900_000, "O1:L2": 900_000, "O1:L1+L2": 1_700_000}
    offers = [
        Offer(
            offer_id=bid_id, kind=OfferKind.BID, supplier_id="O1", lot_ids=tuple(bid_id.split(":")[1].split("+")),
            price_pence=prices[bid_id], compared_pence=prices[bid_id],
        )
        for bid_id in winners
    ]  # fmt: skip
    assert sentence in check_award(pack, [make_submission("O1", **submission)], offers)


def test_an_award_that_is_not_proven_is_not_settled() -> None:
    """The rule for ties needs the best price to be known; the record says that it was not applied."""
    pack = make_pack()
    offers = list(bid_offers(pack, [make_submission("O1", {"L1": 9_000}), make_submission("O2", {"L1": 9_000})], {}))
    model = make_award_model(pack, offers, [])
    found = Chosen(state=ChoiceState.FOUND, columns=(0,), cost=900_000, bound=800_000, seconds=1.0)
    settled = settle_ties(model, found, 7, 10.0)
    assert (settled.chosen, settled.tied, settled.second) == (found, False, None)
    assert settled.unsettled == ("the award is not proven, so the rule for ties was not applied",)


def two_triangles() -> tuple[TenderPack, list[Submission]]:
    """Lots A1 to A3 and B1 to B3: any two of three for £10,000, one for £9,000, A1 also for £20,000.

    The best award has a pair and a single lot of each three, £38,000; half of every pair would do for £30,000.
    """
    threes = [[f"{name}{n}" for n in (1, 2, 3)] for name in "AB"]
    pairs = {f"{one} {other}": 10_000 for lots in threes for one, other in combinations(lots, 2)}
    singles = {lot_id: 9_000 for lots in threes for lot_id in lots}
    pack = make_pack([make_tender_lot(lot_id) for lot_id in singles], AwardRules(tie_seed=7, max_lots_share_pct=100))
    sent = [make_submission("O1", pairs), make_submission("O2", singles), make_submission("O3", {"A1": 20_000})]
    return pack, sent


@pytest.mark.parametrize("n_small", [6, 0])
def test_what_there_was_no_time_for_is_said(n_small: int) -> None:
    """No second for reasons: winners and rules of small tenders are explained, the rest is counted, or bounded."""
    pack, sent = two_triangles()
    record = award(pack, *sent, explain_seconds=0.0, always_explained=n_small)
    left = "0 of {} have a proven figure; the time given ended before the rest"
    counted = ("9 losing bids",) if n_small else ("4 winners", "1 declared rules", "9 losing bids")
    assert record.unexplained == tuple(left.format(what) for what in counted)
    told = "max_lots_share_pct 100: costs £0.00 a year", "max_lots_share_pct: not worked out for want of time"
    assert record.rule_prices[0].sentence == told[0 if n_small else 1]
    loser = next(bid for bid in record.lost if bid.operator_id != "O3")
    assert "; how far it was from winning was not worked out for want of time" in loser.sentence
    assert record.reasons[0].without_pence == (3_800_000 if n_small else None)
    (far,) = [bid for bid in record.lost if bid.operator_id == "O3"]
    # With A1 at £20,000 go a pair for £10,000 and half of every pair of the other three, £15,000.
    assert (far.at_least_pence, far.short_pence, far.proven) == (700_000, None, False)
    assert "would have had to be at least £7,000.00 a year lower to be in the best award" in far.sentence
    (in_time,) = [bid for bid in award(pack, *sent).lost if bid.operator_id == "O3"]
    assert (in_time.short_pence, in_time.at_least_pence) == (1_100_000, None)


def test_what_the_linear_program_proves_needs_no_time() -> None:
    """One lot, two bids: by how much the dearer one lost is known without a search."""
    record = award(
        make_pack(), make_submission("O1", {"L1": 9_000}), make_submission("O2", {"L1": 9_500}), explain_seconds=0.0
    )
    assert (record.lost[0].short_pence, record.lost[0].proven, record.unexplained) == (50_000, True, ())
