"""The record of a tender on the command line: questions, declarations, overrides, and reading it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_shared import input_errors, refuse

if TYPE_CHECKING:
    from procurement.record import Line

Folder = Annotated[Path, typer.Argument(help="Folder that `schoolrun plan` wrote.")]
Tender = Annotated[Path, typer.Argument(help="Folder of the tender.")]
By = Annotated[
    list[str] | None, typer.Option(help="Who decides, for the record. Default: the account of this machine.")
]
Why = Annotated[str, typer.Option(help="Why, for the record; name no child.")]


def signers(by: list[str] | None) -> tuple[str, ...]:
    """Who signs: those named, else the account at this machine."""
    from getpass import getuser

    return tuple(by) if by else (getuser(),)


def add_record_commands(tender_app: typer.Typer) -> None:
    """Put these commands beside the others of `schoolrun tender`."""
    for name, command in (
        ("question", question), ("answer", answer_command), ("interest", interest), ("screens", screens),
        ("override", override_command), ("log", log_command),
    ):  # fmt: skip
        tender_app.command(name)(command)


def question(
    plan: Folder, tender: Tender, text: Annotated[str, typer.Option(help="The question, in words that name nobody.")],
    by: By = None,
) -> None:  # fmt: skip
    """Take down a question of an operator; it goes to all, without who asked."""
    from api.plan_folder import open_plan_folder
    from api.tender_log import Signed
    from api.tender_record import ask

    with input_errors():
        question_id = ask(open_plan_folder(plan).scenario, tender, text, Signed(by=signers(by)))
    print(f"{question_id}; send pack/questions.csv to all operators")


def answer_command(
    plan: Folder, tender: Tender, question_id: Annotated[str, typer.Argument(help="Such as Q1.")],
    text: Annotated[str, typer.Option(help="The answer, in words that name nobody.")], by: By = None,
) -> None:  # fmt: skip
    """Answer a question, to all operators."""
    from api.plan_folder import open_plan_folder
    from api.tender_log import Signed
    from api.tender_record import answer

    with input_errors():
        answer(open_plan_folder(plan).scenario, tender, question_id, text, Signed(by=signers(by)))
    print(f"{question_id} answered; send pack/questions.csv to all operators")


def interest(
    plan: Folder, tender: Tender, person: Annotated[str, typer.Option(help="Whose interest.")],
    statement: Annotated[str, typer.Option(help="What it is, or that there is none.")],
    operator: Annotated[list[str] | None, typer.Option(help="Operator that they have an interest in; repeat.")] = None,
    by: Annotated[str, typer.Option(help="Who says so. Default: the person; somebody else reports it.")] = "",
) -> None:  # fmt: skip
    """Record a declaration of interest, of whoever will open or evaluate bids."""
    from api.plan_folder import open_plan_folder
    from api.tender_log import Signed
    from api.tender_record import declare_interest

    with input_errors():
        scenario = open_plan_folder(plan).scenario
        declare_interest(tender, person, operator or (), statement, Signed(by=(by or person,)), scenario)
    print(f"Recorded: {person}, {', '.join(operator or ()) or 'no interest'}")


def screens(tender: Tender, why: Annotated[str, typer.Option(help="What you made of them.")], by: By = None) -> None:
    """Record that somebody looked at the patterns in the bids."""
    from api.tender_log import Signed
    from api.tender_record import see_screens

    with input_errors():
        n_patterns = see_screens(tender, Signed(by=signers(by), why=why))
    print(f"Recorded: {n_patterns} patterns seen")


def override_command(
    tender: Tender, kind: Annotated[str, typer.Option(help="conflict, set_aside or withheld.")],
    about: Annotated[str, typer.Option(help="PERSON:OPERATOR, operator, or lot.")], why: Why, by: By = None,
) -> None:  # fmt: skip
    """Set a rule of the house aside in one case, with a reason."""
    from api.tender_log import Signed
    from api.tender_record import override
    from procurement.record import OverrideKind

    if kind not in set(OverrideKind):
        refuse(f"--kind {kind}: must be one of {', '.join(OverrideKind)}")
    with input_errors():
        override(tender, OverrideKind(kind), about, Signed(by=signers(by), why=why))
    print(f"Recorded: {kind} {about}")


def log_command(tender: Tender) -> None:
    """Read the record and check that its chain holds."""
    from api.tender_log import read_log

    with input_errors():
        lines = read_log(tender)
    for line in lines:
        print(line_words(line))
    last_hash = lines[-1].hash if lines else "none"
    print(f"The chain of {len(lines)} lines holds; its last hash, to be kept elsewhere: {last_hash}")


def line_words(line: Line) -> str:
    """A line of the record in words."""
    what = line.decision.step.replace("_", " ")
    reason = f": {line.why}" if line.why else ""
    return f"{line.seq}. {line.at:%Y-%m-%d %H:%M} {what}, {' and '.join(line.by)}{reason}"
