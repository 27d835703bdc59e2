"""The record of a tender: what was decided at every step, by whom and why, each line chained to the one before.

A chain finds edits, deletions and reordering. That its end was cut off is found by comparing with a hash kept
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from transport.digest import digest_of, later

FIRST_HASH = "0" * 64
"""Stands where the first line names the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractsDecided:
    """Which contracts that run out are extended, and which are refused and join the tender.

    Attributes
    ----------
    advice : what was advised of each, in sentences.
    """

    extended_lot_ids: tuple[str, ...]
    refused_lot_ids: tuple[str, ...]
    advice: tuple[str, ...]
    step: Literal["contracts_decided"] = "contracts_decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class LotsDesigned:
    """How the plan was cut.

    Attributes
    ----------
    cut, limits : as asked for, in words. compared : what the other cuts would have come to, in sentences.
    lots_digest : of the lots alone.
    """

    cut: str
    limits: str
    fleet_too: bool
    n_lots: int
    estimate_pence: int
    lots_digest: str
    compared: tuple[str, ...]
    step: Literal["lots_designed"] = "lots_designed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackIssued:
    """A pack, or an amended one, sent to all.

    Attributes
    ----------
    file_digests : sha256 by file name. changes : against the version before, in sentences; none in the first.
    """

    pack_id: str
    version: int
    pack_digest: str
    lots_digest: str
    deadline: datetime
    file_digests: Mapping[str, str]
    changes: tuple[str, ...]
    step: Literal["pack_issued"] = "pack_issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """A question of an operator, who is not named to the others."""

    question_id: str
    text: str
    step: Literal["question_asked"] = "question_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """The answer, which goes to all; a later one to the same question corrects it."""

    question_id: str
    text: str
    step: Literal["question_answered"] = "question_answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestDeclared:
    """Which operators somebody has an interest in; none: no interest.

    Attributes
    ----------
    person : whose interest. Where the line is by somebody else it is a report, not a declaration.
    """

    person: str
    operator_ids: tuple[str, ...]
    statement: str
    step: Literal["interest_declared"] = "interest_declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class BidsOpened:
    """Bids opened by two people, the signers of the line.

    Attributes
    ----------
    file_digests : sha256 by operator. operator_ids : who sent something that could be read.
    set_aside : sentences. n_patterns : patterns shown to the auditor.
    """

    pack_digest: str
    opening_digest: str
    file_digests: Mapping[str, str]
    operator_ids: tuple[str, ...]
    n_bids: int
    set_aside: tuple[str, ...]
    n_patterns: int
    step: Literal["bids_opened"] = "bids_opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreensSeen:
    """Somebody looked at the patterns of an opening; what they made of them is the line's reason."""

    opening_digest: str
    n_patterns: int
    step: Literal["screens_seen"] = "screens_seen"


class OverrideKind(StrEnum):
    """What a person may decide otherwise than the rules of the house, with a reason."""

    CONFLICT = "conflict"
    """Somebody with a declared interest in a bidder may open or evaluate: `person:operator`."""
    SET_ASIDE = "set_aside"
    """An operator's bids are compared although late, or papers end too early: the operator."""
    WITHHELD = "withheld"
    """A lot is not awarded, whatever the award says: the lot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """A rule of the house set aside in one case; the line says why."""

    kind: OverrideKind
    about: str
    step: Literal["overridden"] = "overridden"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardMade:
    """The award, evaluated by the signers of the line.

    Attributes
    ----------
    award_digest, pack_digest, bids_digest : of the record and of what it rests on.
    """

    award_digest: str
    pack_digest: str
    bids_digest: str
    n_winners: int
    price_pence: int
    proven: bool
    step: Literal["award_made"] = "award_made"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatesChosen:
    """Templates of the council's own, taken for the letters of this tender.

    Attributes
    ----------
    version : from 1. file_digests : sha256 by file name; what is not named comes from schoolrun.
    """

    version: int
    file_digests: Mapping[str, str]
    step: Literal["templates_chosen"] = "templates_chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorsTold:
    """Letters written: when operators are told, and until when nothing is signed.

    Attributes
    ----------
    standstill_ends_on : None: no standstill. template_digests : of the council's own templates; None: schoolrun's.
    """

    award_digest: str
    told_on: date
    standstill_ends_on: date | None
    file_digests: Mapping[str, str]
    template_digests: Mapping[str, str] | None = later(None, since="0.1.0")
    step: Literal["operators_told"] = "operators_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractsRegistered:
    """Contracts entered into the register, and the award notice."""

    award_digest: str
    n_contracts: int
    year_pence: int
    file_digests: Mapping[str, str]
    step: Literal["contracts_registered"] = "contracts_registered"


Decision = (
    ContractsDecided
    | LotsDesigned
    | PackIssued
    | QuestionAsked
    | QuestionAnswered
    | InterestDeclared
    | BidsOpened
    | ScreensSeen
    | Overridden
    | AwardMade
    | TemplatesChosen
    | OperatorsTold
    | ContractsRegistered
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the record.

    Attributes
    ----------
    seq : from 1. at : instant with time zone. by : who signs. why : their reason, may be empty.
    previous_hash : of the line before; `FIRST_HASH` in the first.
    """

    seq: int
    at: datetime
    by: tuple[str, ...]
    why: str
    decision: Decision
    previous_hash: str

    @property
    def hash(self) -> str:
        """Sha256 of all that the line holds, the hash before it included."""
        return digest_of(self)


def line_after(lines: Sequence[Line], decision: Decision, *, by: Sequence[str], why: str, at: datetime) -> Line:
    """The next line of a record.

    Raises
    ------
    ValueError
        When nobody signs it, or its instant has no time zone.
    """
    signers = tuple(name.strip() for name in by if name.strip())
    if not signers:
        raise ValueError(f"{decision.step}: nobody signs it; must name who decided")
    if at.tzinfo is None:
        raise ValueError(f"{decision.step}: {at.isoformat()} has no time zone")
    return Line(
        seq=len(lines) + 1, at=at, by=signers, why=why.strip(), decision=decision,
        previous_hash=lines[-1].hash if lines else FIRST_HASH,
    )  # fmt: skip


def chain_faults(lines: Sequence[Line]) -> Iterator[str]:
    """Everything wrong with a chain, in sentences; none: each line follows the one before."""
    previous_hash = FIRST_HASH
    for number, line in enumerate(lines, start=1):
        if line.seq != number:
            yield f"line {number} of the record has the number {line.seq}"
        if line.previous_hash != previous_hash:
            yield f"line {line.seq} of the record does not follow the line before it"
        previous_hash = line.hash
