"""Every answered prediction is in the table exactly once, whatever fails meanwhile."""

import time
from pathlib import Path

import pytest
import requests

from benchmarks.sample_model import THRESHOLD, make_onnx, seed_cache
from connections.tracking.client import MODEL_FOLDER, open_client
from connections.tracking.versions import ONNX_FILE, REGISTERED_MODEL
from tests.servers import mysql
from tests.servers.api import ApiServer, asking, stored_ids

pytestmark = [pytest.mark.slow, pytest.mark.alone]
POLL_S = 2
KILLS = [3, pytest.param(10, marks=pytest.mark.soak)]


@pytest.fixture(scope="module")
def onnx() -> bytes:
    return make_onnx(rows=2000, trees=20)


def kill_again_and_again(api: ApiServer, kills: int) -> list[str]:
    """Kill the API under load and start it again; return the ids that clients received."""
    with asking(api.url) as clients:
        for _ in range(kills):
            api.start()
            received = len(clients.answers)
            while len(clients.answers) < received + 200:
                time.sleep(0.01)
            api.kill()
    assert clients.statuses() <= {200, 503}
    return clients.prediction_ids()


def test_every_answer_survives_kill_9_on_sqlite(tmp_path: Path, onnx: bytes) -> None:
    seed_cache(tmp_path, onnx)
    url = f"sqlite:///{tmp_path}/db/"
    with ApiServer(tmp_path, url) as api:
        received = kill_again_and_again(api, 2)
    assert len(received) >= 400
    assert set(received) <= set(stored_ids(url))


@pytest.mark.mysql
@pytest.mark.parametrize("kills", KILLS)
def test_every_answer_survives_kill_9_on_mysql(
    tmp_path: Path, onnx: bytes, own_mysql: mysql.MySqlServer, kills: int
) -> None:
    seed_cache(tmp_path, onnx)
    with ApiServer(tmp_path, own_mysql.url) as api:
        received = kill_again_and_again(api, kills)
    stored = stored_ids(own_mysql.url)
    assert (len(received) >= kills * 200, len(set(received)), len(set(stored))) == (
        True,
        len(received),
        len(stored),
    )
    assert set(received) <= set(stored)


@pytest.mark.mysql
def test_every_spooled_answer_survives_kill_9_without_the_database(
    tmp_path: Path, onnx: bytes, own_mysql: mysql.MySqlServer
) -> None:
    seed_cache(tmp_path, onnx)
    own_mysql.stop()
    with ApiServer(tmp_path, own_mysql.url, PREDICTION_LOG="spool") as api:
        received = kill_again_and_again(api, 2)
        own_mysql.start()
        api.start()
        deadline = time.monotonic() + 60
        while len(stored_ids(own_mysql.url)) < len(received) and time.monotonic() < deadline:
            time.sleep(0.2)
    stored = stored_ids(own_mysql.url)
    assert set(received) <= set(stored)
    assert len(set(stored)) == len(stored)


@pytest.mark.mysql
def test_mysql_stopped_and_started_means_503s_and_nothing_lost(
    tmp_path: Path, onnx: bytes, own_mysql: mysql.MySqlServer
) -> None:
    seed_cache(tmp_path, onnx)
    with ApiServer(tmp_path, own_mysql.url) as api:
        api.start()
        with asking(api.url) as clients:
            time.sleep(2)
            own_mysql.stop()
            stopped = time.monotonic()
            time.sleep(3)
            own_mysql.start()
            started = time.monotonic()
            time.sleep(6)
    assert clients.statuses() == {200, 503}
    assert clients.broken_connections == 0
    assert {status for at, status, _ in clients.answers if stopped + 0.5 < at < started - 2} == {
        503
    }
    recovered = min(at for at, status, _ in clients.answers if at > stopped + 0.5 and status == 200)
    assert recovered - started < 5
    assert {status for at, status, _ in clients.answers if at > started + 5} == {200}
    stored = stored_ids(own_mysql.url)
    assert set(clients.prediction_ids()) <= set(stored)


def test_a_promotion_under_load_fails_no_request_and_a_broken_version_is_refused(
    tmp_path: Path, onnx: bytes
) -> None:
    tracking_uri = f"sqlite:///{tmp_path}/mlflow.db"
    publish(tracking_uri, tmp_path, onnx)
    with ApiServer(tmp_path, f"sqlite:///{tmp_path}/db/", MODEL_POLL_S=str(POLL_S)) as api:
        api.start()
        with asking(api.url, clients=4) as clients:
            time.sleep(1)
            promoted = publish(tracking_uri, tmp_path, onnx)
            time.sleep(POLL_S + 2)
            received = requests.get(f"{api.url}/model", timeout=30).json()
            seen = max(at for at, _, answer in clients.answers if answer["model_version"] == 1)
            publish(tracking_uri, tmp_path, b"rubbish")
            time.sleep(POLL_S + 2)
            stored = requests.get(f"{api.url}/model", timeout=30).json()
    assert (clients.statuses(), clients.broken_connections) == ({200}, 0)
    assert [answer["model_version"] for _, _, answer in clients.answers[-10:]] == [2] * 10
    assert seen - promoted < POLL_S + 2
    assert (received["version"], received["problem"]) == (2, None)
    assert stored["version"] == 2
    assert "cannot be read" in stored["problem"]


def publish(tracking_uri: str, folder: Path, content: bytes) -> float:
    """Register content as the next champion; return when the alias had moved."""
    client = open_client(tracking_uri)
    experiment = client.get_experiment_by_name("tests")
    experiment_id = (
        experiment.experiment_id
        if experiment
        else client.create_experiment("tests", str(folder / "runs"))
    )
    run = client.create_run(experiment_id)
    (folder / ONNX_FILE).write_bytes(content)
    client.log_artifact(run.info.run_id, str(folder / ONNX_FILE), MODEL_FOLDER)
    if not client.search_registered_models():
        client.create_registered_model(REGISTERED_MODEL)
    tags = {
        "data_version": "d",
        "threshold": repr(THRESHOLD),
        "dataset": "synthetic",
        "metrics": "{}",
    }
    source = f"{run.info.artifact_uri}/{MODEL_FOLDER}"
    made = client.create_model_version(REGISTERED_MODEL, source, run.info.run_id, tags)
    client.set_registered_model_alias(REGISTERED_MODEL, "champion", made.version)
    return time.monotonic()
