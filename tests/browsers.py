"""A real browser for tests of the pages, and a real server for it; what is missing is a reason to skip."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI

NEEDS_BROWSER = "SCHOOLRUN_TEST_NEEDS_BROWSER"
"""Set in .ci/run: there a missing browser is a failure, not a skip."""
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; without one, or what drives it, the test is skipped."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if program is None or sync_playwright is None:
        what = "a Chromium on the path" if program is None else "playwright (`make browser`)"
        if os.environ.get(NEEDS_BROWSER):
            pytest.fail(f"needs {what}")
        pytest.skip(f"needs {what}")
    with sync_playwright() as driver:
        # Root may not use the sandbox; the pages are our own.
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application at an address of this machine, for as long as it is needed."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            pytest.fail("the server did not start")
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
