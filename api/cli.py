"""The command line. Every command calls the same functions as the pages will; heavy libraries load when needed."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_errors import input_errors, refuse
from api.cli_tender import tender_app
from api.errors import EXIT_HARD_VIOLATION, EXIT_OK, EXIT_UNSERVED

if TYPE_CHECKING:
    from api.planning_job import PlanRequest, Watcher
    from api.report.outcome import Outcome

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Plan, price and check SEND home-to-school transport.",
)
roads_app = typer.Typer(no_args_is_help=True, help="Road extracts: build them once, or download one.")
app.add_typer(roads_app, name="roads")
app.add_typer(tender_app, name="tender")

PHASE_WORDS = {
    "read": "Reading the scenario",
    "roads": "Preparing the roads",
    "matrices": "Working out travel times",
    "encode": "Preparing the search",
    "kernel": "Loading the search",
    "compile": "Compiling the search (first run on this machine: about two minutes)",
    "search": "Searching",
    "check": "Checking and pricing",
    "explain": "Explaining the plan (the first time about a minute longer)",
    "write": "Writing the plan",
}

Seconds = Annotated[float, typer.Option(min=0.1, help="Seconds to search.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the search.")]
Explain = Annotated[
    int | None,
    typer.Option(min=0, help="Explain the plan, with what at most so many rules on single passengers cost a year."),
]
Processes = Annotated[
    int | None, typer.Option(min=1, max=2, help="Processes to search on. Default: one per core, at most 2.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the main figures as JSON on standard output.")]
Cache = Annotated[
    Path | None, typer.Option(help="Folder for built roads and matrices. Default: schoolrun in the user's cache.")
]


@app.command()
def plan(
    scenario: Annotated[Path, typer.Argument(help="Folder of CSV files, or one XLSX workbook.")],
    out: Annotated[Path, typer.Option(help="Folder for the plan.")],
    roads: Annotated[Path | None, typer.Option(help="Road file: .osm.pbf, .osm or .graphml.")] = None,
    travel: Annotated[Path | None, typer.Option(help="Own travel matrices (npz or CSV) instead of roads.")] = None,
    seconds: Seconds = 60.0,
    iterations: Annotated[
        int | None, typer.Option(min=0, help="Stop after so many iterations (repeats exactly).")
    ] = None,
    seed: Seed = 1,
    processes: Processes = None,
    share: Annotated[bool, typer.Option("--share", help="Write only what may be passed on.")] = False,
    reference: Annotated[
        Path | None, typer.Option(help="Folder of the plan that families know. Default: today's routes.")
    ] = None,
    price_per_family: Annotated[
        float | None, typer.Option(min=0, max=100_000, help="Pounds a week for each family disturbed.")
    ] = None,
    max_changed: Annotated[
        int | None, typer.Option(min=0, max=1_000_000, help="Most families that may be disturbed.")
    ] = None,
    explain: Explain = None,
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Plan a term: read the lists, find the routes, check and price them, write the report."""
    from api.planning_job import PlanRequest
    from routing.solve import Stop

    if roads is not None and travel is not None:
        refuse("give --roads or --travel, not both")
    stop = Stop(seconds=seconds) if iterations is None else Stop(iterations=iterations)
    request = PlanRequest(
        scenario_path=scenario, out=out, stop=stop, roads_path=roads, travel_path=travel, seed=seed, share=share,
        processes=processes or default_processes(), cache_dir=cache_dir or default_cache_dir(),
        reference_path=reference, max_disturbed=max_changed,
        disturbed_pence_per_week=None if price_per_family is None else round(100 * price_per_family),
        explain_rules=explain,
    )  # fmt: skip
    _plan_and_tell(request, as_json=as_json)


@app.command()
def demo(
    passengers: Annotated[int, typer.Option(min=50, max=5000, help="How many invented passengers.")] = 955,
    seconds: Seconds = 60.0,
    out: Annotated[Path, typer.Option(help="Folder for the plan and the scenario.")] = Path("demo-out"),
    seed: Seed = 1,
    processes: Processes = None,
    roads: Annotated[Path | None, typer.Option(help="Road file; without one the roads are approximate.")] = None,
    explain: Explain = None,
    wish: Annotated[bool, typer.Option("--wish", help="Sandwell members' wish: 50 minutes for everybody.")] = False,
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Plan an invented borough the size of Sandwell: nothing to prepare, nothing to download."""
    from api.demo_borough import make_demo_scenario
    from api.planning_job import SCENARIO_COPY, PlanRequest
    from routing.solve import Stop

    scenario = out / SCENARIO_COPY
    with input_errors():
        scenario.mkdir(parents=True, exist_ok=True)
        make_demo_scenario(scenario, n_passengers=passengers, seed=seed, members_wish=wish)
    request = PlanRequest(
        scenario_path=scenario, out=out, stop=Stop(seconds=seconds), roads_path=roads, seed=seed,
        processes=processes or default_processes(), cache_dir=cache_dir or default_cache_dir(), explain_rules=explain,
    )  # fmt: skip
    _plan_and_tell(request, as_json=as_json)


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="Folder that `schoolrun plan` wrote.")],
    as_json: Json = False,
) -> None:
    """Check and price a plan again from its files alone."""
    from api.checking import recheck

    with input_errors():
        result = recheck(folder)
    if as_json:
        print(json.dumps(result.figures(), indent=1))
    else:
        for sentence in result.sentences():
            print(sentence)
    raise typer.Exit(EXIT_HARD_VIOLATION if result.n_hard else EXIT_OK)


@app.command()
def template(out: Annotated[Path, typer.Argument(help="Workbook to write, for example lists.xlsx.")]) -> None:
    """Write an empty workbook with notes and drop-downs, to be filled in."""
    from transport.files.template import write_template

    if out.suffix != ".xlsx":
        refuse(f"{out}: the template is a workbook; its name must end in .xlsx")
    if out.exists():
        refuse(f"{out}: is there already, perhaps filled in; name another file")
    with input_errors():
        out.parent.mkdir(parents=True, exist_ok=True)
        write_template(out)
    print(f"Wrote {out}. Fill it in and run: schoolrun plan {out} --out PLAN")


@roads_app.command("build")
def roads_build(
    file: Annotated[Path, typer.Argument(help=".osm.pbf, .osm, or .graphml of osmnx.")],
    cache_dir: Cache = None,
) -> None:
    """Build and keep the road network of an extract, and say how good it is."""
    from routing.network.load import load_network

    with input_errors():
        network = load_network(file, cache_dir=cache_dir or default_cache_dir())
    print(f"{network.source}: {len(network.node_lat):,} junctions, {len(network.segment_class):,} streets between them")
    for note in network.notes:
        print(f"- {note}")


@roads_app.command("download")
def roads_download(
    place: Annotated[str, typer.Argument(help='For example "Sandwell, England".')],
    out: Annotated[Path, typer.Option(help="GraphML file to write.")] = Path("roads.graphml"),
) -> None:
    """Fetch the streets of a place from OpenStreetMap (needs the internet)."""
    from routing.network.from_osmnx import download_place

    with input_errors():
        print(f"Wrote {download_place(place, out)}")


def default_cache_dir() -> Path:
    """Where built roads and matrices are kept unless told otherwise."""
    import os

    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "schoolrun" / "roads"


def default_processes() -> int:
    """One process per core that may be used, at most 2."""
    import os

    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return min(2, len(usable))


def _plan_and_tell(request: PlanRequest, *, as_json: bool) -> None:
    from api.planning_job import plan_term

    with input_errors(), _stop_on_interrupt() as stopped:
        outcome = plan_term(request, _watcher(stopped))
    if as_json:
        print(json.dumps(figures_of(outcome), indent=1))
    else:
        _tell(outcome, request.out)
    if outcome.hard_violations:
        raise typer.Exit(EXIT_HARD_VIOLATION)
    if outcome.plan.unserved:
        raise typer.Exit(EXIT_UNSERVED)


def figures_of(outcome: Outcome) -> dict[str, Any]:
    """The main figures of a plan, for scripts."""
    from dataclasses import asdict

    from api.report.kpis import baseline_kpis_of, kpis_of

    baseline = baseline_kpis_of(outcome)
    return {
        "cost_pence_per_week": outcome.breakdown.week_pence,
        "objective": outcome.objective.total,
        "n_routes": len(outcome.plan.routes),
        "n_unserved": len(outcome.plan.unserved),
        "n_hard_violations": len(outcome.hard_violations),
        "approximate": outcome.approximate,
        "search": dict(outcome.search),
        "kpis": asdict(kpis_of(outcome)),
        "baseline": None if baseline is None else asdict(baseline),
        "disturbed": None if outcome.known is None else [asdict(item) for item in outcome.known.disturbed],
        "held_lots": [asdict(choice) for choice in outcome.lots],
    }


def _tell(outcome: Outcome, out: Path) -> None:
    from api.report.changes import disturbed_words
    from api.report.kpis import baseline_kpis_of, kpis_of

    kpis, before = kpis_of(outcome), baseline_kpis_of(outcome)
    print(
        f"{kpis.n_carried} of {kpis.n_planned} passengers on {kpis.n_routes} routes: "
        f"£{kpis.week_pence / 100:,.0f} a week, £{kpis.year_pence / 100:,.0f} a year, "
        f"£{kpis.per_passenger_year_pence / 100:,.0f} a passenger-year"
    )
    if kpis.n_not_planned:
        print(f"{kpis.n_not_planned} more passengers are not part of the plan; the report says why")
    if before is not None:
        print(f"Today's routes: £{before.week_pence / 100:,.0f} a week on {before.n_routes} routes")
    if outcome.known is not None:
        print(f"Families disturbed, against {outcome.known.words}: {disturbed_words(outcome.known)}")
    if outcome.approximate:
        print("Approximate: times and distances are estimates made without a road extract")
    print(f"Certificate: {outcome.plan.certificate_words}")
    for violation in outcome.hard_violations[:20]:
        print(f"Broken rule {violation.rule.value}: {violation.sentence}")
    for unserved in outcome.plan.unserved:
        print(f"Not carried: {unserved.sentence}. {unserved.relaxation}")
    print(f"Report: {out / 'report.html'}")


def _watcher(stopped: list[bool]) -> Watcher:
    """Tell on standard error how the job goes: one live line on a terminal, a line a phase elsewhere."""
    from api.planning_job import Watcher

    live = sys.stderr.isatty()

    def on_phase(phase: str) -> None:
        print(("\r\033[K" if live else "") + PHASE_WORDS.get(phase, phase.capitalize()) + " ...", file=sys.stderr)

    def on_progress(progress: Any) -> None:
        if live:
            line = (
                f"\r\033[K  {progress.share_done:4.0%}  £{progress.objective_pence_per_week / 100:,.0f} a week  "
                f"{progress.iterations:,} iterations  {progress.seconds:.0f} s"
                + (f"  {progress.n_unserved} not carried" if progress.n_unserved else "")
            )
            print(line, end="", file=sys.stderr, flush=True)

    return Watcher(on_phase=on_phase, on_progress=on_progress, should_stop=lambda: bool(stopped))


@contextmanager
def _stop_on_interrupt() -> Iterator[list[bool]]:
    """First Ctrl-C: end the search and write what was found. Second: give up."""
    stopped: list[bool] = []

    def on_interrupt(number: int, frame: object) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(True)
        print("\nStopping; the best plan so far will be written (press again to give up)", file=sys.stderr)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def main() -> None:
    """Entry point of the `schoolrun` command."""
    app()


if __name__ == "__main__":
    main()
