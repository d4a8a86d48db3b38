"""The model that the real API serves during a worse training, a better one and a rollback."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from connections import bootstrap
from connections.settings import Settings
from readmission.data.splitting import assign
from readmission.model.settings import ForestSettings
from readmission.use_cases.clean import replace_splits
from readmission.use_cases.select_champion import Selection
from readmission.use_cases.train_all import train_all
from tests.conftest import ROOT
from tests.fakes.patients import PREPARATION, SMALL, make_patients
from tests.servers.api import ApiServer

pytestmark = [pytest.mark.slow, pytest.mark.alone]
POLL_S = 0.5
KNOWS_NOTHING = ForestSettings(trees=30, min_samples_leaf=10_000)
Train = Callable[[str, ForestSettings], Selection]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a database that holds made-up patients, in batches."""
    url, tracking = f"sqlite:///{tmp_path}/db/", f"sqlite:///{tmp_path}/mlflow.db"
    settings = Settings(
        _env_file=None,
        state_dir=tmp_path,
        models_dir=tmp_path / "models",
        database_url=SecretStr(url),
        mlflow_tracking_uri=tracking,
    )
    rows = make_patients(3000, signal=2)
    placed = rows.join(assign(rows[["encounter_id", "patient_nbr"]], batch_size=900))
    clean_data = bootstrap.data_stores(settings).clean_data
    replace_splits(clean_data, [placed], replace(PREPARATION, excluded_rows=len(rows)))
    return settings


@pytest.fixture
def train(settings: Settings) -> Train:
    context = bootstrap.training_context(settings)
    return lambda training_id, forests: train_all(replace(context, settings=forests), training_id)


@pytest.fixture
def api(settings: Settings, train: Train) -> Iterator[ApiServer]:
    """Run the API on the first training's champion."""
    train("first", SMALL)
    url = settings.database_url.get_secret_value()
    with ApiServer(settings.state_dir, url, MODEL_POLL_S=str(POLL_S)) as server:
        server.start()
        yield server


def test_a_worse_training_is_refused_and_a_rollback_is_followed(
    api: ApiServer, train: Train, settings: Settings
) -> None:
    first = predict(api)
    refused = train("worse", KNOWS_NOTHING)
    assert (refused.version.version, refused.promotion.action) == (2, "refused")
    time.sleep(4 * POLL_S)
    assert predict(api) == first

    assert train("larger", replace(SMALL, trees=60)).promotion.action == "promoted"
    assert served_within(api, 3)["probability"] != first["probability"]

    rollback(settings)
    assert served_within(api, 1) == first
    decided = bootstrap.data_stores(settings).clean_data.read_promotions()
    told = [
        (one.training_id, one.candidate_version, one.champion_version, one.action)
        for one in decided
    ]
    assert told == [
        (None, 1, 3, "rolled back"),
        ("larger", 3, 1, "promoted"),
        ("worse", 2, 1, "refused"),
        ("first", 1, None, "promoted"),
    ]


def rollback(settings: Settings) -> None:
    """Run ``./run rollback``'s command line."""
    env = {
        "STATE_DIR": str(settings.state_dir),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "MLFLOW_TRACKING_URI": settings.tracking_uri,
    }
    subprocess.run(
        [sys.executable, "-m", "app_cli", "rollback"], cwd=ROOT, env=os.environ | env, check=True
    )


def predict(api: ApiServer) -> dict[str, object]:
    """Return the version that answers, and what it says of one patient."""
    answer = requests.post(f"{api.url}/predict", json={"number_inpatient": 1}, timeout=20).json()
    return {
        name: answer[name] for name in ("model_version", "probability", "prediction", "threshold")
    }


def served_within(api: ApiServer, version: int, timeout_s: float = 30) -> dict[str, object]:
    """Wait until a version answers, and return its answer."""
    deadline = time.monotonic() + timeout_s
    while (answer := predict(api))["model_version"] != version:
        assert time.monotonic() < deadline, answer
        time.sleep(POLL_S)
    return answer
