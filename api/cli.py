"""The command line. Every command calls the same functions as the pages will; heavy libraries load when needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import cli_in_year
from api.cli_service import add_service_commands
from api.cli_shared import (
    BoundSeconds,
    Cache,
    Explain,
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
from api.cli_tender import tender_app
from api.cli_told import tell_and_exit
from api.errors import EXIT_HARD_VIOLATION, EXIT_OK

if TYPE_CHECKING:
    from api.planning_job import PlanRequest

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Plan, price and check SEND home-to-school transport.",
)
roads_app = typer.Typer(no_args_is_help=True, help="Road extracts: build them once, or download one.")
app.add_typer(roads_app, name="roads")
app.add_typer(tender_app, name="tender")


@app.command()
def plan(
    scenario: Annotated[Path, typer.Argument(help="Folder of CSV files, or one XLSX workbook.")],
    out: Annotated[Path, typer.Option(help="Folder for the plan.")],
    roads: RoadsFile = None,
    travel: TravelFile = None,
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
    price_per_family: PricePerFamily = None,
    max_changed: MaxChanged = None,
    explain: Explain = None,
    bound_seconds: BoundSeconds = None,
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Plan a term: read the lists, find the routes, check and price them, write the report."""
    from api.planning_job import PlanRequest
    from routing.solve import Stop

    refuse_two_sources(roads, travel)
    stop = Stop(seconds=seconds) if iterations is None else Stop(iterations=iterations)
    request = PlanRequest(
        scenario_path=scenario, out=out, stop=stop, roads_path=roads, travel_path=travel, seed=seed, share=share,
        processes=processes or default_processes(), cache_dir=cache_dir or default_cache_dir(),
        reference_path=reference, max_disturbed=max_changed,
        disturbed_pence_per_week=None if price_per_family is None else round(100 * price_per_family),
        explain_rules=explain, bound_seconds=bound_seconds,
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
    bound_seconds: BoundSeconds = 1.0,
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
        bound_seconds=bound_seconds,
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
def bound(
    folder: Annotated[Path, typer.Argument(help="Folder that `schoolrun plan` wrote.")],
    seconds: Annotated[float, typer.Option(min=0, help="Seconds to prove for, on two cores.")] = 300.0,
    rule_seconds: Annotated[
        float, typer.Option(min=0, help="As many again for what ten minutes more on board, or at a gate, are worth.")
    ] = 0.0,
    roads: RoadsFile = None,
    travel: TravelFile = None,
    as_json: Json = False,
    cache_dir: Cache = None,
) -> None:
    """Prove a bound for a plan: no plan under its rules and prices costs less. Goes on where it stopped."""
    from api.certify import CertifyRequest, certify_folder

    refuse_two_sources(roads, travel)
    request = CertifyRequest(
        folder=folder, seconds=seconds, rule_seconds=rule_seconds, roads_path=roads, travel_path=travel,
        cache_dir=cache_dir or default_cache_dir(),
    )  # fmt: skip
    with input_errors(), stop_on_interrupt() as stopped:
        done = certify_folder(request, watcher_of(stopped))
    if as_json:
        print(json.dumps(done.figures(), indent=1))
        return
    print(f"Certificate: {done.plan.certificate_words}")
    if done.n_hard:
        print(f"The plan breaks hard rules in {done.n_hard} places: the bound speaks of plans that break none")
    if done.plan.unserved:
        print(f"{len(done.plan.unserved)} passengers are not carried; their price is part of this plan's cost")
    print(f"Report: {folder / 'report.html'}")


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


cli_in_year.add_to(app)


@roads_app.command("build")
def roads_build(
    file: Annotated[Path, typer.Argument(help=".osm.pbf, .osm, or .graphml of osmnx.")],
    cache_dir: Cache = None,
) -> None:
    """Build and keep the road network of an extract and its map tiles, and say how good it is."""
    from routing.network.load import load_network
    from routing.network.street_names import street_names
    from routing.network.tiles import tiles_file, write_tiles

    kept_in = cache_dir or default_cache_dir()
    with input_errors():
        network = load_network(file, cache_dir=kept_in)
        tiles = tiles_file(kept_in, network.digest)
        n_tiles = write_tiles(network, tiles, street_names(file))
    print(f"{network.source}: {len(network.node_lat):,} junctions, {len(network.segment_class):,} streets between them")
    for note in network.notes:
        print(f"- {note}")
    print(f"{n_tiles:,} map tiles ({max(1, tiles.stat().st_size // 1000):,} kB): {tiles}")


@roads_app.command("download")
def roads_download(
    place: Annotated[str, typer.Argument(help='For example "Sandwell, England".')],
    out: Annotated[Path, typer.Option(help="GraphML file to write.")] = Path("roads.graphml"),
) -> None:
    """Fetch the streets of a place from OpenStreetMap (needs the internet)."""
    from routing.network.from_osmnx import download_place

    with input_errors():
        print(f"Wrote {download_place(place, out)}")


add_service_commands(app)


def _plan_and_tell(request: PlanRequest, *, as_json: bool) -> None:
    from api.planning_job import plan_term

    with input_errors(), stop_on_interrupt() as stopped:
        outcome = plan_term(request, watcher_of(stopped))
    tell_and_exit(outcome, request.out, as_json=as_json)


def main() -> None:
    """Entry point of the `schoolrun` command."""
    app()


if __name__ == "__main__":
    main()
