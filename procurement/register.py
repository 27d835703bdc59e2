"""The contract register: one entry for each contract that an award leads to, and what the plan costs with them.

References
----------
Local Government Transparency Code 2015, paragraph 33: what an authority publishes of each contract above £5,000.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from procurement.award import AwardRecord
from procurement.lot_design import LotBook
from procurement.offers import Offer, OfferKind
from procurement.summaries import awarded
from transport.bids import Bid, Submission
from transport.cost import CostBreakdown, cost_of
from transport.operators import Operator
from transport.plan import Plan
from transport.scenario import Scenario
from transport.tenders import TenderLot, TenderPack
from transport.travel import Travel


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """One contract.

    Attributes
    ----------
    contract_ref : tender and number. lot_ids, description : what it is for.
    procedure : how it came about, in words; `n_operators` priced at least one of its lots.
    review_on : when to decide what follows it.
    day_rate_pence, pa_day_rate_pence : None where one price was given for several lots, or a contract is extended.
    mile_rate_pence : for variations. n_vehicle_days, n_pa_days : a year, that these rates are paid for.
    year_pence, term_pence : value. pack_digest, award_digest : of what it rests on.
    """

    contract_ref: str
    title: str
    description: str
    department: str
    operator_id: str
    supplier: str
    is_sme: bool
    lot_ids: tuple[str, ...]
    procedure: str
    n_operators: int
    starts_on: date
    ends_on: date
    review_on: date
    day_rate_pence: int | None
    pa_day_rate_pence: int | None
    mile_rate_pence: int | None
    n_vehicle_days: int
    n_pa_days: int
    year_pence: int
    term_pence: int
    pack_digest: str
    award_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFrame:
    """What all entries of a tender share. `procedure` says under which law and system it was bought."""

    title: str
    department: str
    procedure: str
    review_on: date


def register_entries(
    pack: TenderPack,
    record: AwardRecord,
    submissions: Sequence[Submission],
    operators: Sequence[Operator],
    frame: RegisterFrame,
    withheld_lot_ids: Collection[str] = (),
) -> tuple[RegisterEntry, ...]:
    """One entry for each winning bid and each extension that stands, in the order of the award."""
    bid_by_id = {bid.bid_id: bid for submission in submissions for bid in submission.bids}
    operator_by_id = {operator.operator_id: operator for operator in operators}
    won = [offer for offer in awarded(record, withheld_lot_ids) if offer.is_operators]
    return tuple(
        _entry(n, offer, bid_by_id.get(offer.offer_id), pack, record, submissions, operator_by_id, frame)
        for n, offer in enumerate(won, start=1)
    )


def _entry(
    number: int, offer: Offer, bid: Bid | None, pack: TenderPack, record: AwardRecord,
    submissions: Sequence[Submission], operator_by_id: Mapping[str, Operator], frame: RegisterFrame,
) -> RegisterEntry:  # fmt: skip
    lots = [lot for lot in pack.lots if lot.lot_id in offer.lot_ids]
    operator = operator_by_id.get(offer.supplier_id)
    is_sme = any(s.is_sme for s in submissions if s.operator_id == offer.supplier_id)
    how = "extension of the contract before" if offer.kind is OfferKind.EXTENSION else "competition"
    return RegisterEntry(
        contract_ref=f"{pack.pack_id}-{number:03d}",
        title=f"{frame.title}: {', '.join(offer.lot_ids)}",
        description=_words(lots, offer),
        department=frame.department,
        operator_id=offer.supplier_id,
        supplier=offer.supplier_id if operator is None else operator.name,
        is_sme=is_sme or (operator is not None and operator.is_sme),
        lot_ids=offer.lot_ids,
        procedure=f"{frame.procedure}, {how}",
        n_operators=sum(any(set(b.lot_ids) & set(offer.lot_ids) for b in s.bids) for s in submissions),
        starts_on=pack.starts_on,
        ends_on=pack.ends_on,
        review_on=frame.review_on,
        day_rate_pence=None if bid is None else bid.day_rate_pence,
        pa_day_rate_pence=None if bid is None else bid.pa_day_rate_pence,
        mile_rate_pence=None if bid is None else bid.mile_rate_pence,
        n_vehicle_days=sum(lot.n_vehicle_days_a_year for lot in lots),
        n_pa_days=sum(lot.n_pa_days_a_year for lot in lots),
        year_pence=offer.price_pence,
        term_pence=pack.term_pence(offer.price_pence),
        pack_digest=record.pack_digest,
        award_digest=record.digest,
    )


def _words(lots: Sequence[TenderLot], offer: Offer) -> str:
    n_routes = sum(lot.n_routes for lot in lots)
    classes = ", ".join(sorted({offer.class_id or lot.class_id for lot in lots}))
    return f"Home to school transport, {n_routes} route{'' if n_routes == 1 else 's'}, vehicle class {classes}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCost:
    """A plan's year before and after an award, at one kind of cost.

    Attributes
    ----------
    before_pence : lots at the prices that the plan was made with (cards, contracts, fleet).
    kept_pence : routes that are in no lot. awarded_pence : bids, extensions and fleet that stand.
    left_pence : lots left, at the fallback price. open_lot_ids : lots left or withheld, still to be supplied.
    """

    avoidable: bool
    before_pence: int
    kept_pence: int
    awarded_pence: int
    left_pence: int
    open_lot_ids: tuple[str, ...]

    @property
    def after_pence(self) -> int:
        """The year with the award; withheld lots are not in it."""
        return self.kept_pence + self.awarded_pence + self.left_pence


def new_cost(
    plan: Plan, book: LotBook, record: AwardRecord, scenario: Scenario, travel: Travel, *, avoidable: bool,
    withheld_lot_ids: Collection[str] = (),
) -> NewCost:  # fmt: skip
    """What a plan costs a year once lots are supplied as awarded.

    Parameters
    ----------
    travel : the plan's own; where fleet routes are in lots, the roads it was made on.
    avoidable : whether the award's fleet offers are at avoidable cost.
    """
    stands = list(awarded(record, withheld_lot_ids))
    left = [offer for offer in stands if offer.kind is OfferKind.LEFT]
    open_ids = {lot_id for offer in left for lot_id in offer.lot_ids} | set(_fallen(record, withheld_lot_ids))
    return NewCost(
        avoidable=avoidable,
        before_pence=_year_pence(cost_of(plan, scenario, travel), avoidable),
        kept_pence=_year_pence(cost_of(_without_lots(plan, book), scenario, travel), avoidable),
        awarded_pence=sum(offer.price_pence for offer in stands if offer.kind is not OfferKind.LEFT),
        left_pence=sum(offer.price_pence for offer in left),
        open_lot_ids=tuple(sorted(open_ids)),
    )


def _year_pence(cost: CostBreakdown, avoidable: bool) -> int:
    return cost.avoidable_year_pence if avoidable else cost.year_pence


def _fallen(record: AwardRecord, withheld_lot_ids: Collection[str]) -> Iterator[str]:
    """Lots of offers that do not stand because one of their lots is withheld."""
    for offer in record.winners:
        if set(offer.lot_ids) & set(withheld_lot_ids):
            yield from offer.lot_ids


def _without_lots(plan: Plan, book: LotBook) -> Plan:
    """The plan's routes that no lot holds."""
    tendered = {route_id for ids in book.route_ids_by_lot_id.values() for route_id in ids}
    routes = tuple(route for route in plan.routes if route.route_id not in tendered)
    kept = {route.route_id for route in routes}
    lots = tuple(lot for lot in plan.lots if set(lot.route_ids) <= kept)
    return Plan(plan_id=plan.plan_id, routes=routes, lots=lots)
