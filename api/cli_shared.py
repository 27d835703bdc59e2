"""What the commands share: options, words for progress, and how errors and Ctrl-C are met."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from api.errors import BAD_INPUT_ERRORS, EXIT_BAD_INPUT

if TYPE_CHECKING:
    from api.planning_job import Watcher

PHASE_WORDS = {
    "read": "Reading the scenario",
    "roads": "Preparing the roads",
    "matrices": "Working out travel times",
    "encode": "Preparing the search",
    "kernel": "Loading the search",
    "compile": "Compiling the search (first run on this machine: about two minutes)",
    "search": "Searching",
    "check": "Checking and pricing",
    "quote": "Quoting",
    "place": "Placing",
    "compare": "Comparing",
    "explain": "Explaining the plan (the first time about a minute longer)",
    "bound": "Proving how good the plan is",
    "write": "Writing the plan",
}

Seconds = Annotated[float, typer.Option(min=0.1, help="Seconds to search.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the search.")]
Explain = Annotated[
    int | None,
    typer.Option(min=0, help="Explain the plan, with what at most so many rules on single passengers cost a year."),
]
BoundSeconds = Annotated[
    float | None, typer.Option(min=0, help="Prove for so many seconds that no plan can cost less than a bound.")
]
Processes = Annotated[
    int | None, typer.Option(min=1, max=2, help="Processes to search on. Default: one per core, at most 2.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the main figures as JSON on standard output.")]
Cache = Annotated[
    Path | None, typer.Option(help="Folder for built roads and matrices. Default: schoolrun in the user's cache.")
]
RoadsFile = Annotated[Path | None, typer.Option(help="Road file: .osm.pbf, .osm or .graphml.")]
TravelFile = Annotated[Path | None, typer.Option(help="Own travel matrices (npz or CSV) instead of roads.")]
MaxChanged = Annotated[int | None, typer.Option(min=0, max=1_000_000, help="Most families that may be disturbed.")]
PricePerFamily = Annotated[
    float | None, typer.Option(min=0, max=100_000, help="Pounds a week for each family disturbed.")
]


def default_cache_dir() -> Path:
    """Where built roads and matrices are kept unless told otherwise."""
    import os

    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "schoolrun" / "roads"


def default_processes() -> int:
    """One process per core that may be used, at most 2."""
    import os

    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return min(2, len(usable))


def watcher_of(stopped: list[bool]) -> Watcher:
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

    def on_bound(seconds: float, bound_pence: int, objective_pence: int) -> None:
        gap = f"{objective_pence / bound_pence - 1:.1%}" if bound_pence > 0 else "unknown"
        line = f"  bound £{bound_pence / 100:,.0f} a week  gap {gap}  {seconds:.0f} s"
        print(f"\r\033[K{line}" if live else line, end="" if live else "\n", file=sys.stderr, flush=True)

    return Watcher(on_phase=on_phase, on_progress=on_progress, on_bound=on_bound, should_stop=lambda: bool(stopped))


@contextmanager
def stop_on_interrupt() -> Iterator[list[bool]]:
    """First Ctrl-C: end the search and write what was found. Second: give up."""
    stopped: list[bool] = []

    def on_interrupt(number: int, frame: object) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(True)
        print("\nStopping; what was found so far will be written (press again to give up)", file=sys.stderr)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def input_errors() -> Iterator[None]:
    """What was given cannot be used: say so in full on standard error, exit code 2."""
    try:
        yield
    except BAD_INPUT_ERRORS as error:
        refuse(str(error))


def refuse(message: str) -> NoReturn:
    """Say what cannot be used, and end with the exit code of bad input."""
    print(message, file=sys.stderr)
    raise typer.Exit(EXIT_BAD_INPUT)


def refuse_two_sources(roads: Path | None, travel: Path | None) -> None:
    """Roads and own matrices exclude each other."""
    if roads is not None and travel is not None:
        refuse("give --roads or --travel, not both")
