"""Make or buy: fleet, extensions and bids in one choice, beside the two usual orders of deciding.

All three are choices of one model, so the joint one, which begins from the cheaper of the other two, is never dearer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from procurement.award import AwardRecord, AwardRequest, determine_awards, offers_of, require_as_issued
from procurement.award_model import AwardModel, make_award_model
from procurement.award_reasons import Tell
from procurement.choice import Choice, ChoiceSearch, Chosen, Row
from procurement.fleet_offers import FleetPrice
from procurement.offers import Offer, OfferKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of deciding and what it comes to a year.

    Attributes
    ----------
    compared_pence : None where it leads to no award that keeps every rule.
    """

    compared_pence: int | None
    winners: tuple[Offer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeOrBuy:
    """The three ways at one kind of cost.

    Attributes
    ----------
    avoidable : whether fleet counts at avoidable cost; else lease and depot of the vehicles it uses count too.
    fleet_first : vehicles go where they save most against should-cost, before bids are looked at; the rest is bought.
    bids_first : the best award without the fleet; then vehicles take over what was awarded, where that is cheaper.
    joint : all at once, with its record. start_ids : offers of the award that its search began from.
    """

    avoidable: bool
    fleet_first: Way
    bids_first: Way
    joint: Way
    record: AwardRecord
    start_ids: tuple[str, ...]

    @property
    def saved_pence(self) -> int | None:
        """What deciding all at once saves a year against the cheaper of the others; None where both fail."""
        others = [way.compared_pence for way in (self.fleet_first, self.bids_first) if way.compared_pence is not None]
        return min(others) - self.record.compared_pence if others else None


def make_or_buy(
    request: AwardRequest, fleet: Sequence[FleetPrice], extensions: Sequence[Offer], *, avoidable: bool,
    tell: Tell = lambda what, n, of: None,
) -> MakeOrBuy:  # fmt: skip
    """Decide on fleet, extensions and bids: one after the other in both orders, and all at once.

    Parameters
    ----------
    request : its `other_offers` are replaced by fleet and extensions, as far as the pack reserved these rights.
    tell : as in `determine_awards`; `make or buy` comes before.

    Raises
    ------
    AwardRefused, AwardImpossible
        As `determine_awards`.
    """
    rules = request.pack.rules
    own = [price.offer(avoidable=avoidable) for price in fleet] if rules.fleet_reserved else []
    request = replace(request, other_offers=(*own, *(extensions if rules.extensions_reserved else ())))
    require_as_issued(request)
    model = make_award_model(request.pack, offers_of(request), request.submissions)
    search = ChoiceSearch(model.choice)
    tell("make or buy", 0, 1)
    ways = (_fleet_first(request, model, search), _bids_first(request, model, search))
    known = min((w for w in ways if w.cost is not None), key=lambda w: w.cost or 0, default=None)
    start_ids = () if known is None else tuple(offer.offer_id for offer in model.offers_of(known.columns))
    record = determine_awards(replace(request, start_ids=start_ids), tell)
    fleet_first, bids_first = (Way(compared_pence=w.cost, winners=model.offers_of(w.columns)) for w in ways)
    return MakeOrBuy(
        avoidable=avoidable, fleet_first=fleet_first, bids_first=bids_first, record=record, start_ids=start_ids,
        joint=Way(compared_pence=record.compared_pence, winners=record.winners),
    )  # fmt: skip


def _columns(model: AwardModel, kinds: Collection[OfferKind]) -> list[int]:
    return [column for column, offer in enumerate(model.offers) if offer.kind in kinds]


def _fleet_first(request: AwardRequest, model: AwardModel, search: ChoiceSearch) -> Chosen:
    """Vehicles by should-cost, then the best award of the rest."""
    fleet = _columns(model, [OfferKind.FLEET])
    taken = {fleet[n] for n in _fleet_by_estimate(request, [model.offers[column] for column in fleet])}
    return search.best(seconds=request.seconds, force=taken, forbid=set(fleet) - taken)


def _fleet_by_estimate(request: AwardRequest, fleet: Sequence[Offer]) -> list[int]:
    """Which fleet offers are best if every other lot costs its estimate, by position."""
    lots = request.pack.lots
    costs = [*(offer.compared_pence for offer in fleet), *(lot.estimate_pence for lot in lots)]
    rows = []
    for n, lot in enumerate(lots):
        takers = [(column, 1) for column, offer in enumerate(fleet) if lot.lot_id in offer.lot_ids]
        rows.append(Row(terms=(*takers, (len(fleet) + n, 1)), lower=1, upper=1))
    for vehicle_id in dict.fromkeys(offer.supplier_id for offer in fleet):
        terms = [(column, 1) for column, offer in enumerate(fleet) if offer.supplier_id == vehicle_id]
        rows.append(Row(terms=tuple(terms), upper=fleet[terms[0][0]].n_alike))
    found = ChoiceSearch(Choice(costs=tuple(costs), rows=tuple(rows))).best(seconds=request.seconds)
    return [column for column in found.columns if column < len(fleet)]


def _bids_first(request: AwardRequest, model: AwardModel, search: ChoiceSearch) -> Chosen:
    """The best award without the fleet; then what the fleet does cheaper than what was awarded."""
    fleet = _columns(model, [OfferKind.FLEET])
    bought = search.best(seconds=request.seconds, forbid=fleet)
    if bought.cost is None:
        return bought
    refused = set(_columns(model, [OfferKind.BID, OfferKind.EXTENSION])) - set(bought.columns)
    return search.best(seconds=request.seconds, forbid=refused, start=bought.columns)
