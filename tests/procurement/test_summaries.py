"""What operators are told: their own bids, who won instead, and until when nothing is signed."""

from __future__ import annotations

from datetime import date

import pytest

from procurement.award import determine_awards
from procurement.bids import BidFault, SetAside
from procurement.offers import Offer, OfferKind
from procurement.regime import DayUnit, Law, Regime, Standstill, latest_award, standstill_ends_on, standstill_words
from procurement.summaries import Summary, awarded, criteria_of, summaries_of, winner_words
from tests.tendering import make_pack, make_request, make_submission, make_tender_lot
from transport.tenders import AwardRules, TenderPack

AUGUST = frozenset({date(2026, 8, 31)})


def pack_of_two(rules: AwardRules | None = None) -> TenderPack:
    return make_pack([make_tender_lot("L1"), make_tender_lot("L2")], rules)


def told(withheld: dict[str, str] | None = None, aside: tuple[SetAside, ...] = ()) -> dict[str, Summary]:
    """O1 takes L1 at £9,000 and loses L2 at £9,500 to O2 at £8,000."""
    pack = pack_of_two()
    sent = [make_submission("O1", {"L1": 9_000, "L2": 9_500}), make_submission("O2", {"L2": 8_000})]
    record = determine_awards(make_request(pack, *sent))
    return {s.operator_id: s for s in summaries_of(pack, record, sent, aside, {}, withheld or {})}


def test_each_operator_reads_of_its_own_bids_alone() -> None:
    """O1 of two bids with the winner of the lost one, O2 of one."""
    one, two = told()["O1"], told()["O2"]
    assert [outcome.bid_id for outcome in one.won] == ["O1:L1"]
    assert [outcome.sentence for outcome in one.won] == [
        "Bid O1:L1 for lot L1 at £9,000.00 a year: against no other offer; it is part of the award of least total"
    ]
    (lost,) = one.lost
    assert lost.sentence == (
        "Bid O1:L2 for lot L2 at £9,500.00 a year: would have had to be £1,500.00 a year lower to be in the best "
        "award; lot L2 went to bid O2:L2 at £8,000.00 a year"
    )
    assert [winner.offer_id for winner in lost.winners] == ["O2:L2"]
    assert (one.year_pence, two.year_pence, two.lost) == (900_000, 800_000, ())


def test_no_winner_reads_how_much_dearer_it_could_have_been() -> None:
    """The award without O2's bid is £1,500 dearer: that stays with the council."""
    assert "1,500" not in told()["O2"].won[0].sentence


def test_a_lot_that_is_withheld_is_told_to_winner_and_loser() -> None:
    """L2 will not be awarded: O2 has won nothing, and O1 reads no price of O2."""
    summaries = told({"L2": "the school closes"})
    (won_before,) = summaries["O2"].lost
    assert won_before.sentence == "lot L2 will not be awarded: the school closes"
    assert summaries["O2"].won == ()
    assert (summaries["O1"].lost[0].sentence, summaries["O1"].lost[0].winners) == (won_before.sentence, ())


def test_a_package_with_a_withheld_lot_falls_as_a_whole() -> None:
    """All or nothing."""
    record = determine_awards(make_request(pack_of_two(), make_submission("O3", {"L1 L2": 17_000})))
    assert list(awarded(record, {"L2": "closed"})) == []
    assert [offer.offer_id for offer in awarded(record, {})] == ["O3:L1+L2"]


def test_who_was_set_aside_is_told_why() -> None:
    """O9 sent something, and nothing of it was compared."""
    aside = SetAside(operator_id="O9", bid_id=None, fault=BidFault.LATE, sentence="Operator O9 sent its bid 5 s late")
    assert told(aside=(aside,))["O9"].set_aside == ("Operator O9 sent its bid 5 s late",)


def test_criteria_are_those_of_the_pack() -> None:
    """Price alone, or price and quality with the formula."""
    assert [(c.name, c.weight_pct) for c in criteria_of(pack_of_two())] == [("Price", 100)]
    weighed = criteria_of(pack_of_two(AwardRules(tie_seed=7, price_weight_pct=60)))
    assert [(c.name, c.weight_pct) for c in weighed] == [("Price", 60), ("Quality", 40)]
    assert "40/60" in weighed[1].how


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (OfferKind.BID, "One Ltd"),
        (OfferKind.FLEET, "the council's own vehicles"),
        (OfferKind.LEFT, "nobody yet"),
    ],
)  # fmt: skip
def test_who_supplies_a_lot_in_words(kind: OfferKind, words: str) -> None:
    """No fleet vehicle's id is told."""
    offer = Offer(
        offer_id="x", kind=kind, supplier_id="O1", lot_ids=("L1",), price_pence=1, compared_pence=1
    )  # fmt: skip
    assert winner_words(offer, {"O1": "One Ltd"}) == words


@pytest.mark.parametrize(
    ("regime", "told_on", "ends_on"),
    [
        (Regime(), date(2026, 7, 15), date(2026, 7, 24)),
        (Regime(bank_holidays=AUGUST), date(2026, 8, 20), date(2026, 9, 1)),
        (Regime(standstill=Standstill.NONE), date(2026, 7, 15), None),
        (
            Regime(law=Law.PCR_2015, standstill_days=10, standstill_unit=DayUnit.CALENDAR),
            date(2026, 7, 15), date(2026, 7, 27),
        ),
        (
            Regime(law=Law.PCR_2015, standstill_days=10, standstill_unit=DayUnit.CALENDAR),
            date(2026, 7, 17), date(2026, 7, 27),
        ),
    ],
)  # fmt: skip
def test_the_last_day_of_the_standstill(regime: Regime, told_on: date, ends_on: date | None) -> None:
    """From Wednesday 15 July: the eighth working day is Friday 24; ten days later is Saturday 25, so Monday 27."""
    assert standstill_ends_on(regime, told_on) == ends_on


def test_contracts_are_signed_after_the_standstill() -> None:
    """The latest day on which operators can be told, for signing on a Monday; one day later is too late."""
    regime = Regime(law=Law.PCR_2015, standstill_days=10, standstill_unit=DayUnit.CALENDAR)
    # Told on Thursday 16 July, day ten is Sunday 26, so Monday 27 is the last day: too late for signing on it.
    assert latest_award(regime, date(2026, 7, 27)) == date(2026, 7, 14)
    assert latest_award(regime, date(2026, 7, 28)) == date(2026, 7, 17)
    assert latest_award(Regime(standstill=Standstill.NONE), date(2026, 7, 26)) == date(2026, 7, 24)


def test_the_standstill_in_words() -> None:
    """Dates that can be read one way only."""
    assert standstill_words(Regime(standstill=Standstill.MANDATORY), date(2026, 7, 15)) == (
        "The standstill is mandatory: 8 working days, counted from Wednesday 15 July 2026, that day included. It ends "
        "at midnight at the end of Friday 24 July 2026. Nothing is signed before."
    )
    assert "There is no standstill" in standstill_words(Regime(standstill=Standstill.NONE), date(2026, 7, 15))
