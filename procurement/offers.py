"""Everything that can be chosen for a lot: bids, extensions, the council's own fleet, or leaving it for now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from transport.bids import Bid, Submission
from transport.money import half_up
from transport.tenders import AwardRules, TenderLot, TenderPack


class OfferKind(StrEnum):
    """Who would supply the lots."""

    BID = "bid"
    EXTENSION = "extension"
    """The contract that runs out goes on at the operator's price."""
    FLEET = "fleet"
    """A council vehicle drives them."""
    LEFT = "left"
    """Nobody yet: bought later at the declared fallback price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to supply one or more lots, all or nothing.

    Attributes
    ----------
    offer_id : a bid's id, or made from kind and lot.
    supplier_id : operator, or fleet vehicle; empty where a lot is left.
    price_pence : paid a year.
    compared_pence : what the award minimises: the price, after quality and declared discounts.
    class_id : vehicle class offered in place of the lots' own; None: as asked for.
    n_alike : fleet: vehicles that are the same in everything; so many offers of this supplier may be taken.
    """

    offer_id: str
    kind: OfferKind
    supplier_id: str
    lot_ids: tuple[str, ...]
    price_pence: int
    compared_pence: int
    class_id: str | None = None
    n_alike: int = 1

    @property
    def is_operators(self) -> bool:
        """Whether an operator supplies it, so that capacities, caps and shares count it."""
        return self.kind in (OfferKind.BID, OfferKind.EXTENSION)


def compared_pence(
    price_pence: int, estimate_pence: int, rules: AwardRules, *, quality_pct: int | None = None, discount_pct: int = 0
) -> int:
    """Price as it is compared, by the published formula.

    Parameters
    ----------
    price_pence, estimate_pence : a year, of all lots together.
    quality_pct : the operator's score, 0 to 100; needed where quality has a weight.

    Notes
    -----
    price x (100 - discount)/100 + (100 - quality)/100 x estimate x quality weight / price weight. What is least is the
    best score: for each pound of estimate, price weight points less those that the price takes, and quality weight
    points times the score. The estimate, not the lowest bid, is the yardstick, so that one bid cannot change the order
    of two others, and points of several lots can be added.
    """
    money = half_up(price_pence * (100 - discount_pct), 100)
    weight = 100 - rules.price_weight_pct
    if weight == 0:
        return money
    if quality_pct is None:
        raise ValueError("quality has a weight, so every operator needs a quality score")
    return money + half_up(weight * (100 - quality_pct) * estimate_pence, 100 * rules.price_weight_pct)


def bid_offers(
    pack: TenderPack, submissions: Sequence[Submission], quality_pct_by_operator_id: Mapping[str, int]
) -> Iterator[Offer]:
    """The bids as offers, priced by the rules of the pack.

    Raises
    ------
    ValueError
        When a bid is for a lot that is not in the pack, a package where none are allowed, or without a quality score.
    """
    lot_by_id = {lot.lot_id: lot for lot in pack.lots}
    for submission in submissions:
        quality_pct = quality_pct_by_operator_id.get(submission.operator_id)
        for bid in submission.bids:
            unknown = [lot_id for lot_id in bid.lot_ids if lot_id not in lot_by_id]
            if unknown:
                raise ValueError(f"bid {bid.bid_id} is for {', '.join(unknown)}; must be lots of pack {pack.pack_id}")
            if bid.is_package and not pack.rules.packages:
                raise ValueError(f"bid {bid.bid_id} is a package; pack {pack.pack_id} allows bids for single lots only")
            lots = [lot_by_id[lot_id] for lot_id in bid.lot_ids]
            yield Offer(
                offer_id=bid.bid_id,
                kind=OfferKind.BID,
                supplier_id=bid.operator_id,
                lot_ids=bid.lot_ids,
                price_pence=bid.year_pence,
                compared_pence=compared_pence(
                    bid.year_pence,
                    sum(lot.estimate_pence for lot in lots),
                    pack.rules,
                    quality_pct=quality_pct,
                    discount_pct=_discount_pct(bid, submission, lots, pack.rules),
                ),
                class_id=bid.class_id,
            )


def _discount_pct(bid: Bid, submission: Submission, lots: Sequence[TenderLot], rules: AwardRules) -> int:
    holds_all = all(lot.held_by == bid.operator_id for lot in lots)
    return (
        rules.incumbent_discount_pct * holds_all
        + rules.keep_crew_discount_pct * bid.keeps_crew
        + rules.sme_discount_pct * submission.is_sme
    )


def left_offers(pack: TenderPack) -> Iterator[Offer]:
    """Leaving each lot at the declared share of its estimate, where the pack declares one."""
    share_pct = pack.rules.fallback_pct
    if share_pct is None:
        return
    for lot in pack.lots:
        price_pence = half_up(share_pct * lot.estimate_pence, 100)
        yield Offer(
            offer_id=f"left:{lot.lot_id}", kind=OfferKind.LEFT, supplier_id="", lot_ids=(lot.lot_id,),
            price_pence=price_pence, compared_pence=price_pence,
        )  # fmt: skip
