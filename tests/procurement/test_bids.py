"""Bids set aside before comparing, and patterns shown to the auditor: one tiny case each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from procurement.bids import BidFault, CheckedBids, check_bids, pas_needed
from procurement.screens import Screen, ScreenLimits, screen_bids
from tests.builders import make_class, make_operator
from tests.tendering import make_bid, make_pack, make_submission, make_tender_lot
from transport.bids import Clearances, Submission
from transport.tenders import TenderPack

IN_TIME = datetime(2026, 7, 5, 14, 0, tzinfo=UTC)
LAST_DAY = date(2028, 8, 31)
PAPERS = Clearances(
    licence_classes=frozenset({"phv"}), licence_ends_on=LAST_DAY, insurance_ends_on=LAST_DAY, clearances_end_on=LAST_DAY
)  # fmt: skip


def sent(operator_id: str = "O1", prices: dict[str, int] | None = None, **changes: object) -> Submission:
    """In time to the second, with papers to the last day of the term."""
    values: dict[str, object] = {"clearances": PAPERS, "received_at": IN_TIME, "digest": operator_id}
    return make_submission(operator_id, prices or {"L1": 9_000}, **values | changes)


def checked(*submissions: Submission, pack: TenderPack | None = None, categories: str = "CAR") -> CheckedBids:
    operators = [make_operator(f"O{n}", categories=frozenset({categories})) for n in (1, 2)]
    return check_bids(pack or two_lots(), submissions, operators, [make_class(), make_class("BUS")])


def two_lots() -> TenderPack:
    return make_pack([make_tender_lot("L1"), make_tender_lot("L2", n_pas=1)])


def test_a_bid_in_order_is_compared() -> None:
    """On the deadline's second, papers to the last day."""
    one, two = sent("O1"), sent("O2")
    assert checked(two, one) == CheckedBids(submissions=(one, two), set_aside=())


@pytest.mark.parametrize(
    ("submission", "fault", "sentence"),
    [
        (sent("O9"), BidFault.UNKNOWN_OPERATOR, "Operator O9 is not admitted to the purchasing system"),
        (sent(received_at=None), BidFault.NO_INSTANT, "Operator O1 has no instant of receipt with a time zone, "
         "so it cannot be shown in time"),
        (sent(received_at=IN_TIME + timedelta(seconds=1)), BidFault.LATE,
         "Operator O1 sent its bid 1 s after the deadline 2026-07-05T14:00:00+00:00"),
        (sent(clearances=replace(PAPERS, licence_ends_on=date(2028, 8, 30))), BidFault.LICENCE_ENDS,
         "Operator O1 states its licence to 2028-08-30; the contract runs to 2028-08-31"),
        (sent(clearances=replace(PAPERS, insurance_ends_on=None)), BidFault.INSURANCE_ENDS,
         "Operator O1 states its insurance without an end date; the contract runs to 2028-08-31"),
        (sent(clearances=replace(PAPERS, clearances_end_on=date(2026, 9, 1))), BidFault.CLEARANCES_END,
         "Operator O1 states its clearances to 2026-09-01; the contract runs to 2028-08-31"),
    ],
)  # fmt: skip
def test_all_that_an_operator_sent_is_set_aside(submission: Submission, fault: BidFault, sentence: str) -> None:
    """Nothing of it is compared."""
    found = checked(submission)
    assert found.submissions == ()
    assert [(aside.bid_id, aside.fault, aside.sentence) for aside in found.set_aside] == [(None, fault, sentence)]


@pytest.mark.parametrize(
    ("changes", "fault", "sentence"),
    [
        ({"clearances": replace(PAPERS, licence_classes=frozenset({"psv"}))}, BidFault.LICENCE_CLASS,
         "Bid O1:L1+L2: class CAR needs licence phv; stated: psv"),
        ({"n_vehicles_by_class": {"CAR": 1}}, BidFault.TOO_FEW_VEHICLES,
         "Bid O1:L1+L2: needs 2 vehicles of class CAR at once; stated: 1"),
        ({"n_pas": 0}, BidFault.TOO_FEW_PAS, "Bid O1:L1+L2: needs 1 PAs at once; stated: 0"),
        ({"max_lots": 1}, BidFault.OVER_OWN_LIMIT, "Bid O1:L1+L2: is over the operator's own limit of lots or value"),
        ({"max_year_pence": 1_699_999}, BidFault.OVER_OWN_LIMIT,
         "Bid O1:L1+L2: is over the operator's own limit of lots or value"),
    ],
)  # fmt: skip
def test_one_bid_is_set_aside_and_the_other_stays(changes: dict[str, object], fault: BidFault, sentence: str) -> None:
    """The package cannot be kept; the licence is missing for the single bid too."""
    found = checked(sent(prices={"L1": 9_000, "L1 L2": 17_000}, **changes))
    assert (fault, sentence) in [(aside.fault, aside.sentence) for aside in found.set_aside]
    kept = [bid.bid_id for s in found.submissions for bid in s.bids]
    assert kept == ([] if fault is BidFault.LICENCE_CLASS else ["O1:L1"])


def test_a_class_one_is_not_admitted_to() -> None:
    """O1 is admitted to buses; the lot asks for a car."""
    found = checked(sent(), categories="BUS")
    assert found.set_aside[0].sentence == "Bid O1:L1: O1 is not admitted to category CAR"


def test_the_class_offered_is_the_one_checked() -> None:
    """A bus in place of the car: no category, no bus."""
    bid = make_bid("O1", "L1", 9_000, class_id="BUS")
    found = checked(make_submission("O1", bids=[bid], clearances=PAPERS, received_at=IN_TIME))
    assert {aside.fault for aside in found.set_aside} == {BidFault.NOT_ADMITTED, BidFault.TOO_FEW_VEHICLES}


def test_two_bids_of_one_operator_are_both_set_aside() -> None:
    """Which one counts is for the portal to say."""
    found = checked(sent("O1", digest="a"), sent("O1", digest="b"), sent("O2"))
    assert [s.operator_id for s in found.submissions] == ["O2"]
    assert {aside.fault for aside in found.set_aside} == {BidFault.SENT_TWICE}


def test_the_same_file_from_two_operators() -> None:
    """Both are named."""
    found = checked(sent("O1", digest="same"), sent("O2", digest="same"))
    assert [aside.sentence for aside in found.set_aside] == [
        "Operator O1 sent the very file that O2 sent", "Operator O2 sent the very file that O1 sent",
    ]  # fmt: skip


def test_pas_needed_at_once() -> None:
    """Two lots with one PA each at eight, a third an hour later."""
    lots = [make_tender_lot(f"L{n}", n_pas=1, start_s=8 * 3600 + 3600 * (n == 3)) for n in (1, 2, 3)]
    assert pas_needed(lots) == 2


def many(**prices: list[int]) -> list[Submission]:
    """Prices in pounds for L1, L2 ... by operator; 0: none."""
    return [
        make_submission(operator_id, {f"L{n}": p for n, p in enumerate(of_lots, start=1) if p})
        for operator_id, of_lots in prices.items()
    ]


def seen(screen: Screen, *, limits: ScreenLimits | None = None, **prices: list[int]) -> list[str]:
    n_lots = max(map(len, prices.values()))
    pack = make_pack([make_tender_lot(f"L{n}") for n in range(1, n_lots + 1)])
    return [s.sentence for s in screen_bids(pack, many(**prices), limits) if s.screen is screen]


def test_identical_prices() -> None:
    """Two of three."""
    assert seen(Screen.IDENTICAL, A=[9_000], B=[9_000], C=[9_001]) == [
        "Lot L1: A and B bid the same to the penny, £9,000.00 a year. A round day rate or a published price can "
        "explain it"
    ]


def test_mirrored_prices() -> None:
    """A tenth more on all four lots, or £100 more; not on three lots, and not at random."""
    base = [9_000, 10_000, 8_000, 11_000]
    (ratio,) = seen(Screen.MIRRORED, A=base, B=[9_900, 11_000, 8_800, 12_100])
    assert ratio.startswith("B is 1.100 times A on all 4 lots that both priced.")
    (step,) = seen(Screen.MIRRORED, A=base, B=[p + 100 for p in base])
    assert step.startswith("B is £100.00 a year from A on all 4 lots")
    assert seen(Screen.MIRRORED, A=base[:3], B=[9_900, 11_000, 8_800]) == []
    assert seen(Screen.MIRRORED, A=base, B=[9_900, 11_100, 8_800, 12_100]) == []


def test_cover_bids() -> None:
    """£1,000 ahead of three that lie within £100 of one another; not where they spread, nor for two losers."""
    (sentence,) = seen(Screen.COVER, A=[9_000], B=[10_000], C=[10_050], D=[10_100])
    assert sentence.startswith(
        "Lot L1: A is £1,000.00 a year below the next of 4 bids, and these differ by £50.00 (standard deviation)"
    )
    assert seen(Screen.COVER, A=[9_000], B=[10_000], C=[12_000], D=[14_000]) == []
    assert seen(Screen.COVER, A=[9_000], B=[10_000], C=[10_050]) == []
    assert seen(Screen.COVER, A=[9_000], B=[9_400], C=[9_401], D=[9_402]) == []


def test_rotation() -> None:
    """Lowest in turn on four lots; not when one wins twice running, nor when a third is lowest."""
    (sentence,) = seen(Screen.ROTATION, A=[8_000, 9_000] * 2, B=[9_000, 8_000] * 2)
    assert sentence.startswith("A and B are lowest in turn on the 4 lots that both priced")
    assert seen(Screen.ROTATION, A=[8_000, 8_000, 8_000, 9_000], B=[9_000, 9_000, 9_000, 8_000]) == []
    assert seen(Screen.ROTATION, A=[8_000, 9_000] * 2, B=[9_000, 8_000] * 2, C=[0, 7_000, 0, 0]) == []


def test_far_from_should_cost() -> None:
    """The range is £8,000 to £12,000, both ends in it."""
    assert seen(Screen.FAR, A=[8_000], B=[12_000]) == []
    (low, high) = seen(Screen.FAR, A=[7_999], B=[12_001])
    assert "A at £7,999.00 a year is below the range of should-cost, £8,000.00 to £12,000.00" in low
    assert "above" in high


def test_just_under_a_threshold() -> None:
    """731 days of £9,000 a year are £18,012.32; reported within 2 % under a threshold, not at it or further off."""
    value = 900_000 * 731 * 100 // 36_525
    assert value == 1_801_232
    for threshold, n_seen in ((value + 1, 1), (value, 0), (value * 100 // 98, 1), (value * 100 // 98 + 2, 0)):
        limits = ScreenLimits(threshold_pence=(threshold,))
        assert len(seen(Screen.THRESHOLD, limits=limits, A=[9_000])) == n_seen


def test_honest_prices_show_nothing() -> None:
    """Four operators, five lots, prices that differ as costs do."""
    prices = {
        "A": [9_100, 9_800, 10_300, 8_700, 9_950], "B": [9_700, 9_300, 10_900, 9_100, 9_400],
        "C": [8_900, 10_200, 9_900, 9_600, 10_450], "D": [9_400, 9_650, 11_200, 8_950, 9_850],
    }  # fmt: skip
    pack = make_pack([make_tender_lot(f"L{n}") for n in range(1, 6)])
    assert screen_bids(pack, many(**prices)) == ()
