"""What lies in a tender's folder: names of its files, and the records that are read from several places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from procurement.award import AwardRequest
from procurement.award_reasons import EVERY_WINNER_UP_TO
from procurement.bids import SetAside
from procurement.integrity import RecordRefused, questions_of
from procurement.lot_design import LotBook
from procurement.offers import Offer
from procurement.record import Line, Overridden, OverrideKind
from procurement.regime import Regime
from procurement.screens import Seen
from transport.bids import Submission
from transport.digest import digest_of
from transport.files.records import read_record
from transport.files.tables import cell_text, csv_text, write_csv_text
from transport.tenders import TenderPack

BOOK_FILE = "lot_book.json"
PACK_FOLDER = "pack"
PACK_FILE = "pack.json"
QUESTIONS_FILE = "questions.csv"
ISSUED_FOLDER = "issued"
TERMS_FILE = "terms.json"
BIDS_FOLDER = "bids"
RECEIVED_FILE = "received.csv"
OPENING_FILE = "opening.json"
INPUTS_FILE = "award_inputs.json"
AWARD_FILE = "award.json"
LETTERS_FOLDER = "letters"
REGISTER_FOLDER = "register"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What was opened, by whom, and what came of it.

    Attributes
    ----------
    opened_by : two people. file_digests : sha256 by file name.
    """

    pack_digest: str
    opened_by: tuple[str, ...]
    opened_at: datetime
    file_digests: dict[str, str]
    submissions: tuple[Submission, ...]
    set_aside: tuple[SetAside, ...]
    screens: tuple[Seen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardInputs:
    """All that an award rests on, so that it can be made again from this file alone.

    Attributes
    ----------
    avoidable : whether the fleet's offers are at avoidable cost.
    """

    pack: TenderPack
    pack_digest: str
    submissions: tuple[Submission, ...]
    quality_pct_by_operator_id: dict[str, int]
    other_offers: tuple[Offer, ...]
    start_ids: tuple[str, ...]
    seconds: float
    explain_seconds: float
    avoidable: bool = True
    always_explained: int = EVERY_WINNER_UP_TO

    def request(self) -> AwardRequest:
        """The award to be made, on lots and rules as issued."""
        return AwardRequest(
            pack=self.pack, pack_digest=self.pack_digest, lots=self.pack.lots, rules=self.pack.rules,
            submissions=self.submissions, quality_pct_by_operator_id=self.quality_pct_by_operator_id,
            other_offers=self.other_offers, start_ids=self.start_ids, seconds=self.seconds,
            explain_seconds=self.explain_seconds, always_explained=self.always_explained,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a pack says besides lots and rules, as it was issued."""

    title: str
    buyer: str
    ocid: str
    regime: Regime


def read_terms(tender: Path) -> Terms:
    """Terms of the pack as issued last."""
    return read_record("tender_terms", Terms, tender / TERMS_FILE)


def withheld_lots(lines: Sequence[Line]) -> dict[str, str]:
    """Reason by lot that is not awarded, whatever the award says."""
    return {
        line.decision.about: line.why for line in lines
        if isinstance(line.decision, Overridden) and line.decision.kind is OverrideKind.WITHHELD
    }  # fmt: skip


def read_book(tender: Path) -> LotBook:
    """Which routes the lots of the issued pack hold.

    Raises
    ------
    RecordRefused
        When the lots were cut anew after the pack had been issued.
    """
    book = read_record("lot_book", LotBook, tender / BOOK_FILE)
    if digest_of(book.lots) != read_pack(tender).lots_digest:
        raise RecordRefused("the lots were cut anew after the pack had been issued: issue an amended pack")
    return book


def write_questions(tender: Path, lines: Sequence[Line]) -> None:
    """Write the page of questions and answers beside the pack, where there are any: it goes to all operators."""
    rows = [[q.question_id, q.text, q.answer] for q in questions_of(lines)]
    if rows:
        write_csv(tender / PACK_FOLDER / QUESTIONS_FILE, ["question", "asked", "answer"], rows)


def read_pack(tender: Path) -> TenderPack:
    """The pack as issued last."""
    return read_record("tender_pack", TenderPack, tender / PACK_FOLDER / PACK_FILE)


def write_csv(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write values under a head as CSV, safe to open in a spreadsheet."""
    write_csv_text(path, csv_text(head, ([cell_text(value) for value in row] for row in rows)))
