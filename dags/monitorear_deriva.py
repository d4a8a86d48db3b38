"""Compare recent predictions with the champion's training data, and retrain if the verdict says so.

Reads the prediction log, stores the daily report, and triggers `cargar_datos`, which starts the
whole chain.
"""

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException

from dags import wiring
from dags.chain import CARGAR_DATOS, DAG_DEFAULTS, MONITOREAR_DERIVA
from dags.failures import translated_errors


@task.short_circuit
def report_drift(run_id: str) -> bool:
    """Store the report; the rest is skipped unless its verdict is to retrain."""
    from readmission.errors import NoChampionError

    with translated_errors():
        try:
            verdict = wiring.drift_watch().report(run_id)
        except NoChampionError as error:
            raise AirflowSkipException(str(error)) from error
        return verdict.retrain


@dag(dag_id=MONITOREAR_DERIVA, doc_md=__doc__, tags=["readmission", "model"], **DAG_DEFAULTS)
def monitorear_deriva() -> None:
    """Report, then retrain if necessary.

    The run id makes a second trigger of the same day a duplicate, which is skipped.
    """
    retrain: Any = TriggerDagRunOperator(
        task_id=f"start_{CARGAR_DATOS}",
        trigger_dag_id=CARGAR_DATOS,
        trigger_run_id="drift__{{ run_id }}",
        skip_when_already_exists=True,
    )
    report_drift() >> retrain


monitorear_deriva()
