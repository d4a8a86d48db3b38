"""The same DAGs on CeleryExecutor: two workers that share only Redis, MySQL and MLflow on S3."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from app_cli.local_stack import airflow as native
from app_cli.local_stack.object_store import object_store
from app_cli.local_stack.stack import mlflow_server
from app_cli.local_stack.supervisor import Running, Service, free_port, started
from connections import bootstrap
from connections.stores.clean_data import SqlCleanData
from connections.tracking.tracker import MlflowTracking
from tests.conftest import require
from tests.e2e.installation import (
    Installation,
    running_airflow,
    scheduled,
    settings_for,
    task_environment,
)
from tests.e2e.rest import wait_until
from tests.e2e.test_chain import CHAIN, mysql_url
from tests.servers import redis

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.stack,
    pytest.mark.mysql,
    pytest.mark.s3,
    pytest.mark.slow,
    pytest.mark.soak,
    pytest.mark.timeout(1500),
]

QUICK_RECOVERY = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
}


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, real_dataset: Path
) -> Iterator[Installation]:
    if reason := redis.why_missing():
        require("Redis", reason)
    folder = tmp_path_factory.mktemp("celery")
    broker, broker_url = redis.redis_service(folder)
    with ExitStack() as stack:
        ports = {"mlflow_port": free_port(), "s3_port": free_port()}
        settings = settings_for(folder, mysql_url(stack), real_dataset, **ports)
        settings = settings.model_copy(
            update={"mlflow_tracking_uri": f"http://127.0.0.1:{settings.mlflow_port}"}
        )
        store = object_store(settings, folder / "s3")
        stack.enter_context(started([broker, store.service(folder / "s3.log")]))
        store.make_bucket()
        stack.enter_context(started([mlflow_server(settings, store, folder)]))
        yield stack.enter_context(
            running_airflow(settings, {**celery_environment(broker_url), **QUICK_RECOVERY})
        )


@pytest.fixture
def workers(installation: Installation, tmp_path: Path) -> Iterator[dict[str, Running]]:
    with started(
        [worker(installation, name, tmp_path / name) for name in ("one", "two")]
    ) as running:
        yield dict(zip(("one", "two"), running, strict=True))


def test_a_killed_worker_costs_a_retry_and_nothing_else(
    installation: Installation,
    workers: dict[str, Running],
    record_property: Callable[[str, object], None],
) -> None:
    airflow, run_id = installation.airflow, scheduled()
    for dag_id in CHAIN:
        airflow.pause(dag_id, False)

    def batches(name: str, state: str) -> list[Any]:
        mapped = [
            task
            for task in airflow.tasks("train_model", run_id)
            if task["task_id"] == "train_batch"
        ]
        return [task for task in mapped if task["hostname"] == name and task["state"] == state]

    wait_until(lambda: airflow.made("train_model", run_id), "the run is made", 120)
    wait_until(
        lambda: batches("two", "success") and batches("two", "running"),
        "the second worker is at it",
        600,
        0.2,
    )
    lost = batches("two", "running")
    kill_machine(workers["two"])
    assert airflow.wait_for_run("train_model", run_id) == "success"

    trained = [
        task for task in airflow.tasks("train_model", run_id) if task["task_id"] == "train_batch"
    ]
    spread = Counter(task["hostname"] for task in trained)
    record_property("batches that each worker finished", dict(spread))
    assert set(spread) == {"one", "two"}
    assert {task["map_index"] for task in trained if task["try_number"] > 1} >= {
        task["map_index"] for task in lost
    }
    rows = SqlCleanData(installation.database).read_experiments()
    assert sorted((row.training_id, row.batch_id) for row in rows) == [
        (run_id, batch_id) for batch_id in range(7)
    ]
    tracking = MlflowTracking(installation.settings.tracking_uri)
    assert len(tracking.client.search_runs([tracking.experiment])) == len(rows)
    assert [version.version for version in tracking.client.search_model_versions()] == ["1"]
    champion = bootstrap.registry(installation.settings).champion()
    assert champion is not None
    assert champion.version == 1


def celery_environment(broker_url: str) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "tests.e2e.hostname.of_this_machine",
        "AIRFLOW__CELERY__BROKER_URL": f"{broker_url}/0",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"{broker_url}/1",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1",
    }


def worker(installation: Installation, name: str, folder: Path) -> Service:
    """Describe a worker that has folders of its own, as on another machine."""
    settings = installation.settings.model_copy(
        update={
            "state_dir": folder / "var",
            "models_dir": folder / "models",
            "data_dir": folder / "data",
        }
    )
    argv = [
        sys.executable,
        "-m",
        "airflow",
        "celery",
        "worker",
        "--celery-hostname",
        name,
        "--skip-serve-logs",
    ]
    env = (
        native.airflow_environment(installation.settings)
        | installation.environment
        | task_environment(settings)
    )
    return Service(f"worker {name}", argv, folder / "worker.log", {**env, "WORKER_NAME": name})


def kill_machine(running: Running) -> None:
    """Kill a worker and all that it started, as a power cut would."""
    process = psutil.Process(running.process.pid)
    for each in [process, *process.children(recursive=True)]:
        each.kill()
