"""``./run serve``: the API, the form and MLflow's UI on loopback."""

import sys
from dataclasses import replace

from app_cli.local_stack.supervisor import Service, require_free_ports, serve
from connections.api_keys import format_entry, generate_key, parse_keys
from connections.exposure import check_exposure
from connections.settings import ROOT, Settings
from connections.sqlite_addresses import SQLITE_PREFIX


def run_serve(settings: Settings) -> int:
    """Serve until Ctrl-C; return the exit code."""
    if settings.api_keys is not None:
        print("API_KEYS is set: calls to the API need a key in the header X-API-Key.")
    return serve(services(settings))


def require_ports(settings: Settings) -> None:
    """Raise SettingError when a port is in use: now, not after the training."""
    require_free_ports(services(settings))


def services(settings: Settings) -> list[Service]:
    """Describe the services of the embedded mode; MLflow only where no other server is set."""
    served = api_and_form(settings)
    if settings.tracking_uri.startswith(SQLITE_PREFIX):
        served.insert(0, mlflow_ui(settings))
    return served


def api_and_form(settings: Settings) -> list[Service]:
    """Describe the API and the form, which gets a key of its own if the API demands keys.

    So it does with a ``.env`` of Compose, whose form has a key that only Compose hands to it.
    Raises SettingError if API_KEYS is malformed, or if the API would refuse to listen.
    """
    check_exposure(settings)
    if settings.api_keys is None:
        return [api(settings), form(settings)]
    accepted = settings.api_keys.get_secret_value()
    parse_keys(accepted)
    key = generate_key()
    entry = format_entry("form-of-this-start", "predict", key)
    return [
        _with_env(api(settings), {"API_KEYS": f"{accepted},{entry}"}),
        _with_env(form(settings), {"API_KEY": key}),
    ]


def _with_env(service: Service, variables: dict[str, str]) -> Service:
    return replace(service, env={**service.env, **variables})


def api(settings: Settings) -> Service:
    """Describe the API's process."""
    return Service(
        name="API",
        argv=[sys.executable, "-m", "app_back"],
        log=settings.state_dir / "logs" / "api.log",
        health_url=f"{settings.api_url}/health/live",
        port_setting="API_PORT",
    )


def form(settings: Settings) -> Service:
    """Describe the form's process."""
    return Service(
        name="Form",
        argv=[
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(ROOT / "app_front" / "app.py"),
            "--server.headless=true",
            "--server.address=127.0.0.1",
            f"--server.port={settings.form_port}",
            "--browser.gatherUsageStats=false",
        ],
        log=settings.state_dir / "logs" / "form.log",
        env={"API_URL": settings.api_url, "MLFLOW_UI_URL": _mlflow_ui_url(settings)},
        health_url=f"http://127.0.0.1:{settings.form_port}/_stcore/health",
        port_setting="FORM_PORT",
    )


def _mlflow_ui_url(settings: Settings) -> str:
    """Return where a browser on this machine finds MLflow: the server that is set, or our own."""
    if settings.tracking_uri.startswith(SQLITE_PREFIX):
        return f"http://127.0.0.1:{settings.mlflow_port}"
    return settings.tracking_uri


def mlflow_ui(settings: Settings) -> Service:
    """Describe MLflow's server on the embedded files."""
    return Service(
        name="MLflow",
        argv=[
            sys.executable,
            "-m",
            "mlflow",
            "server",
            "--host",
            "127.0.0.1",
            "--port",
            str(settings.mlflow_port),
            "--workers",
            "1",
        ],
        log=settings.state_dir / "logs" / "mlflow.log",
        env={
            # Not on the command line, where every user of the machine could read a password.
            "MLFLOW_BACKEND_STORE_URI": settings.tracking_uri,
            # The job runners are for language models.
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        health_url=f"http://127.0.0.1:{settings.mlflow_port}/health",
        port_setting="MLFLOW_PORT",
    )
