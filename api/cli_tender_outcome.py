"""What follows from an award, on the command line: letters, the register; and contracts that run out."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli_shared import Cache, RoadsFile, TravelFile, input_errors
from api.cli_tender_record import By, Folder, Tender, Why, signers

DAY = ["%Y-%m-%d"]


def add_outcome_commands(tender_app: typer.Typer) -> None:
    """Put these commands beside the others of `schoolrun tender`."""
    for name, command in (
        ("templates", templates),
        ("letters", letters),
        ("register", register),
        ("contracts", contracts),
    ):
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
    law_reference: Annotated[
        str | None,
        typer.Option(help="Provision under which operators are told. Default: that of the law; empty: none is named."),
    ] = None,
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
            templates=own_templates, law_reference=law_reference,
        )  # fmt: skip
        paths = write_letters(tender, request, Signed(by=signers(by), why=why), names)
    n_award = sum(path.name.startswith("award") for path in paths)
    print(f"Wrote {n_award} award letters and {len(paths) - n_award} letters of regret into {tender / 'letters'}")


def register(
    plan: Folder,
    tender: Tender,
    department: Annotated[str, typer.Option(help="The council's department that is responsible.")],
    review_on: Annotated[
        datetime | None,
        typer.Option(formats=DAY, help="When to decide what follows. Default: 180 days before the end."),
    ] = None,
    roads: RoadsFile = None,
    travel: TravelFile = None,
    why: Why = "",
    by: By = None,
    cache_dir: Cache = None,
) -> None:
    """Write contracts for the register, the award notice, and what the plan costs with them."""
    from api.cli_tender_roads import travel_for
    from api.plan_folder import open_plan_folder
    from api.tender_log import Signed
    from api.tender_register import write_register
    from transport.files.plan_words import pounds

    with input_errors():
        given = open_plan_folder(plan)
        known = travel_for(given, tender, roads, travel, cache_dir)
        made = write_register(
            given, tender, known, Signed(by=signers(by), why=why), department=department,
            review_on=None if review_on is None else review_on.date(),
        )  # fmt: skip
    cost = made.cost
    print(f"Wrote {len(made.entries)} contracts and the award notice into {tender / 'register'}")
    kind = "avoidable cost" if cost.avoidable else "full cost"
    print(f"The plan's year, {kind}: {pounds(cost.before_pence)} as planned, {pounds(cost.after_pence)} as awarded")
    if cost.open_lot_ids:
        print(
            f"Still to be supplied: {', '.join(cost.open_lot_ids)} ({pounds(cost.left_pence)} of that, if as declared)"
        )


def contracts(
    plan: Folder,
    tender: Tender,
    decide: Annotated[bool, typer.Option("--decide", help="Record the decision, with --why.")] = False,
    extend: Annotated[list[str] | None, typer.Option(help="Lot of a contract that is extended; repeat.")] = None,
    why: Why = "",
    by: By = None,
) -> None:
    """Advise on contracts that run out; with --decide, extend those named, the others join the tender."""
    from api.plan_folder import open_plan_folder
    from api.tender_contracts import advise, decide_contracts
    from api.tender_log import Signed
    from procurement.contract_advice import Advice

    with input_errors():
        if extend and not decide:
            raise ValueError("--extend records a decision: add --decide")
        advice = advise(open_plan_folder(plan), tender)
        refused = decide_contracts(tender, advice, extend or (), Signed(by=signers(by), why=why)) if decide else ()
    for one in advice:
        if one.advice is not Advice.RUNS_ON:
            print(f"{one.advice.value.capitalize()}: {one.sentence}")
    n_running = sum(one.advice is Advice.RUNS_ON for one in advice)
    print(f"{n_running} of {len(advice)} contracts run on")
    if decide:
        print(f"Recorded: {', '.join(extend or ()) or 'none'} extended; {', '.join(refused) or 'none'} to be tendered")
