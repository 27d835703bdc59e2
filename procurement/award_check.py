"""Whether an award keeps every rule: written anew from pack and bids, without the search or its model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from procurement.offers import Offer, OfferKind
from transport.bids import Submission
from transport.calendar import ALL_DAYS, LEGS, Leg
from transport.tenders import LotRun, TenderPack


def check_award(pack: TenderPack, submissions: Sequence[Submission], winners: Sequence[Offer]) -> tuple[str, ...]:
    """Every broken rule of an award, each in a sentence; none: the award keeps all of them."""
    submission_by_id = {submission.operator_id: submission for submission in submissions}
    broken = [*_lots_once(pack, winners), *_rights(pack, winners), *_vehicles(winners)]
    for operator_id in dict.fromkeys(offer.supplier_id for offer in winners if _of_operator(offer)):
        theirs = [offer for offer in winners if _of_operator(offer) and offer.supplier_id == operator_id]
        broken += _shares(pack, operator_id, theirs)
        if operator_id in submission_by_id:
            broken += _own_limits(pack, submission_by_id[operator_id], theirs)
    n_operators = len({offer.supplier_id for offer in winners if _of_operator(offer)})
    if pack.rules.min_operators is not None and n_operators < pack.rules.min_operators:
        broken.append(f"{n_operators} operators have something; at least {pack.rules.min_operators} must")
    return tuple(broken)


def _of_operator(offer: Offer) -> bool:
    return offer.kind is OfferKind.BID or offer.kind is OfferKind.EXTENSION


def _lots_once(pack: TenderPack, winners: Sequence[Offer]) -> Iterator[str]:
    times = Counter(lot_id for offer in winners for lot_id in offer.lot_ids)
    for lot in pack.lots:
        if times.pop(lot.lot_id, 0) != 1:
            yield f"lot {lot.lot_id} must be supplied exactly once"
    for lot_id in times:
        yield f"lot {lot_id} is not in pack {pack.pack_id}"


def _rights(pack: TenderPack, winners: Sequence[Offer]) -> Iterator[str]:
    rules = pack.rules
    for offer in winners:
        allowed = {
            OfferKind.BID: rules.packages or len(offer.lot_ids) == 1,
            OfferKind.EXTENSION: rules.extensions_reserved,
            OfferKind.FLEET: rules.fleet_reserved,
            OfferKind.LEFT: rules.fallback_pct is not None,
        }[offer.kind]
        if not allowed:
            yield f"pack {pack.pack_id} does not allow {offer.kind.value} {offer.offer_id}"


def _vehicles(winners: Sequence[Offer]) -> Iterator[str]:
    n_alike_by_id = {offer.supplier_id: offer.n_alike for offer in winners}
    for vehicle_id, n in Counter(o.supplier_id for o in winners if o.kind is OfferKind.FLEET).items():
        if n > n_alike_by_id[vehicle_id]:
            yield f"fleet vehicle {vehicle_id} is used {n} times; there are {n_alike_by_id[vehicle_id]}"


def _shares(pack: TenderPack, operator_id: str, theirs: Sequence[Offer]) -> Iterator[str]:
    rules = pack.rules
    lot_ids = {lot_id for offer in theirs for lot_id in offer.lot_ids}
    if rules.max_lots_share_pct is not None and 100 * len(lot_ids) > rules.max_lots_share_pct * len(pack.lots):
        yield f"operator {operator_id} has {len(lot_ids)} of {len(pack.lots)} lots; over {rules.max_lots_share_pct} %"
    whole = sum(lot.estimate_pence for lot in pack.lots)
    part = sum(lot.estimate_pence for lot in pack.lots if lot.lot_id in lot_ids)
    if rules.max_value_share_pct is not None and 100 * part > rules.max_value_share_pct * whole:
        yield f"operator {operator_id} has {part} of {whole} pence of estimates; over {rules.max_value_share_pct} %"


def _own_limits(pack: TenderPack, submission: Submission, theirs: Sequence[Offer]) -> Iterator[str]:
    who = f"operator {submission.operator_id}"
    n_lots = sum(len(offer.lot_ids) for offer in theirs)
    if submission.max_lots is not None and n_lots > submission.max_lots:
        yield f"{who} has {n_lots} lots; it wants at most {submission.max_lots}"
    pence = sum(offer.price_pence for offer in theirs)
    if submission.max_year_pence is not None and pence > submission.max_year_pence:
        yield f"{who} has {pence} pence a year; it wants at most {submission.max_year_pence}"
    lot_by_id = {lot.lot_id: lot for lot in pack.lots}
    out = [
        (offer.class_id or run.class_id or lot_by_id[lot_id].class_id, run)
        for offer in theirs
        for lot_id in offer.lot_ids
        if lot_id in lot_by_id
        for run in lot_by_id[lot_id].runs
    ]
    for leg in LEGS:
        for day in ALL_DAYS:
            yield from _at_once(
                submission, [(c, run) for c, run in out if run.leg is leg and day in run.days], leg, day
            )


def _at_once(submission: Submission, out: Sequence[tuple[str, LotRun]], leg: Leg, day: int) -> Iterator[str]:
    who = f"operator {submission.operator_id} {leg.value} day {day}"
    for class_id in sorted({class_id for class_id, _ in out}):
        n = _peak([(run, 1) for of_class, run in out if of_class == class_id])
        if n > (has := submission.n_vehicles_by_class.get(class_id, 0)):
            yield f"{who}: {n} vehicles of class {class_id} at once; it has {has}"
    n_pas = _peak([(run, run.n_pas) for _, run in out])
    if submission.n_pas is not None and n_pas > submission.n_pas:
        yield f"{who}: {n_pas} PAs at once; it has {submission.n_pas}"


def _peak(uses: Sequence[tuple[LotRun, int]]) -> int:
    """Most in use at any one moment; a run that ends as another starts is out with it."""
    edges = sorted([(r.start_at_s, 0, n) for r, n in uses] + [(r.end_at_s, 1, -n) for r, n in uses])
    now = most = 0
    for _, _, change in edges:
        now += change
        most = max(most, now)
    return most
