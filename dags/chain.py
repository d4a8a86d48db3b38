"""The chain of the DAGs: their ids and schedule, and the operators that start and await them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.providers.standard.triggers.external_task import WorkflowTrigger
from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags.failures import report_failure

CARGAR_DATOS = "cargar_datos"
PREPROCESAR_DATOS = "preprocesar_datos"
TRAIN_MODEL = "train_model"
MONITOREAR_DERIVA = "monitorear_deriva"
SELECT_AND_PROMOTE = "select_and_promote"

SCHEDULED = "scheduled"
FAILED = "failed"

DAG_DEFAULTS: dict[str, Any] = {
    "schedule": "@daily",
    "start_date": datetime(2026, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {
        "owner": "readmission",
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": report_failure,
    },
}

BATCH_SIZE = Param(
    None,
    type=["null", "integer"],
    minimum=100,
    title="Batch size",
    description="Training rows in a batch; empty: BATCH_SIZE.",
)


class StartDag(TriggerDagRunOperator):
    """Start a DAG with this run's logical date and id, so that the two runs belong together.

    The scheduler creates the runs of its own dates. A run that exists already is left alone,
    unless it failed: then it is restarted.
    """

    def __init__(self, *, pass_on: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(skip_when_already_exists=True, trigger_rule="none_failed", **kwargs)
        self.pass_on = pass_on

    def execute(self, context: Context) -> None:
        """Trigger or restart the DAG's run, or skip."""
        run = context["dag_run"]
        restarts = run_exists(context, self.trigger_dag_id, states=[FAILED])
        if not restarts:
            self._skip_unless_missing(context)
        self.reset_dag_run = restarts
        self.trigger_run_id = run.run_id
        self.logical_date = run.logical_date
        self.conf = {name: context["params"][name] for name in self.pass_on}
        super().execute(context)

    def _skip_unless_missing(self, context: Context) -> None:
        """Skip where the scheduler creates the DAG's run, and where the run exists."""
        if context["dag_run"].run_type == SCHEDULED:
            raise AirflowSkipException(f"The scheduler creates the run of {self.trigger_dag_id}.")
        if run_exists(context, self.trigger_dag_id):
            raise AirflowSkipException(f"{self.trigger_dag_id} already has this run.")


class WaitForDag(ExternalTaskSensor):
    """Wait for a task of another DAG, in the run with this run's logical date.

    A run without a logical date waits for the run with the same id. A run that was triggered alone
    has no counterpart: it goes on with the data that is present.

    If the upstream run has failed already, the sensor fails before it defers. It is retried because
    Airflow itself fails a sensor that comes back from its deferral before the executor has reported
    that it left.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            failed_states=["failed", "upstream_failed", "skipped", "removed"],
            deferrable=True,
            poke_interval=5,
            timeout=timedelta(hours=6).total_seconds(),
            **kwargs,
        )

    def execute(self, context: Context) -> None:
        """Defer until the counterpart has ended; return at once where there is none."""
        run = context["dag_run"]
        if not run_exists(context, self.external_dag_id):
            if run.run_type != SCHEDULED:
                self.log.info(
                    "%s has no run of this date: going on with the data present.",
                    self.external_dag_id,
                )
                return
            self._require_unpaused(context)
        if self._has_failed(context):
            raise self._failure()  # without a deferral, which Airflow may fail and retry instead
        if run.logical_date is None:
            self._wait_for_run_id(run.run_id)
        super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> None:
        """Pass when the counterpart succeeded; fail with the remedy when it did not."""
        has_failed = event and event["status"] == FAILED
        if has_failed:
            raise self._failure()
        super().execute_complete(context, event)

    def _has_failed(self, context: Context) -> bool:
        failed_tasks = context["ti"].get_ti_count(
            dag_id=self.external_dag_id,
            task_ids=[self.external_task_id],
            states=self.failed_states,
            **counterpart(context),
        )
        return bool(failed_tasks)

    def _failure(self) -> AirflowFailException:
        remedy = f"fix that, then clear the run of {CARGAR_DATOS}: it restarts this one"
        return AirflowFailException(f"{self.external_dag_id} failed: {remedy}.")

    def _require_unpaused(self, context: Context) -> None:
        if context["ti"].get_dag(self.external_dag_id).is_paused:
            raise AirflowFailException(
                f"{self.external_dag_id} is paused: unpause it, or trigger this DAG by hand."
            )

    def _wait_for_run_id(self, run_id: str) -> None:
        """Defer until the run with this id has ended."""
        trigger = WorkflowTrigger(
            external_dag_id=self.external_dag_id,
            external_task_ids=self.external_task_ids,
            run_ids=[run_id],
            allowed_states=self.allowed_states,
            failed_states=self.failed_states,
            poke_interval=self.poke_interval,
        )
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )


def run_exists(context: Context, dag_id: str, states: list[str] | None = None) -> bool:
    """Return whether a DAG has the counterpart of this run, in one of ``states`` if given."""
    matching_runs = context["ti"].get_dr_count(
        dag_id=dag_id,
        states=states,
        **counterpart(context),
    )
    return bool(matching_runs > 0)


def counterpart(context: Context) -> dict[str, Any]:
    """Return the filter for the runs that belong to this one.

    They have the same logical date, or the same id where this run has no date.
    """
    run = context["dag_run"]
    if run.logical_date is None:
        return {"run_ids": [run.run_id]}
    return {"logical_dates": [run.logical_date]}
