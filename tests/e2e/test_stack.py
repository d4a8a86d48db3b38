"""``./run stack``: everything as processes of this machine, ended by one Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import boto3
import psutil
import pytest
import requests

from app_cli.local_stack.supervisor import free_port
from connections.settings import ROOT
from tests.conftest import TREES
from tests.e2e.installation import DAGS, scheduled, wait_for_midnight
from tests.e2e.rest import Airflow

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.stack,
    pytest.mark.s3,
    pytest.mark.slow,
    pytest.mark.timeout(1500),
]
PORTS = ("AIRFLOW_PORT", "MLFLOW_PORT", "S3_PORT", "API_PORT", "FORM_PORT")


@dataclass(frozen=True)
class Stack:
    process: subprocess.Popen[str]
    ports: dict[str, int]
    folder: Path

    def url(self, setting: str) -> str:
        return f"http://127.0.0.1:{self.ports[setting]}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, real_dataset: Path) -> Iterator[Stack]:
    wait_for_midnight()
    folder = tmp_path_factory.mktemp("stack")
    ports = {name: free_port() for name in PORTS}
    env = {
        **os.environ,
        **{name: str(port) for name, port in ports.items()},
        "STATE_DIR": str(folder / "var"),
        "MODELS_DIR": str(folder / "models"),
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": f"sqlite:///{folder}/var/",
        "DATASET_URL": f"file://{real_dataset}",
        "FOREST_TREES": str(TREES),
    }
    said = (folder / "said.txt").open("w")
    argv = [sys.executable, "-m", "app_cli", "stack"]
    with (
        said,
        subprocess.Popen(
            argv, cwd=ROOT, env=env, stdout=said, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        yield Stack(process, ports, folder)
        process.terminate()  # ends what it started, too


def test_everything_comes_up_and_the_scheduled_chain_promotes_a_champion(stack: Stack) -> None:
    wait_for_line(stack, "All is up", 400)
    password = (stack.folder / "said.txt").read_text().partition("password ")[2].split()[0]
    with closing(Airflow(stack.url("AIRFLOW_PORT"), password)) as airflow:
        airflow.wait_for_dags(DAGS)
        assert airflow.wait_for_run("train_model", scheduled()) == "success"


def test_the_api_serves_the_champion_that_mlflow_keeps_on_s3(stack: Stack) -> None:
    deadline = time.monotonic() + 60
    while requests.get(f"{stack.url('API_PORT')}/health/ready", timeout=10).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(1)
    assert (
        requests.post(f"{stack.url('API_PORT')}/predict", json={}, timeout=30).json()[
            "model_version"
        ]
        == 1
    )
    keys = json.loads((stack.folder / "var" / "stack" / "s3" / "keys.json").read_text())
    with closing(
        boto3.client(
            "s3",
            endpoint_url=stack.url("S3_PORT"),
            region_name="us-east-1",
            aws_access_key_id=keys["access"],
            aws_secret_access_key=keys["secret"],
        )
    ) as client:
        names = [item["Key"] for item in client.list_objects_v2(Bucket="mlflows3")["Contents"]]
    assert sum(name.endswith("model.pkl") for name in names) == 7
    assert any(name.endswith("model.onnx") for name in names)


def test_one_signal_ends_everything(stack: Stack) -> None:
    family = psutil.Process(stack.process.pid).children(recursive=True)
    assert len(family) > 8
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(timeout=90) == 0
    assert not [
        each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
    ]


def wait_for_line(stack: Stack, line: str, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while line not in (said := (stack.folder / "said.txt").read_text()):
        assert stack.process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
