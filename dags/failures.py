"""How Airflow treats the errors of the use cases, and how a failed task is reported."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from dags import wiring
from readmission.errors import FatalError, InputError

log = logging.getLogger(__name__)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Fail the task at once on errors that no retry can fix.

    A TemporaryError passes unchanged, so that Airflow retries the task.
    """
    try:
        yield
    except (InputError, FatalError) as error:
        raise AirflowFailException(str(error)) from error


def report_failure(context: Context) -> None:
    """Log one line, and post it to ALERT_WEBHOOK_URL where that is set."""
    line = failure_line(context)
    log.error(line)
    post_alert(line)


def failure_line(context: Context) -> str:
    """Describe a failure: which task of which run failed, why, and where its log is."""
    task = context["ti"]
    name = f"{task.dag_id}.{task.task_id}"
    if task.map_index >= 0:
        name += f"[{task.map_index}]"
    run = f"{task.run_id} (try {task.try_number})"
    exception = context.get("exception")
    return f"{name} failed in {run}: {exception}; log: {task.log_url}"


def post_alert(line: str) -> None:
    """Post a line as the JSON that chat webhooks accept.

    If it cannot be sent, that is logged, not raised.
    """
    import requests

    url = wiring.settings().alert_webhook_url
    if url is None:
        return
    try:
        response = requests.post(url.get_secret_value(), json={"text": line}, timeout=10)
        response.raise_for_status()
    except requests.RequestException as error:
        log.error("The alert could not be posted: %s", type(error).__name__)
