"""Which travel times a step of a tender rests on: the plan's own pairs, or the roads it was made on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from api.cli_shared import default_cache_dir, refuse_two_sources, watcher_of

if TYPE_CHECKING:
    from api.plan_folder import PlanFolder
    from transport.travel import Travel


def travel_for(given: PlanFolder, tender: Path, roads: Path | None, own: Path | None, cache_dir: Path | None) -> Travel:
    """The roads where fleet routes are in lots, or the pack reserved fleet or extensions; else the plan's pairs."""
    from api.tender_files import read_pack
    from api.tender_log import read_log
    from procurement.integrity import has_fleet_lots

    rules = read_pack(tender).rules
    reserved = rules.fleet_reserved or rules.extensions_reserved or has_fleet_lots(read_log(tender))
    return full_travel(given, roads, own, cache_dir) if reserved else given.pairs


def full_travel(given: PlanFolder, roads: Path | None, own: Path | None, cache_dir: Path | None) -> Travel:
    """Travel between all places, on the roads that the plan was made on."""
    from api.plan_folder import roads_for

    refuse_two_sources(roads, own)
    return roads_for(
        given, given.scenario, watcher_of([]), roads_path=roads, travel_path=own,
        cache_dir=cache_dir or default_cache_dir(),
    ).travel  # fmt: skip
