"""The form in a real browser, in front of a real API with a small real model."""

import lzma
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page

from app_cli.local_stack.supervisor import Service, free_port, started
from connections import bootstrap
from connections.settings import Settings
from readmission.schema import FIELDS, TARGET
from tests.browser.site import UPDATE, Site
from tests.conftest import ROOT
from tests.e2e.rest import wait_until
from tests.servers.chromium import running_chromium

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
NOBODY = "http://127.0.0.1:9"
"""Where no API ever listens."""
PIPELINE_S = 280
SAMPLE_ROWS, SAMPLE_BATCH = (None, 15_000) if os.environ.get(UPDATE) == "1" else (9000, 3000)
"""A few thousand rows are enough to test the pages; their pictures show the whole dataset."""
OUTCOMES = 400


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def trained(real_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run the whole pipeline on real rows; return the settings that name its state."""
    settings = _places(tmp_path_factory.mktemp("stack"))
    sample = tmp_path_factory.mktemp("dataset") / "Diabetes.csv"
    with lzma.open(real_dataset, "rb") as whole:
        sample.write_bytes(b"".join(islice(whole, SAMPLE_ROWS and SAMPLE_ROWS + 1)))
    command = [sys.executable, "-m", "app_cli", "pipeline"]
    env = {**os.environ, **settings, "DATASET_URL": sample.as_uri()}
    subprocess.run(
        command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL, timeout=PIPELINE_S
    )
    return settings


def _places(folder: Path) -> dict[str, str]:
    """Return settings that keep all state in a folder."""
    return {
        "STATE_DIR": f"{folder}/var",
        "DATABASE_URL": f"sqlite:///{folder}/var/",
        "DATA_DIR": f"{folder}/data",
        "MODELS_DIR": f"{folder}/models",
        "BATCH_SIZE": str(SAMPLE_BATCH),
    }


@pytest.fixture(scope="session")
def api_url(trained: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the real API after one explanation: the first one waits for the import of shap."""
    with serving_api(trained, free_port(), tmp_path_factory.mktemp("api")) as url:
        wait_until(
            lambda: requests.post(f"{url}/explain", json={}, timeout=60).ok, "the API explains", 120
        )
        yield url


@pytest.fixture(scope="session")
def patients(trained: dict[str, str]) -> list[dict[str, Any]]:
    """Return validation patients as payloads, each with its target."""
    clean_data = bootstrap.data_stores(
        Settings(_env_file=None, database_url=trained["DATABASE_URL"])
    ).clean_data
    preparation = clean_data.latest_preparation()
    assert preparation
    rows = clean_data.read_val(preparation.data_version)[
        [*(field.name for field in FIELDS), TARGET]
    ].astype(object)
    return list(rows.where(rows.notna(), None).to_dict("records"))


@pytest.fixture(scope="session")
def followed_up(api_url: str, patients: list[dict[str, Any]]) -> None:
    """Let the API predict real patients, and report what became of some of them."""
    told = [
        {name: value for name, value in one.items() if name != TARGET} for one in patients[:1000]
    ]
    answer = requests.post(f"{api_url}/predict/batch", json={"patients": told}, timeout=60).json()
    assert answer["rejected"] == 0, answer["errors"][:3]
    with requests.Session() as session:
        for made, patient in zip(answer["predictions"][:OUTCOMES], patients, strict=False):
            url = f"{api_url}/predictions/{made['prediction_id']}/outcome"
            assert session.post(url, json={"outcome": int(patient[TARGET])}, timeout=30).ok


@pytest.fixture(scope="session")
def empty_api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the real API before anything was loaded or trained."""
    folder = tmp_path_factory.mktemp("empty")
    with serving_api(_places(folder), free_port(), folder) as url:
        yield url


@contextmanager
def serving_api(settings: dict[str, str], port: int, logs: Path) -> Iterator[str]:
    """Serve an API with ``settings`` on ``port``."""
    url = f"http://127.0.0.1:{port}"
    env = {**settings, "API_PORT": str(port), "MODEL_POLL_S": "1"}
    api = Service(
        "API", [sys.executable, "-m", "app_back"], logs / "api.log", env, f"{url}/health/live"
    )
    with started([api]):
        yield url


@pytest.fixture(scope="session")
def serve_form(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Return a function that serves the form for an API, once for each."""
    with ExitStack() as running:
        forms: dict[str, str] = {}

        def serve(api_url: str) -> str:
            if api_url not in forms:
                forms[api_url] = running.enter_context(
                    _serving_form(api_url, tmp_path_factory.mktemp("form"))
                )
            return forms[api_url]

        yield serve


@contextmanager
def _serving_form(api_url: str, logs: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    argv = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(ROOT / "app_front" / "app.py"),
        "--server.address=127.0.0.1",
        f"--server.port={port}",
    ]
    form = Service("Form", argv, logs / "form.log", {"API_URL": api_url}, f"{url}/_stcore/health")
    with started([form]):
        yield url


@pytest.fixture
def open_site(browser: Browser, serve_form: Callable[[str], str]) -> Iterator[Callable[..., Site]]:
    """Return a function that opens a fresh visit to the form of an API."""
    opened: list[Page] = []

    def open_visit(api_url: str, *, phone: bool = False) -> Site:
        page = browser.new_page(
            viewport=PHONE if phone else DESKTOP, locale="es-ES", accept_downloads=True
        )
        opened.append(page)
        return Site(page, serve_form(api_url))

    yield open_visit
    for page in opened:
        page.close()


@pytest.fixture
def site(open_site: Callable[..., Site], api_url: str) -> Site:
    """Return a visit to the form of the real API."""
    return open_site(api_url)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Return a function that writes a measured figure into the test report."""

    def write(figure: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f" {figure} ")

    return write
