"""kill -9 of web server and worker while changes arrive: nothing acknowledged is lost or done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import Settings
from api.store.store import Store
from tests.api.faulting import Fire
from tests.api.planned import put_lists
from tests.api.served import served
from tests.api.test_audit import faults_of

N_ROUNDS = 3
"""benchmarks/service_faults.py does 50."""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_done_twice(store: Store, settings: Settings, tmp_path: Path) -> None:
    """Three rounds with four writers and a job each: every change once, every job done, the log's chain whole."""
    put_lists(store)
    with served(store, settings, tmp_path) as service:
        fire = Fire(service=service, seed=1)
        for n in range(N_ROUNDS):
            fire.round(n)
        fire.settle()
        assert fire.faults() == []
    assert fire.n_kills == N_ROUNDS
    assert len(fire.changes) > N_ROUNDS
    assert faults_of(store) == []
