"""What Airflow's processes import when they start."""

import json
import os
import subprocess
import sys

import pytest

from connections.settings import ROOT

START = """
import json, sys, threading
sys.argv = ["airflow", *sys.argv[1:]]
import airflow_local_settings
print(json.dumps([sorted(sys.modules), [thread.name for thread in threading.enumerate()]]))
"""


def started(*command: str) -> tuple[set[str], list[str]]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "dags" / "config")])}
    argv = [sys.executable, "-W", "ignore", "-c", START, *command]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=True)
    modules, threads = json.loads(done.stdout.splitlines()[-1])
    return set(modules), threads


@pytest.mark.slow
@pytest.mark.parametrize("command", [["scheduler", "--skip-serve-logs"], ["celery", "worker"]])
def test_what_forks_tasks_has_their_imports_and_no_thread_that_a_fork_would_lose(
    command: list[str],
) -> None:
    modules, threads = started(*command)
    assert modules >= {
        "mlflow",
        "sklearn.ensemble",
        "onnxruntime",
        "pyarrow",
        "readmission.use_cases.train_all",
    }
    assert threads == ["MainThread"]


def test_the_other_processes_stay_light() -> None:
    assert not {"mlflow", "sklearn", "pandas"} & started("api-server")[0]
