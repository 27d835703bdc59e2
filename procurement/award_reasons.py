"""Why an award is as it is: what it would be without each winner, without each rule, and what every loser lacked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from procurement.award_model import AwardModel, make_award_model
from procurement.choice import ChoiceSearch, ChoiceState, Chosen
from procurement.offers import Offer, OfferKind, bid_offers, left_offers
from procurement.relaxation import Questions
from transport.bids import Submission
from transport.digest import later
from transport.files.plan_words import pounds
from transport.tenders import AwardRules, TenderPack

EVERY_WINNER_UP_TO = 150
"""Lots up to which the award without each winner and without each rule is worked out however long it takes."""
SECONDS_EACH = 60.0
"""Most wall time for one question; an answer that is not proven by then is told as a bound."""

Tell = Callable[[str, int, int], None]
"""Is told what is worked out, how many have been and of how many; may raise, and nothing more is done then."""

_KNOWN = (ChoiceState.PROVEN, ChoiceState.IMPOSSIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotReason:
    """Why one offer won.

    Attributes
    ----------
    n_rivals : other offers for any of its lots.
    without_pence : compared price of the best award without it; None: there is none, or not worked out.
    without_proven : whether that is proven the best.
    """

    offer_id: str
    lot_ids: tuple[str, ...]
    n_rivals: int
    without_pence: int | None
    without_proven: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondBest:
    """The best award that differs in at least one offer.

    Attributes
    ----------
    dearer_pence : than the award, a year, as compared. gained_ids, dropped_ids : offers it has instead of others.
    """

    dearer_pence: int
    gained_ids: tuple[str, ...]
    dropped_ids: tuple[str, ...]
    proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePrice:
    """What a declared rule costs.

    Attributes
    ----------
    price_pence : paid a year, less what would be paid in the best award without the rule; below 0 where that would
        pay more (a rule that weighs quality, or gives a right); None: not worked out.
    """

    rule: str
    price_pence: int | None
    proven: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LostBid:
    """Why one bid did not win.

    Attributes
    ----------
    at_least_pence : where that is not exact: it would have had to be lower by this at least; None: not known.
    short_pence : compared price a year by which it would have had to be lower to be in a best award; None: no award
        has it at any price, or not worked out.
    """

    offer_id: str
    operator_id: str
    short_pence: int | None
    proven: bool
    sentence: str
    at_least_pence: int | None = later(None, since="0.1.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """All of them, and sentences about what there was no time for."""

    lots: tuple[LotReason, ...]
    second_best: SecondBest | None
    rule_prices: tuple[RulePrice, ...]
    lost: tuple[LostBid, ...]
    unexplained: tuple[str, ...]


def reasons_of(
    pack: TenderPack,
    submissions: Sequence[Submission],
    quality_pct_by_operator_id: Mapping[str, int],
    model: AwardModel,
    search: ChoiceSearch,
    best: Chosen,
    second: Chosen | None,
    deadline: float,
    *,
    always: bool,
    tell: Tell = lambda what, n, of: None,
) -> Reasons:
    """Work out every reason, those of winners first.

    Parameters
    ----------
    best : the award. second : the best other one, where known.
    deadline : instant of the monotonic clock after which the rest is left.
    always : whether winners and rules are worked out beyond it, as they are in small tenders.
    tell : is told before each question: `winners`, `rules`, `losers`.
    """
    asked = _Asked(pack=pack, model=model, ask=Questions(search, best), best=best)
    winners = model.offers_of(best.columns)
    lots = []
    for n, offer in enumerate(winners):
        tell("winners", n, len(winners))
        lots.append(asked.why_won(offer, SECONDS_EACH if always else seconds_left(deadline)))
    scores = quality_pct_by_operator_id
    prices = []
    rules = pack.rules.in_play()
    for n, rule in enumerate(rules):
        tell("rules", n, len(rules))
        seconds = SECONDS_EACH if always else seconds_left(deadline)
        prices.append(price_of_rule(pack, submissions, scores, model, best, rule, seconds))
    lost = list(asked.why_lost(winners, deadline, tell))
    return Reasons(
        lots=tuple(lots),
        second_best=_second_best(model, best, second),
        rule_prices=tuple(prices),
        lost=tuple(lost),
        unexplained=tuple(_unexplained(lots, prices, lost)),
    )


def seconds_left(deadline: float) -> float:
    """Seconds for one more question; 0: none."""
    return max(0.0, min(SECONDS_EACH, deadline - time.monotonic()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Questions to one search about one award."""

    pack: TenderPack
    model: AwardModel
    ask: Questions
    best: Chosen

    def why_won(self, offer: Offer, seconds: float) -> LotReason:
        """Why an offer is in the award: what the best award without it would cost; 0 seconds: not worked out."""
        column = self.model.column_by_offer_id[offer.offer_id]
        rivals = [o for o in self.model.offers if o is not offer and set(o.lot_ids) & set(offer.lot_ids)]
        n_rivals = sum(o.kind is not OfferKind.LEFT for o in rivals)
        quick = self.ask.quickly(forbid=[column])
        without: Chosen | None = quick
        if quick.state is not ChoiceState.PROVEN:
            start = self._left(column)
            without = self.ask.searched(quick, seconds, forbid=[column], start=start) if seconds else None
        return LotReason(
            offer_id=offer.offer_id,
            lot_ids=offer.lot_ids,
            n_rivals=n_rivals,
            without_pence=None if without is None else without.cost,
            without_proven=without is not None and without.state in _KNOWN,
            sentence=self._won_words(offer, n_rivals, without),
        )

    def _left(self, column: int) -> frozenset[int]:
        """The award with the lots of one offer left: somewhere to begin from, where leaving is allowed."""
        kept = [offer for offer in self.model.offers_of(self.best.columns) if self._column(offer) != column]
        wanted = set(self.model.offers[column].lot_ids)
        left = [o for o in self.model.offers if o.kind is OfferKind.LEFT and wanted >= set(o.lot_ids)]
        return self.model.columns_of([*kept, *left])

    def _column(self, offer: Offer) -> int:
        return self.model.column_by_offer_id[offer.offer_id]

    def _won_words(self, offer: Offer, n_rivals: int, without: Chosen | None) -> str:
        who = offer_words(offer)
        against = "no other offer" if n_rivals == 0 else f"{n_rivals} other offer{'s' if n_rivals > 1 else ''}"
        if without is None:
            return f"{who}: against {against}; the award without it was not worked out for want of time"
        if without.state is ChoiceState.IMPOSSIBLE:
            return f"{who}: against {against}; without it no award keeps every rule"
        if without.cost is None or self.best.cost is None:
            return f"{who}: against {against}; no award without it was found in the time given"
        dearer = pounds(without.cost - self.best.cost)
        most = "" if without.state is ChoiceState.PROVEN else "at most "
        return f"{who}: against {against}; the best award without it is {most}{dearer} a year dearer"

    def why_lost(self, winners: Sequence[Offer], deadline: float, tell: Tell) -> Iterator[LostBid]:
        """Each losing bid, with what it would have had to be lower by."""
        won = {offer.offer_id for offer in winners}
        winner_by_lot = {lot_id: offer for offer in winners for lot_id in offer.lot_ids}
        losers = [offer for offer in self.model.offers if offer.is_operators and offer.offer_id not in won]
        for n, offer in enumerate(losers):
            tell("losers", n, len(losers))
            taken = list(dict.fromkeys(winner_by_lot[lot_id] for lot_id in offer.lot_ids))
            yield self._why_one_lost(offer, taken, deadline)

    def _why_one_lost(self, offer: Offer, taken: Sequence[Offer], deadline: float) -> LostBid:
        with_it = quick = self.ask.quickly(force=[self._column(offer)])
        if quick.state is not ChoiceState.PROVEN and (seconds := seconds_left(deadline)):
            with_it = self.ask.searched(quick, seconds, force=[self._column(offer)])
        cost = self.best.cost
        short = None if with_it.cost is None or cost is None else with_it.cost - cost
        is_known = with_it.state in _KNOWN
        bounds = [] if is_known or cost is None else [b - cost for b in (quick.bound, with_it.bound) if b is not None]
        at_least = max((pence for pence in bounds if pence > 0), default=None)
        return LostBid(
            offer_id=offer.offer_id,
            operator_id=offer.supplier_id,
            short_pence=short,
            proven=is_known,
            sentence=self._lost_words(offer, taken, with_it, short, at_least),
            at_least_pence=at_least,
        )

    def _lost_words(
        self, offer: Offer, taken: Sequence[Offer], with_it: Chosen, short: int | None, at_least: int | None
    ) -> str:  # fmt: skip
        who = offer_words(offer)
        went = "; ".join(_went_words(other) for other in taken)
        if with_it.state is ChoiceState.IMPOSSIBLE:
            return (
                f"{who}: no award can hold it, whatever its price: a capacity, a cap or a declared rule forbids; {went}"
            )
        if short is None and at_least is not None:
            return (
                f"{who}: would have had to be at least {pounds(at_least)} a year lower to be in the best award; {went}"
            )
        if short is None:
            return f"{who}: {went}; how far it was from winning was not worked out for want of time"
        if short == 0:
            return f"{who}: in an award of equal price; the published rule for ties decided; {went}"
        most = "" if with_it.state is ChoiceState.PROVEN else "at most "
        dear = self._why_dearer_won(offer, taken, with_it)
        return f"{who}: would have had to be {most}{pounds(short)} a year lower to be in the best award; {went}{dear}"

    def _why_dearer_won(self, offer: Offer, taken: Sequence[Offer], with_it: Chosen) -> str:
        """Why a bid lost to something dearer for the same lots; empty where it did not, or that is not known."""
        if {lot for other in taken for lot in other.lot_ids} != set(offer.lot_ids):
            return ""
        theirs_pence = sum(other.compared_pence for other in taken)
        if theirs_pence <= offer.compared_pence:
            is_dearer = sum(other.price_pence for other in taken) > offer.price_pence
            return _compared_words(theirs_pence, offer.compared_pence) if is_dearer else ""
        if {self.best.state, with_it.state} != {ChoiceState.PROVEN}:
            return ""
        # The award with only these offers exchanged would cost less, so it breaks a row: whose?
        winners = self.model.offers_of(self.best.columns)
        exchanged = self.model.columns_of([offer, *(other for other in winners if other not in taken)])
        theirs = {self._column(o) for o in self.model.offers if o.is_operators and o.supplier_id == offer.supplier_id}
        broken = [row for row in self.model.choice.rows if not row.holds(exchanged)]
        if not any(theirs.issuperset(column for column, _ in row.terms) for row in broken):
            return "; that is dearer, but with this in its place the award would break a declared rule"
        own = [o for o in winners if o.is_operators and o.supplier_id == offer.supplier_id]
        gone = [o.offer_id for o in own if self._column(o) not in with_it.columns]
        instead = f"; the best award with it goes without {', '.join(gone)}" if gone else ""
        return (
            f"; that is dearer, but {offer.supplier_id} cannot have this too, beside all that it won: its vehicles, "
            f"assistants, own limits or a declared share forbid{instead}"
        )


def offer_words(offer: Offer) -> str:
    """An offer in words: who, for which lots, at which price."""
    lots = ("lot " if len(offer.lot_ids) == 1 else "lots ") + ", ".join(offer.lot_ids)
    if offer.kind is OfferKind.LEFT:
        return f"Leaving {lots} at the fallback price of {pounds(offer.price_pence)} a year"
    is_package = offer.kind is OfferKind.BID and len(offer.lot_ids) > 1
    kind = "Package bid" if is_package else offer.kind.value.capitalize()
    return f"{kind} {offer.offer_id} for {lots} at {pounds(offer.price_pence)} a year"


def _compared_words(theirs_pence: int, own_pence: int) -> str:
    return (
        f"; that is dearer, but by the declared weights and preferences it counts {pounds(theirs_pence)} and this bid "
        f"{pounds(own_pence)}"
    )


def _went_words(winner: Offer) -> str:
    lots = ("lot " if len(winner.lot_ids) == 1 else "lots ") + ", ".join(winner.lot_ids)
    if winner.kind is OfferKind.LEFT:
        return f"{lots} is left at the fallback price of {pounds(winner.price_pence)} a year"
    if winner.kind is OfferKind.FLEET:
        verb = "is" if len(winner.lot_ids) == 1 else "are"
        return f"{lots} {verb} driven by the council's own vehicles at {pounds(winner.price_pence)} a year"
    return f"{lots} went to {winner.kind.value} {winner.offer_id} at {pounds(winner.price_pence)} a year"


def _second_best(model: AwardModel, best: Chosen, second: Chosen | None) -> SecondBest | None:
    if second is None or second.cost is None or best.cost is None:
        return None
    had, has = ({o.offer_id for o in model.offers_of(chosen.columns)} for chosen in (best, second))
    return SecondBest(
        dearer_pence=second.cost - best.cost, gained_ids=tuple(sorted(has - had)), dropped_ids=tuple(sorted(had - has)),
        proven=second.state is ChoiceState.PROVEN,
    )  # fmt: skip


def price_of_rule(
    pack: TenderPack,
    submissions: Sequence[Submission],
    quality_pct_by_operator_id: Mapping[str, int],
    model: AwardModel,
    best: Chosen,
    rule: str,
    seconds: float,
) -> RulePrice:
    """What is paid a year more in the award than in the best award without one declared rule; 0 seconds: not known."""
    if not seconds:
        return RulePrice(rule=rule, price_pence=None, proven=False, sentence=f"{rule}: not worked out for want of time")
    rules = replace(pack.rules, **{rule: getattr(AwardRules(tie_seed=0), rule)})
    freed = replace(pack, rules=rules)
    others = [o for o in model.offers if o.kind in _kinds_that_stay(rules)]
    offers = [*bid_offers(freed, submissions, quality_pct_by_operator_id), *others, *left_offers(freed)]
    without = make_award_model(freed, offers, submissions)
    found = ChoiceSearch(without.choice).best(seconds=seconds)
    paid = sum(offer.price_pence for offer in model.offers_of(best.columns))
    then = sum(offer.price_pence for offer in without.offers_of(found.columns))
    price_pence = None if found.cost is None else paid - then
    return RulePrice(
        rule=rule, price_pence=price_pence, proven=found.state in _KNOWN,
        sentence=_rule_words(rule, getattr(pack.rules, rule), price_pence, found.state),
    )  # fmt: skip


def _kinds_that_stay(rules: AwardRules) -> set[OfferKind]:
    rights = {OfferKind.FLEET: rules.fleet_reserved, OfferKind.EXTENSION: rules.extensions_reserved}
    return {kind for kind, reserved in rights.items() if reserved}


def _rule_words(rule: str, value: object, price_pence: int | None, state: ChoiceState) -> str:
    about = "" if state is ChoiceState.PROVEN else " (not proven)"
    if state is ChoiceState.IMPOSSIBLE:
        return f"{rule} {value}: without it no award keeps every other rule"
    if price_pence is None:
        return f"{rule} {value}: no award without it was found"
    if price_pence < 0:
        return f"{rule} {value}: saves {pounds(-price_pence)} a year{about}"
    return f"{rule} {value}: costs {pounds(price_pence)} a year{about}"


def _unexplained(lots: Sequence[LotReason], prices: Sequence[RulePrice], lost: Sequence[LostBid]) -> Iterator[str]:
    """How much was not worked out, or not proven."""
    for what, all_of, known in (
        ("winners", len(lots), sum(reason.without_proven for reason in lots)),
        ("declared rules", len(prices), sum(price.proven for price in prices)),
        ("losing bids", len(lost), sum(bid.proven for bid in lost)),
    ):
        if known < all_of:
            yield f"{known} of {all_of} {what} have a proven figure; the time given ended before the rest"
