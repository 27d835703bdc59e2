"""Tenders of Little Council in a folder, made on the command line: lots, pack, bids, declarations."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from api.cli import app
from tests.api.test_cli import lists, plan
from tests.transport.files.scenario_folder import Tables

WHY = ("--why", "small operators can bid for single routes")
PEOPLE = ("first person", "second person")
EVALUATED = ("--evaluated-by", PEOPLE[0])
DATES = ("--deadline", "2024-07-05T15:00", "--starts-on", "2024-09-02", "--ends-on", "2026-08-31", "--tie-seed", "7")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["tender", *(str(argument) for argument in arguments)])


def plan_little(folder: Path) -> Path:
    """Little Council planned once, with three more operators that have the minibus it needs."""

    def more_operators(tables: Tables) -> None:
        for name in ("O2", "O3", "O4"):
            tables["operators"].append({"operator_id": name, "name": f"Operator {name}", "sme": "yes"})
            tables["operator_vehicles"].append({"operator_id": name, "class_id": "minibus", "n_vehicles": "2"})

    assert plan(lists(folder / "lists", more_operators), folder / "plan", "--json").exit_code == 0
    return folder / "plan"


def tender_little(planned: Path, tender: Path) -> tuple[Path, str]:
    """Lots, pack and bids of its tender, with the digest that was printed."""
    rules = tender / "rules.json"
    rules.write_text(json.dumps({"fallback_pct": 150}), encoding="utf-8")
    made = run("lots", planned, "--out", tender, *WHY)
    assert made.exit_code == 0, made.output
    packed = run("pack", planned, tender, "--tender-id", "T1", *DATES, "--rules", rules)
    assert packed.exit_code == 0, packed.output
    assert run("simulate", planned, tender).exit_code == 0
    for person in PEOPLE:
        declared = run("interest", planned, tender, "--person", person, "--statement", "none")
        assert declared.exit_code == 0, declared.output
    return tender, packed.stdout.split("Publish its digest: ")[1].strip()


def open_both(planned: Path, tender: Path) -> Result:
    opened = run("bids", planned, tender, "--opened-by", PEOPLE[0], "--opened-by", PEOPLE[1])
    if opened.exit_code == 0:
        assert run("screens", tender, "--why", "depots explain them").exit_code == 0
    return opened
