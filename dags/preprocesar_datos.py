"""Clean the raw rows and split them by patient into `clean_data`: train batches, validation, test.

Waits for the run of `cargar_datos` with the same logical date. Triggered alone, it works on the
data that is loaded.
"""

from typing import Any

from airflow.sdk import dag, task

from dags import wiring
from dags.chain import BATCH_SIZE, CARGAR_DATOS, DAG_DEFAULTS, PREPROCESAR_DATOS, WaitForDag
from dags.failures import translated_errors


@task(task_id=PREPROCESAR_DATOS)
def prepare_batches(params: dict[str, Any]) -> str:
    """Clean and split; return the data version."""
    from readmission.use_cases.clean import preprocess

    with translated_errors():
        preparation = preprocess(
            wiring.stores().raw_data,
            wiring.stores().clean_data,
            batch_size=params["batch_size"] or wiring.settings().batch_size,
        )
        return preparation.data_version


@dag(
    dag_id=PREPROCESAR_DATOS,
    doc_md=__doc__,
    tags=["readmission", "data"],
    params={"batch_size": BATCH_SIZE},
    **DAG_DEFAULTS,
)
def preprocesar_datos() -> None:
    """Wait, then clean."""
    wait = WaitForDag(
        task_id=f"wait_for_{CARGAR_DATOS}",
        external_dag_id=CARGAR_DATOS,
        external_task_id=CARGAR_DATOS,
    )
    wait >> prepare_batches()


preprocesar_datos()
