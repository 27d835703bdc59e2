"""The evidence of an award: one file from which a stranger makes it again, and reads how it came about."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.tender_files import (
    AWARD_FILE,
    INPUTS_FILE,
    ISSUED_FOLDER,
    OPENING_FILE,
    PACK_FILE,
    PACK_FOLDER,
    REGISTER_FOLDER,
    TERMS_FILE,
    AwardInputs,
    Opening,
)
from api.tender_log import LOG_FILE, read_log
from procurement.award import AwardRecord, determine_awards
from procurement.integrity import last_issued, last_opening
from procurement.record import AwardMade, Line
from transport.digest import digest_of
from transport.files.records import read_record

EVIDENCE_FILE = "evidence.zip"
EVIDENCE_README = (
    "From these files the award can be made again: schoolrun tender verify evidence.zip\n"
    f"{INPUTS_FILE}: pack, bids and offers; {AWARD_FILE}: what was decided and why; {OPENING_FILE}: who opened what.\n"
    f"{LOG_FILE}: every decision from the lots on, who took it and why, each line with the hash of the one before.\n"
    f"{ISSUED_FOLDER}: packs that were amended; {REGISTER_FOLDER}: contracts and award notice, once they are written.\n"
    "Every record carries the sha256 of its content.\n"
)
_ALWAYS = (INPUTS_FILE, AWARD_FILE, OPENING_FILE, LOG_FILE, TERMS_FILE, f"{PACK_FOLDER}/{PACK_FILE}")


def write_evidence(tender: Path) -> Path:
    """Put everything that an award rests on, and what came of it so far, into one file."""
    path = tender / EVIDENCE_FILE
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in (*_ALWAYS, *_further(tender)):
            bundle.write(tender / name, name)
        bundle.writestr("README.txt", EVIDENCE_README)
    return path


def _further(tender: Path) -> Iterator[str]:
    found = [*tender.glob(f"{ISSUED_FOLDER}/*/{PACK_FILE}"), *tender.glob(f"{REGISTER_FOLDER}/*")]
    yield from sorted(path.relative_to(tender).as_posix() for path in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What recomputing an award found.

    Attributes
    ----------
    digest : of the award as it was recorded; a later schoolrun may word its reasons otherwise.
    lines : the record, whose chain holds. head : hash of its last line, to be compared with one kept elsewhere.
    differences : none: the same winners at the same price, the same proof, and the record speaks of these files.
    """

    digest: str
    lines: tuple[Line, ...]
    differences: tuple[str, ...]

    @property
    def head(self) -> str:
        """Hash of the record's last line."""
        return self.lines[-1].hash if self.lines else ""


def verify(evidence: Path) -> Verified:
    """Make the award again from its evidence, and compare it and its record.

    Raises
    ------
    ValueError
        When the bundle is damaged or incomplete, or the chain of its record does not hold.
    """
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, data in _members(evidence).items():
            (folder / name).write_bytes(data)
        inputs = read_record("award_inputs", AwardInputs, folder / INPUTS_FILE)
        told = read_record("award", AwardRecord, folder / AWARD_FILE)
        opening = read_record("opening", Opening, folder / OPENING_FILE)
        lines = read_log(folder)
    again = determine_awards(inputs.request())
    differences = (*_differences(told, again), *_not_as_recorded(lines, inputs, told, opening))
    return Verified(digest=told.digest, lines=lines, differences=differences)


def _members(evidence: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(evidence) as bundle:
            return {name: bundle.read(name) for name in (INPUTS_FILE, AWARD_FILE, OPENING_FILE, LOG_FILE)}
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"{evidence.name}: {error}; must be the evidence.zip of an award") from error


def _differences(told: AwardRecord, again: AwardRecord) -> Iterator[str]:
    for name in ("pack_digest", "bids_digest", "compared_pence", "price_pence", "proven", "tied"):
        if getattr(told, name) != getattr(again, name):
            yield f"{name}: the record says {getattr(told, name)}; again it is {getattr(again, name)}"
    if digest_of(told.winners) != digest_of(again.winners):
        yield "the winners differ"


def _not_as_recorded(lines: Sequence[Line], inputs: AwardInputs, told: AwardRecord, opening: Opening) -> Iterator[str]:
    """Whether the record's lines speak of the very pack, bids and award in the bundle."""
    if digest_of(inputs.submissions) != digest_of(opening.submissions):
        yield "the bids of the award are not those that were opened"
    issued, opened = last_issued(lines), last_opening(lines)
    awards = [line.decision for line in lines if isinstance(line.decision, AwardMade)]
    for what, recorded, found in (
        ("pack", issued and issued.pack_digest, told.pack_digest),
        ("opening", opened and opened.opening_digest, digest_of(opening)),
        ("award", awards[-1].award_digest if awards else None, told.digest),
    ):
        if recorded != found:
            yield f"{what}: {LOG_FILE} names {(recorded or 'none')[:12]}; the bundle holds {found[:12]}"
