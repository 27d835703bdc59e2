"""The record of a tender: its chain, and what it must hold before the next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from procurement.bids import BidFault, check_bids
from procurement.integrity import (
    Question,
    RecordRefused,
    changes_between,
    extended_lots,
    overridden,
    questions_of,
    require_free,
    require_next_version,
    require_question,
    require_reason_for_lots,
    require_reasoned,
    require_screens_seen,
)
from procurement.record import (
    FIRST_HASH,
    BidsOpened,
    ContractsDecided,
    Decision,
    InterestDeclared,
    Line,
    Overridden,
    OverrideKind,
    PackIssued,
    QuestionAnswered,
    QuestionAsked,
    ScreensSeen,
    chain_faults,
    line_after,
)
from tests.builders import make_class
from tests.tendering import make_pack, make_submission, make_tender_lot
from transport.bids import Clearances
from transport.operators import Operator
from transport.tenders import AwardRules

AT = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)


def record(*said: tuple[Decision, str] | tuple[Decision, str, str]) -> tuple[Line, ...]:
    """Decisions with who signs them (and why), an hour apart."""
    lines: list[Line] = []
    for n, (decision, by, *why) in enumerate(said):
        lines.append(line_after(lines, decision, by=[by], why="".join(why), at=AT + timedelta(hours=n)))
    return tuple(lines)


def asked(question_id: str, text: str = "Is parking free?") -> QuestionAsked:
    return QuestionAsked(question_id=question_id, text=text)


def interest(person: str, *operator_ids: str) -> InterestDeclared:
    return InterestDeclared(person=person, operator_ids=operator_ids, statement="as said")


def issued(version: int = 1) -> PackIssued:
    pack = make_pack()
    return PackIssued(
        pack_id="T1", version=version, pack_digest=pack.digest, lots_digest=pack.lots_digest, deadline=pack.deadline,
        file_digests={}, changes=(),
    )  # fmt: skip


def opened(n_patterns: int = 0, digest: str = "a" * 64) -> BidsOpened:
    return BidsOpened(
        pack_digest="p", opening_digest=digest, file_digests={}, operator_ids=("O1",), n_bids=1, set_aside=(),
        n_patterns=n_patterns,
    )  # fmt: skip


def test_each_line_holds_the_hash_of_the_one_before() -> None:
    """The first holds zeros."""
    lines = record((asked("Q1"), "Ann"), (asked("Q2"), "Ann"), (asked("Q3"), "Ann"))
    assert [line.previous_hash for line in lines] == [FIRST_HASH, lines[0].hash, lines[1].hash]
    assert list(chain_faults(lines)) == []


def test_an_edit_a_gap_and_a_swap_break_the_chain() -> None:
    """Each is said of the line where it shows."""
    a, b, c = record((asked("Q1"), "Ann"), (asked("Q2"), "Ann"), (asked("Q3"), "Ann"))
    assert list(chain_faults([replace(a, why="another reason"), b, c])) == [
        "line 2 of the record does not follow the line before it"
    ]
    assert list(chain_faults([a, c])) == [
        "line 2 of the record has the number 3", "line 3 of the record does not follow the line before it",
    ]  # fmt: skip
    assert len(list(chain_faults([b, a, c]))) == 5


def test_a_line_is_signed_at_an_instant() -> None:
    """Nobody, and a clock without a zone, are refused."""
    with pytest.raises(ValueError, match="question_asked: nobody signs it"):
        line_after([], asked("Q1"), by=[" "], why="", at=AT)
    with pytest.raises(ValueError, match="has no time zone"):
        line_after([], asked("Q1"), by=["Ann"], why="", at=AT.replace(tzinfo=None))


def test_the_latest_answer_counts() -> None:
    """Q1 is answered twice, Q2 not yet, and nobody asked Q3."""
    lines = record(
        (asked("Q1"), "Ann"), (asked("Q2", "Why?"), "Ann"),
        (QuestionAnswered(question_id="Q1", text="No."), "Ann"),
        (QuestionAnswered(question_id="Q1", text="Yes, until ten."), "Ann"),
    )  # fmt: skip
    assert questions_of(lines) == (
        Question(question_id="Q1", text="Is parking free?", answer="Yes, until ten."),
        Question(question_id="Q2", text="Why?", answer=""),
    )
    require_question(lines, "Q2")
    with pytest.raises(RecordRefused, match="question Q3 is not in the record; must be one of Q1, Q2"):
        require_question(lines, "Q3")


@pytest.mark.parametrize(
    ("lines", "version", "why", "words"),
    [
        ((), 2, "", "version 2: no pack has been issued yet; must be 1"),
        (record((issued(), "Ann")), 1, "typo", "an amendment is T1 version 2"),
        (record((issued(), "Ann")), 3, "typo", "an amendment is T1 version 2"),
        (record((issued(), "Ann")), 2, " ", "an amendment goes to all with its reason: say why"),
        (record((issued(), "Ann"), (opened(), "Ann")), 2, "typo", "bids have been opened"),
    ],
)
def test_a_pack_that_is_not_the_next_version_is_refused(
    lines: tuple[Line, ...], version: int, why: str, words: str
) -> None:
    """Versions rise by one, with a reason, until bids are opened."""
    with pytest.raises(RecordRefused, match=words):
        require_next_version(lines, "T1", version, why)


def test_the_next_version_is_taken() -> None:
    """The first needs no reason."""
    require_next_version((), "T1", 1, "")
    require_next_version(record((issued(), "Ann")), "T1", 2, "the deadline was wrong")


def test_lots_need_a_reason_and_stay_once_bids_are_open() -> None:
    """Both faults at once."""
    require_reason_for_lots(record((issued(), "Ann")), "small lots")
    with pytest.raises(RecordRefused, match="lots: say why the plan is cut in this way; bids have been opened"):
        require_reason_for_lots(record((opened(), "Ann")), "")


def test_what_an_amendment_changes_is_said_to_all() -> None:
    """Deadline, term, a rule, and lots that are new, gone and changed."""
    before = make_pack([make_tender_lot("L1"), make_tender_lot("L2")])
    after = make_pack(
        [make_tender_lot("L2", n_routes=2), make_tender_lot("L3")], AwardRules(tie_seed=7, min_operators=2), version=2,
        deadline=before.deadline + timedelta(days=1), ends_on=date(2029, 8, 31),
    )  # fmt: skip
    assert changes_between(before, after) == (
        "Bids close at 2026-07-06T14:00:00+00:00, not at 2026-07-05T14:00:00+00:00.",
        "Contracts run from 2026-09-01 to 2029-08-31, not from 2026-09-01 to 2028-08-31.",
        "Rule min_operators is 2, not None.",
        "New: lot L3.", "Taken out: lot L1.", "Changed: lot L2.",
    )  # fmt: skip
    assert changes_between(before, replace(before, version=2)) == ("Nothing but the version has changed.",)


ANN_FREE = (interest("Ann"), "Ann")
ANN_HAS_O1 = (interest("Ann", "O1"), "Ann")
BOB_REPORTS = (interest("Ann", "O1"), "Bob")
BOB_OVERRIDES = (Overridden(kind=OverrideKind.CONFLICT, about="Ann:O1"), "Bob", "nobody else knows lifts")
ANN_OVERRIDES = (Overridden(kind=OverrideKind.CONFLICT, about="Ann:O1"), "Ann", "I am fair")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((), "Ann has made no declaration of interest for this tender"),
        (((interest("Ann"), "Bob"),), "Ann has made no declaration"),
        ((ANN_HAS_O1,), "Ann has an interest in O1, which bids"),
        ((ANN_FREE, BOB_REPORTS), "Ann is reported to have an interest in O1, which bids, and has not declared it"),
        ((ANN_FREE, BOB_REPORTS, BOB_OVERRIDES), "is reported to have an interest in O1"),
        ((ANN_HAS_O1, ANN_OVERRIDES), "Ann has an interest in O1"),
        ((ANN_HAS_O1, ANN_FREE), "Ann has an interest in O1"),
    ],
)
def test_who_has_an_interest_in_a_bidder_is_refused(said: tuple[tuple[Decision, str], ...], words: str) -> None:
    """No declaration, somebody else's, an own interest, one that only others know of, and overriding oneself."""
    with pytest.raises(RecordRefused, match=words):
        require_free(record(*said), ["Ann"], ["O1", "O2"])


@pytest.mark.parametrize(
    "said",
    [
        (ANN_FREE,),
        (ANN_HAS_O1, BOB_OVERRIDES),
        ((interest("Ann", "O9"), "Ann"),),
        (ANN_HAS_O1, BOB_REPORTS, BOB_OVERRIDES),
    ],
)  # fmt: skip
def test_who_is_free_or_was_let_in_with_a_reason_may_evaluate(said: tuple[tuple[Decision, str], ...]) -> None:
    """O9 does not bid."""
    require_free(record(*said), ["Ann"], ["O1", "O2"])


def test_an_override_has_a_reason_and_another_signer() -> None:
    """All faults at once, and a conflict that is not PERSON:OPERATOR."""
    require_reasoned("the portal was down", ["Bob"], OverrideKind.SET_ASIDE, "O1")
    with pytest.raises(RecordRefused, match="override needs a reason; Ann cannot override their own conflict"):
        require_reasoned("", ["Ann"], OverrideKind.CONFLICT, "Ann:O1")
    with pytest.raises(RecordRefused, match="must be PERSON:OPERATOR"):
        require_reasoned("known", ["Bob"], OverrideKind.CONFLICT, "Ann")


def test_patterns_are_looked_at_before_an_award() -> None:
    """Those of the opening that counts; where there are none, nobody need look."""
    seen = ScreensSeen(opening_digest="a" * 64, n_patterns=2)
    require_screens_seen(record((opened(0), "Ann")))
    require_screens_seen(record((opened(2), "Ann"), (seen, "Ann")))
    with pytest.raises(RecordRefused, match="no bids have been opened"):
        require_screens_seen(())
    again = (opened(2, "b" * 64), "Ann")
    with pytest.raises(RecordRefused, match="2 patterns in the bids have been seen by nobody"):
        require_screens_seen(record((opened(2), "Ann"), (seen, "Ann"), again))


def test_the_last_decision_on_contracts_counts() -> None:
    """H1 was extended first, then refused."""
    first = ContractsDecided(extended_lot_ids=("H1",), refused_lot_ids=(), advice=())
    last = ContractsDecided(extended_lot_ids=("H2",), refused_lot_ids=("H1",), advice=())
    assert extended_lots(()) == frozenset()
    assert extended_lots(record((first, "Ann"), (last, "Ann"))) == {"H2"}


def test_a_late_bid_can_be_let_in_and_an_operator_that_is_not_admitted_cannot() -> None:
    """O1 is a second late and O2 is unknown; both were overridden, and only O1's lateness gives way."""
    pack = make_pack()
    papers = Clearances(
        licence_classes=frozenset({"phv"}), licence_ends_on=pack.ends_on, insurance_ends_on=pack.ends_on,
        clearances_end_on=pack.ends_on,
    )  # fmt: skip
    sent = [
        make_submission(name, {"L1": 9_000}, clearances=papers, received_at=pack.deadline + timedelta(seconds=1))
        for name in ("O1", "O2")
    ]
    operators = [
        Operator(operator_id="O1", name="One", categories=frozenset({"CAR"}), n_vehicles_by_class={"CAR": 9})
    ]  # fmt: skip
    classes = [make_class("CAR", [(4, 0)])]
    lines = record(*((Overridden(kind=OverrideKind.SET_ASIDE, about=o), "Bob", "portal down") for o in ("O1", "O2")))
    let_in = overridden(lines, OverrideKind.SET_ASIDE)
    assert [aside.fault for aside in check_bids(pack, sent, operators, classes).set_aside] == [
        BidFault.LATE, BidFault.UNKNOWN_OPERATOR, BidFault.LATE,
    ]  # fmt: skip
    checked = check_bids(pack, sent, operators, classes, let_in=let_in)
    assert [submission.operator_id for submission in checked.submissions] == ["O1"]
    assert [(aside.operator_id, aside.fault) for aside in checked.set_aside] == [("O2", BidFault.UNKNOWN_OPERATOR)]
