"""The container file, as far as can be said without a builder: what it copies is there, and it is set up safely."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from api.cli import app
from api.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
LINES = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def lines_of(word: str) -> list[str]:
    return [line.removeprefix(word).strip() for line in LINES if line.startswith(f"{word} ")]


def test_what_it_copies_is_there_and_not_ignored() -> None:
    """Everything but what the first image hands on; and every package of the wheel is among it."""
    copied = [name for line in lines_of("COPY") if "--from" not in line for name in line.split()[:-1]]
    ignore = (ROOT / ".containerignore").read_text(encoding="utf-8")
    kept = {line[1:] for line in ignore.splitlines() if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)
    assert set(copied) == kept
    assert {"transport", "routing", "procurement", "api", "data"} <= kept


def test_it_installs_what_is_pinned_by_hash_alone() -> None:
    """Each install names hashes, or takes nothing but the checkout."""
    installs = [part for line in lines_of("RUN") for part in line.split("&&") if "install" in part]
    assert len(installs) == 3
    assert all("--require-hashes" in part or ("--no-deps" in part and part.strip().endswith(" .")) for part in installs)


def test_it_does_not_run_as_root_and_holds_no_keys() -> None:
    """The user is named by number, as Kubernetes wants it; keys come from outside."""
    assert lines_of("USER") == ["10001"]
    assert not any("COPY" in line and "keys" in line for line in LINES)
    assert "SCHOOLRUN_KEY_FILE=/run/secrets/" in " ".join(lines_of("ENV"))


def test_its_settings_and_its_command_are_known() -> None:
    """A setting or command that is renamed is renamed here too."""
    named = re.findall(r"SCHOOLRUN_([A-Z_]+)=", " ".join(lines_of("ENV")))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert (lines_of("ENTRYPOINT"), lines_of("CMD")) == (['["schoolrun"]'], ['["serve"]'])
    assert CliRunner().invoke(app, ["serve", "--help"]).exit_code == 0
