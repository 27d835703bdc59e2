"""Commands of the service, on a real installation in a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.auth.passwords import is_right
from api.cli import app
from api.errors import EXIT_BAD_INPUT, EXIT_OK, EXIT_STORE
from api.settings import Settings
from api.store.details import details_of
from api.store.migrate import newest_revision
from api.store.models import Account
from api.store.store import Store, open_store
from tests.api.clients import PASSWORD
from tests.api.lists import ROBIN_DETAILS, add_passenger, add_school
from tests.api.plan_folders import fill_lists, write_plan_folder
from tests.api.served import until

TWICE = f"{PASSWORD}\n{PASSWORD}\n"


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A new installation, named by the environment as an operator would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHOOLRUN_DATABASE_URL", f"sqlite:///{tmp_path / 'schoolrun.db'}")
    monkeypatch.setenv("SCHOOLRUN_KEY_FILE", str(tmp_path / "schoolrun.keys"))
    run("store", "new")
    return Settings(_env_file=None)


def run(*words: str, code: int = EXIT_OK, given: str | None = None) -> str:
    done = CliRunner().invoke(app, list(words), input=given)
    assert done.exit_code == code, done.output
    return done.output


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    store = open_store(settings)
    yield store
    store.engine.dispose()


def test_a_new_installation_is_made_once(installation: Settings) -> None:
    """A second `store new` would make its data unreadable, so it is refused; migrating again does nothing."""
    keys = installation.key_file.read_bytes()
    assert "is there already" in run("store", "new", code=EXIT_STORE)
    assert "is there already" in run("store", "keys", "new", code=EXIT_STORE)
    assert installation.key_file.read_bytes() == keys
    assert f"revision {newest_revision()}" in run("store", "migrate")


def test_accounts_from_the_command_line(installation: Settings) -> None:
    """Made, listed, given another role and password, closed and opened; each step is a line of the log."""
    assert "may sign in" in run("users", "add", "a.officer", "--role", "viewer", "--why", "new", given=TWICE)
    run("users", "role", "a.officer", "--role", "transport_officer")
    run("users", "password", "a.officer", given="another horse battery\n" * 2)
    run("users", "close", "a.officer")
    assert run("users", "list") == "a.officer  transport_officer  closed\n"
    run("users", "open", "a.officer")
    assert run("users", "list") == "a.officer  transport_officer  open\n"
    with opened(installation) as store, store.read() as session:
        account = session.query(Account).one()
        assert is_right("another horse battery", account.password_hash)
    assert "The log holds: 5 lines" in run("audit", "verify")


def test_what_cannot_be_done_is_said_with_its_exit_code(installation: Settings) -> None:
    """2: what was given; 4: what the store holds."""
    assert "password" in run("users", "add", "a.b", "--role", "viewer", given="short\nshort\n", code=EXIT_BAD_INPUT)
    assert "no such account" in run("users", "close", "nobody", code=EXIT_STORE)
    assert "scopes" in run("api-keys", "add", "x", "--scope", "all", code=EXIT_BAD_INPUT)
    assert "not a head of the log" in run("audit", "verify", "--head", "x", code=EXIT_BAD_INPUT)


def test_keys_of_other_systems_from_the_command_line(installation: Settings) -> None:
    """Shown once when made; on the list without its secret; revoked."""
    key = run("api-keys", "add", "mosaic", "--scope", "changes.read", "--days", "30").strip()
    listed = run("api-keys", "list")
    assert "mosaic  until 20" in listed
    assert key.split("_", 2)[2] not in listed
    run("api-keys", "revoke", "mosaic")
    assert "mosaic  revoked  changes.read" in run("api-keys", "list")


def test_keys_are_rotated_from_the_command_line(installation: Settings) -> None:
    """The file holds one new key; everything opens with it."""
    with opened(installation) as store:
        add_school(store)
        passenger = add_passenger(store, details=ROBIN_DETAILS)
    before = installation.key_file.read_text(encoding="utf-8")
    # row, its version, seven details
    assert "Sealed 9 values" in run("store", "keys", "rotate")
    assert installation.key_file.read_text(encoding="utf-8") != before
    with opened(installation) as store, store.read() as session:
        assert len(store.cipher.keys.encrypt) == 1
        assert details_of(session, store.cipher, passenger.record_id) == ROBIN_DETAILS


def test_backup_restore_and_a_kept_head(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Into a second database: its log holds, and holds the head that was kept."""
    with opened(installation) as store:
        add_school(store)
    head = run("audit", "head").strip()
    assert head in run("backup", "first.backup")
    monkeypatch.setenv("SCHOOLRUN_DATABASE_URL", f"sqlite:///{tmp_path / 'second.db'}")
    assert head in run("restore", "first.backup")
    assert "The log holds" in run("audit", "verify", "--head", head)
    other = f"1:{'f' * 64}"
    assert "no longer holds line 1" in run("audit", "verify", "--head", other, code=EXIT_STORE)
    assert "not empty" in run("restore", "first.backup", code=EXIT_STORE)
    assert "nothing.backup" in run("restore", "nothing.backup", code=EXIT_BAD_INPUT)


def test_retention_from_the_command_line(installation: Settings) -> None:
    """Nothing is due on the first day."""
    assert run("store", "retain") == "Removed: personal data of 0 leavers, files of 0 plans\n"


def test_a_plan_is_stored_from_the_command_line(installation: Settings, tmp_path: Path) -> None:
    """As a draft, checked; a folder that is none is refused."""
    with opened(installation) as store:
        fill_lists(store)
        folder = write_plan_folder(store, tmp_path / "plan")
    assert "draft, 2 schools, 0 broken hard rules" in run("plans", "store", str(folder), "--title", "Autumn")
    assert "lacks plan.json" in run("plans", "store", str(tmp_path / "nothing"), "--title", "x", code=EXIT_BAD_INPUT)


@contextmanager
def served(port: int) -> Iterator[subprocess.Popen[str]]:
    """`schoolrun serve` in a process of its own, answering."""
    program = "from api.cli import main; import sys; sys.argv = ['schoolrun', 'serve']; main()"
    root = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, "SCHOOLRUN_PORT": str(port), "SCHOOLRUN_PLAIN_HTTP": "true", "PYTHONPATH": root}
    with subprocess.Popen([sys.executable, "-c", program], env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def answers(port: int) -> bool:
    """Whether it answers within a minute, which is for a machine under load."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_service_runs_alone_and_again_after_a_kill(installation: Settings) -> None:
    """A second one on the same file is refused; killed without warning it leaves the place free and the data whole."""
    port = free_port()
    with served(port) as first:
        assert answers(port)
        with served(free_port()) as second:
            assert second.wait(60) == EXIT_STORE
            assert second.stderr is not None
            assert "another schoolrun server is running" in second.stderr.read()
        first.send_signal(signal.SIGKILL)
        first.wait()
    with served(port):
        assert answers(port)
    assert "The log holds" in run("audit", "verify")


def test_the_demo_is_not_served_from_a_store_with_other_data(installation: Settings, tmp_path: Path) -> None:
    """Its passwords are known to everybody: an account of somebody's own is enough to be refused."""
    run("users", "add", "a.officer", "--role", "viewer", given=TWICE)
    said = run("serve", "--demo", "--demo-folder", str(tmp_path), "--demo-plan", str(tmp_path), code=EXIT_STORE)
    assert "holds other data than the demo's" in said


def test_a_worker_gets_the_settings_of_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting, those that are not the defaults and came from nowhere but the command too: read back the same."""
    monkeypatch.chdir(tmp_path)
    given = {
        "database_url": "postgresql+psycopg://a:b@c/d", "key_file": tmp_path / "k", "sqlite_synchronous": "extra",
        "port": 8123, "plain_http": True, "change_cap": 0, "integrations_may_place": True, "oidc_roles": "A=viewer",
        "roads_file": tmp_path / "roads.osm.pbf", "session_idle_minutes": 7,
    }  # fmt: skip
    settings = Settings(_env_file=None, **given)
    assert "SCHOOLRUN_CACHE_FOLDER" not in settings.as_environment()  # Empty: None is no text.
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == settings


def test_the_worker_of_the_demo_works_on_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper's child is started with them, whatever the environment says otherwise."""
    from api.jobs import process

    seen: list[dict[str, str]] = []

    class Child:
        stdin = None

        def wait(self, timeout: float | None = None) -> int:
            return 0

    def start(_: object, *, env: dict[str, str], **__: object) -> Child:
        seen.append(env)
        return Child()

    monkeypatch.setenv("SCHOOLRUN_DATABASE_URL", "sqlite:////the/councils/own.db")
    monkeypatch.setattr(process.subprocess, "Popen", start)
    with process.kept_worker("serve", Settings(_env_file=None, database_url=f"sqlite:///{tmp_path}/demo.db")):
        until(lambda: seen)
    assert seen[0]["SCHOOLRUN_DATABASE_URL"] == f"sqlite:///{tmp_path}/demo.db"
