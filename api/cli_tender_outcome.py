"""What follows from an award, on the command line: letters to operators, and their templates."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli_shared import input_errors
from api.cli_tender_record import By, Folder, Tender, Why, signers

DAY = ["%Y-%m-%d"]


def add_outcome_commands(tender_app: typer.Typer) -> None:
    """Put these commands beside the others of `schoolrun tender`."""
    for name, command in (("templates", templates), ("letters", letters)):
        tender_app.command(name)(command)


def templates(out: Annotated[Path, typer.Option(help="Folder for the templates.")]) -> None:
    """Copy the templates of letters into a folder, to be edited."""
    from api.tender_letters import copy_templates

    with input_errors():
        paths = copy_templates(out)
    print(f"Wrote {', '.join(path.name for path in paths)} into {out}; then: letters --templates {out}")


def letters(
    plan: Folder,
    tender: Tender,
    told_on: Annotated[
        datetime, typer.Option(formats=DAY, help="Day on which letters are sent and the award notice is published.")
    ],
    contact: Annotated[str, typer.Option(help="Whom to ask, in a sentence.")] = "",
    quality_reasons: Annotated[
        Path | None, typer.Option(help="JSON object: why its quality was scored so, by operator id.")
    ] = None,
    own_templates: Annotated[
        Path | None, typer.Option("--templates", help="Folder of edited templates.", exists=True, file_okay=False)
    ] = None,
    why: Why = "",
    by: By = None,
) -> None:
    """Write award and regret letters with assessment summaries, as text and PDF."""
    from api.plan_folder import open_plan_folder
    from api.tender_letters import LetterRequest, read_reasons, write_letters
    from api.tender_log import Signed

    with input_errors():
        names = {o.operator_id: o.name for o in open_plan_folder(plan).scenario.operators}
        given = {} if quality_reasons is None else json.loads(quality_reasons.read_text(encoding="utf-8"))
        request = LetterRequest(
            told_on=told_on.date(), contact=contact, quality_reasons=read_reasons(given, list(names)),
            templates=own_templates,
        )  # fmt: skip
        paths = write_letters(tender, request, Signed(by=signers(by), why=why), names)
    n_award = sum(path.name.startswith("award") for path in paths)
    print(f"Wrote {n_award} award letters and {len(paths) - n_award} letters of regret into {tender / 'letters'}")
