"""The DAG files as Airflow's own parser sees them, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "pandas",
    "numpy",
    "sklearn",
    "mlflow",
    "matplotlib",
    "scipy",
    "connections",
    "readmission.use_cases",
)
PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
import airflow.providers.standard.operators.trigger_dagrun
import airflow.providers.standard.sensors.external_task
before = set(sys.modules)
bag = DagBag(dag_folder=sys.argv[1])
def describe(task):
    external = getattr(task, "external_dag_id", None), getattr(task, "external_task_id", None)
    return {
        "upstream": sorted(task.upstream_task_ids),
        "waits_for": external,
        "retries": task.retries,
        "starts": getattr(task, "trigger_dag_id", None),
        "mapped": task.is_mapped,
        "timeout": getattr(task, "timeout", None),
        "deferrable": getattr(task, "deferrable", False),
        "failed_states": getattr(task, "failed_states", []),
        "reports": bool(task.on_failure_callback),
        "bounded": task.execution_timeout is not None,
    }
def describe_param(dag, name):
    param = dag.params.get_param(name)
    return param.schema | {"description": param.description}
dags = {dag.dag_id: {
    "tasks": {task.task_id: describe(task) for task in dag.tasks},
    "schedule": dag.schedule, "catchup": dag.catchup, "max_active_runs": dag.max_active_runs,
    "start_date": str(dag.start_date), "doc": dag.doc_md, "tags": sorted(dag.tags),
    "params": {name: describe_param(dag, name) for name in dag.params},
} for dag in bag.dags.values()}
print("PARSED" + json.dumps({
    "errors": bag.import_errors, "dags": dags, "imported": sorted(set(sys.modules) - before),
    "seconds": {stat.file: stat.duration.total_seconds() for stat in bag.dagbag_stats},
}))
"""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    argv = [sys.executable, "-W", "ignore", "-c", PARSE, str(ROOT / "dags")]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, cwd=home)
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, Any] = json.loads(done.stdout.rpartition("PARSED")[2])
    return said


def test_every_file_parses_without_error(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert sorted(parsed["dags"]) == [
        "cargar_datos",
        "monitorear_deriva",
        "preprocesar_datos",
        "train_model",
    ]


def test_the_tasks_are_these(parsed: dict[str, Any]) -> None:
    assert {dag_id: sorted(dag["tasks"]) for dag_id, dag in parsed["dags"].items()} == {
        "cargar_datos": ["cargar_datos", "start_preprocesar_datos", "start_train_model"],
        "preprocesar_datos": ["preprocesar_datos", "wait_for_cargar_datos"],
        "train_model": [
            "list_batches",
            "select_and_promote",
            "train_batch",
            "wait_for_preprocesar_datos",
        ],
        "monitorear_deriva": ["report_drift", "start_cargar_datos"],
    }


def test_each_sensor_waits_for_the_work_of_a_dag_on_the_same_schedule(
    parsed: dict[str, Any],
) -> None:
    dags = parsed["dags"]
    for dag_id, upstream in (
        ("preprocesar_datos", "cargar_datos"),
        ("train_model", "preprocesar_datos"),
    ):
        wait = dags[dag_id]["tasks"][f"wait_for_{upstream}"]
        assert wait["waits_for"] == [upstream, upstream]
        assert upstream in dags[upstream]["tasks"]
        for same in ("schedule", "start_date", "catchup"):
            assert dags[dag_id][same] == dags[upstream][same]
        assert wait["deferrable"]
        assert 0 < wait["timeout"] < 24 * 3600
        assert set(wait["failed_states"]) >= {"failed", "upstream_failed"}


def test_every_dag_runs_daily_and_once_at_a_time(parsed: dict[str, Any]) -> None:
    for dag in parsed["dags"].values():
        assert (dag["schedule"], dag["catchup"], dag["max_active_runs"]) == ("@daily", False, 1)
        assert dag["doc"]
        assert dag["tags"]


def test_every_started_dag_exists(parsed: dict[str, Any]) -> None:
    tasks = [task for dag in parsed["dags"].values() for task in dag["tasks"].values()]
    assert {task["starts"] for task in tasks if task["starts"]} == {
        "cargar_datos",
        "preprocesar_datos",
        "train_model",
    }


def test_every_task_has_a_time_limit_and_reports_its_failure(parsed: dict[str, Any]) -> None:
    tasks = [task for dag in parsed["dags"].values() for task in dag["tasks"].values()]
    assert all(task["bounded"] and task["reports"] for task in tasks)
    assert all(task["retries"] == 3 for task in tasks)


def test_batches_are_mapped_tasks(parsed: dict[str, Any]) -> None:
    train = parsed["dags"]["train_model"]["tasks"]
    assert train["train_batch"]["mapped"]
    assert train["select_and_promote"]["upstream"] == ["train_batch"]


def test_params_have_types_and_descriptions(parsed: dict[str, Any]) -> None:
    params = parsed["dags"]["cargar_datos"]["params"]
    assert sorted(params) == ["batch_size", "dataset_url", "force_reload"]
    assert all(param["type"] and param["description"] for param in params.values())


def test_no_file_takes_a_second_or_imports_anything_heavy(parsed: dict[str, Any]) -> None:
    assert max(parsed["seconds"].values()) < 1.0
    assert [name for name in parsed["imported"] if name.startswith(HEAVY)] == []
