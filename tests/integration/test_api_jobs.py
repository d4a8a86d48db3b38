"""Real jobs in processes of their own, seen by every worker and replica of the API."""

import lzma
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests

from benchmarks.sample_model import make_onnx, seed_cache
from tests.servers.api import ApiServer, asking, stored_ids
from tests.servers.mysql import MySqlServer

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(600)]
LINES = 12_001
POLL_S = 1


@pytest.fixture(scope="module")
def dataset(real_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the beginning of the real dataset."""
    path = tmp_path_factory.mktemp("dataset") / "beginning.csv"
    with lzma.open(real_dataset, "rt") as whole:
        path.write_text("".join(islice(whole, LINES)))
    return path


@pytest.fixture
def api(tmp_path: Path, dataset: Path) -> Iterator[ApiServer]:
    seed_cache(tmp_path, make_onnx(rows=2000, trees=20))
    places = {
        "DATA_DIR": f"{tmp_path}/data",
        "MODELS_DIR": f"{tmp_path}/models",
        "DATASET_URL": dataset.as_uri(),
    }
    with ApiServer(
        tmp_path, f"sqlite:///{tmp_path}/db/", MODEL_POLL_S=str(POLL_S), BATCH_SIZE="4000", **places
    ) as api:
        api.start()
        yield api


def follow(api: ApiServer, job_id: str, timeout_s: float = 240) -> dict[str, Any]:
    """Ask until the job is done; return it as it ended."""
    deadline = time.monotonic() + timeout_s
    while (job := requests.get(f"{api.url}/jobs/{job_id}", timeout=30).json())[
        "state"
    ] == "running":
        assert time.monotonic() < deadline, job
        time.sleep(0.2)
    return job


def run(api: ApiServer, stage: str) -> dict[str, Any]:
    started = requests.post(f"{api.url}/{stage}", timeout=30)
    assert started.status_code == 202, started.text
    return follow(api, started.json()["job_id"])


def test_a_stage_without_its_predecessor_names_what_to_run_first(api: ApiServer) -> None:
    failed = run(api, "clean")
    assert (failed["state"], failed["exit_code"]) == ("failed", 2)
    answer = requests.get(f"{api.url}/clean", timeout=60)
    assert answer.status_code == 409
    assert failed["reason"] in answer.json()["detail"][0]["message"]
    assert "load" in failed["reason"]


def test_jobs_lead_to_a_served_model_even_if_the_api_is_killed_meanwhile(
    api: ApiServer,
) -> None:
    for stage in ("download", "clean"):
        done = run(api, stage)
        assert (done["state"], done["reason"]) == ("succeeded", None)
    training = requests.post(f"{api.url}/train", timeout=30).json()
    assert requests.post(f"{api.url}/train", timeout=30).status_code == 409
    api.kill()
    api.start()
    trained = follow(api, training["job_id"])
    assert (trained["state"], trained["reason"], trained["exit_code"]) == ("succeeded", None, 0)
    time.sleep(POLL_S + 2)
    served = requests.get(f"{api.url}/model", timeout=30).json()
    assert (served["source"], served["problem"]) == ("registry", None)
    answer = requests.post(f"{api.url}/predict", json={}, timeout=30).json()
    assert (answer["status"], answer["model_version"]) == (200, served["version"])


@pytest.mark.mysql
def test_workers_and_replicas_share_one_log_and_one_list_of_jobs(
    tmp_path: Path, own_mysql: MySqlServer
) -> None:
    onnx, shared = (
        make_onnx(rows=2000, trees=20),
        {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"},
    )
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        seed_cache(folder, onnx)
    with (
        ApiServer(
            folders[0], own_mysql.url, API_WORKERS="2", DATASET_URL="file:///nowhere.csv", **shared
        ) as one,
        ApiServer(folders[1], own_mysql.url, **shared) as other,
    ):
        one.start()
        other.start()
        with asking(one.url) as ones, asking(other.url) as others:
            time.sleep(3)
        counted = predictions_counted(one.url)
        job_id = requests.post(f"{one.url}/download", timeout=30).json()["job_id"]
        assert requests.post(f"{other.url}/download", timeout=30).status_code == 409
        assert follow(other, job_id)["exit_code"] == 2
    assert ones.statuses() == others.statuses() == {200}
    assert counted == len(ones.prediction_ids())
    answered = ones.prediction_ids() + others.prediction_ids()
    assert sorted(answered) == sorted(stored_ids(own_mysql.url))


def predictions_counted(url: str) -> float:
    """Return how many predictions all workers of a replica counted."""
    lines = requests.get(f"{url}/metrics", timeout=30).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("predictions_total{"))
