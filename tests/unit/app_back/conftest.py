"""The whole app over fakes, without a server."""

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
    """The app's client and what stands behind it."""

    client: TestClient
    registry: FakeRegistry
    log: InMemoryPredictionLog
    jobs: InMemoryJobs
    clean_data: InMemoryCleanDataReader
    spawned: list[tuple[str, str]]

    def predict(self, **fields: Any) -> Any:
        return self.client.post("/predict", json=fields)

    def refresh(self) -> None:
        """Look at the registry now instead of at the next poll."""
        self.client.app.state.services.follower.refresh()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, model_poll_s=3600)


@pytest.fixture
def api(settings: Settings) -> Iterator[ApiHarness]:
    registry, log, jobs = FakeRegistry(make_version()), InMemoryPredictionLog(), InMemoryJobs()
    clean_data, spawned = InMemoryCleanDataReader(), []
    champions = ChampionStore(registry, load_fake_model, settings.state_dir / "champion")
    spawn = lambda kind, job_id: spawned.append((kind, job_id))  # noqa: E731
    adapters = Adapters(champions, log, clean_data, jobs, spawn, make_report, explain_by_age)
    with TestClient(create_app(settings, adapters), raise_server_exceptions=False) as client:
        made = ApiHarness(client, registry, log, jobs, clean_data, spawned)
        made.refresh()
        yield made
