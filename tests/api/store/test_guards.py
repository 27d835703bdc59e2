"""The store does not start where acknowledged changes could be lost."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from api.settings import Settings
from api.store.cipher import make_keys, write_keys
from api.store.engine import make_engine, set_up_connection
from api.store.faults import StoreRefusedError
from api.store.guards import journal_mode_of, only_server_on, require_durable, require_local_disk
from api.store.migrate import migrate
from api.store.store import Store, open_store


@pytest.mark.parametrize(
    ("wanted", "version", "mode"),
    [
        ("auto", (3, 40, 1), "delete"),
        ("auto", (3, 51, 2), "delete"),
        ("auto", (3, 51, 3), "wal"),
        ("wal", (3, 52, 0), "wal"),
        ("delete", (3, 52, 0), "delete"),
    ],
)
def test_the_journal_goes_by_the_version_of_sqlite(wanted: str, version: tuple[int, ...], mode: str) -> None:
    """The write-ahead log is used from 3.51.3 on, where its reset bug is mended."""
    assert journal_mode_of(wanted, version) == mode


def test_a_write_ahead_log_is_refused_on_an_older_sqlite() -> None:
    """Asking for it there is a fault of the settings, said with the version found."""
    with pytest.raises(StoreRefusedError, match=r"wal; SQLite 3\.51\.2 may corrupt .* must be auto or delete"):
        journal_mode_of("wal", (3, 51, 2))


@pytest.mark.parametrize("synchronous", ["normal", "off"])
def test_less_than_full_is_refused(synchronous: str) -> None:
    """A power cut would lose acknowledged changes."""
    with pytest.raises(StoreRefusedError, match="must be full or extra"):
        require_durable(synchronous)


@pytest.mark.parametrize("synchronous", ["full", "extra"])
def test_a_durable_setting_is_taken(synchronous: str) -> None:
    """Full and extra pass."""
    require_durable(synchronous)


def test_the_connection_is_what_the_settings_say(tmp_path: Path) -> None:
    """Read back: synchronous full (2), foreign keys on, erased pages overwritten, journal as ruled."""
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'a.db'}", _env_file=None)
    with make_engine(settings).connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("synchronous", "foreign_keys", "secure_delete", "journal_mode")
        }
    journal = journal_mode_of("auto", sqlite3.sqlite_version_info)
    assert found == {"synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "journal_mode": journal}


def test_a_database_that_does_not_take_the_journal_is_refused() -> None:
    """A database in memory has no write-ahead log: reading back finds that."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(StoreRefusedError, match="journal mode memory"):
        set_up_connection(connection, "wal", "full")


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    """The nearest mount decides: a folder on NFS below a local root."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path}/net nfs4 rw 0 0\n", encoding="utf-8")
    with pytest.raises(StoreRefusedError, match=r"network file system \(nfs4\)"):
        require_local_disk(tmp_path / "net" / "schoolrun.db", mounts)
    require_local_disk(tmp_path / "schoolrun.db", mounts)


def test_a_second_server_on_one_file_is_refused(tmp_path: Path) -> None:
    """Another process holds the place of the server; once it has ended, however, the place is free."""
    path = tmp_path / "schoolrun.db"
    program = (
        "import sys; from pathlib import Path; from api.store.guards import only_server_on\n"
        f"with only_server_on(Path({str(path)!r})): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StoreRefusedError, match="another schoolrun server"), only_server_on(path):
            pass
        other.kill()
        other.wait()
    with only_server_on(path):
        pass


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense with secret"])
def test_another_kind_of_database_is_refused_without_repeating_its_url(url: str) -> None:
    """A URL may hold a password."""
    with pytest.raises(StoreRefusedError, match="must be sqlite:///FILE or postgresql") as refused:
        make_engine(Settings(database_url=url, _env_file=None))
    assert "secret" not in str(refused.value)


def test_a_database_without_its_schema_is_refused(tmp_path: Path) -> None:
    """And the message says what to do; afterwards it opens."""
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'a.db'}", key_file=tmp_path / "keys", _env_file=None)
    write_keys(make_keys(), settings.key_file)
    with pytest.raises(StoreRefusedError, match=r"revision none; must be .* `schoolrun store migrate`"):
        open_store(settings)
    migrate(make_engine(settings))
    assert isinstance(open_store(settings), Store)


def test_the_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else on the machine may read it."""
    make_engine(Settings(database_url=f"sqlite:///{tmp_path / 'a.db'}", _env_file=None))
    assert stat.S_IMODE((tmp_path / "a.db").stat().st_mode) == 0o600


def test_a_key_file_that_others_may_read_is_refused(settings: Settings) -> None:
    """So is a missing one, and one that is not a key file."""
    settings.key_file.chmod(0o644)
    with pytest.raises(StoreRefusedError, match="other users may read it"):
        open_store(settings)
    settings.key_file.chmod(0o600)
    settings.key_file.write_text('{"encrypt": ["short"], "lookup": ""}', encoding="utf-8")
    with pytest.raises(StoreRefusedError, match="not a key file"):
        open_store(settings)
    settings.key_file.unlink()
    with pytest.raises(StoreRefusedError, match="no such key file"):
        open_store(settings)
