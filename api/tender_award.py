"""A tender's folder, second half: bids in, award out."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from api.plan_folder import PlanFolder
from api.tender_evidence import write_evidence
from api.tender_files import (
    AWARD_FILE,
    BIDS_FOLDER,
    INPUTS_FILE,
    OPENING_FILE,
    RECEIVED_FILE,
    AwardInputs,
    Opening,
    read_book,
    read_pack,
    write_csv,
)
from api.tender_log import Signed, append_log, read_log
from procurement.award import AwardRecord, determine_awards, require_published
from procurement.award_reasons import EVERY_WINNER_UP_TO, Tell
from procurement.bids import check_bids
from procurement.compare_lots import sites_of
from procurement.fleet_offers import extension_offers, fleet_prices
from procurement.integrity import last_opening, overridden, require_free, require_screens_seen
from procurement.make_or_buy import MakeOrBuy, make_or_buy
from procurement.market import market_bids, market_of
from procurement.record import AwardMade, BidsOpened, OverrideKind
from procurement.screens import ScreenLimits, screen_bids
from transport.bids import Clearances, Submission
from transport.files.bid_schedule import filled_rows, pounds_cell, write_schedule
from transport.files.faults import Fault, InputFaults
from transport.files.read_bids import read_bid
from transport.files.records import read_record, write_record
from transport.tenders import TenderPack
from transport.travel import Travel


def simulate_bids(given: PlanFolder, tender: Path, *, seed: int) -> list[Path]:
    """Have the council's operators fill in schedules, as an invented market would, and send them in time."""
    pack = read_pack(tender)
    book = read_book(tender)
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
    write_csv(folder / RECEIVED_FILE, ["file", "received_at"], rows_received)
    return paths


def open_bids(
    given: PlanFolder, tender: Path, signed: Signed, *, limits: ScreenLimits | None = None
) -> Opening:  # fmt: skip
    """Import every schedule of the folder `bids`, check it, and note what an auditor may want to look at.

    Raises
    ------
    InputFaults
        With every fault of every file; nothing is imported then.
    ValueError
        Before the deadline, by fewer than two people, or where the portal's list of receipts does not fit the files.
    RecordRefused
        When somebody who opens has made no declaration of interest, or has an interest in a bidder.
    """
    pack, lines = read_pack(tender), read_log(tender)
    if len(set(signed.by)) < 2:
        raise ValueError("bids are opened by two people: name both")
    if signed.at < pack.deadline:
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
    require_free(lines, signed.by, [submission.operator_id for submission in submissions])
    checked = check_bids(
        pack, submissions, given.scenario.operators, given.scenario.vehicle_classes,
        let_in=overridden(lines, OverrideKind.SET_ASIDE),
    )  # fmt: skip
    opening = Opening(
        pack_digest=pack.digest, opened_by=signed.by, opened_at=signed.at,
        file_digests={s.operator_id: s.digest for s in submissions}, submissions=checked.submissions,
        set_aside=checked.set_aside, screens=screen_bids(pack, checked.submissions, limits),
    )  # fmt: skip
    digest = write_record("opening", opening, tender / OPENING_FILE)
    opened = BidsOpened(
        pack_digest=pack.digest, opening_digest=digest, file_digests=opening.file_digests,
        operator_ids=tuple(sorted(submission.operator_id for submission in submissions)),
        n_bids=sum(len(submission.bids) for submission in opening.submissions),
        set_aside=tuple(aside.sentence for aside in opening.set_aside), n_patterns=len(opening.screens),
    )  # fmt: skip
    append_log(tender, opened, signed)
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
    signed: Signed, always_explained: int = EVERY_WINNER_UP_TO, tell: Tell = lambda what, n, of: None,
) -> tuple[AwardRecord, MakeOrBuy | None]:  # fmt: skip
    """Decide, write the award and everything that follows from it.

    Parameters
    ----------
    travel : between depots and stops, where the pack reserved fleet or extensions; None: neither is looked at.
    avoidable : whether the fleet counts at avoidable cost.
    signed : by those who evaluate. always_explained : as in `AwardRequest`. tell : as in `determine_awards`.

    Raises
    ------
    RecordRefused
        When one of them has made no declaration of interest, or has an interest in a bidder; or when nobody has looked
        at the patterns in the bids.
    AwardRefused, AwardImpossible
        As `determine_awards`.
    """
    pack, opening = require_ready(tender, signed, pack_digest)
    inputs = AwardInputs(
        pack=pack, pack_digest=pack_digest, submissions=opening.submissions, other_offers=(), start_ids=(),
        quality_pct_by_operator_id=quality_pct_by_operator_id or {}, seconds=seconds, explain_seconds=explain_seconds,
        avoidable=avoidable, always_explained=always_explained,
    )  # fmt: skip
    choice = None
    if travel is not None and (pack.rules.fleet_reserved or pack.rules.extensions_reserved):
        book = read_book(tender)
        fleet = fleet_prices(given.plan, book, given.scenario, travel)
        extensions = tuple(extension_offers(book, given.plan, given.scenario, travel))
        choice = make_or_buy(inputs.request(), fleet, extensions, avoidable=avoidable, tell=tell)
        own = [price.offer(avoidable=avoidable) for price in fleet] if pack.rules.fleet_reserved else []
        others = (*own, *(extensions if pack.rules.extensions_reserved else ()))
        inputs = replace(inputs, other_offers=others, start_ids=choice.start_ids)
    record = choice.record if choice is not None else determine_awards(inputs.request(), tell)
    write_record("award_inputs", inputs, tender / INPUTS_FILE)
    digest = write_record("award", record, tender / AWARD_FILE)
    made = AwardMade(
        award_digest=digest, pack_digest=record.pack_digest, bids_digest=record.bids_digest,
        n_winners=len(record.winners), price_pence=record.price_pence, proven=record.proven,
    )  # fmt: skip
    append_log(tender, made, signed)
    _write_results(tender, record, choice)
    return record, choice


def require_ready(tender: Path, signed: Signed, pack_digest: str) -> tuple[TenderPack, Opening]:
    """Refuse an award that must wait, or is to rest on another pack; what it needs no time to tell.

    Returns
    -------
    The pack as issued, and the bids as opened.

    Raises
    ------
    RecordRefused, AwardRefused
        As `award`.
    ValueError
        When the bids were opened against another pack.
    """
    lines = read_log(tender)
    require_screens_seen(lines)
    opened = last_opening(lines)
    require_free(lines, signed.by, opened.operator_ids if opened else ())
    pack, opening = read_pack(tender), read_record("opening", Opening, tender / OPENING_FILE)
    if opening.pack_digest != pack.digest:
        raise ValueError("the bids were opened against another pack than the one beside them")
    require_published(pack, pack_digest)
    return pack, opening


def _write_results(tender: Path, record: AwardRecord, choice: MakeOrBuy | None) -> None:
    won = [
        [offer.offer_id, offer.kind.value, offer.supplier_id, " ".join(offer.lot_ids), pounds_cell(offer.price_pence),
         reason.sentence]
        for offer, reason in zip(record.winners, record.reasons, strict=True)
    ]  # fmt: skip
    write_csv(tender / "awards.csv", ["offer", "kind", "supplier", "lots", "pounds_a_year", "why"], won)
    lost = [[bid.offer_id, bid.operator_id, pounds_cell(bid.short_pence), bid.sentence] for bid in record.lost]
    write_csv(tender / "regrets.csv", ["bid", "operator", "short_pounds_a_year", "why"], lost)
    if choice is not None:
        ways = {"fleet first": choice.fleet_first, "bids first": choice.bids_first, "all at once": choice.joint}
        rows = [[name, pounds_cell(way.compared_pence)] for name, way in ways.items()]
        write_csv(tender / "make_or_buy.csv", ["way", "pounds_a_year"], rows)
    write_evidence(tender)
