"""Debian's Chromium, headless: one program and one set of flags for every test with a browser."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import require

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)


_shared: list[Browser] = []


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run it until the block ends; nested blocks share it, as a process can have one Playwright."""
    if _shared:
        yield _shared[0]
        return
    program = shutil.which("chromium") or require("Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        _shared.append(playwright.chromium.launch(executable_path=program, args=list(_FLAGS)))
        try:
            yield _shared[0]
        finally:
            _shared.pop().close()
