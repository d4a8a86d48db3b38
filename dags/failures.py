"""What a failure of ours means to Airflow, and who hears of it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from readmission.errors import FatalError, InputError

log = logging.getLogger(__name__)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Fail at once what no retry can mend; a TemporaryError passes, so that Airflow retries it."""
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
    """Say which task of which run failed, why, and where its log is."""
    ti = context["ti"]
    name = f"{ti.dag_id}.{ti.task_id}" + (f"[{ti.map_index}]" if ti.map_index >= 0 else "")
    return f"{name} failed in {ti.run_id} (try {ti.try_number}): {context.get('exception')}; log: {ti.log_url}"


def post_alert(line: str) -> None:
    """Post a line as the JSON that chat webhooks take; an alert that cannot be sent is logged, not raised."""
    import requests

    from connections.settings import load_settings

    url = load_settings().alert_webhook_url
    if url is None:
        return
    try:
        requests.post(url.get_secret_value(), json={"text": line}, timeout=10).raise_for_status()
    except requests.RequestException as error:
        log.error("The alert could not be posted: %s", type(error).__name__)
