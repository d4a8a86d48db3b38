"""The whole app over fakes, without a server: once with the fast path, once without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app_back.dependencies import Adapters
from app_back.main import create_app
from connections.models.champion_store import ChampionStore
from connections.settings import Settings
from tests.fakes.serving import (
    FakeRegistry,
    InMemoryCleanDataReader,
    InMemoryJobs,
    InMemoryPredictionLog,
    explain_by_age,
    load_fake_model,
    make_report,
    make_version,
)


@dataclass
class ApiHarness:
    """The app's client, and the fakes that the app runs on."""

    client: TestClient
    settings: Settings
    adapters: Adapters
    registry: FakeRegistry
    log: InMemoryPredictionLog
    jobs: InMemoryJobs
    clean_data: InMemoryCleanDataReader
    spawned: list[tuple[str, str]]

    def predict(self, **fields: Any) -> Any:
        return self.client.post("/predict", json=fields)

    def refresh(self) -> None:
        """Poll the registry now instead of at the next interval."""
        self.client.app.state.predictor.follower.refresh()


@pytest.fixture(params=[True, False], ids=["fast path", "ordinary route"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, model_poll_s=3600, predict_fast_path=request.param)


@pytest.fixture
def api(settings: Settings) -> Iterator[ApiHarness]:
    registry = FakeRegistry(make_version())
    log, jobs, clean_data = InMemoryPredictionLog(), InMemoryJobs(), InMemoryCleanDataReader()
    spawned: list[tuple[str, str]] = []
    adapters = Adapters(
        champions=ChampionStore(registry, load_fake_model, settings.state_dir / "champion"),
        log=log,
        clean_data=clean_data,
        jobs=jobs,
        spawn_job=lambda kind, job_id: spawned.append((kind, job_id)),
        read_report=make_report,
        explain=explain_by_age,
    )
    app = create_app(settings, adapters)
    with TestClient(app, raise_server_exceptions=False) as client:
        harness = ApiHarness(client, settings, adapters, registry, log, jobs, clean_data, spawned)
        harness.refresh()
        yield harness
