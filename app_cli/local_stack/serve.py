"""``./run serve``: the API, the form and MLflow's UI on loopback."""

import sys

from app_cli.local_stack.supervisor import Service, require_free_ports, serve
from connections.settings import ROOT, SQLITE_PREFIX, Settings


def run_serve(settings: Settings) -> int:
    """Serve until Ctrl-C; returns the exit code."""
    return serve(services(settings))


def require_ports(settings: Settings) -> None:
    """Raise SettingError now, not after the training, when a port is taken."""
    require_free_ports(services(settings))


def services(settings: Settings) -> list[Service]:
    """Return what serves the embedded mode; MLflow only where no other server was named."""
    ours = [api(settings), form(settings)]
    return [mlflow_ui(settings), *ours] if settings.tracking_uri.startswith(SQLITE_PREFIX) else ours


def api(settings: Settings) -> Service:
    """Describe the API's process."""
    return Service(
        name="API",
        argv=[sys.executable, "-m", "app_back"],
        log=settings.state_dir / "logs" / "api.log",
        health_url=f"http://127.0.0.1:{settings.api_port}/health/live",
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
        env={"API_URL": f"http://127.0.0.1:{settings.api_port}"},
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
            "MLFLOW_BACKEND_STORE_URI": settings.tracking_uri,  # on the command line everybody could read a password
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # its job runners are for language models
        },
        health_url=f"http://127.0.0.1:{settings.mlflow_port}/health",
        port_setting="MLFLOW_PORT",
    )
