"""The worker's own process: started by whoever keeps it, ends with its keeper, is started again when it dies.

`python -m api.jobs.process SLOT` is for the keeper below; people run `schoolrun worker --slot SLOT`.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.settings import Settings

RESTART_S, LONGEST_RESTART_S = 0.2, 10.0
"""Wait before a worker that died is started again; longer each time while it dies young, as where its slot is taken."""
_YOUNG_S = 10.0
_END_S = 10.0
_LOG = logging.getLogger("schoolrun.jobs")


@contextmanager
def kept_worker(slot: str, settings: Settings) -> Iterator[None]:
    """Keep a worker process running in a slot, on the same settings, until the block is left."""
    leaving = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        wait_s = RESTART_S
        while not leaving.is_set():
            began = time.monotonic()
            # Its standard input is our pipe: when we end, however we end, it reads the end of it and ends too.
            command = [sys.executable, "-m", "api.jobs.process", slot]
            child = subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, **settings.as_environment()})
            running[:] = [child]
            code = child.wait()
            if not leaving.is_set():
                _LOG.warning("the worker of slot %s ended (%d); it is started again", slot, code)
                is_young = time.monotonic() - began < _YOUNG_S
                wait_s = min(2 * wait_s, LONGEST_RESTART_S) if is_young else RESTART_S
                leaving.wait(wait_s)

    keeper = threading.Thread(target=keep, name=f"keeper-{slot}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        leaving.set()
        for child in running:
            _end(child)
        keeper.join(timeout=_END_S)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(timeout=_END_S)
    except subprocess.TimeoutExpired:
        child.kill()


def main() -> int:
    """Work in a slot until the keeper is gone; 4 where the slot is taken or the store refuses."""
    from api.errors import EXIT_OK, EXIT_STORE
    from api.jobs.slots import held_slot
    from api.jobs.worker import work_in
    from api.settings import Settings
    from api.store.faults import StoreError

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    until = threading.Event()
    threading.Thread(target=_end_with_keeper, args=(until,), name="keeper-watch", daemon=True).start()
    try:
        settings = Settings()
        with held_slot(settings, sys.argv[1]):
            work_in(sys.argv[1], settings, until)
    except StoreError as error:
        _LOG.error("%s", error)
        return EXIT_STORE
    return EXIT_OK


def _end_with_keeper(until: threading.Event) -> None:
    sys.stdin.buffer.read()
    until.set()
    # A step under way is gone on with by the next worker in this slot.
    if not threading.Event().wait(2.0):
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
