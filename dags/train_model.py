"""Train one random forest per batch, each in a task of its own, then promote the best.

Waits for the run of `preprocesar_datos` with the same logical date. Triggered alone, it trains on
the batches that exist. A failed batch is retried alone. A cleared task replaces its own results,
until this run's model is registered: then it changes nothing.
"""

from hashlib import sha256
from typing import Any

from airflow.sdk import dag, task

from dags import wiring
from dags.chain import DAG_DEFAULTS, PREPROCESAR_DATOS, SELECT_AND_PROMOTE, TRAIN_MODEL, WaitForDag
from dags.failures import translated_errors

TRAINING_ID_LENGTH = 64


@task
def list_batches() -> list[dict[str, Any]]:
    """List the batches of one data version, so that all tasks of this run read the same rows."""
    from readmission.errors import NotReadyError

    with translated_errors():
        clean_data = wiring.stores().clean_data
        with clean_data.training_lock("train"):  # its holder would train the same rows
            preparation = clean_data.latest_preparation()
        if preparation is None:
            raise NotReadyError(f"There are no batches to train on: run {PREPROCESAR_DATOS} first.")
        batches = []
        for batch_id in range(1, preparation.batches + 1):
            batches.append({"batch_id": batch_id, "data_version": preparation.data_version})
        return batches


@task(map_index_template="batch {{ task.op_kwargs['batch_id'] }}")
def train_batch(batch_id: int, data_version: str, run_id: str) -> None:
    """Train, evaluate and record one batch."""
    from readmission.use_cases.train_batch import train_batch as train
    from readmission.use_cases.training_data import open_training_data

    with translated_errors():
        context = wiring.training_context()
        data = open_training_data(context.clean_data, data_version)
        train(context, data, training_id(run_id), batch_id)


@task(task_id=SELECT_AND_PROMOTE)
def promote_best(run_id: str) -> None:
    """Compare all candidates on validation and register the best.

    It is promoted unless it loses to the champion.
    """
    from readmission.use_cases.select_champion import select_and_promote
    from readmission.use_cases.training_data import open_data_of_training

    with translated_errors():
        context = wiring.training_context()
        training = training_id(run_id)
        data = open_data_of_training(context.clean_data, training)
        with context.clean_data.training_lock("select"):
            select_and_promote(context, data, training)


def training_id(run_id: str) -> str:
    """Name the training after the run, so that a task that runs again replaces its own results."""
    if len(run_id) <= TRAINING_ID_LENGTH:
        return run_id
    return sha256(run_id.encode()).hexdigest()


@dag(dag_id=TRAIN_MODEL, doc_md=__doc__, tags=["readmission", "model"], **DAG_DEFAULTS)
def train_model() -> None:
    """Wait, list the batches, train them in parallel, then select."""
    wait = WaitForDag(
        task_id=f"wait_for_{PREPROCESAR_DATOS}",
        external_dag_id=PREPROCESAR_DATOS,
        external_task_id=PREPROCESAR_DATOS,
    )
    batches = list_batches()
    wait >> batches
    train_batch.expand_kwargs(batches) >> promote_best()


train_model()
