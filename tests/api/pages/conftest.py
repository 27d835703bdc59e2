"""Pages are tested on SQLite alone: they ask the store as the API does, which is tested on PostgreSQL too."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import Settings
from tests.api.databases import sqlite_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a new installation on SQLite."""
    return sqlite_settings(tmp_path)
