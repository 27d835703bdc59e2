"""Commands for the year: quote, add, replan, frontier."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_shared import (
    Cache,
    Json,
    MaxChanged,
    PricePerFamily,
    Processes,
    RoadsFile,
    Seconds,
    Seed,
    TravelFile,
    default_cache_dir,
    default_processes,
    input_errors,
    refuse,
    refuse_two_sources,
    stop_on_interrupt,
    watcher_of,
)
from api.cli_told import tell_and_exit
from api.errors import EXIT_OK, EXIT_UNSERVED

if TYPE_CHECKING:
    from api.in_year_replan import ReplanRequest

PlanArgument = Annotated[Path, typer.Argument(help="Folder of the plan in force, written by schoolrun.")]
OutOption = Annotated[Path, typer.Option(help="Folder for the new plan.")]
ToldOn = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day on which everybody is told. Default: today.")
]
Iterations = Annotated[int | None, typer.Option(min=0, help="Stop after so many iterations (repeats exactly).")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (quote, add, replan, frontier):
        app.command()(command)


def quote(
    plan: PlanArgument,
    new: Annotated[Path, typer.Argument(help="CSV of new passengers, columns as in passengers.csv.")],
    options: Annotated[int, typer.Option(min=1, max=100, help="Most options for each passenger.")] = 10,
    roads: RoadsFile = None,
    travel: TravelFile = None,
    told_on: ToldOn = None,
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Say what it would cost to carry new passengers in a plan in force, option by option."""
    from api.in_year_quotes import QuoteRequest, quote_figures, quote_new, quote_sentences

    request = QuoteRequest(
        plan_path=plan, new_path=new, asked_on=_day(told_on), n=options, roads_path=roads, travel_path=travel,
        cache_dir=cache_dir or default_cache_dir(),
    )  # fmt: skip
    with input_errors():
        quotes = quote_new(request, watcher_of([]))
    if as_json:
        print(json.dumps([quote_figures(q) for q in quotes], indent=1, ensure_ascii=False))
    else:
        for q in quotes:
            print("\n".join(quote_sentences(q)))
    raise typer.Exit(EXIT_OK if all(q.options for q in quotes) else EXIT_UNSERVED)


def add(
    plan: PlanArgument,
    out: OutOption,
    new: Annotated[
        Path | None, typer.Argument(help="CSV of new passengers, and of those whose home, school or needs change.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Id of a leaver; may be given several times.")] = None,
    move: Annotated[
        list[str] | None, typer.Option(help="Id of somebody to move, or ID=ROUTE; may be given several times.")
    ] = None,
    max_changed: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="Most other families that may be disturbed.")
    ] = 0,
    told_on: ToldOn = None,
    compare_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds of a search with a free hand, to compare with.")
    ] = 0.0,
    processes: Processes = None,
    roads: RoadsFile = None,
    travel: TravelFile = None,
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Place, remove or move passengers in a plan in force, and write the new plan with a report of the change."""
    from api.in_year_change import ChangeRequest, change_in_year
    from api.report.change_page import CHANGES_PAGE, change_figures, change_sentences

    request = ChangeRequest(
        plan_path=plan, out=out, told_on=_day(told_on), new_path=new, remove_ids=tuple(remove or ()),
        move_to=_moves(move or []), max_changed=max_changed, compare_seconds=compare_seconds,
        processes=processes or default_processes(), roads_path=roads, travel_path=travel,
        cache_dir=cache_dir or default_cache_dir(),
    )  # fmt: skip
    with input_errors():
        changed = change_in_year(request, watcher_of([]))
    if as_json:
        print(json.dumps(change_figures(changed.report), indent=1, ensure_ascii=False))
    else:
        print("\n".join([*change_sentences(changed.report), f"Report: {out / CHANGES_PAGE}"]))
    raise typer.Exit(EXIT_UNSERVED if changed.report.not_placed else EXIT_OK)


def replan(
    plan: PlanArgument,
    out: OutOption,
    max_changed: MaxChanged = None,
    price_per_family: PricePerFamily = None,
    seconds: Seconds = 60.0,
    iterations: Iterations = None,
    seed: Seed = 1,
    processes: Processes = None,
    roads: RoadsFile = None,
    travel: TravelFile = None,
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Plan a folder's lists again, near the plan in it: with a cap on families disturbed, or a price for each."""
    from api.in_year_replan import replan as replan_job

    if max_changed is None and price_per_family is None:
        refuse("say how near to stay: --max-changed N, or --price-per-family POUNDS (0: free hand)")
    request = _replan_request(plan, out, seconds, iterations, seed, processes, roads, travel, cache_dir)
    price_pence = None if price_per_family is None else round(100 * price_per_family)
    with input_errors(), stop_on_interrupt() as stopped:
        from dataclasses import replace

        request = replace(request, max_disturbed=max_changed, disturbed_pence_per_week=price_pence)
        outcome = replan_job(request, watcher_of(stopped))
    tell_and_exit(outcome, out, as_json=as_json)


def frontier(
    plan: PlanArgument,
    out: OutOption,
    seconds: Seconds = 240.0,
    iterations: Iterations = None,
    seed: Seed = 1,
    processes: Processes = None,
    roads: RoadsFile = None,
    travel: TravelFile = None,
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Search plans from "no one moves" to "free hand": cost against families disturbed, as table and picture."""
    from api.in_year_replan import frontier as frontier_job
    from api.report.frontier_page import frontier_figures, frontier_sentences

    request = _replan_request(plan, out, seconds, iterations, seed, processes, roads, travel, cache_dir)
    with input_errors(), stop_on_interrupt() as stopped:
        found = frontier_job(request, watcher_of(stopped))
    if as_json:
        print(json.dumps(frontier_figures(found), indent=1))
    else:
        print("\n".join([*frontier_sentences(found), f"Report: {out / 'frontier.html'}"]))


def _replan_request(
    plan: Path,
    out: Path,
    seconds: float,
    iterations: int | None,
    seed: int,
    processes: int | None,
    roads: Path | None,
    travel: Path | None,
    cache_dir: Path | None,
) -> ReplanRequest:
    from api.in_year_replan import ReplanRequest
    from routing.solve import Stop

    refuse_two_sources(roads, travel)
    return ReplanRequest(
        plan_path=plan, out=out, stop=Stop(seconds=seconds) if iterations is None else Stop(iterations=iterations),
        seed=seed, processes=processes or default_processes(), roads_path=roads, travel_path=travel,
        cache_dir=cache_dir or default_cache_dir(),
    )  # fmt: skip


def _day(given: datetime | None) -> date:
    return date.today() if given is None else given.date()


def _moves(words: list[str]) -> dict[str, str | None]:
    """`P1` and `P2=R014` as passenger and route."""
    pairs = (word.partition("=") for word in words)
    return {pid: route_id or None for pid, _, route_id in pairs}
