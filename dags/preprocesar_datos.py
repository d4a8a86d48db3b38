"""Clean the raw rows and split them by patient into `clean_data`: batches for training, validation and test.

Waits for the run of `cargar_datos` with the same logical date. Triggered alone, it works on the data that is loaded.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.chain import BATCH_SIZE, CARGAR_DATOS, DAG_DEFAULTS, PREPROCESAR_DATOS, WaitForDag
from dags.failures import translated_errors


@task(task_id=PREPROCESAR_DATOS)
def prepare_batches(params: dict[str, Any]) -> str:
    """Clean and split; returns the data version."""
    from connections import bootstrap
    from connections.settings import load_settings
    from readmission.use_cases.clean import preprocess

    with translated_errors():
        settings = load_settings()
        stores = bootstrap.data_stores(settings)
        batch_size = params["batch_size"] or settings.batch_size
        return preprocess(stores.raw_data, stores.clean_data, batch_size=batch_size).data_version


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
