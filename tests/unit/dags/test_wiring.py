"""The tasks' adapters are built on demand, once, from the settings and a run's parameters."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from connections.dataset.source import UrlDatasetSource
from dags import wiring
from tests.conftest import ROOT

ENV_URL = "https://example.org/env.csv"
RUN_URL = "https://example.org/run.csv"


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read the settings again, from an environment that names a dataset."""
    monkeypatch.setenv("DATASET_URL", ENV_URL)
    wiring.settings.cache_clear()
    yield
    wiring.settings.cache_clear()


def public_address(url: str | None) -> str:
    source = wiring.dataset_source(url)
    assert isinstance(source, UrlDatasetSource)
    return source.address.public


def test_a_run_without_an_address_uses_the_setting() -> None:
    assert public_address(None) == ENV_URL


def test_the_address_of_a_run_wins_over_the_setting_and_leaves_it_as_it_is() -> None:
    assert public_address(RUN_URL) == RUN_URL
    assert wiring.settings().dataset_url == ENV_URL


def test_the_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = wiring.settings()
    monkeypatch.setenv("DATASET_URL", RUN_URL)
    assert wiring.settings() is first


def test_importing_the_wiring_loads_no_adapter() -> None:
    code = (
        "import sys, dags.wiring\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'connections', 'readmission', 'pandas', 'mlflow'}, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
