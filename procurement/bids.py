"""Which bids may be compared: admission, licence, papers through the term, capacity, lateness, duplicates.

What cannot be read at all, or does not add up, never comes here: `transport.files.read_bids` refuses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from procurement.market import vehicles_needed
from transport.bids import Bid, Submission
from transport.operators import Operator
from transport.tenders import TenderLot, TenderPack
from transport.vehicles import VehicleClass


class BidFault(StrEnum):
    """Why a bid, or all of a submission, is set aside."""

    UNKNOWN_OPERATOR = "unknown_operator"
    NOT_ADMITTED = "not_admitted"
    LICENCE_CLASS = "licence_class"
    LICENCE_ENDS = "licence_ends"
    INSURANCE_ENDS = "insurance_ends"
    CLEARANCES_END = "clearances_end"
    TOO_FEW_VEHICLES = "too_few_vehicles"
    TOO_FEW_PAS = "too_few_pas"
    OVER_OWN_LIMIT = "over_own_limit"
    LATE = "late"
    NO_INSTANT = "no_instant"
    SENT_TWICE = "sent_twice"
    SAME_FILE = "same_file"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """One bid that is not compared, and why.

    Attributes
    ----------
    bid_id : None: everything that the operator sent.
    """

    operator_id: str
    bid_id: str | None
    fault: BidFault
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBids:
    """What may be compared, and what was set aside."""

    submissions: tuple[Submission, ...]
    set_aside: tuple[SetAside, ...]


def check_bids(
    pack: TenderPack,
    submissions: Sequence[Submission],
    operators: Sequence[Operator],
    vehicle_classes: Sequence[VehicleClass],
) -> CheckedBids:
    """Set aside what may not be compared; the rest comes back in the order of operator ids.

    Parameters
    ----------
    operators : admitted to the purchasing system.
    """
    set_aside = [aside for s in submissions for aside in _whole_faults(pack, s, submissions, operators)]
    refused = {aside.operator_id for aside in set_aside}
    kept = []
    for submission in sorted(submissions, key=lambda s: s.operator_id):
        if submission.operator_id in refused:
            continue
        faults = list(_bid_faults(pack, submission, operators, vehicle_classes))
        set_aside += faults
        bad = {fault.bid_id for fault in faults}
        bids = tuple(bid for bid in submission.bids if bid.bid_id not in bad)
        if bids:
            kept.append(replace(submission, bids=bids))
    return CheckedBids(submissions=tuple(kept), set_aside=tuple(set_aside))


def _whole_faults(
    pack: TenderPack, submission: Submission, everybody: Sequence[Submission], operators: Sequence[Operator]
) -> Iterator[SetAside]:
    """What sets aside all that an operator sent."""

    def aside(fault: BidFault, sentence: str) -> SetAside:
        return SetAside(operator_id=who, bid_id=None, fault=fault, sentence=f"Operator {who} {sentence}")

    who, papers = submission.operator_id, submission.clearances
    if who not in {operator.operator_id for operator in operators}:
        yield aside(BidFault.UNKNOWN_OPERATOR, "is not admitted to the purchasing system")
    if submission.received_at is None or submission.received_at.tzinfo is None:
        yield aside(BidFault.NO_INSTANT, "has no instant of receipt with a time zone, so it cannot be shown in time")
    elif submission.received_at > pack.deadline:
        late_s = int((submission.received_at - pack.deadline).total_seconds())
        yield aside(BidFault.LATE, f"sent its bid {late_s} s after the deadline {pack.deadline.isoformat()}")
    if sum(other.operator_id == who for other in everybody) > 1:
        yield aside(BidFault.SENT_TWICE, "sent more than one bid; the portal must say which one counts")
    twins = {o.operator_id for o in everybody if o.digest and o.digest == submission.digest} - {who}
    if twins:
        yield aside(BidFault.SAME_FILE, f"sent the very file that {', '.join(sorted(twins))} sent")
    for fault, name, ends_on in (
        (BidFault.LICENCE_ENDS, "licence", papers.licence_ends_on),
        (BidFault.INSURANCE_ENDS, "insurance", papers.insurance_ends_on),
        (BidFault.CLEARANCES_END, "clearances", papers.clearances_end_on),
    ):
        if ends_on is None or ends_on < pack.ends_on:
            yield aside(fault, f"states its {name} {_until(ends_on)}; the contract runs to {pack.ends_on}")


def _until(ends_on: date | None) -> str:
    return "without an end date" if ends_on is None else f"to {ends_on}"


def _bid_faults(
    pack: TenderPack, submission: Submission, operators: Sequence[Operator], vehicle_classes: Sequence[VehicleClass]
) -> Iterator[SetAside]:
    lot_by_id = {lot.lot_id: lot for lot in pack.lots}
    (operator,) = [o for o in operators if o.operator_id == submission.operator_id]
    licence_by_class = {c.class_id: c.licence_class.casefold() for c in vehicle_classes}
    for bid in submission.bids:
        lots = [_as_offered(lot_by_id[lot_id], bid.class_id) for lot_id in bid.lot_ids]
        for fault, sentence in _faults_of(bid, lots, submission, operator, licence_by_class):
            yield SetAside(
                operator_id=submission.operator_id, bid_id=bid.bid_id, fault=fault,
                sentence=f"Bid {bid.bid_id}: {sentence}",
            )  # fmt: skip


def _as_offered(lot: TenderLot, class_id: str | None) -> TenderLot:
    return (
        lot
        if class_id is None
        else replace(lot, class_id=class_id, runs=tuple(replace(run, class_id=None) for run in lot.runs))
    )


def _faults_of(
    bid: Bid, lots: Sequence[TenderLot], submission: Submission, operator: Operator, licence_by_class: dict[str, str]
) -> Iterator[tuple[BidFault, str]]:
    """What is wrong with one bid taken alone; lots have the class that is offered."""
    licences = {name.casefold() for name in submission.clearances.licence_classes}
    for class_id, n_needed in vehicles_needed(lots).items():
        if class_id not in operator.categories:
            yield BidFault.NOT_ADMITTED, f"{operator.operator_id} is not admitted to category {class_id}"
        needed = licence_by_class.get(class_id, "")
        if needed not in licences:
            yield BidFault.LICENCE_CLASS, f"class {class_id} needs licence {needed}; stated: {_listed(licences)}"
        has = submission.n_vehicles_by_class.get(class_id, 0)
        if n_needed > has:
            yield BidFault.TOO_FEW_VEHICLES, f"needs {n_needed} vehicles of class {class_id} at once; stated: {has}"
    n_pas = pas_needed(lots)
    if submission.n_pas is not None and n_pas > submission.n_pas:
        yield BidFault.TOO_FEW_PAS, f"needs {n_pas} PAs at once; stated: {submission.n_pas}"
    over_lots = submission.max_lots is not None and len(lots) > submission.max_lots
    over_value = submission.max_year_pence is not None and bid.year_pence > submission.max_year_pence
    if over_lots or over_value:
        yield BidFault.OVER_OWN_LIMIT, "is over the operator's own limit of lots or value"


def _listed(words: set[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def pas_needed(lots: Sequence[TenderLot]) -> int:
    """Most PAs out at once over all lots."""
    edges: Counter[tuple[str, int, int, int]] = Counter()
    for lot in lots:
        for run in lot.runs:
            for day in run.days:
                edges[run.leg, day, run.start_at_s, 0] += run.n_pas
                edges[run.leg, day, run.end_at_s, 1] -= run.n_pas
    now = most = 0
    for _, change in sorted(edges.items()):
        now += change
        most = max(most, now)
    return most
