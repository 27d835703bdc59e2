"""What each operator is told of an award: its own bids, how they were assessed, and who won instead.

References
----------
Procurement Act 2023, section 50, and Procurement Regulations 2024, regulation 31: assessment summaries. Public
Contracts Regulations 2015, regulation 86: award notices to bidders. Whether they apply is the council's to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from procurement.award import AwardRecord
from procurement.award_reasons import offer_words
from procurement.bids import SetAside
from procurement.offers import Offer, OfferKind, bid_offers
from transport.bids import Submission
from transport.files.plan_words import plural
from transport.tenders import TenderPack


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One award criterion. `how` says how it was assessed."""

    name: str
    weight_pct: int
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one bid.

    Attributes
    ----------
    price_pence, compared_pence : a year; as offered and as compared.
    sentence : why it won or lost; of a losing bid its sentence of regret.
    winners : offers that supply its lots instead; none where it won, or nothing was awarded.
    """

    bid_id: str
    lot_ids: tuple[str, ...]
    price_pence: int
    compared_pence: int
    sentence: str
    winners: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything that one operator is told.

    Attributes
    ----------
    quality_pct : its score, where quality has a weight.
    won, lost : its bids. set_aside : sentences about what was not compared.
    """

    operator_id: str
    quality_pct: int | None
    won: tuple[Outcome, ...]
    lost: tuple[Outcome, ...]
    set_aside: tuple[str, ...]

    @property
    def year_pence(self) -> int:
        """What it has won, a year."""
        return sum(outcome.price_pence for outcome in self.won)


def criteria_of(pack: TenderPack) -> tuple[Criterion, ...]:
    """The award criteria as the pack declares them."""
    rules = pack.rules
    price = Criterion(
        name="Price", weight_pct=rules.price_weight_pct,
        how="pounds a year by the price schedule; the set of bids of least total that supplies every lot once wins",
    )  # fmt: skip
    if rules.price_weight_pct == 100:
        return (price,)
    how = (
        "0 to 100, scored by the evaluators; (100 - score) % of the council's estimate x "
        f"{100 - rules.price_weight_pct}/{rules.price_weight_pct} is added to the price"
    )
    return price, Criterion(name="Quality", weight_pct=100 - rules.price_weight_pct, how=how)


def summaries_of(
    pack: TenderPack,
    record: AwardRecord,
    submissions: Sequence[Submission],
    set_aside: Sequence[SetAside],
    quality_pct_by_operator_id: Mapping[str, int],
    withheld: Mapping[str, str],
) -> tuple[Summary, ...]:
    """What each operator that sent something is told, by operator id.

    Parameters
    ----------
    submissions : bids that were compared. set_aside : the others.
    withheld : reason by lot that is not awarded; a bid that won such a lot is told so instead.
    """
    offers = {offer.offer_id: offer for offer in bid_offers(pack, submissions, quality_pct_by_operator_id)}
    outcomes = _outcomes(record, offers, withheld)
    operators = {s.operator_id for s in submissions} | {aside.operator_id for aside in set_aside}
    return tuple(
        Summary(
            operator_id=operator_id,
            quality_pct=quality_pct_by_operator_id.get(operator_id),
            won=tuple(o for i, won, o in outcomes if won and offers[i].supplier_id == operator_id),
            lost=tuple(o for i, won, o in outcomes if not won and offers[i].supplier_id == operator_id),
            set_aside=tuple(aside.sentence for aside in set_aside if aside.operator_id == operator_id),
        )
        for operator_id in sorted(operators)
    )


def awarded(record: AwardRecord, withheld: Collection[str]) -> Iterator[Offer]:
    """Winning offers none of whose lots is withheld: a package stands or falls as a whole."""
    return (offer for offer in record.winners if not set(offer.lot_ids) & set(withheld))


def _outcomes(
    record: AwardRecord, offers: Mapping[str, Offer], withheld: Mapping[str, str]
) -> list[tuple[str, bool, Outcome]]:
    """Bid id, whether it won, and what became of it; winners first."""
    standing = {offer.offer_id: offer for offer in awarded(record, withheld)}
    winner_by_lot = {lot_id: offer for offer in standing.values() for lot_id in offer.lot_ids}
    n_rivals = {reason.offer_id: reason.n_rivals for reason in record.reasons}
    found = []
    for offer in (o for o in record.winners if o.offer_id in offers):
        won = offer.offer_id in standing
        sentence = _won_words(offer, n_rivals[offer.offer_id]) if won else _held(offer, withheld)
        found.append((offer.offer_id, won, _outcome(offer, sentence)))
    for lost in record.lost:
        if lost.offer_id in offers:
            offer = offers[lost.offer_id]
            taken = tuple(dict.fromkeys(winner_by_lot[i] for i in offer.lot_ids if i in winner_by_lot))
            not_awarded = set(offer.lot_ids) & set(withheld)
            sentence = _held(offer, withheld) if not_awarded else lost.sentence
            found.append((lost.offer_id, False, _outcome(offer, sentence, taken)))
    return found


def _won_words(offer: Offer, n_rivals: int) -> str:
    """Why it won; not by how much, which would tell the operator what more it could have asked for."""
    against = "no other offer" if n_rivals == 0 else plural(n_rivals, "other offer")
    return f"{offer_words(offer)}: against {against}; it is part of the award of least total"


def _outcome(offer: Offer, sentence: str, winners: tuple[Offer, ...] = ()) -> Outcome:
    return Outcome(
        bid_id=offer.offer_id, lot_ids=offer.lot_ids, price_pence=offer.price_pence,
        compared_pence=offer.compared_pence, sentence=sentence, winners=winners,
    )  # fmt: skip


def _held(offer: Offer, withheld: Mapping[str, str]) -> str:
    lots = [lot_id for lot_id in offer.lot_ids if lot_id in withheld]
    reasons = "; ".join(dict.fromkeys(withheld[lot_id] for lot_id in lots))
    return f"{'lot' if len(lots) == 1 else 'lots'} {', '.join(lots)} will not be awarded: {reasons}"


def winner_words(offer: Offer, name_by_operator_id: Mapping[str, str]) -> str:
    """Who supplies lots, in words for the operators that do not."""
    if offer.kind is OfferKind.FLEET:
        return "the council's own vehicles"
    if offer.kind is OfferKind.LEFT:
        return "nobody yet"
    return name_by_operator_id.get(offer.supplier_id, offer.supplier_id)
