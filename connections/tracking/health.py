"""Whether the MLflow server of MLFLOW_TRACKING_URI answers, asked before hours of work."""

from http import HTTPStatus

import requests

from readmission.errors import SettingError, UnreachableError

_TIMEOUT_S = 5


def check_tracking_server(tracking_uri: str) -> None:
    """Return if the server answers as MLflow does; a SQLite file always does.

    Raises UnreachableError if nothing answers, SettingError if another program does.
    """
    if not tracking_uri.startswith(("http://", "https://")):
        return
    try:
        response = requests.get(f"{tracking_uri}/health", timeout=_TIMEOUT_S)
    except requests.RequestException as error:
        raise UnreachableError(
            f"MLFLOW_TRACKING_URI: no MLflow server answers at {tracking_uri}; "
            "start it, or unset the setting to use a file in STATE_DIR."
        ) from error
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise SettingError(f"MLFLOW_TRACKING_URI: {tracking_uri} is not an MLflow server.")
