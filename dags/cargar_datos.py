"""Load the Diabetes CSV into `raw_data.initial_data`, and start the rest of the chain.

A scheduled run: the three DAGs run on the same date, each waits for the one before. A run started
by hand (or by REST) starts `preprocesar_datos` and `train_model` with its own logical date, so that
**one click runs the whole chain**.
"""

from typing import Any

from airflow.sdk import Param, dag, task

from dags import wiring
from dags.chain import (
    BATCH_SIZE,
    CARGAR_DATOS,
    DAG_DEFAULTS,
    PREPROCESAR_DATOS,
    TRAIN_MODEL,
    StartDag,
)
from dags.failures import translated_errors


@task(task_id=CARGAR_DATOS)
def load_dataset(params: dict[str, Any]) -> str:
    """Fetch the dataset and load it; return the load's id."""
    from readmission.use_cases.load import load

    with translated_errors():
        loaded = load(
            wiring.dataset_source(params["dataset_url"]),
            wiring.stores().raw_data,
            max_rejected_fraction=wiring.settings().max_rejected_fraction,
            force=params["force_reload"],
        )
        return loaded.load_id


@dag(
    dag_id=CARGAR_DATOS,
    doc_md=__doc__,
    tags=["readmission", "data"],
    params={
        "force_reload": Param(
            False,
            type="boolean",
            title="Force reload",
            description="Download and load again, even when nothing has changed.",
        ),
        "dataset_url": Param(
            None,
            type=["null", "string"],
            title="Dataset URL",
            description="https or file; .csv, .xz, .gz or the UCI .zip; empty: DATASET_URL.",
        ),
        "batch_size": BATCH_SIZE,
    },
    **DAG_DEFAULTS,
)
def cargar_datos() -> None:
    """Load the dataset; at the same time, start the DAGs that wait for it."""
    load_dataset()
    start_preprocesar = StartDag(
        task_id=f"start_{PREPROCESAR_DATOS}",
        trigger_dag_id=PREPROCESAR_DATOS,
        pass_on=["batch_size"],
    )
    start_train = StartDag(
        task_id=f"start_{TRAIN_MODEL}",
        trigger_dag_id=TRAIN_MODEL,
    )
    start_preprocesar >> start_train


cargar_datos()
