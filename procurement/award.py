"""Who wins: the award of least price under the rules of the pack as issued, with proof or a stated gap.

`determine_awards` is the spine: same pack, offers, model, search, ties, reasons, check, record.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from procurement.award_check import check_award
from procurement.award_model import AwardModel, make_award_model
from procurement.award_reasons import EVERY_WINNER_UP_TO, LostBid, LotReason, RulePrice, SecondBest, Tell, reasons_of
from procurement.choice import Choice, ChoiceSearch, ChoiceState, Chosen, Row
from procurement.offers import Offer, bid_offers, left_offers
from transport.bids import Submission
from transport.digest import digest_of
from transport.tenders import AwardRules, TenderLot, TenderPack

DRAWN_FROM = 1_000_000
"""Numbers drawn for ties lie below this."""


class AwardRefused(ValueError):
    """What is asked is not what was issued: nothing has been awarded."""


class AwardImpossible(ValueError):
    """No award keeps every rule: the message says which lots or rules stand in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRequest:
    """One award to be made.

    Attributes
    ----------
    pack : as issued. pack_digest : sha256 published with it.
    lots, rules : as they stand now; they must be the pack's.
    submissions : admitted bids. quality_pct_by_operator_id : scores, 0 to 100, where quality has a weight.
    other_offers : fleet and extensions, only where the pack reserved that right.
    start_ids : offers of an award known to be good, to begin the search from.
    seconds : wall time for the award itself; explain_seconds : for the reasons.
    always_explained : lots up to which winners and rules are explained however long it takes.
    """

    pack: TenderPack
    pack_digest: str
    lots: tuple[TenderLot, ...]
    rules: AwardRules
    submissions: tuple[Submission, ...]
    quality_pct_by_operator_id: Mapping[str, int] = field(default_factory=dict)
    other_offers: tuple[Offer, ...] = ()
    start_ids: tuple[str, ...] = ()
    seconds: float = 60.0
    explain_seconds: float = 60.0
    always_explained: int = EVERY_WINNER_UP_TO


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRecord:
    """What was decided, on what, and why: written once and never changed.

    Attributes
    ----------
    pack_digest, bids_digest : of what it was decided on.
    winners : chosen offers, by lot.
    price_pence : paid a year. compared_pence : what was minimised. bound_pence : no award has less.
    proven : whether the award is proven to be the best. tied : whether the seeded rule chose among equals.
    reasons, second_best, rule_prices, lost : see `procurement.award_reasons`.
    unexplained : sentences about what there was no time to work out.
    """

    pack_id: str
    pack_version: int
    pack_digest: str
    bids_digest: str
    winners: tuple[Offer, ...]
    price_pence: int
    compared_pence: int
    bound_pence: int
    proven: bool
    tied: bool
    reasons: tuple[LotReason, ...]
    second_best: SecondBest | None
    rule_prices: tuple[RulePrice, ...]
    lost: tuple[LostBid, ...]
    unexplained: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Sha256 of the record."""
        return digest_of(self)

    @property
    def gap(self) -> float:
        """How far the award may be from the best, as a share of the bound."""
        return 0.0 if self.proven else (self.compared_pence - self.bound_pence) / max(1, self.bound_pence)


def determine_awards(request: AwardRequest, tell: Tell = lambda what, n, of: None) -> AwardRecord:
    """Choose the award of least compared price, prove it or say the gap, and give every reason.

    Parameters
    ----------
    tell : is told what is being worked out: `award`, `ties`, then as `reasons_of` does.

    Raises
    ------
    AwardRefused
        When lots or rules are not those issued, or an offer needs a right that the pack did not reserve.
    AwardImpossible
        When no award keeps every rule.
    """
    require_as_issued(request)
    offers = offers_of(request)
    model = make_award_model(request.pack, offers, request.submissions)
    search = ChoiceSearch(model.choice)
    tell("award", 0, 1)
    best = search.best(seconds=request.seconds, start=_first(model, request))
    if best.cost is None:
        raise AwardImpossible(_why_impossible(request, offers, best))
    tell("ties", 0, 1)
    settled = settle_ties(model, best, request.pack.rules.tie_seed, request.seconds)
    best, deadline = settled.chosen, time.monotonic() + request.explain_seconds
    reasons = reasons_of(
        request.pack,
        request.submissions,
        request.quality_pct_by_operator_id,
        model,
        search,
        best,
        settled.second,
        deadline,
        always=len(request.pack.lots) <= request.always_explained,
        tell=tell,
    )
    winners = model.offers_of(best.columns)
    require_kept(check_award(request.pack, request.submissions, winners))
    return AwardRecord(
        pack_id=request.pack.pack_id,
        pack_version=request.pack.version,
        pack_digest=request.pack_digest,
        bids_digest=digest_of((request.submissions, dict(request.quality_pct_by_operator_id), request.other_offers)),
        winners=winners,
        price_pence=sum(offer.price_pence for offer in winners),
        compared_pence=sum(offer.compared_pence for offer in winners),
        bound_pence=max(0, best.bound or 0),
        proven=best.state is ChoiceState.PROVEN,
        tied=settled.tied,
        reasons=reasons.lots,
        second_best=reasons.second_best,
        rule_prices=reasons.rule_prices,
        lost=reasons.lost,
        unexplained=(*settled.unsettled, *reasons.unexplained),
    )


def offers_of(request: AwardRequest) -> tuple[Offer, ...]:
    """All that can be chosen: bids, fleet and extensions, and leaving a lot."""
    bids = bid_offers(request.pack, request.submissions, request.quality_pct_by_operator_id)
    return (*bids, *request.other_offers, *left_offers(request.pack))


def require_as_issued(request: AwardRequest) -> None:
    """Refuse lots, rules and rights that are not the issued pack's, all at once.

    Raises
    ------
    AwardRefused
        Naming each difference.
    """
    pack = request.pack
    faults = list(_digest_faults(pack, request.pack_digest))
    if digest_of(request.lots) != pack.lots_digest:
        changed = sorted(_changed_lots(pack.lots, request.lots))
        faults.append(f"lots are fixed once bids close; not as issued: {', '.join(changed) or 'their order'}")
    for f in fields(AwardRules):
        issued, asked = getattr(pack.rules, f.name), getattr(request.rules, f.name)
        if issued != asked:
            faults.append(f"rule {f.name} is {asked}; pack {pack.pack_id} version {pack.version} declares {issued}")
    reserved = {
        "fleet": pack.rules.fleet_reserved,
        "extension": pack.rules.extensions_reserved,
    }
    for kind in dict.fromkeys(offer.kind.value for offer in request.other_offers):
        if not reserved.get(kind, False):
            faults.append(f"an offer of kind {kind} needs a right that pack {pack.pack_id} did not reserve")
    if faults:
        raise AwardRefused("; ".join(faults))


def require_published(pack: TenderPack, pack_digest: str) -> None:
    """Refuse a pack that is not the one whose digest was published.

    Raises
    ------
    AwardRefused
        With the beginnings of both digests.
    """
    if faults := list(_digest_faults(pack, pack_digest)):
        raise AwardRefused("; ".join(faults))


def _digest_faults(pack: TenderPack, published: str) -> Iterator[str]:
    if pack.digest != published:
        yield f"pack {pack.pack_id} has digest {pack.digest[:12]}; published was {published[:12]}"


def _changed_lots(issued: Sequence[TenderLot], now: Sequence[TenderLot]) -> set[str]:
    before, after = ({lot.lot_id: lot for lot in lots} for lots in (issued, now))
    return {lot_id for lot_id in before.keys() | after.keys() if before.get(lot_id) != after.get(lot_id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An award after the rule for ties.

    Attributes
    ----------
    tied : whether another award is known to have the same compared price.
    second : the best other award, where known. unsettled : sentences about what time did not allow.
    """

    chosen: Chosen
    tied: bool = False
    second: Chosen | None = None
    unsettled: tuple[str, ...] = ()


def settle_ties(model: AwardModel, best: Chosen, seed: int, seconds: float) -> Settled:
    """Among awards of equal compared price, take the one with the lowest sum of drawn numbers.

    An award that is not proven stays as it is.

    Parameters
    ----------
    seconds : wall time for each of at most three searches.
    """
    if best.state is not ChoiceState.PROVEN or best.cost is None:
        return Settled(chosen=best, unsettled=("the award is not proven, so the rule for ties was not applied",))
    other = _best_other(model, best, seconds)
    if other.cost != best.cost:
        alone = other.state is ChoiceState.IMPOSSIBLE or (other.bound is not None and other.bound > best.cost)
        unsettled = () if alone else ("whether another award has the same price could not be told in the time given",)
        return Settled(chosen=best, second=other, unsettled=unsettled)
    drawn = [drawn_number(seed, offer.offer_id) for offer in model.offers]
    n_more = len(model.choice.costs) - len(drawn)
    no_dearer = Row(terms=tuple(enumerate(model.choice.costs)), upper=best.cost)
    by_lot = Choice(costs=(*drawn, *[0] * n_more), rows=(*model.choice.rows, no_dearer))
    lowest = ChoiceSearch(by_lot).best(seconds=seconds, start=best.columns)
    chosen = replace(best, columns=lowest.columns or best.columns)
    done = lowest.state is ChoiceState.PROVEN
    unsettled = () if done else ("several awards have this price; time ended before the lowest drawn sum was proven",)
    return Settled(chosen=chosen, tied=True, second=_best_other(model, chosen, seconds), unsettled=unsettled)


def drawn_number(seed: int, offer_id: str) -> int:
    """The number that decides ties: the first 16 hex digits of sha256 of `seed:offer_id`, modulo a million."""
    return int(hashlib.sha256(f"{seed}:{offer_id}".encode()).hexdigest()[:16], 16) % DRAWN_FROM


def _best_other(model: AwardModel, chosen: Chosen, seconds: float) -> Chosen:
    cut = model.choice.other_than(chosen.columns, range(len(model.offers)))
    return ChoiceSearch(Choice(costs=model.choice.costs, rows=(*model.choice.rows, cut))).best(seconds=seconds)


def _first(model: AwardModel, request: AwardRequest) -> frozenset[int]:
    """The award to begin from: the one known, or leaving every lot where that may be."""
    known = [model.offers[model.column_by_offer_id[offer_id]] for offer_id in request.start_ids]
    return model.columns_of(known or left_offers(request.pack))


def _why_impossible(request: AwardRequest, offers: Sequence[Offer], best: Chosen) -> str:
    if best.state is ChoiceState.NOTHING:
        return f"no award was found within {request.seconds:g} seconds; give it more time"
    offered = {lot_id for offer in offers for lot_id in offer.lot_ids}
    without = [lot.lot_id for lot in request.pack.lots if lot.lot_id not in offered]
    if without:
        return f"nobody offers {', '.join(without)}, and the pack declares no fallback (fallback_pct)"
    rules = ", ".join(request.pack.rules.in_play()) or "none"
    return (
        "no award keeps every rule: operators' capacities and own caps leave no way to supply every lot once; "
        f"declared rules in play: {rules}; the pack declares no fallback (fallback_pct) for lots left over"
    )


def require_kept(broken: Sequence[str]) -> None:
    """Refuse an award that breaks a rule, by the checker that shares nothing with the search.

    Raises
    ------
    RuntimeError
        When it does: a fault of schoolrun, not of the bids.
    """
    if broken:
        raise RuntimeError("the award found breaks its own rules: " + "; ".join(broken))
