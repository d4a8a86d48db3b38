"""One stack for all tests: built from local base images, started as a user does, then removed."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from app_cli.secrets import write_secrets
from tests.compose.stack import HOST, MODEL, Stack
from tests.conftest import TREES, require
from tests.e2e.rest import Airflow, wait_until
from tests.servers.chromium import running_chromium

HERE = Path(__file__).parent
CHAIN_WITHIN_S = 900


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    """Run Docker's engine, the machine's own or one for these tests."""
    if (
        shutil.which("dockerd") is None
        and subprocess.run(["docker", "info"], capture_output=True).returncode
    ):
        require("Docker's engine", "run tests/compose/install.sh as root")
    subprocess.run([HERE / "engine.sh", "start"], check=True)
    yield
    subprocess.run([HERE / "engine.sh", "stop"], check=True)


@pytest.fixture(scope="session")
def built(
    engine: None, real_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Build every image.

    Only the names of the base images and the address of the dataset differ from a user's .env.
    """
    images = subprocess.run(
        [HERE / "base_images.sh"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    env_file = write_secrets(tmp_path_factory.mktemp("stack") / ".env")
    with env_file.open("a") as file:
        file.write(
            f"{images}BIND_ADDRESS={HOST}\nSTACK_IMAGE=readmission-test\n"
            f"COMPOSE_FILE=docker-compose.yml:minio/seaweedfs.yml\n"
            f"DATASET_DIR={real_dataset.parent}\nDATASET_URL=file:///dataset/{real_dataset.name}\n"
            f"FOREST_TREES={TREES}\n"
        )
    stack = Stack(env_file)
    stack.compose("--profile", "*", "down", "--volumes")
    stack.compose("build")
    yield stack
    stack.compose("--profile", "*", "down", "--volumes", "--timeout", "5")


@pytest.fixture(scope="session")
def seconds_until_healthy(built: Stack) -> float:
    """Start the default services."""
    return built.up()


@pytest.fixture(scope="session")
def stack(built: Stack, seconds_until_healthy: float) -> Stack:
    """Return the running stack."""
    return built


@pytest.fixture(scope="session")
def airflow(stack: Stack) -> Airflow:
    """Return Airflow's REST API."""
    return airflow_of(stack)


def airflow_of(stack: Stack) -> Airflow:
    """Log in; the token is for this start of the server."""
    return Airflow(f"http://{HOST}:8080", stack.secret("AIRFLOW_ADMIN_PASSWORD"))


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """Return Debian's Chromium."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def chain(stack: Stack, airflow: Airflow) -> dict[str, str]:
    """Trigger the first DAG, wait for the last; return the tasks' states of the last."""
    dags = ("cargar_datos", "preprocesar_datos", "train_model")
    airflow.wait_for_dags(dags)
    run_id = airflow.trigger(dags[0], datetime.now(UTC).isoformat())
    logical_date = airflow.run(dags[0], run_id)["logical_date"]

    def last() -> list[str]:
        return [
            run["dag_run_id"]
            for run in airflow.runs(dags[2])
            if run["logical_date"] == logical_date
        ]

    def ended() -> bool:
        return bool(last()) and airflow.run(dags[2], last()[0])["state"] in ("success", "failed")

    wait_until(ended, "the chain ends", CHAIN_WITHIN_S)
    states = airflow.states(dags[2], last()[0])
    assert set(states.values()) == {"success"}, states
    wait_for_model(stack)
    return states


def wait_for_model(stack: Stack, within_s: float = 60) -> None:
    """Wait until the API serves the champion."""
    deadline = time.monotonic() + within_s
    while True:
        answer = stack.api("POST", "/predict", json={})
        if answer.ok and str(answer.json()["model_version"]) == stack.champion()["version"]:
            return
        assert time.monotonic() < deadline, f"{MODEL} is not served: {answer.text}"
        time.sleep(1)
