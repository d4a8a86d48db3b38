"""The form without a browser: Streamlit's AppTest in front of the fake API."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.fakes.api import FakeApi, application
from tests.fakes.http_server import served

APP = Path(__file__).resolve().parents[3] / "app_front" / "app.py"
SECONDS = 30


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    """Return the fake that the form talks to."""
    fake = FakeApi()
    with served(application(fake)) as url:
        monkeypatch.setenv("API_URL", url)
        yield fake


@pytest.fixture
def no_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the form look for an API where there is none: port 9 is never listened on."""
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9")


@pytest.fixture
def prediction() -> AppTest:
    """Return the whole form, which opens on the page Prediction."""
    return AppTest.from_file(str(APP), default_timeout=SECONDS)


@pytest.fixture
def page() -> Callable[[str], AppTest]:
    """Return one of the other pages by its module's name."""

    def open_page(name: str) -> AppTest:
        script = f"from app_front.screens import {name}\n\n{name}.show()\n"
        return AppTest.from_string(script, default_timeout=SECONDS)

    return open_page


def shown(app: AppTest) -> str:
    """Return every text of the page, in one string."""
    elements = (
        *app.title,
        *app.subheader,
        *app.markdown,
        *app.caption,
        *app.code,
        *app.html,
        *app.error,
    )
    return "\n".join(
        str(getattr(element, "value", None) or getattr(element, "body", ""))
        for element in (*elements, *app.warning, *app.info)
    )
