"""What the record of a tender must hold before the next step: declarations, versions, screens, overrides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields

from procurement.record import (
    BidsOpened,
    ContractsDecided,
    InterestDeclared,
    Line,
    LotsDesigned,
    Overridden,
    OverrideKind,
    PackIssued,
    QuestionAnswered,
    QuestionAsked,
    ScreensSeen,
)
from transport.tenders import AwardRules, TenderPack


class RecordRefused(ValueError):
    """The record does not allow the next step; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as all operators see it; `answer` is empty until there is one."""

    question_id: str
    text: str
    answer: str


def questions_of(lines: Sequence[Line]) -> tuple[Question, ...]:
    """Questions in the order in which they came, each with its latest answer."""
    answers = {line.decision.question_id: line.decision.text for line in lines
               if isinstance(line.decision, QuestionAnswered)}  # fmt: skip
    asked = [line.decision for line in lines if isinstance(line.decision, QuestionAsked)]
    return tuple(
        Question(question_id=q.question_id, text=q.text, answer=answers.get(q.question_id, "")) for q in asked
    )  # fmt: skip


def require_question(lines: Sequence[Line], question_id: str) -> None:
    """Refuse an answer to a question that nobody asked.

    Raises
    ------
    RecordRefused
        Naming the questions there are.
    """
    known = [question.question_id for question in questions_of(lines)]
    if question_id not in known:
        raise RecordRefused(f"question {question_id} is not in the record; must be one of {', '.join(known) or 'none'}")


def last_issued(lines: Sequence[Line]) -> PackIssued | None:
    """The pack as it was issued last."""
    issued = [line.decision for line in lines if isinstance(line.decision, PackIssued)]
    return issued[-1] if issued else None


def last_opening(lines: Sequence[Line]) -> BidsOpened | None:
    """The opening that counts: the last one."""
    openings = [line.decision for line in lines if isinstance(line.decision, BidsOpened)]
    return openings[-1] if openings else None


def last_contracts(lines: Sequence[Line]) -> ContractsDecided | None:
    """The decision on contracts that counts: the last one."""
    decided = [line.decision for line in lines if isinstance(line.decision, ContractsDecided)]
    return decided[-1] if decided else None


def extended_lots(lines: Sequence[Line]) -> frozenset[str]:
    """Lots of contracts that were extended, by the last decision on them."""
    decided = last_contracts(lines)
    return frozenset(decided.extended_lot_ids) if decided else frozenset()


def has_fleet_lots(lines: Sequence[Line]) -> bool:
    """Whether today's fleet routes may be in lots, by the last design."""
    designs = [line.decision for line in lines if isinstance(line.decision, LotsDesigned)]
    return bool(designs) and designs[-1].fleet_too


def require_reason_for_lots(lines: Sequence[Line], why: str) -> None:
    """Refuse lots that nobody says a reason for, and other lots once bids have been opened.

    Raises
    ------
    RecordRefused
        Naming each ground.
    """
    faults = []
    if not why.strip():
        faults.append("say why the plan is cut in this way")
    if last_opening(lines) is not None:
        faults.append("bids have been opened: lots stay as issued")
    if faults:
        raise RecordRefused(f"lots: {'; '.join(faults)}")


def require_next_version(lines: Sequence[Line], pack_id: str, version: int, why: str) -> None:
    """Refuse a pack that is not the next version, is amended without a reason, or comes after the bids were opened.

    Raises
    ------
    RecordRefused
        Naming each ground.
    """
    before = last_issued(lines)
    faults = []
    if last_opening(lines) is not None:
        faults.append("bids have been opened: lots and rules stay as issued")
    if extended_lots(lines) != extended_lots(_until_lots(lines)):
        faults.append("contracts were decided on after the lots had been cut: cut the lots anew")
    if before is None and version != 1:
        faults.append(f"version {version}: no pack has been issued yet; must be 1")
    if before is not None:
        if (pack_id, version) != (before.pack_id, before.version + 1):
            faults.append(
                f"tender {pack_id} version {version}: {before.pack_id} version {before.version} has been issued; "
                f"an amendment is {before.pack_id} version {before.version + 1}"
            )
        if not why.strip():
            faults.append("an amendment goes to all with its reason: say why")
    if faults:
        raise RecordRefused("; ".join(faults))


def _until_lots(lines: Sequence[Line]) -> Sequence[Line]:
    """The record up to the last design of lots."""
    at = max((n for n, line in enumerate(lines) if isinstance(line.decision, LotsDesigned)), default=len(lines))
    return lines[:at]


def changes_between(before: TenderPack, after: TenderPack) -> tuple[str, ...]:
    """What an amendment changes, in sentences for all operators."""
    return tuple(_changes(before, after)) or ("Nothing but the version has changed.",)


def _changes(before: TenderPack, after: TenderPack) -> Iterator[str]:
    if before.deadline != after.deadline:
        yield f"Bids close at {after.deadline.isoformat()}, not at {before.deadline.isoformat()}."
    if (before.starts_on, before.ends_on) != (after.starts_on, after.ends_on):
        terms = [f"from {pack.starts_on} to {pack.ends_on}" for pack in (after, before)]
        yield f"Contracts run {terms[0]}, not {terms[1]}."
    for f in fields(AwardRules):
        was, now = getattr(before.rules, f.name), getattr(after.rules, f.name)
        if was != now:
            yield f"Rule {f.name} is {now}, not {was}."
    old, new = ({lot.lot_id: lot for lot in pack.lots} for pack in (before, after))
    for words, ids in (
        ("New", new.keys() - old.keys()),
        ("Taken out", old.keys() - new.keys()),
        ("Changed", {lot_id for lot_id in old.keys() & new.keys() if old[lot_id] != new[lot_id]}),
    ):
        if ids:
            yield f"{words}: {'lot' if len(ids) == 1 else 'lots'} {', '.join(sorted(ids))}."


def require_free(lines: Sequence[Line], people: Collection[str], operator_ids: Collection[str]) -> None:
    """Refuse people who may not see or judge bids: without a declaration, or with an interest in a bidder.

    An interest that a person has declared can be overridden, by somebody else and with a reason. One that others
    reported and the person did not declare cannot.

    Raises
    ------
    RecordRefused
        Naming each person, and what is missing.
    """
    faults = [fault for person in people for fault in _conflicts(lines, person, operator_ids)]
    if faults:
        raise RecordRefused("; ".join(faults))


def _conflicts(lines: Sequence[Line], person: str, operator_ids: Collection[str]) -> Iterator[str]:
    said = [(line.by, line.decision) for line in lines if isinstance(line.decision, InterestDeclared)]
    own = [d for by, d in said if d.person == person and person in by]
    if not own:
        yield f"{person} has made no declaration of interest for this tender"
        return
    # What was declared once counts until the tender ends: an interest is not taken back.
    declared = {operator_id for d in own for operator_id in d.operator_ids}
    reported = {
        operator_id for by, d in said if d.person == person and person not in by for operator_id in d.operator_ids
    }
    for operator_id in sorted(set(operator_ids) & (reported - declared)):
        yield f"{person} is reported to have an interest in {operator_id}, which bids, and has not declared it"
    for operator_id in sorted(set(operator_ids) & declared - allowed_conflicts(lines, person)):
        yield f"{person} has an interest in {operator_id}, which bids: somebody else must, or override it with a reason"


def allowed_conflicts(lines: Sequence[Line], person: str) -> frozenset[str]:
    """Operators in which a person has a declared interest that somebody else has overridden."""
    return frozenset(
        line.decision.about.removeprefix(f"{person}:") for line in lines
        if isinstance(line.decision, Overridden) and line.decision.kind is OverrideKind.CONFLICT
        and line.decision.about.startswith(f"{person}:") and set(line.by) - {person}
    )  # fmt: skip


def overridden(lines: Sequence[Line], kind: OverrideKind) -> frozenset[str]:
    """What was overridden, of one kind."""
    return frozenset(
        line.decision.about for line in lines if isinstance(line.decision, Overridden) and line.decision.kind is kind
    )


def require_reasoned(why: str, by: Sequence[str], kind: OverrideKind, about: str) -> None:
    """Refuse an override without a reason, or of one's own conflict.

    Raises
    ------
    RecordRefused
        Naming each fault.
    """
    faults = []
    if not why.strip():
        faults.append("an override needs a reason")
    if kind is OverrideKind.CONFLICT:
        person, _, operator_id = about.rpartition(":")
        if not person or not operator_id:
            faults.append(f"conflict {about}: must be PERSON:OPERATOR")
        elif set(by) <= {person}:
            faults.append(f"{person} cannot override their own conflict")
    if faults:
        raise RecordRefused(f"override of {kind.value} {about}: {'; '.join(faults)}")


def require_screens_seen(lines: Sequence[Line]) -> None:
    """Refuse an award on bids whose patterns nobody has looked at.

    Raises
    ------
    RecordRefused
        Saying how many there are.
    """
    opening = last_opening(lines)
    if opening is None:
        raise RecordRefused("no bids have been opened")
    seen = {line.decision.opening_digest for line in lines if isinstance(line.decision, ScreensSeen)}
    if opening.n_patterns and opening.opening_digest not in seen:
        raise RecordRefused(
            f"{opening.n_patterns} patterns in the bids have been seen by nobody: look at them and record what you "
            "made of them"
        )
