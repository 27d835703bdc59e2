"""A tender's folder: what people say and decide between the steps, and what of it goes to all operators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from api.tender_files import read_pack, write_questions
from api.tender_log import Signed, append_log, read_log
from procurement.integrity import (
    RecordRefused,
    last_issued,
    last_opening,
    questions_of,
    require_question,
    require_reasoned,
)
from procurement.pack import DisclosureRefused, leaks
from procurement.record import (
    InterestDeclared,
    Line,
    Overridden,
    OverrideKind,
    QuestionAnswered,
    QuestionAsked,
    ScreensSeen,
)
from transport.scenario import Scenario

MOST_CHARACTERS = 4_000


def ask(scenario: Scenario, tender: Path, text: str, signed: Signed) -> str:
    """Take down an operator's question, without the operator; it goes to all.

    Parameters
    ----------
    scenario : whose ids and coordinates must not be in the text.

    Returns
    -------
    Its id.

    Raises
    ------
    DisclosureRefused
        When the text names somebody of the council's lists.
    RecordRefused
        When it is empty or too long, or bids have been opened.
    """
    lines = read_log(tender)
    _require_said(scenario, lines, text)
    question_id = f"Q{len(questions_of(lines)) + 1}"
    append_log(tender, QuestionAsked(question_id=question_id, text=text.strip()), signed)
    write_questions(tender, read_log(tender))
    return question_id


def answer(scenario: Scenario, tender: Path, question_id: str, text: str, signed: Signed) -> None:
    """Answer a question to all; a second answer corrects the first.

    Raises
    ------
    DisclosureRefused, RecordRefused
        As `ask`; and when there is no such question.
    """
    lines = read_log(tender)
    require_question(lines, question_id)
    _require_said(scenario, lines, text)
    append_log(tender, QuestionAnswered(question_id=question_id, text=text.strip()), signed)
    write_questions(tender, read_log(tender))


def _require_said(scenario: Scenario, lines: Sequence[Line], text: str) -> None:
    if not 0 < len(text.strip()) <= MOST_CHARACTERS:
        raise RecordRefused(f"a text of {len(text.strip())} characters; must be 1 to {MOST_CHARACTERS}")
    if last_issued(lines) is None:
        raise RecordRefused("no pack has been issued")
    if last_opening(lines) is not None:
        raise RecordRefused("bids have been opened: nothing more goes to all")
    grounds = list(leaks({"the text": text}, scenario))
    if grounds:
        raise DisclosureRefused("this text could identify a child: " + "; ".join(grounds))


def declare_interest(
    tender: Path, person: str, operator_ids: Sequence[str], statement: str, signed: Signed, scenario: Scenario
) -> None:
    """Record in which operators somebody has an interest, or that they have none.

    Raises
    ------
    RecordRefused
        Naming operators that are not in the council's register, or a declaration without words.
    """
    known = {operator.operator_id for operator in scenario.operators}
    unknown = sorted(set(operator_ids) - known)
    faults = [f"operator {', '.join(unknown)} is not in the council's register"] if unknown else []
    if not person.strip() or not statement.strip():
        faults.append("a declaration names the person and says what the interest is, or that there is none")
    if faults:
        raise RecordRefused("; ".join(faults))
    declared = InterestDeclared(
        person=person.strip(), operator_ids=tuple(sorted(set(operator_ids))), statement=statement.strip()
    )
    append_log(tender, declared, signed)


def override(tender: Path, kind: OverrideKind, about: str, signed: Signed) -> None:
    """Set a rule of the house aside in one case, with a reason.

    Raises
    ------
    RecordRefused
        Without a reason, or by the person whose conflict it is.
    """
    require_reasoned(signed.why, signed.by, kind, about)
    if kind is OverrideKind.WITHHELD and about not in {lot.lot_id for lot in read_pack(tender).lots}:
        raise RecordRefused(f"override of withheld {about}: must be a lot of the pack")
    append_log(tender, Overridden(kind=kind, about=about), signed)


def see_screens(tender: Path, signed: Signed) -> int:
    """Record that somebody looked at the patterns in the bids, and what they made of them.

    Returns
    -------
    How many patterns there are.

    Raises
    ------
    RecordRefused
        Before bids were opened, or without a judgement.
    """
    opening = last_opening(read_log(tender))
    if opening is None or not signed.why.strip():
        raise RecordRefused("no bids have been opened" if opening is None else "say what you made of the patterns")
    append_log(tender, ScreensSeen(opening_digest=opening.opening_digest, n_patterns=opening.n_patterns), signed)
    return opening.n_patterns
