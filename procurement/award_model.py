"""The award as a choice among offers: which rows the lots, the operators and the declared rules make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from procurement.choice import Choice, Row
from procurement.offers import Offer, OfferKind
from transport.bids import Submission
from transport.tenders import LotRun, TenderLot, TenderPack


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardModel:
    """Offers in the order of the choice's columns; further columns say which operators have something.

    Attributes
    ----------
    column_by_offer_id : where each offer stands. column_by_operator_id : where it says that an operator has something.
    """

    offers: tuple[Offer, ...]
    choice: Choice
    column_by_offer_id: Mapping[str, int]
    column_by_operator_id: Mapping[str, int]

    def offers_of(self, columns: Iterable[int]) -> tuple[Offer, ...]:
        """The offers among some columns."""
        return tuple(self.offers[column] for column in sorted(columns) if column < len(self.offers))

    def columns_of(self, offers: Iterable[Offer]) -> frozenset[int]:
        """Columns of some offers, with those of the operators that have them."""
        offers = tuple(offers)
        operators = {offer.supplier_id for offer in offers if offer.is_operators}
        counted = [column for name, column in self.column_by_operator_id.items() if name in operators]
        return frozenset([*(self.column_by_offer_id[offer.offer_id] for offer in offers), *counted])


def make_award_model(pack: TenderPack, offers: Sequence[Offer], submissions: Sequence[Submission]) -> AwardModel:
    """Put every row together: lots once, vehicles once, what operators can and want, what the pack declares.

    Parameters
    ----------
    offers : priced by the pack's rules; each id once.
    """
    repeated = len(offers) - len({offer.offer_id for offer in offers})
    if repeated:
        raise ValueError(f"{repeated} offers have the id of another; every id must be used once")
    costs = [offer.compared_pence for offer in offers]
    rows = [*_lot_rows(pack, offers), *_vehicle_rows(offers)]
    for submission in submissions:
        rows += _operator_rows(pack, offers, submission)
    rows += _share_rows(pack, offers)
    column_by_operator_id: dict[str, int] = {}
    if pack.rules.min_operators is not None:
        operators = dict.fromkeys(offer.supplier_id for offer in offers if offer.is_operators)
        column_by_operator_id = {operator_id: len(offers) + n for n, operator_id in enumerate(operators)}
        costs += [0] * len(operators)
        rows += _min_operator_rows(offers, column_by_operator_id, pack.rules.min_operators)
    return AwardModel(
        offers=tuple(offers),
        choice=Choice(costs=tuple(costs), rows=tuple(rows)),
        column_by_offer_id={offer.offer_id: column for column, offer in enumerate(offers)},
        column_by_operator_id=column_by_operator_id,
    )


def _lot_rows(pack: TenderPack, offers: Sequence[Offer]) -> Iterator[Row]:
    """Each lot is supplied exactly once."""
    columns: dict[str, list[int]] = {lot.lot_id: [] for lot in pack.lots}
    for column, offer in enumerate(offers):
        for lot_id in offer.lot_ids:
            columns[lot_id].append(column)
    for of_lot in columns.values():
        yield Row(terms=tuple((column, 1) for column in of_lot), lower=1, upper=1)


def _vehicle_rows(offers: Sequence[Offer]) -> Iterator[Row]:
    """Each fleet vehicle drives one of its sets of lots at most; vehicles that are the same are counted together."""
    columns: dict[str, list[int]] = {}
    for column, offer in enumerate(offers):
        if offer.kind is OfferKind.FLEET:
            columns.setdefault(offer.supplier_id, []).append(column)
    for of_vehicle in columns.values():
        yield Row(terms=tuple((column, 1) for column in of_vehicle), upper=offers[of_vehicle[0]].n_alike)


def _operator_rows(pack: TenderPack, offers: Sequence[Offer], submission: Submission) -> Iterator[Row]:
    """What an operator can carry at once, and the most that it wants."""
    theirs = [
        (column, offer) for column, offer in enumerate(offers)
        if offer.is_operators and offer.supplier_id == submission.operator_id
    ]  # fmt: skip
    lot_by_id = {lot.lot_id: lot for lot in pack.lots}
    yield from _capacity_rows(theirs, lot_by_id, submission)
    if submission.max_lots is not None:
        terms = tuple((column, len(offer.lot_ids)) for column, offer in theirs)
        yield from _binding([Row(terms=terms, upper=submission.max_lots)])
    if submission.max_year_pence is not None:
        terms = tuple((column, offer.price_pence) for column, offer in theirs)
        yield from _binding([Row(terms=terms, upper=submission.max_year_pence)])


def _capacity_rows(
    theirs: Sequence[tuple[int, Offer]], lot_by_id: Mapping[str, TenderLot], submission: Submission
) -> Iterator[Row]:
    by_class: dict[str, list[tuple[int, LotRun]]] = {}
    every_run: list[tuple[int, LotRun]] = []
    for column, offer in theirs:
        for lot_id in offer.lot_ids:
            lot = lot_by_id[lot_id]
            for run in lot.runs:
                by_class.setdefault(lot.class_of(run, offer.class_id), []).append((column, run))
                every_run.append((column, run))
    for class_id, runs in by_class.items():
        allowed = submission.n_vehicles_by_class.get(class_id, 0)
        yield from _binding(_at_once_rows([(column, run, 1) for column, run in runs], allowed))
    if submission.n_pas is not None:
        yield from _binding(_at_once_rows([(c, run, run.n_pas) for c, run in every_run if run.n_pas], submission.n_pas))


def _at_once_rows(uses: Sequence[tuple[int, LotRun, int]], allowed: int) -> list[Row]:
    """One row for every moment at which a run begins: what is out then is at most what is allowed.

    A run that ends as another starts is out with it, as in the checker of plans.
    """
    found: dict[tuple[tuple[int, int], ...], None] = {}
    by_day: dict[tuple[str, int], list[tuple[int, LotRun, int]]] = {}
    for use in uses:
        for day in use[1].days:
            by_day.setdefault((use[1].leg, day), []).append(use)
    for of_day in by_day.values():
        for moment in {run.start_at_s for _, run, _ in of_day}:
            totals: dict[int, int] = {}
            for column, run, n in of_day:
                if run.start_at_s <= moment <= run.end_at_s:
                    totals[column] = totals.get(column, 0) + n
            found[tuple(sorted(totals.items()))] = None
    return [Row(terms=terms, upper=allowed) for terms in _not_within_another(found)]


def _not_within_another(rows: Iterable[tuple[tuple[int, int], ...]]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Leave out a row that another one holds with room to spare: every term of it is there, as large."""
    kept: list[dict[int, int]] = []
    for terms in sorted(rows, key=len, reverse=True):
        if not any(all(other.get(column, 0) >= n for column, n in terms) for other in kept):
            kept.append(dict(terms))
            yield terms


def _binding(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows that could be broken at all."""
    for row in rows:
        if row.upper is not None and sum(coefficient for _, coefficient in row.terms) > row.upper:
            yield row


def _share_rows(pack: TenderPack, offers: Sequence[Offer]) -> Iterator[Row]:
    """Declared shares: of the number of lots, and of the sum of their estimates, both of the whole tender."""
    estimate_by_id = {lot.lot_id: lot.estimate_pence for lot in pack.lots}
    columns: dict[str, list[int]] = {}
    for column, offer in enumerate(offers):
        if offer.is_operators:
            columns.setdefault(offer.supplier_id, []).append(column)
    for of_operator in columns.values():
        if (share_pct := pack.rules.max_lots_share_pct) is not None:
            terms = tuple((column, len(offers[column].lot_ids)) for column in of_operator)
            yield from _binding([Row(terms=terms, upper=share_pct * len(pack.lots) // 100)])
        if (share_pct := pack.rules.max_value_share_pct) is not None:
            terms = tuple((c, sum(estimate_by_id[lot_id] for lot_id in offers[c].lot_ids)) for c in of_operator)
            yield from _binding([Row(terms=terms, upper=share_pct * sum(estimate_by_id.values()) // 100)])


def _min_operator_rows(offers: Sequence[Offer], column_by_operator_id: Mapping[str, int], least: int) -> Iterator[Row]:
    """An operator counts only if it has something, and enough of them count."""
    for operator_id, counted in column_by_operator_id.items():
        terms = [
            (column, 1) for column, offer in enumerate(offers)
            if offer.is_operators and offer.supplier_id == operator_id
        ]  # fmt: skip
        yield Row(terms=(*terms, (counted, -1)), lower=0)
    yield Row(terms=tuple((column, 1) for column in column_by_operator_id.values()), lower=least)
