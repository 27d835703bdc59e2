"""A tender's folder, second half: bids in, award out, and the bundle from which anybody can recompute it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from api.plan_folder import PlanFolder
from api.tender_pack import BOOK_FILE, PACK_FILE, PACK_FOLDER
from procurement.award import AwardRecord, AwardRequest, determine_awards
from procurement.bids import CheckedBids, SetAside, check_bids
from procurement.compare_lots import sites_of
from procurement.fleet_offers import extension_offers, fleet_prices
from procurement.lot_design import LotBook
from procurement.make_or_buy import MakeOrBuy, make_or_buy
from procurement.market import market_bids, market_of
from procurement.offers import Offer
from procurement.screens import ScreenLimits, Seen, screen_bids
from transport.bids import Clearances, Submission
from transport.digest import digest_of
from transport.files.bid_schedule import filled_rows, pounds_cell, write_schedule
from transport.files.faults import Fault, InputFaults
from transport.files.read_bids import read_bid
from transport.files.records import read_record, write_record
from transport.files.tables import cell_text, csv_text, write_csv_text
from transport.tenders import TenderPack
from transport.travel import Travel

BIDS_FOLDER = "bids"
RECEIVED_FILE = "received.csv"
OPENING_FILE = "opening.json"
INPUTS_FILE = "award_inputs.json"
AWARD_FILE = "award.json"
EVIDENCE_FILE = "evidence.zip"


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
    """All that an award rests on, so that it can be made again from this file alone."""

    pack: TenderPack
    pack_digest: str
    submissions: tuple[Submission, ...]
    quality_pct_by_operator_id: dict[str, int]
    other_offers: tuple[Offer, ...]
    start_ids: tuple[str, ...]
    seconds: float
    explain_seconds: float

    def request(self) -> AwardRequest:
        """The award to be made, on lots and rules as issued."""
        return AwardRequest(
            pack=self.pack, pack_digest=self.pack_digest, lots=self.pack.lots, rules=self.pack.rules,
            submissions=self.submissions, quality_pct_by_operator_id=self.quality_pct_by_operator_id,
            other_offers=self.other_offers, start_ids=self.start_ids, seconds=self.seconds,
            explain_seconds=self.explain_seconds,
        )  # fmt: skip


def read_pack(tender: Path) -> TenderPack:
    """The pack as issued."""
    return read_record("tender_pack", TenderPack, tender / PACK_FOLDER / PACK_FILE)


def simulate_bids(given: PlanFolder, tender: Path, *, seed: int) -> list[Path]:
    """Have the council's operators fill in schedules, as an invented market would, and send them in time."""
    pack = read_pack(tender)
    book = read_record("lot_book", LotBook, tender / BOOK_FILE)
    operators = market_of(given.scenario, seed=seed)
    sent = market_bids(sites_of(book, given.plan, given.scenario), operators, seed=seed)
    licences = frozenset(c.licence_class.lower() for c in given.scenario.vehicle_classes)
    papers = Clearances(
        licence_classes=licences, licence_ends_on=pack.ends_on, insurance_ends_on=pack.ends_on,
        clearances_end_on=pack.ends_on,
    )  # fmt: skip
    folder = tender / BIDS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for submission in sent:
        if submission.bids:
            path = folder / f"{submission.operator_id}.xlsx"
            asked = {c: n for c, n in submission.n_vehicles_by_class.items() if c in pack.class_ids}
            rows = filled_rows(replace(submission, clearances=papers, n_vehicles_by_class=asked), pack)
            write_schedule(rows, path, title=f"Tender {pack.pack_id}: price schedule")
            paths.append(path)
    rows_received = [[path.name, pack.deadline.isoformat()] for path in paths]
    _write_csv(folder / RECEIVED_FILE, ["file", "received_at"], rows_received)
    return paths


def open_bids(
    given: PlanFolder, tender: Path, *, opened_by: Sequence[str], limits: ScreenLimits | None = None,
    now: datetime | None = None,
) -> Opening:  # fmt: skip
    """Import every schedule of the folder `bids`, check it, and note what an auditor may want to look at.

    Raises
    ------
    InputFaults
        With every fault of every file; nothing is imported then.
    ValueError
        Before the deadline, by fewer than two people, or where the portal's list of receipts does not fit the files.
    """
    pack = read_pack(tender)
    opened_at = now or datetime.now(UTC)
    if len(set(opened_by)) < 2:
        raise ValueError("bids are opened by two people: name both")
    if opened_at < pack.deadline:
        raise ValueError(f"bids close at {pack.deadline.isoformat()}; they are not opened before")
    folder = tender / BIDS_FOLDER
    received = _received(folder)
    submissions: list[Submission] = []
    faults: list[Fault] = []
    for name, at in received.items():
        try:
            submissions.append(read_bid(folder / name, pack, received_at=at))
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(faults)
    checked: CheckedBids = check_bids(pack, submissions, given.scenario.operators, given.scenario.vehicle_classes)
    opening = Opening(
        pack_digest=pack.digest, opened_by=tuple(opened_by), opened_at=opened_at,
        file_digests={s.operator_id: s.digest for s in submissions}, submissions=checked.submissions,
        set_aside=checked.set_aside, screens=screen_bids(pack, checked.submissions, limits),
    )  # fmt: skip
    write_record("opening", opening, tender / OPENING_FILE)
    return opening


def _received(folder: Path) -> dict[str, datetime]:
    """The portal's list: which file came in when."""
    path = folder / RECEIVED_FILE
    if not path.exists():
        raise FileNotFoundError(f"{path}: is missing; must be a CSV file with the columns file, received_at")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    faults = []
    found: dict[str, datetime] = {}
    for number, row in enumerate(rows, start=2):
        try:
            found[row["file"]] = datetime.fromisoformat(row["received_at"])
        except (KeyError, TypeError, ValueError):
            faults.append(f"{RECEIVED_FILE} row {number}: must be a file and an instant, 2026-07-05T14:00:00+01:00")
    there = {p.name for p in folder.iterdir() if p.name != RECEIVED_FILE and not p.name.startswith((".", "~$"))}
    faults += [f"{RECEIVED_FILE}: {name} is listed but not there" for name in sorted(found.keys() - there)]
    faults += [f"{RECEIVED_FILE}: {name} is there but not listed" for name in sorted(there - found.keys())]
    if faults:
        raise ValueError("\n".join(faults))
    return found


def award(
    given: PlanFolder, tender: Path, *, pack_digest: str, travel: Travel | None, avoidable: bool = True,
    quality_pct_by_operator_id: dict[str, int] | None = None, seconds: float = 60.0, explain_seconds: float = 60.0,
) -> tuple[AwardRecord, MakeOrBuy | None]:  # fmt: skip
    """Decide, write the record and everything that follows from it.

    Parameters
    ----------
    travel : between depots and stops, where the pack reserved fleet or extensions; None: neither is looked at.
    avoidable : whether the fleet counts at avoidable cost.
    """
    pack, opening = read_pack(tender), read_record("opening", Opening, tender / OPENING_FILE)
    if opening.pack_digest != pack.digest:
        raise ValueError("the bids were opened against another pack than the one beside them")
    inputs = AwardInputs(
        pack=pack, pack_digest=pack_digest, submissions=opening.submissions, other_offers=(), start_ids=(),
        quality_pct_by_operator_id=quality_pct_by_operator_id or {}, seconds=seconds, explain_seconds=explain_seconds,
    )  # fmt: skip
    choice = None
    if travel is not None and (pack.rules.fleet_reserved or pack.rules.extensions_reserved):
        book = read_record("lot_book", LotBook, tender / BOOK_FILE)
        fleet = fleet_prices(given.plan, book, given.scenario, travel)
        extensions = tuple(extension_offers(book, given.plan, given.scenario, travel))
        choice = make_or_buy(inputs.request(), fleet, extensions, avoidable=avoidable)
        own = [price.offer(avoidable=avoidable) for price in fleet] if pack.rules.fleet_reserved else []
        others = (*own, *(extensions if pack.rules.extensions_reserved else ()))
        inputs = replace(inputs, other_offers=others, start_ids=choice.start_ids)
    record = choice.record if choice is not None else determine_awards(inputs.request())
    write_record("award_inputs", inputs, tender / INPUTS_FILE)
    write_record("award", record, tender / AWARD_FILE)
    _write_results(tender, record, choice)
    return record, choice


def _write_results(tender: Path, record: AwardRecord, choice: MakeOrBuy | None) -> None:
    won = [
        [offer.offer_id, offer.kind.value, offer.supplier_id, " ".join(offer.lot_ids), pounds_cell(offer.price_pence),
         reason.sentence]
        for offer, reason in zip(record.winners, record.reasons, strict=True)
    ]  # fmt: skip
    _write_csv(tender / "awards.csv", ["offer", "kind", "supplier", "lots", "pounds_a_year", "why"], won)
    lost = [[bid.offer_id, bid.operator_id, pounds_cell(bid.short_pence), bid.sentence] for bid in record.lost]
    _write_csv(tender / "regrets.csv", ["bid", "operator", "short_pounds_a_year", "why"], lost)
    if choice is not None:
        ways = {"fleet first": choice.fleet_first, "bids first": choice.bids_first, "all at once": choice.joint}
        rows = [[name, pounds_cell(way.compared_pence)] for name, way in ways.items()]
        _write_csv(tender / "make_or_buy.csv", ["way", "pounds_a_year"], rows)
    with zipfile.ZipFile(tender / EVIDENCE_FILE, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in (INPUTS_FILE, AWARD_FILE, OPENING_FILE, f"{PACK_FOLDER}/{PACK_FILE}"):
            bundle.write(tender / name, name)
        bundle.writestr("README.txt", EVIDENCE_README)


EVIDENCE_README = (
    "From these files the award can be made again: schoolrun tender verify evidence.zip\n"
    f"{INPUTS_FILE}: pack, bids and offers; {AWARD_FILE}: what was decided and why; {OPENING_FILE}: who opened what.\n"
    "Every file carries the sha256 of its content.\n"
)


def _write_csv(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    write_csv_text(path, csv_text(head, ([cell_text(value) for value in row] for row in rows)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What recomputing an award found.

    Attributes
    ----------
    differences : none: the same winners at the same price, and the same proof.
    """

    digest: str
    differences: tuple[str, ...]


def verify(evidence: Path) -> Verified:
    """Make the award again from its evidence and compare.

    Raises
    ------
    ValueError
        When the bundle is damaged or incomplete.
    """
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, data in _members(evidence).items():
            (folder / name).write_bytes(data)
        inputs = read_record("award_inputs", AwardInputs, folder / INPUTS_FILE)
        told = read_record("award", AwardRecord, folder / AWARD_FILE)
    again = determine_awards(inputs.request())
    return Verified(digest=again.digest, differences=tuple(_differences(told, again)))


def _members(evidence: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(evidence) as bundle:
            return {name: bundle.read(name) for name in (INPUTS_FILE, AWARD_FILE)}
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"{evidence.name}: {error}; must be the evidence.zip of an award") from error


def _differences(told: AwardRecord, again: AwardRecord) -> list[str]:
    found = []
    for name in ("pack_digest", "bids_digest", "compared_pence", "price_pence", "proven", "tied"):
        if getattr(told, name) != getattr(again, name):
            found.append(f"{name}: the record says {getattr(told, name)}; again it is {getattr(again, name)}")
    if digest_of(told.winners) != digest_of(again.winners):
        found.append("the winners differ")
    return found
