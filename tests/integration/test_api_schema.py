"""Whatever is sent: the API answers as its OpenAPI says, and never with a failure of its own."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app_back.dependencies import Adapters
from app_back.main import create_app
from connections import bootstrap
from connections.api_keys import digest_of
from connections.models.champion_store import ChampionStore
from connections.settings import Settings
from readmission.records import JobKind, Preparation
from tests.conftest import ROOT
from tests.fakes.http_server import served
from tests.fakes.serving import (
    FakeRegistry,
    InMemoryCleanDataReader,
    InMemoryJobs,
    explain_by_age,
    load_fake_model,
    make_report,
    make_version,
)

ENOUGH_CASES = 2000
KEY = "k" * 43
CONFIG = ROOT / "tests" / "integration" / "schemathesis.toml"


@pytest.fixture(
    params=[
        pytest.param(True, id="fast path"),
        pytest.param(False, id="ordinary route", marks=pytest.mark.slow),
    ]
)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> FastAPI:
    """Return the app on a real SQLite log, with stages that end at once."""
    settings = Settings(
        _env_file=None,
        state_dir=tmp_path,
        predict_fast_path=request.param,
        database_url=SecretStr(f"sqlite:///{tmp_path}/db/"),
        api_keys=SecretStr(f"tests:predict+admin:{digest_of(KEY)}"),
    )
    champions = ChampionStore(FakeRegistry(make_version()), load_fake_model, tmp_path / "champion")
    clean_data, jobs = InMemoryCleanDataReader(), InMemoryJobs()
    clean_data.preparation = Preparation("d", "l", False, 6, 2, 1, 0, 1, 6, datetime.now(UTC))

    def finish(_kind: JobKind, job_id: str) -> None:
        jobs.end(job_id, "succeeded", None)

    log = bootstrap.prediction_log(settings)
    adapters = Adapters(
        champions, log, clean_data, jobs, finish, make_report, explain_by_age, log.close
    )
    return create_app(settings, adapters)


def test_a_few_cases_of_every_operation_conform(app: FastAPI) -> None:
    _conform(app, "--phases=examples,coverage", "--max-examples=1")


@pytest.mark.soak
def test_thousands_of_cases_conform(app: FastAPI) -> None:
    cases = _conform(app, "--phases=examples,coverage,fuzzing,stateful", "--max-examples=200")
    assert cases >= ENOUGH_CASES


def _conform(app: FastAPI, *options: str) -> int:
    """Run schemathesis with all checks; return how many cases it sent."""
    with served(app) as url:
        program = [sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIG}"]
        command = [*program, "run", f"{url}/openapi.json", "--checks=all"]
        fixed = ["--seed=1", "--no-color", f"--header=X-API-Key:{KEY}"]
        ran = subprocess.run([*command, *fixed, *options], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-20000:] + ran.stderr[-2000:]
    return int(re.findall(r"(\d+) generated", ran.stdout)[-1])
