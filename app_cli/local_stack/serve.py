"""``./run serve``: the API, the form and MLflow's UI on loopback."""

import sys

from app_cli.local_stack.supervisor import Service, require_free_ports, serve
from connections.setting_checks import SQLITE_PREFIX
from connections.settings import ROOT, Settings


def run_serve(settings: Settings) -> int:
    """Serve until Ctrl-C; return the exit code."""
    return serve(services(settings))


def require_ports(settings: Settings) -> None:
    """Raise SettingError when a port is in use: now, not after the training."""
    require_free_ports(services(settings))


def services(settings: Settings) -> list[Service]:
    """Describe the services of the embedded mode; MLflow only where no other server is set."""
    served = [api(settings), form(settings)]
    if settings.tracking_uri.startswith(SQLITE_PREFIX):
        served.insert(0, mlflow_ui(settings))
    return served


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
        env={"API_URL": settings.api_url},
        health_url=f"http://127.0.0.1:{settings.form_port}/_stcore/health",
        port_setting="FORM_PORT",
    )


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
