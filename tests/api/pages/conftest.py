"""Pages are tested on SQLite alone: they ask the store as the API does, which is tested on PostgreSQL too."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app as commands
from api.settings import Settings
from tests.api.databases import sqlite_settings
from tests.transport.files.scenario_folder import little_council, write_folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a new installation on SQLite."""
    return sqlite_settings(tmp_path)


@pytest.fixture(scope="session")
def invented_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Little Council's plan, its people marked as invented; open on every weekday, whatever day it is today."""
    folder = tmp_path_factory.mktemp("invented")
    tables = little_council()
    for name in ("street_rules", "keep_together", "pickup_points", "calendar"):
        del tables[name]
    for row in tables["scenario"]:
        row["value"] = "yes" if row["setting"] == "invented" else row["value"]
    write_folder(folder / "lists", tables)
    words = ["plan", str(folder / "lists"), "--out", str(folder / "plan"), "--iterations", "20"]
    done = CliRunner().invoke(commands, [*words, "--cache-dir", str(folder / "cache")])
    assert done.exit_code == 0, done.output
    return folder / "plan"
