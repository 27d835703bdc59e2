"""Buying on the command line: lots, pack, bids, award, and making an award again from its evidence."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_shared import (
    Cache,
    Json,
    RoadsFile,
    TravelFile,
    input_errors,
    refuse,
)
from api.cli_tender_outcome import add_outcome_commands
from api.cli_tender_record import By, Folder, Tender, Why, add_record_commands, signers
from api.cli_tender_roads import full_travel, travel_for
from api.errors import EXIT_HARD_VIOLATION

if TYPE_CHECKING:
    from procurement.award import AwardRecord
    from procurement.make_or_buy import MakeOrBuy

tender_app = typer.Typer(no_args_is_help=True, help="Buy what the fleet does not drive: lots, pack, bids, award.")

add_record_commands(tender_app)
add_outcome_commands(tender_app)
DAY = ["%Y-%m-%d"]
MINUTE = ["%Y-%m-%dT%H:%M"]


@tender_app.command("lots")
def lots(
    plan: Folder,
    out: Annotated[Path, typer.Option(help="Folder for the tender.")],
    why: Annotated[str, typer.Option(help="Why the plan is cut in this way, for the record.")],
    cut: Annotated[str, typer.Option(help="route, school, area, class or quarter.")] = "route",
    max_routes: Annotated[int | None, typer.Option(min=1, help="Most routes in a lot.")] = None,
    max_miles: Annotated[float | None, typer.Option(min=1, help="Most loaded miles a day in a lot.")] = None,
    max_pounds: Annotated[int | None, typer.Option(min=1, help="Most should-cost of a lot, pounds a year.")] = None,
    fleet_too: Annotated[bool, typer.Option("--fleet-too", help="Lots for today's fleet routes too.")] = False,
    compare: Annotated[int | None, typer.Option(min=1, help="Compare all cuts on so many invented markets.")] = None,
    roads: RoadsFile = None,
    travel: TravelFile = None,
    by: By = None,
    cache_dir: Cache = None,
) -> None:
    """Cut a plan into lots, with what each should cost."""
    from api.plan_folder import open_plan_folder
    from api.tender_log import Signed
    from api.tender_pack import compare_cuts, make_lots
    from procurement.compare_lots import design_words
    from procurement.lot_design import Cut, LotLimits
    from transport.files.plan_words import METRES_PER_MILE, pounds

    if cut not in set(Cut):
        refuse(f"--cut {cut}: must be one of {', '.join(Cut)}")
    limits = LotLimits(
        max_routes=max_routes, max_metres_a_day=None if max_miles is None else round(max_miles * METRES_PER_MILE),
        max_year_pence=None if max_pounds is None else 100 * max_pounds,
    )  # fmt: skip
    with input_errors():
        given = open_plan_folder(plan)
        known = full_travel(given, roads, travel, cache_dir) if fleet_too else given.pairs
        found = () if compare is None else compare_cuts(
            given, known, out, limits, fleet_too=fleet_too, n_markets=compare
        )  # fmt: skip
        book = make_lots(
            given, known, out, Signed(by=signers(by), why=why), cut=Cut(cut), limits=limits, fleet_too=fleet_too,
            compared=[design_words(design) for design in found],
        )  # fmt: skip
    total = sum(lot.estimate_pence for lot in book.lots)
    print(
        f"{len(book.lots)} lots of {sum(lot.n_routes for lot in book.lots)} routes, should-cost {pounds(total)} a year"
    )
    for design in found:
        print(design_words(design))


@tender_app.command("pack")
def pack(
    plan: Folder,
    tender: Tender,
    tender_id: Annotated[str, typer.Option(help="The tender's id.")],
    deadline: Annotated[datetime, typer.Option(formats=MINUTE, help="When bids close, local time.")],
    starts_on: Annotated[datetime, typer.Option(formats=DAY, help="First day of the contracts.")],
    ends_on: Annotated[datetime, typer.Option(formats=DAY, help="Last day of the contracts.")],
    tie_seed: Annotated[int, typer.Option(help="Published seed that decides between awards of equal price.")],
    version: Annotated[int, typer.Option(min=1, help="Goes up with every amendment.")] = 1,
    title: Annotated[str, typer.Option(help="Title of the tender.")] = "Home to school transport",
    buyer: Annotated[str, typer.Option(help="Name of the council.")] = "The council",
    ocid: Annotated[str, typer.Option(help="Open contracting id: registered prefix and own number.")] = "ocds-unset",
    rules: Annotated[Path | None, typer.Option(help="JSON file of award rules; without one, least price.")] = None,
    regime: Annotated[Path | None, typer.Option(help="JSON file of the law, system, standstill and days.")] = None,
    why: Why = "",
    by: By = None,
) -> None:
    """Write the pack for operators, and the digest that binds the council to it."""
    from api.plan_folder import open_plan_folder
    from api.tender_log import Signed
    from api.tender_pack import PackRequest, make_pack, read_regime, read_rules
    from procurement.regime import deadline_words, late_words

    with input_errors():
        request = PackRequest(
            pack_id=tender_id, version=version, title=title, buyer=buyer, rules=read_rules(rules, tie_seed),
            regime=read_regime(regime), deadline=deadline, starts_on=starts_on.date(), ends_on=ends_on.date(),
            ocid=ocid,
        )  # fmt: skip
        made = make_pack(open_plan_folder(plan), tender, request, Signed(by=signers(by), why=why))
    closing = deadline_words(made.deadline, request.regime.time_zone)
    print(f"Wrote {tender / 'pack'}: {len(made.lots)} lots; bids close at {closing}")
    if late := late_words(request.regime, made.starts_on, made.deadline):
        print(late)
    print(f"Publish its digest: {made.digest}")


@tender_app.command("simulate")
def simulate(
    plan: Folder, tender: Tender, seed: Annotated[int, typer.Option(min=0, help="Seed of the market.")] = 1
) -> None:
    """Have the operators of the lists fill in price schedules, as an invented market would."""
    from api.plan_folder import open_plan_folder
    from api.tender_award import simulate_bids

    with input_errors():
        paths = simulate_bids(open_plan_folder(plan), tender, seed=seed)
    print(f"Wrote {len(paths)} filled schedules into {tender / 'bids'}")


@tender_app.command("bids")
def bids(
    plan: Folder,
    tender: Tender,
    opened_by: Annotated[list[str], typer.Option(help="Who opens the bids; name two people.")],
    threshold_pounds: Annotated[
        list[int] | None, typer.Option(help="Contract values that decisions hang on, for the screens.")
    ] = None,
) -> None:
    """Import the bids that the portal took in, check them, and show what an auditor may want to look at."""
    from api.plan_folder import open_plan_folder
    from api.tender_award import open_bids
    from api.tender_log import Signed
    from procurement.screens import ScreenLimits

    limits = ScreenLimits(threshold_pence=tuple(100 * value for value in threshold_pounds or ()))
    with input_errors():
        opening = open_bids(open_plan_folder(plan), tender, Signed(by=tuple(opened_by)), limits=limits)
    n_bids = sum(len(submission.bids) for submission in opening.submissions)
    print(f"{n_bids} bids of {len(opening.submissions)} operators may be compared")
    for aside in opening.set_aside:
        print(f"Set aside: {aside.sentence}")
    for seen in opening.screens:
        pattern = seen.screen.value.replace("_", " ")
        print(f"To look at, {pattern}: {seen.sentence}")


@tender_app.command("award")
def award_command(
    plan: Folder,
    tender: Tender,
    pack_digest: Annotated[str, typer.Option(help="Digest that was published with the pack.")],
    evaluated_by: Annotated[list[str], typer.Option(help="Who evaluates; each has declared their interests. Repeat.")],
    quality: Annotated[Path | None, typer.Option(help="JSON object: score 0 to 100 by operator id.")] = None,
    full_cost: Annotated[
        bool, typer.Option("--full-cost", help="Count lease and depot of fleet vehicles too.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds for the award.")] = 60.0,
    explain_seconds: Annotated[float, typer.Option(min=0, help="Seconds for the reasons.")] = 60.0,
    roads: RoadsFile = None,
    travel: TravelFile = None,
    why: Why = "",
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Decide, with proof or a stated gap, and write why to everybody."""
    from api.plan_folder import open_plan_folder
    from api.tender_award import award
    from api.tender_log import Signed
    from api.tender_pack import read_scores

    with input_errors():
        given = open_plan_folder(plan)
        known = travel_for(given, tender, roads, travel, cache_dir)
        record, choice = award(
            given, tender, pack_digest=pack_digest, travel=known, avoidable=not full_cost, seconds=seconds,
            explain_seconds=explain_seconds, quality_pct_by_operator_id=read_scores(quality),
            signed=Signed(by=tuple(evaluated_by), why=why),
        )  # fmt: skip
    if as_json:
        print(json.dumps(_figures(record, choice), indent=1))
    else:
        _tell(record, choice, tender)


@tender_app.command("verify")
def verify_command(evidence: Annotated[Path, typer.Argument(help="evidence.zip of an award.")]) -> None:
    """Make an award again from its evidence and compare."""
    from api.cli_tender_record import line_words
    from api.tender_evidence import verify

    with input_errors():
        found = verify(evidence)
    for line in found.lines:
        print(line_words(line))
    for difference in found.differences:
        print(f"Differs: {difference}")
    if found.differences:
        raise typer.Exit(EXIT_HARD_VIOLATION)
    print(f"The same award, digest {found.digest}; last hash of the record {found.head}")


def _figures(record: AwardRecord, choice: MakeOrBuy | None) -> dict[str, object]:
    figures: dict[str, object] = {
        "price_pence": record.price_pence, "compared_pence": record.compared_pence, "bound_pence": record.bound_pence,
        "proven": record.proven, "tied": record.tied, "n_winners": len(record.winners), "digest": record.digest,
    }  # fmt: skip
    if choice is not None:
        figures["fleet_first_pence"] = choice.fleet_first.compared_pence
        figures["bids_first_pence"] = choice.bids_first.compared_pence
        figures["saved_pence"] = choice.saved_pence
    return figures


def _tell(record: AwardRecord, choice: MakeOrBuy | None, tender: Path) -> None:
    from transport.files.plan_words import pounds

    proof = "proven to be the best" if record.proven else f"at most {record.gap:.2%} from the best"
    print(
        f"Award: {pounds(record.price_pence)} a year, {proof}" + (", a tie decided by the seed" if record.tied else "")
    )
    if choice is not None:
        for name, way in (("fleet first", choice.fleet_first), ("bids first", choice.bids_first)):
            told = "leads to no award" if way.compared_pence is None else f"{pounds(way.compared_pence)} a year"
            print(f"Deciding {name}: {told}")
    for price in record.rule_prices:
        print(price.sentence)
    for sentence in record.unexplained:
        print(sentence)
    print(f"Written to {tender}: awards.csv, regrets.csv, award.json, evidence.zip")
