"""The three DAGs on a real Airflow, on MySQL and (soak) on SQLite.

All tests share one installation and depend on their order.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app_cli.local_stack.airflow import airflow_home, password
from connections import bootstrap
from connections.database.tables import METADATA
from connections.stores.clean_data import SqlCleanData
from connections.stores.prediction_log import open_prediction_log
from readmission.ids import new_id
from readmission.records import Prediction
from readmission.schema import FIELDS
from tests.conftest import require
from tests.e2e.installation import Installation, running_airflow, scheduled, settings_for
from tests.e2e.pictures import photograph
from tests.e2e.rest import name, wait_until
from tests.e2e.webhook import receiver
from tests.servers import mysql

pytestmark = [pytest.mark.airflow, pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(1500)]

Record = Callable[[str, object], None]
CHAIN = ("cargar_datos", "preprocesar_datos", "train_model")
CHAMPION_WITHIN_S = 240
SENSOR_FAILS_WITHIN_S = 60
TOLD_WITHIN_S = 60


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("mysql", marks=pytest.mark.mysql),
        pytest.param("sqlite", marks=pytest.mark.soak),
    ],
)
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, real_dataset: Path
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/var/" if request.param == "sqlite" else mysql_url(stack)
        settings = settings_for(folder, url, real_dataset)
        address, posted = stack.enter_context(receiver())
        yield stack.enter_context(
            running_airflow(settings, {"ALERT_WEBHOOK_URL": address}, alerts=posted)
        )


def mysql_url(stack: ExitStack) -> str:
    if reason := mysql.why_missing():
        require("MySQL 9.7", reason)
    return stack.enter_context(mysql.running_mysql()).url


def now() -> str:
    return datetime.now(UTC).isoformat()


def seconds(earlier: dict[str, Any], later: dict[str, Any]) -> float:
    begun, ended = (
        datetime.fromisoformat(earlier["start_date"]),
        datetime.fromisoformat(later["end_date"]),
    )
    return (ended - begun).total_seconds()


def champion_version(installation: Installation) -> int:
    champion = bootstrap.registry(installation.settings).champion()
    assert champion is not None
    return champion.version


def experiment_keys(installation: Installation) -> list[tuple[str, int]]:
    rows = SqlCleanData(installation.database).read_experiments()
    return sorted((row.training_id, row.batch_id) for row in rows)


def test_scheduled_runs_find_one_another(
    installation: Installation, record_property: Record
) -> None:
    airflow = installation.airflow
    for dag_id in CHAIN:
        airflow.pause(dag_id, False)
    run_id = scheduled()
    assert airflow.wait_for_run("train_model", run_id) == "success"
    runs = [airflow.run(dag_id, run_id) for dag_id in CHAIN]
    assert {(run["run_type"], run["state"]) for run in runs} == {("scheduled", "success")}
    assert airflow.states("cargar_datos", run_id)["start_train_model"] == "skipped"
    record_property("scheduled chain, s", seconds(runs[0], runs[-1]))
    tasks = [task for dag_id in CHAIN for task in airflow.tasks(dag_id, run_id)]
    record_property("its tasks, s", {name(task): task["duration"] for task in tasks})
    assert champion_version(installation) == 1


def test_two_triggers_in_a_row_lead_to_two_champions(
    installation: Installation, record_property: Record
) -> None:
    airflow, begun = installation.airflow, time.monotonic()
    dated, dateless = airflow.trigger("cargar_datos", now()), airflow.trigger("cargar_datos", None)
    ended = []
    for run_id in (dated, dateless):
        assert airflow.wait_for_run("train_model", run_id) == "success"
        ended.append(time.monotonic() - begun)
        runs = [airflow.run(dag_id, run_id) for dag_id in CHAIN]
        assert len({run["logical_date"] for run in runs}) == 1
        assert {run["state"] for run in runs} == {"success"}
        assert airflow.states("preprocesar_datos", run_id)["wait_for_cargar_datos"] == "success"
    record_property("one trigger and two triggers, s", ended)
    assert ended[0] < CHAMPION_WITHIN_S
    assert champion_version(installation) == 3
    assert len(experiment_keys(installation)) == 3 * 7


def test_a_manual_run_leaves_the_scheduled_one_alone(installation: Installation) -> None:
    for dag_id in CHAIN:
        of_today = [
            run for run in installation.airflow.runs(dag_id) if run["run_type"] == "scheduled"
        ]
        assert [(run["dag_run_id"], run["state"]) for run in of_today] == [(scheduled(), "success")]


def test_a_cleared_training_leaves_no_duplicates(installation: Installation) -> None:
    run_id, before = scheduled(), experiment_keys(installation)
    installation.airflow.clear_tasks(
        "train_model", run_id, ("train_batch", 2), "select_and_promote"
    )
    assert installation.airflow.wait_for_run("train_model", run_id) == "success"
    assert experiment_keys(installation) == before
    assert champion_version(installation) == 3


def test_preprocesar_datos_alone_works_on_the_data_present(
    installation: Installation, record_property: Record
) -> None:
    airflow, begun = installation.airflow, time.monotonic()
    trainings = len(airflow.runs("train_model"))
    assert (
        airflow.wait_for_run("preprocesar_datos", airflow.trigger("preprocesar_datos", now()))
        == "success"
    )
    record_property("preprocesar_datos alone, s", time.monotonic() - begun)
    assert time.monotonic() - begun < TOLD_WITHIN_S
    assert len(airflow.runs("train_model")) == trainings


def test_a_quiet_day_triggers_nothing(installation: Installation) -> None:
    airflow = installation.airflow
    loads = len(airflow.runs("cargar_datos"))
    airflow.pause("monitorear_deriva", False)
    assert airflow.wait_for_run("monitorear_deriva", scheduled()) == "success"
    states = airflow.states("monitorear_deriva", scheduled())
    assert states == {"report_drift": "success", "start_cargar_datos": "skipped"}
    assert len(airflow.runs("cargar_datos")) == loads
    last = airflow.runs("train_model")[-1]["dag_run_id"]
    photograph(airflow.url, password(airflow_home(installation.settings)), last)


def test_an_upstream_failure_fails_the_sensors_at_once(
    installation: Installation, record_property: Record
) -> None:
    airflow, page = installation.airflow, installation.settings.state_dir / "page.csv"
    page.write_text("<html>Not found</html>")
    run_id = airflow.trigger("cargar_datos", now(), dataset_url=page.as_uri())
    assert airflow.wait_for_run("train_model", run_id) == "failed"
    cause = airflow.task("cargar_datos", run_id, "cargar_datos")
    sensors = [
        airflow.task("preprocesar_datos", run_id, "wait_for_cargar_datos"),
        airflow.task("train_model", run_id, "wait_for_preprocesar_datos"),
    ]
    late = [seconds(cause, sensor) - seconds(cause, cause) for sensor in sensors]
    record_property("sensors failed after their cause, s", late)
    assert [sensor["state"] for sensor in sensors] == ["failed", "failed"]
    assert cause["try_number"] == 1
    assert max(late) < SENSOR_FAILS_WITHIN_S
    told = airflow.log(
        "preprocesar_datos", run_id, "wait_for_cargar_datos", sensors[0]["try_number"]
    )
    assert "cargar_datos failed: fix that" in told
    assert any(
        line.startswith("cargar_datos.cargar_datos failed in") and run_id in line
        for line in installation.alerts
    )


def test_clearing_the_failed_run_restarts_what_failed_with_it(installation: Installation) -> None:
    airflow = installation.airflow
    run_id = airflow.runs("cargar_datos")[-1]["dag_run_id"]
    begun = airflow.run("train_model", run_id)["start_date"]
    airflow.clear("cargar_datos", run_id)
    wait_until(
        lambda: airflow.run("train_model", run_id)["start_date"] not in (None, begun),
        "train_model began anew",
        120,
    )
    assert airflow.wait_for_run("train_model", run_id) == "failed"


@pytest.mark.parametrize(
    ("dag_id", "task_id", "first"),
    [
        ("preprocesar_datos", "preprocesar_datos", "cargar_datos"),
        ("train_model", "list_batches", "preprocesar_datos"),
    ],
)
def test_without_data_a_dag_says_which_to_run_first(
    installation: Installation, record_property: Record, dag_id: str, task_id: str, first: str
) -> None:
    METADATA.drop_all(installation.database.engine)
    airflow, begun = installation.airflow, time.monotonic()
    run_id = airflow.trigger(dag_id, now())
    assert airflow.wait_for_run(dag_id, run_id) == "failed"
    record_property(f"{dag_id} without data, s", time.monotonic() - begun)
    assert time.monotonic() - begun < TOLD_WITHIN_S
    assert f"run {first}" in airflow.log(dag_id, run_id, task_id)


def test_drift_triggers_the_chain(installation: Installation) -> None:
    airflow = installation.airflow
    log = open_prediction_log(installation.settings)
    log.append([stranger() for _ in range(400)])
    log.close()
    run_id = airflow.trigger("monitorear_deriva", now())
    assert airflow.wait_for_run("monitorear_deriva", run_id) == "success"
    assert airflow.wait_for_run("cargar_datos", f"drift__{run_id}") == "success"
    assert airflow.states("cargar_datos", f"drift__{run_id}")["start_train_model"] == "success"


def stranger() -> Prediction:
    """Return a prediction for a patient unlike those of the dataset."""
    fields = {field.name: field.default for field in FIELDS} | {
        "number_inpatient": 20,
        "time_in_hospital": 14,
    }
    return Prediction(
        new_id(),
        datetime.now(UTC),
        fields,
        1,
        0.5,
        "mejor_modelo_diabetes",
        1,
        0.1,
        synthetic=False,
    )
