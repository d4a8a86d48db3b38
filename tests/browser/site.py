"""A visit to the form: go to a page, wait until it is drawn, take its picture."""

import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Error, Locator, Page, Request, expect

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
UPDATE = "UPDATE_SCREENSHOTS"
"""Set to 1, the documentation's pictures are replaced; otherwise they are taken and discarded."""
COLOURS = 128
PATIENCE_MS, TRIES = 30_000, 4
CALCULATE = {"es": "Calcular el riesgo", "en": "Calculate the risk"}
BLOCKING = ("serious", "critical")


@dataclass
class Site:
    """One browser tab."""

    page: Page
    url: str
    cut: bool = False
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on(
            "request", lambda request: self.asked.add(urlsplit(request.url).hostname or "")
        )
        self.page.on("requestfailed", self._notice)

    def _notice(self, request: Request) -> None:
        """Chromium aborts its requests whenever a network interface comes or goes."""
        self.cut = self.cut or "ERR_NETWORK_CHANGED" in (request.failure or "")

    def go(self, path: str = "", language: str = "es") -> None:
        """Open a page of the form; again where the network changed meanwhile."""
        for _ in range(TRIES):
            self.cut = False
            try:
                self.page.goto(f"{self.url}/{path}" + ("?lang=en" if language == "en" else ""))
                self.settle()
            except Error:
                if not self.cut:
                    raise
            if not self.cut:
                return
        pytest.fail("The machine's network changes all the time.")

    def settle(self) -> None:
        """Wait until the script has ended and everything is drawn."""
        self.page.wait_for_function(_DRAWN, timeout=PATIENCE_MS)
        self.page.wait_for_timeout(250)

    def press(self, name: str) -> None:
        """Press a button by its name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def number(self, label: str) -> Locator:
        """Return the number field with this label."""
        return self.page.get_by_role("spinbutton", name=label, exact=True)

    def sees(self, text: str) -> Locator:
        """Wait for a text and return where it stands."""
        found = self.page.get_by_text(text).first
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        return found

    def unroll(self) -> None:
        """Make the window as high as the page."""
        height = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        self.page.set_viewport_size(
            {"width": int(self.page.evaluate("window.innerWidth")), "height": int(height)}
        )

    def picture(self, name: str) -> None:
        """Take the documentation's picture ``name``."""
        self.settle()
        keep_picture(self.page, name)

    def barriers(self) -> list[str]:
        """Return what axe calls serious or critical, each with where it stands."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
            for one in found
            if one["impact"] in BLOCKING
            for node in one["nodes"]
        ]

    def overflows(self) -> bool:
        """Tell whether the page is wider than the window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def keep_picture(page: Page, name: str) -> None:
    """Save a page as the documentation's picture ``name``, small because it has few colours."""
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
    small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    if os.environ.get(UPDATE) == "1":
        IMAGES.mkdir(parents=True, exist_ok=True)
        small.save(IMAGES / f"{name}.png", optimize=True)


def predict(site: Site, language: str = "es") -> None:
    """Press the button and wait for the gauge and the reasons."""
    site.press(CALCULATE[language])
    site.page.wait_for_selector(".gauge", timeout=PATIENCE_MS)
    site.page.wait_for_selector(".not-entered", timeout=PATIENCE_MS)
    site.settle()


_DRAWN = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]')
    && !document.querySelector('[data-testid=stSkeleton]') && document.querySelector('h1');
}"""
