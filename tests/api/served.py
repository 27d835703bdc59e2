"""The real service for tests: `schoolrun serve` in a process of its own, that can be killed."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from api.audit import Caller
from api.auth.api_keys import add_api_key
from api.auth.permissions import SCOPES
from api.settings import Settings
from api.store.store import Store

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 600.0
"""Nothing here takes long; a machine that others use may."""
DUMP_AFTER_S = 60.0
"""A service that has not answered for so long writes down where each of its threads is."""
_OWN = tuple(f"SCHOOLRUN_{name}" for name in ("DATABASE_URL", "KEY_FILE", "PORT", "PLAIN_HTTP"))
_DUMPING = """\
import faulthandler, runpy, signal, sys
faulthandler.register(signal.SIGUSR1)
sys.argv[0] = "schoolrun"
runpy.run_module("api.cli", run_name="__main__")
"""


@dataclass(slots=True, kw_only=True)
class Served:
    """A running service and a key that opens everything."""

    settings: Settings
    key: str
    port: int
    log_path: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] = field(init=False)
    start_s: list[float] = field(default_factory=list)
    """Seconds of each start until it answered."""

    def start(self) -> None:
        """Start it and wait until it answers."""
        given = self.settings.model_copy(update={"port": self.port, "plain_http": True}).as_environment()
        # What a test has put into the environment holds where its settings say nothing. Bytecode is kept: a service
        # that is killed again and again would else compile everything at each start.
        env = {**given, **os.environ, **{name: given[name] for name in _OWN}, "PYTHONDONTWRITEBYTECODE": ""}
        began = time.monotonic()
        command = [sys.executable, "-c", _DUMPING, "serve", *self.options]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=log, stdout=log)
        dump = threading.Timer(DUMP_AFTER_S, self.process.send_signal, (signal.SIGUSR1,))
        dump.start()
        try:
            until(lambda: self.process.poll() is not None or self._answers())
        except AssertionError:
            self.kill()
            raise AssertionError(f"it did not answer:\n{self.log_path.read_text(encoding='utf-8')[-9000:]}") from None
        finally:
            dump.cancel()
        assert self.process.poll() is None, self.log_path.read_text(encoding="utf-8")[-2000:]
        self.start_s.append(time.monotonic() - began)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ctrl-C."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=PATIENCE_S)

    def client(self) -> httpx2.Client:
        """Another system with every scope."""
        headers = {"Authorization": f"Bearer {self.key}"}
        # Nothing is verified on plain HTTP; reading the certificates would take longer than most requests.
        url = f"http://127.0.0.1:{self.port}/api/v1"
        return httpx2.Client(base_url=url, headers=headers, timeout=60, verify=False)

    def _answers(self) -> bool:
        try:
            return self.client().get("/health").status_code == 200
        except httpx2.TransportError:
            return False


@contextmanager
def served(store: Store, settings: Settings, folder: Path, *options: str) -> Iterator[Served]:
    """A service on a store, ended with the block."""
    with store.change(Caller(name="test")) as work:
        key = add_api_key(work, f"everything {secrets.token_hex(4)}", [scope.value for scope in SCOPES], 1)
    service = Served(settings=settings, key=key, port=free_port(), log_path=folder / "serve.log", options=options)
    service.start()
    try:
        yield service
    finally:
        service.stop()


def until(holds: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """Wait for something, and give it."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def workers_of(pid: int) -> list[int]:
    """Worker processes that a service keeps."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in children.stdout.split()]
