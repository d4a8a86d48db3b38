"""``./run serve``: the API, the form and MLflow's UI on loopback."""

import sys

from app_cli.processes import Service
from app_cli.processes import serve as serve_all
from connections.settings import ROOT, SQLITE_PREFIX, Settings


def run_serve(settings: Settings) -> int:
    """Serve until Ctrl-C; returns the exit code."""
    services = embedded_services(settings)
    for service in services:
        print(f"starting {service.name} ...", flush=True)
    return serve_all(services)


def embedded_services(settings: Settings) -> list[Service]:
    """Return what serves the embedded mode; MLflow only where no other server was named."""
    services = [api(settings), form(settings)]
    return [mlflow_ui(settings), *services] if settings.tracking_uri.startswith(SQLITE_PREFIX) else services


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
            sys.executable, "-m", "streamlit", "run", str(ROOT / "app_front" / "app.py"), "--server.headless=true",
            "--server.address=127.0.0.1", f"--server.port={settings.form_port}", "--browser.gatherUsageStats=false",
        ],
        log=settings.state_dir / "logs" / "form.log",
        env={"API_URL": f"http://127.0.0.1:{settings.api_port}"},
        health_url=f"http://127.0.0.1:{settings.form_port}/_stcore/health",
        port_setting="FORM_PORT",
    )  # fmt: skip


def mlflow_ui(settings: Settings) -> Service:
    """Describe MLflow's server on the embedded files."""
    return Service(
        name="MLflow",
        argv=[
            sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(settings.mlflow_port),
            "--backend-store-uri", settings.tracking_uri, "--workers", "1",
        ],
        log=settings.state_dir / "logs" / "mlflow.log",
        health_url=f"http://127.0.0.1:{settings.mlflow_port}/health",
        port_setting="MLFLOW_PORT",
    )  # fmt: skip
