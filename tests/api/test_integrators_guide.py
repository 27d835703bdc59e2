"""docs/integrators.md does what it says: its shell and its Python, run against the real service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api.store.quotes import list_placements
from api.store.store import open_store
from tests.api.databases import sqlite_settings
from tests.api.planned import put_lists, put_plan
from tests.api.served import ROOT, served

GUIDE = ROOT / "docs" / "integrators.md"


def blocks(language: str) -> str:
    """Every block of a language, one after the other."""
    text = GUIDE.read_text(encoding="utf-8")
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("bash") is None, reason="needs curl and bash")
def test_the_guide_places_two_passengers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by curl, one by Python, each on the plan that the one before made."""
    monkeypatch.setenv("SCHOOLRUN_INTEGRATIONS_MAY_PLACE", "true")
    settings = sqlite_settings(tmp_path)
    store = open_store(settings)
    put_lists(store)
    put_plan(store)
    with served(store, settings, tmp_path, "--no-worker") as service:
        env = {**os.environ, "SCHOOLRUN_URL": f"http://127.0.0.1:{service.port}/api/v1", "SCHOOLRUN_KEY": service.key}

        def run(*command: str) -> str:
            done = subprocess.run(
                command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        by_curl = run("bash", "-euo", "pipefail", "-c", blocks("sh"))
        by_python = run(sys.executable, "-c", blocks("python"))
    assert re.search(r"placed by plan PL\w+ on route \w+", by_curl), by_curl
    assert re.search(r"P\w{12} placed on \w+ by plan PL\w+", by_python), by_python
    with store.read() as session:
        first, second = sorted(list_placements(session, limit=9), key=lambda placement: placement.accepted_at)
    assert second.plan_id_before == first.plan_id
