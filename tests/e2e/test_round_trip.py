"""The round trip of a tender, run as docs/procurement.md has it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def documented() -> str:
    """The block of commands under "The whole round trip"."""
    section = (ROOT / "docs" / "procurement.md").read_text(encoding="utf-8").split("## The whole round trip")[1]
    (block, *_) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return str(block)


def test_the_block_goes_through_every_step() -> None:
    """Plan, lots, pack, bids, award, letters, register and the check of the evidence, in this order."""
    found = re.findall(r"^schoolrun (?:tender )?(\w+)", documented(), re.MULTILINE)
    steps = ["demo", "lots", "pack", "simulate", "bids", "award", "letters", "register", "verify"]
    assert [step for step in found if step in steps] == steps


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_documented_commands_run_as_written(tmp_path: Path) -> None:
    """In an empty folder; the award verifies, everybody gets a letter, and the plan has a new cost."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", documented()], cwd=tmp_path, env={**os.environ, "PATH": path},
        capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "The same award, digest " in done.stdout
    assert "The plan's year, avoidable cost: £" in done.stdout
    tender = tmp_path / "tender"
    opening = json.loads((tender / "opening.json").read_text(encoding="utf-8"))["content"]
    letters = {letter.stem.partition("_")[2] for letter in (tender / "letters").glob("*.pdf")}
    assert letters == set(opening["file_digests"])
    cost = json.loads((tender / "register" / "new_cost.json").read_text(encoding="utf-8"))
    assert cost["after_pence"] == cost["kept_pence"] + cost["awarded_pence"] + cost["left_pence"] > 0
