"""How a market answered a tender: bidders of each lot, lots with one alone, lots won by small and medium operators."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.store.cipher import Cipher
from api.store.models import Tender
from api.store.tenders import StoredTender, read_tender, read_tender_file
from api.tender_files import AWARD_FILE, OPENING_FILE, PACK_FILE, PACK_FOLDER, Opening, read_pack
from procurement.award import AwardRecord
from procurement.integrity import last_opening
from procurement.offers import OfferKind
from procurement.record import Line, OperatorsTold
from transport.bids import Submission
from transport.files.records import read_record

_PACK_PATH = f"{PACK_FOLDER}/{PACK_FILE}"
SME_WORDS = "a small or medium operator"
_WINNER_WORDS = {
    OfferKind.BID: "a larger operator",
    OfferKind.EXTENSION: "its contract goes on",
    OfferKind.FLEET: "the council’s own vehicle",
    OfferKind.LEFT: "nobody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFigures:
    """One lot: operators that priced it, alone or in a package, and whose it became.

    Attributes
    ----------
    is_sme : whether a bid of a small or medium operator won it; None where no bid did.
    """

    lot_id: str
    n_bidders: int
    winner: str
    is_sme: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderFigures:
    """A tender whose operators have been told. Shares in per cent, None where there is nothing to share.

    Attributes
    ----------
    told_on : from then on bids are no secret within the council.
    """

    tender_id: str
    title: str
    told_on: date
    lots: tuple[LotFigures, ...]

    @property
    def bids_per_lot(self) -> float | None:
        """Bidders of a lot, on average over all lots that were issued."""
        return sum(lot.n_bidders for lot in self.lots) / len(self.lots) if self.lots else None

    @property
    def single_bid_pct(self) -> float | None:
        """Lots with one bidder, of those with any."""
        return _pct([lot.n_bidders == 1 for lot in self.lots if lot.n_bidders])

    @property
    def sme_pct(self) -> float | None:
        """Lots won by a bid of a small or medium operator, of those won by a bid."""
        return _pct([lot.is_sme for lot in self.lots if lot.is_sme is not None])


def latest_tender(session: Session, cipher: Cipher, on: date) -> StoredTender | None:
    """The tender whose operators were told last, on or before a day; None where there is none."""
    found = []
    for tender_id in session.scalars(select(Tender.tender_id).where(Tender.n_lines > 0).order_by(Tender.tender_id)):
        stored = read_tender(session, cipher, tender_id)
        told = told_of(stored.lines)
        if told is not None and told.told_on <= on:
            found.append((told.told_on, stored.made_at, tender_id, stored))
    return max(found)[-1] if found else None


def told_of(lines: Sequence[Line]) -> OperatorsTold | None:
    """What operators were told of the bids as they were opened last; None before that."""
    opening = last_opening(lines)
    at = next((n for n, line in enumerate(lines) if line.decision is opening), None)
    if at is None:
        return None
    told = [line.decision for line in lines[at:] if isinstance(line.decision, OperatorsTold)]
    return told[-1] if told else None


def figures_of_tender(session: Session, cipher: Cipher, stored: StoredTender) -> TenderFigures:
    """Figures of a tender whose operators have been told.

    Raises
    ------
    NotInStoreError, RecordFileError
        When a file of it is missing or damaged.
    """
    told = told_of(stored.lines)
    assert told is not None  # `latest_tender` gives no other
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        folder = Path(name)
        for file in (_PACK_PATH, OPENING_FILE, AWARD_FILE):
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(read_tender_file(session, cipher, stored.tender_id, file))
        lot_ids = [lot.lot_id for lot in read_pack(folder).lots]
        opening = read_record("opening", Opening, folder / OPENING_FILE)
        award = read_record("award", AwardRecord, folder / AWARD_FILE)
    return TenderFigures(
        tender_id=stored.tender_id, title=stored.title, told_on=told.told_on,
        lots=lot_figures(lot_ids, opening.submissions, award),
    )  # fmt: skip


def lot_figures(
    lot_ids: Sequence[str], submissions: Sequence[Submission], award: AwardRecord
) -> tuple[LotFigures, ...]:
    """Bidders and winner of every lot that was issued."""
    bidders: dict[str, set[str]] = defaultdict(set)
    for submission in submissions:
        for bid in submission.bids:
            for lot_id in bid.lot_ids:
                bidders[lot_id].add(submission.operator_id)
    small = {submission.operator_id for submission in submissions if submission.is_sme}
    winner = {lot_id: offer for offer in award.winners for lot_id in offer.lot_ids}
    found = []
    for lot_id in lot_ids:
        offer = winner.get(lot_id)
        kind = OfferKind.LEFT if offer is None else offer.kind
        is_sme = offer.supplier_id in small if offer is not None and kind is OfferKind.BID else None
        words = SME_WORDS if is_sme else _WINNER_WORDS[kind]
        found.append(LotFigures(lot_id=lot_id, n_bidders=len(bidders[lot_id]), winner=words, is_sme=is_sme))
    return tuple(found)


def _pct(are: Sequence[bool | None]) -> float | None:
    return 100 * sum(map(bool, are)) / len(are) if are else None
