"""The stack survives a killed container, a full restart and a lost disk; and two workers run."""

import os
import signal
import time
from pathlib import Path

import pytest

from app_cli.backup import backup, restore
from tests.compose.conftest import airflow_of, wait_for_model
from tests.compose.stack import SERVICES, Stack, inspect
from tests.e2e.rest import wait_until

pytestmark = [pytest.mark.compose, pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(2400)]

KILLED = ("mysql", "mlflow_server", "airflow-scheduler", "apibackend")
"""The services that hold state or serve: killed in every full run, the others in a long one."""
HEALTHY_AGAIN_WITHIN_S = 120
AT_REST_WITHIN_S = 600
TABLES = (
    "raw_data.initial_data",
    "raw_data.predictions",
    "clean_data.train_data",
    "clean_data.experiments",
    "clean_data.promotions",
    "mlflow.model_versions",
    "airflow.dag_run",
)


def state_of(stack: Stack) -> dict[str, object]:
    """Return what must last, once nothing is at work on it."""
    at_work = "airflow.dag_run WHERE state IN ('queued', 'running')"
    wait_until(lambda: stack.count(at_work) == 0, "all runs end", AT_REST_WITHIN_S)
    return {
        **{table: stack.count(table) for table in TABLES},
        "champion": stack.champion(),
        "s3": stack.artifacts(),
    }


@pytest.mark.parametrize(
    "service",
    [
        *KILLED,
        *(pytest.param(name, marks=pytest.mark.soak) for name in SERVICES if name not in KILLED),
    ],
)
def test_killed_container_comes_back_and_predictions_work(
    stack: Stack, chain: dict[str, str], service: str
) -> None:
    began = time.monotonic()
    pid, starts = inspect(stack.containers(service), "{{.State.Pid}} {{.RestartCount}}")[0].split()
    os.kill(int(pid), signal.SIGKILL)
    restarted = lambda: inspect(stack.containers(service), "{{.RestartCount}}")[0] != starts  # noqa: E731
    wait_until(restarted, f"{service} is started again", HEALTHY_AGAIN_WITHIN_S)
    wait_until(
        lambda: stack.health() == {"healthy"},
        f"all is healthy after {service}",
        HEALTHY_AGAIN_WITHIN_S,
    )
    wait_for_model(stack, HEALTHY_AGAIN_WITHIN_S - (time.monotonic() - began))
    assert time.monotonic() - began < HEALTHY_AGAIN_WITHIN_S


def test_down_and_up_keep_champion_and_rows(stack: Stack, chain: dict[str, str]) -> None:
    before = state_of(stack)
    stack.compose("--profile", "*", "down")
    stack.up()
    assert state_of(stack) == before
    wait_for_model(stack)


def test_backup_brings_everything_back_after_a_wipe(
    stack: Stack, chain: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    before = state_of(stack)
    stack.compose("stop", "airflow-scheduler", "airflow-triggerer", "apibackend")
    folder = backup(tmp_path / "copy")
    stack.compose("--profile", "*", "down", "--volumes")
    stack.up("mlflow_server")
    assert not stack.champion()
    restore(folder)
    assert state_of(stack) == before
    stack.up()
    wait_for_model(stack)


def test_batches_are_spread_over_two_workers(stack: Stack, chain: dict[str, str]) -> None:
    # the last of all: the stack stays distributed
    many = stack.with_env(AIRFLOW_EXECUTOR="CeleryExecutor", AIRFLOW_WORKER_CONCURRENCY="1")
    many.compose(
        "--profile", "distributed", "up", "--wait", "--no-build", "--scale", "airflow-worker=2"
    )
    airflow = airflow_of(many)
    run_id = airflow.trigger("train_model", None)
    wait_until(
        lambda: airflow.run("train_model", run_id)["state"] in ("success", "failed"),
        "the training ends",
        600,
    )
    batches = [
        task for task in airflow.tasks("train_model", run_id) if task["task_id"] == "train_batch"
    ]
    assert [task["state"] for task in batches] == ["success"] * 6
    assert len({task["hostname"] for task in batches}) == 2
